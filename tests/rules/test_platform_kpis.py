"""Links of platforms and post checks: the official figure through the real path, and what is in no rate."""

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from etl.feeds import FEEDS, raw_tables
from etl.identity import uscc
from etl.parse import parse
from warehouse import kpi, sql

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
FIRMS = [uscc(f"91431100MAE000{number:02d}") for number in range(4)]
LINK = "平台编码,平台名称,平台类型,统一社会信用代码,日期,应连通时长(分钟),断开时长(分钟),断开次数"
POLL = "查岗编号,平台编码,统一社会信用代码,查岗时间,应答时限(分钟),应答时间"


class Snapshot:
    """What becomes of delivered files: landed by their declarations, and the marts made of them."""

    def __init__(self, work: Path, **files: list[list[str]]) -> None:
        self.connection = duckdb.connect()
        for table in raw_tables():
            if table.name in files:
                lists = enumerate(files[table.name], 1)
                self.connection.register(
                    "delivered", pa.concat_tables([landed(work, table.name, number, lines) for number, lines in lists])
                )
            sql.create_raw(self.connection, table, "delivered" if table.name in files else None)
        sql.run_models(self.connection, raw_tables(), names=[*kpi.TABLES])

    def read(self, query: str, params: Any = None) -> pd.DataFrame:
        return self.connection.execute(query, params or []).df()

    def value(self, name: str, level: str = "city") -> list[dict[str, Any]]:
        found = kpi.kpis(self, FIRST, LAST, level)
        return found[found["kpi"] == name].drop(columns="kpi").to_dict("records")


def landed(work: Path, feed: str, number: int, lines: list[str]) -> pa.Table:
    """The accepted rows of a file, which are all it has; the greater number is the newer issue."""
    path = work / f"{feed}_{number}.csv"
    path.write_bytes("\n".join([*lines, ""]).encode("gb18030"))
    issued, delivery = f"2026-04-{number:02d}|2026-04-{number:02d}T02:00:00.000000", str(number).rjust(64, "0")
    parsed = parse(
        FEEDS[feed], path, path.name, delivery, issued, "2026-06-01 02:00:00", work / f"work-{feed}-{number}"
    )
    assert parsed.accepted == parsed.delivered == len(lines) - 1, parsed.quarantined
    table = parsed.connection.sql("select * from landed").to_arrow_table()
    parsed.close()
    return table.append_column("delivery_id", pa.array([delivery] * table.num_rows))


def links(down: dict[str, list[str]], total: str = "1440.00") -> list[str]:
    """A row a platform and day of March 2026; "" is the bureau's platform, an empty minute a day without a row."""
    return [LINK] + [
        f"PT-{firm},示例平台,{'企业平台' if firm else '政府平台'},{firm},2026-03-{day:02d},{total},{minutes},"
        f"{int(float(minutes) > 0)}"
        for firm, days in down.items()
        for day, minutes in enumerate(days, 1)
        if minutes
    ]


def test_the_platform_connectivity_of_an_official_assessment_comes_out(tmp_path: Path) -> None:
    """133 909.49 of 133 920 minutes are 99.99 % (Huangshi): three platforms over 31 days, down for 10.51 minutes."""
    down = {firm: ["0"] * 31 for firm in ("", *FIRMS[:2])}
    down[""][4], down[FIRMS[0]][7], down[FIRMS[0]][30], down[FIRMS[1]][0] = "0.01", "3.17", "6.66", "0.67"
    snapshot = Snapshot(tmp_path, platform_link=[links(down)])
    (city,) = snapshot.value("platform_connectivity")
    assert (city["numerator"], city["denominator"]) == (13_390_949 * 600, 133_920 * 60_000)
    assert f"{city['value']:.2%}" == "99.99%"
    assert {row["uscc"]: row["denominator"] - row["numerator"] for row in snapshot.value(
        "platform_connectivity", "enterprise"
    )} == {FIRMS[0]: 983 * 600, FIRMS[1]: 67 * 600}  # fmt: skip


def test_a_day_without_a_row_is_neither_connected_nor_disconnected(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path, platform_link=[links({FIRMS[0]: ["0", "", "720.00"]})])
    (city,) = snapshot.value("platform_connectivity")
    assert (city["numerator"], city["denominator"]) == (2_160 * 60_000, 2_880 * 60_000)


@pytest.mark.parametrize("name", ["platform_connectivity", "poll_response_rate"])
def test_counties_and_vehicles_have_no_platform(tmp_path: Path, name: str) -> None:
    snapshot = Snapshot(tmp_path, platform_link=[links({FIRMS[0]: ["0"]})])
    for level in ("county", "vehicle"):
        assert snapshot.value(name, level) == []
    snapshot.connection.execute(
        "insert into mart.alarm_handling (event_date, plate_no, plate_color_code, county_code, is_registered,"
        " monitored_class) values ('2026-03-01', 'P1', 2, '431103', true, 'line_coach')"
    )
    (county,) = snapshot.value(name, "county")
    assert county == {"county_code": "431103", "numerator": None, "denominator": None, "value": None}


def poll(number: int, firm: str, at: str, replied: str, within: int = 10) -> str:
    return f"CG{number:04d},PT-{firm},{firm},{at},{within},{replied}"


def test_an_answer_in_the_last_second_is_in_time_and_a_check_not_yet_due_counts_for_nobody(tmp_path: Path) -> None:
    """The extract reaches to 10:10, when the last answer came; a check due a second later is left out."""
    snapshot = Snapshot(tmp_path, platform_poll=[[
        POLL,
        poll(1, FIRMS[0], "2026-03-02 09:00:00", "2026-03-02 09:10:00"),
        poll(2, FIRMS[0], "2026-03-02 09:00:00", "2026-03-02 09:10:01"),
        poll(3, FIRMS[1], "2026-03-02 10:00:00", "未应答"),
        poll(4, FIRMS[1], "2026-03-02 10:00:01", ""),
        poll(5, FIRMS[1], "2026-03-02 10:00:01", "2026-03-02 10:10:00"),
    ]])  # fmt: skip
    (city,) = snapshot.value("poll_response_rate")
    assert (city["numerator"], city["denominator"], city["value"]) == (1, 3, pytest.approx(1 / 3))


def test_the_newer_issue_of_a_check_counts_whichever_was_landed_first(tmp_path: Path) -> None:
    other = poll(2, FIRMS[1], "2026-03-03 09:00:00", "")
    told = [
        [POLL, poll(1, FIRMS[0], "2026-03-02 23:58:00", "未应答"), other],
        [POLL, poll(1, FIRMS[0], "2026-03-02 23:58:00", "2026-03-03 00:01:00")],
    ]
    older, newer = (landed(tmp_path, "platform_poll", number, lines) for number, lines in enumerate(told, 1))
    (table,) = [table for table in raw_tables() if table.name == "platform_poll"]
    for both in ([older, newer], [newer, older]):
        connection = duckdb.connect()
        connection.register("delivered", pa.concat_tables(both))
        sql.create_raw(connection, table, "delivered")
        sql.run_models(connection, raw_tables(), names=["mart.post_check"])
        found = connection.execute("select poll_no, is_replied_in_time, told_until from mart.post_check order by all")
        assert found.fetchall() == [
            ("CG0001", True, datetime(2026, 3, 3, 0, 1)), ("CG0002", False, datetime(2026, 3, 3, 9)),
        ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_response_rates_are_those_of_a_plain_computation(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    checks = []
    for number in range(300):
        at = datetime(2026, 2, 25) + timedelta(seconds=chance.randrange(40 * 86_400))
        within, taken = chance.choice((5, 10)), chance.choice((None, 0, 299, 300, 301, 600, 601, 50_000))
        checks.append(
            (number, chance.choice(FIRMS), at, within, None if taken is None else at + timedelta(seconds=taken))
        )
    lines = [poll(number, firm, str(at), str(replied or ""), within) for number, firm, at, within, replied in checks]
    snapshot = Snapshot(tmp_path, platform_poll=[[POLL, *lines]])
    known_until = max(replied or at for _, _, at, _, replied in checks)
    expected: dict[str, list[int]] = {}
    for _, firm, at, within, replied in checks:
        due = at + timedelta(minutes=within)
        if FIRST <= at.date() <= LAST and due <= known_until:
            counts = expected.setdefault(firm, [0, 0])
            counts[0] += replied is not None and replied <= due
            counts[1] += 1
    found = {
        row["uscc"]: [row["numerator"], row["denominator"]]
        for row in snapshot.value("poll_response_rate", "enterprise")
    }
    assert found == expected
    (city,) = snapshot.value("poll_response_rate")
    assert [city["numerator"], city["denominator"]] == [sum(each) for each in zip(*expected.values(), strict=True)]
