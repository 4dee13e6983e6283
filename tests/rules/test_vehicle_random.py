"""Random tracks: the models and a second computation, second by second and without SQL, say the same."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import kpi_reference as reference
import pytest
from kpi_reference import COACH, DANGEROUS, Card, Point

from etl.feeds import raw_tables
from warehouse import sql

DAY = date(2026, 3, 2)
BEFORE = date(2026, 3, 1)
MODELS = ("mart.vehicle_day", "mart.vehicle_alarm_day", "core.vehicle_alarm", "core.driving_span")
CHECKS = (
    "alarm_type_conflict",
    "kpi_scheme_overlap",
    "kpi_threshold_missing",
    "vehicle_day_against_points",
    "vehicle_day_out_of_bounds",
    "alarm_type_unknown",
    "terminal_not_registered",
    "terminal_of_two_vehicles",
)
RULES = {"line_coach": COACH, "dangerous_goods": DANGEROUS}
LENGTHS_S = {
    "stop": (600, 1170, 1180, 1200, 1230), "drive": (60, 600, 3600, 7200, 14430), "parked": (600, 1200, 2400),
}  # fmt: skip
SPEEDS = {"line_coach": (79.9, 80.0, 80.1, 100.0, 100.1, 118.0), "dangerous_goods": (79.9, 80.0, 80.1, 96.5)}


def track(chance: random.Random, monitored_class: str) -> list[Point]:
    """Some hours of driving, stops, silences, parking with seldom and doubtful points, wrong places and alarms around
    one or two midnights."""
    at = datetime(2026, 3, 1) + timedelta(seconds=chance.randrange(0, 30 * 3600, 30))
    latitude, longitude = 26.0 + chance.random(), 111.0 + chance.random()
    flags = chance.choice((0, 0, 2))
    found: list[Point] = []
    end = datetime(2026, 3, 3)
    while at < end and len(found) < 2500:
        kind = chance.choices(("drive", "stop", "silence", "parked"), (6, 3, 2, 2))[0]
        if kind == "silence":
            at += timedelta(seconds=chance.choice((45, 119, 121, 600, 601, 1200, 1201, 5400)))
            latitude += chance.choice((0, 0, 0.03, 0.06))
            continue
        step = chance.choice((119, 121, 300, 600) if kind == "parked" else (10, 20, 30, 30, 60))
        length = chance.choice(LENGTHS_S[kind])
        fast = chance.random() < 0.3
        for _ in range(length // step):
            if at >= end:
                break
            speed = chance.choice({"stop": (0.0, 0.0, 5.0), "parked": (0.0, 5.1, 6.0)}.get(kind, (5.1, 30.0, 60.0)))
            if kind == "drive" and fast:
                speed = chance.choice(SPEEDS[monitored_class])
            latitude += chance.choice((0, 0, 0.001, 0.002)) if kind == "parked" else speed / 3600 * step / 111.2
            if chance.random() < 0.02:
                flags ^= 1 << chance.choice((0, 1, 2, 18))
            point = Point(
                at, latitude, longitude, speed, chance.randrange(360), 100, True, flags,
                chance.choice((None, None, 16)), chance.choice((None, 0, 2)), day=at.date(),
            )  # fmt: skip
            found += _spoiled(point, chance)
            at += timedelta(seconds=step)
    return found


def _spoiled(point: Point, chance: random.Random) -> list[Point]:
    """The point, or what a bad terminal makes of it."""
    put: dict[str, Any] = {name: getattr(point, name) for name in point.__dataclass_fields__}
    dice = chance.random()
    if dice < 0.01:
        return [Point(**(put | {"latitude": point.latitude + chance.choice((2, -2, 0.5))}))]
    if dice < 0.02:
        return [Point(**(put | chance.choice((
            {"speed": 161.0}, {"speed": None}, {"heading": 360}, {"altitude": -201}, {"altitude": None},
            {"latitude": 0.0, "longitude": 0.0}, {"has_fix": False}, {"latitude": 3.0},
        ))))]  # fmt: skip
    if dice < 0.03:
        return [point, Point(**(put | {"origin": "backfill", "speed": 0.0, "flags": 0}))]
    if dice < 0.035:
        return [Point(**(put | {"at": None}))]
    return [point]


def cards(chance: random.Random, points: list[Point]) -> list[Card]:
    """Some cards put in and taken out, at points, between them and in silences; some are back soon or after a rest."""
    times = {chance.choice(points).at for _ in range(chance.choice((0, 3, 9)))} - {None}
    put = [at + timedelta(seconds=chance.choice((0, 7, 400))) for at in sorted(at for at in times if at)]
    for at in [*put]:
        if chance.random() < 0.6:
            put += [at + timedelta(seconds=back) for back in (0, *chance.sample((20, 600, 1199, 1200, 1300), 2))]
    return [
        Card(at, chance.choice("AABC"), chance.random() < 0.9, chance.random() < 0.9)
        for at in dict.fromkeys(sorted(put))
    ]


def instance(
    tracks: dict[str, tuple[str, list[Point]]], put: dict[str, list[Card]], days: tuple[date, ...] = (DAY,)
) -> duckdb.DuckDBPyConnection:
    """The models over these tracks, by the terminal's phone, for some days; the days before are there to look at."""
    tables = {table.name: table for table in raw_tables()}
    connection = duckdb.connect()
    connection.execute("create schema raw")
    connection.execute(
        "create table raw.build_day as select unnest(cast(? as date[])) as event_date, true as is_closed", [list(days)]
    )
    points = [
        (f"{phone}-{number}", phone, point.at, point.day, point.origin, point.latitude, point.longitude, point.speed,
         point.heading, point.altitude, point.flags, 2 if point.has_fix else 1, point.video, point.driving)
        for phone, (_, told) in tracks.items()
        for number, point in enumerate(told)
    ]  # fmt: skip
    columns = (
        "record_id, terminal_phone, recorded_at, event_date, report_origin, latitude, longitude, terminal_speed_kmh,"
        " heading_deg, altitude_m, alarm_flags, status_flags, video_alarm_flags, driving_alarm_flags"
    )
    sql.create_raw(connection, tables["terminal_capture"])
    _fill(connection, tables["terminal_capture"], columns, points, "terminal_record_kind", "location")
    told = [
        (
            f"{phone}-c{number}",
            phone,
            card.at,
            card.at.date(),
            card.driver,
            1 if card.is_in else 2,
            0 if card.is_read else 1,
        )
        for phone, of_phone in put.items()
        for number, card in enumerate(of_phone)
    ]
    columns = (
        "record_id, terminal_phone, recorded_at, event_date, driver_certificate_no, card_state_code, card_result_code"
    )
    _fill(connection, tables["terminal_capture"], columns, told, "terminal_record_kind", "driver_card")
    vehicles = [
        (f"v-{phone}", f"湘M{phone[-5:]}", 2, kind, "431103", phone, date(2025, 1, 1))
        for phone, (kind, _) in tracks.items()
    ]
    sql.create_raw(connection, tables["monitored_vehicle"])
    columns = "record_id, plate_no, plate_color_code, monitored_class, county_code, terminal_phone, valid_from"
    _fill(connection, tables["monitored_vehicle"], columns, vehicles, "flags", "")
    sql.run_models(connection, raw_tables(), names=MODELS)
    return connection


def _fill(
    connection: duckdb.DuckDBPyConnection, table: Any, columns: str, rows: list[Any], also: str, value: str
) -> None:
    types = {column.name: column.type for column in table.all_columns().values()}
    marks = ", ".join(f"unnest(cast(? as {types[name]}[]))" for name in columns.split(", "))
    values = [list(column) for column in zip(*rows, strict=True)]
    connection.execute(
        f"insert into raw.{table.name} ({columns}, {also}, row_fate)"
        f" select *, '{value}', 'current' from (select {marks})",
        values,
    )


@dataclass
class Told:
    connection: duckdb.DuckDBPyConnection
    tracks: dict[str, tuple[str, list[Point]]]
    cards: dict[str, list[Card]]


@pytest.fixture(scope="module", params=[20260301, 5])
def told(request: pytest.FixtureRequest) -> Told:
    chance = random.Random(request.param)
    kinds = ("line_coach", "dangerous_goods")
    tracks = {f"139{number:08d}": (kinds[number % 2], track(chance, kinds[number % 2])) for number in range(14)}
    put = {phone: cards(chance, points) for phone, (_, points) in tracks.items()}
    return Told(instance(tracks, put), tracks, put)


@pytest.fixture(scope="module")
def both(told: Told) -> duckdb.DuckDBPyConnection:
    return instance(told.tracks, told.cards, (BEFORE, DAY))


def by_plate(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for plate, *rest in connection.execute(query).fetchall():
        found.setdefault(plate, []).append(tuple(rest))
    return found


def test_the_tracks_hold_what_is_to_be_told_apart(told: Told) -> None:
    """A track without faults, drift, fatigue and events would prove nothing."""
    sums = told.connection.execute(
        "select max(received_point_count - valid_point_count), max(drift_point_count), max(fatigue_certain_s),"
        " max(fatigue_possible_s - fatigue_certain_s), max(dawn_driving_s), sum(overspeed_count),"
        " sum(offline_displacement_count), max(total_m - complete_m) from mart.vehicle_day"
    ).fetchall()[0]
    assert min(sums) > 0, sums


def test_points_are_counted_alike(told: Told) -> None:
    found = by_plate(
        told.connection,
        "select plate_no, received_point_count, valid_point_count, fixed_point_count, drift_point_count,"
        " first_recorded_at, last_recorded_at from mart.vehicle_day",
    )
    for phone, (kind, points) in told.tracks.items():
        own = [point for point in reference.once(points) if (point.at.date() if point.at else point.day) == DAY]
        valid = [point for point in own if reference.fault(point) is None]
        wrong = reference.drifting(reference.usable(points), RULES[kind])
        outside = [point for point in own if point.has_fix and reference.fault(point) == "position"]
        times = [point.at for point in own if point.at]
        assert found[f"湘M{phone[-5:]}"] == [
            (
                len(own), len(valid), sum(point.has_fix for point in valid),
                len(outside) + sum(reference.of_day(point, DAY) for point in wrong),
                min(times, default=None), max(times, default=None),
            )
        ]  # fmt: skip


def test_distances_and_displacements_are_alike(told: Told) -> None:
    found = by_plate(
        told.connection, "select plate_no, total_m, complete_m, offline_displacement_count from mart.vehicle_day"
    )
    for phone, (kind, points) in told.tracks.items():
        assert found[f"湘M{phone[-5:]}"] == [reference.distances(points, DAY, RULES[kind])], phone


def test_driving_is_alike(told: Told) -> None:
    found = by_plate(
        told.connection,
        "select plate_no, moving_s, dawn_driving_s, fatigue_certain_s, fatigue_possible_s, (select count(*)"
        " from core.driving_span as span where span.plate_no = day.plate_no) from mart.vehicle_day as day",
    )
    for phone, (kind, points) in told.tracks.items():
        own = reference.driving(points, DAY, RULES[kind], told.cards[phone])
        assert found[f"湘M{phone[-5:]}"] == [
            (own.moving, own.dawn, own.certain, own.possible, own.stretches)
        ], (phone, kind)  # fmt: skip


def test_days_add_up_to_the_track_but_for_the_piece_before_midnight(told: Told, both: Any) -> None:
    """What a vehicle does between its last point of a day and midnight is of no day."""
    found = by_plate(both, "select plate_no, sum(moving_s) from mart.vehicle_day group by plate_no")
    pieces = []
    for phone, (kind, points) in told.tracks.items():
        rules = RULES[kind]
        whole = reference.good(points, rules)
        evening = [point for point in whole if reference.of_day(point, BEFORE)]
        if not evening or evening != reference.good([p for p in points if reference.of_day(p, BEFORE)], rules):
            continue  # the day after knows better what was drift
        begin, states = reference.states(whole, rules)
        last, midnight = ((at - begin) // reference.SECOND for at in (evening[-1].at, datetime(2026, 3, 2)) if at)
        pieces.append(states[last:midnight].count("moves"))
        assert found[f"湘M{phone[-5:]}"] == [(states.count("moves") - pieces[-1],)], phone
    assert max(pieces) > 0


def test_overspeed_events_are_alike(told: Told) -> None:
    found = by_plate(
        told.connection,
        "select plate_no, overspeed_began_at, overspeed_ended_at, confirmed_at, is_new, speed_limit_kmh, max_speed_kmh,"
        " round(mean_speed_kmh, 6), point_count from core.overspeed_event order by plate_no, overspeed_began_at",
    )
    counts = by_plate(told.connection, "select plate_no, overspeed_count from mart.vehicle_day")
    for phone, (kind, points) in told.tracks.items():
        plate = f"湘M{phone[-5:]}"
        events = reference.overspeeds(points, RULES[kind])
        assert found.get(plate, []) == [
            (
                event.first, event.last, event.confirmed, event.confirmed.date() == DAY, event.limit,
                max(event.speeds), round(sum(event.speeds) / len(event.speeds), 6), len(event.speeds),
            )
            for event in events
            if event.last.date() == DAY and event.confirmed
        ]  # fmt: skip
        assert counts[plate] == [
            (sum(event.confirmed is not None and event.confirmed.date() == DAY for event in events),)
        ]


@pytest.mark.parametrize(("channel", "word", "bits"), [
    ("flag", "flags", (1, 2, 18)), ("video", "video", (4,)), ("driving", "driving", (1,)),
])  # fmt: skip
def test_alarms_are_alike(told: Told, channel: str, word: str, bits: tuple[int, ...]) -> None:
    for bit in bits:
        found = by_plate(
            told.connection,
            "select plate_no, alarm_began_at, alarm_ended_at, point_count, is_new from core.vehicle_alarm"
            f" where alarm_channel = '{channel}' and alarm_code = {bit}"
            " order by plate_no, alarm_began_at nulls first",
        )
        for phone, (_, points) in told.tracks.items():
            assert found.get(f"湘M{phone[-5:]}", []) == [
                (alarm.began, alarm.ended, alarm.points, is_new)
                for alarm, is_new in reference.bit_alarms(points, word, bit, DAY)
            ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "day"),
    [
        ("mart.vehicle_day", "event_date"), ("mart.vehicle_alarm_day", "event_date"),
        ("core.vehicle_alarm", "event_date"), ("core.driving_span", "event_date"),
        ("core.overspeed_event", "event_date"), ("core.offline_displacement", "event_date"),
    ],
)  # fmt: skip
def test_a_day_comes_out_the_same_whichever_days_are_built_with_it(told: Told, both: Any, table: str, day: str) -> None:
    query = f"select * from {table} where {day} = date '2026-03-02'"
    alone, together = (connection.execute(query).fetchall() for connection in (told.connection, both))
    assert sorted(map(repr, together)) == sorted(map(repr, alone))
    assert both.execute(f"select count(*) from {table} where {day} = date '2026-03-01'").fetchall()[0][0] > 0


@pytest.mark.parametrize("name", CHECKS)
def test_checks_that_stop_a_build_find_nothing(told: Told, name: str) -> None:
    found = sql.render_text(sql.check_paths()[name].read_text(encoding="utf-8"))[0]
    assert told.connection.execute(found).fetchall() == []


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("alarm_type_conflict", "insert into seeds.alarm_type select * from seeds.alarm_type limit 1"),
        ("kpi_scheme_overlap", "insert into seeds.kpi_scheme select * from seeds.kpi_scheme limit 1"),
        ("kpi_threshold_missing", "update core.kpi_threshold set rest_s = null where monitored_class = 'line_coach'"),
        (
            "vehicle_day_against_points",
            "delete from mart.vehicle_day"
            " where plate_no = (select min(plate_no) from mart.vehicle_day where is_online)",
        ),
        ("vehicle_day_out_of_bounds", "update mart.vehicle_day set complete_m = total_m + 1"),
        ("terminal_not_registered", "update mart.vehicle_day set is_registered = false"),
        ("vehicle_silent", "update mart.vehicle_day set is_online = false"),
    ],
)
def test_checks_find_what_they_look_for(told: Told, name: str, fault: str) -> None:
    check = sql.render_text(sql.check_paths()[name].read_text(encoding="utf-8"))[0]
    told.connection.execute("begin")
    try:
        told.connection.execute(fault)
        assert told.connection.execute(check).fetchall() != []
    finally:
        told.connection.execute("rollback")
