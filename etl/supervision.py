"""``heng supervision``: bulletins, interviews, listings and copies with their deadlines and the numbers behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import LANGUAGES, AsOf, County, Lang, county_names, day_of, day_or_last, known_county, need, one_of
from etl.output import FORMATS, say, write_csv, write_json
from warehouse import score, supervision
from warehouse.supervision import Behind, Measure, Suggestion
from warehouse.supervision_terms import NO_NUMBERS, RUNGS, cause_words, number_words, rule_words, span, state_words

if TYPE_CHECKING:
    from warehouse.dossier import Source

_WORDS = {
    "zh": {
        "title": "督办措施，截至 {as_of}，{source}",
        "suggested": "建议（须由人决定），截至 {as_of}，{source}",
        "rung": "措施", "number": "编号", "taken": "日期", "unit": "对象", "cause": "事由", "due": "期限",
        "done": "办结", "state": "状态", "behind": "所依据的数字", "rule": "规则", "hazard": "隐患",
        "nothing": "没有符合条件的措施。", "no_suggestion": "按规则没有建议。", "all": "全市",
        "how": "数字按今日口径对该单位当时的情形计算，并非随措施报送。约谈只有整改时限，是否整改没有来源报送。",
        "person": "建议由成文规则得出，参数均未核实；不会自动采取任何措施，{days} 天内已对县区采取的不再建议。",
    },
    "en": {
        "title": "Measures as of {as_of}, {source}",
        "suggested": "Suggested, for a person to decide, as of {as_of}, {source}",
        "rung": "measure", "number": "number", "taken": "day", "unit": "toward", "cause": "cause", "due": "last day",
        "done": "done", "state": "state", "behind": "numbers behind it", "rule": "rule", "hazard": "hazard",
        "nothing": "No measure answers these conditions.", "no_suggestion": "The rule suggests nothing.",
        "all": "all counties",
        "how": "Numbers are computed by the definitions of today for that unit at that time; they were not delivered "
        "with the measure. Of an interview only the day for correction is known; no feed tells whether it was met.",
        "person": "Suggestions follow a written rule whose parameters are unverified; nothing is done by itself, and "
        "what was done toward a county within {days} days is not suggested again.",
    },
}  # fmt: skip


def supervision_command(
    as_of: AsOf = None,
    county: County = None,
    rung: Annotated[str | None, typer.Option("--rung", help=f"{', '.join(supervision.RUNGS)}.")] = None,
    state: Annotated[str | None, typer.Option("--state", help=f"{', '.join(supervision.STATES)}.")] = None,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="What the written rule suggests instead; never done by itself.")
    ] = False,
    cadence: Annotated[
        str, typer.Option("--cadence", help=f"Period of the scores behind suggestions: {', '.join(score.CADENCES)}.")
    ] = supervision.CADENCE_OF_SCORE,
    known: known_on.KnownOn = None,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    lang: Lang = "en",
) -> None:
    """The ladder: bulletins, interviews, listings, copies to governments; deadlines, what is overdue, and why."""
    one_of("language", lang, LANGUAGES)
    one_of("format", form, FORMATS)
    one_of("measure", rung, supervision.RUNGS)
    one_of("state", state, supervision.STATES)
    one_of("cadence", cadence, tuple(score.CADENCES))
    from warehouse import connection
    from warehouse.known_answers import supervision_known_on

    served, day = connection.snapshot(), day_of(as_of) if as_of else None
    need(served, supervision.TABLES, "measures were told")
    known_county(served, county)
    with known_on.asked(known, supervision_known_on) as source:
        head = {"as_of": day_or_last(source, day), **known_on.told(source)}
        if suggest:
            suggested = [
                one
                for one in supervision.suggestions(source, head["as_of"], cadence)
                if county in (None, one.county) and rung in (None, one.rung)
            ]
            _tell_suggested(source, suggested, head | {"cadence": cadence}, form, lang)
            return
        behind = Behind(source, head["as_of"])
        told = [
            (one, behind.of(one))
            for one in supervision.measures(source, head["as_of"], county)
            if rung in (None, one.rung) and state in (None, one.state)
        ]
        if form == "json":
            rows = [asdict(one) | {"numbers": [asdict(number) for number in found]} for one, found in told]
            write_json(head | {"measures": rows})
        elif form == "csv":
            heads = [field.name for field in fields(Measure)]
            rows_of = [[*asdict(one).values(), _numbers(found, lang)] for one, found in told]
            _csv(source, [*heads, "numbers"], rows_of)
        else:
            _print(told, county_names(source, lang), head, lang)


def _csv(source: Source, heads: Sequence[str], rows: Sequence[list[Any]]) -> None:
    """Rows under their heads; what was known on a night says so by row."""
    by = known_on.column(source)
    write_csv([*heads, *by], [[*row, *by.values()] for row in rows])


def _tell_suggested(source: Source, suggested: list[Suggestion], head: dict[str, Any], form: str, lang: str) -> None:
    if form == "json":
        write_json(head | {"suggestions": [asdict(one) for one in suggested]})
        return
    heads = ["rung", "county", "rule", "hazard_no", "numbers"]
    if form == "csv":
        rows = [[one.rung, one.county, one.rule, one.hazard_no, _numbers(one.numbers, lang)] for one in suggested]
        _csv(source, heads, rows)
        return
    words = _WORDS[lang]
    table = Table(title=words["suggested"].format(**_named(head, lang)), title_justify="left")
    names = county_names(source, lang)
    for name in ("rung", "unit", "rule", "hazard", "behind"):
        table.add_column(words[name], overflow="fold")
    for one in suggested:
        table.add_row(
            RUNGS[one.rung][lang == "en"], Text(names[one.county]), Text(rule_words(one, lang)),
            Text(one.hazard_no or ""), Text(_numbers(one.numbers, lang)),
        )  # fmt: skip
    days = f"{Behind(source, head['as_of']).told['supervision_again_days'].value:g}"
    say(table if suggested else Text(words["no_suggestion"]), words["person"].format(days=days))


def _print(
    told: list[tuple[Measure, tuple[supervision.Number, ...]]], names: dict[str, str], head: dict[str, Any], lang: str
) -> None:
    words = _WORDS[lang]
    table = Table(title=words["title"].format(**_named(head, lang)), title_justify="left")
    for name in ("rung", "number", "taken", "unit", "cause", "due", "done", "state", "behind"):
        table.add_column(words[name], overflow="fold")
    for one, found in told:
        place = names.get(one.county, one.county) if one.county else words["all"]
        unit = f"{place} · {one.unit}" if one.unit and one.rung != "bulletin" else place
        table.add_row(
            RUNGS[one.rung][lang == "en"], Text(one.number), str(one.taken_on), Text(unit), cause_words(one, lang),
            str(one.due_on or ""), str(one.done_on or ""), state_words(one, lang), Text(_numbers(found, lang)),
        )  # fmt: skip
    say(table if told else Text(words["nothing"]), words["how"])


def _named(head: dict[str, Any], lang: str) -> dict[str, Any]:
    """The head of an answer in words."""
    return {"as_of": head["as_of"], "source": known_on.words(head["version"], head["known_on"], lang)}


def _numbers(found: tuple[supervision.Number, ...], lang: str) -> str:
    return "; ".join(number_words(one, lang, span(one)) for one in found) or NO_NUMBERS[lang == "en"]
