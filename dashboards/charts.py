"""Shared figures. Pure: a frame in, a figure out; no reads, no request.

A figure is the plain dictionary the browser gets: building ``plotly`` objects for it takes half of a
page's time on the server. A test hands every figure to ``plotly``, which knows each attribute.
Dates are written as tick texts here, because the plotting library's short months read badly in
Chinese. Colours are those of ``assets/app.css``; a test holds the two equal.
"""

import base64
import json
import math
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from dashboards import format as fmt
from dashboards.selection import BANDS
from dashboards.text import Text

TOKENS = {
    "light": {
        "canvas": "#F4F6F9", "surface": "#FFFFFF", "surface-2": "#EEF2F7", "surface-3": "#E3E9F1", "line": "#E0E6EE",
        "line-2": "#C4CEDA", "field": "#8492A6", "ink": "#12202F", "ink-2": "#42526A", "ink-3": "#5F6F84",
        "brand": "#17509E", "worse": "#B4431A", "better": "#0B6E69", "warn": "#8A5A00", "warn-soft": "#FCF0D6",
        "seq1": "#E4EEF9", "seq2": "#B9D3EF", "seq3": "#7FAEDD", "seq4": "#3F7FC1", "seq5": "#17509E",
        "point": "#D9701E",
    },
    "dark": {
        "canvas": "#0D131B", "surface": "#151D28", "surface-2": "#1C2634", "surface-3": "#263345", "line": "#253144",
        "line-2": "#3A4A61", "field": "#66788F", "ink": "#E8EEF6", "ink-2": "#B3C0D1", "ink-3": "#8D9DB2",
        "brand": "#6FA8EC", "worse": "#F29468", "better": "#56C2B8", "warn": "#E8B84A", "warn-soft": "#33290F",
        "seq1": "#1B2A3D", "seq2": "#24446C", "seq3": "#2F639F", "seq4": "#4B87CB", "seq5": "#80B2EA",
        "point": "#F2A65A",
    },
}  # fmt: skip
FONT = (
    "'Inter Num','PingFang SC','Microsoft YaHei UI','Microsoft YaHei','Noto Sans CJK SC','Source Han Sans SC',"
    "'HarmonyOS Sans SC',system-ui,sans-serif"
)
CLEAR = "rgba(0,0,0,0)"
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


def _class_of(rate: float | None, limits: list[float]) -> int | None:
    return None if rate is None else sum(rate * 100 >= limit for limit in limits)


def geometry(path: Path) -> list[dict[str, Any]]:
    """County outlines from a configured file: a list of ``{adcode, name, en, polygons}``.

    ``polygons`` is a list of rings of [longitude, latitude]. A file of another shape is an error
    that names it, because a map that is silently partial misleads.
    """
    counties = json.loads(path.read_text(encoding="utf-8"))
    for county in counties:
        if not {"adcode", "name", "polygons"} <= set(county):
            raise ValueError(f"{path.name}: every county needs adcode, name and polygons")
    return counties


def _square(column: float, row: float) -> tuple[list[float], list[float]]:
    """The corners of a map tile; rows count downwards."""
    half = 0.475
    x, y = column, -row
    return [x - half, x + half, x + half, x - half, x - half], [y - half, y - half, y + half, y + half, y - half]


def county_map(
    counties: pd.DataFrame,
    sites: pd.DataFrame,
    t: Text,
    theme: str,
    *,
    value: str = "rate",
    selected: str = "all",
    outlines: list[dict[str, Any]] | None = None,
    height: int = 430,
) -> Figure:
    """Counties coloured by overload rate or count, with their sites.

    ``counties``: county_code, name, tile_col, tile_row, rate, over_count, weighed_count, text.
    ``sites``: site_code, county_code, longitude, latitude, online, over_count, label.
    Without outlines each county is one square of the same size, so that area does not mislead and no
    boundary is drawn that nobody approved.
    """
    tokens = TOKENS[theme]
    figure: Figure = {"data": [], "layout": {}}
    rates = [row.rate for row in counties.itertuples() if not fmt.missing(row.rate)]
    limits = class_limits(rates)
    greatest = max([int(row.over_count) for row in counties.itertuples()] or [0])
    shape_of = {str(outline["adcode"]): outline["polygons"] for outline in outlines or []}
    label_x, label_y, names, values, inks = [], [], [], [], []
    for row in counties.itertuples():
        if value == "count":
            level = None if fmt.missing(row.rate) else min(4, int(5 * row.over_count / max(greatest, 1)))
        else:
            level = _class_of(None if fmt.missing(row.rate) else row.rate, limits)
        fill = tokens["surface-2"] if level is None else tokens[f"seq{level + 1}"]
        rings = shape_of.get(row.county_code)
        if rings:
            x: list[Any] = []
            y: list[Any] = []
            for ring in rings:
                x += [point[0] for point in ring] + [None]
                y += [point[1] for point in ring] + [None]
            known_x, known_y = [v for v in x if v is not None], [v for v in y if v is not None]
            centre = (sum(known_x) / len(known_x), sum(known_y) / len(known_y))
        elif outlines:
            continue  # the file does not draw this county; the list beside the map carries it
        else:
            x, y = _square(row.tile_col, row.tile_row)
            centre = (row.tile_col, -row.tile_row)
        chosen = row.county_code == selected
        figure["data"].append(
            dict(
                type="scatter",
                x=x, y=y, mode="lines", fill="toself", fillcolor=fill, hoveron="fills",
                line={"color": tokens["ink"] if chosen else tokens["surface"], "width": 2.5 if chosen else 1.5},
                text=row.text, hoverinfo="text", customdata=[row.county_code] * len(x), name=row.name,
                opacity=1 if selected in ("all", row.county_code) else 0.45,
            )
        )  # fmt: skip
        label_x.append(centre[0])
        label_y.append(centre[1])
        names.append(row.name)
        values.append(fmt.rate(row.rate) if value == "rate" else fmt.count(row.over_count))
        dark_fill = level is not None and ((theme == "light" and level >= 3) or (theme == "dark" and level < 4))
        if theme == "light":
            inks.append("#FFFFFF" if dark_fill else tokens["ink"])
        else:
            inks.append(tokens["ink"] if level is None or level < 3 else "#0D131B")
    _tile_labels(figure, label_x, label_y, names, values, inks, tokens, outlines is not None)
    _site_points(figure, counties, sites, t, tokens, outlines is not None)
    if outlines:
        axes = {
            "xaxis": {"visible": False, "fixedrange": True},
            # One degree of latitude is longer than one of longitude; 1.11 is 1/cos of 26°.
            "yaxis": {"visible": False, "fixedrange": True, "scaleanchor": "x", "scaleratio": 1.11},
        }
    else:
        columns = [int(v) for v in counties["tile_col"]] or [0]
        lines = [int(v) for v in counties["tile_row"]] or [0]
        axes = {
            "xaxis": {"visible": False, "fixedrange": True, "range": [min(columns) - 0.52, max(columns) + 0.52]},
            "yaxis": {
                "visible": False, "fixedrange": True,
                "range": [-max(lines) - 0.52, -min(lines) + 0.52],
            },
        }  # fmt: skip
    figure["layout"].update(_layout(theme, height, (0, 0, 0, 0), **axes))
    return figure


def _tile_labels(
    figure: Figure,
    x: list[float],
    y: list[float],
    names: list[str],
    values: list[str],
    inks: list[str],
    tokens: dict[str, str],
    halo: bool,
) -> None:
    """Name above value in the middle of each county. On outlines the text gets a halo."""
    # The longest English name must fit a tile of 60 px.
    longest = max([len(name) * (1 if name.isascii() else 2) for name in names] or [0])
    font: dict[str, Any] = {"color": tokens["ink"] if halo else inks, "size": 12.5 if longest <= 9 else 11}
    if halo:
        font["shadow"] = f"0 0 3px {tokens['surface']}, 0 0 3px {tokens['surface']}"
    lifts = [0.0] * len(x) if halo else [0.2] * len(x)
    figure["data"].append(
        dict(
                type="scatter",
            x=x, y=[v + lift for v, lift in zip(y, lifts, strict=True)], mode="text", text=names, textfont=font,
            hoverinfo="skip",
        )
    )  # fmt: skip
    if not halo:
        bold = [f"<b>{value}</b>" for value in values]
        figure["data"].append(
            dict(type="scatter", x=x, y=[v - 0.03 for v in y], mode="text", text=bold, textfont={**font, "size": 14},
                       hoverinfo="skip")
        )  # fmt: skip


def _site_points(
    figure: Figure, counties: pd.DataFrame, sites: pd.DataFrame, t: Text, tokens: dict[str, str], real: bool
) -> None:
    """Sites as points: full while they report, hollow while they do not.

    On tiles a point has no place of its own; the points of a county stand in a line under its number.
    """
    place = {row.county_code: (row.tile_col, row.tile_row) for row in counties.itertuples()}
    groups: dict[bool, dict[str, list[Any]]] = {
        online: {"x": [], "y": [], "text": [], "code": []} for online in (True, False)
    }
    for county_code, members in sites.groupby("county_code", sort=True):
        if county_code not in place:
            continue
        for position, row in enumerate(members.itertuples()):
            if real:
                if fmt.missing(row.longitude):
                    continue
                x, y = row.longitude, row.latitude
            else:
                column, line = place[county_code]
                shift = position - (len(members) - 1) / 2
                x, y = column + shift * min(0.13, 0.8 / len(members)), -line - 0.29
            group = groups[bool(row.online)]
            group["x"].append(x)
            group["y"].append(y)
            group["text"].append(row.label)
            group["code"].append(row.site_code)
    for online, group in groups.items():
        figure["data"].append(
            dict(
                type="scatter",
                x=group["x"], y=group["y"], mode="markers", text=group["text"], hoverinfo="text",
                customdata=[f"site:{code}" for code in group["code"]],
                name=t("map.online" if online else "map.offline"),
                marker={
                    "size": 8, "color": tokens["point"] if online else tokens["surface"],
                    "line": {"width": 1.5, "color": tokens["surface"] if online else tokens["ink-3"]},
                },
            )
        )  # fmt: skip


# --- the trend ---------------------------------------------------------------------------------------
def trend(
    days: pd.DataFrame, names: dict[str, str], outages: list[tuple[date, date, str]], t: Text, theme: str,
    *, unit: str, height: int = 246,
) -> Figure:  # fmt: skip
    """This period against the prior one and last year, day by day.

    ``days``: day, now, prior, year (numbers or missing), prior_day, year_day. A missing number is a
    gap in the line: a day without data is not a day without violations.
    """
    tokens = TOKENS[theme]
    figure: Figure = {"data": [], "layout": {}}
    xs = [row.day for row in days.itertuples()]
    styles = {
        "year": {"color": tokens["ink-3"], "width": 1.6, "dash": "dot"},
        "prior": {"color": tokens["ink-2"], "width": 1.6, "dash": "dash"},
        "now": {"color": tokens["brand"], "width": 2.6, "dash": "solid"},
    }
    numbers = [float(v) for key in styles for v in days[key] if not fmt.missing(v)]
    highest, step = top_of_axis(max(numbers) if numbers else 0)
    for key, line in styles.items():
        ys = [None if fmt.missing(v) else float(v) for v in days[key]]
        shown = days["day"] if key == "now" else days[f"{key}_day"]
        texts = [
            "" if y is None or fmt.missing(d) else f"{names[key]} · {fmt.day(d, t.lang)}: <b>{fmt.count(y)}</b> {unit}"
            for d, y in zip(shown, ys, strict=True)
        ]
        # A lone day between two gaps has no line to be drawn by, so it gets a mark.
        alone = [
            y is not None and (i == 0 or ys[i - 1] is None) and (i + 1 == len(ys) or ys[i + 1] is None)
            for i, y in enumerate(ys)
        ]
        figure["data"].append(
            dict(
                type="scatter",
                x=xs, y=ys, mode="lines+markers", line=line, connectgaps=False, text=texts, hoverinfo="text",
                name=names[key], marker={"size": [6 if one else 0 for one in alone], "color": line["color"]},
            )
        )  # fmt: skip
    known = [i for i, v in enumerate(days["now"]) if not fmt.missing(v)]
    if known:
        figure["data"].append(
            dict(
                type="scatter",
                x=[xs[known[-1]]], y=[float(days["now"].iloc[known[-1]])], mode="markers", hoverinfo="skip",
                marker={"size": 8, "color": tokens["brand"], "line": {"width": 1.5, "color": tokens["surface"]}},
            )
        )  # fmt: skip
    if xs:
        _outage_bands(figure, outages, xs[-1], tokens)
    ticks = _tick_days(xs)
    figure["layout"].update(
        _layout(
            theme, height, (34, 12, 40, 26),
            xaxis={
                "tickvals": ticks, "ticktext": [fmt.short_day(d, t.lang) for d in ticks], "showgrid": False,
                "zeroline": False, "fixedrange": True, "tickfont": {"color": tokens["ink-3"]}, "type": "date", "tickangle": 0, "unifiedhovertitle": {"text": " "},
                "range": [on_axis(xs[0], -0.5), on_axis(xs[-1], 0.6)] if xs else None,
            },
            yaxis={
                "range": [0, highest * 1.02], "dtick": step, "gridcolor": tokens["line"], "zeroline": True,
                "zerolinecolor": tokens["line-2"], "zerolinewidth": 1, "fixedrange": True,
                "tickfont": {"color": tokens["ink-3"]}, "tickformat": ",d",
            },
            hovermode="x unified" if len(xs) > 1 else "closest",
        )
    )  # fmt: skip
    return figure


def _outage_bands(figure: Figure, outages: list[tuple[date, date, str]], end: date, tokens: dict[str, str]) -> None:
    """Bands with their words above the plot; near the right edge the words end at the band."""
    layout = figure["layout"]
    layout |= {"shapes": [], "annotations": []}
    for first, last, label in outages:
        layout["shapes"].append(
            {
                "type": "rect", "x0": on_axis(first, -0.5), "x1": on_axis(last, 0.5), "yref": "paper", "y0": 0, "y1": 1,
                "fillcolor": tokens["warn"], "opacity": 0.14, "line": {"width": 0}, "layer": "below",
            }
        )  # fmt: skip
        layout["annotations"].append(dict(
            x=on_axis(first, (last - first).days / 2), y=1, yref="paper", yanchor="bottom", text=label, showarrow=False,
            font={"size": 12, "color": tokens["warn"]}, xanchor="right" if (end - last).days < 2 else "center",
        ))  # fmt: skip


def _tick_days(days: list[date]) -> list[date]:
    """At most six dates, evenly apart, the first among them."""
    if not days:
        return []
    step = max(1, math.ceil(len(days) / 5))
    return days[::step]


# --- the distribution --------------------------------------------------------------------------------
def distribution(counts: pd.Series, t: Text, theme: str, *, height: int = 236) -> Figure:
    """How far over the limit, in the fixed legal bands; the severe ones after a line, in another colour."""
    tokens = TOKENS[theme]
    numbers = [int(counts[band]) for band in BANDS]
    total = sum(numbers)
    labels = [t(f"band.{band}") for band in BANDS]
    shares = [fmt.share(n / total) if total else "" for n in numbers]
    figure: Figure = {"data": [], "layout": {}}
    figure["data"].append(
        dict(
            type="bar",
            x=list(range(len(BANDS))), y=numbers, width=0.66, customdata=list(BANDS), hoverinfo="text",
            hovertext=[f"{label}: <b>{fmt.count(n)}</b> ({s})" for label, n, s in zip(labels, numbers, shares, strict=True)],
            marker={
                "color": [tokens["worse"] if band in SEVERE_BANDS else tokens["seq4"] for band in BANDS],
                "cornerradius": 2, "line": {"width": 0},
            },
            text=[f"<b>{fmt.count(n)}</b><br>{s}" for n, s in zip(numbers, shares, strict=True)],
            textposition="outside", cliponaxis=False, textfont={"color": tokens["ink-2"], "size": 12.5},
        )
    )  # fmt: skip
    severe = sum(int(counts[band]) for band in SEVERE_BANDS)
    line = {"color": tokens["field"], "width": 1.2, "dash": "dot"}
    words = t("overload.severe_split", count=fmt.count(severe), share=fmt.share(severe / total) if total else "0%")
    figure["layout"] |= {
        "shapes": [{"type": "line", "x0": 2.5, "x1": 2.5, "yref": "paper", "y0": 0, "y1": 1, "line": line}],
        "annotations": [
            {
                "x": 2.58, "y": 1, "yref": "paper", "yanchor": "top", "xanchor": "left", "showarrow": False, "text": words,
                "font": {"size": 12.5, "color": tokens["worse"]},
            }
        ],
    }  # fmt: skip
    figure["layout"].update(
        _layout(
            theme, height, (8, 8, 6, 24),
            xaxis={
                "tickvals": list(range(len(BANDS))), "ticktext": labels, "showgrid": False, "zeroline": False,
                "fixedrange": True, "tickfont": {"color": tokens["ink-3"]}, "tickangle": 0, "range": [-0.55, len(BANDS) - 0.45],
            },
            yaxis={
                "visible": True, "showticklabels": False, "showgrid": False, "zeroline": True,
                "zerolinecolor": tokens["line-2"], "fixedrange": True, "range": [0, max([*numbers, 1]) * 1.32],
            },
        )
    )  # fmt: skip
    return figure


# --- site-day strip ----------------------------------------------------------------------------------
STATE_TOKEN = {"reporting": "seq3", "partial": "warn", "silent": "worse", "not_in_service": "surface-2"}


def runs(states: pd.DataFrame, days: list[date], site_codes: list[str]) -> pd.DataFrame:
    """Equal states on neighbouring days as one run: site_code, first, days, state.

    A site that has no row on a day is not in service on it.
    """
    of_day = {(row.site_code, fmt.as_date(row.passed_date)): row.state for row in states.itertuples()}
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
    """One line a site, one segment a run of days in the same state."""
    tokens = TOKENS[theme]
    figure: Figure = {"data": [], "layout": {}}
    codes = list(labels)
    start = days[0]
    for state, token in STATE_TOKEN.items():
        part = segments[segments["state"] == state]
        texts = []
        for row in part.itertuples():
            last = row.first + timedelta(days=row.days - 1)
            texts.append(
                f"{labels[row.site_code]}<br>{fmt.day_range(row.first, last, t.lang)}: <b>{t('state.' + state)}</b>"
            )
        figure["data"].append(
            dict(
                type="bar",
                y=[labels[code] for code in part["site_code"]], x=[int(n) for n in part["days"]],
                base=[(first - start).days for first in part["first"]], orientation="h", width=0.68,
                name=t("state." + state), text=None, hovertext=texts, hoverinfo="text",
                marker={"color": tokens[token], "line": {"width": 0},
                        "pattern": {"shape": "/" if state == "silent" else "", "fgcolor": tokens["surface"], "size": 6,
                                    "solidity": 0.25, "fillmode": "overlay"}},
            )
        )  # fmt: skip
    ticks = _tick_days(days)
    figure["layout"].update(
        _layout(
            theme, 21 * max(len(codes), 1) + 30, (92, 6, 4, 26), barmode="overlay",
            xaxis={
                "tickvals": [(d - start).days + 0.5 for d in ticks], "ticktext": [fmt.short_day(d, t.lang) for d in ticks],
                "showgrid": False, "zeroline": False, "fixedrange": True, "range": [0, len(days)],
                "tickfont": {"color": tokens["ink-3"]},
            },
            yaxis={
                "autorange": "reversed", "fixedrange": True, "showgrid": False, "categoryorder": "array",
                "categoryarray": [labels[code] for code in codes], "tickfont": {"color": tokens["ink-2"]},
            },
        )
    )  # fmt: skip
    return figure


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
