"""Mails of alerts: whom, what stands in them and what does not, once a night, and what becomes of those that fail."""

import smtplib
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import alert_rows
import pytest
from alert_rows import DAY, DRIVER, EXPECTED, PERMIT, PLATE, SECOND
from compliance_rows import Registers
from mail_server import MailServer, mail_server

from etl import alert_mail
from etl.alert_mail import BadMailSetting, Mail, MailFailed, connection_id, due, recipients, send
from warehouse import access_key, alert_store, connection
from warehouse.alert_store import Days, Saying
from warehouse.alerts import Asked, alerts
from warehouse.control import Control
from warehouse.principal import Principal

WHOLE, LEADER, COUNTY = "office@example.gov.cn", "leader@example.gov.cn", "dao@example.gov.cn"
LINES = f"{WHOLE},analyst,,zh\n{LEADER},leader,,en\n"


@pytest.fixture(scope="module")
def tables() -> Iterator[Registers]:
    made = alert_rows.filled()
    yield made
    made.connection.close()


@pytest.fixture
def asked_for(tables: Registers, home: Path, monkeypatch: pytest.MonkeyPatch) -> list[Principal]:
    """Who the published version was opened for; recipients and settings are those of a bureau that has mails."""
    access_key.make(home)
    found: list[Principal] = []

    def snapshot(who: Principal) -> Registers:
        found.append(who)
        return tables

    monkeypatch.setattr(connection, "snapshot", snapshot)
    monkeypatch.setenv("HENG_ALERT_MAIL_CONNECTION", "bureau_mail")
    monkeypatch.setenv("HENG_URL", "https://heng.example.gov.cn/")
    told(home, LINES)
    return found


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as made:
        yield made


def told(home: Path, lines: str, head: str = "address,role,counties,lang\n", mode: int = 0o600) -> None:
    path = home / "alert_recipients.csv"
    path.write_text(head + lines, encoding="utf-8")
    path.chmod(mode)


def by(server: MailServer) -> Any:
    """Hands a mail over as a client does."""

    def hand_over(mail: Mail) -> None:
        message = MIMEText(mail.html, "html", "utf-8")
        message["Subject"], message["To"], message["Message-ID"] = mail.subject, mail.address, mail.message_id
        with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
            client.send_message(message, "heng@example.gov.cn", [mail.address])

    return hand_over


def content(server: MailServer, to: str) -> str:
    (one,) = [mail for mail in server.mails if mail["To"] == to]
    return str(one.get_content())


# --- off -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", [None, "", "  "])
def test_mails_are_off_unless_a_connection_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is None:
        monkeypatch.delenv("HENG_ALERT_MAIL_CONNECTION", raising=False)
    else:
        monkeypatch.setenv("HENG_ALERT_MAIL_CONNECTION", value)
    assert connection_id() is None


# --- what and once -------------------------------------------------------------------------------
def test_each_recipient_gets_one_mail_a_night(asked_for: list[Principal], server: MailServer) -> None:
    assert send(due(), by(server)) == 2
    assert server.to == [LEADER, WHOLE]
    assert [(one.role, one.districts, one.mask) for one in asked_for] == [
        ("analyst", None, "masked"), ("leader", None, "masked"),
    ]  # fmt: skip
    assert due() == [], "published again, or run again: the same night is not sent twice"
    assert send(due(), by(server)) == 0
    assert len(server.mails) == 2


def test_the_next_night_is_another_mail(
    asked_for: list[Principal], server: MailServer, tables: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(due(), by(server))
    after = str(DAY + timedelta(days=1))
    monkeypatch.setattr(tables, "manifest", {"data_until": str(DAY), "business_date": after})
    assert send(due(), by(server)) == 2
    assert len({mail["Message-ID"] for mail in server.mails}) == 4


@pytest.mark.usefixtures("asked_for")
def test_it_tells_counts_by_rule_and_the_way_to_the_page_and_nobody(server: MailServer, tables: Registers) -> None:
    with Control(alert_store.home()) as control:
        added = control.add("zhou.min", "analyst")
        control.use_link(control.make_link(added), "hash", None, None, [])
    found = alerts(tables, Asked(DAY))
    late = next(one for one in found if one.rule == "case_overdue")
    saying = Saying("take", 0, DAY + timedelta(days=3), reason="催办")
    alert_store.say(tables, late, saying, Principal(added.account_id, "analyst", None), Days(DAY, DAY))
    send(due(), by(server))
    zh, en = content(server, WHOLE), content(server, LEADER)
    count = Counter(rule for rule, *_ in EXPECTED)
    assert f"<td>案件期限已届满，尚未办理（加处罚款另列）</td><td>立即办理</td><td>{count['case_overdue']}</td>" in zh
    assert f"<td>act now</td><td>{count['case_overdue']}</td><td>1</td><td>{count['case_overdue'] - 1}</td>" in en
    assert zh.count("<tr>") == en.count("<tr>") == len(count) + 1
    link = f"https://heng.example.gov.cn/alerts?as_of={DAY}"
    assert f'<a href="{link}">' in zh
    assert f'<a href="{link}">' in en
    subjects = [str(mail["Subject"]) for mail in server.mails]
    urgent = sum(one.severity == "act" for one in found)
    assert any(f"立即办理 {urgent} 项（待办 {urgent - 1}）" in subject for subject in subjects)
    assert any(f"{urgent} to act on now ({urgent - 1} open)" in subject for subject in subjects)
    names = [PLATE, SECOND, DRIVER, PERMIT, "湘M", "示例", "zhou.min", "催办", "C1", "H1", "YZ01", late.key]
    for mail in server.mails:
        whole = f"{mail.get_content()}{mail['Subject']}{mail['Message-ID']}"
        assert [name for name in names if name in whole] == []


@pytest.mark.usefixtures("server")
def test_a_county_is_asked_as_its_district_and_named(asked_for: list[Principal], home: Path) -> None:
    told(home, f"{COUNTY},district,431103 431102,zh\n")
    (mail,) = due()
    assert asked_for[-1].districts == ("431102", "431103")
    assert "范围：零陵区、冷水滩区" in mail.html


# --- what fails ----------------------------------------------------------------------------------
@pytest.mark.usefixtures("asked_for")
def test_one_that_is_refused_holds_up_no_other_and_is_tried_again(server: MailServer) -> None:
    server.refused = {WHOLE}
    with pytest.raises(MailFailed, match=r"1 of 2 .*SMTPRecipientsRefused") as error:
        send(due(), by(server))
    assert WHOLE not in str(error.value), "a log has no address"
    assert server.to == [LEADER]
    assert [mail.address for mail in due()] == [WHOLE]
    server.refused = set()
    assert send(due(), by(server)) == 1
    assert server.to == [LEADER, WHOLE]


@pytest.mark.usefixtures("asked_for")
def test_a_server_that_is_full_or_gone_loses_no_mail(server: MailServer) -> None:
    server.is_full = True
    with pytest.raises(MailFailed, match="2 of 2"):
        send(due(), by(server))
    server.is_full = False

    def nobody(mail: Mail) -> None:
        raise ConnectionRefusedError

    with pytest.raises(MailFailed, match="ConnectionRefusedError"):
        send(due(), nobody)
    before = [mail.message_id for mail in due()]
    assert send(due(), by(server)) == 2
    assert sorted(str(mail["Message-ID"]) for mail in server.mails) == sorted(before), "the same mail at every try"


@pytest.mark.usefixtures("asked_for")
def test_an_address_is_noted_as_a_keyed_digest(server: MailServer, home: Path) -> None:
    send(due(), by(server))
    raw = b"".join(path.read_bytes() for path in home.glob("alerts.sqlite*"))
    assert WHOLE.encode() not in raw
    assert alert_store.recipient_key(WHOLE).encode() in raw


def test_no_alert_is_no_mail(asked_for: list[Principal], tables: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_mail, "alerts", lambda source, asked: [])
    assert due() == []
    assert not alert_store.is_mailed(WHOLE, date.fromisoformat(tables.manifest["business_date"]))


# --- settings ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("no address,analyst,,zh\n", "line 2"), (f"{WHOLE},system,,zh\n", "line 2"),
        (f"{WHOLE},nobody,,zh\n", "line 2"),
        (f"{WHOLE},analyst,,fr\n", "line 2"), (f"{WHOLE},analyst,431102,zh\n", "do not go with"),
        (f"{WHOLE},district,,zh\n", "do not go with"), (f"{WHOLE},district,43x,zh\n", "do not go with"),
        (f"{LINES}{WHOLE.upper()},leader,,zh\n", "line 4"), (f"{WHOLE},analyst,,zh,more\n", "line 2"),
        (f'"{WHOLE}\nBcc: x@y.cn",analyst,,zh\n', "line 2"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_the_line_and_no_address(
    asked_for: list[Principal], home: Path, lines: str, words: str
) -> None:
    told(home, lines)
    with pytest.raises(BadMailSetting, match=words) as error:
        due()
    assert WHOLE not in str(error.value).lower()
    assert asked_for == []


@pytest.mark.usefixtures("asked_for")
def test_what_else_cannot_be_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(home, LINES, mode=0o640)
    with pytest.raises(BadMailSetting, match="chmod 600"):
        recipients()
    told(home, LINES, head="mail,role\n")
    with pytest.raises(BadMailSetting, match="address,role,counties,lang"):
        recipients()
    (home / "alert_recipients.csv").unlink()
    with pytest.raises(BadMailSetting, match="missing"):
        recipients()
    told(home, LINES)
    monkeypatch.setenv("HENG_URL", "")
    with pytest.raises(BadMailSetting, match="HENG_URL"):
        due()
