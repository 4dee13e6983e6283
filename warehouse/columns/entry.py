"""An entry of the dictionary, and how one is written."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Column:
    """One quantity. ``valid`` is a SQL condition on the value, ``each`` one on every element of a list;
    outside it a row is quarantined (R-RANGE)."""

    name: str
    type: str
    doc: str
    zh: str
    en: str = ""
    unit: str = ""
    valid: str = ""
    each: str = ""
    required: bool = True
    personal: bool = False
    zh_doc: str = ""

    def optional(self) -> Self:
        """The same quantity where a row may leave it empty."""
        return replace(self, required=False)

    def bounded(self, valid: str) -> Self:
        """The same quantity with other bounds, where rows outside the usual ones have to reach a feed's rules."""
        return replace(self, valid=valid)

    @property
    def label(self) -> str:
        return self.en or self.name.replace("_", " ")


ENTRIES: dict[str, Column] = {}
"""Every entry by name."""


def column(name: str, type: str, doc: str, zh: str, **rest: object) -> Column:
    """Add a quantity to the dictionary. The same quantity and unit has one entry."""
    if name in ENTRIES:
        raise ValueError(f"{name} is in the dictionary already")
    ENTRIES[name] = Column(name, type, doc, zh, **rest)  # type: ignore[arg-type]
    return ENTRIES[name]
