"""What the words of measures and suggestions mean, in both languages."""

from __future__ import annotations

from datetime import date

from warehouse.supervision import Measure, Number, Suggestion

RUNGS = {
    "bulletin": ("通报", "bulletin"),
    "interview": ("约谈", "interview"),
    "listing": ("挂牌督办", "listing"),
    "referral": ("抄送属地政府", "copy to the government"),
}
STATES = {
    "overdue": ("已逾期", "overdue"),
    "open": ("期限内", "in time, open"),
    "untold": ("期限已过，结果未报", "day over, outcome not told"),
    "done_late": ("逾期办结", "done late"),
    "done": ("按期办结", "done in time"),
    "none": ("无期限", "no deadline"),
}
CAUSES = {
    "low_score": ("考核排名靠后", "low score"),
    "overdue_hazard": ("隐患逾期", "overdue hazards"),
    "crash": ("发生事故", "crashes"),
    "overload": ("超限突出", "overload"),
    "alarms": ("报警突出", "alarms"),
}
NO_NUMBERS = ("当时没有该对象自己的数字", "no number of its own at that time")
_COUNTS = {
    "hazards_overdue": ("逾期未销号隐患 {value} 处（未销号 {of} 处）", "{value} hazards overdue of {of} open"),
    "hazard_overdue_days": ("隐患逾期 {value} 天", "hazard {value} days overdue"),
    "listing_overdue_days": ("挂牌期限逾期 {value} 天", "{value} days after the last day of the listing"),
    "crashes": ("事故 {value} 起", "{value} crashes"),
    "deaths": ("死亡 {value} 人", "{value} deaths"),
    "overload": ("超限率 {share}（{value} / {of}）", "overload rate {share} ({value} / {of})"),
    "alarms": ("报警处置率 {share}（{value} / {of}）", "alarms handled in time {share} ({value} / {of})"),
    "score": ("总分 {score:.1f}，名次 {low}–{high}", "total {score:.1f}, places {low}–{high}"),
}
_ZERO = {
    "hazards_overdue": (
        "按今日口径当时没有逾期未销号隐患（未销号 {of} 处）",
        "by today's definitions none of {of} open was overdue",
    ),
    "hazard_overdue_days": ("按今日口径该隐患当时未逾期", "by today's definitions the hazard was not overdue"),
    "listing_overdue_days": ("按今日口径挂牌期限当时未过", "by today's definitions the listing was not over"),
}
"""Of a cause that the numbers do not bear out."""
_RULES = {
    "bottom": ("名次区间全部落在末 {} 位", "every place it may have is among the last {}"),
    "bottom_again": (
        "连续 {1} 个周期名次区间全部落在末 {0} 位",
        "in {1} periods in a row every place it may have was among the last {0}",
    ),
    "many_overdue": ("逾期未销号隐患达到 {} 处", "{} hazards overdue or more"),
    "major_overdue": ("重大隐患逾期达到 {} 天且未挂牌", "a major hazard overdue {} days or more and not listed"),
    "listed_overdue": ("挂牌期限逾期达到 {} 天", "a listing {} days or more after its last day"),
}


def number_words(number: Number, lang: str, written: str) -> str:
    """A number with the days it is of; ``written``: those days as the reader sees them."""
    share = ("无数据", "no data")[lang == "en"] if number.ratio is None else f"{number.ratio * 100:.1f}%"
    of = "" if number.denominator is None else f"{number.denominator:,}"
    words = _COUNTS if number.value else _COUNTS | _ZERO
    told = words[number.name][lang == "en"].format(
        value=f"{number.value:,.0f}", of=of, share=share, score=number.value, low=number.low, high=number.high
    )
    return f"{told}（{written}）" if lang == "zh" else f"{told} ({written})"


def span(number: Number) -> str:
    """The days of a number in ISO form."""
    return _span(number.first, number.last)


def _span(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first}–{last}"


def rule_words(suggestion: Suggestion, lang: str) -> str:
    """The rule that was met, with its parameters."""
    values = [f"{one.value:g}" for one in suggestion.parameters]
    return _RULES[suggestion.rule][lang == "en"].format(*values)


def state_words(measure: Measure, lang: str) -> str:
    """The state of a measure, with its days."""
    told = STATES[measure.state][lang == "en"]
    if measure.days_late is not None:
        return f"{told} {measure.days_late} 天" if lang == "zh" else f"{told}, {measure.days_late} d"
    if measure.days_left == 0:
        return f"{told}，今日到期" if lang == "zh" else f"{told}, due today"
    if measure.days_left is not None:
        return f"{told}，余 {measure.days_left} 天" if lang == "zh" else f"{told}, {measure.days_left} d left"
    return told


def cause_words(measure: Measure, lang: str) -> str:
    return CAUSES[measure.cause][lang == "en"] if measure.cause else ""
