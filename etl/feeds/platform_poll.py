"""Post checks (查岗): the authority asks the enterprise's platform whether somebody sits there, and somebody answers.

A check comes again when it is answered; of two versions the newer issue counts. The time allowed for the answer is the
sender's setting, delivered with the check.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="platform_poll",
    doc=__doc__,
    title_zh="平台查岗",
    title_en="Post checks of monitoring platforms",
    grain="one post check of one enterprise",
    owner="vehicle-monitoring",
    files=r"platform_poll_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "查岗编号": c.poll_no,
        "平台编码": c.platform_no,
        "统一社会信用代码": read(c.uscc, check="uscc"),
        "查岗时间": c.polled_at,
        "应答时限(分钟)": c.reply_within_min,
        "应答时间": read(c.replied_at.optional(), missing=("未应答",)),
    },
    key=("poll_no",),
    event_time="polled_at",
    quarantine=(Rule("R-ORDER", "replied_at < polled_at", "answered before it was sent"),),
)
