"""Cross-checks of terminals, once: what a finding says, what else may explain it, and what to do next.

Findings lie in ``mart.terminal_finding``, one row a finding of one vehicle on one day; alarms closed in bulk lie in
``mart.alarm_burst``. A finding is a reason to look, never a verdict: the innocent explanation belongs beside it
wherever it is shown. None of the thresholds is published (``confidence`` P, seeds.kpi_scheme).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from warehouse.kpi import CLASSES, MONITORED
from warehouse.metrics import Source

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CrossCheck:
    """``says_…``: what the data show; ``innocent_…``: what explains it without fault; ``next_…``: how to find out.

    ``parameters`` names rows of ``seeds.kpi_scheme``.
    """

    name: str
    zh: str
    en: str
    says_zh: str
    says_en: str
    innocent_zh: str
    innocent_en: str
    next_zh: str
    next_en: str
    parameters: tuple[str, ...]
    confidence: str
    table: str = "mart.terminal_finding"


CHECKS = {
    check.name: check
    for check in (
        CrossCheck(
            "scale_silent", "过车时终端静默", "Weighed while the terminal was silent",
            "站点识别到该车车牌，而过车前后 cross_silent_min 内其终端没有可用定位，同期其他终端有数据。"
            "整日无数据的车辆也在此列：车在路上，终端不在线。",
            "A scale read the vehicle's plate; its terminal had no usable position within cross_silent_min of the "
            "passage, while other terminals were heard. A terminal never heard that day is among them: the vehicle was "
            "on the road, its terminal was not.",
            "车牌误识或套牌，车辆并未经过；站点处于隧道、山谷等信号盲区，补传数据尚未到达；终端或天线当日故障、正在更换；"
            "车辆被拖运、电源已断开。",
            "The plate was misread or cloned and the vehicle was elsewhere; the site lies in a tunnel or valley "
            "without coverage and the stored points have not come yet; terminal or antenna failed or was being "
            "replaced; the vehicle was towed without power.",
            "查看过车图片核对车牌和车型；查看该车前后的定位和终端维修、报停记录；联系企业检查终端供电。",
            "Look at the picture of the passage for plate and vehicle; look at the points before and behind and at "
            "records of repair or suspension; ask the enterprise to check the terminal's power.",
            ("cross_silent_min", "drift_kmh"), "P",
        ),
        CrossCheck(
            "scale_parked", "过车时终端停驻", "Weighed while the terminal stood elsewhere",
            "站点识别到该车车牌，而其终端在过车前后一直停在距站点超过 cross_distance_km 的地方。",
            "A scale read the vehicle's plate, while its terminal stood, before and behind the passage, further than "
            "cross_distance_km from the scale.",
            "车牌误识或套牌，停着的才是本车；终端拆下送修或换装，登记尚未更新；站点坐标登记有误；站点时钟错误。",
            "The plate was misread or cloned and the vehicle is the one that stands; the terminal was taken out for "
            "repair or moved to another vehicle and the register does not say so yet; the register has the site in the "
            "wrong place; the site's clock is wrong.",
            "查看过车图片；核对终端与车辆的对应关系；同一站点有多车如此时先核对站点坐标和时钟；仍不能解释的，到停驻地点看车。",
            "Look at the picture; check which vehicle the terminal is in; where one site has many of these, check the "
            "site's place and clock first; if nothing explains it, look for the vehicle where the terminal stands.",
            (
                "cross_silent_min", "cross_parked_m", "cross_distance_km", "cross_site_vehicles", "moving_kmh",
                "drift_kmh",
            ), "P",
        ),
        CrossCheck(
            "scale_elsewhere", "过车时终端在别处", "Weighed while the terminal was elsewhere",
            "站点识别到该车车牌，而以 drift_kmh 的速度、容许时钟相差 cross_clock_s，也不可能从过车前后的定位到达站点。",
            "A scale read the vehicle's plate, and even at drift_kmh and with clocks that differ by cross_clock_s the "
            "vehicle cannot have come there from, or gone on to, where its terminal was.",
            "车牌误识或套牌；站点或终端时钟相差超过容差；站点坐标登记有误；终端换装到另一辆车、登记尚未更新；"
            "车辆由拖车或渡船载运而终端无电。",
            "The plate was misread or cloned; a clock is wrong by more than allowed for; the register has the site in "
            "the wrong place; the terminal is in another vehicle by now; the vehicle was carried without power.",
            "查看过车图片；比对同站其他车辆判断时钟和坐标；图片确为该号牌的，按套牌或终端移机线索转办。",
            "Look at the picture; compare other vehicles of the site for its clock and place; if it is the plate, hand "
            "it on as a lead on a cloned plate or a moved terminal.",
            ("cross_distance_km", "cross_clock_s", "cross_site_vehicles", "drift_kmh"), "P",
        ),
        CrossCheck(
            "copied_track", "轨迹重复", "Track sent before",
            "连续 copied_points 个以上行驶点的位置、车速与先前发送的一段完全相同，时差固定。",
            "copied_points or more moving points in a row have exactly the places and speeds of a stretch sent before, "
            "a fixed time apart.",
            "终端或平台重发缓存并写入新的时间；时区设置错误，同一段发送两次；终端更换期间一车装有两台；"
            "平台测试、演示或驾校模拟数据。",
            "The terminal or a platform sent its memory again under new times; a wrong time zone sent one stretch "
            "twice; two terminals in one vehicle while one replaces the other; data of a test or a demonstration.",
            "比对两段的原始报文（流水号、接收时间、里程表）；询问企业和终端服务商当日是否补传、换机；不能解释的，按数据造假线索核查。",
            "Compare the frames of both stretches (serial numbers, time received, odometer); ask the enterprise and "
            "the maker whether they sent again or replaced that day; if not, examine it as a lead on falsified data.",
            ("copied_points", "moving_kmh"), "P",
        ),
        CrossCheck(
            "constant_speed", "匀速直线", "Constant speed on a straight line",
            "连续 constant_points 个以上的点车速完全相同，均匀分布在一条直线上，偏差不超过 constant_step_m。",
            "constant_points or more points in a row tell one and the same speed and lie evenly on a straight line, "
            "none further than constant_step_m off.",
            "高速公路长直路段的定速巡航（车速只报整数的终端更易出现）；终端在隧道内按惯性推算位置；平台按两端插补缺失段。",
            "Cruise control on a long straight of motorway, above all with terminals that tell whole km/h; a terminal "
            "that reckons its way through a tunnel; a platform that fills a gap between its ends.",
            "在地图上查看该段是否沿道路；比对里程表和行驶记录仪车速；询问平台是否插补。",
            "See on the map whether the stretch follows a road; compare odometer and recorder speed; ask the platform "
            "whether it fills gaps.",
            ("constant_points", "constant_min", "constant_step_m", "moving_kmh", "drift_kmh"), "P",
        ),
        CrossCheck(
            "teleport", "位置瞬移", "Jump to another place",
            "相邻两处停留相距超过 cross_distance_km，推算车速高于 drift_kmh，"
            "且跳变后停留在新的位置（不是漂移后返回）。",
            "From one place to the next, further than cross_distance_km, the vehicle would need more than drift_kmh, "
            "and it stays at the new one: no drift that comes back.",
            "终端时钟校正，前一段的时间有误；接收机冷启动前保留旧位置；终端换装到另一辆车；停在室内时定位固定偏移。",
            "The clock was corrected and the times before were wrong; the receiver kept an old place until it found "
            "itself; the terminal was moved to another vehicle; standing indoors shifts a receiver by a fixed way.",
            "查看跳变前后的报文时间与接收时间；核对终端更换记录；反复出现的，检修终端。",
            "Look at device time and time received around the jump; check records of replacement; if it happens again "
            "and again, have the terminal repaired.",
            ("drift_kmh", "teleport_points", "cross_distance_km", "cross_parked_m"), "P",
        ),
        CrossCheck(
            "shared_phone", "一号两用", "Two tracks under one phone",
            "一日内同一终端号在两条各自连贯、相距超过 cross_distance_km 的轨迹之间交替 shared_changes 次以上。",
            "On one day the points of one terminal number change shared_changes times or more between two tracks, each "
            "coherent in itself, further than cross_distance_km apart.",
            "换机时新旧两台终端同时在线；厂家误将一个号码写入两台终端；接收机反复回到固定的默认位置。",
            "Old and new terminal both on while one replaces the other; a maker set one number in two terminals by "
            "mistake; a receiver falls back to a fixed place again and again.",
            "按鉴权报文的终端编号、IMEI 区分两台设备；分别与车牌对应；停用其中之一。",
            "Tell the two devices apart by terminal number and IMEI of their authentication; find the vehicle of each; "
            "switch one off.",
            ("drift_kmh", "cross_distance_km", "cross_parked_m", "offline_gap_min", "shared_changes"), "P",
        ),
        CrossCheck(
            "bulk_closing", "报警批量处理", "Alarms closed in bulk",
            "同一企业在 burst_s 内以同一方式处理了 burst_alarms 条以上报警。",
            "An enterprise handled burst_alarms or more alarms in one way within burst_s.",
            "值班员逐条看过后在交班时统一登记；同一故障引起的一批误报一并关闭；平台按规则自动答复；"
            "平台只记录到分钟，一分钟内的处理看似同时。",
            "The dispatcher looked at each and recorded the list at the end of the shift; one fault made many false "
            "alarms that were closed together; the platform answers some kinds by rule; it records whole minutes, so "
            "that what was handled within one looks as if at once.",
            "抽查其中几条的处理依据（通话、短信、附件）；询问企业的值班和交班办法。",
            "Take a few and look for what the handling rests on (call, message, attachment); ask how the enterprise "
            "keeps its shifts.",
            ("burst_alarms", "burst_s"), "P", table="mart.alarm_burst",
        ),
    )
}  # fmt: skip
"""In the order in which they are shown."""

WEAKENED = {
    "backfill": ("静默前后的点为补传，当时处于盲区", "A point next to the silence came late from memory: no coverage"),
    "capture_gap": ("该时段一侧没有任何终端的数据", "On one side of the passage no terminal was heard at all"),
    "fixed_place": ("一侧停在固定位置，可能为默认位置", "One side stands, perhaps where the receiver falls back to"),
    "midnight": ("时窗跨过零点，次日的点未计入", "The day ends within the window"),
    "no_position": ("终端有数据，但没有可用定位", "The terminal sent, but no usable position"),
    "plate_doubtful": ("车牌存疑（置信度低、跟车近、跨道）", "Plate doubtful: confidence, close following, two lanes"),
    "site_doubtful": ("该站点当日与多数车辆矛盾，坐标或时钟存疑", "Most vehicles contradict the site: place or clock?"),
    "time_between": ("停驻前后两点相隔的时间足够往返站点", "Between the two points there was time to go and come back"),
    "time_zone": ("时差恰为 8 小时，可能为时区设置错误", "Exactly eight hours apart, perhaps a wrong time zone"),
    "two_tracks": ("当日该终端号有两条轨迹", "Two vehicles spoke with its phone that day"),
    "whole_kmh": ("车速为整数", "The speed is a whole number of km/h"),
}  # fmt: skip
"""What weakens a finding: Chinese, English."""


def findings(
    source: Source,
    first: date,
    last: date,
    classes: Sequence[str] | None = MONITORED,
    *,
    county_code: str | None = None,
    uscc: str | None = None,
) -> pd.DataFrame:
    """Findings of a period, of the vehicles of ``classes`` (None: all), of a county or an enterprise.

    Strong ones first, then the latest day; within a day by kind, vehicle and time: a total order.
    """
    if classes is not None:
        unknown = [name for name in classes if name not in CLASSES]
        if unknown or not classes:
            told = ", ".join(unknown) or "(none given)"
            raise ValueError(f"There is no class {told}. Use some of {', '.join(CLASSES)}.")
    asked: dict[str, Any] = {f"class_{at}": name for at, name in enumerate(classes or ())}
    conditions = [f"monitored_class in ({', '.join(f'${name}' for name in asked)})"] if asked else []
    for column, value in (("county_code", county_code), ("uscc", uscc)):
        if value is not None:
            conditions.append(f"{column} = ${column}")
            asked[column] = value
    return source.read(
        f"""select event_date, finding_kind, plate_no, plate_color_code, terminal_phone, monitored_class, uscc,
            county_code, finding_grade, weakened_by, began_at, ended_at, latitude, longitude, point_count, distance_m,
            evidence_speed_kmh, site_code, passage_record_id, passed_at, other_plate_no, other_plate_color_code,
            other_began_at
        from mart.terminal_finding
        where event_date between $first and $last{"".join(f" and {condition}" for condition in conditions)}
        order by finding_grade, event_date desc, finding_kind, plate_no, plate_color_code, began_at, ended_at,
            passage_record_id nulls first, other_plate_no nulls first, other_plate_color_code, other_began_at""",
        {"first": first, "last": last, **asked},
    )
