"""The two catalogues say the same things, nothing in them is unused, and nothing used is missing."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from driving import locale

import dashboards
from dashboards import (
    alert_exports,
    case_facts,
    charts,
    consistency_card,
    hazard_exports,
    hazard_queries,
    night,
    ranking_exports,
    repeat_exports,
    repeat_queries,
    risk_exports,
    selection,
    shell,
    site_facts,
    terminal_exports,
    terminal_facts,
    terminal_queries,
    times_card,
)
from dashboards.access import accounts
from dashboards.access.gate import CLIENTS
from dashboards.alert_facts import MINE
from dashboards.api import answers, problems
from dashboards.api.shape import Schema
from dashboards.pages import (
    compliance,
    hazards,
    overload,
    overload_rows,
    penalties,
    quality,
    ranking,
    repeat,
    risk,
    terminal_rows,
)
from dashboards.selection import ALL
from etl.contract import KINDS
from etl.feeds import raw_tables
from warehouse.alert_store import ACTIONS
from warehouse.audit import PURPOSES
from warehouse.cases import AGES, SERIES
from warehouse.columns import dictionary, topics
from warehouse.compliance import MEASURES, OPEN, UNHELD
from warehouse.consistency import BY
from warehouse.funnel import CASE_STAGES, STAGES
from warehouse.kpi import CLASSES
from warehouse.metrics import METRICS
from warehouse.repeat import SUBJECTS
from warehouse.risk import RANKINGS
from warehouse.roles import ROLES
from warehouse.rules import TOPICS
from warehouse.score import CADENCES, KEYS
from warehouse.suggestions import EVIDENCE

HAZARD_HEADS = (
    "group", "unit", "rung", "count", "no", "listed_on", "due_on", "rechecked_on", "delisted_on", "works", "planned",
    "finished", "share", "underway", "projects", "works_no", "county", "place",
)  # fmt: skip
"""Heads of the tables of the page of hazards that no file has."""
SOURCE = Path(dashboards.__file__).parent
TABLES = ("kpis", "checks", "rules", "feeds", "columns")


def names_of(schema: Schema) -> set[str]:
    """Fields of a schema and of what is in it."""
    inner = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())]
    properties = schema.get("properties", {})
    return set(properties).union(*map(names_of, [*inner, *properties.values()]))


API_FIELDS = {
    name
    for one in answers.OPERATIONS
    for name in (*names_of(one.schema.schema), *(each.name for each in (*one.asked, *one.in_path)))
}
# Texts whose key is made from a code: the codes are closed lists of ours, so every key can be named.
MADE = {
    *(f"site.rechecks.{say}" for say in ("within", "beyond", "open")),
    *(f"site.origin.{origin}" for origin in site_facts.ORIGINS),
    *(f"site.bound.{bound}" for bound in ("warn", "stop")),
    *(f"api.problem.{kind}{end}" for kind in problems.KINDS for end in ("", ".next")),
    *(f"api.op.{name}" for name in ("document", *(one.name for one in answers.OPERATIONS))),
    *(f"api.field.{name}" for name in API_FIELDS if name not in dictionary() or locale("en").get(f"api.field.{name}")),
    *(f"lookup.purpose.{purpose}" for purpose in PURPOSES),
    *(f"alerts.head.{name}" for name in (*alert_exports.LIST, *alert_exports.RULE)),
    *(f"alerts.{of}.{action}" for of in ("action", "said") for action in ACTIONS),
    *(f"alerts.bad.{which}" for which in ("same", "day", "reason", "personal", "owner")),
    *(f"alerts.state.{state}" for state in (ALL, MINE)),
    *(
        f"supervision.head.{name}"
        for name in (
            *ranking_exports.UNIT,
            *ranking_exports.PART,
            *ranking_exports.MEASURE,
            *ranking_exports.SUGGESTION,
        )
    ),
    *(
        f"risk.column.{name}"
        for name in (*risk_exports.LIST, *risk_exports.TOP, *risk_exports.BIN)
        if name not in RANKINGS
    ),
    *(f"bulletins.kind.{kind}" for kind in CADENCES),
    *(f"bulletins.{part}" for part in ("in.zh", "in.en", "form.html", "form.pdf", "form.docx")),
    *(f"nav.{key}{end}" for key, *_ in shell.PAGES for end in ("", ".short")),
    *(f"{key}.{part}" for key in (*(k for k, *_ in shell.PAGES), "not_found") for part in ("title", "question")),
    *(f"app.theme.{theme}" for theme in shell.THEMES),
    *(f"filter.period.{p}" for p in selection.PERIODS),
    *(f"penalties.period.{p}" for p in case_facts.PERIODS if p != "custom"),
    *(f"filter.compare.{c}" for c in selection.COMPARES),
    *(f"lead.against.{c}" for c in selection.COMPARES),
    *(f"table.change_{c}" for c in selection.COMPARES),
    *(f"change.{c}" for c in ("up", "down", *selection.COMPARES)),
    *(f"band.{b}" for b in selection.BANDS),
    *(f"rows.kind.{m}" for m in selection.METRICS),
    *(f"state.{s}" for s in (*charts.STATE_TOKEN, *overload.STATE_TONE)),
    *(f"map.value.{v}" for v in overload.MAP_VALUES),
    *(f"trend.{name}" for name in ("now", "prior", "year")),
    *(f"fresh.help.{s}" for s in ("fresh", "late", "stale")),
    *(f"quality.answer.{s}" for s in ("fresh", "late", "stale")),
    *(f"quality.state.{s}" for s in night.STATE_TONE),
    *(f"quality.delivery.{s}" for s in ("landed", "archived", "stopped")),
    *(f"quality.outcome.{o}" for o in ("quarantine", "flag", "normalise", *night.SHOWN_OUTCOMES)),
    *(f"quality.{name}" for name in night.ROWS),
    *(f"night.{where}{name}" for where in ("", "head.") for name in night.FILES),
    *(f"night.{way}" for way in ("earlier", "later")),
    *(f"quality.group.{group}" for group in quality.GROUPS),
    *(f"definitions.kind.{kind}" for kind in KINDS),
    *(f"consistency.by.{by}" for by in BY),
    *(f"consistency.{name}" for name in consistency_card.COLUMNS),
    *(f"definitions.topic.{topic}" for topic in topics()),
    *(f"verdict.{v}" for v in overload_rows.VERDICT_TONE),
    *(f"direction.{d}" for d in ("up", "down")),
    *(f"state.empty.{kind}{which}" for kind in ("", "widen.") for which in ("site", "county", "axle", "period")),
    *(f"lead.{way}.words" for way in ("up", "down", "same")),
    *(f"definitions.good.{g}" for g in ("up", "down", "none")),
    *(f"part.{side}" for m in METRICS.values() for side in (m.numerator, m.denominator) if side),
    *(f"export.{kind}" for kind in ("xlsx", "csv")),
    *(f"filter.site.{group}" for group in ("registered", "others")),
    *(f"fate.{fate}" for fate in terminal_queries.FATES),
    *(f"class.{name}" for name in CLASSES),
    *(f"grade.{grade}" for grade in ("strong", "weak")),
    *(f"call.{reason}" for reason in ("alarm", "strong", "weak", "silent", "never")),
    *(f"terminals.level.{level}" for level in terminal_facts.LEVELS),
    *(f"terminals.{level}" for level in terminal_facts.LEVELS),
    *(f"terminals.part.{part}" for part in terminal_facts.PARTS),
    *(f"terminals.{control}" for control in ("level", "part")),
    *(f"terminals.end.{end}" for end in ("top", "bottom")),
    *(f"terminals.unranked.{why}{end}" for why in ("small", "no_value") for end in ("", ".help")),
    *(f"terminals.empty.{which}" for which in ("period", "county")),
    *(f"vehicles.{part}.{show}" for part in ("show", "question") for show in terminal_facts.SHOWS),
    *(f"vehicles.unit.{unit}" for unit in ("vehicles", "findings", "alarms")),
    *(key for columns in terminal_rows.COLUMNS.values() for _, key, *_ in columns),
    *(key for columns in terminal_exports.COLUMNS.values() for key, _ in columns),
    *(f"repeat.lead.{who}" for who in ("people", "enterprise")),
    *(f"repeat.{name}" for name in ("subject", "window", "basis", "decisions", "as_of")),
    *(f"repeat.decisions.{told}" for told in repeat_queries.DECISIONS),
    *(f"repeat.low.{low}" for low in repeat_queries.LOW if low != "statutory"),
    *(f"repeat.unit.{subject}" for subject in SUBJECTS),
    *(key for columns in repeat.COLUMNS.values() for _, key, *_ in columns),
    *(key for key, _ in (*repeat_exports.SUBJECT, *repeat_exports.ACT)),
    *(f"risk.says.{name}" for name in RANKINGS),
    *(f"risk.column.{name}" for name, *_ in risk.COLUMNS if name not in RANKINGS),
    *(f"penalties.series.{part}{name}" for name in SERIES for part in ("", "says.", "leaves_out.")),
    *(f"penalties.clocks.{name}" for name in penalties.OF_CLOCK),
    *(f"penalties.age.{age}" for age in AGES),
    *(f"penalties.funnel.says.{stage}" for stage in STAGES),
    *(f"penalties.funnel.says.{stage}.illegal" for stage in CASE_STAGES),
    *(f"penalties.funnel{name}.illegal" for name in ("", ".how", ".leaves_out", ".passages")),
    *(f"supervision.of.{of}" for of in KEYS),
    *(f"supervision.{name}" for name in ranking.COLUMNS),
    *(
        f"supervision.{name}.enterprise"
        for name in (
            "county",
            "how",
            "lead",
            "lead.alike",
            "leaves_out",
            "part.leaves_out",
            "parts.how",
            "scored",
            "spread",
            "table",
            "why.how",
        )
    ),
    *(f"penalties.times.{name}" for name in times_card.COLUMNS),
    *(f"penalties.rows.{rows}" for rows in case_facts.ROWS if rows != "none"),
    *(f"supervision.better.{way}" for way in ("up", "down")),
    *(f"hazards.{name}{end}" for name in (*hazards.TILES, "came_back") for end in ("", ".how", ".leaves_out")),
    *(f"hazards.cohort.{cohort}" for cohort in hazard_queries.COHORTS),
    *(f"hazards.by.{by}" for by in hazard_queries.GROUPS),
    *(f"hazards.{name}" for name in ("cohort", "category", "county")),
    *(key for _, key, *_ in hazards.COLUMNS),
    *(f"hazards.head.{head}" for head in (*hazard_exports.LIST, *hazard_exports.RATES, *HAZARD_HEADS)),
    *(f"hazards.curve.head.{head}" for head in ("day", "at_risk", "ended", "share", "low", "high")),
    *(f"hazards.photo.{stage}" for stage in ("before", "after")),
    *(f"compliance.by.{by}" for by in ("county", "kind")),
    *(f"compliance.state.{state}" for state in (OPEN, UNHELD, selection.ALL)),
    *(f"compliance.head.{field}" for measure in MEASURES for field in compliance.columns_of(measure)),
    *(f"alarm_kind.{kind}" for kind in terminal_facts.SMART_KINDS),
    *(f"screening.{result}" for result in ("confirmed", "void", "pending")),
    *(f"suggestion.{grade}" for grade in ("strong", "possible")),
    *(f"suggestion.{name}.for" for name in EVIDENCE),
    *(f"suggestion.{name}.against" for name in EVIDENCE if name not in ("reading", "color")),
    *(f"rows.sort.{field}" for field in overload_rows.PHONE_SORTS),
    *(f"definitions.{table}{end}" for table in TABLES for end in ("", ".how")),
    *(f"rules.topic.{topic}" for topic in (*TOPICS, "all")),
    *(f"rules.change.{kind}" for kind in ("began", "ended", "changed")),
    *(f"rules.side.{side}" for side in ("began", "ended")),
    *(f"rules.{way}{end}" for way in ("earlier", "later") for end in ("", ".none", ".go")),
    *(f"access.role.{role}{end}" for role in ROLES for end in ("", ".help")),
    *(f"access.password.{why}" for why in ("short", "long", "name", "common")),
    *(f"access.done.{what}" for what in ("password", "others")),
    *(f"account_list.state.{state}" for state in accounts.STATES),
    *(f"account_list.done.{what}" for what in accounts.DONE),
    *(f"account_list.duty.{role}" for role in ("system", "security")),
}
# Codes that data bring: words for those known, the code itself for another.
FROM_DATA = (
    "kind.",
    "drive.",
    "confidence.",
    "rules.where.",
    "alarm_kind.",
    "handling.",
    "match.",
    "appeal.",
    "event.",
    "permit.",
    "audit_log.action.",
    "audit_log.actor.",
    "audit_log.kind.",
    "audit_log.outcome.",
)


def keys_in_source() -> set[str]:
    """Keys written as plain strings, in code and in the forms."""
    found: set[str] = set()
    for path in (*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html")):
        found |= set(re.findall(r"[\"']([a-z_]+(?:\.[a-z0-9_+-]+)+)[\"']", path.read_text(encoding="utf-8")))
    return found


def test_both_catalogues_have_the_same_keys() -> None:
    assert set(locale("zh")) == set(locale("en"))


def test_every_text_names_the_same_values_in_both_languages() -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    zh, en = locale("zh"), locale("en")
    # In English "1 site" spells its number out and a list of all sites needs no count.
    differing = [
        key for key in zh if names(en[key]) - names(zh[key]) or (names(zh[key]) - names(en[key]) - {"count", "unit"})
    ]
    assert differing == []


def test_every_key_used_exists() -> None:
    texts = locale("zh")
    plural = {f"{key}.one" for key in keys_in_source()} & set(texts)
    assert sorted(key for key in MADE if key not in texts) == []
    heads = {key.split(".")[0] for key in texts}
    looks_like_a_key = {key for key in keys_in_source() if key.split(".")[0] in heads}
    not_keys = {"app.css", "state.empty", "overload.py", "county.csv", "link.html", "fresh.html", *CLIENTS}
    missing = {
        key
        for key in looks_like_a_key - not_keys
        if key not in texts and not any(k.startswith(f"{key}.") for k in texts)
    }
    assert sorted(missing) == []
    assert plural  # the language has them, so the look-up is not empty


def test_every_text_is_used() -> None:
    used = keys_in_source() | MADE
    used |= {f"{key}.one" for key in used}
    unused = [key for key in locale("zh") if key not in used and not key.startswith(FROM_DATA)]
    assert unused == []


def test_english_texts_hold_no_chinese() -> None:
    han = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
    assert [key for key, text in locale("en").items() if han.search(text) and key != "app.other_language"] == []


def test_no_text_is_written_in_code() -> None:
    """Chinese words stand in the catalogues; in code only where a number format needs a character."""
    han = re.compile(r"[\u4e00-\u9fff]")
    allowed = {"format.py", "text.py"}
    found = []
    for path in SOURCE.rglob("*.py"):
        code = re.sub(r'"""[\s\S]*?"""|#.*', "", path.read_text(encoding="utf-8"))
        if han.search(code) and path.name not in allowed:
            found += [f"{path.name}: {line.strip()}" for line in code.splitlines() if han.search(line)]
    assert [line for line in found if "YYYY年M月" not in line and '"衡 Heng"' not in line] == []


def test_every_column_of_the_dictionary_says_what_it_means_in_both_languages() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    assert [name for name, column in dictionary().items() if not han.search(column.zh_doc) or not column.doc] == []


def test_every_feed_has_a_chinese_and_an_english_name_and_belongs_to_a_group() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    declared = raw_tables()
    assert [one.name for one in declared if not han.search(one.title_zh) or not one.title_en] == []
    assert [one.name for one in declared if han.search(one.title_en)] == []
    assert [one.name for one in declared if quality.feed_group(one.owner, one.kind) == "other"] == []


def test_every_column_has_one_topic() -> None:
    assert sorted(name for names in topics().values() for name in names) == sorted(dictionary())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_use_the_colours_of_the_style_sheet(theme: str) -> None:
    css = (SOURCE / "assets" / "app.css").read_text(encoding="utf-8")
    block = css.split(":root {")[1] if theme == "light" else css.split('"dark"] {')[1]
    sheet = dict(re.findall(r"--([a-z0-9-]+): (#[0-9A-F]{6});", block.split("}")[0]))
    assert {name: sheet.get(name) for name in charts.TOKENS[theme]} == charts.TOKENS[theme]


OF_LIBRARIES = ("mantine-", "ag-", "js-plotly-plot", "plotly", "modebar")
"""What the class names begin with that component libraries write."""


def test_every_class_and_id_of_the_style_sheets_is_written_by_a_page() -> None:
    sheets = "".join(path.read_text(encoding="utf-8") for path in sorted((SOURCE / "assets").glob("*.css")))
    rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", ";", sheets, flags=re.DOTALL)
    names = set(re.findall(r"[.#]([A-Za-z][\w-]*)", rules))
    script = (SOURCE / "assets" / "heng.js").read_text(encoding="utf-8")
    written = {text for pair in re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'", script) for text in pair}
    for path in SOURCE.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        said = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
        written |= {str(node.value) for node in nodes if isinstance(node, ast.Constant) and id(node) not in said}
    written |= {path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.html")}
    words = {word for text in written for word in re.findall(r"[\w-]+", text)}
    made = {"end-top", "end-bottom", "icon-arrow-down", "icon-arrow-up"} | {f"icon-{name}" for name in words}
    assert len(names) > 200
    assert sorted(name for name in names - words - made if not name.startswith(OF_LIBRARIES)) == []


def test_the_vendored_chart_library_is_the_version_the_package_holds() -> None:
    import plotly

    bundled = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    version = re.search(r"plotly\.js v([\d.]+)", bundled.read_text(encoding="utf-8")[:300])
    assert version
    assets = SOURCE / "assets"
    assert (assets / "vendor" / f"plotly-basic-{version[1]}.min.js").is_file()
    assert (assets / f"plotly-locale-zh-cn-{version[1]}.js").is_file()
    assert f"plotly-basic-{version[1]}.min.js" in (assets / "heng.js").read_text(encoding="utf-8")
