-- Severity: warn
-- An act was decided under a limit of mass that is higher than the one of its day: by 行政处罚法 art. 37 it may be lighter
-- or no violation. Limits are those of the day of the passage, so a person looks at the excess by the later one. No limit
-- that is shipped was ever raised; see docs/decisions/0009-counting-repeats.md.
select
    violation.case_no,
    violation.decided_on,
    judged.rule_id,
    judged.limit_kg,
    later.rule_id as later_rule_id,
    later.limit_kg as later_limit_kg
from {{ ref('violation') }} as violation
inner join {{ ref('gross_weight_limit') }} as judged on judged.rule_id = violation.rule_id
inner join {{ ref('gross_weight_limit') }} as later
    on later.valid_from > violation.violated_on
    and later.valid_from <= violation.decided_on
    and coalesce(later.valid_to, violation.decided_on) >= violation.decided_on
    and judged.axle_count_min <= coalesce(later.axle_count_max, judged.axle_count_min)
    and later.axle_count_min <= coalesce(judged.axle_count_max, later.axle_count_min)
    and (later.vehicle_kind in ('any', judged.vehicle_kind) or judged.vehicle_kind = 'any')
    and (later.drive_axle_kind in ('any', judged.drive_axle_kind) or judged.drive_axle_kind = 'any')
    and later.limit_kg > judged.limit_kg
where violation.act_code in ('over_mass', 'over_mass_and_dimension')
