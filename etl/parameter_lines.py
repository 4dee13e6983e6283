"""The parameters behind an answer as lines on a terminal: value, meaning, source, and how well each is known."""

from collections.abc import Iterable

from etl.report_card import UNVERIFIED
from warehouse.parameters import Codes, Parameter

_UNVERIFIED = {"zh": "未核实", "en": "unverified"}


def parameter_lines(told: Iterable[Parameter | Codes], lang: str) -> list[str]:
    """One line a parameter; those nobody read in a text say so."""
    lines = []
    for one in told:
        doubt = f" · {_UNVERIFIED[lang]}" if one.confidence in UNVERIFIED else ""
        says, cited = (one.zh, one.citation_zh) if lang == "zh" else (one.en, one.citation_en)
        lines.append(f"{one.name} = {one.amount}: {says}; {cited} [{one.confidence}]{doubt}")
    return lines
