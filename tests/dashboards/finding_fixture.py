"""Cases, looks and suggestions for the made warehouse: one of every fate and of every grade, the rest as it falls.

Findings are those that ``fixture`` made, a fifth of them with a permit. Of the last month the first ten without one
that are fit as evidence and above the ratio that counts get a fate of their own, in the order of ``PLANTED``. The
register holds the plates of the passages that are there, but for those that end in 7: passages of vehicles that no
register knows are to come later. Acts name no vehicle, so that nobody's count grows.
"""

from datetime import date, timedelta
from typing import Any

import duckdb
from vehicle_fixture import create_missing, fill

TABLES = ("core.case_passage", "core.violation", "mart.dimension_finding", "mart.finding", "mart.plate_suggestion",
          "mart.screening", "staging.enforcement_case", "staging.monitored_vehicle", "staging.penalty_decision",
          "staging.vehicle")  # fmt: skip
PLANTED = (
    "case_closed", "case_decided", "case_filed", "case_ended", "case_near", "permitted", "void", "pending",
    "confirmed_waiting", "confirmed_overdue",
)  # fmt: skip


def add(con: duckdb.DuckDBPyConnection, last_day: date) -> None:
    """Fill the tables, and create those that are not there; ``mart.finding`` is."""
    create_missing(con, TABLES)
    _dimensions(con)
    con.execute(
        """
        insert into staging.vehicle by name
        select plate_no, plate_color_code, date '2020-01-01' as valid_from, plate_no as record_id,
            repeat('0', 64) as delivery_id, 1 + row_number() over (order by plate_no, plate_color_code) as source_line
        from (
            select distinct plate_no, plate_color_code
            from core.passage where plate_no is not null and right(plate_no, 1) <> '7'
        ) as seen
        """
    )
    first = last_day.replace(day=1)
    found = con.execute(
        "select record_id, site_code, check_no, plate_no, plate_color_code, passed_at, passed_date, county_code"
        " from mart.finding where passed_date between ? and ? and evidence_ok and plate_no is not null"
        " and not is_permitted and is_above_counted_ratio"
        " qualify row_number() over (partition by plate_no order by passed_at) = 1"
        " order by passed_at, record_id limit ?",
        [first, last_day - timedelta(days=10), len(PLANTED)],
    ).fetchall()
    assert len(found) == len(PLANTED)
    matched, filed, decided, looks, acts = [], [], [], [], []
    for number, (fate, row) in enumerate(zip(PLANTED, found, strict=True)):
        record, site, check, plate, color, at, day, county = row
        case = f"永交执〔2026〕{900 + number:06d}号"
        known: dict[str, Any] = {
            "record_id": f"case-{number}", "case_no": case, "check_no": check, "plate_no": plate,
            "plate_color_code": color, "county_code": county, "violated_at": at, "act_code": "over_mass",
        }  # fmt: skip
        if fate.startswith("case_"):
            grade = "near" if fate == "case_near" else "exact"
            matched.append(known | {"violated_on": day, "match_grade": grade, "passage_record_id": record})
            closed = day + timedelta(days=9) if fate in ("case_closed", "case_ended") else None
            filed.append(
                known
                | {"found_on": day, "filed_on": day + timedelta(days=2), "closed_on": closed, "case_state": "filed"}
            )
            ended = "withdrawn" if fate == "case_ended" else None
            acts.append({**{name: known[name] for name in ("record_id", "case_no", "act_code")}, "ended_state": ended})
            if fate in ("case_closed", "case_decided"):
                decided.append({"case_no": case, "penalty_kind": "fine", "decided_on": day + timedelta(days=7)})
        elif fate == "permitted":
            con.execute(
                "update mart.finding set is_permitted = true, permit_state = 'covered', permit_no = 'P-9',"
                " permitted_mass_kg = gross_vehicle_weight_kg where record_id = ?",
                [record],
            )
        else:
            result = fate.split("_")[0]
            looked = last_day - timedelta(days=2) if fate == "confirmed_waiting" else day + timedelta(days=1)
            looks.append({
                "screened_date": looked, "site_code": site, "check_no": check, "passed_date": day,
                "screened_at": f"{looked} 10:00:00", "screening_result": result,
                "void_code": "image_unclear" if result == "void" else None,
            })  # fmt: skip
    for table, rows in (
        ("core.case_passage", matched), ("staging.enforcement_case", filed), ("staging.penalty_decision", decided),
        ("mart.screening", looks), ("core.violation", acts),
    ):  # fmt: skip
        fill(con, table, rows)
    fill(con, "mart.plate_suggestion", [
        {
            "passed_date": day, "record_id": record, "feed": "wim_passage", "passed_at": at, "site_code": "YZ01",
            "county_code": county, "plate_no": plate, "plate_color_code": color, "axle_count": 6,
            "gross_vehicle_weight_kg": 52_000, "verdict": "over", "suggested_plate_no": plate[:-1] + "B",
            "suggested_color_code": color, "sign_position": 7, "read_sign": plate[-1], "true_sign": "B",
            "reading_evidence": "for", "color_evidence": "for", "axle_evidence": "for", "kind_evidence": "unknown",
            "weight_evidence": "unknown", "sequence_evidence": sequence, "seen_count": 2, "elsewhere_count": 0,
            "nearest_gap_s": 1_500, "for_count": 4, "candidate_count": 1, "suggestion_grade": grade,
        }
        for (record, _, _, plate, color, at, day, county), grade, sequence in zip(
            found, ("strong", "possible", "contradicted"), ("for", "unknown", "against"), strict=False
        )
    ])  # fmt: skip


def _dimensions(con: duckdb.DuckDBPyConnection) -> None:
    """Of every ninth passage each day one that is longer, wider or higher than allowed, some under a permit."""
    con.execute(
        """
        insert into mart.dimension_finding by name
        with told as (
            select *, row_number() over (partition by passed_date order by passed_at, record_id) as nth
            from core.passage
        )
        select passed_date, record_id, feed, passed_at, site_code, county_code, plate_no, plate_color_code, axle_count,
            size.dimension, size.measured_mm, size.rule_id, size.limit_mm, size.limit_high_mm,
            size.measured_mm - size.limit_mm as excess_mm,
            case when size.measured_mm > size.limit_high_mm then 'over' else 'information' end as dimension_state,
            case when nth % 4 = 0 then 'P-7' end as permit_no,
            case when nth % 4 = 0 then size.measured_mm - cast(nth % 8 = 0 as integer) end as permitted_mm,
            nth % 4 = 0 and nth % 8 <> 0 as is_permitted
        from told
        inner join (values
            (0, 'length', 19000, 'D-L', 18100, 22000), (1, 'width', 2700, 'D-W', 2550, 2600),
            (2, 'height', 4010, 'D-H', 4000, 4000), (2, 'width', 2580, 'D-W', 2550, 2600)
        ) as size(kind, dimension, measured_mm, rule_id, limit_mm, limit_high_mm) on told.nth % 9 = size.kind
        where told.nth <= 36
        """
    )
