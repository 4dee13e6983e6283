"""Potholes filled by a city's machines, first export: US dates without leading zeros.

The export exchanged the headings of latitude and longitude; such a delivery stops (D-SWAP). House numbers
too wide for the spreadsheet's column came out as asterisks.
"""

from etl.contract import CONTENT, Feed, read

from . import _quantities as q

FEED = Feed(
    name="syracuse_pothole_a",
    doc=__doc__,
    title_zh="坑槽修补（导出甲）",
    title_en="Potholes filled, export a",
    grain="one filling of one pothole",
    owner="tests",
    files=r"syracuse_potholes[^/]*_a\.csv(\.gz)?",
    columns={
        "StreetNumber": read(
            q.text("house_no", "House number.").optional(), missing=("**********",), missing_flag="R-CODE"
        ),
        "StreetName": q.text("street_name", "Street."),
        "StreetNamePostType": q.text("street_kind", "Kind of street.").optional(),
        "Directional": q.text("street_direction", "Side of the city.").optional(),
        "strLocation": q.text("place", "Address and crossing.").optional(),
        "dtTime": read(q.instant("filled_at", "When it was filled."), form="%-m/%-d/%Y %-H:%M"),
        "STREET_ID": read(q.text("street_no", "Street in the city's register."), pattern=r"\d{4,9}"),
        "VehicleName": q.text("vehicle_name", "Machine that filled it."),
        "Latitude": read(q.latitude, **q.WGS84),
        "Longitude": read(q.longitude, **q.WGS84),
    },
    key=CONTENT,
    event_time="filled_at",
    area=(42.9, 43.2, -76.4, -75.9),
    schedule=None,
    expected_every_days=None,
)
