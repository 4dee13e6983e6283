"""Draft the bulletins of periods that are over: after every night, of each kind the last one that has none.

一月一调度, 一季一通报, 半年一考评, 年终一总结: a month, quarter, half-year or year that closed gets one draft, by
what that night knew. A night publishes by its date, which is the partition key of this run, too. A person reads it,
drafts it again where figures changed, and signs it off; nothing is sent.
"""

from datetime import timedelta

from airflow.sdk import (
    Asset,
    DeadlineAlert,
    DeadlineReference,
    PartitionedAssetTimetable,
    SyncCallback,
    dag,
    task,
)


@dag(
    dag_id="bulletin_draft",
    description="Draft the bulletins of periods that are over.",
    doc_md=__doc__,
    schedule=PartitionedAssetTimetable(assets=Asset("warehouse/snapshot")),
    catchup=False,
    max_active_runs=1,
    tags=["bulletins"],
    default_args={"owner": "warehouse", "retries": 2, "retry_delay": timedelta(minutes=1)},
    deadline=DeadlineAlert(
        name="bulletin_late",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=2),
        callback=SyncCallback("etl.scheduled.deadline_missed", {"what": "bulletin_draft"}),
    ),
)
def bulletin_draft() -> None:
    @task
    def draft() -> list[str]:
        """Returns the names of the periods that were drafted."""
        from etl import bulletin

        return bulletin.draft_closed()

    draft()


bulletin_draft()
