"""What the words of the repeat rule mean, in both languages: windows, bases, tiers, and why an act does not count.

Windows and bases carry how well they are known: which year the statute means is not settled. No word here decides
anything; the tier above the statute's threshold names the article and leaves what follows to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from warehouse.parameters import Codes, Parameter

if TYPE_CHECKING:
    from warehouse.repeat import Judged, Question, Standing


@dataclass(frozen=True)
class Term:
    """A word and what it means, in Chinese and English; ``confidence`` where it is a reading of the law."""

    zh: str
    en: str
    says_zh: str = ""
    says_en: str = ""
    confidence: str = ""

    def name(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en

    def says(self, lang: str) -> str:
        return self.says_zh if lang == "zh" else self.says_en


SUBJECT_TERMS = {
    "vehicle": Term(
        "车辆",
        "vehicles",
        "按车牌号和颜色；第六十六条：一年内超过3次。",
        "By plate and colour; art. 66: more than 3 in a year.",
    ),
    "driver": Term(
        "驾驶人",
        "drivers",
        "按从业资格证号，案件未载明时按身份证号摘要，两种写法的同一人无法合并；第六十六条：一年内超过3次。",
        "By certificate number or, where a case has none, by the keyed hash: a person told both ways stands twice; "
        "art. 66: more than 3 in a year.",
    ),
    "enterprise": Term(
        "企业",
        "enterprises",
        "计次车辆占本企业货运车辆之比；第六十六条：一年内超过10%。",
        "Vehicles with a counted act as a share of the freight fleet; art. 66: more than 10 % in a year.",
    ),
}
WINDOW_TERMS = {
    "ROLLING_12M": Term(
        "近12个月",
        "last 12 months",
        "截至当日的12个月；检查人员查询常用，不是法定周期的定论。",
        "The twelve months to the day: what inspectors ask for, not settled as the statute's year.",
        "P",
    ),
    "ANNIVERSARY": Term(
        "证件周年",
        "certificate year",
        "自许可证件首次核发之日起逐年计算（令2016-62 第四十六条，原文未核对）；首次核发日期未知的改用近12个月并注明。",
        "Years from the first issue of the certificate (令2016-62 art. 46, not read in the text); where that day is "
        "not known, the last 12 months, and said so.",
        "M+",
    ),
    "CALENDAR": Term(
        "自然年", "calendar year", "1月1日至12月31日；仅供比对。", "1 January to 31 December; for comparison only.", "P"
    ),
}
BASIS_TERMS = {
    "VIOLATION": Term(
        "违法日期", "day of the act", "按违法行为发生的日期计入。", "An act is placed by the day it happened.", "P"
    ),
    "DECISION": Term(
        "决定日期",
        "day of the decision",
        "按处罚决定作出的日期计入；尚无决定的按立案日期。",
        "An act is placed by the day of its decision; without one, by its filing.",
        "P",
    ),
}
_UNSETTLED_ZH = "所选口径是否为法定周期未核实，由人员核实后依法处理"
_UNSETTLED_EN = (
    "whether this window is the statute's year is unverified. Facts for a person to check and decide on by law"
)
TIER_TERMS = {
    "none": Term("无计次", "none counted", "窗口内没有计次的违法。", "No act counts in the window."),
    "watch": Term(
        "关注",
        "watch",
        "窗口内有计次，不足预警的{count}次。",
        "Acts count in the window, fewer than the warning's {count}.",
    ),
    "warning": Term(
        "预警（累计{count}次）",
        "warning ({count} in all)",
        "累计{count}次即预警，未超过法定的{over}次。",
        "{count} in all is the warning; it is not more than the statute's {over}.",
    ),
    "statutory": Term(
        "超过{over}次",
        "more than {over}",
        f"按{{window}}、{{basis}}计，超过公路安全保护条例第六十六条所说的{{over}}次；{_UNSETTLED_ZH}。",
        f"Counted over the {{window}} by the {{basis}}: more than the {{over}} of 公路安全保护条例 art. 66; "
        f"{_UNSETTLED_EN}.",
    ),
    "unknown": Term(
        "车辆数未知",
        "fleet not known",
        "登记中查不到该企业的货运车辆，无法计算比例。",
        "The register has no fleet of the enterprise, so there is no share.",
    ),
}
ENTERPRISE_TIER_TERMS = TIER_TERMS | {
    "watch": Term(
        "关注", "watch", "有计次车辆，占比未超过{share}。", "Vehicles count; their share is not above {share}."
    ),
    "statutory": Term(
        "超过{share}",
        "above {share}",
        f"按{{window}}、{{basis}}计，计次车辆占比超过公路安全保护条例第六十六条所说的{{share}}；{_UNSETTLED_ZH}。",
        f"Counted over the {{window}} by the {{basis}}: a share above the {{share}} of 公路安全保护条例 art. 66; "
        f"{_UNSETTLED_EN}.",
    ),
}
REGISTER_ONLY = "register_only"
"""Of an act in an enterprise's list: the case does not name the enterprise, the register of vehicles does. The rule
judges no such act (``matching.by_register``)."""
REASON_TERMS = {
    REGISTER_ONLY: Term(
        "仅由车辆登记对应",
        "by the register only",
        "案件未载明企业，行为当日车辆登记的企业名称为本企业；不计入任何企业。",
        "The case names no enterprise and the register of the act's day has the vehicle under this one's name; it "
        "counts for none.",
    ),
    "not_mass": Term(
        "非质量超限",
        "not about mass",
        "仅外廓尺寸超限；本平台只计质量超限，外廓超限是否计入第六十六条的次数未核实。",
        "About dimensions only; only acts about mass are counted here, and whether art. 66 counts dimensions too is "
        "unverified.",
    ),
    "void": Term("已作废", "void", "记录审核后作废，不是证据。", "The record was void at review: no evidence."),
    "no_penalty": Term("不予处罚", "no penalty", "决定不予处罚。", "It was decided not to penalise."),
    "withdrawn": Term("已撤案", "withdrawn", "案件已撤销。", "The case was withdrawn."),
    "transferred": Term(
        "已移送", "transferred", "案件移送其他机关，本局未作决定。", "The case went to another authority."
    ),
    "annulled": Term(
        "决定被撤销", "annulled", "处罚决定经复议或诉讼被撤销。", "Its decision was annulled on review or by a court."
    ),
    "elsewhere": Term(
        "外辖区", "other jurisdiction", "案件所属县区不在本市。", "The case's district is outside the prefecture."
    ),
    "permit": Term(
        "持有效通行证",
        "permit",
        "当日有效的超限运输通行证覆盖该车的质量、尺寸和路线。",
        "A permit of the day covers vehicle, mass, dimensions and road.",
    ),
    "ratio": Term(
        "未过计次门槛",
        "not above the ratio",
        "超限率不高于当日的计次门槛；称重设备的允许误差已先行扣除。",
        "The excess, what the scale may err by taken off first, is not above the ratio of its day.",
    ),
    "lighter_ratio": Term(
        "决定时规定较轻",
        "lighter rule at the decision",
        "超限率高于违法当日的计次门槛，不高于决定当日的门槛；决定时的规定较轻，适用新的规定（行政处罚法第三十七条）。",
        "The excess is above the ratio of its day and not above that of its decision, which is the lighter rule "
        "(Administrative Penalty Law, art. 37).",
    ),
    "within_limit": Term(
        "称重未超限",
        "weighed within the limit",
        "该案的称重记录，或单号查不到记录时违法时间前后该车牌的全部称重，都未超限，超限率未知。",
        "The weighing of the case or, where its number names none, all weighings of the plate around the act are "
        "within the limit: the excess is not known.",
    ),
    "ratio_unknown": Term(
        "超限率未知",
        "excess not known",
        "没有可对应的超限称重记录，无法比对计次门槛。",
        "No passage of the case tells its excess.",
    ),
    "device": Term(
        "设备未检定",
        "device not verified",
        "称重设备当日没有登记或没有有效的检定证书。",
        "On the day the device was not registered, or had no valid certificate.",
    ),
    "not_filed": Term("尚未立案", "not filed", "截至当日尚未立案。", "It was not filed by the day."),
    "undecided": Term("尚无决定", "no decision yet", "截至当日尚无处罚决定。", "It had no decision by the day."),
    "others_only": Term(
        "处罚决定非针对该对象",
        "decision against others only",
        "截至当日的处罚决定都不是针对该对象作出的。",
        "By the day its decisions were against others, not against this one.",
    ),
    "same_trip": Term(
        "同一趟次", "same trip", "与所列案件为同一趟次，只计一次。", "One trip with the case named, which counts once."
    ),
    "outside_window": Term(
        "不在窗口内", "outside the window", "不在本窗口的日期内。", "Its day lies outside the window."
    ),
}


def tier(of: str, question: Question, values: Mapping[str, float], lang: str) -> tuple[str, str]:
    """A tier's name and meaning, with the thresholds of the day, window and basis in it.

    ``question``: its window is the one that was used. ``values``: thresholds by parameter.
    """
    said = {
        "count": f"{values['repeat_count']:g}",
        "over": f"{values['repeat_statutory_over']:g}",
        "share": f"{values['repeat_enterprise_ratio'] * 100:g}{'%' if lang == 'zh' else ' %'}",
        "window": WINDOW_TERMS[question.window].name(lang),
        "basis": BASIS_TERMS[question.basis].name(lang),
    }
    term = (ENTERPRISE_TIER_TERMS if question.subject == "enterprise" else TIER_TERMS)[of]
    return term.name(lang).format(**said), term.says(lang).format(**said)


def tier_of(one: Standing, question: Question, told: Mapping[str, Parameter | Codes], lang: str) -> tuple[str, str]:
    """The tier of a standing: the window that it was counted in may not be the one asked for."""
    return tier(one.tier, replace(question, window=one.window), values_of(told), lang)


def values_of(told: Mapping[str, Parameter | Codes]) -> dict[str, float]:
    return {name: one.value for name, one in told.items() if isinstance(one, Parameter)}


def parameters_of(question: Question) -> tuple[str, ...]:
    """The thresholds that decide this question, in the order in which they are told: the allowance of the scale apart
    from the ratio of the law."""
    shared = (
        "repeat_excess_ratio",
        "allowance_mode",
        "repeat_merge_hours",
        "repeat_window_months",
        "repeat_own_decision",
    )
    if question.subject == "enterprise":
        return ("repeat_enterprise_ratio", *shared)
    return ("repeat_count", "repeat_statutory_over", *shared)


def masked_driver(number: str) -> str:
    """4311·***345: where a driver's certificate or hash begins and ends, for whoever may not see whose it is."""
    return f"{number[:4]}·***{number[-3:]}" if len(number) > 9 else f"***{number[-2:]}"


def reason(judged: Judged, lang: str) -> str:
    """Why an act does not count, or that it does, in words; the case it is one trip with is named."""
    if judged.reason is None:
        return "计次" if lang == "zh" else "counts"
    name = REASON_TERMS[judged.reason].name(lang)
    return f"{name} {judged.same_trip_as}" if judged.same_trip_as else name


def as_json(standing: Standing) -> dict[str, Any]:
    """A standing as plain values, its acts in two lists."""
    own = {
        name: getattr(standing, name)
        for name in (
            "window", "has_no_first_issue", "first_issue_date", "window_first", "window_last", "count", "tier",
            "trigger_on", "lapses_on", "pending", "is_one_away", "previous_first", "previous_last", "previous_count",
            "previous_tier", "previous_trigger_on", "enterprise_name", "fleet", "ratio",
        )
    }  # fmt: skip
    return own | {
        "counted": acts_json(standing.counted),
        "not_counted": acts_json(standing.not_counted),
    }


def acts_json(acts: Iterable[Judged]) -> list[dict[str, Any]]:
    """Acts as plain values."""
    return [_act(one) for one in acts]


# Ids of a driver or an owner are left out: a list of vehicles tells nobody else's, and the subject's own is its key.
_OF_OTHERS = ("driver_no", "driver_certificate_no", "uscc")
_BEFORE = "earlier_"  # seen as of the day, they are empty


def _act(judged: Judged) -> dict[str, Any]:
    told = {
        name: value
        for name, value in judged.act._asdict().items()
        if name not in _OF_OTHERS and not name.startswith(_BEFORE)
    }
    return told | {
        "reason": judged.reason, "placed_on": judged.placed_on, "counts_from": judged.counts_from,
        "lapses_on": judged.lapses_on, "same_trip_as": judged.same_trip_as,
    }  # fmt: skip
