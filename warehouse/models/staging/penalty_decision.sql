-- Grain: one decision against one subject, as its current version states it; an amended one has replaced the earlier.
-- The amount by the article and the amount decided are kept apart; what was collected is in staging.penalty_payment.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    decision_no,
    case_no,
    subject_kind,
    is_over_limit_case,
    penalty_kind,
    statutory_fen,
    decided_fen,
    decided_on,
    served_on,
    as_reported
from {{ source('raw', 'penalty_decision') }}
where row_fate = 'current'
