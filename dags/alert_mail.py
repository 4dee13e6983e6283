"""Mail the alerts of a published night, as counts by rule with a link: one digest a recipient and night.

Off unless ``HENG_ALERT_MAIL_CONNECTION`` names an SMTP connection of Airflow (docs/alerts.md). It stands apart from the
build, so that a mail server that is down holds up no publication: what failed is tried again.
"""

from datetime import timedelta

from airflow.sdk import (
    Asset,
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

RETRY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception="etl.errors.BadMailSetting",
            action=RetryAction.FAIL,
            reason="Somebody has to change the setting first.",
        )
    ]
)


@dag(
    dag_id="alert_mail",
    description="Mail the alerts of a night, where that is set up.",
    doc_md=__doc__,
    schedule=PartitionedAssetTimetable(assets=Asset("warehouse/snapshot")),
    catchup=False,
    max_active_runs=1,
    tags=["alerts"],
    default_args={
        "owner": "warehouse",
        "retries": 5,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": RETRY,
    },
    deadline=DeadlineAlert(
        name="alert_mail_late",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=2),
        callback=SyncCallback("etl.scheduled.deadline_missed", {"what": "alert_mail"}),
    ),
)
def alert_mail() -> None:
    @task
    def send() -> int:
        """Returns how many mails left."""
        from etl import alert_mail as mail

        connection_id = mail.connection_id()
        mails = mail.due() if connection_id is not None else []
        if not mails:
            return 0

        from airflow.providers.smtp.hooks.smtp import SmtpHook

        with SmtpHook(smtp_conn_id=connection_id) as server:
            return mail.send(
                mails,
                lambda one: server.send_email_smtp(
                    to=one.address,
                    subject=one.subject,
                    html_content=one.html,
                    custom_headers={"Message-ID": one.message_id, "Auto-Submitted": "auto-generated"},
                ),
            )

    send()


alert_mail()
