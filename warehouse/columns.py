"""The dictionary: every quantity of the platform, once, with its type, unit, meaning and names.

A column has the same name, unit and type wherever it appears. Feeds map their own headings to
these entries; models, pages, docs and exports take labels and units from here.
Instants are ``TIMESTAMP`` at the fixed offset +08:00: the zone Asia/Shanghai had summer time from
1986 to 1991, a fixed offset never does, and no result depends on a session's time zone.
"""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Column:
    """One quantity. ``valid`` is a SQL condition on the value; outside it a row is quarantined (R-RANGE)."""

    name: str
    type: str
    doc: str
    zh: str
    en: str = ""
    unit: str = ""
    valid: str = ""
    required: bool = True
    personal: bool = False
    zh_doc: str = ""

    def optional(self) -> Self:
        """The same quantity where a row may leave it empty."""
        return replace(self, required=False)

    @property
    def label(self) -> str:
        return self.en or self.name.replace("_", " ")


_ENTRIES: list[Column] = []


def _column(name: str, type: str, doc: str, zh: str, **rest: object) -> Column:
    column = Column(name, type, doc, zh, **rest)  # type: ignore[arg-type]
    _ENTRIES.append(column)
    return column


# --- a passage and what was measured -------------------------------------------------------------
check_no = _column("check_no", "VARCHAR", "Number the weighing system gave this weighing.", "检测单号")
passed_at = _column("passed_at", "TIMESTAMP", "When the vehicle crossed the sensors.", "检测时间", unit="+08:00")
passed_date = _column("passed_date", "DATE", "Local day of the passage (+08:00).", "检测日期")
uploaded_at = _column(
    "uploaded_at",
    "TIMESTAMP",
    "When the site sent the row; of two versions the later one counts.",
    "上传时间",
    unit="+08:00",
)
lane_code = _column("lane_code", "VARCHAR", "Lane as the site numbers it.", "车道代码")
lane_no = _column("lane_no", "INTEGER", "Lane counted from the median outward.", "车道序号", valid="between 1 and 12")
direction = _column("direction", "VARCHAR", "up (上行) or down (下行).", "方向")
axle_count = _column(
    "axle_count",
    "INTEGER",
    "Physical axles, never axle groups (令2016-62 art. 3).",
    "轴数",
    valid="between 1 and 32",
)
axle_type_code = _column(
    "axle_type_code",
    "VARCHAR",
    "Axle groups from the front, one digit each: 1 single/single tyre, 2 single/dual, 5 tandem dual, 7 tridem dual.",
    "轴型",
)
axle_loads_kg = _column("axle_loads_kg", "INTEGER[]", "Load of each axle, front to rear.", "各轴轴荷", unit="kg")
axle_load_sum_kg = _column("axle_load_sum_kg", "INTEGER", "Sum of the axle loads as delivered.", "轴荷合计", unit="kg")
axle_spacings_m = _column(
    "axle_spacings_m", "DOUBLE[]", "Distances between neighbouring axles, front to rear.", "轴距", unit="m"
)
wheelbase_m = _column(
    "wheelbase_m",
    "DOUBLE",
    "First to last axle: sum of the axle spacings.",
    "首末轴距",
    unit="m",
    valid="between 0.5 and 60",
)
single_tyre_axle_count = _column(
    "single_tyre_axle_count",
    "INTEGER",
    "Single-tyred axles in the scope of 令2016-62 art. 3(2): tandem or tridem groups and trailer axles, "
    "drive axles and compliant wide tyres left out.",
    "应减载单胎轴数",
    valid="between 0 and 12",
)
gross_vehicle_weight_kg = _column(
    "gross_vehicle_weight_kg",
    "INTEGER",
    "Vehicle and load together, as measured (GVW).",
    "车货总质量",
    en="gross vehicle weight",
    unit="kg",
    valid="between 100 and 500000",
)
speed_kmh = _column("speed_kmh", "DOUBLE", "Speed over the sensors.", "车速", unit="km/h", valid="between 0 and 350")
vehicle_length_m = _column(
    "vehicle_length_m",
    "DOUBLE",
    "Length as the site measured it.",
    "车长",
    unit="m",
    valid="between 0 and 60",
)
vehicle_class_code = _column("vehicle_class_code", "VARCHAR", "Vehicle class as the device reports it.", "车型")
device_status_code = _column(
    "device_status_code", "VARCHAR", "What the device says of its own measurement.", "设备状态"
)
reported_limit_kg = _column(
    "reported_limit_kg",
    "INTEGER",
    "Limit the source system used; kept, never used.",
    "来源系统限值",
    unit="kg",
    valid="between 1000 and 300000",
)
reported_is_over_limit = _column(
    "reported_is_over_limit",
    "BOOLEAN",
    "The source system's own verdict; kept, never used.",
    "来源系统超限标记",
)
reported_is_speeding = _column(
    "reported_is_speeding", "BOOLEAN", "The source system's own speeding label.", "来源系统超速标记"
)
cross_lane = _column("cross_lane", "BOOLEAN", "The vehicle straddled two lanes.", "跨道行驶")
close_following = _column(
    "close_following", "BOOLEAN", "Another vehicle followed too close to be told apart.", "跟车过近"
)
record_kind = _column(
    "record_kind",
    "VARCHAR",
    "vehicle, hour_missing (the device was dead) or hour_empty (it worked and saw no truck).",
    "记录类别",
)
# --- plates and vehicles ------------------------------------------------------------------------
plate_no = _column("plate_no", "VARCHAR", "Number plate.", "车牌号", personal=True)
plate_color_code = _column(
    "plate_color_code",
    "INTEGER",
    "Plate colour, JT/T 697.7: 1 blue, 2 yellow, 93 yellow-green, …",
    "车牌颜色",
    valid="in (0, 1, 2, 3, 4, 5, 9, 91, 92, 93, 94)",
)
plate_confidence = _column(
    "plate_confidence",
    "DOUBLE",
    "Reader's confidence in the plate (1 = certain).",
    "车牌置信度",
    valid="between 0 and 1",
)
vehicle_type_code = _column(
    "vehicle_type_code",
    "VARCHAR",
    "Vehicle type of the register (GA 802 groups: H1 heavy truck, Q tractor unit, …).",
    "车辆类型",
)
vehicle_kind = _column(
    "vehicle_kind",
    "VARCHAR",
    "rigid (货车), combination (汽车列车) or agricultural (拖拉机、低速货车).",
    "车辆组成",
)
registered_gross_mass_kg = _column(
    "registered_gross_mass_kg",
    "INTEGER",
    "Gross mass printed on the driving licence (行驶证).",
    "行驶证总质量",
    unit="kg",
    valid="between 400 and 300000",
)
drive_axle_count = _column(
    "drive_axle_count",
    "INTEGER",
    "Driven axles of the truck or tractor unit.",
    "驱动轴数",
    valid="between 1 and 6",
)
drive_axle_kind = _column("drive_axle_kind", "VARCHAR", "single or tandem drive axle.", "驱动轴型式")
has_air_suspension = _column(
    "has_air_suspension",
    "BOOLEAN",
    "Dual-tyred drive axles with air suspension, by the register.",
    "空气悬架",
)
is_tipper = _column("is_tipper", "BOOLEAN", "Tipper (自卸车).", "自卸车")
enterprise_name = _column("enterprise_name", "VARCHAR", "Transport enterprise that operates it.", "运输企业")
operating_permit_no = _column("operating_permit_no", "VARCHAR", "道路运输证 number.", "道路运输证号")
first_issue_date = _column(
    "first_issue_date",
    "DATE",
    "First issue of the operating permit; repeat-offence years count from it.",
    "初次领证日期",
)
# --- sites, lanes, devices, certificates --------------------------------------------------------
site_code = _column("site_code", "VARCHAR", "Weigh-in-motion site.", "站点编号")
site_name = _column("site_name", "VARCHAR", "Name of the site in Chinese.", "站点名称")
site_name_en = _column("site_name_en", "VARCHAR", "Name of the site in English.", "站点英文名称")
county_code = _column("county_code", "VARCHAR", "County by GB/T 2260 code.", "县区代码")
road_code = _column("road_code", "VARCHAR", "Road number, such as G207.", "路线编号")
chainage_km = _column("chainage_km", "DOUBLE", "Chainage on the road.", "桩号", unit="km", valid="between 0 and 6000")
latitude = _column("latitude", "DOUBLE", "Latitude, CGCS2000/WGS-84.", "纬度", unit="°", valid="between 3 and 54")
longitude = _column("longitude", "DOUBLE", "Longitude, CGCS2000/WGS-84.", "经度", unit="°", valid="between 73 and 136")
device_no = _column("device_no", "VARCHAR", "Weighing device.", "设备编号")
manufacturer = _column("manufacturer", "VARCHAR", "Maker of the device.", "生产厂家")
model = _column("model", "VARCHAR", "Model of the device.", "型号")
accuracy_class = _column(
    "accuracy_class",
    "VARCHAR",
    "Accuracy class for vehicle mass, JJG 907: 0.2 to 10.",
    "准确度等级",
    valid="in ('0.2', '0.5', '1', '2', '5', '10')",
)
certificate_no = _column("certificate_no", "VARCHAR", "Verification certificate (检定证书).", "检定证书编号")
certificate_valid_to = _column(
    "certificate_valid_to", "DATE", "Last day of the certificate in force at the passage.", "检定有效期至"
)
verified_on = _column("verified_on", "DATE", "Day of the verification.", "检定日期")
speed_min_kmh = _column(
    "speed_min_kmh",
    "DOUBLE",
    "Lowest verified speed.",
    "检定速度下限",
    unit="km/h",
    valid="between 0 and 350",
)
speed_max_kmh = _column(
    "speed_max_kmh",
    "DOUBLE",
    "Highest verified speed.",
    "检定速度上限",
    unit="km/h",
    valid="between 0 and 350",
)
issued_by = _column("issued_by", "VARCHAR", "Institute that issued it.", "检定机构")
valid_from = _column("valid_from", "DATE", "First day on which the row holds.", "有效期起")
valid_to = _column("valid_to", "DATE", "Last day on which the row holds; empty while it does.", "有效期止")
# --- lineage: every raw table has these ---------------------------------------------------------
record_id = _column("record_id", "VARCHAR", "Identity of the record: hash of feed and key.", "记录标识")
row_digest = _column("row_digest", "VARCHAR", "Hash of the row's content.", "内容摘要")
version_rank = _column("version_rank", "VARCHAR", "Orders versions of one record; the greatest is current.", "版本序")
delivery_id = _column("delivery_id", "VARCHAR", "SHA-256 of the delivered file.", "交付文件摘要")
source_line = _column("source_line", "BIGINT", "Line in the delivered file, the first is 1.", "来源行号")
byte_offset = _column("byte_offset", "BIGINT", "Where the line starts in the unpacked file.", "来源字节偏移")
flags = _column("flags", "VARCHAR", "Reasons to doubt the row, sorted, comma separated; empty if none.", "存疑标记")
event_date = _column("event_date", "DATE", "Day the row belongs to; for registers the day of issue.", "归属日期")

LINEAGE = (
    record_id, row_digest, version_rank, delivery_id, source_line, byte_offset, flags, event_date,
)  # fmt: skip


def dictionary() -> dict[str, Column]:
    """Every entry by name. Entries for derived columns are added by the models' part below."""
    return {column.name: column for column in _ENTRIES}
