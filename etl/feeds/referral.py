"""Copies to county governments (抄送属地政府): what was sent, by when a reply is due, and when it came."""

from etl.contract import Csv, Feed, Rule, read
from etl.counties import COUNTY_WORDS
from warehouse import columns as c

FEED = Feed(
    name="referral",
    doc=__doc__,
    title_zh="抄送属地政府",
    title_en="Copies to county governments",
    kind="list",
    grain="one copy to one government",
    owner="supervision",
    files=r"referral_(?P<date>\d{8})[^/]*\.csv",
    format=Csv(encoding="gb18030", delimiter="\t"),
    columns={
        "抄送文号": c.referral_no,
        "抄送单位": read(c.county_code, codes={f"{name}人民政府": code for name, code in COUNTY_WORDS.items()}),
        "事由": read(
            c.supervision_cause,
            codes={
                "考核排名靠后": "low_score",
                "隐患逾期": "overdue_hazard",
                "发生事故": "crash",
                "超限突出": "overload",
                "报警突出": "alarms",
            },
        ),
        "主题": c.topic,
        "发出日期": c.sent_on,
        "回复期限": c.reply_due_on,
        "回复日期": read(c.replied_on.optional(), missing=("-",)),
    },
    key=("referral_no",),
    quarantine=(
        Rule("R-ORDER", "reply_due_on < sent_on", "the reply due before it was sent"),
        Rule("R-ORDER", "replied_on < sent_on", "replied before it was sent"),
    ),
    expected_every_days=None,
)
