"""``heng cases``: lists, one case, clocks and amounts as of a day, as a table, CSV and JSON; what is refused says the
next step."""

import csv
import io
import json
import random
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from case_reference import Case, Decision, Payment
from case_rows import MODELS, built_of
from landed import Tables
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from warehouse import case_terms, connection, sql
from warehouse.errors import WarehouseError

LAST_DAY = "2026-03-31"


def _at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day} 09:00:00")


def _case(number: str, steps: list[tuple[str, str]], **told: Any) -> Case:
    given: dict[str, Any] = {
        "plate": "湘M54321", "simple": False, "off_site": False, "violated_on": date(2026, 1, 5),
        "found_on": date(2026, 1, 5), "filed_on": date(2026, 1, 6), "closed_on": None, "state": steps[-1][1],
        "decisions": (), "payments": (), "handed_over_on": None,
    }  # fmt: skip
    numbered = tuple((_at(day), at, state) for at, (day, state) in enumerate(steps, 1))
    return Case(number, steps=numbered, **(given | told))


FILED = [("2026-01-05", "clue"), ("2026-01-06", "filed"), ("2026-01-07", "investigating")]
DECIDED = [*FILED, ("2026-01-12", "pre_notice"), ("2026-01-20", "decided"), ("2026-01-22", "served")]
CASES = [
    # Served on 22 January: due on 6 February, a Friday; paid on 10 February, four days late.
    _case("A1", [*DECIDED, ("2026-02-10", "paid"), ("2026-02-11", "closed")], closed_on=date(2026, 2, 11),
          decisions=(Decision("D1", 500_000, date(2026, 1, 20), date(2026, 1, 22), True, 550_000),),
          payments=(Payment("D1", date(2026, 2, 10), 500_000),)),
    # 90 days from 6 January end on 6 April.
    _case("=A2", FILED),
    _case("A3", [*FILED, ("2026-01-09", "decided")],
          decisions=(Decision("D3", 20_000, date(2026, 1, 9), None, True, 50_000),)),
]  # fmt: skip


class Served(Tables):
    version = 7
    manifest = {"data_until": LAST_DAY}  # noqa: RUF012


def _made() -> Served:
    models = (*MODELS, "core.case_match", "staging.loading_firm")
    made = Served(built_of(CASES, random.Random(3), models).connection)
    made.connection.execute(
        "create table core.case_measure (case_no varchar, passage_record_id varchar, excess_kg integer,"
        " excess_after_allowance_kg integer,"
        " is_permitted boolean, height_mm integer, width_mm integer, length_mm integer)"
    )
    made.connection.execute("insert into core.case_measure values ('A1', 'p1', 10000, null, false, null, null, null)")
    return made


@pytest.fixture(scope="module")
def served() -> Served:
    return _made()


@pytest.fixture(autouse=True)
def snapshot(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "snapshot", lambda: served)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["cases", *arguments])
    if done.exception:
        raise done.exception
    return done.stdout


def document(*arguments: str) -> dict[str, Any]:
    return json.loads(run(*arguments, "--format", "json"))


def table(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run(*arguments, "--format", "csv"))))


def test_the_list_has_states_days_and_three_amounts_as_of_a_day() -> None:
    told = document("list")
    assert (told["as_of"], told["version"]) == (LAST_DAY, 7)
    by_number = {one["case_no"]: one for one in told["cases"]}
    one = by_number["A1"]
    assert (one["case_state"], one["statutory_fen"], one["decided_fen"], one["collected_fen"]) == (
        "closed", 550_000, 500_000, 500_000,
    )  # fmt: skip
    assert one["plate_no"] == "湘M·***21"
    assert by_number["A3"]["case_state"] == "investigating"
    assert by_number["A3"]["refused_count"] == 1
    earlier = {one["case_no"]: one for one in document("list", "--as-of", "2026-01-21")["cases"]}
    assert (earlier["A1"]["case_state"], earlier["A1"]["served_on"], earlier["A1"]["collected_fen"]) == (
        "decided", None, 0,
    )  # fmt: skip
    found = document("list", "--as-of", "2026-01-05")["cases"]
    assert [(one["case_state"], one["filed_on"]) for one in found] == [("clue", None)] * 3, "found, filed the day after"
    assert document("list", "--as-of", "2026-01-04")["cases"] == []


def test_a_table_says_what_it_is_and_that_nothing_is_a_target() -> None:
    told = run("list", "--lang", "zh")
    assert "案件 3 件，截至 2026-03-31，版本 7" in told
    assert "调查取证 (不生效 1)" in told
    assert "5,000.00" in told
    assert "第七十四条" in told
    assert "art. 74" in run("clocks")


def test_a_day_after_the_data_says_that_later_steps_are_not_in() -> None:
    for command in (["list"], ["show", "A1"], ["clocks"], ["late-next-week"], ["amounts"]):
        assert "Data end on 2026-03-31" in run(*command, "--as-of", "2026-04-01"), command
        assert "Data end on" not in run(*command), command
    assert document("list", "--as-of", "2026-04-01")["data_until"] == LAST_DAY


def test_one_case_has_its_steps_with_what_was_missing_its_decisions_and_its_clocks() -> None:
    told = document("show", "A3")
    assert told["case"]["plate_no"] == "湘M·***21"
    (refused,) = [step for step in told["steps"] if not step["is_accepted"]]
    assert (refused["case_state"], refused["refusal_reason"]) == ("decided", "R-STEP")
    assert [one["decision_no"] for one in told["decisions"]] == ["D3"]
    service = next(one for one in told["clocks"] if one["clock"] == "service")
    # Seven working days after Friday 9 January: the 20th.
    assert (service["due_on"], service["state"], service["rule_id"]) == ("2026-01-20", "overdue", "C-SERVE")
    assert told["match"]["passage_record_id"] is None
    assert [(tie["kind"], tie["grade"], tie["reason"]) for tie in told["match"]["ties"]] == [
        ("match", "none", "no_passage"), ("vehicle", "none", "not_registered"), ("driver", "none", "not_told"),
        ("enterprise", "none", "not_told"), ("loading", "none", "no_ticket"),
    ]  # fmt: skip
    shown = run("show", "A1")
    for words in ("late surcharge", "600.00", "Steps", "Decisions", "C-PAY", "no passage fits", "no ticket fits"):
        assert words in shown
    assert "没有相符的磅单" in run("show", "A1", "--lang", "zh")


def test_a_case_says_by_what_its_passage_enterprise_and_loading_firm_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = _made()
    monkeypatch.setattr(connection, "snapshot", lambda: made)
    made.connection.execute(
        "update core.case_match set match_grade = 'near', match_reason = 'plate_time_county',"
        " passage_record_id = 'p9', passed_at = '2026-01-05 09:00:00', driver_grade = 'exact',"
        " driver_reason = 'certificate', driver_record_id = 'd1', enterprise_grade = 'near',"
        " enterprise_reason = 'register_name', enterprise_uscc = 'U1', loading_grade = 'weak',"
        " loading_reason = 'other_mass', firm_no = 'F1', firm_record_id = 'f1', left_at = '2026-01-05 07:00:00',"
        " loaded_mass_kg = 58000 where case_no = 'A1'"
    )
    made.connection.execute(
        "insert into staging.loading_firm by name select 'f1' as record_id, 'F1' as firm_no, '示例采石场' as firm_name"
    )
    made.connection.execute(
        "insert into staging.driver_certificate by name select 'd1' as record_id,"
        " '431100199001011234' as driver_certificate_no"
    )
    ties = {tie["kind"]: tie for tie in document("show", "A1")["match"]["ties"]}
    en, zh = run("show", "A1"), run("show", "A1", "--lang", "zh")
    assert (ties["match"]["grade"], ties["match"]["number"]) == ("near", "p9")
    assert (ties["loading"]["name"], ties["loading"]["mass_kg"]) == ("示例采石场", 58_000)
    assert (ties["enterprise"]["number"], ties["driver"]["number"]) == ("U1", "4311·***234")
    for words in (
        "near: plate, colour, time and county agree",
        "示例采石场",
        "weak: the last ticket before",
        "for none",
    ):
        assert words in en
    assert "仅由车辆登记对应，不计入该企业次数" in zh
    assert "199001011234" not in en + zh


def test_clocks_are_chosen_by_name_and_state_and_a_file_has_all_of_them() -> None:
    (fee,) = table("clocks", "--clock", "late_surcharge")
    # Four days at 3 % of 5,000 yuan.
    assert (fee["case_no"], fee["days_late"], fee["surcharge_fen"], fee["state"]) == ("A1", "4", "60000", "late")
    assert {one["case_no"] for one in table("clocks", "--state", "overdue")} == {"A3"}
    assert [one["case_no"] for one in table("clocks", "--clock", "decision", "--state", "running")] == ["'=A2"]


def test_what_will_be_late_next_week_is_due_within_seven_days() -> None:
    assert [(one["clock"], one["due_on"]) for one in table("late-next-week")] == [("decision", "2026-04-06")]
    assert table("late-next-week", "--as-of", "2026-03-30") == []
    assert "within 7 days" in run("late-next-week")


def test_amounts_are_held_against_the_articles() -> None:
    told = {one["case_no"]: one for one in document("amounts")["cases"]}
    assert (told["A1"]["low_fen"], told["A1"]["high_fen"], told["A1"]["verdict"]) == (500_000, 500_000, "within")
    assert (told["A3"]["verdict"], told["A3"]["reason"]) == ("unexplained", "no_passage")
    assert "discretion" in run("amounts", "--verdict", "within")


def test_cases_are_chosen_by_a_day_of_a_series_and_by_age() -> None:
    def numbers(*arguments: str) -> list[str]:
        return [one["case_no"] for one in document("list", *arguments)["cases"]]

    assert numbers("--series", "decided", "--month", "2026-01") == ["A1", "A3"]
    assert numbers("--series", "paid", "--month", "2026-02") == ["A1"]
    assert numbers("--series", "paid", "--month", "2026-01") == []
    # Filed on 6 January: 84 days on the last one of March.
    assert numbers("--age", "to_90") == ["=A2", "A3"]
    assert numbers("--age", "to_30", "--as-of", "2026-01-31", "--state", "investigating") == ["=A2", "A3"]
    assert [one["case_no"] for one in table("late-next-week", "--clock", "decision")] == ["'=A2"]
    assert table("late-next-week", "--clock", "service") == []
    assert [one["case_no"] for one in document("amounts", "--from", "2026-01-10")["cases"]] == ["A1"]


def test_a_version_from_before_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "snapshot", lambda: Served(duckdb.connect()))
    for command in (["list"], ["show", "A1"], ["clocks"], ["late-next-week"], ["amounts"]):
        with pytest.raises(HengError, match=r"before the course of cases was told\. Run 'heng build'"):
            run(*command)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "--as-of", "31.3.2026"], "YYYY-MM-DD"),
        (["list", "--format", "xlsx"], "table, csv, json"),
        (["list", "--lang", "fr"], "zh, en"),
        (["clocks", "--clock", "tea"], "limitation"),
        (["clocks", "--state", "tea"], "overdue"),
        (["list", "--kind", "tea"], "over_limit"),
        (["list", "--state", "paidd"], "part_paid"),
        (["list", "--series", "tea", "--month", "2026-01"], "filed, decided, paid, closed"),
        (["list", "--series", "filed"], "say both"),
        (["list", "--month", "2026-01"], "say both"),
        (["list", "--series", "filed", "--month", "2026-13"], "YYYY-MM"),
        (["list", "--age", "old"], "to_30"),
        (["list", "--county", "999999"], "No county"),
        (["clocks", "--county", "999999"], "No county"),
        (["late-next-week", "--county", "999999"], "No county"),
        (["amounts", "--county", "999999"], "No county"),
        (["amounts", "--verdict", "tea"], "below"),
        (["show", "A1", "--format", "csv"], "table or json"),
        (["show", "A9"], "heng cases list"),
    ],
)
def test_what_is_refused_says_the_next_step(arguments: list[str], words: str) -> None:
    with pytest.raises((HengError, WarehouseError), match=words):
        run(*arguments)


def test_refused_steps_are_listed_with_their_reason_and_what_to_do(served: Served) -> None:
    told = document("refused")["steps"]
    assert [(one["case_no"], one["case_state"], one["refusal_reason"]) for one in told] == [("A3", "decided", "R-STEP")]
    assert sum(one["refused_count"] for one in document("list")["cases"]) == len(told)
    (row,) = table("refused")
    assert (row["case_no"], row["reason_en"][:8]) == ("A3", "The case")
    assert document("refused", "--reason", "R-GUARD")["steps"] == []
    assert document("refused", "--as-of", "2026-01-08")["steps"] == []
    assert document("refused", "--filed-from", "2026-01-07")["steps"] == []
    for lang, words in (("zh", "该环节不生效"), ("en", "may not enter")):
        assert words in " ".join(run("refused", "--lang", lang).split())


def test_days_of_filing_and_a_site_narrow_lists_and_clocks() -> None:
    every = {one["case_no"] for one in document("list")["cases"]}
    assert {one["case_no"] for one in document("list", "--filed-from", "2026-01-06")["cases"]} == every
    assert document("list", "--filed-to", "2026-01-05")["cases"] == []
    assert document("clocks", "--filed-from", "2026-01-07")["clocks"] == []
    assert document("amounts", "--filed-from", "2026-01-07")["cases"] == []
    for wrong, says in (
        (["list", "--filed-from", "2026-02-01", "--filed-to", "2026-01-01"], "Exchange"),
        (["list", "--site", "YZ99"], "staging.wim_site"),
        (["list", "--site", "YZ99", "--known-on", "2026-03-01"], "rests on passages"),
        (["refused", "--reason", "R-TEA"], "R-STEP, R-GUARD"),
    ):
        with pytest.raises((HengError, WarehouseError), match=says):
            run(*wrong)


def test_every_guard_of_the_rule_book_has_words() -> None:
    with duckdb.connect() as made:
        sql.load_seeds(made)
        guards = {row[0] for row in made.execute("select distinct guard from seeds.case_transition").fetchall()}
    told = {code for text in guards if text for code in text.replace(" ", "").split(",")}
    assert told == set(case_terms.GUARD_TERMS)
