"""The ten largest loads of a day on a strip of 1.4 m, by station and group of vehicles.

Forces in kN, speeds in 0.01 km/h. 99 says that no vehicle was in the lane, 0 that it was not classified;
a speed of -1 is none.
"""

from dataclasses import replace

from etl.contract import CONTENT, Feed, Rule, read
from warehouse import columns as c

from . import _quantities as q

KG_PER_KN = 1000 / 9.80665


def load(name: str, doc: str) -> object:
    return read(q.number(name, doc, "between 0 and 200000", unit="kg"), scale=KG_PER_KN)


def speed(name: str, doc: str) -> object:
    return read(replace(c.speed_kmh, name=name, doc=doc).optional(), scale=0.01, missing=("-1",))


FEED = Feed(
    name="swiss_top_load",
    doc=__doc__,
    title_zh="每日最大轴组荷载",
    title_en="Largest axle-group loads of a day",
    grain="one of the ten largest loads of a day, station and group",
    owner="tests",
    files=r"ch_wim_daily_top10[^/]*\.csv(\.gz)?",
    columns={
        "ZST": read(c.site_code, pattern=r"\d{3}"),
        "MaxLE": load("strip_load_kg", "Load on the strip, both lanes."),
        "DayRank": q.whole("day_rank", "Rank of the day.", "between 1 and 10"),
        "L1Veh": read(q.text("first_vehicle_code", "Axle groups of the vehicle in lane 1."), pattern=r"\d{1,5}"),
        "L2Veh": read(q.text("second_vehicle_code", "Axle groups of the vehicle in lane 2."), pattern=r"\d{1,5}"),
        "L1Load": load("first_load_kg", "Load of lane 1."),
        "L2Load": load("second_load_kg", "Load of lane 2."),
        "L1Ax": q.whole("first_axle_count", "Axles of lane 1 on the strip.", "between 0 and 9"),
        "L2Ax": q.whole("second_axle_count", "Axles of lane 2 on the strip.", "between 0 and 9"),
        "L1Sp": speed("first_speed_kmh", "Speed in lane 1."),
        "L2Sp": speed("second_speed_kmh", "Speed in lane 2."),
        "Time": c.passed_at,
        "ClassT": read(
            q.text("vehicle_group", "All, classified, or classified with overweight types."),
            codes={"All": "all", "Class": "classified", "ClassOW": "classified_overweight"},
        ),
    },
    key=CONTENT,
    flag=(
        Rule("R-AXLES", "abs(strip_load_kg - first_load_kg - second_load_kg) > 2", "the lanes do not add up"),
        Rule("R-AXLES", "(first_vehicle_code = '99') <> (first_axle_count = 0)", "axles without a vehicle in lane 1"),
        Rule("R-AXLES", "(second_vehicle_code = '99') <> (second_axle_count = 0)", "axles without a vehicle in lane 2"),
    ),
    plausible_median={"strip_load_kg": (3_000, 100_000)},
    schedule=None,
    expected_every_days=None,
)
