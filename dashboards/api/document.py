"""The description of the API (OpenAPI 3.1), made of the declarations that check and write. It holds no data."""

from functools import cache
from typing import Any

from dashboards.access.gate import CLIENTS
from dashboards.api import answers, problems
from dashboards.api.operations import JSON, PREFIX, Operation
from dashboards.api.shape import Field, Schema
from dashboards.text import Text
from warehouse.columns import dictionary

VERSION = "1.0.0"
ALWAYS = ("unauthorized", "expired", "forbidden", "malformed", "not_usable", "too_many_requests", "fault", "not_ready",
          "too_busy", "too_slow", "not_audited", "too_large")  # fmt: skip
"""What any operation may be refused with."""


def document(t: Text) -> dict[str, Any]:
    """The description in a language."""
    return _document(t.lang)


@cache
def _document(lang: str) -> dict[str, Any]:
    t = Text(lang)
    paths: dict[str, Any] = {"/openapi.json": {"get": _itself(t)}}
    for operation in answers.OPERATIONS:
        paths[operation.path] = {operation.method.lower(): _operation(operation, t)}
    return {
        "openapi": "3.1.0",
        "info": {"title": t("api.title"), "version": VERSION, "description": t("api.about")},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": t("api.token")}},
            "schemas": {"Problem": _problem(t)},
        },
    }


def _itself(t: Text) -> dict[str, Any]:
    return {
        "operationId": "document",
        "summary": t("api.op.document"),
        "responses": {
            "200": {"description": t("api.answer"), "content": {JSON: {"schema": {"type": "object"}}}},
            **_refusals(("unauthorized", "expired", "forbidden", "too_many_requests", "fault", "not_audited"), t),
        },
    }


def _operation(operation: Operation, t: Text) -> dict[str, Any]:
    needs = " ".join(CLIENTS[f"api.{operation.name}"])
    kinds = [*ALWAYS]
    kinds += ["bad_cursor", "old_cursor"] if operation.item else []
    kinds += ["not_found"] if operation.in_path else []
    kinds += ["wrong_media_type"] if operation.has_body else []
    kinds += ["not_computed"] if any(one.name == "known_on" for one in operation.parameters) else []
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": t(f"api.op.{operation.name}"),
        "description": t("api.needs", needs=needs),
        "responses": {
            "200": {
                "description": t("api.answer"),
                "content": {JSON: {"schema": _described(operation.schema.schema, t)}},
            },
            **_refusals(tuple(kinds), t),
        },
    }
    parameters = [_parameter(one, "path", True, t) for one in operation.in_path]
    if operation.has_body:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": _body(operation, t)}}}
    else:
        parameters += [_parameter(one, "query", one.name in operation.required, t) for one in operation.asked]
    return told | ({"parameters": parameters} if parameters else {})


def _parameter(one: Field, where: str, is_required: bool, t: Text) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": where,
        "required": is_required,
        "description": meaning(one.name, t),
        "schema": one.kind.schema,
    }


def _body(operation: Operation, t: Text) -> Schema:
    return {
        "type": "object",
        "properties": {one.name: {**one.kind.schema, "description": meaning(one.name, t)} for one in operation.asked},
        "required": list(operation.required),
        "additionalProperties": False,
    }


def _refusals(kinds: tuple[str, ...], t: Text) -> dict[str, Any]:
    """One response a status, with the problems it may be."""
    content = {problems.MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told: dict[str, Any] = {}
    for status in sorted({problems.KINDS[kind] for kind in kinds}):
        words = " / ".join(t(f"api.problem.{kind}") for kind in kinds if problems.KINDS[kind] == status)
        told[str(status)] = {"description": words, "content": content}
        header = {401: "WWW-Authenticate", 429: "Retry-After"}.get(status)
        if header:
            told[str(status)]["headers"] = {header: {"required": True, "schema": {"type": "string"}}}
    return told


def _problem(t: Text) -> Schema:
    return {
        "type": "object",
        "description": "RFC 9457",
        "properties": {
            "type": {"type": "string", "enum": [f"urn:heng:problem:{kind}" for kind in problems.KINDS]},
            "title": {"type": "string"},
            "status": {"type": "integer", "enum": sorted(set(problems.KINDS.values()))},
            "detail": {"type": "string"},
            "parameters": {"type": "array", "items": {"type": "string"}},
            "incident": {"type": "string"},
        },
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": False,
    }


def _described(schema: Schema, t: Text) -> Schema:
    """The same with what each field means."""
    found = dict(schema)
    if "properties" in schema:
        found["properties"] = {
            name: {**_described(inner, t), **({"description": words} if (words := meaning(name, t)) else {})}
            for name, inner in schema["properties"].items()
        }
    if "items" in schema:
        found["items"] = _described(schema["items"], t)
    if "anyOf" in schema:
        found["anyOf"] = [_described(one, t) for one in schema["anyOf"]]
    return found


def meaning(name: str, t: Text) -> str:
    """What a field or parameter means: words of the API's own, else those of the dictionary with the unit."""
    if t.has(f"api.field.{name}"):
        return t(f"api.field.{name}")
    entry = dictionary().get(name)
    if entry is None:
        return ""
    words = entry.zh if t.lang == "zh" else entry.label
    more = entry.zh_doc if t.lang == "zh" else entry.doc
    return " ".join(filter(None, [f"{words} ({entry.unit})" if entry.unit else words, more])).strip()
