"""The API against its own description, asked by schemathesis with each role and without a token: no fault of ours, no
answer that is not described, nothing refused that fits and nothing taken that does not."""

from collections import Counter
from typing import Any

import programs
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import NonFatalError, ScenarioFinished

from dashboards.api import answers
from dashboards.api.document import document
from dashboards.text import Text

EXAMPLES = 5
"""Of each operation and role; the coverage phase asks more, by the bounds of each parameter."""


def run(address: str, token: str | None, without: tuple[str, ...] = ()) -> tuple[Counter[Any], list[str]]:
    """How often each status was answered, and what a check found."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    config = SchemathesisConfig.from_dict({
        "headers": headers,
        "base-url": f"{address}/api/v1",
        "seed": 7,
        "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
        "phases": {"stateful": {"enabled": False}},
        "suppress-health-check": ["all"],
        # A day or place that fits the form may be one there are no data of.
        "checks": {name: {"enabled": False} for name in ("positive_data_acceptance", *without)},
    })  # fmt: skip
    schema = schemathesis.openapi.from_dict(document(Text("en")), config=config)
    statuses: Counter[Any] = Counter()
    found: list[str] = []
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError):
            found.append(str(event.value))
        if isinstance(event, ScenarioFinished):
            for interaction in event.recorder.interactions.values():
                if interaction.response is not None:
                    statuses[event.recorder.label, interaction.response.status_code] += 1
            for checks in event.recorder.checks.values():
                found += [
                    f"{event.recorder.label} {check.name}: {check.failure_info and check.failure_info.failure}"
                    for check in checks
                    if check.status.name == "FAILURE"
                ]
    return statuses, found


@pytest.mark.parametrize("role", programs.ROLES)
def test_every_answer_is_the_one_described(live: str, role: str, capsys: pytest.CaptureFixture[str]) -> None:
    statuses, found = run(live, programs.token_of(role))
    asked, by_status = Counter[str](), Counter[int]()
    for (label, status), count in statuses.items():
        asked[label] += count
        by_status[status] += count
    with capsys.disabled():
        print(f"\n{role}: {by_status.total()} requests, {dict(sorted(by_status.items()))}, {len(found)} findings")
    assert found == [], "\n".join(found)
    assert set(asked) == {"GET /openapi.json", *(f"{one.method} {one.path}" for one in answers.OPERATIONS)}
    assert min(asked.values()) >= 4
    assert by_status[200] >= 12, "it is answered, not only refused"
    assert by_status[422] > 50
    assert not [status for status in by_status if status >= 500]


def test_without_a_token_nothing_is_answered(live: str) -> None:
    statuses, found = run(live, None, ("negative_data_rejection", "unsupported_method"))
    assert found == []
    assert {status for _, status in statuses} == {401}
    assert statuses.total() > 50
