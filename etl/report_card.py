"""``heng report-card``: every figure the bureau publishes (``warehouse.report_card``), in words."""

import json
import sys
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import LANGUAGES, Lang, day_of, one_of
from etl.errors import HengError
from warehouse.metrics import percent
from warehouse.parameters import UNVERIFIED
from warehouse.report_card import BySteps, Card, Figure, document, report_card

# --- in words ------------------------------------------------------------------------------------
_WORDS = {
    "en": {
        "title": "Report card {first} to {last}, {source}", "figure": "figure", "value": "value",
        "unit": "unit", "rows": "from rows", "days": "days", "issue": "last issue", "published": "published",
        "holds": "holds", "no_data": "no data", True: "yes", False: "no", "all": "all", "none": "none left",
        "at_least": "≥ {}", "exact": "{}", "of": "{} of {} ({})", "left": "{} of {}",
        "cut": "The period is not over: figures are those up to {last}.",
        "reference": "Published values are those of the source report, a reference only; an invented prefecture of "
        "another scale than city has its share of them.",
        "unverified": "unverified", "parameter": "{meaning}; {cited}",
        "from": "From {feeds}: {rows} rows, {days}", "districts": "Districts: {}",
        "fines": "Penalty money is for audit and budget; no unit is ranked by it (行政处罚法 art. 74).",
        "by_steps": "by accepted steps", "bound": "false closures ≤ {upper} % ({false} of {checked} checked by lot)",
        "unchecked": "no closure was checked by lot",
        "hazards": "Figures of hazards are what the counties report; the line below each is what accepted steps bear "
        "out, with how many of its closures may be false: heng hazards rate, heng hazards bound.",
    },
    "zh": {
        "title": "成绩单 {first} 至 {last}，{source}",
        "figure": "指标", "value": "数值", "unit": "单位",
        "rows": "依据行数", "days": "日期", "issue": "最新签发", "published": "公布值", "holds": "符合",
        "no_data": "无数据", True: "是", False: "否", "all": "全部", "none": "清零", "at_least": "≥ {}",
        "exact": "{}", "of": "{} / {}（{}）", "left": "{} / {}",
        "cut": "期间尚未结束：数值截至 {last}。",
        "reference": "公布值出自来源报告，仅供参照；非 city 规模的虚拟地市按比例生成。", "unverified": "未核实",
        "parameter": "{meaning}；{cited}", "from": "依据 {feeds}：{rows} 行，{days}", "districts": "县区：{}",
        "fines": "处罚金额仅供审计和预算，不用于考核任何单位（行政处罚法第七十四条）。",
        "by_steps": "按采纳的环节", "bound": "虚假销号 ≤ {upper} %（随机复核 {checked} 项，未消除 {false} 项）",
        "unchecked": "没有随机复核",
        "hazards": "隐患各项为县市区报送数；其下一行为采纳的环节所证实的数，并列虚假销号上限："
        "见 heng hazards rate、heng hazards bound。",
    },
}  # fmt: skip


def number(value: int | float) -> str:
    """With thousands separators, decimals only where there are any."""
    return f"{value:,}"


def shown_value(figure: Figure, lang: str) -> str:
    """The value in words: with what it is taken from where the claim is about all or none of it."""
    words = _WORDS[lang]
    if figure.value is None:
        return words["no_data"]
    if figure.relation == "all" and figure.of:
        return _share(figure.value, figure.of, lang)
    if figure.relation == "none" and figure.of is not None:
        return words["left"].format(number(figure.value), number(figure.of))
    return number(figure.value)


def _share(value: int | float, of: int | float, lang: str) -> str:
    share = int(value * 1000 // of) / 10  # rounded down: 99.99 % is not all
    return str(_WORDS[lang]["of"]).format(number(value), number(of), f"{share:g} %")


def shown_by_steps(told: BySteps, lang: str) -> tuple[str, str]:
    """What the number by accepted steps is, with how many closures may be false, and the number."""
    words, bound = _WORDS[lang], told.bound
    if bound is None or told.of is None:
        return words["by_steps"], number(told.value)
    doubt = words["unchecked"]
    if bound.checked:
        doubt = words["bound"].format(upper=percent(bound.upper), false=bound.false, checked=bound.checked)
    comma = "，" if lang == "zh" else ", "
    return f"{words['by_steps']}{comma}{doubt}", _share(told.value, told.of, lang)


def table_of(told: Card, lang: str) -> Table:
    """The card as a table, in ``zh`` or ``en``."""
    words = _WORDS[lang]
    source = known_on.words(told.version, told.known_on, lang)
    title = words["title"].format(first=told.first, last=told.last, source=source)
    table = Table(title=title, title_justify="left")
    left = ("", words["figure"], words["value"], words["unit"])
    compared = (words["published"],) if told.is_compared else ()
    for name in (*left, *compared, words["holds"], words["rows"], words["days"], words["issue"]):
        right = name in (words["value"], words["rows"], words["published"])
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for figure in told.figures:
        days = f"{figure.first_day} – {figure.last_day}" if figure.period_kind == "flow" else str(told.last)
        table.add_row(
            figure.figure_id,
            figure.label_zh if lang == "zh" else figure.label_en,
            shown_value(figure, lang),
            figure.unit_zh if lang == "zh" else figure.unit_en,
            *((_claim(figure, lang),) if told.is_compared else ()),
            Text(words[figure.holds] if figure.holds is not None else "", "red" if figure.holds is False else ""),
            number(figure.rows) if figure.rows else "",
            days if figure.rows else "",
            str(figure.last_issue or ""),
        )
        if figure.by_steps is not None:
            name, value = shown_by_steps(figure.by_steps, lang)
            table.add_row("", Text(f"  {name}", "dim"), Text(value, "dim"))
    return table


def notes_of(told: Card, lang: str) -> list[str]:
    """What has to be said beside the table: the cut period, the use of fines, parameters with their confidence."""
    words = _WORDS[lang]
    lines = [words["cut"].format(last=told.last)] if told.last < told.asked else []
    lines += [words["reference"]] if told.is_compared else []
    lines += [words["hazards"]] if any(figure.by_steps is not None for figure in told.figures) else []
    lines.append(words["fines"])
    for row in told.parameters:
        used = ", ".join(figure.figure_id for figure in told.figures if row["parameter"] in figure.parameters)
        lines.append(_parameter(row, f" ({used})", lang))
    return lines


def _parameter(row: dict[str, Any], used: str, lang: str) -> str:
    words = _WORDS[lang]
    unit = f" {row['unit']}" if row["unit"] else ""
    doubt = f" · {words['unverified']}" if row["confidence"] in UNVERIFIED else ""
    told = words["parameter"].format(meaning=row[lang], cited=row[f"citation_{lang}"])
    value = row["parameter_text"] or f"{row['parameter_value']:g}"
    return f"{row['parameter']} = {value}{unit}{used}: {told} [{row['confidence']}]{doubt}"


def details_of(told: Card, figure_id: str, lang: str) -> list[str]:
    """One figure: its value, how it is computed, from what, with which parameters, and where it was published.

    Raises ``HengError`` for a figure that the card does not have.
    """
    words = _WORDS[lang]
    figure = only(told, figure_id).figures[0]
    seed = vars(figure)
    days = f"{figure.first_day} – {figure.last_day}" if figure.rows else words["no_data"]
    lines = [
        f"{figure.figure_id} {seed[f'label_{lang}']}: {shown_value(figure, lang)} {seed[f'unit_{lang}']}"
        f" · {told.first} – {told.last}",
        seed[f"definition_{lang}"],
        words["from"].format(feeds=", ".join(figure.source_feeds), rows=number(figure.rows), days=days),
    ]
    if figure.by_steps is not None:
        lines.append((": " if lang == "en" else "：").join(shown_by_steps(figure.by_steps, lang)))
    lines += [words["districts"].format(", ".join(figure.county_codes))] if figure.county_codes else []
    lines += [_parameter(row, "", lang) for row in told.parameters if row["parameter"] in figure.parameters]
    if told.is_compared:
        held = words["no_data"] if figure.holds is None else words[figure.holds]
        claim = f"{_claim(figure, lang)} ({seed[f'citation_{lang}']} [{figure.confidence}])"
        lines.append(f"{words['published']}: {claim} · {words['holds']}: {held}")
    return lines


def only(told: Card, figure_id: str) -> Card:
    """The card with one of its figures. Raises ``HengError`` for a figure that it does not have."""
    found = [figure for figure in told.figures if figure.figure_id.lower() == figure_id.lower()]
    if not found:
        known = ", ".join(figure.figure_id for figure in told.figures)
        raise HengError(f"The card has no figure {figure_id!r}. It has {known}.")
    return replace(told, figures=found)


def _claim(figure: Figure, lang: str) -> str:
    return str(_WORDS[lang][figure.relation]).format(number(figure.published) if figure.published is not None else "")


# --- on the command line -------------------------------------------------------------------------
def period(year: int | None, day_from: str | None, day_to: str | None) -> tuple[date, date]:
    """First and last day asked for. Raises ``HengError`` unless it is a year, or two days."""
    if (year is None) == (day_from is None and day_to is None):
        raise HengError("Say the period: --year 2025, or --from 2025-01-01 --to 2025-12-31.")
    if year is not None:
        if not 1900 <= year <= 9998:
            raise HengError(f"{year} is not a year. Write it with four digits.")
        return date(year, 1, 1), date(year, 12, 31)
    if not (day_from and day_to):
        raise HengError("A period has two ends: --from YYYY-MM-DD --to YYYY-MM-DD.")
    return day_of(day_from), day_of(day_to)


def report_card_command(
    year: Annotated[int | None, typer.Option("--year", help="A calendar year.")] = None,
    day_from: Annotated[str | None, typer.Option("--from", help="First day, instead of a year.")] = None,
    day_to: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    compare: Annotated[
        bool | None,
        typer.Option(
            "--compare/--no-compare",
            help="Show the source report's published values; default: only on invented data.",
        ),
    ] = None,
    figure: Annotated[str | None, typer.Option("--figure", help="One figure: how it is computed, from what.")] = None,
    known: known_on.KnownOn = None,
    lang: Lang = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """The bureau's report card: every published figure, computed from what was delivered."""
    one_of("language", lang, LANGUAGES)
    told = report_card(*period(year, day_from, day_to), compare, day_of(known, "--known-on") if known else None)
    if as_json:
        chosen = told if figure is None else only(told, figure)
        sys.stdout.write(json.dumps(document(chosen), ensure_ascii=False, indent=2, default=str) + "\n")
        return
    console = Console() if sys.stdout.isatty() else Console(width=220)
    if figure is None:
        console.print(table_of(told, lang))
    for line in notes_of(told, lang) if figure is None else details_of(told, figure, lang):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
