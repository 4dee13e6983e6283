-- Grain: one delivery, one event day, one feed: what became of its accepted rows.
-- accepted = current + repeated + superseded. A repeated row says what the current one says, a superseded
-- row was replaced by a later version; both are kept in raw and counted nowhere else.
-- Registers belong to the day of issue. raw.arrived has the rows of every declared feed (warehouse/sql.py).
select
    feed,
    delivery_id,
    event_date,
    count(case when row_fate = 'current' then 1 end) as current_count,
    count(case when row_fate = 'repeated' then 1 end) as repeated_count,
    count(case when row_fate = 'superseded' then 1 end) as superseded_count
from {{ source('raw', 'arrived') }}
group by feed, delivery_id, event_date
