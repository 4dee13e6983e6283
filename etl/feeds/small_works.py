"""Small works at rural junctions (五小工程): which of the five components the plan requires and which are there.

Counties tick a workbook: √ is yes, × is no, and an empty cell is no answer (R-EMPTY). A junction is done when all
that its plan requires is.
"""

from etl.contract import Feed, Rule, Workbook, read
from etl.counties import COUNTY_WORDS
from warehouse import columns as c

_TICKS = {"√": True, "✓": True, "有": True, "是": True, "×": False, "无": False, "否": False, "—": False}
_COMPONENTS = ("警示桩", "标志牌", "减速带", "凸面镜", "爆闪灯")

FEED = Feed(
    name="small_works",
    doc=__doc__,
    title_zh="五小工程",
    title_en="Small works at junctions",
    kind="list",
    grain="one junction",
    owner="road-safety",
    files=r"small_works_(?P<date>\d{8})[^/]*\.xlsx",
    format=Workbook(sheet="五小工程", fill_down=("county_code",)),
    columns={
        "县市区": read(c.county_code, codes=COUNTY_WORDS),
        "编号": c.works_no,
        "路口名称": c.place,
        "路线编号": c.road_code,
        "桩号": c.chainage_km.optional(),
        **{
            f"{heading}{suffix}": read(column, codes=_TICKS)
            for heading, pair in zip(_COMPONENTS, c.SMALL_WORKS, strict=True)
            for suffix, column in zip(("（计划）", "（完成）"), pair, strict=True)
        },
        "完工日期": read(c.finished_on.optional(), serial=True),
        "投入资金（万元）": read(c.investment_fen.optional(), scale=1_000_000),
    },
    ignore=("序号", "备注"),
    key=("works_no",),
    cumulative_by=("county_code",),
    quarantine=(
        Rule(
            "R-EMPTY",
            "not (" + " or ".join(planned.name for planned, _ in c.SMALL_WORKS) + ")",
            "a plan without a component",
        ),
        Rule(
            "R-STATE",
            "finished_on is not null and ("
            + " or ".join(f"({planned.name} and not {done.name})" for planned, done in c.SMALL_WORKS)
            + ")",
            "finished, and a planned component is not there",
        ),
    ),
    expected_every_days=31,
)
