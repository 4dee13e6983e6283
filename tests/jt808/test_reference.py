"""The reference decoder and the encoder against frames whose content is known from elsewhere."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from reference import reference

from etl.jt808 import encode

# Frames worked out by hand from JT/T 808 and T/JSATL 12; every field of them is written beside them.
OVERSPEED = bytes.fromhex(
    "7E0200002C013912345678007D020000000200000003 01935C0706A71605007D01028C005A220615083000"
    "0104 0012D687 03020280 30011F 31010C 6D 7E"
)
PHONE_CALL = bytes.fromhex(
    "7E0200404D0100000000013912345678000200000000004000 0301935C2806A7163C007D01028A005B220615083001"
    "652F 00000007 00 02 02 00 00000000 41 007D01 01935C28 06A7163C 220615083001 0401"
    "41424331323334 220615083001 00 03 00 EA 7E"
)
BACKFILL = bytes.fromhex(
    "7E0704003F0139123456780003 0002 01"
    "001C 00000000 00000003 01932321 06A6E182 0078 01F4 00B4 220615080000"
    "001C 00000000 00000003 01932385 06A6E1E6 0078 01FE 00B4 220615080030 F6 7E"
)
PHONE = "013912345678"


def values(row: dict[str, Any], *names: str) -> list[Any]:
    return [row[name] for name in names]


def outcomes(data: bytes) -> list[str]:
    return [row["detail"] or row["outcome"] for row in reference(data)["frames"]]


# The encoder --------------------------------------------------------------------------------------------------------


def test_the_encoder_writes_the_overspeed_report() -> None:
    items = (
        encode.odometer(123456.7) + encode.recorder_speed(64) + encode.radio_strength(31) + encode.satellite_count(12)
    )
    body = encode.location(
        26.434567, 111.613445, "220615083000",
        alarm_flags=2, altitude_m=125, speed_kmh=65.2, direction_deg=90, items=items,
    )  # fmt: skip
    assert encode.frame(0x0200, PHONE, 0x7E, body) == OVERSPEED


def test_the_encoder_writes_the_phone_call_of_2019() -> None:
    alarm = encode.SafetyAlarm(
        7, 26.4346, 111.6135, "220615083001", type=2, level=2, speed_kmh=65, altitude_m=125, vehicle_state=0x401,
        terminal_no="ABC1234", identity_time="220615083001", attachment_count=3,
    )  # fmt: skip
    body = encode.location(
        26.434600, 111.613500, "220615083001",
        status_flags=0x400003, altitude_m=125, speed_kmh=65.0, direction_deg=91, items=encode.dsm_item(alarm),
    )  # fmt: skip
    assert encode.frame(0x0200, PHONE, 2, body, 2019) == PHONE_CALL


def test_the_encoder_writes_the_backfill() -> None:
    places = [(26.420001, 111.600002, 50.0, "220615080000"), (26.420101, 111.600102, 51.0, "220615080030")]
    bodies = [
        encode.location(latitude, longitude, time, altitude_m=120, speed_kmh=speed, direction_deg=180)
        for latitude, longitude, speed, time in places
    ]
    assert encode.frame(0x0704, PHONE, 3, encode.batch(bodies, 1)) == BACKFILL


def columns(count: int) -> encode.Locations:
    draw = np.random.default_rng(808)
    return encode.Locations(
        phone=13912345678 + np.arange(count),
        serial=np.arange(count) % 65536,
        alarm_flags=draw.integers(0, 1 << 32, count),
        status_flags=draw.integers(0, 4, count),
        latitude=draw.uniform(-90, 90, count),
        longitude=draw.uniform(-180, 180, count),
        altitude_m=draw.integers(0, 5000, count),
        speed_kmh=draw.uniform(0, 120, count),
        direction_deg=draw.integers(0, 360, count),
        positioned_at=np.datetime64("2023-12-31T23:58:20") + np.arange(count).astype("timedelta64[s]"),
        odometer_km=draw.uniform(0, 1e6, count),
        recorder_speed_kmh=draw.uniform(0, 120, count),
        radio_strength=draw.integers(0, 32, count),
        satellite_count=draw.integers(0, 20, count),
    )


def one_frame(rows: encode.Locations, at: int, version: int) -> bytes:
    body = encode.location(
        float(rows.latitude[at]), float(rows.longitude[at]), encode.wire_time(rows.positioned_at[at].astype(datetime)),
        alarm_flags=int(rows.alarm_flags[at]), status_flags=int(rows.status_flags[at]),
        altitude_m=int(rows.altitude_m[at]), speed_kmh=float(rows.speed_kmh[at]),
        direction_deg=int(rows.direction_deg[at]),
        items=encode.odometer(float(rows.odometer_km[at])) + encode.recorder_speed(float(rows.recorder_speed_kmh[at]))
        + encode.radio_strength(int(rows.radio_strength[at])) + encode.satellite_count(int(rows.satellite_count[at])),
    )  # fmt: skip
    return encode.frame(0x0200, str(rows.phone[at]), int(rows.serial[at]), body, version)


@pytest.mark.parametrize("version", [2013, 2019])
def test_frames_made_together_are_the_frames_made_one_by_one(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "_FRAMES_AT_ONCE", 64)
    rows = columns(200)
    written, begins = encode.location_frames(rows, version)
    assert [written[first:last].tobytes() for first, last in pairwise(begins)] == [
        one_frame(rows, at, version) for at in range(len(rows))
    ]
    assert begins[-1] == len(written)


def test_no_locations_make_no_bytes() -> None:
    written, begins = encode.location_frames(columns(0))
    assert (len(written), begins.tolist()) == (0, [0])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: encode.location(4300.0, 0, "220615083000"), "latitude"),
        (lambda: encode.location(26.0, 111.0, "220615083000", speed_kmh=-1), "speed"),
        (lambda: encode.location(26.0, 111.0, "22-6-15"), "time"),
        (lambda: encode.item(1, bytes(256)), "item length"),
        (lambda: encode.frame(0x0200, "1234567890123", 0), "phone"),
        (lambda: encode.frame(0x0200, "1", 65536), "serial"),
        (lambda: encode.frame(0x0900, "1", 0, bytes(1024)), "packages"),
        (lambda: encode.registration("ABCDEF", "", "", ""), "maker"),
        (lambda: encode.wire_time(datetime(1999, 1, 1)), "1999"),
    ],
)
def test_what_does_not_fit_is_named(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("name", ["phone", "altitude_m", "speed_kmh", "odometer_km", "radio_strength"])
def test_a_column_that_does_not_fit_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=name.split("_")[0]):
        encode.location_frames(replace(columns(3), **{name: np.array([1, -1, 1])}))


# The reference decoder ----------------------------------------------------------------------------------------------


def test_the_overspeed_report_is_read() -> None:
    tables = reference(OVERSPEED)
    (frame,), (row,) = tables["frames"], tables["locations"]
    assert values(frame, "byte_offset", "length", "outcome", "msg_id", "protocol_version", "phone", "serial") == [
        0, len(OVERSPEED), "decoded", 0x0200, 2013, PHONE, 0x7E,
    ]  # fmt: skip
    assert values(row, "latitude", "longitude", "altitude_m", "speed_kmh", "direction_deg", "alarm_flags") == [
        26.434567, 111.613445, 125, 65.2, 90, 2,
    ]  # fmt: skip
    assert values(row, "positioned_at", "odometer_km", "recorder_speed_kmh", "radio_strength", "satellite_count") == [
        datetime(2022, 6, 15, 8, 30), 123456.7, 64.0, 31, 12,
    ]  # fmt: skip
    assert values(row, "fuel_l", "other_items", "cut_items") == [None, None, None]


def test_the_phone_call_is_read() -> None:
    tables = reference(PHONE_CALL)
    (frame,), (alarm,) = tables["frames"], tables["safety_alarms"]
    assert values(frame, "outcome", "protocol_version", "phone") == ["decoded", 2019, "00000000" + PHONE]
    assert values(alarm, "item", "ordinal", "profile", "alarm_id", "type", "level", "own_speed_kmh", "altitude_m") == [
        0x65, 0, "su", 7, 2, 2, 65, 125,
    ]  # fmt: skip
    assert values(alarm, "latitude", "longitude", "alarmed_at", "vehicle_state", "terminal_no", "attachment_count") == [
        26.4346, 111.6135, datetime(2022, 6, 15, 8, 30, 1), 0x401, "ABC1234", 3,
    ]  # fmt: skip


def test_the_backfill_is_read() -> None:
    rows = reference(BACKFILL)["locations"]
    assert [values(row, "position", "origin", "latitude", "speed_kmh", "positioned_at") for row in rows] == [
        [0, "backfill", 26.420001, 50.0, datetime(2022, 6, 15, 8, 0, 0)],
        [1, "backfill", 26.420101, 51.0, datetime(2022, 6, 15, 8, 0, 30)],
    ]


@pytest.mark.parametrize(
    ("stream", "rows"),
    [
        ("7E A 7E", [(0, 3)]),
        ("7E A 7E 7E A 7E", [(0, 3), (3, 3)]),
        ("7E A 7E A 7E", [(0, 2), (2, 3)]),
        ("A 7E A 7E", [(0, 1), (1, 3)]),
        ("7E 7E A 7E 7E", [(0, 5)]),
        ("7E A 7E A", [(0, 2), (2, 2)]),
        ("A", [(0, 1)]),
        ("7E 7E", [(0, 2)]),
        ("", []),
    ],
)
def test_a_row_begins_at_the_flag_before_its_candidate(stream: str, rows: list[tuple[int, int]]) -> None:
    data = bytes.fromhex(stream.replace("A", "55"))
    assert [(row["byte_offset"], row["length"]) for row in reference(data)["frames"]] == rows


HEARTBEAT = encode.frame(0x0002, PHONE, 1)


@pytest.mark.parametrize(
    ("stream", "detail"),
    [
        (HEARTBEAT, "decoded"),
        (HEARTBEAT[1:], "cut"),
        (HEARTBEAT[:-1], "cut"),
        (b"\x7e" + bytes(2091) + b"\x7e", "length"),
        (b"\x7e\x7d\x03\x7e", "escape"),
        (b"\x7e\x00\x7d\x7e", "escape"),
        (b"\x7e" + bytes(12) + b"\x7e", "short"),
        (b"\x7e" + bytes.fromhex("0002 4000") + bytes(13) + b"\x7e", "short"),
        (HEARTBEAT[:-2] + b"\x55\x7e", "checksum"),
        (encode.enclose(encode.header(0x0002, PHONE, 1, 1)), "length"),
        (encode.frame(0x0002, "01391234567A", 1), "phone"),
        (encode.frame(0x0002, PHONE, 1, encryption=1), "encrypted"),
        (encode.frame(0x0200, PHONE, 1, bytes(27)), "body"),
        (encode.frame(0x0201, PHONE, 1, bytes(29)), "body"),
        (encode.frame(0x0704, PHONE, 1, encode.batch([]) + b"\0"), "body"),
        (encode.frame(0x0200, PHONE, 1, encode.location(1, 1, "22061508300A")), "time"),
        (encode.frame(0x0200, PHONE, 1, encode.location(1, 1, "000000000000")), "decoded"),
        (encode.frame(0x0002, PHONE, 1, package=(2, 3)), "index"),
        (encode.frame(0x0002, PHONE, 1, package=(0, 0)), "index"),
        (encode.frame(0x0002, PHONE, 1, package=(2, 1)), "unfinished"),
        (encode.frame(0x0900, PHONE, 1), "other"),
    ],
)
def test_every_fault_has_its_word(stream: bytes, detail: str) -> None:
    assert outcomes(stream) == [detail]


def test_sub_packages_in_any_order_become_one_message() -> None:
    body = encode.location(26.434567, 111.613445, "220615083000", items=encode.odometer(5))
    first, second, third = encode.packages(0x0200, PHONE, 65535, body, size=13)
    tables = reference(third + first + first + HEARTBEAT + second + second)
    assert [row["detail"] or row["outcome"] for row in tables["frames"]] == [*["decoded"] * 5, "unfinished"]
    assert [values(row, "number", "serial", "odometer_km") for row in tables["locations"]] == [[4, 0, 5.0]]


def test_another_total_is_a_contradiction() -> None:
    stream = encode.frame(0x0900, PHONE, 5, b"a", package=(2, 1)) + encode.frame(0x0900, PHONE, 6, b"b", package=(3, 2))
    assert outcomes(stream) == ["unfinished", "total"]


def test_of_an_item_that_comes_twice_the_last_counts() -> None:
    items = (
        encode.odometer(1) + encode.item(0x02, b"\1") + encode.odometer(2) + encode.item(0xE1, b"x") + b"\x30\x05\x01"
    )
    (row,) = reference(encode.frame(0x0200, PHONE, 1, encode.location(0, 0, "220615083000", items=items)))["locations"]
    assert row["odometer_km"] == 2.0
    assert row["other_items"] == encode.odometer(1) + b"\x02\x01\x01" + b"\xe1\x01x"
    assert row["cut_items"] == b"\x30\x05\x01"


@pytest.mark.parametrize("edition", [2011, 2013, 2019])
def test_a_registration_is_read_in_each_edition(edition: int) -> None:
    version = 2019 if edition == 2019 else 2013
    body = encode.registration(
        "70111", "HENG", "0001234", "湘M12345", province_code=43, city_code=1100, version=edition
    )
    (row,) = reference(encode.frame(0x0100, PHONE, 1, body, version))["registrations"]
    assert values(row, "protocol_version", "province_code", "city_code", "maker", "terminal_model") == [
        edition, 43, 1100, "70111", "HENG",
    ]  # fmt: skip
    assert values(row, "terminal_no", "plate_color_code", "plate_no", "vin") == ["0001234", 2, "湘M12345", None]


@pytest.mark.parametrize("edition", [2011, 2013])
def test_an_unplated_vehicle_registers_its_vin(edition: int) -> None:
    body = encode.registration("", "", "", "LSVNV2182E2100001", plate_color_code=0, version=edition)
    (row,) = reference(encode.frame(0x0100, PHONE, 1, body))["registrations"]
    assert values(row, "plate_no", "vin") == [None, "LSVNV2182E2100001"]


@pytest.mark.parametrize(("version", "rest"), [(2013, [None, None]), (2019, ["868120000000001", "v1.2"])])
def test_of_an_authentication_only_length_and_digest_are_kept(version: int, rest: list[str | None]) -> None:
    body = encode.authentication("abc", "868120000000001", "v1.2", version)
    (row,) = reference(encode.frame(0x0102, PHONE, 1, body, version))["authentications"]
    # The digest of "abc" is the first example of FIPS 180-2.
    assert values(row, "auth_code_length", "auth_code_digest", "imei", "software") == [3, "ba7816bf8f01cfea", *rest]


def test_a_driver_card_is_read() -> None:
    body = encode.driver_card(
        1, "220615083000", 0,
        driver_name="王五", certificate_no="43110001", authority="永州", expires_on="20300131",
        citizen_id="43119919800101001X",
    )  # fmt: skip
    (row,) = reference(encode.frame(0x0702, PHONE, 1, body, 2019))["driver_cards"]
    assert values(row, "status", "card_at", "result", "driver_name", "certificate_no", "authority", "citizen_id") == [
        1, datetime(2022, 6, 15, 8, 30), 0, "王五", "43110001", "永州", "43119919800101001X",
    ]  # fmt: skip
    assert row["expires_on"] == date(2030, 1, 31)


def test_the_identity_of_a_driver_in_the_2011_edition_is_read() -> None:
    body = encode.identity_of_2011("王五", "43119919800101001X", "43110001", "永州")
    (row,) = reference(encode.frame(0x0702, PHONE, 1, body))["driver_cards"]
    assert values(row, "status", "card_at", "result", "expires_on") == [None] * 4
    assert values(row, "driver_name", "certificate_no", "authority", "citizen_id") == [
        "王五", "43110001", "永州", "43119919800101001X",
    ]  # fmt: skip


@pytest.mark.parametrize("profile", ["su", "yue"])
def test_the_safety_items_of_each_profile_are_read(profile: str) -> None:
    alarm = encode.SafetyAlarm(
        9, 26.5, 111.5, "220615083000", flag=1, type=3, level=2, speed_kmh=66, altitude_m=99, vehicle_state=5,
        terminal_no="HENG001", identity_time="220615083001", identity_serial=4, attachment_count=2, profile=profile,
    )  # fmt: skip
    wheels = [encode.Wheel(1, 4, 700, 30, 80), encode.Wheel(2, 2, 900, 60, 70)]
    items = encode.adas_item(alarm, 55, 12, 1, 2, 45) + encode.bsd_item(alarm) + encode.tpms_item(alarm, wheels)
    body = encode.location(0, 0, "220615083000", items=items)
    rows = reference(encode.frame(0x0200, PHONE, 1, body))["safety_alarms"]
    common = ("profile", "alarm_id", "flag", "own_speed_kmh", "altitude_m", "latitude", "longitude", "vehicle_state")
    identity = ("terminal_no", "identity_at", "identity_serial", "attachment_count", "rest")
    for row in rows:
        assert values(row, *common) == [profile, 9, 1, 66, 99, 26.5, 111.5, 5]
        assert values(row, *identity) == ["HENG001", datetime(2022, 6, 15, 8, 30, 1), 4, 2, b""]
    assert [values(row, "item", "type", "level") for row in rows] == [[0x64, 3, 2], [0x67, 3, None], [0x66, None, None]]
    detail = ("front_speed_kmh", "front_distance_ds", "deviation", "sign_type", "sign_value")
    assert values(rows[0], *detail) == [55, 12, 1, 2, 45]
    assert [list(wheel.values()) for wheel in rows[2]["wheels"]] == [[1, 4, 700, 30, 80], [2, 2, 900, 60, 70]]


def test_aggressive_driving_is_read_in_the_profile_that_knows_it() -> None:
    alarm = encode.SafetyAlarm(
        9, 26.5, 111.5, "220615083000", flag=1, type=3, speed_kmh=66, terminal_no="HENG001", attachment_count=2
    )
    items = encode.aggressive_item(alarm, 5, 40, 3000)
    body = encode.location(0, 0, "220615083000", items=items + encode.item(0x70, items[2:] + bytes(24)))
    tables = reference(encode.frame(0x0200, PHONE, 1, body))
    (row,) = tables["safety_alarms"]
    assert values(row, "item", "profile", "type", "level", "own_speed_kmh") == [0x70, "su", 3, None, 66]
    assert values(row, "threshold_s", "threshold_1", "threshold_2") == [5, 40, 3000]
    assert values(row, "terminal_no", "attachment_count", "rest") == ["HENG001", 2, b""]
    assert tables["locations"][0]["other_items"][:2] == bytes([0x70, 71])


# Real frames --------------------------------------------------------------------------------------------------------


def test_real_frames_agree_with_another_decoder(real_records: list[dict[str, Any]]) -> None:
    """Every frame an independent decoder accepted is a frame here, and its positions are the same."""
    names = {"lat": "latitude", "lon": "longitude", "altitude_m": "altitude_m", "speed_kmh": "speed_kmh"}
    names |= {"direction_deg": "direction_deg", "alarm": "alarm_flags", "status": "status_flags"}
    compared = Counter[str]()
    for record in real_records:
        other = record["decoder_go_jt808"] or {}
        if record["kind"] != "frame" or "msg_id" not in other:
            continue
        tables = reference(bytes.fromhex(record["hex"]))
        row = tables["frames"][0]
        assert (row["msg_id"], row["serial"]) == (int(other["msg_id"], 16), other["serial"]), record["id"]
        assert row["phone"].lstrip("0") == other["phone"].lstrip("0"), record["id"]
        compared["frames"] += 1
        if "lat" in other and row["outcome"] == "decoded":
            (place,) = tables["locations"]
            for theirs, ours in names.items():
                assert place[ours] == pytest.approx(other[theirs], abs=1e-9), (record["id"], theirs)
            compared["locations"] += 1
    assert compared["frames"] > 300
    assert compared["locations"] > 50
