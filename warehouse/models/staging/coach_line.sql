-- Grain: one line over one span of validity, as its current version states it.
-- Both days of a span are included; a withdrawn line keeps its past.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    line_no,
    uscc,
    line_origin,
    line_destination,
    line_distance_km,
    line_class,
    seat_count,
    valid_from,
    valid_to
from {{ source('raw', 'coach_line') }}
where row_fate = 'current'
