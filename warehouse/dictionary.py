"""The tables in words: ``docs/tables.md``, written from the models, the dictionary and the lineage.

Written by ``make docs`` (``etl.docs`` knows the feeds and calls ``pages``); a test keeps it from going stale.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from warehouse import sql
from warehouse.columns import dictionary
from warehouse.head import META
from warehouse.home import REPOSITORY
from warehouse.layout import DATED
from warehouse.lineage import Lineage
from warehouse.project import model_header, published_columns
from warehouse.raw import RawTable

PATH = REPOSITORY / "docs" / "tables.md"
_INTRODUCTION = """# Tables · 数据表

<!-- written by `make docs` from the models, warehouse/columns/ and the lineage; do not edit -->

What a published snapshot holds. Weights are kilograms, instants are local time (+08:00), a ratio of 1 is 100 %.
*From* names the delivered tables and columns a value is computed from; limits and codes come from `seeds.*`.

已发布快照中的全部数据表。质量单位为千克，时间为北京时间（+08:00），比率 1 即 100%。
“来源”列出计算该值所用的原始表和列；限值和代码来自 `seeds.*`。
"""
_SEEDS = {
    "seeds.gross_weight_limit": "Grain: one gross-weight limit over the days it is in force. Limits are rows with a "
    "citation, so a change in law is a change of data. An empty limit is the registered gross mass.",
    "seeds.gross_weight_modifier": "Grain: one addition to a limit, or cap on it, over the days it is in force.",
    "seeds.axle_type": "Grain: one axle type code and what it says of the vehicle.",
    "seeds.axle_load_limit": "Grain: one limit of an axle or axle group under its conditions, over the days it is in "
    "force. Information beside the gross mass; no case follows from it alone.",
    "seeds.dimension_limit": "Grain: one limit of height, width or length of a kind of vehicle over its days of force.",
    "seeds.fine_tier": "Grain: one tier of a fine for an act, over the days it is in force: conditions, amounts, "
    "multiples of the gain. Read by warehouse/penalty.py.",
    "seeds.accuracy_class": "Grain: one maximum permissible error of an accuracy class, at verification or in service.",
    "seeds.procedure_clock": "Grain: one clock of the procedure over the days it is in force: how long, in what unit, "
    "from which event.",
    "seeds.licence_verb": "Grain: one way a licence is lost, and what it is in law.",
    "seeds.hazard_transition": "Grain: one step from one state of a hazard to another, over its days of force, and "
    "what it needs.",
    "seeds.void_code": "Grain: one reason why a record is void.",
    "seeds.case_transition": "Grain: one step a case may take from one state to another, and what must stand before.",
    "seeds.calendar_year": "Grain: one year of the working-day calendar and the notice it rests on.",
    "seeds.calendar_day": "Grain: one day that departs from the working week: a weekday off, or a weekend day worked "
    "instead (调休). The notice is that of its year.",
    "seeds.parameter": "Grain: one parameter over the days its value holds, with its confidence. Assumptions are rows, "
    "shown as unverified.",
    "seeds.cited_article": "Grain: one article a dossier cites: its effect in words, validity and confidence.",
    "seeds.score_part": "Grain: one part of a score over the days its weight holds: direction, source, minimum sample.",
    "seeds.plate_confusion": "Grain: one sign of a plate and one that it may be a misreading of: for suggestions only.",
    "seeds.report_figure": "Grain: one figure of the report card: what it counts, its unit and the published claim.",
    "seeds.county": "Grain: one county over the days its code was valid, with its place in the tile map.",
    "seeds.alert_rule": "Grain: one rule of what needs a hand over the days it is in force: how urgent, who acts, from "
    "which table, by which parameters. Read by warehouse/alerts.py.",
    "seeds.reason": "Grain: one reason or flag code and one outcome, with words and the next step.",
}
_META_TABLES = {
    "meta.feed": "Grain: one declared feed and how often it is expected.",
    "meta.delivery": "Grain: one delivery, as the ledger had it when this version was built.",
    "meta.delivery_reason": "Grain: one delivery, one outcome, one reason: how many rows.",
    "meta.night_report": "Grain: one closed night and one feed that delivered or is expected: what came, what is "
    "missing, what became of the rows. Conservation holds where difference_rows is 0.",
    "meta.column": "Grain: one column of one table: this dictionary.",
    "meta.metric": "Grain: one metric: its formula and definition.",
}


def pages(raw_tables: Sequence[RawTable]) -> dict[Path, str]:
    """The generated page by its path."""
    lineage = Lineage(list(raw_tables))
    tables = published_columns(raw_tables) | {
        table: [[name, type.upper()] for name, type in types.items()] for table, types in META.items()
    }
    of_head = [t for t in tables if t.startswith(("core.", "mart.")) and t not in DATED]
    order = [*DATED, *of_head, *(t for t in tables if t.startswith("staging.")), *_SEEDS, *_META_TABLES]
    lines = [_INTRODUCTION]
    lines += [f"- [{table}](#{table.replace('.', '')})" for table in order]
    known = dictionary()
    for table in order:
        told = _SEEDS.get(table) or _META_TABLES.get(table) or model_header(table)
        sources = lineage.columns(table) if table in sql.model_paths() else {}
        lines += ["", f"## {table}", "", told, ""]
        lines += ["| column · 列 | 中文 | type | unit | meaning · 含义 | from · 来源 |", "|---|---|---|---|---|---|"]
        for name, type in tables[table]:
            entry = known[name]
            meaning = f"{entry.doc} {entry.zh_doc}".strip()
            lines.append(
                f"| `{name}` | {entry.zh} | {type} | {entry.unit} | {_cell(meaning)} | {_from(sources.get(name, []))} |"
            )
    return {PATH: "\n".join(lines) + "\n"}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _from(sources: list[str]) -> str:
    """Up to four columns by name; of more, their tables and how many columns of each."""
    if len(sources) <= 4:
        return ", ".join(f"`{source.removeprefix('raw.')}`" for source in sources)
    counted = Counter(source.rpartition(".")[0].removeprefix("raw.") for source in sources)
    return ", ".join(f"{table} ({count})" for table, count in sorted(counted.items()))
