-- Severity: warn
-- The source's own over-limit label contradicts the verdict: it may apply another limit, or the register is wrong.
select record_id, site_code, rule_id
from {{ ref('passage') }}
where is_over_limit <> reported_is_over_limit
