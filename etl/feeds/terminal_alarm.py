"""Alarms of on-board terminals and how the enterprise handled them.

An alarm lasts from its first to its last report: level bits repeat in every report, the platform makes one alarm of
them. It comes again when it is handled, appealed or supervised; of two versions the newer issue counts. The time
allowed for handling is the platform's setting, delivered with the alarm.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="terminal_alarm",
    doc=__doc__,
    title_zh="车辆报警处置",
    title_en="Terminal alarms",
    grain="one alarm of one vehicle",
    owner="vehicle-monitoring",
    files=r"terminal_alarm_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "报警编号": c.alarm_no,
        "车牌号码": read(c.plate_no, plate=True),
        "车牌颜色": read(
            c.plate_color_code,
            codes={"蓝色": 1, "黄色": 2, "黑色": 3, "白色": 4, "绿色": 5, "黄绿色": 93, "渐变绿": 94},
        ),
        "报警类型": read(
            c.alarm_kind,
            codes={
                "超速": "overspeed",
                "生理疲劳": "fatigue",
                "超时驾驶": "long_driving",
                "凌晨违规运行": "night_ban",
                "离线位移": "offline_move",
                "手持电话": "phone",
                "抽烟": "smoking",
                "未系安全带": "no_seat_belt",
                "不目视前方": "distraction",
                "超员": "overcrowding",
                "驾驶员身份异常": "driver_identity",
                "押运员身份异常": "escort_identity",
                "脱离监控": "off_monitoring",
                "驾驶员突发情况": "driver_abnormal",
                "前向碰撞": "forward_collision",
                "车道偏离": "lane_departure",
            },
        ),
        "级别": read(c.alarm_level, codes={"一级": 1, "二级": 2}),
        "报警来源": read(
            c.alarm_source,
            codes={"车载终端": "terminal", "企业平台": "enterprise", "政府平台": "government", "其他": "other"},
        ),
        "开始时间": c.alarm_began_at,
        "结束时间": c.alarm_ended_at.optional(),
        "最高车速": c.max_speed_kmh.optional(),
        "处理时限(分钟)": c.handle_within_min,
        "处理时间": read(c.handled_at.optional(), missing=("未处理",)),
        "处理方式": read(
            c.handling.optional(),
            codes={
                "电话提醒": "called",
                "下发短信": "message",
                "责令停车": "stopped",
                "误报": "false_alarm",
                "登记": "recorded",
                "约谈教育": "educated",
            },
        ),
        "督办": c.is_supervised,
        # Extracts of before appeals were told lack both.
        "申诉时间": read(c.appealed_at.optional(), may_lack=True),
        "申诉结果": read(
            c.appeal_result.optional(),
            codes={"成立": "upheld", "驳回": "rejected", "待审核": "pending"},
            may_lack=True,
        ),
    },
    key=("alarm_no",),
    event_time="alarm_began_at",
    quarantine=(
        Rule("R-ORDER", "alarm_ended_at < alarm_began_at", "ends before it begins"),
        Rule("R-ORDER", "handled_at < alarm_began_at", "handled before it began"),
        Rule("R-ORDER", "appealed_at < alarm_began_at", "appealed before it began"),
        Rule("R-STATE", "(handled_at is null) <> (handling is null)", "handled without a time or a way"),
        Rule("R-STATE", "(appealed_at is null) <> (appeal_result is null)", "appealed without a time or a result"),
    ),
)
