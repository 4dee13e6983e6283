"""What proves this record? One passage on a page of its own, for paper and a case file: what was measured, the limit
and its article, what speaks against it, and the line of the file it came in."""

from typing import Any

import pandas as pd
from dash import dcc, html

from dashboards import controls, queries, shell
from dashboards import format as fmt
from dashboards.pages.overload_rows import proof
from dashboards.selection import RECORD, Known
from dashboards.text import Text

HERE = "/record"


def lead(record: pd.Series, known: Known, t: Text) -> html.P:
    """The passage in a sentence, and that a person decides."""
    said: list[Any] = t.parts(
        "record.lead",
        plate=html.B(record["plate_masked"] if isinstance(record["plate_masked"], str) else t("rows.unread")),
        at=html.Span(fmt.moment(record["passed_at"], t.lang), className="unbroken"),
        site=f"{record['site_code']} · {controls.place_name(known, record['county_code'], t)}",
        gross=html.B(fmt.kilograms(record["gross_vehicle_weight_kg"])),
    )
    if not fmt.missing(record["excess_kg"]) and int(record["excess_kg"]) > 0:
        said += t.parts(
            "record.lead.over",
            limit=fmt.kilograms(record["limit_kg"]),
            excess=html.B(fmt.kilograms(record["excess_kg"]), className="worse"),
            ratio=fmt.share(record["excess_ratio"]),
        )
    return html.P([*said, t("record.lead.decides")], className="lead")


@shell.page("record")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    known = queries.known(db)
    if known is None:
        return shell.no_days(view, "record", db)
    asked = query.get("id", "")
    found = queries.record(db, asked) if RECORD.fullmatch(asked) else None
    if found is None:
        back = dcc.Link(t("record.rows"), href="/overload/rows", className="button")
        title, why = ("record.unknown", "record.unknown.why") if asked else ("record.none", "record.none.why")
        return shell.frame(view, "record", shell.state_card("search", t(title), [t(why)], back), db=db)
    told = t("record.made_of", version=db.version, record=str(found["record_id"]))
    rows = dcc.Link(t("nav.rows"), href=f"/overload/rows?record={found['record_id']}&metric=passages")
    return shell.frame(
        view,
        "record",
        [
            lead(found, known, t),
            html.Section(proof(db, found, known, t), className="card record-sheet"),
            html.P(told, className="subtitle"),
        ],
        db=db,
        crumbs=[rows, html.B(t("nav.record"))],
    )


PAGE = {"path": HERE, "title": shell.title("record"), "layout": layout}
