"""How alarms are handled: appeals, whether a terminal sent them, closing in bulk; links of platforms and post checks.

What must be handled within which time is the sender's setting; thresholds of ours come from seeds.kpi_scheme.
"""

from warehouse.columns.entry import column

appealed_at = column(
    "appealed_at",
    "TIMESTAMP",
    "When the enterprise appealed against the alarm (申诉); empty if it has not.",
    "申诉时间",
    unit="+08:00",
    zh_doc="企业对报警提出申诉的时间；未申诉为空。",
)
appeal_result = column(
    "appeal_result",
    "VARCHAR",
    "What became of the appeal: upheld, rejected or pending; empty if there is none.",
    "申诉结果",
    valid="in ('upheld', 'rejected', 'pending')",
    zh_doc="upheld 申诉成立，rejected 驳回，pending 待审核；未申诉为空。",
)
due_at = column(
    "due_at",
    "TIMESTAMP",
    "Last instant of the time allowed.",
    "到期时间",
    unit="+08:00",
    zh_doc="处理或应答时限的最后时刻。",
)
response_s = column(
    "response_s",
    "BIGINT",
    "From the beginning of the alarm to its handling; empty if it has not been handled.",
    "处理用时",
    unit="s",
    zh_doc="从报警开始到处理的时长；未处理为空。",
)
is_in_time = column(
    "is_in_time",
    "BOOLEAN",
    "Handled no later than due_at; false while it has not been handled.",
    "是否按时处理",
    zh_doc="不晚于到期时间处理；未处理为假。",
)
told_until = column(
    "told_until",
    "TIMESTAMP",
    "Latest instant that the row tells of; the greatest of all rows is how far the extract reaches.",
    "记录所及时间",
    unit="+08:00",
    zh_doc="该行提到的最晚时刻；全部行中的最大值为数据截止时间。",
)
alarm_match = column(
    "alarm_match",
    "VARCHAR",
    "Whether the captures have the alarm: exact (same second), near (within alarm_match_s), none (the terminal "
    "reported around then, without it), no_capture (no report around then, so nothing can be said); empty: raised by a "
    "platform.",
    "报文核对",
    zh_doc="报文中是否有该报警：exact 同一秒，near 在 alarm_match_s 以内，none 终端当时有报文但没有该报警，"
    "no_capture 当时没有报文、无从判断；平台产生的报警为空。",
)
alarm_match_s = column(
    "alarm_match_s",
    "BIGINT",
    "An alarm of the extract and one of the captures that begin no further apart than this can be one.",
    "报警核对时差",
    unit="s",
    zh_doc="处置记录与报文中的报警，开始时间相差不超过此值可视为同一报警（取自考核方案）。",
)
wire_no = column(
    "wire_no",
    "BIGINT",
    "Number of the alarm among those of its kind that the vehicle sent that day.",
    "当日报警序号",
    zh_doc="该车当日发送的同类报警中的序号。",
)
wire_began_at = column(
    "wire_began_at",
    "TIMESTAMP",
    "When the alarm began by the captures; empty without a match.",
    "报文报警开始时间",
    unit="+08:00",
    zh_doc="报文中该报警开始的时间；未匹配为空。",
)
match_gap_s = column(
    "match_gap_s",
    "BIGINT",
    "Time between the two beginnings; empty without a match.",
    "开始时间差",
    unit="s",
    zh_doc="处置记录与报文中报警开始时间之差；未匹配为空。",
)
wire_alarm_count = column(
    "wire_alarm_count",
    "BIGINT",
    "Alarms that the terminal sent, of kinds the bureau has a name for and with a known beginning.",
    "终端发送报警数",
    zh_doc="终端发送、属于已命名类型且开始时间已知的报警数。",
)
reached_alarm_count = column(
    "reached_alarm_count",
    "BIGINT",
    "Of these the alarms that the handling extract has.",
    "到达处置平台报警数",
    zh_doc="其中处置记录里有的报警数。",
)
burst_began_at = column(
    "burst_began_at", "TIMESTAMP", "First closing of the burst.", "批量处理开始", unit="+08:00",
    zh_doc="批量处理中首个报警的处理时间。",
)  # fmt: skip
burst_ended_at = column(
    "burst_ended_at", "TIMESTAMP", "Last closing of the burst.", "批量处理结束", unit="+08:00",
    zh_doc="批量处理中最后一个报警的处理时间。",
)  # fmt: skip
closed_alarm_count = column(
    "closed_alarm_count", "BIGINT", "Alarms closed in the burst.", "批量处理报警数", zh_doc="该次批量处理的报警数。"
)
closed_vehicle_count = column(
    "closed_vehicle_count",
    "BIGINT",
    "Vehicles whose alarms were closed in the burst.",
    "批量处理车辆数",
    zh_doc="该次批量处理涉及的车辆数。",
)
closed_kind_count = column(
    "closed_kind_count", "BIGINT", "Kinds of the alarms closed in the burst.", "批量处理报警类型数",
    zh_doc="该次批量处理涉及的报警类型数。",
)  # fmt: skip
first_alarm_began_at = column(
    "first_alarm_began_at",
    "TIMESTAMP",
    "When the oldest of the alarms began.",
    "最早报警开始时间",
    unit="+08:00",
    zh_doc="其中最早报警的开始时间。",
)
last_alarm_began_at = column(
    "last_alarm_began_at",
    "TIMESTAMP",
    "When the newest of the alarms began.",
    "最晚报警开始时间",
    unit="+08:00",
    zh_doc="其中最晚报警的开始时间。",
)
platform_no = column(
    "platform_no", "VARCHAR", "Monitoring platform.", "平台编码", zh_doc="监控平台的编码。"
)  # fmt: skip
platform_name = column("platform_name", "VARCHAR", "Name of the platform.", "平台名称", zh_doc="监控平台的名称。")
platform_kind = column(
    "platform_kind",
    "VARCHAR",
    "Whose platform it is: enterprise or bureau.",
    "平台类型",
    valid="in ('enterprise', 'bureau')",
    zh_doc="enterprise 企业平台，bureau 政府平台。",
)
link_from_at = column(
    "link_from_at",
    "TIMESTAMP",
    "Beginning of the day that the row sums up.",
    "统计日",
    unit="+08:00",
    zh_doc="所统计之日的开始时刻。",
)
link_total_ms = column(
    "link_total_ms",
    "BIGINT",
    "Time the platform was to be connected that day.",
    "应连通时长",
    unit="ms",
    valid="between 1 and 86400000",
    zh_doc="当日应连通的时长。",
)
link_down_ms = column(
    "link_down_ms",
    "BIGINT",
    "Time it was disconnected that day.",
    "断开时长",
    unit="ms",
    valid="between 0 and 86400000",
    zh_doc="当日断开的时长。",
)
outage_count = column(
    "outage_count",
    "INTEGER",
    "Times it was disconnected that day.",
    "断开次数",
    valid=">= 0",
    zh_doc="当日断开的次数。",
)
poll_no = column("poll_no", "VARCHAR", "Post check (查岗) of the authority.", "查岗编号", zh_doc="管理部门查岗的编号。")
polled_at = column(
    "polled_at", "TIMESTAMP", "When the check was sent.", "查岗时间", unit="+08:00", zh_doc="发出查岗的时间。"
)
reply_within_min = column(
    "reply_within_min",
    "INTEGER",
    "Minutes within which it is to be answered; the sender's setting.",
    "应答时限",
    unit="min",
    valid="between 1 and 1440",
    zh_doc="查岗应在多少分钟内应答，由发送方设定。",
)
replied_at = column(
    "replied_at",
    "TIMESTAMP",
    "When it was answered; empty if it has not been.",
    "应答时间",
    unit="+08:00",
    zh_doc="应答查岗的时间；未应答为空。",
)
is_replied_in_time = column(
    "is_replied_in_time",
    "BOOLEAN",
    "Answered no later than due_at; false while it has not been answered.",
    "是否按时应答",
    zh_doc="不晚于到期时间应答；未应答为假。",
)
