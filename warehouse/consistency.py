"""Are like cases decided alike: what was decided against what the articles allow, by act, severity, county and month.

The unit is one case. Its day is that of its decision in effect or, while it has none, that on which it was found; the
cases of a period are those whose day lies in it, as of a day, so that every case is in one period. Every one of them is
compared or has a reason why not, and both add up.

- ``ratio``: decided ÷ the most that the articles allow for the case (``warehouse.case_amounts``): 1 is the most.
- ``position``: (decided − least) ÷ (most − least), where the article gives a range: 0 its lower end, 1 its upper, below
  0 and above 1 outside it. An amount by the tonne is no range of the article: what lies between the least and the most
  of it is what the instrument may err by, and the case has a ratio only.
- severity: the band of the excess (parameters ``severity_*_kg``, lower bound excluded, upper included) or, for acts
  without one, the tier of the article.
- position in the repeats: how often the plate had been penalised for acts of the months before this one
  (``repeat_window_months``) when this one was decided.
- origin: whether the plate is of the prefecture (``core.case_life``).

Only fines have a ratio. A warning where the articles give a fine is counted beside its group: it would be a ratio of 0,
and is another kind of penalty.

Groups differ in what they have to decide, so medians say little of a practice. Compared are therefore like cases: act,
severity and procedure (``Like``), what is decided on the spot having limits of its own (行政处罚法 art. 51). The
difference of a group is the mean ratio of its cases less that of the other like cases, strata weighted by n₁n₂ ÷ (n₁ +
n₂). Its p-value is that of exchanging the ratios within the strata ``DRAWS`` times, by Holm for all groups asked about;
its interval is that of drawing the residuals of each stratum again. Both begin at ``SEED``. The others are all of
them together: one group that differs much moves the others a little. What is not told apart may still differ, and what
is has more explanations than a practice: neither the discretion table nor what a party did about it is told by any
feed. Nothing here says that a decision is wrong, or ranks a county (art. 74).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from statistics import quantiles
from typing import Any, NamedTuple

import numpy as np

from warehouse import case_amounts, case_terms, fates, penalty
from warehouse.case_amounts import Compared, compared
from warehouse.cases import COURSE_TABLES, Filter, case_file, cases_sql
from warehouse.dossier_text import LANGUAGES
from warehouse.errors import WarehouseError
from warehouse.funnel import Part
from warehouse.metrics import Source
from warehouse.parameters import Parameter, numbers
from warehouse.repeat import ENDED_STATES

TABLES = tuple(dict.fromkeys((*COURSE_TABLES, *case_amounts.TABLES)))
"""What is read here."""
BY = ("act", "severity", "county", "month", "origin")
TESTED = ("county", "month", "origin")
"""Groups of which it is asked whether they differ; acts and severities differ by law."""
ORIGINS = ("local", "elsewhere")
JUDGEMENTS = {
    "too_few": ("同类过少，不作判断", "too few like cases"),
    "alike": ("不能区分", "cannot be told apart"),
    "lower": ("低于同类", "lower than like cases"),
    "higher": ("高于同类", "higher than like cases"),
}
"""What is said of a group, in words."""
INNOCENT = (
    "差异可有正当原因：地方裁量基准未载入；主动消除、配合、悔改、听证和当事人身份无数据；案件构成、承办时段、缴款难易也会造成"
    "差异。不能区分不等于没有差异，能区分不等于决定有误。",
    "A difference may be innocent: no local discretion table is loaded; what was mended, admitted or heard, and who "
    "the party is, no feed tells; the mix of cases, the time and the hardship of paying differ, too. What cannot be "
    "told apart may still differ; what can be is not therefore wrong.",
)
DRAWS = 1_999
SEED = 20_210_715
_AT_A_TIME = 2_000_000
BANDS = ("severity_1_kg", "severity_2_kg", "severity_3_kg", "severity_4_kg", "severity_5_kg")
PARAMETERS = (
    "consistency_confidence", "consistency_least_cases", "consistency_fence", "consistency_twin_days",
    "repeat_window_months", *BANDS,
)  # fmt: skip
ABOVE = "above"
"""Name of the band above the last bound; the others are named by their upper bound."""
TWINS = 5
"""Twins that are told of a case: the nearest."""
REMAINDER_WORDS = {
    "undecided": ("尚无有效决定", "no decision in effect yet"),
    "ended": ("未处罚或决定失效", "ended without a penalty in effect"),
    "amount_unknown": ("决定金额未知", "amount of the decision not known"),
    "warned": ("条文为罚款，决定为警告", "the articles give a fine, a warning was decided"),
    "article_warns": ("条文为警告，无金额可比", "the articles give a warning, no amount to compare with"),
    "gain_in_amount": ("清单金额可能含没收所得", "the list's amount may hold the confiscated gain"),
    "no_statutory": ("法定金额无法计算", "no statutory amount"),
}
"""Why a case has no ratio; the detail of ``no_statutory`` is a reason of ``warehouse.case_terms``."""
_BUILT = "select 1 as is_built from seeds.parameter where parameter = $name"
# What was found or filed elsewhere counts for the repeats, so the place is asked last.
_FACTS = """
with told as ({cases}),
dated as (
    select told.case_kind, told.case_no, told.county_code, told.procedure, told.case_state, told.plate_no,
        told.plate_color_code, told.decided_on, told.decided_fen,
        coalesce(told.violated_on, told.found_on) as acted_on,
        coalesce(told.decided_on, least(told.found_on, told.filed_on)) as told_on, life.is_from_elsewhere,
        case when coalesce(life.ended_on, $as_of) <= $as_of then life.ended_state end as ended_state
    from told
    inner join core.case_life as life on life.case_kind = told.case_kind and life.case_no = told.case_no
),
mine as (
    select * from dated
    where told_on between $first and $last and (cast($county as varchar) is null or county_code = $county)
),
earlier as (
    select mine.case_kind, mine.case_no, count(*)::bigint as earlier_count
    from mine
    inner join dated as other on other.case_kind = mine.case_kind and other.plate_no = mine.plate_no
        and other.plate_color_code is not distinct from mine.plate_color_code and other.acted_on < mine.acted_on
        and other.acted_on > mine.acted_on - to_months(cast($months as integer))
        and other.decided_on <= mine.decided_on and other.decided_fen is not null
    group by all
)
select mine.case_kind, mine.case_no, mine.procedure, mine.case_state, mine.decided_on, mine.decided_fen,
    mine.ended_state, mine.is_from_elsewhere, coalesce(earlier.earlier_count, 0) as earlier_count
from mine
left join earlier on earlier.case_kind = mine.case_kind and earlier.case_no = mine.case_no
order by mine.case_kind, mine.case_no
"""


# --- what is asked ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class Asked:
    """Cases of a period, both days included, of a county or a kind (None: of all), with the knowledge of ``as_of``.

    Raises ``WarehouseError`` as ``fates.Asked`` does.
    """

    first: date
    last: date
    as_of: date
    county: str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        _ = self.until  # refuses impossible days

    @property
    def until(self) -> date:
        """Last day whose cases are told."""
        return fates.Asked(self.first, self.last, self.as_of).until


class Like(NamedTuple):
    """What makes cases alike: the strata within which ratios are compared."""

    act: str
    severity: str
    procedure: str


@dataclass(frozen=True)
class Fined:
    """A case with a ratio. ``origin``: one of ``ORIGINS``; ``earlier_count``: penalties of the plate before it;
    ``is_by_tonne``: the article gives an amount by the tonne, not a range."""

    case: Compared
    like: Like
    origin: str
    earlier_count: int
    is_by_tonne: bool

    @property
    def ratio(self) -> float:
        return self.case.decided_fen / (self.case.high_fen or 0)

    @property
    def position(self) -> float | None:
        low, high = self.case.low_fen or 0, self.case.high_fen or 0
        return None if self.is_by_tonne or low == high else (self.case.decided_fen - low) / (high - low)

    @property
    def group(self) -> Mapping[str, str]:
        """The name of its group by each of ``BY``."""
        return {
            "act": self.like.act, "severity": self.like.severity, "county": self.case.county_code,
            "month": f"{self.case.decided_on:%Y-%m}", "origin": self.origin,
        }  # fmt: skip


class Left(NamedTuple):
    """A case without a ratio, and why; ``detail``: empty where the reason says all."""

    case_no: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Told:
    """Every case of what was asked: fined, or left with a reason. Of those left ``warned`` could have been fined."""

    fined: tuple[Fined, ...]
    left: tuple[Left, ...]
    warned: tuple[Fined, ...]
    parameters: Mapping[str, Parameter]

    @property
    def count(self) -> int:
        return len(self.fined) + len(self.left)

    @property
    def remainders(self) -> list[Part]:
        """Cases without a ratio by their reason, the largest part first."""
        counts = Counter((one.reason, one.detail) for one in self.left)
        parts = [Part(*why, count) for why, count in counts.items()]
        return sorted(parts, key=lambda part: (-part.count, part.reason, part.detail))

    @property
    def least(self) -> int:
        """Fewest cases on which anything is said."""
        return int(self.parameters["consistency_least_cases"].value)

    @property
    def confidence(self) -> float:
        """Share that the interval of a difference holds; above 1 less it a p-value tells nothing apart."""
        return self.parameters["consistency_confidence"].value


def is_built(source: Source) -> bool:
    """Whether the version has the parameters: one from before them lacks all."""
    return bool(source.constant(_BUILT, {"name": PARAMETERS[0]}))


# --- the cases -------------------------------------------------------------------------------------
def told(source: Source, asked: Asked, amounts: Sequence[Compared] | None = None) -> Told:
    """The cases of the period by what became of them, in the order of their kinds and numbers.

    ``amounts``: what ``compared`` tells of the same day, place and beginning, by whoever has asked it already.
    """
    parameters = numbers(source, PARAMETERS, asked.as_of)
    tiers = {row.rule_id: row.fine_step_fen is not None for row in penalty.law(source).fines}
    if amounts is None:
        amounts = compared(source, asked.as_of, Filter(kind=asked.kind, county=asked.county), asked.first)
    known = {(one.case_kind, one.case_no): one for one in amounts}
    query, given = cases_sql(Filter(kind=asked.kind))
    bound = {
        "first": asked.first, "last": asked.until, "as_of": asked.as_of, "county": asked.county,
        "months": int(parameters["repeat_window_months"].value), **given,
    }  # fmt: skip
    fined: list[Fined] = []
    warned: list[Fined] = []
    left: list[Left] = []
    for row in source.rows(_FACTS.format(cases=query), bound):
        case = known.get((row["case_kind"], row["case_no"]))
        why = _why_not(row, case)
        if why is not None:
            left.append(Left(row["case_no"], *why))
        if case is not None and why in (None, ("warned", "")):
            like = Like(_act(case), _severity(case, parameters, tiers), row["procedure"])
            is_by_tonne = any(tiers.get(rule, False) for rule in case.rules)
            one = Fined(case, like, ORIGINS[row["is_from_elsewhere"]], row["earlier_count"], is_by_tonne)
            (fined if why is None else warned).append(one)
    return Told(tuple(fined), tuple(left), tuple(warned), parameters)


def _why_not(row: Mapping[str, Any], case: Compared | None) -> tuple[str, str] | None:
    """Reason and detail why a case has no ratio; None: it has one."""
    # Of a case that was taken away and decided anew later its state of the day tells it.
    ended = row["ended_state"] or row["case_state"]
    if case is None and ended in ENDED_STATES:
        return "ended", ended
    if row["decided_on"] is None:
        return "undecided", row["case_state"]
    if case is None:
        return "amount_unknown", ""
    if case.high_fen is None:
        return "no_statutory", case.reason
    if case.high_fen == 0:
        return "article_warns", ""
    if case.decided_fen == 0:
        return "warned", ""
    # Without a decision of its number the amount is that of a list, which may count what was confiscated.
    return ("gain_in_amount", "") if case.confiscated_fen and not case.decision_count else None


def _act(case: Compared) -> str:
    return f"{case.act_code}/{case.sector}" if case.sector else case.act_code


def _severity(case: Compared, parameters: Mapping[str, Parameter], tiers: Iterable[str]) -> str:
    """The band of the excess, or the tiers of the article."""
    if not case.excess_kg:
        return ",".join(sorted(set(case.rules).intersection(tiers)))
    return next((str(bound) for bound in _bounds(parameters) if case.excess_kg <= bound), ABOVE)


def _bounds(parameters: Mapping[str, Parameter]) -> list[int]:
    return sorted(int(parameters[name].value) for name in BANDS)


# --- groups ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Difference:
    """How a group's ratio differs from that of the other like cases.

    ``count``, ``other_count``: cases of the group and of the others in strata that have both, ``strata_count``.
    ``mean``: the difference with its interval; ``p``: after Holm. All None where there are ``too_few``.
    """

    count: int
    other_count: int
    strata_count: int
    mean: float | None
    low: float | None
    high: float | None
    p: float | None
    judgement: str


@dataclass(frozen=True)
class Group:
    """Ratios of the fined of one group. None where there are too few to divide.

    ``position_*``: of those decided within a range, its ends included; ``below_count`` and ``above_count``: decided
    below or above one.

    ``is_few``: fewer than ``consistency_least_cases``: shown, and nothing is said of it. ``unverified_count``: cases
    of which a rule was read in no text.
    """

    name: str
    count: int
    warned_count: int
    unverified_count: int
    quartile_low: float | None
    median: float | None
    quartile_high: float | None
    position_count: int
    position_median: float | None
    below_count: int
    above_count: int
    is_few: bool
    difference: Difference | None


def quartiles(values: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """Lower quartile, median and upper quartile, linear between neighbours; all None of no values."""
    if not values:
        return None, None, None
    low, median, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
    return low, median, high


def groups(told: Told, by: str, within_county: bool = False) -> list[Group]:
    """The groups in the order of their names; ``within_county``: cases are alike within a county only."""
    if by not in BY:
        raise WarehouseError(f"Cases are not grouped by {by!r}. Choose one of {', '.join(BY)}.")
    if by == "county" and within_county:
        raise WarehouseError("Within a county no other one is there to compare with. Group by month or origin.")
    fined: dict[str, list[Fined]] = defaultdict(list)
    for one in told.fined:
        fined[one.group[by]].append(one)
    warned = Counter(one.group[by] for one in told.warned)
    found = differences(told, by, within_county) if by in TESTED else {}
    return [
        _group(name, fined[name], warned[name], told.least, found.get(name))
        for name in sorted({*fined, *warned}, key=lambda name: _place(by, name))
    ]


def outside_words(group: Group, lang: str) -> list[str]:
    """How many of a group were decided outside a range, told apart from the median position of those within."""
    told = (("低于幅度", "below the range", group.below_count), ("高于幅度", "above the range", group.above_count))
    return [f"{zh if lang == 'zh' else en} ({count:,})" for zh, en, count in told if count]


def _place(by: str, name: str) -> tuple[int, str]:
    """Bands by their bounds, origins local first, everything else by its name."""
    if by == "origin":
        return ORIGINS.index(name), name
    if by == "severity":
        return (int(name) if name.isdigit() else 10**9), name
    return 0, name


def _group(name: str, fined: list[Fined], warned_count: int, least: int, difference: Difference | None) -> Group:
    positions = [one.position for one in fined if one.position is not None]
    inside = [one for one in positions if 0 <= one <= 1]
    return Group(
        name, len(fined), warned_count, sum(not one.case.is_verified for one in fined),
        *quartiles([one.ratio for one in fined]), len(inside), quartiles(inside)[1],
        sum(one < 0 for one in positions), sum(one > 1 for one in positions), len(fined) < least, difference,
    )  # fmt: skip


# --- differences -----------------------------------------------------------------------------------
def differences(told: Told, by: str, within_county: bool = False) -> dict[str, Difference]:
    """Each group against the other like cases; of the origins only that of plates from elsewhere."""
    strata = _strata(told.fined, by, within_county)
    names = [ORIGINS[1]] if by == "origin" else sorted({one.group[by] for one in told.fined})
    rng = np.random.default_rng(SEED)
    told_sums = [_sums(stratum) for stratum in strata]
    exchanged, again = [_exchanged(one, rng) for one in strata], [_again(one, rng) for one in strata]
    found: dict[str, Difference] = {}
    chances: dict[str, float] = {}
    for name in names:
        own = [at for at, stratum in enumerate(strata) if name in stratum.names]
        count = sum(len(strata[at].ratios[strata[at].names.index(name)]) for at in own)
        others = sum(len(values) for at in own for values in strata[at].ratios) - count
        found[name] = Difference(count, others, len(own), None, None, None, None, "too_few")
        if min(count, others) < told.least:
            continue
        mean, by_chance, redrawn = (
            _contrast([sums[at] for at in own], [strata[at] for at in own], name)
            for sums in (told_sums, exchanged, again)
        )
        low, high = np.quantile(redrawn, [(1 - told.confidence) / 2, (1 + told.confidence) / 2])
        found[name] = replace(found[name], mean=float(mean[0]), low=float(low), high=float(high))
        # Equal up to what is lost by adding in another order.
        chances[name] = (1 + int((np.abs(by_chance) >= abs(mean[0]) - 1e-12).sum())) / (1 + DRAWS)
    for name, p in _holm(chances).items():
        way = "alike" if p > 1 - told.confidence else "lower" if (found[name].mean or 0) < 0 else "higher"
        found[name] = replace(found[name], p=p, judgement=way)
    return found


class _Stratum(NamedTuple):
    """Like cases: the names of their groups in order, and the ratios of each."""

    names: tuple[str, ...]
    ratios: tuple[np.ndarray, ...]


def _strata(fined: Iterable[Fined], by: str, within_county: bool) -> list[_Stratum]:
    """Strata with more than one group; their order, and that of ratios, is that of names and numbers."""

    def key(one: Fined) -> tuple[str, ...]:
        return (*one.like, one.case.county_code if within_county else "")

    found = []
    for _, members in groupby(sorted(fined, key=key), key=key):
        ratios: dict[str, list[float]] = defaultdict(list)
        for one in members:
            ratios[one.group[by]].append(one.ratio)
        if len(ratios) > 1:
            names = sorted(ratios)
            found.append(_Stratum(tuple(names), tuple(np.array(ratios[name]) for name in names)))
    return found


def _sums(stratum: _Stratum) -> np.ndarray:
    """Sums of the ratios by group: one row."""
    return np.array([[values.sum() for values in stratum.ratios]])


def _begins(stratum: _Stratum) -> np.ndarray:
    """Where the cases of each group begin among those of the stratum."""
    return np.cumsum([0, *(len(of_group) for of_group in stratum.ratios[:-1])])


def _exchanged(stratum: _Stratum, rng: np.random.Generator) -> np.ndarray:
    """The same sums where the ratios are dealt out anew, a row a draw."""
    values = np.concatenate(stratum.ratios)
    return np.concatenate([
        np.add.reduceat(rng.permuted(np.tile(values, (rows, 1)), axis=1), _begins(stratum), axis=1)
        for rows in _rows_at_a_time(len(values))
    ])  # fmt: skip


def _again(stratum: _Stratum, rng: np.random.Generator) -> np.ndarray:
    """The same sums where each case is its group's mean and a residual of the stratum, drawn again, a row a draw.

    A group of one case has no residual of its own, and drawing it again would tell of no spread at all. Residuals are
    widened by √(n ÷ (n − groups)), what the means took of them. Where every group has a single case they are those
    from the mean of the stratum.
    """
    values, many = np.concatenate(stratum.ratios), len(stratum.ratios)
    apart = np.concatenate([of_group - of_group.mean() for of_group in stratum.ratios])
    if many == len(values):
        apart, many = values - values.mean(), 1
    apart *= np.sqrt(len(values) / (len(values) - many))
    drawn = (apart[rng.integers(0, len(apart), (rows, len(apart)))] for rows in _rows_at_a_time(len(apart)))
    return np.concatenate([_sums(stratum) + np.add.reduceat(one, _begins(stratum), axis=1) for one in drawn])


def _rows_at_a_time(width: int) -> list[int]:
    """Draws in parts that fit into memory."""
    rows = max(1, _AT_A_TIME // width)
    return [min(rows, DRAWS - done) for done in range(0, DRAWS, rows)]


def _contrast(sums: Sequence[np.ndarray], strata: Sequence[_Stratum], name: str) -> np.ndarray:
    """The weighted difference between a group's mean ratio and that of the others, of every row of the sums."""
    total, weights = np.zeros(len(sums[0])), 0.0
    for of_groups, stratum in zip(sums, strata, strict=True):
        at = stratum.names.index(name)
        count, every = len(stratum.ratios[at]), sum(map(len, stratum.ratios))
        weight = count * (every - count) / every
        own = of_groups[:, at]
        total += weight * (own / count - (of_groups.sum(axis=1) - own) / (every - count))
        weights += weight
    return total / weights


def _holm(ps: Mapping[str, float]) -> dict[str, float]:
    """P-values for as many questions at once (Holm 1979)."""
    adjusted: dict[str, float] = {}
    worst = 0.0
    for at, (name, p) in enumerate(sorted(ps.items(), key=lambda item: (item[1], item[0]))):
        worst = max(worst, min(1.0, p * (len(ps) - at)))
        adjusted[name] = worst
    return adjusted


# --- outliers and their twins ------------------------------------------------------------------------
@dataclass(frozen=True)
class Outlier:
    """A case whose ratio lies beyond the fences of its like cases: ``consistency_fence`` times the distance between
    the quartiles below the lower or above the upper one."""

    one: Fined
    like_count: int
    quartile_low: float
    median: float
    quartile_high: float


@dataclass(frozen=True)
class Twin:
    """A case like another one, and how far it is from it: kilograms of excess (None: an act without one), yuan of the
    most that is allowed, in fen, and days between the decisions. ``ratio_less``: its ratio less the other's."""

    one: Fined
    excess_apart_kg: int | None
    high_apart_fen: int
    days_apart: int
    ratio_less: float


@dataclass(frozen=True)
class Twins:
    """A case and its nearest twins; ``among``: the like cases of its origin, position and days they are taken from."""

    case: Fined
    nearest: tuple[Twin, ...]
    among: int
    parameters: Mapping[str, Parameter]

    @property
    def days(self) -> int:
        """Most days between the decisions."""
        return _twin_days(self.parameters)


def _twin_days(parameters: Mapping[str, Parameter]) -> int:
    return int(parameters["consistency_twin_days"].value)


def outliers(told: Told) -> list[Outlier]:
    """The cases furthest from their like cases first; of too few like cases there are none."""
    fence = told.parameters["consistency_fence"].value
    found: list[Outlier] = []
    for members in _by_like(told.fined):
        low, median, high = quartiles([one.ratio for one in members])
        if len(members) < told.least or low is None or median is None or high is None:
            continue
        reach = fence * (high - low)
        found += [
            Outlier(one, len(members), low, median, high)
            for one in members
            if not low - reach - 1e-12 <= one.ratio <= high + reach + 1e-12
        ]
    return sorted(found, key=lambda each: (-abs(each.one.ratio - each.median), each.one.case.case_no))


def _by_like(fined: Iterable[Fined]) -> list[list[Fined]]:
    found: dict[Like, list[Fined]] = defaultdict(list)
    for one in fined:
        found[one.like].append(one)
    return list(found.values())


def nearest(case: Fined, told: Told) -> Twins:
    """The twins of a case among those told: same act, severity, procedure, origin and position in the repeats, decided
    at most ``consistency_twin_days`` before or after it; nearest by the excess, then by what is allowed, then by
    days."""
    among = [
        twin
        for one in told.fined
        if (one.like, one.origin, one.earlier_count) == (case.like, case.origin, case.earlier_count)
        and one.case.case_no != case.case.case_no
        and (twin := _twin(case, one)).days_apart <= _twin_days(told.parameters)
    ]
    among.sort(key=lambda twin: (
        twin.excess_apart_kg or 0, twin.high_apart_fen, twin.days_apart, twin.one.case.case_no
    ))  # fmt: skip
    return Twins(case, tuple(among[:TWINS]), len(among), told.parameters)


def _twin(case: Fined, other: Fined) -> Twin:
    here, there = case.case, other.case
    apart = None
    if here.excess_kg is not None and there.excess_kg is not None:
        apart = abs(there.excess_kg - here.excess_kg)
    return Twin(
        other, apart, abs((there.high_fen or 0) - (here.high_fen or 0)),
        abs((there.decided_on - here.decided_on).days), other.ratio - case.ratio,
    )  # fmt: skip


def twins(source: Source, as_of: date, case_no: str) -> Twins:
    """The twins of a case. Raises ``NoCase``, and ``WarehouseError`` for a case without a ratio, which says why."""
    own = case_file(source, as_of, case_no, with_match=False).case
    day = own.decided_on or min(filter(None, (own.found_on, own.filed_on)))
    reach = timedelta(days=_twin_days(numbers(source, PARAMETERS, as_of)))
    every = told(source, Asked(day - reach, min(day + reach, as_of), as_of, kind=own.case_kind))
    for one in every.fined:
        if one.case.case_no == case_no:
            return nearest(one, every)
    why = next(remainder_words(one, "en") for one in every.left if one.case_no == case_no)
    raise WarehouseError(
        f"The case {case_no} has no ratio by {as_of}: {why}. Ask about one with a fine: "
        "'heng cases amounts' shows them."
    )


# --- words -------------------------------------------------------------------------------------------
def remainder_words(part: Part | Left, lang: str) -> str:
    """A reason with its detail in words."""
    words = REMAINDER_WORDS[part.reason][LANGUAGES.index(lang)]
    if not part.detail:
        return words
    if part.reason == "no_statutory":
        detail = case_terms.REASON_TERMS[part.detail].name(lang)
    else:
        detail = case_terms.state_name(part.detail, lang)
    return f"{words}：{detail}" if lang == "zh" else f"{words}: {detail}"


def group_words(parameters: Mapping[str, Parameter], by: str, name: str, lang: str) -> str:
    """The name of a group in words; counties and months keep theirs."""
    if by == "act":
        act, _, sector = name.partition("/")
        return case_terms.act_name(act, sector or None, lang)
    if by == "severity":
        return severity_words(parameters, name, lang)
    return case_terms.ORIGIN_TERMS[name].name(lang) if by == "origin" else name


def severity_words(parameters: Mapping[str, Parameter], name: str, lang: str) -> str:
    """A band of the excess in tonnes, or the tier of the article by its number."""
    bounds = [0, *_bounds(parameters)]
    if name == ABOVE:
        return case_terms.SEVERITY_ABOVE.name(lang).format(low=f"{bounds[-1] / 1_000:g}")
    if not name.isdigit():
        return case_terms.SEVERITY_TIER.name(lang).format(rules=name)
    at = bounds.index(int(name))
    return case_terms.SEVERITY_BAND.name(lang).format(low=f"{bounds[at - 1] / 1_000:g}", high=f"{bounds[at] / 1_000:g}")


def like_words(parameters: Mapping[str, Parameter], like: Like, lang: str) -> str:
    """What makes cases alike, in words."""
    told = (
        group_words(parameters, "act", like.act, lang), severity_words(parameters, like.severity, lang),
        case_terms.PROCEDURE_TERMS[like.procedure].name(lang),
    )  # fmt: skip
    return ("、" if lang == "zh" else ", ").join(told)
