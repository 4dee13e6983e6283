"""The faults that the real files are known for, counted by an independent reading of the same rows."""

import gzip
import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from real_reading import read

from etl.contract import Feed
from etl.errors import DeliveryStopped
from etl.parse import Parsed

Rows = Callable[[str], list[dict[str, str]]]
Landed = Callable[[str, str], Parsed]
EXPORT_A = "hazards/syracuse_potholes_filled_2016_export_a.csv.gz"
EXPORT_B = "hazards/syracuse_potholes_filled_2016_export_b.csv.gz"
SWISS = ("wim/ch_sartc_CH167_2019-08-23.csv.gz", "wim/ch_sartc_CH289_2019-05-03.csv.gz")
HOURLY = ("wim/ca_wim_hourly_site108_N_2012.csv.gz", "wim/ca_wim_hourly_site108_S_2012.csv.gz")
US_CLOCK = "%m/%d/%Y %I:%M:%S %p"
POSITIONED = {
    "athens_position": ("gps/athens_pneuma_drone_tracks.csv.gz", "lat", "lon"),
    "austin_position": ("gps/austin_vehicle_trips.csv.gz", "lat", "lon"),
    "chicago_pothole": ("hazards/chicago_311_potholes_dec2018.csv.gz", "latitude", "longitude"),
    "geolife_position": ("gps/geolife_beijing_user001.csv.gz", "lat", "lng"),
    "jt808_track": ("gps/jt808_area_test_track.csv", "lat", "lon"),
    "montgomery_citation": ("violations/montgomery_md_traffic_violations.csv.gz", "Latitude", "Longitude"),
    "nyc_animal_complaint": ("hazards/nyc_311_animal_complaints.csv.gz", "Latitude", "Longitude"),
    "sf_service_request": ("hazards/sf_311_service_requests.csv.gz", "latitude", "longitude"),
    "syracuse_pothole_b": (EXPORT_B, "Latitude", "Longitude"),
    "wim_site_reference": ("wim/wim_sites_reference.csv.gz", "LAT", "LONG"),
}


def found(parsed: Parsed, query: str) -> Any:
    """The one value of a query."""
    ((value,),) = parsed.connection.execute(query).fetchall()
    return value


def flagged(parsed: Parsed, code: str) -> list[int]:
    """Source lines with a flag."""
    return [
        line
        for (line,) in parsed.connection.execute(
            "select source_line from landed where list_contains(string_split(flags, ','), ?) order by 1", [code]
        ).fetchall()
    ]


def exchanged(path: Path, first: str, second: str, folder: Path) -> Path:
    """The same bytes with two headings exchanged."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    heading, rest = data.split(b"\n", 1)
    names = heading.decode().rstrip("\r").split(",")
    at, to = names.index(first), names.index(second)
    names[at], names[to] = names[to], names[at]
    written = folder / path.name.removesuffix(".gz")
    written.write_bytes(",".join(names).encode() + b"\n" + rest)
    return written


# --- positions -----------------------------------------------------------------------------------
def test_exchanged_headings_of_the_pothole_export_stop_it(
    feeds: dict[str, Feed], real: Callable[[str], Path], tmp_path: Path
) -> None:
    with pytest.raises(DeliveryStopped) as stop:
        read(feeds["syracuse_pothole_a"], real(EXPORT_A), tmp_path)
    assert stop.value.reason == "D-SWAP"
    assert "4037 of 4037 positions of syracuse_potholes_filled_2016_export_a.csv.gz" in stop.value.message
    assert "ask the sender" in stop.value.message


def test_the_export_with_its_headings_put_right_is_the_other_export(
    feeds: dict[str, Feed], real: Callable[[str], Path], landed: Landed, tmp_path: Path
) -> None:
    corrected = exchanged(real(EXPORT_A), "Latitude", "Longitude", tmp_path)
    parsed = read(feeds["syracuse_pothole_a"], corrected, tmp_path / "work")
    same = "select filled_at, street_no, house_no, place, round(latitude, 6), round(longitude, 6) from landed"
    ours = Counter(parsed.connection.execute(same).fetchall())
    theirs = Counter(landed("syracuse_pothole_b", EXPORT_B).connection.execute(same).fetchall())
    parsed.close()
    assert sum(ours.values()) == sum(theirs.values()) == 4_037
    # Positions were rounded between the exports, so a few differ in the sixth decimal.
    assert Counter(row[:4] for row in ours.elements()) == Counter(row[:4] for row in theirs.elements())
    assert sum((ours & theirs).values()) > 3_900


@pytest.mark.parametrize("feed", POSITIONED)
def test_exchanged_headings_of_positions_stop_any_file(
    feed: str, feeds: dict[str, Feed], real: Callable[[str], Path], tmp_path: Path
) -> None:
    name, latitude, longitude = POSITIONED[feed]
    with pytest.raises(DeliveryStopped) as stop:
        read(feeds[feed], exchanged(real(name), latitude, longitude, tmp_path), tmp_path / "work")
    assert stop.value.reason == "D-SWAP"


def test_every_declaration_with_positions_is_among_them(feeds: dict[str, Feed]) -> None:
    positioned = {name for name, feed in feeds.items() if "latitude" in feed.raw_columns}
    assert positioned == {*POSITIONED, "syracuse_pothole_a"}


def test_requests_at_zero_zero_are_flagged_and_keep_their_position(rows: Rows, landed: Landed) -> None:
    name = "hazards/sf_311_service_requests.csv.gz"
    zero = [line for line, row in enumerate(rows(name), start=2) if row["latitude"] == row["longitude"] == "0.0"]
    parsed = landed("sf_service_request", name)
    assert flagged(parsed, "R-POSITION") == zero
    assert len(zero) == 2_162
    assert found(parsed, "select count(*) from landed where latitude = 0 and longitude = 0") == 2_162


def test_citations_without_a_position_have_none(rows: Rows, landed: Landed) -> None:
    name = "violations/montgomery_md_traffic_violations.csv.gz"
    whole = [row for row in rows(name) if not any("\n" in value for value in row.values())]
    parsed = landed("montgomery_citation", name)
    assert parsed.accepted == len(whole) == len(rows(name)) - 6
    missing = sum(not row["Latitude"] for row in whole)
    assert missing > 300
    assert found(parsed, "select count(*) from landed where latitude is null and longitude is null") == missing
    beyond = sum(float(row["Longitude"]) > -76.8 for row in whole if row["Longitude"])
    assert parsed.flagged["R-POSITION"] == beyond == 10


@pytest.mark.parametrize(
    ("feed", "name", "track", "time", "position"),
    [
        ("geolife_position", "gps/geolife_beijing_user001.csv.gz", "uid", "datetime", ("lat", "lng")),
        ("austin_position", "gps/austin_vehicle_trips.csv.gz", "trip_id", "timestamp", ("lat", "lon")),
    ],
)
def test_jumps_and_gaps_of_a_trace_agree_with_a_plain_reading(
    feed: str, name: str, track: str, time: str, position: tuple[str, str], rows: Rows, landed: Landed
) -> None:
    parsed = landed(feed, name)
    refused = {line for (line,) in parsed.connection.execute("select source_line from refused").fetchall()}
    before: dict[str, tuple[datetime, float, float]] = {}
    jumps, gaps = [], set()
    longest = {"geolife_position": 3_600, "austin_position": 10}[feed]
    for line, row in enumerate(rows(name), start=2):
        if line in refused:
            continue
        at = datetime.fromisoformat(row[time])
        here = (at, *(float(row[of]) for of in position))
        if row[track] in before:
            then, *there = before[row[track]]
            seconds = (at - then).total_seconds()
            if seconds > longest or seconds != int(row.get("timediff", seconds)):
                gaps.add(line)
            if metres(*there, *here[1:]) > max(100, seconds * 300 / 3.6):
                jumps.append(line)
        before[row[track]] = here
    assert flagged(parsed, "R-JUMP") == jumps
    assert jumps
    assert parsed.warned == {"R-GAP": len(gaps)}


def metres(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Great-circle distance by the haversine formula, on the sphere of 6,371 km."""
    phi, psi = math.radians(latitude), math.radians(to_latitude)
    half = (
        math.sin((psi - phi) / 2) ** 2
        + math.cos(phi) * math.cos(psi) * math.sin(math.radians(to_longitude - longitude) / 2) ** 2
    )
    return 2 * 6_371_000 * math.asin(math.sqrt(half))


def test_times_that_are_gmt_are_told_at_the_offset_of_the_platform(rows: Rows, landed: Landed) -> None:
    name = "gps/geolife_beijing_user001.csv.gz"
    first = rows(name)[0]["datetime"]
    assert first == "2008-10-23 05:53:05"
    assert found(landed("geolife_position", name), "select min(observed_at) from landed") == datetime(
        2008, 10, 23, 13, 53, 5
    )


def test_a_clock_of_1970_read_as_an_instant_stops(
    feeds: dict[str, Feed], real: Callable[[str], Path], tmp_path: Path
) -> None:
    """The drone's seconds are no instants: under a declaration that takes them for such, every row is R-TIME."""
    path = real("gps/athens_pneuma_drone_tracks.csv.gz")
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    at = [lines[0].split(",").index(heading) for heading in ("lat", "lon", "time")]
    as_trace = [",".join((*(line.split(",")[place] for place in at), "001")) for line in lines[1:400]]
    written = tmp_path / "geolife.csv"
    written.write_text("\n".join(("lat,lng,datetime,uid", *as_trace)) + "\n", encoding="utf-8")
    with pytest.raises(DeliveryStopped) as stop:
        read(feeds["geolife_position"], written, tmp_path / "work")
    assert stop.value.reason == "D-QUARANTINE"
    assert "399 of 399 rows" in stop.value.message
    assert "(R-TIME 399)" in stop.value.message


# --- requests and their deadlines ----------------------------------------------------------------
def test_requests_closed_before_they_were_made_are_quarantined(rows: Rows, landed: Landed) -> None:
    name = "hazards/sf_311_service_requests.csv.gz"
    early = [
        line
        for line, row in enumerate(rows(name), start=2)
        if row["closed_date"]
        and datetime.fromisoformat(row["closed_date"]) < datetime.fromisoformat(row["created_date"])
    ]
    refused = landed("sf_service_request", name).connection.execute(
        "select source_line, reason from refused order by 1"
    )
    assert refused.fetchall() == [(line, "R-ORDER") for line in early]
    assert len(early) == 10


def test_complaints_past_their_deadline_are_counted_and_kept(rows: Rows, landed: Landed) -> None:
    name = "hazards/nyc_311_animal_complaints.csv.gz"

    def at(text: str) -> datetime | None:
        return datetime.strptime(text, US_CLOCK) if text else None

    read_plainly = [(at(row["Created Date"]), at(row["Due Date"]), at(row["Closed Date"])) for row in rows(name)]
    parsed = landed("nyc_animal_complaint", name)
    assert (
        parsed.connection.execute("select created_at, due_at, closed_at from landed order by source_line").fetchall()
        == read_plainly
    )
    assert found(parsed, "select count(due_at) from landed") == 1_392
    assert found(parsed, "select count(closed_at) from landed") == 1_240
    assert found(parsed, "select count(*) from landed where closed_at is null") == 1_696
    assert found(parsed, "select count(*) from landed where closed_at > due_at") == 89


def test_days_of_ratings_that_are_no_days_are_quarantined(rows: Rows, landed: Landed) -> None:
    name = "hazards/syracuse_road_ratings_2008_2015.csv.gz"
    parsed = landed("syracuse_road_rating", name)
    refused = dict(parsed.connection.execute("select source_line, reason from refused").fetchall())
    for line, row in enumerate(rows(name), start=2):
        month, _, day = row["dateRated"].strip().partition("/")
        is_day = month.isdigit() and day.isdigit() and 1 <= int(month) <= 12 and 1 <= int(day) <= 31
        two_years = "," in row["dateLastOverlay"]
        expected = "R-NUMBER" if two_years else None if is_day or not row["dateRated"].strip() else "R-DATEFORM"
        assert refused.get(line) == expected, (line, row["dateRated"])
    assert found(parsed, "select count(distinct year(valid_from)) from landed") == 8


# --- money ---------------------------------------------------------------------------------------
def test_money_that_went_through_floats_is_quarantined(rows: Rows, landed: Landed) -> None:
    name = "violations/nyc_owed_by_plate.csv.gz"
    artefacts = {line for line, row in enumerate(rows(name), start=2) if len(row["totalowed"].partition(".")[2]) > 2}
    parsed = landed("nyc_owed", name)
    refused = {line for (line,) in parsed.connection.execute("select source_line from refused").fetchall()}
    assert refused == artefacts
    assert len(artefacts) == 1_327
    exact = [row for line, row in enumerate(rows(name), start=2) if line not in artefacts]
    cents = sum(int(whole or 0) * 100 + int(part.ljust(2, "0") or 0) for whole, part in map(amount, exact))
    assert found(parsed, "select sum(owed_fen) from landed") == cents
    again = Counter((row["list"], row["plate_id"]) for row in exact)
    assert parsed.repeated == sum(count - 1 for count in again.values())


def amount(row: dict[str, str]) -> tuple[str, str]:
    whole, _, part = row["totalowed"].partition(".")
    return whole, part


# --- counts and weights --------------------------------------------------------------------------
@pytest.mark.parametrize("name", SWISS)
def test_remains_of_headings_wraps_and_steps_back_of_a_counter(name: str, rows: Rows, landed: Landed) -> None:
    parsed = landed("swiss_count", name)
    remains, wraps, lost, back = [], 0, 0, 0
    before: dict[str, str] = {}
    for line, row in enumerate(rows(name), start=2):
        if not row["n"]:
            remains.append((line, "R-FIELDS"))
            continue
        if before:
            step = int(row["n"]) - int(before["n"])
            wraps += step < 0
            lost += step > 1
            back += instant(row) < instant(before)
        before = row
    refused = parsed.connection.execute("select source_line, reason from refused order by 1").fetchall()
    assert refused == remains
    assert parsed.warned == {"R-WRAP": wraps, "R-LOST": lost, "R-SEQUENCE": back}
    assert wraps == {SWISS[0]: 2, SWISS[1]: 1}[name]


def instant(row: dict[str, str]) -> tuple[int, ...]:
    return tuple(int(row[part]) for part in ("h", "m", "s", "ms"))


def test_a_day_without_its_leading_zero_and_hundredths_of_a_second_are_read_as_meant(
    rows: Rows, landed: Landed
) -> None:
    first = rows(SWISS[1])[0]
    assert [first[part] for part in ("d", "h", "m", "s", "ms")] == ["30519", "0", "0", "7", "45"]
    parsed = landed("swiss_count", SWISS[1])
    assert found(parsed, "select min(passed_at) from landed") == datetime(2019, 5, 3, 0, 0, 7, 450_000)
    assert found(parsed, "select any_value(site_code) from landed") == "CH289"
    assert found(parsed, "select max(vehicle_length_m) from landed") < 99.99
    # The source prints the hour as a decimal fraction too; both agree.
    hours = {line: float(row["Time"]) for line, row in enumerate(rows(SWISS[1]), start=2) if row["Time"]}
    for line, seconds in parsed.connection.execute(
        "select source_line, epoch(passed_at) - epoch(date_trunc('day', passed_at)) from landed"
    ).fetchall():
        assert abs(seconds - hours[line] * 3600) < 0.01


@pytest.mark.parametrize(("feed", "name"), [("swiss_count", name) for name in SWISS])
def test_a_heading_line_among_the_rows_is_no_row(
    feed: str, name: str, feeds: dict[str, Feed], real: Callable[[str], Path], tmp_path: Path
) -> None:
    lines = gzip.decompress(real(name).read_bytes()).split(b"\n")[:2_000]
    lines[1_000:1_000] = [lines[0]]
    written = tmp_path / name.rpartition("/")[2].removesuffix(".gz")
    written.write_bytes(b"\n".join(lines) + b"\n")
    parsed = read(feeds[feed], written, tmp_path / "work")
    refused = parsed.connection.execute("select source_line, reason from refused").fetchall()
    parsed.close()
    assert refused == [(1_001, "R-FIELDS")]
    assert parsed.accepted == 1_999


@pytest.mark.parametrize("name", HOURLY)
def test_a_scale_dead_for_92_days_is_found(name: str, rows: Rows, landed: Landed) -> None:
    counts = ("heavyheavy_l1", "heavyheavy_r1", "not_heavyheavy_l1", "not_heavyheavy_r1")
    weights = ("hh_weight_l1", "hh_weight_r1", "nh_weight_l1", "nh_weight_r1")
    dead, absent = [], []
    for line, row in enumerate(rows(name), start=2):
        if not row[counts[0]]:
            absent.append(line)
        elif sum(int(row[count]) for count in counts) and not sum(float(row[weight]) for weight in weights):
            dead.append(line)
    parsed = landed("california_hour", name)
    assert flagged(parsed, "R-DEAD") == dead
    assert flagged(parsed, "R-ABSENT") == absent
    assert len(dead) == 2_208 == 92 * 24
    span = parsed.connection.execute(
        "select min(hour_at), max(hour_at) from landed where flags like '%R-DEAD%'"
    ).fetchall()
    assert span == [(datetime(2012, 7, 1), datetime(2012, 9, 30, 23))]


@pytest.mark.parametrize("name", HOURLY)
def test_kips_feet_and_miles_become_kilograms_metres_and_kilometres(name: str, rows: Rows, landed: Landed) -> None:
    told = landed("california_hour", name).connection.execute(
        "select source_line, right_heavy_weight_kg_sum, right_heavy_length_m_sum, right_heavy_speed_kmh_sum"
        " from landed where right_heavy_truck_count is not null order by source_line limit 100"
    )
    plain = rows(name)
    for line, weight, length, speed in told.fetchall():
        row = plain[line - 2]
        assert weight == pytest.approx(float(row["hh_weight_r1"]) * 453.59237)
        assert length == pytest.approx(float(row["hh_len_r1"]) * 0.3048)
        assert speed == pytest.approx(float(row["hh_speed_r1"]) * 1.609344)


def test_an_hour_left_out_is_a_gap(feeds: dict[str, Feed], real: Callable[[str], Path], tmp_path: Path) -> None:
    lines = gzip.decompress(real(HOURLY[0]).read_bytes()).split(b"\n")[:300]
    del lines[100:103], lines[200]
    written = tmp_path / "ca_wim_hourly_site108_N_2012.csv"
    written.write_bytes(b"\n".join(lines) + b"\n")
    parsed = read(feeds["california_hour"], written, tmp_path / "work")
    parsed.close()
    assert parsed.warned == {"R-GAP": 2}


def test_passes_step_back_and_a_lane_s_count_begins_again(rows: Rows, landed: Landed) -> None:
    name = "wim/ca_tams_7005_passes_2016-02-23_24.csv.gz"
    plain = rows(name)
    # The fraction loses its trailing zeros, so texts alone do not compare.
    times = [
        (second, part.ljust(3, "0")) for second, _, part in (row["timestamp_full"].partition(".") for row in plain)
    ]
    back = sum(later < earlier for earlier, later in pairwise(times))
    count: dict[tuple[str, str], int] = {}
    wraps = 0
    for row in plain:
        lane, number = (row["lane"], row["lane_dir"]), int(row["vehicle_count"])
        wraps += number < count.get(lane, 0)
        count[lane] = number
    parsed = landed("california_pass", name)
    assert parsed.warned == {"R-SEQUENCE": back, "R-WRAP": wraps}
    assert parsed.flagged["R-ABSENT"] == sum(not row["bc_id"] for row in plain)


def test_forces_become_masses_and_a_lane_without_a_vehicle_has_no_speed(rows: Rows, landed: Landed) -> None:
    name = "wim/ch_wim_daily_top10_axle_events_402_405_408.csv.gz"
    plain = rows(name)
    parsed = landed("swiss_top_load", name)
    assert found(parsed, "select sum(strip_load_kg) from landed") == pytest.approx(
        sum(float(row["MaxLE"]) for row in plain) * 1000 / 9.80665
    )
    assert found(parsed, "select count(*) from landed where first_speed_kmh is null") == sum(
        row["L1Sp"] == "-1" for row in plain
    )
    content = Counter(tuple(row.values()) for row in plain)
    assert parsed.repeated == sum(number - 1 for number in content.values())
