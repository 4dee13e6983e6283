"""A drawn test track: positions and speeds in their order, without times and without a vehicle."""

from etl.contract import Feed, read
from warehouse import columns as c

from . import _quantities as q

FEED = Feed(
    name="jt808_track",
    doc=__doc__,
    title_zh="测试轨迹",
    title_en="Test track",
    grain="one position of the track",
    owner="tests",
    files=r"jt808_area[^/]*\.csv(\.gz)?",
    kind="list",
    columns={
        "lon": read(c.longitude, **q.WGS84),
        "lat": read(c.latitude, **q.WGS84),
        "speed": c.speed_kmh,
    },
    derived={q.whole("point_no", "Place in the track."): "source_line - 1"},
    key=("point_no", "latitude", "longitude"),
    schedule=None,
    expected_every_days=None,
)
