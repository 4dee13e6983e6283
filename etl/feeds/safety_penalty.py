"""Penalties under the Work Safety Law (安全生产法), one decision against one enterprise a row.

The list of all decisions, sent again whenever it grows. A decision that was annulled or withdrawn keeps its row and
gets the day on which it ceased to have effect. The repeat rule of 安全生产法 art. 113 counts these and no others:
decisions under transport law are in ``penalty_decision``.
"""

from etl.contract import Csv, Feed, Rule, read
from etl.feeds.penalty_decision import NO_AMOUNT, PENALTY_KINDS
from warehouse import columns as c

FEED = Feed(
    name="safety_penalty",
    doc=__doc__,
    title_zh="安全生产行政处罚",
    title_en="Work-safety penalties",
    kind="list",
    grain="one decision against one enterprise",
    owner="supervision",
    files=r"safety_penalty_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "决定书文号": c.decision_no,
        "信用代码": read(c.uscc, check="uscc"),
        "单位名称": c.enterprise_name,
        "县区代码": read(c.county_code, pattern=r"4311\d{2}"),
        "处罚依据": c.as_reported,
        "处罚种类": read(c.penalty_kind, codes=PENALTY_KINDS),
        "罚款金额": read(c.decided_fen, scale=100),
        "决定日期": c.decided_on,
        "撤销日期": c.annulled_on.optional(),
        "隐患编号": c.hazard_no.optional(),
    },
    key=("decision_no",),
    quarantine=(
        Rule("R-ORDER", "annulled_on < decided_on", "annulled before it was decided"),
        Rule("R-AMOUNT", "decided_fen < 0", "a negative amount"),
        NO_AMOUNT,
    ),
    expected_every_days=None,
)
