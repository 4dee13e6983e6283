"""Rows by their key are those a SELECT gives, of every key there is; a damaged file is told, never a missing row; and
what a vehicle is told does not hang on how its rows were found."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import scoped_prefecture
from scoped_prefecture import LAST

from dashboards import lookup_facts
from warehouse import dossier, keyed, masks, repeat, risk, what_if
from warehouse.connection import Reader, Snapshot, snapshot
from warehouse.errors import SnapshotDamaged, WarehouseError
from warehouse.keyed import File, Wanted
from warehouse.known_answers import facts_known_on
from warehouse.publish import files_of
from warehouse.risk import Asked

DISTRICT = "431103"
DAYS = (LAST, LAST - timedelta(days=9), LAST - timedelta(days=25))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("keyed") / "heng"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HENG_HOME", str(home))
        patch.setenv("HENG_STABLE_SECONDS", "0")
        scoped_prefecture.make(home)
        yield home


@pytest.fixture(scope="module")
def whole(state: Path) -> Snapshot:
    return snapshot()


class Slow:
    """The same version without its keys: every row by a SELECT."""

    def __init__(self, source: Reader) -> None:
        self.kept: dict[str, Any] = {}
        self.version, self.manifest = source.version, source.manifest
        self.rows, self.read, self.constant, self.within = source.rows, source.read, source.constant, source.within


def counted(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(repr(sorted(row.items())) for row in rows)


def vehicles(source: Any, table: str) -> list[tuple[str, int | None]]:
    return [
        (row["plate_no"], row["plate_color_code"])
        for row in source.rows(
            f"select distinct plate_no, plate_color_code from {table} where plate_no is not null order by all"
        )
    ]


# --- rows ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "index", [*keyed.OF_HEAD, *keyed.OF_PART], ids=lambda index: f"{index.table} by {index.key}"
)  # fmt: skip
def test_the_rows_of_every_key_are_those_of_the_table(whole: Snapshot, index: keyed.Index) -> None:
    columns = index.columns or tuple(name for name, _ in whole.manifest["columns"][index.table])
    by_key: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in whole.rows(f"select {', '.join(columns)} from {index.table} where {index.key} is not null"):
        by_key[row[index.key]].append(row)
    for value, rows in by_key.items():
        found = keyed.rows(whole, index.table, columns, index.key, [value])
        assert counted(found) == counted(rows), (index, value)
    assert keyed.rows(whole, index.table, columns, index.key, ["no such key", None]) == []  # type: ignore[list-item]
    some = sorted(by_key)[:3]
    assert counted(keyed.rows(whole, index.table, columns, index.key, some)) == counted(
        keyed.rows(Slow(whole), index.table, columns, index.key, some)
    )
    if index.table not in ("mart.dimension_finding", "staging.loading_firm"):
        assert by_key, "else nothing was compared"


def test_the_passages_of_every_plate_are_those_of_the_table(whole: Snapshot) -> None:
    plates = sorted({plate_no for plate_no, _ in vehicles(whole, "core.passage")})
    assert len(plates) > 100
    for days in (None, [LAST], [date(2025, 11, 1), LAST]):
        fast, slow = keyed.passed(whole, plates, days), keyed.passed(Slow(whole), plates, days)
        assert fast.keys() == slow.keys()
        for plate_no, told in fast.items():
            alike = [Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()]
            for found, of in zip(alike, (told, slow[plate_no]), strict=True):
                arrays = (of.days, of.colors, of.verdicts, of.counties, of.counts)
                for *what, count in zip(*(array.tolist() for array in arrays), strict=True):
                    found[tuple(what)] += count
            assert alike[0] == alike[1], plate_no
            assert told.colors_seen == slow[plate_no].colors_seen


def test_the_passage_that_a_case_names_is_kept_whole(whole: Snapshot) -> None:
    columns = [name for name, _ in whole.manifest["columns"]["core.passage"]]
    exact = whole.rows(
        f"select {', '.join(f'passage.{name}' for name in columns)} from core.passage as passage"
        " semi join (from core.case_passage where match_grade = 'exact') as matched"
        " on matched.passage_record_id = passage.record_id"
    )
    assert exact
    records = [row["record_id"] for row in exact]
    assert counted(keyed.weighed(whole, columns, records) or []) == counted(exact)
    assert keyed.weighed(whole, columns, ["no such record"]) == []
    assert keyed.weighed(Slow(whole), columns, records) is None


def test_a_key_that_is_not_declared_is_refused(whole: Snapshot) -> None:
    with pytest.raises(WarehouseError, match=r"staging\.vehicle has no rows by enterprise_name"):
        keyed.rows(whole, "staging.vehicle", ("plate_no",), "enterprise_name", ["x"])


# --- answers ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("as_of", DAYS, ids=str)
def test_what_a_vehicle_is_told_does_not_hang_on_how_its_rows_were_found(whole: Snapshot, as_of: date) -> None:
    slow, told = Slow(whole), 0
    acting = vehicles(whole, "core.violation")
    others = random.Random(7).sample(vehicles(whole, "core.passage"), 25)
    for plate_no, color in [*acting, *others, *vehicles(whole, "staging.vehicle")[:10]]:
        question = lookup_facts.Asked(plate_no, plate_no[0], color, as_of, "ROLLING_12M")
        fast = lookup_facts.find(whole, question)
        assert fast == lookup_facts.find(slow, question), plate_no
        told += fast.facts is not None and bool(fast.facts["acts"])
    assert told or as_of == DAYS[-1]


@pytest.mark.parametrize("as_of", DAYS, ids=str)
def test_the_score_of_every_vehicle_is_that_of_the_list(whole: Snapshot, as_of: date) -> None:
    """The list counts all of them in two statements, a look-up the rows of one."""
    everybody = risk.everybody(Slow(whole), Asked(as_of))
    assert sum(one.event_count > 0 for one in map(everybody.at, range(len(everybody.keys)))) > 10
    for place, (plate_no, color) in enumerate(everybody.keys):
        key = {"plate_no": plate_no, "plate_color_code": color}
        told = risk.explained(whole, Asked(as_of), key, everybody.priors)
        assert told.risk == everybody.at(place), key
        assert sum(reason.left_out is None for reason in told.reasons) == told.risk.event_count


@pytest.mark.parametrize("subject", repeat.SUBJECTS)
def test_the_standing_of_each_subject_is_that_of_the_list(whole: Snapshot, subject: str) -> None:
    names = {"vehicle": ("plate_no", "plate_color_code"), "driver": ("driver_no",), "enterprise": ("uscc",)}[subject]
    for window in repeat.WINDOWS:
        question = repeat.Question(LAST, subject, window)
        listed = repeat.standings(whole, question)
        assert listed
        for one in listed:
            (alone,) = repeat.standings(whole, question, dict(zip(names, one.key, strict=True)))
            # A list tells the first issue where its window begins with it.
            assert replace(alone, first_issue_date=one.first_issue_date) == one


def test_what_the_last_night_knew_is_what_the_keys_tell(whole: Snapshot) -> None:
    for plate_no, color in random.Random(3).sample(vehicles(whole, "core.violation"), 2):
        key = {"plate_no": plate_no, "plate_color_code": color}
        with facts_known_on(LAST, "vehicle", key) as source:
            known = dossier.facts(source, "vehicle", key, LAST)
        served = dossier.facts(whole, "vehicle", key, LAST)
        assert known["acts"]
        assert {**known, "snapshot": None} == {**served, "snapshot": None}


def test_the_priors_told_with_a_version_are_those_computed_of_its_days(whole: Snapshot) -> None:
    of = risk.rules(whole, LAST)
    computed = risk.priors(Slow(whole), Asked(LAST), of)
    assert whole.kept["risk_priors"] == {
        "as_of": LAST.isoformat(), "priors": {kind: asdict(one) for kind, one in computed.items()}
    }  # fmt: skip
    assert risk.priors(whole, Asked(LAST), of) == computed
    assert computed["all"].check_count > 0
    for other in (Asked(DAYS[1]), Asked(LAST, "enterprise"), Asked(LAST, county=DISTRICT)):
        assert risk.priors(whole, other, of) == risk.priors(Slow(whole), other, of) != computed


def test_a_look_up_asks_the_engine_for_the_last_passages_alone(
    whole: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement costs more than all the keys, so another one is seen here and not by a clock."""
    plate_no, color = vehicles(whole, "core.violation")[0]
    question = lookup_facts.Asked(plate_no, plate_no[0], color, LAST, "ROLLING_12M")
    lookup_facts.find(whole, question)  # rules, places and words are read once a version
    asked: list[str] = []
    rows, read = Reader.rows, Reader.read
    monkeypatch.setattr(Reader, "rows", lambda self, sql, *how: (asked.append(sql), rows(self, sql, *how))[1])
    monkeypatch.setattr(Reader, "read", lambda self, sql, *how: (asked.append(sql), read(self, sql, *how))[1])
    found = lookup_facts.find(whole, question)
    assert found.risk is not None
    assert [sql.count("core.passage") for sql in asked] == [1]


# --- who may see it --------------------------------------------------------------------------------------
def test_a_reader_of_some_districts_or_of_masked_text_never_reaches_the_keys(
    whole: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    plates = sorted({plate_no for plate_no, _ in vehicles(whole, "core.passage")})
    own, masked = whole.scoped((DISTRICT,), "whole"), whole.scoped(None, "masked")
    of_all = whole.scoped(None, "whole")
    assert of_all.passed(plates[:3]).keys() == set(plates[:3])
    assert (own.kept, of_all.kept) == ({}, whole.kept)

    def never(*asked: Any) -> Any:
        raise AssertionError("the keys know neither districts nor masks")

    for name in ("rows", "passed"):
        monkeypatch.setattr(keyed.Store, name, never)
    told = own.passed(plates)
    (row,) = own.rows("select count(*) as n from core.passage where plate_no is not null")
    assert sum(int(one.counts.sum()) for one in told.values()) == row["n"] > 0
    assert {county for one in told.values() for county in one.counties.tolist()} == {DISTRICT}
    findings = own.keyed("mart.finding", ("county_code",), "plate_no", plates)
    assert {row["county_code"] for row in findings} == {DISTRICT}
    assert own.weighed(("record_id",), ["x"]) is None
    (text,) = {
        str(row["plate_no"]) for row in masked.keyed("staging.vehicle", ("plate_no",), "plate_no", [plates[0]])
    } or {masks.out("plate_no", plates[0])}
    assert plates[0] not in str(text)
    assert whole.manifest["keys"] == keyed.FORMAT
    supposed = what_if._Supposed(whole.manifest, {}, (), None, LAST, LAST)
    assert supposed.kept == {}, "by another rule the published answers do not hold"
    assert supposed.passed(plates[:3]).keys() == set(plates[:3])
    assert supposed.keyed("staging.vehicle", ("plate_no",), "plate_no", ["no such key"]) == []
    supposed.close()


# --- damage ----------------------------------------------------------------------------------------------
def test_a_changed_byte_is_told_or_changes_no_answer(whole: Snapshot, state: Path, tmp_path: Path) -> None:
    """A key that cannot be found any more would be a vehicle without acts."""
    names = [told["file"] for told in files_of(whole.manifest) if told["file"].endswith(".keys")]
    drawn, found, tried = random.Random(11), 0, 0
    for name in names:
        good = (state / name).read_bytes()
        file = File(state / name)
        wanted = [Wanted("core.violation", "plate_no", plate) for plate, _ in vehicles(whole, "core.violation")]
        wanted += [Wanted("mart.finding", "plate_no", plate) for plate, _ in vehicles(whole, "mart.finding")]
        wanted += [Wanted("core.passage", "plate_no", plate) for plate, _ in vehicles(whole, "core.passage")[:300]]
        answers = [file.entry(one) for one in wanted]
        assert any(answers)
        directory = range(file.told["slots"], len(good))
        for at in [*drawn.sample(directory, 60), *drawn.sample(range(len(good)), 60)]:
            path = tmp_path / "changed.keys"
            path.unlink(missing_ok=True)  # another file: the one before is still mapped
            path.write_bytes(good[:at] + bytes([good[at] ^ 1 << drawn.randrange(8)]) + good[at + 1 :])
            tried += 1
            try:
                changed = File(path)
            except SnapshotDamaged:
                found += 1
                continue
            is_told = False
            for one, answer in zip(wanted, answers, strict=True):
                try:
                    assert changed.entry(one) == answer, (name, at)
                except SnapshotDamaged:
                    is_told = True
            found += is_told
    assert found > tried / 3
    print(f"changed bytes told {found} of {tried}; the others were in rows that nobody asked for")


def test_a_type_that_nobody_said_how_to_keep_is_refused(whole: Snapshot, tmp_path: Path) -> None:
    columns = {**whole.manifest["columns"], "core.case_match": [["case_no", "UUID"]]}
    with pytest.raises(WarehouseError, match=r"core\.case_match.*UUID"):
        keyed.write_head(whole._connection, "head", columns, tmp_path / "x.keys")
