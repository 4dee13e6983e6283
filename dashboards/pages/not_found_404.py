"""An address that is no page."""

from dash import dcc, html

from dashboards import queries, shell


@shell.page("not_found")
def layout(db: queries.Source, view: shell.View, query: dict[str, str]) -> html.Div:
    t = view.text
    return shell.frame(
        view,
        "not_found",
        shell.state_card(
            "alert",
            t("not_found.what"),
            [t("not_found.why")],
            dcc.Link(t("not_found.go"), href="/overload", className="button primary"),
        ),
        db=db,
        crumbs=[html.B(t("not_found.title"))],
    )


PAGE = {"path": "/not-found", "title": shell.title("not_found"), "layout": layout}
