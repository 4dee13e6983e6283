"""KPIs of vehicle monitoring, once: what is counted, by what it is divided, with which thresholds and on whose word.

Counts lie in ``mart.vehicle_day``, one row a vehicle and day, and no ratio is stored. A KPI of a period is first taken
for each vehicle (a vehicle that was online on any of thirty days is one vehicle online, its kilometres add up), then
numerators and denominators are added up over the vehicles of an enterprise, a county or the city and divided once.
They are about 两客一危 (``MONITORED``: handbook 6.1, 考核管理办法 art. 2); buses and taxis count only when asked for.

Formulas follow the domain handbook 6.3. Most are not published in full: ``confidence`` says how well each is known (C1
read in a primary text, C2 in a secondary source, M+ M- P not verified), and ``thresholds`` says the same of each number
used. Both belong beside the figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from warehouse.metrics import Source

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Kpi:
    """``numerator`` and ``denominator`` are SQL aggregates over the days of one vehicle, whole numbers.

    The value is numerator ÷ ``per`` ÷ denominator, in ``unit_…`` (empty: a share, 1 = 100 %). Without a numerator there
    is no source yet. ``parameters`` names rows of ``seeds.kpi_scheme``; ``good`` says which way is better.
    """

    name: str
    zh: str
    en: str
    numerator: str
    denominator: str
    formula_zh: str
    formula_en: str
    confidence: str
    good: str
    unit_zh: str = ""
    unit_en: str = ""
    per: int = 1
    parameters: tuple[str, ...] = ()


_NETWORKED = "max(case when networked.plate_no is not null then 1 else 0 end)"
_ONLINE = "max(case when day.is_online then 1 else 0 end)"
_COACH = "day.monitored_class in ('line_coach', 'charter_coach', 'tourist_coach')"
_DANGEROUS = "day.monitored_class = 'dangerous_goods'"
_PLACE = ("latitude_min_deg", "latitude_max_deg", "longitude_min_deg", "longitude_max_deg")
_VALID = (*_PLACE, "valid_speed_max_kmh", "altitude_min_m", "altitude_max_m")
_TRACK = (*_VALID, "drift_kmh")
_NIGHT = ("night_from_h", "night_to_h")
_DRIVING = (*_TRACK, "moving_kmh", "moving_hold_s", "rest_min", "unknown_gap_min")
_FATIGUE = (*_DRIVING, "fatigue_day_h", "fatigue_night_h", *_NIGHT)

MONITORED = ("line_coach", "charter_coach", "tourist_coach", "dangerous_goods")
"""Classes that the KPIs are about: 两客一危."""
CLASSES = (*MONITORED, "bus", "taxi")
"""Every class of the register."""

KPIS = {
    kpi.name: kpi
    for kpi in (
        Kpi(
            "network_rate", "入网率", "Networked vehicles", _NETWORKED, "1",
            "截至期末发送过合格动态数据的车辆 ÷ 期内登记在用的车辆。",
            "Vehicles that have sent a valid record up to the end of the period, divided by vehicles in service in it.",
            "C2", "up", parameters=_VALID,
        ),
        Kpi(
            "online_rate", "上线率", "Online rate", _ONLINE, _NETWORKED,
            "期内上线（发送过合格数据）的车辆 ÷ 入网车辆。",
            "Vehicles online in the period (at least one valid record), divided by networked vehicles.",
            "C1", "up", parameters=_VALID,
        ),
        Kpi(
            "platform_connectivity", "平台连通率", "Platform connectivity", "", "",
            "（总时长 − 断开时长）÷ 总时长。尚无数据来源。",
            "Minutes connected divided by all minutes. No source delivers them yet.",
            "C2", "up",
        ),
        Kpi(
            "track_completeness", "轨迹完整率", "Track completeness", "sum(day.complete_m)", "sum(day.total_m)",
            "完整轨迹里程 ÷ 总里程。间隔过长且距离过远的一段为缺失；前一日之前开始的中断看不到，不计入；阈值未见公布。",
            "Distance without incomplete segments, divided by all distance. A segment that lasts too long and goes too "
            "far is incomplete; a silence that began before the day before is not seen. The thresholds are not "
            "published.",
            "C2", "up", parameters=(*_TRACK, "track_gap_min", "track_gap_km"),
        ),
        Kpi(
            "data_validity", "数据合格率", "Valid records",
            "sum(day.valid_point_count)", "sum(day.received_point_count)",
            "合格定位记录 ÷ 接收的定位记录，多次送达只计一次；不属于登记车辆的终端不计入。合格：时间不晚于发送当日"
            "24时后5分钟、不早于发送日前31天，位置、车速、海拔在阈值内（车速高于 valid_speed_max_kmh 即不合格），"
            "方向0至359。",
            "Valid positions divided by received positions, each counted once; terminals of no registered vehicle are "
            "left out. Valid: a time no later than five minutes after the end of the day it was sent and at most 31 "
            "days older than that day; position, speed and altitude within the thresholds (a speed above "
            "valid_speed_max_kmh is not valid); heading 0 to 359.",
            "M+", "up", parameters=_VALID,
        ),
        Kpi(
            "drift_rate", "漂移率", "Vehicles with drift",
            "max(case when day.has_drift and day.is_online then 1 else 0 end)", _ONLINE,
            "期内有漂移的上线车辆 ÷ 上线车辆。",
            "Vehicles online with drift in the period, divided by vehicles online.",
            "M+", "down", parameters=_TRACK,
        ),
        Kpi(
            "overspeed_per_vehicle", "平均车辆超速次数", "Overspeed events per vehicle",
            "sum(day.overspeed_count)", _ONLINE,
            "超速次数 ÷ 上线车辆。限速按车类取值，道路限速未知。车速高于 valid_speed_max_kmh 的记录不合格，既不计超速"
            "也不计行驶。",
            "Overspeed events divided by vehicles online. Limits are those of the class; those of roads are unknown. A "
            "record with a speed above valid_speed_max_kmh is not valid and enters neither overspeed nor driving.",
            "M+", "down", "次/辆", "per vehicle",
            parameters=(
                *_TRACK, *_NIGHT, "speed_limit_kmh", "night_speed_ratio", "overspeed_min_s", "overspeed_end_s",
                "overspeed_merge_s", "overspeed_gap_s",
            ),
        ),
        Kpi(
            "fatigue_hours", "平均疲劳驾驶时长（确定）", "Hours of fatigue driving, certain",
            "sum(day.fatigue_certain_s)", _ONLINE,
            "超过连续驾驶上限的时长 ÷ 上线车辆；数据缺失视为休息。“确定”就车辆而言：短于 rest_min "
            "且未刷卡的换人看不到。",
            "Driving above the limit of continuous driving, divided by vehicles online; gaps are taken for rests. "
            "Certain holds for the vehicle: a hand-over in less than rest_min without reading a card is not seen.",
            "M+", "down", "小时", "h", 3600, _FATIGUE,
        ),
        Kpi(
            "fatigue_hours_possible", "平均疲劳驾驶时长（可能）", "Hours of fatigue driving, possible",
            "sum(day.fatigue_possible_s)", _ONLINE,
            "超过连续驾驶上限的时长 ÷ 上线车辆；数据缺失既不算休息也不算驾驶。"
            "缺失期间若在行驶，实际更长；若在休息，实际更短。",
            "The same with gaps taken for neither rest nor driving. If the vehicle was driven in a gap, the true time "
            "is longer; if the driver rested, shorter.",
            "P", "down", "小时", "h", 3600, _FATIGUE,
        ),
        Kpi(
            "dawn_driving", "客车凌晨2–5点运行", "Coaches on the road between 02:00 and 05:00",
            f"max(case when {_COACH} and day.is_dawn_driving then 1 else 0 end)",
            f"max(case when {_COACH} and day.is_online then 1 else 0 end)",
            "期内有一日凌晨2至5时行驶达到 dawn_min_s 的客车 ÷ 上线客车；接驳运输和豁免的短途线路未扣除，公式未见公布。",
            "Coaches that drove for dawn_min_s or longer between 02:00 and 05:00 on a day of the period, divided by "
            "coaches online; relay transport (接驳运输) and exempt short lines are not taken out. The formula is not "
            "published.",
            "P", "down", parameters=(*_DRIVING, "dawn_from_h", "dawn_to_h", "dawn_min_s"),
        ),
        Kpi(
            "offline_displacement", "危货车辆离线位移", "Dangerous-goods vehicles moved while offline",
            f"sum(case when {_DANGEROUS} then day.offline_displacement_count else 0 end)",
            f"max(case when {_DANGEROUS} and day.is_online then 1 else 0 end)",
            "危货车辆离线位移次数 ÷ 上线危货车辆；前一日之前开始的离线看不到，不计入；公式未见公布。",
            "Silences after which a dangerous-goods vehicle was elsewhere, divided by such vehicles online; a silence "
            "that began before the day before is not seen. The formula is not published.",
            "P", "down", "次/辆", "per vehicle", parameters=(*_TRACK, "offline_gap_min", "offline_km"),
        ),
    )
}  # fmt: skip

LEVELS = {
    "city": (),
    "county": ("county_code",),
    "enterprise": ("uscc",),
    "vehicle": ("plate_no", "plate_color_code"),
}
"""Columns that name a unit of each level."""


def kpis(
    source: Source, first: date, last: date, level: str = "city", classes: Sequence[str] | None = MONITORED
) -> pd.DataFrame:
    """Every KPI of every unit of a level over a period: ``kpi``, the unit's columns, ``numerator``, ``denominator``,
    ``value``.

    Vehicles are those of ``classes`` on the day; None: of every class, and those the register gives none.
    ``value`` is None where there is nothing to divide by: no data is no rate of zero. A vehicle that changed its owner
    in the period counts with either.
    """
    unit = _unit(level)
    of_classes, asked = _of_classes(classes)
    told = [kpi for kpi in KPIS.values() if kpi.numerator]
    of_vehicle = ", ".join(
        f"{kpi.numerator} as numerator_{at}, {kpi.denominator} as denominator_{at}" for at, kpi in enumerate(told)
    )
    sums = ", ".join(
        f"cast(coalesce(sum({side}_{at}), 0) as bigint) as {side}_{at}"
        for at in range(len(told))
        for side in ("numerator", "denominator")
    )
    own = "".join(f"{column}, " for column in unit)
    grouped = ", ".join(dict.fromkeys([*(f"day.{column}" for column in unit), "day.plate_no", "day.plate_color_code"]))
    frame = source.read(
        f"""with networked as (
            select distinct plate_no, plate_color_code
            from mart.vehicle_day
            where is_registered and valid_point_count > 0 and event_date <= $last
        ),
        vehicle as (
            select {", ".join(dict.fromkeys([*(f"day.{column}" for column in unit), "day.plate_no"]))}, {of_vehicle}
            from mart.vehicle_day as day
            left join networked
                on networked.plate_no = day.plate_no and networked.plate_color_code = day.plate_color_code
            where day.is_registered and day.event_date between $first and $last{of_classes}
            group by {grouped}
        )
        select {own}{sums} from vehicle {"group by " + ", ".join(unit) if unit else ""}
        {"order by " + ", ".join(unit) if unit else ""}""",
        {"first": first, "last": last, **asked},
    )
    rows: list[dict[str, Any]] = []
    for told_row in frame.to_dict("records"):
        for kpi in KPIS.values():
            row: dict[str, Any] = {"kpi": kpi.name, **{column: told_row[column] for column in unit}}
            at = told.index(kpi) if kpi.numerator else None
            above = int(told_row[f"numerator_{at}"]) if at is not None else None
            below = int(told_row[f"denominator_{at}"]) if at is not None else None
            rows.append(row | {"numerator": above, "denominator": below, "value": ratio(kpi, above, below)})
    import pandas as pd

    columns = ["kpi", *unit, "numerator", "denominator", "value"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _unit(level: str) -> tuple[str, ...]:
    if level not in LEVELS:
        raise ValueError(f"There is no level {level!r}. Use one of {', '.join(LEVELS)}.")
    return LEVELS[level]


def _of_classes(classes: Sequence[str] | None) -> tuple[str, dict[str, str]]:
    """A condition on ``day.monitored_class`` and its parameters; none for every class."""
    if classes is None:
        return "", {}
    unknown = [name for name in classes if name not in CLASSES]
    if unknown or not classes:
        raise ValueError(f"There is no class {', '.join(unknown) or '(none given)'}. Use some of {', '.join(CLASSES)}.")
    asked = {f"class_{at}": name for at, name in enumerate(classes)}
    return f" and day.monitored_class in ({', '.join(f'${name}' for name in asked)})", asked


def ratio(kpi: Kpi, numerator: float | None, denominator: float | None) -> float | None:
    """The KPI of these sums in its unit; None without a denominator."""
    if numerator is None or not denominator:
        return None
    return numerator / kpi.per / denominator


def alarms(
    source: Source, first: date, last: date, level: str = "city", classes: Sequence[str] | None = MONITORED
) -> pd.DataFrame:
    """Alarms counted in a period, by unit and kind; ``alarm_kind`` is empty for those the bureau has no name for.

    Vehicles are those of ``classes``, as in ``kpis``. Events of active-safety terminals and alarms of terminals of no
    registered vehicle are left out.
    """
    unit = "".join(f"day.{column}, " for column in _unit(level))
    of_classes, asked = _of_classes(classes)
    return source.read(
        f"""select {unit}alarm.alarm_kind, cast(sum(alarm.alarm_count) as bigint) as alarm_count
        from mart.vehicle_alarm_day as alarm
        inner join mart.vehicle_day as day
            on day.event_date = alarm.event_date
            and day.plate_no = alarm.plate_no
            and day.plate_color_code = alarm.plate_color_code
        where alarm.is_alarm and day.is_registered and alarm.event_date between $first and $last{of_classes}
        group by {unit}alarm.alarm_kind
        order by {unit}alarm.alarm_kind nulls last""",
        {"first": first, "last": last, **asked},
    )


def thresholds(source: Source, day: date, scheme: str = "local") -> pd.DataFrame:
    """Rows of a scheme in force on a day, each with its source and how well it is known."""
    return source.read(
        """select parameter, monitored_class, parameter_value, unit, zh, en, citation_zh, citation_en, confidence
        from seeds.kpi_scheme
        where kpi_scheme = $scheme and $day between coalesce(valid_from, $day) and coalesce(valid_to, $day)
        order by parameter, monitored_class nulls first""",
        {"scheme": scheme, "day": day},
    )


def score(
    source: Source, day: date, values: Mapping[str, float | None], scheme: str
) -> dict[str, tuple[float, float | None]]:
    """Points of each KPI that a scheme weighs on a day: the most there are, and those reached.

    Points are weight × value, none below the scheme's floor of that KPI (exactly at the floor counts), and None where
    the value is not known: a missing source is not a failed unit.
    """
    told = dict(thresholds(source, day, scheme)[["parameter", "parameter_value"]].itertuples(index=False, name=None))
    found: dict[str, tuple[float, float | None]] = {}
    for parameter, weight in told.items():
        if not parameter.startswith("weight_"):
            continue
        name = parameter.removeprefix("weight_")
        value = values.get(name)
        reached = None if value is None else 0.0 if value < told.get(f"floor_{name}", 0) else weight * value
        found[name] = (float(weight), reached)
    return found
