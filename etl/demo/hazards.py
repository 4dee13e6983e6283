"""Hazards, their steps and photos, small works at junctions and road works.

At city scale, in the last year: 531 highway hazards registered and all closed, every irregular sign corrected,
75 vessels removed, 1,286 railway-side hazards cleared, 802 junctions done, 1,182 km of safety works, 39 bridges,
89 km of trunk roads refined. Each county sends its whole list every month; steps and photos come as they happen.

The bureau checks one in eight closures on site, by lot, and some that look doubtful.

Planted: closures that are false (a photo used twice, a hazard that comes back), lists that lose a row, positions at
0/0, a closure before the registration, lists that come late, one sent again and one corrected.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa

from etl.demo import rows
from etl.demo.places import COUNTIES, SITES
from etl.demo.world import Delivery, World, morning_after

_CITY = {"HWY": 531, "RAIL": 1_286, "SIGN": 428, "VESSEL": 75, "ENT": 210}
"""Hazards of a year at city scale; signs and enterprises have no published number."""
_FALSE_SHARE = 0.03
_CHECKED_SHARE = 0.125
_DAYS_ALLOWED = {"HWY": 60, "RAIL": 45, "SIGN": 30, "VESSEL": 30, "ENT": 30}
_WORDS = {
    "HWY": ("急弯处缺少波形护栏", "路侧临水临崖无防护", "路面坑槽", "视距不良", "平交路口无警示"),
    "RAIL": ("彩钢棚距线路不足", "护网缺损", "轻飘物未固定", "排水沟堵塞", "危树"),
    "SIGN": ("限速标志与路段不符", "指路标志信息有误", "标志被遮挡", "重复设置"),
    "VESSEL": ("无名无证无港籍船舶",),
    "ENT": ("驾驶员未按期培训", "车辆逾期未检", "消防通道堵塞", "动态监控值守不足", "安全例会未召开"),
}
_PLACES = {
    "HWY": "示例{}村口",
    "RAIL": "示例线K{}",
    "SIGN": "示例{}路口",
    "VESSEL": "示例{}渡口",
    "ENT": "示例{}号场站",
}
_UNITS = {
    "HWY": "公路建设养护中心", "RAIL": "铁路护路办", "SIGN": "公路建设养护中心", "VESSEL": "水运事务中心",
    "ENT": "企业",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One step: the state it leads to, when, by whom; the officer who accepted, the day an extension sets."""

    state: str
    at: datetime
    unit: str
    officer: str | None = None
    extended_due_on: date | None = None
    note: str | None = None


@dataclass(frozen=True)
class Hazard:
    """A hazard of the world: what the register says of it, and its steps in order.

    ``falsehood``: what is false about its closure, if anything: ``photo_reused`` (the picture after is another
    hazard's), ``photo_same`` (it is the picture before), ``reopened`` (it came back).
    """

    record: dict[str, Any]
    steps: tuple[Step, ...]
    due_on: date
    falsehood: str = ""
    photos: tuple[dict[str, Any], ...] = field(default=())

    @property
    def no(self) -> str:
        return str(self.record["hazard_no"])

    @property
    def county(self) -> str:
        return str(self.record["county_code"])

    def as_of(self, day: date) -> dict[str, Any] | None:
        """The row a county's list has at the end of ``day``; None before it was registered."""
        known = [step for step in self.steps if step.at.date() <= day]
        if not known:
            return None
        state = known[-1].state
        done = {step.state: step.at.date() for step in known}
        extended = [step.extended_due_on for step in known if step.extended_due_on]
        closed = done.get("CLOSED") if state in ("CLOSED", "REOPENED") else None
        return self.record | {
            "hazard_grade": self.record["hazard_grade"] if "GRADED" in done else None,
            "assigned_on": done.get("ASSIGNED"),
            "due_on": (extended[-1] if extended else self.due_on) if "ASSIGNED" in done else None,
            "hazard_closed_on": closed,
            "hazard_state": state,
            "investment_fen": self.record["investment_fen"] if closed else None,
        }


# --- the hazards of the year ---------------------------------------------------------------------
@cache
def hazards(world: World) -> tuple[Hazard, ...]:
    """Every hazard of the last year, by number."""
    found: list[Hazard] = []
    for category, count in _CITY.items():
        rng = world.rng("hazards", category)
        for number in range(world.figure(count)):
            found.append(_hazard(world, rng, category, number))
    found.append(_planted(world))
    return _with_photos(world, tuple(sorted(found, key=lambda hazard: hazard.no)))


@cache
def _planted(world: World) -> Hazard:
    """One more, by a chance of its own: at every scale an enterprise has a major hazard that exists."""
    return _hazard(world, world.rng("hazards", "planted"), "ENT", world.figure(_CITY["ENT"]), is_planted=True)


def _hazard(world: World, rng: np.random.Generator, category: str, number: int, is_planted: bool = False) -> Hazard:
    year = world.year
    county = str(rng.choice(list(COUNTIES)))
    # All but the enterprises' are closed by the last day, so none is registered in the last days.
    span = max(1, len(year) - min(25, len(year) // 3))
    registered = year[int(rng.integers(0, span))]
    major = bool(rng.random() < 0.06) or is_planted
    site = [site for site in SITES if site.county == county][int(rng.integers(0, 2))]
    on_road = category in ("HWY", "SIGN")
    road_class = str(rng.choice(["G", "S", "X", "Y", "C"], p=[0.18, 0.22, 0.25, 0.2, 0.15])) if on_road else None
    if category == "SIGN":
        road_class = str(rng.choice(["G", "S"]))
    road = (site.road if road_class in ("G", "S") else f"{road_class}{rng.integers(1, 400):03d}") if on_road else None
    placed = rng.random() < 0.92
    record = {
        "county_code": county,
        "hazard_no": f"YH{registered:%y%m}-{county}-{category}{number + 1:04d}",
        "hazard_category_code": category,
        "road_class": road_class,
        "hazard_grade": "major" if major else "general",
        "place": _PLACES[category].format(int(rng.integers(1, 200))),
        "road_code": road,
        "chainage_km": round(site.chainage_km + float(rng.uniform(-12, 12)), 1) if road == site.road else None,
        "latitude": round(site.latitude + float(rng.normal(0, 0.03)), 5) if placed else None,
        "longitude": round(site.longitude + float(rng.normal(0, 0.03)), 5) if placed else None,
        "hazard_description": str(rng.choice(_WORDS[category])),
        "uscc": None,
        "responsible_unit": f"{COUNTIES[county]}{_UNITS[category]}",
        "registered_on": registered,
        # Whole hundreds of yuan, in 10,000 yuan with two decimals in the list.
        "investment_fen": int(rng.gamma(2.0, 12_000 if category == "HWY" else 3_000)) // 100 * 100 * 100,
    }
    if category == "ENT":
        at = int(rng.integers(0, world.enterprises.num_rows))
        firm = {name: world.enterprises[name][at].as_py() for name in ("uscc", "enterprise_name")}
        record |= {"uscc": firm["uscc"], "responsible_unit": firm["enterprise_name"]}
    falsehood = ""
    if rng.random() < _FALSE_SHARE:
        falsehood = str(rng.choice(["photo_reused", "photo_same", "reopened"], p=[0.4, 0.2, 0.4]))
    left = (world.last_day - registered).days
    length = min(float(rng.lognormal(3.4, 0.55)), 0.9 * left)
    still_open = category == "ENT" and (rng.random() < 0.12 or is_planted)
    due = registered + timedelta(days=3 + _DAYS_ALLOWED[category])
    path = _path(rng, major, falsehood == "reopened", bool(length > 3 + _DAYS_ALLOWED[category]))
    if still_open:
        path = path[: int(rng.integers(2, 5))]
    steps = _timed(world, rng, path, registered, registered + timedelta(days=length), due, record)
    return Hazard(record, steps, due, falsehood if not still_open else "")


def _path(rng: np.random.Generator, major: bool, comes_back: bool, late: bool) -> list[str]:
    """The states a hazard goes through."""
    path = ["REGISTERED", "GRADED", "ASSIGNED", "RECTIFYING"]
    if major:
        path += ["LISTED", "RECTIFYING"]
    if late:
        path += ["EXTENDED", "RECTIFYING"] if rng.random() < 0.5 else ["OVERDUE", "RECTIFYING"]
    if rng.random() < 0.06:
        path += ["SUBMITTED", "REJECTED", "RECTIFYING"]
    path += ["SUBMITTED", "ACCEPTED", *(["DELISTED"] if major else []), "CLOSED"]
    if comes_back:
        path += ["REOPENED", "RECTIFYING", "SUBMITTED", "ACCEPTED", "CLOSED"]
    return path


def _timed(
    world: World, rng: np.random.Generator, path: list[str], first: date, last: date, due: date, record: dict[str, Any]
) -> tuple[Step, ...]:
    """The path with instants in office hours from ``first`` to ``last``, in order."""
    shares = np.sort(rng.random(len(path)))
    # Registration, grading and charging come at once; the removal takes the time.
    shares[:3] = np.minimum(shares[:3], [0.0, 0.01, 0.03][: len(shares[:3])])
    shares = np.maximum.accumulate(shares)
    if path[-1] == "CLOSED":
        shares[-1] = 1.0
    county = COUNTIES[record["county_code"]]
    officer = f"4311-{rng.integers(1, 60):04d}"
    seconds = (last - first).days * 86_400 + 86_399
    steps: list[Step] = []
    for state, share in zip(path, shares.tolist(), strict=True):
        raw = datetime.combine(first, time()) + timedelta(seconds=int(share * seconds))
        # Midnight to midnight becomes eight to six.
        clock = timedelta(seconds=8 * 3_600 + (raw.hour * 3_600 + raw.minute * 60 + raw.second) * 10 // 24)
        moment = datetime.combine(raw.date(), time()) + clock
        if steps and moment <= steps[-1].at:
            moment = steps[-1].at + timedelta(minutes=1)
        by_unit = state in ("RECTIFYING", "SUBMITTED")
        steps.append(
            Step(
                state,
                moment,
                record["responsible_unit"] if by_unit else f"{county}交通运输局",
                officer if state in ("ACCEPTED", "REJECTED") else None,
                max(due, moment.date()) + timedelta(days=30) if state == "EXTENDED" else None,
                {"REOPENED": "回访发现复发", "REJECTED": "整改不到位", "EXTENDED": "施工受天气影响"}.get(state),
            )
        )
    return tuple(steps)


def _with_photos(world: World, found: tuple[Hazard, ...]) -> tuple[Hazard, ...]:
    """Two photos for each hazard that was accepted: before and after; a false closure has a false one."""
    rng = world.rng("hazard_photos")
    complete: list[Hazard] = []
    last_after = ""
    for hazard in found:
        photos: list[dict[str, Any]] = []
        falsehood = hazard.falsehood
        if falsehood == "photo_reused" and not last_after:
            falsehood = ""  # there is no picture yet to use again
        before, after, again = (
            sha256(f"{world.seed} {hazard.no} {stage}".encode()).hexdigest() for stage in ("before", "after", "again")
        )
        if falsehood == "photo_reused":
            after = last_after
        elif falsehood == "photo_same":
            after = before
        place = {name: hazard.record[name] for name in ("latitude", "longitude")}
        size = int(rng.integers(120_000, 2_400_000))
        taken = [("before", hazard.steps[0].at - timedelta(minutes=25), before)]
        # Each removal that was accepted has its picture: of a hazard that came back the first one, and another.
        accepted = [at for at, step in enumerate(hazard.steps) if step.state == "ACCEPTED"]
        taken += [
            ("after", _photographed(*hazard.steps[at - 2 : at]), digest)
            for at, digest in zip(accepted, (after, again), strict=False)
        ]
        for stage, moment, digest in taken:
            token = sha256(f"{hazard.no} {stage} {moment}".encode()).hexdigest()[:20]
            photos.append({
                "photo_token": f"ph-{token}", "hazard_no": hazard.no, "photo_stage": stage, "taken_at": moment,
                "photo_sha256": digest, "photo_size_bytes": size + len(photos), **place,
            })  # fmt: skip
        if len(taken) == 2 and not falsehood:
            last_after = after
        complete.append(Hazard(hazard.record, hazard.steps, hazard.due_on, falsehood, tuple(photos)))
    return tuple(complete)


def _photographed(removing: Step, submitted: Step) -> datetime:
    """Some time before the removal is submitted, and after it began."""
    halfway = removing.at + (submitted.at - removing.at) / 2
    return max(submitted.at - timedelta(minutes=40), halfway.replace(microsecond=0))


# --- spot checks -----------------------------------------------------------------------------------
@cache
def checks(world: World) -> tuple[dict[str, Any], ...]:
    """Spot checks of closed hazards in order of their days: one in eight by lot, and half of the photos used twice."""
    rng = world.rng("hazard_checks")
    found: list[dict[str, Any]] = []
    for hazard in hazards(world):
        if hazard.no == _planted(world).no:
            continue  # it is open, and the others keep their chances
        picked, doubted, after = float(rng.random()), float(rng.random()), int(rng.integers(3, 40))
        is_random = picked < _CHECKED_SHARE
        closed = next((step.at.date() for step in hazard.steps if step.state == "CLOSED"), None)
        if closed is None or not (is_random or (hazard.falsehood == "photo_reused" and doubted < 0.5)):
            continue
        day = closed + timedelta(days=after)
        if day > world.last_day:
            continue
        back = [step.at.date() for step in hazard.steps if step.state in ("REOPENED", "CLOSED")][1:]
        is_back = bool(back) and back[0] <= day < back[-1]
        false = hazard.falsehood in ("photo_reused", "photo_same")
        found.append({
            "hazard_no": hazard.no, "checked_on": day, "is_random_pick": is_random,
            "hazard_check_result": "not_removed" if false else "came_back" if is_back else "removed",
            "handling_unit": "示例市交通运输局",
        })  # fmt: skip
    found.sort(key=lambda row: (row["checked_on"], row["hazard_no"]))
    return tuple({**row, "hazard_check_no": f"FH-{at:05d}"} for at, row in enumerate(found, 1))


# --- works ---------------------------------------------------------------------------------------
@cache
def small_works(world: World) -> tuple[dict[str, Any], ...]:
    """Junctions of the plan: 802 done at city scale, and some that are not."""
    rng = world.rng("small_works")
    year = world.year
    done_count, open_count = world.figure(802), world.figure(58)
    names = [name.removeprefix("is_").removesuffix("_planned") for name in _component_columns()]
    found = []
    for number in range(done_count + open_count):
        county = str(rng.choice(list(COUNTIES)))
        planned = rng.random(len(names)) < (0.9, 0.85, 0.7, 0.35, 0.3)
        planned[0] |= not planned.any()
        done = planned.copy()
        finished = year[int(rng.integers(0, len(year)))] if number < done_count else None
        if finished is None:
            done &= rng.random(len(names)) < 0.5
            done[int(np.flatnonzero(planned)[0])] = False
        row: dict[str, Any] = {
            "county_code": county, "works_no": f"WX-{county}-{number + 1:05d}", "place": f"示例路口{number + 1}",
            "road_code": f"X{rng.integers(1, 400):03d}", "chainage_km": round(float(rng.uniform(0, 60)), 1),
            "finished_on": finished, "investment_fen": int(rng.integers(30, 400)) * 10_000,
        }  # fmt: skip
        for name, wants, has in zip(names, planned.tolist(), done.tolist(), strict=True):
            row |= {f"is_{name}_planned": wants, f"is_{name}_done": has}
        found.append(row)
    return tuple(found)


def _component_columns() -> list[str]:
    return [name for name in rows.schema("small_works").names if name.endswith("_planned")]


@cache
def road_works(world: World) -> tuple[dict[str, Any], ...]:
    """Projects of the year: 1,182 km of safety works, 39 bridges and 89 km refined are done at city scale."""
    rng = world.rng("road_works")
    year = world.year
    found: list[dict[str, Any]] = []
    for kind, unit, total, size, name in (
        ("safety", "km", world.figure(1_182), 9.5, "安防工程"),
        ("bridge", "bridge", world.figure(39), 1.0, "危桥改造"),
        ("refinement", "km", world.figure(89), 7.5, "精细化提升"),
    ):
        # Halves of a kilometre add up exactly, whatever the order.
        left = float(total)
        while left > 0:
            length = 1.0 if unit == "bridge" else min(left, max(0.5, round(float(rng.gamma(3, size / 3)) * 2) / 2))
            left -= length
            found.append(_project(rng, kind, unit, name, length, length, year[int(rng.integers(0, len(year)))]))
        for _ in range(world.figure(4)):
            found.append(_project(rng, kind, unit, name, 2.0, 0.0, None))
    return tuple({**row, "works_no": f"GC-{number:05d}"} for number, row in enumerate(found, 1))


def _project(
    rng: np.random.Generator, kind: str, unit: str, name: str, planned: float, done: float, finished: date | None
) -> dict[str, Any]:
    county = str(rng.choice(list(COUNTIES)))
    road = f"{'S' if kind == 'refinement' else 'X'}{rng.integers(1, 400):03d}"
    cost = int(planned * rng.uniform(9, 30)) * 1_000_000
    return {
        "county_code": county, "works_kind": kind, "place": f"{road}示例段{name}", "road_code": road,
        "works_unit": unit, "planned_quantity": planned, "done_quantity": done, "finished_on": finished,
        "investment_fen": cost if finished else None,
    }  # fmt: skip


def _works_as_of(row: dict[str, Any], day: date) -> dict[str, Any]:
    """A junction or project as its list has it on ``day``: what is finished later is not there yet."""
    if row["finished_on"] is not None and row["finished_on"] <= day:
        return row
    done: dict[str, Any] = {}
    if row["finished_on"] is not None:
        done = {name: False for name in row if name.endswith("_done")}
    if "done_quantity" in row:
        done = {"done_quantity": 0.0}
    return row | {"finished_on": None, "investment_fen": None} | done


# --- deliveries ----------------------------------------------------------------------------------
def list_days(world: World) -> list[date]:
    """Days on which lists are issued: the ends of the year's months (in a tiny world of every third, and of the
    history), and the last day."""
    ends = [days[-1] for days in world.months if days[-1] >= world.year[0]]
    if world.scale.name == "tiny":
        ends = [day for day in ends if day.month % 3 == 0 or day == ends[-1]]
    return sorted({*ends, world.last_day})


def deliveries(world: World) -> Iterator[Delivery]:
    before = world.year[0] - timedelta(days=1)
    for number, day in enumerate(list_days(world)):
        yield from _hazard_lists(world, number, before, day)
        yield from _steps_and_photos(world, before, day)
        yield from _works(world, day)
        before = day


def _senders(world: World) -> dict[str, tuple[str, ...]]:
    """Who sends a list of its own: each county; in a tiny world the bureau gathers them in one workbook."""
    if world.scale.name == "tiny":
        return {"": tuple(COUNTIES)}
    return {f"_{county}": (county,) for county in COUNTIES}


# Which sender's first list is corrected, has a position at 0/0, and comes a second time.
_CORRECTED, _UNPLACED, _REPEATED = 1, 4, 2


def _hazard_lists(world: World, number: int, before: date, day: date) -> Iterator[Delivery]:
    senders = _senders(world)
    for position, (ending, counties) in enumerate(senders.items()):
        listed = sorted(
            (hazard for hazard in hazards(world) if hazard.county in counties and hazard.as_of(day)),
            key=lambda hazard: (hazard.county, hazard.no),
        )
        name, at = f"hazard_{day:%Y%m%d}{ending}", morning_after(day, 2)
        if day < world.last_day and world.rng("late_list", number, position).random() < 0.1:
            at += timedelta(days=4)
        lost = _lost(world, number, position, listed, before, day)
        kept = [row for hazard in listed if hazard.no not in lost and (row := hazard.as_of(day))]
        planted = [("hazard", f"{name}.xlsx", no, "row_lost", "", "missing from the list") for no in sorted(lost)]
        first = kept and number == 0
        here = [part for part in (_CORRECTED, _UNPLACED, _REPEATED) if first and part % len(senders) == position]
        if _UNPLACED in here:
            kept[0] |= {"latitude": 0.0, "longitude": 0.0}
            planted.append(("hazard", f"{name}.xlsx", kept[0]["hazard_no"], "no_fix", "R-POSITION", "0/0"))
        whole = rows.as_table("hazard", kept)
        if _CORRECTED in here:
            # The last row's closure lies before its registration; the sender corrects it the next day.
            closed = {"hazard_closed_on": kept[-1]["registered_on"] - timedelta(days=40), "hazard_state": "CLOSED"}
            false = rows.as_table("hazard", [*kept[:-1], kept[-1] | closed])
            planted.append(("hazard", f"{name}.xlsx", kept[-1]["hazard_no"], "closed_before", "R-ORDER", "reissued"))
            truth = {"planted_rows": rows.faults(planted)}
            yield Delivery("hazard", f"{name}.xlsx", false, day, at, truth=truth)
            yield Delivery("hazard", f"{name}_更正.xlsx", whole, day, at + timedelta(days=1))
        else:
            truth = {"planted_rows": rows.faults(planted)} if planted else {}
            yield Delivery("hazard", f"{name}.xlsx", whole, day, at, truth=truth)
        if _REPEATED in here:
            yield Delivery("hazard", f"{name}_再报.xlsx", whole, day, at + timedelta(days=1, hours=5))


def _lost(world: World, number: int, position: int, listed: list[Hazard], before: date, day: date) -> set[str]:
    """Hazards that a list loses: one in eight lists loses one for that month, and one sender's last list for good.

    Only what has not changed since the list before is lost, so that the figures of the year stay what they are.
    """
    rng = world.rng("lost", number, position)
    wanted = rng.random() < 0.125 or (day == world.last_day and position == 3 % len(_senders(world)))
    same = [hazard.no for hazard in listed if hazard.as_of(before) == hazard.as_of(day)]
    return {same[int(rng.integers(0, len(same)))]} if wanted and number and len(same) > 1 else set()


def _steps_and_photos(world: World, before: date, day: date) -> Iterator[Delivery]:
    steps: list[dict[str, Any]] = []
    photos: list[dict[str, Any]] = []
    for hazard in hazards(world):
        previous = None
        for number, step in enumerate(hazard.steps, 1):
            if before < step.at.date() <= day:
                steps.append({
                    "hazard_no": hazard.no, "event_no": number, "previous_hazard_state": previous,
                    "hazard_state": step.state, "event_at": step.at, "handling_unit": step.unit,
                    "officer_no": step.officer, "extended_due_on": step.extended_due_on, "step_note": step.note,
                })  # fmt: skip
            previous = step.state
        photos += [photo for photo in hazard.photos if before < photo["taken_at"].date() <= day]
    at = morning_after(day, 1)
    yield Delivery("hazard_event", f"hazard_event_{day:%Y%m%d}.csv", rows.as_table("hazard_event", steps), day, at)
    table = rows.as_table("hazard_photo", photos)
    yield Delivery("hazard_photo", f"hazard_photo_{day:%Y%m%d}.csv.gz", table, day, at)
    if checked := [row for row in checks(world) if before < row["checked_on"] <= day]:
        yield Delivery(
            "hazard_check", f"hazard_check_{day:%Y%m%d}.csv", rows.as_table("hazard_check", checked), day, at
        )


def _works(world: World, day: date) -> Iterator[Delivery]:
    at = morning_after(day, 2)
    for feed, found in (("small_works", small_works(world)), ("road_works", road_works(world))):
        listed = [_works_as_of(row, day) for row in found]
        if feed == "road_works":
            listed = [row | {"works_year": world.last_day.year} for row in listed]
        listed.sort(key=lambda row: (row["county_code"], row.get("works_kind", ""), row["works_no"]))
        yield Delivery(feed, f"{feed}_{day:%Y%m%d}.xlsx", rows.as_table(feed, listed), day, at)


def truth(world: World) -> dict[str, pa.Table]:
    """Hazards whose closure is false, and how."""
    false = [
        {"hazard_no": hazard.no, "falsehood": hazard.falsehood, "county_code": hazard.county}
        for hazard in hazards(world)
        if hazard.falsehood
    ]
    columns = pa.schema([("hazard_no", pa.string()), ("falsehood", pa.string()), ("county_code", pa.string())])
    return {"hazard_false_closure": pa.Table.from_pylist(false, columns)}
