# ruff: noqa: E501  (tables)
"""On which passage a case rests and to whom it belongs: by id, by several facts, by one; of several none is taken."""

CASE = "record_id | case_no | act_code | check_no | plate_no | plate_color_code | county_code | violated_at"
PASSAGE = "record_id | plate_no | plate_color_code | county_code | passed_at | verdict | gross_vehicle_weight_kg | limit_low_kg"
NUMBERED = f"check_no | {PASSAGE}"
EXPECTED = "case_no | match_grade | match_reason | candidate_count | passage_record_id"


def test_a_check_number_on_the_day_of_the_act_names_the_passage(model):
    """Also where the case has another plate than was read; on another day the number may be another vendor's."""
    model(
        "core.case_passage",
        given={
            "staging.enforcement_case": f"""
                {CASE}
                c1 | 1 | over_mass | A1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c2 | 2 | over_mass | A2 | 湘M22222 | 2 | 431103 | 2026-03-01 09:00:00
                c3 | 3 | over_mass | A3 | 湘M33333 | 2 | 431103 | 2026-03-02 09:00:00
            """,
            "core.passage": f"""
                {NUMBERED}
                A1 | p1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00 | over | 60000 | 49000
                A2 | p2 | 湘M2222Z | 2 | 431103 | 2026-03-01 09:00:00 | over | 60000 | 49000
                A3 | p3 | 湘M33333 | 2 | 431103 | 2026-02-27 09:00:00 | over | 60000 | 49000
            """,
        },
        expect=f"""
            {EXPECTED} | read_plate_no
            1 | exact | check_no             | 1 | p1 | 湘M11111
            2 | exact | check_no_other_plate | 1 | p2 | 湘M2222Z
            3 | none  | no_passage           | 0 |    |
        """,
    )


def test_a_number_whose_passage_agrees_in_nothing_else_is_for_a_person_to_look_at(model):
    """Another plate holds in the same county within match_near_minutes (30); else the number may be another site's."""
    model(
        "core.case_passage",
        given={
            "staging.enforcement_case": f"""
                {CASE}
                c1 | 1 | over_mass | A1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c2 | 2 | over_mass | A2 | 湘M22222 | 2 | 431103 | 2026-03-01 08:00:00
                c3 | 3 | over_mass | A3 | 湘M33333 | 2 | 431103 | 2026-03-01 08:00:00
                c4 | 4 | over_mass | A4 | 湘M44444 | 2 | 431103 | 2026-03-01 08:00:00
                c5 | 5 | over_mass | A5 | 湘M55555 | 2 | 431103 | 2026-03-01 08:00:00
                c6 | 6 | over_mass | A6 | 湘M66666 | 2 | 431103 | 2026-03-01 08:00:00
                c7 | 7 | over_mass | A7 | 湘M77777 | 2 | 431103 | 2026-03-01 08:00:00
                c8 | 8 | over_mass |    | 湘M88888 | 2 | 431103 | 2026-03-01 15:00:00
            """,
            "core.passage": f"""
                {NUMBERED}
                A1 | p1  | 湘M1111Z | 2 | 431103 | 2026-03-01 08:30:00 | over | 60000 | 49000
                A2 | p2  | 湘M2222Z | 2 | 431103 | 2026-03-01 08:30:01 | over | 60000 | 49000
                A3 | p3  | 湘M3333Z | 2 | 431102 | 2026-03-01 08:00:00 | over | 60000 | 49000
                A4 | p4  |          | 2 | 431103 | 2026-03-01 08:00:00 | over | 60000 | 49000
                A5 | p5  | 湘M55555 | 2 | 431102 | 2026-03-01 20:00:00 | over | 60000 | 49000
                A6 | p6  | 湘M88888 | 2 | 431102 | 2026-03-01 15:00:00 | over | 60000 | 49000
                A9 | p9  | 湘M66666 | 2 | 431103 | 2026-03-01 08:01:00 | over | 60000 | 49000
                A7 | p7  | 湘M7777Z | 2 | 431102 | 2026-03-01 08:00:00 | over | 60000 | 49000
                A7 | p7b | 湘M7777Y | 2 | 431102 | 2026-03-01 09:00:00 | over | 60000 | 49000
            """,
        },
        expect=f"""
            {EXPECTED}
            1 | exact | check_no_other_plate | 1 | p1
            2 | weak  | check_no_only        | 1 | p2
            3 | weak  | check_no_only        | 1 | p3
            4 | exact | check_no_other_plate | 1 | p4
            5 | exact | check_no             | 1 | p5
            6 | near  | plate_time_county    | 1 | p9
            7 | none  | ambiguous            | 2 |
            8 | weak  | plate_only           | 1 | p6
        """,
    )


def test_a_number_alone_names_no_passage_that_is_anothers_or_within_the_limit(model):
    """Taken: another case's number and plate name it; then, as of two cases with one number, none has it."""
    model(
        "core.case_passage",
        given={
            "staging.enforcement_case": f"""
                {CASE}
                c1 | 1 | over_mass      | A1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c2 | 2 | over_mass      | A1 | 湘M22222 | 2 | 431103 | 2026-03-01 18:00:00
                c3 | 3 | over_dimension | A1 | 湘M33333 | 2 | 431103 | 2026-03-01 18:00:00
                c4 | 4 | over_mass      | A4 | 湘M44444 | 2 | 431103 | 2026-03-01 18:00:00
                c5 | 5 | over_mass      | A4 | 湘M55555 | 2 | 431103 | 2026-03-01 18:00:00
                c6 | 6 | over_mass      | A6 | 湘M66666 | 2 | 431103 | 2026-03-01 18:00:00
                c7 | 7 | over_dimension | A6 | 湘M77777 | 2 | 431103 | 2026-03-01 18:00:00
            """,
            "core.passage": f"""
                {NUMBERED}
                A1 | p1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00 | over   | 60000 | 49000
                A4 | p4 | 湘M4444Z | 2 | 431103 | 2026-03-01 08:00:00 | over   | 60000 | 49000
                A6 | p6 | 湘M6666Z | 2 | 431103 | 2026-03-01 08:00:00 | within | 40000 | 49000
            """,
        },
        expect=f"""
            {EXPECTED}
            1 | exact | check_no      | 1 | p1
            2 | none  | taken         | 0 |
            3 | weak  | check_no_only | 1 | p1
            4 | none  | contested     | 1 |
            5 | none  | contested     | 1 |
            6 | none  | within_limit  | 0 |
            7 | weak  | check_no_only | 1 | p6
        """,
    )


def test_a_plate_weighed_only_within_the_limit_is_told_so_though_the_passage_is_anothers(model):
    """Its act is within the limit (core.violation); with another passage over the limit, taken too, it is not."""
    model(
        "core.case_passage",
        given={
            "staging.enforcement_case": f"""
                {CASE}
                c1 | 1 | over_mass      | A1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c2 | 2 | over_mass      |    | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c3 | 3 | over_mass      | A3 | 湘M33333 | 2 | 431103 | 2026-03-01 08:00:00
                c4 | 4 | over_mass      | A4 | 湘M33333 | 2 | 431103 | 2026-03-01 09:00:00
                c5 | 5 | over_mass      |    | 湘M33333 | 2 | 431103 | 2026-03-01 08:00:00
            """,
            "core.passage": f"""
                {NUMBERED}
                A1 | p1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00 | within | 40000 | 49000
                A3 | p3 | 湘M33333 | 2 | 431103 | 2026-03-01 08:00:00 | within | 40000 | 49000
                A4 | p4 | 湘M33333 | 2 | 431103 | 2026-03-01 09:00:00 | over   | 60000 | 49000
            """,
        },
        expect=f"""
            {EXPECTED}
            1 | exact | check_no     | 1 | p1
            2 | none  | within_limit | 0 |
            3 | exact | check_no     | 1 | p3
            4 | exact | check_no     | 1 | p4
            5 | none  | taken        | 0 |
        """,
    )


def test_a_passage_that_two_cases_come_to_by_different_ways_is_the_surer_ones_or_nobodys(model):
    """By number alone and by plate alone is equally unsure; what a case comes to is settled before whose it is."""
    model(
        "core.case_passage",
        given={
            "staging.enforcement_case": f"""
                {CASE}
                c1 | 1 | over_mass      | A1 | 湘M11111 | 2 | 431103 | 2026-03-01 18:00:00
                c2 | 2 | over_mass      |    | 湘M22222 | 2 | 431103 | 2026-03-01 08:00:00
                c3 | 3 | over_mass      | A3 | 湘M33333 | 2 | 431103 | 2026-03-01 18:00:00
                c4 | 4 | over_mass      |    | 湘M44444 | 2 | 431103 | 2026-03-01 18:00:00
                c5 | 5 | over_mass      | A3 | 湘M55555 | 2 | 431103 | 2026-03-01 18:00:00
                c6 | 6 | over_mass      | A6 | 湘M66666 | 2 | 431103 | 2026-03-01 18:00:00
                c7 | 7 | over_mass      | A6 | 湘M77777 | 2 | 431103 | 2026-03-01 18:00:00
                c8 | 8 | over_dimension |    | 湘M44444 | 2 | 431103 | 2026-03-01 18:00:00
                c9 | 9 | over_mass      |    | 湘M88888 | 2 | 431103 | 2026-03-01 17:00:00
            """,
            "core.passage": f"""
                {NUMBERED}
                A1 | p1 | 湘M22222 | 2 | 431103 | 2026-03-01 08:10:00 | over | 60000 | 49000
                A3 | p3 | 湘M44444 | 2 | 431103 | 2026-03-01 08:00:00 | over | 60000 | 49000
                A6 | p6 | 湘M66666 | 2 | 431103 | 2026-03-01 08:00:00 | over | 60000 | 49000
                A9 | p9 | 湘M77777 | 2 | 431103 | 2026-03-01 10:00:00 | over | 60000 | 49000
                A8 | p8 | 湘M88888 | 2 | 431103 | 2026-03-01 10:00:00 | over | 60000 | 49000
            """,
        },
        expect=f"""
            {EXPECTED} | read_plate_no | verdict
            1 | none  | contested         | 1 |    |          |
            2 | near  | plate_time_county | 1 | p1 | 湘M22222 | over
            3 | none  | contested         | 1 |    |          |
            4 | none  | contested         | 1 |    |          |
            5 | none  | contested         | 1 |    |          |
            6 | exact | check_no          | 1 | p6 | 湘M66666 | over
            7 | weak  | plate_only        | 1 | p9 | 湘M77777 | over
            8 | weak  | plate_only        | 1 | p3 | 湘M44444 | over
            9 | weak  | plate_only        | 1 | p8 | 湘M88888 | over
        """,
    )


def test_a_number_names_its_passage_whatever_our_verdict_is(model):
    """A case may rest on a passage that is within the limit by this law: it is named with its verdict, not lost."""
    model(
        "core.case_passage",
        given={
            "staging.enforcement_case": f"""
                {CASE}
                c1 | 1 | over_mass | A1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c2 | 2 | over_mass | A2 | 湘M22222 | 2 | 431103 | 2026-03-01 09:00:00
                c3 | 3 | over_mass |    | 湘M33333 | 2 | 431103 | 2026-03-01 09:00:00
            """,
            "core.passage": f"""
                {NUMBERED}
                A1 | p1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00 | within | 40000 | 49000
                A2 | p2 | 湘M22222 | 2 | 431103 | 2026-03-01 09:00:00 | review | 47000 | 46000
                A3 | p3 | 湘M33333 | 2 | 431103 | 2026-03-01 09:00:00 | over   | 60000 | 49000
            """,
        },
        expect=f"""
            {EXPECTED} | verdict
            1 | exact | check_no          | 1 | p1 | within
            2 | exact | check_no          | 1 | p2 | review
            3 | near  | plate_time_county | 1 | p3 | over
        """,
    )


def test_an_act_on_a_passage_that_is_not_over_tells_what_was_weighed_and_no_excess(model):
    model(
        "core.violation",
        given={
            "staging.enforcement_case": f"""
                {CASE}
                c1 | 1 | over_mass      | A1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c2 | 2 | over_mass      | A2 | 湘M22222 | 2 | 431103 | 2026-03-01 09:00:00
                c3 | 3 | over_dimension | A3 | 湘M33333 | 2 | 431103 | 2026-03-01 09:00:00
            """,
            "mart.finding": "record_id | passed_date",
            "core.passage": f"""
                {NUMBERED} | site_code
                A1 | p1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00 | within | 40000 | 49000 | YZ01
                A2 | p2 | 湘M22222 | 2 | 431103 | 2026-03-01 09:00:00 | review | 47000 | 46000 | YZ01
                A3 | p3 | 湘M33333 | 2 | 431103 | 2026-03-01 09:00:00 | within | 40000 | 49000 | YZ01
            """,
        },
        expect="""
            case_no | passage_record_id | site_code | gross_vehicle_weight_kg | excess_ratio
            1       | p1                | YZ01      | 40000                   |
            2       | p2                | YZ01      | 47000                   |
            3       | p3                | YZ01      | 40000                   |
        """,
    )


def test_acts_about_mass_and_other_acts_do_not_compete_for_a_passage(model):
    """A permit misused and a load too heavy may be one passage's; two cases about mass are not."""
    model(
        "core.case_passage",
        given={
            "staging.enforcement_case": f"""
                {CASE}
                c1 | 1 | permit_misuse  | A1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c2 | 2 | over_mass      |    | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c3 | 3 | over_dimension |    | 湘M22222 | 2 | 431103 | 2026-03-01 08:00:00
                c4 | 4 | over_mass      |    | 湘M22222 | 2 | 431103 | 2026-03-01 08:00:00
            """,
            "core.passage": f"""
                {NUMBERED}
                A1 | p1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00 | over | 60000 | 49000
                A2 | p2 | 湘M22222 | 2 | 431103 | 2026-03-01 08:00:00 | over | 60000 | 49000
            """,
        },
        expect=f"""
            {EXPECTED}
            1 | exact | check_no          | 1 | p1
            2 | near  | plate_time_county | 1 | p1
            3 | near  | plate_time_county | 1 | p2
            4 | near  | plate_time_county | 1 | p2
        """,
    )


def test_of_two_passages_under_one_number_the_plate_decides_then_county_and_time_or_nobody(model):
    model(
        "core.case_passage",
        given={
            "staging.enforcement_case": f"""
                {CASE}
                c1 | 1 | over_mass | A1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c2 | 2 | over_mass | A2 | 湘M22222 | 2 | 431103 | 2026-03-01 09:00:00
                c3 | 3 | over_mass | A3 | 湘M33333 | 2 | 431103 | 2026-03-01 09:00:00
            """,
            "core.passage": f"""
                {NUMBERED}
                A1 | p1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00 | over   | 60000 | 49000
                A1 | q1 | 湘M99999 | 2 | 431103 | 2026-03-01 11:00:00 | within | 60000 | 49000
                A2 | p2 | 湘M22222 | 2 | 431103 | 2026-03-01 09:00:00 | over   | 60000 | 49000
                A2 | q2 | 湘M22222 | 2 | 431103 | 2026-03-01 10:00:00 | over   | 60000 | 49000
                A3 | p3 |          | 2 | 431103 | 2026-03-01 09:00:00 | over   | 60000 | 49000
                A3 | q3 | 湘M99999 | 2 | 431103 | 2026-03-01 10:00:00 | over   | 60000 | 49000
                A9 | z9 | 湘M22222 | 2 | 431103 | 2026-03-01 09:00:00 | over   | 60000 | 49000
            """,
        },
        expect=f"""
            {EXPECTED}
            1 | exact | check_no  | 1 | p1
            2 | none  | ambiguous | 2 |
            3 | exact | check_no_other_plate | 1 | p3
        """,
    )


def test_without_a_number_plate_colour_county_and_half_an_hour_are_near_and_the_plate_alone_is_weak(model):
    """Both sides of each edge: 30 minutes, 24 hours, colour, county."""
    model(
        "core.case_passage",
        given={
            "staging.enforcement_case": f"""
                {CASE}
                c1 | 1 | over_mass |    | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c2 | 2 | over_mass | X9 | 湘M22222 | 2 | 431103 | 2026-03-01 08:00:00
                c3 | 3 | over_mass |    | 湘M33333 | 2 | 431103 | 2026-03-01 08:00:00
                c4 | 4 | over_mass |    | 湘M44444 | 2 | 431103 | 2026-03-01 08:00:00
                c5 | 5 | over_mass |    | 湘M55555 | 2 | 431103 | 2026-03-01 08:00:00
                c6 | 6 | over_mass |    | 湘M66666 | 2 | 431103 | 2026-03-01 08:00:00
                c7 | 7 | over_mass |    | 湘M77777 | 2 | 431103 | 2026-03-01 08:00:00
            """,
            "core.passage": f"""
                {PASSAGE}
                p1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:30:00 | over   | 60000 | 49000
                p2 | 湘M22222 | 2 | 431103 | 2026-03-01 07:29:59 | over   | 60000 | 49000
                p3 | 湘M33333 | 1 | 431103 | 2026-03-01 08:00:00 | over   | 60000 | 49000
                p4 | 湘M44444 | 2 | 431102 | 2026-03-01 08:00:00 | over   | 60000 | 49000
                p5 | 湘M55555 | 2 | 431103 | 2026-03-02 08:00:00 | review | 60000 | 49000
                p6 | 湘M66666 | 2 | 431103 | 2026-03-02 08:00:01 | over   | 60000 | 49000
                p7 | 湘M77777 |   |        | 2026-03-01 08:00:00 | over   | 60000 | 49000
            """,
        },
        expect=f"""
            {EXPECTED}
            1 | near | plate_time_county | 1 | p1
            2 | weak | plate_only        | 1 | p2
            3 | weak | plate_only        | 1 | p3
            4 | weak | plate_only        | 1 | p4
            5 | weak | plate_only        | 1 | p5
            6 | none | no_passage        | 0 |
            7 | weak | plate_only        | 1 | p7
        """,
    )


def test_several_candidates_a_passage_of_another_case_and_one_within_the_limit_are_no_match(model):
    """A near candidate outweighs weak ones; a passage that two cases would take is nobody's; a case about dimensions may rest on a passage within the limit of mass."""
    model(
        "core.case_passage",
        given={
            "staging.enforcement_case": f"""
                {CASE}
                c1 | 1 | over_mass      |    | 湘M11111 | 2 | 431103 | 2026-03-01 08:00:00
                c2 | 2 | over_mass      | A2 | 湘M22222 | 2 | 431103 | 2026-03-01 08:00:00
                c3 | 3 | over_mass      |    | 湘M22222 | 2 | 431103 | 2026-03-01 08:05:00
                c4 | 4 | over_mass      |    | 湘M44444 | 2 | 431103 | 2026-03-01 08:00:00
                c5 | 5 | over_dimension |    | 湘M44444 | 2 | 431103 | 2026-03-01 08:00:00
                c6 | 6 | over_mass      |    | 湘M66666 | 2 | 431103 | 2026-03-01 08:00:00
                c7 | 7 | over_mass      |    | 湘M66666 | 2 | 431103 | 2026-03-01 08:01:00
                c8 | 8 | over_mass      |    | 湘M88888 | 2 | 431103 | 2026-03-01 08:00:00
                c9 | 9 | over_mass      |    | 湘M88888 | 2 | 431103 | 2026-03-01 12:00:00
            """,
            "core.passage": f"""
                {NUMBERED}
                A1 | p1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:10:00 | over   | 60000 | 49000
                A9 | q1 | 湘M11111 | 2 | 431103 | 2026-03-01 08:20:00 | over   | 60000 | 49000
                A2 | p2 | 湘M22222 | 2 | 431103 | 2026-03-01 08:00:00 | over   | 60000 | 49000
                A4 | p4 | 湘M44444 | 2 | 431103 | 2026-03-01 08:00:00 | within | 40000 | 49000
                A6 | p6 | 湘M66666 | 2 | 431103 | 2026-03-01 08:00:00 | over   | 60000 | 49000
                A8 | p8 | 湘M88888 | 2 | 431103 | 2026-03-01 08:00:00 | over   | 60000 | 49000
            """,
        },
        expect=f"""
            {EXPECTED}
            1 | none  | ambiguous         | 2 |
            2 | exact | check_no          | 1 | p2
            3 | none  | taken             | 0 |
            4 | none  | within_limit      | 0 |
            5 | near  | plate_time_county | 1 | p4
            6 | none  | contested         | 1 |
            7 | none  | contested         | 1 |
            8 | near  | plate_time_county | 1 | p8
            9 | none  | contested         | 1 |
        """,
    )


FILED = "record_id | driver_certificate_no | driver_id_hash | uscc"
VEHICLE = "record_id | plate_no | plate_color_code | enterprise_name | valid_from | valid_to"
CERTIFICATE = "record_id | driver_certificate_no | valid_from | valid_to"
ENTERPRISE = "record_id | uscc | enterprise_name | valid_from | valid_to"
LOADING_FIRM = "record_id | firm_no | valid_from | valid_to"
TRIP = "record_id | firm_no | plate_no | plate_color_code | left_date | left_at | loaded_mass_kg"


def given(*plates, at="2026-03-01 08:00:00", **tables):
    """Cases c1, c2, … of yellow plates that tell no driver and no enterprise; where passages are told they rest on
    p1, p2, …. ``tables`` by their names after the layer; those that are not told are empty."""
    matched = "record_id | case_no | plate_no | plate_color_code | violated_at | violated_on | passage_record_id"
    rows = [
        f"c{n} | {n} | {plate} | 2 | {at} | {at[:10]} |" + f" p{n}" * ("passage" in tables)
        for n, plate in enumerate(plates, 1)
    ]
    found = {
        "core.case_passage": "\n".join([matched, *rows]),
        "staging.enforcement_case": "\n".join([FILED, *(f"c{n} | | |" for n, _ in enumerate(plates, 1))]),
        "core.passage": PASSAGE,
        "staging.vehicle": VEHICLE,
        "staging.driver_certificate": CERTIFICATE,
        "staging.enterprise": ENTERPRISE,
        "staging.loading_firm": LOADING_FIRM,
        "mart.loaded_trip": TRIP,
    }
    assert tables.keys() <= {name.split(".")[1] for name in found}
    return {name: tables.get(name.split(".")[1], text) for name, text in found.items()}


def test_the_vehicle_is_the_register_row_of_the_day_and_another_colour_is_said_to_be_one(model):
    model(
        "core.case_match",
        given=given(
            "湘M11111",
            "湘M22222",
            "湘M33333",
            "湘M44444",
            vehicle=f"""
                {VEHICLE}
                v1 | 湘M11111 | 2 | 甲 | 2020-01-01 | 2026-03-01
                w1 | 湘M11111 | 2 | 乙 | 2025-01-01 |
                x1 | 湘M11111 | 1 | 丙 | 2025-06-01 |
                v2 | 湘M22222 | 1 | 甲 | 2020-01-01 |
                v3 | 湘M33333 | 1 | 甲 | 2020-01-01 |
                w3 | 湘M33333 | 3 | 乙 | 2020-01-01 |
                v4 | 湘M44444 | 2 | 甲 | 2020-01-01 | 2026-02-28
            """,
        ),
        expect="""
            case_no | vehicle_grade | vehicle_reason | vehicle_record_id
            1 | exact | plate_color    | w1
            2 | near  | other_color    | v2
            3 | none  | ambiguous      |
            4 | none  | not_registered |
        """,
    )


def test_driver_and_enterprise_are_exact_by_their_numbers_on_the_day_near_on_another_and_by_the_register_s_name(model):
    model(
        "core.case_match",
        given=given(
            "湘M11111",
            "湘M11111",
            "湘M11111",
            "湘M22222",
            "湘M99999",
            enforcement_case=f"""
                {FILED}
                c1 | D1 |      | U1
                c2 | D2 |      | U2
                c3 | D9 |      |
                c4 |    | hash | U9
                c5 |    |      |
            """,
            vehicle=f"""
                {VEHICLE}
                v1 | 湘M11111 | 2 | 甲 | 2020-01-01 |
                v2 | 湘M22222 | 2 | 甲 | 2020-01-01 |
            """,
            driver_certificate=f"""
                {CERTIFICATE}
                d1 | D1 | 2020-01-01 |
                e1 | D1 | 2010-01-01 | 2019-12-31
                d2 | D2 | 2020-01-01 | 2026-02-28
            """,
            enterprise=f"""
                {ENTERPRISE}
                n1 | U1 | 甲 | 2020-01-01 |
                n2 | U2 | 乙 | 2026-03-02 |
            """,
        ),
        expect="""
            case_no | driver_grade | driver_reason | driver_record_id | enterprise_grade | enterprise_reason | enterprise_uscc
            1 | exact | certificate           | d1 | exact | credit_code           | U1
            2 | near  | certificate_other_day | d2 | near  | credit_code_other_day | U2
            3 | none  | certificate_unknown   |    | near  | register_name         | U1
            4 | none  | identity_hash         |    | none  | credit_code_unknown   |
            5 | none  | not_told              |    | none  | not_told              |
        """,
    )


def test_a_name_that_two_enterprises_have_is_nobody_s(model):
    model(
        "core.case_match",
        given=given(
            "湘M11111",
            "湘M22222",
            vehicle=f"""
                {VEHICLE}
                v1 | 湘M11111 | 2 | 甲 | 2020-01-01 |
                v2 | 湘M22222 | 2 | 丁 | 2020-01-01 |
            """,
            enterprise=f"""
                {ENTERPRISE}
                n1 | U1 | 甲 | 2020-01-01 |
                n2 | U2 | 甲 | 2020-01-01 |
            """,
        ),
        expect="""
            case_no | enterprise_grade | enterprise_reason | enterprise_uscc
            1 | none | ambiguous    |
            2 | none | name_unknown |
        """,
    )


def test_the_load_is_that_of_the_last_ticket_of_a_day_unless_the_vehicle_was_unladen_since(model):
    """24 hours before the passage, both sides; mass within a tenth of the ticket's, both sides; a plate of another colour was another vehicle; two firms in one second are nobody's."""
    weighed = "\n".join(
        f"p{n} | 湘M{n * 11111} | 2 | 431103 | 2026-03-02 08:00:00 | over | {55_000 if n != 3 else 55_001} | 49000"
        for n in range(1, 9)
    )
    model(
        "core.case_match",
        given=given(
            *(f"湘M{n * 11111}" for n in range(1, 10)),
            at="2026-03-02 08:00:00",
            passage=f"""{PASSAGE}
                {weighed}
                u4 | 湘M44444 | 2 | 431103 | 2026-03-02 07:30:00 | within | 24500 | 49000
                u5 | 湘M55555 | 2 | 431103 | 2026-03-02 07:30:00 | within | 24501 | 49000
                v5 | 湘M55555 | 1 | 431103 | 2026-03-02 07:30:00 | within | 20000 | 49000
            """,
            loaded_trip=f"""
                {TRIP}
                t1 | F1 | 湘M11111 | 2 | 2026-03-01 | 2026-03-01 08:00:00 | 50000
                s1 | F2 | 湘M11111 | 2 | 2026-03-01 | 2026-03-01 07:59:59 | 50000
                t2 | F1 | 湘M22222 | 2 | 2026-03-01 | 2026-03-01 07:59:59 | 50000
                t3 | F1 | 湘M33333 | 2 | 2026-03-02 | 2026-03-02 07:00:00 | 50000
                t4 | F1 | 湘M44444 | 2 | 2026-03-02 | 2026-03-02 07:00:00 | 50000
                t5 | F1 | 湘M55555 | 2 | 2026-03-02 | 2026-03-02 07:00:00 | 50000
                s6 | F2 | 湘M66666 | 2 | 2026-03-02 | 2026-03-02 06:00:00 | 50000
                t6 | F1 | 湘M66666 |   | 2026-03-02 | 2026-03-02 07:00:00 | 50000
                t7 | F1 | 湘M77777 | 2 | 2026-03-02 | 2026-03-02 07:00:00 | 50000
                s7 | F2 | 湘M77777 | 2 | 2026-03-02 | 2026-03-02 07:00:00 | 50000
                t8 | F1 | 湘M88888 | 1 | 2026-03-02 | 2026-03-02 07:00:00 | 50000
                t9 | F1 | 湘M99999 | 2 | 2026-03-02 | 2026-03-02 08:00:00 | 50000
            """,
            loading_firm=f"""
                {LOADING_FIRM}
                f1 | F1 | 2020-01-01 |
                e1 | F1 | 2015-01-01 | 2019-12-31
            """,
        ),
        expect="""
            case_no | loading_grade | loading_reason | ticket_record_id | firm_no | firm_record_id
            1 | near | last_ticket    | t1 | F1 | f1
            2 | none | no_ticket      |    |    |
            3 | weak | other_mass     | t3 | F1 | f1
            4 | none | unladen_since  |    |    |
            5 | near | last_ticket    | t5 | F1 | f1
            6 | weak | color_not_told | t6 | F1 | f1
            7 | none | ambiguous      |    |    |
            8 | none | no_ticket      |    |    |
            9 | weak | not_weighed    | t9 | F1 | f1
        """,
    )
