"""Invented weigh-in-motion passages in the platform's own layout, as many as a benchmark wants."""

from datetime import date
from pathlib import Path

import duckdb

from etl.feeds import FEEDS


def write_csv(path: Path, rows: int, first_day: date, days: int = 1, seed: int = 1) -> None:
    """A delivery of ``rows`` passages spread over ``days``; no faults, five and six axles among two to six."""
    loads = [
        f"case when axles >= {axle} then cast(2000 + (hash(i, {axle}, {seed}) % 9000) as integer) end"
        for axle in range(1, 9)
    ]
    spacings = [
        f"case when axles > {axle} then round(1.2 + (hash(i, {axle}, {seed}, 7) % 500) / 100.0, 2) end"
        for axle in range(1, 8)
    ]
    gross = " + ".join(f"coalesce({load}, 0)" for load in loads)
    values = {
        "check_no": f"'YZ' || lpad(cast(1 + site as varchar), 2, '0') || '-{seed}-' || i",
        "site_code": "'YZ' || lpad(cast(1 + site as varchar), 2, '0')",
        "lane_code": "cast(1 + hash(i, 3) % 4 as varchar)",
        "direction": "case when hash(i, 4) % 2 = 0 then 'up' else 'down' end",
        "passed_at": "strftime(at_time, '%Y-%m-%d %H:%M:%S')",
        "uploaded_at": "strftime(at_time + interval 90 seconds, '%Y-%m-%d %H:%M:%S')",
        "plate_no": "case when hash(i, 5) % 12 > 0 then '湘M' || cast(10000 + hash(i, 6) % 89999 as varchar) end",
        "plate_color_code": "2",
        "plate_confidence": "round(0.9 + (hash(i, 8) % 100) / 1000.0, 3)",
        "vehicle_class_code": "null",
        "axle_count": "axles",
        "axle_type_code": "null",
        "gross_vehicle_weight_kg": gross,
        **{f"axle_{axle}_load_kg": load for axle, load in enumerate(loads, 1)},
        **{f"axle_{axle}_spacing_m": spacing for axle, spacing in enumerate(spacings, 1)},
        "single_tyre_axle_count": "null",
        "speed_kmh": "round(40 + (hash(i, 9) % 400) / 10.0, 1)",
        "vehicle_length_m": "round(6 + axles * 1.6, 1)",
        "reported_limit_kg": "null",
        "reported_is_over_limit": "null",
        "cross_lane": "0",
        "close_following": "0",
    }
    assert list(values) == FEEDS["wim_passage"].headings
    columns = ", ".join(f"{expression} as {name}" for name, expression in values.items())
    with duckdb.connect() as connection:
        connection.execute(
            f"""copy (select {columns} from (
                select i, hash(i, 1) % 30 as site, 2 + hash(i, 2) % 5 as axles,
                    timestamp '{first_day}'
                        + to_seconds(cast(hash(i, 10, {seed}) % {days * 86400} as bigint)) as at_time
                from range({rows}) as numbers(i))) to '{path}' (header, delimiter ',')"""
        )
