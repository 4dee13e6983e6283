"""Every message by itself: what its fields become, and what is refused."""

import struct
from datetime import datetime
from typing import Any

import messages_809 as m
import pytest
import reference_809
from hypothesis import given
from reading_809 import Row, in_pieces, quick, rows, without_nulls
from streams_809 import mutated

from etl.jt809 import decode, layouts, splitting


def only(table: str, data: bytes) -> Row:
    """The one row of a table, without its nulls; every other table of records is empty."""
    decoded = decode(data)
    found = {name: rows(value) for name, value in vars(decoded).items() if name != "frames"}
    (row,) = found.pop(table)
    assert not any(found.values())
    return row


def detail(data: bytes) -> str | None:
    """Why the one frame is refused."""
    (frame,) = decode(data).frames.to_pylist()
    assert (frame["outcome"] == "quarantined") == (frame["reason"] == "R-FRAME") == (frame["detail"] is not None)
    return frame["detail"]


def test_the_vector_of_the_domain_notes() -> None:
    (frame,) = rows(decode(m.V4).frames)
    assert frame == {
        "number": 0, "byte_offset": 0, "length": 93, "outcome": "decoded", "msg_id": 0x1200, "sub_id": 0x1202,
        "platform_code": 43110001, "serial": 1, "protocol_version": 2011, "version": "1.0.0", "plate_no": "湘M12345",
        "plate_color_code": 2, "body_length": 64,
    }  # fmt: skip
    assert only("locations", m.V4) == {
        "number": 0, "platform_code": 43110001, "serial": 1, "protocol_version": 2011, "plate_no": "湘M12345",
        "plate_color_code": 2, "position": 0, "origin": "report", "is_encrypted": False, "alarm_flags": 2,
        "status_flags": 3, "latitude": 26.434567, "longitude": 111.613445, "altitude_m": 125, "speed_kmh": 65.0,
        "recorder_speed_kmh": 64.0, "odometer_km": 123456.0, "direction_deg": 90,
        "positioned_at": datetime(2022, 6, 15, 8, 30), "time_hex": "0f0607e6081e00",
    }  # fmt: skip


def test_the_messages_of_the_tests_reproduce_the_vector() -> None:
    assert m.frame(0x1200, m.vehicle(0x1202, m.position_2011())) == m.V4


def test_south_and_west_are_negative() -> None:
    row = only("locations", m.frame(0x1200, m.vehicle(0x1202, m.position_2011(status=0b1110))))
    assert (row["latitude"], row["longitude"]) == (-26.434567, -111.613445)


def test_a_backfill_has_a_row_a_position() -> None:
    dates = [(2022, 6, 15, 8, 30, second) for second in range(3)]
    body = b"\x03" + b"".join(m.position_2011(date=date) for date in dates)
    found = rows(decode(m.frame(0x1200, m.vehicle(0x1203, body))).locations)
    assert [(row["position"], row["origin"], row["positioned_at"]) for row in found] == [
        (place, "backfill", datetime(*date)) for place, date in enumerate(dates)
    ]


def test_a_position_of_2019_embeds_a_location_with_its_items_and_alarms() -> None:
    dsm = bytes.fromhex("00000007 00 02 02 00 00 00 00 00 41 007D 01935C28 06A7163C 220615083001 0401") + bytes.fromhex(
        "41424331323334 220615083001 00 03 00"
    )
    items = b"\x01\x04\x00\x12\xd6\x87\x03\x02\x02\x80\xe1\x02ab\x65" + bytes([len(dsm)]) + dsm
    body = m.position_2019(m.location_808(items=items), encryption=1, tail=m.platforms() + b"zz")
    decoded = decode(m.frame(0x1200, m.vehicle(0x1202, body), sent_s=m.UTC_2024))
    (frame,), (row,), (alarm,) = rows(decoded.frames), rows(decoded.locations), rows(decoded.safety_alarms)
    assert (frame["protocol_version"], frame["sent_s"]) == (2019, m.UTC_2024)
    assert frame["sent_at"] == datetime(2024, 6, 1, 8, 0)
    assert row == {
        "number": 0, "platform_code": 43110001, "serial": 1, "protocol_version": 2019, "plate_no": "湘M12345",
        "plate_color_code": 2, "position": 0, "origin": "report", "is_encrypted": True, "alarm_flags": 2,
        "status_flags": 3, "latitude": 26.434567, "longitude": 111.613445, "altitude_m": 125, "speed_kmh": 65.2,
        "recorder_speed_kmh": 64.0, "odometer_km": 123456.7, "direction_deg": 90,
        "positioned_at": datetime(2022, 6, 15, 8, 30), "time_bcd": "220615083000", "other_items": b"\xe1\x02ab",
        "enterprise_platform": "43110000001", "enterprise_alarm_flags": 1, "city_platform": "43110000002",
        "city_alarm_flags": 2, "province_platform": "43000000003", "province_alarm_flags": 4, "rest": b"zz",
    }  # fmt: skip
    assert (alarm["number"], alarm["item"], alarm["type"], alarm["own_speed_kmh"]) == (0, 0x65, 2, 65)
    assert (alarm["terminal_no"], alarm["attachment_count"]) == ("ABC1234", 3)


def test_versions_in_one_block_keep_the_order_of_the_stream() -> None:
    old = m.frame(0x1200, m.vehicle(0x1202, m.position_2011()))
    new = m.frame(0x1200, m.vehicle(0x1203, b"\x02" + m.position_2019(m.location_808()) * 2), sent_s=m.UTC_2024)
    found = rows(decode(old + new + old).locations)
    assert [(row["number"], row["position"]) for row in found] == [(0, 0), (1, 0), (1, 1), (2, 0)]
    assert not [row for row in found if "rest" in row]


ALARM = {
    "number": 0, "platform_code": 43110001, "serial": 1, "plate_no": "湘M12345", "plate_color_code": 2,
}  # fmt: skip


def test_an_alarm_of_2011() -> None:
    data = m.frame(0x1400, m.vehicle(0x1402, m.alarm_2011("超速".encode("gbk")) + b"!"))
    assert only("alarms", data) == ALARM | {
        "protocol_version": 2011, "sub_id": 0x1402, "source_code": 1, "type_code": 1, "alarmed_s": m.UTC_2024,
        "alarmed_at": datetime(2024, 6, 1, 8, 0), "info_id": 7, "info_length": 4, "info": "超速", "rest": b"!",
    }  # fmt: skip


@pytest.mark.parametrize("sub_id", [0x1402, 0x1403])
@pytest.mark.parametrize("head", [m.short, m.vehicle])
def test_an_alarm_of_2019_names_its_vehicle_itself(sub_id: int, head: Any) -> None:
    row = only("alarms", m.frame(0x1400, head(sub_id, m.alarm_2019(b"text")), sent_s=m.UTC_2024))
    assert row == ALARM | {
        "protocol_version": 2019, "sub_id": sub_id, "source_platform": "43110000001", "type_code": 0x10,
        "alarmed_s": m.UTC_2024 + 5, "alarmed_at": datetime(2024, 6, 1, 8, 0, 5), "began_s": m.UTC_2024,
        "began_at": datetime(2024, 6, 1, 8, 0), "ended_s": m.UTC_2024 + 9,
        "ended_at": datetime(2024, 6, 1, 8, 0, 9), "target_platform": "43110000002", "route_id": 99, "info_length": 4,
        "info": "text",
    }  # fmt: skip


def test_a_text_that_runs_past_the_message_is_kept_as_bytes() -> None:
    body = m.alarm_2011(b"12345678")[:-3]
    row = only("alarms", m.frame(0x1400, m.vehicle(0x1402, body)))
    assert (row["info_length"], row["rest"]) == (8, b"12345")
    assert "info" not in row


@pytest.mark.parametrize("at", [0, m.UTC_2024 * 1_000_000, (1 << 64) - 1])
def test_a_time_that_is_none_is_kept_as_sent(at: int) -> None:
    row = only("alarms", m.frame(0x1400, m.vehicle(0x1402, m.alarm_2011(at=at))))
    assert row["alarmed_s"] == at
    assert "alarmed_at" not in row


@pytest.mark.parametrize(
    ("table", "sub_id", "body", "sent_s", "expected"),
    [
        ("handlings", 0x1403, struct.pack(">IB", 7, 1), None, {"info_id": 7, "result_code": 1}),
        ("handlings", 0x1403, struct.pack(">IB", 7, 1), m.UTC_2024, {"info_id": 7, "result_code": 1}),
        ("replies", 0x1401, struct.pack(">IB", 7, 3), None, {"supervision_id": 7, "result_code": 3}),
        (
            "replies", 0x1401, struct.pack(">IB", 7, 3) + b"x", None,
            {"supervision_id": 7, "result_code": 3, "rest": b"x"},
        ),
        (
            "handlings", 0x1412, struct.pack(">HIB", 0x9401, 55, 2), m.UTC_2024,
            {"source_sub_id": 0x9401, "source_serial": 55, "result_code": 2},
        ),
        (
            "replies", 0x1411, struct.pack(">HIB", 0x9401, 55, 2), m.UTC_2024,
            {"source_sub_id": 0x9401, "source_serial": 55, "result_code": 2},
        ),
    ],
)  # fmt: skip
def test_results(table: str, sub_id: int, body: bytes, sent_s: int | None, expected: Row) -> None:
    row = only(table, m.frame(0x1400, m.vehicle(sub_id, body), sent_s=sent_s))
    assert row == ALARM | {"sub_id": sub_id, "protocol_version": 2019 if sent_s else 2011} | expected


def test_a_body_that_fits_one_version_is_read_by_it_whatever_the_header() -> None:
    new = only("alarms", m.frame(0x1400, m.vehicle(0x1402, m.alarm_2019(b"text"))))
    assert (new["protocol_version"], new["source_platform"], new["info"]) == (2011, "43110000001", "text")
    old = only("alarms", m.frame(0x1400, m.short(0x1402, m.alarm_2011(b"text")), sent_s=m.UTC_2024))
    assert (old["protocol_version"], old["source_code"], old["info"]) == (2019, 1, "text")
    answer = only("replies", m.frame(0x1400, m.vehicle(0x1401, struct.pack(">HIB", 0x9401, 55, 2))))
    assert (answer["source_serial"], answer["result_code"]) == (55, 2)


def test_supervision_requests() -> None:
    old = only("supervisions", m.frame(0x9400, m.vehicle(0x9401, m.supervision_2011())))
    assert old == ALARM | {
        "protocol_version": 2011, "sub_id": 0x9401, "source_code": 3, "type_code": 2, "alarmed_s": m.UTC_2024,
        "alarmed_at": datetime(2024, 6, 1, 8, 0), "supervision_id": 77, "due_s": m.UTC_2024 + 3600,
        "due_at": datetime(2024, 6, 1, 9, 0), "level_code": 1, "supervisor": "王某",
        "supervisor_phone": "07460000000", "supervisor_email": "a@example.org",
    }  # fmt: skip
    new = only("supervisions", m.frame(0x9400, m.short(0x9401, m.supervision_2019()), sent_s=m.UTC_2024))
    assert "plate_no" not in new
    assert (new["source_platform"], new["source_sub_id"], new["source_serial"]) == ("43000000003", 0x1402, 55)
    assert (new["supervisor"], new["level_code"], new["due_at"]) == ("李某", 0, datetime(2024, 6, 1, 9, 0))


NO_TIME = m.position_2019(m.location_808(time=b"\x2a" + bytes(5)))


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ("escape", m.V4.replace(b"\x5a\x02", b"\x5a\x03")),
        ("escape", m.V4[:-1] + b"\x5e\x5d"),
        ("short", b"\x5b\x5d"),
        ("short", m.enclose(bytes(21))),
        ("checksum", m.V4[:40] + b"\x31" + m.V4[41:]),
        ("length", m.frame(0x1005, b"", length_off=1)),
        ("encrypted", m.frame(0x1200, m.vehicle(0x1202, m.position_2011()), encryption=1)),
        ("body", m.frame(0x1200, m.vehicle(0x1202, m.position_2011(), length_off=1))),
        ("body", m.frame(0x1200, m.vehicle(0x1202, m.position_2011()[:-1]))),
        ("body", m.frame(0x1200, m.vehicle(0x1203, b"\x02" + m.position_2011()))),
        ("body", m.frame(0x1200, m.vehicle(0x1203, b"\x00" + m.position_2011()))),
        ("body", m.frame(0x1200, m.vehicle(0x1203, b""))),
        ("body", m.frame(0x1200, m.vehicle(0x1202, m.position_2019(bytes(27))), sent_s=m.UTC_2024)),
        ("body", m.frame(0x1200, m.vehicle(0x1203, b"\x01" + m.position_2019(bytes(28), tail=b"")), sent_s=m.UTC_2024)),
        ("body", m.frame(0x1400, m.vehicle(0x1402, m.alarm_2011()[:-1]))),
        ("body", m.frame(0x9400, m.vehicle(0x9401, bytes(91)))),
        ("time", m.frame(0x1200, m.vehicle(0x1202, NO_TIME), sent_s=m.UTC_2024)),
        ("cut", m.V4[:-1]),
        ("outside", m.V4[1:]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_refused(expected: str, data: bytes) -> None:
    assert detail(data) == expected
    decoded = decode(data)
    assert not any(getattr(decoded, name).num_rows for name in vars(decoded) if name != "frames")


def test_a_refused_frame_shows_the_header_it_has() -> None:
    (frame,) = rows(decode(m.V4[:40] + b"\x31" + m.V4[41:]).frames)
    assert (frame["msg_id"], frame["serial"], frame["platform_code"]) == (0x1200, 1, 43110001)
    (frame,) = rows(decode(m.frame(0x1200, m.vehicle(0x1202, b""))).frames)
    assert (frame["detail"], frame["sub_id"], frame["plate_no"]) == ("body", 0x1202, "湘M12345")


def test_other_messages_are_counted() -> None:
    data = m.frame(0x1005, b"") + m.frame(0x1500, m.vehicle(0x1501, b"\x00")) + m.frame(0x9999, b"?", sent_s=1)
    frames = decode(data).frames.to_pylist()
    assert [(row["outcome"], row["msg_id"], row["sub_id"]) for row in frames] == [
        ("other", 0x1005, None), ("other", 0x1500, 0x1501), ("other", 0x9999, None),
    ]  # fmt: skip


def test_an_id_of_another_family_is_not_decoded() -> None:
    (frame,) = decode(m.frame(0x1400, m.vehicle(0x1202, m.position_2011()))).frames.to_pylist()
    assert frame["outcome"] == "other"


@pytest.mark.parametrize("version", [b"\x01\x00\x00", b"\x01\x02\x0f", b"\x02\x00\x00"])
@pytest.mark.parametrize("sent_s", [0, 1, 1 << 40, m.UTC_2024])
def test_where_the_sub_message_fits_decides_the_version(version: bytes, sent_s: int) -> None:
    new = m.frame(0x1200, m.vehicle(0x1202, m.position_2019(m.location_808())), sent_s=sent_s, version=version)
    old = m.frame(0x1200, m.vehicle(0x1202, m.position_2011(), plate=""), version=version)
    assert [row["protocol_version"] for row in decode(new + old).frames.to_pylist()] == [2019, 2011]


def test_without_a_sub_message_a_plausible_time_decides_the_version() -> None:
    with_time = [m.frame(0x1005, b"", sent_s=m.UTC_2024), m.frame(0x1001, bytes(50), sent_s=m.UTC_2024)]
    without = [m.frame(0x1005, b""), m.frame(0x1001, struct.pack(">I", 43110001) + bytes(46)), m.frame(0x1005, b"1234")]
    found = [row["protocol_version"] for row in decode(b"".join(with_time + without)).frames.to_pylist()]
    assert found == [2019, 2019, 2011, 2011, 2011]


@pytest.mark.parametrize(
    "plate",
    [
        "湘M12345",
        "湘MD12345",
        "湘M12345学",
        "湘M1234",
        "湘M\x002345",
        "M12345",
        "",
        "湘M 2345 ",
        "粤Z1234港",
        "湘M1234\n",
    ],
)
def test_plates_of_every_form(plate: str) -> None:
    other = m.frame(0x1200, m.vehicle(0x1202, m.position_2011(), plate="川A00001"))
    data = other + m.frame(0x1200, m.vehicle(0x1202, m.position_2011(), plate=plate)) + other
    found = [row["plate_no"] for row in decode(data).frames.to_pylist()]
    assert found == ["川A00001", plate.rstrip(" "), "川A00001"]


def test_a_plate_that_is_no_text_keeps_its_bytes() -> None:
    body = b"\xcf\xe6\xff12".ljust(21, b"\0") + struct.pack(">BHI", 2, 0x1202, 36) + m.position_2011()
    assert only("locations", m.frame(0x1200, body))["plate_no"] == "湘\\xff12"


@pytest.mark.parametrize("limit", [60, 91, 92])
def test_a_row_past_the_limit_is_refused_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(splitting, "MAX_WIRE_BYTES", limit)
    data = m.V4 + m.V4[:-1] + m.frame(0x1005, b"")
    expected = ["length", "length", None] if limit < 91 else [None, "cut", None]
    for decoded in (decode(data), in_pieces(data, list(range(len(data))))):
        assert [row["detail"] for row in decoded.frames.to_pylist()] == expected


@quick
@given(mutated())
def test_streams_with_rows_past_the_limit(data: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "MAX_WIRE_BYTES", 100)
        patch.setattr(reference_809, "MAX_WIRE", 100)
        expected = reference_809.reference(data)["frames"]
        assert rows(decode(data).frames) == without_nulls(expected)
        assert rows(in_pieces(data, list(range(0, len(data), 50))).frames) == rows(decode(data).frames)


def test_layouts_are_as_long_as_the_standard_says() -> None:
    sizes = {
        layouts.HEADER_2011: 22, layouts.HEADER_2019: 30, layouts.VEHICLE_HEAD: 28, layouts.POSITION_2011: 36,
        layouts.PLATFORM_ALARMS: 45, layouts.SUPERVISION_2011: 92,
    }  # fmt: skip
    assert {layout: layout.size for layout in sizes} == sizes
