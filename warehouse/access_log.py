"""The one place where what happens to accounts, by command or in the browser, and at the gate is recorded: in the audit
log and, in words, in the process's own log.

Neither names anybody: the audit log has the account's random id, the other its digest; no name, token or plate.
"""

import hashlib
import logging

from warehouse import access_key, audit
from warehouse.home import home
from warehouse.principal import Principal

log = logging.getLogger("heng.access")
NOBODY = "nobody"
_REFUSED = ("failed", "blocked", "refused", "not_ready")


def record(
    action: str, account_id: str | None = None, on: str | None = None, note: str = "", **facts: str | int
) -> None:
    """``action``: a word such as ``login`` or ``refused``; ``account_id``: who did it; ``on``: the account it was done
    to, if another one's; ``note``: what else, kept sealed in the log; ``facts``: endpoints, pages, roles, numbers.

    Raises ``AuditUnwritable``. What gives somebody more (a session, an account, a link, a role, a password) is recorded
    inside the transaction that does it, so that it is not done without; what takes away is done first.
    """
    access_key.make(home())
    who = Principal(account_id or NOBODY, str(facts.get("role", "account")), None)
    outcome = "refused" if action.endswith(_REFUSED) else "done"
    audit.append(audit.Event(who, f"access.{action}", outcome, note=note, query=f"account.{on}" if on else None))
    actor = _digest(account_id) if account_id else NOBODY
    if on:
        facts["on"] = _digest(on)
    told = " ".join(f"{name}={value}" for name, value in sorted(facts.items()))
    log.info("%s by %s %s", action, actor, told)


def _digest(account_id: str) -> str:
    return hashlib.sha256(account_id.encode()).hexdigest()[:12]
