"""``heng funnel``: how far the passages of a period came, from weighed to closed, with a reason for every remainder; of
illegal operation, which has no passages, the cases found in it."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl.arguments import LANGUAGES, County, Lang, day_of, day_or_last, known_county, known_site, need, one_of
from etl.errors import HengError
from etl.forecast import forecast_answer
from etl.known_on import KnownOn
from etl.report_card import period
from warehouse import case_terms
from warehouse.cases import COURSE_TABLES, KINDS
from warehouse.fates import detail_words
from warehouse.funnel import CONFIDENCE, Asked, Stage, StateTime, reason_words, share, stage_words, stages, times
from warehouse.metrics import percent

if TYPE_CHECKING:
    from warehouse.connection import Snapshot

FORMATS = ("table", "csv", "json")
_WORDS = {
    "zh": {
        "title": "过车办理漏斗 {first} 至 {last}，截至 {as_of}，版本 {version}",
        "cases": "非法营运案件办理漏斗 {first} 至 {last}，截至 {as_of}，版本 {version}",
        "times": "案件在各环节停留，过车 {first} 至 {last}，截至 {as_of}，版本 {version}",
        "stage": "环节", "count": "台次", "case_count": "案件", "share": "占上一环节",
        "left": "未进入：", "beside": "未经上一环节：",
        "case_state": "状态", "now_count": "现有案件", "untimed_count": "其中无环节记录", "spell_count": "进入次数",
        "ended_count": "已离开", "median_days": "中位天数", "interval": "{share} 区间", "more_than_half": "过半未离开",
        "too_few": "离开者过少", "final": "终结状态", "nothing": "没有符合条件的案件。",
        "until": "{until} 之后的过车截至当日尚不可知，未列入。",
        "until_cases": "{until} 之后查获的案件截至当日尚不可知，未列入。",
        "unit_cases": "单位为案件；同组为该期间查获的非法营运案件。非法营运由执法人员查获，不由过车产生，"
        "没有过车、超限、证据等环节。截至当日之后的立案、决定、缴款、结案均不计。",
        "sum_cases": "各“未进入”之和等于上一环节案件数减去由其进入本环节的；未经上一环节的另列。"
        "占比仅计由上一环节进入的。",
        "payment": "仅见于县市区清单、未收到决定的案件，缴款情况不明，不视为缴清。",
        "unit": "单位为过车台次；同组为该期间的过车，截至当日之后的审核、决定、缴款、结案均不计。",
        "sum": "各“未进入”之和等于上一环节台次减去由其进入本环节的台次；未经上一环节的另列。占比仅计由上一环节进入的。",
        "usable": "证据可用指记录、设备无疑点；是否经人审核列在立案的“未进入”原因中。",
        "filed": "立案按立案日期，含其后终止的；现场处罚无立案，列在处罚决定旁。立案、决定、缴清、结案四项互不替代。",
        "mass": "仅为质量超限：外廓尺寸的传感器未经检定，尺寸案件见 heng cases list。",
        "censored": "天数为自然日，Kaplan–Meier 估计；截至当日仍在该状态的按删失处理，不剔除也不当作已离开。",
        "no_target": "案件数和罚没款不作考核或排名指标（行政处罚法第七十四条）。",
    },
    "en": {
        "title": "How far passages came, {first} to {last}, as of {as_of}, version {version}",
        "cases": "How far cases of illegal operation came, found {first} to {last}, as of {as_of}, version {version}",
        "times": "Cases in each state, passages {first} to {last}, as of {as_of}, version {version}",
        "stage": "stage", "count": "passages", "case_count": "cases", "share": "of the stage before",
        "left": "left out: ", "beside": "without the stage before: ",
        "case_state": "state", "now_count": "cases now", "untimed_count": "of these without a step",
        "spell_count": "times entered", "ended_count": "left it", "median_days": "median days",
        "interval": "{share} interval", "more_than_half": "more than half still in it", "too_few": "too few left it",
        "final": "not open any more", "nothing": "No case answers these conditions.",
        "until": "Passages after {until} were not known by the day and are not in it.",
        "until_cases": "Cases found after {until} were not known by the day and are not in it.",
        "unit_cases": "The unit is one case; the cohort is the cases of illegal operation found in the period. "
        "Officers find them: they have no passages, and no stages of weighing. Filings, decisions, payments and "
        "closings after the day are not counted.",
        "sum_cases": "What is left out sums to the stage before less the cases that came through it; those without the "
        "one before are told apart. Shares are of those that came through.",
        "payment": "Of a case that only a county's list tells, without a decision, the payment is not known: it does "
        "not count as paid.",
        "unit": "The unit is one passage; the cohort is the passages of the period. Looks, decisions, payments and "
        "closings after the day are not counted.",
        "sum": "What is left out sums to the stage before less those who came through it; who reached a stage without "
        "the one before is told apart. Shares are of those who came through.",
        "usable": "Usable as evidence: no doubt of the record or the instrument; whether an officer looked is among "
        "the reasons why none was filed.",
        "filed": "Filed by the day of filing, whatever became of it; a decision on the spot has none and stands beside "
        "the decisions. Filed, decided, paid and closed are never merged.",
        "mass": "Mass only: sensors of dimensions are not verified; heng cases list has those cases.",
        "censored": "Calendar days, Kaplan–Meier; a case still in the state on the day is censored, neither left out "
        "nor taken as gone.",
        "no_target": "Neither cases nor fines are a target or a rank (行政处罚法 art. 74).",
    },
}  # fmt: skip
_COUNTED = ("now_count", "untimed_count", "spell_count", "ended_count")


def funnel_command(
    day_from: Annotated[str | None, typer.Option("--from", help="First day, YYYY-MM-DD.")] = None,
    day_to: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="What was known by the end of this day; default: the last night.")
    ] = None,
    county: County = None,
    site: Annotated[str | None, typer.Option("--site", help="Site code.")] = None,
    kind: Annotated[str, typer.Option("--kind", help=f"{', '.join(KINDS)}.")] = "over_limit",
    weeks: Annotated[
        int | None,
        typer.Option("--forecast", help="The queue of cases in so many weeks to come instead; without a period."),
    ] = None,
    known: KnownOn = None,
    as_times: Annotated[bool, typer.Option("--times", help="Days in each state of a case instead of stages.")] = False,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    lang: Lang = "en",
) -> None:
    """How far passages came: over the limit, usable as evidence, filed, decided, paid, closed; who did not, and why.
    Of illegal operation: how far the cases found came."""
    one_of("language", lang, LANGUAGES)
    one_of("format", form, FORMATS)
    one_of("kind", kind, KINDS)
    if kind != "over_limit" and (weeks is not None or as_times):
        raise HengError("No steps of illegal operation are told: leave out --times and --forecast.")
    if weeks is not None:
        if day_from or day_to or site or as_times:
            raise HengError("--forecast is of the whole queue: leave out the period, --site and --times.")
        forecast_answer(as_of, county, weeks, known, form, lang)
        return
    if known:
        raise HengError("What a night knew of passages is not told here: ask --known-on with --forecast.")
    if not (day_from and day_to):
        raise HengError("Say the period: --from YYYY-MM-DD --to YYYY-MM-DD.")
    from warehouse import connection

    first, last = period(None, day_from, day_to)
    served = connection.snapshot()
    asked = Asked(first, last, day_or_last(served, day_of(as_of) if as_of else None), county, site, kind)
    need(served, COURSE_TABLES, "the course of cases was told")
    known_county(served, county)
    known_site(served, site)
    if as_times:
        states = times(served, asked)
        if form == "json":
            _write_json(served, asked, {"times": [asdict(one) for one in states], "confidence": CONFIDENCE})
        elif form == "csv":
            _write_csv([field.name for field in fields(StateTime)], [[*asdict(one).values()] for one in states])
        else:
            _print_times(served, states, asked, lang)
        return
    told = stages(served, asked)
    if form == "json":
        _write_json(served, asked, {"stages": [_document(stage) for stage in told]})
    elif form == "csv":
        unit = "passage_count" if kind == "over_limit" else "case_count"
        _write_csv(["stage", "line", "reason", "detail", unit], _lines(told))
    else:
        _print_stages(served, told, asked, lang)


def _document(stage: Stage) -> dict[str, Any]:
    return {"count": stage.count, "beside_count": stage.beside_count, **asdict(stage)}


def _lines(told: list[Stage]) -> list[list[Any]]:
    """A row a number: ``through`` the stage before, ``left`` out of this one, ``beside`` the one before."""
    found: list[list[Any]] = []
    for stage in told:
        found.append([stage.stage, "through", "", "", stage.through])
        for line, parts in (("left", stage.left), ("beside", stage.beside)):
            found += [[stage.stage, line, part.reason, part.detail, part.count] for part in parts]
    return found


def _write_csv(heads: list[str], rows: list[list[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)


def _write_json(served: Snapshot, asked: Asked, document: dict[str, Any]) -> None:
    head = {
        "first": asked.first, "last": asked.until, "as_of": asked.as_of, "county": asked.county, "site": asked.site,
        "kind": asked.kind, "version": served.version,
    }  # fmt: skip
    sys.stdout.write(json.dumps(head | document, ensure_ascii=False, indent=2, default=str) + "\n")


def _print_stages(served: Snapshot, told: list[Stage], asked: Asked, lang: str) -> None:
    words, details, of_passages = _WORDS[lang], detail_words(served), asked.kind == "over_limit"
    table = _table(served, "title" if of_passages else "cases", asked, lang)
    table.add_column(words["stage"], overflow="fold")
    table.add_column(words["count" if of_passages else "case_count"], justify="right")
    table.add_column(words["share"], justify="right")
    before: Stage | None = None
    for stage in told:
        for line, parts in (("left", stage.left), ("beside", stage.beside)):
            for part in parts:
                reason = f"  {words[line]}{reason_words(part, details, lang)}"
                sign = "−" if line == "left" else "+"
                table.add_row(Text(reason, style="dim"), Text(f"{sign}{part.count:,}", style="dim"), "")
        reached = share(stage, before) if before is not None else None
        shown = "" if reached is None else f"{percent(reached)} %"
        name = stage_words(stage.stage, asked.kind)[lang == "en"]
        table.add_row(Text(name, style="bold"), Text(f"{stage.count:,}", style="bold"), shown)
        before = stage
    notes = ("unit", "sum", "usable", "filed", "mass") if of_passages else ("unit_cases", "sum_cases", "payment")
    _show(table, asked, lang, *notes, "no_target")


def _print_times(served: Snapshot, told: list[StateTime], asked: Asked, lang: str) -> None:
    words = _WORDS[lang]
    table = _table(served, "times", asked, lang)
    table.add_column(words["case_state"], overflow="fold")
    for name in (*_COUNTED, "median_days"):
        table.add_column(words[name], justify="right")
    table.add_column(words["interval"].format(share=f"{CONFIDENCE:.0%}"), justify="right")
    for one in told:
        counts = [f"{getattr(one, name):,}" for name in _COUNTED]
        median, interval = "", ""
        if one.is_final:
            median = words["final"]
        elif one.spell_count:
            median = words["more_than_half"] if one.median_days is None else str(one.median_days)
            interval = f"{one.low_days}–{one.high_days}" if one.has_interval else words["too_few"]
        table.add_row(case_terms.state_name(one.case_state, lang), *counts, median, interval)
    _show(table if told else Text(words["nothing"]), asked, lang, "censored", "mass", "no_target")


def _table(served: Snapshot, title: str, asked: Asked, lang: str) -> Table:
    told = _WORDS[lang][title].format(
        first=asked.first, last=asked.until, as_of=asked.as_of, version=served.version
    )  # fmt: skip
    return Table(title=told, title_justify="left")


def _show(shown: Table | Text, asked: Asked, lang: str, *notes: str) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(shown)
    lines = [_WORDS[lang][note] for note in notes]
    if asked.until < asked.last:
        name = "until" if asked.kind == "over_limit" else "until_cases"
        lines.insert(0, _WORDS[lang][name].format(until=asked.until))
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
