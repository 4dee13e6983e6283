"""``heng findings``: what became of each passage over the limit in a period: a case, or the reason why not. Of passages
beyond a dimension (``etl.dimensions``): by which limit, and whether a permit allows it."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import LANGUAGES, County, Lang, day_of, day_or_last, known_county, known_site, need, one_of
from etl.errors import HengError
from etl.report_card import period
from warehouse.dimensions import STANDINGS, TABLES
from warehouse.dimensions import Asked as Dimensions
from warehouse.fates import (
    BY,
    FATES,
    FILED,
    WORDS,
    Asked,
    all_rows,
    counts,
    detail_words,
    rows,
    thresholds,
)
from warehouse.parameters import UNVERIFIED
from warehouse.plate import masked_sql

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.dossier import Source

FORMATS = ("table", "csv", "json")
KINDS = ("mass", "dimension")
MASKED = masked_sql("plate_no")
SHOWN_ROWS = 200
"""Rows of a table on a terminal; files hold all."""
_WORDS = {
    "zh": {
        "title": "超限过车去向 {first} 至 {last}，截至 {as_of}，{source}", "fate": "去向", "fate_detail": "细目",
        "finding_count": "台次", "confirmed_count": "其中审核确认", "void_count": "其中审核作废", "share": "占比",
        "county_code": "县区", "site_code": "站点", "passed_month": "月份", "total": "合计", "unverified": "未核实",
        "filed": "立案（含现场决定、不含失效）{filed} 台次，占 {share}",
        "order": "每条超限过车只归入一种去向，按上表顺序取最先符合的一种，合计等于超限过车数。",
        "more": "仅显示前 {shown} 行；全部用 --format csv。",
        "until": "{until} 之后的过车截至当日尚不可知，未列入。",
    },
    "en": {
        "title": "Passages over the limit {first} to {last}, as of {as_of}, {source}", "fate": "fate",
        "fate_detail": "detail", "finding_count": "passages", "confirmed_count": "of these confirmed",
        "void_count": "of these void", "share": "share", "county_code": "county", "site_code": "site",
        "passed_month": "month", "total": "total", "unverified": "unverified",
        "filed": "became a case (decisions on the spot included, ended ones not): {filed}, {share}",
        "order": "Each passage has one fate, the first that holds in this order; together they are all passages over "
        "the limit.",
        "more": "The first {shown} rows; --format csv writes all.",
        "until": "Passages after {until} were not known by the day and are not in it.",
    },
}  # fmt: skip


def findings_command(
    day_from: Annotated[str | None, typer.Option("--from", help="First day, YYYY-MM-DD.")] = None,
    day_to: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    county: County = None,
    site: Annotated[str | None, typer.Option("--site", help="Site code.")] = None,
    by: Annotated[str, typer.Option("--by", help=f"{', '.join(BY)}.")] = "reason",
    as_rows: Annotated[bool, typer.Option("--rows", help="One row a passage instead of counts.")] = False,
    fate: Annotated[
        str | None,
        typer.Option("--fate", help=f"Rows of one fate only, with --rows; of dimensions {', '.join(STANDINGS)}."),
    ] = None,
    kind: Annotated[
        str,
        typer.Option("--kind", help="mass: over the weight limit; dimension: longer, wider or higher than allowed."),
    ] = "mass",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="What was known by the end of this day; default: the last night.")
    ] = None,
    known: known_on.KnownOn = None,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    lang: Lang = "en",
) -> None:
    """What became of each passage over the limit: a case, or exactly one reason why not."""
    one_of("language", lang, LANGUAGES)
    one_of("format", form, FORMATS)
    one_of("kind of finding", kind, KINDS)
    if by not in BY:
        raise HengError(f"Findings are not grouped by {by!r}. Choose one of {', '.join(BY)}.")
    if as_rows and by != "reason":
        raise HengError("--by groups counts: leave it out, or --rows.")
    if fate is not None and not as_rows:
        raise HengError("--fate chooses rows: add --rows.")
    if not (day_from and day_to):
        raise HengError("Say the period: --from YYYY-MM-DD --to YYYY-MM-DD.")
    from warehouse import connection
    from warehouse.known_answers import dimensions_known_on, findings_known_on

    first, last = period(None, day_from, day_to)
    served, day = connection.snapshot(), day_of(as_of) if as_of else None
    if kind == "dimension":
        from etl import dimensions

        asked_of = Dimensions(first, last, known_on.latest(day, known), county, site, fate)
        need(served, TABLES, "dimensions were told")
        known_county(served, county)
        known_site(served, site)
        with known_on.asked(known, lambda night: dimensions_known_on(night, first, last)) as source:
            dimensions.tell(source, replace(asked_of, as_of=day_or_last(source, day)), by, as_rows, form, lang)
        return
    asked = Asked(first, last, known_on.latest(day, known), county, site, fate)
    known_county(served, county)
    known_site(served, site)
    with known_on.asked(known, lambda night: findings_known_on(night, first, last)) as source:
        asked = replace(asked, as_of=day_or_last(source, day))
        if form == "table":
            # One more than are shown, to know whether there are more.
            told = rows(source, asked, SHOWN_ROWS + 1, MASKED) if as_rows else counts(source, asked, by)
            _print(source, told, asked, as_rows, lang)
            return
        parts = all_rows(source, asked, MASKED) if as_rows else iter([counts(source, asked, by)])
        if form == "csv":
            write_csv(parts, source)
        else:
            head = {
                "first": asked.first, "last": asked.until, "as_of": asked.as_of, "county": asked.county,
                "site": asked.site, "fate": asked.fate, "by": None if as_rows else by, **known_on.told(source),
                "fates": list(FATES), "thresholds": plain(thresholds(source, asked)),
            }  # fmt: skip
            write_json(head, "rows" if as_rows else "counts", parts)


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with None where nothing is told, days and instants as ISO texts."""
    found = []
    for row in frame.astype(object).where(frame.notna(), None).to_dict("records"):
        found.append({str(name): _iso(value) for name, value in row.items()})
    return found


def _iso(value: Any) -> Any:
    if not hasattr(value, "isoformat"):
        return value
    text = str(value.isoformat(" ")) if hasattr(value, "hour") else str(value.isoformat())
    return text.removesuffix(" 00:00:00")


def write_csv(parts: Iterator[pd.DataFrame], source: Source) -> None:
    """All parts under one heading, each written before the next is read. What was known on a night says so by row."""
    by = known_on.column(source)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for number, part in enumerate(parts):
        if number == 0:
            writer.writerow([*part.columns, *by])
        for row in plain(part):
            writer.writerow(["" if value is None else value for value in (*row.values(), *by.values())])


def write_json(head: dict[str, Any], name: str, parts: Iterator[pd.DataFrame]) -> None:
    """The document with its rows last under ``name``, each part written before the next is read."""
    opened = json.dumps(head, ensure_ascii=False, indent=2, default=str).removesuffix("\n}")
    sys.stdout.write(f'{opened},\n  "{name}": [')
    separator = "\n    "
    for part in parts:
        for row in plain(part):
            sys.stdout.write(separator + json.dumps(row, ensure_ascii=False, default=str))
            separator = ",\n    "
    sys.stdout.write("\n  ]\n}\n")


def _print(source: Source, told: pd.DataFrame, asked: Asked, as_rows: bool, lang: str) -> None:
    words = _WORDS[lang]
    console = Console() if sys.stdout.isatty() else Console(width=200)
    of = known_on.words(**known_on.told(source), lang=lang)
    title = words["title"].format(first=asked.first, last=asked.until, as_of=asked.as_of, source=of)
    table = Table(title=title, title_justify="left")
    details = {code: both[lang == "en"] for code, both in detail_words(source).items()}
    total = len(told) if as_rows else int(told["finding_count"].sum())
    shown = plain(told.head(SHOWN_ROWS) if as_rows else told)
    for row in shown:
        row["fate"] = WORDS[row["fate"]][lang == "en"]
        if row.get("fate_detail"):
            code = row["fate_detail"]
            row["fate_detail"] = f"{details.get(code, '')} {code if code.isupper() else ''}".strip()
        if not as_rows:
            row["share"] = f"{row['finding_count'] / total * 100:.2f} %"
    columns = list(told.columns) if as_rows else [*told.columns, "share"]
    counted = ("finding_count", "confirmed_count", "void_count", "share")
    for name in columns:
        table.add_column(words.get(name, name), justify="right" if name in counted else "left", overflow="fold")
    for row in shown:
        table.add_row(*[Text(cell(row[name])) for name in columns])
    console.print(table)
    lines = []
    if asked.until < asked.last:
        lines.append(words["until"].format(until=asked.until))
    if as_rows and len(told) > SHOWN_ROWS:
        lines.append(words["more"].format(shown=SHOWN_ROWS))
    if not as_rows:
        filed = int(told.loc[told["fate"].isin(FILED), "finding_count"].sum())
        share = f"{filed / total * 100:.2f} %" if total else "–"
        lines += [f"{words['total']} {total:,}; " + words["filed"].format(filed=f"{filed:,}", share=share)]
    lines.append(words["order"])
    for row in plain(thresholds(source, asked)):
        doubt = f" · {words['unverified']}" if row["confidence"] in UNVERIFIED else ""
        lines.append(
            f"{row['parameter']} = {row['parameter_value']:g} {row['unit'] or ''}: {row[lang]}; "
            f"{row[f'citation_{lang}']} [{row['confidence']}]{doubt}"
        )
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}" if isinstance(value, float) else str(value)
