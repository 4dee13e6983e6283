-- Severity: stop
-- A rule has no citation, no words, no known confidence mark or no known place: a page could not say where it comes from
-- or how far it was read.
select
    rule_no,
    confidence,
    jurisdiction
from {{ ref('rule') }}
where coalesce(citation_zh, '') = ''
    or coalesce(citation_en, '') = ''
    or coalesce(condition_zh, '') = ''
    or coalesce(condition_en, '') = ''
    or coalesce(confidence, '') not in ('C1', 'C2', 'M+', 'M-', 'P', 'D')
    or coalesce(jurisdiction, '') = ''
    or not (jurisdiction in ('CN', 'LOCAL') or jurisdiction like 'CN-__' or jurisdiction like 'CN-____')
