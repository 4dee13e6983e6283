"""Sign-in by the bureau's own provider (OpenID Connect, authorisation code with PKCE), where there is one.

The provider stands for the password alone. Whose account it is, is what an administrator bound to issuer and subject;
nobody gets an account, a role or a county from it, and the second factor of an account is asked for here as ever.

What begins a sign-in travels in a cookie of its own, sealed, because the browser keeps the strict one to itself when it
comes back from another site. For the same reason the answer is a page that goes on by itself, not a redirection.
"""

import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any

import flask
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from werkzeug.exceptions import NotFound

from dashboards import shell
from dashboards.access import forms, gate, session
from dashboards.access.frame import page
from dashboards.access.vault import vault
from warehouse import provider
from warehouse.access_log import record
from warehouse.errors import WarehouseError
from warehouse.home import home
from warehouse.provider import Provider

routes = flask.Blueprint("provider", __name__, url_prefix="/login/provider", template_folder="templates")
COOKIE = "__Host-heng-provider"
TRY_SECONDS = 600
LEEWAY_SECONDS = 60
ASK_SECONDS = 10
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key of the provider's own: never ``none``, never a secret that others share."""
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class NotTold(WarehouseError):
    """The provider did not answer, or its answer is not to be trusted. The message names no person."""


@dataclass(frozen=True)
class Try:
    """What begins a sign-in and has to come back with it."""

    state: str
    nonce: str
    verifier: str
    target: str


# --- what is said to the provider ----------------------------------------------------------------------
def _client(told: Provider) -> OAuth2Session:
    client = OAuth2Session(
        told.client_id, told.client_secret, scope="openid", code_challenge_method="S256",
        redirect_uri=flask.url_for("provider.came_back", _external=True), default_timeout=ASK_SECONDS,
    )  # fmt: skip
    client.trust_env = False
    client.verify = told.authorities or True
    client.max_redirects = 0
    return client


def _json(client: OAuth2Session, url: str) -> dict[str, Any]:
    answer = client.get(url, withhold_token=True, allow_redirects=False)
    if answer.status_code != 200:
        raise NotTold(f"the provider answered {answer.status_code}")
    found = answer.json()
    if not isinstance(found, dict):
        raise NotTold("the provider answered with no object")
    return found


def _discovered(client: OAuth2Session, told: Provider) -> dict[str, Any]:
    """Where the provider is asked what (OpenID Connect Discovery 1.0). Raises ``NotTold`` if it says it is another."""
    found = _json(client, told.issuer.rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != told.issuer:
        raise NotTold("the provider calls itself by another name than HENG_OIDC_ISSUER")
    if any(not isinstance(found.get(name), str) or not provider.is_private(found[name]) for name in _ENDPOINTS):
        raise NotTold("the provider names no private address for what is asked of it")
    return found


def beginning(told: Provider, target: str) -> tuple[str, Try]:
    """Where to send a browser, and what has to come back. Raises ``NotTold``."""
    begun = Try(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), target)
    with _client(told) as client:
        try:
            found = _discovered(client, told)
        except (OSError, ValueError) as error:
            raise NotTold(f"the provider cannot be asked ({type(error).__name__})") from None
        url, _ = client.create_authorization_url(
            found["authorization_endpoint"], state=begun.state, code_verifier=begun.verifier, nonce=begun.nonce
        )
    return url, begun


def subject_of(told: Provider, begun: Try, code: str) -> str:
    """Who signed in at the provider, for the code it sent. Raises ``NotTold``."""
    with _client(told) as client:
        try:
            found = _discovered(client, told)
            keys = KeySet.import_key_set(_json(client, found["jwks_uri"]))
            token = client.fetch_token(
                found["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=begun.verifier,
                allow_redirects=False,
            )  # fmt: skip
            signed = jwt.decode(token["id_token"], keys, algorithms=list(ALGORITHMS))
            essential = {name: {"essential": True} for name in ("sub", "exp", "iat", "nonce")}
            claims = CodeIDToken(
                signed.claims, signed.header,
                {"iss": {"essential": True, "value": told.issuer}, "aud": {"essential": True, "value": told.client_id},
                 **essential},
                {"nonce": begun.nonce, "client_id": told.client_id, "access_token": token.get("access_token")},
            )  # fmt: skip
            claims.validate(leeway=LEEWAY_SECONDS)
            return provider.checked_subject(str(signed.claims["sub"]))
        except (OSError, ValueError, KeyError, TypeError, AuthlibBaseError, JoseError, provider.BadProvider) as error:
            raise NotTold(f"the answer of the provider is not to be trusted ({type(error).__name__})") from None


# --- routes -------------------------------------------------------------------------------------------
def _told() -> Provider:
    found = provider.settings(home())
    if found is None:
        raise NotFound
    return found


def _refused(key: str, status: int, **values: Any) -> flask.Response:
    text = shell.view_of(flask.request.args).text(key, **values)
    answer = page("login.html", status, target="/", error=text)
    answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
    return answer


@routes.get("")
def begin() -> Any:
    told, account = _told(), session.signed_in()
    if account is not None:
        return flask.redirect(gate.first_page(account), 303)
    if seconds := forms.count_address():
        forms.record_block(seconds)
        return forms.waits(seconds, "login.html", target="/")
    try:
        url, begun = beginning(told, gate.local(flask.request.args.get("next", "")))
    except NotTold as error:
        record("provider_failed")
        flask.current_app.logger.warning("sign-in by the provider: %s", error)
        return _refused("access.provider.silent", 502)
    answer = flask.redirect(url, 303)
    answer.set_cookie(
        COOKIE, vault().kept("provider", json.dumps(asdict(begun))), max_age=TRY_SECONDS, secure=True, httponly=True,
        samesite="Lax", path="/",
    )  # fmt: skip
    return answer


@routes.get("/callback")
def came_back() -> Any:
    told, asked = _told(), flask.request.args
    kept = vault().taken("provider", flask.request.cookies.get(COOKIE, ""), TRY_SECONDS)
    begun = Try(**json.loads(kept)) if kept else None
    if begun is None:  # nobody began here, or long ago: anybody can ask this, so it fills no log
        return _refused("access.provider.stale", 400)
    if seconds := forms.count_address():
        forms.record_block(seconds)
        return forms.waits(seconds, "login.html", target="/")
    if not hmac.compare_digest(asked.get("state", "").encode("utf-8", "replace"), begun.state.encode()):
        record("provider_failed")
        return _refused("access.provider.stale", 400)
    if "code" not in asked or asked.get("iss", told.issuer) != told.issuer:
        record("provider_failed")
        return _refused("access.provider.refused", 401)
    try:
        subject = subject_of(told, begun, asked["code"])
    except NotTold as error:
        record("provider_failed")
        flask.current_app.logger.warning("sign-in by the provider: %s", error)
        return _refused("access.provider.refused", 401)
    account = session.control().account_of_identity(told.issuer, subject)
    if account is None or not account.is_enabled:
        record("provider_refused", account.account_id if account else None)
        return _refused("access.provider.unknown", 403, subject=subject)
    if not account.is_ready:
        record("login_not_ready", account.account_id)
        return _refused("access.login.not_ready", 403)
    forms.refund_address(2)  # that it began, and that it came back
    if account.second_factor is not None:
        session.begin(account, "second", proved=False)
        onward = flask.url_for("person.second", next=begun.target)
    else:
        with session.control().transaction():
            session.begin(account, proved=False)
            record("login", account.account_id, how="provider", role=account.role_name)
        onward = begun.target if gate.fits(account, begun.target) else gate.first_page(account)
    answer = page("onward.html", onward=onward)
    answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
    return answer
