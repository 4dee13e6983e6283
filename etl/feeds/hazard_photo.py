"""Photos of hazards by reference: where each lies, its digest, when it was taken, before or after the removal.

The picture stays with the sender. Equal digests under two hazards are the same picture used twice.
"""

from etl.contract import PREFECTURE, Feed, read
from warehouse import columns as c

FEED = Feed(
    name="hazard_photo",
    doc=__doc__,
    title_zh="隐患照片索引",
    title_en="Hazard photos",
    kind="list",
    grain="one photo of one hazard",
    owner="road-safety",
    files=r"hazard_photo_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    columns={
        "photo_token": read(c.photo_token, pattern=r"[A-Za-z0-9][A-Za-z0-9_\-]{7,63}"),
        "hazard_no": c.hazard_no,
        "stage": read(
            c.photo_stage, codes={"整改前": "before", "整改后": "after", "before": "before", "after": "after"}
        ),
        "taken_at": c.taken_at,
        "sha256": read(c.photo_sha256, pattern=r"[0-9a-f]{64}"),
        "size_bytes": c.photo_size_bytes,
        "latitude": c.latitude.bounded("between -90 and 90").optional(),
        "longitude": c.longitude.bounded("between -180 and 180").optional(),
    },
    key=("photo_token",),
    area=PREFECTURE,
    expected_every_days=31,
)
