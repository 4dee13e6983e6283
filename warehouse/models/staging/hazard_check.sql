-- Grain: one spot check of one closed hazard, as its current version states it.
-- Only checks picked by lot tell of other closures than their own.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    hazard_check_no,
    hazard_no,
    checked_on,
    is_random_pick,
    hazard_check_result,
    handling_unit
from {{ source('raw', 'hazard_check') }}
where row_fate = 'current'
