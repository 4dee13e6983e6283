-- Severity: stop
-- A passage was judged by a rule that was not in force on its day or does not cover its axle count.
select
    passage.record_id,
    passage.passed_date,
    passage.axle_count,
    passage.rule_id
from {{ ref('passage') }} as passage
left join {{ ref('gross_weight_limit') }} as rule
    on rule.rule_id = passage.rule_id
    and {{ in_force('rule', 'passage.passed_date') }}
    and passage.axle_count >= rule.axle_count_min
    and passage.axle_count <= coalesce(rule.axle_count_max, passage.axle_count)
where passage.rule_id is not null and rule.rule_id is null
