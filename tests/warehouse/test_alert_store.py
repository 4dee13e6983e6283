"""What people say of alerts: from state to state, by whom, until when, two at once, and when it no longer holds."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import alert_rows
import pytest
from alert_rows import DAY
from compliance_rows import Registers

from warehouse import access_key, alert_store, audit
from warehouse.alert_store import BadSaying, Days, Overtaken, Saying, Standing, clean_reason, may_own, say, standings
from warehouse.alerts import Alert, Asked, alerts
from warehouse.control import Account, Control
from warehouse.errors import NotAllowed, WarehouseError
from warehouse.principal import Principal

NOW = Days(DAY, DAY)
BY = DAY + timedelta(days=5)


@pytest.fixture(scope="module")
def tables() -> Iterator[Registers]:
    made = alert_rows.filled()
    yield made
    made.connection.close()


@pytest.fixture
def found(tables: Registers, home: Path) -> list[Alert]:
    access_key.make(home)
    return alerts(tables, Asked(DAY))


def account(role: str = "analyst", *counties: str, name: str = "") -> Account:
    with Control(alert_store.home()) as control:
        added = control.add(name or f"of.{role}", role, counties)
        control.use_link(control.make_link(added), "hash", "secret", 0, [])
        return control.known_account(added.name)


def who(of: Account) -> Principal:
    return Principal(of.account_id, of.role_name, of.counties)


def of_rule(found: list[Alert], rule: str, county: str | None = None) -> Alert:
    return next(one for one in found if one.rule == rule and county in (None, one.county_code))


def stands(tables: Registers, one: Alert, days: Days = NOW) -> Standing:
    return standings(tables, [one], days)[one.key]


def test_an_alert_is_open_until_somebody_says_something(tables: Registers, found: list[Alert]) -> None:
    assert set(standings(tables, found, NOW).values()) == {Standing("open")}
    assert not alert_store.path_of().exists(), "reading makes no store"


@pytest.mark.parametrize("first", ["take", "hand", "aside", "done"])
@pytest.mark.parametrize("then", ["take", "hand", "aside", "done", "reopen"])
def test_from_every_state_to_every_other(tables: Registers, found: list[Alert], first: str, then: str) -> None:
    me, other = account(), account(name="of.other")
    one = of_rule(found, "hazard_overdue")

    def saying(action: str, seen: int, until: date) -> Saying:
        owner = other.account_id if action == "hand" else None
        return Saying(action, seen, until, owner, "等待设备到货")

    expected = {
        "take": ("taken", me.account_id), "hand": ("taken", other.account_id), "aside": ("aside", None),
        "done": ("done", None), "reopen": ("open", None),
    }  # fmt: skip
    told = say(tables, one, saying(first, 0, BY), who(me), NOW)
    assert (told.state, told.owner) == expected[first]
    if first == then:
        with pytest.raises(BadSaying, match="already"):
            say(tables, one, saying(then, told.seq, BY), who(me), NOW)
        return
    again = say(tables, one, saying(then, told.seq, BY), who(me), NOW)
    assert (again.state, again.owner) == expected[then]
    assert stands(tables, one) == again
    assert again.until == (BY if again.state in ("taken", "aside") else None)
    last, before = alert_store.history(one.key, DAY)
    assert (last.from_state, last.to_state, last.account, last.on_date) == (told.state, again.state, me.account_id, DAY)
    assert (before.from_state, before.to_state, before.reason) == ("open", told.state, "等待设备到货")


def test_nothing_said_changes_what_the_rules_say(tables: Registers, found: list[Alert]) -> None:
    me = account()
    for one in found[:5]:
        say(tables, one, Saying("done", 0), who(me), NOW)
    assert alerts(tables, Asked(DAY)) == found


def test_told_done_it_is_open_again_while_the_rule_holds(tables: Registers, found: list[Alert]) -> None:
    """``alert_reopen_days`` is 3."""
    one = of_rule(found, "hazard_overdue")
    say(tables, one, Saying("done", 0), who(account()), NOW)
    for days, state in ((0, "done"), (1, "done"), (2, "done"), (3, "open"), (30, "open")):
        day = DAY + timedelta(days=days)
        told = stands(tables, one, Days(day, day))
        assert (told.state, told.is_again) == (state, state == "open"), days
    # The clock alone opens nothing: no night has told whether the rule still holds.
    assert stands(tables, one, Days(DAY, DAY + timedelta(days=30))).state == "done"


def test_put_aside_it_is_open_again_on_its_day_also_if_no_night_ran(tables: Registers, found: list[Alert]) -> None:
    one = of_rule(found, "feed_late")
    say(tables, one, Saying("aside", 0, BY, reason="对方系统升级"), who(account()), NOW)
    assert stands(tables, one, Days(DAY, BY - timedelta(days=1))).state == "aside"
    told = stands(tables, one, Days(DAY, BY))
    assert (told.state, told.is_again) == ("open", True)


def test_taken_past_its_day_it_is_late_and_still_taken(tables: Registers, found: list[Alert]) -> None:
    one = of_rule(found, "hazard_overdue")
    say(tables, one, Saying("take", 0, BY), who(account()), NOW)
    assert not stands(tables, one, Days(BY, BY)).is_late
    told = stands(tables, one, Days(DAY, BY + timedelta(days=1)))
    assert (told.state, told.is_late) == ("taken", True)


@pytest.mark.parametrize("action", ["take", "aside", "done"])
def test_another_trouble_of_the_same_alert_is_open(tables: Registers, found: list[Alert], action: str) -> None:
    """The site was silent, reported, and is silent again: what was said was of the first time."""
    one = of_rule(found, "site_silent")
    say(tables, one, Saying(action, 0, DAY + timedelta(days=20), reason="停电"), who(account()), NOW)
    next_day = DAY + timedelta(days=1)
    assert stands(tables, one, Days(next_day, next_day)).state == alert_store.ACTIONS[action]
    told = stands(tables, one._replace(since=next_day), Days(next_day, next_day))
    assert (told.state, told.is_again) == ("open", True)


def test_an_owner_who_may_no_longer_handle_it_owns_nothing(tables: Registers, found: list[Alert]) -> None:
    mine = account("district", "431102")
    one = of_rule(found, "hazard_overdue", "431102")
    say(tables, one, Saying("take", 0, BY), who(mine), NOW)
    assert stands(tables, one).owner == mine.account_id
    with Control(alert_store.home()) as control:
        control.set_role(mine, "district", ["431103"])
        assert stands(tables, one) == Standing("open", is_again=True, seq=1)
        control.set_role(mine, "leader")
        assert stands(tables, one).state == "open"
        control.set_role(mine, "analyst")
        assert stands(tables, one).state == "taken"
        control.set_enabled(mine, False)
        assert stands(tables, one).state == "open"


def test_as_of_an_earlier_day_it_stands_as_it_stood(tables: Registers, found: list[Alert]) -> None:
    one = of_rule(found, "listing_overdue")
    me, later = who(account()), DAY + timedelta(days=2)
    say(tables, one, Saying("take", 0, BY), me, NOW)
    say(tables, one, Saying("done", 1), me, Days(later, later))
    before = DAY - timedelta(days=1)
    assert stands(tables, one, Days.of(before, later, later)) == Standing("open")
    assert stands(tables, one, Days.of(DAY, later, later)).state == "taken"
    assert stands(tables, one, Days.of(later, later, later)).state == "done"
    assert len(alert_store.history(one.key, DAY)) == 1


# --- who may -------------------------------------------------------------------------------------
def test_a_district_says_something_of_its_own_counties_alone(tables: Registers, found: list[Alert]) -> None:
    mine = who(account("district", "431102"))
    say(tables, of_rule(found, "hazard_overdue", "431102"), Saying("take", 0, BY), mine, NOW)
    for one in (of_rule(found, "hazard_soon", "431103"), of_rule(found, "feed_late")):
        with pytest.raises(NotAllowed):
            say(tables, one, Saying("take", 0, BY), mine, NOW)
        assert stands(tables, one).state == "open"


@pytest.mark.parametrize("role", ["leader", "system", "security", "audit", "operator"])
def test_others_read(tables: Registers, found: list[Alert], role: str) -> None:
    with pytest.raises(NotAllowed):
        say(tables, found[0], Saying("done", 0), Principal("a1", role, None), NOW)


def test_it_is_handed_to_who_may_have_it(tables: Registers, found: list[Alert]) -> None:
    one, me = of_rule(found, "hazard_overdue", "431102"), who(account())
    here, there = account("district", "431102", name="of.here"), account("district", "431103", name="of.there")
    some = account("inspector", "431102", name="of.some")
    leader = account("leader")
    for owner in (there.account_id, leader.account_id, "nobody", None):
        with pytest.raises(BadSaying) as told:
            say(tables, one, Saying("hand", 0, BY, owner), me, NOW)
        assert told.value.which == "owner"
    assert say(tables, one, Saying("hand", 0, BY, here.account_id), me, NOW).owner == here.account_id
    assert say(tables, one, Saying("hand", 1, BY, some.account_id), me, NOW).owner == some.account_id
    assert not may_own(here, None), "what is of no county is for who sees all"
    assert may_own(account(name="of.all"), None)


def test_two_at_once_one_is_first_and_the_other_reads_again(tables: Registers, found: list[Alert]) -> None:
    one = of_rule(found, "hazard_overdue")
    people = [who(account(name=f"of.{at}")) for at in range(4)]
    limits = alert_store.limits(tables, DAY)
    outcomes: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alert_store, "limits", lambda source, as_of: limits)  # one connection, several threads
        together = threading.Barrier(len(people))

        def take(person: Principal) -> None:
            together.wait()
            try:
                say(tables, one, Saying("take", 0, BY), person, NOW)
                outcomes.append("first")
            except Overtaken:
                outcomes.append("overtaken")

        threads = [threading.Thread(target=take, args=[person]) for person in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(outcomes) == ["first", "overtaken", "overtaken", "overtaken"]
    assert len(alert_store.history(one.key, DAY)) == 1
    assert len(audit.records(action="alert.take")) == 1


# --- what may be said ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "until", "is_right"),
    [
        ("take", DAY, True), ("take", DAY - timedelta(days=1), False), ("take", DAY + timedelta(days=30), True),
        ("take", DAY + timedelta(days=31), False), ("take", None, False),
        ("aside", DAY, False), ("aside", DAY + timedelta(days=1), True), ("aside", DAY + timedelta(days=30), True),
        ("aside", DAY + timedelta(days=31), False), ("aside", None, False),
    ],
)  # fmt: skip
def test_days_that_can_be_said(
    tables: Registers, found: list[Alert], action: str, until: date | None, is_right: bool
) -> None:
    """``alert_aside_days`` is 30."""
    saying = Saying(action, 0, until, reason="理由")
    if is_right:
        assert say(tables, found[0], saying, who(account()), NOW).until == until
    else:
        with pytest.raises(BadSaying) as told:
            say(tables, found[0], saying, who(account()), NOW)
        assert told.value.which == "day"


@pytest.mark.parametrize(
    "reason",
    [
        "车主湘M12345已到场",
        "湘Ｍ·12345",
        "湘 m 123 45 已修复",
        "联系 13900001234",
        "身份证 43110019800101123X",
        "粤ZA123港",
    ],
)
def test_a_reason_holds_no_plate_and_no_number_of_a_person(tables: Registers, found: list[Alert], reason: str) -> None:
    with pytest.raises(BadSaying) as told:
        say(tables, found[0], Saying("aside", 0, BY, reason=reason), who(account()), NOW)
    assert told.value.which == "personal"
    assert reason not in str(told.value)


def test_a_reason_is_needed_short_and_one_line(tables: Registers, found: list[Alert]) -> None:
    me = who(account())
    for reason in ("", "  ", "长" * 201, "a\x00b"):
        with pytest.raises(BadSaying) as told:
            say(tables, found[0], Saying("aside", 0, BY, reason=reason), me, NOW)
        assert told.value.which == "reason", reason
    assert clean_reason(" 等待\n设备  到货 2026-11-30 第 3 车道") == "等待 设备 到货 2026-11-30 第 3 车道"


# --- on record -----------------------------------------------------------------------------------
def test_every_saying_is_on_record_and_without_one_it_is_not_kept(
    tables: Registers, found: list[Alert], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    one, me = found[0], who(account())
    say(tables, one, Saying("aside", 0, BY, reason="等待配件"), me, NOW)
    (row,) = audit.records(action="alert.aside")
    assert (row["actor"], row["role"], row["query"], row["version"]) == (me.account, "analyst", f"alert.{one.key}", 7)
    note = audit.opened_seal(row["sealed"], audit.read_key(audit.folder(home) / "keys" / "open.key"))["note"]
    assert note == f"open to aside {BY} 等待配件"

    def fails(*_: Any) -> None:
        raise audit.AuditUnwritable("full")

    monkeypatch.setattr(audit, "append", fails)
    with pytest.raises(audit.AuditUnwritable):
        say(tables, one, Saying("done", 1), me, NOW)
    assert stands(tables, one).state == "aside"


def test_what_was_said_is_never_changed_and_others_cannot_read_it(tables: Registers, found: list[Alert]) -> None:
    say(tables, found[0], Saying("done", 0), who(account()), NOW)
    path = alert_store.path_of()
    assert path.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(path) as store:
        for text in ("update step set reason = 'x'", "delete from step"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                store.execute(text)
    path.chmod(0o644)
    with pytest.raises(WarehouseError, match="chmod 600"):
        stands(tables, found[0])


def test_the_store_knows_alerts_by_keys_alone(tables: Registers, found: list[Alert]) -> None:
    me = who(account())
    for one in found:
        say(tables, one, Saying("done", 0), me, NOW)
    raw = b"".join(path.read_bytes() for path in alert_store.home().glob("alerts.sqlite*"))
    assert all(one.key.encode() in raw for one in found)
    known = (alert_rows.PLATE, alert_rows.SECOND, alert_rows.DRIVER, alert_rows.PERMIT, "示例客运", "湘M·***22")
    assert [text for text in known if text.encode() in raw] == []


def test_a_store_of_a_newer_version_is_left_alone(tables: Registers, found: list[Alert]) -> None:
    say(tables, found[0], Saying("done", 0), who(account()), NOW)
    with sqlite3.connect(alert_store.path_of()) as store:
        store.execute("pragma user_version = 2")
    with pytest.raises(WarehouseError, match="newer version"):
        stands(tables, found[0])
