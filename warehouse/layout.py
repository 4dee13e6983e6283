"""Which tables a snapshot holds, and how.

Tables that grow with time are *dated*: they lie in one file per month, sorted, and a month is written
again only when one of its days changed. ``core.passage`` is sorted by plate, so that looking up a plate
reads a few blocks of each month. Everything else lies in the head, written anew with every version.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dated:
    """A table of the monthly files: the column that says the day, and a total order."""

    day: str
    order: tuple[str, ...]


DATED = {
    "core.passage": Dated("passed_date", ("plate_no", "passed_at", "record_id")),
    "mart.overload_daily": Dated("passed_date", ("passed_date", "site_code", "axle_class")),
    "mart.row_fate": Dated("event_date", ("event_date", "feed", "delivery_id")),
    "mart.site_day": Dated("passed_date", ("passed_date", "site_code")),
}
# Rows of registers belong to no month of passages: the head has them under the same name.
ALSO_IN_HEAD = ("mart.row_fate",)
# Schemas whose content follows from deliveries, seeds and code alone; meta.* tells also when things happened.
CONTENT_SCHEMAS = ("core", "mart", "seeds", "staging")
