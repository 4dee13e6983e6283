"""Every DAG loads, every feed has one, and a night through the DAGs is the night of the command line."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from mail_server import mail_server

from etl.demo import deliver
from etl.feeds import FEEDS
from etl.nightly import nightly
from warehouse.home import REPOSITORY
from warehouse.publish import published_manifest

READ = """
told["errors"] = bag.import_errors
told["dags"] = {
    dag.dag_id: {
        "catchup": dag.catchup, "doc": bool(dag.doc_md), "tags": sorted(dag.tags),
        "max_active_runs": dag.max_active_runs,
        "timetable": type(dag.timetable).__name__, "owner": dag.owner, "deadline": bool(dag.deadline),
        "tasks": {task.task_id: {"pool": task.pool, "retries": task.retries} for task in dag.tasks},
    }
    for dag in bag.dags.values()
}
"""

NIGHT = """
last = ["warehouse_build", "bulletin_draft", "alert_mail"]
for name in [*sorted(set(bag.dags) - {*last, "warehouse_restate", "housekeeping"}), *last]:
    told[name] = str(run(name).state)
"""
DAY = date(2026, 11, 23)


@pytest.fixture(scope="session")
def dags(in_airflow: Callable[..., Any]) -> dict[str, Any]:
    told = in_airflow(READ)
    assert told["errors"] == {}
    return told["dags"]


def test_every_feed_has_its_dag_and_nothing_else_is_there(dags: dict[str, Any]) -> None:
    expected = {f"{feed}_ingest" for feed in FEEDS} | {
        "warehouse_build",
        "warehouse_restate",
        "housekeeping",
        "bulletin_draft",
        "alert_mail",
    }
    assert set(dags) == expected


def test_every_dag_has_an_owner_words_tags_a_deadline_and_no_catchup(dags: dict[str, Any]) -> None:
    for name, dag in dags.items():
        assert [dag["doc"], bool(dag["tags"]), dag["deadline"]] == [True, True, True], name
        assert dag["owner"] not in ("", "airflow"), name
        assert dag["catchup"] is False, name
        assert dag["max_active_runs"] == 1, name


def test_scheduled_feeds_run_by_business_date(dags: dict[str, Any]) -> None:
    for name, feed in FEEDS.items():
        expected = "CronPartitionTimetable" if feed.schedule else "PartitionedAtRuntime"
        assert expected in dags[f"{name}_ingest"]["timetable"], name


def test_writing_the_warehouse_has_one_slot_and_landing_its_own_pool(dags: dict[str, Any]) -> None:
    assert dags["warehouse_build"]["tasks"]["build_and_publish"]["pool"] == "warehouse_writer"
    assert dags["warehouse_restate"]["tasks"]["build_and_publish"]["pool"] == "warehouse_writer"
    assert {task["pool"] for task in dags["housekeeping"]["tasks"].values()} == {"warehouse_writer"}
    for feed in FEEDS:
        tasks = dags[f"{feed}_ingest"]["tasks"]
        assert tasks["receive"]["pool"] == tasks["land"]["pool"] == "landing"
        assert tasks["land"]["retries"] == 2


def test_reading_the_dag_files_stays_cheap() -> None:
    """The dag-processor reads them again and again: engines and frames are loaded inside tasks only."""
    code = (
        "import runpy, sys\n"
        "for name in ('ingest', 'warehouse_build', 'housekeeping', 'bulletin_draft', 'alert_mail'):\n"
        f"    runpy.run_path({str(REPOSITORY / 'dags')!r} + f'/{{name}}.py')\n"
        "heavy = {'duckdb', 'pandas', 'pyarrow', 'numpy', 'dash', 'plotly', 'dbt', 'warehouse.build'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_a_night_through_airflow_gives_the_digest_of_the_command_line(
    in_airflow: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = []
    deliver(tmp_path / "airflow", DAY, nights=1, scale=0.05)
    shutil.copytree(tmp_path / "airflow", tmp_path / "command")
    for way in ("airflow", "command"):
        state = tmp_path / way
        monkeypatch.setenv("HENG_HOME", str(state))
        monkeypatch.setenv("HENG_STABLE_SECONDS", "0")
        if way == "airflow":
            told = in_airflow(NIGHT, home=state)
            assert len(told) == len(FEEDS) + 3
            assert set(told.values()) == {"success"}, told
        else:
            nightly(DAY)
        manifest = published_manifest()
        assert manifest is not None
        digests.append(manifest["digest"])
    assert digests[0] == digests[1]


def test_a_refused_delivery_turns_its_run_red_and_the_feed_is_reported_all_the_same(
    in_airflow: Callable[..., Any], tmp_path: Path
) -> None:
    state = tmp_path / "heng"
    (state / "inbox" / "wim_site").mkdir(parents=True)
    (state / "inbox" / "wim_site" / "wim_site_20261101.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    code = """
done = run("wim_site_ingest")
told["run"] = str(done.state)
told["tasks"] = {ti.task_id: str(ti.state) for ti in done.get_task_instances()}
"""
    told = in_airflow(code, home=state)
    assert told["run"] == "failed"
    assert told["tasks"]["receive"] == told["tasks"]["landed"] == "success"
    assert told["tasks"]["land"] == told["tasks"]["stopped"] == "failed"


def test_a_feed_that_delivered_nothing_is_reported_by_one_task(in_airflow: Callable[..., Any], tmp_path: Path) -> None:
    state = tmp_path / "heng"
    state.mkdir()
    code = """
from airflow.models.asset import AssetEvent, AssetModel
from airflow.utils.session import create_session
done = run("wim_site_ingest")
told["run"] = str(done.state)
told["tasks"] = {ti.task_id: str(ti.state) for ti in done.get_task_instances()}
with create_session() as session:
    reported = session.query(AssetModel.name).join(AssetEvent, AssetEvent.asset_id == AssetModel.id)
    told["reported"] = [name for (name,) in reported.filter(AssetEvent.source_run_id == done.run_id)]
"""
    told = in_airflow(code, home=state)
    assert told["run"] == "success"
    assert told["tasks"] == {"receive": "success", "land": "skipped", "landed": "skipped", "stopped": "skipped"}
    assert told["reported"] == ["raw/wim_site"]


MAIL = """
import json, os
os.environ.update({environment})
bag.dags["alert_mail"].get_task("send").retries = 0  # in a test a retry would be waited for
done = run("alert_mail")
told["run"] = str(done.state)
told["tasks"] = {{ti.task_id: str(ti.state) for ti in done.get_task_instances()}}
"""


def test_mails_leave_by_a_connection_of_airflow_once_a_night_and_hold_up_nothing(
    in_airflow: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the server takes nothing: the run of the mails is red, the night is published all the same."""
    state = tmp_path / "heng"
    deliver(state, DAY, nights=1, scale=0.02)
    monkeypatch.setenv("HENG_HOME", str(state))
    monkeypatch.setenv("HENG_STABLE_SECONDS", "0")
    nightly(DAY)
    recipients = state / "alert_recipients.csv"
    recipients.write_text("address,role,counties,lang\noffice@example.gov.cn,analyst,,zh\n", encoding="utf-8")
    recipients.chmod(0o600)
    with mail_server() as server:
        extra = {"from_email": "heng@example.gov.cn", "disable_ssl": True, "disable_tls": True, "retry_limit": 0}
        smtp = {"conn_type": "smtp", "host": "127.0.0.1", "port": server.port, "extra": extra}
        environment = {
            "AIRFLOW_CONN_BUREAU_MAIL": json.dumps(smtp), "HENG_ALERT_MAIL_CONNECTION": "",
            "HENG_URL": "https://heng.example.gov.cn",
        }  # fmt: skip

        def mailed() -> str:
            return in_airflow(MAIL.format(environment=environment), home=state)["run"]

        assert (mailed(), server.mails) == ("success", []), "off"
        environment["HENG_ALERT_MAIL_CONNECTION"] = "bureau_mail"
        server.is_full = True
        assert (mailed(), server.mails) == ("failed", [])
        assert published_manifest() is not None
        server.is_full = False
        assert mailed() == "success"
        assert server.to == ["office@example.gov.cn"]
        assert (mailed(), len(server.mails)) == ("success", 1), "the same night again"
        (mail,) = server.mails
        assert mail["From"] == "heng@example.gov.cn"
        assert "立即办理" in str(mail["Subject"])
        (part,) = mail.iter_parts()
        assert 'href="https://heng.example.gov.cn/alerts?as_of=' in part.get_content()
