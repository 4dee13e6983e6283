"""The statutory amount of an act: what the articles in force allow, before any local discretion.

Over-limit carriage (mass, dimensions, both: 令2016-62 art. 43; before it 公路安全保护条例 art. 64) and transport
without licence (道路运输条例 art. 63), and the acts whose article names a range and asks for nothing measured
(公路安全保护条例 arts 63, 65, 67–69; 道路运输条例 arts 64, 66, 68–70; 安全生产法 arts 101, 102), with the fine by the
day that may follow on the last (art. 112). Which version applies is decided by the day of the act and the day of the
decision: the rules of the act, unless those of the decision are lighter (行政处罚法 art. 37; parameter
``lighter_rule``). An unlawful gain is confiscated beside the fine, whatever its size (art. 28; parameter
``gain_confiscation``), but for what must be refunded by law, which nothing here knows. Every amount, bound and choice
is a row of ``seeds.fine_tier``, ``seeds.dimension_limit`` or ``seeds.parameter``; nothing here knows a number of the
law. Amounts are whole fen.

Limits of mass are judged elsewhere (core.passage): an act comes with its excess. Nothing here decides a case.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeVar

from warehouse.errors import WarehouseError
from warehouse.metrics import Source

ROUNDINGS = ("FLOOR_TONNE", "CEIL_TONNE", "EXACT")
LIGHTER_RULES = ("LIGHTER", "ACT_DAY")
CONFISCATIONS = ("ALWAYS", "BY_TIER")
DIMENSIONS = ("height", "width", "length")
SIZED = ("over_mass", "over_dimension", "over_mass_and_dimension")
"""Acts whose amount depends on what was measured."""


class NoRule(WarehouseError):
    """No rule says what follows from the act on that day."""


# --- the law as rows -------------------------------------------------------------------------------
@dataclass(frozen=True)
class FineTier:
    """A row of ``seeds.fine_tier``; None is an empty cell, whose meaning the dictionary tells."""

    rule_id: str
    valid_from: date | None
    valid_to: date | None
    act_code: str
    sector: str | None
    subject_kind: str | None
    tier: int | None
    is_serious: bool | None
    height_up_to_mm: int | None
    width_up_to_mm: int | None
    length_up_to_mm: int | None
    bound_quantity: str | None
    lower_word: str | None
    lower_bound: int | None
    upper_word: str | None
    upper_bound: int | None
    penalty_kind: str
    fine_low_fen: int | None
    fine_high_fen: int | None
    fine_step_fen: int | None
    fine_step_kg: int | None
    gain_multiple_low: float | None
    gain_multiple_high: float | None
    zh: str
    en: str
    citation_zh: str
    citation_en: str
    confidence: str


@dataclass(frozen=True)
class DimensionLimit:
    """A row of ``seeds.dimension_limit``."""

    rule_id: str
    valid_from: date | None
    valid_to: date | None
    dimension: str
    dimension_vehicle: str
    limit_word: str
    limit_mm: int
    confidence: str


@dataclass(frozen=True)
class Setting:
    """A row of ``seeds.parameter``."""

    parameter: str
    valid_from: date | None
    valid_to: date | None
    parameter_value: float | None
    parameter_text: str | None
    confidence: str


@dataclass(frozen=True)
class Law:
    """The rows a statutory amount is taken from, of every day."""

    fines: tuple[FineTier, ...]
    dimensions: tuple[DimensionLimit, ...]
    settings: tuple[Setting, ...]


_Row = TypeVar("_Row", FineTier, DimensionLimit, Setting)


def law(source: Source) -> Law:
    """The law as a version (or ``warehouse.rule_files.Files``, or any source with the seeds) holds it."""
    return Law(
        _rows(source, "seeds.fine_tier", FineTier),
        _rows(source, "seeds.dimension_limit", DimensionLimit),
        _rows(source, "seeds.parameter", Setting),
    )


def _rows(source: Source, table: str, of: type[_Row]) -> tuple[_Row, ...]:
    names = [field.name for field in fields(of)]
    days = ("valid_from", "valid_to")
    shown = ", ".join(f"cast({name} as varchar) as {name}" if name in days else name for name in names)
    frame = source.read(f"select {shown} from {table} order by all").astype(object)
    frame = frame.where(frame.notna(), None)
    whole = {field.name for field in fields(of) if str(field.type).startswith(("int", "<class 'int"))}
    found = []
    for row in frame.to_dict("records"):
        told: dict[str, Any] = {str(name): value for name, value in row.items()}
        for name in days:
            told[name] = None if told[name] is None else date.fromisoformat(told[name][:10])
        for name, value in told.items():
            if value is not None and (name in whole or name == "is_serious"):
                told[name] = bool(value) if name == "is_serious" else int(value)
        found.append(of(**told))
    return tuple(found)


# --- acts and what follows from them ---------------------------------------------------------------
@dataclass(frozen=True)
class OverLimit:
    """Over-limit carriage. ``excess_kg``: mass above the limit of the day of the act, 0 if only a dimension is beyond.

    Dimensions are those of vehicle and load; one that is not known is taken to be within. ``vehicle``: a kind of
    ``seeds.dimension_limit`` for which a standard allows more. ``later_excess_kg``: the excess above the limit of the
    day of the decision, where it is another; None: the same.
    """

    violated_on: date
    decided_on: date
    excess_kg: int = 0
    height_mm: int | None = None
    width_mm: int | None = None
    length_mm: int | None = None
    vehicle: str = "any"
    later_excess_kg: int | None = None


@dataclass(frozen=True)
class IllegalOperation:
    """Transport without licence. ``gain_fen``: unlawful gain with what must be refunded; 0: none, or not established.

    ``subject_kind`` is needed where the rules of a trade tell subjects apart (ride-hailing).
    """

    violated_on: date
    decided_on: date
    sector: str
    gain_fen: int = 0
    is_serious: bool = False
    subject_kind: str | None = None


@dataclass(frozen=True)
class Ranged:
    """An act whose article names a range. ``subject_kind``: whom it is held against; None: any, if the article does
    not tell subjects apart. ``tier``: which of its sentences; None: not told, and the range covers all of them.
    """

    violated_on: date
    decided_on: date
    act_code: str
    subject_kind: str | None = None
    tier: int | None = None
    gain_fen: int = 0


@dataclass(frozen=True)
class Reading:
    """What the rules of one day say: a range of fines, a warning, or nothing.

    ``confiscated_fen``: the gain, where it is confiscated beside the fine (but for what must be refunded). ``rules``:
    rows used, in order of use; ``unverified``: those of them that were read in no text.
    """

    law_on: date
    low_fen: int
    high_fen: int
    is_warning: bool
    confiscated_fen: int
    is_capped: bool
    rules: tuple[str, ...]
    unverified: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """``fine``, ``warning`` or ``none``."""
        return "fine" if self.high_fen or self.confiscated_fen else "warning" if self.is_warning else "none"

    @property
    def burden(self) -> tuple[int, int, int, int]:
        """Gravest to lightest: kind, then the most and the least that is taken; a smaller one is lighter."""
        grade = {"none": 0, "warning": 1, "fine": 2}[self.outcome]
        return (
            grade, self.high_fen + self.confiscated_fen, self.low_fen + self.confiscated_fen, int(self.is_warning),
        )  # fmt: skip


@dataclass(frozen=True)
class Penalty:
    """The reading that applies, and the other one where the rules changed between act and decision.

    ``why``: ``unchanged`` (one set of rules), ``act_day`` (those of the act, as the later ones are not lighter),
    ``lighter_later`` (those of the decision, as they are lighter) or ``act_day_only`` (no rule lets later ones in).
    ``is_contested``: the later rules have the lower maximum and the higher minimum, or the reverse; maxima decide.
    ``choice_rules``: the rows of the parameter that decided.
    """

    chosen: Reading
    other: Reading | None
    why: str
    is_contested: bool
    choice_rules: tuple[str, ...]
    unverified: tuple[str, ...]

    @property
    def is_verified(self) -> bool:
        """Whether every row used was read in a text."""
        return not self.unverified


def over_limit(act: OverLimit, rules: Law) -> Penalty:
    """The statutory amount for going over a limit. Raises ``NoRule`` where none is in force."""
    if act.excess_kg < 0 or (act.later_excess_kg or 0) < 0:
        raise ValueError("an excess is what lies above the limit: 0 or more")
    later = act.excess_kg if act.later_excess_kg is None else act.later_excess_kg
    return _chosen(
        act.violated_on,
        act.decided_on,
        _over_limit_on(act, act.violated_on, act.excess_kg, rules),
        lambda: _over_limit_on(act, act.decided_on, later, rules),
        rules,
    )


def illegal_operation(act: IllegalOperation, rules: Law) -> Penalty:
    """The statutory amount for transport without licence. Raises ``NoRule`` where none is in force for the trade."""
    if act.gain_fen < 0:
        raise ValueError("a gain is 0 or more")
    return _chosen(
        act.violated_on,
        act.decided_on,
        _illegal_on(act, act.violated_on, rules),
        lambda: _illegal_on(act, act.decided_on, rules),
        rules,
    )


def ranged(act: Ranged, rules: Law) -> Penalty:
    """The statutory amount for an act whose article names a range. Raises ``NoRule`` where no such article is in force.

    Acts that are measured, or told apart by trade, are refused: ``over_limit``, ``illegal_operation``.
    """
    if act.gain_fen < 0:
        raise ValueError("a gain is 0 or more")
    return _chosen(
        act.violated_on,
        act.decided_on,
        _ranged_on(act, act.violated_on, rules),
        lambda: _ranged_on(act, act.decided_on, rules),
        rules,
    )


@dataclass(frozen=True)
class Continued:
    """A fine by the day: ``each_fen`` for each of ``days``, the first of them the day after the order to correct."""

    each_fen: int
    days: int
    rules: tuple[str, ...]

    @property
    def amount_fen(self) -> int:
        return self.each_fen * self.days


def continued(original_fen: int, ordered_on: date, until: date, rules: Law) -> Continued:
    """What may follow where who was fined and ordered to correct refuses: the original amount again for each day from
    the one after the order up to ``until``, that day included (安全生产法 art. 112).

    Raises ``NoRule`` where the law of the day of the order does not know it.
    """
    if original_fen <= 0:
        raise WarehouseError("A fine by the day follows a fine. Give the original amount, above 0.")
    if until < ordered_on:
        raise WarehouseError(f"{until} lies before the order of {ordered_on}. Exchange the two days.")
    ratio = setting(rules, "daily_fine_ratio", ordered_on)
    if ratio.parameter_value is None:
        raise NoRule("daily_fine_ratio has no number. Write one in warehouse/seeds/parameter.csv.")
    return Continued(
        round(original_fen * ratio.parameter_value), (until - ordered_on).days, (_setting_no(ratio),)
    )  # fmt: skip


# --- one day's law ---------------------------------------------------------------------------------
def _holds(row: FineTier | DimensionLimit | Setting, day: date) -> bool:
    return (row.valid_from is None or row.valid_from <= day) and (row.valid_to is None or day <= row.valid_to)


def _within(tier: FineTier, amount: int) -> bool:
    """Whether an amount lies within the bounds of a tier, by their counting words."""
    if tier.lower_bound is not None and not (
        amount > tier.lower_bound or (tier.lower_word == "at_least" and amount == tier.lower_bound)
    ):
        return False
    return tier.upper_bound is None or (
        amount < tier.upper_bound or (tier.upper_word == "at_most" and amount == tier.upper_bound)
    )


def _tiers(fines: Iterable[FineTier], act_code: str, day: date) -> list[FineTier]:
    """Tiers of an act in force on a day, lowest first; the general provision where there are none."""
    found = [row for row in fines if row.act_code == act_code and _holds(row, day)]
    tiers = sorted((row for row in found if row.tier is not None), key=lambda row: (row.tier or 0, row.rule_id))
    if found:
        return tiers or sorted(found, key=lambda row: row.rule_id)
    raise NoRule(
        f"No rule on {act_code} is in force on {day}. Add a row with its days and citation to "
        "warehouse/seeds/fine_tier.csv, then run 'heng rules check'."
    )


def setting(rules: Law, parameter: str, day: date) -> Setting:
    """The row of a parameter on a day. Raises ``NoRule`` without one, or with several."""
    found = [row for row in rules.settings if row.parameter == parameter and _holds(row, day)]
    if len(found) != 1:
        raise NoRule(
            f"The parameter {parameter} has {len(found)} rows on {day}, and one is needed. Mend "
            "warehouse/seeds/parameter.csv, then run 'heng rules check'."
        )
    return found[0]


def _choice(row: Setting, accepted: Sequence[str], day: date) -> str:
    """What a parameter that is a choice chooses."""
    if row.parameter_text is None or row.parameter_text not in accepted:
        raise NoRule(
            f"{row.parameter} is {row.parameter_text!r} on {day}. Write one of {', '.join(accepted)} in "
            "warehouse/seeds/parameter.csv."
        )
    return row.parameter_text


def _setting_no(row: Setting) -> str:
    return row.parameter if row.valid_from is None else f"{row.parameter}@{row.valid_from}"


def _unverified(rows: Iterable[FineTier | DimensionLimit | Setting]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_number(row) for row in rows if not row.confidence.startswith("C")))


def _number(row: FineTier | DimensionLimit | Setting) -> str:
    return _setting_no(row) if isinstance(row, Setting) else row.rule_id


_Used = list[FineTier | DimensionLimit | Setting]


def _over_limit_on(act: OverLimit, day: date, excess_kg: int, rules: Law) -> Reading:
    used: _Used = []
    low = high = 0
    is_warning = is_capped = False
    if excess_kg:
        tier = _first(_tiers(rules.fines, "over_mass", day), "over_mass", day, excess_kg)
        used.append(tier)
        low, high, is_capped = _of_mass(tier, excess_kg, rules, day, used)
        is_warning = tier.penalty_kind == "warning"
    if beyond := _beyond(act, day, rules):
        of_size = _of_size(act, day, rules)
        used += [*beyond, of_size]
        low, high = low + (of_size.fine_low_fen or 0), high + (of_size.fine_high_fen or 0)
        if excess_kg:
            cap = _tiers(rules.fines, "over_mass_and_dimension", day)[0]
            used.append(cap)
            if cap.fine_high_fen is not None and high > cap.fine_high_fen:
                low, high, is_capped = min(low, cap.fine_high_fen), cap.fine_high_fen, True
    return _reading(day, low, high, is_warning, 0, is_capped, used)


def _of_size(act: OverLimit, day: date, rules: Law) -> FineTier:
    """The first tier that holds every dimension that is known."""
    for tier in _tiers(rules.fines, "over_dimension", day):
        if all(_up_to(act, tier, dimension) for dimension in DIMENSIONS):
            return tier
    raise NoRule(
        f"No tier of over_dimension covers these dimensions on {day}. Add one without upper bounds to "
        "warehouse/seeds/fine_tier.csv."
    )


def _first(tiers: Sequence[FineTier], act_code: str, day: date, amount: int) -> FineTier:
    for tier in tiers:
        if _within(tier, amount):
            return tier
    raise NoRule(
        f"No tier of {act_code} covers {amount} on {day}. The tiers of warehouse/seeds/fine_tier.csv leave a gap: "
        "give one of them a wider bound."
    )


def _of_mass(tier: FineTier, excess_kg: int, rules: Law, day: date, used: _Used) -> tuple[int, int, bool]:
    """Lowest and highest fine for an excess, and whether the tier's maximum cut it."""
    if tier.fine_step_fen is None or tier.fine_step_kg is None:
        return tier.fine_low_fen or 0, tier.fine_high_fen or 0, False
    rounding = setting(rules, "fine_rounding", day)
    used.append(rounding)
    how = _choice(rounding, ROUNDINGS, day)
    if how == "FLOOR_TONNE":
        amount = excess_kg // tier.fine_step_kg * tier.fine_step_fen
    elif how == "CEIL_TONNE":
        amount = -(-excess_kg // tier.fine_step_kg) * tier.fine_step_fen
    else:  # pro rata, half a fen upwards
        amount = (2 * excess_kg * tier.fine_step_fen + tier.fine_step_kg) // (2 * tier.fine_step_kg)
    if tier.fine_high_fen is not None and amount > tier.fine_high_fen:
        return tier.fine_high_fen, tier.fine_high_fen, True
    return amount, amount, False


def _measured(act: OverLimit, dimension: str) -> int | None:
    return {"height": act.height_mm, "width": act.width_mm, "length": act.length_mm}[dimension]


def _up_to(act: OverLimit, tier: FineTier, dimension: str) -> bool:
    most = {"height": tier.height_up_to_mm, "width": tier.width_up_to_mm, "length": tier.length_up_to_mm}[dimension]
    measured = _measured(act, dimension)
    return most is None or measured is None or measured <= most


def _beyond(act: OverLimit, day: date, rules: Law) -> list[DimensionLimit]:
    """The limits of dimensions that the vehicle is beyond. What a standard allows its kind goes before what holds for
    any vehicle where it is more: an exception never takes anything from the party."""
    found = []
    for dimension in DIMENSIONS:
        measured = _measured(act, dimension)
        limits = [
            row
            for row in rules.dimensions
            if row.dimension == dimension and row.dimension_vehicle in ("any", act.vehicle) and _holds(row, day)
        ]
        if measured is None or not limits:
            continue
        limit = max(limits, key=lambda row: (row.limit_mm, row.dimension_vehicle == "any"))
        if measured > limit.limit_mm or (limit.limit_word == "at_least" and measured == limit.limit_mm):
            found.append(limit)
    return found


def _illegal_on(act: IllegalOperation, day: date, rules: Law) -> Reading:
    trade = [row for row in rules.fines if row.sector in (None, act.sector)]
    tiers = [
        row
        for row in _tiers(trade, "illegal_operation", day)
        if row.is_serious in (None, act.is_serious) and _within(row, act.gain_fen)
    ]
    subjects = {row.subject_kind for row in tiers}
    if act.subject_kind is None and len(subjects) > 1:
        raise NoRule(
            f"The rules on {act.sector} tell subjects apart. Say which: {', '.join(sorted(filter(None, subjects)))}."
        )
    tiers = [row for row in tiers if row.subject_kind in (None, act.subject_kind) or act.subject_kind is None]
    if not tiers:
        raise NoRule(
            f"No rule on illegal operation in {act.sector} covers the act on {day}. Add a row with its days and "
            "citation to warehouse/seeds/fine_tier.csv."
        )
    tier = tiers[0]
    if tier.gain_multiple_low is not None and tier.gain_multiple_high is not None:
        low = round(act.gain_fen * tier.gain_multiple_low)
        high = round(act.gain_fen * tier.gain_multiple_high)
    else:
        low, high = tier.fine_low_fen or 0, tier.fine_high_fen or 0
    used: _Used = [tier]
    taken = _confiscated(tier, act.gain_fen, rules, day, used)
    return _reading(day, low, high, tier.penalty_kind == "warning", taken, False, used)


def _ranged_on(act: Ranged, day: date, rules: Law) -> Reading:
    told = [
        row
        for row in rules.fines
        if row.act_code == act.act_code and _holds(row, day) and act.tier in (None, row.tier)
    ]  # fmt: skip
    subjects = {row.subject_kind for row in told if row.subject_kind}
    if subjects and act.subject_kind is None:
        raise NoRule(f"The rules on {act.act_code} tell subjects apart. Say which: {', '.join(sorted(subjects))}.")
    tiers = [row for row in told if row.subject_kind in (None, act.subject_kind)]
    if not tiers:
        of = f" against {act.subject_kind}" if act.subject_kind else ""
        raise NoRule(
            f"No rule on {act.act_code}{of} is in force on {day}. Add a row with its days and citation to "
            "warehouse/seeds/fine_tier.csv, then run 'heng rules check'."
        )
    for row in tiers:
        measured = (
            row.bound_quantity or row.fine_step_fen or row.gain_multiple_high or row.sector or row.act_code in SIZED
        )
        if measured or row.fine_low_fen is None or row.fine_high_fen is None:
            raise NoRule(f"{row.rule_id} names no range alone. Ask for {act.act_code} by what was measured.")
    tiers.sort(key=lambda row: (row.tier or 0, row.rule_id))
    used: _Used = [*tiers]
    low, high = min(row.fine_low_fen or 0 for row in tiers), max(row.fine_high_fen or 0 for row in tiers)
    taken = max(_confiscated(row, act.gain_fen, rules, day, used) for row in tiers)
    return _reading(day, low, high, False, taken, False, used)


def _confiscated(tier: FineTier, gain_fen: int, rules: Law, day: date, used: _Used) -> int:
    """What is taken of a gain: all of it by a tier that says so or by the general provision of the day."""
    if not gain_fen or tier.penalty_kind == "fine_and_confiscation":
        return gain_fen
    general = setting(rules, "gain_confiscation", day)
    used.append(general)
    return gain_fen if _choice(general, CONFISCATIONS, day) == "ALWAYS" else 0


def _reading(day: date, low: int, high: int, is_warning: bool, taken: int, is_capped: bool, used: _Used) -> Reading:
    numbers = tuple(dict.fromkeys(_number(row) for row in used))
    return Reading(day, low, high, is_warning, taken, is_capped, numbers, _unverified(used))


# --- which day's law -------------------------------------------------------------------------------
def _chosen(violated_on: date, decided_on: date, then: Reading, later: Any, rules: Law) -> Penalty:
    """The rules of the act, unless those of the decision are lighter and may be taken (行政处罚法 art. 37)."""
    if decided_on < violated_on:
        raise WarehouseError(
            f"The decision of {decided_on} lies before the act of {violated_on}. Exchange the two days."
        )
    now: Reading = later()
    if now.rules == then.rules and now.burden == then.burden:
        return Penalty(then, None, "unchanged", False, (), then.unverified)
    choice = setting(rules, "lighter_rule", decided_on)
    numbers = (_setting_no(choice),)
    if _choice(choice, LIGHTER_RULES, decided_on) == "ACT_DAY":
        return Penalty(then, now, "act_day_only", False, numbers, _both(then, choice, None))
    takes_later = now.burden < then.burden
    # Which is lighter depends on both: a doubt about either is a doubt about the choice.
    doubts = _both(then, choice, now)
    lows, highs = now.burden[2] - then.burden[2], now.burden[1] - then.burden[1]
    is_contested = now.burden[0] == then.burden[0] and lows * highs < 0
    if takes_later:
        return Penalty(now, then, "lighter_later", is_contested, numbers, doubts)
    return Penalty(then, now, "act_day", is_contested, numbers, doubts)


def _both(then: Reading, choice: Setting, now: Reading | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*then.unverified, *(now.unverified if now else ()), *_unverified([choice]))))
