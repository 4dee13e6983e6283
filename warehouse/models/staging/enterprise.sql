-- Grain: one enterprise over one span of validity, as its current version states it.
-- Both days of a span are included; an open end is empty.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    uscc,
    enterprise_name,
    enterprise_kind,
    county_code,
    transport_licence_no,
    business_scope,
    first_issue_date,
    valid_from,
    valid_to
from {{ source('raw', 'enterprise') }}
where row_fate = 'current'
