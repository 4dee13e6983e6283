"""What the server draws without a script has in common: forms of an account and pages of administrators."""

import csv
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask

from dashboards import format as fmt
from dashboards import freshness, shell
from dashboards.access import session
from dashboards.text import HTML_LANG, Text
from warehouse.home import REPOSITORY
from warehouse.provider import issuer
from warehouse.roles import RoleHolder

_CSS = ("app.css", "icons.css")


def page(template: str, status: int = 200, **values: Any) -> flask.Response:
    """A template of ``templates/`` in the reader's language and colours."""
    view = shell.view_of(flask.request.args)
    other_lang = "en" if view.lang == "zh" else "zh"
    other_theme = "dark" if view.theme == "light" else "light"

    def switched(**choice: str) -> str:
        kept = {name: value for name, value in flask.request.args.items() if name not in ("lang", "theme")}
        # What answers a form may stand under an address that only takes forms.
        first = "/" + flask.request.path.split("/")[1]
        stays = first not in ("/account", "/accounts", "/audit") or flask.request.endpoint == "person.fresh"
        where = "" if stays else first
        if flask.request.endpoint == "provider.came_back":  # what came back counts once
            where, kept = flask.url_for("person.login"), {}
        return where + "?" + urlencode({**kept, **choice})

    body = flask.render_template(
        template,
        t=view.text,
        lang=HTML_LANG[view.lang],
        other_lang=HTML_LANG[other_lang],
        theme=view.theme,
        other_theme=other_theme,
        to_language=switched(lang=other_lang),
        to_theme=switched(theme=other_theme),
        styles=[f"/assets/{name}?m={_changed(name)}" for name in _CSS],
        token=session.token(),
        provider=issuer() is not None,
        **values,
    )
    # The address of a link is a secret, so it is told to nobody; without any referrer a form's Origin would be null.
    return flask.Response(body, status, mimetype="text/html", headers={"Referrer-Policy": "strict-origin"})


@cache
def _changed(name: str) -> int:
    return int((Path(__file__).parent.parent / "assets" / name).stat().st_mtime)


@cache
def counties() -> dict[str, tuple[str, str]]:
    """Every county: its code, and its name in Chinese and English."""
    with (REPOSITORY / "warehouse" / "seeds" / "county.csv").open(encoding="utf-8", newline="") as stream:
        return {row["county_code"]: (row["name_zh"], row["name_en"]) for row in csv.DictReader(stream)}


def whose_rows(holder: RoleHolder, t: Text) -> str:
    """The counties whose rows somebody may see, in words."""
    if holder.counties:
        return t("app.list").join(t.pick(*counties().get(code, (code, code))) for code in holder.counties)
    return t("access.every_county" if holder.role.pages else "access.no_rows")


def moment(seconds: int | None, lang: str) -> str:
    """An instant of the control store, at +08:00."""
    return fmt.NONE if seconds is None else fmt.moment(datetime.fromtimestamp(seconds, freshness.CHINA), lang)
