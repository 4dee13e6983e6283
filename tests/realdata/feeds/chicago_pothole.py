"""Pothole requests of a city's 311 line. ``Dup`` in the status says that another request names the same hole."""

from etl.contract import Feed, Rule, read

from . import _quantities as q

FEED = Feed(
    name="chicago_pothole",
    doc=__doc__,
    title_zh="坑槽报修",
    title_en="Pothole requests",
    grain="one request",
    owner="tests",
    files=r"chicago_311[^/]*\.csv(\.gz)?",
    kind="list",
    columns={
        "service_request_number": read(q.text("request_no", "Number of the request."), pattern=r"\d{2}-\d{8}"),
        "creation_date": q.instant("created_at", "When it was made."),
        "status": read(
            q.text("request_state", "State."),
            codes={
                "Open": "open",
                "Open - Dup": "open_duplicate",
                "Completed": "completed",
                "Completed - Dup": "completed_duplicate",
            },
        ),
        "completion_date": q.instant("closed_at", "When it was completed.").optional(),
        "type_of_service_request": q.text("request_kind", "What was asked for."),
        "current_activity": q.text("activity", "What goes on.").optional(),
        "most_recent_action": q.text("last_action", "What was done last.").optional(),
        "number_of_potholes_filled_on_block": q.whole("filled_count", "Potholes filled.").optional(),
        "street_address": q.text("place", "Address."),
        "latitude": read(q.latitude.optional(), **q.WGS84),
        "longitude": read(q.longitude.optional(), **q.WGS84),
    },
    ignore=(
        "zip",
        "x_coordinate",
        "y_coordinate",
        "ward",
        "police_district",
        "community_area",
        "ssa",
        "location",
    ),
    key=("request_no",),
    quarantine=(
        Rule("R-ORDER", "closed_at < created_at", "completed before it was made"),
        Rule("R-STATE", "(closed_at is null) = starts_with(request_state, 'completed')", "state and date disagree"),
    ),
    area=(41.6, 42.1, -88.0, -87.4),
    schedule=None,
    expected_every_days=None,
)
