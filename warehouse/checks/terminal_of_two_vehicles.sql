-- Severity: warn
-- Two vehicles of the register name the same terminal on more than one day: its points go to the one whose span began
-- last. End the span of the vehicle that gave it away. One day in common is a hand-over: both ends of a span count.
select one.terminal_phone, one.plate_no, other.plate_no as other_plate_no
from {{ ref('monitored_vehicle') }} as one
inner join {{ ref('monitored_vehicle') }} as other
    on other.terminal_phone = one.terminal_phone
    and (
        other.plate_no > one.plate_no
        or (other.plate_no = one.plate_no and other.plate_color_code > one.plate_color_code)
    )
    and least(coalesce(one.valid_to, date '9999-12-31'), coalesce(other.valid_to, date '9999-12-31'))
    > greatest(one.valid_from, other.valid_from)
