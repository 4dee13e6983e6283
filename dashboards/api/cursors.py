"""Where a list goes on: a signed word that fits one client, one question and one version of the data.

It holds a place in the list and no value of a row. Another client or question makes it ``bad_cursor``; another version
``old_cursor``, since places in a list of other data would leave rows out or tell them twice.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from dashboards.access.vault import vault
from dashboards.api.problems import Problem

LONGEST = 400


def _signed(version: str, offset: int, asked: Any) -> str:
    bound = json.dumps([version, offset, asked], ensure_ascii=False, sort_keys=True, default=str)
    return vault().keyed("api cursor", bound)


def made(version: str, offset: int, asked: Any) -> str:
    """``asked``: client, operation and parameters, as plain values."""
    told = f"{version} {offset} {_signed(version, offset, asked)}"
    return urlsafe_b64encode(told.encode()).decode().rstrip("=")


def offset_of(cursor: str, version: str, asked: Any) -> int:
    """The place a cursor stands for. Raises ``Problem``."""
    try:
        told = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        made_of, offset, signature = told[0], int(told[1]), told[2]
        is_ours = len(told) == 3 and hmac.compare_digest(signature.encode(), _signed(made_of, offset, asked).encode())
    except (ValueError, IndexError):
        is_ours = False
    # What was signed is one text alone: other letters that decode to it are another cursor.
    if not is_ours or made(made_of, offset, asked) != cursor:
        raise Problem("bad_cursor")
    if made_of != version:
        raise Problem("old_cursor")
    return offset
