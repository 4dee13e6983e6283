"""CRC-16/CCITT-FALSE (polynomial 0x1021, initial value 0xFFFF) of many frames at once, as JT/T 809 uses it (5.4).

The CRC of a message followed by its own CRC is 0, so a whole frame is checked without looking for its last two bytes.
"""

import binascii

import numpy as np

from etl.jt808.arrays import Array, Bytes, Ints, by_value, rows

POLYNOMIAL = 0x1021
# Of longer frames, and of fewer of one length, the C loop of the standard library takes one after another.
LONG_BYTES = 2048
FEW = 24


def _table() -> Array:
    """What 16 steps of the register make of each of its 65,536 states: one look-up takes two bytes."""
    register: Array = np.arange(1 << 16, dtype=np.uint32)
    for _ in range(16):
        register = np.where(register & 0x8000, (register << 1) ^ POLYNOMIAL, register << 1) & 0xFFFF
    return register.astype(np.uint16)


TWO_BYTES = _table()


def crc(data: bytes) -> int:
    """The CRC of one message."""
    return binascii.crc_hqx(data, 0xFFFF)


def residues(content: Bytes, start: Ints, end: Ints) -> Array:
    """The CRC over ``content[start:end]`` of each frame (n,): 0 where the CRC at its end is right.

    Frames have at least two bytes. Those of one length go together, two bytes of each at a step.
    """
    found = np.empty(len(start), np.uint16)
    for length, index in by_value(end - start):
        # An odd frame is read from the byte before it, its flag.
        if len(index) < FEW or length > LONG_BYTES or (length & 1 and start[index[0]] == 0):
            for row in index.tolist():
                found[row] = crc(content[start[row] : end[row]].tobytes())
        else:
            found[index] = _of_one_length(content, start[index], length)
    return found


def _of_one_length(content: Bytes, start: Ints, length: int) -> Array:
    pad = length & 1
    message = rows(content, start - pad, length + pad)
    # The initial value does the same as a register of 0 and a message whose first 16 bits are turned. A byte of 0
    # before the message leaves that register at 0.
    message[:, :pad] = 0
    message[:, pad : pad + 2] ^= 0xFF
    columns = np.ascontiguousarray(message.view(">u2").T.astype(np.uint16))
    register = np.zeros(len(start), np.uint16)
    for column in columns:
        # As an index a word is first made as wide as an address; numpy is three times slower at doing that itself.
        register = TWO_BYTES[(register ^ column).astype(np.intp)]
    return register
