"""One line of ``vectors/*.csv``, one test: what the law says of a case, and what the code makes of it.

``docs/rules.md`` shows the same lines (``make docs``).
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from repeat_reference import Case, Span, Weighed, World
from repeat_rows import LIMIT_KG, Rows

from etl import identity, parse
from etl.contract import read
from etl.feeds import raw_tables
from warehouse import columns as c
from warehouse import penalty, repeat, sql
from warehouse.connection import dicts

DAY = timedelta(days=1)
FOLDER = Path(__file__).parent / "vectors"


def vectors(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def each(name: str) -> Any:
    """Parametrise by the lines of a table; the words of a line are the name of its test."""
    rows = vectors(name)
    return pytest.mark.parametrize("vector", rows, ids=[f"{at}-{row['why_en']}" for at, row in enumerate(rows, 2)])


def number(text: str) -> int | None:
    return int(text) if text else None


@pytest.fixture(scope="module")
def seeds() -> Iterator[Any]:
    connection = duckdb.connect()
    sql.load_seeds(connection)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def rules(seeds: duckdb.DuckDBPyConnection) -> penalty.Law:
    class Seeds:
        def read(self, query: str, params: Any = None) -> Any:
            return seeds.execute(query, params or []).df()

    return penalty.law(Seeds())


def test_every_table_is_in_the_index_and_every_line_is_whole() -> None:
    index = vectors("index")
    assert sorted(row["file"] for row in index) == sorted(p.stem for p in FOLDER.glob("*.csv") if p.stem != "index")
    for table in (*(row["file"] for row in index), "index"):
        for row in vectors(table):
            assert None not in row, f"{table}: too many cells in {row}"
            assert None not in row.values(), f"{table}: too few cells in {row}"
            last = list(row)[-2:] if table != "index" else list(row)
            assert all(row[name] for name in last), f"{table}: no words in {row}"


# --- limits of mass --------------------------------------------------------------------------------
_FACTS = (
    "vehicle_kind", "drive_axle_kind", "single_tyre_axle_count", "wheelbase_m", "is_tipper", "has_air_suspension",
    "registered_gross_mass_kg",
)  # fmt: skip


@pytest.fixture(scope="module")
def judged() -> dict[str, tuple[Any, ...]]:
    """Rule, limit, verdict and excess of every line, by the models."""
    connection = duckdb.connect()
    sql.complete_raw(connection, raw_tables())
    sql.load_seeds(connection)
    for layer in sql.LAYERS:
        connection.execute(f"create schema if not exists {layer}")
    rows = vectors("gross_weight")
    for name in sql.in_order(["core.passage"]):
        connection.execute(f"create table {name} as {sql.render(name).sql}")
        for at, row in enumerate(rows):
            cells: dict[str, Any] = {"record_id": f"r{at}", "passed_date": row["passed_on"]}
            cells |= {"axle_count": row["axle_count"]}
            if name == "staging.wim_passage":
                cells |= {"passed_at": row["passed_on"], "gross_vehicle_weight_kg": row["gross_vehicle_weight_kg"]}
                cells |= {"flags": ""}
            elif name == "core.passage_vehicle":
                cells |= {fact: row[fact] or None for fact in _FACTS}
                cells |= {"has_other_axles_registered": False, "is_kind_inferred": False}
            else:
                continue
            if name == "core.passage_vehicle" and at == 0:
                connection.execute("delete from core.passage_vehicle")
            connection.execute(
                f"insert into {name} ({', '.join(cells)}) values ({', '.join('?' * len(cells))})", list(cells.values())
            )
    found = connection.execute("select record_id, rule_id, limit_kg, verdict, excess_kg from core.passage").fetchall()
    connection.close()
    assert len(found) == len(rows)
    return {row[0]: row[1:] for row in found}


@each("gross_weight")
def test_a_passage_is_judged_by_the_limit_of_its_day(
    vector: dict[str, str], judged: dict[str, tuple[Any, ...]]
) -> None:
    at = vectors("gross_weight").index(vector)
    wanted = (vector["rule_id"] or None, number(vector["limit_kg"]), vector["verdict"], number(vector["excess_kg"]))
    assert judged[f"r{at}"] == wanted


# --- fines -----------------------------------------------------------------------------------------
NO_RULE = ("outcome", "low_yuan", "high_yuan", "confiscated_yuan", "law_on", "why", "rules")


def shown(ask: Callable[[Any, penalty.Law], penalty.Penalty], act: Any, rules: penalty.Law) -> dict[str, str]:
    try:
        found = ask(act, rules)
    except penalty.NoRule:
        return dict.fromkeys(NO_RULE, "") | {"outcome": "no_rule"}
    chosen = found.chosen
    return {
        "outcome": chosen.outcome, "low_yuan": f"{chosen.low_fen / 100:g}", "high_yuan": f"{chosen.high_fen / 100:g}",
        "confiscated_yuan": f"{chosen.confiscated_fen / 100:g}", "law_on": chosen.law_on.isoformat(),
        "why": found.why, "rules": " ".join(chosen.rules),
    }  # fmt: skip


@each("over_limit_fine")
def test_the_fine_for_going_over_a_limit_is_that_of_the_article(vector: dict[str, str], rules: penalty.Law) -> None:
    act = penalty.OverLimit(
        date.fromisoformat(vector["violated_on"]), date.fromisoformat(vector["decided_on"]), int(vector["excess_kg"]),
        number(vector["height_mm"]), number(vector["width_mm"]), number(vector["length_mm"]), vector["vehicle"],
        number(vector["later_excess_kg"]),
    )  # fmt: skip
    found = shown(penalty.over_limit, act, rules)
    assert {name: found[name] for name in vector if name in found} == {n: vector[n] for n in vector if n in found}


@each("illegal_operation_fine")
def test_the_fine_for_transport_without_licence_is_that_of_the_article(
    vector: dict[str, str], rules: penalty.Law
) -> None:
    act = penalty.IllegalOperation(
        date.fromisoformat(vector["violated_on"]), date.fromisoformat(vector["decided_on"]), vector["sector"],
        int(vector["gain_yuan"]) * 100, vector["is_serious"] == "true", vector["subject_kind"] or None,
    )  # fmt: skip
    found = shown(penalty.illegal_operation, act, rules)
    assert {name: found[name] for name in vector if name in found} == {n: vector[n] for n in vector if n in found}


@each("ranged_fine")
def test_the_fine_of_an_act_that_is_not_measured_is_the_range_of_the_article(
    vector: dict[str, str], rules: penalty.Law
) -> None:
    act = penalty.Ranged(
        date.fromisoformat(vector["violated_on"]), date.fromisoformat(vector["decided_on"]), vector["act_code"],
        vector["subject_kind"] or None, number(vector["tier"]), int(vector["gain_yuan"]) * 100,
    )  # fmt: skip
    found = shown(penalty.ranged, act, rules)
    assert {name: found[name] for name in vector if name in found} == {n: vector[n] for n in vector if n in found}


@each("daily_fine")
def test_a_fine_by_the_day_is_the_original_one_from_the_day_after_the_order(
    vector: dict[str, str], rules: penalty.Law
) -> None:
    ordered, until = date.fromisoformat(vector["ordered_on"]), date.fromisoformat(vector["until"])
    original = round(float(vector["original_yuan"]) * 100)
    if not vector["rules"]:
        with pytest.raises(penalty.NoRule, match="daily_fine_ratio has 0 rows on 2021-08-31"):
            penalty.continued(original, ordered, until, rules)
        return
    found = penalty.continued(original, ordered, until, rules)
    wanted = (int(vector["days"]), int(vector["amount_yuan"]) * 100, vector["rules"].split())
    assert (found.days, found.amount_fen, list(found.rules)) == wanted


Side = tuple[str, str, date]
"""A row of the law, ``in`` or ``out`` of force, on the day from which or up to which it is."""


def sides(rows: Iterable[Mapping[str, Any]]) -> set[Side]:
    """The days on either side of each beginning and end; of a row without days that it holds at all (``date.min``)."""
    found: set[Side] = set()
    for row in rows:
        rule, first, last = row["rule_id"], row["valid_from"], row["valid_to"]
        found |= {(rule, "in", day) for day in (first, last) if day}
        found |= {(rule, "out", day) for day in (first and first - DAY, last and last + DAY) if day}
        if not first and not last:
            found.add((rule, "in", date.min))
    return found


def acts(name: str, line: Mapping[str, str]) -> set[tuple[str, str | None]]:
    """Act and trade that a line of a table of fines is about."""
    if name == "illegal_operation_fine":
        return {("illegal_operation", line["sector"])}
    if name == "ranged_fine":
        return {(line["act_code"], None)}
    is_heavy, is_large = int(line["excess_kg"]) > 0, any(line[f"{one}_mm"] for one in penalty.DIMENSIONS)
    told = {"over_mass": is_heavy, "over_dimension": is_large, "over_mass_and_dimension": is_heavy and is_large}
    return {(act, None) for act, is_told in told.items() if is_told}


def fines_told(rows: Sequence[Mapping[str, Any]]) -> set[Side]:
    """The sides that the lines show. Where a rule is not in force the line must be about its act and subject."""
    found: set[Side] = set()
    for name in ("over_limit_fine", "illegal_operation_fine", "ranged_fine"):
        for line in vectors(name):
            day, used = date.fromisoformat(line["law_on"] or line["violated_on"]), line["rules"].split()
            subject = line.get("subject_kind") or None
            for row in rows:
                if row["rule_id"] in used:
                    found |= {(row["rule_id"], "in", day), (row["rule_id"], "in", date.min)}
                elif (row["act_code"], row["sector"]) in acts(name, line) and row["subject_kind"] in (None, subject):
                    found.add((row["rule_id"], "out", day))
    return found


def clocks_told(rows: Sequence[Mapping[str, Any]]) -> set[Side]:
    found: set[Side] = set()
    for line in vectors("procedure_clock"):
        day = date.fromisoformat(line["on"])
        for row in rows:
            if row["rule_id"] == line["rule_id"]:
                found |= {(row["rule_id"], "in", day), (row["rule_id"], "in", date.min)}
            elif row["clock"] == line["clock"]:
                found.add((row["rule_id"], "out", day))
    return found


SEEDS_TOLD = {"fine_tier": fines_told, "procedure_clock": clocks_told}


def law_rows(connection: duckdb.DuckDBPyConnection, seed: str) -> list[dict[str, Any]]:
    return dicts(connection.execute(f"select * from seeds.{seed} order by rule_id"))


@pytest.mark.parametrize("seed", SEEDS_TOLD)
def test_every_row_of_fines_and_clocks_has_a_line_on_both_sides_of_each_of_its_days(
    seed: str, seeds: duckdb.DuckDBPyConnection
) -> None:
    rows = law_rows(seeds, seed)
    assert sides(rows) - SEEDS_TOLD[seed](rows) == set()


@pytest.mark.parametrize("seed", SEEDS_TOLD)
def test_a_row_without_lines_or_with_another_day_is_found(seed: str, seeds: duckdb.DuckDBPyConnection) -> None:
    rows = law_rows(seeds, seed)
    for at, row in enumerate(rows):
        new = row | {"rule_id": "NEW"}
        wanting = {side for side in sides([new]) if side not in SEEDS_TOLD[seed]([*rows, new])}
        assert any(way == "in" for _, way, _ in wanting), row["rule_id"]
        if row["valid_from"]:
            moved = [*rows[:at], row | {"valid_from": row["valid_from"] + 40 * DAY}, *rows[at + 1 :]]
            assert sides(moved) - SEEDS_TOLD[seed](moved), row["rule_id"]


# --- clocks, plates, numbers -----------------------------------------------------------------------
@each("procedure_clock")
def test_a_clock_is_that_of_the_day(vector: dict[str, str], seeds: duckdb.DuckDBPyConnection) -> None:
    found = seeds.execute(
        "select clock_amount, clock_unit, rule_id from seeds.procedure_clock where clock = ?"
        " and ? between coalesce(valid_from, date '0001-01-01') and coalesce(valid_to, date '9999-12-31')",
        [vector["clock"], date.fromisoformat(vector["on"])],
    ).fetchall()
    wanted = (number(vector["clock_amount"]), vector["clock_unit"], vector["rule_id"])
    assert found == ([wanted] if vector["rule_id"] else [])


@each("plate")
def test_a_plate_is_read_and_doubted_as_its_kind_demands(vector: dict[str, str]) -> None:
    how = read(c.plate_no.optional(), plate=True)
    value = parse._value(how.column, how, "delivered")
    doubts = dict(parse._flag_conditions(how.column, how, "delivered"))
    connection = duckdb.connect()
    connection.execute(
        f"create table told as select delivered, {value} as plate_no from (select ? as delivered)",
        [vector["delivered"]],
    )
    found = connection.execute(
        f"select plate_no, {', '.join(f'coalesce({condition}, false)' for condition in doubts.values())} from told"
    ).fetchall()[0]
    assert found[0] == (vector["plate_no"] or None)
    assert [code for code, is_doubted in zip(doubts, found[1:], strict=True) if is_doubted] == vector["flag"].split()


@each("identity")
def test_a_number_holds_only_with_its_check_digits(vector: dict[str, str]) -> None:
    holds = identity.HOLDS[vector["kind"]]("told")
    found = duckdb.execute(f"select coalesce({holds}, false) from (select ? as told)", [vector["number"]]).fetchall()
    assert found == [(vector["holds"] == "true",)]
    made = {"uscc": lambda text: identity.uscc(text[:16]), "citizen_id": lambda text: identity.citizen_id(text[:17])}
    if vector["holds"] == "true":
        assert made[vector["kind"]](vector["number"]) == vector["number"]


# --- violations in a year --------------------------------------------------------------------------
@pytest.fixture(scope="module")
def rows() -> Iterator[Rows]:
    made = Rows()
    yield made
    made.connection.close()


def _repeated(vector: dict[str, str]) -> World:
    """Acts of one vehicle and driver, or of so many vehicles of an enterprise: each filed and decided on its day."""
    issued = date.fromisoformat(vector["first_issue_date"]) if vector["first_issue_date"] else None
    ever = date(2015, 1, 1)
    plates = [f"湘MA{at:04d}" for at in range(number(vector["fleet"]) or 1)]
    cases = []
    for text in vector["violated_on"].split():
        day = date.fromisoformat(text)
        for plate in plates[: number(vector["offenders"]) or 1]:
            cases.append(Case(
                f"A{len(cases):03d}", plate, 2, datetime.combine(day, time(8)), day, day, certificate="D1", uscc="E1",
                weighed=Weighed(60_000, LIMIT_KG), decisions=((day, "fine"),),
            ))  # fmt: skip
    return World(
        tuple(cases), vehicles=tuple(Span((plate, 2), ever, None, issued, "示例一运") for plate in plates),
        drivers=(Span(("D1",), ever, None, issued),), enterprises=(Span(("E1",), ever, None, issued, "示例一运"),),
    )  # fmt: skip


@each("repeat_count")
def test_violations_in_a_year_are_counted_by_each_reading_of_it(vector: dict[str, str], rows: Rows) -> None:
    rows.connection.begin()
    try:
        rows.built(_repeated(vector))
        question = repeat.Question(date.fromisoformat(vector["as_of"]), vector["subject"], vector["window"])
        (found,) = repeat.standings(rows, question)
    finally:
        rows.connection.rollback()
    trigger = "" if found.trigger_on is None else found.trigger_on.isoformat()
    assert (found.count, found.tier, trigger) == (int(vector["count"]), vector["tier"], vector["trigger_on"])


@each("repeat_ratio")
def test_an_act_counts_by_the_lighter_ratio_of_its_day_and_its_decision(vector: dict[str, str], rows: Rows) -> None:
    day, decided = date.fromisoformat(vector["violated_on"]), date.fromisoformat(vector["decided_on"])
    weighed = Weighed(int(vector["gross_kg"]), LIMIT_KG)
    case = Case("A001", "湘MA0001", 2, datetime.combine(day, time(8)), day, day, weighed=weighed,
                decisions=((decided, "fine"),))  # fmt: skip
    rows.connection.begin()
    try:
        rows.built(World((case,)))
        (found,) = repeat.standings(rows, repeat.Question(date.fromisoformat(vector["as_of"])))
    finally:
        rows.connection.rollback()
    assert [judged.reason or "" for judged in found.acts] == [vector["reason"]]
