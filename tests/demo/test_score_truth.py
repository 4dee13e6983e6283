"""The ranking of a generated prefecture against plain Python over its truth: what each part counts of each county, how
it is shrunk, what the totals are, and how far places may lie apart."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import case_reference
import case_truth
import duckdb
import hazard_truth
import landed
import numpy as np
import pytest
from hazard_reference import Plain
from landed import Tables

from etl.demo import cases, registers, terminals
from etl.demo.generate import topics
from etl.demo.screening import over_limit
from etl.demo.world import SCALES, Delivery, World, world
from etl.feeds import raw_tables
from warehouse import score, sql

LAST = date(2025, 12, 31)
FIRST = LAST - timedelta(days=364)
ASKED = (
    (LAST, "month"), (LAST, "quarter"), (LAST, "year"), (date(2025, 11, 20), "month"), (date(2025, 6, 30), "half"),
    (date(2025, 8, 15), "quarter"),
)  # fmt: skip
OFFICE = ("filing", "notice", "decision", "service", "handover")
MINIMUM = {"hazard_closed": 5, "hazard_on_time": 5, "major_overdue": 3, "repeat_handled": 5, "clocks_kept": 10,
           "alarm_disposal_in_time": 5, "alarm_handling_rate": 5, "scale_reporting": 1}  # fmt: skip
WEIGHT = {"hazard_closed": 15, "hazard_on_time": 15, "major_overdue": 15, "repeat_handled": 10, "clocks_kept": 15,
          "alarm_disposal_in_time": 8, "alarm_handling_rate": 4, "scale_reporting": 5}  # fmt: skip
DOWN = {"major_overdue"}
MONITORED = ("line_coach", "charter_coach", "tourist_coach", "dangerous_goods")
OF_CASES = ("cases", "passages", "registers", "sites", "weighing")
Clusters = dict[str, list[tuple[int, int]]]
"""By county: good and every of each vehicle, case or hazard."""


class Prefecture:
    """The hazards of a city, with the cases and alarms of a small prefecture in the same counties."""

    def __init__(self) -> None:
        self.small = World(7, SCALES["tiny"], FIRST, LAST, nights=0, traffic=0.1)
        found = hazard_truth.deliveries(world(7, "city", FIRST, LAST))
        for topic in OF_CASES:
            found += topics()[topic].deliveries(self.small)
        found += [one for one in terminals.deliveries(self.small) if one.feed == "terminal_alarm"]
        self.delivered: dict[str, list[dict[str, Any]]] = defaultdict(list)
        by_feed: dict[str, list[Delivery]] = defaultdict(list)
        for one in sorted(found, key=lambda one: (one.at, one.name)):
            if one.table is None:
                continue  # bytes that no reader takes
            by_feed[one.feed].append(one)
            if one.feed in hazard_truth.FEEDS:
                self.delivered[one.feed] += one.table.to_pylist()
        models = [name for name in score.TABLES if not name.startswith("seeds.")]
        connection = duckdb.connect()
        needed = {table.removeprefix("raw.") for name in sql.in_order(models) for table in sql.render(name).reads}
        for table in raw_tables():
            if table.name in by_feed and table.name in needed:
                landed.without_bytes(connection, table, by_feed[table.name])
        sql.run_models(connection, raw_tables(), names=models)
        self.tables = Tables(connection)
        self.cases = list(case_truth.facts(self.small))
        over, made = over_limit(self.small), cases.cases(self.small)
        self.county_of_case = dict(zip(made.number.tolist(), over["county_code"][made.row].tolist(), strict=True))

    # --- every part, plainly ----------------------------------------------------------------------------------
    def plain(self, first: date, day: date) -> dict[str, Clusters]:
        return {
            **self._hazards(first, day),
            "clocks_kept": self._clocks(first, day),
            "repeat_handled": self._repeat(day),
            **self._alarms(first, day),
            "scale_reporting": self._sites(first, day),
        }

    def _sites(self, first: date, day: date) -> Clusters:
        sums: dict[tuple[str, str], list[bool]] = defaultdict(list)
        for row in self.tables.rows("select passed_date, county_code, site_code, state from mart.site_day"):
            if first <= row["passed_date"] <= day and row["county_code"]:
                sums[row["county_code"], row["site_code"]].append(row["state"] == "reporting")
        found: Clusters = defaultdict(list)
        for (county, _), days in sums.items():
            found[county].append((sum(days), len(days)))
        return found

    def _hazards(self, first: date, day: date) -> dict[str, Clusters]:
        plain = Plain(self.delivered, day)
        found: dict[str, Clusters] = {name: defaultdict(list) for name in list(MINIMUM)[:3]}
        for no, life in plain.lives.items():
            told, due, closed = plain.newest[no], plain.due_on(no), life.closed_on
            county = told["county_code"]
            if told["registered_on"] >= first:
                found["hazard_closed"][county].append((closed is not None, 1))
            if due and first <= due <= day:
                found["hazard_on_time"][county].append((closed is not None and closed <= due, 1))
            if told["hazard_grade"] == "major" and (closed is None or closed >= first):
                found["major_overdue"][county].append((closed is None and due is not None and due < day, 1))
        return found

    def _clocks(self, first: date, day: date) -> Clusters:
        found: Clusters = defaultdict(list)
        for case in self.cases:
            over = [
                clock.state == "met"
                for (_, name), clock in case_reference.clocks_on(case, day).items()
                if name in OFFICE and clock.due_on and clock.state != "not_applicable"
                and first <= clock.due_on + timedelta(days=1) <= day
            ]  # fmt: skip
            if over:
                found[self.county_of_case[case.number]].append((sum(over), len(over)))
        return found

    def _repeat(self, day: date) -> Clusters:
        """Who is of the list is what the table of the rule says; what became of their cases is told from the facts."""
        listed = {
            row["plate_no"]
            for row in self.tables.rows("select * from core.vehicle_violation_span where case_count >= 3")
            if row["first_day"] <= day <= (row["last_day"] or day)
        }
        of_vehicle: dict[tuple[str, str], list[bool]] = defaultdict(list)
        for case in self.cases:
            filed = case.found_on if case.simple else case.filed_on
            if case.plate not in listed or not filed or filed > day or case.violated_on <= _year_before(day):
                continue
            _, ended, decided = case_reference.outcome(case)
            rounds = [one.decided_on for one in case.decisions if one.penalises]
            rounds += [at.date() for at, _, state in case.in_order if state in case_reference.ENDS]
            done = any(on is not None and on <= day for on in (ended, decided, *rounds))
            clock = case_reference.clocks_on(case, day).get((None, "decision"))
            if done or (clock and clock.due_on and clock.due_on < day):
                of_vehicle[self.county_of_case[case.number], case.plate].append(done)
        found: Clusters = defaultdict(list)
        for (county, _), every in of_vehicle.items():
            found[county].append((all(every), 1))
        return found

    def _alarms(self, first: date, day: date) -> dict[str, Clusters]:
        spans = defaultdict(list)
        counties = {row["uscc"]: row["county_code"] for row in registers.enterprises(self.small)}
        for row in registers.monitored(self.small):
            spans[row["plate_no"]].append(row)
        sums: dict[str, Counter[tuple[str, str, str]]] = {"good": Counter(), "late": Counter(), "every": Counter()}
        told = self.tables.rows("select alarm_no, told_until from mart.alarm_handling")
        numbers, until = {row["alarm_no"] for row in told}, max(row["told_until"] for row in told)
        end = min(until, datetime.combine(day + timedelta(days=1), datetime.min.time()) - timedelta(microseconds=1))
        for alarm in terminals.alarms(self.small).to_pylist():
            on = alarm["alarm_began_at"].date()
            due = alarm["alarm_began_at"] + timedelta(minutes=alarm["handle_within_min"])
            held = [row for row in spans[alarm["plate_no"]] if row["valid_from"] <= on <= (row["valid_to"] or on)]
            if (
                alarm["alarm_no"] not in numbers or not first <= due.date() <= day or due > end or not held
                or held[0]["monitored_class"] not in MONITORED
            ):  # fmt: skip
                continue
            county = held[0].get("county_code") or counties[held[0]["uscc"]]
            key = (county, alarm["plate_no"])
            sums["every"][key] += 1
            sums["good"][key] += alarm["handled_at"] is not None and alarm["handled_at"] <= due
            sums["late"][key] += alarm["handled_at"] is not None and alarm["handled_at"].date() <= day
        found: dict[str, Clusters] = {
            "alarm_disposal_in_time": defaultdict(list),
            "alarm_handling_rate": defaultdict(list),
        }
        for key, every in sums["every"].items():
            found["alarm_disposal_in_time"][key[0]].append((sums["good"][key], every))
            found["alarm_handling_rate"][key[0]].append((sums["late"][key], every))
        return found


def _year_before(day: date) -> date:
    after = day + timedelta(days=1)
    return after.replace(year=after.year - 1) - timedelta(days=1)


@pytest.fixture(scope="module")
def prefecture() -> Iterator[Prefecture]:
    made = Prefecture()
    yield made
    made.tables.connection.close()


# --- the statistics, plainly -------------------------------------------------------------------------------
class Shrunk:
    """One part: rates, sizes, and what the city's rate weighs (None: no difference beyond chance)."""

    def __init__(self, clusters: Clusters) -> None:
        self.rate = {
            county: sum(good for good, _ in of) / sum(every for _, every in of) for county, of in clusters.items()
        }
        every = {county: sum(every for _, every in of) for county, of in clusters.items()}
        good = sum(good for of in clusters.values() for good, _ in of)
        self.city = good / sum(every.values())
        effect = self._effect(clusters, every)
        self.size = {county: max(1.0, count / effect) for county, count in every.items()}
        self.strength = self.weight_of(self.rate)

    def _effect(self, clusters: Clusters, every: dict[str, int]) -> float:
        flat = [pair for of in clusters.values() for pair in of]
        if all(count == 1 for _, count in flat):
            return 1.0
        free = len(flat) - len(clusters)
        chance = sum(self.rate[county] * (1 - self.rate[county]) * every[county] for county in clusters)
        if free <= 0 or chance <= 0:
            return max(1.0, sum(every.values()) / len(flat))
        spread = sum((good - self.rate[county] * count) ** 2 for county, of in clusters.items() for good, count in of)
        return max(1.0, spread / chance * len(flat) / free)

    def weight_of(self, rate: dict[str, float]) -> float | None:
        whole = sum(self.size.values())
        mean = sum(rate[county] * size for county, size in self.size.items()) / whole
        if not 0 < mean < 1:
            return None
        spread = sum(size * (rate[county] - mean) ** 2 for county, size in self.size.items())
        room = whole - sum(size**2 for size in self.size.values()) / whole - (len(rate) - 1)
        if room <= 0:
            return None
        rho = min(0.99, (spread / (mean * (1 - mean)) - (len(rate) - 1)) / room)
        return (1 - rho) / rho if rho > 0 else None

    def of(self, county: str) -> float:
        if self.strength is None:
            return self.city
        size = self.size[county]
        return (size * self.rate[county] + self.strength * self.city) / (size + self.strength)


@pytest.mark.parametrize(("day", "cadence"), ASKED)
def test_every_part_counts_what_a_plain_walk_over_the_truth_counts(
    prefecture: Prefecture, day: date, cadence: str
) -> None:
    asked = score.Asked(day, cadence)
    ranking = score.ranking(prefecture.tables, asked)
    plain = prefecture.plain(asked.first, day)
    seen = Counter[str]()
    for unit in ranking.units:
        for name, clusters in plain.items():
            of = clusters.get(unit.code, [])
            rate = unit.parts[name]
            assert (rate.sample, rate.numerator, rate.denominator) == (
                len(of), sum(good for good, _ in of), sum(every for _, every in of)
            ), (unit.code, name)  # fmt: skip
            assert (rate.points is not None) == (len(of) >= MINIMUM[name]), (unit.code, name)
            seen[name] += rate.denominator
        for name in set(unit.parts) - set(plain):
            assert unit.parts[name].rate is None, "the prefecture has no captures"
    assert [name for name in MINIMUM if not seen[name]] == []


@pytest.mark.parametrize(("day", "cadence"), ASKED)
def test_totals_are_those_of_the_formula(prefecture: Prefecture, day: date, cadence: str) -> None:
    asked = score.Asked(day, cadence)
    ranking = score.ranking(prefecture.tables, asked)
    plain = {
        name: clusters for name, clusters in prefecture.plain(asked.first, day).items() if _is_scored(name, clusters)
    }
    parts = {name: Shrunk(clusters) for name, clusters in plain.items()}
    whole = sum(WEIGHT[name] for name in parts)
    for unit in ranking.units:
        scored = [name for name in parts if len(plain[name].get(unit.code, [])) >= MINIMUM[name]]
        taken = {name: part.of(unit.code) if name in scored else part.city for name, part in parts.items()}
        total = sum(WEIGHT[name] * (1 - rate if name in DOWN else rate) for name, rate in taken.items())
        assert unit.total == pytest.approx(100 * total / whole)
        assert unit.weight == pytest.approx(sum(WEIGHT[name] for name in scored) / whole)
    by_total = sorted((one for one in ranking.units if one.place), key=lambda one: -one.total)
    assert [one.code for one in by_total] == [one.code for one in ranking.units if one.place]


def _is_scored(name: str, clusters: Clusters) -> bool:
    """Whether any county has a large enough sample."""
    return any(len(of) >= MINIMUM[name] for of in clusters.values())


def test_places_lie_as_far_apart_as_another_bootstrap_has_them(prefecture: Prefecture) -> None:
    """The same model drawn with another generator, one replicate after the other."""
    asked = score.Asked(LAST, "year")
    ranking = score.ranking(prefecture.tables, asked)
    rng, counted = np.random.Generator(np.random.MT19937(5)), defaultdict(list)
    clusters = prefecture.plain(asked.first, LAST)
    parts = {name: Shrunk(of) for name, of in clusters.items() if _is_scored(name, of)}
    for _ in range(800):
        totals: dict[str, float] = defaultdict(float)
        for name, part in parts.items():
            drawn, city = _replicate(part, rng)
            for unit in ranking.units:
                rate = drawn[unit.code] if unit.parts[name].points is not None else city
                totals[unit.code] += WEIGHT[name] * (1 - rate if name in DOWN else rate)
        order = sorted(totals, key=lambda county: (-totals[county], rng.random()))
        for place, county in enumerate(order, 1):
            counted[county].append(place)
    for unit in ranking.units:
        held = sorted(counted[unit.code])
        low, high = held[int(0.05 * len(held))], held[int(0.95 * len(held))]
        assert abs(unit.low - low) <= 1, unit.code
        assert abs(unit.high - high) <= 1, unit.code


def _replicate(part: Shrunk, rng: np.random.Generator) -> tuple[dict[str, float], float]:
    again: dict[str, float] = {}
    sizes = {county: max(1, round(size)) for county, size in part.size.items()}
    for county, size in sizes.items():
        true = part.city
        if part.strength is not None:
            true = rng.beta(part.city * part.strength, (1 - part.city) * part.strength)
        again[county] = rng.binomial(size, true) / size
    strength = part.weight_of(again)
    mean = sum(again[county] * size for county, size in sizes.items()) / sum(sizes.values())
    if strength is None:
        return dict.fromkeys(again, mean), mean
    return {
        county: rng.beta(
            part.size[county] * part.rate[county] + strength * mean,
            part.size[county] * (1 - part.rate[county]) + strength * (1 - mean),
        )
        for county in again
    }, mean
