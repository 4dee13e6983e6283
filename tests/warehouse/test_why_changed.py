"""Why a metric changed: the effects of the named rows add up to the difference, and each names what moved it."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prefecture import LAST_NIGHT, build_night, deliver, passage
from typer.testing import CliRunner

from etl.cli import app
from etl.feeds import raw_tables
from etl.why_changed import document, lines_of, table_of, write_csv
from warehouse import sql
from warehouse import why_changed as module
from warehouse.connection import snapshot
from warehouse.errors import WarehouseError
from warehouse.metrics import METRICS, Metric
from warehouse.publish import publish
from warehouse.why_changed import (
    CAME,
    CAME_LATE,
    CORRECTED,
    EXPECTED,
    JOINED,
    JUDGED_OTHERWISE,
    Effect,
    WhyChanged,
    why_changed,
)

FIRST, LAST = date(2026, 2, 26), date(2026, 3, 3)
NEXT = date(2026, 3, 4)


def metric(name: str, numerator: str, denominator: str = "") -> Metric:
    return Metric(name, numerator, denominator, "none", name, name, "", "", "", "")


def sums(told: WhyChanged) -> tuple[int, int]:
    return sum(one.numerator for one in told.effects), sum(one.denominator for one in told.effects)


def changed(name: str, **where: Any) -> WhyChanged:
    return why_changed(name, LAST_NIGHT, NEXT, FIRST, LAST, **where)


def only(told: WhyChanged) -> Effect:
    (effect,) = told.effects
    return effect


def test_a_row_that_came_late_is_named_with_file_and_line(published: Path) -> None:
    late = [passage(9, "2026-02-28", 7), passage(11, "2026-02-28", 7, site="YZ02")]
    delivery = deliver(published, "wim_passage", "wim_passage_20260304.csv", late)
    publish(build_night(published, NEXT))
    told = changed("weighed_count", county="431103")
    effect = only(told)
    assert (effect.kind, effect.numerator, effect.denominator, effect.day) == (CAME_LATE, 1, 0, date(2026, 2, 28))
    assert (effect.delivery_id, effect.name, effect.source_line) == (delivery, "wim_passage_20260304.csv", 2)
    assert (effect.night, effect.site_code) == (NEXT, "YZ01")
    assert told.notes == ["Version 1, published for the night of 2026-03-03, says the same as the first value above."]
    assert len(changed("weighed_count").effects) == 2
    share = only(changed("quarantined_share"))
    assert (share.kind, share.numerator, share.denominator, share.delivery_id) == (CAME_LATE, 0, 2, delivery)


def test_a_corrected_row_says_what_it_was_and_is_and_by_which_delivery(published: Path) -> None:
    """A passage over the limit was weighed twenty tonnes too heavy, and its plate misread."""
    light = {"gross_vehicle_weight_kg": 30_000} | {f"axle_{axle}_load_kg": 5_000 for axle in range(1, 7)}
    row = passage(2701, "2026-02-27", 3, plate_no="湘M20000", uploaded_at="2026-03-04 05:00:00", **light)
    before = snapshot().read(
        "select verdict from core.passage where passed_at = '2026-02-27 03:01:00' and site_code = 'YZ01'"
    )
    assert before["verdict"].tolist() == ["over"]
    delivery = deliver(published, "wim_passage", "wim_passage_20260304.csv", [row])
    publish(build_night(published, NEXT))
    effect = only(changed("overload_rate"))
    assert (effect.kind, effect.numerator, effect.denominator, effect.delivery_id) == (CORRECTED, -1, 0, delivery)
    values = {change.column: (change.old, change.new) for change in effect.changes}
    assert values["gross_vehicle_weight_kg"][1] == 30_000
    assert values["verdict"] == ("over", "within")
    assert values["plate_no"] == ("湘M·***06", "湘M·***00"), "plates are masked"
    assert "delivery_id" not in values
    assert changed("weighed_count").effects == []


def test_a_row_judged_otherwise_names_the_register_row(published: Path) -> None:
    """A truck that the register had with a heavier mass is a rigid one with a mass of its own."""
    for number in range(7):
        line = f"湘M{10_000 + number},2,Q,货车,6,31000,1,0,0,示例运输{number}号,4311{number},2019-05-20,2019-05-20,"
        deliver(published, "vehicle", f"vehicle_20260304_{number}.csv", [line])
    publish(build_night(published, NEXT))
    told = changed("overload_rate")
    assert told.effects
    assert sums(told) == told.difference
    for effect in told.effects:
        assert effect.kind == JUDGED_OTHERWISE
        (cause,) = effect.causes
        assert (cause.table, cause.source_line) == ("staging.vehicle", 2)
        assert cause.name.startswith("vehicle_20260304_")
        said = {change.column: change for change in cause.changes}
        assert said["registered_gross_mass_kg"].new == 31_000
        assert said["plate_no"].new.endswith(f"·***{cause.name[-5:-4].zfill(2)}") if cause.is_new else True
        assert "verdict" in {change.column for change in effect.changes}
    assert {effect.causes[0].is_new for effect in told.effects} == {True, False}


def test_a_certificate_and_a_county_that_the_registers_had_otherwise_are_named(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METRICS, "evidence", metric("evidence", "evidence_ok_over_count"))
    certificate = "JL-1,YZ01-2,5,5,100,2025-03-10,2025-03-10,2026-03-09,示例计量院"
    deliver(published, "verification_certificate", "verification_certificate_20260304.csv", [certificate])
    site = "YZ02,乙站,Site two,431103,G322,20,26.2,111.6,2024-01-01,"
    deliver(published, "wim_site", "wim_site_20260304.csv", [site])
    publish(build_night(published, NEXT))
    told = changed("evidence")
    assert told.effects
    assert sums(told) == told.difference
    for effect in told.effects:
        assert (effect.kind, effect.site_code) == (JUDGED_OTHERWISE, "YZ01")
        assert [cause.table for cause in effect.causes] == ["staging.verification_certificate"]
        assert effect.day > date(2026, 2, 27), "until then the first certificate held"  # type: ignore[operator]
    moved = changed("weighed_count", county="431103")
    assert {effect.site_code for effect in moved.effects} == {"YZ02"}
    for effect in moved.effects:
        assert effect.kind == JUDGED_OTHERWISE
        (cause,) = effect.causes
        assert (cause.table, cause.name) == ("staging.wim_site", "wim_site_20260304.csv")
        assert [(one.column, one.old, one.new) for one in cause.changes] == [("county_code", "431102", "431103")]
    assert changed("weighed_count").effects == []
    reporting = changed("site_reporting_rate", county="431103")
    assert sums(reporting) == reporting.difference
    assert {effect.kind for effect in reporting.effects} == {JUDGED_OTHERWISE}


def test_a_day_of_a_site_is_moved_by_rows_or_by_the_end_of_its_night(published: Path) -> None:
    rows = [passage(number, "2026-03-02", hour, site="YZ02") for number, hour in enumerate(range(24), 300)]
    delivery = deliver(published, "wim_passage", "wim_passage_20260304.csv", rows)
    publish(build_night(published, NEXT))
    told = why_changed("site_reporting_rate", LAST_NIGHT, NEXT, FIRST, NEXT)
    assert sums(told) == told.difference
    late, *expected = told.effects
    assert (late.kind, late.day, late.site_code, late.numerator, late.denominator) == (
        CAME_LATE, date(2026, 3, 2), "YZ02", 1, 0,
    )  # fmt: skip
    assert [(cause.delivery_id, cause.row_count, cause.source_line) for cause in late.causes] == [(delivery, 24, 2)]
    assert {(one.kind, one.day, one.denominator) for one in expected} == {(EXPECTED, NEXT, 1)}
    assert len(expected) == 3


def test_rows_of_new_days_are_told_by_delivery(published: Path) -> None:
    rows = [passage(number, "2026-03-04", 8) for number in range(400, 405)]
    deliver(published, "wim_passage", "wim_passage_20260304.csv", rows)
    publish(build_night(published, NEXT))
    effect = only(why_changed("flagged_share", LAST_NIGHT, NEXT, FIRST, NEXT))
    assert (effect.kind, effect.row_count, effect.denominator, effect.source_line) == (CAME, 5, 5, 2)


def test_nothing_changed_is_said(published: Path) -> None:
    again = deliver(published, "vehicle", "vehicle_20260226.csv")
    publish(build_night(published, NEXT))
    told = changed("overload_rate")
    assert (told.effects, told.difference) == ([], (0, 0))
    assert f"Nothing changed: no row counts for something else than on {LAST_NIGHT}." in lines_of(told)
    same = why_changed("overload_rate", NEXT, date(2026, 4, 1), FIRST, LAST)
    assert any(line.startswith("Both days know what the night of 2026-03-04 knew") for line in lines_of(same))
    assert again


def test_a_published_number_that_differs_is_explained_as_far_as_it_is_known(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More came after the night had closed, and its version was built again; then the code changed."""
    late = deliver(published, "wim_passage", "wim_passage_20260304.csv", [passage(9, "2026-02-28", 7)])
    publish(build_night(published))
    deliver(published, "wim_passage", "wim_passage_20260305.csv", [passage(13, "2026-02-28", 9)])
    publish(build_night(published, NEXT))
    first, *more = changed("weighed_count").notes
    assert first.startswith("Version 2, published for the night of 2026-03-03, says weighed_count = ")
    assert more == [f"It was built after more had come: 1 deliveries of it belong to a later night, first {late[:12]}."]
    now = module.published_manifest()
    assert now is not None
    told = dict(now, code="other", tables={**now["tables"], "seeds.parameter": {"rows": 0, "digest": "0"}})
    told["raw"] = {**now["raw"], "vehicle": {**now["raw"]["vehicle"], "columns": []}}
    monkeypatch.setattr(module, "published_manifest", lambda: told)
    assert changed("weighed_count").notes[2:] == [
        "The models, the declarations they read or the engine changed since: the digest of the code differs.",
        "Rules changed since: seeds.parameter.",
        "Declarations changed since: vehicle.",
    ]
    monkeypatch.setattr(module, "versions", list)
    assert [note.split(",")[0] for note in changed("weighed_count").notes] == [
        "No version of the night of 2026-03-03 is kept any more"
    ]


def test_every_register_that_judges_a_passage_can_be_named() -> None:
    """Self-tests and re-checks judge, too; they are events, and no register row stands behind them."""
    registers = {f"staging.{table.name}" for table in raw_tables() if table.kind != "event"}
    assert {one.table for one in JOINED} == registers & set(sql.in_order(["mart.overload_daily"]))


def test_the_command_prints_table_json_and_csv(published: Path) -> None:
    deliver(published, "wim_passage", "=wim_passage_20260304.csv", [passage(9, "2026-02-28", 7)])
    publish(build_night(published, NEXT))
    asked = ["why-changed", "weighed_count", "--from", "2026-03-03", "--period", "2026-02-26..2026-03-03"]

    def run(*more: str) -> str:
        result = CliRunner().invoke(app, [*asked, *more])
        assert result.exit_code == 0, result.output
        return result.stdout

    assert "Difference: weighed_count +1, by these rows:" in run()
    told = json.loads(run("--format", "json"))
    assert told["difference"] == {"numerator": 1, "denominator": 0}
    assert [one["kind"] for one in told["effects"]] == ["came late"]
    assert told["before"]["night"] == "2026-03-03"
    (row,) = csv.DictReader(io.StringIO(run("--format", "csv")))
    assert (row["name"], row["source_line"], row["numerator"]) == ("'=wim_passage_20260304.csv", "2", "1")
    assert "0 of 1 lines" in run("--limit", "0")
    with pytest.raises(WarehouseError, match="Exchange them"):
        why_changed("weighed_count", NEXT, LAST_NIGHT, FIRST, LAST)
    with pytest.raises(WarehouseError, match="is no metric"):
        why_changed("weight", LAST_NIGHT, NEXT, FIRST, LAST)
    for wrong in (["--month", "2026-02"], ["--format", "xml"]):
        assert CliRunner().invoke(app, [*asked, *wrong]).exit_code != 0
    effects = changed("weighed_count")
    assert document(effects)["by_kind"][0]["row_count"] == 1
    assert table_of(effects, 1).row_count == 1
    stream = io.StringIO()
    write_csv(effects, stream)
    assert len(stream.getvalue().splitlines()) == 2
