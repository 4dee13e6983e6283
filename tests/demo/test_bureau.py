"""The bureau's hazards, works, registers, supervision and terminals: published figures, and faults that are known."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from etl.demo import generate, hazards, registers, rows, supervision, terminals, tracks
from etl.demo.world import World, world
from etl.feeds import FEEDS
from etl.parse import parse

TOPICS = ("hazards", "platform", "registers", "supervision", "terminals")
LAST_DAY = date(2025, 12, 31)
RECEIVED_AT = "2026-06-01 02:00:00"


@pytest.fixture(scope="module")
def city() -> World:
    return world(7, "city", LAST_DAY - timedelta(days=364), LAST_DAY)


@pytest.fixture(scope="module")
def tiny() -> World:
    return world(7, "tiny", LAST_DAY - timedelta(days=69), LAST_DAY)


def test_the_hazards_of_a_city_year_are_the_published_ones(city: World) -> None:
    listed = [row for hazard in hazards.hazards(city) if (row := hazard.as_of(city.last_day))]
    assert all(city.first_day <= row["registered_on"] <= city.last_day for row in listed)
    of = Counter(row["hazard_category_code"] for row in listed)
    closed = Counter(row["hazard_category_code"] for row in listed if row["hazard_state"] == "CLOSED")
    assert (of["HWY"], closed["HWY"]) == (531, 531)
    assert of["SIGN"] == closed["SIGN"] > 0
    assert (closed["VESSEL"], closed["RAIL"]) == (75, 1_286)
    assert closed["ENT"] < of["ENT"], "a prefecture without an open hazard shows nothing"


def test_the_works_of_a_city_year_are_the_published_ones(city: World) -> None:
    assert sum(row["finished_on"] is not None for row in hazards.small_works(city)) == 802
    done = {
        kind: sum(row["done_quantity"] for row in hazards.road_works(city) if row["works_kind"] == kind)
        for kind in ("safety", "bridge", "refinement")
    }
    assert done == {"safety": 1_182, "bridge": 39, "refinement": 89}


def test_the_registers_of_a_city_year_are_the_published_ones(city: World) -> None:
    now = [row for row in registers.monitored(city) if row["valid_to"] is None]
    of = Counter(row["monitored_class"] for row in now)
    assert sum(of[name] for name in ("tourist_coach", "charter_coach", "line_coach", "dangerous_goods")) == 1_041
    assert (of["bus"], of["taxi"]) == (706, 723)
    assert all(row["has_smart_terminal"] for row in now)
    assert all(row["carries_slogan"] for row in now if row["monitored_class"] in ("bus", "taxi"))
    coaches = [row for row in registers.monitored(city) if row["monitored_class"].endswith("coach")]
    large = [row for row in coaches if row["seat_count"] >= 57]
    long_lines = [row for row in registers.coach_lines(city) if row["line_distance_km"] >= 800]
    assert large
    assert long_lines
    assert all(row["valid_to"] < city.last_day for row in (*large, *long_lines))
    assert sum(row["inspected_on"] >= city.first_day for row in registers.relay_points(city)) == 4
    standards = registers.standards(city)
    held = {row["uscc"] for row in registers.enterprises(city) if row["enterprise_kind"] in registers.STANDARDISED}
    assert {row["uscc"] for row in standards if row["valid_from"] <= city.last_day <= row["valid_to"]} == held
    assert sum(row["passed_standard_on"] >= city.first_day for row in standards) == 6


def test_the_supervision_of_a_city_year_is_the_published_one(city: World) -> None:
    kinds = Counter(row["meeting_kind"] for row in supervision.meetings(city))
    assert kinds == {"regular": 4, "party_group": 8, "special": 6}
    found = (supervision.bulletins(city), supervision.interviews(city), supervision.referrals(city))
    assert [len(listed) for listed in found] == [12, 4, 6]
    trained = supervision.trainings(city)
    assert len({row["uscc"] for row in trained}) > 60
    assert sum(row["trained_count"] for row in trained) > 3_000
    assert all(row["trained_count"] == row["staff_count"] for row in trained)


def test_a_vehicle_that_was_sold_keeps_its_past(city: World) -> None:
    sold = registers.truth(city)["monitored_owner_change"].to_pylist()
    assert sold
    spans = {(row["plate_no"], row["valid_from"]): row for row in registers.monitored(city)}
    for change in sold:
        after = spans[change["plate_no"], change["until"] + timedelta(days=1)]
        assert after["uscc"] == change["uscc_after"] != change["uscc_before"]


def test_false_closures_are_told_and_leave_their_trace(city: World) -> None:
    told = {row["hazard_no"]: row["falsehood"] for row in hazards.truth(city)["hazard_false_closure"].to_pylist()}
    assert set(told.values()) == {"photo_reused", "photo_same", "reopened"}
    digests: Counter[str] = Counter()
    for hazard in hazards.hazards(city):
        digests.update({photo["photo_sha256"] for photo in hazard.photos})
    for hazard in hazards.hazards(city):
        falsehood = told.get(hazard.no, "")
        after = [photo["photo_sha256"] for photo in hazard.photos if photo["photo_stage"] == "after"]
        before = [photo["photo_sha256"] for photo in hazard.photos if photo["photo_stage"] == "before"]
        assert ("REOPENED" in {step.state for step in hazard.steps}) == (falsehood == "reopened")
        assert (after == before) == (falsehood == "photo_same")
        if falsehood == "photo_reused":
            assert digests[after[0]] > 1


def test_padded_tracks_repeat_places_and_speeds_of_an_earlier_stretch(city: World) -> None:
    padded = [row for row in terminals.truth(city)["padded_track"].to_pylist() if row["padding"] == "copied"]
    assert padded
    tables = {day: terminals.positions(city, day) for day in tracks.position_days(city)}
    # A fix that was lost shows 0/0 in either stretch, so most points agree and not all.
    for track in padded:
        table = tables[track["from_at"].date()]
        own = table.filter(pc.equal(table["plate_no"], track["plate_no"]))
        place = {
            row["positioned_at"]: (row["latitude"], row["longitude"], row["terminal_speed_kmh"])
            for row in own.to_pylist()
        }
        shift = track["from_at"] - track["copied_from_at"]
        stretch = [at for at in place if track["from_at"] <= at <= track["to_at"]]
        assert len(stretch) == 60
        assert sum(place[at] == place[at - shift] for at in stretch) > 50


def test_a_stretch_filled_at_constant_speed_is_a_straight_line(city: World) -> None:
    filled = [row for row in terminals.truth(city)["padded_track"].to_pylist() if row["padding"] == "constant_speed"]
    assert len(filled) == len(tracks.position_days(city))
    for stretch in filled:
        table = terminals.positions(city, stretch["from_at"].date())
        own = {
            row["positioned_at"]: row
            for row in table.filter(pc.equal(table["plate_no"], stretch["plate_no"])).to_pylist()
            if stretch["from_at"] <= row["positioned_at"] <= stretch["to_at"]
        }
        assert len(own) == 60
        assert len({row["terminal_speed_kmh"] for row in own.values()}) == 1
        steps = np.diff([(own[at]["latitude"], own[at]["longitude"]) for at in sorted(own)], axis=0)
        assert np.ptp(steps, axis=0).max() <= 2.1e-6, "equal steps within what six decimals can say"


@pytest.fixture(scope="module")
def delivered(tiny: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("delivered")
    generate.generate(tiny, out, TOPICS)
    return out


def test_every_feed_of_these_topics_is_delivered(delivered: Path) -> None:
    names = {folder.name for folder in (delivered / "inbox").iterdir()}
    assert names == {
        "hazard", "hazard_check", "hazard_event", "hazard_photo", "small_works", "road_works", "enterprise",
        "driver_certificate", "district", "coach_line", "relay_point", "safety_standard", "liability_insurance",
        "monitored_vehicle", "training", "meeting", "bulletin", "interview", "listing", "referral", "road_crash",
        "terminal_position", "terminal_alarm", "platform_link", "platform_poll",
    }  # fmt: skip


def test_what_is_quarantined_is_what_was_planted(delivered: Path, tmp_path: Path) -> None:
    """Every delivery lands whole but for the planted faults, each with its reason."""
    expected: Counter[tuple[str, str]] = Counter()
    for kind in ("damaged_line", "planted_rows"):
        for path in (delivered / "truth" / kind).glob("*.parquet"):
            for row in pq.read_table(path).to_pylist():
                if row["outcome"] not in ("", "R-POSITION"):
                    expected[row["delivery"], row["outcome"]] += 1
    found: Counter[tuple[str, str]] = Counter()
    for path in sorted((delivered / "inbox").glob("*/*")):
        feed = FEEDS[path.parent.name]
        issued = feed.issue_date(path.name)
        assert issued
        work = tmp_path / path.name
        parsed = parse(feed, path, path.name, "0" * 64, f"{issued}|{issued}T08:00:00.000000", RECEIVED_AT, work)
        assert parsed.delivered == parsed.accepted + sum(parsed.quarantined.values())
        for reason, count in parsed.quarantined.items():
            found[path.name, reason] += count
        parsed.close()
    assert found == expected
    assert {reason for _, reason in found} >= {"R-ORDER", "R-IDNO", "R-FIELDS", "R-TIME", "R-CODE", "R-RANGE"}


ANEW = """
import sys
from datetime import date
from pathlib import Path
from etl.demo import generate
from etl.demo.world import world

first, last = map(date.fromisoformat, sys.argv[2:4])
generate.generate(world(7, "tiny", first, last), Path(sys.argv[1]), tuple(sys.argv[4:]))
"""


def test_the_same_world_delivers_the_same_bytes(
    tiny: World, delivered: Path, tmp_path: Path, elsewhere: Callable[..., str]
) -> None:
    elsewhere(ANEW, tmp_path, tiny.first_day, tiny.last_day, *TOPICS)
    first = {path.relative_to(delivered): path.read_bytes() for path in delivered.rglob("*") if path.is_file()}
    second = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert first == second


def test_a_list_loses_only_rows_that_had_not_changed(city: World) -> None:
    """Were a newly closed hazard lost from the last list, the year's figures would not be the published ones."""
    days = hazards.list_days(city)
    lost = {
        row["record"]
        for delivery in hazards.deliveries(city)
        if delivery.feed == "hazard" and delivery.day == days[-1]
        for table in delivery.truth.values()
        for row in table.to_pylist()
        if row["kind"] == "row_lost"
    }
    assert lost
    for hazard in hazards.hazards(city):
        if hazard.no in lost:
            assert hazard.as_of(days[-2]) == hazard.as_of(days[-1])


def test_tables_hold_only_columns_of_their_feed() -> None:
    with pytest.raises(ValueError, match="no columns"):
        rows.as_table("meeting", [{"chairman": "王示例"}])
    empty = rows.as_table("meeting", [])
    assert empty.num_rows == 0
