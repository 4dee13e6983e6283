"""Files of the ranking: every unit with its place, what each part gives or takes, measures and suggestions, and what
they are. The same choice as the page; no file holds an enterprise's credit code, which may lead to a person. A file is
complete or refused with the reason."""

from collections.abc import Iterator
from typing import Any

import flask
from werkzeug.exceptions import BadRequest

from dashboards import controls, exports, queries, ranking_facts, shell, xlsx
from dashboards import format as fmt
from dashboards.pages.ranking import HERE, cadence_words, of_unit, unit_name
from dashboards.ranking_facts import Choice
from dashboards.selection import Known
from dashboards.text import Text
from warehouse import score_terms, supervision_terms
from warehouse.score import Part, Unit
from warehouse.supervision import Number

routes = flask.Blueprint("ranking_export", __name__)
UNIT = (
    "place",
    "low",
    "high",
    "total",
    "weight",
    "group",
    "change",
    "change_low",
    "change_high",
    "change_told",
    "change_then",
    "change_now",
    "change_weight",
    "change_doubt",
    "gaps",
)
PART = ("part", "most", "sample", "of_what", "numerator", "denominator", "rate", "shrunk", "city_rate", "points",
        "against", "then_numerator", "then_denominator", "then_shrunk", "moved")  # fmt: skip
MEASURE = ("measure", "number", "taken", "toward", "unit", "hazard", "cause", "numbers", "due", "done", "state")
SUGGESTION = ("measure", "toward", "hazard", "rule", "numbers")
SHARES = ("weight", "rate", "shrunk", "city_rate", "then_shrunk", "change_weight")
DECIMALS = dict.fromkeys(
    ("total", "change", "change_low", "change_high", "change_then", "change_now"), 2
) | dict.fromkeys(("weight", "change_weight"), 4)
WIDE = {"gaps": 44, "part": 26, "cause": 24, "numbers": 60, "rule": 44, "unit": 30, "number": 24, "name": 26}


class Told:
    """The ranking an address asks for, as rows of each sheet."""

    def __init__(self, db: queries.Source, choice: Choice, known: Known) -> None:
        self.db, self.choice, self.known = db, choice, known
        self.ranking = ranking_facts.ranking(db, choice)

    def named(self, t: Text) -> list[str]:
        """Heads of the columns that name a unit."""
        home = [] if self.choice.of == "county" else [t("supervision.county")]
        return [t(of_unit("supervision.county", self.ranking)), *home]

    def name(self, one: Unit, t: Text) -> tuple[str, ...]:
        found = unit_name(one, self.ranking, self.known, t)
        if self.choice.of == "county":
            return (found,)
        registered = self.ranking.register.get(one.code)
        return found, controls.place_name(self.known, registered.county_code if registered else None, t)

    def units(self, t: Text) -> Iterator[tuple[Any, ...]]:
        for one in self.ranking.units:
            change: tuple[Any, ...] = (None,) * 8
            if (moved := one.change) is not None:
                is_told = t("word.yes" if moved.is_told else "word.no")
                doubt = moved.doubt and score_terms.doubt_words(moved.doubt, t.lang)
                change = moved.points, moved.low, moved.high, is_told, moved.then, moved.now, moved.weight, doubt
            gaps = t("availability.join").join(score_terms.gap_words(gap, t.lang) for gap in one.gaps)
            yield (
                *self.name(one, t), one.place, one.low, one.high, one.total, one.weight,
                score_terms.letters(one.groups) or None, *change, gaps or None,
            )  # fmt: skip

    def parts(self, t: Text) -> Iterator[tuple[Any, ...]]:
        """Every part of every unit; without points: no data, or too small a sample."""
        for one in self.ranking.units:
            for city in self.ranking.parts:
                part, rate = city.part, one.parts[city.part.name]
                then: tuple[Any, ...] = (None,) * 4
                if one.change is not None and (moved := one.change.parts.get(part.name)) is not None:
                    then = moved.numerator, moved.denominator, moved.shrunk, moved.points
                yield (
                    *self.name(one, t), score_terms.part_name(part.name, t.lang), part.weight, rate.sample,
                    t.pick(part.sample_zh, part.sample_en), rate.numerator, rate.denominator, rate.rate, rate.shrunk,
                    city.rate, rate.points, rate.against, *then,
                )  # fmt: skip

    def measures(self, t: Text) -> Iterator[tuple[Any, ...]]:
        for one, found in ranking_facts.every_measure(self.db, self.choice.as_of):
            toward = controls.place_name(self.known, one.county, t) if one.county else t("supervision.everybody")
            yield (
                t.pick(*supervision_terms.RUNGS[one.rung]), one.number, one.taken_on, toward, one.unit, one.hazard_no,
                supervision_terms.cause_words(one, t.lang), _numbers(found, t), one.due_on, one.done_on,
                supervision_terms.state_words(one, t.lang),
            )  # fmt: skip

    def suggestions(self, t: Text) -> Iterator[tuple[Any, ...]]:
        for one in ranking_facts.suggestions(self.db, self.choice):
            yield (
                t.pick(*supervision_terms.RUNGS[one.rung]), controls.place_name(self.known, one.county, t),
                one.hazard_no, supervision_terms.rule_words(one, t.lang), _numbers(one.numbers, t),
            )  # fmt: skip


def _numbers(found: tuple[Number, ...], t: Text) -> str:
    told = [supervision_terms.number_words(one, t.lang, fmt.day_range(one.first, one.last, t.lang)) for one in found]
    return t("availability.join").join(told) or t.pick(*supervision_terms.NO_NUMBERS)


def heads(names: tuple[str, ...], t: Text) -> list[str]:
    return [t(f"supervision.head.{name}") for name in names]


def _part(part: Part, t: Text) -> str:
    """Weight, meaning, direction, minimum sample and source of a part."""
    least = t("supervision.part.sample", count=part.sample_min, of=t.pick(part.sample_zh, part.sample_en))
    said = [f"{part.weight:g}", t.pick(part.zh, part.en), t(f"supervision.better.{part.better_way}"), least]
    return f"{' · '.join([*said, t.pick(part.citation_zh, part.citation_en)])} {exports.known_from(part.confidence, t)}"


def notes(told: Told, t: Text) -> list[tuple[str, str]]:
    choice, found = told.choice, told.ranking
    before = found.asked.before
    parts = [(score_terms.part_name(city.part.name, t.lang), _part(city.part, t)) for city in found.parts]
    limits = [exports.parameter_note(one, t) for one in found.parameters.values()]
    return [
        (t("export.title"), t(of_unit("supervision.table", choice))),
        (t("supervision.cadence"), f"{cadence_words(choice.cadence, t)} "
                                   f"{fmt.day_range(found.asked.first, choice.as_of, t.lang)}"),
        (t("supervision.change"), t("supervision.compared", span=fmt.day_range(before.first, before.as_of, t.lang))),
        (t("supervision.total"), f"{t('supervision.formula')}; {t('supervision.counts')}"),
        (t("explain.leaves_out"), t(of_unit("supervision.leaves_out", choice))),
        (t("supervision.interval"), t(of_unit("supervision.how", choice),
                                      confidence=fmt.share(found.parameters["score_confidence"].value))),
        *((t("supervision.gaps"), score_terms.gap_words(gap, t.lang)) for gap in found.gaps),
        *parts,
        *limits,
        (t("export.rows"), fmt.count(len(found.units))),
        *exports.made_of(told.db, HERE + choice.query(absolute=True), t, masked=None),
    ]  # fmt: skip


def _asked() -> tuple[Told, Text]:
    """The ranking the address asks for. A bad value is refused: a file must hold what its address says."""
    db, known = exports.served()
    choice, bad = ranking_facts.choice_of(flask.request.args.to_dict(), known)
    if bad:
        raise BadRequest(f"Not usable in the address: {', '.join(bad)}.")
    if not ranking_facts.is_built(db) or not ranking_facts.has_parts(db, choice):
        raise BadRequest("The snapshot was built by an older version and has no such ranking yet.")
    return Told(db, choice, known), shell.view_of(flask.request.args).text


def file_name(told: Told, t: Text, suffix: str) -> str:
    choice = told.choice
    what = f"{t(of_unit('supervision.table', choice))}_{cadence_words(choice.cadence, t)}"
    return f"{t('supervision.file')}_{what}_{choice.as_of:%Y%m%d}.{suffix}".replace(" ", "-")


@routes.get("/export/ranking.csv")
def ranking_csv() -> flask.Response:
    told, t = _asked()
    found = told.ranking.asked
    asked = (found.first, found.as_of, told.db.version)
    names = [*told.named(t), *heads(UNIT, t), t("supervision.head.first"), t("supervision.head.last"),
             t("export.snapshot")]  # fmt: skip
    decimals = [*(None for _ in told.named(t)), *(DECIMALS.get(name) for name in UNIT), *(None for _ in asked)]
    return exports.csv_answer(
        told.db, ((*row, *asked) for row in told.units(t)), names, decimals, file_name(told, t, "csv")
    )


@routes.get("/export/ranking.xlsx")
def ranking_xlsx() -> flask.Response:
    told, t = _asked()
    exports.refuse_too_many(len(told.ranking.units) * len(told.ranking.parts), t)
    named = told.named(t)

    def sheet(title: str, own: list[str], names: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> xlsx.Sheet:
        looks = {len(own) + at: xlsx.PERCENT for at, name in enumerate(names) if name in SHARES}
        widths = [*(WIDE["name"] for _ in own), *(WIDE.get(name, 14) for name in names)]
        return xlsx.Sheet(title, [*own, *heads(names, t)], rows, widths, looks)

    sheets = [
        sheet(t("export.sheet"), named, UNIT, told.units(t)),
        sheet(t("supervision.sheet.parts"), named, PART, told.parts(t)),
    ]
    if told.choice.of == "county":
        sheets += [
            sheet(t("supervision.ladder"), [], MEASURE, told.measures(t)),
            sheet(t("supervision.sheet.suggestions"), [], SUGGESTION, told.suggestions(t)),
        ]
    return exports.workbook_answer(
        told.db, [*sheets, exports.notes_sheet(notes(told, t), t)], file_name(told, t, "xlsx")
    )
