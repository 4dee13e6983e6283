"""Files of cases: every row of the choice. Cases with what belongs to each, deadlines, what was decided against what
the articles allow, or steps that had no effect. The same choice and masks as the page; a file is complete or refused
with the reason."""

from collections.abc import Iterator
from typing import Any

import flask
from werkzeug.exceptions import BadRequest

from dashboards import as_known, case_facts, controls, exports, queries, shell, xlsx
from dashboards import format as fmt
from dashboards.case_facts import Choice, choice_of
from dashboards.pages.penalties import kind_words, rows_words
from dashboards.selection import ALL, Known
from dashboards.text import Text
from dashboards.words import coded
from warehouse import case_terms as terms
from warehouse import match_terms, matching
from warehouse.case_amounts import Compared
from warehouse.cases import Case, Clock, Refused
from warehouse.matching import Match
from warehouse.plate import masked

routes = flask.Blueprint("case_export", __name__)
CASE = (
    "no", "kind", "act", "county", "plate", "state", "since", "reported", "refused", "found", "filed", "decided_on",
    "served", "paid", "closed", "age", "statutory", "decided", "collected", "surcharge", "match", "passage", "vehicle",
    "driver", "enterprise", "uscc", "loading", "firm",
)  # fmt: skip
STEP = (
    "no", "county", "step", "at", "from", "to", "after", "reason", "missing", "next", "file", "line", "record",
)  # fmt: skip
CLOCK = (
    "no", "kind", "county", "clock", "began", "due", "done", "result", "late", "left", "rule", "cited",
    "is_read", "fee",
)  # fmt: skip
AMOUNT = (
    "no", "kind", "act", "county", "acted", "decided_on", "excess", "low", "high", "stated", "decided", "collected",
    "verdict", "why", "rules", "is_read",
)  # fmt: skip
COLUMNS = {"cases": CASE, "refused": STEP, "clocks": CLOCK, "amounts": AMOUNT}
HEADS = {
    "no": "penalties.case", "kind": "penalties.kind", "act": "case.head.act", "county": "filter.county",
    "plate": "table.plate", "state": "penalties.state", "since": "case.head.since", "reported": "penalties.reported",
    "refused": "penalties.rows.refused", "found": "case.found_on", "filed": "case.filed_on",
    "decided_on": "case.decided_on", "served": "case.served_on", "paid": "case.paid_on", "closed": "case.closed_on",
    "age": "case.head.age", "statutory": "case.statutory_fen", "decided": "case.decided_fen",
    "collected": "case.collected_fen", "surcharge": "case.surcharge_fen", "match": "case.head.match",
    "passage": "vehicles.passage", "vehicle": "case.head.vehicle", "driver": "case.head.driver",
    "enterprise": "case.head.enterprise", "uscc": "case.head.uscc", "loading": "case.head.loading",
    "firm": "case.head.firm", "step": "case.head.step", "at": "table.time", "from": "case.head.from",
    "to": "penalties.step", "after": "case.head.after", "reason": "penalties.why", "missing": "penalties.missing",
    "next": "penalties.next_step", "file": "case.head.file", "line": "case.head.line", "record": "case.head.record",
    "clock": "penalties.clock", "began": "penalties.from", "due": "penalties.due", "done": "penalties.done",
    "result": "penalties.result", "late": "case.head.late", "left": "case.head.left", "rule": "penalties.rule",
    "cited": "case.head.cited",
    "is_read": "case.head.is_read", "fee": "case.head.fee", "acted": "case.head.acted", "excess": "case.head.excess",
    "low": "case.head.low", "high": "case.head.high", "stated": "case.statutory_fen", "verdict": "penalties.verdict",
    "why": "penalties.why", "rules": "penalties.rule",
}  # fmt: skip
WIDE = {"no": 26, "act": 22, "match": 34, "vehicle": 24, "driver": 24, "enterprise": 34, "loading": 34, "firm": 22,
        "reason": 40, "next": 40, "file": 34, "record": 24, "at": 19, "passage": 22, "clock": 22,
        "result": 18, "rule": 30, "cited": 44, "rules": 40, "why": 30}  # fmt: skip
MONEY = ("statutory", "decided", "collected", "surcharge", "fee", "low", "high", "stated")


class Told:
    """The rows an address asks for, read at once, with what stands beside them."""

    def __init__(self, db: queries.Source, source: queries.Source, choice: Choice, known: Known) -> None:
        self.db, self.choice, self.known = db, choice, known
        self.source = source
        self.found = case_facts.rows(source, choice)
        self.matches: dict[str, Match] = {}
        if choice.rows != "cases":
            return
        if choice.known_on is None and matching.is_built(db):  # a night's lists have no passages
            self.matches = matching.of_cases(db, [one.case_no for one in self.found])

    @property
    def count(self) -> int:
        return len(self.found)

    @property
    def names(self) -> tuple[str, ...]:
        return COLUMNS[self.choice.rows]

    def rows(self, t: Text) -> Iterator[tuple[Any, ...]]:
        made = {"cases": self._case, "refused": self._step, "clocks": self._clock, "amounts": self._amount}
        return (made[self.choice.rows](one, t) for one in self.found)

    def _place(self, county: str | None, t: Text) -> str | None:
        return coded(controls.place_name(self.known, county, t), county) if county else None

    def _case(self, one: Case, t: Text) -> tuple[Any, ...]:
        told = (
            one.case_no, terms.KIND_TERMS[one.case_kind].name(t.lang), terms.act_name(one.act_code, one.sector, t.lang),
            self._place(one.county_code, t), masked(one.plate_no), terms.state_name(one.case_state, t.lang),
            one.state_since, t("word.yes" if one.is_state_reported else "word.no"), one.refused_count, one.found_on,
            one.filed_on, one.decided_on, one.served_on, one.paid_on, one.closed_on, one.age_days,
            *map(_yuan, (one.statutory_fen, one.decided_fen, one.collected_fen, one.surcharge_fen)),
        )  # fmt: skip
        match = self.matches.get(one.case_no) if one.case_kind == "over_limit" else None
        return (*told, *_ties(match, t))

    def _clock(self, one: Clock, t: Text) -> tuple[Any, ...]:
        return (
            one.case_no, terms.KIND_TERMS[one.case_kind].name(t.lang), self._place(one.county_code, t),
            terms.CLOCK_TERMS[one.clock].name(t.lang), one.started_on, one.due_on, one.ended_on,
            terms.STATE_TERMS[one.state].name(t.lang), one.days_late, one.days_left, one.rule_id,
            case_facts.citation(self.db, one.rule_id, t), t("word.yes" if one.has_verified_rule else "word.no"),
            _yuan(one.surcharge_fen),
        )  # fmt: skip

    def _amount(self, one: Compared, t: Text) -> tuple[Any, ...]:
        return (
            one.case_no, terms.KIND_TERMS[one.case_kind].name(t.lang), terms.act_name(one.act_code, one.sector, t.lang),
            self._place(one.county_code, t), one.violated_on, one.decided_on, one.excess_kg,
            *map(_yuan, (one.low_fen, one.high_fen, one.stated_fen, one.decided_fen, one.collected_fen)),
            terms.VERDICT_TERMS[one.verdict].name(t.lang), terms.REASON_TERMS[one.reason].name(t.lang),
            ", ".join(one.rules) or None, t("word.yes" if one.is_verified else "word.no"),
        )  # fmt: skip

    def _step(self, one: Refused, t: Text) -> tuple[Any, ...]:
        delivery = queries.kept(
            self.db, ("case files", one.delivery_id), lambda: queries.delivery(self.db, one.delivery_id)
        )
        reason = t.pick(one.reason_zh, one.reason_en) or one.refusal_reason
        before, after = (
            None if state == "none" else terms.state_name(state, t.lang) for state in (one.from_state, one.state_after)
        )
        return (
            one.case_no, self._place(one.county_code, t), one.step_no, one.event_at, before,
            terms.state_name(one.case_state, t.lang), after, coded(reason, one.refusal_reason),
            terms.guards(one.missing_guards, t.lang) or None, t.pick(one.next_step_zh, one.next_step_en) or None,
            None if delivery is None else delivery["name"], one.source_line, one.record_id,
        )  # fmt: skip


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / 100


def _ties(match: Match | None, t: Text) -> tuple[Any, ...]:
    """How surely and by what each thing is known, and what it is."""
    if match is None:
        return (None,) * 8

    def basis(kind: str) -> str:
        tie = match.tie(kind)
        return match_terms.basis(kind, tie.grade, tie.reason, t.lang)

    firm = match.tie("loading")
    named = " ".join(text for text in (firm.name, firm.number) if text) or None
    return (
        basis("match"), match.passage_record_id, basis("vehicle"), basis("driver"), basis("enterprise"),
        match.tie("enterprise").number, basis("loading"), named,
    )  # fmt: skip


def notes(told: Told, t: Text) -> list[tuple[str, str]]:
    choice, everything = told.choice, t("export.everything")
    period = everything if choice.span is None else fmt.day_range(*choice.span, t.lang)
    return [
        (t("export.title"), f"{t('penalties.title')} · {rows_words(choice, t)}"),
        (t("repeat.as_of"), fmt.day(choice.as_of, t.lang)),
        (t("penalties.kind"), kind_words(choice.kind, t)),
        (t("filter.county"), everything if choice.county == ALL else told._place(choice.county, t) or choice.county),
        *([(t("filter.site"), everything if choice.site == ALL else choice.site)] if choice.has_sites else []),
        (t("penalties.period"), period),
        *(
            [(t("match.title"), t("match.loading.how") + t("match.register_only.note"))]
            if choice.rows == "cases"
            else []
        ),
        *([(t("penalties.verdict"), t("penalties.rows.below"))] if choice.verdict == "below" else []),
        (t("explain.counts"), t("penalties.no_target").strip()),
        (t("export.rows"), fmt.count(told.count)),
        *exports.made_of(told.source, "/penalties" + choice.query(absolute=True), t, version=_source(told, t)),
    ]


def _source(told: Told, t: Text) -> str:
    """The number of the version or, of a night, that it was known then."""
    return str(told.db.version) if told.choice.known_on is None else as_known.words(told.source, t)


def _asked() -> tuple[Told, Text]:
    """The rows the address asks for. A bad value is refused: a file must hold what its address says."""
    db, known = exports.served()
    if not case_facts.is_built(db):
        raise BadRequest("The snapshot was built by an older version and has no course of cases yet.")
    choice, bad = choice_of(flask.request.args.to_dict(), known)
    if bad or choice.rows not in COLUMNS:
        raise BadRequest(f"Not usable in the address: {', '.join(bad) or 'rows'}.")
    with as_known.source(db, "cases", choice.known_on) as source:
        return Told(db, source, choice, known), shell.view_of(flask.request.args).text


def file_name(told: Told, t: Text, suffix: str) -> str:
    """案件_20261122.xlsx: never a plate, a name or an id."""
    choice = told.choice
    kind = t("penalties.file" if choice.rows == "cases" else f"penalties.rows.{choice.rows}")
    night = "" if choice.known_on is None else f"_{t('known.file')}{choice.known_on:%Y%m%d}"
    return f"{kind}_{choice.as_of:%Y%m%d}{night}.{suffix}".replace(" ", "-")


@routes.get("/export/cases.csv")
def cases_csv() -> flask.Response:
    told, t = _asked()
    names = [*(t(HEADS[name]) for name in told.names), t("repeat.as_of"), t("export.snapshot")]
    decimals = [2 if name in MONEY else None for name in told.names]
    rows = ((*row, told.choice.as_of, _source(told, t)) for row in told.rows(t))
    return exports.csv_answer(told.db, rows, names, [*decimals, None, None], file_name(told, t, "csv"))


@routes.get("/export/cases.xlsx")
def cases_xlsx() -> flask.Response:
    told, t = _asked()
    exports.refuse_too_many(told.count, t)
    heads, widths = [t(HEADS[name]) for name in told.names], [WIDE.get(name, 14) for name in told.names]
    sheets = [
        xlsx.Sheet(t("export.sheet"), heads, told.rows(t), widths, {}),
        exports.notes_sheet(notes(told, t), t),
    ]
    return exports.workbook_answer(told.db, sheets, file_name(told, t, "xlsx"))
