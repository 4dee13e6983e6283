"""The rulebook as its files lie: each line read and judged before anything is built from it.

``problems`` names file, line, rule and what to do, so that whoever keeps the rules needs no developer. A build meets
the same conditions as checks (``warehouse/checks/rule_*.sql``); here they are met while the file is still open.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from warehouse import sql
from warehouse.connection import dicts
from warehouse.project import check_meaning

SEEDS = sql.PROJECT / "seeds"
_NEXT = {
    "fine_tiers_apart": "Let each tier begin at the bound where the one below ends, with the opposite word; give the "
    "last no end.",
    "parameter_not_accepted": "Write one of the accepted values, in a row whose valid_to is empty.",
    "rule_missing": "Rows are ended, never deleted: bring it back, or let the row in its place begin on the day after. "
    "Where the law itself ended it, its citation says so (废止, repealed); no law ends a parameter or a threshold.",
    "rule_sets_nothing": "Give the row what it sets; a bound needs its word: over, at_least, at_most or below.",
    "rule_spans_gap": "Let the later row begin on the day after this one ends.",
    "rule_spans_overlap": "Let the older row end on the day before the newer one begins; give each row its own number.",
    "rule_without_source": "Fill in citation, words, jurisdiction (CN, CN-43, LOCAL) and confidence (C1, C2, M+, M-, "
    "P, D).",
    "limit_rows_conflict": "Let the older row end on the day before the newer one begins.",
    "parameter_not_one_row": "Give the parameter one row, without days, with its value.",
    "kpi_scheme_overlap": "Let the older row end on the day before the newer one begins.",
}
CHECKS = tuple(sorted(_NEXT))
_EXAMPLES = {"date": "2026-11-01", "integer": "18000", "bigint": "3000000", "double": "0.1", "boolean": "true or false"}


Rows = dict[str, list[tuple[int, dict[str, str]]]]
"""Seeds by their file names without ``.csv``, each with its rows and the line on which a row begins."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a line of a file. ``line`` counts from 1, the heading included; 0: the file as a whole."""

    file: str
    line: int
    rule: str
    message: str
    next_step: str


class Files:
    """``mart.rule`` over the files of a folder, readable like a snapshot; for a rulebook that is not published yet.

    The files must be free of ``problems`` that keep them from being read.
    """

    def __init__(self, folder: Path = SEEDS) -> None:
        self._connection = duckdb.connect()
        rows, found = _read(folder)
        if found:
            first = found[0]
            raise ValueError(f"{first.file} line {first.line}: {first.message}")
        _load(self._connection, rows)

    def read(self, sql: str, params: Any = None) -> pd.DataFrame:
        return self._connection.cursor().execute(sql, params if params is not None else []).df()

    def rows(self, sql: str, params: Any = None) -> list[dict[str, Any]]:
        return dicts(self._connection.cursor().execute(sql, params if params is not None else []))

    constant = rows


def law_seeds() -> list[str]:
    """The seeds that ``mart.rule`` is made of, by their file names without ``.csv``."""
    return sorted(name.split(".")[1] for name in sql.render("mart.rule").reads)


def problems(folder: Path = SEEDS) -> list[Problem]:
    """Everything that is wrong with the rule files of ``folder``, by file and line; empty: they can be built from."""
    rows, found = _read(folder)
    return found or judged(rows)  # spans and keys mean nothing before every line can be read


def judged(rows: Rows, checks: Iterable[str] = CHECKS) -> list[Problem]:
    """What these of the ``CHECKS`` find in rules that can be read."""
    found: list[Problem] = []
    connection = duckdb.connect()
    _load(connection, rows)
    lines = {
        number: (f"{seed}.csv", line) for seed, told in rows.items() for line, row in told if (number := rule_no(row))
    }
    for name in checks:
        text, _ = sql.render_text(sql.check_paths()[name].read_text(encoding="utf-8"))
        result = connection.execute(f"select * from ({text}) order by all")
        heads = [column[0] for column in result.description]
        for row in result.fetchall():
            told = dict(zip(heads, row, strict=True))
            number = _number_in(told, lines)
            seed = told.pop("seed", None)
            file, line = lines.get(number, (f"{seed}.csv" if seed else "", 0))
            rest = ", ".join(f"{head} {value}" for head, value in told.items() if value not in (None, number))
            found.append(
                Problem(file, line, number, f"{check_meaning(name)}{f' ({rest})' if rest else ''}", _NEXT[name])
            )
    connection.close()
    return sorted(found, key=lambda one: (one.file, one.line, one.message))


def rule_no(row: dict[str, str]) -> str:
    """The number that ``mart.rule`` gives a row of a file."""
    since = f"@{row['valid_from']}" if row.get("valid_from") else ""
    if "kpi_scheme" in row:
        of_class = f".{row['monitored_class']}" if row["monitored_class"] else ""
        return f"{row['kpi_scheme']}.{row['parameter']}{of_class}{since}"
    if "parameter" in row:
        return f"{row['parameter']}{since}"
    return row.get("rule_id") or row.get("modifier_id") or ""


def _number_in(told: dict[str, Any], lines: dict[str, tuple[str, int]]) -> str:
    """The rule a check's row is about: by its number, or by the name of its parameter."""
    for head in ("rule_no", "rule_id", "parameter"):
        if (number := str(told.get(head) or "")) and (number in lines or head == "rule_no"):
            return number
    if not (name := str(told.get("parameter") or "")):
        return ""
    return next((number for number in lines if f".{name}" in number or number.startswith(f"{name}@")), name)


def _read(folder: Path) -> tuple[Rows, list[Problem]]:
    rows: Rows = {}
    found: list[Problem] = []
    for seed in law_seeds():
        rows[seed] = []
        for line, row in _file(folder / f"{seed}.csv", sql.seed_columns()[f"seeds.{seed}"], found):
            rows[seed].append((line, row))
    return rows, found


def _file(path: Path, types: dict[str, str], found: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a file that can be read; what cannot goes to ``found``."""
    file = path.name
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        found.append(Problem(file, 0, "", f"{path} is missing.", "Bring the file back from the repository."))
        return
    except UnicodeDecodeError:
        found.append(
            Problem(file, 0, "", "The file is no UTF-8.", "Save it as UTF-8; spreadsheets call it 'CSV UTF-8'.")
        )
        return
    if text.startswith("\ufeff"):
        found.append(Problem(file, 1, "", "The file begins with a byte order mark.", "Save it as UTF-8 without one."))
        return
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    numbers: dict[str, int] = {}
    try:
        heading = next(reader, [])
        if heading != list(types):
            told = [f"missing {sorted(set(types) - set(heading))}"] * bool(set(types) - set(heading))
            told += [f"unknown {sorted(set(heading) - set(types))}"] * bool(set(heading) - set(types))
            found.append(
                Problem(
                    file, 1, "", f"The heading is not the declared one: {', '.join(told) or 'another order'}.",
                    f"Write {','.join(types)} (warehouse/dbt_project.yml).",
                )
            )  # fmt: skip
            return
        last = reader.line_num
        for cells in reader:
            line, last = last + 1, reader.line_num
            if len(cells) != len(types):
                found.append(
                    Problem(file, line, cells[0] if cells else "", f"{len(cells)} cells under {len(types)} headings.",
                            "Quote a text that holds a comma; leave no line empty.")
                )  # fmt: skip
                continue
            row = dict(zip(types, cells, strict=True))
            number = rule_no(row)
            wrong = list(_cells(row, types))
            found += [Problem(file, line, number, message, next_step) for message, next_step in wrong]
            if number in numbers:
                found.append(
                    Problem(file, line, number, f"Line {numbers[number]} has the same number.",
                            "Give each row a number of its own.")
                )  # fmt: skip
            numbers.setdefault(number, line)
            if not wrong:
                yield line, row
    except csv.Error as error:
        found.append(
            Problem(file, reader.line_num, "", f"The line is no CSV: {error}.", "Double the quotes within a text.")
        )


def _cells(row: dict[str, str], types: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the values of one row, with the next step."""
    if not rule_no(row):
        yield "The row has no number.", "Give it one that no other row has."
    for name, value in row.items():
        if value and not is_written_as(types[name], value):
            yield f"{name} is {value!r}, which is no {types[name]}.", f"Write it like {_EXAMPLES[types[name]]}."
    days = [row["valid_from"], row["valid_to"]]
    if all(day and is_written_as("date", day) for day in days) and days[1] < days[0]:
        yield (
            f"It ends on {row['valid_to']}, before it begins on {row['valid_from']}.",
            "Exchange the days, or leave valid_to empty while the rule holds.",
        )


def is_written_as(type: str, value: str) -> bool:
    """Whether a text is a value of a seed's type, written as the database reads it."""
    if type == "varchar":
        return True
    if type == "boolean":
        return value in ("true", "false")
    if type == "date":
        try:
            return date.fromisoformat(value).isoformat() == value
        except ValueError:
            return False
    if type == "double":
        return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
    return re.fullmatch(r"-?\d{1,18}", value) is not None and (type == "bigint" or abs(int(value)) < 2**31)


def _load(connection: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    """The seeds of ``rows`` and ``mart.rule`` over them; an empty field is null."""
    connection.execute("create schema seeds")
    connection.execute("create schema mart")
    for seed, told in rows.items():
        types = sql.seed_columns()[f"seeds.{seed}"]
        connection.execute(
            f"create table seeds.{seed} ({', '.join(f'{column} {type}' for column, type in types.items())})"
        )
        if told:
            connection.executemany(
                f"insert into seeds.{seed} values ({', '.join('?' * len(types))})",
                [[row[name] or None for name in types] for _, row in told],
            )
    connection.execute(f"create table mart.rule as {sql.render('mart.rule').sql}")
