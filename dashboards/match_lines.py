"""What belongs to a case, as drawers tell it: each thing with how surely and by what (``warehouse.matching``)."""

from typing import Any

from dash import html

from dashboards import format as fmt
from dashboards.text import Text
from warehouse import match_terms
from warehouse.matching import Match, Tie


def match_ties(match: Match, t: Text) -> html.Div:
    """The ties of a case, and what they do not say."""
    lines = [html.Li(_line(tie, t)) for tie in match.ties]
    notes = [t("match.loading.how")] + ([t("match.register_only")] if match.is_register_only else [])
    return html.Div([html.Ul(lines, className="lines"), *(html.P(note, className="quiet-line") for note in notes)])


def _line(tie: Tie, t: Text) -> list[Any]:
    name = match_terms.kind_name(tie.kind, t.lang)
    told: list[Any] = [html.B(name), t("app.colon"), match_terms.basis(tie.kind, tie.grade, tie.reason, t.lang)]
    found = [text for text in (tie.name, tie.number) if text and tie.kind != "match"]
    if tie.kind == "loading" and tie.at is not None:
        ticket = t("match.ticket", at=fmt.moment(tie.at, t.lang), mass=fmt.kilograms(tie.mass_kg))
        found.append(ticket)
    if found:
        told.append(html.Span(" · ".join(found), className="under"))
    return told
