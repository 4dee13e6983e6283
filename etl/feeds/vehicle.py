"""Freight vehicles of the road-transport register (运政), one row per vehicle and span of validity.

A vehicle is known by plate and colour: the same characters can exist in two colours.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="vehicle",
    doc=__doc__,
    title_zh="营运车辆",
    title_en="Vehicles",
    kind="register",
    grain="one vehicle over one span of validity",
    owner="registers",
    files=r"vehicle_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "车牌号": read(c.plate_no, plate=True),
        "车牌颜色": c.plate_color_code,
        "车辆类型": c.vehicle_type_code,
        "车辆组成": read(
            c.vehicle_kind.optional(),
            codes={"货车": "rigid", "汽车列车": "combination", "拖拉机低速货车": "agricultural"},
        ),
        "轴数": c.axle_count.optional(),
        "总质量": c.registered_gross_mass_kg.optional(),
        "驱动轴数": c.drive_axle_count.optional(),
        "空气悬架": c.has_air_suspension.optional(),
        "自卸车": c.is_tipper.optional(),
        "业户名称": c.enterprise_name.optional(),
        "道路运输证号": c.operating_permit_no.optional(),
        "初次领证日期": c.first_issue_date.optional(),
        "有效期起": c.valid_from,
        "有效期止": c.valid_to.optional(),
    },
    key=("plate_no", "plate_color_code", "valid_from"),
    quarantine=(Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),),
    expected_every_days=31,
)
