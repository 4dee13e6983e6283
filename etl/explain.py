"""From a number to its rows, from a row to its file, line and rule."""

from datetime import date
from typing import Any

from rich.markup import escape

from etl.arguments import known_county, known_site
from etl.deliveries import archive_path
from etl.errors import HengError
from etl.feeds import FEEDS
from etl.readers import raw_of
from warehouse.connection import Snapshot, snapshot
from warehouse.home import home
from warehouse.last_day import last_day
from warehouse.ledger import Ledger
from warehouse.metrics import Source


def explain(
    what: str,
    day_from: date | None = None,
    day_to: date | None = None,
    county: str | None = None,
    site: str | None = None,
    known: date | None = None,
) -> dict[str, Any]:
    """Explain a record (by ``record_id``) or a metric over a period; see ``lines_of`` for the words.

    ``known``: the metric as known on that day, not as served. Raises ``HengError`` if neither a record nor a metric has
    that name.
    """
    from warehouse.metrics import METRICS

    served = snapshot()
    known_county(served, county)
    known_site(served, site)
    if known is not None:
        return _known_metric(what, day_from, day_to, county, site, known)
    if what == "metrics":
        return {"kind": "metrics", "metrics": {name: metric.label_en for name, metric in METRICS.items()}}
    if what in METRICS:
        told = {"version": served.version, "data_until": served.manifest["data_until"], "known_on": None}
        return _metric(served, told, what, *_period(day_from, day_to, served.manifest), county, site)
    rows = _records(
        served,
        "select passage.*, rule.citation_zh, rule.citation_en, rule.confidence, rule.valid_from as rule_valid_from,"
        " rule.valid_to as rule_valid_to from core.passage as passage"
        " left join seeds.gross_weight_limit as rule on rule.rule_id = passage.rule_id where passage.record_id = ?",
        [what],
    )
    if not rows:
        raise HengError(
            f"{what!r} is no record of version {served.version} and no metric. Metrics: {', '.join(METRICS)}. "
            "Record ids stand in the rows page and in 'heng explain <metric>'."
        )
    return _record(served, rows[0])


def _known_metric(
    name: str, day_from: date | None, day_to: date | None, county: str | None, site: str | None, known: date
) -> dict[str, Any]:
    from warehouse.known import known_on, manifest_known_on
    from warehouse.metrics import METRICS

    if name not in METRICS:
        raise HengError(f"--known-on goes with a metric: {', '.join(METRICS)}.")
    first, last = _period(day_from, day_to, manifest_known_on(known))
    tables = ["core.passage", METRICS[name].table, "seeds.gross_weight_limit"]
    with known_on(known, tables, first, last) as source:
        told = {"version": None, **{of: source.manifest[of] for of in ("data_until", "known_on")}}
        return _metric(source, told, name, first, last, county, site)


def _period(day_from: date | None, day_to: date | None, manifest: dict[str, Any]) -> tuple[date, date]:
    """The days asked for; without being told the month up to the last day of data."""
    until = last_day(manifest)
    if until is None:
        raise HengError(f"The night of {manifest['business_date']} held no day of data, so there is nothing to count.")
    first, last = day_from or until.replace(day=1), day_to or until
    if first > last:
        raise HengError(f"The period ends before it begins: {first} to {last}.")
    return first, last


def _records(served: Source, sql: str, parameters: list[Any]) -> list[dict[str, Any]]:
    frame = served.read(sql, parameters)
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]


def _metric(
    served: Source,
    told: dict[str, Any],
    name: str,
    day_from: date,
    day_to: date,
    county: str | None,
    site: str | None,
) -> dict[str, Any]:
    """A metric over a period: formula, both counts, what is left out, the rules used, some of its rows."""
    from warehouse.metrics import METRICS, compute

    metric = METRICS[name]
    scope = {"from": day_from, "to": day_to, "county": county, "site": site}
    value = compute(served, name, day_from, day_to, county, site)
    where = (
        "passed_date between ? and ? and county_code is not distinct from coalesce(?, county_code)"
        " and site_code = coalesce(?, site_code)"
    )
    bounds = [day_from, day_to, county, site]
    rules = _records(
        served,
        "select passage.rule_id, rule.limit_kg, rule.citation_zh, rule.citation_en, rule.confidence,"
        " count(*) as row_count from core.passage as passage"
        " left join seeds.gross_weight_limit as rule on rule.rule_id = passage.rule_id"
        f" where {where} group by all order by row_count desc, passage.rule_id",
        bounds,
    )
    rows = _records(
        served,
        "select record_id, passed_at, site_code, axle_count, gross_vehicle_weight_kg, limit_kg, excess_kg, rule_id,"
        " limit_modifiers"
        f" from core.passage where {where} and verdict = 'over' order by excess_ratio desc, record_id limit 10",
        bounds,
    )
    return {
        "kind": "metric",
        **told,
        "metric": name,
        "label": metric.label_en,
        "label_zh": metric.label_zh,
        "definition": metric.definition_en,
        "leaves_out": metric.excludes_en,
        "scope": {key: None if part is None else str(part) for key, part in scope.items()},
        **value,
        "rules": rules,
        "rows": rows,
    }


def lines_of(told: dict[str, Any]) -> list[str]:
    """The explanation in lines for a terminal."""
    if told["kind"] == "metrics":
        return [f"{name}  {label}" for name, label in told["metrics"].items()]
    if told["kind"] == "metric":
        scope = ", ".join(f"{key} {part}" for key, part in told["scope"].items() if part)
        lines = [
            f"[bold]{told['label']} {told['label_zh']}[/]  {scope}",
            f"{told['formula']} = {told['shown']}",
            told["definition"],
            f"Leaves out: {told['leaves_out']}",
            f"As known on {told['known_on']}, data until {told['data_until']}."
            if told["known_on"]
            else f"Snapshot {told['version']}, data until {told['data_until']}.",
            "",
            "Rules applied:",
        ]
        lines += [f"  {_rule_line(rule)}" for rule in told["rules"]]
        lines += ["", "Heaviest rows over the limit (heng explain <record>):"]
        lines += [
            f"  {row['record_id']}  {row['passed_at']}  {row['site_code']}  {row['gross_vehicle_weight_kg']:,.0f} kg"
            f"  limit {row['limit_kg']:,.0f}  over by {row['excess_kg']:,.0f}"
            f"  {' '.join(filter(None, (row['rule_id'], row['limit_modifiers'])))}"
            for row in told["rows"]
        ]
        return lines
    row, source = told["record"], told["source"]
    shown = (
        "passed_at", "site_code", "lane_code", "plate_no", "axle_count", "axle_loads_kg", "gross_vehicle_weight_kg",
        "vehicle_kind", "drive_axle_kind", "axle_sum_kg", "limit_low_kg", "limit_kg", "verdict", "excess_kg",
        "excess_ratio", "over_load_kg",
        "certificate_no", "certificate_valid_to", "evidence_ok",
    )  # fmt: skip
    lines = [f"[bold]Record {row['record_id']}[/]  snapshot {told['version']}"]
    lines += [f"  {name:26} {escape(_shown(row[name]))}" for name in shown if row.get(name) is not None]
    if row.get("rule_id"):
        lines.append(f"  {'rule':26} {row['rule_id']}  {row['citation_en']}{_doubt(row['confidence'])}")
    lines += [f"  {'adjusted':26} {m['modifier_id']}  {m['en']} ({m['citation_en']})" for m in told["modifiers"]]
    lines += [f"  {flag['code']:26} {flag['en']}" for flag in (*told["flags"], *told["unknown_conditions"])]
    lines += [
        f"Source: {source['file']}, line {source['line']}, byte {source['byte_offset']}",
        f"  SHA-256 {source['sha256']}, received {source['received_at']}, kept as {source['archive']}",
        f"  {escape(source['text'])}",
    ]
    return lines


def _shown(value: Any) -> str:
    """A value for people: a day without its midnight."""
    return str(value).removesuffix(" 00:00:00")


def _rule_line(rule: dict[str, Any]) -> str:
    rows = f"{rule['row_count']:,} rows"
    if not rule["rule_id"]:
        return f"no rule applies  {rows}"
    limit = "registered mass" if rule["limit_kg"] is None else f"limit {rule['limit_kg']:,.0f} kg"
    return f"{rule['rule_id']}  {rows}  {limit}  {rule['citation_en']}{_doubt(rule['confidence'])}"


def _doubt(confidence: str | None) -> str:
    """Words for a rule known from memory or assumption only (confidence M or P)."""
    return "" if (confidence or "").startswith("C") else f"  (unverified: {confidence})"


def _plain(value: Any) -> Any:
    """A value of a frame as plain Python; what is missing (NaN, NaT) is None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return value
    return None if value is None or value != value else value


def _record(served: Snapshot, row: dict[str, Any]) -> dict[str, Any]:
    with Ledger(home()) as ledger:
        delivery = ledger.delivery(row["delivery_id"])
    if delivery is None:
        raise HengError(f"The ledger does not know delivery {row['delivery_id'][:12]}; restore the ledger first.")
    feed = FEEDS[row["feed"]]
    line = int(row["source_line"])
    raw = raw_of(feed, archive_path(row["delivery_id"]), delivery["name"], {line})[line]
    codes = [code for code in (row["flags"] or "").split(",") if code]
    words = _records(
        served, "select reason, zh, en from seeds.reason where outcome <> 'quarantine' order by reason", []
    )
    reasons = {word["reason"]: word for word in words}
    found = _records(served, "select * from mart.finding where record_id = ?", [row["record_id"]])
    unknown = ((found[0].get("unknown_conditions") if found else None) or "").split(",")  # an older version tells none

    def worded(listed: list[str]) -> list[dict[str, str]]:
        return [{"code": code, **{k: reasons.get(code, {}).get(k, "") for k in ("zh", "en")}} for code in listed]

    return {
        "kind": "record",
        "version": served.version,
        "record": row,
        "source": {
            "file": delivery["name"],
            "sha256": row["delivery_id"],
            "line": line,
            "byte_offset": int(row["byte_offset"]),
            "text": raw.decode(feed.format.encoding, "backslashreplace").rstrip("\r\n"),
            "received_at": delivery["received_at"],
            "archive": str(archive_path(row["delivery_id"]).relative_to(home())),
        },
        "modifiers": _records(
            served,
            "select modifier_id, zh, en, citation_zh, citation_en, confidence from seeds.gross_weight_modifier"
            " where list_contains(string_split(?, ','), modifier_id) order by modifier_id, valid_from",
            [row["limit_modifiers"] or ""],
        ),
        "flags": worded(codes),
        "unknown_conditions": worded([code for code in unknown if code]),
    }
