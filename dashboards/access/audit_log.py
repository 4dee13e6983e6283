"""The page of the audit administrator: who looked at whom, when and why; whether the log is whole; months as a file.

The log names nobody, and neither does this page: a subject is found by the number that is typed, which travels in the
body, and records of one subject are told together by the beginning of its keyed digest. What is sealed is opened by the
command alone, on the machine that has the opening key; it is never asked for here, where the log lies. Looking is
recorded before anything is shown.
"""

import hashlib
import json
import re
import threading
from datetime import date, datetime
from typing import Any

import flask
from werkzeug.exceptions import BadRequest

from dashboards import format as fmt
from dashboards import freshness, shell
from dashboards.access import session
from dashboards.access.frame import page
from dashboards.text import Text
from warehouse import audit, audit_check, clients
from warehouse.audit import AuditUnwritable, Event, Subject
from warehouse.audit_check import Verifying
from warehouse.control import account_name
from warehouse.errors import WarehouseError
from warehouse.home import home

routes = flask.Blueprint("audit", __name__, url_prefix="/audit", template_folder="templates")
ROWS = 50
WAIT_SECONDS = 5.0
"""How long an answer waits for a verification; one of a long log goes on behind it."""
LONGEST = 8192
"""Signs of a field: no address that a server takes is longer. What is longer is refused, never cut."""
_ACTION = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FIELDS = ("actor", "first", "last", "action", "purpose", "kind", "same", "before")


class _Wrong(Exception):
    """A field that cannot be asked for; the key of the text that says why."""


def _text() -> Text:
    return shell.view_of(flask.request.args).text


def _field(name: str) -> str:
    return flask.request.form.get(name, "").strip()


# --- what is asked ------------------------------------------------------------------------------------
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _Wrong("audit_log.wrong.day") from None


def _actor(text: str) -> str | None:
    """The id that a name or an id of an account or a client stands for. What is neither is taken as it is: ``system``,
    ``os:1000``, ``nobody``. Raises ``_Wrong`` for a name of both."""
    if not text:
        return None
    control = session.control()
    named = [account.account_id for account in (control.account(text), control.account_by_id(text)) if account]
    named += [
        one.client_id for one in clients.clients(control) if text == one.client_id or account_name(text) == one.name
    ]
    if len(named) > 1:
        raise _Wrong("audit_log.wrong.both")
    if named:
        return named[0]
    if text in ("system", "nobody") or re.fullmatch(r"[a-z]{2,8}:[a-z0-9_.-]{1,60}", text):
        return text
    raise _Wrong("audit_log.wrong.actor")


def _asked() -> tuple[dict[str, Any], Subject | None]:
    """What a form asks of ``audit.records``. Raises ``_Wrong``, and ``BadRequest`` for what no form sends."""
    if any(len(_field(name)) > LONGEST for name in (*_FIELDS, "number")):
        raise _Wrong("audit_log.wrong.long")
    action, purpose, same, before, kind = (_field(name) for name in ("action", "purpose", "same", "before", "kind"))
    if (
        (action and not _ACTION.fullmatch(action))
        or (purpose and purpose not in audit.PURPOSES)
        or (same and not _DIGEST.fullmatch(same))
        or (before and not re.fullmatch(r"[0-9]{1,12}", before))
        or (kind and kind not in audit.KINDS)
    ):
        raise BadRequest("not a choice of the page")
    number = _field("number")
    if number and not kind:
        raise BadRequest("a number without a kind")
    subject = Subject(kind, number) if number else None
    first, last = _day(_field("first")), _day(_field("last"))
    if first and last and first > last:
        raise _Wrong("audit_log.wrong.days")
    asked = {
        "first": first, "last": last, "actor": _actor(_field("actor")), "action": action or None, "subject": subject,
        "purpose": purpose or None, "same": same or None, "before": int(before) if before else None,
    }  # fmt: skip
    return asked, subject


# --- what is shown ------------------------------------------------------------------------------------
def _names(t: Text) -> dict[str, str]:
    """Whom an id stands for: an account by its name, a client as one."""
    control = session.control()
    named = {account.account_id: account.name for account in control.accounts()}
    return named | {one.client_id: t("audit_log.client", name=one.name) for one in clients.clients(control)}


def _action(action: str, t: Text) -> str:
    key = f"audit_log.action.{action}"
    return t(key) if t.has(key) else action


def _who(actor: str, names: dict[str, str], t: Text) -> str:
    if actor in names:
        return names[actor]
    return t(f"audit_log.actor.{actor}") if t.has(f"audit_log.actor.{actor}") else actor


def _query(query: str | None, names: dict[str, str], t: Text) -> str:
    """What asked; of a change of an account or a client, whose."""
    if query is None:
        return fmt.NONE
    whose = query.removeprefix("account.")
    if whose == query or whose not in names:
        return query
    return names[whose] if whose.startswith("client.") else t("audit_log.of_account", name=names[whose])


def _outcome(outcome: str, t: Text) -> str:
    return t(f"audit_log.outcome.{outcome}") if t.has(f"audit_log.outcome.{outcome}") else outcome


def _subject(row: dict[str, Any], t: Text) -> str:
    """What kind of subject, and the beginning of what stands for it, so that records of one are told together."""
    kind = row["subject_kind"]
    return t("audit_log.subject", kind=t(f"audit_log.kind.{kind}"), digest=row["subject"][:8]) if kind else fmt.NONE


def _row(row: dict[str, Any], names: dict[str, str], t: Text) -> dict[str, Any]:
    return {
        "seq": f"{row['seq']:,}",
        "at": fmt.moment(datetime.fromisoformat(row["at"]), t.lang),
        "who": _who(row["actor"], names, t),
        "role": t(f"access.role.{row['role']}") if t.has(f"access.role.{row['role']}") else "",
        "action": _action(row["action"], t),
        "outcome": _outcome(row["outcome"], t),
        "tone": "warn" if row["outcome"] in ("refused", "failed") else "",
        "purpose": t(f"lookup.purpose.{row['purpose']}") if row["purpose"] else fmt.NONE,
        "subject": _subject(row, t),
        "same": row["subject"],
        "has_note": row["sealed"] is not None,
        "query": _query(row["query"], names, t),
        "scope": _scope(row, t),
        "rows": fmt.NONE if row["row_count"] is None else f"{row['row_count']:,}",
    }  # fmt: skip


def _scope(row: dict[str, Any], t: Text) -> str:
    if row["action"].startswith(("access.", "audit.")):
        return fmt.NONE  # no rows of a county were asked for
    return t("access.every_county") if row["scope"] == "all" else row["scope"]


def _verification(t: Text, names: dict[str, str]) -> dict[str, Any]:
    """What the last verification found, in words, and whether one goes on."""
    found, goes_on = audit_check.last_verified(), audit_check.is_being_verified()
    if found is None:
        return {"tone": "warn", "state": t("audit_log.verified.never"), "line": "", "goes_on": goes_on}
    at = fmt.moment(datetime.fromisoformat(found["at"]), t.lang)
    line = t("audit_log.verified.line", at=at, by=_who(found["by"], names, t), records=f"{found['records']:,}",
             heads=f"{found['heads']:,}", seconds=f"{found['seconds']:g}")  # fmt: skip
    whole = found["fault"] is None
    return {
        "tone": "better" if whole else "worse",
        "state": t("audit_log.verified.whole" if whole else "audit_log.verified.not"),
        "line": line, "fault": found["fault"], "goes_on": goes_on,
        "key": t("audit_log.verified.with_key" if found["noted_key"] else "audit_log.verified.without_key"),
    }  # fmt: skip


def _page(status: int = 200, **values: Any) -> flask.Response:
    """The page for the form that was sent, or for nothing asked."""
    t = _text()
    names = _names(t)
    rows: list[dict[str, Any]] = []
    shown: dict[str, Any] = {"rows": [], "older": None, "actions": [], "months": []}
    form = {name: _field(name) for name in _FIELDS}
    try:
        asked, subject = _asked() if flask.request.endpoint == "audit.log" else ({}, None)
        if subject is not None:  # the number itself is written back to no page
            form["same"], form["kind"] = audit.subject_key(subject), ""
        rows = audit.records(**asked, limit=ROWS + 1)
        actions, months = audit.actions_and_months()
        audit.append(
            Event(session.principal(), "audit.read", "done", subject, query="audit", row_count=len(rows[:ROWS]))
        )
        shown = {
            "rows": [_row(row, names, t) for row in rows[:ROWS]],
            "older": rows[ROWS - 1]["seq"] if len(rows) > ROWS else None,
            "actions": [(action, _action(action, t)) for action in actions],
            "months": [month for month in reversed(months) if month < f"{datetime.now(freshness.CHINA):%Y-%m}"],
        }
    except _Wrong as error:
        status, values = 400, {"error": t(str(error)), **values}
    except AuditUnwritable:
        status, values = 503, {"error": t("audit_log.unwritable"), **values}
    except WarehouseError as error:
        status, values = 503, {"error": str(error), **values}
    done = flask.request.args.get("done", "") if flask.request.method == "GET" else ""
    values.setdefault("done", t("audit_log.done.verified") if done == "verified" else None)
    return page(
        "audit.html",
        status,
        asked=form,
        purposes=[(purpose, t(f"lookup.purpose.{purpose}")) for purpose in audit.PURPOSES],
        longest=LONGEST,
        kinds=[(kind, t(f"audit_log.kind.{kind}")) for kind in audit.KINDS],
        verified=_verification(t, names),
        **shown,
        **values,
    )


@routes.route("", methods=["GET", "POST"])
def log() -> Any:
    return _page()


# --- whether it is whole ------------------------------------------------------------------------------
def _head() -> list[dict[str, Any]]:
    """The head that was copied elsewhere, if one was given. Raises ``_Wrong``."""
    given = flask.request.files.get("head")
    text = given.read(8192) if given else b""
    if not text:
        return []
    try:
        head = json.loads(text)
    except ValueError:
        raise _Wrong("audit_log.wrong.head") from None
    if not isinstance(head, dict):
        raise _Wrong("audit_log.wrong.head")
    return [head]


@routes.post("/verify")
def verify() -> Any:
    key = _field("key").lower() or None
    try:
        if key and not _DIGEST.fullmatch(key):
            raise _Wrong("audit_log.wrong.key")
        heads = _head()
    except _Wrong as error:
        return _page(400, error=_text()(str(error)))
    by, root = session.principal(), home()
    failed: list[WarehouseError] = []

    def run() -> None:
        try:
            audit_check.verify_and_keep(by, root, key, heads)
        except Verifying:
            pass  # the page says that one goes on
        except WarehouseError as error:
            failed.append(error)

    at_work = threading.Thread(target=run, daemon=True)
    at_work.start()
    at_work.join(WAIT_SECONDS)
    if failed:
        return _page(503, error=str(failed[0]))
    return flask.redirect(flask.url_for("audit.log", done="" if at_work.is_alive() else "verified"), 303)


# --- months as a file ---------------------------------------------------------------------------------
@routes.post("/export")
def export() -> Any:
    until = _field("until")
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", until):
        raise BadRequest("no month")
    try:
        path = audit_check.export_months(until)
    except WarehouseError as error:
        return _page(409, error=str(error))
    data = path.read_bytes()
    by = session.principal()
    audit.append(Event(by, "audit.export", "done", query="audit", digest=hashlib.sha256(data).hexdigest()))
    answer = flask.Response(data, mimetype="application/x-ndjson")
    answer.headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return answer
