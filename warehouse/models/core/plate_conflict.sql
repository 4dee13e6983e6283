-- Grain: one passage that another passage of its plate on the same day contradicts.
-- is_repeated: the same lane read the plate shortly before (repeated_within_s): the later one may be the same vehicle
-- measured twice. is_elsewhere_too: from one site to the other the vehicle would have had to drive faster than any
-- (two_places_kmh, along the great circle, which is shorter than every road): one of both plates is misread or cloned,
-- and nothing here says which, so both are told. Of two colours only those that differ are different vehicles.
-- A day is looked at on its own: two passages on either side of midnight are not compared.
with setting as (
    select
        max(case when parameter = 'repeated_within_s' then parameter_value end) as repeated_within_s,
        max(case when parameter = 'two_places_kmh' then parameter_value end) as two_places_kmh
    from {{ ref('parameter') }}
),
several as (
    select plate_no, passed_date
    from {{ ref('measured_passage') }}
    where plate_no is not null
    group by plate_no, passed_date
    having count(*) > 1
),
seen as (
    select
        passage.record_id,
        passage.plate_no,
        passage.plate_color_code,
        passage.passed_date,
        passage.passed_at,
        passage.site_code,
        passage.lane_code,
        site.latitude,
        site.longitude
    from {{ ref('measured_passage') }} as passage
    inner join several on several.plate_no = passage.plate_no and several.passed_date = passage.passed_date
    left join {{ ref('site_service') }} as site
        on site.site_code = passage.site_code and site.passed_date = passage.passed_date
),
pair as (
    select
        seen.record_id,
        other.record_id as other_record_id,
        seen.site_code = other.site_code as is_same_site,
        seen.lane_code = other.lane_code as is_same_lane,
        date_diff('second', other.passed_at, seen.passed_at) as seconds_after,
        seen.latitude,
        seen.longitude,
        other.latitude as other_latitude,
        other.longitude as other_longitude
    from seen
    inner join seen as other
        on other.plate_no = seen.plate_no
        and other.passed_date = seen.passed_date
        and other.record_id <> seen.record_id
        and coalesce(other.plate_color_code, seen.plate_color_code, -1)
            = coalesce(seen.plate_color_code, other.plate_color_code, -1)
),
judged as (
    select
        pair.record_id,
        pair.is_same_site
        and pair.is_same_lane
        and pair.seconds_after <= setting.repeated_within_s
        and (pair.seconds_after > 0 or (pair.seconds_after = 0 and pair.other_record_id < pair.record_id))
            as is_repeated,
        not pair.is_same_site
        and coalesce(
            {{ great_circle_m('latitude', 'longitude', 'other_latitude', 'other_longitude') }} * 3.6
            > setting.two_places_kmh * abs(pair.seconds_after),
            false
        ) as is_elsewhere_too
    from pair
    cross join setting
)
select
    record_id,
    max(case when is_repeated then 1 else 0 end) = 1 as is_repeated,
    max(case when is_elsewhere_too then 1 else 0 end) = 1 as is_elsewhere_too
from judged
group by record_id
having max(case when is_repeated or is_elsewhere_too then 1 else 0 end) = 1
