"""Whatever comes over the wire: the decoder says what the reference says, in pieces of any size, and keeps every byte.

``HENG_FUZZ_EXAMPLES`` sets how many examples each test tries; the default takes seconds.
"""

import os
from random import Random
from typing import Any

import pyarrow as pa
import pytest
import streams
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from reference import TABLES, reference

from etl.jt808 import Decoded, Decoder, decode, encode
from etl.jt808.schemas import SCHEMAS

EXAMPLES = int(os.environ.get("HENG_FUZZ_EXAMPLES", "40"))
MANY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ORDER = ("number", "position", "item", "ordinal")
# The longest frame there is, every byte of it escaped that can be, and one byte more than any frame can have.
LONGEST = encode.frame(0x0900, "7" * 20, 0x7E7E, b"\x7e" * 1023, 2019, (0x7E7E, 0x7E7E))
OVER_LONG = b"\x7e" + b"\x7d\x02" * 1045 + b"\x00\x7e"
SEEDS = (
    encode.frame(0x0002, "13912345678", 1),
    encode.frame(0x0200, "13912345678", 0x7D7E, encode.location(26.4, 111.6, "220615083000", items=b"\x01\x04abcd")),
    encode.frame(0x0704, "1", 2, encode.batch([encode.location(0, 0, "220615083000")] * 3), 2019),
    b"".join(
        encode.packages(0x0200, "2", 9, encode.location(1, 2, "220615083000", items=b"\xe1\x09" + b"7" * 9), size=9)
    ),
    encode.frame(0x0100, "3", 4, encode.registration("70111", "HENG", "0001234", "湘M12345")),
)


def rows_of(decoded: Decoded | list[Decoded]) -> dict[str, list[dict[str, Any]]]:
    """The tables as rows in a fixed order; every piece has the declared schema."""
    pieces = decoded if isinstance(decoded, list) else [decoded]
    tables = {}
    for name, schema in SCHEMAS.items():
        for piece in pieces:
            assert getattr(piece, name).schema.equals(schema), name
        tables[name] = ordered(pa.concat_tables(getattr(piece, name) for piece in pieces).to_pylist())
    return tables


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: tuple(row.get(name, 0) for name in ORDER))


def check(data: bytes) -> dict[str, list[dict[str, Any]]]:
    """The decoder's tables of a capture, found equal to the reference's, every byte in one row."""
    decoded = decode(data)
    found, wanted = rows_of(decoded), reference(data)
    assert set(found) == set(TABLES)
    for name in TABLES:
        assert found[name] == ordered(wanted[name]), name
    frames = decoded.frames.to_pylist()
    at = 0
    for number, row in enumerate(frames):
        assert (row["number"], row["byte_offset"]) == (number, at)
        assert row["length"] > 0
        at += row["length"]
    assert at == len(data)
    return found


def in_pieces(data: bytes, lengths: list[int], chunk_bytes: int) -> list[Decoded]:
    """The stream fed in pieces of the given lengths, round and round."""
    decoder, at = Decoder(chunk_bytes), 0
    pieces: list[Decoded] = []
    while at < len(data):
        length = lengths[len(pieces) % len(lengths)]
        pieces.append(decoder.feed(data[at : at + length]))
        at += length
    return [*pieces, decoder.finish()]


@MANY
@given(streams.joins())
@example(LONGEST)
@example(OVER_LONG)
@example(OVER_LONG[:-1] + OVER_LONG)
@example(b"")
@example(b"\x7e")
@example(b"".join(SEEDS))
@example(b"\x7e" * 2050 + SEEDS[1])
def test_the_decoder_says_what_the_reference_says(data: bytes) -> None:
    found = check(data)
    for name in TABLES[1:]:
        if found[name]:
            event(name)


@MANY
@given(streams.damaged())
@example(b"\x7e" + OVER_LONG)
def test_of_a_damaged_stream_too(data: bytes) -> None:
    for row in check(data)["frames"]:
        event(row["detail"] or row["outcome"])


@MANY
@given(streams.fleets())
def test_of_many_messages_of_a_kind_too(data: bytes) -> None:
    check(data)


@MANY
@given(
    streams.damaged(),
    st.lists(st.one_of(st.integers(1, 3), st.integers(1, 400)), min_size=1, max_size=5),
    st.sampled_from((1, 16, 64, 1024, 512 << 10)),
)
@example(LONGEST + OVER_LONG + LONGEST, [1000, 90, 1], 64)
@example(b"\x24" * 5000 + LONGEST, [7], 16)
@example(b"\x7e" * 300 + SEEDS[0] + b"\x7e" * 300, [2], 16)
def test_a_stream_in_pieces_is_the_stream(data: bytes, lengths: list[int], chunk_bytes: int) -> None:
    assert rows_of(in_pieces(data, lengths, chunk_bytes)) == rows_of(decode(data))


@MANY
@given(streams.fleets(), st.lists(st.integers(100, 6000), min_size=1, max_size=5), st.sampled_from((2000, 512 << 10)))
def test_many_messages_in_pieces_are_the_stream(data: bytes, lengths: list[int], chunk_bytes: int) -> None:
    assert rows_of(in_pieces(data, lengths, chunk_bytes)) == rows_of(decode(data))


def test_a_frame_is_told_when_the_next_has_begun() -> None:
    decoder = Decoder()
    assert decoder.feed(SEEDS[0]).frames.num_rows == 0
    assert decoder.feed(SEEDS[1][:5]).frames.num_rows == 1
    assert decoder.finish().frames.num_rows == 1


@pytest.mark.parametrize("version", [2013, 2019])
def test_a_message_longer_than_any_frame_is_read(version: int) -> None:
    draw = Random(version)
    items = encode.odometer(1) + encode.item(0xE1, draw.randbytes(255)) + encode.satellite_count(9)
    body = encode.location(26.4, 111.6, "220615083000", items=items)
    batch = encode.packages(0x0704, "1", 0, encode.batch([body] * 90), version)
    long = encode.location(26.4, 111.6, "220615083000", items=encode.item(0xE2, draw.randbytes(250)) * 90 + items)
    report = encode.packages(0x0200, "2", 0, long, version, 999)
    frames = batch + report
    draw.shuffle(frames)
    found = check(b"".join(frames))
    assert {row["outcome"] for row in found["frames"]} == {"decoded"}
    assert [row["satellite_count"] for row in found["locations"]] == [9] * 91
    assert max(len(row["other_items"]) for row in found["locations"]) == 90 * 252 + 257


FRONT = encode.odometer(7) + encode.item(0x11, b"\2\0\0\0\5")
BEHIND = (
    b"", encode.item(0xE1, b"ab"), encode.item(0xE1, b"ab") + b"\xe2\x09c", encode.item(0xE1, b"ab") + b"\x11",
    encode.satellite_count(9), encode.item(0xE1, b"ab") + encode.satellite_count(9),
    encode.item(0xE1, b"ab") + encode.item(0x11, b"\1"), encode.item(0xE1, b"ab") + encode.odometer(8),
    encode.item(0x11, b"\1"), encode.item(0x05, b"t" * 30), encode.item(0xE1, b"ab") + encode.item(0x05, b"t" * 30),
)  # fmt: skip


@pytest.mark.parametrize("is_walked", [False, True])
@pytest.mark.parametrize("behind", BEHIND)
def test_items_behind_a_front_many_have_read_as_the_reference_reads_them(behind: bytes, is_walked: bool) -> None:
    """Also where an id comes again: the last value stays, and what the earlier one said beside it does not."""
    draw = Random(len(behind))
    bodies = []
    for _ in range(80):
        items = FRONT + behind * draw.randrange(2)
        if is_walked:
            items += encode.item(0xE5, draw.randbytes(draw.randrange(99)))
        bodies.append(encode.location(26.4, 111.6, "220615083000", items=items))
    found = check(b"".join(encode.frame(0x0200, "1", at, body) for at, body in enumerate(bodies)))
    assert len(found["locations"]) == len(bodies)


def fuzzed(draw: Random, frames: list[bytes]) -> bytes:
    """A few frames with accidents, or bytes of the kind that hurts."""
    if draw.random() < 0.2:
        return bytes(
            draw.choice((0x7E, 0x7D, 0x00, 0x01, 0x02, draw.randrange(256))) for _ in range(draw.randrange(300))
        )
    stream = bytearray(b"".join(draw.choice(frames) for _ in range(draw.randrange(1, 6))))
    for _ in range(draw.randrange(5)):
        kind, inserted = draw.choice(streams.ACCIDENTS), draw.choice(streams.INSERTED)
        streams.happen(stream, streams.Accident(kind, draw.randrange(1 << 16), draw.randrange(1, 61), inserted))
    return bytes(stream)


def fuzz(frames: list[bytes], seed: int) -> None:
    draw = Random(seed)
    for _ in range(3 * EXAMPLES):
        data = fuzzed(draw, frames)
        found = check(data)
        lengths = [draw.randrange(1, 500) for _ in range(3)]
        assert rows_of(in_pieces(data, lengths, draw.choice((1, 64, 4096)))) == found


def test_no_accident_to_made_frames_loses_a_byte() -> None:
    fuzz(list(SEEDS), 20)


def test_no_accident_to_real_frames_loses_a_byte(real_records: list[dict[str, Any]]) -> None:
    fuzz([bytes.fromhex(record["hex"]) for record in real_records if record["kind"] == "frame"], 21)


def test_every_real_frame_reads_as_the_reference_reads_it(real_records: list[dict[str, Any]]) -> None:
    every = [bytes.fromhex(record["hex"]) for record in real_records]
    for data in every:
        check(data)
    assert len(check(b"".join(every))["frames"]) > 300


def test_bodies_without_frames_read_as_the_reference_reads_them(real_records: list[dict[str, Any]]) -> None:
    bodies = [bytes.fromhex(record["hex"]) for record in real_records if record["kind"] == "body_0200"]
    assert bodies
    found = check(b"".join(encode.frame(0x0200, "1", at, body) for at, body in enumerate(bodies)))
    assert {row["outcome"] for row in found["frames"]} == {"decoded"}
    assert {row["profile"] for row in found["safety_alarms"]} == {"su", "yue"}


@pytest.mark.parametrize("wheels", range(7))
@pytest.mark.parametrize("profile", ["su", "yue"])
def test_a_tyre_alarm_keeps_its_profile_with_any_number_of_wheels(profile: str, wheels: int) -> None:
    alarm = encode.SafetyAlarm(1, 26.4, 111.6, "220615083000", profile=profile)
    item = encode.tpms_item(alarm, [encode.Wheel(at) for at in range(wheels)])
    body = encode.location(26.4, 111.6, "220615083000", items=item)
    (row,) = check(encode.frame(0x0200, "1", 1, body))["safety_alarms"]
    assert (row["profile"], len(row["wheels"])) == (profile, wheels)
