"""A warehouse of invented data in memory, with the tables the pages read and numbers that add up.

Sixty days to 22 November 2026 and the same days a year before, thirty sites in eleven counties.
Everything is drawn from one seed, so a figure in a test stays the same. Known things are planted:

* YZ07 sends nothing on 14 and 15 November; YZ05 and YZ22 send nothing on the last day.
* YZ30 is in service from 1 November only, and weighs fewer vehicles than a ranking asks for.
* One motorway feed has a site that no register knows, so its rows have no county.
* The vehicles of ``violation_rows`` were weighed and have cases on days before these sixty.
* The last night brings one file of passages, its bytes once more, and a warning; most feeds bring nothing ever.
"""

from datetime import date, datetime, timedelta

import case_fixture
import compliance_fixture
import duckdb
import finding_fixture
import hazard_fixture
import numpy as np
import pandas as pd
import repeat_fixture
import risk_fixture
import source_fixture
import supervision_fixture
import vehicle_fixture
from landed import Tables
from violation_rows import Violations

from etl.feeds import raw_tables
from warehouse import sql
from warehouse.head import META
from warehouse.night import Book, nights

LAST_DAY = date(2026, 11, 22)
NEXT_DAY = date(2026, 11, 23)
DAYS = 60
SITE_COUNT = 30

COUNTIES = [  # county_code, name_zh, name_en, tile_col, tile_row
    ("431122", "东安县", "Dong'an", 0, 0),
    ("431103", "冷水滩区", "Lengshuitan", 1, 0),
    ("431181", "祁阳市", "Qiyang", 2, 0),
    ("431102", "零陵区", "Lingling", 1, 1),
    ("431123", "双牌县", "Shuangpai", 1, 2),
    ("431126", "宁远县", "Ningyuan", 2, 2),
    ("431128", "新田县", "Xintian", 3, 2),
    ("431124", "道县", "Daoxian", 1, 3),
    ("431127", "蓝山县", "Lanshan", 2, 3),
    ("431125", "江永县", "Jiangyong", 0, 4),
    ("431129", "江华瑶族自治县", "Jianghua", 1, 4),
]
COUNTY_RATE = dict(
    zip(
        [row[0] for row in COUNTIES],
        [0.026, 0.037, 0.025, 0.027, 0.030, 0.026, 0.013, 0.053, 0.016, 0.043, 0.047],
        strict=True,
    )
)
SITE_COUNTY = [
    "431122",
    "431122",
    "431103",
    "431103",
    "431103",
    "431103",
    "431102",
    "431102",
    "431181",
    "431181",
    "431181",
    "431123",
    "431123",
    "431102",
    "431123",
    "431128",
    "431124",
    "431124",
    "431124",
    "431124",
    "431125",
    "431125",
    "431126",
    "431126",
    "431126",
    "431127",
    "431129",
    "431129",
    "431129",
    "431128",
]
ROADS = [
    "G322",
    "S231",
    "G322",
    "S346",
    "G207",
    "G207",
    "S231",
    "G207",
    "S231",
    "G322",
    "S231",
    "G207",
    "S216",
    "G322",
    "G322",
]

LIMITS = [  # rule_id, valid_from, axles min/max, kind, drive, limit, confidence
    ("L2004-2", None, date(2016, 9, 20), 2, 2, "any", "any", 20000, "M+"),
    ("M2R", date(2016, 9, 21), None, 2, 2, "rigid", "any", 18000, "C2"),
    ("M3R", date(2016, 9, 21), None, 3, 3, "rigid", "any", 25000, "C2"),
    ("M3C", date(2016, 9, 21), None, 3, 3, "combination", "any", 27000, "C2"),
    ("M4R", date(2016, 9, 21), None, 4, 4, "rigid", "any", 31000, "C2"),
    ("REG", date(2016, 9, 21), None, 1, None, "agricultural", "any", None, "C2"),
    ("M4C", date(2016, 9, 21), None, 4, 4, "combination", "any", 36000, "C2"),
    ("M5C", date(2016, 9, 21), None, 5, 5, "combination", "any", 43000, "C2"),
    ("M6C", date(2016, 9, 21), None, 6, None, "combination", "tandem", 49000, "C2"),
    ("M6C-1", date(2016, 9, 21), None, 6, None, "combination", "single", 46000, "M+"),
]
BAND_EDGES = [0.0, 0.05, 0.10, 0.30, 0.50, 1.00, 1.60]
BAND_NAMES = ["le5", "5-10", "10-30", "30-50", "50-100", "gt100"]
BAND_SHARE = [0.145, 0.239, 0.438, 0.107, 0.057, 0.014]


class Fixture(Tables):
    """Answers what a published snapshot does, ``version`` and ``manifest`` too."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, last_day: date) -> None:
        self.connection = connection
        self.version = 12
        self.manifest = {
            "version": 12,
            "data_until": last_day.isoformat(),
            "business_date": last_day.isoformat(),
        }


def _hex(rng: np.random.Generator, count: int, digits: int) -> list[str]:
    return [rng.bytes(digits // 2).hex() for _ in range(count)]


def _sites() -> pd.DataFrame:
    rows = []
    for number in range(1, SITE_COUNT + 1):
        code = f"YZ{number:02d}"
        road = ROADS[(number - 1) % len(ROADS)]
        rows.append(
            {
                "site_code": code,
                "site_name": f"{road} 示例站{number}",
                "site_name_en": f"{road} sample site {number}",
                "county_code": SITE_COUNTY[number - 1],
                "road_code": road,
                "chainage_km": 150 + number * 13.1,
                "latitude": 25.0 + (number % 7) * 0.25,
                "longitude": 111.2 + (number % 5) * 0.2,
                "valid_from": date(2026, 11, 1) if number == SITE_COUNT else date(2024, 1, 1),
                "valid_to": None,
            }
        )
    return pd.DataFrame(rows)


def _expected(sites: pd.DataFrame, days: list[date]) -> pd.DataFrame:
    """Which site should have sent data on which day, and how it did."""
    rows = []
    for day in days:
        for site in sites.itertuples():
            if day < site.valid_from:
                continue
            silent = (site.site_code == "YZ07" and date(2026, 11, 14) <= day <= date(2026, 11, 15)) or (
                site.site_code in ("YZ05", "YZ22") and day == LAST_DAY
            )
            partial = site.site_code == "YZ12" and day in (date(2026, 11, 9), date(2026, 10, 3))
            state = "silent" if silent else "partial" if partial else "reporting"
            rows.append((day, site.site_code, site.county_code, state))
    return pd.DataFrame(rows, columns=["passed_date", "site_code", "county_code", "state"])


def _passages(rng: np.random.Generator, expected: pd.DataFrame, deliveries: dict[date, str]) -> pd.DataFrame:
    live = expected[expected["state"] != "silent"]
    weight = {f"YZ{n:02d}": 0.5 + ((n * 7) % 11) / 8 for n in range(1, SITE_COUNT + 1)}
    weight["YZ30"] = 0.12
    mean = np.array([31 * weight[code] for code in live["site_code"]])
    mean = np.where(live["state"].eq("partial"), mean * 0.4, mean)
    counts = rng.poisson(mean)
    frame = live.loc[live.index.repeat(counts), ["passed_date", "site_code", "county_code"]].reset_index(drop=True)
    total = len(frame)
    seconds = rng.integers(0, 86400, total)
    frame["passed_at"] = pd.to_datetime(frame["passed_date"]) + pd.to_timedelta(seconds, unit="s")
    axles = rng.choice([2, 3, 4, 5, 6], total, p=[0.3, 0.1, 0.2, 0.08, 0.32])
    combination = (axles >= 5) | ((axles == 3) & (rng.random(total) < 0.2))
    limit = np.select(
        [axles == 2, (axles == 3) & ~combination, axles == 3, axles == 4, axles == 5],
        [18000, 25000, 27000, 31000, 43000],
        49000,
    )
    rule = np.select(
        [axles == 2, (axles == 3) & ~combination, axles == 3, axles == 4, axles == 5],
        ["M2R", "M3R", "M3C", "M4R", "M5C"],
        "M6C",
    )
    trend = np.where(pd.to_datetime(frame["passed_date"]) < datetime(2026, 1, 1), 1.25, 1.0)
    trend = trend * np.where(pd.to_datetime(frame["passed_date"]) >= datetime(2026, 11, 1), 0.9, 1.05)
    probability = frame["county_code"].map(COUNTY_RATE).to_numpy() * trend
    over = rng.random(total) < probability
    band = rng.choice(6, total, p=BAND_SHARE)
    low, high = np.array(BAND_EDGES)[band], np.array(BAND_EDGES)[band + 1]
    ratio = low + (high - low) * (0.001 + 0.998 * rng.random(total))
    gross = np.where(over, np.ceil(limit * (1 + ratio)), limit * (0.3 + 0.69 * rng.random(total))).astype(int)
    gross = gross // 10 * 10
    unknown = rng.random(total) < 0.004
    no_weight = rng.random(total) < 0.006
    frame["axle_count"] = axles
    frame["axle_class"] = np.where(axles >= 6, "6+", axles.astype(str))
    frame["gross_vehicle_weight_kg"] = pd.array(gross, dtype="Int64")
    frame.loc[no_weight, "gross_vehicle_weight_kg"] = pd.NA
    excess = gross - limit
    verdict = np.where(unknown | no_weight, "review", np.where(excess > 0, "over", "within"))
    frame["verdict"] = verdict
    frame["limit_kg"] = pd.array(limit, dtype="Int64")
    frame.loc[unknown, "limit_kg"] = pd.NA
    frame["limit_low_kg"] = frame["limit_kg"]
    frame["rule_id"] = np.where(unknown, None, rule)
    is_over = verdict == "over"
    frame["excess_kg"] = pd.array(np.where(is_over, excess, 0), dtype="Int64")
    frame.loc[~is_over, "excess_kg"] = pd.NA
    frame["excess_ratio"] = np.where(is_over, excess / limit, np.nan)
    bands = pd.cut(frame["excess_ratio"], [*BAND_EDGES[:-1], 9.0], labels=BAND_NAMES, right=False).astype(object)
    frame["excess_band"] = bands.where(bands.notna(), None)
    flag = np.where(no_weight, "V-NOWEIGHT", np.where(unknown, "V-KIND", ""))
    plateless = rng.random(total) < 0.05
    flag = np.where((flag == "") & plateless, "R-UNREAD", flag)
    flag = np.where((flag == "") & (rng.random(total) < 0.01), "R-AXLES", flag)
    frame["flags"] = flag
    letters = np.array(list("ABCDEFGHJK"))
    numbers = rng.integers(0, 100000, total)
    head = letters[rng.integers(0, len(letters), total)]
    frame["plate_no"] = [
        None if missing else f"湘M{a}{n:05d}"[:7] for missing, a, n in zip(plateless, head, numbers, strict=True)
    ]
    frame["plate_color_code"] = 2
    frame["record_id"] = _hex(rng, total, 20)
    frame["delivery_id"] = frame["passed_date"].map(deliveries)
    frame["source_line"] = frame.groupby("passed_date").cumcount() + 2
    frame["byte_offset"] = frame["source_line"] * 212
    frame["speed_kmh"] = np.round(30 + 40 * rng.random(total), 1)
    shares = [rng.dirichlet(np.full(n, 9.0)) for n in axles]
    loads = []
    for share, weight_kg, missing in zip(shares, gross, no_weight, strict=True):
        if missing:
            loads.append(None)
            continue
        axle = (share * weight_kg // 10 * 10).astype(int)
        axle[-1] += weight_kg - axle.sum()
        loads.append([int(load) for load in axle])
    frame["axle_loads_kg"] = loads
    frame["axle_spacings_m"] = [[3.6] + [1.35] * (n - 2) if n > 1 else [] for n in axles]
    frame["vehicle_kind"] = np.where(unknown, None, np.where(combination, "combination", "rigid"))
    return frame


def _core(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, motorway_delivery: str) -> None:
    con.register("made", frame)
    con.execute(
        """
        create table core.passage as
        select record_id, 'wim_passage' as feed, delivery_id, source_line, byte_offset, site_code, county_code,
            '1' as lane_code, case when source_line % 2 = 0 then 'up' else 'down' end as direction,
            passed_at::timestamp as passed_at, passed_date::date as passed_date, plate_no,
            plate_color_code::integer as plate_color_code, 'H1' as vehicle_class_code,
            axle_count::integer as axle_count, axle_class, null::varchar as axle_type_code,
            gross_vehicle_weight_kg::integer as gross_vehicle_weight_kg,
            gross_vehicle_weight_kg::integer as axle_load_sum_kg,
            axle_loads_kg::integer[] as axle_loads_kg, axle_spacings_m::double[] as axle_spacings_m,
            speed_kmh, null::double as vehicle_length_m, vehicle_kind, null::varchar as drive_axle_kind,
            null::integer as single_tyre_axle_count, limit_low_kg::integer as limit_low_kg,
            limit_kg::integer as limit_kg, rule_id,
            case when rule_id = 'M5C' then 'SINGLE-TYRE' end as limit_modifiers, verdict,
            case verdict when 'over' then true when 'within' then false end as is_over_limit,
            excess_kg::integer as excess_kg,
            case when isnan(excess_ratio) then null else excess_ratio end as excess_ratio,
            case when rule_id = 'M6C' then 46000 end as axle_sum_kg,
            case when rule_id = 'M3R' then greatest(gross_vehicle_weight_kg - 24000, 0)::integer end as over_load_kg,
            excess_band, limit_kg::integer as reported_limit_kg,
            case verdict when 'over' then true when 'within' then false end as reported_is_over_limit,
            'D-' || site_code as device_no, 'JL-' || site_code || '-2026' as certificate_no,
            case when site_code = 'YZ09' then date '2026-11-10' else date '2027-03-18' end as certificate_valid_to,
            case when site_code = 'YZ09' and passed_date > date '2026-11-10' then false
                 when flags <> '' then false else true end as evidence_ok,
            case when site_code = 'YZ09' and passed_date > date '2026-11-10'
                then concat_ws(',', 'E-NOCERT', nullif(flags, '')) else flags end as flags
        from made
        """
    )
    # A motorway export: no plate, no register entry for its site, so no county either.
    con.execute(
        """
        insert into core.passage by name
        select lower(to_hex(i + 1048576)) || '00000000000000f' as record_id, 'motorway_passage' as feed,
            $delivery as delivery_id, i + 2 as source_line, (i + 2) * 90 as byte_offset, 'MW001' as site_code,
            timestamp '2026-11-18 08:00:00' + interval (i) minute as passed_at, date '2026-11-18' as passed_date,
            6 as axle_count, '6+' as axle_class,
            case when i % 40 = 0 then 52000 else 41000 end as gross_vehicle_weight_kg,
            49000 as limit_low_kg, 49000 as limit_kg, 'M6C' as rule_id,
            case when i % 40 = 0 then 'over' else 'within' end as verdict, i % 40 = 0 as is_over_limit,
            case when i % 40 = 0 then 3000 end as excess_kg, case when i % 40 = 0 then 3000 / 49000 end as excess_ratio,
            case when i % 40 = 0 then '5-10' end as excess_band, false as evidence_ok, '' as flags
        from range(200) as made(i)
        """,
        {"delivery": motorway_delivery},
    )


_MART_SQL = """
create table mart.overload_daily as
select passed_date, site_code, axle_class, any_value(county_code) as county_code, count(*) as passage_count,
    count(gross_vehicle_weight_kg) as weighed_count,
    count(*) filter (verdict = 'over') as over_count, 0::bigint as permitted_count,
    count(*) filter (verdict = 'within') as within_count,
    count(*) filter (verdict = 'review') as review_count,
    count(*) filter (excess_band in ('30-50', '50-100', 'gt100')) as severe_count,
    count(*) filter (flags like 'R-%' or flags like '%,R-%') as flagged_count,
    count(*) filter (verdict = 'over' and evidence_ok) as evidence_ok_over_count,
    count(*) filter (excess_band = 'le5') as band_le5_count,
    count(*) filter (excess_band = '5-10') as band_5_10_count,
    count(*) filter (excess_band = '10-30') as band_10_30_count,
    count(*) filter (excess_band = '30-50') as band_30_50_count,
    count(*) filter (excess_band = '50-100') as band_50_100_count,
    count(*) filter (excess_band = 'gt100') as band_gt100_count,
    coalesce(sum(excess_kg), 0)::bigint as excess_kg_sum, max(excess_ratio) as max_excess_ratio
from core.passage group by all;
create table staging.oversize_permit as
select * from (
    values ('P-1', '湘MP0001', 2, date '2026-01-05', date '2026-01-20', 'permit-1')
) as permit(permit_no, plate_no, plate_color_code, valid_from, valid_to, record_id);
create table mart.finding as
select passage.passed_date, record_id, feed, cast(source_line as varchar) as check_no, passed_at, site_code,
    county_code, plate_no, plate_color_code, axle_count, gross_vehicle_weight_kg, limit_low_kg, limit_kg, excess_kg,
    excess_ratio,
    case when site_code <> 'YZ09' then greatest(excess_kg - ceil(gross_vehicle_weight_kg * 0.05), 0) else excess_kg end
        / limit_kg as excess_ratio_after_allowance,
    rule_id, limit_modifiers, axle_sum_kg, 0.1::double as counted_ratio,
    excess_ratio_after_allowance > 0.1 as is_above_counted_ratio,
    case when site_code <> 'YZ09' then '5' end as accuracy_class,
    case when site_code <> 'YZ09' then ceil(gross_vehicle_weight_kg * 0.05)::integer end as allowance_kg,
    case when site_code <> 'YZ09' then greatest(excess_kg - ceil(gross_vehicle_weight_kg * 0.05), 0)::integer end
        as excess_after_allowance_kg,
    over_load_kg, case when source_line % 7 = 0 then gross_vehicle_weight_kg - 120 end as recheck_mass_kg,
    concat_ws(',', nullif(flags, ''), case when site_code = 'YZ09' then 'V-NOCLASS' end) as flags, evidence_ok,
    concat_ws(',', case when site_code = 'YZ09' then 'U-ACCEL' end, 'U-IMAGE', 'U-SITE') as unknown_conditions,
    device_no, certificate_no,
    case source_line % 5 when 0 then 'P-2' when 1 then 'P-3' end as permit_no,
    case source_line % 5 when 0 then gross_vehicle_weight_kg + 1000 when 1 then gross_vehicle_weight_kg - 1000 end
        as permitted_mass_kg,
    case source_line % 5 when 0 then 'covered' when 1 then 'exceeds_mass' end as permit_state,
    source_line % 5 = 0 as is_permitted
from core.passage as passage where verdict = 'over';
create table mart.site_day as
select e.passed_date::date as passed_date, e.site_code, e.county_code, coalesce(n.passages, 0) as passage_count,
    case e.state when 'silent' then 0 when 'partial' then 11 else 24 end as hours_with_data,
    coalesce(n.weighed, 0) as weighed_count, e.state
from expected as e
left join (
    select passed_date, site_code, count(*) as passages, count(gross_vehicle_weight_kg) as weighed
    from core.passage group by all
) as n on n.passed_date = e.passed_date and n.site_code = e.site_code;
-- YZ02's own test is 6 % off since 12 days, YZ03's trucks weigh 4.5 % too much since 10, YZ04 is re-weighed 7 % off.
create table mart.scale_day as
select e.passed_date::date as passed_date, e.site_code, e.county_code, '1' as lane_code,
    'D-' || e.site_code as device_no,
    'JL-' || e.site_code || '-2026' as certificate_no,
    case when e.site_code = 'YZ09' then date '2026-11-10' else date '2027-03-18' end as certificate_valid_to,
    '5' as accuracy_class, 0.05::double as max_error_ratio, 60::bigint as weighed_count, 40::bigint as reference_count,
    round(40 * load)::bigint as steering_load_sum_kg,
    round(40 * load * load * 1.0036)::bigint as steering_load_square_sum,
    case when e.site_code = 'YZ04' then 1 else 0 end::bigint as recheck_count,
    case when e.site_code = 'YZ04' then 70000 + day(e.passed_date::date) % 3 * 2000 else 0 end::bigint
        as recheck_error_sum_ppm,
    case when e.site_code = 'YZ04' then (70000 + day(e.passed_date::date) % 3 * 2000) ** 2 else 0 end::bigint
        as recheck_error_square_sum,
    case when e.site_code = 'YZ02' and is_late(e.passed_date::date, 12) then 0.06 else 0.001 end::double
        as reference_deviation_ratio
from (
    select *,
        6200.0::double
        * (1 + case when site_code = 'YZ03' and is_late(passed_date::date, 10) then 0.045 else 0 end::double)
        * (1 + (day(passed_date::date) % 3 - 1) * 0.002::double) as load
    from expected where state <> 'silent'
) as e;
create table mart.row_fate as
select delivery_id, passed_date as event_date, feed, count(*) as current_count, 3 as repeated_count,
    1 as superseded_count
from core.passage group by all;
"""


def make(last_day: date = LAST_DAY) -> Fixture:
    """The whole fixture; tests share one."""
    rng = np.random.default_rng(431100)
    con = duckdb.connect(":memory:", config={"threads": 1})
    for schema in ("core", "mart", "meta", "staging", "seeds"):
        con.execute(f"create schema {schema}")
    days = [last_day - timedelta(days=back) for back in range(DAYS)]
    days += [day.replace(year=day.year - 1) for day in days]
    days.sort()
    sites = _sites()
    expected = _expected(sites, days)
    deliveries = dict(zip(days, _hex(rng, len(days), 64), strict=True))
    motorway_delivery = _hex(rng, 1, 64)[0]
    _core(con, _passages(rng, expected, deliveries), motorway_delivery)
    con.register("expected", expected)
    con.execute(f"create macro is_late(day, days) as day > date '{last_day}' - days")
    con.execute(_MART_SQL)
    con.execute("drop macro is_late")
    _registers(con, sites)
    _seeds(con)
    _rulebook(con)
    _meta(con, days, deliveries, motorway_delivery)
    vehicle_fixture.add(con, last_day, [code for code, *_ in COUNTIES])
    finding_fixture.add(con, last_day)
    repeat_fixture.add(con, last_day)
    case_fixture.add(con, last_day)
    hazard_fixture.add(con, last_day)
    risk_fixture.add(con, last_day)
    supervision_fixture.add(con, last_day, [code for code, *_ in COUNTIES])
    Violations().copy_to(con)
    # Who stands in the line of repeat offenders, by the acts of all of them.
    con.execute(f"insert into core.vehicle_violation_span {sql.render('core.vehicle_violation_span').sql}")
    compliance_fixture.add(con, last_day)
    source_fixture.add(con, last_day)
    return Fixture(con, last_day)


def _registers(con: duckdb.DuckDBPyConnection, sites: pd.DataFrame) -> None:
    con.register("sites", sites)
    con.execute(
        """
        create table staging.wim_site as select * replace (valid_from::date as valid_from, valid_to::date as valid_to)
        from sites;
        create table staging.wim_device as
        select 'D-' || site_code as device_no, site_code, '示例厂' as manufacturer, 'M1' as model,
            '5' as accuracy_class, date '2024-01-01' as valid_from, null::date as valid_to from sites;
        create table staging.verification_certificate as
        select 'JL-' || site_code || '-2026' as certificate_no, 'D-' || site_code as device_no, '5' as accuracy_class,
            0.5 as speed_min_kmh, 100.0 as speed_max_kmh, date '2026-03-19' as verified_on,
            date '2026-03-19' as valid_from,
            case when site_code = 'YZ09' then date '2026-11-10' else date '2027-03-18' end as valid_to,
            '示例计量院' as issued_by, repeat('ab', 32) as delivery_id, 2 as source_line
        from sites;
        """
    )


def _seeds(con: duckdb.DuckDBPyConnection) -> None:
    _real_seeds(
        con, "seeds.parameter", "seeds.accuracy_class", "seeds.void_code", "seeds.alert_rule", *case_fixture.SEEDS
    )
    con.execute(
        "create table seeds.county (county_code varchar, name_zh varchar, name_en varchar, tile_col integer, "
        "tile_row integer, valid_from date, valid_to date)"
    )
    con.executemany("insert into seeds.county values (?, ?, ?, ?, ?, date '2021-01-20', null)", COUNTIES)
    con.execute(
        "create table seeds.gross_weight_limit (rule_id varchar, valid_from date, valid_to date, "
        "axle_count_min integer, axle_count_max integer, vehicle_kind varchar, drive_axle_kind varchar, "
        "limit_kg integer, confidence varchar, citation_zh varchar, citation_en varchar)"
    )
    con.executemany(
        "insert into seeds.gross_weight_limit values (?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "'《超限运输车辆行驶公路管理规定》第三条', 'Rules on over-limit vehicles on highways, art. 3')",
        LIMITS,
    )
    con.execute(
        """
        create table seeds.gross_weight_modifier as
        select 'AXLE-SUM' as modifier_id, date '2016-09-21' as valid_from, null::date as valid_to,
            2 as axle_count_min, null::integer as axle_count_max, 'any' as vehicle_kind, null::integer as amount_kg,
            '轴荷之和' as zh, 'axle loads' as en, '第三条第二款' as citation_zh, 'art. 3(2)' as citation_en,
            'M+' as confidence
        union all
        select 'SINGLE-TYRE' as modifier_id, date '2016-09-21' as valid_from, null::date as valid_to,
            3 as axle_count_min, null::integer as axle_count_max, 'any' as vehicle_kind, -3000 as amount_kg,
            '单胎轴核减' as zh, 'single-tyred axles' as en, '第三条第二款' as citation_zh, 'art. 3(2)' as citation_en,
            'C2' as confidence
        """
    )
    con.execute(
        """
        create table seeds.reason (
            reason varchar, outcome varchar, zh varchar, en varchar, next_step_zh varchar, next_step_en varchar
        );
        insert into seeds.reason values
            ('U-IMAGE', 'unknown', '没有送达图像和视频，是否齐全清晰未知', 'No pictures are delivered', '', ''),
            ('D-COLUMNS', 'stop', '列缺失或未声明', 'missing or unknown column', '在数据声明中映射', 'map it'),
            ('R-RANGE', 'quarantine', '数值超出可能范围', 'a value outside its range', '请对方更正', 'ask the sender'),
            ('R-KEY', 'quarantine', '缺少主键字段', 'a key field is missing', '请对方更正', 'ask the sender'),
            ('R-AXLES', 'quarantine', '轴荷个数与轴数不符', 'loads and count disagree', '检查设备', 'check it'),
            ('R-AXLES', 'flag', '轴荷合计与总重不符', 'loads and weight disagree', '核对设备', 'check the device'),
            ('R-WRAP', 'warning', '设备计数器重新计数', 'the counter began again', '无需处理', 'nothing'),
            ('R-UNREAD', 'flag', '车牌未识别', 'the plate was not read', '核对相机', 'check the camera'),
            ('E-NOCERT', 'evidence', '没有有效的检定证书', 'no valid certificate', '核对检定证书', 'check it'),
            ('V-NOCLASS', 'verdict', '没有可用的准确度等级', 'no class known', '补充等级', 'complete it'),
            ('V-NOWEIGHT', 'verdict', '没有总重', 'no gross weight', '核对设备', 'check the device'),
            ('V-KIND', 'verdict', '车辆组成未知', 'unknown kind of vehicle', '补充登记', 'register it')
        """
    )


def _rulebook(con: duckdb.DuckDBPyConnection) -> None:
    """The shipped rules as ``mart.rule`` shows them."""
    with duckdb.connect() as made:
        sql.load_seeds(made)
        told = made.execute(sql.render("mart.rule").sql)
        columns = [(name, str(type)) for name, type, *_ in told.description]
        rows = told.fetchall()
    con.execute(f"create table mart.rule ({', '.join(f'{name} {type}' for name, type in columns)})")
    con.executemany(f"insert into mart.rule values ({', '.join('?' * len(columns))})", rows)


def _real_seeds(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    for name in names:
        types = sql.seed_columns()[name]
        path = sql.PROJECT / "seeds" / f"{name.split('.')[1]}.csv"
        cast = ", ".join(f"cast({column} as {type}) as {column}" for column, type in types.items())
        con.execute(f"create table {name} as select {cast} from read_csv('{path}', all_varchar = true)")


def _meta(
    con: duckdb.DuckDBPyConnection, days: list[date], deliveries: dict[date, str], motorway_delivery: str
) -> None:
    rows = con.execute(
        "select delivery_id, count(*) as n, count(*) filter (flags <> '') as flagged from core.passage group by all"
    ).df()
    counts = {row.delivery_id: (int(row.n), int(row.flagged)) for row in rows.itertuples()}
    records = []
    reasons = []
    named = [("wim_passage", day, deliveries[day]) for day in days]
    named += [("motorway_passage", date(2026, 11, 18), motorway_delivery)]
    for feed, day, delivery_id in named:
        accepted, flagged = counts.get(delivery_id, (0, 0))
        quarantined = 4 if day.day % 3 == 0 else 0
        landed = f"{day + timedelta(days=1)} 01:{30 + day.day % 20}:00"
        records.append(
            {
                "delivery_id": delivery_id,
                "feed": feed,
                "name": f"{feed}_{day:%Y%m%d}.csv",
                "size_bytes": accepted * 212,
                "issued_at": f"{day + timedelta(days=1)} 00:30:00",
                "received_at": landed,
                "landed_at": landed,
                "state": "landed",
                "reason": None,
                "message": None,
                "delivered_rows": accepted + quarantined + 4,
                "accepted_rows": accepted + 4,
                "quarantined_rows": quarantined,
                "flagged_rows": flagged,
                "first_event_date": day.isoformat(),
                "last_event_date": day.isoformat(),
            }
        )
        if quarantined:
            reasons += [(delivery_id, "quarantine", "R-RANGE", 3), (delivery_id, "quarantine", "R-KEY", 1)]
        if flagged:
            reasons.append((delivery_id, "flag", "R-UNREAD", flagged))
    register_id = "ab" * 32
    records.append(
        {
            "delivery_id": register_id,
            "feed": "wim_site",
            "name": "wim_site_20261101.csv",
            "size_bytes": 3000,
            "issued_at": "2026-11-01 00:00:00",
            "received_at": "2026-11-01 01:30:00",
            "landed_at": "2026-11-01 01:30:05",
            "state": "landed",
            "reason": None,
            "message": None,
            "delivered_rows": SITE_COUNT,
            "accepted_rows": SITE_COUNT,
            "quarantined_rows": 0,
            "flagged_rows": 0,
            "first_event_date": "2026-11-01",
            "last_event_date": "2026-11-01",
        }
    )
    stopped_id = "cd" * 32
    records.append(
        {
            "delivery_id": stopped_id,
            "feed": "vehicle",
            "name": "vehicle_20261120.csv",
            "size_bytes": 900,
            "issued_at": "2026-11-20 00:00:00",
            "received_at": "2026-11-21 01:30:00",
            "landed_at": None,
            "state": "stopped",
            "reason": "D-COLUMNS",
            "message": "vehicle: vehicle_20261120.csv has unknown columns ['胎压']. Map or ignore them in the feed.",
            "delivered_rows": None,
            "accepted_rows": None,
            "quarantined_rows": None,
            "flagged_rows": None,
            "first_event_date": None,
            "last_event_date": None,
        }
    )
    frame = pd.DataFrame(records)
    con.register("delivery_frame", frame)
    con.execute(
        """
        create table meta.delivery as
        select * replace (issued_at::timestamp as issued_at, received_at::timestamp as received_at,
            landed_at::timestamp as landed_at, delivered_rows::bigint as delivered_rows,
            accepted_rows::bigint as accepted_rows, quarantined_rows::bigint as quarantined_rows,
            flagged_rows::bigint as flagged_rows, first_event_date::date as first_event_date,
            last_event_date::date as last_event_date), null::date as business_date
        from delivery_frame
        """
    )
    con.execute(f"create table meta.feed ({', '.join(f'{name} {type}' for name, type in META['meta.feed'].items())})")
    con.executemany(
        f"insert into meta.feed values ({', '.join('?' for _ in META['meta.feed'])})",
        [[vars(table)[{"feed": "name"}.get(name, name)] for name in META["meta.feed"]] for table in raw_tables()],
    )
    con.execute(
        "create table meta.delivery_reason (delivery_id varchar, outcome varchar, reason varchar, row_count bigint)"
    )
    reasons.append((deliveries[days[-1]], "warning", "R-WRAP", 7))
    con.executemany("insert into meta.delivery_reason values (?, ?, ?, ?)", reasons)
    _night_report(con, days, records, reasons)


def _night_report(
    con: duckdb.DuckDBPyConnection,
    days: list[date],
    records: list[dict[str, object]],
    reasons: list[tuple[str, str, str, int]],
) -> None:
    """The reports as a build makes them, of a night for each day; the last night's file came twice."""
    arrived = sorted(records, key=lambda row: (str(row["received_at"]), str(row["delivery_id"])))
    names = ("delivery_id", "feed", "name", "received_at")
    receipts = [{name: row[name] for name in names} | {"outcome": ""} for row in arrived]
    receipts.append(receipts[-1] | {"outcome": "D-REPEAT"})
    for number, receipt in enumerate(receipts, 1):
        receipt["receipt_no"] = number
    closed = [
        {
            "business_date": day.isoformat(),
            "after_receipt": sum(str(one["received_at"]) < f"{day + timedelta(days=1)} 12" for one in receipts),
        }
        for day in days
    ]
    told = [
        {"delivery_id": delivery, "outcome": outcome, "reason": reason, "row_count": count}
        for delivery, outcome, reason, count in reasons
    ]
    fates = {
        row[0]: row[1:]
        for row in con.execute(
            "select delivery_id, sum(current_count)::bigint, sum(repeated_count)::bigint, "
            "sum(superseded_count)::bigint from mart.row_fate group by delivery_id"
        ).fetchall()
    }
    registers = {str(row["delivery_id"]): (SITE_COUNT, 0, 0) for row in records if row["feed"] == "wim_site"}
    reports = nights(raw_tables(), Book(arrived, receipts, closed, told), {**fates, **registers})
    lines = [line for night in reports if night.business_date for line in night.feeds]
    types = META["meta.night_report"]
    frame = pd.DataFrame({name: pd.Series([line[name] for line in lines], dtype=object) for name in types})
    con.register("night_frame", frame)
    casts = ", ".join(f"{name}::{type} as {name}" for name, type in types.items())
    con.execute(f"create table meta.night_report as select {casts} from night_frame")
    con.executemany(
        "update meta.delivery set business_date = ? where delivery_id = ?",
        [(night.business_date, line["delivery_id"]) for night in reports for line in night.deliveries if line["state"]],
    )
