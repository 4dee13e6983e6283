"""The registers of weighing: sites, lanes, devices, their certificates, and the trucks.

A site's register row, a renewed certificate, a truck that is sold: all by validity. Registers come at the
beginning, at the end of the history (every month at larger scales), and changed with the last night.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.demo import planted
from etl.demo.fleet import RIGID_2
from etl.demo.world import Delivery, World, morning_after


def deliveries(world: World) -> Iterator[Delivery]:
    for day in issue_days(world):
        for feed, table in (("wim_site", sites(world, day)), ("wim_lane", lanes(world, day)),
                            ("wim_device", devices(world, day)),
                            ("verification_certificate", certificates(world, day)),
                            ("vehicle", trucks(world, day))):  # fmt: skip
            yield Delivery(feed, f"{feed}_{day:%Y%m%d}.csv", table, day, morning_after(day))
    if world.own_nights:
        yield from last_night(world)


def last_night(world: World) -> Iterator[Delivery]:
    """What the last night's registers change: a certificate renewed, a truck sold, one with another gross mass."""
    day = world.last_day
    for feed, table in (("verification_certificate", certificates(world, day, renewed=True)),
                        ("vehicle", trucks(world, day, changed=True))):  # fmt: skip
        yield Delivery(feed, f"{feed}_{day:%Y%m%d}.csv", table, day, morning_after(day))


def truth(world: World) -> dict[str, pa.Table]:
    """Every truck over every span of its registration, with its owner then."""
    return {"vehicle_span": vehicle_spans(world)}


def issue_days(world: World) -> list[date]:
    """Days on which the registers are issued."""
    ends = {world.history_end} if world.scale.name == "tiny" else {days[-1] for days in world.months}
    return sorted({world.first_day, *ends})


def _as_of(table: pa.Table, day: date) -> pa.Table:
    """The rows of a register that were there on ``day``; ends that lie ahead were not known."""
    when = pa.scalar(day, pa.date32())
    rows = table.filter(pc.less_equal(table["valid_from"], when))
    ended = pc.if_else(pc.less(rows["valid_to"], when), rows["valid_to"], pa.scalar(None, pa.date32()))
    return rows.set_column(rows.column_names.index("valid_to"), "valid_to", ended)


def sites(world: World, day: date) -> pa.Table:
    names = ["site_code", "site_name", "site_name_en", "county_code", "road_code", "chainage_km", "latitude",
             "longitude", "valid_from", "valid_to"]  # fmt: skip
    return _as_of(world.sites.select(names), day)


def lanes(world: World, day: date) -> pa.Table:
    return _as_of(world.lanes, day)


def devices(world: World, day: date) -> pa.Table:
    return _as_of(world.devices, day)


# --- certificates --------------------------------------------------------------------------------
_ENDS = {"YZ11-1": -14, "YZ04-2": 3, "YZ15-1": 12, "YZ22-1": 25}
"""Days from the last day of the world to the end of a certificate: one has run out, three are about to."""
_NEVER_VERIFIED = "YZ26-2"


def certificates(world: World, day: date, renewed: bool = False) -> pa.Table:
    """Certificates verified up to ``day``, a year each. YZ26-2 has none, YZ11-1's has run out."""
    rows = []
    for serial, device in enumerate(world.devices.to_pylist()):
        number, opened = device["device_no"], device["valid_from"]
        if number == _NEVER_VERIFIED or opened > day:
            continue
        newest = world.last_day + timedelta(days=_ENDS.get(number, 40 + serial * 61 % 300))
        back = range((world.last_day - world.first_day).days // 365 + 3)
        ends = [newest - timedelta(days=365 * years) for years in back]
        if renewed and number == "YZ04-2":
            ends.insert(0, day + timedelta(days=364))
        for end in ends:
            start = end - timedelta(days=364)
            if start <= day and end >= opened:
                rows.append({
                    "certificate_no": f"SLJ-{start.year}-{serial + 1:04d}", "device_no": number,
                    "accuracy_class": device["accuracy_class"], "speed_min_kmh": 5.0, "speed_max_kmh": 100.0,
                    "verified_on": start, "valid_from": start, "valid_to": end, "issued_by": "示例计量检定所",
                })  # fmt: skip
    return pa.Table.from_pylist(rows)


# --- trucks --------------------------------------------------------------------------------------
@cache
def vehicle_spans(world: World) -> pa.Table:
    """Every truck over every span of validity: in a year one in two hundred is sold to another firm.

    Columns of ``world.vehicles``; a truck that was sold has two rows, and keeps its permit's first issue.
    """
    rng, vehicles = world.rng("vehicle_spans"), world.vehicles
    parts = set(planted.cast(world).edges.tolist())
    firms = world.enterprises["enterprise_name"].to_pylist()
    codes = world.enterprises["uscc"].to_pylist()
    sold = [
        at
        for at in rng.choice(vehicles.num_rows, max(2, vehicles.num_rows // 200), replace=False).tolist()
        if at not in parts
    ]
    span = len(world.days)
    past = []
    valid_from = vehicles["valid_from"].to_pylist()
    owner = vehicles["enterprise_name"].to_pylist()
    code = vehicles["uscc"].to_pylist()
    for at in sold:
        day = world.first_day + timedelta(days=int(rng.integers(1, max(2, span - 10))))
        if valid_from[at] >= day or day >= world.last_day:
            continue
        firm = int(rng.integers(0, 240))
        past.append({**vehicles.slice(at, 1).to_pylist()[0], "valid_to": day - timedelta(days=1)})
        valid_from[at], owner[at], code[at] = day, firms[firm], codes[firm]
    table = vehicles
    for name, values in (("valid_from", valid_from), ("enterprise_name", owner), ("uscc", code)):
        at = table.column_names.index(name)
        table = table.set_column(at, name, pa.array(values, table.schema.field(name).type))
    return pa.concat_tables([table, pa.Table.from_pylist(past, table.schema)])


REBUILT_KG = 14_000


def rebuilt(world: World) -> int:
    """The two-axle truck whose licence says ``REBUILT_KG`` from the last night on; position in ``world.fleet``."""
    return int(np.flatnonzero(world.fleet.kind[: world.fleet.registered] == RIGID_2)[0])


def trucks(world: World, day: date, changed: bool = False) -> pa.Table:
    """The register as of ``day``. With ``changed`` one truck has a new owner and one a new gross mass."""
    rows = _as_of(vehicle_spans(world), day).drop_columns(["uscc", "county_code"])
    if not changed:
        return rows
    table = rows.to_pylist()
    newest = {row["plate_no"]: number for number, row in enumerate(table) if row["valid_to"] is None}
    fleet = world.fleet
    sold = next(at for at in range(11, fleet.registered) if at != rebuilt(world))
    for at in (sold, rebuilt(world)):
        row = table[newest[fleet.plate[at]]]
        table.append({**row, "valid_to": world.last_day - timedelta(days=1)})
        row["valid_from"] = world.last_day
        if at == sold:
            row["enterprise_name"] = "示例运输241号有限公司"
        else:
            row["registered_gross_mass_kg"] = REBUILT_KG
    return pa.Table.from_pylist(table, rows.schema)
