"""What the tests of the generator share: another process, in which nothing is remembered and sets order otherwise."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import handled as built
import pytest


@pytest.fixture(scope="session")
def handled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[built.Handled]:
    """A tiny prefecture and what became of its passages and cases."""
    made = built.made(tmp_path_factory.mktemp("handled"))
    yield made
    made.tables.connection.close()


@pytest.fixture(scope="session")
def elsewhere() -> Callable[..., str]:
    """``elsewhere(code, *arguments)``: runs Python code in a process with another hash seed; gives what it prints."""

    def run(code: str, *arguments: object) -> str:
        seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
        told = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert told.returncode == 0, told.stderr[-2_000:]
        return told.stdout

    return run
