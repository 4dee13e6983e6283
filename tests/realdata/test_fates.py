"""Every row of the real files has its fate, and the same one whenever and however the file is read."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from real_reading import FOLDER, read

from etl.contract import Feed
from etl.errors import DeliveryStopped
from etl.parse import Parsed
from etl.readers import lines


@dataclass(frozen=True)
class Fate:
    """What becomes of a file. ``delivered`` are its lines without the heading and without empty ones."""

    feed: str
    delivered: int
    quarantined: dict[str, int] = field(default_factory=dict)
    flagged: dict[str, int] = field(default_factory=dict)
    warned: dict[str, int] = field(default_factory=dict)
    repeated: int = 0


FATES = {
    "gps/athens_pneuma_drone_tracks.csv.gz": Fate("athens_position", 14_430),
    "gps/austin_vehicle_trips.csv.gz": Fate(
        "austin_position", 186_498, {"R-CONFLICT": 2}, {"R-JUMP": 15}, {"R-GAP": 1_159}
    ),
    "gps/geolife_beijing_user001.csv.gz": Fate("geolife_position", 108_607, {}, {"R-JUMP": 18}, {"R-GAP": 114}),
    "gps/jt808_area_test_track.csv": Fate("jt808_track", 27),
    "hazards/chicago_311_potholes_dec2018.csv.gz": Fate("chicago_pothole", 499),
    "hazards/nyc_311_animal_complaints.csv.gz": Fate("nyc_animal_complaint", 2_936),
    "hazards/sf_311_service_requests.csv.gz": Fate("sf_service_request", 5_049, {"R-ORDER": 10}, {"R-POSITION": 2_162}),
    "hazards/syracuse_potholes_filled_2016_export_b.csv.gz": Fate(
        "syracuse_pothole_b", 4_037, {}, {"R-CODE": 10}, repeated=1
    ),
    "hazards/syracuse_road_ratings_2008_2015.csv.gz": Fate(
        "syracuse_road_rating", 39_076, {"R-DATEFORM": 166, "R-NUMBER": 32}, {"R-CODE": 94, "R-ZERO": 4}
    ),
    # Six of its 2,420 records hold a line end; each half is a line of its own.
    "violations/montgomery_md_traffic_violations.csv.gz": Fate(
        "montgomery_citation", 2_426, {"R-QUOTE": 12}, {"R-CODE": 1, "R-POSITION": 10}
    ),
    "violations/nyc_owed_by_plate.csv.gz": Fate("nyc_owed", 77_883, {"R-NUMBER": 1_327}, repeated=342),
    "wim/ca_tams_7005_passes_2016-02-23_24.csv.gz": Fate(
        "california_pass", 160_214, {}, {"R-ABSENT": 125}, {"R-SEQUENCE": 23_233, "R-WRAP": 14}
    ),
    "wim/ca_wim_hourly_site108_N_2012.csv.gz": Fate(
        "california_hour", 8_784, {}, {"R-ABSENT": 1_260, "R-DEAD": 2_208, "R-ZERO": 2_208}
    ),
    "wim/ca_wim_hourly_site108_S_2012.csv.gz": Fate(
        "california_hour", 8_784, {}, {"R-ABSENT": 1_259, "R-DEAD": 2_208, "R-ZERO": 2_208}
    ),
    "wim/ch_sartc_CH049_2019-08-31_jam.csv.gz": Fate(
        "swiss_count", 6_433, {}, {"R-STATUS": 31}, {"R-LOST": 3_073, "R-SEQUENCE": 1_016}
    ),
    "wim/ch_sartc_CH167_2019-08-23.csv.gz": Fate(
        "swiss_count",
        92_441,
        {"R-FIELDS": 11},
        {"R-STATUS": 23},
        {"R-LOST": 2, "R-SEQUENCE": 15_645, "R-WRAP": 2},
    ),
    "wim/ch_sartc_CH289_2017-04-01_lane2.csv.gz": Fate(
        "swiss_lane_count", 12_683, {}, {"R-ABSENT": 12_683, "R-STATUS": 1}, {"R-WRAP": 1}
    ),
    "wim/ch_sartc_CH289_2019-05-03.csv.gz": Fate(
        "swiss_count", 64_394, {"R-FIELDS": 9}, {"R-STATUS": 10}, {"R-LOST": 2, "R-SEQUENCE": 4_112, "R-WRAP": 1}
    ),
    "wim/ch_wim_daily_top10_axle_events_402_405_408.csv.gz": Fate("swiss_top_load", 87_800, repeated=12),
    "wim/wim_sites_reference.csv.gz": Fate("wim_site_reference", 153),
}


def digest(parsed: Parsed) -> list[tuple[object, ...]]:
    """Everything that was decided about the rows, in one line."""
    return parsed.connection.execute(
        "select count(*), md5(string_agg(concat_ws('|', source_line, record_id, row_digest, version_rank, flags),"
        " ',' order by source_line)), (select md5(string_agg(concat_ws('|', source_line, reason, detail),"
        " ',' order by source_line)) from refused) from landed"
    ).fetchall()


@pytest.mark.parametrize("name", FATES)
def test_every_row_of_a_real_file_has_its_fate(name: str, landed: Callable[[str, str], Parsed]) -> None:
    expected = FATES[name]
    parsed = landed(expected.feed, name)
    quarantined = sum(parsed.quarantined.values())
    assert parsed.delivered == expected.delivered == parsed.accepted + quarantined
    assert dict(parsed.quarantined) == expected.quarantined
    assert dict(parsed.flagged) == expected.flagged
    assert dict(parsed.warned) == expected.warned
    assert (parsed.repeated, parsed.superseded) == (expected.repeated, 0)


@pytest.mark.parametrize("name", FATES)
def test_a_second_reading_in_smaller_pieces_gives_the_same_digest(
    name: str,
    landed: Callable[[str, str], Parsed],
    feeds: dict[str, Feed],
    real: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = digest(landed(FATES[name].feed, name))
    monkeypatch.setattr(lines, "CHUNK_BYTES", 1 << 20)
    again = read(feeds[FATES[name].feed], real(name), tmp_path)
    assert digest(again) == first
    assert again.warned == FATES[name].warned
    again.close()


@pytest.mark.parametrize("name", [name for name, fate in FATES.items() if fate.quarantined])
def test_quarantine_keeps_the_line_as_it_was_delivered(
    name: str, landed: Callable[[str, str], Parsed], real: Callable[[str], Path]
) -> None:
    parsed = landed(FATES[name].feed, name)
    path = real(name)
    delivered = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).split(b"\n")
    kept = parsed.connection.execute("select source_line, byte_offset, raw from refused").fetchall()
    assert len(kept) == sum(FATES[name].quarantined.values())
    for line, offset, raw in kept:
        assert delivered[line - 1].rstrip(b"\r") == raw
        assert offset == sum(len(before) + 1 for before in delivered[: line - 1])


def test_every_declaration_is_held_by_a_file(feeds: dict[str, Feed]) -> None:
    assert {fate.feed for fate in FATES.values()} | {"syracuse_pothole_a"} == set(feeds)
    assert len(feeds) == len([path for path in FOLDER.glob("*.py") if not path.name.startswith("_")])


@pytest.mark.parametrize("name", FATES)
def test_a_file_under_another_declaration_stops(
    name: str, feeds: dict[str, Feed], real: Callable[[str], Path], tmp_path: Path
) -> None:
    other = feeds["wim_site_reference" if FATES[name].feed != "wim_site_reference" else "swiss_count"]
    with pytest.raises(DeliveryStopped) as stop:
        read(other, real(name), tmp_path)
    assert stop.value.reason == "D-COLUMNS"
    assert other.name in stop.value.message
    assert real(name).name in stop.value.message
