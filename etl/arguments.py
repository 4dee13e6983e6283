"""What commands are told by hand, once for all of them: days, choices, places; and what they refuse, with the next
step."""

import calendar
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Protocol

import typer

from etl.errors import HengError
from warehouse import metrics

LANGUAGES = ("zh", "en")
AsOf = Annotated[str | None, typer.Option("--as-of", help="Day, YYYY-MM-DD; default: the last day of data.")]
County = Annotated[str | None, typer.Option("--county", help="County code.")]
Lang = Annotated[str, typer.Option("--lang", help="zh or en.")]


class Answering(metrics.Source, Protocol):
    """A published version, or what was known on a night, with what it says of itself."""

    @property
    def manifest(self) -> dict[str, Any]: ...


def day_of(text: str, option: str = "") -> date:
    """A day as typed. Raises ``HengError`` for anything but YYYY-MM-DD: other forms of ISO 8601 are taken for typos."""
    try:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise HengError(f"{text!r} is not a date. Write {f'{option} ' if option else ''}YYYY-MM-DD.") from None


def month_of(text: str) -> tuple[date, date]:
    """First and last day of a month as typed. Raises ``HengError`` for anything but YYYY-MM."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text, re.ASCII) or text < "0001":
        raise HengError(f"{text!r} is not a month. Write YYYY-MM.")
    year, month = map(int, text.split("-"))
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def one_of(what: str, given: str | None, known: Sequence[str]) -> None:
    """Raises ``HengError`` for what cannot be chosen; None is no choice."""
    if given is not None and given not in known:
        raise HengError(f"There is no {what} {given!r}. Choose one of {', '.join(known)}.")


def known_county(source: metrics.Source, code: str | None) -> None:
    """Raises ``HengError`` for a code that the register of counties does not have."""
    if code is not None and not source.rows("select 1 from seeds.county where county_code = $code", {"code": code}):
        raise HengError(f'No county has the code {code!r}. See: heng sql "select county_code from seeds.county".')


def county_names(source: metrics.Source, lang: str) -> dict[str, str]:
    """The name of each county by its code."""
    rows = source.constant("select county_code, name_zh, name_en from seeds.county")
    return {row["county_code"]: row[f"name_{lang}"] for row in rows}


def last_day(source: Answering) -> date | None:
    """The last day of data."""
    told = source.manifest.get("data_until")
    return date.fromisoformat(told) if told else None


def day_or_last(source: Answering, day: date | None) -> date:
    """The day asked for, or the last of data. Raises ``HengError`` where there is neither."""
    day = day or last_day(source)
    if day is None:
        raise HengError("There is no day of data. Say one: --as-of YYYY-MM-DD.")
    return day


def need(source: metrics.Source, tables: Iterable[str], what: str) -> None:
    """Raises ``HengError`` for a version from before ``what``, which lacks some of the tables."""
    if not metrics.tables(source).issuperset(tables):
        raise before(what)


def before(what: str) -> HengError:
    """The error for a version that was built before ``what``."""
    return HengError(f"This version was built before {what}. Run 'heng build'.")
