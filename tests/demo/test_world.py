"""The fictional prefecture: invented plates and numbers, well formed, and drawn from streams of their own."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from etl import identity
from etl.demo import calendar, invent
from etl.demo.world import SCALES, World


@pytest.fixture(scope="module")
def world() -> World:
    return World(1, SCALES["tiny"], date(2025, 1, 1), date(2025, 12, 31))


def test_identifiers_are_unique_and_of_an_area_that_is_not_given_out(world: World) -> None:
    ids = world.drivers["citizen_id"].to_pylist()
    assert len(set(ids)) == len(ids)
    assert all(identity.citizen_id(number[:17]) == number for number in ids)
    assert all(number.startswith("431199") and not number.endswith("000") for number in ids)
    codes = [*world.enterprises["uscc"].to_pylist(), *world.loading_firms["uscc"].to_pylist()]
    assert len(set(codes)) == len(codes)
    assert all(identity.uscc(code[:16]) == code for code in codes)


def test_no_plate_is_there_twice_and_trucks_leave_room_for_monitored_vehicles(world: World) -> None:
    plates = world.fleet.plate.tolist()
    assert len(set(plates)) == len(plates)
    assert all(plate[2] in invent.FREIGHT_LETTERS for plate in plates if len(plate) == 7)


def test_too_many_plates_are_refused() -> None:
    with pytest.raises(ValueError, match="10001 plates wanted"):
        invent.plates(np.random.default_rng(1), np.array(["湘M"] * 10_001), "A")


def test_a_stream_of_chance_does_not_depend_on_what_was_drawn_before() -> None:
    worlds = [World(1, SCALES["tiny"], date(2025, 1, 1), date(2025, 12, 31)) for _ in range(2)]
    names = ["vehicles", "drivers", "enterprises", "sites", "loading_firms"]
    first = {name: getattr(worlds[0], name) for name in names}
    second = {name: getattr(worlds[1], name) for name in reversed(names)}
    assert all(first[name].equals(second[name]) for name in names)
    other = World(2, SCALES["tiny"], date(2025, 1, 1), date(2025, 12, 31))
    assert not other.vehicles.equals(first["vehicles"])


def test_figures_are_exact_for_a_city_and_in_proportion_elsewhere(world: World) -> None:
    city = World(1, SCALES["city"], date(2025, 1, 1), date(2025, 12, 31))
    assert city.figure(10_522) == 10_522
    assert world.figure(10_522) == 316
    assert world.figure(4) == 1
    large = city.loading_firms.filter(pc.greater_equal(city.loading_firms["annual_tonnage_t"], 200_000))
    assert large.num_rows == 38


def test_thirty_sites_stand_in_eleven_counties_and_a_third_sends_a_vendors_layout(world: World) -> None:
    assert world.sites.num_rows == 30
    assert len(set(world.sites["county_code"].to_pylist())) == 11
    layouts = world.sites["layout"].to_pylist()
    assert {layout: layouts.count(layout) for layout in set(layouts)} == {
        "wim_passage": 20,
        "wim_passage_preview": 5,
        "wim_passage_wheel": 5,
    }
    assert set(world.lanes["device_no"].to_pylist()) == set(world.devices["device_no"].to_pylist())


def test_own_nights_and_months_are_all_the_days_once(world: World) -> None:
    days = [day for month in world.months for day in month] + world.own_nights
    assert days == world.days
    assert len(world.own_nights) == 7
    short = World(1, SCALES["tiny"], date(2025, 1, 1), date(2025, 1, 3), nights=9)
    assert short.months == []
    assert short.own_nights == short.days


def test_a_year_is_at_most_the_last_365_days() -> None:
    long = World(1, SCALES["tiny"], date(2024, 11, 1), date(2025, 12, 31))
    assert long.year[0] == date(2025, 1, 1)
    leap = World(1, SCALES["tiny"], date(2024, 1, 1), date(2024, 12, 31))
    assert leap.year == leap.days


def test_working_days_leave_out_weekends_and_holidays() -> None:
    assert calendar.add_workdays(date(2025, 9, 30), 1) == date(2025, 10, 8)
    assert calendar.add_workdays(date(2025, 6, 6), 1) == date(2025, 6, 9)
    assert not calendar.is_workday(date(2025, 1, 29))


def test_registers_hold_one_current_row_a_vehicle(world: World) -> None:
    from etl.demo import sites

    spans = sites.vehicle_spans(world)
    current = spans.filter(pc.is_null(spans["valid_to"]))
    assert current.num_rows == world.vehicles.num_rows
    assert spans.num_rows > current.num_rows
    past = spans.filter(pc.is_valid(spans["valid_to"]))
    assert pc.all(pc.greater_equal(past["valid_to"], past["valid_from"])).as_py()
    before = sites.trucks(world, world.first_day)
    assert pc.all(pc.less_equal(before["valid_from"], pa.scalar(world.first_day))).as_py()
    assert before.num_rows == world.vehicles.num_rows, "a truck on the road before the register knows it"
