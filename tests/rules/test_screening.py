# ruff: noqa: E501  (tables)
"""Screenings: which look at a passage a day ends with."""


def test_the_last_look_of_a_day_holds_and_a_number_of_two_sites_is_two_passages(model):
    model(
        "mart.screening",
        given={
            "staging.violation_screening": """
                record_id | screened_date | site_code | check_no | passed_at           | screened_at         | screening_result
                a         | 2026-03-02    | YZ01      | 17       | 2026-03-01 08:00:00 | 2026-03-02 09:00:00 | pending
                b         | 2026-03-02    | YZ01      | 17       | 2026-03-01 08:00:00 | 2026-03-02 10:00:00 | confirmed
                c         | 2026-03-02    | YZ02      | 17       | 2026-03-01 11:00:00 | 2026-03-02 11:00:00 | void
                d         | 2026-03-03    | YZ01      | 17       | 2026-03-01 08:00:00 | 2026-03-03 09:00:00 | void
            """
        },
        expect="""
            screened_date | site_code | check_no | passed_date | screening_result
            2026-03-02    | YZ01      | 17       | 2026-03-01  | confirmed
            2026-03-02    | YZ02      | 17       | 2026-03-01  | void
            2026-03-03    | YZ01      | 17       | 2026-03-01  | void
        """,
    )
