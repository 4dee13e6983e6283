"""A few calls of Airflow's REST interface on this machine: pools, DAGs, runs by business date.

The `airflow` command takes two to eight seconds a call and cannot give a run its partition key.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from etl.errors import HengError

FINISHED = ("success", "failed")


class AirflowRefused(HengError):
    """Airflow answered a request with an error that trying again does not help."""


@dataclass(frozen=True)
class Run:
    """One run of a DAG for one business date."""

    dag_id: str
    run_id: str
    business_date: str
    state: str

    @property
    def finished(self) -> bool:
        return self.state in FINISHED


class Airflow:
    """The instance that listens on ``port`` of this machine; ``path``: what its addresses begin with."""

    def __init__(self, port: int, user: str, password: str, path: str = "") -> None:
        self.base = f"http://127.0.0.1:{port}{path}"
        self.login = {"username": user, "password": password}
        self.token = ""  # nosec B105  # none yet
        # Settings of a proxy are for other machines.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(
        self, method: str, path: str, body: Any = None, accept: tuple[int, ...] = (200, 201), patience: float = 90.0
    ) -> tuple[int, Any]:
        """One request; a busy server (5xx, no answer) is asked again for ``patience`` seconds."""
        until = time.monotonic() + patience
        while True:
            if not self.token and path != "/auth/token":
                self.token = self.call("POST", "/auth/token", self.login)[1]["access_token"]
            code, text = self._send(method, path, body)
            if code in accept:
                return code, json.loads(text) if text else None
            if code == 401 and path != "/auth/token" and time.monotonic() < until:
                self.token = ""  # nosec B105  # it ran out
            elif (code == 0 or code >= 500) and time.monotonic() < until:
                time.sleep(0.5)
            else:
                raise AirflowRefused(f"Airflow answered {method} {path} with {code}: {text[:300]}")

    def _send(self, method: str, path: str, body: Any) -> tuple[int, str]:
        request = urllib.request.Request(
            self.base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        if self.token and path != "/auth/token":
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with self.opener.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
            return 0, str(error)

    def create_pool(self, name: str, slots: int, description: str) -> None:
        """Create a pool; one that is there keeps the slots an operator may have given it."""
        told = {"name": name, "slots": slots, "description": description}
        self.call("POST", "/api/v2/pools", told, accept=(200, 201, 409))

    def dag_ids(self) -> set[str]:
        """DAGs that are read and ready to run."""
        _, told = self.call("GET", "/api/v2/dags?limit=500&exclude_stale=true")
        return {entry["dag_id"] for entry in told["dags"]}

    def import_errors(self) -> list[str]:
        _, told = self.call("GET", "/api/v2/importErrors")
        return [f"{entry['filename']}: {entry['stack_trace'].strip()}" for entry in told["import_errors"]]

    def unpause(self, dag_ids: Iterable[str]) -> None:
        for dag_id in dag_ids:
            self.call("PATCH", f"/api/v2/dags/{quote(dag_id)}", {"is_paused": False})

    def runs(self, day: date) -> list[Run]:
        """Every run for a business date, oldest first."""
        query = urlencode({"partition_key_pattern": day.isoformat(), "limit": 500, "order_by": "id"})
        _, told = self.call("GET", f"/api/v2/dags/~/dagRuns?{query}")
        return [
            Run(entry["dag_id"], entry["dag_run_id"], entry["partition_key"], entry["state"])
            for entry in told["dag_runs"]
            if entry["partition_key"] == day.isoformat()
        ]

    def trigger(self, dag_id: str, run_id: str, day: date) -> bool:
        """Ask for a run for a business date; False if this run is there already."""
        told = {"dag_run_id": run_id, "logical_date": None, "partition_key": day.isoformat()}
        code, _ = self.call("POST", f"/api/v2/dags/{quote(dag_id)}/dagRuns", told, accept=(200, 201, 409))
        return code != 409

    def try_failed_again(self, run: Run) -> None:
        """Clear what failed in a run, so that the scheduler tries it again."""
        told = {"dry_run": False, "only_failed": True, "dag_run_id": run.run_id, "reset_dag_runs": True}
        self.call("POST", f"/api/v2/dags/{quote(run.dag_id)}/clearTaskInstances", told)
