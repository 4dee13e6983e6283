-- Grain: one loading firm (货运源头单位) over one span of validity, both days included.
-- As its current version states it.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    county_code,
    firm_no,
    firm_name,
    uscc,
    firm_kind,
    annual_tonnage_t,
    has_weighbridge,
    has_video,
    linked_to_city,
    linked_to_province,
    linked_on,
    valid_from,
    valid_to
from {{ source('raw', 'loading_firm') }}
where row_fate = 'current'
