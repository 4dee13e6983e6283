"""``heng counties``: whether a file of outlines can be the map of this instance's counties."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from etl.errors import HengError
from etl.nightly import now
from warehouse import connection, geometry
from warehouse.connection import NoSnapshot

app = typer.Typer(no_args_is_help=True, help="The outlines that the map of counties is drawn with.")


_SITES = """
select site_code, county_code, longitude, latitude from staging.wim_site
qualify row_number() over (partition by site_code order by valid_from desc) = 1
order by site_code
"""


def sites_outside(drawn: geometry.Geometry) -> tuple[list[str], int] | None:
    """Registered sites that lie outside their county as it is drawn, and of how many; None: nothing is published.

    Many mean another datum, or outlines of somewhere else.
    """
    try:
        sites = connection.snapshot().rows(_SITES)
    except NoSnapshot:
        return None
    placed = [
        site
        for site in sites
        if site["county_code"] in drawn.outlines and None not in (site["longitude"], site["latitude"])
    ]
    outside = [
        site["site_code"] for site in placed
        if not drawn.holds(site["county_code"], (float(site["longitude"]), float(site["latitude"])))
    ]  # fmt: skip
    return outside, len(placed)


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
        found = geometry.read(path, now().date())
    except geometry.BadGeometry as error:
        if not as_json:
            raise
        sys.stdout.write(json.dumps({"file": path.name, "faults": error.faults}, ensure_ascii=False, indent=2) + "\n")
        raise typer.Exit(1) from error
    beside = sites_outside(found)
    told = {
        "file": path.name, "faults": [], "counties": len(found.outlines), "read_points": found.read_points,
        "drawn_points": found.drawn_points, "map_approval_no": found.map_approval_no,
        "sites": None if beside is None else beside[1], "sites_outside": None if beside is None else beside[0],
    }  # fmt: skip
    if as_json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return
    typer.echo(
        f"{path.name}: {len(found.outlines)} counties, {found.drawn_points:,} of {found.read_points:,} points drawn"
    )
    typer.echo(f"Map approval no. (审图号): {found.map_approval_no or 'none; give it as map_approval_no'}")
    if beside is None:
        typer.echo("Sites against outlines: nothing is published yet")
    else:
        named = f": {', '.join(beside[0][:10])}{' …' if len(beside[0]) > 10 else ''}" if beside[0] else ""
        typer.echo(f"Sites outside their county as drawn: {len(beside[0])} of {beside[1]}{named}")
    typer.echo("Not checked: the datum. Degrees of GCJ-02 look like those of WGS-84 and lie some 500 m beside them.")
