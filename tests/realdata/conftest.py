"""Declarations that are not shipped, and the real files they read where those lie beside the checkout."""

import csv
import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from real_reading import FOLDER, read

from etl.contract import Feed
from etl.feeds import own
from etl.parse import Parsed


@pytest.fixture(scope="session")
def feeds() -> dict[str, Feed]:
    return own(FOLDER)


@pytest.fixture(scope="session")
def rows(real: Callable[[str], Path]) -> Callable[[str], list[dict[str, str]]]:
    """``rows("topic/file")``: the records as the csv module reads them."""

    def rows(name: str) -> list[dict[str, str]]:
        path = real(name)
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8", newline="") as stream:  # type: ignore[operator]
            return list(csv.DictReader(stream))

    return rows


@pytest.fixture(scope="session")
def landed(
    feeds: dict[str, Feed], real: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, str], Parsed]]:
    """``landed(feed, "topic/file")``: the file as the declaration reads it; each is read once."""
    done: dict[tuple[str, str], Parsed] = {}

    def landed(feed: str, name: str) -> Parsed:
        path = real(name)
        if (feed, name) not in done:
            done[feed, name] = read(feeds[feed], path, tmp_path_factory.mktemp(feed))
        return done[feed, name]

    yield landed
    for parsed in done.values():
        parsed.close()
