"""Files of the repeat lists: the list, every act that counts or does not with its reason, and what they are. The same
choice and masks as the page; a file is complete or refused with the reason."""

from collections.abc import Callable, Iterator
from typing import Any

import flask
from werkzeug.exceptions import BadRequest

from dashboards import controls, exports, repeat_queries, shell, xlsx
from dashboards import format as fmt
from dashboards.pages.repeat import low_words, name_of, tier_of
from dashboards.repeat_queries import Facts, choice_of
from dashboards.selection import ALL
from dashboards.text import Text
from warehouse import repeat
from warehouse import repeat_terms as terms
from warehouse.repeat import Judged, Standing

routes = flask.Blueprint("repeat_export", __name__)
_Of = Callable[[Standing, Facts, Text], Any]
_OfAct = Callable[[Judged, Text], Any]


def _yes(value: bool, t: Text) -> str:
    return t("word.yes" if value else "word.no")


SUBJECT: tuple[tuple[str, _Of], ...] = (
    ("repeat.subject", lambda one, facts, t: name_of(one, t)),
    ("repeat.count", lambda one, facts, t: one.count),
    ("repeat.fleet", lambda one, facts, t: one.fleet),
    ("repeat.share", lambda one, facts, t: one.ratio),
    ("repeat.tier", lambda one, facts, t: tier_of(facts, one, t)),
    ("repeat.low.one_away", lambda one, facts, t: _yes(one.is_one_away, t)),
    ("repeat.window", lambda one, facts, t: terms.WINDOW_TERMS[one.window].name(t.lang)),
    ("repeat.window.days", lambda one, facts, t: f"{one.window_first} – {one.window_last}"),
    ("repeat.no_first_issue", lambda one, facts, t: _yes(one.has_no_first_issue, t)),
    ("repeat.trigger", lambda one, facts, t: one.trigger_on),
    ("repeat.lapse", lambda one, facts, t: one.lapses_on),
    ("repeat.pending", lambda one, facts, t: one.pending),
    ("repeat.previous", lambda one, facts, t: one.previous_count),
)
ACT: tuple[tuple[str, _OfAct], ...] = (
    ("repeat.act", lambda judged, t: judged.act.violated_at),
    ("repeat.act.plate", lambda judged, t: repeat_queries.vehicle_of(judged)),
    ("repeat.case", lambda judged, t: judged.act.case_no),
    ("filter.site", lambda judged, t: judged.act.site_code),
    ("repeat.act.share", lambda judged, t: judged.act.excess_ratio),
    ("repeat.act.allowance", lambda judged, t: judged.act.allowance_kg),
    ("repeat.act.left", lambda judged, t: judged.act.excess_after_allowance_kg),
    ("repeat.act.share_after", lambda judged, t: judged.act.excess_ratio_after_allowance),
    ("repeat.act.filed", lambda judged, t: judged.act.filed_on),
    ("repeat.act.decided_on", lambda judged, t: judged.act.decided_on),
    ("repeat.act.does_count", lambda judged, t: _yes(judged.counts, t)),
    ("repeat.act.reason", lambda judged, t: terms.reason(judged, t.lang)),
    ("repeat.act.from", lambda judged, t: judged.counts_from),
    ("repeat.act.lapses", lambda judged, t: judged.lapses_on),
    ("vehicles.passage", lambda judged, t: judged.act.passage_record_id),
)
SHARES = ("repeat.share", "repeat.act.share", "repeat.act.share_after")
ASKED = (
    "repeat.as_of", "repeat.basis", "repeat.decisions", "filter.county", "repeat.low", "explain.thresholds",
    "export.snapshot",
)  # fmt: skip
"""What was asked, beside each row of the CSV, which has no sheet of notes."""


def conditions(facts: Facts, t: Text) -> list[tuple[str, str]]:
    """Window, basis, decisions and thresholds, each with how well it is known."""
    choice = facts.choice
    window, basis = terms.WINDOW_TERMS[choice.window], terms.BASIS_TERMS[choice.basis]
    lines = [
        (t(f"repeat.{kind}"), f"{term.name(t.lang)} · {term.says(t.lang)} {exports.known_from(term.confidence, t)}")
        for kind, term in (("window", window), ("basis", basis))
    ]
    lines.append((t("repeat.decisions"), f"{t(f'repeat.decisions.{choice.decisions}')} {exports.known_from('P', t)}"))
    told = (facts.told[name] for name in terms.parameters_of(choice.question))
    return [*lines, *(exports.parameter_note(one, t) for one in told)]


def asked_of(facts: Facts, t: Text) -> tuple[Any, ...]:
    used = (facts.told[name] for name in terms.parameters_of(facts.choice.question))
    thresholds = "; ".join(f"{one.name} = {one.amount} [{one.confidence}]" for one in used)
    choice = facts.choice
    basis = terms.BASIS_TERMS[choice.basis].name(t.lang)
    return (
        choice.as_of, basis, t(f"repeat.decisions.{choice.decisions}"), county_of(facts, t),
        low_words(facts, choice.low, t), thresholds, facts.db.version,
    )  # fmt: skip


def county_of(facts: Facts, t: Text) -> str:
    county = facts.choice.county
    return t("export.everything") if county == ALL else controls.place_name(facts.known, county, t)


def list_rows(facts: Facts, t: Text) -> Iterator[tuple[Any, ...]]:
    for _, one in facts.listed:
        yield tuple(cell(one, facts, t) for _, cell in SUBJECT)


def acts_of(one: Standing, facts: Facts) -> list[Judged]:
    """The acts of a subject; of an enterprise those last that only the register of vehicles ties to it."""
    return [*one.acts, *(Judged(act, terms.REGISTER_ONLY) for act in facts.register_only(one))]


def act_rows(facts: Facts, t: Text, more: tuple[Any, ...] = (), wide: bool = False) -> Iterator[tuple[Any, ...]]:
    """One row an act after its subject, or, ``wide``, after everything that is told of its subject."""
    for _, one in facts.listed:
        of_subject = tuple(cell(one, facts, t) for _, cell in (SUBJECT if wide else SUBJECT[:1]))
        for judged in acts_of(one, facts):
            yield (*of_subject, *(cell(judged, t) for _, cell in ACT), *more)


def notes(facts: Facts, t: Text) -> list[tuple[str, str]]:
    choice = facts.choice
    return [
        (t("export.title"), f"{t('repeat.title')} · {terms.SUBJECT_TERMS[choice.subject].name(t.lang)}"),
        (t("repeat.as_of"), fmt.day(choice.as_of, t.lang)),
        (t("filter.county"), county_of(facts, t)),
        (t("repeat.low"), low_words(facts, choice.low, t)),
        *([(t("explain.counts"), t("repeat.low.cases"))] if choice.low in repeat_queries.OF_CASES else []),
        *conditions(facts, t),
        (t("explain.leaves_out"), t("repeat.leaves_out")),
        (t("export.rows"), fmt.count(len(facts.listed))),
        *exports.made_of(facts.db, "/repeat" + choice.query(absolute=True), t, masked="repeat.masked.why"),
        (t("export.notes"), t("repeat.lead.facts").strip()),
    ]


def _asked() -> tuple[Facts, Text]:
    """The list the address asks for. A bad value is refused: a file must hold what its address says."""
    db, known = exports.served()
    if not repeat.is_built(db):
        raise BadRequest("The snapshot was built by an older version and holds no data of violations yet.")
    choice, bad = choice_of(flask.request.args.to_dict(), known, db)
    if bad:
        raise BadRequest(f"Not usable in the address: {', '.join(bad)}.")
    return Facts(db, choice, known), shell.view_of(flask.request.args).text


def file_name(facts: Facts, t: Text, suffix: str) -> str:
    """多次超限_车辆_近12个月_20261122.xlsx: never a plate, a name or an id."""
    choice = facts.choice
    what = f"{terms.SUBJECT_TERMS[choice.subject].name(t.lang)}_{terms.WINDOW_TERMS[choice.window].name(t.lang)}"
    return f"{t('repeat.file')}_{what}_{choice.as_of:%Y%m%d}.{suffix}".replace(" ", "-")


@routes.get("/export/repeat.csv")
def repeat_csv() -> flask.Response:
    facts, t = _asked()
    names = [*(key for key, _ in SUBJECT), *(key for key, _ in ACT), *ASKED]
    rows = act_rows(facts, t, asked_of(facts, t), wide=True)
    return exports.csv_answer(
        facts.db,
        rows,
        [t(name) for name in names],
        [4 if name in SHARES else None for name in names],
        file_name(facts, t, "csv"),
    )


@routes.get("/export/repeat.xlsx")
def repeat_xlsx() -> flask.Response:
    facts, t = _asked()
    exports.refuse_too_many(sum(len(acts_of(one, facts)) for _, one in facts.listed), t)
    of_list = [key for key, _ in SUBJECT]
    of_acts = [of_list[0], *(key for key, _ in ACT)]

    def looks(names: list[str]) -> dict[int, int]:
        return {at: xlsx.PERCENT for at, name in enumerate(names) if name in SHARES}

    wide = {"repeat.subject": 24, "repeat.window.days": 26, "repeat.case": 24, "repeat.act.reason": 30,
            "repeat.act": 19, "vehicles.passage": 22}  # fmt: skip
    sheets = [
        xlsx.Sheet(t("export.sheet"), [t(name) for name in of_list], list_rows(facts, t),
                   [wide.get(name, 14) for name in of_list], looks(of_list)),
        xlsx.Sheet(t("repeat.sheet.acts"), [t(name) for name in of_acts], act_rows(facts, t),
                   [wide.get(name, 14) for name in of_acts], looks(of_acts)),
        exports.notes_sheet(notes(facts, t), t),
    ]  # fmt: skip
    return exports.workbook_answer(facts.db, sheets, file_name(facts, t, "xlsx"))
