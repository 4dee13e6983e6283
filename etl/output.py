"""What commands write: rows, documents and text, each in one form."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console

FORMATS = ("table", "csv", "json")


def write_csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows to stdout, comma-separated under their heads; None is empty."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)


def write_json(document: Mapping[str, Any]) -> None:
    """A document to stdout; days and moments in ISO form."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def say(*told: Any) -> None:
    """Tables and lines to stdout: as wide as the terminal, 200 columns in a file; lines are not broken."""
    console = Console() if sys.stdout.isatty() else Console(width=200)
    for one in told:
        console.print(one, highlight=False, markup=False, soft_wrap=isinstance(one, str))
