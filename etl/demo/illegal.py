"""Vehicles in illegal operation, and what was done to licences.

Counties fill in a workbook each and send their whole list every month; one county loses a row on the way. Licence
actions keep 吊销, 注销, 撤销 apart and say as reported what reports say loosely.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache

import numpy as np
import pyarrow as pa

from etl.demo.places import COUNTIES
from etl.demo.screening import NAT_D, day64, of_span, of_year, over_limit, texts, workdays_after, year_opens
from etl.demo.world import Delivery, World, morning_after

ILLEGAL, DEREGISTERED, ANNULLED = 1_362, 36, 24
"""Figures of a year of the reference case."""
# Trade, share, and the yuan decided in most cases: far below the article's, as the published sum says.
_SECTORS = {
    "taxi": (0.34, 2_000), "ride_hailing": (0.3, 3_000), "freight": (0.2, 2_000), "passenger": (0.14, 3_000),
    "dangerous_goods": (0.02, 5_000),
}  # fmt: skip
_SHORT = {code: name[0] for code, name in COUNTIES.items()} | {"431125": "江永", "431129": "江华"}


@cache
def _all(world: World) -> dict[str, np.ndarray]:
    """Every case as arrays, in order of discovery: the published number in the last year, its rate before."""
    rng = world.rng("illegal")
    opens, first, last = day64(year_opens(world)), day64(world.first_day), day64(world.last_day)
    earlier = of_span(world, ILLEGAL) - of_year(world, ILLEGAL) if opens > first else 0
    found = np.sort(np.concatenate([
        opens + rng.integers(0, int((last - opens).astype(int)) + 1, of_year(world, ILLEGAL)).astype("m8[D]"),
        first + rng.integers(0, max(1, int((opens - first).astype(int))), earlier).astype("m8[D]"),
    ]))  # fmt: skip
    count = len(found)
    sector = rng.choice(np.array(list(_SECTORS), object), count, p=[share for share, _ in _SECTORS.values()])
    usual = np.array([_SECTORS[name][1] for name in sector])
    yuan = np.rint(usual * rng.lognormal(0, 0.35, count) / 100).astype(int) * 100
    yuan = np.where(rng.random(count) < 0.12, 0, yuan)
    filed = workdays_after(world, found, rng.integers(0, 6, count))
    decided = filed + np.minimum(3 + rng.lognormal(2.6, 0.6, count).astype(int), 120).astype("m8[D]")
    closed = np.where(rng.random(count) < 0.92, decided + rng.integers(1, 45, count).astype("m8[D]"), NAT_D)
    county = rng.choice(np.array(sorted(COUNTIES), object), count)
    number: dict[tuple[str, int], int] = {}
    numbers = []
    for code, day in zip(county.tolist(), found.tolist(), strict=True):
        key = (code, day.year)
        number[key] = number.get(key, 0) + 1
        numbers.append(f"{_SHORT[code]}交执〔{day.year}〕{number[key]:04d}号")
    blue = np.isin(sector, ["taxi", "ride_hailing"])
    gain = np.where(rng.random(count) < 0.25, rng.integers(1, 60, count) * 50, 0)
    return {
        "found_on": found, "filed_on": filed, "decided_on": decided, "closed_on": closed, "sector": sector,
        "county_code": county, "case_no": np.array(numbers, object), "decided_yuan": yuan, "gain_yuan": gain,
        # Five digits and no letter: a form that no registered truck has here.
        "plate_no": np.array([f"湘M{at:05d}" for at in range(10_000, 10_000 + count)], object),
        "plate_color_code": np.where(blue, 1, 2),
    }  # fmt: skip


def decided_yuan(world: World) -> int:
    """What the decisions of the last year come to."""
    rows = _all(world)
    decided = rows["decided_on"]
    return int(rows["decided_yuan"][(decided >= day64(year_opens(world))) & (decided <= day64(world.last_day))].sum())


def _list(world: World, county: str, until: date, without: str | None) -> pa.Table:
    """A county's whole list as it stands on a day."""
    rows, day = _all(world), day64(until)
    at = np.flatnonzero((rows["county_code"] == county) & (rows["found_on"] <= day) & (rows["case_no"] != without))

    def known(name: str) -> pa.Array:
        days = rows[name][at]
        return pa.array(days, pa.date32(), mask=~(days <= day))

    decided = rows["decided_on"][at] <= day
    state = np.select(
        [rows["closed_on"][at] <= day, decided, rows["filed_on"][at] <= day],
        ["closed", "decided", "filed"], "clue",
    )  # fmt: skip
    return pa.table({
        "county_code": texts(rows["county_code"][at].tolist()),
        "case_no": texts(rows["case_no"][at].tolist()),
        "sector": texts(rows["sector"][at].tolist()),
        "plate_no": texts(rows["plate_no"][at].tolist()),
        "plate_color_code": pa.array(rows["plate_color_code"][at], pa.int32()),
        "found_on": known("found_on"),
        "filed_on": known("filed_on"),
        "decided_on": known("decided_on"),
        "gain_fen": pa.array(rows["gain_yuan"][at] * 100, pa.int64(), mask=rows["gain_yuan"][at] == 0),
        "decided_fen": pa.array(rows["decided_yuan"][at] * 100, pa.int64(), mask=~decided),
        "case_state": texts(state.tolist()),
        "closed_on": known("closed_on"),
    })  # fmt: skip


def _report_days(world: World) -> list[date]:
    """Month ends (ends of quarters in a tiny world), and the last day."""
    ends = [days[-1] for days in world.months]
    if world.scale.name == "tiny":
        ends = ends[(len(ends) - 1) % 3 :: 3]
    return [*ends, *world.own_nights[-1:]]


def _lost(world: World) -> tuple[date, str, str] | None:
    """Report day, county and case of the row that a county's last list no longer has."""
    rows, days = _all(world), _report_days(world)
    old = np.flatnonzero(rows["found_on"] <= day64(days[-2])) if len(days) > 1 else np.array([], int)
    if not len(old):
        return None
    at = int(old[len(old) // 2])
    return days[-1], str(rows["county_code"][at]), str(rows["case_no"][at])


# --- licences ------------------------------------------------------------------------------------
@cache
def licence_actions(world: World) -> pa.Table:
    """Acts upon licences of the last year: the published numbers deregistered and annulled, others beside them.

    Revoked permits are those of the planted vehicles with four violations; each is then deregistered.
    """
    rng, over = world.rng("licences"), over_limit(world)
    vehicles, drivers = world.vehicles, world.drivers
    stories = over["story"].astype(str)
    four = sorted({int(v) for v in over["vehicle"][stories == "four_in_year"]})
    four = four[: max(0, of_year(world, DEREGISTERED) - 1)]
    span = (world.last_day - year_opens(world)).days + 1
    rows: list[dict[str, object]] = []

    def some_day(low: int = 0) -> np.datetime64:
        return day64(world.last_day) - int(rng.integers(low, max(low + 1, span)))

    def permit(vehicle: int, action: str, words: str, cause: str, on: np.datetime64) -> None:
        rows.append({
            "licence_kind": "operating_permit", "licence_no": vehicles["operating_permit_no"][vehicle].as_py(),
            "plate_no": vehicles["plate_no"][vehicle].as_py(),
            "plate_color_code": vehicles["plate_color_code"][vehicle].as_py(),
            "uscc": vehicles["uscc"][vehicle].as_py(), "licence_action": action, "as_reported": words,
            "licence_cause": cause, "decided_on": on, "county_code": vehicles["county_code"][vehicle].as_py(),
        })  # fmt: skip

    def certificate(driver: int, action: str, words: str, cause: str | None) -> None:
        rows.append({
            "licence_kind": "driver_certificate", "licence_no": drivers["driver_certificate_no"][driver].as_py(),
            "licence_action": action, "as_reported": words, "licence_cause": cause, "decided_on": some_day(),
            "county_code": vehicles["county_code"][driver].as_py(),
        })  # fmt: skip

    for vehicle in four:
        last = max(over["passed_at"][over["vehicle"] == vehicle]).astype("datetime64[D]")
        on = min(last + 20, day64(world.last_day) - 1)
        permit(vehicle, "revoked", "吊销道路运输证", "repeat_over_limit", on)
        permit(vehicle, "deregistered", "注销营运证", "after_revocation", min(on + 15, day64(world.last_day)))
    others = [int(v) for v in rng.permutation(len(vehicles)) if int(v) not in set(four)]
    for at in range(of_year(world, DEREGISTERED) - len(four)):
        cause = ("expired", "scrapped", "on_application", "holder_ended")[at % 4]
        permit(others[at], "deregistered", "注销道路运输证", cause, some_day())
    # Legally most of these are revocations; reports say 撤销, and so does the list.
    for at in range(of_year(world, ANNULLED)):
        certificate(others[-1 - at], "annulled", "撤销从业资格证", "obtained_by_fraud" if at % 6 == 0 else None)
    for at in range(of_year(world, 18)):
        certificate(others[-101 - at], "suspended", "暂扣从业资格证三个月", "other")
    for vehicle in four:
        certificate(vehicle, "practice_restricted", "责令停止从事营业性运输", "repeat_over_limit")
    permit(others[-301], "withdrawn", "撤回道路运输证", "changed_circumstances", some_day())
    rows.sort(key=lambda row: (row["decided_on"], row["licence_no"]))
    count = len(rows)
    years = [row["decided_on"].astype(object).year for row in rows]  # type: ignore[attr-defined]
    table = pa.table({
        "action_no": texts([f"永交证〔{year}〕{at:04d}号" for at, year in enumerate(years, 1)]),
        **{name: pa.array([row.get(name) for row in rows], pa.string()) for name in (
            "licence_kind", "licence_no", "plate_no", "uscc", "licence_action", "as_reported", "licence_cause",
            "county_code",
        )},
        "plate_color_code": pa.array([row.get("plate_color_code") for row in rows], pa.int32()),
        "decided_on": pa.array(np.array([row["decided_on"] for row in rows], "datetime64[D]")),
    })  # fmt: skip
    assert table.num_rows == count
    return table


# --- deliveries ----------------------------------------------------------------------------------
def deliveries(world: World) -> Iterator[Delivery]:
    """Each county's list and the month's licence actions, at every month's end and on the last day."""
    lost = _lost(world)
    before = day64(world.first_day) - 1
    actions = licence_actions(world)
    decided = np.array(actions["decided_on"], "datetime64[D]")
    for day in _report_days(world):
        for county in sorted(COUNTIES):
            without = lost[2] if lost and (day, county) == lost[:2] else None
            rows = _list(world, county, day, without)
            if rows.num_rows:
                name = f"illegal_operation_{day:%Y%m%d}_{county}.xlsx"
                yield Delivery("illegal_operation_case", name, rows, day, morning_after(day, 9, 30))
        new = actions.filter(pa.array((decided > before) & (decided <= day64(day))))
        if new.num_rows:
            name = f"licence_action_{day:%Y%m%d}.csv"
            yield Delivery("licence_action", name, new, day, morning_after(day, 1, 30))
        before = day64(day)


def truth(world: World) -> dict[str, pa.Table]:
    """Vehicles in illegal operation, licence actions, and the row that a county lost."""
    rows, lost = _all(world), _lost(world)
    told = [{"day": lost[0], "county_code": lost[1], "case_no": lost[2]}] if lost else []
    schema = pa.schema([("day", pa.date32()), ("county_code", pa.string()), ("case_no", pa.string())])
    return {
        "illegal_operation": pa.table({
            name: values.tolist() if values.dtype == object else pa.array(values) for name, values in rows.items()
        }),
        "licence_action": licence_actions(world),
        "illegal_operation_lost": pa.Table.from_pylist(told, schema),
    }  # fmt: skip
