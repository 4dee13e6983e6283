"""Penalties under the Work Safety Law, against enterprises (安全生产法 art. 113 counts them).

Planted, one story an enterprise: ``met`` three in 180 days and a major hazard that exists, which they cite once it is
registered; ``no_major`` four in a year (three where the world is short) and none; ``annulled`` three, of which one was
annulled; ``apart`` three of which the first and the last lie 180 days apart; ``let_off`` three decisions of which one
is not to penalise. Others have one.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import pyarrow as pa

from etl.demo import hazards, rows
from etl.demo.world import Delivery, World, morning_after

_CITY = 46
"""Enterprises with one penalty in a year at city scale; nothing is published."""
_ACTS = (
    ("安全生产法第九十七条", "未按规定进行安全生产教育培训", "fine", 20_000),
    ("安全生产法第九十九条", "未对安全设备进行经常性维护、保养", "fine", 30_000),
    ("安全生产法第一百零一条", "未建立事故隐患排查治理制度", "fine", 40_000),
    ("安全生产法第一百零二条", "未采取措施消除事故隐患", "fine", 35_000),
    ("安全生产法第九十七条", "特种作业人员未按规定取得资格", "warning", 0),
)
# Days before the last one, and what becomes of a decision.
_STORIES: dict[str, tuple[tuple[int, str], ...]] = {
    "met": ((150, ""), (80, ""), (9, "")),
    "no_major": ((300, ""), (200, ""), (100, ""), (12, "")),
    "annulled": ((120, ""), (70, "annulled"), (20, "")),
    "apart": ((190, ""), (100, ""), (10, "")),
    "let_off": ((90, ""), (50, "no_penalty"), (15, "")),
}


@cache
def penalties(world: World) -> tuple[dict[str, Any], ...]:
    """Every decision in the order of its day, with the story it belongs to."""
    rng = world.rng("safety_penalties")
    firms = {row["uscc"]: row for row in world.enterprises.to_pylist()}
    majors = [one for one in hazards.hazards(world) if one.record["uscc"] and one.record["hazard_grade"] == "major"]
    still = [one for one in majors if one.steps[-1].state != "CLOSED"]
    have_major = {one.record["uscc"] for one in majors}
    without = [uscc for uscc in firms if uscc not in have_major]
    order = rng.permutation(len(without)).tolist()
    chosen = {"met": still[0].record["uscc"]} if still else {}
    chosen |= {story: without[order.pop()] for story in _STORIES if story != "met" and order}
    found: list[dict[str, Any]] = []

    def decide(uscc: str, day: date, story: str, fate: str) -> None:
        article, words, kind, yuan = _ACTS[int(rng.integers(0, len(_ACTS)))]
        if fate == "no_penalty":
            kind, yuan = "no_penalty", 0
        found.append({
            "uscc": uscc, "enterprise_name": firms[uscc]["enterprise_name"], "county_code": firms[uscc]["county_code"],
            "as_reported": f"{article}：{words}", "penalty_kind": kind, "decided_fen": yuan * 100, "decided_on": day,
            "annulled_on": day + timedelta(7) if fate == "annulled" else None,
            "hazard_no": still[0].no if story == "met" and still[0].record["registered_on"] <= day else None,
            "story": story,
        })  # fmt: skip

    for story, uscc in chosen.items():
        for before, fate in _STORIES[story]:
            if (day := world.last_day - timedelta(before)) >= world.year[0]:
                decide(uscc, day, story, fate)
    for uscc in [without[at] for at in order[: world.figure(_CITY)]]:
        decide(uscc, world.year[int(rng.integers(0, len(world.year)))], "one", "")
    found.sort(key=lambda row: (row["decided_on"], row["uscc"]))
    return tuple(
        {**row, "decision_no": f"永交安罚〔{row['decided_on'].year}〕{at:04d}号"} for at, row in enumerate(found, 1)
    )


def deliveries(world: World) -> Iterator[Delivery]:
    """The list of all decisions, whenever lists are issued: an annulment is on the first list after it."""
    for day in hazards.list_days(world):
        known = [
            {name: value for name, value in row.items() if name != "story"}
            | {"annulled_on": row["annulled_on"] if row["annulled_on"] and row["annulled_on"] <= day else None}
            for row in penalties(world)
            if row["decided_on"] <= day
        ]
        if known:
            name = f"safety_penalty_{day:%Y%m%d}.csv"
            yield Delivery("safety_penalty", name, rows.as_table("safety_penalty", known), day, morning_after(day, 2))


def truth(world: World) -> dict[str, pa.Table]:
    """Every decision with its story."""
    told = pa.schema([*rows.schema("safety_penalty"), ("story", pa.string())])
    return {"safety_penalty": pa.Table.from_pylist(list(penalties(world)), told)}
