"""``heng run``: everything on this machine, from an empty state directory to pages with numbers.

The pages come first, because they need neither Airflow nor data; until then they say that nothing
is published. Then Airflow, then the sample nights one after the other, each with its business date
as partition key, so that what is seen here is what every night does. A night that was built is not
run again. Ctrl-C, SIGTERM and the end of ``--minutes`` stop everything.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from etl import supervise
from etl.airflow_api import Airflow, Run
from etl.errors import HengError
from etl.feeds import FEEDS
from warehouse.address import is_behind_proxy
from warehouse.control import Control, link_seconds
from warehouse.home import home
from warehouse.publish import pointer

SAMPLE_NIGHTS = 3
DEMO_ACCOUNTS = {
    "analyst": "sets a password",
    "inspector": "sets a password and an authenticator; may look up a plate",
}
"""Name and role of the accounts that the demo makes links for."""
NIGHT_SECONDS = 1200.0
"""A sample night that takes longer is reported and no longer waited for."""
FOLLOW_SECONDS = 30.0
"""The build starts within seconds of the last ingest, or not at all because a feed was not received."""
POOLS = {
    "landing": (2, "Deliveries that may be received or landed at the same time."),
    "warehouse_writer": (1, "Orders builds and housekeeping; the lock itself is in warehouse/publish.py."),
}
HISTORY = [sys.executable, "-m", "etl.demo.history"]
TELL_SECONDS = 10
"""How often a night that is not shown live tells how far it is."""
INGESTS = [f"{name}_ingest" for name in FEEDS]
BUILD, RESTATE, HOUSEKEEPING = "warehouse_build", "warehouse_restate", "housekeeping"
BULLETIN, MAIL = "bulletin_draft", "alert_mail"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_COLOURS = {"success": "green", "failed": "red", "running": "yellow"}


class Stopped(BaseException):
    """Ctrl-C, SIGTERM, or the time is up. Not an error, so nothing that handles errors may catch it."""


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """A signal raises ``Stopped`` once; what is being stopped then cannot be interrupted again."""

    def stop(number: int, frame: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    except Stopped:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def bind_address() -> str:
    """Loopback. Inside a container HENG_BIND opens the ports, which compose publishes on loopback only."""
    return os.environ.get("HENG_BIND", "127.0.0.1")


@dataclass
class _Session:
    """What the steps of one run share."""

    state: Path
    minutes: float | None = None
    log_prefix: str = ""
    console: Console = field(default_factory=lambda: Console(highlight=False))
    began: float = field(default_factory=time.monotonic)
    history: subprocess.Popen[bytes] | None = None
    """Lands what is older than the sample nights while Airflow starts, then publishes it while the first night runs."""
    links: dict[str, str] = field(default_factory=dict)
    """One-time links of the demo's accounts, by name."""

    def __post_init__(self) -> None:
        self.supervisor = supervise.Supervisor(self.state, log_prefix=self.log_prefix)

    def say(self, text: str) -> None:
        self.console.print(f"[dim]{time.monotonic() - self.began:6.1f} s[/]  {text}", soft_wrap=True)

    def pause(self, seconds: float = 0.5) -> None:
        """Wait a moment: components that ended are started again, and the time asked for may be over."""
        if self.minutes is not None and time.monotonic() - self.began > self.minutes * 60:
            raise Stopped("the time asked for is over")
        for name in self.supervisor.check():
            self.say(f"[yellow]{name} ended and was started again[/]; see {self.state / 'logs'}")
        time.sleep(seconds)

    def stay(self) -> None:
        while True:
            self.pause()

    def stop(self) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        began = time.monotonic()
        if self.history and self.history.poll() is None:
            self.history.terminate()
            self.history.wait()
        self.supervisor.stop()
        self.say(f"Everything is stopped ({time.monotonic() - began:.1f} s); the data stay in {self.state}")


def run(minutes: float | None = None, demo: bool = True, dashboards: bool = True) -> int:
    """Start everything, run the sample nights, stay until stopped; returns the exit code.

    ``demo=False``: no sample deliveries; Airflow runs the nights of what is delivered.
    ``dashboards=False``: Airflow alone, where another process serves the pages.
    """
    os.umask(0o077)
    session = _Session(home(), minutes)
    with _stopped_by_signals(), supervise.instance(session.state, "heng run") as record:
        session.supervisor.on_change = lambda sessions: record(sessions=sessions)
        try:
            addresses, airflow = _start(session, demo, dashboards, record)
            if session.history:
                _publish_history(session, session.history)
            for night in sample_nights(session.state) if demo else []:
                _run_night(session, airflow, night)
                sample_nights(session.state)  # a sender may have corrected a file that was taken
            airflow.unpause([HOUSEKEEPING])
            session.say("[bold]Ready.[/] Ctrl-C stops everything.")
            for name, address in addresses.items():
                session.say(f"{name:<10}  {address}")
            if dashboards:
                _say_links(session, addresses["Dashboards"], demo)
            session.stay()
        finally:
            session.stop()
    return 0


def serve(host: str = "", port: int | None = None, workers: int = 2, minutes: float | None = None) -> int:
    """Serve the pages alone until stopped; returns the exit code. Any ``host`` but loopback is refused."""
    os.umask(0o077)
    if host not in ("", *_LOOPBACK):
        raise HengError(f"The pages are served on loopback only, not on {host}: a proxy with TLS stands in front.")
    host = host or bind_address()
    if port is None:
        port = supervise.choose_port("HENG_DASH_PORT", supervise.DASHBOARDS_PORT, host)
    elif not supervise.is_free(host, port):
        raise supervise.PortBusy(f"Port {port} on {host} is in use. Choose another one with --port.")
    session = _Session(home(), minutes, log_prefix="serve-")
    with _stopped_by_signals():
        try:
            session.supervisor.add_dashboards(port, host, workers)
            address = f"http://127.0.0.1:{port}/"
            session.supervisor.wait_for(lambda: supervise.get(address)[0] == 200, "The dashboards' server", 60)
            session.say(f"Dashboards  {address}  Ctrl-C stops.")
            if not _has_account(session.state):
                session.say("There is no account yet. In another terminal: heng user add NAME --role analyst")
            session.stay()
        finally:
            session.stop()
    return 0


def _start(session: _Session, demo: bool, dashboards: bool, record: supervise.Record) -> tuple[dict[str, str], Airflow]:
    """Pages, then Airflow, healthy and with every DAG switched on but housekeeping."""
    state, say, supervisor, host = session.state, session.say, session.supervisor, bind_address()
    say(f"State directory {state}")
    if new := supervise.make_secrets(state):
        say(f"Created {len(new)} secrets in {state / 'secrets'}, readable by you alone")
    dash_port = _port(session, "HENG_DASH_PORT", supervise.DASHBOARDS_PORT, host) if dashboards else 0
    port = _port(session, "HENG_AIRFLOW_PORT", supervise.AIRFLOW_PORT, host, taken=(dash_port,))
    execution_port = supervise.choose_port("HENG_EXECUTION_PORT", port + 1, "127.0.0.1", taken=(dash_port, port))
    airflow_address = f"{supervise.airflow_url(port)}/"
    page = f"http://127.0.0.1:{dash_port}/"
    addresses = {"Dashboards": page, "Airflow": airflow_address} if dashboards else {"Airflow": airflow_address}
    record(addresses=addresses)

    environment = supervise.airflow_environment(state, port, host, execution_port)
    if dashboards:
        supervisor.add_dashboards(dash_port, host)
    migration = supervise.begin_migration(state, environment)
    if demo:
        nights = sample_nights(state)
        say(f"Sample deliveries lie in {state / 'inbox'}; nights {', '.join(str(night) for night in nights)}")
        session.history = subprocess.Popen([*HISTORY, "land"], stdin=subprocess.DEVNULL)  # nosec B603  # words of ours
    if dashboards:
        supervisor.wait_for(lambda: supervise.get(page)[0] == 200, "The dashboards' server", 60)
        note = "" if pointer() else "  (numbers follow with the first night)"
        say(f"[bold]Dashboards[/]  {page}{note}")
        _say_links(session, page, demo)
    migration.finish()
    since = supervise.now()
    supervisor.add_airflow(environment, execution_port)
    supervisor.wait_for(lambda: supervise.airflow_is_healthy(port, execution_port, since), "Airflow", 120)
    passwords = state / "secrets" / "airflow_passwords.json"
    who = (
        "accounts with the role system"
        if is_behind_proxy()
        else f"user {supervise.AIRFLOW_USER}, password in {passwords}"
    )
    say(f"[bold]Airflow[/]     {airflow_address}  {who}")

    airflow = Airflow(port, supervise.AIRFLOW_USER, supervise.airflow_password(state), supervise.airflow_path())
    for name, (slots, description) in POOLS.items():
        airflow.create_pool(name, slots, description)
    wanted = {*INGESTS, BUILD, RESTATE, HOUSEKEEPING, BULLETIN, MAIL}

    def every_dag_is_read() -> bool:
        if errors := airflow.import_errors():
            raise HengError("A DAG file cannot be read. " + "\n".join(errors))
        return wanted <= airflow.dag_ids()

    supervisor.wait_for(every_dag_is_read, f"One of the {len(wanted)} DAGs", 90)
    # What reads before what writes: an asset reported while its reader is switched off is never read. Housekeeping
    # last, after the sample nights, since its missed run of today would make the first build wait.
    airflow.unpause([BULLETIN, MAIL, BUILD, RESTATE, *INGESTS])
    return addresses, airflow


def _has_account(state: Path) -> bool:
    """Whether anybody can sign in."""
    with Control(state) as control:
        return any(account.is_ready for account in control.accounts())


def _say_links(session: _Session, page: str, demo: bool) -> None:
    """While nobody can sign in: one-time links of the demo's two accounts, else the next step. No default account.

    Said again, the links are the same: a new one would void the one that is being used.
    """
    if _has_account(session.state):
        return
    if not demo:
        session.say("There is no account yet. In another terminal: heng user add NAME --role system")
        return
    from etl.user_cli import link_of

    session.say(f"Nobody can sign in yet. Links that work once, for {link_seconds() // 60} minutes:")
    if not session.links:
        with Control(session.state) as control:
            for name in DEMO_ACCOUNTS:
                session.links[name] = link_of(control, control.account(name) or control.add(name, name), page)
    for name, link in session.links.items():
        session.say(f"{name:<10}  {link}  ({DEMO_ACCOUNTS[name]})")


def _port(session: _Session, setting: str, default: int, host: str, taken: tuple[int, ...] = ()) -> int:
    port = supervise.choose_port(setting, default, host, taken)
    if port != default and not os.environ.get(setting):
        session.say(f"Port {default} is in use by another program; taking {port} (set {setting} to choose)")
    return port


def sample_nights(state: Path) -> list[date]:
    """Put the sample deliveries into the inbox, once; the nights they are for."""
    from etl.demo import deliver
    from etl.nightly import yesterday

    return deliver(state, yesterday(), SAMPLE_NIGHTS)


def _publish_history(session: _Session, landing: subprocess.Popen[bytes]) -> None:
    """Wait until the sample's history is landed and let it be published. If either fails the first night does it."""
    while landing.poll() is None:
        session.pause(0.2)
    if landing.returncode:
        session.say("[yellow]The sample's history is not landed[/]; the first night takes it, which lasts longer")
    elif pointer() is None:
        session.say("The sample's history is landed; first numbers follow while the first night runs")
        session.history = subprocess.Popen([*HISTORY, "publish"], stdin=subprocess.DEVNULL)  # nosec B603  # words of ours


def start_night(airflow: Airflow, night: date) -> bool:
    """Ask for the runs of a night that are not there yet; False if the night is built already."""
    runs = {run.dag_id: run for run in airflow.runs(night)}
    build = runs.get(BUILD)
    if build and build.state == "success":
        return False
    if build and build.state == "failed":
        airflow.try_failed_again(build)
    for dag_id in INGESTS:
        found = runs.get(dag_id)
        if found is None:
            airflow.trigger(dag_id, f"sample__{night}", night)
        elif found.state == "failed" and build is None:
            airflow.try_failed_again(found)
    return True


def _run_night(session: _Session, airflow: Airflow, night: date) -> None:
    """Start a night and show it until it is built, or cannot be."""
    if not start_night(airflow, night):
        session.say(f"Night {night}: built already")
        return
    began, ingested = time.monotonic(), None
    told_at, had_numbers = began, pointer() is not None
    live = Live(console=session.console, transient=True) if session.console.is_terminal else None
    with live or nullcontext():
        while True:
            session.pause(1.0)
            runs = airflow.runs(night)
            states = {run.dag_id: run.state for run in runs}
            if live:
                live.update(_table(night, states, time.monotonic() - began))
            elif time.monotonic() - told_at >= TELL_SECONDS:
                told_at = time.monotonic()
                session.say(f"Night {night}: {_progress(states)}")
            if not had_numbers and pointer():
                had_numbers = True
                session.say("First numbers are on the pages")
            if _is_over(runs, [*INGESTS, BUILD]):
                break
            if ingested is None and _is_over(runs, INGESTS):
                ingested = time.monotonic()
            if BUILD not in states and ingested and time.monotonic() - ingested > FOLLOW_SECONDS:
                break
            if time.monotonic() - began > NIGHT_SECONDS:
                break
    took = f"{time.monotonic() - began:.0f} s"
    failed = ", ".join(dag_id for dag_id, state in states.items() if state == "failed")
    if states.get(BUILD) != "success":
        session.say(
            f"[red]Night {night} is not built[/] after {took}; failed: {failed or 'nothing yet'}. See Airflow's pages."
        )
    elif failed:
        session.say(
            f"[yellow]Night {night} is built without what failed[/] ({failed}) in {took}; `heng status` says why"
        )
    else:
        session.say(f"[green]Night {night} is built and published[/] in {took}")


def _is_over(runs: list[Run], wanted: list[str]) -> bool:
    """Every wanted DAG has a run, and no run of the night goes on."""
    return set(wanted) <= {run.dag_id for run in runs} and all(run.finished for run in runs)


def _progress(states: dict[str, str]) -> str:
    """How many feeds reported, which failed, and how far the build is."""
    done = [dag_id for dag_id in INGESTS if states.get(dag_id) in ("success", "failed")]
    failed = [dag_id for dag_id in done if states[dag_id] == "failed"]
    told = f"{len(done)} of {len(INGESTS)} feeds reported"
    if failed:
        told += f" ({', '.join(failed)} failed)"
    return told + (f"; {BUILD} {states[BUILD]}" if BUILD in states else "")


def _table(night: date, states: dict[str, str], seconds: float) -> Table:
    """What goes on or went wrong; what is done or waits is counted only."""
    table = Table(title=f"Night {night}  {seconds:.0f} s", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column(_progress(states))
    table.add_column()
    for dag_id in (*INGESTS, BUILD, RESTATE):
        state = states.get(dag_id, "waits")
        if state in ("running", "failed"):
            table.add_row(dag_id, f"[{_COLOURS.get(state, 'dim')}]{state}[/]")
    return table
