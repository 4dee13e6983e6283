"""How far the passages of a period came: weighed, over the limit, usable as evidence, filed, decided, paid, closed.

The unit is one passage (台次); the cohort is the passages of the period, whatever happened to them when. All is told as
of a day: a case decided after it is not decided. Every remainder has its reason, and the reasons of a stage sum exactly
to what is missing from the one before. Who reached a stage without the one before (a case filed on a passage that is
not usable as evidence, a decision on the spot without a filing, a case closed without a fine) is told beside it: a
stage is those who came through the one before and those beside, and both numbers stand.

- ``passed``: every passage, weighed or not (``mart.overload_daily``).
- ``found``: over the limit of the day (``mart.finding``). Left out: within it; not judged, as no weight or no limit is
  known.
- ``usable``: no doubt of the record or the instrument (``evidence_ok``: what the platform can see of 行政处罚法
  art. 41; whether an officer looked is among the reasons of the next stage). Left out: by the first doubt.
- ``filed``: its case was filed by the day (立案), whatever became of it later. Left out: by fate (``warehouse.fates``).
- ``decided``: a penalty was decided by the day (处罚决定), a warning too, also on the spot. Left out: ended without
  one, or still in a state of the procedure.
- ``paid``: every fine in effect was covered in full by the day (罚款入库). Left out: no fine, part of it, nothing,
  ended.
- ``closed``: the day of closing (结案) as the list of cases tells it. Left out: by state.

The case of a passage is the one ``warehouse.fates`` ties to it by its number: of several the one that went furthest.
What it had reached by the day is told by ``warehouse.cases``; the four series are never merged. Several passages of one
trip have one case: one passage carries it, the others are left out as of the same trip.

``times`` tells how long the cohort's cases stand in each state of ``core.case_state``, from one accepted step to the
next that changes the state. A case still in it is censored on the day asked for (``warehouse.survival``): leaving it
out, or counting it as if it left today, would make every state look shorter than it is.

Acts about mass only: length, width and height are measured by sensors that are not verified, so no passage is a finding
of dimensions; their cases are in ``heng cases list``. Nothing here is a target (行政处罚法 art. 74).

Illegal operation (非法营运) is found by officers and has no passages: its unit is one case, its cohort the cases found
in the period, its stages begin with ``found``. Of one that only a county's list tells the payment is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from warehouse import fates
from warehouse.cases import CASE_STATES, KINDS, OVER, Filter, cases_sql
from warehouse.dossier_text import LANGUAGES, Words
from warehouse.errors import WarehouseError
from warehouse.metrics import Source
from warehouse.repeat import ENDED_STATES
from warehouse.survival import kaplan_meier

STAGES = ("passed", "found", "usable", "filed", "decided", "paid", "closed")
CASE_STAGES = ("found", "filed", "decided", "paid", "closed")
"""Stages of illegal operation, which has no passages."""
CONFIDENCE = 0.95
"""Of the intervals of times: the usual convention, no threshold of the law."""
STAGE_WORDS = {
    "passed": ("过车", "passed"),
    "found": ("超限", "over the limit"),
    "usable": ("证据可用", "usable as evidence"),
    "filed": ("立案", "filed"),
    "decided": ("处罚决定", "decided"),
    "paid": ("罚款缴清", "paid in full"),
    "closed": ("结案", "closed"),
}
_OWN_WORDS = {
    "within_limit": ("未超限", "within the limit"),
    "not_weighed": ("无总重", "no gross weight"),
    "limit_open": ("限值未定，待判", "limit not known, to be reviewed"),
    "unfit": ("证据条件不齐", "not fit as evidence"),
    "on_the_spot": ("现场处罚，无立案", "decided on the spot, without a filing"),
    "filing_untold": ("已决定，未见立案日期", "decided, no day of filing is told"),
    "in_state": ("办理中", "in procedure"),
    "over": ("程序已结束", "procedure over"),
    "undecided": ("未作出决定", "no penalty decided"),
    "no_fine": ("决定无罚款（警告等）", "decided without a fine (a warning)"),
    "amount_unknown": ("决定金额未知", "amount of the decision not known"),
    "part_paid": ("部分缴纳", "paid in part"),
    "unpaid": ("未缴纳", "nothing paid"),
    "payment_untold": ("仅见于县市区清单，缴款情况不明", "only on a county's list, its payment is not known"),
}
_MONEY = """
    case
        when told_case.decided_on is null then 'undecided'
        when told_case.decided_fen is null then 'amount_unknown'
        when told_case.decided_fen = 0 then 'no_fine'
        when told_case.collected_fen is null then 'payment_untold'
        when told_case.collected_fen > 0 then 'part_paid'
        else 'unpaid'
    end as money"""
_OF_PASSAGES = """
select
    coalesce(sum(passage_count), 0)::bigint as passage_count,
    coalesce(sum(within_count), 0)::bigint as within_count,
    coalesce(sum(passage_count - weighed_count), 0)::bigint as unweighed_count,
    coalesce(sum(review_count - (passage_count - weighed_count)), 0)::bigint as open_count
from mart.overload_daily
where passed_date between $first and $last
    and (cast($county as varchar) is null or county_code = $county)
    and (cast($site as varchar) is null or site_code = $site)
"""
_OF_FINDINGS = f"""
, told_case as ({{cases}})
select
    fated.evidence_ok as is_usable,
    coalesce(told_case.filed_on is not null, false) as is_filed,
    coalesce(told_case.decided_on is not null, false) as is_decided,
    coalesce(told_case.paid_on is not null, false) as is_paid,
    coalesce(told_case.closed_on is not null, false) as is_closed,
    coalesce(fated.evidence_reason, '') as evidence_reason,
    fated.fate,
    coalesce(fated.fate_detail, '') as fate_detail,
    coalesce(told_case.procedure, '') as procedure,
    coalesce(told_case.case_state, '') as case_state,
    {_MONEY},
    count(*)::bigint as unit_count
from fated
left join told_case on fated.case_tie = 'check_no' and told_case.case_no = fated.case_no
group by all
"""
_OF_CASES = f"""
select
    told_case.filed_on is not null as is_filed,
    told_case.decided_on is not null as is_decided,
    told_case.paid_on is not null as is_paid,
    told_case.closed_on is not null as is_closed,
    told_case.case_state,
    {_MONEY},
    count(*)::bigint as unit_count
from ({{cases}}) as told_case
where told_case.found_on between $first and $until
group by all
"""
_UNTIMED = """
select told.case_state, count(*)::bigint as case_count
from ({cases}) as told
where list_contains($case_nos, told.case_no) and not exists (
    select 1 from core.case_state as step
    where step.case_no = told.case_no and step.is_accepted and step.event_on <= $as_of
)
group by all
"""
# A step that repeats the state it finds does not leave it.
_SPELLS = """
with entered as (
    select case_no, state_after, event_on, lead(event_on) over (partition by case_no order by step_no) as left_on
    from core.case_state
    where is_accepted and event_on <= $as_of and state_after <> from_state and list_contains($case_nos, case_no)
)
select state_after as case_state, coalesce(left_on, $as_of) - event_on as days, left_on is not null as is_over,
    count(*)::bigint as spell_count
from entered
group by all
"""


@dataclass(frozen=True)
class Asked:
    """Passages of a period, both days included, of a county or a site (None: of all), with the knowledge of ``as_of``;
    of the kind ``illegal_operation`` the cases found in it.

    Raises ``WarehouseError`` as ``fates.Asked`` does, and for a kind that is not in ``KINDS`` or has no sites.
    """

    first: date
    last: date
    as_of: date
    county: str | None = None
    site: str | None = None
    kind: str = "over_limit"

    def __post_init__(self) -> None:
        _ = self.findings  # refuses impossible days
        if self.kind not in KINDS:
            raise WarehouseError(f"There is no kind of case {self.kind!r}. Choose one of {', '.join(KINDS)}.")
        if self.kind == "illegal_operation" and self.site is not None:
            raise WarehouseError("Illegal operation is found at no weighing site. Leave the site out.")

    @property
    def findings(self) -> fates.Asked:
        return fates.Asked(self.first, self.last, self.as_of, self.county, self.site)

    @property
    def until(self) -> date:
        """Last day whose passages are told."""
        return self.findings.until


@dataclass(frozen=True)
class Part:
    """Passages, or cases, by the reason why they did not reach a stage; ``detail``: empty where the reason says all."""

    reason: str
    detail: str
    count: int


@dataclass(frozen=True)
class Stage:
    """Passages, or cases, that reached a stage: ``through`` the one before, and ``beside`` it.

    ``left``: of those of the stage before, the ones that did not reach this one; ``through`` and they are its count.
    ``beside``: by the reason why they are not in the stage before. The largest part comes first.
    """

    stage: str
    through: int
    left: tuple[Part, ...]
    beside: tuple[Part, ...]

    @property
    def beside_count(self) -> int:
        return sum(part.count for part in self.beside)

    @property
    def count(self) -> int:
        return self.through + self.beside_count


@dataclass(frozen=True)
class StateTime:
    """Cases of the cohort in one state of the procedure.

    ``now_count``: in it on the day; of these ``untimed_count`` without any step: since when is not known.
    ``spell_count``: times a case entered it, of which ``ended_count`` left it by the day. ``median_days``: calendar
    days until half have left it (Kaplan–Meier), with its interval; None: not reached as far as is known. ``is_final``:
    a case in it is not open any more, and no time is told.
    """

    case_state: str
    now_count: int
    untimed_count: int
    spell_count: int
    ended_count: int
    median_days: int | None
    low_days: int | None
    high_days: int | None
    is_final: bool

    @property
    def still_share(self) -> float | None:
        """Of the times a case entered it those that it has not left by the day; None: none did."""
        return (self.spell_count - self.ended_count) / self.spell_count if self.spell_count else None

    @property
    def has_interval(self) -> bool:
        """Whether enough left the state to tell both ends of the interval."""
        return self.low_days is not None and self.high_days is not None


def stages(source: Source, asked: Asked) -> list[Stage]:
    """The stages in their order; the first has nothing left out and nothing beside."""
    cases, given = cases_sql(Filter(asked.kind, asked.county if asked.kind == "illegal_operation" else None))
    if asked.kind == "illegal_operation":
        bound = {"first": asked.first, "until": asked.until, "as_of": asked.as_of, **given}
        rows = source.rows(_OF_CASES.format(cases=cases), bound)
        first = Stage("found", sum(row["unit_count"] for row in rows), (), ())
        return [first, *_onward(CASE_STAGES, rows, _why_not_of_case)]
    rows = fates.over_fated(source, asked.findings, _OF_FINDINGS.format(cases=cases), **given)
    place = asked.findings.bound()
    (passages,) = source.rows(_OF_PASSAGES, place)
    not_found = {
        "within_limit": passages["within_count"],
        "not_weighed": passages["unweighed_count"],
        "limit_open": passages["open_count"],
    }
    found_count = sum(row["unit_count"] for row in rows)
    return [
        Stage("passed", passages["passage_count"], (), ()),
        Stage("found", found_count, _parts({(name, ""): count for name, count in not_found.items()}.items()), ()),
        *_onward(STAGES[1:], rows, _why_not),
    ]


def _onward(
    names: Sequence[str], rows: list[dict[str, Any]], why_not: Callable[[str, dict[str, Any]], tuple[str, str]]
) -> list[Stage]:
    """The stages after the first of ``names``, which every row reached."""
    told = []
    before = names[0]
    for name in names[1:]:
        through, left, beside = 0, Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for row in rows:
            was_before = before == names[0] or row[f"is_{before}"]
            if row[f"is_{name}"] and was_before:
                through += row["unit_count"]
            elif row[f"is_{name}"]:
                beside[why_not(before, row)] += row["unit_count"]
            elif was_before:
                left[why_not(name, row)] += row["unit_count"]
        told.append(Stage(name, through, _parts(left.items()), _parts(beside.items())))
        before = name
    return told


def share(stage: Stage, before: Stage) -> float | None:
    """Of those of the stage before the ones that reached this one; None: of nothing. Never above 1: who came beside the
    stage before is no part of it."""
    return stage.through / before.count if before.count else None


def _parts(counts: Iterable[tuple[tuple[str, str], int]]) -> tuple[Part, ...]:
    parts = [Part(reason, detail, count) for (reason, detail), count in counts if count]
    return tuple(sorted(parts, key=lambda part: (-part.count, part.reason, part.detail)))


def _why_not(stage: str, row: dict[str, Any]) -> tuple[str, str]:
    """Reason and detail why passages of a row did not reach the stage."""
    if stage == "usable":
        return "unfit", row["evidence_reason"]
    if stage == "filed" and row["fate"] not in ("case_closed", "case_decided"):
        return row["fate"], row["fate_detail"]
    if stage == "filed":
        return ("on_the_spot" if row["procedure"] == "simple" else "filing_untold"), ""
    if stage in ("decided", "paid") and row["fate"] == "case_ended":
        return "case_ended", row["fate_detail"]
    if stage == "paid":
        return row["money"], ""
    return ("over" if row["case_state"] in OVER else "in_state"), row["case_state"]


def _why_not_of_case(stage: str, row: dict[str, Any]) -> tuple[str, str]:
    """As ``_why_not``, of cases of illegal operation."""
    if stage != "closed" and row["case_state"] in ENDED_STATES:
        return "case_ended", row["case_state"]
    if stage == "filed" and row["is_decided"]:
        return "filing_untold", ""
    if stage == "paid":
        return row["money"], ""
    return ("over" if row["case_state"] in OVER else "in_state"), row["case_state"]


def times(source: Source, asked: Asked) -> list[StateTime]:
    """The states that a case of the cohort was in by the day, in the order of the procedure.

    Raises ``WarehouseError`` for illegal operation: no steps of it are told.
    """
    if asked.kind != "over_limit":
        raise WarehouseError("No steps of illegal operation are told, so no time in a state. Ask of over_limit.")
    own = fates.over_fated(source, asked.findings, "select distinct case_no from fated where case_tie = 'check_no'")
    cases, given = cases_sql(Filter(asked.kind))
    bound = {"as_of": asked.as_of, "case_nos": [row["case_no"] for row in own]}
    untimed = {row["case_state"]: row["case_count"] for row in source.rows(_UNTIMED.format(cases=cases), bound | given)}
    spells: dict[str, list[tuple[int, bool]]] = {}
    for row in source.rows(_SPELLS, bound):
        spells.setdefault(row["case_state"], []).extend([(row["days"], row["is_over"])] * row["spell_count"])
    return [
        _state_time(state, untimed.get(state, 0), spells.get(state, []))
        for state in CASE_STATES
        if state in untimed or state in spells
    ]


def _state_time(state: str, untimed_count: int, spells: list[tuple[int, bool]]) -> StateTime:
    median: int | None = None
    low: int | None = None
    high: int | None = None
    if state not in OVER:
        curve = kaplan_meier(spells, CONFIDENCE)
        median, (low, high) = curve.median, curve.median_interval
    ended_count = sum(is_over for _, is_over in spells)
    now_count = len(spells) - ended_count + untimed_count
    return StateTime(
        state, now_count, untimed_count, len(spells), ended_count, median, low, high, state in OVER
    )  # fmt: skip


def stage_words(stage: str, kind: str) -> tuple[str, str]:
    """A stage in Chinese and in English: what is found depends on the kind of case."""
    return ("查获", "found") if (stage, kind) == ("found", "illegal_operation") else STAGE_WORDS[stage]


def reason_words(part: Part, details: dict[str, tuple[str, str]], lang: str) -> str:
    """A reason with its detail in words; ``details``: ``fates.detail_words``."""
    at = LANGUAGES.index(lang)
    words = (_OWN_WORDS | fates.WORDS)[part.reason][at]
    if not part.detail:
        return words
    if part.reason in ("in_state", "over", "case_ended"):
        detail = Words(lang).of("state", part.detail)
    else:
        detail = details[part.detail][at] if part.detail in details else part.detail
    return f"{words}：{detail}" if lang == "zh" else f"{words}: {detail}"
