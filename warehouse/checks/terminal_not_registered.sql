-- Severity: warn
-- A terminal sends and no vehicle of the register has its number: add it to the vehicle (terminal phone), or ask whose
-- it is. Its points are counted apart and belong to no county.
select event_date, terminal_phone
from {{ ref('vehicle_day') }}
where not is_registered
