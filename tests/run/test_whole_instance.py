"""``heng run`` as a person meets it, on a small delivery: start, a night through the scheduler, stop, start again.

Real servers on loopback.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from etl import supervise
from etl.airflow_api import Airflow
from etl.demo import sample
from etl.feeds import FEEDS

NIGHT = date(2026, 11, 23)
HENG_RUN = [sys.executable, "-m", "etl.cli", "run"]


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


class Instance:
    """A ``heng run`` in a state directory, with what it printed so far."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.airflow_port, self.dash_port = free_port(), free_port()
        self.environment = {
            **os.environ,
            "HENG_HOME": str(state),
            "HENG_STABLE_SECONDS": "0",
            "HENG_AIRFLOW_PORT": str(self.airflow_port),
            "HENG_DASH_PORT": str(self.dash_port),
            "HENG_EXECUTION_PORT": str(free_port()),
        }
        self.output = state / "run.out"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*HENG_RUN, "--minutes", "8"],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def told(self) -> str:
        return self.output.read_text("utf-8")

    def wait_for(self, text: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        while text not in self.told():
            assert self.process.poll() is None, self.told()
            assert time.monotonic() < until, f"no {text!r} after {seconds} s:\n{self.told()}"
            time.sleep(0.2)

    def end(self, number: signal.Signals) -> tuple[int, float]:
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(timeout=60), time.monotonic() - began

    def processes(self) -> list[str]:
        """Whatever runs on this state directory, found by its environment."""
        marker = f"HENG_HOME={self.state}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if marker in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("instance") / "heng"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sample, "HISTORY_MONTHS", 1)
        sample.deliver(folder, NIGHT, nights=1, scale=0.02)
    return folder


@pytest.fixture(scope="module")
def instance(state: Path) -> Iterator[Instance]:
    started = Instance(state)
    yield started
    if started.process.poll() is None:
        started.end(signal.SIGTERM)


def test_the_night_runs_in_airflow_and_its_numbers_are_served(instance: Instance) -> None:
    instance.wait_for("Ready.", 420)
    told = instance.told()
    assert f"Night {NIGHT} is built and published" in told
    assert told.index("Dashboards") < told.index("Airflow  ")  # pages do not wait for Airflow
    password = supervise.airflow_password(instance.state)
    assert password not in told
    airflow = Airflow(instance.airflow_port, supervise.AIRFLOW_USER, password)
    after = ["warehouse_build", "bulletin_draft", "alert_mail"]
    expected = dict.fromkeys([*(f"{feed}_ingest" for feed in FEEDS), *after], "success")
    until = time.monotonic() + 90  # bulletins and mails come after what was published
    while (runs := {run.dag_id: run.state for run in airflow.runs(NIGHT)}) != expected and time.monotonic() < until:
        time.sleep(1)
    assert runs == expected
    code, page = supervise.get(f"http://127.0.0.1:{instance.dash_port}/overload")
    assert (code, b'name="password"' in page) == (200, True)  # nobody is signed in
    links = re.findall(rf"(analyst|inspector) +(http://127\.0\.0\.1:{instance.dash_port}/link/\S+)", told)
    assert len(links) == 4
    assert len(set(links)) == 2, "the same links at the start and at the end"
    for _, link in set(links):
        assert supervise.get(link)[0] == 200
    assert b"swagger" not in supervise.get(f"http://127.0.0.1:{instance.airflow_port}/docs")[1].lower()


def test_servers_listen_on_loopback_only(instance: Instance) -> None:
    """Addresses of listening sockets as the kernel lists them: 0100007F is 127.0.0.1."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    listening = [line.split()[1] for line in lines if line.split()[3] == "0A"]
    ours = [f"{int(instance.environment[name]):04X}" for name in instance.environment if name.endswith("_PORT")
            and name.startswith("HENG_")]  # fmt: skip
    addresses = {address.partition(":")[0] for address in listening if address.partition(":")[2] in ours}
    assert addresses == {"0100007F"}


def test_a_second_start_on_the_same_state_is_refused(instance: Instance) -> None:
    second = subprocess.run(HENG_RUN, env=instance.environment, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert f"already runs on {instance.state} (process {instance.process.pid}" in " ".join(second.stderr.split())


def test_ctrl_c_stops_everything_within_seconds(instance: Instance) -> None:
    code, seconds = instance.end(signal.SIGINT)
    print(f"stopped in {seconds:.1f} s")
    assert code == 0, instance.told()
    assert instance.processes() == []
    assert seconds < supervise.STOP_SECONDS + 5


def test_a_second_start_finds_what_is_there_and_sigterm_stops_it(instance: Instance, state: Path) -> None:
    again = Instance(state)
    try:
        again.wait_for("Ready.", 180)
        assert f"Night {NIGHT}: built already" in again.told()
    finally:
        code, _ = again.end(signal.SIGTERM)
    assert code == 0
    assert again.processes() == []
