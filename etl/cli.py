"""``heng``: everything a person or a scheduler does, each command a thin call of a tested function."""

import json
import os
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from etl.errors import HengError
from warehouse.errors import WarehouseError

app = typer.Typer(
    name="heng",
    help="Heng 衡: from roadside deliveries to dated findings. State lives under HENG_HOME (default var/).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
feeds_app = typer.Typer(help="Declared feeds, and a dry run of a file against one.", no_args_is_help=True)
quarantine_app = typer.Typer(help="Rows that were not accepted, and how to try them again.", no_args_is_help=True)
demo_app = typer.Typer(help="Invented deliveries to try the product with.", no_args_is_help=True)
app.add_typer(feeds_app, name="feeds")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(demo_app, name="demo")

# Piped output keeps whole lines; a terminal has its own width.
console = Console() if sys.stdout.isatty() else Console(width=220)
notes = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Day = Annotated[str | None, typer.Option("--date", help="Business date, YYYY-MM-DD; default: yesterday in Beijing.")]


def _day(text: str | None) -> date:
    from etl.nightly import yesterday

    day = _date(text) if text else yesterday()
    if day > yesterday() + timedelta(days=1):
        raise HengError(f"{day} is in the future; a night can be run for days up to today in Beijing.")
    return day


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise HengError(f"{text!r} is not a date. Write YYYY-MM-DD.") from None


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def _table(title: str, rows: list[dict[str, Any]], columns: list[str]) -> None:
    table = Table(title=title, title_justify="left")
    for column in columns:
        numeric = bool(rows) and isinstance(rows[0].get(column), (int, float))
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if row.get(column) is None else _cell(row[column]) for column in columns))
    console.print(table)


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


# --- deliveries ----------------------------------------------------------------------------------
@app.command("land")
def land_command(
    files: Annotated[list[Path] | None, typer.Argument(help="Files to land; none: what waits in the inbox.")] = None,
    feed: Annotated[str | None, typer.Option("--feed", help="Feed of the files; else found by name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Archive and land deliveries. Files named here are left where they are."""
    from etl.deliveries import receive, take
    from etl.errors import DeliveryStopped
    from etl.feeds import FEEDS
    from etl.feeds import feed as declared
    from etl.land import land, result_of

    ids: list[str] = []
    if files:
        for path in files:
            if not path.is_file():
                raise HengError(f"There is no file {path}.")
            taking = [declared(feed)] if feed else [f for f in FEEDS.values() if f.takes(path.name)]
            if len(taking) != 1:
                known = ", ".join(f.name for f in taking) or "no feed"
                raise HengError(f"{path.name} could be of {known}. Name it: heng land --feed <feed> {path.name}")
            ids.append(take(taking[0], path, path.name))
    else:
        for name in [declared(feed).name] if feed else FEEDS:
            ids.extend(receive(name))
    results, stops = [], 0
    for delivery_id in dict.fromkeys(ids):
        try:
            results.append(land(delivery_id))
        except DeliveryStopped as stop:
            stops += 1
            results.append(result_of(delivery_id))
            notes.print(f"[bold red]stopped[/] {stop}", highlight=False, soft_wrap=True)
    rows = [
        {
            "delivery": r.delivery_id[:12], "feed": r.feed, "file": r.name, "state": r.state,
            "delivered": r.delivered, "accepted": r.accepted, "quarantined": r.quarantined, "flagged": r.flagged,
            "reason": r.reason,
        }
        for r in results
    ]  # fmt: skip
    if as_json:
        _print_json(rows)
    elif rows:
        _table("Landed", rows, list(rows[0]))
    else:
        console.print("Nothing waits in the inbox.")
    if stops:
        raise typer.Exit(1)


@app.command("build")
def build_command(
    day: Day = None,
    full: Annotated[bool, typer.Option("--full", help="Every day, as after losing parts/ or snapshots/.")] = False,
) -> None:
    """Build what changed since the published snapshot, check it and publish it."""
    from etl.nightly import build, publish

    built = build(_day(day), full)
    for check in built.warnings:
        console.print(f"[yellow]warn[/] {check['name']}: {check['rows']} rows", highlight=False)
    console.print(f"{len(built.touched)} days rebuilt; version {publish(built)} is served")


@app.command("publish")
def publish_command(
    version: Annotated[int | None, typer.Argument(help="Version to serve again; none: show what is served.")] = None,
) -> None:
    """Show the published version, or serve an earlier one that is still kept."""
    from warehouse import publish as warehouse_publish

    if version is not None:
        warehouse_publish.serve_version(version)
    for row in warehouse_publish.versions():
        console.print(
            f"{'→' if row['current'] else ' '} {row['version']:>6}  data until {row['data_until']}  "
            f"night {row['business_date']}  {row['digest'][:12]}",
            highlight=False,
        )


@app.command("nightly")
def nightly_command(day: Day = None, as_json: AsJson = False) -> None:
    """Run one night without Airflow: ingest every feed, build, check, publish."""
    from etl.nightly import nightly

    night = nightly(_day(day))
    told = {
        "business_date": str(night.business_date),
        "version": night.version,
        "landed": [{"delivery": r.delivery_id[:12], "feed": r.feed, "file": r.name, "delivered": r.delivered,
                    "accepted": r.accepted, "quarantined": r.quarantined, "flagged": r.flagged}
                   for r in night.landed],
        "stopped": [{"reason": stop.reason, "message": stop.message} for stop in night.stopped],
    }  # fmt: skip
    if as_json:
        _print_json(told)
    else:
        if night.landed:
            _table(f"Night of {night.business_date}", told["landed"], list(told["landed"][0]))  # type: ignore[index,arg-type]
        for stop in night.stopped:
            notes.print(f"[bold red]stopped[/] {stop}", highlight=False, soft_wrap=True)
        console.print(f"version {night.version} is served")
    if night.stopped:
        raise typer.Exit(1)


@app.command("housekeeping")
def housekeeping_command(as_json: AsJson = False) -> None:
    """Compact old days, prune old snapshots, remove what dead runs left."""
    from etl.housekeeping import run

    done = run()
    _print_json(done) if as_json else console.print(", ".join(f"{what} {count}" for what, count in done.items()))


@app.command("status")
def status_command(as_json: AsJson = False) -> None:
    """What waits, what landed, what was stopped, what is published and how fresh it is."""
    from etl.status import status

    told = status()
    if as_json:
        _print_json(told)
        return
    published = told["published"]
    if published:
        console.print(
            f"Published version {published['version']}, data until {published['data_until']}, "
            f"night {published['business_date']}."
        )
    else:
        console.print("Nothing is published yet. Run 'heng nightly'.")
    _table("Feeds", told["feeds"], list(told["feeds"][0]))
    for stop in told["stopped"]:
        console.print(f"[bold red]stopped[/] {stop['delivery']} {stop['message']}", highlight=False, soft_wrap=True)
    for name in told["unknown_files"]:
        console.print(f"[yellow]not taken by any feed[/] inbox/{name}", highlight=False)


# --- quarantine ----------------------------------------------------------------------------------
@quarantine_app.command("list")
def quarantine_list(
    feed: Annotated[str | None, typer.Option("--feed")] = None,
    delivery: Annotated[str | None, typer.Option("--delivery", help="Start of a delivery's digest.")] = None,
    reason: Annotated[str | None, typer.Option("--reason")] = None,
    limit: Annotated[int, typer.Option("--limit")] = 50,
    as_json: AsJson = False,
) -> None:
    """Quarantined rows with file, line, reason and the bytes as delivered."""
    from etl.status import quarantined

    rows, total = quarantined(feed, delivery, reason, limit)
    if as_json:
        _print_json({"total": total, "rows": rows})
        return
    if not rows:
        console.print("Nothing is quarantined.")
        return
    for row in rows:
        where = f"{row['delivery']}  {row['file']}  line {row['line']}"
        console.print(f"[bold]{row['reason']}[/]  {where}  {escape(row['detail'])}", highlight=False, soft_wrap=True)
        console.print(f"  {escape(row['raw'])}", highlight=False, soft_wrap=True)
    console.print(f"{len(rows)} of {total} quarantined rows")


@quarantine_app.command("replay")
def quarantine_replay(
    delivery: Annotated[str, typer.Argument(help="Start of a delivery's digest, or 'all'.")],
    as_json: AsJson = False,
) -> None:
    """Land deliveries again from the archive under today's declaration, after a rule was repaired."""
    from etl.status import replay

    rows = replay(delivery)
    _print_json(rows) if as_json else _table("Replayed", rows, list(rows[0]) if rows else ["delivery"])


# --- feeds ---------------------------------------------------------------------------------------
@feeds_app.command("list")
def feeds_list(as_json: AsJson = False) -> None:
    """Every declared feed."""
    from etl.feeds import FEEDS

    rows = [
        {"feed": f.name, "kind": f.kind, "format": f.format.name, "encoding": f.format.encoding, "zh": f.title_zh,
         "en": f.title_en}
        for f in FEEDS.values()
    ]  # fmt: skip
    _print_json(rows) if as_json else _table("Feeds", rows, list(rows[0]))


@feeds_app.command("show")
def feeds_show(feed: str, as_json: AsJson = False) -> None:
    """One feed: headings, columns, units, key, rules, file names."""
    from etl.describe import describe

    told = describe(feed)
    if as_json:
        _print_json(told)
        return
    console.print(f"[bold]{told['feed']}[/] {told['zh']} {told['en']}\n{told['doc']}", highlight=False)
    console.print(f"inbox/{told['feed']}/ takes names like {told['files']}", highlight=False, markup=False)
    _table("Columns", told["columns"], ["heading", "column", "type", "unit", "required", "zh"])
    _table("Rules", told["rules"], ["code", "outcome", "meaning"])


@feeds_app.command("check")
def feeds_check(feed: str, file: Path, as_json: AsJson = False) -> None:
    """Dry run: what would become of a file. Nothing is archived or landed."""
    from etl.dryrun import check

    told = check(feed, file)
    if as_json:
        _print_json(told)
    elif told["stopped"]:
        console.print(f"[bold red]would be stopped[/] {told['stopped']['message']} [{told['stopped']['reason']}]")
    else:
        console.print(
            f"{told['file']}: delivered {told['delivered']:,} = accepted {told['accepted']:,} + quarantined "
            f"{told['quarantined']:,}; accepted = current {told['current']:,} + repeated {told['repeated']:,} + "
            f"superseded {told['superseded']:,}; flagged {told['flagged']:,}",
            highlight=False,
        )
        rows = [
            {"outcome": outcome, "reason": reason, "rows": count}
            for outcome in ("quarantined", "flagged")
            for reason, count in told[f"{outcome}_by_reason"].items()
        ]
        if rows:
            _table("By reason", rows, ["outcome", "reason", "rows"])
        if told["examples"]:
            _table("Quarantined examples", told["examples"], ["source_line", "reason", "detail", "raw"])
    if told["stopped"]:
        raise typer.Exit(1)


@app.command("verdicts")
def verdicts_command(
    feed: str,
    file: Path,
    law_on: Annotated[str | None, typer.Option("--law-on", help="Judge by the law of this day (or 'today').")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output.")] = False,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only rows whose verdict differs from the law of their own day.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Dry run: the over-limit verdict of every accepted row of a file."""
    from etl import dryrun
    from etl.deliveries import now

    day = None if law_on is None else (now().date() if law_on == "today" else _date(law_on))
    rows = dryrun.verdicts(feed, file, day)
    columns: tuple[str, ...] = dryrun.VERDICT_COLUMNS
    if changed:
        if day is None:
            raise HengError("--changed compares with another law: add --law-on YYYY-MM-DD or --law-on today.")
        own = {row["source_line"]: row for row in dryrun.verdicts(feed, file)}
        for row in rows:
            row["over_limit_own_day"] = own[row["source_line"]]["over_limit"]
            row["limit_kg_own_day"] = own[row["source_line"]]["limit_kg"]
        rows = [row for row in rows if row["over_limit"] != row["over_limit_own_day"]]
        columns = (*columns, "over_limit_own_day", "limit_kg_own_day")
    if doubtful := dryrun.unverified(rows):
        notes.print(f"[yellow]unverified[/] figures not read in a legal text: {', '.join(doubtful)}", highlight=False)
    if as_json:
        _print_json(rows)
    elif as_csv:
        dryrun.write_csv(rows, sys.stdout, columns)
    else:
        counts: dict[str, int] = {}
        for row in rows:
            counts[row["over_limit"]] = counts.get(row["over_limit"], 0) + 1
        told = ", ".join(f"{verdict} {count:,}" for verdict, count in sorted(counts.items()))
        console.print(f"{file.name}: {len(rows):,} rows; over the limit: {told}", highlight=False)
        _table("First rows (all with --csv)", rows[:20], list(columns))


# --- answers -------------------------------------------------------------------------------------
@app.command("explain")
def explain_command(
    what: Annotated[str, typer.Argument(help="A record id, or a metric (see 'heng explain metrics').")],
    day_from: Annotated[str | None, typer.Option("--from", help="First day.")] = None,
    day_to: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    county: Annotated[str | None, typer.Option("--county", help="County code.")] = None,
    site: Annotated[str | None, typer.Option("--site", help="Site code.")] = None,
    as_json: AsJson = False,
) -> None:
    """From a number to its rows, from a row to its file, line and rule."""
    from etl.explain import explain, lines_of

    told = explain(what, _date(day_from) if day_from else None, _date(day_to) if day_to else None, county, site)
    if as_json:
        _print_json(told)
    else:
        for line in lines_of(told):
            console.print(line, highlight=False, soft_wrap=True)


@app.command("sql")
def sql_command(query: str, as_json: AsJson = False, limit: Annotated[int, typer.Option("--limit")] = 200) -> None:
    """A read-only query on the published snapshot."""
    from warehouse.connection import snapshot

    try:
        frame = snapshot().read(f"select * from ({query.rstrip().rstrip(';')}) limit {int(limit)}")
    except (HengError, WarehouseError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever the engine says of the person's query is the answer
        raise HengError(f"The query failed: {error}") from None
    rows = json.loads(frame.to_json(orient="records", date_format="iso", force_ascii=False))
    _print_json(rows) if as_json else _table(f"{len(rows)} rows", rows, list(frame.columns))


@app.command("serve")
def serve_command(
    port: Annotated[int | None, typer.Option("--port", help="Default: HENG_DASH_PORT, else 8050.")] = None,
    host: Annotated[str, typer.Option("--host", help="Loopback only until accounts exist.")] = "",
) -> None:
    """Serve the dashboards on loopback until Ctrl-C."""
    from etl.run import serve

    raise typer.Exit(serve(host=host, port=port))


@app.command("run")
def run_command(
    minutes: Annotated[float | None, typer.Option("--minutes", help="Stop by itself after so long.")] = None,
    demo: Annotated[bool, typer.Option(help="Put the sample deliveries into the inbox first.")] = True,
    dashboards: Annotated[bool, typer.Option(help="Serve the pages too.")] = True,
) -> None:
    """Everything: sample deliveries, Airflow and its nights, dashboards; Ctrl-C stops it all."""
    from etl.run import run

    raise typer.Exit(run(minutes=minutes, demo=demo, dashboards=dashboards))


@demo_app.command("land")
def demo_land(
    nights: Annotated[int, typer.Option("--nights", help="Separate nightly deliveries at the end.")] = 3,
    day: Day = None,
) -> None:
    """Put a fictional prefecture's deliveries into the inbox, once."""
    from etl.demo import deliver
    from warehouse.home import home

    dates = deliver(home(), _day(day), nights)
    console.print(f"inbox holds the demo deliveries; nights: {', '.join(str(d) for d in dates) or 'none'}")


def main() -> None:
    """Entry point: errors an operator can act on are one line and exit code 1."""
    os.umask(0o077)
    try:
        app()
    except (HengError, WarehouseError) as error:
        notes.print(f"[bold red]error[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
