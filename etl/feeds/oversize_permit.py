"""Permits for oversize transport (超限运输车辆通行证), from the province's licensing system.

A load under a permit, on its route and in its period, is no illegal over-limit carriage; a case is opened only
after this list was asked.
"""

from etl.contract import Feed, Ndjson, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="oversize_permit",
    doc=__doc__,
    title_zh="超限运输车辆通行证",
    title_en="Oversize permits",
    kind="register",
    grain="one permit over one span of validity",
    owner="registers",
    files=r"oversize_permit_(?P<date>\d{8})[^/]*\.ndjson(\.gz)?",
    format=Ndjson(),
    columns={
        "permitNo": c.permit_no,
        "plate": read(c.plate_no, plate=True),
        "plateColor": c.plate_color_code,
        "trailerPlate": read(c.trailer_plate_no.optional(), plate=True, may_be_absent=True, missing=("无", "-")),
        "uscc": read(c.uscc.optional(), check="uscc"),
        "cargo": c.cargo_kind.optional(),
        "massTon": read(c.permitted_mass_kg, scale=1000),
        "lengthMm": read(c.permitted_length_m, scale=0.001),
        "widthMm": read(c.permitted_width_m, scale=0.001),
        "heightMm": read(c.permitted_height_m, scale=0.001),
        "route": c.route,
        "issuedBy": c.permit_issued_by,
        "validFrom": c.valid_from,
        "validTo": c.valid_to,
    },
    key=("permit_no", "valid_from"),
    quarantine=(Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),),
    expected_every_days=31,
)
