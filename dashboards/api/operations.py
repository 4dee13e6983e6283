"""What an operation of the API is, and how a request to one is read, answered and written.

An operation names its parameters and the fields of its answer as kinds (``dashboards.api.shape``): they check, write
and describe (``dashboards.api.document``), so the description cannot say otherwise than what is done. What it takes
to ask one stands in ``dashboards.access.gate.CLIENTS``.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import flask
from werkzeug.datastructures import MultiDict

from dashboards import freshness, queries
from dashboards.access import session
from dashboards.api import cursors
from dashboards.api.problems import Problem
from dashboards.api.shape import COUNT, DAY, TRUTH, Field, Kind, code, integer, listed, optional, text, told
from dashboards.selection import Known

PREFIX = "/api/v1"
MOST_ROWS, USUAL_ROWS = queries.MAX_PAGE_ROWS, 100
MOST_BODY_BYTES = 4096
JSON = "application/json"


@dataclass(frozen=True)
class Page:
    """Which rows of a list: ``limit`` from ``offset`` on."""

    offset: int
    limit: int


@dataclass(frozen=True)
class Told:
    """An answer: the values of the operation's fields, of a list the rows of the page and the number of all.

    ``as_of``: the day it is told for; ``known_on``: the night whose knowledge it is, None: what is served.
    """

    values: Mapping[str, Any]
    as_of: date | None = None
    known_on: date | None = None
    items: Sequence[Any] = ()
    total: int = 0


Answer = Callable[[queries.Source, Known, dict[str, Any], Page], Told]


@dataclass(frozen=True)
class Operation:
    """``parameters``: of the query or, if ``has_body``, of the body; those of ``required`` must be there. ``in_path``:
    of the address. ``item``: a row, of a list that is read page by page. ``is_whole``: its text leaves whole, on
    record."""

    name: str
    path: str
    answer: Answer
    parameters: tuple[Field, ...] = ()
    required: tuple[str, ...] = ()
    in_path: tuple[Field, ...] = ()
    fields: tuple[Field, ...] = ()
    item: Kind | None = None
    has_body: bool = False
    is_whole: bool = False
    schema: Kind = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "schema", told(*self._all_fields()))

    @property
    def method(self) -> str:
        return "POST" if self.has_body else "GET"

    @property
    def asked(self) -> tuple[Field, ...]:
        """Parameters with those of paging."""
        return self.parameters + (PAGING if self.item else ())

    def _all_fields(self) -> tuple[Field, ...]:
        rows = (
            (Field("items", listed(self.item)), Field("total", COUNT), Field("next", optional(text(like="row_digest"))))
            if self.item
            else ()
        )
        return (Field("source", SOURCE), *self.fields, *rows)


PAGING = (Field("limit", integer(1, MOST_ROWS)), Field("cursor", text(cursors.LONGEST, r"[A-Za-z0-9_-]+")))
SOURCE = told(
    Field("version", integer()),
    Field("digest", optional(text(like="row_digest"))),
    Field("rule_version", optional(text(like="row_digest"))),
    Field("data_until", DAY),
    Field("night", DAY),
    Field("freshness", code("fresh", "late", "stale")),
    Field("as_of", optional(DAY)),
    Field("known_on", optional(DAY)),
    Field("counties", optional(listed(text(pattern=r"\d{6}", like="county_code")))),
    Field("mask", code("masked", "whole")),
    Field("is_sample", TRUTH),
)
"""What every answer says of itself."""


def respond(operation: Operation, **in_path: Any) -> flask.Response:
    """The answer to the request at hand. Raises ``Problem`` and what readers raise."""
    asked = _read_path(operation, in_path) | (_read_body(operation) if operation.has_body else _read_query(operation))
    limit, cursor = asked.pop("limit", USUAL_ROWS), asked.pop("cursor", None)
    db = queries.source()
    known = queries.known(db)
    if known is None:
        raise Problem("not_ready")
    client = session.client()
    bound = [client.client_id if client else "", operation.name, {name: str(asked[name]) for name in sorted(asked)}]
    version = f"{db.version}.{str(db.manifest.get('digest'))[:16]}"
    page = Page(0 if cursor is None else cursors.offset_of(cursor, version, bound), limit)
    answer = operation.answer(db, known, asked, page)
    values = {**answer.values, "source": _source(db, operation, answer)}
    if operation.item is not None:
        following = page.offset + len(answer.items)
        is_more = bool(answer.items) and following < answer.total
        values |= {"items": list(answer.items), "total": answer.total}
        values["next"] = cursors.made(version, following, bound) if is_more else None
    body = operation.schema.write(values, operation.name, operation.is_whole)
    return flask.Response(json.dumps(body, ensure_ascii=False, allow_nan=False) + "\n", 200, content_type=JSON)


def _source(db: queries.Source, operation: Operation, answer: Told) -> dict[str, Any]:
    told_fresh = freshness.of(db)
    assert told_fresh is not None  # a version without a day is not ready
    return {
        "version": db.version,
        "digest": db.manifest.get("digest"),
        "rule_version": queries.rule_version(db),
        "data_until": told_fresh.until,
        "night": queries.last_night(db),
        "freshness": told_fresh.state,
        "as_of": answer.as_of,
        "known_on": answer.known_on,
        "counties": session.principal().districts,
        "mask": "whole" if operation.is_whole else "masked",
        "is_sample": queries.is_demo(),
    }


# --- what comes in --------------------------------------------------------------------------------------
def _read(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values by name. Raises ``Problem`` that names what could not be taken; an unknown name is not repeated."""
    kinds = {one.name: one.kind for one in operation.asked}
    bad = [name for name in operation.required if name not in given]
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in kinds:
            bad.append("unknown")
            continue
        try:
            found[name] = kinds[name].read(value) if operation.has_body else kinds[name].read_text(value)
        except ValueError:
            bad.append(name)
    if bad:
        raise Problem("not_usable", tuple(dict.fromkeys(bad)))
    return found


def _read_path(operation: Operation, in_path: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {one.name: one.kind.read_text(in_path[one.name]) for one in operation.in_path}
    except ValueError:
        raise Problem("not_found") from None


def _read_query(operation: Operation) -> dict[str, Any]:
    if flask.request.content_length or "Transfer-Encoding" in flask.request.headers:
        _refuse_large()
        raise Problem("malformed")
    args: MultiDict[str, str] = flask.request.args
    if repeated := [one.name for one in operation.asked if len(args.getlist(one.name)) > 1]:
        raise Problem("not_usable", tuple(repeated))
    return _read(operation, args)


def _refuse_large() -> None:
    if (flask.request.content_length or 0) > MOST_BODY_BYTES:
        raise Problem("too_large")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError("no JSON")


def _read_body(operation: Operation) -> dict[str, Any]:
    if flask.request.args:
        raise Problem("not_usable", ("unknown",))  # a plate has no place in an address
    _refuse_large()
    if flask.request.mimetype != JSON or flask.request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise Problem("wrong_media_type")
    if flask.request.content_encoding:
        raise Problem("wrong_media_type")
    # One of unknown length is read up to a limit and then cut off silently: so the limit is one byte further.
    flask.request.max_content_length = MOST_BODY_BYTES + 1
    data = flask.request.get_data(cache=False)
    if len(data) > MOST_BODY_BYTES:
        raise Problem("too_large")
    try:
        body = json.loads(data.decode(), object_pairs_hook=_pairs, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Problem("malformed") from None
    if not isinstance(body, dict):
        raise Problem("malformed")
    return _read(operation, body)
