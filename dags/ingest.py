"""One ``<feed>_ingest`` DAG per declared feed: take what was delivered, land each delivery.

A run belongs to a business date, which is its partition key: the night after that day, half past
one in Shanghai, takes the day's deliveries. A feed without a schedule runs when somebody asks.

A stopped delivery fails its own `land` and turns the run red, and nothing else waits for it: the
night goes on with what could be landed. A feed that delivered nothing reports all the same, so that
its silence shows on the pages instead of holding the night up.
"""

from datetime import timedelta

from airflow.sdk import (
    DAG,
    Asset,
    AssetAlias,
    CronPartitionTimetable,
    DeadlineAlert,
    DeadlineReference,
    ExceptionRetryPolicy,
    PartitionedAtRuntime,
    RetryAction,
    RetryRule,
    SyncCallback,
    TriggerRule,
    dag,
    task,
)

from etl.contract import Feed
from etl.feeds import FEEDS

RETRY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=["etl.errors.DeliveryStopped", "etl.scheduled.NotReceived"],
            action=RetryAction.FAIL,
            reason="Trying again would end the same way.",
        )
    ]
)


def ingest_dag(feed: Feed) -> DAG:
    """The DAG that brings one feed's deliveries into its raw table."""

    @dag(
        dag_id=f"{feed.name}_ingest",
        dag_display_name=f"{feed.name}_ingest · {feed.title_zh}",
        description=feed.grain,
        doc_md=feed.doc,
        schedule=PartitionedAtRuntime()
        if feed.schedule is None
        else CronPartitionTimetable(feed.schedule, timezone="Asia/Shanghai", run_offset=-1, key_format="%Y-%m-%d"),
        catchup=False,
        max_active_runs=1,
        tags=["ingest", feed.kind],
        default_args={
            "owner": feed.owner,
            "retries": 2,
            "retry_delay": timedelta(minutes=1),
            "retry_policy": RETRY,
        },
        deadline=DeadlineAlert(
            name="ingest_late",
            reference=DeadlineReference.DAGRUN_QUEUED_AT,
            interval=timedelta(hours=2),
            callback=SyncCallback("etl.scheduled.deadline_missed", {"what": f"{feed.name}_ingest"}),
        ),
    )
    def ingest() -> None:
        @task.short_circuit(pool="landing", outlets=[AssetAlias("silent")])
        def receive(dag_run=None, outlet_events=None) -> list[str]:
            """Archive what is waiting in the inbox; returns the deliveries to land.

            With none the feed reports here and the other tasks are skipped: most feeds are silent on most nights.
            """
            from etl import deliveries, scheduled

            found = deliveries.receive(feed.name, scheduled.business_date(dag_run))
            if not found:
                outlet_events[AssetAlias("silent")].add(Asset(f"raw/{feed.name}"))
            return found

        @task(pool="landing", map_index_template="{{ delivery_id[:12] }}")
        def land(delivery_id: str) -> None:
            """Turn one archived delivery into raw rows, or say why it is stopped."""
            from etl.land import land as land_delivery

            land_delivery(delivery_id)

        @task(
            outlets=[Asset(f"raw/{feed.name}"), AssetAlias("restated")],
            trigger_rule=TriggerRule.ALL_DONE,
        )
        def landed(delivery_ids: list[str] | None, dag_run=None, outlet_events=None) -> None:
            """Report the feed for this date, also when a delivery was stopped."""
            from etl import scheduled

            if scheduled.restates(feed.name, scheduled.business_date(dag_run), delivery_ids):
                outlet_events[AssetAlias("restated")].add(Asset("raw/restated"))

        @task(trigger_rule=TriggerRule.ONE_FAILED, retries=0)
        def stopped(delivery_ids: list[str]) -> None:
            """Fails when a landing failed, so that the run shows red although the night goes on."""
            from etl import scheduled

            scheduled.fail_for_stopped(feed.name, delivery_ids)

        delivery_ids = receive()
        landings = land.expand(delivery_id=delivery_ids)
        landings >> landed(delivery_ids)
        landings >> stopped(delivery_ids)

    return ingest()


for _feed in FEEDS.values():
    globals()[f"{_feed.name}_ingest"] = ingest_dag(_feed)
