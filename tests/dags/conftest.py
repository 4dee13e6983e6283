"""Airflow in a process of its own: its settings are read at import, and the tests have others. It is started once."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from etl import supervise

SERVE = """
import json, os, sys, traceback
from airflow.dag_processing.dagbag import DagBag

bag = DagBag()

def run(name):
    dag = bag.dags[name]
    deadline, dag.deadline = dag.deadline, None  # dag.test() of this version takes a stored deadline for its id
    try:
        return dag.test(run_conf={"business_date": "2026-11-23"})
    finally:
        dag.deadline = deadline

with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as answers:
    for line in sys.stdin:
        code, os.environ["HENG_HOME"] = json.loads(line)
        told, failed = {}, ""
        try:
            exec(code, {"bag": bag, "run": run, "told": told})
        except Exception:  # whatever it is: the test that sent the code fails with this traceback
            failed = traceback.format_exc()
        print(json.dumps([told, failed]), file=answers, flush=True)
"""
TIMEOUT_S = 900


@pytest.fixture(scope="session")
def in_airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """``in_airflow(code, home)``: runs code where Airflow is set up, on an instance; what it stores in ``told`` comes
    back. ``bag`` are the DAGs as loaded; ``run(dag_id)`` is a run of one for the business date 2026-11-23."""
    state = tmp_path_factory.mktemp("airflow") / "heng"
    state.mkdir()
    supervise.make_secrets(state)
    environment = supervise.airflow_environment(state, 18080)
    supervise.begin_migration(state, environment).finish()
    reading, writing = os.pipe()
    log = state / "airflow.log"
    with log.open("ab") as written, os.fdopen(reading, encoding="utf-8") as answers:
        airflow = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(writing)],
            env={**os.environ, **environment, "HENG_STABLE_SECONDS": "0", "HENG_HOME": str(state)},
            stdin=subprocess.PIPE, stdout=written, stderr=written, pass_fds=[writing], text=True, encoding="utf-8",
        )  # fmt: skip
        os.close(writing)

        def ask(code: str, home: Path = state) -> Any:
            assert airflow.stdin is not None
            print(json.dumps([code, str(home)]), file=airflow.stdin, flush=True)
            ready, _, _ = select.select([answers], [], [], TIMEOUT_S)
            line = answers.readline() if ready else ""
            if not line:
                airflow.kill()  # the tests after this one shall not wait as long
            assert line, log.read_text(encoding="utf-8", errors="replace")[-3_000:]
            told, failed = json.loads(line)
            assert not failed, failed
            return told

        try:
            yield ask
        finally:
            airflow.kill()
            airflow.wait()
