"""What a shift sheet finds in the made warehouse: a site with its hours, and vehicles of the repeat lists that pass.

Rows come for as long as a test needs them and go again: the numbers of the other pages stay what they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta

import fixture
from repeat_fixture import YELLOW, plate

from dashboards import queries

SITE, COUNTY, FIRST_HOUR = "YZ18", "431124", 6
"""Where and when most serious findings are planted: three on each of the days."""
DAYS = 40
USUAL = {"four": ("YZ18", 7, 5), "three": ("YZ01", 22, 2), "two": ("YZ18", 7, 4), "pending": ("YZ18", 7, 4)}
"""By vehicle a site, an hour, and how often it passed there lately; the last two are near no line."""


@contextmanager
def passing(db: fixture.Fixture) -> Iterator[None]:
    findings = [
        (day, datetime.combine(day, time(FIRST_HOUR + at % 2, 7 * at)), f"shift{number:03d}-{at}")
        for number, day in enumerate(fixture.LAST_DAY - timedelta(days=back) for back in range(DAYS))
        for at in range(3)
    ]
    passages = [
        (plate(who), YELLOW, site, datetime.combine(fixture.LAST_DAY - timedelta(days=3 * at), time(hour, 30)),
         f"shiftp-{who}-{at}", fixture.SITE_COUNTY[int(site[2:]) - 1])
        for who, (site, hour, count) in USUAL.items() for at in range(count)
    ]  # fmt: skip
    con = db.connection.cursor()
    con.executemany(
        "insert into mart.finding by name select ?::date as passed_date, ?::timestamp as passed_at, ? as record_id, "
        f"'{SITE}' as site_code, '{COUNTY}' as county_code, record_id as check_no, false as is_permitted, "
        "0.4 as excess_ratio_after_allowance, '' as flags",
        findings,
    )
    con.executemany(
        "insert into core.passage by name select ? as plate_no, ? as plate_color_code, ? as site_code, "
        "?::timestamp as passed_at, ? as record_id, ? as county_code, passed_at::date as passed_date, "
        "'within' as verdict",
        passages,
    )
    queries._kept.pop(db, None)  # answers without the planted rows, and then those with them
    try:
        yield
    finally:
        queries._kept.pop(db, None)
        con.execute("delete from mart.finding where record_id like 'shift%'")
        con.execute("delete from core.passage where record_id like 'shiftp-%'")
