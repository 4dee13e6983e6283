"""Hazards (隐患): what was found, who has to remove it until when, and the works that remove it."""

from warehouse.columns.entry import column

hazard_no = column("hazard_no", "VARCHAR", "Hazard.", "隐患编号", zh_doc="隐患的编号。")
hazard_category_code = column(
    "hazard_category_code",
    "VARCHAR",
    "HWY highway, RAIL railway side, SIGN irregular sign on national and provincial roads, VESSEL vessel without name, "
    "certificate and port, ENT enterprise or station.",
    "隐患类别",
    valid="in ('HWY', 'RAIL', 'SIGN', 'VESSEL', 'ENT')",
    zh_doc="HWY 公路，RAIL 铁路沿线，SIGN 国省道不规范标志，VESSEL “三无”船舶，ENT 企业、站场。",
)
road_class = column(
    "road_class",
    "VARCHAR",
    "G national, S provincial, X county, Y township, C village road; X, Y and C are rural.",
    "公路行政等级",
    valid="in ('G', 'S', 'X', 'Y', 'C')",
    zh_doc="G 国道，S 省道，X 县道，Y 乡道，C 村道；后三者为农村公路。",
)
hazard_grade = column(
    "hazard_grade",
    "VARCHAR",
    "general (一般) or major (重大); empty until graded.",
    "隐患等级",
    valid="in ('general', 'major')",
    zh_doc="general 一般，major 重大；未分级为空。",
)
place = column("place", "VARCHAR", "Where it is, in words.", "地点", zh_doc="地点的文字描述。")
hazard_description = column(
    "hazard_description",
    "VARCHAR",
    "What was found, in the finder's words.",
    "隐患描述",
    zh_doc="排查时记录的隐患内容，按原文保存。",
)
responsible_unit = column(
    "responsible_unit", "VARCHAR", "Unit that has to remove it.", "责任单位", zh_doc="负责整改的单位。"
)
registered_on = column(
    "registered_on",
    "DATE",
    "Day of registration; rates of removal are of the cohort registered.",
    "登记日期",
    zh_doc="登记日期；整改率按同期登记的隐患计算。",
)
assigned_on = column(
    "assigned_on", "DATE", "Day on which the unit was charged with it.", "交办日期", zh_doc="交办的日期。"
)
due_on = column(
    "due_on", "DATE", "Last day for removal, extensions included.", "整改期限", zh_doc="整改期限，含批准的延期。"
)
hazard_closed_on = column(
    "hazard_closed_on", "DATE", "Day of closure (销号); empty while open.", "销号日期", zh_doc="销号日期；未销号为空。"
)
hazard_state = column(
    "hazard_state",
    "VARCHAR",
    "REGISTERED, GRADED, ASSIGNED, RECTIFYING, SUBMITTED, ACCEPTED, CLOSED; beside the path EXTENDED, OVERDUE, "
    "REJECTED, "
    "LISTED, DELISTED, TRANSFERRED, REOPENED.",
    "隐患状态",
    zh_doc="REGISTERED 登记，GRADED 分级，ASSIGNED 交办，RECTIFYING 整改中，SUBMITTED 申请验收，ACCEPTED 验收合格，"
    "CLOSED 销号；"
    "另有 EXTENDED 延期，OVERDUE 逾期，REJECTED 验收不合格，LISTED 挂牌督办，DELISTED 摘牌，TRANSFERRED 移交，"
    "REOPENED 复发。",
)
previous_hazard_state = column(
    "previous_hazard_state",
    "VARCHAR",
    "State before the step; empty for the first.",
    "原状态",
    zh_doc="该步骤之前的状态；首个步骤为空。",
)
handling_unit = column("handling_unit", "VARCHAR", "Unit that took the step.", "办理单位", zh_doc="办理该步骤的单位。")
extended_due_on = column(
    "extended_due_on",
    "DATE",
    "New last day that an approved extension sets.",
    "延期至",
    zh_doc="批准延期后的整改期限。",
)
step_note = column("step_note", "VARCHAR", "Note of the step.", "办理说明", zh_doc="办理说明，按原文保存。")
photo_token = column(
    "photo_token",
    "VARCHAR",
    "Where the photo lies in the sender's store; the picture itself is not delivered.",
    "照片标识",
    zh_doc="照片在报送方存储中的标识；不报送图像本身。",
)
photo_sha256 = column(
    "photo_sha256",
    "VARCHAR",
    "SHA-256 of the picture: the same picture has the same.",
    "照片摘要",
    zh_doc="照片的SHA-256摘要；同一照片摘要相同。",
)
photo_stage = column(
    "photo_stage",
    "VARCHAR",
    "before or after the removal.",
    "照片阶段",
    valid="in ('before', 'after')",
    zh_doc="before 整改前，after 整改后。",
)
taken_at = column(
    "taken_at", "TIMESTAMP", "When the photo was taken.", "拍摄时间", unit="+08:00", zh_doc="照片的拍摄时间。"
)
investment_fen = column(
    "investment_fen",
    "BIGINT",
    "Money spent on it.",
    "投入资金",
    unit="fen",
    valid="between 0 and 100000000000",
    zh_doc="投入资金，单位分。",
)
works_no = column("works_no", "VARCHAR", "Works project.", "工程编号", zh_doc="工程的编号。")
works_kind = column(
    "works_kind",
    "VARCHAR",
    "safety (农村公路安防工程), bridge (危桥改造) or refinement (干线安防精细化提升).",
    "工程类别",
    valid="in ('safety', 'bridge', 'refinement')",
    zh_doc="safety 农村公路安防工程，bridge 农村公路危桥改造，refinement 干线安防精细化提升。",
)
works_unit = column(
    "works_unit",
    "VARCHAR",
    "Unit of the quantities: km or bridge.",
    "计量单位",
    valid="in ('km', 'bridge')",
    zh_doc="数量的计量单位：km 公里，bridge 座。",
)
works_year = column(
    "works_year", "INTEGER", "Year of the plan.", "计划年度", valid="between 2000 and 2100", zh_doc="计划年度。"
)
planned_quantity = column(
    "planned_quantity",
    "DOUBLE",
    "Planned, in works_unit.",
    "计划数量",
    valid="between 0 and 10000",
    zh_doc="计划数量，单位见计量单位。",
)
done_quantity = column(
    "done_quantity",
    "DOUBLE",
    "Done so far, in works_unit.",
    "完成数量",
    valid="between 0 and 10000",
    zh_doc="累计完成数量，单位见计量单位。",
)
finished_on = column(
    "finished_on", "DATE", "Day on which the works were finished.", "完工日期", zh_doc="完工日期；未完工为空。"
)

_COMPONENTS = (
    ("warning_post", "a row of warning posts", "警示桩"),
    ("warning_sign", "a sign", "标志牌"),
    ("speed_hump", "a row of speed humps", "减速带"),
    ("convex_mirror", "a convex mirror", "凸面镜"),
    ("flashing_light", "a flashing light", "爆闪灯"),
)
"""The five components of a small works junction (五小工程)."""

SMALL_WORKS = tuple(
    (
        column(
            f"is_{name}_planned", "BOOLEAN", f"The plan requires {words}.", f"计划{zh}", zh_doc=f"计划是否要求{zh}。"
        ),
        column(f"is_{name}_done", "BOOLEAN", f"There is now {words}.", f"完成{zh}", zh_doc=f"{zh}是否已完成。"),
    )
    for name, words, zh in _COMPONENTS
)
"""Planned and done of each component; a junction is done when all that the plan requires is."""
photo_size_bytes = column(
    "photo_size_bytes",
    "BIGINT",
    "Size of the picture.",
    "照片大小",
    unit="B",
    valid="between 1 and 1073741824",
    zh_doc="照片文件的大小。",
)

# --- steps judged --------------------------------------------------------------------------------
from_hazard_state = column(
    "from_hazard_state",
    "VARCHAR",
    "State before an allowed step; START: not registered yet.",
    "起始状态",
    zh_doc="允许的环节之前的状态；START 为尚未登记。",
)
to_hazard_state = column(
    "to_hazard_state", "VARCHAR", "State an allowed step leads to.", "目标状态", zh_doc="允许的环节所达到的状态。"
)
hazard_guard = column(
    "hazard_guard",
    "VARCHAR",
    "What the step needs: SIGNER an officer who accepts, NEW_DUE a new last day, RECHECK a check on site since the "
    "listing, CLOSURE that a listed hazard is delisted and of a major one photos and a signer; empty: nothing.",
    "环节条件",
    zh_doc="SIGNER 须有验收人，NEW_DUE 须有新期限，RECHECK 须经挂牌后的现场核查，CLOSURE 挂牌的须先摘牌、"
    "重大隐患须有前后照片和验收人；空为无条件。",
)
step_on = column("step_on", "DATE", "Day of the step.", "环节日期", zh_doc="该环节的日期。")
state_before = column(
    "state_before",
    "VARCHAR",
    "State that the accepted steps before this one led to; START: none. The step is judged from it.",
    "认定的原状态",
    zh_doc="此前被采纳的环节所达到的状态，START 为尚无；据此判断本环节。",
)
refusal = column(
    "refusal",
    "VARCHAR",
    "Why a step changes nothing: illegal_step, no_signer, no_new_day, not_rechecked, still_listed, no_photo_before, "
    "no_photo_after.",
    "不采纳原因",
    zh_doc="illegal_step 环节顺序不允许，no_signer 无验收人，no_new_day 无新期限，not_rechecked 未经现场核查，"
    "still_listed 尚未摘牌，no_photo_before 无整改前照片，no_photo_after 无整改后照片。",
)
new_due_on = column(
    "new_due_on",
    "DATE",
    "Last day that this step asks for, whether accepted or not.",
    "申请延期至",
    zh_doc="本环节载明的新期限，无论是否采纳。",
)
is_listed = column(
    "is_listed", "BOOLEAN", "Listed for supervised removal and not delisted.", "是否挂牌", zh_doc="已挂牌且尚未摘牌。"
)
accepted_on = column(
    "accepted_on", "DATE", "Day of the last acceptance.", "验收日期", zh_doc="最近一次验收合格的日期。"
)
reopened_on = column(
    "reopened_on", "DATE", "Day on which it last came back.", "复发日期", zh_doc="最近一次复发的日期。"
)
closure_count = column("closure_count", "INTEGER", "How often it was closed.", "销号次数", zh_doc="被采纳的销号次数。")
reopened_count = column("reopened_count", "INTEGER", "How often it came back.", "复发次数", zh_doc="复发的次数。")
extension_count = column(
    "extension_count",
    "INTEGER",
    "Accepted extensions, late ones included.",
    "延期次数",
    zh_doc="被采纳的延期次数，含逾期后的延期。",
)
first_due_on = column(
    "first_due_on",
    "DATE",
    "Last day for removal that the first list told, which no later list moves.",
    "原整改期限",
    zh_doc="首次报送的整改期限，其后的清单不改变它。",
)
is_late_extension = column(
    "is_late_extension",
    "BOOLEAN",
    "An accepted extension dated after the last day it would move: it does not move it.",
    "是否逾期后延期",
    zh_doc="被采纳、但晚于当时期限的延期，不改变期限。",
)
late_extension_count = column(
    "late_extension_count",
    "INTEGER",
    "Accepted extensions dated after the last day they would move.",
    "逾期后延期次数",
    zh_doc="被采纳、但晚于当时期限的延期次数，不改变期限。",
)
reported_due_on = column(
    "reported_due_on",
    "DATE",
    "Last day for removal as the county's newest list has it.",
    "报送整改期限",
    zh_doc="县市区最新清单所报的整改期限。",
)
is_due_changed = column(
    "is_due_changed",
    "BOOLEAN",
    "The newest list has a last day that neither the first list nor an extension in time set.",
    "清单是否改期",
    zh_doc="最新清单的期限既非首次报送的期限，也非期限内批准的延期所定。",
)
last_step_on = column("last_step_on", "DATE", "Day of the last step.", "最近环节日期", zh_doc="最近一个环节的日期。")
reported_closed_on = column(
    "reported_closed_on",
    "DATE",
    "Day of closure as the county's list has it.",
    "报送销号日期",
    zh_doc="县市区清单所报的销号日期。",
)
has_shared_photo = column(
    "has_shared_photo",
    "BOOLEAN",
    "A picture after its removal is another hazard's as well.",
    "照片重复使用",
    zh_doc="整改后照片同时出现在其他隐患名下。",
)
first_closed_on = column(
    "first_closed_on", "DATE", "Day of the first closure.", "首次销号日期", zh_doc="首次被采纳的销号日期。"
)

# --- spot checks ---------------------------------------------------------------------------------
hazard_check_no = column("hazard_check_no", "VARCHAR", "Spot check.", "复核编号", zh_doc="复核抽查的编号。")
checked_on = column("checked_on", "DATE", "Day of the spot check.", "复核日期", zh_doc="复核抽查的日期。")
is_random_pick = column(
    "is_random_pick",
    "BOOLEAN",
    "Picked by lot; otherwise somebody chose it.",
    "是否随机抽取",
    zh_doc="随机抽取为是；指定复核为否。",
)
hazard_check_result = column(
    "hazard_check_result",
    "VARCHAR",
    "removed; not_removed: the closure is false; came_back: it had been removed.",
    "复核结果",
    valid="in ('removed', 'not_removed', 'came_back')",
    zh_doc="removed 已消除，not_removed 未消除（虚假销号），came_back 曾消除、后复发。",
)
