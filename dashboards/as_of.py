"""What pages as of a day have in common: choices as links, the field of the day, and an address that carries both."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, clientside_callback, dcc, html

from dashboards import format as fmt
from dashboards import shell
from dashboards.text import Text

Options = Sequence[tuple[str, Any, str]]
"""Value, words and address of each."""


def links(label: str, current: str, options: Options, *, many: bool = False) -> html.Nav:
    """A choice as links; ``many`` of them take several lines."""
    return html.Nav(
        [dcc.Link(words, href=href, className="current" if value == current else "") for value, words, href in options],
        className="kinds many" if many else "kinds",
        **{"aria-label": label},
    )


def filters(
    page: str,
    choices: Sequence[tuple[str, str, Options]],
    chosen: str,
    day: date,
    days: tuple[date, date],
    t: Text,
    night: html.Div | None = None,
    *,
    many: bool = False,
    label: str | None = None,
) -> html.Div:
    """The bar of choices (label, current value, options) and the day, one of ``days``; on a phone a sheet that buttons
    open, of which one says what is ``chosen``. All of them are in the address. ``night``: ``as_known.field``, where
    the page has it. ``label``: what the day is, where it is not the last one of what is told."""
    of_day = label or t("repeat.as_of")
    fields = [
        html.Div(
            [html.Span(name, className="field-label"), links(name, current, options, many=many)],
            className="field grow-none many" if many else "field grow-none",
        )
        for name, current, options in choices
    ]
    field = dmc.DatePickerInput(
        id=f"{page}-day",
        value=day.isoformat(),
        valueFormat="YYYY-MM-DD",
        minDate=days[0].isoformat(),
        maxDate=days[1].isoformat(),
        size="sm",
        firstDayOfWeek=1,
        monthLabelFormat="YYYY年M月" if t.lang == "zh" else "MMMM YYYY",
        popoverProps={"position": "bottom-end"},
        **{"aria-label": of_day},
    )
    fields.append(html.Div([html.Span(of_day, className="field-label"), field], className="field day"))
    fields += [] if night is None else [night]
    close = html.Button(t("filter.done"), id=f"{page}-close", className="button primary")
    bar = html.Div(
        [html.Div([html.B(t("filter.filters")), close], className="sheet-head"), *fields],
        id=f"{page}-filters",
        className="filter-bar as-of card",
        role="search",
        **{"aria-label": t("filter.filters")},
    )
    chips = html.Div(
        [
            html.Button([shell.icon("clock"), fmt.day(day, t.lang)], className="chip strong", id=f"{page}-open-period"),
            html.Button([chosen, shell.icon("down")], className="chip", id=f"{page}-open-place"),
            html.Button([shell.icon("adjust"), t("filter.filters")], className="chip", id=f"{page}-open-filters"),
        ],
        className="filter-chips",
    )
    dates: Any = {"locale": "zh-cn" if t.lang == "zh" else "en", "firstDayOfWeek": 1, "weekendDays": []}
    return html.Div([chips, dmc.DatesProvider(bar, settings=dates)], className="filters")


def printed(chosen: Sequence[tuple[str, str]], t: Text, data: str | None = None) -> html.P:
    """The choice as a sentence for paper, where its controls do not go; ``data``: which data, in words."""
    told = [f"{name}{t('app.colon')}{value}" for name, value in chosen]
    return html.P(" · ".join([*told, data] if data else told), className="print-only")


def stores(
    page: str, here: str, query: str, absolute: str, day: date, night: date | None = None, name: str = "as_of"
) -> list[Any]:  # fmt: skip
    """What ``follow`` reads and writes; ``absolute``: the query that names the day even where it is the last; ``name``
    of the day in the address."""
    told = {
        "name": name,
        "here": here,
        "query": query,
        "absolute": absolute,
        "day": day.isoformat(),
        "known": night and night.isoformat(),
        "hrefs": [None],
    }
    return [
        dcc.Location(id=f"{page}-go", refresh="callback-nav"),
        dcc.Store(id=f"{page}-followed"),
        dcc.Store(id=f"{page}-query", data=told),
    ]


def follow(page: str, *, with_night: bool = False) -> None:
    """The callbacks of ``filters`` and ``stores``: the link that is copied carries the day; another day, or what
    another night knew, is another address."""
    clientside_callback(
        ClientsideFunction("heng", "followQuery"),
        Output(f"{page}-followed", "data"),
        Input(f"{page}-query", "data"),
    )
    clientside_callback(
        ClientsideFunction("heng", "openAsOf"),
        Output(f"{page}-go", "href"),
        Input(f"{page}-day", "value"),
        State(f"{page}-query", "data"),
        prevent_initial_call=True,
    )
    if with_night:
        clientside_callback(
            ClientsideFunction("heng", "openKnownOn"),
            Output(f"{page}-go", "href", allow_duplicate=True),
            Input(f"{page}-known", "value"),
            State(f"{page}-query", "data"),
            prevent_initial_call=True,
        )
