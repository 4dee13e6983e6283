"""Passages at weigh-in-motion sites in the platform's own layout.

The layout for sites that have no habit of their own: one CSV per night or hour, canonical names as
headings. A site sends the last rows of the hour before again; ``check_no`` makes them one, and of
two versions the later upload counts. The camera misses about one plate in twelve.
"""

from etl.contract import Csv, Feed, Rule, numbered, read
from warehouse import columns as c

FEED = Feed(
    name="wim_passage",
    doc=__doc__,
    title_zh="不停车检测过车记录",
    title_en="Weigh-in-motion passages",
    grain="one vehicle crossing one lane's sensors",
    owner="freight-enforcement",
    files=r"wim_passage_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="utf-8"),
    columns={
        "check_no": c.check_no,
        "site_code": c.site_code,
        "lane_code": c.lane_code,
        "direction": read(c.direction.optional(), codes={"up": "up", "down": "down"}),
        "passed_at": c.passed_at,
        "uploaded_at": c.uploaded_at,
        "plate_no": read(c.plate_no.optional(), plate=True),
        "plate_color_code": c.plate_color_code.optional(),
        "plate_confidence": c.plate_confidence.optional(),
        "vehicle_class_code": c.vehicle_class_code.optional(),
        "axle_count": c.axle_count,
        "axle_type_code": read(c.axle_type_code.optional(), pattern=r"[1-9]{1,8}"),
        "gross_vehicle_weight_kg": c.gross_vehicle_weight_kg,
        numbered("axle_{}_load_kg", 8): c.axle_loads_kg,
        numbered("axle_{}_spacing_m", 7): c.axle_spacings_m,
        "single_tyre_axle_count": c.single_tyre_axle_count.optional(),
        "speed_kmh": c.speed_kmh,
        "vehicle_length_m": c.vehicle_length_m.optional(),
        "reported_limit_kg": c.reported_limit_kg.optional(),
        "reported_is_over_limit": c.reported_is_over_limit.optional(),
        "cross_lane": c.cross_lane.optional(),
        "close_following": c.close_following.optional(),
    },
    derived={
        c.axle_load_sum_kg: "list_sum(axle_loads_kg)",
        c.wheelbase_m: "round(list_sum(axle_spacings_m), 3)",
    },
    key=("check_no",),
    version="uploaded_at",
    quarantine=(
        Rule("R-ORDER", "uploaded_at < passed_at", "uploaded before the passage"),
        Rule(
            "R-AXLES",
            "len(axle_loads_kg) > 0 and len(axle_loads_kg) <> axle_count",
            "axle loads and axle count disagree",
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
    daily_rows=(300, 120_000),
    plausible_median={"gross_vehicle_weight_kg": (3_000, 60_000)},
)
