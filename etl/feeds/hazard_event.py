"""Steps of a hazard's handling, from registration to closure, as the hazard system exports them.

A step names the state before it, so an impossible step shows in its own row (R-STATE). Closing, rejecting,
extending, listing and reopening are steps; nothing is deleted, a correction is a step of its own. Which pairs of states
are possible is data: ``warehouse/seeds/hazard_transition.csv``.
"""

import csv

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c
from warehouse.home import REPOSITORY

STATES = {
    "登记": "REGISTERED", "分级": "GRADED", "交办": "ASSIGNED", "整改中": "RECTIFYING", "申请验收": "SUBMITTED",
    "验收合格": "ACCEPTED", "销号": "CLOSED", "延期": "EXTENDED", "逾期": "OVERDUE", "验收不合格": "REJECTED",
    "挂牌督办": "LISTED", "摘牌": "DELISTED", "移交": "TRANSFERRED", "复发": "REOPENED",
}  # fmt: skip


def _steps() -> str:
    """Every allowed pair of states as SQL literals. What a step needs besides, core.hazard_state judges."""
    with (REPOSITORY / "warehouse" / "seeds" / "hazard_transition.csv").open(encoding="utf-8", newline="") as stream:
        pairs = [(row["from_hazard_state"], row["to_hazard_state"]) for row in csv.DictReader(stream)]
    return ", ".join(f"'{'' if before == 'START' else before}>{after}'" for before, after in pairs)


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
            f"coalesce(previous_hazard_state, '') || '>' || hazard_state not in ({_steps()})",
            "a step that cannot follow the state before",
        ),
        Rule("R-EMPTY", "hazard_state = 'EXTENDED' and extended_due_on is null", "an extension without its new day"),
        Rule("R-EMPTY", "hazard_state = 'ACCEPTED' and officer_no is null", "accepted by nobody"),
        Rule("R-ORDER", "extended_due_on < cast(event_at as date)", "extended into the past"),
    ),
    expected_every_days=31,
)
