"""What a page reads as known on a night, and the words and controls of the choice. Pages that are answered from lists
alone have it: their tables take seconds. What is computed from passages takes minutes of a city and is asked of the
command line, but for one vehicle (the look-up page).

A night's tables stay open for the next request of the page: rows and drawers follow upon the page at once.
"""

import atexit
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboards import format as fmt
from dashboards import queries
from dashboards.selection import Known as Offered
from dashboards.selection import plain_date
from dashboards.text import Text
from warehouse.connection import Veiled, need_all_districts
from warehouse.errors import LedgerBehind, WarehouseError
from warehouse.home import home
from warehouse.known import Known, closed_nights, manifest_known_on
from warehouse.known_answers import cases_known_on, hazards_known_on
from warehouse.last_day import usual_day

TOPICS: dict[str, Callable[[date], AbstractContextManager[Known]]] = {
    "cases": cases_known_on,
    "hazards": hazards_known_on,
}
KEPT = 2
"""Nights that stay open, one for each of two readers or topics."""
_ONE_AT_A_TIME = threading.Lock()
"""A private database each; a few at once would take the memory of the pages."""


class NotComputed(Exception):
    """What was known on ``night`` could not be computed; the cause says why and what to do, for the log."""

    def __init__(self, night: date) -> None:
        super().__init__(f"what was known on {night}")
        self.night = night


class OfAllDistricts(NotComputed):
    """What a night knew is computed for the whole prefecture; the reader sees some districts."""


@dataclass
class _Open:
    source: Known
    close: Callable[[], None]
    readers: int = 0
    is_kept: bool = True

    @cached_property
    def veiled(self) -> Veiled:
        return Veiled(self.source)


_guard = threading.Lock()
_opened: OrderedDict[tuple[Any, ...], _Open] = OrderedDict()


def night_of(given: Mapping[str, Any], bad: list[str]) -> date | None:
    """The night that an address asks for (``known_on``), None: what is served. One that cannot be asked is told."""
    text = given.get("known_on")
    if text in (None, ""):
        return None
    night, nights = plain_date(text), _nights()
    if night is None or nights is None or not nights[0] <= night <= nights[1]:
        bad.append("known_on")
        return None
    return night


def _nights() -> tuple[date, date] | None:
    """The first and the last night that can be asked for; none while the ledger waits to be restored."""
    try:
        return closed_nights()
    except LedgerBehind:
        return None


def last_day(offered: Offered, night: date | None) -> date:
    """The day of an address that names none, and the last that it can name. Raises ``NotComputed``."""
    if night is None:
        return offered.last_day
    with _told_of(night):
        return usual_day(manifest_known_on(night))


def need_all(db: queries.Source, night: date) -> None:
    """Raises ``OfAllDistricts`` for a reader of some districts."""
    try:
        need_all_districts(db, "What a night knew")
    except WarehouseError as error:
        raise OfAllDistricts(night) from error


@contextmanager
def computing(night: date) -> Iterator[None]:
    """Tables of a night are computed within, while no other thread does. Raises ``NotComputed``."""
    with _ONE_AT_A_TIME, _told_of(night):
        yield


@contextmanager
def _told_of(night: date) -> Iterator[None]:
    try:
        yield
    except WarehouseError as error:
        raise NotComputed(night) from error


@contextmanager
def source(db: queries.Source, topic: str, night: date | None) -> Iterator[queries.Source]:
    """``db`` or, of a night, what it knew of a topic, to be read within the ``with`` block. Raises ``NotComputed``,
    and ``OfAllDistricts`` as ``need_all`` does."""
    if night is None:
        yield db
        return
    need_all(db, night)
    found = _taken((str(home()), db.version, db.manifest.get("digest"), topic, night))
    try:
        yield found.source if getattr(db, "mask", "whole") == "whole" else found.veiled
    finally:
        _let_go(found)


def _kept(key: tuple[Any, ...]) -> _Open | None:
    """A night that is open, for one reader more."""
    with _guard:
        found = _opened.get(key)
        if found is not None:
            _opened.move_to_end(key)
            found.readers += 1
        return found


def _taken(key: tuple[Any, ...]) -> _Open:
    """A kept night at once; another one waits for those that are computed, and looks again before it is."""
    topic, night = key[-2:]
    found = _kept(key)
    if found is not None:
        return found
    with computing(night):
        found = _kept(key)
        if found is not None:
            return found
        stack = ExitStack()
        found = _Open(stack.enter_context(TOPICS[topic](night)), stack.close, readers=1)
        with _guard:
            _opened[key] = found
            gone = [_opened.popitem(last=False)[1] for _ in range(len(_opened) - KEPT)]
            for one in gone:
                one.is_kept = False
    for one in gone:
        _close_unread(one)
    return found


def _let_go(found: _Open) -> None:
    with _guard:
        found.readers -= 1
    _close_unread(found)


def _close_unread(found: _Open) -> None:
    """Close what is neither kept nor read; a second time does nothing."""
    with _guard:
        is_over = not found.is_kept and not found.readers
    if is_over:
        found.close()


@atexit.register
def close_all() -> None:
    """Close what is kept; its files are removed."""
    with _guard:
        gone = list(_opened.values())
        _opened.clear()
    for one in gone:
        one.close()


# --- words and controls --------------------------------------------------------------------------------------
def field(page: str, night: date | None, t: Text) -> html.Div:
    """The night whose knowledge is asked for: empty for what is served. Without a closed night there is none."""
    nights = _nights()
    picker = dmc.DatePickerInput(
        id=f"{page}-known",
        value=night and night.isoformat(),
        minDate=nights and nights[0].isoformat(),
        maxDate=nights and nights[1].isoformat(),
        placeholder=t("lookup.known.now"),
        clearable=True,
        disabled=nights is None,
        valueFormat="YYYY-MM-DD",
        size="sm",
        firstDayOfWeek=1,
        monthLabelFormat="YYYY年M月" if t.lang == "zh" else "MMMM YYYY",
        popoverProps={"position": "bottom-start"},
        **{"aria-label": t("lookup.known")},
    )
    label = html.Span(t("lookup.known"), className="field-label")
    dates: Any = {"locale": "zh-cn" if t.lang == "zh" else "en", "firstDayOfWeek": 1, "weekendDays": []}
    return html.Div([label, dmc.DatesProvider(picker, settings=dates)], className="field dates")


def line(source: queries.Source, how: str, t: Text) -> html.P | None:
    """What a page says above numbers of a night: ``how`` is what is left out of them."""
    if source.version is not None:
        return None
    return html.P([html.B(words(source, t)), how], className="note")


def words(source: queries.Source, t: Text) -> str:
    """Which data: a published version, or what was known on a night."""
    night = source.manifest.get("known_on")
    if night is None:
        return t("app.snapshot", version=source.version)
    until = source.manifest["data_until"]
    until_day = fmt.day(date.fromisoformat(until), t.lang) if until else fmt.NONE
    return t("known.snapshot", night=fmt.day(date.fromisoformat(night), t.lang), until=until_day)
