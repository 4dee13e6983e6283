"""What lists have in common: the window a grid asks for, and the drawer of the row that was chosen.

A request is checked here once, whatever a control of the page can send; the columns a list is sorted by are its own.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import dash
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import queries, shell
from dashboards.access.vault import vault
from dashboards.text import Text
from warehouse import masks

T = TypeVar("T")
FURTHEST_ROW = 50_000_000
KEY = re.compile(r"(\d{1,9})-(\d{1,9})")
"""A row of a list that a choice makes: version and place in it. No plate, certificate or code."""
Sort = tuple[str, str] | None
"""Column and direction (``asc``, ``desc``), or the list's own order."""
Rows = Callable[[Any, int, int, Sort, Text], tuple[list[dict[str, Any]], int]]
"""From what the page shows (its store), first row, number of rows and order to the cells and the count of all rows."""
Drawer = Callable[[Any, str, Text], Any]
"""From what the page shows and the name of a row to what its drawer holds."""


def window(request: Any) -> tuple[int, int, Sort]:
    """First row, number of rows, and the order of a grid's request. Raises ``BadRequest`` for what no grid asks."""
    if not isinstance(request, dict):
        raise BadRequest("not a request of the grid")
    start, end, model = request.get("startRow"), request.get("endRow"), request.get("sortModel") or []
    if type(start) is not int or type(end) is not int or not isinstance(model, list) or len(model) > 1:
        raise BadRequest("not a request of the grid")
    if request.get("filterModel"):
        raise BadRequest("the grid has no filters")
    if not 0 <= start <= FURTHEST_ROW or not 1 <= end - start <= queries.MAX_PAGE_ROWS:
        raise BadRequest(f"at most {queries.MAX_PAGE_ROWS} rows at a time")
    if not model:
        return start, end - start, None
    entry = model[0]
    if not isinstance(entry, dict) or not isinstance(entry.get("colId"), str) or not isinstance(entry.get("sort"), str):
        raise BadRequest("this column cannot be sorted by")
    return start, end - start, (entry["colId"], entry["sort"])


def chosen_record(selected_rows: Any) -> str:
    """The name that the chosen row of a list has; ``BadRequest`` for what is no row."""
    row = selected_rows[0] if isinstance(selected_rows, list) else None
    record = row.get("record") if isinstance(row, dict) else None
    if not isinstance(record, str):
        raise BadRequest("not a record")
    return record


def in_order(rows: list[T], sort: Sort, values: dict[str, Callable[[T], Any]]) -> list[T]:
    """Rows by one of ``values``, those without one last; their own order else and among equals."""
    if sort is None:
        return rows
    field, direction = sort
    if field not in values or direction not in queries.DIRECTIONS:
        raise BadRequest("this column cannot be sorted by")
    value = values[field]
    told = [row for row in rows if value(row) is not None]
    rest = [row for row in rows if value(row) is None]
    return sorted(told, key=value, reverse=direction == "desc") + rest


def of_equals() -> Callable[[tuple[Any, ...]], str]:
    """What equals stand in order by: a keyed digest of what a subject is known by, the same for every reader of this
    instance. An order by the whole plate would tell of a masked one."""
    keyed = vault().keyer("order of equals")
    return lambda key: keyed("\x1f".join(str(part) for part in masks.whole_of(key)))


def place_of(record: str, version: int) -> int | None:
    """The place that a ``KEY`` names; None in a list of another version. ``BadRequest`` for what is no key."""
    match = KEY.fullmatch(record)
    if match is None:
        raise BadRequest("not a row of this list")
    return int(match[2]) if int(match[1]) == version else None


def fact(name: str, value: Any) -> list[Any]:
    """A line of the facts of a drawer."""
    return [html.Dt(name), html.Dd(value)]


def drawer_head(page: str, title: str, under: str, t: Text) -> html.Div:
    close = html.Button(
        shell.icon("x"), id=f"{page}-drawer-close", className="icon-button", **{"aria-label": t("evidence.close")}
    )
    return html.Div([html.Div([html.H2(title), html.Span(under, className="under")]), close], className="drawer-head")


def old_drawer(page: str, t: Text) -> list[Any]:
    """What a drawer says of a row of another version."""
    return [drawer_head(page, t("vehicles.drawer.old"), t("vehicles.drawer.old.why"), t)]


def beside_drawer(page: str, body: list[Any], t: Text, shown: list[Any] | None = None) -> html.Div:
    """The card of a list, and the drawer beside it; ``shown``: what an open one holds."""
    look = "card drawer open" if shown else "card drawer"
    return html.Div(
        [
            html.Section(body, className="card rows-card"),
            html.Aside(shown, id=f"{page}-drawer", className=look, **{"aria-label": t("evidence.title")}),
        ],
        className="rows-and-drawer",
    )


def stores(page: str) -> list[dcc.Store]:
    """What the callbacks of a list with a drawer write."""
    return [dcc.Store(id=f"{page}-record", data=None), dcc.Store(id=f"{page}-fitted")]


def file_links(page: str, query: str, told: dict[str, str] | None = None) -> list[html.A]:
    """The list as CSV and XLSX; ``told``: of a kind what its button says where there is room."""

    def words(kind: str) -> list[html.Span]:
        if told is None:
            return [html.Span(kind.upper())]
        return [html.Span(told[kind], className="wide-only"), html.Span(kind.upper(), className="narrow-only")]

    return [
        html.A(
            [shell.icon("download"), *words(kind)],
            href=f"/export/{page}.{kind}{query}",
            className=look,
            title=None if told is None else told[kind],
            download="",
        )
        for kind, look in (("csv", "button"), ("xlsx", "button primary"))
    ]


def list_with_drawer(page: str, store: str, rows: Rows, drawer: Drawer) -> None:
    """The callbacks of ``<page>-grid`` and ``<page>-drawer``; ``<page>-<store>`` holds what the page shows.

    The cross of the drawer closes it; while it is open the list shows only the columns that tell rows apart.
    """

    @callback(
        Output(f"{page}-grid", "getRowsResponse"),
        Input(f"{page}-grid", "getRowsRequest"),
        State(f"{page}-{store}", "data"),
        State(f"{page}-view", "data"),
        prevent_initial_call=True,
    )
    def show_rows(request: Any, chosen: Any, view_data: Any) -> dict[str, Any]:
        if request is None:
            raise dash.exceptions.PreventUpdate
        t = shell.view_from(view_data).text
        cells, count = rows(chosen, *window(request), t)
        return {"rowData": cells, "rowCount": count}

    @callback(
        Output(f"{page}-drawer", "children"),
        Output(f"{page}-drawer", "className"),
        Output(f"{page}-record", "data"),
        Input(f"{page}-grid", "selectedRows"),
        State(f"{page}-{store}", "data"),
        State(f"{page}-view", "data"),
        prevent_initial_call=True,
    )
    def show_drawer(selected_rows: Any, chosen: Any, view_data: Any) -> tuple[Any, str, str]:
        if not selected_rows:
            raise dash.exceptions.PreventUpdate
        t = shell.view_from(view_data).text
        record = chosen_record(selected_rows)
        return drawer(chosen, record, t), "card drawer open", record

    clientside_callback(
        ClientsideFunction("heng", "closeDrawer"),
        Output(f"{page}-drawer", "className", allow_duplicate=True),
        Output(f"{page}-record", "data", allow_duplicate=True),
        Input(f"{page}-drawer-close", "n_clicks"),
        prevent_initial_call=True,
    )
    clientside_callback(
        ClientsideFunction("heng", "fitColumns"),
        Output(f"{page}-fitted", "data"),
        Input(f"{page}-drawer", "className"),
    )
