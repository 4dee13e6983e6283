"""The files of a bulletin: for reading in the browser, for print, to edit, and its figures."""

from urllib.parse import urlencode

import flask
from werkzeug.exceptions import BadRequest, NotFound, ServiceUnavailable

from dashboards import exports, shell
from dashboards.site_days import MOST_DAYS, SiteDays
from dashboards.text import LANGUAGES, Text
from warehouse import bulletin_forms, bulletin_store
from warehouse.errors import WarehouseError

routes = flask.Blueprint("bulletin_export", __name__)
_TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "json": "application/json",
}


def pages_of(issue: bulletin_store.Issue, t: Text) -> dict[str, list[tuple[str, str]]]:
    """By section of a bulletin the pages the reader may see that have its figures, of its period or as of its end."""
    first, last = issue.asked.first, issue.asked.last
    days, as_of = urlencode({"period": "custom", "from": first, "to": last}), urlencode({"as_of": last})
    cases = urlencode({"as_of": last, "kind": "over_limit"})
    filed = urlencode({"period": "custom", "since": first, "until": last})
    repeat = urlencode(
        {"as_of": last, "window": issue.told["repeat"]["window"], "basis": issue.told["repeat"]["basis"]}
    )
    ranking = urlencode({"as_of": last, "cadence": issue.kind})
    sites = SiteDays(first, last, is_usual=False).query() if (last - first).days < MOST_DAYS else ""
    found = {
        "weighing": [("overload", "overload.title", f"/overload?{days}"),
                     ("rows", "rows.title", f"/overload/rows?{days}"),
                     ("quality", "quality.title", f"/quality{sites}")],
        "cases": [("penalties", "penalties.series", f"/penalties?{cases}#penalties-series"),
                  ("penalties", "penalties.funnel", f"/penalties?{cases}&{filed}#penalties-funnel"),
                  ("penalties", "penalties.clocks", f"/penalties?{cases}&rows=clocks#rows")],
        "repeat": [("repeat", "bulletins.pages.vehicles", f"/repeat?{repeat}&low=statutory"),
                   ("repeat", "bulletins.pages.enterprises", f"/repeat?{repeat}&subject=enterprise")],
        "hazards": [("hazards", "hazards.title", f"/hazards?{as_of}")],
        "terminals": [("terminals", "terminals.title", f"/terminals?{days}")],
        "ranking": [("supervision", "supervision.title", f"/ranking?{ranking}")],
        "measures": [("supervision", "supervision.ladder", f"/ranking?{ranking}#supervision-ladder"),
                     ("supervision", "supervision.suggestions", f"/ranking?{ranking}#supervision-suggestions")],
    }  # fmt: skip
    seen = {topic: [(t(says), href) for key, says, href in pages if shell.sees(key)] for topic, pages in found.items()}
    return {topic: pages for topic, pages in seen.items() if pages}


@routes.get("/export/bulletin/<name>/<int:revision>.<form>")
def bulletin(name: str, revision: int, form: str) -> flask.Response:
    """HTML is shown, everything else saved. ``language``: that of the file, else the reader's."""
    if form not in bulletin_forms.FORMS:
        raise NotFound(f"A bulletin has the forms {', '.join(bulletin_forms.FORMS)}.")
    lang = flask.request.args.get("language") or shell.view_of().lang
    if lang not in LANGUAGES:
        raise BadRequest("Not usable in the address: language.")
    try:
        issue = bulletin_store.find(f"{name}/{revision}")
    except WarehouseError as error:
        raise NotFound(str(error)) from None
    try:
        data = bulletin_forms.made(issue, form, lang, pages_of(issue, Text(lang)) if form == "html" else None)
    except WarehouseError as error:  # no Pango on this machine
        raise ServiceUnavailable(str(error)) from None
    if form == "html":
        return exports.bytes_answer(data, {"Content-Type": _TYPES[form]})
    name = bulletin_forms.file_name(issue, form, lang)
    return exports.bytes_answer(data, exports.download(name, _TYPES[form]))
