"""Weigh-in-motion sites of several countries with the span of their data."""

from etl.contract import Feed, Rule, read
from warehouse import columns as c

from . import _quantities as q

SPAN = {"form": "%Y-%m-%d %H:%M:%S.%f"}
FEED = Feed(
    name="wim_site_reference",
    doc=__doc__,
    title_zh="称重站点参考",
    title_en="Reference sites",
    grain="one site over the span of its data",
    owner="tests",
    files=r"wim_sites_reference[^/]*\.csv(\.gz)?",
    kind="register",
    columns={
        "SITE": read(c.site_code, pattern=r"\d{2,6}"),
        "SName": q.text("place", "Where it is."),
        "LAT": read(q.latitude, **q.WGS84),
        "LONG": read(q.longitude, **q.WGS84),
        "NumLanes": q.whole("lane_count", "Lanes.", "between 1 and 20"),
        "HWY": c.road_code,
        "STATE": q.text("state_code", "Canton or state."),
        "StartDate": read(c.valid_from, **SPAN),
        "EndDate": read(c.valid_to, **SPAN),
        "TrRateEst": q.number("truck_ratio", "Share of trucks.", "between 0 and 1"),
        "ADTT": q.number("truck_count_daily", "Trucks a day."),
        "Light": read(q.Column("is_light", "BOOLEAN", "Light vehicles kept.", "Light."), codes={"0": False, "1": True}),
        "Core": read(q.Column("is_core", "BOOLEAN", "Core site.", "Core."), codes={"True": True, "False": False}),
        "COUNTRY": read(q.text("country_code", "Country."), pattern="[A-Z]{2}"),
        "Layout": read(q.text("layout_code", "Directions of the lanes."), pattern=r"\d{1,6}"),
    },
    key=("site_code", "valid_from"),
    quarantine=(Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),),
    area=(20.0, 72.0, -130.0, 40.0),
    schedule=None,
    expected_every_days=None,
)
