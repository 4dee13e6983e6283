"""The rulebook of a version: every dated rule, those in force on a day, and what changed between two days.

``mart.rule`` has every row of every law seed in one shape. The command line and the page read it here alone.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from warehouse.compliance_terms import KINDS
from warehouse.errors import WarehouseError
from warehouse.metrics import Source

TOPICS = (
    "gross_weight", "weight_modifier", "axle_type", "axle_load", "dimension", "fine", "clock", "licence", "void",
    "accuracy", "hazard_step", "parameter", "monitoring", "calendar", "transition", "score",
)  # fmt: skip
"""Topics of rules, in the order in which they are read."""

_UNITS = {
    "working_day": (" 个工作日", " working day", " working days"),
    "calendar_day": (" 日", " day", " days"),
    "month": (" 个月", " month", " months"),
    "year": (" 年", " year", " years"),
}
"""Units of clocks: Chinese, one of them and several in English."""
_UNITS_ZH = {
    "kg": "千克", "kg/m": "千克/米", "t": "吨", "mm": "毫米", "m": "米", "km": "千米", "s": "秒", "min": "分钟",
    "h": "小时", "d": "天", "months": "个月", "km/h": "千米/小时", "m/s²": "米/秒²", "points": "分",
}  # fmt: skip
"""Units of numbers in Chinese; those that are no words stay as they are."""
_SPANS = {
    "zh": {"open": "至今", "until": "至 {}", "untold": "未载明起止"},
    "en": {"open": "now", "until": "until {}", "untold": "no days told"},
}
_CLOCKS = {
    "WITHIN": ("{}内", "within {}"),
    "AT_LEAST_BEFORE": ("提前至少 {}", "at least {} before"),
    "WAIT": ("满 {}后", "after {}"),
}
_CODES = {
    "WARNING": ("警告", "a warning"),
    "AXLE_SUM": ("各轴最大允许轴荷之和", "the permitted loads of its axles together"),
    "rigid single": ("货车，单驱动轴", "rigid truck, one drive axle"),
    "rigid tandem": ("货车，双驱动轴", "rigid truck, two drive axles"),
    "combination single": ("汽车列车，单驱动轴", "combination, one drive axle"),
    "combination tandem": ("汽车列车，双驱动轴", "combination, two drive axles"),
    "REGISTERED": ("行驶证总质量", "the registered gross mass"),
    "SIGNER": ("须有验收人", "a signer"),
    "NEW_DUE": ("须有新期限", "a new last day"),
    "RECHECK": ("须经现场核查", "a check on site"),
    "CLOSURE": ("须有销号依据", "evidence of the removal"),
    "PENALTY": ("行政处罚", "a penalty"),
    "NO_PENALTY": ("不是处罚", "no penalty"),
    "payment": ("缴纳罚款", "payment of the fine"),
    "ANNIVERSARY": ("按证件周年", "by the anniversary of the certificate"),
    "ROLLING_12M": ("滚动十二个月", "the rolling twelve months"),
    "VIOLATION": ("按违法日", "by the day of the act"),
    "DECISION": ("按决定日", "by the day of the decision"),
    "CALENDAR": ("按自然年", "by the calendar year"),
    "DEDUCT": ("从实测值扣除", "taken off the weight"),
    "THRESHOLD": ("加在限值上", "added to the limit"),
    "NONE": ("不扣除", "not deducted"),
    "serious": ("严重", "serious"),
    "very_serious": ("很严重", "very serious"),
    "most_serious": ("最严重", "most serious"),
    "FLOOR_TONNE": ("不足一吨不计", "a part of a tonne does not count"),
    "CEIL_TONNE": ("不足一吨按一吨计", "a part of a tonne counts as one"),
    "EXACT": ("按比例", "pro rata"),
    "ALWAYS": ("一律没收", "always confiscated"),
    "BY_TIER": ("罚则规定没收的没收", "confiscated where the provision on the fine says so"),
    "LIGHTER": ("从旧兼从轻", "the lighter rule"),
    "NOTICE": ("按通知", "by the notice"),
    "NO_NOTICE": ("尚无通知", "no notice yet"),
    "ACT_DAY": ("从旧", "the rule of the day of the act"),
}
"""What rules choose, in words."""

_BOOK = """
select rule_no, rule_topic, rule_subject, rule_key, condition_zh, condition_en, rule_value, value_text, unit,
    cast(valid_from as varchar) as valid_from, cast(valid_to as varchar) as valid_to, jurisdiction,
    citation_zh, citation_en, confidence, is_verified
from mart.rule
order by rule_topic, rule_subject, valid_from nulls first, rule_no
"""


class NoRulebook(WarehouseError):
    """The version was built before there was a rulebook."""


@dataclass(frozen=True)
class Rule:
    """One dated row of the law. ``value`` None: it sets no number; see ``mart.rule`` for each field."""

    rule_no: str
    topic: str
    subject: str
    key: str
    condition_zh: str
    condition_en: str
    value: float | None
    value_text: str | None
    unit: str | None
    valid_from: date | None
    valid_to: date | None
    jurisdiction: str
    citation_zh: str
    citation_en: str
    confidence: str
    is_verified: bool

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on ``day``; its first and last day belong to it."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Change:
    """What happened to one subject between two days: rules that ended and rules that began."""

    topic: str
    subject: str
    ended: tuple[Rule, ...]
    began: tuple[Rule, ...]

    @property
    def kind(self) -> str:
        """``began``, ``ended``, or ``changed`` where rules of the subject replaced others."""
        return "changed" if self.ended and self.began else "began" if self.began else "ended"


def book(source: Source) -> list[Rule]:
    """Every rule, by topic, subject and first day. Raises ``NoRulebook`` where the version has none."""
    held = getattr(source, "manifest", {}).get("columns")
    if held is not None and "mart.rule" not in held:
        raise NoRulebook("This version was built before there was a rulebook. Run 'heng build', then 'heng publish'.")
    rows = source.read(_BOOK).astype(object)
    rows = rows.where(rows.notna(), None)
    found = [_rule([None if cell is None else cell for cell in row]) for row in rows.itertuples(index=False, name=None)]
    order = {topic: place for place, topic in enumerate(TOPICS)}
    # Over-limit carriage is what most readers look for among the fines.
    return sorted(found, key=lambda rule: (order[rule.topic], not rule.subject.startswith("fine over_")))


def version_of(rules: Iterable[Rule]) -> str:
    """What tells one rulebook from another: 16 hexadecimal signs of the SHA-256 of all its rules."""
    return hashlib.sha256("\n".join(sorted(map(repr, rules))).encode()).hexdigest()[:16]


def _rule(row: Sequence[Any]) -> Rule:
    told = list(row)
    told[6] = None if told[6] is None else float(told[6])
    for place in (9, 10):
        told[place] = None if told[place] is None else date.fromisoformat(str(told[place])[:10])
    told[15] = bool(told[15])
    return Rule(*told)


def in_force(rules: Iterable[Rule], day: date) -> list[Rule]:
    """The rules that hold on ``day``."""
    return [rule for rule in rules if rule.holds_on(day)]


def changes(rules: Iterable[Rule], day_from: date, day_to: date) -> list[Change]:
    """What differs between the law of two days, by subject. A rule that began and ended between them is in neither."""
    before: dict[tuple[str, str], list[Rule]] = {}
    after: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules:
        was, is_now = rule.holds_on(day_from), rule.holds_on(day_to)
        if was and not is_now:
            before.setdefault((rule.topic, rule.subject), []).append(rule)
        if is_now and not was:
            after.setdefault((rule.topic, rule.subject), []).append(rule)
    order = {topic: place for place, topic in enumerate(TOPICS)}
    subjects = sorted(before.keys() | after.keys(), key=lambda one: (order[one[0]], one[1]))
    return [Change(*one, tuple(before.get(one, ())), tuple(after.get(one, ()))) for one in subjects]


def limits_changed(rules: Iterable[Rule], day_from: date, day_to: date) -> bool:
    """Whether a load may have another limit of mass on the second day than on the first."""
    return any(one.topic in ("gross_weight", "weight_modifier") for one in changes(rules, day_from, day_to))


def turning_days(rules: Iterable[Rule]) -> list[date]:
    """Days on which the law differs from the day before, in order."""
    days = set()
    for rule in rules:
        if rule.valid_from is not None:
            days.add(rule.valid_from)
        if rule.valid_to is not None:
            days.add(rule.valid_to + timedelta(days=1))
    return sorted(days)


def neighbours(rules: Sequence[Rule], day: date) -> tuple[date | None, date | None]:
    """The last change of law on or before ``day``, and the first after it."""
    days = turning_days(rules)
    return max((one for one in days if one <= day), default=None), min((one for one in days if one > day), default=None)


def named(rules: Sequence[Rule], name: str) -> list[Rule]:
    """The rule of this number and the other versions of its subject, by first day.

    ``name`` may leave out the day after ``@``. Raises ``WarehouseError`` that lists what comes close.
    """
    wanted = name.strip().lower()
    hits = [rule for rule in rules if wanted in (rule.rule_no.lower(), rule.rule_no.lower().partition("@")[0])]
    if not hits:
        near = [rule.rule_no for rule in rules if wanted and wanted in rule.rule_no.lower()][:8]
        hint = f"Close to it: {', '.join(near)}." if near else "'heng rules list' shows every number."
        raise WarehouseError(f"There is no rule {name!r}. {hint}")
    numbers = {rule.rule_no for rule in hits}
    subjects = {rule.subject for rule in hits}
    others = [rule for rule in rules if rule.subject in subjects and rule.rule_no not in numbers]
    return sorted(hits, key=_first_day) + sorted(others, key=_first_day)


def _first_day(rule: Rule) -> tuple[date, str]:
    return rule.valid_from or date.min, rule.rule_no


def sets(rule: Rule, lang: str) -> str:
    """What a rule sets, in words: 49,000 kg; within 5 working days; CNY 200–1,000; ±2.5 %; empty if it only names."""
    at = 0 if lang == "zh" else 1
    if rule.topic == "clock" and rule.value is not None and rule.unit in _UNITS:
        zh, one, many = _UNITS[rule.unit]
        unit = zh if lang == "zh" else one if rule.value == 1 else many
        return _CLOCKS.get(str(rule.value_text), ("{}", "{}"))[at].format(f"{rule.value:g}{unit}")
    if rule.topic == "void":
        return ""
    if rule.value_text in _CODES:
        word = _CODES[rule.value_text][at]
        return f"{word} ({rule.value_text})" if rule.topic == "parameter" else word
    if rule.value_text is not None:
        kinds = rule.value_text.split(",")
        if KINDS.keys() >= set(kinds):
            return ("、" if lang == "zh" else ", ").join(KINDS[kind][at] for kind in kinds)
        return _range(rule.value_text, rule.unit, lang)
    if rule.value is None:
        return ""
    if rule.unit == "ratio":
        return f"±{rule.value * 100:g} %"
    number = f"{rule.value:,.0f}" if rule.value == int(rule.value) else f"{rule.value:g}"
    sign = "+" if rule.topic == "weight_modifier" and rule.unit == "kg" and rule.value > 0 else ""
    unit = rule.unit or ""
    return f"{sign}{number.replace('-', '−')} {_UNITS_ZH.get(unit, unit) if lang == 'zh' else unit}".strip()


def _range(text: str, unit: str | None, lang: str) -> str:
    """A range or rate of ``mart.rule`` in words: 200–1000 (CNY), 2–10×, or 500 / 1000 kg, ≤ 30000 (CNY)."""
    told = re.sub(r"\d{4,}", lambda digits: f"{int(digits.group()):,}", text)
    if lang != "zh":
        return f"CNY {told}" if unit == "CNY" else told
    if rate := re.fullmatch(r"(\S+) / (\S+) kg, ≤ (\S+)", told):
        return "每 {1} 千克 {0} 元，最高 {2} 元".format(*rate.groups())
    return f"{told} 元" if unit == "CNY" else told.replace("×", " 倍")


def span(rule: Rule, lang: str, written: Callable[[date], str] = date.isoformat) -> str:
    """The days a rule is in force; an open end is now, and a beginning nobody told is left out."""
    words = _SPANS[lang]
    if rule.valid_from is None:
        return words["until"].format(written(rule.valid_to)) if rule.valid_to else words["untold"]
    return f"{written(rule.valid_from)} – {written(rule.valid_to) if rule.valid_to else words['open']}"
