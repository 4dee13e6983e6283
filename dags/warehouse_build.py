"""Rebuild the touched days, check them and publish a snapshot.

`warehouse_build` is the night: it runs once every scheduled feed has reported for a business date.
`warehouse_restate` runs when something landed for a night that was already built: a late or replaced
delivery, a cleared run, a feed without a schedule. Both are the same one task, because build and
publish hold one lock from beginning to end.
"""

from datetime import timedelta

from airflow.sdk import (
    DAG,
    Asset,
    AssetAll,
    DeadlineAlert,
    DeadlineReference,
    ExceptionRetryPolicy,
    PartitionedAssetTimetable,
    RetryAction,
    RetryRule,
    SyncCallback,
    dag,
    task,
)

from etl.feeds import FEEDS

RETRY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception="warehouse.errors.CheckFailed",
            action=RetryAction.FAIL,
            reason="The same rows fail the same check again.",
        )
    ]
)


def build_dag(dag_id: str, doc: str, waits_for: Asset | AssetAll, restates: bool) -> DAG:
    @dag(
        dag_id=dag_id,
        description=doc,
        doc_md=__doc__,
        schedule=PartitionedAssetTimetable(assets=waits_for),
        catchup=False,
        max_active_runs=1,
        tags=["warehouse"],
        default_args={
            "owner": "warehouse",
            "retries": 2,
            "retry_delay": timedelta(minutes=1),
            "retry_policy": RETRY,
        },
        deadline=DeadlineAlert(
            name="build_late",
            reference=DeadlineReference.DAGRUN_QUEUED_AT,
            interval=timedelta(hours=2),
            callback=SyncCallback("etl.scheduled.deadline_missed", {"what": dag_id}),
        ),
    )
    def build() -> None:
        @task(pool="warehouse_writer", outlets=[Asset("warehouse/snapshot")])
        def build_and_publish(dag_run=None) -> str:
            """Returns the version of the snapshot that pages now read."""
            from etl import nightly, scheduled

            night = scheduled.last_night(dag_run) if restates else scheduled.business_date(dag_run)
            return str(nightly.publish(nightly.build(night, wait_seconds=900)))

        build_and_publish()

    return build()


warehouse_build = build_dag(
    "warehouse_build",
    "The night: every scheduled feed has reported for this business date.",
    AssetAll(*(Asset(f"raw/{feed.name}") for feed in FEEDS.values() if feed.schedule is not None)),
    restates=False,
)
warehouse_restate = build_dag(
    "warehouse_restate",
    "Something landed for a night that was already built.",
    Asset("raw/restated"),
    restates=True,
)
