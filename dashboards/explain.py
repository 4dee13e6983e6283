"""How a number is made: the (i) beside it. Definitions come from ``warehouse/metrics.py`` alone."""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboards import shell
from dashboards.text import Text
from warehouse.metrics import METRICS


def label(metric: str, t: Text) -> str:
    spec = METRICS[metric]
    return t.pick(spec.label_zh, spec.label_en)


def formula(metric: str, t: Text) -> str:
    """Numerator ÷ denominator in words, or what is counted."""
    spec = METRICS[metric]
    top = part(spec.numerator, t)
    return f"{top} ÷ {part(spec.denominator, t)}" if spec.denominator else top


def part(name: str, t: Text) -> str:
    """The words for one side of a formula: what the column counts."""
    return t(f"part.{name}")


def definition(metric: str, t: Text) -> str:
    spec = METRICS[metric]
    return t.pick(spec.definition_zh, spec.definition_en)


def excludes(metric: str, t: Text) -> str:
    spec = METRICS[metric]
    return t.pick(spec.excludes_zh, spec.excludes_en)


def popover(metric: str, value: dict[str, str], t: Text, link: str) -> Any:
    """Formula, this value's numbers, what counts, what is left out, scope, version, link to the rows."""
    spec = METRICS[metric]
    facts = [
        ("explain.now", value["value"]),
        ("explain.counts", definition(metric, t)),
        ("explain.leaves_out", f"{excludes(metric, t)} {value['left_out']}".strip()),
        ("explain.data", value["scope"]),
        ("explain.version", f"v{spec.version}"),
    ]
    name = label(metric, t)
    return dmc.Popover(
        [
            dmc.PopoverTarget(
                html.Button(shell.icon("info"), className="info", **{"aria-label": t("explain.open", what=name)})
            ),
            dmc.PopoverDropdown(
                html.Div(
                    [
                        html.H3(t("explain.title", what=name)),
                        html.P(formula(metric, t), className="formula"),
                        html.Dl([piece for key, text in facts for piece in (html.Dt(t(key)), html.Dd(text))]),
                        html.Div(
                            [
                                dcc.Link(t("explain.rows"), href=link, className="text-link"),
                                dcc.Link(t("explain.all"), href=f"/definitions?q={metric}", className="text-link"),
                            ],
                            className="explain-links",
                        ),
                    ],
                    className="explain",
                )
            ),
        ],
        width=372,
        position="bottom-start",
        shadow="md",
        trapFocus=True,
        returnFocus=True,
    )
