"""The course of a case: which steps were lawful, what it came to, and the clocks of the procedure."""

from warehouse.columns.entry import column

case_kind = column(
    "case_kind",
    "VARCHAR",
    "over_limit or illegal_operation.",
    "案件类别",
    zh_doc="over_limit 超限运输，illegal_operation 非法营运。",
)
from_state = column(
    "from_state",
    "VARCHAR",
    "State the case was in before the step; none: it had not begun.",
    "原环节",
    zh_doc="进入该环节之前案件所处的环节；none 为尚未开始。",
)
to_state = column("to_state", "VARCHAR", "State the step leads to.", "进入环节", zh_doc="拟进入的环节。")
guard = column(
    "guard",
    "VARCHAR",
    "What has to stand before the step, joined by commas: pre_notice, decision, service, payment_some, payment_full, "
    "penalty_done, payment_due, remedies_lapsed; empty: nothing that a feed tells.",
    "前提",
    zh_doc="进入该环节的前提，以逗号分隔：处罚告知、决定书、送达、部分缴款、缴清、罚款履行完毕、缴款期限届满、"
    "复议起诉期限届满；空为无可核对的前提。",
)
step_no = column(
    "step_no",
    "INTEGER",
    "Place of the step among those of its case or hazard in order of time, from 1.",
    "环节次序",
    zh_doc="同一案件或隐患内按时间先后排列的环节次序，从 1 起。",
)
event_on = column("event_on", "DATE", "Day of the step.", "环节日期", zh_doc="进入该环节的日期。")
state_after = column(
    "state_after",
    "VARCHAR",
    "State of the case or hazard after the step: the one before it where the step was refused.",
    "其后环节",
    zh_doc="该环节之后案件或隐患所处的环节；不生效时仍为原环节。",
)
is_accepted = column(
    "is_accepted",
    "BOOLEAN",
    "The step may be taken from the state before it, and has what it needs.",
    "环节生效",
    zh_doc="该环节依规可由原环节进入，且前提具备，已生效。",
)
refusal_reason = column(
    "refusal_reason",
    "VARCHAR",
    "Why the step has no effect: R-STEP or R-GUARD; empty: it has.",
    "不生效原因",
    zh_doc="R-STEP 不能由原环节进入，R-GUARD 前提尚缺；空为生效。",
)
missing_guards = column(
    "missing_guards",
    "VARCHAR",
    "Guards of the step that were not met, joined by commas.",
    "所缺前提",
    zh_doc="该环节所缺的前提，以逗号分隔。",
)
first_decided_on = column(
    "first_decided_on",
    "DATE",
    "Day of the first decision of any kind, whatever became of it.",
    "首次决定日期",
    zh_doc="首次作出决定的日期，不论其后效力如何。",
)
is_in_effect = column(
    "is_in_effect",
    "BOOLEAN",
    "The decision penalises and holds: neither the case nor the decision has lost its effect.",
    "决定有效",
    zh_doc="该决定给予处罚且仍然有效，案件未失效，也未被撤销后另行决定。",
)
effect_ended_on = column(
    "effect_ended_on",
    "DATE",
    "Day on which a decision that penalised lost its effect; empty: it holds, or the day is not told.",
    "失效日期",
    zh_doc="给予处罚的决定失去效力的日期；空为仍然有效，或日期不明。",
)
collected_fen = column(
    "collected_fen",
    "BIGINT",
    "Principal the bank has booked, reversals taken off, without surcharge.",
    "已入库本金",
    unit="fen",
    zh_doc="银行已入账的罚款本金，扣除冲正，不含加处罚款。",
)
first_paid_on = column(
    "first_paid_on", "DATE", "Day of the first money booked.", "首次入账日期", zh_doc="首次入账的日期。"
)
paid_in_full_on = column(
    "paid_in_full_on",
    "DATE",
    "Day from which the principal booked covers the fine for good; empty: it does not.",
    "缴清日期",
    zh_doc="自该日起入账本金不再少于罚款；空为尚未缴清。",
)
state_since = column(
    "state_since",
    "DATE",
    "Day of the last step that was accepted; empty where no step was delivered.",
    "当前环节起",
    zh_doc="最近一个生效环节的日期；未送环节记录时为空。",
)
is_state_reported = column(
    "is_state_reported",
    "BOOLEAN",
    "No step of the case had effect: its state is the sender's word.",
    "状态照录",
    zh_doc="没有生效的环节记录，状态以发送方所报为准。",
)
reported_state = column(
    "reported_state",
    "VARCHAR",
    "State as the sender's list has it.",
    "所报状态",
    zh_doc="发送方案件表或隐患清单所报的状态，照录。",
)
refused_count = column(
    "refused_count",
    "INTEGER",
    "Steps of the case or hazard that had no effect.",
    "不生效环节数",
    zh_doc="该案件或隐患不生效的环节数。",
)
decision_count = column(
    "decision_count", "INTEGER", "Decisions in effect.", "有效决定数", zh_doc="该案有效的处罚决定数。"
)
is_from_elsewhere = column(
    "is_from_elsewhere",
    "BOOLEAN",
    "The vehicle's plate is not of the prefecture; its closed case is handed over to its home authority.",
    "外地车辆",
    zh_doc="车辆号牌不属本市，结案后应抄告车籍所在地。",
)
handed_over_on = column(
    "handed_over_on", "DATE", "Day of the first hand-over letter.", "抄告日期", zh_doc="首次抄告的日期。"
)
paused_from = column(
    "paused_from",
    "DATE",
    "First day on which the surcharge does not run.",
    "暂停起",
    zh_doc="加处罚款停止计算的第一日。",
)
paused_to = column(
    "paused_to",
    "DATE",
    "First day on which the surcharge runs again; empty: the pause still stands.",
    "暂停止",
    zh_doc="恢复计算的第一日；空为仍在暂停。",
)
clock_started_on = column(
    "clock_started_on",
    "DATE",
    "Day of the event from which the clock runs; the day itself does not count.",
    "起算日",
    zh_doc="期限起算事件的日期，当日不计。",
)
clock_due_on = column(
    "clock_due_on",
    "DATE",
    "Last day of the clock, rolled where that applies; empty: no rule, no calendar, or no last day (late_surcharge).",
    "届满日",
    zh_doc="期限的最后一日，依规顺延；没有规定、超出日历或无届满日时为空。",
)
clock_ended_on = column(
    "clock_ended_on",
    "DATE",
    "Day of the event that ended the clock; empty: it is open.",
    "完成日",
    zh_doc="使期限完成的事件日期；空为尚未完成。",
)
clock_result = column(
    "clock_result",
    "VARCHAR",
    "met, late, omitted (decided without it), used (by the party), open, stopped (see clock_stopped_on) or "
    "not_applicable.",
    "期限结果",
    zh_doc="met 按期，late 逾期完成，omitted 未办理即决定，used 当事人已行使，open 未完成，stopped 已停止，"
    "not_applicable 不适用。",
)
why_not = column(
    "why_not",
    "VARCHAR",
    "Why the clock does not apply, or not since clock_stopped_on: no_rule, no_calendar, case_ended; of "
    "court_enforcement also paid, appealed.",
    "不适用原因",
    zh_doc="不适用或自停止日起不适用的原因：no_rule 当日无规定，no_calendar 超出工作日历，case_ended 案件或决定已失效；"
    "申请强制执行另有 paid 已缴清，appealed 已复议诉讼。",
)
clock_stopped_on = column(
    "clock_stopped_on",
    "DATE",
    "Day from which a clock that nothing had ended does not run any more: its case or decision lost its effect; "
    "court_enforcement: or was paid in full or appealed.",
    "停止日",
    zh_doc="尚未完成的期限因案件终结、决定失效而不再计算的日期；申请强制执行还包括缴清和复议诉讼。",
)
is_party_time = column(
    "is_party_time",
    "BOOLEAN",
    "Time that the party may use; the authority never misses it.",
    "当事人期限",
    zh_doc="当事人可以行使权利的期限，不属机关逾期。",
)
is_rolled = column(
    "is_rolled",
    "BOOLEAN",
    "The last day was a day off and moved to the next working day.",
    "已顺延",
    zh_doc="最后一日为节假日，已顺延至其后的工作日。",
)
has_verified_rule = column(
    "has_verified_rule",
    "BOOLEAN",
    "Rule, calendar, roll and duty of the clock were all read in a text (C1, C2).",
    "依据已核实",
    zh_doc="期限的规定、工作日历、顺延规则和适用条件均见于原文或二手来源。",
)
principal_fen = column(
    "principal_fen",
    "BIGINT",
    "Part of the fine that was unpaid when payment was due: what the surcharge is a share of.",
    "计收本金",
    unit="fen",
    zh_doc="缴款期限届满时尚未缴纳的罚款，加处罚款以此为基数。",
)
height_mm = column(
    "height_mm",
    "INTEGER",
    "Height measured, where it is beyond every vehicle's limit.",
    "超限高度",
    unit="mm",
    zh_doc="实测高度，仅在超出各类车辆限值时列出。",
)
width_mm = column(
    "width_mm",
    "INTEGER",
    "Width measured, where it is beyond every vehicle's limit.",
    "超限宽度",
    unit="mm",
    zh_doc="实测宽度，仅在超出各类车辆限值时列出。",
)
length_mm = column(
    "length_mm",
    "INTEGER",
    "Length measured, where it is beyond every vehicle's limit.",
    "超限长度",
    unit="mm",
    zh_doc="实测长度，仅在超出各类车辆限值时列出。",
)
