"""Positions of on-board terminals as the monitoring platform extracts them to text.

Points sent after a gap in coverage arrive late and belong to their device time; after a reconnect the same point
comes again with a later receive time. A terminal without a fix sends 0/0 or its last place, and coaches leave
the prefecture: both rows are kept and flagged, distances leave them out.
"""

from etl.contract import PREFECTURE, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="terminal_position",
    doc=__doc__,
    title_zh="车辆定位",
    title_en="Terminal positions",
    grain="one position of one vehicle",
    owner="vehicle-monitoring",
    files=r"terminal_position_(?P<date>\d{8})[^/]*\.csv\.gz",
    columns={
        "车牌号码": read(c.plate_no, plate=True),
        "车牌颜色": c.plate_color_code,
        "定位时间": c.positioned_at,
        "接收时间": c.terminal_received_at,
        "纬度": c.latitude.bounded("between -90 and 90"),
        "经度": c.longitude.bounded("between -180 and 180"),
        "速度(km/h)": c.terminal_speed_kmh,
        "方向": c.heading_deg,
        "海拔(m)": c.altitude_m.optional(),
        "里程(km)": c.odometer_km.optional(),
        "状态字": read(c.terminal_status, pattern=r"[0-9A-F]{8}"),
    },
    key=("plate_no", "plate_color_code", "positioned_at"),
    event_time="positioned_at",
    area=PREFECTURE,
    version="terminal_received_at",
    quarantine=(
        Rule("R-TIME", "positioned_at > terminal_received_at + interval 5 minutes", "a position from the future"),
    ),
)
