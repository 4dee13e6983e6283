"""Road crashes, the outcome that everything else is to lower, as the traffic police's exchange gives them.

A crash is corrected for weeks: people die later, a grade changes; the number alone is the identity. The grade is
the sender's; it is not computed here. Nobody's name or plate is in this feed.
"""

from etl.contract import PREFECTURE, Feed, Ndjson, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="road_crash",
    doc=__doc__,
    title_zh="道路交通事故",
    title_en="Road crashes",
    kind="list",
    grain="one crash",
    owner="road-safety",
    files=r"road_crash_(?P<date>\d{8})[^/]*\.ndjson(\.gz)?",
    format=Ndjson(),
    columns={
        "sgbh": c.crash_no,
        "sgfssj": c.occurred_at,
        "xzqh": read(c.county_code, pattern=r"\d{6}"),
        "lh": c.road_code.optional(),
        "gls": c.chainage_km.optional(),
        "wd": c.latitude.bounded("between -90 and 90").optional(),
        "jd": c.longitude.bounded("between -180 and 180").optional(),
        "sgdj": read(
            c.crash_severity, codes={"1": "minor", "2": "ordinary", "3": "serious", "4": "major", "5": "extraordinary"}
        ),
        "swrs": c.death_count,
        "ssrs": c.injury_count,
        "zjccss": read(c.property_loss_fen.optional(), scale=100),
        "sgyy": c.crash_cause.optional(),
        "yycl": c.involves_commercial_vehicle,
    },
    key=("crash_no",),
    area=PREFECTURE,
    quarantine=(Rule("R-CODE", "crash_severity = 'minor' and death_count > 0", "a minor crash with deaths"),),
    expected_every_days=31,
)
