"""The secret of the pages: one key in a file of its own, made once, from which every other key is derived.

It is the pepper of passwords and the key of second factors: without it nobody signs in. Back it up apart from
``control.sqlite``.
"""

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from warehouse import audit
from warehouse.errors import WarehouseError

SHORTEST = 32
_WELL_KNOWN = ("changeme", "secret", "password", "example", "default", "development", "insecure", "0123456789")


class BadKey(WarehouseError):
    """The key is missing, open to others, short or well known: nothing may start with it."""


def path_of(home: Path) -> Path:
    return home / "secrets" / "access_key"


def write(path: Path, text: str) -> None:
    """A secret in a new file, whole, for its owner alone. Raises ``FileExistsError``."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)  # unlike a rename it never replaces what another process wrote
    finally:
        beside.unlink()


def make(home: Path) -> Path | None:
    """Make the key if there is none, and begin the audit log; the new file."""
    path = path_of(home)
    if path.exists():
        return None
    try:
        write(path, secrets.token_urlsafe(48))
    except FileExistsError:
        return None
    if not audit.folder(home).exists():  # with the instance's first secret; a log that vanished later is not begun anew
        audit.begin(home)
    return path


def read(home: Path) -> bytes:
    """The key, made on first use unless ``HENG_KEY_REQUIRED`` is 1. Raises ``BadKey``."""
    path = path_of(home)
    if os.environ.get("HENG_KEY_REQUIRED") != "1":
        make(home)
    try:
        mode, text = path.stat().st_mode, path.read_text("utf-8").strip()
    except (OSError, ValueError):
        raise BadKey(f"{path} is missing or cannot be read. Put it back, or make a new one: heng init.") from None
    if mode & 0o077:
        raise BadKey(f"{path} can be read by others. Run `chmod 600 {path}` and start again.")
    low = text.lower()
    if len(text) < SHORTEST or len(set(text)) < 12 or any(low.startswith(known) for known in _WELL_KNOWN):
        raise BadKey(f"{path} is short or well known. Delete it and make a new one: heng init.")
    return text.encode()


@lru_cache(maxsize=64)
def derived(key: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose (HMAC-SHA-256 of its name)."""
    return hmac.new(key, f"heng {purpose}".encode(), hashlib.sha256).digest()
