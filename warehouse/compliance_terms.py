"""The words of compliance in both languages: measures, what each is and leaves out, states, and kinds of holders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Words:
    """``says``: part ÷ whole; ``leaves_out``: who or what is in neither."""

    zh: str
    en: str
    says_zh: str
    says_en: str
    leaves_out_zh: str
    leaves_out_en: str

    def name(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en

    def says(self, lang: str) -> str:
        return self.says_zh if lang == "zh" else self.says_en

    def leaves_out(self, lang: str) -> str:
        return self.leaves_out_zh if lang == "zh" else self.leaves_out_en


TOPICS = {
    "standard": ("安全生产标准化", "Safety standardisation"),
    "insurance": ("安全生产责任保险", "Liability insurance"),
    "training": ("安全培训", "Safety training"),
    "certificates": ("证件与检定证书", "Certificates"),
    "coach": ("客运专项规定", "Coach rules"),
}
MEASURES = {
    "standard": Words(
        "标准化达标率", "enterprises meeting the standard",
        "标准化证书当日有效的企业 ÷ 当日在册、须达标类别的企业。",
        "Enterprises with a certificate valid on the day ÷ enterprises of the kinds held to it, registered on the day.",
        "其他类别的企业；证书等级和得分不影响是否达标。",
        "Enterprises of other kinds; grade and score do not matter.",
    ),
    "insurance": Words(
        "安责险投保率", "enterprises insured",
        "安全生产责任保险当日有效的企业 ÷ 当日在册、应投保类别的企业。",
        "Enterprises with a policy in force on the day ÷ enterprises of the kinds held to it, registered on the day.",
        "承运人责任险无数据来源，不在其内；保险金额是否足够不作判断。",
        "Carrier's liability insurance: no feed tells of it. Whether the sum suffices is not judged.",
    ),
    "training_units": Words(
        "培训覆盖率（单位）", "units trained",
        "期间参加过培训的单位 ÷ 当日在册、纳入培训类别的单位。",
        "Units that took part in the period ÷ units of the kinds that take part, registered on the day.",
        "其他类别的单位；其参训只计入人员。",
        "Units of other kinds; their training counts among the staff only.",
    ),
    "training_staff": Words(
        "培训覆盖率（人员）", "staff trained",
        "期间参训单位的实训人数 ÷ 应训人数；参加多次的各取最多的一次。",
        "Staff trained ÷ staff who had to take part, of the units that took part in the period; of several events the "
        "largest numbers count.",
        "期间未参训单位的人员：其应训人数未知。",
        "Staff of units that took part in none: how many they have is not known.",
    ),
    "driver_certificate": Words(
        "从业资格证有效率", "driver certificates valid",
        "当日有效的从业资格证 ÷ 期间内曾经有效的从业资格证。",
        "Certificates valid on the day ÷ certificates valid on any day of the period.",
        "期间之前已经到期的；吊销、撤销以登记册的有效期为准。",
        "Those that ended before the period. A revoked one counts as the register's days say.",
    ),
    "vehicle_permit": Words(
        "道路运输证有效率", "operating permits valid",
        "当日有效的道路运输证 ÷ 期间内曾经有效的道路运输证（货运车辆登记册的有效期）。",
        "Permits valid on the day ÷ permits valid on any day of the period, by the register's span of the vehicle.",
        "登记册未载道路运输证号的车辆；期间之前已经到期的。",
        "Vehicles without a permit number in the register; those that ended before the period.",
    ),
    "scale_certificate": Words(
        "称重设备检定有效率", "scales verified",
        "检定证书当日有效的称重设备 ÷ 当日在用的称重设备。",
        "Weighing devices with a certificate valid on the day ÷ devices in service on the day.",
        "已停用的设备；检定后维修是否复检无数据来源。",
        "Devices out of service. No feed tells of a verification after a repair.",
    ),
    "long_line": Words(
        "长途班线", "long-distance lines",
        "里程达到参数值（含）的班线 ÷ 当日有效的班线。",
        "Lines whose length reaches the parameter ÷ lines valid on the day.",
        "已停班或缩短的班线。", "Lines withdrawn or shortened by the day.",
    ),
    "large_coach": Words(
        "大型客车", "large coaches",
        "座位数达到参数值（含）的客车 ÷ 当日在册的旅游、包车、班线客车。",
        "Coaches whose seats reach the parameter ÷ tourist, charter and line coaches registered on the day.",
        "公交车、出租汽车；座位数未载的计入分母，不计入分子。",
        "Buses and taxis. A coach whose seats are not told counts below the line, not above it.",
    ),
    "relay_inspection": Words(
        "接驳点检查", "relay points inspected",
        "最近一次现场检查在期间内的接驳点 ÷ 期间内启用过的接驳点。",
        "Relay points whose last inspection by the day lies in the period ÷ points in use on any day of the period.",
        "期间之前已停用的接驳点。", "Points closed before the period.",
    ),
    "dawn_driving": Words(
        "凌晨2—5时运行的客车", "coaches on the road 02:00–05:00",
        "期间有一日凌晨2至5时行驶达到 dawn_min_s 的客车 ÷ 期间上线的客车；与指标“客车凌晨2–5点运行”相同。",
        "Coaches that drove for dawn_min_s or longer between 02:00 and 05:00 on a day of the period ÷ coaches online "
        "in it: the indicator dawn_driving.",
        "接驳换人和准许的短途线路未扣除，逐车列出线路里程供核对；未采集的日子不可知。",
        "Relays and exempt short lines are not taken out: the list tells the line's length. Days without captures are "
        "not known.",
    ),
}  # fmt: skip
STATES = {
    "valid": ("有效", "valid"),
    "soon": ("即将到期", "about to expire"),
    "renewed": ("即将到期，已续", "about to expire, renewed"),
    "lapsed": ("已过期", "lapsed"),
    "never": ("未见记录", "none on record"),
    "trained": ("已参训", "took part"),
    "untrained": ("未参训", "did not take part"),
    "full": ("全部参训", "all staff trained"),
    "partial": ("部分参训", "part of the staff"),
    "reaches": ("达到参数值", "reaches the parameter"),
    "below": ("未达到", "below it"),
    "untold": ("未载明", "not told"),
    "inspected": ("已检查", "inspected"),
    "not_inspected": ("未检查", "not inspected"),
    "drove": ("有运行", "drove"),
    "kept": ("无运行", "did not drive"),
}
READINGS = {
    "long": (
        "线路达到长途里程：可能构成重大隐患，须核对有无接驳",
        "long-distance line: may be a major hazard, look for a relay",
    ),
    "short": ("线路不超过准许里程：可能属于准许情形", "line within the exempt length: may be exempt"),
    "between": ("线路里程在两者之间：须核对停运或接驳", "line between the two: look for a stop or a relay"),
    "no_line": ("登记册未载线路（包车、旅游客车等）", "the register names no line (charter and tourist coaches)"),
}  # fmt: skip
"""What the length of its line says of a coach on the road at dawn."""
KINDS = {
    "passenger": ("道路客运", "passenger"),
    "dangerous_goods": ("危险货物运输", "dangerous goods"),
    "freight": ("普通货运", "freight"),
    "bus": ("城市公交", "bus"),
    "taxi": ("出租汽车", "taxi"),
    "ride_hailing": ("网约车", "ride-hailing"),
    "station": ("客运站", "station"),
    "escort": ("危货押运", "escort"),
    "tourist_coach": ("旅游客车", "tourist coach"),
    "charter_coach": ("包车客车", "charter coach"),
    "line_coach": ("班线客车", "line coach"),
}
"""Kinds of enterprises, classes of drivers and of coaches."""


def of_kind(code: Any, lang: str) -> str:
    """A kind in words: of a line its class, of a scale its accuracy class, as the register has it."""
    return "" if code is None else KINDS[code][lang == "en"] if code in KINDS else str(code)
