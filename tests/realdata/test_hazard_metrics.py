"""The real 311 and pothole exports through the hazard metrics: closed before made, without a deadline, never closed.

A request is registered when it was made and passes the steps up to the acceptance then; its closure is the export's.
What the export says of it stands beside it as a county's list would.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import hazard_truth
import pytest
from landed import Tables

from etl.demo import rows as demo_rows
from etl.demo.world import Delivery
from warehouse import hazards
from warehouse.hazard_places import same_place_since

Rows = Callable[[str], list[dict[str, str]]]
US_CLOCK = "%m/%d/%Y %I:%M:%S %p"
PATH = ("REGISTERED", "GRADED", "ASSIGNED", "RECTIFYING", "SUBMITTED", "ACCEPTED")


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


def deliveries(found: list[Request], last: date) -> list[Delivery]:
    """The requests as a county's list and the steps of its hazards."""
    listed: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    for one in found:
        listed.append({
            "county_code": "431103", "hazard_no": one.number, "hazard_category_code": "HWY", "road_class": "C",
            "hazard_grade": "general", "place": "-", "registered_on": one.made_at.date(),
            "assigned_on": one.made_at.date(), "due_on": one.due_at and one.due_at.date(), "latitude": one.latitude,
            "longitude": one.longitude, "hazard_closed_on": one.closed_at and one.closed_at.date(),
            "hazard_state": "CLOSED" if one.closed_at else "RECTIFYING",
        })  # fmt: skip
        # All at one instant: the sender's numbers order them, and a closure at that instant comes last.
        whole = [(state, one.made_at) for state in PATH]
        whole += [("CLOSED", one.closed_at)] if one.closed_at else []
        steps += [
            {"hazard_no": one.number, "event_no": number, "hazard_state": state, "event_at": at,
             "officer_no": "4311-0001", "handling_unit": "-"}
            for number, (state, at) in enumerate(whole, 1)
        ]  # fmt: skip
    at = datetime.combine(last, datetime.min.time())
    return [
        Delivery(feed, f"{feed}_real", demo_rows.as_table(feed, told), last, at)
        for feed, told in (("hazard", listed), ("hazard_event", steps))
    ]


@pytest.mark.parametrize("city", EXPORTS)
def test_real_requests_are_told_with_their_faults(city: str, rows: Rows) -> None:
    name, read = EXPORTS[city]
    found = list({one.number: one for one in map(read, rows(name))}.values())
    first = min(one.made_at for one in found).date()
    last = max(one.closed_at or one.made_at for one in found).date()
    connection = hazard_truth.build(deliveries(found, last))
    facts = hazards.Facts(Tables(connection), hazards.Asked(last, first, last))
    (whole,) = hazards.standings(facts)

    early = {one.number for one in found if one.closed_at and one.closed_at < one.made_at}
    closed = [one for one in found if one.closed_at and one.number not in early]
    due = [one for one in found if one.due_at and first <= one.due_at.date() <= last]
    in_time = [
        one
        for one in due
        if one in closed and one.closed_at and one.due_at and one.closed_at.date() <= one.due_at.date()
    ]
    still = [one for one in found if one not in closed]
    assert whole.registered == len(found)
    assert whole.closed == hazards.Rate(len(closed), len(found))
    assert whole.on_time == hazards.Rate(len(in_time), len(due))
    assert whole.overdue == sum(one.due_at is not None and one.due_at.date() < last for one in still)
    assert whole.no_due == sum(one.due_at is None for one in still)
    assert whole.open == len(still)
    # A closure before the request is refused with its reason, kept, and told as a difference from the list.
    assert {one.hazard_no for one in hazards.listed(facts, "differs")} == early
    refused = connection.execute("select hazard_no, refusal, hazard_state from core.hazard_state where not is_accepted")
    assert sorted(refused.fetchall()) == sorted((number, "illegal_step", "CLOSED") for number in early)
    # Days to close: whatever is open stays in, censored.
    assert (whole.curve.count, sum(step.ended for step in whole.curve.steps)) == (len(found), len(closed))
    naive = sorted((one.closed_at - one.made_at) / timedelta(days=1) for one in closed if one.closed_at)
    if len(still) > len(closed):
        assert whole.curve.median is None, "more than half were never closed: no median, whatever the closed ones took"
    assert whole.bound.upper == 1, "nobody checked a closure: nothing is known of how many are false"
    print(
        f"{city}: {whole.registered} made, {whole.closed.part} closed ({whole.closed.ratio:.1%}), {len(early)} before "
        f"they were made, {whole.no_due} open without a deadline, {whole.overdue} overdue, on time "
        f"{whole.on_time.part}/{whole.on_time.of}; median {whole.curve.median} days, of the closed alone "
        f"{naive[len(naive) // 2]:.1f}"
    )


def test_what_is_known_of_these_exports_is_found(rows: Rows) -> None:
    """The counts their description gives, by the metrics."""
    york = [new_york(row) for row in rows(EXPORTS["new_york"][0])]
    last = max(one.closed_at or one.made_at for one in york).date()
    facts = hazards.Facts(
        Tables(hazard_truth.build(deliveries(york, last))),
        hazards.Asked(last, min(one.made_at for one in york).date(), last),
    )
    (whole,) = hazards.standings(facts)
    assert (whole.registered, whole.closed.part, whole.open) == (2_936, 1_240, 1_696)
    assert sum(one.due_on is not None for one in facts.hazards) == 1_392
    late = {one.number for one in york if one.closed_at and one.due_at and one.closed_at.date() > one.due_at.date()}
    assert {one.hazard_no for one in hazards.listed(facts, "late")} == late
    assert len(late) <= 89, "89 were closed after the hour they were due, some of them on that day"


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
