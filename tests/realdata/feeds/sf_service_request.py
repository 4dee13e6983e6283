"""Requests of a city's 311 line. Times carry the zone UTC; a request without a place stands at 0/0."""

from etl.contract import Feed, Rule, read

from . import _quantities as q

FEED = Feed(
    name="sf_service_request",
    doc=__doc__,
    title_zh="市民诉求",
    title_en="Service requests",
    grain="one request",
    owner="tests",
    files=r"sf_311[^/]*\.csv(\.gz)?",
    kind="list",
    columns={
        "unique_key": read(q.text("request_no", "Number of the request."), pattern=r"\d{5,9}"),
        "created_date": q.instant("created_at", "When it was made."),
        "closed_date": q.instant("closed_at", "When it was closed.").optional(),
        "resolution_action_updated_date": q.instant("updated_at", "When something was done last.").optional(),
        "status": read(q.text("request_state", "State."), codes={"Open": "open", "Closed": "closed"}),
        "agency_name": q.text("unit_name", "Who handles it."),
        "category": q.text("request_kind", "What is asked for."),
        "complaint_type": q.text("request_topic", "Topic.").optional(),
        "descriptor": q.text("request_detail", "More of it.").optional(),
        "incident_address": q.text("place", "Address.").optional(),
        "source": q.text("channel", "How it came."),
        "latitude": read(q.latitude.optional(), **q.WGS84),
        "longitude": read(q.longitude.optional(), **q.WGS84),
    },
    ignore=("supervisor_district", "neighborhood", "location", "police_district", "status_notes", "media_url"),
    key=("request_no",),
    quarantine=(
        Rule("R-ORDER", "closed_at < created_at", "closed before it was made"),
        Rule("R-STATE", "(closed_at is null) = (request_state = 'closed')", "state and date disagree"),
    ),
    area=(37.6, 37.95, -122.65, -122.3),
    schedule=None,
    expected_every_days=None,
)
