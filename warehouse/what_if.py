"""What other rules would have changed: passages, findings, repeat counts and statutory amounts of a year.

Asked is with changed rows of the law (``repeat_excess_ratio=0.2``, ``M6C=48000``, ``F43-MASS-2.fine_step_fen=60000``).
What depends on them is computed again, from the raw rows behind the published version and its own other rules, in a
private database; the published files are only read. Compared is row by row. Nothing here changes a rule or a finding.

A passage *leads to a case* if its verdict is over, no permit covers it and its excess ratio is above
``case_threshold_ratio`` of its day. Its statutory amount is that of the measured excess by the law of its own day, as
if decided on it (``warehouse.penalty``): decisions lie with people, and later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from warehouse import penalty, repeat, rule_files, sql
from warehouse.connection import NoSnapshot, Reader, Snapshot
from warehouse.days import code_digest
from warehouse.errors import WarehouseError
from warehouse.known import known_on, raw_tables
from warehouse.last_day import usual_day
from warehouse.layout import DATED, head_models
from warehouse.metrics import Source
from warehouse.publish import published_manifest

OF_DAYS = ("core.passage", "mart.finding", "mart.dimension_finding")
OF_HEAD = "core.violation"
VALUE_OF = {
    "gross_weight_limit": "limit_kg", "gross_weight_modifier": "amount_kg", "axle_load_limit": "axle_load_limit_kg",
    "dimension_limit": "limit_mm", "accuracy_class": "max_error_ratio",
}  # fmt: skip
"""What a rule sets, where one column tells it."""
_FIXED = (
    "rule_id", "modifier_id", "parameter", "jurisdiction", "zh", "en", "citation_zh", "citation_en", "confidence",
)  # fmt: skip
"""Columns that name a rule or say where it comes from: changing them changes nothing."""
_REFUSED_BY = tuple(name for name in rule_files.CHECKS if name != "rule_missing")
"""Checks that asked rules have to pass: that a rule ends may be what is asked."""
_FINED = ("over_mass",)
"""Acts of ``seeds.fine_tier`` whose amounts are compared."""
_READ_HERE = (
    "case_threshold_ratio", "fine_rounding", "repeat_window", "repeat_window_query", "repeat_date_basis",
    "repeat_require_decision", *repeat.THRESHOLDS,
)  # fmt: skip
"""Parameters that no model reads, but what is done here."""
LISTS = {"statutory": "repeat_window", "query": "repeat_window_query"}
"""Lists of repeat violators, by the parameter that names their window."""
MEASURES = (
    "over_count", "review_count", "dimension_count", "case_count", "counted_count", "within_allowance_count",
    "warning_count", "statutory_low_fen", "statutory_high_fen",
)  # fmt: skip


# --- what is asked ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class Change:
    """One cell of a law seed that is to be another, written as in the file; ``before`` is the published one, and
    ``confidence`` how well that is known."""

    seed: str
    rule_no: str
    column: str
    before: str
    after: str
    confidence: str

    @property
    def is_effective(self) -> bool:
        """Whether the value is another: 0.1 and 0.10 are one."""
        if self.before == self.after:
            return False
        try:
            return float(self.before) != float(self.after)
        except ValueError:
            return True


def changed(rows: rule_files.Rows, asked: Iterable[str]) -> tuple[rule_files.Rows, list[Change]]:
    """The rules with what is ``asked`` (``RULE=VALUE`` or ``RULE.column=VALUE``) in them, and each cell that differs.

    ``RULE`` is a rule's number; without its day every version of a parameter is meant. Raises ``WarehouseError`` for
    a rule, column or value there cannot be, and where the rules would contradict each other.
    """
    other = {seed: [(line, dict(row)) for line, row in told] for seed, told in rows.items()}
    found: list[Change] = []
    for text in asked:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name and sign):
            raise WarehouseError(f"{text!r} names no value. Write RULE=VALUE, as repeat_excess_ratio=0.2.")
        for seed, row, column in _cells(other, name):
            _refuse_unwritable(seed, row, column, value)
            change = Change(seed, rule_files.rule_no(row), column, row[column], value, row["confidence"])
            row[column] = value
            found += [change] if change.is_effective else []
    before = set(rule_files.judged(rows, _REFUSED_BY))
    for problem in rule_files.judged(other, _REFUSED_BY):
        if problem not in before:
            raise WarehouseError(f"With {', '.join(asked)}: {problem.message} {problem.next_step}")
    return other, found


def _cells(rows: rule_files.Rows, name: str) -> list[tuple[str, dict[str, str], str]]:
    """The cells that ``name`` means: seed, row and column."""
    found = _named(rows, name)
    column = ""
    if not found:
        rule, _, column = name.rpartition(".")
        found = _named(rows, rule)
    if not found:
        raise WarehouseError(
            f"There is no rule {name!r}. Those whose change can be shown: {', '.join(_choices(rows))}."
        )
    cells = []
    for seed, row in found:
        if not _is_compared(seed, row):
            raise WarehouseError(
                f"{rule_files.rule_no(row)} decides nothing that is compared here. Those whose change can be shown: "
                f"{', '.join(_choices(rows))}."
            )
        columns = [one for one in row if one not in _FIXED]
        if column and column not in columns:
            raise WarehouseError(f"{seed} has no column {column!r} to change. Choose one of {', '.join(columns)}.")
        usual = ("parameter_text" if row["parameter_text"] else "parameter_value") if seed == "parameter" else ""
        chosen = column or usual or VALUE_OF.get(seed, "")
        if not chosen:
            raise WarehouseError(
                f"{rule_files.rule_no(row)} sets several values. Write {rule_files.rule_no(row)}.COLUMN=VALUE with one "
                f"of {', '.join(columns)}."
            )
        cells.append((seed, row, chosen))
    return cells


def _named(rows: rule_files.Rows, name: str) -> list[tuple[str, dict[str, str]]]:
    wanted = name.lower()
    return [
        (seed, row)
        for seed, told in rows.items()
        for _, row in told
        if wanted and wanted in (number := rule_files.rule_no(row).lower(), number.partition("@")[0])
    ]


def _refuse_unwritable(seed: str, row: Mapping[str, str], column: str, value: str) -> None:
    type = sql.seed_columns()[f"seeds.{seed}"][column]
    if value and not rule_files.is_written_as(type, value):
        raise WarehouseError(
            f"{column} of {rule_files.rule_no(dict(row))} is {row[column] or 'empty'}, and {value!r} is no {type}."
        )


def _is_compared(seed: str, row: Mapping[str, str]) -> bool:
    if seed == "parameter":
        return row["parameter"] in _READ_HERE or bool(_readers(seed, row["parameter"]))
    if seed == "fine_tier":
        return row["act_code"] in _FINED
    return bool(_readers(seed, ""))


def _choices(rows: rule_files.Rows) -> list[str]:
    """Parameters by name, other rules by number: what can be asked for."""
    found = [
        row["parameter"] if seed == "parameter" else rule_files.rule_no(row)
        for seed, told in rows.items()
        for _, row in told
        if _is_compared(seed, row)
    ]
    return list(dict.fromkeys(found))


# --- what depends on it ----------------------------------------------------------------------------
def _readers(seed: str, parameter: str) -> set[str]:
    """Models behind what is compared that read a seed, or of ``seeds.parameter`` this parameter."""
    found = set()
    for name in sql.in_order([*OF_DAYS, OF_HEAD]):
        rendered = sql.render(name)
        if f"seeds.{seed}" in rendered.reads and (not parameter or f"'{parameter}'" in rendered.sql):
            found.add(name)
    return found


def _touched(changes: Iterable[Change]) -> list[str]:
    """Models whose rows may differ, in order."""
    found: list[str] = []
    direct: set[str] = set()
    for change in changes:
        direct |= _readers(change.seed, change.rule_no.partition("@")[0] if change.seed == "parameter" else "")
    for name in sql.in_order([*OF_DAYS, OF_HEAD]):
        if name in direct or sql.render(name).reads.intersection(found):
            found.append(name)
    # Together, so that a passage that came late is unknown to all of them.
    return [*found, *(name for name in OF_DAYS if name not in found)] if set(OF_DAYS) & set(found) else found


class _Supposed(Snapshot):
    """The published version with other rules: what depends on them is of a private database, all else its own.

    Tables that are replaced stay beside their successors as ``<schema>.published_<table>``.
    """

    def __init__(
        self, manifest: dict[str, Any], rules: sql.SeedRows, touched: Sequence[str], recomputed: Path | None,
        first: date, last: date,
    ) -> None:  # fmt: skip
        self._rules, self._touched, self._recomputed = rules, touched, recomputed
        self._first, self._last = first, last
        super().__init__(manifest)

    def close(self) -> None:
        self._connection.close()

    def _attach(self) -> None:
        super()._attach()
        for name in self._rules:
            self._connection.execute(f"drop view {name}")
        sql.load_seeds(self._connection, self._rules, self._rules)
        if self._recomputed is not None:
            self._connection.execute(f"attach '{self._recomputed}' as recomputed (read_only)")
            for name in self._of_days():
                self._replace_days(name)
        self._connection.execute("set preserve_insertion_order = false")
        for name in self._of_head():
            self._set_aside(name)
            self._connection.execute(f"create table {name} as {sql.render(name).sql}")

    def within(self, table: str, columns: str, days: Iterable[date]) -> str:
        return Reader.within(self, table, columns, days)  # a replaced table is in no month's file

    def _keys(self) -> None:
        """None: keys are of the published tables."""

    def _of_days(self) -> list[str]:
        return [name for name in OF_DAYS if name in self._touched]

    def _of_head(self) -> list[str]:
        tables = [name for name in head_models(raw_tables()) if name in self._touched]
        return [name for name in tables if name in sql.in_order([OF_HEAD])]

    def _replace_days(self, name: str) -> None:
        columns = ", ".join(column for column, _ in self.manifest["columns"][name])
        day = DATED[name].day
        asked = f"date '{self._first}' and date '{self._last}'"
        published = self._set_aside(name)
        self._connection.execute(
            f"create view {name} as select {columns} from {published} where {day} not between {asked}"
            f" union all select {columns} from recomputed.{name}"
        )

    def _set_aside(self, name: str) -> str:
        schema, table = name.split(".")
        self._connection.execute(f"alter view {name} rename to published_{table}")
        return f"{schema}.published_{table}"

    def published(self, name: str) -> str:
        """Where the published rows of a table stand."""
        schema, table = name.split(".")
        return f"{schema}.published_{table}" if name in self._of_days() else name


# --- the answer ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Answer:
    """What differs. ``before`` and ``after``: ``MEASURES`` of the days asked. ``passages``, ``dimensions``: rows that
    differ. ``tiers``: (subject, list, tier) with how many there were and would be; ``movers``: who has another count
    or tier. ``not_compared``: rows that only one of the two knows; they came or went since, whatever the rules.
    ``confidence``: of each rule by its number.
    """

    version: int
    first: date
    last: date
    changes: tuple[Change, ...]
    before: Mapping[str, int]
    after: Mapping[str, int]
    passages: tuple[dict[str, Any], ...]
    dimensions: tuple[dict[str, Any], ...]
    tiers: tuple[dict[str, Any], ...]
    movers: tuple[dict[str, Any], ...]
    not_compared: int
    confidence: Mapping[str, str]

    @property
    def differs(self) -> bool:
        return bool(self.passages or self.dimensions or self.movers) or self.before != self.after


def what_if(asked: Sequence[str], first: date | None = None, last: date | None = None) -> Answer:
    """What the rules ``asked`` (see ``changed``) would have changed from ``first`` to ``last``, both included.

    Default: the year up to the last day with data. Repeat counts are as of ``last``; of acts before ``first`` the
    passages stay as published, and the ratio that counts is the one asked. Raises ``WarehouseError``.
    """
    if not asked:
        raise WarehouseError("Say which rule would be another: RULE=VALUE, as repeat_excess_ratio=0.2.")
    manifest = published_manifest()
    if manifest is None:
        raise NoSnapshot("Nothing is published yet. Run 'heng nightly', or 'make run' for sample data.")
    if manifest["code"] != code_digest(raw_tables()):
        raise WarehouseError(
            f"Version {manifest['version']} was built by other code, so a difference would not be that of the rules. "
            "Run 'heng build', then 'heng publish'."
        )
    last = last or usual_day(manifest)
    first = first or repeat.months_later(last + timedelta(days=1), -12)
    if last < first:
        raise WarehouseError(f"The period ends before it begins: {first} to {last}.")
    published = Snapshot(manifest)
    rows = _published_rules(published)
    other, changes = changed(rows, asked)
    with _supposed(manifest, other, changes, first, last) as supposed:
        known = {rule_files.rule_no(row): row["confidence"] for told in rows.values() for _, row in told}
        return _compared(published, supposed, changes, first, last, known)


def _published_rules(source: Source) -> rule_files.Rows:
    """The law seeds of a version, written as in the files."""
    found: rule_files.Rows = {}
    for seed in rule_files.law_seeds():
        columns = ", ".join(f"coalesce(cast({name} as varchar), '') as {name}" for name in _columns(seed))
        found[seed] = [(0, row) for row in source.rows(f"select {columns} from seeds.{seed}")]
    return found


def _columns(seed: str) -> list[str]:
    return list(sql.seed_columns()[f"seeds.{seed}"])


@contextmanager
def _supposed(
    manifest: dict[str, Any], rows: rule_files.Rows, changes: Sequence[Change], first: date, last: date
) -> Iterator[_Supposed]:
    rules = {f"seeds.{seed}": [row for _, row in told] for seed, told in rows.items()}
    touched = _touched(changes)
    of_days = [name for name in OF_DAYS if name in touched]
    if not of_days:
        opened = _Supposed(manifest, rules, touched, None, first, last)
        try:
            yield opened
        finally:
            opened.close()
        return
    night = date.fromisoformat(manifest["business_date"])
    with known_on(night, of_days, first, last, rules=rules) as known:
        opened = _Supposed(manifest, rules, touched, known.path, first, last)
        try:
            yield opened
        finally:
            opened.close()


def _compared(
    published: Snapshot, supposed: _Supposed, changes: Sequence[Change], first: date, last: date,
    confidence: Mapping[str, str],
) -> Answer:  # fmt: skip
    passages = _Passages(supposed, penalty.law(published), penalty.law(supposed))
    for begin, end in _months(first, last):
        passages.add(begin, end)
    tiers, movers = _repeat(published, supposed, last)
    return Answer(
        published.version, first, last, tuple(changes), dict(passages.before), dict(passages.after),
        tuple(passages.rows), tuple(passages.dimensions), tuple(tiers), tuple(movers), passages.not_compared,
        confidence,
    )  # fmt: skip


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The period in pieces that lie in one month, so that memory does not grow with it."""
    while first <= last:
        end = min(last, repeat.months_later(first.replace(day=1), 1) - timedelta(days=1))
        yield first, end
        first = end + timedelta(days=1)


# --- passages and findings -------------------------------------------------------------------------
_JUDGED = """
select passage.record_id, passage.passed_date, passage.site_code, passage.plate_no, passage.plate_color_code,
    passage.gross_vehicle_weight_kg, passage.verdict, passage.rule_id, passage.limit_kg, passage.excess_kg,
    passage.excess_ratio, finding.check_no, finding.excess_after_allowance_kg, finding.is_above_counted_ratio,
    finding.is_permitted
from {passage} as passage
left join {finding} as finding on finding.record_id = passage.record_id
    and finding.passed_date = passage.passed_date
where passage.passed_date between $first and $last and passage.verdict <> 'within'
"""
_DIMENSIONS = """
select record_id, dimension, passed_date, site_code, plate_no, plate_color_code, measured_mm, rule_id, limit_mm,
    excess_mm, is_permitted
from {finding} where passed_date between $first and $last
"""
_KNOWN = """
select record_id from {passage}
where passed_date between $first and $last and record_id in (select unnest($records))
"""
FACTS = (
    "passed_date", "site_code", "check_no", "plate_no", "plate_color_code", "gross_vehicle_weight_kg",
)  # fmt: skip
JUDGEMENT = (
    "verdict", "rule_id", "limit_kg", "excess_kg", "excess_after_allowance_kg", "is_above_counted_ratio",
    "leads_to_case", "statutory_low_fen", "statutory_high_fen",
)  # fmt: skip
DIMENSION_FACTS = ("dimension", "passed_date", "site_code", "plate_no", "plate_color_code", "measured_mm")
DIMENSION_JUDGEMENT = ("rule_id", "limit_mm", "excess_mm", "is_permitted")


class _Passages:
    """Both judgements of every passage that one of them does not find within the limit."""

    def __init__(self, source: _Supposed, law_before: penalty.Law, law_after: penalty.Law) -> None:
        self.source = source
        self.before: Counter[str] = Counter(dict.fromkeys(MEASURES, 0))
        self.after: Counter[str] = Counter(dict.fromkeys(MEASURES, 0))
        self._amounts = {"before": _Amounts(law_before), "after": _Amounts(law_after)}
        self.rows: list[dict[str, Any]] = []
        self.dimensions: list[dict[str, Any]] = []
        self.not_compared = 0

    def add(self, first: date, last: date) -> None:
        days = {"first": first, "last": last}
        where: dict[str, Callable[[str], str]] = {"before": self.source.published, "after": str}
        sides: dict[str, dict[Any, dict[str, Any]]] = {}
        sizes: dict[str, dict[Any, dict[str, Any]]] = {}
        for side, table in where.items():
            query = _JUDGED.format(passage=table("core.passage"), finding=table("mart.finding"))
            judged = self.source.rows(query, days)
            sides[side] = {row["record_id"]: row | self._amounts[side].of(row) for row in judged}
            query = _DIMENSIONS.format(finding=table("mart.dimension_finding"))
            sizes[side] = {(row["record_id"], row["dimension"]): row for row in self.source.rows(query, days)}
        self._drop_unmatched(sides, sizes, days)
        for side, counts in (("before", self.before), ("after", self.after)):
            for row in sides[side].values():
                _count(row, counts)
            counts["dimension_count"] += len(sizes[side])
        self.rows += _differences(sides, FACTS, JUDGEMENT)
        self.dimensions += _differences(sizes, DIMENSION_FACTS, DIMENSION_JUDGEMENT)

    def _drop_unmatched(
        self, sides: dict[str, dict[Any, dict[str, Any]]], sizes: dict[str, dict[Any, dict[str, Any]]],
        days: Mapping[str, date],
    ) -> None:  # fmt: skip
        """Leave out what the other side does not know at all: it came late or was replaced since."""
        where: dict[str, Callable[[str], str]] = {"before": str, "after": self.source.published}  # the other one
        records = {side: sides[side].keys() | {record for record, _ in sizes[side]} for side in where}
        for side, other in (("before", "after"), ("after", "before")):
            alone = records[side] - records[other]
            if not alone:
                continue
            query = _KNOWN.format(passage=where[side]("core.passage"))
            found = self.source.rows(query, {**days, "records": sorted(alone)})
            unknown = alone - {row["record_id"] for row in found}
            for told in (sides[side], sizes[side]):
                for key in [key for key, row in told.items() if row["record_id"] in unknown]:
                    del told[key]
            self.not_compared += len(unknown)


class _Amounts:
    """Whether a passage leads to a case, and for how much, by one law."""

    def __init__(self, law: penalty.Law) -> None:
        self.law = law
        self._threshold: dict[date, float] = {}
        self._known: dict[tuple[date, int], penalty.Reading] = {}

    def of(self, row: Mapping[str, Any]) -> dict[str, Any]:
        day: date = row["passed_date"]
        if day not in self._threshold:
            self._threshold[day] = penalty.setting(self.law, "case_threshold_ratio", day).parameter_value or 0
        leads = row["verdict"] == "over" and not row["is_permitted"] and row["excess_ratio"] > self._threshold[day]
        if not leads:
            return {"leads_to_case": False, "is_warning": False, "statutory_low_fen": 0, "statutory_high_fen": 0}
        key = (day, row["excess_kg"])
        if key not in self._known:
            self._known[key] = penalty.over_limit(penalty.OverLimit(day, day, row["excess_kg"]), self.law).chosen
        reading = self._known[key]
        return {
            "leads_to_case": True, "is_warning": reading.outcome == "warning",
            "statutory_low_fen": reading.low_fen, "statutory_high_fen": reading.high_fen,
        }  # fmt: skip


def _count(row: Mapping[str, Any], counts: Counter[str]) -> None:
    is_over = row["verdict"] == "over"
    counts["over_count"] += is_over
    counts["review_count"] += row["verdict"] == "review"
    counts["case_count"] += row["leads_to_case"]
    counts["counted_count"] += bool(is_over and row["is_above_counted_ratio"] and not row["is_permitted"])
    counts["within_allowance_count"] += is_over and row["excess_after_allowance_kg"] == 0
    counts["warning_count"] += row["is_warning"]
    counts["statutory_low_fen"] += row["statutory_low_fen"]
    counts["statutory_high_fen"] += row["statutory_high_fen"]


def _differences(
    sides: Mapping[str, Mapping[Any, Mapping[str, Any]]], facts: Sequence[str], judgement: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows whose judgement differs; what stands on one side alone has no judgement on the other."""
    found = []
    before, after = sides["before"], sides["after"]
    for key in sorted(before.keys() | after.keys()):
        was, would = before.get(key), after.get(key)
        one = was or would
        assert one is not None
        values = {name: (was and was[name], would and would[name]) for name in judgement}
        if "verdict" in values:
            values["verdict"] = (
                "within" if was is None else was["verdict"],
                "within" if would is None else would["verdict"],
            )
        if all(a == b for a, b in values.values()):
            continue
        told: dict[str, Any] = {"change": _kind(was, would, "verdict" in values), "record_id": one["record_id"]}
        told |= {name: one[name] if one[name] is not None else (would or one)[name] for name in facts}
        for name, (a, b) in values.items():
            told |= {f"{name}_before": a, f"{name}_after": b}
        found.append(told)
    return found


def _kind(was: Mapping[str, Any] | None, would: Mapping[str, Any] | None, has_verdict: bool) -> str:
    """gained or lost: a finding there was not, or would not be; verdict: another one; else judged otherwise."""
    if has_verdict:
        is_over = [one is not None and one["verdict"] == "over" for one in (was, would)]
        if is_over[0] == is_over[1]:
            verdicts = {one["verdict"] if one else "within" for one in (was, would)}
            return "verdict" if len(verdicts) > 1 else "judgement"
        return "gained" if is_over[1] else "lost"
    return "gained" if was is None else "lost" if would is None else "judgement"


# --- repeat violators ------------------------------------------------------------------------------
def _repeat(published: Source, supposed: Source, as_of: date) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    tiers: list[dict[str, Any]] = []
    movers: list[dict[str, Any]] = []
    sources = {"before": published, "after": supposed}
    for subject in repeat.SUBJECTS:
        for listed, parameter in LISTS.items():
            found = {}
            for side, source in sources.items():
                question = _question(source, as_of, subject, parameter)
                found[side] = {one.key: one for one in repeat.standings(source, question)}
            counts = {side: Counter(one.tier for one in told.values()) for side, told in found.items()}
            tiers += [
                {"subject": subject, "list": listed, "tier": tier, "before": counts["before"][tier],
                 "after": counts["after"][tier]}
                for tier in repeat.TIERS if counts["before"][tier] or counts["after"][tier]
            ]  # fmt: skip
            movers += _moved(subject, listed, found["before"], found["after"])
    return tiers, movers


def _question(source: Source, as_of: date, subject: str, parameter: str) -> repeat.Question:
    usual = repeat.defaults(source, as_of)
    window = usual.list_window if parameter == "repeat_window" else usual.query_window
    return repeat.Question(as_of, subject, window, usual.basis, usual.require_decision)


def _moved(
    subject: str, listed: str, before: Mapping[Any, repeat.Standing], after: Mapping[Any, repeat.Standing]
) -> list[dict[str, Any]]:
    found = []
    for key in sorted(before.keys() | after.keys(), key=str):
        was, would = before.get(key), after.get(key)
        told = [(one.count, one.tier) if one else (0, "none") for one in (was, would)]
        if told[0] != told[1]:
            found.append({
                "subject": subject, "list": listed, "key": " ".join(str(part) for part in key if part is not None),
                "count_before": told[0][0], "count_after": told[1][0],
                "tier_before": told[0][1], "tier_after": told[1][1],
            })  # fmt: skip
    return found
