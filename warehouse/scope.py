"""What of each published table a district sees. Declared here and nowhere else; a table that is not declared has no
row for a district.

A row belongs to the county that its own column tells. A row without such a column belongs to the county of what it
hangs on: a site, an enterprise, a loading firm, a monitored vehicle where these are registered last; the case, hazard
or decision. So each row belongs to one county or to none, and what belongs to none only the whole prefecture sees. Rows
of the tables ``SHARED`` may be seen by several:

A delivery whose file name carries the code of a county is told to that county, with its rows; any other to everybody.

A vehicle belongs to nobody. A district sees the passages at its own sites, the cases its own county filed, whoever's
vehicle it was, and nothing of the same vehicle elsewhere; the register's line of a vehicle if it filed a case of it or
monitors it. The counts of art. 66 run over all counties: a district's own acts are only part of them (see
``Reader.scope``), and a ranking of counties is made of the whole and reduced to the place of one's own.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Open:
    """Rows that are no district's: law, calendars, words, and how the nights went."""


@dataclass(frozen=True)
class Nothing:
    """A district sees no row: of the prefecture as a whole, or of several counties at once."""


@dataclass(frozen=True)
class Own:
    """The row's own column tells the county."""

    column: str = "county_code"


@dataclass(frozen=True)
class Of:
    """The county of what the row hangs on: ``columns`` are the key of ``HOLDERS[holder]``, in its order."""

    holder: str
    columns: tuple[str, ...]


Scope = Open | Nothing | Own | Of
OPEN, NOTHING, OWN = Open(), Nothing(), Own()
_SITE, _FIRM, _ENTERPRISE = Of("site", ("site_code",)), Of("firm", ("firm_no",)), Of("enterprise", ("uscc",))
_CASE, _KIND_OF_CASE = Of("filed_case", ("case_no",)), Of("case", ("case_kind", "case_no"))
_HAZARD, _DECISION = Of("hazard", ("hazard_no",)), Of("decision", ("decision_no",))
_DELIVERY = Of("delivery", ("delivery_id",))
_MONITORED = Of("monitored", ("plate_no", "plate_color_code"))

SCOPES: dict[str, Scope] = {
    "core.case_decision": _KIND_OF_CASE,
    "core.case_life": OWN,
    "core.case_match": OWN,
    "core.case_measure": _CASE,
    "core.case_outcome": _KIND_OF_CASE,
    "core.case_passage": OWN,
    "core.case_pause": _CASE,
    "core.case_state": _CASE,
    "core.driving_span": _MONITORED,
    "core.hazard_due": _HAZARD,
    "core.hazard_life": OWN,
    "core.hazard_state": _HAZARD,
    "core.offline_displacement": _MONITORED,
    "core.overspeed_event": _MONITORED,
    "core.passage": OWN,
    "core.vehicle_alarm": _MONITORED,
    "core.vehicle_violation_span": NOTHING,  # days of acts of all counties
    "core.violation": OWN,
    "core.working_day": OPEN,
    "mart.alarm_burst": OWN,
    "mart.alarm_handling": OWN,
    "mart.alarm_reach_day": OWN,
    "mart.case_clock": OWN,
    "mart.dimension_finding": OWN,
    "mart.finding": OWN,
    "mart.loaded_trip": _FIRM,
    "mart.overload_daily": OWN,
    "mart.plate_suggestion": OWN,
    "mart.platform_link_day": _ENTERPRISE,
    "mart.post_check": _ENTERPRISE,
    "mart.report_fact": NOTHING,  # what the bureau as a whole publishes
    "mart.row_fate": _DELIVERY,  # how many rows of a delivery count
    "mart.rule": OPEN,
    "mart.scale_day": OWN,
    "mart.screening": _SITE,
    "mart.site_day": OWN,
    "mart.terminal_finding": OWN,
    "mart.vehicle_alarm_day": _MONITORED,
    "mart.vehicle_day": OWN,
    "staging.bulletin": NOTHING,
    "staging.case_event": _CASE,
    "staging.case_handover": _CASE,
    "staging.coach_line": _ENTERPRISE,
    "staging.district": OPEN,
    "staging.driver_certificate": _ENTERPRISE,
    "staging.enforcement_case": OWN,
    "staging.enterprise": OWN,
    "staging.hazard": OWN,
    "staging.hazard_check": _HAZARD,
    "staging.hazard_event": _HAZARD,
    "staging.hazard_photo": _HAZARD,
    "staging.illegal_operation_case": OWN,
    "staging.interview": OWN,
    "staging.liability_insurance": _ENTERPRISE,
    "staging.licence_action": OWN,
    "staging.listing": OWN,
    "staging.loading_firm": OWN,
    "staging.meeting": NOTHING,
    "staging.monitored_vehicle": OWN,
    "staging.oversize_permit": _ENTERPRISE,
    "staging.penalty_decision": _DECISION,
    "staging.penalty_payment": _DECISION,
    "staging.referral": OWN,
    "staging.relay_point": OWN,
    "staging.road_crash": OWN,
    "staging.road_works": OWN,
    "staging.safety_penalty": OWN,
    "staging.safety_standard": _ENTERPRISE,
    "staging.small_works": OWN,
    "staging.training": _ENTERPRISE,
    "staging.vehicle": Of("vehicle", ("plate_no", "plate_color_code")),
    "staging.verification_certificate": Of("device", ("device_no",)),
    "staging.wim_device": _SITE,
    "staging.wim_lane": _SITE,
    "staging.wim_site": OWN,
    "meta.column": OPEN,
    "meta.delivery": _DELIVERY,
    "meta.delivery_reason": _DELIVERY,
    "meta.feed": OPEN,
    "meta.metric": OPEN,
    "meta.night_report": OPEN,
}
SHARED = ("staging.vehicle", "mart.row_fate", "meta.delivery", "meta.delivery_reason")
"""Tables of which a row may be seen by several districts: a vehicle's line, a delivery whose name carries no code."""


def scope_of(table: str) -> Scope:
    """What a district sees of a table; seeds are law and calendars, and open."""
    return OPEN if table.startswith("seeds.") else SCOPES.get(table, NOTHING)


# --- what rows hang on -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Holder:
    """Keys of what lies in given counties. ``sql``: a query on whole tables (``{whole}`` is their catalog), on holders
    before it (``{own}``) and with the condition ``{here}`` on county_code; ``tables``: the whole tables it reads."""

    columns: tuple[str, ...]
    sql: str
    tables: tuple[str, ...]


def _registered_last(table: str, *columns: str) -> Holder:
    key = ", ".join(columns)
    return Holder(
        columns,
        f"""
        select {key} from (
            select {key}, county_code, row_number() over (
                partition by {key} order by coalesce(valid_from, date '0001-01-01') desc, county_code
            ) as place
            from {{whole}}.{table}
        ) as registered
        where place = 1 and {{here}}
        """,
        (table,),
    )


HOLDERS: dict[str, Holder] = {
    "site": _registered_last("staging.wim_site", "site_code"),
    "device": Holder(
        ("device_no",),
        """
        select device_no from (
            select device_no, site_code, row_number() over (
                partition by device_no order by coalesce(valid_from, date '0001-01-01') desc, site_code
            ) as place
            from {whole}.staging.wim_device
        ) as registered
        where place = 1 and site_code in (select site_code from {own}.site)
        """,
        ("staging.wim_device", "staging.wim_site"),
    ),
    "enterprise": _registered_last("staging.enterprise", "uscc"),
    "firm": _registered_last("staging.loading_firm", "firm_no"),
    "monitored": _registered_last("staging.monitored_vehicle", "plate_no", "plate_color_code"),
    "hazard": Holder(
        ("hazard_no",), "select distinct hazard_no from {whole}.staging.hazard where {here}", ("staging.hazard",)
    ),
    "case": Holder(
        ("case_kind", "case_no"),
        "select distinct case_kind, case_no from {whole}.core.case_life where {here}",
        ("core.case_life",),
    ),
    # A file that one county delivers carries its code; one that carries the code of no other is everybody's.
    "delivery": Holder(
        ("delivery_id",),
        """
        select delivery_id from {whole}.meta.delivery as delivery
        where not exists (
            select 1 from {whole}.staging.district as district
            where district.county_code is not null and not {here} and contains(delivery.name, district.county_code)
        )
        """,
        ("meta.delivery", "staging.district"),
    ),
    # Steps, hand-overs and pauses are told of over-limit cases alone, by their number.
    "filed_case": Holder(
        ("case_no",),
        "select distinct case_no from {whole}.staging.enforcement_case where {here}",
        ("staging.enforcement_case",),
    ),
    "decision": Holder(
        ("decision_no",),
        """
        select distinct decision_no from {whole}.core.case_decision
        where (case_kind, case_no) in (select case_kind, case_no from {own}."case")
        """,
        ("core.case_decision", "core.case_life"),
    ),
    "vehicle": Holder(
        ("plate_no", "plate_color_code"),
        """
        select plate_no, plate_color_code from {whole}.core.case_life where {here} and plate_no is not null
        union
        select plate_no, plate_color_code from {own}.monitored
        """,
        ("core.case_life", "staging.monitored_vehicle"),
    ),
}


def here(districts: Sequence[str], column: str = "county_code") -> str:
    """The condition that a row is of these districts; of none, none. Codes are digits, as ``Principal`` has them."""
    if not all(len(code) == 6 and code.isdecimal() for code in districts):
        raise ValueError("A district is told by a county code of six digits.")
    return f"{column} in ({', '.join(repr(code) for code in districts)})" if districts else "false"


def holders(tables: Collection[str], districts: Sequence[str], whole: str, own: str) -> dict[str, str]:
    """A query for the keys of each holder, in the order in which they read each other. One whose tables the version
    lacks is left out, and what hangs on it has no rows."""
    return {
        name: holder.sql.format(whole=whole, own=own, here=here(districts))
        for name, holder in HOLDERS.items()
        if set(holder.tables) <= set(tables)
    }


def condition(
    table: str, columns: Collection[str], districts: Sequence[str], own: str, has_holder: Callable[[str], bool]
) -> str:
    """The condition on the rows of a table that a district sees, for a WHERE clause."""
    scope = scope_of(table)
    if isinstance(scope, Open):
        return "true"
    if isinstance(scope, Own) and scope.column in columns:
        return here(districts, scope.column)
    if isinstance(scope, Of) and set(scope.columns) <= set(columns) and has_holder(scope.holder):
        keys = ", ".join(f'"{name}"' for name in HOLDERS[scope.holder].columns)
        return f'({", ".join(scope.columns)}) in (select {keys} from {own}."{scope.holder}")'
    return "false"


def unclassed(tables: Mapping[str, object] | Collection[str]) -> set[str]:
    """Published tables that nobody declared."""
    return {table for table in tables if not table.startswith("seeds.") and table not in SCOPES}
