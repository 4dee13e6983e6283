"""``heng repeat-violators``: who was over the limit repeatedly within a year, with every act that counts or does not.

Lists are facts for a person to look at. Each output says its window, basis, thresholds with how well they are known,
day and version; what an act that does not count lacks stands beside it.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl import known_on, private_file
from etl.arguments import LANGUAGES, AsOf, Lang, before, day_of, day_or_last, one_of
from etl.errors import HengError
from warehouse import matching
from warehouse import repeat_terms as terms
from warehouse.dossier import Source as Served
from warehouse.last_day import last_day
from warehouse.parameters import UNVERIFIED, Codes, Parameter
from warehouse.repeat import (
    BASES,
    SUBJECTS,
    WINDOWS,
    Act,
    Judged,
    Question,
    Standing,
    defaults,
    is_built,
    shown,
    standings,
)
from warehouse.spreadsheet import safe

FORMATS = ("table", "csv", "json", "xlsx")
SHOWN = 50
"""Subjects that the table prints; files hold all."""
_WORDS = {
    "zh": {
        "title": "多次超限名单：{subject}，截至 {as_of}，{source}",
        "window": "窗口", "basis": "计入日期",
        "decisions": "处罚决定", "required": "须已有处罚决定", "not_required": "含尚无决定的（已立案）",
        "threshold": "门槛", "unverified": "未核实", "no_subject": "没有符合条件的对象。",
        "more": "表中为前 {shown} 个，共 {all} 个；全部见 --format csv、json 或 xlsx。",
        "facts": "本名单只列事实，是否处理、如何处理由执法人员依法决定。",
        "ratio_day": "每次违法按其当日的取值。",
        "until": "数据截至 {until}，早于查询日 {as_of}：其后的违法和决定尚未送达。",
        "named": "{all} 个{subject}，其中超过法定门槛 {statutory} 个，差一次 {one_away} 个。",
        "written": "已写入 {file}：{all} 个，{acts} 次违法。",
        "subject": "对象", "plate_color_code": "车牌颜色代码", "enterprise_name": "企业",
        "count": "次数", "vehicles": "计次车辆", "tier": "分档",
        "fleet": "货运车辆", "ratio": "占比", "window_days": "窗口日期",
        "trigger_on": "超过门槛起", "lapses_on": "分档下降日",
        "pending": "待决定", "one_away": "差一次", "previous": "上一周期", "no_first_issue": "无首次核发日期",
        "case_no": "案号", "violated_at": "违法时间", "filed_on": "立案日期", "decided_on": "决定日期",
        "excess_ratio": "超限率", "allowance_kg": "允许误差（kg）",
        "excess_after_allowance_kg": "扣除误差后的超限量（kg）", "excess_ratio_after_allowance": "扣除误差后的超限率",
        "counts": "是否计次", "reason": "说明", "counts_from": "自何日计次",
        "act_lapses_on": "何日不再计次", "acts": "违法", "plate_no": "车牌号", "passage_record_id": "过车记录",
        "site_code": "站点", "yes": "是", "no": "否", "as_of": "截至", "version": "版本", "known_on": "何时所知",
        "thresholds": "门槛", "list": "名单", "notes": "说明",
    },
    "en": {
        "title": "Repeated over-limit acts: {subject} as of {as_of}, {source}", "window": "window",
        "basis": "placed by", "decisions": "decisions", "required": "only acts with a decision",
        "not_required": "acts without a decision too (filed)", "threshold": "threshold", "unverified": "unverified",
        "no_subject": "Nobody answers these conditions.",
        "more": "These are the first {shown} of {all}; --format csv, json or xlsx has all.",
        "facts": "The list states facts; whether and how to act on them is for an officer to decide.",
        "ratio_day": "Each act is judged by that of its own day.",
        "until": "Data end on {until}, before the day asked for, {as_of}: later acts and decisions are not in yet.",
        "named": "{all} {subject}, of which {statutory} are above the statute's threshold and {one_away} one away.",
        "written": "{file} written: {all} subjects, {acts} acts.",
        "subject": "subject", "plate_color_code": "plate colour code", "enterprise_name": "enterprise",
        "count": "count", "vehicles": "vehicles",
        "tier": "tier", "fleet": "fleet", "ratio": "share", "window_days": "days of the window",
        "trigger_on": "above since", "lapses_on": "tier falls", "pending": "pending", "one_away": "one away",
        "previous": "cycle before", "no_first_issue": "no day of first issue", "case_no": "case",
        "violated_at": "act", "filed_on": "filed", "decided_on": "decided", "excess_ratio": "excess",
        "allowance_kg": "allowance (kg)", "excess_after_allowance_kg": "excess after the allowance (kg)",
        "excess_ratio_after_allowance": "excess after the allowance (ratio)",
        "counts": "counts", "reason": "why", "counts_from": "counts from", "act_lapses_on": "lapses on", "acts": "acts",
        "plate_no": "plate", "passage_record_id": "passage", "site_code": "site", "yes": "yes", "no": "no",
        "as_of": "as of", "version": "version", "known_on": "known on",
        "thresholds": "thresholds", "list": "list", "notes": "notes",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What was asked of which version, or of what was known on which night, with the thresholds of the day and who
    answers the conditions."""

    question: Question
    version: int | None
    known_on: date | None
    until: date | None
    told: dict[str, Parameter | Codes]
    found: list[Standing]
    lang: str
    by_register: Mapping[str, list[Act]] = field(default_factory=dict)
    """Of each enterprise the acts that only the register of vehicles ties to it."""
    is_private: bool = False
    """Whether it goes to a file of its owner: what is printed masks the numbers of drivers."""

    def name_of(self, one: Standing) -> str:
        number = str(one.key[0])
        return number if self.is_private or self.question.subject != "driver" else terms.masked_driver(number)

    def acts_of(self, one: Standing) -> list[Judged]:
        """The acts of a subject; of an enterprise those last that only the register of vehicles ties to it."""
        return [*one.acts, *(Judged(act, terms.REGISTER_ONLY) for act in self.by_register.get(one.key[0], []))]

    def words(self, name: str, **values: Any) -> str:
        return _WORDS[self.lang][name].format(**values)

    @property
    def subject(self) -> str:
        return terms.SUBJECT_TERMS[self.question.subject].name(self.lang)

    @property
    def title(self) -> str:
        source = known_on.words(self.version, self.known_on, self.lang)
        return self.words("title", subject=self.subject, as_of=self.question.as_of, source=source)

    def tier(self, one: Standing) -> str:
        return terms.tier_of(one, self.question, self.told, self.lang)[0]

    def conditions(self) -> list[tuple[str, str]]:
        """Window, basis, decisions and thresholds, each with how well it is known."""
        question, lang = self.question, self.lang
        window, basis = terms.WINDOW_TERMS[question.window], terms.BASIS_TERMS[question.basis]
        required = self.words("required" if question.require_decision else "not_required")
        lines = [
            (self.words(name), f"{term.name(lang)} {code}: {term.says(lang)} {self._known(term.confidence)}")
            for name, term, code in (("window", window, question.window), ("basis", basis, question.basis))
        ]
        lines.append((self.words("decisions"), f"{required} {self._known('P')}"))
        for name in terms.parameters_of(question):
            one = self.told[name]
            cited = one.citation_zh if lang == "zh" else one.citation_en
            says = one.zh if lang == "zh" else one.en
            more = f" {self.words('ratio_day')}" if name in ("repeat_excess_ratio", "allowance_mode") else ""
            value = f"{name} = {one.amount}"
            lines.append((self.words("threshold"), f"{value}: {says}; {cited} {self._known(one.confidence)}{more}"))
        return lines

    def _known(self, confidence: str) -> str:
        doubt = f" · {self.words('unverified')}" if confidence in UNVERIFIED else ""
        return f"[{confidence}]{doubt}"

    def notes(self) -> list[str]:
        lines = [f"{name}: {says}" for name, says in self.conditions()]
        if self.until is not None and self.until < self.question.as_of:
            lines.append(self.words("until", until=self.until, as_of=self.question.as_of))
        return [*lines, self.words("facts")]


def repeat_violators_command(
    as_of: AsOf = None,
    subject: Annotated[str, typer.Option("--subject", help=f"{', '.join(SUBJECTS)}.")] = "vehicle",
    window: Annotated[
        str | None, typer.Option("--window", help=f"{', '.join(WINDOWS)}; default: parameter repeat_window.")
    ] = None,
    basis: Annotated[
        str | None,
        typer.Option("--basis", help=f"What places an act: {', '.join(BASES)}; default: parameter repeat_date_basis."),
    ] = None,
    min_count: Annotated[
        int | None,
        typer.Option("--min-count", min=0, help="Lowest count listed; default: the warning's, enterprises 1."),
    ] = None,
    undecided: Annotated[
        bool | None,
        typer.Option(
            "--undecided/--decided",
            help="Count acts without a decision, too, or not; default: parameter repeat_require_decision.",
        ),
    ] = None,
    known: known_on.KnownOn = None,
    one_away: Annotated[bool, typer.Option("--one-away", help="Only those one act below the statute.")] = False,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file; xlsx needs one.")] = None,
    lang: Lang = "en",
) -> None:
    """Vehicles, drivers or enterprises that were over the limit repeatedly: counted and not-counted acts, and why.

    Numbers of drivers are whole in a file (--out), which only its owner can read, and masked where they are printed.
    """
    for what, given, allowed in (
        ("subject", subject, SUBJECTS), ("window", window, WINDOWS), ("basis", basis, BASES),
        ("format", form, FORMATS), ("language", lang, LANGUAGES),
    ):  # fmt: skip
        one_of(what, given, allowed)
    if form == "xlsx" and out is None:
        raise HengError("A workbook goes to a file: add --out repeat.xlsx.")
    from warehouse.known_answers import standings_known_on

    asked = (day_of(as_of) if as_of else None, subject, window, basis, undecided, lang, min_count, one_away)
    opened = partial(standings_known_on, with_register=subject == "enterprise")
    with known_on.asked(known, opened) as source:
        answer = _answer(source, *asked)
    answer = replace(answer, is_private=out is not None)
    if form == "table":
        text = _printed(answer, out)
    elif form == "json":
        text = json.dumps(document(answer), ensure_ascii=False, indent=2, default=str) + "\n"
    elif form == "csv":
        text = csv_text(answer)
    else:
        assert out is not None
        private_file.write(out, workbook(answer))
        _written(answer, out)
        return
    if out is None:
        sys.stdout.write(text)
        return
    private_file.write(out, text.encode("utf-8-sig" if form == "csv" else "utf-8"))
    _written(answer, out)


def _written(answer: Answer, out: Path) -> None:
    acts = sum(len(answer.acts_of(one)) for one in answer.found)
    Console(stderr=True).print(
        answer.words("written", file=out.name, all=f"{len(answer.found):,}", acts=f"{acts:,}"), highlight=False
    )


def _answer(
    source: Served,
    as_of: date | None,
    subject: str,
    window: str | None,
    basis: str | None,
    undecided: bool | None,
    lang: str,
    min_count: int | None,
    one_away: bool,
) -> Answer:
    """Who answers the conditions; ``one_away`` asks for a count of its own."""
    if not is_built(source):
        raise before("repeated acts were counted")
    day = day_or_last(source, as_of)
    usual = defaults(source, day)
    question = Question(
        day, subject, window or usual.list_window, basis or usual.basis,
        usual.require_decision if undecided is None else not undecided,
    )  # fmt: skip
    told = shown(source, question)
    least = min_count
    if least is None:
        least = 1 if one_away or subject == "enterprise" else int(terms.values_of(told)["repeat_count"])
    found = [one for one in standings(source, question) if one.count >= least and (one.is_one_away or not one_away)]
    known = source.manifest.get("known_on")
    known_on = date.fromisoformat(known) if known else None
    units = [one.key[0] for one in found] if subject == "enterprise" else []
    by_register = matching.by_register(source, day, units) if units and matching.is_built(source) else {}
    return Answer(question, source.version, known_on, last_day(source.manifest), told, found, lang, by_register)


# --- as text -------------------------------------------------------------------------------------
def _share(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio * 100:.2f} %"


def _before(one: Standing) -> str:
    if one.previous_count is None:
        return ""
    return f"{one.previous_count} ({one.previous_first} – {one.previous_last})"


def _why(one: Standing, answer: Answer) -> str:
    """Acts that do not count, by reason."""
    counts: dict[str, int] = {}
    for judged in (judged for judged in answer.acts_of(one) if not judged.counts):
        name = terms.REASON_TERMS[judged.reason or ""].name(answer.lang)
        counts[name] = counts.get(name, 0) + 1
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _printed(answer: Answer, out: Path | None) -> str:
    """The table and its notes; files and pipes get 180 columns."""
    is_enterprise = answer.question.subject == "enterprise"
    table = Table(title=Text(answer.title), title_justify="left")
    heads = ["subject", "plate_color_code"] if answer.question.subject == "vehicle" else ["subject"]
    heads += ["enterprise_name", "vehicles", "fleet", "ratio"] if is_enterprise else ["count"]
    heads += ["tier", "window_days", "trigger_on", "lapses_on", "pending", "one_away", "previous", "reason"]
    right = {"count", "vehicles", "fleet", "ratio", "pending"}
    for head in heads:
        table.add_column(answer.words(head), justify="right" if head in right else "left", overflow="fold")
    for one in answer.found[:SHOWN]:
        mark = f" ({answer.words('no_first_issue')})" if one.has_no_first_issue else ""
        cells = {
            "subject": answer.name_of(one), "plate_color_code": one.key[-1],
            "enterprise_name": one.enterprise_name or "", "count": one.count, "vehicles": one.count,
            "fleet": "" if one.fleet is None else one.fleet, "ratio": _share(one.ratio), "tier": answer.tier(one),
            "window_days": f"{one.window_first} – {one.window_last}{mark}", "trigger_on": one.trigger_on or "",
            "lapses_on": one.lapses_on or "", "pending": one.pending,
            "one_away": answer.words("yes") if one.is_one_away else "", "previous": _before(one),
            "reason": _why(one, answer),
        }  # fmt: skip
        table.add_row(*[Text(str(cells[head])) for head in heads])
    stream = io.StringIO()
    is_seen = out is None and sys.stdout.isatty()
    console = Console(file=stream, width=None if is_seen else 180, force_terminal=is_seen or None)
    console.print(table if answer.found else answer.words("no_subject"))
    statutory = sum(one.tier == "statutory" for one in answer.found)
    away = sum(one.is_one_away for one in answer.found)
    named = answer.words("named", all=len(answer.found), subject=answer.subject, statutory=statutory, one_away=away)
    lines = [answer.title] if not answer.found else []
    lines += [named]
    if len(answer.found) > SHOWN:
        lines.append(answer.words("more", shown=SHOWN, all=len(answer.found)))
    for line in [*lines, *answer.notes()]:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return stream.getvalue()


def document(answer: Answer) -> dict[str, Any]:
    """One JSON document: the question, its conditions, and every subject with its acts."""
    question, is_enterprise = answer.question, answer.question.subject == "enterprise"
    thresholds = [
        {"parameter": one.name, **_valued(one), "confidence": one.confidence,
         "is_unverified": one.confidence in UNVERIFIED, "says": one.zh if answer.lang == "zh" else one.en,
         "citation": one.citation_zh if answer.lang == "zh" else one.citation_en}
        for one in (answer.told[name] for name in terms.parameters_of(question))
    ]  # fmt: skip
    readings = {
        kind: {"code": code, "says": term.says(answer.lang), "confidence": term.confidence,
               "is_unverified": term.confidence in UNVERIFIED}
        for kind, code, term in (
            ("window", question.window, terms.WINDOW_TERMS[question.window]),
            ("basis", question.basis, terms.BASIS_TERMS[question.basis]),
        )
    }  # fmt: skip
    return {
        "as_of": question.as_of, "subject": question.subject, **readings,
        "decisions_required": question.require_decision, "version": answer.version, "known_on": answer.known_on,
        "data_until": answer.until,
        "thresholds": thresholds, "notes": answer.notes(),
        "subjects": [
            {
                "key": _key(one, answer), **terms.as_json(one), "tier_words": answer.tier(one),
                **({"register_only": terms.acts_json(answer.acts_of(one)[len(one.acts):])} if is_enterprise else {}),
            }
            for one in answer.found
        ],
    }  # fmt: skip


def _valued(one: Parameter | Codes) -> dict[str, Any]:
    """A number and its unit, or a choice by its code."""
    return {"value": one.value, "unit": one.unit} if isinstance(one, Parameter) else {"value": one.text, "unit": None}


def _key(one: Standing, answer: Answer) -> dict[str, Any]:
    name = answer.name_of(one)
    if answer.question.subject == "vehicle":
        return {"plate_no": name, "plate_color_code": one.key[1]}
    return {"driver_no" if answer.question.subject == "driver" else "uscc": name}


# --- as rows -------------------------------------------------------------------------------------
_OF_SUBJECT = (
    "subject", "plate_color_code", "enterprise_name", "count", "fleet", "ratio", "tier", "window", "window_days",
    "trigger_on", "lapses_on", "pending", "one_away", "previous", "no_first_issue",
)  # fmt: skip
_OF_ACT = (
    "case_no", "plate_no", "violated_at", "filed_on", "decided_on", "excess_ratio", "allowance_kg",
    "excess_after_allowance_kg", "excess_ratio_after_allowance", "counts", "reason", "counts_from",
    "act_lapses_on", "site_code", "passage_record_id",
)  # fmt: skip
_OF_ASKED = ("as_of", "basis", "decisions", "thresholds", "version", "known_on")


def _of_subject(one: Standing, answer: Answer) -> list[Any]:
    return [
        answer.name_of(one), one.key[-1] if answer.question.subject == "vehicle" else None, one.enterprise_name,
        one.count, one.fleet, one.ratio, answer.tier(one), one.window, f"{one.window_first} – {one.window_last}",
        one.trigger_on, one.lapses_on, one.pending, answer.words("yes" if one.is_one_away else "no"),
        one.previous_count, answer.words("yes" if one.has_no_first_issue else "no"),
    ]  # fmt: skip


def _of_act(judged: Judged, answer: Answer) -> list[Any]:
    act = judged.act
    return [
        act.case_no, act.plate_no, act.violated_at, act.filed_on, act.decided_on, act.excess_ratio, act.allowance_kg,
        act.excess_after_allowance_kg, act.excess_ratio_after_allowance, answer.words("yes" if judged.counts else "no"),
        terms.reason(judged, answer.lang), judged.counts_from,
        judged.lapses_on, act.site_code, act.passage_record_id,
    ]  # fmt: skip


def _of_asked(answer: Answer) -> list[Any]:
    thresholds = "; ".join(
        f"{one.name} = {one.amount} [{one.confidence}]"
        for one in (answer.told[name] for name in terms.parameters_of(answer.question))
    )
    decisions = answer.words("required" if answer.question.require_decision else "not_required")
    return [answer.question.as_of, answer.question.basis, decisions, thresholds, answer.version, answer.known_on]


def act_rows(answer: Answer) -> Iterator[list[Any]]:
    """One row an act, with its subject's count and what was asked: a row taken alone still says what it is."""
    asked = _of_asked(answer)
    for one in answer.found:
        own = _of_subject(one, answer)
        for judged in answer.acts_of(one):
            yield [*own, *_of_act(judged, answer), *asked]


def csv_text(answer: Answer) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([answer.words(name) for name in (*_OF_SUBJECT, *_OF_ACT, *_OF_ASKED)])
    for row in act_rows(answer):
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
    return stream.getvalue()


def workbook(answer: Answer) -> bytes:
    """Three sheets: the list, its acts, and what they are. Text is written as text, so no cell runs as a formula."""
    import xlsxwriter

    heads = {name: answer.words(name) for name in (*_OF_SUBJECT, *_OF_ACT)}
    acts = ([answer.name_of(one), *_of_act(judged, answer)] for one in answer.found for judged in answer.acts_of(one))
    notes = [(answer.title, "")] + [
        (name, says) for name, says in [*answer.conditions(), (answer.words("notes"), answer.words("facts"))]
    ]
    if answer.until is not None and answer.until < answer.question.as_of:
        notes.append((answer.words("notes"), answer.words("until", until=answer.until, as_of=answer.question.as_of)))
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"default_date_format": "yyyy-mm-dd hh:mm:ss", "remove_timezone": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    _sheet(book, day, answer.words("list"), [heads[name] for name in _OF_SUBJECT],
           (_of_subject(one, answer) for one in answer.found))  # fmt: skip
    _sheet(book, day, answer.words("acts"), [heads["subject"], *(heads[name] for name in _OF_ACT)], acts)
    _sheet(book, day, answer.words("notes"), [], notes)
    book.close()
    return stream.getvalue()


def _sheet(book: Any, day: Any, name: str, heads: Sequence[str], rows: Any) -> None:
    from datetime import datetime

    page = book.add_worksheet(name)
    page.set_column(0, 30, 18)
    for position, head in enumerate(heads):
        page.write_string(0, position, head)
    for line, row in enumerate(rows, 1 if heads else 0):
        for position, cell in enumerate(row):
            if cell is None or cell == "":
                continue
            if isinstance(cell, str):
                page.write_string(line, position, cell)
            elif isinstance(cell, datetime):
                page.write_datetime(line, position, cell)
            elif isinstance(cell, date):
                page.write_datetime(line, position, cell, day)
            else:
                page.write_number(line, position, cell)
