"""Loading firms (货运源头单位) that the county governments publish, with their links to city and province.

From 200,000 t a year on a firm is to have a weighbridge and cameras whose data reach both platforms; smaller firms
may be on the list. Filled in by hand once a quarter, each county's cell merged over its firms.
"""

from etl.contract import Feed, Rule, Workbook, read
from warehouse import columns as c

YES_NO = {"是": True, "否": False}

FEED = Feed(
    name="loading_firm",
    doc=__doc__,
    title_zh="货运源头单位",
    title_en="Loading firms",
    kind="register",
    grain="one loading firm over one span of validity",
    owner="registers",
    files=r"loading_firm_(?P<date>\d{8})[^/]*\.xlsx",
    format=Workbook(fill_down=("county_code",)),
    columns={
        "县区代码": read(c.county_code, pattern=r"4311\d{2}"),
        "源头单位编号": c.firm_no,
        "单位名称": c.firm_name,
        "统一社会信用代码": read(c.uscc, check="uscc"),
        "类别": read(
            c.firm_kind,
            codes={
                "矿山": "mine",
                "砂石场": "quarry",
                "水泥": "cement",
                "钢铁": "steel",
                "港口": "port",
                "货运站场": "station",
                "物流园": "logistics",
                "混凝土": "concrete",
                "其他": "other",
            },
        ),
        "年货运量（万吨）": read(c.annual_tonnage_t, scale=10_000),
        "是否安装地磅": read(c.has_weighbridge, codes=YES_NO),
        "是否安装视频": read(c.has_video, codes=YES_NO),
        "接入市级平台": read(c.linked_to_city, codes=YES_NO),
        "接入省级平台": read(c.linked_to_province, codes=YES_NO),
        "接入日期": read(c.linked_on.optional(), serial=True),
        "公布日期": read(c.valid_from, serial=True),
        "退出日期": read(c.valid_to.optional(), serial=True),
    },
    ignore=("序号", "备注"),
    key=("firm_no", "valid_from"),
    quarantine=(
        Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),
        Rule("R-ORDER", "linked_on is not null and not (linked_to_city or linked_to_province)", "linked to nothing"),
    ),
    expected_every_days=92,
)
