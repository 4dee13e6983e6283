"""``heng risk``: whom to look at first. Published scores side by side with a rate of our own, what makes the scores of
one vehicle or enterprise, and what the scores of a past day were worth in the days after it.

A score is no ground of a penalty, and no fine enters one (行政处罚法 art. 74).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import LANGUAGES, AsOf, County, Lang, before, day_of, day_or_last, known_county, one_of
from etl.output import FORMATS, say, write_csv, write_json
from etl.parameter_lines import parameter_lines
from warehouse import dossier, risk
from warehouse.backtest import BackTest, backtest
from warehouse.parameters import UNVERIFIED
from warehouse.plate import masked
from warehouse.risk import (
    PUBLISHED,
    RANKINGS,
    SCALES,
    SUBJECTS,
    Asked,
    Everybody,
    Explained,
    Reason,
    Risk,
    shown,
    shown_with_band,
)

if TYPE_CHECKING:
    from warehouse.dossier import Source
    from warehouse.parameters import Parameter

app = typer.Typer(help="Whom to look at first: scores, their reasons, and what they were worth.", no_args_is_help=True)
SHOWN = 50
"""Subjects that a table prints; files hold all."""
_WORDS = {
    "zh": {
        "list": "先看谁：{subject}，按{by}排序，截至 {as_of}，{source}",
        "show": "{who} 的风险分值，截至 {as_of}，{source}",
        "backtest": "回测：{as_of} 的分值与其后至 {until} 的超限，{subject}，{source}",
        "rank": "序", "who": "对象", "kind": "类别", "checks": "检测", "events": "超限", "interval": "{share} 区间",
        "band": "档", "scant": "数据太少",
        "scant_count": "另有 {count} 个对象的计入检测少于 {least} 次，数据太少，不排序。",
        "more": "表中为前 {shown} 个，共 {all} 个；全部见 --format csv 或 json。",
        "passed_at": "时间", "site": "站点", "excess": "扣除允许误差后超限率", "severity": "程度", "vehicle": "车辆",
        "age": "月龄", "left_out": "不计：{why}", "prior": "同类车辆的先验", "sum": "合计",
        "clear": "只计超限的检测时为（括号内为使分值降低的未超限检测次数）：",
        "prior_says": "先验：{kind}，平均 {mean}，相当于 {strength} 次检测（{units} 个对象的 {checks} 次检测）。",
        "score": "分值", "parameters": "参数", "nothing": "没有可排序的对象。",
        "ranking": "排序", "size": "前", "hits": "其后超限", "precision": "命中率", "lift": "倍数",
        "bins": "模型的概率与结果（每组人数相近）", "bin_size": "对象", "told": "预计概率", "observed": "实际比例",
        "within": "区间含预计", "expected_events": "预计次数", "event_count": "实际次数", "yes": "是", "no": "否",
        "base": "参与 {all} 个对象，其后 {days} 天内再次超限 {hits} 个（{base}）；"
        "其中 {unseen} 个未再被检测，按未超限计；数据太少未参与 {scant} 个。",
        "chance_band": "随机一行的区间为 {rounds} 次随机排序（种子 {seed}）的 {share} 范围；"
        "其余为 Clopper–Pearson {share} 区间；区间重叠的不能分出高下。末位并列的按比例计。",
        "no_leak": "分值不含该日之后的过车、审核和登记；其后的仅用于对照。迟到的数据按发生日计。",
        "look": "分值只用于决定先看谁，不是处罚依据；案件数和罚没款不进入分值（行政处罚法第七十四条）。",
        "event": "超限指称重判定超限、扣除衡器允许误差后仍超、无有效通行证且审核未作废的过车；其余检测都降低分值。",
        "too_narrow": "企业的区间把各车的检测当作相互独立；同一车辆的检测相近，因此区间偏窄，名次的差别也被高估。",
        "mean": "SMS、OCRS、欧盟公式为借用：权重按每次检测取平均，原制度的同组百分位、企业口径未照搬。",
    },
    "en": {
        "list": "Whom to look at first: {subject}, by {by}, as of {as_of}, {source}",
        "show": "Risk scores of {who} as of {as_of}, {source}",
        "backtest": "Back-test: scores of {as_of} against events up to {until}, {subject}, {source}",
        "rank": "rank", "who": "who", "kind": "kind", "checks": "checks", "events": "events",
        "interval": "{share} interval", "band": "band", "scant": "too little data",
        "scant_count": "{count} more have fewer than {least} checks: too little data for a rank.",
        "more": "These are the first {shown} of {all}; --format csv or json has all.",
        "passed_at": "at", "site": "site", "excess": "excess without allowance", "severity": "severity",
        "vehicle": "vehicle", "age": "months", "left_out": "not counted: {why}", "prior": "prior of the kind",
        "sum": "sum", "clear": "Of the events alone the scores were (in brackets the clear checks that lower each):",
        "prior_says": "Prior: {kind}, mean {mean}, worth {strength} checks (from {checks} checks of {units}).",
        "score": "score", "parameters": "Parameters", "nothing": "Nobody has a rank.",
        "ranking": "ranking", "size": "first", "hits": "over after", "precision": "precision", "lift": "lift",
        "bins": "Chances of the model against what came (groups of like size)", "bin_size": "subjects",
        "told": "told", "observed": "observed", "within": "interval holds it", "expected_events": "events expected",
        "event_count": "events", "yes": "yes", "no": "no",
        "base": "{all} took part; {hits} ({base}) had an event within {days} days; {unseen} were not checked again and "
        "count as without; {scant} had too little data.",
        "chance_band": "At random: the {share} range of {rounds} rankings by lot (seed {seed}); the others have "
        "Clopper–Pearson {share} intervals. Rankings whose intervals overlap are not told apart. Who shares the last "
        "place counts in proportion.",
        "no_leak": "The scores hold no passage, look or registration from after the day; those were only compared. "
        "What came late is of the day it happened.",
        "look": "A score says whom to look at first and is no ground of a penalty; neither cases nor fines enter it "
        "(行政处罚法 art. 74).",
        "event": "An event is a passage over the limit by more than its scale may err by, without a permit, and not "
        "voided; every other check lowers the score.",
        "too_narrow": "Of an enterprise the interval takes the checks of its vehicles for independent ones. Those of "
        "one vehicle are alike, so it is too narrow, and so are differences of rank.",
        "mean": "SMS, OCRS and the EU formula are borrowed: weights are averaged over checks; peer groups and "
        "percentiles of the originals are left out.",
    },
}  # fmt: skip
Form = Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")]
Subject = Annotated[str, typer.Option("--subject", help=f"{', '.join(SUBJECTS)}.")]


def _words(lang: str, name: str, **values: Any) -> str:
    return _WORDS[lang][name].format(**values)


def _name(term: str, lang: str) -> str:
    return risk.WORDS[term][lang == "en"]


@contextmanager
def _source(form: str, lang: str, county: str | None, known: str | None) -> Iterator[Source]:
    """What is served or, of a night, what it knew, to be read within the ``with`` block."""
    one_of("format", form, FORMATS)
    one_of("language", lang, LANGUAGES)
    from warehouse import connection
    from warehouse.known_answers import risk_known_on

    served = connection.snapshot()
    if not risk.is_built(served):
        raise before("the risk scores were told")
    known_county(served, county)
    with known_on.asked(known, risk_known_on) as source:
        yield source


def _of(source: Source, lang: str) -> str:
    """By which version, or as known on which night, in words."""
    return known_on.words(**known_on.told(source), lang=lang)


def _csv(source: Source, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows under their heads; what was known on a night says so by row."""
    by = known_on.column(source)
    write_csv([*heads, *by], ([*row, *by.values()] for row in rows))


def _asked(source: Source, as_of: str | None, subject: str, county: str | None) -> Asked:
    return Asked(day_or_last(source, day_of(as_of) if as_of else None), subject, county)


# --- commands ----------------------------------------------------------------------------------------------
@app.command("list")
def list_command(
    as_of: AsOf = None,
    subject: Subject = "vehicle",
    by: Annotated[str, typer.Option("--by", help=f"Order: {', '.join(RANKINGS)}.")] = "chance",
    county: County = None,
    known: known_on.KnownOn = None,
    form: Form = "table",
    lang: Lang = "en",
) -> None:
    """Vehicles or enterprises, whom to look at first; every score of each. Plates are masked."""
    one_of("ranking", by, RANKINGS)
    with _source(form, lang, county, known) as source:
        asked = _asked(source, as_of, subject, county)
        told = risk.everybody(source, asked)
        order = told.order(by)
        if form == "table":
            _print_list(source, told, [told.at(place) for place in order[:SHOWN]], by, lang)
            return
        ranked: list[tuple[int | None, Risk]] = [(rank, told.at(place)) for rank, place in enumerate(order, 1)]
        ranked += [(None, told.at(place)) for place in told.scant()]
        if form == "json":
            _json(source, asked, {"by": by, "subjects": [{"rank": rank, **_document(one)} for rank, one in ranked]},
                  told.rules, lang)  # fmt: skip
        else:
            heads = ["rank", "subject", "color", "kind", "check_count", "event_count", *RANKINGS, "low", "high",
                     "ocrs_band", "is_scant", "as_of", *known_on.told(source)]  # fmt: skip
            write_csv(heads, ([rank, *_row(one), asked.as_of, *known_on.told(source).values()] for rank, one in ranked))


@app.command("show")
def show_command(
    who: Annotated[str, typer.Argument(help="Plate of a vehicle, or credit code of an enterprise.")],
    color: Annotated[int | None, typer.Option("--color", help="Plate colour code (JT/T 697.7).")] = None,
    as_of: AsOf = None,
    county: County = None,
    known: known_on.KnownOn = None,
    form: Form = "table",
    lang: Lang = "en",
) -> None:
    """The scores of one vehicle or enterprise, and every passage that made them or does not count, with the reason."""
    from warehouse import connection

    with _source(form, lang, county, known) as source:
        kind, key = dossier.subject_of(connection.snapshot(), who, color)
        asked = _asked(source, as_of, kind, county)
        told = risk.explained(source, asked, key)
        of = risk.rules(source, asked.as_of)
        if form == "json":
            reasons = [{**asdict(one), "vehicle": _vehicle(one)} for one in told.reasons]
            _json(source, asked, {**_document(told.risk), "prior_part": told.prior_part, "reasons": reasons}, of, lang)
        elif form == "csv":
            heads = ["vehicle", "color", "passed_at", "site_code", "record_id", "excess_ratio", "age_months",
                     "severity", "left_out", *SCALES]  # fmt: skip
            rows_of = (
                [_vehicle(one), one.vehicle[1], one.passed_at, one.site_code, one.record_id, one.excess_ratio,
                 risk.AGES[one.age], one.severity, one.left_out, *(one.parts.get(name) for name in SCALES)]
                for one in told.reasons
            )  # fmt: skip
            _csv(source, heads, rows_of)
        else:
            _print_one(source, asked, told, of, dossier.plate.normal(who), lang)


@app.command("backtest")
def backtest_command(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Day, YYYY-MM-DD; default: so long before the last day of data.")
    ] = None,
    horizon: Annotated[int | None, typer.Option("--horizon", help="Days after it; default: risk_horizon_days.")] = None,
    subject: Subject = "vehicle",
    county: County = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the rankings by lot.")] = 1,
    known: known_on.KnownOn = None,
    form: Form = "table",
    lang: Lang = "en",
) -> None:
    """What the scores of a past day were worth: who of the first was over the limit in the days after."""
    with _source(form, lang, county, known) as source:
        asked = _asked(source, as_of, subject, county)
        days = risk.rules(source, asked.as_of).horizon_days if horizon is None else horizon
        if as_of is None:  # the last day whose days after it are over
            asked = replace(asked, as_of=asked.as_of - timedelta(days=days))
        told = backtest(source, asked, days, seed)
        of = risk.rules(source, asked.as_of)
        if form == "json":
            document = {name: value for name, value in asdict(told).items() if name != "asked"}
            _json(source, told.asked, {**document, "base": told.base}, of, lang)
        elif form == "csv":
            heads = ["part", "ranking", "size", "hits", "share", "low", "high", "lift", "told", "expected_events",
                     "event_count"]  # fmt: skip
            rows: list[list[Any]] = [
                ["top", one.ranking, one.size, one.hits, one.precision, one.low, one.high, one.lift, None, None, None]
                for one in told.tops
            ]
            rows += [
                ["bin", None, one.size, one.hit_count, one.observed, one.low, one.high, None, one.chance,
                 one.expected_events, one.event_count]
                for one in told.bins
            ]  # fmt: skip
            _csv(source, heads, rows)
        else:
            _print_backtest(source, told, of, lang)


# --- values ------------------------------------------------------------------------------------------------
def _subject(one: Risk) -> str:
    """A subject as lists may show it: plates masked."""
    return masked(str(one.key[0])) if one.subject == "vehicle" else str(one.key[0])


def _vehicle(one: Reason) -> str:
    return masked(one.vehicle[0])


def _row(one: Risk) -> list[Any]:
    return [
        _subject(one), one.key[1] if one.subject == "vehicle" else None, one.kind, one.check_count, one.event_count,
        *(one.scores[name] for name in RANKINGS), one.low, one.high, one.bands.get("ocrs"),
        one.is_scant,
    ]  # fmt: skip


def _document(one: Risk) -> dict[str, Any]:
    return {
        "subject": _subject(one), "color": one.key[1] if one.subject == "vehicle" else None, "name": one.name,
        "kind": one.kind, "check_count": one.check_count, "event_count": one.event_count, "checks_by_age": one.checks,
        "events_by_age_and_severity": one.events, "scores": one.scores, "low": one.low, "high": one.high,
        "bands": one.bands, "clear_counts": one.clear_counts, "without_clear": one.without_clear,
        "prior": asdict(one.prior), "is_scant": one.is_scant,
    }  # fmt: skip


def _told(of: risk.Rules, scales: Sequence[str]) -> list[Parameter]:
    names = dict.fromkeys(name for scale in scales for name in risk.parameters_of(scale))
    return [of.told[name] for name in names]


def _parameters(of: risk.Rules, scales: Sequence[str], lang: str) -> list[dict[str, Any]]:
    return [
        {
            "parameter": one.name, "value": one.value, "unit": one.unit, "confidence": one.confidence,
            "is_unverified": one.confidence in UNVERIFIED, "says": one.zh if lang == "zh" else one.en,
            "citation": one.citation_zh if lang == "zh" else one.citation_en,
        }
        for one in _told(of, scales)
    ]  # fmt: skip


def _json(source: Source, asked: Asked, document: dict[str, Any], of: risk.Rules, lang: str) -> None:
    head = {
        "as_of": asked.as_of, "subject_kind": asked.subject, "county": asked.county, **known_on.told(source),
        "parameters": _parameters(of, RANKINGS, lang),
    }  # fmt: skip
    write_json(head | document)


# --- as text -----------------------------------------------------------------------------------------------
def _table(title: str, heads: Sequence[str], left: int) -> Table:
    """The first ``left`` columns are words."""
    table = Table(title=Text(title), title_justify="left")
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at < left else "right", overflow="fold")
    return table


def _known(of: risk.Rules, scales: Sequence[str], lang: str) -> list[str]:
    return [_words(lang, "parameters"), *parameter_lines(_told(of, scales), lang)]


def _of_enterprise(subject: str) -> tuple[str, ...]:
    return ("too_narrow",) if subject == "enterprise" else ()


def _share(of: risk.Rules) -> str:
    return f"{of.value('interval'):.0%}"


def _print_list(source: Source, told: Everybody, found: list[Risk], by: str, lang: str) -> None:
    title = _words(lang, "list", subject=_name(told.asked.subject, lang), by=_name(by, lang), as_of=told.asked.as_of,
                   source=_of(source, lang))  # fmt: skip
    heads = [_words(lang, "rank"), _words(lang, "who"), _words(lang, "kind"), _words(lang, "checks"),
             _words(lang, "events"), _name("chance", lang), _name("model", lang),
             _words(lang, "interval", share=_share(told.rules)),
             *(_name(name, lang) for name in PUBLISHED)]  # fmt: skip
    table = _table(title, heads, 3)
    for rank, one in enumerate(found, 1):
        who = _subject(one) if one.name is None else f"{one.name} {_subject(one)}"
        cells = [str(rank), who, _name(one.kind, lang), str(one.check_count), str(one.event_count),
                 shown("chance", one.scores["chance"]), shown("model", one.scores["model"]),
                 f"{shown('model', one.low)} – {shown('model', one.high)}",
                 *(shown_with_band(name, one, lang) for name in PUBLISHED)]  # fmt: skip
        table.add_row(*map(Text, cells))
    lines = []
    if told.ranked_count > len(found):
        lines.append(_words(lang, "more", shown=len(found), all=told.ranked_count))
    least = f"{told.rules.value('minimum_checks'):g}"
    lines.append(_words(lang, "scant_count", count=len(told.scant()), least=least))
    lines += [_words(lang, name) for name in (*_of_enterprise(told.asked.subject), "event", "mean", "look")]
    say(table if found else Text(f"{title}\n{_words(lang, 'nothing')}"), *lines, *_known(told.rules, RANKINGS, lang))


def _print_one(source: Source, asked: Asked, told: Explained, of: risk.Rules, who: str, lang: str) -> None:
    one = told.risk
    title = _words(lang, "show", who=who, as_of=asked.as_of, source=_of(source, lang))
    heads = [_words(lang, name) for name in ("passed_at", "site", "vehicle", "excess", "severity", "age")]
    table = _table(title, [*heads, *(_name(name, lang) for name in SCALES)], 6)
    table.add_row(
        _words(lang, "prior"), "", "", "", "", "", *("" for _ in PUBLISHED), shown("model", told.prior_part)
    )  # fmt: skip
    for reason in told.reasons:
        if reason.left_out is None:
            parts = [f"+{shown(name, reason.parts.get(name))}" for name in SCALES]
        else:
            parts = [_words(lang, "left_out", why=_name(reason.left_out, lang)), *("" for _ in SCALES[1:])]
        cells = [f"{reason.passed_at:%Y-%m-%d %H:%M}", reason.site_code, _vehicle(reason),
                 f"{reason.excess_ratio * 100:.1f} %", _name(reason.severity, lang),
                 f"≤ {risk.AGES[reason.age]}"]  # fmt: skip
        table.add_row(*map(Text, [*cells, *parts]))
    table.add_row(_words(lang, "sum"), "", "", "", "", "", *(shown_with_band(name, one, lang) for name in SCALES))
    alone = "; ".join(
        f"{_name(name, lang)} {shown(name, one.without_clear[name])} ({one.clear_counts[name]})" for name in SCALES
    )
    prior = one.prior
    lines = [
        f"{_name('model', lang)} {shown('model', one.scores['model'])}, "
        f"{_words(lang, 'interval', share=_share(of))} {shown('model', one.low)} – {shown('model', one.high)}; "
        f"{_name('chance', lang)} {shown('chance', one.scores['chance'])}",
        f"{_words(lang, 'clear')} {alone}",
        _words(lang, "prior_says", kind=_name(prior.kind, lang), mean=shown("model", prior.mean),
               strength=f"{prior.strength:.1f}", units=prior.unit_count, checks=prior.check_count),
    ]  # fmt: skip
    if one.is_scant:
        lines.insert(0, _words(lang, "scant"))
    said = (*_of_enterprise(asked.subject), "event", "mean", "look")
    say(table, *lines, *(_words(lang, name) for name in said), *_known(of, RANKINGS, lang))


def _print_backtest(source: Source, told: BackTest, of: risk.Rules, lang: str) -> None:
    share = f"{told.confidence:.0%}"
    title = _words(lang, "backtest", as_of=told.asked.as_of, until=told.until, source=_of(source, lang),
                   subject=_name(told.asked.subject, lang))  # fmt: skip
    interval = _words(lang, "interval", share=share)
    heads = [*(_words(lang, name) for name in ("ranking", "size", "hits", "precision")), interval, _words(lang, "lift")]
    table = _table(title, heads, 1)
    for one in sorted(told.tops, key=lambda one: one.size):
        lift = "—" if one.lift is None else f"{one.lift:.2f}"
        table.add_row(_name(one.ranking, lang), str(one.size), f"{one.hits:.1f}", f"{one.precision:.1%}",
                      f"{one.low:.1%} – {one.high:.1%}", lift)  # fmt: skip
    before, behind = ("bin_size", "told", "observed"), ("within", "expected_events", "event_count")
    heads = [*(_words(lang, name) for name in before), interval, *(_words(lang, name) for name in behind)]
    bins = _table(_words(lang, "bins"), heads, 0)
    for group in told.bins:
        bins.add_row(str(group.size), f"{group.chance:.1%}", f"{group.observed:.1%}",
                     f"{group.low:.1%} – {group.high:.1%}", _words(lang, "yes" if group.is_within else "no"),
                     f"{group.expected_events:.1f}", str(group.event_count))  # fmt: skip
    base = _words(lang, "base", all=told.subject_count, days=told.days, hits=told.hit_count, base=f"{told.base:.1%}",
                  unseen=told.unseen_count, scant=told.scant_count)  # fmt: skip
    say(table, base)
    lines = [_words(lang, "chance_band", share=share, rounds=told.rounds, seed=told.seed),
             *(_words(lang, name) for name in ("no_leak", "look"))]  # fmt: skip
    say(bins, *lines, *_known(of, RANKINGS, lang))
