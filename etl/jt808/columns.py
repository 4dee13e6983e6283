"""Nullable columns in the making, filled row set by row set."""

import numpy as np
import pyarrow as pa

from etl.jt808.arrays import Array, Ints, nulls, numbers


class Columns:
    """Columns of one length. A column nothing was put into is all null."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._values: dict[str, Array] = {}
        self._set: dict[str, Array | None] = {}

    def put(self, name: str, index: Ints | None, values: Array) -> None:
        """``values`` at the rows ``index`` (None: all rows, in order)."""
        if index is None:
            self._values[name], self._set[name] = values, None
            return
        if name not in self._values:
            self._values[name] = np.zeros(self.count, values.dtype)
            self._set[name] = np.zeros(self.count, np.bool_)
        mask = self._set[name]
        self._values[name][index] = values
        if mask is not None:
            mask[index] = True

    def array(self, name: str, kind: pa.DataType) -> pa.Array:
        if name not in self._values:
            return nulls(self.count, kind)
        mask = self._set[name]
        return numbers(self._values[name], kind, None if mask is None or mask.all() else mask)


def quantity(wire: Array, divisor: int, kind: type) -> Array:
    """Numbers as they are on the wire in native order; divided where ``divisor`` is above 1, else as ``kind``."""
    # Not divided as they are: a division of foreign byte order goes through small buffers.
    return wire.astype(wire.dtype.newbyteorder("=")) / divisor if divisor > 1 else wire.astype(kind)
