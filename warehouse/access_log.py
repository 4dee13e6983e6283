"""The one place where what happens to accounts, by command or in the browser, and at the gate is recorded.

A line names nobody: the account is told by its random id's digest, never by a name, a token or a plate.
"""

import hashlib
import logging

log = logging.getLogger("heng.access")


def record(action: str, account_id: str | None = None, **facts: str | int) -> None:
    """``action``: a word such as ``login`` or ``refused``; ``facts``: endpoints, pages, roles, numbers."""
    actor = hashlib.sha256(account_id.encode()).hexdigest()[:12] if account_id else "nobody"
    told = " ".join(f"{name}={value}" for name, value in sorted(facts.items()))
    log.info("%s by %s %s", action, actor, told)
