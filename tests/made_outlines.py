"""Outlines of counties that exist nowhere: the squares of the tile grid, with borders that wave."""

import json
import math
from pathlib import Path
from typing import Any

import fixture

WEST, NORTH, SIDE = 110.0, 27.0, 0.5
CODES = [row[0] for row in fixture.COUNTIES]


def _edge(start: tuple[int, int], end: tuple[int, int], steps: int) -> list[tuple[float, float]]:
    """From a corner to the next, the end left out; the same points whichever way it is gone."""
    if start > end:
        return [*_edge(end, start, steps), _corner(start)][:0:-1]
    (x0, y0), (x1, y1) = _corner(start), _corner(end)
    points = []
    for step in range(steps):
        along = step / steps
        wave = 0.04 * math.sin(along * math.pi * 5) + 0.01 * math.sin(along * math.pi * 31)
        points.append((x0 + (x1 - x0) * along + (y1 - y0) * wave, y0 + (y1 - y0) * along + (x1 - x0) * wave))
    return points


def _corner(place: tuple[int, int]) -> tuple[float, float]:
    return WEST + place[0] * SIDE, NORTH - place[1] * SIDE


def collection(steps: int = 12) -> dict[str, Any]:
    """A FeatureCollection of the counties of the made warehouse; ``steps``: points of a side."""
    features = []
    for code, _, _, column, row in fixture.COUNTIES:
        corners = [(column, row), (column, row + 1), (column + 1, row + 1), (column + 1, row)]
        ring = [
            [round(x, 6), round(y, 6)]
            for start, end in zip(corners, [*corners[1:], corners[0]], strict=True)
            for x, y in _edge(start, end, steps)
        ]
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        features.append({"type": "Feature", "properties": {"county_code": code}, "geometry": geometry})
    return {"type": "FeatureCollection", "map_approval_no": "示例S(2026)000号", "features": features}


def write(path: Path, told: Any = None) -> Path:
    path.write_text(json.dumps(collection() if told is None else told, ensure_ascii=False), encoding="utf-8")
    return path
