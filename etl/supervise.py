"""Long-running processes, started, watched and stopped as one: Airflow's and the pages' server.

``airflow standalone`` is not used: when it is terminated its children stay behind, and a second one
takes the health of the first for its own. Here every component is the leader of its own session
with its own log under ``logs/``; stopping ends the whole session, tasks and their subprocesses
included, and when this process dies without a word the kernel terminates the leaders.

Pages and REST interface of Airflow run apart from the interface its tasks report to. In one process
they stop each other on SQLite: a request from a person commits its log entry on the event loop, where
it waits for the write lock of a task's request, which waits for the event loop (seen as a hang of 60 s).

One instance a state directory: an ``flock`` on ``heng.pid`` is held as long as the instance lives, so
a stale file never blocks a start. Nothing here imports airflow; everything is a subprocess.
"""

import ctypes
import errno
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from etl.errors import HengError
from warehouse import access_key
from warehouse.address import base_url, is_behind_proxy, is_told
from warehouse.home import REPOSITORY

AIRFLOW_PORT = 8080
DASHBOARDS_PORT = 8050
AIRFLOW_USER = "admin"
AIRFLOW_PATH = "/airflow"
"""Airflow's pages behind the proxy, beside the others: one name, so one sign-in."""
STOP_SECONDS = 20.0
TASK_SECONDS = 4.0
"""What a running task has of that."""
RESTARTS = 3
"""Restarts of one component before the instance gives up."""

EXECUTION_API = "execution-api"
AIRFLOW_COMPONENTS: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server", "--workers", "1", "--apps", "core"),
    EXECUTION_API: ("api-server", "--workers", "1", "--apps", "execution"),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class AlreadyRunning(HengError):
    """Another instance holds this state directory."""


class PortBusy(HengError):
    """The port asked for answers to somebody else."""


class ComponentFailed(HengError):
    """A component ended, or did not become healthy in time. The message names its log."""


# --- one instance a state directory ---------------------------------------------------------------


Record = Callable[..., None]
"""``record(addresses=…, sessions=…)`` notes facts about the running instance for whoever finds it there."""


@contextmanager
def instance(home: Path, what: str) -> Iterator[Record]:
    """Hold this state directory for a running instance; yields a function that records facts about it.

    Raises ``AlreadyRunning`` if another process holds it. If the last holder was killed, what it
    left running is stopped first.
    """
    path = home / "heng.pid"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            other = _facts(path)
            addresses = ", ".join(f"{name} {url}" for name, url in other.get("addresses", {}).items())
            raise AlreadyRunning(
                f"`{other.get('what', 'heng run')}` already runs on {home} (process {other.get('pid', '?')}"
                + (f"; {addresses}" if addresses else "")
                + f"). Stop it with Ctrl-C or `kill {other.get('pid', '<pid>')}`, "
                "or give this one a state directory of its own: HENG_HOME=<directory>."
            ) from None
        stop_leftovers(home, _facts(path).get("sessions", []))
        facts: dict[str, Any] = {"pid": os.getpid(), "what": what}

        def record(**more: Any) -> None:
            facts.update(more)
            held.seek(0)
            held.truncate()
            json.dump(facts, held, ensure_ascii=False)
            held.flush()

        record()
        try:
            yield record
        finally:
            facts.clear()
            held.seek(0)
            held.truncate()


def _facts(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text("utf-8") or "{}")
    except (OSError, ValueError):
        return {}


def _session_members(sessions: set[int]) -> dict[int, bool]:
    """Processes that belong to one of ``sessions``, and whether each is in a group of its own.

    Airflow gives every task its own group inside the scheduler's session; a task's subprocesses share it.
    """
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # Fields after the command's closing bracket: state ppid pgrp session ...
            state, _, group, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if int(session) in sessions and state != "Z":
            found[int(entry.name)] = group != session
    return found


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def stop_leftovers(home: Path, sessions: list[int]) -> list[int]:
    """End what a killed instance of this very state directory left behind; returns the process ids.

    A number may have been given to a stranger since, so the environment has to name this directory.
    """
    marker = f"HENG_HOME={home}".encode()
    left = []
    for pid in _session_members(set(sessions)):
        try:
            if marker in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                left.append(pid)
        except OSError:
            continue
    _signal(left, signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS
    while time.monotonic() < until and set(left) & set(_session_members(set(sessions))):
        time.sleep(0.1)
    _signal(set(left) & set(_session_members(set(sessions))), signal.SIGKILL)
    return left


# --- ports and secrets ----------------------------------------------------------------------------


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose_port(setting: str, default: int, host: str = "127.0.0.1", taken: tuple[int, ...] = ()) -> int:
    """The port for a server: the setting as it is, else the default or the next free one after it."""
    wanted = os.environ.get(setting, "").strip()
    if wanted:
        if not wanted.isdigit() or not 0 < int(wanted) < 65536:
            raise PortBusy(f"{setting}={wanted!r} is not a port number.")
        if int(wanted) in taken or not is_free(host, int(wanted)):
            raise PortBusy(f"Port {wanted} on {host} is in use. Set {setting} to a free port, or free this one.")
        return int(wanted)
    for port in range(default, default + 100):
        if port not in taken and is_free(host, port):
            return port
    raise PortBusy(f"No free port on {host} from {default} to {default + 99}. Set {setting}.")


def make_secrets(home: Path) -> list[Path]:
    """Create what is missing of this instance's secrets, readable by its owner alone; returns new files."""
    folder = home / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = {
        "airflow_jwt_key": secrets.token_urlsafe(48),
        "airflow_session_key": secrets.token_urlsafe(48),
        "airflow_passwords.json": json.dumps({AIRFLOW_USER: secrets.token_urlsafe(18)}),
    }
    new = []
    for name, text in wanted.items():
        path = folder / name
        if not path.exists():
            access_key.write(path, text)
            new.append(path)
        elif path.stat().st_mode & 0o077:
            raise HengError(f"{path} can be read by others. Run `chmod 600 {path}` and start again.")
        elif len(path.read_text("utf-8").strip()) < 24:
            raise HengError(f"{path} is empty or too short to be a secret. Delete it and start again.")
    key = access_key.path_of(home)
    had = key.exists()
    access_key.read(home)
    return new if had else [*new, key]


def airflow_url(port: int) -> str:
    """Where Airflow's pages are. Raises ``HengError`` behind a proxy whose address nobody told, and ``BadAddress``."""
    if not is_behind_proxy():
        return f"http://127.0.0.1:{port}"
    if not is_told():
        raise HengError("HENG_PROXY=1 needs HENG_URL, the address of the pages: https://heng.example.gov.cn.")
    return f"{base_url()}{airflow_path()}"


def airflow_path() -> str:
    """What the addresses of Airflow's pages and its REST interface begin with."""
    return AIRFLOW_PATH if is_behind_proxy() else ""


def airflow_password(home: Path) -> str:
    return json.loads((home / "secrets" / "airflow_passwords.json").read_text("utf-8"))[AIRFLOW_USER]


# --- Airflow's settings ---------------------------------------------------------------------------


def _base_environment(home: Path) -> dict[str, str]:
    """The caller's environment without what would lead a component astray."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW_")}
    # Set on some machines; without byte code every start of airflow costs three times as long.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    kept["HENG_HOME"] = str(home)
    kept["PYTHONUNBUFFERED"] = "1"
    return kept


def airflow_environment(
    home: Path, port: int, host: str = "127.0.0.1", execution_port: int | None = None
) -> dict[str, str]:
    """Every setting of Airflow; there is no airflow.cfg of ours. ``make_secrets`` comes first.

    ``execution_port`` is the one tasks report to, on loopback whatever ``host`` is; by default the next one.
    """
    execution_port = execution_port or port + 1
    airflow_home = home / "airflow"
    airflow_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = home / "secrets"
    accounts = {"AIRFLOW__CORE__AUTH_MANAGER": "etl.airflow_login.AccountsAuthManager"} if is_behind_proxy() else {}
    return {
        **_base_environment(home),
        **accounts,
        "AIRFLOW_HOME": str(airflow_home),
        # SQLite's default of 5 s makes first starts fail while four processes open the file.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{airflow_home}/airflow.db?timeout=60",
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        # The default forks 32 workers.
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{AIRFLOW_USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "airflow_passwords.json"),
        # Must follow the port, or every task fails while health stays green.
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{execution_port}/execution/",
        "AIRFLOW__API__HOST": host,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": airflow_url(port),
        "AIRFLOW__API__SECRET_KEY": (folder / "airflow_session_key").read_text("utf-8"),
        "AIRFLOW__API__ENABLE_SWAGGER_UI": "False",
        "AIRFLOW__API__INSTANCE_NAME": "Heng 衡",
        "AIRFLOW__API_AUTH__JWT_SECRET": (folder / "airflow_jwt_key").read_text("utf-8"),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "15",
        # A night is a chain of short tasks; the default pause of 1 s between loops is most of its time.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        # A warning would land on standard output, between the lines a program reads.
        "PYTHONWARNINGS": "ignore",
    }


@dataclass
class Migration:
    """Airflow's own database being created or upgraded; done once per Airflow version."""

    done: Path
    version: str
    log: Path
    process: subprocess.Popen[bytes] | None

    def finish(self) -> None:
        if self.process is None:
            return
        code = self.process.wait()
        if code != 0:
            raise ComponentFailed(f"`airflow db migrate` ended with {code}; see {self.log}.\n{_tail(self.log)}")
        self.done.write_text(self.version, "utf-8")


def begin_migration(home: Path, environment: Mapping[str, str]) -> Migration:
    """Start ``airflow db migrate`` if it is due; it takes some seconds, in which other things can be done."""
    done = home / "airflow" / "migrated"
    migration = Migration(done, version("apache-airflow-core"), home / "logs" / "airflow-migrate.log", None)
    database = home / "airflow" / "airflow.db"
    if database.exists() and done.exists() and done.read_text("utf-8") == migration.version:
        return migration
    migration.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with migration.log.open("wb") as output:
        migration.process = subprocess.Popen(  # nosec B603  # words of ours, no shell
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            preexec_fn=_follow_parent,
        )
    return migration


# --- components -----------------------------------------------------------------------------------


def _follow_parent() -> None:
    """In the child: be terminated when the supervisor dies without stopping us."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


@dataclass
class Component:
    """One long-running subprocess with its own session and its own log."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    restarts: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        output: IO[bytes]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(  # nosec B603  # commands of ours, no shell
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                preexec_fn=_follow_parent,
            )

    @property
    def ended(self) -> int | None:
        """The exit code once it has ended."""
        return self.process.poll() if self.process else None

    def failure(self) -> ComponentFailed:
        return ComponentFailed(f"{self.name} ended with code {self.ended}; see {self.log}.\n{_tail(self.log)}")


@dataclass
class Supervisor:
    """Components that live and die together."""

    home: Path
    components: list[Component] = field(default_factory=list)
    on_change: Callable[[list[int]], None] = lambda sessions: None
    """Told the session ids after every start, so that they can be recorded."""
    log_prefix: str = ""

    def add(self, name: str, command: list[str], environment: Mapping[str, str]) -> Component:
        log = self.home / "logs" / f"{self.log_prefix}{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
        component = Component(name, command, environment, log)
        component.start()
        self.components.append(component)
        self.on_change(self.sessions)
        return component

    def add_airflow(self, environment: Mapping[str, str], execution_port: int) -> None:
        execution = {
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(execution_port),
            # Tasks ask it without the path that the pages have behind a proxy.
            "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{execution_port}",
        }
        for name, arguments in AIRFLOW_COMPONENTS.items():
            own = execution if name == EXECUTION_API else {}
            forwarded = ["--proxy-headers"] if name == "api-server" and is_behind_proxy() else []
            self.add(name, [sys.executable, "-m", "airflow", *arguments, *forwarded], {**environment, **own})

    def add_dashboards(self, port: int, host: str = "127.0.0.1", workers: int = 2) -> None:
        self.add("dashboards", dashboards_command(port, host, workers), dashboards_environment(self.home))

    @property
    def sessions(self) -> list[int]:
        return [component.process.pid for component in self.components if component.process]

    def check(self) -> list[str]:
        """Restart what has ended; returns the names. Raises ``ComponentFailed`` when that does not help."""
        restarted = []
        for component in self.components:
            if component.ended is None:
                continue
            if component.restarts >= RESTARTS:
                raise component.failure()
            component.restarts += 1
            component.start()
            self.on_change(self.sessions)
            restarted.append(component.name)
        return restarted

    def wait_for(self, ready: Callable[[], bool], what: str, seconds: float) -> float:
        """Wait until ``ready``; returns the seconds it took. A component that ends meanwhile is an error."""
        began = time.monotonic()
        while not ready():
            for component in self.components:
                if component.ended is not None:
                    raise component.failure()
            if time.monotonic() - began > seconds:
                raise ComponentFailed(
                    f"{what} was not ready after {seconds:.0f} s; see the logs in {self.home / 'logs'}."
                )
            time.sleep(0.2)
        return time.monotonic() - began

    def stop(self) -> None:
        """End everything in order, then kill what is left of the sessions. Safe to call twice.

        The API of the tasks goes last: they report their end to it, and the scheduler waits for them. A task
        inside a long query does not hear a signal, so it is killed soon; every step is safe to kill.
        """
        began = time.monotonic()
        last = [component for component in self.components if component.name == EXECUTION_API]
        rest = [component for component in self.components if component.name != EXECUTION_API]
        for part, seconds in ((rest, STOP_SECONDS * 0.75), (last, STOP_SECONDS)):
            sessions = {component.process.pid for component in part if component.process}
            told: dict[int, float] = {}
            while (members := _session_members(sessions)) and time.monotonic() - began < seconds:
                tasks = {pid for pid, own_group in members.items() if own_group}
                # Leaders end their own workers; a task, also one the scheduler still began, is told itself.
                new = (tasks | (sessions & set(members))) - set(told)
                _signal(new, signal.SIGTERM)
                told |= dict.fromkeys(new, time.monotonic())
                _signal([pid for pid in tasks if time.monotonic() - told[pid] > TASK_SECONDS], signal.SIGKILL)
                time.sleep(0.1)
                for component in part:
                    component.ended  # noqa: B018 - reaps the leader, so that it does not count as alive
        _signal(_session_members(set(self.sessions)), signal.SIGKILL)
        for component in self.components:
            if component.process:
                component.process.wait()
        self.components.clear()


def dashboards_command(port: int, host: str = "127.0.0.1", workers: int = 2) -> list[str]:
    """gunicorn for the pages; the snapshot is opened after the fork, so nothing is preloaded."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "dashboards.wsgi:application",
        f"--bind={host}:{port}",
        f"--workers={workers}",
        "--worker-class=gthread",
        "--threads=4",
        "--timeout=120",
        "--graceful-timeout=5",
        "--no-control-socket",
        "--forwarded-allow-ips=",  # headers of a proxy are the application's alone, where HENG_PROXY says there is one
        "--forwarder-headers=",
    ]


def dashboards_environment(home: Path) -> dict[str, str]:
    return _base_environment(home)


# --- health ---------------------------------------------------------------------------------------


def get(url: str, timeout: float = 3.0) -> tuple[int, bytes]:
    """GET on this machine; code 0 means that nobody answers. Never through a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return 0, b""


def airflow_is_healthy(port: int, execution_port: int, since: datetime) -> bool:
    """Whether both servers answer and every component reports a heartbeat newer than ``since``.

    Newer, because the heartbeats of a former instance stay in the database and look fine for a while.
    """
    code, body = get(f"http://127.0.0.1:{port}{airflow_path()}/api/v2/monitor/health")
    if code != 200 or get(f"http://127.0.0.1:{execution_port}/execution/health")[0] != 200:
        return False
    told = json.loads(body)
    if told.get("metadatabase", {}).get("status") != "healthy":
        return False
    for part, beat in (
        ("scheduler", "latest_scheduler_heartbeat"),
        ("triggerer", "latest_triggerer_heartbeat"),
        ("dag_processor", "latest_dag_processor_heartbeat"),
    ):
        state = told.get(part) or {}
        if state.get("status") != "healthy" or not state.get(beat):
            return False
        if datetime.fromisoformat(state[beat].replace("Z", "+00:00")) < since:
            return False
    return True


def now() -> datetime:
    """For comparing with heartbeats only; no rule about data reads a clock."""
    return datetime.now(UTC)
