"""Why the count of a repeat violator says something else than it did: as known on two days, and the rows that moved it.

The question is one, as of one day; only what was delivered differs. Each act that counts on one of the two days and not
on the other moves the count of a vehicle or a driver by one, each vehicle that of an enterprise, so the effects add up
to the difference. What stands behind an act is what ``core.violation`` makes it from: the row of its case, its steps,
its decisions, its weighing, the registers that the weighing is judged by; and of its trip and its window the rows of
other acts and of the certificate's first issue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from warehouse import repeat
from warehouse.errors import WarehouseError
from warehouse.known import Known, known_on
from warehouse.known_answers import days_of_acts
from warehouse.last_day import usual_day
from warehouse.metrics import Source
from warehouse.parameters import Codes, Parameter
from warehouse.repeat import Act, Judged, Question, Standing
from warehouse.repeat_terms import masked_driver, values_of
from warehouse.why_changed import (
    JOINED,
    Both,
    Change,
    ChangedRow,
    Effect,
    Registers,
    Shown,
    both,
    causes_of,
    compare_published,
    in_order_of_days,
)

CASE = "case"
DECISION = "decision"
STEP = "step"
WEIGHING = "weighing"
REGISTER = "register"
TRIP = "same trip"
FLEET = "fleet"
KINDS = {
    CASE: "acts whose case came, went or says something else",
    DECISION: "acts with a decision that came or says something else",
    STEP: "acts with a step that came or says something else: decided, or ended without effect",
    WEIGHING: "acts whose passage came or was corrected, or a passage unladen before them",
    REGISTER: "acts judged or placed by a register row that came or changed since",
    TRIP: "acts that are one trip with another one, or are not any more, by the rows of that one",
    FLEET: "vehicles of the fleet by a register row that came or changed since",
}
WRITES_DRIVERS = "'heng repeat-violators --subject driver --min-count 1 --format csv --out drivers.csv'"
"""What writes the whole numbers of drivers, into a file of its owner."""
COUNTS = "counts"
"""What became of an act that counts; else one of ``repeat.REASONS``, or None: no such act of the subject is known."""
_OUTCOME = frozenset(
    ("ended_state", "ended_on", "earlier_ended_state", "earlier_ended_on", "is_decided_by_step",
     "decided_counted_ratio", "earlier_decided_counted_ratio",
     *(name for name in Act._fields if name.endswith("decided_on")))
)  # fmt: skip
_WEIGHED = frozenset(
    ("passage_record_id", "site_code", "gross_vehicle_weight_kg", "limit_kg", "excess_ratio", "accuracy_class",
     "allowance_kg", "excess_after_allowance_kg", "excess_ratio_after_allowance", "flags", "unknown_conditions",
     "permit_no", "is_permitted", "is_within_limit", "last_unladen_at")
)  # fmt: skip
_LINEAGE = frozenset(("record_id", "delivery_id", "source_line"))
# The steps that core.case_outcome reads; a state of today that ends a case is the case row's own.
_TURNS = ", ".join(f"'{state}'" for state in ("decided", "decided_simple", *repeat.ENDED_STATES))
_BEHIND = (
    (DECISION, "staging.penalty_decision", "true", _OUTCOME),
    (STEP, "staging.case_event", f"case_state in ({_TURNS})", _OUTCOME),
    (CASE, "staging.enforcement_case", "true", frozenset(Act._fields) - _OUTCOME - _WEIGHED | {"ended_state"}),
)
"""Kind, table, which of the case's rows, and what of an act they decide."""
_FIRST_ISSUE = {
    "vehicle": ("staging.vehicle", "plate_no = $plate_no and plate_color_code is not distinct from $plate_color_code"),
    "driver": ("staging.driver_certificate", "driver_certificate_no = $driver_no"),
    "enterprise": ("staging.enterprise", "uscc = $uscc"),
}
_VALIDITY = ("valid_from", "valid_to")
# The passage that an act names by its number, and the vehicle's last one unladen before it.
_WEIGHING_OF = """({passage}.check_no = $check_no and {passage}.passed_date = $day)
    or ({passage}.plate_no = $plate_no and {passage}.passed_at = $unladen_at)"""
_TABLES = (
    *repeat.TABLES, "core.measured_passage", "core.passage", "mart.finding", "meta.delivery", "staging.case_event",
    "staging.enforcement_case", "staging.penalty_decision", *(one.table for one in JOINED),
)  # fmt: skip


@dataclass(frozen=True)
class ActEffect(Effect):
    """An act, of an enterprise a vehicle, that moved the count; ``denominator``: vehicles of an enterprise's fleet.

    ``case_no``: the case, of several the first with their number. ``changes`` begin with what became of it.
    """

    case_no: str | None = None


@dataclass(frozen=True)
class WhyRepeat:
    """A subject's standing as known on two days; ``notes``: see ``why_changed.WhyChanged``."""

    question: Question
    key: dict[str, Any]
    night_before: date
    night_after: date
    before: Standing
    after: Standing
    thresholds: dict[str, Parameter | Codes] = field(repr=False)
    effects: list[ActEffect] = field(repr=False)
    notes: list[str] = field(default_factory=list)

    @property
    def difference(self) -> tuple[int, int]:
        """Of the count and of an enterprise's fleet."""
        return self.after.count - self.before.count, (self.after.fleet or 0) - (self.before.fleet or 0)


def why_repeat(
    subject: str,
    key: Mapping[str, Any],
    known_from: date,
    known_to: date,
    as_of: date | None = None,
    window: str | None = None,
    basis: str | None = None,
    require_decision: bool | None = None,
) -> WhyRepeat:
    """The standing of one subject as of a day, as known on two days, and every row that moved its count.

    ``key`` names the subject by the columns of its key. Without ``as_of`` the last day there were data of on the first
    of the two; window, basis and decisions default to those of a query. Raises ``WarehouseError`` for days in the wrong
    order, one before the first night, a driver nobody knows, or what ``repeat`` cannot be asked.
    """
    in_order_of_days(known_from, known_to)
    days = days_of_acts(known_from, subject, key) | days_of_acts(known_to, subject, key)
    if subject == "driver" and not days:
        _refuse_unknown_driver(key, known_to)
    with (
        known_on(known_from, _TABLES, passage_days=days) as before,
        known_on(known_to, _TABLES, passage_days=days) as after,
    ):
        day = as_of or usual_day(before.manifest)
        usual = repeat.defaults(after, day)
        question = Question(
            day, subject, window or usual.query_window, basis or usual.basis,
            usual.require_decision if require_decision is None else require_decision,
        )  # fmt: skip
        was, now = (repeat.standings(source, question, key)[0] for source in (before, after))
        told = repeat.shown(after, question)
        merge_hours = values_of(told)["repeat_merge_hours"]
        with both(before, after) as pair:
            effects = _Moved(pair, question, key, was, now, merge_hours).effects(before, after)

        def shown(version: Source) -> Shown:
            (then,) = repeat.standings(version, question, key)
            return (then.count, then.fleet), reads(then)

        notes = compare_published(before, (was.count, was.fleet), shown)
        return WhyRepeat(question, dict(key), before.night, after.night, was, now, told, effects, notes)


def _refuse_unknown_driver(key: Mapping[str, Any], day: date) -> None:
    """Raises ``WarehouseError`` for a driver without a case whom the register of the day does not have either: for
    vehicles and enterprises ``dossier.subject_of`` does."""
    table, where = _FIRST_ISSUE["driver"]
    with known_on(day, (table,)) as source:
        is_registered = source.rows(f"select 1 from {table} where {where} limit 1", dict(key))
    if not is_registered:
        raise WarehouseError(
            f"No case and no certificate known on {day} names a driver {masked_driver(key['driver_no'])}. Give the "
            f"number of the certificate, or the hash a case has in its place: {WRITES_DRIVERS} writes them."
        )


def reads(one: Standing) -> str:
    """A count as a line reads it: 4, or of an enterprise 3 of 20 vehicles."""
    if one.subject != "enterprise":
        return f"{one.count:,}"
    return f"{one.count:,} of {'unknown' if one.fleet is None else f'{one.fleet:,}'} vehicles"


Behind = list[tuple[str, ChangedRow]]
"""Changed rows with the kind that each makes an effect."""


class _Moved:
    """The acts of a subject on both days, and what stands behind those that moved."""

    def __init__(
        self,
        pair: Both,
        question: Question,
        key: Mapping[str, Any],
        was: Standing,
        now: Standing,
        merge_hours: float,
    ) -> None:
        self.pair, self.question, self.key, self.was, self.now = pair, question, dict(key), was, now
        self.old = {one.act.record_id: one for one in was.acts}
        self.new = {one.act.record_id: one for one in now.acts}
        known = {record: (self.new.get(record) or self.old[record]).act for record in (*self.old, *self.new)}
        acts = sorted(known.values(), key=lambda act: (act.violated_at, act.case_no))
        self.trip = {act.record_id: group for group in repeat.near(acts, merge_hours) for act in group}
        self.acts = acts
        self._registers: Registers | None = None
        self._own: dict[str, Behind] = {}

    @property
    def registers(self) -> Registers:
        if self._registers is None:
            self._registers = Registers(self.pair)
        return self._registers

    # --- effects -----------------------------------------------------------------------------
    def effects(self, before: Known, after: Known) -> list[ActEffect]:
        """In the order of kinds, then by day and case."""
        if self.question.subject == "enterprise":
            found = [*self._of_vehicles(), *self._of_fleet(before, after)]
        else:
            steps = [(act, self._counted(self.new, act) - self._counted(self.old, act)) for act in self.acts]
            found = [self._effect([act], step) for act, step in steps if step]
        order = list(KINDS)
        return sorted(
            found, key=lambda one: (order.index(one.kind), str(one.day), one.case_no or "", one.record_id or "")
        )

    @staticmethod
    def _counted(judged: Mapping[str, Judged], act: Act) -> bool:
        return act.record_id in judged and judged[act.record_id].counts

    @staticmethod
    def _outcome(judged: Mapping[str, Judged], act: Act) -> str | None:
        one = judged.get(act.record_id)
        return None if one is None else one.reason or COUNTS

    def _of_vehicles(self) -> Iterable[ActEffect]:
        """A vehicle counts once, however many of its acts do; a case may come to be about another vehicle."""
        acts: list[dict[tuple[str, int | None], set[str]]] = [defaultdict(set), defaultdict(set)]
        for side, standing in zip(acts, (self.was, self.now), strict=True):
            for one in standing.counted:
                side[one.act.vehicle].add(one.act.record_id)
        for vehicle in acts[0].keys() ^ acts[1].keys():
            own = acts[0][vehicle] | acts[1][vehicle]
            step = 1 if acts[1][vehicle] else -1
            yield self._effect([act for act in self.acts if act.record_id in own], step)

    def _effect(self, acts: Sequence[Act], count: int) -> ActEffect:
        found = [one for act in acts for one in self._behind(act)]
        rows: list[ChangedRow] = []
        for _, row in found:
            if row not in rows:
                rows.append(row)
        first = acts[0]
        told = self.pair.deliveries.get(first.delivery_id, {})
        more = f" +{len(acts) - 1}" if len(acts) > 1 else ""
        is_one_sided = any((act.record_id in self.old) != (act.record_id in self.new) for act in acts)
        return ActEffect(
            CASE if is_one_sided else found[0][0] if found else TRIP,
            first.violated_on, first.site_code, first.record_id, len(acts), count, 0, first.delivery_id,
            told.get("name"), first.source_line, told.get("business_date"),
            tuple(Change("outcome", self._outcome(self.old, act), self._outcome(self.new, act)) for act in acts),
            causes_of(rows, self.pair), first.case_no + more,
        )  # fmt: skip

    # --- what stands behind an act -------------------------------------------------------------
    def _behind(self, act: Act) -> Behind:
        """The changed rows by which an act counts on one of the days and not on the other."""
        found = list(self._own_rows(act))
        outcomes = (self._outcome(self.old, act), self._outcome(self.new, act))
        if "same_trip" in outcomes:
            found += [(TRIP, row) for other in self.trip[act.record_id] if other is not act
                      for _, row in self._own_rows(other)]  # fmt: skip
        if "outside_window" in outcomes and self._window(self.was) != self._window(self.now):
            table, where = _FIRST_ISSUE[self.question.subject]
            found += [
                (REGISTER, row)
                for row in self.pair.changed(table, where, self.key)
                if row.columns & {"first_issue_date", *_VALIDITY}
            ]
        return found

    @staticmethod
    def _window(one: Standing) -> tuple[date, date]:
        return one.window_first, one.window_last

    def _own_rows(self, act: Act) -> Behind:
        """The changed rows of the act's own facts."""
        if act.record_id not in self._own:
            self._own[act.record_id] = self._read_own(act)
        return self._own[act.record_id]

    def _read_own(self, act: Act) -> Behind:
        sides = [side.get(act.record_id) for side in (self.old, self.new)]
        old, new = (None if one is None else one.act for one in sides)
        columns = {
            name
            for name in Act._fields
            if name not in _LINEAGE and (old is None or new is None or getattr(old, name) != getattr(new, name))
        }
        found: Behind = []
        for kind, table, which, decides in _BEHIND:
            if columns & decides:
                rows = self.pair.changed(table, f"case_no = $case_no and {which}", {"case_no": act.case_no})
                found += [(kind, row) for row in rows]
        if columns & _WEIGHED:
            found += self._weighing([one for one in (old, new) if one is not None])
        return found

    def _weighing(self, acts: Sequence[Act]) -> Behind:
        """The passage an act names by its number, the last one unladen before it, and the registers behind them."""
        found: Behind = []
        for act in acts:
            asked = {
                "check_no": act.check_no, "day": act.violated_on, "plate_no": act.plate_no,
                "unladen_at": act.last_unladen_at,
            }  # fmt: skip
            measured = self.pair.changed(
                "core.measured_passage", _WEIGHING_OF.format(passage="measured_passage"), asked
            )
            found += [(WEIGHING, row) for row in measured]
            old, new = (
                self.pair.judged(side, _WEIGHING_OF.format(passage="passage"), asked) for side in ("before", "after")
            )
            for record in old.keys() & new.keys():
                judged = {
                    name
                    for name in old[record]
                    if not name.startswith("measured_") and old[record][name] != new[record][name]
                }
                rows = self.registers.behind(judged, old[record], new[record], act.violated_on)
                found += [(REGISTER, row) for row in rows]
        return found

    # --- the fleet -----------------------------------------------------------------------------
    def _of_fleet(self, before: Known, after: Known) -> Iterable[ActEffect]:
        """Vehicles that came into the fleet or left it, by the register rows that say so."""
        uscc, day = self.key["uscc"], self.question.as_of
        fleets: list[set[tuple[str, int | None]]] = [
            set() if standing.fleet is None else repeat.fleet_of(source, uscc, day)
            for source, standing in ((before, self.was), (after, self.now))
        ]
        of_unit = self.pair.changed(
            "staging.enterprise",
            """uscc = $uscc
            or enterprise_name in (select enterprise_name from before.staging.enterprise where uscc = $uscc)
            or enterprise_name in (select enterprise_name from after.staging.enterprise where uscc = $uscc)""",
            {"uscc": uscc},
        )
        grouped: dict[tuple[Any, ...], tuple[list[ChangedRow], int, int]] = {}
        for plate_no, color in sorted(fleets[0] ^ fleets[1], key=str):
            asked = {"plate_no": plate_no, "plate_color_code": color}
            own = self.pair.changed("staging.vehicle", _FIRST_ISSUE["vehicle"][1], asked)
            rows = [row for row in own if row.columns & {"enterprise_name", *_VALIDITY}] or of_unit
            step = 1 if (plate_no, color) in fleets[1] else -1
            name = (step, *((row.table, row.record_id) for row in rows))
            grouped[name] = (rows, step, grouped.get(name, (rows, step, 0))[2] + 1)
        for rows, step, count in grouped.values():
            causes = causes_of(rows, self.pair)
            told = self.pair.deliveries.get(causes[0].delivery_id, {})
            yield ActEffect(
                FLEET, None, None, None, count, 0, step * count, causes[0].delivery_id, causes[0].name,
                causes[0].source_line, told.get("business_date"), (), causes,
            )  # fmt: skip
