"""The client of a request to the API: a token in the header ``Authorization``, and nowhere else.

A token is no session and a session is no token: pages never read the header, and here no cookie is.
"""

import flask

from dashboards.access import session
from warehouse import clients
from warehouse.access_log import record
from warehouse.clients import Client


class Refused(Exception):
    """The request has no client. ``kind``: a problem of the API; ``wait``: seconds until it may be asked again."""

    def __init__(self, kind: str, wait: int = 0) -> None:
        super().__init__(kind)
        self.kind, self.wait = kind, wait


def load() -> Client:
    """Find the client of the request and count it. Raises ``Refused``, ``AuditUnwritable``."""
    told = flask.request.headers.getlist("Authorization")
    scheme, _, token = told[0].partition(" ") if len(told) == 1 else ("", "", "")
    found = clients.of_token(session.control(), token.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Refused("unauthorized")
    if wait := clients.take_turn(session.control(), found):
        raise Refused("too_many_requests", wait)
    if found.state != "active":
        record("client_refused", found.client_id, permission=found.state)
        raise Refused("expired" if found.state == "expired" else "unauthorized")
    session.set_client(found)
    return found
