"""The repeat lists, a dossier and the look-up page as known on a night: a step of a case that comes late changes what
is served, and not what was known before."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefecture import build_night, csv, deliver
from typer.testing import CliRunner
from werkzeug.exceptions import BadRequest

from dashboards import lookup_facts
from etl.cli import app
from etl.feeds import FEEDS
from warehouse import dossier, repeat
from warehouse.connection import Snapshot, snapshot
from warehouse.errors import WarehouseError
from warehouse.known import Known, closed_nights, known_on
from warehouse.known_answers import facts_known_on, standings_known_on
from warehouse.publish import publish
from warehouse.repeat import Question, standings

BEFORE, AFTER = date(2026, 3, 4), date(2026, 3, 5)
"""The night before the late step came, and the one that took it: the step is of an earlier day."""
_OVER = """
select passage.plate_no, finding.check_no, finding.passed_date, passage.passed_at from mart.finding as finding
inner join core.passage as passage using (record_id, passed_date)
where passage.plate_no is not null and finding.is_above_counted_ratio
    and finding.flags not like '%E-NOCERT%' and finding.flags not like '%E-NODEVICE%'
order by passage.passed_at
"""


@dataclass(frozen=True)
class Told:
    """A vehicle with a case of each of some days, and the case that was annulled."""

    plate_no: str
    count: int
    annulled: str

    @property
    def key(self) -> dict[str, Any]:
        return {"plate_no": self.plate_no, "plate_color_code": 2}


def _row(feed: str, **told: str) -> str:
    separator = getattr(FEEDS[feed].format, "delimiter", ",")
    return separator.join(told.get(name, "") for name in FEEDS[feed].headings)


def _case(case_no: str, act: Any) -> str:
    day = f"{act.passed_date:%Y-%m-%d}"
    return _row(
        "enforcement_case", 案号=case_no, 案由="车货总质量超限", 发现方式="非现场", 检测单号=act.check_no,
        车牌号=act.plate_no, 车牌颜色="黄色", 县区代码="431103", 违法时间=f"{act.passed_at:%Y-%m-%d %H:%M:%S}",
        发现日期=day, 立案日期=day, 程序="普通程序", 状态="已决定",
    )  # fmt: skip


def _decision(case_no: str, act: Any) -> str:
    return json.dumps({
        "decisionNo": f"永交罚{case_no[3:]}", "caseNo": case_no, "subject": "车辆", "isOverLimit": True,
        "penalty": "罚款", "statutoryYuan": 1500, "decidedYuan": 300, "decidedOn": f"{act.passed_date:%Y-%m-%d}",
    })  # fmt: skip


def _step(case_no: str, number: int, state: str, day: date) -> str:
    return _row("case_event", 案号=case_no, 环节序号=str(number), 环节=state, 环节时间=f"{day:%Y-%m-%d} 10:00:00")


def _steps(rows: list[str]) -> bytes:
    return "\n".join(["|".join(FEEDS["case_event"].headings), *rows, ""]).encode()


@pytest.fixture(scope="module")
def made(
    reference: Any, tmp_path_factory: pytest.TempPathFactory, instance: Callable[[Path], Path]
) -> tuple[Path, Told]:
    """An instance after both nights; tests only ask it."""
    published = tmp_path_factory.mktemp("repeat-known") / "heng"
    shutil.copytree(reference.home, published)
    instance(published)
    over = snapshot().read(_OVER)
    trips: dict[str, list[Any]] = {}
    for act in over.itertuples():
        own = trips.setdefault(act.plate_no, [])
        if not own or act.passed_at - own[-1].passed_at > timedelta(hours=24):
            own.append(act)
    plate_no, acts = max(trips.items(), key=lambda each: len(each[1]))
    cases = {f"永交执〔2026〕9{number:03d}号": act for number, act in enumerate(acts)}
    steps = []
    for case_no, act in cases.items():
        steps += [_step(case_no, at, state, act.passed_date) for at, state in enumerate(("线索", "已决定"), 1)]
    filed = csv("enforcement_case", [_case(case_no, act) for case_no, act in cases.items()])
    decided = "".join(_decision(case_no, act) + "\n" for case_no, act in cases.items()).encode()
    deliver(published, "enforcement_case", "enforcement_case_20260304.csv", filed)
    deliver(published, "penalty_decision", "penalty_decision_20260304.ndjson", decided)
    deliver(published, "case_event", "case_event_20260304.csv", _steps(steps))
    publish(build_night(published, BEFORE))
    annulled = next(iter(cases))
    deliver(
        published, "case_event", "case_event_20260305.csv",
        _steps([*steps, _step(annulled, 3, "复议撤销", date(2026, 3, 2))]),
    )  # fmt: skip
    publish(build_night(published, AFTER))
    return published, Told(plate_no, len(cases), annulled)


@pytest.fixture
def told(made: tuple[Path, Told], monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setenv("HENG_HOME", str(made[0]))
    return made[1]


def everything(source: Snapshot | Known) -> list[Any]:
    """Every list of the rule as of the night before."""
    asked = zip(repeat.WINDOWS, ("VIOLATION", "DECISION", "DECISION"), strict=True)
    return [
        [asdict(one) for one in standings(source, Question(BEFORE, subject, window, basis))]
        for window, basis in asked for subject in repeat.SUBJECTS
    ]  # fmt: skip


def test_a_late_step_changes_the_list_and_not_what_was_known_before(told: Told) -> None:
    assert told.count >= 2
    with standings_known_on(BEFORE) as source:
        (one,) = standings(source, Question(BEFORE), told.key)
        before = everything(source)
    assert one.count == told.count
    (one,) = standings(snapshot(), Question(BEFORE), told.key)
    assert one.count == told.count - 1
    assert {judged.act.case_no: judged.reason for judged in one.not_counted} == {told.annulled: "annulled"}
    with standings_known_on(AFTER) as source:
        assert everything(source) == everything(snapshot()) != before
    with known_on(BEFORE, repeat.TABLES) as source:
        assert everything(source) == before, "the days around the acts are enough"


def facts(night: date, key: dict[str, Any]) -> dict[str, Any]:
    with facts_known_on(night, "vehicle", key) as source:
        return dossier.facts(source, "vehicle", key, BEFORE)


def test_a_dossier_tells_what_was_known_and_on_which_night(told: Told) -> None:
    before, after = (facts(night, told.key) for night in (BEFORE, AFTER))
    served = dossier.facts(snapshot(), "vehicle", told.key, BEFORE)
    counts = [dossier.main_standing(facts)["count"] for facts in (before, after, served)]
    assert counts == [told.count, told.count - 1, told.count - 1]
    assert before["snapshot"] == {
        "version": None, "known_on": "2026-03-04", "digest": None, "data_until": "2026-03-03", "night": "2026-03-04",
    }  # fmt: skip
    assert {**after, "snapshot": {}} == {**served, "snapshot": {}}, "the newest night knows what is served"


def test_both_commands_answer_as_known(told: Told, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, [*arguments])
        assert done.exit_code == 0, done.exception
        return done.stdout

    listed = ["repeat-violators", "--format", "json", "--window", "ROLLING_12M", "--min-count", "1"]
    for more, count, version in (
        ([], told.count - 1, snapshot().version), (["--known-on", str(BEFORE)], told.count, None),
    ):  # fmt: skip
        document = json.loads(run(*listed, *more))
        assert (document["subjects"][0]["count"], document["version"]) == (count, version)
        assert document["known_on"] == (str(BEFORE) if more else None)
    assert f"as known on {BEFORE}" in run("repeat-violators", "--known-on", str(BEFORE))
    file = tmp_path / "x.html"
    said = run("dossier", told.plate_no, "--known-on", str(BEFORE), "--out", str(file))
    assert f"计 {told.count} 次" in said
    assert f"按 {BEFORE} 当夜已知的数据" in file.read_text(encoding="utf-8")
    assert run("verify", str(file)).startswith("intact")
    for wrong, says in (("then", "Write --known-on YYYY-MM-DD"), ("2026-03-02", "the first night is that of")):
        for command in (["repeat-violators"], ["dossier", told.plate_no]):
            done = CliRunner().invoke(app, [*command, "--known-on", wrong])
            assert says in str(done.exception)


def test_the_look_up_page_answers_as_known_on_a_closed_night(told: Told) -> None:
    assert closed_nights() == (date(2026, 3, 3), AFTER)
    asked = (told.plate_no, "湘", 2, str(BEFORE), "ROLLING_12M", date(2011, 7, 1), BEFORE)
    found = lookup_facts.find(snapshot(), lookup_facts.asked(*asked, str(BEFORE)))
    assert found.facts is not None
    assert dossier.main_standing(found.facts)["count"] == told.count
    assert found.recent == (), "only what is served shows its last passages"
    found = lookup_facts.find(snapshot(), lookup_facts.asked(*asked))
    assert found.facts is not None
    assert dossier.main_standing(found.facts)["count"] == told.count - 1
    for wrong in ("2026-03-02", "2026-03-06", "then", 3):
        with pytest.raises(BadRequest, match="not a night of the page"):
            lookup_facts.asked(*asked, wrong)


def test_no_day_before_the_first_night_is_known(told: Told) -> None:
    with pytest.raises(WarehouseError, match="the first night is that of 2026-03-03"):
        facts(date(2026, 3, 2), told.key)
