"""What the words of scores mean, in both languages: cadences, parts, and data that are missing."""

from __future__ import annotations

from warehouse.kpi import KPIS
from warehouse.score import Gap

CADENCES = {
    "month": ("月度", "month"),
    "quarter": ("季度", "quarter"),
    "half": ("半年", "half-year"),
    "year": ("年度", "year"),
}
_PARTS = {
    "hazard_closed": ("隐患整改率", "Hazards closed"),
    "hazard_on_time": ("隐患按期整改率", "Hazards closed on time"),
    "major_overdue": ("重大隐患逾期率", "Major hazards overdue"),
    "repeat_handled": ("多次违法车辆办结率", "Repeat offenders dealt with"),
    "clocks_kept": ("办案期限遵守率", "Deadlines of cases kept"),
    "scale_reporting": ("站点数据完整率", "Scales with complete data"),
}
_GAPS = {
    "scale_days": ("{} 个站·日无数据或缺数较长", "{} site-days silent or partial", "{} site-day silent or partial"),
    "hazards_without_steps": ("{} 处隐患无环节记录", "{} hazards without steps", "{} hazard without steps"),
    "silent_vehicles": (
        "{} 台在用车辆无任何有效定位",
        "{} vehicles in service without a valid record",
        "{} vehicle in service without a valid record",
    ),
    "enterprises_without_data": (
        "登记企业中 {} 家没有可计的车辆、报警或隐患",
        "{} registered enterprises have nothing to count: no vehicle, alarm or hazard",
        "{} registered enterprise has nothing to count: no vehicle, alarm or hazard",
    ),
    "capture_days": ("{} 天没有任何终端报文", "{} days without any capture", "{} day without any capture"),
    "alarm_days": (
        "报警处置记录缺最后 {} 天",
        "handling of alarms is not told for the last {} days",
        "handling of alarms is not told for the last day",
    ),
}
"""In Chinese, in English of several, and of one."""


_DOUBTS = {
    "basis": ("两期数据量悬殊，不作确定", "the two periods hold too different amounts of data to be sure"),
    "weight": ("可比部分权重小，不作确定", "what can be compared weighs too little to be sure"),
    "chance": ("无法区分", "cannot be told"),
}


def doubt_words(doubt: str, lang: str) -> str:
    """Why a change of a score is not sure (``score.DOUBTS``)."""
    return _DOUBTS[doubt][lang == "en"]


def part_name(name: str, lang: str) -> str:
    """Short name of a part of a score."""
    if name in _PARTS:
        return _PARTS[name][lang == "en"]
    return KPIS[name].zh if lang == "zh" else KPIS[name].en


def gap_words(gap: Gap, lang: str) -> str:
    zh, several, one = _GAPS[gap.kind]
    return (zh if lang == "zh" else one if gap.count == 1 else several).format(f"{gap.count:,}")


def letters(groups: tuple[int, ...]) -> str:
    """Groups as letters: A, AB, B; of more than three, or after Z, the first and the last."""
    if len(groups) > 3 or any(number > 26 for number in groups):
        ends = dict.fromkeys((groups[0], groups[-1]))
        return "–".join(_letter(number) for number in ends)
    return "".join(map(_letter, groups))


def _letter(number: int) -> str:
    return chr(ord("A") + number - 1) if number <= 26 else str(number)
