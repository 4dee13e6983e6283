-- Grain: one enterprise at one training event, as its current version states it.
-- One event has a row for each enterprise that took part.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    training_no,
    topic,
    held_on,
    uscc,
    unit_name,
    staff_count,
    trained_count
from {{ source('raw', 'training') }}
where row_fate = 'current'
