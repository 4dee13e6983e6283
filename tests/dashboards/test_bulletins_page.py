"""The page of bulletins: drafts a closed period once, finds it by its code, and hands out its files."""

import html
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import fixture
import pytest
from dash import Dash
from driving import HOST, Callbacks, by_id, components, text_of
from one_app import account_of, client_of
from werkzeug.test import Client

from dashboards import queries
from dashboards.pages import bulletins
from dashboards.text import Text
from warehouse import audit, bulletin, bulletin_forms, bulletin_store, bulletin_text
from warehouse.control import Control
from warehouse.principal import Principal

VIEW = {"lang": "zh", "theme": "light"}
OCTOBER = "2026-10"


@pytest.fixture(autouse=True)
def _instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issues of an instance of its own."""
    monkeypatch.setenv("HENG_HOME", str(tmp_path))


@pytest.fixture
def callbacks(app: Dash) -> Callbacks:
    """Of an analyst, who drafts."""
    return Callbacks(app, "analyst")


def drafted(callbacks: Callbacks, name: Any = OCTOBER) -> Any:
    values = {"bulletins-draft.n_clicks": 1, "bulletins-period.value": name, "bulletins-view.data": VIEW}
    return callbacks.post("bulletins-said.children", values, "bulletins-draft.n_clicks")


def found(callbacks: Callbacks, code: Any) -> Any:
    values = {"bulletins-code.value": code, "bulletins-view.data": VIEW}
    return callbacks.post("bulletins-found.children", values, "bulletins-code.value")


def test_periods_that_are_over_and_have_data_can_be_drafted(db: fixture.Fixture, callbacks: Callbacks) -> None:
    """Sixty days to 22 November 2026: October is whole, September has its last days, and so has the third quarter."""
    names = [one.name for one in bulletins.periods(db)]
    assert names[:3] == [OCTOBER, "2026-09", "2026-Q3"]
    assert "2026-11" not in names
    offered = by_id(callbacks.page("/bulletins"), "bulletins-period")["props"]
    assert [one["value"] for one in offered["data"]] == names
    assert offered["value"] == OCTOBER


def test_a_draft_is_listed_and_the_same_figures_are_the_same_draft(db: fixture.Fixture, callbacks: Callbacks) -> None:
    assert "还没有通报" in text_of(callbacks.page("/bulletins"))
    first = drafted(callbacks).json["response"]
    (issue,) = bulletin_store.issues()
    assert issue.code in text_of(first["bulletins-said"]["children"])
    assert issue.code in text_of(first["bulletins-list"]["children"])
    assert "未签发" in text_of(first["bulletins-list"]["children"])
    assert "没有变化" in text_of(drafted(callbacks).json["response"]["bulletins-said"]["children"])
    assert len(bulletin_store.issues()) == 1
    whole = bulletin.facts(db, bulletin.period(OCTOBER))["weighing"]["now"]
    totals = queries.totals(db, queries.Selection(bulletin.period(OCTOBER).first, bulletin.period(OCTOBER).last))
    for name in ("weighed_count", "over_count", "severe_count"):
        assert whole[name]["value"] == totals[name] > 0


def test_a_signed_issue_says_by_whom(callbacks: Callbacks) -> None:
    drafted(callbacks)
    bulletin_store.sign(bulletin_store.find(OCTOBER), "示例科", Principal("acc-0009", "leader", None))
    told = text_of(callbacks.page("/bulletins"))
    assert "已签发：示例科" in told
    assert "待签发" not in told


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_section_that_is_read_leads_to_its_pages_with_its_days(callbacks: Callbacks, app: Dash, lang: str) -> None:
    """Every page takes the address as it is; the files that leave have no addresses."""
    drafted(callbacks)
    issue = bulletin_store.find(OCTOBER)
    client = client_of("analyst")
    told = client.get(f"/export/bulletin/{OCTOBER}/1.html?language={lang}", headers=HOST).text
    links = [html.unescape(one) for one in re.findall(r'<a href="(/[^"]+)"', told)]
    topics = [one.topic for one in bulletin_text.blocks(issue.told, lang) if isinstance(one, bulletin_text.Heading)]
    assert told.count('<p class="pages">') == len(topics) - 1, "all but the notes on the data"
    paths = set()
    for link in links:
        path, _, query = link.partition("#")[0].partition("?")
        paths.add(path)
        assert "2026-10-31" in query, link
        words = text_of(callbacks.page(path, f"?{query}&lang={lang}"))
        assert Text(lang)("state.bad_values", values="").split("：")[0].split(":")[0] not in words, link
    assert paths == {
        "/overload",
        "/overload/rows",
        "/quality",
        "/penalties",
        "/repeat",
        "/hazards",
        "/terminals",
        "/ranking",
    }
    assert b'class="pages"' not in bulletin_forms.made(issue, "html", lang)


def test_a_code_finds_its_issue(callbacks: Callbacks) -> None:
    drafted(callbacks)
    code = bulletin_store.find(OCTOBER).code
    told = text_of(found(callbacks, f" {code.lower()} ").json["response"]["bulletins-found"]["children"])
    assert "2026年10月" in told
    assert "没有核对码" in text_of(found(callbacks, "0000-0000-0000").json["response"]["bulletins-found"]["children"])
    assert found(callbacks, "").json["response"]["bulletins-found"]["children"] == ""


@pytest.mark.parametrize("name", ["2026-11", "2026-13", "../2026-10", "", None, 202610, ["2026-10"], {"a": 1}])
def test_other_periods_are_refused(callbacks: Callbacks, name: Any) -> None:
    assert drafted(callbacks, name).status_code == 400
    assert bulletin_store.issues() == []


@pytest.mark.parametrize("code", [7, ["a"], "x" * 21])
def test_other_codes_are_refused(callbacks: Callbacks, code: Any) -> None:
    assert found(callbacks, code).status_code == 400


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_files_are_handed_out(client: Client, callbacks: Callbacks, lang: str) -> None:
    drafted(callbacks)
    issue = bulletin_store.find(OCTOBER)
    title = bulletin_text.title(issue.told, bulletin_text.Words(lang))
    shown = client.get(f"/export/bulletin/{OCTOBER}/1.html?language={lang}", headers=HOST)
    assert shown.status_code == 200
    assert title in shown.text
    assert "Set-Cookie" not in shown.headers
    saved = client.get(f"/export/bulletin/{OCTOBER}/1.docx?language={lang}", headers=HOST)
    assert f"bulletin_{OCTOBER}_1_{lang}.docx" in saved.headers["Content-Disposition"]
    assert title in [paragraph.text for paragraph in docx.Document(BytesIO(saved.data)).paragraphs]
    figures = client.get(f"/export/bulletin/{OCTOBER}/1.json", headers=HOST)
    assert figures.json == dict(issue.told)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{OCTOBER}/1.exe", 404), (f"{OCTOBER}/9.pdf", 404), ("2026-09/1.pdf", 404), ("..%2f..%2fx/1.json", 404),
        (f"{OCTOBER}/1.html?language=fr", 400), (f"{OCTOBER}/-1.html", 404),
    ],
)  # fmt: skip
def test_other_addresses_are_refused(client: Client, callbacks: Callbacks, address: str, status: int) -> None:
    drafted(callbacks)
    assert client.get(f"/export/bulletin/{address}", headers=HOST).status_code == status


def test_every_link_of_a_file_says_what_it_is(callbacks: Callbacks) -> None:
    drafted(callbacks)
    page = callbacks.page("/bulletins")
    links = [one["props"] for one in components(page) if "/export/" in one["props"].get("href", "")]
    assert len({link["aria-label"] for link in links}) == len(links) == 6


def test_an_older_version_says_what_to_do(
    db: fixture.Fixture, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulletins, "is_built", lambda _: False)
    assert Text("zh")("bulletins.not_built.title") in text_of(callbacks.page("/bulletins"))


# --- signing off ------------------------------------------------------------------------------------------
def signed(leader: Callbacks, chosen: Any = f"{OCTOBER}/1", by: Any = "示例局", lang: str = "zh") -> Any:
    values = {
        "bulletins-sign.n_clicks": 1, "bulletins-waiting.value": chosen, "bulletins-by.value": by,
        "bulletins-view.data": VIEW | {"lang": lang},
    }  # fmt: skip
    return leader.post("bulletins-signed.children", values, "bulletins-sign.n_clicks")


def said(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return text_of(answer.json["response"]["bulletins-signed"]["children"])


@pytest.fixture
def leader(app: Dash) -> Callbacks:
    return Callbacks(app, "leader")


def test_a_leader_signs_what_an_analyst_drafted_and_it_is_on_record(callbacks: Callbacks, leader: Callbacks) -> None:
    drafted(callbacks)
    page = leader.page("/bulletins")
    assert by_id(page, "bulletins-waiting")["props"]["value"] == f"{OCTOBER}/1"
    assert "bulletins-draft" not in str(page)
    assert "bulletins-sign" not in {one["props"].get("id") for one in components(callbacks.page("/bulletins"))}
    answer = signed(leader, by="示例局 王某")
    issue = bulletin_store.find(OCTOBER)
    assert issue.code in said(answer)
    assert issue.signed is not None
    assert issue.drafted is not None
    accounts = {role: account_of(role).account_id for role in ("analyst", "leader")}
    assert (issue.signed["by"], issue.signed["account"]) == ("示例局 王某", accounts["leader"])
    assert (issue.drafted["account"], issue.drafted["role"]) == (accounts["analyst"], "analyst")
    told = answer.json["response"]
    assert told["bulletins-waiting"] == {"data": [], "value": None}
    assert "已签发：示例局 王某" in text_of(told["bulletins-list"]["children"])
    (row,) = audit.records(action="bulletin.signed")
    assert (row["actor"], row["role"], row["query"]) == (accounts["leader"], "leader", "bulletin.2026-10.1")
    assert row["digest"] == bulletin.digest(issue.told) == issue.signed["digest"]


def test_who_drafted_does_not_sign_whatever_the_role_by_then(app: Dash, callbacks: Callbacks, tmp_path: Path) -> None:
    drafted(callbacks)
    with Control(tmp_path) as store:
        store.set_role(account_of("analyst"), "leader")
    promoted = Callbacks(app, "analyst")
    assert "起草" in said(signed(promoted))
    assert "yourself" in said(signed(promoted, lang="en"))
    assert bulletin_store.find(OCTOBER).signed is None
    assert audit.records(action="bulletin.signed") == []


@pytest.mark.parametrize("role", ["analyst", "inspector", "district"])
def test_no_other_role_signs(app: Dash, callbacks: Callbacks, role: str) -> None:
    drafted(callbacks)
    assert signed(Callbacks(app, role)).status_code == 403
    assert bulletin_store.find(OCTOBER).signed is None


def test_what_was_signed_or_drafted_anew_meanwhile_is_not_signed(
    callbacks: Callbacks, leader: Callbacks, tmp_path: Path
) -> None:
    drafted(callbacks)
    folder = tmp_path / "bulletins" / OCTOBER
    again = (folder / "1.json").read_text("utf-8").replace('"kind":"month"', '"kind":"month","more":1')
    (folder / "2.json").write_text(again, "utf-8")
    assert "另出新稿" in said(signed(leader))
    with pytest.raises(bulletin_store.Settled, match="drafted anew"):
        bulletin_store.sign(bulletin_store.find(f"{OCTOBER}/1"), "示例局", Principal("acc-0009", "leader", None))
    (folder / "2.json").unlink()
    assert "已签发，" in said(signed(leader))
    assert "另出新稿" in said(signed(leader))
    assert len(audit.records(action="bulletin.signed")) == 1


@pytest.mark.parametrize("by", ["", "  ", None, "a\x00b"])
def test_without_a_name_nothing_is_signed(callbacks: Callbacks, leader: Callbacks, by: Any) -> None:
    drafted(callbacks)
    assert "署名" in said(signed(leader, by=by))
    assert bulletin_store.find(OCTOBER).signed is None


@pytest.mark.parametrize(("chosen", "by"), [(7, "x"), ([], "x"), (f"{OCTOBER}/1", 7), (f"{OCTOBER}/1", "x" * 61)])
def test_other_values_are_refused(callbacks: Callbacks, leader: Callbacks, chosen: Any, by: Any) -> None:
    drafted(callbacks)
    assert signed(leader, chosen, by).status_code == 400


def test_signing_asks_who_it_is_again_and_needs_its_record(
    callbacks: Callbacks, leader: Callbacks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafted(callbacks)
    said(signed(leader, by=""))
    with monkeypatch.context() as patch:
        patch.setattr(audit, "append", lambda *_: (_ for _ in ()).throw(audit.AuditUnwritable("the disk is full")))
        assert "审计日志" in signed(leader).text.encode().decode("unicode_escape")
    assert bulletin_store.find(OCTOBER).signed is None
    with Control(tmp_path) as store:
        store.connection.execute("update session set proved_at = 0")
    answer = signed(leader)
    assert answer.status_code == 403
    assert "fresh" in answer.json
    assert bulletin_store.find(OCTOBER).signed is None
