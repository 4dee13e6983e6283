"""Passages over the limit that an officer looked at (证据审核), one line per look.

A passage is evidence only after such a review (行政处罚法 art. 41); a void one carries a reason. The same passage may
be looked at again, for instance after a defence; every look is a row of its own, the latest one holds.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="violation_screening",
    doc=__doc__,
    title_zh="违法过车审核",
    title_en="Screened violations",
    grain="one look of an officer at one passage",
    owner="freight-enforcement",
    files=r"screening_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="utf-8"),
    columns={
        "检测单号": c.check_no,
        "站点编号": c.site_code,
        "检测时间": c.passed_at,
        "审核时间": c.screened_at,
        "审核结果": read(c.screening_result, codes={"确认": "confirmed", "作废": "void", "待补充": "pending"}),
        "作废原因": read(
            c.void_code.optional(),
            codes={
                "号牌误识": "plate_misread",
                "套牌": "plate_cloned",
                "被盗抢": "stolen",
                "紧急任务": "emergency",
                "已现场处理": "handled_on_site",
                "图像不清": "image_unclear",
                "设备失效": "device_invalid",
                "持有通行证": "permit_exists",
                "同一趟次": "duplicate_trip",
                "其他": "other",
            },
        ),
        "审核人编号": read(c.officer_no, pattern=r"\d{8,11}"),
    },
    event_time="screened_at",
    key=("check_no", "screened_at"),
    quarantine=(
        Rule("R-ORDER", "screened_at < passed_at", "screened before the passage"),
        Rule("R-EMPTY", "screening_result = 'void' and void_code is null", "void without a reason"),
        Rule("R-STATE", "screening_result <> 'void' and void_code is not null", "a void reason without being void"),
    ),
)
