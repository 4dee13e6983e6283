"""Risk scores and their back-test in a tiny prefecture against plain loops over its truth, for several days."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import landed
import match_truth
import pytest
import risk_reference
from risk_reference import Check

from etl.demo import passages
from etl.demo.planted import accuracy_classes
from etl.demo.world import SCALES, World
from etl.feeds import raw_tables
from warehouse import risk, sql
from warehouse.backtest import backtest
from warehouse.risk import RANKINGS, Asked

LAST = date(2025, 12, 31)
FIRST = LAST - timedelta(days=89)
DAYS = (LAST - timedelta(days=30), LAST)
ERROR_PER_MILLE = {"5": 50, "10": 100}
"""What a scale of each class may err by in service."""


class Served(landed.Tables):
    version = 1
    manifest = {"data_until": LAST.isoformat()}  # noqa: RUF012


class Prefecture:
    def __init__(self, folder: Path) -> None:
        self.world = World(7, SCALES["tiny"], FIRST, LAST, traffic=0.5)
        connection = match_truth.land(self.world, folder)
        models = ("mart.finding", "mart.screening", "staging.vehicle", "staging.enterprise")
        sql.run_models(connection, raw_tables(), names=models)
        self.tables = Served(connection)
        self.checks = list(self._checks())
        self.register = self.tables.rows("select * from staging.vehicle")
        told = self.tables.rows("select enterprise_name, uscc from staging.enterprise")
        self.uscc = {row["enterprise_name"]: row["uscc"] for row in told}

    def registered(self, day: date) -> dict[Any, dict[str, Any]]:
        """The rows of the register that hold on a day, by plate and colour."""
        return {
            (row["plate_no"], row["plate_color_code"]): row
            for row in self.register
            if row["valid_from"] <= day <= (row["valid_to"] or day)
        }

    def _checks(self) -> Iterator[Check]:
        """Every passage with a plate that was judged, as the truth weighed it. Limit, certificate, permit, look, and
        what a spoiled plate or a vendor's colour becomes are the platform's: other tests hold those to the truth."""
        true = {row["check_no"]: row["gross_vehicle_weight_kg"]
                for row in passages.true(self.world, self.world.days).to_pylist()}  # fmt: skip
        looks: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for row in self.tables.rows(
            "select check_no, screened_date, screening_result from mart.screening order by screened_date, screened_at"
        ):
            looks[row["check_no"]].append((row["screened_date"], row["screening_result"]))
        classes, unknown = accuracy_classes(self.world), 0
        for row in self.tables.rows(
            "select numbered.check_no, passage.*, finding.is_permitted, finding.accuracy_class"
            " from core.passage as passage"
            f" inner join {match_truth.NUMBERED} as numbered using (record_id)"
            " left join mart.finding as finding using (record_id)"
            " where passage.verdict <> 'review' and passage.plate_no is not null"
        ):
            unknown += row["check_no"] not in true  # a line that was spoiled on the way
            gross, limit = true.get(row["check_no"], row["gross_vehicle_weight_kg"]), row["limit_kg"]
            assert row["verdict"] == ("over" if gross > limit else "within"), row["check_no"]
            ratio = None
            if gross > limit:
                mille = ERROR_PER_MILLE[classes[row["site_code"]]] if row["accuracy_class"] else 0
                ratio = max(0, gross - limit - -(-gross * mille // 1000)) / limit
            yield Check(
                row["plate_no"], row["plate_color_code"], row["passed_at"].date(), ratio, bool(row["is_permitted"]),
                tuple(looks[row["check_no"]]), row["county_code"],
            )  # fmt: skip
        assert unknown < 5

    def units(self, subject: str, day: date) -> Any:
        """The units of a vehicle: itself, or its owner where a register knows it."""
        if subject == "vehicle":
            return lambda vehicle: [vehicle]
        owner = {vehicle: self.uscc.get(row["enterprise_name"]) for vehicle, row in self.registered(day).items()}
        return lambda vehicle: [(owner[vehicle],)] if owner.get(vehicle) else []

    def expected(self, asked: Asked, days: int = risk_reference.HORIZON) -> dict[Any, Any]:
        known = self.registered(asked.as_of)

        def kind_of(unit: Any) -> str:
            if asked.subject == "enterprise":
                return "enterprise"
            return str(known[unit]["vehicle_kind"] or "unknown") if unit in known else "unregistered"

        here = [one for one in self.checks if asked.county in (None, one.county)]
        return risk_reference.scored(here, asked.as_of, kind_of, self.units(asked.subject, asked.as_of), days)


@pytest.fixture(scope="module")
def prefecture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefecture]:
    made = Prefecture(tmp_path_factory.mktemp("risk"))
    yield made
    made.tables.connection.close()


def test_every_score_is_what_a_plain_computation_over_the_truth_gives(prefecture: Prefecture) -> None:
    county = prefecture.checks[0].county
    asked = [Asked(day, subject) for day in DAYS for subject in risk.SUBJECTS] + [Asked(LAST, county=county)]
    for one in asked:
        told, expected = risk.everybody(prefecture.tables, one), prefecture.expected(one)
        assert set(told.keys) == set(expected)
        for at, key in enumerate(told.keys):
            scores, is_scant = expected[key]
            assert told.is_scant[at] == is_scant, key
            for name in (*RANKINGS, "count"):
                assert told.scores[name][at] == pytest.approx(scores[name], rel=1e-9, abs=1e-12), (one, key, name)
    voided = sum("void" in [result for _, result in one.looks] for one in prefecture.checks)
    scarcely = sum(one.ratio == 0 for one in prefecture.checks)
    assert min(voided, scarcely) > 0, "the prefecture has nothing of what is left out"


def test_a_vehicle_and_an_enterprise_are_told_as_in_the_list(prefecture: Prefecture) -> None:
    for subject, names in (("vehicle", ("plate_no", "plate_color_code")), ("enterprise", ("uscc",))):
        told = risk.everybody(prefecture.tables, Asked(LAST, subject))
        for at in told.order("chance")[:3]:
            key = dict(zip(names, told.keys[at], strict=True))
            assert risk.explained(prefecture.tables, Asked(LAST, subject), key).risk == told.at(at)


def test_the_back_test_is_that_of_plain_loops(prefecture: Prefecture) -> None:
    day, until = DAYS[0], DAYS[0] + timedelta(days=30)
    for subject in risk.SUBJECTS:
        asked = Asked(day, subject)
        told, expected = backtest(prefecture.tables, asked, 30), prefecture.expected(asked, 30)
        ranked = {unit: scores for unit, (scores, is_scant) in expected.items() if not is_scant}
        seen, hits = Counter[Any](), defaultdict[Any, int](int)
        units = prefecture.units(subject, day)
        for one in prefecture.checks:
            for unit in units((one.plate, one.color)):
                if day < one.day <= until and unit in ranked:
                    seen[unit] += 1
                    hits[unit] += one.is_event(until)
        hit = {unit for unit, count in hits.items() if count}
        assert (told.subject_count, told.hit_count) == (len(ranked), len(hit))
        assert told.unseen_count == len(ranked) - len(seen)
        for top in told.tops:
            if top.ranking != "random":
                scores = {unit: float(of[top.ranking] or 0) for unit, of in ranked.items()}
                assert top.hits == pytest.approx(risk_reference.hits_among(scores, hit, top.size)), top
        print(f"\n{subject}: {told.subject_count} ranked, base {told.base:.3f}")
        for top in told.tops:
            print(f"  {top.ranking:7} {top.size:4} {top.precision:.3f} ({top.low:.3f}-{top.high:.3f})")
