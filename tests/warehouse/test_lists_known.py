"""Findings, cases and hazards as known on a night: what a command answers is what it answered when nothing later had
come, and what came since changes the answer that is served."""

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from one_app import client_of
from prefecture import build_night, deliver, lines, passage
from random_nights import FIRST_NIGHT, NIGHTS, SEEDS, RandomNights
from typer.testing import CliRunner

from dashboards import as_known, queries
from dashboards.pages import hazards as hazards_page
from dashboards.pages import penalties
from dashboards.text import Text
from etl.cli import app
from etl.feeds import FEEDS
from warehouse import fates
from warehouse.connection import snapshot
from warehouse.home import REPOSITORY
from warehouse.known import known_on
from warehouse.known_answers import findings_known_on
from warehouse.publish import publish

BEFORE, AFTER = date(2026, 3, 4), date(2026, 3, 5)
CASE, HAZARD = "永交执〔2026〕9001号", "YH2602-431103-HWY0001"
ASKED = (
    ("findings", "--from", "2026-02-26", "--to", "2026-03-03"),
    ("findings", "--from", "2026-02-26", "--to", "2026-03-03", "--by", "site"),
    ("findings", "--from", "2026-02-26", "--to", "2026-03-03", "--rows"),
    ("findings", "--kind", "dimension", "--from", "2026-02-26", "--to", "2026-03-03"),
    ("findings", "--kind", "dimension", "--from", "2026-02-26", "--to", "2026-03-03", "--rows"),
    ("cases", "list"),
    ("cases", "show", CASE),
    ("cases", "clocks"),
    ("cases", "late-next-week"),
    ("cases", "amounts"),
    ("funnel", "--forecast", "2"),
    ("consistency", "--from", "2026-02-01", "--to", "2026-03-31"),
    ("hazards", "rate"),
    ("hazards", "list", "--list", "all"),
    ("hazards", "show", HAZARD),
    ("hazards", "bound"),
    ("kpi", "--from", "2026-02-26", "--to", "2026-03-03"),
    ("ranking", "--parts"),
    ("ranking", "--of", "enterprise"),
    ("supervision",),
    ("alerts",),
    ("compliance",),
    ("compliance", "--measure", "insurance", "--list"),
    ("risk", "list"),
)
IN_DOCUMENTS_ONLY = ("show", "kpi")
"""Commands, or what of them, that write no rows."""
TELLS_ALWAYS = ("cases", "risk")
"""Commands whose rows say by which version they are."""
BY = ("Data snapshot", "As known after the night")
"""How words begin that say by which version."""
_OVER = """
select passage.plate_no, finding.check_no, finding.passed_date, passage.passed_at, passage.site_code
from mart.finding as finding
inner join core.passage as passage using (record_id, passed_date)
where passage.plate_no is not null and finding.excess_ratio > 0.1
order by passage.passed_at
"""
_PATH = ("登记", "分级", "交办", "整改中", "申请验收", "验收合格", "销号")


def _workbook(feed: str, *rows: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for line, row in enumerate([dict(zip(FEEDS[feed].headings, FEEDS[feed].headings, strict=True)), *rows]):
        for place, name in enumerate(FEEDS[feed].headings):
            if row.get(name) is not None:
                sheet.write(line, place, row[name])
    book.close()
    return stream.getvalue()


def _case(number: str, act: Any, **more: str) -> dict[str, str]:
    day = f"{act.passed_date:%Y-%m-%d}"
    return {
        "案号": number, "案由": "车货总质量超限", "发现方式": "非现场", "检测单号": act.check_no,
        "车牌号": act.plate_no, "车牌颜色": "黄色", "县区代码": "431103", "发现日期": day, "立案日期": day,
        "违法时间": f"{act.passed_at:%Y-%m-%d %H:%M:%S}", "程序": "普通程序", "状态": "已决定", **more,
    }  # fmt: skip


def _steps(number: str, *steps: tuple[str, str]) -> list[dict[str, str]]:
    return [
        {"案号": number, "环节序号": str(at), "环节": state, "环节时间": f"{day} 10:00:00"}
        for at, (state, day) in enumerate(steps, 1)
    ]


def _look(act: Any, result: str, day: str, **more: str) -> dict[str, str]:
    return {
        "检测单号": act.check_no, "站点编号": act.site_code, "检测时间": f"{act.passed_at:%Y-%m-%d %H:%M:%S}",
        "审核时间": f"{day} 09:00:00", "审核结果": result, "审核人编号": "43110001", **more,
    }  # fmt: skip


def _hazard(number: str, state: str, closed: date | None = None) -> dict[str, Any]:
    return {
        "县市区": "冷水滩区", "隐患编号": number, "隐患类别": "公路", "公路等级": "县道", "隐患等级": "一般",
        "地点": "示例地点", "责任单位": "示例养护中心", "登记日期": date(2026, 2, 10), "交办日期": date(2026, 2, 10),
        "整改期限": date(2026, 3, 2), "销号日期": closed, "状态": state,
    }  # fmt: skip


def _hazard_steps(number: str, until: int) -> list[dict[str, str]]:
    return [
        {"隐患编号": number, "环节序号": str(at), "原状态": before, "办理环节": state,
         "办理时间": f"2026/02/{10 + at} 09:00:00", "办理单位": "示例县交通运输局",
         "验收人编号": "43110002" if state == "验收合格" else ""}
        for at, (before, state) in enumerate(zip(("", *_PATH), _PATH[:until], strict=False), 1)
    ]  # fmt: skip


def _paid(number: str, day: str) -> dict[str, str]:
    return {
        "银行流水号": "P0000001", "决定书文号": number, "入账日期": day, "缴款方式": "转账", "本金（元）": "300.00",
        "加处罚款（元）": "0.00",
    }  # fmt: skip


def _decision(case_no: str, act: Any, **more: str) -> bytes:
    told = {
        "decisionNo": f"永交罚{case_no[3:]}", "caseNo": case_no, "subject": "车辆", "isOverLimit": True,
        "penalty": "罚款", "statutoryYuan": 1500, "decidedYuan": 300, "decidedOn": f"{act.passed_date:%Y-%m-%d}",
        **more,
    }  # fmt: skip
    return (json.dumps(told, ensure_ascii=False) + "\n").encode()


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments])
    if done.exception:
        raise done.exception
    return done.stdout


def as_document(asked: tuple[str, ...]) -> tuple[str, ...]:
    return ("--json",) if asked[0] == "kpi" else ("--format", "json")


def has_rows(asked: tuple[str, ...]) -> bool:
    return not set(asked[:2]) & set(IN_DOCUMENTS_ONLY)


def answers(*more: str) -> dict[tuple[str, ...], Any]:
    return {asked: json.loads(run(*asked, *as_document(asked), *more)) for asked in ASKED}


def csv_rows(text: str) -> list[dict[str, str]]:
    """Every row but for the words that say by which version or night."""
    return [
        {name: cell for name, cell in row.items() if name not in ("version", "known_on")}
        for row in csv.DictReader(io.StringIO(text))
    ]


def tables(*more: str) -> dict[tuple[str, ...], list[dict[str, str]]]:
    return {asked: csv_rows(run(*asked, "--format", "csv", *more)) for asked in ASKED if has_rows(asked)}


def exported(query: str) -> list[list[str]]:
    """The heads and rows of the file of hazards; the last column says by which version or night."""
    client = client_of()
    answer = client.get(f"/export/hazards.csv?show=all&lang=en{query}", headers={"Host": "127.0.0.1"})
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))


def listed(known_on: str) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """The rows of the page of hazards and the drawer of each in words, but for what names the version."""
    data = {"as_of": "", "known_on": known_on, "show": "all"}
    rows, count = hazards_page._rows(data, 0, 100, None, Text("en"))
    assert count == len(rows)
    drawers = {row["no"]: words_of(hazards_page._drawer(data, row["record"], Text("en"))) for row in rows}
    told = [{name: cell for name, cell in row.items() if name != "record"} for row in rows]
    return told, {no: [text for text in words if not text.startswith(BY)] for no, words in drawers.items()}


PAGES = {"hazards": hazards_page, "penalties": penalties}
OF_PASSAGES = (
    "Decided against the articles", "left out, and without the stage before",
    "Consistency: are like cases decided alike?", "Cases without a ratio, and why",
    "Outlying decisions and their twins", "Time in each state",
)  # fmt: skip
"""What tables of a page that no night has are called: they rest on passages."""
HOW = {"zh": "按 2026-03-04 当夜已知的数据、今日的规则计算", "en": "As known after the night of 4 Mar 2026"}


def parts_of(node: Any) -> Iterator[dict[str, Any]]:
    """The properties of every component of a layout."""
    if hasattr(node, "to_plotly_json"):
        node = node.to_plotly_json()
    if isinstance(node, dict):
        if "props" in node:
            yield node["props"] | {"type": node["type"]}
        for value in node.values():
            yield from parts_of(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from parts_of(value)


def words_of(node: Any) -> list[str]:
    """The words of a layout, in order."""
    if isinstance(node, (str, int, float)):
        return [str(node)]
    if isinstance(node, (list, tuple)):
        return [text for child in node for text in words_of(child)]
    if hasattr(node, "to_plotly_json"):
        node = node.to_plotly_json()
    return words_of(node["props"].get("children")) if isinstance(node, dict) and "props" in node else []


def shown(page: Any) -> list[list[str]]:
    """The lead of a page and each of its tables, in words, but for the words that say by which version."""
    chosen = [one for one in parts_of(page) if one["type"] == "Table" or one.get("className") == "lead"]
    return [[text for text in words_of(one.get("children")) if not text.startswith(BY)] for one in chosen]


FIRM, OTHER = "91431100MAE0000107", "91431100MAE0000294"


def _monitored(*plates: str) -> bytes:
    """Coaches of the first firm, in service since 2021."""
    rows = [
        {
            "plate": plate, "color": 2, "veh_class": "BXKC", "seats": 49, "owner_uscc": FIRM, "county": "431103",
            "line_no": None, "terminal_no": f"ZD{at:06d}", "sim": f"01390000{at:04d}", "terminal_model": "SL-900",
            "protocol": "2019", "smart_terminal": True, "slogan": True, "from_date": date(2021, 5, 1), "to_date": None,
        }
        for at, plate in enumerate(plates, 1)
    ]  # fmt: skip
    sample = pq.read_table(REPOSITORY / "tests" / "feeds" / "monitored_vehicle" / "sample.parquet")
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, sample.schema), stream)
    return stream.getvalue()


def _referral(number: int, replied: str) -> dict[str, str]:
    return {
        "抄送文号": f"永交安函〔2026〕{number}号", "抄送单位": "道县人民政府", "事由": "隐患逾期",
        "主题": "关于隐患的函", "发出日期": "2026-02-01", "回复期限": "2026-03-01", "回复日期": replied,
    }  # fmt: skip


def _firm(uscc: str, name: str) -> dict[str, str]:
    return {
        "统一社会信用代码": uscc, "业户名称": name, "业户类别": "道路客运", "区划代码": "431103",
        "经营许可证号": f"湘交运管许可永字431103{uscc[-6:]}号", "初次许可日期": "2015-06-01", "有效期起": "2015-06-01",
    }  # fmt: skip


def _policy(number: int, uscc: str) -> dict[str, str]:
    return {
        "保单号": f"AZX2026{number:04d}", "投保单位代码": uscc, "承保机构": "示例财产保险", "保险金额": "5000000.00",
        "保费": "12800.50", "起保日期": "2026-01-01", "终保日期": "2026-12-31",
    }  # fmt: skip


def _poll(number: int, replied: str) -> dict[str, str]:
    return {
        "查岗编号": f"CG{number:04d}", "平台编码": "PT001", "统一社会信用代码": FIRM, "查岗时间": "2026-03-02 09:00:00",
        "应答时限(分钟)": "10", "应答时间": f"2026-03-02 {replied}",
    }  # fmt: skip


def _rates_before(home: Path) -> None:
    """Two firms, one insured; a coach; a post check that was answered; a letter that nobody answered."""
    firms = lines("enterprise", _firm(FIRM, "示例客运001号有限公司"), _firm(OTHER, "示例客运002号有限公司"))
    deliver(home, "enterprise", "enterprise_20260304.csv", firms)
    deliver(
        home, "liability_insurance", "liability_insurance_20260304.txt", lines("liability_insurance", _policy(1, FIRM))
    )
    deliver(home, "monitored_vehicle", "monitored_vehicle_20260304.parquet", _monitored("湘MS1001"))
    deliver(home, "referral", "referral_20260304.csv", lines("referral", _referral(1, "-")))


def _rates_after(home: Path) -> None:
    """What was so before and came a night late: a policy, another coach, a post check, an answer to the letter, an
    interview."""
    policies = lines("liability_insurance", _policy(1, FIRM), _policy(2, OTHER))
    deliver(home, "liability_insurance", "liability_insurance_20260305.txt", policies)
    deliver(home, "monitored_vehicle", "monitored_vehicle_20260305.parquet", _monitored("湘MS1001", "湘MS1002"))
    deliver(home, "platform_poll", "platform_poll_20260305.csv", lines("platform_poll", _poll(2, "09:30:00")))
    letters = lines("referral", _referral(1, "2026-02-27"), _referral(2, "-"))
    deliver(home, "referral", "referral_20260305.csv", letters)
    held = {"约谈编号": "YT-2026-01", "约谈日期": "2026-03-02", "县市区": "道县", "被约谈单位": "道县人民政府",
            "单位类别": "县级政府", "约谈事由": "隐患逾期", "整改时限": "2026-04-02"}  # fmt: skip
    deliver(home, "interview", "interview_20260305.csv", lines("interview", held))


@dataclass(frozen=True)
class Made:
    """An instance after both nights, and what its commands and files answered and its pages showed after each."""

    home: Path
    served: dict[date, dict[tuple[str, ...], Any]]
    tables: dict[date, dict[tuple[str, ...], list[dict[str, str]]]]
    pages: dict[date, dict[str, list[list[str]]]]
    hazards: dict[date, tuple[list[dict[str, Any]], dict[str, list[str]]]]
    files: dict[date, list[list[str]]]

    def keep(self, night: date) -> None:
        self.served[night], self.tables[night], self.pages[night] = answers(), tables(), all_pages()
        self.hazards[night], self.files[night] = listed(""), exported("")


def all_pages() -> dict[str, list[list[str]]]:
    return {name: shown(page.layout(lang="en")) for name, page in PAGES.items()}


@pytest.fixture(scope="module", autouse=True)
def served_here() -> Iterator[None]:
    """Pages read what this instance serves, whatever tests of pages ran before in the same process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "source", snapshot)
        yield


@pytest.fixture(scope="module")
def made(reference: Any, tmp_path_factory: pytest.TempPathFactory, instance: Callable[[Path], Path]) -> Made:
    home = tmp_path_factory.mktemp("lists-known") / "heng"
    shutil.copytree(reference.home, home)
    instance(home)
    first, second, third, *_ = snapshot().read(_OVER).itertuples()
    day = f"{first.passed_date:%Y-%m-%d}"
    steps = [("线索", day), ("已立案", day), ("调查取证", day), ("处罚告知", day), ("已决定", day)]
    deliver(home, "enforcement_case", "enforcement_case_20260304.csv", lines("enforcement_case", _case(CASE, first)))
    deliver(home, "penalty_decision", "penalty_decision_20260304.ndjson", _decision(CASE, first))
    deliver(home, "case_event", "case_event_20260304.csv", lines("case_event", *_steps(CASE, *steps)))
    looks = lines("violation_screening", _look(second, "待补充", "2026-03-04"))
    deliver(home, "violation_screening", "screening_20260304.csv", looks)
    deliver(home, "hazard", "hazard_20260304.xlsx", _workbook("hazard", _hazard(HAZARD, "整改中")))
    step_rows = _hazard_steps(HAZARD, 4)
    deliver(home, "hazard_event", "hazard_event_20260304.csv", lines("hazard_event", *step_rows))
    long = [passage(11, "2026-03-03", 7, gross_vehicle_weight_kg=30_000, vehicle_length_m=23)]
    deliver(home, "wim_passage", "wim_passage_20260304.csv", long)
    _rates_before(home)
    publish(build_night(home, BEFORE))
    found = Made(home, {}, {}, {}, {}, {})
    found.keep(BEFORE)
    # All is about days before: a passage, a case, looks, service, a payment and closures that come a night late.
    late = [passage(9, "2026-02-28", 7, gross_vehicle_weight_kg=70_000, vehicle_length_m=19.5)]
    deliver(home, "wim_passage", "wim_passage_20260305.csv", late)
    cases = (_case(CASE, first), _case("永交执〔2026〕9002号", third, 状态="已立案"))
    deliver(home, "enforcement_case", "enforcement_case_20260305.csv", lines("enforcement_case", *cases))
    deliver(home, "penalty_decision", "penalty_decision_20260305.ndjson", _decision(CASE, first, servedOn=day))
    paid = lines("penalty_payment", _paid(f"永交罚{CASE[3:]}", "20260303"))
    deliver(home, "penalty_payment", "penalty_payment_20260305.csv", paid)
    more = lines("case_event", *_steps(CASE, *steps, ("已送达", day), ("已缴款", "2026-03-03"), ("结案", "2026-03-03")))
    deliver(home, "case_event", "case_event_20260305.csv", more)
    looks = lines("violation_screening", _look(second, "作废", "2026-03-03", 作废原因="图像不清"))
    deliver(home, "violation_screening", "screening_20260305.csv", looks)
    closed = (
        _hazard(HAZARD, "销号", date(2026, 2, 17)),
        _hazard("YH2602-431103-HWY0002", "整改中") | {"企业信用代码": FIRM},
    )
    deliver(home, "hazard", "hazard_20260305.xlsx", _workbook("hazard", *closed))
    deliver(home, "hazard_event", "hazard_event_20260305.csv", lines("hazard_event", *_hazard_steps(HAZARD, 7)))
    check = {"复核编号": "FH-1", "隐患编号": HAZARD, "复核日期": "2026-03-03", "抽取方式": "随机", "复核结果": "未消除",
             "复核单位": "示例县交通运输局"}  # fmt: skip
    deliver(home, "hazard_check", "hazard_check_20260305.csv", lines("hazard_check", check))
    _rates_after(home)
    publish(build_night(home, AFTER))
    found.keep(AFTER)
    return found


@pytest.fixture
def nights(made: Made, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setenv("HENG_HOME", str(made.home))
    return made


def _without_source(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in ("version", "known_on")}


@pytest.mark.parametrize("night", [BEFORE, AFTER], ids=str)
def test_every_list_answers_as_it_did_when_nothing_later_had_come(nights: Made, night: date) -> None:
    for asked, told in answers("--known-on", str(night)).items():
        was = nights.served[night][asked]
        assert (told["version"], told["known_on"]) == (None, str(night)), asked
        assert was["version"]
        assert was["known_on"] is None
        assert _without_source(told) == _without_source(was), asked
    assert tables("--known-on", str(night)) == nights.tables[night]


def test_what_came_since_changes_what_is_served_by_every_list(nights: Made) -> None:
    same = [
        asked
        for asked in ASKED
        if {**_without_source(nights.served[BEFORE][asked]), "as_of": None}
        == {**_without_source(nights.served[AFTER][asked]), "as_of": None}
    ]
    assert same == []


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: " ".join(asked[:3]))
def test_the_answer_says_on_which_night_it_was_known(nights: Made, asked: tuple[str, ...]) -> None:
    for lang, says in (("en", f"as known on {BEFORE}"), ("zh", f"按 {BEFORE} 当夜已知的数据")):
        told = run(*asked, "--known-on", str(BEFORE), "--lang", lang)
        assert says in told
        assert "version" not in told
        assert "版本" not in told
    if has_rows(asked):
        head, *rows = run(*asked, "--known-on", str(BEFORE), "--format", "csv").splitlines()
        assert head.endswith("known_on")
        assert all(row.endswith(str(BEFORE)) for row in rows)
        assert "known_on" not in run(*asked, "--format", "csv").splitlines()[0] or asked[0] in TELLS_ALWAYS


@pytest.mark.parametrize("asked", [ASKED[0], *ASKED[4:]], ids=lambda asked: " ".join(asked[:3]))
def test_a_day_that_knows_nothing_is_refused_in_the_words_of_the_other_commands(
    nights: Made, asked: tuple[str, ...]
) -> None:
    for wrong, says in (("then", "Write --known-on YYYY-MM-DD"), ("2026-03-02", "the first night is that of")):
        done = CliRunner().invoke(app, [*asked, "--known-on", wrong])
        assert says in str(done.exception)


@pytest.mark.parametrize("seed", SEEDS)
def test_of_passages_the_days_of_the_findings_and_those_around_are_enough(
    random_nights: Callable[[int], RandomNights], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same fates as of all passages, for periods of one day and of three."""
    nights = random_nights(seed)
    monkeypatch.setenv("HENG_HOME", str(nights.home))
    for night in (FIRST_NIGHT + timedelta(1), FIRST_NIGHT + timedelta(NIGHTS - 1)):
        with known_on(night, fates.TABLES) as whole:
            for first, last in ((FIRST_NIGHT, FIRST_NIGHT), (FIRST_NIGHT - timedelta(1), FIRST_NIGHT + timedelta(1))):
                asked = fates.Asked(first, last, night)
                with findings_known_on(night, first, last) as source:
                    told, wanted = (fates.rows(each, asked).astype(str) for each in (source, whole))
                assert len(told)
                assert told.equals(wanted)


# --- the pages -------------------------------------------------------------------------------------------------
ADDRESS = {"lang": "en", "known_on": str(BEFORE)}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_it_showed_when_nothing_later_had_come(nights: Made, name: str) -> None:
    page = PAGES[name].layout(**ADDRESS)
    was = [told for told in nights.pages[BEFORE][name] if not told[0].endswith(OF_PASSAGES)]
    assert shown(page) == was
    assert shown(PAGES[name].layout(lang="en")) == nights.pages[AFTER][name] != was
    assert "As known after the night of 4 Mar 2026, by today's rules" in " ".join(words_of(page))
    for lang in ("zh", "en"):
        assert any(text.startswith(HOW[lang]) for text in words_of(PAGES[name].layout(lang=lang, known_on=str(BEFORE))))
        assert not any(text.startswith(HOW[lang]) for text in words_of(PAGES[name].layout(lang=lang)))


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_keeps_the_night_and_a_night_there_is_not_is_told(nights: Made, name: str) -> None:
    page = PAGES[name].layout(**ADDRESS)
    links = [props["href"] for props in parts_of(page) if str(props.get("href")).startswith((f"/{name}?", "/export/"))]
    assert len(links) > 10
    assert all(f"known_on={BEFORE}" in link for link in links)
    for wrong in ("2026-03-02", "2026-03-06", "then"):
        text = " ".join(words_of(PAGES[name].layout(lang="en", known_on=wrong)))
        assert "known_on" in text
        assert "As known after the night" not in text


def test_rows_and_drawers_of_hazards_are_those_of_the_night(nights: Made) -> None:
    for night in (BEFORE, AFTER):
        assert listed(str(night)) == nights.hazards[night]
    ((row,), drawers), (rows, _) = nights.hazards[BEFORE], nights.hazards[AFTER]
    assert (row["no"], row["state"]) == (HAZARD, "under removal")
    assert "Steps 4" in drawers[HAZARD]
    assert len(rows) == 2


def test_the_file_of_hazards_is_that_of_the_night_and_says_so(nights: Made) -> None:
    for night in (BEFORE, AFTER):
        was, told = nights.files[night], exported(f"&known_on={night}")
        assert [row[:-1] for row in told] == [row[:-1] for row in was]
        assert [row[-1].startswith("As known after the night of") for row in told[1:]] == [True] * (len(was) - 1)
    assert [{row[0] for row in nights.files[night][1:]} for night in (BEFORE, AFTER)] == [
        {HAZARD}, {HAZARD, "YH2602-431103-HWY0002"},
    ]  # fmt: skip
    client = client_of()
    wrong = client.get("/export/hazards.csv?known_on=2026-03-02", headers={"Host": "127.0.0.1"})
    assert wrong.status_code == 400


def test_a_night_stays_open_for_the_next_request_and_closes_when_nobody_reads_it(
    nights: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_known.close_all()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    db = snapshot()

    def opened(topic: str, night: date | None) -> AbstractContextManager[Any]:
        return as_known.source(db, topic, night)

    with opened("hazards", None) as served:
        assert served is db
    with opened("hazards", BEFORE) as first:
        pass
    with opened("hazards", BEFORE) as again:
        assert again is first
        for topic in ("hazards", "cases"):
            with opened(topic, AFTER):
                pass
        assert len(first.read("from core.hazard_life")) == 1, "two others came since, and it is still read"
        assert len(list(tmp_path.iterdir())) == 3
    assert len(list(tmp_path.iterdir())) == as_known.KEPT
    as_known.close_all()
    assert not list(tmp_path.iterdir())
