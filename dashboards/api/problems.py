"""Every refusal of the API as RFC 9457 problem details, in the words of the language asked for.

No problem repeats what was sent: a plate may stand anywhere in it.
"""

import json
from collections.abc import Mapping
from typing import Any

import flask
from werkzeug.exceptions import HTTPException

from dashboards import shell
from dashboards.as_known import NotComputed, OfAllDistricts
from dashboards.text import LANGUAGES, Text
from warehouse.audit import AuditUnwritable
from warehouse.connection import NoSnapshot, TooBusy, TooSlow
from warehouse.errors import NotAllowed

MEDIA = "application/problem+json"
KINDS = {
    "malformed": 400,
    "bad_cursor": 400,
    "unauthorized": 401,
    "expired": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "old_cursor": 410,
    "too_large": 413,
    "wrong_media_type": 415,
    "not_usable": 422,
    "too_many_requests": 429,
    "fault": 500,
    "not_ready": 503,
    "not_audited": 503,
    "too_busy": 503,
    "too_slow": 503,
    "not_computed": 503,
}
"""What can go wrong, and the status it is answered with; its words are ``api.problem.<kind>`` of the catalogues."""
OF_STATUS = {status: kind for kind, status in reversed(KINDS.items())}
"""The kind of a refusal that Flask or the gate made: the first one of its status."""
_ERRORS: dict[type[Exception], str] = {
    NoSnapshot: "not_ready",
    AuditUnwritable: "not_audited",
    TooBusy: "too_busy",
    TooSlow: "too_slow",
    OfAllDistricts: "forbidden",
    NotComputed: "not_computed",
    NotAllowed: "forbidden",
}
_AGAIN_SECONDS = {"not_ready": 60, "not_audited": 60, "too_busy": 5}


class Problem(HTTPException):
    """A refusal of the API. ``names``: the declared parameters that could not be taken."""

    def __init__(self, kind: str, names: tuple[str, ...] = (), headers: Mapping[str, str] | None = None) -> None:
        super().__init__(kind)
        self.kind, self.names, self.headers = kind, names, dict(headers or {})
        self.code = KINDS[kind]


def language() -> Text:
    """The language a program asks for, English unless it prefers Chinese."""
    return Text(flask.request.accept_languages.best_match(LANGUAGES, "en"))


def answer(error: Exception) -> flask.Response:
    """A refusal as a response."""
    headers: dict[str, str] = {}
    more: dict[str, Any] = {}
    if isinstance(error, Problem):
        kind, headers = error.kind, error.headers
        if error.names:
            more = {"parameters": list(error.names)}
    elif isinstance(error, HTTPException):
        kind = OF_STATUS.get(error.code or 500, "malformed" if (error.code or 500) < 500 else "fault")
        headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    else:
        kind = next((kind for of, kind in _ERRORS.items() if isinstance(error, of)), "fault")
    if kind in ("fault", "not_computed"):
        more = {**more, "incident": shell.incident(error)}
    if kind in _AGAIN_SECONDS:
        headers = {"Retry-After": str(_AGAIN_SECONDS[kind]), **headers}
    status = KINDS[kind]
    if status == 401:
        told = "" if "Authorization" not in flask.request.headers else ', error="invalid_token"'
        headers = {**headers, "WWW-Authenticate": f'Bearer realm="heng"{told}'}
    t = language()
    body = {
        "type": f"urn:heng:problem:{kind}",
        "title": t(f"api.problem.{kind}"),
        "status": status,
        "detail": t(f"api.problem.{kind}.next"),
        **more,
    }
    response = flask.Response(json.dumps(body, ensure_ascii=False) + "\n", status, headers, content_type=MEDIA)
    response.headers["Content-Language"] = t.lang
    return response
