"""Fills in the forms of an account as a browser does."""

import re
from typing import Any

from one_app import HOST, Signed
from werkzeug.test import TestResponse

FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')
FORM = re.compile(r'<form method="post"[^>]*action="([^"]*)"')


def fill(
    client: Signed, path: str, base: str = "http://127.0.0.1", address: str = "127.0.0.1", **values: Any
) -> TestResponse:
    """Open a form and send it with these values and the token it holds."""
    around = {"REMOTE_ADDR": address}
    page = client.get(path, headers=HOST, environ_overrides=around)
    found = FIELD.search(page.get_data(as_text=True))
    assert found, (path, page.status_code, page.get_data(as_text=True)[:300])
    return client.post(
        path,
        data={"csrf_token": found[1], **values},
        headers={**HOST, "Origin": base},
        environ_overrides=around,
        without_token=True,
    )


def said(answer: TestResponse) -> str:
    """What a form says went wrong."""
    found = re.search(r'role="alert">.*?<span>([^<]*)</span>', answer.get_data(as_text=True), re.S)
    return found[1] if found else ""
