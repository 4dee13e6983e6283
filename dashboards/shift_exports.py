"""Files of the shift sheet: every block of hours, the vehicles, what they are; and the sheet itself as one file that
needs no network. The same choice and masks as the page; a file is complete or refused with the reason."""

import io
from collections.abc import Iterator
from typing import Any

import flask
from werkzeug.exceptions import BadRequest

from dashboards import controls, exports, shell, shift_facts, xlsx
from dashboards import format as fmt
from dashboards.selection import ALL, Known
from dashboards.shift_facts import HERE, Choice
from dashboards.text import Text
from warehouse import shift_file, shift_text

routes = flask.Blueprint("shift_export", __name__)
LIST = ("site", "county", "road", "first", "until", "expected", "low", "high", "found", "days", "notes")
WATCH = ("plate", "why", "acts", "unpaid", "passages", "last", "last_site", "usual")
WIDE = {"county": 18, "road": 20, "notes": 30, "plate": 14, "why": 34, "last": 20, "usual": 44}


class Told:
    """The sheet an address asks for."""

    def __init__(self, db: Any, choice: Choice, known: Known, t: Text) -> None:
        self.db, self.choice, self.known = db, choice, known
        self.facts = shift_facts.document(db, choice.asked, None)
        self.w = shift_text.Words(t.lang)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        for site in self.facts["sites"]:
            county = shift_text.county(self.facts, site["county_code"], self.w) if site["county_code"] else None
            notes = self.w("list").join(shift_text.doubts(site, self.w)) or None
            for one in site["blocks"]:
                yield (
                    site["site_code"], county, shift_text.road(site) or None, one["first_hour"], one["until_hour"],
                    one["expected"], one["low"], one["high"], one["found"], one["days"], notes,
                )  # fmt: skip

    def vehicles(self) -> Iterator[tuple[Any, ...]]:
        for one in self.facts["watch"]["vehicles"]:
            yield (
                one["plate"], shift_text.reasons(one, self.w), one["acts"], one["unpaid"], one["passages"],
                one["last_at"], one["last_site"], self.w("list").join(shift_text.usual(one, self.w)),
            )  # fmt: skip

    @property
    def count(self) -> int:
        return sum(len(site["blocks"]) for site in self.facts["sites"])


def heads(names: tuple[str, ...], t: Text) -> list[str]:
    return [t(f"shift.head.{name}") for name in names]


def notes(told: Told, t: Text) -> list[tuple[str, str]]:
    choice, facts, w = told.choice, told.facts, told.w
    return [
        (t("export.title"), t("shift.title")),
        (t("shift.on"), fmt.day(choice.on, t.lang)),
        (t("filter.county"), controls.county_words(choice.county, told.known, t)),
        (t("explain.counts"), shift_text.basis(facts, w)),
        (t("shift.tested"), shift_text.tested(facts, w)),
        (t("shift.not"), w("decides.not")),
        (w("watch"), f"{shift_text.watch_line(facts, w)} {w('watch.reason')}"),
        *(exports.parameter_note(one, t) for one in shift_facts.parameters(told.db, choice.asked)),
        (t("export.rows"), fmt.count(told.count)),
        *exports.made_of(told.db, HERE + choice.query(absolute=True), t, masked="repeat.masked.why"),
    ]  # fmt: skip


def _asked() -> tuple[Told, Text]:
    """The sheet the address asks for. A bad value is refused: a file must hold what its address says."""
    db, known = exports.served()
    if not shift_facts.is_built(db):
        raise BadRequest("The snapshot was built by an older version and has no parameters of shift sheets yet.")
    choice, bad = shift_facts.choice_of(flask.request.args.to_dict(), known, db)
    if bad:
        raise BadRequest(f"Not usable in the address: {', '.join(bad)}.")
    t = shell.view_of(flask.request.args).text
    return Told(db, choice, known, t), t


def file_name(told: Told, t: Text, suffix: str) -> str:
    """值勤单_20261123_道县.html: never a plate, a name or an id."""
    choice = told.choice
    place = "" if choice.county == ALL else "_" + controls.place_name(told.known, choice.county, t)
    return f"{t('shift.title')}_{choice.on:%Y%m%d}{place}.{suffix}".replace(" ", "-")


@routes.get("/export/shift.csv")
def shift_csv() -> flask.Response:
    told, t = _asked()
    asked = (told.choice.on, told.choice.asked.as_of, told.db.version)
    names = [*heads(LIST, t), t("shift.on"), t("repeat.as_of"), t("export.snapshot")]
    places = [3 if name == "expected" else None for name in LIST] + [None] * 3
    return exports.csv_answer(
        told.db, ((*row, *asked) for row in told.rows()), names, places, file_name(told, t, "csv")
    )


@routes.get("/export/shift.xlsx")
def shift_xlsx() -> flask.Response:
    told, t = _asked()
    exports.refuse_too_many(told.count, t)
    sheets = [
        xlsx.Sheet(title, heads(names, t), rows, [WIDE.get(name, 11) for name in names], {})
        for title, names, rows in (
            (t("export.sheet"), LIST, told.rows()), (told.w("watch"), WATCH, told.vehicles()),
        )
    ]  # fmt: skip
    return exports.workbook_answer(
        told.db, [*sheets, exports.notes_sheet(notes(told, t), t)], file_name(told, t, "xlsx")
    )


@routes.get("/export/shift.html")
def shift_html() -> flask.Response:
    """The sheet as the page has it, in the reader's language, to be kept on a phone or printed."""
    told, t = _asked()
    facts = shift_facts.document(told.db, told.choice.asked)
    data = shift_file.html(facts, t.lang)
    rows = told.count + len(facts["watch"]["vehicles"])
    headers = exports.download(file_name(told, t, "html"), "text/html; charset=utf-8")
    return exports.file_answer(told.db, io.BytesIO(data), rows, headers)
