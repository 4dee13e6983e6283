"""What the API answers: the numbers of the pages, the files and the commands, as far as a client may see them."""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import fixture
import programs
import pytest
from canaries import of_others
from one_app import HOST, client_of
from programs import DISTRICT, Asking
from test_scoped_pages import NAMING, Whole, hits, values
from typer.testing import CliRunner
from violation_rows import FOUR, THREE

from dashboards import as_known, lookup_facts, queries, repeat_queries
from dashboards.api import answers, operations
from dashboards.api.shape import NotOfKind, optional, text
from etl.cli import app as commands
from warehouse import audit, connection, dossier, metrics
from warehouse.columns.levels import PERSONAL, SENSITIVE, is_declared
from warehouse.errors import NotAllowed

YELLOW = 2
Ask = Callable[..., Asking]
YEAR = "from=2025-11-23&to=2026-11-22"
READS = (
    "freshness", "metrics", "metrics/overload_rate", "metrics/over_count?" + YEAR, "sites", "sites?limit=5",
    "findings?limit=200&" + YEAR, "repeat-violators?low=all&limit=200&window=ROLLING_12M",
    "repeat-violators?low=all&limit=200&subject=driver", "repeat-violators?low=all&limit=200&subject=enterprise",
    "hazards?show=all&limit=200",
)  # fmt: skip


def got(client: Asking, path: str) -> Any:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, (path, answer.text)
    return answer.json


def every(client: Asking, path: str) -> list[Any]:
    """All rows of a list, page by page."""
    rows: list[Any] = []
    cursor = ""
    while True:
        page = got(client, f"{path}&cursor={cursor}" if cursor else path)
        rows += page["items"]
        if page["next"] is None:
            assert len(rows) == page["total"]
            return rows
        cursor = page["next"]


def look_up(client: Asking, plate_no: str, **more: Any) -> Any:
    asked = {"plate_no": plate_no, "purpose": "vehicle_check", "window": "ROLLING_12M", **more}
    answer = client.post("/api/v1/vehicles/look-up", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json


def heng(*words: str) -> str:
    result = CliRunner().invoke(commands, list(words))
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


# --- the same numbers ------------------------------------------------------------------------------------
def test_one_count_by_list_page_dossier_api_and_command(ask: Ask, served: Whole) -> None:
    inspector = ask("inspector")
    listed = every(inspector, "repeat-violators?window=ROLLING_12M&low=all&limit=7")
    by_mask: dict[Any, list[int]] = {}
    for row in listed:
        by_mask.setdefault((row["plate_no"], row["plate_color_code"]), []).append(row["count"])
    told = json.loads(heng("repeat-violators", "--window", "ROLLING_12M", "--min-count", "0", "--format", "json"))
    by_command = {(one["key"]["plate_no"], one["key"]["plate_color_code"]): one["count"] for one in told["subjects"]}
    # The file of the page has a row an act, after what is told of its subject: names masked, count second.
    page = client_of("inspector").get("/export/repeat.csv?window=ROLLING_12M&low=all&lang=en", headers=HOST)
    lines = list(csv.reader(io.StringIO(page.get_data(as_text=True).lstrip("\ufeff"))))
    by_page = {(line[0], line[1]) for line in lines[1:]}
    for plate_no, color in ((FOUR, YELLOW), (THREE, YELLOW)):
        answer = look_up(inspector, plate_no, plate_color_code=color)
        count = answer["standing"]["count"]
        assert count == by_command[plate_no, color]
        masked = f"{plate_no[:2]}·***{plate_no[-2:]}"
        assert count in by_mask[masked, color]
        assert (masked, str(count)) in by_page
        told_by = json.loads(heng("dossier", plate_no, "--color", str(color), "--window", "ROLLING_12M", "--json"))
        assert told_by == answer["facts"]
        assert dossier.digest(told_by) == answer["facts_sha256"]
        assert count == sum(one["judged"]["ROLLING_12M.VIOLATION"]["reason"] is None for one in answer["facts"]["acts"])
    assert sorted(row["count"] for row in listed) == sorted(by_command.values())
    counts = repeat_queries.Facts(
        connection.snapshot(), *_choice("?window=ROLLING_12M", queries.known(connection.snapshot()))
    ).counts
    first = got(inspector, "repeat-violators?window=ROLLING_12M")
    assert (first["statutory_count"], first["one_away_count"]) == tuple(counts)


def _choice(query: str, known: Any) -> tuple[Any, Any]:
    given = dict(pair.split("=") for pair in query.lstrip("?").split("&"))
    return repeat_queries.choice_of(given, known, connection.snapshot())[0], known


@pytest.mark.parametrize("name", metrics.METRICS)
def test_a_metric_is_the_one_of_heng_explain_and_of_the_page(ask: Ask, served: Whole, name: str) -> None:
    analyst = ask("analyst")
    told = got(analyst, f"metrics/{name}?from=2026-11-01&to=2026-11-22")
    expected = queries.metric(connection.snapshot(), name, fixture.LAST_DAY.replace(day=1), fixture.LAST_DAY)
    assert (told["value"], told["numerator_count"], told["denominator_count"]) == (
        expected["value"], expected["numerator"], expected["denominator"],
    )  # fmt: skip
    if told["denominator_count"]:
        assert told["value"] == told["numerator_count"] / told["denominator_count"], "no digit is lost"
    said = heng("explain", name, "--from", "2026-11-01", "--to", "2026-11-22")
    assert f"{told['numerator_count']:,}" in said
    assert told["definition"]["definition_zh"] == metrics.METRICS[name].definition_zh


def test_findings_are_those_of_the_page_and_of_the_command(ask: Ask, served: Whole) -> None:
    analyst = ask("analyst")
    period = "from=2026-11-10&to=2026-11-22"
    rows = every(analyst, f"findings?{period}&limit=60")
    first = got(analyst, f"findings?{period}")
    assert len(rows) == sum(one["finding_count"] for one in first["counts"]) > 60
    assert [row["record_id"] for row in rows] == list(dict.fromkeys(row["record_id"] for row in rows))
    told = json.loads(heng("findings", "--from", "2026-11-10", "--to", "2026-11-22", "--rows", "--format", "json"))
    assert [row["record_id"] for row in told["rows"]] == [row["record_id"] for row in rows]
    assert [row["fate"] for row in told["rows"]] == [row["fate"] for row in rows]
    chosen = every(analyst, f"findings?{period}&fate=not_evidence&limit=5")
    assert [row["record_id"] for row in chosen] == [row["record_id"] for row in rows if row["fate"] == "not_evidence"]
    assert chosen
    earlier = got(analyst, f"findings?{period}&as_of=2026-11-15")
    assert earlier["source"]["as_of"] == "2026-11-15"
    assert 0 < earlier["total"] < first["total"], "later passages were not known"


def test_hazards_report_card_and_sites_are_those_of_the_commands(ask: Ask, served: Whole) -> None:
    analyst = ask("analyst")
    rows = every(analyst, "hazards?show=all&limit=20")
    told = json.loads(heng("hazards", "list", "--list", "all", "--format", "json"))
    assert sorted(row["hazard_no"] for row in rows) == sorted(row["hazard_no"] for row in told["hazards"])
    rates = got(analyst, "hazards")["rates"]
    (whole,) = json.loads(heng("hazards", "rate", "--by", "all", "--format", "json"))["rates"]
    assert (rates["registered"], rates["closed"]["part"], rates["overdue"]) == (
        whole["registered"], whole["closed"], whole["overdue"],
    )  # fmt: skip
    card = got(analyst, "report-card?from=2026-01-01&to=2026-11-22")
    said = json.loads(heng("report-card", "--from", "2026-01-01", "--to", "2026-11-22", "--json"))
    assert [(one["figure_id"], one["value"], one["of"], one["holds"]) for one in card["figures"]] == [
        (one["figure_id"], one["value"], one["of"], one["holds"]) for one in said["figures"]
    ]  # fmt: skip
    assert {one["figure_id"]: one["value"] for one in card["figures"] if one["figure_id"] in ("F01a", "F01b")} == {
        "F01a": 2, "F01b": None,
    }  # fmt: skip
    sites = every(analyst, "sites?limit=9")
    assert len(sites) == len(queries.sites(connection.snapshot()))
    fresh = got(analyst, "freshness")
    assert sum(site["state"] == "silent" for site in sites) == fresh["silent"] == 2
    assert fresh["sites"] == sum(site["state"] is not None for site in sites)


# --- scope and masks -------------------------------------------------------------------------------------
def test_no_row_of_another_district_is_told(ask: Ask, whole: Whole) -> None:
    canaries, own = of_others(whole, DISTRICT, NAMING)
    assert len(canaries) > 10_000
    district, analyst = ask("district"), ask("analyst")
    told = {path: json.dumps(got(district, path), ensure_ascii=False) for path in READS}
    found = hits(told, canaries)
    print(f"canaries {len(canaries)}, answers {len(told)}, hits {len(found)}")
    assert found == []
    assert len(hits(told, own)) > 20, "its own rows it sees"
    everybody = {path: json.dumps(got(analyst, path), ensure_ascii=False) for path in READS}
    assert len({path for path, _ in hits(everybody, canaries)}) >= 5, "without a scope they are there"
    for path in READS:
        assert got(district, path)["source"]["counties"] == [DISTRICT]
    place = got(district, "sites")
    assert {row["county_code"] for row in place["items"]} == {DISTRICT}
    for path in ("sites?county=431124", "findings?county=431124"):
        assert got(district, path)["items"] == []
    assert got(district, "metrics/over_count?county=431124")["value"] == 0


@pytest.mark.parametrize("role", ["analyst", "inspector", "district"])
def test_no_list_tells_a_plate_or_number_whole(ask: Ask, whole: Whole, role: str) -> None:
    """Inspectors as well: whole is what they look up one by one, with a purpose."""
    personal = values(whole, (*PERSONAL, *SENSITIVE))
    client = ask(role)
    told = {path: client.get(f"/api/v1/{path}").get_data(as_text=True) for path in READS}
    told = {path: json.dumps(json.loads(body), ensure_ascii=False) for path, body in told.items()}
    assert hits(told, personal) == []
    assert sum("***" in body for body in told.values()) >= (1 if role == "district" else 4)
    for path in READS:
        assert got(client, path)["source"]["mask"] == "masked"


def test_a_whole_reader_is_masked_while_it_is_written(ask: Ask, whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second wall behind the reader's: by the name of the field."""
    client = ask("analyst")
    monkeypatch.setattr(queries, "source", lambda: whole.scoped(None, "whole"))
    personal = values(whole, (*PERSONAL, *SENSITIVE))
    told = {path: json.dumps(got(client, path), ensure_ascii=False) for path in READS}
    assert hits(told, personal) == []
    assert sum("***" in body for body in told.values()) >= 4


def test_each_text_field_is_of_a_class_somebody_declared() -> None:
    """One that nobody did is written as stars: found here and not by a program that needs it."""
    hidden = set[str]()

    def follow(schema: Any, name: str) -> None:
        kinds = schema.get("type")
        if ("string" in kinds if isinstance(kinds, list) else kinds == "string") and not {"enum", "format"} & set(
            schema
        ):
            hidden.update([name] if not is_declared(name) else [])
        for inner, below in schema.get("properties", {}).items():
            follow(below, inner)
        for below in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
            follow(below, name)

    for one in answers.OPERATIONS:
        if not one.is_whole:
            follow(one.schema.schema, one.name)
    # Of another column's class, which the declaration names.
    assert hidden == {"next", "digest", "rule_version", "counties", "site", "same_trip_case_no"}
    for name, like in (("next", "row_digest"), ("site", "site_code"), ("same_trip_case_no", "case_no")):
        assert optional(text(like=like)).write("abcdef", name, False) == "abcdef"
        assert text().write("abcdef", name, False) != "abcdef"
    with pytest.raises(NotOfKind):
        text().write(7, "case_no", False)


def test_what_an_answer_is_made_of_stands_in_it(ask: Ask, whole: Whole) -> None:
    source = got(ask("analyst"), "hazards")["source"]
    assert source["version"] == whole.version
    assert (source["data_until"], source["as_of"], source["known_on"]) == ("2026-11-22", "2026-11-22", None)
    assert (source["counties"], source["mask"], source["freshness"]) == (None, "masked", "late")
    assert re.fullmatch(r"[0-9a-f]{16}", source["rule_version"])


def test_a_changed_rule_is_another_rule_version(whole: Whole) -> None:
    from dataclasses import replace

    from warehouse import rules

    book = rules.book(whole)
    assert rules.version_of(book) == rules.version_of(reversed(book))
    assert rules.version_of(book) != rules.version_of([replace(book[0], citation_en="other"), *book[1:]])
    assert rules.version_of(book) != rules.version_of(book[1:])


# --- looking a vehicle up --------------------------------------------------------------------------------
def records(home: Any) -> list[tuple[Any, ...]]:
    with sqlite3.connect(audit.log_path(home)) as log:
        return log.execute(
            "select actor, role, action, outcome, purpose, query, row_count from record order by seq"
        ).fetchall()


def test_a_look_up_is_on_record_with_its_purpose_before_it_is_answered(ask: Ask, home: Any) -> None:
    client = ask("inspector")
    answer = look_up(client, FOUR, purpose="defence_or_review")
    assert answer["plate_no"] == FOUR
    assert answer["source"]["mask"] == "whole"
    asked, given = [one for one in records(home) if one[2] == "disclosure"]
    assert asked[0].startswith("client.")
    assert asked[1:] == ("inspector", "disclosure", "asked", "defence_or_review", "look_up", None)
    assert given[3] == "given"
    assert given[6] > 10
    assert FOUR.encode() not in audit.log_path(home).read_bytes()


def test_nothing_personal_leaves_while_the_log_cannot_be_written(
    ask: Ask, home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ask("inspector")
    real = audit.append

    def refuse_after(allowed: int) -> Callable[..., Any]:
        left = [allowed]

        def append(*words: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise audit.AuditUnwritable("the disk is full")
            return real(*words, **named)

        return append

    for allowed in (0, 1):  # neither the record before nor the one after
        monkeypatch.setattr(audit, "append", refuse_after(allowed))
        answer = client.post("/api/v1/vehicles/look-up", json={"plate_no": FOUR, "purpose": "vehicle_check"})
        assert (answer.status_code, answer.json["type"]) == (503, "urn:heng:problem:not_audited")
        assert FOUR not in json.dumps(answer.json, ensure_ascii=False)
        assert "facts" not in answer.json
    for path in ("sites", "findings", "repeat-violators", "hazards"):
        answer = client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json["type"]) == (503, "urn:heng:problem:not_audited")
    assert client.get("/api/v1/freshness").status_code == 200, "what names nobody is told"


def test_each_page_of_a_list_is_on_record_and_found_by_itself(ask: Ask, home: Any) -> None:
    client = ask("analyst")
    data = client.get("/api/v1/hazards?show=all&limit=7").get_data()
    with sqlite3.connect(audit.log_path(home)) as log:
        told = log.execute(
            "select actor, action, outcome, query, row_count, digest from record order by seq desc limit 1"
        ).fetchone()
    assert told[0].startswith("client.")
    assert told[1:] == ("export", "given_masked", "api.hazards", 7, audit.digest_of(data))


def test_a_list_that_forgot_its_record_does_not_leave(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "_leaves", lambda *_: None)
    answer = ask("analyst").get("/api/v1/hazards")
    assert (answer.status_code, answer.json["type"]) == (500, "urn:heng:problem:fault")


def test_who_may_not_look_up_does_not(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"plate_no": FOUR, "purpose": "vehicle_check"}
    for role in ("analyst", "district", "leader"):
        assert ask(role).post("/api/v1/vehicles/look-up", json=body).status_code == 403
    some = ask("inspector", ("431124",), name="of.counties")
    assert some.post("/api/v1/vehicles/look-up", json=body).status_code == 403, "it would count some counties' acts"

    def refuse(*_: Any) -> Any:
        raise NotAllowed("masked")

    monkeypatch.setattr(queries, "disclosed", refuse)
    assert ask("inspector").post("/api/v1/vehicles/look-up", json=body).status_code == 403


def test_a_plate_means_what_is_written(ask: Ask) -> None:
    client = ask("inspector")
    whole = look_up(client, f"{FOUR[:2]}·{FOUR[2:].lower()}")
    assert whole["plate_no"] == FOUR
    without_province = look_up(client, FOUR[1:])
    assert not without_province["is_known"], "no province is supposed"


def test_what_a_night_knew_is_not_asked_of_some_counties(ask: Ask) -> None:
    for role, status in (("district", 403), ("analyst", 422)):
        answer = ask(role).get("/api/v1/hazards?known_on=2026-11-01")
        assert answer.status_code == status, "no night is closed here"


def test_a_night_is_asked_as_the_page_of_hazards_asks_it(
    ask: Ask, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, opened = fixture.LAST_DAY.replace(day=10), list[Any]()

    @contextmanager
    def knew(day: Any) -> Iterator[Any]:
        opened.append(day)
        yield whole

    monkeypatch.setattr(as_known, "_nights", lambda: (fixture.LAST_DAY.replace(day=1), fixture.LAST_DAY))
    monkeypatch.setattr(as_known, "manifest_known_on", lambda day: {"data_until": "2026-11-10", "night": "2026-11-10"})
    monkeypatch.setattr(as_known, "usual_day", lambda manifest: night)
    monkeypatch.setitem(as_known.TOPICS, "hazards", knew)
    told = got(ask("analyst"), "hazards?known_on=2026-11-10&show=all")
    assert (told["source"]["known_on"], told["source"]["as_of"]) == ("2026-11-10", "2026-11-10")
    assert opened == [night]
    assert told["items"]
    as_known.close_all()


def test_a_vehicle_of_a_night_is_told_as_of_the_last_day_that_night_knew(
    ask: Ask, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def knew(day: Any, kind: str, key: Any) -> Iterator[Any]:
        yield whole

    monkeypatch.setattr(as_known, "_nights", lambda: (fixture.LAST_DAY.replace(day=1), fixture.LAST_DAY))
    monkeypatch.setattr(as_known, "manifest_known_on", lambda day: {"data_until": "2026-11-09", "business_date": "-"})
    monkeypatch.setattr(lookup_facts, "facts_known_on", knew)
    client = ask("inspector")
    told = look_up(client, FOUR, known_on="2026-11-10")
    assert (told["source"]["known_on"], told["source"]["as_of"]) == ("2026-11-10", "2026-11-09")
    assert told["facts"]["as_of"] == "2026-11-09"
    assert look_up(client, FOUR, known_on="2026-11-10", as_of="2026-11-05")["source"]["as_of"] == "2026-11-05"
    asked = {"plate_no": FOUR, "purpose": "vehicle_check", "known_on": "2026-11-10", "as_of": "2026-11-10"}
    answer = client.post("/api/v1/vehicles/look-up", json=asked)
    assert (answer.status_code, answer.json["parameters"]) == (422, ["as_of"]), "nothing was known of that day"


def test_the_roles_here_are_all_that_read() -> None:
    from warehouse.clients import DATA_ROLES

    assert set(programs.ROLES) == set(DATA_ROLES)
