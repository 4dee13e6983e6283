"""Steps of a hazard's handling, from registration to closure, as the hazard system exports them.

A step names the state before it, so an impossible step shows in its own row (R-STATE). Closing, rejecting,
extending, listing and reopening are steps; nothing is deleted, a correction is a step of its own.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

STATES = {
    "登记": "REGISTERED", "分级": "GRADED", "交办": "ASSIGNED", "整改中": "RECTIFYING", "申请验收": "SUBMITTED",
    "验收合格": "ACCEPTED", "销号": "CLOSED", "延期": "EXTENDED", "逾期": "OVERDUE", "验收不合格": "REJECTED",
    "挂牌督办": "LISTED", "摘牌": "DELISTED", "移交": "TRANSFERRED", "复发": "REOPENED",
}  # fmt: skip
NEXT_STATES = {
    "": "REGISTERED",
    "REGISTERED": "GRADED TRANSFERRED",
    "GRADED": "ASSIGNED TRANSFERRED",
    "ASSIGNED": "RECTIFYING EXTENDED OVERDUE LISTED TRANSFERRED",
    "RECTIFYING": "SUBMITTED EXTENDED OVERDUE LISTED TRANSFERRED",
    "EXTENDED": "RECTIFYING SUBMITTED EXTENDED OVERDUE LISTED",
    "OVERDUE": "RECTIFYING SUBMITTED EXTENDED LISTED TRANSFERRED",
    "LISTED": "RECTIFYING SUBMITTED EXTENDED OVERDUE",
    "SUBMITTED": "ACCEPTED REJECTED",
    "REJECTED": "RECTIFYING",
    "ACCEPTED": "DELISTED CLOSED",
    "DELISTED": "CLOSED",
    "CLOSED": "REOPENED",
    "REOPENED": "GRADED ASSIGNED RECTIFYING",
    "TRANSFERRED": "REGISTERED ASSIGNED",
}
"""Steps that can follow a state. The path is practice, not law; a bureau with another path changes this table."""
_STEPS = ", ".join(f"'{before}>{after}'" for before, found in NEXT_STATES.items() for after in found.split())

FEED = Feed(
    name="hazard_event",
    doc=__doc__,
    title_zh="隐患处置环节",
    title_en="Hazard steps",
    kind="list",
    grain="one step of one hazard",
    owner="road-safety",
    files=r"hazard_event_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "隐患编号": c.hazard_no,
        "环节序号": c.event_no,
        "原状态": read(c.previous_hazard_state.optional(), codes=STATES),
        "办理环节": read(c.hazard_state, codes=STATES),
        "办理时间": read(c.event_at, form="%Y/%m/%d %H:%M:%S"),
        "办理单位": c.handling_unit,
        "验收人编号": c.officer_no.optional(),
        "延期至": read(c.extended_due_on.optional(), form="%Y/%m/%d"),
        "办理说明": c.step_note.optional(),
    },
    key=("hazard_no", "event_no"),
    quarantine=(
        Rule(
            "R-STATE",
            f"coalesce(previous_hazard_state, '') || '>' || hazard_state not in ({_STEPS})",
            "a step that cannot follow the state before",
        ),
        Rule("R-EMPTY", "hazard_state = 'EXTENDED' and extended_due_on is null", "an extension without its new day"),
        Rule("R-EMPTY", "hazard_state = 'ACCEPTED' and officer_no is null", "accepted by nobody"),
        Rule("R-ORDER", "extended_due_on < cast(event_at as date)", "extended into the past"),
    ),
    expected_every_days=31,
)
