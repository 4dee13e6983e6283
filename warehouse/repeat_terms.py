"""What the words of the repeat rule mean, in both languages: windows, bases, tiers, and why an act does not count.

Windows and bases carry how well they are known: which year the statute means is not settled. No word here decides
anything; the tier above the statute's threshold names the article and leaves what follows to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warehouse.repeat import Judged, Parameter, Question, Standing


@dataclass(frozen=True)
class Term:
    """A word with what it means; ``confidence`` where it is a reading of the law."""

    zh: str
    en: str
    says_zh: str
    says_en: str
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
TIER_TERMS = {
    "none": Term("无计次", "none counted", "窗口内没有计次的违法。", "No act counts in the window."),
    "watch": Term("关注", "watch", "窗口内有计次，未到预警。", "Acts count, below the warning."),
    "warning": Term(
        "预警（累计{count}次）",
        "warning ({count} reached)",
        "达到预警次数，低于法定的“超过{over}次”。",
        "The number of the warning is reached; the statute says more than {over}.",
    ),
    "statutory": Term(
        "超过{over}次",
        "more than {over}",
        "已达到公路安全保护条例第六十六条所述次数，由人员核实后依法处理。",
        "The number of 公路安全保护条例 art. 66 is passed: facts for a person to decide on.",
    ),
    "unknown": Term(
        "车辆数未知",
        "fleet not known",
        "登记中查不到该企业的货运车辆，无法计算比例。",
        "The register has no fleet of the enterprise, so there is no share.",
    ),
}
ENTERPRISE_STATUTORY = Term(
    "超过{share}",
    "above {share}",
    "计次车辆占比已超过公路安全保护条例第六十六条所述比例，由人员核实后依法处理。",
    "The share of 公路安全保护条例 art. 66 is passed: facts for a person to decide on.",
)
REASON_TERMS = {
    "void": Term("已作废", "void", "记录审核后作废，不是证据。", "The record was void at review: no evidence."),
    "no_penalty": Term("不予处罚", "no penalty", "决定不予处罚。", "It was decided not to penalise."),
    "withdrawn": Term("已撤案", "withdrawn", "案件已撤销。", "The case was withdrawn."),
    "transferred": Term(
        "已移送", "transferred", "案件移送其他机关，本局未作决定。", "The case went to another authority."
    ),
    "annulled": Term("决定被撤销", "annulled", "处罚决定经复议或诉讼被撤销。", "Its decision was annulled on review."),
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
        "超限率不高于当日的计次门槛。",
        "The excess is not above the ratio of its day.",
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
        "当日设备无有效检定证书或未登记。",
        "The device had no valid verification that day.",
    ),
    "not_filed": Term("尚未立案", "not filed", "截至当日尚未立案。", "It was not filed by the day."),
    "undecided": Term("尚无决定", "no decision yet", "截至当日尚无生效的处罚决定。", "It had no decision by the day."),
    "same_trip": Term(
        "同一趟次", "same trip", "与所列案件为同一趟次，只计一次。", "One trip with the case named, which counts once."
    ),
    "outside_window": Term(
        "不在窗口内", "outside the window", "不在本窗口的日期内。", "Its day lies outside the window."
    ),
}


def tier(of: str, subject: str, told: Mapping[str, Parameter], lang: str) -> tuple[str, str]:
    """A tier's name and meaning with the thresholds of the day in it."""
    share = f"{told['repeat_enterprise_ratio'].value * 100:g}{'%' if lang == 'zh' else ' %'}"
    values = {
        "count": f"{told['repeat_count'].value:g}", "over": f"{told['repeat_statutory_over'].value:g}", "share": share
    }  # fmt: skip
    term = ENTERPRISE_STATUTORY if (of, subject) == ("statutory", "enterprise") else TIER_TERMS[of]
    return term.name(lang).format(**values), term.says(lang).format(**values)


def parameters_of(question: Question) -> tuple[str, ...]:
    """The thresholds that decide this question, in the order in which they are told."""
    shared = ("repeat_excess_ratio", "repeat_merge_hours", "repeat_window_months")
    if question.subject == "enterprise":
        return ("repeat_enterprise_ratio", *shared)
    return ("repeat_count", "repeat_statutory_over", *shared)


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
        "counted": [_act(one) for one in standing.counted],
        "not_counted": [_act(one) for one in standing.not_counted],
    }


def _act(judged: Judged) -> dict[str, Any]:
    return judged.act._asdict() | {
        "reason": judged.reason, "placed_on": judged.placed_on, "counts_from": judged.counts_from,
        "lapses_on": judged.lapses_on, "same_trip_as": judged.same_trip_as,
    }  # fmt: skip
