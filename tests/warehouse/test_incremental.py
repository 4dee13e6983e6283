"""What arrives after a build gives what a build of everything gives; what is lost is made again."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from prefecture import LAST_NIGHT, build_night, deliver, passage

from warehouse.connection import snapshot
from warehouse.publish import publish, published_manifest, verify


def digest() -> str:
    manifest = published_manifest()
    assert manifest is not None
    return manifest["digest"]


def test_corrections_and_register_rows_that_come_later_equal_a_full_build(published: Path) -> None:
    """A correction that moves a passage past midnight, and a register row that covers only days in between."""
    moved = passage(2600, "2026-02-26", 0, passed_at="2026-02-27 00:20:00", uploaded_at="2026-03-02 05:00:00")
    deliver(published, "wim_passage", "wim_passage_20260302_corrected.csv", [moved])
    between = "湘M10000,2,Q,货车,6,30000,1,0,0,示例运输0号,43110,2019-05-20,2026-02-27,2026-02-28"
    deliver(published, "vehicle", "vehicle_20260302.csv", [between])
    build = build_night(published)
    assert {str(day) for day in build.touched} == {"2026-02-27", "2026-02-28"}
    publish(build)
    incremental = digest()
    publish(build_night(published, full=True))
    assert digest() == incremental
    doubled = snapshot().read("select record_id from core.passage group by record_id having count(*) > 1")
    assert doubled.empty


@pytest.mark.parametrize("lost", ["parts", "manifest"])
def test_lost_derived_files_are_made_again_by_a_plain_build(published: Path, lost: str) -> None:
    before = digest()
    if lost == "parts":
        shutil.rmtree(published / "parts")
    else:
        (published / "snapshots" / str(snapshot().version) / "manifest.json").unlink()
    publish(build_night(published))
    assert verify() == []
    assert digest() == before
    assert not snapshot().read("select record_id from core.passage limit 1").empty


def test_building_an_older_night_again_does_not_make_the_version_older(published: Path) -> None:
    build = build_night(published, LAST_NIGHT - timedelta(days=2))
    assert build.manifest["business_date"] == LAST_NIGHT.isoformat()
    assert build.touched == []
    build.discard()


@pytest.mark.parametrize("at", [0, 12 << 10], ids=["heading", "data"])
def test_a_damaged_month_that_no_delivery_touches_is_made_anew(published: Path, at: int) -> None:
    """The same size, other bytes: found when the month is read, although the night has nothing to do with it."""
    before = digest()
    told = published_manifest()
    assert told is not None
    oldest = published / told["parts"][min(told["parts"])]["file"]
    data = bytearray(oldest.read_bytes())
    data[at:] = b"\xff" * len(data[at:])
    oldest.chmod(0o600)
    oldest.write_bytes(data)
    build = build_night(published)
    assert {str(day)[:7] for day in build.touched} == {min(told["parts"])}
    publish(build)
    assert verify() == []
    assert digest() == before
