"""What ``heng rules what-if`` prints: numbers before and after, repeat violators by tier, rows that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from warehouse.money import yuan
from warehouse.parameters import UNVERIFIED
from warehouse.repeat_terms import SUBJECT_TERMS, masked_driver
from warehouse.what_if import DIMENSION_FACTS, DIMENSION_JUDGEMENT, FACTS, JUDGEMENT, MEASURES

if TYPE_CHECKING:
    from warehouse.what_if import Answer

_WORDS = {
    "zh": {
        "title": "假设另一规则：{first} 至 {last}，对照版本 {version}", "rule": "规则", "measure": "指标",
        "before": "已发布", "after": "假设", "difference": "差", "none": "无差异。", "empty": "空",
        "known": "可信度", "unverified": "未核实",
        "rows_unverified": "以下规则未见原文或二手来源，有差异的记录以其为据：{rules}。",
        "same": "所给取值与已发布的规则相同，无差异。",
        "hypothetical": "此为假设推算，未改动任何已发布的数据。"
        "法定数额按实测超限量和过车当日的规定计算，不是处罚决定。",
        "rows": "过车：新增认定超限 {gained} 条，不再认定 {lost} 条，其他结论变化 {verdict} 条，"
        "结论不变而依据或数额变化 {judgement} 条；外廓尺寸 {dimensions} 条；名单变动 {movers} 个。"
        "逐条见 --format csv 或 json。",
        "not_compared": "{count} 条过车只见于一方（其后送达或被更正），未计入比较。",
        "tiers": "多次超限名单，截至 {last}", "subject": "对象", "list": "名单", "tier": "分档",
        "statutory": "法定周期", "query": "执法查询", "yuan": "元",
        "over_count": "认定超限", "review_count": "待复核", "dimension_count": "外廓尺寸超限",
        "case_count": "超过立案比例且无通行证", "counted_count": "超过计次比例且无通行证",
        "within_allowance_count": "超限量在允许误差内", "warning_count": "其中法定为警告",
        "statutory_low_fen": "法定罚款下限合计", "statutory_high_fen": "法定罚款上限合计",
    },
    "en": {
        "title": "If the rules were others: {first} to {last}, against version {version}", "rule": "rule",
        "measure": "measure", "before": "published", "after": "supposed", "difference": "difference",
        "none": "No difference.", "empty": "empty", "known": "known from", "unverified": "unverified",
        "rows_unverified": "Rows that differ rest on rules that were not read in a text: {rules}.",
        "same": "These are the published values already: no difference.",
        "hypothetical": "Supposed only: nothing that is published was changed. Statutory amounts are those of the "
        "measured excess by the law of the day of the passage, and no decisions.",
        "rows": "Passages: {gained} more over the limit, {lost} no longer, {verdict} with another verdict, {judgement} "
        "with the same verdict and another basis or amount; {dimensions} of dimensions; {movers} on lists. "
        "--format csv or json has each.",
        "not_compared": "{count} passages are known to one side alone (they came or were corrected since), and not "
        "compared.",
        "tiers": "Repeat violators as of {last}", "subject": "subject", "list": "list", "tier": "tier",
        "statutory": "statutory year", "query": "inspector's query", "yuan": "yuan",
        "over_count": "over the limit", "review_count": "to be reviewed", "dimension_count": "beyond a dimension",
        "case_count": "above the ratio of a case, no permit", "counted_count": "above the ratio that counts, no permit",
        "within_allowance_count": "excess within the allowance", "warning_count": "of the cases: a warning",
        "statutory_low_fen": "statutory fines, lowest", "statutory_high_fen": "statutory fines, highest",
    },
}  # fmt: skip
_TIERS = {
    "zh": {
        "none": "无计次", "watch": "关注", "warning": "预警", "statutory": "超过法定门槛", "unknown": "车辆数未知",
    },
    "en": {
        "none": "none counted", "watch": "watch", "warning": "warning", "statutory": "above the statutory threshold",
        "unknown": "fleet not known",
    },
}  # fmt: skip
"""Tiers without their thresholds, which may be two here."""
_ABOUT = ("kind", "change", "record_id", *dict.fromkeys((*FACTS, *DIMENSION_FACTS)), "subject", "list", "key")
_JUDGED = (*dict.fromkeys((*JUDGEMENT, *DIMENSION_JUDGEMENT)), "rule_confidence", "count", "tier")
COLUMNS = (*_ABOUT, *(f"{name}_{side}" for name in _JUDGED for side in ("before", "after")))
"""Columns of ``--format csv``; a row is a passage, a dimension or a place on a list, and has those of its kind."""


def tables(answer: Answer, lang: str) -> list[tuple[str, Table]]:
    """Changed rules, numbers before and after, and repeat violators by tier, each with its title."""
    words = _WORDS[lang]
    rules = _table(words, ("rule", "before", "after", "known"))
    for change in answer.changes:
        values = (value or words["empty"] for value in (change.before, change.after))
        doubt = f" · {words['unverified']}" if change.confidence in UNVERIFIED else ""
        known = f"[{change.confidence}]{doubt}"
        rules.add_row(*(Text(cell) for cell in (f"{change.rule_no}.{change.column}", *values, known)))
    numbers = _table(words, ("measure", "before", "after", "difference"))
    for name in MEASURES:
        before, after = answer.before[name], answer.after[name]
        unit = f"（{words['yuan']}）" if lang == "zh" else f", {words['yuan']}"
        label = words[name] + (unit if name.endswith("_fen") else "")
        numbers.add_row(label, *(_amount(value, name) for value in (before, after)), _signed(after - before, name))
    tiers = _table(words, ("subject", "list", "tier", "before", "after", "difference"))
    for row in answer.tiers:
        tiers.add_row(
            _subject(row["subject"], lang), words[row["list"]], _tier(row["tier"], lang),
            f"{row['before']:,}", f"{row['after']:,}", _signed(row["after"] - row["before"], ""),
        )  # fmt: skip
    title = words["title"].format(first=answer.first, last=answer.last, version=answer.version)
    found = [(title, rules)] if answer.changes else []
    found.append(("" if found else title, numbers))
    return [*found, (words["tiers"].format(last=answer.last), tiers)] if answer.tiers else found


def _table(words: dict[str, str], names: Iterable[str]) -> Table:
    table = Table()
    for name in names:
        is_number = name in ("before", "after", "difference")
        table.add_column(words[name], justify="right" if is_number else "left", overflow="fold")
    return table


def notes(answer: Answer, lang: str) -> list[str]:
    """How many rows differ, what could not be compared, and that all of it is supposed."""
    words = _WORDS[lang]
    told = [] if answer.changes else [words["same"]]
    if answer.changes and not answer.differs:
        told.append(words["none"])
    kinds = Counter(row["change"] for row in answer.passages)
    if answer.differs:
        shown = {kind: f"{kinds[kind]:,}" for kind in ("gained", "lost", "verdict", "judgement")}
        others = {"dimensions": f"{len(answer.dimensions):,}", "movers": f"{len(answer.movers):,}"}
        told.append(words["rows"].format(**shown, **others))
    if doubtful := _unverified(answer):
        told.append(words["rows_unverified"].format(rules=", ".join(doubtful)))
    if answer.not_compared:
        told.append(words["not_compared"].format(count=f"{answer.not_compared:,}"))
    return [*told, words["hypothetical"]]


def _rows(answer: Answer) -> dict[str, list[dict[str, Any]]]:
    """What differs by its kind: rows with the confidence of their rules, drivers masked."""
    sides = ("before", "after")

    def known(row: dict[str, Any]) -> dict[str, Any]:
        return row | {f"rule_confidence_{side}": answer.confidence.get(row[f"rule_id_{side}"]) for side in sides}

    return {
        "passage": [known(row) for row in answer.passages],
        "dimension": [known(row) for row in answer.dimensions],
        "repeat": [
            row | {"key": masked_driver(row["key"])} if row["subject"] == "driver" else row for row in answer.movers
        ],
    }


def _unverified(answer: Answer) -> list[str]:
    """Rules of the rows that differ which nobody read in a text."""
    rows = [*answer.passages, *answer.dimensions]
    used = {row[f"rule_id_{side}"] for row in rows for side in ("before", "after")}
    return sorted(rule for rule in used - {None} if answer.confidence.get(rule) in UNVERIFIED)


def records(answer: Answer) -> list[dict[str, Any]]:
    """Every row that differs, under names of ``COLUMNS``; amounts in fen."""
    return [{"kind": kind, **row} for kind, rows in _rows(answer).items() for row in rows]


def document(answer: Answer) -> dict[str, Any]:
    """The whole answer as plain values."""
    rows = _rows(answer)
    return {
        "version": answer.version, "from": answer.first, "to": answer.last,
        "changes": [
            asdict(change) | {"is_unverified": change.confidence in UNVERIFIED} for change in answer.changes
        ],
        "measures": {name: {"before": answer.before[name], "after": answer.after[name]} for name in MEASURES},
        "tiers": answer.tiers, "passages": rows["passage"], "dimensions": rows["dimension"], "movers": rows["repeat"],
        "unverified": _unverified(answer), "not_compared": answer.not_compared,
    }  # fmt: skip


def _amount(value: int, name: str) -> str:
    return yuan(value).removesuffix(".00") if name.endswith("_fen") else f"{value:,}"


def _signed(value: int, name: str) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return sign + _amount(abs(value), name)


def _subject(subject: str, lang: str) -> str:
    return SUBJECT_TERMS[subject].name(lang)


def _tier(tier: str, lang: str) -> str:
    return _TIERS[lang][tier]
