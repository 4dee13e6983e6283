"""Bulletins: every figure is that of the command that owns it, a period asked later as known then is the same, late
rows are told in the next issue, and HTML, PDF and DOCX say the same."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import docx
import pytest
from lxml import etree
from prefecture import NIGHTS, OLD, REGISTERS, build_night, deliver, passage
from typer.testing import CliRunner

from etl.cli import app
from warehouse import (
    audit,
    bulletin,
    bulletin_docx,
    bulletin_file,
    bulletin_forms,
    bulletin_store,
    bulletin_text,
    score,
    score_terms,
)
from warehouse.bulletin_text import Table, Words
from warehouse.connection import snapshot
from warehouse.errors import WarehouseError
from warehouse.principal import Principal, operator
from warehouse.publish import publish

FEBRUARY = bulletin.period("2026-02")
LEADER = Principal("acc-0009", "leader", None)


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, [*arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def documents(*arguments: str) -> Any:
    return json.loads(run(*arguments))


@dataclass(frozen=True)
class Nights:
    """An instance whose February closed on the night of 2 March; two days later a row of February came."""

    state: Path
    first: bulletin_store.Issue


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    state = tmp_path_factory.mktemp("bulletins") / "heng"
    state.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HENG_HOME", str(state))
        for feed, name in [*REGISTERS, *OLD]:
            deliver(state, feed, name)
        day, late = NIGHTS
        deliver(state, *day)
        publish(build_night(state, date(2026, 3, 2)))
        first, is_new = bulletin_store.draft(snapshot(), FEBRUARY, audit.SYSTEM)
        assert is_new
        deliver(state, *late)
        publish(build_night(state, date(2026, 3, 3)))
        yield Nights(state, first)


@pytest.fixture
def instance(nights: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """A copy, to write into."""
    state = tmp_path / "heng"
    shutil.copytree(nights.state, state)
    monkeypatch.setenv("HENG_HOME", str(state))
    return Nights(state, nights.first)


# --- periods -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "first", "last", "before", "year"),
    [
        ("2026-02", "2026-02-01", "2026-02-28", ("2026-01-01", "2026-01-31"), ("2025-02-01", "2025-02-28")),
        ("2025-02", "2025-02-01", "2025-02-28", ("2025-01-01", "2025-01-31"), ("2024-02-01", "2024-02-29")),
        ("2026-01", "2026-01-01", "2026-01-31", ("2025-12-01", "2025-12-31"), ("2025-01-01", "2025-01-31")),
        ("2026-Q1", "2026-01-01", "2026-03-31", ("2025-10-01", "2025-12-31"), ("2025-01-01", "2025-03-31")),
        ("2026-H2", "2026-07-01", "2026-12-31", ("2026-01-01", "2026-06-30"), ("2025-07-01", "2025-12-31")),
        ("2024", "2024-01-01", "2024-12-31", ("2023-01-01", "2023-12-31"), ("2023-01-01", "2023-12-31")),
    ],
)
def test_a_whole_period_is_held_against_whole_ones(
    name: str, first: str, last: str, before: tuple[str, str], year: tuple[str, str]
) -> None:
    asked = bulletin.period(name)
    assert (asked.name, str(asked.first), str(asked.last), asked.is_complete) == (name, first, last, True)
    assert tuple(map(str, asked.before)) == before
    assert tuple(map(str, asked.year)) == year


def test_a_part_of_a_period_is_held_against_as_many_days() -> None:
    asked = bulletin.Asked(date(2026, 3, 30))
    assert not asked.is_complete
    assert asked.before == (date(2026, 2, 1), date(2026, 2, 28))  # February has no more
    assert bulletin.Asked(date(2026, 3, 9)).before == (date(2026, 2, 1), date(2026, 2, 9))
    assert bulletin.Asked(date(2024, 2, 29)).year == (date(2023, 2, 1), date(2023, 2, 28))


@pytest.mark.parametrize(
    "name", ["2026-13", "2026-Q5", "2026-H3", "26-01", "0000", "2026-1", "２０２６", "", "2026-02-01"]
)
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(WarehouseError, match="is no period"):
        bulletin.period(name)


def test_the_last_whole_period() -> None:
    assert bulletin.last_whole(date(2026, 2, 28)).name == "2026-02"
    assert bulletin.last_whole(date(2026, 3, 1)).name == "2026-02"
    assert bulletin.last_whole(date(2026, 3, 1), "half").name == "2025-H2"


# --- figures -------------------------------------------------------------------------------------------------
def test_figures_are_those_of_the_commands(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENG_HOME", str(nights.state))
    told, of_february = bulletin.facts(snapshot(), FEBRUARY), ("--from", "2026-02-01", "--to", "2026-02-28")
    as_of = ("--as-of", "2026-02-28", "--format", "json")
    counts = documents("findings", *of_february, "--format", "json")["counts"]
    assert told["weighing"]["now"]["over_count"]["value"] == sum(one["finding_count"] for one in counts) > 0
    stages = documents("funnel", *of_february, *as_of)["stages"]
    assert [(one["stage"], one["count"]) for one in told["funnel"]] == [(one["stage"], one["count"]) for one in stages]
    (whole,) = documents("hazards", "rate", *as_of)["rates"]
    assert told["hazards"]["registered"] == whole["registered"]
    ranking = documents("ranking", *as_of)
    shown = [(one["code"], one["total"], one["place"]) for one in told["ranking"]["units"]]
    assert shown == [(one["code"], pytest.approx(one["total"], abs=1e-6), one["place"]) for one in ranking["units"]]
    suggested = documents("supervision", "--suggest", *as_of)["suggestions"]
    assert [one["rule"] for one in told["suggestions"]] == [one["rule"] for one in suggested]
    subjects = documents("repeat-violators", *as_of)["subjects"]
    assert told["repeat"]["vehicle"]["statutory"] == sum(one["tier"] == "statutory" for one in subjects)


def test_the_end_of_the_period_before_is_that_of_the_commands(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where no data reach back to it, nothing is told of it."""
    monkeypatch.setenv("HENG_HOME", str(nights.state))
    monkeypatch.setattr(bulletin, "first_day", lambda source: date(2026, 1, 31))
    told, then = bulletin.facts(snapshot(), FEBRUARY), ("--as-of", "2026-01-31", "--format", "json")
    (whole,) = documents("hazards", "rate", *then)["rates"]
    assert told["hazards"]["before"]["registered"] == whole["registered"]
    for subject, counts in told["repeat"]["before"].items():
        tiers = [one["tier"] for one in documents("repeat-violators", "--subject", subject, *then)["subjects"]]
        assert counts == {tier: tiers.count(tier) for tier in counts}
    monkeypatch.setattr(bulletin, "first_day", lambda source: date(2026, 2, 1))
    told = bulletin.facts(snapshot(), FEBRUARY)
    assert (told["hazards"]["before"], told["repeat"]["before"]) == (None, None)


@pytest.mark.parametrize(("lang", "more", "fewer"), [("zh", "增加 2", "减少 1"), ("en", "2 more", "1 fewer")])
def test_the_text_says_how_lists_moved(nights: Nights, lang: str, more: str, fewer: str) -> None:
    told = json.loads(bulletin.canonical(nights.first.told))
    for subject in ("vehicle", "enterprise"):
        told["repeat"][subject] |= {"statutory": 5, "warning": 7}
    told["repeat"]["before"] = {"vehicle": {"statutory": 3, "warning": 8}, "enterprise": {"statutory": 5}}
    told["hazards"] |= {"registered": 10, "closed": 8, "open": 4, "overdue": 2, "listed": 0}
    told["hazards"]["before"] = {"registered": 10, "closed": 7, "open": 5, "overdue": 0, "listed": 0}
    said = " ".join(one.text for one in bulletin_text.blocks(told, lang) if hasattr(one, "text"))
    day = Words(lang).day("2026-01-31")
    for key, moved in (
        ("repeat.change", {"vehicles": more, "warned": fewer, "enterprises": Words(lang)("same")}),
        ("hazards.change", {"open": fewer, "overdue": more, "listed": Words(lang)("same"),
                            "rate": Words(lang)("points.up", value="10.00")}),
    ):  # fmt: skip
        assert Words(lang)(key, day=day, **moved) in said


def test_counties_days_and_bands_add_up(nights: Nights) -> None:
    told = nights.first.told
    whole = told["weighing"]["now"]
    for part in ("weighed_count", "over_count", "severe_count"):
        assert sum(one["now"][part] for one in told["counties"] if "now" in one) == whole[part]["value"] > 0
    assert sum(row["over_count"] for row in told["days"]["now"]) == whole["over_count"]["value"]
    assert sum(told["bands"].values()) == whole["over_count"]["value"]


def test_no_plate_is_in_a_bulletin(nights: Nights) -> None:
    text = bulletin.canonical(nights.first.told) + "".join(map(str, bulletin_text.blocks(nights.first.told, "zh")))
    assert not re.search(r"湘M[0-9A-Z]{4}", text)


def test_before_the_last_day_is_in_there_is_none(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENG_HOME", str(nights.state))
    with pytest.raises(WarehouseError, match="The data reach 2026-03-03, not the end of 2026-03"):
        bulletin.facts(snapshot(), bulletin.period("2026-03"))


# --- as known then -------------------------------------------------------------------------------------------
def test_later_it_is_the_same_as_known_then(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what came since changes the one that is drafted now."""
    monkeypatch.setenv("HENG_HOME", str(nights.state))
    with bulletin.known_on_night(nights.first.night) as source:
        again = bulletin_store.recomputed(nights.first, source)
    assert again == dict(nights.first.told)
    now = bulletin.facts(snapshot(), FEBRUARY)
    assert now["weighing"]["now"]["weighed_count"]["value"] == again["weighing"]["now"]["weighed_count"]["value"] + 1
    assert "the same" in run("bulletin", "check", nights.first.code)


def test_a_changed_file_is_no_longer_the_same(instance: Nights) -> None:
    path = instance.state / "bulletins" / "2026-02" / "1.json"
    told = json.loads(path.read_text("utf-8"))
    told["weighing"]["now"]["over_count"]["value"] += 1
    path.write_text(bulletin.canonical(told), "utf-8")
    assert "other now: weighing" in run("bulletin", "check", "2026-02", code=1)


def test_drafting_again_is_a_new_revision_only_if_figures_changed(instance: Nights) -> None:
    assert run("bulletin", "draft", "2026-02", "--known-on", "2026-03-02").split() == [
        "2026-02/1", instance.first.code, "unchanged",
    ]  # fmt: skip
    told = run("bulletin", "draft", "2026-02").split()
    assert told[0] == "2026-02/2"
    assert told[2] == "drafted"
    assert run("bulletin", "draft").split()[2] == "unchanged"  # February is the last whole month
    listed = documents("bulletin", "list", "--json")["bulletins"]
    assert [(one["name"], one["revision"]) for one in listed] == [("2026-02", 2), ("2026-02", 1)]
    assert bulletin_store.find("2026-02/1").code == instance.first.code
    assert bulletin_store.find(instance.first.code.lower().replace("-", "")).revision == 1


def test_late_rows_are_told_in_the_next_issue(instance: Nights) -> None:
    """The issue signed off stays what it was; the next says which of its figures are others by now."""
    issue = bulletin_store.sign(instance.first, "示例科", LEADER)
    assert (issue.signed or {})["by"] == "示例科"
    deliver(instance.state, "wim_passage", "wim_passage_20260401.csv", [passage(9, "2026-03-31", 5)])
    publish(build_night(instance.state, date(2026, 4, 1)))
    march, _ = bulletin_store.draft(snapshot(), bulletin.period("2026-03"), audit.SYSTEM)
    restated = march.told["restated"]
    assert (restated["name"], restated["code"]) == ("2026-02", issue.code)
    (weighed,) = [one for one in restated["moved"] if one["name"] == "weighed_count"]
    assert weighed["now"] == weighed["was"] + 1
    zh = [str(block) for block in bulletin_text.blocks(march.told, "zh")]
    assert any("上期通报（2026-02" in text for text in zh)


def test_an_issue_is_signed_once_and_only_by_somebody(instance: Nights) -> None:
    with pytest.raises(WarehouseError, match="Say who"):
        bulletin_store.sign(instance.first, "  ", LEADER)
    run("bulletin", "sign", "2026-02", "--by", "示例科")
    with pytest.raises(WarehouseError, match="is signed off by 示例科"):
        bulletin_store.sign(bulletin_store.find("2026-02"), "另一科", LEADER)
    path = instance.state / "bulletins" / "2026-02" / "1.json"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(path.read_text("utf-8").replace('"kind":"month"', '"kind":"month "'), "utf-8")
    with pytest.raises(WarehouseError, match="is not what 示例科 signed off"):
        bulletin_store.issues()


def test_who_drafted_by_command_does_not_sign_by_command(instance: Nights) -> None:
    run("bulletin", "draft", "2026-02")
    issue = bulletin_store.find("2026-02")
    assert (issue.revision, (issue.drafted or {})["account"]) == (2, operator().account)
    with pytest.raises(bulletin_store.SelfSigned, match="another user of this machine"):
        run("bulletin", "sign", "2026-02", "--by", "示例科")
    with pytest.raises(bulletin_store.Settled, match="drafted anew"):
        run("bulletin", "sign", "2026-02/1", "--by", "示例科")
    assert not audit.folder().exists(), "nothing was signed"
    assert bulletin_store.sign(issue, "示例局", LEADER).signed is not None
    (row,) = audit.records(action="bulletin.signed")
    assert (row["actor"], row["query"], row["digest"]) == (
        "acc-0009",
        "bulletin.2026-02.2",
        bulletin.digest(issue.told),
    )


def test_an_issue_from_before_drafters_were_noted_can_be_signed(instance: Nights) -> None:
    (instance.state / "bulletins" / "2026-02" / "1.drafted.json").unlink()
    run("bulletin", "sign", "2026-02", "--by", "示例科")
    signed = bulletin_store.find("2026-02").signed
    assert signed is not None
    assert signed["account"] == operator().account


def test_a_closed_month_is_drafted_once(instance: Nights) -> None:
    from etl.bulletin import draft_closed

    shutil.rmtree(instance.state / "bulletins")
    first = draft_closed()
    assert "2026-02" in first
    assert draft_closed() == []
    assert (bulletin_store.find("2026-02").drafted or {})["account"] == audit.SYSTEM.account


# --- files ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_html_and_docx_hold_every_block(nights: Nights, lang: str) -> None:
    told = nights.first.told
    html = bulletin_file.html(told, lang).decode()
    assert "http://" not in html.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in html
    document = docx.Document(BytesIO(bulletin_docx.docx(told, lang)))
    lines = [paragraph.text for paragraph in document.paragraphs]
    tables = iter(document.tables)
    text = etree.tostring(etree.HTML(html), method="text", encoding="unicode")
    for block in bulletin_text.blocks(told, lang):
        said = block.caption if hasattr(block, "caption") else block.text
        assert said in text
        assert said in lines
        if isinstance(block, Table):
            cells = [[cell.text for cell in row.cells] for row in next(tables).rows]
            assert cells == [list(block.heads), *map(list, block.rows)]
    assert next(tables, None) is None
    for said in (bulletin_text.title(told, Words(lang)), bulletin_text.cut(told, Words(lang))):
        assert said in text
        assert said in lines


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_issue_of_the_first_format_is_opened_in_every_form(instance: Nights, lang: str) -> None:
    """It says nothing of what its format did not tell, and names its own format."""
    told = json.loads(bulletin.canonical(instance.first.told))
    told["format"] = "heng-bulletin/1"
    del told["clocks_other"]
    for part in ("repeat", "hazards"):
        del told[part]["before"]
    for one in told["measures"].values():
        del one["untold"]
    for at, unit in enumerate(told["ranking"]["units"]):
        unit |= {"place": at + 1, "low": 1, "high": 2}
        unit["change"] = {"points": 2.5, "low": -1.0, "high": 6.0, "is_told": at > 0}
    assert len(told["ranking"]["units"]) > 1
    (instance.state / "bulletins" / "2026-02" / "1.json").write_text(bulletin.canonical(told), "utf-8")
    issue = bulletin_store.find("2026-02/1")
    for form in bulletin_forms.FORMS:
        assert bulletin_forms.made(issue, form, lang)
    text = bulletin_forms.made(issue, "html", lang).decode()
    assert "heng-bulletin/1" in text
    assert bulletin.FORMAT not in text
    assert Words(lang)("measures.untold", parts="").strip(" 。.") not in text
    assert moves(told, lang) == [Words(lang)("ranking.not_told")] + ["+2.5"] * (len(told["ranking"]["units"]) - 1)
    with pytest.raises(WarehouseError, match="another version of heng"):
        bulletin_store.recomputed(issue, snapshot())


def moves(told: Any, lang: str) -> list[str]:
    """How the table of the ranking tells the changes."""
    tables = [one for one in bulletin_text.blocks(told, lang) if isinstance(one, Table)]
    head = Words(lang)("c.points")
    (table,) = [one for one in tables if head in one.heads]
    return [row[table.heads.index(head)] for row in table.rows]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("doubt", [None, *score.DOUBTS])
def test_a_change_that_is_not_sure_says_why(nights: Nights, doubt: str | None, lang: str) -> None:
    told = json.loads(bulletin.canonical(nights.first.told))
    for unit in told["ranking"]["units"]:
        unit["change"] = {"points": -1.25, "low": -2.0, "high": 1.0, "doubt": doubt}
    assert set(moves(told, lang)) == {score_terms.doubt_words(doubt, lang) if doubt else "−1.2"}


def test_the_tree_holds_why_a_change_is_not_sure(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENG_HOME", str(nights.state))
    asked = score.Asked(FEBRUARY.last)
    ranked = score.ranking(snapshot(), asked)
    doubted = replace(
        ranked,
        units=tuple(
            replace(one, change=score.Change(1.0, 0.5, 1.5, 1.0, 2.0, 0.1, {}, score.DOUBTS[at % 2]))
            for at, one in enumerate(ranked.units)
        ),
    )
    monkeypatch.setattr(score, "ranking", lambda *_, **__: doubted)
    told = bulletin.facts(snapshot(), FEBRUARY)["ranking"]["units"]
    assert [one["change"]["doubt"] for one in told] == [score.DOUBTS[at % 2] for at in range(len(told))]


def test_the_docx_is_laid_out_by_the_standard(nights: Nights) -> None:
    data = bulletin_docx.docx(nights.first.told, "zh")
    document = docx.Document(BytesIO(data))
    section = document.sections[0]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(each.mm) for each in margins if each is not None] == [37, 35, 28, 26]
    styles = {paragraph.style.name for paragraph in document.paragraphs if paragraph.style is not None}
    assert {"Heading 1", "Heading 2", "Normal"} <= styles
    with ZipFile(BytesIO(data)) as parts:
        body = parts.read("word/document.xml").decode()
        charts = [parts.read(name) for name in parts.namelist() if name.startswith("word/charts/")]
        assert 'w:eastAsia="仿宋"' in body
        assert 'w:firstLineChars="200"' in body
        assert len(charts) == 2
        counts = [one["over_count"] for one in nights.first.told["days"]["now"]]
        found = {etree.fromstring(chart).tag.split("}")[1] for chart in charts}
        assert found == {"chartSpace"}
        shown = [int(point.text) for point in etree.fromstring(charts[0]).iterfind(
            ".//{*}ser[1]/{*}val//{*}v")]  # fmt: skip
        assert shown == counts
        assert not any("embeddings" in name or "vbaProject" in name for name in parts.namelist())
    assert bulletin_docx.docx(nights.first.told, "zh") == data


def test_a_pdf_says_the_same(nights: Nights) -> None:
    data = bulletin_forms.made(nights.first, "pdf", "zh")
    assert data.startswith(b"%PDF")
    assert bulletin_forms.made(nights.first, "pdf", "zh") == data


def test_a_signed_file_says_so_and_a_draft_that_it_is_one(nights: Nights) -> None:
    told = nights.first.told
    draft, signed = (
        bulletin_file.html(told, "zh"),
        bulletin_file.html(told, "zh", {"by": "示例科", "at": "2026-03-03 09:00"}),
    )
    assert "尚未签发" in draft.decode()
    assert "签发：示例科" in signed.decode()
    assert "尚未签发" not in signed.decode()


def test_both_languages_have_every_text() -> None:
    for key, (zh, en) in bulletin_text.catalogue().items():
        assert zh, key
        assert en, key
        assert set(re.findall(r"{(\w+)}", zh)) >= set(re.findall(r"{(\w+)}", en)) - {"month"}, key
    used = Path(bulletin_text.__file__).read_text("utf-8") + Path(bulletin_docx.__file__).read_text("utf-8")
    used += Path(bulletin_file.__file__).with_name("bulletin.html.j2").read_text("utf-8")
    used += Path(bulletin_file.__file__).with_name("bulletin_chart.py").read_text("utf-8")
    stems = ("issue.", "period.", "vs.", "points.", "percent.", "restated.", "c.")
    for key in bulletin_text.catalogue():
        assert any(f"{quote}{key}{quote}" in used for quote in "'\"") or key.startswith(stems), key


@pytest.mark.parametrize(
    ("value", "says"), [(None, "—"), (0.0324, "3.24"), (0.125, "12.5"), (1.0, "100"), (0.99999, "99.9"), (0.0, "0.00")]
)
def test_rates_are_rounded_for_reading_only(value: float | None, says: str) -> None:
    assert bulletin_text.percent(value) == says
