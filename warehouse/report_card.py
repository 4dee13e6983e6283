"""The bureau's report card: every figure of ``seeds.report_figure`` over a period, from ``mart.report_fact``.

A flow is what lies in the period, a state is what holds on its last day; a period that is not over yet ends with
the night that is published. A figure without a row to compute it from has no data and no value, never 0. The
published values are those of one report; they are a reference and enter no computation.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from warehouse import hazards
from warehouse.errors import WarehouseError
from warehouse.metrics import Source, tables
from warehouse.parameters import UNVERIFIED

_FIGURES = """
with chosen as (
    select fact.figure_id, fact.part, fact.subject_no, fact.row_count, fact.amount, fact.first_day,
        case figure.period_kind when 'flow' then fact.last_day else cast($last as date) end as last_day
    from mart.report_fact as fact
    inner join seeds.report_figure as figure on figure.figure_id = fact.figure_id
    where case figure.period_kind
        when 'flow' then fact.first_day >= $first and fact.last_day <= $last
        else fact.first_day <= $last and coalesce(fact.last_day, date '9999-12-31') >= $last
    end
),
counted as (
    -- Without a subject contributions add up; a subject counts once, with its largest.
    select figure_id, part, sum(row_count) as row_count, min(first_day) as first_day, max(last_day) as last_day,
        case when subject_no is null then sum(amount) else max(amount) end as amount
    from chosen
    group by figure_id, part, subject_no
)
select figure_id, part, cast(sum(row_count) as bigint), cast(sum(amount) as bigint), min(first_day), max(last_day)
from counted group by figure_id, part"""

TABLES = (
    "mart.report_fact", "meta.delivery", "seeds.report_figure", "staging.enterprise", *hazards.TABLES,
)  # fmt: skip
FIRST_DAY = date(2000, 1, 1)
"""Nobody asks for a card from before it."""
_HAZARD_OF = {"F09b": "HWY", "F11": "SIGN", "F12": "VESSEL", "F13": "RAIL"}
"""The category of hazards that a figure is about."""
_SHARES = ("F09b", "F11")
"""Of these the figures that are a share of the hazards registered."""


@dataclass(frozen=True)
class BySteps:
    """A figure of hazards by accepted steps, as the page of hazards has it: closed and not reopened on the last day.

    ``of`` and ``bound`` are those of a share, else None. ``bound``: false closures by the spot checks.
    """

    value: int
    of: int | None
    bound: hazards.Bound | None


@dataclass(frozen=True)
class Figure:
    """One figure of the card. ``value`` and ``of`` are in the figure's unit; both are None where there is no data.

    ``of``: what the value is taken from, where the claim is about all or none of it. ``holds``: whether the claim
    does; None without data, or where the claim is a published number and nobody asked to compare. ``rows``: rows the
    figure was computed from, every passage and every case one; ``first_day``, ``last_day``: of these rows.
    ``last_issue``: newest delivery of its feeds. ``by_steps``: only of hazards, None where none is known.
    """

    figure_id: str
    label_zh: str
    label_en: str
    unit_zh: str
    unit_en: str
    value: int | float | None
    of: int | float | None
    relation: str
    published: int | None
    holds: bool | None
    rows: int
    first_day: date | None
    last_day: date | None
    period_kind: str
    source_feeds: tuple[str, ...]
    last_issue: date | None
    parameters: tuple[str, ...]
    county_codes: tuple[str, ...]
    definition_zh: str
    definition_en: str
    citation_zh: str
    citation_en: str
    confidence: str
    by_steps: BySteps | None

    @property
    def has_data(self) -> bool:
        return self.value is not None


@dataclass(frozen=True)
class Card:
    """All figures over the days ``first`` to ``last``, both included; ``asked``: the last day that was asked for."""

    first: date
    last: date
    asked: date
    version: int
    is_compared: bool
    parameters: list[dict[str, Any]]
    figures: list[Figure]
    known_on: date | None = None
    """The night whose knowledge it is, where that was asked for; None: the served version."""


def report_card(first: date, last: date, compare: bool | None = None, known: date | None = None) -> Card:
    """The card of the published snapshot, or as ``known`` on a day; see ``card``. Raises ``NoSnapshot`` where nothing
    is published."""
    from warehouse.connection import snapshot

    served = snapshot()
    if known is None:
        return card(served, first, last, date.fromisoformat(served.manifest["business_date"]), served.version, compare)
    from warehouse.known import known_on

    with known_on(known, TABLES) as source:
        return replace(card(source, first, last, source.night, served.version, compare), known_on=source.night)


def card(source: Source, first: date, last: date, night: date, version: int, compare: bool | None = None) -> Card:
    """The card over ``first`` to ``last``, at most to ``night``, the last one that ``source`` holds.

    ``compare``: with the published values of the source report; None: only on invented data, whose enterprises
    all say so in their names. Raises ``WarehouseError`` if the period is empty or begins after that night.
    """
    if last < first:
        raise WarehouseError(f"The period {first} to {last} ends before it begins. Exchange --from and --to.")
    if first > night:
        raise WarehouseError(f"The period begins on {first}; the published data end with the night of {night}.")
    until = min(last, night)
    compared = _is_invented(source) if compare is None else compare
    found = {
        (figure_id, part): told for figure_id, part, *told in _rows(source, _FIGURES, {"first": first, "last": until})
    }
    issues = {feed: issued for feed, issued in _rows(
        source, "select feed, cast(max(issued_at) as date) from meta.delivery where state = 'landed' group by feed"
    )}  # fmt: skip
    by_steps = _by_steps(source, first, until)
    figures = []
    for told in source.read("select * from seeds.report_figure order by figure_id").to_dict("records"):
        seed = {str(name): None if value != value else value for name, value in told.items()}
        figures.append(_figure(seed, found, issues, by_steps.get(str(seed["figure_id"])), compared))
    used = {name for figure in figures for name in figure.parameters}
    names = (
        "parameter", "parameter_value", "parameter_text", "unit", "zh", "en", "citation_zh", "citation_en", "confidence"
    )  # fmt: skip
    valid = _rows(
        source,
        f"select {', '.join(names)} from seeds.parameter"
        " where coalesce(valid_from, date '0001-01-01') <= $last and coalesce(valid_to, date '9999-12-31') >= $last"
        " order by parameter",
        {"last": until},
    )
    parameters = [dict(zip(names, row, strict=True)) for row in valid if row[0] in used]
    return Card(first, until, last, version, compared, parameters, figures)


def _rows(source: Source, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
    """Rows with None for what is empty and days as dates."""
    frame = source.read(sql, params).astype(object)
    frame = frame.where(frame.notna(), None)
    return [
        tuple(value.date() if hasattr(value, "date") else value for value in row)
        for row in frame.itertuples(index=False, name=None)
    ]


def _is_invented(source: Source) -> bool:
    """Every enterprise of the sample and of the open prefecture is called 示例 (sample); real ones are not."""
    told = _rows(
        source,
        "select count(*), count(case when enterprise_name like '示例%' then 1 end) from staging.enterprise",
    )
    return 0 < told[0][0] == told[0][1]


def _by_steps(source: Source, first: date, last: date) -> dict[str, BySteps]:
    """The figures of hazards by accepted steps; none of a version that did not judge them, or without a hazard.

    A share is of the hazards registered in the period, a count is of those closed in it, whenever registered.
    """
    if not tables(source).issuperset(hazards.TABLES):
        return {}
    facts = hazards.Facts(source, hazards.Asked(last, first, last))
    by_category = {one.group: one for one in hazards.standings(facts, "category")}
    told = {}
    for figure_id, category in _HAZARD_OF.items():
        standing = by_category.get(category)
        if figure_id in _SHARES and standing is not None and standing.registered:
            told[figure_id] = BySteps(standing.closed.part, standing.closed.of, standing.bound)
        elif figure_id not in _SHARES:
            own = [one for one in facts.hazards if one.category == category]
            closed = sum(one.closed_on is not None and one.closed_on >= first for one in own)
            if closed or any(facts.is_of_cohort(one) for one in own):
                told[figure_id] = BySteps(closed, None, None)
    return told


def _figure(
    seed: dict[str, Any],
    found: dict[tuple[str, str], list[Any]],
    issues: dict[str, date],
    by_steps: BySteps | None,
    compared: bool,
) -> Figure:
    nothing = [0, 0, None, None]
    value, of = (found.get((seed["figure_id"], part), nothing) for part in ("value", "of"))
    whole = seed["relation"] in ("all", "none")
    # A claim about all of something says nothing where there is nothing; 0 of something is a value.
    has_data = of[0] > 0 if whole else value[0] + of[0] > 0
    feeds = _listed(seed["source_feeds"])
    amount, total = (_in_unit(part[1], seed["unit_size"]) for part in (value, of))
    from_rows = of if of[0] else value
    return Figure(
        figure_id=seed["figure_id"],
        value=amount if has_data else None,
        of=total if has_data and whole else None,
        relation=seed["relation"],
        published=None if seed["published"] is None or not compared else int(seed["published"]),
        holds=_holds(seed, value[1], of[1]) if has_data and (whole or compared) else None,
        rows=int(from_rows[0]),
        first_day=from_rows[2],
        last_day=from_rows[3],
        source_feeds=feeds,
        last_issue=max((issues[feed] for feed in feeds if issues.get(feed)), default=None),
        parameters=_listed(seed["parameters"]),
        county_codes=_listed(seed["county_codes"]),
        by_steps=by_steps,
        **{
            name: seed[name]
            for name in (
                "label_zh", "label_en", "unit_zh", "unit_en", "period_kind", "definition_zh", "definition_en",
                "citation_zh", "citation_en", "confidence",
            )
        },
    )  # fmt: skip


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _in_unit(amount: int, size: int) -> int | float:
    exact = Decimal(int(amount)) / Decimal(int(size))
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _holds(seed: dict[str, Any], value: int, of: int) -> bool:
    if seed["relation"] == "all":
        return value == of
    if seed["relation"] == "none":
        return value == 0
    published = int(seed["published"]) * int(seed["unit_size"])
    return value >= published if seed["relation"] == "at_least" else value == published


def document(told: Card) -> dict[str, Any]:
    """The card as one JSON document; a figure without data has value null and has_data false."""
    return {
        "from": told.first,
        "to": told.last,
        "asked_to": told.asked,
        "version": told.version if told.known_on is None else None,
        "known_on": told.known_on,
        "is_compared": told.is_compared,
        "parameters": [row | {"is_unverified": row["confidence"] in UNVERIFIED} for row in told.parameters],
        "figures": [_figure_document(figure) for figure in told.figures],
    }


def _figure_document(figure: Figure) -> dict[str, Any]:
    told = asdict(figure) | {"has_data": figure.has_data}
    if figure.by_steps is not None and figure.by_steps.bound is not None:
        told["by_steps"]["bound"]["upper"] = figure.by_steps.bound.upper
    return told
