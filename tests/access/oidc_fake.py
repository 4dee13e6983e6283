"""A provider of sign-in on loopback, which signs in whoever it is told and can be told to misbehave."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from on_loopback import on_loopback
from werkzeug.wrappers import Request, Response

CLIENT, SECRET = "heng", "a secret of the client at its provider"


class FakeProvider:
    """``subject``: who is signed in; ``claims``: changes what it tells; ``sign``: how it signs."""

    def __init__(self, name: str = "127.0.0.1") -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.subject = "subject-0001"
        self.claims: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.discovery: dict[str, Any] = {}
        self.name = name
        self.issuer = ""

    def signed(self, claims: dict[str, Any], alg: str = "RS256", key: Any = None) -> str:
        return jwt.encode({"alg": alg, "kid": "one"}, claims, key or self.key, algorithms=[alg])

    def signed_by_secret(self, claims: dict[str, Any], text: str) -> str:
        return self.signed(claims, "HS256", OctKey.import_key(text))

    def unsigned(self, claims: dict[str, Any]) -> str:
        def part(value: dict[str, Any]) -> str:
            return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

        return f"{part({'alg': 'none', 'kid': 'one'})}.{part(claims)}."

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        self.asked.append(request.path)
        return self.answer(request)(environ, start)

    def answer(self, request: Request) -> Response:
        if request.path == "/.well-known/openid-configuration":
            places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            told = {"issuer": self.issuer, **{name: f"{self.issuer}/{path}" for name, path in places.items()}}
            return _json({**told, **self.discovery})
        if request.path == "/keys":
            return _json({"keys": [self.key.as_dict(private=False)]})
        if request.path == "/authorize":
            asked = request.args.to_dict()
            assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
            assert asked["code_challenge_method"] == "S256"
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            back = {"code": code, "state": asked["state"], "iss": self.issuer}
            return Response(status=302, headers={"Location": asked["redirect_uri"] + "?" + urlencode(back)})
        if request.path == "/token":
            return self.token(
                {name: values[0] for name, values in parse_qs(request.get_data(as_text=True)).items()}, request
            )
        return Response(status=404)

    def token(self, sent: dict[str, str], request: Request) -> Response:
        asked = self.codes.pop(sent.get("code", ""), None)  # a code counts once
        who = request.authorization
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or who is None
            or (who.username, who.password) != (CLIENT, SECRET)
            or sent.get("redirect_uri") != asked["redirect_uri"]
            or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return _json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": self.subject, "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "name": "Li Na", "groups": ["system", "administrators"],
        }  # fmt: skip
        token = self.sign(self.claims(claims))
        return _json({"access_token": "unused", "token_type": "Bearer", "expires_in": 300, "id_token": token})


def _json(told: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(told), status, content_type="application/json")


@contextmanager
def serving(provider: FakeProvider) -> Iterator[FakeProvider]:
    with on_loopback(provider) as address:
        provider.issuer = address.replace("127.0.0.1", provider.name)
        yield provider
