"""What commands are told by hand, once for all of them: days, choices, places; and what they refuse, with the next
step."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from etl.errors import HengError
from warehouse import metrics
from warehouse.last_day import usual_day

if TYPE_CHECKING:
    from warehouse.dossier import Source

LANGUAGES = ("zh", "en")
AsOf = Annotated[str | None, typer.Option("--as-of", help="Day, YYYY-MM-DD; default: the last day of data.")]
County = Annotated[str | None, typer.Option("--county", help="County code.")]
Lang = Annotated[str, typer.Option("--lang", help="zh or en.")]


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


def known_site(source: metrics.Source, code: str | None) -> None:
    """Raises ``HengError`` for a site that neither the register nor a passage names."""
    places = ("staging.wim_site", "core.passage")
    if code is not None and not any(
        source.rows(f"select 1 from {table} where site_code = $code limit 1", {"code": code}) for table in places
    ):
        raise HengError(f'No site has the code {code!r}. See: heng sql "select site_code from staging.wim_site".')


def county_names(source: metrics.Source, lang: str) -> dict[str, str]:
    """The name of each county by its code."""
    rows = source.constant("select county_code, name_zh, name_en from seeds.county")
    return {row["county_code"]: row[f"name_{lang}"] for row in rows}


def day_or_last(source: Source, day: date | None) -> date:
    """The day asked for, or the one of a question that names none."""
    return day or usual_day(source.manifest)


def need(source: metrics.Source, tables: Iterable[str], what: str) -> None:
    """Raises ``HengError`` for a version from before ``what``, which lacks some of the tables."""
    if not metrics.tables(source).issuperset(tables):
        raise before(what)


def before(what: str) -> HengError:
    """The error for a version that was built before ``what``."""
    return HengError(f"This version was built before {what}. Run 'heng build'.")
