"""Vehicles under dynamic monitoring: coaches and dangerous-goods vehicles (两客一危), buses and taxis.

The monitoring platform's own table, as Parquet. A vehicle that changes its owner, terminal or line ends one span
and begins another: its past stays with the owner of that time. A vehicle is known by plate and colour.
"""

from etl.contract import Feed, ParquetFile, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="monitored_vehicle",
    doc=__doc__,
    title_zh="重点监控车辆",
    title_en="Monitored vehicles",
    kind="register",
    grain="one vehicle over one span of validity",
    owner="registers",
    files=r"monitored_vehicle_(?P<date>\d{8})[^/]*\.parquet",
    format=ParquetFile(),
    columns={
        "plate": read(c.plate_no, plate=True),
        "color": c.plate_color_code,
        "veh_class": read(
            c.monitored_class,
            codes={
                "LYKC": "tourist_coach",
                "BCKC": "charter_coach",
                "BXKC": "line_coach",
                "WXHW": "dangerous_goods",
                "CSGJ": "bus",
                "CZQC": "taxi",
            },
        ),
        "seats": c.seat_count.optional(),
        "owner_uscc": read(c.uscc, check="uscc"),
        "county": read(c.county_code, pattern=r"\d{6}"),
        "line_no": c.line_no.optional(),
        "terminal_no": c.terminal_no.optional(),
        "sim": read(c.terminal_phone.optional(), pattern=r"\d{1,20}"),
        "terminal_model": c.terminal_model.optional(),
        "protocol": c.protocol_version.optional(),
        "smart_terminal": c.has_smart_terminal,
        "slogan": c.carries_slogan.optional(),
        "from_date": c.valid_from,
        "to_date": c.valid_to.optional(),
    },
    key=("plate_no", "plate_color_code", "valid_from"),
    quarantine=(
        Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),
        Rule("R-EMPTY", "has_smart_terminal and terminal_no is null", "a terminal without a number"),
    ),
    expected_every_days=31,
)
