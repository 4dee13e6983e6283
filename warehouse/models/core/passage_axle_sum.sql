-- Grain: one passage whose axle groups and spacings within them are known, with the sum of what its axles may carry.
-- 令2016-62 art. 3, second paragraph: the gross mass may not exceed that sum. The loads of GB 1589
-- (seeds/axle_load_limit.csv) were not read in the standard, so core.passage_limit lowers only the lowest admissible
-- limit by it. Measured axle loads are not compared: the order fines gross mass and dimensions, not an axle.
-- Groups come from the device's axle type code, one digit a group: 1 single axle with single tyres, 2 with dual
-- tyres, 5 tandem, 7 tridem. The first group that is not single-tyred is driven; of a combination what follows it
-- is the trailer's. A code with other digits, of more than four groups or for another axle count tells nothing.
-- Of a tridem the larger spacing decides: "up to 1300 mm" is said of both.
-- Of the rows that certainly fit a group the greatest load holds (an allowance is a row of its own); where none is
-- certain, the smallest of those that may fit. A group that no row covers leaves the passage without a sum.
with coded as (
    select
        record_id,
        coalesce(cast(nullif('{{ var("law_on") }}', '') as date), passed_date) as law_date,
        axle_count,
        axle_spacings_m,
        substr(axle_type_code, 1, 1) as digit_1,
        substr(axle_type_code, 2, 1) as digit_2,
        substr(axle_type_code, 3, 1) as digit_3,
        substr(axle_type_code, 4, 1) as digit_4,
        case vehicle_kind when 'combination' then 'trailer' when 'rigid' then 'truck' else '' end as place_behind,
        case when has_air_suspension then 'air' when not has_air_suspension then 'other' else '' end as drive_air
    from {{ ref('passage_vehicle') }}
    where length(axle_type_code) <= 4
        and replace(replace(replace(replace(axle_type_code, '1', ''), '2', ''), '5', ''), '7', '') = ''
),
sized as (
    select
        coded.*,
        case digit_1 when '5' then 2 when '7' then 3 else 1 end as size_1,
        case digit_2 when '' then 0 when '5' then 2 when '7' then 3 else 1 end as size_2,
        case digit_3 when '' then 0 when '5' then 2 when '7' then 3 else 1 end as size_3,
        case digit_4 when '' then 0 when '5' then 2 when '7' then 3 else 1 end as size_4,
        case when digit_1 <> '1' then 1 when digit_2 <> '1' then 2 when digit_3 <> '1' then 3 else 4 end as drive_no
    from coded
),
-- spacing_no: place of the group's first inner spacing in the list.
axle_group as (
    select record_id, law_date, axle_spacings_m, place_behind, drive_air, drive_no, axle_count,
        size_1 + size_2 + size_3 + size_4 as size_sum, 1 as group_no, digit_1 as digit, 1 as spacing_no
    from sized
    union all
    select record_id, law_date, axle_spacings_m, place_behind, drive_air, drive_no, axle_count,
        size_1 + size_2 + size_3 + size_4 as size_sum, 2 as group_no, digit_2 as digit, size_1 + 1 as spacing_no
    from sized
    where digit_2 <> ''
    union all
    select record_id, law_date, axle_spacings_m, place_behind, drive_air, drive_no, axle_count,
        size_1 + size_2 + size_3 + size_4 as size_sum, 3 as group_no, digit_3 as digit,
        size_1 + size_2 + 1 as spacing_no
    from sized
    where digit_3 <> ''
    union all
    select record_id, law_date, axle_spacings_m, place_behind, drive_air, drive_no, axle_count,
        size_1 + size_2 + size_3 + size_4 as size_sum, 4 as group_no, digit_4 as digit,
        size_1 + size_2 + size_3 + 1 as spacing_no
    from sized
    where digit_4 <> ''
),
spaced as (
    select
        record_id,
        law_date,
        digit,
        spacing_no + 1 as next_no,
        spacing_no,
        axle_spacings_m,
        group_no = drive_no as is_driven,
        case when group_no <= drive_no then 'truck' else place_behind end as place,
        case when group_no = drive_no then drive_air else '' end as air
    from axle_group
    where size_sum = axle_count
),
measured as (
    select
        record_id,
        law_date,
        digit,
        is_driven,
        place,
        air,
        case
            when digit = '5' then cast(round({{ nth_spacing('axle_spacings_m', 'spacing_no') }} * 1000) as integer)
            when digit = '7' and {{ nth_spacing('axle_spacings_m', 'next_no') }} is not null then cast(
                round(
                    greatest(
                        {{ nth_spacing('axle_spacings_m', 'spacing_no') }},
                        {{ nth_spacing('axle_spacings_m', 'next_no') }}
                    ) * 1000
                ) as integer
            )
            when digit = '7' then null
            else 0
        end as spacing_mm
    from spaced
),
group_case as (
    select distinct law_date, digit, is_driven, place, air, spacing_mm from measured
),
fitting as (
    select
        group_case.law_date,
        group_case.digit,
        group_case.is_driven,
        group_case.place,
        group_case.air,
        group_case.spacing_mm,
        rule.axle_load_limit_kg as limit_kg,
        (rule.is_trailer_axle is null or group_case.place <> '')
        and (rule.is_air_suspended is null or group_case.air <> '')
        and coalesce(rule.tyre_kind, '') <> 'wide_single' as is_certain
    from group_case
    inner join {{ ref('axle_load_limit') }} as rule
        on rule.axle_group_kind = case group_case.digit when '5' then 'tandem' when '7' then 'tridem' else 'single' end
        and (
            rule.tyre_kind is null
            or (group_case.digit = '1' and rule.tyre_kind in ('single', 'wide_single'))
            or (group_case.digit <> '1' and rule.tyre_kind = 'dual')
        )
        and (rule.is_drive_axle is null or rule.is_drive_axle = group_case.is_driven)
        and (
            rule.is_trailer_axle is null
            or group_case.place = ''
            or rule.is_trailer_axle = (group_case.place = 'trailer')
        )
        and (
            rule.is_air_suspended is null or group_case.air = '' or rule.is_air_suspended = (group_case.air = 'air')
        )
        and (
            rule.spacing_lower_mm is null
            or group_case.spacing_mm > rule.spacing_lower_mm
            or (rule.spacing_lower_word = 'at_least' and group_case.spacing_mm = rule.spacing_lower_mm)
        )
        and (
            rule.spacing_upper_mm is null
            or group_case.spacing_mm < rule.spacing_upper_mm
            or (rule.spacing_upper_word = 'at_most' and group_case.spacing_mm = rule.spacing_upper_mm)
        )
        and {{ in_force('rule', 'group_case.law_date') }}
    where group_case.digit in ('1', '2') or group_case.spacing_mm > 0
),
group_limit as (
    select
        law_date,
        digit,
        is_driven,
        place,
        air,
        spacing_mm,
        coalesce(max(case when is_certain then limit_kg end), min(limit_kg)) as group_limit_kg
    from fitting
    group by law_date, digit, is_driven, place, air, spacing_mm
)
select
    measured.record_id,
    cast(sum(group_limit.group_limit_kg) as integer) as axle_sum_kg
from measured
left join group_limit
    on group_limit.law_date = measured.law_date
    and group_limit.digit = measured.digit
    and group_limit.is_driven = measured.is_driven
    and group_limit.place = measured.place
    and group_limit.air = measured.air
    and group_limit.spacing_mm = measured.spacing_mm
group by measured.record_id
having count(*) = count(group_limit.group_limit_kg)
