"""``heng rules what-if``: what other rules would have changed is what a plain computation over the published rows says,
and nothing that is published changes."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prefecture import build_night, deliver, passage
from random_nights import case
from typer.testing import CliRunner

from etl import what_if as shown
from etl.cli import app
from warehouse.connection import snapshot
from warehouse.digest import file_digest
from warehouse.errors import WarehouseError
from warehouse.hazards import year_before
from warehouse.publish import publish
from warehouse.repeat import TIERS
from warehouse.what_if import MEASURES, Answer, Change, what_if

PERIOD = (date(2026, 2, 26), date(2026, 3, 3))


def heng(*arguments: str) -> str:
    found = CliRunner().invoke(app, ["rules", "what-if", *arguments])
    if found.exception is not None:
        raise found.exception
    return found.output


ERROR_PER_CENT = 5
"""What the prefecture's scales may err by in service: the class of their certificates."""


def passages() -> list[dict[str, Any]]:
    """Published passages of the period, with plain values."""
    frame = snapshot().read(
        "select record_id, passed_date, axle_count, verdict, rule_id, limit_low_kg, limit_kg, limit_modifiers,"
        " gross_vehicle_weight_kg as gross from core.passage where passed_date between ? and ?",
        list(PERIOD),
    )
    return frame.astype(object).where(frame.notna(), None).to_dict("records")  # type: ignore[return-value]


def fine_yuan(excess_kg: int) -> int:
    """令2016-62 art. 43, parts of a tonne not counted."""
    return 0 if excess_kg <= 1000 else min(30_000, excess_kg // 1000 * 500)


def numbers(answer: Answer) -> dict[str, tuple[int, int]]:
    return {name: (answer.before[name], answer.after[name]) for name in MEASURES}


def test_a_case_above_ten_per_cent_agrees_with_a_plain_computation(published: Path) -> None:
    answer = what_if(["case_threshold_ratio=0.10"])
    over = {row["record_id"]: row["gross"] - row["limit_kg"] for row in passages() if row["verdict"] == "over"}
    kept = {
        row["record_id"] for row in passages() if row["record_id"] in over and row["gross"] * 10 > row["limit_kg"] * 11
    }
    assert 0 < len(kept) < len(over)
    told = numbers(answer)
    assert told["over_count"] == (len(over), len(over))
    assert told["case_count"] == (len(over), len(kept))
    for name in ("statutory_low_fen", "statutory_high_fen"):
        assert told[name] == (
            sum(fine_yuan(excess) for excess in over.values()) * 100, sum(fine_yuan(over[one]) for one in kept) * 100,
        )  # fmt: skip
    assert told["warning_count"][0] == sum(excess <= 1000 for excess in over.values())
    assert {row["record_id"] for row in answer.passages} == over.keys() - kept
    assert {(row["change"], row["leads_to_case_before"], row["leads_to_case_after"]) for row in answer.passages} == {
        ("judgement", True, False)
    }


def test_other_limits_agree_with_a_plain_computation(published: Path) -> None:
    """Both six-axle limits at 40 t: there is one reading left, and above it is over."""
    answer = what_if(["M6C=40000", "M6C-1=40000"], *PERIOD)
    of_rule = [row for row in passages() if row["rule_id"] in ("M6C", "M6C-1") and row["limit_modifiers"] is None]
    others = {row["record_id"] for row in passages()} - {row["record_id"] for row in of_rule}
    told = {row["record_id"]: row for row in answer.passages}
    assert not told.keys() & others
    for row in of_rule:
        would = "over" if row["gross"] is not None and row["gross"] > 40_000 else row["verdict"]
        if would != row["verdict"]:
            found = told[row["record_id"]]
            assert (found["change"], found["verdict_before"], found["verdict_after"]) == (
                "gained",
                row["verdict"],
                would,
            )
            assert (found["limit_kg_after"], found["excess_kg_after"]) == (40_000, row["gross"] - 40_000)
            assert found["statutory_high_fen_after"] == fine_yuan(row["gross"] - 40_000) * 100
    gained = sum(row["change"] == "gained" for row in answer.passages)
    assert gained == sum(row["gross"] > 40_000 and row["verdict"] != "over" for row in of_rule) > 10
    assert answer.after["over_count"] == answer.before["over_count"] + gained
    assert answer.not_compared == 0


def test_a_higher_limit_loses_findings(published: Path) -> None:
    answer = what_if(["M6C=56000", "M6C-1=56000"], *PERIOD)
    was = {row["record_id"] for row in passages() if row["verdict"] == "over" and row["axle_count"] == 6}
    kept = {row["record_id"] for row in passages() if row["record_id"] in was and row["gross"] > 56_000}
    assert {row["record_id"] for row in answer.passages if row["change"] == "lost"} == was - kept
    assert all(row["verdict_after"] != "over" for row in answer.passages if row["change"] == "lost")
    assert answer.after["over_count"] == answer.before["over_count"] - len(was - kept)


@pytest.mark.parametrize("asked", [["case_threshold_ratio=0.000"], ["L2004-5=51000"], ["allowance_mode=DEDUCT"],
                                   ["M6C=49000", "F43-MASS-2.fine_step_fen=50000"]])  # fmt: skip
def test_rules_that_change_nothing_show_no_difference(published: Path, asked: list[str]) -> None:
    """Of those of another time all is computed again, and comes out as it was published."""
    answer = what_if(asked)
    assert not answer.differs
    assert answer.not_compared == 0
    assert answer.before["over_count"] > 0
    assert all(row["before"] == row["after"] for row in answer.tiers)
    said = heng(*(part for one in asked for part in ("--set", one)))
    assert ("No difference." if answer.changes else "no difference") in said


def test_nothing_that_is_published_changes(published: Path) -> None:
    def files() -> dict[str, str]:
        return {
            str(path.relative_to(published)): file_digest(path)
            for folder in ("parts", "snapshots") for path in sorted((published / folder).rglob("*")) if path.is_file()
        }  # fmt: skip

    before = files()
    assert len(before) >= 4
    answer = what_if(["M6C=40000", "repeat_excess_ratio=0", "repeat_require_decision=0"])
    assert answer.differs
    assert files() == before
    assert snapshot().version == 1
    assert snapshot().read("select limit_kg from seeds.gross_weight_limit where rule_id = 'M6C'").values == [[49_000]]


@pytest.mark.parametrize("asked", [["M6C=56000", "M6C-1=56000"], ["D-L=15000"], ["repeat_excess_ratio=0.2"]])
def test_what_came_after_the_night_closed_is_not_compared(published: Path, asked: list[str]) -> None:
    """Two long trucks, one of them heavy, came late and the night was built again. Other rules know the night as it
    closed: what they change does not depend on the two, of passages or of dimensions."""
    closed = what_if(asked, *PERIOD)
    assert closed.not_compared == 0
    late = [passage(number, "2026-03-01", 7, vehicle_length_m="19.0") for number in (9_001, 9_020)]
    deliver(published, "wim_passage", "wim_passage_20260301_late.csv", late)
    assert publish(build_night(published)) == 2
    again = what_if(asked, *PERIOD)
    assert again.not_compared == len(late)
    assert again.differs == closed.differs
    for name in ("before", "after", "passages", "dimensions"):
        assert getattr(again, name) == getattr(closed, name), name


def test_the_year_nobody_named_begins_a_day_after_the_last_one_a_year_before(published: Path) -> None:
    for last, first in ((date(2024, 2, 28), date(2023, 3, 1)), (date(2024, 2, 29), date(2023, 3, 1)),
                        (date(2026, 3, 3), date(2025, 3, 4))):  # fmt: skip
        assert what_if(["case_threshold_ratio=0.10"], last=last).first == first == year_before(last)


@pytest.fixture
def with_cases(published: Path) -> list[tuple[str, str, int, int]]:
    """A case of each plate and day with a passage over the limit at a verified device, filed the day after; two older
    ones without a passage. Plate, day, weight and limit, which are 0 where nothing was weighed."""
    frame = snapshot().read(
        "select plate_no, cast(passed_date as varchar), max(check_no), arg_max(gross_vehicle_weight_kg, check_no),"
        " arg_max(limit_kg, check_no) from mart.finding"
        " where passed_date >= '2026-01-01' and certificate_no is not null group by all order by all"
    )
    weighed = list(frame.itertuples(index=False, name=None))
    rows = [case(number, check, plate, day) for number, (plate, day, check, *_) in enumerate(weighed)]
    older = [("湘M10000", "2025-12-01"), ("湘M10000", "2025-06-01")]
    rows += [case(900 + number, f"none{number}", *one) for number, one in enumerate(older)]
    deliver(published, "enforcement_case", "enforcement_case_20260304.csv", rows)
    publish(build_night(published, date(2026, 3, 4)))
    return [(plate, day, int(gross), int(limit)) for plate, day, _, gross, limit in weighed] + [
        (plate, day, 0, 0) for plate, day in older
    ]


def trips(days: list[str]) -> int:
    """Acts at one time of day: one a day after the first of its trip is one trip with it."""
    count, begun = 0, date.min
    for day in sorted(map(date.fromisoformat, days)):
        if (day - begun).days > 1:
            count, begun = count + 1, day
    return count


def counts(answer: Answer, listed: str) -> dict[str, int]:
    return {
        row["key"].split()[0]: row["count_after"]
        for row in answer.movers if (row["subject"], row["list"]) == ("vehicle", listed)
    }  # fmt: skip


@pytest.mark.parametrize("percent", [0, 15])
def test_counts_of_repeat_violators_agree_with_a_plain_count(
    with_cases: list[tuple[str, str, int, int]], percent: int
) -> None:
    """Undecided cases count where no decision is asked for; published, none does. Without a weight no excess is known,
    which matters unless any counts."""
    answer = what_if([f"repeat_excess_ratio={percent / 100}", "repeat_require_decision=0"])
    assert answer.last == date(2026, 3, 3)
    of_plate: dict[str, list[str]] = {}
    for plate, day, gross, limit in with_cases:
        left = gross + -gross * ERROR_PER_CENT // 100 - limit  # the allowance rounded up to whole kilograms
        if day <= "2026-03-02" and (left * 100 > limit * percent or percent == 0):
            of_plate.setdefault(plate, []).append(day)
    wanted = {plate: trips(days) for plate, days in of_plate.items()}
    assert len(set(wanted.values())) > 1 or percent
    assert counts(answer, "statutory") == counts(answer, "query") == wanted
    tiers = {row["tier"]: row for row in answer.tiers if (row["subject"], row["list"]) == ("vehicle", "query")}
    for tier, holds in (("watch", lambda n: 0 < n < 3), ("warning", lambda n: n == 3), ("statutory", lambda n: n > 3)):
        told = tiers.get(tier, {"before": 0, "after": 0})
        assert (told["before"], told["after"]) == (0, sum(holds(count) for count in wanted.values())), tier


def test_another_window_changes_the_list_it_is_of(with_cases: list[tuple[str, str, int, int]]) -> None:
    """The permit is of 2019-05-20: its year holds both cases of 2025, the calendar's none, twelve months both."""
    asked = ["repeat_excess_ratio=0", "repeat_require_decision=0"]
    year, calendar = what_if(asked), what_if([*asked, "repeat_window=CALENDAR"])
    of_2026 = trips([day for plate, day, *_ in with_cases if plate == "湘M10000" and "2026" <= day <= "2026-03-02"])
    assert counts(year, "statutory")["湘M10000"] == of_2026 + 2
    assert counts(calendar, "statutory").get("湘M10000", 0) == of_2026
    assert counts(calendar, "query") == counts(year, "query")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            "overload_threshold_ratio=0.1",
            "no rule 'overload_threshold_ratio'.*case_threshold_ratio.*repeat_excess_ratio",
        ),
        ("repeat_window=ROLLING", "ANNIVERSARY, ROLLING_12M, CALENDAR"),
        ("repeat_excess_ratio=10", "a number from 0 to 1"),
        ("repeat_excess_ratio=ten", "no double"),
        ("M6C=48 000", "limit_kg of M6C is 49000, and '48 000' is no integer"),
        ("F43-MASS-2=1", "Write F43-MASS-2.COLUMN=VALUE with one of .*fine_step_fen"),
        ("F43-MASS-2.lower_bound=2000", "to none of them or to two"),
        ("M6C.weight=1", "no column 'weight'"),
        ("M6C.valid_to=2020-01-01", ""),
        ("C-PAY=20", "decides nothing that is compared"),
        ("M6C", "Write RULE=VALUE"),
    ],
)
def test_what_cannot_be_asked_names_what_can(published: Path, asked: str, says: str) -> None:
    if not says:  # the last row of a rule may end: what it judged goes to another reading, or to none
        assert what_if([asked]).changes[0].after == "2020-01-01"
        return
    with pytest.raises(WarehouseError, match=says):
        what_if([asked])


def test_a_version_of_other_code_is_not_compared(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.what_if.code_digest", lambda tables: "other")
    with pytest.raises(WarehouseError, match="heng build"):
        what_if(["M6C=48000"])


def test_what_nobody_read_in_a_text_is_marked_and_no_driver_is_named_whole() -> None:
    row = dict.fromkeys(("rule_id_before", "rule_id_after"), "L2004-5") | {"change": "lost", "record_id": "r1"}
    mover = {"subject": "driver", "list": "query", "key": "4311000012345", "count_before": 4, "count_after": 3}
    vehicle = mover | {"subject": "vehicle", "key": "湘M12345 2"}
    nothing = dict.fromkeys(MEASURES, 0)
    answer = Answer(
        7, *PERIOD, (Change("parameter", "repeat_excess_ratio", "parameter_value", "0.1", "0.2", "M-"),), nothing,
        nothing, (row,), (), (), (mover, vehicle), 0, {"L2004-5": "M+", "M6C": "C2"},
    )  # fmt: skip
    (_, rules), _ = shown.tables(answer, "en")
    assert [str(cell) for cell in rules.columns[-1].cells] == ["[M-] · unverified"]
    assert any(note.endswith("not read in a text: L2004-5.") for note in shown.notes(answer, "en"))
    told = shown.document(answer)
    assert (told["changes"][0]["confidence"], told["changes"][0]["is_unverified"]) == ("M-", True)
    assert told["unverified"] == ["L2004-5"]
    passage, *movers = shown.records(answer)
    assert (passage["rule_confidence_before"], passage["rule_confidence_after"]) == ("M+", "M+")
    assert [one["key"] for one in movers] == ["4311·***345", "湘M12345 2"]
    assert told["movers"] == [{name: value for name, value in one.items() if name != "kind"} for one in movers]
    assert set(passage) | set(movers[0]) <= set(shown.COLUMNS)


def test_rows_are_given_as_csv_and_json_and_told_in_both_languages(published: Path) -> None:
    asked = ("--set", "M6C=58000", "--set", "M6C-1=58000", "--from", "2026-02-27", "--to", "2026-03-01")
    told = json.loads(heng(*asked, "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(heng(*asked, "--format", "csv"))))
    assert tuple(rows[0]) == shown.COLUMNS
    assert [row["record_id"] for row in rows] == [row["record_id"] for row in told["passages"]]
    assert {row["passed_date"] for row in rows} <= {"2026-02-27", "2026-02-28", "2026-03-01"}
    assert told["measures"]["over_count"]["after"] < told["measures"]["over_count"]["before"]
    assert told["changes"][0] == {
        "seed": "gross_weight_limit", "rule_no": "M6C", "column": "limit_kg", "before": "49000", "after": "58000",
        "confidence": "C2", "is_unverified": False,
    }  # fmt: skip
    assert {row["rule_confidence_before"] for row in rows} == {"C2"}
    assert told["unverified"] == []
    assert "nothing that is published was changed" in heng(*asked)
    assert "未改动任何已发布的数据" in heng(*asked, "--lang", "zh")
    assert set(shown._WORDS["zh"]) == set(shown._WORDS["en"])
    assert set(shown._TIERS["zh"]) == set(shown._TIERS["en"]) == set(TIERS)
