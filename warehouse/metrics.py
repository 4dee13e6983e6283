"""Every metric, once: what is counted, by what it is divided, and what is left out.

Pages, ``heng explain`` and the definitions page take names, formulas and words from here; the counts
are columns of ``mart.overload_daily`` (or the table a metric names), so a metric is their sum over a
period and a place, and its parts can always be shown beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd


class Source(Protocol):
    """A published snapshot, or tables as known on a day (``warehouse.connection.Reader``)."""

    def read(self, sql: str, params: Any = None) -> pd.DataFrame: ...

    def rows(self, sql: str, params: Any = None) -> list[dict[str, Any]]: ...

    def constant(self, sql: str, params: Any = None) -> list[dict[str, Any]]: ...


_TABLES = """
select table_schema || '.' || table_name as name from information_schema.tables
where table_catalog = current_database()
"""


def tables(source: Source) -> set[str]:
    """What a version holds: one from before an upgrade lacks what came with it."""
    return {row["name"] for row in source.constant(_TABLES)}


def percent(ratio: float) -> str:
    """A share in per cent with two decimals, without the sign; what is short of all is never shown as 100.00."""
    rounded = round(ratio * 100, 2)
    return f"{min(rounded, 99.99) if ratio < 1 else rounded:.2f}"


@dataclass(frozen=True)
class Metric:
    """``numerator`` and ``denominator`` are counted columns of ``table``; ``good`` says which way is better."""

    name: str
    numerator: str
    denominator: str
    good: str
    label_zh: str
    label_en: str
    definition_zh: str
    definition_en: str
    excludes_zh: str
    excludes_en: str
    version: int = 1
    table: str = "mart.overload_daily"


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "overload_rate",
            "over_count",
            "weighed_count",
            "down",
            "超限率",
            "Overload rate",
            "超过当日限值的过车 ÷ 称得总质量的过车。限值按过车当日的法规、轴数和车辆组成确定。",
            "Passages over the limit of their day, divided by passages with a gross weight. The limit follows the law "
            "of the passage's own day, its axle count and kind of vehicle.",
            "没有总质量的过车。待复核的过车计入分母，不计入分子。",
            "Passages without a gross weight. Passages under review count below the line, not above it.",
        ),
        Metric(
            "weighed_count",
            "weighed_count",
            "",
            "none",
            "检测货车",
            "Weighed passages",
            "称得总质量的过车数，重复送达的记录只计一次。",
            "Passages with a gross weight; a record delivered twice counts once.",
            "没有总质量的过车（如称重故障）。",
            "Passages without a gross weight, such as scale faults.",
        ),
        Metric(
            "over_count",
            "over_count",
            "",
            "down",
            "超限",
            "Over the limit",
            "总质量超过可适用的最高限值的过车数，未扣除计量误差；持有当日通行证的也计入，另列持证超限数。",
            "Passages whose gross weight exceeds the highest limit they may be judged by; no measuring allowance is "
            "deducted. Loads under a permit of the day are among them and counted apart, too.",
            "待复核的过车。",
            "Passages under review.",
        ),
        Metric(
            "permitted_count",
            "permitted_count",
            "",
            "none",
            "持证超限",
            "Over under a permit",
            "超过限值、但当日有效的通行证载明该车并覆盖总质量、实测尺寸和所在道路的过车数。它们是测得的超限，不是违法。",
            "Passages over the limit for which a permit of the day names the vehicle and covers weight, measured "
            "dimensions and road. They are over as a measure and no violations.",
            "许可质量低于实测、尺寸超出许可或路线与通行证不符的过车；记录上注明不符之处。",
            "Loads heavier or larger than their permit, or on other roads than it names; their records say which.",
        ),
        Metric(
            "severe_count",
            "severe_count",
            "",
            "down",
            "严重超限",
            "Severely over",
            "超限 30% 及以上的过车数。",
            "Passages over the limit by 30 % or more.",
            "待复核的过车。",
            "Passages under review.",
        ),
        Metric(
            "review_count",
            "review_count",
            "",
            "down",
            "待复核",
            "Under review",
            "无法认定的过车数：总质量、轴数、车辆组成或适用条款未知，或总质量在两个可能的限值之间。",
            "Passages that cannot be judged: weight, axle count, kind of vehicle or rule unknown, or the weight lies "
            "between two limits that may apply.",
            "已认定为超限或未超限的过车。",
            "Passages judged over or within the limit.",
        ),
        Metric(
            "flagged_share",
            "flagged_count",
            "passage_count",
            "down",
            "存疑占比",
            "Flagged share",
            "入库时存疑（车牌、轴荷、设备状态等）的过车 ÷ 全部过车。",
            "Passages that landing doubted (plate, axle loads, device status and the like), divided by all passages.",
            "被隔离的行，它们没有入库。",
            "Quarantined rows; they were not accepted.",
        ),
        Metric(
            "site_reporting_rate",
            "reporting_count",
            "site_day_count",
            "up",
            "站点在线率",
            "Site reporting rate",
            "数据完整的站·日 ÷ 在用的站·日。",
            "Site-days that reported, divided by site-days in service.",
            "未在用的站点。缺数较长（部分）和无数据（静默）的站·日计入分母。",
            "Sites out of service. Partial and silent site-days count below the line.",
            table="mart.site_day",
        ),
        Metric(
            "quarantined_share",
            "quarantined_rows",
            "delivered_rows",
            "down",
            "隔离占比",
            "Quarantined share",
            "被隔离的行 ÷ 送达的行，按数据所属的最后一日计入期间。",
            "Quarantined rows divided by delivered rows, of deliveries whose last day lies in the period.",
            "整批停止的交付；按县区或站点筛选不起作用。",
            "Deliveries stopped as a whole; county and site do not narrow it.",
            table="meta.delivery",
        ),
    )
}

_PLACE = (
    "and county_code is not distinct from coalesce($county, county_code) and site_code = coalesce($site, site_code)"
)
_COUNTED = {
    "mart.overload_daily": "select {columns} from {rows} where passed_date between $first and $last " + _PLACE,
    "mart.site_day": "select {columns} from (select *, case when state = 'reporting' then 1 else 0 end as"
    " reporting_count, 1 as site_day_count from {rows}) as site_day where passed_date between $first and $last "
    + _PLACE,
    # The place is named without narrowing: a delivery carries many sites.
    "meta.delivery": "select {columns} from {rows} where state = 'landed' and last_event_date between $first and"
    " $last and coalesce($county, '') = coalesce($county, '') and coalesce($site, '') = coalesce($site, '')",
}


def counting(table: str, columns: str, rows: str | None = None) -> str:
    """SQL: ``columns`` of the rows of a metric's table in a period and place ($first, $last, $county, $site).

    ``rows``: a relation with the table's columns that stands in its stead.
    """
    return _COUNTED[table].format(columns=columns, rows=rows or table)


def compute(
    source: Source, name: str, first: date, last: date, county: str | None = None, site: str | None = None
) -> dict[str, Any]:
    """A metric over a period and place: ``value``, both counts, and how it reads (``formula``, ``shown``).

    ``value`` is None where nothing was counted to divide by: no data is not a rate of zero.
    """
    metric = METRICS[name]
    columns = [metric.numerator, *([metric.denominator] if metric.denominator else [])]
    sums = ", ".join(f"cast(coalesce(sum({column}), 0) as bigint) as {column}" for column in columns)
    asked = {"first": first, "last": last, "county": county, "site": site}
    row = source.read(counting(metric.table, sums), asked).iloc[0]
    above = int(row[metric.numerator])
    if not metric.denominator:
        return {
            "value": above,
            "numerator": above,
            "denominator": None,
            "formula": metric.numerator,
            "shown": f"{above:,}",
        }
    below = int(row[metric.denominator])
    value = above / below if below else None
    return {
        "value": value,
        "numerator": above,
        "denominator": below,
        "formula": f"{metric.numerator} {above:,} ÷ {metric.denominator} {below:,}",
        "shown": "no data" if value is None else f"{value:.2%}",
    }
