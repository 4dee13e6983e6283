"""On-board terminals: what is fitted, where it was, what it warned of and who handled it.

Speeds are km/h and positions WGS-84 degrees, converted once where a source has other units
(JT/T 808 sends 0.1 km/h and 10⁻⁶ degrees, JT/T 809 km/h).
"""

from warehouse.columns.entry import column

terminal_no = column("terminal_no", "VARCHAR", "On-board terminal.", "终端编号", zh_doc="车载终端的编号。")
terminal_model = column("terminal_model", "VARCHAR", "Model of the terminal.", "终端型号", zh_doc="车载终端的型号。")
protocol_version = column(
    "protocol_version",
    "VARCHAR",
    "JT/T 808 edition the terminal speaks: 2011, 2013 or 2019.",
    "协议版本",
    valid="in ('2011', '2013', '2019')",
    zh_doc="终端采用的JT/T 808版本：2011、2013、2019。",
)
has_smart_terminal = column(
    "has_smart_terminal",
    "BOOLEAN",
    "Fitted with intelligent video monitoring (智能监控报警).",
    "智能终端",
    zh_doc="是否安装智能视频监控报警装置。",
)
carries_slogan = column(
    "carries_slogan",
    "BOOLEAN",
    "Carries the safety slogan (安全宣传标语).",
    "安全标语",
    zh_doc="车身或车内是否张贴安全宣传标语。",
)
positioned_at = column(
    "positioned_at",
    "TIMESTAMP",
    "Device time of the position; late points belong to it.",
    "定位时间",
    unit="+08:00",
    zh_doc="终端定位时间；补传的点按该时间归属。",
)
terminal_received_at = column(
    "terminal_received_at",
    "TIMESTAMP",
    "When the platform received the point.",
    "平台接收时间",
    unit="+08:00",
    zh_doc="监控平台收到该点的时间。",
)
heading_deg = column(
    "heading_deg",
    "INTEGER",
    "Direction of travel, clockwise from north.",
    "方向角",
    unit="°",
    valid="between 0 and 359",
    zh_doc="行驶方向，正北起顺时针。",
)
altitude_m = column(
    "altitude_m",
    "INTEGER",
    "Height above sea level.",
    "海拔",
    unit="m",
    valid="between -200 and 6000",
    zh_doc="海拔高度。",
)
odometer_km = column(
    "odometer_km",
    "DOUBLE",
    "Mileage the terminal has counted.",
    "里程",
    unit="km",
    valid="between 0 and 5000000",
    zh_doc="终端累计里程。",
)
terminal_status = column(
    "terminal_status",
    "VARCHAR",
    "Status word of JT/T 808 0x0200, eight hexadecimal digits: bit 0 ACC, bit 1 position fixed.",
    "状态字",
    zh_doc="JT/T 808 0x0200状态字，8位十六进制：第0位ACC，第1位已定位。",
)
alarm_no = column("alarm_no", "VARCHAR", "Alarm of the monitoring platform.", "报警编号", zh_doc="监控平台的报警编号。")
alarm_kind = column(
    "alarm_kind",
    "VARCHAR",
    "What the alarm is: overspeed, fatigue, long_driving, night_ban, offline_move, phone, smoking, no_seat_belt, "
    "distraction, overcrowding, driver_identity, escort_identity, off_monitoring, driver_abnormal, forward_collision "
    "or "
    "lane_departure.",
    "报警类型",
    zh_doc="overspeed 超速，fatigue 生理疲劳，long_driving 超时驾驶，night_ban 凌晨2–5点违规运行，offline_move "
    "离线位移，"
    "phone 手持电话，smoking 抽烟，no_seat_belt 未系安全带，distraction 不目视前方，overcrowding 超员，"
    "driver_identity 驾驶员身份异常，escort_identity 押运员身份异常，off_monitoring 脱离监控，"
    "driver_abnormal 驾驶员突发情况，forward_collision 前向碰撞，lane_departure 车道偏离。",
)
alarm_level = column(
    "alarm_level",
    "INTEGER",
    "Level the terminal gave it: 1 or 2.",
    "报警级别",
    valid="in (1, 2)",
    zh_doc="终端给出的报警级别：1或2。",
)
alarm_source = column(
    "alarm_source",
    "VARCHAR",
    "terminal, enterprise, government or other (JT/T 809).",
    "报警来源",
    valid="in ('terminal', 'enterprise', 'government', 'other')",
    zh_doc="terminal 终端，enterprise 企业平台，government 政府平台，other 其他（JT/T 809）。",
)
alarm_began_at = column(
    "alarm_began_at", "TIMESTAMP", "When the alarm began.", "报警开始时间", unit="+08:00", zh_doc="报警开始的时间。"
)
alarm_ended_at = column(
    "alarm_ended_at",
    "TIMESTAMP",
    "When the alarm ended; empty while it lasts.",
    "报警结束时间",
    unit="+08:00",
    zh_doc="报警结束的时间；未结束为空。",
)
max_speed_kmh = column(
    "max_speed_kmh",
    "DOUBLE",
    "Highest speed during the alarm.",
    "最高车速",
    unit="km/h",
    valid="between 0 and 220",
    zh_doc="报警期间的最高车速。",
)
handle_within_min = column(
    "handle_within_min",
    "INTEGER",
    "Minutes within which the alarm is to be handled; the sender's setting.",
    "处理时限",
    unit="min",
    valid="between 1 and 43200",
    zh_doc="报警应在多少分钟内处理，由报送方设定。",
)
handled_at = column(
    "handled_at",
    "TIMESTAMP",
    "When the enterprise handled the alarm; empty if it has not.",
    "处理时间",
    unit="+08:00",
    zh_doc="企业处理报警的时间；未处理为空。",
)
handling = column(
    "handling",
    "VARCHAR",
    "How it was handled: called, message, stopped, false_alarm, recorded or educated.",
    "处理方式",
    zh_doc="called 电话提醒，message 下发短信，stopped 责令停车，false_alarm 误报，recorded 登记，educated 约谈教育。",
)
is_supervised = column(
    "is_supervised",
    "BOOLEAN",
    "The authority asked the enterprise to handle it (督办).",
    "督办",
    zh_doc="是否由管理部门督办。",
)
terminal_speed_kmh = column(
    "terminal_speed_kmh",
    "DOUBLE",
    "Speed by the terminal's satellite receiver.",
    "定位车速",
    unit="km/h",
    valid="between 0 and 220",
    zh_doc="终端按卫星定位给出的车速。",
)
positioned_date = column(
    "positioned_date", "DATE", "Local day of the position (+08:00).", "定位日期", zh_doc="定位的当地日期（+08:00）。"
)
alarm_date = column(
    "alarm_date",
    "DATE",
    "Local day on which the alarm began (+08:00).",
    "报警日期",
    zh_doc="报警开始的当地日期（+08:00）。",
)
