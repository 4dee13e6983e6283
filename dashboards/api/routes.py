"""The addresses of the API, each from its declaration."""

import json
import re
from functools import partial

import flask

from dashboards.api.answers import OPERATIONS
from dashboards.api.document import document
from dashboards.api.operations import JSON, PREFIX, Operation, respond
from dashboards.api.problems import language

routes = flask.Blueprint("api", __name__, url_prefix=PREFIX)


def _describe() -> flask.Response:
    t = language()
    told = json.dumps(document(t), ensure_ascii=False) + "\n"
    return flask.Response(told, 200, {"Content-Language": t.lang}, content_type=JSON)


def _add(operation: Operation) -> None:
    address = re.sub(r"\{(\w+)\}", r"<\1>", operation.path)
    routes.add_url_rule(
        address,
        operation.name,
        partial(respond, operation),
        methods=[operation.method],
        provide_automatic_options=False,
    )


routes.add_url_rule("/openapi.json", "document", _describe, methods=["GET"], provide_automatic_options=False)
for _operation in OPERATIONS:
    _add(_operation)
