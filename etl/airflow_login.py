"""Who may open Airflow's pages where the instance serves a bureau: whoever is signed in to ours with the role for it.

Airflow's own simple manager compares with passwords in clear and knows neither second factors nor sessions that end.
Here Airflow has no password of a person at all. Behind the one proxy its pages stand under the name of ours, so the
browser brings the cookie of our session; the token Airflow works with names that session and is worth nothing once it
ends. One password remains, of the supervisor on this machine (``secrets/airflow_passwords.json``, 0600): the proxy does
not let it in. Airflow loads this class by its name, so this module alone outside ``dags/`` imports airflow.
"""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import urlencode

from airflow.api_fastapi.app import AUTH_MANAGER_FASTAPI_APP_PREFIX, get_cookie_path
from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN, BaseAuthManager
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import is_safe_url
from airflow.configuration import conf
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from jwt import ExpiredSignatureError
from pydantic import BaseModel

from warehouse.access_log import record
from warehouse.address import base_url
from warehouse.control import SESSION_COOKIE, Control, digest
from warehouse.home import home

PERMISSION = "airflow"
ADMIN = "ADMIN"
TOKEN_SECONDS = 3600
"""A browser's token is made anew after this, as long as its session goes on."""


class AccountUser(SimpleAuthManagerUser):
    """``session``: the digest of the session of an account; None: the supervisor of this machine."""

    def __init__(self, username: str, session: str | None) -> None:
        super().__init__(username=username, role=ADMIN)
        self.session = session


class _Login(BaseModel):
    username: str
    password: str


class AccountsAuthManager(SimpleAuthManager):
    """Airflow's pages for accounts of the control store. Everybody who comes in may everything in Airflow."""

    def init(self) -> None:
        BaseAuthManager.init(self)  # not the simple one's, which writes and prints passwords

    def get_url_login(self, **kwargs: Any) -> str:
        target = kwargs.get("next_url")
        return f"{AUTH_MANAGER_FASTAPI_APP_PREFIX}/login" + (f"?{urlencode({'next': target})}" if target else "")

    def get_url_logout(self) -> str:
        """Our page that ends sessions: as long as ours goes on, Airflow's would begin anew."""
        return base_url() + "/account"

    def serialize_user(self, user: Any) -> dict[str, Any]:
        return {"sub": user.username, "heng_session": user.session}

    def deserialize_user(self, token: dict[str, Any]) -> AccountUser:
        return AccountUser(token["sub"], token["heng_session"])

    async def get_user_from_token(self, token: str) -> Any:
        """Raises ``ExpiredSignatureError`` where the session has ended or its account may no more."""
        user: Any = await super().get_user_from_token(token)
        if user.session is not None:
            with Control(home()) as control:
                account = control.signed_in(user.session)
            if account is None or account.account_id != user.username or not account.may(PERMISSION):
                raise ExpiredSignatureError("The session has ended.")
        return user

    def get_fastapi_app(self) -> FastAPI:
        app = FastAPI(title="Heng accounts", docs_url=None, redoc_url=None, openapi_url=None)
        app.add_api_route("/login", self._login, methods=["GET"], response_class=Response)
        app.add_api_route("/token", self._token, methods=["POST"], response_class=Response)
        return app

    def _login(self, request: Request, next: str = "") -> Response:
        held = digest(request.cookies.get(SESSION_COOKIE, ""))
        with Control(home()) as control:
            account = control.signed_in(held)  # no use of the session: our own pages keep it going
        if account is None:
            return RedirectResponse(base_url() + "/login", 303)
        if not account.may(PERMISSION):
            record("refused", account.account_id, permission=PERMISSION, role=account.role_name)
            return RedirectResponse(base_url() + "/account", 303)
        record("airflow", account.account_id, role=account.role_name)
        token = self.generate_jwt(AccountUser(account.account_id, held), expiration_time_in_seconds=TOKEN_SECONDS)
        base = conf.get("api", "base_url")
        answer = RedirectResponse(next if next and is_safe_url(next, request=request) else base + "/", 303)
        answer.set_cookie(
            COOKIE_NAME_JWT_TOKEN, token, path=get_cookie_path(), secure=base.startswith("https:"), httponly=True,
            samesite="strict",
        )  # fmt: skip
        return answer

    def _token(self, request: Request, body: _Login) -> Response:
        """A token for the supervisor on this machine."""
        if any(name.startswith("x-forwarded-") for name in request.headers):
            raise HTTPException(404)
        expected = self.get_passwords().get(body.username)
        if expected is None or not hmac.compare_digest(expected.encode(), body.password.encode("utf-8", "replace")):
            raise HTTPException(401, "Invalid credentials")
        return JSONResponse({"access_token": self.generate_jwt(AccountUser(body.username, None))}, 201)
