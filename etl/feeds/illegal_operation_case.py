"""Vehicles in illegal operation (非法营运) that the counties handled, as each fills in its list every month.

Each county sends its whole list of the year: a title row, its name merged over its rows, dates as the
spreadsheet keeps them. A case that the newest list no longer has is reported, never removed. Taxis and
ride-hailing are under rules of their own, so the trades are kept apart.
"""

from etl.contract import Feed, Rule, Workbook, read
from etl.counties import COUNTY_WORDS
from etl.feeds.enforcement_case import STATES
from warehouse import columns as c

FEED = Feed(
    name="illegal_operation_case",
    doc=__doc__,
    title_zh="非法营运查处",
    title_en="Illegal-operation cases",
    kind="list",
    grain="one vehicle in one case",
    owner="passenger-enforcement",
    files=r"illegal_operation_(?P<date>\d{8})[^/]*\.xlsx",
    format=Workbook(fill_down=("county_code",)),
    columns={
        "县区": read(c.county_code, codes=COUNTY_WORDS),
        "案号": c.case_no,
        "行业": read(
            c.sector,
            codes={
                "巡游出租": "taxi",
                "网约车": "ride_hailing",
                "货运": "freight",
                "客运": "passenger",
                "危货": "dangerous_goods",
            },
        ),
        "车牌号": read(c.plate_no, plate=True),
        "车牌颜色": read(c.plate_color_code.optional(), codes={"蓝": 1, "黄": 2, "绿": 5, "黄绿": 93, "渐变绿": 94}),
        "查获日期": read(c.found_on, serial=True),
        "立案日期": read(c.filed_on.optional(), serial=True),
        "决定日期": read(c.decided_on.optional(), serial=True),
        "违法所得（元）": read(c.gain_fen.optional(), scale=100, missing=("-", "无")),
        "处罚金额（元）": read(c.decided_fen.optional(), scale=100, missing=("-", "无")),
        "办理状态": read(c.case_state, codes=STATES),
        "结案日期": read(c.closed_on.optional(), serial=True),
    },
    ignore=("序号", "备注"),
    key=("case_no",),
    cumulative_by=("county_code",),
    quarantine=(
        Rule("R-ORDER", "filed_on < found_on", "filed before it was found"),
        Rule("R-ORDER", "decided_on < coalesce(filed_on, found_on)", "decided before it was filed"),
        Rule("R-ORDER", "closed_on < coalesce(decided_on, filed_on, found_on)", "closed before it was decided"),
        Rule("R-AMOUNT", "decided_fen < 0 or gain_fen < 0", "a negative amount"),
        Rule(
            "R-STATE", "closed_on is null and case_state in ('closed', 'archived')", "closed without a day of closing"
        ),
    ),
    expected_every_days=31,
)
