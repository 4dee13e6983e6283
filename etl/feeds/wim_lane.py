"""Lanes of each site and the device that weighs on it, by span of validity."""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="wim_lane",
    doc=__doc__,
    title_zh="检测车道",
    title_en="Weigh-in-motion lanes",
    kind="register",
    grain="one lane over one span of validity",
    owner="registers",
    files=r"wim_lane_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="utf-8"),
    columns={
        "站点编号": c.site_code,
        "车道代码": c.lane_code,
        "方向": read(c.direction, codes={"上行": "up", "下行": "down"}),
        "车道序号": c.lane_no,
        "设备编号": c.device_no,
        "启用日期": c.valid_from,
        "停用日期": c.valid_to.optional(),
    },
    key=("site_code", "lane_code", "valid_from"),
    quarantine=(Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),),
    expected_every_days=31,
)
