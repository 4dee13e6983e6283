"""How commands tell the parameters an answer rests on: each with its value, its source and how well it is known."""

from collections.abc import Iterable

from etl.report_card import UNVERIFIED
from warehouse.parameters import Parameter

_UNVERIFIED = {"zh": "未核实", "en": "unverified"}


def parameter_lines(told: Iterable[Parameter], lang: str) -> list[str]:
    """A line each."""
    lines = []
    for one in told:
        doubt = f" · {_UNVERIFIED[lang]}" if one.confidence in UNVERIFIED else ""
        says, cited = (one.zh, one.citation_zh) if lang == "zh" else (one.en, one.citation_en)
        lines.append(f"{one.name} = {one.amount}: {says}; {cited} [{one.confidence}]{doubt}")
    return lines
