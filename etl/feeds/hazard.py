"""Hazards (隐患) as the counties report them: every month each county's whole list, in a workbook filled in by hand.

A title row stands above the headings, the county is written once into a merged cell, and dates are date cells or
serials. A hazard that an earlier list had and the newest does not have is reported, never removed. The state is
the county's word for it; the steps that led to it come as ``hazard_event``.
"""

from etl.contract import PREFECTURE, Feed, Rule, Workbook, read
from etl.counties import COUNTY_WORDS
from warehouse import columns as c

STATES = {
    "登记": "REGISTERED", "已分级": "GRADED", "交办": "ASSIGNED", "整改中": "RECTIFYING", "申请验收": "SUBMITTED",
    "验收合格": "ACCEPTED", "销号": "CLOSED", "已销号": "CLOSED", "延期": "EXTENDED", "逾期": "OVERDUE",
    "验收不合格": "REJECTED", "挂牌督办": "LISTED", "摘牌": "DELISTED", "移交": "TRANSFERRED", "复发": "REOPENED",
}  # fmt: skip

FEED = Feed(
    name="hazard",
    doc=__doc__,
    title_zh="隐患清单",
    title_en="Hazards",
    kind="list",
    grain="one hazard",
    owner="road-safety",
    files=r"hazard_(?P<date>\d{8})[^/]*\.xlsx",
    format=Workbook(fill_down=("county_code",)),
    columns={
        "县市区": read(c.county_code, codes=COUNTY_WORDS),
        "隐患编号": c.hazard_no,
        "隐患类别": read(
            c.hazard_category_code,
            codes={"公路": "HWY", "铁路沿线": "RAIL", "标志标牌": "SIGN", "三无船舶": "VESSEL", "企业站场": "ENT"},
        ),
        "公路等级": read(
            c.road_class.optional(), codes={"国道": "G", "省道": "S", "县道": "X", "乡道": "Y", "村道": "C"}
        ),
        "隐患等级": read(c.hazard_grade.optional(), codes={"一般": "general", "重大": "major"}),
        "地点": c.place,
        "路线编号": c.road_code.optional(),
        "桩号(km)": c.chainage_km.optional(),
        "纬度": c.latitude.bounded("between -90 and 90").optional(),
        "经度": c.longitude.bounded("between -180 and 180").optional(),
        "隐患描述": c.hazard_description.optional(),
        "企业信用代码": read(c.uscc.optional(), check="uscc"),
        "责任单位": c.responsible_unit.optional(),
        "登记日期": read(c.registered_on, serial=True),
        "交办日期": read(c.assigned_on.optional(), serial=True),
        "整改期限": read(c.due_on.optional(), serial=True),
        "销号日期": read(c.hazard_closed_on.optional(), serial=True),
        "状态": read(c.hazard_state, codes=STATES),
        "投入资金（万元）": read(c.investment_fen.optional(), scale=1_000_000),
    },
    ignore=("序号", "备注"),
    key=("hazard_no",),
    cumulative_by=("county_code",),
    area=PREFECTURE,
    quarantine=(
        Rule("R-ORDER", "assigned_on < registered_on", "assigned before it was registered"),
        Rule("R-ORDER", "due_on < assigned_on", "due before it was assigned"),
        Rule("R-ORDER", "hazard_closed_on < registered_on", "closed before it was registered"),
        Rule("R-STATE", "hazard_state = 'CLOSED' and hazard_closed_on is null", "closed without a day of closure"),
        Rule(
            "R-STATE",
            "hazard_closed_on is not null and hazard_state not in ('CLOSED', 'REOPENED')",
            "a day of closure and a state that is not closed",
        ),
        Rule("R-EMPTY", "hazard_category_code = 'HWY' and road_class is null", "a highway hazard without road class"),
    ),
    schedule="10 2 * * *",
    expected_every_days=31,
)
