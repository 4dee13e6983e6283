"""Plates that may have been misread, for a person to look at: what ``mart.plate_suggestion`` says, and two facts more.

A plate of the register of monitored vehicles (coaches, dangerous goods) is no misreading of a truck's, so such passages
are left out. A plate that passed on other days too is more likely one of its own: a misreading hardly ever comes twice.
Nothing here changes a plate, and no count rests on a suggestion.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from warehouse.errors import WarehouseError
from warehouse.metrics import Source

if TYPE_CHECKING:
    import pandas as pd

GRADES = ("strong", "possible", "contradicted")
EVIDENCE = ("reading", "color", "axle", "kind", "weight", "sequence")
"""Kinds of evidence, each ``for``, ``against`` or ``unknown`` in a column of its own."""

_ASKED = """
with told as (
    select suggestion.* from mart.plate_suggestion as suggestion
    where suggestion.passed_date between $first and $last
        and (cast($county as varchar) is null or suggestion.county_code = $county)
        and (cast($site as varchar) is null or suggestion.site_code = $site)
        and list_contains($grades, suggestion.suggestion_grade)
        and (not $over or suggestion.verdict = 'over')
        and not exists (
            select 1 from staging.monitored_vehicle as monitored
            where monitored.plate_no = suggestion.plate_no
                and suggestion.passed_date between monitored.valid_from
                    and coalesce(monitored.valid_to, suggestion.passed_date)
        )
)
"""
_COUNTS = "select suggestion_grade, verdict = 'over' as is_over, count(*) as suggestion_count from told group by all"
# Days on which the plate as it was read passed, within the months the snapshot holds.
_ROWS = """
, page as (
    select * from told
    order by {place}, verdict = 'over' desc, passed_at desc, record_id, suggested_plate_no, suggested_color_code
    limit $limit
),
seen as (
    select passage.plate_no, count(distinct passage.passed_date) as day_count
    from core.passage as passage semi join page on page.plate_no = passage.plate_no
    group by passage.plate_no
)
select page.record_id, page.passed_at, page.site_code, page.county_code,
    {plate} as plate_no, {suggested} as suggested_plate_no, page.sign_position, page.read_sign, page.true_sign,
    page.verdict, page.axle_count, page.gross_vehicle_weight_kg, page.reading_evidence, page.color_evidence,
    page.axle_evidence, page.kind_evidence, page.weight_evidence, page.sequence_evidence, page.seen_count,
    page.elsewhere_count, page.nearest_gap_s, page.for_count, page.candidate_count, page.suggestion_grade,
    seen.day_count - 1 as other_day_count
from page inner join seen on seen.plate_no = page.plate_no
order by {place}, verdict = 'over' desc, passed_at desc, record_id, page.suggested_plate_no, page.suggested_color_code
"""
_PLACE = "case suggestion_grade when 'strong' then 0 when 'possible' then 1 else 2 end"


@dataclass(frozen=True)
class Asked:
    """A period, both days included, of a county or a site (None: of all). ``only_over``: passages over the limit."""

    first: date
    last: date
    county: str | None = None
    site: str | None = None
    grades: tuple[str, ...] = ("strong", "possible")
    only_over: bool = False

    def __post_init__(self) -> None:
        if unknown := set(self.grades) - set(GRADES):
            raise WarehouseError(f"{', '.join(sorted(unknown))}: choose of {', '.join(GRADES)}.")

    def parameters(self) -> dict[str, Any]:
        return {
            "first": self.first, "last": self.last, "county": self.county, "site": self.site,
            "grades": list(self.grades), "over": self.only_over,
        }  # fmt: skip


def counts(source: Source, asked: Asked) -> pd.DataFrame:
    """Suggestions by ``suggestion_grade`` and ``is_over``, with ``suggestion_count``."""
    return source.read(_ASKED + _COUNTS, asked.parameters())


def rows(source: Source, asked: Asked, limit: int, plate: str = "{}") -> pd.DataFrame:
    """The strongest first, then those over the limit, then the latest. ``plate``: how a caller masks a plate, a SQL
    expression of the code with ``{}`` for the column."""
    query = _ROWS.format(
        place=_PLACE,
        plate=plate.replace("{}", "page.plate_no"),
        suggested=plate.replace("{}", "page.suggested_plate_no"),
    )
    return source.read(_ASKED + query, {**asked.parameters(), "limit": limit})
