"""``heng sources``: which firm loaded the vehicles over the limit, by its own scale and by those on the road."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import (
    LANGUAGES,
    County,
    Lang,
    before,
    county_names,
    day_of,
    day_or_last,
    known_county,
    one_of,
)
from etl.errors import HengError
from etl.output import FORMATS, say, write_csv, write_json
from etl.parameter_lines import parameter_lines
from warehouse.hazard_terms import word
from warehouse.metrics import percent
from warehouse.repeat import months_later
from warehouse.source_terms import LINKS, STANDINGS, TRACES
from warehouse.spreadsheet import safe

if TYPE_CHECKING:
    from warehouse.dossier import Source
    from warehouse.sources import Firm, Told, Trip

_WORDS = {
    "zh": {
        "title": "源头单位 {first} 至 {last}，{source}", "firm_no": "编号", "firm": "名称", "county": "县区",
        "trips": "趟次", "own": "出场即超限", "rate": "途中超限", "interval": "区间", "standing": "与总体相比",
        "links": "缺少的联网", "traces": "超限过车 {total} 条，能对应到磅单的 {traced} 条：",
        "trips_of": "{firm} 超限的趟次 {count} 条：",
        "how": "出场即超限：磅单毛重高于该轴数的最高限值。途中超限：又过检测点、能认定且无通行证覆盖的趟次。"
        "磅单说明在哪里装载，不说明由谁负责。",
    },
    "en": {
        "title": "Loading firms from {first} to {last}, {source}", "firm_no": "number", "firm": "name",
        "county": "county", "trips": "trips", "own": "over when it left", "rate": "over on the road",
        "interval": "interval", "standing": "against all", "links": "links missing",
        "traces": "{total} passages over the limit, of which {traced} come to a ticket:",
        "trips_of": "{firm}, trips over the limit: {count}",
        "how": "Over when it left: the ticket is above the highest limit for its axles. Over on the road: of the trips "
        "a scale weighed again and could judge, those no permit covers. A ticket says where a vehicle was loaded, not "
        "who is to answer for it.",
    },
}  # fmt: skip
HEADS = (
    "firm_no", "firm_name", "firm_kind", "county_code", "uscc", "annual_tonnage_t", "is_bound", "links_missing",
    "trips", "vehicles", "own_known", "own_over", "seen", "judged", "over", "other_mass", "excess_kg", "low", "high",
    "standing",
)  # fmt: skip
"""Columns of a firm in files."""


def sources_command(
    first: Annotated[str | None, typer.Option("--from", help="First day; default: a month up to the last.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; default: the last with data.")] = None,
    county: County = None,
    firm: Annotated[str | None, typer.Option("--firm", help="Number of a firm: its trips over the limit.")] = None,
    known: known_on.KnownOn = None,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    lang: Lang = "en",
) -> None:
    """Which firm loaded the vehicles that were over the limit, and which firms lack the links they must have."""
    one_of("language", lang, LANGUAGES)
    one_of("format", form, FORMATS)
    from warehouse import connection, sources
    from warehouse.known_answers import sources_known_on

    served = connection.snapshot()
    if not sources.is_built(served):
        raise before("loading firms were told")
    known_county(served, county)
    until = day_or_last(served, day_of(last, "--to") if last else None)
    since = day_of(first, "--from") if first else months_later(until + timedelta(days=1), -1)
    asked = sources.Asked(since, until, county)
    with known_on.asked(known, partial(_known, sources_known_on, asked)) as source:
        told = sources.told(source, asked)
        if firm is not None and firm not in {one.firm_no for one in told.firms}:
            raise HengError(f"No loading firm {firm!r} has a trip or is registered then: 'heng sources' lists them.")
        trips = None if firm is None else sources.trips(source, asked, firm)
        if form == "json":
            write_json({
                "first": asked.first, "last": asked.last, "county": county, "firm": firm, **known_on.told(source),
                "parameters": [asdict(one) for one in told.parameters.values()], "all": asdict(told.every),
                "trips_that_tell_as_one": told.effect, "traces": told.traces,
                "firms": [firm_row(one) for one in told.firms],
                **({} if trips is None else {"trips": [one._asdict() for one in trips]}),
            })  # fmt: skip
        elif form == "csv":
            _write(source, told, trips)
        else:
            _print(source, county_names(served, lang), told, firm, trips, lang)


def _known(opened: Any, asked: Any, night: date) -> Any:
    return opened(night, asked.first, asked.last)


def firm_row(one: Firm) -> dict[str, Any]:
    """A firm as one flat row, under ``HEADS``."""
    flat = {**one._asdict(), **asdict(one.told)}
    flat["links_missing"] = None if one.links_missing is None else ",".join(one.links_missing)
    return {name: flat[name] for name in HEADS}


def _write(source: Source, told: Told, trips: list[Trip] | None) -> None:
    from warehouse.sources import Trip

    by = known_on.column(source)
    rows = [firm_row(one) for one in told.firms] if trips is None else [one._asdict() for one in trips]
    cells = [[safe(cell) if isinstance(cell, str) else cell for cell in row.values()] + [*by.values()] for row in rows]
    write_csv([*(HEADS if trips is None else Trip._fields), *by], cells)


def _share(value: float | None) -> str:
    return "" if value is None else f"{percent(value)} %"


def _print(
    source: Source, counties: dict[str, str], told: Told, firm: str | None, trips: list[Trip] | None, lang: str
) -> None:
    from etl.deliveries import shown

    words = _WORDS[lang]
    of = known_on.words(**known_on.told(source), lang=lang)
    table = Table()
    for name in ("firm_no", "firm", "county", "trips", "own", "rate", "interval", "standing", "links"):
        table.add_column(words[name], overflow="fold", justify="right" if name in ("trips", "own", "rate") else "left")
    for one in told.firms:
        own = one.told
        cells = (
            one.firm_no, one.firm_name or "", counties.get(one.county_code or "", one.county_code or ""),
            f"{own.trips:,}", f"{own.own_over:,} / {own.own_known:,}", f"{own.over:,} / {own.judged:,}",
            "" if one.low is None else f"{_share(one.low)} – {_share(one.high)}", word(STANDINGS, one.standing, lang),
            ", ".join(word(LINKS, name, lang) for name in one.links_missing or ()) if one.is_bound else "",
        )  # fmt: skip
        table.add_row(*(Text(shown(cell)) for cell in cells))
    say(words["title"].format(first=told.asked.first, last=told.asked.last, source=of), table)
    say(words["traces"].format(total=f"{sum(told.traces.values()):,}", traced=f"{told.traced:,}"))
    for name, count in told.traces.items():
        if count:
            say(f"  {count:>9,}  {word(TRACES, name, lang)}")
    if trips is not None:
        say(words["trips_of"].format(firm=firm, count=f"{len(trips):,}"))
        for trip in trips:
            road = ""
            if trip.record_id is not None:
                road = f"  {trip.passed_at}  {trip.site_code}  {trip.gross_vehicle_weight_kg or 0:,} kg  {trip.grade}"
            say(shown(f"  {trip.left_at}  {trip.ticket_no}  {trip.plate_no}  {trip.loaded_mass_kg or 0:,} kg{road}"))
    say(words["how"], *parameter_lines(told.parameters.values(), lang))
