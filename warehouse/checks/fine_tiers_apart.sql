-- Severity: stop
-- The tiers of an act leave an amount to none of them or to two, on some day: the first has to begin at nothing, each
-- has to begin where the one below ends, with the opposite word (at_most and over, below and at_least), and the last
-- has to have no end.
with tier_row as (
    select
        rule_id,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to,
        concat(act_code, ' ', coalesce(sector, 'any'), ' ', coalesce(subject_kind, 'any')) as act,
        tier,
        is_serious,
        lower_word,
        lower_bound,
        upper_word,
        upper_bound,
        bound_quantity,
        height_up_to_mm,
        width_up_to_mm,
        length_up_to_mm
    from {{ ref('fine_tier') }}
    where tier is not null
),
-- Days on which the tiers of an act are others than the day before.
turn as (
    select act, valid_from as turned_on from tier_row
    union
    select act, valid_to + interval 1 day as turned_on from tier_row where valid_to < date '9999-12-31'
),
severity as (
    select false as is_serious
    union all
    select true
),
bounded as (
    select
        tier_row.*,
        turn.turned_on,
        lag(tier_row.upper_bound) over below as below_bound,
        lag(tier_row.upper_word) over below as below_word,
        row_number() over below as nth,
        count(*) over (partition by tier_row.act, turn.turned_on, severity.is_serious) as tier_count
    from tier_row
    inner join turn on turn.act = tier_row.act
    inner join severity on severity.is_serious = coalesce(tier_row.is_serious, severity.is_serious)
    where tier_row.bound_quantity is not null
        and turn.turned_on >= tier_row.valid_from
        and turn.turned_on <= tier_row.valid_to
    window below as (
        partition by tier_row.act, turn.turned_on, severity.is_serious
        order by coalesce(tier_row.lower_bound, -1), tier_row.tier, tier_row.rule_id
    )
),
-- Tiers by size are asked in their order: each has to hold all of the one before, and the last everything.
sized as (
    select
        rule_id,
        act,
        turned_on,
        lag(height_up_to_mm) over below as below_height_mm,
        lag(width_up_to_mm) over below as below_width_mm,
        lag(length_up_to_mm) over below as below_length_mm,
        height_up_to_mm,
        width_up_to_mm,
        length_up_to_mm,
        row_number() over below as nth,
        count(*) over (partition by act, turned_on) as tier_count
    from (
        select tier_row.*, turn.turned_on
        from tier_row
        inner join turn on turn.act = tier_row.act
        where tier_row.act like 'over_dimension %'
            and turn.turned_on >= tier_row.valid_from
            and turn.turned_on <= tier_row.valid_to
    ) as size_row
    window below as (partition by act, turned_on order by tier, rule_id)
)
select distinct rule_id, act
from bounded
where (nth = 1 and coalesce(lower_bound, 0) <> 0)
    or (nth > 1 and (
        below_bound is null
        or lower_bound is null
        or lower_bound <> below_bound
        or (below_word = 'at_most') <> (lower_word = 'over')
    ))
    or (nth = tier_count and upper_bound is not null)
union all
select distinct rule_id, act
from sized
where (nth > 1 and (
    height_up_to_mm < coalesce(below_height_mm, 999999)
    or width_up_to_mm < coalesce(below_width_mm, 999999)
    or length_up_to_mm < coalesce(below_length_mm, 999999)
    or (below_height_mm is null and below_width_mm is null and below_length_mm is null)
))
    or (nth = tier_count and (
        height_up_to_mm is not null or width_up_to_mm is not null or length_up_to_mm is not null
    ))
