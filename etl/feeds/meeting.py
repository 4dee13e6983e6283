"""Meetings on traffic safety: regular, of the Party group, and special ones (例会, 党组会, 专题会)."""

from etl.contract import Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="meeting",
    doc=__doc__,
    title_zh="安全会议",
    title_en="Meetings",
    kind="list",
    grain="one meeting",
    owner="supervision",
    files=r"meeting_(?P<date>\d{8})[^/]*\.csv",
    columns={
        "会议编号": read(c.meeting_no, pattern=r"HY-\d{4}-\d{3}"),
        "会议类别": read(
            c.meeting_kind,
            codes={"例会": "regular", "党组会": "party_group", "党组会议": "party_group", "专题会": "special"},
        ),
        "会议日期": c.held_on,
        "议题": c.topic,
        "参会人数": c.attendee_count.optional(),
        "重点时段": c.is_key_period,
    },
    key=("meeting_no",),
    quarantine=(
        Rule("R-CODE", "substr(meeting_no, 4, 4) <> cast(year(held_on) as varchar)", "a number of another year"),
    ),
    expected_every_days=92,
)
