"""Plates, vehicles and who operates them."""

from warehouse.columns.entry import column

plate_no = column("plate_no", "VARCHAR", "Number plate.", "车牌号", personal=True)
plate_color_code = column(
    "plate_color_code",
    "INTEGER",
    "Plate colour, JT/T 697.7: 1 blue, 2 yellow, 93 yellow-green, …",
    "车牌颜色",
    valid="in (0, 1, 2, 3, 4, 5, 9, 91, 92, 93, 94)",
)
plate_confidence = column(
    "plate_confidence",
    "DOUBLE",
    "Reader's confidence in the plate (1 = certain).",
    "车牌置信度",
    valid="between 0 and 1",
)
vehicle_type_code = column(
    "vehicle_type_code",
    "VARCHAR",
    "Vehicle type of the register (GA 802 groups: H1 heavy truck, Q tractor unit, …).",
    "车辆类型",
)
vehicle_kind = column(
    "vehicle_kind",
    "VARCHAR",
    "rigid (货车), combination (汽车列车) or agricultural (拖拉机、低速货车).",
    "车辆组成",
)
registered_gross_mass_kg = column(
    "registered_gross_mass_kg",
    "INTEGER",
    "Gross mass printed on the driving licence (行驶证).",
    "行驶证总质量",
    unit="kg",
    valid="between 400 and 300000",
)
drive_axle_count = column(
    "drive_axle_count",
    "INTEGER",
    "Driven axles of the truck or tractor unit.",
    "驱动轴数",
    valid="between 1 and 6",
)
drive_axle_kind = column("drive_axle_kind", "VARCHAR", "single or tandem drive axle.", "驱动轴型式")
has_air_suspension = column(
    "has_air_suspension",
    "BOOLEAN",
    "Dual-tyred drive axles with air suspension, by the register.",
    "空气悬架",
)
is_tipper = column("is_tipper", "BOOLEAN", "Tipper (自卸车).", "自卸车")
enterprise_name = column("enterprise_name", "VARCHAR", "Transport enterprise that operates it.", "运输企业")
operating_permit_no = column("operating_permit_no", "VARCHAR", "道路运输证 number.", "道路运输证号")
first_issue_date = column(
    "first_issue_date",
    "DATE",
    "First issue of the operating permit; repeat-offence years count from it.",
    "初次领证日期",
)
