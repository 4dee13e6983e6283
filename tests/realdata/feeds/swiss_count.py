"""Vehicles counted by a Swiss station, one row each, as its daily file has them.

The day is written without its leading zero (``30519`` is 2019-05-03) and the instant lies in five columns,
the last in hundredths. ``9999`` cm is a length beyond the counter, 99.9 s a gap beyond it. Remains of the
station's heading stand among the rows. The counter begins again after 65535; lanes are written as their
vehicles leave, so a row may be earlier than the one before, but never within its lane.
"""

from dataclasses import replace

from etl.contract import Feed, Rule, read
from etl.series import counter, out_of_order
from warehouse import columns as c

from . import _quantities as q

# Two vehicles close together are one to the loops, so the platform's bound of 60 m does not hold here.
LENGTH = replace(c.vehicle_length_m.optional(), valid="between 0 and 100")
SATURATED = {"missing": ("99.9",)}
FEED = Feed(
    name="swiss_count",
    doc=__doc__,
    title_zh="逐车计数",
    title_en="Vehicles counted",
    grain="one vehicle past one lane's sensors",
    owner="tests",
    files=r"ch_sartc_(?P<site>CH\d{3})_(?P<date>\d{4}-\d{2}-\d{2})[^/]*\.csv(\.gz)?",
    from_name={"site": c.site_code},
    columns={
        "n": read(
            q.whole("counter_no", "The device's own count.", "between 0 and 65535"), also_called=("Num", "Number")
        ),
        "d": read(c.passed_at, followed_by=("h", "m", "s", "ms"), pad=(6, 2, 2, 2, 2), form="%d%m%y %H %M %S %f"),
        "z": read(
            q.whole("fault_percent", "The device's doubt of the row.", "between 0 and 100", unit="%"),
            also_called=("CL",),
        ),
        "Lane": read(c.lane_code, pattern=r"[1-9]\d?"),
        "Dir": read(
            q.whole("driving_direction", "1 as the lane leads, 2 against it.", "between 1 and 2"),
            also_called=("Direction",),
        ),
        "Headway": read(q.number("headway_s", "Since the front before.", unit="s").optional(), **SATURATED),
        "IVT": read(q.number("gap_s", "Since the rear before.", unit="s").optional(), **SATURATED),
        "Speed": c.speed_kmh,
        "Length": read(LENGTH, scale=0.01, missing=("9999",)),
        "SwissT": q.whole("swiss10_class", "Swiss10 class.", "between 1 and 10"),
        "c": read(
            q.text("height_class", "Class by the height of the body."),
            codes={word: word for word in ("VL", "L", "M", "H", "VH")},
            also_called=("Cat", "L"),
        ),
    },
    ignore=("Time",),
    key=("site_code", "lane_code", "passed_at", "counter_no"),
    quarantine=(
        Rule(
            "R-FIELDS",
            "counter_no is null and lane_code is null and vehicle_length_m is null",
            "the remains of a heading among the rows",
            first=True,
        ),
    ),
    flag=(Rule("R-STATUS", "fault_percent > 0", "the device doubts its own row"),),
    series=(*counter("counter_no"), out_of_order("passed_at")),
    schedule=None,
    expected_every_days=None,
)
