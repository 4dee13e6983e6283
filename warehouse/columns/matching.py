"""What belongs together: cases with passages, vehicles, drivers, enterprises, loads; plates that may be misread.

Grades are ``exact``, ``near``, ``weak`` and ``none``; each stands beside a reason. A grade is how surely two records
belong together, never how grave something is.
"""

from warehouse.columns.entry import column

_GRADES = "exact by id, near by several facts, weak by one, none."
_GRADES_ZH = "exact 为编号一致，near 为多项事实一致，weak 为单项一致，none 为未匹配。"


def _graded(kind: str, en: str, zh: str, reasons: str, reasons_zh: str) -> tuple[object, object]:
    """Grade and reason of one kind of match."""
    return (
        column(f"{kind}_grade", "VARCHAR", f"How surely the {en} is known: {_GRADES}", f"{zh}匹配", zh_doc=_GRADES_ZH),
        column(f"{kind}_reason", "VARCHAR", f"Why: {reasons}.", f"{zh}匹配依据", zh_doc=reasons_zh),
    )


case_matches = (
    *_graded(
        "match",
        "passage of the case",
        "过车",
        "check_no, check_no_other_plate, check_no_only, plate_time_county, plate_only, ambiguous, contested, taken, "
        "within_limit, no_passage",
        "检测单号且车牌一致；检测单号、县区与时间一致而车牌不同；仅检测单号；车牌颜色、时间与县区；仅车牌；多条无法确定；他案亦指向；已属他案；仅有未超限过车；无过车。",
    ),
    *_graded(
        "vehicle",
        "vehicle",
        "车辆",
        "plate_color, other_color, ambiguous, not_registered",
        "车牌与颜色；车牌一致而颜色不同；多条；未登记。",
    ),
    *_graded(
        "driver",
        "driver",
        "驾驶人",
        "certificate, certificate_other_day, certificate_unknown, identity_hash, not_told",
        "从业资格证当日有效；证件当日无效；证号未登记；仅有身份摘要；未载明。",
    ),
    *_graded(
        "enterprise",
        "enterprise",
        "企业",
        "credit_code, credit_code_other_day, credit_code_unknown, register_name, ambiguous, name_unknown, not_told",
        "信用代码当日有效；代码当日无效；代码未登记；车辆登记的企业名称；多家同名；名称未登记；未载明。",
    ),
    *_graded(
        "loading",
        "load",
        "装载",
        "last_ticket, other_mass, not_weighed, color_not_told, unladen_since, ambiguous, no_ticket",
        "最近磅单；质量不符；未称重；磅单未载颜色；其后曾空车通过；多家；无磅单。",
    ),
)
read_plate_no = column(
    "read_plate_no",
    "VARCHAR",
    "Plate as it was read at the passage the case rests on; it may be another than the case names.",
    "过车识别车牌",
    personal=True,
    zh_doc="案件所依据的过车上识别的车牌，可能与案件所载不同。",
)
candidate_count = column(
    "candidate_count",
    "BIGINT",
    "Records that would fit as well; more than one is never decided.",
    "候选数",
    zh_doc="同样相符的记录数；多于一条时不作取舍。",
)
driver_record_id = column(
    "driver_record_id", "VARCHAR", "Row of the register of drivers.", "驾驶人登记记录", zh_doc="驾驶人登记中的记录。"
)
enterprise_record_id = column(
    "enterprise_record_id",
    "VARCHAR",
    "Row of the register of enterprises.",
    "企业登记记录",
    zh_doc="企业登记中的记录。",
)
enterprise_uscc = column(
    "enterprise_uscc",
    "VARCHAR",
    "Credit code of the enterprise found.",
    "匹配企业代码",
    zh_doc="匹配到的企业的统一社会信用代码。",
)
firm_record_id = column(
    "firm_record_id",
    "VARCHAR",
    "Row of the register of loading firms.",
    "源头单位登记记录",
    zh_doc="源头单位登记中的记录。",
)
ticket_record_id = column(
    "ticket_record_id", "VARCHAR", "Weighbridge ticket of the load.", "磅单记录", zh_doc="该趟装载的磅单。"
)
read_sign = column("read_sign", "VARCHAR", "Sign of the plate as it was read.", "识别字符", zh_doc="识别出的字符。")
true_sign = column("true_sign", "VARCHAR", "Sign it may be a misreading of.", "可能字符", zh_doc="可能被误识的原字符。")
sign_position = column(
    "sign_position",
    "INTEGER",
    "Place of the sign in the plate, from 1.",
    "字符位置",
    zh_doc="该字符在车牌中的位置，从 1 起。",
)
suggested_plate_no = column(
    "suggested_plate_no",
    "VARCHAR",
    "Registered plate that may have been misread. A suggestion: no record is changed by it.",
    "提示车牌",
    personal=True,
    zh_doc="可能被误识的已登记车牌，仅作提示，不改动任何记录。",
)
suggested_color_code = column(
    "suggested_color_code",
    "INTEGER",
    "Colour of the suggested plate, as registered.",
    "提示车牌颜色",
    zh_doc="提示车牌登记的颜色。",
)
_EVIDENCE = (
    ("reading", "the camera was unsure, or no plate has this form", "识别", "相机置信度低或号牌格式不可能"),
    ("color", "the colour is the registered one", "颜色", "颜色与登记一致"),
    ("axle", "the axles fit the registered vehicle", "轴数", "轴数与登记相容"),
    ("kind", "truck or combination, as registered", "车型", "货车或汽车列车与登记一致"),
    ("weight", "the weight is possible for the registered vehicle", "质量", "质量对登记车辆而言可能"),
    (
        "sequence",
        "the vehicle's other passages of the day leave time for this one",
        "行程",
        "与该车当日其他过车在时间上相容",
    ),
)
suggestion_evidence = tuple(
    column(
        f"{name}_evidence",
        "VARCHAR",
        f"for, against or unknown: {en}.",
        f"{zh}证据",
        zh_doc=f"相符、矛盾或未知：{zh_doc}。",
    )
    for name, en, zh, zh_doc in _EVIDENCE
)
seen_count = column(
    "seen_count",
    "BIGINT",
    "Other passages of the suggested plate on the day.",
    "当日其他过车",
    zh_doc="提示车牌当日的其他过车数。",
)
elsewhere_count = column(
    "elsewhere_count",
    "BIGINT",
    "Of those, passages from which it could not have come here in time.",
    "时间上不可能",
    zh_doc="其中在时间上不可能到达此处的过车数。",
)
nearest_gap_s = column(
    "nearest_gap_s", "BIGINT", "Time to the nearest of those passages.", "最近间隔", unit="s",
    zh_doc="与最近一次其他过车相隔的时间。",
)  # fmt: skip
for_count = column(
    "for_count", "BIGINT", "Kinds of evidence for the suggestion.", "相符证据数", zh_doc="相符的证据种数。"
)
suggestion_grade = column(
    "suggestion_grade",
    "VARCHAR",
    "strong, possible, or contradicted by at least one kind of evidence.",
    "提示程度",
    zh_doc="较强、可能，或被至少一种证据否定。",
)
