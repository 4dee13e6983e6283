"""``heng dossier`` and ``heng verify``: the file, its name and its rights, what is refused with the next step."""

import builtins
import json
import re
import stat
import zlib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from violation_rows import FIRM, FOUR, LAST_DAY, THREE, TWINS, Violations

from etl import dossier as command
from etl.cli import app
from etl.errors import HengError
from warehouse import connection
from warehouse.errors import WarehouseError

run = CliRunner().invoke


@pytest.fixture(scope="module")
def source() -> Violations:
    return Violations()


@pytest.fixture(autouse=True)
def served(source: Violations, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(connection, "snapshot", lambda: source)
    monkeypatch.chdir(tmp_path)


def dossier(*arguments: str) -> str:
    ran = run(app, ["dossier", *arguments])
    assert ran.exit_code == 0, ran.exception
    return ran.stdout


def test_a_dossier_is_one_file_for_its_owner_whose_name_holds_no_plate(tmp_path: Path) -> None:
    told = dossier(FOUR)
    (file,) = tmp_path.iterdir()
    assert re.fullmatch(r"dossier_[0-9a-f]{12}\.html", file.name)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "计 4 次" in told
    assert told.splitlines()[-1].startswith(f"{file.name}  SHA-256 {file.stem.removeprefix('dossier_')}")
    checked = run(app, ["verify", file.name])
    assert (checked.exit_code, checked.stdout.split(":")[0]) == (0, "intact")


def test_language_day_span_and_name_are_those_asked_for(tmp_path: Path) -> None:
    told = dossier(FOUR, "--lang", "en", "--as-of", "2026-06-30", "--window", "anniversary", "--out", "x.html")
    assert told.startswith("As of 30 Jun 2026, 4 count in the certificate year (1 Jul 2025 to 30 Jun 2026")
    assert [path.name for path in tmp_path.iterdir()] == ["x.html"]
    assert "湘M·***01" in dossier(FIRM, "--out", "firm.html") + (tmp_path / "firm.html").read_text(encoding="utf-8")


def test_json_holds_the_facts_and_writes_nothing(tmp_path: Path) -> None:
    told = json.loads(dossier(THREE, "--json"))
    assert told["as_of"] == LAST_DAY.isoformat()
    assert [one["count"] for one in told["standings"] if one["asked"] == "ROLLING_12M"] == [3, 3]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([TWINS], "Say one: --color 2"),
        ([FOUR, "--as-of", "20.9.2026"], "Write YYYY-MM-DD"),
        ([FOUR, "--lang", "de"], "Choose one of zh, en"),
        ([FOUR, "--window", "decade"], "ROLLING_12M"),
        (["湘MIOO01"], "Did you mean 湘M10001"),
        ([FOUR, "--out", "no/such/x.html"], "There is no folder"),
        ([FOUR, "--out", "."], "is a folder"),
    ],
)
def test_what_cannot_be_done_names_the_next_step(arguments: list[str], says: str) -> None:
    ran = run(app, ["dossier", *arguments])
    assert isinstance(ran.exception, (HengError, WarehouseError))
    assert says in str(ran.exception)


def test_verify_names_what_was_changed_and_a_digest_that_is_another(tmp_path: Path) -> None:
    dossier(FOUR, "--out", "x.html")
    file = tmp_path / "x.html"
    good = file.read_bytes()
    said = re.findall(r'heng-digest" content="([0-9a-f]{64})"', good.decode())[0]
    assert run(app, ["verify", "x.html", "--digest", said.upper()]).exit_code == 0
    other = run(app, ["verify", "x.html", "--digest", "ab" * 32])
    assert (other.exit_code, "another dossier" in other.stdout) == (1, True)
    file.write_bytes(good.replace(b"60,956", b"50,956"))
    ran = run(app, ["verify", "x.html", "--json"])
    assert ran.exit_code == 1
    assert json.loads(ran.stdout)["changed"] == ["act-2"]
    file.write_text("<html></html>", encoding="utf-8")
    assert "no dossier" in str(run(app, ["verify", "x.html"]).exception)
    assert "no file" in str(run(app, ["verify", "y.html"]).exception)


# --- on paper ----------------------------------------------------------------------------------------------
def streams(data: bytes) -> list[bytes]:
    """What the streams of a PDF hold, opened."""
    found = []
    for body in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            found.append(zlib.decompress(body))
        except zlib.error:
            found.append(body)
    return found


def test_the_pdf_carries_the_file_and_its_digest_and_is_the_same_each_time(tmp_path: Path) -> None:
    told = dossier(FOUR, "--out", "x.html", "--pdf")
    html, pdf = (tmp_path / "x.html").read_bytes(), (tmp_path / "x.pdf").read_bytes()
    said = re.findall(r"SHA-256 ([0-9a-f]{64})", told)[0]
    assert pdf.startswith(b"%PDF-1.7")
    assert html in streams(pdf)
    assert said.encode() in b"".join(streams(pdf)).replace(html, b"")
    assert command.pdf(html) == pdf
    refused = run(app, ["verify", "x.pdf"])
    assert "is a PDF" in str(refused.exception)


@pytest.mark.parametrize(
    ("failure", "says"),
    [(OSError("cannot load library 'libpango-1.0-0'"), "apt-get install libpango"), (ModuleNotFoundError(), "browser")],
)
def test_without_what_draws_the_pdf_the_next_step_is_named_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, says: str
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **how: Any) -> Any:
        if name == "weasyprint":
            raise failure
        return real(name, *rest, **how)

    monkeypatch.setattr(builtins, "__import__", without)
    ran = run(app, ["dossier", FOUR, "--pdf"])
    assert isinstance(ran.exception, WarehouseError)
    assert says in str(ran.exception)
    assert list(tmp_path.iterdir()) == []
