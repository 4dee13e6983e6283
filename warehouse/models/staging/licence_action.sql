-- Grain: one act upon one licence, as its current version states it. 吊销, 注销, 撤销 stay apart; as_reported holds
-- the sender's own words.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    action_no,
    licence_kind,
    licence_no,
    plate_no,
    plate_color_code,
    uscc,
    licence_action,
    as_reported,
    licence_cause,
    decided_on,
    case_no,
    county_code
from {{ source('raw', 'licence_action') }}
where row_fate = 'current'
