"""Cases of the made warehouse, one of each fate: clocks met, missed and near, a step refused, an appeal, a decision
made anew, and decisions below, within and above what the articles allow. Case numbers begin with C.
"""

import random
from datetime import date, datetime, time, timedelta

import duckdb
from case_reference import Case, Decision, Payment
from case_rows import built_of
from landed import Tables
from vehicle_fixture import create_missing, fill

TABLES = (
    "core.case_decision", "core.case_life", "core.case_measure", "core.case_pause", "core.case_state",
    "core.working_day", "mart.case_clock", "staging.penalty_payment", "core.case_match", "staging.driver_certificate",
    "staging.enterprise", "staging.loading_firm",
)  # fmt: skip
NOT_BUILT = ("core.case_measure", "core.case_match", "staging.driver_certificate", "staging.enterprise",
             "staging.loading_firm")  # fmt: skip
"""Tables whose rows are made here or by others."""
SEEDS = ("seeds.fine_tier", "seeds.dimension_limit")
EXCESS_KG = {"paid": 10_000, "over": 2_000, "owing": 5_000}
"""Mass above the limit of the cases that rest on a passage, by their names in ``WHO``."""
WHO = {"paid": "C01", "owing": "C02", "over": "C03", "slow": "C04", "near": "C05", "refused": "C06", "appeal": "C07",
       "away": "C08", "simple": "C09", "no_penalty": "C10"}  # fmt: skip


def facts(last_day: date) -> list[Case]:
    """The cases; days count back from the last one."""

    def day(back: int) -> date:
        return last_day - timedelta(days=back)

    def at(back: int, *states: str) -> list[tuple[datetime, str]]:
        return [(datetime.combine(day(back), time(9, minute)), state) for minute, state in enumerate(states)]

    def case(
        who: str, found: int, filed: int | None, closed: int | None, steps: list[tuple[datetime, str]],
        decisions: tuple[Decision, ...] = (), payments: tuple[Payment, ...] = (), plate: str = "湘M54321",
        simple: bool = False, handed: int | None = None,
    ) -> Case:  # fmt: skip
        return Case(
            WHO[who], plate, simple, False, day(found), day(found), None if filed is None else day(filed),
            None if closed is None else day(closed), steps[-1][1],
            tuple((when, number, state) for number, (when, state) in enumerate(steps, 1)), decisions, payments,
            None if handed is None else day(handed),
        )  # fmt: skip

    def fine(who: str, fen: int, decided: int, served: int | None, statutory: int = 500_000) -> Decision:
        return Decision(f"D-{WHO[who]}", fen, day(decided), None if served is None else day(served), True, statutory)

    def until(decided: int) -> list[tuple[datetime, str]]:
        return [
            *at(decided + 40, "clue", "evidence_review"), *at(decided + 36, "filed", "investigating"),
            *at(decided + 20, "pre_notice"), *at(decided, "decided"),
        ]  # fmt: skip

    paid = Payment("D-C01", day(60), 500_000)
    return [
        case("paid", 130, 126, 58, [*until(90), *at(88, "served"), *at(60, "paid"), *at(58, "closed")],
             (fine("paid", 500_000, 90, 88),), (paid,)),
        case("owing", 80, 76, None, [*until(40), *at(38, "served"), *at(20, "overdue")],
             (fine("owing", 50_050, 40, 38),)),
        case("over", 55, 51, None, [*until(15), *at(13, "served")], (fine("over", 300_000, 15, 13, 400_000),)),
        case("slow", 150, 140, None, [*at(150, "clue", "evidence_review"), *at(140, "filed", "investigating")]),
        case("near", 92, 87, None, [*at(92, "clue", "evidence_review"), *at(87, "filed", "investigating")]),
        case("refused", 30, 28, None, [*at(30, "clue"), *at(28, "filed"), *at(20, "decided")],
             (fine("refused", 20_000, 20, None),)),
        case("appeal", 80, 76, None, [*until(40), *at(38, "served"), *at(15, "appeal")],
             (fine("appeal", 100_000, 40, 38),)),
        case("away", 130, 126, 30, [*until(90), *at(88, "served", "closed")],
             (fine("away", 0, 90, 88, 0),), plate="粤A54321"),
        case("simple", 12, None, 10, [*at(12, "clue", "decided_simple", "served"), *at(10, "closed")],
             (Decision("D-C09", 0, day(12), day(12), True, 0),), simple=True),
        case("no_penalty", 50, 45, 20, [*at(50, "clue", "evidence_review"), *at(45, "filed", "investigating"),
                                        *at(25, "no_penalty"), *at(20, "closed")]),
    ]  # fmt: skip


def built(last_day: date) -> Tables:
    return built_of(facts(last_day), random.Random(1))


def add(con: duckdb.DuckDBPyConnection, last_day: date) -> None:
    """Create and fill the tables that the page of cases reads."""
    made = built(last_day).connection
    create_missing(con, TABLES)
    for table in TABLES:
        if table in NOT_BUILT:
            continue
        frame = made.execute(f"select * from {table}").df()
        con.register("case_frame", frame)
        con.execute(f"insert into {table} by name select * from case_frame")
        con.unregister("case_frame")
    fill(con, "core.case_measure", [
        {"case_no": WHO[who], "passage_record_id": f"p-{who}", "excess_kg": excess, "is_permitted": False}
        for who, excess in EXCESS_KG.items()
    ])  # fmt: skip
    con.execute(
        "insert into seeds.reason values ('R-STEP', 'step', '不能由当时的环节进入', 'not from the state it was in',"
        " '核对案卷', 'compare with the file')"
    )
    fill(con, "staging.loading_firm", [{"record_id": "firm-1", "firm_no": "YT-1", "firm_name": "示例采石场"}])
    fill(con, "core.case_match", [
        {
            "case_no": no, "act_code": "over_mass", "record_id": f"filed-{no}", "plate_no": "湘M54321",
            "passage_record_id": f"p-{who}" if grade != "none" else None, "match_grade": grade, "match_reason": reason,
            "site_code": SITE if grade != "none" else None,
            "vehicle_grade": "exact", "vehicle_reason": "plate_color", "vehicle_record_id": "v-1",
            "driver_grade": "none", "driver_reason": "not_told", "enterprise_grade": "near",
            "enterprise_reason": "register_name", "enterprise_uscc": "91431100MAE600009C",
            **(LOADED if who == "paid" else {"loading_grade": "none", "loading_reason": "no_ticket"}),
        }
        for who, no in WHO.items()
        for grade, reason in [("exact", "check_no") if who in EXCESS_KG else ("near", "plate_time_county")
                              if who == "slow" else ("none", "no_passage")]
    ])  # fmt: skip


SITE = "YZ03"
"""Where the cases of ``EXCESS_KG`` were weighed, and the one that is near a passage."""
LOADED = {
    "loading_grade": "near", "loading_reason": "last_ticket", "firm_no": "YT-1", "firm_record_id": "firm-1",
    "ticket_record_id": "t-1", "left_at": "2026-07-15 07:30:00", "loaded_mass_kg": 58_000,
}  # fmt: skip
