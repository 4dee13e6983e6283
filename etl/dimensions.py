"""``heng findings --kind dimension``: passages longer, wider or higher than the general limit, and what permits say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from etl import known_on
from etl.findings import MASKED, SHOWN_ROWS, cell, plain, write_csv, write_json
from etl.output import say
from warehouse.dimensions import FINDINGS, STANDINGS, WORDS, Asked, all_rows, counts, finding_count, rows, rules
from warehouse.parameters import UNVERIFIED

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.dossier import Source

_WORDS = {
    "zh": {
        "title": "外廓尺寸超限 {first} 至 {last}，截至 {as_of}，{source}", "dimension": "尺寸", "standing": "认定",
        "row_count": "项次", "county_code": "县区", "site_code": "站点", "passed_month": "月份",
        "findings": "发现 {found} 项次；另有通行证许可 {permitted} 项次，不作为发现。",
        "order": "一次过车可有几项尺寸超限，按项计。检定证书只证明质量，尺寸本身不作证据。",
        "more": "仅显示前 {shown} 行；全部用 --format csv。", "unverified": "未核实", "always": "…",
        "until": "{until} 之后的过车截至当日尚不可知，未列入。", "nothing": "没有超过尺寸限值的过车。",
    },
    "en": {
        "title": "Beyond a dimension {first} to {last}, as of {as_of}, {source}", "dimension": "dimension",
        "standing": "standing", "row_count": "counted", "county_code": "county", "site_code": "site",
        "passed_month": "month",
        "findings": "{found} findings; {permitted} more are allowed by a permit and are none.",
        "order": "A passage may be beyond several limits; dimensions are counted. Certificates verify mass: a size "
        "is no evidence by itself.",
        "more": "The first {shown} rows; --format csv writes all.", "unverified": "unverified", "always": "…",
        "until": "Passages after {until} were not known by the day and are not in it.",
        "nothing": "No passage beyond a dimension.",
    },
}  # fmt: skip
_SHOWN = (
    "record_id", "passed_at", "plate_no", "site_code", "county_code", "axle_count", "dimension", "measured_mm",
    "limit_mm", "limit_high_mm", "excess_mm", "standing", "rule_id", "permit_no", "permitted_mm", "case_no",
)  # fmt: skip
"""Columns of rows on a terminal; files have the rule's citation too."""
_CODED = ("dimension", "standing")


def tell(source: Source, asked: Asked, by: str, as_rows: bool, form: str, lang: str) -> None:
    """Counts or rows in the form asked for."""
    if form == "table":
        told = rows(source, asked, SHOWN_ROWS + 1, MASKED) if as_rows else counts(source, asked, by)
        _print(source, told, asked, as_rows, lang)
        return
    parts = all_rows(source, asked, MASKED) if as_rows else iter([counts(source, asked, by)])
    if form == "csv":
        write_csv(parts, source)
        return
    head = {
        "kind": "dimension", "first": asked.first, "last": asked.until, "as_of": asked.as_of, "county": asked.county,
        "site": asked.site, "fate": asked.standing, "by": None if as_rows else by, **known_on.told(source),
        "fates": list(STANDINGS), "findings": list(FINDINGS), "rules": rules(source, asked),
    }  # fmt: skip
    write_json(head, "rows" if as_rows else "counts", parts)


def _print(source: Source, told: pd.DataFrame, asked: Asked, as_rows: bool, lang: str) -> None:
    words = _WORDS[lang]
    of = known_on.words(**known_on.told(source), lang=lang)
    title = words["title"].format(first=asked.first, last=asked.until, as_of=asked.as_of, source=of)
    table = Table()
    columns = _SHOWN if as_rows else tuple(str(name) for name in told.columns)
    for name in columns:
        right = name.endswith(("_mm", "_count"))
        table.add_column(words.get(name, name), justify="right" if right else "left", overflow="fold")
    for row in plain(told.head(SHOWN_ROWS) if as_rows else told):
        worded = row | {name: WORDS[row[name]][lang == "en"] for name in _CODED}
        table.add_row(*[Text(cell(worded[name])) for name in columns])
    say(title, table if len(told) else words["nothing"], *_lines(source, told, asked, as_rows, lang))


def _lines(source: Source, told: pd.DataFrame, asked: Asked, as_rows: bool, lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    if asked.until < asked.last:
        yield words["until"].format(until=asked.until)
    if as_rows and len(told) > SHOWN_ROWS:
        yield words["more"].format(shown=SHOWN_ROWS)
    if not as_rows:
        found = finding_count(told)
        permitted = int(told["row_count"].sum()) - found
        yield words["findings"].format(found=f"{found:,}", permitted=f"{permitted:,}")
    yield words["order"]
    for row in rules(source, asked):
        doubt = f" · {words['unverified']}" if row["confidence"] in UNVERIFIED else ""
        yield (
            f"{row['rule_id']} {row['valid_from']} – {row['valid_to'] or words['always']} {row['limit_mm']:,} mm: "
            f"{row[lang]}; {row[f'citation_{lang}']} [{row['confidence']}]{doubt}"
        )
