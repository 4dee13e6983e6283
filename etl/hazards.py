"""``heng hazards``: rates of one cohort, lists, one hazard with its steps, and what spot checks let 100 % mean."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import LANGUAGES, AsOf, County, Lang, day_of, day_or_last, known_county, need, one_of
from etl.errors import HengError
from etl.known_on import KnownOn
from etl.parameter_lines import parameter_lines
from warehouse import hazard_terms as terms
from warehouse.columns import dictionary
from warehouse.hazards import (
    CATEGORIES,
    GROUPS,
    LISTS,
    TABLES,
    Asked,
    Facts,
    Hazard,
    Rate,
    Standing,
    ladder,
    listed,
    one_hazard,
    standings,
    unfinished,
    works,
    year_before,
)
from warehouse.last_day import last_day
from warehouse.metrics import percent
from warehouse.spreadsheet import safe

if TYPE_CHECKING:
    from warehouse.dossier import Source

FORMATS = ("table", "csv", "json")
SHOWN_ROWS = 200
"""Rows of a table on a terminal; files hold all."""
app = typer.Typer(help="Hazards: rates of one cohort, lists, steps, spot checks, works.", no_args_is_help=True)
_WORDS = {
    "zh": {
        "title": "隐患整改：{first} 至 {last} 登记的隐患，截至 {as_of}，{source}",
        "one": "隐患 {hazard_no}，截至 {as_of}，{source}",
        "stock": "未销号、逾期、即将到期、无期限、挂牌按全部隐患计，按期整改率按期限落在同一期间且已到的隐患计，"
        "均不限登记日期；其余按同期登记的隐患计。",
        "cohort": "整改率 = 同期登记的隐患中已销号且其后无复发环节的 ÷ 同期登记数；分子都在分母之内，不会超过100%。",
        "reported": "报送整改率按县市区清单所报状态；差异见 heng hazards list --list differs。",
        "days": "天数按 Kaplan–Meier 估计，未销号的作截尾处理，不予剔除；括号内为区间。",
        "sample": "上限按随机抽取的复核计算（Clopper–Pearson）；没有复核即为100%。"
        "指定复核不推及其他销号；已知未消除的计入上限。",
        "nothing": "没有符合条件的隐患。",
        "more": "仅显示前 {shown} 行，共 {all} 行；全部用 --format csv。",
        "until": "数据截至 {until}，早于查询日 {as_of}：其后的环节尚未送达。", "all": "全部", "not_told": "未载明",
        "steps": "环节", "photos": "照片", "listings": "挂牌", "checks": "复核",
        "of_works": "只计完工项目的完成量；公里、座、处不相加。五小工程没有计划年度，全部列入。",
        "ladder": "挂牌督办", "works": "工程与计划", "yes": "是", "no": "否",
    },
    "en": {
        "title": "Hazards registered {first} to {last}, as of {as_of}, {source}",
        "one": "Hazard {hazard_no} as of {as_of}, {source}",
        "stock": "Open, overdue, due soon, no last day and listed count every hazard, and the on-time rate is of those "
        "whose last day lies in the same period and has come, whenever they were registered; the rest is of the "
        "cohort.",
        "cohort": "Rate: of the hazards registered in the period those closed and not reopened, divided by all of "
        "them; what is above the line is below it, so it cannot exceed 100 %.",
        "reported": "The reported rate takes the counties' word; heng hazards list --list differs shows where steps "
        "do not bear it out.",
        "days": "Days by Kaplan–Meier: open hazards are censored, not left out; intervals in brackets.",
        "sample": "The bound rests on checks picked by lot (Clopper–Pearson) and is 100 % without any. Checks somebody "
        "chose say nothing of other closures; what either found false is within the bound.",
        "nothing": "No hazard answers these conditions.",
        "more": "The first {shown} of {all} rows; --format csv writes all.",
        "until": "Data end on {until}, before the day asked for, {as_of}: later steps are not in yet.", "all": "all",
        "not_told": "not told",
        "steps": "Steps", "photos": "Photos", "listings": "Listings", "checks": "Spot checks",
        "of_works": "Only finished projects count as finished; kilometres, bridges and junctions do not add up. Small "
        "works have no year of plan: all are told.",
        "ladder": "Listings", "works": "Works against plan", "yes": "yes", "no": "no",
    },
}  # fmt: skip
_HEADS = {
    "group": ("分组", "group"), "registered": ("登记", "registered"), "closed": ("销号", "closed"),
    "rate": ("整改率", "rate"), "reported_rate": ("报送整改率", "reported rate"),
    "on_time_rate": ("按期整改率", "on-time rate"), "open": ("未销号", "open"), "overdue": ("逾期", "overdue"),
    "due_soon": ("即将到期", "due soon"), "no_due": ("无期限", "no last day"), "listed": ("挂牌", "listed"),
    "extended": ("有延期", "extended"), "late_extended": ("逾期后延期", "extended late"),
    "due_changed": ("清单改期", "day changed by list"), "reopened": ("复发", "reopened"),
    "recurred": ("同地复发", "came back"), "refused": ("未采纳环节", "refused steps"),
    "median_days": ("整改天数中位数", "median days"), "mean_days": ("限定平均天数", "mean days"),
    "once_closed": ("曾销号", "once closed"), "checked": ("随机复核", "checked by lot"),
    "false": ("未消除", "not removed"), "came_back": ("复发", "came back"),
    "bound": ("虚假销号上限", "false closures at most"), "bound_count": ("至多", "so many"),
    "confidence": ("置信水平", "confidence"), "chosen": ("指定复核", "chosen checks"),
    "chosen_false": ("指定未消除", "of these not removed"), "known_false": ("已知未消除", "known not removed"),
    "category": ("类别", "category"), "grade": ("等级", "grade"), "unit": ("责任单位", "unit"),
    "description": ("隐患描述", "description"), "state": ("状态", "state"), "closed_on": ("销号日期", "closed on"),
    "due_on": ("期限", "due on"), "days_left": ("剩余天数", "days left"),
    "refused_count": ("未采纳环节", "refused steps"), "is_accepted": ("是否采纳", "is accepted"),
    "refusal": ("未采纳原因", "why refused"), "is_shared": ("照片重复使用", "is used twice"),
    "is_random": ("是否随机", "is by lot"), "result": ("结果", "result"), "rung": ("状态", "state"),
    "project_count": ("项目", "projects"), "finished_count": ("完工项目", "finished projects"),
    "finished_quantity": ("完工数量", "finished quantity"), "share": ("占计划", "of the plan"),
    "underway_quantity": ("在建完成数量", "quantity under way"),
}  # fmt: skip
"""Heads of columns that the dictionary does not have, or has for something else."""
RATE_COLUMNS = (
    "group", "registered", "closed", "rate", "reported_rate", "on_time_rate", "open", "overdue", "due_soon", "no_due",
    "listed", "extended", "late_extended", "due_changed", "reopened", "recurred", "refused", "median_days",
    "mean_days",
)  # fmt: skip
BOUND_COLUMNS = (
    "group", "registered", "closed", "rate", "once_closed", "checked", "false", "came_back", "bound", "bound_count",
    "confidence", "chosen", "chosen_false", "known_false",
)  # fmt: skip
LIST_COLUMNS = (
    "hazard_no", "county_code", "category", "grade", "place", "unit", "registered_on", "due_on", "days_left", "state",
    "closed_on", "reported_state", "refused_count",
)  # fmt: skip
LADDER_COLUMNS = (
    "listing_no", "hazard_no", "county_code", "responsible_unit", "listed_on", "due_on", "days_left", "rechecked_on",
    "rung",
)  # fmt: skip
WORKS_COLUMNS = (
    "works_kind", "works_unit", "project_count", "finished_count", "planned_quantity", "finished_quantity",
    "underway_quantity",
)  # fmt: skip
UNFINISHED_COLUMNS = (
    "works_no", "works_kind", "works_unit", "county_code", "place", "planned_quantity", "done_quantity",
)  # fmt: skip
OF_ONE = {
    "steps": ("step_no", "event_at", "state_before", "hazard_state", "is_accepted", "refusal", "rule_id",
              "handling_unit", "officer_no", "new_due_on", "step_note"),
    "photos": ("photo_token", "photo_stage", "taken_at", "is_shared"),
    "listings": ("listing_no", "listed_on", "due_on", "rechecked_on", "delisted_on"),
    "checks": ("hazard_check_no", "checked_on", "is_random", "result", "handling_unit"),
}  # fmt: skip
"""The tables of one hazard, and their columns."""
_STATES = ("state", "reported_state", "state_before", "hazard_state")
_CODES = dict.fromkeys(_STATES, terms.STATES) | {
    "category": terms.CATEGORIES, "grade": terms.GRADES, "result": terms.RESULTS, "refusal": terms.REFUSALS,
    "photo_stage": terms.STAGES, "rung": terms.RUNGS, "works_kind": terms.WORKS, "works_unit": terms.UNITS,
}  # fmt: skip
"""Columns that hold codes, and the words of these."""

First = Annotated[str | None, typer.Option("--from", help="First day of registration; default: a year before.")]
Last = Annotated[str | None, typer.Option("--to", help="Last day of registration; default: the day asked for.")]
Category = Annotated[str | None, typer.Option("--category", help=f"{', '.join(CATEGORIES)}.")]
Enterprise = Annotated[str | None, typer.Option("--enterprise", help="Credit code: its hazards alone.")]
Format = Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")]


@app.command("rate")
def rate_command(
    as_of: AsOf = None,
    first: First = None,
    last: Last = None,
    county: County = None,
    category: Category = None,
    uscc: Enterprise = None,
    known: KnownOn = None,
    by: Annotated[str, typer.Option("--by", help=f"{', '.join(GROUPS)}.")] = "category",
    form: Format = "table",
    lang: Lang = "en",
) -> None:
    """Removal rates of one cohort, on time, overdue, days to close, and what came back; works and listings below."""
    one_of("group", by, GROUPS)
    with _asked(as_of, first, last, county, category, known, form, lang, uscc) as (source, asked):
        facts = Facts(source, asked)
        groups = standings(facts, by) + (standings(facts) if by != "all" else [])
        rows = [rate_row(one) for one in groups]
        if form == "csv":
            _write_csv(source, _with_untold(rows, lang))
        elif form == "json":
            document = _document(source, asked, facts) | {
                "by": by, "rates": rows, "ladder": ladder(source, asked), "works": works(source, asked),
            }  # fmt: skip
            _write_json(document)
        else:
            words = _WORDS[lang]
            named = [_named(row, one, lang) for row, one in zip(rows, groups, strict=True)]
            _table(words["title"], named, RATE_COLUMNS, lang, asked, source)
            _say_notes(facts, source, lang, "cohort", "reported", "stock", "days")
            if asked.uscc is None:
                planned = [_worded(row, lang) for row in works(source, asked)]
                _table(words["works"], planned, WORKS_COLUMNS, lang, asked, source)
            standing = [_worded(row, lang) for row in ladder(source, asked) if row["delisted_on"] is None]
            if standing:
                _table(words["ladder"], standing, LADDER_COLUMNS, lang, asked, source)


@app.command("list")
def list_command(
    which: Annotated[str, typer.Option("--list", help=f"{', '.join(LISTS)}.")] = "open",
    as_of: AsOf = None,
    first: First = None,
    last: Last = None,
    county: County = None,
    category: Category = None,
    uscc: Enterprise = None,
    known: KnownOn = None,
    form: Format = "table",
    lang: Lang = "en",
) -> None:
    """Hazards: open, overdue, due, due soon or listed ones of all; late, refused, differing ones … of the cohort."""
    one_of("list", which, LISTS)
    with _asked(as_of, first, last, county, category, known, form, lang, uscc) as (source, asked):
        facts = Facts(source, asked)
        rows = [list_row(facts, one) for one in listed(facts, which)]
        if form == "csv":
            _write_csv(source, rows, list(list_columns()))
        elif form == "json":
            _write_json(_document(source, asked, facts) | {"list": which, "hazards": rows})
        else:
            title = f"{_WORDS[lang]['title']} · {terms.word(terms.LISTS, which, lang)}"
            _table(title, [_worded(row, lang) for row in rows], LIST_COLUMNS, lang, asked, source)
            _say_notes(facts, source, lang)


@app.command("show")
def show_command(
    hazard_no: str, as_of: AsOf = None, known: KnownOn = None, form: Format = "table", lang: Lang = "en"
) -> None:
    """One hazard: what it is, every step accepted or refused with its reason, photos, listings, spot checks."""
    if form == "csv":
        raise HengError("A hazard is several tables: choose --format table or json.")
    with _asked(as_of, None, None, None, None, known, form, lang) as (source, asked):
        told = one_hazard(source, hazard_no, asked.as_of)
        if form == "json":
            _write_json({"as_of": asked.as_of, **known_on.told(source), **told})
            return
        console, colon = _console(), "：" if lang == "zh" else ": "
        of = known_on.words(**known_on.told(source), lang=lang)
        said = _WORDS[lang]["one"].format(hazard_no=hazard_no, as_of=asked.as_of, source=of)
        console.print(said, highlight=False, markup=False)
        for name, value in _worded(told["hazard"] | told["list_row"], lang).items():
            text = str(value) if isinstance(value, float) else _cell(value)
            console.print(f"{head(name, lang)}{colon}{text}", highlight=False, markup=False)
        for name, columns in OF_ONE.items():
            if rows := [_worded(row, lang) for row in told[name]]:
                _table(_WORDS[lang][name], rows, columns, lang, asked, source)


@app.command("bound")
def bound_command(
    as_of: AsOf = None,
    first: First = None,
    last: Last = None,
    county: County = None,
    category: Category = None,
    uscc: Enterprise = None,
    known: KnownOn = None,
    by: Annotated[str, typer.Option("--by", help=f"{', '.join(GROUPS)}.")] = "category",
    form: Format = "table",
    lang: Lang = "en",
) -> None:
    """How many closures may be false, by the spot checks picked by lot: the bound behind every 100 %."""
    one_of("group", by, GROUPS)
    with _asked(as_of, first, last, county, category, known, form, lang, uscc) as (source, asked):
        facts = Facts(source, asked)
        groups = standings(facts, by) + (standings(facts) if by != "all" else [])
        rows = [bound_row(one) for one in groups]
        if form == "csv":
            _write_csv(source, _with_untold(rows, lang))
        elif form == "json":
            _write_json(_document(source, asked, facts) | {"by": by, "bounds": rows})
        else:
            named = [_named(row, one, lang) for row, one in zip(rows, groups, strict=True)]
            _table(_WORDS[lang]["title"], named, BOUND_COLUMNS, lang, asked, source)
            _say_notes(facts, source, lang, "sample")


@app.command("works")
def works_command(
    as_of: AsOf = None,
    county: County = None,
    known: KnownOn = None,
    as_list: Annotated[bool, typer.Option("--unfinished", help="The projects planned and not finished.")] = False,
    form: Format = "table",
    lang: Lang = "en",
) -> None:
    """Kilometres, bridges and junctions against the plan of the day's year; what is missing, project by project."""
    with _asked(as_of, None, None, county, None, known, form, lang) as (source, asked):
        planned = [
            row | {"share": Rate(row["finished_quantity"], row["planned_quantity"]).ratio}
            for row in works(source, asked)
        ]
        rows = unfinished(source, asked) if as_list else planned
        if form == "csv":
            _write_csv(source, rows, list(UNFINISHED_COLUMNS if as_list else (*WORKS_COLUMNS, "share")))
        elif form == "json":
            told = {"as_of": asked.as_of, "year": asked.as_of.year, "county": county, **known_on.told(source)}
            _write_json(told | {"works": planned, "unfinished": unfinished(source, asked)})
        else:
            title = f"{_WORDS[lang]['works']} {asked.as_of.year} · {asked.as_of}"
            shown = [_worded(row | _share(row), lang) for row in rows]
            _table(title, shown, UNFINISHED_COLUMNS if as_list else (*WORKS_COLUMNS, "share"), lang, asked, source)
            console = _console()
            console.print(_WORDS[lang]["of_works"], highlight=False, markup=False, soft_wrap=True)


def _share(row: dict[str, Any]) -> dict[str, Any]:
    """A share as per cent; projects have none."""
    if "share" not in row:
        return {}
    return {"share": "–" if row["share"] is None else f"{percent(row['share'])} %"}


# --- what is asked ---------------------------------------------------------------------------------------
_KNOWN_ENTERPRISE = "select 1 from core.hazard_life where uscc = $uscc limit 1"


@contextmanager
def _asked(
    as_of: str | None, first: str | None, last: str | None, county: str | None, category: str | None,
    known: str | None, form: str, lang: str, uscc: str | None = None,
) -> Iterator[tuple[Source, Asked]]:  # fmt: skip
    """What a command asks and of what, to be read within the ``with`` block; what is typed is refused before it."""
    one_of("language", lang, LANGUAGES)
    one_of("format", form, FORMATS)
    from warehouse import connection
    from warehouse.known_answers import hazards_known_on

    served = connection.snapshot()
    told, begin, end = (day_of(text) if text else None for text in (as_of, first, last))
    Asked(known_on.latest(told, known), begin or date.min, end or date.max, county, category)
    need(served, TABLES, "hazards were judged")
    known_county(served, county)
    with known_on.asked(known, hazards_known_on) as source:
        day = day_or_last(source, told)
        if uscc is not None and not source.rows(_KNOWN_ENTERPRISE, {"uscc": uscc}):
            raise HengError(f"No hazard names the enterprise {uscc!r}. See: heng hazards list --format csv.")
        yield source, Asked(day, begin or year_before(day), end or day, county, category, uscc)


# --- rows ------------------------------------------------------------------------------------------------
def rate_row(one: Standing) -> dict[str, Any]:
    """A group as files have it: every rate with its parts, days with their interval."""
    low, high = one.curve.median_interval
    return {
        "group": one.group, "registered": one.registered, "closed": one.closed.part, "rate": one.closed.ratio,
        "reported_closed": one.reported.part, "reported_rate": one.reported.ratio, "major": one.major.of,
        "major_closed": one.major.part, "due": one.on_time.of, "on_time": one.on_time.part,
        "on_time_rate": one.on_time.ratio, "open": one.open, "overdue": one.overdue, "due_soon": one.due_soon,
        "no_due": one.no_due, "listed": one.listed, "extended": one.extended.part, "extensions": one.extension_count,
        "late_extended": one.late_extended, "due_changed": one.due_changed,
        "once_closed": one.reopened.of, "reopened": one.reopened.part, "recurred": one.recurred.part,
        "refused": one.refused, "no_steps": one.no_steps, "median_days": one.curve.median, "median_low": low,
        "median_high": high, **_mean(one),
    }  # fmt: skip


def _mean(one: Standing) -> dict[str, Any]:
    mean = one.mean
    return {
        "mean_within": one.mean_within, "mean_days": mean and mean.days, "mean_low": mean and mean.low,
        "mean_high": mean and mean.high,
    }  # fmt: skip


def bound_row(one: Standing) -> dict[str, Any]:
    bound = one.bound
    return {
        "group": one.group, "registered": one.registered, "closed": one.closed.part, "rate": one.closed.ratio,
        "once_closed": bound.closed, "checked": bound.checked, "false": bound.false, "came_back": bound.came_back,
        "bound": bound.upper, "bound_count": bound.upper_count, "confidence": bound.confidence,
        "chosen": bound.chosen, "chosen_false": bound.chosen_false, "known_false": bound.known_false,
    }  # fmt: skip


def list_columns() -> tuple[str, ...]:
    return (*Hazard._fields, "days_left", "came_back_as")


def list_row(facts: Facts, one: Hazard) -> dict[str, Any]:
    left = None if one.is_closed or one.due_on is None else (one.due_on - facts.asked.as_of).days
    return one._asdict() | {"days_left": left, "came_back_as": facts.recurred.get(one.hazard_no)}


# --- as text -----------------------------------------------------------------------------------------------
def head(name: str, lang: str) -> str:
    """A column in words: ours, or the dictionary's."""
    if name in _HEADS:
        return _HEADS[name][lang == "en"]
    column = dictionary()[name]
    return column.zh if lang == "zh" else column.en or name.removesuffix(f"_{column.unit}").replace("_", " ")


def _named(row: dict[str, Any], one: Standing, lang: str) -> dict[str, Any]:
    """A group with its words, shares as per cent and days with their interval."""
    words = _WORDS[lang]
    told = row | {"group": words["all"] if one.group == "" else _group_word(one.group, lang)}
    for share in ("rate", "reported_rate", "on_time_rate", "bound"):
        if share in row:
            told[share] = "–" if row[share] is None else f"{percent(row[share])} %"
    told |= {
        part: _parts(rate)
        for part, rate in (("extended", one.extended), ("reopened", one.reopened), ("recurred", one.recurred))
        if part in row
    }
    if "median_days" in row:
        told["median_days"] = _interval(row["median_days"], row["median_low"], row["median_high"])
        told["mean_days"] = _interval(row["mean_days"], row["mean_low"], row["mean_high"])
    return told


def _group_word(group: str | None, lang: str) -> str:
    """A group's name; hazards that do not tell theirs are no total."""
    return _WORDS[lang]["not_told"] if group is None else terms.word(terms.CATEGORIES | terms.GRADES, group, lang)


def _parts(rate: Rate) -> str:
    return f"{rate.part:,} / {rate.of:,}"


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "–"
    ends = ", ".join("–" if end is None else f"{end:.3g}" for end in (low, high))
    return f"{value:.3g} ({ends})"


def _worded(row: dict[str, Any], lang: str) -> dict[str, Any]:
    """Codes and flags of a row in words."""

    def word(name: str, value: Any) -> Any:
        if isinstance(value, bool):
            return _WORDS[lang]["yes" if value else "no"]
        return terms.word(_CODES[name], value, lang) if name in _CODES else value

    return {name: word(name, value) for name, value in row.items()}


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=220)


def _table(
    title: str, rows: list[dict[str, Any]], columns: Sequence[str], lang: str, asked: Asked, source: Source
) -> None:
    words, console = _WORDS[lang], _console()
    of = known_on.words(**known_on.told(source), lang=lang)
    told = title.format(first=asked.first, last=asked.last, as_of=asked.as_of, source=of)
    if not rows:
        for line in (told, words["nothing"]):
            console.print(line, highlight=False, markup=False)
        return
    table = Table(title=told, title_justify="left")
    for name in columns:
        is_number = any(isinstance(row[name], (int, float)) for row in rows)
        table.add_column(head(name, lang), justify="right" if is_number else "left", overflow="fold")
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*[Text(_cell(row[name])) for name in columns])
    console.print(table)
    if len(rows) > SHOWN_ROWS:
        console.print(words["more"].format(shown=SHOWN_ROWS, all=f"{len(rows):,}"), highlight=False)


def _cell(value: Any) -> str:
    from etl.deliveries import shown

    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}" if isinstance(value, float) else shown(str(value))


def _say_notes(facts: Facts, source: Source, lang: str, *names: str) -> None:
    words, console = _WORDS[lang], _console()
    lines = [words[name] for name in names]
    until = last_day(source.manifest)
    if until is not None and until < facts.asked.as_of:
        lines.append(words["until"].format(until=until, as_of=facts.asked.as_of))
    for line in [*lines, *parameter_lines(facts.told.values(), lang)]:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


# --- as files ----------------------------------------------------------------------------------------------
def _document(source: Source, asked: Asked, facts: Facts) -> dict[str, Any]:
    return {**vars(asked), **known_on.told(source), "data_until": source.manifest["data_until"],
            "thresholds": [vars(one) for one in facts.told.values()]}  # fmt: skip


def _write_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def _write_csv(source: Source, rows: list[dict[str, Any]], columns: list[str] | None = None) -> None:
    """One line a row. What was known on a night says so in each."""
    by = known_on.column(source)
    names = columns or (list(rows[0]) if rows else [])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*names, *by])
    for row in rows:
        writer.writerow([*(_inert(row[name]) for name in names), *by.values()])


def _with_untold(rows: list[dict[str, Any]], lang: str) -> list[dict[str, Any]]:
    """Groups with the one that is not told named: an empty cell is the total."""
    return [row | {"group": _WORDS[lang]["not_told"]} if row["group"] is None else row for row in rows]


def _inert(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula begins with an apostrophe."""
    return safe(value) if isinstance(value, str) else "" if value is None else value
