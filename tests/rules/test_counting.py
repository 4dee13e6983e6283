# ruff: noqa: E501  (tables)
"""What is counted once, what is counted beside it, and how no data differs from no violations."""

import duckdb

from warehouse import sql
from warehouse.columns import Column
from warehouse.raw import RawTable


def test_a_day_of_a_site_adds_up(model):
    model(
        "mart.overload_daily",
        given={
            "core.passage": """
                record_id | passed_date | site_code | county_code | axle_class | gross_vehicle_weight_kg | verdict | excess_kg | excess_ratio | excess_band | evidence_ok | flags
                a         | 2026-03-01  | YZ01      | 431103      | 6+         | 49000                   | within  | 0         |              |             | true        | ''
                b         | 2026-03-01  | YZ01      | 431103      | 6+         | 63700                   | over    | 14700     | 0.3          | 30-50       | true        | ''
                c         | 2026-03-01  | YZ01      | 431103      | 6+         | 50000                   | over    | 1000      | 0.02         | le5         | false       | E-SPEED,R-PLATE
                d         | 2026-03-01  | YZ01      | 431103      | 6+         |                         | review  |           |              |             | false       | R-ZERO,V-NOWEIGHT
                e         | 2026-03-01  | YZ01      | 431103      | 2          | 3000                    | within  | 0         |              |             | false       | E-NOPLATE
                f         | 2026-03-02  | YZ01      | 431103      | 2          | 3000                    | within  | 0         |              |             | true        | ''
            """
        },
        expect="""
            passed_date | site_code | axle_class | county_code | passage_count | weighed_count | over_count | within_count | review_count | severe_count | flagged_count | evidence_ok_over_count | band_le5_count | band_30_50_count | excess_kg_sum | max_excess_ratio
            2026-03-01  | YZ01      | 6+         | 431103      | 4             | 3             | 2          | 1            | 1            | 1            | 2             | 1                      | 1              | 1                | 15700         | 0.3
            2026-03-01  | YZ01      | 2          | 431103      | 1             | 1             | 0          | 1            | 0            | 0            | 0             | 0                      | 0              | 0                | 0             |
            2026-03-02  | YZ01      | 2          | 431103      | 1             | 1             | 0          | 1            | 0            | 0            | 0             | 0                      | 0              | 0                | 0             |
        """,
    )


def test_a_silent_site_is_a_row_not_a_gap(model):
    """In service and nothing came: silent. Not in service: no row. Night not over: no verdict on silence.
    Ten hours in a row without a record: partial."""
    hours = "\n".join(f"YZ03 | 2026-03-01 {hour:02d}:30:00 | 2" for hour in (0, 6, 12, 18, 23))
    model(
        "mart.site_day",
        given={
            "raw.build_day": """
                event_date | is_closed
                2026-03-01 | true
                2026-03-02 | false
            """,
            "staging.wim_site": """
                site_code | county_code | valid_from | valid_to
                YZ01      | 431103      | 2026-01-01 |
                YZ02      | 431122      | 2026-01-01 | 2026-02-28
                YZ03      | 431122      | 2026-01-01 | 2026-03-01
                YZ04      | 431122      | 2026-01-01 | 2026-03-01
            """,
            "staging.wim_passage": f"""
                site_code | passed_at           | axle_count
                {hours}
                YZ04      | 2026-03-01 01:00:00 | 2
                YZ04      | 2026-03-01 12:00:00 | 2
                YZ09      | 2026-03-02 12:00:00 | 2
            """,
        },
        expect="""
            passed_date | site_code | county_code | passage_count | hours_with_data | longest_gap_hours | state
            2026-03-01  | YZ01      | 431103      | 0             | 0               | 24                | silent
            2026-03-01  | YZ03      | 431122      | 5             | 5               | 5                 | reporting
            2026-03-01  | YZ04      | 431122      | 2             | 2               | 11                | partial
            2026-03-02  | YZ09      |             | 1             | 1               | 12                | partial
        """,
    )


def test_an_hour_without_trucks_is_data_and_an_hour_missing_is_not(model):
    model(
        "mart.site_day",
        given={
            "raw.build_day": """
                event_date | is_closed
                2026-03-01 | true
            """,
            "staging.fhwa_weight": """
                site_code | passed_at           | record_kind
                99000042  | 2026-03-01 07:00:00 | vehicle
                99000042  | 2026-03-01 07:00:00 | vehicle
                99000042  | 2026-03-01 08:00:00 | hour_empty
                99000042  | 2026-03-01 16:00:00 | hour_missing
            """,
        },
        expect="""
            site_code | passage_count | hours_with_data | longest_gap_hours | state
            99000042  | 2             | 2               | 15                | partial
        """,
    )


def test_of_several_versions_one_is_current_and_the_others_say_why_not():
    """The greatest rank wins whatever the order of arrival; equal content is a repeat, other content superseded."""
    table = RawTable("thing", "event", {"value": Column("value", "INTEGER", "", "")})
    versions = [
        # record, digest, rank, delivery, line
        ("a", "x", "2026-03-01|1", "d1", 2),
        ("a", "x", "2026-03-01|2", "d2", 2),
        ("a", "y", "2026-03-01|0", "d0", 2),
        ("b", "z", "2026-03-01|1", "d1", 3),
        ("c", "w", "2026-03-01|1", "d1", 4),
        ("c", "w", "2026-03-01|1", "d1", 5),
    ]
    expected = {
        ("a", "d1", 2): "current",  # d2 outranks it, but says the same: the time of a copy decides nothing
        ("a", "d2", 2): "repeated",
        ("a", "d0", 2): "superseded",
        ("b", "d1", 3): "current",
        ("c", "d1", 4): "current",
        ("c", "d1", 5): "repeated",
    }
    for arrangement in (versions, versions[::-1]):
        connection = duckdb.connect()
        connection.execute(
            "create table arrived (record_id varchar, row_digest varchar, version_rank varchar, delivery_id varchar,"
            " source_line bigint, byte_offset bigint, flags varchar, event_date date, value integer)"
        )
        connection.executemany("insert into arrived values (?, ?, ?, ?, ?, 0, '', date '2026-03-01', 1)", arrangement)
        sql.create_raw(connection, table, "arrived")
        found = connection.execute("select record_id, delivery_id, source_line, row_fate from raw.thing").fetchall()
        assert {row[:3]: row[3] for row in found} == expected


def test_row_fates_are_counted_per_delivery_day_and_feed(model):
    model(
        "mart.row_fate",
        given={
            "raw.arrived": """
                feed        | delivery_id | event_date | row_fate
                wim_passage | d1          | 2026-03-01 | current
                wim_passage | d1          | 2026-03-01 | current
                wim_passage | d1          | 2026-03-01 | repeated
                wim_passage | d1          | 2026-03-02 | superseded
                wim_site    | d2          | 2026-03-01 | current
            """
        },
        expect="""
            feed        | delivery_id | event_date | current_count | repeated_count | superseded_count
            wim_passage | d1          | 2026-03-01 | 2             | 1              | 0
            wim_passage | d1          | 2026-03-02 | 0             | 0              | 1
            wim_site    | d2          | 2026-03-01 | 1             | 0              | 0
        """,
    )
