"""``heng counties check``: what is drawn, every fault, and none configured."""

import json
from pathlib import Path
from types import SimpleNamespace

import made_outlines
import pytest
from typer.testing import CliRunner

from etl.cli import app
from etl.errors import HengError
from warehouse import connection
from warehouse.geometry import BadGeometry


def test_a_good_file_says_what_is_drawn_and_what_was_not_checked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HENG_GEOMETRY", raising=False)
    made_outlines.write(home / "counties.geojson", made_outlines.collection(steps=400))
    told = CliRunner().invoke(app, ["counties", "check"])
    assert told.exit_code == 0
    assert "11 counties" in told.output
    assert "of 17,611 points drawn" in told.output
    assert "示例S(2026)000号" in told.output
    assert "GCJ-02" in told.output
    asked = json.loads(CliRunner().invoke(app, ["counties", "check", "--json"]).output)
    assert (asked["faults"], asked["counties"], asked["read_points"]) == ([], 11, 17_611)
    assert asked["drawn_points"] <= 3_000


def test_every_fault_is_told_and_the_command_fails(home: Path) -> None:
    told = made_outlines.collection()
    told["features"][0]["properties"]["county_code"] = "431999"
    path = made_outlines.write(home / "bad.geojson", told)
    plain = CliRunner().invoke(app, ["counties", "check", str(path)])
    assert plain.exit_code == 1
    assert isinstance(plain.exception, BadGeometry)
    found = CliRunner().invoke(app, ["counties", "check", str(path), "--json"])
    assert found.exit_code == 1
    assert json.loads(found.output)["faults"] == [
        "431999 is no county of warehouse/seeds/county.csv",
        "431122 (东安县) is missing",
    ]


def test_sites_that_lie_outside_their_county_are_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made_outlines.write(home / "c.geojson")
    assert json.loads(CliRunner().invoke(app, ["counties", "check", str(path), "--json"]).output)["sites"] is None
    sites = [
        {"site_code": "YZ01", "county_code": "431122", "longitude": 110.25, "latitude": 26.75},
        {"site_code": "YZ02", "county_code": "431122", "longitude": 110.75, "latitude": 26.75},
        {"site_code": "YZ03", "county_code": "431103", "longitude": 110.75, "latitude": 26.75},
        {"site_code": "YZ04", "county_code": "431103", "longitude": None, "latitude": None},
        {"site_code": "YZ05", "county_code": None, "longitude": 110.75, "latitude": 26.75},
    ]
    monkeypatch.setattr(connection, "snapshot", lambda: SimpleNamespace(rows=lambda _: sites))
    told = CliRunner().invoke(app, ["counties", "check", str(path)]).output
    assert "Sites outside their county as drawn: 1 of 3: YZ02" in told


def test_without_a_map_it_says_where_one_goes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HENG_GEOMETRY", raising=False)
    none = CliRunner().invoke(app, ["counties", "check"])
    assert none.exit_code == 1
    assert isinstance(none.exception, HengError)
    assert "counties.geojson" in str(none.exception)
