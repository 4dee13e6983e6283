"""The items of many 0x0200 bodies, each to its column.

Terminals of a kind send the same items in the same order, so a chunk has few layouts (the ids and lengths of the items
of a body). Most bodies begin with the numbers of the standard, which few fronts describe; what is behind them, the
items of makers and alarms, has layouts of its own, which are told by the bytes they take. Patterns are compared eight
bytes at a time. Of few layouts each puts its own columns; of many, columns that lie alike in all of them are gathered
as one block for all bodies together. Bodies whose layout is rare are walked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from etl.jt808 import profiles
from etl.jt808.arrays import Array, Bytes, Ints, by_value, rows
from etl.jt808.item_walk import COLUMN_IDS, Ahead, walk, walk_one
from etl.jt808.items import ITEMS, Part
from etl.jt808.sink import Sink

BASE_BYTES = 28
# To find a layout's bodies takes a dozen numpy calls; walking a body takes a microsecond.
_FEW = 24
_MOST_FRONTS = 32
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


class _Pattern:
    """Items as a pattern for others: which bytes count, the ids that have columns, where the numbers of those lie."""

    def __init__(self, items: bytes, mask: Bytes, ids: list[int], members: Members) -> None:
        self.length, self.width = len(items), len(mask)
        self.ids, self.members = ids, members
        wanted = np.zeros(len(mask), np.uint8)
        wanted[: len(items)] = np.frombuffer(items, np.uint8)
        masks, words = mask.view(np.uint64), (wanted & mask).view(np.uint64)
        self._words = [(int(at), masks[at], words[at]) for at in np.flatnonzero(masks)]

    def fits(self, values: Array) -> Array:
        """Which rows of (n, w) words have it."""
        fine: Array | None = None
        for at, mask, wanted in self._words:
            same = values[:, at] & mask == wanted
            fine = same if fine is None else np.logical_and(fine, same, out=fine)
        return np.ones(len(values), np.bool_) if fine is None else fine

    def among(self, values: Array, is_left: Array) -> tuple[Ints, Array]:
        """Which rows of (n, w) words have it and are left, with their words; where most have it with those of all."""
        # The last bytes tell most patterns apart.
        at, mask, wanted = self._words[-1]
        might = (values[:, at] & mask == wanted) & is_left
        if 2 * np.count_nonzero(might) > len(values):
            return np.flatnonzero(self.fits(values) & might), values
        here = np.flatnonzero(might)
        chosen = values.take(here, axis=0)
        fits = np.flatnonzero(self.fits(chosen))
        return (here, chosen) if len(fits) == len(here) else (here[fits], chosen.take(fits, axis=0))


def _no_mask(length: int) -> Bytes:
    return np.zeros(-(-length // 8) * 8, np.uint8)


class _Front(_Pattern):
    """The numbers many bodies begin with, each id once. An id without columns is next, or the body ends."""

    def __init__(self, items: bytes, found: list[tuple[int, int, int]]) -> None:
        mask = _no_mask(len(items))
        for _, at, _ in found:
            mask[at - 2 : at] = 255
        members = ((at + part.offset, part) for item, at, length in found for part in ITEMS[item, length])
        super().__init__(items, mask, [item for item, _, _ in found], tuple(members))


def _front(items: bytes) -> _Front | None:
    """The front of a body; None where its first items are others."""
    found, cut = walk_one(items)
    front: list[tuple[int, int, int]] = []
    for item, at, length in found:
        if not COLUMN_IDS[item]:
            cut = at - 2
            break
        parts = ITEMS.get((item, length), ())
        if not parts or parts[0].form == "bytes" or any(item == other for other, _, _ in front):
            return None
        front.append((item, at, length))
    if not front or (cut < len(items) and COLUMN_IDS[items[cut]]):
        return None
    return _Front(items[:cut], front)


class _Layout(_Pattern):
    """All items of a body, or all behind its front."""

    def __init__(self, items: bytes) -> None:
        found, cut = walk_one(items)
        mask = _no_mask(len(items))
        mask[cut : min(cut + 2, len(items))] = 255
        fields: dict[str, tuple[int, Part]] = {}
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
                        fields[part.column] = (at + part.offset, part)
            elif layout := profiles.layout(item, items[at : at + length]):
                self._safety.append((item, layout, ordinals[item], at))
                ordinals[item] += 1
            elif self._others and sum(self._others[-1]) == at - 2:
                self._others[-1] = (self._others[-1][0], self._others[-1][1] + 2 + length)
            else:
                self._others.append((at - 2, 2 + length))
        self.is_rest = bool(self.bytes or self._safety or self._others or self._cut[1])
        super().__init__(items, mask, list(last), tuple(fields.values()))

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


Kind = TypeVar("Kind", bound=_Pattern)


@dataclass(frozen=True)
class _Fit(Generic[Kind]):
    """Bodies that have a front or a layout: their rows, and its items as (n, w) bytes; or those of all bodies."""

    kind: Kind
    rows: Ints
    values: Bytes

    def without(self, left_out: Array) -> "_Fit[Kind]":
        """The same without some of its bodies."""
        if not left_out.any():
            return self
        kept = np.flatnonzero(~left_out)
        values = self.values if len(self.values) != len(self.rows) else self.values.take(kept, axis=0)
        return _Fit(self.kind, self.rows[kept], values)


class _Known(Generic[Kind]):
    """Fronts, or the layouts of one length, those that fitted last first; and how long not to look for new ones."""

    def __init__(self, made: Callable[[bytes], Kind | None], most: int) -> None:
        self._made, self._most = made, most
        self.kinds: list[Kind] = []
        self.failures = 0
        self.pause = 0

    def fitted(self, kind: Kind) -> None:
        self.failures = 0
        if not self.kinds or self.kinds[0] is not kind:
            others = [other for other in self.kinds if other is not kind]
            self.kinds = [kind, *others][: self._most]

    def fresh(self, items: bytes) -> Kind | None:
        """One made of these items, unless such fitted nothing lately."""
        if self.pause:
            self.pause -= 1
            return None
        found = self._made(items)
        if found is None:
            self.failed()
        return found

    def failed(self) -> None:
        self.failures = min(self.failures + 1, _LONGEST_PAUSE)
        self.pause = 1 << self.failures


class Layouts:
    """The fronts and layouts seen so far. They make decoding faster and nothing else."""

    def __init__(self) -> None:
        self._fronts: _Known[_Front] = _Known(_front, _MOST_FRONTS)
        # By the bytes the items take: of whole bodies, and of what is behind a front.
        self._whole: dict[int, _Known[_Layout]] = {}
        self._behind: dict[int, _Known[_Layout]] = {}

    def read(self, bodies: Bodies) -> Sink:
        """The items of all bodies."""
        sink = Sink(len(bodies.starts))
        data, starts, lengths = bodies.data, bodies.starts + BASE_BYTES, bodies.lengths - BASE_BYTES
        fronts, left = self._fit_fronts(data, starts, lengths)
        if fronts:
            none = len(fronts)
            ahead = Ahead(np.full(len(starts), none, np.int8), np.zeros((none + 1, 256), np.bool_))
            for number, fit in enumerate(fronts):
                ahead.which[fit.rows] = number
                ahead.ids[number, fit.kind.ids] = True
            length_ahead = np.array([*(fit.kind.length for fit in fronts), 0]).take(ahead.which)
            behind = np.flatnonzero((lengths > length_ahead) & (ahead.which != none))
            again = self._read(sink, data, behind, starts + length_ahead, lengths - length_ahead, ahead)
            if len(again):
                is_again = np.zeros(len(starts), np.bool_)
                is_again[again] = True
                fronts = [fit.without(is_again[fit.rows]) for fit in fronts]
                left = np.sort(np.concatenate((left, again)))
            _put_numbers(sink, data, starts, fronts)
        self._read(sink, data, left, starts, lengths, None)
        return sink

    def _fit_fronts(self, data: Bytes, starts: Ints, lengths: Ints) -> tuple[list[_Fit[_Front]], Ints]:
        """Bodies by their fronts, and the rows of those without that have items."""
        known, fitting = self._fronts, []
        is_left = lengths > 0
        values = rows(data, starts, max((kind.width for kind in known.kinds), default=0))
        for kind in [*known.kinds, *[None] * _NEW_AT_ONCE]:
            if np.count_nonzero(is_left) < _FEW:
                break
            first = int(np.argmax(is_left))
            trying = kind or known.fresh(data[starts[first] : starts[first] + lengths[first]].tobytes())
            if trying is None:
                break
            if trying.width > values.shape[1]:
                values = rows(data, starts, trying.width)
            here, found = trying.among(values.view(np.uint64), is_left)
            behind = lengths.take(here) - trying.length
            fits = behind >= 0
            longer = np.flatnonzero(behind > 0)
            fits[longer] = ~COLUMN_IDS[data[starts[here[longer]] + trying.length]]
            if not fits.all():
                kept = np.flatnonzero(fits)
                here, found = here[kept], found if len(found) == len(values) else found.take(kept, axis=0)
            if len(here) < _FEW:
                if kind is None:
                    known.failed()
                    break
                continue
            known.fitted(trying)
            is_left[here] = False
            fitting.append(_Fit(trying, here, found.view(np.uint8)))
        return fitting, np.flatnonzero(is_left)

    def _read(self, sink: Sink, data: Bytes, index: Ints, starts: Ints, lengths: Ints, ahead: Ahead | None) -> Ints:
        """The items of the bodies ``index``. Gives back, unread, those that have an id here that is also ahead."""
        if not len(index):
            return index
        by_length = self._whole if ahead is None else self._behind
        fitting: list[_Fit[_Layout]] = []
        left: list[Ints] = []
        again: list[Ints] = []
        for length, chosen in by_value(lengths[index]):
            here = index[chosen]
            if len(here) >= _FEW and length <= _LONGEST_ITEMS:
                here = _fit(
                    by_length.setdefault(length, _Known(_Layout, _MOST_LAYOUTS)), fitting, data, here, starts, length
                )
            left.append(here)
        if ahead is not None:
            for number, fit in enumerate(fitting):
                if fit.kind.ids:
                    is_again: Array = ahead.ids[:, fit.kind.ids].any(axis=1).take(ahead.which[fit.rows])
                    again.append(fit.rows[is_again])
                    fitting[number] = fit.without(is_again)
        _put_numbers(sink, data, starts, [fit for fit in fitting if fit.kind.members])
        for fit in fitting:
            if fit.kind.is_rest:
                fit.kind.put_rest(sink, fit.rows, starts[fit.rows])
        rest = np.concatenate(left)
        again.append(walk(sink, data, rest, starts[rest], (starts + lengths)[rest], ahead))
        return np.concatenate(again)


def _fit(
    known: _Known[_Layout], fitting: list[_Fit[_Layout]], data: Bytes, index: Ints, starts: Ints, length: int
) -> Ints:
    """Add the layouts of bodies of one length with their rows; give back the rows without."""
    values = rows(data, starts if len(index) == len(starts) else starts[index], -(-length // 8) * 8)
    for kind in [*known.kinds, *[None] * _NEW_AT_ONCE]:
        if len(index) < _FEW:
            break
        trying = kind or known.fresh(values[0, :length].tobytes())
        if trying is None:
            break
        fits = trying.fits(values.view(np.uint64))
        count = np.count_nonzero(fits)
        if count < _FEW:
            if kind is None:
                known.failed()
                break
            continue
        known.fitted(trying)
        if count == len(index):
            fitting.append(_Fit(trying, index, values))
            return index[:0]
        # Numpy takes rows by their numbers several times as fast as by a mask.
        here, others = np.flatnonzero(fits), np.flatnonzero(~fits)
        fitting.append(_Fit(trying, index[here], values.take(here, axis=0)))
        index, values = index[others], values.take(others, axis=0)
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


def _put_numbers(sink: Sink, data: Bytes, starts: Ints, fitting: Sequence[_Fit[Any]]) -> None:
    """The numbers of all bodies that have a layout or a front; their items begin at ``starts``."""
    if len(fitting) > _FEW_LAYOUTS:
        _put_blocks(sink, data, starts, fitting)
        return
    for fit in fitting:
        _put_block(sink, fit.values, fit.kind.members, None if len(fit.rows) == len(starts) else fit.rows)


def _put_block(sink: Sink, block: Bytes, members: Members, index: Ints | None) -> None:
    """The numbers ``members`` (offset, part) of (n, w) bytes, of the bodies ``index`` (None: all)."""
    record = block.reshape(-1).view(_form(members, block.shape[1]))
    for _, part in members:
        sink.put(part, index, record[part.column], index is not None and len(index) != len(block))


def _put_blocks(sink: Sink, data: Bytes, starts: Ints, fitting: Sequence[_Fit[Any]]) -> None:
    """The same for many layouts: numbers at the same distance in the same of them as one block."""
    which = np.zeros(len(starts), np.int64)  # 0: no layout
    for number, fit in enumerate(fitting, 1):
        which[fit.rows] = number
    is_any_without = bool((which == 0).any())
    blocks: dict[tuple[int | None, ...], list[tuple[int, Part, list[int | None]]]] = {}
    places_of = [{part.column: at for at, part in fit.kind.members} for fit in fitting]
    parts = {part.column: part for fit in fitting for _, part in fit.kind.members}
    for column, part in parts.items():
        places = [members.get(column) for members in places_of]
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
