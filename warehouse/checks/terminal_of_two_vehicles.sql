-- Severity: warn
-- Two vehicles of the register name the same terminal on the same day: its points go to the one whose span began last.
select one.terminal_phone, one.plate_no, other.plate_no as other_plate_no
from {{ ref('monitored_vehicle') }} as one
inner join {{ ref('monitored_vehicle') }} as other
    on other.terminal_phone = one.terminal_phone
    and (
        other.plate_no > one.plate_no
        or (other.plate_no = one.plate_no and other.plate_color_code > one.plate_color_code)
    )
    and other.valid_from <= coalesce(one.valid_to, date '9999-12-31')
    and coalesce(other.valid_to, date '9999-12-31') >= one.valid_from
