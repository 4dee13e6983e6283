"""Which records make this number? One line a record, its evidence beside it, and the way to a file."""

from typing import Any

import dash_ag_grid as dag
import pandas as pd
from dash import ClientsideFunction, Input, Output, clientside_callback, dcc, html
from werkzeug.exceptions import BadRequest

from dashboards import controls, lists, queries, shell, site_facts, words
from dashboards import format as fmt
from dashboards.charts import SEVERE_BANDS
from dashboards.match_lines import match_ties
from dashboards.selection import ALL, METRICS, RECORD, Known, Selection, from_controls, from_url
from dashboards.text import Text
from warehouse.dossier_text import Words, dimension

# --- what the rows add up to ------------------------------------------------------------------------------
OVERVIEW_COLUMN = {
    "over": "over_count",
    "severe": "severe_count",
    "review": "review_count",
    "weighed": "weighed_count",
    "passages": "passage_count",
}


def overview_count(totals: pd.Series, selection: Selection) -> int:
    """The overview's number for the same choice."""
    if selection.band == ALL:
        return int(totals[OVERVIEW_COLUMN[selection.metric]])
    if selection.metric == "severe" and selection.band not in SEVERE_BANDS:
        return 0
    return int(totals[selection.band]) if selection.metric != "review" else 0


def reconciliation(summary: pd.Series, overview: int, t: Text) -> html.Div:
    """合计 662 台次，与总览一致; or the difference and what it means."""
    rows = int(summary["rows"])
    total = html.Span(t.parts("rows.total", count=html.B(fmt.count(rows)), unit=t("unit.vehicles")))
    if rows == overview:
        match = html.Span([shell.icon("check"), " ", t("rows.matches")], className="better")
    else:
        match = html.Span(t("rows.differs", overview=fmt.count(overview), rows=fmt.count(rows)), className="worse")
    pieces = [total, match]
    if not fmt.missing(summary["mean_excess_ratio"]):
        pieces.append(html.Span(t.parts("rows.mean", value=html.B(fmt.share(summary["mean_excess_ratio"])))))
        pieces.append(
            html.Span(t.parts("rows.severe", count=html.B(fmt.count(summary["severe_count"])), unit=t("unit.vehicles")))
        )
    return html.Div(pieces, className="reconcile", role="status")


def chips(selection: Selection, known: Known, t: Text) -> html.Div:
    """Active filters, each with a cross that takes it away."""
    here = "/overload/rows"
    found: list[Any] = []

    def chip(name: str, value: str, without: str | None) -> None:
        cross = None
        if without is not None:
            cross = dcc.Link(shell.icon("x"), href=here + without, title=t("rows.remove", what=name))
        found.append(
            html.Span(
                [f"{name}{t('app.colon')}", html.B(value), cross], className="removable" if cross else "removable fixed"
            )
        )

    span = fmt.day_range(selection.start, selection.end, t.lang)
    chip(t("filter.period"), span, None if selection.period == "month" else selection.query(rows=True, period="month"))
    if selection.county != ALL:
        chip(
            t("filter.county"), controls.place_name(known, selection.county, t), selection.query(rows=True, county=ALL)
        )
    if selection.site != ALL:
        chip(t("filter.site"), controls.site_name(known, selection.site, t), selection.query(rows=True, site=ALL))
    if selection.axle != ALL:
        chip(t("filter.axle"), t("filter.axle.one", axles=selection.axle), selection.query(rows=True, axle=ALL))
    if selection.band != ALL:
        chip(t("distribution.band"), t(f"band.{selection.band}"), selection.query(rows=True, band=ALL))
    kinds = html.Nav(
        [
            dcc.Link(
                t(f"rows.kind.{metric}"),
                href=here + selection.query(rows=True, metric=metric, band=ALL),
                className="current" if metric == selection.metric else "",
            )
            for metric in METRICS
        ],
        className="kinds",
        **{"aria-label": t("rows.kinds")},
    )
    return html.Div([*found, kinds], className="chips")


# --- the grid ------------------------------------------------------------------------------------------------
COLUMNS = (  # field, text key, width, number, sort column
    ("time", "table.time", 124, False, "passed_at"),
    ("plate", "table.plate", 104, False, None),
    ("site", "filter.site", 116, False, "site_code"),
    ("county", "filter.county", 88, False, "county_code"),
    ("axles", "table.axles", 64, True, "axle_count"),
    ("gross", "table.gross", 92, True, "gross_vehicle_weight_kg"),
    ("limit", "table.limit", 92, True, "limit_kg"),
    ("excess", "table.excess", 92, True, "excess_ratio"),
    ("verdict", "table.verdict", 92, False, None),
    ("doubts", "table.evidence", 190, False, None),
)
CARD_WORDS = {"gross": "table.gross", "limit": "table.limit", "excess": "table.excess", "axles": "table.axles"}
SORT_OF = {field: column for field, _, _, _, column in COLUMNS if column}
NOT_BESIDE_DRAWER = ("limit", "verdict", "doubts")  # the drawer has them
PHONE_SORTS = ("time", "excess")  # a phone shows no column heads to sort by


def column_defs(t: Text) -> list[dict[str, Any]]:
    """The columns, and the card that stands for all of them on a phone."""
    words = {key: t(text) for key, text in CARD_WORDS.items()}
    card = {"field": "card", "headerName": "", "flex": 1, "hide": True, "sortable": False}
    found: list[dict[str, Any]] = [{**card, "cellRenderer": "HengCard", "cellRendererParams": {"words": words}}]
    for field, key, width, number, sort in COLUMNS:
        definition: dict[str, Any] = {
            "field": field,
            "headerName": t(key),
            "minWidth": round(width * 0.86),
            "flex": width,
            "sortable": sort is not None,
            "sortingOrder": ["desc", "asc"],
            "suppressMovable": True,
            "resizable": True,
            "context": {"besideDrawer": field not in NOT_BESIDE_DRAWER},
        }
        if number:
            definition["type"] = "rightAligned"
        if field == "excess":
            definition["cellRenderer"] = "HengExcess"
        if field in ("verdict", "doubts"):
            definition["cellRenderer"] = "HengPill"
        if field == "time":
            definition["sort"] = "desc"
        found.append(definition)
    return found


VERDICT_TONE = {"over": "worse", "within": "better", "review": "warn"}


def doubts_of(flags: Any, verdict: Any, evidence_ok: bool, reasons: dict[str, str], t: Text) -> tuple[str, str]:
    """One cell: why a record is under review, else why it is no evidence, else that it is."""
    listed = words.flag_list(flags, reasons)
    wanted = "V-" if verdict == "review" else "" if evidence_ok else "E-"
    if not wanted:
        return t("rows.evidence_ok"), "better"
    found = [text for code, text in listed if code.startswith(wanted)] or [text for _, text in listed]
    if not found:
        return t("rows.evidence_missing"), "warn"
    return found[0] + (t("rows.and_more", count=len(found) - 1) if len(found) > 1 else ""), "warn"


def grid_rows(
    page: pd.DataFrame, roads: dict[str, str], known: Known, reasons: dict[str, str], t: Text
) -> list[dict[str, Any]]:
    """Records as the grid shows them: text, ready formatted."""
    found = []
    for row in page.itertuples():
        doubts, doubts_tone = doubts_of(row.flags, row.verdict, bool(row.evidence_ok), reasons, t)
        ratio = row.excess_ratio
        found.append(
            {
                "record": row.record_id,
                "time": fmt.short_moment(row.passed_at, t.lang)
                if row.passed_at.year == known.last_day.year
                else f"{row.passed_at:%Y-%m-%d %H:%M}",
                "plate": row.plate_masked if isinstance(row.plate_masked, str) else t("rows.unread"),
                "site": f"{row.site_code} {roads.get(row.site_code, '')}".strip(),
                "county": fmt.short_place(controls.place_name(known, row.county_code, t)),
                "axles": fmt.count(row.axle_count),
                "gross": fmt.count(row.gross_vehicle_weight_kg),
                "limit": fmt.count(row.limit_kg),
                "excess": fmt.share(ratio) if not fmt.missing(ratio) else fmt.NONE,
                "severe": row.excess_band in SEVERE_BANDS,
                "verdict": words.verdict(row.verdict, t),
                "verdict_tone": VERDICT_TONE.get(row.verdict, ""),
                "doubts": doubts,
                "doubts_tone": doubts_tone,
            }
        )
    return found


def grid(count: int, t: Text) -> dag.AgGrid:
    return controls.record_grid("rows", column_defs(t), count, t)


def phone_sorts(t: Text) -> html.Div:
    """The order of the cards; the asset script sorts."""
    buttons = [
        html.Button(
            t(f"rows.sort.{field}"),
            className="current" if position == 0 else "",
            **{"data-sort": field, "aria-pressed": "true" if position == 0 else "false"},
        )
        for position, field in enumerate(PHONE_SORTS)
    ]
    return html.Div(buttons, className="kinds sorts", role="group", **{"aria-label": t("rows.sort")})


# --- the drawer -----------------------------------------------------------------------------------------------
def _limit_cell(record: pd.Series, rules: pd.DataFrame, modifiers: pd.DataFrame, t: Text) -> Any:
    """The limit with the rule that gives it, where it stands, and whether that was read in the text."""
    found = rules[rules["rule_id"] == record["rule_id"]]
    if found.empty:
        return [fmt.kilograms(record["limit_kg"]), html.Span(t("evidence.no_rule"), className="under")]
    rule = found.iloc[0]
    pieces: list[Any] = [fmt.kilograms(record["limit_kg"])]
    if words.unverified(rule["confidence"]):
        pieces += [" ", shell.pill(t("pill.unverified"), "warn", t("pill.unverified.help"))]
    pieces.append(
        html.Span(f"{rule['rule_id']} · {t.pick(rule['citation_zh'], rule['citation_en'])}", className="under")
    )
    applied = record["limit_modifiers"].split(",") if isinstance(record["limit_modifiers"], str) else []
    for row in modifiers[modifiers["modifier_id"].isin(applied)].itertuples():
        cited = t.pick(row.citation_zh, row.citation_en)
        pieces.append(html.Span(t("evidence.modifier", what=t.pick(row.zh, row.en), cited=cited), className="under"))
    if not fmt.missing(record["limit_low_kg"]) and record["limit_low_kg"] != record["limit_kg"]:
        low = fmt.kilograms(record["limit_low_kg"])
        pieces.append(html.Span(t("evidence.low_limit", low=low), className="under"))
    return pieces


def _axle_bars(record: pd.Series, t: Text) -> Any:
    loads = record["axle_loads_kg"]
    loads = [int(v) for v in loads] if loads is not None and hasattr(loads, "__len__") and len(loads) else []
    if not loads:
        return html.P(t("evidence.no_axles"), className="quiet-line")
    greatest = max([*loads, 1])
    cells: list[Any] = []
    for number, load in enumerate(loads, start=1):
        cells += [
            html.Span(t("evidence.axle", number=number)),
            html.Span(
                html.I(style={"width": f"{load / greatest * 100:.1f}%"}), className="track", **{"aria-hidden": "true"}
            ),
            html.Span(fmt.tonnes(load), className="number"),
        ]
    return html.Div(cells, className="axles")


def _certificate(record: pd.Series, t: Text) -> html.Div:
    if fmt.missing(record["certificate_valid_to"]):
        return html.Div([shell.icon("certificate", "warn"), html.Span(t("evidence.no_certificate"))])
    until = fmt.as_date(record["certificate_valid_to"])
    valid = fmt.as_date(record["passed_date"]) <= until
    key = "evidence.certificate" if valid else "evidence.certificate_expired"
    line = t(key, number=record["certificate_no"], until=fmt.day(until, t.lang))
    return html.Div([shell.icon("certificate", "" if valid else "warn"), html.Span(line)])


def _with_note(value: Any, *notes: Any) -> list[Any]:
    return [value, *(html.Span(note, className="under") for note in notes if note)]


def _unverified(confidence: Any, t: Text) -> list[Any]:
    """A pill where a rule was not read in a text."""
    return (
        [" ", shell.pill(t("pill.unverified"), "warn", t("pill.unverified.help"))]
        if words.unverified(confidence)
        else []
    )


def _axle_sum(record: pd.Series, modifiers: pd.DataFrame, t: Text) -> list[Any]:
    """What the axles may carry together: a reading that asks for review and never makes a load over the limit."""
    if fmt.missing(record["axle_sum_kg"]):
        return []
    rule = modifiers[modifiers["modifier_id"] == "AXLE-SUM"]
    confidence = rule.iloc[0]["confidence"] if len(rule) else None
    value = html.Span([fmt.kilograms(record["axle_sum_kg"]), *_unverified(confidence, t)])
    return lists.fact(t("evidence.axle_sum"), _with_note(value, t("evidence.axle_sum.note")))


def _police(record: pd.Series, t: Text) -> list[Any]:
    if fmt.missing(record["over_load_kg"]):
        return []
    over = int(record["over_load_kg"])
    value = fmt.kilograms(over) if over else t("evidence.police.none")
    return lists.fact(t("evidence.police"), _with_note(value, t("evidence.police.note")))


def _permit(found: pd.Series, t: Text) -> list[Any]:
    """The permit of the day and how far it goes, or the nearest one that does not hold that day. A permit names plate
    and colour: without both nothing was looked up, and that none was found would be no finding."""
    if not found["is_plate_read"] or fmt.missing(found["plate_color_code"]):
        return lists.fact(t("evidence.permit"), t("evidence.permit.not_looked_up"))
    if isinstance(found["permit_no"], str):
        state = str(found["permit_state"])
        tone = {"covered": "better", "exceeds_mass": "worse"}.get(state, "warn")
        pill = shell.pill(words.code("permit", state, t), tone)
        allowed = t("evidence.permit.mass", mass=fmt.kilograms(found["permitted_mass_kg"]))
        note = t("evidence.permit.no_violation") if bool(found["is_permitted"]) else None
        return lists.fact(t("evidence.permit"), _with_note(pill, f"{found['permit_no']} · {allowed}", note))
    if isinstance(found["other_permit_no"], str):
        first, last = (fmt.as_date(found[name]) for name in ("other_permit_from", "other_permit_to"))
        other = t("evidence.permit.other", number=found["other_permit_no"], days=fmt.day_range(first, last, t.lang))
        return lists.fact(t("evidence.permit"), _with_note(t("evidence.permit.none"), other))
    return lists.fact(t("evidence.permit"), t("evidence.permit.none"))


ALLOWANCE_LEFT = {"DEDUCT": "evidence.allowance.left", "THRESHOLD": "evidence.allowance.added"}


def _allowance(db: queries.Source, found: pd.Series, rules: pd.DataFrame, t: Text) -> list[Any]:
    """What the instrument may err by, beside the excess and never in it; whether it counts for repeats is the
    parameter's of the day."""
    mode = queries.allowance_mode(db, fmt.as_date(found["passed_date"]))
    if mode not in ALLOWANCE_LEFT:
        return lists.fact(t("evidence.allowance"), t("evidence.allowance.off"))
    if fmt.missing(found["allowance_kg"]):
        return lists.fact(t("evidence.allowance"), t("evidence.allowance.none"))
    rule = rules[rules["part"] == "allowance"]
    confidence = rule.iloc[0]["confidence"] if len(rule) else None
    value = html.Span([fmt.kilograms(found["allowance_kg"]), *_unverified(confidence, t)])
    left = fmt.kilograms(found["excess_after_allowance_kg"])
    notes = (
        t("evidence.allowance.class", number=found["accuracy_class"]),
        t(ALLOWANCE_LEFT[mode], left=left),
        t.pick(rule.iloc[0]["citation_zh"], rule.iloc[0]["citation_en"]) if len(rule) else None,
    )
    return lists.fact(t("evidence.allowance"), _with_note(value, *notes))


def _trip(found: pd.Series, t: Text) -> list[Any]:
    if not found["is_plate_read"]:
        return lists.fact(t("evidence.trip"), t("evidence.trip.not_looked_up"))
    if fmt.missing(found["trip_finding_count"]):
        return lists.fact(t("evidence.trip"), t("evidence.trip.permit"))
    note = t("evidence.trip.note", hours=f"{float(found['trip_hours']):g}")
    if bool(found["is_trip_finding"]):
        return lists.fact(t("evidence.trip"), _with_note(t("evidence.trip.first"), note))
    first = dcc.Link(t("evidence.trip.see"), href=f"/overload/rows?record={found['trip_record_id']}")
    return lists.fact(t("evidence.trip"), _with_note(t("evidence.trip.same"), first, note))


def _counted(found: pd.Series, rules: pd.DataFrame, t: Text) -> list[Any]:
    """Whether the excess is above the ratio from which an act of the day counts for the repeat rule."""
    if fmt.missing(found["counted_ratio"]):
        return []
    rule = rules[rules["part"] == "counted_ratio"]
    confidence = rule.iloc[0]["confidence"] if len(rule) else None
    key = "evidence.counted.yes" if bool(found["is_above_counted_ratio"]) else "evidence.counted.no"
    value = html.Span([t(key, ratio=fmt.share(found["counted_ratio"])), *_unverified(confidence, t)])
    cited = t.pick(rule.iloc[0]["citation_zh"], rule.iloc[0]["citation_en"]) if len(rule) else None
    return lists.fact(t("evidence.counted"), _with_note(value, cited))


def _finding_facts(db: queries.Source, found: pd.Series, t: Text) -> list[Any]:
    """What stands beside the excess of a passage over the limit."""
    rules = queries.rules_applied(db, str(found["record_id"]))
    facts = [*_permit(found, t), *_allowance(db, found, rules, t), *_counted(found, rules, t), *_trip(found, t)]
    if not fmt.missing(found["recheck_mass_kg"]):
        facts += lists.fact(t("evidence.recheck"), fmt.kilograms(found["recheck_mass_kg"]))
    return facts


def _dimensions(db: queries.Source, record: pd.Series, t: Text) -> list[Any]:
    """Lengths, widths and heights beyond the general limit, and what a permit allows."""
    told = queries.dimensions_of(db, str(record["record_id"]), fmt.as_date(record["passed_date"]))
    w = Words(t.lang)
    return lists.fact(t("dimension.title"), html.Ul([html.Li(dimension(one, w)) for one in told])) if told else []


def _cases(db: queries.Source, record_id: str, t: Text) -> list[Any]:
    """The cases that come to this passage: how surely, by what, and what else belongs to each."""
    found = queries.matches_of(db, record_id)
    if not found:
        return []
    told = [
        html.Div([shell.icon("file"), html.Span([html.B(one.case_no, lang="zh"), match_ties(one, t)])]) for one in found
    ]
    return [html.H3(t("match.cases")), html.Div(told, className="proof acts")]


def evidence(db: queries.Source, record: pd.Series, selection: Selection, known: Known, t: Text) -> list[Any]:
    """The drawer of one record: its evidence, the link to it in this list, and its page for paper."""
    link = "/overload/rows" + selection.query(absolute=True, rows=True)
    link += ("&" if "?" in link else "?") + f"record={record['record_id']}"
    copy = html.Button(
        [shell.icon("link"), html.Span(t("evidence.copy"))],
        className="button",
        **{"aria-label": t("evidence.copy"), "data-copy": link, "data-done": t("action.copied")},
    )
    page = dcc.Link(
        [shell.icon("file"), html.Span(t("evidence.page"))], href=f"/record?id={record['record_id']}",
        className="button",
    )  # fmt: skip
    return [
        lists.drawer_head("rows", t("evidence.title"), record["record_id"], t),
        *proof(db, record, known, t),
        html.Div([copy, page], className="drawer-actions"),
    ]


def proof(db: queries.Source, record: pd.Series, known: Known, t: Text) -> list[Any]:
    """Everything that stands behind one record, down to the line of the file it came in."""
    reasons = words.flag_words(queries.reasons(db), t)
    rules = queries.rules(db)
    delivery = queries.delivery(db, record["delivery_id"])
    found = queries.finding(db, str(record["record_id"])) if record["verdict"] == "over" else None
    flags = words.flag_list(record["flags"] if found is None else found["flags"], reasons)
    modifiers = queries.modifiers(db)
    evidence_ok = bool(record["evidence_ok"])
    lane = " ".join(
        piece
        for piece in (
            words.direction(record["direction"], t),
            t("evidence.lane", lane=record["lane_code"]) if isinstance(record["lane_code"], str) else "",
        )
        if piece
    )
    where = f"{record['site_code']} · {controls.place_name(known, record['county_code'], t)}"
    facts = [
        *lists.fact(
            t("table.plate"), record["plate_masked"] if isinstance(record["plate_masked"], str) else t("rows.unread")
        ),
        *lists.fact(t("table.time"), fmt.moment(record["passed_at"], t.lang)),
        *lists.fact(
            t("filter.site"),
            [dcc.Link(where, href=site_facts.at(record)), html.Span(lane, className="under") if lane else None],
        ),
        *lists.fact(t("table.axles"), t("evidence.axles", count=fmt.count(record["axle_count"]))),
        *lists.fact(t("evidence.gross"), fmt.kilograms(record["gross_vehicle_weight_kg"])),
        *lists.fact(t("evidence.limit"), _limit_cell(record, rules, modifiers, t)),
        *_axle_sum(record, modifiers, t),
        *lists.fact(
            t("table.verdict"), shell.pill(words.verdict(record["verdict"], t), VERDICT_TONE.get(record["verdict"], ""))
        ),
        *lists.fact(
            t("table.evidence"),
            shell.pill(
                t("rows.evidence_ok" if evidence_ok else "rows.evidence_missing"), "better" if evidence_ok else "warn"
            ),
        ),
    ]
    if not fmt.missing(record["excess_kg"]) and int(record["excess_kg"]) > 0:
        excess = (
            f"{fmt.kilograms(record['excess_kg'])}（{fmt.share(record['excess_ratio'])}）"
            if t.lang == "zh"
            else (f"{fmt.kilograms(record['excess_kg'])} ({fmt.share(record['excess_ratio'])})")
        )
        facts += lists.fact(t("evidence.excess"), html.B(excess, className="worse"))
    if found is not None:
        facts += _finding_facts(db, found, t)
    facts += _dimensions(db, record, t)
    facts += _police(record, t)
    if not fmt.missing(record["speed_kmh"]):
        facts += lists.fact(t("evidence.speed"), f"{float(record['speed_kmh']):.1f} km/h")
    if not fmt.missing(record["reported_is_over_limit"]):
        said = t("evidence.reported.over" if bool(record["reported_is_over_limit"]) else "evidence.reported.within")
        facts += lists.fact(t("evidence.reported"), said)
    doubts: list[Any] = [
        html.Div([shell.icon("flag", "warn"), html.Span([f"{text} ", html.Code(code)])]) for code, text in flags
    ] or [html.Div([shell.icon("check"), html.Span(t("evidence.no_flags"))])]
    unknown = [] if found is None else words.flag_list(found["unknown_conditions"], reasons)
    name = delivery["name"] if delivery is not None else t("evidence.unknown_delivery")
    line = t("evidence.line", line=fmt.count(record["source_line"]), byte=fmt.count(record["byte_offset"]))
    received = fmt.moment(delivery["received_at"], t.lang) if delivery is not None else ""
    return [
        html.Dl(facts, className="facts"),
        html.H3(t("evidence.axle_loads")),
        _axle_bars(record, t),
        html.H3(t("evidence.doubts")),
        html.Div(doubts, className="proof"),
        *([html.H3(t("evidence.not_told")), html.Ul([html.Li(text) for _, text in unknown])] if unknown else []),
        *_cases(db, str(record["record_id"]), t),
        html.H3(t("evidence.source")),
        html.Div(
            [
                html.Div([shell.icon("file"), html.Span([html.B(name), html.Br(), line])]),
                html.Div(
                    [
                        shell.icon("database"),
                        html.Span(
                            [
                                words.feed(record["feed"], queries.feed_titles(db), t),
                                html.Br(),
                                t("evidence.received", at=received) if received else "",
                            ]
                        ),
                    ]
                ),
                html.Div(
                    [shell.icon("lock"), html.Span(["SHA-256", html.Span(record["delivery_id"], className="hash")])]
                ),
                _certificate(record, t),
            ],
            className="proof",
        ),
    ]


# --- the page --------------------------------------------------------------------------------------------------
def exports(selection: Selection, count: int, t: Text) -> list[Any]:
    query = selection.query(rows=True)
    unit = t.plural("unit.rows", count)
    return [
        html.A(
            [shell.icon("download"), html.Span("CSV")],
            href=f"/export/overload-rows.csv{query}",
            className="button",
            download="",
        ),
        html.A(
            [
                shell.icon("download"),
                html.Span(t("rows.export_xlsx", rows=unit), className="wide-only"),
                html.Span("XLSX", className="narrow-only"),
            ],
            href=f"/export/overload-rows.xlsx{query}",
            className="button primary",
            download="",
        ),
    ]


@shell.page("rows")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "rows", db)
    selection, bad = from_url(query, known)
    summary = queries.row_summary(db, selection)
    totals = queries.totals(db, selection)
    overview = overview_count(totals, selection)
    count = int(summary["rows"])
    notices = [t("state.bad_values", values="、".join(bad) if t.lang == "zh" else ", ".join(bad))] if bad else []
    drawer: list[Any] | None = None
    asked = query.get("record")
    if asked is not None:
        found = queries.record(db, asked) if RECORD.fullmatch(asked) else None
        if found is None:
            notices.append(t("rows.no_record"))
        else:
            drawer = evidence(db, found, selection, known, t)
    body: list[Any]
    if count:
        body = [phone_sorts(t), grid(count, t), html.P(t("rows.printed"), className="print-only")]
    else:
        empty = shell.state_card(
            "filter",
            t("rows.none"),
            [t("rows.none.why")],
            dcc.Link(
                t("rows.none.widen"),
                href="/overload/rows" + selection.query(rows=True, county=ALL, site=ALL, axle=ALL, band=ALL),
                className="button",
            ),
        )
        body = [empty]
    return shell.frame(
        view,
        "rows",
        [
            controls.left_out_note(selection, known, t, "/overload/rows", rows=True),
            chips(selection, known, t),
            lists.beside_drawer("rows", [reconciliation(summary, overview, t), *body], t, drawer),
            dcc.Store(id="rows-selection", data=choice(selection)),
            dcc.Store(id="rows-record", data=asked if drawer else None),
            # A callback without an output does not run when its page appears, hence two empty ones.
            dcc.Store(id="rows-followed"),
            dcc.Store(id="rows-fitted"),
            dcc.Store(
                id="rows-query",
                data={
                    "query": selection.query(),
                    "rows": selection.query(rows=True),
                    "absolute": selection.query(absolute=True, rows=True),
                },
            ),
        ],
        actions=[controls.copy_link("rows", t), *exports(selection, count, t)],
        db=db,
        query=selection.query(),
        notices=notices,
        question=t("rows.question.count", count=fmt.count(count)),
        crumbs=[dcc.Link(t("nav.overload"), href="/overload" + selection.query()), html.B(t("nav.rows"))],
    )


PAGE = {"path": "/overload/rows", "title": shell.title("rows"), "layout": layout}


def choice(selection: Selection) -> dict[str, str]:
    """The selection as the grid's callbacks get it back; it is checked again then."""
    return {
        "period": "custom",
        "from": selection.start.isoformat(),
        "to": selection.end.isoformat(),
        "cmp": selection.compare,
        "county": selection.county,
        "site": selection.site,
        "axle": selection.axle,
        "metric": selection.metric,
        "band": selection.band,
    }


def _chosen(data: Any, known: Known) -> Selection:
    keys = {"period", "from", "to", "cmp", "county", "site", "axle", "metric", "band"}
    if not isinstance(data, dict) or set(data) != keys:
        raise BadRequest("unknown selection")
    return from_controls(data, known)


def _asked(selected: Any) -> tuple[queries.Source, Known, Selection]:
    db = queries.source()
    known = queries.known(db)
    if known is None:
        raise BadRequest("no day of data")
    return db, known, _chosen(selected, known)


def _rows(selected: Any, start: int, number: int, sort: lists.Sort, t: Text) -> tuple[list[dict[str, Any]], int]:
    column, direction = queries.DEFAULT_SORT
    if sort:
        if sort[0] not in SORT_OF:
            raise BadRequest("this column cannot be sorted by")
        column, direction = SORT_OF[sort[0]], sort[1]
    db, known, selection = _asked(selected)
    page, count = queries.rows(db, selection, start, number, column, direction)
    registered = queries.sites(db)
    roads = {row.site_code: row.road_code for row in registered.itertuples() if isinstance(row.road_code, str)}
    reasons = words.flag_words(queries.reasons(db), t)
    return grid_rows(page, roads, known, reasons, t), count


def _evidence(selected: Any, record_id: str, t: Text) -> Any:
    if not RECORD.fullmatch(record_id):
        raise BadRequest("not a record")
    db, known, selection = _asked(selected)
    found = queries.record(db, record_id)
    if found is None:
        raise BadRequest("no such record in this version")
    return evidence(db, found, selection, known, t)


lists.list_with_drawer("rows", "selection", _rows, _evidence)
# Keeps the open record in the address, so that reloading and passing on show it again.
clientside_callback(
    ClientsideFunction("heng", "followRecord"),
    Output("rows-followed", "data"),
    Input("rows-record", "data"),
    Input("rows-query", "data"),
)
