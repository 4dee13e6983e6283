-- Severity: stop
-- A parameter that lists kinds of enterprise is missing, or names a kind that no register knows or one twice: a duty would
-- hold fewer enterprises than meant, without a word.
with kind as (
    select 'bus' as enterprise_kind
    union all
    select 'dangerous_goods'
    union all
    select 'freight'
    union all
    select 'passenger'
    union all
    select 'ride_hailing'
    union all
    select 'station'
    union all
    select 'taxi'
),
listing as (
    select 'insurance_kinds' as parameter
    union all
    select 'standard_kinds'
    union all
    select 'training_kinds'
),
told as (
    select
        listing.parameter,
        setting.valid_from,
        setting.parameter_text,
        length(setting.parameter_text) - length(replace(setting.parameter_text, ',', '')) + 1 as told_count,
        count(kind.enterprise_kind) as known_count
    from listing
    left join {{ ref('parameter') }} as setting on setting.parameter = listing.parameter
    left join kind
        on position(concat(',', kind.enterprise_kind, ',') in concat(',', setting.parameter_text, ',')) > 0
    group by listing.parameter, setting.valid_from, setting.parameter_text
)
select parameter, valid_from, parameter_text, told_count, known_count
from told
where parameter_text is null or told_count <> known_count
