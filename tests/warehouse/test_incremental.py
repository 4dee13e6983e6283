"""What arrives after a build gives what a build of everything gives; what is lost is made again."""

import io
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from prefecture import LAST_NIGHT, build_night, deliver, passage
from pyarrow import parquet

from etl.jt808 import encode
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


def test_a_vehicle_registered_later_is_suggested_for_plates_read_in_its_place(published: Path) -> None:
    """The day holds no passage of the new plate, only one that may be a misreading of it."""
    misread = passage(3000, "2026-02-28", 5, plate_no="湘M7B345", plate_confidence="0.6")
    deliver(published, "wim_passage", "wim_passage_20260302_more.csv", [misread])
    publish(build_night(published))
    suggested = "select suggested_plate_no, suggestion_grade from mart.plate_suggestion where plate_no = '湘M7B345'"
    assert snapshot().read(suggested).empty
    late = "湘M78345,2,Q,汽车列车,3,40000,2,0,0,示例运输9号,43119,2019-05-20,2019-05-20,"
    deliver(published, "vehicle", "vehicle_20260302.csv", [late])
    build = build_night(published)
    assert {str(day) for day in build.touched} == {"2026-02-28"}
    publish(build)
    assert snapshot().read(suggested)["suggested_plate_no"].tolist() == ["湘M78345"]
    incremental = digest()
    publish(build_night(published, full=True))
    assert digest() == incremental


PHONES = {"湘MK1001": "013900000001", "湘MK1002": "013900000002"}


def monitored(plates: list[str], begins: date = date(2025, 1, 1)) -> bytes:
    rows = [
        {
            "plate": plate, "color": 2, "veh_class": "BXKC", "seats": 49, "owner_uscc": "91431100MAE0000107",
            "county": "431103", "line_no": None, "terminal_no": f"ZD{number}", "sim": PHONES[plate],
            "terminal_model": None, "protocol": "2013", "smart_terminal": True, "slogan": None, "from_date": begins,
            "to_date": None,
        }
        for number, plate in enumerate(plates)
    ]  # fmt: skip
    schema = pa.schema(
        {
            **{name: pa.string() for name in rows[0]},
            **{name: pa.int32() for name in ("color", "seats")},
            **{name: pa.bool_() for name in ("smart_terminal", "slogan")},
            **{name: pa.date32() for name in ("from_date", "to_date")},
        }
    )
    buffer = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows, schema), buffer)
    return buffer.getvalue()


def drive(begin: datetime, hours: float) -> bytes:
    """Both vehicles drive north at 60 km/h from ``begin`` on, a point every 30 s."""
    frames = []
    for number in range(int(hours * 120)):
        at = begin + timedelta(seconds=30 * number)
        north = 25.0 + (at - datetime(2026, 3, 1)).total_seconds() * 60 / 3_600 / 111.2
        place = encode.location(north, 111.6, f"{at:%y%m%d%H%M%S}", speed_kmh=60, alarm_flags=2)
        frames += [encode.frame(0x0200, phone, number, place) for phone in PHONES.values()]
    return b"".join(frames)


def test_a_capture_that_comes_late_rebuilds_the_day_after_it_too(published: Path) -> None:
    """A drive from 20:30 to 02:00: its first hours come last, and make the night's drive longer."""
    deliver(published, "monitored_vehicle", "monitored_vehicle_20260228.parquet", monitored(list(PHONES)))
    for name, begin, hours in (
        ("20260301-22", datetime(2026, 3, 1, 22, 30), 1.5),
        ("20260302-00", datetime(2026, 3, 2), 2),
    ):
        deliver(published, "terminal_capture", f"terminal_capture_{name}.jt808", drive(begin, hours))
    publish(build_night(published))
    fatigue = "select fatigue_certain_s from mart.vehicle_day where event_date = '2026-03-02' order by plate_no"
    before = snapshot().read(fatigue)["fatigue_certain_s"].tolist()
    late = drive(datetime(2026, 3, 1, 20, 30), 2)
    deliver(published, "terminal_capture", "terminal_capture_20260301-20.jt808", late)
    build = build_night(published)
    assert {str(day) for day in build.touched} == {"2026-03-01", "2026-03-02"}
    publish(build)
    after = snapshot().read(fatigue)["fatigue_certain_s"].tolist()
    assert len(before) == len(after) == 2
    assert min(after) > max(before)
    for table, key in (
        ("mart.vehicle_day", "event_date, plate_no"),
        ("mart.row_fate", "event_date, feed, delivery_id"),
        ("core.driving_span", "event_date, plate_no, driving_began_at"),
    ):
        doubled = snapshot().read(f"select {key} from {table} group by {key} having count(*) > 1")
        assert doubled.empty, table
    incremental = digest()
    publish(build_night(published, full=True))
    assert digest() == incremental


def test_a_changed_terminal_touches_only_days_with_captures(published: Path) -> None:
    deliver(published, "monitored_vehicle", "monitored_vehicle_20260228.parquet", monitored(["湘MK1001"]))
    capture = drive(datetime(2026, 2, 28, 8), 1)
    deliver(published, "terminal_capture", "terminal_capture_20260228-08.jt808", capture)
    publish(build_night(published))
    assert snapshot().read("select plate_no from mart.vehicle_day where is_registered")["plate_no"].tolist() == [
        "湘MK1001"
    ]
    deliver(published, "monitored_vehicle", "monitored_vehicle_20260302.parquet", monitored(list(PHONES)))
    build = build_night(published)
    assert {str(day) for day in build.touched} == {"2026-02-28", "2026-03-01"}, "the day after, in the next month"
    publish(build)
    incremental = digest()
    publish(build_night(published, full=True))
    assert digest() == incremental


@pytest.mark.parametrize("lost", ["parts", "keys", "manifest"])
def test_lost_derived_files_are_made_again_by_a_plain_build(published: Path, lost: str) -> None:
    before = digest()
    if lost == "parts":
        shutil.rmtree(published / "parts")
    elif lost == "keys":
        for path in (published / "parts").glob("*.keys"):
            path.unlink()
    else:
        (published / "snapshots" / str(snapshot().version) / "manifest.json").unlink()
    build = build_night(published)
    assert (build.touched == []) is (lost == "keys"), "keys are made of the months that are there"
    publish(build)
    assert verify() == []
    assert digest() == before
    (row,) = snapshot().rows("select plate_no from core.passage where plate_no is not null limit 1")
    assert snapshot().passed([row["plate_no"]]).keys() == {row["plate_no"]}


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
