"""Mails of alerts: after a night one digest for each recipient, as counts by rule with a link. Off unless it is set up.

``HENG_ALERT_MAIL_CONNECTION`` names an SMTP connection of Airflow, which keeps server, sender and password;
``HENG_URL`` is where the link leads. ``alert_recipients.csv`` of the instance (0600) holds a line a recipient:
``address``, ``role`` and ``counties`` (codes parted by blanks; none: all), which say what is counted as for an account
of that role, and ``lang``. No plate, name or number leaves by mail.

A recipient gets one mail for a business date, however often it is published again. Each is noted once the server took
it; what failed is sent by the next try. A crash between the two sends one again under the same Message-ID.
"""

from __future__ import annotations

import csv
import logging
import os
import re
import smtplib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import NamedTuple
from urllib.parse import urlsplit

from etl.errors import BadMailSetting, HengError
from warehouse import alert_store, connection
from warehouse.address import BadAddress, base_url, is_told
from warehouse.alert_store import Days
from warehouse.alerts import SEVERITIES, SEVERITY_WORDS, TABLES, Asked, alerts, rules
from warehouse.control import ControlError, check_role
from warehouse.home import home
from warehouse.last_day import usual_day
from warehouse.metrics import tables
from warehouse.principal import Principal
from warehouse.roles import ROLES, counties_of

log = logging.getLogger(__name__)
COLUMNS = ("address", "role", "counties", "lang")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200}[A-Za-z0-9])?")
_WORDS = {
    "zh": {
        "subject": "衡：截至 {day} 立即办理 {act} 项（待办 {act_open}），即将到期 {soon} 项（待办 {soon_open}）",
        "heads": ("规则", "紧急程度", "数量", "今日新增", "待办"), "link": "打开预警页面",
        "scope": "范围：{scope}", "all": "全市",
        "foot": "每夜发布后每位收件人一封；邮件不含车牌、姓名和证号。规则和阈值是产品假设，待局方确认。",
    },
    "en": {
        "subject": "Heng: as of {day} {act} to act on now ({act_open} open), {soon} due soon ({soon_open} open)",
        "heads": ("rule", "urgency", "count", "new today", "open"), "link": "Open the page of alerts",
        "scope": "Of: {scope}", "all": "the prefecture",
        "foot": "One mail a recipient after each night; no plate, name or number of a person is in it. Rules and "
        "thresholds are assumptions of the product, to be confirmed by the bureau.",
    },
}  # fmt: skip


class MailFailed(HengError):
    """Some mails did not leave; the next try sends them."""


@dataclass(frozen=True)
class Recipient:
    """``counties``: None: all."""

    address: str
    role: str
    counties: tuple[str, ...] | None
    lang: str


class Mail(NamedTuple):
    """One digest. ``night``: business date of the version it tells of."""

    address: str
    subject: str
    html: str
    message_id: str
    night: date


def connection_id() -> str | None:
    """The SMTP connection of Airflow that mails leave by; None: they are off."""
    return os.environ.get("HENG_ALERT_MAIL_CONNECTION", "").strip() or None


def recipients() -> list[Recipient]:
    """Whom mails go to. Raises ``BadMailSetting`` for a file that cannot be used; it names the line, no address."""
    path = home() / "alert_recipients.csv"
    try:
        mode, text = path.stat().st_mode, path.read_text("utf-8-sig")
    except (OSError, ValueError):
        raise BadMailSetting(f"{path} is missing or cannot be read: a line {','.join(COLUMNS)} a recipient.") from None
    if mode & 0o077:
        raise BadMailSetting(f"{path} can be read by others. Run `chmod 600 {path}` and try again.")
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise BadMailSetting(f"{path} does not begin with the line {','.join(COLUMNS)}.")
    found: dict[str, Recipient] = {}
    for number, row in enumerate(reader, 2):
        address, role, lang = ((row[name] or "").strip() for name in ("address", "role", "lang"))
        counties = tuple(sorted((row["counties"] or "").split()))
        known = ROLES.get(role)
        is_right = known is not None and known.may("alerts") and lang in _WORDS
        if not is_right or None in row or not _ADDRESS.fullmatch(address):
            raise BadMailSetting(
                f"{path}, line {number}: not an address, a role with the page of alerts, and zh or en."
            )
        try:
            check_role(role, counties)
        except ControlError:
            raise BadMailSetting(f"{path}, line {number}: these counties do not go with the role {role}.") from None
        if address.casefold() in found:
            raise BadMailSetting(f"{path}, line {number}: an address that stands there already.")
        found[address.casefold()] = Recipient(address, role, counties_of(role, counties), lang)
    return list(found.values())


def site() -> str:
    """Where links lead. Raises ``BadMailSetting`` where it is not set."""
    try:
        told = base_url() if is_told() else ""
    except BadAddress:
        told = ""
    if not urlsplit(told).hostname:
        raise BadMailSetting("HENG_ALERT_MAIL_CONNECTION needs HENG_URL, the address of the pages.")
    return told


def due() -> list[Mail]:
    """The mails of the published version that have not left. Raises ``BadMailSetting``."""
    to, url = recipients(), site()
    found = []
    for one in to:
        source = connection.snapshot(Principal("mail", one.role, one.counties))
        night = date.fromisoformat(source.manifest["business_date"])
        if not alert_store.is_mailed(one.address, night) and (mail := digest(source, one, night, url)) is not None:
            found.append(mail)
    return found


def digest(source: connection.Reader, to: Recipient, night: date, url: str) -> Mail | None:
    """What a recipient is told of a night; None: there is no alert, or the version is from before there were any."""
    if not tables(source).issuperset(TABLES):
        return None
    day = usual_day(source.manifest)
    found, told = alerts(source, Asked(day)), rules(source, day)
    if not found:
        return None
    stands = alert_store.standings(source, found, Days(day, max(day, night)))
    is_open = {one.key: stands[one.key].state == "open" for one in found}
    words, at = _WORDS[to.lang], int(to.lang == "en")
    count = Counter(one.rule for one in found)
    lines = []
    for name in sorted(count, key=lambda name: (SEVERITIES.index(told[name].alert_severity), -count[name], name)):
        own = [one for one in found if one.rule == name]
        cells = (
            told[name].en if at else told[name].zh, SEVERITY_WORDS[told[name].alert_severity][at], len(own),
            sum(one.age_days == 0 for one in own), sum(is_open[one.key] for one in own),
        )  # fmt: skip
        lines.append("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>")
    numbers = {
        f"{severity}{end}": f"{sum(one.severity == severity and (not end or is_open[one.key]) for one in found):,}"
        for severity in SEVERITIES
        for end in ("", "_open")
    }
    subject = str(words["subject"]).format(day=day, **numbers)
    heads = "".join(f"<th>{escape(head)}</th>" for head in words["heads"])
    scope = str(words["scope"]).format(scope=_places(source, to) or words["all"])
    address = escape(f"{url}/alerts?as_of={day}")
    html = (
        f'<p>{escape(subject)}</p><p>{escape(scope)}</p><table border="1" cellpadding="4"><tr>{heads}</tr>'
        f'{"".join(lines)}</table><p><a href="{address}">{escape(str(words["link"]))}</a> {address}</p>'
        f"<p>{escape(str(words['foot']))}</p>"
    )
    key = alert_store.recipient_key(to.address)[:16]
    return Mail(to.address, subject, html, f"<alerts-{night}-{key}@{urlsplit(url).hostname}>", night)


def _places(source: connection.Reader, to: Recipient) -> str:
    if to.counties is None:
        return ""
    query = "select county_code, name_zh, name_en from seeds.county where valid_to is null order by county_code"
    names = {row["county_code"]: row[f"name_{to.lang}"] for row in source.constant(query)}
    return ("、" if to.lang == "zh" else ", ").join(names.get(code, code) for code in to.counties)


def send(mails: list[Mail], hand_over: Callable[[Mail], None]) -> int:
    """Hand mails to the server one by one and note each that it took; how many.

    Raises ``MailFailed`` when it took some of them not, after all were tried.
    """
    failed: list[str] = []
    for mail in mails:
        try:
            hand_over(mail)
        except (smtplib.SMTPException, OSError) as error:
            failed.append(type(error).__name__)
            continue
        alert_store.note_mailed(mail.address, mail.night, mail.html)
    log.info("%d mails of alerts left", len(mails) - len(failed))
    if failed:
        why = ", ".join(sorted(set(failed)))
        raise MailFailed(f"{len(failed)} of {len(mails)} mails of alerts did not leave ({why}). They are tried again.")
    return len(mails)
