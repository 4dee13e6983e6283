"""What the models derive."""

from warehouse.columns.entry import column

feed = column("feed", "VARCHAR", "Feed the row came from.", "数据来源", zh_doc="数据来源的名称。")
axle_class = column(
    "axle_class",
    "VARCHAR",
    "Axles as limits know them: 2, 3, 4, 5, 6+; empty below two or if unknown.",
    "轴数分类",
    zh_doc="限值所用的轴数分类：2、3、4、5、6+；少于二轴或未知时为空。",
)
limit_low_kg = column(
    "limit_low_kg",
    "INTEGER",
    "Lowest limit the passage may be judged by; up to it the verdict is within.",
    "最低可适用限值",
    unit="kg",
    zh_doc="可适用限值中的最低者；不超过它即认定未超限。",
)
limit_kg = column(
    "limit_kg",
    "INTEGER",
    "Highest limit the passage may be judged by; above it the verdict is over.",
    "限值",
    en="gross weight limit",
    unit="kg",
    zh_doc="可适用限值中的最高者（有利于当事人）；超过它才认定超限。",
)
limit_high_kg = column(
    "limit_high_kg",
    "INTEGER",
    "Highest limit among the admissible readings; limit_kg of core.passage.",
    "最高可适用限值",
    unit="kg",
    zh_doc="各种可能解读中的最高限值，即过车表的限值。",
)
rule_id = column(
    "rule_id",
    "VARCHAR",
    "The rule; of a passage the one of seeds.gross_weight_limit that gives the limit.",
    "适用条款",
    en="rule",
    zh_doc="规则编号；过车记录中为给出限值的条款，见限值表。",
)
limit_modifiers = column(
    "limit_modifiers",
    "VARCHAR",
    "Modifiers of seeds.gross_weight_modifier that changed the rule's limit, comma separated.",
    "限值调整",
    zh_doc="对条款限值作了增减的调整项。",
)
verdict = column(
    "verdict",
    "VARCHAR",
    "over, within, or review where it cannot be decided; measured weight, no allowance deducted.",
    "认定结果",
    zh_doc="over 超限、within 未超限、review 待复核；按实测总质量，未扣除误差。",
)
is_over_limit = column(
    "is_over_limit",
    "BOOLEAN",
    "True for over, false for within, empty for review.",
    "是否超限",
    zh_doc="超限为真，未超限为假，待复核为空。",
)
excess_kg = column(
    "excess_kg",
    "INTEGER",
    "Weight above the limit; 0 within it, empty under review.",
    "超限量",
    en="excess weight",
    unit="kg",
    zh_doc="超过限值的质量；未超限为 0，待复核为空。",
)
excess_ratio = column(
    "excess_ratio",
    "DOUBLE",
    "Excess divided by the limit (1 = 100 %); empty unless over.",
    "超限率",
    zh_doc="超限量 ÷ 限值（1 即 100%）；未认定超限时为空。",
)
excess_band = column(
    "excess_band",
    "VARCHAR",
    "le5, 5-10, 10-30, 30-50, 50-100 or gt100 per cent over; 5, 10 and 100 belong below, 30 and 50 above.",
    "超限幅度",
    zh_doc="超限率分档；5%、10%、100% 归入下档，30%、50% 归入上档。",
)
evidence_ok = column(
    "evidence_ok",
    "BOOLEAN",
    "Nothing that data can show speaks against use as evidence; what is not delivered (unknown_conditions) and the "
    "officer's review are not part of it.",
    "证据条件",
    zh_doc="数据所能核验的证据条件全部满足；未送达的条件和人工审核不在其内。",
)
evidence_flags = column(
    "evidence_flags", "VARCHAR", "E- codes: why the passage is no evidence.", "证据存疑", zh_doc="不能作为证据的原因。"
)
vehicle_record_id = column(
    "vehicle_record_id", "VARCHAR", "Register row of the vehicle.", "车辆登记标识", zh_doc="车辆登记行的标识。"
)
registered_axle_count = column(
    "registered_axle_count", "INTEGER", "Axles by the register.", "登记轴数", zh_doc="登记的轴数。"
)
has_other_axles_registered = column(
    "has_other_axles_registered",
    "BOOLEAN",
    "The register has another axle count than the device saw.",
    "登记轴数不符",
    zh_doc="登记轴数与检测轴数不符。",
)
is_kind_inferred = column(
    "is_kind_inferred",
    "BOOLEAN",
    "Kind or drive axles come from the axle type code, not from the register.",
    "车辆组成由轴型推断",
    zh_doc="车辆组成或驱动轴来自轴型代码而非登记。",
)
is_kind_open = column(
    "is_kind_open",
    "BOOLEAN",
    "Rigid and combination rules both apply.",
    "车辆组成未定",
    zh_doc="货车与汽车列车条款均可能适用。",
)
is_drive_open = column(
    "is_drive_open",
    "BOOLEAN",
    "Single and tandem drive rules both apply.",
    "驱动轴未定",
    zh_doc="单、双驱动轴条款均可能适用。",
)
is_air_open = column(
    "is_air_open", "BOOLEAN", "Whether the air-suspension addition applies is unknown.", "空气悬架加值未定",
    zh_doc="空气悬架加值是否适用未知。",
)  # fmt: skip
is_tipper_open = column(
    "is_tipper_open", "BOOLEAN", "Whether the cap per metre applies is unknown.", "自卸车未定",
    zh_doc="每米上限是否适用未知。",
)  # fmt: skip
open_tyre_kg = column(
    "open_tyre_kg", "INTEGER", "What one single-tyred axle would change, where tyres are unknown.", "单胎轴影响",
    unit="kg", zh_doc="轮胎未知时，一根单胎轴会带来的增减。",
)  # fmt: skip
is_wheelbase_open = column(
    "is_wheelbase_open", "BOOLEAN", "The cap per metre could not be applied: no wheelbase.", "轴距未知",
    zh_doc="缺少轴距，每米上限未采用。",
)  # fmt: skip
passage_count = column("passage_count", "BIGINT", "Passages.", "过车数", unit="台次", zh_doc="过车数。")
weighed_count = column(
    "weighed_count", "BIGINT", "Passages with a gross weight.", "检测数", unit="台次", zh_doc="称得总质量的过车数。"
)
over_count = column(
    "over_count", "BIGINT", "Passages over the limit.", "超限数", unit="台次", zh_doc="认定超限的过车数。"
)
within_count = column(
    "within_count", "BIGINT", "Passages within the limit.", "未超限数", unit="台次", zh_doc="认定未超限的过车数。"
)
review_count = column(
    "review_count", "BIGINT", "Passages that cannot be judged.", "待复核数", unit="台次", zh_doc="无法认定的过车数。"
)
severe_count = column(
    "severe_count",
    "BIGINT",
    "Passages over by 30 % or more.",
    "严重超限数",
    unit="台次",
    zh_doc="超限 30% 及以上的过车数。",
)
flagged_count = column(
    "flagged_count", "BIGINT", "Passages that landing doubted (R- flags).", "存疑数", unit="台次",
    zh_doc="入库时存疑的过车数。",
)  # fmt: skip
evidence_ok_over_count = column(
    "evidence_ok_over_count", "BIGINT", "Passages over the limit whose evidence conditions hold.", "可作证据的超限数",
    unit="台次", zh_doc="证据条件满足的超限过车数。",
)  # fmt: skip
band_le5_count = column(
    "band_le5_count", "BIGINT", "Over by up to 5 %.", "超限≤5%", unit="台次", zh_doc="超限 5% 及以下。"
)
band_5_10_count = column(
    "band_5_10_count",
    "BIGINT",
    "Over by more than 5 % up to 10 %.",
    "超限5–10%",
    unit="台次",
    zh_doc="超限 5% 以上至 10%。",
)
band_10_30_count = column(
    "band_10_30_count", "BIGINT", "Over by more than 10 % and less than 30 %.", "超限10–30%", unit="台次",
    zh_doc="超限 10% 以上、不足 30%。",
)  # fmt: skip
band_30_50_count = column(
    "band_30_50_count",
    "BIGINT",
    "Over by 30 % and less than 50 %.",
    "超限30–50%",
    unit="台次",
    zh_doc="超限 30% 至不足 50%。",
)
band_50_100_count = column(
    "band_50_100_count", "BIGINT", "Over by 50 % up to 100 %.", "超限50–100%", unit="台次", zh_doc="超限 50% 至 100%。"
)
band_gt100_count = column(
    "band_gt100_count", "BIGINT", "Over by more than 100 %.", "超限>100%", unit="台次", zh_doc="超限超过 100%。"
)
excess_kg_sum = column(
    "excess_kg_sum", "BIGINT", "Sum of the excess weights.", "超限量合计", unit="kg", zh_doc="超限量之和。"
)
max_excess_ratio = column("max_excess_ratio", "DOUBLE", "Largest excess ratio.", "最大超限率", zh_doc="最大的超限率。")
hours_with_data = column(
    "hours_with_data", "BIGINT", "Hours of the day with at least one record.", "有数据小时数", unit="h",
    zh_doc="当日有记录的小时数。",
)  # fmt: skip
longest_gap_hours = column(
    "longest_gap_hours", "BIGINT", "Most hours in a row without a record.", "最长空缺", unit="h",
    zh_doc="连续无记录的最长小时数。",
)  # fmt: skip
state = column(
    "state", "VARCHAR", "A site's day: reporting, partial or silent. A delivery: archived, landed or stopped.", "状态",
    zh_doc="站点当日：reporting 正常、partial 部分、silent 静默；交付：archived、landed、stopped。",
)  # fmt: skip
current_count = column(
    "current_count",
    "BIGINT",
    "Rows that are the current version of their record.",
    "现行行数",
    zh_doc="作为现行版本的行数。",
)
repeated_count = column(
    "repeated_count",
    "BIGINT",
    "Rows that say what the current version says.",
    "重复行数",
    zh_doc="与现行版本内容相同的行数。",
)
superseded_count = column(
    "superseded_count", "BIGINT", "Rows replaced by a later version.", "被取代行数", zh_doc="被后来版本取代的行数。"
)
row_fate = column("row_fate", "VARCHAR", "current, repeated or superseded.", "行的去向", zh_doc="现行、重复或被取代。")
