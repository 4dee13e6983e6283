"""Loading firms against a plain reckoning over random tickets and passages, which shares no code with the queries."""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from landed import Tables

from warehouse import sources, sql
from warehouse.errors import WarehouseError
from warehouse.sources import Asked

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 10)
HOURS, AGREE, UNLADEN = 24, 0.1, 0.5
"""As shipped: match_loading_hours, match_mass_ratio, unladen_share."""
HIGHEST = {2: 18_000, 3: 27_000, 4: 37_000, 5: 43_000, 6: 49_000}
"""The highest limit of so many axles since 2016-09-21 (令2016-62 art. 3; four: 36 t, and 1 t for air suspension)."""
_TABLES = """
create schema core; create schema mart; create schema staging;
create table core.passage (record_id varchar, plate_no varchar, plate_color_code integer, passed_at timestamp,
    passed_date date, site_code varchar, gross_vehicle_weight_kg integer, limit_low_kg integer, limit_kg integer,
    excess_kg integer, excess_ratio double, verdict varchar);
create table mart.finding (record_id varchar, plate_no varchar, passed_date date, county_code varchar,
    is_permitted boolean);
create table mart.loaded_trip (left_date date, record_id varchar, firm_no varchar, ticket_no varchar, plate_no varchar,
    plate_color_code integer, axle_count integer, driver_certificate_no varchar, loaded_mass_kg integer,
    left_at timestamp);
create table staging.loading_firm (record_id varchar, firm_no varchar, firm_name varchar, firm_kind varchar,
    county_code varchar, uscc varchar, annual_tonnage_t double, has_weighbridge boolean, has_video boolean,
    linked_to_city boolean, linked_to_province boolean, valid_from date, valid_to date);
"""


class World(Tables):
    def __init__(self) -> None:
        super().__init__(duckdb.connect(config={"threads": 1}))
        sql.load_seeds(self.connection)
        self.connection.execute(_TABLES)
        self.tickets: list[dict[str, Any]] = []
        self.passages: list[dict[str, Any]] = []

    def ticket(
        self, firm: str, plate: str, at: datetime, mass: int | None, color: int | None = 2, axles: int = 6
    ) -> None:
        one = {"record": f"t{len(self.tickets):05d}", "firm": firm, "plate": plate, "at": at, "mass": mass,
               "color": color, "axles": axles}  # fmt: skip
        self.tickets.append(one)
        self.connection.execute(
            "insert into mart.loaded_trip values (?, ?, ?, ?, ?, ?, ?, null, ?, ?)",
            [at.date(), one["record"], firm, f"N{one['record']}", plate, color, axles, mass, at],
        )

    def passage(
        self, plate: str | None, at: datetime, weight: int | None, color: int | None = 2, limit: int = 49_000,
        verdict: str | None = None, permitted: bool = False, county: str = "431103",
    ) -> None:  # fmt: skip
        over = weight is not None and weight > limit
        told = verdict or ("over" if over else "within")
        excess = weight - limit if weight is not None and over else 0
        record = f"p{len(self.passages):05d}"
        self.passages.append({"record": record, "plate": plate, "at": at, "weight": weight, "color": color,
                              "low": limit, "verdict": told, "permitted": permitted, "excess": excess})  # fmt: skip
        self.connection.execute(
            "insert into core.passage values (?, ?, ?, ?, ?, 'YZ01', ?, ?, ?, ?, ?, ?)",
            [record, plate, color, at, at.date(), weight, limit, limit, excess, excess / limit or None, told],
        )
        if told == "over":
            self.connection.execute(
                "insert into mart.finding values (?, ?, ?, ?, ?)", [record, plate, at.date(), county, permitted]
            )

    def firm(self, number: str, tonnage: float | None = 300_000, county: str = "431103", links: str = "1111") -> None:
        self.connection.execute(
            "insert into staging.loading_firm values (?, ?, ?, 'quarry', ?, null, ?, ?, ?, ?, ?, ?, null)",
            [f"r{number}", number, f"示例{number}", county, tonnage, *(one == "1" for one in links), FIRST],
        )

    def reason(self, one: dict[str, Any]) -> tuple[str, str | None]:
        """How a passage comes to a ticket, and which; by walking all tickets and passages of its plate."""
        if one["plate"] is None:
            return "plate_unread", None
        fits = [
            ticket for ticket in self.tickets
            if ticket["plate"] == one["plate"] and one["color"] is not None
            and ticket["color"] in (None, one["color"])
            and timedelta(0) <= one["at"] - ticket["at"] <= timedelta(hours=HOURS)
        ]  # fmt: skip
        if not fits:
            return "no_ticket", None
        left = max(ticket["at"] for ticket in fits)
        last = [ticket for ticket in fits if ticket["at"] == left]
        for other in self.passages:
            same = other["plate"] == one["plate"] and other["color"] in (None, one["color"])
            if same and left < other["at"] < one["at"] and self.is_unladen(other):
                return "unladen_since", None
        if len({ticket["firm"] for ticket in last}) > 1:
            return "ambiguous", None
        ticket = min(last, key=lambda ticket: ticket["record"])
        agree = all(
            one["weight"] is not None and each["mass"] is not None
            and abs(one["weight"] - each["mass"]) <= each["mass"] * AGREE for each in last
        )  # fmt: skip
        if not agree:
            return "other_mass", ticket["record"]
        if any(each["color"] is None for each in last):
            return "color_not_told", ticket["record"]
        return "last_ticket", ticket["record"]

    @staticmethod
    def is_unladen(one: dict[str, Any]) -> bool:
        return one["weight"] is not None and one["weight"] <= one["low"] * UNLADEN

    def reckoned(self, firm: str) -> dict[str, int]:
        """The counts of a firm's trips of the period."""
        told: Counter[str] = Counter()
        own = [one for one in self.tickets if one["firm"] == firm and FIRST <= one["at"].date() <= LAST]
        ties = [(one, *self.reason(one)) for one in self.passages]
        for ticket in own:
            told["trips"] += 1
            if ticket["mass"] is not None and ticket["axles"] in HIGHEST:
                told["own_known"] += 1
                told["own_over"] += ticket["mass"] > HIGHEST[ticket["axles"]]
            here = [(one, reason) for one, reason, record in ties
                    if record == ticket["record"] and not self.is_unladen(one)]  # fmt: skip
            near = [one for one, reason in here if reason == "last_ticket"]
            over = [one for one in near if one["verdict"] == "over" and not one["permitted"]]
            told["seen"] += bool(near)
            told["judged"] += any(one["verdict"] != "review" for one in near)
            told["over"] += bool(over)
            told["excess_kg"] += max((one["excess"] for one in over), default=0)
            told["other_mass"] += bool(here) and not near
        told["vehicles"] = len({(one["plate"], one["color"]) for one in own})
        return dict(told)

    def traces(self) -> dict[str, int]:
        return dict(Counter(
            self.reason(one)[0] for one in self.passages
            if one["verdict"] == "over" and not one["permitted"] and FIRST <= one["at"].date() <= LAST
        ))  # fmt: skip


def _random(seed: int) -> World:
    drawn, world = random.Random(seed), World()
    for number in range(4):
        world.firm(f"F{number}")
    begin = datetime.combine(FIRST, datetime.min.time()) - timedelta(days=1)
    plates = [f"湘M{number}0000" for number in range(5)]
    moments = [begin + timedelta(minutes=10 * drawn.randrange(12 * 144)) for _ in range(60)]
    for _ in range(drawn.randrange(30, 60)):
        world.ticket(
            f"F{drawn.randrange(4)}", drawn.choice(plates), drawn.choice(moments),
            drawn.choice([None, 30_000, 49_000, 49_001, 55_000]), drawn.choice([None, 2, 2, 2, 1]),
            drawn.choice([4, 6, 6]),
        )  # fmt: skip
    for _ in range(drawn.randrange(60, 120)):
        later = timedelta(minutes=drawn.choice([0, 30, 600, 24 * 60, 24 * 60 + 1]))
        world.passage(
            drawn.choice([None, *plates, *plates]), drawn.choice(moments) + later,
            drawn.choice([None, 15_000, 24_500, 31_000, 49_000, 53_000, 55_000, 60_500]), drawn.choice([None, 2, 2, 1]),
            verdict=drawn.choice([None, None, None, "review"]), permitted=drawn.random() < 0.1,
        )  # fmt: skip
    return world


@pytest.mark.parametrize("seed", range(25))
def test_counts_are_those_of_a_walk_over_all_tickets_and_passages(seed: int) -> None:
    world = _random(seed)
    told = sources.told(world, Asked(FIRST, LAST))
    assert {one.firm_no for one in told.firms} == {"F0", "F1", "F2", "F3"}
    for one in told.firms:
        want = dict.fromkeys(vars(one.told), 0) | world.reckoned(one.firm_no)
        assert vars(one.told) == want, one.firm_no
        listed = sources.trips(world, told.asked, one.firm_no)
        assert sum(trip.is_over for trip in listed) == one.told.over
        assert sum(bool(trip.is_own_over) for trip in listed) == one.told.own_over
        assert sum(trip.excess_kg or 0 for trip in listed if trip.is_over) == one.told.excess_kg
    assert {name: count for name, count in told.traces.items() if count} == world.traces()


def test_random_worlds_hold_every_tie() -> None:
    every = Counter[str]()
    for seed in range(25):
        every.update(_random(seed).traces())
    assert set(every) == set(sources.TRACES)


def test_a_district_of_firms_and_who_must_be_linked() -> None:
    world = World()
    world.firm("F0", county="431103")
    world.firm("F1", county="431122", links="1010")
    world.firm("F2", tonnage=199_999, county="431122", links="0000")
    world.firm("F3", tonnage=None, county="431122")
    world.ticket("F9", "湘M00000", datetime(2026, 3, 2, 8), 50_000)
    told = {one.firm_no: one for one in sources.told(world, Asked(FIRST, LAST)).firms}
    assert list(told) == ["F9", "F0", "F1", "F2", "F3"], "the one with most over first; none is left out"
    assert [(one.is_bound, one.links_missing, one.is_open) for one in told.values()] == [
        (None, None, False), (True, (), False), (True, ("video", "province"), True),
        (False, ("weighbridge", "video", "city", "province"), False), (None, (), False),
    ]  # fmt: skip
    assert [one.firm_no for one in sources.told(world, Asked(FIRST, LAST, "431122")).firms] == ["F1", "F2", "F3"]


def test_a_firm_stands_above_the_rest_only_where_its_interval_does() -> None:
    """Sixty trips of sixty vehicles each, one in ten over, and a firm with thirty over; twenty trips are too few."""
    world = World()
    at = datetime(2026, 3, 3, 6)
    for number, (trips, over) in enumerate([(60, 30), (60, 6), (60, 6), (60, 6), (20, 20)]):
        world.firm(f"F{number}")
        for trip in range(trips):
            plate, mass = f"湘M{number}{trip:04d}", 55_000 if trip < over else 48_000
            world.ticket(f"F{number}", plate, at, mass)
            world.passage(plate, at + timedelta(hours=1), mass)
    told = sources.told(world, Asked(FIRST, LAST))
    assert told.effect == 1.0
    assert {one.firm_no: one.standing for one in told.firms} == {
        "F0": "above", "F1": "below", "F2": "below", "F3": "below", "F4": "few",
    }  # fmt: skip
    first = next(one for one in told.firms if one.firm_no == "F0")
    assert (round(first.low or 0, 2), round(first.high or 0, 2)) == (0.38, 0.62), "Jeffreys, 30 of 60"


def test_trips_of_one_vehicle_tell_less_than_as_many_of_several() -> None:
    at = datetime(2026, 3, 1, 0)
    widths = []
    for vehicles in (40, 4):
        world = World()
        for firm in ("F0", "F1"):
            world.firm(firm)
            for trip in range(40):
                vehicle = trip % vehicles
                mass = 55_000 if vehicle % 4 == 0 else 48_000
                begins = at + timedelta(hours=5 * trip)
                world.ticket(firm, f"湘M{firm}{vehicle:03d}", begins, mass)
                world.passage(f"湘M{firm}{vehicle:03d}", begins + timedelta(hours=1), mass)
        (one, _) = sources.told(world, Asked(FIRST, LAST)).firms
        assert one.told.over == 10
        assert one.low is not None
        assert one.high is not None
        widths.append(one.high - one.low)
    assert widths[1] > widths[0] * 1.5


def test_limits_are_those_of_the_day() -> None:
    """55 t on six axles until 2016-09-20, 49 t from 2016-09-21 on."""
    world = World()
    for day in (date(2016, 9, 20), date(2016, 9, 21)):
        world.ticket("F0", "湘M00000", datetime(day.year, day.month, day.day, 8), 54_000)
    (one,) = sources.told(world, Asked(date(2016, 9, 1), date(2016, 9, 30))).firms
    assert (one.told.own_known, one.told.own_over) == (2, 1)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(WarehouseError, match="ends before"):
        Asked(LAST, FIRST)
