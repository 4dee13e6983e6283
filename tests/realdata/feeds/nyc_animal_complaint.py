"""Complaints of a city's 311 line with created, due and closed: US dates on the 12-hour clock.

Closed after due is no fault of the data; it is what the deadline is for.
"""

from etl.contract import Feed, Rule, read

from . import _quantities as q

CLOCK = {"form": "%m/%d/%Y %I:%M:%S %p"}
STATES = ("Closed", "In Progress", "Assigned", "Open", "Pending", "Unspecified")
FEED = Feed(
    name="nyc_animal_complaint",
    doc=__doc__,
    title_zh="投诉办理",
    title_en="Complaints with deadlines",
    grain="one complaint",
    owner="tests",
    files=r"nyc_311[^/]*\.csv(\.gz)?",
    kind="list",
    columns={
        "Unique Key": read(q.text("request_no", "Number of the complaint."), pattern=r"\d{6,10}"),
        "Created Date": read(q.instant("created_at", "When it was made."), **CLOCK),
        "Closed Date": read(q.instant("closed_at", "When it was closed.").optional(), **CLOCK),
        "Due Date": read(q.instant("due_at", "When it is due.").optional(), **CLOCK),
        "Resolution Action Updated Date": read(
            q.instant("updated_at", "When something was done last.").optional(), **CLOCK
        ),
        "Status": read(
            q.text("request_state", "State."), codes={word: word.lower().replace(" ", "_") for word in STATES}
        ),
        "Complaint Type": q.text("request_kind", "What is complained of."),
        "Descriptor": q.text("request_detail", "More of it.").optional(),
        "Incident Address": q.text("place", "Address.").optional(),
        "Borough": q.text("borough", "Part of the city."),
        "Latitude": read(q.latitude.optional(), **q.WGS84),
        "Longitude": read(q.longitude.optional(), **q.WGS84),
    },
    ignore=(
        "Agency",
        "Agency Name",
        "Location Type",
        "Incident Zip",
        "Street Name",
        "Cross Street 1",
        "Cross Street 2",
        "Intersection Street 1",
        "Intersection Street 2",
        "Address Type",
        "City",
        "Landmark",
        "Facility Type",
        "Resolution Description",
        "Community Board",
        "BBL",
        "X Coordinate (State Plane)",
        "Y Coordinate (State Plane)",
        "Open Data Channel Type",
        "Park Facility Name",
        "Park Borough",
        "Vehicle Type",
        "Taxi Company Borough",
        "Taxi Pick Up Location",
        "Bridge Highway Name",
        "Bridge Highway Direction",
        "Road Ramp",
        "Bridge Highway Segment",
        "Location",
    ),
    key=("request_no",),
    quarantine=(
        Rule("R-ORDER", "closed_at < created_at", "closed before it was made"),
        Rule("R-ORDER", "due_at < created_at", "due before it was made"),
        Rule("R-STATE", "(closed_at is null) = (request_state = 'closed')", "state and date disagree"),
    ),
    area=(40.4, 41.0, -74.4, -73.6),
    schedule=None,
    expected_every_days=None,
)
