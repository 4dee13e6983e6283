"""Hazards by plain loops over delivered rows: the path of 7.3 of the handbook, written anew, and the rates of 7.4."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]
PATH = {
    None: {"REGISTERED"},
    "REGISTERED": {"GRADED", "TRANSFERRED"},
    "GRADED": {"ASSIGNED", "TRANSFERRED"},
    "ASSIGNED": {"RECTIFYING", "EXTENDED", "OVERDUE", "LISTED", "TRANSFERRED"},
    "RECTIFYING": {"SUBMITTED", "EXTENDED", "OVERDUE", "LISTED", "TRANSFERRED"},
    "EXTENDED": {"RECTIFYING", "SUBMITTED", "EXTENDED", "OVERDUE", "LISTED"},
    "OVERDUE": {"RECTIFYING", "SUBMITTED", "EXTENDED", "LISTED", "TRANSFERRED"},
    "LISTED": {"RECTIFYING", "SUBMITTED", "EXTENDED", "OVERDUE"},
    "SUBMITTED": {"ACCEPTED", "REJECTED"},
    "REJECTED": {"RECTIFYING"},
    "ACCEPTED": {"DELISTED", "CLOSED"},
    "DELISTED": {"CLOSED"},
    "CLOSED": {"REOPENED"},
    "REOPENED": {"GRADED", "ASSIGNED", "RECTIFYING"},
    "TRANSFERRED": {"REGISTERED", "ASSIGNED"},
}


@dataclass
class Life:
    """One hazard on the way through its steps. ``refused``: sender's number and reason of each refused step."""

    state: str | None = None
    listed_on: date | None = None
    signer: bool = False
    delisted_on: date | None = None
    submitted_at: datetime | None = None
    removal_at: datetime | None = None
    due_on: date | None = None
    late_extensions: int = 0
    granted: set[date] = field(default_factory=set)
    closed_on: date | None = None
    first_closed_on: date | None = None
    extensions: int = 0
    reopenings: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def live(
    steps: Iterable[Row],
    photos: Iterable[Row],
    listings: Iterable[Row],
    is_major: bool,
    first_due: date | None,
    as_of: date,
) -> Life:
    """What the steps up to the end of ``as_of`` make of a hazard that was first due on ``first_due``."""
    life = Life(due_on=first_due)
    photos, listings = list(photos), list(listings)
    for step in sorted(steps, key=lambda step: (step["event_at"], step["event_no"])):
        if step["event_at"].date() > as_of:
            break
        reason = _lacks(life, step, photos, listings, is_major)
        if reason:
            life.refused.append((step["event_no"], reason))
            continue
        to, day = step["hazard_state"], step["event_at"].date()
        begins = ("ASSIGNED", "REJECTED", "REOPENED")
        if to in begins or (to == "RECTIFYING" and life.state in begins):
            life.removal_at = step["event_at"]
        life.state = to
        if to == "LISTED":
            life.listed_on = day
        elif to == "DELISTED":
            life.listed_on, life.delisted_on = None, day
        elif to == "SUBMITTED":
            life.submitted_at = step["event_at"]
        elif to == "ACCEPTED":
            life.signer = step["officer_no"] is not None
        elif to == "EXTENDED":
            life.extensions += 1
            if life.due_on is not None and day > life.due_on:
                life.late_extensions += 1
            else:
                life.due_on = step["extended_due_on"]
                life.granted.add(life.due_on)
        elif to == "CLOSED":
            life.closed_on, life.first_closed_on = day, life.first_closed_on or day
        elif to == "REOPENED":
            life.closed_on, life.reopenings = None, life.reopenings + 1
    return life


def _lacks(life: Life, step: Row, photos: list[Row], listings: list[Row], is_major: bool) -> str:
    to, at = step["hazard_state"], step["event_at"]
    if to not in PATH[life.state]:
        return "illegal_step"
    if to == "ACCEPTED" and step["officer_no"] is None:
        return "no_signer"
    if to == "EXTENDED" and step["extended_due_on"] is None:
        return "no_new_day"
    if to == "DELISTED":
        days = [row["rechecked_on"] for row in listings if row["rechecked_on"] is not None]
        if not [day for day in days if day <= at.date() and (life.listed_on is None or day >= life.listed_on)]:
            return "not_rechecked"
    if to != "CLOSED":
        return ""
    if life.listed_on is not None:
        return "still_listed"
    for row in listings:
        is_on = row["listed_on"] <= at.date() and not (row["delisted_on"] and row["delisted_on"] <= at.date())
        if is_on and not (life.delisted_on and life.delisted_on >= row["listed_on"]):
            return "still_listed"
    if not is_major:
        return ""
    before = [photo for photo in photos if photo["photo_stage"] == "before"]
    if life.submitted_at is None or not [photo for photo in before if photo["taken_at"] <= life.submitted_at]:
        return "no_photo_before"
    pictures = {photo["photo_sha256"] for photo in before}
    for photo in photos:
        taken = photo["taken_at"]
        if photo["photo_stage"] != "after" or photo["photo_sha256"] in pictures or taken > at:
            continue
        earlier = [other for other in before if other["taken_at"] < taken]
        if earlier and (life.removal_at is None or taken >= life.removal_at):
            return ""
    return "no_photo_after"


class Plain:
    """Every hazard as of a day by plain loops over what was delivered."""

    def __init__(self, delivered: Mapping[str, Rows], as_of: date) -> None:
        self.as_of = as_of
        of: dict[str, dict[str, Rows]] = {
            feed: defaultdict(list) for feed in ("hazard_event", "hazard_photo", "listing", "hazard", "hazard_check")
        }
        for feed, told in of.items():
            for row in delivered[feed]:
                told[row["hazard_no"]].append(row)
        self.lists = of["hazard"]
        self.newest = {no: told[-1] for no, told in self.lists.items()}
        self.first_steps = {no: min(row["event_at"].date() for row in rows) for no, rows in of["hazard_event"].items()}
        self.checks = of["hazard_check"]
        pictures: dict[str, set[str]] = defaultdict(set)
        for row in {row["photo_token"]: row for row in delivered["hazard_photo"]}.values():
            if row["photo_stage"] == "after":
                pictures[row["photo_sha256"]].add(row["hazard_no"])
        self.shared_pictures = {no for those in pictures.values() if len(those) > 1 for no in those}
        newest_listing = {no: {row["listing_no"]: row for row in told} for no, told in of["listing"].items()}
        # A feed sends a step again only as it was; the last holds.
        self.lives = {
            no: live(
                {row["event_no"]: row for row in of["hazard_event"][no]}.values(),
                {row["photo_token"]: row for row in of["hazard_photo"][no]}.values(),
                newest_listing.get(no, {}).values(),
                told["hazard_grade"] == "major",
                self.first_due(no),
                as_of,
            )
            for no, told in self.newest.items()
            if told["registered_on"] <= as_of
        }

    def first_due(self, no: str) -> date | None:
        return next((row["due_on"] for row in self.lists[no] if row["due_on"]), None)

    def due_on(self, no: str) -> date | None:
        return self.lives[no].due_on

    def is_changed(self, no: str) -> bool:
        """Whether the newest list moved the day by itself; as of the last day."""
        told = self.newest[no]["due_on"]
        return told is not None and told != self.first_due(no) and told not in self.lives[no].granted
