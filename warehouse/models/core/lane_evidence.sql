-- Grain: one lane on one day on which the register has it in service: its device and the device's certificate.
-- A certificate counts when the day lies in its validity; of several the one that began last holds.
-- A device that is missing from the device register that day has no certificate here, whatever the list says.
-- max_error_ratio: what the certificate's class may err by in service (seeds/accuracy_class.csv), empty where the class
-- is not told or not listed.
-- self_test_state: the worst of the device's self-tests of the day, or "none" where other devices were tested that day
-- and it was not; empty on a day without any self-test, since that tells nothing of one device.
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
        certificate.accuracy_class,
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
),
tested as (
    select
        device_no,
        tested_date,
        max(case when self_test_result = 'fail' then 1 else 0 end) as failed_count,
        max(abs(clock_error_s)) as clock_error_s
    from {{ ref('wim_self_test') }}
    group by device_no, tested_date
),
tested_day as (
    select distinct tested_date from {{ ref('wim_self_test') }}
)
select
    lane.site_code,
    lane.lane_code,
    lane.passed_date,
    lane.device_no,
    certified.certificate_no,
    certified.certificate_valid_to,
    certified.speed_min_kmh,
    certified.speed_max_kmh,
    certified.accuracy_class,
    accuracy.max_error_ratio,
    case
        when tested.failed_count > 0 then 'fail'
        when tested.device_no is not null then 'pass'
        when tested_day.tested_date is not null then 'none'
    end as self_test_state,
    tested.clock_error_s
from lane
left join certified
    on certified.site_code = lane.site_code
    and certified.lane_code = lane.lane_code
    and certified.passed_date = lane.passed_date
    and certified.nth = 1
left join {{ ref('accuracy_class') }} as accuracy
    on accuracy.accuracy_class = certified.accuracy_class
    and accuracy.weighed_quantity = 'vehicle_mass'
    and accuracy.error_stage = 'in_service'
    and {{ in_force('accuracy', 'lane.passed_date') }}
left join tested on tested.device_no = lane.device_no and tested.tested_date = lane.passed_date
left join tested_day on tested_day.tested_date = lane.passed_date
where lane.nth = 1
