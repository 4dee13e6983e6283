"""``heng consistency``: what was decided against what the articles allow, group by group, and the twins of a case."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import LANGUAGES, AsOf, County, Lang, county_names, day_of, day_or_last, known_county, need, one_of
from etl.errors import HengError
from etl.known_on import KnownOn
from etl.parameter_lines import parameter_lines
from etl.report_card import period
from warehouse import case_terms, spreadsheet
from warehouse import consistency as engine
from warehouse.cases import KINDS
from warehouse.consistency import BY, Asked, Fined, Group, Outlier, Told, Twins
from warehouse.money import yuan
from warehouse.parameters import Parameter

if TYPE_CHECKING:
    from warehouse.dossier import Source

FORMATS = ("table", "csv", "json")
_WORDS = {
    "zh": {
        "title": "处罚裁量一致性，{first} 至 {last}，截至 {as_of}，{source}",
        "sum": "期间内案件 {count} 件：可比 {fined} 件，其余 {left} 件，原因如下。",
        "remainders": "未列入比例的案件", "reason": "原因", "count": "件数",
        "group": "分组", "warned_count": "警告", "quartile_low": "下四分位", "median": "中位数",
        "quartile_high": "上四分位", "position_median": "幅度内位置（件）", "difference": "与同类之差（件 / 同类件）",
        "interval": "{share} 区间", "p": "p", "judgement": "判断",
        "few": "样本少",
        "outliers": "离群决定 {count} 件，{first} 至 {last}，截至 {as_of}，{source}",
        "twins": "案件 {case_no} 的对照案件，{days} 日内同类 {among} 件，截至 {as_of}，{source}",
        "case_no": "案号", "county": "县区", "like": "案由、档次、程序", "origin": "号牌", "earlier_count": "此前处罚",
        "decided_on": "决定", "excess_kg": "超限 kg", "range": "条文幅度", "decided": "决定金额", "ratio": "比例",
        "like_median": "同类中位数", "excess_apart": "超限相差 kg", "days_apart": "决定相隔天数",
        "ratio_less": "比例之差",
        "nothing": "没有符合条件的案件。", "unverified": "未核实",
        "definition": "比例 = 决定金额 ÷ 条文最高额；条文有幅度时另列位置 =（决定 − 最低）÷（最高 − 最低），"
        "低于、高于幅度的另列件数，不计入位置中位数。"
        "金额单位为元。",
        "same": "同类：案由、档次、程序相同{county}。差为同类内平均比例之差，按同类两边件数加权；p 由同类内随机调换 "
        "{draws} 次得出，随机种子 {seed}，各组一并按 Holm 校正；区间由同类内残差重抽样得出。",
        "same_county": "、县区相同",
        "least": "少于 {least} 件的组只列出，不作判断。",
        "verified": "其中 {count} 件所用规则未核实。",
        "sides": "只列两件的异同和相差，不判断哪一件正确。",
        "no_target": "案件数和罚没款不作考核或排名指标（行政处罚法第七十四条）；各组按代码排列。",
    },
    "en": {
        "title": "Consistency of penalties, {first} to {last}, as of {as_of}, {source}",
        "sum": "{count} cases of the period: {fined} compared, {left} not, for the reasons below.",
        "remainders": "Cases without a ratio", "reason": "reason", "count": "cases",
        "group": "group", "warned_count": "warned", "quartile_low": "lower quartile", "median": "median",
        "quartile_high": "upper quartile", "position_median": "position in the range (cases)",
        "difference": "less like cases (cases / like)", "interval": "{share} interval", "p": "p",
        "judgement": "judgement",
        "few": "few",
        "outliers": "{count} outlying decisions, {first} to {last}, as of {as_of}, {source}",
        "twins": "Twins of case {case_no}, {among} like cases within {days} days, as of {as_of}, {source}",
        "case_no": "case", "county": "county", "like": "act, severity, procedure", "origin": "plate",
        "earlier_count": "earlier penalties", "decided_on": "decided", "excess_kg": "excess kg", "range": "range",
        "decided": "decided", "ratio": "ratio", "like_median": "median of like", "excess_apart": "excess apart kg",
        "days_apart": "days apart", "ratio_less": "ratio less",
        "nothing": "No case answers these conditions.", "unverified": "unverified",
        "definition": "ratio = decided ÷ the most that the articles allow; where they give a range also position = "
        "(decided − least) ÷ (most − least); those below or above the range are counted apart and are not in its "
        "median. Amounts are yuan.",
        "same": "Like cases: same act, severity and procedure{county}. The difference is that of mean ratios among "
        "like cases, weighted by the cases on both sides; p from exchanging them {draws} times, seed {seed}, by Holm "
        "for all groups; the interval from drawing their residuals again.",
        "same_county": " and county",
        "least": "Groups of fewer than {least} cases are shown, and nothing is said of them.",
        "verified": "Of these, {count} rest on a rule that was not read in a text.",
        "sides": "Both sides and how they differ; which of them is right is not told.",
        "no_target": "Neither cases nor fines are a target or a rank (行政处罚法 art. 74); groups stand in the order "
        "of their codes.",
    },
}  # fmt: skip
_GROUP_NUMBERS = ("count", "warned_count", "quartile_low", "median", "quartile_high", "position_median")
_TEXTS = {"case_no", "county", "like", "origin", "range"}
_OF_CASE = (
    "case_no", "county", "like", "origin", "earlier_count", "decided_on", "excess_kg", "range", "decided", "ratio",
)  # fmt: skip


def consistency_command(
    day_from: Annotated[str | None, typer.Option("--from", help="First day, YYYY-MM-DD.")] = None,
    day_to: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    as_of: AsOf = None,
    county: County = None,
    kind: Annotated[str | None, typer.Option("--kind", help=f"{', '.join(KINDS)}.")] = None,
    by: Annotated[str, typer.Option("--by", help=f"{', '.join(BY)}.")] = "county",
    within_county: Annotated[
        bool, typer.Option("--within-county", help="Cases are alike within a county only; by month or origin.")
    ] = False,
    outliers: Annotated[bool, typer.Option("--outliers", help="Decisions far from their like cases instead.")] = False,
    twins: Annotated[str | None, typer.Option("--twins", help="The nearest like cases of this case instead.")] = None,
    known: KnownOn = None,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    lang: Lang = "en",
) -> None:
    """Are like cases decided alike: decided ÷ the most the articles allow, by group, with every case accounted for."""
    for what, given, allowed in (
        ("language", lang, LANGUAGES), ("format", form, FORMATS), ("kind", kind, KINDS), ("group", by, BY),
    ):  # fmt: skip
        one_of(what, given, allowed)
    if twins is None and not (day_from and day_to):
        raise HengError("Say the period: --from YYYY-MM-DD --to YYYY-MM-DD; or a case: --twins CASE.")
    if twins is not None and (day_from or day_to or county or kind or outliers):
        raise HengError(
            "--twins asks about one case and those around it: leave out period, place, kind and --outliers."
        )
    from warehouse import connection
    from warehouse.known_answers import consistency_known_on

    served, day = connection.snapshot(), day_of(as_of) if as_of else None
    if twins is None:
        asked = Asked(*period(None, day_from, day_to), known_on.latest(day, known), county, kind)
    need(served, engine.TABLES, "the course of cases was told")
    known_county(served, county)
    counties = county_names(served, lang)
    with known_on.asked(known, consistency_known_on) as source:
        on = day_or_last(source, day)
        if twins is not None:
            answer = _Answer(source, form, lang, counties, {"as_of": on})
            _answer_twins(answer, engine.twins(source, on, twins))
            return
        asked = replace(asked, as_of=on)
        answer = _Answer(
            source, form, lang, counties,
            {"first": asked.first, "last": asked.until, "as_of": on, "county": county, "kind": kind},
        )  # fmt: skip
        told = engine.told(source, asked)
    if outliers:
        _answer_outliers(answer, told)
    else:
        _answer_groups(answer, told, by, within_county)


class _Answer:
    """How an answer is written, and what was asked; ``counties``: their names by their codes."""

    def __init__(
        self, source: Source, form: str, lang: str, counties: dict[str, str], asked: dict[str, Any]
    ) -> None:  # fmt: skip
        self.form, self.lang, self.counties, self.asked = form, lang, counties, asked
        self.by, self.column = known_on.told(source), known_on.column(source)
        self.console = Console() if sys.stdout.isatty() else Console(width=200)

    def words(self, name: str, **values: Any) -> str:
        return _WORDS[self.lang][name].format(
            source=known_on.words(**self.by, lang=self.lang), **(self.asked | values)
        )  # fmt: skip

    def county(self, code: str) -> str:
        """The name of a county; one that has none stands for itself."""
        return self.counties.get(code, code)

    def pick(self, both: tuple[str, str]) -> str:
        return both[LANGUAGES.index(self.lang)]

    def json(self, document: dict[str, Any]) -> None:
        head = {**self.asked, **self.by}
        sys.stdout.write(json.dumps(head | document, ensure_ascii=False, indent=2, default=str) + "\n")

    def csv(self, rows: Sequence[dict[str, Any]], heads: Sequence[str]) -> None:
        """Lines under the names of their values, with the day and, where one is asked for, the night beside them."""
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([*heads, "as_of", *self.column])
        for row in rows:
            cells = [spreadsheet.safe(cell) if isinstance(cell := row[head], str) else cell for head in heads]
            writer.writerow([*cells, self.asked["as_of"], *self.column.values()])

    def table(
        self, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], texts: set[str], **values: str
    ) -> None:  # fmt: skip
        if not rows:
            self.say(title, self.words("nothing"))
            return
        shown = Table(title=Text(title), title_justify="left")
        for head in heads:
            shown.add_column(self.words(head, **values), justify="left" if head in texts else "right", overflow="fold")
        for row in rows:
            shown.add_row(*[Text(cell) for cell in row])
        self.console.print(shown)

    def say(self, *lines: str) -> None:
        for line in lines:
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)


# --- groups ----------------------------------------------------------------------------------------
def _answer_groups(answer: _Answer, told: Told, by: str, within_county: bool) -> None:
    found = engine.groups(told, by, within_county)
    if answer.form == "json":
        answer.json({
            "by": by, "within_county": within_county, "count": told.count, "fined_count": len(told.fined),
            "groups": [asdict(group) for group in found],
            "remainders": [asdict(part) for part in told.remainders],
            "draws": engine.DRAWS, "seed": engine.SEED, "confidence": told.confidence,
            "parameters": [asdict(one) for one in told.parameters.values()],
        })  # fmt: skip
        return
    if answer.form == "csv":
        rows = [_line(group) for group in found]
        rows += [dict.fromkeys(_LINE) | {"line": "left", "group": part.reason, "detail": part.detail,
                                         "case_count": part.count} for part in told.remainders]  # fmt: skip
        answer.csv(rows, _LINE)
        return
    heads = ["group", *_GROUP_NUMBERS]
    tested = by in engine.TESTED
    if tested:
        heads += ["difference", "interval", "p", "judgement"]
    cells = [
        [
            answer.county(group.name)
            if by == "county"
            else engine.group_words(told.parameters, by, group.name, answer.lang),
            *_numbers(group, answer),
        ]
        for group in found
    ]
    if tested:
        cells = [[*row, *_tested(group, answer)] for row, group in zip(cells, found, strict=True)]
    answer.table(answer.words("title"), heads, cells, {"group", "judgement"}, share=f"{told.confidence:.0%}")
    left = told.count - len(told.fined)
    answer.say(answer.words("sum", count=f"{told.count:,}", fined=f"{len(told.fined):,}", left=f"{left:,}"))
    parts = [[engine.remainder_words(part, answer.lang), f"{part.count:,}"] for part in told.remainders]
    if parts:
        answer.table(answer.words("remainders"), ["reason", "count"], parts, {"reason"})
    answer.say(answer.words("definition"))
    if tested:
        county = answer.words("same_county") if within_county else ""
        answer.say(
            answer.words("same", county=county, draws=f"{engine.DRAWS:,}", seed=engine.SEED),
            answer.pick(engine.INNOCENT),
        )
    unread = sum(group.unverified_count for group in found)
    answer.say(
        answer.words("least", least=told.least), answer.words("verified", count=f"{unread:,}"),
        *parameter_lines(told.parameters.values(), answer.lang), answer.words("no_target"),
    )  # fmt: skip


_LINE = (
    "line", "group", "detail", "case_count", "warned_count", "unverified_count", "quartile_low", "median",
    "quartile_high", "position_count", "position_median",
    "below_count", "above_count", "is_few", "difference", "difference_low", "difference_high",
    "p", "like_count", "judgement",
)  # fmt: skip


def _line(group: Group) -> dict[str, Any]:
    row = {"line": "group", "group": group.name, "detail": "", "case_count": group.count}
    row |= {name: value for name, value in asdict(group).items() if name in _LINE and name != "difference"}
    apart = group.difference
    told = (
        (None,) * 6 if apart is None
        else (apart.mean, apart.low, apart.high, apart.p, apart.other_count, apart.judgement)
    )  # fmt: skip
    return row | dict(zip(_LINE[-6:], told, strict=True))


def _share(value: float | None, sign: str = "") -> str:
    return "" if value is None else f"{value * 100:{sign}.1f} %".replace("-", "−")


def _numbers(group: Group, answer: _Answer) -> list[str]:
    inside = [f"{_share(group.position_median)} ({group.position_count:,})"] if group.position_count else []
    position = "; ".join([*inside, *engine.outside_words(group, answer.lang)])
    return [
        f"{group.count:,}" + (f" ({answer.words('few')})" if group.is_few else ""), f"{group.warned_count:,}",
        _share(group.quartile_low), _share(group.median), _share(group.quartile_high), position,
    ]  # fmt: skip


def _tested(group: Group, answer: _Answer) -> list[str]:
    apart = group.difference
    if apart is None:
        return [""] * 4
    judgement = answer.pick(engine.JUDGEMENTS[apart.judgement])
    if apart.mean is None:
        return ["", "", "", judgement]
    return [
        f"{_share(apart.mean, '+')} ({apart.count:,} / {apart.other_count:,})",
        f"{_share(apart.low, '+')} – {_share(apart.high, '+')}", f"{apart.p:.3f}", judgement,
    ]  # fmt: skip


# --- cases -----------------------------------------------------------------------------------------
def _answer_outliers(answer: _Answer, told: Told) -> None:
    found = engine.outliers(told)
    rows = [_outlier(each) for each in found]
    if answer.form == "json":
        answer.json({"outliers": rows, "parameters": [asdict(one) for one in told.parameters.values()]})
        return
    heads = [*_CASE, "like_count", "quartile_low", "median", "quartile_high"]
    if answer.form == "csv":
        answer.csv(rows, heads)
        return
    cells = [
        [*_case_cells(each.one, answer, told.parameters), f"{_share(each.median)} ({each.like_count:,})"]
        for each in found
    ]
    answer.table(answer.words("outliers", count=f"{len(found):,}"), [*_OF_CASE, "like_median"], cells, _TEXTS)
    answer.say(
        answer.words("definition"), answer.pick(engine.INNOCENT),
        *parameter_lines(told.parameters.values(), answer.lang), answer.words("no_target"),
    )  # fmt: skip


_CASE = (
    "case_kind", "case_no", "county_code", "act", "severity", "procedure", "origin", "earlier_count", "decided_on",
    "excess_kg", "low_fen", "high_fen", "decided_fen", "ratio", "position", "rules", "is_verified",
)  # fmt: skip


def _document(one: Fined) -> dict[str, Any]:
    told = asdict(one.case) | one.like._asdict()
    told |= {"origin": one.origin, "earlier_count": one.earlier_count, "ratio": one.ratio, "position": one.position}
    return {name: told[name] for name in _CASE} | {"rules": ", ".join(one.case.rules)}


def _outlier(each: Outlier) -> dict[str, Any]:
    return _document(each.one) | {
        "like_count": each.like_count, "quartile_low": each.quartile_low, "median": each.median,
        "quartile_high": each.quartile_high,
    }  # fmt: skip


def _case_cells(one: Fined, answer: _Answer, parameters: Mapping[str, Parameter]) -> list[str]:
    case, lang = one.case, answer.lang
    low, high = yuan(case.low_fen or 0), yuan(case.high_fen or 0)
    known = "" if case.is_verified else f" ({answer.words('unverified')})"
    return [
        case.case_no, answer.county(case.county_code), engine.like_words(parameters, one.like, lang),
        case_terms.ORIGIN_TERMS[one.origin].name(lang), str(one.earlier_count), case.decided_on.isoformat(),
        "" if case.excess_kg is None else f"{case.excess_kg:,}",
        (low if low == high else f"{low} – {high}") + known, yuan(case.decided_fen), _share(one.ratio),
    ]  # fmt: skip


def _answer_twins(answer: _Answer, told: Twins) -> None:
    rows = [
        _document(twin.one) | {
            "excess_apart_kg": twin.excess_apart_kg, "high_apart_fen": twin.high_apart_fen,
            "days_apart": twin.days_apart, "ratio_less": twin.ratio_less,
        }
        for twin in told.nearest
    ]  # fmt: skip
    if answer.form == "json":
        answer.json({"case": _document(told.case), "twins": rows, "among": told.among, "days": told.days})
        return
    distances = ["excess_apart_kg", "high_apart_fen", "days_apart", "ratio_less"]
    if answer.form == "csv":
        answer.csv([_document(told.case) | dict.fromkeys(distances), *rows], [*_CASE, *distances])
        return
    cells = [[*_case_cells(told.case, answer, told.parameters), "", "", ""]]
    for twin in told.nearest:
        apart = "" if twin.excess_apart_kg is None else f"{twin.excess_apart_kg:,}"
        cells.append([
            *_case_cells(twin.one, answer, told.parameters), apart, str(twin.days_apart), _share(twin.ratio_less, "+")
        ])  # fmt: skip
    title = answer.words("twins", case_no=told.case.case.case_no, days=told.days, among=f"{told.among:,}")
    answer.table(title, [*_OF_CASE, "excess_apart", "days_apart", "ratio_less"], cells, _TEXTS)
    answer.say(
        answer.words("sides"), answer.words("definition"), answer.pick(engine.INNOCENT),
        *parameter_lines(told.parameters.values(), answer.lang), answer.words("no_target"),
    )  # fmt: skip
