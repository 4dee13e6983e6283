"""Risk scores and their back-test in a tiny prefecture against plain loops over its truth, for several days."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import landed
import match_truth
import pyarrow as pa
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
FIRST = LAST - timedelta(days=149)
DAYS = (LAST - timedelta(days=40), LAST)
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
        fleet = self.world.vehicles.to_pylist()
        self.kind = {(one["plate_no"], one["plate_color_code"]): one["vehicle_kind"] for one in fleet}
        self.owner = {(one["plate_no"], one["plate_color_code"]): one["uscc"] for one in fleet}

    def _checks(self) -> Iterator[Check]:
        """Every passage with a plate that was judged: weights, limits and plates of the truth. The platform adds only
        which passages it could not judge, whether a certificate was in force, permits and looks: other tests hold
        those to the truth."""
        platform = {
            row["check_no"]: row
            for row in self.tables.rows(
                "select numbered.check_no, passage.verdict, finding.is_permitted, finding.accuracy_class"
                f" from core.passage as passage inner join {match_truth.NUMBERED} as numbered using (record_id)"
                " left join mart.finding as finding using (record_id)"
            )
        }
        looks: dict[str, tuple[Any, str]] = {}
        for row in self.tables.rows(
            "select check_no, screened_date, screened_at, screening_result from mart.screening"
        ):
            looks[row["check_no"]] = max(
                looks.get(row["check_no"], ((date.min,), "")),
                ((row["screened_date"], row["screened_at"]), row["screening_result"]),
            )
        classes = accuracy_classes(self.world)
        true = [passages.true(self.world, self.world.days)]
        true += [passages.tracked_passages(self.world, day) for day in self.world.days]
        for row in pa.concat_tables(true, promote_options="permissive").to_pylist():
            told = platform.get(row["check_no"])
            if told is None or told["verdict"] == "review" or row["plate_no"] is None:
                continue
            gross, limit, ratio = row["gross_vehicle_weight_kg"], row["limit_kg"], None
            assert told["verdict"] == ("over" if gross > limit else "within"), row["check_no"]
            if gross > limit:
                mille = ERROR_PER_MILLE[classes[row["site_code"]]] if told["accuracy_class"] else 0
                ratio = max(0, gross - limit - -(-gross * mille // 1000)) / limit
            (look, *_), result = looks.get(row["check_no"], ((None,), ""))
            yield Check(
                row["plate_no"], row["plate_color_code"], row["passed_at"].date(), ratio,
                bool(told["is_permitted"]), look if result == "void" else None, row["county_code"],
            )  # fmt: skip

    def unit_of(self, vehicle: Any) -> list[Any]:
        return [(self.owner[vehicle],)] if vehicle in self.owner else []

    def expected(self, asked: Asked) -> dict[Any, Any]:
        if asked.subject == "enterprise":
            return risk_reference.scored(self.checks, asked.as_of, lambda unit: "enterprise", self.unit_of)
        here = [one for one in self.checks if asked.county in (None, one.county)]
        return risk_reference.scored(here, asked.as_of, lambda vehicle: self.kind.get(vehicle, "unregistered"))


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
    voided = sum(one.voided_on is not None for one in prefecture.checks)
    permitted = sum(one.is_permitted for one in prefecture.checks)
    scarcely = sum(one.ratio == 0 for one in prefecture.checks)
    assert min(voided, permitted, scarcely) > 0, "the prefecture has nothing of what is left out"


def test_a_vehicle_and_an_enterprise_are_told_as_in_the_list(prefecture: Prefecture) -> None:
    for subject, names in (("vehicle", ("plate_no", "plate_color_code")), ("enterprise", ("uscc",))):
        told = risk.everybody(prefecture.tables, Asked(LAST, subject))
        for at in told.order("chance")[:3]:
            key = dict(zip(names, told.keys[at], strict=True))
            assert risk.explained(prefecture.tables, Asked(LAST, subject), key).risk == told.at(at)


def test_the_back_test_is_that_of_plain_loops(prefecture: Prefecture) -> None:
    day, until = DAYS[0], DAYS[0] + timedelta(days=40)
    for subject in risk.SUBJECTS:
        asked = Asked(day, subject)
        told, expected = backtest(prefecture.tables, asked, 40), prefecture.expected(asked)
        ranked = {unit: scores for unit, (scores, is_scant) in expected.items() if not is_scant}
        seen, hits = Counter[Any](), defaultdict[Any, int](int)
        for one in prefecture.checks:
            vehicle = (one.plate, one.color)
            for unit in [vehicle] if subject == "vehicle" else prefecture.unit_of(vehicle):
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
