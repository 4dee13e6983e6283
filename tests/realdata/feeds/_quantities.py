"""Quantities that the real sample files deliver and the platform's dictionary has no use for."""

from dataclasses import replace

from warehouse import columns as c
from warehouse.columns import Column

WGS84 = {"decimals": 15}
"""How co-ordinates printed from binary floats are read."""
latitude = replace(c.latitude, valid="between -90 and 90")
longitude = replace(c.longitude, valid="between -180 and 180")


def text(name: str, doc: str) -> Column:
    return Column(name, "VARCHAR", doc, doc)


def whole(name: str, doc: str, valid: str = ">= 0", unit: str = "") -> Column:
    return Column(name, "INTEGER", doc, doc, unit=unit, valid=valid)


def number(name: str, doc: str, valid: str = ">= 0", unit: str = "") -> Column:
    return Column(name, "DOUBLE", doc, doc, unit=unit, valid=valid)


def instant(name: str, doc: str) -> Column:
    """Local wall time of the source, as delivered."""
    return Column(name, "TIMESTAMP", doc, doc)
