-- Grain: one over-limit case that rests on a passage by its number (core.case_passage, exact), with what was measured
-- there beyond a limit: mass above the limit, and the dimensions beyond every vehicle's limit. Near and weak matches are
-- for a person to look at and measure nothing here. The excess is as measured, and what the instrument may err by stands
-- beside it (mart.finding). A dimension between the general limit and the greatest exception is none, for no
-- feed says which vehicle it was.
with beyond as (
    select
        record_id,
        passed_date,
        max(case when dimension = 'height' then measured_mm end) as height_mm,
        max(case when dimension = 'width' then measured_mm end) as width_mm,
        max(case when dimension = 'length' then measured_mm end) as length_mm
    from {{ ref('dimension_finding') }}
    where dimension_state = 'over'
    group by record_id, passed_date
)
select
    matched.case_no,
    matched.passage_record_id,
    finding.excess_kg,
    finding.excess_after_allowance_kg,
    finding.is_permitted,
    beyond.height_mm,
    beyond.width_mm,
    beyond.length_mm
from {{ ref('case_passage') }} as matched
inner join {{ ref('finding') }} as finding
    on finding.record_id = matched.passage_record_id
    and finding.passed_date = matched.violated_on
left join beyond
    on beyond.record_id = matched.passage_record_id
    and beyond.passed_date = matched.violated_on
where matched.match_grade = 'exact'
