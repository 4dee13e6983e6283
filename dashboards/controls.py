"""Shared filters and the small pieces pages are made of: cards, data tables, pills of change."""

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import dcc, html

from dashboards import charts, shell
from dashboards import format as fmt
from dashboards.selection import ALL, AXLES, COMPARES, PERIODS, Known, Selection
from dashboards.text import Text


def place_name(known: Known, code: Any, t: Text) -> str:
    """A county's name, or the words for rows whose site no register places."""
    if isinstance(code, str) and code in known.counties:
        return t.pick(*known.counties[code])
    return t("county.none")


def county_words(county: str, known: Known, t: Text) -> str:
    """A county that can be chosen, or all of them."""
    every = t("filter.county.all", count=len(known.current_counties))
    return every if county == ALL else place_name(known, county, t)


def county_options(known: Known, t: Text) -> list[dict[str, str]]:
    return [{"value": code, "label": county_words(code, known, t)} for code in (ALL, *known.current_counties)]


def site_name(known: Known, code: str, t: Text) -> str:
    """A site's code, with a word where no register places it."""
    return code if known.sites.get(code) else t("filter.site.other", site=code)


def site_options(known: Known, county: str, t: Text) -> list[dict[str, Any]]:
    """Sites of the chosen county only, so that no choice of the two excludes everything.

    Codes that other sources bring and no register places stand in a group of their own.
    """
    registered = [code for code, place in known.sites.items() if place and county in (ALL, place)]
    others = [code for code, place in known.sites.items() if not place] if county == ALL else []
    label = t("filter.site.all", count=len(registered))
    if not others:
        return [{"value": ALL, "label": label}, *({"value": code, "label": code} for code in registered)]
    groups = (("registered", registered), ("others", others))
    return [
        {"value": ALL, "label": t("filter.site.all_and_others", count=len(registered), others=len(others))},
        *(
            {
                "group": t(f"filter.site.{name}", count=len(codes)),
                "items": [{"value": code, "label": code} for code in codes],
            }
            for name, codes in groups
        ),
    ]


def axle_options(t: Text) -> list[dict[str, str]]:
    return [
        {"value": ALL, "label": t("filter.axle.all")},
        *({"value": a, "label": t("filter.axle.one", axles=a)} for a in AXLES),
    ]


def _field(label: str, control: Any, extra: str = "") -> html.Div:
    return html.Div([html.Span(label, className="field-label"), control], className=f"field {extra}".strip())


def _segments(id: str, label: str, data: list[dict[str, str]], value: str) -> dmc.SegmentedControl:
    return dmc.SegmentedControl(
        id=id,
        data=data,
        value=value,
        size="sm",
        className="segments",
        withItemsBorders=False,
        **{"aria-label": label},
    )


def _select(id: str, label: str, data: list[dict[str, Any]], value: str, t: Text) -> dmc.Select:
    return dmc.Select(
        id=id,
        data=data,
        value=value,
        searchable=True,
        allowDeselect=False,
        checkIconPosition="right",
        nothingFoundMessage=t("filter.nothing"),
        size="sm",
        maxDropdownHeight=320,
        comboboxProps={"withinPortal": True, "width": 220, "position": "bottom-start"},
        **{"aria-label": label},
    )


def filter_bar(page: str, selection: Selection, known: Known, t: Text, *, scales: bool = True) -> html.Div:
    """Period, range, comparison, county and, where the page is about scales, site and axle class; a bar on wide
    screens, a sheet on phones."""
    of_scales = (
        [
            _field(
                t("filter.site"),
                _select(f"{page}-site", t("filter.site"), site_options(known, selection.county, t), selection.site, t),
            ),
            _field(t("filter.axle"), _select(f"{page}-axle", t("filter.axle"), axle_options(t), selection.axle, t)),
        ]
        if scales
        else []
    )
    period_short = fmt.day_range(selection.start, selection.end, t.lang)
    chips = html.Div(
        [
            html.Button(
                [shell.icon("clock"), html.Span(period_short, id=f"{page}-chip-period")],
                className="chip strong",
                id=f"{page}-open-period",
            ),
            html.Button(
                [html.Span(id=f"{page}-chip-place", children=chip_place(selection, known, t)), shell.icon("down")],
                className="chip",
                id=f"{page}-open-place",
            ),
            html.Button([shell.icon("adjust"), t("filter.filters")], className="chip", id=f"{page}-open-filters"),
        ],
        className="filter-chips",
    )
    bar = html.Div(
        [
            html.Div(
                [
                    html.B(t("filter.filters")),
                    html.Button(t("filter.done"), id=f"{page}-close", className="button primary"),
                ],
                className="sheet-head",
            ),
            _field(
                t("filter.period"),
                _segments(
                    f"{page}-period",
                    t("filter.period"),
                    [{"value": p, "label": t(f"filter.period.{p}")} for p in PERIODS],
                    selection.period,
                ),
                "grow-none",
            ),
            _field(
                t("filter.range"),
                dmc.DatePickerInput(
                    id=f"{page}-dates",
                    type="range",
                    value=[selection.start.isoformat(), selection.end.isoformat()],
                    valueFormat="YYYY-MM-DD",
                    minDate=known.first_day.isoformat(),
                    maxDate=known.last_day.isoformat(),
                    allowSingleDateInRange=True,
                    labelSeparator=" – ",
                    size="sm",
                    firstDayOfWeek=1,
                    monthLabelFormat="YYYY年M月" if t.lang == "zh" else "MMMM YYYY",
                    popoverProps={"position": "bottom-start"},
                    **{"aria-label": t("filter.range")},
                ),
                "dates",
            ),
            _field(
                t("filter.compare"),
                _segments(
                    f"{page}-compare",
                    t("filter.compare"),
                    [{"value": c, "label": t(f"filter.compare.{c}")} for c in COMPARES],
                    selection.compare,
                ),
                "grow-none",
            ),
            _field(
                t("filter.county"),
                _select(f"{page}-county", t("filter.county"), county_options(known, t), selection.county, t),
            ),
            *of_scales,
            html.Button(
                shell.icon("refresh"),
                id=f"{page}-reset",
                className="icon-button",
                title=t("filter.reset"),
                **{"aria-label": t("filter.reset")},
            ),
        ],
        id=f"{page}-filters",
        className="filter-bar card",
        role="search",
        **{"aria-label": t("filter.filters")},
    )
    dates: Any = {"locale": "zh-cn" if t.lang == "zh" else "en", "firstDayOfWeek": 1, "weekendDays": []}
    return html.Div([chips, dmc.DatesProvider(bar, settings=dates)], className="filters")


def left_out_note(selection: Selection, known: Known, t: Text, path: str, rows: bool = False) -> html.Div | None:
    """Says that a site was left out because it is not in the chosen county, and offers it."""
    if not selection.left_out:
        return None
    only = path + selection.query(rows=rows, county=ALL, site=selection.left_out)
    return shell.note(
        t.parts(
            "filter.left_out",
            site=html.B(site_name(known, selection.left_out, t)),
            county=place_name(known, selection.county, t),
            link=dcc.Link(t("filter.left_out.only", site=selection.left_out), href=only),
        )
    )


def chip_place(selection: Selection, known: Known, t: Text) -> str:
    if selection.site != ALL:
        return site_name(known, selection.site, t)
    return county_words(selection.county, known, t)


def printed_filters(selection: Selection, known: Known, t: Text, *, scales: bool = True) -> html.P:
    """The filters as a sentence for paper, where their controls do not go."""
    everything = t("export.everything")
    chosen: dict[str, str] = {
        "filter.period": fmt.day_range(selection.start, selection.end, t.lang),
        "filter.compare": t(f"filter.compare.{selection.compare}"),
        "filter.county": everything if selection.county == ALL else place_name(known, selection.county, t),
    }
    if scales:
        chosen["filter.site"] = everything if selection.site == ALL else site_name(known, selection.site, t)
        chosen["filter.axle"] = everything if selection.axle == ALL else selection.axle
    words = [f"{t(name)}{t('app.colon')}{value}" for name, value in chosen.items()]
    return html.P(" · ".join(words), className="print-only")


def copy_link(page: str, t: Text) -> html.Button:
    """Copies the address of what is shown; the asset script does it, with absolute dates from the attribute."""
    return html.Button(
        [shell.icon("link"), html.Span(t("action.copy_link"))],
        id=f"{page}-copy",
        className="button",
        **{"aria-label": t("action.copy_link"), "data-copy": "", "data-done": t("action.copied")},
    )


def export_menu(page: str, query: str, what: str, t: Text) -> dmc.Popover:
    """Links to the rows behind a page as files; ``what``: key of the words that tell what they hold. The files come
    from routes of their own, with the same query."""
    rows = {"overload": "overload-rows", "terminals": "terminal-rows"}[page]
    links = [
        html.A(t(f"export.{kind}"), href=f"/export/{rows}.{kind}{query}", id=f"{page}-export-{kind}", download="")
        for kind in ("xlsx", "csv")
    ]
    target = html.Button(
        [shell.icon("download"), html.Span(t("action.export")), shell.icon("down")],
        className="button",
        **{"aria-label": t("action.export"), "aria-haspopup": "true"},
    )
    return dmc.Popover(
        [
            dmc.PopoverTarget(target),
            dmc.PopoverDropdown(html.Div([html.P(t(what)), *links], className="menu")),
        ],
        withRoles=False,  # as in ``explain``
        position="bottom-end",
        shadow="md",
        width=260,
        returnFocus=True,
        keepMounted=True,
    )


def card(
    title: str,
    subtitle: Any,
    body: Any,
    *,
    extra: Any = None,
    className: str = "",
    id: str | None = None,
    notes: Sequence[Any] = (),
) -> html.Section:
    """A titled box. ``extra`` stands at the right of the title."""
    named = {"id": id} if id else {}
    children = body if isinstance(body, list) else [body]
    return html.Section(
        [
            html.Div(
                [
                    html.Div([html.H2(title), html.P(subtitle, className="subtitle") if subtitle else None]),
                    html.Div(extra, className="card-extra") if extra is not None else None,
                ],
                className="card-head",
            ),
            *notes,
            *children,
        ],
        className=f"card {className}".strip(),
        **named,
    )


def chart(id: str, figure: Any, label: str, lang: str, height: int) -> html.Figure:
    """A chart with a one-sentence reading for those who do not see it. Its data table stands beside it."""
    return html.Figure(
        dcc.Graph(id=id, figure=figure, config=charts.config(lang), style={"height": f"{height}px"}, responsive=True),
        className="chart",
        style={"minHeight": f"{height}px"},
        **{"aria-label": label},
    )


def scrolled(table: Any, className: str = "") -> html.Div:
    """A table that scrolls in its place where it is wider, by keyboard as well."""
    return html.Div(table, className=f"table-scroll {className}".strip(), tabIndex=0)


def data_table(t: Text, caption: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> html.Details:
    """看数据: the numbers of a chart, first column text, the rest numbers."""
    return html.Details(
        [
            html.Summary([shell.icon("table"), html.Span(t("action.data_table"))]),
            scrolled(plain_table(caption, heads, rows)),
        ],
        className="data-table",
    )


_HTML = html.Td().to_plotly_json()["namespace"]


def _plain_row(row: Sequence[Any], text_columns: int) -> dict[str, Any]:
    """A row as the browser gets it. A year of days is 2,000 cells; as component objects they take a quarter of
    the page's time on the server."""
    cells = [
        {"namespace": _HTML, "type": "Th", "props": {"children": cell, "scope": "row"}}
        if i == 0
        else {
            "namespace": _HTML,
            "type": "Td",
            "props": {"children": cell, "className": "" if i < text_columns else "number"},
        }
        for i, cell in enumerate(row)
    ]
    return {"namespace": _HTML, "type": "Tr", "props": {"children": cells}}


def plain_table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], text_columns: int = 1, className: str = ""
) -> html.Table:
    return html.Table(
        [
            html.Caption(caption, className="visually-hidden"),
            html.Thead(
                html.Tr(
                    [
                        html.Th(head, scope="col", className="" if i < text_columns else "number")
                        for i, head in enumerate(heads)
                    ]
                )
            ),
            html.Tbody([_plain_row(row, text_columns) for row in rows]),
        ],
        className=f"plain {className}".strip(),
    )


Heads = Sequence[tuple[str, bool]]
"""Words of the columns of a stacking table, and whether each holds numbers."""


def stack_table(caption: str, heads: Heads, body: list[html.Tr]) -> html.Div:
    """A table that becomes cards on a phone."""
    columns = [html.Th(head, scope="col", className="number" if is_number else "") for head, is_number in heads]
    return scrolled(
        html.Table(
            [html.Caption(caption, className="visually-hidden"), html.Thead(html.Tr(columns)), html.Tbody(body)],
            className="stackable",
        )
    )


def stack_row(head: Any, cells: Sequence[Any], heads: Heads, className: str | None = None) -> html.Tr:
    """A row of a stacking table: each cell knows its column's words."""
    found: list[Any] = [html.Th(head, scope="row")]
    for cell, (name, is_number) in zip(cells, heads[1:], strict=True):
        look = " ".join(filter(None, ("number" if is_number else "", "hollow" if cell == fmt.NONE else "")))
        found.append(html.Td(cell, className=look, **{"data-head": name}))
    return html.Tr(found, className=className)


def record_grid(page: str, columns: list[dict[str, Any]], count: int, t: Text) -> dag.AgGrid:
    """A list of records of which the browser asks for a block at a time; ``record`` tells its rows apart."""
    theme = (
        "themeQuartz.withParams({backgroundColor:'var(--surface)',foregroundColor:'var(--ink)',"
        "headerBackgroundColor:'var(--surface-2)',headerTextColor:'var(--ink-2)',borderColor:'var(--line)',"
        "rowHoverColor:'var(--surface-2)',selectedRowBackgroundColor:'var(--brand-soft)',accentColor:'var(--brand)',"
        "oddRowBackgroundColor:'var(--surface)',fontFamily:'inherit',fontSize:13,headerFontSize:13,"
        "headerFontWeight:400,wrapperBorder:false,wrapperBorderRadius:7,cellHorizontalPadding:8,"
        "rowHeight:'var(--row-height)',headerHeight:36})"
    )
    return dag.AgGrid(
        id=f"{page}-grid",
        rowModelType="infinite",
        columnDefs=columns,
        defaultColDef={"suppressHeaderMenuButton": True},
        getRowId="params.data.record",
        dashGridOptions={
            "theme": {"function": theme},
            "cacheBlockSize": 100,
            "maxBlocksInCache": 8,
            "infiniteInitialRowCount": min(count, 100) or 1,
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
            "multiSortKey": "ctrl",
            "suppressMultiSort": True,
            "animateRows": False,
            "localeText": {
                "loadingOoo": t("state.loading"),
                "noRowsToShow": t("rows.none"),
                "loadingError": t("rows.load_error"),
            },
        },
        eventListeners={"modelUpdated": ["hengFit(params)"]},
        className="grid",
        # Of few rows no taller than they need; the rest are the heads and a bar for scrolling sideways.
        style={"width": "100%", "height": f"min(var(--grid-height), {max(count, 1)} * var(--row-height) + 62px)"},
    )


def tone(change: float, good: str) -> str:
    """Whether a change is better, worse or neither: a meaning, not a direction."""
    if not change or good not in ("up", "down"):
        return "neutral"
    return "better" if (change > 0) == (good == "up") else "worse"


def change(
    now: float | None, before: float | None, good: str, t: Text, *, of_rate: bool, against: str, why: str
) -> html.Div:
    """One line under a number: ↘ 0.41 个百分点 较上期. ``why`` is the tooltip, or the reason for a dash."""
    if now is None or before is None or (not of_rate and before == 0):
        return html.Div([html.B(fmt.NONE), html.Span(against)], className="change neutral", title=why)
    moved = (now - before) * 100 if of_rate else (now - before) / before * 100
    rounded = round(moved, 2 if of_rate else 1)
    if rounded == 0:
        return html.Div([html.B(t("change.none")), html.Span(against)], className="change neutral", title=why)
    size = t("change.points", size=fmt.size(moved, 2)) if of_rate else f"{fmt.size(moved, 1)}%"
    arrow = "up" if rounded > 0 else "down"
    return html.Div(
        [
            shell.icon(f"arrow-{arrow}"),
            html.B([html.Span(t(f"change.{arrow}"), className="visually-hidden"), size]),
            html.Span(against),
        ],
        className=f"change {tone(rounded, good)}",
        title=why,
    )
