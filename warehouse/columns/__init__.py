"""The dictionary: every quantity of the platform, once, with its type, unit, meaning and names.

A column has the same name, unit and type wherever it appears. Feeds map their own headings to
these entries; models, pages, docs and exports take labels and units from here.
Instants are ``TIMESTAMP`` at the fixed offset +08:00: the zone Asia/Shanghai had summer time from
1986 to 1991, a fixed offset never does, and no result depends on a session's time zone.

One module a topic; a quantity met for the first time is one entry in the module it belongs to.
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from warehouse.columns.calendar import *
from warehouse.columns.capture import *
from warehouse.columns.case import *
from warehouse.columns.case_course import *
from warehouse.columns.cross_check import *
from warehouse.columns.derived import *
from warehouse.columns.entry import ENTRIES
from warehouse.columns.entry import Column as Column
from warehouse.columns.finding import *
from warehouse.columns.handling import *
from warehouse.columns.hazard import *
from warehouse.columns.kpi import *
from warehouse.columns.lineage import *
from warehouse.columns.lineage import LINEAGE as LINEAGE
from warehouse.columns.matching import *
from warehouse.columns.meta import *
from warehouse.columns.passage import *
from warehouse.columns.register import *
from warehouse.columns.repeat import *
from warehouse.columns.report import *
from warehouse.columns.rule import *
from warehouse.columns.score import *
from warehouse.columns.seed import *
from warehouse.columns.site import *
from warehouse.columns.supervision import *
from warehouse.columns.terminal import *
from warehouse.columns.vehicle import *
from warehouse.columns.weighing import *


def topics() -> dict[str, list[str]]:
    """Names of the entries by the module that declares them, in order of the modules' names."""
    found: dict[str, list[str]] = {}
    for topic in sorted(each.name for each in iter_modules([str(Path(__file__).parent)])):
        declared = vars(import_module(f"{__name__}.{topic}")).values()
        if names := list(dict.fromkeys(name for value in declared for name in _names_in(value))):
            found[topic] = names
    return found


def _names_in(value: object) -> list[str]:
    """Of an entry its name; of a tuple of entries, as of columns that are made alike, the names of all."""
    if isinstance(value, tuple):
        return [name for each in value for name in _names_in(each)]
    return [value.name] if isinstance(value, Column) else []


def dictionary() -> dict[str, Column]:
    """Every entry by name: delivered quantities, those the models derive, and columns of seeds."""
    return dict(ENTRIES)
