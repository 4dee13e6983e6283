"""The files of a bulletin: for reading in the browser, for print, to edit, and its figures."""

import flask
from werkzeug.exceptions import BadRequest, NotFound, ServiceUnavailable

from dashboards import exports, shell
from dashboards.text import LANGUAGES
from warehouse import bulletin_forms, bulletin_store
from warehouse.errors import WarehouseError

routes = flask.Blueprint("bulletin_export", __name__)
_TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "json": "application/json",
}


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
        data = bulletin_forms.made(issue, form, lang)
    except WarehouseError as error:  # no Pango on this machine
        raise ServiceUnavailable(str(error)) from None
    if form == "html":
        return exports.bytes_answer(data, {"Content-Type": _TYPES[form]})
    name = bulletin_forms.file_name(issue, form, lang)
    return exports.bytes_answer(data, exports.download(name, _TYPES[form]))
