"""Spot checks (复核抽查) of hazards that were closed: whether the removal is really there.

A check picked by lot tells something of all closures; one somebody chose, after a complaint or a doubtful photo, tells
of its own hazard alone. So how it was picked is asked, and an empty answer is none (R-EMPTY).
"""

from etl.contract import Feed, read
from warehouse import columns as c

FEED = Feed(
    name="hazard_check",
    doc=__doc__,
    title_zh="隐患复核抽查",
    title_en="Spot checks of hazards",
    kind="list",
    grain="one spot check of one closed hazard",
    owner="road-safety",
    files=r"hazard_check_(?P<date>\d{8})[^/]*\.csv",
    columns={
        "复核编号": c.hazard_check_no,
        "隐患编号": c.hazard_no,
        "复核日期": c.checked_on,
        "抽取方式": read(c.is_random_pick, codes={"随机": True, "指定": False}),
        "复核结果": read(
            c.hazard_check_result, codes={"已消除": "removed", "未消除": "not_removed", "复发": "came_back"}
        ),
        "复核单位": c.handling_unit,
    },
    ignore=("备注",),
    key=("hazard_check_no",),
    expected_every_days=None,
)
