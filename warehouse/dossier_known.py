"""The repeat rule as known on a day: lists and facts as a night's version would have answered them, by today's rules.

What was filed, decided, withdrawn or registered late, or corrected since, is not known (``warehouse.known``). Of
passages only the days around the acts are computed: nothing else is asked of them, and years of passages would take
hours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from warehouse import dossier, repeat
from warehouse.known import Known, known_on

_DAYS = "select distinct cast(violated_at as date) as violated_on from staging.enforcement_case where {where}"
_WHERE = {
    "vehicle": "plate_no = $plate_no and plate_color_code is not distinct from $plate_color_code",
    "enterprise": "uscc = $uscc",
}
# A case may take a passage so far away, which another case may claim, and that one yet another (core.case_passage).
_REACH = """
select max(parameter_value) as hours from seeds.parameter
where parameter in ('match_weak_hours', 'repeat_merge_hours')
"""
_LINKS = 3


@contextmanager
def standings_known_on(day: date) -> Iterator[Known]:
    """What ``repeat.standings`` reads, as known after the night of ``day``."""
    with known_on(day, repeat.TABLES, passage_days=_days(day, "true", {})) as source:
        yield source


def facts_known_on(
    day: date,
    kind: str,
    key: Mapping[str, Any],
    as_of: date | None,
    window: str | None = None,
    basis: str | None = None,
) -> dict[str, Any]:
    """``dossier.facts`` as known after the night of ``day``; without ``as_of`` of the last day there were data of then.

    Raises ``WarehouseError`` for a day before the first night.
    """
    with known_on(day, dossier.TABLES, passage_days=_days(day, _WHERE[kind], key)) as source:
        return dossier.facts(source, kind, key, as_of or source.data_until or source.night, window, basis)


def _days(day: date, where: str, key: Mapping[str, Any]) -> set[date]:
    """The days of the acts known by then, and those around from which something may have been taken for them."""
    with known_on(day, ("staging.enforcement_case", "seeds.parameter")) as source:
        acted = source.read(_DAYS.format(where=where), dict(key))["violated_on"].to_numpy("datetime64[D]").tolist()
        hours = source.read(_REACH).iloc[0]["hours"]
    reach = _LINKS * math.ceil(hours / 24) + 1
    return {one + timedelta(days) for one in acted for days in range(-reach, reach + 1)}
