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
    """One quantity. ``valid`` is a SQL condition on the value, ``each`` one on every element of a list;
    outside it a row is quarantined (R-RANGE)."""

    name: str
    type: str
    doc: str
    zh: str
    en: str = ""
    unit: str = ""
    valid: str = ""
    each: str = ""
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
axle_loads_kg = _column(
    "axle_loads_kg",
    "INTEGER[]",
    "Load of each axle, front to rear.",
    "各轴轴荷",
    unit="kg",
    each="between 0 and 100000",
)
axle_load_sum_kg = _column("axle_load_sum_kg", "INTEGER", "Sum of the axle loads as delivered.", "轴荷合计", unit="kg")
axle_spacings_m = _column(
    "axle_spacings_m",
    "DOUBLE[]",
    "Distances between neighbouring axles, front to rear.",
    "轴距",
    unit="m",
    each="between 0 and 60",
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
# --- derived by the models ------------------------------------------------------------------------
feed = _column("feed", "VARCHAR", "Feed the row came from.", "数据来源", zh_doc="数据来源的名称。")
axle_class = _column(
    "axle_class",
    "VARCHAR",
    "Axles as limits know them: 2, 3, 4, 5, 6+; empty below two or if unknown.",
    "轴数分类",
    zh_doc="限值所用的轴数分类：2、3、4、5、6+；少于二轴或未知时为空。",
)
limit_low_kg = _column(
    "limit_low_kg",
    "INTEGER",
    "Lowest limit the passage may be judged by; up to it the verdict is within.",
    "最低可适用限值",
    unit="kg",
    zh_doc="可适用限值中的最低者；不超过它即认定未超限。",
)
limit_kg = _column(
    "limit_kg",
    "INTEGER",
    "Highest limit the passage may be judged by; above it the verdict is over.",
    "限值",
    en="gross weight limit",
    unit="kg",
    zh_doc="可适用限值中的最高者（有利于当事人）；超过它才认定超限。",
)
limit_high_kg = _column(
    "limit_high_kg",
    "INTEGER",
    "Highest limit among the admissible readings; limit_kg of core.passage.",
    "最高可适用限值",
    unit="kg",
    zh_doc="各种可能解读中的最高限值，即过车表的限值。",
)
rule_id = _column(
    "rule_id",
    "VARCHAR",
    "Rule of seeds.gross_weight_limit that gives the limit.",
    "适用条款",
    en="rule",
    zh_doc="给出限值的条款，见限值表。",
)
limit_modifiers = _column(
    "limit_modifiers",
    "VARCHAR",
    "Modifiers of seeds.gross_weight_modifier that changed the rule's limit, comma separated.",
    "限值调整",
    zh_doc="对条款限值作了增减的调整项。",
)
verdict = _column(
    "verdict",
    "VARCHAR",
    "over, within, or review where it cannot be decided; measured weight, no allowance deducted.",
    "认定结果",
    zh_doc="over 超限、within 未超限、review 待复核；按实测总质量，未扣除误差。",
)
is_over_limit = _column(
    "is_over_limit",
    "BOOLEAN",
    "True for over, false for within, empty for review.",
    "是否超限",
    zh_doc="超限为真，未超限为假，待复核为空。",
)
excess_kg = _column(
    "excess_kg",
    "INTEGER",
    "Weight above the limit; 0 within it, empty under review.",
    "超限量",
    en="excess weight",
    unit="kg",
    zh_doc="超过限值的质量；未超限为 0，待复核为空。",
)
excess_ratio = _column(
    "excess_ratio",
    "DOUBLE",
    "Excess divided by the limit (1 = 100 %); empty unless over.",
    "超限率",
    zh_doc="超限量 ÷ 限值（1 即 100%）；未认定超限时为空。",
)
excess_band = _column(
    "excess_band",
    "VARCHAR",
    "le5, 5-10, 10-30, 30-50, 50-100 or gt100 per cent over; 5, 10 and 100 belong below, 30 and 50 above.",
    "超限幅度",
    zh_doc="超限率分档；5%、10%、100% 归入下档，30%、50% 归入上档。",
)
evidence_ok = _column(
    "evidence_ok",
    "BOOLEAN",
    "Nothing that data can show speaks against use as evidence; pictures and review are not part of it.",
    "证据条件",
    zh_doc="数据所能核验的证据条件全部满足；图像和人工审核不在其内。",
)
evidence_flags = _column(
    "evidence_flags", "VARCHAR", "E- codes: why the passage is no evidence.", "证据存疑", zh_doc="不能作为证据的原因。"
)
vehicle_record_id = _column(
    "vehicle_record_id", "VARCHAR", "Register row of the vehicle.", "车辆登记标识", zh_doc="车辆登记行的标识。"
)
registered_axle_count = _column(
    "registered_axle_count", "INTEGER", "Axles by the register.", "登记轴数", zh_doc="登记的轴数。"
)
has_other_axles_registered = _column(
    "has_other_axles_registered",
    "BOOLEAN",
    "The register has another axle count than the device saw.",
    "登记轴数不符",
    zh_doc="登记轴数与检测轴数不符。",
)
is_kind_inferred = _column(
    "is_kind_inferred",
    "BOOLEAN",
    "Kind or drive axles come from the axle type code, not from the register.",
    "车辆组成由轴型推断",
    zh_doc="车辆组成或驱动轴来自轴型代码而非登记。",
)
is_kind_open = _column(
    "is_kind_open",
    "BOOLEAN",
    "Rigid and combination rules both apply.",
    "车辆组成未定",
    zh_doc="货车与汽车列车条款均可能适用。",
)
is_drive_open = _column(
    "is_drive_open",
    "BOOLEAN",
    "Single and tandem drive rules both apply.",
    "驱动轴未定",
    zh_doc="单、双驱动轴条款均可能适用。",
)
is_air_open = _column(
    "is_air_open", "BOOLEAN", "Whether the air-suspension addition applies is unknown.", "空气悬架加值未定",
    zh_doc="空气悬架加值是否适用未知。",
)  # fmt: skip
is_tipper_open = _column(
    "is_tipper_open", "BOOLEAN", "Whether the cap per metre applies is unknown.", "自卸车未定",
    zh_doc="每米上限是否适用未知。",
)  # fmt: skip
open_tyre_kg = _column(
    "open_tyre_kg", "INTEGER", "What one single-tyred axle would change, where tyres are unknown.", "单胎轴影响",
    unit="kg", zh_doc="轮胎未知时，一根单胎轴会带来的增减。",
)  # fmt: skip
is_wheelbase_open = _column(
    "is_wheelbase_open", "BOOLEAN", "The cap per metre could not be applied: no wheelbase.", "轴距未知",
    zh_doc="缺少轴距，每米上限未采用。",
)  # fmt: skip
passage_count = _column("passage_count", "BIGINT", "Passages.", "过车数", unit="台次", zh_doc="过车数。")
weighed_count = _column(
    "weighed_count", "BIGINT", "Passages with a gross weight.", "检测数", unit="台次", zh_doc="称得总质量的过车数。"
)
over_count = _column(
    "over_count", "BIGINT", "Passages over the limit.", "超限数", unit="台次", zh_doc="认定超限的过车数。"
)
within_count = _column(
    "within_count", "BIGINT", "Passages within the limit.", "未超限数", unit="台次", zh_doc="认定未超限的过车数。"
)
review_count = _column(
    "review_count", "BIGINT", "Passages that cannot be judged.", "待复核数", unit="台次", zh_doc="无法认定的过车数。"
)
severe_count = _column(
    "severe_count",
    "BIGINT",
    "Passages over by 30 % or more.",
    "严重超限数",
    unit="台次",
    zh_doc="超限 30% 及以上的过车数。",
)
flagged_count = _column(
    "flagged_count", "BIGINT", "Passages that landing doubted (R- flags).", "存疑数", unit="台次",
    zh_doc="入库时存疑的过车数。",
)  # fmt: skip
evidence_ok_over_count = _column(
    "evidence_ok_over_count", "BIGINT", "Passages over the limit whose evidence conditions hold.", "可作证据的超限数",
    unit="台次", zh_doc="证据条件满足的超限过车数。",
)  # fmt: skip
band_le5_count = _column(
    "band_le5_count", "BIGINT", "Over by up to 5 %.", "超限≤5%", unit="台次", zh_doc="超限 5% 及以下。"
)
band_5_10_count = _column(
    "band_5_10_count",
    "BIGINT",
    "Over by more than 5 % up to 10 %.",
    "超限5–10%",
    unit="台次",
    zh_doc="超限 5% 以上至 10%。",
)
band_10_30_count = _column(
    "band_10_30_count", "BIGINT", "Over by more than 10 % and less than 30 %.", "超限10–30%", unit="台次",
    zh_doc="超限 10% 以上、不足 30%。",
)  # fmt: skip
band_30_50_count = _column(
    "band_30_50_count",
    "BIGINT",
    "Over by 30 % and less than 50 %.",
    "超限30–50%",
    unit="台次",
    zh_doc="超限 30% 至不足 50%。",
)
band_50_100_count = _column(
    "band_50_100_count", "BIGINT", "Over by 50 % up to 100 %.", "超限50–100%", unit="台次", zh_doc="超限 50% 至 100%。"
)
band_gt100_count = _column(
    "band_gt100_count", "BIGINT", "Over by more than 100 %.", "超限>100%", unit="台次", zh_doc="超限超过 100%。"
)
excess_kg_sum = _column(
    "excess_kg_sum", "BIGINT", "Sum of the excess weights.", "超限量合计", unit="kg", zh_doc="超限量之和。"
)
max_excess_ratio = _column("max_excess_ratio", "DOUBLE", "Largest excess ratio.", "最大超限率", zh_doc="最大的超限率。")
hours_with_data = _column(
    "hours_with_data", "BIGINT", "Hours of the day with at least one record.", "有数据小时数", unit="h",
    zh_doc="当日有记录的小时数。",
)  # fmt: skip
longest_gap_hours = _column(
    "longest_gap_hours", "BIGINT", "Most hours in a row without a record.", "最长空缺", unit="h",
    zh_doc="连续无记录的最长小时数。",
)  # fmt: skip
state = _column(
    "state", "VARCHAR", "A site's day: reporting, partial or silent. A delivery: archived, landed or stopped.", "状态",
    zh_doc="站点当日：reporting 正常、partial 部分、silent 静默；交付：archived、landed、stopped。",
)  # fmt: skip
current_count = _column(
    "current_count",
    "BIGINT",
    "Rows that are the current version of their record.",
    "现行行数",
    zh_doc="作为现行版本的行数。",
)
repeated_count = _column(
    "repeated_count",
    "BIGINT",
    "Rows that say what the current version says.",
    "重复行数",
    zh_doc="与现行版本内容相同的行数。",
)
superseded_count = _column(
    "superseded_count", "BIGINT", "Rows replaced by a later version.", "被取代行数", zh_doc="被后来版本取代的行数。"
)
row_fate = _column("row_fate", "VARCHAR", "current, repeated or superseded.", "行的去向", zh_doc="现行、重复或被取代。")
# --- seeds: limits, codes, calendars ---------------------------------------------------------------
axle_count_min = _column(
    "axle_count_min", "INTEGER", "Fewest axles the row holds for.", "轴数下限", zh_doc="适用轴数下限。"
)
axle_count_max = _column(
    "axle_count_max",
    "INTEGER",
    "Most axles the row holds for; empty: any more.",
    "轴数上限",
    zh_doc="适用轴数上限，空为不限。",
)
modifier_id = _column("modifier_id", "VARCHAR", "Modifier of a limit.", "调整项", zh_doc="限值的调整项。")
amount_kg = _column(
    "amount_kg", "INTEGER", "Added to the limit (per axle), or allowed per metre.", "调整量", unit="kg",
    zh_doc="加到限值上的数（按轴），或每米允许的数。",
)  # fmt: skip
citation_zh = _column("citation_zh", "VARCHAR", "Legal basis in Chinese.", "依据", zh_doc="法规依据。")
citation_en = _column(
    "citation_en", "VARCHAR", "Legal basis in English.", "依据（英文）", zh_doc="法规依据的英文说明。"
)
confidence = _column(
    "confidence", "VARCHAR", "C1 read in a primary text, C2 in a secondary source, M+ M- P not verified.", "核实程度",
    zh_doc="C1 见于原文，C2 见于二手来源，M+、M-、P 未核实。",
)  # fmt: skip
name_zh = _column("name_zh", "VARCHAR", "Name in Chinese.", "中文名", zh_doc="中文名称。")
name_en = _column("name_en", "VARCHAR", "Name in English.", "英文名", zh_doc="英文名称。")
tile_col = _column("tile_col", "INTEGER", "Column of the county in the tile map.", "格列", zh_doc="格子地图中的列。")
tile_row = _column("tile_row", "INTEGER", "Row of the county in the tile map.", "格行", zh_doc="格子地图中的行。")
reason = _column("reason", "VARCHAR", "Code of a reason or flag.", "原因代码", zh_doc="原因或标记的代码。")
outcome = _column(
    "outcome",
    "VARCHAR",
    "What follows: quarantine, flag, stop, wait, evidence, verdict, …",
    "结果",
    zh_doc="由此产生的结果。",
)
zh = _column("zh", "VARCHAR", "Meaning in Chinese.", "含义", zh_doc="中文含义。")
en = _column("en", "VARCHAR", "Meaning in English.", "含义（英文）", zh_doc="英文含义。")
next_step_zh = _column("next_step_zh", "VARCHAR", "What to do next, in Chinese.", "下一步", zh_doc="下一步该做什么。")
next_step_en = _column(
    "next_step_en", "VARCHAR", "What to do next, in English.", "下一步（英文）", zh_doc="下一步的英文说明。"
)
# --- what the ledger and the dictionary tell (meta.*) ----------------------------------------------
name = _column("name", "VARCHAR", "Name of the delivered file.", "文件名", zh_doc="交付文件的名称。")
size_bytes = _column(
    "size_bytes", "BIGINT", "Size of the delivered file.", "文件大小", unit="B", zh_doc="交付文件的大小。"
)
issued_at = _column(
    "issued_at", "TIMESTAMP", "Day of issue: the date in the file's name, else the file's own.", "签发日",
    unit="+08:00", zh_doc="文件名中的日期，没有则为文件日期。",
)  # fmt: skip
received_at = _column(
    "received_at",
    "TIMESTAMP",
    "When the delivery was first received.",
    "接收时间",
    unit="+08:00",
    zh_doc="首次接收的时间。",
)
landed_at = _column(
    "landed_at",
    "TIMESTAMP",
    "When the delivery was landed or stopped.",
    "入库时间",
    unit="+08:00",
    zh_doc="入库或停止的时间。",
)
message = _column(
    "message", "VARCHAR", "Why a delivery was stopped, and the next step.", "说明", zh_doc="停止的原因和下一步。"
)
delivered_rows = _column("delivered_rows", "BIGINT", "Rows in the delivery.", "送达行数", zh_doc="送达的行数。")
accepted_rows = _column("accepted_rows", "BIGINT", "Rows accepted.", "接受行数", zh_doc="接受的行数。")
quarantined_rows = _column(
    "quarantined_rows", "BIGINT", "Rows quarantined with a reason.", "隔离行数", zh_doc="隔离的行数。"
)
flagged_rows = _column("flagged_rows", "BIGINT", "Accepted rows with a flag.", "存疑行数", zh_doc="接受但存疑的行数。")
first_event_date = _column(
    "first_event_date", "DATE", "First day the rows belong to.", "最早归属日期", zh_doc="行所属的最早一日。"
)
last_event_date = _column(
    "last_event_date", "DATE", "Last day the rows belong to.", "最晚归属日期", zh_doc="行所属的最晚一日。"
)
row_count = _column("row_count", "BIGINT", "Rows with this reason.", "行数", zh_doc="具有该原因的行数。")
table_name = _column("table_name", "VARCHAR", "Table, as layer.thing.", "表", zh_doc="表名。")
position = _column(
    "position", "INTEGER", "Place of the column in its table, from 1.", "列序", zh_doc="列在表中的位置。"
)
column_name = _column("column_name", "VARCHAR", "Column.", "列", zh_doc="列名。")
type_ = _column("type", "VARCHAR", "Type of the column.", "类型", zh_doc="列的类型。")
unit = _column("unit", "VARCHAR", "Unit of the column.", "单位", zh_doc="列的单位。")
label_zh = _column("label_zh", "VARCHAR", "Chinese label.", "中文标签", zh_doc="中文标签。")
label_en = _column("label_en", "VARCHAR", "English label.", "英文标签", zh_doc="英文标签。")
meaning_zh = _column("meaning_zh", "VARCHAR", "Meaning in Chinese.", "中文含义", zh_doc="中文含义。")
meaning_en = _column("meaning_en", "VARCHAR", "Meaning in English.", "英文含义", zh_doc="英文含义。")
is_personal = _column(
    "is_personal", "BOOLEAN", "Personal data: masked on every page.", "个人信息", zh_doc="个人信息，页面上遮蔽。"
)
kind = _column("kind", "VARCHAR", "event or register.", "类型", zh_doc="event 事件，register 登记。")
title_zh = _column("title_zh", "VARCHAR", "Name of the feed in Chinese.", "中文名称")
title_en = _column("title_en", "VARCHAR", "Name of the feed in English.", "英文名称")
expected_every_days = _column(
    "expected_every_days",
    "INTEGER",
    "Days after which a delivery is late; empty: nobody expects one.",
    "到达周期",
    unit="d",
)
metric = _column("metric", "VARCHAR", "Metric.", "指标", zh_doc="指标名。")
numerator = _column("numerator", "VARCHAR", "Counted column above the line.", "分子", zh_doc="分子的计数列。")
denominator = _column(
    "denominator",
    "VARCHAR",
    "Counted column below the line; empty for a count.",
    "分母",
    zh_doc="分母的计数列，计数类为空。",
)
good = _column(
    "good", "VARCHAR", "Which way is better: up, down or none.", "向好方向", zh_doc="向好的方向：up、down、none。"
)
definition_zh = _column("definition_zh", "VARCHAR", "Definition in Chinese.", "中文定义", zh_doc="中文定义。")
definition_en = _column("definition_en", "VARCHAR", "Definition in English.", "英文定义", zh_doc="英文定义。")
excludes_zh = _column("excludes_zh", "VARCHAR", "What is left out, in Chinese.", "不计入", zh_doc="不计入的内容。")
excludes_en = _column(
    "excludes_en", "VARCHAR", "What is left out, in English.", "不计入（英文）", zh_doc="不计入的内容（英文）。"
)
version = _column("version", "INTEGER", "Version of the definition.", "定义版本", zh_doc="定义的版本。")
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
    """Every entry by name: delivered quantities, those the models derive, and columns of seeds."""
    return {column.name: column for column in _ENTRIES}
