"""Professional qualification certificates (从业资格证), one row per certificate and span of validity.

Names and citizen ids are personal data: checked on the way in and masked wherever they are shown. A spreadsheet
on the way destroys the last digits of an id; such a row is R-IDNO, never repaired.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="driver_certificate",
    doc=__doc__,
    title_zh="从业资格证",
    title_en="Driver certificates",
    kind="register",
    grain="one certificate over one span of validity",
    owner="registers",
    files=r"driver_certificate_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030", delimiter="\t"),
    columns={
        "从业资格证号": c.driver_certificate_no,
        "姓名": c.person_name,
        "身份证号": read(c.citizen_id, check="citizen_id"),
        "资格类别": read(
            c.driver_class,
            codes={
                "道路旅客运输": "passenger",
                "道路货物运输": "freight",
                "危险货物运输驾驶": "dangerous_goods",
                "危险货物运输押运": "escort",
                "城市公交": "bus",
                "巡游出租": "taxi",
                "网约车": "ride_hailing",
            },
        ),
        "服务单位代码": read(c.uscc.optional(), check="uscc"),
        "初次领证日期": read(c.first_issue_date, form="%Y%m%d"),
        "有效期起": read(c.valid_from, form="%Y%m%d"),
        "有效期止": read(c.valid_to.optional(), form="%Y%m%d", missing=("长期",)),
    },
    key=("driver_certificate_no", "valid_from"),
    quarantine=(
        Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),
        Rule("R-ORDER", "valid_from < first_issue_date", "valid before it was first issued"),
    ),
    expected_every_days=31,
)
