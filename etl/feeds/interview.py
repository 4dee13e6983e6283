"""Interviews (约谈) with enterprises, county bureaus and governments in arrears, with the day set for correction."""

from etl.contract import Csv, Feed, Rule, read
from etl.counties import COUNTY_WORDS
from warehouse import columns as c

FEED = Feed(
    name="interview",
    doc=__doc__,
    title_zh="约谈",
    title_en="Interviews",
    kind="list",
    grain="one interview",
    owner="supervision",
    files=r"interview_(?P<date>\d{8})[^/]*\.csv",
    format=Csv(encoding="gb18030"),
    columns={
        "约谈编号": c.interview_no,
        "约谈日期": c.held_on,
        "县市区": read(c.county_code, codes=COUNTY_WORDS),
        "被约谈单位": c.unit_name,
        "单位类别": read(
            c.unit_kind, codes={"企业": "enterprise", "县级主管部门": "county_bureau", "县级政府": "government"}
        ),
        "信用代码": read(c.uscc.optional(), check="uscc"),
        "约谈事由": read(
            c.supervision_cause,
            codes={
                "考核排名靠后": "low_score",
                "隐患逾期": "overdue_hazard",
                "发生事故": "crash",
                "超限突出": "overload",
                "报警突出": "alarms",
            },
        ),
        "整改时限": c.rectify_by,
    },
    key=("interview_no",),
    quarantine=(
        Rule("R-ORDER", "rectify_by < held_on", "to be corrected before the interview"),
        Rule("R-EMPTY", "unit_kind = 'enterprise' and uscc is null", "an enterprise without its code"),
    ),
    expected_every_days=None,
)
