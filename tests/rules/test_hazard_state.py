"""Steps of hazards: which are accepted, what the others lack, and how a hazard stands after each."""

from collections.abc import Callable

import pytest

Model = Callable[..., None]
HAZARD = """hazard_no | hazard_grade | due_on     | registered_on
            A         | {grade}      | 2026-03-31 | 2026-03-01 """
PATH = (
    ("REGISTERED", "03-01"), ("GRADED", "03-02"), ("ASSIGNED", "03-03"), ("RECTIFYING", "03-04"),
    ("SUBMITTED", "03-10"), ("ACCEPTED", "03-11"), ("CLOSED", "03-12"),
)  # fmt: skip
LISTED = (*PATH[:4], ("LISTED", "03-05"), ("RECTIFYING", "03-06"), *PATH[4:6], ("DELISTED", "03-11"), PATH[6])
TOLD = """hazard_no | version_rank | due_on
          A         | 20260310     |
          A         | 20260331     | 2026-03-31
          A         | 20260430     | 2026-04-30 """
PHOTOS = """hazard_no | photo_stage | taken_at         | photo_sha256
            A         | before      | 2026-03-01 08:00 | b
            A         | after       | 2026-03-10 09:00 | a """


def steps(*path: tuple[str, str], officer: str = "4311-0007") -> str:
    """A row a step at noon of its day; who accepts signs."""
    lines = ["hazard_no | event_no | hazard_state | event_at | officer_no | extended_due_on"]
    for number, (state, day) in enumerate(path, 1):
        signs = officer if state == "ACCEPTED" else ""
        until = "2026-04-30" if state == "EXTENDED" else ""
        lines.append(f"A | {number} | {state} | 2026-{day} 12:00:{number:02d} | {signs} | {until}")
    return "\n".join(lines)


def given(path: str, grade: str = "general", photos: str = PHOTOS, listing: str = "") -> dict[str, str]:
    return {
        "staging.hazard": HAZARD.format(grade=grade),
        "staging.hazard_event": path,
        "staging.hazard_photo": photos,
        "staging.listing": listing or "hazard_no | listed_on | rechecked_on",
    }


def refused(model: Model, tables: dict[str, str], *expected: tuple[str, str]) -> None:
    """Exactly these steps are refused, each for its reason; the others are accepted."""
    rows = [line.split("|") for line in tables["staging.hazard_event"].splitlines()[1:]]
    reasons = dict(expected)
    told = "\n".join(f"{row[2]} | {row[3]} | {reasons.get(row[2].strip(), '')}" for row in rows)
    model("core.hazard_state", given=tables, expect=f"hazard_state | event_at | refusal\n{told}")


def test_the_path_of_a_general_hazard_needs_no_photos(model: Model) -> None:
    refused(model, given(steps(*PATH), photos="hazard_no | photo_stage | taken_at | photo_sha256"))


@pytest.mark.parametrize(
    ("photos", "reason"),
    [
        (PHOTOS, ""),
        ("hazard_no | photo_stage | taken_at | photo_sha256\nA | after | 2026-03-10 09:00 | a", "no_photo_before"),
        ("hazard_no | photo_stage | taken_at | photo_sha256\nA | before | 2026-03-01 08:00 | b", "no_photo_after"),
        (PHOTOS.replace("| a ", "| b "), "no_photo_after"),  # the same picture is not another one
        (PHOTOS.replace("03-10 09:00", "03-12 12:00:07"), ""),
        (PHOTOS.replace("03-10 09:00", "03-12 12:00:08"), "no_photo_after"),  # taken after the closure
        (PHOTOS.replace("A         | after", "B         | after"), "no_photo_after"),
        (PHOTOS.replace("03-01 08:00", "03-10 12:00:05"), "no_photo_after"),  # before is later than after
        (PHOTOS.replace("03-01 08:00", "03-10 12:00:06"), "no_photo_before"),  # submitted already
        (PHOTOS.replace("03-01 08:00", "03-12 08:00"), "no_photo_before"),  # on the day of the closure
        (PHOTOS.replace("03-01 08:00", "03-10 09:00"), "no_photo_after"),  # at one moment: nothing between them
        (PHOTOS.replace("03-01 08:00", "03-10 08:59"), ""),
        (PHOTOS.replace("03-10 09:00", "03-04 12:00:04"), ""),  # from the moment the removal began
        (PHOTOS.replace("03-10 09:00", "03-04 12:00:03"), "no_photo_after"),
    ],
)
def test_a_major_hazard_closes_only_with_photos_before_and_after(model: Model, photos: str, reason: str) -> None:
    refused(model, given(steps(*PATH), "major", photos), *([("CLOSED", reason)] if reason else []))


def test_nobody_accepts_without_a_signer_and_what_follows_is_refused_too(model: Model) -> None:
    tables = given(steps(*PATH, officer=""), "major")
    refused(model, tables, ("ACCEPTED", "no_signer"), ("CLOSED", "illegal_step"))


def test_a_picture_of_a_removal_that_was_rejected_shows_not_the_next_one(model: Model) -> None:
    again = (*PATH[:5], ("REJECTED", "03-11"), ("RECTIFYING", "03-12"), ("SUBMITTED", "03-13"), ("ACCEPTED", "03-14"))
    tables = given(steps(*again, ("CLOSED", "03-15")), "major")
    refused(model, tables, ("CLOSED", "no_photo_after"))
    tables["staging.hazard_photo"] += "\nA | after | 2026-03-13 09:00 | c"
    refused(model, tables)


def test_a_pause_of_the_removal_does_not_make_its_picture_older_than_it(model: Model) -> None:
    late = (*PATH[:4], ("OVERDUE", "03-10"), ("RECTIFYING", "03-11"), ("SUBMITTED", "03-12"), ("ACCEPTED", "03-13"))
    refused(model, given(steps(*late, ("CLOSED", "03-14")), "major"))


@pytest.mark.parametrize(
    ("listing", "path", "reason"),
    [
        ("A | 2026-03-05 | |", PATH, "still_listed"),
        ("A | 2026-03-12 | |", PATH, "still_listed"),
        ("A | 2026-03-13 | |", PATH, ""),  # since the closure
        ("A | 2026-03-05 | 2026-03-11 | 2026-03-12", PATH, ""),
        ("A | 2026-03-05 | 2026-03-11 | 2026-03-13", PATH, "still_listed"),  # delisted since the closure
        ("A | 2026-03-05 | 2026-03-11 |", (*PATH[:6], ("DELISTED", "03-11"), PATH[6]), ""),  # the step delists it
        ("A | 2026-03-12 | 2026-03-12 |\nA | 2026-03-05 | 2026-03-11 |",
         (*PATH[:6], ("DELISTED", "03-11"), PATH[6]), "still_listed"),  # and not a later listing
        ("B | 2026-03-05 | |", PATH, ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("grade", ["general", "major"])
def test_what_the_register_lists_is_listed_though_no_step_says_so(
    model: Model, grade: str, listing: str, path: tuple[tuple[str, str], ...], reason: str
) -> None:
    told = f"hazard_no | listed_on | rechecked_on | delisted_on\n{listing}"
    refused(model, given(steps(*path), grade, listing=told), *([("CLOSED", reason)] if reason else []))


@pytest.mark.parametrize(
    ("listing", "reasons"),
    [
        ("A | 2026-03-05 | 2026-03-11", ()),
        ("A | 2026-03-05 | 2026-03-05", ()),
        ("A | 2026-03-01 | 2026-03-04", (("DELISTED", "not_rechecked"), ("CLOSED", "still_listed"))),  # before it
        ("A | 2026-03-05 | 2026-03-12", (("DELISTED", "not_rechecked"), ("CLOSED", "still_listed"))),  # too late
        ("A | 2026-03-05 | ", (("DELISTED", "not_rechecked"), ("CLOSED", "still_listed"))),
        ("B | 2026-03-05 | 2026-03-11", (("DELISTED", "not_rechecked"), ("CLOSED", "still_listed"))),
    ],
)
@pytest.mark.parametrize("grade", ["general", "major"])
def test_a_listed_hazard_is_delisted_after_a_check_on_site_and_only_then_closed(
    model: Model, grade: str, listing: str, reasons: tuple[tuple[str, str], ...]
) -> None:
    told = f"hazard_no | listed_on | rechecked_on\n{listing}"
    refused(model, given(steps(*LISTED), grade, listing=told), *reasons)


def test_the_order_of_arrival_does_not_matter(model: Model) -> None:
    heading, *rows = steps(*PATH).splitlines()
    refused(model, given("\n".join([heading, *reversed(rows)])))


def test_a_step_is_judged_from_what_was_accepted_and_not_from_what_it_claims(model: Model) -> None:
    """A closure out of turn changes nothing; the hazard goes on from where it was."""
    path = (*PATH[:4], ("CLOSED", "03-05"), PATH[4])
    model(
        "core.hazard_state",
        given=given(steps(*path)),
        expect="""state_before | hazard_state | is_accepted | refusal      | state_after | refused_count | closure_count
                  START        | REGISTERED   | true        |              | REGISTERED  | 0             | 0
                  REGISTERED   | GRADED       | true        |              | GRADED      | 0             | 0
                  GRADED       | ASSIGNED     | true        |              | ASSIGNED    | 0             | 0
                  ASSIGNED     | RECTIFYING   | true        |              | RECTIFYING  | 0             | 0
                  RECTIFYING   | CLOSED       | false       | illegal_step | RECTIFYING  | 1             | 0
                  RECTIFYING   | SUBMITTED    | true        |              | SUBMITTED   | 1             | 0 """,
    )


@pytest.mark.parametrize(("from_day", "reason"), [("2026-03-12", ""), ("2026-03-13", "illegal_step")])
def test_a_step_is_allowed_on_the_days_of_its_rule(model: Model, from_day: str, reason: str) -> None:
    pairs = zip(("START", *(state for state, _ in PATH)), (state for state, _ in PATH), strict=False)
    seed = "rule_id | from_hazard_state | to_hazard_state | valid_from\n" + "\n".join(
        f"{before}-{after} | {before} | {after} | {from_day if after == 'CLOSED' else ''}" for before, after in pairs
    )
    tables = given(steps(*PATH)) | {"seeds.hazard_transition": seed}
    refused(model, tables, *([("CLOSED", reason)] if reason else []))


def test_an_extension_moves_the_last_day_and_one_that_is_refused_does_not(model: Model) -> None:
    model(
        "core.hazard_life",
        given=given(steps(*PATH[:4], ("EXTENDED", "03-20"))) | {"raw.hazard": TOLD},
        expect="""hazard_no | due_on     | first_due_on | extension_count | late_extension_count | is_due_changed
                  A         | 2026-04-30 | 2026-03-31   | 1               | 0                    | false """,
    )
    model(
        "core.hazard_life",
        given=given(steps(*PATH[:2], ("EXTENDED", "03-20"))) | {"raw.hazard": TOLD},
        expect="""hazard_no | due_on     | first_due_on | extension_count | refused_count | state_after
                  A         | 2026-03-31 | 2026-03-31   | 0               | 1             | GRADED """,
    )


@pytest.mark.parametrize(
    ("day", "due_on", "late"), [("03-31", "2026-04-30", 0), ("04-01", "2026-03-31", 1), ("04-20", "2026-03-31", 1)]
)
def test_an_extension_after_the_last_day_moves_nothing_and_is_counted(
    model: Model, day: str, due_on: str, late: int
) -> None:
    late_on = (*PATH[:4], ("OVERDUE", "03-30"), ("EXTENDED", day))
    model(
        "core.hazard_life",
        given=given(steps(*late_on)) | {"raw.hazard": TOLD},
        expect=f"""due_on   | extension_count | late_extension_count | state_after
                   {due_on} | 1               | {late}               | EXTENDED """,
    )


def test_a_day_that_a_newer_list_tells_moves_nothing_and_is_shown(model: Model) -> None:
    """Sent as 1 March, and again as 31 December: late stays late."""
    changed = HAZARD.format(grade="general").replace("2026-03-31", "2026-12-31")
    for path, due_on, is_changed in (
        ((), "2026-03-01", True),
        (PATH[:4], "2026-03-01", True),
        ((*PATH[:4], ("EXTENDED", "03-04")), "2026-03-01", True),  # too late by three days
    ):
        tables = given(steps(*path)) | {"staging.hazard": changed}
        tables["raw.hazard"] = "hazard_no | version_rank | due_on\nA | 1 | 2026-03-01\nA | 2 | 2026-12-31"
        model(
            "core.hazard_life",
            given=tables,
            expect=f"due_on | reported_due_on | is_due_changed\n{due_on} | 2026-12-31 | {is_changed}",
        )
    tables["raw.hazard"] = "hazard_no | version_rank | due_on\nA | 1 | \nA | 2 | 2026-12-31"
    model("core.hazard_life", given=tables, expect="due_on | is_due_changed\n2026-04-30 | false")


def test_a_hazard_that_comes_back_is_open_and_needs_another_picture(model: Model) -> None:
    back = (*PATH, ("REOPENED", "04-01"), ("RECTIFYING", "04-02"), ("SUBMITTED", "04-10"), ("ACCEPTED", "04-11"))
    tables = given(steps(*back, ("CLOSED", "04-12")), "major") | {"raw.hazard": TOLD}
    stands = "state_after | hazard_closed_on | closure_count | reopened_count | reopened_on | refused_count\n"
    model("core.hazard_life", given=tables, expect=stands + "ACCEPTED | | 1 | 1 | 2026-04-01 | 1")
    tables["staging.hazard_photo"] += "\nA | after | 2026-04-10 09:00 | c"
    model("core.hazard_life", given=tables, expect=stands + "CLOSED | 2026-04-12 | 2 | 1 | 2026-04-01 | 0")


def test_the_word_of_the_county_stands_beside_what_the_steps_bear_out(model: Model) -> None:
    model(
        "core.hazard_life",
        given={
            "staging.hazard": """hazard_no | hazard_grade | registered_on | hazard_state | hazard_closed_on
                                 A         | major        | 2026-03-01    | CLOSED       | 2026-03-12
                                 B         | general      | 2026-03-01    | CLOSED       | 2026-03-12 """,
            "staging.hazard_event": steps(*PATH) + "\nC | 1 | REGISTERED | 2026-03-02 12:00 | | ",
            "staging.hazard_photo": "hazard_no | photo_stage | taken_at | photo_sha256",
            "staging.listing": "hazard_no | listed_on | rechecked_on",
            "raw.hazard": "hazard_no | due_on",
        },
        expect="""hazard_no | reported_state | reported_closed_on | state_after | hazard_closed_on | registered_on
                  A         | CLOSED         | 2026-03-12         | ACCEPTED    |                  | 2026-03-01
                  B         | CLOSED         | 2026-03-12         |             |                  | 2026-03-01
                  C         |                |                    | REGISTERED  |                  | 2026-03-02 """,
    )


def test_a_picture_of_two_hazards_is_told_of_both(model: Model) -> None:
    photos = PHOTOS + "\nB | after | 2026-03-09 09:00 | a"
    tables = given(steps(*PATH), photos=photos)
    tables["staging.hazard"] += "\nB | general | 2026-03-31 | 2026-03-01\nC | general | 2026-03-31 | 2026-03-01"
    model(
        "core.hazard_life",
        given=tables | {"raw.hazard": "hazard_no | due_on"},
        expect="hazard_no | has_shared_photo\nA | true\nB | true\nC | false",
    )
