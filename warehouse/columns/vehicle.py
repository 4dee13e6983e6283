"""Plates, vehicles and who operates them."""

from warehouse.columns.entry import column

plate_no = column("plate_no", "VARCHAR", "Number plate.", "车牌号", personal=True, zh_doc="机动车号牌号码。")
plate_color_code = column(
    "plate_color_code",
    "INTEGER",
    "Plate colour, JT/T 697.7: 1 blue, 2 yellow, 93 yellow-green, …",
    "车牌颜色",
    valid="in (0, 1, 2, 3, 4, 5, 9, 91, 92, 93, 94)",
    zh_doc="号牌颜色，JT/T 697.7：1 蓝、2 黄、93 黄绿等。",
)
plate_confidence = column(
    "plate_confidence",
    "DOUBLE",
    "Reader's confidence in the plate (1 = certain).",
    "车牌置信度",
    valid="between 0 and 1",
    zh_doc="车牌识别的置信度，1 为确定。",
)
vehicle_type_code = column(
    "vehicle_type_code",
    "VARCHAR",
    "Vehicle type of the register (GA 802 groups: H1 heavy truck, Q tractor unit, …).",
    "车辆类型",
    zh_doc="登记的车辆类型（GA 802 分组：H1 重型货车、Q 牵引车等）。",
)
vehicle_kind = column(
    "vehicle_kind",
    "VARCHAR",
    "rigid (货车), combination (汽车列车) or agricultural (拖拉机、低速货车).",
    "车辆组成",
    zh_doc="rigid 货车，combination 汽车列车，agricultural 拖拉机、低速货车。",
)
registered_gross_mass_kg = column(
    "registered_gross_mass_kg",
    "INTEGER",
    "Gross mass printed on the driving licence (行驶证).",
    "行驶证总质量",
    unit="kg",
    valid="between 400 and 300000",
    zh_doc="行驶证上的总质量。",
)
drive_axle_count = column(
    "drive_axle_count",
    "INTEGER",
    "Driven axles of the truck or tractor unit.",
    "驱动轴数",
    valid="between 1 and 6",
    zh_doc="货车或牵引车的驱动轴数。",
)
drive_axle_kind = column(
    "drive_axle_kind",
    "VARCHAR",
    "single or tandem drive axle.",
    "驱动轴型式",
    zh_doc="single 单驱动轴，tandem 双驱动轴。",
)
has_air_suspension = column(
    "has_air_suspension",
    "BOOLEAN",
    "Dual-tyred drive axles with air suspension, by the register.",
    "空气悬架",
    zh_doc="登记为每轴双胎且采用空气悬架的驱动轴。",
)
is_tipper = column("is_tipper", "BOOLEAN", "Tipper (自卸车).", "自卸车", zh_doc="是否为自卸车。")
enterprise_name = column(
    "enterprise_name", "VARCHAR", "Transport enterprise that operates it.", "运输企业", zh_doc="经营该车的运输企业。"
)
operating_permit_no = column(
    "operating_permit_no", "VARCHAR", "道路运输证 number.", "道路运输证号", zh_doc="道路运输证的编号。"
)
first_issue_date = column(
    "first_issue_date",
    "DATE",
    "First issue of the permit, licence or certificate; repeat-offence years count from it.",
    "初次领证日期",
    zh_doc="道路运输证的初次领证日期；多次违法的年度自该日起算。",
)
