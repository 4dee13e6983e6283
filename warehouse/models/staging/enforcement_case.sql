-- Grain: one over-limit case, as its current version states it.
-- case_state is the sender's; the steps are in staging.case_event.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    case_no,
    act_code,
    detection_mode,
    check_no,
    plate_no,
    plate_color_code,
    driver_id_hash,
    driver_certificate_no,
    uscc,
    county_code,
    violated_at,
    found_on,
    filed_on,
    procedure,
    case_state,
    closed_on,
    as_reported
from {{ source('raw', 'enforcement_case') }}
where row_fate = 'current'
