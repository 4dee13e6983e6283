"""What the tests of JT/T 809 do with the decoder's tables."""

import os
from itertools import pairwise
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, settings

from etl.jt809 import Decoded, Decoder
from etl.jt809.schemas import SCHEMAS

Row = dict[str, Any]
quick = settings(
    max_examples=int(os.environ.get("HENG_FUZZ_EXAMPLES", "60")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def without_nulls(rows: list[Row]) -> list[Row]:
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def rows(table: pa.Table) -> list[Row]:
    """The rows without their nulls."""
    return without_nulls(table.to_pylist())


def in_pieces(data: bytes, cuts: list[int], chunk_bytes: int = 512 << 10) -> Decoded:
    """The stream fed in pieces that end at the cuts, which are taken modulo its length."""
    decoder = Decoder(chunk_bytes)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    pieces = [decoder.feed(data[a:b]) for a, b in pairwise(edges)] + [decoder.finish()]
    return Decoded(**{name: pa.concat_tables([getattr(piece, name) for piece in pieces]) for name in SCHEMAS})
