"""Yearly ratings of a city's street blocks, 1 (worst) to 10.

The day of a rating has no year (``4/15``) and is kept as it stands; what is no day at all is R-DATEFORM.
``NA`` means not rated. The year of the last overlay may name two years (``83,99``): R-NUMBER. The source gives a
block no number of its own, and one block is sometimes rated in two parts, so the content is the identity.
"""

from etl.contract import CONTENT, Feed, Rule, read
from warehouse import columns as c

from . import _quantities as q

FOOT_M = 0.3048
RATING = "between 0 and 10"


def rating(name: str, doc: str) -> object:
    return read(q.whole(name, doc, RATING).optional(), missing=("NA",))


FEED = Feed(
    name="syracuse_road_rating",
    doc=__doc__,
    title_zh="路面评定",
    title_en="Road ratings",
    grain="one block of a street, rated in one year",
    owner="tests",
    files=r"syracuse_road_ratings[^/]*\.csv(\.gz)?",
    kind="register",
    columns={
        "rating_year": read(c.valid_from, form="%Y"),
        "block": q.whole("block_no", "First house number of the block."),
        "streetName": q.text("street_name", "Street."),
        "streetType": q.text("street_kind", "Kind of street."),
        "streetDirection": q.text("street_direction", "Side of the city.").optional(),
        "overall": rating("overall_rating", "Overall."),
        "crack": rating("crack_rating", "Cracks."),
        "patch": rating("patch_rating", "Patches."),
        "length": read(q.number("length_m", "Length.", unit="m").optional(), scale=FOOT_M, missing=("NA",)),
        "width": read(q.number("width_m", "Width.", unit="m").optional(), scale=FOOT_M, missing=("NA",)),
        "dateRated": q.text("rated_month_day", "Month and day of the rating.").optional(),
        "dateLastOverlay": q.whole("overlay_year", "Year of the last overlay.", "between 1900 and 2100").optional(),
        "flushOil": read(
            q.text("surface_code", "Surface treatment.").optional(),
            codes={word: word for word in ("F", "O", "OF", "UF", "UO", "U", "PRI", "DPW")},
            unknown="flag",
        ),
        "class": q.text("road_class_name", "Class of road.").optional(),
        "pavement": q.text("pavement_code", "Pavement.").optional(),
        "streetID": read(q.text("street_no", "Block in the city's register."), pattern=r"\d{4,9}"),
    },
    key=CONTENT,
    quarantine=(
        Rule(
            "R-DATEFORM",
            r"not regexp_full_match(rated_month_day, '(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])')",
            "the rating's day is no month/day",
        ),
    ),
    flag=(
        Rule("R-ZERO", "overall_rating = 0 or crack_rating = 0 or patch_rating = 0", "a rating of 0; they begin at 1"),
    ),
    schedule=None,
    expected_every_days=None,
)
