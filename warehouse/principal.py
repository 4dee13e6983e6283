"""Who asks: what a query may read for somebody, whatever the way in (page, API, command).

Made by whoever knows the account; it holds no name, only the account's opaque id.
"""

import os
import re
from dataclasses import dataclass
from typing import Literal

Mask = Literal["masked", "whole"]

_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,63}")
# An id number or a telephone is made of the same signs; neither may stand for an account.
_PERSONAL = re.compile(r"1\d{10}|\d{15}|\d{17}[\dx]")
_ROLE = re.compile(r"[a-z][a-z_]{0,31}")
_DISTRICT = re.compile(r"\d{6}")


@dataclass(frozen=True)
class Principal:
    """One who asks. ``districts``: county codes (GB/T 2260), ``None`` for all, empty for none. ``mask``: whether
    plates, names and numbers may leave whole, with a purpose and an audit record (``warehouse.disclosure``).

    Raises ``ValueError`` for anything else: a scope that is misspelt is no scope.
    """

    account: str
    role: str
    districts: tuple[str, ...] | None
    mask: Mask = "masked"

    def __post_init__(self) -> None:
        if not _ACCOUNT.fullmatch(self.account) or _PERSONAL.fullmatch(self.account):
            raise ValueError("An account is told by an opaque id of small letters, digits, '_', '.', ':' and '-'.")
        if not _ROLE.fullmatch(self.role):
            raise ValueError("A role is told by small letters and '_'.")
        if self.mask not in ("masked", "whole"):
            raise ValueError("A mask level is 'masked' or 'whole'.")
        if self.districts is not None:
            if not isinstance(self.districts, tuple) or not all(
                isinstance(code, str) and _DISTRICT.fullmatch(code) for code in self.districts
            ):
                raise ValueError("Districts are a tuple of county codes of six digits, or None for all.")
            object.__setattr__(self, "districts", tuple(sorted(set(self.districts))))

    @property
    def scope(self) -> str:
        """The districts as one word: ``all``, ``none``, or codes joined by commas."""
        return "all" if self.districts is None else ",".join(self.districts) or "none"


def operator() -> Principal:
    """Who holds the files of the instance, at its command line: a user of this machine."""
    return Principal(f"os:{os.getuid()}", "operator", None, "whole")
