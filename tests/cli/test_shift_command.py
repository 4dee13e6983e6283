"""``heng shift``: the same sheet in every format, nobody's plate, the back-test, and what is refused."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from compliance_rows import Registers
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from etl.shift import HEADS, WATCH_HEADS
from warehouse import connection, shift, watch
from warehouse.shift import TABLES
from warehouse.shift_text import number

LAST = date(2026, 3, 31)
PLATE = "湘M54321"


@pytest.fixture(scope="module")
def tables() -> Iterator[Registers]:
    """Two findings at 07:00 of every day at YZ01, and a vehicle with four acts that passes there."""
    made = Registers(tuple({*TABLES, *watch.TABLES}), LAST)
    days = [LAST - timedelta(days=at) for at in range(80)]
    made.given("mart.site_day", "site_code | county_code | passed_date | state\n" + "\n".join(
        f"{site} | {county} | {day} | reporting" for day in days
        for site, county in (("YZ01", "431102"), ("YZ02", "431103"))
    ))  # fmt: skip
    made.given("mart.finding", "record_id | check_no | site_code | county_code | passed_date | passed_at | "
               "excess_ratio_after_allowance | is_permitted\n" + "\n".join(
        f"{day}-{at} | {day}-{at} | YZ01 | 431102 | {day} | {day} 07:0{at}:00 | 0.3 | false"
        for day in days for at in range(2)
    ))  # fmt: skip
    head = (
        "plate_no | plate_color_code | violated_at | violated_on | case_no | act_code | detection_mode | county_code | "
        "is_elsewhere | filed_on | decided_on | is_decided_by_step | excess_ratio | excess_ratio_after_allowance | "
        "counted_ratio | decided_counted_ratio | is_permitted | is_within_limit"
    )
    acts = [
        f"{PLATE} | 2 | {day}-05 08:00:00 | {day}-05 | C{day} | over_mass | off_site | 431102 | false | {day}-06 | "
        f"{day}-20 | true | 0.4 | 0.4 | 0.1 | 0.1 | false | false"
        for day in ("2025-08", "2025-09", "2025-10", "2025-11")
    ]
    made.given("core.violation", "\n".join([head, *acts]))
    made.given("core.passage", "record_id | plate_no | plate_color_code | site_code | county_code | passed_at | "
               "passed_date\n" + "\n".join(
        f"p{at} | {PLATE} | 2 | YZ01 | 431102 | {LAST - timedelta(days=at)} 07:30:00 | {LAST - timedelta(days=at)}"
        for at in range(3)
    ))  # fmt: skip
    yield made
    made.connection.close()


@pytest.fixture
def served(tables: Registers, monkeypatch: pytest.MonkeyPatch) -> Registers:
    monkeypatch.setattr(connection, "snapshot", lambda: tables)
    return tables


def invoke(*arguments: str) -> bytes:
    told = CliRunner().invoke(app, ["shift", *arguments], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.stdout_bytes


def run(*arguments: str) -> str:
    return invoke(*arguments).decode()


def test_every_format_tells_the_same_sheet(served: Registers) -> None:
    sheet = shift.sheet(served, shift.asked_on(served))
    told = json.loads(run("--format", "json"))
    assert (told["on"], told["as_of"], told["version"]) == ("2026-04-01", "2026-03-31", 7)
    assert told["top"][0]["expected"] == pytest.approx(sheet.top[0].expected)
    lines = list(csv.DictReader(io.StringIO(run("--format", "csv"))))
    assert tuple(lines[0]) == HEADS
    blocks = [one for site in sheet.sites for one in site.blocks]
    assert [(line["site_code"], int(line["first_hour"]), int(line["found"])) for line in lines] == [
        (one.site_code, one.first_hour, one.found) for one in blocks
    ]
    book = CalamineWorkbook.from_filelike(io.BytesIO(invoke("--format", "xlsx")))
    first, vehicles, _ = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert len(first) == len(blocks) + 1
    assert tuple(vehicles[0]) == WATCH_HEADS
    assert vehicles[1][0] == "湘M·***21"
    table = run("--lang", "en")
    assert number(sheet.top[0].expected) in table
    assert "YZ01" in table


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", ("2026-04-01（周三，工作日），全市", "计次 4，超过法定次数", "YZ01 06:00–08:00，3/3 次",
                "行政处罚法第七十四条", "未核实")),
        ("en", ("1 Apr 2026 (Wednesday, working day), whole prefecture", "4 acts, above the statute's number",
                "YZ01 06:00–08:00, 3 of 3", "art. 74", "unverified")),
    ],
)  # fmt: skip
def test_the_table_says_where_when_whom_and_what_it_is_not_for(lang: str, said: tuple[str, ...]) -> None:
    told = run("--lang", lang)
    assert [one for one in said if one not in told] == []


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("form", ["table", "csv", "json", "html", "xlsx"])
def test_no_plate_leaves_whole(form: str) -> None:
    data = invoke("--format", form)
    if form == "xlsx":
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        data = str([book.get_sheet_by_name(name).to_python() for name in book.sheet_names]).encode()
    assert PLATE.encode() not in data
    assert (b"***21" in data) == (form != "csv"), "the CSV has the blocks"


@pytest.mark.usefixtures("served")
def test_a_county_has_its_own() -> None:
    told = json.loads(run("--format", "json", "--county", "431103"))
    assert {site["site_code"] for site in told["sites"]} == {"YZ02"}
    assert told["watch"]["vehicles"] == []
    assert "No vehicle that qualifies" in run("--county", "431103")


def test_the_back_test_tells_what_the_order_was_worth(served: Registers) -> None:
    found = shift.backtest(served, LAST)
    assert found is not None
    told = run("--backtest")
    for top in found.tops:
        assert f"{top.model:.1%}" in told
        assert f"{top.uniform:.1%}" in told
    assert str(found.found) in told
    rows = list(csv.DictReader(io.StringIO(run("--backtest", "--format", "csv", "--days", "7"))))
    assert [int(row["size"]) for row in rows] == [5, 10, 20]
    assert json.loads(run("--backtest", "--format", "json"))["backtest"]["found"] == found.found == 56
    assert "No serious finding" in run("--backtest", "--county", "431103")


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--format", "pdf"), "no format 'pdf'"),
        (("--lang", "fr"), "no language 'fr'"),
        (("--on", "2026-4-1"), "--on YYYY-MM-DD"),
        (("--county", "999999"), "No county has the code"),
        (("--days", "7"), "Add --backtest"),
        (("--backtest", "--format", "html"), "table, csv, json"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_next_step(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(HengError, match=words):
        CliRunner().invoke(app, ["shift", *arguments], catch_exceptions=False)


def test_a_version_from_before_is_told(served: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "snapshot", lambda: Registers(("mart.finding",), LAST))
    with pytest.raises(HengError, match="before shift sheets were made"):
        CliRunner().invoke(app, ["shift"], catch_exceptions=False)
