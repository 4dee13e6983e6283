"""JT/T 809 (2011, 2019): captures of traffic between monitoring platforms, bytes in, Arrow tables out.

``decode`` takes a whole capture, ``Decoder`` a stream in pieces. What the tables hold, which byte belongs to which
row and what is refused is written in :mod:`etl.jt809.schemas`.
"""

from typing import Any

__all__ = ["Decoded", "Decoder", "decode"]


def __getattr__(name: str) -> Any:
    """The decoder on first use: numpy and Arrow cost more than a command line's whole start."""
    if name in __all__:
        from etl.jt809 import decoder

        return getattr(decoder, name)
    raise AttributeError(name)
