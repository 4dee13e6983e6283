"""The parameters behind an answer as lines on a terminal: value, meaning, source; and how well anything is known."""

from collections.abc import Iterable

from warehouse.parameters import UNVERIFIED, Codes, Parameter

_UNVERIFIED = {"zh": "未核实", "en": "unverified"}


def known_from(confidence: str, lang: str) -> str:
    """How well something is known; what nobody read in a text says so."""
    return f"[{confidence}]{f' · {_UNVERIFIED[lang]}' if confidence in UNVERIFIED else ''}"


def parameter_lines(told: Iterable[Parameter | Codes], lang: str) -> list[str]:
    """One line a parameter; those nobody read in a text say so."""
    lines = []
    for one in told:
        says, cited = (one.zh, one.citation_zh) if lang == "zh" else (one.en, one.citation_en)
        lines.append(f"{one.name} = {one.amount}: {says}; {cited} {known_from(one.confidence, lang)}")
    return lines
