"""Personal text leaves masked, or whole for a purpose that is on record before; and the numbers are the same."""

import copy
import csv
import io
import json
import pickle
import sqlite3
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from warehouse import audit, connection, masks
from warehouse.audit import AuditUnwritable, Subject
from warehouse.columns import dictionary
from warehouse.columns.levels import INTERNAL, OPEN, PERSONAL, SENSITIVE, level_of
from warehouse.connection import TooBusy, snapshot
from warehouse.disclosure import NotAllowed, Purpose, disclosed
from warehouse.errors import WarehouseError
from warehouse.principal import Principal

MAY = Principal("acc-0001", "inspector", None, "whole")
MAY_NOT = Principal("acc-0002", "leader", None)
WHY = Purpose("case_handling", "复核")
PLATES = "select distinct plate_no from core.passage where plate_no is not null order by plate_no"


# --- classes of columns --------------------------------------------------------------------------------
def test_every_text_column_is_classed_once() -> None:
    undeclared = [
        one.name for one in dictionary().values()
        if one.type.startswith("VARCHAR") and level_of(one.name) == "sensitive" and one.name not in SENSITIVE
    ]  # fmt: skip
    assert undeclared == [], "declare it in warehouse/columns/levels.py"
    named = [*PERSONAL, *SENSITIVE, *INTERNAL, *OPEN]
    assert len(named) == len(set(named))
    assert set(named) <= set(dictionary())
    for one in dictionary().values():
        if one.personal:
            assert level_of(one.name) in ("personal", "sensitive"), one.name


def test_a_name_that_nobody_declared_is_sensitive() -> None:
    assert level_of("whatever") == "sensitive"
    assert level_of("plate_source") == "sensitive", "its end alone declares nothing"
    assert str(masks.out("whatever", "张三")) == masks.HIDDEN
    assert masks.out("whatever", 3) == 3


# --- a masked text -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "whole", "shown"),
    [
        ("plate_no", "湘M12345", "湘M·***45"),
        ("plate_no", "湘M1", "***"),
        ("person_name", "王小明", "王*"),
        ("citizen_id", "431199199001011234", "4311**********1234"),
        ("citizen_id", "4311", "***"),
        ("terminal_phone", "13912345678", "139****5678"),
        ("driver_certificate_no", "431100000012", "4311****0012"),
        ("as_reported", "司机王小明", "***"),
    ],
)
def test_masks(name: str, whole: str, shown: str) -> None:
    assert str(masks.out(name, whole)) == shown


def test_a_masked_text_shows_its_mask_and_stays_what_it_stands_for() -> None:
    one, other = masks.out("plate_no", "湘M12345"), masks.out("plate_no", "湘M99945")
    written = io.StringIO()
    csv.writer(written).writerow([one])
    table = pd.DataFrame({"plate_no": pd.Series([one, other, one], dtype=object)})
    shown = [
        str(one), repr(one), f"{one}", one + "", json.dumps([one, {one: one}], ensure_ascii=False),
        written.getvalue(), pickle.dumps(one).decode("latin-1"), str(copy.deepcopy([one])), "".join([one]),
        table.to_csv(), str(table), one.encode().decode(), one[:], one.upper(),
    ]  # fmt: skip
    assert [text for text in shown if "12345" in text] == []
    assert str(one) == str(other)
    assert one != other, "two vehicles stay two"
    assert one == "湘M12345"
    assert {one: 1}["湘M12345"] == 1
    assert one < other
    assert masks.whole_of({"p": one, "q": [one, (other,)]}) == {"p": "湘M12345", "q": ["湘M12345", ["湘M99945"]]}
    assert type(pickle.loads(pickle.dumps(one))) is str


def test_what_lies_in_lists_and_structs_is_masked_too(published: Path) -> None:
    source = snapshot(MAY_NOT)
    asked = "select list(plate_no) as plate_no, {'plate_no': any_value(plate_no), 'n': 1} as pair from core.passage"
    for told in (source.rows(asked)[0], source.read(asked).iloc[0].to_dict()):
        assert "***" in str(told)
        assert not [plate for plate in snapshot().read(PLATES)["plate_no"] if plate in str(told)]


# --- a masked reader -----------------------------------------------------------------------------------
def test_a_masked_reader_hands_no_plate_out_and_counts_the_same(published: Path) -> None:
    source, whole = snapshot(MAY_NOT), snapshot()
    plates = [row["plate_no"] for row in whole.rows(PLATES)]
    assert len(plates) > 5
    assert [row["plate_no"] for row in source.rows(PLATES)] == plates, "equal to what they stand for"
    told = json.dumps(source.rows("select * from core.passage"), ensure_ascii=False, default=str)
    told += source.read("select * from core.passage").to_csv() + str(source.rows(PLATES))
    hits = [plate for plate in plates if plate in told]
    print(f"whole plates in {len(told):,} signs: {len(hits)}")
    assert hits == []
    for row in source.rows(PLATES):
        asked = "select count(*) as n from core.passage where plate_no = $plate"
        assert source.rows(asked, {"plate": row["plate_no"]}) == whole.rows(
            asked, {"plate": str(row["plate_no"]._whole)}
        )
    alias = "select plate_no as something from core.passage where plate_no is not null limit 1"
    assert str(source.rows(alias)[0]["something"]) == masks.HIDDEN
    with pytest.raises(WarehouseError, match="not declared"):
        source.read(alias)


def test_a_principal_sees_masked_without_a_disclosure_whatever_its_level(published: Path) -> None:
    assert {str(row["plate_no"])[3:6] for row in snapshot(MAY).rows(PLATES)} == {"***"}


# --- disclosure ----------------------------------------------------------------------------------------
def test_what_is_disclosed_is_on_record_before_and_after(published: Path) -> None:
    audit.begin()
    with disclosed(MAY, WHY, "lookup.acts", Subject("plate", "湘M10001")) as source:
        (asked, *_) = audit.records()
        assert (asked["outcome"], asked["actor"], asked["query"]) == ("asked", "acc-0001", "lookup.acts")
        rows = source.rows("select plate_no from core.passage where plate_no = '湘M10001'")
        assert {type(row["plate_no"]) for row in rows} == {str}
    given, asked, _ = audit.records()
    assert (given["outcome"], given["row_count"], given["version"]) == ("given", len(rows), source.version)
    assert len(given["digest"]) == 64
    assert asked["subject"] == given["subject"] == audit.subject_key(Subject("plate", "湘M10001"))
    for late in (lambda: source.rows(PLATES), lambda: source.read(PLATES), lambda: source.constant(PLATES),
                 lambda: source.within("core.passage", "plate_no", [date(2026, 3, 1)])):  # fmt: skip
        with pytest.raises(WarehouseError, match="inside its block"):
            late()


def test_the_digest_is_of_what_left_whatever_the_order(published: Path) -> None:
    audit.begin()
    asked, digests = [PLATES, "select count(*) as n from core.passage"], []
    for order in (asked, asked[::-1], asked[:1]):
        with disclosed(MAY, WHY, "lookup.acts") as source:
            for sql in order:
                source.rows(sql)
        digests.append(audit.records()[0]["digest"])
    assert digests[0] == digests[1] != digests[2]


def test_a_file_that_left_is_found_again_by_itself(published: Path, tmp_path: Path) -> None:
    audit.begin()
    with disclosed(MAY, WHY, "export.repeat") as source:
        file = source.left("\n".join(row["plate_no"] for row in source.rows(PLATES)).encode())
    with disclosed(MAY, WHY, "export.other") as source:
        source.left(b"another")
    found = audit.records(digest=audit.digest_of(file))
    assert [(row["outcome"], row["query"]) for row in found] == [("given", "export.repeat")]
    assert audit.records(digest=audit.digest_of(file + b" ")) == []


def test_without_a_record_nothing_is_disclosed(published: Path) -> None:
    read = []
    with pytest.raises(AuditUnwritable), disclosed(MAY, WHY, "lookup.acts") as source:
        read.append(source.rows(PLATES))
    assert read == []


def test_rows_do_not_leave_the_block_if_the_second_record_cannot_be_written(published: Path) -> None:
    audit.begin()

    def answer() -> list[dict[str, object]]:
        with disclosed(MAY, WHY, "lookup.acts") as source:
            rows = source.rows(PLATES)
            with sqlite3.connect(audit.log_path()) as log:
                log.execute("create trigger full_disk before insert on record begin select raise(abort, 'full'); end")
            log.close()
            return rows

    with pytest.raises(AuditUnwritable):
        answer()


def test_who_sees_masked_gets_nothing_whole_and_the_attempt_is_on_record(published: Path) -> None:
    audit.begin()
    with pytest.raises(NotAllowed), disclosed(MAY_NOT, WHY, "lookup.acts"):
        raise AssertionError
    assert audit.records()[0]["outcome"] == "refused"


def test_a_failed_reading_is_on_record(published: Path) -> None:
    audit.begin()

    def answer() -> None:
        with disclosed(MAY, WHY, "lookup.acts") as source:
            source.rows(PLATES)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer()
    assert audit.records()[0]["outcome"] == "failed"
    assert audit.records()[0]["row_count"] > 5


def test_a_purpose_is_one_of_those_declared(published: Path) -> None:
    audit.begin()
    with pytest.raises(ValueError, match="purpose"), disclosed(MAY, Purpose("curiosity"), "lookup.acts"):
        raise AssertionError
    assert len(audit.records()) == 1


def test_a_disclosure_holds_the_scope(published: Path) -> None:
    audit.begin()
    own = Principal("acc-0003", "district", ("431102",), "whole")
    with disclosed(own, WHY, "lookup.acts") as source:
        found = source.rows("select distinct county_code from core.passage")
    assert [row["county_code"] for row in found] == ["431102"]
    assert audit.records()[0]["scope"] == "431102"


# --- so many rows --------------------------------------------------------------------------------------
def test_a_result_of_too_many_rows_is_not_handed_out(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST_ROWS", 40)
    for source in (snapshot(MAY_NOT), snapshot(Principal("acc-0004", "district", ("431102",)))):
        assert len(source.rows("select a.range as n from range(40) as a")) == 40
        for read in (source.rows, source.read):
            with pytest.raises(connection.TooMany, match="shorter period"):
                read("select a.range as n from range(41) as a")
    assert len(snapshot().rows("select a.range as n from range(41) as a")) == 41, "commands read what they ask for"


# --- so many at once -----------------------------------------------------------------------------------
def test_a_query_too_many_waits_and_is_told_to_come_again(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "WAIT_SECONDS", 0.05)
    source, held = snapshot(), 0
    try:
        while connection._turns.acquire(blocking=False):
            held += 1
        assert held == connection.QUERIES_AT_ONCE
        with pytest.raises(TooBusy, match="Ask again"):
            source.rows("select 1 as n")
        connection._turns.release()
        held -= 1
        assert source.rows("select 1 as n") == [{"n": 1}]
        with pytest.raises(connection.TooSlow):
            source.rows("select count(*) as n from range(100000000) a, range(100000) b", timeout=0.2)
        with pytest.raises(Exception, match="nothing"):
            source.rows("select * from nothing")
        assert source.rows("select 1 as n") == [{"n": 1}], "a turn is given back whatever happened"
    finally:
        for _ in range(held):
            connection._turns.release()
