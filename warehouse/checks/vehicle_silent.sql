-- Severity: warn
-- A vehicle with a terminal sent no valid record on any built day on which captures came and whose night is over. It
-- may be parked or reported out of service (报停); if neither, look at its terminal.
select
    plate_no,
    plate_color_code,
    min(event_date) as first_date,
    max(event_date) as last_date
from {{ ref('vehicle_day') }}
where is_registered and terminal_phone is not null
group by plate_no, plate_color_code
having count(case when is_online then 1 end) = 0
