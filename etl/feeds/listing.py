"""Hazards and units listed for supervised removal (挂牌督办), and taken off the list again (摘牌).

A hazard leaves the list only after a check on site (交质监发〔2012〕577号, for works; unverified for other hazards),
so a day of delisting without one is R-EMPTY.
"""

from etl.contract import Feed, Rule, read
from etl.counties import COUNTY_WORDS
from warehouse import columns as c

FEED = Feed(
    name="listing",
    doc=__doc__,
    title_zh="挂牌督办",
    title_en="Listings",
    kind="list",
    grain="one listing of one hazard",
    owner="supervision",
    files=r"listing_(?P<date>\d{8})[^/]*\.csv",
    columns={
        "挂牌编号": c.listing_no,
        "隐患编号": c.hazard_no,
        "县市区": read(c.county_code, codes=COUNTY_WORDS),
        "责任单位": c.responsible_unit,
        "挂牌日期": c.listed_on,
        "整改期限": c.due_on,
        "现场核查日期": c.rechecked_on.optional(),
        "摘牌日期": read(c.delisted_on.optional(), missing=("未摘牌",)),
    },
    key=("listing_no",),
    quarantine=(
        Rule("R-ORDER", "due_on < listed_on", "due before it was listed"),
        Rule("R-ORDER", "delisted_on < listed_on", "delisted before it was listed"),
        Rule("R-ORDER", "delisted_on < rechecked_on", "delisted before the check on site"),
        Rule("R-EMPTY", "delisted_on is not null and rechecked_on is null", "delisted without a check on site"),
    ),
    expected_every_days=None,
)
