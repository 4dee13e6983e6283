"""``heng compliance``: who meets the standard, is insured and trained, which certificates end, rules on coaches."""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import (
    LANGUAGES,
    AsOf,
    County,
    Lang,
    county_names,
    day_of,
    day_or_last,
    known_county,
    need,
    one_of,
)
from etl.errors import HengError
from etl.parameter_lines import parameter_lines
from warehouse import compliance_terms as terms
from warehouse.compliance import GROUPS, MEASURES, TABLES, Asked, Facts, Item, Part, masked_item, year_before
from warehouse.hazard_terms import word
from warehouse.last_day import last_day
from warehouse.metrics import percent
from warehouse.spreadsheet import safe

if TYPE_CHECKING:
    from warehouse.dossier import Source

FORMATS = ("table", "csv", "json")
SHOWN_ROWS = 200
"""Rows of a table on a terminal; files hold all."""
_WORDS = {
    "zh": {
        "title": "合规情况，截至 {as_of}（期间项 {first} 起），{source}", "topic": "事项",
        "measure": "指标", "group": "分组",
        "part": "符合", "of": "全部", "rate": "比率", "open": "须处理", "figure": "成绩单",
        "state": "状态", "subject_no": "编号", "name": "名称", "kind": "类别", "county_code": "县区",
        "document_no": "证件、保单或线路", "since": "起", "until": "止", "days_left": "剩余天数", "amount": "数值",
        "amount_of": "共", "reading": "核对提示", "renewed_from": "续期自", "all": "全部", "untold": "未载明",
        "no_data": "无数据", "nothing": "没有符合条件的记录。",
        "more": "仅显示前 {shown} 行，共 {all} 行；全部用 --format csv。",
        "until_day": "数据截至 {until}，早于查询日 {as_of}。",
        "down": "长途班线、大型客车和凌晨运行的比率越低越好；其余越高越好。",
        "hindsight": "续期按登记册现有记录列示：查询过去某日时，当时可能尚未登记。",
    },
    "en": {
        "title": "Compliance as of {as_of} (what is of a period: from {first}), {source}", "topic": "topic",
        "measure": "measure", "group": "group", "part": "part", "of": "of", "rate": "rate", "open": "to look at",
        "figure": "report card", "state": "state", "subject_no": "number", "name": "name", "kind": "kind",
        "county_code": "county", "document_no": "certificate, policy or line", "since": "since", "until": "until",
        "days_left": "days left", "amount": "amount", "amount_of": "of", "reading": "look for",
        "renewed_from": "renewed from", "all": "all", "untold": "not told", "no_data": "no data",
        "nothing": "Nothing answers these conditions.",
        "more": "The first {shown} of {all} rows; --format csv writes all.",
        "until_day": "Data end on {until}, before the day asked for, {as_of}.",
        "down": "Long lines, large coaches and driving at dawn are better the lower; the others the higher.",
        "hindsight": "A renewal is told as the register has it now: on a past day it may not have been registered yet.",
    },
}  # fmt: skip
LIST_COLUMNS = (
    "state", "subject_no", "name", "kind", "county_code", "document_no", "since", "until", "days_left", "renewed_from",
    "amount", "amount_of", "reading",
)  # fmt: skip


def compliance_command(
    measure: Annotated[str | None, typer.Option("--measure", help=f"{', '.join(MEASURES)}.")] = None,
    as_list: Annotated[bool, typer.Option("--list", help="The rows behind a measure instead of rates.")] = False,
    state: Annotated[
        str | None, typer.Option("--state", help="Rows of one state, open or unheld, with --list.")
    ] = None,
    as_of: AsOf = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First day of training and the like; default: a year before.")
    ] = None,
    county: County = None,
    by: Annotated[str, typer.Option("--by", help=f"{', '.join(GROUPS)}.")] = "all",
    known: known_on.KnownOn = None,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    lang: Lang = "en",
) -> None:
    """Safety standard, insurance, training, certificates about to expire, coach rules: rates and their rows."""
    one_of("language", lang, LANGUAGES)
    one_of("format", form, FORMATS)
    one_of("measure", measure, tuple(MEASURES))
    one_of("grouping", by, GROUPS)
    if as_list and measure is None:
        raise HengError(f"A list is of one measure: --measure with one of {', '.join(MEASURES)}.")
    if state is not None and not as_list:
        raise HengError("--state chooses rows: add --list.")
    if as_list and by != "all":
        raise HengError("--by groups rates: leave it out, or --list.")
    if measure is not None:
        one_of("state", state, tuple(MEASURES[measure].lists))
    from warehouse import connection
    from warehouse.known_answers import compliance_known_on

    served, asked_day = connection.snapshot(), day_of(as_of) if as_of else None
    need(served, TABLES, "compliance was told")
    known_county(served, county)
    with known_on.asked(known, compliance_known_on) as source:
        day = day_or_last(source, asked_day)
        asked = Asked(day, day_of(first) if first else year_before(day), county)
        facts = Facts(source, asked)
        names = [measure] if measure else list(MEASURES)
        head = {
            "as_of": asked.as_of, "first": asked.first, "county": county, **known_on.told(source),
            "data_until": source.manifest.get("data_until"), "parameters": [vars(one) for one in facts.used(names)],
        }  # fmt: skip
        counties = county_names(served, lang)
        if as_list and measure:
            rows = [masked_item(one)._asdict() for one in facts.listed(measure, state)]
            if form == "json":
                _write_json(head | {"measure": measure, "state": state, "rows": rows})
            elif form == "csv":
                _write_csv(source, Item._fields, rows)
            else:
                _print_list(source, facts, measure, rows, counties, lang)
            return
        parts = [one for name in names for one in facts.parts(name, by)]
        if form == "json":
            _write_json(head | {"by": by, "measures": [part_row(one) | {"states": one.states} for one in parts]})
        elif form == "csv":
            _write_csv(source, tuple(part_row(parts[0])), [part_row(one) for one in parts])
        else:
            _print_parts(source, facts, parts, names, by, counties, lang)


# --- rows ------------------------------------------------------------------------------------------------
def part_row(one: Part) -> dict[str, Any]:
    spec = MEASURES[one.measure]
    return {
        "topic": spec.topic, "measure": one.measure, "group": one.group, "part": one.rate.part, "of": one.rate.of,
        "rate": one.rate.ratio, "open": one.open_count, "figure": spec.figure or None,
    }  # fmt: skip


# --- as files --------------------------------------------------------------------------------------------
def _write_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def _write_csv(source: Source, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    by = known_on.column(source)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*columns, *by])
    for row in rows:
        told = [row[name] for name in columns]
        cells = [safe(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in told]
        writer.writerow([*cells, *by.values()])


# --- as text ---------------------------------------------------------------------------------------------
def _print_parts(
    source: Source, facts: Facts, parts: list[Part], names: list[str], by: str, counties: dict[str, str], lang: str
) -> None:
    words = _WORDS[lang]
    table = Table(title=_title(source, facts, lang), title_justify="left")
    for name in ("topic", "measure", *(("group",) if by != "all" else ()), "part", "of", "rate", "open", "figure"):
        right = name in ("part", "of", "rate", "open")
        table.add_column(words[name], justify="right" if right else "left", overflow="fold")
    for one in parts:
        spec, rate = MEASURES[one.measure], one.rate
        group = []
        if by != "all":
            told = counties.get(one.group or "", one.group) if by == "county" else terms.of_kind(one.group, lang)
            group = [told or words["untold"]]
        ratio = words["no_data"] if rate.ratio is None else f"{percent(rate.ratio)} %"
        states = ", ".join(
            f"{word(terms.STATES, state, lang)} {one.states[state]:,}"
            for state in spec.open_states
            if one.states[state]
        )
        table.add_row(
            word(terms.TOPICS, spec.topic, lang), terms.MEASURES[one.measure].name(lang), *group, f"{rate.part:,}",
            f"{rate.of:,}", ratio, states, spec.figure,
        )  # fmt: skip
    _show(table, source, facts, names, lang)


def _print_list(
    source: Source, facts: Facts, measure: str, rows: list[dict[str, Any]], counties: dict[str, str], lang: str
) -> None:
    words = _WORDS[lang]
    title = f"{terms.MEASURES[measure].name(lang)} · {_title(source, facts, lang)}"
    told = [name for name in LIST_COLUMNS if any(row[name] is not None for row in rows)]
    if not rows:
        _show(Text(f"{title}\n{words['nothing']}"), source, facts, [measure], lang)
        return
    table = Table(title=title, title_justify="left")
    for name in told:
        right = name in ("days_left", "amount", "amount_of")
        table.add_column(words[name], justify="right" if right else "left", overflow="fold")
    for row in rows[:SHOWN_ROWS]:
        worded = row | {
            "state": word(terms.STATES, row["state"], lang), "kind": terms.of_kind(row["kind"], lang),
            "county_code": counties.get(row["county_code"], row["county_code"]),
            "reading": word(terms.READINGS, row["reading"], lang),
        }  # fmt: skip
        table.add_row(*[Text(_cell(worded[name])) for name in told])
    _show(table, source, facts, [measure], lang, len(rows))


def _cell(value: Any) -> str:
    from etl.deliveries import shown

    if value is None:
        return ""
    return f"{value:,g}" if isinstance(value, (int, float)) else shown(str(value))


def _title(source: Source, facts: Facts, lang: str) -> str:
    asked = facts.asked
    of = known_on.words(**known_on.told(source), lang=lang)
    return _WORDS[lang]["title"].format(as_of=asked.as_of, first=asked.first, source=of)


def _show(told: Table | Text, source: Source, facts: Facts, names: list[str], lang: str, count: int = 0) -> None:
    words, console = _WORDS[lang], Console() if sys.stdout.isatty() else Console(width=220)
    console.print(told)
    lines = [words["more"].format(shown=SHOWN_ROWS, all=f"{count:,}")] if count > SHOWN_ROWS else []
    until = last_day(source.manifest)
    if until is not None and until < facts.asked.as_of:
        lines.append(words["until_day"].format(until=until, as_of=facts.asked.as_of))
    for name in names:
        said = terms.MEASURES[name]
        join = "：" if lang == "zh" else ": "
        lines.append(f"{said.name(lang)}{join}{said.says(lang)} − {said.leaves_out(lang)}")
    lines += [words["down"], words["hindsight"]]
    lines += parameter_lines(facts.used(names), lang)
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
