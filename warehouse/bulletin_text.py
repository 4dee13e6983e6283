"""A bulletin's figures in words, in both languages: a list of blocks that HTML, PDF and DOCX are laid out from.

Every sentence follows from the tree (``warehouse.bulletin``); nothing is typed by hand, so a figure of a sentence, a
table and a chart cannot differ. Texts lie in ``bulletin_words.json``: a key, the Chinese and the English form. Names of
metrics, indicators, parts, rungs, clocks, windows and tiers are those of every page. Numbers stand in full; rates have
two decimals below 10 % and one above.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from warehouse import cases, money, score_terms, supervision, supervision_terms
from warehouse.bulletin import BANDS, MOST_SITES, SMALL_SAMPLE, check_code
from warehouse.case_terms import CLOCK_TERMS
from warehouse.funnel import STAGE_WORDS
from warehouse.kpi import KPIS
from warehouse.parameters import Parameter
from warehouse.repeat_terms import BASIS_TERMS, WINDOW_TERMS

LANGUAGES = ("zh", "en")
NONE = "—"
MINUS = "−"
_FILE = Path(__file__).with_name("bulletin_words.json")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
Told = Mapping[str, Any]


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    return {key: (zh, en) for key, (zh, en) in json.loads(_FILE.read_text(encoding="utf-8")).items()}


@dataclass(frozen=True)
class Words:
    """The texts of one language."""

    lang: str

    def __call__(self, key: str, **values: Any) -> str:
        text = catalogue()[key][self.lang == "en"]
        return text.format(**values) if values else text

    def pick(self, row: Mapping[str, Any]) -> str:
        return str(row[self.lang])

    def day(self, iso: str) -> str:
        """2026年11月30日, 30 Nov 2026."""
        told = date.fromisoformat(iso[:10])
        if self.lang == "zh":
            return f"{told.year}年{told.month}月{told.day}日"
        return f"{told.day} {_MONTHS[told.month - 1][:3]} {told.year}"

    def short_day(self, iso: str) -> str:
        """11月30日, 30 Nov."""
        return self.day(iso).split("年")[1] if self.lang == "zh" else self.day(iso).rsplit(" ", 1)[0]

    def span(self, days: Mapping[str, str]) -> str:
        return self("span", first=self.day(days["first"]), last=self.day(days["last"]))

    def join(self, parts: Iterable[str], by: str = "join") -> str:
        return self(by).join(parts)


# --- blocks ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Heading:
    """``topic``: what the section is about, the key of its words without ``h.``."""

    text: str
    topic: str = ""


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Table:
    """``rows``: cells as texts; ``numbers``: places of columns whose cells are numbers, set to the right."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int]


@dataclass(frozen=True)
class Figure:
    """``chart``: days or bands, drawn from the tree itself; ``reading``: how to read it."""

    caption: str
    chart: str
    reading: str = ""


Block = Heading | Paragraph | Table | Figure


# --- numbers -----------------------------------------------------------------------------------------------
def percent(value: float | None) -> str:
    """3.24, 12.5, 100; what is short of all is never shown as all. Without the sign."""
    if value is None:
        return NONE
    digits = 2 if abs(value) < 0.1 else 1
    text = f"{value * 100:.{digits}f}"
    if value < 1 and float(text) >= 100:
        return "99.9"
    return text.removesuffix(".0") if value == 1 else text


def share(value: float | None) -> str:
    return NONE if value is None else f"{percent(value)}%"


def ratio(part: int, of: int) -> float | None:
    return part / of if of else None


def signed(value: float, digits: int = 2) -> str:
    """+0.38, −0.62, 0.00 without a sign."""
    text = f"{abs(value):.{digits}f}"
    return text if float(text) == 0 else f"{'+' if value > 0 else MINUS}{text}"


def points(now: float | None, before: float | None, w: Words) -> str | None:
    """How a rate moved, in percentage points; None without one of the two."""
    if now is None or before is None:
        return None
    moved = round((now - before) * 100, 2)
    if not moved:
        return w("same")
    return w("points.up" if moved > 0 else "points.down", value=f"{abs(moved):.2f}")


def moved(now: int, before: int, w: Words) -> str:
    """How a count moved, in per cent."""
    if not before:
        return w("same") if not now else w("from_none")
    by = round((now / before - 1) * 100, 1)
    if not by:
        return w("same")
    return w("percent.up" if by > 0 else "percent.down", value=f"{abs(by):.1f}")


def more(now: int, before: int, w: Words) -> str:
    """How a small count moved, as a number of its own: 多 3, 少 2."""
    if now == before:
        return w("same")
    return w("more" if now > before else "fewer", count=f"{abs(now - before):,}")


def against(change: str | None, name: str, w: Words) -> str:
    """比上期…, or that there are no data of then."""
    return w(f"vs.{name}.none") if change is None else w(f"vs.{name}", change=change)


# --- the head ----------------------------------------------------------------------------------------------
def period(told: Told, w: Words) -> str:
    """2026年6月 of a whole period; else its days."""
    first = date.fromisoformat(told["spans"]["now"]["first"])
    if not told["is_complete"]:
        return w.span(told["spans"]["now"])
    month = str(first.month) if w.lang == "zh" else _MONTHS[first.month - 1]
    key = f"period.half.{told['number']}" if told["kind"] == "half" else f"period.{told['kind']}"
    return w(key, year=first.year, month=month, number=told["number"])


def issue(told: Told, w: Words) -> str:
    return w(f"issue.{told['kind']}", year=told["name"][:4], number=told["number"])


def title(told: Told, w: Words) -> str:
    return w("title", period=period(told, w))


def cut(told: Told, w: Words) -> str:
    """Until when, as known when, by which definitions, and the code that finds it again."""
    return w("data.cut", until=w.day(told["data_until"]), night=w.day(told["night"]), format=told["format"],
             name=told["name"], code=check_code(told))  # fmt: skip


# --- the text ----------------------------------------------------------------------------------------------
class _Writer:
    """Blocks in order, with the numbers of headings, tables and figures."""

    def __init__(self, told: Told, w: Words) -> None:
        self.told, self.w, self.blocks = told, w, list[Block]()
        self._headings = self._tables = self._figures = 0

    def heading(self, key: str) -> None:
        numeral = self.w("numeral")[self._headings]
        self._headings += 1
        self.blocks.append(Heading(self.w("heading", numeral=numeral, text=self.w(key)), key.removeprefix("h.")))

    def say(self, key: str, **values: Any) -> None:
        self.blocks.append(Paragraph(self.w(key, **values) if values else self.w(key)))

    @property
    def next_table(self) -> int:
        return self._tables + 1

    def table(self, caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int]) -> None:
        self._tables += 1
        named = f"{self.w('table', number=self._tables)}　{caption}"
        told = tuple(tuple(row) for row in rows)
        self.blocks.append(Table(named, tuple(map(self.w, heads)), told, frozenset(numbers)))

    def figure(self, key: str, chart: str, reading: str = "") -> None:
        self._figures += 1
        named = f"{self.w('figure', number=self._figures)}　{self.w(key)}"
        self.blocks.append(Figure(named, chart, self.w(reading) if reading else ""))

    def place(self, code: str | None) -> str:
        if not code:
            return self.w("unplaced")
        name = self.told["places"].get(code)
        return self.w.pick(name) if name else code


def blocks(told: Told, lang: str) -> list[Block]:
    """The whole text, from the first sentence to the notes on the data."""
    of = _Writer(told, Words(lang))
    _lead(of)
    for section in (_weighing, _cases, _repeat, _hazards, _terminals, _ranking, _measures, _data):
        section(of)
    return of.blocks


def _lead(of: _Writer) -> None:
    now, before, year = (of.told["weighing"][name] for name in ("now", "before", "year"))
    if not now["weighed_count"]["value"]:
        of.say("lead.none", period=period(of.told, of.w))
        return
    rate = now["overload_rate"]["value"]
    of.say(
        "lead", period=period(of.told, of.w), weighed=f"{now['weighed_count']['value']:,}",
        over=f"{now['over_count']['value']:,}", rate=share(rate),
        before=against(points(rate, before["overload_rate"]["value"], of.w), "before", of.w),
        year=against(points(rate, year["overload_rate"]["value"], of.w), "year", of.w),
    )  # fmt: skip


def _weighing(of: _Writer) -> None:
    of.heading("h.weighing")
    now, before = of.told["weighing"]["now"], of.told["weighing"]["before"]
    severe, over = now["severe_count"]["value"], now["over_count"]["value"]
    change = None
    if before["weighed_count"]["value"]:
        change = moved(severe, before["severe_count"]["value"], of.w)
    of.say(
        "weighing.severe", severe=f"{severe:,}", share=share(ratio(severe, over)),
        change=against(change, "before", of.w), permitted=f"{now['permitted_count']['value']:,}",
    )  # fmt: skip
    reporting = now["site_reporting_rate"]
    sites = of.told["silent"]
    of.say("weighing.sites", rate=share(reporting["value"]), reporting=f"{reporting['numerator']:,}",
           all=f"{reporting['denominator']:,}")  # fmt: skip
    if sites:
        named = of.w.join(
            of.w("weighing.site", site=one["site_code"], silent=one["silent_days"], partial=one["partial_days"])
            for one in sites[:MOST_SITES]
        )
        more = of.w("weighing.more", count=len(sites)) if len(sites) > MOST_SITES else ""
        of.say("weighing.silent", sites=named + (of.w("join") if more and of.w.lang == "en" else "") + more)
    of.figure("f.days", "days", "f.days.reading")
    of.say("weighing.counties", table=of.next_table)
    of.table(of.w("t.counties"), ("c.county", "c.weighed", "c.over", "c.rate", "c.change"), _counties(of), range(1, 5))
    of.figure("f.bands", "bands")


def _counties(of: _Writer) -> list[tuple[str, ...]]:
    """The highest rate first, small samples last."""
    found = []
    for one in of.told["counties"]:
        now, before = (one.get(name) or {"weighed_count": 0, "over_count": 0} for name in ("now", "before"))
        if not now["weighed_count"]:
            continue
        rate, was = (ratio(part["over_count"], part["weighed_count"]) for part in (now, before))
        is_small = now["weighed_count"] < SMALL_SAMPLE
        change = NONE if was is None or rate is None or is_small else signed((rate - was) * 100)
        shown = of.w("small") if is_small else percent(rate)
        cells = (of.place(one["county_code"]), f"{now['weighed_count']:,}", f"{now['over_count']:,}", shown, change)
        found.append((is_small, -(rate or 0), str(one["county_code"]), cells))
    return [cells for *_, cells in sorted(found, key=lambda row: row[:3])]


def _cases(of: _Writer) -> None:
    of.heading("h.cases")
    now, before = of.told["cases"]["now"], of.told["cases"]["before"]
    of.say(
        "cases.series", **{name: f"{now[name]:,}" for name in cases.SERIES},
        **{f"{name}_before": f"{before[name]:,}" for name in cases.SERIES},
    )  # fmt: skip
    amounts = of.told["money"]["now"]
    of.say("cases.money", **{name: money.yuan(amounts[f"{name}_fen"]) for name in ("decided", "collected")})
    of.say("cases.funnel", table=of.next_table)
    rows, last = [], None
    for one in of.told["funnel"]:
        through = NONE if last is None else f"{one['through']:,}"
        part = NONE if last is None else percent(ratio(one["through"], last["count"]))
        left = of.w.join((f"{of.w.pick(part)} {part['count']:,}" for part in one["left"][:3]), "semicolon")
        rows.append((STAGE_WORDS[one["stage"]][of.w.lang == "en"], f"{one['count']:,}", through, part, left))
        last = one
    day = of.w.day(of.told["spans"]["now"]["last"])
    of.table(of.w("t.funnel", day=day), ("c.stage", "c.count", "c.through", "c.share", "c.left"), rows, (1, 2, 3))
    clocks = of.told["clocks"]
    parts = of.w.join(
        of.w("cases.clock", name=CLOCK_TERMS[name].name(of.w.lang), count=f"{one['overdue']:,}")
        for name, one in clocks.items()
        if one["overdue"]
    )
    of.say(
        "cases.clocks", day=day, overdue=f"{sum(one['overdue'] for one in clocks.values()):,}",
        parts=of.w("parts", parts=parts) if parts else "", soon=f"{sum(one['soon'] for one in clocks.values()):,}",
    )  # fmt: skip
    if others := of.told.get("clocks_other"):  # not told by heng-bulletin/1
        parts = of.w.join(
            of.w("cases.clock", name=CLOCK_TERMS[name].name(of.w.lang), count=f"{count:,}")
            for name, count in others.items()
        )
        of.say("cases.clocks.other", overdue=f"{sum(others.values()):,}", parts=parts)


def _repeat(of: _Writer) -> None:
    of.heading("h.repeat")
    told, day = of.told["repeat"], of.w.day(of.told["spans"]["now"]["last"])
    vehicles, enterprises = told["vehicle"], told["enterprise"]
    of.say(
        "repeat.vehicles", day=day, window=WINDOW_TERMS[told["window"]].name(of.w.lang),
        basis=BASIS_TERMS[told["basis"]].name(of.w.lang), over=f"{told['statutory_over']:g}",
        statutory=f"{vehicles['statutory']:,}", new=f"{vehicles['new']:,}", warning=f"{told['count']:g}",
        warned=f"{vehicles['warning']:,}",
    )  # fmt: skip
    of.say(
        "repeat.enterprises", share=f"{told['enterprise_ratio'] * 100:g}%", statutory=f"{enterprises['statutory']:,}",
        new=f"{enterprises['new']:,}", unknown=f"{enterprises['unknown']:,}",
    )  # fmt: skip
    if before := told.get("before"):
        of.say(
            "repeat.change", day=of.w.day(of.told["spans"]["before"]["last"]),
            vehicles=more(vehicles["statutory"], before["vehicle"]["statutory"], of.w),
            warned=more(vehicles["warning"], before["vehicle"]["warning"], of.w),
            enterprises=more(enterprises["statutory"], before["enterprise"]["statutory"], of.w),
        )  # fmt: skip
    of.say("repeat.person")


def _hazards(of: _Writer) -> None:
    of.heading("h.hazards")
    told, day = of.told["hazards"], of.w.day(of.told["spans"]["now"]["last"])
    if not told["registered"] and not told["open"]:
        of.say("hazards.none")
        return
    of.say(
        "hazards.rates", first=of.w.day(told["first"]), day=day, rate=share(ratio(told["closed"], told["registered"])),
        on_time_rate=share(ratio(told["on_time"], told["due"])),
        **{name: f"{told[name]:,}" for name in ("registered", "closed", "due", "on_time")},
    )  # fmt: skip
    of.say("hazards.open", open=f"{told['open']:,}", overdue=f"{told['overdue']:,}", soon=f"{told['due_soon']:,}",
           listed=f"{told['listed']:,}")  # fmt: skip
    if before := told.get("before"):
        now, then = (ratio(one["closed"], one["registered"]) for one in (told, before))
        of.say(
            "hazards.change", day=of.w.day(of.told["spans"]["before"]["last"]),
            rate=points(now, then, of.w) or of.w("hazards.change.no_rate"),
            **{name: more(told[name], before[name], of.w) for name in ("open", "overdue", "listed")},
        )  # fmt: skip
    if told["checked"]:
        of.say("hazards.bound", checked=f"{told['checked']:,}", false=f"{told['false']:,}", upper=share(told["upper"]))
    else:
        of.say("hazards.unchecked")
    rows = [
        (
            of.place(one["county_code"]), f"{one['registered']:,}", f"{one['closed']:,}",
            percent(ratio(one["closed"], one["registered"])), percent(ratio(one["on_time"], one["due"])),
            f"{one['overdue']:,}",
        )
        for one in told["counties"]
    ]  # fmt: skip
    heads = ("c.county", "c.registered", "c.closed", "c.closed_rate", "c.on_time", "c.overdue")
    of.table(of.w("t.hazards", day=day), heads, rows, range(1, 6))


def _terminals(of: _Writer) -> None:
    of.heading("h.terminals")
    now, before = of.told["terminals"]["now"], of.told["terminals"]["before"]
    known = [name for name in KPIS if now[name]["value"] is not None]
    if not known:
        of.say("terminals.none")
        return
    online = now["online_rate"]["value"]
    of.say(
        "terminals.says", online=share(online), alarms=share(now["alarm_disposal_in_time"]["value"]),
        change=against(points(online, before["online_rate"]["value"], of.w), "before", of.w), table=of.next_table,
    )  # fmt: skip
    rows = []
    for name in known:
        of_kpi = KPIS[name]
        unit = of_kpi.unit_zh if of.w.lang == "zh" else of_kpi.unit_en

        def shown(value: float | None, unit: str = unit) -> str:
            return share(value) if not unit else NONE if value is None else f"{value:,.2f} {unit}"

        called = of_kpi.zh if of.w.lang == "zh" else of_kpi.en
        rows.append((called, shown(now[name]["value"]), shown(before[name]["value"]), of_kpi.confidence))
    of.table(of.w("t.kpis"), ("c.kpi", "c.now", "c.before", "c.basis"), rows, (1, 2))


def _ranking(of: _Writer) -> None:
    of.heading("h.ranking")
    told = of.told["ranking"]
    placed = [one for one in told["units"] if one["place"] is not None]
    unplaced = [one for one in told["units"] if one["place"] is None]
    if not placed:
        of.say("ranking.none")
        return
    of.say("ranking.how", confidence=f"{told['confidence']:.0%}")
    rows = []
    for one in placed:
        rows.append(
            (
                str(one["place"]), f"{one['low']}–{one['high']}", of.place(one["code"]), f"{one['total']:.1f}",
                _change(one["change"], of.w), score_terms.letters(tuple(one["groups"])),
            )
        )  # fmt: skip
    heads = ("c.place", "c.interval", "c.county", "c.total", "c.points", "c.group")
    of.table(of.w("t.ranking"), heads, rows, (0, 3, 4))
    if unplaced:
        of.say("ranking.unplaced", places=of.w.join(of.place(one["code"]) for one in unplaced))
    if told["gaps"]:
        gaps = (score_terms.gap_words(score_terms.Gap(**one), of.w.lang) for one in told["gaps"])
        of.say("ranking.gaps", gaps=of.w.join(gaps, "semicolon"))


def _change(change: Mapping[str, Any] | None, w: Words) -> str:
    """Points, or why they are not sure; a tree of an older format tells no reason."""
    if change is None:
        return NONE
    if "doubt" not in change:
        return signed(change["points"], 1) if change["is_told"] else w("ranking.not_told")
    return score_terms.doubt_words(change["doubt"], w.lang) if change["doubt"] else signed(change["points"], 1)


def _measures(of: _Writer) -> None:
    of.heading("h.measures")
    told, at = of.told["measures"], of.w.lang == "en"

    def listed(part: str) -> str:
        found = [
            of.w("measures.part", name=supervision_terms.RUNGS[rung][at], count=f"{one[part]:,}")
            for rung, one in told.items()
            if one[part]
        ]
        return of.w.join(found) or of.w("none")

    has_untold = all("untold" in one for one in told.values())  # not told by heng-bulletin/1
    of.say(
        "measures.taken", parts=listed("taken"), overdue=listed("overdue"),
        untold=of.w("measures.untold", parts=listed("untold")) if has_untold else "",
    )  # fmt: skip
    suggestions = of.told["suggestions"]
    if not suggestions:
        of.say("measures.none")
        return
    of.say("measures.rules", table=of.next_table)
    rows = []
    for one in suggestions:
        numbers = [supervision.Number(**_days(number)) for number in one["numbers"]]
        told_numbers = of.w.join(
            (supervision_terms.number_words(number, of.w.lang, supervision_terms.span(number)) for number in numbers),
            "semicolon",
        )
        place = of.place(one["county_code"]) + (f" {one['hazard_no']}" if one["hazard_no"] else "")
        rows.append((supervision_terms.RUNGS[one["rung"]][at], place, _rule(one, of.w.lang), told_numbers))
    of.table(of.w("t.suggestions"), ("c.rung", "c.county", "c.rule", "c.numbers"), rows, ())


def _days(number: Mapping[str, Any]) -> dict[str, Any]:
    return {**number, "first": date.fromisoformat(number["first"]), "last": date.fromisoformat(number["last"])}


def _rule(one: Mapping[str, Any], lang: str) -> str:
    parameters = tuple(Parameter(row["name"], row["value"], None, "", "", "", "", "") for row in one["parameters"])
    return supervision_terms.rule_words(supervision.Suggestion(one["rung"], "", one["rule"], (), parameters), lang)


def _data(of: _Writer) -> None:
    of.heading("h.data")
    spans = of.told["spans"]
    of.say("data.spans", before=of.w.span(spans["before"]), year=of.w.span(spans["year"]))
    restated = of.told["restated"]
    if restated is not None:
        named = {"name": restated["name"], "code": restated["code"]}
        if restated["moved"]:
            of.say("data.restated", night=of.w.day(restated["night"]), **named)
            rows = [
                (of.w(f"restated.{one['name']}"), _amount(one["name"], one["was"]), _amount(one["name"], one["now"]))
                for one in restated["moved"]
            ]
            of.table(of.w("t.restated"), ("c.figure", "c.was", "c.is"), rows, (1, 2))
        else:
            of.say("data.same", **named)
    if of.told["unverified"]:
        of.say("data.unverified")
        rows = [(of.w.pick(one), one["amount"], one["confidence"]) for one in of.told["unverified"]]
        of.table(of.w("t.unverified"), ("c.parameter", "c.value", "c.basis"), rows, (1,))


def _amount(name: str, value: int) -> str:
    return money.yuan(value) if name.endswith("_fen") else f"{value:,}"


__all__ = ["BANDS", "LANGUAGES", "Block", "Figure", "Heading", "Paragraph", "Table", "Words", "blocks", "cut", "issue",
           "title"]  # fmt: skip
