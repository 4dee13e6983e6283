"""The shape of the code: which package may import which, and facts that must stay in one place."""

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from etl import docs
from etl.feeds import FEEDS
from warehouse.failpoint import STEPS
from warehouse.home import REPOSITORY

OURS = {"dags", "etl", "warehouse", "dashboards"}
MAY_IMPORT = {
    "warehouse": {"warehouse"},
    "etl": {"etl", "warehouse"},
    "dashboards": {"dashboards", "warehouse"},
    "dags": {"etl", "warehouse"},
}
ONLY_IN = {
    "airflow": {"dags", "etl/airflow_login.py"},
    "fastapi": {"etl/airflow_login.py"},
    "dash": {"dashboards"},
    "plotly": {"dashboards"},
    "dash_ag_grid": {"dashboards"},
    "dash_mantine_components": {"dashboards"},
    "flask": {"dashboards"},
    "flask_security": {"dashboards"},
    "duckdb": {"etl", "warehouse"},
}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *patterns],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [REPOSITORY / line for line in listed.stdout.splitlines() if (REPOSITORY / line).is_file()]


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


MODULES = [path for package in sorted(OURS) for path in tracked(f"{package}/*.py", f"{package}/**/*.py")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_imports_point_one_way(path: Path) -> None:
    package = path.relative_to(REPOSITORY).parts[0]
    found = imports(path)
    assert found & OURS <= MAY_IMPORT[package]
    for library, allowed in ONLY_IN.items():
        if not {package, str(path.relative_to(REPOSITORY))} & allowed:
            assert library not in found, f"{library} belongs in {allowed}"


def test_there_are_modules_to_check() -> None:
    assert {path.relative_to(REPOSITORY).parts[0] for path in MODULES} == OURS


def test_no_module_is_called_utils() -> None:
    assert not [path for path in MODULES if path.stem in ("utils", "helpers", "common", "misc")]


def test_every_failpoint_is_called_and_declared() -> None:
    called: set[str] = set()
    for path in MODULES:
        called |= set(re.findall(r'failpoint\("([a-z_.]+)"\)', path.read_text(encoding="utf-8")))
    assert called == set(STEPS)


def test_lock_files_hold_no_address() -> None:
    locks = [REPOSITORY / "requirements.lock", REPOSITORY / "requirements-dev.lock"]
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert text.count("--hash=sha256:") > 100


def test_nothing_tracked_names_this_machine() -> None:
    for path in tracked():
        if path.suffix in {".png", ".woff2", ".gz", ".ico"}:
            continue
        text = path.read_bytes().decode("utf-8", "ignore")
        assert not re.search(r"(?<![\w.])/(work|root|farm)/", text) or "docker" in path.parts, path


def test_feed_pages_are_not_stale() -> None:
    for path, text in docs.pages().items():
        assert path.is_file(), f"{path.name} is missing: run make docs"
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale: run make docs"


def test_every_heading_stands_in_its_declaration_only() -> None:
    """The source's headings appear in etl/feeds and nowhere else in the product."""
    headings = {h for feed in FEEDS.values() for h in feed.headings if re.search(r"[（(]|^轴重", h)}
    assert headings
    for path in MODULES:
        if path.parent.name != "feeds":
            text = path.read_text(encoding="utf-8")
            assert not [heading for heading in headings if f'"{heading}"' in text], path


def test_no_score_rank_or_metric_reads_fines_or_cases() -> None:
    """行政处罚法 art. 74: fines and cases may be no target, so what measures and ranks units does not know them."""
    known = re.compile(
        r"(core\.case_|core\.violation|mart\.case_|staging\.(enforcement_case|illegal_operation_case|case_|penalty_)"
        r"|\w_fen\b)"
    )
    for name in ("metrics", "kpi", "league", "supervision", "supervision_terms"):
        text = (REPOSITORY / "warehouse" / f"{name}.py").read_text(encoding="utf-8")
        assert known.findall(text) == [], name
    assert known.search((REPOSITORY / "warehouse" / "cases.py").read_text(encoding="utf-8"))


def test_the_glossary_says_each_term_once() -> None:
    lines = (REPOSITORY / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")][1:]
    assert len(rows) > 100
    for column in (0, 1):
        named = Counter(row[column] for row in rows)
        assert [term for term, count in named.items() if count > 1] == []
