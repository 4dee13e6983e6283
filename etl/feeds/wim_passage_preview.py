"""Passages as pre-selection systems (预检) of the Hunan layout send them.

Member names follow a data-standard annex whose title names the provincial system; it is known from a secondary
source and partly legible, so its codes are kept as the device's own. The front and the rear camera each read a
plate and both are kept: a tractor and its trailer carry different ones, and what counts for a case is the
front one. Only the gross weight is obligatory; axle loads, where given, must agree with the axle count.
``overLimitWeight``, ``overLimitRate`` (per cent) and ``isEscape`` are the sender's own and never used.
"""

from etl.contract import Csv, Feed, Rule, numbered, read
from warehouse import columns as c

FEED = Feed(
    name="wim_passage_preview",
    doc=__doc__,
    title_zh="不停车预检记录（省标格式）",
    title_en="Pre-selection passages (provincial layout)",
    grain="one vehicle crossing one lane's sensors",
    owner="freight-enforcement",
    files=r"preview_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "previewCode": c.check_no,
        "previewStationCode": c.site_code,
        "laneNo": c.lane_code,
        "previewDate": read(c.passed_at, form="%Y-%m-%d %H:%M:%S"),
        "snapshotTime": read(c.snapshot_at.optional(), form="%Y-%m-%d %H:%M:%S"),
        "licenseCodeFront": read(c.plate_front_no.optional(), plate=True),
        "licenseCodeBack": read(c.plate_rear_no.optional(), plate=True, may_be_absent=True),
        "licensePlateColor": read(
            c.plate_color_code.optional(),
            codes={"蓝": 1, "黄": 2, "黑": 3, "白": 4, "绿": 5, "黄绿": 93, "渐变绿": 94, "其他": 9},
            unknown="flag",
        ),
        "vehicleType": c.vehicle_class_code.optional(),
        "axisNum": c.axle_count,
        "speed": c.speed_kmh,
        "totalWeight": c.gross_vehicle_weight_kg,
        numbered("axle{}Weight", 6): c.axle_loads_kg,
        "overLimitWeight": c.reported_excess_kg.optional(),
        "overLimitRate": read(c.reported_excess_ratio.optional(), scale=0.01),
        "measureType": c.measure_type_code.optional(),
        "isEscape": c.reported_is_escape.optional(),
    },
    derived={
        c.axle_load_sum_kg: "list_sum(axle_loads_kg)",
        c.reported_is_over_limit: "reported_excess_kg > 0",
    },
    key=("check_no",),
    quarantine=(
        Rule(
            "R-AXLES",
            "len(axle_loads_kg) > 0 and len(axle_loads_kg) <> least(axle_count, 6)",
            "axle loads and axle count disagree (the layout has six)",
        ),
        Rule("R-ORDER", "snapshot_at < passed_at - interval 1 hour", "the picture is hours older than the passage"),
    ),
    flag=(
        Rule(
            "R-AXLES",
            "axle_count <= 6 and len(axle_loads_kg) > 0 and "
            "abs(axle_load_sum_kg - gross_vehicle_weight_kg) > greatest(100, gross_vehicle_weight_kg * 0.01)",
            "axle loads do not add up to the gross weight (tolerance: the larger of 100 kg and 1 %)",
        ),
        Rule(
            "R-PAIR",
            "plate_front_no <> plate_rear_no and not ends_with(plate_rear_no, '挂')",
            "front and rear plate differ and the rear one is no trailer's",
        ),
    ),
    daily_rows=(100, 40_000),
    plausible_median={"gross_vehicle_weight_kg": (3_000, 60_000)},
)
