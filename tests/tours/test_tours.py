"""Every step of every guided tour, in both languages: ``make tours``. The tours are left under ``build/tours``."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import SIZES
from dash import Dash
from on_loopback import on_loopback
from one_app import browser_cookies
from tour_walk import Gone, Walk

from etl.tours import LANGUAGES, document, tours
from warehouse import audit, bulletin, bulletin_store
from warehouse.home import REPOSITORY

BUILT = Path(os.environ.get("HENG_TOURS") or REPOSITORY / "build" / "tours")
WALKS = [(tour, size) for tour in tours() for size in tour["sizes"]]


@pytest.fixture
def walk(
    browser: Any,
    app: Dash,
    db: Any,
) -> Iterator[Any]:
    """``walk(tour, size, lang)``: a tour at its beginning, everybody in it signed in, over an instance of its own."""
    contexts = []
    with on_loopback(app.server) as address:

        def begin(tour: dict[str, Any], size: str, lang: str) -> Walk:
            if "draft" in tour["needs"]:
                bulletin_store.draft(db, bulletin.period("2026-10"), audit.SYSTEM)
            pages = {}
            for role in {tour["role"], *(step["as"] for step in tour["steps"] if "as" in step)}:
                width, height = SIZES[size]
                context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
                contexts.append(context)
                context.add_cookies(browser_cookies(address, role))
                context.set_default_timeout(60_000)  # a busy machine is slow, not wrong
                pages[role] = context.new_page()
            return Walk(pages, address, tour, lang)

        yield begin
        for context in contexts:
            context.close()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("tour", "size"), WALKS, ids=lambda of: of if isinstance(of, str) else of["id"])
def test_a_tour_can_be_walked(walk: Any, tour: dict[str, Any], size: str, lang: str) -> None:
    under_way = walk(tour, size, lang)
    pictures = [under_way.step(number) for number in range(1, len(tour["steps"]) + 1)]
    BUILT.mkdir(parents=True, exist_ok=True)
    name = tour["id"] + ("-phone" if size == "phone" else "")
    path = BUILT / f"{name}-{lang}.html"
    path.write_text(document(tour, lang, pictures), encoding="utf-8")
    print(path)
    assert path.read_text(encoding="utf-8").count("<img ") == len(tour["steps"])


def test_a_step_that_is_gone_from_the_page_fails(walk: Any) -> None:
    analyst = tours()[0]
    under_way = walk(analyst, "desktop", "en")
    under_way.step(1)
    under_way.pages["analyst"].set_default_timeout(300)
    under_way.patience = 0.3
    first = {**analyst["steps"][0], "do": []}
    for changed, says in (
        ({"see": "#overview-gone"}, "step 1: #overview-gone is not seen"),
        ({"do": [{"click": "#overview-gone"}]}, "step 1: click #overview-gone"),
        ({"en": {**first["en"], "click": "“Nobody says this”"}}, r"click: the page does not say \['Nobody"),
        ({"en": {**first["en"], "seen": "“Nobody says this”"}}, r"seen: the page does not say \['Nobody"),
    ):
        under_way.tour = {**analyst, "steps": [{**first, **changed}]}
        with pytest.raises(Gone, match=says):
            under_way.step(1)
