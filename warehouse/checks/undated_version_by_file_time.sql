-- Severity: warn
-- Two deliveries of one issue date say different things of a row of a register or list: the file with the later time
-- was taken (decision 0003). Ask the sender which holds, and to date corrections.
select
    older.feed,
    older.record_id,
    older.delivery_id as superseded_delivery_id,
    newer.delivery_id as current_delivery_id
from {{ source('raw', 'undated') }} as older
inner join {{ source('raw', 'undated') }} as newer
    on newer.feed = older.feed
    and newer.record_id = older.record_id
    and newer.row_fate = 'current'
    and split_part(newer.version_rank, '|', 2) = split_part(older.version_rank, '|', 2)
where older.row_fate = 'superseded'
    and older.version_rank like '|%'
