-- Severity: stop
-- A passage or a finding carries a flag that seeds/reason.csv does not explain: a page could not say why it is doubted.
select flagged.flags
from (
    select distinct flags from {{ ref('passage') }} where flags <> ''
    union
    select distinct flags from {{ ref('finding') }} where flags <> ''
    union
    select distinct unknown_conditions from {{ ref('finding') }} where unknown_conditions <> ''
) as flagged
left join {{ ref('reason') }} as reason
    on concat(',', flagged.flags, ',') like concat('%,', reason.reason, ',%')
group by flagged.flags
having count(distinct reason.reason) <> length(flagged.flags) - length(replace(flagged.flags, ',', '')) + 1
