"""``heng alerts``: what needs a hand on a day, by written rules: what, where, since when, due when, who has it."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.arguments import (
    LANGUAGES,
    AsOf,
    County,
    Lang,
    county_names,
    day_of,
    day_or_last,
    known_county,
    need,
    one_of,
)
from etl.parameter_lines import parameter_lines
from warehouse.alert_store import STATE_WORDS, STATES, Days, Standing, accounts, standings
from warehouse.alerts import (
    SEVERITIES,
    SEVERITY_WORDS,
    TABLES,
    Alert,
    Asked,
    Rule,
    alerts,
    detail_words,
    parameters,
    rules,
    subject_words,
)
from warehouse.last_day import usual_day
from warehouse.spreadsheet import safe

if TYPE_CHECKING:
    from warehouse.dossier import Source

FORMATS = ("table", "csv", "json")
SHOWN_ROWS = 200
"""Rows of a table on a terminal; files hold all."""
_WORDS = {
    "zh": {
        "title": "预警：需办理的事项，截至 {as_of}，{source}", "severity": "紧急程度", "what": "事项",
        "subject": "对象", "detail": "细目", "county": "县区", "unit": "单位", "since": "起",
        "age_days": "已持续（天）", "due_on": "期限", "days_late": "逾期（天）", "acts": "办理者",
        "state": "状态", "again": "重新待办", "late": "承办超期",
        "states": "待办 {open} 项，已承办 {taken} 项，已搁置 {aside} 项，报称办结 {done} 项。",
        "nothing": "没有符合条件的预警。",
        "count": "合计 {all} 项：立即办理 {act}，即将到期 {soon}，核查 {look}。",
        "more": "仅显示前 {shown} 行，共 {all} 行；全部用 --format csv。",
        "same": "同一规则、同一对象为同一预警，次日仍为同一项；起为规则成立的首日。",
        "county_feeds": "限定县区时，数据来源的预警不列入。",
    },
    "en": {
        "title": "What needs a hand as of {as_of}, {source}", "severity": "urgency", "what": "what",
        "subject": "subject", "detail": "detail", "county": "county", "unit": "unit", "since": "since",
        "age_days": "days since", "due_on": "due on", "days_late": "days late", "acts": "who acts",
        "state": "state", "again": "open again", "late": "past its day",
        "states": "{open} open, {taken} taken, {aside} put aside, {done} told done.",
        "nothing": "No alert answers these conditions.",
        "count": "{all} in all: act now {act}, due soon {soon}, look into it {look}.",
        "more": "The first {shown} of {all} rows; --format csv writes all.",
        "same": "One rule and one subject are one alert, the same tomorrow; since is the first day on which it held.",
        "county_feeds": "Within a county, alerts of feeds are left out.",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Stands:
    """How alerts stand, with owners by name."""

    told: dict[str, Standing]
    names: dict[str, str]
    NAMES = ("state", "owner", "until", "is_again", "is_late")

    def fields(self, one: Alert) -> dict[str, Any]:
        """What a file has of it beside the alert."""
        told = self.told[one.key]
        owner = None if told.owner is None else self.names.get(told.owner)
        values = (told.state, owner, told.until, told.is_again, told.is_late)
        return dict(zip(self.NAMES, values, strict=True))

    def words(self, one: Alert, lang: str) -> str:
        """State, owner, and until when, for a table."""
        told, words = self.told[one.key], _WORDS[lang]
        state = words["again"] if told.is_again else STATE_WORDS[told.state][lang == "en"]
        owner = None if told.owner is None else self.names.get(told.owner)
        state = f"{state} ({words['late']})" if told.is_late else state
        return " ".join(str(part) for part in (state, owner, told.until) if part is not None)


def alerts_command(
    as_of: AsOf = None,
    county: County = None,
    severity: Annotated[str | None, typer.Option("--severity", help=f"{', '.join(SEVERITIES)}.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="One rule of seeds.alert_rule.")] = None,
    state: Annotated[str | None, typer.Option("--state", help=f"What people say of them: {', '.join(STATES)}.")] = None,
    known: known_on.KnownOn = None,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    lang: Lang = "en",
) -> None:
    """What needs a hand today: deadlines, hazards, replies, repeat violators, terminals, scales, feeds, papers."""
    one_of("language", lang, LANGUAGES)
    one_of("format", form, FORMATS)
    one_of("urgency", severity, SEVERITIES)
    one_of("state", state, STATES)
    from etl import nightly
    from warehouse import connection
    from warehouse.known_answers import alerts_known_on

    served, day = connection.snapshot(), day_of(as_of) if as_of else None
    need(served, TABLES, "alerts were written down")
    known_county(served, county)
    with known_on.asked(known, alerts_known_on) as source:
        asked = Asked(day_or_last(source, day), county)
        told = rules(source, asked.as_of)
        one_of("rule", rule, tuple(told))
        found = [
            one for one in alerts(source, asked) if severity in (None, one.severity) and rule in (None, one.rule)
        ]  # fmt: skip
        days = Days.of(asked.as_of, usual_day(served.manifest), nightly.now().date())
        told_states = standings(source, found, days)
        found = [one for one in found if state in (None, told_states[one.key].state)]
        owners = {one.account_id: one.name for one in accounts().values()} if told_states else {}
        stands = Stands(told_states, owners)
        if form == "json":
            used = sorted({name for one in found for name in told[one.rule].parameter_names})
            document = {
                "as_of": asked.as_of, "county": county, "severity": severity, "rule": rule, "state": state,
                **known_on.told(source),
                "rules": [told[name]._asdict() for name in sorted({one.rule for one in found})],
                "parameters": [vars(one) for one in parameters(source, used, asked.as_of)],
                "alerts": [one._asdict() | stands.fields(one) for one in found],
            }  # fmt: skip
            sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")
        elif form == "csv":
            by = known_on.column(source)
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow([*Alert._fields, *Stands.NAMES, *by])
            for one in found:
                told_of = [*one, *stands.fields(one).values()]
                cells = [safe(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in told_of]
                writer.writerow([*cells, *by.values()])
        else:
            _print(source, county_names(served, lang), asked, found, told, stands, lang)


def _print(
    source: Source,
    counties: dict[str, str],
    asked: Asked,
    found: list[Alert],
    told: dict[str, Rule],
    stands: Stands,
    lang: str,
) -> None:
    from etl.deliveries import shown

    words = _WORDS[lang]
    console = Console() if sys.stdout.isatty() else Console(width=250)
    of = known_on.words(**known_on.told(source), lang=lang)
    title = words["title"].format(as_of=asked.as_of, source=of)
    if found:
        table = Table(title=title, title_justify="left")
        heads = ("severity", "what", "subject", "detail", "county", "unit", "since", "age_days", "due_on", "days_late",
                 "acts", "state")  # fmt: skip
        for name in heads:
            table.add_column(
                words[name], justify="right" if name in ("age_days", "days_late") else "left", overflow="fold"
            )
        for one in found[:SHOWN_ROWS]:
            rule = told[one.rule]
            cells: list[Any] = [
                SEVERITY_WORDS[one.severity][lang == "en"], rule.zh if lang == "zh" else rule.en,
                subject_words(one, lang),
                detail_words(one, lang), counties.get(one.county_code or "", one.county_code), one.unit or one.uscc,
                one.since, one.age_days, one.due_on,
                one.days_late if one.days_late is not None and one.days_late > 0 else None,
                rule.acts_zh if lang == "zh" else rule.acts_en, stands.words(one, lang),
            ]  # fmt: skip
            table.add_row(*[Text("" if cell is None else shown(str(cell))) for cell in cells])
        console.print(table)
    else:
        console.print(Text(f"{title}\n{words['nothing']}"))
    counted = Counter(one.severity for one in found)
    lines = [words["count"].format(all=f"{len(found):,}", **{name: f"{counted[name]:,}" for name in SEVERITIES})]
    by_state = Counter(stands.told[one.key].state for one in found)
    lines.append(words["states"].format(**{name: f"{by_state[name]:,}" for name in STATES}))
    if len(found) > SHOWN_ROWS:
        lines.append(words["more"].format(shown=SHOWN_ROWS, all=f"{len(found):,}"))
    lines.append(words["same"])
    if asked.county is not None:
        lines.append(words["county_feeds"])
    used = sorted({name for one in found for name in told[one.rule].parameter_names})
    lines += parameter_lines(parameters(source, used, asked.as_of), lang)
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
