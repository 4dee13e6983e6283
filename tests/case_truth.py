"""Cases of a prefecture as plain facts (``case_reference``), from what the generator knows to be true."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
from case_reference import Case, Decision, Payment

from etl.demo import cases as demo
from etl.demo.screening import over_limit, to_days
from etl.demo.world import World


def facts(prefecture: World) -> Iterator[Case]:
    found, over = demo.cases(prefecture), over_limit(prefecture)
    told = demo.truth(prefecture)
    payments, letters = defaultdict(list), {}
    for row in told["payment"].to_pylist():
        payments[row["decision_no"]].append(
            Payment(row["decision_no"], row["paid_on"], row["paid_fen"], row["surcharge_fen"])
        )
    for row in told["handover"].to_pylist():
        if row["sent_on"]:
            letters[row["case_no"]] = row["sent_on"]
    last = prefecture.last_day

    def known(day: Any) -> date | None:
        return None if np.isnat(day) or day > np.datetime64(last) else day.astype("M8[D]").item()

    for at, number in enumerate(found.number.tolist()):
        steps = [
            (instant.item(), state) for instant, state in zip(found.steps[at], demo.STATES, strict=True)
            if not np.isnat(instant) and known(to_days(instant)) is not None
        ]  # fmt: skip
        decisions: tuple[Decision, ...] = ()
        if decided := known(found.decided[at]):
            decisions = (
                Decision(
                    number.replace("执", "罚"), int(found.fen[at]), decided, known(found.day("served")[at]), True,
                    int(found.statutory_fen[at]),
                ),
            )  # fmt: skip
        yield Case(
            number, over["plate_no"][found.row[at]], bool(found.simple[at]), found.mode[at] == "off_site",
            to_days(over["passed_at"][found.row[at]]).item(), found.found[at].item(), known(found.day("filed")[at]),
            known(found.day("closed")[at]), steps[-1][1],
            tuple((instant, no, state) for no, (instant, state) in enumerate(steps, 1)), decisions,
            tuple(payments[decisions[0].number]) if decisions else (), letters.get(number),
        )  # fmt: skip
