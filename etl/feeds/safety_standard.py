"""Enterprises that passed work-safety standardisation (安全生产标准化达标), as the assessor's workbook lists them."""

from etl.contract import Feed, Rule, Workbook, read
from warehouse import columns as c

FEED = Feed(
    name="safety_standard",
    doc=__doc__,
    title_zh="安全生产标准化",
    title_en="Safety standardisation",
    kind="register",
    grain="one certificate of one enterprise",
    owner="registers",
    files=r"safety_standard_(?P<date>\d{8})[^/]*\.xlsx",
    format=Workbook(),
    columns={
        "证书编号": c.standard_certificate_no,
        "企业信用代码": read(c.uscc, check="uscc"),
        "企业名称": c.enterprise_name,
        "企业类别": read(
            c.enterprise_kind,
            codes={
                "两客": "passenger",
                "危货": "dangerous_goods",
                "普货": "freight",
                "公交": "bus",
                "出租": "taxi",
                "站场": "station",
            },
        ),
        "达标等级": read(c.standard_grade, codes={"一级": 1, "二级": 2, "三级": 3}),
        "评审得分": c.standard_score.optional(),
        "达标日期": read(c.passed_standard_on, serial=True),
        "有效期起": read(c.valid_from, serial=True),
        "有效期止": read(c.valid_to, serial=True),
    },
    ignore=("序号", "备注"),
    key=("standard_certificate_no", "valid_from"),
    quarantine=(
        Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),
        Rule("R-ORDER", "valid_from < passed_standard_on", "valid before it was passed"),
    ),
    expected_every_days=31,
)
