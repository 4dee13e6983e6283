-- Grain: one vehicle of the monitoring register on one day on which it is in service: a built day or the day before.
-- Of spans that overlap the one that began last holds, of vehicles that name the same terminal that day too, so that
-- a terminal belongs to one vehicle. What happens on a vehicle without a terminal stays unknown: it has a row here.
with day as (
    select event_date as service_date from {{ source('raw', 'build_day') }}
    union
    select cast(event_date - interval 1 day as date) as service_date from {{ source('raw', 'build_day') }}
),
vehicle as (
    select
        day.service_date,
        register.plate_no,
        register.plate_color_code,
        register.monitored_class,
        register.uscc,
        register.county_code,
        register.terminal_model,
        register.terminal_phone,
        register.valid_from,
        row_number() over (
            partition by day.service_date, register.plate_no, register.plate_color_code
            order by register.valid_from desc, register.record_id
        ) as nth
    from day
    inner join {{ ref('monitored_vehicle') }} as register
        on day.service_date >= register.valid_from
        and day.service_date <= coalesce(register.valid_to, day.service_date)
),
numbered as (
    select
        service_date,
        plate_no,
        plate_color_code,
        monitored_class,
        uscc,
        county_code,
        terminal_model,
        terminal_phone,
        row_number() over (
            partition by service_date, terminal_phone order by valid_from desc, plate_no, plate_color_code
        ) as nth_of_terminal
    from vehicle
    where nth = 1
)
select
    service_date,
    plate_no,
    plate_color_code,
    monitored_class,
    uscc,
    county_code,
    terminal_model,
    case when nth_of_terminal = 1 then terminal_phone end as terminal_phone
from numbered
