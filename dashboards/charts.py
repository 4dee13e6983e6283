"""Shared figures. Pure: a frame in, a figure out; no reads, no request.

A figure is the plain dictionary the browser gets: building ``plotly`` objects for it takes half of a
page's time on the server. A test hands every figure to ``plotly``, which knows each attribute.
Dates are written as tick texts here, because the plotting library's short months read badly in
Chinese. Colours are those of ``assets/app.css``; a test holds the two equal.
"""

import base64
import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pandas as pd

from dashboards import format as fmt
from dashboards.selection import BANDS
from dashboards.text import Text
from warehouse.geometry import Geometry
from warehouse.survival import Curve

TOKENS = {
    "light": {
        "canvas": "#F4F6F9",
        "surface": "#FFFFFF",
        "surface-2": "#EEF2F7",
        "surface-3": "#E3E9F1",
        "line": "#E0E6EE",
        "line-2": "#C4CEDA",
        "field": "#8492A6",
        "ink": "#12202F",
        "ink-2": "#42526A",
        "ink-3": "#5A6A7F",
        "brand": "#17509E",
        "worse": "#B4431A",
        "better": "#0B6E69",
        "warn": "#8A5A00",
        "warn-soft": "#FCF0D6",
        "seq1": "#E4EEF9",
        "seq2": "#B9D3EF",
        "seq3": "#7FAEDD",
        "seq4": "#3A78B9",
        "seq5": "#17509E",
        "point": "#D9701E",
    },
    "dark": {
        "canvas": "#0D131B",
        "surface": "#151D28",
        "surface-2": "#1C2634",
        "surface-3": "#263345",
        "line": "#253144",
        "line-2": "#3A4A61",
        "field": "#66788F",
        "ink": "#E8EEF6",
        "ink-2": "#B3C0D1",
        "ink-3": "#8D9DB2",
        "brand": "#6FA8EC",
        "worse": "#F29468",
        "better": "#56C2B8",
        "warn": "#E8B84A",
        "warn-soft": "#33290F",
        "seq1": "#1B2A3D",
        "seq2": "#24446C",
        "seq3": "#2F639F",
        "seq4": "#4B87CB",
        "seq5": "#80B2EA",
        "point": "#F2A65A",
    },
}
FONT = (
    "'Inter Num','PingFang SC','Microsoft YaHei UI','Microsoft YaHei','Noto Sans CJK SC','Source Han Sans SC',"
    "'HarmonyOS Sans SC',system-ui,sans-serif"
)
CLEAR = "rgba(0,0,0,0)"
ON_STRONG = {"light": "#FFFFFF", "dark": "#0D131B"}  # text on the strongest map colours
DIMMED = 0.45  # how much colour counties keep that are not the chosen one
MONTHS_HEIGHT = 240
SEVERE_BANDS = ("30-50", "50-100", "gt100")
Figure = dict[str, Any]


def config(lang: str) -> dict[str, Any]:
    """The one configuration of every chart: no logo, no button that sends data to the library's maker."""
    return {
        "displaylogo": False,
        "showSendToCloud": False,
        "plotlyServerURL": "",
        "showTips": False,
        "responsive": True,
        "doubleClick": False,
        "locale": "zh-CN" if lang == "zh" else "en",
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "pan2d"],
    }


def _layout(theme: str, height: int, margin: tuple[int, int, int, int], **more: Any) -> dict[str, Any]:
    """Layout shared by all figures. ``margin`` is left, right, top, bottom."""
    tokens = TOKENS[theme]
    left, right, top, bottom = margin
    return {
        "height": height,
        "margin": {"l": left, "r": right, "t": top, "b": bottom, "pad": 0},
        "font": {"family": FONT, "size": 12.5, "color": tokens["ink-2"]},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {
            "bgcolor": tokens["surface"],
            "bordercolor": tokens["line-2"],
            "font": {"color": tokens["ink"], "size": 12.5, "family": FONT},
            "align": "left",
        },
        **more,
    }


def on_axis(day: date, days: float = 0.0) -> datetime:
    """A point on a time axis: the start of a day plus some days. A plain date would drop the fraction."""
    return datetime.combine(day, time()) + timedelta(days=days)


def top_of_axis(highest: float) -> tuple[float, float]:
    """Upper end and step of a count axis from zero with at most four lines."""
    if highest <= 0:
        return 1, 1
    for exponent in range(0, 12):
        for factor in (1, 2, 5):
            step = factor * 10**exponent
            if highest <= step * 4:
                return step * math.ceil(highest / step), step
    return highest, highest


# --- the map -----------------------------------------------------------------------------------------
def class_limits(rates: list[float]) -> list[float]:
    """Four round limits between five map classes, in percent.

    Steps are 0.25, 0.5, 1, 2 or 5 points, the finest that puts the greatest value no more than one
    step over the last limit; so the colours say the same from month to month.
    """
    values = [rate * 100 for rate in rates]
    if not values:
        return [1, 2, 3, 4]
    low, high = min(values), max(values)
    for step in (0.25, 0.5, 1, 2, 5, 10, 20):
        first = math.floor(low / step) * step + step
        if high <= first + 4 * step:
            return [first + step * index for index in range(4)]
    return [20, 40, 60, 80]


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def blend(colour: str, ground: str, share: float) -> str:
    """A colour drawn at ``share`` opacity on a ground, as a colour of its own, so that text on it can be chosen."""
    mixed = [round(a * share + b * (1 - share)) for a, b in zip(_channels(colour), _channels(ground), strict=True)]
    return "#" + "".join(f"{channel:02X}" for channel in mixed)


def contrast(one: str, other: str) -> float:
    """Contrast of two colours by WCAG 2.2, 1 to 21; text needs 4.5."""

    def luminance(colour: str) -> float:
        red, green, blue = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (n / 255 for n in _channels(colour))
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _square(column: float, row: float) -> tuple[list[Any], list[Any]]:
    """The corners of a map tile; rows count downwards."""
    half = 0.475
    x, y = column, -row
    return [x - half, x + half, x + half, x - half, x - half], [y - half, y - half, y + half, y + half, y - half]


def _rings(rings: Sequence[Sequence[tuple[float, float]]]) -> tuple[list[Any], list[Any]]:
    """All rings of a county as one line; None lifts the pen between two."""
    x: list[Any] = []
    y: list[Any] = []
    for ring in rings:
        x += [point[0] for point in ring] + [None]
        y += [point[1] for point in ring] + [None]
    return x, y


def county_map(
    counties: pd.DataFrame,
    sites: pd.DataFrame,
    t: Text,
    theme: str,
    *,
    value: str = "rate",
    selected: str = "all",
    outlines: Geometry | None = None,
    height: int = 500,
) -> Figure:
    """Counties coloured by overload rate or count, with their sites.

    ``counties``: county_code, name, tile_col, tile_row, rate, over_count, text.
    ``sites``: site_code, county_code, longitude, latitude, online, label.
    Without outlines each county is one tile of the same size, so that area does not mislead and no
    boundary is drawn that nobody approved.
    """
    tokens = TOKENS[theme]
    limits = class_limits([row.rate for row in counties.itertuples() if not fmt.missing(row.rate)])
    greatest = max([int(row.over_count) for row in counties.itertuples()] + [1])
    traces: list[dict[str, Any]] = []
    labels: dict[str, list[Any]] = {"x": [], "y": [], "name": [], "value": [], "ink": [], "fill": []}
    for row in counties.itertuples():
        if outlines and row.county_code not in outlines.outlines:
            continue  # a county of an earlier snapshot; the list beside the map carries it
        if fmt.missing(row.rate):
            level = None
        elif value == "count":
            level = min(4, int(5 * row.over_count / greatest))
        else:
            level = sum(row.rate * 100 >= limit for limit in limits)
        x, y = _rings(outlines.outlines[row.county_code]) if outlines else _square(row.tile_col, row.tile_row)
        chosen = row.county_code == selected
        fill = tokens["surface-2"] if level is None else tokens[f"seq{level + 1}"]
        if selected != "all" and not chosen:
            fill = blend(fill, tokens["surface"], DIMMED)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": x,
                "y": y,
                "fill": "toself",
                "fillcolor": fill,
                "hoveron": "fills",
                "line": {"color": tokens["ink" if chosen else "surface"], "width": 2.5 if chosen else 1.5},
                "text": row.text,
                "hoverinfo": "text",
                "customdata": [row.county_code] * len(x),
            }
        )
        place = outlines.label(row.county_code) if outlines else (row.tile_col, -row.tile_row)
        labels["x"].append(place[0])
        labels["y"].append(place[1])
        labels["name"].append(row.name if outlines else "<br>".join(fmt.tile_lines(row.name)))
        labels["value"].append(fmt.count(row.over_count) if value == "count" else fmt.rate(row.rate))
        labels["ink"].append(max((tokens["ink"], ON_STRONG[theme]), key=lambda ink: contrast(ink, fill)))
        labels["fill"].append(fill)
    traces += _labels(labels, outlines is not None)
    traces += _site_points(counties, sites, t, tokens, outlines is not None)
    x_axis: dict[str, Any] = {"visible": False, "fixedrange": True}
    y_axis: dict[str, Any] = dict(x_axis)
    if outlines:
        y_axis |= {"scaleanchor": "x", "scaleratio": outlines.scale}
    elif len(counties):
        x_axis["range"] = [int(counties["tile_col"].min()) - 0.52, int(counties["tile_col"].max()) + 0.52]
        y_axis["range"] = [-int(counties["tile_row"].max()) - 0.52, -int(counties["tile_row"].min()) + 0.52]
    return {"data": traces, "layout": _layout(theme, height, (0, 0, 0, 0), xaxis=x_axis, yaxis=y_axis)}


def _labels(labels: dict[str, list[Any]], real: bool) -> list[dict[str, Any]]:
    """Names with the values under them. On outlines the text has a halo of its county, as it may reach beyond."""
    font: dict[str, Any] = {"color": labels["ink"], "size": 12}
    text: dict[str, Any] = {"type": "scatter", "mode": "text", "x": labels["x"], "hoverinfo": "skip"}
    bold = [f"<b>{value}</b>" for value in labels["value"]]
    if real:
        font["shadow"] = [f"0 0 3px {fill}, 0 0 3px {fill}" for fill in labels["fill"]]
        both = [f"{name}<br>{value}" for name, value in zip(labels["name"], bold, strict=True)]
        return [{**text, "y": labels["y"], "text": both, "textfont": font}]
    places = list(zip(labels["y"], ("<br>" in name for name in labels["name"]), strict=True))
    names = [y + (0.26 if is_broken else 0.2) for y, is_broken in places]  # two lines need the room of the dots below
    values = [y - (0.14 if is_broken else 0.06) for y, is_broken in places]
    return [
        {**text, "y": names, "text": labels["name"], "textfont": font},
        {**text, "y": values, "text": bold, "textfont": {**font, "size": 14}},
    ]


def _site_points(
    counties: pd.DataFrame, sites: pd.DataFrame, t: Text, tokens: dict[str, str], real: bool
) -> list[dict[str, Any]]:
    """Sites as points: full while they report, hollow while they do not.

    On tiles a point has no place of its own; the points of a county stand in a line under its number.
    """
    tile = {row.county_code: (row.tile_col, row.tile_row) for row in counties.itertuples()}
    of_county: dict[str, list[Any]] = {}
    for row in sites.itertuples():
        of_county.setdefault(row.county_code, []).append(row)
    traces = []
    for online in (True, False):
        x, y, chosen = [], [], []
        for county_code, members in sorted(of_county.items()):
            step = min(0.13, 0.8 / len(members))
            for position, row in enumerate(members):
                if bool(row.online) != online or county_code not in tile or (real and fmt.missing(row.longitude)):
                    continue
                column, line = tile[county_code]
                x.append(row.longitude if real else column + (position - (len(members) - 1) / 2) * step)
                y.append(row.latitude if real else -line - 0.29)
                chosen.append(row)
        edge = tokens["surface"] if online else tokens["ink-3"]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": t("map.online" if online else "map.offline"),
                "x": x,
                "y": y,
                "text": [row.label for row in chosen],
                "hoverinfo": "text",
                "customdata": [f"site:{row.site_code}" for row in chosen],
                "marker": {
                    "size": 8,
                    "color": tokens["point" if online else "surface"],
                    "line": {"width": 1.5, "color": edge},
                },
            }
        )
    return traces


# --- the trend ---------------------------------------------------------------------------------------
def trend(
    days: pd.DataFrame,
    names: dict[str, str],
    outages: list[tuple[date, date, str]],
    t: Text,
    theme: str,
    *,
    unit: str,
    height: int = 246,
) -> Figure:
    """This period against the prior one and last year, day by day.

    ``days``: day, now, prior, year (numbers or missing), prior_day, year_day. A missing number is a
    gap in the line: a day without data is not a day without violations.
    """
    tokens = TOKENS[theme]
    xs = list(days["day"])
    lines = {
        "year": {"color": tokens["ink-3"], "width": 1.6, "dash": "dot"},
        "prior": {"color": tokens["ink-2"], "width": 1.6, "dash": "dash"},
        "now": {"color": tokens["brand"], "width": 2.6, "dash": "solid"},
    }
    numbers = [float(v) for key in lines for v in days[key] if not fmt.missing(v)]
    highest, step = top_of_axis(max(numbers, default=0))
    traces: list[dict[str, Any]] = []
    for key, line in lines.items():
        ys = [None if fmt.missing(v) else float(v) for v in days[key]]
        shown = days["day"] if key == "now" else days[f"{key}_day"]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": names[key],
                "x": xs,
                "y": ys,
                "line": line,
                "connectgaps": False,
                "text": [
                    "" if y is None else f"{names[key]} · {fmt.day(d, t.lang)}: <b>{fmt.count(y)}</b> {unit}"
                    for d, y in zip(shown, ys, strict=True)
                ],
                "hoverinfo": "text",
                **({"customdata": [day.isoformat() for day in xs]} if key == "now" else {}),
                # A lone day between two gaps has no line to be drawn by, so it gets a mark.
                "marker": {"size": [6 if alone else 0 for alone in _alone(ys)], "color": line["color"]},
            }
        )
    known = [i for i, v in enumerate(days["now"]) if not fmt.missing(v)]
    if known:
        edge = {"width": 1.5, "color": tokens["surface"]}
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [xs[known[-1]]],
                "y": [float(days["now"].iloc[known[-1]])],
                "hoverinfo": "skip",
                "marker": {"size": 8, "color": tokens["brand"], "line": edge},
            }
        )
    shapes, annotations = _outage_bands(outages, xs[-1], tokens) if xs else ([], [])
    return {
        "data": traces,
        "layout": _layout(
            theme,
            height,
            (34, 12, 40, 26),
            xaxis=_day_axis(tokens, xs, t),
            yaxis={
                "range": [0, highest * 1.02],
                "dtick": step,
                "tickformat": ",d",
                "tickfont": {"color": tokens["ink-3"]},
                "gridcolor": tokens["line"],
                "zeroline": True,
                "zerolinecolor": tokens["line-2"],
                "zerolinewidth": 1,
                "fixedrange": True,
            },
            hovermode="x unified" if len(xs) > 1 else "closest",
            shapes=shapes,
            annotations=annotations,
        ),
    }


def shares(
    days: pd.DataFrame,
    lines: Sequence[str],
    names: dict[str, str],
    gaps: list[tuple[date, date, str]],
    t: Text,
    theme: str,
    *,
    height: int = 246,
) -> tuple[Figure, float]:
    """Shares of one, day by day, and where their axis begins: shares close to all of it would be one flat line from
    zero, so the axis begins at a round share below the lowest, which a zigzag at its foot shows and the card says.

    ``days``: day and, by line, a share or nothing. A day without data is a gap under a band.
    """
    tokens = TOKENS[theme]
    xs = list(days["day"])
    known = [float(v) for name in lines for v in days[name] if not fmt.missing(v)]
    low = min(known, default=0)
    floor = next((limit for limit in (0.99, 0.98, 0.95, 0.9, 0.8, 0.5) if low >= limit + (1 - limit) * 0.1), 0.0)
    looks = [
        {"color": tokens["brand"], "width": 2.6, "dash": "solid"},
        {"color": tokens["point"], "width": 2, "dash": "dash"},
    ]
    traces = []
    for name, line in zip(lines, looks, strict=True):
        ys = [None if fmt.missing(v) else float(v) for v in days[name]]
        sums = zip(days[f"{name}_numerator"], days[f"{name}_denominator"], strict=True)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": names[name],
                "x": xs,
                "y": ys,
                "line": line,
                "connectgaps": False,
                "text": [
                    "" if y is None else f"{names[name]}: <b>{fmt.indicator(y)}</b> ({fmt.count(a)} / {fmt.count(b)})"
                    for y, (a, b) in zip(ys, sums, strict=True)
                ],
                "hoverinfo": "text",
                "customdata": [day.isoformat() for day in xs],
                "marker": {"size": [6 if alone else 0 for alone in _alone(ys)], "color": line["color"]},
            }
        )
    shapes, annotations = _outage_bands(gaps, xs[-1], tokens) if xs else ([], [])
    if floor:
        cut = "M 0 1 L 0 0.13 L 0.008 0.105 L -0.008 0.065 L 0 0.04 L 0 0"
        line = {"color": tokens["ink-3"], "width": 1.4}
        shapes = [*shapes, {"type": "path", "path": cut, "xref": "paper", "yref": "paper", "line": line}]
    steps = [floor + (1 - floor) * part / 4 for part in range(5)]
    return {
        "data": traces,
        "layout": _layout(
            theme,
            height,
            (50, 12, 40, 26),
            xaxis=_day_axis(tokens, xs, t),
            yaxis={
                "range": [floor, 1 + (1 - floor) * 0.04],
                "tickvals": steps,
                "ticktext": [f"{step * 100:.4g}%" for step in steps],
                "tickfont": {"color": tokens["ink-3"]},
                "gridcolor": tokens["line"],
                "zeroline": False,
                "fixedrange": True,
            },
            hovermode="x unified" if len(xs) > 1 else "closest",
            shapes=shapes,
            annotations=annotations,
        ),
    }, floor


def month_lines(
    months: list[str],
    counts: dict[str, list[int]],
    names: dict[str, str],
    theme: str,
    *,
    height: int = MONTHS_HEIGHT,
) -> Figure:
    """Counts by month, one line each, told apart by colour, dash and mark. ``months``: ``2026-03``, in order."""
    tokens = TOKENS[theme]
    looks = (
        ("brand", "solid", "circle"), ("point", "dash", "square"), ("better", "dot", "diamond"),
        ("ink-2", "longdash", "triangle-up"),
    )  # fmt: skip
    highest, step = top_of_axis(max((value for values in counts.values() for value in values), default=0))
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": names[key],
            "x": months,
            "y": values,
            "line": {"color": tokens[color], "width": 2, "dash": dash},
            "marker": {"size": 6, "symbol": mark, "color": tokens[color]},
            "text": [
                f"{names[key]} · {month}: <b>{fmt.count(value)}</b>"
                for month, value in zip(months, values, strict=True)
            ],
            "hoverinfo": "text",
        }
        for (key, values), (color, dash, mark) in zip(counts.items(), looks, strict=False)
    ]
    layout = _layout(
        theme,
        height,
        (40, 12, 58, 26),
        # Every third month, counted back from the last: more do not fit on a phone.
        xaxis={
            "type": "category",
            "tickvals": months[::-3][::-1],
            "tickangle": 0,
            "showgrid": False,
            "tickfont": {"color": tokens["ink-3"]},
            "fixedrange": True,
        },
        yaxis={
            "range": [0, highest * 1.02],
            "dtick": step,
            "tickformat": ",d",
            "tickfont": {"color": tokens["ink-3"]},
            "gridcolor": tokens["line"],
            "zerolinecolor": tokens["line-2"],
            "fixedrange": True,
        },
        legend={"orientation": "h", "x": 0, "y": 1.05, "yanchor": "bottom", "font": {"color": tokens["ink-2"]}},
        hovermode="x unified",
    )
    return {"data": traces, "layout": {**layout, "showlegend": True}}


def open_share(curve: Curve, last_day: int, t: Text, theme: str, *, height: int = 246) -> Figure:
    """The share still open by days since the registration, as steps, within its interval.

    Drawn up to ``last_day``, or as far as is known. Where nothing was closed by then it is flat, without an interval,
    and says so.
    """
    tokens = TOKENS[theme]
    until = min(last_day, curve.last_day)
    steps = [step for step in curve.steps if step.day <= until]
    end = steps[-1:]
    days = [0, *(step.day for step in steps), until]
    shared: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": days}
    line = {"width": 2.6, "shape": "hv", "color": tokens["brand"]}
    annotations = []
    if steps:
        lines = {
            name: [1.0, *(getattr(step, name) for step in [*steps, *end])] for name in ("open_share", "low", "high")
        }
        texts = [
            "",
            *(
                f"{t('hazards.curve.day', day=fmt.count(step.day))} <b>{fmt.share(step.open_share)}</b> "
                f"({fmt.share(step.low)} – {fmt.share(step.high)}) · "
                + t("hazards.curve.at_risk", count=fmt.count(step.at_risk))
                for step in [*steps, *end]
            ),
        ]
        edge = {"width": 0, "shape": "hv", "color": tokens["seq2"]}
        traces = [
            {**shared, "y": lines["low"], "line": edge, "hoverinfo": "skip"},
            {
                **shared,
                "y": lines["high"],
                "line": edge,
                "fill": "tonexty",
                "fillcolor": tokens["seq2"],
                "hoverinfo": "skip",
            },
            {**shared, "y": lines["open_share"], "line": line, "text": texts, "hoverinfo": "text"},
        ]
    else:
        words = t("hazards.curve.none_closed", days=t.plural("hazards.span", until), count=fmt.count(curve.count))
        flat = {"y": [1.0, 1.0], "line": line, "text": [words, words], "hoverinfo": "text"}
        traces = [{**shared, **flat, "mode": "lines" if until else "markers"}]  # a day has no length
        annotations.append(
            {
                "x": 0.5,
                "y": 0.5,
                "xref": "paper",
                "yref": "paper",
                "showarrow": False,
                "text": words,
                "font": {"size": 12.5, "color": tokens["ink-2"]},
            }
        )
    ticks = list(range(0, max(until, 1) + 1, max(1, round(until / 60) * 10 or 5)))
    return {
        "data": traces,
        "layout": _layout(
            theme,
            height,
            (50, 12, 12, 26),
            xaxis=_axis(tokens, ticks, [fmt.count(tick) for tick in ticks]) | {"range": [0, max(until, 1) * 1.02]},
            yaxis={
                "range": [0, 1.04],
                "tickvals": [0, 0.25, 0.5, 0.75, 1],
                "ticktext": ["0", "25%", "50%", "75%", "100%"],
                "tickfont": {"color": tokens["ink-3"]},
                "gridcolor": tokens["line"],
                "zeroline": True,
                "zerolinecolor": tokens["line-2"],
                "fixedrange": True,
            },
            hovermode="x unified",
            annotations=annotations,
        ),
    }


def _alone(values: list[float | None]) -> list[bool]:
    """Which values have a gap, or an end, on both sides."""
    padded = [None, *values, None]
    return [
        value is not None and before is None and after is None
        for before, value, after in zip(padded, values, padded[2:], strict=False)
    ]


def _axis(tokens: dict[str, str], values: list[Any], texts: list[str]) -> dict[str, Any]:
    """A horizontal axis with words of ours and nothing else."""
    return {
        "tickvals": values,
        "ticktext": texts,
        "tickangle": 0,
        "tickfont": {"color": tokens["ink-3"]},
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }


def _outage_bands(
    outages: list[tuple[date, date, str]], end: date, tokens: dict[str, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Bands with their words above the plot; near the right edge the words end at the band."""
    shapes, words = [], []
    for first, last, label in outages:
        shapes.append(
            {
                "type": "rect",
                "x0": on_axis(first, -0.5),
                "x1": on_axis(last, 0.5),
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "fillcolor": tokens["warn"],
                "opacity": 0.14,
                "line": {"width": 0},
                "layer": "below",
            }
        )
        words.append(
            {
                "x": on_axis(first, (last - first).days / 2),
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "xanchor": "right" if (end - last).days < 2 else "center",
                "text": label,
                "showarrow": False,
                "font": {"size": 12, "color": tokens["warn"]},
            }
        )
    return shapes, words


def _day_axis(tokens: dict[str, str], days: list[date], t: Text) -> dict[str, Any]:
    ticks = _tick_days(days)
    return _axis(tokens, ticks, [fmt.short_day(day, t.lang) for day in ticks]) | {
        "type": "date",
        "range": [on_axis(days[0], -0.5), on_axis(days[-1], 0.6)] if days else None,
        "unifiedhovertitle": {"text": " "},
    }


def _tick_days(days: list[date]) -> list[date]:
    """At most six dates, evenly apart, the first among them."""
    return days[:: max(1, math.ceil(len(days) / 5))]


# --- the distribution --------------------------------------------------------------------------------
def distribution(counts: pd.Series, t: Text, theme: str, *, height: int = 236) -> Figure:
    """How far over the limit, in the fixed legal bands; the severe ones after a line, in another colour."""
    tokens = TOKENS[theme]
    numbers = [int(counts[band]) for band in BANDS]
    total = sum(numbers)
    severe = sum(int(counts[band]) for band in SEVERE_BANDS)
    labels = [t(f"band.{band}") for band in BANDS]
    shares = [fmt.share(n / total) if total else "" for n in numbers]
    places = list(range(len(BANDS)))
    bars = {
        "type": "bar",
        "x": places,
        "y": numbers,
        "width": 0.66,
        "customdata": list(BANDS),
        "hovertext": [f"{a}: <b>{fmt.count(n)}</b> ({s})" for a, n, s in zip(labels, numbers, shares, strict=True)],
        "hoverinfo": "text",
        "text": [f"<b>{fmt.count(n)}</b><br>{s}" for n, s in zip(numbers, shares, strict=True)],
        "textposition": "outside",
        "textfont": {"color": tokens["ink-2"], "size": 12.5},
        "cliponaxis": False,
        "marker": {
            "color": [tokens["worse" if band in SEVERE_BANDS else "seq4"] for band in BANDS],
            "cornerradius": 2,
            "line": {"width": 0},
        },
    }
    border = {"color": tokens["field"], "width": 1.2, "dash": "dot"}
    words = t("overload.severe_split", count=fmt.count(severe), share=fmt.share(severe / total) if total else "0%")
    return {
        "data": [bars],
        "layout": _layout(
            theme,
            height,
            (8, 8, 6, 24),
            xaxis=_axis(tokens, places, labels)
            | {"range": [-0.55, len(BANDS) - 0.45], "tickfont": {"color": tokens["ink-3"], "size": 11.5}},
            yaxis={
                "showticklabels": False,
                "showgrid": False,
                "zeroline": True,
                "zerolinecolor": tokens["line-2"],
                "fixedrange": True,
                "range": [0, max([*numbers, 1]) * 1.32],
            },
            shapes=[{"type": "line", "x0": 2.5, "x1": 2.5, "yref": "paper", "y0": 0, "y1": 1, "line": border}],
            annotations=[
                {
                    "x": 2.58,
                    "y": 1,
                    "yref": "paper",
                    "yanchor": "top",
                    "xanchor": "left",
                    "showarrow": False,
                    "text": words,
                    "font": {"size": 12.5, "color": tokens["worse"]},
                }
            ],
        ),
    }


# --- one site ----------------------------------------------------------------------------------------
HOURS_HEIGHT = 220
DRIFT_HEIGHT = 280
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def hours(over: list[int], weighed: list[int], t: Text, theme: str) -> Figure:
    """Over the limit by hour of the day as bars, all that were weighed as a line on an axis of its own."""
    tokens = TOKENS[theme]
    places = list(range(24))
    told = [
        f"{hour:02d}:00 · {t('site.over')} <b>{fmt.count(a)}</b> · {t('site.weighed')} {fmt.count(b)}"
        for hour, a, b in zip(places, over, weighed, strict=True)
    ]
    bars = {
        "type": "bar", "x": places, "y": over, "hovertext": told, "hoverinfo": "text",
        "marker": {"color": tokens["seq4"], "cornerradius": 2, "line": {"width": 0}},
    }  # fmt: skip
    line = {
        "type": "scatter", "mode": "lines", "x": places, "y": weighed, "yaxis": "y2", "hoverinfo": "skip",
        "line": {"color": tokens["ink-3"], "width": 1.4, "dash": "dot"},
    }  # fmt: skip
    highest, step = top_of_axis(max(over, default=0))
    most, most_step = top_of_axis(max(weighed, default=0))
    axis = {"tickfont": {"color": tokens["ink-3"]}, "fixedrange": True, "zeroline": False}
    return {
        "data": [bars, line],
        "layout": _layout(
            theme, HOURS_HEIGHT, (40, 40, 10, 26),
            xaxis=_axis(tokens, places[::3], [f"{hour:02d}" for hour in places[::3]]) | {"range": [-0.7, 23.7]},
            yaxis=axis | {"range": [0, highest], "dtick": step, "gridcolor": tokens["line"]},
            yaxis2=axis | {
                "range": [0, most], "dtick": most_step, "overlaying": "y", "side": "right", "showgrid": False,
            },
            showlegend=False,
        ),
    }  # fmt: skip


def drift_lines(
    lines: dict[str, list[tuple[date, float]]], bounds: dict[str, float], names: dict[str, str], t: Text, theme: str
) -> Figure:
    """Shifts over time, one line each, between the bounds ``warn`` (dashed) and ``stop`` on both sides of 0."""
    tokens = TOKENS[theme]
    colours = ("brand", "point", "better", "ink-2")
    traces = []
    for number, (name, points) in enumerate(lines.items()):
        traces.append({
            "type": "scatter", "mode": "lines+markers", "name": name, "x": [day for day, _ in points],
            "y": [value for _, value in points], "hoverinfo": "text",
            "text": [
                f"{fmt.short_day(day, t.lang)} · {name}: <b>{fmt.signed(value * 100, 2)}%</b>" for day, value in points
            ],
            "line": {"color": tokens[colours[number % len(colours)]], "width": 1.6,
                     "dash": _DASHES[number // len(colours) % len(_DASHES)]},
            "marker": {"size": 6 if len(points) == 1 else 0},
        })  # fmt: skip
    days = sorted({day for points in lines.values() for day, _ in points})
    reach = max([abs(value) for points in lines.values() for _, value in points] + [bounds["stop"]]) * 1.25
    shapes = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": side * bounds[name], "y1": side * bounds[name],
         "line": {"color": tokens["worse" if name == "stop" else "warn"], "width": 1.2,
                  "dash": "solid" if name == "stop" else "dash"}}
        for name in bounds for side in (1, -1)
    ]  # fmt: skip
    annotations = [
        {"xref": "paper", "x": 0.004, "y": bounds[name], "yanchor": "bottom", "xanchor": "left", "showarrow": False,
         "text": f"{names[name]} ±{bounds[name]:.0%}", "font": {"size": 11.5, "color": tokens["ink-3"]}}
        for name in bounds
    ]  # fmt: skip
    ticks = [-bounds["stop"], -bounds["warn"], 0, bounds["warn"], bounds["stop"]]
    return {
        "data": traces,
        "layout": _layout(
            theme, DRIFT_HEIGHT, (52, 12, 34, 26),
            xaxis=_day_axis(tokens, days, t),
            yaxis={
                "range": [-reach, reach], "tickvals": ticks,
                "ticktext": [f"{tick * 100:+.3g}%" if tick else "0" for tick in ticks],
                "tickfont": {"color": tokens["ink-3"]}, "gridcolor": tokens["line"], "zeroline": True,
                "zerolinecolor": tokens["line-2"], "fixedrange": True,
            },
            shapes=shapes, annotations=annotations, showlegend=len(lines) > 1,
            legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        ),
    }  # fmt: skip


# --- site-day strip ----------------------------------------------------------------------------------
STATE_TOKEN = {"reporting": "seq3", "partial": "warn", "silent": "worse", "not_in_service": "surface-2"}


def runs(states: pd.DataFrame, days: list[date], site_codes: list[str]) -> pd.DataFrame:
    """Equal states on neighbouring days as one run: site_code, first, days, state.

    A site that has no row on a day is not in service on it.
    """
    of_day = {(row.site_code, row.passed_date): row.state for row in states.itertuples()}
    found: list[dict[str, Any]] = []
    for code in site_codes:
        for day in days:
            state = of_day.get((code, day), "not_in_service")
            if found and found[-1]["site_code"] == code and found[-1]["state"] == state:
                found[-1]["days"] += 1
            else:
                found.append({"site_code": code, "first": day, "days": 1, "state": state})
    return pd.DataFrame(found, columns=["site_code", "first", "days", "state"])


def site_day_strip(segments: pd.DataFrame, days: list[date], labels: dict[str, str], t: Text, theme: str) -> Figure:
    """One line a site, one segment a run of days in the same state; silent ones are hatched too."""
    tokens = TOKENS[theme]
    traces = []
    for state, token in STATE_TOKEN.items():
        part = segments[segments["state"] == state]
        texts = []
        for row in part.itertuples():
            last = row.first + timedelta(days=row.days - 1)
            words = f"{fmt.day_range(row.first, last, t.lang)}: <b>{t('state.' + state)}</b>"
            texts.append(f"{labels[row.site_code]}<br>{words}")
        hatch = {"shape": "/", "fgcolor": tokens["surface"], "size": 6, "solidity": 0.25, "fillmode": "overlay"}
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": t("state." + state),
                "y": [labels[code] for code in part["site_code"]],
                "x": [int(n) for n in part["days"]],
                "base": [(first - days[0]).days for first in part["first"]],
                "width": 0.68,
                "hovertext": texts,
                "hoverinfo": "text",
                "marker": {
                    "color": tokens[token],
                    "line": {"width": 0},
                    **({"pattern": hatch} if state == "silent" else {}),
                },
            }
        )
    ticks = _tick_days(days)
    places = [(d - days[0]).days + 0.5 for d in ticks]
    return {
        "data": traces,
        "layout": _layout(
            theme,
            21 * max(len(labels), 1) + 30,
            (120, 6, 4, 26),
            barmode="overlay",
            xaxis=_axis(tokens, places, [fmt.short_day(d, t.lang) for d in ticks]) | {"range": [0, len(days)]},
            yaxis={
                "autorange": "reversed",
                "fixedrange": True,
                "showgrid": False,
                "categoryorder": "array",
                "categoryarray": list(labels.values()),
                "tickfont": {"color": tokens["ink-2"]},
            },
        ),
    }


# --- the small line in a number card ------------------------------------------------------------------
def sparkline(values: list[float | None], color: str) -> str:
    """A line over a faint area as an SVG in a data address; '' with fewer than two known values.

    It starts at zero like every chart here, and a gap breaks the line.
    """
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return ""
    width, height, pad = 92, 34, 4
    top = max(known) or 1
    step = (width - 2 * pad) / (len(values) - 1)
    points = [
        None if v is None else (round(pad + i * step, 1), round(height - pad - (height - 2 * pad) * v / top, 1))
        for i, v in enumerate(values)
    ]
    pieces: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            pieces.append([])
        else:
            pieces[-1].append(point)
    pieces = [piece for piece in pieces if piece]
    lines = "".join("M" + "L".join(f"{x} {y}" for x, y in piece) for piece in pieces)
    areas = "".join(
        f"M{p[0][0]} {height - pad}L" + "L".join(f"{x} {y}" for x, y in p) + f"L{p[-1][0]} {height - pad}Z"
        for p in pieces
    )
    end_x, end_y = pieces[-1][-1]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<path d="{areas}" fill="{color}" fill-opacity=".12"/>'
        f'<path d="{lines}" fill="none" stroke="{color}" stroke-width="1.8" stroke-linejoin="round"/>'
        f'<circle cx="{end_x}" cy="{end_y}" r="2.4" fill="{color}"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
