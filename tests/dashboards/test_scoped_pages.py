"""Every page and every file as somebody of one district sees them: no row of another, no plate whole, and each text of
a query named by what it holds."""

import io
import json
import re
import zipfile
from collections import OrderedDict
from datetime import date
from typing import Any

import dash
import fixture
import pytest
from canaries import of_others
from driving import HOST, Callbacks, components, locale, text_of
from one_app import client_of
from query_lineage import ONLY_WHETHER, Recorder
from werkzeug.test import TestResponse

from dashboards import as_known, lookup_facts, queries
from warehouse import connection, dossier, score
from warehouse.audit import AuditUnwritable
from warehouse.columns.levels import PERSONAL, SENSITIVE
from warehouse.connection import Scoped, Snapshot
from warehouse.disclosure import Disclosed
from warehouse.errors import NotAllowed

DISTRICT = "431102"
"""Another than that of the planted acts, which would tell."""
NAMING = (
    "plate_no", "other_plate_no", "suggested_plate_no", "case_no", "hazard_no", "uscc", "record_id", "enterprise_name",
    "driver_certificate_no", "decision_no", "firm_name", "terminal_phone", "check_no", "place", "unit_name",
    "driver_no", "passage_record_id", "enterprise_uscc",
)  # fmt: skip
SEARCHES = {
    "/overload/rows": ("?show=over", "?metric=severe"),
    "/overload/site": ("?site=YZ01", "?period=last_month"),
    "/repeat": ("?window=ROLLING_12M&low=all", "?subject=driver&low=all", "?subject=enterprise&low=all"),
    "/terminals/rows": ("?show=alarms&fate=all", "?show=findings", "?show=vehicles"),
    "/hazards": ("?show=all",),
    "/risk": ("?of=enterprise",),
    "/ranking": ("?of=enterprise",),
}
FILES = (
    "overload-rows.csv", "dimensions.csv", "hazards.csv?show=all", "repeat.csv?low=all", "night-report.csv",
    "repeat.csv?subject=driver&low=all", "repeat.csv?subject=enterprise&low=all",
    "terminal-rows.csv?show=alarms&fate=all", "cases.csv?rows=clocks", "shift.csv", "shift.html",
)  # fmt: skip


class Whole(Snapshot):
    """The made warehouse, as a snapshot whose scopes are made as those of a published one."""

    def __init__(self, db: fixture.Fixture) -> None:
        columns: dict[str, list[list[str]]] = {}
        for table, column, type in db.connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() where not internal "
            "and database_name = 'memory' and schema_name in ('core', 'mart', 'staging', 'seeds', 'meta') order by all"
        ).fetchall():
            columns.setdefault(table, []).append([column, type])
        self.manifest = {**db.manifest, "columns": columns, "parts": {}}
        self.version = db.version
        self._connection, self._constants, self._scoped = db.connection, {}, OrderedDict()

    def _parts(self, months: Any = None) -> list[tuple[str, dict[str, Any]]]:
        return []

    def _select(self, table: str, columns: str, parts: Any, where: str = "true") -> str:
        return f"select {columns} from memory.{table} where {where}"


@pytest.fixture(scope="module")
def whole(db: fixture.Fixture) -> Whole:
    return Whole(db)


def values(source: Any, names: tuple[str, ...] = NAMING) -> set[str]:
    found: set[str] = set()
    for table, columns in source.manifest["columns"].items():
        if not table.startswith(("seeds.", "meta.")):
            for name, _ in columns:
                if name in names:
                    told = source.rows(f"select distinct {name} as v from {table} where {name} is not null")
                    found |= {str(row["v"]) for row in told}
    return {value for value in found if len(value) >= 5}


def everything(callbacks: Callbacks) -> dict[str, str]:
    """Pages and files by their address."""
    told = {}
    for page in dash.page_registry.values():
        for search in ("", *SEARCHES.get(page["path"], ())):
            layout = callbacks.page(page["path"], search)
            told[page["path"] + search] = json.dumps(layout, ensure_ascii=False)
            told |= answers(callbacks, layout, page["path"] + search)
    client = client_of(app=callbacks.app)
    for file in FILES:
        answer = client.get(f"/export/{file}", headers=HOST)
        assert answer.status_code == 200, (file, answer.text[:200])
        told[file] = answer.get_data(as_text=True)
    for file in (
        "repeat.xlsx?low=all",
        "cases.xlsx?rows=clocks",
        "hazards.xlsx?show=all",
        "dimensions.xlsx",
        "shift.xlsx",
    ):
        answer = client.get(f"/export/{file}", headers=HOST)
        assert answer.status_code == 200, (file, answer.text[:200])
        with zipfile.ZipFile(io.BytesIO(answer.get_data())) as book:
            told[file] = " ".join(book.read(name).decode("utf-8") for name in book.namelist() if "sh" in name)
    return told


def answers(callbacks: Callbacks, layout: Any, where: str) -> dict[str, str]:
    """What every callback of a page answers to the values that the page was sent with."""
    shown = {one["props"]["id"]: one["props"] for one in components(layout) if isinstance(one["props"].get("id"), str)}
    told = {}
    for key, entry in callbacks.app.callback_map.items():
        given = [*entry["inputs"], *entry["state"]]
        if not entry.get("callback") or not entry["inputs"] or not all(one["id"] in shown for one in given):
            continue
        names = [name.rsplit(".", 1) for name in key.strip(".").split("...")]
        outputs = [{"id": id, "property": property.split("@")[0]} for id, property in names]
        body = {
            "output": key, "outputs": outputs if key.startswith("..") else outputs[0],
            "inputs": [{**one, "value": shown[one["id"]].get(one["property"])} for one in entry["inputs"]],
            "state": [{**one, "value": shown[one["id"]].get(one["property"])} for one in entry["state"]],
            "changedPropIds": [f"{entry['inputs'][0]['id']}.{entry['inputs'][0]['property']}"],
        }  # fmt: skip
        answer = client_of(app=callbacks.app).post("/_dash-update-component", json=body, headers=HOST)
        assert answer.status_code < 500, (where, key, answer.text[:300])
        told[f"{where} {key}"] = _plain(answer)
    return told


def _plain(answer: TestResponse) -> str:
    if answer.status_code != 200:
        return answer.text
    return json.dumps(answer.json, ensure_ascii=False)


_SIGNS = re.compile(r"[^\s,;|\"'\\（）()<>·/:]{5,}")


def hits(told: dict[str, str], canaries: set[str]) -> list[tuple[str, str]]:
    return [(where, word) for where, text in told.items() for word in set(_SIGNS.findall(text)) & canaries]


def use(monkeypatch: pytest.MonkeyPatch, source: Scoped) -> None:
    monkeypatch.setattr(queries, "source", lambda: source)


def test_no_page_and_no_file_holds_a_row_of_another_district(
    whole: Whole, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = whole.scoped((DISTRICT,), "whole")
    canaries, known = of_others(whole, DISTRICT, NAMING)
    assert len(canaries) > 10_000
    use(monkeypatch, own)
    told = everything(callbacks)
    found = hits(told, canaries)
    print(f"canaries {len(canaries)}, pages and files {len(told)}, hits {len(found)}")
    assert found == []
    assert len(hits(told, known)) > 100, "its own rows it sees"
    use(monkeypatch, whole.scoped(None, "whole"))
    assert len({where for where, _ in hits(everything(callbacks), canaries)}) >= 8, "without a scope they are there"


@pytest.mark.parametrize("districts", [(DISTRICT,), None, ()])
def test_a_masked_reader_shows_no_plate_or_number_whole(
    whole: Whole, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, districts: Any
) -> None:
    canaries = values(whole, (*PERSONAL, *SENSITIVE))
    use(monkeypatch, whole.scoped(districts, "masked"))
    told = everything(callbacks)
    found = hits(told, canaries)
    print(f"personal values {len(canaries)}, pages and files {len(told)}, hits {len(found)}")
    assert found == []


def test_masked_pages_tell_the_same_numbers(
    whole: Whole, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What differs between a masked and a whole reader is what is masked, word for word."""
    words, told = re.compile(r"[^\s,;|\"'\\（）()<>:{}\[\]]+"), []
    for mask in ("whole", "masked"):
        use(monkeypatch, Scoped(whole, None, mask))
        told.append({where: words.findall(text) for where, text in everything(callbacks).items()})
    differing = 0
    for where, every in told[0].items():
        if ".xlsx" in where or where.startswith("/bulletins"):  # says when it was made; keeps what was drafted
            continue
        assert len(every) == len(told[1][where]), where
        pairs = [(one, other) for one, other in zip(every, told[1][where], strict=True) if one != other]
        assert [pair for pair in pairs if "***" not in pair[1]] == [], where
        differing += len(pairs)
    print(f"words {sum(map(len, told[0].values()))}, masked {differing}")
    assert differing > 50


def test_each_text_of_a_query_is_named_by_what_it_holds(
    whole: Whole, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An alias could carry a plate past its mask: each result is followed down to the columns of its tables."""
    use(monkeypatch, Scoped(whole, None, "masked"))  # with no answer kept from before
    recorder = Recorder(monkeypatch)
    everything(callbacks)
    wrong = recorder.misnamed(whole.manifest["columns"])
    print(f"queries {len(recorder.asked)}, columns of another class than their sources: {len(wrong - ONLY_WHETHER)}")
    assert len(recorder.asked) > 100
    assert wrong == ONLY_WHETHER
    assert recorder.undeclared() == set(), "declare them in warehouse/columns/levels.py"


def test_rows_of_every_fate_are_shown_to_a_masked_reader(
    whole: Whole, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that fails shows so and is answered all the same."""
    use(monkeypatch, whole.scoped(None, "masked"))
    for fate in ("case_closed", "case_filed", "not_evidence"):
        layout = callbacks.page("/overload/findings", f"?fate={fate}")
        assert locale("zh")["state.error.title"] not in text_of(layout), fate
        assert "***" in text_of(layout), fate


def test_an_alias_that_carries_a_plate_is_found(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder, source = Recorder(monkeypatch), whole.scoped(None, "masked")
    source.rows("with p as (select upper(plate_no) as a from core.passage) select max(a) as site_code, 'x' as b from p")
    assert recorder.misnamed(whole.manifest["columns"]) == {("site_code", "core.passage.plate_no")}
    assert recorder.undeclared() == {"b"}


# --- places among others, looking somebody up, nights ---------------------------------------------------
def test_a_district_is_told_its_own_place_among_all_and_no_figure_of_another(whole: Whole) -> None:
    for asked in (score.Asked(fixture.LAST_DAY, "month"), score.Asked(fixture.LAST_DAY, "month", "enterprise")):
        told = score.ranking(whole, asked)
        own = score.ranking(whole.scoped((DISTRICT,), "whole"), asked)
        expected = [
            one for one in told.units
            if DISTRICT in (one.code, getattr(told.register.get(one.code), "county_code", None))
        ]  # fmt: skip
        assert expected
        assert list(own.units) == expected, "place, interval and change are those among all"
        assert own.parts == told.parts, "the city's rates"
        others = {one.code for one in told.units} - {one.code for one in expected}
        assert not [code for code in others if code in repr(own)]
        assert score.ranking(whole.scoped((), "whole"), asked).units == ()


def test_who_reads_masked_looks_nobody_up(whole: Whole, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    masked = whole.scoped(None, "masked")
    plate = whole.rows("select plate_no from core.violation order by case_no limit 1")[0]["plate_no"]
    question = lookup_facts.asked(plate, "湘", 2, str(fixture.LAST_DAY), "ROLLING_12M", date.min, date.max)
    with pytest.raises(NotAllowed):
        lookup_facts.find(masked, question)
    with pytest.raises(NotAllowed):
        dossier.facts(masked, "vehicle", {"plate_no": plate, "plate_color_code": 2}, fixture.LAST_DAY)
    source = Disclosed(whole.scoped(None, "whole"))
    assert lookup_facts.find(source, question).facts == lookup_facts.find(whole, question).facts
    assert source.handed_out > 10


def test_what_a_night_knew_is_not_told_to_a_district(whole: Whole) -> None:
    with pytest.raises(as_known.NotComputed), as_known.source(
        whole.scoped((DISTRICT,), "masked"), "cases", fixture.LAST_DAY
    ):  # fmt: skip
        raise AssertionError
    with as_known.source(whole.scoped((DISTRICT,), "masked"), "cases", None) as source:
        assert source.scope == DISTRICT
    veiled = connection.Veiled(whole)
    sql = "select plate_no from core.violation order by case_no limit 1"
    assert "***" in str(veiled.rows(sql)[0]["plate_no"])
    assert "***" in str(veiled.read(sql)["plate_no"][0])
    assert veiled.rows(sql.replace("order", "where plate_no = $p order"), {"p": veiled.rows(sql)[0]["plate_no"]})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_file_of_what_a_night_knew_is_refused_to_a_district_in_words(
    whole: Whole, callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lang: str
) -> None:
    night = fixture.LAST_DAY
    monkeypatch.setattr(as_known, "closed_nights", lambda: (night, night))
    monkeypatch.setattr(as_known, "manifest_known_on", lambda day: {"data_until": str(night), "night": str(night)})
    monkeypatch.setattr(queries, "source", lambda: whole.scoped((DISTRICT,), "masked"))
    client = client_of(app=callbacks.app)
    for file in ("hazards.csv", "hazards.xlsx", "cases.csv?rows=clocks"):
        address = f"/export/{file}{'&' if '?' in file else '?'}known_on={night}"
        answer = client.get(address, headers=HOST)
        assert answer.status_code == 403, (file, answer.text)
        assert locale("zh")["known.all_districts"] in answer.text
    assert locale(lang)["known.all_districts"] in text_of(callbacks.page("/hazards", f"?known_on={night}&lang={lang}"))
    assert "incident" not in caplog.text


def test_answers_to_two_masked_plates_are_not_taken_for_each_other(whole: Whole) -> None:
    """Two plates of one mask are two parameters, also for answers that are kept."""
    source = whole.scoped(None, "masked")
    alike = source.rows(
        "select min(plate_no) as plate_no, max(plate_no) as other_plate_no from core.passage "
        "where plate_no is not null group by left(plate_no, 2), right(plate_no, 2) "
        "having count(distinct plate_no) > 1 order by all limit 1"
    )[0]
    one, other = alike.values()
    assert str(one) == str(other)
    asked = "select min(record_id) as record_id from core.passage where plate_no = $plate_no"
    assert source.constant(asked, {"plate_no": one}) != source.constant(asked, {"plate_no": other})
    assert source.rows(asked, {"plate_no": one}) != source.rows(asked, {"plate_no": other})


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        (connection.TooBusy("eight at work"), 503, "state.too_busy"),
        (AuditUnwritable("disk"), 503, "state.not_audited"),
        (NotAllowed("masked"), 403, "state.not_allowed"),
    ],
)
def test_a_refusal_is_told_in_words(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, word: str
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(queries, "source", refuse)
    answer = client_of(app=callbacks.app).get("/export/overload-rows.csv?lang=en", headers=HOST)
    assert (answer.status_code, answer.text.strip()) == (status, locale("zh")[word])
    assert locale("zh")[word] in text_of(callbacks.page("/overload", "?lang=en"))
