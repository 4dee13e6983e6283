"""``heng cases``: cases as of a day, one case with its steps, decisions and clocks, every clock, what will be late
soon, and what was decided against what the articles allow.

Statutory, decided and collected amounts are three columns. A clock says by which rule it runs and whether that rule was
read; nothing here is a target (行政处罚法 art. 74).
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, fields, replace
from datetime import date
from functools import partial
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
    day_of,
    day_or_last,
    known_county,
    known_site,
    month_of,
    need,
    one_of,
)
from etl.errors import HengError
from etl.known_on import KnownOn
from warehouse import case_terms as terms
from warehouse import match_terms, matching, metrics, spreadsheet
from warehouse.case_amounts import VERDICTS, Compared, compared
from warehouse.cases import (
    AGES,
    CASE_STATES,
    CLOCKS,
    FILE_TABLES,
    KINDS,
    REFUSALS,
    SERIES,
    SOON_DAYS,
    STATES,
    TABLES,
    Case,
    Clock,
    Filter,
    OfCases,
    OfClocks,
    Refused,
    case_file,
    cases,
    clocks,
    refused,
)
from warehouse.last_day import last_day
from warehouse.matching import Tie
from warehouse.money import yuan
from warehouse.plate import masked

if TYPE_CHECKING:
    from warehouse.dossier import Source

app = typer.Typer(help="Cases, their states, amounts and clocks as of a day.", no_args_is_help=True)
FORMATS = ("table", "csv", "json")
SHOWN = 50
"""Rows that a table prints; files hold all."""
_WORDS = {
    "zh": {
        "list": "案件 {all} 件，截至 {as_of}，{source}", "clocks": "期限 {all} 项，截至 {as_of}，{source}",
        "late": "若不办理，{days} 日内将逾期的期限 {all} 项，截至 {as_of}，{source}",
        "case": "案件 {case_no}，截至 {as_of}，{source}", "steps": "环节", "decisions": "处罚决定",
        "match": "对应关系", "tie": "事项", "basis": "依据", "number": "编号", "name": "名称", "at": "时间",
        "mass": "磅单质量 kg", "loading": "磅单只说明装载地，不说明由谁负责。",
        "register_only": "该案未载明企业，仅由车辆登记对应，不计入该企业次数。",
        "nothing": "没有符合条件的记录。", "more": "表中为前 {shown} 行，共 {all} 行；全部见 --format csv 或 json。",
        "unverified": "未核实", "reported": "照录", "refused": "不生效", "list_only": "案件表记结案，结案环节未生效",
        "until": "数据截至 {until}，早于查询日 {as_of}：其后的环节和缴款尚未送达。",
        "compared": "决定与条文幅度比对 {all} 件，截至 {as_of}，{source}", "range": "条文幅度",
        "verdict": "比对", "reason": "说明", "rules": "规则", "excess_kg": "超限 kg",
        "discretion": "地方裁量基准尚未载入，低于条文幅度不等于决定有误；另列决定书自载的法定金额。",
        "stated": "自载法定金额",
        "no_target": "案件数和罚没款不作考核或排名指标（行政处罚法第七十四条）。",
        "doubt": "标“未核实”的期限，其规定、工作日历或顺延规则未见原文或二手来源。",
        "amounts": "金额单位为元；法定、决定、入账三项分列，互不代替。",
        "case_kind": "类别", "case_no": "案号", "county_code": "县区", "case_state": "状态", "state_since": "状态起",
        "found_on": "发现", "filed_on": "立案", "decided_on": "决定", "served_on": "送达", "paid_on": "缴清",
        "closed_on": "结案", "statutory": "法定金额", "decided": "决定金额", "collected": "已入账罚款",
        "surcharge": "加处罚款", "decision_no": "决定书", "clock": "期限", "started_on": "起算", "due_on": "届满",
        "ended_on": "完成", "state": "结果", "days_late": "逾期天数", "days_left": "剩余天数", "rule_id": "规则",
        "known": "依据", "step_no": "次序", "event_at": "时间", "from_state": "原环节", "state_after": "其后状态",
        "refused_list": "未生效的环节 {all} 项，截至 {as_of}，{source}", "next_step": "下一步", "file": "文件",
        "line": "行",
        "refusal_reason": "不生效原因", "missing_guards": "所缺前提", "penalty_kind": "种类", "effect": "有效",
        "yes": "是", "no": "否",
    },
    "en": {
        "list": "{all} cases as of {as_of}, {source}",
        "clocks": "{all} deadlines as of {as_of}, {source}",
        "late": "{all} deadlines that will be late within {days} days if nothing happens, as of {as_of}, {source}",
        "case": "Case {case_no} as of {as_of}, {source}", "steps": "Steps", "decisions": "Decisions",
        "match": "What belongs to it", "tie": "what", "basis": "how surely, and by what", "number": "number",
        "name": "name", "at": "at", "mass": "ticket kg",
        "loading": "A ticket says where the vehicle was loaded, not who answers for the load.",
        "register_only": "The case names no enterprise: only the register of vehicles does, and it counts for none.",
        "nothing": "Nothing answers these conditions.",
        "more": "These are the first {shown} of {all} rows; --format csv or json has all.",
        "unverified": "unverified", "reported": "as reported", "refused": "refused",
        "list_only": "closed on the list, no closing step has effect",
        "until": "Data end on {until}, before the day asked for, {as_of}: later steps and payments are not in yet.",
        "compared": "{all} decided cases against the articles as of {as_of}, {source}", "range": "range",
        "verdict": "verdict", "reason": "why", "rules": "rules", "excess_kg": "excess kg",
        "discretion": "No table of local discretion is loaded: below the range does not mean that a decision is wrong. "
        "What a decision itself states as statutory stands beside it.",
        "stated": "stated",
        "no_target": "Neither cases nor fines are a target or a rank (行政处罚法 art. 74).",
        "doubt": "Where a deadline is unverified, its rule, calendar or roll was not read in a text.",
        "amounts": "Amounts are yuan; statutory, decided and collected stay apart.",
        "case_kind": "kind", "case_no": "case", "county_code": "county", "case_state": "state", "state_since": "since",
        "found_on": "found", "filed_on": "filed", "decided_on": "decided", "served_on": "served", "paid_on": "paid",
        "closed_on": "closed", "statutory": "statutory", "decided": "decided", "collected": "collected",
        "surcharge": "surcharge", "decision_no": "decision", "clock": "deadline", "started_on": "from", "due_on": "due",
        "ended_on": "done", "state": "result", "days_late": "days late", "days_left": "days left", "rule_id": "rule",
        "known": "known", "step_no": "no.", "event_at": "at", "from_state": "from", "state_after": "after",
        "refused_list": "{all} steps without effect as of {as_of}, {source}", "next_step": "next step", "file": "file",
        "line": "line",
        "refusal_reason": "refused", "missing_guards": "missing", "penalty_kind": "penalty", "effect": "in effect",
        "yes": "yes", "no": "no",
    },
}  # fmt: skip
_OF_CASE = (
    "case_no", "case_kind", "county_code", "case_state", "state_since", "found_on", "filed_on", "decided_on",
    "served_on", "paid_on", "closed_on", "statutory", "decided", "collected",
)  # fmt: skip
_OF_CLOCK = (
    "case_no", "county_code", "clock", "started_on", "due_on", "ended_on", "state", "days_late", "days_left",
    "surcharge", "rule_id", "known",
)  # fmt: skip
_OF_COMPARED = (
    "case_no", "county_code", "excess_kg", "range", "stated", "decided", "verdict", "reason", "rules", "known",
)  # fmt: skip
_OF_STEP = ("step_no", "event_at", "case_state", "from_state", "state_after", "refusal_reason", "missing_guards")
_OF_DECISION = (
    "decision_no", "penalty_kind", "decided_on", "served_on", "statutory", "decided", "collected", "surcharge",
    "effect",
)  # fmt: skip
_OF_REFUSED = (
    "case_no", "county_code", "step_no", "event_at", "from_state", "case_state", "refusal_reason", "missing_guards",
    "next_step", "file", "line",
)  # fmt: skip
_OF_TIE = ("tie", "basis", "number", "name", "at", "mass")
_NUMBERS = {
    "line",
    "mass",
    "excess_kg",
    "range",
    "stated",
    "days_late",
    "days_left",
    "statutory",
    "decided",
    "collected",
    "surcharge",
    "step_no",
}

Kind = Annotated[str | None, typer.Option("--kind", help=f"{', '.join(KINDS)}.")]
Form = Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")]
Site = Annotated[str | None, typer.Option("--site", help="Site of the passage that the case names by its number.")]
FiledFrom = Annotated[
    str | None, typer.Option("--filed-from", help="Only cases filed from this day on, or found where not filed yet.")
]
FiledTo = Annotated[str | None, typer.Option("--filed-to", help="Only cases filed up to this day.")]
OfClock = Annotated[str | None, typer.Option("--clock", help=f"{', '.join(CLOCKS)}.")]


class Asked:
    """What is asked, the day and the language of an answer."""

    def __init__(self, source: Source, day: date | None, form: str, lang: str) -> None:
        self.source = source
        self.form, self.lang = form, lang
        self.until = last_day(source.manifest)
        self.as_of = day_or_last(source, day)

    def words(self, name: str, **values: Any) -> str:
        told = known_on.told(self.source)
        return _WORDS[self.lang][name].format(as_of=self.as_of, source=known_on.words(**told, lang=self.lang), **values)


@contextmanager
def _asked(
    as_of: str | None,
    form: str,
    lang: str,
    known: str | None,
    county: str | None = None,
    opened: Callable[[date], AbstractContextManager[Source]] | None = None,
    tables: Sequence[str] = TABLES,
) -> Iterator[Asked]:
    """What a command asks, to be read within the ``with`` block. ``opened``: what a night knew, where that is more than
    lists; ``tables``: what a version has to have."""
    one_of("format", form, FORMATS)
    one_of("language", lang, LANGUAGES)
    from warehouse import connection
    from warehouse.known_answers import cases_known_on

    served, day = connection.snapshot(), day_of(as_of) if as_of else None
    need(served, tables, "the course of cases was told")
    known_county(served, county)
    with known_on.asked(known, opened or cases_known_on) as source:
        yield Asked(source, day, form, lang)


# --- commands ----------------------------------------------------------------------------------------------
@app.command("list")
def list_command(
    as_of: AsOf = None,
    county: County = None,
    site: Site = None,
    filed_from: FiledFrom = None,
    filed_to: FiledTo = None,
    kind: Kind = None,
    state: Annotated[str | None, typer.Option("--state", help="Only cases in this state.")] = None,
    known: KnownOn = None,
    series: Annotated[
        str | None, typer.Option("--series", help=f"Only those with a day of it in --month: {', '.join(SERIES)}.")
    ] = None,
    month: Annotated[str | None, typer.Option("--month", help="YYYY-MM, of --series.")] = None,
    age: Annotated[
        str | None, typer.Option("--age", help=f"Only open ones, by days since filing or discovery: {', '.join(AGES)}.")
    ] = None,
    form: Form = "table",
    lang: Lang = "en",
) -> None:
    """Every case filed or found by the day: state, days and the three amounts. Plates are masked."""
    one_of("kind", kind, KINDS)
    one_of("state", state, CASE_STATES)
    one_of("series", series, SERIES)
    one_of("age", age, tuple(AGES))
    if (series is None) != (month is None):
        raise HengError("A series is chosen by the month: say both, --series filed --month YYYY-MM.")
    if month is not None:
        month_of(month)
    only = _only(kind, county, site, filed_from, filed_to, known)
    which = OfCases(state=state, series=series, month=month, age=age)
    with _asked(as_of, form, lang, known, county) as asked:
        found = [_masked(one) for one in cases(asked.source, asked.as_of, only, which)]
    if form == "json":
        _json(asked, {"cases": [asdict(one) for one in found]})
    elif form == "csv":
        _csv(asked, Case, found)
    else:
        _print(asked, asked.words("list", all=len(found)), _OF_CASE, [_of_case(one, asked) for one in found])
        _notes(asked, "amounts", "no_target")


@app.command("show")
def show_command(
    case_no: Annotated[str, typer.Argument(help="Case number.")],
    as_of: AsOf = None,
    kind: Kind = None,
    known: KnownOn = None,
    form: Form = "table",
    lang: Lang = "en",
) -> None:
    """One case, its plate masked: days and amounts, every step and why one was refused, decisions and clocks."""
    one_of("kind", kind, KINDS)
    if form == "csv":
        raise HengError("A case is several tables: choose --format table or json.")
    from warehouse.known_answers import case_file_known_on

    opened = partial(case_file_known_on, case_no=case_no)
    with _asked(as_of, form, lang, known, opened=opened, tables=FILE_TABLES) as asked:
        told = case_file(asked.source, asked.as_of, case_no, kind)
    told = replace(told, case=_masked(told.case))
    if form == "json":
        _json(asked, asdict(told))
        return
    _print(asked, asked.words("case", case_no=case_no), _OF_CASE, [_of_case(told.case, asked)])
    steps = [
        {
            **asdict(one),
            "missing_guards": terms.guards(one.missing_guards, lang),
            "case_state": terms.state_name(one.case_state, lang),
            "from_state": "" if one.from_state == "none" else terms.state_name(one.from_state, lang),
            "state_after": "" if one.state_after == "none" else terms.state_name(one.state_after, lang),
        }
        for one in told.steps
    ]
    _print(asked, asked.words("steps"), _OF_STEP, steps)
    decisions = [
        {**asdict(one), **_amounts(one), "effect": asked.words("yes" if one.is_in_effect else "no")}
        for one in told.decisions
    ]
    _print(asked, asked.words("decisions"), _OF_DECISION, decisions)
    rows = [_of_clock(one, asked) for one in told.clocks]
    _print(asked, asked.words("clocks", all=len(rows)), _OF_CLOCK, rows)
    notes = ["amounts", "doubt"]
    if told.match is not None:
        _print(asked, asked.words("match"), _OF_TIE, [_of_tie(tie, lang) for tie in told.match.ties])
        notes += ["loading", *(["register_only"] if told.match.is_register_only else [])]
    _notes(asked, *notes)


@app.command("clocks")
def clocks_command(
    as_of: AsOf = None,
    county: County = None,
    site: Site = None,
    filed_from: FiledFrom = None,
    filed_to: FiledTo = None,
    kind: Kind = None,
    clock: OfClock = None,
    state: Annotated[str | None, typer.Option("--state", help=f"{', '.join(STATES)}.")] = None,
    ran_out_from: Annotated[
        str | None, typer.Option("--ran-out-from", help="The office's clocks that a ranking from this day on counts.")
    ] = None,
    known: KnownOn = None,
    form: Form = "table",
    lang: Lang = "en",
) -> None:
    """Every clock that had begun by the day, with its last day, its result and its rule."""
    for what, given, allowed in (("kind", kind, KINDS), ("clock", clock, CLOCKS), ("state", state, STATES)):
        one_of(what, given, allowed)
    only = _only(kind, county, site, filed_from, filed_to, known)
    since = None if ran_out_from is None else day_of(ran_out_from, "--ran-out-from")
    which = OfClocks(clock=clock, state=state, ran_out_from=since)
    with _asked(as_of, form, lang, known, county) as asked:
        found = clocks(asked.source, asked.as_of, only, which)
    _answer_clocks(asked, asked.words("clocks", all=len(found)), found)


@app.command("late-next-week")
def late_command(
    as_of: AsOf = None,
    county: County = None,
    site: Site = None,
    filed_from: FiledFrom = None,
    filed_to: FiledTo = None,
    kind: Kind = None,
    clock: OfClock = None,
    known: KnownOn = None,
    form: Form = "table",
    lang: Lang = "en",
) -> None:
    """Clocks that run now and will be late within seven days if nothing happens, the nearest first."""
    one_of("kind", kind, KINDS)
    one_of("clock", clock, CLOCKS)
    only = _only(kind, county, site, filed_from, filed_to, known)
    which = OfClocks(clock=clock, is_soon=True)
    with _asked(as_of, form, lang, known, county) as asked:
        found = clocks(asked.source, asked.as_of, only, which)
    _answer_clocks(asked, asked.words("late", all=len(found), days=SOON_DAYS), found)


@app.command("amounts")
def amounts_command(
    as_of: AsOf = None,
    county: County = None,
    site: Site = None,
    filed_from: FiledFrom = None,
    filed_to: FiledTo = None,
    kind: Kind = None,
    verdict: Annotated[str | None, typer.Option("--verdict", help=f"{', '.join(VERDICTS)}.")] = None,
    day_from: Annotated[str | None, typer.Option("--from", help="Only cases decided from this day on.")] = None,
    known: KnownOn = None,
    form: Form = "table",
    lang: Lang = "en",
) -> None:
    """What was decided against what the articles allow, computed again from each case's facts."""
    one_of("kind", kind, KINDS)
    one_of("verdict", verdict, VERDICTS)
    only = _only(kind, county, site, filed_from, filed_to, known)
    first = day_of(day_from, "--from") if day_from else date.min
    from warehouse.known_answers import amounts_known_on

    with _asked(as_of, form, lang, known, county, amounts_known_on) as asked:
        told = compared(asked.source, asked.as_of, only, first)
    found = [one for one in told if verdict is None or one.verdict == verdict]
    if form == "json":
        _json(asked, {"cases": [asdict(one) for one in found]})
    elif form == "csv":
        _csv(asked, Compared, found)
    else:
        rows = [_of_compared(one, asked) for one in found]
        _print(asked, asked.words("compared", all=len(found)), _OF_COMPARED, rows)
        _notes(asked, "amounts", "discretion", "no_target")


@app.command("refused")
def refused_command(
    as_of: AsOf = None,
    county: County = None,
    site: Site = None,
    filed_from: FiledFrom = None,
    filed_to: FiledTo = None,
    kind: Kind = None,
    reason: Annotated[str | None, typer.Option("--reason", help=f"{', '.join(REFUSALS)}.")] = None,
    known: KnownOn = None,
    form: Form = "table",
    lang: Lang = "en",
) -> None:
    """Steps of cases that had no effect: from which state to which, why, what was missing, and the line of the file."""
    one_of("kind", kind, KINDS)
    one_of("reason", reason, REFUSALS)
    only = _only(kind, county, site, filed_from, filed_to, known)
    with _asked(as_of, form, lang, known, county) as asked:
        found = refused(asked.source, asked.as_of, only, reason)
    files = _files([one.delivery_id for one in found])
    if form == "json":
        _json(asked, {"steps": [{**asdict(one), "file": files.get(one.delivery_id)} for one in found]})
    elif form == "csv":
        _csv(asked, Refused, found)
    else:
        rows = [_of_refused(one, files, lang) for one in found]
        _print(asked, asked.words("refused_list", all=len(found)), _OF_REFUSED, rows)
        _notes(asked)


def _files(ids: Sequence[str]) -> dict[str, str]:
    """The name of each delivery; a version that was made without its ledger tells none."""
    from warehouse import connection

    served = connection.snapshot()
    if not metrics.tables(served) >= {"meta.delivery"}:
        return {}
    named = "select delivery_id, name from meta.delivery where list_contains($ids, delivery_id)"
    return {row["delivery_id"]: row["name"] for row in served.rows(named, {"ids": sorted(set(ids))})}


def _only(
    kind: str | None, county: str | None, site: str | None, filed_from: str | None, filed_to: str | None,
    known: str | None,
) -> Filter:  # fmt: skip
    """Which cases are meant. A site is that of the passage, and a night's lists know none."""
    if site is not None:
        from warehouse import connection

        if known is not None:
            raise HengError(
                "--site rests on passages, which a night's lists of cases leave out: drop it, or --known-on."
            )
        served = connection.snapshot()
        need(served, matching.TABLES, "cases were matched")
        known_site(served, site)
    first = day_of(filed_from, "--filed-from") if filed_from else None
    last = day_of(filed_to, "--filed-to") if filed_to else None
    if first is not None and last is not None and first > last:
        raise HengError(f"The period ends on {last}, before it begins on {first}. Exchange the two.")
    return Filter(kind=kind, county=county, site=site, first=first, last=last)


def _masked(one: Case) -> Case:
    return replace(one, plate_no=masked(one.plate_no) or "")


def _answer_clocks(asked: Asked, title: str, found: list[Clock]) -> None:
    if asked.form == "json":
        _json(asked, {"clocks": [asdict(one) for one in found]})
    elif asked.form == "csv":
        _csv(asked, Clock, found)
    else:
        _print(asked, title, _OF_CLOCK, [_of_clock(one, asked) for one in found])
        _notes(asked, "doubt", "no_target")


# --- as text -------------------------------------------------------------------------------------------------
def _amounts(row: Any) -> dict[str, Any]:
    """Fen as yuan, by the names of the columns shown."""
    names = {"statutory": "statutory_fen", "decided": "decided_fen", "collected": "collected_fen",
             "surcharge": "surcharge_fen"}  # fmt: skip
    return {short: _yuan(getattr(row, name)) for short, name in names.items() if hasattr(row, name)}


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else yuan(fen)


def _of_case(one: Case, asked: Asked) -> dict[str, Any]:
    state = terms.state_name(one.case_state, asked.lang)
    marks = [asked.words("reported")] if one.is_state_reported else []
    marks += [f"{asked.words('refused')} {one.refused_count}"] if one.refused_count else []
    marks += [asked.words("list_only")] if one.is_closed_on_list_only else []
    return {
        **asdict(one),
        **_amounts(one),
        "case_kind": terms.KIND_TERMS[one.case_kind].name(asked.lang),
        "case_state": f"{state} ({', '.join(marks)})" if marks else state,
    }


def _of_clock(one: Clock, asked: Asked) -> dict[str, Any]:
    return {
        **asdict(one),
        **_amounts(one),
        "clock": terms.CLOCK_TERMS[one.clock].name(asked.lang),
        "state": terms.STATE_TERMS[one.state].name(asked.lang),
        "known": "" if one.has_verified_rule else asked.words("unverified"),
    }


def _of_refused(one: Refused, files: Mapping[str, str], lang: str) -> dict[str, Any]:
    is_zh = lang == "zh"
    before = "" if one.from_state == "none" else terms.state_name(one.from_state, lang)
    why = one.reason_zh if is_zh else one.reason_en
    return {
        **asdict(one), "from_state": before, "case_state": terms.state_name(one.case_state, lang),
        "refusal_reason": f"{one.refusal_reason} {why or ''}".strip(),
        "missing_guards": terms.guards(one.missing_guards, lang),
        "next_step": one.next_step_zh if is_zh else one.next_step_en,
        "file": files.get(one.delivery_id, one.delivery_id[:12]), "line": one.source_line,
    }  # fmt: skip


def _of_tie(tie: Tie, lang: str) -> dict[str, Any]:
    return {
        "tie": match_terms.kind_name(tie.kind, lang),
        "basis": match_terms.basis(tie.kind, tie.grade, tie.reason, lang),
        "number": tie.number, "name": tie.name, "at": tie.at, "mass": tie.mass_kg,
    }  # fmt: skip


def _of_compared(one: Compared, asked: Asked) -> dict[str, Any]:
    low, high = _yuan(one.low_fen), _yuan(one.high_fen)
    return {
        **asdict(one),
        "range": low if low == high else f"{low} – {high}",
        "stated": _yuan(one.stated_fen),
        "decided": _yuan(one.decided_fen),
        "verdict": terms.VERDICT_TERMS[one.verdict].name(asked.lang),
        "reason": terms.REASON_TERMS[one.reason].name(asked.lang),
        "rules": ", ".join(one.rules),
        "known": "" if one.is_verified or one.high_fen is None else asked.words("unverified"),
    }


def _print(asked: Asked, title: str, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Files and pipes get 200 columns."""
    console = _console()
    if not rows:
        for line in (title, asked.words("nothing")):
            console.print(line, highlight=False, markup=False)
        return
    table = Table(title=Text(title), title_justify="left")
    for name in columns:
        table.add_column(asked.words(name), justify="right" if name in _NUMBERS else "left", overflow="fold")
    for row in rows[:SHOWN]:
        table.add_row(*[Text("" if row.get(name) is None else str(row[name])) for name in columns])
    console.print(table)
    if len(rows) > SHOWN:
        console.print(asked.words("more", shown=SHOWN, all=len(rows)), highlight=False, markup=False)


def _notes(asked: Asked, *names: str) -> None:
    lines = [asked.words(name) for name in names]
    if asked.until is not None and asked.until < asked.as_of:
        lines.append(asked.words("until", until=asked.until))
    for line in lines:
        _console().print(line, highlight=False, markup=False, soft_wrap=True)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=200)


def _json(asked: Asked, document: dict[str, Any]) -> None:
    told = {"as_of": asked.as_of, **known_on.told(asked.source), "data_until": asked.until, **document}
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2, default=str) + "\n")


def _csv(asked: Asked, of: type[Any], found: Sequence[Any]) -> None:
    """One row each, under the names of the columns, with what was asked beside them."""
    names = [field.name for field in fields(of)]
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    by = known_on.told(asked.source)
    writer.writerow([*names, "as_of", *by])
    for one in found:
        cells = [", ".join(cell) if isinstance(cell := getattr(one, name), tuple) else cell for name in names]
        safe = [spreadsheet.safe(cell) if isinstance(cell, str) else cell for cell in cells]
        writer.writerow([*safe, asked.as_of, *by.values()])
