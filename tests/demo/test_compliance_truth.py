"""Compliance of a tiny prefecture against plain loops over what was delivered, and against the report card."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import duckdb
import landed
import pytest

from etl.demo import registers, sites, supervision
from etl.demo.world import SCALES, Delivery, World
from etl.feeds import feed, raw_tables
from warehouse import compliance, kpi, sql
from warehouse.compliance import MEASURES, Asked, Facts
from warehouse.report_card import card

LAST = date(2025, 12, 31)
FIRST = LAST - timedelta(days=119)
DAYS = (FIRST, LAST - timedelta(days=60), LAST - timedelta(days=7), LAST)
FOREVER = date(9999, 12, 31)
HELD = {
    "standard": {"passenger", "dangerous_goods", "bus", "taxi", "station"},
    "insurance": {"passenger", "dangerous_goods", "bus", "taxi", "station"},
    "training_units": {"passenger", "dangerous_goods", "bus", "taxi", "station", "ride_hailing"},
}
COACHES = ("line_coach", "charter_coach", "tourist_coach")
SOON, LONG_KM, SEATS = 30, 800, 57
Row = dict[str, Any]


class Plain:
    """What was delivered: of each key the newest row."""

    def __init__(self, found: list[Delivery]) -> None:
        self.rows: dict[str, list[Row]] = {}
        by_feed: dict[str, list[Delivery]] = {}
        for one in found:
            by_feed.setdefault(one.feed, []).append(one)
        for name, of_feed in by_feed.items():
            newest: dict[tuple[Any, ...], Row] = {}
            for one in sorted(of_feed, key=lambda one: (one.at, one.name)):
                assert one.table is not None
                told: dict[tuple[Any, ...], Row] = {}
                for row in one.table.to_pylist():
                    told.setdefault(tuple(row[column] for column in feed(name).key), row)  # of one list the first line
                newest |= told
            self.rows[name] = list(newest.values())

    def on(self, name: str, day: date) -> list[Row]:
        return [row for row in self.rows[name] if row["valid_from"] <= day <= (row["valid_to"] or FOREVER)]

    def units(self, day: date) -> dict[str, Row]:
        return {row["uscc"]: row for row in sorted(self.on("enterprise", day), key=lambda row: row["valid_from"])}

    def state(self, spans: list[Row], day: date) -> str:
        begun = [row for row in spans if row["valid_from"] <= day]
        if not begun:
            return "never"
        until = max(row["valid_to"] or FOREVER for row in begun)
        if until < day:
            return "lapsed"
        if (until - day).days > SOON:
            return "valid"
        later = [row["valid_from"] for row in spans if row["valid_from"] > day]
        return "renewed" if later and (min(later) - until).days <= 1 else "soon"

    def told(self, measure: str, day: date, first: date) -> list[tuple[str, str | None, str | None]]:
        """Subject, county and state of each item."""
        units = self.units(day)
        county = {uscc: row["county_code"] for uscc, row in units.items()}
        held = {uscc for uscc, row in units.items() if row["enterprise_kind"] in HELD.get(measure, ())}
        if measure in ("standard", "insurance"):
            rows = self.rows["safety_standard" if measure == "standard" else "liability_insurance"]
            return [
                (uscc, county[uscc], self.state([row for row in rows if row["uscc"] == uscc], day)) for uscc in held
            ]
        took = {row["uscc"] for row in self.rows["training"] if first <= row["held_on"] <= day}
        if measure == "training_units":
            return [(uscc, county[uscc], "trained" if uscc in took else "untrained") for uscc in held]
        if measure == "training_staff":
            return [(uscc, county.get(uscc), "full") for uscc in took]
        if measure == "driver_certificate":
            return self._register("driver_certificate", "driver_certificate_no", day, first, county)
        if measure == "vehicle_permit":
            names = Counter(row["enterprise_name"] for row in units.values())
            of_name = {row["enterprise_name"]: row["county_code"] for row in units.values()}
            found = []
            spans: dict[tuple[str, int], list[Row]] = {}
            for row in self.rows["vehicle"]:
                if row["operating_permit_no"]:
                    spans.setdefault((row["plate_no"], row["plate_color_code"]), []).append(row)
            for (plate, _), of_vehicle in spans.items():
                newest = self._newest(of_vehicle, day)
                if newest and (newest["valid_to"] or FOREVER) >= first:
                    name = newest["enterprise_name"]
                    where = of_name.get(name) if names[name] == 1 else None
                    found.append((plate, where, self.state(of_vehicle, day)))
            return found
        if measure == "scale_certificate":
            where = {row["site_code"]: row["county_code"] for row in self.on("wim_site", day)}
            rows = self.rows["verification_certificate"]
            return [
                (one["device_no"], where.get(one["site_code"]),
                 self.state([row for row in rows if row["device_no"] == one["device_no"]], day))
                for one in self.on("wim_device", day)
            ]  # fmt: skip
        if measure == "long_line":
            return [
                (row["line_no"], county.get(row["uscc"]), "reaches" if row["line_distance_km"] >= LONG_KM else "below")
                for row in self.on("coach_line", day)
            ]
        if measure == "large_coach":
            return [
                (row["plate_no"], row["county_code"], "reaches" if row["seat_count"] >= SEATS else "below")
                for row in self.on("monitored_vehicle", day) if row["monitored_class"] in COACHES
            ]  # fmt: skip
        assert measure == "relay_inspection"
        found = []
        for row in self.rows["relay_point"]:
            on = row["inspected_on"] if row["inspected_on"] and row["inspected_on"] <= day else None
            if row["valid_from"] <= day:
                state = "inspected" if on and on >= first else "not_inspected"
                found.append((row["relay_point_no"], row["county_code"], state))
        return found

    def _newest(self, spans: list[Row], day: date) -> Row | None:
        begun = [row for row in spans if row["valid_from"] <= day]
        return max(begun, key=lambda row: (row["valid_to"] or FOREVER, row["valid_from"]), default=None)

    def _register(
        self, name: str, number: str, day: date, first: date, county: dict[str, str]
    ) -> list[tuple[str, str | None, str | None]]:
        spans: dict[str, list[Row]] = {}
        for row in self.rows[name]:
            spans.setdefault(row[number], []).append(row)
        found = []
        for key, of_one in spans.items():
            newest = self._newest(of_one, day)
            if newest and (newest["valid_to"] or FOREVER) >= first:
                found.append((key, county.get(newest["uscc"]), self.state(of_one, day)))
        return found


@pytest.fixture(scope="module")
def built() -> Iterator[tuple[Plain, landed.Tables]]:
    world = World(7, SCALES["tiny"], FIRST, LAST)
    found = [
        *registers.deliveries(world), *sites.deliveries(world),
        *(one for one in supervision.deliveries(world) if one.feed == "training"),
    ]  # fmt: skip
    connection, by_feed = duckdb.connect(), dict[str, list[Delivery]]()
    for one in found:
        by_feed.setdefault(one.feed, []).append(one)
    for table in raw_tables():
        if table.name in by_feed:
            landed.without_bytes(connection, table, by_feed[table.name])
    models = [name for name in (*compliance.TABLES, *kpi.TABLES, "mart.report_fact") if name in sql.model_paths()]
    sql.run_models(connection, raw_tables(), names=models)
    connection.execute("create schema meta")
    connection.execute("create table meta.delivery (feed varchar, issued_at timestamp, state varchar)")
    yield Plain(found), landed.Tables(connection)
    connection.close()


def _ordered(told: list[tuple[str, str | None, str | None]]) -> list[tuple[str, str, str]]:
    return sorted((subject, county or "", state or "") for subject, county, state in told)


@pytest.mark.parametrize("measure", [name for name in MEASURES if name != "dawn_driving"])
def test_every_item_is_what_plain_loops_over_the_deliveries_give(
    built: tuple[Plain, landed.Tables], measure: str
) -> None:
    plain, tables = built
    seen = Counter[str]()
    for day, back in zip(DAYS, (365, 45, 45, 365), strict=True):
        first = day - timedelta(days=back)
        facts = Facts(tables, Asked(day, first))
        told = [(one.subject_no, one.county_code, one.state) for one in facts.items(measure)]
        assert _ordered(told) == _ordered(plain.told(measure, day, first)), (day, first)
        seen.update(one.state for one in facts.items(measure))
    for part in [part for part in facts.parts(measure, "county") if part.group][:2]:
        assert Facts(tables, Asked(day, first, part.group)).whole(measure).rate == part.rate, part.group
    assert seen.total(), "nothing was compared"


def test_the_prefecture_has_what_is_about_to_expire_and_what_lapsed(built: tuple[Plain, landed.Tables]) -> None:
    """Otherwise the lists were compared without a row."""
    _, tables = built
    facts = Facts(tables, Asked(LAST, compliance.year_before(LAST)))
    assert facts.whole("scale_certificate").states["soon"] > 0
    assert facts.whole("scale_certificate").states["lapsed"] + facts.whole("scale_certificate").states["never"] > 0
    early = Facts(tables, Asked(FIRST, compliance.year_before(FIRST)))
    assert early.whole("long_line").rate.part > 0
    assert early.whole("large_coach").rate.part > 0


def test_the_staff_trained_are_those_of_the_deliveries(built: tuple[Plain, landed.Tables]) -> None:
    plain, tables = built
    first = compliance.year_before(LAST)
    most: dict[str, tuple[int, int]] = {}
    for row in plain.rows["training"]:
        if first <= row["held_on"] <= LAST:
            trained, staff = most.get(row["uscc"], (0, 0))
            most[row["uscc"]] = (max(trained, row["trained_count"]), max(staff, row["staff_count"]))
    rate = Facts(tables, Asked(LAST, first)).whole("training_staff").rate
    assert (rate.part, rate.of) == tuple(sum(pair[at] for pair in most.values()) for at in (0, 1))
    assert rate.of > 0


def test_where_they_are_the_same_number_the_report_card_says_it(built: tuple[Plain, landed.Tables]) -> None:
    """Every measure that names a figure, and F26, F31a and F31b, which count the same items."""
    _, tables = built
    for first in (compliance.year_before(LAST), LAST - timedelta(days=90)):
        told = {one.figure_id: one for one in card(tables, first, LAST, LAST, 1).figures}
        facts = Facts(tables, Asked(LAST, first))
        compared = 0
        for spec in MEASURES.values():
            if not spec.figure:
                continue
            figure, rate = told[spec.figure], facts.whole(spec.name).rate
            assert (figure.value or 0) == rate.part, spec.figure
            if figure.of is not None:
                assert figure.of == rate.of, spec.figure
            compared += rate.of > 0
        assert compared >= 4
        staff = facts.items("training_staff")
        assert told["F31a"].value == len(staff) > 0
        assert told["F31b"].value == sum(int(one.amount or 0) for one in staff)


def test_coaches_at_dawn_are_the_indicator(built: tuple[Plain, landed.Tables]) -> None:
    """Days of vehicles drawn by lot: the list, the rate and the indicator are one number."""
    _, tables = built
    tables.connection.execute("delete from mart.vehicle_day")
    tables.connection.execute(
        """insert into mart.vehicle_day by name
        select day.event_date, plate_no, plate_color_code, monitored_class, uscc, county_code, true as is_registered,
            hash(plate_no || day.event_date) % 3 > 0 as is_online,
            hash(plate_no || day.event_date) % 3 > 0 and hash(plate_no || day.event_date || 'x') % 9 = 0
                as is_dawn_driving
        from staging.monitored_vehicle as vehicle
        inner join (select unnest(range(date '2025-12-01', date '2026-01-01', interval 1 day))::date as event_date)
            as day on day.event_date between vehicle.valid_from and coalesce(vehicle.valid_to, day.event_date)"""
    )
    for day, first in ((LAST, date(2025, 12, 1)), (date(2025, 12, 10), date(2025, 12, 9)), (LAST, LAST)):
        frame = kpi.kpis(tables, first, day)
        (row,) = frame[frame["kpi"] == "dawn_driving"].to_dict("records")
        facts = Facts(tables, Asked(day, first))
        rate = facts.whole("dawn_driving").rate
        assert (rate.part, rate.of) == (row["numerator"], row["denominator"])
        assert rate.of > rate.part > 0
        drove = facts.listed("dawn_driving", "drove")
        assert len(drove) == rate.part
        assert {one.reading for one in drove} <= {"long", "short", "between", "no_line"}
