"""How a number is made: the (i) beside it. Definitions come from ``warehouse/metrics.py`` and ``warehouse/kpi.py``."""

from collections.abc import Iterable, Sequence
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import dcc, html

from dashboards import format as fmt
from dashboards import shell, words
from dashboards.text import Text
from warehouse.kpi import KPIS
from warehouse.metrics import METRICS
from warehouse.parameters import Codes, Parameter


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
    return _box(label(metric, t), formula(metric, t), facts, link, metric, t)


def kpi_label(name: str, t: Text) -> str:
    return t.pick(KPIS[name].zh, KPIS[name].en)


def kpi_formula(name: str, t: Text) -> str:
    return t.pick(KPIS[name].formula_zh, KPIS[name].formula_en)


def confidence_pill(mark: Any, t: Text) -> html.Span:
    """How far a formula, threshold or citation was checked: in words when the pointer rests on it."""
    doubt = words.unverified(mark)
    told = t(f"confidence.{mark}") if t.has(f"confidence.{mark}") else None
    return shell.pill(
        f"{t('pill.unverified' if doubt else 'pill.verified')} {mark}", "warn" if doubt else "better", told
    )


def unverified(name: str, thresholds: pd.DataFrame) -> bool:
    """Whether a KPI rests on a formula or a threshold that nobody has verified."""
    used = thresholds[thresholds["parameter"].isin(KPIS[name].parameters)]
    marks = [KPIS[name].confidence] + ([] if used.empty else list(used["confidence"]))
    return any(words.unverified(mark) for mark in marks)


def unverified_pill(t: Text, title: str | None = None) -> html.Span:
    return shell.pill(t("pill.unverified"), "warn", title or t("terminals.unverified"))


def parameter_lines(names: Sequence[str], thresholds: pd.DataFrame, t: Text) -> list[Any]:
    """Thresholds, each with its value, the class it is for, and how well it is known."""
    lines = []
    for row in thresholds[thresholds["parameter"].isin(list(names))].itertuples():
        of_class = f" ({t(f'class.{row.monitored_class}')})" if isinstance(row.monitored_class, str) else ""
        unit = f" {row.unit}" if isinstance(row.unit, str) else ""
        told = words.filled(t.pick(row.zh, row.en), thresholds)
        value = f"{told}{of_class}{t('app.colon')}{row.parameter_value:g}{unit} "
        lines.append(html.Li([value, confidence_pill(row.confidence, t)]))
    return lines


def number_lines(told: Iterable[Parameter | Codes], t: Text) -> list[Any]:
    """Parameters of the law or of the product, each with its value, its source and how well it is known."""
    lines = []
    for one in told:
        says = f"{t.pick(one.zh, one.en)}{t('app.colon')}{one.amount}{t('terminals.sentences')}"
        cited = f"{says}{t.pick(one.citation_zh, one.citation_en)} "
        lines.append(html.Li([cited, confidence_pill(one.confidence, t)]))
    return lines


def kpi_popover(name: str, value: dict[str, str], thresholds: pd.DataFrame, t: Text, link: str | None) -> Any:
    """Formula and how well it is known, this value's sums, the thresholds used, the days behind it, the rows."""
    lines = parameter_lines(KPIS[name].parameters, thresholds, t)
    facts: list[tuple[str, Any]] = [
        ("explain.now", value["value"]),
        ("explain.known_from", confidence_pill(KPIS[name].confidence, t)),
        *([("explain.thresholds", html.Ul(lines, className="thresholds"))] if lines else []),
        ("explain.data", value["scope"]),
    ]
    formula = words.filled(kpi_formula(name, t), thresholds)
    return _box(kpi_label(name, t), formula, facts, link, name, t)


def rule_popover(name: str, says: str, facts: Sequence[tuple[str, Any]], link: str | None, term: str, t: Text) -> Any:
    """A number that a rule counts: what the rule says, this value, its readings and thresholds, the rows if a page has
    them."""
    return _box(name, says, facts, link, term, t)


def _box(name: str, formula: str, facts: Sequence[tuple[str, Any]], link: str | None, term: str, t: Text) -> Any:
    """The (i) and what it opens."""
    links = [
        dcc.Link(t("explain.rows"), href=link, className="text-link") if link else html.Span(),
        dcc.Link(t("explain.all"), href=f"/definitions?q={term}", className="text-link"),
    ]
    return dmc.Popover(
        [
            dmc.PopoverTarget(
                html.Button(
                    shell.icon("info"),
                    className="info",
                    **{"aria-label": t("explain.open", what=name), "aria-haspopup": "dialog"},
                )
            ),
            dmc.PopoverDropdown(
                html.Div(
                    [
                        html.H3(t("explain.title", what=name)),
                        html.P(formula, className="formula"),
                        html.Dl([piece for key, text in facts for piece in (html.Dt(t(key)), html.Dd(text))]),
                        html.Div(links, className="explain-links"),
                    ],
                    className="explain",
                    role="dialog",
                    **{"aria-label": t("explain.title", what=name)},
                )
            ),
        ],
        withRoles=False,  # Mantine's would stand on the box around the button
        width=372,
        position="bottom-start",
        shadow="md",
        trapFocus=True,
        returnFocus=True,
    )


def kpi_shown(name: str, value: float | None, t: Text) -> str:
    """A value with its unit; a share in per cent."""
    unit = t.pick(KPIS[name].unit_zh, KPIS[name].unit_en)
    if not unit:
        return fmt.indicator(value)
    return fmt.NONE if fmt.missing(value) else f"{value:,.2f} {unit}"
