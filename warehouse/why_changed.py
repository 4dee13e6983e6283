"""Why a metric says something else than it did: its value as known on two days, and the rows that moved it.

The effects of the named rows on numerator and denominator add up to the difference, because each is what the row
itself counts for, before and after: a metric's counts are taken by row from the model that counts them.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
from sqlglot import exp, parse_one

from warehouse import sql
from warehouse.columns import LINEAGE, dictionary
from warehouse.connection import Snapshot
from warehouse.errors import WarehouseError
from warehouse.known import Known, known_on
from warehouse.metrics import METRICS, Metric, Source, compute, counting
from warehouse.plate import masked
from warehouse.publish import published_manifest, read_manifest, versions

CAME = "came"
CAME_LATE = "came late"
CORRECTED = "corrected"
WITHDRAWN = "withdrawn"
JUDGED_OTHERWISE = "judged otherwise"
EXPECTED = "expected since"
KINDS = {
    CAME: "rows of days after the first night, by delivery and day",
    CAME_LATE: "rows of days up to the first night that a later delivery brought",
    CORRECTED: "rows of which a later delivery says something else",
    WITHDRAWN: "rows that are not counted any more, because a later delivery says something else",
    JUDGED_OTHERWISE: "the same rows, judged by a register row that came or changed since",
    EXPECTED: "days of a site of which nothing was expected yet: the night was not over, or no passages came before",
}
_LINEAGE = {column.name for column in LINEAGE} - {"flags"}


@dataclass(frozen=True)
class Joined:
    """A register that passages are judged by: its columns a passage has too, and what of the passage it decides.

    ``besides``: columns of it that decide nothing of a passage.
    """

    table: str
    keys: tuple[str, ...]
    decides: frozenset[str]
    besides: frozenset[str] = frozenset()


_LIMIT = (
    "vehicle_kind", "drive_axle_kind", "limit_low_kg", "limit_kg", "rule_id", "limit_modifiers", "verdict",
    "is_over_limit", "excess_kg", "excess_ratio", "excess_band", "flags",
)  # fmt: skip
_EVIDENCE = ("certificate_no", "certificate_valid_to", "evidence_ok", "flags")
_PERMIT = ("permit_no", "permit_state", "is_permitted")
JOINED = (
    Joined(
        "staging.vehicle",
        ("plate_no",),
        frozenset(_LIMIT),
        frozenset(("enterprise_name", "first_issue_date", "operating_permit_no")),
    ),
    # The road of the site: whether it is on the permit's route.
    Joined("staging.wim_site", ("site_code",), frozenset(("county_code", "permit_state", "is_permitted"))),
    Joined("staging.wim_lane", ("site_code", "lane_code"), frozenset((*_EVIDENCE, "device_no"))),
    Joined("staging.wim_device", ("device_no",), frozenset(_EVIDENCE)),
    Joined("staging.verification_certificate", ("device_no",), frozenset(_EVIDENCE)),
    Joined("staging.oversize_permit", ("plate_no",), frozenset(_PERMIT)),
)
_NEEDED = {
    "mart.overload_daily": (
        "core.passage", "core.measured_passage", "mart.finding", "mart.overload_daily", *(one.table for one in JOINED),
    ),
    "mart.site_day": ("core.measured_passage", "staging.fhwa_weight", "mart.site_day", "staging.wim_site"),
    "meta.delivery": (),
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """A column's value before and after; personal ones are masked."""

    column: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Cause:
    """A register row that came or changed between the two nights, or a delivery that brought rows of a site's day."""

    table: str
    delivery_id: str
    name: str
    source_line: int | None
    row_count: int
    changes: tuple[Change, ...] = ()
    """What it says now and said before; of a row that came or went, all it says."""
    is_new: bool = False
    is_gone: bool = False


@dataclass(frozen=True)
class Effect:
    """A row that moved the metric, and by how much. ``row_count`` is above 1 for rows of new days of one delivery.

    ``delivery_id``, ``name``, ``source_line``: where the row stands that counts now, or where one stood that does not
    any more; ``night``: the one that took this delivery.
    """

    kind: str
    day: date | None
    site_code: str | None
    record_id: str | None
    row_count: int
    numerator: int
    denominator: int
    delivery_id: str | None
    name: str | None
    source_line: int | None
    night: date | None
    changes: tuple[Change, ...] = ()
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class WhyChanged:
    """A metric over a period and place, as known on two days. ``before`` and ``after``: see ``metrics.compute``."""

    metric: Metric
    first: date
    last: date
    county: str | None
    site: str | None
    night_before: date
    night_after: date
    before: dict[str, Any]
    after: dict[str, Any]
    effects: list[Effect] = field(repr=False)
    notes: list[str] = field(default_factory=list)
    """What else could make a published number differ from these, as far as it is known."""

    @property
    def difference(self) -> tuple[int, int]:
        """Of numerator and denominator; 0 for a metric without one."""
        return (
            self.after["numerator"] - self.before["numerator"],
            (self.after["denominator"] or 0) - (self.before["denominator"] or 0),
        )


def why_changed(
    name: str,
    known_from: date,
    known_to: date,
    first: date,
    last: date,
    county: str | None = None,
    site: str | None = None,
) -> WhyChanged:
    """A metric over ``first`` to ``last`` as known on two days, and every row that moved it.

    Both are computed by today's rules and code; ``notes`` compare the first with the version that was published then,
    if it is kept. Raises ``WarehouseError`` for an unknown metric, days in the wrong order, or one before the first
    night.
    """
    if name not in METRICS:
        raise WarehouseError(f"{name!r} is no metric. Metrics: {', '.join(METRICS)}.")
    in_order_of_days(known_from, known_to)
    metric = METRICS[name]
    tables = ["meta.delivery", *_NEEDED[metric.table]]
    with known_on(known_from, tables, first, last) as before, known_on(known_to, tables, first, last) as after:
        was, now = (compute(source, name, first, last, county, site) for source in (before, after))
        with both(before, after) as pair:
            effects = pair.effects(metric, {"first": first, "last": last, "county": county, "site": site})

        def shown(version: Source) -> Shown:
            then = compute(version, name, first, last, county, site)
            return (then["numerator"], then["denominator"]), f"{then['formula']} = {then['shown']}"

        notes = compare_published(before, (was["numerator"], was["denominator"]), shown)
        return WhyChanged(metric, first, last, county, site, before.night, after.night, was, now, effects, notes)


def in_order_of_days(known_from: date, known_to: date) -> None:
    """Raises ``WarehouseError`` for days in the wrong order."""
    if known_to < known_from:
        raise WarehouseError(f"--from {known_from} is after --to {known_to}. Exchange them.")


def counts_by_row(metric: Metric, catalog: str = "") -> str:
    """SQL: what each row adds to a metric in a period and place: ``key``, ``day``, ``site_code``, ``numerator``,
    ``denominator``. Of passages a row is a record, of sites a day, of deliveries a delivery."""
    at = f"{catalog}." if catalog else ""
    counts = (
        f"cast({metric.numerator} as bigint) as numerator, cast({metric.denominator or 0} as bigint) as denominator"
    )
    if metric.table == "meta.delivery":
        columns = f"delivery_id as key, last_event_date as day, cast(null as varchar) as site_code, {counts}"
        return counting(metric.table, columns, f"{at}{metric.table}")
    if metric.table == "mart.site_day":
        columns = f"concat(passed_date, ' ', site_code) as key, passed_date as day, site_code, {counts}"
        return counting(metric.table, columns, f"{at}{metric.table}")
    # The model that counts, grouped by record as well: what one record counts for is said nowhere else.
    query = parse_one(sql.render(metric.table).sql, dialect="duckdb")
    assert isinstance(query, exp.Select)
    query = query.select("passage.record_id").group_by("passage.record_id")
    for table in query.find_all(exp.Table):
        if catalog:
            table.set("catalog", exp.to_identifier(catalog))
    columns = f"record_id as key, passed_date as day, site_code, {counts}"
    return counting(metric.table, columns, f"({query.sql('duckdb')}) as by_record")


@contextlib.contextmanager
def both(before: Known, after: Known) -> Iterator["Both"]:
    """Both answers in one database."""
    connection = sql.private_database(":memory:", after.path.parent / "compared", 2, "1GB")
    try:
        for name, known in (("before", before), ("after", after)):
            connection.execute(f"attach '{str(known.path).replace(chr(39), chr(39) * 2)}' as {name} (read_only)")
        yield Both(connection, before.night)
    finally:
        connection.close()


Rows = list[dict[str, Any]]
_SIDES = ("before", "after")


class Both:
    """``before`` and ``after`` attached; ``night``: the last one that ``before`` knows."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, night: date) -> None:
        self.connection, self.night = connection, night
        self.deliveries = {
            row["delivery_id"]: row
            for row in self.rows("select delivery_id, name, business_date from after.meta.delivery")
        }

    def rows(self, query: str, params: Any = None) -> Rows:
        found = self.connection.execute(query, params)
        names = [description[0] for description in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def effects(self, metric: Metric, place: Mapping[str, Any]) -> list[Effect]:
        """Every row that counts for something else now, in a total order: by kind, day, site and row."""
        self.connection.execute(
            f"""create table moved as
            with old as ({counts_by_row(metric, "before")}), new as ({counts_by_row(metric, "after")})
            select key, coalesce(new.day, old.day) as day, coalesce(new.site_code, old.site_code) as site_code,
                coalesce(new.numerator, 0) - coalesce(old.numerator, 0) as numerator,
                coalesce(new.denominator, 0) - coalesce(old.denominator, 0) as denominator
            from old full join new using (key)
            where coalesce(new.numerator, 0) <> coalesce(old.numerator, 0)
                or coalesce(new.denominator, 0) <> coalesce(old.denominator, 0)""",
            place,
        )
        found = {
            "mart.overload_daily": self._passages,
            "mart.site_day": self._site_days,
            "meta.delivery": self._deliveries,
        }[metric.table]()
        order = list(KINDS)
        return sorted(
            found,
            key=lambda one: (
                order.index(one.kind), str(one.day), one.site_code or "", one.name or "", one.source_line or 0,
                one.delivery_id or "", one.record_id or "",
            ),
        )  # fmt: skip

    def _effect(self, kind: str, row: Mapping[str, Any], **rest: Any) -> Effect:
        delivery_id = rest.pop("delivery_id", None)
        told = self.deliveries.get(delivery_id, {})
        return Effect(
            kind,
            row["day"],
            row["site_code"],
            rest.pop("record_id", None),
            rest.pop("row_count", 1),
            row["numerator"],
            row["denominator"],
            delivery_id,
            told.get("name"),
            rest.pop("source_line", None),
            told.get("business_date"),
            **rest,
        )

    def changed(self, table: str, where: str = "true", params: Any = None) -> "list[ChangedRow]":
        """Rows of a table that came, went or say something else, of those that ``where`` holds of on either side."""
        asked = f"select record_id from {{}}.{table} where {where}"
        ids = " union all ".join(asked.format(catalog) for catalog in _SIDES)
        sides = [
            {
                row["record_id"]: row
                for row in self.rows(f"select * from {side}.{table} where record_id in ({ids})", params)
            }
            for side in _SIDES
        ]
        rows = (
            ChangedRow(table, *(side.get(record_id) for side in sides))
            for record_id in sorted(sides[0].keys() | sides[1].keys())
        )
        return [row for row in rows if row.columns]

    # --- deliveries --------------------------------------------------------------------------
    def _deliveries(self) -> list[Effect]:
        return [
            self._effect(CAME_LATE if row["day"] <= self.night else CAME, row, delivery_id=row["key"])
            for row in self.rows("select * from moved")
        ]

    # --- passages ----------------------------------------------------------------------------
    def _passages(self) -> list[Effect]:
        # A day after that night is no restatement: its rows are told by delivery.
        new_days = self.rows(
            """select moved.day, moved.site_code, passage.delivery_id, min(passage.source_line) as source_line,
                count(*) as row_count, cast(sum(numerator) as bigint) as numerator,
                cast(sum(denominator) as bigint) as denominator
            from moved inner join after.core.passage as passage on passage.record_id = moved.key
            where moved.day > ? and moved.key not in (select record_id from before.core.passage)
            group by moved.day, moved.site_code, passage.delivery_id""",
            [self.night],
        )
        told = [
            self._effect(
                CAME, row, delivery_id=row["delivery_id"], source_line=row["source_line"], row_count=row["row_count"]
            )
            for row in new_days
        ]
        single = self.rows(
            """select * from moved
            where not (day > ? and key not in (select record_id from before.core.passage))""",
            [self.night],
        )
        moved = f"""passage.record_id in (select key from moved where day <= date '{self.night}')
            or passage.record_id in (select record_id from before.core.passage
                where record_id in (select key from moved))"""
        old, new = self.judged("before", moved), self.judged("after", moved)
        registers = Registers(self) if any(row["key"] in old and row["key"] in new for row in single) else None
        for row in single:
            told.append(self._passage(row, old.get(row["key"]), new.get(row["key"]), registers))
        return told

    def judged(self, catalog: str, where: str, params: Any = None) -> dict[str, dict[str, Any]]:
        """Passages of one side by record: what was delivered (``measured_…``) and what was judged of it."""
        measured = self._columns(f"{catalog}.core.measured_passage")
        judged = [name for name in self._columns(f"{catalog}.core.passage") if name not in measured or name == "flags"]
        listed = ", ".join(
            [
                *(f"measured.{name} as measured_{name}" for name in measured),
                *(f"passage.{name}" for name in judged),
                *(f"finding.{name}" for name in _PERMIT),
            ]
        )
        rows = self.rows(
            f"""select {listed} from {catalog}.core.passage as passage
            inner join {catalog}.core.measured_passage as measured on measured.record_id = passage.record_id
            left join {catalog}.mart.finding as finding on finding.record_id = passage.record_id
            where {where}""",
            params,
        )
        return {row["measured_record_id"]: row for row in rows}

    def _columns(self, table: str) -> list[str]:
        return [row[0] for row in self.connection.execute(f"describe {table}").fetchall()]

    def _passage(
        self,
        row: Mapping[str, Any],
        old: dict[str, Any] | None,
        new: dict[str, Any] | None,
        registers: "Registers | None",
    ) -> Effect:
        holds = new or old
        assert holds is not None
        stands = {
            "record_id": row["key"],
            "delivery_id": holds["measured_delivery_id"],
            "source_line": holds["measured_source_line"],
        }
        if new is None or old is None:
            return self._effect(WITHDRAWN if new is None else CAME_LATE, row, **stands)
        delivered = changes_of(
            old, new, [name for name in old if name.startswith("measured_") and name[9:] not in _LINEAGE], "measured_"
        )
        judged = changes_of(old, new, [name for name in old if not name.startswith("measured_")])
        assert registers is not None
        causes = registers.behind({change.column for change in judged}, old, new, row["day"])
        kind = CORRECTED if delivered else JUDGED_OTHERWISE
        seen = {change.column for change in delivered}
        changes = (*delivered, *(change for change in judged if change.column not in seen))
        return self._effect(kind, row, **stands, changes=changes, causes=causes_of(causes, self))

    # --- days of sites -----------------------------------------------------------------------
    def _site_days(self) -> list[Effect]:
        """A day of a site moved because rows of it came or were corrected, or because the register says something
        else of the site; without any of these nothing was expected of it yet."""
        reported = """select record_id, delivery_id, source_line, site_code, passed_date, hour(passed_at) as hour_of_day
            from {0}.core.measured_passage
            union all
            select record_id, delivery_id, source_line, site_code, passed_date, hour(passed_at)
            from {0}.staging.fhwa_weight where record_kind = 'hour_empty'"""
        brought: dict[tuple[Any, ...], Rows] = {}
        for row in self.rows(
            f"""with old as ({reported.format("before")}), new as ({reported.format("after")})
            select moved.key, new.delivery_id, min(new.source_line) as source_line, count(*) as row_count,
                count(old.record_id) as corrected_count
            from new
            left join old on old.record_id = new.record_id
            inner join moved on moved.day = new.passed_date and moved.site_code in (new.site_code, old.site_code)
            where old.record_id is null or old.hour_of_day <> new.hour_of_day or old.site_code <> new.site_code
            group by moved.key, new.delivery_id order by moved.key, new.delivery_id"""
        ):
            brought.setdefault((row["key"],), []).append(row)
        registers = Registers(self, [one for one in JOINED if one.table == "staging.wim_site"])
        told = []
        for row in self.rows("select * from moved"):
            rows = brought.get((row["key"],), [])
            at = {"site_code": row["site_code"]}
            causes = registers.behind({"county_code"}, at, at, row["day"])
            if rows and row["day"] > self.night:
                kind = CAME
            elif rows:
                kind = CORRECTED if all(one["corrected_count"] == one["row_count"] for one in rows) else CAME_LATE
            else:
                kind = JUDGED_OTHERWISE if causes and row["day"] <= self.night else EXPECTED
            named = tuple(
                Cause("", one["delivery_id"], self.name_of(one["delivery_id"]), one["source_line"], one["row_count"])
                for one in rows
            )
            told.append(self._effect(kind, row, record_id=None, causes=(*named, *causes_of(causes, self))))
        return told

    def name_of(self, delivery_id: str) -> str:
        return str(self.deliveries.get(delivery_id, {}).get("name") or "")


@dataclass(frozen=True)
class ChangedRow:
    """A row as it was and is known; None: not at all."""

    table: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None

    @property
    def columns(self) -> set[str]:
        """Columns that say something else; of a row that came or went all of them."""
        return {
            name
            for name in (self.new or self.old or {})
            if name not in _LINEAGE and (self.old is None or self.new is None or self.old[name] != self.new[name])
        }

    @property
    def record_id(self) -> str:
        holds = self.new or self.old
        assert holds is not None
        return str(holds["record_id"])

    def holds(self, key: tuple[str, ...], values: Sequence[Any], day: date) -> bool:
        """Whether it says, or said, something of these values on that day."""
        return any(
            row is not None
            and [row[name] for name in key] == list(values)
            and (row["valid_from"] or date.min) <= day <= (row["valid_to"] or date.max)
            for row in (self.old, self.new)
        )


class Registers:
    """Register rows that came, went or changed between the two nights."""

    def __init__(self, pair: Both, joined: Sequence[Joined] = JOINED) -> None:
        self.joined = joined
        self.changed: dict[str, dict[tuple[Any, ...], list[ChangedRow]]] = {}
        for one in joined:
            by_key: dict[tuple[Any, ...], list[ChangedRow]] = {}
            for row in pair.changed(one.table):
                if not row.columns - one.besides:
                    continue
                keys = {tuple(side[name] for name in one.keys) for side in (row.old, row.new) if side}
                for key in keys:
                    by_key.setdefault(key, []).append(row)
            self.changed[one.table] = by_key

    def behind(self, columns: set[str], old: Mapping[str, Any], new: Mapping[str, Any], day: date) -> list[ChangedRow]:
        """Changed rows that decide one of ``columns`` of a passage of ``day``, before or now."""
        found: list[ChangedRow] = []
        for one in self.joined:
            if not one.decides & columns:
                continue
            for side in (old, new):
                values = tuple(side.get(name, side.get(f"measured_{name}")) for name in one.keys)
                for row in self.changed[one.table].get(values, []):
                    if row not in found and row.holds(one.keys, values, day):
                        found.append(row)
        return found


def causes_of(rows: Sequence[ChangedRow], pair: Both) -> tuple[Cause, ...]:
    told = []
    for row in rows:
        holds = row.new or row.old
        assert holds is not None
        changes = changes_of(row.old or {}, row.new or {}, [name for name in holds if name not in _LINEAGE])
        told.append(
            Cause(
                row.table, holds["delivery_id"], pair.name_of(holds["delivery_id"]), holds["source_line"], 1, changes,
                is_new=row.old is None, is_gone=row.new is None,
            )
        )  # fmt: skip
    return tuple(told)


def changes_of(
    old: Mapping[str, Any], new: Mapping[str, Any], columns: Sequence[str], prefix: str = ""
) -> tuple[Change, ...]:
    """Columns that differ, without ``prefix``. Plates are masked as on pages, other personal values told as changed."""
    return tuple(
        Change(name.removeprefix(prefix), *(_masked(name.removeprefix(prefix), side.get(name)) for side in (old, new)))
        for name in columns
        if old.get(name) != new.get(name)
    )


def _masked(column: str, value: Any) -> Any:
    known = dictionary().get(column)
    if value is None or known is None or not known.personal:
        return value
    return masked(str(value)) if column == "plate_no" else "***"


# --- what was published then ---------------------------------------------------------------------
Shown = tuple[Any, str]
"""A value to compare, and how it reads."""


def compare_published(known: Known, value: Any, shown_by: Callable[[Source], Shown]) -> list[str]:
    """Whether the version that was published after that night said the same; if not, what is known of why."""
    kept = [row for row in versions() if row["business_date"] == known.night.isoformat()]
    if not kept:
        return [
            f"No version of the night of {known.night} is kept any more, so what was shown then is not compared: by "
            "today's rules and code it is the first value above."
        ]
    number = kept[0]["version"]
    try:
        manifest = read_manifest(number)
        shown = Snapshot(manifest)
        then, reads = shown_by(shown)
    except (WarehouseError, duckdb.Error) as error:
        return [f"Version {number} of that night cannot be read, so what was shown then is not compared: {error}"]
    if then == value:
        return [f"Version {number}, published for the night of {known.night}, says the same as the first value above."]
    lines = [
        f"Version {number}, published for the night of {known.night}, says {reads}. Of "
        "what was known then today's rules and code make the first value above."
    ]
    more = [row for (row,) in shown.read("select delivery_id from meta.delivery").itertuples(index=False)]
    known_then = set(known.read("select delivery_id from meta.delivery")["delivery_id"])
    if later := sorted(set(more) - known_then):
        lines.append(
            f"It was built after more had come: {len(later)} deliveries of it belong to a later night, first "
            f"{later[0][:12]}."
        )
    now = published_manifest()
    assert now is not None
    if manifest["code"] != now["code"]:
        lines.append(
            "The models, the declarations they read or the engine changed since: the digest of the code differs."
        )
    changed = [
        name
        for name, told in now["tables"].items()
        if name.startswith("seeds.") and manifest["tables"].get(name) not in (None, told)
    ]
    if changed:
        lines.append(f"Rules changed since: {', '.join(sorted(changed))}.")
    feeds = [name for name, told in now["raw"].items() if manifest.get("raw", {}).get(name, told) != told]
    if feeds:
        lines.append(f"Declarations changed since: {', '.join(sorted(feeds))}.")
    if len(lines) == 1:
        lines.append(
            "Nothing of rules, code or deliveries differs: deliveries were landed again under a repaired rule."
        )
    return lines
