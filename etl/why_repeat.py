"""``heng why-changed repeat``: why the count of a vehicle, driver or enterprise is another than it was, row by row.

Plates and numbers of drivers are masked; cases, files and lines tell the rows apart.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from etl.arguments import one_of
from etl.errors import HengError
from etl.parameter_lines import known_from
from etl.why_changed import by_kind, causes_in, changes_in, place_of, print_told, shown, write_csv, write_json
from warehouse import repeat_terms as terms
from warehouse.plate import masked
from warehouse.repeat import BASES, SUBJECTS, WINDOWS, Standing

if TYPE_CHECKING:
    from warehouse.why_repeat import ActEffect, WhyRepeat

CSV_COLUMNS = (
    "kind", "case_no", "day", "site_code", "record_id", "row_count", "numerator", "denominator", "night", "delivery_id",
    "name", "source_line", "changes", "causes",
)  # fmt: skip
_NAMED_BY = {"vehicle": "--plate", "driver": "--driver", "enterprise": "--uscc"}


@dataclass(frozen=True)
class Asked:
    """What is typed: ``named`` has the plate, certificate or credit code, each under its subject."""

    subject: str | None
    named: Mapping[str, str | None]
    color: int | None
    as_of: date | None
    window: str | None
    basis: str | None
    undecided: bool | None

    def key(self) -> tuple[str, dict[str, Any]]:
        """Subject and key. Raises ``HengError`` unless one subject is named, by the option of its kind."""
        given = [subject for subject, text in self.named.items() if text is not None]
        one_of("subject", self.subject, SUBJECTS)
        one_of("window", self.window, WINDOWS)
        one_of("basis", self.basis, BASES)
        if len(given) != 1 or self.subject not in (None, given[0]):
            wanted = [_NAMED_BY[self.subject]] if self.subject else list(_NAMED_BY.values())
            raise HengError(f"Say whose count is asked for: {', '.join(wanted)}, and no other.")
        text = self.named[given[0]]
        assert text is not None
        if given[0] == "driver":
            from warehouse.why_repeat import WRITES_DRIVERS

            if "*" in text:
                raise HengError(
                    f"--driver {text!r} is masked, as lists print it, and may be of several drivers. Give the whole "
                    f"number: {WRITES_DRIVERS} writes it."
                )
            return "driver", {"driver_no": text}
        from warehouse import connection, dossier

        kind, key = dossier.subject_of(connection.snapshot(), text, self.color)
        if kind != given[0]:
            raise HengError(f"{_NAMED_BY[given[0]]} {text!r} is of another kind: it goes with {_NAMED_BY[kind]}.")
        return kind, key


def answer(asked: Asked, known_from: date, known_to: date, form: str, limit: int) -> None:
    from warehouse.why_repeat import why_repeat

    decisions = None if asked.undecided is None else not asked.undecided
    told = why_repeat(*asked.key(), known_from, known_to, asked.as_of, asked.window, asked.basis, decisions)
    if form == "json":
        write_json(document(told))
    elif form == "csv":
        write_csv(told, sys.stdout, CSV_COLUMNS)
    else:
        print_told(lines_of(told), table_of(told, limit), len(told.effects), limit)


def name_of(told: WhyRepeat) -> str:
    """The subject, its plate or its driver's number masked."""
    number = str(next(iter(told.key.values())))
    return {"vehicle": masked, "driver": terms.masked_driver}.get(told.question.subject, str)(number) or ""


def document(told: WhyRepeat) -> dict[str, Any]:
    """Everything as one JSON document."""
    from warehouse.why_repeat import KINDS

    question = told.question
    above, below = told.difference

    def side(night: date, one: Standing) -> dict[str, Any]:
        return {
            "night": night, "count": one.count, "fleet": one.fleet, "tier": one.tier, "window": one.window,
            "window_first": one.window_first, "window_last": one.window_last, "pending": one.pending,
        }  # fmt: skip

    return {
        "subject": question.subject, "name": name_of(told), "as_of": question.as_of, "window": question.window,
        "basis": question.basis, "decisions_required": question.require_decision,
        "before": side(told.night_before, told.before), "after": side(told.night_after, told.after),
        "difference": {"numerator": above, "denominator": below}, "by_kind": by_kind(told.effects, KINDS),
        "effects": [asdict(effect) for effect in told.effects], "notes": [*conditions(told), *told.notes],
    }  # fmt: skip


# --- in words --------------------------------------------------------------------------------------------
def conditions(told: WhyRepeat) -> list[str]:
    """Window, basis and thresholds, with what is not verified: a count never stands without them."""
    question = told.question
    readings = ((question.window, terms.WINDOW_TERMS), (question.basis, terms.BASIS_TERMS))
    lines = [f"{code}: {words[code].says('en')} {known_from(words[code].confidence, 'en')}" for code, words in readings]
    for name in terms.parameters_of(question):
        one = told.thresholds[name]
        lines.append(f"{name} = {one.amount}: {one.en} {known_from(one.confidence, 'en')}")
    return lines


def lines_of(told: WhyRepeat) -> list[str]:
    """What changed in sum, and what else is known."""
    from warehouse.why_repeat import KINDS, reads

    question = told.question
    above, below = told.difference
    decided = "only acts with a decision" if question.require_decision else "acts without a decision too"
    lines = [
        f"Repeated over-limit acts of {question.subject} {name_of(told)} as of {question.as_of}, {question.window}, "
        f"{question.basis}, {decided}"
    ]
    for night, one in ((told.night_before, told.before), (told.night_after, told.after)):
        tier = terms.tier_of(one, question, dict(told.thresholds), "en")[0]
        lines.append(f"known on {night}: {reads(one)}, {tier}, {one.window_first} to {one.window_last}")
    if told.night_before == told.night_after:
        lines.append(f"Both days know what the night of {told.night_after} knew: no other was closed between them.")
    elif not told.effects:
        lines.append(f"Nothing changed: no act counts otherwise than on {told.night_before}.")
    else:
        parts = [f"count {above:+,}"] + ([f"fleet {below:+,}"] if question.subject == "enterprise" else [])
        lines.append(f"Difference: {', '.join(parts)}, by these rows:")
        for row in by_kind(told.effects, KINDS):
            said = f"{row['denominator']:+,}" if row["kind"] == "fleet" else f"{row['numerator']:+,}"
            lines.append(f"  {row['kind']}: {row['row_count']:,} rows, {said}  ({row['meaning']})")
    return [*lines, *conditions(told), *told.notes]


def table_of(told: WhyRepeat, limit: int) -> Table:
    """The acts, one line each; where a row stands is said as file:line."""
    table = Table(title="Acts", title_justify="left")
    heads = ["kind", "day", "case", "acts", "count", "fleet", "night", "file:line", "what became of it, and by what"]
    if told.question.subject != "enterprise":
        heads.remove("fleet")
    for name in heads:
        table.add_column(name, justify="right" if name in ("acts", "count", "fleet") else "left", overflow="fold")
    for effect in told.effects[:limit]:
        cells: dict[str, str | Text] = {
            "kind": effect.kind, "day": str(effect.day or ""), "case": Text(shown(effect.case_no or "")),
            "acts": f"{effect.row_count:,}", "count": f"{effect.numerator:+,}" if effect.numerator else "",
            "fleet": f"{effect.denominator:+,}" if effect.denominator else "", "night": str(effect.night or ""),
            "file:line": Text(place_of(effect.name, effect.source_line)), heads[-1]: Text(shown(why(effect))),
        }  # fmt: skip
        table.add_row(*[cells[name] for name in heads])
    return table


def why(effect: ActEffect) -> str:
    return "; ".join([*changes_in(effect.changes), *causes_in(effect)])
