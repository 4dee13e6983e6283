"""Random tracks with copies, padding, clones and jumps, and passages beside them: the models and plain Python agree."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import cross_check_reference as reference
import duckdb
import pandas as pd
import pytest
from cross_check_reference import Found, Passage, Site
from kpi_reference import COACH, Point, usable
from test_vehicle_random import track

from warehouse import cross_checks, sql

DAY = date(2026, 3, 2)
BEFORE = date(2026, 3, 1)
GIVEN = ("raw.build_day", "staging.monitored_vehicle", "staging.terminal_fix", "staging.wim_site", "core.passage")
Types = Mapping[str, Mapping[str, str]]


def _without(points: Sequence[Point], first: datetime, last: datetime) -> list[Point]:
    return [point for point in points if point.at is None or not first <= point.at <= last]


def _laid(points: Sequence[Point], stretch: Sequence[Point], at: datetime) -> list[Point]:
    """``stretch`` laid over the track from ``at`` on, at its own pace."""
    begin = stretch[0].at
    assert begin is not None
    moved = [
        replace(point, at=at + (point.at - begin), day=(at + (point.at - begin)).date(), origin="report")
        for point in stretch
        if point.at is not None
    ]
    moved = [point for point in moved if point.day <= DAY]
    return _without(points, at, max(point.at for point in moved if point.at)) + moved if moved else list(points)


def _some(chance: random.Random, points: Sequence[Point], length: int) -> list[Point]:
    """So many moving points in a row, from a random one on."""
    found = reference.moving(points, COACH)
    first = chance.randrange(max(1, len(found) - length))
    return found[first : first + length]


def _time(chance: random.Random, points: Sequence[Point]) -> datetime:
    times = [point.at for point in points if point.at and point.at.date() == DAY]
    return chance.choice(times or [datetime(2026, 3, 2, 9)])


def _line(chance: random.Random, at: datetime) -> list[Point]:
    """An even straight line, or one that is spoiled a little."""
    speed, step, count = chance.choice((60.0, 71.3)), chance.choice((10, 30)), chance.choice((19, 20, 29, 30, 31, 45))
    latitude, longitude = 27 + chance.random(), 112 + chance.random()
    found = []
    for number in range(count):
        when = at + timedelta(seconds=step * number)
        north = 0.0045 * step / 30 * number
        found.append(Point(when, round(latitude + north, 6), round(longitude - north / 3, 6), speed, day=when.date()))
    spoil = chance.random()
    if spoil < 0.2:
        found[7] = replace(found[7], longitude=found[7].longitude + chance.choice((0.00002, 0.00003)))
    elif spoil < 0.4:
        found[9] = replace(found[9], speed=speed + 0.1)
    elif spoil < 0.6:
        del found[11]
    return [point for point in found if point.day == DAY]


def _elsewhere(chance: random.Random, points: Sequence[Point], at: datetime) -> list[Point]:
    """The points from ``at`` on are somewhere else: some of them, or all."""
    timed = sorted((point for point in points if point.at and point.at >= at), key=lambda point: str(point.at))
    moved = {id(point) for point in timed[: chance.choice((3, 4, 5, 6, 7, 5000))]}
    north = chance.choice((0.02, 0.5))
    return [replace(point, latitude=point.latitude + north) if id(point) in moved else point for point in points]


def _cloned(chance: random.Random, points: Sequence[Point], at: datetime) -> list[Point]:
    """Another vehicle speaks with the same phone for a while: every point has a second one between it and the next."""
    stands, apart = chance.random() < 0.4, chance.choice((0.03, 0.6))
    timed = sorted((point for point in usable(points) if point.at and point.at >= at), key=lambda point: str(point.at))
    more = [
        replace(
            point, at=point.at + timedelta(seconds=3), day=(point.at + timedelta(seconds=3)).date(),
            latitude=28.0 if stands else point.latitude + apart,
        )
        for point in timed[: chance.choice((4, 5, 6, 7, 12, 60))]
        if point.at
    ]  # fmt: skip
    return [*points, *(point for point in more if point.day == DAY)]


def _standing(chance: random.Random, points: Sequence[Point], at: datetime) -> list[Point]:
    """Six hours at one place, or nearly so; a receiver that loses its fix there."""
    start = next((point for point in usable(points) if point.at and point.at >= at), None)
    if start is None:
        return list(points)
    put = [
        replace(
            start, at=at + timedelta(seconds=60 * number), day=at.date(), speed=chance.choice((0.0, 0.0, 0.0, 5.0)),
            latitude=start.latitude + chance.choice((0, 0, 0.0005, 0.0012)), origin="report",
            has_fix=not 5 < number < 60 or number % 4 == 0,
        )
        for number in range(360)
        if (at + timedelta(seconds=60 * number)).date() == at.date()
    ]  # fmt: skip
    if chance.random() < 0.3:
        put = [replace(point, has_fix=False) for point in put]
    return _without(points, at, at + timedelta(hours=6)) + put


def fleet(chance: random.Random, size: int = 14) -> dict[str, list[Point]]:
    tracks = {f"湘M{number:05d}": track(chance, "line_coach") for number in range(1, size + 1)}
    names = list(tracks)
    for number, name in enumerate(names):
        points = tracks[name]
        at = _time(chance, points)
        kind = number % 7
        if kind == 0:
            tracks[name] = _laid(points, _some(chance, points, chance.choice((19, 20, 21, 40))), at)
        elif kind == 1:
            source = _some(chance, tracks[names[(number + 5) % 6]], chance.choice((20, 25, 40)))
            begin = source[0].at
            assert begin is not None
            later = begin if chance.random() < 0.5 else begin + timedelta(hours=chance.choice((0, 1, 8)), seconds=7)
            tracks[name] = _laid(points, source, later)
        elif kind == 2:
            line = _line(chance, at)
            tracks[name] = _laid(points, line, at) if line else points
        elif kind == 3:
            tracks[name] = _elsewhere(chance, points, at)
        elif kind == 4:
            tracks[name] = _cloned(chance, points, at)
        elif kind == 5:
            tracks[name] = _standing(chance, points, at)
    return tracks


def weighed(chance: random.Random, tracks: Mapping[str, Sequence[Point]]) -> dict[str, list[Passage]]:
    """Passages where the vehicle was about then, at times, some way off, or at any time."""
    found: dict[str, list[Passage]] = {}
    for name, points in tracks.items():
        track = [point for point in usable(points) if point.at and point.at.date() == DAY] or usable(points)
        found[name] = []
        for _ in range(16):
            standing = [point for point in track if point.speed == 0 and chance.random() < 0.5]
            point = chance.choice(standing if standing and chance.random() < 0.5 else track)
            assert point.at is not None
            at = point.at + timedelta(seconds=chance.choice((-1000, -899, -60, 0, 0, 45, 130, 899, 901)))
            if chance.random() < 0.2:
                at = datetime(2026, 3, 2) + timedelta(seconds=chance.choice((0, 700, 40_000, 85_499, 85_500, 86_399)))
            away = chance.choice((0.0, 0.001, 0.043, 0.046, 0.049, 0.08, 0.7))
            if at.date() == DAY:
                found[name].append(Passage(at, Site(round(point.latitude + away, 6), round(point.longitude, 6))))
    return found


def instance(
    types: Types, tracks: Mapping[str, Sequence[Point]], weighings: Mapping[str, Sequence[Passage]],
    days: Sequence[date] = (DAY,),
) -> duckdb.DuckDBPyConnection:  # fmt: skip
    """The findings over these tracks: each vehicle's terminal has the digits of its plate as phone."""
    points = [
        (f"{name}-{number}", name[-5:], point.at, point.day, point.origin, point.latitude, point.longitude, point.speed,
         point.heading, point.altitude, 2 if point.has_fix else 1)
        for name, told in tracks.items()
        for number, point in enumerate(told)
    ]  # fmt: skip
    sites = {(name, number): f"{name[-5:]}-{number}" for name, told in weighings.items() for number in range(len(told))}
    rows: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
        "raw.build_day": ("event_date, is_closed", [(day, True) for day in days]),
        "staging.monitored_vehicle": (
            "record_id, plate_no, plate_color_code, monitored_class, terminal_phone, valid_from",
            [(f"v-{name}", name, 2, "line_coach", name[-5:], date(2025, 1, 1)) for name in tracks],
        ),
        "staging.terminal_fix": (
            "record_id, terminal_phone, recorded_at, positioned_date, report_origin, latitude, longitude,"
            " terminal_speed_kmh, heading_deg, altitude_m, status_flags",
            points,
        ),
        "staging.wim_site": (
            "record_id, site_code, latitude, longitude, valid_from",
            [
                (site, site, weighings[name][number].site.latitude, weighings[name][number].site.longitude, BEFORE)
                for (name, number), site in sites.items()
            ],
        ),
        "core.passage": (
            "record_id, passed_at, passed_date, plate_no, plate_color_code, site_code, flags",
            [
                (site, weighings[name][number].at, DAY, name, 2, site, "")
                for (name, number), site in sites.items()
            ],
        ),
    }  # fmt: skip
    connection = duckdb.connect()
    for name in GIVEN:
        connection.execute(f"create schema if not exists {name.split('.')[0]}")
        declared = ", ".join(f"{column} {type}" for column, type in types[name].items())
        connection.execute(f"create table {name} ({declared})")
        columns, told = rows[name]
        marks = ", ".join(f"unnest(cast(? as {types[name][column]}[]))" for column in columns.split(", "))
        connection.execute(
            f"insert into {name} ({columns}) select {marks}", [list(column) for column in zip(*told, strict=True)]
        )
    sql.load_seeds(connection)
    for name in _needed("mart.terminal_finding"):
        connection.execute(f"create schema if not exists {name.split('.')[0]}")
        connection.execute(f"create table {name} as {sql.render(name).sql}")
    return connection


def _needed(name: str) -> list[str]:
    found: list[str] = []

    def visit(name: str) -> None:
        if name in GIVEN or name in found or name not in sql.model_paths():
            return
        for upstream in sorted(sql.render(name).reads):
            visit(upstream)
        found.append(name)

    visit(name)
    return found


def told(connection: duckdb.DuckDBPyConnection, day: date = DAY) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = {}
    for plate, *row in connection.execute(
        "select plate_no, finding_kind, began_at, ended_at, point_count, distance_m, coalesce(weakened_by, ''),"
        " coalesce(other_plate_no, '') from mart.terminal_finding where event_date = ?", [day]
    ).fetchall():  # fmt: skip
        found.setdefault(plate, []).append(Found(*row))
    return found


@dataclass(frozen=True)
class Made:
    tracks: dict[str, list[Point]]
    weighings: dict[str, list[Passage]]
    wanted: dict[str, list[Found]]


@pytest.fixture(scope="module")
def made() -> list[Made]:
    found = []
    for seed, size in enumerate((14, 14, 14, 6, 6)):
        chance = random.Random(2027 + seed)
        tracks = fleet(chance, size)
        weighings = weighed(chance, tracks)
        found.append(Made(tracks, weighings, reference.all_findings(tracks, weighings, DAY, COACH)))
    return found


def test_the_tracks_hold_what_is_to_be_told_apart(made: list[Made]) -> None:
    """A kind that never comes up would prove nothing."""
    kinds = Counter(each.kind for one in made for of_vehicle in one.wanted.values() for each in of_vehicle)
    assert set(kinds) == {name for name, check in cross_checks.CHECKS.items() if check.table == "mart.terminal_finding"}
    assert min(kinds.values()) > 1, kinds


@pytest.mark.parametrize("number", range(5))
def test_findings_are_alike(made: list[Made], column_types: Types, number: int) -> None:
    found = told(instance(column_types, made[number].tracks, made[number].weighings))
    for name, wanted in made[number].wanted.items():
        assert Counter(found.get(name, [])) == Counter(wanted), name


@pytest.mark.parametrize("kind", ["scale_elsewhere", "copied_track"])
def test_a_finding_told_twice_stops_the_build(made: list[Made], column_types: Types, kind: str) -> None:
    connection = instance(column_types, made[0].tracks, made[0].weighings)
    check = sql.render_text(sql.check_paths()["terminal_finding_doubled"].read_text(encoding="utf-8"))[0]
    assert connection.execute(check).fetchall() == []
    connection.execute(
        "insert into mart.terminal_finding select * from mart.terminal_finding"
        f" where finding_kind = '{kind}' order by plate_no, began_at limit 1"
    )
    assert len(connection.execute(check).fetchall()) == 2


@dataclass(frozen=True)
class Reader:
    connection: duckdb.DuckDBPyConnection

    def read(self, sql: str, params: Any = None) -> pd.DataFrame:
        return self.connection.execute(sql, params).df()


def test_findings_are_read_strong_ones_first_and_for_a_class_and_an_enterprise(
    made: list[Made], column_types: Types
) -> None:
    source = Reader(instance(column_types, made[0].tracks, made[0].weighings))
    source.connection.execute("update mart.terminal_finding set uscc = right(plate_no, 5)")
    found = cross_checks.findings(source, DAY, DAY)
    assert len(found) == sum(map(len, made[0].wanted.values()))
    grades = found["finding_grade"].tolist()
    assert grades == sorted(grades)
    assert set(grades) == {"strong", "weak"}
    assert cross_checks.findings(source, BEFORE, BEFORE, None).empty
    assert cross_checks.findings(source, DAY, DAY, ["taxi"]).empty
    own = cross_checks.findings(source, DAY, DAY, None, uscc="00001")
    assert len(own) == len(made[0].wanted["湘M00001"]) > 0


def test_a_day_comes_out_the_same_in_any_order_and_whichever_days_are_built_with_it(column_types: Types) -> None:
    chance = random.Random(7)
    tracks = fleet(chance)
    weighings = weighed(chance, tracks)
    alone = told(instance(column_types, tracks, weighings))
    shuffled = {name: chance.sample(points, len(points)) for name, points in reversed(tracks.items())}
    both = instance(column_types, shuffled, weighings, (BEFORE, DAY))
    again = told(both)
    assert again.keys() == alone.keys()
    assert all(Counter(again[name]) == Counter(alone[name]) for name in alone)
    assert sum(map(len, alone.values())) > 20
