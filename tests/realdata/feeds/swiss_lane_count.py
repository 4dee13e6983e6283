"""Vehicles counted in one lane of a Swiss station: another layout, of which ``Time`` is empty.

The instant is not known, only the day; the counter, which counts all lanes, tells rows apart.
"""

from dataclasses import replace

from etl.contract import Feed, Rule, read
from etl.series import counter
from warehouse import columns as c

from . import _quantities as q
from .swiss_count import FEED as STATION

FEED = Feed(
    name="swiss_lane_count",
    doc=__doc__,
    title_zh="单车道逐车计数",
    title_en="Vehicles counted in one lane",
    grain="one vehicle past one lane's sensors",
    owner="tests",
    files=STATION.files,
    from_name=STATION.from_name,
    columns={
        "Number": replace(STATION.reads["n"], also_called=("n", "Num")),
        "Day": c.passed_date,
        "Time": read(q.number("passed_hour", "Hour of the day, decimal.", "between 0 and 24", unit="h").optional()),
        "CL": replace(STATION.reads["z"], also_called=("z",)),
        "Lane": STATION.reads["Lane"],
        "Direction": replace(STATION.reads["Dir"], also_called=("Dir",)),
        "Headway": STATION.reads["Headway"],
        "IVT": STATION.reads["IVT"],
        "Speed": STATION.reads["Speed"],
        "Length": STATION.reads["Length"],
        "SwissT": STATION.reads["SwissT"],
        "Cat": replace(STATION.reads["c"], also_called=("c", "L")),
    },
    event_time="passed_date",
    key=("site_code", "lane_code", "counter_no"),
    quarantine=STATION.quarantine,
    flag=(*STATION.flag, Rule("R-ABSENT", "passed_hour is null", "the row has no time of day")),
    series=counter("counter_no", ("lane_code",))[:1],
    schedule=None,
    expected_every_days=None,
)
