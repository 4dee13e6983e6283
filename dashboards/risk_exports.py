"""Files of the risk list: everybody with a rank and every score, what the scores were worth, and what they are. The
same choice and masks as the page; a file is complete or refused with the reason."""

from collections.abc import Iterator
from typing import Any

import flask
from werkzeug.exceptions import BadRequest

from dashboards import exports, risk_facts, shell, xlsx
from dashboards import format as fmt
from dashboards.pages.risk import HERE
from dashboards.risk_facts import Choice, Facts, choice_of, name_of, who
from dashboards.text import Text
from warehouse.risk import RANKINGS, is_built, parameters_of

routes = flask.Blueprint("risk_export", __name__)
LIST = ("rank", "who", "kind", "checks", "events", "chance", "model", "low", "high", "sms", "ocrs", "ocrs_band", "eu",
        "eu_band")  # fmt: skip
TOP = ("ranking", "size", "hits", "precision", "low", "high", "lift")
BIN = ("subjects", "told", "observed", "low", "high", "is_within", "expected_events", "event_count")
SHARES = ("chance", "model", "low", "high", "precision", "told", "observed")
DECIMALS = dict.fromkeys(("chance", "model", "low", "high", "sms", "ocrs", "eu"), 4)


def list_rows(facts: Facts, t: Text) -> Iterator[tuple[Any, ...]]:
    """In the order of the page; who has too little data has no rank and no line."""
    for rank, place in enumerate(facts.order, 1):
        one = facts.everybody.at(place)
        score, band = one.scores, {name: name_of(told, t) for name, told in one.bands.items()}
        yield (
            rank, who(one, t), name_of(one.kind, t), one.check_count, one.event_count, score["chance"], score["model"],
            one.low, one.high, score["sms"], score["ocrs"], band.get("ocrs"), score["eu"], band.get("eu"),
        )  # fmt: skip


def top_rows(facts: Facts, t: Text) -> Iterator[tuple[Any, ...]]:
    for one in [] if facts.tested is None else facts.tested.tops:
        yield name_of(one.ranking, t), one.size, one.hits, one.precision, one.low, one.high, one.lift


def bin_rows(facts: Facts, t: Text) -> Iterator[tuple[Any, ...]]:
    for one in [] if facts.tested is None else facts.tested.bins:
        yield (
            one.size, one.chance, one.observed, one.low, one.high, t("word.yes" if one.is_within else "word.no"),
            one.expected_events, one.event_count,
        )  # fmt: skip


def heads(names: tuple[str, ...], t: Text) -> list[str]:
    return [name_of(name, t) if name in RANKINGS else t(f"risk.column.{name}") for name in names]


def notes(facts: Facts, t: Text) -> list[tuple[str, str]]:
    choice, told = facts.choice, facts.everybody
    used = dict.fromkeys(parameter for name in RANKINGS for parameter in parameters_of(name))
    limits = [told.rules.told[name] for name in used]
    return [
        (t("export.title"), t("risk.title")),
        (t("repeat.as_of"), fmt.day(choice.as_of, t.lang)),
        (t("repeat.subject"), name_of(choice.subject, t)),
        (t("risk.by"), name_of(choice.by, t)),
        (t("explain.counts"), t("risk.lead.look").strip()),
        *((name_of(name, t), t(f"risk.says.{name}")) for name in RANKINGS),
        (t("explain.leaves_out"), t("risk.leaves_out")),
        *([(t("risk.column.interval"), t("risk.too_narrow"))] if choice.subject == "enterprise" else []),
        *_tested(facts, t),
        *(exports.parameter_note(one, t) for one in limits),
        (t("export.rows"), fmt.count(told.ranked_count)),
        *exports.made_of(facts.db, HERE + choice.query(absolute=True), t),
    ]  # fmt: skip


def _tested(facts: Facts, t: Text) -> list[tuple[str, str]]:
    tested = facts.tested
    if tested is None:
        return [(t("risk.tested"), t("risk.tested.none"))]
    return [
        (t("risk.tested"), risk_facts.tested_words(tested, t)),
        (name_of("random", t), risk_facts.band_words(tested, t)),
        (t("risk.bins"), t("risk.bins.how", share=f"{tested.confidence:.0%}")),
    ]


def _asked() -> tuple[Facts, Text]:
    """The list the address asks for. A bad value is refused: a file must hold what its address says."""
    db, known = exports.served()
    if not is_built(db):
        raise BadRequest("The snapshot was built by an older version and tells no scores yet.")
    choice, bad = choice_of(flask.request.args.to_dict(), known)
    if bad:
        raise BadRequest(f"Not usable in the address: {', '.join(bad)}.")
    return Facts(db, choice), shell.view_of(flask.request.args).text


def file_name(choice: Choice, t: Text, suffix: str) -> str:
    """先看谁_车辆_再次超限概率_20261122.xlsx: never a plate, a name or an id."""
    what = f"{name_of(choice.subject, t)}_{name_of(choice.by, t)}"
    return f"{t('risk.file')}_{what}_{choice.as_of:%Y%m%d}.{suffix}".replace(" ", "-")


@routes.get("/export/risk.csv")
def risk_csv() -> flask.Response:
    facts, t = _asked()
    asked = (facts.choice.as_of, name_of(facts.choice.by, t), facts.db.version)
    names = [*heads(LIST, t), t("repeat.as_of"), t("risk.by"), t("export.snapshot")]
    decimals = [*(DECIMALS.get(name) for name in LIST), *(None for _ in asked)]
    return exports.csv_answer(
        facts.db, ((*row, *asked) for row in list_rows(facts, t)), names, decimals, file_name(facts.choice, t, "csv")
    )


@routes.get("/export/risk.xlsx")
def risk_xlsx() -> flask.Response:
    facts, t = _asked()
    exports.refuse_too_many(facts.everybody.ranked_count, t)

    def sheet(title: str, names: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> xlsx.Sheet:
        looks = {at: xlsx.PERCENT for at, name in enumerate(names) if name in SHARES}
        widths = [26 if name in ("who", "ranking") else 14 for name in names]
        return xlsx.Sheet(title, heads(names, t), rows, widths, looks)

    sheets = [
        sheet(t("export.sheet"), LIST, list_rows(facts, t)),
        sheet(t("risk.tested"), TOP, top_rows(facts, t)),
        sheet(t("risk.sheet.bins"), BIN, bin_rows(facts, t)),
        exports.notes_sheet(notes(facts, t), t),
    ]
    return exports.workbook_answer(facts.db, sheets, file_name(facts.choice, t, "xlsx"))
