"""Alarms over several nights: what is handled later makes a burst then, whatever came first, and no other day is built.

The last two headings (appeals) are lacking, as in extracts of before they were told.
"""

from datetime import date
from pathlib import Path

import pytest
from prefecture import build_night, deliver

from etl.demo import rows, writer
from etl.feeds import FEEDS
from etl.identity import uscc
from warehouse.connection import snapshot
from warehouse.publish import publish, published_manifest

FIRM = uscc("91431100MAE00001")
BEGAN = [f"2026-03-0{day} 1{number}:00:00" for day in (1, 2) for number in range(6)]
OLD_HEADINGS = FEEDS["terminal_alarm"].headings[:-2]


def alarms(handled_at: str = "") -> bytes:
    """A dozen alarms of two days, as an extract of before appeals were told; all handled at that time, or none."""
    way = "登记" if handled_at else ""
    lines = [
        f"BJ{number},湘M{number % 3:05d},黄色,抽烟,二级,车载终端,{began},,,30,{handled_at or '未处理'},{way},否"
        for number, began in enumerate(BEGAN)
    ]
    return "\n".join([",".join(OLD_HEADINGS), *lines, ""]).encode("gb18030")


def vehicles(begins: date = date(2025, 1, 1)) -> bytes:
    listed = [
        {
            "plate_no": f"湘M{number:05d}", "plate_color_code": 2, "monitored_class": "line_coach", "uscc": FIRM,
            "county_code": "431103", "seat_count": 49, "has_smart_terminal": False, "valid_from": begins,
        }
        for number in range(3)
    ]  # fmt: skip
    return writer.write(FEEDS["monitored_vehicle"], rows.as_table("monitored_vehicle", listed))


NIGHTS = (
    ("monitored_vehicle", "monitored_vehicle_20260301.parquet", vehicles()),
    ("terminal_alarm", "terminal_alarm_20260302.csv", alarms()),
    ("terminal_alarm", "terminal_alarm_20260303.csv", alarms("2026-03-03 09:00:00")),
)
BURSTS = "select event_date, uscc, closed_alarm_count, closed_vehicle_count from mart.alarm_burst"


def built(home: Path, **how: bool) -> tuple[set[str], str]:
    """Days that were built, and the digest of the version."""
    build = build_night(home, **how)
    publish(build)
    manifest = published_manifest()
    assert manifest is not None
    return {str(day) for day in build.touched}, manifest["digest"]


@pytest.fixture
def first_night(home: Path) -> Path:
    for feed, name, data in NIGHTS[:2]:
        deliver(home, feed, name, data)
    built(home)
    return home


def test_a_burst_is_of_the_night_in_which_alarms_of_days_before_were_handled(
    first_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert snapshot().read(BURSTS).empty
    deliver(first_night, *NIGHTS[2][:2], NIGHTS[2][2])
    touched, incremental = built(first_night)
    assert touched == {"2026-03-01", "2026-03-02"}
    (burst,) = snapshot().read(BURSTS).to_dict("records")
    assert str(burst.pop("event_date"))[:10] == "2026-03-03"
    assert burst == {"uscc": FIRM, "closed_alarm_count": 12, "closed_vehicle_count": 3}
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("HENG_HOME", str(other))
    for feed, name, data in reversed(NIGHTS):
        deliver(other, feed, name, data)
    assert built(other)[1] == incremental


def test_a_register_row_that_comes_later_tells_whose_the_alarms_were(first_night: Path) -> None:
    """Days of alarms are built anew although no capture belongs to them."""
    later = vehicles(date(2026, 3, 2))
    deliver(first_night, "monitored_vehicle", "monitored_vehicle_20260303.parquet", later)
    touched, incremental = built(first_night)
    assert touched == {"2026-03-02"}
    assert built(first_night, full=True)[1] == incremental
