"""The bureau's own provider of sign-in (OpenID Connect), if it has one: off unless ``HENG_OIDC_ISSUER`` is set.

Settings only; ``dashboards/access/provider.py`` speaks with it. An account is known by issuer and subject, which an
administrator binds; names, groups and mails of the provider mean nothing here.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from warehouse.errors import WarehouseError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, section 2: a subject has at most 255 ASCII characters."""


class BadProvider(WarehouseError):
    """A setting of the provider that cannot be used. The message says which."""


@dataclass(frozen=True)
class Provider:
    """``authorities``: a file of the bureau's own certificate authorities; None: the system's."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    authorities: str | None


def issuer() -> str | None:
    """The issuer as it names itself; None: there is no provider, and nothing is ever asked of one."""
    return os.environ.get("HENG_OIDC_ISSUER", "").strip() or None


def needed_issuer() -> str:
    """Raises ``BadProvider`` where there is none."""
    found = issuer()
    if found is None:
        raise BadProvider("There is no provider of sign-in: HENG_OIDC_ISSUER is not set.")
    return found


def is_private(url: str) -> bool:
    """Whether nobody on the way reads it: TLS, or this machine itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def checked_subject(text: str) -> str:
    """A subject as the provider tells it. Raises ``BadProvider`` for what is none."""
    if not text or len(text) > LONGEST_SUBJECT or not text.isascii() or not text.isprintable() or text != text.strip():
        raise BadProvider(f"A subject has 1 to {LONGEST_SUBJECT} ASCII characters and no blank around.")
    return text


def settings(home: Path) -> Provider | None:
    """The provider; None: there is none. Raises ``BadProvider`` for settings that cannot be used."""
    told = issuer()
    if told is None:
        return None
    if not is_private(told) or urlsplit(told).query or urlsplit(told).fragment:
        raise BadProvider("HENG_OIDC_ISSUER is no address of a provider. It begins with https://.")
    client_id = os.environ.get("HENG_OIDC_CLIENT", "").strip()
    if not client_id:
        raise BadProvider("HENG_OIDC_CLIENT is not set: the name of this platform at the provider.")
    path = home / "secrets" / "oidc_client_secret"
    try:
        mode, secret = path.stat().st_mode, path.read_text("utf-8").strip()
    except (OSError, ValueError):
        raise BadProvider(f"{path} is missing: the secret of {client_id} at the provider.") from None
    if mode & 0o077:
        raise BadProvider(f"{path} can be read by others. Run `chmod 600 {path}` and start again.")
    if not secret:
        raise BadProvider(f"{path} is empty.")
    authorities = os.environ.get("HENG_OIDC_CA", "").strip() or None
    if authorities is not None and not Path(authorities).is_file():
        raise BadProvider("HENG_OIDC_CA is no file.")
    return Provider(told, client_id, secret, authorities)
