"""Where the items of many 0x0200 bodies go: columns, stretches of bytes, safety items."""

from typing import NamedTuple

import numpy as np

from etl.jt808.arrays import Array, Ints, Stretches
from etl.jt808.columns import Columns, quantity
from etl.jt808.items import Part
from etl.jt808.profiles import Layout
from etl.jt808.schemas import ITEM_COLUMNS

_KINDS = {name: kind.to_pandas_dtype() for name, kind in ITEM_COLUMNS.items()}
_BINARY = ("tyre_pressures", "other_items", "cut_items")
_TYRE_BYTES = 30


class Met(NamedTuple):
    """Safety items of one layout: the rows of their bodies, their ordinals of this id, where their values begin."""

    item: int
    layout: Layout
    rows: Ints
    ordinal: Array
    starts: Ints


class Sink:
    """Where the items of all bodies go."""

    def __init__(self, count: int) -> None:
        self.columns = Columns(count)
        self.stretches = {name: Stretches() for name in _BINARY}
        self.safety: list[Met] = []

    def put(self, part: Part, index: Ints | None, wire: Array, of_all: bool = False) -> None:
        """One part of an item, as it is on the wire, of the bodies ``index`` (None: all)."""
        self.columns.put(part.column, index, quantity(wire, part.divisor, _KINDS[part.column]), of_all)

    def put_bytes(self, part: Part, index: Ints | None, starts: Ints) -> None:
        """An item that stays bytes."""
        chosen = np.arange(len(starts)) if index is None else index
        self.stretches[part.column].add(chosen, starts, _TYRE_BYTES)

    def put_safety(self, item: int, layout: Layout, index: Ints, ordinal: Array | int, starts: Ints) -> None:
        self.safety.append(Met(item, layout, index, np.broadcast_to(np.int64(ordinal), index.shape), starts))
