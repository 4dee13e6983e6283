"""One step of a tour in the browser, as docs/tours/tours.json declares it."""

import re
import time
from typing import Any

from etl.tours import quoted

TOLD = """() => {
    const named = document.querySelectorAll('[aria-label], [title], input, select');
    const shown = [...named].filter(n => n.checkVisibility());
    const said = shown.flatMap(n => [n.getAttribute('aria-label'), n.getAttribute('title'), n.placeholder,
        ...[...(n.options ?? [])].map(one => one.text)]);
    return [document.body.innerText, ...said].filter(Boolean).join('\\n');
}"""


class Gone(AssertionError):
    """What a tour tells is not on the page."""


class Walk:
    """A tour under way. ``pages``: a browser page by role, each signed in."""

    def __init__(self, pages: dict[str, Any], address: str, tour: dict[str, Any], lang: str) -> None:
        self.pages, self.address, self.tour, self.lang = pages, address, tour, lang
        self.asked = 0
        self.patience = 10.0
        for page in pages.values():
            page.on("request", lambda _: self._count(1))
            page.on("requestfinished", lambda _: self._count(-1))
            page.on("requestfailed", lambda _: self._count(-1))

    def _count(self, more: int) -> None:
        self.asked += more

    def _settle(self, page: Any) -> None:
        """Waits until nothing was asked of the server for a fifth of a second; the driver's own wait is over with the
        first page, which Dash then changes."""
        quiet, left = 0, 400
        while quiet < 4 and left:
            page.wait_for_timeout(50)
            quiet, left = (quiet + 1 if self.asked == 0 else 0), left - 1

    def step(self, number: int) -> bytes:
        """Does a step, counted from 1; the picture of what is seen then. Gone: a place or a word is not there."""
        step = self.tour["steps"][number - 1]
        page = self.pages[step.get("as", self.tour["role"])]
        where = f"{self.tour['id']} ({self.lang}), step {number}"
        words = quoted(step[self.lang]["click"])
        for earlier, action in enumerate(step["do"]):
            ((name, value),) = action.items()
            if earlier:
                self._settle(page)
            words = self._told(page, words)
            try:
                getattr(self, f"_{name}")(page, value)
            except Exception as error:
                raise Gone(f"{where}: {name} {value}: {error}") from error
        # What a step opens with names the page that it opens.
        self._all_told(page, words, f"{where}, click")
        found = page.locator(step["see"]).first
        try:
            found.wait_for(state="visible")
        except Exception as error:
            raise Gone(f"{where}: {step['see']} is not seen") from error
        self._settle(page)
        self._all_told(page, quoted(step[self.lang]["seen"]), f"{where}, seen")
        if step["show"]:
            page.locator(step["show"]).first.evaluate("n => { n.scrollIntoView(); scrollBy(0, -150); }")
        page.wait_for_timeout(150)  # what slides in is there
        return bytes(page.screenshot())

    def _told(self, page: Any, words: list[str]) -> list[str]:
        """The words of a list that the page does not say."""
        said = _plain(page.evaluate(TOLD))
        return [word for word in words if _plain(word) not in said]

    def _all_told(self, page: Any, words: list[str], where: str) -> None:
        end = time.monotonic() + self.patience
        while (lacking := self._told(page, words)) and time.monotonic() < end:
            page.wait_for_timeout(100)
        if lacking:
            raise Gone(f"{where}: the page does not say {lacking}")

    def _open(self, page: Any, path: str) -> None:
        page.goto(f"{self.address}{path}?lang={self.lang}")
        page.wait_for_selector("h1")

    def _go(self, page: Any, key: str) -> None:
        """By the navigation: at the side of a desk, at the foot of a phone, where some pages are folded away."""
        side, foot = page.locator(f"#shell-nav-{key}"), page.locator(f"#shell-bar-{key}")
        if side.is_visible():
            side.click()
        else:
            if not foot.is_visible():
                page.click(".bottom-bar .more summary")
            foot.click()
        page.wait_for_selector(f"#shell-nav-{key}.current", state="attached")

    def _click(self, page: Any, where: str) -> None:
        page.locator(where).first.click()

    def _fill(self, page: Any, told: list[str]) -> None:
        page.fill(*told)

    def _choose(self, page: Any, told: list[str]) -> None:
        page.select_option(*told)

    def _press(self, page: Any, told: list[str]) -> None:
        page.press(*told)

    def _key(self, page: Any, name: str) -> None:
        page.keyboard.press(name)

    def _filters(self, page: Any, name: str) -> None:
        """Opens the sheet of filters where they are one."""
        opens = page.locator(f"#{name}-open-filters")
        opens.wait_for(state="attached")
        if opens.is_visible():
            opens.click()

    def _scroll(self, page: Any, where: str) -> None:
        page.locator(where).last.scroll_into_view_if_needed()

    def _download(self, page: Any, where: str) -> None:
        with page.expect_download() as given:
            page.click(where)
        assert given.value.path().stat().st_size > 0


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()
