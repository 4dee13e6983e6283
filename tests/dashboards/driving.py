"""Drives pages over HTTP as a browser does, with any value in a request, and looks into what comes back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dash import Dash
from one_app import HOST, Signed, client_of
from werkzeug.test import TestResponse

from dashboards import queries
from warehouse.home import home

__all__ = ["HOST", "Callbacks", "by_class", "by_id", "components", "locale", "text_of"]


class Callbacks:
    """Posts callbacks as the browser of somebody with a role does, with any value in them."""

    def __init__(self, app: Dash, role: str = "inspector") -> None:
        self.app = app
        self.role = role
        self._clients: dict[Path, Signed] = {}

    def _entry(self, output: str) -> tuple[str, dict[str, Any]]:
        found = [
            (key, entry) for key, entry in self.app.callback_map.items() if output in key and entry.get("callback")
        ]
        assert len(found) == 1, (output, [key for key, _ in found])
        return found[0]

    def post(self, output: str, values: dict[str, Any], triggered: str) -> TestResponse:
        """``values`` by ``id.property``; what is not given is None. ``output``: part of the callback's name."""
        key, entry = self._entry(output)
        names = key.strip(".").split("...")
        outputs = [{"id": name.rsplit(".", 1)[0], "property": name.rsplit(".", 1)[1]} for name in names]

        def given(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [{**e, "value": values.get(f"{e['id']}.{e['property']}")} for e in entries]

        body = {
            "output": key,
            "outputs": outputs if key.startswith("..") else outputs[0],
            "inputs": given(entry["inputs"]),
            "state": given(entry["state"]),
            "changedPropIds": [triggered],
        }
        state = home()
        if state not in self._clients:
            self._clients[state] = client_of(self.role, app=self.app)
        return self._clients[state].post("/_dash-update-component", json=body, headers=HOST)

    def page(self, path: str, search: str = "") -> dict[str, Any]:
        """The layout of a page as the router sends it."""
        values = {"_pages_location.pathname": path, "_pages_location.search": search}
        answer = self.post("_pages_content.children", values, "_pages_location.pathname")
        assert answer.status_code == 200, answer.text
        return answer.json["response"]["_pages_content"]["children"]


def components(node: Any) -> Iterator[dict[str, Any]]:
    """Every component of a layout that was sent as JSON."""
    if isinstance(node, dict):
        if "props" in node:
            yield node
        for value in node.values():
            yield from components(value)
    elif isinstance(node, list):
        for value in node:
            yield from components(value)


def text_of(node: Any) -> str:
    """The words of a layout, in order."""
    if isinstance(node, str):
        return node
    if isinstance(node, (int, float)):
        return str(node)
    if isinstance(node, list):
        return " ".join(text_of(child) for child in node)
    if isinstance(node, dict):
        return text_of(node.get("props", {}).get("children", ""))
    return ""


def by_class(layout: Any, name: str) -> list[dict[str, Any]]:
    return [c for c in components(layout) if name in str(c["props"].get("className", "")).split()]


def by_id(layout: Any, id: str) -> dict[str, Any]:
    found = [c for c in components(layout) if c["props"].get("id") == id]
    assert len(found) == 1, id
    return found[0]


def locale(lang: str) -> dict[str, str]:
    folder = Path(queries.__file__).parent / "locales"
    return json.loads((folder / f"{lang}.json").read_text(encoding="utf-8"))
