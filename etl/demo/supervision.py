"""What the bureau does about safety, and the crashes that remain.

At city scale, in the last year: 4 regular meetings, 8 of the Party group, 6 special ones; 12 bulletins; 4 interviews;
6 copies to county governments; every enterprise and station trained, more than 60 with more than 3,000 staff.
Small numbers keep their kind at every scale: there is at least one of each.

Planted: crashes that are corrected weeks later (a death in hospital), a list of crashes sent again without its
faults, a reply that comes after its day.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

import pyarrow as pa

from etl.demo import faults, hazards, registers, rows
from etl.demo.calendar import HOURS, LUNAR_NEW_YEAR, add_workdays
from etl.demo.places import COUNTIES, SITES
from etl.demo.world import Delivery, World, morning_after
from etl.feeds import feed

_TRAINED_KINDS = (*registers.STANDARDISED, "ride_hailing")
_MEETINGS = (("regular", 4, "季度安全例会"), ("party_group", 8, "安全生产专题学习"), ("special", 6, "专项部署会"))
_CAUSES = ("low_score", "overdue_hazard", "overload", "alarms")
_CRASH_CAUSES = ("未按规定让行", "超速行驶", "疲劳驾驶", "违法超车", "操作不当", "酒后驾驶", "违法占道")


def deliveries(world: World) -> Iterator[Delivery]:
    before = world.year[0] - timedelta(days=1)
    for number, day in enumerate(hazards.list_days(world)):
        at = morning_after(day, 2)
        # The office sends its list of the year so far; what is on it already comes again.
        for name, ending, found, on in (
            ("meeting", "csv", meetings(world), "held_on"),
            ("bulletin", "csv", bulletins(world), "issued_on"),
            ("interview", "csv", interviews(world), "held_on"),
            ("training", "xlsx", trainings(world), "held_on"),
        ):
            known = [row for row in found if row[on] <= day]
            if known:
                yield Delivery(name, f"{name}_{day:%Y%m%d}.{ending}", rows.as_table(name, known), day, at)
        for name, whole in (("referral", _referrals_as_of(world, day)), ("listing", _listings_as_of(world, day))):
            if whole:
                yield Delivery(name, f"{name}_{day:%Y%m%d}.csv", rows.as_table(name, whole), day, at)
        yield from _crash_list(world, number, before, day)
        before = day


# --- meetings, bulletins, interviews -------------------------------------------------------------
def _spread(world: World, count: int, name: str) -> list[date]:
    """So many days of the year, evenly with some play, working days where there are any."""
    rng = world.rng("spread", name)
    year = world.year
    step = len(year) / count
    found = []
    for number in range(count):
        at = min(len(year) - 1, int((number + 0.2 + 0.6 * rng.random()) * step))
        day = year[at]
        while day.weekday() > 4 and day > year[0]:
            day -= timedelta(days=1)
        found.append(day)
    return found


def _is_key_period(day: date) -> bool:
    """Spring Festival traffic, and the weeks before the holidays of May and October."""
    new_year = LUNAR_NEW_YEAR.get(day.year, date.max)
    return -20 <= (day - new_year).days <= 25 or (day.month in (4, 9) and day.day >= 16)


@cache
def meetings(world: World) -> tuple[dict[str, Any], ...]:
    rng = world.rng("meetings")
    found: list[dict[str, Any]] = []
    for kind, city, topic in _MEETINGS:
        for day in _spread(world, world.figure(city), kind):
            attendees = rng.integers(7, 12) if kind == "party_group" else rng.integers(18, 70)
            found.append({
                "meeting_kind": kind, "held_on": day, "topic": topic, "is_key_period": _is_key_period(day),
                "attendee_count": int(attendees),
            })  # fmt: skip
    found.sort(key=lambda row: (row["held_on"], row["meeting_kind"]))
    return tuple({**row, "meeting_no": f"HY-{row['held_on'].year}-{at:03d}"} for at, row in enumerate(found, 1))


@cache
def bulletins(world: World) -> tuple[dict[str, Any], ...]:
    """A bulletin a month at city scale, on the month before it; issues are counted within a calendar year."""
    found = []
    issues: dict[int, int] = {}
    for day in _spread(world, world.figure(12), "bulletin"):
        issues[day.year] = issues.get(day.year, 0) + 1
        last = day.replace(day=1) - timedelta(days=1)
        found.append({
            "bulletin_no": f"{day.year}年第{issues[day.year]}期",
            "title": f"关于{last.year}年{last.month}月道路运输安全情况的通报",
            "issued_on": day, "period_from": last.replace(day=1), "period_to": last,
        })  # fmt: skip
    return tuple(found)


@cache
def interviews(world: World) -> tuple[dict[str, Any], ...]:
    rng = world.rng("interviews")
    firms = world.enterprises.to_pylist()
    found = []
    for number, day in enumerate(_spread(world, world.figure(4), "interview"), 1):
        county = str(rng.choice(list(COUNTIES)))
        firm = firms[int(rng.integers(0, len(firms)))]
        whom = [
            {"unit_kind": "enterprise", "unit_name": firm["enterprise_name"], "uscc": firm["uscc"]},
            {"unit_kind": "county_bureau", "unit_name": f"{COUNTIES[county]}交通运输局"},
        ][number % 2]
        found.append({
            "interview_no": f"YT-{day.year}-{number:02d}", "held_on": day, "county_code": county,
            "supervision_cause": _CAUSES[number % 4], "rectify_by": day + timedelta(days=30), **whom,
        })  # fmt: skip
    return tuple(found)


@cache
def referrals(world: World) -> tuple[dict[str, Any], ...]:
    """Copies to county governments: most are answered in time, one late, the newest perhaps not yet."""
    rng = world.rng("referrals")
    found = []
    for number, day in enumerate(_spread(world, world.figure(6), "referral"), 1):
        due = add_workdays(day, 20)
        reply = due + timedelta(days=9) if number == 2 else day + timedelta(days=int(rng.integers(8, 25)))
        cause = _CAUSES[(number + 1) % 4]
        found.append({
            "referral_no": f"永交安函〔{day.year}〕{number}号", "county_code": str(rng.choice(list(COUNTIES))),
            "supervision_cause": cause, "topic": "关于道路交通安全突出问题的函", "sent_on": day, "reply_due_on": due,
            "replied_on": reply if reply <= world.last_day else None,
        })  # fmt: skip
    return tuple(found)


def _referrals_as_of(world: World, day: date) -> list[dict[str, Any]]:
    listed = [row for row in referrals(world) if row["sent_on"] <= day]
    return [
        row | {"replied_on": row["replied_on"] if (row["replied_on"] or date.max) <= day else None} for row in listed
    ]


@cache
def listings(world: World) -> tuple[dict[str, Any], ...]:
    """Hazards that were listed for supervised removal, from their steps."""
    found = []
    for hazard in hazards.hazards(world):
        # The first of each: a hazard that comes back is not listed again.
        steps = {step.state: step.at.date() for step in reversed(hazard.steps)}
        if "LISTED" not in steps:
            continue
        gone = steps.get("DELISTED")
        found.append({
            "hazard_no": hazard.no, "county_code": hazard.county, "listed_on": steps["LISTED"],
            "responsible_unit": hazard.record["responsible_unit"],
            "due_on": max(hazard.due_on, steps["LISTED"] + timedelta(days=15)),
            "rechecked_on": steps["ACCEPTED"] if gone else None, "delisted_on": gone,
        })  # fmt: skip
    found.sort(key=lambda row: (row["listed_on"], row["hazard_no"]))
    return tuple({**row, "listing_no": f"GP-{at:05d}"} for at, row in enumerate(found, 1))


def _listings_as_of(world: World, day: date) -> list[dict[str, Any]]:
    listed = [row for row in listings(world) if row["listed_on"] <= day]
    open_still = {"rechecked_on": None, "delisted_on": None}
    return [row if (row["delisted_on"] or date.max) <= day else row | open_still for row in listed]


# --- training ------------------------------------------------------------------------------------
@cache
def trainings(world: World) -> tuple[dict[str, Any], ...]:
    """Every enterprise and station takes part once with all its staff: drivers of its vehicles, and some more."""
    rng = world.rng("trainings")
    fleet: dict[str, int] = {}
    for row in registers.monitored(world):
        if row["valid_to"] is None:
            fleet[row["uscc"]] = fleet.get(row["uscc"], 0) + 1
    newest = {row["uscc"]: row for row in registers.enterprises(world)}
    firms = [row for row in newest.values() if row["enterprise_kind"] in _TRAINED_KINDS]
    days = _spread(world, 4, "training")
    topics = ("客运驾驶员安全教育", "危险货物运输安全", "公交出租安全服务", "站场源头管理")
    found = []
    for firm in firms:
        event = int(rng.integers(0, 4))
        staff = max(4, round(fleet.get(firm["uscc"], 0) * rng.uniform(1.25, 1.5)) + int(rng.integers(3, 12)))
        found.append({
            "training_no": f"PX-{days[event].year}-{event + 1:02d}", "topic": topics[event], "held_on": days[event],
            "uscc": firm["uscc"], "unit_name": firm["enterprise_name"], "staff_count": staff, "trained_count": staff,
        })  # fmt: skip
    found.sort(key=lambda row: (row["held_on"], row["training_no"], row["uscc"]))
    return tuple(found)


# --- crashes -------------------------------------------------------------------------------------
@cache
def crashes(world: World) -> tuple[dict[str, Any], ...]:
    """Crashes of the year, as they are known in the end; ``first`` holds what the first report said otherwise."""
    rng = world.rng("crashes")
    year = world.year
    found = []
    for number in range(world.figure(246)):
        day = year[int(rng.integers(0, len(year)))]
        moment = datetime.combine(day, time()) + timedelta(
            hours=int(rng.choice(24, p=HOURS)), minutes=int(rng.integers(0, 60)), seconds=int(rng.integers(0, 60))
        )
        site = SITES[int(rng.integers(0, len(SITES)))]
        deaths = int(rng.choice([0, 1, 2, 3], p=[0.72, 0.24, 0.035, 0.005]))
        injuries = int(rng.poisson(1.3)) + (deaths == 0)
        severity = "serious" if deaths >= 3 else "ordinary" if deaths or injuries > 2 else "minor"
        row: dict[str, Any] = {
            "crash_no": f"SG{moment:%Y%m%d%H}{number + 1:05d}", "occurred_at": moment, "county_code": site.county,
            "road_code": site.road, "chainage_km": round(site.chainage_km + float(rng.uniform(-15, 15)), 1),
            "latitude": round(site.latitude + float(rng.normal(0, 0.04)), 5),
            "longitude": round(site.longitude + float(rng.normal(0, 0.04)), 5), "crash_severity": severity,
            "death_count": deaths, "injury_count": injuries,
            "property_loss_fen": int(rng.gamma(1.4, 14_000)) * 100 if rng.random() < 0.9 else None,
            "crash_cause": str(rng.choice(_CRASH_CAUSES)), "involves_commercial_vehicle": bool(rng.random() < 0.22),
        }  # fmt: skip
        later = deaths > 0 and rng.random() < 0.2
        first = {"death_count": deaths - 1, "injury_count": injuries + 1} if later else None
        found.append(row | {"first": first, "known_from": day + timedelta(days=int(rng.integers(4, 28)))})
    return tuple(sorted(found, key=lambda row: (row["occurred_at"], row["crash_no"])))


def _crash_list(world: World, number: int, before: date, day: date) -> Iterator[Delivery]:
    """Crashes of the period, and earlier ones about which more is known now."""
    listed = []
    for row in crashes(world):
        happened, known = row["occurred_at"].date(), row["known_from"]
        told = {name: value for name, value in row.items() if name not in ("first", "known_from")}
        if before < happened <= day:
            listed.append(told | (row["first"] or {} if known > day else {}))
        elif row["first"] and happened <= before < known <= day:
            listed.append(told)
    table = rows.as_table("road_crash", listed)
    name, at = f"road_crash_{day:%Y%m%d}.ndjson", morning_after(day, 3)
    if number == 0 and len(listed) > 3:
        spoiled = [faults.text("R-CODE", crash_severity="9"), faults.text("R-EMPTY", death_count="")]
        data, truth = faults.damage(feed("road_crash"), table, spoiled, world.rng("crash_faults"), name)
        yield Delivery("road_crash", name, table, day, at, data, {"damaged_line": truth})
        # The whole list again, as it should have been.
        yield Delivery("road_crash", f"road_crash_{day:%Y%m%d}_2.ndjson", table, day, at + timedelta(days=1))
        return
    yield Delivery("road_crash", name, table, day, at)


def truth(world: World) -> dict[str, pa.Table]:
    """Crashes whose first report was corrected: deaths then and in the end."""
    changed = [
        {"crash_no": row["crash_no"], "first_death_count": row["first"]["death_count"],
         "death_count": row["death_count"], "known_from": row["known_from"]}
        for row in crashes(world) if row["first"]
    ]  # fmt: skip
    columns = pa.schema([
        ("crash_no", pa.string()), ("first_death_count", pa.int32()), ("death_count", pa.int32()),
        ("known_from", pa.date32()),
    ])  # fmt: skip
    return {"crash_correction": pa.Table.from_pylist(changed, columns)}
