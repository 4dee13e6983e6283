"""A day with one thing of each rule of alerts, and beside each one that is not yet or no more, as plain rows.

``EXPECTED`` says what needs a hand on ``DAY``: rule, subject as it is shown, since, due. Plates and firms are invented.
"""

from datetime import date

from compliance_rows import Registers

from warehouse.alerts import TABLES

DAY = date(2026, 3, 31)
PLATE, SECOND, DRIVER, PERMIT = "湘M54321", "湘M54322", "431100123456", "431100009876"
_TABLES = {
    "mart.case_clock": """
        case_no | clock           | county_code | clock_started_on | clock_due_on | clock_ended_on | clock_result
        C1      | decision        | 431102      | 2025-12-30       | 2026-03-30   |                | open
        C2      | decision        | 431103      | 2025-12-31       | 2026-03-31   |                | open
        C3      | filing          | 431103      | 2026-03-30       | 2026-04-06   |                | open
        C4      | filing          | 431103      | 2026-03-30       | 2026-04-07   |                | open
        C5      | decision        | 431103      | 2025-12-01       | 2026-03-01   | 2026-03-10     | late
        C6      | late_surcharge  | 431103      | 2026-03-01       |              |                | open
        C7      | hearing_request | 431103      | 2026-03-01       | 2026-03-08   |                | open
        C8      | filing          | 431103      | 2026-04-01       | 2026-04-08   |                | open
        C9      | court_enforcement | 431103    | 2025-12-20       | 2026-03-20   |                | open
    """,
    "core.hazard_life": """
        hazard_no | hazard_category_code | county_code | responsible_unit | registered_on | first_due_on
        H1        | HWY                  | 431102      | 示例养护中心     | 2026-01-01    | 2026-03-30
        H2        | ENT                  | 431103      | 示例客运         | 2026-01-01    | 2026-03-31
        H3        | ENT                  | 431103      | 示例客运         | 2026-01-01    | 2026-04-07
        H4        | ENT                  | 431103      | 示例客运         | 2026-01-01    | 2026-04-08
        H5        | ENT                  | 431103      | 示例客运         | 2026-03-30    | 2026-04-05
    """,
    "staging.listing": """
        listing_no | hazard_no | county_code | responsible_unit | listed_on  | due_on     | rechecked_on | delisted_on
        G1         | H1        | 431102      | 示例养护中心     | 2026-02-01 | 2026-03-20 |              |
        G2         | H2        | 431103      | 示例客运         | 2026-02-01 | 2026-03-31 |              |
        G3         | H3        | 431103      | 示例客运         | 2026-02-01 | 2026-03-01 | 2026-03-02   |
        G4         | H4        | 431103      | 示例客运         | 2026-02-01 | 2026-03-01 | 2026-03-02   | 2026-03-03
    """,
    "staging.referral": """
        referral_no | county_code | sent_on    | reply_due_on | replied_on
        R1          | 431102      | 2026-03-01 | 2026-03-30   |
        R2          | 431103      | 2026-03-01 | 2026-03-31   |
        R3          | 431103      | 2026-03-01 | 2026-04-07   |
        R4          | 431103      | 2026-03-01 | 2026-04-08   |
        R5          | 431103      | 2026-03-01 | 2026-03-20   | 2026-03-25
        R6          | 431103      | 2026-03-01 | 2026-03-20   | 2026-04-01
        R7          | 431103      | 2026-04-01 | 2026-04-02   |
    """,
    "mart.site_day": """
        site_code | county_code | passed_date | state
        YZ01      | 431102      | 2026-03-28  | reporting
        YZ01      | 431102      | 2026-03-29  | silent
        YZ01      | 431102      | 2026-03-30  | partial
        YZ01      | 431102      | 2026-03-31  | silent
        YZ02      | 431103      | 2026-03-29  | reporting
        YZ02      | 431103      | 2026-03-30  | silent
        YZ02      | 431103      | 2026-03-31  | reporting
        YZ03      | 431103      | 2026-03-30  | reporting
        YZ03      | 431103      | 2026-03-31  | partial
        YZ04      | 431103      | 2026-03-30  | silent
        YZ06      | 431103      | 2026-03-26  | silent
        YZ06      | 431103      | 2026-03-28  | partial
        YZ06      | 431103      | 2026-03-29  | silent
        YZ06      | 431103      | 2026-03-31  | silent
        YZ05      | 431103      | 2026-04-01  | reporting
    """,
    "mart.scale_day": """
        site_code | county_code | lane_code | passed_date | device_no | reference_deviation_ratio | reference_count
        YZ03 | 431103 | 11 | 2026-03-26 | D3 | 0.1 | 0
        YZ03 | 431103 | 11 | 2026-03-27 | D3 | 0.1 | 0
        YZ03 | 431103 | 11 | 2026-03-28 | D3 | 0.1 | 0
        YZ03 | 431103 | 11 | 2026-03-29 | D3 | 0.1 | 0
        YZ03 | 431103 | 11 | 2026-03-30 | D3 | 0.1 | 0
        YZ03 | 431103 | 11 | 2026-03-31 | D3 | 0.1 | 0
        YZ06 | 431103 | 12 | 2026-03-25 | D6 | 0.05 | 0
        YZ06 | 431103 | 12 | 2026-03-26 | D6 | 0.05 | 0
        YZ06 | 431103 | 12 | 2026-03-27 | D6 | 0.05 | 0
        YZ06 | 431103 | 12 | 2026-03-28 | D6 | 0.05 | 0
        YZ06 | 431103 | 12 | 2026-03-29 | D6 | 0.05 | 0
        YZ06 | 431103 | 12 | 2026-03-30 | D6 | 0.05 | 0
        YZ06 | 431103 | 12 | 2026-03-31 | D6 | 0.05 | 0
        YZ06 | 431103 | 13 | 2026-03-25 | D6 | 0.02 | 0
        YZ06 | 431103 | 13 | 2026-03-26 | D6 | 0.02 | 0
        YZ06 | 431103 | 13 | 2026-03-27 | D6 | 0.02 | 0
        YZ06 | 431103 | 13 | 2026-03-28 | D6 | 0.02 | 0
        YZ06 | 431103 | 13 | 2026-03-29 | D6 | 0.02 | 0
        YZ06 | 431103 | 13 | 2026-03-30 | D6 | 0.02 | 0
        YZ06 | 431103 | 13 | 2026-03-31 | D6 | 0.02 | 0
    """,
    "meta.night_report": """
        business_date | feed          | freshness
        2026-03-29    | case_event    | on time
        2026-03-30    | case_event    | late
        2026-03-31    | case_event    | missing
        2026-03-28    | hazard        | missing
        2026-03-29    | hazard        | late
        2026-03-30    | hazard        | late
        2026-03-31    | hazard        | late
        2026-03-30    | meeting       | late
        2026-03-31    | meeting       | on time
        2026-03-31    | listing       |
        2026-04-01    | wim_passage   | missing
    """,
    "meta.delivery": """
        delivery_id | feed     | issued_at           | received_at         | state   | reason
        d1          | training | 2026-03-20 00:00:00 | 2026-03-21 03:00:00 | landed  |
        d2          | training | 2026-03-30 00:00:00 | 2026-03-31 03:00:00 | stopped | D-HEAD
        d3          | vehicle  | 2026-03-20 00:00:00 | 2026-03-21 03:00:00 | stopped | D-HEAD
        d4          | vehicle  | 2026-03-30 00:00:00 | 2026-03-31 03:00:00 | landed  |
        d5          | district | 2026-04-01 00:00:00 | 2026-04-01 03:00:00 | stopped | D-HEAD
    """,
    "staging.enterprise": """
        uscc | enterprise_name | enterprise_kind | county_code | valid_from
        A    | 示例客运        | passenger       | 431102      | 2020-01-01
        B    | 示例货运        | freight         | 431103      | 2020-01-01
        C    | 示例公交        | bus             | 431103      | 2020-01-01
    """,
    "staging.safety_standard": """
        uscc | standard_certificate_no | valid_from | valid_to
        A    | S1                      | 2023-04-11 | 2026-04-10
        C    | S2                      | 2023-03-02 | 2026-03-01
    """,
    "staging.liability_insurance": """
        uscc | policy_no | valid_from | valid_to
        A    | P1        | 2025-03-01 | 2026-02-28
        C    | P2        | 2025-04-06 | 2026-04-05
    """,
    "staging.wim_site": "site_code | county_code | valid_from \n YZ01 | 431102 | 2020-01-01",
    "staging.wim_device": """
        device_no | site_code | valid_from
        W1        | YZ01      | 2020-01-01
        W2        | YZ01      | 2020-01-01
        W3        | YZ01      | 2020-01-01
    """,
    "staging.verification_certificate": """
        certificate_no | device_no | valid_from | valid_to
        V1             | W1        | 2025-04-01 | 2026-03-31
        V2             | W3        | 2025-10-01 | 2026-09-30
    """,
    "staging.driver_certificate": f"""
        driver_certificate_no | driver_class | uscc | valid_from | valid_to
        {DRIVER}              | freight      | B    | 2020-01-01 | 2026-03-25
        431100123457          | freight      | B    | 2020-01-01 | 2026-03-23
        431100123458          | freight      | B    | 2020-01-01 | 2026-04-30
    """,
    "staging.vehicle": f"""
        plate_no | plate_color_code | enterprise_name | operating_permit_no | valid_from | valid_to
        {PLATE}  | 2                | 示例货运        | {PERMIT}            | 2020-01-01 | 2026-04-01
        {SECOND} | 2                | 示例货运        | 431100009877        | 2020-01-01 | 2026-03-30
    """,
    "staging.monitored_vehicle": """
        plate_no | plate_color_code | monitored_class | uscc | county_code | line_no | valid_from
        湘M20001 | 2                | line_coach      | A    | 431102      | L1      | 2020-01-01
        湘M20002 | 2                | line_coach      | A    | 431102      | L2      | 2020-01-01
    """,
    "staging.coach_line": """
        line_no | uscc | line_distance_km | valid_from
        L1      | A    | 900              | 2020-01-01
        L2      | A    | 300              | 2020-01-01
    """,
}  # fmt: skip
EXPECTED = {
    ("case_overdue", "C1", "2026-03-31", "2026-03-30"),
    ("case_overdue", "C9", "2026-03-21", "2026-03-20"),
    ("case_soon", "C2", "2026-03-25", "2026-03-31"),
    ("case_soon", "C3", "2026-03-31", "2026-04-06"),
    ("hazard_overdue", "H1", "2026-03-31", "2026-03-30"),
    ("hazard_soon", "H2", "2026-03-24", "2026-03-31"),
    ("hazard_soon", "H3", "2026-03-31", "2026-04-07"),
    ("hazard_soon", "H5", "2026-03-30", "2026-04-05"),
    ("listing_overdue", "H1", "2026-03-21", "2026-03-20"),
    ("referral_overdue", "R1", "2026-03-31", "2026-03-30"),
    ("referral_overdue", "R6", "2026-03-21", "2026-03-20"),
    ("referral_soon", "R2", "2026-03-24", "2026-03-31"),
    ("referral_soon", "R3", "2026-03-31", "2026-04-07"),
    ("site_silent", "YZ01", "2026-03-31", None),
    ("site_silent", "YZ06", "2026-03-29", None),
    ("site_partial", "YZ03", "2026-03-31", None),
    ("drift_stop", "YZ03 11", "2026-03-26", None),
    ("drift_warn", "YZ06 12", "2026-03-25", None),
    ("feed_missing", "case_event", "2026-03-31", None),
    ("feed_late", "hazard", "2026-03-29", None),
    ("feed_stopped", "training", "2026-03-30", None),
    ("standard_soon", "示例客运", "2026-03-11", "2026-04-10"),
    ("standard_lapsed", "示例公交", "2026-03-02", "2026-03-01"),
    ("insurance_soon", "示例公交", "2026-03-06", "2026-04-05"),
    ("insurance_lapsed", "示例客运", "2026-03-01", "2026-02-28"),
    ("scale_soon", "YZ01 W1", "2026-03-01", "2026-03-31"),
    ("scale_lapsed", "YZ01 W2", None, None),
    ("driver_lapsed", "4311·***456", "2026-03-26", "2026-03-25"),
    ("driver_soon", "4311·***458", "2026-03-31", "2026-04-30"),
    ("permit_soon", "湘M·***21", "2026-03-02", "2026-04-01"),
    ("permit_lapsed", "湘M·***22", "2026-03-31", "2026-03-30"),
    ("dawn_long_line", "湘M·***01", "2026-03-24", None),
    ("terminal_silent", "湘M·***02", "2026-03-25", None),
    ("alarm_open", "湘M·***01", "2026-03-30", "2026-03-30"),
}
"""Of the repeat rule nothing: no act is told here."""


def filled() -> Registers:
    made = Registers(TABLES, DAY)
    for table, text in _TABLES.items():
        made.given(table, text)
    made.connection.execute(
        "update mart.scale_day set steering_load_sum_kg = 0, steering_load_square_sum = 0, recheck_count = 0"
    )
    made.connection.execute(
        "update mart.case_clock set case_kind = 'over_limit', has_verified_rule = true, is_rolled = false,"
        " is_party_time = clock = 'hearing_request', principal_fen = case clock when 'late_surcharge' then 100 end"
    )
    made.connection.execute("update core.hazard_life set is_due_changed = false, has_shared_photo = false")
    rows = ["event_date | plate_no | plate_color_code | monitored_class | uscc | county_code | is_registered |"
            " is_online | is_dawn_driving"]  # fmt: skip
    for day in range(16, 32):
        at = f"2026-03-{day:02d}"
        rows.append(f"{at} | 湘M20001 | 2 | line_coach | A | 431102 | true | true | {str(day in (16, 24, 30)).lower()}")
        rows.append(f"{at} | 湘M20002 | 2 | line_coach | A | 431102 | true | {str(day < 25).lower()} | false")
    rows.append("2026-03-22 | 湘M20003 | 2 | line_coach | A | 431102 | true | true | true")
    made.given("mart.vehicle_day", "\n".join(rows))
    made.given(
        "mart.alarm_handling",
        """event_date | plate_no | alarm_level | due_at              | handled_at
           2026-03-29 | 湘M20001 | 1           | 2026-03-30 08:00:00 |
           2026-03-30 | 湘M20001 | 1           | 2026-03-31 08:00:00 |
           2026-03-30 | 湘M20001 | 2           | 2026-03-30 09:00:00 |
           2026-03-29 | 湘M20002 | 1           | 2026-03-30 06:00:00 | 2026-03-31 09:00:00
           2026-03-30 | 湘M20002 | 1           | 2026-03-30 08:00:00 | 2026-03-30 07:00:00""",
    )
    made.connection.execute(
        "update mart.alarm_handling set plate_color_code = 2, told_until = timestamp '2026-03-31 23:00:00'"
    )
    return made
