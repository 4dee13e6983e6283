"""Personal text on its way out of a reader that may not show it.

A masked value shows its mask wherever it is written and stays, for the program, what it stands for: it is equal,
hashes and sorts as the whole text, and a query takes it as that. So counts by vehicle are the same numbers for every
reader, and a drawer opens by the row it came from. Whole text leaves it nowhere else: not by ``str``, formatting, JSON,
CSV, ``repr``, copying or pickling.

How a column is masked follows from its class (``warehouse.columns.levels``), by the name of the result's column; a
name that nobody declared is sensitive.
"""

from collections.abc import Callable, Mapping
from typing import Any

from warehouse import plate
from warehouse.columns.levels import is_declared as is_declared
from warehouse.columns.levels import level_of, mask_of

HIDDEN = "***"


class Masked(str):
    """See the module. Made by ``masked``; ``whole_of`` gives what a query takes."""

    __slots__ = ("_whole",)
    _whole: str

    def __new__(cls, shown: str, whole: str) -> "Masked":
        made = super().__new__(cls, shown)
        made._whole = whole
        return made

    def __eq__(self, other: object) -> bool:
        return self._whole == (other._whole if isinstance(other, Masked) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: str) -> bool:
        return self._whole < (other._whole if isinstance(other, Masked) else other)

    def __le__(self, other: str) -> bool:
        return self == other or self < other

    def __gt__(self, other: str) -> bool:
        return not self <= other

    def __ge__(self, other: str) -> bool:
        return not self < other

    def __hash__(self) -> int:
        return hash(self._whole)

    def __copy__(self) -> "Masked":
        return self

    def __deepcopy__(self, memo: Any) -> "Masked":
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)

    def __reduce_ex__(self, protocol: Any) -> tuple[type[str], tuple[str]]:
        return self.__reduce__()


def _ends(text: str, first: int, last: int, least: int) -> str:
    """The first and last signs, stars between; of a text that is too short for that, nothing."""
    return (
        HIDDEN if len(text) < least else f"{text[:first]}{'*' * (len(text) - first - last)}{text[len(text) - last :]}"
    )


_MASKS: dict[str, Callable[[str], str]] = {
    "plate": lambda text: HIDDEN if len(text) < 5 else plate.masked(text),
    "name": lambda text: f"{text[:1]}*",
    "number": lambda text: _ends(text, 4, 4, 12),
    "phone": lambda text: _ends(text, 3, 4, 11),
    "hidden": lambda text: HIDDEN,
}
"""How each kind is masked (个人信息保护法 art. 51; domain: 4311**********1234, 139****5678, 王*)."""


def masked(text: str, kind: str) -> Masked:
    """A text under its mask. ``kind``: plate, name, number, phone, hidden."""
    return text if isinstance(text, Masked) else Masked(_MASKS[kind](text), text)


def out(name: str, value: Any) -> Any:
    """The value of a result's column as a masked reader hands it out; of lists and structs, what is in them."""
    if isinstance(value, str):
        if level_of(name) in ("open", "internal"):
            return value
        return masked(value, mask_of(name))
    if isinstance(value, (bytes, bytearray)):
        return None if level_of(name) not in ("open", "internal") else value
    if hasattr(value, "tolist") and str(getattr(value, "dtype", "")) == "object":  # a list in a frame
        return out(name, value.tolist())
    if isinstance(value, Mapping):
        return {out(name, key): out(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(out(name, inner) for inner in value)
    return value


def is_masked(value: Any) -> bool:
    """Whether a value is masked or holds one that is."""
    if isinstance(value, Mapping):
        return any(is_masked(inner) for pair in value.items() for inner in pair)
    return isinstance(value, Masked) or (isinstance(value, (list, tuple)) and any(map(is_masked, value)))


def whole_of(params: Any) -> Any:
    """Bound parameters as a query takes them."""
    if isinstance(params, Masked):
        return params._whole
    if isinstance(params, Mapping):
        return {key: whole_of(value) for key, value in params.items()}
    if isinstance(params, (list, tuple, set, frozenset)):
        return [whole_of(value) for value in params]
    return params
