-- Severity: warn
-- Passages were weighed by a device without a certificate in force that day: they are no evidence.
select distinct site_code, device_no, passed_date
from {{ ref('passage') }}
where device_no is not null and certificate_no is null
