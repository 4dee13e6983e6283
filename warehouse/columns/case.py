"""The enforcement chain: screening, cases, decisions, payments, hand-overs, licence actions.

Money is exact: columns end in ``_fen`` and are whole numbers. Officers appear by their number, drivers by
a hash or the number of their certificate; no entry here holds a name.
"""

from warehouse.columns.entry import column

case_no = column("case_no", "VARCHAR", "Case number (案号).", "案号", zh_doc="行政处罚案件的编号。")
act_code = column(
    "act_code",
    "VARCHAR",
    "What is alleged: over_mass, over_dimension, over_mass_and_dimension, evading_weighing, ordering_overload, "
    "loading_overload, permit_misuse; in the rulebook also illegal_operation and other acts that are fined, as "
    "hazard_system_missing and hazard_not_removed.",
    "案由",
    zh_doc="涉嫌的违法行为：车货总质量超限、外廓尺寸超限、两者兼有、逃避检测、指使强令超限、货运源头超限装载、违反超限通行证；"
    "规则表中另有非法营运和其他受罚行为，如未建立隐患排查治理制度、未消除隐患。",
)
detection_mode = column(
    "detection_mode",
    "VARCHAR",
    "How it was found (令2016-62 art. 33): fixed_station, mobile, off_site; or report, transfer.",
    "发现方式",
    zh_doc="发现途径：固定站点、流动检测、技术监控（非现场）；或举报、移送。",
)
procedure = column(
    "procedure",
    "VARCHAR",
    "simple (on the spot, 行政处罚法 art. 51) or ordinary.",
    "办案程序",
    zh_doc="简易程序（行政处罚法第五十一条）或普通程序。",
)
case_state = column(
    "case_state",
    "VARCHAR",
    "State of the case: clue, evidence_review, void, notified, filed, investigating, pre_notice, hearing, "
    "legal_review, decided, decided_simple, served, paid, part_paid, overdue, appeal, enforcement, closed, archived, "
    "no_penalty, transferred_criminal, transferred_other, withdrawn, amended, revoked_by_review.",
    "案件状态",
    zh_doc="案件所处的环节，从线索、审核、立案、告知、决定、送达、缴款到结案归档，以及不予处罚、移送、撤案、变更、撤销等去向。",
)
event_no = column(
    "event_no",
    "INTEGER",
    "Number of the step within its case or hazard, from 1.",
    "环节序号",
    valid="between 1 and 999",
    zh_doc="同一案件或隐患内的环节序号，从 1 起。",
)
event_at = column(
    "event_at",
    "TIMESTAMP",
    "When the step was taken.",
    "环节时间",
    unit="+08:00",
    zh_doc="进入该环节的时间。",
)
violated_at = column(
    "violated_at",
    "TIMESTAMP",
    "When the act took place; the law of this day applies (行政处罚法 art. 37).",
    "违法时间",
    unit="+08:00",
    zh_doc="违法行为发生的时间，适用该日有效的规定（行政处罚法第三十七条）。",
)
found_on = column("found_on", "DATE", "Day the act was found.", "发现日期", zh_doc="发现违法行为的日期。")
filed_on = column("filed_on", "DATE", "Day the case was filed (立案).", "立案日期", zh_doc="批准立案的日期。")
decided_on = column("decided_on", "DATE", "Day of the decision.", "决定日期", zh_doc="作出处罚决定的日期。")
served_on = column(
    "served_on",
    "DATE",
    "Day the decision was received; payment is due 15 days later (行政处罚法 art. 67).",
    "送达日期",
    zh_doc="当事人收到决定书的日期，十五日内缴款（行政处罚法第六十七条）。",
)
paid_on = column("paid_on", "DATE", "Day the bank booked the money.", "缴款日期", zh_doc="银行入账的日期。")
closed_on = column("closed_on", "DATE", "Day the case was closed (结案).", "结案日期", zh_doc="结案的日期。")
sent_on = column("sent_on", "DATE", "Day it was sent.", "发出日期", zh_doc="发出的日期。")
received_on = column(
    "received_on", "DATE", "Day the receipt came back.", "回执日期", zh_doc="对方回执的日期，空为尚无回执。"
)
as_reported = column(
    "as_reported",
    "VARCHAR",
    "The sender's own words, kept as delivered.",
    "原文表述",
    zh_doc="发送方的原文，照录不改。",
)
driver_id_hash = column(
    "driver_id_hash",
    "VARCHAR",
    "Keyed hash of the driver's citizen id, made by the sender.",
    "驾驶人证件摘要",
    personal=True,
    zh_doc="驾驶人身份证号的带密钥摘要，由发送方计算，不含号码本身。",
)
subject_kind = column(
    "subject_kind",
    "VARCHAR",
    "Whom it is against (一超四罚): vehicle, driver, enterprise, source; in the rulebook also person, "
    "responsible in an enterprise.",
    "被处罚主体",
    zh_doc="一超四罚的主体：车辆、驾驶人、运输企业、货运源头；规则表中另有企业的直接责任人员。",
)
decision_no = column(
    "decision_no", "VARCHAR", "Number of the penalty decision.", "决定书文号", zh_doc="处罚决定书文号。"
)
penalty_kind = column(
    "penalty_kind",
    "VARCHAR",
    "warning, fine, confiscation, fine_and_confiscation, suspension (暂扣), practice_restriction, closure (停产停业), "
    "revocation (吊销), no_penalty.",
    "处罚种类",
    zh_doc="警告、罚款、没收违法所得、罚款并没收、暂扣、限制从业、停产停业、吊销、不予处罚。",
)
annulled_on = column(
    "annulled_on",
    "DATE",
    "Day from which a decision has no effect any more: annulled or withdrawn; empty while it stands.",
    "撤销日期",
    zh_doc="决定被撤销或撤回、自该日起失效的日期；仍有效的为空。",
)
statutory_fen = column(
    "statutory_fen",
    "BIGINT",
    "Amount by the article, before local discretion, as the decision states it.",
    "法定金额",
    unit="fen",
    zh_doc="按条款计算、未经裁量减轻的金额，以决定书所载为准。",
)
decided_fen = column(
    "decided_fen",
    "BIGINT",
    "Amount the decision imposes.",
    "决定金额",
    unit="fen",
    zh_doc="决定书确定的金额。",
)
paid_fen = column(
    "paid_fen",
    "BIGINT",
    "Principal paid, without surcharge.",
    "缴款本金",
    unit="fen",
    zh_doc="实缴罚款本金，不含加处罚款。",
)
surcharge_fen = column(
    "surcharge_fen",
    "BIGINT",
    "Surcharge paid for lateness: 3 % a day, at most the principal (行政处罚法 art. 72).",
    "加处罚款",
    unit="fen",
    zh_doc="逾期加处罚款，每日百分之三，不超过本金（行政处罚法第七十二条）。",
)
gain_fen = column("gain_fen", "BIGINT", "Unlawful gain (违法所得).", "违法所得", unit="fen", zh_doc="认定的违法所得。")
payment_no = column("payment_no", "VARCHAR", "Number the bank gave the payment.", "银行流水号", zh_doc="银行流水号。")
payment_channel = column(
    "payment_channel",
    "VARCHAR",
    "How it was paid: counter, transfer, online, pos, on_the_spot (行政处罚法 art. 68).",
    "缴款方式",
    zh_doc="柜面、转账、网上、刷卡、当场收缴。",
)
handover_no = column("handover_no", "VARCHAR", "Number of the hand-over letter.", "抄告函号", zh_doc="抄告函的编号。")
home_authority = column(
    "home_authority",
    "VARCHAR",
    "Road-transport authority of the vehicle's home (令2016-62 art. 44).",
    "抄告单位",
    zh_doc="车籍所在地道路运输管理机构。",
)
action_no = column("action_no", "VARCHAR", "Number of the licence action.", "处理文号", zh_doc="证照处理的文号。")
licence_kind = column(
    "licence_kind",
    "VARCHAR",
    "operating_permit (道路运输证), driver_certificate (从业资格证) or enterprise_licence (道路运输经营许可证).",
    "证照种类",
    zh_doc="道路运输证、从业资格证或道路运输经营许可证。",
)
licence_no = column("licence_no", "VARCHAR", "Number of the licence.", "证照编号", personal=True, zh_doc="证照的编号。")
licence_action = column(
    "licence_action",
    "VARCHAR",
    "revoked (吊销), deregistered (注销), annulled (撤销), withdrawn (撤回), suspended (暂扣), practice_restricted "
    "(限制从业): different acts in law, never merged.",
    "处理方式",
    zh_doc="吊销、注销、撤销、撤回、暂扣、限制从业，法律性质不同，不作合并。",
)
licence_cause = column(
    "licence_cause",
    "VARCHAR",
    "Why: after_revocation, after_annulment, after_withdrawal, expired, scrapped, holder_ended, on_application, "
    "repeat_over_limit, obtained_by_fraud, wrongly_granted, changed_circumstances, illegal_operation, other.",
    "处理原因",
    zh_doc="吊销后、撤销后、撤回后、期满、报废、主体终止、申请、一年内多次超限、骗取、不当准予、情势变更、非法营运或其他。",
)
sector = column(
    "sector",
    "VARCHAR",
    "Trade without licence: taxi (巡游), ride_hailing (网约车), freight, passenger, dangerous_goods.",
    "行业",
    zh_doc="无证经营的行业：巡游出租、网约车、货运、客运、危险货物运输。",
)
screened_at = column(
    "screened_at",
    "TIMESTAMP",
    "When the officer looked at the passage.",
    "审核时间",
    unit="+08:00",
    zh_doc="执法人员审核该过车记录的时间。",
)
screening_result = column(
    "screening_result",
    "VARCHAR",
    "confirmed, void or pending (sent back for more material).",
    "审核结果",
    zh_doc="确认、作废或待补充材料。",
)
void_code = column(
    "void_code",
    "VARCHAR",
    "Why it is void, by analogy to 公安部令157: plate_misread, plate_cloned, stolen, emergency, handled_on_site, "
    "image_unclear, device_invalid, permit_exists, duplicate_trip, other.",
    "作废原因",
    zh_doc="作废原因，参照公安部令第157号：号牌误识、套牌、被盗抢、紧急任务、已现场处理、图像不清、设备失效、持有通行证、同一趟次、其他。",
)
officer_no = column(
    "officer_no",
    "VARCHAR",
    "Number of the officer (执法证号), never a name.",
    "执法人员编号",
    personal=True,
    zh_doc="执法证号，不含姓名。",
)
is_over_limit_case = column(
    "is_over_limit_case",
    "BOOLEAN",
    "The case is about over-limit carriage, whose fines have a cap of their own.",
    "超限案件",
    zh_doc="是否为超限运输案件，其罚款另有上限。",
)
screened_date = column(
    "screened_date",
    "DATE",
    "Local day of the officer's look (+08:00).",
    "审核日期",
    zh_doc="审核所在的日期（北京时间）。",
)
