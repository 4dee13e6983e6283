"""Passages of a vendor whose sensors weigh the left and the right wheels of each axle.

One JSON object a line. Wheel loads come in units of 10 kg, the gross weight in tonnes with decimals, lengths in
millimetres, confidence in per cent; ``dir`` is 1 for up (正向) and 0 for down (反向). The axle load is the sum of
its wheels. The vendor numbers its records by site and running number.
"""

from etl.contract import Feed, Ndjson, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="wim_passage_wheel",
    doc=__doc__,
    title_zh="不停车检测过车记录（轮荷型）",
    title_en="Weigh-in-motion passages with wheel loads",
    grain="one vehicle crossing one lane's sensors",
    owner="freight-enforcement",
    files=r"wheel_(?P<date>\d{8})[^/]*\.ndjson(\.gz)?",
    format=Ndjson(),
    columns={
        "sn": c.check_no,
        "station": c.site_code,
        "lane": c.lane_code,
        "dir": read(c.direction.optional(), codes={"1": "up", "0": "down"}),
        "time": c.passed_at,
        "uploadTime": c.uploaded_at,
        "plate": read(c.plate_no.optional(), plate=True),
        "plateColor": c.plate_color_code.optional(),
        "conf": read(c.plate_confidence.optional(), scale=0.01),
        "vehType": c.vehicle_class_code.optional(),
        "axleNum": c.axle_count,
        "axleType": read(c.axle_type_code.optional(), pattern=r"[1-9]{1,8}"),
        "leftWheel": read(c.left_wheel_loads_kg, scale=10),
        "rightWheel": read(c.right_wheel_loads_kg, scale=10),
        "axleDist": read(c.axle_spacings_m, scale=0.001),
        "gross": read(c.gross_vehicle_weight_kg, scale=1000),
        "speed": c.speed_kmh,
        "accel": c.acceleration_ms2.optional(),
        "length": read(c.vehicle_length_m.optional(), scale=0.001),
        "width": read(c.vehicle_width_m.optional(), scale=0.001),
        "height": read(c.vehicle_height_m.optional(), scale=0.001),
        "limit": read(c.reported_limit_kg.optional(), scale=1000),
        "over": c.reported_is_over_limit.optional(),
        "crossLane": c.cross_lane.optional(),
        "follow": c.close_following.optional(),
    },
    derived={
        c.axle_loads_kg: "list_transform(list_zip(left_wheel_loads_kg, right_wheel_loads_kg), "
        "lambda wheels: coalesce(wheels[1], 0) + coalesce(wheels[2], 0))",
        c.axle_load_sum_kg: "list_sum(axle_loads_kg)",
        c.wheelbase_m: "round(list_sum(axle_spacings_m), 3)",
    },
    key=("check_no",),
    version="uploaded_at",
    quarantine=(
        Rule("R-ORDER", "uploaded_at < passed_at", "uploaded before the passage"),
        Rule(
            "R-AXLES",
            "len(left_wheel_loads_kg) <> len(right_wheel_loads_kg) or len(left_wheel_loads_kg) <> axle_count",
            "wheel loads and axle count disagree",
        ),
        Rule(
            "R-AXLES",
            "len(axle_spacings_m) > 0 and len(axle_spacings_m) <> axle_count - 1",
            "axle spacings and axle count disagree",
        ),
    ),
    flag=(
        Rule(
            "R-AXLES",
            "abs(axle_load_sum_kg - gross_vehicle_weight_kg) > greatest(100, gross_vehicle_weight_kg * 0.01)",
            "axle loads do not add up to the gross weight (tolerance: the larger of 100 kg and 1 %)",
        ),
    ),
    daily_rows=(100, 40_000),
    plausible_median={"gross_vehicle_weight_kg": (3_000, 60_000)},
)
