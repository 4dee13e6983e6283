"""FHWA Traffic Monitoring Guide weight records ("W" records).

Fixed width, weights in pounds, spacings in tenths of feet, times to the hour. Classes ``m`` and
``d`` are not vehicles: the hour was missing, or the device worked and saw no truck. They are kept,
since "no data" and "no trucks" must never look alike. Records have no number: content is identity.
"""

from etl.contract import CONTENT, Feed, FixedWidth, Rule, read
from warehouse import columns as c

POUND_KG = 0.45359237
TENTH_FOOT_M = 0.03048
# From position 35: weight (5) and spacing (4) in turn, 13 axles.
LOADS = tuple(f"{35 + 9 * axle}-{39 + 9 * axle}" for axle in range(13))
SPACINGS = tuple(f"{40 + 9 * axle}-{43 + 9 * axle}" for axle in range(12))

FEED = Feed(
    name="fhwa_weight",
    doc=__doc__,
    title_zh="FHWA 称重记录",
    title_en="FHWA weight records",
    grain="one vehicle crossing one lane's sensors, or one hour without data or without trucks",
    owner="freight-enforcement",
    files=r"[^/]+\.(wgt|WGT|txt|W[0-9A-Za-z]*)(\.gz)?",
    format=FixedWidth(width=147, starts_with="W"),
    columns={
        "2-9": read(c.site_code, pattern=r"\d{2}[0-9A-Z]{6}"),
        "10-10": read(
            c.direction.optional(),
            codes={
                "1": "up",
                "2": "up",
                "3": "up",
                "4": "up",
                "5": "down",
                "6": "down",
                "7": "down",
                "8": "down",
            },
            unknown="flag",
        ),
        "11-11": c.lane_code,
        "12-21": read(c.passed_at, form="%Y%m%d%H"),
        "22-23": read(c.vehicle_class_code, pattern=r"\d{1,2}|0?[mMdD]"),
        "27-32": read(c.gross_vehicle_weight_kg.optional(), scale=POUND_KG, missing=("0", "000000")),
        "33-34": read(c.axle_count.optional(), missing=("0", "00")),
        LOADS: read(c.axle_loads_kg, scale=POUND_KG),
        SPACINGS: read(c.axle_spacings_m, scale=TENTH_FOOT_M),
    },
    derived={
        c.record_kind: "case when lower(vehicle_class_code) like '%m' then 'hour_missing' "
        "when lower(vehicle_class_code) like '%d' then 'hour_empty' else 'vehicle' end",
        c.axle_load_sum_kg: "list_sum(axle_loads_kg)",
        c.wheelbase_m: "round(list_sum(axle_spacings_m), 3)",
    },
    key=CONTENT,
    quarantine=(
        Rule(
            "R-RANGE",
            "record_kind = 'vehicle' and (gross_vehicle_weight_kg is null or axle_count is null)",
            "a vehicle without a weight or without axles",
        ),
        Rule(
            "R-AXLES",
            "record_kind = 'vehicle' and len(axle_loads_kg) <> axle_count",
            "axle loads and count disagree",
        ),
        Rule(
            "R-AXLES",
            "record_kind = 'vehicle' and len(axle_spacings_m) > 0 and len(axle_spacings_m) <> axle_count - 1",
            "axle spacings and count disagree",
        ),
    ),
    flag=(
        Rule(
            "R-AXLES",
            "abs(axle_load_sum_kg - gross_vehicle_weight_kg) > greatest(50, gross_vehicle_weight_kg * 0.01)",
            "axle loads do not add up to the gross weight",
        ),
    ),
    schedule=None,
    expected_every_days=None,
)
