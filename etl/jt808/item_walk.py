"""Items of any order and length, walked over many bodies at once: the first of all, the second of all, and so on."""

from typing import NamedTuple

import numpy as np

from etl.jt808 import profiles
from etl.jt808.arrays import Array, Bytes, Ints, by_value, rows, word
from etl.jt808.items import ITEMS
from etl.jt808.sink import Sink

_FEW = 4  # so few bodies are quicker one by one


def walk_one(items: bytes) -> tuple[list[tuple[int, int, int]], int]:
    """(id, offset of the value, its length) of each whole item, and where a cut one begins."""
    found, at = [], 0
    while at + 2 <= len(items) and at + 2 + items[at + 1] <= len(items):
        found.append((items[at], at + 2, items[at + 1]))
        at += 2 + items[at + 1]
    return found, at


class Ahead(NamedTuple):
    """Items that stand before those to be walked: by body the number of its front, by front which ids it has."""

    which: Array
    ids: Array


def walk(sink: Sink, data: Bytes, index: Ints, at: Ints, ends: Ints, ahead: Ahead | None = None) -> Ints:
    """Put the items that begin at ``at`` and end before ``ends``, of the bodies ``index``.

    Gives back, with nothing put, those that have an item with columns whose id is also ``ahead``.
    """
    met: list[tuple[Ints, ...]] = []  # row, id, start of the value, length
    cut: list[tuple[Ints, ...]] = []  # row, start, length
    while len(index) > _FEW:
        item, length = data[at].astype(np.int64), data[at + 1].astype(np.int64)
        after = at + 2 + length
        # Of a single byte that is left the length is not its own, and it is past the end in any case.
        whole = after <= ends
        if not whole.all():
            torn = ~whole
            cut.append((index[torn], at[torn], (ends - at)[torn]))
            index, item, length, at, after, ends = (part[whole] for part in (index, item, length, at, after, ends))
        met.append((index, item, at + 2, length))
        more = after < ends
        index, at, ends = index[more], after[more], ends[more]
    _walk_few(met, cut, data, index, at, ends)
    items, torn_items = ([np.concatenate(column) for column in zip(*parts, strict=True)] for parts in (met, cut))
    again = np.zeros(0, np.int64)
    if ahead is not None and items:
        again = np.unique(items[0][ahead.ids[ahead.which[items[0]], items[1]]])
        if len(again):
            items, torn_items = _without(items, again), _without(torn_items, again)
    if torn_items:
        sink.stretches["cut_items"].add(*torn_items)
    if items:
        _sort_out(sink, data, *items)
    return again


def _without(columns: list[Ints], left_out: Ints) -> list[Ints]:
    """``columns``, the first of rows, without the rows ``left_out``."""
    return [column[~np.isin(columns[0], left_out)] for column in columns]


def _walk_few(
    met: list[tuple[Ints, ...]], cut: list[tuple[Ints, ...]], data: Bytes, index: Ints, at: Ints, ends: Ints
) -> None:
    """The same body by body: a message of many sub-packages can have a million items."""
    for row, begin, end in zip(index.tolist(), at.tolist(), ends.tolist(), strict=True):
        found, left = walk_one(data[begin:end].tobytes())
        if found:
            table = np.array(found, np.int64)
            met.append((np.full(len(found), row), table[:, 0], table[:, 1] + begin, table[:, 2]))
        if begin + left < end:
            cut.append((np.array([row]), np.array([begin + left]), np.array([end - begin - left])))


def _sort_out(sink: Sink, data: Bytes, index: Ints, item: Ints, starts: Ints, lengths: Ints) -> None:
    """Items of many bodies, each body's in order, to their columns."""
    known = np.flatnonzero(_HAS_COLUMNS[item << 8 | lengths])
    safety = np.flatnonzero(_IS_SAFETY[item])
    others = np.ones(len(item), np.bool_)
    if len(known):
        last = known[_last_of(index[known] << 8 | item[known])]
        others[last] = False
        for key, chosen in by_value((item << 8 | lengths)[last]):
            chosen = last[chosen]
            values = rows(data, starts[chosen], key & 255)
            for part in ITEMS[key >> 8, key & 255]:
                if part.form == "bytes":
                    sink.put_bytes(part, index[chosen], starts[chosen])
                else:
                    sink.put(part, index[chosen], word(values, part.offset, part.form))
    if len(safety):
        taken = _sort_out_safety(sink, data, *(part[safety] for part in (index, item, starts, lengths)))
        others[safety[taken]] = False
    sink.stretches["other_items"].add(index[others], starts[others] - 2, lengths[others] + 2)


def _last_of(keys: Ints) -> Ints:
    """Where each key comes for the last time."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    last: Ints = order[np.append(ordered[1:] != ordered[:-1], True)]
    return last


def _sort_out_safety(sink: Sink, data: Bytes, index: Ints, item: Ints, starts: Ints, lengths: Ints) -> Array:
    """Safety items to their layouts; which of them have one."""
    found: list[tuple[profiles.Layout, Ints]] = []
    taken = np.zeros(len(index), np.bool_)
    for key, chosen in by_value(item << 8 | lengths):
        for layout in profiles.layouts(key >> 8, key & 255):
            fits = ~taken[chosen]
            if layout.wheels_at:
                fits &= data[starts[chosen] + layout.wheels_at] == layout.wheel_count
            taken[chosen[fits]] = True
            found.append((layout, chosen[fits]))
    # The ordinal counts the items of one id in one body that have a layout.
    ranked = np.flatnonzero(taken)
    ranked = ranked[np.argsort(index[ranked] << 8 | item[ranked], kind="stable")]
    keys = index[ranked] << 8 | item[ranked]
    place = np.arange(len(keys))
    fresh = np.ones(len(keys), np.bool_)
    fresh[1:] = keys[1:] != keys[:-1]
    ordinal = np.zeros(len(index), np.int64)
    ordinal[ranked] = place - np.maximum.accumulate(np.where(fresh, place, 0))
    for layout, chosen in found:
        if len(chosen):
            sink.put_safety(int(item[chosen[0]]), layout, index[chosen], ordinal[chosen], starts[chosen])
    return taken


_HAS_COLUMNS = np.zeros(1 << 16, np.bool_)
_HAS_COLUMNS[[item << 8 | length for item, length in ITEMS]] = True
COLUMN_IDS = np.zeros(256, np.bool_)
COLUMN_IDS[[item for item, _ in ITEMS]] = True
_IS_SAFETY = np.zeros(256, np.bool_)
_IS_SAFETY[list(profiles.ITEMS)] = True
