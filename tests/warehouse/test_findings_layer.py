"""Findings with their trips, rules and weaknesses, over tables in memory and against the repeat rule's own merging."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.feeds import raw_tables
from warehouse import repeat, sql
from warehouse.errors import WarehouseError
from warehouse.findings import Scope, Seen, finding, findings, rules_applied, trip_heads, weaknesses

LIMIT = 49_000


class Tables:
    """Raw rows, every model over them, and ``read`` as pages have it."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        sql.complete_raw(self.connection, raw_tables())
        self.connection.execute(
            "drop table raw.build_day; create table raw.build_day (event_date date, is_closed boolean)"
        )
        self.count = 0

    def add(self, table: str, **values: Any) -> str:
        self.count += 1
        record = f"r{self.count:03d}"
        row = {"record_id": record, "row_fate": "current", "flags": "", "delivery_id": "d"} | values
        names = [row_[0] for row_ in self.connection.execute(f"describe raw.{table}").fetchall()]
        row = {name: value for name, value in row.items() if name in names}
        self.connection.execute(
            f"insert into raw.{table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values())
        )
        return record

    def passage(
        self, at: str, gross: int = 55_000, plate: str | None = "湘M00001", site: str = "YZ01", **more: Any
    ) -> str:
        moment = datetime.fromisoformat(at)
        self.connection.execute(
            "insert into raw.build_day select ?, true where ? not in (select event_date from raw.build_day)",
            [moment.date(), moment.date()],
        )
        sound = {
            "check_no": f"K{self.count}", "event_date": moment.date(), "passed_at": moment, "site_code": site,
            "lane_code": "1", "plate_no": plate, "plate_color_code": 2 if plate else None, "plate_confidence": 0.95,
            "axle_count": 6, "axle_type_code": "157", "single_tyre_axle_count": 0, "gross_vehicle_weight_kg": gross,
            "speed_kmh": 60.0, "cross_lane": False, "close_following": False,
        }  # fmt: skip
        return self.add("wim_passage", **sound | more)

    def source(self) -> "Tables":
        sql.load_seeds(self.connection)
        for layer in sql.LAYERS:
            self.connection.execute(f"create schema {layer}")
        for name in sql.in_order(["mart.finding"]):
            self.connection.execute(f"create table {name} as {sql.render(name).sql}")
        return self

    def read(self, query: str, params: Any = None) -> pd.DataFrame:
        return self.connection.execute(query, params).df()


@pytest.fixture
def tables() -> Tables:
    return Tables()


def trips(frame: pd.DataFrame) -> list[tuple[str, Any, bool]]:
    return [
        (row.record_id, None if pd.isna(row.trip_no) else int(row.trip_no), bool(row.is_trip_finding))
        for row in frame.itertuples()
    ]


MAY = Scope(date(2026, 5, 1), date(2026, 5, 31))


def test_findings_within_24_hours_of_the_first_are_one_trip(tables: Tables) -> None:
    first = tables.passage("2026-05-10 08:00:00")
    edge = tables.passage("2026-05-11 08:00:00", site="YZ02")
    beyond = tables.passage("2026-05-11 08:00:01")
    other = tables.passage("2026-05-10 09:00:00", plate="湘M00002")
    found = findings(tables.source(), MAY)
    assert trips(found) == [(first, 1, True), (other, 2, True), (edge, 1, False), (beyond, 3, True)]
    assert list(found["trip_finding_count"]) == [2, 1, 2, 1]


def test_an_unladen_pass_between_ends_the_trip_and_a_laden_one_does_not(tables: Tables) -> None:
    records = [tables.passage("2026-05-10 08:00:00")]
    tables.passage("2026-05-10 09:00:00", gross=24_501)
    records.append(tables.passage("2026-05-10 10:00:00"))
    tables.passage("2026-05-10 11:00:00", gross=24_500)
    records.append(tables.passage("2026-05-10 12:00:00"))
    tables.passage("2026-05-10 12:30:00", gross=15_000, plate="湘M00002")
    records.append(tables.passage("2026-05-10 13:00:00"))
    assert trips(findings(tables.source(), MAY)) == [
        (records[0], 1, True), (records[1], 1, False), (records[2], 2, True), (records[3], 2, False),
    ]  # fmt: skip


def test_a_trip_that_began_before_the_period_keeps_its_own_finding(tables: Tables) -> None:
    """Of findings half a day apart every third begins a trip, whichever day is asked for, however far back it began."""
    start = datetime(2026, 4, 12, 8)
    records = [tables.passage(str(start + timedelta(hours=12 * number))) for number in range(50)]
    source = tables.source()
    whole = findings(source, Scope(date(2026, 4, 1), date(2026, 5, 31)))
    part = findings(source, Scope(date(2026, 5, 5), date(2026, 5, 6)))
    assert list(part["record_id"]) == records[46:50]
    heads = dict(zip(whole["record_id"], whole["trip_record_id"], strict=True))
    assert list(part["trip_record_id"]) == [heads[record] for record in part["record_id"]]
    assert [record for record in records if heads[record] == record] == records[::3]


def test_a_permitted_load_belongs_to_no_trip(tables: Tables) -> None:
    permitted = tables.passage("2026-05-10 08:00:00")
    after = tables.passage("2026-05-11 07:00:00")
    last = tables.passage("2026-05-12 06:59:59")
    tables.add(
        "oversize_permit", permit_no="P1", plate_no="湘M00001", plate_color_code=2, permitted_mass_kg=60_000,
        valid_from=date(2026, 5, 10), valid_to=date(2026, 5, 10),
    )  # fmt: skip
    found = findings(tables.source(), MAY)
    assert trips(found) == [(permitted, None, False), (after, 1, True), (last, 1, False)]
    assert list(found["permit_no"].fillna("")) == ["P1", "", ""]
    assert list(found["other_permit_no"].fillna("")) == ["", "P1", "P1"], "the permit that is over is told"


def test_a_finding_without_a_plate_is_a_trip_of_its_own(tables: Tables) -> None:
    records = [tables.passage(f"2026-05-10 0{hour}:00:00", plate=None) for hour in (1, 2)]
    source = tables.source()
    assert trips(findings(source, MAY)) == [(records[0], 1, True), (records[1], 2, True)]
    told = finding(source, records[1])
    assert told is not None
    assert bool(told["is_trip_finding"])


def test_one_finding_is_told_as_in_its_list_and_another_record_is_none(tables: Tables) -> None:
    first = tables.passage("2026-05-10 23:00:00")
    second = tables.passage("2026-05-11 01:00:00")
    within = tables.passage("2026-05-11 02:00:00", gross=40_000)
    source = tables.source()
    told = finding(source, second)
    assert told is not None
    assert (told["trip_record_id"], bool(told["is_trip_finding"]), told["trip_finding_count"]) == (first, False, 2)
    assert finding(source, within) is None


def test_scope_narrows_findings_but_not_their_trips(tables: Tables) -> None:
    first = tables.passage("2026-05-10 08:00:00", site="YZ01")
    second = tables.passage("2026-05-10 09:00:00", site="YZ02")
    source = tables.source()
    found = findings(source, Scope(date(2026, 5, 1), date(2026, 5, 31), site="YZ02"))
    assert list(found["record_id"]) == [second]
    assert list(found["trip_record_id"]) == [first]
    none = findings(source, Scope(date(2026, 5, 1), date(2026, 5, 31), plate_no="湘M00001", plate_color_code=1))
    assert none.empty
    with pytest.raises(WarehouseError, match="ends before it begins"):
        Scope(date(2026, 5, 2), date(2026, 5, 1))


def test_each_finding_names_its_rules_and_every_flag_in_words(tables: Tables) -> None:
    record = tables.passage("2026-05-10 08:00:00", gross=41_000, single_tyre_axle_count=3)
    tables.passage("2026-05-10 09:00:00", gross=55_000, plate="湘M00002")
    source = tables.source()
    rules = rules_applied(source, [record])
    assert list(zip(rules["part"], rules["rule_no"], strict=True)) == [
        ("limit", "M6C"), ("modifier", "SINGLE-TYRE"), ("counted_ratio", "repeat_excess_ratio"),
    ]  # fmt: skip
    assert list(rules["is_verified"]) == [True, True, False]
    assert rules[["citation_zh", "citation_en"]].notna().all(axis=None)
    told = weaknesses(source, [record])
    flags = source.read(
        "select concat_ws(',', flags, unknown_conditions) as flags from mart.finding where record_id = ?", [record]
    )["flags"].iloc[0]
    assert sorted(told["reason"]) == sorted(flags.split(","))
    assert {"E-NODEVICE", "V-NOCLASS", "V-NOTCOUNTED"} <= set(told["reason"])
    assert told[["zh", "en", "next_step_zh", "next_step_en"]].notna().all(axis=None)


@dataclass(frozen=True)
class _Act:
    """What ``warehouse.repeat`` looks at when it merges acts into trips."""

    record_id: str
    vehicle: tuple[str, int | None]
    violated_at: datetime
    last_unladen_at: datetime | None


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4_000), st.sampled_from(["A", "B"]), st.one_of(st.none(), st.integers(1, 1_600))),
        max_size=12,
    )
)
def test_trips_of_findings_are_those_of_the_repeat_rule(drawn: list[tuple[int, str, int | None]]) -> None:
    begin = datetime(2026, 5, 1)
    acts = [
        _Act(
            f"r{number}", (plate, 2), begin + timedelta(minutes=at),
            None if ago is None else begin + timedelta(minutes=at - ago),
        )
        for number, (at, plate, ago) in enumerate(sorted(drawn, key=lambda one: one[0]))
    ]  # fmt: skip
    theirs = {
        act.record_id: trip[0].record_id
        for trip in repeat._trips(acts, 24)  # type: ignore[arg-type]
        for act in trip
    }
    ours = trip_heads([Seen(act.record_id, act.vehicle, act.violated_at, act.last_unladen_at) for act in acts], 24)
    assert ours == theirs
