"""Cases as plain facts (``case_reference``), run through the models in memory and read as a published version is."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

import duckdb
import pandas as pd
from case_reference import Case
from landed import Tables

from etl.feeds import raw_tables
from warehouse import sql

MODELS = ("core.case_pause", "core.case_life", "mart.case_clock")


def built_of(facts: list[Case], rng: random.Random, models: Sequence[str] = MODELS) -> Tables:
    """The models over rows of these facts, in any order."""
    connection = duckdb.connect()
    sql.complete_raw(connection, raw_tables())
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for case in facts:
        rows["enforcement_case"].append({
            "case_no": case.number, "act_code": "over_mass",
            "detection_mode": "off_site" if case.off_site else "mobile",
            "plate_no": case.plate, "plate_color_code": 2, "county_code": "431103",
            "violated_at": datetime.combine(case.violated_on, time(9)), "found_on": case.found_on,
            "filed_on": case.filed_on, "procedure": "simple" if case.simple else "ordinary", "case_state": case.state,
            "closed_on": case.closed_on,
        })  # fmt: skip
        for at, number, state in case.steps:
            rows["case_event"].append({"case_no": case.number, "event_no": number, "case_state": state, "event_at": at})
        for one in case.decisions:
            rows["penalty_decision"].append({
                "decision_no": one.number, "case_no": case.number, "subject_kind": "vehicle",
                "is_over_limit_case": True,
                "penalty_kind": "no_penalty" if not one.penalises else "fine" if one.fen else "warning",
                "statutory_fen": one.statutory_fen, "decided_fen": one.fen, "decided_on": one.decided_on,
                "served_on": one.served_on,
            })  # fmt: skip
        for payment in case.payments:
            rows["penalty_payment"].append({
                "decision_no": payment.decision_no, "paid_on": payment.on, "paid_fen": payment.fen,
                "surcharge_fen": payment.surcharge_fen,
            })  # fmt: skip
        if case.handed_over_on:
            rows["case_handover"].append(
                {"case_no": case.number, "home_authority": "示例", "sent_on": case.handed_over_on}
            )
    for feed, told in rows.items():
        rng.shuffle(told)
        connection.register("told", pd.DataFrame([
            {**row, "record_id": f"{feed}{at}", "row_fate": "current", "flags": "", "delivery_id": "ab" * 32,
             "source_line": at + 2}
            for at, row in enumerate(told)
        ]))  # fmt: skip
        connection.execute(f"insert into raw.{feed} by name select * from told")
        connection.unregister("told")
    sql.run_models(connection, raw_tables(), names=models)
    return Tables(connection)
