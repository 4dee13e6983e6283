-- Grain: one policy, as its current version states it.
-- Amounts are whole fen.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    policy_no,
    uscc,
    insurer_name,
    insured_fen,
    premium_fen,
    valid_from,
    valid_to
from {{ source('raw', 'liability_insurance') }}
where row_fate = 'current'
