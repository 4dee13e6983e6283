"""Passages longer, wider or higher than the general limit: what was measured, by which rule, and what a permit allows.

Every row of ``mart.dimension_finding`` has one standing. ``permitted``: a permit of the vehicle and day allows as much,
and that is no finding. ``over``: beyond the limit of every vehicle. ``information``: beyond the general limit, within
what some vehicle may be; no feed says which vehicle it was. ``over`` rests on the general limit and on the greatest
exception, and is known no better than the less sure of the two. A passage may be beyond several limits: dimensions are
counted, not passages. Law: 令2016-62 art. 3(1). Certificates of scales verify mass, not dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from warehouse import keyed
from warehouse.errors import WarehouseError
from warehouse.fates import Passages
from warehouse.metrics import Source

if TYPE_CHECKING:
    import pandas as pd

TABLES = (
    "core.case_passage", "mart.dimension_finding", "staging.enforcement_case", "seeds.dimension_limit",
)  # fmt: skip
"""What is read here."""
FINDINGS = ("over", "information")
STANDINGS = (*FINDINGS, "permitted")
DIMENSIONS = ("length", "width", "height")
BY = {
    "reason": ("dimension", "standing"),
    "county": ("county_code", "dimension", "standing"),
    "month": ("passed_month", "dimension", "standing"),
    "site": ("site_code", "dimension", "standing"),
}
WORDS = {
    "over": ("超过各车型限值", "beyond every vehicle's limit"),
    "information": ("超过一般限值，个别车型可能允许", "beyond the general limit, some vehicles may be"),
    "permitted": ("通行证许可，不作为发现", "allowed by a permit, no finding"),
    "length": ("长度", "length"),
    "width": ("宽度", "width"),
    "height": ("高度", "height"),
}
"""Chinese and English of every standing and dimension."""


@dataclass(frozen=True)
class Asked(Passages):
    """As ``Passages``; ``standing``, ``dimension``: rows of these only. Raises ``WarehouseError`` for unknown ones."""

    standing: str | None = None
    dimension: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for given, allowed in ((self.standing, STANDINGS), (self.dimension, DIMENSIONS)):
            if given is not None and given not in allowed:
                raise WarehouseError(f"There is no {given!r}. Choose one of {', '.join(allowed)}.")


# A case of the day rests on the passage by its number and is about dimensions, alone or beside mass.
_TOLD = """
with told as (
    select *, case when is_permitted then 'permitted' else dimension_state end as standing,
        cast(date_trunc('month', passed_date) as date) as passed_month
    from mart.dimension_finding
    where passed_date between $first and $last
        and (cast($county as varchar) is null or county_code = $county)
        and (cast($site as varchar) is null or site_code = $site)
)
"""
_COUNTS = "select {by}, count(*) as row_count from told group by {by}"
_ROWS = """,
chosen as (
    select * from told
    where (cast($standing as varchar) is null or standing = $standing)
        and (cast($dimension as varchar) is null or dimension = $dimension)
    order by passed_at, record_id, dimension
    limit $limit
),
handled as (
    select matched.passage_record_id as record_id, min(matched.case_no) as case_no
    from core.case_passage as matched
    inner join staging.enforcement_case as filed on filed.record_id = matched.record_id
    where matched.match_grade = 'exact' and filed.found_on <= $as_of
        and matched.act_code in ('over_dimension', 'over_mass_and_dimension')
    group by matched.passage_record_id
),
exception as (
    select chosen.record_id, chosen.dimension, min(rule.rule_id) as high_rule_id,
        max(rule.confidence) as high_confidence
    from chosen
    inner join seeds.dimension_limit as rule
        on rule.dimension = chosen.dimension and rule.limit_mm = chosen.limit_high_mm
        and chosen.limit_high_mm > chosen.limit_mm
        and chosen.passed_date between coalesce(rule.valid_from, chosen.passed_date)
            and coalesce(rule.valid_to, chosen.passed_date)
    group by chosen.record_id, chosen.dimension
)
select chosen.record_id, chosen.passed_at, {plate} as plate_no, chosen.site_code, chosen.county_code,
    chosen.axle_count, chosen.dimension, chosen.measured_mm, chosen.limit_mm, chosen.limit_high_mm, chosen.excess_mm,
    chosen.standing, chosen.rule_id, rule.valid_from as rule_valid_from, rule.valid_to as rule_valid_to,
    rule.citation_zh, rule.citation_en, rule.confidence, exception.high_rule_id, exception.high_confidence,
    chosen.permit_no, chosen.permitted_mm, handled.case_no
from chosen
inner join seeds.dimension_limit as rule
    on rule.rule_id = chosen.rule_id
    and chosen.passed_date between coalesce(rule.valid_from, chosen.passed_date)
        and coalesce(rule.valid_to, chosen.passed_date)
left join exception on exception.record_id = chosen.record_id and exception.dimension = chosen.dimension
left join handled on handled.record_id = chosen.record_id
order by chosen.passed_at, chosen.record_id, chosen.dimension
"""
_RULES = """
select rule_id, dimension, dimension_vehicle, limit_word, limit_mm, valid_from, valid_to, zh, en, citation_zh,
    citation_en, confidence
from seeds.dimension_limit
where coalesce(valid_from, $last) <= $last and coalesce(valid_to, $first) >= $first
order by dimension, valid_from, limit_mm, rule_id
"""
_OF_PASSAGES = """
select record_id, dimension, measured_mm, limit_mm, limit_high_mm, excess_mm, rule_id, permit_no, permitted_mm,
    case when is_permitted then 'permitted' else dimension_state end as standing
from {findings} as found
where list_contains($days, passed_date) and list_contains($records, record_id)
order by record_id, dimension
"""
OF_PASSAGE_COLUMNS = (
    "passed_date, record_id, dimension, measured_mm, limit_mm, limit_high_mm, excess_mm, rule_id, permit_no,"
    " permitted_mm, is_permitted, dimension_state"
)


_OF_PASSAGE = (
    "record_id", "dimension", "measured_mm", "limit_mm", "limit_high_mm", "excess_mm", "rule_id", "permit_no",
    "permitted_mm",
)  # fmt: skip


def counts(source: Source, asked: Asked, by: str = "reason") -> pd.DataFrame:
    """Rows by standing: the columns of ``BY[by]`` and ``row_count``. Permitted ones are in it, and no finding.

    Raises ``WarehouseError`` for a grouping there is not."""
    if by not in BY:
        raise WarehouseError(f"Dimensions are not grouped by {by!r}. Choose one of {', '.join(BY)}.")
    found = source.read(_TOLD + _COUNTS.format(by=", ".join(BY[by])), asked.bound())
    places = {name: at for at, name in enumerate((*DIMENSIONS, *STANDINGS))}
    keys = [name for name in BY[by] if name not in ("dimension", "standing")]
    found = found.assign(_dimension=found["dimension"].map(places), _standing=found["standing"].map(places))
    found = found.sort_values([*keys, "_dimension", "_standing"], na_position="last")
    return found.drop(columns=["_dimension", "_standing"]).reset_index(drop=True)


def finding_count(told: pd.DataFrame) -> int:
    """How many of ``counts`` are findings: permitted dimensions are none."""
    return int(told.loc[told["standing"].isin(FINDINGS), "row_count"].sum())


def rows(source: Source, asked: Asked, limit: int | None = None, plate: str = "plate_no") -> pd.DataFrame:
    """A row a dimension, by time; the first ``limit``, None: all. Sizes in mm, with the rule of the passage's day.

    ``plate``: a SQL expression, by which a caller masks plates. ``high_rule_id``, ``high_confidence``: the rule of the
    greatest exception, empty where the general limit is the only one. ``case_no``: a case about dimensions that names
    the passage by its number and was found by the day."""
    bound = asked.bound(
        as_of=asked.as_of, standing=asked.standing, dimension=asked.dimension, limit=limit
    )  # fmt: skip
    return source.read(_TOLD + _ROWS.format(plate=plate), bound)


def all_rows(source: Source, asked: Asked, plate: str = "plate_no") -> Iterator[pd.DataFrame]:
    """As ``rows``, month by month: however long the period, one month is in memory."""
    for month in asked.by_month():
        yield rows(source, month, plate=plate)


def rules(source: Source, asked: Asked) -> list[dict[str, Any]]:
    """The limits in force on some day of the period, general ones and exceptions, with citation and confidence."""
    return source.rows(_RULES, {"first": asked.first, "last": asked.last})


def of_passages(source: Source, days: Iterable[date], records: Iterable[str]) -> list[dict[str, Any]]:
    """The dimensions of some passages of these days by record, each with its ``standing``."""
    columns = (*_OF_PASSAGE, "passed_date", "is_permitted", "dimension_state")
    wanted = set(days)
    told = keyed.rows(source, "mart.dimension_finding", columns, "record_id", records, sorted(wanted))
    found = [
        {name: row[name] for name in _OF_PASSAGE}
        | {"standing": "permitted" if row["is_permitted"] else row["dimension_state"]}
        for row in told
        if row["passed_date"] in wanted
    ]
    return sorted(found, key=lambda row: (row["record_id"], row["dimension"]))
