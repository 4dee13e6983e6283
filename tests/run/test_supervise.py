"""Processes that are started together are stopped together, whatever ends them.

Small sleeping programs stand for Airflow's here; ``test_whole_instance.py`` starts the real ones.
"""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etl import supervise
from etl.errors import HengError

SLEEP = "import time; time.sleep(60)"
# A worker in a process group of its own, as Airflow gives every task.
WITH_WORKER = f"import os, time; os.fork() or (os.setpgid(0, 0), time.sleep(60)); {SLEEP}"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


def wait_until(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return true()


def members(session: int) -> list[int]:
    """Living processes of a session, read from the kernel as an operator's ``ps`` does."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of = entry.read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if int(of) == session and state != "Z":
            found.append(int(entry.parent.name))
    return found


@pytest.fixture
def supervisor(home: Path) -> Iterator[supervise.Supervisor]:
    started = supervise.Supervisor(home)
    yield started
    started.stop()


def add(supervisor: supervise.Supervisor, name: str, code: str) -> int:
    environment = {**os.environ, "HENG_HOME": str(supervisor.home)}
    component = supervisor.add(name, [sys.executable, "-c", code], environment)
    assert component.process
    return component.process.pid


def test_stopping_leaves_no_process_of_any_session(supervisor: supervise.Supervisor) -> None:
    sessions = [
        add(supervisor, supervise.EXECUTION_API, SLEEP),
        add(supervisor, "scheduler", WITH_WORKER),
        add(supervisor, "triggerer", SLEEP),
    ]
    assert wait_until(lambda: len(members(sessions[1])) == 2)
    began = time.monotonic()
    supervisor.stop()
    assert [members(session) for session in sessions] == [[], [], []]
    assert time.monotonic() - began < 5


def test_one_that_ignores_the_request_is_killed(
    supervisor: supervise.Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "STOP_SECONDS", 1.0)
    session = add(supervisor, "scheduler", DEAF)
    time.sleep(0.3)
    supervisor.stop()
    assert members(session) == []


def test_one_that_ends_is_started_again_but_not_for_ever(supervisor: supervise.Supervisor) -> None:
    add(supervisor, "scheduler", "print('no database')")
    restarted = 0

    def check_for_a_while() -> None:
        nonlocal restarted
        for _ in range(200):
            restarted += len(supervisor.check())
            time.sleep(0.05)

    with pytest.raises(supervise.ComponentFailed) as failed:
        check_for_a_while()
    assert restarted == supervise.RESTARTS
    assert "scheduler ended with code 0" in str(failed.value)
    assert "no database" in str(failed.value)  # the end of its log


def test_waiting_says_which_component_ended(supervisor: supervise.Supervisor) -> None:
    add(supervisor, "dag-processor", "raise SystemExit('cannot read')")
    with pytest.raises(supervise.ComponentFailed, match="dag-processor ended with code 1"):
        supervisor.wait_for(lambda: False, "Airflow", 10)


def test_waiting_ends(supervisor: supervise.Supervisor) -> None:
    add(supervisor, "scheduler", SLEEP)
    with pytest.raises(supervise.ComponentFailed, match="Airflow was not ready after 0 s"):
        supervisor.wait_for(lambda: False, "Airflow", 0.3)


def test_a_second_instance_of_the_same_directory_is_refused(home: Path) -> None:
    with supervise.instance(home, "heng run") as record:
        record(addresses={"Airflow": "http://127.0.0.1:9"})
        with (
            pytest.raises(supervise.AlreadyRunning, match=rf"process {os.getpid()}.*127\.0\.0\.1:9"),
            supervise.instance(home, "heng run"),
        ):
            pass
    with supervise.instance(home, "heng run"):
        pass  # the end of the first lets the second in


def test_an_instance_beside_it_has_its_own_directory(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with supervise.instance(home, "heng run"), supervise.instance(other, "heng run"):
        pass


def test_a_killed_instance_takes_its_components_with_it(home: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from etl import supervise\n"
        "state = Path(sys.argv[1])\n"
        "with supervise.instance(state, 'heng run') as record:\n"
        "    one = supervise.Supervisor(state, on_change=lambda sessions: record(sessions=sessions))\n"
        f"    one.add('scheduler', [sys.executable, '-c', {SLEEP!r}], supervise._base_environment(state))\n"
        "    time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(home)])
    assert wait_until(lambda: bool(supervise._facts(home / "heng.pid").get("sessions")))
    (session,) = supervise._facts(home / "heng.pid")["sessions"]
    assert members(session)
    holder.kill()
    holder.wait()
    assert wait_until(lambda: members(session) == [])


def test_what_a_killed_instance_left_is_stopped_by_the_next_start(home: Path) -> None:
    left = subprocess.Popen(
        [sys.executable, "-c", SLEEP], env={**os.environ, "HENG_HOME": str(home)}, start_new_session=True
    )
    stranger = subprocess.Popen(
        [sys.executable, "-c", SLEEP], env={**os.environ, "HENG_HOME": "/elsewhere"}, start_new_session=True
    )
    try:
        (home / "heng.pid").write_text(json.dumps({"pid": 1, "sessions": [left.pid, stranger.pid]}))
        with supervise.instance(home, "heng run"):
            assert left.wait(timeout=10) == -signal.SIGTERM
            assert stranger.poll() is None  # the number was given to somebody else
    finally:
        left.kill()
        stranger.kill()
        left.wait()
        stranger.wait()


def listening() -> socket.socket:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def test_a_busy_default_port_gives_way_to_the_next_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HENG_DASH_PORT", raising=False)
    with listening() as server:
        busy = server.getsockname()[1]
        assert supervise.choose_port("HENG_DASH_PORT", busy) > busy


def test_two_servers_of_one_instance_never_get_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HENG_DASH_PORT", raising=False)
    first = supervise.choose_port("HENG_DASH_PORT", 28050)
    assert supervise.choose_port("HENG_DASH_PORT", first, taken=(first,)) != first


@pytest.mark.parametrize("wanted", ["busy", "0", "70000", "eighty"])
def test_a_port_that_was_asked_for_and_cannot_be_had_is_an_error(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    with listening() as server:
        monkeypatch.setenv("HENG_DASH_PORT", str(server.getsockname()[1]) if wanted == "busy" else wanted)
        with pytest.raises(supervise.PortBusy, match="HENG_DASH_PORT"):
            supervise.choose_port("HENG_DASH_PORT", 28050)


def test_secrets_are_made_once_and_are_the_owners_alone(home: Path) -> None:
    new = supervise.make_secrets(home)
    assert new
    assert {stat.S_IMODE(path.stat().st_mode) for path in new} == {0o600}
    assert stat.S_IMODE((home / "secrets").stat().st_mode) == 0o700
    before = {path: path.read_text() for path in new}
    assert supervise.make_secrets(home) == []
    assert {path: path.read_text() for path in new} == before


def test_a_secret_that_others_can_read_or_that_is_empty_stops_the_start(home: Path) -> None:
    path = supervise.make_secrets(home)[0]
    path.chmod(0o644)
    with pytest.raises(HengError, match="can be read by others"):
        supervise.make_secrets(home)
    path.chmod(0o600)
    path.write_text("")
    with pytest.raises(HengError, match="too short"):
        supervise.make_secrets(home)


def test_airflow_is_told_what_its_defaults_get_wrong(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "True")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    supervise.make_secrets(home)
    told = supervise.airflow_environment(home, 28080)
    assert told["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert told["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert told["AIRFLOW__API__ENABLE_SWAGGER_UI"] == "False"
    assert told["AIRFLOW__CORE__PARALLELISM"] == "4"
    assert told["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:28081/execution/"
    assert told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{home}/airflow/airflow.db?timeout=60"
    assert told["HENG_HOME"] == str(home)
    assert "PYTHONDONTWRITEBYTECODE" not in told


@pytest.mark.parametrize(
    ("age_seconds", "scheduler", "healthy"), [(-1, "healthy", True), (60, "healthy", False), (-1, "unhealthy", False)]
)
def test_only_heartbeats_newer_than_the_start_count(
    monkeypatch: pytest.MonkeyPatch, age_seconds: int, scheduler: str, healthy: bool
) -> None:
    since = datetime(2026, 11, 24, tzinfo=UTC)
    beat = (since - timedelta(seconds=age_seconds)).isoformat().replace("+00:00", "Z")
    body = {
        "metadatabase": {"status": "healthy"},
        "scheduler": {"status": scheduler, "latest_scheduler_heartbeat": beat},
        "triggerer": {"status": "healthy", "latest_triggerer_heartbeat": beat},
        "dag_processor": {"status": "healthy", "latest_dag_processor_heartbeat": beat},
    }
    monkeypatch.setattr(supervise, "get", lambda url: (200, json.dumps(body).encode()))
    assert supervise.airflow_is_healthy(28080, 28081, since) is healthy


def test_nobody_answering_is_not_healthy() -> None:
    with listening() as server:
        free = server.getsockname()[1]
    assert supervise.airflow_is_healthy(free, free, supervise.now()) is False
