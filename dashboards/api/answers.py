"""The operations of the API. Each asks what a page or a command asks, of the same functions: none has a number or a
query of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from dashboards import as_known, finding_facts, freshness, hazard_queries, lookup_facts, queries, repeat_queries
from dashboards.access import session
from dashboards.api.operations import Operation, Page, Told
from dashboards.api.problems import Problem
from dashboards.api.shape import (
    COUNT,
    DAY,
    INSTANT,
    NUMBER,
    TREE,
    TRUTH,
    Field,
    code,
    integer,
    listed,
    many,
    optional,
    records,
    text,
    told,
)
from dashboards.pages.lookup import looked_up
from dashboards.repeat_exports import acts_of
from dashboards.selection import ALL, Known, Selection, from_url
from warehouse import dossier, fates, hazards, metrics, plate, repeat, report_card
from warehouse import repeat_terms as terms
from warehouse.audit import PURPOSES
from warehouse.parameters import Codes, Parameter
from warehouse.repeat import Judged, Standing

PLACE = (Field("county", text(6, r"\d{6}")), Field("site", text(40)))
PERIOD = many(DAY, "from", "to")
_PARAMETER = told(
    Field("parameter", text()),
    Field("value", optional(NUMBER)),
    Field("value_text", optional(text())),
    Field("unit", optional(text())),
    *many(text(), "zh", "en", "citation_zh", "citation_en", "confidence"),
)


def _not_usable(*names: str) -> Problem:
    return Problem("not_usable", names)


def _texts(asked: Mapping[str, Any]) -> dict[str, str]:
    """Values as an address of a page has them."""
    return {name: str(value) for name, value in asked.items()}


def _refuse(bad: list[str]) -> None:
    if bad:
        raise _not_usable(*(name for each in bad for name in each.split("–")))


def _selection(known: Known, asked: Mapping[str, Any]) -> Selection:
    """The period and place of pages; without a period the month to the last day of data."""
    selection, bad = from_url(_texts(asked), known)
    if selection.left_out:
        bad.append("site")
    if asked.get("site") == ALL:  # everywhere is said by leaving it out
        bad.append("site")
    if ("from" in asked) != ("to" in asked):
        bad.append("from–to")
    _refuse(bad)
    return selection


def _day(asked: Mapping[str, Any], first: date, last: date) -> date:
    """The day asked for, the last one where none is."""
    day = asked.get("as_of", last)
    if not first <= day <= last:
        raise _not_usable("as_of")
    return day


def _parameters(parameters: Sequence[Parameter | Codes]) -> list[dict[str, Any]]:
    """Thresholds in force, each with its source and how well it is known."""
    return [
        {
            "parameter": one.name,
            "value": one.value if isinstance(one, Parameter) else None,
            "value_text": None if isinstance(one, Parameter) else one.text,
            "unit": one.unit if isinstance(one, Parameter) else None,
            **{name: getattr(one, name) for name in ("zh", "en", "citation_zh", "citation_en", "confidence")},
        }
        for one in parameters
    ]


# --- freshness and metrics ------------------------------------------------------------------------------
def _freshness(db: queries.Source, known: Known, asked: dict[str, Any], page: Page) -> Told:
    state = freshness.of(db)
    assert state is not None
    values = {"days_behind": state.behind, "sites": state.sites, "silent": state.silent, "partial": state.partial}
    return Told({**values, "feeds": records(queries.feeds(db))})


FRESHNESS = Operation(
    "freshness",
    "/freshness",
    _freshness,
    fields=(
        *many(COUNT, "days_behind", "sites", "silent", "partial"),
        Field(
            "feeds",
            listed(
                told(
                    *many(text(), "feed", "kind", "owner", "title_zh", "title_en"),
                    Field("expected_every_days", optional(COUNT)),
                    Field("freshness", optional(text())),
                    *many(optional(DAY), "last_issue", "last_event_date"),
                    Field("received_at", optional(INSTANT)),
                    Field("last_state", optional(text())),
                )
            ),
        ),
    ),
)
_DEFINED = (
    *many(text(), "metric", "unit"),
    Field("metric_version", COUNT),
    Field("numerator", text()),
    Field("denominator", optional(text())),
    *many(text(), "label_zh", "label_en", "definition_zh", "definition_en", "excludes_zh", "excludes_en"),
)


def _defined(spec: metrics.Metric) -> dict[str, Any]:
    return {
        **asdict(spec),
        "metric": spec.name,
        "metric_version": spec.version,
        "unit": "ratio" if spec.denominator else "count",
        "denominator": spec.denominator or None,
    }


def _metrics(db: queries.Source, known: Known, asked: dict[str, Any], page: Page) -> Told:
    return Told({"metrics": [_defined(spec) for spec in metrics.METRICS.values()]})


def _metric(db: queries.Source, known: Known, asked: dict[str, Any], page: Page) -> Told:
    name = asked.pop("metric")
    selection = _selection(known, asked)
    place = selection.place()
    found = metrics.compute(db, name, selection.start, selection.end, place["county"], place["site"])
    values = {
        "from": selection.start,
        "to": selection.end,
        "county": place["county"],
        "site": place["site"],
        "value": found["value"],
        "numerator_count": found["numerator"],
        "denominator_count": found["denominator"],
        "definition": _defined(metrics.METRICS[name]),
    }
    return Told(values, selection.end)


METRICS = Operation("metrics", "/metrics", _metrics, fields=(Field("metrics", listed(told(*_DEFINED))),))
METRIC = Operation(
    "metric",
    "/metrics/{metric}",
    _metric,
    in_path=(Field("metric", code(*metrics.METRICS)),),
    parameters=(*PERIOD, *PLACE),
    fields=(
        *PERIOD,
        *many(optional(text(like="site_code")), "county", "site"),
        Field("value", optional(NUMBER)),
        Field("numerator_count", COUNT),
        Field("denominator_count", optional(COUNT)),
        Field("definition", told(*_DEFINED)),
    ),
)


# --- the report card ------------------------------------------------------------------------------------
def _report_card(db: queries.Source, known: Known, asked: dict[str, Any], page: Page) -> Told:
    if not queries.tables(db) >= set(report_card.TABLES):
        raise Problem("not_ready")
    night = queries.last_night(db)
    first, last = asked.get("from", date(night.year, 1, 1)), asked.get("to", night)
    if ("from" in asked) != ("to" in asked) or not report_card.FIRST_DAY <= first <= min(last, night):
        raise _not_usable("from", "to")
    version = db.version
    card = report_card.document(report_card.card(db, first, last, night, version))
    for figure in card["figures"]:
        steps = figure["by_steps"]
        bound = (steps or {}).pop("bound", None)
        if steps is not None:
            steps["false_closures_ratio_at_most"] = bound and bound["upper"]
    return Told({"from": card["from"], "to": card["to"], "figures": card["figures"]}, card["to"])


REPORT_CARD = Operation(
    "report_card",
    "/report-card",
    _report_card,
    parameters=PERIOD,
    fields=(
        *PERIOD,
        Field(
            "figures",
            listed(
                told(
                    *many(text(), "figure_id", "label_zh", "label_en", "unit_zh", "unit_en"),
                    *many(optional(NUMBER), "value", "of", "published"),
                    Field("holds", optional(TRUTH)),
                    Field("rows", COUNT),
                    *many(optional(DAY), "first_day", "last_day", "last_issue"),
                    *many(text(), "relation", "period_kind"),
                    *many(listed(text()), "source_feeds", "parameters", "county_codes"),
                    *many(text(), "definition_zh", "definition_en", "citation_zh", "citation_en", "confidence"),
                    Field(
                        "by_steps",
                        optional(
                            told(
                                Field("value", COUNT),
                                Field("of", optional(COUNT)),
                                Field("false_closures_ratio_at_most", optional(NUMBER)),
                            )
                        ),
                    ),
                )
            ),
        ),
    ),
)


# --- sites and findings ---------------------------------------------------------------------------------
def _sites(db: queries.Source, known: Known, asked: dict[str, Any], page: Page) -> Told:
    day = _day(asked, known.first_day, known.last_day)
    county = asked.get("county", ALL)
    if county != ALL and county not in known.counties:
        raise _not_usable("county")
    states = {row["site_code"]: row["state"] for row in records(queries.site_days(
        db, Selection(day, day, "custom", county=county), [(day, day)]
    ))}  # fmt: skip
    found = [row for row in records(queries.sites(db)) if county in (ALL, row["county_code"])]
    rows = [{**row, "state": states.get(row["site_code"])} for row in found[page.offset : page.offset + page.limit]]
    return Told({}, day, items=rows, total=len(found))


SITES = Operation(
    "sites",
    "/sites",
    _sites,
    parameters=(PLACE[0], Field("as_of", DAY)),
    item=told(
        Field("site_code", text()),
        *many(optional(text()), "county_code", "road_code"),
        *many(optional(NUMBER), "chainage_km", "latitude", "longitude"),
        Field("state", optional(text())),
    ),
)


def _findings(db: queries.Source, known: Known, asked: dict[str, Any], page: Page) -> Told:
    if not finding_facts.is_built(db):
        raise Problem("not_ready")
    as_of, bad = asked.pop("as_of", None), list[str]()
    chosen = {name: asked.pop(name) for name in ("fate", "detail") if name in asked}
    selection = _selection(known, asked)
    latest = max(queries.last_night(db), selection.end)
    if as_of is not None and not selection.start <= as_of <= latest:
        bad.append("as_of")
    choice = finding_facts.choice_of(selection, chosen, bad)
    _refuse(bad)
    counts = records(finding_facts.fate_counts(db, replace(choice, fate=None, detail=None), as_of))
    total = sum(
        int(row["finding_count"]) for row in counts
        if choice.fate in (None, row["fate"]) and choice.detail in (None, row["fate_detail"] or "")
    )  # fmt: skip
    rows = finding_facts.fate_page(db, choice, as_of, page.offset, page.limit)
    thresholds = [
        {**row, "value": row["parameter_value"], "value_text": None}
        for row in records(finding_facts.thresholds(db, choice, as_of))
    ]
    values = {"from": selection.start, "to": selection.end, "counts": counts, "parameters": thresholds}
    return Told(values, as_of or latest, items=records(rows), total=total)


FINDINGS = Operation(
    "findings",
    "/findings",
    _findings,
    parameters=(
        *PERIOD,
        *PLACE,
        Field("as_of", DAY),
        Field("fate", code(*fates.FATES)),
        Field("detail", text(40, r"[A-Za-z0-9_-]+")),
    ),
    fields=(
        *PERIOD,
        Field(
            "counts",
            listed(
                told(
                    Field("fate", code(*fates.FATES)),
                    Field("fate_detail", optional(text())),
                    *many(COUNT, "finding_count", "confirmed_count", "void_count"),
                )
            ),
        ),
        Field("parameters", listed(_PARAMETER)),
    ),
    item=told(
        Field("record_id", text()),
        Field("passed_at", INSTANT),
        Field("plate_no", optional(text())),
        *many(optional(text()), "site_code", "county_code"),
        *many(optional(COUNT), "gross_vehicle_weight_kg", "limit_kg", "excess_kg"),
        Field("excess_ratio", optional(NUMBER)),
        Field("fate", code(*fates.FATES)),
        Field("fate_detail", text()),
        *many(optional(text()), "case_no", "screening_result", "void_code"),
        *many(optional(DAY), "screened_date", "due_on"),
        Field("flags", optional(text())),
    ),
)


# --- repeated acts --------------------------------------------------------------------------------------
def _act(judged: Judged) -> dict[str, Any]:
    names = ("reason", "placed_on", "counts_from", "lapses_on")
    return {
        **judged.act._asdict(),
        **{name: getattr(judged, name) for name in names},
        "counts": judged.counts,
        "same_trip_case_no": judged.same_trip_as,
    }


def _standing(one: Standing, facts: repeat_queries.Facts) -> dict[str, Any]:
    key = dict.fromkeys(("plate_no", "plate_color_code", "driver_no", "uscc"))
    named = {"vehicle": ("plate_no", "plate_color_code"), "driver": ("driver_no",), "enterprise": ("uscc",)}
    key |= dict(zip(named[one.subject], one.key, strict=True))
    return {**vars(one), **key, "acts": [_act(judged) for judged in acts_of(one, facts)]}


def _repeat(db: queries.Source, known: Known, asked: dict[str, Any], page: Page) -> Told:
    if not repeat.is_built(db):
        raise Problem("not_ready")
    choice, bad = repeat_queries.choice_of(_texts(asked), known, db)
    _refuse(bad)
    facts = repeat_queries.Facts(db, choice, known)
    rows = [_standing(one, facts) for _, one in facts.listed[page.offset : page.offset + page.limit]]
    values = {
        **{name: getattr(choice, name) for name in ("subject", "window", "basis", "decisions", "low")},
        "statutory_count": facts.counts.statutory,
        "one_away_count": facts.counts.one_away,
        "parameters": _parameters([facts.told[name] for name in terms.parameters_of(choice.question)]),
    }
    return Told(values, choice.as_of, items=rows, total=len(facts.listed))


_REPEAT = (
    Field("subject", code(*repeat.SUBJECTS)),
    Field("window", code(*repeat.WINDOWS)),
    Field("basis", code(*repeat.BASES)),
    Field("decisions", code(*repeat_queries.DECISIONS)),
    Field("low", code(*repeat_queries.LOW)),
)
REPEAT = Operation(
    "repeat_violators",
    "/repeat-violators",
    _repeat,
    parameters=(Field("as_of", DAY), *_REPEAT, PLACE[0]),
    fields=(*_REPEAT, *many(COUNT, "statutory_count", "one_away_count"), Field("parameters", listed(_PARAMETER))),
    item=told(
        Field("subject", code(*repeat.SUBJECTS)),
        Field("plate_no", optional(text())),
        Field("plate_color_code", optional(integer())),
        *many(optional(text()), "driver_no", "uscc", "enterprise_name"),
        Field("count", COUNT),
        Field("tier", code(*repeat.TIERS)),
        Field("window", code(*repeat.WINDOWS)),
        *many(DAY, "window_first", "window_last"),
        Field("has_no_first_issue", TRUTH),
        *many(optional(DAY), "first_issue_date", "trigger_on", "lapses_on"),
        Field("pending", COUNT),
        Field("is_one_away", TRUTH),
        *many(optional(DAY), "previous_first", "previous_last"),
        Field("previous_count", optional(COUNT)),
        Field("previous_tier", optional(code(*repeat.TIERS))),
        Field("fleet", optional(COUNT)),
        Field("ratio", optional(NUMBER)),
        Field(
            "acts",
            listed(
                told(
                    Field("case_no", text()),
                    Field("plate_no", text()),
                    Field("plate_color_code", optional(integer())),
                    Field("violated_at", INSTANT),
                    *many(optional(text()), "county_code", "site_code"),
                    *many(optional(COUNT), "gross_vehicle_weight_kg", "limit_kg"),
                    *many(optional(NUMBER), "excess_ratio", "counted_ratio"),
                    *many(optional(DAY), "filed_on", "decided_on"),
                    Field("counts", TRUTH),
                    Field("reason", optional(code(*repeat.REASONS, terms.REGISTER_ONLY))),
                    *many(optional(DAY), "placed_on", "counts_from", "lapses_on"),
                    Field("same_trip_case_no", optional(text(like="case_no"))),
                    Field("passage_record_id", optional(text())),
                )
            ),
        ),
    ),
)


# --- hazards --------------------------------------------------------------------------------------------
_RATE = told(*many(COUNT, "part", "of"), Field("ratio", optional(NUMBER)))
_RATES = told(
    Field("registered", COUNT),
    *many(_RATE, "closed", "reported", "major", "on_time", "extended", "reopened", "recurred"),
    *many(COUNT, "open", "overdue", "due_soon", "no_due", "listed", "refused", "no_steps"),
    Field(
        "bound",
        told(*many(COUNT, "closed", "checked", "false", "upper_count"), *many(NUMBER, "upper", "confidence")),
    ),
)


def _need_every_county(asked: Mapping[str, Any]) -> None:
    """What a night knew is told of the whole prefecture alone."""
    if "known_on" in asked and session.principal().districts is not None:
        raise Problem("forbidden")


def _hazards(db: queries.Source, known: Known, asked: dict[str, Any], page: Page) -> Told:
    if not hazard_queries.is_built(db):
        raise Problem("not_ready")
    _need_every_county(asked)
    choice, bad = hazard_queries.choice_of(_texts(asked), known)
    _refuse(bad)
    with hazard_queries.view(db, choice, known) as view:
        part = view.listed[page.offset : page.offset + page.limit]
        rows = [one._asdict() | {"responsible_unit": one.unit} for one in part]
        total = len(view.listed)
        values = {
            **{name: getattr(choice, name) for name in ("cohort", "show")},
            "cohort_first": choice.asked.first,
            "cohort_last": choice.asked.last,
            "rates": view.whole,
            "parameters": _parameters(list(view.facts.told.values())),
        }
    return Told(values, choice.as_of, choice.known_on, rows, total)


_SHOWN = (Field("cohort", code(*hazard_queries.COHORTS)), Field("show", code(*hazards.LISTS)))
HAZARDS = Operation(
    "hazards",
    "/hazards",
    _hazards,
    parameters=(
        *many(DAY, "as_of", "known_on"),
        *_SHOWN,
        Field("category", code(*hazards.CATEGORIES)),
        PLACE[0],
    ),
    fields=(
        *_SHOWN,
        *many(DAY, "cohort_first", "cohort_last"),
        Field("rates", _RATES),
        Field("parameters", listed(_PARAMETER)),
    ),
    item=told(
        Field("hazard_no", text()),
        *many(optional(text()), "record_id", "county_code", "category", "road_class", "grade", "place", "road_code"),
        *many(optional(NUMBER), "chainage_km", "latitude", "longitude"),
        *many(optional(text()), "uscc", "responsible_unit"),
        Field("registered_on", DAY),
        Field("due_on", optional(DAY)),
        Field("state", optional(text())),
        *many(optional(DAY), "first_closed_on", "closed_on"),
        Field("is_listed", TRUTH),
        *many(COUNT, "reopened_count", "extension_count", "late_extension_count", "refused_count"),
        *many(optional(DAY), "reopened_on", "reported_due_on"),
        Field("is_due_changed", TRUTH),
        Field("reported_state", optional(text())),
        Field("reported_closed_on", optional(DAY)),
        Field("has_shared_photo", TRUTH),
    ),
)


# --- one vehicle ----------------------------------------------------------------------------------------
def _look_up(db: queries.Source, known: Known, asked: dict[str, Any], page: Page) -> Told:
    if not lookup_facts.is_built(db):
        raise Problem("not_ready")
    bad: list[str] = []
    plate_no = plate.normal(asked["plate_no"])
    if not plate_no or len(plate_no) > lookup_facts.LONGEST:
        bad.append("plate_no")
    night = as_known.night_of(_texts(asked), bad)
    _refuse(bad)
    if night is not None:
        as_known.need_all(db, night)
    day = _day(asked, repeat.first_day(db), as_known.last_day(known, night))
    window = asked.get("window", repeat.defaults(db, day).query_window)
    # Without a province chosen beside it a plate means what is written and no other.
    question = lookup_facts.Asked(plate_no, "", asked.get("plate_color_code"), day, window, night)
    found, _ = looked_up(db, question, asked["purpose"])
    values: dict[str, Any] = {
        **{name: getattr(found, name) for name in ("plate_no", "is_plate", "is_known", "facts")},
        "plate_color_codes": list(found.colors),
        "plate_color_code": found.color,
        "near_plate_nos": list(found.near),
        "facts_sha256": None,
        "standing": None,
    }
    if found.facts is not None:
        values |= {"facts_sha256": dossier.digest(found.facts), "standing": dossier.main_standing(found.facts)}
    return Told(values, day, night)


LOOK_UP = Operation(
    "look_up",
    "/vehicles/look-up",
    _look_up,
    parameters=(
        Field("plate_no", text(lookup_facts.LONGEST)),
        Field("purpose", code(*PURPOSES)),
        Field("plate_color_code", integer(0, 99)),
        *many(DAY, "as_of", "known_on"),
        Field("window", code(*repeat.WINDOWS)),
    ),
    required=("plate_no", "purpose"),
    fields=(
        Field("plate_no", text()),
        *many(TRUTH, "is_plate", "is_known"),
        Field("plate_color_codes", listed(integer())),
        Field("plate_color_code", optional(integer())),
        Field("near_plate_nos", listed(text())),
        Field(
            "standing",
            optional(
                told(
                    Field("count", COUNT),
                    Field("tier", code(*repeat.TIERS)),
                    Field("window", code(*repeat.WINDOWS)),
                    Field("basis", code(*repeat.BASES)),
                    *many(DAY, "window_first", "window_last"),
                    *many(COUNT, "act_count", "counted_act_count", "pending"),
                    Field("is_one_away", TRUTH),
                    *many(optional(DAY), "trigger_on", "lapses_on"),
                )
            ),
        ),
        Field("facts", optional(TREE)),
        Field("facts_sha256", optional(text(like="row_digest"))),
    ),
    has_body=True,
    is_whole=True,
)
OPERATIONS = (
    FRESHNESS, METRICS, METRIC, REPORT_CARD, SITES, FINDINGS, REPEAT, HAZARDS, LOOK_UP,
)  # fmt: skip
