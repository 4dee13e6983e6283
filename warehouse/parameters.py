"""What ``seeds.parameter`` says on a day, numbers and lists of codes, each with its source and how well it is known."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from warehouse.errors import WarehouseError
from warehouse.metrics import Source

UNVERIFIED = ("M+", "M-", "P")
"""Confidences of what nobody read in a primary or secondary text."""
_IN_FORCE = """
select parameter as name, {value}, zh, en, citation_zh, citation_en, confidence
from seeds.parameter
where list_contains($names, parameter)
    and $as_of between coalesce(valid_from, $as_of) and coalesce(valid_to, $as_of)
order by parameter
"""


@dataclass(frozen=True)
class Parameter:
    """A number as of the day; ``is_changed``: supposed by who asks, not the row's."""

    name: str
    value: float
    unit: str | None
    zh: str
    en: str
    citation_zh: str
    citation_en: str
    confidence: str
    is_changed: bool = False

    @property
    def amount(self) -> str:
        """The value with its unit, where it has one: 7 d, 0.95."""
        return f"{self.value:g} {self.unit}" if self.unit else f"{self.value:g}"


@dataclass(frozen=True)
class Codes:
    """A list of codes as of the day, joined by commas in its row."""

    name: str
    text: str
    zh: str
    en: str
    citation_zh: str
    citation_en: str
    confidence: str

    @property
    def values(self) -> list[str]:
        return self.text.split(",")

    @property
    def amount(self) -> str:
        return self.text


_Told = TypeVar("_Told", Parameter, Codes)


def numbers(source: Source, names: Iterable[str], as_of: date) -> dict[str, Parameter]:
    """One row of each name. Raises ``WarehouseError`` if the snapshot lacks one or has two."""
    return _in_force(source, names, as_of, Parameter, "parameter_value as value, unit")


def texts(source: Source, names: Iterable[str], as_of: date) -> dict[str, Codes]:
    """As ``numbers``, of parameters that name codes."""
    return _in_force(source, names, as_of, Codes, "parameter_text as text")


def _in_force(source: Source, names: Iterable[str], as_of: date, of: type[_Told], value: str) -> dict[str, _Told]:
    wanted: list[str] = list(names)
    # A dossier asks for the same ones with every count (``warehouse.dossier.Kept``).
    kept: dict[tuple[Any, ...], dict[str, _Told]] = getattr(source, "told", {})
    asked: tuple[Any, ...] = (of, *wanted, as_of)
    if asked in kept:
        return dict(kept[asked])
    found = [of(**row) for row in source.constant(_IN_FORCE.format(value=value), {"names": wanted, "as_of": as_of})]
    told = {one.name: one for one in found}
    missing = [name for name in wanted if name not in told]
    if missing or len(found) != len(told):
        raise WarehouseError(
            f"seeds.parameter has not one row of each as of {as_of}: {', '.join(missing) or 'one twice'}. "
            "Run 'heng build', or see warehouse/seeds/parameter.csv."
        )
    kept[asked] = told
    return dict(told)
