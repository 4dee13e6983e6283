"""How passages travel from a site to the platform, and what happens to them on the way.

A month or a night of one layout becomes files: rows of a site that was offline come late, a line is cut, a
number is no number, the last hour comes again, a row is corrected, a file is sent twice or anew.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.demo import faults, writer
from etl.demo.faults import CUT_LINE, Fault, text
from etl.demo.world import Delivery, World, morning_after
from etl.feeds import feed

NAMES = {
    "wim_passage": "wim_passage_{}.csv",
    "wim_passage_preview": "preview_{}.csv",
    "wim_passage_wheel": "wheel_{}.ndjson",
}
LATE_DAYS = 12
ROWS_A_FAULT = 40_000


def name_of(layout: str, day: date, suffix: str = "", zipped: bool = False) -> str:
    return NAMES[layout].format(f"{day:%Y%m%d}{suffix}") + (".gz" if zipped else "")


def _bad_lines(layout: str, year: int) -> list[Fault]:
    """Lines that bad transmissions and bad readings leave, for each layout."""
    common = [
        CUT_LINE,
        text("R-NUMBER", gross_vehicle_weight_kg="31.5t"),
        text("R-TIME", passed_at="2000-01-01 00:00:00"),
        text("R-TIME", passed_at=f"{year}-02-30 08:15:00"),
        text("R-RANGE", speed_kmh="655.35"),
    ]
    if layout == "wim_passage_preview":
        return [*common, text("R-AXLES", axle_count="1"), text("R-NUMBER", gross_vehicle_weight_kg="NaN")]
    if layout == "wim_passage_wheel":
        return [*common, text("R-AXLES", axle_count="9"), text("R-CODE", direction="north")]
    return [
        *common,
        text("R-NUMBER", gross_vehicle_weight_kg="NaN"),
        text("R-AXLES", axle_count="1"),
        Fault("text", "R-RANGE", (("axle_loads_kg.2", "-2150"),)),
        text("R-CODE", direction="north"),
        text("", plate_no="湘MO0I12", plate_color_code=2),
        text("", plate_no="湘1M2345", plate_color_code=2),
        text("", plate_no="未识别", plate_color_code=""),
        text("", plate_no="－", plate_color_code=""),
    ]


def _file(
    world: World, layout: str, rows: pa.Table, more: pa.Table, day: date, name: str, at: datetime, bad: list[Fault]
) -> Delivery:
    data, truth = faults.damage(feed(layout), rows, bad, world.rng("damage", name), name, more)
    return Delivery(layout, name, pa.concat_tables([rows, more]), day, at, data, {"damaged_line": truth})


# --- a month -------------------------------------------------------------------------------------
def month(world: World, layout: str, rows: pa.Table, days: list[date], more: pa.Table) -> Iterator[Delivery]:
    """A month of history: its file, and what came of it late, twice or anew; nothing of that happens to ``more``."""
    rng, last = world.rng("month", layout, days[0]), days[-1]
    number = (last.year * 12 + last.month) % 4
    late_day = days[int(rng.integers(0, len(days)))]
    arrives = late_day + timedelta(days=LATE_DAYS)
    late = rows.slice(0, 0)
    if layout == "wim_passage" and number % 2 == 0 and arrives <= world.last_day:
        site = rows["site_code"][int(rng.integers(0, rows.num_rows))]
        offline = pc.and_(pc.equal(rows["site_code"], site), _on(rows, late_day))
        late, rows = rows.filter(offline), rows.filter(pc.invert(offline))
    name = name_of(layout, last, "_month", zipped=True)
    bad = _bad_lines(layout, last.year)
    count = min(max(2, rows.num_rows // ROWS_A_FAULT), rows.num_rows // 30)
    chosen = [bad[at % len(bad)] for at in range(int(rng.integers(0, len(bad))), 99)][:count]
    delivery = _file(world, layout, rows, more, last, name, morning_after(last), chosen)
    yield delivery
    if late.num_rows:
        name = name_of(layout, arrives, "_late")
        late = _uploaded(late, datetime.combine(arrives, time(6, 2, 11)))
        yield Delivery(layout, name, late, arrives, morning_after(arrives), truth={"late_row": _keys(late)})
    if layout == "wim_passage_wheel" and number == 1:
        # The same bytes under another name, a day later.
        again = name_of(layout, last, "_month_again", zipped=True)
        yield Delivery(layout, again, None, last, morning_after(last + timedelta(days=1)), delivery.data)
    if layout == "wim_passage_preview" and number == 3:
        yield _corrected_month(world, layout, rows, more, last)


def _on(rows: pa.Table, day: date) -> pa.ChunkedArray:
    return pc.equal(rows["passed_at"].cast(pa.date32()), pa.scalar(day, pa.date32()))


def _keys(rows: pa.Table) -> pa.Table:
    return rows.select(["check_no", "site_code", "passed_at"])


def _uploaded(rows: pa.Table, at: datetime) -> pa.Table:
    column = pa.array([at] * rows.num_rows, rows.schema.field("uploaded_at").type)
    return rows.set_column(rows.column_names.index("uploaded_at"), "uploaded_at", column)


def _corrected_month(world: World, layout: str, rows: pa.Table, more: pa.Table, last: date) -> Delivery:
    """The month sent anew eight days later: one site's weights recomputed, nothing else changed."""
    rng = world.rng("corrected", layout, last)
    site = rows["site_code"][int(rng.integers(0, rows.num_rows))]
    changed, truth = _heavier(rows, np.flatnonzero(np.asarray(pc.equal(rows["site_code"], site))), -40)
    changed = pa.concat_tables([changed, more])
    name = name_of(layout, last, "_month_r2", zipped=True)
    return Delivery(layout, name, changed, last, morning_after(last + timedelta(days=8)), truth={"correction": truth})


def _heavier(rows: pa.Table, at: np.ndarray, by: int) -> tuple[pa.Table, pa.Table]:
    """Rows with another gross weight at some positions, and the truth about it. Axle loads stay."""
    old = rows["gross_vehicle_weight_kg"].take(pa.array(at)).combine_chunks()
    new = pc.max_element_wise(pc.add(old, by), 1_000).cast(old.type)
    truth = pa.table({"check_no": rows["check_no"].take(pa.array(at)), "before_kg": old, "after_kg": new})
    return faults.replaced(rows, "gross_vehicle_weight_kg", at, new), truth


# --- a night -------------------------------------------------------------------------------------
def night(
    world: World, layout: str, rows: pa.Table, before: pa.Table | None, day: date, more: pa.Table
) -> Iterator[Delivery]:
    """One night: the last hour of the day before again, the day itself, its last rows once more, corrections; ``more``.

    With the last night of the platform's own layout a row of five days ago comes late.
    """
    rng = world.rng("night", layout, day)
    name = name_of(layout, day)
    if before is not None:
        last_hour = datetime.combine(day - timedelta(days=1), time(23))
        rows_again = before.filter(pc.greater_equal(before["passed_at"], pa.scalar(last_hour, pa.timestamp("s"))))
    else:
        rows_again = rows.slice(0, 0)
    if rows.num_rows < 40:
        whole = pa.concat_tables([rows_again, rows, more])
        yield Delivery(layout, name, whole, day, morning_after(day))
        return
    bad, bad_truth = _bad_lines(layout, day.year), {}
    ahead = rows_again.num_rows + (1 if writer.head(feed(layout)) else 0)
    body, spoiled = faults.damage_rows(feed(layout), rows, bad, rng, name, after=ahead)
    bad_truth["damaged_line"] = spoiled
    tail = [rows.slice(rows.num_rows - 25)]
    if "uploaded_at" in rows.column_names:
        corrected, truth = _corrections(rows, rng)
        bad_truth["correction"] = truth
        tail.append(corrected)
    if layout == "wim_passage" and day == world.last_day and len(world.own_nights) > 0:
        late = _late_row(rows, day)
        bad_truth["late_row"] = _keys(late)
        tail.append(late)
    tail.append(more)
    whole = pa.concat_tables([rows_again, rows, *tail])
    data = faults.around(feed(layout), rows_again, body, pa.concat_tables(tail))
    yield Delivery(layout, name, whole, day, morning_after(day), data, bad_truth)


def _corrections(rows: pa.Table, rng: np.random.Generator) -> tuple[pa.Table, pa.Table]:
    """Three rows sent again 47 minutes later, 120 kg heavier."""
    at = np.sort(rng.choice(rows.num_rows, 3, replace=False))
    changed, truth = _heavier(rows, at, 120)
    changed = changed.take(pa.array(at))
    later = pc.add(changed["uploaded_at"], pa.scalar(timedelta(minutes=47), pa.duration("s")))
    return changed.set_column(changed.column_names.index("uploaded_at"), "uploaded_at", later), truth


def _late_row(rows: pa.Table, day: date) -> pa.Table:
    """A passage of five days ago that its site sends only now."""
    passed = datetime.combine(day - timedelta(days=5), time(9, 31, 27))
    row = rows.slice(0, 1)
    number = f"{row['site_code'][0]}{passed:%Y%m%d%H%M%S}9999"
    for name, value in (("check_no", number), ("passed_at", passed)):
        column = pa.array([value], row.schema.field(name).type)
        row = row.set_column(row.column_names.index(name), name, column)
    return _uploaded(row, datetime.combine(day, time(6, 2, 11)))


def reissue(world: World, rows: pa.Table, day: date) -> Delivery:
    """A night's file as its sender corrected it: one site's readings of an hour recomputed, faults mended."""
    hour = pc.equal(pc.hour(rows["passed_at"]), 22)
    at = np.flatnonzero(np.asarray(pc.and_(pc.equal(rows["site_code"], "YZ05"), hour)))
    changed, truth = _heavier(rows, at, -40)
    name = name_of("wim_passage", day)
    return Delivery("wim_passage", name, changed, day, morning_after(day), truth={"correction": truth})
