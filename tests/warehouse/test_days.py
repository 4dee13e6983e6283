"""Which days a change touches: those it can change, and no other."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from etl.feeds import raw_tables
from warehouse import sql
from warehouse.days import candidate_days, day_digests, looked_up_days
from warehouse.ledger import Segment

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 10)
DAYS = [date(2026, 1, day) for day in range(1, 11)]
Registers = dict[str, list[dict[str, str]]]


def segment(day: date, content: int = 7, rows: int = 10, feed: str = "wim_passage") -> Segment:
    return Segment(feed, day, f"raw/{feed}/{day}/{content:x}.parquet", f"{content:064x}", rows, f"{content:032x}", ())


EVENTS = [segment(day) for day in DAYS]


@pytest.fixture(scope="module")
def digests() -> Callable[..., dict[str, str]]:
    def run(registers: Registers | None = None, events: list[Segment] | None = None, night: date | None = LAST,
            code: str = "code", seed: str = "") -> dict[str, str]:  # fmt: skip
        connection = duckdb.connect()
        for table in raw_tables():
            if table.kind != "register":
                continue
            columns = {column.name: column.type for column in table.all_columns().values()}
            connection.execute(f"create table arrived ({', '.join(f'{n} {t}' for n, t in columns.items())})")
            for number, row in enumerate((registers or {}).get(table.name, [])):
                values = {"record_id": str(number), "row_digest": str(row), "version_rank": "1", **row}
                names, marks = ", ".join(values), ", ".join("?" * len(values))
                connection.execute(f"insert into arrived ({names}) values ({marks})", list(values.values()))
            sql.create_raw(connection, table, "arrived")
            connection.execute("drop table arrived")
        sql.load_seeds(connection)
        if seed:
            connection.execute(seed)
        return day_digests(connection, raw_tables(), EVENTS if events is None else events, night, code)

    return run


def touched(before: dict[str, str], after: dict[str, str]) -> list[int]:
    return sorted(
        date.fromisoformat(day).day for day in before.keys() | after.keys() if before.get(day) != after.get(day)
    )


SITE = {"site_code": "YZ01", "county_code": "431103", "valid_from": "2025-01-01"}


def test_nothing_changed_touches_nothing(digests: Callable[..., dict[str, str]]) -> None:
    assert touched(digests({"wim_site": [SITE]}), digests({"wim_site": [SITE]})) == []


def test_new_rows_touch_their_day(digests: Callable[..., dict[str, str]]) -> None:
    assert touched(digests(), digests(events=[*EVENTS, segment(date(2026, 1, 4), 9)])) == [4]
    assert touched(digests(), digests(events=EVENTS[1:])) == [1]


def test_rows_of_a_feed_with_context_touch_the_next_day_too(digests: Callable[..., dict[str, str]]) -> None:
    late = [*EVENTS, segment(date(2026, 1, 4), feed="terminal_capture")]
    assert touched(digests(), digests(events=late)) == [4, 5]
    corrected = [*EVENTS, segment(date(2026, 1, 4), 9, feed="terminal_capture")]
    assert touched(digests(events=late), digests(events=corrected)) == [4, 5]


def test_a_monitored_vehicle_touches_days_with_captures_and_the_day_after_its_span(
    digests: Callable[..., dict[str, str]],
) -> None:
    """The day after reads the day before, when the vehicle was still in service; days without captures read neither."""
    captures = [segment(date(2026, 1, day), feed="terminal_capture") for day in (3, 4, 7)]
    events = [*EVENTS, *captures]
    span = {"plate_no": "湘M1", "terminal_phone": "1", "valid_from": "2026-01-02", "valid_to": "2026-01-04"}
    with_it = digests({"monitored_vehicle": [span]}, events=events)
    assert touched(digests(events=events), with_it) == [3, 4, 5]
    other = digests({"monitored_vehicle": [{**span, "terminal_phone": "2"}]}, events=events)
    assert touched(with_it, other) == [3, 4, 5]


def test_compacting_a_day_touches_nothing(digests: Callable[..., dict[str, str]]) -> None:
    """Two files of a day and the one they are merged into say the same."""
    apart = [*EVENTS, segment(date(2026, 1, 4), 9, 5)]
    merged = [s for s in EVENTS if s.event_date.day != 4] + [segment(date(2026, 1, 4), 7 + 9, 15)]
    assert touched(digests(events=apart), digests(events=merged)) == []


def test_a_register_row_touches_the_days_on_which_it_holds(digests: Callable[..., dict[str, str]]) -> None:
    from_fifth = {**SITE, "valid_from": "2026-01-05"}
    fifth_to_seventh = {**from_fifth, "valid_to": "2026-01-07"}
    assert touched(digests(), digests({"wim_site": [from_fifth]})) == [5, 6, 7, 8, 9, 10]
    assert touched(digests(), digests({"wim_site": [fifth_to_seventh]})) == [5, 6, 7]
    assert touched(digests({"wim_site": [from_fifth]}), digests({"wim_site": [fifth_to_seventh]})) == [8, 9, 10]


def test_a_register_no_day_is_computed_from_touches_none(digests: Callable[..., dict[str, str]]) -> None:
    truck = {"plate_no": "湘M11111", "plate_color_code": "2", "valid_from": "2025-01-01"}
    assert touched(digests(), digests({"vehicle": [truck]})) == [], "looked_up_days answers for vehicles"


def test_the_end_of_a_certificate_is_shown_and_so_touches_every_day_it_holds(
    digests: Callable[..., dict[str, str]],
) -> None:
    held = {"certificate_no": "C1", "device_no": "D1", "valid_from": "2026-01-03", "valid_to": "2026-12-31"}
    revoked = {**held, "valid_to": "2026-01-08"}
    before = digests({"verification_certificate": [held]})
    assert touched(before, digests({"verification_certificate": [revoked]})) == [3, 4, 5, 6, 7, 8, 9, 10]


def test_a_change_in_law_touches_the_days_it_governs(digests: Callable[..., dict[str, str]]) -> None:
    later = "update seeds.gross_weight_limit set limit_kg = 60000 where rule_id = 'L2004-6'"
    assert touched(digests(), digests(seed=later)) == [], "a rule of before 2016-09-21"
    new = (
        "insert into seeds.gross_weight_limit (rule_id, valid_from, axle_count_min, vehicle_kind, drive_axle_kind,"
        " limit_kg) values ('NEW', date '2026-01-08', 6, 'combination', 'tandem', 50000)"
    )
    assert touched(digests(), digests(seed=new)) == [8, 9, 10]


def test_code_touches_every_day(digests: Callable[..., dict[str, str]]) -> None:
    assert touched(digests(), digests(code="other")) == list(range(1, 11))


def test_a_night_that_ends_touches_its_day(digests: Callable[..., dict[str, str]]) -> None:
    assert touched(digests(night=date(2026, 1, 9)), digests()) == [10]


def test_silent_days_are_looked_for_between_the_first_day_and_the_last_night() -> None:
    events = [segment(date(2026, 1, 3)), segment(date(2016, 6, 1), feed="motorway_passage")]
    assert candidate_days(events, date(2026, 1, 6)) == [date(2016, 6, 1), *DAYS[2:6]]
    assert candidate_days(events, None) == [date(2016, 6, 1), date(2026, 1, 3)]
    assert candidate_days([], date(2026, 1, 6)) == []


# --- vehicles: the days on which they passed -------------------------------------------------------
TRUCK = {"record_id": "1", "plate_no": "湘M11111", "plate_color_code": 2, "vehicle_kind": "rigid",
         "valid_from": "2025-01-01"}  # fmt: skip
OTHER = {**TRUCK, "record_id": "2", "plate_no": "湘M22222"}


def looked_up(tmp_path: Path, before: list[dict[str, object]], after: list[dict[str, object]]) -> list[str]:
    """Days touched when the register said ``before`` in the published version and says ``after`` now.

    湘M11111 passed on 3 and 5 January and 2 February 2026, 湘M22222 on 4 January, 湘M7T777 on 8 January.
    """
    vehicle = next(table for table in raw_tables() if table.name == "vehicle")
    columns = {column.name: column.type for column in vehicle.all_columns().values()} | {"row_fate": "varchar"}

    def register(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, object]]) -> None:
        connection.execute("create schema raw")
        connection.execute(f"create table raw.vehicle ({', '.join(f'{n} {t}' for n, t in columns.items())})")
        for row in rows:
            told = {**row, "row_fate": "current"}
            connection.execute(
                f"insert into raw.vehicle ({', '.join(told)}) values ({', '.join('?' * len(told))})",
                list(told.values()),
            )

    with duckdb.connect(str(tmp_path / "head.duckdb")) as head:
        register(head, before)
        head.execute(f"create schema staging; create table staging.vehicle as {sql.render('staging.vehicle').sql}")
    passed = {
        "2026-01": [("湘M11111", 3), ("湘M22222", 4), ("湘M11111", 5), ("湘M7T777", 8)],
        "2026-02": [("湘M11111", 2)],
    }
    parts = {month: tmp_path / f"{month}.duckdb" for month in passed}
    for month, rows in passed.items():
        with duckdb.connect(str(parts[month])) as part:
            part.execute("create schema core; create table core.passage (plate_no varchar, passed_date date)")
            part.executemany(
                "insert into core.passage values (?, ?)", [(plate, f"{month}-{day:02d}") for plate, day in rows]
            )
    with duckdb.connect() as connection:
        register(connection, after)
        sql.load_seeds(connection)
        return sorted(day.isoformat() for day in looked_up_days(connection, tmp_path / "head.duckdb", parts))


def test_a_truck_registered_late_touches_only_the_days_on_which_it_passed(tmp_path: Path) -> None:
    assert looked_up(tmp_path, [OTHER], [OTHER, TRUCK]) == ["2026-01-03", "2026-01-05", "2026-02-02"]


def test_an_unchanged_register_touches_nothing(tmp_path: Path) -> None:
    assert looked_up(tmp_path, [OTHER, TRUCK], [TRUCK, OTHER]) == []


def test_a_truck_sold_touches_only_its_days_after_the_sale(tmp_path: Path) -> None:
    assert looked_up(tmp_path, [TRUCK], [{**TRUCK, "valid_to": "2026-01-04"}]) == ["2026-01-05", "2026-02-02"]


def test_a_corrected_truck_touches_the_days_of_either_version(tmp_path: Path) -> None:
    was = {**TRUCK, "valid_from": "2026-01-05"}
    says = {**TRUCK, "valid_from": "2026-01-05", "valid_to": "2026-01-31", "vehicle_kind": "combination"}
    assert looked_up(tmp_path, [was], [says]) == ["2026-01-05", "2026-02-02"]


def test_a_truck_touches_the_days_of_plates_that_may_be_misreadings_of_it(tmp_path: Path) -> None:
    """湘M7T777 may have been 湘M71777 or 湘M77777, not 湘M72777."""
    for number, (plate, days) in enumerate(
        [("湘M71777", ["2026-01-08"]), ("湘M77777", ["2026-01-08"]), ("湘M72777", [])]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert looked_up(folder, [OTHER], [OTHER, {**TRUCK, "plate_no": plate}]) == days
