"""The page of a site: what its scales do, what rests on them, and who is over the limit there."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import fixture
import pytest
from driving import HOST, Callbacks, by_id, components, locale, text_of
from werkzeug.test import Client

from dashboards import queries, site_facts
from dashboards.selection import Selection, default
from warehouse import drift

HERE = site_facts.HERE
LAST = fixture.LAST_DAY


def links(layout: Any) -> list[str]:
    return [str(one["props"]["href"]) for one in components(layout) if one["props"].get("href")]


def ids(layout: Any) -> set[Any]:
    return {str(one["props"].get("id")) for one in components(layout)}


def lanes(db: fixture.Fixture, **asked: str) -> dict[str, drift.Lane]:
    return {one.site_code: one for one in drift.lanes(db, drift.Asked(LAST, **asked))}


def test_the_worst_lanes_come_first_with_what_says_so(db: fixture.Fixture, callbacks: Callbacks) -> None:
    found = lanes(db)
    told = {code: (one.state, one.witness) for code, one in found.items() if one.state in ("stop", "warn")}
    assert told == {"YZ02": ("stop", "self_test"), "YZ03": ("warn", "trucks"), "YZ04": ("warn", "rechecks")}
    page = callbacks.page(HERE, "?lang=en")
    card = text_of(by_id(page, site_facts.LANES))
    assert card.index("YZ02") < card.index("YZ03") < card.index("YZ01")
    assert f"{len(found)} lanes" in text_of(page)
    assert "1 beyond the stop line" in text_of(page)


@pytest.mark.parametrize(("site", "days"), [("YZ02", 12), ("YZ03", 10)])
def test_a_shift_is_told_with_its_day_and_what_rests_on_it(
    db: fixture.Fixture, callbacks: Callbacks, site: str, days: int
) -> None:
    one = lanes(db, site=site)[site]
    assert one.since == LAST - timedelta(days=days - 1)
    rows = drift.affected(db, one, LAST)
    over = db.rows(
        "select count(*) as n from core.passage where verdict = 'over' and site_code = $site and lane_code = '1' "
        "and passed_date >= $since", {"site": site, "since": one.since},
    )[0]["n"]  # fmt: skip
    assert len(rows) == over > 0
    assert all("***" in row["plate_no"] for row in rows if row["plate_no"])
    page = callbacks.page(HERE, f"?site={site}&lang=en")
    assert f"{over} passages" in text_of(by_id(page, "site-affected"))
    to_rows = [link for link in links(by_id(page, site_facts.LANES)) if link.startswith("/overload/rows")]
    assert to_rows == ["/overload/rows" + Selection(one.since, LAST, "custom", site=site).query(rows=True)]


def test_what_rests_on_a_lane_is_told_with_its_case(db: fixture.Fixture) -> None:
    """Held against the passages that ``core.case_passage`` ties to a case."""
    tied = {
        row["passage_record_id"]: row["case_no"]
        for row in db.rows("select * from core.case_passage where match_grade in ('exact', 'near')")
    }
    told: dict[str, str | None] = {}
    for one in lanes(db).values():
        rows = drift.affected(db, replace(one, since=date(2016, 1, 1)), LAST)
        told |= {row["record_id"]: row["case_no"] for row in rows}
    cases = {record: case for record, case in tied.items() if record in told}
    assert len(cases) > 10
    assert {record: case for record, case in told.items() if case} == cases


def test_a_steady_site_has_nothing_to_look_at(callbacks: Callbacks) -> None:
    page = callbacks.page(HERE, "?site=YZ01&lang=en")
    assert "site-affected" not in ids(page)
    assert "steady" in text_of(by_id(page, site_facts.LANES))


def test_its_numbers_are_those_of_the_overview(db: fixture.Fixture, callbacks: Callbacks) -> None:
    known = queries.known(db)
    assert known is not None
    selection = Selection(**{**default(known).__dict__, "site": "YZ03"})
    totals = queries.totals(db, selection)
    over, weighed = int(totals["over_count"]), int(totals["weighed_count"])
    assert f"{weighed:,} weighed, {over:,} over the limit" in " ".join(
        text_of(callbacks.page(HERE, "?site=YZ03&lang=en")).split()
    )
    hours, origins = site_facts.hours(db, selection), site_facts.origins(db, selection, "湘M")
    classes = site_facts.classes(db, selection)
    for frame in (hours, origins):
        assert (frame["over_count"].sum(), frame["weighed_count"].sum()) == (over, weighed)
    assert classes["over_count"].sum() == over
    whole = Selection(**{**selection.__dict__, "start": known.first_day, "period": "custom"})
    for site in ("YZ03", "YZ09"):
        of_site = Selection(**{**whole.__dict__, "site": site})
        told = {
            code: db.rows(
                "select count(*) as n from core.passage where verdict = 'over' and site_code = $site "
                "and concat(',', flags, ',') like $code and passed_date between $first and $last",
                {"site": site, "code": f"%,{code},%", "first": of_site.start, "last": of_site.end},
            )[0]["n"]
            for code in ("E-NOCERT", "E-SPEED", "E-NOPLATE", "E-CLOSE")
        }  # fmt: skip
        assert dict(site_facts.reasons(db, of_site)) == {code: count for code, count in told.items() if count}
    assert site_facts.reasons(db, of_site), "a lapsed certificate is a reason"


def test_ranking_and_evidence_lead_to_the_site(callbacks: Callbacks) -> None:
    told = links(callbacks.page("/overload", ""))
    assert f"{HERE}?site=YZ03" in told
    assert HERE in told


@pytest.mark.parametrize(
    ("query", "bad"),
    [("?site=nowhere", "site"), ("?site=%27;+drop+table", "site"), ("?site=YZ03&from=2030-01-01&to=1", "to")],
)
def test_a_value_that_cannot_be_used_is_named(client: Client, callbacks: Callbacks, query: str, bad: str) -> None:
    assert locale("en")["state.bad_values"].format(values=bad) in text_of(callbacks.page(HERE, query + "&lang=en"))
    assert client.get(HERE + query, headers=HOST).status_code == 200
