"""Files of hazards: the list that is shown, the rates of the groups, and what they are. The same choice as the page; a
file is complete or refused with the reason."""

from collections.abc import Iterator
from typing import Any

import flask
from werkzeug.exceptions import BadRequest

from dashboards import as_known, controls, exports, hazard_queries, shell, xlsx
from dashboards import format as fmt
from dashboards.hazard_queries import View, choice_of
from dashboards.pages.hazards import group_name
from dashboards.selection import ALL
from dashboards.text import Text
from dashboards.words import coded
from warehouse import hazard_terms as terms
from warehouse.hazards import Hazard, Standing

routes = flask.Blueprint("hazard_export", __name__)
LIST = (
    "no", "county", "category", "grade", "place", "unit", "registered_on", "due_on", "state", "closed_on",
    "reported_state", "reported_closed_on", "extensions", "reopened", "refused", "came_back", "shared", "record",
)  # fmt: skip
RATES = (
    "group", "registered", "closed", "rate", "reported_closed", "reported_rate", "due", "on_time", "on_time_rate",
    "open", "overdue", "due_soon", "no_due", "median", "checked", "not_removed", "bound",
)  # fmt: skip
SHARES = ("rate", "reported_rate", "on_time_rate", "bound")


def category(code: str | None, t: Text) -> str:
    return coded(terms.word(terms.CATEGORIES, code, t.lang), code)


def county(view: View, code: str | None, t: Text) -> str:
    return coded(controls.place_name(view.known, code, t), code)


def list_row(view: View, one: Hazard, t: Text) -> tuple[Any, ...]:
    state, reported = (coded(terms.word(terms.STATES, code, t.lang), code) for code in (one.state, one.reported_state))
    return (
        one.hazard_no, county(view, one.county_code, t), category(one.category, t),
        coded(terms.word(terms.GRADES, one.grade, t.lang), one.grade), one.place, one.unit, one.registered_on,
        one.due_on, state,
        one.closed_on, reported, one.reported_closed_on, one.extension_count, one.reopened_count, one.refused_count,
        view.facts.recurred.get(one.hazard_no), t("word.yes" if one.has_shared_photo else "word.no"), one.record_id,
    )  # fmt: skip


def rate_row(view: View, one: Standing, t: Text) -> tuple[Any, ...]:
    return (
        coded(group_name(view, one, t), one.group), one.registered, one.closed.part, one.closed.ratio,
        one.reported.part, one.reported.ratio, one.on_time.of, one.on_time.part, one.on_time.ratio, one.open,
        one.overdue, one.due_soon, one.no_due, one.curve.median, one.bound.checked, one.bound.false, one.bound.upper,
    )  # fmt: skip


def list_rows(view: View, t: Text) -> Iterator[tuple[Any, ...]]:
    for one in view.listed:
        yield list_row(view, one, t)


def rate_rows(view: View, t: Text) -> Iterator[tuple[Any, ...]]:
    for one in view.groups:
        yield rate_row(view, one, t)


def heads(names: tuple[str, ...], t: Text) -> list[str]:
    return [t(f"hazards.head.{name}") for name in names]


def notes(view: View, t: Text) -> list[tuple[str, str]]:
    choice, everything = view.choice, t("export.everything")
    thresholds = [exports.parameter_note(one, t) for one in view.facts.told.values()]
    return [
        (t("export.title"), f"{t('hazards.title')} · {terms.word(terms.LISTS, choice.show, t.lang)}"),
        (t("repeat.as_of"), fmt.day(choice.as_of, t.lang)),
        (t("hazards.cohort"), fmt.day_range(choice.asked.first, choice.asked.last, t.lang)),
        (t("hazards.category"), everything if choice.category == ALL else category(choice.category, t)),
        (t("hazards.county"), everything if choice.county == ALL else county(view, choice.county, t)),
        (t("hazards.enterprise"), everything if view.uscc is None else view.enterprises.get(view.uscc) or view.uscc),
        *((t(f"hazards.{name}"), t(f"hazards.{name}.how")) for name in ("rate", "on_time", "days", "bound")),
        *thresholds,
        (t("export.rows"), fmt.count(len(view.listed))),
        *exports.made_of(
            view.source, "/hazards" + choice.query(absolute=True), t, version=_source(view, t), masked=None
        ),
    ]


def _asked() -> tuple[View, Text]:
    """The list the address asks for. A bad value is refused: a file must hold what its address says."""
    db, known = exports.served()
    if not hazard_queries.is_built(db):
        raise BadRequest("The snapshot was built by an older version and judges no hazards yet.")
    choice, bad = choice_of(flask.request.args.to_dict(), known)
    if bad:
        raise BadRequest(f"Not usable in the address: {', '.join(bad)}.")
    with hazard_queries.view(db, choice, known) as view:  # the rows are read at once
        if view.uscc == "":
            raise BadRequest("Not usable in the address: enterprise.")
        return view, shell.view_of(flask.request.args).text


def _source(view: View, t: Text) -> str:
    """The number of the version or, of a night, that it was known then."""
    return str(view.db.version) if view.choice.known_on is None else as_known.words(view.source, t)


def file_name(view: View, t: Text, suffix: str) -> str:
    show = terms.word(terms.LISTS, view.choice.show, t.lang)
    night = "" if view.choice.known_on is None else f"_{t('known.file')}{view.choice.known_on:%Y%m%d}"
    return f"{t('hazards.file')}_{show}_{view.choice.as_of:%Y%m%d}{night}.{suffix}".replace(" ", "-")


@routes.get("/export/hazards.csv")
def hazards_csv() -> flask.Response:
    view, t = _asked()
    names = [*heads(LIST, t), t("repeat.as_of"), t("export.snapshot")]
    rows = ((*row, view.choice.as_of, _source(view, t)) for row in list_rows(view, t))
    return exports.csv_answer(view.db, rows, names, [None] * len(names), file_name(view, t, "csv"))


@routes.get("/export/hazards.xlsx")
def hazards_xlsx() -> flask.Response:
    view, t = _asked()
    exports.refuse_too_many(len(view.listed), t)
    wide = {"no": 26, "place": 24, "unit": 28, "record": 26, "group": 22}
    looks = {at: xlsx.PERCENT for at, name in enumerate(RATES) if name in SHARES}
    sheets = [
        xlsx.Sheet(t("export.sheet"), heads(LIST, t), list_rows(view, t), [wide.get(name, 14) for name in LIST], {}),
        xlsx.Sheet(
            t("hazards.groups"), heads(RATES, t), rate_rows(view, t), [wide.get(name, 14) for name in RATES], looks
        ),
        exports.notes_sheet(notes(view, t), t),
    ]
    return exports.workbook_answer(view.db, sheets, file_name(view, t, "xlsx"))
