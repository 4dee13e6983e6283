-- Severity: stop
-- Two rules with the same subject and conditions hold on the same day, or a span ends before it begins: which of them
-- applies would be left to chance. Let the older row end the day before the newer one begins.
select
    one.rule_no,
    other.rule_no as other_rule_no,
    other.valid_from
from {{ ref('rule') }} as one
inner join {{ ref('rule') }} as other
    on other.rule_key = one.rule_key
    and other.rule_no > one.rule_no
    and coalesce(other.valid_from, date '0001-01-01') <= coalesce(one.valid_to, date '9999-12-31')
    and coalesce(other.valid_to, date '9999-12-31') >= coalesce(one.valid_from, date '0001-01-01')
union all
select rule_no, rule_no as other_rule_no, valid_from
from {{ ref('rule') }}
where valid_to < valid_from
union all
select rule_no, max(rule_no) as other_rule_no, max(valid_from) as valid_from
from {{ ref('rule') }}
group by rule_no
having count(*) > 1
