"""The repeat rule: what decides whether an over-limit case counts, and from when to when."""

from warehouse.columns.entry import column

violated_on = column(
    "violated_on", "DATE", "Day of the act.", "违法日期", zh_doc="违法行为发生的日期，决定适用哪一日的规定。"
)
is_elsewhere = column(
    "is_elsewhere",
    "BOOLEAN",
    "The case's district is not one of the bureau's prefecture.",
    "外辖区",
    zh_doc="案件所属县区不在本市。",
)
driver_no = column(
    "driver_no",
    "VARCHAR",
    "Who drove: the number of the certificate or, where the case has none, the sender's keyed hash of the citizen id.",
    "驾驶人标识",
    personal=True,
    zh_doc="驾驶人：从业资格证号；案件未载明时为发送方计算的身份证号带密钥摘要。",
)
ended_state = column(
    "ended_state",
    "VARCHAR",
    "State that took the act's effect away: void, no_penalty, withdrawn, transferred_criminal, transferred_other, "
    "revoked_by_review; empty while it stands.",
    "失效状态",
    zh_doc="使该案不再计次的状态：作废、不予处罚、撤案、移送司法、移送管辖、复议撤销；空为仍有效。",
)
ended_on = column(
    "ended_on",
    "DATE",
    "Day from which the act has no effect any more; empty where no step of the case tells it.",
    "失效日期",
    zh_doc="自该日起不再计次；案件环节未载明时为空。",
)
earlier_decided_on = column(
    "earlier_decided_on",
    "DATE",
    "Of an act decided anew: day of the first decision with an effect, which was taken away.",
    "先前决定日期",
    zh_doc="重新作出决定的案件：先前被撤销的处罚决定的日期。",
)
earlier_ended_state = column(
    "earlier_ended_state",
    "VARCHAR",
    "Of an act decided anew: state that took the effect away before, as in ended_state.",
    "先前失效状态",
    zh_doc="重新作出决定的案件：此前使其失效的状态，取值同失效状态。",
)
earlier_ended_on = column(
    "earlier_ended_on",
    "DATE",
    "Of an act decided anew: day from which it had no effect, until decided_on.",
    "先前失效日期",
    zh_doc="重新作出决定的案件：自该日起失效，至重新决定之日为止。",
)
is_within_limit = column(
    "is_within_limit",
    "BOOLEAN",
    "The passage of the case's check number is within the limit by this law or, where the number names none, all that "
    "was weighed of the plate around the act is (core.case_passage; its span of time is an assumption).",
    "称重未超限",
    zh_doc="案件检测单号所指的过车按现行规则未超限；或单号查不到过车，而违法时间前后该车牌的称重都未超限（时间范围为产品假设）。",
)
counted_ratio = column(
    "counted_ratio",
    "DOUBLE",
    "Excess ratio, what the scale may err by taken off, above which an act of this day counts (repeat_excess_ratio of "
    "seeds.parameter).",
    "计次门槛",
    zh_doc="违法当日有效的计次门槛：扣除允许误差后的超限率高于它才计次，见参数表。",
)
decided_counted_ratio = column(
    "decided_counted_ratio",
    "DOUBLE",
    "Counted ratio of the day of the decision or of the act, whichever is higher: the rule of the decision holds where "
    "it is lighter (行政处罚法 art. 37). Empty: no decision.",
    "决定时的计次门槛",
    zh_doc="违法当日与决定当日计次门槛中的较高者：决定时的规定较轻的适用新规定（行政处罚法第三十七条）；没有决定时为空。",
)
earlier_decided_counted_ratio = column(
    "earlier_decided_counted_ratio",
    "DOUBLE",
    "The same of the decision before, of an act decided anew.",
    "原决定时的计次门槛",
    zh_doc="重新作出决定的，原决定时的计次门槛。",
)
is_decided_by_step = column(
    "is_decided_by_step",
    "BOOLEAN",
    "Only a step tells decided_on: no decision of that day or since was delivered, so against whom is not known.",
    "仅环节载明决定",
    zh_doc="决定日期仅由案件环节载明，未收到该日起的处罚决定，针对何人不明。",
)
vehicle_decided_on, driver_decided_on, enterprise_decided_on = (
    column(
        f"{subject}_decided_on",
        "DATE",
        f"Day of the first penalty against the {subject} itself since decided_on.",
        f"对{zh}的决定日期",
        zh_doc=f"自决定日期起首个对{zh}本身作出的处罚决定的日期。",
    )
    for subject, zh in (("vehicle", "车辆"), ("driver", "驾驶人"), ("enterprise", "企业"))
)
earlier_vehicle_decided_on, earlier_driver_decided_on, earlier_enterprise_decided_on = (
    column(
        f"earlier_{subject}_decided_on",
        "DATE",
        f"Of an act decided anew: day of the first penalty against the {subject} itself that was taken away.",
        f"先前对{zh}的决定日期",
        zh_doc=f"重新作出决定的案件：先前被撤销的、首个对{zh}本身作出的处罚决定的日期。",
    )
    for subject, zh in (("vehicle", "车辆"), ("driver", "驾驶人"), ("enterprise", "企业"))
)
is_permitted = column(
    "is_permitted",
    "BOOLEAN",
    "A permit of the day covers what is compared with it: a load its mass, dimensions and roads; a dimension itself.",
    "持证合规",
    zh_doc="当日有效的超限运输通行证载明该车并覆盖所核对的内容：过车的总质量、尺寸和路线；单项尺寸则为该尺寸。",
)
last_unladen_at = column(
    "last_unladen_at",
    "TIMESTAMP",
    "The vehicle's last unladen passage shortly before the act; what follows it is another trip.",
    "最近空车通过",
    unit="+08:00",
    zh_doc="违法之前短时间内该车最近一次空车通过；其后为另一趟次。",
)
article = column(
    "article",
    "VARCHAR",
    "What an article is cited for: repeat_vehicle, repeat_enterprise, repeat_year, limit_of_day, review_of_record, "
    "hearing, explanation.",
    "条文用途",
    zh_doc="条文在核查表中的用途：车辆多次、企业多次、年度起算、行为时规定、记录审核、听证、说明权。",
)
