"""Texts written plainly, turned into values by Arrow a column at a time.

Landing judges texts one by one in SQL, which is exact and slow. Where every text of a column is written in the
plainest form, both ways give the same values, and this one costs a tenth. A single text in another form leaves
the whole column of that chunk to SQL, which says what is wrong with it.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.contract import Feed, Read
from etl.readers.rows import known, numbers, spelled, texts, those

_TYPES = {
    "INTEGER": pa.int32(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(), "TIMESTAMP": pa.timestamp("us"),
    "DATE": pa.date32(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(),
}  # fmt: skip
TRUTH = {
    "1": True, "0": False, "true": True, "false": False, "TRUE": True, "FALSE": False, "是": True, "否": False,
}  # fmt: skip
UNREAD = (
    "-", "--", "无牌", "无车牌", "未识别", "未知", "00000", "0000000", "车牌", "遮挡", "无", "NULL", "UNKNOWN",
)  # fmt: skip
"""What stands in the place of a plate that was not read."""
_SHAPES = {"TIMESTAMP": "dddd-dd-dd dd:dd:dd", "DATE": "dddd-dd-dd"}
_MOST_DIGITS = {"INTEGER": 18, "BIGINT": 18, "DOUBLE": 15}
_LIST_ROWS = 4096
# Bytes that only stand in plates that are the same in upper case and without their separators: ASCII but small
# letters, blanks, points and hyphens, and the UTF-8 forms of U+4000 to U+9FFF, which are ideographs.
_IN_PLATES = np.ones(256, bool)
_IN_PLATES[[9, 32, 45, 46, *range(97, 123), *range(0xC0, 0xE4), *range(0xEA, 0x100)]] = False
BETWEEN = re.compile(r"between (-?[\d.]+) and (-?[\d.]+)")
"""Least and greatest value, where a column's ``valid`` is a range."""
_AMONG = re.compile(r"in \((-?\d+(?:, -?\d+)*)\)")


def codes_of(how: Read) -> Mapping[str, str | int | bool | None] | None:
    """Words of the source and what they mean, where a reading has such a list."""
    return how.codes if how.codes is not None else TRUTH if how.column.type == "BOOLEAN" else None


# --- values --------------------------------------------------------------------------------------
def plain_values(feed: Feed, columns: list[pa.Array]) -> dict[int, pa.Array]:
    """Values of those columns (by place) in which every text is plain; an empty text is null."""
    found = {}
    for place, how in enumerate(spelled(feed)):
        column = columns[place]
        if column.type == _TYPES.get(how.column.type) and not pa.types.is_string(column.type):
            found[place] = column  # of a reader that decodes values, not texts
            continue
        if how.followed_by or how.pad or not pa.types.is_string(column.type):
            continue
        values = _values(column, how)
        if values is not None:
            found[place] = values
    return found


def _values(column: pa.StringArray, how: Read) -> pa.Array | None:
    kind = how.column.type.removesuffix("[]")
    if kind not in _TYPES:
        return None
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    there = np.diff(bounds) > 0
    if not there.any():
        return pa.nulls(len(column), _TYPES[kind])
    if how.missing or how.form or how.zone or how.scale != 1 or how.check or how.pattern or how.column.unit == "fen":
        return None
    text = np.frombuffer(data, np.uint8)
    whole = bool(there.all())
    filled = column if whole else those(column, there)
    codes = codes_of(how)
    if how.plate:
        return _plates(filled, text[bounds[0] : bounds[-1]], how.column.required)
    if codes is not None:
        return _decoded(filled, codes, _TYPES[kind])
    if kind == "VARCHAR":
        return filled
    starts, ends = (bounds[:-1], bounds[1:]) if whole else (bounds[:-1][there], bounds[1:][there])
    if kind in _SHAPES:
        if not _has_shape(text, starts, ends, _SHAPES[kind]):
            return None
    elif not _is_number(text, starts, ends, kind, how.decimals):
        return None
    try:
        return filled.cast(_TYPES[kind])
    except pa.ArrowInvalid:  # beyond the type, or no day of the calendar
        return None


def _has_shape(text: np.ndarray, starts: np.ndarray, ends: np.ndarray, shape: str) -> bool:
    """Whether every text has digits and marks where ``shape`` has them, and nothing else."""
    if not (ends - starts == len(shape)).all():
        return False
    # Texts without bytes between them: one row of bytes each. Below its least byte a byte wraps round.
    least = np.array([48 if mark == "d" else ord(mark) for mark in shape], np.uint8)
    span = np.array([9 if mark == "d" else 0 for mark in shape], np.uint8)
    return bool((text[starts[0] : ends[-1]].reshape(-1, len(shape)) - least <= span).all())


def _is_number(text: np.ndarray, starts: np.ndarray, ends: np.ndarray, kind: str, decimals: int) -> bool:
    """Whether every text is a minus or none, digits, and for DOUBLE a point between digits or none."""
    used = text[starts[0] : ends[-1]]
    negative = text[starts] == 45
    points = np.flatnonzero(used == 46) + starts[0] if kind == "DOUBLE" else np.empty(0, np.int64)
    # Whatever is neither digit, leading minus nor point is something else.
    if np.count_nonzero(used - np.uint8(48) <= 9) + np.count_nonzero(negative) + len(points) != len(used):
        return False
    whole = ends - starts - negative
    if len(points) == len(starts) and bool(((points >= starts) & (points < ends)).all()):
        behind = ends - points - 1
        if int(behind.min()) < 1 or int(behind.max()) > decimals:
            return False
        whole -= behind + 1
    elif len(points):
        rows = np.searchsorted(starts, points, side="right") - 1
        if (np.diff(rows) == 0).any():
            return False
        behind = ends[rows] - points - 1
        if int(behind.min()) < 1 or int(behind.max()) > decimals:
            return False
        whole[rows] -= behind + 1
    return int(whole.min()) >= 1 and int(whole.max()) <= _MOST_DIGITS[kind]


def _plates(column: pa.StringArray, used: np.ndarray, required: bool) -> pa.Array | None:
    """The plates where none needs upper case or has separators; those not read are null."""
    if not _IN_PLATES[used].all():
        return None
    unread = pc.is_in(column, value_set=texts(UNREAD))
    if not pc.any(unread).as_py():
        return column
    return None if required else those(column, known(column) & ~unread.to_numpy(zero_copy_only=False))


def _decoded(
    column: pa.StringArray, codes: Mapping[str, str | int | bool | None], kind: pa.DataType
) -> pa.Array | None:
    """What the words mean, where all of them are known."""
    words = column.dictionary_encode()
    found = words.dictionary.to_pylist()
    if not all(word in codes for word in found):
        return None
    values = [codes[word] for word in found]
    if pa.types.is_string(kind) and all(value is None or isinstance(value, str) for value in values):
        return texts(values).take(words.indices)  # type: ignore[arg-type]
    if not pa.types.is_floating(kind) and all(value is None or isinstance(value, int) for value in values):
        there = np.array([value is not None for value in values], bool)
        return numbers(np.array([value or 0 for value in values], np.int64), there).cast(kind).take(words.indices)
    return None  # SQL casts between types


# --- lists ---------------------------------------------------------------------------------------
def plain_lists(feed: Feed, values: Mapping[int, pa.Array]) -> dict[str, pa.ListArray]:
    """List columns (by name) all of whose places have ``values``, each list ending with its last value that is
    neither empty nor zero: trailing ones are no axles."""
    found = {}
    place = 0
    for heading, how in feed.reads.items():
        if isinstance(heading, str):
            place += 1 + len(how.followed_by)
            continue
        places = range(place, place + len(heading))
        place += len(heading)
        if all(at in values and _is_number_type(values[at].type) for at in places):
            found[how.column.name] = _list([values[at] for at in places])
    return found


def _is_number_type(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _list(ones: list[pa.Array]) -> pa.ListArray:
    count, kind = len(ones[0]), ones[0].type.to_pandas_dtype()
    ones = ones[: max((at for at, one in enumerate(ones, 1) if one.null_count < count), default=1)]
    # What lies in the place of a null is anything.
    found = [np.frombuffer(one.buffers()[1], kind)[one.offset : one.offset + count] for one in ones]
    there = [known(one) for one in ones]
    places = np.arange(1, len(ones) + 1, dtype=np.int32)
    lengths, filled, is_there = [], [np.empty(0, kind)], [np.empty(0, bool)]
    # Some thousand rows at a time, because what fits the processor's cache costs half.
    for first in range(0, count, _LIST_ROWS):
        rows = slice(first, first + _LIST_ROWS)
        here = np.array([one[rows] for one in there]).T
        values = np.where(here, np.array([one[rows] for one in found]).T, kind(0))
        length = np.max((values != 0) * places, axis=1, initial=0)
        kept = places <= length[:, None]
        lengths.append(length)
        filled.append(values[kept])
        is_there.append(here[kept])
    offsets = np.cumsum(np.concatenate([[0], *lengths])).astype(np.int32)
    return pa.ListArray.from_arrays(numbers(offsets), numbers(np.concatenate(filled), np.concatenate(is_there)))


# --- columns without a problem -------------------------------------------------------------------
def sound_columns(
    feed: Feed, values: Mapping[int, pa.Array], lists: Mapping[str, pa.ListArray], received_at: str
) -> frozenset[str]:
    """Columns whose every value is there where it has to be and lies where it may: nothing to look for in them."""
    latest = np.datetime64(datetime.fromisoformat(received_at) + timedelta(minutes=5), "us")
    found = {name for name, each in lists.items() if _lies(each.values, feed.raw_columns[name].each)}
    place = 0
    for heading, how in feed.reads.items():
        one = values.get(place) if isinstance(heading, str) else None
        place += 1 + len(how.followed_by) if isinstance(heading, str) else len(heading)
        if one is None or (how.column.required and one.null_count):
            continue
        if how.most_days_old:
            continue
        if _lies(one, how.column.valid) and (how.column.type != "TIMESTAMP" or _is_timely(one, latest)):
            found.add(how.column.name)
    return frozenset(found)


def _lies(values: pa.Array, where: str) -> bool:
    """Whether every value is where the dictionary says, as far as that can be told from bounds or a list."""
    if not where or values.null_count == len(values):
        return True
    if not _is_number_type(values.type):
        return False
    if between := BETWEEN.fullmatch(where):
        ends = pc.min_max(values).as_py()
        return bool(float(between[1]) <= ends["min"] and ends["max"] <= float(between[2]))
    if among := _AMONG.fullmatch(where):
        return set(pc.unique(values).to_pylist()) <= {None, *(int(one) for one in among[1].split(", "))}
    return False


def _is_timely(values: pa.Array, latest: np.datetime64) -> bool:
    """No instant in the future, and none from a clock that was never set (before 1990, or of 2000-01-01)."""
    if values.null_count == len(values):
        return True
    ends = pc.min_max(values)
    first, last = (np.datetime64(ends[name].value, "us") for name in ("min", "max"))
    day = np.datetime64("2000-01-01", "us")
    by_default = first < day + np.timedelta64(1, "D") and last >= day
    return bool(first >= np.datetime64("1990-01-01", "us") and last <= latest and not by_default)
