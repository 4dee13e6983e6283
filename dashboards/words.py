"""Codes from the data in words, and a site's or record's values as cells: shared by pages and exports."""

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards import format as fmt
from dashboards.text import Text
from warehouse.cross_checks import CHECKS
from warehouse.parameters import UNVERIFIED


def flag_words(reasons: pd.DataFrame, t: Text) -> dict[str, str]:
    """Words of a record's flags: doubts of landing, what the law left open, what is no evidence or not known of it."""
    of_records = reasons[reasons["outcome"].isin(["flag", "verdict", "evidence", "unknown"])]
    return {row.reason: t.pick(row.zh, row.en) for row in of_records.itertuples()}


def reason_words(reasons: pd.DataFrame, t: Text) -> dict[tuple[str, str], tuple[str, str]]:
    """What a reason means and what to do about it, by code and outcome: one code can quarantine or flag."""
    return {
        (row.reason, row.outcome): (t.pick(row.zh, row.en), t.pick(row.next_step_zh, row.next_step_en))
        for row in reasons.itertuples()
    }


def reason_of(words: dict[tuple[str, str], tuple[str, str]], code: str) -> str:
    """The words of a delivery's reason, whose outcome the delivery does not tell."""
    return next((text for (reason, _), (text, _) in words.items() if reason == code), code)


def flag_list(flags: Any, words: dict[str, str]) -> list[tuple[str, str]]:
    """The codes of a record's flags with their words; a code without words stands for itself."""
    if not isinstance(flags, str) or not flags:
        return []
    return [(code, words.get(code, code)) for code in flags.split(",")]


def days_left(days: int, t: Text) -> str:
    """Days to the last day, which is 0 itself, or over it."""
    if days == 0:
        return t("left.today")
    return t.plural("left.over", -days) if days < 0 else t.plural("left.days", days)


def verdict(code: Any, t: Text) -> str:
    return t(f"verdict.{code}") if isinstance(code, str) and t.has(f"verdict.{code}") else fmt.NONE


def direction(code: Any, t: Text) -> str:
    return t(f"direction.{code}") if isinstance(code, str) and t.has(f"direction.{code}") else ""


def feed(name: str, titles: dict[str, tuple[str, str]], t: Text) -> str:
    """A feed's name in words, as it was declared; one that is not declared any more stands for itself."""
    return t.pick(*titles[name]) if name in titles else name


def kind(of: str, code: Any, t: Text) -> str:
    """Words of a vehicle kind or drive axle; a code without words stands for itself."""
    return t(f"{of}.{code}") if t.has(f"{of}.{code}") else str(code)


def coded(text: str, code: str | None) -> str:
    """Words of a code with the code, as files have them: 公路隐患 [HWY]; a code without words stands for itself."""
    return f"{text} [{code}]" if code and text != code else text


def unverified(confidence: Any) -> bool:
    """Whether a rule's confidence calls for a warning; an unknown mark does."""
    return not isinstance(confidence, str) or confidence in UNVERIFIED or not confidence.startswith("C")


def axles_of(low: Any, high: Any) -> str:
    """2, or ≥ 6."""
    if fmt.missing(low):
        return fmt.NONE
    if fmt.missing(high) or int(high) >= 30:
        return f"≥ {int(low)}"
    return str(int(low)) if int(low) == int(high) else f"{int(low)}–{int(high)}"


@dataclass(frozen=True)
class Check:
    """A kind of finding in the reader's language: what it says, what may explain it, what to do."""

    name: str
    says: str
    innocent: str
    next_step: str


def checks(t: Text) -> dict[str, Check]:
    return {
        name: Check(
            t.pick(one.zh, one.en),
            t.pick(one.says_zh, one.says_en),
            t.pick(one.innocent_zh, one.innocent_en),
            t.pick(one.next_zh, one.next_en),
        )
        for name, one in CHECKS.items()
    }


def filled(text: str, thresholds: pd.DataFrame) -> str:
    """A text with the values of the thresholds it names: 20 min for ``rest_min``. One not in force keeps its name."""
    for row in thresholds.itertuples():
        if row.parameter in text and not isinstance(row.monitored_class, str):
            value = f"{row.parameter_value:g} {row.unit if isinstance(row.unit, str) else ''}".strip()
            text = re.sub(rf"(?<![a-z_]){row.parameter}(?![a-z_])", value, text)
    return text


CHECKED = tuple(name for name, one in CHECKS.items() if one.table == "mart.terminal_finding")
"""Kinds of finding about one vehicle."""


def vehicle_class(code: Any, t: Text) -> str:
    return t(f"class.{code}") if isinstance(code, str) and t.has(f"class.{code}") else fmt.NONE


def code(of: str, value: Any, t: Text) -> str:
    """Words of a code that data bring; one without words stands for itself."""
    if not isinstance(value, str):
        return fmt.NONE
    return t(f"{of}.{value}") if t.has(f"{of}.{value}") else value


Reason = tuple[str, str, str, str]
"""Short name, tone of its mark, the reason in words, and what may innocently explain it."""


def call_reasons(row: Any, limits: dict[str, float], t: Text) -> list[Reason]:
    """Why a vehicle is on the list of calls, the gravest reason first."""
    found: list[Reason] = []
    told = checks(t)
    kinds = [told[kind] for kind in str(row.finding_kinds).split(",") if kind in told]
    if row.open_alarm_count:
        why = t.plural("call.alarm.why", int(row.open_alarm_count))
        found.append((t("call.alarm"), "worse", why, t("call.alarm.innocent")))
    if row.strong_count or row.weak_count:
        named = t("availability.join").join(one.name for one in kinds)
        grade = "strong" if row.strong_count else "weak"
        innocent = " ".join(dict.fromkeys(one.innocent for one in kinds))
        count = int(row.strong_count or row.weak_count)
        tone = "warn" if row.strong_count else ""
        found.append((t(f"call.{grade}"), tone, t.plural("call.finding", count, kinds=named), innocent))
    if row.silent_day_count >= limits["call_silent_days"]:
        never = fmt.missing(row.last_online_date)
        why = t("call.never.why") if never else t("call.silent.why", days=int(row.silent_day_count))
        silence = (t("call.never" if never else "call.silent"), "warn", why, t("call.silent.innocent"))
        found.insert(len(found) if row.strong_count or row.open_alarm_count else 0, silence)
    return found
