"""KPIs of vehicle monitoring, once: what is counted, by what it is divided, with which thresholds and on whose word.

Counts lie in the marts of ``TABLES``, and no ratio is stored. A KPI of a period is first taken for each vehicle (a
vehicle that was online on any of thirty days is one vehicle online, its kilometres and alarms add up), then numerators
and denominators are added up over the vehicles of an enterprise, a county or the city and divided once.
They are about 两客一危 (``MONITORED``: handbook 6.1, 考核管理办法 art. 2); buses and taxis count only when asked for.
Links and post checks are of platforms and enterprises: they know neither vehicle nor class.

Alarms and post checks have a time allowed. What may still be done in time at the last instant that the extract tells of
is in no denominator, so that nobody is late for the alarms of the last minutes. An alarm is of the period in which its
time ended (``ALARM_DAY``): 处置率 is handled in the time allowed ÷ alarms that had to be handled (handbook 6.3), which
is settled then.

Formulas follow the domain handbook 6.3. Most are not published in full: ``confidence`` says how well each is known (C1
read in a primary text, C2 in a secondary source, M+ M- P not verified), and ``thresholds`` says the same of each number
used. Both belong beside the figure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from warehouse.metrics import Source
from warehouse.parameters import Parameter

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Kpi:
    """``numerator`` and ``denominator`` are SQL aggregates over the rows of ``table`` (``day``) of one vehicle, or of
    one unit where the table knows no vehicles; whole numbers.

    The value is numerator ÷ ``per`` ÷ denominator, in ``unit_…`` (empty: a share, 1 = 100 %). ``parameters`` names rows
    of ``seeds.kpi_scheme``; ``good`` says which way is better.
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
    table: str = "mart.vehicle_day"


@dataclass(frozen=True)
class Table:
    """A mart that KPIs are counted in. ``rows``: the rows of a period, called ``day``, with ``{of_classes}`` where the
    classes of vehicles are asked for. ``levels``: those whose units it names; at others its KPIs have no value."""

    rows: str
    levels: tuple[str, ...]
    has_vehicles: bool = True


ALARM_DAY = "case when {alarm}.due_at <= {until} then cast({alarm}.due_at as date) else {alarm}.event_date end"
"""The day that an alarm counts on, in SQL: that on which its time ended, as only then it can be told whether it was
handled in time; while its time runs, after the last instant ``until`` that the extract tells of, the day it began. So
each alarm counts in one period, and what counts in a period that is over stays the same."""

_ALARM_DAY = ALARM_DAY.format(alarm="day", until="extract.known_until")
TABLES = {
    "mart.vehicle_day": Table(
        """from mart.vehicle_day as day
            left join (
                select distinct plate_no, plate_color_code
                from mart.vehicle_day
                where is_registered and valid_point_count > 0 and event_date <= $last
            ) as networked
                on networked.plate_no = day.plate_no and networked.plate_color_code = day.plate_color_code
            where day.is_registered and day.event_date between $first and $last{of_classes}""",
        ("city", "county", "enterprise", "vehicle"),
    ),
    "mart.alarm_handling": Table(
        f"""from mart.alarm_handling as day
            cross join (select max(told_until) as known_until from mart.alarm_handling) as extract
            where day.is_registered and {_ALARM_DAY} between $first and $last{{of_classes}}""",
        ("city", "county", "enterprise", "vehicle"),
    ),
    "mart.platform_link_day": Table(
        "from mart.platform_link_day as day where day.event_date between $first and $last",
        ("city", "enterprise"), has_vehicles=False,
    ),
    "mart.post_check": Table(
        """from mart.post_check as day
            cross join (select max(told_until) as known_until from mart.post_check) as extract
            where day.event_date between $first and $last""",
        ("city", "enterprise"), has_vehicles=False,
    ),
}  # fmt: skip
BESIDE = ("seeds.county", "seeds.kpi_scheme", "staging.enterprise")
"""What is read beside them: thresholds, and names of units."""
_DUE = "day.due_at <= extract.known_until"
_NETWORKED = "max(case when networked.plate_no is not null then 1 else 0 end)"
_ONLINE = "max(case when day.is_online then 1 else 0 end)"
COACHES = ("line_coach", "charter_coach", "tourist_coach")
_COACH = f"day.monitored_class in {COACHES}"
_DANGEROUS = "day.monitored_class = 'dangerous_goods'"
_PLACE = ("latitude_min_deg", "latitude_max_deg", "longitude_min_deg", "longitude_max_deg")
_VALID = (*_PLACE, "valid_speed_max_kmh", "altitude_min_m", "altitude_max_m")
_TRACK = (*_VALID, "drift_kmh", "drift_settled_points")
_NIGHT = ("night_from_h", "night_to_h")
_DRIVING = (*_TRACK, "moving_kmh", "moving_hold_s", "rest_min", "unknown_gap_min")
_FATIGUE = (*_DRIVING, "fatigue_day_h", "fatigue_night_h", *_NIGHT)

MONITORED = (*COACHES, "dangerous_goods")
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
            "platform_connectivity", "平台连通率", "Platform connectivity",
            "sum(day.link_total_ms - day.link_down_ms)", "sum(day.link_total_ms)",
            "（应连通时长 − 断开时长）÷ 应连通时长，以毫秒计；没有记录的平台和日期不计入。仅有全市和企业两级。",
            "Time connected divided by the time there was to be connected, in milliseconds; platforms and days without "
            "a record are left out. Of the city and of enterprises only.",
            "C2", "up", table="mart.platform_link_day",
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
        Kpi(
            "alarm_handling_rate", "报警处理率", "Alarms handled",
            f"count(case when {_DUE} and day.handled_at is not null then 1 end)", f"count(case when {_DUE} then 1 end)",
            "已处理的报警（不论早晚）÷ 处理时限已过的报警，以时限届满之日归期，每条只计入一期。数据截止时尚在时限内的"
            "不计入；公式未见公布。",
            "Alarms handled, however late, divided by alarms whose time allowed is over. An alarm belongs to the day "
            "on which its time ended, and so to one period. Those that may still be handled in time where the extract "
            "ends are left out. The formula is not published.",
            "P", "up", table="mart.alarm_handling",
        ),
        Kpi(
            "alarm_disposal_in_time", "报警处置率", "Alarms handled in time",
            f"count(case when {_DUE} and day.is_in_time then 1 end)", f"count(case when {_DUE} then 1 end)",
            "在时限内处理的报警（含恰好到期）÷ 处理时限已过的报警，以时限届满之日归期：届满才能判定是否按时，每条只计入"
            "一期。时限为平台随报警报送的设定；公式未见公布。",
            "Alarms handled within the time allowed, inclusive, divided by alarms whose time allowed is over. An alarm "
            "belongs to the day on which its time ended: only then is it settled whether it was in time, and it counts "
            "in one period. The time is the platform's setting, delivered with the alarm. The formula is not "
            "published.",
            "P", "up", table="mart.alarm_handling",
        ),
        Kpi(
            "supervision_rate", "督查督办率", "Late alarms supervised",
            f"count(case when {_DUE} and not day.is_in_time and day.is_supervised then 1 end)",
            f"count(case when {_DUE} and not day.is_in_time then 1 end)",
            "被督办的未按时处理报警 ÷ 未按时处理的报警，以时限届满之日归期；公式未见公布。",
            "Alarms not handled in time that the authority asked the enterprise to handle, divided by alarms not "
            "handled in time, by the day on which their time ended. The formula is not published.",
            "P", "up", table="mart.alarm_handling",
        ),
        Kpi(
            "appeal_rejection_rate", "企业申诉驳回率", "Appeals rejected",
            "count(case when day.appeal_result = 'rejected' then 1 end)",
            "count(case when day.appeal_result in ('upheld', 'rejected') then 1 end)",
            "被驳回的申诉 ÷ 已审核的申诉，待审核的不计入；以报警时限届满之日归期，未届满的以开始日；公式未见公布。",
            "Appeals rejected divided by appeals decided; those pending are left out. An appeal belongs to the day on "
            "which the time of its alarm ended or, while that runs, on which it began. The formula is not published.",
            "P", "down", table="mart.alarm_handling",
        ),
        Kpi(
            "poll_response_rate", "查岗响应率", "Post checks answered in time",
            f"count(case when {_DUE} and day.is_replied_in_time then 1 end)", f"count(case when {_DUE} then 1 end)",
            "在时限内应答的查岗（含恰好到期）÷ 应答时限已过的查岗。时限为发送方的设定。仅有全市和企业两级。",
            "Post checks answered within the time allowed, inclusive, divided by those whose time is over. The time is "
            "the sender's setting. Of the city and of enterprises only.",
            "M+", "up", table="mart.post_check",
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
    source: Source,
    first: date,
    last: date,
    level: str = "city",
    classes: Sequence[str] | None = MONITORED,
    names: Collection[str] = frozenset(KPIS),
) -> pd.DataFrame:
    """Every KPI, or those of ``names``, of every unit of a level over a period: ``kpi``, the unit's columns,
    ``numerator``, ``denominator``, ``value``.

    Vehicles are those of ``classes`` on the day; None: of every class, and those the register gives none.
    ``value`` is None where there is nothing to divide by: no data is no rate of zero. At a level of which a KPI is not
    its numerator and denominator are None too. A vehicle that changed its owner in the period counts with either.
    """
    unit = _unit(level)
    of_classes, asked = _of_classes(classes)
    counts: dict[tuple[Any, ...], dict[str, tuple[int, int]]] = {}
    for name, table in TABLES.items():
        if level not in table.levels:
            continue
        told = [kpi for kpi in KPIS.values() if kpi.table == name and kpi.name in names]
        if not told:
            continue
        period = {"first": first, "last": last}
        frame = source.read(_query(table, told, unit, of_classes), period | asked if table.has_vehicles else period)
        for row in frame.to_dict("records"):
            key = tuple(None if row[column] != row[column] else row[column] for column in unit)
            counts.setdefault(key, {}).update(
                {kpi.name: (int(row[f"numerator_{at}"]), int(row[f"denominator_{at}"])) for at, kpi in enumerate(told)}
            )
    rows: list[dict[str, Any]] = []
    for key in sorted(counts, key=lambda key: [(part is None, part) for part in key]):
        for kpi in (one for one in KPIS.values() if one.name in names):
            # A unit of which a table has no row has nothing counted in it; at a level it does not know nothing can be.
            nothing = (0, 0) if level in TABLES[kpi.table].levels else (None, None)
            above, below = counts[key].get(kpi.name, nothing)
            named = {"kpi": kpi.name, **dict(zip(unit, key, strict=True))}
            rows.append(named | {"numerator": above, "denominator": below, "value": ratio(kpi, above, below)})
    import pandas as pd

    columns = ["kpi", *unit, "numerator", "denominator", "value"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _query(table: Table, told: Sequence[Kpi], unit: tuple[str, ...], of_classes: str) -> str:
    """Numerators and denominators of the KPIs counted in a table, by unit."""
    own = [f"day.{column}" for column in unit]
    grouped = list(dict.fromkeys([*own, "day.plate_no", "day.plate_color_code"])) if table.has_vehicles else own
    taken = [f"{kpi.numerator} as numerator_{at}, {kpi.denominator} as denominator_{at}" for at, kpi in enumerate(told)]
    sums = [
        f"cast(coalesce(sum({side}_{at}), 0) as bigint) as {side}_{at}"
        for at in range(len(told))
        for side in ("numerator", "denominator")
    ]
    by = f"group by {', '.join(unit)}" if unit else ""
    rows = table.rows.format(of_classes=of_classes)
    if not table.has_vehicles:  # the bureau's own platform is of no enterprise
        rows += "".join(f" and {column} is not null" for column in own)
    return f"""with taken as (
            select {", ".join([*grouped, *taken])}
            {rows}
            {f"group by {', '.join(grouped)}" if grouped else ""}
        )
        select {", ".join([*unit, *sums])} from taken {by}"""


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
    """The KPI of these sums in its unit; None without a denominator. Rounded once: equal shares share a rank."""
    if numerator is None or not denominator:
        return None
    return numerator / (kpi.per * denominator)


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


_IN_FORCE = """
select parameter, monitored_class, parameter_value, unit, zh, en, citation_zh, citation_en, confidence
from seeds.kpi_scheme
where kpi_scheme = $scheme and $day between coalesce(valid_from, $day) and coalesce(valid_to, $day)
order by parameter, monitored_class nulls first
"""


def thresholds(source: Source, day: date, scheme: str = "local") -> pd.DataFrame:
    """Rows of a scheme in force on a day, each with its source and how well it is known."""
    return source.read(_IN_FORCE, {"scheme": scheme, "day": day})


def scheme_parameters(source: Source, day: date, scheme: str = "local") -> list[Parameter]:
    """Thresholds of a scheme as parameters; those of one class of vehicles stand beside those of all."""
    return [
        Parameter(
            row["parameter"], row["parameter_value"],
            *(row[name] for name in ("unit", "zh", "en", "citation_zh", "citation_en", "confidence")),
        )
        for row in source.rows(_IN_FORCE, {"scheme": scheme, "day": day})
    ]  # fmt: skip


def of_every_class(source: Source, day: date, scheme: str) -> dict[str, float]:
    """Values of a scheme in force on a day; rows for one class of vehicles have no say where classes are mixed."""
    told = thresholds(source, day, scheme)
    told = told[told["monitored_class"].isna()][["parameter", "parameter_value"]]
    return dict(told.itertuples(index=False, name=None))


def score(
    source: Source, day: date, values: Mapping[str, float | None], scheme: str
) -> dict[str, tuple[float, float | None]]:
    """``points`` of a scheme in force on a day."""
    return points(of_every_class(source, day, scheme), values)


def points(told: Mapping[str, float], values: Mapping[str, float | None]) -> dict[str, tuple[float, float | None]]:
    """Points of each KPI that a scheme weighs by its parameters: the most there are, and those reached.

    Points are weight × value, none below the scheme's floor of that KPI (exactly at the floor counts), and None where
    the value is not known: a missing source is not a failed unit.
    """
    found: dict[str, tuple[float, float | None]] = {}
    for parameter, weight in told.items():
        if not parameter.startswith("weight_"):
            continue
        name = parameter.removeprefix("weight_")
        value = values.get(name)
        reached = None if value is None else 0.0 if value < told.get(f"floor_{name}", 0) else weight * value
        found[name] = (float(weight), reached)
    return found
