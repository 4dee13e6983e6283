"""``heng ranking``: counties or enterprises by how well they keep what they have to keep, with the interval of every
place."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import LANGUAGES, County, Lang, county_names, day_of, day_or_last, known_county, need, one_of
from etl.output import FORMATS, say, write_csv, write_json
from etl.parameter_lines import known_from
from warehouse import score
from warehouse.score_terms import CADENCES, doubt_words, gap_words, letters, part_name

if TYPE_CHECKING:
    from warehouse.dossier import Source

_WORDS = {
    "zh": {
        "title": "督导排名（{cadence}）{first} 至 {last}，{source}", "place": "名次", "interval": "名次区间",
        "enterprise": "企业",
        "county": "县市区", "total": "总分", "weight": "依据权重", "groups": "组", "change": "较上期",
        "gaps": "数据缺失", "part": "评分项", "sample": "样本", "of": "分子", "by": "分母", "rate": "自身",
        "shrunk": "收缩后", "city": "全市", "points": "得分", "most": "满分", "few": "样本少", "none": "无数据",
        "known": "可信度",
        "how": "总分为各项得分之和（百分制）。比率按样本量向全市比率收缩；名次区间为 {confidence} 自助区间。"
        "同组的单位无法区分，不应据名次先后论优劣。",
        "small": "样本少于下限的项不给分，总分中该项取全市水平，不得不失；“依据权重”为有得分的项所占权重。"
        "依据权重低于 {min_weight} 的不排名。",
        "compared": "较上期：与 {first} 至 {last} 相比（整期比整期，未满一期的比上期相同天数，上期较短的比整个上期），"
        "仅计两期均有得分的项（箭头两侧为其得分），与两期总分之差可以不同；不作确定的注明原因。",
        "no_target": "不取罚没款和案件数（行政处罚法第七十四条）：案件只取办理期限遵守率和到期办结率，"
        "与处罚与否、数额无关。",
        "no_target_enterprise": "不取罚没款和案件数（行政处罚法第七十四条）：只取企业自身的隐患、报警处置和"
        "动态监控。",
        "cut": "中间 {between} 家、不排名 {unplaced} 家未列出，全部见 --format csv。",
        "assumed": "权重、方向和最小样本均为产品假设，未核实，待局方确认。", "city_gap": "全市：{gap}。",
    },
    "en": {
        "title": "Ranking by {cadence}, {first} to {last}, {source}", "place": "place",
        "interval": "place from–to",
        "enterprise": "enterprise", "county": "county", "total": "total", "weight": "rests on", "groups": "group",
        "change": "change", "gaps": "missing data", "part": "part", "sample": "sample", "of": "numerator",
        "by": "denominator", "rate": "own rate", "shrunk": "shrunk", "city": "city", "points": "points", "most": "of",
        "few": "small sample", "none": "no data", "known": "known from",
        "how": "The total is the sum of points, of a hundred. Rates are shrunk toward the city's by their sample; "
        "places have a {confidence} bootstrap interval. Units of one group cannot be told apart: the order within "
        "it means nothing.",
        "small": "A part with a smaller sample than the minimum has no points; the total takes the city's rate there, "
        "neither gain nor loss, and rests on the weight of the others. Below {min_weight} of all weight there is no "
        "place.",
        "compared": "Change: against {first} to {last} of the period before (a whole one against the whole one, a part "
        "against as many of its days or, where it is shorter, all of it), over parts scored in both (their "
        "points stand around the arrow), so it may differ from the difference of the totals; why it is not sure is "
        "told.",
        "no_target": "Neither fines nor numbers of cases are read (行政处罚法 art. 74): of cases only the share of "
        "deadlines kept and of those due that were dealt with, whatever the outcome and the amount.",
        "no_target_enterprise": "Neither fines nor cases are read (行政处罚法 art. 74): only an enterprise's own "
        "hazards, its handling of alarms and the monitoring of its vehicles.",
        "cut": "{between} in between and {unplaced} without a place are not shown: --format csv has all.",
        "assumed": "Weights, directions and minimum samples are assumptions of the product, unverified, to be "
        "confirmed by the bureau.", "city_gap": "Whole city: {gap}.",
    },
}  # fmt: skip
_CHANGE = {"change": "points", "change_low": "low", "change_high": "high", "change_then": "then", "change_now": "now",
           "change_weight": "weight", "change_doubt": "doubt"}  # fmt: skip
"""Columns of a change, and the values of ``score.Change``."""
_OF_UNIT = ("place", "low", "high", "total", "weight", "groups", *_CHANGE, "gaps")


def ranking_command(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Last day of the period, YYYY-MM-DD; default: the last day of data.")
    ] = None,
    cadence: Annotated[str, typer.Option("--cadence", help=f"{', '.join(score.CADENCES)}.")] = "month",
    of: Annotated[str, typer.Option("--of", help=f"Who is ranked: {', '.join(score.KEYS)}.")] = "county",
    county: County = None,
    with_parts: Annotated[bool, typer.Option("--parts", help="Every part of every county: why.")] = False,
    known: known_on.KnownOn = None,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    lang: Lang = "en",
) -> None:
    """Counties or enterprises ranked by what they have to keep, with intervals and ties; never by fines or cases."""
    one_of("language", lang, LANGUAGES)
    one_of("format", form, FORMATS)
    one_of("cadence", cadence, tuple(score.CADENCES))
    one_of("unit", of, tuple(score.KEYS))
    from warehouse import connection
    from warehouse.known_answers import ranking_known_on

    served, day = connection.snapshot(), day_of(as_of) if as_of else None
    need(served, score.TABLES, "counties were ranked")
    known_county(served, county)
    with known_on.asked(known, ranking_known_on) as source:
        told = score.ranking(source, score.Asked(day_or_last(source, day), cadence, of))
        names = county_names(source, lang)
        if of == "county":
            units = [one for one in told.units if county in (None, one.code)]
        else:
            names = {one.code: _registered(told, one.code).name or one.code for one in told.units}
            units = [one for one in told.units if county in (None, _registered(told, one.code).county_code)]
        if form == "json":
            _write_json(source, told, units)
        elif form == "csv":
            _write_csv(source, told, units, names, with_parts)
        else:
            _print(source, told, units, names, lang, with_parts or (county is not None and of == "county"))


def _registered(told: score.Ranking, uscc: str) -> score.Registered:
    """One that no register of the day has is told by its code alone."""
    return told.register.get(uscc, score.Registered(None, None))


def _head(told: score.Ranking, code: str, name: str) -> list[str | None]:
    """What names a unit in a line of ``--format csv``."""
    return [code, name] if told.asked.of == "county" else [code, name, _registered(told, code).county_code]


def _write_json(source: Source, told: score.Ranking, units: list[score.Unit]) -> None:
    asked = told.asked
    document: dict[str, Any] = {
        "first": asked.first, "last": asked.as_of, "cadence": asked.cadence, "of": asked.of,
        "before": {"first": asked.before.first, "last": asked.before.as_of}, **known_on.told(source),
        "total": told.total, "parts": [asdict(one) for one in told.parts], "units": [asdict(one) for one in units],
        "groups": told.groups, "gaps": [asdict(one) for one in told.gaps],
        "register": {code: asdict(one) for code, one in told.register.items()},
        "parameters": [asdict(one) for one in told.parameters.values()],
    }  # fmt: skip
    # A prior of infinite strength, where units differ no more than by chance, is no number of JSON.
    for part in document["parts"]:
        part["strength"] = None if part["strength"] == float("inf") else part["strength"]
    write_json(document)


def _write_csv(
    source: Source, told: score.Ranking, units: list[score.Unit], names: dict[str, str], with_parts: bool
) -> None:
    by = known_on.column(source)
    rows: list[list[Any]] = []
    named = ["county_code", "county"] if told.asked.of == "county" else ["uscc", "enterprise", "county_code"]
    if with_parts:
        heads = ("sample", "numerator", "denominator", "rate", "shrunk", "points", "against")
        for one in units:
            for city in told.parts:
                rate = one.parts[city.part.name]
                rows.append([
                    *_head(told, one.code, names[one.code]), city.part.name, city.part.weight, city.part.better_way,
                    _cell(city.rate), *(_cell(getattr(rate, head)) for head in heads),
                ])  # fmt: skip
        heads_of_parts = [*named, "part", "weight", "better_way", "city_rate", *heads]
        write_csv([*heads_of_parts, *by], [[*row, *by.values()] for row in rows])
        return
    for one in units:
        change = [None if one.change is None else getattr(one.change, name) for name in _CHANGE.values()]
        gaps = ";".join(f"{gap.kind}={gap.count}" for gap in one.gaps)
        cells = (one.place, one.low, one.high, one.total, one.weight, letters(one.groups), *change, gaps)
        rows.append([*_head(told, one.code, names[one.code]), *map(_cell, cells)])
    write_csv([*named, *_OF_UNIT, *by], [[*row, *by.values()] for row in rows])


def _cell(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def _print(
    source: Source, told: score.Ranking, units: list[score.Unit], names: dict[str, str], lang: str, with_parts: bool
) -> None:
    words, asked = _WORDS[lang], told.asked
    title = words["title"].format(
        cadence=CADENCES[asked.cadence][lang == "en"], first=asked.first, last=asked.as_of,
        source=known_on.words(**known_on.told(source), lang=lang),
    )  # fmt: skip
    table = Table()
    for name in ("place", "interval", asked.of, "total", "groups", "weight", "change", "gaps"):
        table.add_column(words[name], justify="left" if name in (asked.of, "groups", "gaps") else "right")
    first, last, between, unplaced = score.shown(units)
    for one in (*first, *last):
        table.add_row(
            str(one.place or "–"), f"{one.low}–{one.high}" if one.place else "–", Text(names[one.code]),
            "–" if one.total is None else f"{one.total:.1f}", letters(one.groups), f"{one.weight:.0%}",
            _change(one.change, lang),
            "; ".join(gap_words(gap, lang) for gap in one.gaps),
        )  # fmt: skip
    parts = [_parts(told, one, names[one.code], lang) for one in (*first, *last)] if with_parts else []
    before = asked.before
    values = {
        "confidence": f"{told.parameters['score_confidence'].value:.0%}",
        "min_weight": f"{told.parameters['score_min_weight'].value:.0%}",
        "first": before.first, "last": before.as_of,
    }  # fmt: skip
    lines = [words["city_gap"].format(gap=gap_words(gap, lang)) for gap in told.gaps]
    no_target = "no_target" if asked.of == "county" else "no_target_enterprise"
    cut = ("cut",) if between or unplaced else ()
    values |= {"between": f"{between:,}", "unplaced": f"{unplaced:,}"}
    lines += [words[name].format(**values) for name in (*cut, "how", "small", "compared", no_target, "assumed")]
    say(title, table, *parts, *lines)


def _change(change: score.Change | None, lang: str) -> str:
    """The change with its interval, the points it compares, and why it is not sure."""
    if change is None:
        return ""
    told = f"{change.points:+.1f} ({change.low:+.1f}–{change.high:+.1f}) {change.then:.1f}→{change.now:.1f}"
    return told if change.doubt is None else f"{told} {doubt_words(change.doubt, lang)}"


def _parts(told: score.Ranking, one: score.Unit, name: str, lang: str) -> Table:
    words = _WORDS[lang]
    table = Table(title=Text(name), title_justify="left")
    for head in ("part", "sample", "of", "by", "rate", "shrunk", "city", "points", "most", "known"):
        table.add_column(words[head], justify="left" if head in ("part", "known") else "right", overflow="fold")
    for city in told.parts:
        part, rate = city.part, one.parts[city.part.name]
        sample = f"{rate.sample:,} {part.sample_zh if lang == 'zh' else part.sample_en}"
        points = words["none"] if rate.rate is None else words["few"]
        table.add_row(
            Text(part_name(part.name, lang)), sample, f"{rate.numerator:,}", f"{rate.denominator:,}",
            _percent(rate.rate), _percent(rate.shrunk), _percent(city.rate),
            points if rate.points is None else f"{rate.points:.2f}", f"{part.weight:g}",
            known_from(part.confidence, lang),
        )  # fmt: skip
    return table


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.1f} %"
