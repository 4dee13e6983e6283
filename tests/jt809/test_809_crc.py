"""The CRC of many frames at once equals the one of the standard library for each."""

import binascii
import random

import numpy as np

from etl.jt809 import crc


def test_the_check_value_of_the_published_crc() -> None:
    # CRC-16/CCITT-FALSE of the digits 1 to 9 is 29B1 by its published definition.
    assert crc.crc(b"123456789") == 0x29B1


def test_frames_of_any_length_together() -> None:
    chance = random.Random(809)
    lengths = [2, 3, 90, 91, *range(crc.LONG_BYTES - 2, crc.LONG_BYTES + 3)] * crc.FEW + [4, 5, 92] * (crc.FEW - 1)
    chance.shuffle(lengths)
    messages = [chance.randbytes(length) for length in lengths]
    gap = b"\xff"
    content = np.frombuffer(gap.join(messages) + bytes(8), np.uint8)
    start = np.cumsum([0, *(length + 1 for length in lengths)])[:-1]
    found = crc.residues(content, start, start + lengths)
    assert found.tolist() == [binascii.crc_hqx(message, 0xFFFF) for message in messages]


def test_no_frame_at_all() -> None:
    nothing = np.empty(0, np.int64)
    assert len(crc.residues(np.empty(0, np.uint8), nothing, nothing)) == 0
