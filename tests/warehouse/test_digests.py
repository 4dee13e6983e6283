"""The same deliveries give the same tables: whatever the order, the threads, the clock, the number of nights."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prefecture import DELIVERIES, LAST_NIGHT, NIGHTS, build_night, deliver

from warehouse.connection import snapshot
from warehouse.publish import publish


def test_counts_of_the_reference(reference: Any, published: Path) -> None:
    """Accepted rows are current, repeated or superseded; current ones are the passages, each once."""
    db = snapshot()
    fate = db.read(
        "select cast(sum(current_count) as bigint) as c, cast(sum(repeated_count) as bigint) as r,"
        " cast(sum(superseded_count) as bigint) as s from mart.row_fate"
        " where feed in ('wim_passage', 'motorway_passage')"
    ).iloc[0]
    accepted = db.read(
        "select cast(sum(accepted_rows) as bigint) as n from meta.delivery"
        " where feed in ('wim_passage', 'motorway_passage')"
    ).iloc[0]["n"]
    passages = db.read("select count(*) as n, count(distinct record_id) as ids from core.passage").iloc[0]
    assert (fate["c"], fate["r"], fate["s"]) == (91, 3, 1)
    assert accepted == 95
    assert (passages["n"], passages["ids"]) == (91, 91)


def test_dbt_makes_the_same_of_the_models(home: Path, landed: Path, reference: Any) -> None:
    shutil.copytree(landed, home, dirs_exist_ok=True)
    built = build_night(home, by_dbt=True)
    assert built.manifest["tables"] == reference.manifest["tables"]
    assert built.manifest["checks"] == reference.manifest["checks"]
    built.discard()


def test_in_another_order_with_one_thread_in_small_loads_in_another_zone(
    home: Path, reference: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for feed, name in reversed(DELIVERIES):
        deliver(home, feed, name)
    monkeypatch.setenv("TZ", "America/New_York")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    built = build_night(home, threads=1, batch_rows=70)
    assert built.manifest["digest"] == reference.manifest["digest"]
    different = {name for name, told in built.manifest["tables"].items() if told != reference.manifest["tables"][name]}
    assert different <= {"meta.delivery"}, "only what the ledger tells of times may differ"
    built.discard()


def test_night_by_night_equals_all_at_once_and_only_touched_days_are_built(home: Path, reference: Any) -> None:
    for feed, name in DELIVERIES:
        if (feed, name) not in NIGHTS:
            deliver(home, feed, name)
    first = build_night(home, date(2026, 3, 1))
    assert len(first.touched) == 5
    assert publish(first) == 1
    touched = []
    for version, (feed, name) in enumerate(NIGHTS, 2):
        deliver(home, feed, name)
        built = build_night(home, date(2026, 3, version))
        touched.append(built.touched)
        assert publish(built) == version
    assert touched == [
        # the night itself, a repeated hour of the day before and a correction of a day in another month
        [date(2026, 2, 26), date(2026, 3, 1), date(2026, 3, 2)],
        # the night itself and a late row
        [date(2026, 2, 28), date(2026, 3, 3)],
    ]
    assert snapshot().manifest["digest"] == reference.manifest["digest"]
    months = snapshot().manifest["parts"]
    assert set(months) == {"2016-06", "2026-02", "2026-03"}

    again = build_night(home, LAST_NIGHT)
    assert again.touched == []
    assert publish(again) == 3, "nothing changed, so nothing is published"


def test_the_late_row_and_the_correction_are_in_their_days(published: Path) -> None:
    days = snapshot().read(
        "select passed_date, cast(sum(passage_count) as integer) as n from mart.overload_daily"
        " where site_code = 'YZ01' group by passed_date order by passed_date"
    )
    assert dict(zip(days["passed_date"].astype(str), days["n"], strict=True)) == {
        "2026-02-26": 8, "2026-02-27": 8, "2026-02-28": 9, "2026-03-01": 8, "2026-03-02": 8, "2026-03-03": 8,
    }  # fmt: skip
    corrected = snapshot().read(
        "select gross_vehicle_weight_kg as gross from core.passage"
        " where passed_at = timestamp '2026-02-26 00:20:00' and site_code = 'YZ01'"
    )
    assert list(corrected["gross"]) == [52_006]


def test_a_silent_site_and_one_not_yet_in_service(published: Path) -> None:
    silent = snapshot().read("select site_code, passed_date from mart.site_day where state = 'silent' order by all")
    assert [(row.site_code, str(row.passed_date)[:10]) for row in silent.itertuples()] == [
        ("YZ02", "2026-03-02"),
        ("YZ03", "2026-03-02"),
        ("YZ03", "2026-03-03"),
    ]


def test_law_registers_and_certificates_reach_the_snapshot(published: Path) -> None:
    db = snapshot()
    old = db.read("select rule_id, verdict, is_over_limit = reported_is_over_limit as same from core.passage"
                  " where feed = 'motorway_passage' order by rule_id")  # fmt: skip
    assert [tuple(row) for row in old.itertuples(index=False)] == [
        ("L2004-2", "over", True),
        ("L2004-3", "over", True),
    ]
    ended = db.read(
        "select bool_or(evidence_ok) as ok from core.passage where device_no = 'YZ01-2' and passed_date > '2026-02-27'"
    )
    assert not ended["ok"][0]
    told = db.read(
        "select count(*) filter (evidence_ok) as ok, count(*) filter (flags like '%E-TWOPLACES%') as twice,"
        " count(*) filter (certificate_no is not null and flags not like '%E-NOCERT%') as certified from core.passage"
    ).iloc[0]
    assert told["certified"] > 10
    assert told["twice"] == 80, "seven plates pass both sites in the same minute"
    assert told["ok"] == 4, "what passed one site only, on a certified device"
    kinds = db.read("select count(*) as n from core.passage where rule_id = 'M6C-1'")["n"][0]
    assert kinds > 0, "the register's single drive axles are used"
