"""Chromium as tests of pages use it: what a page asks for and reports is kept, axe-core looks at it, conditions are
waited for. The fixtures ``browser`` and ``watched`` stand in ``tests/conftest.py``."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from one_app import browser_cookies

from warehouse.home import REPOSITORY

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
SCREENS = Path(os.environ.get("HENG_SCREENS") or REPOSITORY / "build" / "screens")
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}


def missing(message: str) -> NoReturn:
    """What a test needs is not installed: in CI that is a failure, elsewhere the test is skipped."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a profile."""
    if not CHROMIUM.is_file():
        missing(f"{CHROMIUM} is missing: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield opened
        opened.close()


class Watched:
    """A page whose every request and message is kept."""

    def __init__(self, browser: Any, address: str, size: tuple[int, int]) -> None:
        self.address = address
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
        self.context.add_cookies(browser_cookies(address))
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)  # a busy machine is slow, not wrong
        self.requests: list[str] = []
        self.messages: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda m: self.messages.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.page.wait_for_selector("h1")
        self.page.wait_for_load_state("networkidle")

    def check(self) -> None:
        schemes = {urlparse(url).scheme for url in self.requests}
        hosts = {urlparse(url).hostname for url in self.requests if urlparse(url).scheme not in ("data", "blob")}
        assert hosts == {"127.0.0.1"}
        assert schemes <= {"http", "data", "blob"}
        assert self.messages == []
        width = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert width[0] <= width[1], f"{self.page.url} is wider than its window: {width}"

    def against_accessibility(self) -> list[str]:
        return against_accessibility(self.page)


def against_accessibility(page: Any) -> list[str]:
    """What axe-core finds serious or critical on the page as it stands: rule, element and what is wrong with it."""
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:150]}: {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def until(page: Any, condition: str, argument: Any = None, seconds: float = 60) -> bool:
    """Whether a condition in the page comes true in time. The driver's own wait evaluates text in the page, which
    the content security policy forbids from the second try on."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition, argument):
        if time.monotonic() > end:
            return False
        page.wait_for_timeout(50)
    return True
