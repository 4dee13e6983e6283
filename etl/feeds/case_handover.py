"""Hand-over letters (抄告): a closed case against a vehicle from elsewhere, copied to its home authority.

Due within seven working days after closing (令2016-62 art. 44); whether a letter was in time needs the calendar and
is judged later.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="case_handover",
    doc=__doc__,
    title_zh="案件抄告",
    title_en="Hand-overs to home authorities",
    kind="list",
    grain="one letter about one case",
    owner="freight-enforcement",
    files=r"case_handover_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "抄告函号": c.handover_no,
        "案号": c.case_no,
        "车牌号": read(c.plate_no, plate=True),
        "车牌颜色代码": c.plate_color_code,
        "抄告单位": c.home_authority,
        "结案日期": read(c.closed_on, form="%Y/%m/%d"),
        "抄告日期": read(c.sent_on, form="%Y/%m/%d"),
        "回执日期": read(c.received_on.optional(), form="%Y/%m/%d"),
    },
    ignore=("经办人",),
    key=("handover_no",),
    quarantine=(
        Rule("R-ORDER", "sent_on < closed_on", "sent before the case was closed"),
        Rule("R-ORDER", "received_on < sent_on", "received before it was sent"),
    ),
    expected_every_days=None,
)
