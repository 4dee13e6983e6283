"""How a declaration says what foreign files do: clocks, joined parts, other headings, exchanged positions."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from etl.contract import CONTENT, Feed, FixedWidth, Read, Rule, read
from etl.errors import DeliveryStopped
from etl.feeds import own
from etl.parse import parse
from warehouse import columns as c
from warehouse.columns import Column
from warehouse.home import REPOSITORY

SPEED = c.speed_kmh.optional()


def feed(at: Read, **rest: Any) -> Feed:
    told = {
        "columns": {"at": at, "kmh": SPEED},
        "files": r"(?P<site>[A-Z]\d+)?[^/]*\.csv",
        "key": CONTENT,
        "quarantine_share_stop": 1.0,
    }
    return Feed(
        name="foreign",
        doc="A foreign file.",
        title_zh="外来",
        title_en="Foreign",
        grain="one row",
        owner="tests",
        schedule=None,
        expected_every_days=None,
        **(told | rest),
    )


@pytest.fixture
def landed(tmp_path: Path) -> Callable[..., tuple[list[tuple[Any, ...]], dict[int, str]]]:
    """``landed(feed, data, query)``: rows of the query over what was accepted, and reasons by line."""

    def landed(
        declared: Feed, data: str, query: str = "select passed_at from landed order by source_line", name: str = "x.csv"
    ) -> tuple[list[tuple[Any, ...]], dict[int, str]]:
        path = tmp_path / name
        path.write_bytes(data.encode())
        work = Path(tempfile.mkdtemp(dir=tmp_path))
        parsed = parse(declared, path, name, "0" * 64, "2026-11-23|", "2026-11-24 02:00:00", work)
        found = parsed.connection.execute(query).fetchall()
        refused = dict(parsed.connection.execute("select source_line, reason from refused").fetchall())
        parsed.close()
        return found, refused

    return landed


Landed = Callable[..., tuple[list[tuple[Any, ...]], dict[int, str]]]


@pytest.mark.parametrize(
    ("how", "text", "expected"),
    [
        ({"form": "%m/%d/%Y %I:%M:%S %p"}, "03/04/2026 12:00:01 AM", datetime(2026, 3, 4, 0, 0, 1)),
        ({"form": "%m/%d/%Y %I:%M:%S %p"}, "03/04/2026 12:00:01 PM", datetime(2026, 3, 4, 12, 0, 1)),
        ({"form": "%m/%d/%Y %I:%M:%S %p"}, "03/04/2026 13:00:01 PM", "R-TIME"),
        ({"form": "%m/%d/%Y %I:%M:%S %p"}, "3/04/2026 01:00:01 PM", "R-DATEFORM"),
        ({"form": "%m/%d/%Y %I:%M:%S %p"}, "03/04/2026 01:00:01", "R-DATEFORM"),
        ({"form": "%-m/%-d/%Y %-H:%M"}, "3/4/2026 7:05", datetime(2026, 3, 4, 7, 5)),
        ({"form": "%-m/%-d/%Y %-H:%M"}, "13/4/2026 7:05", "R-TIME"),
        ({"form": "%-m/%-d/%Y %-H:%M"}, "3/4/26 7:05", "R-DATEFORM"),
        ({"form": "%-m/%-d/%Y %-H:%M"}, "3/4/2026 7:5", "R-DATEFORM"),
        ({"form": "%d.%m.%y %H:%M"}, "04.03.26 07:05", datetime(2026, 3, 4, 7, 5)),
        ({"form": "epoch", "zone": "+00:00"}, "1772550305", datetime(2026, 3, 3, 23, 5, 5)),
        ({"form": "epoch"}, "1772550305", datetime(2026, 3, 3, 15, 5, 5)),
        ({"form": "epoch"}, "1772550305.5", "R-DATEFORM"),
        ({"form": "epoch"}, "99999999999", "R-TIME"),
        ({"zone": "+00:00"}, "2026-03-04 20:00:00", datetime(2026, 3, 5, 4, 0)),
        ({"zone": "-05:30"}, "2026-03-04T20:00", datetime(2026, 3, 5, 9, 30)),
        ({"zone": "+00:00"}, "2026-03-04 20:00:00+08:00", datetime(2026, 3, 4, 20, 0)),
        ({"zone": "+00:00", "form": "%Y%m%d%H"}, "2026030420", datetime(2026, 3, 5, 4, 0)),
        ({"pad": (6,), "form": "%d%m%y"}, "40326", datetime(2026, 3, 4)),
        ({"pad": (6,), "form": "%d%m%y"}, "4O326", "R-DATEFORM"),
    ],
)
def test_a_clock_is_read_as_declared_and_in_no_other_form(
    how: dict[str, Any], text: str, expected: datetime | str, landed: Landed
) -> None:
    found, refused = landed(feed(read(c.passed_at, **how)), f"at,kmh\n{text},50\n")
    assert (found, refused) == (([], {2: expected}) if isinstance(expected, str) else ([(expected,)], {}))


PARTS = read(c.passed_at, followed_by=("h", "m", "s", "cs"), pad=(6, 2, 2, 2, 2), form="%d%m%y %H %M %S %f")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ("40326,7,5,9,4", datetime(2026, 3, 4, 7, 5, 9, 40_000)),
        ("140326,17,55,59,99", datetime(2026, 3, 14, 17, 55, 59, 990_000)),
        ("40326,7,,9,4", "R-DATEFORM"),
        (",,,,", "R-EMPTY"),
        ("40326,24,0,0,0", "R-TIME"),
        ("40326,-7,5,9,4", "R-DATEFORM"),
    ],
)
def test_parts_of_an_instant_are_one_value(texts: str, expected: datetime | str, landed: Landed) -> None:
    found, refused = landed(feed(PARTS), f"at,h,m,s,cs,kmh\n{texts},50\n")
    assert (found, refused) == (([], {2: expected}) if isinstance(expected, str) else ([(expected,)], {}))


def test_the_parts_may_stand_in_any_order(landed: Landed) -> None:
    assert landed(feed(PARTS), "cs,kmh,s,m,h,at\n4,50,9,5,7,40326\n")[0] == [(datetime(2026, 3, 4, 7, 5, 9, 40_000),)]


def test_parts_of_fixed_width_are_joined_too(landed: Landed) -> None:
    at = read(c.passed_at, followed_by=("7-8",), form="%d%m%y %H")
    declared = feed(at, columns={"1-6": at, "9-11": SPEED}, format=FixedWidth(11), files=".*")
    assert landed(declared, "04032607 50\n")[0] == [(datetime(2026, 3, 4, 7),)]


def test_one_of_the_headings_is_there(landed: Landed) -> None:
    declared = feed(read(c.passed_at, also_called=("time", "时间")))
    for heading in ("at", "time", "时间"):
        found, refused = landed(declared, f"{heading},kmh\n2026-03-04 07:05:09,50\n{heading},kmh\n")
        assert found == [(datetime(2026, 3, 4, 7, 5, 9),)]
        assert refused == {3: "R-FIELDS"}
    for headings in ("kmh", "at,time,kmh"):
        with pytest.raises(DeliveryStopped) as stop:
            landed(declared, f"{headings}\n{','.join('1' for _ in headings.split(','))}\n")
        assert stop.value.reason == "D-COLUMNS"


def test_a_heading_that_may_lack_is_empty_without_it_and_read_with_it(landed: Landed) -> None:
    declared = feed(read(c.passed_at), columns={"at": c.passed_at, "kmh": read(SPEED, may_lack=True), "l": c.lane_code})
    query = "select speed_kmh, lane_code from landed"
    assert landed(declared, "l,at\n1,2026-03-04 07:05:09\n", query)[0] == [(None, "1")]
    assert landed(declared, "l,kmh,at\n1,50,2026-03-04 07:05:09\n", query)[0] == [(50.0, "1")]


def test_more_digits_than_declared_are_no_plain_number(landed: Landed) -> None:
    data = "at,kmh\n2026-03-04 07:05:09,50.1234567890123\n"
    assert landed(feed(read(c.passed_at)), data)[1] == {2: "R-NUMBER"}
    wide = feed(read(c.passed_at), columns={"at": c.passed_at, "kmh": read(SPEED, decimals=13)})
    assert landed(wide, data, "select speed_kmh from landed")[0] == [(50.1234567890123,)]


def test_a_line_that_is_no_record_is_told_before_its_values(landed: Landed) -> None:
    declared = feed(read(c.passed_at), columns={"at": c.passed_at, "l": c.lane_code, "kmh": SPEED})
    data = "at,l,kmh\n2026-03-04 07:05:09,1,50\n,,\n,,x\n"
    assert landed(declared, data)[1] == {3: "R-EMPTY", 4: "R-EMPTY"}
    remains = Rule("R-FIELDS", "passed_at is null and lane_code is null", "the remains of a heading", first=True)
    assert landed(replace(declared, quarantine=(remains,)), data)[1] == {3: "R-FIELDS", 4: "R-FIELDS"}


def test_the_name_of_the_file_delivers_a_column(landed: Landed) -> None:
    declared = feed(read(c.passed_at), from_name={"site": c.site_code})
    query = "select site_code, record_id from landed"
    data = "at,kmh\n2026-03-04 07:05:09,50\n"
    here, _ = landed(declared, data, query, name="S01_x.csv")
    there, _ = landed(declared, data, query, name="S02_x.csv")
    assert (here[0][0], there[0][0]) == ("S01", "S02")
    assert here[0][1] != there[0][1]


POSITIONS = {"at": c.passed_at, "lat": c.latitude, "lon": c.longitude}
PLACES = ("26.4,111.6", "26.5,111.7", "26.6,111.8", "26.7,111.9")


def _positions(places: tuple[str, ...], heading: str = "lat,lon") -> str:
    lines = (f"2026-03-04 07:0{minute}:00,{place}" for minute, place in enumerate(places))
    return "\n".join((f"at,{heading}", *lines)) + "\n"


@pytest.mark.parametrize("area", [None, (24.5, 27.0, 110.8, 112.6)])
def test_exchanged_positions_stop_with_an_area_and_without(area: tuple[float, ...] | None, landed: Landed) -> None:
    declared = feed(read(c.passed_at), columns=POSITIONS, area=area)
    assert len(landed(declared, _positions(PLACES))[0]) == 4
    with pytest.raises(DeliveryStopped) as stop:
        landed(declared, _positions(PLACES, "lon,lat"))
    assert stop.value.reason == "D-SWAP"
    assert "foreign" in stop.value.message
    assert "x.csv" in stop.value.message
    assert "ask the sender" in stop.value.message


def test_single_exchanged_positions_are_rows_for_quarantine(landed: Landed) -> None:
    declared = feed(read(c.passed_at), columns=POSITIONS)
    found, refused = landed(declared, _positions((*PLACES, "111.6,26.4")))
    assert (len(found), refused) == (4, {6: "R-RANGE"})


def test_a_position_outside_the_area_is_flagged(landed: Landed) -> None:
    declared = feed(read(c.passed_at), columns=POSITIONS, area=(24.5, 27.0, 110.8, 112.6))
    query = "select flags from landed order by source_line"
    assert landed(declared, _positions((*PLACES, "28.2,112.9")), query)[0] == [("",)] * 4 + [("R-POSITION",)]


@pytest.mark.parametrize(
    ("at", "rest", "word"),
    [
        (read(c.passed_at, pad=(2, 2)), {}, "pad has one width"),
        (read(c.passed_at, zone="CST"), {}, "is no offset"),
        (read(c.passed_at, may_lack=True), {}, "may lack its heading"),
        (read(c.passed_at), {"area": (1.0, 2.0, 3.0, 4.0)}, "needs latitude and longitude"),
        (read(c.passed_at), {"from_name": {"county": c.site_code}}, "no group of files"),
        (read(c.passed_at), {"from_name": {"site": Column("n", "INTEGER", "", "")}}, "no VARCHAR column"),
    ],
)
def test_a_reading_that_means_nothing_is_refused(at: Read, rest: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        feed(at, **rest)


def test_declarations_of_one_s_own_are_read_from_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "_shared.py").write_text("OWNER = 'us'\n", encoding="utf-8")
    (folder / "gate_count.py").write_text(
        "from etl.contract import CONTENT, Feed\n"
        "from warehouse import columns as c\n"
        "from ._shared import OWNER\n"
        "FEED = Feed(name='gate_count', doc='', grain='', owner=OWNER, files='.*', title_zh='', title_en='',\n"
        "    columns={'at': c.passed_at, 'lane': c.lane_code}, key=CONTENT)\n",
        encoding="utf-8",
    )
    vendor = tmp_path / "vendor.csv"
    vendor.write_text("at,lane\n2026-03-04 07:05:09,1\n2026-03-04 07:05:10,\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "etl.cli", "feeds", "check", "gate_count", str(vendor), "--json"],
        env=os.environ | {"HENG_FEEDS": str(folder), "HENG_HOME": str(tmp_path / "heng")},
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert '"accepted": 1' in done.stdout, done.stderr
    assert '"R-EMPTY": 1' in done.stdout
    with pytest.raises(FileNotFoundError, match="no folder"):
        own(tmp_path / "nowhere")
