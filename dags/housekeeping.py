"""Once a day: compact raw files, drop superseded snapshots and work directories of dead builds, sign the head of the
audit log.

Nothing received is ever deleted: the archive and whatever the ledger or a kept snapshot names stay.
"""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, DeadlineAlert, DeadlineReference, SyncCallback, dag, task


@dag(
    dag_id="housekeeping",
    description="Compact raw files, prune snapshots.",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 5 * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    tags=["housekeeping"],
    default_args={"owner": "warehouse", "retries": 2, "retry_delay": timedelta(minutes=1)},
    deadline=DeadlineAlert(
        name="housekeeping_late",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=2),
        callback=SyncCallback("etl.scheduled.deadline_missed", {"what": "housekeeping"}),
    ),
)
def housekeeping() -> None:
    @task(pool="warehouse_writer")
    def tidy() -> None:
        from etl import housekeeping as keeping

        keeping.run()

    tidy()


housekeeping()
