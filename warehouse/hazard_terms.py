"""What the words of hazards mean, in both languages: categories, states, why a step was refused, lists and works."""

from __future__ import annotations

CATEGORIES = {
    "HWY": ("公路隐患", "highway"),
    "RAIL": ("铁路沿线隐患", "railway side"),
    "SIGN": ("国省道不规范标志", "irregular signs"),
    "VESSEL": ("“三无”船舶", "vessels without papers"),
    "ENT": ("企业、站场隐患", "enterprises and stations"),
}
GRADES = {"general": ("一般", "general"), "major": ("重大", "major")}
STATES = {
    "START": ("尚未登记", "not registered"),
    "REGISTERED": ("登记", "registered"),
    "GRADED": ("已分级", "graded"),
    "ASSIGNED": ("已交办", "assigned"),
    "RECTIFYING": ("整改中", "under removal"),
    "SUBMITTED": ("申请验收", "submitted"),
    "ACCEPTED": ("验收合格", "accepted"),
    "CLOSED": ("已销号", "closed"),
    "EXTENDED": ("已延期", "extended"),
    "OVERDUE": ("逾期", "overdue"),
    "REJECTED": ("验收不合格", "rejected"),
    "LISTED": ("挂牌督办", "listed"),
    "DELISTED": ("已摘牌", "delisted"),
    "TRANSFERRED": ("已移交", "transferred"),
    "REOPENED": ("复发", "reopened"),
}
REFUSALS = {
    "illegal_step": ("环节顺序不允许", "not allowed from the state before"),
    "no_signer": ("无验收人", "nobody signed the acceptance"),
    "no_new_day": ("延期未载明新期限", "an extension without its new day"),
    "not_rechecked": ("挂牌后未见现场核查", "no check on site since the listing"),
    "still_listed": ("尚未摘牌", "still listed"),
    "no_photo_before": (
        "无整改前照片，或晚于申请验收",
        "no photo before the removal, or one later than it was submitted",
    ),
    "no_photo_after": (
        "无整改后照片，或早于整改，或与整改前相同",
        "no photo after the removal, or one from before it, or the same as before",
    ),
}
LISTS = {
    "all": ("全部", "all"),
    "open": ("未销号", "open"),
    "overdue": ("逾期", "overdue"),
    "due_soon": ("即将到期", "due soon"),
    "no_due": ("未销号且无期限", "open without a last day"),
    "due": ("期内到期", "due in the period"),
    "on_time": ("按期销号", "closed on time"),
    "closed": ("已销号", "closed"),
    "late": ("逾期销号", "closed late"),
    "listed": ("挂牌督办中", "listed"),
    "major": ("期内在办的重大隐患", "major, in hand in the period"),
    "differs": ("报送与环节不一致", "list and steps differ"),
    "refused": ("有未采纳环节", "with refused steps"),
    "came_back": ("复发", "came back"),
    "shared_photo": ("照片重复使用", "photo used twice"),
    "checked": ("随机复核", "checked by lot"),
    "not_removed": ("复核未消除", "found not removed"),
    "no_steps": ("无环节", "without steps"),
    "late_extended": ("逾期后延期", "extended after the last day"),
    "due_changed": ("清单改期", "last day changed by the list"),
}
RESULTS = {
    "removed": ("已消除", "removed"),
    "not_removed": ("未消除", "not removed"),
    "came_back": ("复发", "came back"),
}
STAGES = {"before": ("整改前", "before the removal"), "after": ("整改后", "after the removal")}
RUNGS = {
    "listed": ("挂牌中", "listed"),
    "overdue": ("挂牌逾期", "listed, overdue"),
    "rechecked": ("已现场核查，待摘牌", "checked on site, to be delisted"),
    "delisted": ("已摘牌", "delisted"),
}
WORKS = {
    "safety": ("农村公路安防工程", "rural-road safety works"),
    "bridge": ("危桥改造", "dangerous bridges"),
    "refinement": ("干线安防精细化提升", "trunk-road refinement"),
    "small_works": ("五小工程", "small works at junctions"),
}
UNITS = {"km": ("公里", "km"), "bridge": ("座", "bridges"), "junction": ("处", "junctions")}


def word(words: dict[str, tuple[str, str]], code: str | None, lang: str) -> str:
    """The word of a code; a code without one is shown as it is, and none as nothing."""
    if code is None:
        return ""
    return words[code][0 if lang == "zh" else 1] if code in words else code
