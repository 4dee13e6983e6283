"""The facts of one vehicle or enterprise as of a day: how often it was over the limit, why so often, and what is open.

``facts`` is one tree of plain values, the same for the look-up page, the dossier file and ``heng dossier --json``. It
holds the standing in every window and on both bases, every act with what became of it and what stands behind it, the
articles and thresholds with how well they are known, what is not known, and what would change the count. The count is
``warehouse.repeat``'s; what would change it is the same engine's answer to the same data with one thing supposed.

Nothing here decides what follows from a count. Law: 公路安全保护条例 art. 66; 行政处罚法 art. 41 (what is evidence).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

import numpy as np

from warehouse import dimensions, keyed, matching, metrics, plate, repeat
from warehouse.connection import need_whole
from warehouse.errors import WarehouseError
from warehouse.keyed import Passed
from warehouse.parameters import Parameter

FORMAT = "heng-dossier/3"
"""Raised whenever facts or words of a dossier change: the words of an older one cannot be told anew."""
KINDS = ("vehicle", "enterprise")
TABLES = (
    *repeat.TABLES, "core.passage", "core.case_passage", "mart.screening", "staging.penalty_decision",
    "staging.case_event", "staging.verification_certificate", "staging.wim_device", "staging.wim_site",
    "seeds.gross_weight_limit", "seeds.gross_weight_modifier", "seeds.reason", "seeds.cited_article", "seeds.county",
    "meta.delivery", "mart.dimension_finding", "core.case_match", "staging.loading_firm",
)  # fmt: skip
"""What ``facts`` reads."""
MOST_SUPPOSED = 40
"""Acts that are supposed otherwise one by one; an enterprise with more is told the sum only."""
ALTERNATIVES: dict[str, float | str] = {
    "repeat_excess_ratio": 0.0, repeat.ALLOWANCE: "NONE", "repeat_merge_hours": 0.0, "repeat_own_decision": 1.0
}  # fmt: skip
"""What an unverified threshold is counted anew with: as the statute, which sets no ratio; the excess as measured; each
record its own trip."""
_NOT_RECOUNTED = ("unladen_share", "lighter_rule")
GRADES = ("exact", "near", "weak")
"""Of a case that comes to a passage, the surest first."""
RECENT = 12
"""Passages that a look-up shows beside the acts."""


class Source(metrics.Source, Protocol):
    """A published snapshot, or tables as known on a day: those have no version."""

    @property
    def version(self) -> Any: ...

    @property
    def manifest(self) -> dict[str, Any]: ...

    def within(self, table: str, columns: str, days: Iterable[date]) -> str: ...


class Kept:
    """Answers each query once: one dossier asks the engine for the same acts many times. Raises ``NotAllowed`` for a
    masked reader: a dossier is of somebody."""

    def __init__(self, source: Source) -> None:
        need_whole(source)
        self.version, self.manifest = source.version, source.manifest
        self.read, self.constant, self.within, self._rows = source.read, source.constant, source.within, source.rows
        self._source = source
        self._kept: dict[tuple[Any, ...], Any] = {}
        self.told: dict[Any, Any] = {}

    def rows(self, sql: str, params: Any = None) -> list[dict[str, Any]]:
        key = (sql, repr(sorted((params or {}).items())))
        if key not in self._kept:
            self._kept[key] = self._rows(sql, params)
        return self._kept[key]

    def keyed(
        self, table: str, columns: Sequence[str], key: str, values: Iterable[str], days: Iterable[date] | None = None
    ) -> list[dict[str, Any]]:
        wanted, of_days = tuple(values), None if days is None else tuple(days)
        asked = (table, tuple(columns), key, wanted, of_days)
        if asked not in self._kept:
            self._kept[asked] = keyed.rows(self._source, table, columns, key, wanted, of_days)
        return self._kept[asked]

    def passed(self, plates: Iterable[str], days: Iterable[date] | None = None) -> dict[str, Passed]:
        if hasattr(self._source, "passed"):
            return keyed.passed(self._source, plates, days)
        return keyed.select_passed(self, plates, days)  # through ``rows``, which keeps what other days ask alike

    def weighed(self, columns: Sequence[str], records: Iterable[str]) -> list[dict[str, Any]] | None:
        return keyed.weighed(self._source, columns, records)


class Supposed:
    """The same data, but for some acts: ``changes`` replace columns of ``core.violation`` by case number; None leaves
    the act out."""

    def __init__(self, source: Kept, changes: Mapping[str, Mapping[str, Any] | None]) -> None:
        self.read, self.constant, self._source, self._changes = source.read, source.constant, source, changes
        self.rows, self.told = source.rows, source.told

    def keyed(
        self, table: str, columns: Sequence[str], key: str, values: Iterable[str], days: Iterable[date] | None = None
    ) -> list[dict[str, Any]]:
        found = self._source.keyed(table, columns, key, values, days)
        if table != "core.violation":
            return found
        told = ((row, self._changes.get(row["case_no"], {})) for row in found)
        return [{**row, **change} for row, change in told if change is not None]


# --- plain values ------------------------------------------------------------------------------------------
def plain(value: Any) -> Any:
    """A value as JSON has it: days and instants (+08:00) as ISO texts, missing as None."""
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return round(float(value), 6) if isinstance(value, (float, Decimal)) else value


def _rows(source: Kept, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Rows as plain values."""
    return [_plain_row(row) for row in source.rows(sql, dict(params or {}))]


def _constant(source: Kept, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """As ``_rows``, of rules, places and words: what every dossier of a version reads is read once."""
    return [_plain_row(row) for row in source.constant(sql, dict(params or {}))]


def _plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in row.items()}


def canonical(facts: Mapping[str, Any]) -> str:
    """The one text of a tree of facts: JSON, keys in order, no blanks, no character that could end a script element."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def digest(facts: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical text in UTF-8."""
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


# --- who is meant ------------------------------------------------------------------------------------------
_KNOWN_OF = """
select distinct plate_no from (
    select plate_no from staging.vehicle union all select plate_no from core.violation
) as seen
where list_contains($plates, plate_no)
"""
# Likewise, but for one sign.
_LIKE = """
select distinct plate_no from (
    select plate_no from staging.vehicle union all select plate_no from core.violation
) as seen
where length(plate_no) = $length and regexp_full_match(plate_no, $pattern)
order by plate_no limit $most
"""
FEWEST_SIGNS = 6
"""A shorter text is like too many plates."""
_ENTERPRISE = "select enterprise_name from staging.enterprise where uscc = $uscc limit 1"
_ACTS_OF_ENTERPRISE = "select 1 as one from core.violation where uscc = $uscc limit 1"
MOST_NEAR = 6


def _seen(source: Source, plate_no: str) -> list[int | None]:
    """Colours of the plate where it is registered, in a case, or was seen by a scale in the last two years with data,
    None last.

    Only of a plate that none of these knows are the scales of all years asked: a file a month is many.
    """
    told = [
        row["plate_color_code"]
        for table in ("staging.vehicle", "core.violation")
        for row in keyed.rows(source, table, ("plate_color_code",), "plate_no", [plate_no])
    ]
    spans: list[list[date] | None] = [None]
    if source.manifest.get("data_until"):
        until = date.fromisoformat(source.manifest["data_until"])
        spans.insert(0, repeat.months_from(repeat.months_later(until, -24), until))
    for months in spans:
        passed = keyed.passed(source, [plate_no], months).get(plate_no)
        if found := {*told, *(passed.colors_seen if passed else ())}:
            return sorted(found, key=lambda code: (code is None, code))
    return []


def colors(source: Source, plate_no: str) -> list[int]:
    """Plate colours under which a plate is known: registered, in a case, or seen by a scale. None: it is unknown."""
    return [code for code in _seen(source, plate_no) if code is not None]


def is_known(source: Source, plate_no: str) -> bool:
    """Whether anything delivered names the plate, even without a colour."""
    return bool(_seen(source, plate_no))


def near(source: Source, plate_no: str) -> list[str]:
    """Known plates that a reader may have meant, nearest first, at most ``MOST_NEAR``.

    Those with signs that are taken for each other, the same number of another province, then those that differ in one
    sign or have one more, unless these are more than have room.
    """
    if not FEWEST_SIGNS <= len(plate_no) <= plate.MOST_LETTERS or not plate_no.isalnum():
        return []
    others = [f"{one}{plate_no[1:]}" for one in plate.PROVINCES] if plate_no[0] in plate.PROVINCES else []
    candidates = [one for one in dict.fromkeys(plate.near(plate_no) + others) if one != plate_no]
    known = {row["plate_no"] for row in source.rows(_KNOWN_OF, {"plates": candidates})} if candidates else set()
    found = [one for one in candidates if one in known]
    for length, patterns in (
        (len(plate_no), [f"{plate_no[:at]}.{plate_no[at + 1 :]}" for at in range(len(plate_no))]),
        (len(plate_no) + 1, [f"{plate_no[:at]}.{plate_no[at:]}" for at in range(len(plate_no) + 1)]),
    ):
        asked = {"length": length, "pattern": "|".join(patterns), "most": MOST_NEAR + 1}
        like = [row["plate_no"] for row in source.rows(_LIKE, asked)]
        like = [one for one in like if one not in found and one != plate_no]
        if len(found) + len(like) <= MOST_NEAR:
            found += like
    return found[:MOST_NEAR]


def subject_of(source: Source, text: str, color: int | None = None) -> tuple[str, dict[str, Any]]:
    """Kind and key of a plate or a credit code as typed.

    Raises ``WarehouseError`` with the next step if it is neither, is not known, or a plate has several colours.
    """
    typed = plate.normal(text)
    if len(typed) == 18 and typed.isascii():
        if not source.rows(_ENTERPRISE, {"uscc": typed}) and not source.rows(_ACTS_OF_ENTERPRISE, {"uscc": typed}):
            raise WarehouseError(
                f"No delivery names an enterprise {typed}. 'heng sql \"select uscc, enterprise_name from "
                "staging.enterprise\"' lists them."
            )
        return "enterprise", {"uscc": typed}
    known = colors(source, typed)
    if not known and not is_known(source, typed):
        spelled = near(source, typed)
        why = "" if plate.is_plate(typed) else " It has not the form of a plate."
        more = f" Did you mean {', '.join(spelled)}?" if spelled else ""
        raise WarehouseError(f"No delivery names a vehicle {typed}.{why}{more}")
    if color is None:
        if len(known) > 1:
            raise WarehouseError(
                f"{typed} is known under plate colours {', '.join(map(str, known))} (JT/T 697.7). Say one: --color 2."
            )
        color = known[0] if known else None
    elif color not in known:
        raise WarehouseError(
            f"{typed} is not known under plate colour {color}. Known: {', '.join(map(str, known)) or 'no colour'}."
        )
    return "vehicle", {"plate_no": typed, "plate_color_code": color}


# --- what stands behind the acts ---------------------------------------------------------------------------
_REGISTER = (
    "plate_no", "plate_color_code", "vehicle_type_code", "vehicle_kind", "axle_count", "registered_gross_mass_kg",
    "drive_axle_count", "has_air_suspension", "is_tipper", "enterprise_name", "first_issue_date", "valid_from",
    "valid_to", "delivery_id", "source_line",
)  # fmt: skip
_OWNER = """
select uscc, enterprise_name, enterprise_kind, county_code, first_issue_date, valid_from, valid_to,
    $as_of between valid_from and coalesce(valid_to, $as_of) as is_in_force, delivery_id, source_line
from staging.enterprise where uscc = $uscc and valid_from <= $as_of
order by valid_from desc, record_id
"""
_DECISIONS = (
    "case_no", "decision_no", "subject_kind", "penalty_kind", "statutory_fen", "decided_fen", "decided_on", "served_on",
    "delivery_id", "source_line",
)  # fmt: skip
# A passage is found by its day and plate before its record: facts are sorted by plate inside each month. Days and
# plates are asked first and given as values; as a join they would let no block of a month be skipped.
_PASSAGES = """
select passage.record_id, passage.feed, passage.passed_at, passage.site_code, passage.county_code, passage.lane_code,
    passage.axle_count, passage.axle_loads_kg, passage.gross_vehicle_weight_kg, passage.vehicle_kind,
    passage.drive_axle_kind, passage.single_tyre_axle_count, passage.limit_low_kg, passage.limit_kg, passage.rule_id,
    passage.limit_modifiers, passage.verdict, passage.excess_kg, passage.excess_ratio, passage.speed_kmh,
    passage.device_no, passage.certificate_no, passage.evidence_ok, passage.flags, passage.plate_no as read_plate_no,
    passage.delivery_id, passage.source_line, passage.byte_offset
from {passages} as passage
where passage.{plate} and list_contains($days, passage.passed_date) and list_contains($records, passage.record_id)
"""
_PASSAGE_COLUMNS = (
    "record_id, feed, passed_at, passed_date, site_code, county_code, lane_code, axle_count, axle_loads_kg,"
    " gross_vehicle_weight_kg, vehicle_kind, drive_axle_kind, single_tyre_axle_count, limit_low_kg, limit_kg, rule_id,"
    " limit_modifiers, verdict, excess_kg, excess_ratio, speed_kmh, device_no, certificate_no, evidence_ok, flags,"
    " plate_no, delivery_id, source_line, byte_offset"
)
_AS_READ = {"plate_no": "read_plate_no"}
_WEIGHED = tuple(name for name in _PASSAGE_COLUMNS.split(", ") if name != "passed_date")
_SCREENINGS = ("site_code", "check_no", "passed_date", "screened_date", "screened_at", "screening_result")
_CERTIFICATES = (
    "certificate_no", "device_no", "accuracy_class", "speed_min_kmh", "speed_max_kmh", "verified_on", "valid_from",
    "valid_to", "issued_by", "delivery_id", "source_line",
)  # fmt: skip
_DEVICES = ("device_no", "manufacturer", "model", "accuracy_class", "valid_from", "valid_to")
_SITES = """
select site_code, site_name, site_name_en, road_code, chainage_km from staging.wim_site
qualify row_number() over (partition by site_code order by valid_from desc, site_name) = 1
order by site_code
"""
_RULES = """
select rule_id, valid_from, valid_to, limit_kg, vehicle_kind, drive_axle_kind, citation_zh, citation_en, confidence
from seeds.gross_weight_limit order by rule_id
"""
_MODIFIERS = """
select modifier_id, valid_from, valid_to, amount_kg, zh, en, citation_zh, citation_en, confidence
from seeds.gross_weight_modifier order by modifier_id, valid_from, axle_count_min, vehicle_kind
"""
_REASONS = "select reason, zh, en from seeds.reason where outcome <> 'quarantine' order by reason, outcome"
_PARAMETERS = """
select parameter, valid_from, valid_to, parameter_value, parameter_text, unit, zh, en, citation_zh, citation_en,
    confidence
from seeds.parameter where list_contains($names, parameter) order by parameter, valid_from nulls first
"""
_ARTICLES = """
select article, valid_from, valid_to, zh, en, citation_zh, citation_en, confidence from seeds.cited_article
where $as_of between coalesce(valid_from, $as_of) and coalesce(valid_to, $as_of) order by article
"""
_COUNTIES = "select county_code, name_zh, name_en from seeds.county order by county_code, valid_from desc nulls last"
_RECENT_COLUMNS = (
    "record_id, passed_at, passed_date, plate_no, plate_color_code, site_code, axle_count, gross_vehicle_weight_kg,"
    " limit_kg, verdict, excess_kg, excess_ratio, evidence_ok, flags"
)
_RECENT = """
select record_id, passed_at, site_code, axle_count, gross_vehicle_weight_kg, limit_kg, verdict, excess_kg,
    excess_ratio, evidence_ok, flags
from {passages} as passage
where plate_no = $plate_no and (plate_color_code is null or plate_color_code is not distinct from $plate_color_code)
    and passed_date between $first and $as_of
order by passed_at desc, record_id limit $most
"""


def _by(rows: Iterable[dict[str, Any]], name: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.pop(name), []).append(row)
    return found


def _look(act: repeat.Act, looks: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The last of the looks under an act's check number and day at its passage: that of its site.

    Where no passage is known the number alone tells it, unless several sites gave it that day.
    """
    here = [one for one in looks if act.site_code in (None, one["site_code"])]
    if len({one["site_code"] for one in here}) != 1:
        return None
    return {name: here[-1][name] for name in ("screened_date", "screening_result")}


def _certificate(passage: dict[str, Any], certificates: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The device's certificate on the day of the passage or, without one, the last before and the first after."""
    day = passage["passed_at"][:10]
    held = [one for one in certificates if one["certificate_no"] == passage["certificate_no"]]
    if passage["certificate_no"] and held:
        one = max(held, key=lambda one: one["valid_to"] or "9999-12-31")
        return {"is_valid": one["valid_from"] <= day <= (one["valid_to"] or day), **one}
    before = [one for one in certificates if one["valid_to"] and one["valid_to"] < day]
    after = [one for one in certificates if one["valid_from"] > day]
    return {
        "is_valid": False,
        "last_ended_on": before[-1]["valid_to"] if before else None,
        "next_begins_on": after[0]["valid_from"] if after else None,
    }


def _weighed(source: Kept, acts: Sequence[repeat.Act]) -> list[dict[str, Any]]:
    """The rows of ``core.passage`` that acts name, each as ``_PASSAGES`` has it."""
    records = [act.passage_record_id for act in acts if act.passage_record_id]
    kept = source.weighed(_WEIGHED, records)
    if kept is not None:
        return [{_AS_READ.get(name, name): value for name, value in row.items()} for row in kept]
    told = keyed.rows(
        source, "core.case_passage", ("match_grade", "violated_on", "read_plate_no"), "passage_record_id", records
    )
    asked = [row for row in told if row["match_grade"] == "exact"]
    passages = source.within("core.passage", _PASSAGE_COLUMNS, [act.violated_on for act in acts])
    bound: dict[str, Any] = {"records": records, "days": sorted({row["violated_on"] for row in asked})}
    reads = sorted({row["read_plate_no"] for row in asked if row["read_plate_no"] is not None})
    plates = {f"read_{at}": read for at, read in enumerate(reads)}
    found = []
    if plates:
        is_one = f"plate_no in ({', '.join(f'${name}' for name in plates)})"
        found += source.rows(_PASSAGES.format(passages=passages, plate=is_one), bound | plates)
    if any(row["read_plate_no"] is None for row in asked):
        found += source.rows(_PASSAGES.format(passages=passages, plate="plate_no is null"), bound)
    return found


def _named(source: Kept, sql: str, name: str, codes: Iterable[str | None]) -> list[dict[str, Any]]:
    """Rows of a constant that tell one of some codes, as plain values."""
    wanted = {*codes} - {None}
    return [_plain_row(row) for row in source.constant(sql) if row[name] in wanted]


def _of_devices(source: Kept, table: str, columns: Sequence[str], devices: Sequence[str]) -> list[dict[str, Any]]:
    rows = [_plain_row(row) for row in keyed.rows(source, table, columns, "device_no", devices)]
    return sorted(rows, key=lambda row: (row["device_no"], row["valid_from"]))


def _certificates(source: Kept, devices: Sequence[str], as_of: date) -> dict[str, list[dict[str, Any]]]:
    """Certificates that began by the day, in order of time, by device."""
    rows = _of_devices(source, "staging.verification_certificate", _CERTIFICATES, devices)
    told = [row for row in rows if row["valid_from"] <= plain(as_of)]
    told.sort(key=lambda row: (row["valid_from"], _last(row["valid_to"]), row["certificate_no"]))
    return _by(told, "device_no")


def _last(value: Any) -> tuple[bool, Any]:
    """To sort by, what is missing last."""
    return value is None, value


def _passages(source: Kept, acts: Sequence[repeat.Act], as_of: date) -> dict[str, dict[str, Any]]:
    """The weighing behind each act that has one, by record."""
    known = [act for act in acts if act.passage_record_id]
    if not known:
        return {}
    found = [_plain_row(row) for row in _weighed(source, known)]
    found.sort(key=lambda row: row["record_id"])
    devices = sorted({row["device_no"] for row in found if row["device_no"]})
    certificates = _certificates(source, devices, as_of)
    registered = _by(_of_devices(source, "staging.wim_device", _DEVICES, devices), "device_no")
    sites = _by(_named(source, _SITES, "site_code", (row["site_code"] for row in found)), "site_code")
    rules = _by(_named(source, _RULES, "rule_id", (row["rule_id"] for row in found)), "rule_id")
    sizes = _dimensions(source, known)
    applied = {name for row in found for name in (row["limit_modifiers"] or "").split(",")}
    modifiers = _named(source, _MODIFIERS, "modifier_id", applied)
    words = _words(source)
    for row in found:
        day = row["passed_at"][:10]
        row["site"] = next(iter(sites.get(row["site_code"], [])), None)
        row["rule"] = next(iter(rules.get(row["rule_id"], [])), None)
        applied = {*(row.pop("limit_modifiers") or "").split(",")}
        in_force: dict[str, dict[str, Any]] = {}
        for one in modifiers:
            if one["modifier_id"] in applied and (one["valid_from"] or day) <= day <= (one["valid_to"] or day):
                in_force.setdefault(one["modifier_id"], one)
        row["modifiers"] = [in_force[name] for name in sorted(in_force)]
        row["certificate"] = _certificate(row, certificates.get(row["device_no"], [])) if row["device_no"] else None
        row["dimensions"] = sizes.get(row["record_id"], [])
        held = [one for one in registered.get(row["device_no"], []) if one["valid_from"] <= day]
        row["device"] = held[-1] if held else None
        row["flags"] = _worded(row.pop("flags"), words)
    return {row["record_id"]: row for row in found}


def _dimensions(source: Kept, acts: Sequence[repeat.Act]) -> dict[str, list[dict[str, Any]]]:
    """What was longer, wider or higher than allowed at the passages behind the acts, by record."""
    days = {act.violated_on for act in acts}
    found = dimensions.of_passages(source, days, [act.passage_record_id for act in acts if act.passage_record_id])
    return _by(map(_plain_row, found), "record_id")


def _ties(match: matching.Match | None) -> list[dict[str, Any]]:
    """What belongs to an act, how surely and by what, as plain values."""
    return [] if match is None else [_plain_row(row) for row in match.plain()]


def _by_register(source: Kept, key: Mapping[str, Any], as_of: date) -> list[dict[str, Any]]:
    """Acts that name no enterprise and whose vehicle the register gives this one: told, and counted for nobody."""
    return [
        {
            "case_no": act.case_no, "plate": plate.masked(act.plate_no), "violated_at": plain(act.violated_at),
            "act_code": act.act_code, "county_code": act.county_code, "excess_ratio": plain(act.excess_ratio),
            "filed_on": plain(act.filed_on), "decided_on": plain(act.decided_on), "delivery_id": act.delivery_id,
            "source_line": act.source_line,
        }
        for act in matching.by_register(source, as_of, [key["uscc"]]).get(key["uscc"], [])
    ]  # fmt: skip


def _words(source: Kept) -> dict[str, dict[str, Any]]:
    """What flags mean, by code."""
    return {row["reason"]: {"zh": row["zh"], "en": row["en"]} for row in source.constant(_REASONS)}


def _worded(flags: str | None, words: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Flags joined by commas, each with its words; a code without words stands for itself."""
    codes = (flags or "").split(",")
    return [{"code": code, **words.get(code, {"zh": code, "en": code})} for code in codes if code]


def _screenings(
    source: Kept, acts: Sequence[repeat.Act], as_of: date
) -> dict[tuple[str, str], list[dict[str, Any]]]:  # fmt: skip
    """Looks at the passage behind each act, by check number and day: numbers come again on other days."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    if not acts:
        return found
    months = repeat.months_from(min(act.violated_on for act in acts), as_of)
    days = {act.violated_on for act in acts}
    told = [
        row
        for row in keyed.rows(
            source, "mart.screening", _SCREENINGS, "check_no", [act.check_no for act in acts if act.check_no], months
        )
        if row["passed_date"] in days and row["screened_date"] is not None and row["screened_date"] <= as_of
    ]
    told.sort(
        key=lambda row: (row["passed_date"], row["screened_date"], _last(row["screened_at"]), _last(row["site_code"]))
    )
    for row in map(_plain_row, told):
        del row["screened_at"]
        found.setdefault((row.pop("check_no"), row.pop("passed_date")), []).append(row)
    return found


def _registered(source: Kept, key: Mapping[str, Any], as_of: date) -> list[dict[str, Any]]:
    """What the register says of a vehicle up to the day, the last first."""
    told = [
        row
        for row in keyed.rows(source, "staging.vehicle", (*_REGISTER, "record_id"), "plate_no", [key["plate_no"]])
        if row["plate_color_code"] == key["plate_color_code"] and row["valid_from"] <= as_of
    ]
    told.sort(key=lambda row: (-row["valid_from"].toordinal(), row["record_id"]))
    return [
        _plain_row({name: row[name] for name in _REGISTER}) | {"is_in_force": as_of <= (row["valid_to"] or as_of)}
        for row in told
    ]


def _decisions(source: Kept, cases: Sequence[str], as_of: date) -> dict[str, list[dict[str, Any]]]:
    """The decisions of each case up to the day, in order; served by then, or not yet."""
    told = [
        row
        for row in keyed.rows(source, "staging.penalty_decision", (*_DECISIONS, "record_id"), "case_no", cases)
        if row["decided_on"] is not None and row["decided_on"] <= as_of
    ]
    told.sort(key=lambda row: (row["decided_on"], _last(row["decision_no"]), row["record_id"]))
    found = []
    for row in told:
        served_on = row["served_on"] if row["served_on"] is not None and row["served_on"] <= as_of else None
        found.append(_plain_row({name: row[name] for name in _DECISIONS} | {"served_on": served_on}))
    return _by(found, "case_no")


_STEP = ("case_no", "case_state", "event_at", "event_no", "record_id")


def _steps(source: Kept, cases: Sequence[str], as_of: date) -> dict[str, list[dict[str, Any]]]:
    """The steps of each case up to the day, in order."""
    told = [
        row
        for row in keyed.rows(source, "staging.case_event", _STEP, "case_no", cases)
        if row["event_at"] is not None and row["event_at"].date() <= as_of
    ]
    told.sort(key=lambda row: (row["event_at"], _last(row["event_no"]), row["record_id"]))
    return _by(
        [
            {name: row[name] for name in ("case_no", "case_state")} | {"event_on": plain(row["event_at"].date())}
            for row in told
        ],
        "case_no",
    )  # fmt: skip


# --- the standings -----------------------------------------------------------------------------------------
def _combination(window: str, basis: str) -> str:
    return f"{window}.{basis}"


def _standing(found: repeat.Standing, window: str, basis: str) -> dict[str, Any]:
    """A standing without its acts. ``asked``: the window that was asked for, where another had to be used."""
    told = {
        name: plain(value)
        for name, value in vars(found).items()
        if name not in ("acts", "subject", "key", "enterprise_name", "first_issue_date")
    }
    reasons = [one.reason for one in found.acts if one.reason]
    return {
        **told, "asked": window, "basis": basis, "act_count": len(found.acts), "counted_act_count": len(found.counted),
        "reasons": {name: reasons.count(name) for name in repeat.REASONS if name in reasons},
    }  # fmt: skip


def _one(source: Any, question: repeat.Question, key: Mapping[str, Any]) -> repeat.Standing:
    return repeat.standings(source, question, only=key)[0]


def _act(one: repeat.Judged, shows_plate: bool, words: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    act = one.act
    return {
        "case_no": act.case_no, "plate": act.plate_no if shows_plate else plate.masked(act.plate_no),
        "violated_at": plain(act.violated_at), "act_code": act.act_code, "detection_mode": act.detection_mode,
        "county_code": act.county_code, "is_elsewhere": act.is_elsewhere, "filed_on": plain(act.filed_on),
        "decided_on": plain(act.decided_on), "ended_state": act.ended_state, "ended_on": plain(act.ended_on),
        "check_no": act.check_no,
        "gross_vehicle_weight_kg": act.gross_vehicle_weight_kg, "limit_kg": act.limit_kg,
        "excess_ratio": plain(act.excess_ratio), "accuracy_class": act.accuracy_class,
        "allowance_kg": act.allowance_kg, "excess_after_allowance_kg": act.excess_after_allowance_kg,
        "excess_ratio_after_allowance": plain(act.excess_ratio_after_allowance),
        "counted_ratio": plain(act.counted_ratio),
        "decided_counted_ratio": plain(act.decided_counted_ratio),
        "unknown_conditions": _worded(act.unknown_conditions, words),
        "permit_no": act.permit_no if act.is_permitted else None,
        "last_unladen_at": plain(act.last_unladen_at), "delivery_id": act.delivery_id, "source_line": act.source_line,
    }  # fmt: skip


def _supposition(
    one: repeat.Judged, subject: str, as_of: date, is_appealed: bool, ratio: float | None
) -> tuple[str, dict[str, Any]] | None:
    """What could become known about an act, and the columns it would change. None where nothing would.

    ``ratio``: the one a decision of the day would hold it against, where that is the lighter rule.
    """
    act = one.act
    decided = {
        "decided_on": as_of, f"{subject}_decided_on": as_of,
        "decided_counted_ratio": None if ratio is None else max(ratio, act.counted_ratio or 0.0),
    }  # fmt: skip
    if one.reason in ("undecided", "others_only"):
        return "decided", decided
    if one.reason == "not_filed":
        return "filed_and_decided", {"filed_on": as_of, **decided}
    if one.reason == "ratio_unknown" and act.counted_ratio is not None:
        excess = max(act.counted_ratio, act.decided_counted_ratio or 0.0) + 1.0
        return "weighed_above", {"excess_ratio": excess, "excess_ratio_after_allowance": excess}
    if one.reason == "device" and act.flags:
        return "certified", {"flags": ",".join(code for code in act.flags.split(",") if code not in repeat.NO_DEVICE)}
    if one.reason is None and is_appealed:
        return "annulled", {"ended_state": "revoked_by_review", "ended_on": as_of}
    return None


def _changes(
    source: Kept,
    main: repeat.Standing,
    question: repeat.Question,
    key: Mapping[str, Any],
    appealed: set[str],
    weak: set[str],
) -> list[dict[str, Any]]:
    """The count if one thing were otherwise; each an answer of the engine, but for how many more acts pass the
    statute's threshold, which is a sum. ``weak``: cases whose weighing has reasons against its use as evidence."""

    def told(kind: str, found: repeat.Standing, **more: Any) -> dict[str, Any]:
        return {
            "kind": kind, "count": found.count, "tier": found.tier, "difference": found.count - main.count, **more
        }  # fmt: skip

    changes: list[dict[str, Any]] = []
    if main.subject == "vehicle":
        over = int(repeat.parameters(source, question)["repeat_statutory_over"].value)
        if main.count <= over:
            changes.append(
                {
                    "kind": "more_acts", "count": over + 1, "tier": "statutory", "difference": over + 1 - main.count,
                    "over": over, "needs_decision": question.require_decision,
                }
            )  # fmt: skip
    ratio = repeat.ratio_if_decided(source, question.as_of)
    supposed = {
        one.act.case_no: what
        for one in main.acts
        if (what := _supposition(one, question.subject, question.as_of, one.act.case_no in appealed, ratio))
    }
    if len(supposed) <= MOST_SUPPOSED:
        for case_no, (kind, change) in supposed.items():
            found = _one(Supposed(source, {case_no: change}), question, key)
            changes.append(told(kind, found, case_no=case_no))
    pending = {case_no: change for case_no, (kind, change) in supposed.items() if kind == "decided"}
    if len(pending) > 1:
        found = _one(Supposed(source, pending), question, key)
        changes.append(told("all_decided", found, case_count=len(pending)))
    if case_count := sum(one.act.case_no in weak for one in main.counted):
        found = _one(Supposed(source, dict.fromkeys(weak)), question, key)
        changes.append(told("without_weak", found, case_count=case_count))
    in_force = repeat.shown(source, question)
    for name, other in ALTERNATIVES.items():
        parameter = in_force[name]
        value = parameter.value if isinstance(parameter, Parameter) else parameter.text
        if parameter.confidence.startswith("C") or value == other:
            continue
        if isinstance(other, str):
            asked = replace(question, takes_allowance=False)
        else:
            asked = replace(question, changed={name: other})
        found = _one(source, asked, key)
        changes.append(told("parameter", found, parameter=name, value=value, other=other))
    if question.require_decision:
        found = _one(source, replace(question, require_decision=False), key)
        changes.append(told("without_decision", found))
    return changes


def _lapses(main: repeat.Standing) -> list[dict[str, Any]]:
    """How the count falls if nothing new counts: day and count from that day on."""
    days = sorted({one.lapses_on for one in main.counted if one.lapses_on})
    found = []
    for day in days:
        left = [one for one in main.counted if one.lapses_on and one.lapses_on > day]
        count = len({one.act.vehicle for one in left}) if main.subject == "enterprise" else len(left)
        found.append({"on": plain(day), "count": count})
    return found


def _unknown(told: Mapping[str, Any], main: repeat.Standing, as_of: date) -> list[dict[str, Any]]:
    """What the data do not say, most telling first; ``cases`` where it is about some of the acts."""
    acts: list[dict[str, Any]] = told["acts"]
    combination = _combination(told["main"]["window"], told["main"]["basis"])

    def cases(condition: Any, counted_only: bool = True) -> list[str]:
        return [
            act["case_no"]
            for act in acts
            if (act["judged"][combination]["reason"] is None or not counted_only) and condition(act)
        ]

    def weighed(condition: Any) -> list[str]:
        return cases(lambda act: act["passage"] is not None and condition(act["passage"]))

    found: list[dict[str, Any]] = []
    until = told["snapshot"]["data_until"]
    if until is None or plain(as_of) > until:
        found.append({"code": "after_data", "until": until})
    if not any(row["is_in_force"] for row in told["register"]):
        found.append({"code": "no_register"})
    if main.subject == "vehicle" and told["subject"]["plate_color_code"] is None:
        found.append({"code": "no_color"})
    if any(one["has_no_first_issue"] for one in told["standings"]):
        found.append({"code": "no_first_issue"})
    if main.subject == "enterprise" and not main.fleet:
        found.append({"code": "no_fleet"})
    about = (
        ("no_passage", cases(lambda act: act["passage"] is None, counted_only=False)),
        ("two_limits", weighed(lambda one: one["limit_low_kg"] != one["limit_kg"])),
        ("tyres", weighed(lambda one: one["single_tyre_axle_count"] is None)),
        ("kind_inferred", weighed(lambda one: any(flag["code"] == "V-TYPECODE" for flag in one["flags"]))),
        ("weak_evidence", weighed(lambda one: not one["evidence_ok"])),
        (
            "no_review",
            cases(
                lambda act: (
                    act["detection_mode"] == "off_site"
                    and (act["screening"] or {}).get("screening_result") != "confirmed"
                )
            ),
        ),
        ("not_served", cases(lambda act: act["decisions"] and not any(one["served_on"] for one in act["decisions"]))),
        ("plate_differs", weighed(lambda one: one["plate_differs"])),
    )
    found += [{"code": code, "cases": listed} for code, listed in about if listed]
    found += _not_delivered([act for act in acts if act["judged"][combination]["reason"] is None])
    return [*found, *({"code": code} for code in ("other_prefectures", "which_year", "opinion", "later_law"))]


def _not_delivered(acts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Conditions of evidence that nothing delivered tells, those of the same acts together."""
    told: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for act in acts:
        for one in act["unknown_conditions"]:
            told.setdefault(one["code"], (one, []))[1].append(act["case_no"])
    of_cases: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for code in sorted(told):
        one, cases = told[code]
        of_cases.setdefault(tuple(cases), []).append(one)
    return [{"code": "conditions", "conditions": ones, "cases": list(cases)} for cases, ones in of_cases.items()]


# --- the tree ----------------------------------------------------------------------------------------------
def facts(
    source: Source,
    kind: str,
    key: Mapping[str, Any],
    as_of: date,
    window: str | None = None,
    basis: str | None = None,
) -> dict[str, Any]:
    """Everything there is to say about one subject as of a day, as plain values.

    ``key`` names the subject by the columns of its key. ``window`` and ``basis`` are those of the leading count, else
    those of a query (``repeat.defaults``); every other combination is told beside it. Plates of an enterprise's
    vehicles are masked: their cases tell them apart.
    Raises ``WarehouseError`` for a kind, window or basis there is not.
    """
    if kind not in KINDS:
        raise WarehouseError(f"{kind!r} is not one of {', '.join(KINDS)}.")
    kept = Kept(source)
    usual = repeat.defaults(kept, as_of)
    window, basis = window or usual.query_window, basis or usual.basis
    question = repeat.Question(as_of, kind, window, basis, usual.require_decision)
    standings = {
        _combination(one, other): _one(kept, replace(question, window=one, basis=other), key)
        for one in repeat.WINDOWS
        for other in repeat.BASES
    }
    main = standings[_combination(window, basis)]
    asked = {**key, "as_of": as_of}
    told: dict[str, Any] = {
        "format": FORMAT,
        "subject": {"kind": kind, **key, "enterprise_name": main.enterprise_name},
        "as_of": plain(as_of),
        "main": {"window": window, "basis": basis},
        "snapshot": {
            "version": None if source.version is None else int(source.version),
            "known_on": source.manifest.get("known_on"),
            "digest": source.manifest.get("digest"),
            "data_until": source.manifest.get("data_until"),
            "night": source.manifest.get("business_date"),
        },
        "register": _registered(kept, key, as_of) if kind == "vehicle" else _rows(kept, _OWNER, asked),
        "first_issue_date": plain(main.first_issue_date),
        "standings": [_standing(found, *name.split(".")) for name, found in standings.items()],
        "articles": _constant(kept, _ARTICLES, {"as_of": as_of}),
    }
    cases = [one.act.case_no for one in main.acts]
    steps, decisions = _steps(kept, cases, as_of), _decisions(kept, cases, as_of)
    screenings = _screenings(kept, [one.act for one in main.acts if one.act.check_no], as_of)
    passages = _passages(kept, [one.act for one in main.acts], as_of)
    matches = matching.of_cases(kept, cases)
    judged = {name: {one.act.case_no: one for one in found.acts} for name, found in standings.items()}
    acts, words = [], _words(kept)
    for one in main.acts:
        case_no = one.act.case_no
        act = _act(one, kind == "vehicle", words)
        passage = passages.get(one.act.passage_record_id or "")
        if passage is not None:
            # Of an enterprise several acts may have one passage only in damaged data; each keeps a copy of its own.
            passage = dict(passage)
            passage["plate_differs"] = passage.pop("read_plate_no") != one.act.plate_no
        act["judged"] = {
            name: {
                part: plain(getattr(of[case_no], part))
                for part in ("reason", "placed_on", "counts_from", "lapses_on", "same_trip_as")
            }
            for name, of in judged.items()
        }
        looks = screenings.get((one.act.check_no or "", plain(one.act.violated_on)), [])
        acts.append(
            act
            | {
                "passage": passage,
                "decisions": decisions.get(case_no, []),
                "steps": steps.get(case_no, []),
                "screening": _look(one.act, looks),
                "match": _ties(matches.get(case_no)),
            }
        )
    told["acts"] = acts
    told["by_register"] = _by_register(kept, key, as_of) if kind == "enterprise" else []
    appealed = {case_no for case_no, rows in steps.items() if rows and rows[-1]["case_state"] == "appeal"}
    weak = {act["case_no"] for act in acts if act["passage"] is not None and not act["passage"]["evidence_ok"]}
    told["changes"] = _changes(kept, main, question, key, appealed, weak)
    told["lapses"] = _lapses(main)
    names = [*repeat.shown(kept, question), *_NOT_RECOUNTED]
    told["parameters"] = _in_use(_constant(kept, _PARAMETERS, {"names": names}), acts, told["as_of"])
    told["unknown"] = _unknown(told, main, as_of)
    places = {row["county_code"]: {"zh": row["name_zh"], "en": row["name_en"]} for row in kept.constant(_COUNTIES)}
    seen = {act["county_code"] for act in [*acts, *told["by_register"]]} | {
        row.get("county_code") for row in told["register"]
    }
    told["places"] = {code: places[code] for code in sorted(filter(None, seen)) if code in places}
    ids = sorted(set(_deliveries(told)))
    files = keyed.rows(kept, "meta.delivery", ("delivery_id", "name"), "delivery_id", ids)
    told["files"] = {row["delivery_id"]: row["name"] for row in files}
    return json.loads(canonical(told))  # as a file gives them back, in order of the keys


def _in_use(rows: list[dict[str, Any]], acts: Sequence[Mapping[str, Any]], as_of: str) -> list[dict[str, Any]]:
    """Thresholds in force on the day or, if they are joined by the act's own day, on that of some act."""
    days = [as_of, *(act["violated_at"][:10] for act in acts)]
    return [
        row for row in rows if any((row["valid_from"] or day) <= day <= (row["valid_to"] or day) for day in days)
    ]  # fmt: skip


def _deliveries(node: Any) -> Iterable[str]:
    """Every delivery a tree names."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "delivery_id" and isinstance(value, str):
                yield value
            else:
                yield from _deliveries(value)
    elif isinstance(node, list):
        for value in node:
            yield from _deliveries(value)


def main_standing(told: Mapping[str, Any]) -> dict[str, Any]:
    """The leading standing of a tree of facts."""
    wanted = (told["main"]["window"], told["main"]["basis"])
    return next(one for one in told["standings"] if (one["asked"], one["basis"]) == wanted)


def outcome(told: Mapping[str, Any], act: Mapping[str, Any]) -> dict[str, Any]:
    """What became of an act in the leading standing."""
    return act["judged"][_combination(told["main"]["window"], told["main"]["basis"])]


def recent(source: Source, key: Mapping[str, Any], as_of: date) -> list[dict[str, Any]]:
    """The last passages of a vehicle in the twelve months to the day, whatever became of them; ``passage_count``: how
    many there are in all; ``case_grade``: how surely a case is of it (``core.case_passage``), of several the surest:
    exact, near, weak, None without one. A case filed under another plate counts, too."""
    first = repeat.months_later(as_of, -12)
    plate_no, color = key["plate_no"], key["plate_color_code"]
    seen = keyed.passed(source, [plate_no], repeat.months_from(first, as_of)).get(plate_no)
    if seen is None:
        return []
    here = (seen.days >= first.toordinal()) & (seen.days <= as_of.toordinal())
    seen = seen.only(here & (seen.of_color(None) | seen.of_color(color)))
    count = int(seen.counts.sum())
    if not count:
        return []
    # The day from which on there are as many as are shown: the months before need not be read.
    latest = np.argsort(-seen.days, kind="stable")
    enough = int(np.searchsorted(np.cumsum(seen.counts[latest]), min(RECENT, count)))
    since = date.fromordinal(int(seen.days[latest[enough]]))
    passages = source.within("core.passage", _RECENT_COLUMNS, repeat.months_from(since, as_of))
    asked = {**key, "as_of": as_of, "first": since, "most": RECENT}
    found = _rows(Kept(source), _RECENT.format(passages=passages), asked)
    grades: dict[str, set[str]] = {}
    for row in keyed.rows(
        source, "core.case_passage", ("passage_record_id", "match_grade"), "passage_record_id",
        [row["record_id"] for row in found],
    ):  # fmt: skip
        grades.setdefault(row["passage_record_id"], set()).add(row["match_grade"])
    for row in found:
        of_passage = grades.get(row["record_id"], ())
        row["passage_count"] = count
        row["case_grade"] = next((grade for grade in GRADES if grade in of_passage), None)
    return found
