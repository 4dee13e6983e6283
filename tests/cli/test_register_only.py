"""Acts that name no enterprise and whose vehicle the register gives one: told in its list, counted for nobody."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date

import pytest
from typer.testing import CliRunner
from violation_rows import FIRM, FOUR, LAST_DAY, Violations

from etl.cli import app
from warehouse import connection, matching, repeat

GONE = ("A02", "A14")
ASKED = ["repeat-violators", "--subject", "enterprise", "--as-of", str(LAST_DAY), "--window", "ROLLING_12M"]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Violations]:
    made = Violations()
    made.connection.execute("update raw.enforcement_case set uscc = null where case_no in ('A02', 'A14')")
    made.build()
    monkeypatch.setattr(connection, "snapshot", lambda: made)
    yield made
    made.connection.close()


def run(*more: str) -> str:
    done = CliRunner().invoke(app, [*ASKED, *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_lists_them_with_their_reason_and_counts_without_them(served: Violations) -> None:
    (one,) = json.loads(run("--format", "json"))["subjects"]
    assert [act["case_no"] for act in one["register_only"]] == list(GONE)
    assert {act["reason"] for act in one["register_only"]} == {"register_only"}
    own = {act["case_no"] for act in one["counted"] + one["not_counted"]}
    assert not own & set(GONE)
    (alone,) = repeat.standings(served, repeat.Question(LAST_DAY, "enterprise"), {"uscc": FIRM})
    assert one["count"] == alone.count
    for lang, words, no in (("zh", "仅由车辆登记对应", "否"), ("en", "by the register only", "no")):
        rows = list(csv.reader(io.StringIO(run("--format", "csv", "--lang", lang))))
        told = {row[rows[0].index("案号" if lang == "zh" else "case")]: row for row in rows[1:]}
        assert len(told) == len(rows) - 1 == len(own) + len(GONE)
        for case in GONE:
            assert words in told[case]
            assert no in told[case]
        assert {"zh": "仅由", "en": "register"}[lang] in run("--lang", lang)


def test_nothing_after_the_day_is_told_and_only_of_the_enterprises_asked_for(served: Violations) -> None:
    (act,) = matching.by_register(served, date(2026, 3, 1), [FIRM])[FIRM]
    assert (act.case_no, act.plate_no) == ("A02", FOUR)
    early = matching.by_register(served, date(2025, 12, 10), [FIRM])[FIRM][0]
    assert (early.filed_on, early.decided_on) == (date(2025, 12, 3), None), "decided on the 20th"
    assert matching.by_register(served, LAST_DAY, ["91431100MAE600009C"]) == {}
