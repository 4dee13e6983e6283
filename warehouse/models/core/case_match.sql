-- Grain: one over-limit case with everything it is about: passage (core.case_passage), vehicle, driver, enterprise, loading
-- firm; each with a grade and the reason for it. exact: by id on the day. near: by an id that does not hold on the day, or
-- by what the register says. weak: one fact of several. none: not told, not known, or several.
-- Register rows are those of the day of the act; of rows that overlap the one that began last.
-- vehicle: plate and colour (exact), else the plate where one colour of it is registered (near, other_color).
-- driver: the certificate, valid on the day (exact) or not (near); a hash of the citizen id is in no register.
-- enterprise: the case's credit code, valid on the day (exact) or not (near); where the case names none, the only
-- enterprise that has the name the vehicle is registered under (near).
-- loading firm: the last ticket of the plate within match_loading_hours before the passage (the act where none is known),
-- unless the vehicle was weighed unladen in between. near: colour and mass agree; weak: one of them is not known or
-- differs. A ticket says where the vehicle was loaded, not who is to answer for it.
with setting as (
    select
        max(case when parameter = 'match_loading_hours' then parameter_value end) as loading_hours,
        max(case when parameter = 'match_mass_ratio' then parameter_value end) as mass_ratio
    from {{ ref('parameter') }}
),
act as (
    select
        matched.record_id,
        matched.plate_no,
        matched.plate_color_code,
        matched.violated_on,
        filed.driver_certificate_no,
        filed.driver_id_hash,
        filed.uscc,
        coalesce(passage.passed_at, matched.violated_at) as weighed_at,
        passage.passed_at,
        passage.site_code,
        passage.verdict,
        passage.gross_vehicle_weight_kg
    from {{ ref('case_passage') }} as matched
    inner join {{ ref('enforcement_case') }} as filed on filed.record_id = matched.record_id
    left join {{ ref('passage') }} as passage
        on passage.record_id = matched.passage_record_id
),
vehicle_of_day as (
    select
        act.record_id,
        vehicle.record_id as vehicle_record_id,
        vehicle.enterprise_name,
        vehicle.plate_color_code = act.plate_color_code as is_same_color,
        row_number() over (
            partition by act.record_id
            order by
                case when vehicle.plate_color_code = act.plate_color_code then 0 else 1 end,
                vehicle.valid_from desc, vehicle.record_id
        ) as nth,
        min(vehicle.plate_color_code) over (partition by act.record_id) as first_color,
        max(vehicle.plate_color_code) over (partition by act.record_id) as last_color
    from act
    inner join {{ ref('vehicle') }} as vehicle
        on vehicle.plate_no = act.plate_no
        and act.violated_on >= vehicle.valid_from
        and act.violated_on <= coalesce(vehicle.valid_to, act.violated_on)
),
vehicle_match as (
    select
        record_id,
        case when is_same_color then 'exact' when first_color = last_color then 'near' else 'none' end
            as vehicle_grade,
        case when is_same_color then 'plate_color' when first_color = last_color then 'other_color' else 'ambiguous' end
            as vehicle_reason,
        case when is_same_color or first_color = last_color then vehicle_record_id end as vehicle_record_id,
        case when is_same_color or first_color = last_color then enterprise_name end as enterprise_name
    from vehicle_of_day
    where nth = 1
),
driver_match as (
    select
        act.record_id,
        driver.record_id as driver_record_id,
        act.violated_on >= driver.valid_from
        and act.violated_on <= coalesce(driver.valid_to, act.violated_on) as is_valid,
        row_number() over (
            partition by act.record_id
            order by
                case
                    when act.violated_on >= driver.valid_from
                        and act.violated_on <= coalesce(driver.valid_to, act.violated_on) then 0
                    else 1
                end,
                driver.valid_from desc, driver.record_id
        ) as nth
    from act
    inner join {{ ref('driver_certificate') }} as driver
        on driver.driver_certificate_no = act.driver_certificate_no
),
by_code as (
    select
        act.record_id,
        enterprise.record_id as enterprise_record_id,
        enterprise.uscc,
        act.violated_on >= enterprise.valid_from
        and act.violated_on <= coalesce(enterprise.valid_to, act.violated_on) as is_valid,
        row_number() over (
            partition by act.record_id
            order by
                case
                    when act.violated_on >= enterprise.valid_from
                        and act.violated_on <= coalesce(enterprise.valid_to, act.violated_on) then 0
                    else 1
                end,
                enterprise.valid_from desc, enterprise.record_id
        ) as nth
    from act
    inner join {{ ref('enterprise') }} as enterprise on enterprise.uscc = act.uscc
),
by_name as (
    select
        act.record_id,
        count(distinct enterprise.uscc) as enterprise_count,
        min(enterprise.uscc) as uscc,
        min(enterprise.record_id) as enterprise_record_id
    from act
    inner join vehicle_match on vehicle_match.record_id = act.record_id
    inner join {{ ref('enterprise') }} as enterprise
        on enterprise.enterprise_name = vehicle_match.enterprise_name
        and act.violated_on >= enterprise.valid_from
        and act.violated_on <= coalesce(enterprise.valid_to, act.violated_on)
    where act.uscc is null
    group by act.record_id
),
ticket as (
    select
        act.record_id,
        act.weighed_at,
        act.gross_vehicle_weight_kg,
        trip.record_id as ticket_record_id,
        trip.firm_no,
        trip.left_date,
        trip.left_at,
        trip.loaded_mass_kg,
        trip.plate_color_code = act.plate_color_code as is_same_color,
        max(trip.left_at) over (partition by act.record_id) as last_left_at
    from act
    cross join setting
    inner join {{ ref('loaded_trip') }} as trip
        on trip.plate_no = act.plate_no
        and coalesce(trip.plate_color_code, act.plate_color_code) = act.plate_color_code
        and trip.left_at <= act.weighed_at
        and trip.left_at >= act.weighed_at - interval 1 hour * cast(setting.loading_hours as integer)
),
unladen as (
    select
        ticket.record_id,
        max(passage.passed_at) as last_unladen_at
    from ticket
    inner join act on act.record_id = ticket.record_id
    inner join {{ ref('passage') }} as passage
        on passage.plate_no = act.plate_no
        and coalesce(passage.plate_color_code, act.plate_color_code) = act.plate_color_code
        and passage.passed_at > ticket.last_left_at
        and passage.passed_at < ticket.weighed_at
    inner join {{ ref('parameter') }} as share
        on share.parameter = 'unladen_share'
        and {{ in_force('share', 'passage.passed_date') }}
    where passage.gross_vehicle_weight_kg <= passage.limit_low_kg * share.parameter_value
    group by ticket.record_id
),
last_ticket as (
    select
        ticket.record_id,
        count(distinct ticket.firm_no) as firm_count,
        min(ticket.firm_no) as firm_no,
        min(ticket.ticket_record_id) as ticket_record_id,
        max(ticket.left_date) as left_date,
        max(ticket.left_at) as left_at,
        min(ticket.loaded_mass_kg) as loaded_mass_kg,
        max(case when unladen.last_unladen_at is not null then 1 else 0 end) as is_unladen,
        min(case when ticket.is_same_color then 1 else 0 end) as is_same_color,
        min(
            case
                when abs(ticket.gross_vehicle_weight_kg - ticket.loaded_mass_kg)
                    <= ticket.loaded_mass_kg * setting.mass_ratio then 1
                else 0
            end
        ) as is_same_mass,
        max(case when ticket.gross_vehicle_weight_kg is null then 1 else 0 end) as is_unweighed
    from ticket
    cross join setting
    left join unladen on unladen.record_id = ticket.record_id
    where ticket.left_at = ticket.last_left_at
    group by ticket.record_id
),
loading_match as (
    select
        record_id,
        case
            when is_unladen = 1 or firm_count > 1 then 'none'
            when is_same_color = 1 and is_same_mass = 1 then 'near'
            else 'weak'
        end as loading_grade,
        case
            when is_unladen = 1 then 'unladen_since'
            when firm_count > 1 then 'ambiguous'
            when is_unweighed = 1 then 'not_weighed'
            when is_same_mass = 0 then 'other_mass'
            when is_same_color = 0 then 'color_not_told'
            else 'last_ticket'
        end as loading_reason,
        case when is_unladen = 0 and firm_count = 1 then ticket_record_id end as ticket_record_id,
        case when is_unladen = 0 and firm_count = 1 then firm_no end as firm_no,
        case when is_unladen = 0 and firm_count = 1 then left_date end as left_date,
        case when is_unladen = 0 and firm_count = 1 then left_at end as left_at,
        case when is_unladen = 0 and firm_count = 1 then loaded_mass_kg end as loaded_mass_kg
    from last_ticket
),
firm_of_day as (
    select
        loading_match.record_id,
        firm.record_id as firm_record_id,
        row_number() over (
            partition by loading_match.record_id order by firm.valid_from desc, firm.record_id
        ) as nth
    from loading_match
    inner join {{ ref('loading_firm') }} as firm
        on firm.firm_no = loading_match.firm_no
        and loading_match.left_date >= firm.valid_from
        and loading_match.left_date <= coalesce(firm.valid_to, loading_match.left_date)
)
select
    matched.case_no,
    matched.act_code,
    matched.check_no,
    matched.plate_no,
    matched.plate_color_code,
    matched.county_code,
    matched.violated_at,
    matched.violated_on,
    matched.match_grade,
    matched.match_reason,
    matched.candidate_count,
    matched.passage_record_id,
    act.passed_at,
    act.site_code,
    act.verdict,
    coalesce(vehicle_match.vehicle_grade, 'none') as vehicle_grade,
    coalesce(vehicle_match.vehicle_reason, 'not_registered') as vehicle_reason,
    vehicle_match.vehicle_record_id,
    case when driver_match.is_valid then 'exact' when driver_match.record_id is not null then 'near' else 'none' end
        as driver_grade,
    case
        when driver_match.is_valid then 'certificate'
        when driver_match.record_id is not null then 'certificate_other_day'
        when act.driver_certificate_no is not null then 'certificate_unknown'
        when act.driver_id_hash is not null then 'identity_hash'
        else 'not_told'
    end as driver_reason,
    driver_match.driver_record_id,
    case
        when by_code.is_valid then 'exact'
        when by_code.record_id is not null or by_name.enterprise_count = 1 then 'near'
        else 'none'
    end as enterprise_grade,
    case
        when by_code.is_valid then 'credit_code'
        when by_code.record_id is not null then 'credit_code_other_day'
        when act.uscc is not null then 'credit_code_unknown'
        when by_name.enterprise_count = 1 then 'register_name'
        when by_name.enterprise_count > 1 then 'ambiguous'
        when vehicle_match.enterprise_name is not null then 'name_unknown'
        else 'not_told'
    end as enterprise_reason,
    case when by_name.enterprise_count = 1 then by_name.uscc else by_code.uscc end as enterprise_uscc,
    case when by_name.enterprise_count = 1 then by_name.enterprise_record_id else by_code.enterprise_record_id end
        as enterprise_record_id,
    coalesce(loading_match.loading_grade, 'none') as loading_grade,
    coalesce(loading_match.loading_reason, 'no_ticket') as loading_reason,
    loading_match.ticket_record_id,
    loading_match.firm_no,
    loading_match.left_at,
    loading_match.loaded_mass_kg,
    firm_of_day.firm_record_id,
    matched.record_id,
    matched.delivery_id,
    matched.source_line
from {{ ref('case_passage') }} as matched
inner join act on act.record_id = matched.record_id
left join vehicle_match on vehicle_match.record_id = matched.record_id
left join driver_match on driver_match.record_id = matched.record_id and driver_match.nth = 1
left join by_code on by_code.record_id = matched.record_id and by_code.nth = 1
left join by_name on by_name.record_id = matched.record_id
left join loading_match on loading_match.record_id = matched.record_id
left join firm_of_day on firm_of_day.record_id = matched.record_id and firm_of_day.nth = 1
