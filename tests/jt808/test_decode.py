"""Framing, sub-packages, items: the bulk decoder's rules one by one, and its fast ways against the plain reference."""

import tracemalloc
from datetime import datetime
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from reference import TABLES, reference

from etl.jt808 import Decoded, Decoder, bulk, decode, encode, layouts
from etl.jt808.packages import Packages
from etl.jt808.schemas import SCHEMAS, joined

Row = dict[str, Any]
# Domain table 5.6.
V1 = bytes.fromhex(
    "7E 02 00 00 2C 01 39 12 34 56 78 00 7D 02 00 00 00 02 00 00 00 03 01 93 5C 07 06 A7 16 05 00 7D 01 02 8C 00 5A 22"
    "06 15 08 30 00 01 04 00 12 D6 87 03 02 02 80 30 01 1F 31 01 0C 6D 7E"
)
V2 = bytes.fromhex(
    "7E 02 00 40 4D 01 00 00 00 00 01 39 12 34 56 78 00 02 00 00 00 00 00 40 00 03 01 93 5C 28 06 A7 16 3C 00 7D 01 02"
    "8A 00 5B 22 06 15 08 30 01 65 2F 00 00 00 07 00 02 02 00 00 00 00 00 41 00 7D 01 01 93 5C 28 06 A7 16 3C 22 06 15"
    "08 30 01 04 01 41 42 43 31 32 33 34 22 06 15 08 30 01 00 03 00 EA 7E"
)
V3 = bytes.fromhex(
    "7E 07 04 00 3F 01 39 12 34 56 78 00 03 00 02 01 00 1C 00 00 00 00 00 00 00 03 01 93 23 21 06 A6 E1 82 00 78 01 F4"
    "00 B4 22 06 15 08 00 00 00 1C 00 00 00 00 00 00 00 03 01 93 23 85 06 A6 E1 E6 00 78 01 FE 00 B4 22 06 15 08 00 30"
    "F6 7E"
)
FLAG = b"\x7e"
BEAT = encode.frame(0x0002, "13912345678", 1)


def rows(data: bytes) -> list[tuple[int, int, str]]:
    """Offset, length and detail (or outcome) of each row of frames."""
    return [
        (row["byte_offset"], row["length"], row["detail"] or row["outcome"]) for row in decode(data).frames.to_pylist()
    ]


def details(data: bytes) -> list[str]:
    return [detail for _, _, detail in rows(data)]


def set_columns(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def changed(frame: bytes, at: int, to: bytes) -> bytes:
    """``frame`` with the un-escaped content bytes at ``at`` replaced and the checksum made to fit."""
    content = frame[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")[:-1]
    content = content[:at] + to + content[at + len(to) :]
    return encode.enclose(content)


# --- the vectors of the handbook ---------------------------------------------------------------------------------
def test_a_location_of_2013() -> None:
    decoded = decode(V1)
    (frame,) = decoded.frames.to_pylist()
    assert set_columns(frame) == {
        "number": 0, "byte_offset": 0, "length": len(V1), "outcome": "decoded", "msg_id": 0x0200,
        "protocol_version": 2013, "phone": "013912345678", "serial": 0x7E, "body_length": 44,
    }  # fmt: skip
    (row,) = decoded.locations.to_pylist()
    assert set_columns(row) == {
        "number": 0, "position": 0, "origin": "report", "phone": "013912345678", "protocol_version": 2013,
        "serial": 0x7E, "alarm_flags": 2, "status_flags": 3, "latitude": 26.434567, "longitude": 111.613445,
        "altitude_m": 125, "speed_kmh": 65.2, "direction_deg": 90, "positioned_at": datetime(2022, 6, 15, 8, 30),
        "time_bcd": "220615083000", "odometer_km": 123456.7, "recorder_speed_kmh": 64.0, "radio_strength": 31,
        "satellite_count": 12,
    }  # fmt: skip


def test_a_phone_alarm_of_2019() -> None:
    decoded = decode(V2)
    assert decoded.frames["phone"].to_pylist() == ["00000000013912345678"]
    (row,) = decoded.safety_alarms.to_pylist()
    assert set_columns(row) == {
        "number": 0, "position": 0, "item": 0x65, "ordinal": 0, "profile": "su", "alarm_id": 7, "flag": 0, "type": 2,
        "level": 2, "fatigue_degree": 0, "own_speed_kmh": 65, "altitude_m": 125, "latitude": 26.4346,
        "longitude": 111.6135, "alarmed_at": datetime(2022, 6, 15, 8, 30, 1), "vehicle_state": 0x0401,
        "terminal_no": "ABC1234", "identity_at": datetime(2022, 6, 15, 8, 30, 1), "identity_serial": 0,
        "attachment_count": 3, "rest": b"",
    }  # fmt: skip


def test_a_batch_of_backfilled_positions() -> None:
    found = decode(V3).locations.to_pylist()
    assert [(row["position"], row["origin"], row["latitude"], row["speed_kmh"]) for row in found] == [
        (0, "backfill", 26.420001, 50.0),
        (1, "backfill", 26.420101, 51.0),
    ]


# --- which byte belongs to which row -----------------------------------------------------------------------------
def test_a_shared_flag_belongs_to_the_frame_it_begins() -> None:
    assert rows(BEAT + BEAT[1:]) == [(0, len(BEAT) - 1, "decoded"), (len(BEAT) - 1, len(BEAT), "decoded")]


def test_flags_that_fill_a_pause_belong_to_the_frame_before_them() -> None:
    assert rows(FLAG * 3 + BEAT + FLAG * 4 + BEAT) == [
        (0, 3 + len(BEAT) + 4, "decoded"),
        (7 + len(BEAT), len(BEAT), "decoded"),
    ]


def test_garbage_between_and_around_frames_is_quarantined_and_decoding_goes_on() -> None:
    data = b"\x24\x24" + BEAT + b"garbage" + BEAT + b"\x28tail"
    size = len(BEAT)
    assert rows(data) == [
        (0, 2, "cut"),
        (2, size - 1, "decoded"),
        (1 + size, 8, "short"),
        (9 + size, size - 1, "decoded"),
        (8 + 2 * size, 6, "cut"),
    ]


@pytest.mark.parametrize("data", [b"", FLAG, FLAG * 5, b"\x00", b"\x7d", b"text\x7e", FLAG + b"x", FLAG * 4 + b"xy"])
def test_every_byte_of_a_stream_without_a_frame_is_kept(data: bytes) -> None:
    found = rows(data)
    assert [detail for _, _, detail in found] == (["cut"] if data else [])
    assert sum(length for _, length, _ in found) == len(data)


def test_what_is_over_long_takes_no_memory_and_one_row() -> None:
    decoder = Decoder()
    garbage = b"\x55" * (1 << 20)
    found = [decoder.feed(BEAT + garbage)]
    tracemalloc.start()
    found += [decoder.feed(garbage) for _ in range(30)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found += [decoder.feed(FLAG + FLAG * 100_000 + BEAT), decoder.finish()]
    frames = pa.concat_tables(one.frames for one in found).to_pylist()
    size, long = len(BEAT), 31 << 20
    assert [(row["byte_offset"], row["length"], row["detail"]) for row in frames] == [
        (0, size - 1, None),
        (size - 1, 1 + long + 100_001, "length"),
        (size + long + 100_001, size, None),
    ]
    assert peak < 8 << 20


def test_a_row_longer_than_its_column_can_say_is_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_LONGEST_ROW_BYTES", 10_000)
    data = BEAT + b"\x55" * 50_000 + BEAT + FLAG * 50_000 + BEAT
    decoder = Decoder(chunk_bytes=4096)
    found = pa.concat_tables([decoder.feed(data).frames, decoder.finish().frames]).to_pylist()
    assert sum(row["length"] for row in found) == len(data)
    assert all(row["length"] < 20_000 for row in found)
    assert [row["outcome"] for row in found].count("decoded") == 3


# --- damage ------------------------------------------------------------------------------------------------------
DAMAGE = {
    "escape": V1.replace(b"\x7d\x02", b"\x7d\x03"),
    "short": FLAG + b"\x00\x02\x00\x00\x01\x39\x12\x34\x56\x78\x00\x01" + FLAG,
    "checksum": V1.replace(b"\x06\xa7\x16\x05", b"\x06\xa7\x16\x04"),
    "length": changed(V1, 2, b"\x00\x2b"),
    "phone": changed(V1, 4, b"\x0a"),
    "encrypted": changed(V1, 2, b"\x04\x2c"),
    "body": encode.frame(0x0200, "1", 1, bytes(27)),
    "time": changed(V1, 12 + 22, b"\xaa"),
}


@pytest.mark.parametrize("detail", DAMAGE)
def test_a_damaged_frame_has_its_detail_and_its_neighbours_are_read(detail: str) -> None:
    bad = DAMAGE[detail]
    assert details(BEAT + bad + V1) == ["decoded", detail, "decoded"]
    frames = decode(BEAT + bad + V1).frames.to_pylist()
    assert frames[1]["length"] == len(bad)
    assert frames[1]["reason"] == "R-FRAME"
    assert decode(BEAT + bad + V1).locations.num_rows == 1


def test_the_first_check_that_fails_is_told() -> None:
    assert details(changed(V1, 2, b"\x04\x2b")) == ["length"]
    assert details(changed(V1, 2, b"\x04\x2c\x0a")) == ["phone"]
    assert details(changed(changed(V1, 2, b"\x04"), 12 + 22, b"\xaa")) == ["encrypted"]
    assert details(changed(V1, 2, b"\x00\x2b\x0a")) == ["length"]
    assert details(changed(V1, 2, b"\x00\x2b")[:-2] + b"\x00" + FLAG) == ["checksum"]


def test_the_header_of_a_refused_frame_is_told_where_it_can_be_read() -> None:
    for detail, bad in DAMAGE.items():
        (row,) = decode(bad).frames.to_pylist()
        assert (row["msg_id"] is None) == (detail in ("escape", "short")), detail
    assert decode(DAMAGE["phone"]).frames["phone"].to_pylist() == ["0a3912345678"]


def test_one_lost_flag_costs_the_two_frames_it_parted() -> None:
    # Two whole frames XOR to 0 together: the length tells.
    assert details(V1 + V1[:-1] + V3[1:] + V1) == ["decoded", "length", "decoded"]


def test_a_time_that_is_no_instant_is_kept_one_that_is_not_decimal_is_refused() -> None:
    (row,) = decode(changed(V1, 12 + 22, b"\x22\x00\x00")).locations.to_pylist()
    assert (row["positioned_at"], row["time_bcd"]) == (None, "220000083000")
    for bad in (b"\x22\x06\x3a", b"\x2a", b"\x22\x06\x15\x08\x30\x0f"):
        assert details(changed(V1, 12 + 22, bad)) == ["time"]


@pytest.mark.parametrize(
    ("digits", "is_instant"),
    [("000229000000", True), ("010229000000", False), ("991231235959", True), ("220431000000", False),
     ("220615240000", False), ("220615006000", False), ("220615000060", False), ("221301000000", False),
     ("220100000000", False), ("700101000000", True)],
)  # fmt: skip
def test_instants(digits: str, is_instant: bool) -> None:
    (row,) = decode(changed(V1, 12 + 22, bytes.fromhex(digits))).locations.to_pylist()
    assert row["positioned_at"] == (datetime.strptime("20" + digits, "%Y%m%d%H%M%S") if is_instant else None)


def test_one_bad_position_refuses_its_batch_and_no_other() -> None:
    good = encode.location(1, 2, "220615083000")
    short = encode.batch([good, good])[:-1]
    bad_time = encode.batch([good, good[:27] + b"\xff"])
    too_many = b"\x00\x03" + encode.batch([good, good])[2:]
    too_few = b"\x00\x01" + encode.batch([good, good])[2:]
    data = b"".join(
        encode.frame(0x0704, "1", at, body)
        for at, body in enumerate(
            (encode.batch([good, good]), short, bad_time, too_many, too_few, b"", b"\x00\x00\x00")
        )
    )
    assert details(data) == ["decoded", "body", "time", "body", "body", "body", "decoded"]
    assert decode(data).locations["number"].to_pylist() == [0, 0]


def test_south_and_west_are_negative_and_degrees_unbounded() -> None:
    for status, latitude, longitude in (
        (0, 116.3, 240.0),
        (4, -116.3, 240.0),
        (8, 116.3, -240.0),
        (12, -116.3, -240.0),
    ):
        body = (
            bytes(4) + status.to_bytes(4, "big") + (116_300_000).to_bytes(4, "big") + (240_000_000).to_bytes(4, "big")
        )
        (row,) = decode(
            encode.frame(0x0200, "1", 1, body + bytes(6) + b"\x22\x06\x15\x08\x30\x00")
        ).locations.to_pylist()
        assert (row["latitude"], row["longitude"]) == (latitude, longitude)


def test_an_unplated_vehicle_registers_as_2011_has_it() -> None:
    """17 bytes of a VIN make the body as long as one of 2013, which would take its digits for a plate and a colour."""
    body = encode.registration("70111", "HENG", "0001234", "LSVNV2182E2123456", plate_color_code=0, version=2011)
    (row,) = decode(encode.frame(0x0100, "1", 1, body)).registrations.to_pylist()
    assert (row["protocol_version"], row["terminal_model"], row["terminal_no"]) == (2011, "HENG", "0001234")
    assert (row["plate_color_code"], row["plate_no"], row["vin"]) == (0, None, "LSVNV2182E2123456")


# --- sub-packages ------------------------------------------------------------------------------------------------
BODY = encode.location(26.4, 111.6, "220615083000", items=b"\x01\x04\x00\x00\x00\x0a" + b"\xe1\x20" + bytes(32))
PARTS = encode.packages(0x0200, "13912345678", 0xFFFE, BODY, size=17)


def test_sub_packages_in_any_order_and_doubled_make_one_message() -> None:
    assert len(PARTS) == 4  # their serials run over 65535
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 0, 3, 2, 1)):
        decoded = decode(b"".join(PARTS[at] for at in order))
        assert decoded.frames["outcome"].to_pylist() == ["decoded"] * len(order)
        (row,) = decoded.locations.to_pylist()
        assert row["number"] == len(order) - 1
        assert (row["latitude"], row["odometer_km"], row["other_items"]) == (26.4, 1.0, b"\xe1\x20" + bytes(32))


def test_messages_of_several_terminals_do_not_mix() -> None:
    other = encode.packages(0x0200, "13800000000", 0xFFFE, encode.location(-1, 2, "220615083000"), size=7)
    data = b"".join(part for pair in zip(PARTS, other, strict=True) for part in pair) + V1
    assert [(row["number"], row["latitude"]) for row in decode(data).locations.to_pylist()] == [
        (6, 26.4), (7, -1.0), (8, 26.434567),
    ]  # fmt: skip


def test_an_unfinished_message_is_quarantined_frame_by_frame_at_the_end() -> None:
    data = PARTS[0] + BEAT + PARTS[2]
    decoder = Decoder()
    assert decoder.feed(data + BEAT).frames["number"].to_pylist() == [1]
    rest = decoder.finish().frames
    assert rest.sort_by("number")["number"].to_pylist() == [0, 2, 3]
    assert [(row["reason"], row["detail"]) for row in rest.to_pylist() if row["number"] != 3] == [
        ("R-SUBPACKAGE", "unfinished")
    ] * 2


def hours(hour: int, size: int = 70) -> list[bytes]:
    """Four locations of an hour as a batch in two sub-packages; every hour has the same serials."""
    bodies = [encode.location(26.4, 111.6, f"220615{hour:02d}000{second}") for second in range(4)]
    return encode.packages(0x0704, "1", 5, encode.batch(bodies), size=size)


def test_a_terminal_that_counts_its_serials_anew_begins_another_message() -> None:
    lost, *_ = hours(8)
    decoded = decode(lost + lost + BEAT + b"".join(hours(9)))
    assert [(row["outcome"], row["detail"]) for row in decoded.frames.to_pylist()] == [
        ("quarantined", "unfinished"), ("quarantined", "unfinished"), ("decoded", None), ("decoded", None),
        ("decoded", None),
    ]  # fmt: skip
    assert decoded.locations["time_bcd"].to_pylist() == [f"22061509000{second}" for second in range(4)]


@pytest.mark.parametrize("size", [70, 40])
def test_a_late_copy_of_a_part_does_not_join_the_next_message(size: int) -> None:
    """Neither one that has as many parts, which would end with a part of the old one, nor one that has more."""
    old, new = hours(8), hours(9, size)
    decoded = decode(b"".join([*old, old[1], BEAT, *new]))
    assert decoded.frames["detail"].to_pylist() == [None, None, "unfinished", None, *[None] * len(new)]
    assert [(row["number"], row["time_bcd"]) for row in decoded.locations.to_pylist()] == [
        (number, f"220615{hour}000{second}")
        for number, hour in ((1, "08"), (3 + len(new), "09"))
        for second in range(4)
    ]


@pytest.mark.parametrize("msg_id", [0x0100, 0x0102])
@pytest.mark.parametrize("size", [70, 40])
def test_a_terminal_that_connects_anew_finishes_nothing_it_began_before(msg_id: int, size: int) -> None:
    """The head of the old message was lost: its end must not join the new head, nor its total refuse the new parts."""
    _, end = hours(8)
    other, connects = encode.packages(0x0900, "2", 5, b"waits", size=3), encode.frame(msg_id, "1", 1, b"x")
    new = hours(9, size)
    for chunk in (1 << 20, 1):
        decoder = Decoder(chunk)
        data = b"".join([other[0], end, connects, *new, other[1]])
        decoded = joined([decoder.feed(data), decoder.finish()])
        told = {row["number"]: (row["outcome"], row["detail"]) for row in decoded.frames.to_pylist()}
        assert told[1] == ("quarantined", "unfinished")
        assert {told[number] for number in range(3, 3 + len(new))} == {("decoded", None)}
        assert told[0] == told[3 + len(new)] == ("other", None), "another terminal's message goes on waiting"
        assert decoded.locations["time_bcd"].to_pylist() == [f"22061509000{second}" for second in range(4)]


def test_a_whole_message_sent_again_is_whole_again() -> None:
    assert details(b"".join(hours(8) * 3)) == ["decoded"] * 6


def test_bodies_that_nobody_reads_are_told_apart_too() -> None:
    def picture(index: int, body: bytes) -> bytes:
        return encode.frame(0x0801, "1", 5 + index, body, package=(2, index))

    data = picture(1, b"old") + picture(1, b"new") + picture(1, b"new") + picture(2, b"end")
    assert details(data) == ["unfinished", "other", "other", "other"]
    bodies: dict[int, bytes] = {}
    decoder = Decoder(bodies=bodies)
    assert decoder.feed(data + BEAT).frames["detail"].to_pylist() == ["unfinished", None, None, None]
    decoder.finish()
    assert bodies == {3: b"newend", 4: b""}


def test_giving_up_does_not_look_at_what_goes_on_waiting() -> None:
    packages = Packages()
    for number in range(3):
        packages.add(
            {"phone": str(number), "msg_id": 1, "serial": 1, "package_total": 2, "package_index": 1, "number": number},
            b"",
        )
    packages._waiting["2", 1, 1].rows.clear()  # nothing there to look at
    assert [[row["number"] for row in one.rows] for one in packages.give_up(1)] == [[0]]
    assert list(packages._waiting) == [("1", 1, 1), ("2", 1, 1)]


def test_a_restart_frees_what_the_old_message_took_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def first(body: bytes) -> bytes:
        return encode.frame(0x0200, "1", 1, body, package=(2, 1))

    decoder = Decoder()
    monkeypatch.setattr(decoder._shared, "packages", Packages(most_frames=2, most_bytes=40))
    found = decoder.feed(b"".join(first(bytes([number]) * 20) for number in range(9)) + BEAT).frames
    # All but the last are superseded as they come; the bounds, which two of them would reach, never bite.
    assert found["number"].to_pylist() == list(range(8))
    last = decoder.feed(encode.frame(0x0200, "2", 1, b"x" * 20, package=(2, 1)) + BEAT).frames
    assert last["number"].to_pylist() == [9]


def test_an_index_beyond_the_total_and_another_total_are_refused() -> None:
    def part(total: int, index: int) -> bytes:
        return encode.frame(0x0801, "1", 100 + index, b"x", package=(total, index))

    assert details(part(2, 0) + part(2, 3) + part(0, 0) + part(0, 1)) == ["index"] * 4
    assert details(part(2, 1) + part(3, 2) + part(2, 2)) == ["other", "total", "other"]


def test_a_whole_message_that_is_refused_refuses_all_its_frames() -> None:
    data = b"".join(encode.packages(0x0704, "1", 5, b"\x00\x02\x00" + bytes(40), size=20))
    assert set(details(data)) == {"body"}
    assert decode(data).locations.num_rows == 0


def test_what_waits_is_bounded_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_of(phone: int) -> bytes:
        return encode.frame(0x0200, str(phone), 1, b"x" * 20, package=(2, 1))

    decoder = Decoder()
    monkeypatch.setattr(decoder._shared, "packages", Packages(most_frames=3))
    found = decoder.feed(b"".join(first_of(phone) for phone in range(1, 6)) + BEAT).frames
    assert found.filter(pa.compute.is_valid(found["detail"]))["number"].to_pylist() == [0, 1]
    assert decoder.finish().frames.num_rows == 4
    decoder = Decoder()
    monkeypatch.setattr(decoder._shared, "packages", Packages(most_bytes=50))
    assert decoder.feed(b"".join(first_of(phone) for phone in range(1, 6)) + BEAT).frames.num_rows == 3


# --- streams -----------------------------------------------------------------------------------------------------
def tables(decoded: Decoded | list[Decoded]) -> dict[str, list[Row]]:
    pieces = decoded if isinstance(decoded, list) else [decoded]
    found = {name: pa.concat_tables(getattr(one, name) for one in pieces) for name in SCHEMAS}
    return {"frames": found.pop("frames").sort_by("number").to_pylist()} | {
        name: table.to_pylist() for name, table in found.items()
    }


def test_a_stream_cut_at_any_byte_is_the_same_stream() -> None:
    data = b"\x24" + V1 + V2[:-1] + V3 + b"\x7d\x7e" + PARTS[1] + FLAG * 2 + PARTS[0] + V1[:-3] + b"\x7d"
    whole = tables(decode(data))
    for at in range(len(data) + 1):
        decoder = Decoder()
        assert tables([decoder.feed(data[:at]), decoder.feed(data[at:]), decoder.finish()]) == whole, at
    decoder = Decoder()
    assert tables([*(decoder.feed(data[at : at + 1]) for at in range(len(data))), decoder.finish()]) == whole


@pytest.mark.parametrize("chunk_bytes", [1, 7, 61, 4096])
def test_a_chunk_of_any_size_gives_the_same_tables(chunk_bytes: int) -> None:
    data = (V1 + V2 + V3) * 20
    decoder = Decoder(chunk_bytes)
    assert tables([decoder.feed(data), decoder.finish()]) == tables(decode(data))


# --- many frames at once: layouts, and what does not fit one -----------------------------------------------------
def _items(rng: Random, way: int) -> bytes:
    def item(number: int, length: int) -> bytes:
        return bytes((number, length)) + rng.randbytes(length)

    usual = item(1, 4) + item(2, 2) + item(3, 2) + item(0x25, 4) + item(0x2A, 2) + item(0x2B, 4) + item(0x30, 1)
    match way:
        case 0:
            return usual
        case 1:  # the same bytes in another order
            return item(0x30, 1) + item(0x2B, 4) + item(0x2A, 2) + item(0x25, 4) + item(3, 2) + item(2, 2) + item(1, 4)
        case 2:  # doubled, wrong length, vendor items apart and side by side, cut in its value
            return (
                item(1, 4) + item(0xE1, 3) + item(1, 4) + item(1, 3) + item(0xEB, 0) + item(0xEC, 9) + b"\x31\x05\x01"
            )
        case 3:  # cut in its head; two lengths of one id
            return item(0x11, 5) + item(0x11, 1) + item(0x12, 6) + item(0x13, 7) + item(5, 30) + item(6, 2) + b"\x01"
        case 4:  # safety items, one of them twice, one of no profile
            return item(0x64, 47) + item(0x65, 47) + item(0x64, 71) + item(0x67, 41) + item(0x70, 47) + item(0x64, 20)
        case 5:  # wheels of both profiles, and a count that fits neither

            def tyres(length: int, count_at: int, count: int) -> bytes:
                value = bytearray(rng.randbytes(length))
                value[40] = 99
                value[count_at] = count
                return bytes((0x66, length)) + value

            return tyres(59, 40, 2) + tyres(85, 64, 2) + tyres(95, 40, 6) + tyres(95, 64, 3) + tyres(95, 64, 7)
        case 6:
            return item(0x14, 4) + item(0x15, 4) + item(0x16, 4) + item(0x17, 2) + item(0x18, 3) + item(4, 2)
        case 7:
            return b""
    return b"".join(item(rng.randrange(256), rng.randrange(12)) for _ in range(rng.randrange(8)))


def _stream(seed: int, frames: int, ways: int, packages: bool = False) -> bytes:
    rng = Random(seed)
    out = []
    for number in range(frames):
        body = encode.location(26.4, -111.6, "220615083000", items=_items(rng, rng.randrange(ways)))
        version = rng.choice((2013, 2019))
        match rng.randrange(8):
            case 0 if ways > 1:
                out.append(encode.frame(0x0704, "1", number, encode.batch([body, body]) if len(body) < 480 else b""))
            case 1 if packages:
                out += encode.packages(0x0200, "2", number, body, size=40, version=version)
            case _:
                out.append(encode.frame(0x0200, f"{13900000000 + number}", number & 0xFFFF, body, version))
    return b"".join(out)


@pytest.mark.parametrize(("ways", "packages"), [(1, False), (8, False), (9, True), (40, False)])
def test_many_frames_at_once_are_what_the_reference_reads(ways: int, packages: bool) -> None:
    data = _stream(808 + ways, 1500, ways, packages)
    found, wanted = tables(decode(data)), reference(data)
    for name in TABLES:
        assert len(found[name]) == len(wanted[name])
        for ours, theirs in zip(found[name], wanted[name], strict=True):
            assert ours == theirs, name


def test_layouts_change_the_way_and_not_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _stream(7, 2000, 8)
    by_layout = tables(decode(data))
    monkeypatch.setattr(layouts, "_FEW_LAYOUTS", 0)
    assert tables(decode(data)) == by_layout
    monkeypatch.setattr(layouts, "_FEW", 1 << 30)
    walked = tables(decode(data))
    monkeypatch.setattr(layouts, "_FEW", 1)
    assert tables(decode(data)) == walked == by_layout


def test_a_body_of_many_sub_packages_and_a_hundred_thousand_items_is_read() -> None:
    items = b"\x31\x00" * 100_000 + b"\x31\x01\x09" + b"\x31"
    data = b"".join(encode.packages(0x0200, "1", 1, encode.location(1, 2, "220615083000", items=items)))
    (row,) = decode(data).locations.to_pylist()
    assert (row["satellite_count"], row["other_items"], row["cut_items"]) == (9, b"\x31\x00" * 100_000, b"\x31")


def test_batches_of_any_number_of_positions() -> None:
    def batch(number: int, count: int) -> bytes:
        bodies = [encode.location(at / 1e6, number, "220615083000") for at in range(count)]
        whole = encode.batch(bodies)
        return (
            b"".join(encode.packages(0x0704, "1", 100 * number, whole))
            if count > 30
            else encode.frame(0x0704, "1", number, whole)
        )

    data = b"".join(batch(number, count) for number, count in enumerate((0, 1, 30, 2, 2, 7, 0, 900, 5, 1)))
    found, wanted = tables(decode(data)), reference(data)
    assert len(found["locations"]) == 948
    assert found["locations"] == wanted["locations"]
    assert found["frames"] == wanted["frames"]


def test_texts_of_terminals_that_are_no_ascii_or_padded() -> None:
    texts = {
        b"ABC1234": "ABC1234",
        b"AB\0\0\0\0\0": "AB",
        b"A B  \0 ": "A B",
        bytes(7): "",
        "湘M1".encode("gbk") + bytes(3): "湘M1",
        b"\xffABCDEF": "\\xffABCDEF",
    }
    for terminal, said in texts.items():
        value = bytes(31) + terminal + bytes(9)
        body = encode.location(1, 2, "220615083000", items=encode.item(0x64, value))
        assert decode(encode.frame(0x0200, "1", 1, body)).safety_alarms["terminal_no"].to_pylist() == [said]


def test_the_chunk_of_a_decoder_holds_no_table_of_the_next() -> None:
    """Tables must not look into the buffer that the next chunk is read into."""
    decoder = Decoder(chunk_bytes=len(V1) * 50)
    first = decoder.feed(V1 * 50)
    before = tables(first)
    decoder.feed(V2 * 50)
    assert tables(first) == before
    assert bulk.CHUNK_BYTES >= 256 << 10


def test_what_stands_behind_a_code_that_is_longer_than_its_message_says_is_no_imei() -> None:
    good = encode.authentication("SECRETCODE", "8" * 15, "V1.0", version=2019)
    longer = bytes([4]) + good[1:]  # says four bytes: six more of the code would be the first of the IMEI
    data = b"".join(encode.frame(0x0102, "1", serial, body, version=2019) for serial, body in enumerate((good, longer)))
    first, second = decode(data).authentications.to_pylist()
    assert (first["imei"], first["software"]) == ("8" * 15, "V1.0")
    assert (second["imei"], second["software"], second["auth_code_length"]) == (None, None, 4)
