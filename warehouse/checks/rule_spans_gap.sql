-- Severity: stop
-- A rule ends, a later one on the same subject exists, and none holds on the day after: acts of the days between would
-- be judged by nothing. Where the law itself has a gap, a row without a value says so.
select
    ended.rule_no,
    ended.rule_subject,
    ended.valid_to
from {{ ref('rule') }} as ended
inner join {{ ref('rule') }} as later
    on later.rule_subject = ended.rule_subject
    and later.valid_from > ended.valid_to
left join {{ ref('rule') }} as following
    on following.rule_subject = ended.rule_subject
    and coalesce(following.valid_from, date '0001-01-01') <= ended.valid_to + interval 1 day
    and coalesce(following.valid_to, date '9999-12-31') >= ended.valid_to + interval 1 day
group by ended.rule_no, ended.rule_subject, ended.valid_to
having count(following.rule_no) = 0
