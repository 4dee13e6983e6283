"""The two charts of a bulletin as SVG, drawn from its tree: lines a day, and columns a band of the law.

Line patterns, not colours, tell periods apart, so that a photocopy can be read; numbers of columns stand above them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from math import ceil, log10
from typing import Any

from warehouse.bulletin import BANDS
from warehouse.bulletin_text import Words, percent, ratio

WIDTH, HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 42, 12, 26, 28
_INK, _LINE, _BLUE, _RED = "#42526A", "#D5DCE5", "#17509E", "#B4431A"
BAND_LABELS = {
    "le5": "≤5%",
    "5_10": "5–10%",
    "10_30": "10–30%",
    "30_50": "30–50%",
    "50_100": "50–100%",
    "gt100": ">100%",
}
SEVERE = ("30_50", "50_100", "gt100")
_PATTERNS = (("year", "1.2", "1.5 3"), ("before", "1.3", "6 3"), ("now", "2.4", ""))


def draw(chart: str, told: Mapping[str, Any], w: Words, says: str) -> str:
    """The chart named ``days`` or ``bands``; ``says``: what it shows, for who cannot see it."""
    body = {"days": _days, "bands": _bands}[chart](told, w)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(says, quote=True)}" font-size="12" fill="{_INK}">{"".join(body)}</svg>'
    )


def top_of(most: float) -> int:
    """A round number not below ``most``, in four equal parts."""
    if most <= 4:
        return 4
    step = 10 ** int(log10(most / 4))
    return next(4 * ceil(part * step) for part in (1, 2, 2.5, 5, 10) if 4 * ceil(part * step) >= most)


def _text(x: float, y: float, text: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(text)}</text>'


def _y(value: float, top: int) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top


def _days(told: Mapping[str, Any], w: Words) -> list[str]:
    lines = by_day(told)
    count = len(lines["now"])
    top = top_of(max((value for line in lines.values() for value in line if value is not None), default=0))
    across = (WIDTH - _LEFT - _RIGHT) / max(count - 1, 1)
    found = []
    for part in range(5):
        value = top * part // 4
        y = _y(value, top)
        found.append(f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_LINE}"/>')
        found.append(_text(_LEFT - 6, y + 4, f"{value:,}", "end"))
    for name, width, dashes in _PATTERNS:
        pattern = f' stroke-dasharray="{dashes}"' if dashes else ""
        stroke = _BLUE if name == "now" else _INK
        for points in _runs(lines[name], across, top):
            found.append(f'<polyline points="{points}" fill="none" stroke="{stroke}" stroke-width="{width}"{pattern}/>')
    first = date.fromisoformat(told["spans"]["now"]["first"])
    for at in sorted({0, count // 3, 2 * count // 3, count - 1}):
        on = date.fromordinal(first.toordinal() + at).isoformat()
        anchor = "start" if at == 0 else "end" if at == count - 1 else "middle"
        found.append(_text(_LEFT + across * at, HEIGHT - 8, w.short_day(on), anchor))
    return found


def by_day(told: Mapping[str, Any]) -> dict[str, list[int | None]]:
    """Trucks over the limit by day of the period, and of the same days of the spans it is compared with; None where
    none was weighed: no data is no zero. A longer month before ends with this one."""
    count = len(_of_span(told, "now"))
    return {name: _of_span(told, name)[:count] for name, *_ in _PATTERNS}


def _of_span(told: Mapping[str, Any], name: str) -> list[int | None]:
    first, last = (date.fromisoformat(told["spans"][name][end]).toordinal() for end in ("first", "last"))
    found: list[int | None] = [None] * (last - first + 1)
    for row in told["days"][name]:
        if row["weighed_count"]:
            found[date.fromisoformat(row["passed_date"]).toordinal() - first] = row["over_count"]
    return found


def _runs(line: Sequence[int | None], across: float, top: int) -> list[str]:
    """Points of each stretch without a gap; a lone day is a short stroke."""
    runs: list[list[str]] = [[]]
    for at, value in enumerate(line):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{_LEFT + across * at:.1f},{_y(value, top):.1f}")
    return [" ".join(run if len(run) > 1 else run * 2) for run in runs if run]


def _bands(told: Mapping[str, Any], w: Words) -> list[str]:
    counts = told["bands"]
    whole, top = sum(counts.values()), top_of(max(counts.values()) * 1.1)
    each = (WIDTH - _LEFT - _RIGHT) / len(BANDS)
    base = _y(0, top)
    found = [f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{base:.1f}" y2="{base:.1f}" stroke="{_LINE}"/>']
    for at, band in enumerate(BANDS):
        x, y = _LEFT + each * (at + 0.5), _y(counts[band], top)
        colour = _RED if band in SEVERE else _BLUE
        found.append(
            f'<rect x="{x - each * 0.3:.1f}" y="{y:.1f}" width="{each * 0.6:.1f}" height="{base - y:.1f}" '
            f'fill="{colour}"/>'
        )
        share = ratio(counts[band], whole)
        label = f"{counts[band]:,}" if share is None else f"{counts[band]:,} · {percent(share)}%"
        found.append(_text(x, y - 5, label))
        found.append(_text(x, HEIGHT - 8, BAND_LABELS[band]))
    x = _LEFT + each * BANDS.index(SEVERE[0])
    found.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{base:.1f}" stroke="{_RED}" stroke-dasharray="3 3"/>')
    severe = sum(counts[band] for band in SEVERE)
    found.append(_text(x + 6, 14, f"{w('f.bands.severe')} {severe:,}", "start", f' fill="{_RED}"'))
    return found
