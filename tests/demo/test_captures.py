"""Captures of the fictional prefecture: every frame gets the fate that was planned for it, every value comes back."""

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.demo import captures, generate, registers, tracks
from etl.demo.world import Delivery, World, world
from etl.feeds import FEEDS
from etl.jt808 import decode
from etl.parse import Parsed, parse

FEED = FEEDS["terminal_capture"]
FIRST, LAST = date(2025, 12, 22), date(2025, 12, 31)
RECEIVED_AT = "2026-01-01 02:00:00"
MUST_BECOME = {
    "checksum": ("R-FRAME", "checksum"), "cut_middle": ("R-FRAME", "checksum"), "escape": ("R-FRAME", "escape"),
    "length": ("R-FRAME", "length"), "phone": ("R-FRAME", "phone"), "encrypted": ("R-FRAME", "encrypted"),
    "time": ("R-FRAME", "time"), "body": ("R-FRAME", "body"), "noise_short": ("R-FRAME", "short"),
    "noise": ("R-FRAME", "checksum"), "noise_long": ("R-FRAME", "length"), "cut_before": ("R-FRAME", "cut"),
    "cut_behind": ("R-FRAME", "cut"), "package_index": ("R-SUBPACKAGE", "index"),
    "package_alone": ("R-SUBPACKAGE", "unfinished"), "package_total": ("R-SUBPACKAGE", "total"),
    "package_missing": ("R-SUBPACKAGE", "unfinished"), "package_doubled": ("", ""), "flag_lost": ("", ""),
    "flags_between": ("", ""), "resent_same_serial": ("", ""), "resent_new_serial": ("", ""),
}  # fmt: skip
"""What becomes of each kind of damage, by the rules of etl/jt808/schemas.py."""
KINDS = {
    "copied", "constant_speed", "night_drive", "long_drive", "overspeed", "lost", "silent_move", "drift", "abroad",
    "no_fix", "backfill", "switched_off", "left_behind", "stuck", "borrowed", "tunnel",
}  # fmt: skip
POSITION = (
    "byte_offset", "terminal_phone", "recorded_at", "wire_time", "report_origin", "latitude", "longitude",
    "altitude_m", "terminal_speed_kmh", "heading_deg", "alarm_flags", "status_flags", "odometer_km",
    "recorder_speed_kmh",
)  # fmt: skip
SAFETY = tuple(name for name in captures.SAFETY.names if name != "delivery")


@pytest.fixture(scope="module")
def tiny() -> World:
    return world(7, "tiny", FIRST, LAST)


@pytest.fixture(scope="module")
def delivered(tiny: World) -> list[Delivery]:
    return list(captures.deliveries(tiny))


@pytest.fixture(scope="module")
def landed(delivered: list[Delivery], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Parsed]]:
    """What the platform makes of each file."""
    folder = tmp_path_factory.mktemp("captures")
    found = {}
    for each in delivered:
        path = generate.put(folder, each)
        issued = f"{each.day}|{each.at:%Y-%m-%dT%H:%M:%S.%f}"
        found[each.name] = parse(FEED, path, path.name, "0" * 64, issued, RECEIVED_AT, folder / f"{each.name}.work")
    yield found
    for parsed in found.values():
        parsed.close()


@pytest.fixture(scope="module")
def positions(delivered: list[Delivery]) -> list[dict[str, Any]]:
    return pa.concat_tables([each.truth["capture_position"] for each in delivered]).to_pylist()


def of_name(delivered: list[Delivery], part: str) -> Delivery:
    return next(each for each in delivered if part in each.name)


def unpacked(delivery: Delivery) -> bytes:
    assert delivery.data is not None
    return gzip.decompress(delivery.data)


def test_a_day_is_four_files_and_no_byte_of_them_is_without_a_fate(
    tiny: World, delivered: list[Delivery], landed: dict[str, Parsed]
) -> None:
    assert [each.name for each in delivered] == [
        f"terminal_capture_{day:%Y%m%d}-{hour:02d}.jt808.gz"
        for day in tracks.position_days(tiny)
        for hour in (0, 6, 12, 18)
    ]
    for each in delivered:
        expected: dict[str, tuple[int, int]] = dict.fromkeys(("decoded", "other", "quarantined"), (0, 0))
        for row in each.truth["capture_frames"].to_pylist():
            frames, size = expected[row["outcome"]]
            expected[row["outcome"]] = (frames + row["frames"], size + row["bytes"])
        assert landed[each.name].capture == expected, each.name
        assert sum(size for _, size in expected.values()) == len(unpacked(each))


def test_every_damaged_frame_is_refused_for_its_reason_with_its_bytes_and_no_other(
    delivered: list[Delivery], landed: dict[str, Parsed]
) -> None:
    for each in delivered:
        data = unpacked(each)
        expected = {
            row["byte_offset"]: (row["reason"], row["detail"], data[row["byte_offset"] :][: row["length"]])
            for row in each.truth["capture_damaged"].to_pylist()
            if row["reason"]
        }
        found = {
            offset: (reason, detail.partition(":")[0], bytes(raw))
            for offset, reason, detail, raw in landed[each.name]
            .connection.execute("select byte_offset, reason, detail, raw from refused")
            .fetchall()
        }
        assert found == expected, each.name


def test_every_kind_of_damage_is_there_and_its_fate_is_that_of_the_rules(delivered: list[Delivery]) -> None:
    found = {
        (row["fault"], row["reason"], row["detail"])
        for each in delivered
        for row in each.truth["capture_damaged"].to_pylist()
    }
    assert found == {(fault, *fate) for fault, fate in MUST_BECOME.items()}


def test_every_record_is_there_once_by_its_kind(delivered: list[Delivery], landed: dict[str, Parsed]) -> None:
    seen: Counter[str] = Counter()
    for each in delivered:
        expected = {
            row["terminal_record_kind"]: row["records"] for row in each.truth["capture_records"].to_pylist()
        }  # fmt: skip
        query = "select terminal_record_kind, count(*) from landed group by 1"
        found = dict(landed[each.name].connection.execute(query).fetchall())
        assert found == expected, each.name
        seen.update(found)
    assert set(seen) == {
        "location", "safety_alarm", "registration", "authentication", "driver_card", "heartbeat", "logout", "part",
        "other",
    }  # fmt: skip


def records(parsed: Parsed, kind: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    query = f"select {', '.join(names)} from landed where terminal_record_kind = '{kind}'"
    return [dict(zip(names, row, strict=True)) for row in parsed.connection.execute(query).fetchall()]


def test_every_position_comes_back_with_its_values(delivered: list[Delivery], landed: dict[str, Parsed]) -> None:
    """Values were rounded to what the wire can say; half of its last digit is all they may differ."""
    step = {"latitude": 1e-6, "longitude": 1e-6, "terminal_speed_kmh": 0.1, "odometer_km": 0.1,
            "recorder_speed_kmh": 0.1}  # fmt: skip

    def order(row: dict[str, Any]) -> tuple[int, str]:
        return row["byte_offset"], row["wire_time"]

    for each in delivered:
        expected = sorted(each.truth["capture_position"].select(POSITION).to_pylist(), key=order)
        found = sorted(records(landed[each.name], "location", POSITION), key=order)
        assert len(found) == len(expected) > 0
        for told, is_so in zip(expected, found, strict=True):
            assert [is_so[name] for name in POSITION if name not in step] == [
                told[name] for name in POSITION if name not in step
            ]
            assert all(abs(is_so[name] - told[name]) < half / 2 for name, half in step.items()), told


def test_a_clock_that_is_wrong_is_flagged_and_no_other(
    tiny: World, delivered: list[Delivery], landed: dict[str, Parsed]
) -> None:
    for each in delivered:
        wrong = each.truth["capture_position"]["recorded_at"].null_count
        assert landed[each.name].flagged["R-TIME"] == wrong, each.name
    told = captures.truth(tiny)["clock_error"].to_pylist()
    of_kind: Counter[str] = Counter()
    for row in told:
        of_kind[row["kind"]] += row["points"]
    assert set(of_kind) == {"clock_ahead", "clock_2000", "clock_1970", "clock_month"}
    once = {
        (row["plate_no"], row["positioned_at"])
        for each in delivered
        for row in each.truth["capture_position"].to_pylist()
        if row["recorded_at"] is None
    }
    assert sum(of_kind.values()) == len(once)


def test_every_safety_alarm_comes_back_with_its_begin_and_its_end(
    delivered: list[Delivery], landed: dict[str, Parsed]
) -> None:
    states: dict[str, set[int]] = {}
    for each in delivered:
        expected = each.truth["capture_safety_alarm"].select(SAFETY).to_pylist()
        found = records(landed[each.name], "safety_alarm", SAFETY)
        assert sorted(found, key=str) == sorted(expected, key=str), each.name
        for row in expected:
            states.setdefault(row["alarm_identity"], set()).add(row["alarm_state_code"])
    assert len(states) > 50
    assert all(found == {1, 2} for found in states.values())


def test_terminals_are_those_of_the_register_but_for_the_clone(
    tiny: World, landed: dict[str, Parsed], positions: list[dict[str, Any]]
) -> None:
    now = {row["plate_no"]: row for row in registers.monitored(tiny) if row["valid_to"] is None}
    phones = [row["terminal_phone"] for row in now.values()]
    assert len(set(phones)) == len(phones)
    assert all(len(phone) == 12 and phone.isdecimal() for phone in phones)
    query = "select distinct plate_no, plate_color_code, terminal_phone, protocol_version from landed"
    registered = {
        row
        for parsed in landed.values()
        for row in parsed.connection.execute(f"{query} where terminal_record_kind = 'registration'").fetchall()
    }
    for plate, color, phone, edition in registered:
        row = now[plate]
        assert (color, phone, edition) == (row["plate_color_code"], row["terminal_phone"], row["protocol_version"])
    assert {edition for *_, edition in registered} == {"2013", "2019"}
    (clone,) = captures.truth(tiny)["cloned_terminal"].to_pylist()
    assert clone["nearest_km"] > 30
    drove = {(row["plate_no"], row["terminal_phone"]) for row in positions}
    strange = {(plate, phone) for plate, phone in drove if now[plate]["terminal_phone"] != phone}
    assert strange == {(clone["clone_plate_no"], clone["terminal_phone"])}
    assert (clone["plate_no"], clone["terminal_phone"]) in drove


def test_the_register_carries_the_phone(tiny: World) -> None:
    register = next(each for each in registers.deliveries(tiny) if each.feed == "monitored_vehicle")
    assert register.table is not None
    given = dict(
        zip(register.table["terminal_no"].to_pylist(), register.table["terminal_phone"].to_pylist(), strict=True)
    )
    assert len(given) > 20
    assert all((number is None) == (phone is None) for number, phone in given.items())


# --- what is planted in the tracks ---------------------------------------------------------------
def paths(world: World) -> Iterator[tuple[str, date, list[tuple[int, float, float, float]]]]:
    """By plate and day: second of the day, latitude, longitude, speed of every point that was made with a fix."""
    for day in tracks.position_days(world):
        for number, vehicle in enumerate(tracks.tracked(world)):
            track = tracks.track(world, number, day)
            values = (track.second, track.latitude, track.longitude, track.speed_kmh)
            yield vehicle["plate_no"], day, list(zip(*(each.tolist() for each in values), strict=True))


def planted(world: World, *kinds: str) -> dict[tuple[str, date], list[dict[str, Any]]]:
    found: dict[tuple[str, date], list[dict[str, Any]]] = {}
    for row in captures.truth(world)["track_stretch"].to_pylist():
        if row["kind"] in kinds:
            found.setdefault((row["plate_no"], row["from_at"].date()), []).append(row)
    return found


def test_every_kind_of_stretch_is_planted_on_every_day(tiny: World) -> None:
    of_kind: dict[str, set[date]] = {}
    for row in captures.truth(tiny)["track_stretch"].to_pylist():
        of_kind.setdefault(row["kind"], set()).add(row["from_at"].date())
    assert of_kind == {kind: set(tracks.position_days(tiny)) for kind in KINDS}


def longest_drive_s(path: list[tuple[int, float, float, float]]) -> tuple[int, int]:
    """The longest drive without 20 minutes of rest (begin, end), counted point by point."""
    best = (0, 0)
    begin = last = rests_since = None
    for second, _, _, speed in path:
        if speed > 5:
            if begin is None or (rests_since is not None and second - rests_since >= 1_200):
                begin = second
            last, rests_since = second, None
            if last - begin > best[1] - best[0]:
                best = (begin, last)
        elif rests_since is None:
            rests_since = second
    return best


def test_only_the_planted_vehicle_drives_five_hours_without_a_rest(tiny: World) -> None:
    told = planted(tiny, "long_drive")
    for plate, day, path in paths(tiny):
        begin, end = longest_drive_s(path)
        midnight = datetime.combine(day, datetime.min.time())
        if (plate, day) in told:
            (row,) = told[plate, day]
            assert (row["from_at"], row["to_at"]) == (
                midnight + timedelta(seconds=begin), midnight + timedelta(seconds=end),
            )  # fmt: skip
            assert end - begin >= 5 * 3_600
            assert row["longest_stop_s"] < 1_200
        else:
            assert end - begin < 4 * 3_600, (plate, day)


def test_only_planted_vehicles_drive_at_night_too_fast_or_far_in_silence(tiny: World) -> None:
    night, fast, lost = (planted(tiny, kind) for kind in ("night_drive", "overspeed", "lost"))
    silent = planted(tiny, "silent_move", "switched_off")
    for plate, day, path in paths(tiny):
        key = (plate, day)
        at_night = sum(speed > 5 and 7_200 <= second < 18_000 for second, _, _, speed in path)
        assert at_night == sum(row["points"] for row in night.get(key, [])), key
        over = sum(speed > 80 for *_, speed in path)
        assert over == sum(row["points"] for row in fast.get(key, [])), key
        steps = pairwise(path)
        gaps = [(a, b) for a, b in steps if b[0] - a[0] > 300]
        assert len(gaps) == len(silent.get(key, [])), key
        for row, (a, b) in zip(silent.get(key, []), gaps, strict=True):
            km = float(tracks.distance_km(np.array([a[1:3]]), np.array([b[1:3]]))[0])
            assert km >= 8
            assert b[0] - a[0] >= 660, "longer than the gap that counts as silence (seeds/kpi_scheme.csv)"
            assert row["distance_km"] == pytest.approx(km, abs=0.001)
    assert len(night) == len(fast) == len(silent) // 2 == len(lost) == 3
    assert all([row["points"] for row in stretches] == [1, 4, 12] for stretches in fast.values())


def test_a_terminal_left_behind_stands_while_its_vehicle_drives(tiny: World) -> None:
    told = planted(tiny, "left_behind")
    assert len(told) == 3
    of = {(plate, day): np.array(path) for plate, day, path in paths(tiny)}
    for (plate, day), (row,) in told.items():
        path = of[plate, day]
        assert row["points"] == len(path)
        assert (path[:, 3] == 0).all()
        assert float(tracks.distance_km(path[:, 1:3], path[[0] * len(path), 1:3]).max()) < 0.05
        number = next(at for at, each in enumerate(tracks.tracked(tiny)) if each["plate_no"] == plate)
        true = tracks.way(tiny, number, day)
        places = np.column_stack([true.latitude, true.longitude])
        assert float(tracks.distance_km(places, places[[0] * len(places)]).max()) > 20


def test_a_receiver_that_hangs_stands_still_and_then_is_far_away(tiny: World) -> None:
    of = {(plate, day): path for plate, day, path in paths(tiny)}
    for key, (row,) in planted(tiny, "stuck").items():
        path = of[key]
        second = {each[0]: at for at, each in enumerate(path)}
        midnight = datetime.combine(key[1], datetime.min.time())
        first, last = (second[int((row[name] - midnight).total_seconds())] for name in ("from_at", "to_at"))
        assert len({each[1:] for each in path[first : last + 1]}) == 1
        before, behind = (np.array([path[at][1:3]]) for at in (last, last + 1))
        assert float(tracks.distance_km(before, behind)[0]) > 8


def test_a_borrowed_stretch_is_what_another_vehicle_sent_before(tiny: World) -> None:
    of = {(plate, day): path for plate, day, path in paths(tiny)}
    told = planted(tiny, "borrowed")
    assert len(told) == 3
    for (plate, day), (row,) in told.items():
        number, source = tracks.lent(tiny, day)
        lender = tracks.tracked(tiny)[number]["plate_no"]
        assert lender != plate
        begin = int((row["from_at"] - datetime.combine(day, datetime.min.time())).total_seconds())
        first = next(at for at, each in enumerate(of[plate, day]) if each[0] == begin)
        copied, theirs = of[plate, day][first : first + 60], of[lender, day][source : source + 60]
        assert [each[1:] for each in copied] == [each[1:] for each in theirs]
        assert begin > theirs[-1][0]


def test_nobody_is_elsewhere_in_the_morning(tiny: World) -> None:
    ends: dict[str, list[tuple[float, float]]] = {}
    for plate, _, path in paths(tiny):
        if path:
            ends.setdefault(plate, []).extend([path[0][1:3], path[-1][1:3]])
    for plate, places in ends.items():
        for evening, morning in zip(places[1::2], places[2::2], strict=False):
            km = float(tracks.distance_km(np.array([evening]), np.array([morning]))[0])
            assert km < 1, plate
    assert len(ends) > 15


def test_a_jump_goes_some_kilometres_and_comes_back(tiny: World) -> None:
    of = {(plate, day): path for plate, day, path in paths(tiny)}
    for key, stretches in planted(tiny, "drift", "abroad").items():
        path = of[key]
        second = {each[0]: at for at, each in enumerate(path)}
        for row in stretches:
            first, last = (
                second[int((row[name] - datetime.combine(key[1], datetime.min.time())).total_seconds())]
                for name in ("from_at", "to_at")
            )
            before, inside, behind = (np.array([path[at][1:3]]) for at in (first - 1, first, last + 1))
            out = float(tracks.distance_km(before, inside)[0])
            assert out > 1_000 if row["kind"] == "abroad" else 3 < out < 12
            assert float(tracks.distance_km(before, behind)[0]) < 4


def test_points_of_a_gap_come_hours_later_in_another_file_or_never(
    tiny: World, delivered: list[Delivery], positions: list[dict[str, Any]]
) -> None:
    came: dict[tuple[str, datetime], list[tuple[str, str]]] = {}
    for row in positions:
        came.setdefault((row["plate_no"], row["positioned_at"]), []).append((row["delivery"], row["report_origin"]))
    files = [each.name for each in delivered]
    others = 0
    for key, stretches in planted(tiny, "backfill", "lost").items():
        for row in stretches:
            at = [row["from_at"] + timedelta(seconds=30 * step) for step in range(row["points"])]
            found = [came.get((key[0], when), []) for when in at]
            if row["kind"] == "lost":
                assert not any(found)
                continue
            assert row["received_at"] - row["to_at"] > timedelta(hours=3)
            if row["received_at"].date() > LAST:
                assert not any(found)
                continue
            arrived = [each for each in found if each]
            # On one day a package of the first thirty points never comes.
            assert len(arrived) in (len(at), len(at) - 30)
            assert {origin for each in arrived for _, origin in each} == {"backfill"}
            last_file = max(files.index(name) for each in arrived for name, _ in each)
            hour = at[0].hour // 6 * 6
            assert last_file > files.index(f"terminal_capture_{at[0]:%Y%m%d}-{hour:02d}.jt808.gz")
            others += any(f"{key[1]:%Y%m%d}" not in name for each in arrived for name, _ in each)
    assert others >= 2, "points of a day that come in a file of the next"


def test_alarms_of_the_alarm_word_are_those_told(tiny: World, positions: list[dict[str, Any]]) -> None:
    """Counted from rising to falling edge over the points in order of time; one bit seen is one alarm."""
    told = captures.truth(tiny)["terminal_alarm_run"].to_pylist()
    assert {row["alarm_bit"] for row in told} == {1, 2, 4}
    of: dict[tuple[str, date], dict[datetime, int]] = {}
    for row in positions:
        of.setdefault((row["plate_no"], row["positioned_at"].date()), {})[row["positioned_at"]] = row["alarm_flags"]
    found = []
    for (plate, _), flags in of.items():
        for bit in (1, 2, 4):
            run: list[datetime] = []
            for when in [*sorted(flags), None]:
                if when is not None and flags[when] >> bit & 1:
                    run.append(when)
                elif run:
                    found.append((plate, bit, run[0], run[-1], len(run)))
                    run = []
    expected = [(row["plate_no"], row["alarm_bit"], row["from_at"], row["to_at"], row["points"]) for row in told]
    assert sorted(found) == sorted(expected)


def test_reports_come_again_after_a_reconnect_under_the_same_serial_or_another(delivered: list[Delivery]) -> None:
    """Both frames of a report are in the capture, or the first was damaged or is in the file before."""
    told: Counter[str] = Counter()
    for each in delivered[:4]:
        decoded = decode(unpacked(each))
        at = dict(zip(*(decoded.frames[name].to_pylist() for name in ("byte_offset", "number")), strict=True))
        serials: dict[str, list[int]] = {}
        of_number = {}
        for row in decoded.locations.to_pylist():
            number, serial = row.pop("number"), row.pop("serial")
            of_number[number] = str(row)
            serials.setdefault(str(row), []).append(serial)
        pairs = 0
        for row in each.truth["capture_damaged"].to_pylist():
            if row["fault"].startswith("resent"):
                found = serials[of_number[at[row["byte_offset"]]]]
                if len(found) > 1:
                    assert (found[0] == found[1]) == (row["fault"] == "resent_same_serial")
                    told[row["fault"]] += 1
                    pairs += 1
        assert sum(len(found) - 1 for found in serials.values()) == pairs, "no other report came twice"
    assert min(told[f"resent_{kind}_serial"] for kind in ("same", "new")) > 20


ANEW = """
import sys
from datetime import date
from pathlib import Path
from etl.demo import generate
from etl.demo.world import world

first, last = map(date.fromisoformat, sys.argv[2:4])
generate.generate(world(7, "tiny", first, last), Path(sys.argv[1]), ("captures",))
"""


def test_the_same_world_sends_the_same_bytes(
    tiny: World, delivered: list[Delivery], tmp_path: Path, elsewhere: Callable[..., str]
) -> None:
    elsewhere(ANEW, tmp_path, FIRST, LAST)
    assert {path.name: path.read_bytes() for path in (tmp_path / "inbox").glob("*/*")} == {
        each.name: each.data for each in delivered
    }
    truths = {
        f"{kind}/{each.name.partition('.')[0]}": table for each in delivered for kind, table in each.truth.items()
    }
    for name, table in {**truths, **captures.truth(tiny)}.items():
        there = pq.read_table(tmp_path / "truth" / f"{name}.parquet")
        assert there.cast(table.schema).equals(table), name  # Parquet has no whole seconds


def test_a_world_of_one_day_has_captures_too() -> None:
    short = world(7, "tiny", LAST, LAST)
    assert [each.day for each in captures.deliveries(short)] == [LAST] * 4
    assert captures.truth(short)["cloned_terminal"].num_rows == 1
