"""A metric is the sum of its columns; its parts stand beside it, and no data is not a rate of zero."""

from datetime import date
from pathlib import Path

import pytest

from warehouse.connection import snapshot
from warehouse.metrics import METRICS, compute

PERIOD = (date(2026, 2, 26), date(2026, 3, 3))


def test_every_metric_can_be_computed_and_read(published: Path) -> None:
    db = snapshot()
    for name, metric in METRICS.items():
        told = compute(db, name, *PERIOD)
        assert told["value"] is not None, name
        assert metric.numerator in told["formula"]
        assert metric.definition_zh
        assert metric.definition_en
        assert metric.excludes_zh
        assert metric.excludes_en
        assert metric.good in ("up", "down", "none")


def test_the_overload_rate_is_its_rows(published: Path) -> None:
    db = snapshot()
    counted = db.read(
        "select count(*) filter (verdict = 'over') as over_count, count(gross_vehicle_weight_kg) as weighed"
        " from core.passage where passed_date between ? and ? and county_code = '431103'", list(PERIOD),
    ).iloc[0]  # fmt: skip
    told = compute(db, "overload_rate", *PERIOD, county="431103")
    assert (told["numerator"], told["denominator"]) == (counted["over_count"], counted["weighed"])
    assert told["value"] == pytest.approx(counted["over_count"] / counted["weighed"])
    assert compute(db, "over_count", *PERIOD, site="YZ01")["value"] <= told["numerator"]


def test_no_data_is_no_rate(published: Path) -> None:
    told = compute(snapshot(), "overload_rate", date(2020, 1, 1), date(2020, 1, 2))
    assert told["value"] is None
    assert told["shown"] == "no data"
    assert compute(snapshot(), "over_count", date(2020, 1, 1), date(2020, 1, 2))["value"] == 0


def test_sites_that_were_silent_count_against_reporting(published: Path) -> None:
    told = compute(snapshot(), "site_reporting_rate", date(2026, 3, 2), date(2026, 3, 2))
    assert (told["numerator"], told["denominator"]) == (1, 3)
