"""Findings: what stands beside the excess of a passage over the limit, and what weakens it."""

from warehouse.columns.entry import column

axle_sum_kg = column(
    "axle_sum_kg",
    "INTEGER",
    "Permitted loads of the vehicle's axles and groups together (GB 1589, not read in the standard); empty where "
    "groups or spacings are not known.",
    "轴荷限值之和",
    unit="kg",
    zh_doc="车辆各轴（轴组）最大允许轴荷之和（GB 1589，原表未核对）；轴组或轴距未知时为空。",
)
joint_low_kg = column(
    "joint_low_kg",
    "INTEGER",
    "Lower limit that the joint standard draws for some vehicle of this axle count and kind.",
    "联合标准较低限值",
    unit="kg",
    zh_doc="联合认定标准对该轴数和组成的个别车型规定的较低限值。",
)
is_tractor = column(
    "is_tractor",
    "BOOLEAN",
    "The register calls the vehicle a tractor for semi-trailers.",
    "半挂牵引车",
    zh_doc="登记的车辆类型为半挂牵引车。",
)
spacing_at_least_mm = column(
    "spacing_at_least_mm",
    "INTEGER",
    "The modifier applies only from this trailer axle spacing on; empty: any.",
    "挂车轴距下限",
    unit="mm",
    zh_doc="挂车轴距不小于此数才适用；空为不限。",
)
over_load_kg = column(
    "over_load_kg",
    "INTEGER",
    "Weight above the registered gross mass (超载, the police's measure); empty where the register does not know the "
    "whole vehicle, as of every combination.",
    "超载量",
    en="overload of the registered mass",
    unit="kg",
    zh_doc="超过登记总质量的部分（公安口径的超载，与超限分开）；登记不能反映整车（如汽车列车）时为空。",
)
self_test_state = column(
    "self_test_state",
    "VARCHAR",
    "The device's self-test of the day: pass, fail, or none where only other devices were tested; empty where none "
    "was.",
    "当日自检",
    zh_doc="设备当日自检：pass 通过，fail 不合格，none 其他设备有自检而该设备没有；当日均无自检时为空。",
)
reference_count = column(
    "reference_count",
    "BIGINT",
    "Reference trucks of the lane that day: loaded six-axle combinations in groups 1-5-7.",
    "参照车辆数",
    unit="台次",
    zh_doc="该车道当日的参照车辆数：满载的六轴汽车列车（轴型157）。",
)
steering_load_sum_kg = column(
    "steering_load_sum_kg",
    "BIGINT",
    "Sum of the steering axle's loads of the day's reference trucks, as the scale read them.",
    "转向轴轴荷和",
    unit="kg",
    zh_doc="当日参照车辆转向轴轴荷之和，按设备读数。",
)
steering_load_square_sum = column(
    "steering_load_square_sum",
    "BIGINT",
    "Sum of the squares of the steering axle's loads of the day's reference trucks.",
    "转向轴轴荷平方和",
    unit="kg²",
    zh_doc="当日参照车辆转向轴轴荷的平方和。",
)
recheck_count = column(
    "recheck_count",
    "BIGINT",
    "Passages of the lane that day that were weighed again at a static scale.",
    "复检数",
    unit="台次",
    zh_doc="该车道当日经静态秤复检的过车数。",
)
recheck_error_sum_ppm = column(
    "recheck_error_sum_ppm",
    "BIGINT",
    "Sum of (weighed - static) ÷ static over the re-weighed passages, in millionths.",
    "复检误差和",
    unit="ppm",
    zh_doc="复检过车的（动态－静态）÷静态之和，百万分之一。",
)
recheck_error_square_sum = column(
    "recheck_error_square_sum",
    "BIGINT",
    "Sum of the squares of (weighed - static) ÷ static over the re-weighed passages, in millionths squared.",
    "复检误差平方和",
    unit="ppm²",
    zh_doc="复检过车的（动态－静态）÷静态的平方和，百万分之一的平方。",
)
is_repeated = column(
    "is_repeated",
    "BOOLEAN",
    "The same lane read the same plate shortly before.",
    "疑似重复",
    zh_doc="同一车道短时间内已读到同一号牌。",
)
is_elsewhere_too = column(
    "is_elsewhere_too",
    "BOOLEAN",
    "The plate was read at two sites between which no vehicle drives in that time.",
    "两地同现",
    zh_doc="同一号牌在两处出现，其间的时间不足以驶达。",
)
allowance_kg = column(
    "allowance_kg",
    "INTEGER",
    "What the instrument may err by in service, of the class of its certificate; kept apart from the excess. Empty: no "
    "class known.",
    "计量允许误差",
    unit="kg",
    zh_doc="按检定证书准确度等级的使用中最大允许误差，与超限量分开列示；等级未知时为空。",
)
excess_after_allowance_kg = column(
    "excess_after_allowance_kg",
    "INTEGER",
    "Excess that is left after the instrument's allowance; 0 where the allowance takes it up.",
    "扣除误差后的超限量",
    unit="kg",
    zh_doc="扣除计量允许误差后的超限量；误差足以抵消时为 0。",
)
excess_ratio_after_allowance = column(
    "excess_ratio_after_allowance",
    "DOUBLE",
    "Excess that is left after the instrument's allowance, divided by the limit; the measured ratio where no allowance "
    "is known.",
    "扣除误差后的超限率",
    zh_doc="扣除计量允许误差后的超限量 ÷ 限值；误差未知时为实测超限率。",
)
unknown_conditions = column(
    "unknown_conditions",
    "VARCHAR",
    "U- codes: conditions of evidence that nothing delivered tells; neither met nor missed.",
    "未知的证据条件",
    zh_doc="送达的数据未载明的证据条件，既非满足也非不满足。",
)
is_above_counted_ratio = column(
    "is_above_counted_ratio",
    "BOOLEAN",
    "The excess ratio after the allowance is above the one from which an act of that day counts for the repeat rule.",
    "高于计次门槛",
    zh_doc="扣除误差后的超限率高于当日有效的计次门槛。",
)
permit_state = column(
    "permit_state",
    "VARCHAR",
    "A permit of the vehicle and day: covered, route_differs, exceeds_dimension or exceeds_mass; empty: none.",
    "通行证核对",
    zh_doc="该车当日有效的通行证：covered 覆盖，route_differs 路线不符，exceeds_dimension 尺寸超出许可，"
    "exceeds_mass 质量超出许可；空为没有通行证。",
)
permitted_count = column(
    "permitted_count",
    "BIGINT",
    "Passages over the limit that a permit of the day covers; they stay in over_count and are no violations.",
    "持证超限数",
    unit="台次",
    zh_doc="超过限值但当日持有通行证的过车数；计入超限数，但不是违法。",
)
measured_mm = column(
    "measured_mm", "INTEGER", "The dimension as the site measured it.", "实测尺寸", unit="mm", zh_doc="站点实测的尺寸。"
)
limit_high_mm = column(
    "limit_high_mm",
    "INTEGER",
    "Greatest limit of this dimension that some vehicle has.",
    "最高可适用尺寸限值",
    unit="mm",
    zh_doc="各车型中该尺寸的最高限值。",
)
excess_mm = column(
    "excess_mm", "INTEGER", "Dimension above the general limit.", "尺寸超出量", unit="mm", zh_doc="超过一般限值的部分。"
)
dimension_state = column(
    "dimension_state",
    "VARCHAR",
    "over: beyond every vehicle's limit; information: within what some vehicle may be.",
    "尺寸认定",
    zh_doc="over 超过所有车型的限值；information 在个别车型的限值之内，仅供参考。",
)
permitted_mm = column(
    "permitted_mm",
    "INTEGER",
    "The dimension that a permit of the vehicle and day allows.",
    "许可尺寸",
    unit="mm",
    zh_doc="该车当日有效的通行证许可的尺寸。",
)
