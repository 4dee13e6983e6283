"""Every read the pages make: constant SQL, bound parameters, sort columns by allowlist, a cap on rows.

A page takes one ``source()`` per request and passes it on, so that all its numbers come from one
published version. Plates leave this module masked; there is no query that returns a whole one.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar
from weakref import WeakKeyDictionary

import pandas as pd
from werkzeug.exceptions import BadRequest

from dashboards.access import session
from dashboards.format import as_date
from dashboards.selection import Known, Selection
from warehouse import connection, dimensions, disclosure, findings, matching, metrics, parameters
from warehouse import rules as rules_of_law
from warehouse.audit import PURPOSES, Subject
from warehouse.home import home
from warehouse.last_day import last_day as data_until
from warehouse.plate import masked_sql

MAX_PAGE_ROWS = 200  # rows of one request of the grid
MAX_XLSX_ROWS = 1_048_575  # a sheet has 2**20 lines, the first is the heading


class Source(Protocol):
    """A published snapshot, as far as pages use it."""

    @property
    def version(self) -> Any: ...

    @property
    def manifest(self) -> dict[str, Any]: ...

    def read(self, sql: str, params: Any = None) -> pd.DataFrame: ...

    def rows(self, sql: str, params: Any = None) -> list[dict[str, Any]]: ...

    def constant(self, sql: str, params: Any = None) -> list[dict[str, Any]]: ...

    def within(self, table: str, columns: str, days: Iterable[date]) -> str: ...


def source() -> Source:
    """The current snapshot as the signed-in person may see it: rows of the account's counties, personal text masked.
    Raises ``connection.NoSnapshot`` with the next step when there is none, ``Unauthorized`` where nobody is signed in.
    """
    return connection.snapshot(session.principal())


@contextmanager
def disclosed(purpose: str, query: str, plate_no: str) -> Iterator[disclosure.Disclosed]:
    """The same with personal text whole, to be read within the block: on record before anything is handed out.

    Raises ``BadRequest`` for a purpose that is none, ``NotFresh``, ``NotAllowed``, ``AuditUnwritable``.
    """
    if purpose not in PURPOSES:
        raise BadRequest("not a purpose")
    session.need_fresh()
    subject = Subject("plate", plate_no)
    with disclosure.disclosed(session.principal(), disclosure.Purpose(purpose), query, subject) as found:
        yield found


# --- what there is -------------------------------------------------------------------------------
_FIRST_DAY = """
select min(passed_date) as first_day
from (select passed_date from mart.overload_daily union all select passed_date from mart.site_day) as days
"""
_COUNTIES = """
select county_code, name_zh, name_en, tile_col, tile_row, valid_to is null as is_current from seeds.county
order by county_code
"""
_SITES = """
select site_code, county_code, road_code, chainage_km, latitude, longitude
from staging.wim_site
qualify row_number() over (partition by site_code order by valid_from desc) = 1
order by site_code
"""
_OTHER_SITES = """
select distinct site_code from mart.overload_daily
where site_code not in (select site_code from staging.wim_site) order by site_code
"""


T = TypeVar("T")
P = ParamSpec("P")
_kept: WeakKeyDictionary[Source, dict[Hashable, Any]] = WeakKeyDictionary()


KEPT = 200  # answers kept of one snapshot; the oldest goes first


def kept(db: Source, key: Hashable, read: Callable[[], T]) -> T:
    """Reads once what several parts of a page need: a snapshot never changes, and its answers go when it goes."""
    answers = _kept.setdefault(db, {})
    if key not in answers:
        value = read()
        while len(answers) >= KEPT:
            answers.pop(next(iter(answers)), None)
        answers[key] = value
        return value
    return answers[key]


def last_few(db: Source, what: str, key: Hashable, read: Callable[[], T], most: int = 4) -> T:
    """As ``kept``, for answers so large that only those of the last few questions are."""
    answers: OrderedDict[Hashable, T] = kept(db, what, OrderedDict)
    answer = answers.pop(key) if key in answers else read()
    answers[key] = answer
    while len(answers) > most:
        answers.popitem(last=False)
    return answer


def once_per_snapshot(read: Callable[[Source], T]) -> Callable[[Source], T]:
    """Reads what every page needs once."""

    @wraps(read)
    def once(db: Source) -> T:
        return kept(db, f"{read.__module__}.{read.__name__}", lambda: read(db))

    return once


def once_per_choice(read: Callable[Concatenate[Source, P], T]) -> Callable[Concatenate[Source, P], T]:
    """Reads once what several parts of a page, or its next callback, ask for with the same arguments."""

    @wraps(read)
    def once(db: Source, *args: P.args, **named: P.kwargs) -> T:
        return kept(db, (read.__module__, read.__name__, args, *named.items()), lambda: read(db, *args, **named))

    return once


@once_per_snapshot
def tables(db: Source) -> set[str]:
    """What the snapshot holds: one from before an upgrade lacks what came with it."""
    return metrics.tables(db)


@once_per_snapshot
def counties(db: Source) -> pd.DataFrame:
    """Counties of today and, for the names on old rows, those of before."""
    return db.read(_COUNTIES)


@once_per_snapshot
def sites(db: Source) -> pd.DataFrame:
    """Each site once, as registered last; sites that send data without being registered at the end."""
    registered = db.read(_SITES)
    others = db.read(_OTHER_SITES)
    return registered if others.empty else pd.concat([registered, others], ignore_index=True)


def last_day(db: Source) -> date | None:
    """The last day the snapshot answers for."""
    return data_until(db.manifest)


def last_night(db: Source) -> date:
    """The business date of the last night that was built, whether or not it brought anything."""
    return date.fromisoformat(db.manifest["business_date"])


@once_per_snapshot
def known(db: Source) -> Known | None:
    """What choices can be checked against; None while the snapshot holds no day."""
    until = last_day(db)
    if until is None:
        return None
    first = db.read(_FIRST_DAY).iloc[0]["first_day"]
    places = counties(db)
    return Known(
        until if pd.isna(first) else as_date(first),
        until,
        {row.county_code: (row.name_zh, row.name_en) for row in places.itertuples()},
        tuple(places.loc[places["is_current"].astype(bool), "county_code"]),
        {row.site_code: row.county_code if isinstance(row.county_code, str) else "" for row in sites(db).itertuples()},
    )


# --- /overload -------------------------------------------------------------------------------------
# The three filters of every read below; a null parameter does not filter.
_PLACE = """
    and (cast($county as varchar) is null or county_code = $county)
    and (cast($site as varchar) is null or site_code = $site)
"""
_PLACE_AXLE = f"{_PLACE} and (cast($axle as varchar) is null or axle_class = $axle)"

_SUMS = """
    coalesce(sum(passage_count), 0) as passage_count,
    coalesce(sum(weighed_count), 0) as weighed_count,
    coalesce(sum(over_count), 0) as over_count,
    coalesce(sum(severe_count), 0) as severe_count,
    coalesce(sum(review_count), 0) as review_count,
    coalesce(sum(flagged_count), 0) as flagged_count,
    coalesce(sum(evidence_ok_over_count), 0) as evidence_ok_over_count,
    coalesce(sum(excess_kg_sum), 0) as excess_kg_sum,
    max(max_excess_ratio) as max_excess_ratio,
    coalesce(sum(band_le5_count), 0) as "le5",
    coalesce(sum(band_5_10_count), 0) as "5-10",
    coalesce(sum(band_10_30_count), 0) as "10-30",
    coalesce(sum(band_30_50_count), 0) as "30-50",
    coalesce(sum(band_50_100_count), 0) as "50-100",
    coalesce(sum(band_gt100_count), 0) as "gt100"
"""
_IN_SPANS = """
(passed_date between $first_1 and $last_1 or passed_date between $first_2 and $last_2
    or passed_date between $first_3 and $last_3)
"""
_TOTALS = f"""
select {_SUMS} from mart.overload_daily where passed_date between $first_day and $last_day {_PLACE_AXLE}
"""
_BY_DAY = f"""
select passed_date, {_SUMS} from mart.overload_daily where {_IN_SPANS} {_PLACE_AXLE}
group by passed_date order by passed_date
"""
_BY_PLACE = f"""
select site_code, county_code, {_SUMS} from mart.overload_daily
where passed_date between $first_day and $last_day and (cast($axle as varchar) is null or axle_class = $axle)
group by site_code, county_code order by site_code, county_code
"""
_SITE_DAYS = f"""
select passed_date, site_code, county_code, state from mart.site_day
where {_IN_SPANS} {_PLACE} order by site_code, passed_date
"""

Span = tuple[date, date]


def _spans(spans: Sequence[Span]) -> dict[str, date]:
    """One to three spans as the parameters of ``_IN_SPANS``."""
    padded = [*spans, *[spans[0]] * (3 - len(spans))]
    return {
        f"{end}_{n}": day for n, span in enumerate(padded, 1) for end, day in zip(("first", "last"), span, strict=True)
    }


def _with_days(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows with plain dates, which compare and count as the rest of the code does."""
    return frame.assign(passed_date=frame["passed_date"].dt.date) if len(frame) else frame


def totals(db: Source, selection: Selection) -> pd.Series:
    """The sums of the selection."""
    return db.read(_TOTALS, selection.parameters()).iloc[0]


def by_day(db: Source, selection: Selection, spans: Sequence[Span]) -> pd.DataFrame:
    """Sums per day of all spans together; a day that two spans share is there once."""
    return _with_days(db.read(_BY_DAY, {**_spans(spans), **selection.place()}))


def by_place(db: Source, selection: Selection, span: Span) -> pd.DataFrame:
    """Sums per site and county in a span; of the filters only the axle class narrows it."""
    return db.read(_BY_PLACE, {"first_day": span[0], "last_day": span[1], "axle": selection.place()["axle"]})


def site_days(db: Source, selection: Selection, spans: Sequence[Span]) -> pd.DataFrame:
    """How every site in service did on every day: reporting, partial or silent."""
    place = selection.place()
    return _with_days(db.read(_SITE_DAYS, {**_spans(spans), "county": place["county"], "site": place["site"]}))


# --- /overload/rows --------------------------------------------------------------------------------
# Sorting cannot be bound, so only these fragments can ever follow "order by".
SORTS = {
    "passed_at": "passed_at",
    "site_code": "site_code",
    "county_code": "county_code",
    "axle_count": "axle_count",
    "gross_vehicle_weight_kg": "gross_vehicle_weight_kg",
    "limit_kg": "limit_kg",
    "excess_kg": "excess_kg",
    "excess_ratio": "excess_ratio",
    "speed_kmh": "speed_kmh",
}
DIRECTIONS = {"asc": "asc nulls last", "desc": "desc nulls last"}
DEFAULT_SORT = ("passed_at", "desc")

_METRIC_WHERE = """
    and case $metric
        when 'over' then verdict = 'over'
        when 'severe' then excess_band in ('30-50', '50-100', 'gt100')
        when 'review' then verdict = 'review'
        when 'weighed' then gross_vehicle_weight_kg is not null
        else true
    end
    and (cast($band as varchar) is null or excess_band = $band)
"""
_PASSAGES = f"""
from core.passage where passed_date between $first_day and $last_day {_PLACE_AXLE} {_METRIC_WHERE}
"""
PLATE = masked_sql("plate_no")
_ROW_COLUMNS = f"""
    record_id, feed, passed_at, {PLATE} as plate_masked, site_code, county_code, axle_count,
    gross_vehicle_weight_kg, limit_kg, rule_id, excess_kg, excess_ratio, excess_band, verdict, evidence_ok, flags
"""
_ROWS = f"select {_ROW_COLUMNS} {_PASSAGES}"
_ROW_COUNT = f"select count(*) as rows {_PASSAGES}"
_ROW_SUMMARY = f"""
select count(*) as rows, avg(excess_ratio) as mean_excess_ratio,
    count(*) filter (verdict = 'over') as over_count,
    count(*) filter (excess_band in ('30-50', '50-100', 'gt100')) as severe_count
{_PASSAGES}
"""
_EXPORT_DAYS = f"select passed_date, count(*) as rows {_PASSAGES} group by passed_date order by passed_date"
EXPORT_FIELDS = (
    *("record_id", "feed", "passed_at", "plate_masked", "site_code", "county_code", "direction", "axle_count"),
    *("gross_vehicle_weight_kg", "limit_kg", "rule_id", "limit_modifiers"),
    *("verdict", "excess_kg", "excess_ratio", "speed_kmh"),
    *("certificate_valid_to", "evidence_ok", "flags", "delivery_id", "source_line"),
)
_EXPORT_COLUMNS = ", ".join(f"{PLATE} as plate_masked" if name == "plate_masked" else name for name in EXPORT_FIELDS)
_EXPORT = f"select {_EXPORT_COLUMNS} {_PASSAGES} order by passed_at, record_id"

_RECORD = f"""
select record_id, feed, delivery_id, source_line, byte_offset, site_code, county_code, lane_code, direction,
    passed_at, passed_date, {PLATE} as plate_masked, axle_count, axle_type_code, gross_vehicle_weight_kg,
    axle_load_sum_kg, axle_loads_kg, axle_spacings_m, speed_kmh, vehicle_kind, drive_axle_kind,
    single_tyre_axle_count, limit_low_kg, limit_kg, rule_id, limit_modifiers, axle_sum_kg, verdict, excess_kg,
    excess_ratio, over_load_kg, reported_limit_kg, reported_is_over_limit, device_no, certificate_no,
    certificate_valid_to, evidence_ok, flags
from core.passage where record_id = $record limit 1
"""
_DELIVERY = "select * from meta.delivery where delivery_id = $delivery"


def _row_parameters(selection: Selection) -> dict[str, Any]:
    return {
        **selection.parameters(),
        "metric": selection.metric,
        "band": None if selection.band == "all" else selection.band,
    }


def _order(sort: str, direction: str) -> str:
    if sort not in SORTS or direction not in DIRECTIONS:
        raise BadRequest("this column cannot be sorted by")
    # record_id makes the order total: pages neither repeat nor skip a row.
    return f" order by {SORTS[sort]} {DIRECTIONS[direction]}, record_id"


def rows(
    db: Source, selection: Selection, offset: int, limit: int, sort: str, direction: str
) -> tuple[pd.DataFrame, int]:
    """One page of records and the number of all of them."""
    given = _row_parameters(selection)
    page = db.read(
        f"{_ROWS}{_order(sort, direction)} limit $limit offset $offset",
        {**given, "limit": limit, "offset": offset},
    )
    return page, row_count(db, selection)


def row_count(db: Source, selection: Selection) -> int:
    return int(db.read(_ROW_COUNT, _row_parameters(selection)).iloc[0]["rows"])


def row_summary(db: Source, selection: Selection) -> pd.Series:
    """What the reconciliation line says: how many rows, and how far over on average."""
    return db.read(_ROW_SUMMARY, _row_parameters(selection)).iloc[0]


def export_days(db: Source, selection: Selection) -> pd.DataFrame:
    """Rows per day, so that an export reads one day at a time and knows its size beforehand."""
    return db.read(_EXPORT_DAYS, _row_parameters(selection))


def export_day(db: Source, selection: Selection, day: date) -> pd.DataFrame:
    return db.read(_EXPORT, {**_row_parameters(selection), "first_day": day, "last_day": day})


def record(db: Source, record_id: str) -> pd.Series | None:
    found = db.read(_RECORD, {"record": record_id})
    return None if found.empty else found.iloc[0]


def finding(db: Source, record_id: str) -> pd.Series | None:
    """What stands beside the excess of a passage over the limit: permit, allowance, trip; None if it is no finding.

    ``is_plate_read`` says whether there was a plate to look them up by.
    """
    found = findings.finding(db, record_id)
    if found is None:
        return None
    return pd.concat([found.drop("plate_no"), pd.Series({"is_plate_read": isinstance(found["plate_no"], str)})])


@once_per_choice
def allowance_mode(db: Source, day: date) -> str:
    """What is done on the day with what a scale may err by: DEDUCT, THRESHOLD or NONE."""
    return parameters.texts(db, ["allowance_mode"], day)["allowance_mode"].text


def rules_applied(db: Source, record_id: str) -> pd.DataFrame:
    """The rules that a finding rests on, with citation and confidence."""
    return findings.rules_applied(db, [record_id])


def dimensions_of(db: Source, record_id: str, day: date) -> list[dict[str, Any]]:
    """What was longer, wider or higher than allowed at a passage of the day; none told by a version from before."""
    if "mart.dimension_finding" not in tables(db):
        return []
    return dimensions.of_passages(db, [day], [record_id])


def matches_of(db: Source, record_id: str) -> list[matching.Match]:
    """The cases that come to a passage, with what else belongs to each; none told by a version from before."""
    return matching.of_passage(db, record_id) if matching.is_built(db) else []


def delivery(db: Source, delivery_id: str) -> pd.Series | None:
    found = db.read(_DELIVERY, {"delivery": delivery_id})
    return None if found.empty else found.iloc[0]


# --- rules and words ---------------------------------------------------------------------------------
_RULES = """
select rule_id, valid_from, valid_to, axle_count_min, axle_count_max, vehicle_kind, drive_axle_kind, limit_kg,
    citation_zh, citation_en, confidence
from seeds.gross_weight_limit order by valid_from desc, axle_count_min, limit_kg, rule_id
"""
_MODIFIERS = """
select modifier_id, valid_from, valid_to, axle_count_min, axle_count_max, vehicle_kind, amount_kg, zh, en,
    citation_zh, citation_en, confidence
from seeds.gross_weight_modifier order by modifier_id, valid_from
"""
_REASONS = "select reason, outcome, zh, en, next_step_zh, next_step_en from seeds.reason order by reason, outcome"


@once_per_snapshot
def rules(db: Source) -> pd.DataFrame:
    return db.read(_RULES)


@once_per_snapshot
def modifiers(db: Source) -> pd.DataFrame:
    """What raises or lowers a limit for some vehicles, with its citation."""
    return db.read(_MODIFIERS)


@once_per_snapshot
def has_rulebook(db: Source) -> bool:
    """Whether the snapshot was made by a version that knows the rulebook; one from before an upgrade was not."""
    return "mart.rule" in tables(db)


@once_per_snapshot
def rulebook(db: Source) -> list[rules_of_law.Rule]:
    """Every dated rule, of every day."""
    return rules_of_law.book(db)


@once_per_snapshot
def rule_version(db: Source) -> str | None:
    """What tells the rulebook of the snapshot from another; None where it has none."""
    return rules_of_law.version_of(rulebook(db)) if has_rulebook(db) else None


@once_per_snapshot
def reasons(db: Source) -> pd.DataFrame:
    """Reason and flag codes with their words in both languages."""
    return db.read(_REASONS)


# --- /quality ----------------------------------------------------------------------------------------
_DELIVERIES = """
select d.delivery_id, d.feed, d.name, d.issued_at, d.received_at, d.landed_at, d.state, d.reason, d.message,
    d.delivered_rows, d.accepted_rows, d.quarantined_rows, d.flagged_rows, d.first_event_date, d.last_event_date,
    f.current_count, f.repeated_count, f.superseded_count
from meta.delivery as d
left join (
    select delivery_id, sum(current_count) as current_count, sum(repeated_count) as repeated_count,
        sum(superseded_count) as superseded_count
    from mart.row_fate group by delivery_id
) as f on f.delivery_id = d.delivery_id
order by d.issued_at desc, d.received_at desc, d.feed, d.delivery_id
limit $limit
"""
_FEED_TITLES = "select feed, title_zh, title_en from meta.feed order by feed"
_NIGHTS = "select distinct business_date from meta.night_report order by business_date desc"
_NIGHT = """
select n.feed, coalesce(f.owner, '') as owner, coalesce(f.kind, '') as kind, f.title_zh, f.title_en,
    f.expected_every_days, n.freshness, n.last_issue,
    n.received_count, n.repeat_count, n.reissue_count, n.late_count, n.stopped_count,
    n.delivered_rows, n.accepted_rows, n.quarantined_rows, n.flagged_rows,
    n.current_count, n.repeated_count, n.superseded_count, n.difference_rows
from meta.night_report as n left join meta.feed as f on f.feed = n.feed
where n.business_date = $night order by n.feed
"""
_NIGHT_REASONS = """
select d.feed, r.outcome, r.reason, sum(r.row_count) as rows, null as name, null as message
from meta.delivery_reason as r join meta.delivery as d on d.delivery_id = r.delivery_id
where d.business_date = $night
group by d.feed, r.outcome, r.reason
union all
select feed, 'stop', reason, null, name, message from meta.delivery
where business_date = $night and state = 'stopped'
order by feed, outcome, rows desc nulls last, reason, name
"""
_FEEDS = """
select f.feed, f.kind, f.owner, f.title_zh, f.title_en, f.expected_every_days,
    d.name, d.received_at, d.state as last_state, d.last_event_date, n.freshness, i.last_issue
from meta.feed as f
left join (
    select feed, name, received_at, state,
        max(last_event_date) over (partition by feed) as last_event_date,
        row_number() over (partition by feed order by received_at desc, issued_at desc, delivery_id desc) as back
    from meta.delivery
) as d on d.feed = f.feed and d.back = 1
left join meta.night_report as n on n.feed = f.feed and n.business_date = $night
left join (
    select feed, max(last_issue) as last_issue from meta.night_report where business_date <= $night group by feed
) as i on i.feed = f.feed
order by f.feed
"""
_DELIVERY_REASONS = """
select r.reason, r.outcome, sum(r.row_count) as rows, count(distinct r.delivery_id) as deliveries
from meta.delivery_reason as r join meta.delivery as d on d.delivery_id = r.delivery_id
where d.issued_at >= $since
group by r.reason, r.outcome order by rows desc, r.reason
"""
_STOPPED = "select count(*) as stopped from meta.delivery where state = 'stopped' and issued_at >= $since"


def deliveries(db: Source, limit: int) -> pd.DataFrame:
    """The latest deliveries and what became of their rows."""
    return db.read(_DELIVERIES, {"limit": limit})


def feeds(db: Source) -> pd.DataFrame:
    """Every declared feed with its last delivery; its freshness and last issue are those of the last night."""
    return db.read(_FEEDS, {"night": next(iter(nights(db)), None)})


@once_per_snapshot
def feed_titles(db: Source) -> dict[str, tuple[str, str]]:
    """The Chinese and the English name of each feed."""
    return {row.feed: (row.title_zh, row.title_en) for row in db.read(_FEED_TITLES).itertuples()}


@once_per_snapshot
def nights(db: Source) -> list[date]:
    """The nights that have a report, the last one first."""
    return [as_date(day) for day in db.read(_NIGHTS)["business_date"]]


def night(db: Source, day: date) -> pd.DataFrame:
    """The report of a night, by feed (``meta.night_report``)."""
    return db.read(_NIGHT, {"night": day})


def night_reasons(db: Source, day: date) -> pd.DataFrame:
    """Why rows of a night's deliveries were refused or doubted, by feed, and each delivery refused as a whole
    (``outcome`` stop, with its ``name`` and ``message``)."""
    return db.read(_NIGHT_REASONS, {"night": day})


def delivery_reasons(db: Source, since: date) -> pd.DataFrame:
    return db.read(_DELIVERY_REASONS, {"since": since})


def stopped_deliveries(db: Source, since: date) -> int:
    """Deliveries refused as a whole, of those issued on a day or later."""
    return int(db.read(_STOPPED, {"since": since}).iloc[0]["stopped"])


def metric(db: Source, name: str, first: date, last: date) -> dict[str, Any]:
    """A metric by its one definition: ``value``, ``numerator`` and ``denominator``."""
    return metrics.compute(db, name, first, last)


_LAST_DAY = """
select count(*) as sites, count(*) filter (state = 'silent') as silent, count(*) filter (state = 'partial') as partial
from mart.site_day where passed_date = $day
"""


def sites_on(db: Source, day: date) -> pd.Series:
    """How many sites were expected on a day, and how many sent nothing or too little."""
    return db.read(_LAST_DAY, {"day": day}).iloc[0]


def is_demo() -> bool:
    """Whether this instance was given the invented sample deliveries."""
    return (home() / "demo.json").is_file()
