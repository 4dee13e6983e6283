"""JT/T 808 (2011, 2013, 2019): captures of terminal traffic, bytes in, Arrow tables out.

``decode`` takes a whole capture, ``Decoder`` a stream in pieces. What the tables hold, which byte belongs to which
row and what is refused is written in :mod:`etl.jt808.schemas`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from etl.jt808.bulk import Decoded, Decoder, decode

__all__ = ["Decoded", "Decoder", "decode"]


def __getattr__(name: str) -> Any:
    """The decoder on first use: numpy and Arrow cost more than a command line's whole start."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module("etl.jt808.bulk"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
