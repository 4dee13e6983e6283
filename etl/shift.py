"""``heng shift``: where and when to stand on a day, which vehicles to look out for, and what the order was worth."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from etl.arguments import LANGUAGES, County, Lang, day_of, known_county, need, one_of
from etl.errors import HengError
from etl.output import say, write_csv, write_json

if TYPE_CHECKING:
    from warehouse.dossier import Source
    from warehouse.shift import Asked, BackTest
    from warehouse.shift_text import Words

FORMATS = ("table", "csv", "json", "xlsx", "html")
HEADS = (
    "on", "as_of", "version", "site_code", "county_code", "first_hour", "until_hour", "expected", "low", "high",
    "found", "days", "state", "is_few", "drifts",
)  # fmt: skip
"""Columns of a block in files: every block of every site, those that have too little data without a number."""
WATCH_HEADS = (
    "plate", "plate_color_code", "reason", "acts", "unpaid", "passages", "last_at", "last_site", "site_code",
    "first_hour", "until_hour", "place_count",
)  # fmt: skip
"""Columns of a vehicle and the place it passed most often."""


def shift_command(
    on: Annotated[str | None, typer.Option("--on", help="Day, YYYY-MM-DD; default: the one after the data.")] = None,
    county: County = None,
    backtest: Annotated[bool, typer.Option("--backtest", help="What the order was worth on past days.")] = False,
    days: Annotated[int | None, typer.Option("--days", help="With --backtest: so many last days.")] = None,
    form: Annotated[
        str, typer.Option("--format", help=f"{', '.join(FORMATS)}; html needs nothing outside itself.")
    ] = "table",
    lang: Lang = "en",
) -> None:
    """Where and when to stand on a day, by expected serious findings, and which vehicles to look out for."""
    one_of("language", lang, LANGUAGES)
    one_of("format", form, FORMATS)
    if days is not None and not backtest:
        raise HengError("--days says how many days to back-test. Add --backtest.")
    if form in ("xlsx", "html") and (sys.stdout.isatty() or backtest):
        raise HengError(
            "A back-test has the formats table, csv, json." if backtest
            else f"A file of {form} is not for a terminal. Write it: heng shift --format {form} > sheet.{form}"
        )  # fmt: skip
    from warehouse import connection, shift, shift_text, watch

    source = connection.snapshot()
    need(source, (*shift.TABLES, *watch.TABLES), "shift sheets were made")
    known_county(source, county)
    asked = shift.asked_on(source, day_of(on, "--on") if on else None, county)
    if backtest:
        _backtest(source, asked, days, form, lang)
        return
    told = document_of(source, asked, None if form in ("csv", "json", "xlsx") else shift_text.MOST_WATCHED)
    if form == "json":
        write_json(told)
    elif form == "csv":
        write_csv(HEADS, block_rows(told))
    elif form == "html":
        from warehouse import shift_file

        sys.stdout.buffer.write(shift_file.html(told, lang))
    elif form == "xlsx":
        sys.stdout.buffer.write(workbook(told, lang))
    else:
        _print(told, lang)


def document_of(source: Source, asked: Asked, most: int | None) -> dict[str, Any]:
    """Sheet, watch list and back-test of a day as plain values."""
    from warehouse import shift, shift_text, watch

    used = shift.parameters(source, asked.as_of)
    listed = watch.watch(source, asked, shift.rule_of(used))
    every = [*used.values(), *watch.parameters(source, listed.question)]
    rows = source.constant("select county_code, name_zh, name_en from seeds.county")
    return shift_text.document(
        shift.sheet(source, asked), listed, shift.backtest(source, asked.as_of, asked.county), every, source.version,
        {row["county_code"]: (row["name_zh"], row["name_en"]) for row in rows}, most,
    )  # fmt: skip


def block_rows(told: dict[str, Any]) -> list[list[Any]]:
    """Every block under ``HEADS``."""
    asked = {name: told[name] for name in HEADS[:3]}
    return [[{**asked, **site, **block}[name] for name in HEADS] for site in told["sites"] for block in site["blocks"]]


def watch_rows(told: dict[str, Any]) -> list[list[Any]]:
    """Every vehicle under ``WATCH_HEADS``."""
    found = []
    for one in told["watch"]["vehicles"]:
        place = one["places"][0] if one["places"] else {}
        flat = {**place, **one, "place_count": place.get("passages")}
        found.append([flat.get(name) for name in WATCH_HEADS])
    return found


def workbook(told: dict[str, Any], lang: str) -> bytes:
    """Blocks, vehicles, and what they are."""
    import io

    import xlsxwriter

    from warehouse import shift_text

    w = shift_text.Words(lang)
    notes = [[line] for line in _lines(told, w)]
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheets = (("sites", HEADS, block_rows(told)), ("watch", WATCH_HEADS, watch_rows(told)), ("parameters", (), notes))
    for name, heads, rows in sheets:
        page = book.add_worksheet(w(name).split("：")[0].split(":")[0][:31])
        for line, row in enumerate([list(heads), *rows] if heads else rows):
            for position, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(line, position, cell)
                elif cell is not None:
                    page.write(line, position, cell)
    book.close()
    return stream.getvalue()


def _lines(told: dict[str, Any], w: Words) -> list[str]:
    """What is said around the tables."""
    from warehouse import shift_text

    same = [] if told["hours_differ"] else [w("hours.same")]
    return [
        shift_text.lead(told, w), *same, shift_text.basis(told, w), shift_text.tested(told, w), w("decides.not"),
        w("watch.reason"), *(shift_text.parameter_line(one, w) for one in told["parameters"]),
    ]  # fmt: skip


def _print(told: dict[str, Any], lang: str) -> None:
    from warehouse import shift_text

    w = shift_text.Words(lang)
    lead, *rest = _lines(told, w)
    sites = {site["site_code"]: site for site in told["sites"]}
    top = Table()
    for name in ("site", "hours", "expected", "interval", "counted", "place", "notes"):
        top.add_column(w(name), justify="right" if name in ("expected", "interval") else "left", overflow="fold")
    for one in told["top"]:
        site = sites[one["site_code"]]
        top.add_row(
            one["site_code"], shift_text.span(one["first_hour"], one["until_hour"]),
            shift_text.number(one["expected"]), f"{one['low']}–{one['high']}",
            w("counted.of", days=one["days"], count=one["found"]), shift_text.place(told, site, w),
            w("list").join(shift_text.doubts(site, w)),
        )  # fmt: skip
    say(lead, *([top] if told["top"] else []))
    for site in told["sites"]:
        if said := shift_text.doubts(site, w):
            say(f"{site['site_code']}  {w('list').join(said)}")
    say(shift_text.watch_line(told, w))
    if told["watch"]["vehicles"]:
        vehicles = Table()
        for name in ("plate", "why", "usual", "last"):
            vehicles.add_column(w(name), overflow="fold")
        for one in told["watch"]["vehicles"]:
            vehicles.add_row(
                one["plate"], shift_text.reasons(one, w), w("list").join(shift_text.usual(one, w)),
                f"{w.moment(one['last_at'])} {one['last_site']}",
            )  # fmt: skip
        say(vehicles)
    say(*rest)


def _backtest(source: Source, asked: Asked, days: int | None, form: str, lang: str) -> None:
    from dataclasses import asdict

    from warehouse import shift

    found: BackTest | None = shift.backtest(source, asked.as_of, asked.county, days)
    parameters = [vars(one) for one in shift.parameters(source, asked.as_of).values()]
    if form == "json":
        write_json({
            "as_of": asked.as_of, "county": asked.county, "version": source.version, "parameters": parameters,
            "backtest": found and {**asdict(found), "tops": [top._asdict() for top in found.tops]},
        })  # fmt: skip
    elif form == "csv":
        write_csv(("size", "model", "uniform", "yesterday"), found.tops if found else [])
    else:
        _print_test(found, lang)


_TEST_WORDS = {
    "zh": {
        "title": "回测 {first} 至 {last}，{days} 天，严重发现 {found} 起。每天只用前一天已知的数据。",
        "none": "回测的日子没有严重发现，或没有可排序的站点。", "size": "前几个时段", "model": "本模型",
        "uniform": "随意选取", "yesterday": "照抄前一日",
        "rest": "可排序且数据完整的时段：预计 {expected} 起，实有 {came} 起；{covered} 落在 {interval} 区间内。",
    },
    "en": {
        "title": "Back-test {first} to {last}: {days} days, {found} serious findings, each day as the day before knew.",
        "none": "No serious finding on these days, or no site that could be ranked.", "size": "first blocks",
        "model": "this model", "uniform": "by lot", "yesterday": "most of the day before",
        "rest": "Blocks that could be ranked and reported: {expected} expected, {came} came; {covered} of them lay in "
        "their {interval} interval.",
    },
}  # fmt: skip


def _print_test(found: BackTest | None, lang: str) -> None:
    from warehouse.shift_text import number, percent

    words = _TEST_WORDS[lang]
    if found is None:
        say(words["none"])
        return
    table = Table()
    for name in ("size", "model", "uniform", "yesterday"):
        table.add_column(words[name], justify="right")
    for top in found.tops:
        table.add_row(str(top.size), *(f"{share:.1%}" for share in top[1:]))
    say(words["title"].format(first=found.first, last=found.last, days=found.days, found=found.found), table)
    say(words["rest"].format(expected=number(found.expected), came=found.came, covered=percent(found.covered),
                             interval=percent(found.interval)))  # fmt: skip
