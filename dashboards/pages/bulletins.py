"""What goes into this issue? The bulletins of months, quarters, half-years and years: drafted from the figures of one
night, read, written to a file, signed off by a person, and found again by the code printed on them."""

from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, callback, html
from werkzeug.exceptions import BadRequest

from dashboards import controls, queries, shell
from dashboards import format as fmt
from dashboards.access import session
from dashboards.text import LANGUAGES, Text
from warehouse import bulletin, bulletin_store, bulletin_text
from warehouse.bulletin_store import LONGEST_NAME, Issue, SelfSigned, Settled
from warehouse.errors import WarehouseError

MONTHS = 13
"""Months that can be drafted; of longer periods those that end in them."""
LONGEST_CODE = 20


def is_built(db: queries.Source) -> bool:
    """Whether the snapshot has what a bulletin reads; one from before an upgrade has not."""
    return queries.tables(db) >= {name for name in bulletin.TABLES if not name.startswith("meta.")}


@queries.once_per_snapshot
def first_day(db: queries.Source) -> date | None:
    return bulletin.first_day(db)


def periods(db: queries.Source) -> list[bulletin.Asked]:
    """What can be drafted: periods that are over and have data, the last one first."""
    until, first = queries.last_day(db), first_day(db)
    if until is None or first is None:
        return []
    found, month = [], bulletin.last_whole(until)
    for _ in range(MONTHS):
        if month.last < first:
            break
        ending = (bulletin.Asked(month.last, kind) for kind in bulletin.KINDS)
        found += [asked for asked in ending if asked.is_complete]
        month = bulletin.Asked(month.before[1])
    return found


def period_words(asked: bulletin.Asked, t: Text) -> str:
    """2026年6月（月度）"""
    told = {
        "kind": asked.kind, "number": asked.number, "name": asked.name, "is_complete": asked.is_complete,
        "spans": {"now": {"first": asked.first.isoformat(), "last": asked.last.isoformat()}},
    }  # fmt: skip
    return t("bulletins.period", period=bulletin_text.period(told, bulletin_text.Words(t.lang)),
             kind=t(f"bulletins.kind.{asked.kind}"))  # fmt: skip


def state_pill(issue: Issue, t: Text) -> html.Span:
    if issue.signed is None:
        return shell.pill(t("bulletins.unsigned"), "warn")
    return shell.pill(t("bulletins.signed", by=issue.signed["by"], at=issue.signed["at"]), "better")


def _address(issue: Issue, form: str, lang: str) -> str:
    return f"/export/bulletin/{issue.name}/{issue.revision}.{form}?language={lang}"


def files(issue: Issue, t: Text) -> html.Div:
    """To read in the browser, in either language; and the files, those of the reader's language first."""
    languages = sorted(LANGUAGES, key=lambda lang: lang != t.lang)
    found = []
    for lang in languages:
        links: list[Any] = [html.Span(t(f"bulletins.in.{lang}"), className="subtitle")]
        for form in ("html", "pdf", "docx"):
            says = t(f"bulletins.form.{form}")
            named = t("bulletins.file", form=says, language=t(f"bulletins.in.{lang}"), name=issue.name)
            more = {"target": "_blank", "rel": "noopener"} if form == "html" else {}
            links.append(
                html.A(
                    says, href=_address(issue, form, lang), className="text-link", **more, **{"aria-label": named}
                )
            )  # fmt: skip
        found.append(html.Span(links, className="file-links"))
    return html.Div(found, className="file-links")


def lead(found: list[Issue], db: queries.Source, t: Text) -> html.P:
    """Which issue is the last, whether it is signed off, and which closed month has none."""
    if not found:
        return html.P(t("bulletins.lead.none"), className="lead")
    months = [one for one in found if one.kind == "month"] or found
    last = months[0]
    key = "bulletins.lead.signed" if last.signed else "bulletins.lead.draft"
    said = t(key, period=period_words(last.asked, t), code=last.code)
    waiting = sum(one.signed is None for one in _newest(found))
    return html.P([said, " ", t.plural("bulletins.lead.waiting", waiting) if waiting else ""], className="lead")


def _newest(found: list[Issue]) -> list[Issue]:
    """The last revision of every period."""
    return [one for at, one in enumerate(found) if not any(other.name == one.name for other in found[:at])]


def listed(found: list[Issue], t: Text) -> Any:
    heads: controls.Heads = [
        (t("bulletins.issue"), False), (t("bulletins.state"), False), (t("bulletins.night"), False),
        (t("bulletins.over"), True), (t("bulletins.code"), False), (t("bulletins.files"), False),
    ]  # fmt: skip
    newest = {(one.name, one.revision) for one in _newest(found)}
    body = []
    for one in found:
        name = period_words(one.asked, t)
        head: list[Any] = [html.Span(name)]
        if (one.name, one.revision) not in newest:
            head.append(shell.pill(t("bulletins.older", revision=one.revision)))
        elif one.revision > 1:
            head.append(html.Span(t("bulletins.revision", revision=one.revision), className="subtitle"))
        rate = one.told["weighing"]["now"]["overload_rate"]["value"]
        cells = [
            state_pill(one, t), fmt.day(one.night, t.lang), fmt.NONE if rate is None else fmt.rate(rate),
            html.Code(one.code), files(one, t),
        ]  # fmt: skip
        body.append(controls.stack_row(html.Span(head, className="name-and-info"), cells, heads))
    if not body:
        return html.P(t("bulletins.none"), className="quiet-line")
    return controls.stack_table(t("bulletins.list"), heads, body)


def drafting(db: queries.Source, t: Text) -> html.Section:
    """Which period, and the button; what is there already is drafted anew only where figures changed."""
    asked = periods(db)
    if not asked:
        body: Any = html.P(t("bulletins.draft.none"), className="quiet-line")
    else:
        body = html.Div(
            [
                dmc.Select(
                    id="bulletins-period", label=t("bulletins.draft.period"), value=asked[0].name, allowDeselect=False,
                    data=[{"value": one.name, "label": period_words(one, t)} for one in asked],
                    className="bulletin-field",
                ),
                html.Button(t("bulletins.draft.do"), id="bulletins-draft", className="button primary", n_clicks=0),
            ],
            className="draft-line",
        )  # fmt: skip
    return controls.card(t("bulletins.draft"), t("bulletins.draft.how"), body)


def waiting(found: list[Issue], t: Text) -> list[dict[str, str]]:
    """The last revisions that nobody has signed off, to choose from."""
    return [
        {"value": f"{one.name}/{one.revision}", "label": f"{period_words(one.asked, t)} · {one.code}"}
        for one in _newest(found)
        if one.signed is None
    ]


def signing(found: list[Issue], t: Text) -> html.Section:
    """Which issue, and what stands on it; for who may sign."""
    offered = waiting(found, t)
    body = html.Div(
        [
            dmc.Select(
                id="bulletins-waiting", label=t("bulletins.issue"), data=offered, allowDeselect=False,
                value=offered[0]["value"] if offered else None, placeholder=t("bulletins.sign.none"),
                className="bulletin-field",
            ),
            dmc.TextInput(
                id="bulletins-by", label=t("bulletins.sign.by"), className="bulletin-field", persistence=False,
                inputProps={"maxLength": LONGEST_NAME, "autoComplete": "off"},
            ),
            html.Button(t("bulletins.sign.do"), id="bulletins-sign", className="button primary", n_clicks=0),
        ],
        className="sign-line",
    )  # fmt: skip
    told = html.Div(id="bulletins-signed", role="status")
    return controls.card(t("bulletins.sign"), t("bulletins.sign.how"), [body, told])


def finding(t: Text) -> html.Section:
    field = dmc.TextInput(
        id="bulletins-code", value="", label=t("bulletins.check.code"), placeholder="7F3A-91C2-04DE", debounce=300,
        className="bulletin-field", inputProps={"maxLength": LONGEST_CODE, "autoComplete": "off"},
    )  # fmt: skip
    told = html.Div(id="bulletins-found", role="status", className="quiet-line")
    button = html.Button([shell.icon("search"), html.Span(t("bulletins.check.do"))], id="bulletins-find",
                         className="button", n_clicks=0)  # fmt: skip
    line = html.Div([field, button], className="find-line")
    return controls.card(t("bulletins.check"), t("bulletins.check.how"), [line, told])


@shell.page("bulletins")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    if not is_built(db):
        card = shell.state_card("database", t("bulletins.not_built.title"), [t("bulletins.not_built.why")])
        return shell.frame(view, "bulletins", card, db=db)
    if queries.known(db) is None:
        return shell.no_days(view, "bulletins", db)
    found = bulletin_store.issues()
    content = controls.card(
        t("bulletins.list"), t("bulletins.list.how"), html.Div(listed(found, t), id="bulletins-list")
    )
    account = session.signed_in()
    signs = account is not None and account.may("sign")
    body = [
        html.Div(lead(found, db, t), id="bulletins-lead"),
        html.Div(id="bulletins-said", role="status"),
        html.Div([signing(found, t) if signs else drafting(db, t), finding(t)], className="two-cards"),
        content,
    ]
    return shell.frame(view, "bulletins", body, db=db)


PAGE = {"path": "/bulletins", "title": shell.title("bulletins"), "layout": layout}


@callback(
    Output("bulletins-lead", "children"),
    Output("bulletins-said", "children"),
    Output("bulletins-list", "children"),
    Input("bulletins-draft", "n_clicks"),
    State("bulletins-period", "value"),
    State("bulletins-view", "data"),
    prevent_initial_call=True,
)
def draft(clicks: Any, name: Any, view_data: Any) -> list[Any]:
    t = shell.view_from(view_data).text
    db = queries.source()
    asked = next((one for one in periods(db) if one.name == name), None) if isinstance(name, str) else None
    if asked is None:
        raise BadRequest("not a period of the page")
    issue, is_new = bulletin_store.draft(db, asked, session.principal())
    found = bulletin_store.issues()
    words = period_words(asked, t)
    said = t("bulletins.drafted" if is_new else "bulletins.unchanged", period=words, code=issue.code)
    return [lead(found, db, t), shell.note(said, "soft"), listed(found, t)]


@callback(
    Output("bulletins-signed", "children"),
    Output("bulletins-waiting", "data"),
    Output("bulletins-waiting", "value"),
    Output("bulletins-lead", "children", allow_duplicate=True),
    Output("bulletins-list", "children", allow_duplicate=True),
    Input("bulletins-sign", "n_clicks"),
    State("bulletins-waiting", "value"),
    State("bulletins-by", "value"),
    State("bulletins-view", "data"),
    prevent_initial_call=True,
)
def sign(clicks: Any, chosen: Any, by: Any, view_data: Any) -> list[Any]:
    """Signs by the account, which has just proved who it is; what stands on the bulletin is typed."""
    t = shell.view_from(view_data).text
    if not (chosen is None or isinstance(chosen, str)) or not (by is None or isinstance(by, str)):
        raise BadRequest("no texts")
    if len(by or "") > LONGEST_NAME:
        raise BadRequest(f"a name has at most {LONGEST_NAME} letters")
    db, offered = queries.source(), waiting(bulletin_store.issues(), t)
    tone = "warn"
    if chosen not in [one["value"] for one in offered]:
        said = t("bulletins.sign.gone" if chosen else "bulletins.sign.none")
    elif not bulletin_store.is_name(by or ""):
        said = t("bulletins.sign.who")
    else:
        session.need_fresh()
        try:
            issue = bulletin_store.sign(bulletin_store.find(chosen), by, session.principal())
            said, tone = t("bulletins.sign.done", period=period_words(issue.asked, t), code=issue.code), "soft"
        except SelfSigned:
            said = t("bulletins.sign.self")
        except Settled:  # somebody else was first
            said = t("bulletins.sign.gone")
    found = bulletin_store.issues()
    offered = waiting(found, t)
    kept = [one["value"] for one in offered]
    value = chosen if chosen in kept else kept[0] if kept else None
    return [shell.note(said, tone), offered, value, lead(found, db, t), listed(found, t)]


@callback(
    Output("bulletins-found", "children"),
    Input("bulletins-code", "value"),
    Input("bulletins-find", "n_clicks"),
    State("bulletins-view", "data"),
    prevent_initial_call=True,
)
def find(code: Any, clicks: Any, view_data: Any) -> Any:
    t = shell.view_from(view_data).text
    if not isinstance(code, str) or len(code) > LONGEST_CODE:
        raise BadRequest("a code has at most 20 letters")
    if not code.strip():
        return ""
    try:
        issue = bulletin_store.find(code)
    except WarehouseError:
        return t("bulletins.check.none", code=code.strip())
    says = t("bulletins.check.found", period=period_words(issue.asked, t), night=fmt.day(issue.night, t.lang))
    return [html.P([says, state_pill(issue, t)]), files(issue, t)]
