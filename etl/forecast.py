"""``heng funnel --forecast``: the queue of cases in the weeks to come, with how well such forecasts did before."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from etl import known_on
from etl.arguments import day_of, day_or_last, known_county, need
from etl.parameter_lines import parameter_lines
from warehouse import case_terms, queue
from warehouse.cases import SOON_DAYS, Filter, clock_counts
from warehouse.queue import Asked, Expected, Forecast

if TYPE_CHECKING:
    from warehouse.dossier import Source

_WORDS = {
    "zh": {
        "title": "积压预测，{as_of} 起 {weeks} 周，{source}",
        "name": "环节", "now": "现有 / 近七日", "week": "至 {day}", "thin": "数据过少（{count}）",
        "test": "回测：{made_on} 作出的 {weeks} 周预测与实际", "expected": "预测", "came": "实际",
        "coverage": "近 {forecasts} 次预测（各相隔一周）的 {count} 个数中，{inside} 个落在 {share} 区间内（{rate}）。",
        "untested": "数据过少，没有可回测的预测。",
        "soon": "若不办理，{days} 日内将逾期的期限 {all} 项：{parts}。", "none_soon": "{days} 日内没有将逾期的期限。",
        "how": "单位为超限案件，自立案（现场处罚自决定）起。停留和去向取自 {history} 天内进入各环节的案件，"
        "Kaplan–Meier，未离开的按删失；新案件按最近 {arrival} 周抽取；模拟 {draws} 次，随机种子 "
        "{seed}，区间含 {share}。",
        "limits": "不含节假日、人员和做法的变化。晚送达的环节，回测时已知、当时未知。",
        "untimed": "另有在办案件 {count} 件没有环节记录，停留不明，不在预测内。",
        "no_target": "案件数和罚没款不作考核或排名指标（行政处罚法第七十四条）。",
    },
    "en": {
        "title": "The queue in {weeks} weeks from {as_of}, {source}",
        "name": "state", "now": "now / last 7 days", "week": "to {day}", "thin": "too little data ({count})",
        "test": "Back-test: what was forecast on {made_on} for {weeks} weeks later, and what came",
        "expected": "forecast", "came": "came",
        "coverage": "Of {count} numbers of the last {forecasts} forecasts (a week apart) {inside} came to lie in the "
        "{share} interval ({rate}).",
        "untested": "Too little data: no forecast can be tested.",
        "soon": "{all} clocks will be late within {days} days if nothing happens: {parts}.",
        "none_soon": "No clock will be late within {days} days.",
        "how": "The unit is an over-limit case from its filing on (on the spot: its decision). Days and next states "
        "are those of cases that entered a state within {history} days, Kaplan–Meier, those still in it censored; new "
        "cases are drawn from the last {arrival} weeks; {draws} runs, seed {seed}, intervals hold {share}.",
        "limits": "No holiday and no change of staff or practice is in it. A step delivered late is known to the "
        "back-test and was not then.",
        "untimed": "{count} more open cases have no step: since when they wait is not known, and they are not in it.",
        "no_target": "Neither cases nor fines are a target or a rank (行政处罚法 art. 74).",
    },
}  # fmt: skip


def forecast_answer(
    as_of: str | None, county: str | None, weeks: int, known: str | None, form: str, lang: str
) -> None:  # fmt: skip
    """The forecast in one of the formats of ``heng funnel``."""
    from warehouse import connection
    from warehouse.known_answers import cases_known_on

    day, served = day_of(as_of) if as_of else None, connection.snapshot()
    asked = Asked(known_on.latest(day, known), weeks, county)
    need(served, queue.TABLES, "the course of cases was told")
    known_county(served, county)
    with known_on.asked(known, cases_known_on) as source:
        asked = replace(asked, as_of=day_or_last(source, day))
        told = queue.forecast(source, asked)
        counts = clock_counts(source, asked.as_of, Filter(kind="over_limit", county=county))
    soon = {one.clock: one.soon_count for one in counts if one.soon_count}
    if form == "json":
        _write_json(source, asked, told, soon)
    elif form == "csv":
        _write_csv(source, asked, told)
    else:
        _print(source, asked, told, soon, lang)


def _write_json(source: Source, asked: Asked, told: Forecast, soon: dict[str, int]) -> None:
    head = {
        "as_of": asked.as_of, "weeks": asked.weeks, "week_ends": queue.week_ends(asked), "county": asked.county,
        **known_on.told(source), "draws": queue.DRAWS, "seed": queue.SEED, "share": told.share,
        "late_within": SOON_DAYS, "soon": soon,
    }  # fmt: skip
    document = asdict(told) | {"parameters": [asdict(one) for one in told.parameters.values()]}
    sys.stdout.write(json.dumps(head | document, ensure_ascii=False, indent=2, default=str) + "\n")


def _write_csv(source: Source, asked: Asked, told: Forecast) -> None:
    """A row a number: states and flows of each week, and the back-test of the last week of an earlier forecast."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    night = known_on.column(source)
    writer.writerow(["line", "name", "week_end", "now_count", "exit_count", "mean", "low", "high", "came", *night])
    for kind, lines in (("state", told.states), ("flow", told.flows)):
        for line in lines:
            rows = zip(queue.week_ends(asked), line.weeks, strict=True) if line.weeks else [("", None)]
            for end, one in rows:
                numbers = ("", "", "") if one is None else (one.mean, one.low, one.high)
                writer.writerow([kind, line.name, end, line.now_count, line.exit_count, *numbers, "", *night.values()])
    for tested in told.back_test.lines if told.back_test else ():
        one, kind = tested.expected, "flow" if tested.is_flow else "state"
        writer.writerow(
            [f"tested_{kind}", tested.name, "", "", "", one.mean, one.low, one.high, tested.came, *night.values()]
        )


def _shown(one: Expected) -> str:
    return f"{one.mean:,.0f} ({one.low:,.0f}–{one.high:,.0f})"


def _print(source: Source, asked: Asked, told: Forecast, soon: dict[str, int], lang: str) -> None:
    words = _WORDS[lang]

    console = Console() if sys.stdout.isatty() else Console(width=200)
    by = known_on.words(**known_on.told(source), lang=lang)
    title = words["title"].format(as_of=asked.as_of, weeks=asked.weeks, source=by)
    table = Table(title=title, title_justify="left")
    table.add_column(words["name"], overflow="fold")
    table.add_column(words["now"], justify="right")
    for end in queue.week_ends(asked):
        table.add_column(words["week"].format(day=f"{end:%m-%d}"), justify="right", overflow="fold")
    for is_flow, lines in ((False, told.states), (True, told.flows)):
        for line in lines:
            cells = [_shown(one) for one in line.weeks]
            if not cells:
                cells = [words["thin"].format(count=line.exit_count), *[""] * (asked.weeks - 1)]
            table.add_row(
                case_terms.queue_name(line.name, is_flow, lang),
                f"{line.now_count:,}",
                *cells,
                end_section=line is lines[-1],
            )
    console.print(table)
    notes: list[str] = []
    if told.back_test is None:
        notes.append(words["untested"])
    else:
        past = told.back_test
        shown = Table(title=words["test"].format(made_on=past.made_on, weeks=asked.weeks), title_justify="left")
        shown.add_column(words["name"], overflow="fold")
        shown.add_column(words["expected"], justify="right")
        shown.add_column(words["came"], justify="right")
        for one in past.lines:
            shown.add_row(case_terms.queue_name(one.name, one.is_flow, lang), _shown(one.expected), f"{one.came:,}")
        console.print(shown)
        notes.append(words["coverage"].format(
            forecasts=past.forecast_count, count=f"{past.count:,}", inside=f"{past.inside:,}",
            share=f"{told.share:.0%}", rate=f"{past.inside / past.count:.0%}",
        ))  # fmt: skip
    parts = ", ".join(f"{case_terms.CLOCK_TERMS[clock].name(lang)} {count:,}" for clock, count in soon.items())
    late = words["soon"] if soon else words["none_soon"]
    notes.append(late.format(days=SOON_DAYS, all=f"{sum(soon.values()):,}", parts=parts))
    values: dict[str, Any] = {
        "history": f"{told.parameters['forecast_history_days'].value:g}",
        "arrival": f"{told.parameters['forecast_arrival_weeks'].value:g}",
        "draws": queue.DRAWS, "seed": queue.SEED, "share": f"{told.share:.0%}",
    }  # fmt: skip
    notes += [words["how"].format(**values), words["limits"]]
    if told.untimed_count:
        notes.append(words["untimed"].format(count=f"{told.untimed_count:,}"))
    notes += parameter_lines(told.parameters.values(), lang)
    for note in [*notes, words["no_target"]]:
        console.print(note, highlight=False, markup=False, soft_wrap=True)
