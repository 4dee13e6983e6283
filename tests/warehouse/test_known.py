"""What a day knew, computed again from the raw rows, is what was published after its night, to the row; what moved a
metric between two such days adds up."""

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from prefecture import LAST_NIGHT, build_night, deliver, passage
from random_nights import FIRST_NIGHT, SEEDS, RandomNights, Row, rows_of
from test_incremental import PHONES, drive, monitored
from test_why_changed import FIRST, metric, sums
from typer.testing import CliRunner

from etl import housekeeping
from etl.cli import app
from etl.explain import explain
from warehouse import known
from warehouse.connection import Snapshot, snapshot
from warehouse.errors import WarehouseError
from warehouse.known import Known, known_on
from warehouse.ledger import Segment
from warehouse.metrics import METRICS, compute
from warehouse.publish import publish, published_manifest
from warehouse.report_card import report_card
from warehouse.why_changed import CAME, CAME_LATE, CORRECTED, EXPECTED, JUDGED_OTHERWISE, why_changed


def contents(db: Snapshot | Known, tables: list[str]) -> dict[str, list[Row]]:
    return {table: rows_of(db, table) for table in tables}


def passages(db: Snapshot | Known, where: str = "true") -> list[Row]:
    return rows_of(db, f"(select * from core.passage where {where})")


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_day_knew_is_what_was_published_after_its_night(
    random_nights: Callable[[int], RandomNights], seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = random_nights(seed)
    state = tmp_path / "heng"
    shutil.copytree(nights.home, state)
    monkeypatch.setenv("HENG_HOME", str(state))
    published = nights.published
    assert len({len(told["core.passage"]) for told in published.values()}) == len(published), "every night brought some"
    tables = [
        table
        for table in published[FIRST_NIGHT]
        if seed == SEEDS[0] or not any(word in table for word in ("alarm", "vehicle_", "driving", "terminal", "speed"))
    ]  # what terminals send is not random here: once is enough
    for compacted in (False, True):
        if compacted:
            monkeypatch.setattr(housekeeping, "COMPACT_AFTER_DAYS", 0)
            assert housekeeping.run()["compacted_days"] >= 3
            tables = ["core.passage", "mart.overload_daily", "staging.vehicle", "staging.enforcement_case"]
        for night, told in published.items():
            with known_on(night, tables) as db:
                assert (db.night, db.is_newest) == (night, night == max(published))
                for table in tables:
                    assert rows_of(db, table) == told[table], f"{table} as known on {night}"


@pytest.mark.parametrize("seed", SEEDS)
def test_effects_add_up_to_the_difference_and_name_their_cause(
    random_nights: Callable[[int], RandomNights], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every metric and a count of evidence, between the first night and each later one, of a county and of all."""
    nights = random_nights(seed)
    monkeypatch.setenv("HENG_HOME", str(nights.home))
    monkeypatch.setitem(METRICS, "evidence", metric("evidence", "evidence_ok_over_count", "within_count"))
    first, *_, last = nights.published
    kinds: Counter[str] = Counter()
    for name in ("overload_rate", "flagged_share", "evidence", "site_reporting_rate", "quarantined_share"):
        for county in (None, "431103"):
            told = why_changed(name, first, last, FIRST, last, county)
            assert sums(told) == told.difference
            for night, value in ((first, told.before), (last, told.after)):
                with known_on(night, [METRICS[name].table]) as db:
                    assert compute(db, name, FIRST, last, county) == value
            for effect in told.effects:
                kinds[effect.kind] += 1
                assert effect.numerator or effect.denominator
                assert effect.kind != JUDGED_OTHERWISE or effect.causes, effect
                assert effect.kind != CORRECTED or effect.changes or effect.causes, effect
                assert effect.name or effect.causes or effect.kind == EXPECTED, effect
                assert effect.kind != CAME or effect.day > first  # type: ignore[operator]
                assert effect.kind != CAME_LATE or effect.day <= first  # type: ignore[operator]
    assert kinds[CAME], "days after the first night"


def test_captures_are_read_with_the_day_before_as_far_as_it_was_known(published: Path) -> None:
    """A drive over midnight whose beginning comes a night late."""
    tables = ["mart.vehicle_day", "core.driving_span", "mart.row_fate", "core.passage"]
    deliver(published, "monitored_vehicle", "monitored_vehicle_20260228.parquet", monitored(list(PHONES)))
    begins = {
        "20260301-22": datetime(2026, 3, 1, 22, 30),
        "20260302-00": datetime(2026, 3, 2),
        "20260301-20": datetime(2026, 3, 1, 20, 30),
    }
    told = {}
    for night, names in ((date(2026, 3, 4), ("20260301-22", "20260302-00")), (date(2026, 3, 5), ("20260301-20",))):
        for name in names:
            capture = drive(begins[name], 2 if name.endswith("20") else 1.5)
            deliver(published, "terminal_capture", f"terminal_capture_{name}.jt808", capture)
        publish(build_night(published, night))
        told[night] = contents(snapshot(), tables)
    first, second = told.values()
    assert first["mart.vehicle_day"] != second["mart.vehicle_day"]
    day = date(2026, 3, 2)
    for night, rows in told.items():
        with known_on(night, tables) as db:
            assert contents(db, tables) == rows, night
            whole = rows_of(db, f"(select * from mart.vehicle_day where event_date = '{day}')")
        with known_on(night, tables[:1], first=day, last=day, batch_rows=1) as db:
            assert rows_of(db, "mart.vehicle_day") == whole
        assert len(whole) == 2


def test_goes_of_a_few_rows_and_days_give_the_same(published: Path) -> None:
    dated = ["core.passage", "mart.overload_daily", "mart.site_day"]
    others = ["core.vehicle_span", "core.vehicle_violation_span", "core.site_service", "seeds.county"]
    with known_on(LAST_NIGHT, [*dated, *others]) as db:
        at_once = contents(db, [*dated, *others])
        within = {
            table: rows_of(db, f"(select * from {table} where passed_date between '2026-02-27' and '2026-03-01')")
            for table in dated
        }
    with known_on(LAST_NIGHT, [*dated, *others], batch_rows=1) as db:
        assert contents(db, [*dated, *others]) == at_once
    with known_on(LAST_NIGHT, [*dated, *others], date(2026, 2, 27), date(2026, 3, 1)) as db:
        assert contents(db, dated) == within
        assert contents(db, others[1:2]) == {others[1]: at_once[others[1]]}
    assert len(within["core.passage"]) > 20


def test_what_cannot_be_asked_is_refused_with_the_next_step(published: Path) -> None:
    def refused(what: str, day: date = LAST_NIGHT, tables: tuple[str, ...] = ("core.passage",), **how: object) -> None:
        with pytest.raises(WarehouseError, match=what), known_on(day, tables, **how):  # type: ignore[arg-type]
            pass

    refused("the first night is that of 2026-03-03", date(2026, 3, 2))
    refused(r"no table that can be computed as of a day.*docs/tables\.md", tables=("core.nothing",))
    refused("reads days before its own", tables=("core.vehicle_step",))
    refused("ends before it begins", first=LAST_NIGHT, last=LAST_NIGHT - timedelta(1))
    with known_on(LAST_NIGHT + timedelta(9), ["seeds.county"]) as db:
        assert (db.night, db.is_newest, str(db.data_until)) == (LAST_NIGHT, True, "2026-03-03")


def test_a_version_from_before_asks_for_a_build(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = published_manifest()
    assert manifest is not None
    monkeypatch.setattr(known, "published_manifest", lambda: {k: v for k, v in manifest.items() if k != "raw"})
    with pytest.raises(WarehouseError, match="Run 'heng build'"), known_on(LAST_NIGHT, ["core.passage"]):
        pass


def test_an_older_night_that_is_closed_later_tells_nothing_to_the_days_before(published: Path) -> None:
    """Its version is not older, so what it took is known from the newest night on."""
    deliver(published, "wim_passage", "wim_passage_20260304.csv", [passage(1, "2026-02-28", 9)])
    publish(build_night(published, LAST_NIGHT - timedelta(1)))
    with known_on(LAST_NIGHT, ["core.passage"]) as db:
        assert passages(db) == passages(snapshot())
    with pytest.raises(WarehouseError, match="the first night"), known_on(LAST_NIGHT - timedelta(1), ["core.passage"]):
        pass


def test_days_that_are_merged_while_they_are_read_are_read_again(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = passages(snapshot())
    read, merged = known.rows_of, []

    def merge_first(segments: list[Segment]) -> str | None:
        if not merged:
            merged.append(housekeeping.compact())
            housekeeping.sweep(leave_seconds=-1)
        return read(segments)

    publish(build_night(published, date(2026, 3, 9)))
    monkeypatch.setattr(known, "rows_of", merge_first)
    with known_on(LAST_NIGHT, ["core.passage"]) as db:
        assert passages(db) == before
    assert merged[0] > 0


def test_explanation_and_report_card_of_an_earlier_day_are_those_it_was_shown(published: Path) -> None:
    def shown(known_on: date | None = None) -> tuple[dict[str, object], object, object]:
        told = explain("overload_rate", date(2026, 2, 26), LAST_NIGHT, known=known_on)
        card = report_card(date(2026, 1, 1), LAST_NIGHT, known=known_on)
        return {**told, "version": 0, "known_on": None}, card.figures, card.parameters

    before = shown()
    deliver(published, "wim_passage", "wim_passage_20260304.csv", [passage(9, "2026-02-28", 7)])
    publish(build_night(published, date(2026, 3, 4)))
    assert shown(LAST_NIGHT) == before
    assert shown(date(2026, 3, 4))[1] == shown()[1] != before[1]
    asked = ["--known-on", str(LAST_NIGHT)]
    told = CliRunner().invoke(app, ["explain", "overload_rate", *asked])
    assert f"As known on {LAST_NIGHT}, data until {LAST_NIGHT}." in told.output
    told = CliRunner().invoke(app, ["report-card", "--year", "2026", "--lang", "zh", *asked])
    assert f"按 {LAST_NIGHT} 当夜已知的数据" in told.output
    for wrong in (["explain", "nothing", *asked], ["report-card", "--year", "2026", "--known-on", "then"]):
        assert CliRunner().invoke(app, wrong).exit_code == 1


def test_a_damaged_file_is_named(published: Path) -> None:
    lost = next((published / "raw" / "wim_passage").rglob("*.parquet"))
    lost.write_bytes(b"PAR1")
    again = r"missing or changed.*heng quarantine replay"
    with pytest.raises(WarehouseError, match=again), known_on(LAST_NIGHT, ["core.passage"]):
        pass
    with known_on(LAST_NIGHT, ["staging.vehicle"]) as db:
        assert len(rows_of(db, "staging.vehicle")) == 3


def test_temporary_files_are_gone_also_after_an_error(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))

    def read_and_fail() -> None:
        with known_on(LAST_NIGHT, ["core.passage"]) as db:
            assert [path.name.startswith("heng-known-") for path in place.iterdir()] == [True]
            with pytest.raises(WarehouseError, match="Only one SELECT"):
                db.read("delete from core.passage")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_and_fail()
    assert not list(place.iterdir())
