"""Positions of one person's receiver over two months, every one to five seconds. Times are GMT without saying so."""

from etl.contract import Feed, read
from etl.series import gap, jump, out_of_order

from . import _quantities as q

FEED = Feed(
    name="geolife_position",
    doc=__doc__,
    title_zh="定位轨迹",
    title_en="Positions",
    grain="one position",
    owner="tests",
    files=r"geolife[^/]*\.csv(\.gz)?",
    columns={
        "lat": read(q.latitude, **q.WGS84),
        "lng": read(q.longitude, **q.WGS84),
        "datetime": read(q.Column("observed_at", "TIMESTAMP", "When.", "时间", unit="+08:00"), zone="+00:00"),
        "uid": read(q.text("track_no", "Whose."), pattern=r"\d{3}"),
    },
    key=("track_no", "observed_at"),
    event_time="observed_at",
    series=(
        out_of_order("observed_at", ("track_no",)),
        gap("observed_at", 3_600, ("track_no",)),
        jump("observed_at", 300, ("track_no",)),
    ),
    area=(39.4, 41.1, 115.4, 117.6),
    schedule=None,
    expected_every_days=None,
)
