"""The dictionary: every quantity of the platform, once, with its type, unit, meaning and names.

A column has the same name, unit and type wherever it appears. Feeds map their own headings to
these entries; models, pages, docs and exports take labels and units from here.
Instants are ``TIMESTAMP`` at the fixed offset +08:00: the zone Asia/Shanghai had summer time from
1986 to 1991, a fixed offset never does, and no result depends on a session's time zone.

One module a topic; a quantity met for the first time is one entry in the module it belongs to.
"""

from warehouse.columns.derived import *
from warehouse.columns.entry import ENTRIES
from warehouse.columns.entry import Column as Column
from warehouse.columns.lineage import *
from warehouse.columns.lineage import LINEAGE as LINEAGE
from warehouse.columns.meta import *
from warehouse.columns.passage import *
from warehouse.columns.seed import *
from warehouse.columns.site import *
from warehouse.columns.vehicle import *


def dictionary() -> dict[str, Column]:
    """Every entry by name: delivered quantities, those the models derive, and columns of seeds."""
    return dict(ENTRIES)
