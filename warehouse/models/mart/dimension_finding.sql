-- Grain: one passage and one dimension (length, width, height) that is beyond the general limit of 令2016-62 art. 3(1).
-- A measure of its own: nothing here enters a verdict on mass. Some vehicles may be longer or wider
-- (seeds/dimension_limit.csv, exceptions of GB 1589 that were not read), and no feed says which a vehicle is. So the
-- state is over only beyond every vehicle's limit, and information between the general limit and the greatest exception.
-- WIM certificates verify mass, not dimensions: nothing here is evidence by itself.
-- permitted_mm: what a permit of the vehicle and day allows, the most favourable of several; is_permitted: it suffices.
with limit_case as (
    select distinct passed_date from {{ ref('measured_passage') }}
),
limited as (
    select
        limit_case.passed_date,
        rule.dimension,
        max(case when rule.dimension_vehicle = 'any' then rule.limit_mm end) as limit_mm,
        max(case when rule.dimension_vehicle = 'any' then rule.rule_id end) as rule_id,
        max(case when rule.dimension_vehicle = 'any' and rule.limit_word = 'at_least' then 1 else 0 end) as at_limit,
        max(rule.limit_mm) as limit_high_mm
    from limit_case
    inner join {{ ref('dimension_limit') }} as rule
        on {{ in_force('rule', 'limit_case.passed_date') }}
    group by limit_case.passed_date, rule.dimension
),
measured as (
    select record_id, passed_date, 'length' as dimension, cast(round(vehicle_length_m * 1000) as integer) as measured_mm
    from {{ ref('measured_passage') }}
    where vehicle_length_m is not null
    union all
    select record_id, passed_date, 'width' as dimension, cast(round(vehicle_width_m * 1000) as integer) as measured_mm
    from {{ ref('measured_passage') }}
    where vehicle_width_m is not null
    union all
    select record_id, passed_date, 'height' as dimension, cast(round(vehicle_height_m * 1000) as integer) as measured_mm
    from {{ ref('measured_passage') }}
    where vehicle_height_m is not null
),
beyond as (
    select
        measured.record_id,
        measured.passed_date,
        measured.dimension,
        measured.measured_mm,
        limited.rule_id,
        limited.limit_mm,
        limited.limit_high_mm,
        measured.measured_mm - limited.limit_mm as excess_mm,
        case
            when measured.measured_mm > limited.limit_high_mm
                or (limited.at_limit = 1 and measured.measured_mm = limited.limit_high_mm) then 'over'
            else 'information'
        end as dimension_state
    from measured
    inner join limited on limited.passed_date = measured.passed_date and limited.dimension = measured.dimension
    where measured.measured_mm > limited.limit_mm
        or (limited.at_limit = 1 and measured.measured_mm = limited.limit_mm)
),
permitted as (
    select
        beyond.record_id,
        beyond.dimension,
        permit.permit_no,
        cast(
            round(
                case beyond.dimension
                    when 'length' then permit.permitted_length_m
                    when 'width' then permit.permitted_width_m
                    else permit.permitted_height_m
                end * 1000
            ) as integer
        ) as permitted_mm,
        permit.record_id as permit_record_id
    from beyond
    inner join {{ ref('passage') }} as passage on passage.record_id = beyond.record_id
    inner join {{ ref('oversize_permit') }} as permit
        on permit.plate_no = passage.plate_no
        and permit.plate_color_code = passage.plate_color_code
        and passage.passed_date >= permit.valid_from
        and passage.passed_date <= permit.valid_to
),
best_permit as (
    select
        record_id,
        dimension,
        permit_no,
        permitted_mm,
        row_number() over (
            partition by record_id, dimension
            order by permitted_mm desc nulls last, permit_no, permit_record_id
        ) as nth
    from permitted
)
select
    passage.passed_date,
    passage.record_id,
    beyond.dimension,
    passage.feed,
    passage.passed_at,
    passage.site_code,
    passage.county_code,
    passage.plate_no,
    passage.plate_color_code,
    passage.axle_count,
    beyond.measured_mm,
    beyond.rule_id,
    beyond.limit_mm,
    beyond.limit_high_mm,
    beyond.excess_mm,
    beyond.dimension_state,
    best_permit.permit_no,
    best_permit.permitted_mm,
    coalesce(best_permit.permitted_mm >= beyond.measured_mm, false) as is_permitted
from beyond
inner join {{ ref('passage') }} as passage on passage.record_id = beyond.record_id
left join best_permit
    on best_permit.record_id = beyond.record_id
    and best_permit.dimension = beyond.dimension
    and best_permit.nth = 1
