"""Seconds the repeat lists of a whole city take: 10,000 over-limit cases a year over three years, in memory.

The cases are drawn over 6,000 vehicles, so that some have many; 1 in 12 has no decision, 1 in 8 is below the ratio.
Prints processor seconds of one list by subject and window, best of three, and what the list holds.
Run: ``python tests/benchmarks/bench_repeat.py``. HENG_BENCH_CASES: cases a year.
"""

import os
import time
from datetime import date
from typing import Any

import duckdb
import pandas as pd

from warehouse import sql
from warehouse.connection import dicts
from warehouse.repeat import SUBJECTS, WINDOWS, Question, standings

CASES = int(os.environ.get("HENG_BENCH_CASES", "10000"))
LAST = date(2026, 12, 31)
VIOLATIONS = """
create table core.violation as
with drawn as (
    select n, hash(n, 1) % 6000 as vehicle, hash(n, 2) % (3 * 365 * 86400) as second_no, hash(n, 3) % 24 as dice,
        hash(n, 4) as noise
    from range(3 * $cases) as numbers(n)
),
dated as (
    select *, timestamp '2024-01-01 00:00:00' + interval 1 second * cast(second_no as bigint) as moment from drawn
)
select
    'M' || lpad(cast(vehicle as varchar), 5, '0') as plate_no, 2 as plate_color_code, moment as violated_at,
    cast(moment as date) as violated_on, 'A' || n as case_no, 'over_mass' as act_code, 'off_site' as detection_mode,
    '431103' as county_code, false as is_elsewhere, 'D' || vehicle % 5000 as driver_no,
    'D' || vehicle % 5000 as driver_certificate_no, 'U' || vehicle % 600 as uscc,
    cast(moment as date) + 3 as filed_on, case when dice > 1 then cast(moment as date) + 20 end as decided_on,
    case when dice = 2 then 'withdrawn' end as ended_state,
    case when dice = 2 then cast(moment as date) + 9 end as ended_on,
    cast(null as date) as earlier_decided_on, cast(null as varchar) as earlier_ended_state,
    cast(null as date) as earlier_ended_on, 'K' || n as check_no, md5(cast(n as varchar))[1:20] as passage_record_id,
    'YZ01' as site_code, 60000 as gross_vehicle_weight_kg, 49000 as limit_kg,
    cast(null as date) as vehicle_decided_on, cast(null as date) as driver_decided_on,
    false as is_decided_by_step,
    cast(null as date) as enterprise_decided_on, cast(null as date) as earlier_vehicle_decided_on,
    cast(null as date) as earlier_driver_decided_on, cast(null as date) as earlier_enterprise_decided_on,
    case when dice in (3, 4, 5) then 0.05 else 0.22 end as excess_ratio, '5' as accuracy_class,
    3000 as allowance_kg, 8000 as excess_after_allowance_kg,
    case when dice in (3, 4, 5) then 0.0 else 0.16 end as excess_ratio_after_allowance,
    cast(null as varchar) as unknown_conditions,
    0.1 as counted_ratio, 0.1 as decided_counted_ratio, cast(null as double) as earlier_decided_counted_ratio,
    '' as flags,
    cast(null as varchar) as permit_no, false as is_permitted,
    false as is_within_limit, cast(null as timestamp) as last_unladen_at,
    md5(cast(n as varchar))[1:20] as record_id, md5('x') as delivery_id, n as source_line
from dated
"""
REGISTERS = (
    "create table staging.vehicle as select 'M' || lpad(cast(n as varchar), 5, '0') as plate_no, 2 as plate_color_code,"
    " 'N' || n % 600 as enterprise_name, date '2019-02-28' + cast(n % 900 as integer) as first_issue_date,"
    " date '2019-01-01' as valid_from, cast(null as date) as valid_to, 'v' || n as record_id from range(40000) as t(n)",
    "create table staging.driver_certificate as select 'D' || n as driver_certificate_no,"
    " date '2018-02-28' + cast(n % 900 as integer) as first_issue_date, date '2018-01-01' as valid_from,"
    " cast(null as date) as valid_to, 'd' || n as record_id from range(50000) as t(n)",
    "create table staging.enterprise as select 'U' || n as uscc, 'N' || n as enterprise_name,"
    " date '2018-02-28' + cast(n as integer) as first_issue_date, date '2018-01-01' as valid_from,"
    " cast(null as date) as valid_to, 'e' || n as record_id from range(600) as t(n)",
)


class City:
    """A ``Source`` over the drawn cases."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(config={"threads": 2})
        sql.load_seeds(self.connection)
        self.connection.execute("create schema core; create schema staging")
        self.connection.execute(VIOLATIONS, {"cases": CASES})
        for query in REGISTERS:
            self.connection.execute(query)

    def read(self, query: str, params: Any = None) -> pd.DataFrame:
        return self.connection.execute(query, params if params is not None else []).df()

    def rows(self, query: str, params: Any = None) -> list[dict[str, Any]]:
        return dicts(self.connection.execute(query, params if params is not None else []))

    constant = rows


def main() -> None:
    city = City()
    print(f"{3 * CASES:,} cases of three years; processor seconds of one list, best of three")
    print("subject     window        seconds  subjects     acts  over the statute's threshold")
    for subject in SUBJECTS:
        for window in WINDOWS:
            best, found = float("inf"), []
            for _ in range(3):
                began = time.process_time()
                found = standings(city, Question(LAST, subject, window))
                best = min(best, time.process_time() - began)
            acts, over = sum(len(one.acts) for one in found), sum(one.tier == "statutory" for one in found)
            print(f"{subject:<12}{window:<14}{best:7.2f}{len(found):10,}{acts:9,}{over:8,}")


if __name__ == "__main__":
    main()
