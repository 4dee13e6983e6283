"""Road-safety works of the yearly plan: rural safety works in km, dangerous bridges rebuilt, trunk roads refined in km.

Every month each county sends its whole list. Kilometres and bridges stand in one column, so the unit is a column
of its own and must fit the kind.
"""

from etl.contract import Feed, Rule, Workbook, read
from etl.counties import COUNTY_WORDS
from warehouse import columns as c

FEED = Feed(
    name="road_works",
    doc=__doc__,
    title_zh="公路安全工程",
    title_en="Road-safety works",
    kind="list",
    grain="one works project",
    owner="road-safety",
    files=r"road_works_(?P<date>\d{8})[^/]*\.xlsx",
    format=Workbook(fill_down=("county_code", "works_kind")),
    columns={
        "县市区": read(c.county_code, codes=COUNTY_WORDS),
        "工程类别": read(
            c.works_kind,
            codes={
                "农村公路安防工程": "safety",
                "安防工程": "safety",
                "危桥改造": "bridge",
                "干线安防精细化提升": "refinement",
                "精细化提升": "refinement",
            },
        ),
        "项目编号": c.works_no,
        "项目名称": c.place,
        "路线编号": c.road_code.optional(),
        "计划年度": c.works_year,
        "计量单位": read(c.works_unit, codes={"公里": "km", "km": "km", "座": "bridge"}),
        "计划数量": c.planned_quantity,
        "完成数量": c.done_quantity,
        "完工日期": read(c.finished_on.optional(), serial=True),
        "完成投资（万元）": read(c.investment_fen.optional(), scale=1_000_000),
    },
    ignore=("序号", "备注"),
    key=("works_no",),
    cumulative_by=("county_code",),
    quarantine=(
        Rule("R-CODE", "(works_kind = 'bridge') <> (works_unit = 'bridge')", "the unit does not fit the kind"),
        Rule(
            "R-NUMBER",
            "works_unit = 'bridge' and (planned_quantity <> floor(planned_quantity)"
            " or done_quantity <> floor(done_quantity))",
            "part of a bridge",
        ),
        Rule(
            "R-STATE", "finished_on is not null and done_quantity < planned_quantity", "finished, and less than planned"
        ),
    ),
    expected_every_days=31,
)
