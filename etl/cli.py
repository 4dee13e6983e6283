"""``heng``: everything a person or a scheduler does, each command a thin call of a tested function."""

import json
import os
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl.alerts import alerts_command
from etl.arguments import day_of
from etl.audit_cli import app as audit_app
from etl.bulletin import app as bulletin_app
from etl.cases_cli import app as cases_app
from etl.client_cli import app as client_app
from etl.compliance import compliance_command
from etl.consistency import consistency_command
from etl.counties_cli import app as counties_app
from etl.demo.cli import app as demo_app
from etl.dossier import dossier_command, verify_command
from etl.errors import HengError
from etl.findings import findings_command
from etl.funnel import funnel_command
from etl.hazards import app as hazards_app
from etl.jt808.cli import app as jt808_app
from etl.jt809.cli import app as jt809_app
from etl.kpi import kpi_command
from etl.ranking import ranking_command
from etl.repeat_cli import repeat_violators_command
from etl.report_card import report_card_command
from etl.risk import app as risk_app
from etl.rules import app as rules_app
from etl.safety_repeat import safety_repeat_command
from etl.scales import scales_command
from etl.shift import shift_command
from etl.sources import sources_command
from etl.supervision import supervision_command
from etl.user_cli import app as user_app
from etl.user_cli import init_command
from etl.why_changed import why_changed_command
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
app.add_typer(feeds_app, name="feeds")
app.add_typer(counties_app, name="counties")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(demo_app, name="demo")
app.add_typer(jt808_app, name="jt808")
app.add_typer(jt809_app, name="jt809")
app.add_typer(rules_app, name="rules")
app.add_typer(cases_app, name="cases")
app.add_typer(bulletin_app, name="bulletin")
app.add_typer(hazards_app, name="hazards")
app.add_typer(risk_app, name="risk")
app.add_typer(user_app, name="user")
app.add_typer(client_app, name="client")
app.command("init")(init_command)
app.add_typer(audit_app, name="audit")
app.command("report-card")(report_card_command)
app.command("kpi")(kpi_command)
app.command("why-changed")(why_changed_command)
app.command("dossier")(dossier_command)
app.command("verify")(verify_command)
app.command("repeat-violators")(repeat_violators_command)
app.command("safety-repeat")(safety_repeat_command)
app.command("findings")(findings_command)
app.command("funnel")(funnel_command)
app.command("compliance")(compliance_command)
app.command("alerts")(alerts_command)
app.command("ranking")(ranking_command)
app.command("supervision")(supervision_command)
app.command("consistency")(consistency_command)
app.command("scales")(scales_command)
app.command("sources")(sources_command)
app.command("shift")(shift_command)

# Piped output keeps whole lines; a terminal has its own width.
console = Console() if sys.stdout.isatty() else Console(width=220)
notes = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Day = Annotated[str | None, typer.Option("--date", help="Business date, YYYY-MM-DD; default: yesterday in Beijing.")]


def _day(text: str | None) -> date:
    from etl.nightly import yesterday

    day = day_of(text) if text else yesterday()
    if day > yesterday() + timedelta(days=1):
        raise HengError(f"{day} is in the future; a night can be run for days up to today in Beijing.")
    return day


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def _table(title: str, rows: list[dict[str, Any]], columns: list[str]) -> None:
    table = Table(title=title, title_justify="left")
    for column in columns:
        numeric = bool(rows) and isinstance(rows[0].get(column), (int, float))
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if row.get(column) is None else _cell(row[column])) for column in columns))
    console.print(table)


def _say(word: str, text: object, style: str = "yellow", on: Console | None = None) -> None:
    """A message with a coloured first word. The rest is data, like the values of a table."""
    told = "\n".join(_cell(line) for line in str(text).splitlines())
    (on or notes).print(Text.assemble((word, style), " ", told), soft_wrap=True)


def _cell(value: Any) -> str:
    """A value as text. Values are data: no markup, and no character that a terminal would act on."""
    from etl.deliveries import shown

    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else shown(str(value))


# --- deliveries ----------------------------------------------------------------------------------
@app.command("land")
def land_command(
    files: Annotated[list[Path] | None, typer.Argument(help="Files to land; none: what waits in the inbox.")] = None,
    feed: Annotated[str | None, typer.Option("--feed", help="Feed of the files; else found by name.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="All deliveries of --feed anew, as after its declaration changed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Archive and land deliveries. Files named here are left where they are."""
    from etl.deliveries import receive_all, take
    from etl.errors import DeliveryStopped
    from etl.feeds import FEEDS
    from etl.feeds import feed as declared
    from etl.land import land, result_of

    if again:
        _land_again(files, feed, as_json)
        return
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
        ids = receive_all([declared(feed).name] if feed else FEEDS)
    results, stops = [], 0
    for delivery_id in dict.fromkeys(ids):
        try:
            results.append(land(delivery_id))
        except DeliveryStopped as stop:
            stops += 1
            results.append(result_of(delivery_id))
            _say("stopped", stop, "bold red")
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


def _land_again(files: list[Path] | None, feed: str | None, as_json: bool) -> None:
    from etl.feeds import feed as declared
    from etl.status import land_again
    from warehouse.home import home
    from warehouse.ledger import Ledger

    if files or not feed:
        raise HengError(
            "--again lands what the archive has of one feed: heng land --again --feed <feed>, without files."
        )
    with Ledger(home()) as ledger:
        chosen = ledger.deliveries(declared(feed).name)
    rows = land_again(chosen)
    _print_json(rows) if as_json else _table("Landed again", rows, list(rows[0]) if rows else ["delivery"])
    if any(row["state"] != "landed" or row["reason"] == "D-DAMAGED" for row in rows):
        raise typer.Exit(1)


@app.command("restore")
def restore_command(
    check: Annotated[bool, typer.Option("--check", help="Only verify the archive.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a lost ledger and lost raw or quarantined rows back from the archive. On a whole instance: nothing."""
    from etl.restore import restore

    done = restore(check, lambda line: notes.print(line, highlight=False))
    if as_json:
        _print_json(vars(done))
    else:
        for line in done.damaged:
            _say("damaged", line, "bold red")
        console.print(
            f"{done.archived:,} deliveries in the archive, {len(done.damaged)} faults."
            if check
            else f"{done.archived:,} deliveries in the archive; the ledger lacked {done.recorded:,} of them, "
            f"{done.receipts:,} receipts, {done.nights:,} nights; {done.landed:,} landed, {done.stopped:,} stopped.",
            highlight=False,
        )
        if done.last_night and (done.landed or done.recorded):
            console.print(f"Next: heng build --date {done.last_night}", highlight=False)
    if done.damaged:
        raise typer.Exit(1)


@app.command("build")
def build_command(
    day: Day = None,
    full: Annotated[bool, typer.Option("--full", help="Every day, as after losing parts/ or snapshots/.")] = False,
) -> None:
    """Build what changed since the published snapshot, check it and publish it."""
    from etl.nightly import build, publish
    from warehouse.night import summary

    night = _day(day)
    built = build(night, full)
    console.print(f"night {night}: {summary(built.night)}", highlight=False, soft_wrap=True)
    for check in built.warnings:
        _say("warn", f"{check['name']}: {check['rows']} rows", on=console)
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
        "report": night.report,
    }  # fmt: skip
    if as_json:
        _print_json(told)
    else:
        if night.landed:
            _table(f"Night of {night.business_date}", told["landed"], list(told["landed"][0]))  # type: ignore[index,arg-type]
        for stop in night.stopped:
            _say("stopped", stop, "bold red")
        console.print(f"night {night.business_date}: {night.report}", highlight=False, soft_wrap=True)
        console.print(f"version {night.version} is served; 'heng night' reports the night")
    if night.stopped:
        raise typer.Exit(1)


@app.command("night")
def night_command(
    day: Annotated[str | None, typer.Option("--date", help="Business date, YYYY-MM-DD; default: the last.")] = None,
    as_json: AsJson = False,
) -> None:
    """The report of a night: what came, what is missing, what became of the rows, by feed and by delivery."""
    from etl.status import night
    from warehouse.night import summary

    told = night(day_of(day) if day else None)
    differs = any(line["difference_rows"] for line in told.deliveries)
    if as_json:
        _print_json(vars(told) | {"summary": summary(told.feeds)})
    else:
        console.print(f"night {told.business_date}: {summary(told.feeds)}", highlight=False, soft_wrap=True)
        rows = ["delivered_rows", "accepted_rows", "quarantined_rows", "current_count", "repeated_count",
                "superseded_count", "difference_rows"]  # fmt: skip
        short = {name: name.removesuffix("_rows").removesuffix("_count") for name in rows}
        came = ["received_count", "repeat_count", "reissue_count", "late_count", "stopped_count"]
        short |= {name: name.removesuffix("_count") for name in came} | {"repeat_count": "same bytes"}
        _table(
            "By feed",
            [{short.get(name, name): value for name, value in line.items()} for line in told.feeds],
            ["feed", "freshness", "last_issue", *(short[name] for name in (*came, *rows)), "reason_counts"],
        )
        _table(
            "By delivery",
            [
                {short.get(name, name): value for name, value in line.items()}
                | {"delivery": line["delivery_id"][:12], "file": line["name"]}
                for line in told.deliveries
            ],
            ["feed", "file", "delivery", "outcome", "state", "reason", *(short[name] for name in rows)],
        )
        for line in told.feeds:
            if line["freshness"] in ("late", "missing"):
                since = f"nothing issued since {line['last_issue']}" if line["last_issue"] else "nothing ever came"
                _say(line["freshness"], f"{line['feed']}: {since}; ask the sender [D-MISSING]", on=console)
    if differs:
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
        _say("stopped", f"{stop['delivery']} {stop['message']}", "bold red", console)
    for file in told["held"]:
        _say("waiting", f"inbox/{file['feed']}/{file['file']}: {file['why']}", on=console)
    for row in told["feeds"]:
        if row["older_declaration"]:
            text = (
                f"{row['feed']}: {row['older_declaration']} deliveries landed under another declaration. "
                f"Land them anew: heng land --again --feed {row['feed']}"
            )
            _say("older declaration", text, on=console)
    for name in told["unknown_files"]:
        _say("not taken by any feed", f"inbox/{name}", on=console)


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
    _table("Quarantine", rows, ["reason", "delivery", "feed", "file", "line", "detail", "raw"])
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
    if not as_json and feed not in told["name_taken_by"]:
        others = f" It is a name of {', '.join(told['name_taken_by'])}." if told["name_taken_by"] else ""
        note = (
            f"{feed} would not take a file called {file.name}: inbox/{feed}/ takes names like {told['names']}."
            f"{others} The content is checked all the same."
        )
        _say("note", note)
    if as_json:
        _print_json(told)
    elif told["stopped"]:
        _say("would be stopped", f"{told['stopped']['message']} [{told['stopped']['reason']}]", "bold red", console)
    else:
        console.print(
            f"{told['file']}: delivered {told['delivered']:,} = accepted {told['accepted']:,} + quarantined "
            f"{told['quarantined']:,}; accepted = current {told['current']:,} + repeated {told['repeated']:,} + "
            f"superseded {told['superseded']:,}; flagged {told['flagged']:,}",
            highlight=False,
        )
        if told["capture"]:
            parts = [f"{of['bytes']:,} {outcome} in {of['frames']:,} frames" for outcome, of in told["capture"].items()]
            total = sum(of["bytes"] for of in told["capture"].values())
            console.print(f"bytes: {total:,} = {' + '.join(parts)}", highlight=False)
        rows = [
            {"outcome": outcome, "reason": reason, "rows": count}
            for outcome in ("quarantined", "flagged", "warned")
            for reason, count in told[f"{outcome}_by_reason"].items()
        ]
        if rows:
            _table("By reason", rows, ["outcome", "reason", "rows"])
    if told["examples"] and not as_json:
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

    day = None if law_on is None else (now().date() if law_on == "today" else day_of(law_on))
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
        _say("unverified", f"figures not read in a legal text: {', '.join(doubtful)}")
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
    known: Annotated[
        str | None, typer.Option("--known-on", help="A metric as known on this day, by today's rules.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """From a number to its rows, from a row to its file, line and rule."""
    from etl.explain import explain, lines_of

    first, last, day = (day_of(text) if text else None for text in (day_from, day_to, known))
    told = explain(what, first, last, county, site, day)
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
    host: Annotated[str, typer.Option("--host", help="Loopback only; a proxy with TLS stands in front.")] = "",
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


def main() -> None:
    """Entry point: errors an operator can act on are one line and exit code 1."""
    os.umask(0o077)
    try:
        app()
    except (HengError, WarehouseError) as error:
        _say("error", error, "bold red")
        sys.exit(1)


if __name__ == "__main__":
    main()
