"""A night's knowledge on pages: what cannot be computed is told with the next step, whoever asks; a night that is kept
waits for nobody; the ledger that has to be restored stops no page."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from typing import Any

import fixture
import pytest
from driving import HOST, Callbacks, by_class, by_id, components, locale, text_of
from violation_rows import FOUR, LAST_DAY
from werkzeug.test import Client

from dashboards import as_known, lookup_facts
from warehouse.errors import LedgerBehind, WarehouseError

NIGHT = fixture.LAST_DAY - timedelta(days=3)
WHY = "What was known cannot be computed: the disk is full. Free space."
VIEW = {"lang": "zh", "theme": "light"}
PAGES = {"hazards": "/hazards", "cases": "/penalties"}
ZH = locale("zh")
WORDS = ZH["known.not_computed"].format(night="").strip()


@pytest.fixture
def nights(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nights that can be asked for; nothing of one before is kept."""
    as_known.close_all()
    monkeypatch.setattr(as_known, "closed_nights", lambda: (NIGHT, fixture.LAST_DAY))
    told = {"data_until": str(NIGHT - timedelta(days=1)), "business_date": str(NIGHT)}
    monkeypatch.setattr(as_known, "manifest_known_on", lambda night: told)
    yield
    as_known.close_all()


def fail(*_: Any) -> Any:
    raise WarehouseError(WHY)


@pytest.fixture
def broken(nights: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No night can be computed."""
    for topic in as_known.TOPICS:
        monkeypatch.setitem(as_known.TOPICS, topic, fail)
    monkeypatch.setattr(lookup_facts, "facts_known_on", fail)


def logged(words: str, log: pytest.LogCaptureFixture) -> None:
    """The words name the incident under which the log tells why; they do not tell it themselves."""
    (number,) = re.findall(r"\b[0-9a-f]{8}\b", words)
    assert f"incident {number}" in log.text
    assert WHY in log.text
    assert "disk" not in words


@pytest.mark.parametrize("topic", PAGES)
def test_a_page_of_a_night_that_cannot_be_computed_says_so_and_leads_to_what_is_served(
    callbacks: Callbacks, broken: None, caplog: pytest.LogCaptureFixture, topic: str
) -> None:
    page = callbacks.page(PAGES[topic], f"?known_on={NIGHT}&county=431103")
    (card,) = by_class(page, "blank")
    assert WORDS in text_of(card)
    logged(text_of(card), caplog)
    assert not by_class(page, "kpi") + by_class(page, "lead"), "no number of another night stands there"
    (link,) = [one["props"]["href"] for one in components(card) if "href" in one["props"]]
    assert link == f"{PAGES[topic]}?county=431103"
    assert not by_class(callbacks.page(PAGES[topic], link.removeprefix(PAGES[topic])), "blank")


@pytest.mark.parametrize("topic", PAGES)
def test_so_does_a_page_whose_night_the_ledger_cannot_tell(
    callbacks: Callbacks, nights: None, monkeypatch: pytest.MonkeyPatch, topic: str
) -> None:
    monkeypatch.setattr(as_known, "manifest_known_on", fail)
    assert WORDS in text_of(by_class(callbacks.page(PAGES[topic], f"?known_on={NIGHT}"), "blank"))


def test_files_of_it_are_refused_and_rows_keep_what_is_on_the_screen(
    callbacks: Callbacks, client: Client, broken: None, caplog: pytest.LogCaptureFixture
) -> None:
    for kind in ("csv", "xlsx"):
        answer = client.get(f"/export/hazards.{kind}?known_on={NIGHT}&lang=zh", headers=HOST)
        assert answer.status_code == 503
        assert WORDS in answer.text
    logged(answer.text, caplog)
    values = {
        "hazards-grid.getRowsRequest": {"startRow": 0, "endRow": 9}, "hazards-choice.data": {"known_on": str(NIGHT)},
        "hazards-view.data": VIEW,
    }  # fmt: skip
    rows = callbacks.post("hazards-grid.getRowsResponse", values, "hazards-grid.getRowsRequest")
    assert rows.status_code == 200
    assert WORDS in str(rows.json["sideUpdate"]["shell-incident"])


def test_the_look_up_shows_it_in_place_of_an_answer(
    callbacks: Callbacks, broken: None, caplog: pytest.LogCaptureFixture
) -> None:
    values = {
        "lookup-go.n_clicks": 1, "lookup-day.value": LAST_DAY.isoformat(), "lookup-window.value": "ROLLING_12M",
        "lookup-plate.value": FOUR, "lookup-province.data": "湘", "lookup-view.data": VIEW,
        "lookup-purpose.value": "vehicle_check",
        "lookup-known.value": str(NIGHT),
    }  # fmt: skip
    answer = callbacks.post("lookup-result.children", values, "lookup-go.n_clicks")
    assert answer.status_code == 200
    shown = answer.json["response"]["lookup-result"]["children"]
    assert WORDS in text_of(by_class(shown, "blank"))
    logged(text_of(shown), caplog)
    assert not by_class(shown, "count-now")


def test_a_ledger_that_waits_to_be_restored_stops_no_page(
    callbacks: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behind() -> Any:
        raise LedgerBehind("Run 'heng restore'.")

    monkeypatch.setattr(as_known, "closed_nights", behind)
    for page, path in (("hazards", "/hazards"), ("penalties", "/penalties"), ("lookup", "/lookup")):
        assert by_id(callbacks.page(path), f"{page}-known")["props"]["disabled"]
    for path in PAGES.values():
        page = callbacks.page(path, f"?known_on={NIGHT}")
        assert "known_on" in text_of(by_class(page, "note"))


@pytest.mark.parametrize("topic", PAGES)
def test_the_day_of_a_night_is_the_last_one_it_had_data_of(
    callbacks: Callbacks, db: fixture.Fixture, nights: None, monkeypatch: pytest.MonkeyPatch, topic: str
) -> None:
    class OfNight(fixture.Fixture):
        def __init__(self) -> None:
            super().__init__(db.connection, fixture.LAST_DAY)
            self.version: Any = None
            self.manifest = as_known.manifest_known_on(NIGHT) | {"known_on": str(NIGHT)}

    @contextmanager
    def opened(night: date) -> Iterator[Any]:
        yield OfNight()

    monkeypatch.setitem(as_known.TOPICS, topic, opened)
    name = PAGES[topic].removeprefix("/")
    page = callbacks.page(PAGES[topic], f"?known_on={NIGHT}")
    day = by_id(page, f"{name}-day")["props"]
    assert day["value"] == day["maxDate"] == str(NIGHT - timedelta(days=1))
    later = callbacks.page(PAGES[topic], f"?known_on={NIGHT}&as_of={NIGHT}")
    assert "as_of" in text_of(by_class(later, "note")), "there were no data of that day yet"


# --- one at a time -----------------------------------------------------------------------------------------
def in_another_thread(what: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=what, daemon=True)
    thread.start()
    return thread


class Computed:
    """Counts how often a topic is computed; ``may_end`` lets it."""

    def __init__(self) -> None:
        self.count = 0
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    @contextmanager
    def __call__(self, night: date) -> Iterator[Any]:
        self.count += 1
        self.has_begun.set()
        assert self.may_end.wait(20)
        yield object()


def opened(db: Any, night: date) -> AbstractContextManager[Any]:
    return as_known.source(db, "hazards", night)


def test_a_kept_night_waits_for_no_other(db: fixture.Fixture, nights: None, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = Computed()
    monkeypatch.setitem(as_known.TOPICS, "hazards", computed)
    computed.may_end.set()
    with opened(db, NIGHT) as first:
        pass
    computed.may_end.clear()
    computed.has_begun.clear()

    def another() -> None:
        with opened(db, NIGHT + timedelta(days=1)):
            pass

    found = []

    def again() -> None:
        with opened(db, NIGHT) as source:
            found.append(source)

    slow = in_another_thread(another)
    assert computed.has_begun.wait(20)
    quick = in_another_thread(again)
    quick.join(20)
    assert found == [first], "while the other one is computed"
    assert slow.is_alive()
    computed.may_end.set()
    slow.join(20)
    assert computed.count == 2


def test_two_who_ask_for_a_night_at_once_wait_for_one_computation(
    db: fixture.Fixture, nights: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = Computed()
    monkeypatch.setitem(as_known.TOPICS, "hazards", computed)
    found: list[Any] = []
    looks, look = threading.Semaphore(0), as_known._kept

    def noted(key: Any) -> Any:
        kept = look(key)
        looks.release()
        return kept

    monkeypatch.setattr(as_known, "_kept", noted)

    def ask_for_it() -> None:
        with opened(db, NIGHT) as source:
            found.append(source)

    both = [in_another_thread(ask_for_it) for _ in range(2)]
    for _ in range(3):  # each before it waits, and the first again before it computes
        assert looks.acquire(timeout=20)
    computed.may_end.set()
    for thread in both:
        thread.join(20)
    assert len(found) == 2
    assert found[0] is found[1]
    assert computed.count == 1
