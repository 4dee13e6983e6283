# ruff: noqa: E501  (tables)
"""Which registered plate an unregistered one may be a misreading of, what speaks for it and what against."""

import duckdb
import pytest

from warehouse import sql

PASSAGE = "record_id | passed_at | site_code | plate_no | plate_color_code | axle_count | axle_type_code | gross_vehicle_weight_kg | verdict | flags"
MEASURED = "record_id | plate_confidence"
VEHICLE = "vehicle_record_id | plate_no | plate_color_code | vehicle_kind | registered_axle_count | registered_gross_mass_kg | valid_from | valid_to"
SITE = """
    site_code | passed_date | latitude | longitude
    YZ01      | 2026-03-01  | 26.00    | 111.60
    YZ02      | 2026-03-01  | 26.45    | 111.60
"""
TRUCK = "v1 | 湘M18345 | 2 | rigid | 4 | 31000 | 2020-01-01 | 9999-12-31"


def row(number: int, plate: str, **changes: str) -> str:
    """A passage of a four-axle truck at YZ01 at noon."""
    told = {
        "at": "12:00:00", "site": "YZ01", "color": "2", "axles": "4", "type": "115", "gross": "30000", "flags": "''",
    } | changes  # fmt: skip
    return (
        f"p{number} | 2026-03-01 {told['at']} | {told['site']} | {plate} | {told['color']} | {told['axles']} |"
        f" {told['type']} | {told['gross']} | within | {told['flags']}"
    )


def given(*rows: str, vehicles: tuple[str, ...] = (TRUCK,), confidence: dict[str, str] | None = None) -> dict[str, str]:
    records = [one.split(" | ")[0] for one in rows]
    measured = [f"{record} | {(confidence or {}).get(record, '0.7')}" for record in records]
    return {
        "core.passage": "\n".join([PASSAGE, *rows]),
        "core.measured_passage": "\n".join([MEASURED, *measured]),
        "core.vehicle_span": "\n".join([VEHICLE, *vehicles]),
        "core.site_service": SITE,
    }


def test_one_confusable_sign_apart_is_suggested_two_or_another_sign_are_not(model):
    """8/B, 1/T, 5/S and 湘/鄂/豫 are pairs; 8/3 is none; a registered plate is never doubted."""
    model(
        "mart.plate_suggestion",
        given=given(
            row(1, "湘M1B345"), row(2, "湘MT8345"), row(3, "湘M1834S"), row(4, "鄂M18345"), row(5, "豫M18345"),
            row(6, "湘M13345"), row(7, "湘MTB345"), row(8, "湘M18345"), row(9, "赣M18345"),
        ),
        expect="""
            record_id | suggested_plate_no | sign_position | read_sign | true_sign
            p1        | 湘M18345           | 4             | B         | 8
            p2        | 湘M18345           | 3             | T         | 1
            p3        | 湘M18345           | 7             | S         | 5
            p4        | 湘M18345           | 1             | 鄂        | 湘
            p5        | 湘M18345           | 1             | 豫        | 湘
        """,
    )  # fmt: skip


def test_only_plates_registered_on_the_day_in_the_colour_read_are_suggested(model):
    vehicles = (
        "v1 | 湘M18345 | 2 | rigid | 4 | 31000 | 2020-01-01 | 2026-02-28",
        "v2 | 湘M28345 | 1 | rigid | 4 | 31000 | 2020-01-01 | 9999-12-31",
        "v3 | 湘M38345 | 1 | rigid | 4 | 31000 | 2020-01-01 | 9999-12-31",
        "v4 | 湘M38345 | 2 | rigid | 4 | 31000 | 2020-01-01 | 9999-12-31",
    )
    model(
        "mart.plate_suggestion",
        given=given(row(1, "湘M1B345"), row(2, "湘M2B345"), row(3, "湘M3B345", color=""), vehicles=vehicles),
        expect="""
            record_id | suggested_plate_no | suggested_color_code | color_evidence | candidate_count | suggestion_grade
            p3        | 湘M38345           | 1                    | unknown        | 2               | possible
            p3        | 湘M38345           | 2                    | unknown        | 2               | possible
        """,
    )


def test_each_kind_of_evidence_is_for_against_or_unknown(model):
    model(
        "mart.plate_suggestion",
        given=given(
            row(1, "湘M1B345"),
            row(2, "湘M1B345", axles="3", type="15"),
            row(3, "湘M1B345", axles="6", type="157"),
            row(4, "湘M1B345", axles="5", type=""),
            row(5, "湘M1B345", gross="77500"),
            row(6, "湘M1B345", gross="77501"),
            row(7, "湘M1B345", flags="R-PLATE"),
            confidence={"p1": "0.89", "p2": "0.9", "p7": "0.99"},
        ),
        expect="""
            record_id | reading_evidence | axle_evidence | kind_evidence | weight_evidence | for_count | suggestion_grade
            p1        | for              | for           | for           | for             | 5         | strong
            p2        | unknown          | against       | for           | for             | 3         | contradicted
            p3        | for              | unknown       | against       | for             | 3         | contradicted
            p4        | for              | unknown       | unknown       | for             | 3         | possible
            p5        | for              | for           | for           | for             | 5         | strong
            p6        | for              | for           | for           | against         | 4         | contradicted
            p7        | for              | for           | for           | for             | 5         | strong
        """,
    )  # fmt: skip


def test_a_tractor_draws_more_axles_than_its_own_and_its_gross_mass_says_nothing(model):
    tractor = "v1 | 湘M18345 | 2 | combination | 3 | 25000 | 2020-01-01 | 9999-12-31"
    model(
        "mart.plate_suggestion",
        given=given(
            row(1, "湘M1B345", axles="6", type="157", gross="70000"),
            row(2, "湘M1B345", axles="3", type="15"),
            row(3, "湘M1B345", axles="2", type=""),
            vehicles=(tractor,),
        ),
        expect="""
            record_id | axle_evidence | kind_evidence | weight_evidence | suggestion_grade
            p1        | for           | for           | unknown         | strong
            p2        | unknown       | against       | unknown         | contradicted
            p3        | against       | unknown       | unknown         | contradicted
        """,
    )


def test_a_vehicle_is_not_in_two_places_at_once(model):
    """The sites are 50 km apart: half an hour at 100 km/h, both sides of the edge; near ones speak for it."""
    model(
        "mart.plate_suggestion",
        given=given(
            row(1, "湘M1B345", at="12:30:02"),
            row(2, "湘M1B345", at="12:30:01"),
            row(3, "湘M18345", at="12:00:00", site="YZ02"),
            row(4, "湘M1B345", at="18:00:00", site="YZ99"),
        ),
        expect="""
            record_id | seen_count | elsewhere_count | nearest_gap_s | sequence_evidence | suggestion_grade
            p1        | 1          | 0               | 1802          | for               | strong
            p2        | 1          | 1               | 1801          | against           | contradicted
            p4        | 0          | 0               |               | unknown           | strong
        """,
    )


def test_with_two_plates_that_fit_none_is_strong_but_one_that_is_contradicted_does_not_count(model):
    other = "v2 | 湘M1834S | 2 | rigid | 4 | 31000 | 2020-01-01 | 9999-12-31"
    light = "v2 | 湘M1834S | 2 | rigid | 5 | 31000 | 2020-01-01 | 9999-12-31"
    both = "湘M1B34S"
    vehicles = ("v1 | 湘M1B345 | 2 | rigid | 4 | 31000 | 2020-01-01 | 9999-12-31",)
    model(
        "mart.plate_suggestion",
        given=given(row(1, both), vehicles=(*vehicles, other)),
        expect="""
            record_id | suggested_plate_no | candidate_count | suggestion_grade
            p1        | 湘M1B345           | 2               | possible
            p1        | 湘M1834S           | 2               | possible
        """,
    )
    model(
        "mart.plate_suggestion",
        given=given(row(1, both), vehicles=(*vehicles, light)),
        expect="""
            record_id | suggested_plate_no | candidate_count | suggestion_grade
            p1        | 湘M1B345           | 1               | strong
            p1        | 湘M1834S           | 1               | contradicted
        """,
    )


def test_a_camera_that_was_sure_makes_no_strong_suggestion(model):
    model(
        "mart.plate_suggestion",
        given=given(row(1, "湘M1B345"), confidence={"p1": "0.95"}),
        expect="""
            record_id | reading_evidence | for_count | suggestion_grade
            p1        | unknown          | 4         | possible
        """,
    )


@pytest.fixture(scope="module")
def pairs() -> set[tuple[str, str]]:
    connection = duckdb.connect()
    sql.load_seeds(connection)
    return set(connection.execute("select read_sign, true_sign from seeds.plate_confusion").fetchall())


def test_signs_of_a_group_stand_for_each_other_and_o_and_i_only_for_digits(pairs: set[tuple[str, str]]) -> None:
    groups = ("0DQ", "8B", "2Z", "5S", "1T7", "湘鄂豫")
    expected = {(a, b) for group in groups for a in group for b in group if a != b}
    assert pairs == expected | {("O", "0"), ("I", "1")}
