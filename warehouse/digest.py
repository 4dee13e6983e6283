"""Digests: of files (SHA-256) and of tables (logical, the same for any file, order, engine or thread count).

The logical digest of a table is its row count and the sum modulo 2^128 of its rows' MD5 numbers over
canonical text in column order. A sum, not XOR: equal rows would cancel. Sums of parts add up to the
sum of the whole, so a version's digest needs no second look at months that did not change.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

_MODULUS = 1 << 128
_LOW = (1 << 64) - 1


@dataclass(frozen=True)
class TableDigest:
    rows: int = 0
    total: int = 0

    def __add__(self, other: "TableDigest") -> "TableDigest":
        return TableDigest(self.rows + other.rows, (self.total + other.total) % _MODULUS)

    def told(self) -> dict[str, str | int]:
        """As it stands in a manifest."""
        return {"rows": self.rows, "digest": f"{self.total:032x}"}

    @staticmethod
    def read(told: dict[str, str | int]) -> "TableDigest":
        return TableDigest(int(told["rows"]), int(str(told["digest"]), 16))


def row_text(columns: Iterable[str]) -> str:
    """SQL: a row as text. Unit separators keep fields apart, a record separator is a null."""
    fields = ", ".join(f"coalesce(cast({column} as varchar), chr(30))" for column in columns)
    return f"concat_ws(chr(31), {fields})"  # three times as fast as || over many columns


def table_digest(connection: duckdb.DuckDBPyConnection, relation: str, columns: Iterable[str]) -> TableDigest:
    """The logical digest of a table or a parenthesised query."""
    rows, lower, upper = connection.execute(
        f"select count(*), sum(cast(number & {_LOW} as hugeint)), sum(cast(number >> 64 as hugeint))"
        f" from (select md5_number({row_text(columns)}) as number from {relation})"
    ).fetchall()[0]
    return TableDigest(rows, ((lower or 0) + ((upper or 0) << 64)) % _MODULUS)


def file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_digest(texts: Iterable[str]) -> str:
    """SHA-256 over texts, each with its length before it: no two lists of texts look alike."""
    hashed = hashlib.sha256()
    for text in texts:
        data = text.encode()
        hashed.update(f"{len(data)}:".encode() + data)
    return hashed.hexdigest()
