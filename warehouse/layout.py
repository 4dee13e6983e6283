"""Which tables a snapshot holds, and how.

Tables that grow with time are *dated*: they lie in one file per month, sorted, and a month is written
again only when one of its days changed. ``core.passage`` is sorted by plate, so that looking up a plate
reads a few blocks of each month. Everything else lies in the head, written anew with every version:
registers and lists as they are now, and what is computed from them and from dated marts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse import sql
from warehouse.raw import RawTable


@dataclass(frozen=True)
class Dated:
    """A table of the monthly files: the column that says the day, and a total order."""

    day: str
    order: tuple[str, ...]


DATED = {
    "core.driving_span": Dated("event_date", ("plate_no", "plate_color_code", "driving_began_at", "event_date")),
    "core.offline_displacement": Dated("event_date", ("plate_no", "plate_color_code", "silent_to")),
    "core.overspeed_event": Dated("event_date", ("plate_no", "plate_color_code", "overspeed_began_at", "event_date")),
    "core.passage": Dated("passed_date", ("plate_no", "passed_at", "record_id")),
    "core.vehicle_alarm": Dated(
        "event_date",
        (
            "event_date", "terminal_phone", "alarm_channel", "safety_item", "alarm_code", "alarm_identity",
            "alarm_began_at", "last_reported_at",
        ),
    ),
    "mart.alarm_handling": Dated("event_date", ("event_date", "alarm_no", "record_id")),
    "mart.alarm_reach_day": Dated(
        "event_date", ("event_date", "plate_no", "plate_color_code", "alarm_kind", "alarm_level")
    ),
    "mart.dimension_finding": Dated("passed_date", ("passed_date", "record_id", "dimension")),
    "mart.finding": Dated("passed_date", ("passed_date", "check_no", "record_id")),
    "mart.loaded_trip": Dated("left_date", ("plate_no", "left_at", "record_id")),
    "mart.overload_daily": Dated("passed_date", ("passed_date", "site_code", "axle_class")),
    "mart.plate_suggestion": Dated(
        "passed_date", ("passed_date", "record_id", "suggested_plate_no", "suggested_color_code")
    ),
    "mart.platform_link_day": Dated("event_date", ("event_date", "platform_no")),
    "mart.post_check": Dated("event_date", ("event_date", "poll_no")),
    "mart.row_fate": Dated("event_date", ("event_date", "feed", "delivery_id")),
    "mart.scale_day": Dated("passed_date", ("passed_date", "site_code", "lane_code")),
    "mart.screening": Dated("screened_date", ("screened_date", "check_no", "passed_date", "site_code")),
    "mart.site_day": Dated("passed_date", ("passed_date", "site_code")),
    "mart.terminal_finding": Dated(
        "event_date",
        (
            "event_date", "finding_kind", "plate_no", "plate_color_code", "began_at", "passage_record_id",
            "other_plate_no", "other_plate_color_code", "other_began_at",
        ),
    ),
    "mart.vehicle_alarm_day": Dated(
        "event_date",
        (
            "event_date", "plate_no", "plate_color_code", "terminal_phone", "alarm_channel", "safety_item",
            "alarm_code", "alarm_profile",
        ),
    ),
    "mart.vehicle_day": Dated("event_date", ("event_date", "plate_no", "plate_color_code", "terminal_phone")),
}  # fmt: skip
# Rows of registers belong to no month of passages: the head has them under the same name.
ALSO_IN_HEAD = ("mart.row_fate",)
# Beside dated marts the head reads the facts of these: looked up by plate, of few plates at a time.
READ_BY_HEAD = ("core.passage",)
# Schemas whose content follows from deliveries, seeds and code alone; meta.* tells also when things happened.
CONTENT_SCHEMAS = ("core", "mart", "seeds", "staging")


def dated_models() -> list[str]:
    """The dated tables and every model they are computed from, in order: what a build runs on touched days."""
    return sql.in_order(DATED)


def head_models(raw_tables: Sequence[RawTable]) -> list[str]:
    """Models of the head, in order: they read registers, lists, seeds, dated marts and each other.

    A model that reads an event feed and leads to no dated table is in no snapshot: there is no place for it yet.
    """
    events = {f"raw.{table.name}" for table in raw_tables if table.kind == "event"} | {"raw.arrived", "raw.build_day"}
    dated = dated_models()
    barred = events | {name for name in dated if not name.startswith("staging.")}
    barred -= {name for name in DATED if name.startswith("mart.") or name in READ_BY_HEAD}
    found: list[str] = []
    for name in sql.in_order():
        if name in barred or name in DATED:
            continue
        if sql.render(name).reads & barred:
            barred.add(name)
        else:
            found.append(name)
    return found


def head_checks(raw_tables: Sequence[RawTable]) -> list[str]:
    """Checks that read nothing of a day: they are run on the head, of every version."""
    seen = {*head_models(raw_tables), *sql.seed_columns()}
    seen |= {"raw.undated", *(f"raw.{table.name}" for table in raw_tables if table.kind != "event")}
    return [name for name, path in sql.check_paths().items() if sql.render_text(path.read_text("utf-8"))[1] <= seen]
