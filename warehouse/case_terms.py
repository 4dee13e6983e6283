"""The words of cases in both languages: clocks and what they measure, states of a clock, kinds of case.

States of a case and kinds of penalty have their words in ``dossier_words.json``.
"""

from __future__ import annotations

from warehouse.dossier_text import Words
from warehouse.repeat_terms import Term

CLOCK_TERMS = {
    "limitation": Term("追责时效", "limitation", "违法行为终了到发现", "from the act to its discovery"),
    "notice": Term(
        "告知违法事实", "telling the party", "非现场案件：审核通过到告知", "off-site: from accepted evidence to notice"
    ),
    "filing": Term("立案", "filing", "审核通过或发现到立案", "from accepted evidence, or discovery, to filing"),
    "decision": Term("作出决定", "decision", "立案到首次决定", "from filing to the first decision"),
    "hearing_request": Term(
        "要求听证",
        "asking for a hearing",
        "处罚告知起，当事人的期限；较大数额罚款方须告知听证，数额标准未载入",
        "the party's time from the penalty notice; only larger fines give it, and no amount for that is loaded",
    ),
    "service": Term("送达", "service", "决定到送达", "from the decision to its service"),
    "payment": Term("缴款", "payment", "送达到缴清", "from service to payment in full"),
    "late_surcharge": Term(
        "加处罚款",
        "late surcharge",
        "缴款期限届满次日起，复议诉讼期间不计，不超过本金",
        "from the day after payment was due, without the days of an appeal, at most the principal",
    ),
    "handover": Term(
        "抄告", "hand-over", "外地车辆：结案到抄告", "vehicles from elsewhere: from closing to the letter"
    ),
    "reconsideration_request": Term(
        "申请复议",
        "asking for reconsideration",
        "送达起，当事人的期限；届满日逢假是否顺延未核实，按不顺延列示",
        "the party's time from service; shown without moving past a day off, which was not read in a text",
    ),
    "litigation": Term(
        "提起诉讼",
        "going to court",
        "送达起，当事人直接起诉的期限；复议后再起诉的期限没有数据来源",
        "the party's time from service, without reconsideration; after one its time has no feed",
    ),
    "court_enforcement": Term(
        "申请法院强制执行",
        "applying to a court for enforcement",
        "复议、起诉期限中较晚的届满日起，未缴清且未复议诉讼的决定；事前催告没有数据来源，未计入",
        "from the later end of the party's times for reconsideration and court, where neither paid nor appealed; the "
        "reminder due before has no feed and is left out",
    ),
}
STATE_TERMS = {
    "overdue": Term("已逾期", "overdue", "尚未完成且已过届满日", "not done, and the last day has passed"),
    "running": Term("进行中", "running", "尚未完成，未到期", "not done, and not due yet"),
    "late": Term("逾期完成", "late", "在届满日之后完成", "done after the last day"),
    "met": Term("按期", "met", "在届满日或之前完成", "done by the last day"),
    "omitted": Term("未办理即决定", "omitted", "先作出决定，或未办理", "decided without it, or before it"),
    "used": Term("已行使", "used", "有听证或复议诉讼记录", "a hearing or an appeal is told"),
    "unknown": Term(
        "未见行使记录", "not known", "届满前的申请无数据来源，不作判断", "no feed tells a request; nothing is judged"
    ),
    "not_applicable": Term(
        "不适用",
        "not applicable",
        "当日无规定、超出日历，或案件、决定已失效；强制执行：已缴清或已复议诉讼",
        "no rule that day, beyond the calendar, or the case or decision has lost its effect; of enforcement: paid in "
        "full or appealed",
    ),
}
KIND_TERMS = {
    "over_limit": Term("超限运输", "over-limit carriage"),
    "illegal_operation": Term("非法营运", "illegal operation"),
}

GUARD_TERMS = {
    "pre_notice": Term("处罚告知", "the notice of the penalty"),
    "decision": Term("处罚决定", "a decision"),
    "service": Term("送达", "service of the decision"),
    "payment_some": Term("入账的缴款", "money at the bank"),
    "payment_full": Term("罚款缴清入账", "the fine at the bank in full"),
    "penalty_done": Term("罚款已执行完毕", "no fine that is not covered"),
    "payment_due": Term("缴款期限届满", "the end of the time for payment"),
    "remedies_lapsed": Term(
        "复议和起诉期限届满", "the end of the party's times for reconsideration and court"
    ),
}  # fmt: skip
"""What has to stand before a step (``core.case_state``)."""

SECTOR_TERMS = {
    "taxi": Term("巡游出租", "taxi"),
    "ride_hailing": Term("网约车", "ride-hailing"),
    "freight": Term("货运", "freight"),
    "passenger": Term("客运", "passengers"),
    "dangerous_goods": Term("危险货物", "dangerous goods"),
}
ORIGIN_TERMS = {
    "local": Term("本地号牌", "local plates"),
    "elsewhere": Term("外地号牌", "plates from elsewhere"),
}
QUEUE_TERMS = {
    "open": Term("在办合计", "open in all"),
    "filed": Term("立案", "filed"),
    "decided": Term("处罚决定", "decided"),
    "paid": Term("缴清", "paid in full"),
    "closed": Term("结案", "closed"),
}
"""Flows of the queue by week, and all open cases; states have their own words."""
PROCEDURE_TERMS = {
    "ordinary": Term("普通程序", "ordinary procedure"),
    "simple": Term("简易程序", "on the spot"),
}
SEVERITY_BAND = Term("超限 {low}–{high} 吨", "{low}–{high} t over")
SEVERITY_ABOVE = Term("超限 {low} 吨以上", "more than {low} t over")
SEVERITY_TIER = Term("罚则 {rules}", "tier {rules}")


def act_name(act_code: str, sector: str | None, lang: str) -> str:
    """What is alleged in words; of illegal operation with the trade."""
    words = KIND_TERMS[act_code].name(lang) if act_code in KIND_TERMS else Words(lang).of("act_code", act_code)
    return f"{words} · {SECTOR_TERMS[sector].name(lang)}" if sector else words


def guards(missing: str | None, lang: str) -> str:
    """What is missing before a step, in words."""
    join = "、" if lang == "zh" else ", "
    return join.join(GUARD_TERMS[code].name(lang) for code in (missing or "").split(",") if code)


def queue_name(name: str, is_flow: bool, lang: str) -> str:
    """A line of the forecast of the queue: what comes in a week, or a state."""
    if not is_flow:
        return QUEUE_TERMS[name].name(lang) if name == "open" else state_name(name, lang)
    return f"每周{QUEUE_TERMS[name].name(lang)}" if lang == "zh" else f"{QUEUE_TERMS[name].name(lang)} in a week"


def state_name(state: str, lang: str) -> str:
    """The state of a case in words."""
    return Words(lang).of("state", state)


VERDICT_TERMS = {
    "below": Term("低于幅度", "below", "低于条文最低额", "less than the least of the article"),
    "within": Term("幅度内", "within", "在条文幅度内", "in the range of the article"),
    "above": Term("高于幅度", "above", "高于条文最高额", "more than the most of the article"),
    "unexplained": Term("无法比对", "unexplained", "缺事实或规则", "a fact or rule is missing"),
}
REASON_TERMS = {
    "in_range": Term("在条文幅度内", "in the range"),
    "warning": Term("条文为警告", "the article says warning"),
    "seriousness_unknown": Term(
        "在条文幅度内；情节是否严重不明，按两档合并", "in the range of both tiers; whether it was serious is not told"
    ),
    "sentence_unknown": Term(
        "在条文幅度内；适用条文哪一款不明，按各款合并",
        "in the range of the article; which of its sentences is not told",
    ),
    "reduced": Term(
        "低于条文最低额，原因不明；裁量基准未载入", "below the least, why is not told; no discretion table is loaded"
    ),
    "warning_instead": Term("应罚款而未罚款", "no fine where the article says one"),
    "more_than_allowed": Term("超过条文最高额", "more than the article allows"),
    "no_passage": Term("案件未对应到过车记录", "the case names no passage that is known"),
    "permitted": Term("过车记录有通行证覆盖", "a permit covers the passage"),
    "nothing_beyond": Term("未测得该项超限", "nothing beyond a limit was measured"),
    "several_subjects": Term("处罚对象不止一个，不合并比对", "several subjects, not compared"),
    "other_article": Term("对货运源头的处罚适用其他条文", "a fine against the source rests on another article"),
    "act_not_computed": Term(
        "该案由的数额由未载入的地方规定确定，未作计算",
        "not computed: the amount of this act is set by provincial law, not loaded",
    ),
    "no_rule": Term("当日无规则", "no rule that day"),
    "days_exchanged": Term("决定早于违法行为", "decided before the act"),
}
