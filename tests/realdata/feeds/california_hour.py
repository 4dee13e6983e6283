"""Hourly sums of a weigh-in-motion site, the lanes side by side (some sites have more): kip, ft and mph.

``ts`` counts the seconds of the local clock, which has no summer time here. Weight, length and speed are sums
over the hour's trucks. An hour without any value was not measured (R-ABSENT). A scale is dead when lanes count
trucks and weigh nothing, hour after hour (R-DEAD); an hour without trucks neither shows nor disproves it.
"""

from etl.contract import Feed, Rule, read
from etl.series import dead, gap, nothing_measured
from warehouse import columns as c

from . import _quantities as q

KIP_KG, FOOT_M, MILE_KM = 453.59237, 0.3048, 1.609344
LANES = {"l1": "left", "r1": "right", "r2": "right_second", "r3": "right_third"}
MAY_LACK = ("r2", "r3")
TRUCKS = {"hh": ("heavyheavy", "heavy"), "nh": ("not_heavyheavy", "light")}
MEASURES = {"weight": ("weight_kg", KIP_KG), "len": ("length_m", FOOT_M), "speed": ("speed_kmh", MILE_KM)}
DEAD_HOURS = 24


def columns() -> dict[str, object]:
    found: dict[str, object] = {}
    for lane, side in LANES.items():
        lack = {"may_lack": lane in MAY_LACK}
        for short, (long, kind) in TRUCKS.items():
            trucks, axles = f"{side}_{kind}_truck_count", f"{side}_{kind}_axle_sum"
            found[f"{long}_{lane}"] = read(q.whole(trucks, "Trucks.").optional(), **lack)
            found[f"{short}_axles_{lane}"] = read(q.whole(axles, "Axles of all trucks.").optional(), **lack)
            for measure, (name, scale) in MEASURES.items():
                summed = q.number(f"{side}_{kind}_{name}_sum", "Sum over the hour's trucks.").optional()
                found[f"{short}_{measure}_{lane}"] = read(summed, scale=scale, **lack)
        vehicles, speeds = f"{side}_vehicle_count", f"{side}_vehicle_speed_sum_kmh"
        found[f"count_all_veh_speed_{lane}"] = read(q.whole(vehicles, "All vehicles.").optional(), **lack)
        found[f"wgt_spd_all_veh_speed_{lane}"] = read(
            q.number(speeds, "Sum of all vehicles' speeds.").optional(), scale=MILE_KM, **lack
        )
    return found


def total(side: str, measure: str) -> str:
    return " + ".join(f"{side}_{kind}_{measure}" for _, kind in TRUCKS.values())


def weightless(side: str) -> str:
    """Whether a lane weighed nothing; null for an hour without trucks."""
    return f"case when {total(side, 'truck_count')} > 0 then {total(side, 'weight_kg_sum')} = 0 end"


WEIGHED = [f"{side}_{kind}_truck_count" for side in LANES.values() for _, kind in TRUCKS.values()]
FEED = Feed(
    name="california_hour",
    doc=__doc__,
    title_zh="每小时称重合计",
    title_en="Hourly weights",
    grain="one hour of one site and direction",
    owner="tests",
    files=r"ca_wim_hourly_(?P<site>site\d+_[NSEW])_\d{4}\.csv(\.gz)?",
    from_name={"site": c.site_code},
    columns={
        "ts": read(q.instant("hour_at", "The hour begins."), form="epoch"),
        "tod": q.whole("hour_of_day", "Hour of the day.", "between 0 and 23"),
        "day": q.whole("weekday_no", "0 is Sunday.", "between 0 and 6"),
        **columns(),
    },
    key=("site_code", "hour_at"),
    event_time="hour_at",
    quarantine=(
        Rule("R-TIME", "hour_of_day <> hour(hour_at)", "the hour and its number disagree"),
        Rule("R-TIME", "weekday_no <> dayofweek(hour_at)", "the day and its number disagree"),
    ),
    flag=(
        nothing_measured(*WEIGHED),
        *(Rule("R-ZERO", weightless(side), f"trucks without any weight, {side} lane") for side in LANES.values()),
    ),
    series=(
        *(dead(weightless(side), DEAD_HOURS, order=("hour_at",)) for side in LANES.values()),
        gap("hour_at", 3_600),
    ),
    schedule=None,
    expected_every_days=None,
)
