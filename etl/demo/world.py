"""The fictional prefecture: who and what there is, and the streams of chance everything is drawn from.

``World(seed, scale, first_day, last_day)`` is cheap; its tables are made when they are first read. Each
draws from a stream of its own (``world.rng(name)``), so what is read first, or at all, changes nothing.
Tables have the dictionary's column names, and a few of the generator's own that no delivery carries.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property

import numpy as np
import pyarrow as pa

from etl.demo import calendar, invent
from etl.demo.fleet import Fleet, make_fleet
from etl.demo.places import COUNTIES, SITES

FIRST_DAY = date(2021, 10, 1)
"""Nothing is made of earlier days: limits, penalties and forms are those in force since then."""
LAST_DAY = date(max(calendar.LUNAR_NEW_YEAR), 12, 31)
"""Nothing is made of later days: the calendar has no lunar new year for them."""


@dataclass(frozen=True)
class Scale:
    """How much there is of everything.

    ``share``: published figures of the reference case are multiplied by it (city: 1).
    ``passages``: weighed trucks of a mean site and day. ``copies``: how often the 30 sites are there.
    """

    name: str
    share: float
    passages: float
    copies: int = 1
    vehicles: int = 3_000
    transit: int = 24_000


SCALES = {
    found.name: found
    for found in (
        Scale("tiny", 0.03, 29),
        Scale("city", 1.0, 1_000, vehicles=16_000, transit=120_000),
        Scale("province", 14.0, 1_000, copies=14, vehicles=110_000, transit=400_000),
    )
}


@dataclass(frozen=True)
class Delivery:
    """One file of a feed: ``table`` by dictionary column names, in the order of its lines.

    ``at``: when it lies in the inbox (+08:00). ``day``: its business day. ``data``: bytes to write instead
    of the table's (what ``faults`` made of them). ``truth``: tables to keep beside, by name.
    """

    feed: str
    name: str
    table: pa.Table | None
    day: date
    at: datetime
    data: bytes | None = None
    truth: Mapping[str, pa.Table] = field(default_factory=dict)


def morning_after(day: date, hour: int = 0, minute: int = 40) -> datetime:
    """When the delivery of a day usually lies in the inbox."""
    return datetime.combine(day + timedelta(days=1), time(hour, minute))


@dataclass(frozen=True)
class World:
    """``nights``: so many last days are delivered one by one, the days before by month."""

    seed: int
    scale: Scale
    first_day: date
    last_day: date
    nights: int = 7
    traffic: float = 1.0
    """Factor on the passages alone (tests want fewer)."""

    def rng(self, *name: object) -> np.random.Generator:
        """The stream of chance called ``name``: independent of every other, whatever was drawn before."""
        told = repr((self.seed, self.scale.name, *(str(part) for part in name))).encode()
        return np.random.default_rng(np.frombuffer(hashlib.sha256(told).digest(), np.uint32))

    def figure(self, at_city: float) -> int:
        """A published figure at this scale: exact for a city, in proportion elsewhere, at least 1."""
        return max(1, round(at_city * self.scale.share))

    # --- days ------------------------------------------------------------------------------------
    @cached_property
    def days(self) -> list[date]:
        return calendar.days_between(self.first_day, self.last_day)

    @cached_property
    def year(self) -> list[date]:
        """The days that yearly figures are about: the last 365, or all of a shorter world or a leap year."""
        return self.days if len(self.days) <= 366 else self.days[-365:]

    @cached_property
    def own_nights(self) -> list[date]:
        """The last days, each delivered in a file of its own."""
        return self.days[len(self.days) - min(self.nights, len(self.days)) :]

    @cached_property
    def months(self) -> list[list[date]]:
        """The days before ``own_nights``, by calendar month."""
        history = self.days[: len(self.days) - len(self.own_nights)]
        return calendar.months(history[0], history[-1]) if history else []

    @property
    def history_end(self) -> date:
        """The last day that comes with a monthly delivery."""
        return self.months[-1][-1] if self.months else self.first_day

    # --- places ----------------------------------------------------------------------------------
    @cached_property
    def sites(self) -> pa.Table:
        """One row a site: its register row, and lanes_up, lanes_down, traffic (1 = mean), layout (a feed)."""
        rows = []
        for copy in range(self.scale.copies):
            for number, site in enumerate(SITES):
                code = site.code if self.scale.copies == 1 else f"{site.code}{copy + 1:02d}"
                # Two thirds in the platform's own layout, the others as their vendors send.
                layout = {2: "wim_passage_preview", 5: "wim_passage_wheel"}.get(number % 6, "wim_passage")
                opened = self.last_day - timedelta(days=42) if site.code == "YZ30" else date(2023, 1, 1)
                rows.append({
                    "site_code": code, "site_name": f"{code} {site.road}", "site_name_en": f"{code} {site.road}",
                    "county_code": site.county, "road_code": site.road, "chainage_km": site.chainage_km,
                    "latitude": site.latitude, "longitude": site.longitude, "valid_from": opened, "valid_to": None,
                    "lanes_up": site.lanes_up, "lanes_down": site.lanes_down, "traffic": site.traffic,
                    "over_rate": site.over_rate, "layout": layout,
                })  # fmt: skip
        return pa.Table.from_pylist(rows).set_column(9, "valid_to", pa.nulls(len(rows), pa.date32()))

    @cached_property
    def lanes(self) -> pa.Table:
        """Every lane and the device that weighs on it: lane codes 11, 12 up and 31, 32 down."""
        rows = [
            {"site_code": site["site_code"], "lane_code": str(base + lane), "direction": direction, "lane_no": lane,
             "device_no": f"{site['site_code']}-{device}", "valid_from": site["valid_from"]}
            for site in self.sites.to_pylist()
            for direction, base, count, device in (("up", 10, site["lanes_up"], 1), ("down", 30, site["lanes_down"], 2))
            for lane in range(1, count + 1)
        ]  # fmt: skip
        table = pa.Table.from_pylist(rows)
        return table.append_column("valid_to", pa.nulls(len(rows), pa.date32()))

    @cached_property
    def devices(self) -> pa.Table:
        """Two weighing devices a site, one a direction."""
        rows = [
            {"device_no": f"{site['site_code']}-{device}", "site_code": site["site_code"],
             "manufacturer": f"示例衡器{'甲乙丙'[number % 3]}厂", "model": f"DW-{number % 3 + 1}00",
             "accuracy_class": "10" if number % 5 == 4 else "5", "valid_from": site["valid_from"]}
            for number, site in enumerate(self.sites.to_pylist())
            for device in (1, 2)
        ]  # fmt: skip
        table = pa.Table.from_pylist(rows)
        return table.append_column("valid_to", pa.nulls(len(rows), pa.date32()))

    # --- firms and people ------------------------------------------------------------------------
    @cached_property
    def enterprises(self) -> pa.Table:
        """Transport enterprises: uscc, enterprise_name, enterprise_kind, county_code, first_issue_date.

        Kinds: freight, coach, tourist, dangerous_goods, bus, taxi, ride_hailing, station.
        """
        kinds = {"freight": 240, "coach": 14, "tourist": 7, "dangerous_goods": 9, "bus": 4, "taxi": 6,
                 "ride_hailing": 5, "station": 18}  # fmt: skip
        words = {"freight": "运输", "coach": "客运", "tourist": "旅游客运", "dangerous_goods": "危货运输",
                 "bus": "公交", "taxi": "出租", "ride_hailing": "网约车", "station": "汽车站"}  # fmt: skip
        rng = self.rng("enterprises")
        kind = [name for name, count in kinds.items() for _ in range(count * self.scale.copies)]
        number = [at for count in kinds.values() for at in range(1, count * self.scale.copies + 1)]
        age = rng.integers(400, 6_000, len(kind)).tolist()
        return pa.table({
            "uscc": [invent.uscc(serial) for serial in range(1, len(kind) + 1)],
            "enterprise_name": [f"示例{words[k]}{n:03d}号有限公司" for k, n in zip(kind, number, strict=True)],
            "enterprise_kind": kind,
            "county_code": rng.choice(list(COUNTIES), len(kind)),
            "first_issue_date": [self.first_day - timedelta(days=days) for days in age],
        })  # fmt: skip

    @cached_property
    def drivers(self) -> pa.Table:
        """Professional drivers: driver_certificate_no, citizen_id, person_name, uscc (employer), first_issue_date.

        Driver ``n`` usually drives the registered vehicle ``n`` of ``fleet``.
        """
        rng = self.rng("drivers")
        count = self.scale.vehicles
        born = [date(1966, 1, 1) + timedelta(days=days) for days in rng.integers(0, 12_000, count).tolist()]
        of_day: dict[date, int] = {}
        ids = []
        for day in born:
            of_day[day] = of_day.get(day, 0) + 1
            # Serials end in 1: an id ending in zeros looks as if a spreadsheet had cut it.
            ids.append(invent.citizen_id(day, of_day[day] * 10 + 1))
        issued = rng.integers(100, 3_500, count).tolist()
        return pa.table({
            "driver_certificate_no": [f"4311{at:09d}" for at in range(100_000_001, 100_000_001 + count)],
            "citizen_id": ids,
            "person_name": invent.people(rng, count),
            "uscc": self.enterprises["uscc"].take(pa.array(self.fleet.enterprise[:count])),
            "first_issue_date": [self.first_day - timedelta(days=days) for days in issued],
        })  # fmt: skip

    @cached_property
    def loading_firms(self) -> pa.Table:
        """Freight sources (货运源头单位): firm_no, uscc, firm_name, county_code, annual_tonnage_t, latitude, longitude.

        At city scale 48, of which 38 load 200,000 t a year or more.
        """
        rng = self.rng("loading_firms")
        large, small = self.figure(38), self.figure(10)
        count = large + small
        tonnage = [*np.exp(rng.uniform(np.log(200_000), np.log(2_400_000), large)).astype(int).tolist(),
                   *rng.integers(20_000, 199_999, small).tolist()]  # fmt: skip
        if large:
            tonnage[0] = 200_000  # 以上 includes the figure itself
        county = rng.choice(list(COUNTIES), count).tolist()
        near = {site.county: site for site in SITES}
        what = ["石料", "水泥", "砂石", "矿业", "物流园"]
        return pa.table({
            "firm_no": [f"HY{at + 1:04d}" for at in range(count)],
            "uscc": [invent.uscc(50_000 + serial) for serial in range(count)],
            "firm_name": [f"示例{what[at % 5]}{at + 1:02d}号有限公司" for at in range(count)],
            "county_code": county,
            "annual_tonnage_t": tonnage,
            "latitude": [round(near[code].latitude + float(rng.normal(0, 0.05)), 5) for code in county],
            "longitude": [round(near[code].longitude + float(rng.normal(0, 0.05)), 5) for code in county],
        })  # fmt: skip

    # --- vehicles --------------------------------------------------------------------------------
    @cached_property
    def fleet(self) -> Fleet:
        """Trucks as arrays: registered ones first, then those from elsewhere that no register here knows."""
        return make_fleet(self.rng("fleet"), self.scale.vehicles, self.scale.transit, 240 * self.scale.copies)

    @cached_property
    def vehicles(self) -> pa.Table:
        """The registered trucks, one row each, as the register has them on the last day; and uscc, county_code.

        All are registered before the first day: a truck that drives before the register has it has no known limit.
        """
        fleet, count = self.fleet, self.fleet.registered
        age = self.rng("vehicles").integers(30, 2_900, count).tolist()
        issued = [self.first_day - timedelta(days=days) for days in age]
        firm = pa.array(fleet.enterprise[:count])
        return pa.table({
            "plate_no": fleet.plate[:count],
            "plate_color_code": pa.array(fleet.color[:count], pa.int32()),
            "vehicle_type_code": fleet.of_type("vehicle_type")[:count],
            "vehicle_kind": fleet.of_type("kind")[:count],
            "axle_count": pa.array(fleet.of_type("own_axles")[:count], pa.int32()),
            "registered_gross_mass_kg": pa.array(fleet.gross_mass_kg[:count], pa.int32()),
            "drive_axle_count": pa.array(fleet.of_type("drive_axles")[:count], pa.int32()),
            "has_air_suspension": fleet.has_air[:count],
            "is_tipper": fleet.is_tipper[:count],
            "enterprise_name": self.enterprises["enterprise_name"].take(firm),
            "operating_permit_no": [f"4311{100_000 + at}" for at in range(count)],
            "first_issue_date": pa.array(issued, pa.date32()),
            "valid_from": pa.array(issued, pa.date32()),
            "valid_to": pa.nulls(count, pa.date32()),
            "uscc": self.enterprises["uscc"].take(firm),
            "county_code": fleet.home[:count],
        })  # fmt: skip


def world(seed: int, scale: str, first_day: date, last_day: date, nights: int = 7, traffic: float = 1.0) -> World:
    """The world of a named scale. Raises ``KeyError`` for a scale that is not in ``SCALES``."""
    return World(seed, SCALES[scale], first_day, last_day, nights, traffic)
