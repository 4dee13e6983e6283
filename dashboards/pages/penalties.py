"""Where do cases stand, what is overdue, what will be late next week, and what was decided against what the articles
allow? Four series and three amounts that are never merged; every number opens its rows. Nothing here is a target
(行政处罚法 art. 74)."""

from dataclasses import replace
from typing import Any

from dash import dcc, html

from dashboards import (
    as_known,
    as_of,
    case_drawer,
    case_facts,
    charts,
    consistency_card,
    controls,
    explain,
    finding_facts,
    forecast_card,
    lists,
    queries,
    shell,
    times_card,
    words,
)
from dashboards import format as fmt
from dashboards.case_facts import PERIODS, ROWS_SHOWN, Choice
from dashboards.selection import ALL, Known
from dashboards.text import Text
from warehouse import case_terms as terms
from warehouse import fates, funnel
from warehouse.case_amounts import VERDICTS, Compared
from warehouse.cases import (
    AGES,
    CASE_STATES,
    CLOCKS,
    KINDS,
    SERIES,
    SOON_DAYS,
    STATES,
    Case,
    Clock,
    ClockCount,
    Refused,
)
from warehouse.money import yuan
from warehouse.plate import masked

HERE = "/penalties"
TONE = {"overdue": "worse", "late": "warn"}
VERDICT_TONE = {"above": "worse", "below": "warn"}
OF_CLOCK = ("overdue", "soon", "running", "late", "omitted", "met", "used", "unknown", "not_applicable")
"""Columns of the table of clocks: states, and of the running ones those that will be late soon."""
COLUMN_OF_STAGE = {
    "passed": "passages", "found": "over_count", "usable": "evidence_ok", "filed": "filed_on", "decided": "decided_on",
    "paid": "paid_in_full_on", "closed": "closed_on",
}  # fmt: skip
"""What the page of definitions is searched for from a stage of the funnel."""


# --- small parts -------------------------------------------------------------------------------------------
def amount(fen: int | None) -> str:
    return fmt.NONE if fen is None else yuan(fen)


def number(count: int, query: str, what: str, t: Text, tone: str = "") -> Any:
    """A count that opens its rows."""
    if not count:
        return fmt.NONE
    told: Any = shell.pill(fmt.count(count), tone) if tone else fmt.count(count)
    return dcc.Link(told, href=HERE + query, title=t("action.rows_of", what=what))


def kind_words(kind: str, t: Text) -> str:
    return t("penalties.kind.all") if kind == ALL else terms.KIND_TERMS[kind].name(t.lang)


# --- above -------------------------------------------------------------------------------------------------
def filters(choice: Choice, known: Known, t: Text) -> html.Div:
    """Kind, county and day; all of them are in the address."""
    kinds = [(kind, kind_words(kind, t), HERE + choice.scope.query(kind=kind)) for kind in (ALL, *KINDS)]
    counties = [
        (code, controls.county_words(code, known, t), HERE + choice.scope.query(county=code, site=ALL))
        for code in (ALL, *known.current_counties)
    ]
    choices = [(t("penalties.kind"), choice.kind, kinds), (t("filter.county"), choice.county, counties)]
    if choice.has_sites:
        sites = [site for site, county in known.sites.items() if county == choice.county]
        named = [(site, site if site != ALL else t("filter.site.all"), HERE + choice.scope.query(site=site))
                 for site in (ALL, *sites)]  # fmt: skip
        choices.append((t("filter.site"), choice.site, named))
    own = [] if choice.period != "custom" else ["custom"]
    choices.append(
        (
            t("penalties.period"),
            choice.period,
            [(period, period_words(choice, period, t), HERE + choice.scope.query(period=period, **_DAYS[period]))
             for period in (*PERIODS[:-1], *own)],
        )
    )  # fmt: skip
    chosen = f"{kind_words(choice.kind, t)} · {controls.county_words(choice.county, known, t)}"
    days, night = (case_facts.FIRST_DAY, choice.last_day), as_known.field("penalties", choice.known_on, t)
    return as_of.filters("penalties", choices, chosen, choice.as_of, days, t, night, many=True)


_NO_DAYS: dict[str, None] = dict.fromkeys(("since", "until"))
_DAYS: dict[str, dict[str, Any]] = {period: {} if period == "custom" else _NO_DAYS for period in PERIODS}


def period_words(choice: Choice, period: str, t: Text) -> str:
    """A choice of days of filing."""
    if period == "custom" and choice.span is not None:
        return fmt.day_range(*choice.span, t.lang)
    return t(f"penalties.period.{period}")


def printed(source: queries.Source, choice: Choice, known: Known, t: Text) -> html.P:
    told = [
        (t("penalties.kind"), kind_words(choice.kind, t)),
        (t("filter.county"), controls.county_words(choice.county, known, t)),
        *([(t("filter.site"), choice.site)] if choice.site != ALL else []),
        *([(t("penalties.period"), fmt.day_range(*choice.span, t.lang))] if choice.span else []),
        (t("repeat.as_of"), fmt.day(choice.as_of, t.lang)),
    ]
    return as_of.printed(told, t, as_known.words(source, t))


def lead(counts: list[ClockCount], open_count: int, choice: Choice, t: Text) -> html.P:
    overdue = sum(one.clock_count for one in counts if one.state == "overdue" and one.clock != "late_surcharge")
    soon = sum(one.soon_count for one in counts)
    parts = t.parts(
        "penalties.lead",
        day=html.Span(fmt.day(choice.as_of, t.lang), className="unbroken"),
        open=html.B(fmt.count(open_count)),
        overdue=html.B(fmt.count(overdue), className="worse" if overdue else "better"),
        soon=html.B(fmt.count(soon)),
        days=str(SOON_DAYS),
    )
    return html.P([*parts, t("penalties.no_target")], className="lead")


# --- the funnel --------------------------------------------------------------------------------------------
def funnel_card(db: queries.Source, choice: Choice, t: Text) -> html.Section:
    """How far the passages of the period came, or the cases of illegal operation; the remainders of each stage fold
    out."""
    assert choice.passed is not None
    title = t(_of_kind("penalties.funnel", choice))
    if not case_facts.has_funnel(db, choice):
        return controls.card(title, None, html.P(t("penalties.funnel.none"), className="quiet-line"))
    details = finding_facts.detail_words(db)
    lines: list[Any] = []
    before: funnel.Stage | None = None
    for stage in case_facts.funnel_stages(db, choice.scope):
        name = t.pick(*funnel.stage_words(stage.stage, choice.kind))
        share = funnel.share(stage, before) if before is not None else None
        width = 100 * (share or 0) if before is not None else 100
        number: list[Any] = [html.B(fmt.count(stage.count))]
        if before is not None:
            number.append(html.Span(fmt.rate(share), className="subtitle"))
        bar = html.I(style={"width": f"{width:.2f}%"})
        lines.append(
            html.Div(
                [
                    html.Span([html.Span(name), _stage_info(db, stage, choice, t)], className="name name-and-info"),
                    html.Span(number, className="amount"),
                    html.Span(bar, className="way", **{"aria-hidden": "true"}),
                ],
                className="step-line still",
            )
        )
        if stage.left or stage.beside:
            lines.append(_remainders(db, stage, name, choice, details, t))
        before = stage
    how = t(_of_kind("penalties.funnel.how", choice), span=fmt.day_range(*choice.passed, t.lang))
    query = case_facts.findings_query(db, choice, None, None)
    every = None
    if query is not None:
        told = [t("penalties.funnel.findings"), shell.icon("right")]
        every = dcc.Link(told, href="/overload/findings" + query, className="rows-link")
    content = html.Div(lines, className="step-lines")
    return controls.card(title, how, content, extra=every, id="penalties-funnel")


def _of_kind(key: str, choice: Choice) -> str:
    """The key of a text that illegal operation, which has no passages, has of its own."""
    return key if case_facts.begins_with_passage(choice) else f"{key}.illegal"


def _stage_info(db: queries.Source, stage: funnel.Stage, choice: Choice, t: Text) -> Any:
    """The (i) of a stage: what it counts, the day and the version. Only what was found over the limit has a page that
    shows it: that of fates."""
    assert choice.passed is not None
    told: list[tuple[str, Any]] = [
        ("explain.leaves_out", t(_of_kind("penalties.funnel.leaves_out", choice))),
        ("explain.data", fmt.day_range(*choice.passed, t.lang)),
        ("explain.version", t("app.snapshot", version=db.version)),
    ]
    link = None
    if stage.stage == "found" and (query := case_facts.findings_query(db, choice, None, None)) is not None:
        link = "/overload/findings" + query
    says, column = t(_of_kind(f"penalties.funnel.says.{stage.stage}", choice)), COLUMN_OF_STAGE[stage.stage]
    if (stage.stage, choice.kind) == ("found", "illegal_operation"):
        column = "found_on"
    return explain.rule_popover(t.pick(*funnel.stage_words(stage.stage, choice.kind)), says, told, link, column, t)


def _remainders(
    db: queries.Source, stage: funnel.Stage, name: str, choice: Choice, details: dict[str, tuple[str, str]], t: Text
) -> html.Details:
    """Who was left out of a stage, by reason, and who reached it without the one before."""
    left_count = sum(part.count for part in stage.left)
    summed = [t("penalties.funnel.left", count=fmt.count(left_count))]
    if stage.beside:
        summed.append(t("penalties.funnel.beside", count=fmt.count(stage.beside_count)))
    heads: controls.Heads = [(t("penalties.why"), False), (t(_of_kind("penalties.funnel.passages", choice)), True)]
    body = []
    for part in stage.left:
        told = funnel.reason_words(part, details, t.lang)
        query = None
        if stage.stage == "filed" and part.reason in fates.FATES:
            query = case_facts.findings_query(db, choice, part.reason, part.detail or None)
        head = told if query is None else dcc.Link(
            told, href=f"/overload/findings{query}#rows", title=t("penalties.funnel.all_of_fate")
        )  # fmt: skip
        body.append(controls.stack_row(head, [fmt.count(part.count)], heads))
    for part in stage.beside:
        told = t("penalties.funnel.beside.row", why=funnel.reason_words(part, details, t.lang))
        body.append(controls.stack_row(told, [f"+{fmt.count(part.count)}"], heads))
    return html.Details(
        [
            html.Summary([shell.icon("right"), html.Span(" · ".join(summed))]),
            controls.stack_table(t("penalties.funnel.remainders", stage=name), heads, body),
        ],
        className="fold plain-fold",
    )


# --- the four series ---------------------------------------------------------------------------------------
def series_card(db: queries.Source, choice: Choice, t: Text, theme: str) -> html.Section:
    """Cases by month of filing, decision, payment in full and closing. A month without any is told as none."""
    told = case_facts.months(db, choice.scope)
    first = choice.first_month
    every = [
        f"{(first.year * 12 + first.month - 1 + step) // 12}-{(first.month - 1 + step) % 12 + 1:02d}"
        for step in range(case_facts.MONTHS_SHOWN)
    ]
    names = {name: t(f"penalties.series.{name}") for name in SERIES}
    heads: controls.Heads = [(t("penalties.month"), False), *((names[name], True) for name in SERIES)]
    body = []
    for month in reversed(every):
        counts = told.get(month, {})
        cells = [
            number(counts.get(name, 0), choice.opened("cases", series=name, month=month), f"{month} {names[name]}", t)
            for name in SERIES
        ]
        body.append(controls.stack_row(month, cells, heads))
    figure = charts.month_lines(every, {name: [told.get(m, {}).get(name, 0) for m in every] for name in SERIES},
                                names, theme)  # fmt: skip
    lines = [_of_series(db, name, names[name], choice, t) for name in SERIES]
    content = [
        html.Ul(lines, className="formula-lines side-by-side"),
        controls.chart("penalties-series", figure, t("penalties.series.reading"), t.lang, charts.MONTHS_HEIGHT),
        controls.stack_table(t("penalties.series"), heads, body),
    ]
    return controls.card(t("penalties.series"), t("penalties.series.how"), content)


def _of_series(db: queries.Source, series: str, name: str, choice: Choice, t: Text) -> html.Li:
    """A series with its (i): which day counts, what is left out, the months, the cases."""
    told: list[tuple[str, Any]] = [
        ("explain.leaves_out", t(f"penalties.series.leaves_out.{series}")),
        ("explain.data", fmt.day_range(choice.first_month, choice.as_of, t.lang)),
        ("explain.version", as_known.words(db, t)),
    ]
    query = choice.opened("cases", series=series, month=f"{choice.as_of:%Y-%m}")
    info = explain.rule_popover(name, t(f"penalties.series.says.{series}"), told, HERE + query, f"{series}_on", t)
    return html.Li(html.Span([html.Span(name), info], className="name-and-info"))


# --- clocks ------------------------------------------------------------------------------------------------
def clock_words(clock: str, t: Text) -> str:
    return terms.CLOCK_TERMS[clock].name(t.lang)


def clock_info(db: queries.Source, source: queries.Source, clock: str, choice: Choice, t: Text) -> Any:
    """The (i) of a clock: what it measures, the rules of the day and how well each is known."""
    lines = []
    for rule in case_facts.rule_in_force(db, clock, choice.as_of):
        says, cited = t.pick(rule.condition_zh, rule.condition_en), t.pick(rule.citation_zh, rule.citation_en)
        known = explain.confidence_pill(rule.confidence, t)
        lines.append(html.Li([html.Code(rule.rule_no), f" {says}{t('app.colon')}{cited} ", known]))
    told: list[tuple[str, Any]] = [
        ("explain.thresholds", html.Ul(lines, className="thresholds") if lines else t("penalties.no_rule")),
        ("explain.leaves_out", t("penalties.clocks.leaves_out")),
        ("explain.version", as_known.words(source, t)),
    ]
    says = terms.CLOCK_TERMS[clock].says(t.lang)
    return explain.rule_popover(
        clock_words(clock, t), says, told, HERE + choice.opened("clocks", clock=clock), "clock", t
    )


def clocks_card(
    db: queries.Source, source: queries.Source, counts: list[ClockCount], choice: Choice, t: Text
) -> html.Section:
    """``db`` has the rules, ``source`` what the clocks are told from."""
    heads: controls.Heads = [
        (t("penalties.clock"), False),
        *((t(f"penalties.clocks.{name}"), True) for name in OF_CLOCK),
    ]
    body = []
    for clock in CLOCKS:
        of_clock = [one for one in counts if one.clock == clock]
        if not of_clock:
            continue
        by_state = {one.state: one.clock_count for one in of_clock}
        by_state["soon"] = sum(one.soon_count for one in of_clock)
        cells = []
        for name in OF_CLOCK:
            which = {"soon": "1"} if name == "soon" else {"state": name}
            query = choice.opened("clocks", clock=clock, **which)
            words = f"{clock_words(clock, t)} {t(f'penalties.clocks.{name}')}"
            tone = TONE.get(name, "") if name != "soon" else "warn"
            cells.append(number(by_state.get(name, 0), query, words, t, tone))
        told = html.Span(clock_words(clock, t))
        head: list[Any] = [html.Div([told, clock_info(db, source, clock, choice, t)], className="name-and-info")]
        unread = sum(one.unverified_count for one in of_clock)
        if unread:
            head.append(explain.unverified_pill(t, t("penalties.clocks.unverified", count=fmt.count(unread))))
        fees = sum(one.surcharge_fen or 0 for one in of_clock)
        if clock == "late_surcharge" and fees:
            head.append(html.Span(t("penalties.clocks.surcharge", yuan=amount(fees)), className="under"))
        body.append(controls.stack_row(html.Div(head), cells, heads))
    content: Any = controls.stack_table(t("penalties.clocks"), heads, body)
    if not body:
        content = html.P(t("penalties.none"), className="quiet-line")
    soon = dcc.Link(
        [t("penalties.soon", days=SOON_DAYS), shell.icon("right")],
        href=HERE + choice.opened("clocks", soon="1"),
        className="rows-link",
    )
    return controls.card(t("penalties.clocks"), t("penalties.clocks.how"), content, extra=soon)


# --- ageing ------------------------------------------------------------------------------------------------
def ages_card(db: queries.Source, choice: Choice, t: Text) -> html.Section:
    """Open cases by state and by days since filing, or since discovery before that."""
    counts = case_facts.open_counts(db, choice.scope)
    heads: controls.Heads = [
        (t("penalties.state"), False),
        *((t(f"penalties.age.{age}"), True) for age in AGES),
        (t("penalties.total"), True),
    ]
    body = []
    for state in sorted({one.case_state for one in counts}, key=case_facts.state_order):
        by_age = {one.age: one.case_count for one in counts if one.case_state == state}
        name = terms.state_name(state, t.lang)
        cells = [
            number(
                by_age.get(age, 0), choice.opened("cases", state=state, age=age),
                f"{name} {t(f'penalties.age.{age}')}", t, "warn" if age == "over_90" else "",
            )
            for age in AGES
        ]  # fmt: skip
        body.append(controls.stack_row(name, [*cells, fmt.count(sum(by_age.values()))], heads))
    content: Any = controls.stack_table(t("penalties.ages"), heads, body)
    if not body:
        content = html.P(t("penalties.none"), className="quiet-line")
    refused = case_facts.refused_count(db, choice.scope)
    link = None
    if refused:
        told = [t.plural("penalties.refused.all", refused), shell.icon("right")]
        link = dcc.Link(told, href=HERE + choice.opened("refused"), className="rows-link")
    return controls.card(t("penalties.ages"), t("penalties.ages.how"), content, extra=link, id="penalties-ages")


# --- amounts -----------------------------------------------------------------------------------------------
def amounts_card(db: queries.Source, choice: Choice, t: Text) -> html.Section:
    """Decided against what the articles allow. No table of local discretion is loaded, and the card says so."""
    found = case_facts.compared(db, choice.scope)
    heads: controls.Heads = [
        (t("penalties.verdict"), False), (t("penalties.cases"), True), (t("penalties.allowed"), True),
        (t("penalties.decided"), True), (t("penalties.collected"), True), (t("penalties.why"), False),
    ]  # fmt: skip
    body = []
    for verdict in VERDICTS:
        of_verdict = [one for one in found if one.verdict == verdict]
        if not of_verdict:
            continue
        name = terms.VERDICT_TERMS[verdict].name(t.lang)
        reasons: dict[str, int] = {}
        for one in of_verdict:
            reasons[one.reason] = reasons.get(one.reason, 0) + 1
        why = [html.Span(f"{terms.REASON_TERMS[code].name(t.lang)} {fmt.count(many)}", className="under")
               for code, many in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))]  # fmt: skip
        allowed = [one.high_fen for one in of_verdict if one.high_fen is not None]
        collected = [one.collected_fen for one in of_verdict if one.collected_fen is not None]
        cells = [
            number(len(of_verdict), choice.opened("amounts", verdict=verdict), name, t, VERDICT_TONE.get(verdict, "")),
            amount(sum(allowed)) if allowed else fmt.NONE,
            amount(sum(one.decided_fen for one in of_verdict)),
            amount(sum(collected)) if collected else fmt.NONE,
            html.Div(why),
        ]
        body.append(controls.stack_row(name, cells, heads))
    content: Any = controls.stack_table(t("penalties.amounts"), heads, body)
    if not body:
        content = html.P(t("penalties.none"), className="quiet-line")
    return controls.card(t("penalties.amounts"), t("penalties.amounts.how"), content)


# --- rows --------------------------------------------------------------------------------------------------
def rows_card(db: queries.Source, source: queries.Source, choice: Choice, known: Known, t: Text) -> html.Div:
    """The rows behind a number, the first of them, and beside them the case of the row that is open; files and the
    command line hold all. ``db``: the version served; ``source``: it or what a night knew."""
    found = case_facts.rows(source, choice)
    is_cut = len(found) > ROWS_SHOWN
    made = {"clocks": _clock_rows, "cases": _case_rows, "amounts": _amount_rows, "refused": _refused_rows}[choice.rows]
    heads, body = made(db, choice, found[:ROWS_SHOWN], known, t)
    name = rows_words(choice, t)
    count = f"{ROWS_SHOWN}+" if is_cut else fmt.count(len(found))
    content: Any = (
        controls.stack_table(name, heads, body) if body else html.P(t("penalties.none"), className="quiet-line")
    )
    close = dcc.Link([shell.icon("x"), t("findings.rows.close")], href=HERE + choice.scope.query(), className="button")
    files = file_links(len(found), choice, t)
    how: list[Any] = [html.Span(t("penalties.rows.below")), " "] if choice.verdict == "below" else []
    if is_cut:
        how += [t("penalties.rows.first", shown=ROWS_SHOWN), html.Code(command(choice))]
    card = controls.card(
        t("penalties.rows", what=name, count=count), how or None, content, extra=[*files, close], id="rows"
    )  # fmt: skip
    drawer = case_drawer.drawer(db, source, choice, known, t) if choice.row else None
    look = "card drawer open" if drawer else "card drawer"
    aside = html.Aside(drawer, id="penalties-drawer", className=look, **{"aria-label": t("evidence.title")})
    return html.Div([card, aside], className="rows-and-drawer")


def file_links(count: int, choice: Choice, t: Text) -> list[html.A]:
    """Files of the rows of the choice; the buttons say of what, and how many rows they hold."""
    what, rows = t(f"penalties.rows.{choice.rows}"), t.plural("unit.rows", count)
    told = {kind: t("penalties.export", what=what, kind=kind.upper(), rows=rows) for kind in ("csv", "xlsx")}
    return lists.file_links("cases", choice.query(absolute=True, row=None), told)


def command(choice: Choice) -> str:
    """What writes every row of the choice on the command line."""
    name = {
        "cases": "list", "amounts": "amounts", "clocks": "late-next-week" if choice.soon else "clocks",
        "refused": "refused",
    }[choice.rows]  # fmt: skip
    told = {"as-of": choice.as_of.isoformat()}
    told |= {} if choice.known_on is None else {"known-on": choice.known_on.isoformat()}
    named = (("kind", choice.kind), ("county", choice.county), ("site", choice.site))
    told |= {name: value for name, value in named if value != ALL}
    if choice.span is not None:
        told |= {"filed-from": choice.span[0].isoformat(), "filed-to": choice.span[1].isoformat()}
    if choice.rows == "amounts":
        told["from"] = choice.first_month.isoformat()
    of_rows = {"cases": ("series", "month", "age"), "amounts": ("verdict",), "clocks": ("clock",), "refused": ()}
    told |= {option: value for option in of_rows[choice.rows] if (value := getattr(choice, option))}
    if choice.rows == "clocks" and choice.ran_out_from and not choice.soon:
        told["ran-out-from"] = choice.ran_out_from.isoformat()
    states = {"cases": CASE_STATES, "clocks": () if choice.soon else STATES}
    if choice.state is not None and choice.state in states.get(choice.rows, ()):
        told["state"] = choice.state
    return " ".join(["heng cases", name, *(f"--{option} {value}" for option, value in told.items()), "--format csv"])


def rows_words(choice: Choice, t: Text) -> str:
    """What the rows below are, in words."""
    told = [t(f"penalties.rows.{choice.rows}")]
    if choice.clock:
        told.append(clock_words(choice.clock, t))
    if choice.soon:
        told.append(t("penalties.clocks.soon"))
    if choice.ran_out_from and choice.rows == "clocks":
        days = fmt.day_range(choice.ran_out_from, choice.as_of, t.lang)
        told.append(t("penalties.clocks.ran_out", days=days))
    if choice.state and choice.rows == "clocks" and choice.state in terms.STATE_TERMS:
        told.append(terms.STATE_TERMS[choice.state].name(t.lang))
    if choice.state and choice.rows == "cases":
        told.append(terms.state_name(choice.state, t.lang))
    if choice.series and choice.month:
        told += [choice.month, t(f"penalties.series.{choice.series}")]
    if choice.age:
        told.append(t(f"penalties.age.{choice.age}"))
    if choice.verdict:
        told.append(terms.VERDICT_TERMS[choice.verdict].name(t.lang))
    return " · ".join(told)


Made = tuple[controls.Heads, list[html.Tr]]


def _case_head(db: queries.Source, choice: Choice, at: int, one: Any, known: Known, t: Text) -> html.Span:
    """The number of a case, which opens it in the drawer; the step of a case that no list has opens none."""
    county = one.county_code
    number: Any = html.Span(one.case_no, lang="zh")
    key = f"{db.version}-{at}"
    if county or choice.rows != "refused":
        look = "current" if key == choice.row else ""
        number = dcc.Link(number, href=HERE + choice.query(row=key) + "#rows", className=look)
    return html.Span([number, html.Span(controls.place_name(known, county, t) if county else "", className="under")])


def _clock_rows(db: queries.Source, choice: Choice, found: list[Clock], known: Known, t: Text) -> Made:
    heads: controls.Heads = [
        (t("penalties.case"), False), (t("penalties.clock"), False), (t("penalties.from"), False),
        (t("penalties.due"), False), (t("penalties.done"), False), (t("penalties.result"), False),
        (t("penalties.days"), True), (t("penalties.rule"), False),
    ]  # fmt: skip
    body = []
    for at, one in enumerate(found):
        due: Any = fmt.day(one.due_on, t.lang) if one.due_on else fmt.NONE
        if one.is_rolled:
            due = html.Span([due, html.Span(t("penalties.rolled"), className="under")])
        rule: list[Any] = [html.Code(one.rule_id)] if one.rule_id else [t("penalties.no_rule")]
        cited = case_facts.citation(db, one.rule_id, t)
        rule += [" ", html.Span(cited)] if cited else []
        if not one.has_verified_rule:
            rule += [" ", explain.unverified_pill(t, t("penalties.clock.unverified"))]
        cells = [
            clock_words(one.clock, t), fmt.day(one.started_on, t.lang), due,
            fmt.day(one.ended_on, t.lang) if one.ended_on else fmt.NONE,
            shell.pill(terms.STATE_TERMS[one.state].name(t.lang), "warn" if one.is_soon else TONE.get(one.state, "")),
            _days(one, t), html.Span(rule),
        ]  # fmt: skip
        body.append(controls.stack_row(_case_head(db, choice, at, one, known, t), cells, heads))
    return heads, body


def _days(one: Clock, t: Text) -> Any:
    """Days late, days left, and what a late payment comes to."""
    told = fmt.NONE
    if one.days_late:
        told = words.days_left(-one.days_late, t)
    elif one.days_left is not None:
        told = words.days_left(one.days_left, t)
    if one.surcharge_fen is None:
        return told
    return html.Span(
        [told, html.Span(t("penalties.clocks.surcharge", yuan=amount(one.surcharge_fen)), className="under")]
    )


def _refused_rows(db: queries.Source, choice: Choice, found: list[Refused], known: Known, t: Text) -> Made:
    """Steps without effect: what was tried, why it had none, what to do, and the line it was delivered in."""
    heads: controls.Heads = [
        (t("penalties.case"), False), (t("penalties.step"), False), (t("penalties.why"), False),
        (t("penalties.missing"), False), (t("penalties.next_step"), False), (t("evidence.source"), False),
    ]  # fmt: skip
    body = []
    for at, one in enumerate(found):
        reason = t.pick(one.reason_zh, one.reason_en) or one.refusal_reason
        cells = [
            html.Div([case_drawer.step_words(one, t), html.Span(fmt.moment(one.event_at, t.lang), className="under")]),
            html.Div([reason, " ", html.Code(one.refusal_reason)]),
            terms.guards(one.missing_guards, t.lang) or fmt.NONE,
            t.pick(one.next_step_zh, one.next_step_en) or fmt.NONE,
            case_drawer.source_of(db, one, t),
        ]
        body.append(controls.stack_row(_case_head(db, choice, at, one, known, t), cells, heads))
    return heads, body


def _case_rows(db: queries.Source, choice: Choice, found: list[Case], known: Known, t: Text) -> Made:
    heads: controls.Heads = [
        (t("penalties.case"), False), (t("penalties.state"), False), (t("table.plate"), False),
        *((t(f"penalties.series.{name}"), False) for name in SERIES),
        (t("penalties.stated"), True), (t("penalties.decided"), True), (t("penalties.collected"), True),
    ]  # fmt: skip
    body = [_case_row(one, _case_head(db, choice, at, one, known, t), heads, t) for at, one in enumerate(found)]
    return heads, body


def _case_row(one: Case, head: html.Span, heads: controls.Heads, t: Text) -> html.Tr:
    state: list[Any] = [terms.state_name(one.case_state, t.lang)]
    if one.is_state_reported:
        state.append(html.Span(t("penalties.reported"), className="under"))
    if one.refused_count:
        state.append(html.Span(t.plural("penalties.refused", one.refused_count), className="under worse"))
    if one.is_closed_on_list_only:
        state.append(html.Span(t("penalties.closed_on_list"), className="under worse"))
    days = [
        html.Span(fmt.day(day, t.lang), className="unbroken") if day else fmt.NONE
        for day in (one.filed_on, one.decided_on, one.paid_on, one.closed_on)
    ]
    cells = [
        html.Div(state), html.Span(masked(one.plate_no), className="unbroken"), *days, amount(one.statutory_fen),
        amount(one.decided_fen), amount(one.collected_fen),
    ]  # fmt: skip
    return controls.stack_row(head, cells, heads)


def _amount_rows(db: queries.Source, choice: Choice, found: list[Compared], known: Known, t: Text) -> Made:
    heads: controls.Heads = [
        (t("penalties.case"), False), (t("table.excess"), True), (t("penalties.range"), True),
        (t("penalties.stated"), True), (t("penalties.decided"), True), (t("penalties.why"), False),
        (t("penalties.rule"), False),
    ]  # fmt: skip
    body = []
    for at, one in enumerate(found):
        low, high = amount(one.low_fen), amount(one.high_fen)
        rules: list[Any] = [html.Code(", ".join(one.rules))] if one.rules else [fmt.NONE]
        if one.rules and not one.is_verified:
            rules += [" ", explain.unverified_pill(t, t("penalties.rule.unverified"))]
        cells = [
            fmt.kilograms(one.excess_kg) if one.excess_kg is not None else fmt.NONE,
            low if low == high else f"{low} – {high}", amount(one.stated_fen), amount(one.decided_fen),
            terms.REASON_TERMS[one.reason].name(t.lang), html.Span(rules),
        ]  # fmt: skip
        body.append(controls.stack_row(_case_head(db, choice, at, one, known, t), cells, heads))
    return heads, body


# --- the page ------------------------------------------------------------------------------------------------
@shell.page("penalties")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "penalties", db)
    if not case_facts.is_built(db):
        card = shell.state_card("database", t("penalties.old.title"), [t("state.no_terminals.why")])
        return shell.frame(view, "penalties", card, db=db)
    choice, bad = case_facts.choice_of(query, known)
    files: list[html.A] = []
    with as_known.source(db, "cases", choice.known_on) as source:
        body = _body(db, source, choice, known, view)
        every = replace(choice.scope, rows="cases")
        if choice.rows == "none":  # rows that are open have files of their own
            files = file_links(case_facts.case_count(source, every), every, t)
    return shell.frame(
        view,
        "penalties",
        body,
        actions=[controls.copy_link("penalties", t), *files],
        db=db,
        notices=[t("state.bad_values", values=t("availability.join").join(bad))] if bad else None,
    )


def _body(
    db: queries.Source, source: queries.Source, choice: Choice, known: Known, view: shell.View
) -> list[Any]:  # fmt: skip
    """``db``: the version served; ``source``: it or what the night of the choice knew."""
    t = view.text
    counts = case_facts.clock_counts(source, choice.scope)
    open_count = sum(one.case_count for one in case_facts.open_counts(source, choice.scope))
    body: list[Any] = [
        as_known.line(source, t("penalties.known.how"), t),
        lead(counts, open_count, choice, t),
        printed(source, choice, known, t),
        filters(choice, known, t),
    ]
    if choice.rows != "none":
        body.append(rows_card(db, source, choice, known, t))
    is_now = choice.known_on is None  # the funnel and what articles allow rest on passages
    is_wide = not choice.is_narrow  # some cards are of all sites and of the twelve months
    has_passages = is_now and choice.passed is not None
    body += [
        clocks_card(db, source, counts, choice, t),
        *([funnel_card(db, choice, t), times_card.card(db, choice, t)] if has_passages else []),
        series_card(source, choice, t, view.theme),
        ages_card(source, choice, t),
        *([forecast_card.card(source, choice, t)] if is_wide else []),
        *([amounts_card(db, choice, t)] if is_now else []),
        *([consistency_card.card(db, choice, known, t)] if is_now and is_wide else []),
        None if is_wide else html.P(t("penalties.narrow"), className="note", id="penalties-narrow"),
    ]
    query, absolute = choice.query(), choice.query(absolute=True)
    return [*body, *as_of.stores("penalties", HERE, query, absolute, choice.as_of, choice.known_on)]


PAGE = {"path": HERE, "title": shell.title("penalties"), "layout": layout}
as_of.follow("penalties", with_night=True)
