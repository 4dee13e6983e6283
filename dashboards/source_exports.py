"""Files of loading firms: every firm of the choice, how passages come to firms, the trips of the chosen firm, and what
they are. The same choice and masks as the page; a file is complete or refused with the reason."""

from collections.abc import Iterator
from typing import Any

import flask
from werkzeug.exceptions import BadRequest

from dashboards import controls, exports, queries, shell, source_facts, xlsx
from dashboards import format as fmt
from dashboards.pages.sources import name_of, tie_words
from dashboards.selection import Known
from dashboards.source_facts import HERE, Choice
from dashboards.text import Text
from warehouse.hazard_terms import word
from warehouse.source_terms import KINDS, LINKS, STANDINGS, TRACES

routes = flask.Blueprint("source_export", __name__)
FIRM = ("firm_no", "firm", "kind", "county", "uscc", "tonnage", "missing", "trips", "vehicles", "own_known", "own_over",
        "seen", "judged", "over", "rate", "low", "high", "standing", "other_mass", "excess_kg")  # fmt: skip
TRACE = ("trace", "findings")
TRIP = ("ticket_no", "left", "plate", "axles", "ticket_mass", "highest", "passed", "site", "gross", "limit",
        "excess_kg", "tie", "permitted", "record")  # fmt: skip
HEADS = {
    "firm": "sources.firm", "county": "filter.county", "trace": "sources.trace", "findings": "sources.findings",
    "left": "sources.left", "plate": "table.plate", "ticket_mass": "sources.ticket_mass", "highest": "sources.highest",
    "passed": "table.time", "site": "filter.site", "gross": "table.gross", "limit": "table.limit",
    "tie": "sources.tie",
}  # fmt: skip
WIDE = {"firm": 30, "uscc": 22, "missing": 26, "trace": 36, "tie": 30, "left": 20, "passed": 20, "record": 24}


class Answer:
    """What an address asks for, in the order of the page."""

    def __init__(self, db: queries.Source, choice: Choice, known: Known) -> None:
        self.db, self.choice, self.known = db, choice, known
        self.told = source_facts.told(db, choice.asked)
        self.firm = source_facts.firm_of(db, choice) if choice.firm else None

    def firms(self, t: Text) -> Iterator[tuple[Any, ...]]:
        for one in self.told.firms:
            own = one.told
            county = controls.place_name(self.known, one.county_code, t) if one.county_code else None
            missing = None
            if one.links_missing is not None and one.is_bound:
                missing = t("availability.join").join(word(LINKS, name, t.lang) for name in one.links_missing) or None
            yield (
                one.firm_no, name_of(one, t), word(KINDS, one.firm_kind, t.lang) or None, county, one.uscc,
                one.annual_tonnage_t, missing, own.trips, own.vehicles, own.own_known, own.own_over, own.seen,
                own.judged, own.over, own.rate, one.low, one.high, word(STANDINGS, one.standing, t.lang),
                own.other_mass, own.excess_kg,
            )  # fmt: skip

    def traces(self, t: Text) -> Iterator[tuple[Any, ...]]:
        return ((word(TRACES, name, t.lang), count) for name, count in self.told.traces.items())

    def trips(self, t: Text) -> Iterator[tuple[Any, ...]]:
        assert self.firm is not None
        for one in source_facts.trips(self.db, self.choice.asked, self.firm.firm_no):
            yield (
                one.ticket_no, one.left_at, one.plate_no, one.axle_count, one.loaded_mass_kg, one.highest_limit_kg,
                one.passed_at, one.site_code, one.gross_vehicle_weight_kg, one.limit_kg, one.excess_kg,
                tie_words(one, t), t("sources.yes" if one.is_permitted else "sources.no"), one.record_id,
            )  # fmt: skip

    def notes(self, t: Text) -> list[tuple[str, str]]:
        choice, told = self.choice, self.told
        return [
            (t("export.title"), t("nav.sources")),
            (t("filter.period"), fmt.day_range(told.asked.first, told.asked.last, t.lang)),
            (t("filter.county"), controls.county_words(choice.county, self.known, t)),
            *((t(f"sources.{name}"), f"{t(f'sources.{name}.says')} {t('explain.leaves_out')}{t('app.colon')}"
               f"{t(f'sources.{name}.leaves_out')}") for name in ("own", "rate", "links")),
            *(exports.parameter_note(one, t) for one in told.parameters.values()),
            (t("export.rows"), fmt.count(len(told.firms))),
            *exports.made_of(self.db, HERE + choice.query(absolute=True), t, masked="repeat.masked.why"),
        ]  # fmt: skip

    def file_name(self, t: Text, suffix: str) -> str:
        """源头企业_20261028-20261127_道县.xlsx: never a plate, a name or an id."""
        asked, choice = self.told.asked, self.choice
        place = "" if choice.county == "all" else "_" + controls.place_name(self.known, choice.county, t)
        return f"{t('nav.sources')}_{asked.first:%Y%m%d}-{asked.last:%Y%m%d}{place}.{suffix}".replace(" ", "-")


def heads(names: tuple[str, ...], t: Text) -> list[str]:
    return [t(HEADS.get(name, f"sources.head.{name}")) for name in names]


def _asked() -> tuple[Answer, Text]:
    """What the address asks for. A bad value is refused: a file must hold what its address says."""
    db, known = exports.served()
    if not source_facts.is_built(db):
        raise BadRequest("The snapshot was built by an older version and has no axles of tickets yet.")
    choice, bad = source_facts.choice_of(flask.request.args.to_dict(), known, db)
    if bad:
        raise BadRequest(f"Not usable in the address: {', '.join(bad)}.")
    return Answer(db, choice, known), shell.view_of(flask.request.args).text


@routes.get("/export/sources.csv")
def sources_csv() -> flask.Response:
    answer, t = _asked()
    asked = (answer.told.asked.first, answer.told.asked.last, answer.db.version)
    names = [*heads(FIRM, t), t("sources.head.first"), t("sources.head.last"), t("export.snapshot")]
    return exports.csv_answer(
        answer.db, ((*row, *asked) for row in answer.firms(t)), names, [None] * len(names), answer.file_name(t, "csv")
    )


@routes.get("/export/sources.xlsx")
def sources_xlsx() -> flask.Response:
    answer, t = _asked()
    listed = [(t("export.sheet"), FIRM, answer.firms(t)), (t("sources.sheet.traces"), TRACE, answer.traces(t))]
    if answer.firm is not None:
        trips = source_facts.trips(answer.db, answer.choice.asked, answer.firm.firm_no)
        exports.refuse_too_many(len(trips), t)
        listed.append((t("sources.trips"), TRIP, answer.trips(t)))
    sheets = [
        xlsx.Sheet(title, heads(names, t), rows, [WIDE.get(name, 13) for name in names], {})
        for title, names, rows in listed
    ]
    notes = exports.notes_sheet(answer.notes(t), t)
    return exports.workbook_answer(answer.db, [*sheets, notes], answer.file_name(t, "xlsx"))
