"""The fields of every part of a JT/T 809 frame that is decoded: one list a part, in the order of the wire.

The columnar decoder of positions takes its offsets from here, the rare messages are read by ``read``, and ``explain``
prints the same lists. All numbers are big-endian.

Sources: header, vehicle head and positions JT/T 809-2011 and -2019 as in the project's domain notes (5.4). The bodies
of 0x1401, 0x1402, 0x1403 and 0x9401 of 2011 and of 0x1402, 0x1403, 0x1411, 0x1412 and 0x1413 of 2019 were taken, as
facts, from the field lists of the open project SmallChi/JT809; the widths of 0x1402, 0x1403 and 0x9401 of 2011 and of
0x1412 agree with other, independent projects. Of 0x9401 of 2019 no list was found: it is read like 0x1413, the same
request made by the lower platform. Bytes beyond a layout (regional additions) are kept in a column ``rest``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

from etl.jt808.texts import text
from etl.jt808.words import Word

Kind = Literal["number", "text", "utc", "date", "degrees", "plain"]
WALL_CLOCK = timedelta(hours=8)
LAST_SECOND = int((datetime(9999, 12, 31, 23, 59, 59) - WALL_CLOCK - datetime(1970, 1, 1)).total_seconds())


@dataclass(frozen=True)
class Field:
    """One field: bytes on the wire, how they are read, its name. ``unit`` is of the value that ``read`` gives."""

    name: str
    size: int
    zh: str
    kind: Kind = "number"
    unit: str = ""


@dataclass(frozen=True, eq=False)
class Layout:
    """Fields that follow each other without a gap."""

    name: Word
    fields: tuple[Field, ...]

    @cached_property
    def size(self) -> int:
        """Bytes of all fields."""
        return sum(field.size for field in self.fields)

    def offset(self, name: str) -> int:
        """Where the field of this name begins, in bytes from the start of the layout."""
        at = 0
        for field in self.fields:
            if field.name == name:
                return at
            at += field.size
        raise KeyError(name)


def wall_clock(seconds: int) -> datetime | None:
    """Seconds since 1970 UTC as wall clock +08:00 without a zone. 0 is "not given"; None too past the year 9999."""
    if not 0 < seconds <= LAST_SECOND:
        return None
    return datetime(1970, 1, 1) + timedelta(seconds=seconds) + WALL_CLOCK


def instant(raw: bytes) -> datetime | None:
    """The date of a 2011 position: day, month, year WORD, hour, minute, second; None where that is no instant."""
    day, month, hour, minute, second = raw[0], raw[1], raw[4], raw[5], raw[6]
    try:
        return datetime(int.from_bytes(raw[2:4], "big"), month, day, hour, minute, second)
    except ValueError:
        return None


Value = int | float | str | bytes | datetime | None


def value_of(field: Field, raw: bytes) -> Value:
    """The value of a field that is wholly there."""
    match field.kind:
        case "text":
            return text(raw)
        case "utc":
            return wall_clock(int.from_bytes(raw, "big"))
        case "date":
            return instant(raw)
        case "degrees":
            return int.from_bytes(raw, "big") / 1e6
        case "plain":
            return raw
        case _:
            return int.from_bytes(raw, "big")


def read(layout: Layout, body: bytes) -> dict[str, Value]:
    """Values by field name, of the fields that are wholly in ``body``; the caller has looked at the length.

    A ``utc`` field comes twice: as an instant, and as sent under its name with ``_s`` for ``_at``.
    """
    values: dict[str, Value] = {}
    at = 0
    for field in layout.fields:
        raw = body[at : at + field.size]
        if len(raw) < field.size:
            break
        values[field.name] = value_of(field, raw)
        if field.kind == "utc":
            values[field.name.removesuffix("_at") + "_s"] = int.from_bytes(raw, "big")
        at += field.size
    return values


HEADER_2011 = Layout(
    Word("header (2011)", "数据头（2011）"),
    (
        Field("frame_length", 4, "数据长度", unit="bytes"),
        Field("serial", 4, "报文序列号"),
        Field("msg_id", 2, "业务数据类型"),
        Field("platform_code", 4, "下级平台接入码"),
        Field("version", 3, "协议版本号标识", "plain"),
        Field("encryption", 1, "报文加密标识位"),
        Field("key", 4, "数据加密的密匙", "plain"),
    ),
)
HEADER_2019 = Layout(
    Word("header (2019)", "数据头（2019）"),
    (*HEADER_2011.fields, Field("sent_at", 8, "发送消息时的系统时间", "utc")),
)
_SUB = (Field("sub_id", 2, "子业务类型标识"), Field("sub_length", 4, "后续数据长度", unit="bytes"))
VEHICLE_HEAD = Layout(
    Word("vehicle head", "车辆信息头"),
    (Field("plate_no", 21, "车牌号", "text"), Field("plate_color_code", 1, "车辆颜色"), *_SUB),
)
SHORT_HEAD = Layout(Word("sub-message head", "子业务头"), _SUB)

POSITION_2011 = Layout(
    Word("position (2011)", "车辆定位信息（2011）"),
    (
        Field("is_encrypted", 1, "加密标识"),
        Field("positioned_at", 7, "日月年时分秒", "date"),
        Field("longitude", 4, "经度", "degrees", "°"),
        Field("latitude", 4, "纬度", "degrees", "°"),
        Field("speed_kmh", 2, "速度", unit="km/h"),
        Field("recorder_speed_kmh", 2, "行驶记录速度", unit="km/h"),
        Field("odometer_km", 4, "车辆当前总里程数", unit="km"),
        Field("direction_deg", 2, "方向", unit="°"),
        Field("altitude_m", 2, "海拔高度", unit="m"),
        Field("status_flags", 4, "车辆状态"),
        Field("alarm_flags", 4, "报警状态"),
    ),
)
# Between the two stands the body of a JT/T 808-2019 location, of the length just given.
POSITION_2019 = Layout(
    Word("position (2019)", "车辆定位信息（2019）"),
    (Field("is_encrypted", 1, "加密标识"), Field("location_length", 4, "车辆定位信息数据长度", unit="bytes")),
)
PLATFORM_ALARMS = Layout(
    Word("alarms of the platforms", "各级平台报警状态"),
    (
        Field("enterprise_platform", 11, "企业监控平台编码", "text"),
        Field("enterprise_alarm_flags", 4, "企业监控平台报警状态"),
        Field("city_platform", 11, "市级监管平台编码", "text"),
        Field("city_alarm_flags", 4, "市级监管平台报警状态"),
        Field("province_platform", 11, "省级监管平台编码", "text"),
        Field("province_alarm_flags", 4, "省级监管平台报警状态"),
    ),
)

_INFO = (Field("info_length", 4, "数据长度", unit="bytes"),)
ALARM_2011 = Layout(
    Word("alarm (2011)", "报警信息（2011）"),
    (
        Field("source_code", 1, "报警信息来源"),
        Field("type_code", 2, "报警类型"),
        Field("alarmed_at", 8, "报警时间", "utc"),
        Field("info_id", 4, "信息ID"),
        *_INFO,
    ),
)
ALARM_2019 = Layout(
    Word("alarm (2019)", "报警信息（2019）"),
    (
        Field("source_platform", 11, "发起报警平台唯一编码", "text"),
        Field("type_code", 2, "报警类型"),
        Field("alarmed_at", 8, "报警时间", "utc"),
        Field("began_at", 8, "事件开始时间", "utc"),
        Field("ended_at", 8, "事件结束时间", "utc"),
        Field("plate_no", 21, "车牌号码", "text"),
        Field("plate_color_code", 1, "车牌颜色"),
        Field("target_platform", 11, "被报警平台唯一编码", "text"),
        Field("route_id", 4, "线路ID"),
        *_INFO,
    ),
)
_RESULT = (Field("result_code", 1, "报警处理结果"),)
HANDLING_2011 = Layout(
    Word("handling result (2011)", "报警处理结果（2011）"), (Field("info_id", 4, "报警信息ID"), *_RESULT)
)
# What 2019 answers: the serial of the message that asked, not a number of the supervision.
ANSWER_2019 = Layout(
    Word("answer (2019)", "应答（2019）"),
    (Field("source_sub_id", 2, "源子业务类型标识"), Field("source_serial", 4, "源报文序列号"), *_RESULT),
)
REPLY_2011 = Layout(
    Word("supervision reply (2011)", "报警督办应答（2011）"), (Field("supervision_id", 4, "报警督办ID"), *_RESULT)
)
_SUPERVISOR = (
    Field("due_at", 8, "督办截止时间", "utc"),
    Field("level_code", 1, "督办级别"),
    Field("supervisor", 16, "督办人", "text"),
    Field("supervisor_phone", 20, "督办联系电话", "text"),
    Field("supervisor_email", 32, "督办联系电子邮件", "text"),
)
SUPERVISION_2011 = Layout(
    Word("supervision request (2011)", "报警督办请求（2011）"),
    (
        Field("source_code", 1, "报警信息来源"),
        Field("type_code", 2, "报警类型"),
        Field("alarmed_at", 8, "报警时间", "utc"),
        Field("supervision_id", 4, "报警督办ID"),
        *_SUPERVISOR,
    ),
)
SUPERVISION_2019 = Layout(
    Word("supervision request (2019)", "报警督办请求（2019）"),
    (
        Field("source_platform", 11, "发起报警平台唯一编码", "text"),
        Field("alarmed_at", 8, "报警时间", "utc"),
        Field("source_sub_id", 2, "源子业务类型标识"),
        Field("source_serial", 4, "源报文序列号"),
        *_SUPERVISOR,
    ),
)


def layout_of(sub_id: int, protocol_version: int, body: bytes) -> Layout | None:
    """How the body of an alarm sub-message is laid out; None where it is too short for that layout.

    The layout that the body fills to the last byte, since a platform may move to the header of 2019 and keep its bodies
    of 2011, or the other way round. If none or both are filled: that of the header's version.
    """
    by_version = _BY_SUB_ID[sub_id]
    filled = [layout for layout in by_version.values() if _is_filled(layout, body)]
    layout = filled[0] if len(filled) == 1 else by_version.get(protocol_version, by_version[2019])
    return layout if len(body) >= layout.size else None


def _is_filled(layout: Layout, body: bytes) -> bool:
    if len(body) < layout.size:
        return False
    text_length = int.from_bytes(body[layout.size - 4 : layout.size], "big") if layout.fields[-1] is _INFO[0] else 0
    return len(body) == layout.size + text_length


_BY_SUB_ID: dict[int, dict[int, Layout]] = {
    0x1401: {2011: REPLY_2011, 2019: ANSWER_2019},
    0x1402: {2011: ALARM_2011, 2019: ALARM_2019},
    0x1403: {2011: HANDLING_2011, 2019: ALARM_2019},
    0x1411: {2019: ANSWER_2019},
    0x1412: {2019: ANSWER_2019},
    0x9401: {2011: SUPERVISION_2011, 2019: SUPERVISION_2019},
}
ALARM_SUB_IDS = frozenset(_BY_SUB_ID)
