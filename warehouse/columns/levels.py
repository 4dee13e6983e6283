"""How closely each column is kept: open, internal, personal or sensitive; and how personal text is masked.

Numbers, days and truth values name nobody by themselves and are internal. Text is what somebody could be named by: a
text column is what stands here, and sensitive if nothing does. 数据安全法 art. 21, 个人信息保护法 arts 28, 51.
"""

from functools import cache
from typing import Literal

from warehouse.columns.entry import ENTRIES

Level = Literal["open", "internal", "personal", "sensitive"]

PERSONAL = {
    "plate_no": "plate",
    "other_plate_no": "plate",
    "read_plate_no": "plate",
    "suggested_plate_no": "plate",
    "trailer_plate_no": "plate",
    "plate_front_no": "plate",
    "plate_rear_no": "plate",
    "person_name": "name",
    "terminal_phone": "phone",
    "driver_certificate_no": "number",
    "driver_no": "number",
    "driver_id_hash": "number",
    "licence_no": "number",
    "operating_permit_no": "number",
    "vin": "number",
    "officer_no": "number",
    "permit_no": "number",
}
"""Columns that tell a vehicle or a person, each with its mask (``warehouse.masks``)."""
PERSONAL_RESULTS = {"document_no": "number"}
"""Likewise, text columns that queries name anew."""
SENSITIVE = {
    "citizen_id": "number",
    "as_reported": "hidden",
    "step_note": "hidden",
    "subject_no": "hidden",
    "wheel_readings": "hidden",
}
"""Columns that tell a person beyond doubt, and free text, in which anybody may stand."""
OPEN = frozenset({
    "article", "confidence", "denominator", "dimension", "figure_id", "jurisdiction", "kind",
    "metric", "name_zh", "name_en", "numerator", "outcome", "parameter", "parameter_text", "reason", "rule_key",
    "rule_no", "rule_subject", "rule_topic", "title_zh", "title_en", "unit", "value_text", "zh", "en",
})  # fmt: skip
"""Words of law and of the dictionary."""
INTERNAL_ENDS = (
    "_code", "_kind", "_state", "_zh", "_en", "_grade", "_reason", "_record_id", "_class", "_word", "_action", "_cause",
    "_evidence", "_flags", "_source", "_stage", "_unit", "_severity", "_status", "_model", "_result", "_table",
    "_version",
)  # fmt: skip
"""Ends of names, in the dictionary, of words from lists and of digests of records."""
INTERNAL = frozenset({
    "accuracy_class", "action_no", "alarm_channel", "alarm_identity", "alarm_match", "alarm_no", "alarm_profile",
    "alert_rule", "appeal_result", "axle_class", "better_way", "bound_quantity", "bulletin_no", "business_scope",
    "calendar_rule_id", "case_no", "certificate_no", "channel_no", "check_no", "clock", "clock_event", "clock_result",
    "clock_sense", "clock_unit", "column_name", "county_codes", "crash_no", "decision_no", "delivery_id",
    "detection_mode", "device_no", "dimension_vehicle", "direction", "district_name", "driver_class",
    "enterprise_name", "enterprise_uscc", "excess_band", "feed", "firm_name", "firm_no", "flags", "freshness", "good",
    "guard", "handling", "handover_no", "hazard_check_no", "hazard_description", "hazard_guard", "hazard_no",
    "home_authority", "insurer_name", "interview_no", "issued_by", "kpi_scheme", "limit_modifiers", "limit_word",
    "line_destination", "line_no", "line_origin", "listing_no", "manufacturer", "meeting_no", "message",
    "missing_guards", "model", "modifier_id", "monitored_class", "name", "owner", "parameters", "part",
    "payment_channel", "payment_no", "permit_issued_by", "photo_sha256", "photo_token", "place", "platform_name",
    "platform_no", "point_fault", "policy_no", "poll_no", "procedure", "protocol_version", "read_sign",
    "reason_counts", "recheck_no", "record_id", "referral_no", "refusal", "relation", "relay_point_no",
    "report_origin", "responsible_unit", "road_class", "route", "row_digest", "row_fate", "rule_id", "scale_no",
    "score_part", "screening_result", "sector", "site_name", "source_feeds", "source_metric",
    "standard_certificate_no", "state", "state_after", "state_before", "table_name", "terminal_maker", "terminal_no",
    "ticket_no", "title", "topic", "training_no", "transport_licence_no", "true_sign", "type", "unit_name",
    "unknown_conditions", "uscc", "verdict", "version_rank", "weakened_by", "weighed_quantity", "why_not",
    "wire_time", "works_no",
})  # fmt: skip
"""Numbers of cases, devices and papers, names of firms and places."""

RESULTS = frozenset({
    "age", "case_tie", "category", "cause", "code", "county", "description", "evidence_reason", "fate", "fate_detail",
    "finding_kinds", "found_uscc", "grade", "high_confidence", "high_rule_id", "last_state", "left_out", "money",
    "month", "next_state", "number", "plate_masked", "reason_en", "reason_zh", "result", "rung", "series",
    "standing", "subjects", "text", "told", "valid_from", "valid_to",
})  # fmt: skip
"""Text columns that queries name anew and that hold no personal column; a test follows each down to its sources."""


@cache
def level_of(name: str) -> Level:
    """The class of a text column, or of a result's text column, by its name."""
    if name in PERSONAL or name in PERSONAL_RESULTS:
        return "personal"
    if name in SENSITIVE:
        return "sensitive"
    if name in OPEN:
        return "open"
    if name in INTERNAL or name in RESULTS:
        return "internal"
    if name in ENTRIES and (name.endswith(INTERNAL_ENDS) or not ENTRIES[name].type.startswith("VARCHAR")):
        return "internal"
    return "sensitive"


def mask_of(name: str) -> str:
    """How personal text of a column is masked; what is not declared is hidden whole."""
    return (PERSONAL | PERSONAL_RESULTS | SENSITIVE).get(name, "hidden")


def is_declared(name: str) -> bool:
    """Whether somebody said of which class text under this name is."""
    return level_of(name) != "sensitive" or name in SENSITIVE
