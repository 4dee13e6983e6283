"""A shift sheet as plain facts, and in words: the same for the command, the file and the page.

Plates are masked here, whatever the reader: whole ones are shown by a look-up, which states its purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from warehouse.parameters import UNVERIFIED, Codes, Parameter
from warehouse.plate import masked
from warehouse.repeat_terms import WINDOW_TERMS
from warehouse.shift import STATE_WORDS, BackTest, Block, Sheet, shown
from warehouse.watch import Watch

FORMAT = "heng-shift/1"
LANGUAGES = ("zh", "en")
MOST_WATCHED = 40
"""Vehicles that a sheet has at most; how many there are in all is told beside them."""
ON_PAPER = {"sites": 15, "vehicles": 12}
"""Rows that one sheet of A4 has room for; the style sheet of the page hides as many."""
_DAYS = (
    ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WORDS = {
    "title": ("值勤单", "Shift sheet"),
    "working": ("工作日", "working day"),
    "off": ("休息日", "day off"),
    "assumed": (
        "（当年放假安排未载入，按周一至周五推定）", " (the year's holidays are not loaded; by Monday to Friday)",
    ),
    "all": ("全市", "whole prefecture"),
    "lead": (
        "{day}（{weekday}，{kind}），{county}：预计严重发现 {expected} 起；最多的 {count} 个时段合计 {top} 起，"
        "占 {share}。首位 {site} {hours}：{most} 起，区间 {low}–{high}。",
        "{day} ({weekday}, {kind}), {county}: {expected} serious findings expected; {top} of them, {share}, in the "
        "{count} blocks with the most. First {site} {hours}: {most}, interval {low}–{high}.",
    ),
    "lead.none": (
        "{day}（{weekday}，{kind}），{county}：数据太少，没有可排序的站点。",
        "{day} ({weekday}, {kind}), {county}: too little data, no site can be ranked.",
    ),
    "basis": (
        "依据：{first} 至 {last} 的 {days} 个{kind}，称重站点自动检出；严重发现：扣除允许误差后超限率达到 {ratio}、"
        "无通行证覆盖、未审核作废。区间含 {interval} 的可能。",
        "Basis: what scales found by themselves on {days} days of this kind ({kind}), {first} to {last}. A serious "
        "finding: excess of {ratio} or more, the allowance taken off, no permit, not voided. Intervals hold "
        "{interval}.",
    ),
    "hours.same": (
        "各时段之间的差别没有超出偶然，同一站点的时段次序没有意义。",
        "Hours of the day differ no more than chance would have it: the order of hours at one site means nothing.",
    ),
    "tested": (
        "回测最近 {days} 天：严重发现 {found} 起，前 {size} 个时段含 {model}；随意选取 {uniform}，照抄前一日 "
        "{yesterday}；{covered} 的时段落在区间内。",
        "Back-test of the last {days} days: of {found} serious findings {model} fell into the first {size} blocks; by "
        "lot {uniform}, by the day before {yesterday}. {covered} of the blocks lay in their interval.",
    ),
    "tested.none": ("回测：可排序的日子没有严重发现。", "Back-test: no serious finding on days that could be ranked."),
    "decides.not": (
        "本表按道路安全风险排序，供人决定去向；不含罚款、案件数和任务指标，也不得用作考核（行政处罚法第七十四条）。",
        "The order is one of danger on the road, for a person who decides. It holds no fines, cases or quotas and is "
        "no measure of anybody's work (Administrative Penalties Law, art. 74).",
    ),
    "watch.reason": (
        "列入只是提示注意，不是拦停或处罚的依据；违法以称重为证。号牌遮盖，全号经违法查询说明用途后显示。",
        "To be listed is a reason to look, none to stop or fine anybody: an act is proved by a weighing. Plates are "
        "masked; a look-up, which states its purpose, shows them.",
    ),
    "top": ("去哪里、什么时段", "Where and when"),
    "sites": ("各站点与时段：预计严重发现", "Sites and hours: serious findings expected"),
    "watch": ("重点车辆", "Vehicles to look out for"),
    "watch.of": (
        "{shown} 辆，按{window}计次；近 {days} 天经过称重站点的共 {all} 辆，符合条件的共 {named} 辆。",
        "{shown} vehicles, acts counted by {window}; {all} passed a scale in the last {days} days, of {named} that "
        "qualify.",
    ),
    "watch.none": (
        "近 {days} 天没有符合条件的车辆经过称重站点。",
        "No vehicle that qualifies passed a scale in the last {days} days.",
    ),
    "site": ("站点", "Site"),
    "place": ("县区 · 路段", "County · road"),
    "county": ("县区", "County"),
    "hours": ("时段", "Hours"),
    "expected": ("预计", "Expected"),
    "interval": ("区间", "Interval"),
    "expected.of": ("预计（区间）", "Expected (interval)"),
    "counted": ("依据", "Basis"),
    "counted.of": ("{days} 天 {count} 起", "{count} on {days} days"),
    "sum": ("全天", "Day"),
    "notes": ("提示", "Notes"),
    "plate": ("号牌", "Plate"),
    "why": ("原因", "Why"),
    "usual": ("常经站点和时段", "Usual sites and hours"),
    "usual.of": ("{site} {hours}，{count}/{all} 次", "{site} {hours}, {count} of {all}"),
    "usual.none": ("{all} 次，无固定站点和时段", "{all} passages, no usual site and hours"),
    "last": ("最近经过", "Last seen"),
    "reason.statutory": ("计次 {acts}，超过法定次数", "{acts} acts, above the statute's number"),
    "reason.warning": ("计次 {acts}，预警", "{acts} acts, warning"),
    "reason.unpaid": ("逾期未缴罚款", "fine overdue"),
    "reason.also_unpaid": ("逾期未缴 {count} 件", "{count} fines overdue"),
    "drifts.stop": ("称重漂移超过停用线", "scale beyond the stop line"),
    "drifts.warn": ("称重漂移预警", "scale drift warning"),
    "since": ("{what}，自 {day}", "{what}, since {day}"),
    "few": ("数据太少：{days} 天", "too little data: {days} days"),
    "paper": (
        "纸上只有前 {sites} 个站点、前 {vehicles} 辆车；其余见文件或页面。",
        "On paper: the first {sites} sites and {vehicles} vehicles; the rest is in the file or on the page.",
    ),
    "unverified": ("未核实", "unverified"),
    "parameters": ("参数", "Parameters"),
    "made": (
        "截至 {day} 的数据，版本 {version} · 内容摘要 SHA-256 {digest}",
        "Data to {day}, version {version} · content SHA-256 {digest}",
    ),
    "list": ("；", "; "),
}  # fmt: skip


class Words:
    """The words of one language."""

    def __init__(self, lang: str) -> None:
        self.lang, self._at = lang, LANGUAGES.index(lang)

    def __call__(self, key: str, **values: Any) -> str:
        text = WORDS[key][self._at]
        return text.format(**values) if values else text

    def pick(self, pair: tuple[str, str] | list[str]) -> str:
        return pair[self._at]

    def day(self, iso: str) -> str:
        told = date.fromisoformat(iso[:10])
        return iso[:10] if self.lang == "zh" else f"{told.day} {_MONTHS[told.month - 1]} {told.year}"

    def moment(self, iso: str) -> str:
        """To the minute, without the year."""
        told = date.fromisoformat(iso[:10])
        day = iso[5:10] if self.lang == "zh" else f"{told.day} {_MONTHS[told.month - 1]}"
        return f"{day} {iso[11:16]}"

    def weekday(self, iso: str) -> str:
        return _DAYS[self._at][date.fromisoformat(iso).weekday()]

    def kind(self, told: Mapping[str, Any]) -> str:
        return self("working" if told["is_working_day"] else "off")


# --- facts -----------------------------------------------------------------------------------------------
def _block(one: Block, days: int) -> dict[str, Any]:
    return {
        "site_code": one.site_code, "first_hour": one.first_hour, "until_hour": one.until_hour, "found": one.found,
        "days": days, "expected": shown(one.expected), "low": one.low, "high": one.high,
    }  # fmt: skip


def document(
    sheet: Sheet,
    watched: Watch,
    tested: BackTest | None,
    told: Iterable[Parameter | Codes],
    version: Any,
    counties: Mapping[str, tuple[str, str]],
    most: int | None = MOST_WATCHED,
) -> dict[str, Any]:
    """Everything as plain values, days and moments in ISO form. ``most``: vehicles of the watch list at most."""
    used = [vars(one) | {"amount": one.amount} for one in told]
    codes = {code for code in (sheet.asked.county, *(one.county_code for one in sheet.sites)) if code}
    return {
        "format": FORMAT, "version": version, "on": str(sheet.asked.on), "as_of": str(sheet.asked.as_of),
        "county": sheet.asked.county, "is_working_day": sheet.is_working_day, "is_noticed": sheet.is_noticed,
        "first": str(sheet.first), "last": str(sheet.last), "days": sheet.days, "hours_differ": sheet.hours_differ,
        "expected": shown(sheet.expected),
        "top": [_block(one, sheet.site(one.site_code).days) for one in sheet.top],
        "sites": [
            {
                "site_code": one.site_code, "county_code": one.county_code, "road_code": one.road_code,
                "chainage_km": one.chainage_km, "state": one.state, "days": one.days, "is_few": one.is_few,
                "drifts": one.drifts, "drifts_since": one.drifts_since and str(one.drifts_since),
                "found": one.found, "expected": shown(one.expected),
                "blocks": [_block(block, one.days) for block in one.blocks],
            }
            for one in sheet.sites
        ],
        "watch": {
            "window": watched.question.window, "basis": watched.question.basis,
            "require_decision": watched.question.require_decision, "first": str(watched.first),
            "last": str(watched.last), "days": (watched.last - watched.first).days + 1, "named": watched.named,
            "all": len(watched.vehicles),
            "vehicles": [
                {
                    "plate": masked(str(one.plate_no)), "plate_color_code": one.plate_color_code, "reason": one.reason,
                    "acts": one.acts, "unpaid": one.unpaid, "passages": one.passages,
                    "last_at": one.last_at.isoformat(" ", "seconds"), "last_site": one.last_site,
                    "places": [place._asdict() for place in one.places],
                }
                for one in watched.vehicles[:most]
            ],
        },
        "backtest": tested and {
            **asdict(tested), "first": str(tested.first), "last": str(tested.last),
            "tops": [top._asdict() for top in tested.tops],
        },
        "parameters": used,
        "counties": {code: list(counties[code]) for code in sorted(codes) if code in counties},
    }  # fmt: skip


# --- words -----------------------------------------------------------------------------------------------
def number(value: float | None) -> str:
    """What is expected: two decimals below ten, one above; less than 0.005 is not 0."""
    if value is None:
        return "—"
    if 0 < value < 0.005:
        return "<0.01"
    return f"{value:.2f}" if value < 10 else f"{value:,.1f}"


def percent(value: float | None) -> str:
    return "—" if value is None else f"{value * 100:.0f}%"


def span(first_hour: int, until_hour: int) -> str:
    """06:00–08:00."""
    return f"{first_hour:02d}:00–{until_hour:02d}:00"


def county(told: Mapping[str, Any], code: str | None, w: Words) -> str:
    if code is None:
        return w("all")
    return w.pick(told["counties"][code]) if code in told["counties"] else code


def parameter(told: Mapping[str, Any], start: str) -> Mapping[str, Any]:
    return next(one for one in told["parameters"] if one["name"].startswith(start))


def lead(told: Mapping[str, Any], w: Words) -> str:
    kind = w.kind(told) + ("" if told["is_noticed"] else w("assumed"))
    common = {"day": w.day(told["on"]), "weekday": w.weekday(told["on"]), "kind": kind,
              "county": county(told, told["county"], w)}  # fmt: skip
    if not told["top"]:
        return w("lead.none", **common)
    top = sum(one["expected"] for one in told["top"])
    share = top / told["expected"] if told["expected"] else 0.0
    first = told["top"][0]
    return w("lead", **common, expected=number(told["expected"]), count=len(told["top"]), top=number(top),
             share=percent(share), site=first["site_code"], hours=span(first["first_hour"], first["until_hour"]),
             most=number(first["expected"]), low=first["low"], high=first["high"])  # fmt: skip


def basis(told: Mapping[str, Any], w: Words) -> str:
    ratio, interval = parameter(told, "risk_"), parameter(told, "shift_interval")
    return w("basis", first=w.day(told["first"]), last=w.day(told["last"]), days=told["days"], kind=w.kind(told),
             ratio=percent(ratio["value"]), interval=percent(interval["value"]))  # fmt: skip


def tested(told: Mapping[str, Any], w: Words) -> str:
    found = told["backtest"]
    if not found:
        return w("tested.none")
    size = int(parameter(told, "shift_top_blocks")["value"])
    top = next(one for one in found["tops"] if one["size"] == size)
    return w("tested", days=found["days"], found=found["found"], size=size, model=percent(top["model"]),
             uniform=percent(top["uniform"]), yesterday=percent(top["yesterday"]),
             covered=percent(found["covered"]))  # fmt: skip


def doubts(site: Mapping[str, Any], w: Words) -> list[str]:
    """What speaks against the numbers of a site."""
    found = [w("few", days=site["days"])] if site["is_few"] else []
    found += [w.pick(STATE_WORDS[site["state"]])] if site["state"] != "reporting" else []
    if site["drifts"]:
        what = w(f"drifts.{site['drifts']}")
        found.append(w("since", what=what, day=w.day(site["drifts_since"])) if site["drifts_since"] else what)
    return found


def place(told: Mapping[str, Any], site: Mapping[str, Any], w: Words) -> str:
    """零陵区 · G322 K304+300."""
    name = county(told, site["county_code"], w) if site["county_code"] else ""
    return " · ".join(filter(None, (name, road(site))))


def road(site: Mapping[str, Any]) -> str:
    """G322 K304+300."""
    if not site["road_code"] or site["chainage_km"] is None:
        return site["road_code"] or ""
    metres = round(site["chainage_km"] * 1000)
    return f"{site['road_code']} K{metres // 1000}+{metres % 1000:03d}"


def reasons(one: Mapping[str, Any], w: Words) -> str:
    found = [w(f"reason.{one['reason']}", acts=one["acts"])]
    if one["unpaid"] and one["reason"] != "unpaid":
        found.append(w("reason.also_unpaid", count=one["unpaid"]))
    return w("list").join(found)


def usual(one: Mapping[str, Any], w: Words) -> list[str]:
    if not one["places"]:
        return [w("usual.none", all=one["passages"])]
    return [
        w("usual.of", site=at["site_code"], hours=span(at["first_hour"], at["until_hour"]), count=at["passages"],
          all=one["passages"])
        for at in one["places"]
    ]  # fmt: skip


def watch_line(told: Mapping[str, Any], w: Words) -> str:
    watched = told["watch"]
    if not watched["vehicles"]:
        return w("watch.none", days=watched["days"])
    return w("watch.of", shown=len(watched["vehicles"]), window=WINDOW_TERMS[watched["window"]].name(w.lang),
             days=watched["days"], all=watched["all"], named=watched["named"])  # fmt: skip


def parameter_line(one: Mapping[str, Any], w: Words) -> str:
    mark = f" {w('unverified')}" if one["confidence"] in UNVERIFIED else ""
    says, cited = (one[f"{name}{w.lang}"] for name in ("", "citation_"))
    return f"{one['name']} = {one['amount']}: {says}; {cited} [{one['confidence']}]{mark}"


def expected(one: Mapping[str, Any]) -> str:
    """2.32 (0–5)."""
    return f"{number(one['expected'])} ({one['low']}–{one['high']})"


def paper_line(told: Mapping[str, Any], w: Words) -> str:
    """What is not on the paper; empty where everything is."""
    fits = len(told["sites"]) <= ON_PAPER["sites"] and len(told["watch"]["vehicles"]) <= ON_PAPER["vehicles"]
    return "" if fits else w("paper", **ON_PAPER)


def classes(told: Mapping[str, Any]) -> list[float]:
    """Upper bounds of four classes of what is expected, for the shades of a table, each twice the one before; the
    fifth is above the last."""
    most = max((block["expected"] or 0.0 for site in told["sites"] for block in site["blocks"]), default=0.0)
    return [most * share for share in (1 / 16, 1 / 8, 1 / 4, 1 / 2)]


def shade(value: float | None, bounds: list[float]) -> int:
    """1 to 5; 0 where nothing is expected or told."""
    return 0 if not value else 1 + sum(value > bound for bound in bounds)
