"""Where the bodies of locations lie in a chunk, and whose they are."""

from typing import NamedTuple

import numpy as np

from etl.jt808 import faults
from etl.jt808.arrays import Array, Bytes, Ints

# Indices into schemas.ORIGINS.
REPORT, REPLY, BATCH, BACKFILL = range(4)
_FEW = 4  # so few messages are quicker one by one


class Places(NamedTuple):
    """Bodies of locations: owner, position within it, origin, start, length."""

    owner: Ints
    position: Array
    origin: Array
    starts: Ints
    sizes: Array

    def where(self, chosen: Array) -> "Places":
        """Those that a mask or an index chooses."""
        if chosen.dtype == np.bool_ and chosen.all():
            return self
        return Places(*(part[chosen] for part in self))


class Found:
    """Bodies of locations in the making."""

    def __init__(self) -> None:
        self._parts: list[Places] = []

    def add(self, owner: Ints, starts: Ints, sizes: Array, origin: int | Array, position: int | Array = 0) -> None:
        if len(owner):
            of, at = np.full(len(owner), origin, np.int8), np.full(len(owner), position, np.int32)
            self._parts.append(Places(owner, at, of, starts, sizes))

    def joined(self) -> Places:
        """In the order of the owners and, within one, of the positions."""
        if not self._parts:
            none = np.zeros(0, np.int64)
            return Places(none, none.astype(np.int32), none.astype(np.int8), none, none)
        if len(self._parts) == 1:
            return self._parts[0]
        places = Places(*(np.concatenate(part) for part in zip(*self._parts, strict=True)))
        return places.where(np.lexsort((places.position, places.owner)))


def batches(bodies: Found, code: Array, data: Bytes, owner: Ints, begins: Ints, lengths: Array) -> None:
    """0x0704: count WORD, type BYTE, then a length WORD and a 0x0200 body for each. They must fill it exactly."""
    fine = lengths >= 3
    code[owner[~fine]] = faults.BODY
    owner, begins, ends = owner[fine], begins[fine], (begins + lengths)[fine]
    count = _word(data, begins)
    origin = np.where(data[begins + 2] == 1, BACKFILL, BATCH)
    at = begins + 3
    position = 0
    while len(owner) > _FEW:
        over = count == position
        code[owner[over & (at != ends)]] = faults.BODY
        going = ~over & (at + 2 <= ends)
        code[owner[~over & ~going]] = faults.BODY
        owner, at, ends, count, origin = (part[going] for part in (owner, at, ends, count, origin))
        size = _word(data, at)
        inside = at + 2 + size <= ends
        code[owner[~inside]] = faults.BODY
        owner, at, ends, count, origin, size = (part[inside] for part in (owner, at, ends, count, origin, size))
        bodies.add(owner, at + 2, size, origin, position)
        at = at + 2 + size
        position += 1
    for one in range(len(owner)):
        begin, size = _rest_of_one(data[: int(ends[one])], int(at[one]), int(count[one]) - position)
        if begin is None:
            code[owner[one]] = faults.BODY
        else:
            places = position + np.arange(len(begin))
            bodies.add(np.full(len(begin), owner[one]), begin, size, int(origin[one]), places)


def _rest_of_one(data: Bytes, at: int, count: int) -> tuple[Ints | None, Ints]:
    """Where ``count`` bodies begin that fill ``data`` from ``at``, and their lengths; None if they do not.

    A message of many sub-packages can have a hundred thousand.
    """
    wire, origin = data[at:].tobytes(), at
    begins, sizes, at = [], [], 0
    for _ in range(count):
        if at + 2 > len(wire):
            break
        sizes.append(wire[at] << 8 | wire[at + 1])
        begins.append(origin + at + 2)
        at += 2 + sizes[-1]
    whole = len(begins) == count and at == len(wire)
    return np.array(begins, np.int64) if whole else None, np.array(sizes, np.int64)


def _word(data: Bytes, at: Ints) -> Ints:
    return data[at].astype(np.int64) << 8 | data[at + 1]
