"""County outlines that a bureau configures: checked, thinned with their shared borders, and ready to be drawn.

The file is GeoJSON (RFC 7946), a FeatureCollection of one feature to a county: ``HENG_GEOMETRY``, else
``counties.geojson`` in the home. Without one the pages draw tiles. None lies in the repository: outlines of real
counties are somebody's, and a map that is shown bears the number of its approval (地图管理条例, 审图号), which the file
gives as ``map_approval_no``.

Longitude and latitude are drawn as they are, with one scale for each (equirectangular at the mean latitude). Over a
prefecture of 3° that is off by less than 3 % at its edges; a larger file is refused. Which datum the degrees are of
cannot be told from them: GCJ-02 lies some 500 m beside WGS-84 and CGCS2000.
"""

import csv
import itertools
import json
import math
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from warehouse.errors import WarehouseError
from warehouse.home import REPOSITORY, home

Point = tuple[float, float]
Ring = tuple[Point, ...]
CODE_NAMES = ("county_code", "adcode")
MOST_BYTES = 2_000_000
"""A page waits for a new file to be read: what is larger is to be simplified before."""
MOST_POINTS = 3_000
"""Points that are drawn of all counties together, or a little more: a ring keeps four."""
WIDEST = 8.0
_CRS = ("CRS84", "4326", "4490")


class BadGeometry(WarehouseError):
    """A file that is no map of the counties; ``faults`` says everything that is wrong with it."""

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        super().__init__(f"{name} is no map of the counties:\n" + "\n".join(f"- {fault}" for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Geometry:
    """``outlines``: a county's rings by its code, each closed, in degrees, outer ones against the clock and holes with
    it. ``scale``: how many degrees of longitude are as long as one of latitude."""

    outlines: dict[str, tuple[Ring, ...]]
    scale: float
    map_approval_no: str | None
    read_points: int
    drawn_points: int

    def label(self, county_code: str) -> Point:
        """A point within a county, at the height of its largest ring, for its name."""
        return _inside(self.outlines[county_code])

    def holds(self, county_code: str, point: Point) -> bool:
        """Whether a point lies within a county; within a hole it does not."""
        x, y = point
        crossed = 0
        for ring in self.outlines[county_code]:
            for (x0, y0), (x1, y1) in itertools.pairwise(ring):
                crossed += (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        return crossed % 2 == 1


def configured() -> Path | None:
    """The file that is set, or that lies in the home. A file that is set and not there is a fault, not none."""
    told = os.environ.get("HENG_GEOMETRY")
    usual = home() / "counties.geojson"
    return Path(told) if told else usual if usual.is_file() else None


def configured_geometry(day: date) -> Geometry | None:
    """The outlines of this instance on a day, read once for each state of the file, good or bad; BadGeometry."""
    path = configured()
    if path is None:
        return None
    try:
        told = path.stat()
    except OSError as error:
        raise BadGeometry(path.name, [f"it cannot be read: {error.strerror}"]) from error
    with _one_at_a_time:
        found = _kept(path, told.st_mtime_ns, told.st_size, day)
    if isinstance(found, BadGeometry):
        raise found
    return found


_one_at_a_time = threading.Lock()


@lru_cache(maxsize=4)
def _kept(path: Path, _changed: int, _size: int, day: date) -> Geometry | BadGeometry:
    try:
        return read(path, day)
    except BadGeometry as error:
        return error


def counties_on(day: date) -> dict[str, str]:
    """The counties in force on a day and their names, from ``warehouse/seeds/county.csv``."""
    return {row["county_code"]: row["name_zh"] for row in _seed() if _in_force(row, day)}


def _seed() -> list[dict[str, str]]:
    with (REPOSITORY / "warehouse" / "seeds" / "county.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _in_force(row: dict[str, str], day: date) -> bool:
    return (row["valid_from"] or "0001-01-01") <= day.isoformat() <= (row["valid_to"] or "9999-12-31")


def read(path: Path, day: date) -> Geometry:
    """A file, checked against the counties of a day and thinned. BadGeometry: everything that is wrong with it."""
    if not path.is_file():
        raise BadGeometry(path.name, ["there is no such file"])
    if path.stat().st_size > MOST_BYTES:
        raise BadGeometry(path.name, [f"it is larger than {MOST_BYTES // 1_000_000} MB; simplify it first"])
    try:
        told = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except OSError as error:
        raise BadGeometry(path.name, [f"it cannot be read: {error.strerror}"]) from error
    except (ValueError, RecursionError) as error:
        raise BadGeometry(path.name, [f"it is not JSON in UTF-8: {error}"]) from error
    faults: list[str] = []
    outlines: dict[str, list[Ring]] = {}
    for code, rings in _features(told, faults):
        if code in outlines:
            faults.append(f"{code} is there twice")
        outlines[code] = rings
    faults += _of_codes(outlines, day)
    faults += _of_extent([point for rings in outlines.values() for ring in rings for point in ring])
    if faults:
        raise BadGeometry(path.name, faults)
    thin = thinned(outlines, MOST_POINTS)
    latitudes = [y for rings in thin.values() for ring in rings for _, y in ring]
    middle = (min(latitudes) + max(latitudes)) / 2
    approval = told.get("map_approval_no")
    return Geometry(
        thin, 1 / math.cos(math.radians(middle)), approval if isinstance(approval, str) and approval.strip() else None,
        _points(outlines), _points(thin),
    )  # fmt: skip


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no coordinate")


def _points(outlines: Any) -> int:
    return sum(len(ring) for rings in outlines.values() for ring in rings)


def _features(told: Any, faults: list[str]) -> Iterator[tuple[str, list[Ring]]]:
    """Every county's code and rings; what is wrong with one goes to ``faults``."""
    features = told.get("features") if isinstance(told, dict) and told.get("type") == "FeatureCollection" else None
    if not isinstance(features, list) or not features:
        faults.append("it is no FeatureCollection with features")
        return
    crs = told.get("crs")
    if crs is not None and not any(name in json.dumps(crs) for name in _CRS):
        faults.append(f"its crs is {json.dumps(crs, ensure_ascii=False)[:80]}; give longitude and latitude in degrees")
    for number, feature in enumerate(features, start=1):
        properties = (feature.get("properties") if isinstance(feature, dict) else None) or {}
        found = [properties[name] for name in CODE_NAMES if isinstance(properties, dict) and name in properties]
        if not found:
            faults.append(f"feature {number} has no {' or '.join(CODE_NAMES)}")
            continue
        code = str(found[0])
        yield code, _rings(feature.get("geometry"), f"feature {number} ({code})", faults)


def _rings(geometry: Any, where: str, faults: list[str]) -> list[Ring]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind) if isinstance(kind, str) else None
    if not isinstance(polygons, list) or not polygons or not all(isinstance(one, list) and one for one in polygons):
        faults.append(f"{where} is no Polygon or MultiPolygon")
        return []
    found: list[Ring] = []
    for polygon in polygons:
        for position, points in enumerate(polygon):
            ring = _ring(points)
            if isinstance(ring, str):
                faults.append(f"{where}, ring {len(found) + 1}: {ring}")
                return []
            # Fills know a hole by its direction alone.
            found.append(ring if (_area(ring) > 0) == (position == 0) else ring[::-1])
    return found


def _ring(points: Any) -> Ring | str:
    """A closed ring without points that repeat the one before; or what is wrong with it."""
    if not isinstance(points, list) or len(points) < 4:
        return "it has fewer than four points"
    ring: list[Point] = []
    for point in points:
        numbers = point[:2] if isinstance(point, list) else []
        if len(numbers) < 2 or not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
            return f"{json.dumps(point, ensure_ascii=False)[:60]} is no point"
        try:
            x, y = float(numbers[0]), float(numbers[1])
        except OverflowError:  # a whole number that no float holds
            return f"{json.dumps(point)[:60]} is no point"
        if not (-180 <= x <= 180 and -90 <= y <= 90):
            return f"[{x:g}, {y:g}] is no longitude and latitude in degrees"
        if not ring or ring[-1] != (x, y):
            ring.append((x, y))
    if ring[0] != ring[-1]:
        return "it is open: its last point is not its first"
    if len(ring) < 4 or _area(tuple(ring)) == 0:
        return "it encloses nothing"
    return tuple(ring)


def _of_codes(outlines: dict[str, list[Ring]], day: date) -> list[str]:
    known, ended = counties_on(day), {row["county_code"]: row for row in _seed()}
    faults = []
    for code in outlines:
        if code in known:
            continue
        if code in ended:
            faults.append(f"{code} ({ended[code]['name_zh']}) is not in force on {day}")
        else:
            faults.append(f"{code} is no county of warehouse/seeds/county.csv")
    return faults + [f"{code} ({name}) is missing" for code, name in known.items() if code not in outlines]


def _of_extent(points: Sequence[Point]) -> list[str]:
    if not points:
        return []
    wide = max(x for x, _ in points) - min(x for x, _ in points)
    high = max(y for _, y in points) - min(y for _, y in points)
    if max(wide, high) > WIDEST:
        return [f"it is {wide:.1f}° by {high:.1f}°; one scale does for {WIDEST:g}° at most. Longitude comes first"]
    return []


# --- fewer points ------------------------------------------------------------------------------------------
def thinned(outlines: dict[str, list[Ring]], most: int) -> dict[str, tuple[Ring, ...]]:
    """Outlines of ``most`` points or little more, by the finest tolerance that does.

    A border that two counties share is thinned once, between the points where borders meet, so that no gap opens
    between them. A ring keeps four points whatever the tolerance.
    """
    if _points(outlines) <= most:
        return {code: tuple(rings) for code, rings in outlines.items()}
    cut = _arcs(outlines)
    low, high = 0.0, 1.0
    for _ in range(20):
        tolerance = (low + high) / 2
        if _points(_thin(cut, tolerance)) > most:
            low = tolerance
        else:
            high = tolerance
    return _thin(cut, high)


def _arcs(outlines: dict[str, list[Ring]]) -> dict[str, list[list[Ring]]]:
    """Each ring in pieces, from one point where borders meet to the next."""
    beside: dict[Point, set[Point]] = {}
    for rings in outlines.values():
        for ring in rings:
            for one, other in itertools.pairwise(ring):
                beside.setdefault(one, set()).add(other)
                beside.setdefault(other, set()).add(one)
    return {code: [_cut(ring, beside) for ring in rings] for code, rings in outlines.items()}


def _cut(ring: Ring, beside: dict[Point, set[Point]]) -> list[Ring]:
    open_ring = ring[:-1]
    nodes = [at for at, point in enumerate(open_ring) if len(beside[point]) > 2]
    if len(nodes) < 2:
        # Nothing to begin at, or one point: the least and the farthest from it, the same for whoever shares it.
        first = nodes[0] if nodes else open_ring.index(min(open_ring))
        x, y = open_ring[first]
        far = max(range(len(open_ring)), key=lambda at: (math.dist((x, y), open_ring[at]), open_ring[at]))
        nodes = sorted({first, far})
    turned = (*open_ring[nodes[0]:], *open_ring[: nodes[0]], open_ring[nodes[0]])  # fmt: skip
    ends = [at - nodes[0] for at in nodes] + [len(turned) - 1]
    return [turned[start : end + 1] for start, end in itertools.pairwise(ends)]


def _thin(cut: dict[str, list[list[Ring]]], tolerance: float) -> dict[str, tuple[Ring, ...]]:
    done: dict[Ring, Ring] = {}
    thin = {}
    for code, rings in cut.items():
        kept = []
        for arcs in rings:
            joined: list[Point] = []
            for arc in arcs:
                joined += _line(arc, tolerance, done)[:-1]
            kept.append((*joined, joined[0]) if len(joined) > 2 else _least(arcs))
        thin[code] = tuple(kept)
    return thin


def _line(arc: Ring, tolerance: float, done: dict[Ring, Ring]) -> Ring:
    """An arc thinned in one direction, whichever way a ring goes along it."""
    turned = arc[::-1] < arc
    key = arc[::-1] if turned else arc
    if key not in done:
        done[key] = simplified(key, tolerance)
    return done[key][::-1] if turned else done[key]


def _least(arcs: list[Ring]) -> Ring:
    """A ring whose arcs are too short to be thinned: their ends, and the point farthest from the line between them."""
    ring = [point for arc in arcs for point in arc[:-1]]
    start, end = arcs[0][0], arcs[0][-1]
    far = max(range(len(ring)), key=lambda at: _off(ring[at], start, end))
    places = sorted({0, ring.index(end), far})
    return (*(ring[at] for at in places), ring[0])


def simplified(line: Ring, tolerance: float) -> Ring:
    """Douglas and Peucker (1973): the points without which a line moves by more than ``tolerance`` degrees."""
    keep = {0, len(line) - 1}
    parts = [(0, len(line) - 1)]
    while parts:
        start, end = parts.pop()
        if end - start < 2:
            continue
        far = max(range(start + 1, end), key=lambda at: _off(line[at], line[start], line[end]))
        if _off(line[far], line[start], line[end]) > tolerance:
            keep.add(far)
            parts += [(start, far), (far, end)]
    return tuple(line[at] for at in sorted(keep))


def _off(point: Point, start: Point, end: Point) -> float:
    """How far a point lies from a stretch of line."""
    (x, y), (x0, y0), (x1, y1) = point, start, end
    square = (x1 - x0) ** 2 + (y1 - y0) ** 2
    along = 0.0 if square == 0 else max(0.0, min(1.0, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / square))
    return math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0))


def _area(ring: Ring) -> float:
    """Twice what a ring encloses; above 0 against the clock."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in itertools.pairwise(ring))


def _inside(rings: Sequence[Ring]) -> Point:
    """Halfway up the largest ring, the middle of the widest stretch that is in none of its holes."""
    heights = sorted({y for _, y in max(rings, key=lambda ring: abs(_area(ring)))})
    middle = (heights[0] + heights[-1]) / 2
    below = max(y for y in heights if y <= middle)
    above = min(y for y in heights if y > below)
    between = sorted({y for ring in rings for _, y in ring if below <= y <= above})
    level = (between[0] + between[1]) / 2  # between two points, so through none
    crossings = sorted(
        x0 + (level - y0) / (y1 - y0) * (x1 - x0)
        for ring in rings
        for (x0, y0), (x1, y1) in itertools.pairwise(ring)
        if (y0 > level) != (y1 > level)
    )
    start, end = max(zip(crossings[::2], crossings[1::2], strict=True), key=lambda pair: pair[1] - pair[0])
    return (start + end) / 2, level
