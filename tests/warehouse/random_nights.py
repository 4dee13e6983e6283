"""Nights of random deliveries for the small prefecture, and what was published after each."""

import os
import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from prefecture import REGISTERS, build_night, csv, deliver, passage

from warehouse.connection import Reader, snapshot
from warehouse.layout import CONTENT_SCHEMAS
from warehouse.publish import publish, published_manifest

FIRST_NIGHT = date(2026, 3, 1)
NIGHTS = 4
SEEDS = tuple(range(int(os.environ.get("HENG_NIGHT_SEEDS", "1"))))
"""``HENG_NIGHT_SEEDS=3`` tries more nights."""
SITES = ("YZ01", "YZ02")
Row = tuple[str, ...]


def rows_of(db: Reader, relation: str) -> list[Row]:
    """Rows in order, every value as text: a column's type in a frame depends on whether one of its values is empty."""
    frame = db.read(f"select cast(columns(*) as varchar) from {relation} order by all")
    return list(frame.astype(object).fillna("-").itertuples(index=False, name=None))


def case(number: int, check_no: str, plate: str, day: str, state: str = "已立案") -> str:
    filed = f"{date.fromisoformat(day) + timedelta(1)}"
    return (
        f"示例〔2026〕{number}号,车货总质量超限,非现场,{check_no},{plate},黄色,,,,431103,{day} 08:00:00,{day},{filed},"
        f"普通程序,{state},,超限"
    )


class Nights:
    """Nights of random deliveries: passages in time and late, corrections and older versions, repeats, reissues,
    rows that are refused, registers that are corrected and a list of cases."""

    def __init__(self, state: Path, seed: int) -> None:
        self.state, self.random = state, random.Random(seed)
        self.sent: list[tuple[str, str, bytes]] = []
        self.passages: list[tuple[int, str, int, str]] = []
        self.held: list[str] = []
        self.number = 0

    def send(self, feed: str, name: str, rows: list[str]) -> None:
        data = csv(feed, rows)
        deliver(self.state, feed, name, data)
        self.sent.append((feed, name, data))

    def name(self, feed: str, day: date) -> str:
        self.number += 1
        return f"{feed}_{day:%Y%m%d}_{self.number}.csv"

    def of(self, day: date) -> None:
        chance = self.random.random
        rows = []
        for site in SITES:
            if chance() < 0.15:
                continue  # silent
            for hour in range(0, 24, 2):
                number = len(self.passages)
                self.passages.append((number, str(day), hour, site))
                row = passage(number, str(day), hour, site)
                (self.held if chance() < 0.2 else rows).append(row)
        if rows:
            self.send("wim_passage", self.name("wim_passage", day), [*rows, *self.random.sample(rows, 1)])
        if self.held and chance() < 0.7:
            self.send("wim_passage", self.name("wim_passage", day), self.held)
            self.held = []
        for _ in range(self.random.randrange(4)):
            number, of_day, hour, site = self.random.choice(self.passages)
            hours = self.random.choice((-1, 30, 60, 90))  # before the version that is there, or some time after it
            after = f"{date.fromisoformat(of_day) + timedelta(3)} 0{hours // 30}:00:00"
            uploaded = f"{of_day} {hour:02d}:59:50" if hours < 0 else after
            change = {"plate_no": f"湘M{20_000 + number}"} if chance() < 0.3 else {"speed_kmh": 60 + hours / 10}
            corrected = passage(number, of_day, hour, site, uploaded_at=uploaded, **change)
            self.send("wim_passage", self.name("wim_passage", day), [corrected, corrected.replace("湘M", "湘M\x01", 1)])
        if chance() < 0.6:
            feed, name, data = self.random.choice(self.sent)
            deliver(self.state, feed, name, data)
        if chance() < 0.5:
            feed, name, _ = self.random.choice([one for one in self.sent if one[0] == "wim_passage"])
            chosen = self.random.sample(self.passages, 2)
            rows = [passage(*one, uploaded_at=f"{one[1]} 23:59:59", vehicle_length_m=12) for one in chosen]
            self.send("wim_passage", name, rows)
        for register, line in (
            ("vehicle", "湘M1000{},2,Q,货车,{},{},1,{},0,示例运输{}号,4311{},2019-05-20,{},"),
            ("wim_site", "YZ0{},甲站,Site one,43110{},G207,12.5,26.4,111.6,2024-01-01,"),
            ("verification_certificate", "JL-{},YZ01-{},5,5,100,2025-03-10,{},{},示例计量院"),
        ):
            if chance() < 0.5:
                pick = self.random.randrange
                values: tuple[object, ...] = {
                    "vehicle": (n := pick(7), 3 + pick(4), 20_000 + 1_000 * pick(30), pick(2), n, n, FIRST_NIGHT
                                - timedelta(pick(3))),
                    "wim_site": (1 + pick(2), 2 + pick(2)),
                    "verification_certificate": (pick(3), 1 + pick(2), "2025-03-10", day + timedelta(pick(3) - 1)),
                }[register]  # fmt: skip
                self.send(register, self.name(register, day), [line.format(*values)])
        rows = []
        for number, of_day, hour, site in self.random.sample(self.passages, 3):
            check_no = passage(number, of_day, hour, site).split(",")[0]
            rows.append(
                case(number, check_no, f"湘M{10_000 + number % 7}", of_day, self.random.choice(["已立案", "撤案"]))
            )
        self.send("enforcement_case", self.name("enforcement_case", day), rows)


@dataclass(frozen=True)
class RandomNights:
    """An instance after its nights. ``published``: every table with content, and what the ledger tells, by night."""

    home: Path
    published: dict[date, dict[str, list[Row]]]


def run(home: Path, seed: int) -> RandomNights:
    for feed, name in REGISTERS:
        deliver(home, feed, name)
    nights = Nights(home, seed)
    published = {}
    for day in (FIRST_NIGHT + timedelta(number) for number in range(NIGHTS)):
        nights.of(day)
        publish(build_night(home, day))
        manifest = published_manifest()
        assert manifest is not None
        content = [name for name in manifest["columns"] if name.split(".")[0] in CONTENT_SCHEMAS]
        tables = [*content, "meta.delivery", "meta.delivery_reason"]
        published[day] = {table: rows_of(snapshot(), table) for table in tables}
    return RandomNights(home, published)
