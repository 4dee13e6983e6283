"""Traffic citations and warnings of a county's police: date and time in two columns, several rows a stop."""

from etl.contract import CONTENT, Feed, read

from . import _quantities as q


def yes_no(name: str, doc: str) -> object:
    return read(q.Column(name, "BOOLEAN", doc, doc), codes={"Yes": True, "No": False})


FEED = Feed(
    name="montgomery_citation",
    doc=__doc__,
    title_zh="交通违法处理",
    title_en="Traffic citations",
    grain="one charge at one stop",
    owner="tests",
    files=r"montgomery[^/]*\.csv(\.gz)?",
    columns={
        "Date Of Stop": read(
            q.instant("stopped_at", "When the vehicle was stopped."),
            form="%m/%d/%Y %H:%M:%S",
            followed_by=("Time Of Stop",),
        ),
        "SubAgency": q.text("unit_name", "Police district."),
        "Description": q.text("charge_text", "What is charged."),
        "Location": q.text("place", "Where."),
        "Latitude": read(q.latitude.optional(), **q.WGS84),
        "Longitude": read(q.longitude.optional(), **q.WGS84),
        "Accident": yes_no("is_crash", "With a crash."),
        "Belts": yes_no("is_belt", "Belts not worn."),
        "Personal Injury": yes_no("is_injury", "Somebody was hurt."),
        "Property Damage": yes_no("is_damage", "Something was damaged."),
        "Fatal": yes_no("is_fatal", "Somebody died."),
        "Commercial License": yes_no("has_commercial_licence", "Commercial driver's licence."),
        "HAZMAT": yes_no("is_dangerous_goods", "Dangerous goods."),
        "Commercial Vehicle": yes_no("is_commercial_vehicle", "Commercial vehicle."),
        "Alcohol": yes_no("is_alcohol", "Alcohol."),
        "Work Zone": yes_no("is_work_zone", "In a work zone."),
        "State": read(q.text("plate_state", "Where the vehicle is registered."), pattern="[A-Z]{2}"),
        "VehicleType": read(q.text("vehicle_type_name", "Kind of vehicle."), pattern=r"\d{2} - .+"),
        "Year": read(
            q.whole("model_year", "Model year.", "between 1900 and 2100").optional(),
            missing=("0", "9999"),
            missing_flag="R-CODE",
        ),
        "Make": q.text("make", "Make, as typed.").optional(),
        "Model": q.text("model_name", "Model, as typed.").optional(),
        "Color": q.text("color", "Colour.").optional(),
        "Violation Type": read(
            q.text("paper_kind", "What was handed out."),
            codes={"Citation": "citation", "Warning": "warning", "ESERO": "repair_order", "SERO": "repair_order"},
        ),
        "Charge": read(q.text("charge_code", "Section of the law."), pattern=r"\d{1,2}[0-9A-Za-z.*()/-]*"),
        "Article": q.text("article", "Which law.").optional(),
        "Contributed To Accident": yes_no("contributed_to_crash", "Contributed to a crash."),
        "DL State": q.text("licence_state", "Where the licence was issued.").optional(),
        "Arrest Type": read(q.text("arrest_kind", "How it was seen."), pattern="[A-Z] - .+"),
    },
    ignore=("source_row", "Agency", "Geolocation", "Race", "Gender", "Driver City", "Driver State"),
    key=CONTENT,
    event_time="stopped_at",
    area=(38.8, 39.5, -77.6, -76.8),
    schedule=None,
    expected_every_days=None,
)
