"""Counties and statistical zones with the days on which each code was valid.

祁阳 was the county 431121 until early 2021 and is the city 431181 since; a record keeps the code of its own day,
and ``successor_code`` leads from the old to the new. 管理区 and 经开区 receive reports but are no counties.
"""

from etl.contract import Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="district",
    doc=__doc__,
    title_zh="行政区划",
    title_en="Districts",
    kind="register",
    grain="one district code over one span of validity",
    owner="registers",
    files=r"district_(?P<date>\d{8})[^/]*\.csv",
    columns={
        "区划代码": read(c.county_code, pattern=r"4311\d{2}"),
        "区划名称": c.district_name,
        "类别": read(c.district_kind, codes={"县级行政区": "county", "管理区": "zone", "经开区": "zone"}),
        "变更后代码": read(c.successor_code.optional(), pattern=r"4311\d{2}"),
        "启用日期": c.valid_from,
        "停用日期": c.valid_to.optional(),
    },
    key=("county_code", "valid_from"),
    quarantine=(
        Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),
        Rule("R-STATE", "successor_code is not null and valid_to is null", "a successor while it is still valid"),
    ),
    expected_every_days=None,
)
