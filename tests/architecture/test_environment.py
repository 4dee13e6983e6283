"""What runs is what the lock files say, no more and no less; and no call known to be unsafe."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from warehouse.home import REPOSITORY

SCANNED = ("etl", "warehouse", "dashboards", "dags")
OWN = "heng"


def locked(name: str) -> dict[str, str]:
    """Version by distribution, of what this machine takes from a lock file."""
    found = {}
    for line in (REPOSITORY / name).read_text("utf-8").splitlines():
        if re.match(r"[A-Za-z0-9]", line):
            one = Requirement(line.removesuffix("\\").strip())
            (pin,) = one.specifier
            assert pin.operator == "==", line
            if one.marker is None or one.marker.evaluate():
                found[canonicalize_name(one.name)] = pin.version
    return found


def installed() -> dict[str, str]:
    """Version by distribution, of this interpreter's environment."""
    folder = next(path for path in sys.path if path.endswith("site-packages"))
    return {canonicalize_name(one.metadata["Name"]): one.version for one in distributions(path=[folder])}


def differences(found: Mapping[str, str], expected: Mapping[str, str]) -> list[str]:
    every = sorted({*found, *expected})
    return [
        f"{name}: installed {found.get(name, 'not')}, locked {expected.get(name, 'not')}"
        for name in every
        if found.get(name) != expected.get(name)
    ]


def test_what_is_installed_is_what_is_locked() -> None:
    own = {name: version for name, version in installed().items() if name != OWN}
    assert len(own) > 100
    assert differences(own, locked("requirements-dev.lock")) == [], "make .venv/installed-dev"


def test_tests_run_on_what_the_product_runs_on() -> None:
    product, tests = locked("requirements.lock"), locked("requirements-dev.lock")
    assert len(product) > 100
    assert differences({name: tests.get(name, "not") for name in product}, product) == []


def test_a_difference_is_seen() -> None:
    lock = {"one": "1", "two": "2"}
    assert differences(lock, lock) == []
    assert differences({"one": "1"}, lock) == ["two: installed not, locked 2"]
    assert differences({**lock, "three": "3"}, lock) == ["three: installed 3, locked not"]
    assert differences({"one": "1", "two": "2.1"}, lock) == ["two: installed 2.1, locked 2"]


# --- unsafe calls -------------------------------------------------------------------------------------
PRODUCT = ("-c", str(REPOSITORY / "pyproject.toml"))
COMPOSED = ("-t", "B608")


def found(options: tuple[str, ...], *paths: str) -> list[tuple[str, int, str]]:
    """File, line and rule of what bandit finds."""
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", *options, "-f", "json", "-r", *paths],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert told["errors"] == [], done.stderr
    assert told["metrics"]["_totals"]["loc"] > 0
    return [(one["filename"], one["line_number"], one["test_id"]) for one in told["results"]]


def composed_when_asked(path: str) -> list[tuple[str, int, str]]:
    """Queries whose text is put together inside a function: what is put together at import knows no request."""
    inside: dict[str, set[int]] = {}
    for file in Path(REPOSITORY, path).rglob("*.py"):
        functions = [one for one in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(one, ast.FunctionDef)]
        lines = {line for one in functions for line in range(one.lineno, (one.end_lineno or 0) + 1)}
        inside[str(file)] = lines
    return [one for one in found(COMPOSED, path) if one[1] in inside[str(Path(REPOSITORY, one[0]))]]


def test_no_query_of_the_pages_is_composed_of_what_is_asked() -> None:
    """Each that is composed in a function says why nothing of a request is in it."""
    assert composed_when_asked("dashboards") == []


def test_a_composed_query_is_seen(tmp_path: Path) -> None:
    fixed = 'PART = "a"\nFIXED = f"select {PART} from t"\n'
    asked = 'def ask(db, x):\n    return db.rows(f"select a from t where b = {x}")\n'
    (tmp_path / "planted.py").write_text(fixed + asked, "utf-8")
    assert [line for _, line, _ in composed_when_asked(str(tmp_path))] == [4]


def test_no_call_is_known_to_be_unsafe() -> None:
    assert found(PRODUCT, *SCANNED) == []


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("import subprocess; subprocess.run('ls ' + name, shell=True)", "B602"), ("eval(name)", "B307"),
        ("import pickle; pickle.loads(data)", "B301"), ("import hashlib; hashlib.md5(data)", "B324"),
        ("import yaml; yaml.load(data)", "B506"), ("import subprocess; subprocess.run([name])", "B603"),
        ("import ssl; ssl._create_unverified_context()", "B323"), ("password = 'hunter2'", "B105"),
    ],
)  # fmt: skip
def test_an_unsafe_call_is_seen(tmp_path: Path, line: str, rule: str) -> None:
    (tmp_path / "planted.py").write_text(f"name = data = input()\n{line}\n", "utf-8")
    assert rule in [told for _, _, told in found(PRODUCT, str(tmp_path))]


def test_every_exception_says_which_rule_and_why() -> None:
    lines = [
        (path.relative_to(REPOSITORY), number, line)
        for part in SCANNED
        for path in sorted((REPOSITORY / part).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"#\s*nosec", line)
    ]
    assert lines
    assert [one for one in lines if not re.search(r"# nosec B\d{3}  # \w", one[2])] == []
    text = (REPOSITORY / "pyproject.toml").read_text("utf-8")
    for rule in tomllib.loads(text)["tool"]["bandit"]["skips"]:
        assert re.search(rf'"{rule}", +# \w', text), rule
