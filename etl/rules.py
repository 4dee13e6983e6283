"""``heng rules``: the law as dated rows: what holds on a day, one rule and its versions, what changed, what is
wrong, what an act may cost, and what another rule would have changed."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl.arguments import LANGUAGES, Lang, day_of, one_of
from etl.errors import HengError
from warehouse.last_day import usual_day
from warehouse.money import yuan
from warehouse.rules import TOPICS, Rule, book, changes, in_force, limits_changed, named, neighbours, sets, span

if TYPE_CHECKING:
    from warehouse.metrics import Source
    from warehouse.penalty import Penalty, Reading

app = typer.Typer(help="The rulebook: dated limits, fines, clocks and parameters.", no_args_is_help=True)
FORMATS = ("table", "json", "csv")
COLUMNS = (
    "rule_no", "topic", "condition_zh", "condition_en", "value", "value_text", "unit", "valid_from", "valid_to",
    "jurisdiction", "citation_zh", "citation_en", "confidence", "is_verified",
)  # fmt: skip
"""Columns of ``--format csv`` and keys of ``--format json``."""

_WORDS = {
    "zh": {
        "title": "{day} 有效的规则，{count} 条，其中 {doubt} 条未核实",
        "rule": "规则", "condition": "适用情形", "value": "取值", "in_force": "有效期", "where": "地域",
        "source": "依据", "known": "可信度", "unverified": "未核实",
        "change": "变化", "began": "新增", "ended": "失效", "changed": "变更", "none": "无变化",
        "diff": "{first} 与 {last} 的规则相比", "last_change": "此前最近一次变化：{day}",
        "next_change": "此后下一次变化：{day}", "nothing": "没有符合条件的规则。",
    },
    "en": {
        "title": "{count} rules in force on {day}, {doubt} of them unverified",
        "rule": "rule", "condition": "applies to", "value": "sets", "in_force": "in force", "where": "where",
        "source": "source", "known": "known from", "unverified": "unverified",
        "change": "change", "began": "began", "ended": "ended", "changed": "changed", "none": "no change",
        "diff": "The rules of {last} against those of {first}", "last_change": "Last change on or before: {day}",
        "next_change": "Next change after: {day}", "nothing": "No rule is like that.",
    },
}  # fmt: skip

FromFiles = Annotated[bool, typer.Option("--files", help="The rule files as they lie, not the published version.")]
Format = Annotated[str, typer.Option("--format", help="table, json or csv.")]


@app.command("list")
def list_command(
    on: Annotated[str | None, typer.Option("--on", help="Day, YYYY-MM-DD; default: the last day with data.")] = None,
    topic: Annotated[str | None, typer.Option("--topic", help=f"{', '.join(TOPICS)}.")] = None,
    unverified: Annotated[bool, typer.Option("--unverified", help="Only rules that nobody read in a text.")] = False,
    format: Format = "table",
    lang: Lang = "en",
    files: FromFiles = False,
) -> None:
    """Rules in force on a day, with value, validity, source and how far each was verified."""
    words = _words(lang)
    one_of("format", format, FORMATS)
    one_of("topic", topic, TOPICS)
    source = _source(files)
    rules = book(source)
    day = day_of(on) if on else _default_day(source)
    held = [rule for rule in in_force(rules, day) if topic in (None, rule.topic)]
    shown = [rule for rule in held if not (unverified and rule.is_verified)]
    if format == "json":
        _print_json({"on": day, "rules": [record(rule) for rule in shown]})
        return
    if format == "csv":
        _write_csv(shown)
        return
    doubt = sum(not rule.is_verified for rule in shown)
    _print(_table(shown, words["title"].format(day=day, count=len(shown), doubt=doubt), lang))
    before, after = neighbours([rule for rule in rules if topic in (None, rule.topic)], day)
    for name, one in (("last_change", before), ("next_change", after)):
        if one is not None:
            _say(words[name].format(day=one))
    if not shown:
        _say(words["nothing"])


@app.command("show")
def show_command(
    rule: Annotated[str, typer.Argument(help="Number of a rule, as 'heng rules list' shows it.")],
    format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    lang: Lang = "en",
    files: FromFiles = False,
) -> None:
    """One rule with the other versions of its subject, earlier and later."""
    words = _words(lang)
    one_of("format", format, FORMATS[:2])
    found = named(book(_source(files)), rule)
    if format == "json":
        _print_json([record(one) for one in found])
        return
    for at, one in enumerate(found):
        if at:
            _say("")
        doubt = "" if one.is_verified else f" · {words['unverified']}"
        _say(f"{one.rule_no}  {_condition(one, lang)}")
        for name, told in (
            ("value", sets(one, lang)), ("in_force", span(one, lang)), ("where", one.jurisdiction),
            ("source", _cited(one, lang)), ("known", one.confidence + doubt),
        ):  # fmt: skip
            _say(f"  {words[name]}: {told}")


@app.command("diff")
def diff_command(
    day_from: Annotated[str, typer.Option("--from", help="Earlier day, YYYY-MM-DD.")],
    day_to: Annotated[str, typer.Option("--to", help="Later day, YYYY-MM-DD.")],
    topic: Annotated[str | None, typer.Option("--topic", help=f"{', '.join(TOPICS)}.")] = None,
    format: Format = "table",
    lang: Lang = "en",
    files: FromFiles = False,
) -> None:
    """Which rules began, ended or were replaced between two days."""
    words = _words(lang)
    one_of("format", format, FORMATS)
    one_of("topic", topic, TOPICS)
    first, last = day_of(day_from), day_of(day_to)
    if last < first:
        raise HengError(f"The later day {last} lies before {first}. Exchange --from and --to.")
    found = [one for one in changes(book(_source(files)), first, last) if topic in (None, one.topic)]
    if format == "json":
        told = [
            {"change": one.kind, "topic": one.topic, "subject": one.subject,
             "ended": [record(rule) for rule in one.ended], "began": [record(rule) for rule in one.began]}
            for one in found
        ]  # fmt: skip
        _print_json({"from": first, "to": last, "changes": told})
        return
    if format == "csv":
        rows = [
            {"change": one.kind, "side": side} | record(rule)
            for one in found
            for side, rules in (("ended", one.ended), ("began", one.began))
            for rule in rules
        ]
        _csv(("change", "side", *COLUMNS), rows)
        return
    table = Table(title=words["diff"].format(first=first, last=last), title_justify="left")
    for name in ("change", "rule", "condition", "value", "in_force", "known"):
        table.add_column(words[name], overflow="fold")
    for one in found:
        for side, rules in (("ended", one.ended), ("began", one.began)):
            for rule in rules:
                kind = words[one.kind] if one.kind != "changed" else f"{words['changed']}: {words[side]}"
                table.add_row(
                    kind, Text(rule.rule_no), Text(_condition(rule, lang)), Text(sets(rule, lang)),
                    span(rule, lang), _known_from(rule, lang),
                )  # fmt: skip
    _print(table) if found else _say(f"{words['diff'].format(first=first, last=last)}: {words['none']}")


@app.command("check")
def check_command(
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Folder of the files; default: this checkout's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Judge the rule files as they lie: file, line, rule and what to do. Exit code 1 if anything is wrong."""
    from warehouse import rule_files

    at = folder or rule_files.SEEDS
    if not at.is_dir():
        raise HengError(f"There is no folder {at}. Name the one that holds gross_weight_limit.csv and its neighbours.")
    found = rule_files.problems(at)
    if as_json:
        _print_json([asdict(one) for one in found])
    else:
        for one in found:
            where = f"{one.file}:{one.line}" if one.line else one.file
            _say(f"{where} {one.rule}".rstrip())
            _say(f"  {one.message}")
            _say(f"  {one.next_step}")
        rows = 0 if found else len(book(rule_files.Files(at)))
        _say(
            f"{len(found)} problems." if found else f"{rows} rules in {len(rule_files.law_seeds())} files, no problem."
        )
    if found:
        raise typer.Exit(1)


@app.command("what-if")
def what_if_command(
    rules: Annotated[
        list[str],
        typer.Option("--set", help="RULE=VALUE or RULE.column=VALUE, as repeat_excess_ratio=0.2; may be repeated."),
    ],
    day_from: Annotated[
        str | None, typer.Option("--from", help="First day; default: a year up to the last with data.")
    ] = None,
    day_to: Annotated[str | None, typer.Option("--to", help="Last day; default: the last with data.")] = None,
    format: Format = "table",
    lang: Lang = "en",
) -> None:
    """What other rules would have changed: findings, repeat violators, statutory amounts. Changes nothing."""
    from etl import what_if as shown
    from warehouse import what_if

    _words(lang)
    one_of("format", format, FORMATS)
    answer = what_if.what_if(rules, day_of(day_from) if day_from else None, day_of(day_to) if day_to else None)
    if format == "json":
        _print_json(shown.document(answer))
        return
    if format == "csv":
        _csv(shown.COLUMNS, shown.records(answer))
        return
    for title, table in shown.tables(answer, lang):
        if title:
            _say(title)
        _print(table)
    for note in shown.notes(answer, lang):
        _say(note)


@app.command("fine")
def fine_command(
    violated: Annotated[str, typer.Option("--violated", help="Day of the act, YYYY-MM-DD.")],
    decided: Annotated[
        str | None, typer.Option("--decided", help="Day of the decision; default: that of the act.")
    ] = None,
    excess_kg: Annotated[int, typer.Option("--excess-kg", help="Mass over the limit.", min=0)] = 0,
    later_excess_kg: Annotated[
        int | None, typer.Option("--later-excess-kg", help="Mass over the limit of the day of the decision.", min=0)
    ] = None,
    height_mm: Annotated[int | None, typer.Option("--height-mm", min=1)] = None,
    width_mm: Annotated[int | None, typer.Option("--width-mm", min=1)] = None,
    length_mm: Annotated[int | None, typer.Option("--length-mm", min=1)] = None,
    vehicle: Annotated[str, typer.Option("--vehicle", help="Kind of vehicle with limits of its own.")] = "any",
    sector: Annotated[str | None, typer.Option("--sector", help="Trade without licence, instead of an excess.")] = None,
    act: Annotated[
        str | None,
        typer.Option("--act", help="Another act by its code, as evading_weighing, whose article has a range."),
    ] = None,
    tier: Annotated[int | None, typer.Option("--tier", help="Which sentence of the article of --act.", min=1)] = None,
    gain_yuan: Annotated[str, typer.Option("--gain-yuan", help="Unlawful gain.")] = "0",
    serious: Annotated[bool, typer.Option("--serious", help="Serious circumstances.")] = False,
    subject: Annotated[
        str | None, typer.Option("--subject", help="enterprise, vehicle, driver, source or person.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    lang: Lang = "en",
    files: FromFiles = False,
) -> None:
    """The statutory amount of an act by the rows of the law: a range, never a decision."""
    from warehouse import penalty

    _words(lang)
    first = day_of(violated)
    last = day_of(decided) if decided else first
    source = _source(files)
    rules = penalty.law(source)
    over = (excess_kg, height_mm, width_mm, length_mm)
    if later_excess_kg is not None and not (excess_kg and last > first):
        raise HengError(
            "--later-excess-kg is the excess over another limit: it needs an --excess-kg and a --decided after the act."
        )
    has_one_excess = excess_kg and later_excess_kg is None and last > first
    has_other_limits = bool(has_one_excess and limits_changed(book(source), first, last))
    if act is not None:
        if any(over) or sector is not None or serious:
            raise HengError("An act is one: over a limit, in a --sector without licence, or another --act. Say one.")
        one_of("act", act, sorted({row.act_code for row in rules.fines} - {*penalty.SIZED, "illegal_operation"}))
        found = penalty.ranged(penalty.Ranged(first, last, act, subject, tier, _fen(gain_yuan)), rules)
    elif tier is not None:
        raise HengError("--tier names a sentence of the article of an --act. Say which act.")
    elif sector is None:
        if not any(over):
            raise HengError(
                "Say what was over: --excess-kg, --height-mm, --width-mm, --length-mm; or a --sector; or another --act."
            )
        one_of("kind of vehicle", vehicle, sorted({row.dimension_vehicle for row in rules.dimensions}))
        found = penalty.over_limit(penalty.OverLimit(first, last, *over, vehicle, later_excess_kg), rules)
    else:
        if any(over):
            raise HengError("An act is one of two: over a limit, or in a --sector without licence. Say one.")
        one_of("sector", sector, sorted({row.sector for row in rules.fines if row.sector}))
        found = penalty.illegal_operation(
            penalty.IllegalOperation(first, last, sector, _fen(gain_yuan), serious, subject), rules
        )
    if as_json:
        told = {"is_verified": found.is_verified, "needs_later_excess_kg": has_other_limits}
        _print_json(asdict(found) | told)
        return
    for line in fine_lines(found, lang):
        _say(line)
    if has_other_limits:
        _say(_FINE[lang]["other_limits"].format(first=first, last=last))


@app.command("daily-fine")
def daily_fine_command(
    original_yuan: Annotated[str, typer.Option("--original-yuan", help="The fine that was imposed.")],
    ordered: Annotated[str, typer.Option("--ordered", help="Day of the order to correct, YYYY-MM-DD.")],
    until: Annotated[str, typer.Option("--until", help="Last day of the refusal, YYYY-MM-DD.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    lang: Lang = "en",
    files: FromFiles = False,
) -> None:
    """What a refusal to correct may cost by the day after a fine (安全生产法 art. 112): an amount, never a decision."""
    from warehouse import penalty

    _words(lang)
    words = _FINE[lang]
    found = penalty.continued(_fen(original_yuan), day_of(ordered), day_of(until), penalty.law(_source(files)))
    if as_json:
        _print_json(asdict(found) | {"amount_fen": found.amount_fen})
        return
    _say(words["by_day"].format(days=found.days, each=_yuan(found.each_fen), amount=_yuan(found.amount_fen)))
    _say(words["rules"].format(day=ordered, rules=words["list"].join(found.rules)))


_FINE = {
    "zh": {
        "by_day": "责令改正次日起 {days} 天，每天 {each} 元，共 {amount} 元；不含原罚款。",
        "none": "不处罚：没有超过任何限值。", "warning": "警告，不罚款。", "fine": "罚款 {fine} 元",
        "to": "{low} 至 {high}",
        "taken": "没收违法所得 {taken} 元（依法应当退赔的除外）", "warned": "质量超限给予警告", "and": "，并",
        "capped": "（已达最高额）", "stop": "。", "list": "、",
        "unchanged": "适用违法行为之日的规定，其后没有变化。",
        "act_day": "决定之前规定已有变化，新规定并不较轻，适用违法行为之日的规定。",
        "lighter_later": "决定之前规定已有变化，新规定较轻，适用决定之日的规定。",
        "act_day_only": "决定之前规定已有变化，只适用违法行为之日的规定。",
        "rules": "{day} 的规则：{rules}。", "no_rules": "未违反任何规则",
        "other": "按 {day} 的规则（{rules}）：{amount}",
        "contested": "有争议：一方上限较低，另一方下限较低；按上限比较。",
        "unverified": "未核实：{rules}。出处见 heng rules show。",
        "other_limits": "{first} 与 {last} 的质量限值不同，此处按同一超限量计算；"
        "决定之日的超限量不同的，请用 --later-excess-kg 给出。",
    },
    "en": {
        "by_day": "{days} days from the day after the order, {each} yuan each: {amount} yuan, beside the original.",
        "none": "No penalty: nothing is over a limit.", "warning": "A warning, no fine.",
        "fine": "A fine of {fine} yuan", "to": "{low} to {high}",
        "taken": "confiscation of the gain of {taken} yuan but for what must be refunded by law",
        "warned": "a warning for the mass",
        "and": " and ", "capped": " (at the maximum)", "stop": ".", "list": ", ",
        "unchanged": "The rules are those of the day of the act, and have not changed since.",
        "act_day": "The rules changed before the decision; the later ones are not lighter, so those of the act apply.",
        "lighter_later": "The rules changed before the decision and are lighter now, so those of the decision apply.",
        "act_day_only": "The rules changed before the decision; only those of the act apply.",
        "rules": "Rules of {day}: {rules}.", "no_rules": "none is broken",
        "other": "By the rules of {day} ({rules}): {amount}",
        "contested": "Contested: one maximum is lower, the other minimum is. The maxima were compared.",
        "unverified": "Unverified: {rules}. 'heng rules show' tells their sources.",
        "other_limits": "The limits of mass of {first} and {last} differ, and one excess was taken for both. Give "
        "that of the day of the decision with --later-excess-kg.",
    },
}  # fmt: skip


def fine_lines(found: Penalty, lang: str) -> list[str]:
    """A statutory amount in words: what, by which rules, why these, and what about it is unverified."""
    words = _FINE[lang]

    def listed(numbers: Sequence[str]) -> str:
        return words["list"].join(numbers) or words["no_rules"]

    chosen, other = found.chosen, found.other
    lines = [_amount(chosen, words), words[found.why]]
    lines.append(words["rules"].format(day=chosen.law_on, rules=listed(chosen.rules)))
    if other is not None:
        amount = _amount(other, words)
        lines.append(words["other"].format(day=other.law_on, rules=listed(other.rules), amount=amount))
    if found.is_contested:
        lines.append(words["contested"])
    if found.unverified:
        lines.append(words["unverified"].format(rules=listed(found.unverified)))
    return lines


def _amount(reading: Reading, words: dict[str, str]) -> str:
    if reading.outcome != "fine":
        return words[reading.outcome]
    low, high = _yuan(reading.low_fen), _yuan(reading.high_fen)
    told = [words["fine"].format(fine=high if low == high else words["to"].format(low=low, high=high))]
    if reading.confiscated_fen:
        told.append(words["taken"].format(taken=_yuan(reading.confiscated_fen)))
    if reading.is_warning:
        told.append(words["warned"])
    return words["and"].join(told) + (words["capped"] if reading.is_capped else "") + words["stop"]


def _yuan(fen: int) -> str:
    return yuan(fen).removesuffix(".00")


def _fen(text: str) -> int:
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:
        fen = Decimal(-1)
    if not fen.is_finite() or fen < 0 or fen != fen.to_integral_value():
        raise HengError(f"{text!r} is no amount. Write yuan with at most two decimals, as 15000 or 15000.50.")
    return int(fen)


# --- shared ----------------------------------------------------------------------------------------
def record(rule: Rule) -> dict[str, Any]:
    """A rule under the names of ``COLUMNS``."""
    return {name: getattr(rule, name) for name in COLUMNS}


def _source(files: bool) -> Source:
    if not files:
        from warehouse.connection import NoSnapshot, snapshot

        try:
            return snapshot()
        except NoSnapshot as error:
            raise HengError(f"{error} The rule files can be read without it: add --files.") from None
    from warehouse import rule_files

    if found := rule_files.problems():
        raise HengError(f"{found[0].file} line {found[0].line}: {found[0].message} 'heng rules check' tells all.")
    return rule_files.Files()


def _default_day(source: Source) -> date:
    """The last day with data, or the last night, of a version; of files: yesterday in Beijing."""
    from etl.nightly import yesterday

    manifest = getattr(source, "manifest", None)
    return usual_day(manifest) if manifest else yesterday()


def _words(lang: str) -> dict[str, str]:
    one_of("language", lang, LANGUAGES)
    return _WORDS[lang]


def _condition(rule: Rule, lang: str) -> str:
    return rule.condition_zh if lang == "zh" else rule.condition_en


def _cited(rule: Rule, lang: str) -> str:
    return rule.citation_zh if lang == "zh" else rule.citation_en


def _known_from(rule: Rule, lang: str) -> Text:
    return Text(rule.confidence if rule.is_verified else f"{rule.confidence} {_WORDS[lang]['unverified']}")


def _table(rules: Sequence[Rule], title: str, lang: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("rule", "condition", "value", "in_force", "where", "source", "known"):
        table.add_column(_WORDS[lang][name], justify="left", overflow="fold")
    topic = ""
    for rule in rules:
        if topic and rule.topic != topic:
            table.add_section()
        topic = rule.topic
        table.add_row(
            Text(rule.rule_no), Text(_condition(rule, lang)), Text(sets(rule, lang)), span(rule, lang),
            rule.jurisdiction, Text(_cited(rule, lang)), _known_from(rule, lang),
        )  # fmt: skip
    return table


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=220)


def _print(table: Table) -> None:
    _console().print(table)


def _say(text: str) -> None:
    _console().print(text, highlight=False, markup=False, soft_wrap=True)


def _print_json(told: Any) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2, default=str) + "\n")


def _write_csv(rules: Sequence[Rule]) -> None:
    _csv(COLUMNS, [record(rule) for rule in rules])


def _csv(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: "" if value is None else value for name, value in row.items()})
