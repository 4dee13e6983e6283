"""Numbers, dates and places as readers see them. Rounding happens here and nowhere else."""

import math
import re
from datetime import date, datetime
from typing import Any

import pandas as pd

from warehouse.metrics import percent

MINUS = "\u2212"
NONE = "—"
SHARE_DECIMALS = 3  # of a ratio, hence one of its percentage
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def missing(value: Any) -> bool:
    """None, NaN, NaT and pandas' NA alike."""
    return value is None or value is pd.NA or bool(value != value)


def count(value: Any) -> str:
    """All digits: 20,418."""
    if missing(value):
        return NONE
    return f"{int(value):,}".replace("-", MINUS)


def kpi(value: Any, lang: str) -> tuple[str, str]:
    """A large count and its multiplier: ('2.04', '万') in Chinese from 10,000, ('2.04', 'M') in English from 1e6."""
    if missing(value):
        return NONE, ""
    number = int(value)
    if lang == "en":
        return (f"{number / 1e6:.2f}", "M") if number >= 1_000_000 else (f"{number:,}", "")
    if number < 10_000:
        return f"{number:,}", ""
    if number >= 100_000_000:
        return f"{number / 1e8:.2f}", "亿"
    wan = number / 1e4
    return (f"{wan:.2f}" if wan < 10 else f"{wan:.1f}" if wan < 1000 else f"{wan:,.0f}"), "万"


def rate(ratio: Any) -> str:
    """A share: two decimals below 10 %, one above."""
    if missing(ratio):
        return NONE
    percent = float(ratio) * 100
    return f"{percent:.2f}%" if abs(percent) < 10 else f"{percent:,.1f}%"


def share(ratio: Any) -> str:
    """A share where one decimal of a per cent is enough. Exports round the ratio in the same place."""
    return NONE if missing(ratio) else f"{round(float(ratio), SHARE_DECIMALS) * 100:,.1f}%"


def indicator(value: Any) -> str:
    """A share of the monthly lists, which print two decimals."""
    return NONE if missing(value) else f"{percent(float(value))}%"


def signed(number: float, digits: int) -> str:
    """+0.38, −0.41 or 0.00; the sign is that of the rounded number."""
    rounded = round(number, digits)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):.{digits}f}"


def size(number: float, digits: int) -> str:
    return f"{abs(round(number, digits)):.{digits}f}"


def tonnes(kg: Any) -> str:
    return NONE if missing(kg) else f"{float(kg) / 1000:.1f} t"


def kilograms(kg: Any) -> str:
    return NONE if missing(kg) else f"{int(kg):,} kg"


def as_date(value: Any) -> date:
    """A plain date from what a frame or a manifest holds."""
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return value.date() if isinstance(value, datetime) else value


def day(value: Any, lang: str) -> str:
    """2026-11-22 or 22 Nov 2026."""
    if missing(value):
        return NONE
    d = as_date(value)
    return d.isoformat() if lang == "zh" else f"{d.day} {_MONTHS[d.month - 1]} {d.year}"


def short_day(value: Any, lang: str) -> str:
    """11月1日 or 1 Nov, for axes."""
    d = as_date(value)
    return f"{d.month}月{d.day}日" if lang == "zh" else f"{d.day} {_MONTHS[d.month - 1]}"


def day_range(first: date, last: date, lang: str) -> str:
    """A range with what both ends share said once."""
    if first == last:
        return day(first, lang)
    if lang == "zh":
        tail = last.isoformat() if first.year != last.year else f"{last:%m-%d}"
        return f"{first.isoformat()} 至 {tail}"
    if first.year != last.year:
        return f"{day(first, lang)} – {day(last, lang)}"
    if first.month != last.month:
        return f"{short_day(first, lang)} – {day(last, lang)}"
    return f"{first.day}–{day(last, lang)}"


def spoken_range(first: date, last: date, lang: str, this_year: int) -> str:
    """The range as the lead sentence says it: 11 月 1—22 日, 1–22 Nov 2026. The year is left out in
    Chinese while it is the one the data are in."""
    if lang == "en":
        return day_range(first, last, lang)
    year = "" if first.year == last.year == this_year else f"{first.year} 年 "
    if first == last:
        return f"{year}{first.month} 月 {first.day} 日"
    if (first.year, first.month) == (last.year, last.month):
        return f"{year}{first.month} 月 {first.day}—{last.day} 日"
    end_year = f"{last.year} 年 " if first.year != last.year else ""
    return f"{year}{first.month} 月 {first.day} 日—{end_year}{last.month} 月 {last.day} 日"


def moment(value: Any, lang: str) -> str:
    """An instant to the second, at +08:00 as stored."""
    if missing(value):
        return NONE
    return f"{day(value, lang)} {value:%H:%M:%S}"


def short_moment(value: Any, lang: str) -> str:
    """An instant to the minute, without the year."""
    if missing(value):
        return NONE
    return f"{value:%m-%d %H:%M}" if lang == "zh" else f"{value.day} {_MONTHS[value.month - 1]} {value:%H:%M}"


def chainage(km: Any) -> str:
    """K304+300."""
    if missing(km):
        return ""
    metres = round(float(km) * 1000)
    return f"K{metres // 1000}+{metres % 1000:03d}"


_KIND_OF_PLACE = re.compile(r"( Yao)?( Autonomous)? (County|District|City)$")


def short_place(name: str) -> str:
    """The name on a map tile and in narrow lists: 江华瑶族自治县 is 江华 there, Lanshan County is Lanshan."""
    return name[:2] if name.endswith("自治县") else _KIND_OF_PLACE.sub("", name)


_SYLLABLE = re.compile(r"[^aeiou]*[aeiou]+(?:ng|n)?(?![aeiou])", re.IGNORECASE)
TILE_LETTERS = 8  # letters that fit a map tile of 52 px at 12 px


def tile_lines(name: str) -> list[str]:
    """A short name in the lines a map tile has room for: Lengshuitan is Leng- and shuitan, broken between
    syllables of pinyin so that the longer line is as short as can be."""
    syllables = _SYLLABLE.findall(name)
    if len(name) <= TILE_LETTERS or len(syllables) < 2 or "".join(syllables) != name:
        return [name]
    heads = ["".join(syllables[:at]) for at in range(1, len(syllables))]
    head = min(heads, key=lambda part: max(len(part) + 1, len(name) - len(part)))
    return [f"{head}-", name[len(head) :]]


def mean_or_none(numerator: Any, denominator: Any) -> float | None:
    """A ratio, or None when nothing stands below the line."""
    if missing(numerator) or missing(denominator) or not float(denominator):
        return None
    value = float(numerator) / float(denominator)
    return None if math.isnan(value) else value
