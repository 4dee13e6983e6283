"""What the codes and bits of JT/T 808 mean, in English and in Chinese; each list stands here once.

Sources: JT/T 808-2011, -2013 and -2019 (location alarm and status bits, additional items), JT/T 1078-2016 (video
items 0x14 to 0x18), T/JSATL 12-2017, called 苏标, with DB32/T 3610 and the Guangdong variant 粤标 (safety items 0x64 to
0x67 and 0x70), JT/T 415 and JT/T 697.7 (plate colours).

Some alarm bits are levels that repeat in every report while they hold; an alarm is their rising edge. The others are
events that the terminal clears once the platform has acknowledged them (``Bit.is_event``).
"""

from typing import NamedTuple


class Word(NamedTuple):
    """The meaning of one code."""

    en: str
    zh: str


class Bit(NamedTuple):
    """The meaning of one bit and the versions of the standard that define it (``until`` is inclusive)."""

    bit: int
    en: str
    zh: str
    since: int = 2011
    until: int = 9999
    is_event: bool = False


class Item(NamedTuple):
    """An additional item of a location: the value lengths the standard allows (none: not fixed there), its name."""

    item_id: int
    lengths: tuple[int, ...]
    en: str
    zh: str


def set_bits(value: int, bits: tuple[Bit, ...]) -> tuple[Bit, ...]:
    """The known bits that are 1 in ``value``."""
    return tuple(bit for bit in bits if value >> bit.bit & 1)


def unknown_bits(value: int, bits: tuple[Bit, ...]) -> tuple[int, ...]:
    """The numbers of the bits that are 1 in ``value`` and have no meaning in ``bits``."""
    known = {bit.bit for bit in bits}
    return tuple(number for number in range(value.bit_length()) if value >> number & 1 and number not in known)


MESSAGES: dict[int, Word] = {
    0x0001: Word("terminal general reply", "终端通用应答"),
    0x0002: Word("heartbeat", "终端心跳"),
    0x0003: Word("log-off", "终端注销"),
    0x0100: Word("registration", "终端注册"),
    0x0102: Word("authentication", "终端鉴权"),
    0x0104: Word("parameter reply", "查询终端参数应答"),
    0x0107: Word("attribute reply", "查询终端属性应答"),
    0x0108: Word("upgrade result", "终端升级结果通知"),
    0x0200: Word("location report", "位置信息汇报"),
    0x0201: Word("location reply", "位置信息查询应答"),
    0x0702: Word("driver identity", "驾驶员身份信息采集上报"),
    0x0704: Word("location batch", "定位数据批量上传"),
    0x0800: Word("multimedia event", "多媒体事件信息上传"),
    0x0801: Word("multimedia data", "多媒体数据上传"),
    0x0900: Word("uplink pass-through", "数据上行透传"),
    0x1210: Word("alarm attachment information", "报警附件信息"),
    0x1211: Word("attachment file information", "文件信息上传"),
    0x1212: Word("attachment file complete", "文件上传完成"),
    0x8001: Word("platform general reply", "平台通用应答"),
    0x8100: Word("registration reply", "终端注册应答"),
    0x8103: Word("set parameters", "设置终端参数"),
    0x8105: Word("terminal control", "终端控制"),
    0x9206: Word("file upload request", "文件上传指令"),
    0x9208: Word("alarm attachment request", "报警附件上传指令"),
    0x9212: Word("attachment file reply", "文件上传完成应答"),
}

# Messages whose body holds a secret, which is never printed: the code of the terminal (0x0102, and 0x8100 that gives it
# out); its parameters (0x8103, 0x0104: access point, user, password of the server); the commands that name a server
# with its password (0x8105 of JT/T 808, 0x9206 of JT/T 1078).
SECRET_MESSAGES = frozenset({0x0102, 0x0104, 0x8100, 0x8103, 0x8105, 0x9206})
# Messages whose body is about a person: name, certificate and citizen id of a driver.
PERSONAL_MESSAGES = frozenset({0x0702})

ALARM_BITS: tuple[Bit, ...] = (
    Bit(0, "emergency alarm", "紧急报警", is_event=True),
    Bit(1, "overspeed", "超速报警"),
    Bit(2, "fatigue driving", "疲劳驾驶"),
    Bit(3, "dangerous driving", "危险驾驶行为报警"),
    Bit(4, "GNSS module fault", "GNSS模块故障"),
    Bit(5, "GNSS antenna open", "GNSS天线未接或被剪断"),
    Bit(6, "GNSS antenna short-circuited", "GNSS天线短路"),
    Bit(7, "main supply undervoltage", "主电源欠压"),
    Bit(8, "main supply lost", "主电源掉电"),
    Bit(9, "display fault", "显示器故障"),
    Bit(10, "speech module fault", "TTS模块故障"),
    Bit(11, "camera fault", "摄像头故障"),
    Bit(12, "IC card module fault", "道路运输证IC卡模块故障", since=2013),
    Bit(13, "overspeed warning", "超速预警", since=2013),
    Bit(14, "fatigue warning", "疲劳驾驶预警", since=2013),
    Bit(15, "illegal driving", "违规行驶报警", since=2019),
    Bit(16, "tyre pressure warning", "胎压预警", since=2019),
    Bit(17, "right-turn blind zone abnormal", "右转盲区异常报警", since=2019),
    Bit(18, "daily driving time exceeded", "当天累计驾驶超时"),
    Bit(19, "parked too long", "超时停车"),
    Bit(20, "in or out of an area", "进出区域", is_event=True),
    Bit(21, "in or out of a route", "进出路线", is_event=True),
    Bit(22, "segment time too short or too long", "路段行驶时间不足或过长", is_event=True),
    Bit(23, "off the route", "路线偏离报警"),
    Bit(24, "vehicle speed sensor fault", "车辆VSS故障"),
    Bit(25, "fuel level abnormal", "车辆油量异常"),
    Bit(26, "vehicle stolen", "车辆被盗"),
    Bit(27, "illegal ignition", "车辆非法点火", is_event=True),
    Bit(28, "illegal displacement", "车辆非法位移", is_event=True),
    Bit(29, "collision", "碰撞报警"),
    Bit(30, "rollover", "侧翻报警", since=2013),
    Bit(31, "illegal door opening", "非法开门报警", since=2013, until=2013, is_event=True),
)

# Bits 8 and 9 together are the load: LOAD_STATES.
STATUS_BITS: tuple[Bit, ...] = (
    Bit(0, "ACC on", "ACC开"),
    Bit(1, "positioned", "已定位"),
    Bit(2, "south latitude", "南纬"),
    Bit(3, "west longitude", "西经"),
    Bit(4, "out of service", "停运状态"),
    Bit(5, "coordinates encrypted", "经纬度已加密"),
    Bit(6, "forward collision warning of the AEBS", "紧急刹车系统前撞预警", since=2019),
    Bit(7, "lane departure warning", "车道偏移预警", since=2019),
    Bit(10, "fuel line cut", "油路断开"),
    Bit(11, "circuit cut", "电路断开"),
    Bit(12, "doors locked", "车门加锁"),
    Bit(13, "front door open", "前门开"),
    Bit(14, "middle door open", "中门开"),
    Bit(15, "rear door open", "后门开"),
    Bit(16, "driver's door open", "驾驶席门开"),
    Bit(17, "custom door open", "自定义门开"),
    Bit(18, "GPS used", "使用GPS定位"),
    Bit(19, "BeiDou used", "使用北斗定位"),
    Bit(20, "GLONASS used", "使用GLONASS定位"),
    Bit(21, "Galileo used", "使用Galileo定位"),
    Bit(22, "moving", "行驶状态", since=2019),
)
LOAD_SHIFT = 8
LOAD_STATES: dict[int, Word] = {
    0: Word("empty", "空车"),
    1: Word("half loaded", "半载"),
    2: Word("reserved", "保留"),
    3: Word("full", "满载"),
}

ITEMS: dict[int, Item] = {
    item.item_id: item
    for item in (
        Item(0x01, (4,), "odometer", "里程"),
        Item(0x02, (2,), "fuel", "油量"),
        Item(0x03, (2,), "recorder speed", "行驶记录功能获取的速度"),
        Item(0x04, (2,), "event to confirm by hand", "需要人工确认报警事件的ID"),
        Item(0x05, (30,), "tyre pressures", "胎压"),
        Item(0x06, (2,), "cabin temperature", "车厢温度"),
        Item(0x11, (1, 5), "overspeed place", "超速报警附加信息"),
        Item(0x12, (6,), "in or out of an area or route", "进出区域/路线报警附加信息"),
        Item(0x13, (7,), "segment driving time", "路段行驶时间不足/过长报警附加信息"),
        Item(0x14, (4,), "video alarms", "视频相关报警"),
        Item(0x15, (4,), "channels without video signal", "视频信号丢失报警状态"),
        Item(0x16, (4,), "channels with occluded video", "视频信号遮挡报警状态"),
        Item(0x17, (2,), "storage faults", "存储器故障报警状态"),
        Item(0x18, (3,), "abnormal driving", "异常驾驶行为报警详细描述"),
        Item(0x25, (4,), "vehicle signals", "扩展车辆信号状态位"),
        Item(0x2A, (2,), "IO state", "IO状态位"),
        Item(0x2B, (4,), "analogue inputs", "模拟量"),
        Item(0x30, (1,), "radio signal strength", "无线通信网络信号强度"),
        Item(0x31, (1,), "GNSS satellites", "GNSS定位卫星数"),
        Item(0x64, (), "driving assistance alarm (ADAS)", "高级驾驶辅助系统报警"),
        Item(0x65, (), "driver state alarm (DSM)", "驾驶员状态监测系统报警"),
        Item(0x66, (), "tyre pressure alarm (TPMS)", "胎压监测系统报警"),
        Item(0x67, (), "blind spot alarm (BSD)", "盲区监测系统报警"),
        Item(0x70, (), "aggressive driving alarm", "激烈驾驶报警"),
    )
}
FIRST_VENDOR_ITEM = 0xE0  # up to 0xFF each maker's own

VIDEO_ALARM_BITS: tuple[Bit, ...] = (
    Bit(0, "video signal lost", "视频信号丢失"),
    Bit(1, "video signal occluded", "视频信号遮挡"),
    Bit(2, "storage fault", "存储单元故障"),
    Bit(3, "other video equipment fault", "其他视频设备故障"),
    Bit(4, "overcrowding", "客车超员"),
    Bit(5, "abnormal driving", "异常驾驶行为"),
    Bit(6, "special video storage full", "特殊报警录像达到存储阈值"),
)
DRIVING_ALARM_BITS: tuple[Bit, ...] = (
    Bit(0, "fatigue", "疲劳"),
    Bit(1, "phone call", "打电话"),
    Bit(2, "smoking", "抽烟"),
)
SIGNAL_BITS: tuple[Bit, ...] = (
    Bit(0, "low beam", "近光灯"),
    Bit(1, "high beam", "远光灯"),
    Bit(2, "right turn signal", "右转向灯"),
    Bit(3, "left turn signal", "左转向灯"),
    Bit(4, "brake", "制动"),
    Bit(5, "reverse gear", "倒挡"),
    Bit(6, "fog lamp", "雾灯"),
    Bit(7, "marker lamp", "示廓灯"),
    Bit(8, "horn", "喇叭"),
    Bit(9, "air conditioning", "空调"),
    Bit(10, "neutral gear", "空挡"),
    Bit(11, "retarder", "缓速器"),
    Bit(12, "ABS active", "ABS工作"),
    Bit(13, "heater", "加热器"),
    Bit(14, "clutch", "离合器"),
)
IO_BITS: tuple[Bit, ...] = (Bit(0, "deep sleep", "深度休眠"), Bit(1, "sleep", "休眠"))
STORAGE_BACKUP_SHIFT = 12  # item 0x17: bits 0 to 11 are main storage units, 12 to 15 backup units

PLACE_TYPES: dict[int, Word] = {
    0: Word("no particular place", "无特定位置"),
    1: Word("circle", "圆形区域"),
    2: Word("rectangle", "矩形区域"),
    3: Word("polygon", "多边形区域"),
    4: Word("segment", "路段"),
}
AREA_DIRECTIONS: dict[int, Word] = {0: Word("in", "进"), 1: Word("out", "出")}
SEGMENT_RESULTS: dict[int, Word] = {0: Word("too short", "不足"), 1: Word("too long", "过长")}
# Bytes of maker, terminal model and terminal number in a 0x0100, by edition of the standard. 2011 and 2013 have the
# same header: a body that could hold the fixed fields of 2013 is taken for one (but messages.edition_of).
REGISTRATION_WIDTHS: dict[int, tuple[int, int, int]] = {2011: (5, 8, 7), 2013: (5, 20, 7), 2019: (11, 30, 30)}
SHORTEST_2013_REGISTRATION = 37
REPLY_RESULTS: dict[int, Word] = {
    0: Word("done", "成功/确认"),
    1: Word("failed", "失败"),
    2: Word("message faulty", "消息有误"),
    3: Word("not supported", "不支持"),
    4: Word("alarm confirmed", "报警处理确认"),
}
BATCH_TYPES: dict[int, Word] = {0: Word("normal", "正常位置批量汇报"), 1: Word("blind-area backfill", "盲区补报")}
CARD_STATUS: dict[int, Word] = {1: Word("card inserted", "插卡"), 2: Word("card removed", "拔卡")}
CARD_RESULTS: dict[int, Word] = {
    0: Word("read", "读卡成功"),
    1: Word("card key not authenticated", "卡片密钥认证未通过"),
    2: Word("card locked", "卡片已被锁定"),
    3: Word("card pulled out", "卡片被拔出"),
    4: Word("data check failed", "数据校验错误"),
}
PLATE_COLORS: dict[int, Word] = {
    0: Word("unplated", "未上牌"),
    1: Word("blue", "蓝色"),
    2: Word("yellow", "黄色"),
    3: Word("black", "黑色"),
    4: Word("white", "白色"),
    5: Word("green", "绿色"),
    9: Word("other", "其他"),
    91: Word("agricultural yellow", "农黄色"),
    92: Word("agricultural green", "农绿色"),
    93: Word("yellow-green", "黄绿色"),
    94: Word("gradient green", "渐变绿色"),
}

# Safety items -------------------------------------------------------------------------------------------------------

SAFETY_FLAGS: dict[int, Word] = {0: Word("not applicable", "不可用"), 1: Word("start", "开始"), 2: Word("end", "结束")}
DEVIATIONS: dict[int, Word] = {1: Word("to the left", "左侧偏离"), 2: Word("to the right", "右侧偏离")}
SIGN_TYPES: dict[int, Word] = {
    1: Word("speed limit", "限速标志"),
    2: Word("height limit", "限高标志"),
    3: Word("weight limit", "限重标志"),
}
VEHICLE_STATE_BITS: tuple[Bit, ...] = (
    Bit(0, "ACC on", "ACC开"),
    Bit(1, "left turn signal", "左转向"),
    Bit(2, "right turn signal", "右转向"),
    Bit(3, "wiper", "雨刮器"),
    Bit(4, "brake", "制动"),
    Bit(5, "card inserted", "插卡"),
    Bit(10, "positioned", "定位"),
)
WHEEL_BITS: tuple[Bit, ...] = (
    Bit(0, "periodic report", "胎压定时上报"),
    Bit(1, "pressure too high", "胎压过高"),
    Bit(2, "pressure too low", "胎压过低"),
    Bit(3, "too hot", "胎温过高"),
    Bit(4, "sensor abnormal", "传感器异常"),
    Bit(5, "pressure imbalance", "胎压不平衡"),
    Bit(6, "slow leak", "慢漏气"),
    Bit(7, "battery low", "电池电量低"),
)
# Codes from here on are events (a snapshot, a driver change): they are no alarms and count in no alarm figure.
FIRST_SAFETY_EVENT = 0x10

_ADAS = {
    0x01: Word("forward collision", "前向碰撞"),
    0x02: Word("lane departure", "车道偏离"),
    0x03: Word("too close", "车距过近"),
    0x04: Word("pedestrian collision", "行人碰撞"),
    0x05: Word("frequent lane changes", "频繁变道"),
    0x06: Word("over the limit of a road sign", "道路标识超限"),
    0x07: Word("obstacle", "障碍物"),
    0x10: Word("road sign recognised (event)", "道路标志识别事件"),
    0x11: Word("active snapshot (event)", "主动抓拍事件"),
}
_DSM = {
    0x01: Word("fatigue", "疲劳驾驶"),
    0x02: Word("phone call", "接打电话"),
    0x03: Word("smoking", "抽烟"),
    0x04: Word("distraction", "分神驾驶"),
    0x05: Word("driver abnormal", "驾驶员异常"),
    0x10: Word("automatic snapshot (event)", "自动抓拍事件"),
    0x11: Word("driver change (event)", "驾驶员变更事件"),
}
_BSD = {
    0x01: Word("approach from the rear", "后方接近"),
    0x02: Word("approach from the left rear", "左侧后方接近"),
    0x03: Word("approach from the right rear", "右侧后方接近"),
}
_AGGRESSIVE = {
    0x01: Word("hard acceleration", "急加速"),
    0x02: Word("hard braking", "急减速"),
    0x03: Word("hard turn", "急转弯"),
    0x04: Word("idling", "怠速"),
    0x05: Word("stall", "异常熄火"),
    0x06: Word("neutral coasting", "空挡滑行"),
    0x07: Word("engine over-rev", "发动机超转"),
}

# By profile, item id and type code. Codes that a profile leaves to the maker are not in it.
SAFETY_TYPES: dict[str, dict[int, dict[int, Word]]] = {
    "su": {0x64: _ADAS, 0x65: _DSM, 0x67: _BSD, 0x70: _AGGRESSIVE},
    "db32": {
        0x64: _ADAS | {0x08: Word("driving assistance failure", "驾驶辅助功能失效")},
        0x65: _DSM
        | {
            0x04: Word("not looking ahead", "不目视前方"),
            0x05: Word("no driver", "未检测到驾驶员"),
            0x06: Word("both hands off the wheel", "双手同时脱离方向盘"),
            0x07: Word("driver monitoring failure", "驾驶员行为监测功能失效"),
        },
        0x67: _BSD,
        0x70: _AGGRESSIVE,
    },
    "yue": {
        0x64: _ADAS,
        0x65: _DSM
        | {
            0x06: Word("lens covered", "遮挡摄像头"),
            0x08: Word("driving over time", "超时驾驶"),
            0x0A: Word("seat belt not fastened", "未系安全带"),
            0x0B: Word("infrared-blocking glasses", "红外阻断型墨镜"),
            0x0C: Word("both hands off the wheel", "双手脱离方向盘"),
            0x0D: Word("playing with the phone", "玩手机"),
        },
        0x67: _BSD,
        0x70: _AGGRESSIVE,
    },
}


def safety_type(profile: str, item_id: int, code: int) -> Word | None:
    """What a safety alarm is, or None where the profile leaves the code to the maker."""
    return SAFETY_TYPES.get(profile, {}).get(item_id, {}).get(code)


def is_safety_event(code: int) -> bool:
    """Whether a type code is an event rather than an alarm."""
    return code >= FIRST_SAFETY_EVENT
