"""The frames of the domain handbook, and the real ones where they lie beside the checkout."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def real_records(realdata: Path) -> list[dict[str, Any]]:
    """Every record of ``jt808/frames.jsonl``; see the README beside it."""
    path = realdata / "jt808" / "frames.jsonl"
    if not path.is_file():
        pytest.skip("jt808/frames.jsonl is not beside the checkout (../shared/realdata)")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
