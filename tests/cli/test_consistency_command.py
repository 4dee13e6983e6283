"""``heng consistency`` and ``heng funnel --forecast``: table, lines and document tell the same, and what is refused."""

import csv
import io
import json
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from case_reference import Case, Decision
from case_rows import MODELS, built_of
from landed import Tables
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from warehouse import connection
from warehouse.errors import WarehouseError

PERIOD = ["consistency", "--from", "2025-01-01", "--to", "2025-06-30"]


def case_of(number: str, filed: date, fen: int | None, plate: str) -> Case:
    """Filed on a day and decided 20 days later, or not yet."""
    days = [(filed, "clue"), (filed, "filed"), (filed + timedelta(days=5), "pre_notice")]
    decided = filed + timedelta(days=20)
    if fen is not None:
        days.append((decided, "decided"))
    return Case(
        number=number, plate=plate, simple=False, off_site=False, violated_on=filed, found_on=filed, filed_on=filed,
        closed_on=None, state=days[-1][1],
        steps=tuple((datetime(on.year, on.month, on.day, 9), at, state) for at, (on, state) in enumerate(days, 1)),
        decisions=() if fen is None else (Decision(f"D-{number}", fen, decided, None, True, 0),), payments=(),
        handed_over_on=None,
    )  # fmt: skip


class Served(Tables):
    """A case a day for ninety days: a quarter of what is allowed, by plates from elsewhere half; one far off, one
    warned, one not decided."""

    version = 7
    manifest = {"business_date": "2025-07-01", "data_until": "2025-06-30"}  # noqa: RUF012

    def __init__(self) -> None:
        facts, begins = [], date(2025, 1, 6)
        for at in range(90):
            away = at % 3 == 0
            fen = (125_000 + at % 5 * 5_000) * (2 if away else 1)
            facts.append(
                case_of(f"C{at:02d}", begins + timedelta(days=at), fen, f"{'粤A' if away else '湘M'}1{at:04d}")
            )
        facts += [
            case_of("FAR", begins, 500_000, "湘M54321"), case_of("WARNED", begins, 0, "湘M54322"),
            case_of("OPEN", date(2025, 6, 1), None, "湘M54323"),
        ]  # fmt: skip
        models = (*MODELS, "core.case_measure", "core.working_day")
        super().__init__(built_of(facts, random.Random(1), models).connection)
        for one in facts:
            self.connection.execute(
                "insert into core.case_measure by name select $no as case_no, 'p' as passage_record_id,"
                " 10000 as excess_kg, 10000 as excess_after_allowance_kg, false as is_permitted",
                {"no": one.number},
            )


@pytest.fixture(scope="module")
def tables() -> Served:
    return Served()


@pytest.fixture
def served(tables: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    monkeypatch.setattr(connection, "snapshot", lambda: tables)
    return tables


def run(arguments: Sequence[str]) -> str:
    told = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


def document(*arguments: str) -> Any:
    return json.loads(run([*PERIOD, "--format", "json", *arguments]))


def lines(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run([*PERIOD, "--format", "csv", *arguments]))))


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("by", ["county", "month", "origin", "act", "severity"])
def test_document_and_lines_tell_the_same_numbers(by: str) -> None:
    told, rows = document("--by", by), lines("--by", by)
    assert (told["count"], told["fined_count"], told["version"], told["as_of"]) == (93, 91, 7, "2025-06-30")
    groups = [row for row in rows if row["line"] == "group"]
    assert [(row["group"], int(row["case_count"]), int(row["warned_count"])) for row in groups] == [
        (group["name"], group["count"], group["warned_count"]) for group in told["groups"]
    ]
    assert [float(row["median"]) for row in groups] == pytest.approx([group["median"] for group in told["groups"]])
    left = {(row["group"], row["detail"]): int(row["case_count"]) for row in rows if row["line"] == "left"}
    assert left == {("warned", ""): 1, ("undecided", "pre_notice"): 1}
    assert left == {(part["reason"], part["detail"]): part["count"] for part in told["remainders"]}
    tested = [group["difference"] for group in told["groups"] if group["difference"]]
    assert bool(tested) == (by in ("month", "origin", "county"))
    assert [row["judgement"] for row in groups if row["judgement"]] == [one["judgement"] for one in tested]


@pytest.mark.usefixtures("served")
def test_a_planted_difference_of_origins_is_told_with_its_seed() -> None:
    told = document("--by", "origin")
    local, away = told["groups"]
    assert (local["name"], local["difference"], away["count"]) == ("local", None, 30)
    assert away["difference"]["judgement"] == "higher"
    assert away["difference"]["mean"] == pytest.approx(0.25, abs=0.02)
    assert told["seed"] > 0
    assert told["draws"] > 1_000
    within = document("--by", "origin", "--within-county")
    assert within["groups"][1]["difference"]["mean"] == pytest.approx(away["difference"]["mean"])


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("期间内案件 93 件：可比 91 件，其余 2 件", "外地号牌", "高于同类", "正当原因", "随机种子", "未核实",
                "第七十四条")),
        ("en", ("93 cases of the period: 91 compared, 2 not", "plates from elsewhere", "higher than like cases",
                "may be innocent", "seed", "unverified", "art. 74", "a warning was decided")),
    ],
)  # fmt: skip
def test_the_table_tells_what_it_rests_on(lang: str, words: tuple[str, ...]) -> None:
    text = run([*PERIOD, "--by", "origin", "--lang", lang])
    assert [word for word in words if word not in text] == []
    assert "54321" not in text


@pytest.mark.usefixtures("served")
def test_outliers_and_twins_are_told_in_all_forms() -> None:
    (far,) = document("--outliers")["outliers"]
    assert (far["case_no"], far["ratio"], far["like_count"]) == ("FAR", 1.0, 91)
    (row,) = lines("--outliers")
    assert (row["case_no"], float(row["ratio"])) == ("FAR", 1.0)
    assert "FAR" in run([*PERIOD, "--outliers"])
    asked = ["consistency", "--twins", "FAR"]
    told = json.loads(run([*asked, "--format", "json"]))
    assert told["case"]["case_no"] == "FAR"
    assert (len(told["twins"]), told["days"]) == (5, 60)
    assert all(one["origin"] == "local" and one["excess_apart_kg"] == 0 for one in told["twins"])
    rows = list(csv.DictReader(io.StringIO(run([*asked, "--format", "csv"]))))
    assert [one["case_no"] for one in rows] == ["FAR", *(one["case_no"] for one in told["twins"])]
    for lang, words in (("zh", "不判断哪一件正确"), ("en", "which of them is right is not told")):
        assert words in run([*asked, "--lang", lang])


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(("lang", "name"), [("zh", "冷水滩区"), ("en", "Lengshuitan")])
def test_counties_have_their_names_in_tables_and_their_codes_in_files(lang: str, name: str) -> None:
    (code,) = {row["group"] for row in lines("--by", "county") if row["line"] == "group"}
    for more in (["--by", "county"], ["--outliers"]):
        text = run([*PERIOD, *more, "--lang", lang])
        assert name in text
        assert code not in text


@pytest.mark.usefixtures("served")
def test_a_day_before_knows_fewer() -> None:
    told = document("--as-of", "2025-03-01")
    assert told["count"] == 57, "one a day, found by then, and the two of the first day"
    assert sum(part["count"] for part in told["remainders"] if part["reason"] == "undecided") == 20
    empty = run([*PERIOD, "--county", "431102"])
    assert "No case answers these conditions." in empty


@pytest.mark.usefixtures("served")
def test_the_forecast_tells_the_same_in_all_forms() -> None:
    asked = ["funnel", "--forecast", "2", "--as-of", "2025-04-01"]
    told = json.loads(run([*asked, "--format", "json"]))
    assert (told["weeks"], told["week_ends"], told["version"]) == (2, ["2025-04-08", "2025-04-15"], 7)
    states = {line["name"]: line for line in told["states"]}
    assert (states["filed"]["now_count"], states["pre_notice"]["now_count"]) == (5, 15)
    assert states["filed"]["weeks"][0]["mean"] == pytest.approx(5, abs=0.5)
    rows = list(csv.DictReader(io.StringIO(run([*asked, "--format", "csv"]))))
    shown = [float(row["mean"]) for row in rows if (row["line"], row["name"]) == ("state", "filed")]
    assert shown == [week["mean"] for week in states["filed"]["weeks"]]
    assert {row["name"] for row in rows if row["line"].startswith("tested")} == {
        line["name"] for line in told["back_test"]["lines"]
    }
    unasked = json.loads(run(["funnel", "--forecast", "2", "--format", "json"]))
    assert unasked["as_of"] == "2025-06-30", "the last day of data, not the night after it"
    for lang, words in (("zh", ("回测", "90% 区间", "随机种子", "数据过少", "将逾期")),
                        ("en", ("Back-test", "90% interval", "seed", "too little data", "will be late"))):  # fmt: skip
        text = run([*asked, "--lang", lang])
        assert [word for word in words if word not in text] == []


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["consistency"], "Say the period"),
        ([*PERIOD, "--by", "plate"], "act, severity, county, month, origin"),
        ([*PERIOD, "--within-county"], "no other one is there"),
        ([*PERIOD, "--format", "xml"], "table, csv, json"),
        ([*PERIOD, "--kind", "parking"], "over_limit, illegal_operation"),
        ([*PERIOD, "--county", "430000"], "seeds.county"),
        ([*PERIOD, "--as-of", "2024-12-31"], "Ask as of a later day"),
        ([*PERIOD, "--twins", "FAR"], "leave out period"),
        (["consistency", "--twins", "WARNED"], "a warning was decided"),
        (["consistency", "--twins", "NOBODY"], "no case"),
        (["funnel", "--forecast", "0"], "1 to 26 weeks"),
        (["funnel", "--forecast", "4", "--site", "YZ01"], "leave out the period"),
        (["funnel", "--from", "2025-01-01", "--to", "2025-01-31", "--known-on", "2025-02-01"], "with --forecast"),
    ],
)
def test_what_cannot_be_asked_says_what_can(arguments: list[str], words: str) -> None:
    with pytest.raises((HengError, WarehouseError), match=words):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
