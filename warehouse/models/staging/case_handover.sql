-- Grain: one hand-over letter (抄告) about one case, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    handover_no,
    case_no,
    plate_no,
    plate_color_code,
    home_authority,
    closed_on,
    sent_on,
    received_on
from {{ source('raw', 'case_handover') }}
where row_fate = 'current'
