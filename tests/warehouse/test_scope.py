"""A district sees its own rows and no other, whatever is asked and by whom; without a district nobody sees any."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import scoped_prefecture
from canaries import of_others
from query_lineage import ONLY_WHETHER, Recorder
from typer.testing import CliRunner

from dashboards import queries
from etl.cli import app
from etl.feeds import raw_tables
from warehouse import connection, scope
from warehouse.connection import Scoped, Snapshot, snapshot
from warehouse.errors import WarehouseError
from warehouse.head import META
from warehouse.principal import Mask, Principal
from warehouse.project import published_columns

DISTRICT = "431103"
PERSONAL = (
    "plate_no", "other_plate_no", "suggested_plate_no", "case_no", "hazard_no", "uscc", "site_code", "record_id",
    "driver_certificate_no", "enterprise_name", "decision_no", "firm_no", "firm_name", "terminal_phone", "ticket_no",
    "check_no", "hazard_description", "place", "unit_name", "responsible_unit", "driver_no", "site_name", "listing_no",
)  # fmt: skip
"""What would tell that a row of another district came through."""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    patch = pytest.MonkeyPatch()
    home = tmp_path_factory.mktemp("scoped") / "heng"
    home.mkdir()
    patch.setenv("HENG_HOME", str(home))
    patch.setenv("HENG_STABLE_SECONDS", "0")
    scoped_prefecture.make(home)
    yield home
    patch.undo()


@pytest.fixture(scope="module")
def whole(state: Path) -> Snapshot:
    return snapshot()


def of(*districts: str, mask: Mask = "whole") -> Scoped:
    """The reader of a principal; whole text, so that what is asked is the rows."""
    return snapshot().scoped(districts, mask)


def count(source: Any, table: str) -> int:
    return int(source.rows(f"select count(*) as n from {table}")[0]["n"])


@pytest.fixture(scope="module")
def counties(whole: Snapshot) -> list[str]:
    return [row["county_code"] for row in whole.rows("select distinct county_code from staging.district order by 1")]


# --- every table is declared -------------------------------------------------------------------------
def test_every_published_table_is_classed() -> None:
    published = {*published_columns(raw_tables()), *META}
    assert scope.unclassed(published) == set(), "decide in warehouse/scope.py what a district sees of it"
    assert set(scope.SCOPES) <= published, "no table has this name any more"
    for table, told in scope.SCOPES.items():
        names = {*META.get(table, {}), *(name for name, _ in published_columns(raw_tables()).get(table, []))}
        if isinstance(told, scope.Own):
            assert told.column in names, table
        if isinstance(told, scope.Of):
            assert set(told.columns) <= names, table
            assert len(told.columns) == len(scope.HOLDERS[told.holder].columns), table


def test_a_table_that_is_not_classed_has_no_row_for_a_district(
    whole: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert count(of(DISTRICT), "core.passage") > 0
    without = {table: told for table, told in scope.SCOPES.items() if table != "core.passage"}
    monkeypatch.setattr(scope, "SCOPES", without)
    assert scope.unclassed(whole.manifest["columns"]) == {"core.passage"}
    assert count(Scoped(whole, (DISTRICT,), "whole"), "core.passage") == 0


# --- the rows ----------------------------------------------------------------------------------------
def county_of(whole: Snapshot, holder: str, key: str) -> dict[Any, str | None]:
    """The county of the last registration of each key, by a plain loop."""
    tables = {"site": "staging.wim_site", "enterprise": "staging.enterprise", "firm": "staging.loading_firm",
              "monitored": "staging.monitored_vehicle"}  # fmt: skip
    found: dict[Any, tuple[Any, str | None]] = {}
    for row in whole.rows(f"select {key}, county_code, valid_from from {tables[holder]}"):
        name = tuple(row[one] for one in key.split(", "))
        if name not in found or str(row["valid_from"]) > str(found[name][0]):
            found[name] = (row["valid_from"], row["county_code"])
    return {name: county for name, (_, county) in found.items()}


def test_districts_and_rows_without_a_county_make_the_whole(whole: Snapshot, counties: list[str]) -> None:
    told = Counter[str]()
    for table in whole.manifest["columns"]:
        kind, every = scope.scope_of(table), count(whole, table)
        each = {code: count(of(code), table) for code in counties}
        assert count(of(*counties), table) == (every if isinstance(kind, scope.Open) else sum(each.values())) or (
            table in scope.SHARED
        )
        if isinstance(kind, scope.Open):
            assert set(each.values()) == {every}, table
            continue
        if isinstance(kind, scope.Own):
            rows = whole.rows(f"select {kind.column} as county, count(*) as n from {table} group by 1")
            expected = {row["county"]: row["n"] for row in rows}
        elif isinstance(kind, scope.Of) and kind.holder in ("site", "enterprise", "firm", "monitored"):
            known = county_of(whole, kind.holder, ", ".join(kind.columns))
            expected = Counter(
                known.get(tuple(row.values())) for row in whole.rows(f"select {', '.join(kind.columns)} from {table}")
            )
        elif isinstance(kind, scope.Of) and kind.holder in ("case", "filed_case", "hazard", "decision", "device"):
            parent = {
                "case": "select county_code from core.case_life where case_kind = child.case_kind and "
                "case_no = child.case_no",
                "filed_case": "select county_code from staging.enforcement_case where case_no = child.case_no",
                "hazard": "select any_value(county_code) from staging.hazard where hazard_no = child.hazard_no",
                "decision": "select any_value(county_code) from core.case_decision inner join core.case_life "
                "using (case_kind, case_no) where decision_no = child.decision_no",
                "device": "select any_value(county_code) from staging.wim_device inner join staging.wim_site "
                "using (site_code) where device_no = child.device_no",
            }[kind.holder]
            rows = whole.rows(f"select ({parent}) as county, count(*) as n from {table} as child group by 1")
            expected = {row["county"]: row["n"] for row in rows}
        else:
            expected = {None: every}
        if kind == scope.Of("delivery", ("delivery_id",)):
            continue  # see the next test
        if table in scope.SHARED:
            plates = {
                row["plate_no"]
                for code in counties
                for row in of(code).rows(f"select plate_no from {table}")
            }  # fmt: skip
            named = whole.rows(
                "select plate_no from core.case_life union select plate_no from staging.monitored_vehicle"
            )
            assert plates == {row["plate_no"] for row in named} & {
                row["plate_no"] for row in whole.rows(f"select plate_no from {table}")
            }
            continue
        assert each == {code: expected.get(code, 0) for code in counties}, table
        without = sum(n for county, n in expected.items() if county not in counties)
        assert sum(each.values()) + without == every, table
        told["rows of a district"] += sum(each.values())
        told["rows without a county"] += without
        told["tables"] += 1
    print(dict(told))
    assert told["rows of a district"] > 9_000
    assert told["rows without a county"] > 100


def test_a_delivery_that_names_another_county_is_not_told(whole: Snapshot, counties: list[str]) -> None:
    named = {row["delivery_id"]: row["name"] for row in whole.rows("select delivery_id, name from meta.delivery")}
    hidden = own_files = 0
    for own in counties:
        others = [code for code in counties if code != own]
        wanted = {one for one, name in named.items() if not any(code in name for code in others)}
        own_files += sum(own in named[one] for one in wanted)
        hidden += len(named) - len(wanted)
        for table in ("meta.delivery", "meta.delivery_reason", "mart.row_fate"):
            told, every = (
                {row["delivery_id"] for row in source.rows(f"select distinct delivery_id from {table}")}
                for source in (of(own), whole)
            )
            assert told == every & wanted, (own, table)
        days = [scoped_prefecture.LAST]
        fates = of(own).rows(f"select delivery_id from {of(own).within('mart.row_fate', 'delivery_id', days)} as found")
        assert {row["delivery_id"] for row in fates} <= wanted
    assert hidden > 0
    assert own_files > 0
    assert any(not any(code in name for code in counties) for name in named.values()), "and those of all"


def test_without_a_district_there_is_no_row(whole: Snapshot) -> None:
    nobody = snapshot(Principal("acc-0001", "inspector", ()))
    for table in whole.manifest["columns"]:
        if not isinstance(scope.scope_of(table), scope.Open):
            assert count(nobody, table) == 0, table
    assert nobody.scope == "none"


def test_days_are_read_past_the_views_within_the_scope(whole: Snapshot) -> None:
    days = [scoped_prefecture.LAST]
    for table, kept in ((whole, None), (of(DISTRICT), DISTRICT)):
        rows = table.rows(f"select * from {table.within('core.passage', 'record_id, county_code', days)} as found")
        assert rows
        if kept:
            assert {row["county_code"] for row in rows} == {kept}
            plates = table.within("core.passage", "plate_no", days)
            assert len(table.rows(f"select * from {plates} as found")) == len(rows), "a column that tells no county"
    unregistered = of(DISTRICT).within("core.vehicle_alarm", "plate_no", days)
    assert len(of(DISTRICT).rows(f"select * from {unregistered} as found")) < len(
        whole.rows(f"select * from {whole.within('core.vehicle_alarm', 'plate_no', days)} as found")
    )


WAYS_AROUND = (
    "select * from memory.core.passage",
    "select * from part_0.core.passage",
    "select * from head.staging.vehicle",
    "select * from query('select 1')",
    "select * from query_table('head.staging.vehicle')",
    "select * from holder.site",
    "select * from main.site",
    "select * from duckdb_views()",
    "select * from duckdb_views",
    "select * from sqlite_master",
    "select * from (show tables)",
    "select * from (describe core.passage)",
    "with core as (select 1 as a) select * from core, memory.core.passage",
    "with passage as (select 1 as a) select * from passage where exists (from head.staging.vehicle)",
    "select (select count(*) from memory.core.passage) as n",
    "select * from staging.vehicle positional join head.staging.vehicle",
    "select * from read_parquet('parts/*')",
    "select * from '/etc/hostname'",
    "select * from read_text('/etc/hostname')",
    "from scope_1.core.passage",
    "select 1; select 2",
    "use memory",
    "attach ':memory:' as other",
    "create table months.x as select 1 as a",
    "pivot core.passage on verdict using count(*)",
)


@pytest.mark.parametrize("sql", WAYS_AROUND)
def test_a_query_reads_the_tables_and_nothing_beside_them(whole: Snapshot, sql: str) -> None:
    with pytest.raises(WarehouseError, match=r"SELECT|published tables"):
        of(DISTRICT).rows(sql)


def test_the_words_of_a_failed_query_quote_no_value(whole: Snapshot) -> None:
    plate = whole.rows("select max(plate_no) as plate_no from core.passage")[0]["plate_no"]
    with pytest.raises(WarehouseError) as failed:
        of(DISTRICT).rows("select cast(plate_no as integer) as n from core.passage where plate_no is not null")
    assert plate[:2] not in str(failed.value)
    assert failed.value.__suppress_context__


def test_answers_kept_are_not_shared_between_scopes(whole: Snapshot) -> None:
    asked = "select count(*) as n from core.passage"
    answers = [source.constant(asked)[0]["n"] for source in (whole, of(DISTRICT), of("431102"), of())]
    assert len(set(answers)) == 4
    kept = [queries.kept(source, "n", lambda source=source: count(source, "core.passage")) for source in
            (whole, of(DISTRICT), of("431102"), of())]  # fmt: skip
    assert kept == answers
    assert of(DISTRICT) is of(DISTRICT), "a scope stays open for its next question"
    assert of(DISTRICT) is not of(DISTRICT, mask="masked")


def test_scopes_that_nobody_asks_for_are_closed(whole: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SCOPES_KEPT", 2)
    first = of("431122")
    for code in ("431123", "431124", "431125"):
        of(code)
    assert len(whole._scoped) == 2
    assert count(first, "core.passage") > 0, "who holds one still reads it"


# --- whatever is asked ---------------------------------------------------------------------------------
COMMANDS = """
status
explain overload_rate --from 2025-12-01 --to 2025-12-31
explain RECORD
report-card --year 2025
findings --from 2025-12-01 --to 2025-12-31
findings --from 2025-12-01 --to 2025-12-31 --format csv
findings --from 2025-12-01 --to 2025-12-31 --kind dimension
funnel --from 2025-12-01 --to 2025-12-31
funnel --forecast 4
compliance
compliance --measure insurance --list
compliance --measure driver_certificate --list
alerts
alerts --format json
consistency --from 2025-01-01 --to 2025-12-31 --by origin
kpi --month 2025-12 --level county --kpi online_rate
kpi --month 2025-12 --level enterprise --kpi online_rate
repeat-violators --window ROLLING_12M --min-count 1 --format csv
repeat-violators --subject driver --window ROLLING_12M --min-count 1 --format csv
repeat-violators --subject enterprise --window ROLLING_12M --min-count 1 --format csv
risk list --by model --as-of 2025-12-31 --format csv
risk show PLATE
safety-repeat --as-of 2025-12-31
cases list --format csv
cases clocks
cases amounts
cases refused
cases late-next-week
hazards rate --as-of 2025-12-31 --by county
hazards list --format csv
hazards bound
hazards works
supervision
supervision --suggest
dossier PLATE --as-of 2025-12-31 --out DOSSIER
""".strip().splitlines()


def as_principal(monkeypatch: pytest.MonkeyPatch, source: Scoped) -> None:
    """Let every module read what ``source`` does."""
    real = connection.snapshot
    for module in list(sys.modules.values()):
        if getattr(module, "snapshot", None) is real:
            monkeypatch.setattr(module, "snapshot", lambda *asked: source)


def answers(line: str, tmp_path: Path, **named: str) -> str:
    """What a command prints and writes."""
    dossier = tmp_path / "dossier.json"
    arguments = [named.get(word, str(dossier) if word == "DOSSIER" else word) for word in line.split()]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, (line, done.output[-500:], done.exception)
    return done.output + "".join(path.read_text("utf-8") for path in tmp_path.glob("dossier*"))


def test_no_command_answers_a_district_with_a_row_of_another(
    whole: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = of(DISTRICT)
    canaries, known = of_others(whole, DISTRICT, PERSONAL)
    # The register's line of a vehicle that the district has a case of, its owner with it, is shown by decision.
    owners = whole.rows(
        "select enterprise_name from staging.vehicle where plate_no in "
        "(select plate_no from core.case_life where county_code = $own) and enterprise_name is not null",
        {"own": DISTRICT},
    )
    canaries -= {row["enterprise_name"] for row in owners}
    assert len(canaries) > 9_000
    named = {
        "PLATE": own.rows("select plate_no from core.violation order by case_no limit 1")[0]["plate_no"],
        "RECORD": own.rows("select min(record_id) as r from core.passage where verdict = 'over'")[0]["r"],
    }
    as_principal(monkeypatch, own)
    recorder = Recorder(monkeypatch)
    signs, hits = re.compile(r"[^\s,;|\"'│（）()·]{5,}"), []
    for line in COMMANDS:
        told = answers(line, tmp_path, **named)
        hits += [(line, word) for word in set(signs.findall(told)) & canaries]
    seen = sum(bool(set(signs.findall(answers(line, tmp_path, **named))) & known) for line in COMMANDS[-8:])
    print(f"canaries {len(canaries)}, commands {len(COMMANDS)}, hits {len(hits)}")
    assert hits == []
    assert seen > 2, "its own rows it sees"
    told = {sql: texts for sql, texts in recorder.asked.items() if "distinct" not in sql or " as v " not in sql}
    recorder.asked = told
    assert len(told) > 80
    assert recorder.misnamed(whole.manifest["columns"]) == ONLY_WHETHER
    assert recorder.undeclared() <= {"r"}, "declare them in warehouse/columns/levels.py"


def test_the_whole_would_be_caught(whole: Snapshot, tmp_path: Path) -> None:
    """The test above fails where no scope holds."""
    canaries, _ = of_others(whole, DISTRICT, PERSONAL)
    signs = re.compile(r"[^\s,;|\"'│（）()·]{5,}")
    lines = (
        "cases list --format csv",
        "hazards list --format csv",
        "cases clocks",
        "repeat-violators --window ROLLING_12M --min-count 1 --format csv",
    )
    caught = [line for line in lines if set(signs.findall(answers(line, tmp_path))) & canaries]
    assert len(caught) >= 3, caught


def test_a_record_or_vehicle_of_another_district_is_not_known(
    whole: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = whole.rows(
        "select record_id, plate_no from core.passage where county_code <> $own and plate_no is not null and plate_no "
        "not in (select plate_no from core.passage where county_code = $own and plate_no is not null) "
        "order by record_id limit 1",
        {"own": DISTRICT},
    )[0]
    as_principal(monkeypatch, of(DISTRICT))
    for arguments in (["explain", elsewhere["record_id"]], ["dossier", elsewhere["plate_no"]],
                      ["risk", "show", elsewhere["plate_no"]]):  # fmt: skip
        assert CliRunner().invoke(app, arguments).exit_code != 0
