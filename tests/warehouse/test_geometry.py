"""Outlines of counties: what is refused and why, borders that stay shared when thinned, and where a name stands."""

import copy
import itertools
import json
import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import made_outlines
import pytest

from warehouse import geometry
from warehouse.geometry import BadGeometry

DAY = date(2026, 11, 23)


def faults_of(path: Path, day: date = DAY) -> str:
    with pytest.raises(BadGeometry) as found:
        geometry.read(path, day)
    assert path.name in str(found.value)
    return "\n".join(found.value.faults)


def _without_a_code(told: Any) -> None:
    del told["features"][0]["properties"]["county_code"]


def _unknown(told: Any) -> None:
    told["features"][0]["properties"]["county_code"] = "431999"


def _ended(told: Any) -> None:
    told["features"][2]["properties"]["county_code"] = "431121"


def _twice(told: Any) -> None:
    told["features"].append(told["features"][0])


def _missing(told: Any) -> None:
    told["features"].pop(0)


def _ring_of(told: Any) -> list[Any]:
    return told["features"][0]["geometry"]["coordinates"][0]


def _open(told: Any) -> None:
    _ring_of(told).pop()


def _short(told: Any) -> None:
    del _ring_of(told)[2:-1]


def _flat(told: Any) -> None:
    _ring_of(told)[:] = [[110, 25], [111, 25], [112, 25], [110, 25]]


def _metres(told: Any) -> None:
    _ring_of(told)[0] = _ring_of(told)[-1] = [412345.6, 2900000.1]


def _no_point(told: Any) -> None:
    _ring_of(told)[1] = ["110.1", 25.0]


def _line(told: Any) -> None:
    told["features"][0]["geometry"]["type"] = "LineString"


def _wide(told: Any) -> None:
    for point in _ring_of(told):
        point[0] -= 20


def _crs(told: Any) -> None:
    told["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (_without_a_code, "feature 1 has no county_code or adcode"),
        (_unknown, "431999 is no county of warehouse/seeds/county.csv"),
        (_ended, "431121 (祁阳县) is not in force on 2026-11-23"),
        (_ended, "431181 (祁阳市) is missing"),
        (_twice, "431122 is there twice"),
        (_missing, "431122 (东安县) is missing"),
        (_open, "feature 1 (431122), ring 1: it is open: its last point is not its first"),
        (_short, "fewer than four points"),
        (_flat, "it encloses nothing"),
        (_metres, "[412346, 2.9e+06] is no longitude and latitude in degrees"),
        (_no_point, '["110.1", 25.0] is no point'),
        (_line, "feature 1 (431122) is no Polygon or MultiPolygon"),
        (_wide, "one scale does for 8° at most"),
        (_crs, "EPSG::3857"),
    ],
)
def test_what_is_no_map_of_the_counties_is_refused_with_its_reason(
    tmp_path: Path, broken: Callable[[Any], None], says: str
) -> None:
    told = made_outlines.collection()
    broken(told)
    assert says in faults_of(made_outlines.write(tmp_path / "c.geojson", told))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    told = made_outlines.collection()
    _unknown(told)
    told["features"][1]["geometry"]["coordinates"][0].pop()
    found = faults_of(made_outlines.write(tmp_path / "c.geojson", told))
    assert found.splitlines() == [
        "feature 2 (431103), ring 1: it is open: its last point is not its first",
        "431999 is no county of warehouse/seeds/county.csv",
        "431122 (东安县) is missing",
    ], "and nothing of a county that is there but open"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "it is not JSON"),
        ("[]", "no FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "no FeatureCollection with features"),
        (json.dumps(made_outlines.collection()).replace("27.0", "NaN", 1), "NaN is no coordinate"),
        (json.dumps(made_outlines.collection()).replace("27.0", "9" * 400, 1), "is no point"),
        (json.dumps(made_outlines.collection()).replace('"Polygon"', '["Polygon"]', 1), "is no Polygon"),
    ],
)
def test_what_is_no_geojson_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "c.geojson"
    path.write_text(text, encoding="utf-8")
    assert says in faults_of(path)


def test_a_file_that_is_bad_is_read_once_and_one_that_cannot_be_read_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home / "counties.geojson"
    path.write_text("{", encoding="utf-8")
    read = []
    monkeypatch.setattr(geometry, "read", lambda path, day: read.append(path) or _refuse(path))
    for _ in range(2):
        with pytest.raises(BadGeometry):
            geometry.configured_geometry(DAY)
    assert len(read) == 1
    monkeypatch.undo()
    monkeypatch.setattr(Path, "read_text", _forbidden)
    with pytest.raises(BadGeometry, match="cannot be read"):
        geometry.read(path, DAY)


def _refuse(path: Path) -> None:
    raise BadGeometry(path.name, ["it is not JSON"])


def _forbidden(*_: Any, **__: Any) -> str:
    raise PermissionError(13, "Permission denied")


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no such file" in faults_of(tmp_path / "none.geojson")
    monkeypatch.setattr(geometry, "MOST_BYTES", 1_000_000 - 1)
    path = tmp_path / "c.geojson"
    path.write_bytes(b" " * 1_000_000)
    assert "larger than" in faults_of(path)


def test_the_counties_are_those_of_the_day(tmp_path: Path) -> None:
    told = made_outlines.collection()
    _ended(told)
    path = made_outlines.write(tmp_path / "c.geojson", told)
    assert "431121" in geometry.read(path, date(2021, 1, 19)).outlines
    assert "431121" in faults_of(path, date(2021, 1, 20))


def test_codes_may_be_numbers_called_adcode_and_the_number_of_approval_is_kept(tmp_path: Path) -> None:
    told = made_outlines.collection()
    for feature in told["features"]:
        feature["properties"] = {"adcode": int(feature["properties"]["county_code"])}
    found = geometry.read(made_outlines.write(tmp_path / "c.geojson", told), DAY)
    assert set(found.outlines) == set(made_outlines.CODES)
    assert found.map_approval_no == "示例S(2026)000号"
    assert found.scale == pytest.approx(1 / math.cos(math.radians(25.75)), rel=1e-3)
    assert found.read_points == found.drawn_points


def _sides(ring: geometry.Ring) -> set[frozenset[geometry.Point]]:
    return {frozenset(pair) for pair in itertools.pairwise(ring)}


def test_a_shared_border_stays_shared_when_it_is_thinned(tmp_path: Path) -> None:
    found = geometry.read(made_outlines.write(tmp_path / "c.geojson", made_outlines.collection(steps=400)), DAY)
    assert found.read_points > 17_000
    assert 2_000 < found.drawn_points <= geometry.MOST_POINTS
    whole = {
        f["properties"]["county_code"]: {tuple(p) for p in f["geometry"]["coordinates"][0]}
        for f in made_outlines.collection(steps=400)["features"]
    }
    rings = {code: one for code, (one,) in found.outlines.items()}
    for code, ring in rings.items():
        assert ring[0] == ring[-1]
        assert set(ring) <= whole[code], "a point that no file had"
        assert geometry._area(ring) / 2 == pytest.approx(0.25, rel=0.02)
    # Right and left of one border: 东安 and 冷水滩; above and below one: 冷水滩 and 零陵.
    for one, other in (("431122", "431103"), ("431103", "431102")):
        both = _sides(rings[one]) & _sides(rings[other])
        meeting = whole[one] & whole[other]
        assert len(both) > 40
        assert {p for side in both for p in side} == set(rings[one]) & meeting == set(rings[other]) & meeting


def test_an_island_county_and_the_hole_around_it_are_thinned_alike() -> None:
    circle = [(math.cos(a / 500 * math.tau), math.sin(a / 500 * math.tau)) for a in range(500)]
    inner = tuple(circle[100:] + circle[:100] + circle[100:101])
    outer = tuple((5 * x, 5 * y) for x, y in [*circle, circle[0]])
    thin = geometry.thinned({"a": [outer, inner[::-1]], "b": [inner]}, 200)
    hole, island = thin["a"][1], thin["b"][0]
    assert set(hole) == set(island)
    assert 10 < len(island) < 120


def test_rings_keep_a_shape_however_few_points_are_asked_for() -> None:
    square = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0))
    many = {str(n): [tuple((x + 2 * n, y) for x, y in square)] for n in range(10)}
    thin = geometry.thinned(many, 5)
    assert all(len(ring) >= 4 and geometry._area(ring) > 0 for rings in thin.values() for ring in rings)


def test_douglas_peucker_keeps_what_stands_out_by_more_than_the_tolerance() -> None:
    line = ((0.0, 0.0), (1.0, 0.05), (2.0, 0.0), (3.0, 0.2), (4.0, 0.0))
    assert geometry.simplified(line, 0.3) == (line[0], line[4])
    assert geometry.simplified(line, 0.15) == (line[0], line[3], line[4])
    assert geometry.simplified(line, 0.0) == line
    there_and_back = ((0.0, 0.0), (5.0, 0.0), (1.0, 0.0))
    assert geometry.simplified(there_and_back, 1.0) == there_and_back, "off the stretch, though on its line"


def test_holes_turn_the_other_way_than_what_they_are_in() -> None:
    square = [[0, 0], [0, 4], [4, 4], [4, 0], [0, 0]]
    faults: list[str] = []
    outer, hole = geometry._rings(
        {"type": "Polygon", "coordinates": [square, [[x / 4 + 1, y / 4 + 1] for x, y in square]]}, "", faults
    )
    assert faults == []
    assert geometry._area(outer) > 0 > geometry._area(hole)


def test_a_name_stands_inside_a_county_that_bends_around_its_middle() -> None:
    bent = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 3.0), (3.0, 3.0), (3.0, 1.0), (0.0, 1.0), (0.0, 0.0))
    x, y = geometry._inside([bent])
    assert 3 < x < 4
    assert 1 < y < 3


def test_the_name_of_a_county_around_another_one_stands_beside_it() -> None:
    outer = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0))
    hole = ((1.0, 1.0), (1.0, 3.0), (3.0, 3.0), (3.0, 1.0), (1.0, 1.0))
    around = geometry.Geometry({"a": (outer, hole)}, 1.0, None, 10, 10)
    assert around.holds("a", around.label("a"))


@pytest.mark.parametrize(
    ("point", "within"),
    [((0.5, 2.0), True), ((2.0, 2.0), False), ((3.5, 2.0), True), ((5.0, 2.0), False), ((-1.0, 2.0), False),
     ((2.0, 5.0), False), ((2.0, -1.0), False), ((2.0, 0.5), True)],
)  # fmt: skip
def test_a_point_is_within_a_county_but_not_in_its_hole(point: geometry.Point, within: bool) -> None:
    outer = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0))
    hole = ((1.0, 1.0), (1.0, 3.0), (3.0, 3.0), (3.0, 1.0), (1.0, 1.0))
    assert geometry.Geometry({"a": (outer, hole)}, 1.0, None, 10, 10).holds("a", point) is within


def test_the_file_in_the_home_counts_unless_one_is_set(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HENG_GEOMETRY", raising=False)
    assert geometry.configured_geometry(DAY) is None
    made_outlines.write(home / "counties.geojson")
    found = geometry.configured_geometry(DAY)
    assert found is not None
    assert found is geometry.configured_geometry(DAY)
    changed = copy.deepcopy(made_outlines.collection())
    changed["map_approval_no"] = "示例S(2026)001号"
    made_outlines.write(home / "counties.geojson", changed | {"note": "longer"})
    again = geometry.configured_geometry(DAY)
    assert again is not None
    assert again.map_approval_no == "示例S(2026)001号"
    monkeypatch.setenv("HENG_GEOMETRY", str(home / "gone.geojson"))
    with pytest.raises(BadGeometry, match=r"gone\.geojson"):
        geometry.configured_geometry(DAY)


def test_real_outlines_are_read_and_thinned(real: Callable[[str], Path], tmp_path: Path) -> None:
    text = real("boundaries/yongzhou_counties_wgs84.geojson").read_text(encoding="utf-8")
    assert "431121" in faults_of(made_outlines.write(tmp_path / "old.geojson", json.loads(text)))
    path = tmp_path / "new.geojson"
    path.write_text(text.replace('"adcode":"431121"', '"adcode":"431181"'), encoding="utf-8")
    found = geometry.read(path, DAY)
    assert len(found.outlines) == 11
    assert found.drawn_points <= geometry.MOST_POINTS
