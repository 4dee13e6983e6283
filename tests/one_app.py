"""The application, once a process: Dash hands the callbacks of the pages to the first one made."""

from functools import cache

from dash import Dash

from dashboards.app import create_app


@cache
def one_app() -> Dash:
    return create_app()
