-- Severity: stop
-- A part of a day is greater than the whole: valid than received, complete than total, certain than possible fatigue,
-- driving than the day.
select event_date, plate_no, plate_color_code, terminal_phone
from {{ ref('vehicle_day') }}
where valid_point_count > received_point_count
    or fixed_point_count > valid_point_count
    or drift_point_count > received_point_count
    or complete_m > total_m
    or fatigue_certain_s > fatigue_possible_s
    or moving_s > 86400
    or dawn_driving_s > moving_s
