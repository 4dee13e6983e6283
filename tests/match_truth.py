"""A small prefecture landed and built in memory, and how its matches and suggestions compare with its truth."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import landed

from etl.demo.generate import generate
from etl.demo.world import World
from etl.feeds import raw_tables
from warehouse import sql

TOPICS = ("cases", "passages", "registers", "sites", "weighing")
MODELS = (
    "core.case_match", "core.violation", "core.working_day", "mart.finding", "mart.plate_suggestion", "mart.screening",
    "staging.monitored_vehicle", "staging.oversize_permit", "staging.penalty_decision",
)  # fmt: skip
NUMBERED = (
    "(select record_id, check_no from staging.wim_passage union all select record_id, check_no"
    " from staging.wim_passage_preview union all select record_id, check_no from staging.wim_passage_wheel)"
)
"""Check numbers of passages: how truth and platform name the same passage."""


def land(world: World, folder: Path) -> duckdb.DuckDBPyConnection:
    """Raw tables of every delivery; deliveries and truth lie in ``folder``."""
    generate(world, folder, TOPICS)
    return landed.inbox(folder)


def build(connection: duckdb.DuckDBPyConnection) -> None:
    sql.run_models(connection, raw_tables(), names=MODELS)


@dataclass(frozen=True)
class Suggested:
    """Suggestions of one grade. ``right``: the passage was misread and the plate is the one it carried."""

    grade: str
    count: int
    right: int

    @property
    def precision(self) -> float | None:
        return self.right / self.count if self.count else None


@dataclass(frozen=True)
class Misread:
    """Misread passages: all; of a registered vehicle, read as an unregistered plate; of these suggested rightly."""

    every: int
    findable: int
    suggested: int

    @property
    def recall(self) -> float | None:
        return self.suggested / self.findable if self.findable else None


def suggestions(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[list[Suggested], Misread]:
    """What was suggested, by grade, and what of the misread plates was: contradicted suggestions find nothing."""
    connection.execute(
        f"""create or replace temp table truly as
        select passage.record_id, passage.plate_no, truth.carried_plate_no, truth.is_misread,
            exists (
                select 1 from core.vehicle_span as vehicle where vehicle.plate_no = truth.carried_plate_no
                    and passage.passed_date between vehicle.valid_from and vehicle.valid_to
            ) as is_registered,
            exists (
                select 1 from core.vehicle_span as vehicle where vehicle.plate_no = passage.plate_no
                    and passage.passed_date between vehicle.valid_from and vehicle.valid_to
            ) as is_read_registered
        from core.passage as passage
        inner join {NUMBERED} as numbered on numbered.record_id = passage.record_id
        inner join read_parquet('{folder}/truth/passage/*.parquet') as truth on truth.check_no = numbered.check_no
        where passage.plate_no is not null"""
    )
    right = "truly.is_misread and suggestion.suggested_plate_no = truly.carried_plate_no"
    graded = connection.execute(
        f"""select suggestion_grade, count(*), count(*) filter ({right})
        from mart.plate_suggestion as suggestion inner join truly using (record_id)
        group by suggestion_grade order by suggestion_grade desc"""
    ).fetchall()
    every, findable, found = connection.execute(
        f"""select count(*) filter (is_misread),
            count(*) filter (is_misread and is_registered and not is_read_registered),
            count(*) filter (is_misread and is_registered and not is_read_registered and record_id in (
                select record_id from mart.plate_suggestion as suggestion inner join truly using (record_id)
                where suggestion_grade <> 'contradicted' and {right}
            ))
        from truly"""
    ).fetchall()[0]
    return [Suggested(*row) for row in graded], Misread(every, findable, found)


@dataclass(frozen=True)
class Rested:
    """Cases of one grade and reason. ``right``: those that rest on the passage they were made of."""

    grade: str
    reason: str
    count: int
    right: int


def case_passages(connection: duckdb.DuckDBPyConnection, folder: Path, table: str) -> list[Rested]:
    """``core.case_passage``, or a table like it, against the cases' true check numbers."""
    rows = connection.execute(
        f"""select matched.match_grade, matched.match_reason, count(*),
            count(*) filter (numbered.check_no = truth.check_no)
        from {table} as matched
        inner join read_parquet('{folder}/truth/case.parquet') as truth on truth.case_no = matched.case_no
        left join {NUMBERED} as numbered on numbered.record_id = matched.passage_record_id
        group by all order by all"""
    ).fetchall()
    return [Rested(*row) for row in rows]


def without_numbers(connection: duckdb.DuckDBPyConnection, shift_s: int = 0) -> None:
    """Create ``temp.unnumbered``: what ``core.case_passage`` would be without check numbers, and with the times of all
    cases off by so much."""
    query = sql.render("core.case_passage").sql.replace("staging.enforcement_case", "temp.unnumbered_case")
    connection.execute(
        "create or replace temp table unnumbered_case as select * replace (null as check_no,"
        f" violated_at + interval '{shift_s} seconds' as violated_at) from staging.enforcement_case"
    )
    connection.execute(f"create or replace temp table unnumbered as {query}")
