"""What a day knew, computed again from the raw rows, is what was published after its night, to the row."""

import random
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from prefecture import LAST_NIGHT, REGISTERS, build_night, csv, deliver, passage
from test_incremental import PHONES, drive, monitored

from etl import housekeeping
from warehouse import known
from warehouse.connection import Snapshot, snapshot
from warehouse.errors import WarehouseError
from warehouse.known import ColumnOf, Known, known_on
from warehouse.layout import CONTENT_SCHEMAS
from warehouse.publish import publish, published_manifest

FIRST_NIGHT = date(2026, 3, 1)
SITES = ("YZ01", "YZ02")


def every_table() -> list[str]:
    """Every table with content that follows from deliveries, and what the ledger tells of them."""
    manifest = published_manifest()
    assert manifest is not None
    content = [name for name in manifest["columns"] if name.split(".")[0] in CONTENT_SCHEMAS]
    return [*content, "meta.delivery", "meta.delivery_reason"]


def contents(db: Snapshot | Known, tables: list[str]) -> dict[str, pd.DataFrame]:
    return {table: db.read(f"select * from {table} order by all") for table in tables}


def assert_equal(found: pd.DataFrame, told: pd.DataFrame, what: str = "rows") -> None:
    """The same rows; a column's type in a frame depends on whether one of its values is empty."""
    pd.testing.assert_frame_equal(found, told, check_dtype=False, obj=what)


def assert_same(found: dict[str, pd.DataFrame], told: dict[str, pd.DataFrame], night: date) -> None:
    assert found.keys() == told.keys()
    for table, frame in told.items():
        assert_equal(found[table], frame, f"{table} as known on {night}")


def case(number: int, check_no: str, plate: str, day: str, state: str = "已立案") -> str:
    filed = f"{date.fromisoformat(day) + timedelta(1)}"
    return (
        f"示例〔2026〕{number}号,车货总质量超限,非现场,{check_no},{plate},黄色,,,,431103,{day} 08:00:00,{day},{filed},"
        f"普通程序,{state},,超限"
    )


class Nights:
    """Nights of random deliveries: passages in time and late, corrections and older versions, repeats, reissues,
    rows that are refused, registers that are corrected and a list of cases."""

    def __init__(self, state: Path, seed: int) -> None:
        self.state, self.random = state, random.Random(seed)
        self.sent: list[tuple[str, str, bytes]] = []
        self.passages: list[tuple[int, str, int, str]] = []
        self.held: list[str] = []
        self.number = 0

    def send(self, feed: str, name: str, rows: list[str]) -> None:
        data = csv(feed, rows)
        deliver(self.state, feed, name, data)
        self.sent.append((feed, name, data))

    def name(self, feed: str, day: date) -> str:
        self.number += 1
        return f"{feed}_{day:%Y%m%d}_{self.number}.csv"

    def of(self, day: date) -> None:
        chance = self.random.random
        rows = []
        for site in SITES:
            if chance() < 0.15:
                continue  # silent
            for hour in range(0, 24, 2):
                number = len(self.passages)
                self.passages.append((number, str(day), hour, site))
                row = passage(number, str(day), hour, site)
                (self.held if chance() < 0.2 else rows).append(row)
        if rows:
            self.send("wim_passage", self.name("wim_passage", day), [*rows, *self.random.sample(rows, 1)])
        if self.held and chance() < 0.7:
            self.send("wim_passage", self.name("wim_passage", day), self.held)
            self.held = []
        for _ in range(self.random.randrange(4)):
            number, of_day, hour, site = self.random.choice(self.passages)
            hours = self.random.choice((-1, 30, 60, 90))  # before the version that is there, or some time after it
            after = f"{date.fromisoformat(of_day) + timedelta(3)} 0{hours // 30}:00:00"
            uploaded = f"{of_day} {hour:02d}:59:50" if hours < 0 else after
            change = {"plate_no": f"湘M{20_000 + number}"} if chance() < 0.3 else {"speed_kmh": 60 + hours / 10}
            corrected = passage(number, of_day, hour, site, uploaded_at=uploaded, **change)
            self.send("wim_passage", self.name("wim_passage", day), [corrected, corrected.replace("湘M", "湘M\x01", 1)])
        if chance() < 0.6:
            feed, name, data = self.random.choice(self.sent)
            deliver(self.state, feed, name, data)
        if chance() < 0.5:
            feed, name, _ = self.random.choice([one for one in self.sent if one[0] == "wim_passage"])
            chosen = self.random.sample(self.passages, 2)
            rows = [passage(*one, uploaded_at=f"{one[1]} 23:59:59", vehicle_length_m=12) for one in chosen]
            self.send("wim_passage", name, rows)
        for register, line in (
            ("vehicle", "湘M1000{},2,Q,货车,{},{},1,{},0,示例运输{}号,4311{},2019-05-20,{},"),
            ("wim_site", "YZ0{},甲站,Site one,43110{},G207,12.5,26.4,111.6,2024-01-01,"),
            ("verification_certificate", "JL-{},YZ01-{},5,5,100,2025-03-10,{},{},示例计量院"),
        ):
            if chance() < 0.5:
                pick = self.random.randrange
                values: tuple[object, ...] = {
                    "vehicle": (n := pick(7), 3 + pick(4), 20_000 + 1_000 * pick(30), pick(2), n, n, FIRST_NIGHT
                                - timedelta(pick(3))),
                    "wim_site": (1 + pick(2), 2 + pick(2)),
                    "verification_certificate": (pick(3), 1 + pick(2), "2025-03-10", day + timedelta(pick(3) - 1)),
                }[register]  # fmt: skip
                self.send(register, self.name(register, day), [line.format(*values)])
        rows = []
        for number, of_day, hour, site in self.random.sample(self.passages, 3):
            check_no = passage(number, of_day, hour, site).split(",")[0]
            rows.append(
                case(number, check_no, f"湘M{10_000 + number % 7}", of_day, self.random.choice(["已立案", "撤案"]))
            )
        self.send("enforcement_case", self.name("enforcement_case", day), rows)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "heng"
    home.mkdir()
    monkeypatch.setenv("HENG_HOME", str(home))
    return home


@pytest.mark.parametrize("seed", range(3))
def test_what_a_day_knew_is_what_was_published_after_its_night(state: Path, seed: int) -> None:
    for feed, name in REGISTERS:
        deliver(state, feed, name)
    nights = Nights(state, seed)
    published: dict[date, dict[str, pd.DataFrame]] = {}
    for day in (FIRST_NIGHT + timedelta(number) for number in range(5)):
        nights.of(day)
        publish(build_night(state, day))
        published[day] = contents(snapshot(), every_table())
    assert len({len(told["core.passage"]) for told in published.values()}) == len(published), "every night brought some"
    for compacted in (False, True):
        if compacted:
            assert housekeeping.run()["compacted_days"] >= 2
        for night, told in published.items():
            with known_on(night, list(told)) as db:
                assert_same(contents(db, list(told)), told, night)
                assert (db.night, db.is_newest) == (night, night == max(published))


def test_captures_are_read_with_the_day_before_as_far_as_it_was_known(published: Path) -> None:
    """A drive over midnight whose beginning comes a night late."""
    tables = ["mart.vehicle_day", "core.driving_span", "mart.row_fate", "core.passage"]
    deliver(published, "monitored_vehicle", "monitored_vehicle_20260228.parquet", monitored(list(PHONES)))
    begins = {"20260301-22": (1, 22), "20260302-00": (2, 0), "20260301-20": (1, 20)}
    told = {}
    for night, names in ((date(2026, 3, 4), ("20260301-22", "20260302-00")), (date(2026, 3, 5), ("20260301-20",))):
        for name in names:
            day, hour = begins[name]
            capture = drive(pd.Timestamp(2026, 3, day, hour, 30 if hour else 0).to_pydatetime(), 1.5)
            deliver(published, "terminal_capture", f"terminal_capture_{name}.jt808", capture)
        publish(build_night(published, night))
        told[night] = contents(snapshot(), tables)
    first, second = told.values()
    assert not first["mart.vehicle_day"].equals(second["mart.vehicle_day"])
    for night, frames in told.items():
        with known_on(night, tables) as db:
            assert_same(contents(db, tables), frames, night)
        whole = frames["mart.vehicle_day"]
        only = pd.Timestamp(2026, 3, 2)
        with known_on(night, tables[:1], first=only.date(), last=only.date(), batch_rows=1) as db:
            found = db.read("select * from mart.vehicle_day order by all")
        expected = whole[whole["event_date"] == only].reset_index(drop=True)
        assert_equal(found, expected)


def test_goes_of_a_few_rows_and_days_give_the_same(published: Path) -> None:
    tables = [
        "core.passage",
        "mart.overload_daily",
        "mart.site_day",
        "core.vehicle_span",
        "core.vehicle_violation_span",
    ]
    with known_on(LAST_NIGHT, tables) as db:
        at_once = contents(db, tables)
    with known_on(LAST_NIGHT, tables, batch_rows=1) as db:
        assert_same(contents(db, tables), at_once, LAST_NIGHT)
    first, last = date(2026, 2, 27), date(2026, 3, 1)
    with known_on(LAST_NIGHT, tables, first, last) as db:
        found = contents(db, tables)
    for table in tables[:3]:
        within = at_once[table]["passed_date"].between(pd.Timestamp(first), pd.Timestamp(last))
        assert_equal(found[table], at_once[table][within].reset_index(drop=True))
    for table in tables[3:]:
        assert_equal(found[table], at_once[table])


def test_narrowed_rows_are_those_of_all_rows_also_where_a_version_says_something_else(published: Path) -> None:
    moved = passage(2600, "2026-02-26", 0, plate_no="湘M20000", uploaded_at="2026-03-02 05:00:00")
    deliver(published, "wim_passage", "wim_passage_20260304.csv", [moved])
    cases = [case(1, moved.split(",")[0], "湘M20000", "2026-02-26"), case(2, "nothing", "湘M10001", "2026-02-26")]
    deliver(published, "enforcement_case", "enforcement_case_20260304.csv", cases)
    night = date(2026, 3, 4)
    publish(build_night(published, night))
    plates = {"plate_no": ["湘M10003", "湘M20000", "湘M99999"]}
    with known_on(night, ["core.passage"], only=plates) as db:
        found = db.read("select * from core.passage order by record_id")
    listed = ", ".join(f"'{plate}'" for plate in plates["plate_no"])
    expected = snapshot().read(f"select * from core.passage where plate_no in ({listed}) order by record_id")
    assert set(expected["plate_no"]) == {"湘M10003", "湘M20000"}
    assert_equal(found, expected)
    with known_on(night, ["core.passage"], only={"plate_no": ["湘M10003"]}) as db:
        of_old = db.read("select record_id from core.passage")
    assert not set(of_old["record_id"]) & set(expected[expected["plate_no"] == "湘M20000"]["record_id"])
    of_cases = {"check_no": ColumnOf("staging.enforcement_case", "check_no")}
    with known_on(night, ["core.vehicle_violation_span", "mart.passage_excess"], only=of_cases) as db:
        spans = db.read("select * from core.vehicle_violation_span order by all")
        assert len(db.read("select * from mart.passage_excess")) == 1
    assert_equal(spans, snapshot().read("select * from core.vehicle_violation_span order by all"))
    with known_on(date(2026, 3, 3), ["core.passage", "staging.enforcement_case"], only=of_cases) as db:
        assert db.read("select * from core.passage union all by name select * from staging.enforcement_case").empty


def test_what_cannot_be_asked_is_refused_with_the_next_step(published: Path) -> None:
    def refused(what: str, day: date = LAST_NIGHT, tables: tuple[str, ...] = ("core.passage",), **how: object) -> None:
        with pytest.raises(WarehouseError, match=what), known_on(day, tables, **how):  # type: ignore[arg-type]
            pass

    refused("the first night is that of 2026-03-03", date(2026, 3, 2))
    refused(r"no table that can be computed as of a day.*docs/tables\.md", tables=("core.nothing",))
    refused("reads days before its own", tables=("core.vehicle_step",))
    refused("mart.overload_daily would say something else of fewer rows", tables=("mart.overload_daily",),
            only={"plate_no": ["湘M10003"]})  # fmt: skip
    refused("No event row has a column 'uscc_'", only={"uscc_": ["1"]})
    refused("no list or register", only={"plate_no": ColumnOf("core.passage", "plate_no")})
    refused("ends before it begins", first=LAST_NIGHT, last=LAST_NIGHT - timedelta(1))
    with known_on(LAST_NIGHT + timedelta(9), ["seeds.county"]) as db:
        assert (db.night, db.is_newest, str(db.data_until)) == (LAST_NIGHT, True, "2026-03-03")
    assert not list(published.parent.glob("heng-known-*"))


def test_a_version_from_before_asks_for_a_build(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = published_manifest()
    assert manifest is not None
    monkeypatch.setattr(known, "published_manifest", lambda: {k: v for k, v in manifest.items() if k != "raw"})
    with pytest.raises(WarehouseError, match="Run 'heng build'"), known_on(LAST_NIGHT, ["core.passage"]):
        pass


def test_an_older_night_that_is_closed_later_tells_nothing_to_the_days_before(published: Path) -> None:
    """Its version is not older, so what it took is known from the newest night on."""
    deliver(published, "wim_passage", "wim_passage_20260304.csv", [passage(1, "2026-02-28", 9)])
    publish(build_night(published, LAST_NIGHT - timedelta(1)))
    now = contents(snapshot(), ["core.passage"])
    with known_on(LAST_NIGHT, ["core.passage"]) as db:
        assert_same(contents(db, ["core.passage"]), now, LAST_NIGHT)
    with pytest.raises(WarehouseError, match="the first night"), known_on(LAST_NIGHT - timedelta(1), ["core.passage"]):
        pass


def test_days_that_are_merged_while_they_are_read_are_read_again(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(snapshot(), ["core.passage"])
    read, merged = known.rows_of, []

    def merge_first(segments: list[known.Segment]) -> str | None:
        if not merged:
            merged.append(housekeeping.compact())
            housekeeping.sweep(leave_seconds=-1)
        return read(segments)

    publish(build_night(published, date(2026, 3, 9)))
    monkeypatch.setattr(known, "rows_of", merge_first)
    with known_on(LAST_NIGHT, ["core.passage"]) as db:
        assert_same(contents(db, ["core.passage"]), before, LAST_NIGHT)
    assert merged[0] > 0


def test_a_damaged_file_is_named(published: Path) -> None:
    lost = next((published / "raw" / "wim_passage").rglob("*.parquet"))
    lost.write_bytes(b"PAR1")
    again = r"missing or changed.*heng quarantine replay"
    with pytest.raises(WarehouseError, match=again), known_on(LAST_NIGHT, ["core.passage"]):
        pass
    with known_on(LAST_NIGHT, ["staging.vehicle"]) as db:
        assert len(db.read("select * from staging.vehicle")) == 3


def test_temporary_files_are_gone_also_after_an_error(published: Path, tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))

    def read_and_fail() -> None:
        with known_on(LAST_NIGHT, ["core.passage"]) as db:
            assert [path.name.startswith("heng-known-") for path in place.iterdir()] == [True]
            with pytest.raises(WarehouseError, match="Only one SELECT"):
                db.read("delete from core.passage")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_and_fail()
    assert not list(place.iterdir())
