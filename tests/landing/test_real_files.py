"""Real files, where they lie beside the checkout: counts known from an independent look at them."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from etl.feeds import FEEDS
from etl.parse import Parsed, parse

MOTORWAY = "wim/cn_wim_passes_2016-06-01_0000-1159.csv.gz"
POUND_KG = 0.45359237
FOOT_M = 0.3048


def _parse(feed: str, path: Path, work: Path) -> Parsed:
    return parse(FEEDS[feed], path, path.name, "0" * 64, "2016-06-01|", "2026-11-24 02:00:00", work)


@pytest.fixture(scope="module")
def motorway(
    real: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[list[dict[str, str]], Parsed]]:
    """The export as the csv module reads it, and as it is landed."""
    path = real(MOTORWAY)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    parsed = _parse("motorway_passage", path, tmp_path_factory.mktemp("motorway"))
    yield rows, parsed
    parsed.close()


def test_every_row_of_the_motorway_export_has_its_fate(motorway: tuple[list[dict[str, str]], Parsed]) -> None:
    rows, parsed = motorway
    assert parsed.delivered == len(rows) == 11_144
    assert parsed.accepted == 11_136
    assert parsed.quarantined == {"R-RANGE": 8}
    assert parsed.flagged["R-ZERO"] == 245
    assert (parsed.repeated, parsed.superseded) == (2_255, 0)


def test_the_scale_fault_of_the_motorway_export_is_one_dead_lane(
    motorway: tuple[list[dict[str, str]], Parsed],
) -> None:
    """All weights of 0 follow one another in one lane: no noise, a scale that was dead."""
    rows, parsed = motorway
    zero = [row for row in rows if row["总重（kg）"] == "0" and row["轴数（根)"] != "0" and any(_loads(row))]
    assert len(zero) == parsed.flagged["R-DEAD"] == parsed.flagged["R-ZERO"] == 245
    dead = parsed.connection.execute(
        "select lane_code, min(passed_at), max(passed_at), count(*) from landed where flags like '%R-DEAD%' group by 1"
    ).fetchall()
    (lane,) = {row["车道代码"] for row in zero}
    times = sorted(datetime.fromisoformat(row["时间"]) for row in zero)
    assert dead == [(lane, times[0], times[-1], 245)]
    weighed = [row for row in rows if row["车道代码"] == lane and row["总重（kg）"] not in ("0", "")]
    assert not [row for row in weighed if times[0] < datetime.fromisoformat(row["时间"]) < times[-1]]


def _loads(row: dict[str, str]) -> list[int]:
    return [int(row[f"轴重{number}（kg）"]) for number in range(1, 11)]


def test_the_motorway_counts_agree_with_a_plain_reading(motorway: tuple[list[dict[str, str]], Parsed]) -> None:
    rows, parsed = motorway
    kept = [row for row in rows if row["轴数（根)"] != "0"]
    content = Counter(tuple(value for name, value in row.items() if name not in ("_row_id", "_origin")) for row in kept)
    zero = [row for row in kept if row["总重（kg）"] == "0" and any(_loads(row))]
    weighed = [row for row in kept if row["总重（kg）"] != "0"]
    accepted, over, speeding, weights, loads, zeroed = parsed.connection.execute(
        "select count(*), count(*) filter (reported_is_over_limit), count(*) filter (reported_is_speeding),"
        " sum(gross_vehicle_weight_kg), sum(axle_load_sum_kg), count(*) filter (flags like '%R-ZERO%') from landed"
    ).fetchall()[0]
    assert accepted == len(kept)
    assert over == sum(row["超重"] == "超重" for row in kept)
    assert speeding == sum(row["超速"] == "超速" for row in kept)
    assert weights == sum(int(row["总重（kg）"]) for row in weighed)
    assert loads == sum(sum(_loads(row)) for row in kept if any(_loads(row)))
    assert zeroed == len(zero)
    assert parsed.repeated == sum(count - 1 for count in content.values())


def test_the_station_s_own_label_is_the_old_limit_on_every_row(motorway: tuple[list[dict[str, str]], Parsed]) -> None:
    _, parsed = motorway
    labels = parsed.connection.execute(
        "select reported_is_over_limit, count(*) filter (gross_vehicle_weight_kg > old_limit), count(*) from ("
        " select *, [null, 20000, 30000, 40000, 50000, 55000][axle_count] as old_limit from landed)"
        " where gross_vehicle_weight_kg is not null and axle_count between 2 and 6 group by 1 order by 1"
    ).fetchall()
    assert [(label, above) for label, above, _ in labels] == [(False, 0), (True, 794)]
    assert labels[1][2] == 794


def test_the_fhwa_records_read_as_their_authors_expect(real: Callable[[str], Path], tmp_path: Path) -> None:
    source = real("wim/us_tmg_w_records.jsonl")
    records = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    delivered = tmp_path / "records.wgt"
    delivered.write_text("".join(record["line"] + "\n" for record in records), encoding="ascii")
    parsed = _parse("fhwa_weight", delivered, tmp_path / "work")
    found = parsed.connection.execute(
        "select site_code, lane_code, strftime(passed_at, '%Y-%m-%dT%H:%M:%S'), vehicle_class_code, axle_count,"
        " axle_loads_kg, axle_spacings_m, gross_vehicle_weight_kg, record_kind, flags from landed order by source_line"
    ).fetchall()
    parsed.close()
    assert len(found) == len(records) == 2
    for row, record in zip(found, records, strict=True):
        expected = record["expected"]
        assert row == (
            expected["state_fips"] + expected["station"],
            str(expected["lane"]),
            expected["datetime"],
            expected["vehicle_class"],
            expected["axles"],
            [round(pounds * POUND_KG) for pounds in expected["axle_weights"]],
            [round(tenths / 10 * FOOT_M, 6) for tenths in expected["spacings"]],
            round(expected["gross_weight"] * POUND_KG),
            "vehicle",
            "",
        )
