"""What the page of fates reads: ``warehouse.fates`` and ``warehouse.suggestions``, with every plate masked."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from dashboards import queries
from dashboards.selection import Selection, option
from warehouse import dimensions, fates, suggestions
from warehouse.plate import masked_sql

ROWS_SHOWN = 200
SUGGESTIONS_SHOWN = 50
MASK = masked_sql("{}")
_TABLES = {
    "core.case_passage", "core.violation", "core.working_day", "mart.finding", "mart.plate_suggestion",
    "mart.screening", *dimensions.TABLES,
}  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """Period and place of the shared filters; ``fate`` and ``detail`` choose rows of mass, ``standing`` and
    ``dimension`` those of dimensions; None: no rows."""

    selection: Selection
    fate: str | None = None
    detail: str | None = None
    standing: str | None = None
    dimension: str | None = None

    def query(self, *, absolute: bool = False, **changes: Any) -> str:
        """The address's query; ``changes`` replace what chooses rows. ``absolute``: dates in place of a preset."""
        chosen = {name: getattr(self, name) for name in ("fate", "detail", "standing", "dimension")} | changes
        pairs = [f"{name}={value}" for name, value in chosen.items() if value]
        shared = self.selection.query(absolute=absolute)
        return shared + ("&" if shared and pairs else "?" if pairs else "") + "&".join(pairs)


def choice_of(selection: Selection, query: dict[str, str], bad: list[str]) -> Choice:
    """The rows that an address asks for; values no link has are told in ``bad`` and left out."""
    fate, detail = query.get("fate"), query.get("detail")
    if fate and fate not in fates.FATES:
        bad.append("fate")
        fate = None
    if detail and (not fate or not detail.replace("_", "").replace("-", "").isalnum() or not detail.isascii()):
        bad.append("detail")
        detail = None
    standing = option(query.get("standing"), dimensions.STANDINGS, "", bad, "standing")
    dimension = option(query.get("dimension"), dimensions.DIMENSIONS, "", bad, "dimension")
    return Choice(selection, fate or None, detail or None, standing or None, dimension or None)


def is_built(db: queries.Source) -> bool:
    """Whether the snapshot holds what the page needs: one built by an older version does not."""
    return queries.tables(db) >= _TABLES


def _asked(db: queries.Source, choice: Choice, as_of: date | None = None) -> fates.Asked:
    """As of a day, else of the last night, or of the period's end where that is later, so that no passage is left
    out."""
    place, end = choice.selection.place(), choice.selection.end
    as_of = as_of or max(queries.last_night(db), end)
    return fates.Asked(
        choice.selection.start, end, as_of, place["county"], place["site"], choice.fate, choice.detail
    )  # fmt: skip


@queries.once_per_snapshot
def detail_words(db: queries.Source) -> dict[str, tuple[str, str]]:
    """Chinese and English of a fate's detail and of a void code."""
    return fates.detail_words(db)


@queries.once_per_choice
def fate_counts(db: queries.Source, choice: Choice, as_of: date | None = None) -> pd.DataFrame:
    """Findings by fate and detail, in the order of fates; the rows chosen do not narrow them."""
    return fates.counts(db, _asked(db, Choice(choice.selection), as_of))


@queries.once_per_choice
def fate_rows(db: queries.Source, choice: Choice) -> pd.DataFrame:
    """The first rows of the chosen fate, by time."""
    return fates.rows(db, _asked(db, choice), limit=ROWS_SHOWN, plate=queries.PLATE)


def fate_page(db: queries.Source, choice: Choice, as_of: date | None, offset: int, limit: int) -> pd.DataFrame:
    """Some rows of the chosen fate, by time."""
    return fates.rows(db, _asked(db, choice, as_of), limit, queries.PLATE, offset)


def thresholds(db: queries.Source, choice: Choice, as_of: date | None = None) -> pd.DataFrame:
    return fates.thresholds(db, _asked(db, choice, as_of))


def dimensions_asked(db: queries.Source, choice: Choice) -> dimensions.Asked:
    """As ``_asked``, of dimensions."""
    of = _asked(db, Choice(choice.selection))
    return dimensions.Asked(of.first, of.last, of.as_of, of.county, of.site, choice.standing, choice.dimension)


@queries.once_per_choice
def dimension_counts(db: queries.Source, choice: Choice) -> pd.DataFrame:
    """Dimensions by standing; the rows chosen do not narrow them."""
    return dimensions.counts(db, dimensions_asked(db, Choice(choice.selection)))


def dimension_rows(db: queries.Source, choice: Choice) -> pd.DataFrame:
    """The first rows of the chosen standing, by time."""
    return dimensions.rows(db, dimensions_asked(db, choice), ROWS_SHOWN, queries.PLATE)


def dimension_rules(db: queries.Source, choice: Choice) -> list[dict[str, Any]]:
    return dimensions.rules(db, dimensions_asked(db, choice))


def _about(choice: Choice) -> suggestions.Asked:
    place = choice.selection.place()
    return suggestions.Asked(choice.selection.start, choice.selection.end, place["county"], place["site"])


@queries.once_per_choice
def suggestion_counts(db: queries.Source, choice: Choice) -> pd.DataFrame:
    return suggestions.counts(db, _about(choice))


@queries.once_per_choice
def suggestion_rows(db: queries.Source, choice: Choice) -> pd.DataFrame:
    """Suggestions that nothing contradicts, the strongest first."""
    return suggestions.rows(db, _about(choice), SUGGESTIONS_SHOWN, MASK)
