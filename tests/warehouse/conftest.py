"""The prefecture of ``prefecture.py``: landed once, built once; every test works on a copy."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from prefecture import DELIVERIES, build_night, deliver
from random_nights import RandomNights, run

from warehouse.publish import publish


@contextmanager
def at_home(path: Path) -> Iterator[Path]:
    """HENG_HOME is ``path`` inside the block only, so that no later test writes here by chance."""
    path.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HENG_HOME", str(path))
        yield path


@pytest.fixture(scope="module")
def instance() -> Iterator[Callable[[Path], Path]]:
    """``instance(path)``: HENG_HOME is ``path`` until the module's last test."""
    patch = pytest.MonkeyPatch()

    def use(path: Path) -> Path:
        path.mkdir(parents=True, exist_ok=True)
        patch.setenv("HENG_HOME", str(path))
        return path

    yield use
    patch.undo()


@dataclass
class Reference:
    """Everything delivered at once, built in one go and published as version 1."""

    home: Path
    manifest: dict[str, Any]
    touched: list[date]


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with every delivery landed and nothing built."""
    with at_home(tmp_path_factory.mktemp("landed") / "heng") as state:
        for feed, name in DELIVERIES:
            deliver(state, feed, name)
    return state


@pytest.fixture(scope="session")
def reference(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    state = tmp_path_factory.mktemp("reference") / "heng"
    shutil.copytree(landed, state)
    with at_home(state):
        built = build_night(state)
        manifest, touched = built.manifest, built.touched
        assert publish(built) == 1
    return Reference(state, manifest, touched)


@pytest.fixture
def published(reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the reference instance to work on."""
    state = tmp_path / "heng"
    shutil.copytree(reference.home, state)
    monkeypatch.setenv("HENG_HOME", str(state))
    monkeypatch.delenv("HENG_FAILPOINT", raising=False)
    return state


@pytest.fixture(scope="session")
def random_nights(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], RandomNights]:
    """``random_nights(seed)``: an instance after some random nights, made once. Tests work on a copy of it."""

    def made(seed: int) -> RandomNights:
        with at_home(tmp_path_factory.mktemp(f"nights-{seed}") / "heng") as state:
            return run(state, seed)

    return cache(made)
