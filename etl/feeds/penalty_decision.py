"""Penalty decisions, one JSON object each, from the case-handling system.

The amount by the article and the amount decided are kept apart: local discretion lies between them. Money is in
yuan with two decimals at most and becomes whole fen. An amended decision is sent again under its number and
replaces the earlier content.
"""

from etl.contract import Feed, Ndjson, Rule, read
from warehouse import columns as c

# The cap of 令2016-62 art. 43 for over-limit carriage (30 000 yuan), in fen; read in a secondary source.
OVER_LIMIT_CAP_FEN = 3_000_000
PENALTY_KINDS = {
    "警告": "warning",
    "罚款": "fine",
    "没收违法所得": "confiscation",
    "罚款并没收": "fine_and_confiscation",
    "暂扣": "suspension",
    "限制从业": "practice_restriction",
    "停产停业": "closure",
    "吊销": "revocation",
    "不予处罚": "no_penalty",
}
NO_AMOUNT = Rule(
    "R-AMOUNT", "penalty_kind in ('warning', 'no_penalty') and decided_fen <> 0", "an amount with a warning"
)

FEED = Feed(
    name="penalty_decision",
    doc=__doc__,
    title_zh="处罚决定",
    title_en="Penalty decisions",
    kind="list",
    grain="one decision against one subject",
    owner="freight-enforcement",
    files=r"penalty_decision_(?P<date>\d{8})[^/]*\.ndjson(\.gz)?",
    format=Ndjson(),
    columns={
        "decisionNo": c.decision_no,
        "caseNo": c.case_no,
        "subject": read(
            c.subject_kind, codes={"车辆": "vehicle", "驾驶人": "driver", "企业": "enterprise", "源头": "source"}
        ),
        "isOverLimit": c.is_over_limit_case,
        "penalty": read(c.penalty_kind, codes=PENALTY_KINDS),
        "statutoryYuan": read(c.statutory_fen, scale=100),
        "decidedYuan": read(c.decided_fen, scale=100),
        "decidedOn": c.decided_on,
        "servedOn": c.served_on.optional(),
        "basis": c.as_reported.optional(),
    },
    key=("decision_no",),
    quarantine=(
        Rule("R-ORDER", "served_on < decided_on", "served before it was decided"),
        Rule("R-AMOUNT", "decided_fen < 0 or statutory_fen < 0", "a negative amount"),
        Rule("R-AMOUNT", "decided_fen > statutory_fen", "more than the article allows"),
        Rule(
            "R-AMOUNT",
            f"is_over_limit_case and decided_fen > {OVER_LIMIT_CAP_FEN}",
            "above the cap of 令2016-62 art. 43",
        ),
        NO_AMOUNT,
    ),
)
