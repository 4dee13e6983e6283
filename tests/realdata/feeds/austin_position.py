"""Raw positions of vehicle trips: gaps, jumps, and ``timediff`` as the receiver's own account of the gap."""

from etl.contract import Feed, Series, read
from etl.series import gap, jump, out_of_order

from . import _quantities as q

FEED = Feed(
    name="austin_position",
    doc=__doc__,
    title_zh="车辆定位轨迹",
    title_en="Vehicle positions",
    grain="one position of one trip",
    owner="tests",
    files=r"austin[^/]*\.csv(\.gz)?",
    columns={
        "trip_id": read(q.text("trip_no", "Trip."), pattern=r"\d{1,6}"),
        "timestamp": q.instant("observed_at", "When."),
        "lon": read(q.longitude, **q.WGS84),
        "lat": read(q.latitude, **q.WGS84),
        "timediff": q.whole("since_before_s", "Since the position before.", unit="s"),
    },
    key=("trip_no", "observed_at"),
    event_time="observed_at",
    series=(
        out_of_order("observed_at", ("trip_no",)),
        gap("observed_at", 10, ("trip_no",)),
        jump("observed_at", 300, ("trip_no",)),
        Series(
            "R-GAP",
            "epoch(observed_at) - epoch(before_observed_at) <> since_before_s",
            "the receiver's own interval disagrees",
            ("trip_no",),
            outcome="warning",
        ),
    ),
    area=(29.9, 30.9, -98.3, -97.2),
    schedule=None,
    expected_every_days=None,
)
