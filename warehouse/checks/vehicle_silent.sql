-- Severity: warn
-- A vehicle with a terminal sent no valid record on a day whose night is over: look at its terminal.
select event_date, plate_no, plate_color_code, terminal_phone
from {{ ref('vehicle_day') }}
where is_registered and terminal_phone is not null and not is_online
