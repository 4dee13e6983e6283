"""Whether the cameras of loading firms had a picture, hour by hour; Parquet from the video platform."""

from etl.contract import Feed, ParquetFile, read
from warehouse import columns as c

FEED = Feed(
    name="video_link_status",
    doc=__doc__,
    title_zh="源头视频在线状态",
    title_en="Video link status of loading firms",
    grain="one camera channel of one firm over one hour",
    owner="freight-enforcement",
    files=r"video_link_(?P<date>\d{8})[^/]*\.parquet",
    format=ParquetFile(),
    columns={
        "firm_id": c.firm_no,
        "channel": c.channel_no,
        "hour": c.observed_at,
        "online_pct": read(c.online_ratio, scale=0.01),
    },
    event_time="observed_at",
    key=("firm_no", "channel_no", "observed_at"),
)
