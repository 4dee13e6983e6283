"""What terminals say of themselves in JT/T 808: identity, state words, items and active-safety alarms.

Names of items follow JT/T 808-2019 table 27 and T/JSATL 12-2017; units are converted once, where frames are decoded.
Flag words are kept as whole numbers: their bits are spelled out in ``etl/jt808/words.py``.
"""

from warehouse.columns.entry import column

terminal_record_kind = column(
    "terminal_record_kind",
    "VARCHAR",
    "What the terminal sent: location, safety_alarm, registration, authentication, driver_card, heartbeat, logout, "
    "part (of a message in several frames) or other.",
    "记录类型",
    valid="in ('location', 'safety_alarm', 'registration', 'authentication', 'driver_card', 'heartbeat', 'logout', "
    "'part', 'other')",
    zh_doc="location 定位，safety_alarm 主动安全报警，registration 终端注册，authentication 终端鉴权，driver_card "
    "驾驶员卡，heartbeat 心跳，logout 终端注销，part 分包，other 其他消息。",
)
terminal_phone = column(
    "terminal_phone",
    "VARCHAR",
    "Number by which the terminal is known in JT/T 808 (header field 终端手机号), without leading zeros: the 2019 "
    "edition sends 20 digits, earlier ones 12.",
    "终端手机号",
    zh_doc="JT/T 808消息头中的终端手机号，去掉前导零（2019版为20位，此前为12位）。",
)
message_id = column(
    "message_id",
    "INTEGER",
    "JT/T 808 message id (0x0200 is 512).",
    "消息ID",
    zh_doc="JT/T 808消息ID（十进制，0x0200为512）。",
)
message_serial = column(
    "message_serial",
    "INTEGER",
    "Serial number of the message; empty for positions and safety alarms, which come again under another one.",
    "消息流水号",
    zh_doc="消息流水号；定位与主动安全报警补传时流水号不同，故留空。",
)
report_origin = column(
    "report_origin",
    "VARCHAR",
    "How a position came: report (0x0200), reply (0x0201), batch (0x0704) or backfill (0x0704 from a blind area).",
    "定位来源",
    valid="in ('report', 'reply', 'batch', 'backfill')",
    zh_doc="report 实时（0x0200），reply 查询应答（0x0201），batch 批量（0x0704），backfill 盲区补传（0x0704）。",
)
recorded_at = column(
    "recorded_at",
    "TIMESTAMP",
    "Device time of the record; empty where it is none or no plausible instant.",
    "终端时间",
    unit="+08:00",
    zh_doc="终端记录的时间；无时间或时间不可信时为空。",
)
wire_time = column(
    "wire_time",
    "VARCHAR",
    "Device time of a position as it was sent, YYMMDDhhmmss: also where it is no instant.",
    "终端时间（原文）",
    zh_doc="定位报文中的终端时间原文（YYMMDDhhmmss），包括不成立的时间。",
)
alarm_flags = column(
    "alarm_flags", "BIGINT", "Alarm word of 0x0200, 32 bits.", "报警标志", zh_doc="0x0200报警标志，32位。"
)
status_flags = column(
    "status_flags", "BIGINT", "Status word of 0x0200, 32 bits.", "状态位", zh_doc="0x0200状态位，32位。"
)
recorder_speed_kmh = column(
    "recorder_speed_kmh",
    "DOUBLE",
    "Speed by the vehicle's tachograph (item 0x03).",
    "行驶记录车速",
    unit="km/h",
    zh_doc="行驶记录功能获取的车速（附加项0x03）。",
)
fuel_l = column("fuel_l", "DOUBLE", "Fuel in the tank (item 0x02).", "油量", unit="L", zh_doc="油量（附加项0x02）。")
manual_event_id = column(
    "manual_event_id",
    "INTEGER",
    "Alarm event that a person has to confirm (item 0x04).",
    "人工确认报警事件",
    zh_doc="需人工确认的报警事件ID（附加项0x04）。",
)
cabin_temperature_c = column(
    "cabin_temperature_c",
    "INTEGER",
    "Temperature in the cabin (item 0x06).",
    "车厢温度",
    unit="°C",
    zh_doc="车厢温度（附加项0x06）。",
)
overspeed_place_type = column(
    "overspeed_place_type",
    "INTEGER",
    "Where speed was too high (item 0x11): 0 anywhere, 1 circle, 2 rectangle, 3 polygon, 4 route segment.",
    "超速位置类型",
    zh_doc="超速报警位置类型（附加项0x11）：0无特定位置，1圆形，2矩形，3多边形，4路段。",
)
overspeed_place_id = column(
    "overspeed_place_id",
    "BIGINT",
    "Area or segment of the overspeed alarm (item 0x11).",
    "超速区域或路段",
    zh_doc="超速报警的区域或路段ID（附加项0x11）。",
)
area_place_type = column(
    "area_place_type",
    "INTEGER",
    "What was entered or left (item 0x12): 1 circle, 2 rectangle, 3 polygon, 4 route.",
    "进出位置类型",
    zh_doc="进出区域/路线报警位置类型（附加项0x12）：1圆形，2矩形，3多边形，4路线。",
)
area_place_id = column(
    "area_place_id",
    "BIGINT",
    "Area or route that was entered or left (item 0x12).",
    "进出区域或路线",
    zh_doc="进出报警的区域或路线ID（附加项0x12）。",
)
area_direction = column(
    "area_direction",
    "INTEGER",
    "0 entered, 1 left (item 0x12).",
    "进出方向",
    zh_doc="进出方向（附加项0x12）：0进，1出。",
)
segment_id = column(
    "segment_id",
    "BIGINT",
    "Route segment driven too fast or too slowly (item 0x13).",
    "路段ID",
    zh_doc="行驶时间不足或过长的路段ID（附加项0x13）。",
)
segment_seconds = column(
    "segment_seconds",
    "INTEGER",
    "Time it took (item 0x13).",
    "路段行驶时间",
    unit="s",
    zh_doc="路段行驶时间（附加项0x13）。",
)
segment_result = column(
    "segment_result",
    "INTEGER",
    "0 too short, 1 too long (item 0x13).",
    "路段结果",
    zh_doc="路段行驶时间结果（附加项0x13）：0不足，1过长。",
)
video_alarm_flags = column(
    "video_alarm_flags",
    "BIGINT",
    "Video alarms of JT/T 1078 (item 0x14); bit 4 is overcrowding.",
    "视频报警标志",
    zh_doc="JT/T 1078视频报警（附加项0x14）；第4位为客车超员。",
)
driving_alarm_flags = column(
    "driving_alarm_flags",
    "INTEGER",
    "Abnormal driving (item 0x18): bit 0 fatigue, 1 phone, 2 smoking.",
    "异常驾驶标志",
    zh_doc="异常驾驶行为（附加项0x18）：第0位疲劳，第1位打电话，第2位抽烟。",
)
fatigue_level = column(
    "fatigue_level",
    "INTEGER",
    "Degree of fatigue the terminal estimated (item 0x18, or the driver-monitoring alarm).",
    "疲劳程度",
    zh_doc="终端判定的疲劳程度（附加项0x18或驾驶员状态监测报警）。",
)
signal_flags = column(
    "signal_flags",
    "BIGINT",
    "Signals of the vehicle (item 0x25): lamps, brake, horn and others.",
    "车辆信号状态",
    zh_doc="扩展车辆信号状态位（附加项0x25）。",
)
radio_strength = column(
    "radio_strength",
    "INTEGER",
    "Strength of the mobile network (item 0x30).",
    "网络信号强度",
    zh_doc="无线通信网络信号强度（附加项0x30）。",
)
satellite_count = column(
    "satellite_count",
    "INTEGER",
    "Satellites used for the fix (item 0x31).",
    "定位卫星数",
    zh_doc="GNSS定位卫星数（附加项0x31）。",
)
safety_item = column(
    "safety_item",
    "INTEGER",
    "Item that carries the alarm: 100 (0x64) driver assistance, 101 (0x65) driver monitoring, 102 (0x66) tyres, "
    "103 (0x67) blind spot and 112 (0x70) aggressive driving.",
    "主动安全附加项",
    zh_doc="报警所在附加项：100（0x64）高级驾驶辅助，101（0x65）驾驶员状态监测，102（0x66）胎压，103（0x67）盲区，"
    "112（0x70）激烈驾驶。",
)
alarm_profile = column(
    "alarm_profile",
    "VARCHAR",
    "Dialect by which the alarm was read: su (T/JSATL 12-2017) or yue (Guangdong).",
    "报警协议",
    zh_doc="报警解析所用的协议：su 苏标，yue 粤标。",
)
alarm_type_code = column(
    "alarm_type_code",
    "INTEGER",
    "Kind of alarm within its item; codes of 16 (0x10) and above are events, no alarms.",
    "报警类型代码",
    zh_doc="附加项内的报警类型代码；16（0x10）及以上是事件，不是报警。",
)
alarm_state_code = column(
    "alarm_state_code",
    "INTEGER",
    "0 does not apply, 1 begins, 2 ends.",
    "标志状态",
    zh_doc="标志状态：0不可用，1开始，2结束。",
)
wheel_alarm_flags = column(
    "wheel_alarm_flags",
    "INTEGER",
    "Bits that are set for any wheel of a tyre report (0x66): 0 periodic, 1 pressure high, 2 low, 3 hot, 4 sensor, "
    "5 imbalance, 6 slow leak, 7 battery low; above, the maker's own.",
    "车轮报警位",
    zh_doc="胎压报告（0x66）任一车轮的报警位：0定时上报，1胎压过高，2胎压过低，3胎温过高，4传感器异常，5胎压不平衡，"
    "6慢漏气，7电池电量低；其余为厂商自定义。",
)
wheel_readings = column(
    "wheel_readings",
    "VARCHAR",
    "What a tyre report (0x66) says wheel by wheel: a JSON list of position, type_flags, pressure_kpa, temperature_c "
    "and battery_percent.",
    "车轮读数",
    zh_doc="胎压报告（0x66）逐轮内容，JSON列表：position 位置，type_flags 报警位，pressure_kpa 胎压，"
    "temperature_c 胎温，battery_percent 电量。",
)
alarm_identity = column(
    "alarm_identity",
    "VARCHAR",
    "Identity of the alarm (报警标识号): terminal, time and serial within the second; sent again it is the same.",
    "报警标识号",
    zh_doc="报警标识号：终端ID、时间与同秒序号；重复上传的同一报警标识相同。",
)
attachment_count = column(
    "attachment_count",
    "INTEGER",
    "Pictures and videos of the alarm.",
    "附件数量",
    zh_doc="报警的图片、视频等附件数量。",
)
front_speed_kmh = column(
    "front_speed_kmh",
    "INTEGER",
    "Speed of the vehicle ahead.",
    "前车速度",
    unit="km/h",
    zh_doc="前车速度。",
)
front_headway_ds = column(
    "front_headway_ds",
    "INTEGER",
    "Headway to the vehicle ahead; that its unit is 0.1 s is unverified.",
    "前车距离",
    unit="0.1 s",
    zh_doc="与前车或行人的距离；单位0.1秒未经核实。",
)
vehicle_state_flags = column(
    "vehicle_state_flags",
    "INTEGER",
    "State of the vehicle at the alarm: bit 0 ACC, 1 left, 2 right, 3 wiper, 4 brake, 5 card, 10 positioned.",
    "车辆状态",
    zh_doc="报警时车辆状态：第0位ACC，1左转，2右转，3雨刮，4制动，5插卡，10定位。",
)
terminal_maker = column("terminal_maker", "VARCHAR", "Maker of the terminal.", "制造商", zh_doc="终端制造商代码。")
registered_province_code = column(
    "registered_province_code",
    "INTEGER",
    "First two digits of the district of registration (0x0100).",
    "省域ID",
    zh_doc="终端注册的省域ID（0x0100）。",
)
registered_city_code = column(
    "registered_city_code",
    "INTEGER",
    "Last four digits of the district of registration (0x0100).",
    "市县域ID",
    zh_doc="终端注册的市县域ID（0x0100）。",
)
vin = column(
    "vin", "VARCHAR", "Vehicle identification number of a vehicle without a plate.", "车架号", personal=True,
    zh_doc="无车牌车辆注册时给出的车架号。",
)  # fmt: skip
card_state_code = column(
    "card_state_code",
    "INTEGER",
    "Driver card: 1 inserted, 2 removed.",
    "插拔卡状态",
    zh_doc="从业资格证IC卡：1插入，2拔出。",
)
card_result_code = column(
    "card_result_code",
    "INTEGER",
    "Reading of the driver card: 0 read, others failed.",
    "读卡结果",
    zh_doc="IC卡读取结果：0成功，其他失败。",
)
registered_date = column(
    "registered_date",
    "DATE",
    "Local day of the capture that holds the registration (+08:00).",
    "注册日期",
    zh_doc="终端注册报文所在捕获的当地日期（+08:00）。",
)
card_date = column(
    "card_date",
    "DATE",
    "Local day on which the card was inserted or removed (+08:00).",
    "插拔卡日期",
    zh_doc="插拔卡的当地日期（+08:00）。",
)
