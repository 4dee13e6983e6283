"""The rulebook: what a dated rule says, for whom and where, and under which conditions.

Bounds follow the counting words of the law: over (超过) and below (不满、不足) leave the number itself out,
at_least (以上) and at_most (以下) hold it.
"""

from warehouse.columns.entry import column

_WORDS = "in ('over', 'at_least')"
_UPPER_WORDS = "in ('below', 'at_most')"

jurisdiction = column(
    "jurisdiction",
    "VARCHAR",
    "Where the rule holds: CN the state, CN-43 Hunan, CN-4311 Yongzhou (other codes likewise), LOCAL an assumption of "
    "the product.",
    "适用地域",
    zh_doc="CN 全国，CN-43 湖南省，CN-4311 永州市（其余类推），LOCAL 产品假设。",
)
parameter_text = column(
    "parameter_text",
    "VARCHAR",
    "Value of a parameter that is a choice and no number.",
    "参数选项",
    zh_doc="参数为选项而非数值时的取值。",
)

# --- axle loads and dimensions ---------------------------------------------------------------------
axle_group_kind = column(
    "axle_group_kind",
    "VARCHAR",
    "single axle, tandem (二轴组) or tridem (三轴组).",
    "轴组型式",
    zh_doc="single 单轴，tandem 二轴组，tridem 三轴组。",
)
tyre_kind = column(
    "tyre_kind",
    "VARCHAR",
    "Tyres each side: single, wide_single or dual; empty: any.",
    "轮胎",
    zh_doc="每侧轮胎：single 单胎，wide_single 单侧宽胎，dual 双胎；空为不限。",
)
is_drive_axle = column(
    "is_drive_axle",
    "BOOLEAN",
    "The axle or group is driven; empty: either.",
    "驱动轴",
    zh_doc="是否为驱动轴；空为不限。",
)
is_air_suspended = column(
    "is_air_suspended",
    "BOOLEAN",
    "The axle or group has air suspension; empty: either.",
    "空气悬架",
    zh_doc="该轴或轴组是否采用空气悬架；空为不限。",
)
is_trailer_axle = column(
    "is_trailer_axle",
    "BOOLEAN",
    "The axle or group is a trailer's; empty: either.",
    "挂车轴",
    zh_doc="是否为挂车的轴；空为不限。",
)
spacing_lower_word = column(
    "spacing_lower_word",
    "VARCHAR",
    "over or at_least: how the lower bound of the spacing counts.",
    "轴距下限计数词",
    valid=_WORDS,
    zh_doc="over 超过（不含本数），at_least 以上（含本数）。",
)
spacing_lower_mm = column(
    "spacing_lower_mm",
    "INTEGER",
    "Lower bound of the spacing within the group; empty: none.",
    "轴距下限",
    unit="mm",
    zh_doc="轴组内轴距的下限，空为不限。",
)
spacing_upper_word = column(
    "spacing_upper_word",
    "VARCHAR",
    "below or at_most: how the upper bound of the spacing counts.",
    "轴距上限计数词",
    valid=_UPPER_WORDS,
    zh_doc="below 不满（不含本数），at_most 以下（含本数）。",
)
spacing_upper_mm = column(
    "spacing_upper_mm",
    "INTEGER",
    "Upper bound of the spacing within the group; empty: none.",
    "轴距上限",
    unit="mm",
    zh_doc="轴组内轴距的上限，空为不限。",
)
axle_load_limit_kg = column(
    "axle_load_limit_kg",
    "INTEGER",
    "Limit of the load on the axle or axle group.",
    "轴荷限值",
    unit="kg",
    zh_doc="该轴或轴组的轴荷限值。",
)
dimension = column(
    "dimension",
    "VARCHAR",
    "height (from the ground), width or length of vehicle and load.",
    "尺寸",
    zh_doc="height 从地面起的高度，width 宽度，length 长度，均含货物。",
)
dimension_vehicle = column(
    "dimension_vehicle",
    "VARCHAR",
    "Vehicle the dimension is of: any, refrigerated, articulated, articulated_long_nose, truck_trailer_train, "
    "car_carrier_train.",
    "适用车型",
    zh_doc="any 不限，refrigerated 冷藏车，articulated 铰接列车，articulated_long_nose 长头铰接列车，"
    "truck_trailer_train 货车列车，car_carrier_train 车辆运输列车。",
)
limit_word = column(
    "limit_word",
    "VARCHAR",
    "over: beyond the limit only above the number; at_least: already at it.",
    "限值计数词",
    valid=_WORDS,
    zh_doc="over 超过该数才超限，at_least 达到该数即超限。",
)
limit_mm = column("limit_mm", "INTEGER", "Limit of the dimension.", "尺寸限值", unit="mm", zh_doc="该尺寸的限值。")

# --- fines -----------------------------------------------------------------------------------------
tier = column(
    "tier",
    "INTEGER",
    "Tier of the article, from 1; the first whose conditions hold applies. Empty: the general provision, which "
    "applies where no tier is in force.",
    "档次",
    zh_doc="条文的档次，从 1 起，取条件满足的第一档；空为一般规定，没有分档规定时适用。",
)
is_serious = column(
    "is_serious",
    "BOOLEAN",
    "Only where the circumstances are serious (情节严重), or only where not; empty: either.",
    "情节严重",
    zh_doc="真为情节严重时适用，假为其余情形，空为不限。",
)
height_up_to_mm = column(
    "height_up_to_mm",
    "INTEGER",
    "The tier holds up to this height, the number included; empty: any.",
    "高度上限",
    unit="mm",
    zh_doc="该档适用的高度上限（含本数），空为不限。",
)
width_up_to_mm = column(
    "width_up_to_mm",
    "INTEGER",
    "The tier holds up to this width, the number included; empty: any.",
    "宽度上限",
    unit="mm",
    zh_doc="该档适用的宽度上限（含本数），空为不限。",
)
length_up_to_mm = column(
    "length_up_to_mm",
    "INTEGER",
    "The tier holds up to this length, the number included; empty: any.",
    "长度上限",
    unit="mm",
    zh_doc="该档适用的长度上限（含本数），空为不限。",
)
bound_quantity = column(
    "bound_quantity",
    "VARCHAR",
    "Quantity that lower_bound and upper_bound bound: excess_kg or gain_fen.",
    "档次依据",
    zh_doc="lower_bound 和 upper_bound 所限的量：excess_kg 超限量，gain_fen 违法所得。",
)
lower_word = column(
    "lower_word",
    "VARCHAR",
    "over or at_least: how lower_bound counts.",
    "下限计数词",
    valid=_WORDS,
    zh_doc="over 超过（不含本数），at_least 以上（含本数）。",
)
lower_bound = column(
    "lower_bound",
    "BIGINT",
    "The tier begins here, in the unit of bound_quantity; empty: no lower bound.",
    "档次下限",
    zh_doc="该档的下限，单位见 bound_quantity；空为不限。",
)
upper_word = column(
    "upper_word",
    "VARCHAR",
    "below or at_most: how upper_bound counts.",
    "上限计数词",
    valid=_UPPER_WORDS,
    zh_doc="below 不满（不含本数），at_most 以下（含本数）。",
)
upper_bound = column(
    "upper_bound",
    "BIGINT",
    "The tier ends here, in the unit of bound_quantity; empty: no upper bound.",
    "档次上限",
    zh_doc="该档的上限，单位见 bound_quantity；空为不限。",
)
fine_low_fen = column(
    "fine_low_fen",
    "BIGINT",
    "Lowest fine; 0 where the article says 'may be fined'.",
    "罚款下限",
    unit="fen",
    zh_doc="罚款的下限；条文为“可以罚款”时为 0。",
)
fine_high_fen = column(
    "fine_high_fen", "BIGINT", "Highest fine.", "罚款上限", unit="fen", zh_doc="罚款的上限。"
)  # fmt: skip
fine_step_fen = column(
    "fine_step_fen",
    "BIGINT",
    "Fine for each fine_step_kg over the limit.",
    "每档罚款",
    unit="fen",
    zh_doc="每超 fine_step_kg 的罚款。",
)
fine_step_kg = column(
    "fine_step_kg",
    "INTEGER",
    "Mass for which fine_step_fen is counted once; a part of it by the parameter fine_rounding.",
    "计罚质量",
    unit="kg",
    zh_doc="每计一次 fine_step_fen 的质量；不足部分按参数 fine_rounding 处理。",
)
gain_multiple_low = column(
    "gain_multiple_low",
    "DOUBLE",
    "Lowest fine as a multiple of the unlawful gain.",
    "违法所得倍数下限",
    zh_doc="罚款为违法所得的倍数，下限。",
)
gain_multiple_high = column(
    "gain_multiple_high",
    "DOUBLE",
    "Highest fine as a multiple of the unlawful gain.",
    "违法所得倍数上限",
    zh_doc="罚款为违法所得的倍数，上限。",
)

# --- accuracy --------------------------------------------------------------------------------------
weighed_quantity = column(
    "weighed_quantity",
    "VARCHAR",
    "vehicle_mass or axle_load.",
    "称量对象",
    zh_doc="vehicle_mass 整车质量，axle_load 轴荷。",
)
error_stage = column(
    "error_stage",
    "VARCHAR",
    "initial (initial and subsequent verification) or in_service.",
    "检定阶段",
    zh_doc="initial 首次和后续检定，in_service 使用中检查。",
)
max_error_ratio = column(
    "max_error_ratio",
    "DOUBLE",
    "Maximum permissible error, either way, as a share of the true value.",
    "最大允许误差",
    zh_doc="最大允许误差（正负），占真值的比率。",
)
max_scale_interval_kg = column(
    "max_scale_interval_kg",
    "INTEGER",
    "Largest scale interval of the class; empty: not told.",
    "最大分度值",
    unit="kg",
    zh_doc="该等级的最大分度值，空为未载明。",
)

# --- clocks, verbs ---------------------------------------------------------------------------------
clock = column(
    "clock",
    "VARCHAR",
    "Clock of the procedure: limitation, decision, service, payment, hearing_request, …",
    "期限",
    zh_doc="程序期限的名称：追责时效、作出决定、送达、缴款、要求听证等。",
)
clock_amount = column("clock_amount", "INTEGER", "Length, in clock_unit.", "时长", zh_doc="时长，单位见 clock_unit。")
clock_unit = column(
    "clock_unit",
    "VARCHAR",
    "working_day, calendar_day, month or year.",
    "计时单位",
    valid="in ('working_day', 'calendar_day', 'month', 'year')",
    zh_doc="working_day 工作日，calendar_day 自然日，month 月，year 年。",
)
clock_sense = column(
    "clock_sense",
    "VARCHAR",
    "within: at the latest so long after the event; at_least_before: so long ahead of it; wait: not sooner after it.",
    "计时方式",
    valid="in ('within', 'at_least_before', 'wait')",
    zh_doc="within 事件之后最迟，at_least_before 事件之前至少，wait 事件之后至少。",
)
clock_event = column(
    "clock_event",
    "VARCHAR",
    "Event from which, or before which, the clock counts.",
    "起算事件",
    zh_doc="起算（或倒算）的事件。",
)
is_penalty = column(
    "is_penalty",
    "BOOLEAN",
    "The measure is an administrative penalty.",
    "属于行政处罚",
    zh_doc="该处理是否属于行政处罚。",
)
has_hearing_right = column(
    "has_hearing_right",
    "BOOLEAN",
    "The party may ask for a hearing.",
    "可要求听证",
    zh_doc="当事人是否有权要求听证。",
)

# --- every rule in one shape -----------------------------------------------------------------------
rule_no = column("rule_no", "VARCHAR", "Number of the rule, unique.", "规则编号", zh_doc="规则的编号，唯一。")
rule_topic = column(
    "rule_topic",
    "VARCHAR",
    "What it is about: gross_weight, weight_modifier, axle_type, axle_load, dimension, fine, accuracy, clock, licence, "
    "void, hazard_step, parameter, monitoring, calendar, transition, score.",
    "规则主题",
    zh_doc="规则的主题：总质量限值、限值调整、轴型、轴荷、外廓尺寸、罚款、准确度、期限、证照处理、作废原因、隐患环节、参数、车辆监控、工作日历、案件环节衔接、评分项。",
)
rule_subject = column(
    "rule_subject",
    "VARCHAR",
    "What successive versions of the law regulate: rules of one subject replace each other.",
    "规则事项",
    zh_doc="前后版本所规定的同一事项；同一事项的规则前后相继。",
)
rule_key = column(
    "rule_key",
    "VARCHAR",
    "Subject and every condition: two rules of one key may not hold on the same day.",
    "规则键",
    zh_doc="事项加全部条件；同一键的两条规则不得同日有效。",
)
condition_zh = column(
    "condition_zh", "VARCHAR", "When the rule applies, in Chinese.", "适用情形", zh_doc="规则适用的情形。"
)
condition_en = column(
    "condition_en", "VARCHAR", "When the rule applies, in English.", "适用情形（英文）", zh_doc="适用情形的英文说明。"
)
rule_value = column(
    "rule_value",
    "DOUBLE",
    "Number the rule sets, in its unit; of a fine the highest, of a range its upper end; empty: no number.",
    "规则取值",
    zh_doc="规则设定的数值，单位见单位列；罚款为上限；没有数值的为空。",
)
value_text = column(
    "value_text",
    "VARCHAR",
    "What the rule sets where one number does not tell it: a choice in capitals, a range, a rate.",
    "取值说明",
    zh_doc="一个数值不足以表达时的取值：大写的选项、区间或计算方式。",
)
is_verified = column(
    "is_verified",
    "BOOLEAN",
    "The rule was read in a primary or secondary text (C1, C2).",
    "已核实",
    zh_doc="是否见于原文或二手来源（C1、C2）。",
)
