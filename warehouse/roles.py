"""Who may do what: the one table of roles.

A role names pages as ``dashboards/shell.py`` does. System, security and audit administrators are three people
(GB/T 22239-2019) and see no page with data: the first answers for who somebody is, the second for what somebody may
(8.1.5.1, 8.1.5.3), the third for the record of both (8.1.5.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

EVERY_COUNTY, SOME_COUNTIES, GIVEN_COUNTIES = "every", "some", "given"
"""Counties of a role: always all; all or those given; only those given, at least one."""

_READ = frozenset(
    {
        *("overview", "alerts", "shift", "overload", "rows", "repeat", "risk", "findings", "site", "sources"),
        *("record", "penalties", "hazards"),
        *("terminals", "compliance", "supervision", "vehicles", "bulletins", "quality", "rules", "definitions"),
    }
)
"""Pages whose plates and names are masked."""
_SYSTEM = frozenset({"accounts", "accounts.identity", "accounts.stop", "airflow"})
_SECURITY = frozenset({"accounts", "accounts.grant", "accounts.stop"})
FOR_SOME_COUNTIES = _READ - {"bulletins"}
"""Pages for an account that may see given counties only. A bulletin is of the whole prefecture; a look-up would count a
vehicle's acts in these counties alone, and be taken for the count of art. 66."""


@dataclass(frozen=True)
class Role:
    """``pages``: by name. ``can``: what else: ``export`` files of rows, ``personal`` a plate one typed, ``draft`` a
    bulletin, ``sign`` it off, ``handle`` alerts; of administrators ``accounts`` to see them, ``accounts.identity`` to
    add one, make its link and bind it, ``accounts.grant`` its role and counties, ``accounts.stop`` to disable it and
    end its sessions, ``audit`` the log, ``airflow`` its pages."""

    name: str
    pages: frozenset[str]
    can: frozenset[str] = frozenset()
    counties: str = EVERY_COUNTY
    needs_second_factor: bool = False

    @property
    def is_administrator(self) -> bool:
        return bool(self.can & {"accounts", "audit"})

    def may(self, permission: str, counties: Sequence[str] | None = None) -> bool:
        """``permission``: a page's name, or a word of ``can``; for given ``counties`` a page has to keep to them."""
        if counties is not None and permission in self.pages - FOR_SOME_COUNTIES:
            return False
        return permission in self.pages or permission in self.can


ROLES = {
    role.name: role
    for role in (
        Role("analyst", _READ, frozenset({"export", "draft", "handle"})),
        Role("inspector", _READ | {"lookup"}, frozenset({"export", "personal", "handle"}), SOME_COUNTIES, True),
        Role("district", _READ, frozenset({"export", "handle"}), GIVEN_COUNTIES),
        Role("leader", _READ, frozenset({"sign"})),
        Role("system", frozenset(), _SYSTEM, needs_second_factor=True),
        Role("security", frozenset(), _SECURITY, needs_second_factor=True),
        Role("audit", frozenset(), frozenset({"audit"}), needs_second_factor=True),
    )
}


def counties_of(role_name: str, given: Sequence[str]) -> tuple[str, ...] | None:
    """The only counties whose rows a holder may see who was given these; None: every one."""
    is_bound = bool(given) or ROLES[role_name].counties == GIVEN_COUNTIES
    return tuple(given) if is_bound else None


class RoleHolder:
    """Who has a role: a person's account, a program's client. ``counties``: None: every one the role may see."""

    role_name: str
    counties: tuple[str, ...] | None

    @property
    def role(self) -> Role:
        return ROLES[self.role_name]

    def may(self, permission: str) -> bool:
        return self.role.may(permission, self.counties)
