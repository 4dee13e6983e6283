"""Codes from the data in words, and a site's or record's values as cells: shared by pages and exports."""

from typing import Any

import pandas as pd

from dashboards import format as fmt
from dashboards.text import Text

# A citation whose confidence is one of these was not read in a primary or secondary text.
UNVERIFIED = ("M+", "M-", "P")


def flag_words(reasons: pd.DataFrame, t: Text) -> dict[str, str]:
    """Words of the flags a record can carry: doubts of landing, what the law left open, what is no evidence."""
    of_records = reasons[reasons["outcome"].isin(["flag", "verdict", "evidence"])]
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
