"""``heng rules what-if``: what other rules would have changed is what a plain computation over the published rows says,
and nothing that is published changes."""

import csv as csv_files
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from etl.cli import app
from warehouse.connection import snapshot
from warehouse.digest import file_digest
from warehouse.errors import WarehouseError
from warehouse.what_if import MEASURES, Answer, what_if

PERIOD = (date(2026, 2, 26), date(2026, 3, 3))


def heng(*arguments: str) -> str:
    found = CliRunner().invoke(app, ["rules", "what-if", *arguments])
    if found.exception is not None:
        raise found.exception
    return found.output


def passages() -> list[dict[str, Any]]:
    """Published passages of the period, with plain values."""
    frame = snapshot().read(
        "select record_id, passed_date, verdict, rule_id, limit_low_kg, limit_kg, limit_modifiers,"
        " gross_vehicle_weight_kg as gross from core.passage where passed_date between ? and ?",
        list(PERIOD),
    )
    return frame.astype(object).where(frame.notna(), None).to_dict("records")  # type: ignore[return-value]


def fine_yuan(excess_kg: int) -> int:
    """令2016-62 art. 43, parts of a tonne not counted."""
    return 0 if excess_kg <= 1000 else min(30_000, excess_kg // 1000 * 500)


def numbers(answer: Answer) -> dict[str, tuple[int, int]]:
    return {name: (answer.before[name], answer.after[name]) for name in MEASURES}


def test_a_case_above_ten_per_cent_agrees_with_a_plain_computation(published: Path) -> None:
    answer = what_if(["case_threshold_ratio=0.10"])
    over = {row["record_id"]: row["gross"] - row["limit_kg"] for row in passages() if row["verdict"] == "over"}
    kept = {
        row["record_id"] for row in passages() if row["record_id"] in over and row["gross"] * 10 > row["limit_kg"] * 11
    }
    assert 0 < len(kept) < len(over)
    told = numbers(answer)
    assert told["over_count"] == (len(over), len(over))
    assert told["case_count"] == (len(over), len(kept))
    for name in ("statutory_low_fen", "statutory_high_fen"):
        assert told[name] == (
            sum(fine_yuan(excess) for excess in over.values()) * 100, sum(fine_yuan(over[one]) for one in kept) * 100,
        )  # fmt: skip
    assert told["warning_count"][0] == sum(excess <= 1000 for excess in over.values())
    assert {row["record_id"] for row in answer.passages} == over.keys() - kept
    assert {(row["change"], row["leads_to_case_before"], row["leads_to_case_after"]) for row in answer.passages} == {
        ("judgement", True, False)
    }


def test_what(published):
    print(heng("--set", "case_threshold_ratio=0.1"))
    print(heng("--set", "M6C=48000", "--lang", "zh"))
    print(heng("--set", "M6C=48000", "--format", "csv"))
    assert 0
