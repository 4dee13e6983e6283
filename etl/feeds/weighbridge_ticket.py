"""Weighbridge tickets of loading firms, sent by the province's source platform once a night.

The ticket is the firm's own record: its net mass is compared with gross minus tare and never computed.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="weighbridge_ticket",
    doc=__doc__,
    title_zh="源头磅单",
    title_en="Weighbridge tickets",
    grain="one vehicle leaving one loading firm",
    owner="freight-enforcement",
    files=r"weighbridge_(?P<date>\d{8})[^/]*\.csv\.gz",
    format=Csv(encoding="utf-8"),
    columns={
        "磅单号": c.ticket_no,
        "源头单位编号": c.firm_no,
        "地磅编号": c.scale_no,
        "车牌号": read(c.plate_no, plate=True),
        "车牌颜色": c.plate_color_code.optional(),
        "挂车号牌": read(c.trailer_plate_no.optional(), plate=True, may_be_absent=True, missing=("无", "-")),
        "轴数": c.axle_count.optional(),
        "皮重kg": c.tare_mass_kg,
        "毛重kg": c.loaded_mass_kg,
        "净重kg": c.net_mass_kg,
        "货物名称": c.cargo_kind,
        "从业资格证号": c.driver_certificate_no.optional(),
        "进场时间": c.entered_at.optional(),
        "出场时间": c.left_at,
    },
    event_time="left_at",
    key=("firm_no", "ticket_no"),
    quarantine=(
        Rule("R-ORDER", "left_at < entered_at", "left before it came"),
        Rule("R-ORDER", "loaded_mass_kg < tare_mass_kg", "lighter with its load"),
    ),
    flag=(
        Rule(
            "R-NET",
            "abs(loaded_mass_kg - tare_mass_kg - net_mass_kg) > 20",
            "net mass is not gross minus tare (tolerance: one scale interval of 20 kg)",
        ),
    ),
    plausible_median={"loaded_mass_kg": (3_000, 90_000)},
)
