"""A feed in words, from its declaration: for ``heng feeds show`` and the generated docs page."""

from typing import Any

from etl.contract import Feed, Read
from etl.feeds import feed as declared


def describe(feed_name: str) -> dict[str, Any]:
    """Headings with their columns, the rules, the key and the file names of a feed."""
    feed = declared(feed_name)
    columns = []
    for heading, how in feed.reads.items():
        parts = (heading, *how.followed_by) if isinstance(heading, str) else (f"{heading[0]} … {heading[-1]}",)
        shown = " + ".join(parts) + "".join(f" / {other}" for other in how.also_called)
        columns.append(
            {
                "heading": shown,
                "column": how.column.name,
                "type": how.column.type,
                "unit": how.column.unit,
                "required": "yes" if how.column.required and not isinstance(heading, tuple) else "",
                "zh": how.column.zh,
                "meaning": how.column.doc,
                "read": how_read(how),
            }
        )
    for column, value in feed.constants.values():
        columns.append(_derived(column.name, column.type, column.unit, column.zh, column.doc, f"always {value}"))
    for group, column in feed.from_name.items():
        how_named = f"{group} in the file's name"
        columns.append(_derived(column.name, column.type, column.unit, column.zh, column.doc, how_named))
    for column, expression in feed.derived.items():
        columns.append(_derived(column.name, column.type, column.unit, column.zh, column.doc, f"`{expression}`"))
    return {
        "feed": feed.name,
        "zh": feed.title_zh,
        "en": feed.title_en,
        "doc": feed.doc.strip(),
        "kind": feed.kind,
        "grain": feed.grain,
        "format": feed.format.name,
        "encoding": feed.format.encoding,
        "files": feed.files,
        "key": "the whole content" if feed.key == ("*",) else ", ".join(feed.key),
        "version": feed.version,
        "schedule": feed.schedule,
        "expected_every_days": feed.expected_every_days,
        "ignore": list(feed.ignore),
        "columns": columns,
        "rules": rules(feed),
    }


def _derived(name: str, type: str, unit: str, zh: str, meaning: str, how: str) -> dict[str, Any]:
    return {
        "heading": "–", "column": name, "type": type, "unit": unit, "required": "", "zh": zh, "meaning": meaning,
        "read": how,
    }  # fmt: skip


def how_read(how: Read) -> str:
    """The reading of a heading beyond its type, in a few words."""
    told = []
    if how.scale != 1.0:
        told.append(f"× {how.scale:g}")
    if how.form:
        told.append("seconds since 1970-01-01" if how.form == "epoch" else how.form)
    if how.zone:
        told.append(f"the clock of {how.zone}")
    if how.pad:
        told.append(f"filled with zeros to {', '.join(map(str, how.pad))} digits")
    if how.untimely == "flag":
        old = f", or more than {how.most_days_old} days old" if how.most_days_old else ""
        told.append(f"in the future, of a clock never set{old}: empty, flag R-TIME")
    if how.may_lack:
        told.append("the heading may be missing")
    if how.codes is not None:
        told.append("; ".join(f"{word} → {value}" for word, value in how.codes.items()))
        if how.unknown == "flag":
            told.append("another word: empty, flag R-CODE")
    if how.missing:
        told.append(
            f"{', '.join(how.missing)} means not measured" + (f", flag {how.missing_flag}" if how.missing_flag else "")
        )
    if how.pattern:
        told.append(f"pattern {how.pattern}")
    if how.check:
        told.append({"uscc": "check digit of GB 32100", "citizen_id": "check digit of GB 11643"}[how.check])
    if how.serial:
        told.append("a plain number is a spreadsheet's date serial")
    if how.plate:
        told.append("a plate: upper case, no blanks or dots; unread → empty, flag R-UNREAD; odd → flag R-PLATE")
    if how.column.valid:
        told.append(f"valid {how.column.valid}")
    if how.column.each:
        told.append(f"each {how.column.each}")
    return "; ".join(told)


def rules(feed: Feed) -> list[dict[str, str]]:
    """The feed's own rules beside the basic ones of every feed."""
    told = [(rule.code, "quarantine", rule.doc) for rule in feed.quarantine]
    told += [(rule.code, "flag", rule.doc) for rule in feed.flag]
    told += [(each.code, each.outcome, each.doc) for each in feed.series]
    if feed.area:
        south, north, west, east = feed.area
        told.append(("R-POSITION", "flag", f"0/0, or outside {south}–{north}° N, {west}–{east}° E"))
    return [{"code": code, "outcome": outcome, "meaning": meaning} for code, outcome, meaning in told]
