-- Grain: one penalty under 安全生产法 against one enterprise, as its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    decision_no,
    uscc,
    enterprise_name,
    county_code,
    as_reported,
    penalty_kind,
    decided_fen,
    decided_on,
    annulled_on,
    hazard_no
from {{ source('raw', 'safety_penalty') }}
where row_fate = 'current'
