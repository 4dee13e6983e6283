"""Transport enterprises and passenger stations of the register (运政), one row per enterprise and span of validity.

An enterprise is known by its social credit code; a changed name, scope or licence begins a new span. The first
issue of the licence starts the year in which its over-limit share is counted.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="enterprise",
    doc=__doc__,
    title_zh="运输企业",
    title_en="Enterprises",
    kind="register",
    grain="one enterprise over one span of validity",
    owner="registers",
    files=r"enterprise_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "统一社会信用代码": read(c.uscc, check="uscc"),
        "业户名称": c.enterprise_name,
        "业户类别": read(
            c.enterprise_kind,
            codes={
                "道路客运": "passenger",
                "危险货物运输": "dangerous_goods",
                "普通货运": "freight",
                "城市公交": "bus",
                "出租汽车": "taxi",
                "网约车平台": "ride_hailing",
                "客运站": "station",
            },
        ),
        "区划代码": read(c.county_code, pattern=r"\d{6}"),
        "经营许可证号": c.transport_licence_no,
        "经营范围": c.business_scope.optional(),
        "初次许可日期": c.first_issue_date,
        "有效期起": c.valid_from,
        "有效期止": c.valid_to.optional(),
    },
    key=("uscc", "valid_from"),
    quarantine=(
        Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),
        Rule("R-ORDER", "valid_from < first_issue_date", "valid before it was first issued"),
    ),
    expected_every_days=31,
)
