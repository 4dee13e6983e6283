"""Hazards of the city against plain loops over its truth: states, refusals and rates, on sound and on spoilt steps."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from typing import Any

import duckdb
import hazard_reference
import hazard_truth
import numpy as np
import pytest
from hazard_reference import Plain
from landed import Tables

from etl.demo import hazards as made
from etl.demo import rows
from etl.demo.world import Delivery, World, world
from etl.report_card import details_of, notes_of, table_of
from warehouse import hazards, sql
from warehouse.report_card import card, document
from warehouse.survival import upper_bound

LAST = date(2025, 12, 31)
FIRST = LAST - timedelta(days=364)
DAYS = (LAST, date(2025, 11, 30), date(2025, 7, 15), date(2025, 2, 28))
BLANK = hazards.Hazard(**dict.fromkeys(hazards.Hazard._fields))  # type: ignore[arg-type]
Rows = list[dict[str, Any]]


class Built:
    """A year's deliveries as tables, and what the engine and plain loops tell of a day, each computed once."""

    def __init__(self, found: list[Delivery]) -> None:
        self.connection = hazard_truth.build(found)
        self.tables = Tables(self.connection)
        self.delivered: dict[str, Rows] = defaultdict(list)
        """By feed, in the order of arrival."""
        for one in sorted(found, key=lambda one: (one.at, one.name)):
            self.delivered[one.feed] += one.table.to_pylist()
        self._facts = cache(lambda asked: hazards.Facts(self.tables, asked))
        self.plain = cache(lambda day: Plain(self.delivered, day))

    def facts(self, day: date = LAST, first: date = FIRST, last: date = LAST) -> hazards.Facts:
        return self._facts(hazards.Asked(day, first, last))


@pytest.fixture(scope="module")
def city() -> World:
    return world(7, "city", FIRST, LAST)


@pytest.fixture(scope="module")
def delivered(city: World) -> list[Delivery]:
    return hazard_truth.deliveries(city)


@pytest.fixture(scope="module")
def sound(delivered: list[Delivery]) -> Iterator[Built]:
    built = Built(delivered)
    yield built
    built.connection.close()


@pytest.fixture(scope="module")
def spoilt(delivered: list[Delivery]) -> Iterator[Built]:
    """The same year with steps that are lost (of some hazards all of them), doubled, moved in time and out of turn,
    photos and re-checks that are missing, and everything arriving in another order."""
    rng = random.Random(11)
    found = [one for one in delivered if one.feed not in ("hazard_event", "hazard_photo", "listing")]
    of_feed = {
        feed: [row for one in delivered if one.feed == feed for row in one.table.to_pylist()]
        for feed in ("hazard_event", "hazard_photo", "listing")
    }
    untold = set(rng.sample(sorted({step["hazard_no"] for step in of_feed["hazard_event"]}), 20))
    steps = []
    for step in of_feed["hazard_event"]:
        if step["hazard_no"] in untold:
            continue
        fate = rng.random()
        if fate < 0.02:
            continue
        if fate < 0.04:
            step["officer_no"] = None
        elif fate < 0.06:
            step["event_at"] -= timedelta(days=rng.randrange(1, 20))
        elif fate < 0.07:
            steps.append(
                step
                | {
                    "event_no": step["event_no"] + 500,
                    "hazard_state": rng.choice([state for state in hazard_reference.PATH if state]),
                }
            )
        elif step["hazard_state"] == "EXTENDED" and fate < 0.2:
            step["extended_due_on"] = None
        steps.append(step)
    photos = [row for row in of_feed["hazard_photo"] if rng.random() > 0.08]
    newest = {row["listing_no"]: row for row in of_feed["listing"]}
    listings = [row | ({"rechecked_on": None} if rng.random() < 0.2 else {}) for row in newest.values()]
    for feed, changed in (("hazard_event", steps), ("hazard_photo", photos), ("listing", listings)):
        rng.shuffle(changed)
        parts = np.array_split(np.arange(len(changed)), 4)
        for number, part in enumerate(parts):
            table = rows.as_table(feed, [changed[at] for at in part.tolist()])
            day = LAST - timedelta(days=number)
            found.append(Delivery(feed, f"{feed}_{number}.csv", table, day, found[0].at + timedelta(days=number)))
    built = Built(found)
    yield built
    built.connection.close()


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("which", ["sound", "spoilt"])
def test_every_hazard_stands_as_a_plain_computation_has_it(
    which: str, day: date, request: pytest.FixtureRequest
) -> None:
    built: Built = request.getfixturevalue(which)
    plain = built.plain(day)
    told = {one.hazard_no: one for one in built.facts(day).hazards}
    assert set(told) == set(plain.lives)
    for no, life in plain.lives.items():
        one = told[no]
        theirs = (life.state, life.closed_on, life.first_closed_on, life.listed_on is not None, life.extensions,
                  life.reopenings, len(life.refused), plain.due_on(no))  # fmt: skip
        ours = (one.state, one.closed_on, one.first_closed_on, one.is_listed, one.extension_count,
                one.reopened_count, one.refused_count, one.due_on)  # fmt: skip
        # Before its first step a hazard has no state; the plain path begins with none as well.
        assert (None if ours[0] == "START" else ours[0], *ours[1:]) == theirs, no


@pytest.mark.parametrize("which", ["sound", "spoilt"])
def test_every_refused_step_is_kept_with_its_reason(which: str, request: pytest.FixtureRequest) -> None:
    built: Built = request.getfixturevalue(which)
    plain = built.plain(LAST)
    theirs = sorted((no, *refused) for no, life in plain.lives.items() for refused in life.refused)
    ours = built.connection.execute(
        "select hazard_no, event_no, refusal from core.hazard_state where not is_accepted order by all"
    ).fetchall()
    assert ours == theirs
    delivered = {(row["hazard_no"], row["event_no"]) for row in built.delivered["hazard_event"]}
    assert built.connection.execute("select count(*) from core.hazard_state").fetchall() == [(len(delivered),)]
    reasons = Counter(reason for _, _, reason in ours)
    print(f"{which}: {len(ours)} of {len(delivered)} steps refused: {dict(reasons)}")
    if which == "spoilt":
        assert set(reasons) == {"illegal_step", "no_signer", "no_new_day", "not_rechecked", "still_listed",
                                "no_photo_before", "no_photo_after"}  # fmt: skip


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("which", ["sound", "spoilt"])
def test_the_rates_are_those_of_a_plain_computation(which: str, day: date, request: pytest.FixtureRequest) -> None:
    built: Built = request.getfixturevalue(which)
    plain = built.plain(day)
    first = day - timedelta(days=60)
    facts = built.facts(day, first, day)
    for one in [*hazards.standings(facts), *hazards.standings(facts, "category"), *hazards.standings(facts, "county")]:
        of = [no for no in plain.lives if one.group in ("", plain.newest[no]["hazard_category_code"],
                                                        plain.newest[no]["county_code"])]  # fmt: skip
        cohort = [no for no in of if first <= plain.newest[no]["registered_on"] <= day]
        closed = [no for no in cohort if plain.lives[no].closed_on]
        due = [no for no in of if (last := plain.due_on(no)) and first <= last <= day]
        in_time = [no for no in due if (on := plain.lives[no].closed_on) and on <= plain.due_on(no)]
        still = [no for no in of if not plain.lives[no].closed_on]
        overdue = [no for no in still if (last := plain.due_on(no)) and last < day]
        soon = [no for no in still if (last := plain.due_on(no)) and day <= last <= day + timedelta(days=7)]
        assert (one.closed.part, one.closed.of) == (len(closed), len(cohort)), one.group
        assert (one.on_time.part, one.on_time.of) == (len(in_time), len(due)), one.group
        assert (one.open, one.overdue, one.due_soon) == (len(still), len(overdue), len(soon)), one.group
        assert one.no_due == sum(plain.due_on(no) is None for no in still)
        assert one.extension_count == sum(plain.lives[no].extensions for no in cohort)
        assert one.late_extended == sum(plain.lives[no].late_extensions > 0 for no in cohort)
        if day == LAST:
            assert one.due_changed == sum(map(plain.is_changed, cohort))
        again = [no for no in cohort if plain.lives[no].reopenings]
        assert (one.reopened.part, one.reopened.of) == (
            len(again), sum(plain.lives[no].first_closed_on is not None for no in cohort)
        )  # fmt: skip
        assert (one.curve.count, sum(step.ended for step in one.curve.steps)) == (len(cohort), len(closed))


def _add_card(connection: duckdb.DuckDBPyConnection) -> None:
    """What the report card reads beside hazards; the other figures have no data."""
    connection.execute("create schema if not exists meta")
    connection.execute("create table if not exists meta.delivery (feed varchar, issued_at timestamp, state varchar)")
    (names,) = connection.execute(
        "select list(concat(table_schema, '.', table_name)) from information_schema.tables"
    ).fetchall()[0]
    for name in sql.in_order(["mart.report_fact", "staging.enterprise"]):
        if name not in names:
            connection.execute(f"create table {name} as {sql.render(name).sql}")


@pytest.mark.parametrize("which", ["sound", "spoilt"])
def test_the_report_card_tells_the_counties_word_and_beside_it_what_the_steps_bear_out(
    which: str, request: pytest.FixtureRequest
) -> None:
    built: Built = request.getfixturevalue(which)
    _add_card(built.connection)
    differing = set()
    for first, last in ((FIRST, LAST), (date(2025, 3, 1), DAYS[1])):
        told = {figure.figure_id: figure for figure in card(built.tables, first, last, LAST, 7, True).figures}
        page = {one.group: one for one in hazards.standings(built.facts(last, first, last), "category")}
        plain = built.plain(last)
        for figure_id, category in (("F09b", "HWY"), ("F11", "SIGN"), ("F12", "VESSEL"), ("F13", "RAIL")):
            figure = told[figure_id]
            own = [no for no in plain.lives if plain.newest[no]["hazard_category_code"] == category]
            says = {no: row["hazard_closed_on"] for no in own if (row := plain.newest[no])["hazard_state"] == "CLOSED"}
            bears = {no: plain.lives[no].closed_on for no in own if plain.lives[no].closed_on}
            assert figure.by_steps is not None
            if figure.relation == "all":
                cohort = {no for no in own if plain.newest[no]["registered_on"] >= first}
                word, steps = (
                    (sum(days[no] <= last for no in cohort & days.keys()), len(cohort)) for days in (says, bears)
                )
                assert (figure.value, figure.of) == word == (page[category].reported.part, page[category].reported.of)
                assert (figure.by_steps.value, figure.by_steps.of) == steps
                assert page[category].closed == hazards.Rate(*steps)
                assert figure.by_steps.bound == page[category].bound
                assert figure.by_steps.bound.checked
            else:
                word, steps = (sum(first <= day <= last for day in days.values()) for days in (says, bears))
                assert (figure.value, figure.by_steps.value, figure.by_steps.of) == (word, steps, None)
                assert figure.by_steps.bound is None
            if word != steps:
                differing.add(figure_id)
    assert differing == ({"F13"} if which == "sound" else {"F09b", "F11", "F12", "F13"})


def test_the_report_card_says_whose_word_a_figure_is_and_how_many_closures_may_be_false(spoilt: Built) -> None:
    _add_card(spoilt.connection)
    told = card(spoilt.tables, FIRST, LAST, LAST, 7, True)
    (highway,) = [figure for figure in told.figures if figure.figure_id == "F09b"]
    assert highway.by_steps is not None
    assert highway.by_steps.bound is not None
    bound = highway.by_steps.bound
    said = {
        "zh": ("县市区报送", "按采纳的环节", "虚假销号 ≤ "),
        "en": ("as the counties report", "by accepted steps", "false closures ≤ "),
    }
    for lang, words in said.items():
        shown = " ".join(str(cell) for column in table_of(told, lang).columns for cell in column.cells)
        number = f"{100 * bound.upper:.2f} %"
        for text in (shown, " ".join(details_of(told, "F09b", lang))):
            assert [word for word in (*words, number, f"{highway.by_steps.value}") if word not in text] == []
        assert any("hazard_confidence" in line for line in notes_of(told, lang))
    (written,) = [figure for figure in document(told)["figures"] if figure["figure_id"] == "F09b"]
    assert written["by_steps"]["bound"]["upper"] == bound.upper


SOON_DAYS, RECURRENCE_DAYS, RECURRENCE_M = 7, 365, 50
EARTH_M = 6_371_000
OF_ALL = {"open", "overdue", "due_soon", "no_due", "listed", "due", "on_time", "major"}


@pytest.fixture(scope="module")
def at_place(sound: Built) -> dict[str, set[str]]:
    """By hazard: the others at its place, by the newest lists; the spoilt year has the same lists."""
    found: dict[str, set[str]] = defaultdict(set)
    of: dict[str, Rows] = defaultdict(list)
    for row in sound.plain(LAST).newest.values():
        of[row["hazard_category_code"]].append(row)
    for category, told in of.items():
        for one, other in combinations(told, 2):
            if category == "ENT":
                firm, what = one["uscc"], one["hazard_description"]
                near = firm is not None and (firm, what) == (other["uscc"], other["hazard_description"])
            elif one["road_code"] and one["road_code"] == other["road_code"] and None not in (
                one["chainage_km"], other["chainage_km"]
            ):  # fmt: skip
                near = round(abs(one["chainage_km"] - other["chainage_km"]) * 1_000, 3) <= RECURRENCE_M
            else:
                near = metres_apart(one, other) <= RECURRENCE_M
            if near:
                found[one["hazard_no"]].add(other["hazard_no"])
                found[other["hazard_no"]].add(one["hazard_no"])
    return found


def metres_apart(one: dict[str, Any], other: dict[str, Any]) -> float:
    """By the chord between two points of the globe; without a position, or with one at 0/0, infinitely far."""
    ends = []
    for row in (one, other):
        if not row["latitude"] or not row["longitude"]:
            return math.inf
        up, along = math.radians(row["latitude"]), math.radians(row["longitude"])
        ends.append((math.cos(up) * math.cos(along), math.cos(up) * math.sin(along), math.sin(up)))
    return 2 * EARTH_M * math.asin(math.dist(*ends) / 2)


def plain_lists(plain: Plain, last: Plain, at_place: dict[str, set[str]]) -> dict[str, set[str]]:
    """Every list by its words; ``last``: as of the last day, for what only the newest list tells."""
    day = plain.as_of
    found: dict[str, set[str]] = {name: set() for name in hazards.LISTS}
    for no, life in plain.lives.items():
        told, closed, due = plain.newest[no], life.closed_on, plain.due_on(no)
        since = life.first_closed_on
        results: dict[bool, str] = {}
        for check in sorted(plain.checks[no], key=lambda row: (row["checked_on"], row["hazard_check_no"])):
            if since is not None and since <= check["checked_on"] <= day:
                results.setdefault(check["is_random_pick"], check["hazard_check_result"])
        is_due = due is not None and FIRST <= due <= day
        says_closed = told["hazard_state"] == "CLOSED" and (told["hazard_closed_on"] or date.max) <= day
        again = since is not None and any(
            since <= plain.newest[other]["registered_on"] <= since + timedelta(days=RECURRENCE_DAYS)
            for other in at_place.get(no, set()) & plain.lives.keys()
        )
        holds = {
            "all": True,
            "open": closed is None,
            "overdue": closed is None and due is not None and due < day,
            "due_soon": closed is None and due is not None and day <= due <= day + timedelta(days=SOON_DAYS),
            "no_due": closed is None and due is None,
            "due": is_due,
            "on_time": is_due and closed is not None and closed <= due,
            "closed": closed is not None,
            "late": closed is not None and due is not None and closed > due,
            "listed": life.listed_on is not None,
            "major": told["hazard_grade"] == "major" and (closed is None or closed >= FIRST),
            "differs": (closed is not None) != says_closed,
            "refused": bool(life.refused),
            "came_back": life.reopenings > 0 or again,
            "shared_photo": no in plain.shared_pictures,
            "checked": True in results,
            "not_removed": "not_removed" in results.values(),
            "no_steps": plain.first_steps.get(no, date.max) > day,
            "late_extended": life.late_extensions > 0,
            "due_changed": last.is_changed(no),
        }
        assert holds.keys() == set(hazards.LISTS)
        for name, is_on in holds.items():
            if is_on and (name in OF_ALL or FIRST <= told["registered_on"] <= LAST):
                found[name].add(no)
    return found


@pytest.mark.parametrize("which", ["sound", "spoilt"])
def test_every_list_holds_what_a_plain_computation_puts_on_it(
    which: str, at_place: dict[str, set[str]], request: pytest.FixtureRequest
) -> None:
    """On every day, the longest overdue first and what is closed last."""
    built: Built = request.getfixturevalue(which)
    sizes: Counter[str] = Counter()
    for day in DAYS:
        plain, facts = built.plain(day), built.facts(day)
        for name, numbers in plain_lists(plain, built.plain(LAST), at_place).items():
            wanted = sorted(
                numbers, key=lambda no: (bool(plain.lives[no].closed_on), plain.due_on(no) or date.max, no)
            )  # fmt: skip
            assert [one.hazard_no for one in hazards.listed(facts, name)] == wanted, (day, name)
            sizes[name] += len(wanted)
    print(f"{which}: {dict(sizes)}")
    assert {name for name in hazards.LISTS if not sizes[name]} == ({"no_steps"} if which == "sound" else set())


def test_groups_add_up_to_the_whole(sound: Built) -> None:
    facts = sound.facts()
    (whole,) = hazards.standings(facts)
    for by in hazards.GROUPS:
        parts = hazards.standings(facts, by)
        for name in ("registered", "open", "overdue", "due_soon", "no_due", "listed", "refused"):
            assert sum(getattr(part, name) for part in parts) == getattr(whole, name), (by, name)
        assert sum(part.closed.part for part in parts) == whole.closed.part


def test_a_list_holds_as_many_as_the_rate_says(sound: Built) -> None:
    facts = sound.facts()
    (whole,) = hazards.standings(facts)
    for name in ("open", "overdue", "due_soon", "no_due", "listed"):
        assert len(hazards.listed(facts, name)) == getattr(whole, name), name
    assert len(hazards.listed(facts, "closed")) == whole.closed.part
    assert len(hazards.listed(facts, "all")) == whole.registered


def test_the_life_of_a_hazard_is_how_it_stands_on_the_last_day(spoilt: Built) -> None:
    """``core.hazard_life`` and the query as of a day tell one thing."""
    facts = spoilt.facts()
    told = spoilt.connection.execute(
        "select hazard_no, state_after, hazard_closed_on, due_on, coalesce(is_listed, false) from core.hazard_life"
        " order by hazard_no"
    ).fetchall()
    ours = [(one.hazard_no, one.state, one.closed_on, one.due_on, one.is_listed) for one in facts.hazards]
    assert sorted(ours) == told


def test_the_closures_of_the_city_are_the_published_ones_but_for_one_nobody_can_show(sound: Built) -> None:
    """The counties report 531 of 531 highway hazards and 1,286 railway-side ones; one has twice the same picture."""
    facts = sound.facts()
    told = {one.group: one for one in hazards.standings(facts, "category")}
    assert (told["HWY"].closed, told["HWY"].reported) == (hazards.Rate(531, 531), hazards.Rate(531, 531))
    assert (told["RAIL"].closed, told["RAIL"].reported) == (hazards.Rate(1_285, 1_286), hazards.Rate(1_286, 1_286))
    (false,) = hazards.listed(facts, "differs")
    assert (false.grade, false.state, false.reported_state) == ("major", "DELISTED", "CLOSED")
    assert told["HWY"].bound.upper == upper_bound(told["HWY"].bound.false, told["HWY"].bound.checked, 0.95)
    assert 0 < told["HWY"].bound.upper_count < 531, "100 % of which so many may be false"


def test_the_works_of_the_city_stand_against_its_plan(sound: Built, city: World) -> None:
    told = {row["works_kind"]: row for row in hazards.works(sound.tables, hazards.Asked(LAST, FIRST, LAST))}
    done = {kind: row["finished_quantity"] for kind, row in told.items()}
    assert done == {"safety": 1_182, "bridge": 39, "refinement": 89, "small_works": 802}
    planned: Counter[str] = Counter()
    for row in made.road_works(city):
        planned[row["works_kind"]] += row["planned_quantity"]
    assert {kind: told[kind]["planned_quantity"] for kind in planned} == dict(planned)
    half = {row["works_kind"]: row for row in hazards.works(sound.tables, hazards.Asked(DAYS[2], FIRST, LAST))}
    expected = sum(
        row["done_quantity"]
        for row in made.road_works(city)
        if row["works_kind"] == "safety" and row["finished_on"] and row["finished_on"] <= DAYS[2]
    )
    assert half["safety"]["finished_quantity"] == expected


# --- false closures ----------------------------------------------------------------------------------------
def bound_of(closed: list[hazards.Hazard], checks: list[hazards.Check]) -> hazards.Bound:
    return hazards.bound(closed, *hazards.spot_results(closed, checks), 0.95)


@pytest.mark.parametrize(("closed", "share", "checked"), [(531, 0.03, 60), (75, 0.05, 16), (2_000, 0.005, 250)])
def test_the_bound_covers_the_planted_false_closures_as_often_as_it_says(
    closed: int, share: float, checked: int
) -> None:
    """Closures of which so many are false, checked by lot over 1,000 seeds; chosen checks must not move the bound."""
    covered = 0
    listed = [BLANK._replace(hazard_no=f"{at}", first_closed_on=FIRST, closed_on=FIRST) for at in range(closed)]
    for seed in range(1_000):
        rng = random.Random(seed)
        false = {f"{at}" for at in rng.sample(range(closed), max(1, round(closed * share)))}
        checks = [
            hazards.Check(f"{no}", f"{no}", f"{no}", LAST, True, "not_removed" if f"{no}" in false else "removed", "")
            for no in rng.sample(range(closed), checked)
        ]
        checks += [hazards.Check(no, f"x{no}", no, LAST, False, "not_removed", "") for no in sorted(false)[:2]]
        bound = bound_of(listed, checks)
        covered += len(false) <= bound.upper_count
        assert bound.checked == checked
    print(f"{closed} closures, {share:.1%} false, {checked} checked: covered {covered} of 1,000 at 95 %")
    assert covered >= 940, (
        "0.95 less two and a half standard errors of 1,000 rounds is 0.933; sampling without return helps"
    )


def test_the_bound_covers_the_false_closures_of_the_prefecture_as_often_as_it_says() -> None:
    """Truth of the generator: closures whose pictures are false, against its checks; twenty years of a city."""
    covered, seeds = 0, range(1, 21)
    for seed in seeds:
        year = world(seed, "city", FIRST, LAST)
        closed_on = {
            one.no: next((step.at.date() for step in one.steps if step.state == "CLOSED"), None)
            for one in made.hazards(year)
        }
        listed = [BLANK._replace(hazard_no=no, first_closed_on=day) for no, day in closed_on.items() if day]
        checks = [
            hazards.Check(row["hazard_check_no"], row["hazard_check_no"], row["hazard_no"], row["checked_on"],
                          row["is_random_pick"], row["hazard_check_result"], row["handling_unit"])
            for row in made.checks(year)
        ]  # fmt: skip
        bound = bound_of(listed, checks)
        false = sum(one.falsehood in ("photo_reused", "photo_same") for one in made.hazards(year) if closed_on[one.no])
        assert bound.checked > 200
        covered += false <= bound.upper_count
    print(f"prefecture: covered {covered} of {len(seeds)} seeds at 95 %")
    assert covered >= 17, "fewer come about once in sixty times"


def test_a_check_before_the_closure_or_somebodys_choice_says_nothing() -> None:
    listed = [BLANK._replace(hazard_no=no, first_closed_on=date(2025, 3, 1)) for no in "AB"]
    check = hazards.Check("1", "1", "A", date(2025, 2, 28), True, "not_removed", "")
    assert bound_of(listed, [check]).checked == 0
    assert bound_of(listed, [check]).upper == 1
    on_the_day = check._replace(checked_on=date(2025, 3, 1))
    assert bound_of(listed, [on_the_day]).false == 1
    chosen = on_the_day._replace(is_random=False)
    found = bound_of(listed, [chosen])
    assert (found.checked, found.chosen, found.chosen_false, found.upper) == (0, 1, 1, 1)
    assert found.known_false == 1
    other = on_the_day._replace(hazard_no="C")
    assert bound_of(listed, [other]).checked == 0, "a hazard that is not of these closures"


def test_results_of_other_closures_do_not_move_a_bound() -> None:
    """Of all closures the checks are asked once; a group takes of them what is its own."""
    closed = [BLANK._replace(hazard_no=f"{at}", first_closed_on=FIRST) for at in range(6)]
    checks = [
        hazards.Check(f"c{at}", f"c{at}", f"{at}", LAST, at % 2 == 0, "removed" if at < 2 else "not_removed", "")
        for at in range(6)
    ]
    results = hazards.spot_results(closed, checks)
    for group in (closed[:2], closed[2:], closed):
        assert hazards.bound(group, *results, 0.95) == bound_of(group, checks)


def test_the_bound_does_not_lie_below_the_closures_already_found_false() -> None:
    """400 closures, none of 300 false by lot, and six others false by checks somebody chose."""
    closed = [BLANK._replace(hazard_no=f"{at}", first_closed_on=FIRST) for at in range(400)]
    by_lot = [hazards.Check(f"l{at}", f"l{at}", f"{at}", LAST, True, "removed", "") for at in range(300)]
    others = range(300, 306)
    chosen = [hazards.Check(f"c{at}", f"c{at}", f"{at}", LAST, False, "not_removed", "") for at in others]
    told = bound_of(closed, [*by_lot, *chosen, *chosen])
    assert (told.false, told.chosen_false, told.known_false) == (0, 6, 6)
    assert told.upper_count == 6, "by lot alone it would be four"
    assert told.upper == 6 / 400
    both = [check._replace(is_random=True) for check in chosen[:2]]
    told = bound_of(closed, [*by_lot, *both, *chosen])
    assert (told.false, told.chosen_false, told.known_false) == (2, 6, 6), "a closure both found false is one"
    after_all = hazards.Check("z", "z", "0", LAST, False, "not_removed", "")
    told = bound_of(closed[:2], [*by_lot[:2], after_all])
    assert (told.known_false, told.upper_count) == (1, 1), "a lot that found it removed does not make it true"
