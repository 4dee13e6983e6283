"""Files of the lists behind the pages about terminals: the same rows, filters and masks, and a sheet that says what
they are. A file is complete or refused with the reason."""

from collections.abc import Callable, Iterator
from typing import Any

import flask
import pandas as pd
from werkzeug.exceptions import BadRequest

from dashboards import controls, explain, exports, shell, terminal_queries, words, xlsx
from dashboards import format as fmt
from dashboards.pages.terminal_rows import count_of, fate_of, frame_of, kind_of, span_of
from dashboards.selection import ALL
from dashboards.terminal_facts import Facts, choice_from_url
from dashboards.text import Text
from warehouse.cross_checks import WEAKENED

routes = flask.Blueprint("terminal_export", __name__)
Cell = Callable[[Any, Facts, Text], Any]


def _plain(name: str) -> Cell:
    """A value as it is: numbers and instants stay such, what is missing is empty."""

    def cell(row: Any, facts: Facts, t: Text) -> Any:
        value = getattr(row, name)
        if fmt.missing(value):
            return None
        return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value

    return cell


def _whole(name: str) -> Cell:
    return lambda row, facts, t: None if fmt.missing(getattr(row, name)) else int(getattr(row, name))


def _day(name: str) -> Cell:
    return lambda row, facts, t: (
        None if fmt.missing(getattr(row, name)) else fmt.as_date(getattr(row, name)).isoformat()
    )


def _county(row: Any, facts: Facts, t: Text) -> str:
    return controls.place_name(facts.known, row.county_code, t)


def _enterprise(row: Any, facts: Facts, t: Text) -> str:
    return terminal_queries.enterprises(facts.db).get(row.uscc, (t("terminals.enterprise.none"),))[0]


def _reasons(row: Any, facts: Facts, t: Text) -> str:
    return t("terminals.sentences").join(reason[2] for reason in words.call_reasons(row, facts.parameters, t))


def _innocent(row: Any, facts: Facts, t: Text) -> str:
    return t("terminals.sentences").join(reason[3] for reason in words.call_reasons(row, facts.parameters, t))


def _weakened(row: Any, facts: Facts, t: Text) -> str:
    codes = row.weakened_by.split(",") if isinstance(row.weakened_by, str) else []
    return t("terminals.sentences").join(t.pick(*WEAKENED.get(code, (code, code))) for code in codes)


_WHO: tuple[tuple[str, Cell], ...] = (
    ("table.plate", _plain("plate_masked")),
    ("vehicles.class", lambda row, facts, t: words.vehicle_class(row.monitored_class, t)),
    ("terminals.enterprise", _enterprise),
    ("filter.county", _county),
)
COLUMNS: dict[str, tuple[tuple[str, Cell], ...]] = {
    "calls": (
        *_WHO,
        ("terminals.reason", _reasons),
        ("vehicles.innocent", _innocent),
        ("vehicles.silent_days", _whole("silent_day_count")),
        ("vehicles.strong", _whole("strong_count")),
        ("vehicles.weak", _whole("weak_count")),
        ("vehicles.open_alarms", _whole("open_alarm_count")),
        ("terminals.last_point", _plain("last_recorded_at")),
    ),
    "vehicles": (
        *_WHO,
        ("vehicles.numerator", _whole("numerator")),
        ("vehicles.denominator", _whole("denominator")),
        ("vehicles.value", _plain("value")),
        ("vehicles.days", _whole("online_day_count")),
        ("vehicles.days.all", _whole("day_count")),
        ("terminals.last_point", _plain("last_recorded_at")),
    ),
    "findings": (
        ("table.day", _day("event_date")),
        ("vehicles.finding", lambda row, facts, t: words.checks(t)[row.finding_kind].name),
        ("vehicles.grade", lambda row, facts, t: t(f"grade.{row.finding_grade}")),
        ("vehicles.weak.why", _weakened),
        *_WHO,
        ("vehicles.began", _plain("began_at")),
        ("vehicles.ended", _plain("ended_at")),
        ("vehicles.latitude", _plain("latitude")),
        ("vehicles.longitude", _plain("longitude")),
        ("vehicles.points", _whole("point_count")),
        ("vehicles.distance.m", _whole("distance_m")),
        ("vehicles.speed.kmh", _plain("evidence_speed_kmh")),
        ("filter.site", _plain("site_code")),
        ("vehicles.passage", _plain("passage_record_id")),
        ("vehicles.innocent", lambda row, facts, t: words.checks(t)[row.finding_kind].innocent),
    ),
    "alarms": (
        ("vehicles.began", _plain("alarm_began_at")),
        ("vehicles.alarm", lambda row, facts, t: words.code("alarm_kind", row.alarm_kind, t)),
        ("vehicles.level", _whole("alarm_level")),
        *_WHO,
        ("vehicles.due", _plain("due_at")),
        ("vehicles.handled", _plain("handled_at")),
        ("vehicles.handling", lambda row, facts, t: words.code("handling", row.handling, t)),
        ("vehicles.response.s", _whole("response_s")),
        ("vehicles.fate", lambda row, facts, t: t(f"fate.{fate_of(row)}")),
        ("fate.supervised", lambda row, facts, t: t("word.yes" if row.is_supervised else "word.no")),
        ("fate.appealed", lambda row, facts, t: words.code("appeal", row.appeal_result, t)),
        ("vehicles.match", lambda row, facts, t: words.code("match", row.alarm_match, t)),
        ("vehicles.record", _plain("record_id")),
        ("vehicles.delivery", _plain("delivery_id")),
        ("vehicles.source_line", _whole("source_line")),
    ),
}
DECIMALS = {"vehicles.value": 6, "vehicles.latitude": 6, "vehicles.longitude": 6, "vehicles.speed.kmh": 1}


def rows(facts: Facts, t: Text) -> Iterator[tuple[Any, ...]]:
    """The list in its own order."""
    show = facts.choice.show
    if show == "findings":
        frame = terminal_queries.all_findings(facts.db, span_of(facts), facts.place, kind_of(facts.choice))
    elif show == "alarms":
        frame = terminal_queries.all_alarms(facts.db, span_of(facts), facts.place, facts.choice.fate)
    else:
        frame = frame_of(facts)
    for row in frame.itertuples():
        yield tuple(cell(row, facts, t) for _, cell in COLUMNS[show])


def notes(facts: Facts, count: int, t: Text) -> list[tuple[str, str]]:
    """What the rows are: filters, definitions with their confidence, thresholds, cut-off, version, number of rows."""
    choice, db = facts.choice, facts.db
    everything = t("export.everything")
    lines = [
        (t("export.title"), t(f"vehicles.show.{choice.show}")),
        (t("filter.period"), fmt.day_range(*span_of(facts), t.lang)),
        (
            t("filter.county"),
            everything
            if choice.selection.county == ALL
            else controls.place_name(facts.known, choice.selection.county, t),
        ),
        (t("terminals.enterprise"), terminal_queries.enterprises(db)[facts.uscc][0] if facts.uscc else everything),
        (t("vehicles.classes"), t("availability.join").join(t(f"class.{name}") for name in terminal_queries.CLASSES)),
        (t("export.rows"), fmt.count(count)),
        (t("vehicles.captured"), f"{len(facts.now.captured)} / {facts.selection.days}"),
        *exports.made_of(db, "/terminals/rows" + choice.query(absolute=True, rows=True), t),
    ]
    used: set[str] = set()
    limits = terminal_queries.thresholds(db, facts.selection.end, "local")
    if choice.show == "vehicles":
        kpi = explain.KPIS[choice.kpi]
        lines.append(
            (
                f"{explain.kpi_label(choice.kpi, t)} [{kpi.confidence}]",
                words.filled(explain.kpi_formula(choice.kpi, t), limits),
            )
        )
        lines.append((t("vehicles.raw"), t("vehicles.raw.how")))
        used |= set(kpi.parameters)
    if choice.show == "alarms":
        lines.append((t("vehicles.fate"), t(f"fate.{choice.fate}")))
        lines.append((t("fate.open"), t("terminals.innocent", words=t("call.alarm.innocent"))))
    if choice.show in ("findings", "calls"):
        lines.append((t("terminals.findings"), t("terminals.findings.how")))
        for check in words.checks(t).values():
            says = words.filled(check.says, limits)
            lines.append((check.name, f"{says} {t('terminals.innocent', words=check.innocent)}"))
        used |= {name for check in words.CHECKS.values() for name in check.parameters}
    for scheme in ("page", "local"):
        for row in terminal_queries.thresholds(db, facts.selection.end, scheme).itertuples():
            if row.parameter in used or (scheme == "page" and choice.show == "calls"):
                doubt = t("pill.unverified") if words.unverified(row.confidence) else ""
                unit = f" {row.unit}" if isinstance(row.unit, str) else ""
                cited = t.pick(row.citation_zh, row.citation_en)
                meaning = words.filled(t.pick(row.zh, row.en), limits)
                told = f"{row.parameter_value:g}{unit} · {meaning} · {cited}"
                lines.append((row.parameter, f"{told} [{row.confidence}] {doubt}".strip()))
    return lines


def _asked() -> tuple[Facts, Text]:
    """The list the address asks for. A bad value is refused: a file must hold what its address says."""
    db, known = exports.served()
    if not terminal_queries.is_built(db):
        raise BadRequest("The snapshot was built by an older version and holds no data of terminals yet.")
    choice, bad = choice_from_url(flask.request.args.to_dict(), known, db)
    if bad:
        raise BadRequest(f"Not usable in the address: {', '.join(bad)}.")
    return Facts(db, choice, known), shell.view_of(flask.request.args).text


def file_name(facts: Facts, t: Text, suffix: str) -> str:
    """终端监测_待联系_20261101-20261122_道县.xlsx: never a plate, a name or an id."""
    selection = facts.selection
    place = "" if selection.county == ALL else "_" + controls.place_name(facts.known, selection.county, t)
    span = f"{selection.start:%Y%m%d}-{selection.end:%Y%m%d}"
    what = t(f"vehicles.show.{facts.choice.show}")
    if facts.choice.show == "vehicles":  # two KPIs of one period are two files, and a CSV has no notes
        what += f"_{explain.kpi_label(facts.choice.kpi, t)}"
    return f"{t('vehicles.file')}_{what}_{span}{place}.{suffix}".replace(" ", "-").replace(":", "-")


@routes.get("/export/terminal-rows.csv")
def terminal_csv() -> flask.Response:
    facts, t = _asked()
    names = [key for key, _ in COLUMNS[facts.choice.show]]
    return exports.csv_answer(
        facts.db,
        rows(facts, t),
        [t(name) for name in names],
        [DECIMALS.get(name) for name in names],
        file_name(facts, t, "csv"),
    )


@routes.get("/export/terminal-rows.xlsx")
def terminal_xlsx() -> flask.Response:
    facts, t = _asked()
    count = count_of(facts)
    exports.refuse_too_many(count, t)
    names = [key for key, _ in COLUMNS[facts.choice.show]]
    wide = {"terminals.reason": 44, "vehicles.innocent": 60, "terminals.enterprise": 26, "vehicles.delivery": 20}
    widths = [wide.get(name, 16) for name in names]
    sheets = [
        xlsx.Sheet(t("export.sheet"), [t(name) for name in names], rows(facts, t), widths, {}),
        exports.notes_sheet(notes(facts, count, t), t),
    ]
    return exports.workbook_answer(facts.db, sheets, file_name(facts, t, "xlsx"))
