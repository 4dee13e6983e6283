"""What a weighing delivers."""

from warehouse.columns.entry import column

check_no = column("check_no", "VARCHAR", "Number the weighing system gave this weighing.", "检测单号")
passed_at = column("passed_at", "TIMESTAMP", "When the vehicle crossed the sensors.", "检测时间", unit="+08:00")
passed_date = column("passed_date", "DATE", "Local day of the passage (+08:00).", "检测日期")
uploaded_at = column(
    "uploaded_at",
    "TIMESTAMP",
    "When the site sent the row; of two versions the later one counts.",
    "上传时间",
    unit="+08:00",
)
lane_code = column("lane_code", "VARCHAR", "Lane as the site numbers it.", "车道代码")
lane_no = column("lane_no", "INTEGER", "Lane counted from the median outward.", "车道序号", valid="between 1 and 12")
direction = column("direction", "VARCHAR", "up (上行) or down (下行).", "方向")
axle_count = column(
    "axle_count",
    "INTEGER",
    "Physical axles, never axle groups (令2016-62 art. 3).",
    "轴数",
    valid="between 1 and 32",
)
axle_type_code = column(
    "axle_type_code",
    "VARCHAR",
    "Axle groups from the front, one digit each: 1 single/single tyre, 2 single/dual, 5 tandem dual, 7 tridem dual.",
    "轴型",
)
axle_loads_kg = column(
    "axle_loads_kg",
    "INTEGER[]",
    "Load of each axle, front to rear.",
    "各轴轴荷",
    unit="kg",
    each="between 0 and 100000",
)
axle_load_sum_kg = column("axle_load_sum_kg", "INTEGER", "Sum of the axle loads as delivered.", "轴荷合计", unit="kg")
axle_spacings_m = column(
    "axle_spacings_m",
    "DOUBLE[]",
    "Distances between neighbouring axles, front to rear.",
    "轴距",
    unit="m",
    each="between 0 and 60",
)
wheelbase_m = column(
    "wheelbase_m",
    "DOUBLE",
    "First to last axle: sum of the axle spacings.",
    "首末轴距",
    unit="m",
    valid="between 0.5 and 60",
)
single_tyre_axle_count = column(
    "single_tyre_axle_count",
    "INTEGER",
    "Single-tyred axles in the scope of 令2016-62 art. 3(2): tandem or tridem groups and trailer axles, "
    "drive axles and compliant wide tyres left out.",
    "应减载单胎轴数",
    valid="between 0 and 12",
)
gross_vehicle_weight_kg = column(
    "gross_vehicle_weight_kg",
    "INTEGER",
    "Vehicle and load together, as measured (GVW).",
    "车货总质量",
    en="gross vehicle weight",
    unit="kg",
    valid="between 100 and 500000",
)
speed_kmh = column("speed_kmh", "DOUBLE", "Speed over the sensors.", "车速", unit="km/h", valid="between 0 and 350")
vehicle_length_m = column(
    "vehicle_length_m",
    "DOUBLE",
    "Length as the site measured it.",
    "车长",
    unit="m",
    valid="between 0 and 60",
)
vehicle_class_code = column("vehicle_class_code", "VARCHAR", "Vehicle class as the device reports it.", "车型")
device_status_code = column("device_status_code", "VARCHAR", "What the device says of its own measurement.", "设备状态")
reported_limit_kg = column(
    "reported_limit_kg",
    "INTEGER",
    "Limit the source system used; kept, never used.",
    "来源系统限值",
    unit="kg",
    valid="between 1000 and 300000",
)
reported_is_over_limit = column(
    "reported_is_over_limit",
    "BOOLEAN",
    "The source system's own verdict; kept, never used.",
    "来源系统超限标记",
)
reported_is_speeding = column(
    "reported_is_speeding", "BOOLEAN", "The source system's own speeding label.", "来源系统超速标记"
)
cross_lane = column("cross_lane", "BOOLEAN", "The vehicle straddled two lanes.", "跨道行驶")
close_following = column(
    "close_following", "BOOLEAN", "Another vehicle followed too close to be told apart.", "跟车过近"
)
record_kind = column(
    "record_kind",
    "VARCHAR",
    "vehicle, hour_missing (the device was dead) or hour_empty (it worked and saw no truck).",
    "记录类别",
)
