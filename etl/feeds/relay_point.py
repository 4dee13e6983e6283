"""Relay points (接驳点) at which drivers of long-distance coaches change, and when each was last inspected."""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="relay_point",
    doc=__doc__,
    title_zh="客运接驳点",
    title_en="Relay points",
    kind="register",
    grain="one relay point over one span of validity",
    owner="registers",
    files=r"relay_point_(?P<date>\d{8})[^/]*\.csv",
    format=Csv(delimiter=";"),
    columns={
        "接驳点编号": c.relay_point_no,
        "接驳点名称": c.place,
        "区划代码": read(c.county_code, pattern=r"\d{6}"),
        "路线": c.road_code,
        "桩号K": c.chainage_km,
        "最近检查日期": read(c.inspected_on.optional(), form="%Y年%m月%d日", missing=("未检查",)),
        "启用": c.valid_from,
        "停用": c.valid_to.optional(),
    },
    key=("relay_point_no", "valid_from"),
    quarantine=(
        Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),
        Rule("R-ORDER", "inspected_on < valid_from", "inspected before it was there"),
    ),
    expected_every_days=92,
)
