"""Tracks seen by a drone, once a second. The times are seconds of the recording printed as a clock of 1970.

They are no instants (a feed that reads them as such stops: R-TIME), so the rows belong to no day.
"""

from etl.contract import Feed, read
from warehouse import columns as c

from . import _quantities as q

FEED = Feed(
    name="athens_position",
    doc=__doc__,
    title_zh="无人机轨迹",
    title_en="Drone tracks",
    grain="one second of one track",
    owner="tests",
    files=r"athens[^/]*\.csv(\.gz)?",
    kind="list",
    columns={
        "track_id": read(q.text("track_no", "Track."), pattern=r"\d{1,6}"),
        "lon": read(q.longitude, **q.WGS84),
        "lat": read(q.latitude, **q.WGS84),
        "speed": read(c.speed_kmh, decimals=20),
        "time": read(
            q.text("recording_clock", "Time since the recording began, printed as a clock of 1970."),
            pattern=r"1970-01-01 ([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}",
        ),
    },
    derived={
        q.number("elapsed_s", "Since the recording began.", unit="s"): "epoch(cast(recording_clock as timestamp))",
    },
    key=("track_no", "recording_clock"),
    area=(37.9, 38.1, 23.6, 23.9),
    schedule=None,
    expected_every_days=None,
)
