"""Files of alerts: every alert of the choice, how many each rule has, and what they are. The same choice and masks as
the page; a file is complete or refused with the reason."""

from collections.abc import Iterator
from typing import Any

import flask
from werkzeug.exceptions import BadRequest

from dashboards import alert_facts, controls, exports, queries, shell, words, xlsx
from dashboards import format as fmt
from dashboards.access import session
from dashboards.alert_facts import HERE, Choice, Facts
from dashboards.pages.alerts import detail_of, rule_words, state_words, subject_words
from dashboards.selection import ALL, Known
from dashboards.text import Text
from warehouse.alert_store import STATE_WORDS
from warehouse.alerts import SEVERITY_WORDS, Alert, parameters

routes = flask.Blueprint("alert_export", __name__)
LIST = ("severity", "subject", "rule", "detail", "county", "unit", "since", "age", "due", "late", "acts", "state",
        "owner", "until", "key")  # fmt: skip
RULE = ("rule", "severity", "count", "waiting", "acts", "known")
WIDE = {"subject": 30, "rule": 36, "detail": 24, "unit": 30, "acts": 24, "key": 26}


class Told:
    """The alerts an address asks for, in the order of the page."""

    def __init__(self, db: queries.Source, choice: Choice, known: Known) -> None:
        self.db, self.choice, self.known = db, choice, known
        self.facts = Facts(db, choice, session.signed_in())
        self.rules = self.facts.rules
        self.found: list[Alert] = self.facts.listed

    def rows(self, t: Text) -> Iterator[tuple[Any, ...]]:
        titles, reasons = queries.feed_titles(self.db), words.reason_words(queries.reasons(self.db), t)
        for one in self.found:
            rule = self.rules[one.rule]
            county = controls.place_name(self.known, one.county_code, t) if one.county_code else None
            yield (
                t.pick(*SEVERITY_WORDS[one.severity]), subject_words(one, titles, t), rule_words(rule, t),
                detail_of(one, reasons, t) or None, county, one.unit or one.uscc, one.since, one.age_days, one.due_on,
                one.days_late, t.pick(rule.acts_zh, rule.acts_en), *self._stands(one, t), one.key,
            )  # fmt: skip

    def _stands(self, one: Alert, t: Text) -> tuple[Any, ...]:
        """State, owner, and the day of either."""
        told = self.facts.of(one)
        says = t("alerts.state.again") if told.is_again else t.pick(*STATE_WORDS[told.state])
        return says, self.facts.name_of(told.owner) or None, told.until

    def by_rule(self, t: Text) -> Iterator[tuple[Any, ...]]:
        for name, count in alert_facts.by_urgency(self.found, self.rules).items():
            rule = self.rules[name]
            yield (
                rule_words(rule, t), t.pick(*SEVERITY_WORDS[rule.alert_severity]), count,
                sum(one.rule == name and self.facts.of(one).state == "open" for one in self.found),
                t.pick(rule.acts_zh, rule.acts_en), rule.confidence,
            )  # fmt: skip


def heads(names: tuple[str, ...], t: Text) -> list[str]:
    return [t(f"alerts.head.{name}") for name in names]


def notes(told: Told, t: Text) -> list[tuple[str, str]]:
    choice, everything = told.choice, t("export.everything")
    used = sorted({name for one in told.found for name in told.rules[one.rule].parameter_names})
    rule = everything if choice.rule == ALL else rule_words(told.rules[choice.rule], t)
    severity = everything if choice.severity == ALL else t.pick(*SEVERITY_WORDS[choice.severity])
    return [
        (t("export.title"), t("alerts.title")),
        (t("repeat.as_of"), fmt.day(choice.as_of, t.lang)),
        (t("filter.county"), controls.county_words(choice.county, told.known, t)),
        (t("alerts.severity"), severity),
        (t("alerts.rule"), rule),
        (t("alerts.state"), everything if choice.state == ALL else state_words(choice.state, t)),
        (t("explain.counts"), f"{t('alerts.rules.how')} {t('alerts.unverified')}"),
        *(exports.parameter_note(one, t) for one in parameters(told.db, used, choice.as_of)),
        (t("export.rows"), fmt.count(len(told.found))),
        *exports.made_of(told.db, HERE + choice.query(absolute=True), t, masked="repeat.masked.why"),
    ]  # fmt: skip


def _asked() -> tuple[Told, Text]:
    """The alerts the address asks for. A bad value is refused: a file must hold what its address says."""
    db, known = exports.served()
    if not alert_facts.is_built(db):
        raise BadRequest("The snapshot was built by an older version and has no rules of alerts yet.")
    choice, bad = alert_facts.choice_of(flask.request.args.to_dict(), known, db)
    if bad:
        raise BadRequest(f"Not usable in the address: {', '.join(bad)}.")
    return Told(db, choice, known), shell.view_of(flask.request.args).text


def file_name(told: Told, t: Text, suffix: str) -> str:
    """预警_20261122_道县.xlsx: never a plate, a name or an id."""
    choice = told.choice
    place = "" if choice.county == ALL else "_" + controls.place_name(told.known, choice.county, t)
    return f"{t('alerts.title')}_{choice.as_of:%Y%m%d}{place}.{suffix}".replace(" ", "-")


@routes.get("/export/alerts.csv")
def alerts_csv() -> flask.Response:
    told, t = _asked()
    asked = (told.choice.as_of, told.db.version)
    names = [*heads(LIST, t), t("repeat.as_of"), t("export.snapshot")]
    return exports.csv_answer(
        told.db, ((*row, *asked) for row in told.rows(t)), names, [None] * len(names), file_name(told, t, "csv")
    )


@routes.get("/export/alerts.xlsx")
def alerts_xlsx() -> flask.Response:
    told, t = _asked()
    exports.refuse_too_many(len(told.found), t)
    sheets = [
        xlsx.Sheet(title, heads(names, t), rows, [WIDE.get(name, 13) for name in names], {})
        for title, names, rows in (
            (t("export.sheet"), LIST, told.rows(t)), (t("alerts.rules"), RULE, told.by_rule(t)),
        )
    ]  # fmt: skip
    return exports.workbook_answer(
        told.db, [*sheets, exports.notes_sheet(notes(told, t), t)], file_name(told, t, "xlsx")
    )
