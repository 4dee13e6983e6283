"""What the codes of JT/T 809 mean, in English and in Chinese; each list stands here once.

Sources: JT/T 809-2011 and JT/T 809-2019, as the lists of message, alarm source and alarm type codes are repeated in the
open projects SmallChi/JT809 and gaochundong/gbprotocol (facts only). Alarm types below 0xA000 hang on a position, those
from 0xA001 on do not (2019). Bits of state and alarm words are those of JT/T 808: see ``etl/jt808/words.py``.
"""

from etl.jt808.words import Word

MESSAGES: dict[int, Word] = {
    0x1001: Word("login", "主链路登录请求"),
    0x1002: Word("login reply", "主链路登录应答"),
    0x1003: Word("log-off", "主链路注销请求"),
    0x1004: Word("log-off reply", "主链路注销应答"),
    0x1005: Word("link test", "主链路连接保持请求"),
    0x1006: Word("link test reply", "主链路连接保持应答"),
    0x1007: Word("link broken notice", "主链路断开通知"),
    0x1008: Word("link closed notice", "下级平台主动关闭链路通知"),
    0x1200: Word("vehicle data up", "主链路动态信息交换"),
    0x1300: Word("platform messages up", "主链路平台间信息交互"),
    0x1400: Word("alarms up", "主链路报警信息交互"),
    0x1500: Word("vehicle control up", "主链路车辆监管"),
    0x1600: Word("static data up", "主链路静态信息交换"),
    0x9001: Word("reverse link request", "从链路连接请求"),
    0x9002: Word("reverse link reply", "从链路连接应答"),
    0x9003: Word("reverse log-off", "从链路注销请求"),
    0x9004: Word("reverse log-off reply", "从链路注销应答"),
    0x9005: Word("reverse link test", "从链路连接保持请求"),
    0x9006: Word("reverse link test reply", "从链路连接保持应答"),
    0x9007: Word("reverse link broken notice", "从链路断开通知"),
    0x9008: Word("reverse link closed notice", "上级平台主动关闭链路通知"),
    0x9101: Word("count of positions received", "接收定位信息数量通知"),
    0x9200: Word("vehicle data down", "从链路动态信息交换"),
    0x9300: Word("platform messages down", "从链路平台间信息交互"),
    0x9400: Word("alarms down", "从链路报警信息交互"),
    0x9500: Word("vehicle control down", "从链路车辆监管"),
    0x9600: Word("static data down", "从链路静态信息交换"),
}

SUB_MESSAGES: dict[int, Word] = {
    0x1201: Word("vehicle registration", "上传车辆注册信息"),
    0x1202: Word("position", "实时上传车辆定位信息"),
    0x1203: Word("position backfill", "车辆定位信息自动补报"),
    0x1205: Word("position exchange started", "启动车辆定位信息交换应答"),
    0x1206: Word("position exchange ended", "结束车辆定位信息交换应答"),
    0x1207: Word("request for positions of a vehicle", "申请交换指定车辆定位信息请求"),
    0x1208: Word("end of positions of a vehicle", "取消交换指定车辆定位信息请求"),
    0x1209: Word("request to send positions again", "补发车辆定位信息请求"),
    0x120A: Word("driver identity reply", "上报驾驶员身份识别信息应答"),
    0x120B: Word("waybill reply", "上报车辆电子运单应答"),
    0x120C: Word("driver identity", "主动上报驾驶员身份信息"),
    0x120D: Word("waybill", "主动上报车辆电子运单信息"),
    0x120E: Word("route", "主动上报车辆行驶路线信息"),
    0x1301: Word("on-duty check reply", "平台查岗应答"),
    0x1302: Word("platform message reply", "下发平台间报文应答"),
    0x1401: Word("supervision reply", "报警督办应答"),
    0x1402: Word("alarm", "上报报警信息"),
    0x1403: Word("handling result (2011) or warning (2019)", "主动上报报警处理结果（2011）、上报报警预警（2019）"),
    0x1411: Word("supervision reply (2019)", "上报报警督办应答"),
    0x1412: Word("handling result (2019)", "主动上报报警处理结果"),
    0x1413: Word("supervision of the lower platform (2019)", "上报报警督办请求"),
    0x1501: Word("listening reply", "车辆单向监听应答"),
    0x1502: Word("photo reply", "车辆拍照应答"),
    0x1503: Word("text reply", "下发车辆报文应答"),
    0x1504: Word("travel record reply", "上报车辆行驶记录应答"),
    0x1505: Word("emergency access reply", "车辆应急接入监管平台应答"),
    0x1601: Word("vehicle master data", "补报车辆静态信息应答"),
    0x9202: Word("position exchanged", "交换车辆定位信息"),
    0x9203: Word("positions exchanged late", "车辆定位信息交换补发"),
    0x9301: Word("on-duty check", "平台查岗请求"),
    0x9302: Word("platform message", "下发平台间报文请求"),
    0x9401: Word("supervision request", "报警督办请求"),
    0x9402: Word("alarm warning", "报警预警"),
    0x9403: Word("alarm exchanged", "实时交换报警信息"),
    0x9501: Word("listening request", "车辆单向监听请求"),
    0x9502: Word("photo request", "车辆拍照请求"),
    0x9503: Word("text to a vehicle", "下发车辆报文请求"),
    0x9504: Word("travel record request", "上报车辆行驶记录请求"),
    0x9505: Word("emergency access request", "车辆应急接入监管平台请求"),
    0x9601: Word("vehicle master data request", "补报车辆静态信息请求"),
}

ALARM_SOURCES: dict[int, Word] = {
    1: Word("terminal", "车载终端"),
    2: Word("enterprise platform", "企业监控平台"),
    3: Word("government platform", "政府监管平台"),
    9: Word("other", "其他"),
}

# Road sections: 0x0006 and 0x0007 in 2011, 0xA006 and 0xA007 in 2019.
ALARM_TYPES: dict[int, Word] = {
    0x0001: Word("overspeed", "超速报警"),
    0x0002: Word("fatigue driving", "疲劳驾驶报警"),
    0x0003: Word("emergency alarm", "紧急报警"),
    0x0004: Word("entry into an area", "进入指定区域报警"),
    0x0005: Word("exit from an area", "离开指定区域报警"),
    0x0006: Word("congested road section", "路段堵塞报警"),
    0x0007: Word("dangerous road section", "危险路段报警"),
    0x0008: Word("out of bounds", "越界报警"),
    0x0009: Word("theft", "盗警"),
    0x000A: Word("robbery", "劫警"),
    0x000B: Word("route deviation", "偏离路线报警"),
    0x000C: Word("vehicle moved", "车辆移动报警"),
    0x000D: Word("over-time driving", "超时驾驶报警"),
    0x000E: Word("other (2011)", "其他报警（2011）"),
    0x0010: Word("illegal driving", "违规行驶报警"),
    0x0011: Word("forward collision warning", "前撞报警"),
    0x0012: Word("lane departure", "车道偏离报警"),
    0x0013: Word("tyre pressure", "胎压异常报警"),
    0x0014: Word("dynamic data abnormal", "动态信息异常报警"),
    0x00FF: Word("other, at a position", "其他位置相关报警"),
    0xA001: Word("over-long stop", "超时停车"),
    0xA002: Word("position interval abnormal in time", "车辆定位信息上报时间间隔异常"),
    0xA003: Word("position interval abnormal in distance", "车辆定位信息上报距离间隔异常"),
    0xA004: Word("lower platform disconnected", "下级平台异常断线"),
    0xA005: Word("lower platform data abnormal", "下级平台数据传输异常"),
    0xA006: Word("congested road section", "路段堵塞报警"),
    0xA007: Word("dangerous road section", "危险路段报警"),
    0xA008: Word("rain or snow", "雨雪天气报警"),
    0xA009: Word("driver identity abnormal", "驾驶员身份识别异常"),
    0xA00A: Word("terminal abnormal", "终端异常"),
    0xA00B: Word("platform access abnormal", "平台接入异常"),
    0xA00C: Word("core data abnormal", "核心数据异常"),
    0xA0FF: Word("other, without a position", "其他非位置相关报警"),
}

HANDLING_RESULTS: dict[int, Word] = {
    0: Word("in progress", "处理中"),
    1: Word("done", "已处理完毕"),
    2: Word("no action", "不作处理"),
    3: Word("later", "将来处理"),
}

SUPERVISION_LEVELS: dict[int, Word] = {0: Word("urgent", "紧急"), 1: Word("normal", "一般")}

# Bodies that carry a password or a check code of a link. They are never printed.
SECRET_BODIES = frozenset({0x1001, 0x1002, 0x1003, 0x9001, 0x9003})
# Emergency access tells a vehicle a server with its access point, user and password.
SECRET_SUB_MESSAGES = frozenset({0x9505})
