"""Scheduled coach lines (客运班线) as the passenger-transport portal exports them.

A line that is withdrawn, shortened or given smaller coaches ends one span and begins another, so that lines of
800 km and more and coaches of 57 seats and more stay visible after they have gone.
"""

from etl.contract import Feed, Ndjson, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="coach_line",
    doc=__doc__,
    title_zh="客运班线",
    title_en="Coach lines",
    kind="register",
    grain="one line over one span of validity",
    owner="registers",
    files=r"coach_line_(?P<date>\d{8})[^/]*\.ndjson(\.gz)?",
    format=Ndjson(),
    columns={
        "lineNo": c.line_no,
        "ownerCode": read(c.uscc, check="uscc"),
        "origin": c.line_origin,
        "destination": c.line_destination,
        "mileage": c.line_distance_km,
        "lineClass": read(
            c.line_class,
            codes={"一类": 1, "二类": 2, "三类": 3, "四类": 4},
        ),
        "maxSeats": c.seat_count,
        "beginDate": c.valid_from,
        "endDate": c.valid_to.optional(),
    },
    key=("line_no", "valid_from"),
    quarantine=(
        Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),
        Rule("R-CODE", "line_origin = line_destination", "begins where it ends"),
    ),
    expected_every_days=31,
)
