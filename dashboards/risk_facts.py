"""What pages show of ``warehouse.risk``: the list of one choice, one vehicle's scores, and what the scores were worth.

A list holds every vehicle of a city as arrays, so that only the last few choices are kept. A row is known by its place
in the list of one version and choice, never by its plate or credit code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from dash import html
from werkzeug.exceptions import BadRequest

from dashboards import explain, lists, queries, shell
from dashboards import format as fmt
from dashboards.selection import Known, day_asked, option, query_of
from dashboards.text import Text
from warehouse import backtest, risk
from warehouse.plate import masked
from warehouse.risk import RANKINGS, SCALES, SUBJECTS, Asked, Everybody, Explained, Prior, Reason, Risk, Rules, shown

FIRST_DAY = date(2016, 1, 1)
USUAL = {"subject": "vehicle", "by": "chance"}
BAND_TONE = {"green": "better", "amber": "warn", "red": "worse"}
MOST_REASONS = 40


# --- what is asked -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Choice:
    """Whose scores, in which order, as of which day."""

    as_of: date
    last_day: date
    subject: str = "vehicle"
    by: str = "chance"

    def query(self, *, absolute: bool = False, **changes: Any) -> str:
        """The address's query; what is at its default is left out. ``absolute`` names the last day of data, too."""
        return query_of(replace(self, **changes), USUAL, absolute=absolute)

    def data(self) -> dict[str, str]:
        """The choice as the callbacks of the list get it back; it is checked again then."""
        return {"as_of": self.as_of.isoformat(), "subject": self.subject, "by": self.by}

    @property
    def asked(self) -> Asked:
        return Asked(self.as_of, self.subject)


def choice_of(given: Mapping[str, Any], known: Known) -> tuple[Choice, list[str]]:
    """What is asked for, and the names of values that could not be taken."""
    bad: list[str] = []
    return Choice(
        day_asked(given, FIRST_DAY, known.last_day, bad),
        known.last_day,
        option(given.get("subject"), SUBJECTS, USUAL["subject"], bad, "subject"),
        option(given.get("by"), RANKINGS, USUAL["by"], bad, "by"),
    ), bad


class Facts:
    """The list of one choice, its order, and what its scores were worth in the days up to the day."""

    def __init__(self, db: queries.Source, choice: Choice) -> None:
        self.db, self.choice = db, choice

    @cached_property
    def everybody(self) -> Everybody:
        asked = self.choice.asked
        return queries.last_few(self.db, "risk lists", asked, lambda: risk.everybody(self.db, asked))

    @cached_property
    def order(self) -> list[int]:
        """Places in ``everybody`` of who is listed. Those places are in the order of whole plates: they stay here, and
        a row is known by its place in this order."""
        key = (self.choice.asked, self.choice.by)
        return queries.last_few(
            self.db, "risk orders", key, lambda: self.everybody.order(self.choice.by, lists.of_equals())
        )

    @cached_property
    def tested(self) -> backtest.BackTest | None:
        """The back-test of the last days that are over on the day; None: nobody had enough data before them."""
        days = self.everybody.rules.horizon_days
        asked = Asked(self.choice.as_of - timedelta(days=days), self.choice.subject)

        def test() -> backtest.BackTest | None:
            try:
                return backtest.backtest(self.db, asked, days)
            except backtest.Untested:
                return None

        return queries.last_few(self.db, "risk tests", (asked, days), test)

    def at(self, row: int) -> Explained:
        """The scores of a row of the list, counted from 0."""
        told = self.everybody
        if not 0 <= row < len(self.order):
            raise BadRequest("no such row in this list")
        names = ("plate_no", "plate_color_code") if self.choice.subject == "vehicle" else ("uscc",)
        key = dict(zip(names, told.keys[self.order[row]], strict=True))
        return risk.explained(self.db, self.choice.asked, key, told.priors)


def of_vehicle(
    db: queries.Source, key: Mapping[str, Any], as_of: date, city: queries.Source | None = None
) -> Explained | None:
    """The scores of one vehicle; None where nothing of it was checked, or the version tells no scores. Of the others
    only the prior is read, once a version and day, from ``city`` (None: ``db``)."""
    city = city or db
    if not risk.is_built(city):
        return None
    asked = Asked(as_of)

    def read() -> dict[str, Prior]:
        return risk.priors(city, asked, rules(city, as_of))

    every = queries.last_few(city, "risk priors", asked, read)
    try:
        return risk.explained(db, asked, key, every)
    except risk.Unchecked:
        return None


@queries.once_per_choice
def rules(db: queries.Source, as_of: date) -> Rules:
    return risk.rules(db, as_of)


# --- words -------------------------------------------------------------------------------------------------
def name_of(term: str, t: Text) -> str:
    return t.pick(*risk.WORDS[term])


def who(one: Risk, t: Text) -> str:
    """A subject as lists may show it: plates masked."""
    return masked(str(one.key[0])) if one.subject == "vehicle" else one.name or t("terminals.enterprise.none")


def tested_words(tested: backtest.BackTest, t: Text) -> str:
    """Of which days the back-test is, who took part, and how many had an event."""
    return t(
        "risk.tested.how", began=fmt.day(tested.asked.as_of, t.lang), until=fmt.day(tested.until, t.lang),
        all=fmt.count(tested.subject_count), hits=fmt.count(tested.hit_count), base=fmt.rate(tested.base),
        unseen=fmt.count(tested.unseen_count), scant=fmt.count(tested.scant_count),
    )  # fmt: skip


def band_words(tested: backtest.BackTest, t: Text) -> str:
    """What a ranking by lot would have given, and whose intervals the others have."""
    share = f"{tested.confidence:.0%}"
    return t("risk.tested.band", share=share, rounds=fmt.count(tested.rounds), seed=tested.seed)


def rate_span(one: Risk) -> str:
    return f"{shown('model', one.low)} – {shown('model', one.high)}"


def info(name: str, of: Rules, db: queries.Source, as_of: date, link: str, t: Text) -> Any:
    """The (i) of a ranking: its formula, what is left out, every parameter with how well it is known."""
    lines = explain.number_lines((of.told[parameter] for parameter in risk.parameters_of(name)), t)
    told: list[tuple[str, Any]] = [
        ("explain.leaves_out", t("risk.leaves_out")),
        ("explain.thresholds", html.Ul(lines, className="thresholds")),
        ("explain.data", fmt.day(as_of, t.lang)),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    return explain.rule_popover(name_of(name, t), t(f"risk.says.{name}"), told, link, "over_count", t)


def scores(told: Explained, of: Rules, db: queries.Source, as_of: date, link: str, t: Text) -> html.Div:
    """Every score of a subject, a line each: its value and band, its (i), and what it would be without clear checks."""
    one, lines = told.risk, []
    for name in RANKINGS:
        band = one.bands.get(name)
        amount: list[Any] = [html.B(shown(name, one.scores[name]))]
        if band is not None:
            amount.append(shell.pill(name_of(band, t), BAND_TONE[band]))
        under = ""
        if name == "model":
            under = t("risk.interval", share=f"{one.confidence:.0%}", span=rate_span(one))
        elif name == "chance":
            under = t("risk.chance.how", days=of.horizon_days)
        elif one.without_clear[name] is None:
            under = t("risk.without_clear.none")
        else:
            under = t("risk.without_clear", score=shown(name, one.without_clear[name]))
        lines.append(
            html.Div(
                [
                    html.Span(
                        [html.Span(name_of(name, t)), info(name, of, db, as_of, link, t)],
                        className="name name-and-info",
                    ),
                    html.Span(amount, className="amount"),
                    html.Span(under, className="under"),
                ],
                className="step-line still",
            )
        )
    return html.Div(lines, className="step-lines")


def reasons(told: Explained, by: str, t: Text, *, with_vehicle: bool) -> list[Any]:
    """What made a score, largest first: the prior, each event with its part; then the credit, and what is no event."""
    name = by if by in SCALES else "model"
    score = told.risk.scores[name] or 0.0
    counted = sorted(
        (one for one in told.reasons if one.left_out is None), key=lambda one: one.parts.get(name, 0.0), reverse=True
    )
    left_out = [one for one in told.reasons if one.left_out is not None]
    lines: list[Any] = []
    if name == "model":
        prior = told.risk.prior
        says = t(
            "risk.prior", kind=name_of(prior.kind, t), mean=shown("model", prior.mean), checks=f"{prior.strength:.0f}"
        )
        lines.append(_part(says, told.prior_part, score, name))
    lines += [
        _part(_event(one, t, with_vehicle), one.parts.get(name, 0.0), score, name) for one in counted[:MOST_REASONS]
    ]
    if len(counted) > MOST_REASONS:
        rest = sum(one.parts.get(name, 0.0) for one in counted[MOST_REASONS:])
        lines.append(_part(t("risk.more", count=fmt.count(len(counted) - MOST_REASONS)), rest, score, name))
    found: list[Any] = [
        html.H3(t("risk.reasons", name=name_of(name, t))),
        html.Div(lines, className="step-lines") if lines else html.P(t("risk.reasons.none"), className="quiet-line"),
        html.P(_credit(told.risk, name, t), className="quiet-line"),
    ]
    if left_out:
        why = [
            html.Li([_event(one, t, with_vehicle), t("app.colon"), name_of(str(one.left_out), t)])
            for one in left_out[:MOST_REASONS]
        ]
        if len(left_out) > MOST_REASONS:
            why.append(html.Li(t("risk.left_out.more", count=fmt.count(len(left_out) - MOST_REASONS))))
        found += [html.H3(t("risk.left_out", count=fmt.count(len(left_out)))), html.Ul(why, className="lines")]
    return found


def _credit(one: Risk, name: str, t: Text) -> str:
    """What the clear checks in the time of a score did to it."""
    clear, without = one.clear_counts[name], one.without_clear[name]
    if not clear:
        return t("risk.credit.none")
    score = shown(name, one.scores[name])
    if without is None:
        return t("risk.credit.alone", clear=fmt.count(clear), score=score)
    return t("risk.credit", clear=fmt.count(clear), score=score, without=shown(name, without))


def _event(one: Reason, t: Text, with_vehicle: bool) -> html.Span:
    told = [masked(one.vehicle[0])] if with_vehicle else []
    told += [fmt.moment(one.passed_at, t.lang), one.site_code, fmt.share(one.excess_ratio), name_of(one.severity, t)]
    text = " · ".join(told)
    link = html.A(
        text,
        href=f"/overload/rows?record={one.record_id}",
        target="_blank",  # a look-up could not be gone back to: its plate stands in no address
        rel="noopener",
        className="text-link",
        **{"aria-label": t("link.new_tab", what=text)},
    )
    return html.Span([link, html.Span(t("risk.age", months=risk.AGES[one.age]), className="under")])


def _part(says: Any, part: float, score: float, name: str) -> html.Div:
    bar = html.I(style={"width": f"{100 * part / score if score else 0:.2f}%"})
    return html.Div(
        [
            html.Span(says, className="name"),
            html.Span(f"+{shown(name, part)}", className="amount"),
            html.Span(bar, className="way", **{"aria-hidden": "true"}),
        ],
        className="step-line still",
    )
