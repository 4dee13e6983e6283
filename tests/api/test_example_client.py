"""docs/api.md: each of its commands runs, and the example client tells what the API does."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import programs
import pytest
from typer.testing import CliRunner

from dashboards.api import answers
from dashboards.api.operations import PREFIX
from etl.cli import app as commands
from warehouse import clients, dossier
from warehouse.control import Control
from warehouse.home import REPOSITORY

EXAMPLE = REPOSITORY / "docs" / "api_client.py"
TOLD = (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", TOLD, re.S) for line in block.splitlines()]


def run(live: str, token: str, line: str) -> subprocess.CompletedProcess[str]:
    """A line of the page, against an instance of ours."""
    return subprocess.run(
        ["sh", "-c", line.replace("http://127.0.0.1:8050", live).replace("python3", sys.executable)],
        capture_output=True, text=True, timeout=120, cwd=REPOSITORY,
        env={**os.environ, "HENG_TOKEN": token, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


def test_each_command_of_the_page_runs(live: str, home: Path) -> None:
    made = [line.partition("#")[0].split() for line in SHELL if line.startswith("heng client")]
    assert [words[2] for words in made] == ["add", "list", "renew", "revoke"]
    for words in made:
        result = CliRunner().invoke(commands, words[1:])
        assert result.exit_code == 0, result.output
    asked = [line for line in SHELL if "api_client.py" in line]
    assert len(asked) == 4
    token = programs.token_of("inspector")
    for line in asked:
        done = run(live, token, line)
        assert done.returncode == 0, (line, done.stderr)
        assert json.loads(
            done.stdout.splitlines()[0] if "api_client.py" in line and "freshness" not in line else done.stdout
        )


def test_the_example_tells_every_row_whatever_the_pages(live: str, ask: Callable[..., Any]) -> None:
    client = ask("inspector")
    done = run(
        live,
        client.token,
        "python3 docs/api_client.py http://127.0.0.1:8050 findings limit=40 from=2026-11-10 to=2026-11-22",
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    first = client.get("/api/v1/findings?from=2026-11-10&to=2026-11-22&limit=200").json
    assert len(rows) == first["total"] > 80
    assert rows[:200] == first["items"]


def test_the_example_looks_a_vehicle_up_as_heng_dossier_does(live: str) -> None:
    (line,) = [line for line in SHELL if "look-up" in line]
    plate_no = line.split()[1]
    done = run(live, programs.token_of("inspector"), line)
    told = json.loads(CliRunner().invoke(commands, ["dossier", plate_no, "--json"]).stdout)
    assert json.loads(done.stdout)["count"] == dossier.main_standing(told)["count"]
    assert plate_no not in done.stdout + done.stderr


def test_the_example_waits_when_it_is_told_to_and_says_why_it_is_refused(live: str, home: Path) -> None:
    with Control(home) as store:
        _, token = clients.add(store, "slow", "leader", per_minute=60)
        client = clients.known_client(store, "slow")
        while not clients.take_turn(store, client):
            pass
    done = run(live, token, "python3 docs/api_client.py http://127.0.0.1:8050 metrics")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"]
    refused = run(live, token, "python3 docs/api_client.py http://127.0.0.1:8050 findings")
    assert refused.returncode == 1
    assert refused.stderr.startswith("The token may not ask this.")
    nobody = run(live, "heng_x", "python3 docs/api_client.py http://127.0.0.1:8050 sites county=431124")
    assert nobody.stderr.startswith("There is no usable token.")


def test_the_page_names_every_address_and_the_example_is_short() -> None:
    rows = re.findall(r"^\| `(?:GET|POST) (\S+?)`(?:, `(\S+?)`)?", TOLD, re.M)
    named = {address for row in rows for address in row if address}
    assert named == {"/openapi.json", *(one.path for one in answers.OPERATIONS)}
    assert PREFIX in TOLD
    text = EXAMPLE.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    imported = set(re.findall(r"^(?:import|from) (\w+)", text, re.M))
    assert imported <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("word", ["HENG_TOKEN"])
def test_the_example_has_no_token_in_it(word: str) -> None:
    assert word in EXAMPLE.read_text(encoding="utf-8")
    assert not re.search(r"heng_[A-Za-z0-9_-]{43}", EXAMPLE.read_text(encoding="utf-8") + TOLD)
