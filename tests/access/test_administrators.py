"""The pages of administrators: each may what its duty is, no more; every change is on record."""

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from forms import fill, said
from one_app import HOST, PASSWORD, Signed, account_of, client_of

from dashboards.text import catalogue
from warehouse import alert_store, audit, audit_check, clients
from warehouse.audit import AuditUnwritable, Event, Principal, Subject
from warehouse.control import Control
from warehouse.home import REPOSITORY
from warehouse.roles import ROLES

PLATE = "湘M12345"
ENABLE = "/accounts/enable"
ACTIONS = "audit_log.action."


def send(client: Signed, path: str, **values: Any) -> Any:
    return client.post(path + "?lang=en", data=values, headers=HOST)


def text_of(answer: Any) -> str:
    return answer.get_data(as_text=True)


def last_record(**wanted: str) -> dict[str, Any]:
    return audit.records(limit=1, **wanted)[0]  # type: ignore[arg-type]


# --- accounts -----------------------------------------------------------------------------------------
def test_it_takes_two_administrators_to_let_somebody_in(app: Dash, store: Control) -> None:
    system, security = client_of("system", app=app), client_of("security", app=app)
    assert send(system, "/accounts/add", name="Li.Na", role="inspector", county=["431124"]).status_code == 303
    added = store.known_account("li.na")
    assert (added.is_enabled, added.waits_for_its_role) == (False, True)
    assert send(system, "/accounts/link", account=added.account_id).status_code == 409
    assert send(system, "/accounts/grant", account=added.account_id, role="inspector").status_code == 403
    assert not store.known_account("li.na").is_enabled

    assert (
        send(security, "/accounts/grant", account=added.account_id, role="analyst").location == "/accounts?done=granted"
    )
    granted = store.known_account("li.na")
    assert (granted.role_name, granted.counties, granted.is_enabled) == ("analyst", None, True)
    assert send(security, "/accounts/link", account=added.account_id).status_code == 403

    page = send(system, "/accounts/link", account=added.account_id)
    link = re.search(r"http://127\.0\.0\.1(/link/[\w-]{43})</code>", text_of(page))
    assert link
    assert link[1] not in text_of(system.get("/accounts", headers=HOST)), "it is shown once"
    newcomer = client_of(None, app=app)
    assert fill(newcomer, link[1], password=PASSWORD, again=PASSWORD).status_code == 303
    assert newcomer.get("/overload", headers=HOST).status_code == 200
    assert store.known_account("li.na").last_sign_in_at is not None

    assert send(system, "/accounts/end-sessions", account=added.account_id).status_code == 303
    assert newcomer.get("/overload", headers=HOST).status_code == 303
    for client in (system, security):
        store.set_enabled(added, True)
        assert send(client, "/accounts/disable", account=added.account_id).status_code == 303
        assert not store.known_account("li.na").is_enabled
    assert send(system, "/accounts/enable", account=added.account_id).status_code == 403
    assert send(security, "/accounts/enable", account=added.account_id).status_code == 303
    assert store.known_account("li.na").is_enabled


def test_who_is_shut_out_before_the_link_was_used_stays_out_whatever_the_role(app: Dash, store: Control) -> None:
    system, security = client_of("system", app=app), client_of("security", app=app)
    assert send(system, "/accounts/add", name="li.na", role="analyst").status_code == 303
    account = store.known_account("li.na")
    send(security, "/accounts/grant", account=account.account_id, role="analyst")
    assert store.known_account("li.na").is_enabled
    send(security, "/accounts/disable", account=account.account_id)
    shown = text_of(send(security, "/accounts/open", account=account.account_id))
    assert catalogue("en")["account_list.state.disabled"] in shown
    assert catalogue("en")["account_list.waits"] not in shown
    assert f'action="{ENABLE}"' in shown
    assert send(security, "/accounts/grant", account=account.account_id, role="leader").status_code == 303
    after = store.known_account("li.na")
    assert (after.role_name, after.is_enabled, after.waits_for_its_role) == ("leader", False, False)


def test_who_is_shut_out_before_the_role_was_given_waits_for_none(app: Dash, store: Control) -> None:
    system, security = client_of("system", app=app), client_of("security", app=app)
    send(system, "/accounts/add", name="li.na", role="analyst")
    account = store.known_account("li.na")
    assert send(system, "/accounts/disable", account=account.account_id).status_code == 303
    send(security, "/accounts/grant", account=account.account_id, role="analyst")
    assert not store.known_account("li.na").is_enabled


def test_of_an_older_store_who_was_added_and_not_touched_since_waits(home: Path) -> None:
    with Control(home) as store:
        waits = store.add("li.na", "analyst", is_enabled=False)
        shut_out = store.add("chen.bo", "analyst")
        store.set_enabled(shut_out, False)
        store.connection.execute("update account set created_at = created_at - 1 where name = 'chen.bo'")
        store.connection.executescript("alter table account drop column waits_for_its_role; pragma user_version = 4")
    with Control(home) as store:
        found = {one.name: one.waits_for_its_role for one in store.accounts()}
    assert found == {waits.name: True, shut_out.name: False}


def test_every_change_names_who_and_whom_by_their_ids(app: Dash, store: Control, home: Path) -> None:
    system, security = client_of("system", app=app), client_of("security", app=app)
    send(system, "/accounts/add", name="li.na", role="leader")
    account = store.known_account("li.na")
    send(security, "/accounts/grant", account=account.account_id, role="district", county=["431124", "431103"])
    send(system, "/accounts/link", account=account.account_id)
    send(security, "/accounts/end-sessions", account=account.account_id)
    send(system, "/accounts/disable", account=account.account_id)
    send(security, "/accounts/enable", account=account.account_id)
    by = {role: account_of(role).account_id for role in ("system", "security")}
    found = [(row["action"], row["actor"], row["role"]) for row in reversed(audit.records())
             if row["query"] == f"account.{account.account_id}"]  # fmt: skip
    assert found == [
        ("access.account_added", by["system"], "system"), ("access.role_changed", by["security"], "security"),
        ("access.account_enabled", by["security"], "security"), ("access.link_made", by["system"], "system"),
        ("access.sessions_ended", by["security"], "security"), ("access.account_disabled", by["system"], "system"),
        ("access.account_enabled", by["security"], "security"),
    ]  # fmt: skip
    given = last_record(action="access.role_changed")
    opening = audit.read_key(home / "audit" / "keys" / "open.key")
    assert audit.opened_seal(given["sealed"], opening)["note"] == "district 431103 431124"
    assert "li.na" not in str(audit.records())


def test_nothing_is_given_where_it_cannot_be_recorded(
    app: Dash, store: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, security = client_of("system", app=app), client_of("security", app=app)
    account = account_of("analyst")
    store.begin_session(account)

    def refuse(*_: Any, **__: Any) -> Any:
        raise AuditUnwritable("the disk is full")

    monkeypatch.setattr(audit, "append", refuse)
    for client, path, values in (
        (system, "/accounts/add", {"name": "li.na", "role": "leader"}),
        (system, "/accounts/link", {"account": account.account_id}),
        (security, "/accounts/grant", {"account": account.account_id, "role": "leader"}),
        (security, "/accounts/disable", {"account": account.account_id}),
    ):
        assert send(client, path, **values).status_code == 503, path
    assert store.account("li.na") is None
    assert store.connection.execute("select count(*) from link").fetchone()[0] == 0
    after = store.known_account(account.name)
    assert (after.role_name, after.is_enabled) == ("analyst", False), "who is shut out is out all the same"
    assert store.sessions(after) == []
    assert send(security, "/accounts/enable", account=account.account_id).status_code == 503
    assert not store.known_account(account.name).is_enabled


def test_a_change_asks_for_password_and_code_again_where_they_were_given_long_ago(app: Dash, store: Control) -> None:
    account, month = account_of("leader"), last_month()
    values = {"account": account.account_id, "role": "analyst", "name": "li.na", "subject": "s", "until": month}
    for role, start, paths in (
        ("system", "/accounts", ("add", "link", "bind", "unbind", "disable", "end-sessions")),
        ("security", "/accounts", ("grant", "enable", "disable", "end-sessions")),
        ("audit", "/audit", ("export",)),
    ):
        client = client_of(role, app=app)
        store.connection.execute("update session set proved_at = 0")
        for path in paths:
            answer = send(client, f"{start}/{path}", **values)
            assert (answer.status_code, answer.location) == (303, f"/account/fresh?next={start}"), path
        assert client.get(start, headers=HOST).status_code == 200, "reading goes on"
    assert store.known_account(account.name) == account
    assert store.account("li.na") is None
    assert store.connection.execute("select count(*) from link").fetchone()[0] == 0


def last_month() -> str:
    from datetime import datetime, timedelta

    first = datetime.now(audit.BEIJING).replace(day=1)
    return f"{first - timedelta(days=1):%Y-%m}"


@pytest.mark.parametrize("path", ["link", "bind", "unbind", "grant", "enable", "disable", "end-sessions"])
@pytest.mark.parametrize("whose", ["system", "security", "audit"])
def test_no_page_changes_an_administrator(app: Dash, store: Control, path: str, whose: str) -> None:
    for role in ("system", "security"):
        client = client_of(role, app=app)
        before = account_of(whose)
        values = {"account": before.account_id, "role": "analyst"}
        assert send(client, f"/accounts/{path}", **values).status_code == 403
        assert store.known_account(before.name) == before
    assert store.connection.execute("select count(*) from link").fetchone()[0] == 0


def test_no_page_makes_an_administrator(app: Dash, store: Control) -> None:
    system, security = client_of("system", app=app), client_of("security", app=app)
    account = account_of("leader")
    for role in ("system", "security", "audit", "root", ""):
        assert send(system, "/accounts/add", name="li.na", role=role).status_code == 400
        assert send(security, "/accounts/grant", account=account.account_id, role=role).status_code == 400
    assert store.known_account(account.name).role_name == "leader"
    assert store.account("li.na") is None


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"name": "x", "role": "leader"}, "3 to 40"),
        ({"name": "test.leader", "role": "leader"}, "of that name"),
        ({"name": "li.na", "role": "district"}, "at least one county"),
        ({"name": "li.na", "role": "leader", "county": "431124"}, "every county"),
    ],
)
def test_a_form_that_makes_no_sense_says_why(app: Dash, store: Control, values: dict[str, str], why: str) -> None:
    account_of("leader")
    answer = send(client_of("system", app=app), "/accounts/add", **values)
    assert answer.status_code == 400
    assert why in said(answer)
    assert store.account("li.na") is None


def test_an_account_that_is_none_and_a_county_that_is_none_are_refused(app: Dash) -> None:
    client = client_of("security", app=app)
    for values in ({"account": "x"}, {}, {"account": "' or 1=1 --"}):
        assert send(client, "/accounts/disable", **values).status_code == 400
    values = {"account": account_of("leader").account_id, "role": "district", "county": "110000"}
    assert send(client, "/accounts/grant", **values).status_code == 400


def test_an_administrator_begins_at_the_page_of_the_duty(app: Dash) -> None:
    for role, path in (("system", "/accounts"), ("security", "/accounts"), ("audit", "/audit")):
        account = account_of(role)
        client = client_of(role, app=app)
        assert client.get("/", headers=HOST).location == path
        assert client.get(path, headers=HOST).status_code == 200
        nobody = client_of(None, app=app)
        assert nobody.get(path, headers=HOST).location == f"/login?next={path}"
        assert account.name in text_of(client.get("/account", headers=HOST))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_who_lacks_a_permission_is_sent_to_whoever_gives_roles(app: Dash, lang: str) -> None:
    page = text_of(client_of("leader", app=app).get(f"/lookup?lang={lang}", headers=HOST))
    texts = catalogue(lang)
    named = {name for name in ROLES if texts[f"access.role.{name}"].lower() in texts["access.forbidden.next"]}
    assert named == {name for name, role in ROLES.items() if role.may("accounts.grant")}
    assert texts["access.forbidden.next"] in page


# --- the audit log ------------------------------------------------------------------------------------
def looked_up(plate: str, purpose: str = "vehicle_check", role: str = "inspector") -> None:
    account = account_of(role)
    by = Principal(account.account_id, role, None, "whole")
    audit.append(
        Event(by, "disclosure", "given", Subject("plate", plate), purpose=purpose, query="look_up", row_count=3)
    )


def rows_of(answer: Any) -> list[str]:
    """The rows of the table, as text."""
    body = text_of(answer).partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in body.split("</tr>") if "<th" in row]


def test_who_looked_at_a_vehicle_is_found_by_the_plate_that_is_typed(app: Dash, store: Control) -> None:
    client = client_of("audit", app=app)
    looked_up(PLATE)
    looked_up("湘M99999", "hazard_follow_up")
    answer = send(client, "/audit", kind="plate", number="湘 m12345")
    found = rows_of(answer)
    assert len(found) == 1
    assert "test.inspector" in found[0]
    assert "Roadside check" in found[0]
    assert PLATE not in text_of(answer)
    assert "m12345" not in text_of(answer), "what was typed is written back to no page"
    read = last_record(action="audit.read")
    assert (read["actor"], read["row_count"]) == (account_of("audit").account_id, 1)
    assert read["subject"] == audit.subject_key(Subject("plate", PLATE)), "who was looked for is on record"
    same = re.search(r'name="same" value="([0-9a-f]{64})"', text_of(answer))
    assert same
    assert len(rows_of(send(client, "/audit", same=same[1]))) == 2, "the look-up, and the look at its record"
    assert PLATE not in text_of(client.get("/audit?lang=en", headers=HOST))
    assert "Plate " + same[1][:8] in text_of(client.get("/audit?lang=en", headers=HOST))


def test_the_next_page_of_one_subject_goes_on_without_its_number(app: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboards.access import audit_log

    monkeypatch.setattr(audit_log, "ROWS", 1)
    client = client_of("audit", app=app)
    looked_up(PLATE, "repeat_list")
    looked_up("湘M99999")
    looked_up(PLATE)
    answer = send(client, "/audit", kind="plate", number=PLATE)
    assert PLATE not in text_of(answer)
    older = text_of(answer).rpartition('name="before"')
    values = dict(re.findall(r'type="hidden" name="(same|before)" value="([^"]+)"', "".join(older)))
    (row,) = rows_of(send(client, "/audit", **values))
    assert "Checking the repeat list" in row


def test_records_are_found_by_account_day_action_and_purpose(app: Dash, store: Control) -> None:
    client = client_of("audit", app=app)
    looked_up(PLATE)
    looked_up(PLATE, "repeat_list")
    looked_up(PLATE, "repeat_list", "analyst")
    today = last_record()["at"][:10]
    for values, count in (
        ({"purpose": "repeat_list"}, 2),
        ({"purpose": "repeat_list", "actor": "Test.Analyst"}, 1),
        ({"purpose": "repeat_list", "actor": account_of("inspector").account_id}, 1),
        ({"action": "disclosure"}, 3),
        ({"action": "disclosure", "first": today, "last": today}, 3),
        ({"action": "disclosure", "last": "2020-01-01"}, 0),
        ({"action": "disclosure", "first": "2999-01-01"}, 0),
        ({"action": "audit.begun", "actor": "system"}, 1),
    ):
        assert len(rows_of(send(client, "/audit", **values))) == count, values


def test_a_program_is_asked_for_and_told_like_an_account(app: Dash, store: Control) -> None:
    client = client_of("audit", app=app)
    program, _ = clients.add(store, "bureau.portal", "inspector")
    looked_up(PLATE)
    audit.append(
        Event(Principal(program.client_id, "inspector", None, "whole"), "disclosure", "given", query="look_up")
    )
    audit.append(Event(Principal("os:1000", "account", None), "access.client_added", "done",
                       query=f"account.{program.client_id}"))  # fmt: skip
    for asked in ("Bureau.Portal", program.client_id):
        answer = send(client, "/audit", actor=asked)
        assert answer.status_code == 200, said(answer)
        (row,) = rows_of(answer)
        assert "client bureau.portal" in row
    (row,) = rows_of(send(client, "/audit", action="access.client_added"))
    assert "client bureau.portal" in row, "whose token was made"
    account_of("leader", name="bureau.portal")
    answer = send(client, "/audit", actor="bureau.portal")
    assert (answer.status_code, rows_of(answer)) == (400, []), "of the two who are called so, nobody is guessed"
    assert "type an id" in said(answer)
    assert len(rows_of(send(client, "/audit", actor=program.client_id))) == 1


def test_the_filters_of_a_file_are_found_however_long_its_address(app: Dash) -> None:
    client = client_of("audit", app=app)
    address = "/export/cases.csv?" + "&".join(f"county=4311{number:02}&site=YZ{number:02}" for number in range(20))
    by = Principal(account_of("analyst").account_id, "analyst", None)
    audit.append(Event(by, "export", "given_masked", Subject("filters", address), query="case_export.cases_csv"))
    page = text_of(client.get("/audit", headers=HOST))
    (field,) = [tag for tag in re.findall("<input[^>]*>", page) if 'name="number"' in tag]
    assert int(field.partition('maxlength="')[2].partition('"')[0]) > len(address)
    (row,) = rows_of(send(client, "/audit", kind="filters", number=address))
    assert "test.analyst" in row
    for values in ({"kind": "filters", "number": "x" * 8193}, {"actor": "x" * 8193}):
        answer = send(client, "/audit", **values)
        assert (answer.status_code, rows_of(answer)) == (400, [])
        assert "at most" in said(answer), "what is cut would be found nowhere"


def test_what_cannot_be_asked_is_told_and_shows_no_row(app: Dash) -> None:
    client = client_of("audit", app=app)
    looked_up(PLATE)
    for values, why in (
        ({"actor": "nobody.here"}, "no such account"), ({"first": "1.1.2026"}, "2026-11-22"),
        ({"first": "2026-02-02", "last": "2026-02-01"}, "after the last"),
    ):  # fmt: skip
        answer = send(client, "/audit", **values)
        assert (answer.status_code, rows_of(answer)) == (400, [])
        assert why in said(answer)
    for values in (
        {"action": "x' --"},
        {"purpose": "fun"},
        {"same": "x"},
        {"before": "-1"},
        {"kind": "dog"},
        {"number": PLATE},
    ):
        assert send(client, "/audit", **values).status_code == 400, values


def test_pages_of_records_go_on_without_a_gap(app: Dash, store: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboards.access import audit_log

    monkeypatch.setattr(audit_log, "ROWS", 4)
    client = client_of("audit", app=app)
    for number in range(10):
        looked_up(f"湘M0000{number}")
    seen: list[int] = []
    values = {"action": "disclosure"}
    for _ in range(3):
        answer = send(client, "/audit", **values)
        seen += [int(row.split()[0].replace(",", "")) for row in rows_of(answer)]
        older = re.search(r'name="before" value="(\d+)"', text_of(answer))
        values = {"action": "disclosure", "before": older[1]} if older else {}
    assert seen == [row["seq"] for row in audit.records(action="disclosure")]
    assert values == {}, "the third page is the last"


def test_without_a_record_of_looking_nothing_is_shown(app: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of("audit", app=app)
    looked_up(PLATE)

    def refuse(*_: Any, **__: Any) -> Any:
        raise AuditUnwritable("the disk is full")

    monkeypatch.setattr(audit, "append", refuse)
    answer = client.get("/audit?lang=en", headers=HOST)
    assert (answer.status_code, rows_of(answer)) == (503, [])
    assert "Verify now" in text_of(answer), "whether it is whole can be asked all the same"


def test_the_page_says_whether_the_log_is_whole(app: Dash, home: Path) -> None:
    client = client_of("audit", app=app)
    assert "not verified yet" in text_of(client.get("/audit?lang=en", headers=HOST))
    assert send(client, "/audit/verify").location == "/audit?done=verified"
    page = text_of(client.get("/audit?lang=en", headers=HOST))
    assert '<span class="pill better">whole</span>' in page
    assert "by test.audit" in page
    assert "Not held against" in page
    key = audit.keys_of().public
    assert send(client, "/audit/verify", key=key.upper()).status_code == 303
    assert "Held against a noted" in text_of(client.get("/audit?lang=en", headers=HOST))
    assert send(client, "/audit/verify", key="0" * 64).status_code == 303
    assert "record 1: it is not signed by the key" in text_of(client.get("/audit?lang=en", headers=HOST))
    assert send(client, "/audit/verify", key="abc").status_code == 400

    with audit.opened(audit.log_path()) as log:
        log.execute("drop trigger record_update")
        log.execute("update record set actor = 'somebody' where seq = 1")
    assert send(client, "/audit/verify").status_code == 303
    page = text_of(client.get("/audit?lang=en", headers=HOST))
    assert '<span class="pill worse">not whole</span>' in page
    assert "record 1: its content was changed" in page


def test_a_head_that_was_copied_tells_a_log_laid_back(app: Dash, home: Path, tmp_path: Path) -> None:
    import io
    import shutil

    client = client_of("audit", app=app)
    shutil.copytree(home / "audit", tmp_path / "earlier")
    looked_up(PLATE)
    head = json.dumps(audit.head_now()).encode()
    shutil.rmtree(home / "audit")
    shutil.copytree(tmp_path / "earlier", home / "audit")

    def verify(content: bytes) -> Any:
        return client.post(
            "/audit/verify?lang=en", data={"head": (io.BytesIO(content), "head.json")}, headers=HOST,
            content_type="multipart/form-data",
        )  # fmt: skip

    assert send(client, "/audit/verify").status_code == 303
    assert ">whole<" in text_of(client.get("/audit?lang=en", headers=HOST)), "without a copy it cannot be told"
    shutil.rmtree(home / "audit")
    shutil.copytree(tmp_path / "earlier", home / "audit")
    assert verify(head).status_code == 303
    assert "the log ends before it" in text_of(client.get("/audit?lang=en", headers=HOST))
    for content in (b"{", b"[]", b"\xff\xfe"):
        assert verify(content).status_code == 400


def test_a_result_nobody_signed_is_none(app: Dash, home: Path) -> None:
    client = client_of("audit", app=app)
    send(client, "/audit/verify")
    path = home / "audit" / "verified.json"
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(path.read_text("utf-8").replace('"records":', '"records":1'), "utf-8")
    assert audit_check.last_verified() is None
    assert "not verified yet" in text_of(client.get("/audit?lang=en", headers=HOST))


def test_two_verifications_do_not_run_at_once(app: Dash, home: Path) -> None:
    client = client_of("audit", app=app)
    with audit_check._alone(None):
        assert audit_check.is_being_verified()
        with pytest.raises(audit_check.Verifying):
            audit_check.verify_and_keep(Principal("x", "audit", None))
        assert "A verification goes on" in text_of(client.get("/audit?lang=en", headers=HOST))
    assert not audit_check.is_being_verified()


def test_months_leave_as_the_command_writes_them_and_are_on_record(
    app: Dash, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import datetime

    client = client_of("audit", app=app)
    month = last_record()["at"][:7]
    assert send(client, "/audit/export", until=month).status_code == 409, "it is not over"
    assert send(client, "/audit/export", until="2026-13").status_code == 400

    class Later(datetime):
        @classmethod
        def now(cls, zone: Any = None) -> Any:
            return datetime(2999, 1, 1, tzinfo=zone)

    monkeypatch.setattr(audit_check, "datetime", Later)
    answer = send(client, "/audit/export", until=month)
    assert answer.status_code == 200
    name = re.fullmatch(r'attachment; filename="([\w.-]+\.ndjson)"', answer.headers["Content-Disposition"])
    assert name
    (tmp_path / name[1]).write_bytes(answer.data)
    told = audit_check.verify_export(tmp_path / name[1], audit.keys_of().public)
    assert told.fault is None
    assert told.records > 0
    assert last_record(action="audit.export")["digest"] == hashlib.sha256(answer.data).hexdigest()


def literals(node: ast.expr) -> list[str | None]:
    """The texts that an expression may be; None: one that is not written out."""
    if isinstance(node, ast.IfExp):
        return [*literals(node.body), *literals(node.orelse)]
    return [node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None]


def actions_of(path: Path) -> Iterator[str | None]:
    """Of every record that a module writes, its action."""
    tree = ast.parse(path.read_text("utf-8"))
    imported = {(node.module, name.name) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
                for name in node.names}  # fmt: skip
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Attribute(value=ast.Name(id="audit"), attr="Event") | ast.Name(id="Event"):
                yield from literals(node.args[1])
            case ast.Name(id="record" | "_note") if ("warehouse.access_log", "record") in imported:
                yield from (word and f"access.{word}" for word in literals(node.args[0]))


def test_every_action_of_the_log_has_words() -> None:
    of_module = {
        str(path.relative_to(REPOSITORY)): list(actions_of(path))
        for folder in ("dashboards", "warehouse", "etl")
        for path in (REPOSITORY / folder).rglob("*.py")
    }
    found = {action for actions in of_module.values() for action in actions if action}
    found |= {f"alert.{action}" for action in alert_store.ACTIONS}
    told = {key.removeprefix(ACTIONS) for key in catalogue("en") if key.startswith(ACTIONS)}
    assert (sorted(found - told), sorted(told - found)) == ([], [])
    handed_on = [module for module, actions in of_module.items() if None in actions]
    assert sorted(handed_on) == [
        "dashboards/access/accounts.py", "warehouse/access_log.py", "warehouse/alert_store.py",
    ], "they take it from a caller"  # fmt: skip
