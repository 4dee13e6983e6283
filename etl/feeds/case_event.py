"""Steps of over-limit cases (domain: the case state machine), numbered within each case.

The row says which state the case entered and when. Whether the steps of a case follow each other lawfully needs
all of them and is judged later; here a first step that cannot be one is refused.
"""

from etl.contract import Csv, Feed, Rule, read
from etl.feeds.enforcement_case import STATES
from warehouse import columns as c

FIRST = ("clue", "evidence_review", "filed", "decided_simple")

FEED = Feed(
    name="case_event",
    doc=__doc__,
    title_zh="案件办理环节",
    title_en="Steps of cases",
    kind="list",
    grain="one step of one case",
    owner="freight-enforcement",
    files=r"case_event_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="utf-8", delimiter="|"),
    columns={
        "案号": c.case_no,
        "环节序号": c.event_no,
        "环节": read(c.case_state, codes=STATES),
        "环节时间": c.event_at,
        "经办人编号": read(c.officer_no.optional(), pattern=r"\d{8,11}"),
        "说明": c.as_reported.optional(),
    },
    key=("case_no", "event_no"),
    quarantine=(
        Rule(
            "R-STATE",
            f"event_no = 1 and case_state not in ({', '.join(repr(state) for state in FIRST)})",
            "a case cannot begin in this state",
        ),
        Rule("R-STATE", "event_no > 1 and case_state = 'clue'", "a clue can only be the first step"),
    ),
)
