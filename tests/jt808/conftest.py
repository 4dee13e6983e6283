"""The frames of the domain handbook, and the real ones where they lie beside the checkout."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def real_records(real: Callable[[str], Path]) -> list[dict[str, Any]]:
    """Every record of ``jt808/frames.jsonl``; see the README beside it."""
    path = real("jt808/frames.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
