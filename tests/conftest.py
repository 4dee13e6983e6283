"""Fixtures every test may use: an empty instance, deliveries into it, its accepted rows, real files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from clock import Clock

from etl.deliveries import inbox
from warehouse import control
from warehouse.home import REPOSITORY
from warehouse.ledger import Ledger


@pytest.fixture(scope="session", autouse=True)
def _no_state_of_ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A test without a state directory of its own writes to none that is in use."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HENG_HOME", str(tmp_path_factory.mktemp("state") / "heng"))
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a profile."""
    from browsing import SCREENS, chromium

    SCREENS.mkdir(parents=True, exist_ok=True)
    with chromium() as opened:
        yield opened


@pytest.fixture
def watched(browser: Any, address: str) -> Iterator[Any]:
    """``watched(size)``: a page at the module's ``address`` whose requests and messages are kept."""
    from browsing import SIZES, Watched

    opened: list[Watched] = []

    def watch(size: str = "desktop") -> Watched:
        opened.append(Watched(browser, address, SIZES[size]))
        return opened[-1]

    yield watch
    for one in opened:
        one.context.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state directory of an instance of its own, empty."""
    state = tmp_path / "heng"
    state.mkdir()
    monkeypatch.setenv("HENG_HOME", str(state))
    monkeypatch.setenv("HENG_STABLE_SECONDS", "0")
    monkeypatch.delenv("HENG_FAILPOINT", raising=False)
    return state


@pytest.fixture
def put(home: Path) -> Callable[[str, str, bytes], Path]:
    """``put(feed, name, data)`` lays a file into a feed's inbox."""

    def put(feed: str, name: str, data: bytes) -> Path:
        path = inbox(feed) / name
        path.write_bytes(data)
        return path

    return put


@pytest.fixture
def accepted(home: Path) -> Callable[..., list[dict[str, Any]]]:
    """``accepted(feed)``: the rows the ledger names for a feed, by delivery and line."""

    def accepted(feed: str, columns: str = "*") -> list[dict[str, Any]]:
        with Ledger(home) as ledger:
            paths = [str(home / segment.path) for segment in ledger.segments(feed)]
        if not paths:
            return []
        with duckdb.connect() as connection:
            found = connection.execute(
                f"select {columns} from read_parquet(?) order by delivery_id, source_line", [paths]
            )
            names = [description[0] for description in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return accepted


@pytest.fixture(scope="session")
def real() -> Callable[[str], Path]:
    """``real("topic/file")``: a real sample file. They lie beside the checkout and are not part of the product."""

    def real(name: str) -> Path:
        path = REPOSITORY.parent / "shared" / "realdata" / name
        if not path.is_file():
            pytest.skip(f"{name} is not beside the checkout (../shared/realdata)")
        return path

    return real


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What the control store takes for now, from 15 January 2027 on; a test moves it."""
    made = Clock()
    monkeypatch.setattr(control, "now", made)
    return made
