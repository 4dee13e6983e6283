"""Passwords and second factors, by Flask-Security.

It runs on an application of its own that serves nothing: its hashes, TOTP and recovery codes are used, while none of
its routes, cookies or tokens can be reached. Sessions are ours (``warehouse/control.py``), because its cookie works
again after logout.
"""

import fcntl
import hashlib
import hmac
import io
import os
import time
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import flask
import qrcode
import qrcode.image.svg
from cryptography.fernet import Fernet, InvalidToken
from flask_security import Security, UserDatastore, hash_password, verify_password
from flask_security.totp import Totp
from passlib.totp import TOTP, TokenError
from werkzeug.exceptions import ServiceUnavailable

from warehouse import access_key
from warehouse.control import Account, Control
from warehouse.home import home

ISSUER = "Heng"
SHORTEST, LONGEST = 12, 256
PARALLEL_HASHES = 2
"""Hashes at one time on this host, of all workers: each takes 64 MiB."""
SLOT_SECONDS = 3.0
STEP_SECONDS = 30
_COMMON = Path(__file__).with_name("common_passwords.txt")


class _Accounts(UserDatastore):
    """What Flask-Security may ask of the control store: an account by its name."""

    def find_user(self, case_insensitive: bool = False, **attributes: Any) -> Any:
        with Control(home()) as control:
            return control.account(str(attributes.get("username", "")))


class _User:
    """Flask-Security wants the attribute's name only."""

    fs_uniquifier = "account_id"


class Vault:
    """Everything that needs the key of one state directory."""

    def __init__(self, key: bytes, state: Path) -> None:
        self._key = key
        self._state = state
        self._app = flask.Flask("heng_vault", static_folder=None)
        self._app.config.update(
            SECRET_KEY=self._derived("flask").hex(),
            SECURITY_PASSWORD_HASH="argon2",  # nosec B106  # name of an algorithm
            SECURITY_PASSWORD_SALT=self._derived("password pepper").hex(),
            SECURITY_TOTP_SECRETS={"1": self._derived("second factor").hex()},
            SECURITY_TOTP_ISSUER=ISSUER,
            SECURITY_TWO_FACTOR=True,
            SECURITY_TWO_FACTOR_ENABLED_METHODS=["authenticator"],
        )
        Security(self._app, _Accounts(_User, None), register_blueprint=False)
        self._totp = Totp({"1": self._derived("second factor").hex()}, ISSUER)
        self._steps = TOTP.using(issuer=ISSUER, secrets={"1": self._derived("second factor").hex()})
        self._fernet = Fernet(urlsafe_b64encode(self._derived("recovery codes")))
        self._kept = Fernet(urlsafe_b64encode(self._derived("what a cookie keeps")))
        self._nobody: str | None = None

    def _derived(self, purpose: str) -> bytes:
        return access_key.derived(self._key, purpose)

    def keyed(self, purpose: str, text: str) -> str:
        """A digest nobody without the key can make or look up."""
        return self.keyer(purpose)(text)

    def keyer(self, purpose: str) -> Callable[[str], str]:
        """``keyed`` of one purpose, for many texts."""
        key = self._derived(purpose)
        return lambda text: hmac.digest(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()

    # --- passwords ---------------------------------------------------------------------------------
    def hash(self, password: str) -> str:
        """Argon2id of a keyed digest. Raises ``ServiceUnavailable`` when too many are at it."""
        with self._slot(), self._app.app_context():
            return hash_password(_normal(password))

    def verify(self, account: Account | None, password: str) -> bool:
        """Whether the password is the account's. An unknown account, or one without, takes as long."""
        if self._nobody is None:
            self._nobody = self.hash("the password of nobody")
        known = account.password_hash if account else None
        with self._slot(), self._app.app_context():
            right = verify_password(_normal(password), known or self._nobody)
        return right and known is not None

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """One of the places for a hash; a lock of a file is given back whatever becomes of its process."""
        folder = self._state / "locks"
        folder.mkdir(exist_ok=True, mode=0o700)
        until = time.monotonic() + SLOT_SECONDS
        while True:
            for place in range(PARALLEL_HASHES):
                descriptor = os.open(folder / f"hash.{place}", os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    os.close(descriptor)
                    continue
                try:
                    yield
                finally:
                    os.close(descriptor)
                return
            if time.monotonic() > until:
                raise ServiceUnavailable("Too many people sign in at this moment. Try again in a few seconds.")
            time.sleep(0.02)

    # --- second factor -----------------------------------------------------------------------------
    def new_secret(self) -> str:
        """A new TOTP secret, encrypted."""
        return self._totp.generate_totp_secret()

    def step_of(self, secret: str, code: str) -> int | None:
        """The time step a six-digit code belongs to, now or one step away; None: it is wrong."""
        digits = unicodedata.normalize("NFKC", code).replace(" ", "")
        if len(digits) != 6 or not digits.isascii() or not digits.isdecimal():
            return None
        try:
            return self._steps.verify(digits, secret, window=STEP_SECONDS).counter
        except TokenError:
            return None

    def code_now(self, secret: str) -> str:
        """What an authenticator shows now."""
        return self._totp.generate_totp_password(secret)

    def shown(self, account: Account, secret: str) -> tuple[str, str]:
        """The secret for an authenticator: as an inline SVG drawn here, and to type."""
        image = qrcode.make(
            self._totp.get_totp_uri(account.name, secret), image_factory=qrcode.image.svg.SvgPathImage, box_size=8
        )
        drawn = io.BytesIO()
        image.save(drawn)
        text = drawn.getvalue().decode()
        return text[text.index("<svg") :], self._totp.get_totp_pretty_key(secret)

    def new_codes(self) -> tuple[list[str], list[str]]:
        """Ten recovery codes, and their digests to keep."""
        codes = self._totp.generate_recovery_codes(10)
        return codes, [self.code_digest(code) for code in codes]

    def code_digest(self, code: str) -> str:
        return self.keyed(
            "recovery code", unicodedata.normalize("NFKC", code).lower().replace(" ", "").replace("-", "")
        )

    def sealed(self, codes: list[str]) -> str:
        """Recovery codes for the one time they are shown."""
        return self._fernet.encrypt("\n".join(codes).encode()).decode()

    def opened(self, sealed: str) -> list[str]:
        try:
            return self._fernet.decrypt(sealed.encode(), ttl=600).decode().split("\n")
        except InvalidToken:
            return []

    # --- what a cookie keeps -----------------------------------------------------------------------
    def kept(self, purpose: str, text: str) -> str:
        """A text sealed for a cookie: nobody else reads or makes one."""
        return self._kept.encrypt(f"{purpose}\n{text}".encode()).decode()

    def taken(self, purpose: str, sealed: str, seconds: int) -> str | None:
        """The text a cookie keeps; None: it is of another purpose, older than ``seconds``, or not ours."""
        try:
            told, _, text = self._kept.decrypt(sealed.encode("utf-8", "replace"), ttl=seconds).decode().partition("\n")
        except InvalidToken:
            return None
        return text if told == purpose else None


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text("utf-8").split())


def weakness(password: str, name: str) -> str | None:
    """Why a password is not taken, as the end of a text's key; None: it is taken."""
    normal = _normal(password)
    low = normal.casefold()
    if len(normal) < SHORTEST:
        return "short"
    if len(normal) > LONGEST:
        return "long"
    if name in low or low.strip("0123456789!@#.") in name:
        return "name"
    stem = low.strip("0123456789!@#$%.,_- ")
    if low in _common() or stem in _common() or len(set(low)) < 5:
        return "common"
    return None


@lru_cache(maxsize=4)
def _vault(state: Path, key: bytes) -> Vault:
    return Vault(key, state)


def vault() -> Vault:
    """The vault of this state directory. Raises ``BadKey`` when its key may not be used."""
    return _vault(home(), access_key.read(home()))
