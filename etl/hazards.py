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
from etl.arguments import county_of, day_of
from etl.errors import HengError
from etl.known_on import KnownOn
from etl.report_card import UNVERIFIED
from warehouse import hazard_terms as terms
from warehouse.hazards import (
    CATEGORIES,
    GROUPS,
    LISTS,
    Asked,
    Facts,
    Hazard,
    Rate,
    Standing,
    ladder,
    listed,
    one_hazard,
    standings,
    works,
    year_before,
)
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
        "one": "隐患 {hazard_no}，截至 {as_of}，{source}", "group": "分组",
        "registered": "登记", "closed": "销号", "rate": "整改率", "reported_closed": "报送销号",
        "reported_rate": "报送整改率",
        "major_closed": "重大销号", "major": "重大", "on_time": "按期", "due": "到期", "on_time_rate": "按期整改率",
        "open": "未销号", "overdue": "逾期", "due_soon": "即将到期", "no_due": "无期限", "listed": "挂牌",
        "extended": "有延期", "late_extended": "逾期后延期", "due_changed": "清单改期",
        "reopened": "复发", "recurred": "同地复发", "refused": "未采纳环节", "median_days": "整改天数中位数",
        "mean_days": "限定平均天数", "checked": "随机复核", "false": "未消除", "bound": "虚假销号上限",
        "bound_count": "至多", "chosen": "指定复核", "chosen_false": "指定未消除", "known_false": "已知未消除",
        "came_back": "复发",
        "stock": "未销号、逾期、即将到期、无期限、挂牌按全部隐患计，不限登记日期；其余按同期登记的隐患计。",
        "cohort": "整改率 = 同期登记的隐患中已销号且其后无复发环节的 ÷ 同期登记数；分子都在分母之内，不会超过100%。",
        "reported": "报送整改率按县市区清单所报状态；差异见 heng hazards list --list differs。",
        "days": "天数按 Kaplan–Meier 估计，未销号的作截尾处理，不予剔除；括号内为区间。",
        "sample": "上限按随机抽取的复核计算（Clopper–Pearson）；没有复核即为100%。"
        "指定复核不推及其他销号；已知未消除的计入上限。",
        "unverified": "未核实", "nothing": "没有符合条件的隐患。",
        "more": "仅显示前 {shown} 行，共 {all} 行；全部用 --format csv。",
        "until": "数据截至 {until}，早于查询日 {as_of}：其后的环节尚未送达。", "all": "全部", "not_told": "未载明",
        "steps": "环节", "photos": "照片", "listings": "挂牌", "checks": "复核",
        "ladder": "挂牌督办", "works": "工程与计划",
        "yes": "是", "no": "否",
    },
    "en": {
        "title": "Hazards registered {first} to {last}, as of {as_of}, {source}",
        "one": "Hazard {hazard_no} as of {as_of}, {source}", "group": "group",
        "registered": "registered", "closed": "closed", "rate": "rate", "reported_closed": "reported closed",
        "reported_rate": "reported rate", "major_closed": "major closed", "major": "major", "on_time": "on time",
        "due": "due", "on_time_rate": "on-time rate", "open": "open",
        "overdue": "overdue", "due_soon": "due soon",
        "no_due": "no last day", "listed": "listed", "extended": "extended", "late_extended": "extended late",
        "due_changed": "day changed by list", "reopened": "reopened",
        "recurred": "came back", "refused": "refused steps", "median_days": "median days", "mean_days": "mean days",
        "checked": "checked by lot", "false": "not removed", "bound": "false closures at most",
        "bound_count": "so many", "chosen": "chosen checks", "chosen_false": "of these not removed",
        "known_false": "known not removed",
        "came_back": "came back",
        "stock": "Open, overdue, due soon, no last day and listed count every hazard, whenever it was registered; the "
        "rest is of the cohort.",
        "cohort": "Rate: of the hazards registered in the period those closed and not reopened, divided by all of "
        "them; what is above the line is below it, so it cannot exceed 100 %.",
        "reported": "The reported rate takes the counties' word; heng hazards list --list differs shows where steps "
        "do not bear it out.",
        "days": "Days by Kaplan–Meier: open hazards are censored, not left out; intervals in brackets.",
        "sample": "The bound rests on checks picked by lot (Clopper–Pearson) and is 100 % without any. Checks somebody "
        "chose say nothing of other closures; what either found false is within the bound.",
        "unverified": "unverified", "nothing": "No hazard answers these conditions.",
        "more": "The first {shown} of {all} rows; --format csv writes all.",
        "until": "Data end on {until}, before the day asked for, {as_of}: later steps are not in yet.", "all": "all",
        "not_told": "not told",
        "steps": "Steps", "photos": "Photos", "listings": "Listings", "checks": "Spot checks",
        "ladder": "Listings", "works": "Works against plan", "yes": "yes", "no": "no",
    },
}  # fmt: skip

AsOf = Annotated[str | None, typer.Option("--as-of", help="Day, YYYY-MM-DD; default: the last day of data.")]
First = Annotated[str | None, typer.Option("--from", help="First day of registration; default: a year before.")]
Last = Annotated[str | None, typer.Option("--to", help="Last day of registration; default: the day asked for.")]
County = Annotated[str | None, typer.Option("--county", help="County code.")]
Category = Annotated[str | None, typer.Option("--category", help=f"{', '.join(CATEGORIES)}.")]
Format = Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")]
Lang = Annotated[str, typer.Option("--lang", help="zh or en.")]


@app.command("rate")
def rate_command(
    as_of: AsOf = None,
    first: First = None,
    last: Last = None,
    county: County = None,
    category: Category = None,
    known: KnownOn = None,
    by: Annotated[str, typer.Option("--by", help=f"{', '.join(GROUPS)}.")] = "category",
    form: Format = "table",
    lang: Lang = "en",
) -> None:
    """Removal rates of one cohort, on time, overdue, days to close, and what came back; works and listings below."""
    if by not in GROUPS:
        raise HengError(f"Hazards are not grouped by {by!r}. Choose one of {', '.join(GROUPS)}.")
    with _asked(as_of, first, last, county, category, known, form, lang) as (source, asked):
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
            shown = ("registered", "closed", "rate", "reported_rate", "on_time_rate", "open", "overdue", "due_soon",
                     "no_due",
                     "listed", "extended", "late_extended", "due_changed", "reopened", "recurred",
                     "refused", "median_days", "mean_days")  # fmt: skip
            named = [_named(row, one, lang) for row, one in zip(rows, groups, strict=True)]
            _table(words["title"], named, ("group", *shown), lang, asked, source)
            _say_notes(facts, source, lang, "cohort", "reported", "stock", "days")
            _table(words["works"], _works_rows(source, asked, lang), None, lang, asked, source)
            rungs = [row | {"rung": terms.word(terms.RUNGS, row["rung"], lang)} for row in ladder(source, asked)]
            if standing := [row for row in rungs if row["delisted_on"] is None]:
                _table(words["ladder"], standing, None, lang, asked, source)


@app.command("list")
def list_command(
    which: Annotated[str, typer.Option("--list", help=f"{', '.join(LISTS)}.")] = "open",
    as_of: AsOf = None,
    first: First = None,
    last: Last = None,
    county: County = None,
    category: Category = None,
    known: KnownOn = None,
    form: Format = "table",
    lang: Lang = "en",
) -> None:
    """Hazards: open, overdue, due soon or listed ones of all; late, refused, differing ones … of the cohort."""
    if which not in LISTS:
        raise HengError(f"There is no list {which!r}. Choose one of {', '.join(LISTS)}.")
    with _asked(as_of, first, last, county, category, known, form, lang) as (source, asked):
        facts = Facts(source, asked)
        rows = [list_row(facts, one) for one in listed(facts, which)]
        if form == "csv":
            _write_csv(source, rows, list(list_columns()))
        elif form == "json":
            _write_json(_document(source, asked, facts) | {"list": which, "hazards": rows})
        else:
            shown = ("hazard_no", "county_code", "category", "grade", "place", "unit", "registered_on", "due_on",
                     "days_left", "state", "closed_on", "reported_state", "refused_count")  # fmt: skip
            title = f"{_WORDS[lang]['title']} · {terms.word(terms.LISTS, which, lang)}"
            _table(title, [_worded(row, lang) for row in rows], shown, lang, asked, source)
            _say_notes(facts, source, lang)


@app.command("show")
def show_command(
    hazard_no: str, as_of: AsOf = None, known: KnownOn = None, form: Format = "table", lang: Lang = "en"
) -> None:
    """One hazard: what it is, every step accepted or refused with its reason, photos, listings, spot checks."""
    with _asked(as_of, None, None, None, None, known, form, lang) as (source, asked):
        told = one_hazard(source, hazard_no, asked.as_of)
        if form == "json":
            _write_json({"as_of": asked.as_of, **known_on.told(source), **told})
            return
        if form == "csv":
            _write_csv(source, told["steps"])
            return
        words = _WORDS[lang]
        console = _console()
        shown = {
            "steps": ("step_no", "event_at", "state_before", "hazard_state", "is_accepted", "refusal", "rule_id",
                      "handling_unit", "officer_no", "new_due_on", "step_note"),
            "photos": ("photo_token", "photo_stage", "taken_at", "is_shared"),
            "listings": ("listing_no", "listed_on", "due_on", "rechecked_on", "delisted_on"),
            "checks": ("hazard_check_no", "checked_on", "is_random", "result", "handling_unit"),
        }  # fmt: skip
        of = known_on.words(**known_on.told(source), lang=lang)
        said = words["one"].format(hazard_no=hazard_no, as_of=asked.as_of, source=of)
        console.print(said, highlight=False, markup=False)
        for name, value in (told["hazard"] | told["list_row"]).items():
            console.print(f"{name}: {'' if value is None else value}", highlight=False, markup=False)
        for name, columns in shown.items():
            rows = [_worded(row, lang) for row in told[name]]
            if name == "steps":
                rows = [row | {"refusal": terms.word(terms.REFUSALS, row["refusal"], lang)} for row in rows]
            if rows:
                _table(words[name], rows, columns, lang, asked, source)


@app.command("bound")
def bound_command(
    as_of: AsOf = None,
    first: First = None,
    last: Last = None,
    county: County = None,
    category: Category = None,
    known: KnownOn = None,
    by: Annotated[str, typer.Option("--by", help=f"{', '.join(GROUPS)}.")] = "category",
    form: Format = "table",
    lang: Lang = "en",
) -> None:
    """How many closures may be false, by the spot checks picked by lot: the bound behind every 100 %."""
    if by not in GROUPS:
        raise HengError(f"Hazards are not grouped by {by!r}. Choose one of {', '.join(GROUPS)}.")
    with _asked(as_of, first, last, county, category, known, form, lang) as (source, asked):
        facts = Facts(source, asked)
        groups = standings(facts, by) + (standings(facts) if by != "all" else [])
        rows = [bound_row(one) for one in groups]
        if form == "csv":
            _write_csv(source, _with_untold(rows, lang))
        elif form == "json":
            _write_json(_document(source, asked, facts) | {"by": by, "bounds": rows})
        else:
            named = [_named(row, one, lang) for row, one in zip(rows, groups, strict=True)]
            _table(_WORDS[lang]["title"], named, tuple(rows[0]), lang, asked, source)
            _say_notes(facts, source, lang, "sample")


# --- what is asked ---------------------------------------------------------------------------------------
@contextmanager
def _asked(
    as_of: str | None, first: str | None, last: str | None, county: str | None, category: str | None,
    known: str | None, form: str, lang: str,
) -> Iterator[tuple[Source, Asked]]:  # fmt: skip
    """What a command asks and of what, to be read within the ``with`` block."""
    if lang not in _WORDS:
        raise HengError(f"There is no language {lang!r}. Choose zh or en.")
    if form not in FORMATS:
        raise HengError(f"There is no format {form!r}. Choose one of {', '.join(FORMATS)}.")
    from warehouse import connection
    from warehouse.known_answers import hazards_known_on

    if "core.hazard_life" not in connection.snapshot().manifest["columns"]:
        raise HengError("This version was built before hazards were judged. Run 'heng build'.")
    place = county_of(county)
    with known_on.asked(known, hazards_known_on) as source:
        day = day_of(as_of) if as_of else _until(source)
        if day is None:
            raise HengError("The published version has no day of data. Say one: --as-of YYYY-MM-DD.")
        begin = day_of(first) if first else year_before(day)
        yield source, Asked(day, begin, day_of(last) if last else day, place, category)


def _until(source: Source) -> date | None:
    told = source.manifest["data_until"]
    return date.fromisoformat(told) if told else None


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


def _works_rows(source: Source, asked: Asked, lang: str) -> list[dict[str, Any]]:
    return [
        row
        | {
            "works_kind": terms.word(terms.WORKS, row["works_kind"], lang),
            "works_unit": terms.word(terms.UNITS, row["works_unit"], lang),
        }
        for row in works(source, asked)
    ]


# --- as text -----------------------------------------------------------------------------------------------
def _named(row: dict[str, Any], one: Standing, lang: str) -> dict[str, Any]:
    """A group with its words, shares as per cent and days with their interval."""
    words = _WORDS[lang]
    told = row | {"group": words["all"] if one.group == "" else _group_word(one.group, lang)}
    for share in ("rate", "reported_rate", "on_time_rate", "bound"):
        if share in row:
            told[share] = "–" if row[share] is None else f"{row[share] * 100:.2f} %"
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
    """Codes of a row in words; lists show a closed hazard's days left as none."""
    told = dict(row)
    for name in ("state", "reported_state", "state_before", "state_after", "hazard_state", "previous_hazard_state"):
        if name in told:
            told[name] = terms.word(terms.STATES, told[name], lang)
    for name, words in (("category", terms.CATEGORIES), ("grade", terms.GRADES), ("result", terms.RESULTS)):
        if name in told:
            told[name] = terms.word(words, told[name], lang)
    return {
        name: _WORDS[lang]["yes" if value else "no"] if isinstance(value, bool) else value
        for name, value in told.items()
    }


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=220)


def _table(
    title: str, rows: list[dict[str, Any]], columns: Sequence[str] | None, lang: str, asked: Asked, source: Source
) -> None:
    words, console = _WORDS[lang], _console()
    of = known_on.words(**known_on.told(source), lang=lang)
    told = title.format(first=asked.first, last=asked.last, as_of=asked.as_of, source=of)
    if not rows:
        for line in (told, words["nothing"]):
            console.print(line, highlight=False, markup=False)
        return
    table = Table(title=told, title_justify="left")
    for name in columns or rows[0]:
        is_number = isinstance(rows[0][name], (int, float)) and not isinstance(rows[0][name], bool)
        table.add_column(words.get(name, name), justify="right" if is_number else "left", overflow="fold")
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*[Text(_cell(row[name])) for name in columns or rows[0]])
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
    until = _until(source)
    if until is not None and until < facts.asked.as_of:
        lines.append(words["until"].format(until=until, as_of=facts.asked.as_of))
    for one in facts.told.values():
        doubt = f" · {words['unverified']}" if one.confidence in UNVERIFIED else ""
        says, cited = (one.zh, one.citation_zh) if lang == "zh" else (one.en, one.citation_en)
        lines.append(f"{one.name} = {one.value:g} {one.unit}".strip() + f": {says}; {cited} [{one.confidence}]{doubt}")
    for line in lines:
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
