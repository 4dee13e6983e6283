"""Nullable columns in the making, filled row set by row set."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from etl.jt808.arrays import Array, Ints, nulls, validity


class _Part(NamedTuple):
    rows: Ints | None
    values: Array
    of_all: bool


class Columns:
    """Columns of one length. A column nothing was put into is all null."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._parts: dict[str, list[_Part]] = {}
        # By the identities of the sets of rows, which live as long as the parts: columns of a layout share theirs.
        self._validity: dict[tuple[int, ...], pa.Buffer | None] = {}

    def put(self, name: str, index: Ints | None, values: Array, of_all: bool = False) -> None:
        """``values`` at the rows ``index`` (None: all rows, in order). Of two values of a row the later one stays.

        ``of_all``: the values are of all rows, those at ``index`` count.
        """
        self._parts.setdefault(name, []).append(_Part(index, values, of_all or index is None))

    def array(self, name: str, kind: pa.DataType) -> pa.Array:
        parts = self._parts.get(name)
        if parts is None:
            return nulls(self.count, kind)
        first, *more = parts
        whole = first.values
        if not first.of_all:
            whole = np.zeros(self.count, whole.dtype)
            whole[first.rows] = first.values
        for index, values, of_all in more:
            at = slice(None) if index is None else index
            whole[at] = values[at] if of_all else values
        return pa.Array.from_buffers(kind, self.count, [self._valid(parts), pa.py_buffer(np.ascontiguousarray(whole))])

    def _valid(self, parts: list[_Part]) -> pa.Buffer | None:
        key = tuple([id(part.rows) for part in parts])
        if key not in self._validity:
            is_set = np.zeros(self.count, np.bool_)
            for part in parts:
                is_set[slice(None) if part.rows is None else part.rows] = True
            self._validity[key] = None if is_set.all() else validity(is_set)
        return self._validity[key]


def quantity(wire: Array, divisor: int, kind: type) -> Array:
    """Numbers as they are on the wire in native order; divided where ``divisor`` is above 1, else as ``kind``."""
    # Not divided as they are: a division of foreign byte order goes through small buffers.
    return wire.astype(wire.dtype.newbyteorder("=")) / divisor if divisor > 1 else wire.astype(kind)
