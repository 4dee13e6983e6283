"""``heng demo``: invented deliveries to try the product with."""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from etl.arguments import day_of
from etl.errors import HengError

if TYPE_CHECKING:
    from etl.demo.world import World

app = typer.Typer(help="Invented deliveries to try the product with.", no_args_is_help=True)
DEFAULT_END = "2025-12-31"
Scale = Annotated[str, typer.Option("--scale", help="tiny, city (10 million passages a year) or province.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same prefecture, byte for byte.")]
End = Annotated[str, typer.Option("--end", help="Last day, YYYY-MM-DD.")]


def _require_known(first: date, last: date) -> None:
    """Refuse days of which the generator does not know the law or the holidays."""
    from etl.demo.world import FIRST_DAY, LAST_DAY

    if first < FIRST_DAY or last > LAST_DAY:
        raise HengError(
            f"The days from {first} to {last} cannot be made: the generator knows the law from {FIRST_DAY} on and "
            f"the holidays up to {LAST_DAY}. Choose a span within, by --end and --days."
        )


def _world(scale: str, seed: int, end: str, days: int, nights: int) -> "World":
    from etl.demo.world import SCALES, World

    if scale not in SCALES:
        raise HengError(f"There is no scale {scale!r}. Choose one of {', '.join(SCALES)}.")
    last = day_of(end)
    _require_known(last - timedelta(days=days - 1), last)
    return World(seed, SCALES[scale], last - timedelta(days=days - 1), last, nights)


@app.command("land")
def land_command(
    nights: Annotated[int, typer.Option("--nights", help="Separate nightly deliveries at the end.")] = 3,
    day: Annotated[str | None, typer.Option("--date", help="Last night, YYYY-MM-DD; default: yesterday.")] = None,
) -> None:
    """Put the sample's deliveries into the inbox, once."""
    from etl.demo import deliver
    from etl.nightly import yesterday
    from warehouse.home import home

    last = day_of(day) if day else yesterday()
    if last > yesterday() + timedelta(days=1):
        raise HengError(f"{last} is in the future; the sample ends yesterday or before.")
    dates = deliver(home(), last, nights)
    typer.echo(f"inbox holds the demo deliveries; nights: {', '.join(str(found) for found in dates) or 'none'}")


@app.command("generate")
def generate_command(
    out: Annotated[Path, typer.Option("--out", help="A new folder: inbox/ and truth/ are made in it.")],
    days: Annotated[int, typer.Option("--days", min=1, help="How many days.")] = 365,
    scale: Scale = "city",
    seed: Seed = 20261122,
    end: End = DEFAULT_END,
    nights: Annotated[int, typer.Option("--nights", min=0, help="So many last days come one by one.")] = 7,
) -> None:
    """Write every delivery of a fictional prefecture, and the truth beside them."""
    from etl.demo.generate import generate

    world = _world(scale, seed, end, days, nights)
    if out.exists() and any(out.iterdir()):
        raise HengError(f"{out} is not empty. Name a new folder: nothing is written over.")
    files, rows = generate(world, out, tell=lambda text: typer.echo(text, err=True))
    typer.echo(f"{out}: {files} deliveries, {rows:,} rows, {world.first_day} to {world.last_day}, seed {seed}")


@app.command("year")
def year_command(
    scale: Scale = "city",
    seed: Seed = 20261122,
    end: End = DEFAULT_END,
    days: Annotated[int, typer.Option("--days", min=1, help="How many days.")] = 365,
) -> None:
    """Generate a year and load it month by month into a new instance (HENG_HOME)."""
    import time

    from etl.demo import load
    from etl.demo.generate import generate
    from warehouse.home import home

    load.require_empty()
    world = _world(scale, seed, end, days, nights=7)
    source = home() / "demo-year"
    if source.exists():
        raise HengError(f"{source} is left of a run that did not end. Delete it, then run the command again.")
    began = time.monotonic()
    files, rows = generate(world, source, tell=lambda text: typer.echo(text, err=True))
    typer.echo(f"{files} deliveries, {rows:,} rows generated in {time.monotonic() - began:.0f} s")
    done = load.load(load.by_month(load.staged(source)), typer.echo)
    typer.echo(
        f"{done.delivered:,} rows delivered = {done.accepted:,} accepted + {done.quarantined:,} quarantined; "
        f"{done.passages:,} passages; {len(done.differences)} differences, {len(done.stopped)} stopped; "
        f"landed in {done.land_seconds:.0f} s, built in {done.build_seconds:.0f} s. The truth is in {source}/truth"
    )
    for text in (*done.differences, *done.stopped):
        typer.echo(f"  {text}")
