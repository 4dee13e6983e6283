"""The models as a whole: plain, portable, in a total order, described, and the same for dbt and for us."""

import re
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from etl.feeds import raw_tables
from warehouse import sql
from warehouse.columns import dictionary, entry
from warehouse.days import SHOWN_VALID_TO
from warehouse.head import META
from warehouse.layout import DATED, dated_models, head_models
from warehouse.lineage import Lineage
from warehouse.project import check_meaning, check_severities, copy_project, dbt, model_header, published_columns

MODELS = sorted(sql.model_paths())
CHECKS = sorted((sql.PROJECT / "checks").glob("*.sql"))


@pytest.fixture(scope="session")
def lineage() -> Lineage:
    return Lineage(raw_tables())


def plain(text: str) -> str:
    """SQL without quotes, comments, database names and spacing, to compare two renderings."""
    text = re.sub(r"--[^\n]*", "", text).replace('"', "")
    return " ".join(re.sub(r"\bbuild\.(?=\w+\.)", "", text).split())


def test_dbt_compiles_what_the_renderer_renders(tmp_path: Path) -> None:
    tables = raw_tables()
    project = copy_project(tmp_path / "project", tables, published_columns(tables), everything=True)
    with duckdb.connect(str(tmp_path / "build.duckdb")) as connection:
        sql.complete_raw(connection, tables)
    dbt("compile", project, tmp_path / "build.duckdb", {"HENG_BUILD_SPILL": str(tmp_path / "spill")})
    compiled = tmp_path / "target" / "compiled" / "heng"
    for name, path in sql.model_paths().items():
        theirs = (compiled / "models" / path.parent.name / path.name).read_text(encoding="utf-8")
        assert plain(theirs) == plain(sql.render(name).sql), name
    for path in CHECKS:
        theirs = (compiled / "checks" / path.name).read_text(encoding="utf-8")
        assert plain(theirs) == plain(sql.render_text(path.read_text(encoding="utf-8"))[0]), path.name


@pytest.mark.parametrize("path", [*sql.model_paths().values(), *CHECKS], ids=lambda path: path.stem)
def test_templating_stops_at_ref_source_var_and_the_macros(path: Path) -> None:
    """Macros are those of ``warehouse/macros`` (decision 0002), called with the names of columns."""
    text = path.read_text(encoding="utf-8")
    assert "{%" not in text
    macros = "|".join(sorted(path.stem for path in (sql.PROJECT / "macros").glob("*.sql")))
    for call in re.findall(r"\{\{(.*?)\}\}", text, re.DOTALL):
        plain = re.fullmatch(r"\s*(ref|source|var)\(['\"\w, ]+\)\s*", call)
        assert plain or re.fullmatch(rf"\s*({macros})\(\s*('[\w.]+'[\s,]*)+\)\s*", call), call


@pytest.mark.parametrize("name", MODELS)
def test_a_model_says_its_grain(name: str) -> None:
    assert "Grain:" in model_header(name)


@pytest.mark.parametrize("name", MODELS)
def test_no_order_is_left_to_chance(name: str) -> None:
    """Windows that choose a row are ordered and partitioned; nothing depends on which row comes first."""
    query = sqlglot.parse_one(sql.render(name).sql, dialect="duckdb")
    chance = (exp.Limit, exp.GroupConcat, exp.First, exp.Last, exp.AnyValue, exp.ArrayAgg, exp.Rand, exp.TableSample)
    assert not list(query.find_all(*chance))
    assert not [join for join in query.find_all(exp.Join) if join.args.get("method")], "no asof joins"
    for window in query.find_all(exp.Window):
        if isinstance(window.this, exp.Min | exp.Max | exp.Sum | exp.Count):
            continue
        if window.args.get("over") and window.args.get("alias"):
            continue  # names a window, whose definition is met on its own
        assert window.args.get("order"), window.sql()
    clock = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime)
    assert not list(query.find_all(*clock)), "no model reads the clock"


@pytest.mark.parametrize("name", MODELS)
def test_sums_are_of_whole_numbers(name: str) -> None:
    """A sum or average of floating numbers depends on the order of its rows."""
    query = sqlglot.parse_one(sql.render(name).sql, dialect="duckdb")
    assert not list(query.find_all(exp.Avg, exp.Stddev, exp.Variance))
    for total in query.find_all(exp.Sum):
        assert re.search(r"_(kg|count|s|fen|ppm)\b|\b(amount|step_m)\b", total.sql()), total.sql()


@pytest.mark.parametrize("name", MODELS)
def test_the_sql_stays_in_the_subset_spark_runs(name: str) -> None:
    text = sql.render(name).sql.lower()
    for unknown in ("exclude", "qualify", "::", "asof", "quantile_cont", "list_", "isnan", "->", "filter (", "[1]"):
        assert unknown not in re.sub(r"--[^\n]*", "", text), unknown
    sqlglot.parse_one(sqlglot.transpile(text, read="duckdb", write="spark")[0], dialect="spark")


def test_core_and_mart_name_every_column_they_show() -> None:
    for name in MODELS:
        query = sqlglot.parse_one(sql.render(name).sql, dialect="duckdb")
        for select in query.selects if isinstance(query, exp.Select) else query.this.selects:
            assert not select.is_star, name


def test_every_column_is_in_the_dictionary_with_its_type() -> None:
    known = dictionary()
    connection = duckdb.connect()
    sql.run_models(connection, raw_tables())
    found = connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
        " where schema_name in ('staging', 'core', 'mart', 'seeds')"
    ).fetchall()
    found += [(table, name, type.upper()) for table, types in META.items() for name, type in types.items()]
    assert len(found) > 250
    helpers = {"limit_high_kg"}
    for table, column, type in found:
        assert column in known, f"{table}.{column} is not in warehouse/columns/"
        assert known[column].type == type or column in helpers, f"{table}.{column} is {type}, not {known[column].type}"


def test_the_dictionary_has_no_column_nobody_uses() -> None:
    connection = duckdb.connect()
    sql.run_models(connection, raw_tables())
    used = {row[0] for row in connection.execute("select column_name from duckdb_columns()").fetchall()}
    used |= {name for types in META.values() for name in types}
    assert set(dictionary()) - used == set()


def test_every_core_and_mart_model_has_a_place_in_the_snapshot() -> None:
    placed = {*dated_models(), *head_models(raw_tables())}
    assert [name for name in sql.model_paths() if name not in placed and not name.startswith("staging.")] == []


def test_the_dictionary_says_a_thing_once() -> None:
    with pytest.raises(ValueError, match="in the dictionary already"):
        entry.column("plate_no", "VARCHAR", "Number plate.", "车牌号")


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_a_check_says_its_severity_and_what_a_finding_means(path: Path) -> None:
    assert check_severities()[path.stem] in ("stop", "warn")
    assert len(check_meaning(path.stem)) > 30


def test_lineage_reaches_the_delivered_columns(lineage: Lineage) -> None:
    passage = lineage.columns("core.passage")
    layouts = ["wim_passage.plate_no", "wim_passage_preview.plate_front_no", "wim_passage_wheel.plate_no"]
    assert passage["plate_no"] == [f"raw.{column}" for column in layouts]
    assert passage["certificate_valid_to"] == ["raw.verification_certificate.valid_to"]
    assert passage["rule_id"] == ["seeds.gross_weight_limit.rule_id"]
    assert {"raw.wim_passage.gross_vehicle_weight_kg", "seeds.gross_weight_limit.limit_kg"} <= set(passage["verdict"])
    assert "raw.motorway_passage.reported_is_over_limit" not in passage["verdict"], "kept, never used"
    assert "raw.wim_passage.reported_limit_kg" not in passage["limit_kg"]
    assert "raw.vehicle.registered_gross_mass_kg" in lineage.columns("mart.overload_daily")["over_count"]


def test_only_certificates_show_when_a_register_row_ends(lineage: Lineage) -> None:
    """``warehouse.days`` leaves the end of validity out of a day's digest because no row shows it."""
    shown = {
        source.split(".")[1]
        for table in DATED
        for sources in lineage.columns(table).values()
        for source in sources
        if source.startswith("raw.") and source.endswith(".valid_to")
    }
    assert shown <= set(SHOWN_VALID_TO)


def test_every_code_has_its_words() -> None:
    """Reason and flag codes in the code and the models are explained in seeds/reason.csv, and no other is."""
    connection = duckdb.connect()
    sql.load_seeds(connection)
    explained = {row[0] for row in connection.execute("select reason from seeds.reason").fetchall()}
    text = "".join(path.read_text(encoding="utf-8") for path in sql.model_paths().values())
    text += "".join(path.read_text(encoding="utf-8") for path in sorted((sql.PROJECT.parent / "etl").rglob("*.py")))
    used = set(re.findall(r"\b[DREUV]-[A-Z]{2,}\b", text))
    assert used - explained == set()
    assert explained - used == set()


def test_confidence_marks_are_those_of_the_handbook() -> None:
    connection = duckdb.connect()
    sql.load_seeds(connection)
    marked = [table for table, columns in sql.seed_columns().items() if "confidence" in columns]
    assert len(marked) >= 18
    for seed in marked:
        marks = connection.execute(f"select distinct confidence from {seed}").fetchall()
        assert {mark for (mark,) in marks} <= {"C1", "C2", "M+", "M-", "P", "D"}, seed
    assert connection.execute(
        "select count(*) - count(distinct rule_id), count(*) - count(citation_zh), count(*) - count(citation_en)"
        " from seeds.gross_weight_limit"
    ).fetchall() == [(0, 0, 0)]
