"""The items of many 0x0200 bodies, each to its column.

Terminals of a kind send the same items in the same order, so a chunk has few layouts (the ids and lengths of the items
of a body). Bodies whose items take the same number of bytes are compared with the layouts seen so far, eight bytes at a
time. Of few layouts each puts its own columns; of many, columns that lie alike in all of them are gathered as one block
for all bodies together. Bodies whose layout is rare are walked.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from etl.jt808 import profiles
from etl.jt808.arrays import Array, Bytes, Ints, by_value, rows
from etl.jt808.item_walk import walk, walk_one
from etl.jt808.items import ITEMS, Part
from etl.jt808.sink import Sink

BASE_BYTES = 28
# To find a layout's bodies takes a dozen numpy calls; walking a body takes a microsecond.
_FEW = 24
_MOST_LAYOUTS = 8  # by length
_NEW_AT_ONCE = 4
_LONGEST_ITEMS = 1023
_LONGEST_PAUSE = 8
_FEW_LAYOUTS = 12
Members = tuple[tuple[int, Part], ...]  # numbers within a stretch of bytes, each at its offset


class Bodies(NamedTuple):
    """0x0200 bodies in ``data``, in the order of their rows; bytes follow the last one (``locations.PADDING``)."""

    data: Bytes
    starts: Ints
    lengths: Ints


class _Layout:
    """The items of one body as a pattern for others: which columns lie where."""

    def __init__(self, items: bytes) -> None:
        found, cut = walk_one(items)
        mask = np.zeros(-(-len(items) // 8) * 8, np.uint8)
        mask[cut : min(cut + 2, len(items))] = 255
        self.fields: dict[str, tuple[int, Part]] = {}
        self.bytes: list[tuple[Part, int]] = []
        self._safety: list[tuple[int, profiles.Layout, int, int]] = []
        self._others: list[tuple[int, int]] = []
        self._cut = (cut, len(items) - cut)
        last = {item: at for item, at, length in found if (item, length) in ITEMS}
        ordinals = dict.fromkeys(profiles.ITEMS, 0)
        for item, at, length in found:
            mask[at - 2 : at] = 255
            # The wheel count decides between profiles, so it is part of the pattern.
            for possible in profiles.layouts(item, length):
                if possible.wheels_at:
                    mask[at + possible.wheels_at] = 255
            if last.get(item) == at:
                for part in ITEMS[item, length]:
                    if part.form == "bytes":
                        self.bytes.append((part, at))
                    else:
                        self.fields[part.column] = (at + part.offset, part)
            elif layout := profiles.layout(item, items[at : at + length]):
                self._safety.append((item, layout, ordinals[item], at))
                ordinals[item] += 1
            elif self._others and sum(self._others[-1]) == at - 2:
                self._others[-1] = (self._others[-1][0], self._others[-1][1] + 2 + length)
            else:
                self._others.append((at - 2, 2 + length))
        self.members: Members = tuple(self.fields.values())
        self.is_rest = bool(self.bytes or self._safety or self._others or self._cut[1])
        pattern = np.zeros(len(mask), np.uint8)
        pattern[: len(items)] = np.frombuffer(items, np.uint8)
        masks, wanted = mask.view(np.uint64), (pattern & mask).view(np.uint64)
        self._words = [(int(at), masks[at], wanted[at]) for at in np.flatnonzero(masks)]

    def fits(self, values: Array) -> Array:
        """Which rows of (n, w) words have this layout."""
        fine: Array | None = None
        for at, mask, wanted in self._words:
            same = values[:, at] & mask == wanted
            fine = same if fine is None else np.logical_and(fine, same, out=fine)
        return np.ones(len(values), np.bool_) if fine is None else fine

    def put_rest(self, sink: Sink, index: Ints, starts: Ints) -> None:
        """Put what is no number, of the bodies ``index`` whose items begin at ``starts``."""
        for part, at in self.bytes:
            sink.put_bytes(part, index, starts + at)
        for item, layout, ordinal, at in self._safety:
            sink.put_safety(item, layout, index, ordinal, starts + at)
        for at, length in self._others:
            sink.stretches["other_items"].add(index, starts + at, length)
        if self._cut[1]:
            sink.stretches["cut_items"].add(index, starts + self._cut[0], self._cut[1])


class _Fit(NamedTuple):
    """Bodies that have a layout: their rows, and their items as (n, w) bytes."""

    layout: _Layout
    rows: Ints
    values: Bytes


class _Known:
    """The layouts of one length, those that fitted last first; and how long not to look for new ones."""

    def __init__(self) -> None:
        self.layouts: list[_Layout] = []
        self.failures = 0
        self.pause = 0

    def fitted(self, layout: _Layout) -> None:
        self.failures = 0
        if not self.layouts or self.layouts[0] is not layout:
            self.layouts = [layout, *(other for other in self.layouts if other is not layout)][:_MOST_LAYOUTS]

    def fresh(self, items: bytes) -> _Layout | None:
        """A layout made of these items, unless such layouts fitted nothing lately."""
        if self.pause:
            self.pause -= 1
            return None
        return _Layout(items)

    def failed(self) -> None:
        self.failures = min(self.failures + 1, _LONGEST_PAUSE)
        self.pause = 1 << self.failures


class Layouts:
    """The layouts seen so far, by the bytes the items take. They make decoding faster and nothing else."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}

    def read(self, bodies: Bodies) -> Sink:
        """The items of all bodies."""
        sink = Sink(len(bodies.starts))
        starts, lengths = bodies.starts + BASE_BYTES, bodies.lengths - BASE_BYTES
        fitting: list[_Fit] = []
        left: list[Ints] = []
        for length, index in by_value(lengths):
            if len(index) < _FEW or length > _LONGEST_ITEMS:
                left.append(index)
            elif length > 0:
                left.append(self._fit(fitting, bodies.data, index, starts, length))
        if len(fitting) <= _FEW_LAYOUTS:
            for fit in fitting:
                members = fit.layout.members
                _put_block(sink, fit.values, members, None if len(fit.rows) == len(starts) else fit.rows)
        else:
            _put_blocks(sink, bodies.data, starts, fitting)
        for fit in fitting:
            if fit.layout.is_rest:
                fit.layout.put_rest(sink, fit.rows, starts[fit.rows])
        index = np.concatenate(left) if left else np.zeros(0, np.int64)
        index = index[lengths[index] > 0]
        if len(index):
            walk(sink, bodies.data, index, starts[index], (starts + lengths)[index])
        return sink

    def _fit(self, fitting: list[_Fit], data: Bytes, index: Ints, starts: Ints, length: int) -> Ints:
        """Add the layouts of bodies of one length with their rows; give back the rows without."""
        known = self._known.setdefault(length, _Known())
        values = rows(data, starts if len(index) == len(starts) else starts[index], -(-length // 8) * 8)
        for layout in [*known.layouts, *[None] * _NEW_AT_ONCE]:
            if len(index) < _FEW:
                break
            trying = layout or known.fresh(values[0, :length].tobytes())
            if trying is None:
                break
            fits = trying.fits(values.view(np.uint64))
            count = np.count_nonzero(fits)
            if count < _FEW:
                if layout is None:
                    known.failed()
                    break
                continue
            known.fitted(trying)
            if count == len(index):
                fitting.append(_Fit(trying, index, values))
                return index[:0]
            fitting.append(_Fit(trying, index[fits], values[fits]))
            index, values = index[~fits], values[~fits]
        return index


@lru_cache(4096)
def _form(members: Members, width: int) -> np.dtype[Any]:
    """What numpy calls the members; to make it takes longer than to read a hundred of them."""
    return np.dtype(
        {
            "names": [part.column for _, part in members],
            "formats": [part.form for _, part in members],
            "offsets": [offset for offset, _ in members],
            "itemsize": width,
        }
    )


def _put_block(sink: Sink, block: Bytes, members: Members, index: Ints | None) -> None:
    """The numbers ``members`` (offset, part) of (n, w) bytes, of the bodies ``index`` (None: all)."""
    record = block.reshape(-1).view(_form(members, block.shape[1]))
    for _, part in members:
        sink.put(part, index, record[part.column])


def _put_blocks(sink: Sink, data: Bytes, starts: Ints, fitting: list[_Fit]) -> None:
    """The numbers of all bodies that have a layout: those at the same distance in the same layouts as one block."""
    which = np.zeros(len(starts), np.int64)  # 0: no layout
    for number, fit in enumerate(fitting, 1):
        which[fit.rows] = number
    is_any_without = bool((which == 0).any())
    blocks: dict[tuple[int | None, ...], list[tuple[int, Part, list[int | None]]]] = {}
    parts = {part.column: part for fit in fitting for _, part in fit.layout.fields.values()}
    for column, part in parts.items():
        places = [fit.layout.fields[column][0] if column in fit.layout.fields else None for fit in fitting]
        first = next(place for place in places if place is not None)
        key = tuple(None if place is None else place - first for place in places)
        blocks.setdefault(key, []).append((first, part, places))
    for key, members in blocks.items():
        nearest, _, places = min(members, key=lambda member: member[0])
        at = np.array([-1, *(-1 if place is None else place for place in places)]).take(which)
        having = np.flatnonzero(at >= 0) if None in key or is_any_without else None
        at += starts
        width = max(first - nearest + int(part.form[-1]) for first, part, _ in members)
        block = rows(data, at if having is None else at[having], width)
        _put_block(sink, block, tuple((first - nearest, part) for first, part, _ in members), having)
