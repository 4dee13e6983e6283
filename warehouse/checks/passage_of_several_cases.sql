-- Severity: warn
-- Several cases about mass name one passage by its check number: one act is fined once (行政处罚法 art. 29).
select
    passage_record_id,
    count(*) as case_count,
    min(case_no) as first_case_no,
    max(case_no) as last_case_no
from {{ ref('case_passage') }}
where match_grade = 'exact'
    and act_code in ('over_mass', 'over_mass_and_dimension')
group by passage_record_id
having count(*) > 1
