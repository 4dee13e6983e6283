"""Findings of the cross-checks of terminals, and the thresholds they are found by (seeds.kpi_scheme)."""

from warehouse.columns.entry import column

cross_silent_s = column(
    "cross_silent_s",
    "BIGINT",
    "So long before and behind a passage a scale's word is compared with the terminal's.",
    "过车比对时窗",
    unit="s",
    zh_doc="过车前后与终端比对的时长（取自考核方案）。",
)
cross_parked_m = column(
    "cross_parked_m",
    "BIGINT",
    "Points in a box no more than this across are of one standing vehicle.",
    "停驻范围",
    unit="m",
    zh_doc="点位外接框对角线不超过此值视为停在原处（取自考核方案）。",
)
cross_m = column(
    "cross_m",
    "BIGINT",
    "Closer than this two places are no contradiction.",
    "矛盾距离",
    unit="m",
    zh_doc="两处距离不超过此值不视为矛盾（取自考核方案）。",
)
cross_clock_s = column(
    "cross_clock_s",
    "BIGINT",
    "Clocks of scale and terminal may differ by this much.",
    "时钟容差",
    unit="s",
    zh_doc="站点与终端时钟的容许差（取自考核方案）。",
)
cross_site_vehicles = column(
    "cross_site_vehicles",
    "BIGINT",
    "So many vehicles against a site on a day, and most that it saw, make its place or clock doubtful.",
    "站点存疑车辆数",
    zh_doc="同日与站点矛盾的车辆达到此数且过半，该站点的坐标或时钟存疑（取自考核方案）。",
)
copied_points = column(
    "copied_points",
    "BIGINT",
    "Moving points in a row that repeat earlier ones from which on it is a finding.",
    "重复点数下限",
    zh_doc="连续重复的行驶点达到此数才列为疑点（取自考核方案）。",
)
constant_points = column(
    "constant_points",
    "BIGINT",
    "Points in a row with one speed on an even straight line from which on it is a finding.",
    "匀速点数下限",
    zh_doc="连续匀速直线的点达到此数才列为疑点（取自考核方案）。",
)
constant_s = column(
    "constant_s",
    "BIGINT",
    "A stretch of constant speed lasts this long or longer.",
    "匀速时长下限",
    unit="s",
    zh_doc="匀速直线达到此时长才列为疑点（取自考核方案）。",
)
constant_step_m = column(
    "constant_step_m",
    "BIGINT",
    "So far a point of an even stretch may lie from where even motion would have it.",
    "匀速偏差上限",
    unit="m",
    zh_doc="匀速直线上各点的最大偏差（取自考核方案）。",
)
teleport_points = column(
    "teleport_points",
    "BIGINT",
    "Points on either side of a jump from which on the vehicle stays there.",
    "瞬移停留点数",
    zh_doc="跳变前后各有此数的点才视为停留（取自考核方案）。",
)
shared_changes = column(
    "shared_changes",
    "BIGINT",
    "Changes between two tracks on a day from which on two vehicles speak with one phone.",
    "轨迹交替次数下限",
    zh_doc="一日内两条轨迹交替达到此数视为一号两用（取自考核方案）。",
)
finding_kind = column(
    "finding_kind",
    "VARCHAR",
    "scale_silent, scale_parked, scale_elsewhere, copied_track, constant_speed, teleport or shared_phone.",
    "疑点类型",
    zh_doc="scale_silent 过车时终端静默，scale_parked 过车时终端停驻，scale_elsewhere 过车时终端在别处，"
    "copied_track 轨迹重复，constant_speed 匀速直线，teleport 位置瞬移，shared_phone 一号两用。",
)
finding_grade = column(
    "finding_grade",
    "VARCHAR",
    "strong, or weak where something named in weakened_by may explain it.",
    "疑点强度",
    zh_doc="strong 强；weak 弱：weakened_by 所列情形可能解释该疑点。",
)
weakened_by = column(
    "weakened_by",
    "VARCHAR",
    "Codes of what weakens the finding, in order; empty if nothing does.",
    "减弱原因",
    zh_doc="减弱该疑点的情形代码，按序排列；无则为空。",
)
began_at = column(
    "began_at",
    "TIMESTAMP",
    "First point of the stretch; by a scale and for jumps the last point before, or the passage if there is none.",
    "开始时间",
    unit="+08:00",
    zh_doc="该段首点的时间；过车疑点与跳变为之前最后一点，没有则为过车时间。",
)
ended_at = column(
    "ended_at",
    "TIMESTAMP",
    "Last point of the stretch; by a scale and for jumps the first point behind, or the passage if there is none.",
    "结束时间",
    unit="+08:00",
    zh_doc="该段末点的时间；过车疑点与跳变为之后第一点，没有则为过车时间。",
)
distance_m = column(
    "distance_m",
    "BIGINT",
    "From the terminal to the scale; of a stretch its way; of a jump its length.",
    "距离",
    unit="m",
    zh_doc="过车疑点为终端至站点的距离，轨迹段为里程，跳变为跳变距离。",
)
evidence_speed_kmh = column(
    "evidence_speed_kmh",
    "DOUBLE",
    "Speed as evidence: measured by the scale (silent, parked), needed (elsewhere, jumps) or told (constant speed).",
    "佐证车速",
    unit="km/h",
    zh_doc="作为佐证的车速：静默与停驻为站点实测，别处与跳变为所需车速，匀速直线为终端所报。",
)
passage_record_id = column(
    "passage_record_id", "VARCHAR", "Passage that the finding is about.", "过车记录", zh_doc="疑点所涉的过车记录。"
)
other_plate_no = column(
    "other_plate_no",
    "VARCHAR",
    "Vehicle that sent the same points; its own plate if it repeats itself.",
    "相同轨迹车牌",
    personal=True,
    zh_doc="发送相同点位的车辆；重复自身轨迹时为本车。",
)
other_plate_color_code = column(
    "other_plate_color_code",
    "INTEGER",
    "Plate colour of the vehicle that sent the same points.",
    "相同轨迹车牌颜色",
    zh_doc="发送相同点位的车辆的号牌颜色。",
)
other_began_at = column(
    "other_began_at",
    "TIMESTAMP",
    "When it sent the first of them.",
    "相同轨迹开始时间",
    unit="+08:00",
    zh_doc="相同点位首次发送的时间。",
)
shift_s = column(
    "shift_s",
    "BIGINT",
    "So much later the same points are sent again.",
    "重复时差",
    unit="s",
    zh_doc="相同点位再次发送的时差。",
)
