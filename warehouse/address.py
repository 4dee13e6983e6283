"""Where the pages are reached: behind one proxy of the bureau (``HENG_PROXY=1``, ``HENG_URL``), or on this machine."""

import os

from warehouse.errors import WarehouseError


class BadAddress(WarehouseError):
    """An address of the pages that is none."""


def is_behind_proxy() -> bool:
    """Whether this instance serves a bureau: one proxy of ours in front, accounts for Airflow's pages too."""
    return os.environ.get("HENG_PROXY") == "1"


def is_told() -> bool:
    """Whether ``HENG_URL`` says where the pages are."""
    return bool(os.environ.get("HENG_URL"))


def base_url(given: str | None = None) -> str:
    """The address of the pages, without a slash at its end: ``given``, else ``HENG_URL``, else this machine's.

    Raises ``BadAddress`` for what is none.
    """
    port = os.environ.get("HENG_DASH_PORT") or 8050
    address = given or os.environ.get("HENG_URL") or f"http://127.0.0.1:{port}"
    if not address.startswith(("http://", "https://")):
        raise BadAddress(f"{address!r} is no address. Write it with https://.")
    return address.rstrip("/")
