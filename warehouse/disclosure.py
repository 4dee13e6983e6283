"""Personal data whole: for a purpose, by whoever may, and on record before anything is handed out.

    with disclosed(principal, Purpose("case_handling", "note"), "lookup.acts", Subject("plate", plate)) as source:
        rows = source.rows(…)

A record says what is asked before ``source`` exists; another says, before the block is left, how many rows left it and
their digest. If either cannot be written, ``AuditUnwritable`` is raised and must be let through: read inside the
block, answer after it.
"""

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

import numpy as np
import pandas as pd

from warehouse import audit, connection
from warehouse.errors import NotAllowed, WarehouseError
from warehouse.keyed import Passed
from warehouse.principal import Mask, Principal


@dataclass(frozen=True)
class Purpose:
    """What for: a word of ``audit.PURPOSES``; ``note`` is free text, kept sealed in the record alone."""

    code: str
    note: str = ""


class Disclosed:
    """The rows of the principal's districts, whole; counts what it hands out. Of no use after its block."""

    mask: Mask = "whole"

    def __init__(self, scoped: connection.Scoped) -> None:
        self.manifest, self.version = scoped.manifest, scoped.version
        self.scope, self.districts = scoped.scope, scoped.districts
        self.handed_out = 0
        self._scoped = scoped
        self._sum = 0
        self._file: str | None = None
        self._guard = threading.Lock()
        self._is_open = True

    @property
    def digest(self) -> str:
        """Of the file that left, else of all rows handed out, in whatever order; keyed as the log keeps it."""
        return self._file or audit.digest_of(self._sum.to_bytes(32, "big"))

    def left(self, file: bytes) -> bytes:
        """Say which file leaves, so that it is found again by itself (``heng audit show --left``); returns it."""
        self._open()
        self._file = audit.digest_of(file)
        return file

    def also(self, text: str, rows: int) -> None:
        """Count what the block hands out and did not read here, such as what a night knew; ``text`` tells all of it."""
        self._open()
        self._count(rows, text)

    def close(self) -> None:
        self._is_open = False

    def of_all(self) -> connection.Scoped:
        """See ``connection.Scoped.of_all``."""
        return self._open().of_all()

    def within(self, table: str, columns: str, days: Iterable[date]) -> str:
        return self._open().within(table, columns, days)

    def constant(self, sql: str, params: Any = None) -> list[dict[str, Any]]:
        """Rules, places and words, which name nobody: not counted."""
        return self._open().constant(sql, params)

    def read(self, sql: str, params: Any = None, timeout: float = connection.TIMEOUT_SECONDS) -> pd.DataFrame:
        frame = self._open().read(sql, params, timeout)
        self._count(len(frame), frame.to_csv(index=False))
        return frame

    def rows(self, sql: str, params: Any = None, timeout: float = connection.TIMEOUT_SECONDS) -> list[dict[str, Any]]:
        rows = self._open().rows(sql, params, timeout)
        self._count(len(rows), repr(rows))
        return rows

    @property
    def kept(self) -> Mapping[str, Any]:
        return self._open().kept

    def keyed(
        self, table: str, columns: Sequence[str], key: str, values: Iterable[str], days: Iterable[date] | None = None
    ) -> list[dict[str, Any]]:
        rows = self._open().keyed(table, columns, key, values, days)
        self._count(len(rows), repr(rows))
        return rows

    def passed(self, plates: Iterable[str], days: Iterable[date] | None = None) -> dict[str, Passed]:
        found = self._open().passed(plates, days)
        for plate_no, of_plate in found.items():
            seen = hashlib.sha256(np.sort(of_plate.days).tobytes()).hexdigest()
            self._count(int(of_plate.counts.sum()), f"{plate_no} {seen}")
        return found

    def weighed(self, columns: Sequence[str], records: Iterable[str]) -> list[dict[str, Any]] | None:
        rows = self._open().weighed(columns, records)
        if rows is not None:
            self._count(len(rows), repr(rows))
        return rows

    def _open(self) -> connection.Scoped:
        if not self._is_open:
            raise WarehouseError("What was disclosed is read inside its block, which is on record.")
        return self._scoped

    def _count(self, rows: int, text: str) -> None:
        with self._guard:  # parts of one answer are read side by side
            self.handed_out += rows
            self._sum = (self._sum + int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")) % 2**256


def leaves(
    principal: Principal,
    query: str,
    filters: str,
    file: IO[bytes],
    row_count: int | None = None,
    mask: Mask | None = None,
    version: int | None = None,
) -> None:
    """Put on record that a whole file leaves, before a byte of it does: found again by the file itself (``heng audit
    show --left``) and by its filters.

    ``query``: which file, as a word (``case_export.cases_csv``); ``filters``: what was asked for, of which the log has
    a keyed digest and the sealed text; ``mask``: how personal text stands in it, None: there is none. Raises
    ``AuditUnwritable``: then it must not leave.
    """
    audit.append(
        audit.Event(
            principal, "export", "given" if mask is None else f"given_{mask}", audit.Subject("filters", filters),
            query=query, row_count=row_count, digest=audit.digest_of_file(file), version=version,
        )
    )  # fmt: skip


@contextmanager
def disclosed(
    principal: Principal, purpose: Purpose, query: str, subject: audit.Subject | None = None
) -> Iterator[Disclosed]:
    """The served snapshot as the principal may see it, whole, to be read within the block.

    ``query``: what asks, as a word (``lookup.acts``); ``subject``: whom it is about, if one. Raises ``NotAllowed`` for
    a principal whose texts are masked, ``ValueError`` for a purpose that is none, ``AuditUnwritable``.
    """

    def record(outcome: str, **told: Any) -> None:
        audit.append(
            audit.Event(
                principal, "disclosure", outcome, subject, purpose.note, purpose.code, query, version=version, **told
            )
        )

    served = connection.snapshot()
    version = served.version
    if principal.mask != "whole":
        record("refused")
        raise NotAllowed("This account sees plates, names and numbers masked. Ask the security administrator.")
    record("asked")
    source = Disclosed(served.scoped(principal.districts, "whole"))
    try:
        yield source
    except BaseException:
        source.close()
        record("failed", row_count=source.handed_out, digest=source.digest)
        raise
    source.close()
    record("given", row_count=source.handed_out, digest=source.digest)
