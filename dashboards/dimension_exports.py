"""Files of the passages beyond a dimension: each row with its limits, rule and permit, and what they are. The same
choice and masks as the page of fates; a file is complete or refused with the reason."""

from collections.abc import Iterator
from typing import Any

import flask
from werkzeug.exceptions import BadRequest

from dashboards import controls, exports, finding_facts, queries, shell, xlsx
from dashboards import format as fmt
from dashboards.dimension_card import HERE, is_unread, name_of
from dashboards.finding_facts import Choice, choice_of
from dashboards.selection import ALL, Known, from_url
from dashboards.text import Text
from warehouse import dimensions

routes = flask.Blueprint("dimension_export", __name__)
FIELDS = (
    "record_id", "passed_at", "plate_no", "site_code", "county_code", "axle_count", "dimension", "measured_mm",
    "limit_mm", "limit_high_mm", "excess_mm", "standing", "rule_id", "rule_from", "citation", "high_rule_id",
    "is_unverified", "permit_no", "permitted_mm", "case_no",
)  # fmt: skip
"""Columns of the file."""
OWN_HEADS = {
    "dimension": "dimension.head.dimension", "standing": "dimension.head.standing",
    "rule_from": "dimension.head.rule_from", "citation": "dimension.head.citation",
    "high_rule_id": "dimension.head.high_rule_id", "is_unverified": "dimension.head.is_unverified",
    "case_no": "dimension.head.case_no",
}  # fmt: skip
WIDE = {"record_id": 22, "passed_at": 19, "standing": 26, "citation": 40, "case_no": 24}


def _heads(t: Text) -> list[str]:
    return [t(OWN_HEADS[name]) if name in OWN_HEADS else exports.heading(name, t) for name in FIELDS]


def file_rows(db: queries.Source, choice: Choice, known: Known, t: Text) -> Iterator[tuple[Any, ...]]:
    for part in dimensions.all_rows(db, finding_facts.dimensions_asked(db, choice), plate=queries.PLATE):
        for row in part.itertuples():
            told: dict[str, Any] = {
                "county_code": controls.place_name(known, row.county_code, t),
                "passed_at": row.passed_at.to_pydatetime(),
                "dimension": name_of(str(row.dimension), t), "standing": name_of(str(row.standing), t),
                "rule_from": None if fmt.missing(row.rule_valid_from) else fmt.as_date(row.rule_valid_from),
                "citation": t.pick(row.citation_zh, row.citation_en),
                "is_unverified": t("word.yes" if is_unread(row) else "word.no"),
            }  # fmt: skip
            cells = (told[name] if name in told else getattr(row, name) for name in FIELDS)
            yield tuple(None if fmt.missing(cell) else _plain(cell) for cell in cells)


def _plain(cell: Any) -> Any:
    """A number as Python has it: whole millimetres and axles."""
    return int(cell) if isinstance(cell, float) or hasattr(cell, "dtype") else cell


def _notes(db: queries.Source, choice: Choice, known: Known, count: int, t: Text) -> list[tuple[str, str]]:
    selection, everything = choice.selection, t("export.everything")
    county = everything if selection.county == ALL else controls.place_name(known, selection.county, t)
    rules = [
        (rule["rule_id"], f"{t.pick(rule['zh'], rule['en'])} {rule['limit_mm']:,} mm · "
         f"{t.pick(rule['citation_zh'], rule['citation_en'])} [{rule['confidence']}]")
        for rule in finding_facts.dimension_rules(db, choice)
    ]  # fmt: skip
    return [
        (t("export.title"), t("dimension.title")),
        (t("filter.period"), fmt.day_range(selection.start, selection.end, t.lang)),
        (t("filter.county"), county),
        (t("filter.site"), everything if selection.site == ALL else selection.site),
        (t("dimension.head.standing"), everything if choice.standing is None else name_of(choice.standing, t)),
        (t("dimension.head.dimension"), everything if choice.dimension is None else name_of(choice.dimension, t)),
        (t("explain.counts"), t("dimension.says")),
        (t("explain.leaves_out"), t("dimension.leaves_out")),
        *rules,
        (t("export.rows"), fmt.count(count)),
        *exports.made_of(db, HERE + choice.query(absolute=True), t),
    ]


def _asked() -> tuple[queries.Source, Choice, Known, Text]:
    """The choice of the address. A bad value is refused: a file must hold what its address says."""
    db = queries.source()
    known = queries.known(db)
    if known is None or not finding_facts.is_built(db):
        raise BadRequest("The snapshot holds no findings yet.")
    args = flask.request.args.to_dict()
    selection, bad = from_url(args, known)
    choice = choice_of(selection, args, bad)
    if bad or selection.left_out:
        raise BadRequest(f"Not usable in the address: {', '.join(bad) or 'site'}.")
    return db, choice, known, shell.view_of(flask.request.args).text


def _name(choice: Choice, t: Text, suffix: str) -> str:
    days = f"{choice.selection.start:%Y%m%d}-{choice.selection.end:%Y%m%d}"
    return f"{t('dimension.file')}_{days}.{suffix}".replace(" ", "-")


@routes.get("/export/dimensions.csv")
def dimensions_csv() -> flask.Response:
    db, choice, known, t = _asked()
    return exports.csv_answer(
        db, file_rows(db, choice, known, t), _heads(t), [None] * len(FIELDS), _name(choice, t, "csv")
    )


@routes.get("/export/dimensions.xlsx")
def dimensions_xlsx() -> flask.Response:
    db, choice, known, t = _asked()
    rows = list(file_rows(db, choice, known, t))
    exports.refuse_too_many(len(rows), t)
    widths = [WIDE.get(name, 14) for name in FIELDS]
    looks = {at: xlsx.WHOLE for at, name in enumerate(FIELDS) if name.endswith("_mm") or name == "axle_count"}
    sheets = [
        xlsx.Sheet(t("export.sheet"), _heads(t), iter(rows), widths, looks),
        exports.notes_sheet(_notes(db, choice, known, len(rows), t), t),
    ]
    return exports.workbook_answer(db, sheets, _name(choice, t, "xlsx"))
