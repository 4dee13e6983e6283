"""``heng counties``: whether a file of outlines can be the map of this instance's counties."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from etl.errors import HengError
from etl.nightly import yesterday
from warehouse import geometry

app = typer.Typer(no_args_is_help=True, help="The outlines that the map of counties is drawn with.")


@app.callback()
def _group() -> None:
    """One command, with its name."""


@app.command("check")
def check(
    file: Annotated[Path | None, typer.Argument(help="GeoJSON; none: the one that is configured.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Everything that is wrong with a file, or how many of its points are drawn."""
    path = file or geometry.configured()
    if path is None:
        raise HengError(
            "No map is configured, so tiles are shown. Name a file, set HENG_GEOMETRY, or lay counties.geojson into "
            "the home."
        )
    try:
        found = geometry.read(path, yesterday() + timedelta(days=1))
    except geometry.BadGeometry as error:
        if not as_json:
            raise
        sys.stdout.write(json.dumps({"file": path.name, "faults": error.faults}, ensure_ascii=False, indent=2) + "\n")
        raise typer.Exit(1) from error
    told = {
        "file": path.name, "faults": [], "counties": len(found.outlines), "read_points": found.read_points,
        "drawn_points": found.drawn_points, "map_approval_no": found.map_approval_no,
    }  # fmt: skip
    if as_json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return
    typer.echo(
        f"{path.name}: {len(found.outlines)} counties, {found.drawn_points:,} of {found.read_points:,} points drawn"
    )
    typer.echo(f"Map approval no. (审图号): {found.map_approval_no or 'none; give it as map_approval_no'}")
    typer.echo("Not checked: the datum. Degrees of GCJ-02 look like those of WGS-84 and lie some 500 m beside them.")
