"""Kinds of values: one declaration checks what comes in, writes what goes out and is its JSON Schema.

Text that may name somebody is masked while it is written, by the name of its field (``warehouse.columns.levels``),
whatever the reader hands over; a text field of an undeclared name is hidden whole.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from dashboards.selection import plain_date
from warehouse import masks
from warehouse.columns.levels import level_of, mask_of

Schema = dict[str, Any]


class NotOfKind(Exception):
    """A value to be written is not what its field is declared as: a fault of ours."""


@dataclass(frozen=True)
class Kind:
    """``read``: from a value of JSON; raises ``ValueError``. ``write``: a value as JSON, given the name of its field
    and whether text may leave whole; raises ``NotOfKind``."""

    schema: Schema
    read: Callable[[Any], Any]
    write: Callable[[Any, str, bool], Any]

    def read_text(self, value: str) -> Any:
        """As ``read``, from the text of an address."""
        if self.schema.get("type") == "integer":
            return self.read(int(value) if re.fullmatch(r"0|-?[1-9]\d{0,9}", value, re.ASCII) else value)
        return self.read(value)


@dataclass(frozen=True)
class Field:
    name: str
    kind: Kind


def _unread(value: Any) -> Any:
    raise ValueError("not asked for")


def _need(is_right: bool, name: str) -> None:
    if not is_right:
        raise NotOfKind(name)


# --- single values ------------------------------------------------------------------------------------
def text(most: int = 2000, pattern: str = "", like: str = "") -> Kind:
    """Printable text; ``most``: signs. ``like``: a column that its field is of the class of."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
            raise ValueError("no text")
        value.encode()  # half of a surrogate pair is none; raises a ``ValueError``
        if pattern and not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError("another form")
        return value

    def write(value: Any, name: str, whole: bool) -> str:
        _need(isinstance(value, str), name)
        if not whole and level_of(like or name) not in ("open", "internal"):
            value = masks.masked(value, mask_of(like or name))
        return str(value)

    asked: Schema = {"type": "string", **({"pattern": f"^{pattern}$"} if pattern else {})}
    return Kind(asked if most == 2000 else {**asked, "minLength": 1, "maxLength": most}, read, write)


def code(*options: str) -> Kind:
    """One word of a list."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in options:
            raise ValueError("none of the list")
        return value

    def write(value: Any, name: str, whole: bool) -> str:
        _need(isinstance(value, str) and value in options, name)
        return str(value)

    return Kind({"type": "string", "enum": list(options)}, read, write)


def integer(least: int | None = None, most: int | None = None) -> Kind:
    def read(value: Any) -> int:
        if type(value) is not int or not (least is None or value >= least) or not (most is None or value <= most):
            raise ValueError("no such number")
        return value

    def write(value: Any, name: str, whole: bool) -> int:
        _need(not isinstance(value, (bool, str)) and value == int(value), name)
        return int(value)

    bounds = {"minimum": least, "maximum": most}
    return Kind({"type": "integer", **{key: one for key, one in bounds.items() if one is not None}}, read, write)


def _write_number(value: Any, name: str, whole: bool) -> float | int:
    _need(not isinstance(value, (bool, str)) and math.isfinite(value), name)
    return int(value) if isinstance(value, int) else float(value)


def _write_truth(value: Any, name: str, whole: bool) -> bool:
    _need(value in (True, False), name)
    return bool(value)


def _read_day(value: Any) -> date:
    day = plain_date(value)
    if day is None:
        raise ValueError("no day")
    return day


def _write_day(value: Any, name: str, whole: bool) -> str:
    if isinstance(value, str):
        value = plain_date(value)
    _need(isinstance(value, date), name)
    return value.date().isoformat() if isinstance(value, datetime) else value.isoformat()


def _write_instant(value: Any, name: str, whole: bool) -> str:
    value = value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
    _need(isinstance(value, datetime) and value.tzinfo is None, name)
    return f"{value.isoformat()}+08:00"


NUMBER = Kind({"type": "number"}, _unread, _write_number)
"""A number as the engine has it, written so that it reads back the same."""
TRUTH = Kind({"type": "boolean"}, _unread, _write_truth)
DAY = Kind({"type": "string", "format": "date"}, _read_day, _write_day)
INSTANT = Kind({"type": "string", "format": "date-time"}, _unread, _write_instant)
"""Local instants leave with their offset, +08:00."""
COUNT = integer(0)


# --- values made of others ----------------------------------------------------------------------------
def _is_none(value: Any) -> bool:
    return value is None or (not isinstance(value, (str, list, tuple, dict)) and pd.isna(value) is True)


def optional(kind: Kind) -> Kind:
    """The same, or null where nothing is known: of an answer, not to be asked for."""
    schema = dict(kind.schema)
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    else:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return Kind(
        schema,
        _unread,
        lambda value, name, whole: None if _is_none(value) else kind.write(value, name, whole),
    )


def listed(kind: Kind) -> Kind:
    def write(value: Any, name: str, whole: bool) -> list[Any]:
        _need(isinstance(value, (list, tuple)), name)
        return [kind.write(one, name, whole) for one in value]

    return Kind({"type": "array", "items": kind.schema}, _unread, write)


def _of(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, Mapping) else getattr(row, name)


def told(*fields: Field) -> Kind:
    """An object with all of these fields and no other, from a mapping or from an object's attributes."""

    def write(value: Any, name: str, whole: bool) -> dict[str, Any]:
        return {one.name: one.kind.write(_of(value, one.name), one.name, whole) for one in fields}

    return Kind(
        {
            "type": "object",
            "properties": {one.name: one.kind.schema for one in fields},
            "required": [one.name for one in fields],
            "additionalProperties": False,
        },
        _unread,
        write,
    )


def _write_tree(value: Any, name: str, whole: bool) -> dict[str, Any]:
    _need(whole and isinstance(value, dict), name)
    return value


TREE = Kind({"type": "object"}, _unread, _write_tree)
"""A tree with a format of its own, of answers that leave whole alone."""


def many(kind: Kind, *names: str) -> tuple[Field, ...]:
    """Fields of one kind."""
    return tuple(Field(name, kind) for name in names)


def records(frame: pd.DataFrame) -> Sequence[Mapping[str, Any]]:
    """The rows of a frame, a mapping each."""
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]
