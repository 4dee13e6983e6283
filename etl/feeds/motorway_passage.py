"""Passages of one motorway cross-section, as the axle-load station's Excel export gives them.

The headings mix full- and half-width brackets; headings are compared after NFKC, so either form
is found. The export has no record number, and its first hours were once imported twice: the whole
content is the identity, so an exact repeat counts once. A gross weight of 0 with axle loads present
is a scale fault: the row is kept, the weight is empty. ``超重`` and ``超速`` are the station's own
labels; they are kept beside the platform's verdict and never used for it.
"""

from etl.contract import CONTENT, Csv, Feed, Rule, numbered, read
from etl.series import dead
from warehouse import columns as c

FEED = Feed(
    name="motorway_passage",
    doc=__doc__,
    title_zh="高速公路轴载检测",
    title_en="Motorway axle-load passages",
    grain="one vehicle crossing one lane's sensors",
    owner="freight-enforcement",
    files=r"([^/]*?(?P<date>\d{4}-?\d{2}-?\d{2})[^/]*|[^/]*)\.csv(\.gz)?",
    format=Csv(encoding="utf-8"),
    columns={
        "车道代码": read(c.lane_code, pattern=r"[A-Z]{2,4}[12]\d{2,5}"),
        "时间": c.passed_at,
        "车型": read(
            c.vehicle_class_code.optional(),
            codes={
                "小客车": "passenger_small",
                "大客车": "passenger_large",
                "小货车": "goods_small",
                "中货车": "goods_medium",
                "大货车": "goods_large",
                "特大货车": "goods_extra_large",
                "拖挂车": "goods_combination",
                "集装箱车": "goods_container",
                "摩托车": "motorcycle",
                "拖拉机": "tractor",
            },
            unknown="flag",
        ),
        "车速（km/h）": c.speed_kmh.optional(),
        "车长（cm)": read(c.vehicle_length_m.optional(), scale=0.01),
        "轴数（根)": c.axle_count,
        "总重（kg）": read(c.gross_vehicle_weight_kg.optional(), missing=("0",), missing_flag="R-ZERO"),
        numbered("轴重{}（kg）", 10): c.axle_loads_kg,
        "超重": read(c.reported_is_over_limit.optional(), codes={"正常": False, "超重": True}, unknown="flag"),
        "超速": read(c.reported_is_speeding.optional(), codes={"正常": False, "超速": True}, unknown="flag"),
        "状态": read(
            c.device_status_code.optional(),
            codes={
                "正常": "ok",
                "线圈出错": "loop_error",
                "车辆跨道行驶": "cross_lane",
                "车间距小于 5米": "close_following",
                "车间距小于5米": "close_following",
                "预留": "reserved",
                "未知": "unknown",
                "车速大于200公里": "speed_above_200",
            },
            unknown="flag",
        ),
    },
    ignore=("_row_id", "_origin", "车道名称"),
    constants={"site_code": (c.site_code, "SDW")},
    derived={
        c.direction: "case when lane_code like '%21__' then 'up' when lane_code like '%22__' then 'down' end",
        c.axle_load_sum_kg: "list_sum(axle_loads_kg)",
    },
    key=CONTENT,
    flag=(
        Rule("R-AXLES", "len(axle_loads_kg) <> axle_count", "axle loads and axle count disagree"),
        Rule(
            "R-AXLES",
            "abs(axle_load_sum_kg - gross_vehicle_weight_kg) > greatest(50, gross_vehicle_weight_kg * 0.01)",
            "axle loads do not add up to the gross weight",
        ),
        Rule("R-STATUS", "device_status_code <> 'ok'", "the device reports a fault of this measurement"),
    ),
    series=(dead("gross_vehicle_weight_kg is null", 20, by=("lane_code",), order=("passed_at",)),),
    schedule=None,
    expected_every_days=None,
    plausible_median={"gross_vehicle_weight_kg": (800, 60_000)},
)
