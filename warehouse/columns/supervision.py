"""What the bureau does about safety besides cases: meetings, bulletins, interviews, listings, training; and crashes.

The ladder is bulletin → interview → listing → copy to the county government, each with its date and deadline.
"""

from warehouse.columns.entry import column

training_no = column("training_no", "VARCHAR", "Training event.", "培训编号", zh_doc="培训的编号。")
topic = column("topic", "VARCHAR", "What it was about.", "主题", zh_doc="主题，按原文保存。")
held_on = column("held_on", "DATE", "Day on which it was held.", "举行日期", zh_doc="举行的日期。")
trained_count = column(
    "trained_count",
    "INTEGER",
    "Staff of the enterprise who took part.",
    "参训人数",
    valid="between 1 and 10000",
    zh_doc="该企业参加培训的人数。",
)
staff_count = column(
    "staff_count",
    "INTEGER",
    "Staff who had to take part.",
    "应训人数",
    valid="between 1 and 10000",
    zh_doc="该企业应参加培训的人数。",
)
meeting_no = column("meeting_no", "VARCHAR", "Meeting.", "会议编号", zh_doc="会议的编号。")
meeting_kind = column(
    "meeting_kind",
    "VARCHAR",
    "regular (例会), party_group (党组会) or special (专题会).",
    "会议类别",
    valid="in ('regular', 'party_group', 'special')",
    zh_doc="regular 例会，party_group 党组会，special 专题会。",
)
attendee_count = column(
    "attendee_count", "INTEGER", "People who took part.", "参会人数", valid="between 1 and 5000", zh_doc="参会人数。"
)
is_key_period = column(
    "is_key_period",
    "BOOLEAN",
    "Held for a key period such as Spring Festival traffic.",
    "重点时段",
    zh_doc="是否为春运等重点时段召开。",
)
bulletin_no = column("bulletin_no", "VARCHAR", "Bulletin (通报), by issue.", "通报期号", zh_doc="通报的期号。")
issued_on = column("issued_on", "DATE", "Day of issue.", "印发日期", zh_doc="印发的日期。")
title = column("title", "VARCHAR", "Title.", "标题", zh_doc="标题，按原文保存。")
period_from = column("period_from", "DATE", "First day it covers.", "覆盖期起", zh_doc="所覆盖时段的首日。")
period_to = column("period_to", "DATE", "Last day it covers.", "覆盖期止", zh_doc="所覆盖时段的末日。")
interview_no = column(
    "interview_no", "VARCHAR", "Interview with a unit in arrears (约谈).", "约谈编号", zh_doc="约谈的编号。"
)
unit_name = column("unit_name", "VARCHAR", "Unit it concerns.", "对象单位", zh_doc="所涉及的单位。")
unit_kind = column(
    "unit_kind",
    "VARCHAR",
    "enterprise, county_bureau (县级交通运输部门) or government (县级政府).",
    "对象类别",
    valid="in ('enterprise', 'county_bureau', 'government')",
    zh_doc="enterprise 企业，county_bureau 县级交通运输部门，government 县级政府。",
)
supervision_cause = column(
    "supervision_cause",
    "VARCHAR",
    "Why: low_score, overdue_hazard, crash, overload or alarms.",
    "事由",
    valid="in ('low_score', 'overdue_hazard', 'crash', 'overload', 'alarms')",
    zh_doc="low_score 考核排名靠后，overdue_hazard 隐患逾期，crash 事故，overload 超限突出，alarms 报警突出。",
)
rectify_by = column(
    "rectify_by", "DATE", "Day by which the unit has to correct it.", "整改时限", zh_doc="要求整改的期限。"
)
listing_no = column(
    "listing_no", "VARCHAR", "Listing for supervised removal (挂牌督办).", "挂牌编号", zh_doc="挂牌督办的编号。"
)
listed_on = column("listed_on", "DATE", "Day of listing.", "挂牌日期", zh_doc="挂牌的日期。")
delisted_on = column(
    "delisted_on",
    "DATE",
    "Day of delisting, after a check on site; empty while listed.",
    "摘牌日期",
    zh_doc="现场核查后摘牌的日期；未摘牌为空。",
)
rechecked_on = column(
    "rechecked_on",
    "DATE",
    "Day of the check on site that delisting needs.",
    "现场核查日期",
    zh_doc="摘牌前现场核查的日期。",
)
referral_no = column(
    "referral_no", "VARCHAR", "Copy to a county government (抄送属地政府).", "抄送文号", zh_doc="抄送函的文号。"
)
reply_due_on = column("reply_due_on", "DATE", "Last day for the reply.", "回复期限", zh_doc="要求回复的期限。")
replied_on = column(
    "replied_on", "DATE", "Day of the reply; empty while open.", "回复日期", zh_doc="回复日期；未回复为空。"
)
crash_no = column("crash_no", "VARCHAR", "Road crash.", "事故编号", zh_doc="道路交通事故的编号。")
occurred_at = column("occurred_at", "TIMESTAMP", "When it happened.", "发生时间", unit="+08:00", zh_doc="发生的时间。")
crash_severity = column(
    "crash_severity",
    "VARCHAR",
    "As the sender graded it: minor (轻微), ordinary (一般), serious (较大), major (重大) or extraordinary (特别重大).",
    "事故等级",
    valid="in ('minor', 'ordinary', 'serious', 'major', 'extraordinary')",
    zh_doc="报送方认定的等级：minor 轻微，ordinary 一般，serious 较大，major 重大，extraordinary 特别重大。",
)
death_count = column(
    "death_count", "INTEGER", "People who died.", "死亡人数", valid="between 0 and 500", zh_doc="死亡人数。"
)
injury_count = column(
    "injury_count", "INTEGER", "People who were injured.", "受伤人数", valid="between 0 and 2000", zh_doc="受伤人数。"
)
property_loss_fen = column(
    "property_loss_fen",
    "BIGINT",
    "Direct loss of property.",
    "直接财产损失",
    unit="fen",
    valid="between 0 and 1000000000000",
    zh_doc="直接财产损失，单位分。",
)
crash_cause = column(
    "crash_cause",
    "VARCHAR",
    "Main cause, in the words of the finding.",
    "事故主因",
    zh_doc="认定的主要原因，按原文保存。",
)
involves_commercial_vehicle = column(
    "involves_commercial_vehicle",
    "BOOLEAN",
    "A commercial vehicle was involved.",
    "涉及营运车辆",
    zh_doc="是否涉及营运车辆。",
)
