-- Severity: warn
-- More than one plate in ten was not read at a site on a day with enough traffic: clean or aim the camera.
select site_code, passed_date, count(*) as passage_count, count(plate_no) as read_count
from {{ ref('passage') }}
where feed = 'wim_passage'
group by site_code, passed_date
having count(*) >= 30 and count(plate_no) * 10 < count(*) * 9
