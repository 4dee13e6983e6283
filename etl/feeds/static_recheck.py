"""Re-weighing at the static scale of a fixed station (静态复检), one workbook a month for all stations.

Joined to the passage by ``check_no``; a vehicle that was waved in without a passage has none. Stations keep the
list by hand: a title above the headings, the station's cell merged over its rows.
"""

from etl.contract import Feed, Rule, Workbook, read
from warehouse import columns as c

FEED = Feed(
    name="static_recheck",
    doc=__doc__,
    title_zh="静态复检记录",
    title_en="Static re-checks",
    grain="one re-weighing at a static scale",
    owner="freight-enforcement",
    files=r"static_recheck_(?P<date>\d{8})[^/]*\.xlsx",
    format=Workbook(fill_down=("site_code",)),
    columns={
        "检测站": c.site_code,
        "复检单号": c.recheck_no,
        "预检单号": c.check_no.optional(),
        "复检时间": c.recheck_at,
        "车牌号": read(c.plate_no, plate=True),
        "车牌颜色": read(
            c.plate_color_code,
            codes={"蓝": 1, "黄": 2, "黑": 3, "白": 4, "绿": 5, "黄绿": 93, "渐变绿": 94, "农黄": 91},
        ),
        "轴数": c.axle_count,
        "复检总质量（吨）": read(c.recheck_mass_kg, scale=1000),
        "卸载后总质量（吨）": read(c.unloaded_mass_kg.optional(), scale=1000),
        "衡器编号": c.scale_no,
        "执法证号": read(c.officer_no, pattern=r"\d{8,11}"),
    },
    ignore=("备注",),
    event_time="recheck_at",
    key=("recheck_no",),
    quarantine=(Rule("R-ORDER", "unloaded_mass_kg > recheck_mass_kg", "heavier after unloading"),),
    expected_every_days=31,
    plausible_median={"recheck_mass_kg": (3_000, 90_000)},
)
