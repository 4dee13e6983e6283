"""The table of safety alarms: 苏标 items by their layouts (:mod:`etl.jt808.profiles`)."""

import numpy as np
import pyarrow as pa

from etl.jt808 import profiles
from etl.jt808.arrays import Array, Bytes, Ints, by_value, numbers, rows, texts, word, words
from etl.jt808.columns import Columns, quantity
from etl.jt808.instants import seconds
from etl.jt808.schemas import SAFETY_ALARMS
from etl.jt808.sink import Met
from etl.jt808.texts import text

_PROFILE_WORDS = pa.array(profiles.PROFILES)
_COLUMNS = {column.name: column.type for column in SAFETY_ALARMS}
_KINDS = {name: kind.to_pandas_dtype() for name, kind in _COLUMNS.items() if pa.types.is_primitive(kind)}


def safety_alarms(data: Bytes, met: list[Met], number: Ints, position: Array) -> pa.Table:
    """The safety items of bodies whose frames are ``number``, in the order of their bodies and of their bytes."""
    if not met:
        return SAFETY_ALARMS.empty_table()
    owner, ordinal, starts = (
        np.concatenate([getattr(one, name) for one in met]) for name in ("rows", "ordinal", "starts")
    )
    kinds = list({(one.item, one.layout): None for one in met})
    kind = np.repeat([kinds.index((one.item, one.layout)) for one in met], [len(one.rows) for one in met])
    order = np.lexsort((starts, owner))
    owner, ordinal, starts, kind = owner[order], ordinal[order], starts[order], kind[order]
    count = len(order)
    columns = Columns(count)
    terminals: list[tuple[Ints | None, pa.Array]] = []
    wheels: dict[int, list[dict[str, int]]] = {}
    # Layouts that differ in their specific fields only (0x64 and 0x65) are read as one.
    shapes = [(layout.common_at, layout.profile, layout.length) for _, layout in kinds]
    shape_of = np.array([shapes.index(shape) for shape in shapes])[kind]
    for shape, here in by_value(shape_of):
        values = rows(data, starts[here], kinds[shape][1].length)
        index = None if len(here) == count else here
        layouts = [(at, layout) for at, (_, layout) in enumerate(kinds) if shapes[at] == shapes[shape]]
        first = layouts[0][1]
        shared = set(first.fields).intersection(*(layout.fields for _, layout in layouts))
        for one in shared:
            columns.put(one.column, index, _quantity(values, one))
        for at, layout in layouts:
            chosen = np.flatnonzero(kind[here] == at)
            part, own = values[chosen], here[chosen]
            for one in layout.fields:
                if one not in shared:
                    columns.put(one.column, own, _quantity(part, one))
        for column, at in first.times:
            when, fine = seconds(*(word(values, at + pair, "<u2") for pair in (0, 2, 4)))
            if fine is None:
                columns.put(column, index, when)
            else:
                columns.put(column, here[fine], when[fine])
        terminals.append((index, _texts(values[:, first.terminal_at : first.terminal_at + first.terminal_length])))
        if first.wheels_at:
            wheels |= {
                row: profiles.wheels(value.tobytes(), first) for row, value in zip(here.tolist(), values, strict=True)
            }
    arrays = {
        "number": numbers(number[owner], pa.int64()),
        "position": numbers(position[owner], pa.int32()),
        "item": numbers(np.array([item for item, _ in kinds], np.int16)[kind], pa.int16()),
        "ordinal": numbers(ordinal.astype(np.int16), pa.int16()),
        "profile": words(np.array([profiles.PROFILES.index(one.profile) for _, one in kinds])[kind], _PROFILE_WORDS),
        "terminal_no": _joined(terminals),
        "wheels": pa.array([wheels.get(row) for row in range(count)], _COLUMNS["wheels"])
        if wheels
        else pa.nulls(count, _COLUMNS["wheels"]),
        "rest": pa.Array.from_buffers(
            pa.binary(), count, [None, pa.py_buffer(np.zeros(count + 1, np.int32)), pa.py_buffer(b"")]
        ),
    }
    return pa.Table.from_arrays(
        [arrays[name] if name in arrays else columns.array(name, form) for name, form in _COLUMNS.items()],
        schema=SAFETY_ALARMS,
    )


def _quantity(values: Bytes, one: profiles.Field) -> Array:
    return quantity(word(values, one.offset, one.form), one.divisor, _KINDS[one.column])


def _texts(values: Bytes) -> pa.Array:
    found = texts(values)
    return pa.array([text(value.tobytes()) for value in values], pa.string()) if found is None else found


def _joined(parts: list[tuple[Ints | None, pa.Array]]) -> pa.Array:
    """Strings of several sets of rows (None: the only set) in the order of the rows."""
    if len(parts) == 1:
        return parts[0][1]
    rows_of = np.concatenate([index for index, _ in parts if index is not None])
    return pa.concat_arrays([part for _, part in parts]).take(numbers(np.argsort(rows_of), pa.int64()))
