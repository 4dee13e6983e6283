"""Airflow in a process of its own: its settings are read at import, and the tests have others."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from etl import supervise


@pytest.fixture(scope="session")
def in_airflow(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """``in_airflow(code, **environment)``: runs code where Airflow is set up; what it stores in ``told`` comes back."""
    state = tmp_path_factory.mktemp("airflow") / "heng"
    state.mkdir()
    supervise.make_secrets(state)
    environment = supervise.airflow_environment(state, 18080)
    supervise.begin_migration(state, environment).finish()
    answer = state / "answer.json"

    def run(code: str, home: Path | None = None) -> Any:
        script = (
            f"told = {{}}\n{code}\nimport json, pathlib\npathlib.Path({str(answer)!r}).write_text(json.dumps(told))\n"
        )
        own = {**os.environ, **environment, "HENG_STABLE_SECONDS": "0", "HENG_HOME": str(home or state)}
        done = subprocess.run([sys.executable, "-c", script], env=own, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return json.loads(answer.read_text("utf-8"))

    return run
