"""Weigh-in-motion sites of the prefecture, with the days on which each was in service."""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="wim_site",
    doc=__doc__,
    title_zh="检测站点",
    title_en="Weigh-in-motion sites",
    kind="register",
    grain="one site over one span of validity",
    owner="registers",
    files=r"wim_site_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="utf-8"),
    columns={
        "站点编号": c.site_code,
        "站点名称": c.site_name,
        "英文名称": c.site_name_en.optional(),
        "县区代码": read(c.county_code, pattern=r"\d{6}"),
        "路线编号": c.road_code,
        "桩号": c.chainage_km.optional(),
        "纬度": c.latitude.optional(),
        "经度": c.longitude.optional(),
        "启用日期": c.valid_from,
        "停用日期": c.valid_to.optional(),
    },
    key=("site_code", "valid_from"),
    quarantine=(Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),),
    expected_every_days=31,
)
