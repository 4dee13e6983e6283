"""How often was this vehicle over the limit, why so often, and what would change the count?

One plate, one line that answers, then every act that counts and every act that does not, with the reason in words. The
sentences are those of the dossier, which the page hands out as a file.
"""

import base64
import json
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, callback, ctx, dcc, html
from dash.exceptions import PreventUpdate
from werkzeug.exceptions import BadRequest

from dashboards import as_known, controls, lookup_facts, queries, risk_facts, shell
from dashboards import format as fmt
from dashboards.as_known import NotComputed
from dashboards.lookup_facts import Found
from dashboards.selection import day_asked, option
from dashboards.text import Text
from warehouse import dossier_file, dossier_text, masks, plate, repeat, risk
from warehouse.audit import PURPOSES
from warehouse.dossier import main_standing
from warehouse.dossier_text import Words

USUAL_PURPOSE, LIST_PURPOSE = "vehicle_check", "repeat_list"
"""The purpose that stands there at first: of a plate that is typed, and of a vehicle that a list hands over."""

HOME = plate.HOME
"""The province of the bureau; a tap changes it."""
PLATE_TONE = {1: "blue", 2: "yellow", 4: "white", 5: "green", 91: "yellow", 92: "green", 93: "green", 94: "green"}
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})")
MOST_MARKS = 8
"""Marks of the bar of counts; more are told by the number alone."""


# --- what was found -----------------------------------------------------------------------------------------
def badge(plate_no: str, color: int | None) -> html.Span:
    """A plate as it looks on the vehicle."""
    return html.Span(f"{plate_no[:2]}·{plate_no[2:]}", className=f"plate {PLATE_TONE.get(color or 0, 'plain-plate')}")


def who(found: Found, w: Words) -> html.Div:
    """The plate, its colour, and what the register says the vehicle is."""
    assert found.facts is not None
    row = next((one for one in found.facts["register"] if one["is_in_force"]), None)
    if row is None:
        told = w("unknown.no_register")
    else:
        parts = [w.of("kind", row["vehicle_kind"])]
        if row["axle_count"] is not None:
            parts.append(w("act.axles", count=row["axle_count"]))
        parts.append(row["enterprise_name"] or "")
        told = w("head.register") + w("colon") + " · ".join(filter(None, parts))
    others = [code for code in found.colors if code != found.color]
    return html.Div(
        [
            badge(found.plate_no, found.color),
            html.Span([dossier_text.color(found.color, w), " · ", told], className="who"),
            *[_color_button(code, w) for code in others],
        ],
        className="who-line",
    )


def _color_button(code: int, w: Words) -> html.Button:
    return html.Button(w.of("color", code), className="button", **{"data-lookup-color": str(code)})


def _unbroken(text: str) -> list[Any]:
    """A sentence whose days stay on one line: they would break at their hyphens."""
    return [html.Span(part, className="unbroken") if _DAY.fullmatch(part) else part for part in _DAY.split(text)]


def bar(count: int, over: int, t: Text) -> Any:
    """A mark for each count, with the statute's line behind the last that does not pass it."""
    if count > MOST_MARKS:
        return None
    marks: list[Any] = [
        html.I(className=("passed" if at > over else "there") if at <= count else "")
        for at in range(1, max(count, over + 1) + 1)
    ]
    marks.insert(over, html.B())
    return html.Div(
        [html.Span(marks, className="marks", **{"aria-hidden": "true"}), html.Span(t("lookup.line", over=over))],
        className="bar-of-counts",
    )


def verdict(facts: dict[str, Any], t: Text, w: Words) -> html.Section:
    """The line that answers, how it adds up, and what it is not."""
    one = main_standing(facts)
    over = int(dossier_text.value_of(facts, "repeat_statutory_over"))
    passed = one["tier"] == "statutory"
    article = next((row for row in facts["articles"] if row["article"] == "repeat_vehicle"), None)
    return html.Section(
        [
            html.Div(
                [
                    html.Div([html.B(str(one["count"])), html.Span(w("times"))], className="count-now"),
                    html.Div(
                        [
                            html.P(_unbroken(dossier_text.lead(facts, w)), className="lead-line"),
                            *[
                                html.P(_unbroken(line), className="since-line")
                                for line in dossier_text.triggers(facts, w)
                            ],
                            html.P(dossier_text.equation(facts, w), className="sum-line"),
                            html.P(dossier_text.thresholds(facts, w), className="quiet-line"),
                        ]
                    ),
                ],
                className=f"verdict-block{' passed' if passed else ''}",
            ),
            bar(one["count"], over, t),
            html.P([w("not_a_decision"), " ", w.pick(article, "citation") if article else ""], className="quiet-line"),
        ],
        className="card",
    )


def standings(facts: dict[str, Any], t: Text, w: Words) -> html.Section:
    """The count in every span and by both days, and why they differ."""
    rows = []
    for one in facts["standings"]:
        is_main = (one["asked"], one["basis"]) == (facts["main"]["window"], facts["main"]["basis"])
        falls = f"{w('col.lapses')}{w('colon')}{w.day(one['lapses_on'])}" if one["lapses_on"] else ""
        rows.append(
            html.Tr(
                [
                    html.Th(
                        [
                            f"{dossier_text.window_name(one['asked'], w)} · {dossier_text.basis(one['basis'], w)}",
                            html.Span(_unbroken(w.span(one["window_first"], one["window_last"])), className="under"),
                        ],
                        scope="row",
                    ),
                    html.Td(html.B(str(one["count"])), className="number"),
                    html.Td([dossier_text.tier(facts, one, w), html.Span(falls, className="under")]),
                ],
                className="main-row" if is_main else "",
            )
        )
    heads = [w("col.window"), w("col.count"), w("col.standing")]
    found = dossier_text.differences(facts, w)
    table_head = [html.Th(h, scope="col", className="number" if i == 1 else "") for i, h in enumerate(heads)]
    return html.Section(
        [
            html.H2(w("head.standings")),
            controls.scrolled(
                html.Table(
                    [
                        html.Caption(w("head.standings"), className="visually-hidden"),
                        html.Thead(html.Tr(table_head)),
                        html.Tbody(rows),
                    ],
                    className="plain",
                )
            ),
            html.P(w("differs" if found else "differs.not"), className="quiet-line") if facts["acts"] else None,
            html.Ul([html.Li(line) for line in found], className="lines") if found else None,
            html.P([shell.pill(t("pill.unverified"), "warn"), " ", w("unknown.which_year")], className="quiet-line"),
        ],
        className="card",
    )


def _dimensions(passage: dict[str, Any] | None) -> list[dict[str, Any]]:
    return passage["dimensions"] if passage else []


def _evidence(shown: Any, record_id: str, t: Text, className: str = "") -> html.A:
    """A way to the evidence that leaves the answer where it is: the plate would have to be typed again."""
    says = shown if isinstance(shown, str) else t("lookup.evidence.last")
    return html.A(
        shown,
        href=f"/overload/rows?record={record_id}",
        target="_blank",
        rel="noopener",
        className=className,
        **{"aria-label": t("link.new_tab", what=says)},
    )


def act_line(facts: dict[str, Any], act: dict[str, Any], number: int | None, t: Text, w: Words) -> html.Li:
    """One act: what happened, what became of it and why, and the way to its evidence."""
    passage = act["passage"]
    if passage is None:
        weighed: Any = w("act.no_passage")
    else:
        gross, limit = w.kilograms(passage["gross_vehicle_weight_kg"]), w.kilograms(passage["limit_kg"])
        axles = f"{w('act.axles', count=passage['axle_count'])} · " if passage["axle_count"] else ""
        if passage["verdict"] == "over":
            ratio = w.share(passage["excess_ratio"], act["counted_ratio"])
            weighed = t.parts("lookup.weighed", gross=gross, axles=axles, limit=limit, ratio=html.B(ratio))
        else:
            verdict = html.B(w.of("verdict", passage["verdict"]))
            weighed = t.parts("lookup.weighed.not_over", gross=gross, axles=axles, limit=limit, verdict=verdict)
    state = act["steps"][-1]["case_state"] if act["steps"] else None
    told: list[Any] = [
        html.Div(
            [
                html.B(f"{w.day(act['violated_at'])} {act['violated_at'][11:16]}"),
                html.Span(dossier_text.place(facts, act, w)),
                shell.pill(w.of("state", state)) if state else None,
            ],
            className="act-head",
        ),
        html.Div(weighed),
    ]
    if passage is not None and passage["verdict"] == "over":
        allowance = dossier_text.allowance(act, w)
        told.append(html.Div(f"{w('act.allowance')}{w('colon')}{allowance}", className="act-under"))
    if number is None:
        told.append(html.Div(dossier_text.main_why(facts, act, w), className="act-why"))
    doubts = [w.pick(flag) for flag in passage["flags"]] if passage else []
    doubts += filter(None, [dossier_text.weak_but_counted(facts, act, w)])
    if doubts:
        told.append(html.Div(w("join").join(doubts), className="act-doubts"))
    told += [html.Div(dossier_text.dimension(one, w), className="act-under") for one in _dimensions(passage)]
    decided = dossier_text.decisions(act, w)
    told.append(
        html.Div(w("semicolon").join(decided) or f"{w('act.filed')} {w.day(act['filed_on'])}", className="act-under")
    )
    counts = dossier_text.counted_span(facts, act, w) if number is not None else ""
    told.append(html.Div(" · ".join(filter(None, (act["case_no"], counts))), className="act-under"))
    if act["match"]:
        ties = html.Ul([html.Li(dossier_text.tie(one, w)) for one in act["match"]], className="lines")
        how = html.P(w("act.match.how"), className="quiet-line")
        told.append(html.Details([html.Summary([shell.icon("right"), html.Span(w("act.match"))]), ties, how],
                                 className="fold plain-fold"))  # fmt: skip
    if passage:
        told.append(_evidence(t("lookup.evidence"), passage["record_id"], t, "text-link evidence"))
    mark = html.Span(str(number) if number is not None else "×", className="act-number")
    return html.Li(
        [mark, html.Div(told, className="act-told")],
        className="counted" if number is not None else "left-out",
    )


def acts(facts: dict[str, Any], t: Text, w: Words) -> list[Any]:
    """The acts that count, the last one first, and those that do not, each with its reason."""
    listed = list(reversed(dossier_text.numbered(facts)))
    one = main_standing(facts)
    span = dossier_text.window(one, w)
    cards = []
    for key, chosen in (
        ("head.counted", [(n, act) for n, act in listed if n is not None]),
        ("head.not_counted", [(n, act) for n, act in listed if n is None]),
    ):
        body = (
            html.Ol([act_line(facts, act, n, t, w) for n, act in chosen], className="acts")
            if chosen
            else html.P(
                w("nothing.left_out" if key == "head.not_counted" and listed else "nothing"), className="quiet-line"
            )
        )
        under = html.P(span, className="subtitle") if key == "head.counted" else None
        cards.append(html.Section([html.H2(w(key, count=len(chosen))), under, body], className="card"))
    return cards


def open_questions(facts: dict[str, Any], w: Words) -> list[Any]:
    """What would change the count, and what is not known."""
    changes, same = dossier_text.changes(facts, w)
    changes += [
        (w("lapse", on=w.day(one["on"])), dossier_text.count(facts, one["count"], w)) for one in facts["lapses"]
    ]  # fmt: skip
    return [
        html.Section(
            [
                html.H2(w("head.changes")),
                html.Ul(
                    [html.Li([html.Span(text), html.B(count)]) for text, count in changes], className="lines if-then"
                ),
                html.Details(
                    [
                        html.Summary([shell.icon("right"), html.Span(w("unchanged", count=len(same)))]),
                        html.Ul([html.Li(text) for text in same], className="lines"),
                    ],
                    className="fold plain-fold",
                )
                if same
                else None,
            ],
            className="card",
        ),
        html.Section(
            [
                html.H2(w("head.unknown")),
                html.Ul([html.Li(dossier_text.unknown(facts, one, w)) for one in facts["unknown"]], className="lines"),
            ],
            className="card",
        ),
    ]


def passages(found: Found, t: Text, w: Words) -> html.Section:
    """The last passages, over the limit or not; of one over it whether it has a case, may have one, or has none."""
    assert found.facts is not None
    body: Any = html.P(t("lookup.recent.none"), className="quiet-line")
    how = None
    if found.recent:
        body = _passages(found, list(found.recent), t("lookup.recent"), t, w)
        how = t("lookup.recent.how", shown=len(found.recent), count=f"{found.recent[0]['passage_count']:,}")
    head = [html.H2(t("lookup.recent")), html.P(how, className="subtitle")]
    return html.Section([*head, body], className="card", id="lookup-passages")


def _passages(found: Found, listed: list[dict[str, Any]], caption: str, t: Text, w: Words) -> html.Div:
    """Passages as a table, each with whether a case is of it; the year stands where it is not that of the day asked."""
    assert found.facts is not None
    as_of = found.facts["as_of"]
    rows = []
    for row in listed:
        ratio = w.share(row["excess_ratio"]) if row["excess_ratio"] is not None else "—"
        tone = {"over": "worse", "within": "better"}.get(row["verdict"], "warn")
        moment = (
            fmt.short_moment(datetime.fromisoformat(row["passed_at"]), t.lang)
            if row["passed_at"][:4] == as_of[:4]
            else f"{w.day(row['passed_at'])} {row['passed_at'][11:16]}"
        )
        of_case = None
        if row["case_grade"] is not None:
            of_case = t("lookup.recent.case" if row["case_grade"] == "exact" else "lookup.recent.case_unsure")
        elif row["verdict"] == "over":
            of_case = t("lookup.recent.no_case")
        rows.append(
            html.Tr(
                [
                    html.Th(
                        [
                            _evidence(moment, row["record_id"], t),
                            html.Span(of_case, className="under") if of_case else None,
                        ],
                        scope="row",
                    ),
                    html.Td(row["site_code"]),
                    html.Td(w.kilograms(row["gross_vehicle_weight_kg"]), className="number"),
                    html.Td(ratio, className="number"),
                    html.Td(shell.pill(t(f"verdict.{row['verdict']}"), tone)),
                ]
            )
        )
    heads = [t("table.time"), t("filter.site"), w("act.weight"), w("act.excess"), t("table.verdict")]
    columns = [html.Th(h, scope="col", className="number" if i in (2, 3) else "") for i, h in enumerate(heads)]
    table = html.Table(
        [html.Caption(caption, className="visually-hidden"), html.Thead(html.Tr(columns)), html.Tbody(rows)],
        className="plain",
    )
    return controls.scrolled(table)


def scores(found: Found, db: queries.Source, as_of: date, t: Text) -> html.Section:
    """Whether to look at it first: every score, and what made the rate. No ground of a penalty."""
    if found.risk is None:
        return html.Section(
            [html.H2(t("lookup.risk")), html.P(t("lookup.risk.none"), className="quiet-line")], className="card"
        )
    of = risk_facts.rules(db, as_of)
    scant = t("lookup.risk.scant", least=f"{of.value('minimum_checks'):g}")
    return html.Section(
        [
            html.H2(t("lookup.risk")),
            html.P(scant, className="quiet-line") if found.risk.risk.is_scant else None,
            risk_facts.scores(found.risk, of, db, as_of, "/risk", t),
            *risk_facts.reasons(found.risk, "model", t, with_vehicle=False),
            html.P(t("risk.lead.look"), className="quiet-line"),
        ],
        className="card",
        id="lookup-risk",
    )


def result(found: Found, db: queries.Source, as_of: date, t: Text, w: Words) -> list[Any]:
    """Everything below the form."""
    if found.facts is None:
        return [_unknown(found, t) if not found.is_known else _which_color(found, t, w)]
    facts = found.facts
    newest = next((act["passage"] for act in reversed(facts["acts"]) if act["passage"]), None)
    evidence = (
        _evidence([shell.icon("file"), html.Span(t("lookup.evidence.last"))], newest["record_id"], t, "button")
        if newest
        else None
    )
    actions = html.Div(
        [
            html.Button(
                [shell.icon("download"), html.Span(t("lookup.dossier"))],
                id="lookup-dossier",
                value=found.plate_no,
                className="button primary",
            ),
            evidence,
        ],
        className="lookup-actions",
    )
    known = facts["snapshot"]["known_on"]
    return [
        html.P([html.B(dossier_text.snapshot(facts, w)), t("lookup.known.how")], className="note") if known else None,
        html.Div([who(found, w), actions], className="who-and-actions"),
        html.Div(
            [
                html.Div(
                    [verdict(facts, t, w), *acts(facts, t, w), None if known else passages(found, t, w)],
                    className="stack",
                ),
                html.Div(
                    [
                        standings(facts, t, w),
                        *open_questions(facts, w),
                        None if known or not risk.is_built(db) else scores(found, db, as_of, t),
                    ],
                    className="stack",
                ),
            ],
            className="lookup-columns",
        ),
    ]


def _unknown(found: Found, t: Text) -> html.Section:
    """No delivery names the plate: that is no statement about the vehicle. Of what is no plate nothing else is said."""
    lines: list[Any] = [t("lookup.unknown.why") if found.is_plate else t("lookup.not_a_plate.how", **plate.EXAMPLES)]
    action = None
    if found.near:
        lines.append(t("lookup.near"))
        action = html.Div(
            [
                html.Button(f"{one[:2]}·{one[2:]}", className="button near", **{"data-lookup-plate": one})
                for one in found.near
            ],
            className="near-plates",
        )
    told = f"{found.plate_no[:2]}·{found.plate_no[2:]}"
    head = t("lookup.unknown", plate=told) if found.is_plate else t("lookup.not_a_plate")
    return shell.state_card("search", head, lines, action)


def _which_color(found: Found, t: Text, w: Words) -> html.Section:
    buttons = html.Div([_color_button(code, w) for code in found.colors], className="near-plates")
    told = f"{found.plate_no[:2]}·{found.plate_no[2:]}"
    return shell.state_card("search", t("lookup.colors", plate=told), [t("lookup.colors.why")], buttons)


# --- the page -----------------------------------------------------------------------------------------------
def handed(vehicle: tuple[Any, int | None] | None, t: Text, w: Words) -> html.Section:
    """The vehicle that a list hands over, masked until somebody states a purpose and asks."""
    told = "" if vehicle is None else f"{plate.masked(vehicle[0])} · {dossier_text.color(vehicle[1], w)}"
    button = html.Button([shell.icon("search"), html.Span(t("lookup.handed.go"))], id="lookup-row",
                         className="button primary")  # fmt: skip
    words = html.Div([html.B(told), html.Span(t("lookup.handed.how"), className="under")])
    return html.Section([words, button], className="card lookup-handed", hidden=vehicle is None)


def form(
    t: Text, w: Words, days: tuple[date, date], day: date, window: str, purpose: str = USUAL_PURPOSE
) -> html.Section:
    """Province, plate, day, window, and which night's knowledge; ``days``: the first and last that can be asked for.

    The plate field remembers nothing.
    """
    provinces = html.Details(
        [
            html.Summary(
                html.Span(HOME, id="lookup-province-shown", className="said"), **{"aria-label": t("lookup.province")}
            ),
            html.Div(
                [
                    html.Button(one, className="province said", **{"data-lookup-province": one})
                    for one in plate.PROVINCES
                ],
                className="provinces",
            ),
        ],
        className="province-picker",
    )
    dates: Any = {"locale": "zh-cn" if t.lang == "zh" else "en", "firstDayOfWeek": 1, "weekendDays": []}
    return html.Section(
        [
            html.Div(
                [
                    provinces,
                    dmc.TextInput(
                        id="lookup-plate",
                        value="",
                        placeholder="M00000",
                        className="plate-field",
                        persistence=False,
                        # Enter sends the text with itself; without it the text follows a moment later, after Enter.
                        debounce=True,
                        inputProps={
                            "maxLength": lookup_facts.LONGEST,
                            "autoComplete": "off",
                            "autoCapitalize": "characters",
                            "spellCheck": False,
                            "enterKeyHint": "search",
                        },
                        **{"aria-label": t("lookup.plate")},
                    ),
                    html.Button(
                        [shell.icon("search"), html.Span(t("lookup.go"))], id="lookup-go", className="button primary go"
                    ),
                ],
                className="plate-line",
            ),
            html.Div(
                [
                    html.Div(
                        [
                            html.Span(w("as_of"), className="field-label"),
                            dmc.DatesProvider(
                                dmc.DatePickerInput(
                                    id="lookup-day",
                                    value=day.isoformat(),
                                    minDate=days[0].isoformat(),
                                    maxDate=days[1].isoformat(),
                                    valueFormat="YYYY-MM-DD",
                                    size="sm",
                                    firstDayOfWeek=1,
                                    monthLabelFormat="YYYY年M月" if t.lang == "zh" else "MMMM YYYY",
                                    popoverProps={"position": "bottom-start"},
                                    **{"aria-label": w("as_of")},
                                ),
                                settings=dates,
                            ),
                        ],
                        className="field dates",
                    ),
                    html.Div(
                        [
                            html.Span(w("col.window"), className="field-label"),
                            dmc.SegmentedControl(
                                id="lookup-window",
                                data=[
                                    {"value": one, "label": dossier_text.window_name(one, w)} for one in repeat.WINDOWS
                                ],
                                value=window,
                                size="sm",
                                className="segments",
                                withItemsBorders=False,
                                **{"aria-label": w("col.window")},
                            ),
                        ],
                        className="field grow-none",
                    ),
                    as_known.field("lookup", None, t),
                    html.Div(
                        [
                            html.Span(t("lookup.purpose"), className="field-label", title=t("lookup.purpose.how")),
                            dmc.Select(
                                id="lookup-purpose",
                                data=[{"value": one, "label": t(f"lookup.purpose.{one}")} for one in PURPOSES],
                                value=purpose,
                                allowDeselect=False,
                                size="sm",
                                **{"aria-label": t("lookup.purpose")},
                            ),
                        ],
                        className="field purpose",
                        title=t("lookup.purpose.how"),
                    ),
                ],
                className="lookup-choices",
            ),
        ],
        className="card filters lookup-form",
        role="search",
    )


@shell.page("lookup")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t, w = view.text, Words(view.lang)
    until = queries.last_day(db)
    if until is None:
        return shell.no_days(view, "lookup", db)
    if not lookup_facts.is_built(db):
        card = shell.state_card("database", t("lookup.not_built"), [t("state.no_terminals.why")])
        return shell.frame(view, "lookup", card, db=db)
    days, bad = (repeat.first_day(db), until), list[str]()
    day = day_asked(query, *days, bad)
    window = option(query.get("window"), repeat.WINDOWS, repeat.defaults(db, until).query_window, bad, "window")
    vehicle = lookup_facts.vehicle_of(db, query.get("vehicle"))
    if "vehicle" in query and vehicle is None:
        bad.append("vehicle")
    return shell.frame(
        view,
        "lookup",
        [
            form(t, w, days, day, window, USUAL_PURPOSE if vehicle is None else LIST_PURPOSE),
            handed(vehicle, t, w),
            html.Div(
                shell.state_card(
                    "search",
                    t("lookup.first"),
                    [t("lookup.first.how", plate=plate.EXAMPLES["plate"]), t("lookup.private")],
                ),
                id="lookup-result",
                className="stack",
                **{"aria-live": "polite"},
            ),
            # The province stands in a property of its own: a plate in a store would outlive its page.
            dcc.Store(id="lookup-province", data=HOME),
            dcc.Store(id="lookup-color"),
            dcc.Store(id="lookup-vehicle", data=None if vehicle is None else query["vehicle"]),
            dcc.Download(id="lookup-download"),
        ],
        db=db,
        notices=[t("state.bad_values", values=t("availability.join").join(bad))] if bad else None,
    )


PAGE = {"path": "/lookup", "title": shell.title("lookup"), "layout": layout}


def looked_up(
    db: queries.Source, question: lookup_facts.Asked, purpose: Any, file: Callable[[Found], bytes] | None = None
) -> tuple[Found, bytes]:
    """The answer to a question, on record with its purpose before it is read, and the file that ``file`` makes of it.

    Each plate that the answer shows whole is on record by itself. Errors as ``queries.disclosed`` and
    ``lookup_facts.find``.
    """
    if not isinstance(purpose, str):
        raise BadRequest("not a purpose")
    asked, data = lookup_facts.spelled(question)[0], b""
    with queries.disclosed(purpose, "look_up" if file is None else "look_up_file", asked) as source:
        found = lookup_facts.find(source, question, db)
        if question.known is not None and found.facts is not None:
            told = json.dumps(found.facts, ensure_ascii=False, sort_keys=True)
            source.also(f"{question.known} {told}", len(found.facts["acts"]))
        if file is not None:
            data = source.left(file(found))
    shown = [found.plate_no] if found.is_known else []  # the text may have meant another plate than the record says
    for plate_no in dict.fromkeys((*shown, *found.near)):
        if plate_no != asked:
            with queries.disclosed(purpose, "look_up", plate_no):
                pass
    return found, data


@callback(
    Output("lookup-result", "children"),
    Output("lookup-color", "data"),
    Input("lookup-go", "n_clicks"),
    Input("lookup-plate", "n_submit"),
    Input("lookup-day", "value"),
    Input("lookup-window", "value"),
    Input("lookup-color", "data"),
    Input("lookup-known", "value"),
    Input("lookup-row", "n_clicks"),
    State("lookup-purpose", "value"),
    State("lookup-plate", "value"),
    State("lookup-province", "data"),
    State("lookup-vehicle", "data"),
    State("lookup-view", "data"),
    prevent_initial_call=True,
)
def show(
    clicks: Any,
    submits: Any,
    day: Any,
    window: Any,
    color: Any,
    known: Any,
    row_clicks: Any,
    purpose: Any,
    text: Any,
    province: Any,
    vehicle: Any,
    view_data: Any,
) -> tuple[Any, Any]:
    """The answer to what the form asks; a new plate asks for its colour anew. Without a plate it asks for the vehicle
    that a list handed over, once its button was pressed."""
    view = shell.view_from(view_data)
    db = queries.source()
    until = queries.last_day(db)
    if until is None:
        raise BadRequest("no data to look in")
    if ctx.triggered_id in ("lookup-go", "lookup-plate"):
        color = None
    if ctx.triggered_id == "lookup-row" or (row_clicks and not text):
        of_list = lookup_facts.vehicle_of(db, vehicle)
        if of_list is None:
            raise BadRequest("not a vehicle of the lists")
        text, color = masks.whole_of(of_list)
    question = lookup_facts.asked(text, province, color, day, window, repeat.first_day(db), until, known)
    if not question.text:
        if ctx.triggered_id not in ("lookup-go", "lookup-plate"):
            raise PreventUpdate
        return shell.state_card(
            "search", view.text("lookup.first"), [view.text("lookup.first.how", plate=plate.EXAMPLES["plate"])]
        ), None
    try:
        found, _ = looked_up(db, question, purpose)
    except NotComputed as error:
        return shell.not_computed_card(error, view.text), color
    return result(found, db, question.as_of, view.text, Words(view.lang)), found.color


@callback(
    Output("lookup-download", "data"),
    Input("lookup-dossier", "n_clicks"),
    State("lookup-dossier", "value"),
    State("lookup-color", "data"),
    State("lookup-day", "value"),
    State("lookup-window", "value"),
    State("lookup-known", "value"),
    State("lookup-purpose", "value"),
    State("lookup-province", "data"),
    State("lookup-view", "data"),
    prevent_initial_call=True,
)
def download(
    clicks: Any, plate_no: Any, color: Any, day: Any, window: Any, known: Any, purpose: Any, province: Any,
    view_data: Any,
) -> Any:  # fmt: skip
    """The dossier of the vehicle shown, in the body of the answer: no address, nothing kept on the server."""
    view = shell.view_from(view_data)
    if not clicks:
        raise PreventUpdate
    db = queries.source()
    until = queries.last_day(db)
    if until is None:
        raise BadRequest("no data to look in")
    first = repeat.first_day(db)
    question = lookup_facts.asked(plate_no, province, color, day, window, first, until, known)

    def file(found: Found) -> bytes:
        if found.facts is None:
            raise BadRequest("no vehicle to tell of")
        return dossier_file.html(found.facts, view.lang)

    _, data = looked_up(db, question, purpose, file)
    return {
        "filename": f"dossier_{dossier_file.digest_of(data)[:12]}.html",
        "content": base64.b64encode(data).decode(),
        "type": "text/html",
        "base64": True,
    }
