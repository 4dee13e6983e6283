"""What the models derive from terminals: points and steps, driving, alarms, overspeed, and counts for KPIs.

Thresholds come from seeds.kpi_scheme; distances are whole metres and times whole seconds, so that sums are exact.
"""

from warehouse.columns.entry import column

built_date = column(
    "built_date",
    "DATE",
    "Day for which the row is computed: a day looks at its own points and those of the day before.",
    "计算日期",
    zh_doc="该行所服务的计算日；每日看当日与前一日的点。",
)
service_date = column(
    "service_date",
    "DATE",
    "Day on which the register has the vehicle in service.",
    "在用日期",
    zh_doc="登记为在用的日期。",
)
kpi_scheme = column(
    "kpi_scheme",
    "VARCHAR",
    "Set of thresholds or weights: local, or that of another place.",
    "考核方案",
    zh_doc="阈值或权重所属的方案：local 为本地，其他为参考。",
)
latitude_min_deg = column(
    "latitude_min_deg",
    "DOUBLE",
    "Lowest latitude of a valid position.",
    "有效纬度下限",
    unit="°",
    zh_doc="有效纬度下限（取自考核方案）。",
)
latitude_max_deg = column(
    "latitude_max_deg",
    "DOUBLE",
    "Highest latitude of a valid position.",
    "有效纬度上限",
    unit="°",
    zh_doc="有效纬度上限（取自考核方案）。",
)
longitude_min_deg = column(
    "longitude_min_deg",
    "DOUBLE",
    "Lowest longitude of a valid position.",
    "有效经度下限",
    unit="°",
    zh_doc="有效经度下限（取自考核方案）。",
)
longitude_max_deg = column(
    "longitude_max_deg",
    "DOUBLE",
    "Highest longitude of a valid position.",
    "有效经度上限",
    unit="°",
    zh_doc="有效经度上限（取自考核方案）。",
)
valid_speed_max_kmh = column(
    "valid_speed_max_kmh",
    "DOUBLE",
    "Highest speed of a valid record, inclusive.",
    "有效车速上限",
    unit="km/h",
    zh_doc="有效车速上限（取自考核方案）。",
)
altitude_min_m = column(
    "altitude_min_m",
    "DOUBLE",
    "Lowest altitude of a valid record, inclusive.",
    "有效海拔下限",
    unit="m",
    zh_doc="有效海拔下限（取自考核方案）。",
)
altitude_max_m = column(
    "altitude_max_m",
    "DOUBLE",
    "Highest altitude of a valid record, inclusive.",
    "有效海拔上限",
    unit="m",
    zh_doc="有效海拔上限（取自考核方案）。",
)
drift_kmh = column(
    "drift_kmh",
    "DOUBLE",
    "Implied speed above which a point is drift.",
    "漂移推算车速",
    unit="km/h",
    zh_doc="漂移推算车速（取自考核方案）。",
)
drift_settled_points = column(
    "drift_settled_points",
    "BIGINT",
    "Points in a row from which on a place says where the vehicle is.",
    "可信位置点数",
    zh_doc="连续点数达到此值的一处位置视为可信（取自考核方案）。",
)
place_no = column(
    "place_no",
    "BIGINT",
    "Number of the place among those of the vehicle and built day, from 1.",
    "位置序号",
    zh_doc="该车该计算日的位置序号，从1起。",
)
is_jump = column(
    "is_jump",
    "BOOLEAN",
    "The vehicle jumped to this place from the one before.",
    "跳变",
    zh_doc="由前一位置跳变而来。",
)
first_at = column(
    "first_at",
    "TIMESTAMP",
    "First point of the place.",
    "首点时间",
    unit="+08:00",
    zh_doc="该处位置首点的时间。",
)
first_latitude = column(
    "first_latitude",
    "DOUBLE",
    "Latitude of the first point of the place.",
    "首点纬度",
    unit="°",
    zh_doc="该处位置首点的纬度。",
)
first_longitude = column(
    "first_longitude",
    "DOUBLE",
    "Longitude of the first point of the place.",
    "首点经度",
    unit="°",
    zh_doc="该处位置首点的经度。",
)
last_at = column(
    "last_at",
    "TIMESTAMP",
    "Last point of the place.",
    "末点时间",
    unit="+08:00",
    zh_doc="该处位置末点的时间。",
)
last_latitude = column(
    "last_latitude",
    "DOUBLE",
    "Latitude of the last point of the place.",
    "末点纬度",
    unit="°",
    zh_doc="该处位置末点的纬度。",
)
last_longitude = column(
    "last_longitude",
    "DOUBLE",
    "Longitude of the last point of the place.",
    "末点经度",
    unit="°",
    zh_doc="该处位置末点的经度。",
)
moving_kmh = column(
    "moving_kmh",
    "DOUBLE",
    "Speed above which a vehicle moves.",
    "行驶判定车速",
    unit="km/h",
    zh_doc="行驶判定车速（取自考核方案）。",
)
moving_hold_s = column(
    "moving_hold_s",
    "BIGINT",
    "A step longer than this without displacement is a stop although its first point moved.",
    "行驶保持时长",
    unit="s",
    zh_doc="行驶点之后超过此时长且没有位移的一段视为停车（取自考核方案）。",
)
class_limit_kmh = column(
    "class_limit_kmh",
    "DOUBLE",
    "Speed limit of the vehicle's class by day.",
    "车类限速",
    unit="km/h",
    zh_doc="车类限速（取自考核方案）。",
)
night_speed_ratio = column(
    "night_speed_ratio",
    "DOUBLE",
    "Limit by night as a share of that by day (1 = the same).",
    "夜间限速比",
    zh_doc="夜间限速与日间限速之比（1为相同）。",
)
track_gap_s = column(
    "track_gap_s",
    "BIGINT",
    "A track segment that lasts longer than this and is longer than track_gap_m is incomplete.",
    "轨迹缺失时长",
    unit="s",
    zh_doc="轨迹缺失时长（取自考核方案）。",
)
track_gap_m = column(
    "track_gap_m",
    "BIGINT",
    "A track segment longer than this that lasts longer than track_gap_s is incomplete.",
    "轨迹缺失距离",
    unit="m",
    zh_doc="轨迹缺失距离（取自考核方案）。",
)
rest_s = column(
    "rest_s",
    "BIGINT",
    "Standing this long or longer is a rest.",
    "休息时长",
    unit="s",
    zh_doc="休息时长（取自考核方案）。",
)
unknown_gap_s = column(
    "unknown_gap_s",
    "BIGINT",
    "Longer than this without a usable point is unknown.",
    "未知间隔时长",
    unit="s",
    zh_doc="未知间隔时长（取自考核方案）。",
)
fatigue_day_s = column(
    "fatigue_day_s",
    "BIGINT",
    "Longest continuous driving.",
    "连续驾驶上限",
    unit="s",
    zh_doc="连续驾驶上限（取自考核方案）。",
)
fatigue_night_s = column(
    "fatigue_night_s",
    "BIGINT",
    "Longest continuous driving by night.",
    "夜间连续驾驶上限",
    unit="s",
    zh_doc="夜间连续驾驶上限（取自考核方案）。",
)
night_from_s = column(
    "night_from_s",
    "BIGINT",
    "Beginning of the night, seconds after midnight.",
    "夜间开始",
    unit="s",
    zh_doc="夜间开始（取自考核方案）。",
)
night_to_s = column(
    "night_to_s",
    "BIGINT",
    "End of the night, seconds after midnight.",
    "夜间结束",
    unit="s",
    zh_doc="夜间结束（取自考核方案）。",
)
dawn_min_s = column(
    "dawn_min_s",
    "BIGINT",
    "Driving in the hours in which coaches stop counts if it lasts this long or longer.",
    "凌晨行驶最短时长",
    unit="s",
    zh_doc="凌晨时段内行驶达到此时长才计（取自考核方案）。",
)
dawn_from_s = column(
    "dawn_from_s",
    "BIGINT",
    "Beginning of the hours in which coaches stop, seconds after midnight.",
    "凌晨时段开始",
    unit="s",
    zh_doc="凌晨时段开始（取自考核方案）。",
)
dawn_to_s = column(
    "dawn_to_s",
    "BIGINT",
    "End of the hours in which coaches stop, seconds after midnight.",
    "凌晨时段结束",
    unit="s",
    zh_doc="凌晨时段结束（取自考核方案）。",
)
overspeed_min_s = column(
    "overspeed_min_s",
    "BIGINT",
    "Above the limit this long or longer is an event.",
    "超速最短时长",
    unit="s",
    zh_doc="超速最短时长（取自考核方案）。",
)
overspeed_end_s = column(
    "overspeed_end_s",
    "BIGINT",
    "Below the limit this long or longer ends an event.",
    "超速结束时长",
    unit="s",
    zh_doc="超速结束时长（取自考核方案）。",
)
overspeed_merge_s = column(
    "overspeed_merge_s",
    "BIGINT",
    "Events less than this apart are one.",
    "超速合并间隔",
    unit="s",
    zh_doc="超速合并间隔（取自考核方案）。",
)
overspeed_gap_s = column(
    "overspeed_gap_s",
    "BIGINT",
    "Points further apart than this do not continue an event.",
    "超速中断间隔",
    unit="s",
    zh_doc="超速中断间隔（取自考核方案）。",
)
offline_gap_s = column(
    "offline_gap_s",
    "BIGINT",
    "Longer than this without a usable position is offline.",
    "离线判定时长",
    unit="s",
    zh_doc="离线判定时长（取自考核方案）。",
)
offline_m = column(
    "offline_m",
    "BIGINT",
    "Further than this from where it went silent a vehicle was moved.",
    "离线位移距离",
    unit="m",
    zh_doc="离线位移距离（取自考核方案）。",
)
has_fix = column(
    "has_fix", "BOOLEAN", "The receiver had a fix (status bit 1).", "已定位", zh_doc="终端已定位（状态位第1位）。"
)
point_fault = column(
    "point_fault",
    "VARCHAR",
    "First reason why the record is not valid: plate, time, position, speed, heading or altitude; else empty.",
    "不合格原因",
    zh_doc="首个不合格原因：plate 车牌，time 时间，position 位置，speed 车速，heading 方向，altitude 海拔；合格为空。",
)
previous_at = column(
    "previous_at",
    "TIMESTAMP",
    "Time of the usable point before.",
    "上一点时间",
    unit="+08:00",
    zh_doc="上一个可用点的时间。",
)
previous_latitude = column(
    "previous_latitude",
    "DOUBLE",
    "Latitude of the usable point before, WGS-84.",
    "上一点纬度",
    unit="°",
    zh_doc="上一个可用点的纬度（WGS-84）。",
)
previous_longitude = column(
    "previous_longitude",
    "DOUBLE",
    "Longitude of the usable point before, WGS-84.",
    "上一点经度",
    unit="°",
    zh_doc="上一个可用点的经度（WGS-84）。",
)
previous_speed_kmh = column(
    "previous_speed_kmh",
    "DOUBLE",
    "Speed at the usable point before.",
    "上一点车速",
    unit="km/h",
    zh_doc="上一个可用点的车速。",
)
is_last = column(
    "is_last",
    "BOOLEAN",
    "The last usable point of the vehicle that was looked at.",
    "是否末点",
    zh_doc="所看范围内该车的最后一个可用点。",
)
step_s = column(
    "step_s", "BIGINT", "Time since the usable point before.", "间隔时长", unit="s", zh_doc="与上一个可用点的时间差。"
)
step_m = column(
    "step_m",
    "BIGINT",
    "Great-circle distance from the usable point before; empty where it would take more than drift_kmh.",
    "间隔距离",
    unit="m",
    zh_doc="与上一个可用点的球面距离；推算车速超过漂移阈值时为空。",
)
alarm_channel = column(
    "alarm_channel",
    "VARCHAR",
    "Where the terminal says it: flag (alarm word), video (item 0x14), driving (0x18) or safety (0x64 to 0x70).",
    "报警通道",
    zh_doc="flag 报警标志位，video 视频报警（0x14），driving 异常驾驶（0x18），safety 主动安全（0x64–0x70）。",
)
alarm_code = column(
    "alarm_code",
    "INTEGER",
    "Bit of a flag word or of a wheel (0x66), or type code of an active-safety item.",
    "报警代码",
    zh_doc="标志位或车轮报警位（0x66）的位号，或主动安全附加项的报警类型代码。",
)
is_level = column(
    "is_level",
    "BOOLEAN",
    "The bit holds as long as the alarm; if not, the platform's answer clears it and it has no end.",
    "是否持续",
    zh_doc="标志位在报警期间保持；否则由平台应答清除，没有结束时间。",
)
is_alarm = column(
    "is_alarm",
    "BOOLEAN",
    "An alarm; false for events of active-safety terminals (codes of 16 and above, unless the model of the terminal is "
    "known to tell an alarm by it) and reports without a code.",
    "是否报警",
    zh_doc="报警为真；主动安全终端的事件（代码16及以上，终端型号已知以其为报警的除外）和没有代码的报告为假。",
)
is_new = column(
    "is_new",
    "BOOLEAN",
    "Counted on this day; false for the part of an event that an earlier day counts.",
    "是否计入当日",
    zh_doc="计入当日；延续自前一日的部分为假。",
)
last_reported_at = column(
    "last_reported_at",
    "TIMESTAMP",
    "Last report that still says the alarm.",
    "最后报告时间",
    unit="+08:00",
    zh_doc="仍报告该报警的最后时间。",
)
point_count = column("point_count", "BIGINT", "Points that make it up.", "点数", zh_doc="构成该事件的点数。")
block_no = column(
    "block_no",
    "BIGINT",
    "Number of the stretch of driving among those of the vehicle.",
    "行驶段号",
    zh_doc="该车行驶段的序号。",
)
rest_no = column(
    "rest_no", "BIGINT", "Rests of the vehicle before the stretch.", "休息次数", zh_doc="该段之前的休息次数。"
)
driving_began_at = column(
    "driving_began_at",
    "TIMESTAMP",
    "First movement of the stretch; not before the day before.",
    "行驶开始",
    unit="+08:00",
    zh_doc="该段首次行驶的时间，最早为前一日。",
)
driving_ended_at = column(
    "driving_ended_at",
    "TIMESTAMP",
    "Last movement of the stretch, as far as the day knows.",
    "行驶结束",
    unit="+08:00",
    zh_doc="该段最后行驶的时间（以当日所知为限）。",
)
moving_s = column(
    "moving_s", "BIGINT", "Time moving, without stops.", "行驶时长", unit="s", zh_doc="行驶的时长，不含停车。"
)
moving_day_s = column(
    "moving_day_s",
    "BIGINT",
    "Time moving within the day, without stops.",
    "当日行驶时长",
    unit="s",
    zh_doc="当日行驶的时长，不含停车。",
)
dawn_driving_s = column(
    "dawn_driving_s",
    "BIGINT",
    "Time moving between 02:00 and 05:00 of the day.",
    "凌晨行驶时长",
    unit="s",
    zh_doc="当日2时至5时的行驶时长。",
)
is_dawn_driving = column(
    "is_dawn_driving",
    "BOOLEAN",
    "Drove in the hours in which coaches stop for dawn_min_s or longer.",
    "是否凌晨行驶",
    zh_doc="凌晨时段内行驶达到 dawn_min_s。",
)
clock_certain_s = column(
    "clock_certain_s",
    "BIGINT",
    "Continuous driving at the end of the day's part, gaps taken for rests.",
    "连续驾驶（确定）",
    unit="s",
    zh_doc="数据缺失视为休息时的连续驾驶时长。",
)
clock_possible_s = column(
    "clock_possible_s",
    "BIGINT",
    "Continuous driving at the end of the day's part, gaps taken for neither rest nor driving.",
    "连续驾驶（可能）",
    unit="s",
    zh_doc="数据缺失既不算休息也不算驾驶时的连续驾驶时长。",
)
driving_day_s = column(
    "driving_day_s",
    "BIGINT",
    "Time of the stretch within the day, short stops included.",
    "当日驾驶时长",
    unit="s",
    zh_doc="该段在当日内的时长，含短暂停车。",
)
fatigue_certain_s = column(
    "fatigue_certain_s",
    "BIGINT",
    "Driving above the limit of continuous driving, gaps taken for rests.",
    "超时驾驶（确定）",
    unit="s",
    zh_doc="超过连续驾驶上限的时长，数据缺失视为休息。",
)
fatigue_possible_s = column(
    "fatigue_possible_s",
    "BIGINT",
    "Driving above the limit of continuous driving, gaps taken for neither rest nor driving.",
    "超时驾驶（可能）",
    unit="s",
    zh_doc="超过连续驾驶上限的时长，数据缺失既不算休息也不算驾驶。",
)
overspeed_began_at = column(
    "overspeed_began_at",
    "TIMESTAMP",
    "First point above the limit.",
    "超速开始",
    unit="+08:00",
    zh_doc="首个超速点的时间。",
)
overspeed_ended_at = column(
    "overspeed_ended_at",
    "TIMESTAMP",
    "Last point above the limit, as far as the day knows.",
    "超速结束",
    unit="+08:00",
    zh_doc="最后一个超速点的时间（以当日所知为限）。",
)
confirmed_at = column(
    "confirmed_at",
    "TIMESTAMP",
    "Point at which the event had lasted long enough to count.",
    "确认时间",
    unit="+08:00",
    zh_doc="超速达到最短时长的时间。",
)
speed_limit_kmh = column(
    "speed_limit_kmh",
    "DOUBLE",
    "Limit that held where the event began.",
    "限速",
    unit="km/h",
    zh_doc="超速开始时适用的限速。",
)
speed_limit_source = column(
    "speed_limit_source",
    "VARCHAR",
    "Where the limit comes from: class (of the vehicle) or class_night (its share by night).",
    "限速来源",
    zh_doc="class 车类限速，class_night 车类夜间限速。",
)
mean_speed_kmh = column(
    "mean_speed_kmh",
    "DOUBLE",
    "Mean speed of the points above the limit.",
    "平均车速",
    unit="km/h",
    zh_doc="超速点的平均车速。",
)
silent_from = column(
    "silent_from",
    "TIMESTAMP",
    "Last usable position before the silence.",
    "离线开始",
    unit="+08:00",
    zh_doc="离线前最后一个可用定位的时间。",
)
silent_to = column(
    "silent_to",
    "TIMESTAMP",
    "First usable position after the silence.",
    "离线结束",
    unit="+08:00",
    zh_doc="离线后首个可用定位的时间。",
)
from_latitude = column(
    "from_latitude",
    "DOUBLE",
    "Latitude where it went silent, WGS-84.",
    "离线前纬度",
    unit="°",
    zh_doc="离线前纬度（WGS-84）。",
)
from_longitude = column(
    "from_longitude",
    "DOUBLE",
    "Longitude where it went silent, WGS-84.",
    "离线前经度",
    unit="°",
    zh_doc="离线前经度（WGS-84）。",
)
to_latitude = column(
    "to_latitude",
    "DOUBLE",
    "Latitude where it came back, WGS-84.",
    "离线后纬度",
    unit="°",
    zh_doc="离线后纬度（WGS-84）。",
)
to_longitude = column(
    "to_longitude",
    "DOUBLE",
    "Longitude where it came back, WGS-84.",
    "离线后经度",
    unit="°",
    zh_doc="离线后经度（WGS-84）。",
)
displacement_m = column(
    "displacement_m", "BIGINT", "Distance between the two.", "离线位移", unit="m", zh_doc="离线前后两点的距离。"
)
is_registered = column(
    "is_registered",
    "BOOLEAN",
    "In the register of monitored vehicles; false for a terminal that no vehicle of the register has.",
    "是否登记",
    zh_doc="在重点监控车辆登记中；终端不属于任何登记车辆时为假。",
)
received_point_count = column(
    "received_point_count",
    "BIGINT",
    "Positions that arrived; one that came by several ways counts once.",
    "接收点数",
    zh_doc="收到的定位数，多次送达只计一次。",
)
valid_point_count = column(
    "valid_point_count", "BIGINT", "Positions that are valid records.", "合格点数", zh_doc="合格的定位记录数。"
)
fixed_point_count = column(
    "fixed_point_count", "BIGINT", "Valid positions with a fix.", "已定位点数", zh_doc="合格且已定位的点数。"
)
drift_point_count = column(
    "drift_point_count",
    "BIGINT",
    "Positions with a fix where the vehicle cannot have been: outside the country, or too far from the last good one.",
    "漂移点数",
    zh_doc="已定位但不可能的点数：境外，或距上一个可信点过远。",
)
is_online = column("is_online", "BOOLEAN", "Sent a valid record that day.", "是否上线", zh_doc="当日发送过合格记录。")
has_drift = column("has_drift", "BOOLEAN", "Has a drift point that day.", "是否漂移", zh_doc="当日存在漂移点。")
total_m = column("total_m", "BIGINT", "Distance along usable points.", "总里程", unit="m", zh_doc="沿可用点的里程。")
complete_m = column(
    "complete_m",
    "BIGINT",
    "Distance along usable points without incomplete segments.",
    "完整里程",
    unit="m",
    zh_doc="不含缺失段的里程。",
)
overspeed_count = column("overspeed_count", "BIGINT", "Overspeed events.", "超速次数", zh_doc="超速次数。")
offline_displacement_count = column(
    "offline_displacement_count",
    "BIGINT",
    "Silences after which the vehicle was somewhere else.",
    "离线位移次数",
    zh_doc="离线后位置改变的次数。",
)
first_recorded_at = column(
    "first_recorded_at",
    "TIMESTAMP",
    "First position of the day.",
    "首点时间",
    unit="+08:00",
    zh_doc="当日首个定位的时间。",
)
last_recorded_at = column(
    "last_recorded_at",
    "TIMESTAMP",
    "Last position of the day.",
    "末点时间",
    unit="+08:00",
    zh_doc="当日最后定位的时间。",
)
alarm_count = column("alarm_count", "BIGINT", "Alarms counted on the day.", "报警次数", zh_doc="当日计入的报警次数。")
