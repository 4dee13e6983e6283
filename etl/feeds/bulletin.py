"""Bulletins (通报) on traffic safety that the bureau sends to counties and members."""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="bulletin",
    doc=__doc__,
    title_zh="安全通报",
    title_en="Bulletins",
    kind="list",
    grain="one bulletin",
    owner="supervision",
    files=r"bulletin_(?P<date>\d{8})[^/]*\.csv",
    format=Csv(encoding="gb18030"),
    columns={
        "期号": read(c.bulletin_no, pattern=r"\d{4}年第\d{1,3}期"),
        "标题": c.title,
        "印发日期": read(c.issued_on, form="%Y年%m月%d日"),
        "统计起": read(c.period_from, form="%Y年%m月%d日"),
        "统计止": read(c.period_to, form="%Y年%m月%d日"),
    },
    key=("bulletin_no",),
    quarantine=(
        Rule("R-ORDER", "period_to < period_from", "the period ends before it begins"),
        Rule("R-ORDER", "issued_on < period_to", "issued before the period ended"),
    ),
    expected_every_days=92,
)
