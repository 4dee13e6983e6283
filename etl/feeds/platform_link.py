"""How long monitoring platforms were connected and how long not, day by day, as the platform above them counts.

A row a platform and day, also of a day without an outage: a platform that has no row is not known to have been
connected. Minutes come with two decimals and are kept exactly, in milliseconds.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="platform_link",
    doc=__doc__,
    title_zh="平台连通情况",
    title_en="Links of monitoring platforms",
    grain="one platform on one day",
    owner="vehicle-monitoring",
    files=r"platform_link_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "平台编码": c.platform_no,
        "平台名称": c.platform_name,
        "平台类型": read(c.platform_kind, codes={"企业平台": "enterprise", "政府平台": "bureau"}),
        "统一社会信用代码": read(c.uscc.optional(), check="uscc"),
        "日期": read(c.link_from_at, form="%Y-%m-%d"),  # an instant, so that a day to come is R-TIME
        "应连通时长(分钟)": read(c.link_total_ms, scale=60_000),
        "断开时长(分钟)": read(c.link_down_ms, scale=60_000),
        "断开次数": c.outage_count,
    },
    key=("platform_no", "link_from_at"),
    event_time="link_from_at",
    quarantine=(
        Rule("R-STATE", "link_down_ms > link_total_ms", "disconnected for longer than there was to be connected"),
        Rule("R-STATE", "(link_down_ms > 0) <> (outage_count > 0)", "an outage without a time, or the reverse"),
        Rule("R-STATE", "(platform_kind = 'enterprise') <> (uscc is not null)", "an enterprise's platform has a code"),
    ),
)
