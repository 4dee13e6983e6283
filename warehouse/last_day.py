"""The last day of what is asked, and the day of a question that names none: one rule for pages and commands.

``manifest``: what a published version, or what was known on a night, says of itself.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any


def last_day(manifest: Mapping[str, Any]) -> date | None:
    """The last day there are data of; None without any."""
    told = manifest.get("data_until")
    return date.fromisoformat(told) if told else None


def usual_day(manifest: Mapping[str, Any]) -> date:
    """The day of a question that names none: the last one of data, without any that of the last night."""
    return last_day(manifest) or date.fromisoformat(manifest["business_date"])
