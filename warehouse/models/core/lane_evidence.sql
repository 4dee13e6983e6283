-- Grain: one lane on one day on which the register has it in service: its device and the device's certificate.
-- A certificate counts when the day lies in its validity; of several the one that began last holds.
-- A device that is missing from the device register that day has no certificate here, whatever the list says.
with lane as (
    select
        wim_lane.site_code,
        wim_lane.lane_code,
        build_day.event_date as passed_date,
        wim_lane.device_no,
        row_number() over (
            partition by wim_lane.site_code, wim_lane.lane_code, build_day.event_date
            order by wim_lane.valid_from desc, wim_lane.record_id
        ) as nth
    from {{ source('raw', 'build_day') }} as build_day
    inner join {{ ref('wim_lane') }} as wim_lane
        on build_day.event_date >= wim_lane.valid_from
        and build_day.event_date <= coalesce(wim_lane.valid_to, build_day.event_date)
),
certified as (
    select
        lane.site_code,
        lane.lane_code,
        lane.passed_date,
        certificate.certificate_no,
        certificate.valid_to as certificate_valid_to,
        certificate.speed_min_kmh,
        certificate.speed_max_kmh,
        row_number() over (
            partition by lane.site_code, lane.lane_code, lane.passed_date
            order by certificate.valid_from desc, certificate.certificate_no, certificate.record_id
        ) as nth
    from lane
    inner join {{ ref('wim_device') }} as device
        on device.device_no = lane.device_no
        and lane.passed_date >= device.valid_from
        and lane.passed_date <= coalesce(device.valid_to, lane.passed_date)
    inner join {{ ref('verification_certificate') }} as certificate
        on certificate.device_no = lane.device_no
        and lane.passed_date >= certificate.valid_from
        and lane.passed_date <= certificate.valid_to
    where lane.nth = 1
)
select
    lane.site_code,
    lane.lane_code,
    lane.passed_date,
    lane.device_no,
    certified.certificate_no,
    certified.certificate_valid_to,
    certified.speed_min_kmh,
    certified.speed_max_kmh
from lane
left join certified
    on certified.site_code = lane.site_code
    and certified.lane_code = lane.lane_code
    and certified.passed_date = lane.passed_date
    and certified.nth = 1
where lane.nth = 1
