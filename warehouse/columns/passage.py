"""What a weighing delivers."""

from warehouse.columns.entry import column

check_no = column(
    "check_no",
    "VARCHAR",
    "Number the weighing system gave this weighing.",
    "检测单号",
    zh_doc="称重系统给这次检测的编号。",
)
passed_at = column(
    "passed_at",
    "TIMESTAMP",
    "When the vehicle crossed the sensors.",
    "检测时间",
    unit="+08:00",
    zh_doc="车辆经过称重设备的时刻。",
)
passed_date = column(
    "passed_date", "DATE", "Local day of the passage (+08:00).", "检测日期", zh_doc="过车的当地日期（+08:00）。"
)
uploaded_at = column(
    "uploaded_at",
    "TIMESTAMP",
    "When the site sent the row; of two versions the later one counts.",
    "上传时间",
    unit="+08:00",
    zh_doc="站点上传该行的时刻；同一记录以后上传的为准。",
)
lane_code = column("lane_code", "VARCHAR", "Lane as the site numbers it.", "车道代码", zh_doc="站点自己的车道编号。")
lane_no = column(
    "lane_no",
    "INTEGER",
    "Lane counted from the median outward.",
    "车道序号",
    valid="between 1 and 12",
    zh_doc="自中央分隔带向外数的车道序号。",
)
direction = column("direction", "VARCHAR", "up (上行) or down (下行).", "方向", zh_doc="up 上行，down 下行。")
axle_count = column(
    "axle_count",
    "INTEGER",
    "Physical axles, never axle groups (令2016-62 art. 3).",
    "轴数",
    valid="between 1 and 32",
    zh_doc="实际轴数，不是轴组数（令2016年第62号第三条）。",
)
axle_type_code = column(
    "axle_type_code",
    "VARCHAR",
    "Axle groups from the front, one digit each: 1 single/single tyre, 2 single/dual, 5 tandem dual, 7 tridem dual.",
    "轴型",
    zh_doc="自前向后每个轴组一位：1 单轴单胎，2 单轴双胎，5 双联轴双胎，7 三联轴双胎。",
)
axle_loads_kg = column(
    "axle_loads_kg",
    "INTEGER[]",
    "Load of each axle, front to rear.",
    "各轴轴荷",
    unit="kg",
    each="between 0 and 100000",
    zh_doc="每根轴的轴荷，自前向后。",
)
axle_load_sum_kg = column(
    "axle_load_sum_kg",
    "INTEGER",
    "Sum of the axle loads as delivered.",
    "轴荷合计",
    unit="kg",
    zh_doc="来源给出的轴荷之和。",
)
axle_spacings_m = column(
    "axle_spacings_m",
    "DOUBLE[]",
    "Distances between neighbouring axles, front to rear.",
    "轴距",
    unit="m",
    each="between 0 and 60",
    zh_doc="相邻两轴的距离，自前向后。",
)
wheelbase_m = column(
    "wheelbase_m",
    "DOUBLE",
    "First to last axle: sum of the axle spacings.",
    "首末轴距",
    unit="m",
    valid="between 0.5 and 60",
    zh_doc="首轴到末轴的距离，即各轴距之和。",
)
single_tyre_axle_count = column(
    "single_tyre_axle_count",
    "INTEGER",
    "Single-tyred axles in the scope of 令2016-62 art. 3(2): tandem or tridem groups and trailer axles, "
    "drive axles and compliant wide tyres left out.",
    "应减载单胎轴数",
    valid="between 0 and 12",
    zh_doc="令2016年第62号第三条第二款所指的单胎轴数：并装双轴、三轴及挂车的轴，驱动轴和符合规定的加宽轮胎除外。",
)
gross_vehicle_weight_kg = column(
    "gross_vehicle_weight_kg",
    "INTEGER",
    "Vehicle and load together, as measured (GVW).",
    "车货总质量",
    en="gross vehicle weight",
    unit="kg",
    valid="between 100 and 500000",
    zh_doc="实测的车与货的总质量。",
)
speed_kmh = column(
    "speed_kmh",
    "DOUBLE",
    "Speed over the sensors.",
    "车速",
    unit="km/h",
    valid="between 0 and 350",
    zh_doc="经过称重设备时的车速。",
)
vehicle_length_m = column(
    "vehicle_length_m",
    "DOUBLE",
    "Length as the site measured it.",
    "车长",
    unit="m",
    valid="between 0 and 60",
    zh_doc="站点测得的车长。",
)
vehicle_class_code = column(
    "vehicle_class_code", "VARCHAR", "Vehicle class as the device reports it.", "车型", zh_doc="设备识别的车型。"
)
device_status_code = column(
    "device_status_code",
    "VARCHAR",
    "What the device says of its own measurement.",
    "设备状态",
    zh_doc="设备对本次测量给出的状态。",
)
reported_limit_kg = column(
    "reported_limit_kg",
    "INTEGER",
    "Limit the source system used; kept, never used.",
    "来源系统限值",
    unit="kg",
    valid="between 1000 and 300000",
    zh_doc="来源系统采用的限值；只保留，不采用。",
)
reported_is_over_limit = column(
    "reported_is_over_limit",
    "BOOLEAN",
    "The source system's own verdict; kept, never used.",
    "来源系统超限标记",
    zh_doc="来源系统自己的超限结论；只保留，不采用。",
)
reported_is_speeding = column(
    "reported_is_speeding",
    "BOOLEAN",
    "The source system's own speeding label.",
    "来源系统超速标记",
    zh_doc="来源系统自己的超速标记；只保留，不采用。",
)
cross_lane = column(
    "cross_lane", "BOOLEAN", "The vehicle straddled two lanes.", "跨道行驶", zh_doc="车辆跨两条车道行驶。"
)
close_following = column(
    "close_following",
    "BOOLEAN",
    "Another vehicle followed too close to be told apart.",
    "跟车过近",
    zh_doc="前后车过近，无法区分。",
)
record_kind = column(
    "record_kind",
    "VARCHAR",
    "vehicle, hour_missing (the device was dead) or hour_empty (it worked and saw no truck).",
    "记录类别",
    zh_doc="vehicle 过车，hour_missing 设备故障的小时，hour_empty 正常但无货车的小时。",
)
plate_front_no = column(
    "plate_front_no",
    "VARCHAR",
    "Plate read at the front: the power unit's.",
    "前车牌",
    personal=True,
    zh_doc="车头识别的号牌，即牵引车或货车的号牌。",
)
plate_rear_no = column(
    "plate_rear_no",
    "VARCHAR",
    "Plate read at the rear: a trailer has its own (挂).",
    "后车牌",
    personal=True,
    zh_doc="车尾识别的号牌，挂车有自己的号牌。",
)
snapshot_at = column(
    "snapshot_at",
    "TIMESTAMP",
    "Time on the picture, by the camera's clock.",
    "抓拍时间",
    unit="+08:00",
    zh_doc="图像上的时间，以相机时钟为准。",
)
measure_type_code = column(
    "measure_type_code",
    "VARCHAR",
    "How it was weighed, in the device's code.",
    "检测方式",
    zh_doc="检测方式，设备自身的代码。",
)
reported_excess_kg = column(
    "reported_excess_kg",
    "INTEGER",
    "Excess by the source system; kept, never used.",
    "来源系统超限量",
    unit="kg",
    valid="between 0 and 300000",
    zh_doc="来源系统给出的超限量，保留而不采用。",
)
reported_excess_ratio = column(
    "reported_excess_ratio",
    "DOUBLE",
    "Excess divided by the limit, by the source system (1 = 100 %); kept, never used.",
    "来源系统超限率",
    valid="between 0 and 20",
    zh_doc="来源系统给出的超限率，1 即 100%，保留而不采用。",
)
reported_is_escape = column(
    "reported_is_escape",
    "BOOLEAN",
    "The source system says that the vehicle evaded weighing; kept, never used.",
    "来源系统逃避标记",
    zh_doc="来源系统认为车辆逃避检测，保留而不采用。",
)
left_wheel_loads_kg = column(
    "left_wheel_loads_kg",
    "INTEGER[]",
    "Load of each axle's left wheels, front to rear.",
    "左轮荷",
    unit="kg",
    each="between 0 and 60000",
    zh_doc="各轴左侧车轮的荷载，由前至后。",
)
right_wheel_loads_kg = column(
    "right_wheel_loads_kg",
    "INTEGER[]",
    "Load of each axle's right wheels, front to rear.",
    "右轮荷",
    unit="kg",
    each="between 0 and 60000",
    zh_doc="各轴右侧车轮的荷载，由前至后。",
)
vehicle_width_m = column(
    "vehicle_width_m",
    "DOUBLE",
    "Width as the site measured it.",
    "车宽",
    unit="m",
    valid="between 0 and 10",
    zh_doc="站点测得的车宽。",
)
vehicle_height_m = column(
    "vehicle_height_m",
    "DOUBLE",
    "Height above the ground as the site measured it.",
    "车高",
    unit="m",
    valid="between 0 and 10",
    zh_doc="站点测得的离地高度。",
)
acceleration_ms2 = column(
    "acceleration_ms2",
    "DOUBLE",
    "Acceleration over the sensors; braking is negative.",
    "加速度",
    unit="m/s²",
    valid="between -20 and 20",
    zh_doc="通过传感器时的加速度，制动为负。",
)
