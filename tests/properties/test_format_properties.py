"""Whatever bytes are delivered in whatever format: every record accepted or quarantined, or the delivery stops."""

import tempfile
from pathlib import Path
from typing import Any

import format_rows as trial
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from etl.errors import DeliveryStopped

MANY = settings(max_examples=12, deadline=None, derandomize=True, database=None)
FORMS = sorted(trial.FEEDS)
STARTS = (
    b"", b"PK\x03\x04", b"PAR1", b"\x1f\x8b\x08\x00", b"\xd0\xcf\x11\xe0", b"\xef\xbb\xbf", b"\xff\xfe", b"{", b"[",
    b'{"', "编号,".encode(),
)  # fmt: skip
GOOD = {form: trial.write(form, [trial.row(number) for number in range(5)]) for form in FORMS}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def _conserved(form: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            parsed = trial.read_back(form, data, Path(folder))
        except DeliveryStopped as stop:
            event(stop.reason)
            return
        landed, refused = (
            parsed.connection.execute(f"select count(*) from {table}").fetchall()[0][0]
            for table in ("landed", "refused")
        )
        parsed.close()
        event("read")
        assert (parsed.accepted, sum(parsed.quarantined.values())) == (landed, refused)
        assert parsed.delivered == landed + refused


@pytest.mark.parametrize("form", FORMS)
@MANY
@given(start=st.sampled_from(STARTS), data=st.binary(max_size=80), end=st.sampled_from((b"", b"\n", b"PAR1")))
def test_any_bytes_are_read_or_stop(form: str, start: bytes, data: bytes, end: bytes) -> None:
    _conserved(form, start + data + end)


@pytest.mark.parametrize("form", FORMS)
@MANY
@given(spoil=st.data())
def test_a_damaged_delivery_is_read_or_stops(form: str, spoil: Any) -> None:
    data = bytearray(GOOD[form])
    for _ in range(spoil.draw(st.integers(1, 4))):
        at = spoil.draw(st.integers(0, len(data) - 1))
        how = spoil.draw(st.sampled_from(("flip", "drop", "insert", "cut")))
        if how == "flip":
            data[at] ^= 1 << spoil.draw(st.integers(0, 7))
        elif how == "drop":
            del data[at : at + spoil.draw(st.integers(1, 9))]
        elif how == "insert":
            data[at:at] = spoil.draw(st.binary(min_size=1, max_size=5))
        else:
            del data[max(at, 1) :]
    _conserved(form, bytes(data))


@MANY
@given(
    records=st.lists(
        st.dictionaries(st.sampled_from([*trial.FIELDS[:17], "轴重"]), JSON, max_size=4) | JSON, min_size=1, max_size=8
    )
)
def test_any_json_is_read_or_stops(records: list[Any]) -> None:
    _conserved("NDJSON", trial.ndjson(records))


@MANY
@given(
    cells=st.lists(
        st.dictionaries(
            st.sampled_from(trial.FIELDS),
            st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
            max_size=4,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_cells_are_read_or_stop(cells: list[dict[str, Any]]) -> None:
    _conserved("XLSX", trial.workbook([trial.row(number) | changes for number, changes in enumerate(cells)]))  # type: ignore[arg-type]
