-- Severity: stop
-- A rule ends, a later one on the same subject or under the same conditions exists, and none holds on the day
-- after: acts of the days between would be judged by nothing, or by the rule of another vehicle, tier or class beside
-- it. Where the law itself has a gap, a row without a value says so.
with ended as (
    select rule_no, rule_subject as missing_rule, rule_subject, cast(null as varchar(200)) as rule_key, valid_to
    from {{ ref('rule') }}
    where valid_to is not null
    union all
    select rule_no, rule_key as missing_rule, rule_subject, rule_key, valid_to
    from {{ ref('rule') }}
    where valid_to is not null
)
select
    ended.rule_no,
    ended.missing_rule,
    ended.valid_to
from ended
inner join {{ ref('rule') }} as later
    on later.rule_subject = ended.rule_subject
    and later.rule_key = coalesce(ended.rule_key, later.rule_key)
    and later.valid_from > ended.valid_to
left join {{ ref('rule') }} as following
    on following.rule_subject = ended.rule_subject
    and following.rule_key = coalesce(ended.rule_key, following.rule_key)
    and coalesce(following.valid_from, date '0001-01-01') <= ended.valid_to + interval 1 day
    and coalesce(following.valid_to, date '9999-12-31') >= ended.valid_to + interval 1 day
group by ended.rule_no, ended.missing_rule, ended.valid_to
having count(following.rule_no) = 0
