"""``heng safety-repeat``: enterprises penalised repeatedly under the Work Safety Law while a major hazard exists."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import LANGUAGES, AsOf, Lang, day_of, day_or_last, need, one_of
from etl.parameter_lines import parameter_lines
from warehouse.last_day import last_day
from warehouse.parameters import Parameter
from warehouse.safety_repeat import (
    REASON_WORDS,
    TABLES,
    TIER_WORDS,
    TIERS,
    Judged,
    MajorHazard,
    Standing,
    parameters,
    standings,
)
from warehouse.spreadsheet import safe

FORMATS = ("table", "csv", "json")
_WORDS = {
    "zh": {
        "title": "安全生产多次受罚企业（《安全生产法》第一百一十三条），截至 {as_of}，{source}",
        "uscc": "信用代码", "enterprise": "企业", "tier": "分档", "count_180d": "180日内", "count_1y": "一年内",
        "major": "存在的重大隐患", "met_on": "达到起", "lapses_on": "不再达到次数之日",
        "nothing": "没有符合条件的企业。",
        "counting": "一份决定计一次，按决定日期；决定日为第1日，计180日；一年至次年同日前一日"
        "（计算方法为产品理解，未核实）。",
        "hazard": "重大隐患自登记起至销号止，复发后重新起算；清单未载明企业的隐患不在其内。",
        "facts": "本名单只列事实；是否提请关闭由主管部门依法决定。",
        "counts": "计次", "until": "数据截至 {until}，早于查询日 {as_of}：其后的决定尚未送达。",
    },
    "en": {
        "title": "Repeated work-safety penalties (安全生产法 art. 113) as of {as_of}, {source}",
        "uscc": "credit code", "enterprise": "enterprise", "tier": "tier", "count_180d": "in 180 days",
        "count_1y": "in a year", "major": "major hazards that exist", "met_on": "met since",
        "lapses_on": "no longer reached from", "nothing": "No enterprise answers these conditions.",
        "counting": "One decision is one penalty, on its day; that day is the first of 180; a year ends the day before "
        "its anniversary (how days are counted is our reading, unverified).",
        "hazard": "A major hazard exists from registration until closed, and again when reopened; hazards whose list "
        "names no enterprise are not in it.",
        "facts": "The list states facts; whether to propose a closure is for the authority to decide by law.",
        "counts": "counts",
        "until": "Data end on {until}, before the day asked for, {as_of}: later decisions are not in yet.",
    },
}  # fmt: skip
ENTERPRISE_COLUMNS = (
    "uscc", "enterprise_name", "county_code", "tier", "count_180d", "count_1y", "open_major", "closed_major", "met_on",
    "lapses_on",
)  # fmt: skip
DECISION_COLUMNS = (
    "decision_no", "decided_on", "penalty_kind", "as_reported", "counts", "reason", "is_in_180d", "annulled_on",
    "hazard_no", "leaves_180d_on", "leaves_1y_on", "delivery_id", "source_line",
)  # fmt: skip


def safety_repeat_command(
    as_of: AsOf = None,
    tier: Annotated[str | None, typer.Option("--tier", help=f"Only {', '.join(TIERS)}; default: all.")] = None,
    uscc: Annotated[str | None, typer.Option("--enterprise", help="Credit code of one enterprise.")] = None,
    known: known_on.KnownOn = None,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    lang: Lang = "en",
) -> None:
    """Enterprises with repeated work-safety penalties (安全生产法 art. 113), and the major hazards that exist."""
    for what, given, allowed in (("tier", tier, TIERS), ("format", form, FORMATS), ("language", lang, LANGUAGES)):
        one_of(what, given, allowed)
    from warehouse.known_answers import safety_known_on

    asked = day_of(as_of) if as_of else None
    with known_on.asked(known, safety_known_on) as source:
        need(source, TABLES, "work-safety penalties were told")
        day = day_or_last(source, asked)
        found = [one for one in standings(source, day, uscc) if tier in (None, one.tier)]
        told = parameters(source, day)
        named = known_on.words(source.version, source.manifest.get("known_on"), lang)
        head = {"as_of": day, **known_on.told(source)}
        beside = known_on.column(source)
        until = last_day(source.manifest)
    if form == "json":
        document = head | {
            "parameters": {name: one.value for name, one in told.items()},
            "enterprises": [_document(one) for one in found],
        }
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([*ENTERPRISE_COLUMNS, *DECISION_COLUMNS, *beside])
        for one in found:
            for judged in one.penalties:
                decision = _decision(judged)
                cells = (*_cells(one), *(decision[name] for name in DECISION_COLUMNS), *beside.values())
                writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in cells])
    else:
        _print(found, day, told, named, until, lang)


def _document(one: Standing) -> dict[str, Any]:
    """``asdict`` leaves named tuples lists without names."""
    return asdict(one) | {
        "open_major": [hazard._asdict() for hazard in one.open_major],
        "closed_major": [hazard._asdict() for hazard in one.closed_major],
        "penalties": [_decision(judged) for judged in one.penalties],
    }


def _cells(one: Standing) -> list[Any]:
    told = vars(one) | {"open_major": _numbers(one.open_major), "closed_major": _numbers(one.closed_major)}
    return [told[name] for name in ENTERPRISE_COLUMNS]


def _decision(judged: Judged) -> dict[str, Any]:
    """A decision as JSON and CSV tell it."""
    own = {name: value for name, value in judged._asdict().items() if name != "penalty"}
    return {**judged.penalty._asdict(), "counts": judged.reason is None, **own}


def _numbers(hazards: tuple[MajorHazard, ...]) -> str:
    return " ".join(one.hazard_no for one in hazards)


def _print(
    found: list[Standing], day: date, told: dict[str, Parameter], source: str, until: date | None, lang: str
) -> None:
    words, at = _WORDS[lang], LANGUAGES.index(lang)
    table = Table(title=words["title"].format(as_of=day, source=source))
    for name in ("uscc", "enterprise", "tier"):
        table.add_column(words[name], overflow="fold")
    for name in ("count_180d", "count_1y"):
        table.add_column(words[name], justify="right")
    for name in ("major", "met_on", "lapses_on"):
        table.add_column(words[name], overflow="fold")
    for one in found:
        table.add_row(
            one.uscc, Text(one.enterprise_name or ""), TIER_WORDS[one.tier][at], str(one.count_180d),
            str(one.count_1y), Text(_numbers(one.open_major)), _day(one.met_on), _day(one.lapses_on),
        )  # fmt: skip
        for judged in one.penalties:
            of = judged.penalty
            reason = REASON_WORDS[judged.reason][at] if judged.reason else words["counts"]
            line = f"  {of.decided_on} {of.decision_no} {of.as_reported or ''}"
            table.add_row("", Text(line, style="dim"), Text(reason, style="dim"))
    console = Console(width=None if sys.stdout.isatty() else 160)
    if found:
        console.print(table)
    else:
        console.print(words["nothing"])
    lines = parameter_lines(told.values(), lang)
    if until is not None and until < day:
        lines.append(words["until"].format(until=until, as_of=day))
    for line in (*lines, words["counting"], words["hazard"], words["facts"]):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
