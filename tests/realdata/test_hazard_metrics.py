"""The real 311 and pothole exports through the feed and the metrics of hazards: closed before made, without a deadline,
never closed.

Of a request nothing is told but what the export tells: its number, when it was made, when it is due, when it was
closed. These are columns of a county's list, read by the declaration of the feed. No export has the steps of a hazard,
so that no closure is borne out by any: they stand as the list's word.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import duckdb
import hazard_truth
import pytest
from landed import Tables
from real_reading import read

from etl.demo import rows as demo_rows
from etl.demo import writer
from etl.feeds import hazard, raw_tables
from etl.parse import Parsed
from warehouse import hazards, sql
from warehouse.hazard_places import same_place_since

Rows = Callable[[str], list[dict[str, str]]]
US_CLOCK = "%m/%d/%Y %I:%M:%S %p"
BLANK = {"county_code": "431103", "hazard_category_code": "ENT", "place": "-"}
"""What every hazard has and no request: a place, and a category that asks for nothing more."""
FIRST_LINE = 3
"""A title and the headings stand above the rows of a workbook."""


class Request(NamedTuple):
    number: str
    made_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    latitude: float | None = None
    longitude: float | None = None


def _us(text: str) -> datetime | None:
    return datetime.strptime(text, US_CLOCK) if text else None


def _iso(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=None) if text else None


def new_york(row: dict[str, str]) -> Request:
    made = _us(row["Created Date"])
    assert made is not None
    return Request(row["Unique Key"], made, _us(row["Due Date"]), _us(row["Closed Date"]))


def san_francisco(row: dict[str, str]) -> Request:
    made = _iso(row["created_date"])
    assert made is not None
    place = float(row["latitude"]), float(row["longitude"])
    return Request(row["unique_key"], made, None, _iso(row["closed_date"]), *place)


def chicago(row: dict[str, str]) -> Request:
    made = _iso(row["creation_date"])
    assert made is not None
    place = (float(row["latitude"]), float(row["longitude"])) if row["latitude"] else (None, None)
    return Request(row["service_request_number"], made, None, _iso(row["completion_date"]), *place)


EXPORTS = {
    "new_york": ("hazards/nyc_311_animal_complaints.csv.gz", new_york),
    "san_francisco": ("hazards/sf_311_service_requests.csv.gz", san_francisco),
    "chicago": ("hazards/chicago_311_potholes_dec2018.csv.gz", chicago),
}


def listed(found: list[Request], folder: Path) -> Parsed:
    """The requests as a county's workbook, read by the feed."""
    listed = [
        {
            **BLANK, "hazard_no": one.number, "registered_on": one.made_at.date(),
            "due_on": one.due_at and one.due_at.date(), "hazard_closed_on": one.closed_at and one.closed_at.date(),
            "hazard_state": "CLOSED" if one.closed_at else "REGISTERED",
        }
        for one in found
    ]  # fmt: skip
    path = folder / "hazard_20261123_real.xlsx"
    path.write_bytes(writer.write(hazard.FEED, demo_rows.as_table("hazard", listed)))
    return read(hazard.FEED, path, folder / "work")


def served(parsed: Parsed) -> Tables:
    """The models of hazards over what was accepted, without a step."""
    connection = duckdb.connect()
    arrived = parsed.connection.sql(f"select *, '{'0' * 64}' as delivery_id from landed").to_arrow_table()
    connection.register("arrived", arrived)
    sql.create_raw(connection, hazard.FEED.raw_table, "arrived")
    sql.run_models(connection, raw_tables(), names=hazard_truth.MODELS)
    return Tables(connection)


def product_limit(durations: list[tuple[int, bool]]) -> list[tuple[int, Fraction]]:
    """Share still open from each day on, exactly (Kaplan and Meier)."""
    share, steps = Fraction(1), []
    for day in sorted({length for length, is_over in durations if is_over}):
        at_risk = sum(length >= day for length, _ in durations)
        share *= 1 - Fraction(sum(length == day and is_over for length, is_over in durations), at_risk)
        steps.append((day, share))
    return steps


@pytest.mark.parametrize("city", EXPORTS)
def test_real_requests_are_told_with_their_faults(city: str, rows: Rows, tmp_path: Path) -> None:
    name, read_row = EXPORTS[city]
    found = list({one.number: one for one in map(read_row, rows(name))}.values())
    first = min(one.made_at for one in found).date()
    last = max(one.closed_at or one.made_at for one in found).date()
    parsed = listed(found, tmp_path)

    # Lists have days: what was closed earlier on the day it was made cannot be seen.
    early = {one.number for one in found if one.closed_at and one.closed_at.date() < one.made_at.date()}
    due_early = {one.number for one in found if one.due_at and one.due_at.date() < one.made_at.date()}
    refused = parsed.connection.execute("select source_line, reason from refused order by 1").fetchall()
    lines = {number: line for line, number in enumerate((one.number for one in found), start=FIRST_LINE)}
    assert refused == [(line, "R-ORDER") for line in sorted(lines[number] for number in early)]
    kept = [one for one in found if one.number not in early]
    assert parsed.accepted == len(kept)
    assert due_early <= {one.number for one in kept}, "no step assigned it, so that no day stands against the deadline"

    facts = hazards.Facts(served(parsed), hazards.Asked(last, first, last))
    (whole,) = hazards.standings(facts)
    closed = [one for one in kept if one.closed_at and one.closed_at.date() <= last]
    due = [one for one in kept if one.due_at and first <= one.due_at.date() <= last]
    assert whole.registered == len(kept)
    assert whole.reported == hazards.Rate(len(closed), len(kept))
    assert whole.no_due == sum(one.due_at is None for one in kept)
    # No step bears a closure out: the rate is of those that one does, and the list's word stands beside it.
    assert (whole.closed, whole.no_steps, whole.open) == (hazards.Rate(0, len(kept)), len(kept), len(kept))
    assert whole.on_time == hazards.Rate(0, len(due))
    assert whole.overdue == sum(one.due_at is not None and one.due_at.date() < last for one in kept)
    assert {one.hazard_no for one in hazards.listed(facts, "differs")} == {one.number for one in closed}
    assert whole.curve.steps == ()
    assert whole.bound.upper == 1, "nobody checked a closure: nothing is known of how many are false"
    print(
        f"{city}: {len(found)} made, {len(early)} closed before, {whole.reported.part} closed by the list, "
        f"{whole.no_due} without a deadline, {len(kept) - len(closed)} never closed, {len(due)} due"
    )


@pytest.mark.parametrize("city", EXPORTS)
def test_days_to_close_by_the_list_keep_what_was_never_closed(city: str, rows: Rows, tmp_path: Path) -> None:
    """The same facts, the list's closures taken at their word: the metrics of one hazard, and the curve."""
    name, read_row = EXPORTS[city]
    found = list({one.number: one for one in map(read_row, rows(name))}.values())
    first = min(one.made_at for one in found).date()
    last = max(one.closed_at or one.made_at for one in found).date()
    facts = hazards.Facts(served(listed(found, tmp_path)), hazards.Asked(last, first, last))
    told = {one.hazard_no: one._replace(closed_on=one.reported_closed_on) for one in facts.hazards}
    kept = [one for one in found if one.number in told]
    in_time = {one.number for one in kept if one.closed_at and one.due_at and one.closed_at.date() <= one.due_at.date()}
    overdue = {one.number for one in kept if not one.closed_at and one.due_at and one.due_at.date() < last}
    assert {number for number, one in told.items() if one.is_on_time} == in_time
    assert {number for number, one in told.items() if one.is_overdue(last)} == overdue

    curve = hazards.curve(told.values(), last, facts.value("hazard_confidence"))
    durations = [
        (((one.closed_at or datetime.combine(last, datetime.min.time())).date() - one.made_at.date()).days,
         one.closed_at is not None)
        for one in kept
    ]  # fmt: skip
    exact = product_limit(durations)
    assert curve.count == len(kept)
    assert [(step.day, step.open_share) for step in curve.steps] == [
        (day, pytest.approx(float(share))) for day, share in exact
    ]
    assert curve.median == next((day for day, share in exact if share <= Fraction(1, 2)), None)
    closed = [length for length, is_over in durations if is_over]
    naive = sorted(closed)[len(closed) // 2]
    if 2 * len(closed) < len(kept):
        assert curve.median is None or curve.median > naive, "never closed is not left out: the closed alone look quick"


def test_what_is_known_of_these_exports_is_found(rows: Rows, tmp_path: Path) -> None:
    """The counts their description gives, by the metrics."""
    york = [new_york(row) for row in rows(EXPORTS["new_york"][0])]
    last = max(one.closed_at or one.made_at for one in york).date()
    parsed = listed(york, tmp_path)
    facts = hazards.Facts(served(parsed), hazards.Asked(last, min(one.made_at for one in york).date(), last))
    (whole,) = hazards.standings(facts)
    assert (whole.registered, whole.reported.part, whole.registered - whole.reported.part) == (2_936, 1_240, 1_696)
    assert sum(one.due_on is not None for one in facts.hazards) == 1_392
    late = {one.number for one in york if one.closed_at and one.due_at and one.closed_at.date() > one.due_at.date()}
    told = [one._replace(closed_on=one.reported_closed_on) for one in facts.hazards]
    assert {one.hazard_no for one in told if one.is_closed and one.due_on and not one.is_on_time} == late
    assert 0 < len(late) <= 89, "89 were closed after the hour they were due, some of them on that day"


def test_what_was_closed_earlier_on_the_day_it_was_made_is_told_as_closed_that_day(rows: Rows, tmp_path: Path) -> None:
    """A list has days: ten of these closures lie some hours before their request, and cannot be refused."""
    san = [san_francisco(row) for row in rows(EXPORTS["san_francisco"][0])]
    early = {one.number for one in san if one.closed_at and one.closed_at < one.made_at}
    assert len(early) == 10
    last = max(one.closed_at or one.made_at for one in san).date()
    facts = hazards.Facts(served(listed(san, tmp_path)), hazards.Asked(last, date(2008, 1, 1), last))
    told = {one.hazard_no: one for one in facts.hazards if one.hazard_no in early}
    assert told.keys() == early
    assert all(one.reported_closed_on == one.registered_on for one in told.values())


def test_a_closure_a_day_before_the_request_is_refused_with_its_reason(rows: Rows, tmp_path: Path) -> None:
    """The same ten, a day earlier each."""
    san = [san_francisco(row) for row in rows(EXPORTS["san_francisco"][0])]
    moved = [
        one._replace(closed_at=one.closed_at - timedelta(days=1))
        if one.closed_at and one.closed_at < one.made_at else one
        for one in san
    ]  # fmt: skip
    parsed = listed(moved, tmp_path)
    lines = [line for line, (one, was) in enumerate(zip(moved, san, strict=True), start=FIRST_LINE) if one != was]
    refused = parsed.connection.execute("select source_line, reason from refused order by 1").fetchall()
    assert refused == [(line, "R-ORDER") for line in lines]
    assert (len(lines), parsed.accepted) == (10, len(san) - 10)


def test_the_same_hole_filled_again_is_a_recurrence(rows: Rows) -> None:
    """Two exports of one city's repairs: a place that is filled again within the year came back, in both alike."""
    told = []
    for export, names in (
        ("hazards/syracuse_potholes_filled_2016_export_a.csv.gz", ("Longitude", "Latitude")),  # exchanged there
        ("hazards/syracuse_potholes_filled_2016_export_b.csv.gz", ("Latitude", "Longitude")),
    ):
        places = [(float(row[names[0]]), float(row[names[1]])) for row in rows(export)[:1_500]]
        blank = hazards.Hazard(**dict.fromkeys(hazards.Hazard._fields))  # type: ignore[arg-type]
        day = date(2016, 4, 12)
        filled = [
            blank._replace(
                hazard_no=f"{number:05d}", category="HWY", latitude=round(latitude, 5), longitude=round(longitude, 5),
                registered_on=day + timedelta(days=number // 100), first_closed_on=day + timedelta(days=number // 100),
            )
            for number, (latitude, longitude) in enumerate(places)
        ]  # fmt: skip
        told.append(same_place_since(filled, 365, 10))
    assert told[0]
    assert len(told[0]) == len(told[1])
