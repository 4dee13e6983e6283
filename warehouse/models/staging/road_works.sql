-- Grain: one works project, as its current version states it.
-- Quantities are in works_unit: kilometres and bridges do not add up.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    county_code,
    works_kind,
    works_no,
    place,
    road_code,
    works_year,
    works_unit,
    planned_quantity,
    done_quantity,
    finished_on,
    investment_fen
from {{ source('raw', 'road_works') }}
where row_fate = 'current'
