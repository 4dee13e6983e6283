"""Passages of the open prefecture: what is planted is there, exactly, and the truth says so."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from etl.demo import calendar, crossings, passages, planted, sites, tracks, transmissions
from etl.demo.fleet import FARM
from etl.demo.generate import put
from etl.demo.world import SCALES, Delivery, World, morning_after
from etl.feeds import feed, raw_tables
from etl.parse import parse
from warehouse import sql

FIRST, LAST = date(2024, 11, 20), date(2025, 12, 31)


@pytest.fixture(scope="module")
def world() -> World:
    """Thirteen months, long enough for windows of 366 days, with a quarter of the sample's traffic."""
    return World(7, SCALES["tiny"], FIRST, LAST, nights=2, traffic=0.25)


@pytest.fixture(scope="module")
def true(world: World) -> pa.Table:
    return passages.true(world, world.days)


def _ask(query: str, **tables: pa.Table) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return connection.execute(query).fetchall()


def _days(table: pa.Table) -> pa.ChunkedArray:
    return table["passed_at"].cast(pa.date32())


def test_a_day_does_not_depend_on_what_else_is_asked_for(world: World, true: pa.Table) -> None:
    day = date(2025, 6, 3)
    alone = passages.true(World(7, SCALES["tiny"], FIRST, LAST, nights=9, traffic=0.25), [day])
    among = true.filter(pc.equal(_days(true), pa.scalar(day)))
    assert among.equals(alone)
    other = passages.true(World(8, SCALES["tiny"], FIRST, LAST, nights=2, traffic=0.25), [day])
    assert not other.equals(alone)


def test_record_numbers_are_unique_and_times_ascend(true: pa.Table) -> None:
    assert pc.count_distinct(true["check_no"]).as_py() == true.num_rows
    assert pc.all(pc.greater_equal(true["passed_at"][1:], true["passed_at"][:-1])).as_py()


def test_rates_lie_where_the_published_ones_do(world: World) -> None:
    busy = World(7, SCALES["tiny"], date(2025, 9, 1), LAST, nights=0)
    table = passages.true(busy, busy.days)
    roads = dict(zip(busy.sites["site_code"].to_pylist(), busy.sites["road_code"].to_pylist(), strict=True))
    rates = _ask(
        "select site_code, count(*), count(*) filter (gross_vehicle_weight_kg > limit_kg) from passage group by 1",
        passage=table,
    )
    by_road: dict[str, list[int]] = {}
    for site, count, over in rates:
        found = by_road.setdefault(roads[site], [0, 0])
        found[0] += count
        found[1] += over
    assert {road: over / count for road, (count, over) in by_road.items() if not 0.004 <= over / count <= 0.06} == {}
    assert 0.02 < sum(over for _, over in by_road.values()) / table.num_rows < 0.05


def test_freight_rests_at_the_new_year_and_on_holidays(true: pa.Table) -> None:
    by_day = dict(_ask("select passed_at::date, count(*) from passage group by 1", passage=true))
    usual = np.median(list(by_day.values()))
    new_year = calendar.LUNAR_NEW_YEAR[2025]
    assert max(by_day[new_year + timedelta(days=step)] for step in range(3)) < 0.5 * usual
    assert by_day[date(2025, 10, 1)] < usual


def test_heavy_trucks_prefer_the_night(true: pa.Table) -> None:
    night, day = _ask(
        """select avg((gross_vehicle_weight_kg > limit_kg)::int) filter (hour(passed_at) in (22, 23, 0, 1, 2, 3)),
            avg((gross_vehicle_weight_kg > limit_kg)::int) filter (hour(passed_at) between 8 and 18) from passage""",
        passage=true,
    )[0]
    assert night > 1.15 * day


def test_axle_loads_add_up_but_for_a_few_readings(true: pa.Table) -> None:
    share, most = _ask(
        """select avg((abs(list_sum(axle_loads_kg) - gross_vehicle_weight_kg)
            > greatest(100, gross_vehicle_weight_kg * 0.01))::int), max(abs(list_sum(left_wheel_loads_kg)
            + list_sum(right_wheel_loads_kg) - list_sum(axle_loads_kg))) from passage""",
        passage=true,
    )[0]
    assert 0 < share < 0.01
    assert most == 0


def test_a_faulty_scale_errs_as_planted_and_no_other_does(world: World, true: pa.Table) -> None:
    at_fault = """t.site_code = f.site_code and (f.lane_code = '' or t.lane_code = f.lane_code)
        and t.passed_at >= f.from_at and t.passed_at < f.to_at"""
    tables = {"fault": planted.scale_faults(world), "passage": true}
    error = _ask(
        f"""select f.fault, f.size, count(*), median(t.scale_error), bool_and(t.is_dead), bool_or(t.is_sent)
        from fault as f join passage as t on {at_fault}
        group by f.site_code, f.lane_code, f.from_at, f.fault, f.size""",
        **tables,
    )
    assert {row[0] for row in error} == {"step", "ramp", "dead", "outage"}
    for fault, size, count, found, dead, sent in error:
        assert count > (20 if size else 0)
        if fault == "step":
            assert found == pytest.approx(size, abs=0.004)
        elif fault == "ramp":
            assert found == pytest.approx(size / 2, abs=0.015)
        assert dead == (fault == "dead")
        assert sent == (fault != "outage")
    sound = _ask(
        f"""select avg(scale_error), count(*) filter (is_dead or not is_sent) from passage as t
        where plan is null and not exists (select 1 from fault as f where {at_fault})""",
        **tables,
    )[0]
    assert abs(sound[0]) < 0.0005
    assert sound[1] == 0


def test_every_planned_excess_is_weighed_as_planned_and_its_vehicle_has_no_other(world: World) -> None:
    over = passages.over_limit_passages(world)
    plans = planted.plans(world)
    edges = planted.cast(world).edges
    found = _ask(
        "select p.story, p.excess, o.excess_ratio, o.excess_kg, o.limit_kg from plans as p"
        " join passage as o on o.vehicle = p.vehicle and o.passed_at = p.passed_at where p.excess > 0",
        plans=plans,
        passage=over,
    )
    edge_plans = plans.filter(pc.is_in(plans["vehicle"], pa.array(edges)))
    assert set(edge_plans["story"].to_pylist()) == {
        "three_in_year", "four_in_year", "within_24h", "at_24h", "after_24h", "ten_per_cent", "above_ten_per_cent",
        "ten_after_allowance", "above_ten_after_allowance",
        "before_anniversary", "on_anniversary", "window_364", "window_365", "window_366",
    }  # fmt: skip
    assert len([row for row in found if row[0] not in ("evader", "convoy")]) == edge_plans.num_rows
    assert all(0 <= kg - excess * limit < 10.001 for _, excess, _, kg, limit in found)
    assert {ratio for story, _, ratio, _, _ in found if story == "ten_per_cent"} == {0.1}
    assert all(0.1 < ratio < 0.1015 for story, _, ratio, _, _ in found if story == "above_ten_per_cent")
    after = _ask("select story, excess_ratio_after_allowance from passage where story is not null", passage=over)
    bounds = {"ten_after_allowance": (0.099, 0.1), "above_ten_after_allowance": (0.1, 0.101)}
    for story, (low, high) in bounds.items():
        left = [ratio for told, ratio in after if told == story]
        assert left
        assert all(low < ratio <= high for ratio in left)
    at_ten = {*bounds, "ten_per_cent", "above_ten_per_cent", "evader", "convoy", "clone"}
    assert all(ratio > 0.1001 for story, ratio in after if story not in at_ten)
    unplanned = over.filter(pc.is_null(over["plan"]))
    assert set(unplanned["vehicle"].to_pylist()).isdisjoint(edges.tolist())


def test_windows_and_24_hours_are_met_to_the_second(world: World) -> None:
    gaps = _ask(
        """select story, max(passed_at) - min(passed_at), list_sort(list(passed_at))[2] - min(passed_at)
        from plans where story in ('window_364', 'window_365', 'window_366', 'within_24h', 'at_24h', 'after_24h')
        group by story, story_no order by story""",
        plans=planted.plans(world),
    )
    told = {story: (whole, first) for story, whole, first in gaps}
    for length in (364, 365, 366):
        assert told[f"window_{length}"][0] == timedelta(days=length)
    assert told["within_24h"][1] == timedelta(hours=23, minutes=59, seconds=59)
    assert told["at_24h"][1] == timedelta(hours=24)
    assert told["after_24h"][1] == timedelta(hours=24, seconds=1)


def test_evaders_are_never_over_the_limit_at_the_site_they_go_round(world: World) -> None:
    plans = planted.plans(world)
    trips = plans.filter(pc.equal(plans["story"], "evader"))
    by_vehicle: dict[int, dict[str, set[bool]]] = {}
    for row in trips.to_pylist():
        by_vehicle.setdefault(row["vehicle"], {}).setdefault(row["site_code"], set()).add(row["excess"] > 0)
    assert by_vehicle
    for passed in by_vehicle.values():
        assert len(passed) == 3
        assert sorted(True in over for over in passed.values()) == [False, True, True]


def test_a_cloned_plate_is_read_at_two_far_sites_within_minutes(world: World, true: pa.Table) -> None:
    clones = planted.clones(world)
    pairs = _ask(
        """select count(*) from clones as c
            join passage as a on a.vehicle = c.vehicle and a.plate_no = c.plate_no
            join passage as b on b.vehicle = c.clone and b.plate_no = c.plate_no and b.site_code <> a.site_code
            where b.passed_at - a.passed_at between interval 1 minute and interval 10 minutes""",
        clones=clones,
        passage=true,
    )[0][0]
    assert pairs >= len(world.days) // 12 * clones.num_rows // 2


def test_misread_plates_look_like_the_true_ones(true: pa.Table) -> None:
    wrong = true.filter(true["is_misread"])
    assert 0.002 < wrong.num_rows / true.num_rows < 0.006
    for seen, carried in zip(wrong["plate_no"].to_pylist(), wrong["carried_plate_no"].to_pylist(), strict=True):
        assert sum(a != b for a, b in zip(seen, carried, strict=True)) == 1
        assert seen[:2] == carried[:2]


@pytest.fixture(scope="module")
def week() -> World:
    """Four busy days, the last two delivered as nights."""
    return World(7, SCALES["tiny"], LAST - timedelta(days=3), LAST, nights=2)


@pytest.mark.parametrize("layout", ["wim_passage", "wim_passage_preview", "wim_passage_wheel"])
def test_every_damaged_line_is_refused_as_the_truth_says_and_no_other(layout: str, week: World, tmp_path: Path) -> None:
    table = passages.true(week, week.days)
    dead = [number.encode() for number in table.filter(table["is_dead"])["check_no"].to_pylist()]
    for delivery in (each for each in passages.deliveries(week) if each.feed == layout):
        path = put(tmp_path, delivery)
        work = tmp_path / f"{path.name}.work"
        parsed = parse(feed(layout), path, path.name, "0" * 64, f"{delivery.day}|x", "2026-01-02 00:00:00", work)
        refused = parsed.connection.execute("select source_line, reason, raw from refused").fetchall()
        assert parsed.delivered == parsed.accepted + len(refused)
        parsed.close()
        truth = delivery.truth["damaged_line"].to_pylist()
        expected = {row["source_line"]: row["outcome"] for row in truth if row["outcome"]}
        found = {line: reason for line, reason, raw in refused if not any(number in raw for number in dead)}
        assert found == expected
        assert len(expected) >= (6 if delivery.day in week.own_nights else 1)


# --- tracked vehicles ----------------------------------------------------------------------------
def test_tracked_vehicles_are_weighed_within_the_limit_where_they_drive(week: World) -> None:
    days = tracks.position_days(week)
    for day in days:
        table = passages.tracked_passages(week, day)
        assert set(table["check_no"].to_pylist()) < set(passages.true(week, [day])["check_no"].to_pylist())
        assert pc.all(pc.less(table["gross_vehicle_weight_kg"], table["limit_kg"])).as_py()
        for crossing, row in zip(crossings.crossings(week, day), table.to_pylist(), strict=True):
            vehicle = tracks.tracked(week)[crossing.number]
            assert row["plate_no"] in (None, vehicle["plate_no"])
            way = tracks.way(week, crossing.number, day)
            here = np.array([[np.interp(crossing.second, way.second, way.latitude),
                              np.interp(crossing.second, way.second, way.longitude)]])  # fmt: skip
            km = float(tracks.distance_km(here, crossings.PLACES[[crossing.site]])[0])
            if crossing.cause == "misread":
                assert km > 30
                assert row["carried_plate_no"] != row["plate_no"]
            else:
                assert km < 0.7
                assert row["carried_plate_no"] == vehicle["plate_no"]
    assert not crossings.crossings(week, days[0] - timedelta(days=1))


def test_what_is_weighed_of_tracked_vehicles_is_delivered_once_and_unspoiled(week: World, tmp_path: Path) -> None:
    found: list[str] = []
    for number, delivery in enumerate(each for each in passages.deliveries(week) if each.feed in passages.LAYOUTS):
        path = put(tmp_path, delivery)
        work = tmp_path / f"{number}.work"
        parsed = parse(feed(delivery.feed), path, path.name, "0" * 64, f"{LAST}|x", "2026-01-02 00:00:00", work)
        query = "select check_no from landed where check_no like '%T___'"
        found += [check_no for (check_no,) in parsed.connection.execute(query).fetchall()]
        parsed.close()
    weighed = pa.concat_tables([passages.tracked_passages(week, day) for day in tracks.position_days(week)])
    sent = weighed.filter(pc.and_(weighed["is_sent"], pc.invert(weighed["is_dead"])))
    assert sorted(found) == sorted(sent["check_no"].to_pylist())
    assert len(found) > 200


# --- the platform's own models -------------------------------------------------------------------
TOLD = ("12", "15", "115", "125", "127", "155", "157")
"""Axle types that say what kind of truck and what drive axles: those of seeds/axle_type.csv."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, duckdb.DuckDBPyConnection]:
    """Twelve busy days through the writer, the landing and ``core.passage``; ``truth`` beside them."""
    world = World(7, SCALES["tiny"], LAST - timedelta(days=11), LAST, nights=1, traffic=2)
    folder, connection = tmp_path_factory.mktemp("judged"), duckdb.connect()
    table = passages.true(world, world.days)
    sent = [
        Delivery(
            layout,
            transmissions.name_of(layout, LAST),
            passages.as_sent(world, table, layout),
            LAST,
            morning_after(LAST),
        )
        for layout in passages.LAYOUTS
    ]
    landed: dict[str, list[pa.Table]] = {}
    for number, delivery in enumerate([*sent, *sites.deliveries(world)]):
        declared, path = feed(delivery.feed), put(folder, delivery)
        issued = f"{delivery.day}|{delivery.at:%Y-%m-%dT%H:%M:%S.%f}"
        work = folder / f"{number}.work"
        parsed = parse(declared, path, path.name, f"{number:064d}", issued, "2026-01-02 02:00:00", work)
        query = f"select *, '{number:064d}' as delivery_id from landed"
        landed.setdefault(delivery.feed, []).append(parsed.connection.sql(query).to_arrow_table())
        parsed.close()
    for name, parts in landed.items():
        connection.register("arrived", pa.concat_tables(parts))
        sql.create_raw(connection, feed(name).raw_table, "arrived")
        connection.unregister("arrived")
    sql.run_models(connection, raw_tables(), names=["core.passage"])
    fleet = world.fleet
    vehicle = np.array(table["vehicle"])
    low, high = fleet.readings(vehicle)
    for name, values in (
        ("unknown_low_kg", low), ("unknown_high_kg", high), ("single_tyres", fleet.single_tyres[vehicle]),
        # A clone is judged by the register of the plate that it carries.
        ("is_registered", np.asarray(pc.is_in(table["plate_no"], world.vehicles["plate_no"]))),
        ("is_farm", fleet.kind[vehicle] == FARM),
        ("has_air", fleet.has_air[vehicle] & (vehicle < fleet.registered)),
    ):  # fmt: skip
        table = table.append_column(name, pa.array(values))
    plans = planted.plans(world)
    table = table.append_column("story", plans["story"].take(table["plan"].combine_chunks()))
    connection.register("passed", table)
    connection.execute(
        """create table truth as
        select passed.check_no, passed.site_code, passed.plate_no, passed.is_misread, passed.is_dead, passed.limit_kg,
            passed.gross_vehicle_weight_kg, passed.unknown_low_kg, passed.unknown_high_kg, passed.is_registered,
            passed.single_tyres, passed.is_farm, passed.has_air, passed.story
        from passed where passed.is_sent"""
    )
    return world, connection


def test_the_platform_judges_as_the_truth_says_but_for_what_it_cannot_know(
    judged: tuple[World, duckdb.DuckDBPyConnection],
) -> None:
    """Limit and verdict of every weighed passage with a sound plate; what is not told has an outcome of its own.

    Readings of law that was not read (axle sums; 42 t that the joint standard draws for some five-axle vehicle) lower
    the lowest limit alone: what lies between is for review, and nothing is over by them.
    """
    _, connection = judged
    connection.execute(
        """create temp table compared as
        with told as (
            select truth.*, core.limit_kg as platform_kg, core.limit_low_kg as platform_low_kg, core.verdict,
                core.axle_sum_kg, core.axle_count,
                not is_registered and unknown_low_kg < unknown_high_kg
                    and coalesce(core.axle_type_code, '') not in (select unnest(?)) as kind_untold,
                single_tyres > 0 and core.single_tyre_axle_count is null as tyres_untold,
                -- The provincial layout has no word for the plate of a farm vehicle: the register cannot be asked.
                core.feed = 'wim_passage_preview' and is_registered and is_farm as color_untold
            from truth
            join (
                select check_no, record_id from raw.wim_passage
                union all select check_no, record_id from raw.wim_passage_preview
                union all select check_no, record_id from raw.wim_passage_wheel
            ) as delivered on delivered.check_no = truth.check_no
            join core.passage as core on core.record_id = delivered.record_id
            where truth.plate_no is not null and not truth.is_misread
        ),
        expected as (
            select told.*,
            case when color_untold then 18000 when kind_untold then unknown_high_kg else limit_kg end
                + case when tyres_untold then 3000 * single_tyres else 0 end as expected_kg,
            case when color_untold then 18000 when kind_untold then unknown_low_kg else limit_kg end
                + case when tyres_untold then 3000 * single_tyres else 0 end as law_low_kg,
            concat_ws(', ', case when kind_untold then 'kind' end, case when tyres_untold then 'tyres' end,
                case when color_untold then 'color' end) as untold
            from told
        )
        select expected.*, least(law_low_kg, coalesce(axle_sum_kg, law_low_kg),
            case when axle_count = 5 then law_low_kg - 1000 else law_low_kg end) as expected_low_kg
        from expected""",
        [list(TOLD)],
    )

    def ask(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query).fetchall()

    weighed = "from truth where plate_no is not null and not is_misread and not is_dead"
    assert ask("select count(*), count(distinct check_no) from compared") == ask(f"select count(*), count(*) {weighed}")
    assert ask("select * from compared where untold = '' and platform_kg is distinct from limit_kg") == []
    true_verdict = "case when gross_vehicle_weight_kg > limit_kg then 'over' else 'within' end"
    decided = "untold = '' and (gross_vehicle_weight_kg <= expected_low_kg or gross_vehicle_weight_kg > limit_kg)"
    assert ask(f"select * from compared where {decided} and verdict <> {true_verdict}") == []
    counted = dict(ask("select verdict, count(*) from compared where untold = '' group by 1"))
    assert counted.keys() == {"over", "within", "review"}
    assert min(counted["over"], counted["within"]) > 300
    assert counted["review"] < 0.01 * counted["within"]
    others = """select * from compared where (
        platform_kg is distinct from expected_kg or platform_low_kg is distinct from expected_low_kg or verdict <> case
            when gross_vehicle_weight_kg > expected_kg then 'over'
            when gross_vehicle_weight_kg <= expected_low_kg then 'within' else 'review' end)"""
    assert ask(others) == []
    shares = dict(ask("select untold, count(*) / (select count(*) from compared) from compared group by 1"))
    assert {"kind", "tyres", "color"} <= shares.keys()
    assert shares[""] > 0.9
    tyres = ask(
        "select count(*), min(platform_kg), max(platform_kg) from compared where untold = '' and single_tyres > 0"
    )
    assert tyres[0][0] > 5
    assert tyres[0][1:] == (40_000, 40_000)
    assert ask("select count(*) from compared where has_air")[0][0] > 50, "air suspension raises no limit of six axles"


def test_ten_per_cent_over_is_exactly_that_by_the_platforms_limit(
    judged: tuple[World, duckdb.DuckDBPyConnection],
) -> None:
    found = judged[1].execute(
        """select truth.story, core.excess_kg * 10 - core.limit_kg, core.excess_band
        from truth join raw.wim_passage as raw on raw.check_no = truth.check_no
        join core.passage as core on core.record_id = raw.record_id
        where truth.story in ('ten_per_cent', 'above_ten_per_cent')"""
    ).fetchall()  # fmt: skip
    assert {row[0] for row in found} == {"ten_per_cent", "above_ten_per_cent"}
    for story, above, band in found:
        assert (above == 0) == (story == "ten_per_cent")
        assert 0 <= above <= 200
        assert band == ("5-10" if story == "ten_per_cent" else "10-30")
