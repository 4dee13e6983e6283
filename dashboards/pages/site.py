"""Can the numbers of this site be trusted, and who is over the limit here?"""

from typing import Any

from dash import dcc, html

from dashboards import charts, controls, explain, queries, shell, site_days, site_facts, words
from dashboards import format as fmt
from dashboards.facts import SMALL_SAMPLE
from dashboards.selection import ALL, Known, Selection, from_url
from dashboards.site_facts import AFFECTED_SHOWN, HERE, LANES
from dashboards.text import Text
from warehouse import drift
from warehouse.drift import STATE_WORDS, WITNESS_WORDS, Lane
from warehouse.parameters import texts

TONE = {"stop": "worse", "warn": "warn", "watch": "warn", "steady": "better", "few": ""}


def _share(value: float | None) -> str:
    return fmt.NONE if value is None else f"{fmt.signed(value * 100, 2)}%"


def lead(selection: Selection, known: Known, found: list[Lane], totals: Any, states: Any, t: Text) -> html.P:
    """Days, weighings, rate and scales in one sentence."""
    over, weighed = int(totals["over_count"]), int(totals["weighed_count"])
    whole = int((states["state"] == "reporting").sum()) if len(states) else 0
    parts = t.parts(
        "site.lead",
        site=html.B(controls.site_name(known, selection.site, t)),
        whole=html.B(fmt.count(whole)), days=fmt.count(len(states)), weighed=html.B(fmt.count(weighed)),
        over=html.B(fmt.count(over)),
        rate=html.B(fmt.rate(over / weighed if weighed >= SMALL_SAMPLE else None)),
    )  # fmt: skip
    counted = site_facts.by_state(found)
    bad = [t("site.lead.state", count=fmt.count(n), state=t.pick(*STATE_WORDS[state])) for state, n in counted.items()]
    return html.P([*parts, t("site.lead.lanes", states=t("app.list").join(bad)) if bad else ""], className="lead")


def _shift(average: float | None, detectable: float | None, t: Text) -> Any:
    if average is None:
        return fmt.NONE
    under = t("site.detectable", least=f"{(detectable or 0) * 100:.1f}%") if detectable is not None else None
    return html.Div([_share(average), html.Span(under, className="under") if under else None])


def _rechecks(one: Lane, t: Text) -> Any:
    again = one.rechecks
    if not again.total:
        return fmt.NONE
    pieces: list[Any] = [_share(again.mean)]
    if again.low is not None:
        pieces.append(html.Span(f"{_share(again.low)} – {_share(again.high)}", className="under"))
    said = t(f"site.rechecks.{one.rechecks_say}")
    pieces.append(html.Span(t("site.rechecks.of", count=fmt.count(again.total), says=said), className="under"))
    return html.Div(pieces)


def _certificate(one: Lane, t: Text) -> Any:
    if one.certificate_no is None:
        return shell.pill(t("site.certificate.none"), "worse")
    allowed = fmt.NONE if one.max_error_ratio is None else f"±{one.max_error_ratio:.1%}"
    return html.Div([
        html.Span(one.certificate_no, className="unbroken"),
        html.Span(t("site.certificate", to=fmt.day(one.certificate_valid_to, t.lang),
                    accuracy=one.accuracy_class or fmt.NONE, allowed=allowed), className="under"),
    ])  # fmt: skip


def lanes_card(
    db: queries.Source, selection: Selection, known: Known, found: list[Lane], t: Text
) -> html.Section:  # fmt: skip
    """Each lane with its state, what the three witnesses say, and what rests on it."""
    whole = selection.site == ALL
    heads: controls.Heads = [
        (t("site.lane"), False), (t("site.state"), False), (t("site.trucks"), True), (t("site.self_test"), True),
        (t("site.rechecks"), True), (t("site.device"), False), (t("site.since"), False),
    ]  # fmt: skip
    body = []
    for one in found:
        name: Any = t("site.lane.no", lane=one.lane_code)
        if whole:
            link = HERE + selection.query(site=one.site_code, county=ALL)
            name = html.Div([dcc.Link(one.site_code, href=link), html.Span(name, className="under")])
        state = [shell.pill(t.pick(*STATE_WORDS[one.state]), TONE[one.state])]
        if one.witness:
            state.append(html.Span(t("site.by", witness=t.pick(*WITNESS_WORDS[one.witness])), className="under"))
        since: Any = fmt.NONE
        if one.since is not None:
            rows = Selection(one.since, selection.end, "custom", site=one.site_code).query(rows=True)
            since = dcc.Link(fmt.day(one.since, t.lang), href="/overload/rows" + rows, title=t("site.since.rows"))
        own = one.self_tests[-1].average if one.self_tests else None
        cells = [
            html.Div(state), _shift(one.trucks[-1].average if one.trucks else None, one.detectable, t), _share(own),
            _rechecks(one, t), _certificate(one, t), since,
        ]  # fmt: skip
        body.append(controls.stack_row(name, cells, heads))
    told = drift.parameters(db, selection.end)
    facts = [
        ("site.how.trucks", t("site.how.trucks.says")), ("site.how.judged", t("site.how.judged.says")),
        ("site.how.since", t("site.how.since.says")),
        ("explain.thresholds", html.Ul(explain.number_lines(told.values(), t), className="thresholds")),
    ]  # fmt: skip
    info = explain.rule_popover(t("site.lanes"), t("site.lanes.says"), facts, None, "drift", t)
    content: Any = controls.stack_table(t("site.lanes"), heads, body) if body else html.P(
        t("site.lanes.none"), className="quiet-line"
    )  # fmt: skip
    how = t("site.lanes.how", day=fmt.day(selection.end, t.lang))
    return controls.card(t("site.lanes"), how, content, extra=info, id=LANES)


def drift_card(db: queries.Source, selection: Selection, found: list[Lane], view: shell.View) -> html.Section | None:
    """The moving averages of the site's lanes over time, between the lines of warning and stop."""
    t = view.text
    lines = {
        t("site.line", lane=one.lane_code, witness=t.pick(*WITNESS_WORDS[name])): [
            (at.last, at.average) for at in points if (selection.end - at.last).days < site_facts.DRIFT_DAYS
        ]
        for one in found
        for name, points in (("trucks", one.trucks), ("self_test", one.self_tests))
    }
    lines = {name: points for name, points in lines.items() if points}
    if not lines:
        return None
    told = drift.parameters(db, selection.end)
    bounds = {"warn": told["drift_warn_ratio"].value, "stop": told["drift_stop_ratio"].value}
    figure = charts.drift_lines(lines, bounds, {name: t(f"site.bound.{name}") for name in bounds}, t, view.theme)
    last = {name: points[-1] for name, points in lines.items()}
    rows = [[name, fmt.day(day, t.lang), _share(value)] for name, (day, value) in last.items()]
    label = t("site.drift.label", lines=len(lines))
    return controls.card(
        t("site.drift"), t("site.drift.how"),
        [controls.chart("site-drift", figure, label, view.lang, charts.DRIFT_HEIGHT),
         controls.data_table(t, t("site.drift"), [t("site.lane"), t("site.until"), t("site.average")], rows)],
    )  # fmt: skip


def affected_card(
    db: queries.Source, selection: Selection, found: list[Lane], t: Text
) -> html.Section | None:  # fmt: skip
    """Passages over the limit since a lane's shift began, for a person to look at."""
    rows = [(one, row) for one in found if one.since for row in drift.affected(db, one, selection.end)]
    if not any(one.since for one in found):
        return None
    heads: controls.Heads = [
        (t("table.time"), False), (t("site.lane"), False), (t("table.plate"), False), (t("table.gross"), True),
        (t("table.excess"), True), (t("findings.case"), False),
    ]  # fmt: skip
    body = []
    for one, row in rows[:AFFECTED_SHOWN]:
        link = "/overload/rows" + Selection(
            row["passed_at"].date(), row["passed_at"].date(), "custom", site=one.site_code
        ).query(rows=True) + f"&record={row['record_id']}"  # fmt: skip
        cells = [
            one.lane_code, html.Span(row["plate_no"] or t("rows.unread"), className="unbroken"),
            fmt.count(row["gross_vehicle_weight_kg"]), fmt.share(row["excess_ratio"]),
            html.Span(row["case_no"], lang="zh") if row["case_no"] else fmt.NONE,
        ]  # fmt: skip
        body.append(controls.stack_row(dcc.Link(fmt.moment(row["passed_at"], t.lang), href=link), cells, heads))
    cases = sum(row["case_no"] is not None for _, row in rows)
    how = t("site.affected.how", count=fmt.count(len(rows)), cases=fmt.count(cases))
    if len(rows) > AFFECTED_SHOWN:
        how += " " + t("site.affected.first", shown=AFFECTED_SHOWN)
    content: Any = controls.stack_table(t("site.affected"), heads, body) if body else html.P(
        t("site.affected.none"), className="quiet-line"
    )  # fmt: skip
    return controls.card(t("site.affected"), how, content, id="site-affected")


def _counted(t: Text, title: str, first: str, rows: list[tuple[Any, int, int]]) -> html.Div:
    """A small table of weighings and those over the limit."""
    told = [
        [name, fmt.count(over), fmt.count(weighed), fmt.rate(over / weighed if weighed >= SMALL_SAMPLE else None)]
        for name, weighed, over in rows
    ]
    heads = [first, t("site.over"), t("site.weighed"), t("site.rate")]
    return html.Div([html.H3(title), controls.scrolled(controls.plain_table(title, heads, told))])


def who_card(db: queries.Source, selection: Selection, t: Text) -> html.Section:
    """By axle class, by where the plate is from, and vehicles that came more than once."""
    (local,) = texts(db, ["local_plate_prefix"], selection.end).values()
    classes = [
        (t("filter.axle.one", axles=row.axle_class), int(row.weighed_count), int(row.over_count))
        for row in site_facts.classes(db, selection).itertuples() if row.axle_class
    ]  # fmt: skip
    origins = [
        (
            t(f"site.origin.{site_facts.ORIGINS[row.plate_origin]}", local=local.text),
            int(row.weighed_count),
            int(row.over_count),
        )
        for row in site_facts.origins(db, selection, local.text).itertuples()
    ]
    again = [
        [row.plate_masked, fmt.count(row.over_count), fmt.moment(row.last_at, t.lang), fmt.share(row.max_excess_ratio)]
        for row in site_facts.again(db, selection).itertuples()
    ]
    heads = [t("table.plate"), t("site.over"), t("site.last"), t("site.most")]
    more: Any = html.P(t("site.again.none"), className="quiet-line")
    if again:
        more = controls.scrolled(controls.plain_table(t("site.again"), heads, again))
    tables = [
        _counted(t, t("site.classes"), t("site.class"), classes),
        _counted(t, t("site.origins"), t("site.origin"), origins),
    ]
    rows = dcc.Link(t("site.who.rows"), href="/overload/rows" + selection.query(rows=True), className="text-link")
    return controls.card(
        t("site.who"),
        t("site.who.how"),
        [html.Div(tables, className="two-cards"), html.H3(t("site.again")), more, rows],
    )


def hours_card(db: queries.Source, selection: Selection, view: shell.View) -> html.Section:
    t = view.text
    frame = site_facts.hours(db, selection)
    over = {int(row.hour_of_day): int(row.over_count) for row in frame.itertuples()}
    weighed = {int(row.hour_of_day): int(row.weighed_count) for row in frame.itertuples()}
    figure = charts.hours([over.get(hour, 0) for hour in range(24)], [weighed.get(hour, 0) for hour in range(24)], t,
                          view.theme)  # fmt: skip
    rows = [[f"{hour:02d}:00", fmt.count(over.get(hour, 0)), fmt.count(weighed.get(hour, 0))] for hour in range(24)]
    busiest = max(range(24), key=lambda hour: over.get(hour, 0))
    label = t(
        "site.hours.label", hour=busiest, count=fmt.count(over.get(busiest, 0)), total=fmt.count(sum(over.values()))
    )
    return controls.card(
        t("site.hours"), t("site.hours.how"),
        [controls.chart("site-hours", figure, label, view.lang, charts.HOURS_HEIGHT),
         controls.data_table(t, t("site.hours"), [t("site.hour"), t("site.over"), t("site.weighed")], rows)],
    )  # fmt: skip


def reasons_card(db: queries.Source, selection: Selection, totals: Any, t: Text) -> html.Section:
    """What weakens passages over the limit as evidence here."""
    over, usable = int(totals["over_count"]), int(totals["evidence_ok_over_count"])
    says = words.flag_words(queries.reasons(db), t)
    rows = [
        [html.Span([says.get(code, code), " ", html.Code(code)]), fmt.count(count), fmt.rate(count / over)]
        for code, count in site_facts.reasons(db, selection).most_common()
    ]
    content: Any = html.P(t("site.reasons.none"), className="quiet-line")
    if rows:
        heads = [t("site.reason"), t("site.over"), t("site.share")]
        content = controls.scrolled(controls.plain_table(t("site.reasons"), heads, rows))
    how = t("site.reasons.how", usable=fmt.count(usable), over=fmt.count(over),
            share=fmt.rate(usable / over if over else None))  # fmt: skip
    return controls.card(t("site.reasons"), how, content)


def places(selection: Selection, known: Known, t: Text) -> html.Div:
    """The site's other pages, of the same days."""
    days = site_days.SiteDays(selection.start, selection.end, known.sites.get(selection.site) or ALL, is_usual=False)
    links = [
        (t("site.to.overload"), "/overload" + selection.query()),
        (t("site.to.findings"), "/overload/findings" + selection.query()),
        (t("site.to.days"), site_days.HERE + days.query()),
        (t("site.to.all"), HERE + selection.query(site=ALL)),
    ]
    return html.Div([dcc.Link(name, href=href, className="button") for name, href in links], className="chips")


@shell.page("site")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "site", db)
    if not site_facts.is_built(db):
        return shell.frame(view, "site", shell.state_card("database", t("site.old.title"), [t("site.old.why")]), db=db)
    selection, bad = from_url(query, known)
    notices = [t("state.bad_values", values=t("availability.join").join(bad))] if bad else []
    found = site_facts.lanes(db, site_facts.asked(selection))
    crumbs: list[Any] = [dcc.Link(t("nav.overload"), href="/overload" + selection.query())]
    if selection.site == ALL:
        crumbs.append(html.B(t("nav.site")))
        counted = site_facts.by_state(found)
        told = [
            t("site.lead.state", count=fmt.count(count), state=t.pick(*STATE_WORDS[state]))
            for state, count in counted.items()
        ]
        body: list[Any] = [
            html.P(t("site.all.lead", lanes=fmt.count(len(found)), states=t("app.list").join(told)), className="lead"),
            lanes_card(db, selection, known, found, t),
        ]
    else:
        crumbs += [dcc.Link(t("nav.site"), href=HERE + selection.query(site=ALL)), html.B(selection.site)]
        totals = queries.totals(db, selection)
        states = queries.site_days(db, selection, [(selection.start, selection.end)])
        body = [
            lead(selection, known, found, totals, states, t), places(selection, known, t),
            lanes_card(db, selection, known, found, t), drift_card(db, selection, found, view),
            affected_card(db, selection, found, t), reasons_card(db, selection, totals, t),
            who_card(db, selection, t), hours_card(db, selection, view),
        ]  # fmt: skip
    return shell.frame(
        view, "site", [one for one in body if one is not None], actions=[controls.copy_link("site", t)], db=db,
        query=selection.query(), notices=notices, crumbs=crumbs,
    )  # fmt: skip


PAGE = {"path": HERE, "title": shell.title("site"), "layout": layout}
