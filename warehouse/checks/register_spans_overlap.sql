-- Severity: warn
-- Two rows of a register hold on the same day for the same site, lane or device; the later one is used.
select 'wim_site' as feed, one.site_code as code, other.valid_from
from {{ ref('wim_site') }} as one
inner join {{ ref('wim_site') }} as other
    on other.site_code = one.site_code
    and other.valid_from > one.valid_from
    and other.valid_from <= coalesce(one.valid_to, other.valid_from)
union all
select 'wim_lane' as feed, concat(one.site_code, ' ', one.lane_code) as code, other.valid_from
from {{ ref('wim_lane') }} as one
inner join {{ ref('wim_lane') }} as other
    on other.site_code = one.site_code
    and other.lane_code = one.lane_code
    and other.valid_from > one.valid_from
    and other.valid_from <= coalesce(one.valid_to, other.valid_from)
union all
select 'wim_device' as feed, one.device_no as code, other.valid_from
from {{ ref('wim_device') }} as one
inner join {{ ref('wim_device') }} as other
    on other.device_no = one.device_no
    and other.valid_from > one.valid_from
    and other.valid_from <= coalesce(one.valid_to, other.valid_from)
