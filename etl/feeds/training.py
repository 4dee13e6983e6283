"""Safety training: which enterprise or station took part in which event, and with how many of its staff."""

from etl.contract import Feed, Rule, Workbook, read
from warehouse import columns as c

FEED = Feed(
    name="training",
    doc=__doc__,
    title_zh="安全培训",
    title_en="Safety training",
    kind="list",
    grain="one enterprise at one training event",
    owner="supervision",
    files=r"training_(?P<date>\d{8})[^/]*\.xlsx",
    format=Workbook(fill_down=("training_no", "topic", "held_on")),
    columns={
        "培训编号": c.training_no,
        "培训主题": c.topic,
        "培训日期": read(c.held_on, serial=True),
        "单位信用代码": read(c.uscc, check="uscc"),
        "参训单位": c.unit_name,
        "应训人数": c.staff_count,
        "实训人数": c.trained_count,
    },
    ignore=("序号", "备注"),
    key=("training_no", "uscc"),
    quarantine=(Rule("R-ORDER", "trained_count > staff_count", "more trained than there are staff"),),
    expected_every_days=92,
)
