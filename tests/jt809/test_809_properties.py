"""The columnar decoder equals the plain one, whatever the stream and however it is cut; no byte is lost."""

import random

import messages_809 as m
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_809 import in_pieces, quick, rows, without_nulls
from reference_809 import reference
from streams_809 import mutated

from etl.jt809 import Decoded, decode
from etl.jt809.schemas import SCHEMAS


def assert_conserved(decoded: Decoded, length: int) -> None:
    at = 0
    for number, row in enumerate(decoded.frames.select(["number", "byte_offset", "length"]).to_pylist()):
        assert (row["number"], row["byte_offset"]) == (number, at)
        assert row["length"] > 0
        at += row["length"]
    assert at == length


@quick
@given(mutated())
def test_the_columnar_decoder_reads_what_the_plain_one_reads(data: bytes) -> None:
    decoded = decode(data)
    for name, expected in reference(data).items():
        assert rows(getattr(decoded, name)) == without_nulls(expected), name
    for name, schema in SCHEMAS.items():
        assert getattr(decoded, name).schema == schema
    assert_conserved(decoded, len(data))


@quick
@given(mutated(), st.lists(st.integers(0, 5000), max_size=6), st.sampled_from([1, 7, 64, 1 << 16]))
def test_a_stream_in_pieces_is_the_whole(data: bytes, cuts: list[int], chunk_bytes: int) -> None:
    whole, pieces = decode(data), in_pieces(data, cuts, chunk_bytes)
    for name in SCHEMAS:
        assert getattr(pieces, name).to_pylist() == getattr(whole, name).to_pylist(), name


@pytest.mark.parametrize("seed", range(4))
def test_noise_of_flags_and_escapes_loses_no_byte(seed: int) -> None:
    noise = random.Random(seed)
    likely = [0x5B, 0x5D, 0x5A, 0x5E, 0x01, 0x02]
    data = bytes(noise.choice(likely) if noise.random() < 0.5 else noise.randrange(256) for _ in range(20_000))
    decoded = in_pieces(data, [noise.randrange(20_000) for _ in range(9)])
    assert_conserved(decoded, len(data))
    assert rows(decoded.frames) == reference(data)["frames"]


def test_one_byte_at_a_time_is_the_whole() -> None:
    data = b"\x00" + m.V4 + m.V4[:40] + m.frame(0x1005, b"") + b"\x5d" + m.V4[:-1]
    assert in_pieces(data, list(range(len(data)))).frames.to_pylist() == decode(data).frames.to_pylist()
