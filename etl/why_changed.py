"""``heng why-changed``: why a metric says something else than it did, down to the rows that moved it. The counts of
repeat violators are answered in ``etl.why_repeat``."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl.arguments import County, day_of, known_county, known_site, month_of, one_of
from etl.errors import HengError
from warehouse.repeat import BASES, SUBJECTS, WINDOWS
from warehouse.spreadsheet import safe

if TYPE_CHECKING:
    from warehouse.why_changed import Cause, Change, Effect, WhyChanged
    from warehouse.why_repeat import WhyRepeat

FORMATS = ("table", "json", "csv")
REPEAT = "repeat"
"""Asks for the count of a repeat violator in place of a metric."""
CSV_COLUMNS = (
    "kind", "day", "site_code", "record_id", "row_count", "numerator", "denominator", "night", "delivery_id", "name",
    "source_line", "changes", "causes",
)  # fmt: skip


def why_changed_command(
    metric: Annotated[str, typer.Argument(help="A metric (see 'heng explain metrics'), or 'repeat'.")],
    known_from: Annotated[str, typer.Option("--from", help="As known on this day ...")],
    known_to: Annotated[str | None, typer.Option("--to", help="... and on this day; default: the last night.")] = None,
    days: Annotated[str | None, typer.Option("--period", help="Days that are counted: FIRST..LAST.")] = None,
    month: Annotated[
        str | None, typer.Option("--month", help="YYYY-MM; default: the month of --from up to it.")
    ] = None,
    county: County = None,
    site: Annotated[str | None, typer.Option("--site", help="Site code.")] = None,
    subject: Annotated[str | None, typer.Option("--subject", help=f"repeat: {', '.join(SUBJECTS)}.")] = None,
    plate: Annotated[str | None, typer.Option("--plate", help="repeat: the vehicle.")] = None,
    color: Annotated[int | None, typer.Option("--color", help="repeat: its colour (JT/T 697.7), of several.")] = None,
    driver: Annotated[str | None, typer.Option("--driver", help="repeat: the driver's certificate.")] = None,
    uscc: Annotated[str | None, typer.Option("--uscc", help="repeat: the enterprise's credit code.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="repeat: day of the count; default: last day of data of --from.")
    ] = None,
    window: Annotated[
        str | None, typer.Option("--window", help=f"repeat: {', '.join(WINDOWS)}; default: repeat_window_query.")
    ] = None,
    basis: Annotated[
        str | None, typer.Option("--basis", help=f"repeat: {', '.join(BASES)}; default: repeat_date_basis.")
    ] = None,
    undecided: Annotated[
        bool | None,
        typer.Option("--undecided/--decided", help="repeat: with acts without a decision; default: by parameter."),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, json or csv.")] = "table",
    limit: Annotated[int, typer.Option("--limit", help="Rows in the table; json and csv have all.")] = 50,
) -> None:
    """Why a metric or a repeat violator's count is another: what came late, was corrected or is judged otherwise."""
    from warehouse.connection import snapshot
    from warehouse.known import moment
    from warehouse.why_changed import why_changed

    one_of("format", form, FORMATS)
    of_metric = {"--period": days, "--month": month, "--county": county, "--site": site}
    of_repeat = {
        "--subject": subject, "--plate": plate, "--color": color, "--driver": driver, "--uscc": uscc, "--as-of": as_of,
        "--window": window, "--basis": basis, "--undecided/--decided": undecided,
    }  # fmt: skip
    others = of_metric if metric == REPEAT else of_repeat
    if given := [option for option, value in others.items() if value is not None]:
        raise HengError(f"{', '.join(given)} {'goes' if len(given) == 1 else 'go'} with "
                        f"{'a metric' if metric == REPEAT else REPEAT}, not with {metric}.")  # fmt: skip
    start = day_of(known_from)
    end = day_of(known_to) if known_to else moment(date.max).night
    if metric == REPEAT:
        from etl import why_repeat

        named = {"vehicle": plate, "driver": driver, "enterprise": uscc}
        asked = why_repeat.Asked(subject, named, color, day_of(as_of) if as_of else None, window, basis, undecided)
        why_repeat.answer(asked, start, end, form, limit)
        return
    served = snapshot()
    known_county(served, county)
    known_site(served, site)
    told = why_changed(metric, start, end, *_period(days, month, start), county, site)
    if form == "json":
        write_json(document(told))
    elif form == "csv":
        write_csv(told, sys.stdout)
    else:
        print_told(lines_of(told), table_of(told, limit), len(told.effects), limit)


def _period(days: str | None, month: str | None, known_from: date) -> tuple[date, date]:
    """The days that are counted; without being told those of the month of ``known_from`` that were over."""
    if days and month:
        raise HengError("Say --period or --month, not both.")
    if days:
        first, dots, last = days.partition("..")
        if not dots:
            raise HengError(f"{days!r} is no period. Write FIRST..LAST, as 2026-11-01..2026-11-22.")
        return day_of(first), day_of(last)
    if month:
        return month_of(month)
    return known_from.replace(day=1), known_from


def by_kind(effects: Sequence[Effect], kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    """Effects summed by kind, in the order of ``kinds``."""
    rows = []
    for kind in kinds:
        of_kind = [effect for effect in effects if effect.kind == kind]
        if of_kind:
            rows.append(
                {
                    "kind": kind,
                    "meaning": kinds[kind],
                    "row_count": sum(effect.row_count for effect in of_kind),
                    "numerator": sum(effect.numerator for effect in of_kind),
                    "denominator": sum(effect.denominator for effect in of_kind),
                }
            )
    return rows


def document(told: WhyChanged) -> dict[str, Any]:
    """Everything as one JSON document."""
    from warehouse.why_changed import KINDS

    above, below = told.difference
    return {
        "metric": told.metric.name,
        "label_zh": told.metric.label_zh,
        "label_en": told.metric.label_en,
        "scope": {"from": told.first, "to": told.last, "county": told.county, "site": told.site},
        "before": {"night": told.night_before, **told.before},
        "after": {"night": told.night_after, **told.after},
        "difference": {"numerator": above, "denominator": below},
        "by_kind": by_kind(told.effects, KINDS),
        "effects": [asdict(effect) for effect in told.effects],
        "notes": told.notes,
    }


def write_json(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2, default=str) + "\n")


def print_told(lines: Sequence[str], table: Table, count: int, limit: int) -> None:
    """What is said in words and, where rows moved the number, the first of them."""
    console = Console() if sys.stdout.isatty() else Console(width=220)
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if count:
        console.print(table)
    if count > limit:
        console.print(f"{limit} of {count:,} lines; all with --format csv", highlight=False)


def write_csv(told: WhyChanged | WhyRepeat, stream: IO[str], columns: Sequence[str] = CSV_COLUMNS) -> None:
    """One line an effect. Text that a spreadsheet would take for a formula begins with an apostrophe."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for effect in told.effects:
        row = asdict(effect)
        row |= {"changes": "; ".join(changes_in(effect.changes)), "causes": "; ".join(causes_in(effect))}
        writer.writerow([safe(cell) if isinstance(cell := row[name], str) else cell for name in columns])


# --- in words ------------------------------------------------------------------------------------
def lines_of(told: WhyChanged) -> list[str]:
    """What changed in sum, and what else is known."""
    from warehouse.why_changed import KINDS

    scope = [
        f"{told.first} to {told.last}",
        *(f"{k} {v}" for k, v in (("county", told.county), ("site", told.site)) if v),
    ]
    above, below = told.difference
    parts = [f"{told.metric.numerator} {above:+,}"]
    parts += [f"{told.metric.denominator} {below:+,}"] if told.metric.denominator else []
    lines = [
        f"{told.metric.label_en} {told.metric.label_zh}, {', '.join(scope)}",
        f"known on {told.night_before}: {told.before['formula']} = {told.before['shown']}",
        f"known on {told.night_after}: {told.after['formula']} = {told.after['shown']}",
    ]
    if told.night_before == told.night_after:
        lines.append(f"Both days know what the night of {told.night_after} knew: no other was closed between them.")
    elif not told.effects:
        lines.append(f"Nothing changed: no row counts for something else than on {told.night_before}.")
    else:
        lines.append(f"Difference: {', '.join(parts)}, by these rows:")
        for row in by_kind(told.effects, KINDS):
            share = f", {row['denominator']:+,} below" if told.metric.denominator else ""
            lines.append(
                f"  {row['kind']}: {row['row_count']:,} rows, {row['numerator']:+,} above{share}  ({row['meaning']})"
            )
    return [*lines, *told.notes]


def table_of(told: WhyChanged, limit: int) -> Table:
    """The rows, one line each; where a row stands is said as file:line."""
    table = Table(title="Rows", title_justify="left")
    for name in (
        "kind",
        "day",
        "site",
        "record",
        "rows",
        "above",
        "below",
        "night",
        "file:line",
        "what changed, and by what",
    ):
        table.add_column(name, justify="right" if name in ("rows", "above", "below") else "left", overflow="fold")
    for effect in told.effects[:limit]:
        why = [*changes_in(effect.changes), *causes_in(effect)]
        table.add_row(
            effect.kind,
            str(effect.day or ""),
            Text(shown(effect.site_code or "")),
            effect.record_id or "",
            f"{effect.row_count:,}",
            f"{effect.numerator:+,}" if effect.numerator else "",
            f"{effect.denominator:+,}" if effect.denominator else "",
            str(effect.night or ""),
            Text(place_of(effect.name, effect.source_line)),
            Text(shown("; ".join(why))),
        )
    return table


def shown(text: str) -> str:
    """Text of a file or its name without a character that a terminal would act on."""
    from etl import deliveries

    return deliveries.shown(text)


def place_of(name: str | None, line: int | None) -> str:
    return shown(":".join(str(part) for part in (name, line) if part is not None))


def changes_in(changes: tuple[Change, ...]) -> Iterator[str]:
    for change in changes:
        yield f"{change.column} {_value(change.old)} → {_value(change.new)}"


def _value(value: Any) -> str:
    if value is None:
        return "empty"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def causes_in(effect: Effect) -> Iterator[str]:
    for cause in effect.causes:
        place = place_of(cause.name, cause.source_line)
        if not cause.table:
            yield f"{cause.row_count:,} rows of {place}"
        else:
            yield f"{cause.table.partition('.')[2]} row of {place} {_how(cause)}"


def _how(cause: Cause) -> str:
    if cause.is_new or cause.is_gone:
        said = [f"{c.column} {_value(c.new if cause.is_new else c.old)}" for c in cause.changes]
        return f"{'is new' if cause.is_new else 'is gone'} ({', '.join(said)})"
    return f"changed ({', '.join(changes_in(cause.changes))})"
