-- Severity: stop
-- A verdict contradicts the weight and limits beside it, or a decided passage names no rule.
select record_id, verdict, gross_vehicle_weight_kg, limit_low_kg, limit_kg, rule_id
from {{ ref('passage') }}
where verdict is null
    or verdict not in ('over', 'within', 'review')
    or (verdict = 'over' and coalesce(gross_vehicle_weight_kg <= limit_kg, true))
    or (verdict = 'within' and coalesce(gross_vehicle_weight_kg > limit_low_kg, true))
    or (verdict <> 'review' and rule_id is null)
    or (verdict = 'review' and gross_vehicle_weight_kg > limit_kg)
    or limit_low_kg > limit_kg
    or excess_kg <> case verdict when 'over' then gross_vehicle_weight_kg - limit_kg else 0 end
    or (verdict = 'review' and flags not like '%V-%')
