-- Severity: stop
-- A parameter has a number and a choice, or neither; a fine has no amount that can be computed; or a bound has no word
-- that says whether the number itself belongs to it; or a part of a score has no weight, direction or minimum sample.
select parameter as rule_no
from {{ ref('parameter') }}
where (parameter_value is null) = (parameter_text is null)
union all
select rule_id as rule_no
from {{ ref('fine_tier') }}
where (lower_bound is null) <> (lower_word is null)
    or (upper_bound is null) <> (upper_word is null)
    or coalesce(lower_word, 'over') not in ('over', 'at_least')
    or coalesce(upper_word, 'below') not in ('below', 'at_most')
    or (bound_quantity is null and (lower_bound is not null or upper_bound is not null))
    or (fine_step_fen is null) <> (fine_step_kg is null)
    or (gain_multiple_low is null) <> (gain_multiple_high is null)
    or fine_low_fen > fine_high_fen
    or (penalty_kind <> 'warning' and fine_high_fen is null and gain_multiple_high is null)
union all
select rule_id as rule_no
from {{ ref('axle_load_limit') }}
where (spacing_lower_mm is null) <> (spacing_lower_word is null)
    or (spacing_upper_mm is null) <> (spacing_upper_word is null)
union all
select rule_id as rule_no
from {{ ref('score_part') }}
where coalesce(part_weight, 0) <= 0
    or coalesce(better_way, '') not in ('up', 'down')
    or coalesce(sample_min, 0) < 1
