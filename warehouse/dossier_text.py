"""A dossier's facts in words, in both languages: the look-up page and the file say the same sentences.

Texts lie in ``dossier_words.json``: a key, the Chinese and the English form; windows, bases, tiers and reasons are
named as everywhere (``warehouse.repeat_terms``). Figures are shown in full, weights in kg, money in yuan, days as ISO
dates in Chinese and as 22 Nov 2026 in English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from warehouse import dimensions, match_terms, money, repeat_terms
from warehouse.dossier import main_standing, outcome
from warehouse.repeat import BASES, ENDED_REASONS, REASONS, Question
from warehouse.repeat_terms import BASIS_TERMS, REASON_TERMS, WINDOW_TERMS

LANGUAGES = ("zh", "en")
_FILE = Path(__file__).with_name("dossier_words.json")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NONE = "—"
Facts = Mapping[str, Any]


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    return {key: (zh, en) for key, (zh, en) in json.loads(_FILE.read_text(encoding="utf-8")).items()}


class Words:
    """The words of one language. ``of(kind, code)`` gives a code without words as itself."""

    def __init__(self, lang: str) -> None:
        self.lang, self._at = lang, LANGUAGES.index(lang)

    def __call__(self, key: str, **values: Any) -> str:
        text = catalogue()[key][self._at]
        return text.format(**values) if values else text

    def of(self, kind: str, code: Any) -> str:
        if code is None:
            return self("not_known")
        key = f"{kind}.{code}"
        return self(key) if key in catalogue() else str(code)

    def pick(self, row: Mapping[str, Any] | None, name: str = "") -> str:
        """The form of a text that data carry in both languages: ``zh``, ``en``, or ``name_zh``, ``name_en``."""
        if row is None:
            return ""
        start = f"{name}_" if name else ""
        return row.get(f"{start}{self.lang}") or row.get(f"{start}zh") or ""

    # --- values ---------------------------------------------------------------------------------------------
    def day(self, iso: str | None) -> str:
        if not iso:
            return NONE
        if self.lang == "zh":
            return iso[:10]
        told = date.fromisoformat(iso[:10])
        return f"{told.day} {_MONTHS[told.month - 1]} {told.year}"

    def moment(self, iso: str | None) -> str:
        return f"{self.day(iso)} {iso[11:19]}" if iso else NONE

    def span(self, first: str | None, last: str | None) -> str:
        if first and last:
            return self("range", first=self.day(first), last=self.day(last))
        if first:
            return self("open_from", first=self.day(first))
        return self("until", last=self.day(last)) if last else self("always")

    def kilograms(self, value: int | None) -> str:
        return NONE if value is None else f"{value:,} kg"

    def share(self, value: float | None, most: float | None = None) -> str:
        """A share in per cent with two decimals; with more where rounding would hide that it is not ``most``."""
        if value is None:
            return NONE
        digits = 2
        while (
            most is not None
            and value != most
            and digits < 6
            and round(value * 100, digits) == round(most * 100, digits)
        ):
            digits += 1
        text = f"{value * 100:.{digits}f}"
        return f"{text.rstrip('0').rstrip('.') if value == most else text}%"

    def plain_share(self, value: float | None) -> str:
        return NONE if value is None else f"{value * 100:g}%"

    def yuan(self, fen: int | None) -> str:
        return NONE if fen is None else money.yuan(fen).removesuffix(".00")

    def axle_loads(self, loads: Sequence[int] | None) -> str:
        return " + ".join(f"{load:,}" for load in loads or ())


def value_of(told: Facts, name: str) -> float:
    """A threshold as of the day."""
    return _row_of(told, name)["parameter_value"]


def _row_of(told: Facts, name: str) -> Mapping[str, Any]:
    day = told["as_of"]
    return next(
        row
        for row in told["parameters"]
        if row["parameter"] == name and (row["valid_from"] or day) <= day <= (row["valid_to"] or day)
    )


def thresholds(told: Facts, w: Words) -> str:
    """What a count rests on, beside it: the day that places an act, the counted ratio, the trip and whose decisions,
    each as known."""
    names = ("repeat_excess_ratio", "allowance_mode", "repeat_merge_hours", "repeat_own_decision")
    ratio, allowance, hours, own = (_row_of(told, name) for name in names)
    parts = [
        basis(told["main"]["basis"], w),
        _counted_ratio(ratio["parameter_value"], w) + _mark(ratio, w),
        w("threshold.merge", hours=f"{hours['parameter_value']:g}") + _mark(hours, w),
        w("threshold.own" if own["parameter_value"] else "threshold.any") + _mark(own, w),
    ]
    if ratio["parameter_value"]:  # else nothing is held against the excess, with or without an allowance
        parts.insert(2, w.of("allowance", allowance["parameter_text"]) + _mark(allowance, w))
    return w("threshold", parts=w("semicolon").join(parts))


def _counted_ratio(ratio: float, w: Words) -> str:
    """At 0 nothing is held against the excess: not even one that the allowance takes up is left out."""
    return w("threshold.ratio", ratio=w.plain_share(ratio)) if ratio else w("threshold.any_excess")


def _mark(row: Mapping[str, Any], w: Words) -> str:
    return w("threshold.unverified") if is_unverified(row["confidence"]) else ""


def subject(told: Facts, w: Words) -> str:
    """湘M·12345（黄牌）, or the enterprise's name and code."""
    of = told["subject"]
    if of["kind"] == "enterprise":
        return f"{of['enterprise_name']} {of['uscc']}" if of["enterprise_name"] else of["uscc"]
    return f"{of['plate_no'][:2]}·{of['plate_no'][2:]}"


def snapshot(told: Facts, w: Words) -> str:
    """Which data: a published version, or what was known on a night."""
    of = told["snapshot"]
    until = w.day(of["data_until"]) if of["data_until"] else w("snapshot.empty")
    if of["known_on"]:
        return w("snapshot.known", on=w.day(of["known_on"]), until=until)
    return w("snapshot", version=of["version"], until=until)


def amount(row: Mapping[str, Any]) -> str:
    """What a parameter says: a number with its unit, or the code of a choice."""
    if row["parameter_value"] is None:
        return str(row["parameter_text"])
    return f"{row['parameter_value']:g} {row['unit'] or ''}".strip()


def allowance(act: Mapping[str, Any], w: Words) -> str:
    """What the scale may err by, of which class, and the excess that is left; apart from the threshold of the law."""
    if act["accuracy_class"] is None:
        return w("act.allowance.no_class")
    if act["allowance_kg"] is None:
        return w("act.allowance.none", grade=w("act.accuracy", grade=act["accuracy_class"]))
    return w(
        "act.allowance.left", allowance=w.kilograms(act["allowance_kg"]),
        grade=w("act.accuracy", grade=act["accuracy_class"]), left=w.kilograms(act["excess_after_allowance_kg"]),
        ratio=w.share(act["excess_ratio_after_allowance"], act["counted_ratio"]),
    )  # fmt: skip


def color(code: int | None, w: Words) -> str:
    return w("color.none") if code is None else w.of("color", code)


def window_name(code: str, w: Words) -> str:
    """A window as the head of a row or choice."""
    name = WINDOW_TERMS[code].name(w.lang)
    return name[:1].upper() + name[1:]


def basis(code: str, w: Words) -> str:
    """Which day places an act, in words."""
    return w("basis.by", name=BASIS_TERMS[code].name(w.lang))


def window(standing: Mapping[str, Any], w: Words) -> str:
    """The window in words with its days."""
    days = w.span(standing["window_first"], standing["window_last"])
    name = w("window.of", name=WINDOW_TERMS[standing["window"]].name(w.lang))
    by = basis(standing["basis"], w)
    return f"{name}（{days}，{by}）" if w.lang == "zh" else f"{name} ({days}, {by})"


def lead(told: Facts, w: Words) -> str:
    """The line that says the count: as of which day, in which span, and how far from the statute's threshold."""
    one = main_standing(told)
    values: dict[str, Any] = {"as_of": w.day(told["as_of"]), "window": window(one, w), "count": one["count"]}
    if told["subject"]["kind"] == "vehicle":
        over = int(value_of(told, "repeat_statutory_over"))
        if one["count"] > over:
            text = w("lead.vehicle.more", over=over, since=w.day(one["trigger_on"]), **values)
        else:
            text = w("lead.vehicle.fewer", over=over, left=over + 1 - one["count"], **values)
    else:
        most = w.plain_share(value_of(told, "repeat_enterprise_ratio"))
        if not one["fleet"]:
            text = w("lead.enterprise.unknown", **values)
        else:
            values |= {"fleet": f"{one['fleet']:,}", "ratio": w.share(one["ratio"]), "most": most}
            if one["tier"] == "statutory":
                text = w("lead.enterprise.more", since=w.day(one["trigger_on"]), **values)
            else:
                text = w("lead.enterprise.fewer", **values)
    if one["has_no_first_issue"]:
        text += ("" if w.lang == "zh" else " ") + w("lead.fallback")
    return text


def triggers(told: Facts, w: Words) -> list[str]:
    """Which acts began to count on the day since when the count is above the statute's threshold, and why that day."""
    since = main_standing(told)["trigger_on"]
    found = []
    for act in told["acts"]:
        judged = outcome(told, act)
        if judged["reason"] is None and since is not None and judged["counts_from"] == since:
            days = (("decided", act["decided_on"]), ("filed", act["filed_on"]))
            why = next((name for name, day in days if day == since), "other")
            found.append(w(f"trigger.{why}", case=act["case_no"], act=w.day(act["violated_at"]), since=w.day(since)))
    return found


def counted_span(told: Facts, act: Mapping[str, Any], w: Words) -> str:
    """Since when an act that counts does, and from when on it does not any more."""
    judged = outcome(told, act)
    days = (("counts.from", judged["counts_from"]), ("counts.until", judged["lapses_on"]))
    return w("semicolon").join(w(key, day=w.day(day)) for key, day in days if day)


def weak_but_counted(told: Facts, act: Mapping[str, Any], w: Words) -> str:
    """That an act counts although its weighing has reasons against its use as evidence; empty where it is not so."""
    passage = act["passage"]
    if passage is None or passage["evidence_ok"] or outcome(told, act)["reason"] is not None:
        return ""
    return w("act.evidence.decided" if act["decided_on"] else "act.evidence.counts")


def equation(told: Facts, w: Words) -> str:
    """From all cases to the count: how many count, and how many do not for which reason; a clue is no case."""
    one = main_standing(told)
    clues = sum(act["filed_on"] is None for act in told["acts"])
    key = "equation.clues" if clues else "equation"
    parts = [w(key, acts=one["act_count"] - clues, counted=one["counted_act_count"], clues=clues)]
    reasons = [reason for reason in REASONS if reason in one["reasons"]]
    parts += [
        w(
            "equation.clue" if reason == "not_filed" else "equation.part",
            count=one["reasons"][reason],
            reason=REASON_TERMS[reason].name(w.lang),
        )
        for reason in reasons
    ]
    if told["subject"]["kind"] == "enterprise" and one["count"] != one["counted_act_count"]:
        parts.append(w("equation.vehicles", counted=one["counted_act_count"], count=one["count"]))
    return w("semicolon").join(parts) + w("stop")


def tier(told: Facts, standing: Mapping[str, Any], w: Words) -> str:
    """Where a count stands against the thresholds."""
    question = Question(
        date.fromisoformat(told["as_of"]), told["subject"]["kind"], standing["window"], standing["basis"]
    )
    names = ("repeat_count", "repeat_statutory_over", "repeat_enterprise_ratio")
    return repeat_terms.tier(standing["tier"], question, {name: value_of(told, name) for name in names}, w.lang)[0]


def why(told: Facts, act: Mapping[str, Any], judged: Mapping[str, Any], standing: Mapping[str, Any], w: Words) -> str:
    """Why an act does not count in a standing, with the figures that decide."""
    reason = judged["reason"]
    term = REASON_TERMS[reason]
    if reason in ENDED_REASONS:
        return term.name(w.lang) + (w("why.on", day=w.day(act["ended_on"])) if act["ended_on"] else "")
    if reason == "ratio":
        most, after = act["counted_ratio"], act["excess_ratio_after_allowance"]
        return w(
            "why.ratio", ratio=w.share(act["excess_ratio"], most), after=w.share(after, most), most=w.plain_share(most)
        )
    if reason == "lighter_ratio":
        most = act["decided_counted_ratio"]
        return w(
            "why.lighter_ratio", after=w.share(act["excess_ratio_after_allowance"], most), most=w.plain_share(most),
            day=w.day(act["decided_on"]),
        )  # fmt: skip
    if reason == "permit":
        return w("why.permit", permit=act["permit_no"] or "")
    if reason == "same_trip":
        return w("why.same_trip", case=judged["same_trip_as"], hours=f"{value_of(told, 'repeat_merge_hours'):g}")
    if reason == "outside_window":
        return w(
            "why.outside_window", placed=w.day(judged["placed_on"]), first=w.day(standing["window_first"]),
            last=w.day(standing["window_last"]),
        )  # fmt: skip
    return term.says(w.lang).rstrip("。.")


def main_why(told: Facts, act: Mapping[str, Any], w: Words) -> str:
    """Why an act does not count in the leading standing; empty where it does."""
    judged = outcome(told, act)
    return why(told, act, judged, main_standing(told), w) if judged["reason"] else ""


def differences(told: Facts, w: Words) -> list[str]:
    """The acts that count in some of the standings only, and why not in the others."""
    found = []
    standings = {f"{one['asked']}.{one['basis']}": one for one in told["standings"]}
    for act in told["acts"]:
        yes = [name for name in standings if act["judged"][name]["reason"] is None]
        no = [name for name in standings if name not in yes]
        if yes and no:
            reasons: dict[str, str] = {}
            for name in no:  # where both days leave it out of a span, one reason says enough
                reasons.setdefault(name.split(".")[0], why(told, act, act["judged"][name], standings[name], w))
            found.append(
                w(
                    "differs.case",
                    case=act["case_no"],
                    counts=_spans(yes, w),
                    why=w("semicolon").join(dict.fromkeys(reasons.values())),
                    **{"not": _spans(no, w)},
                )
            )
    return found


def _spans(names: Sequence[str], w: Words) -> str:
    """The ways of counting in words; a span once where both days agree."""
    bases: dict[str, list[str]] = {}
    for name in names:
        span, by = name.split(".")
        bases.setdefault(span, []).append(by)
    blank = " " if w.lang == "en" else ""
    return w("join").join(
        w("window.of", name=WINDOW_TERMS[span].name(w.lang))
        + ("" if len(listed) == len(BASES) else blank + basis(listed[0], w))
        for span, listed in bases.items()
    )


def change(told: Facts, one: Mapping[str, Any], w: Words) -> tuple[str, str]:
    """What is supposed, and the count that follows."""
    kind = one["kind"]
    if kind == "parameter":
        value = one["value"]
        if isinstance(value, str):
            shown = w.of("allowance", value)
        else:
            shown = w.plain_share(value) if one["parameter"] == "repeat_excess_ratio" else f"{value:g}"
        text = w(f"change.parameter.{one['parameter']}", value=shown)
    elif kind == "weighed_above":
        act = next(act for act in told["acts"] if act["case_no"] == one["case_no"])
        text = w(
            "change.weighed_above",
            case=one["case_no"],
            most=w.plain_share(max(act["counted_ratio"], act["decided_counted_ratio"] or 0)),
        )
    elif kind in ("all_decided", "without_weak"):
        text = w(f"change.{kind}", cases=one["case_count"])
    elif kind == "more_acts":
        text = w(
            "change.more_acts", left=one["difference"], over=one["over"],
            ratio=_counted_ratio(value_of(told, "repeat_excess_ratio"), w),
            decided=w("change.more_acts.decided" if one["needs_decision"] else "change.more_acts.filed"),
        )  # fmt: skip
    else:
        text = w(f"change.{kind}", case=one["case_no"]) if "case_no" in one else w(f"change.{kind}")
    return text, count(told, one["count"], w)


def changes(told: Facts, w: Words) -> tuple[list[tuple[str, str]], list[str]]:
    """What would change the count, with the count that follows; and what is supposed and leaves it as it is."""
    others = [change(told, one, w) for one in told["changes"] if one["difference"]]
    return others, [change(told, one, w)[0] for one in told["changes"] if not one["difference"]]


def count(told: Facts, number: int, w: Words) -> str:
    key = "change.count.enterprise" if told["subject"]["kind"] == "enterprise" else "change.count"
    return w(key, count=number)


def unknown(told: Facts, one: Mapping[str, Any], w: Words) -> str:
    """One thing that the data do not say, and about which cases."""
    values = {}
    if one["code"] == "after_data":
        until = w.day(one["until"]) if one["until"] else w("snapshot.empty")
        values = {"until": until, "as_of": w.day(told["as_of"])}
    if one["code"] == "conditions":
        values = {"conditions": w("semicolon").join(w.pick(condition) for condition in one["conditions"])}
    text = w(f"unknown.{one['code']}", **values)
    if "cases" in one:
        text += w("colon") + w("unknown.cases", cases=w("join").join(one["cases"]))
    return text


def is_unverified(confidence: str | None) -> bool:
    return not (confidence or "").startswith("C")


def certificate(passage: Mapping[str, Any], w: Words) -> str:
    """The device's certificate and whether it was valid on the day of the passage."""
    one = passage["certificate"]
    if one is None:
        return w("act.no_device")
    if "certificate_no" in one:
        key = "act.certificate.valid" if one["is_valid"] else "act.certificate.invalid"
        parts = [w(key, number=one["certificate_no"], first=w.day(one["valid_from"]), last=w.day(one["valid_to"]))]
        if one["speed_min_kmh"] is not None and one["speed_max_kmh"] is not None:
            parts.append(w("act.speeds", low=f"{one['speed_min_kmh']:g}", high=f"{one['speed_max_kmh']:g}"))
        return w("semicolon").join(parts)
    parts = [w("act.certificate.none")]
    if one["last_ended_on"]:
        parts.append(w("act.certificate.before", day=w.day(one["last_ended_on"])))
    if one["next_begins_on"]:
        parts.append(w("act.certificate.after", day=w.day(one["next_begins_on"])))
    return w("semicolon").join(parts)


def dimension(one: Mapping[str, Any], w: Words) -> str:
    """A dimension beyond the general limit: measured, limit, rule, and what it is."""
    name, standing = (dimensions.WORDS[one[kind]][w.lang == "en"] for kind in ("dimension", "standing"))
    text = w(
        "act.dimension.one", name=name, measured=f"{one['measured_mm']:,}", limit=f"{one['limit_mm']:,}",
        rule=one["rule_id"], standing=standing,
    )  # fmt: skip
    if one["permit_no"]:
        text += w("comma") + w("act.dimension.permit", permit=one["permit_no"], size=_mm(one["permitted_mm"], w))
    return text


def _mm(size: int | None, w: Words) -> str:
    return w("not_known") if size is None else f"{size:,} mm"


def tie(one: Mapping[str, Any], w: Words) -> str:
    """One thing that belongs to an act: what it is, how surely and by what."""
    basis = match_terms.basis(one["kind"], one["grade"], one["reason"], w.lang)
    found = " ".join(str(one[name]) for name in ("name", "number") if name in one and one["kind"] != "match")
    if one["kind"] == "loading" and "at" in one:
        found += w("comma") + w("act.match.ticket", at=w.moment(one["at"]), mass=w.kilograms(one.get("mass_kg")))
    text = match_terms.kind_name(one["kind"], w.lang) + w("colon") + basis
    return f"{text} · {found}" if found else text


def register_only(told: Facts, one: Mapping[str, Any], w: Words) -> str:
    """An act that only the register of vehicles ties to the enterprise."""
    county = w.pick(told["places"].get(one["county_code"])) or one["county_code"]
    parts = [w.moment(one["violated_at"]), one["plate"], county, w.of("act_code", one["act_code"]), one["case_no"]]
    if one["excess_ratio"] is not None:
        parts.append(f"{w('act.excess')} {w.share(one['excess_ratio'])}")
    return " · ".join([*parts, source(told, one, w)])


def place(told: Facts, act: Mapping[str, Any], w: Words) -> str:
    """County and, where it was weighed, the site."""
    county = w.pick(told["places"].get(act["county_code"])) or act["county_code"]
    passage = act["passage"]
    if passage is None:
        return county
    site = passage["site"] or {}
    name = (site.get("site_name_en") if w.lang == "en" else None) or site.get("site_name") or ""
    code = "" if name.startswith(passage["site_code"]) else passage["site_code"]
    return " ".join(filter(None, (county, code, name)))


def source(told: Facts, of: Mapping[str, Any], w: Words) -> str:
    """File and line of a delivered row."""
    name = told["files"].get(of["delivery_id"], of["delivery_id"][:12])
    return w("act.line", file=name, line=of["source_line"])


def decisions(act: Mapping[str, Any], w: Words) -> list[str]:
    """Each decision up to the day: whom it is against, kind, amounts, day, service."""
    found = []
    for one in act["decisions"]:
        kind = w.of("penalty", one["penalty_kind"])
        parts = [w.day(one["decided_on"]), w.of("against", one["subject_kind"])]
        parts.append(
            w("act.amount", kind=kind, yuan=w.yuan(one["decided_fen"])) if one["decided_fen"] else kind
        )  # fmt: skip
        if one["statutory_fen"] and one["statutory_fen"] != one["decided_fen"]:
            parts.append(w("act.statutory", yuan=w.yuan(one["statutory_fen"])))
        if one["served_on"]:
            parts.append(f"{w.day(one['served_on'])} {w('act.served')}")
        parts.append(one["decision_no"])
        found.append(w("comma").join(parts))
    return found


def numbered(told: Facts) -> list[tuple[int | None, Mapping[str, Any]]]:
    """The acts in order of time; those that count with their number."""
    found: list[tuple[int | None, Mapping[str, Any]]] = []
    number = 0
    for act in told["acts"]:
        counts = outcome(told, act)["reason"] is None
        number += counts
        found.append((number if counts else None, act))
    return found
