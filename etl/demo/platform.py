"""Monitoring platforms: how long each was connected, and whether somebody answered when the authority asked.

A platform of every enterprise with monitored coaches or dangerous goods, and the bureau's own. Planted: days that the
platform above has no row of, answers that came after the file of the day, and spoiled lines.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from etl.demo import faults, registers
from etl.demo.world import Delivery, World, morning_after
from etl.feeds import feed

_DAY_MS, _TICK_MS = 86_400_000, 600
"""Minutes are told in hundredths: 600 ms."""
_BUREAU = "PT431100"
_LONG_ROWS = 40

LINKS = pa.schema([
    ("platform_no", pa.string()), ("platform_name", pa.string()), ("platform_kind", pa.string()),
    ("uscc", pa.string()), ("link_from_at", pa.timestamp("us")), ("link_total_ms", pa.int64()),
    ("link_down_ms", pa.int64()), ("outage_count", pa.int32()),
])  # fmt: skip
POLLS = pa.schema([
    ("poll_no", pa.string()), ("platform_no", pa.string()), ("uscc", pa.string()), ("polled_at", pa.timestamp("us")),
    ("reply_within_min", pa.int32()), ("replied_at", pa.timestamp("us")),
])  # fmt: skip


@cache
def platforms(world: World) -> tuple[dict[str, Any], ...]:
    """The bureau's platform, then those of enterprises by their code."""
    has_vehicles = {row["uscc"] for row in registers.monitored(world) if row["monitored_class"] not in ("bus", "taxi")}
    firms = sorted(
        (row for row in world.enterprises.to_pylist() if row["uscc"] in has_vehicles), key=lambda row: row["uscc"]
    )
    bureau = {"platform_no": _BUREAU, "platform_name": "示例市监管平台", "platform_kind": "bureau", "uscc": None}
    return (bureau, *(
        {
            "platform_no": f"{_BUREAU}{at:03d}", "platform_name": f"{firm['enterprise_name']}监控平台",
            "platform_kind": "enterprise", "uscc": firm["uscc"],
        }
        for at, firm in enumerate(firms, 1)
    ))  # fmt: skip


@cache
def links(world: World) -> pa.Table:
    """A row a platform and day of the year; one in 400 is missing. One enterprise's is down for hours now and then."""
    rng = world.rng("links")
    found = []
    for day in world.year:
        for number, platform in enumerate(platforms(world)):
            is_told, is_down, outages = rng.random() > 0.0025, rng.random() < 0.12, int(rng.integers(1, 4))
            minutes = float(rng.gamma(1.2, 6.0)) * (20 if number == 1 else 1)
            down_ms = min(_DAY_MS, max(_TICK_MS, round(minutes * 60_000 / _TICK_MS) * _TICK_MS)) if is_down else 0
            if is_told:
                found.append(platform | {
                    "link_from_at": datetime.combine(day, time()), "link_total_ms": _DAY_MS, "link_down_ms": down_ms,
                    "outage_count": outages if is_down else 0,
                })  # fmt: skip
    return pa.Table.from_pylist(found, LINKS)


@cache
def polls(world: World) -> pa.Table:
    """Post checks of enterprises over the year as they are in the end, by the time they were sent."""
    rng = world.rng("polls")
    end = datetime.combine(world.year[-1] + timedelta(days=1), time())
    found = []
    for day in world.year:
        for number, platform in enumerate(platforms(world)):
            if platform["uscc"] is None or rng.random() > 0.35:
                continue
            at = datetime.combine(day, time()) + timedelta(seconds=int(rng.integers(6 * 3_600, 24 * 3_600)))
            is_quick, is_never = rng.random() < (0.7 if number == 1 else 0.95), rng.random() < 0.02
            taken_s = int(rng.uniform(20, 590) if is_quick else rng.gamma(2, 1_800) + 600)
            replied = None if is_never or at + timedelta(seconds=taken_s) >= end else at + timedelta(seconds=taken_s)
            found.append({
                "platform_no": platform["platform_no"], "uscc": platform["uscc"], "polled_at": at,
                "reply_within_min": 10, "replied_at": replied,
            })  # fmt: skip
    found.sort(key=lambda row: (row["polled_at"], row["platform_no"]))
    return pa.Table.from_pylist([row | {"poll_no": f"CG{at:07d}"} for at, row in enumerate(found, 1)], POLLS)


def deliveries(world: World) -> Iterator[Delivery]:
    """Monthly for the history, nightly at the end; a check comes again when it was answered after its file."""
    spans = [(days[0], days[-1]) for days in world.months if days[-1] >= world.year[0]]
    spans += [(day, day) for day in world.own_nights if day >= world.year[0]]
    for first, last in spans:
        begin, end = datetime.combine(first, time()), datetime.combine(last + timedelta(days=1), time())
        linked, asked = links(world), polls(world)
        linked = linked.filter(_within(linked["link_from_at"], begin, end))
        spoiled = [
            faults.text("R-CODE", platform_kind="省平台"), faults.text("R-RANGE", link_total_ms="1441"),
            faults.text("R-NUMBER", link_total_ms="整天"), faults.CUT_LINE,
        ]  # fmt: skip
        yield _file(world, "platform_link", linked, last, spoiled)
        asked = asked.filter(pc.or_(_within(asked["polled_at"], begin, end), _within(asked["replied_at"], begin, end)))
        ahead = pc.fill_null(pc.greater_equal(asked["replied_at"], pa.scalar(end, pa.timestamp("us"))), False)
        nothing = pa.scalar(None, pa.timestamp("us"))
        at = asked.column_names.index("replied_at")
        asked = asked.set_column(at, "replied_at", pc.if_else(ahead, nothing, asked["replied_at"]))
        spoiled = [faults.text("R-ORDER", replied_at="2020-01-01 08:00:00"), faults.text("R-IDNO", uscc="431100")]
        yield _file(world, "platform_poll", asked, last, spoiled)


def _within(values: pa.ChunkedArray, begin: datetime, end: datetime) -> pa.ChunkedArray:
    first, after = (pa.scalar(at, pa.timestamp("us")) for at in (begin, end))
    return pc.fill_null(pc.and_(pc.greater_equal(values, first), pc.less(values, after)), False)


def _file(world: World, name: str, table: pa.Table, last: date, spoiled: list[faults.Fault]) -> Delivery:
    """Of a long file some lines are spoiled."""
    file, at = f"{name}_{last:%Y%m%d}.csv", morning_after(last, 2)
    if table.num_rows < _LONG_ROWS:
        return Delivery(name, file, table, last, at)
    data, truth = faults.damage(feed(name), table, spoiled, world.rng(f"{name}_faults", str(last)), file)
    return Delivery(name, file, table, last, at, data, {"damaged_line": truth})


def truth(world: World) -> dict[str, pa.Table]:
    """The rows as they are in the end; what was spoiled on the way is told beside the files."""
    return {"platform_link": links(world), "platform_poll": polls(world)}
