-- Grain: one payment booked by the bank, as its current version states it. Instalments and reversals are rows of
-- their own.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    payment_no,
    decision_no,
    paid_on,
    payment_channel,
    paid_fen,
    surcharge_fen
from {{ source('raw', 'penalty_payment') }}
where row_fate = 'current'
