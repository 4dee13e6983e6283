"""Real GPS traces go the way of a night: captures, inbox, ledger, models, KPIs; nothing is lost, and nobody accused.

Every figure of a vehicle and day is held to the plain computation of ``kpi_reference.py`` over the same points.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import gps_terminals as gps
import kpi_reference as reference
import pandas as pd
import pyarrow as pa
import pytest
from direct_build import models_here
from kpi_reference import COACH, Point
from pyarrow import parquet

from etl.deliveries import inbox, receive_all
from etl.feeds import raw_tables
from etl.land import LandingResult, land
from warehouse.build import build
from warehouse.connection import snapshot
from warehouse.kpi import KPIS, LEVELS, kpis
from warehouse.ledger import Ledger
from warehouse.publish import publish

DAYS = [gps.FIRST + timedelta(at) for at in range(gps.DAYS)] + [gps.STREET]
BEIJING, AUSTIN, ABROAD, AREA, DRONE, UNTIMED, COPY = (f"湘MG{kind}" for kind in range(1, 8))


@dataclass
class Night:
    fleet: list[gps.Vehicle]
    captures: dict[str, bytes]
    landed: list[LandingResult]
    rows: Callable[[str], list[tuple[Any, ...]]]

    def of(self, kind: str) -> list[gps.Vehicle]:
        return [vehicle for vehicle in self.fleet if vehicle.plate.startswith(kind)]

    def by_plate(self, query: str) -> dict[str, tuple[Any, ...]]:
        return {plate: tuple(rest) for plate, *rest in self.rows(query)}


@pytest.fixture(scope="module")
def night(rows: Callable[[str], list[dict[str, str]]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The traces of all vehicles, landed hour by hour and built."""
    fleet = gps.vehicles(rows)
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("gps") / "heng"
        home.mkdir()
        patch.setenv("HENG_HOME", str(home))
        patch.setenv("HENG_STABLE_SECONDS", "0")
        captures = gps.captures(fleet)
        (inbox("monitored_vehicle") / "monitored_vehicle_20260105.parquet").write_bytes(register(fleet))
        for name, data in captures.items():
            (inbox("terminal_capture") / name).write_bytes(data)
            (inbox("terminal_capture") / f"{name}.done").write_bytes(b"")
        (registered,) = receive_all(["monitored_vehicle"])
        assert land(registered).accepted == len(fleet)
        landed = [land(delivery_id) for delivery_id in receive_all(["terminal_capture"])]
        with Ledger(home) as ledger:
            ledger.close_night(gps.STREET)
            paths = [str(home / segment.path) for segment in ledger.segments("terminal_capture")]
        with models_here():
            built = build(gps.STREET, raw_tables())
        assert built.touched == DAYS
        publish(built)

        def told(query: str) -> list[tuple[Any, ...]]:
            if "raw." in query:
                with duckdb.connect() as connection:
                    connection.execute("create schema raw")
                    files = ", ".join(f"'{path}'" for path in paths)
                    connection.execute(f"create view raw.terminal_capture as select * from read_parquet([{files}])")
                    return connection.execute(query).fetchall()
            return list(snapshot().read(query).astype(object).itertuples(index=False, name=None))

        yield Night(fleet, captures, landed, told)


def register(fleet: list[gps.Vehicle]) -> bytes:
    rows = [
        {
            "plate": vehicle.plate, "color": 2, "veh_class": "BXKC", "seats": 49,
            "owner_uscc": "91431100MAE0000107", "county": "431103", "line_no": None,
            "terminal_no": f"ZD{vehicle.phone[-4:]}", "sim": vehicle.phone, "terminal_model": None,
            "protocol": "2013", "smart_terminal": True, "slogan": None, "from_date": date(2025, 1, 1), "to_date": None,
        }
        for vehicle in fleet
    ]  # fmt: skip
    schema = pa.schema(
        {
            **{name: pa.string() for name in rows[0]},
            **{name: pa.int32() for name in ("color", "seats")},
            **{name: pa.bool_() for name in ("smart_terminal", "slogan")},
            **{name: pa.date32() for name in ("from_date", "to_date")},
        }
    )
    buffer = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows, schema), buffer)
    return buffer.getvalue()


def seen(vehicle: gps.Vehicle, day: date) -> list[Point]:
    """Its points of a day and of the day before, which a day looks back on."""
    return [point for point in vehicle.points if day - timedelta(1) <= point.day <= day]


def test_every_point_of_every_trace_has_landed(night: Night) -> None:
    sent = Counter({vehicle.phone: len(vehicle.points) for vehicle in night.fleet})
    assert sum(sent.values()) > 300_000
    assert len(night.landed) == len(night.captures)
    assert sum(result.quarantined for result in night.landed) == 0
    assert sum(result.accepted for result in night.landed) == sum(sent.values())
    assert sum(size for result in night.landed for _, size in result.capture.values()) == sum(
        map(len, night.captures.values())
    )
    landed = night.rows("select terminal_phone, count(*) from raw.terminal_capture group by terminal_phone")
    assert dict(landed) == sent


def test_a_point_is_where_and_when_the_trace_has_it(night: Night) -> None:
    places = "recorded_at, latitude, longitude, terminal_speed_kmh, heading_deg, report_origin"
    for vehicle in (night.of(BEIJING)[0], night.of(AUSTIN)[1], night.of(ABROAD)[0], night.of(DRONE)[2]):
        found = night.rows(
            f"select {places} from raw.terminal_capture where terminal_phone = '{vehicle.phone}' order by all"
        )
        assert found == sorted(
            (one.at, one.latitude, one.longitude, one.speed, one.heading, one.origin) for one in vehicle.points
        )


def test_times_of_1970_and_places_abroad_are_flagged_and_no_other(night: Night) -> None:
    flags = night.by_plate(
        "select terminal_phone, count(*), count(case when flags like '%R-TIME%' then 1 end),"
        " count(case when flags like '%R-POSITION%' then 1 end), count(recorded_at), min(event_date), max(event_date)"
        " from raw.terminal_capture group by terminal_phone"
    )
    for vehicle in night.fleet:
        count = len(vehicle.points)
        days = {point.day for point in vehicle.points}
        is_abroad = vehicle.plate[:4] in (ABROAD, UNTIMED)
        assert flags[vehicle.phone] == (
            count, count * vehicle.is_untimed, count * is_abroad, count * (not vehicle.is_untimed),
            min(days), max(days),
        )  # fmt: skip
    assert len(night.of(UNTIMED)) == 31


@pytest.fixture(scope="module")
def counted(night: Night) -> dict[tuple[str, date], tuple[Any, ...]]:
    """What ``mart.vehicle_day`` says of a vehicle and a day."""
    found = night.rows(
        "select plate_no, event_date, received_point_count, valid_point_count, drift_point_count, total_m, complete_m,"
        " offline_displacement_count, overspeed_count, moving_s, dawn_driving_s, fatigue_certain_s, fatigue_possible_s"
        " from mart.vehicle_day"
    )
    return {(plate, pd.Timestamp(day).date()): tuple(map(int, rest)) for plate, day, *rest in found}


def test_every_vehicle_day_is_what_the_plain_computation_says(
    night: Night, counted: dict[tuple[str, date], tuple[Any, ...]]
) -> None:
    assert len(counted) == len(night.fleet) * len(DAYS)
    for vehicle in night.fleet:
        for day in DAYS:
            points = seen(vehicle, day)
            if vehicle.is_untimed:
                own = sum(point.day == day for point in points)
                assert counted[vehicle.plate, day] == (own, *[0] * 10), (vehicle.plate, day)
                continue
            own = [point for point in reference.once(points) if point.day == day]
            valid = [point for point in own if reference.fault(point) is None]
            outside = sum(reference.fault(point) == "position" for point in own)
            drift = sum(point.day == day for point in reference.drifting(reference.usable(points), COACH))
            events = [
                run for run in reference.overspeeds(points, COACH) if run.confirmed and run.confirmed.date() == day
            ]
            drive = reference.driving(points, day, COACH)
            assert counted[vehicle.plate, day] == (
                len(own), len(valid), outside + drift, *reference.distances(points, day, COACH), len(events),
                drive.moving, drive.dawn, drive.certain, drive.possible,
            ), (vehicle.plate, day)  # fmt: skip


def test_gaps_are_incomplete_and_jumps_are_drift(
    night: Night, counted: dict[tuple[str, date], tuple[Any, ...]]
) -> None:
    """By what the traces say themselves: silences of more than 10 min and 2 km, ways faster than any vehicle."""
    gaps, jumps = set(), set()
    for vehicle in night.of(BEIJING) + night.of(AUSTIN):
        for one, other in zip(vehicle.points, vehicle.points[1:], strict=False):
            length, duration = reference.metres(one, other), reference.seconds(one, other)
            if one.day == other.day and duration > 600 and length > 2_000:
                gaps.add((vehicle.plate, other.day))
            if length * 3.6 > 200 * (duration + 1):
                jumps.add((vehicle.plate, other.day))
    assert len(gaps) > 10
    assert len(jumps) > 10
    incomplete = {key for key, row in counted.items() if row[3] > row[4]}
    drifting = {key for key, row in counted.items() if row[2] and key[0][:4] in (BEIJING, AUSTIN)}
    assert gaps <= incomplete
    assert jumps <= drifting
    assert not [key for key in incomplete | drifting if key[0][:4] in (DRONE, AREA)], "a drone's tracks have neither"


def test_the_kpis_of_the_city_follow_from_the_traces(night: Night) -> None:
    city = kpis(snapshot(), DAYS[0], DAYS[-1]).set_index("kpi")
    sent = [point for vehicle in night.fleet for point in reference.once(vehicle.points)]
    untimed = sum(len(vehicle.points) for vehicle in night.of(UNTIMED))
    abroad = sum(len(reference.once(vehicle.points)) for vehicle in night.of(ABROAD))
    told = {name: (city.at[name, "numerator"], city.at[name, "denominator"]) for name in city.index}
    assert told["data_validity"] == (len(sent) - untimed - abroad, len(sent))
    online = len(night.fleet) - len(night.of(UNTIMED)) - len(night.of(ABROAD))
    assert told["network_rate"] == (online, len(night.fleet))
    assert 0.9 < city.at["track_completeness", "value"] < 1
    assert told["offline_displacement"] == (0, 0), "no vehicle of dangerous goods: nothing to say, not none"


@pytest.mark.parametrize("level", LEVELS)
def test_every_kpi_has_a_row_at_every_level(night: Night, level: str) -> None:
    table = kpis(snapshot(), DAYS[0], DAYS[-1], level)
    assert set(table["kpi"]) == set(KPIS)
    values = table["value"].dropna()
    assert len(values)
    assert (values >= 0).all()


def test_a_copied_trace_is_found_and_no_real_one_is_accused(night: Night) -> None:
    """A receiver that finds the sky again jumps by hundreds of metres: drift, but nothing to look into."""
    found = night.rows("select finding_kind, plate_no, other_plate_no from mart.terminal_finding order by all")
    (source, *_), (copy,) = night.of(AUSTIN), night.of(COPY)
    assert {row[0] for row in found} == {"copied_track"}
    assert {row[1:] for row in found} == {(source.plate, copy.plate), (copy.plate, source.plate)}


def test_real_driving_at_one_speed_is_long_in_points_and_short_in_time(night: Night) -> None:
    """Why padding takes ``constant_min`` beside ``constant_points`` (core.even_stretch)."""
    longest = []
    for vehicle in night.fleet:
        if vehicle.is_untimed:
            continue
        run: list[Point] = []
        for point in reference.usable(vehicle.points):
            if not (run and point.day == run[-1].day and point.speed == run[-1].speed and (point.speed or 0) > 5):
                run = []
            run.append(point)
            longest.append((len(run), reference.seconds(run[0], run[-1])))
    thresholds = dict(night.rows(
        "select parameter, parameter_value from seeds.kpi_scheme where starts_with(parameter, 'constant_')"
    ))  # fmt: skip
    assert max(points for points, _ in longest) >= thresholds["constant_points"]
    assert not any(
        points >= thresholds["constant_points"] and taken >= thresholds["constant_min"] * 60
        for points, taken in longest
    )
