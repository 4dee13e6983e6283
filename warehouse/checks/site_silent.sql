-- Severity: warn
-- A site in service sent nothing on a day whose night is over, or nothing for many hours: look at its device.
select site_code, passed_date, state
from {{ ref('site_day') }}
where state <> 'reporting' and county_code is not null
