"""Findings follow what comes late, passages as well as captures, and equal those of a build from nothing."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prefecture import build_night, deliver, passage
from test_incremental import PHONES, digest, monitored

from etl.jt808 import encode
from warehouse.connection import snapshot
from warehouse.publish import publish

FIRST, SECOND = PHONES
FOUND = """
    select plate_no, finding_kind, finding_grade, passed_at from mart.terminal_finding
    order by event_date, plate_no, finding_kind"""


def drive(plate: str, hour: int, latitude: float) -> bytes:
    """An hour north, far from every scale, a point every 30 s."""
    begin = datetime(2026, 3, 2, hour)
    return b"".join(
        encode.frame(
            0x0200, PHONES[plate], number,
            encode.location(
                latitude + number * 0.0045 + number % 7 * 0.0001, 111.6,
                f"{begin + timedelta(seconds=30 * number):%y%m%d%H%M%S}", speed_kmh=60 + number % 9 / 10,
            ),
        )
        for number in range(120)
    )  # fmt: skip


def weighed(plate: str, at: str, number: int) -> str:
    day, time = at.split()
    return passage(number, day, int(time[:2]), plate_no=plate, passed_at=at, uploaded_at=at)


NIGHTS = (
    ("wim_site", "wim_site_20260226.csv", ["YZ01,甲站,Site one,431103,G207,12.5,26.4,111.6,2024-01-01,"]),
    ("monitored_vehicle", "monitored_vehicle_20260228.parquet", monitored(list(PHONES))),
    ("terminal_capture", "terminal_capture_20260302-08.jt808", drive(FIRST, 8, 28.0)),
    ("wim_passage", "wim_passage_20260305.csv", [
        weighed(FIRST, "2026-03-02 08:30:00", 1), weighed(SECOND, "2026-03-02 08:30:01", 2),
        weighed(SECOND, "2026-03-02 08:30:01", 3), weighed("湘MK1009", "2026-03-02 08:30:02", 4),
    ]),
    ("terminal_capture", "terminal_capture_20260302-08-2.jt808", drive(SECOND, 8, 27.0)),
)  # fmt: skip


def built(home: Path) -> list[tuple[str, str, str, str]]:
    publish(build_night(home))
    return [
        (plate, kind, grade, f"{at:%H:%M:%S}")
        for plate, kind, grade, at in snapshot().read(FOUND).itertuples(index=False, name=None)
    ]


def test_a_passage_that_comes_days_late_is_compared_and_a_capture_that_comes_later_still_clears_or_changes_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for feed, name, data in NIGHTS[:3]:
        deliver(home, feed, name, data)
    assert built(home) == []
    deliver(home, *NIGHTS[3])
    elsewhere = (FIRST, "scale_elsewhere", "strong", "08:30:00")
    assert built(home) == [elsewhere, *[(SECOND, "scale_silent", "strong", "08:30:01")] * 2]
    deliver(home, *NIGHTS[4])
    found = built(home)
    assert found == [elsewhere, *[(SECOND, "scale_elsewhere", "strong", "08:30:01")] * 2]
    incremental = digest()
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("HENG_HOME", str(other))
    for feed, name, data in reversed(NIGHTS):
        deliver(other, feed, name, data)
    assert built(other) == found
    assert digest() == incremental
