"""Truck passes of two lanes by their inductive signature. Written as they were classified, so not in order of time.

``vehicle_count`` is the lane's own count and begins again now and then; a pass without a class is flagged.
"""

from etl.contract import Feed, Rule, read
from etl.series import counter, out_of_order
from warehouse import columns as c

from . import _quantities as q

LANE = ("lane_code", "lane_direction")
FEED = Feed(
    name="california_pass",
    doc=__doc__,
    title_zh="货车通过记录",
    title_en="Truck passes",
    grain="one vehicle past one lane's loop",
    owner="tests",
    files=r"ca_tams_\d+_passes[^/]*\.csv(\.gz)?",
    columns={
        "sig_id": read(q.text("signature_no", "Number of the signature."), pattern=r"\d{1,12}"),
        "detstaid": read(c.site_code, pattern=r"\d{1,6}"),
        "lane": read(c.lane_code, pattern=r"\d{1,2}"),
        "lane_dir": read(q.text("lane_direction", "Direction of the lane."), pattern=r"\d"),
        "timestamp_full": c.passed_at,
        "vehicle_count": q.whole("lane_counter_no", "The lane's own count.", ">= 0"),
        "bc_name": q.text("body_name", "Body class.").optional(),
        "bc_id": q.whole("body_code", "Body class.").optional(),
        "bc_group": q.text("body_group", "Group of body classes.").optional(),
        "bcg_id": q.whole("body_group_code", "Group of body classes.").optional(),
        "calvad_class": read(
            c.vehicle_class_code, codes={"PC": "passenger", "NHHDT": "not_heavy_heavy", "HHDT": "heavy_heavy"}
        ),
    },
    key=("signature_no",),
    flag=(Rule("R-ABSENT", "body_code is null", "the pass was not classified"),),
    series=(out_of_order("passed_at"), counter("lane_counter_no", LANE)[0]),
    schedule=None,
    expected_every_days=None,
)
