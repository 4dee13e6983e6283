"""The frame around every page: navigation, data badges, language and theme, and the states a page can be in."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import flask
from dash import dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import format as fmt
from dashboards import freshness, queries
from dashboards.access import session
from dashboards.as_known import NotComputed, OfAllDistricts
from dashboards.text import HTML_LANG, LANGUAGES, Text
from warehouse.connection import NoSnapshot
from warehouse.metrics import METRICS

log = logging.getLogger("heng.dashboards")
THEMES = ("light", "dark")
LANG_COOKIE, THEME_COOKIE = "heng_lang", "heng_theme"

# Only pages that exist. Text key, path, icon, whether the shared filters carry over to it, whether it is listed.
PAGES = (
    ("overview", "/", "home", True, True),
    ("alerts", "/alerts", "bell", False, True),
    ("shift", "/shift", "clock", False, True),
    ("overload", "/overload", "truck", True, True),
    ("rows", "/overload/rows", "list", True, True),
    ("record", "/record", "certificate", False, False),
    ("repeat", "/repeat", "flag", False, True),
    ("risk", "/risk", "adjust", False, True),
    ("findings", "/overload/findings", "list", True, False),
    ("site", "/overload/site", "broadcast", True, False),
    ("sources", "/sources", "database", False, True),
    ("penalties", "/penalties", "file", False, True),
    ("hazards", "/hazards", "alert", False, True),
    ("terminals", "/terminals", "broadcast", True, True),
    ("compliance", "/compliance", "shield", False, True),
    ("supervision", "/ranking", "table", False, True),
    ("vehicles", "/terminals/rows", "list", True, False),
    ("lookup", "/lookup", "search", False, True),
    ("bulletins", "/bulletins", "file", False, True),
    ("quality", "/quality", "heartbeat", False, True),
    ("rules", "/rules", "certificate", False, True),
    ("definitions", "/definitions", "book", False, True),
)
IN_BAR = ("overview", "alerts", "overload", "lookup")
WITHOUT = {"export": "without-export", "lookup": "without-lookup", "draft": "without-draft"}
"""What a page says of a permission its reader has not."""
CARRYING = {key: path for key, path, _, carries, listed in PAGES if carries and listed}
"""Pages of the navigation whose address carries the shared filters."""


@dataclass(frozen=True)
class View:
    """Language and theme. A page hands it to its callbacks, so that a page never mixes two languages."""

    lang: str
    theme: str

    @property
    def text(self) -> Text:
        return Text(self.lang)

    def data(self) -> dict[str, str]:
        return {"lang": self.lang, "theme": self.theme}


def view_of(query: Mapping[str, Any] | None = None) -> View:
    """What the URL asks for, else what the reader chose last, else Chinese and light."""
    query = query or {}
    cookies = flask.request.cookies if flask.has_request_context() else {}
    lang = next((v for v in (query.get("lang"), cookies.get(LANG_COOKIE)) if v in LANGUAGES), LANGUAGES[0])
    theme = next((v for v in (query.get("theme"), cookies.get(THEME_COOKIE)) if v in THEMES), THEMES[0])
    return View(lang, theme)


def view_from(data: Any) -> View:
    """The view a callback was handed back; anything a page did not write is a bad request."""
    if not isinstance(data, dict) or data.get("lang") not in LANGUAGES or data.get("theme") not in THEMES:
        raise BadRequest("unknown view")
    return View(data["lang"], data["theme"])


def icon(name: str, extra: str = "") -> html.Span:
    """An icon drawn by the style sheet; the words beside it carry the meaning."""
    return html.Span(className=f"icon icon-{name} {extra}".strip(), **{"aria-hidden": "true"})


def pill(text: str, tone: str = "", title: str | None = None) -> html.Span:
    return html.Span(text, className=f"pill {tone}".strip(), title=title)


def note(children: Any, tone: str = "warn") -> html.Div:
    """One line that says what limits the numbers below it."""
    return html.Div([icon("info" if tone == "soft" else "alert"), html.Span(children)], className=f"note {tone}")


def _brand(t: Text) -> html.Div:
    return html.Div(
        [
            html.Img(src="/assets/logo.svg", alt="", className="logo"),
            html.Div([html.Strong(t("app.organisation")), html.Span(t("app.name"))], className="brand-words"),
        ],
        className="brand",
    )


def sees(permission: str) -> bool:
    """Whether the reader may see a page, or do what a permission names. Nobody signed in: no."""
    account = session.signed_in() if flask.has_request_context() else None
    return account is not None and account.may(permission)


def _nav(t: Text, current: str, query: str, bar: bool) -> list[Any]:
    """The listed pages the reader may see, as links; on a phone those of ``IN_BAR``, the others folded behind them."""
    links = {
        key: dcc.Link(
            [icon(symbol), html.Span(t(f"nav.{key}.short" if bar else f"nav.{key}"), className="nav-word")],
            id=f"shell-{'bar' if bar else 'nav'}-{key}",
            href=path + (query if carries else ""),
            title=t(f"nav.{key}"),
            className="nav-link current" if key == current else "nav-link",
        )
        for key, path, symbol, carries, listed in PAGES
        if listed and sees(key)
    }
    # Callbacks set the address of every link that carries the filters, so those stay, without anything to see.
    unseen = [
        html.A(id=f"shell-{'bar' if bar else 'nav'}-{key}", hidden=True)
        for key, *_, listed in PAGES
        if listed and key not in links
    ]
    if not bar:
        return [*links.values(), *unseen]
    folded = [link for key, link in links.items() if key not in IN_BAR] + unseen
    more = html.Summary(
        [icon("list"), html.Span(t("nav.more"), className="nav-word")],
        className="nav-link" if current in IN_BAR else "nav-link current",
    )
    # Another page, another element: it is folded again.
    return [
        *(links[key] for key in IN_BAR if key in links),
        html.Details([more, html.Div(folded)], className="more", key=current),
    ]


def badge(state: freshness.Freshness | None, t: Text) -> Any:
    """Round: on time. Diamond: late or partial. Square: stale. The words say the same."""
    if state is None:
        return None
    until = f"{state.until:%m-%d}" if t.lang == "zh" else fmt.short_day(state.until, "en")
    words: list[Any] = [html.Span(t("fresh.until", day=until), className="badge-until")]
    if state.behind:
        words.append(html.B(t.plural("fresh.behind", state.behind)))
    elif state.gaps:
        key = "fresh.silent" if state.silent else "fresh.partial"
        words.append(html.B(t.plural(key, state.silent or state.partial)))
    else:
        words.append(html.B(t("fresh.on_time")))
    return dcc.Link(
        [html.Span(className="mark", **{"aria-hidden": "true"}), *words],
        href="/quality",
        className=f"freshness {state.state}",
        title=t(f"fresh.help.{state.state}"),
    )


def newest_definition() -> str:
    return max(str(metric.version) for metric in METRICS.values())


def _top(t: Text, view: View, crumbs: list[Any], demo: bool, state: freshness.Freshness | None) -> html.Header:
    trail: list[Any] = []
    for position, crumb in enumerate(crumbs):
        if position:
            trail.append(html.Span("/", className="slash", **{"aria-hidden": "true"}))
        trail.append(crumb)
    other = "en" if view.lang == "zh" else "zh"
    opposite = "dark" if view.theme == "light" else "light"
    return html.Header(
        [
            html.Div(_brand(t), className="only-narrow"),
            html.Nav(trail, className="crumbs", **{"aria-label": t("app.breadcrumb")}),
            html.Span(t("app.demo"), className="demo", title=t("app.demo.help")) if demo else None,
            html.Span(className="spacer"),
            badge(state, t),
            # The asset script keeps the current filters when these are followed.
            html.A(
                t("app.other_language"),
                href=f"?lang={other}",
                className="quiet",
                lang=HTML_LANG[other],
                **{"data-switch": "lang", "data-value": other},
            ),
            html.A(
                icon("moon" if opposite == "dark" else "sun"),
                href=f"?theme={opposite}",
                className="quiet square",
                title=t(f"app.theme.{opposite}"),
                **{"data-switch": "theme", "data-value": opposite, "aria-label": t(f"app.theme.{opposite}")},
            ),
            html.A(
                icon("user"),
                href="/account",
                className="quiet square",
                title=t("access.account.title"),
                **{"aria-label": t("access.account.title")},
            ),
        ],
        className="top",
    )


def scope_note(db: queries.Source | None, t: Text) -> list[html.Div]:
    """To somebody of some counties, on every page: a count of these alone is not the city's."""
    districts: tuple[str, ...] | None = getattr(db, "districts", None)
    if db is None or districts is None:
        return []
    names = {row.county_code: t.pick(row.name_zh, row.name_en) for row in queries.counties(db).itertuples()}
    return [note(t("scope.note", places=t("scope.join").join(names.get(code, code) for code in districts)), "soft")]


def frame(
    view: View,
    current: str,
    children: Any,
    *,
    actions: Any = None,
    crumbs: list[Any] | None = None,
    db: queries.Source | None = None,
    query: str = "",
    notices: list[str] | None = None,
    question: Any = None,
) -> html.Div:
    """A whole page. ``db`` is the snapshot its numbers come from, absent only when there is none."""
    t = view.text
    state = freshness.of(db) if db is not None else None
    sources = t("app.snapshot", version=db.version) if db is not None else t("app.no_snapshot")
    body: list[Any] = [
        html.Div(
            [
                html.Div(
                    [
                        html.H1(t(f"{current}.title")),
                        html.P(question or t(f"{current}.question"), className="question"),
                    ]
                ),
                html.Div(actions, className="actions") if actions else None,
            ],
            className="title-row",
        ),
        *scope_note(db, t),
        *[note(text) for text in notices or []],
    ]
    body += children if isinstance(children, list) else [children]
    return html.Div(
        [
            html.A(t("app.skip"), href="#main", className="skip"),
            html.Div(
                [
                    _brand(t),
                    html.Nav(_nav(t, current, query, bar=False), **{"aria-label": t("app.pages")}),
                    html.Div(
                        [html.Div(t("app.definitions_version", version=newest_definition())), html.Div(sources)],
                        className="side-foot",
                    ),
                ],
                className="sidebar",
            ),
            html.Div(
                [
                    _top(t, view, crumbs or [html.B(t(f"nav.{current}"))], queries.is_demo(), state),
                    html.Main(body, id="main", tabIndex=-1),
                    html.Footer(_signed_in_as(t), className="page-foot"),
                ],
                className="column",
            ),
            html.Nav(_nav(t, current, query, bar=True), className="bottom-bar", **{"aria-label": t("app.pages")}),
            html.Div(
                id="shell-incident",
                className="incident",
                role="alert",
                **{"data-offline": t("state.offline"), "data-close": t("state.offline.close")},
            ),
            dcc.Store(id=f"{current}-view", data=view.data()),
        ],
        # The style sheet hides links to what the reader may not open; the gate refuses them.
        className=" ".join(["shell", *(name for what, name in WITHOUT.items() if not sees(what))]),
    )


def _signed_in_as(t: Text) -> list[Any]:
    account = session.signed_in() if flask.has_request_context() else None
    if account is None:
        return []
    role = t(f"access.role.{account.role_name}")
    return [icon("user"), html.A(f"{account.name} · {role}", href="/account"), html.Span(t("access.foot"))]


def state_card(symbol: str, title: str, lines: list[Any], action: Any = None) -> html.Section:
    """What stands in place of numbers: what happened, and the next step."""
    return html.Section(
        [icon(symbol, "big"), html.H2(title), *[html.P(line) for line in lines], action],
        className="card blank",
    )


def retry(t: Text) -> html.Button:
    """Asks for the same address again; the asset script does it."""
    return html.Button(t("state.error.retry"), className="button", **{"data-reload": ""})


def incident(error: Exception) -> str:
    """Logs an error under a number that the reader can pass on."""
    number = secrets.token_hex(4)
    # The rule, not the path: the path of a one-time link is a secret.
    log.error("incident %s at %s", number, flask.request.url_rule or "an unknown address", exc_info=error)
    return number


def not_computed(error: NotComputed, t: Text) -> tuple[str, str]:
    """That the tables of a night are not there or are not this reader's, and the next step; why the former is in the
    log."""
    if isinstance(error, OfAllDistricts):
        return t("known.all_districts"), t("known.all_districts.next")
    told = t("known.not_computed", night=fmt.day(error.night, t.lang))
    return told, t("known.not_computed.next", incident=incident(error))


def not_computed_card(error: NotComputed, t: Text, action: Any = None) -> html.Section:
    title, line = not_computed(error, t)
    return state_card("alert", title, [line], action)


def no_snapshot(view: View, current: str) -> html.Div:
    t = view.text
    return frame(
        view,
        current,
        state_card(
            "database",
            t("state.no_snapshot.title"),
            [t("state.no_snapshot.why"), html.Code("heng nightly"), t("state.no_snapshot.or"), html.Code("make run")],
        ),
    )


def no_days(view: View, current: str, db: queries.Source) -> html.Div:
    t = view.text
    return frame(view, current, state_card("database", t("state.no_days.title"), [t("state.no_days.why")]), db=db)


def no_terminals(view: View, current: str, db: queries.Source) -> html.Div:
    """A snapshot from before an upgrade: the other pages are whole, this one follows with the next night."""
    t = view.text
    card = state_card("database", t("state.no_terminals.title"), [t("state.no_terminals.why")])
    return frame(view, current, card, db=db)


def page(current: str) -> Callable[[Callable[..., html.Div]], Callable[..., html.Div]]:
    """Makes a page's layout: finds the view and the snapshot, and says so when there is no snapshot, or the night that
    is asked for cannot be computed.

    The decorated function gets ``(db, view, query)``.
    """

    def wrap(build: Callable[..., html.Div]) -> Callable[..., html.Div]:
        def layout(**query: str) -> html.Div:
            view = view_of(query)
            try:
                db = queries.source()
            except NoSnapshot:
                return no_snapshot(view, current)
            try:
                return build(db, view, query)
            except NotComputed as error:
                t, path = view.text, next(path for key, path, *_ in PAGES if key == current)
                served = urlencode({name: value for name, value in query.items() if name != "known_on"})
                link = dcc.Link(t("known.served"), href=f"{path}?{served}", className="button")
                return frame(view, current, not_computed_card(error, t, link), db=db)

        return layout

    return wrap


def title(current: str) -> Callable[..., str]:
    """The title of the browser's tab."""

    def of(**_: str) -> str:
        t = view_of().text
        return f"{t(current + '.title')} · {t('app.name')}"

    return of
