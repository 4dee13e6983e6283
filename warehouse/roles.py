"""Who may do what: the one table of roles.

A role names pages as ``dashboards/shell.py`` does. System, security and audit administrators are three people
(GB/T 22239-2019) and see no page with data; domain.md §10 has the duties.
"""

from collections.abc import Sequence
from dataclasses import dataclass

EVERY_COUNTY, SOME_COUNTIES, GIVEN_COUNTIES = "every", "some", "given"
"""Counties of a role: always all; all or those given; only those given, at least one."""

_READ = frozenset(
    {
        *("overview", "alerts", "overload", "rows", "repeat", "risk", "findings", "penalties", "hazards", "terminals"),
        *("compliance", "supervision", "vehicles", "bulletins", "quality", "rules", "definitions"),
    }
)
"""Pages whose plates and names are masked."""
FOR_SOME_COUNTIES = _READ - {"bulletins"}
"""Pages for an account that may see given counties only. A bulletin is of the whole prefecture; a look-up would count a
vehicle's acts in these counties alone, and be taken for the count of art. 66."""


@dataclass(frozen=True)
class Role:
    """``pages``: by name. ``can``: what else: ``export`` files of rows, ``personal`` a plate one typed, ``draft`` a
    bulletin, ``sign`` it off, ``admin.*``."""

    name: str
    pages: frozenset[str]
    can: frozenset[str] = frozenset()
    counties: str = EVERY_COUNTY
    needs_second_factor: bool = False

    def may(self, permission: str, counties: Sequence[str] | None = None) -> bool:
        """``permission``: a page's name, or a word of ``can``; for given ``counties`` a page has to keep to them."""
        if counties is not None and permission in self.pages - FOR_SOME_COUNTIES:
            return False
        return permission in self.pages or permission in self.can


ROLES = {
    role.name: role
    for role in (
        Role("analyst", _READ, frozenset({"export", "draft"})),
        Role("inspector", _READ | {"lookup"}, frozenset({"export", "personal"}), SOME_COUNTIES, True),
        Role("district", _READ, frozenset({"export"}), GIVEN_COUNTIES),
        Role("leader", _READ, frozenset({"sign"})),
        Role("system", frozenset(), frozenset({"admin.system"}), needs_second_factor=True),
        Role("security", frozenset(), frozenset({"admin.security"}), needs_second_factor=True),
        Role("audit", frozenset(), frozenset({"admin.audit"}), needs_second_factor=True),
    )
}
