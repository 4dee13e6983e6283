"""``heng kpi``: the indicators of vehicle monitoring over a period, for the city or as a league of its units."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import LANGUAGES, Lang, month_of, one_of
from etl.errors import HengError
from etl.report_card import period
from warehouse.kpi import KPIS, LEVELS, MONITORED, Kpi, kpis, thresholds
from warehouse.metrics import Source, percent
from warehouse.parameters import UNVERIFIED

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.dossier import Source as Served

_WORDS = {
    "zh": {
        "title": "车辆动态监控指标 {first} 至 {last}，{source}", "kpi": "指标", "value": "数值", "of": "分子",
        "by": "分母", "known": "可信度", "rank": "名次", "unit": "单位", "nobody": "登记未载明", "no_data": "无数据",
        "unverified": "未核实", "none": "这一时段没有终端报文，由报文计算的指标无数据。",
        "monitored": "车辆范围：两客一危（班线、包车、旅游客车和危险货物运输车）；含公交车、出租车用 --all-classes。",
        "every": "车辆范围：全部登记车辆，含公交车和出租车。",
    },
    "en": {
        "title": "Indicators of vehicle monitoring {first} to {last}, {source}", "kpi": "indicator",
        "value": "value", "of": "numerator", "by": "denominator", "known": "known from", "rank": "rank",
        "unit": "unit", "nobody": "not told by the register", "no_data": "no data", "unverified": "unverified",
        "none": "No captures lie in this period, so the indicators made of them have no data.",
        "monitored": "Vehicles: line, charter and tourist coaches and dangerous goods (两客一危); --all-classes adds "
        "buses and taxis.",
        "every": "Vehicles: every class of the register, buses and taxis included.",
    },
}  # fmt: skip
_NAMES = {
    "county": "select county_code, name_{lang} as name from seeds.county",
    "enterprise": "select uscc, max(enterprise_name) as name from staging.enterprise group by uscc",
}


@dataclass(frozen=True)
class Asked:
    """What was asked, and ``source``, of which version or night in words; ``classes`` None: vehicles of every class."""

    first: date
    last: date
    source: str
    lang: str
    classes: tuple[str, ...] | None

    def words(self, name: str) -> str:
        return _WORDS[self.lang][name].format(**vars(self))


def kpi_command(
    month: Annotated[str | None, typer.Option("--month", help="A month, YYYY-MM.")] = None,
    day_from: Annotated[str | None, typer.Option("--from", help="First day, instead of a month.")] = None,
    day_to: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    level: Annotated[str, typer.Option("--level", help=f"{', '.join(LEVELS)}.")] = "city",
    kpi: Annotated[str | None, typer.Option("--kpi", help="One indicator, as a league of the level's units.")] = None,
    all_classes: Annotated[bool, typer.Option("--all-classes", help="Buses and taxis too, not only 两客一危.")] = False,
    known: known_on.KnownOn = None,
    lang: Lang = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Indicators of vehicle monitoring (入网率, 上线率, 轨迹完整率 …): numerator, denominator and thresholds."""
    one_of("language", lang, LANGUAGES)
    one_of("level", level, tuple(LEVELS))
    one_of("indicator", kpi, tuple(KPIS))
    if kpi is None and level != "city" and not as_json:
        raise HengError(f"A league is of one indicator: --kpi with one of {', '.join(KPIS)}.")
    from warehouse import connection
    from warehouse.known_answers import monitoring_known_on

    if month and (day_from or day_to):
        raise HengError("Say one period: --month 2026-11, or --from 2026-11-01 --to 2026-11-30.")
    first, last = month_of(month) if month else period(None, day_from, day_to)
    if first > last:
        raise HengError(f"The period ends on {last}, before it begins on {first}. Exchange --from and --to.")
    connection.snapshot()  # without a version nothing is asked of a night either
    with known_on.asked(known, monitoring_known_on) as source:
        told = known_on.words(**known_on.told(source), lang=lang)
        asked = Asked(first, last, told, lang, None if all_classes else MONITORED)
        _tell(source, asked, kpi, level, as_json)


def _tell(source: Served, asked: Asked, kpi: str | None, level: str, as_json: bool) -> None:
    found = kpis(source, asked.first, asked.last, level, asked.classes)
    found = found if kpi is None else found[found["kpi"] == kpi]
    used = [one for one in KPIS.values() if kpi in (None, one.name)]
    limits = _limits(source, asked, used)
    if as_json:
        head = {
            "first": asked.first, "last": asked.last, "level": level, **known_on.told(source),
            "classes": asked.classes or "all",
        }  # fmt: skip
        rows = [{name: None if value != value else value for name, value in row.items()} for row in _records(found)]
        sys.stdout.write(
            json.dumps({**head, "kpis": rows, "thresholds": limits}, ensure_ascii=False, indent=2, default=str) + "\n"
        )
        return
    console = Console() if sys.stdout.isatty() else Console(width=200)
    if kpi is None:
        console.print(_city(found, asked))
    else:
        console.print(_league(found, KPIS[kpi], level, _names(source, level, asked.lang), asked))
    for line in _notes(used, limits, found, asked):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _limits(source: Source, asked: Asked, used: list[Kpi]) -> list[dict[str, Any]]:
    """Thresholds of these indicators in force on the last day, each with the class it holds for (those asked for only)
    and how well it is known."""
    wanted = {name for one in used for name in one.parameters}
    rows = [
        {name: None if value != value else value for name, value in row.items()}
        for row in _records(thresholds(source, asked.last))
    ]
    of_classes = None if asked.classes is None else {None, *asked.classes}
    return [
        row
        for row in rows
        if row["parameter"] in wanted and (of_classes is None or row["monitored_class"] in of_classes)
    ]


def _names(source: Source, level: str, lang: str) -> dict[tuple[Any, ...], str]:
    if level not in _NAMES:
        return {}
    frame = source.read(_NAMES[level].format(lang=lang))
    return {(code,): name for code, name in frame.itertuples(index=False, name=None)}


def shown(kpi: Kpi, value: float | None, lang: str) -> str:
    """A value with its unit; a share in per cent."""
    if value is None or value != value:
        return _WORDS[lang]["no_data"]
    unit = kpi.unit_zh if lang == "zh" else kpi.unit_en
    return f"{value:,.2f} {unit}" if unit else f"{percent(value)} %"


def _count(value: float | None) -> str:
    return "" if value is None or value != value else f"{int(value):,}"


def _marked(kpi: Kpi, asked: Asked) -> str:
    return f"[{kpi.confidence}] {asked.words('unverified')}" if kpi.confidence in UNVERIFIED else f"[{kpi.confidence}]"


def _city(found: pd.DataFrame, asked: Asked) -> Table:
    table = Table(title=asked.words("title"), title_justify="left")
    for name in ("kpi", "value", "of", "by", "known"):
        table.add_column(asked.words(name), justify="right" if name in ("value", "of", "by") else "left")
    for row in _records(found):
        kpi = KPIS[row["kpi"]]
        table.add_row(
            Text(f"{kpi.zh} {kpi.name}" if asked.lang == "zh" else f"{kpi.en} ({kpi.name})"),
            shown(kpi, row["value"], asked.lang), _count(row["numerator"]), _count(row["denominator"]),
            Text(_marked(kpi, asked)),
        )  # fmt: skip
    return table


def _league(found: pd.DataFrame, kpi: Kpi, level: str, names: dict[tuple[Any, ...], str], asked: Asked) -> Table:
    """Units from the best to the worst; equal values share a rank. Without a value there is none, nor is there one for
    the vehicles of which the register names no unit."""
    title = f"{asked.words('title')}: {kpi.zh if asked.lang == 'zh' else kpi.en} {_marked(kpi, asked)}"
    table = Table(title=Text(title), title_justify="left")
    for name in ("rank", "unit", "value", "of", "by"):
        table.add_column(asked.words(name), justify="left" if name == "unit" else "right", overflow="fold")
    unit = LEVELS[level]
    rows = [(tuple(row[name] for name in unit), row) for row in _records(found)]
    ranked = [
        row for row in rows if None not in row[0] and row[1]["value"] is not None and row[1]["value"] == row[1]["value"]
    ]
    ranked.sort(key=lambda row: (-row[1]["value"] if kpi.good == "up" else row[1]["value"], str(row[0])))
    values = [row[1]["value"] for row in ranked]
    for key, row in [*ranked, *(row for row in rows if row not in ranked)]:
        is_ranked = None not in key and row["value"] in values
        rank = str(values.index(row["value"]) + 1) if is_ranked else "–"
        name = " ".join(filter(None, (names.get(key, ""), *(str(part) for part in key if part is not None))))
        name = name if name or not key else asked.words("nobody")
        value = shown(kpi, row["value"], asked.lang)
        table.add_row(rank, Text(name), value, _count(row["numerator"]), _count(row["denominator"]))
    return table


def _notes(used: list[Kpi], limits: list[dict[str, Any]], found: pd.DataFrame, asked: Asked) -> list[str]:
    """Formulas and thresholds, with what is not verified."""
    of_captures = {kpi.name for kpi in used if kpi.table == "mart.vehicle_day"}
    is_told = any(row["denominator"] for row in _records(found) if row["kpi"] in of_captures)
    lines = [asked.words("none")] if of_captures and not is_told else []
    lines.append(asked.words("monitored" if asked.classes else "every"))
    for kpi in used:
        lines.append(f"{kpi.zh}：{kpi.formula_zh}" if asked.lang == "zh" else f"{kpi.en}: {kpi.formula_en}")
    for row in limits:
        of_class = f" ({row['monitored_class']})" if row["monitored_class"] else ""
        doubt = f" · {asked.words('unverified')}" if row["confidence"] in UNVERIFIED else ""
        lines.append(
            f"{row['parameter']}{of_class} = {row['parameter_value']:g} {row['unit'] or ''}: {row[asked.lang]}; "
            f"{row[f'citation_{asked.lang}']} [{row['confidence']}]{doubt}"
        )
    return lines
