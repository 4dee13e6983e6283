"""Potholes filled by a city's machines, second export: ISO times, headings of the positions put right."""

from etl.contract import CONTENT, Feed, read

from . import _quantities as q
from .syracuse_pothole_a import FEED as FIRST

FEED = Feed(
    name="syracuse_pothole_b",
    doc=__doc__,
    title_zh="坑槽修补（导出乙）",
    title_en="Potholes filled, export b",
    grain="one filling of one pothole",
    owner="tests",
    files=r"syracuse_potholes[^/]*_b\.csv(\.gz)?",
    columns={
        "StreetNumber": FIRST.reads["StreetNumber"],
        "Street Name": q.text("street_name", "Street."),
        "StreetType": q.text("street_kind", "Kind of street.").optional(),
        "StreetDirection": q.text("street_direction", "Side of the city.").optional(),
        "Location": q.text("place", "Address and crossing.").optional(),
        "TimeFilled": q.instant("filled_at", "When it was filled."),
        "StreetID": read(q.text("street_no", "Street in the city's register."), pattern=r"\d{4,9}"),
        "Latitude": read(q.latitude, **q.WGS84),
        "Longitude": read(q.longitude, **q.WGS84),
    },
    key=CONTENT,
    event_time="filled_at",
    area=FIRST.area,
    schedule=None,
    expected_every_days=None,
)
