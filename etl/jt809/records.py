"""Alarms, how they were handled, supervision requests and their replies: the rare messages, one by one."""

from typing import Any

import pyarrow as pa

from etl.jt808.texts import text
from etl.jt809 import layouts
from etl.jt809.layouts import Layout
from etl.jt809.schemas import SCHEMAS

# By layout: the table its messages go to.
TABLES: dict[Layout, str] = {
    layouts.ALARM_2011: "alarms",
    layouts.ALARM_2019: "alarms",
    layouts.HANDLING_2011: "handlings",
    layouts.SUPERVISION_2011: "supervisions",
    layouts.SUPERVISION_2019: "supervisions",
    layouts.REPLY_2011: "replies",
}
Record = dict[str, Any]


def record(sub_id: int, protocol_version: int, body: bytes) -> tuple[str, Record] | None:
    """The table and the values of a sub-message of ``layouts.ALARM_SUB_IDS``; None where its body is too short.

    Bytes past the layout are in ``rest``, null if there are none. An alarm's text counts as part of it, unless it runs
    past the body: then it is null and all of it in ``rest``.
    """
    layout = layouts.layout_of(sub_id, protocol_version, body)
    if layout is None:
        return None
    values: Record = {"sub_id": sub_id, **layouts.read(layout, body)}
    end = layout.size
    if "info_length" in values and end + values["info_length"] <= len(body):
        end += values["info_length"]
        values["info"] = text(body[layout.size : end])
    values["rest"] = body[end:] or None
    # 2019 answers a handling and a supervision in the same form.
    return TABLES.get(layout) or ("handlings" if sub_id == 0x1412 else "replies"), values


def tables(found: list[tuple[str, Record]]) -> dict[str, pa.Table]:
    """The records by table, each in the order found."""
    rows: dict[str, list[Record]] = {}
    for name, values in found:
        rows.setdefault(name, []).append(values)
    return {name: pa.Table.from_pylist(values, SCHEMAS[name]) for name, values in rows.items()}
