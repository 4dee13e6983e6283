"""Creates the application: pages, the gate before them, security headers, error answers."""

from typing import Any

import dash
import dash_mantine_components as dmc
import flask
from dash import Dash, html
from dash.exceptions import DependencyException
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import RequestRedirect

from dashboards import (
    alert_exports,
    bulletin_exports,
    case_exports,
    dimension_exports,
    exports,
    hazard_exports,
    ranking_exports,
    repeat_exports,
    risk_exports,
    shell,
    shift_exports,
    source_exports,
    terminal_exports,
)
from dashboards.access import accounts, audit_log, forms, gate, provider, session
from dashboards.access.vault import vault
from dashboards.api import problems
from dashboards.api import routes as api
from dashboards.as_known import NotComputed, OfAllDistricts
from dashboards.pages import (
    alerts,
    bulletins,
    compliance,
    definitions,
    findings,
    hazards,
    lookup,
    not_found_404,
    overload,
    overload_rows,
    overview,
    penalties,
    quality,
    ranking,
    record,
    repeat,
    risk,
    rules,
    shift,
    site,
    sources,
    terminal_rows,
    terminals,
)
from dashboards.text import HTML_LANG
from warehouse.address import is_behind_proxy
from warehouse.audit import AuditUnwritable
from warehouse.connection import NoSnapshot, TooBusy, TooSlow
from warehouse.errors import NotAllowed
from warehouse.home import home
from warehouse.provider import settings

YEAR_SECONDS = 31_536_000
STATIC = (
    "_dash_assets.static",
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
    "/_favicon.ico",
)
"""Endpoints a browser may keep: the same for everybody."""

_INDEX = """<!DOCTYPE html>
<html lang="{lang}" data-mantine-color-scheme="{theme}">
<head>{metas}<title>{title}</title>{favicon}{css}</head>
<body>{first_paint}{app_entry}<footer>{config}{scripts}{renderer}</footer></body>
</html>"""

# The frame of a page before any script has run; the style sheet takes it away when the page is there.
_FIRST_PAINT = """<div class="shell first-paint"><div class="sidebar">{brand}</div><div class="column">
<div class="top"><div class="only-narrow">{brand}</div></div>
<p role="status">{loading}</p><p class="still">{still}</p><noscript><p>{no_script}</p></noscript></div></div>"""
_BRAND = """<div class="brand"><img src="/assets/logo.svg" alt="" class="logo">
<div class="brand-words"><strong>{organisation}</strong><span>{name}</span></div></div>"""


class HengDash(Dash):
    """Dash with the reader's language, theme and the frame of the page in the first answer."""

    def interpolate_index(self, **parts: Any) -> str:  # type: ignore[override]
        view = shell.view_of(flask.request.args if flask.has_request_context() else None)
        t = view.text
        brand = _BRAND.format(organisation=t("app.organisation"), name=t("app.name"))
        return _INDEX.format(
            lang=HTML_LANG[view.lang],
            theme=view.theme,
            first_paint=_FIRST_PAINT.format(
                brand=brand, loading=t("state.loading"), still=t("state.loading.still"), no_script=t("state.no_script")
            ),
            app_entry='<div id="react-entry-point"></div>',
            title=t("app.name"),
            favicon='<link rel="icon" type="image/svg+xml" href="/assets/logo.svg">',
            **{key: parts[key] for key in ("metas", "css", "config", "scripts", "renderer")},
        )


def answer_callback_error(error: Exception) -> Any:
    """What a callback that failed leaves on the page: old values stay, a line names the incident.

    Requests no control can make keep their 4xx.
    """
    if isinstance(error, HTTPException):
        raise error
    outputs = dash.ctx.outputs_list
    targets = [o["id"] for o in (outputs if isinstance(outputs, list) else [outputs])]
    view = _view_of_callback()
    t = view.text
    if isinstance(error, NoSnapshot):
        message = f"{t('state.no_snapshot.title')} {error}"
    elif isinstance(error, TooSlow):
        message = t("state.too_slow")
    elif isinstance(error, TooBusy):
        message = t("state.too_busy")
    elif isinstance(error, AuditUnwritable):
        message = t("state.not_audited")
    elif isinstance(error, NotAllowed):
        message = t("state.not_allowed")
    elif isinstance(error, NotComputed):
        message = t("app.colon").join(shell.not_computed(error, t))
    else:
        message = t("state.error.line", incident=shell.incident(error))
    if "_pages_content" in targets:
        page = shell.frame(
            view,
            "overload",
            shell.state_card(
                "alert",
                t("state.error.title"),
                [message, t("state.error.still")],
                shell.retry(t),
            ),
        )
        return [page, {"title": t("app.name")}]
    dash.set_props("shell-incident", {"children": [html.Span(message), shell.retry(t)]})
    return [dash.no_update] * len(targets) if isinstance(outputs, list) else dash.no_update


def _view_of_callback() -> shell.View:
    """The view a failing callback was given, else what the cookies say."""
    for name, value in dash.ctx.states.items():
        if name.endswith("-view.data"):
            try:
                return shell.view_from(value)
            except HTTPException:
                break
    return shell.view_of()


def _headers(app: Dash) -> Any:
    scripts = " ".join(f"'{digest}'" if not digest.startswith("'") else digest for digest in app.csp_hashes())
    rest = ["img-src 'self' data: blob:", "font-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' {scripts}".strip(),
            "style-src 'self' 'unsafe-inline'",  # the component libraries write style attributes
            "connect-src 'self'",
            "form-action 'none'",
            *rest,
        ]
    )
    policy_of_forms = "; ".join(["default-src 'none'", "style-src 'self'", "form-action 'self'", *rest])

    known = {page["path"] for page in dash.page_registry.values() if page["path"] != "/not-found"}

    def add(response: flask.Response) -> flask.Response:
        endpoint = flask.request.endpoint or ""
        # Refused pages are forms' kin: drawn on the server, without a script.
        is_form = gate.is_drawn(endpoint) or response.status_code == 403
        response.headers["Content-Security-Policy"] = policy_of_forms if is_form else policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        # The index answers any address; the router then shows that there is no such page.
        is_page = gate.ENDPOINTS.get(endpoint) == gate.PAGE
        if is_page and flask.request.path not in known and response.status_code == 200:
            response.status_code = 404
        if endpoint not in STATIC:
            response.headers["Cache-Control"] = "no-store"
        if flask.request.method == "GET" and response.mimetype == "text/html":
            for cookie, key, options in (
                (shell.LANG_COOKIE, "lang", HTML_LANG),
                (shell.THEME_COOKIE, "theme", shell.THEMES),
            ):
                if flask.request.args.get(key) in options:
                    response.set_cookie(
                        cookie, flask.request.args[key], max_age=YEAR_SECONDS, samesite="Strict", httponly=True
                    )
        return session.cookies(response)

    return add


def trust_proxy(server: flask.Flask) -> None:
    """With ``HENG_PROXY=1`` one proxy of ours is in front: address, scheme and host are what it says of them."""
    if is_behind_proxy():
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]


def create_app() -> Dash:
    """The application, ready to serve. Reads no data until it is asked.

    Raises ``BadKey`` without a key it may use, ``BadProvider`` for a provider of sign-in it cannot ask,
    ``UnclassedEndpoint`` if a route or callback has no permission.
    """
    vault()
    settings(home())
    server = flask.Flask("dashboards", static_folder=None)
    trust_proxy(server)
    server.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR_SECONDS  # asset addresses carry their time of change
    server.config["MAX_CONTENT_LENGTH"] = 256 * 1024  # no control sends more
    app = HengDash(
        __name__,
        server=server,
        use_pages=True,
        pages_folder="",
        serve_locally=True,
        compress=True,
        health_endpoint="healthz",
        enable_mcp=False,
        use_async=False,
        # Otherwise every page's layout is part of the first answer; a test checks the ids instead.
        suppress_callback_exceptions=True,
        # The small chart library is loaded by the page that draws charts, see assets/heng.js.
        assets_path_ignore=["vendor"],
        update_title="",
        on_error=answer_callback_error,
        title="衡 Heng",
        include_pages_meta=False,
    )
    for module in (
        overview,
        alerts,
        shift,
        compliance,
        overload,
        overload_rows,
        findings,
        site,
        record,
        sources,
        hazards,
        repeat,
        risk,
        penalties,
        terminals,
        terminal_rows,
        ranking,
        bulletins,
        lookup,
        quality,
        rules,
        definitions,
        not_found_404,
    ):
        dash.register_page(module.__name__, **module.PAGE)
    app.layout = _layout
    server.extensions["heng_dash"] = app
    for drawn in (forms, provider, accounts, audit_log):
        server.register_blueprint(drawn.routes)
    server.register_blueprint(api.routes)
    for files in (
        bulletin_exports,
        exports,
        terminal_exports,
        repeat_exports,
        hazard_exports,
        dimension_exports,
        case_exports,
        ranking_exports,
        risk_exports,
        alert_exports,
        source_exports,
        shift_exports,
    ):
        server.register_blueprint(files.routes)
    # Registers the router's callback, without which its script has no digest in the policy below.
    with server.test_request_context("/"):
        for function in server.before_request_funcs[None]:
            function()
    gate.check_start(app)
    server.before_request_funcs[None].insert(0, gate.gate)
    server.teardown_appcontext(session.close_control)
    server.teardown_appcontext(gate.end_file)
    server.after_request(_headers(app))
    server.after_request(gate.only_on_record)  # the last one added is the first to see an answer
    server.register_error_handler(Exception, _answer_error)
    return app


def _layout() -> Any:
    view = shell.view_of()
    return dmc.MantineProvider(
        html.Div([dash.page_container], id="shell-page"),
        forceColorScheme=view.theme,
        theme={
            "fontFamily": "inherit",
            "primaryColor": "brand",
            "colors": {
                "brand": [
                    "#E6EFFA",
                    "#CFE0F5",
                    "#B9D3EF",
                    "#7FAEDD",
                    "#5B96D3",
                    "#3F7FC1",
                    "#17509E",
                    "#17509E",
                    "#123F7D",
                    "#0E3263",
                ]
            },
            "defaultRadius": 6,
            "focusRing": "auto",
        },
    )


def _answer_error(error: Exception) -> Any:
    """Errors of routes and malformed requests: short text, an incident number when it is ours."""
    t = shell.view_of().text
    if gate.is_api():
        return problems.answer(error)
    if isinstance(error, RequestRedirect):
        return error
    if isinstance(error, DependencyException):
        error = NotFound()  # an address of a bundle that there is not
    if isinstance(error, HTTPException):
        if (refusal := gate.answer(error)) is not None:
            return refusal
        return flask.Response(f"{error.code} {error.description}\n", error.code, mimetype="text/plain")
    if isinstance(error, NoSnapshot):
        return flask.Response(f"{t('state.no_snapshot.title')} {error}\n", 503, mimetype="text/plain")
    if isinstance(error, TooSlow):
        return flask.Response(t("state.too_slow") + "\n", 503, mimetype="text/plain")
    if isinstance(error, TooBusy):
        return flask.Response(t("state.too_busy") + "\n", 503, mimetype="text/plain")
    if isinstance(error, NotAllowed):
        return flask.Response(t("state.not_allowed") + "\n", 403, mimetype="text/plain")
    if isinstance(error, AuditUnwritable):
        return flask.Response(t("state.not_audited") + "\n", 503, mimetype="text/plain")
    if isinstance(error, NotComputed):
        status = 403 if isinstance(error, OfAllDistricts) else 503
        return flask.Response(t("app.colon").join(shell.not_computed(error, t)) + "\n", status, mimetype="text/plain")
    return flask.Response(t("state.error.line", incident=shell.incident(error)) + "\n", 500, mimetype="text/plain")
