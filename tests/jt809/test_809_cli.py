"""``heng jt809``: objects a line, tables, and what it says of bad input."""

import json
from pathlib import Path
from typing import Any

import messages_809 as m
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_809 import quick
from streams_809 import mutated
from typer.testing import CliRunner

from etl.errors import HengError
from etl.jt809 import decode
from etl.jt809.cli import app
from etl.jt809.objects import objects as objects_of
from etl.jt809.schemas import MAX_WIRE_BYTES

CAPTURE = b"".join(
    (
        b"\x00\x01",
        m.V4,
        m.frame(0x1200, m.vehicle(0x1203, b"\x02" + m.position_2011() * 2)),
        m.frame(0x1200, m.vehicle(0x1202, m.position_2011(date=(2022, 0, 3, 4, 5, 6)))),
        m.frame(0x1400, m.vehicle(0x1402, m.alarm_2011("超速".encode("gbk"), kind=0x10))),
        m.frame(0x1001, b"\x02\x91\xce\x71password"),
        m.frame(0x1005, b"\x5b\x5e"),
        m.V4[:50],
    )
)


def run(*arguments: str, data: bytes | None = None) -> str:
    result = CliRunner().invoke(app, list(arguments), input=data, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def capture(tmp_path: Path) -> str:
    path = tmp_path / "capture.bin"
    path.write_bytes(CAPTURE)
    return str(path)


def test_an_object_a_row_in_the_order_of_the_capture(capture: str) -> None:
    told = objects(run("decode", capture, "--json"))
    ends = [one["byte_offset"] + one["length"] for one in told]
    assert [one["byte_offset"] for one in told] == [0, *ends[:-1]]
    assert ends[-1] == len(CAPTURE)
    outside, position, backfill, no_instant, alarm, login, link_test, cut = told
    assert outside["error"].startswith("R-FRAME: outside")
    assert cut["error"].startswith("R-FRAME: cut")
    assert position | {"msg": "", "sub": ""} == {
        "byte_offset": 2, "length": 93, "msg_id": "0x1200", "msg": "", "sub_id": "0x1202", "sub": "", "serial": 1,
        "platform_code": 43110001, "protocol_version": 2011, "version": "1.0.0", "plate_no": "湘M12345",
        "plate_color_code": 2, "is_encrypted": False, "alarm": 2, "status": 3, "lat": 26.434567, "lon": 111.613445,
        "altitude_m": 125, "speed_kmh": 65.0, "direction_deg": 90, "time": "2022-06-15 08:30:00",
        "odometer_km": 123456.0, "recorder_speed_kmh": 64.0,
    }  # fmt: skip
    assert [one["time"] for one in backfill["positions"]] == ["2022-06-15 08:30:00"] * 2
    assert no_instant["time"] == "2022-00-03 04:05:06"
    assert (alarm["type"], alarm["info"]) == ("illegal driving 违规行驶报警", "超速")
    assert link_test["body_hex"] == "5b5e"
    assert login["body_length"] == 12
    assert "body_hex" not in login


def test_a_position_of_2019_has_its_items() -> None:
    location = m.location_808(items=b"\x01\x04\x00\x12\xd6\x87\xe1\x02ab")
    body = b"\x02" + m.position_2019(m.location_808()) + m.position_2019(location)
    (told,) = objects(run("decode", "-", "--json", data=m.frame(0x1200, m.vehicle(0x1203, body), sent_s=m.UTC_2024)))
    first, second = told["positions"]
    assert first["items"] == {}
    assert second["items"] == {"0x01": {"hex": "0012d687", "odometer_km": 123456.7}, "0xE1": {"hex": "6162"}}
    assert (second["city_alarm_flags"], second["time"], second["speed_kmh"]) == (2, "2022-06-15 08:30:00", 65.2)


def test_standard_input_is_a_capture_too(capture: str) -> None:
    assert run("decode", "-", "--json", data=CAPTURE) == run("decode", capture, "--json")


def test_hexadecimal_lines_are_streams_of_their_own() -> None:
    text = "\n".join((m.V4.hex(" "), "", "0x" + m.V4.hex().upper(), "5b zz", m.V4.hex()[:-2]))
    told = objects(run("decode", "-", "--hex", "--json", data=text.encode() + b"\n\xff\x85\n5b 5d\n"))
    assert [one["line"] for one in told] == [1, 3, 4, 5, 6, 7]
    assert [one.get("plate_no") for one in told] == ["湘M12345", "湘M12345", None, None, None, None]
    assert "'z'" in told[2]["error"]
    assert told[3]["error"].startswith("R-FRAME: cut")
    assert "no hexadecimal digit" in told[4]["error"]
    assert told[5]["error"].startswith("R-FRAME: short")


def test_the_table_has_a_line_a_row_and_a_line_a_backfilled_position(capture: str) -> None:
    lines = run("decode", capture).splitlines()
    assert len(lines) == 1 + 8 + 2
    assert sum("湘M12345" in line for line in lines) == 4


def test_what_a_sender_wrote_does_not_act_on_the_terminal() -> None:
    body = m.vehicle(0x1202, m.position_2011(), plate="湘\x1b[2J")
    assert "\x1b[2J" not in run("decode", "-", data=m.frame(0x1200, body))


def test_an_empty_capture_and_a_missing_one(tmp_path: Path) -> None:
    assert run("decode", "-", "--json", data=b"") == ""
    with pytest.raises(HengError, match="There is no file"):
        run("decode", str(tmp_path / "none.bin"))


@quick
@given(mutated(), st.integers(20, 400))
def test_any_stream_has_an_object_a_row_in_pieces_of_any_size(data: bytes, size: int) -> None:
    told = list(objects_of([data]))
    assert [one["byte_offset"] for one in told] == decode(data).frames["byte_offset"].to_pylist()
    json.dumps(told)
    assert list(objects_of(data[at : at + size] for at in range(0, len(data), size))) == told


def test_a_long_row_between_frames_is_read_in_pieces() -> None:
    link_test = m.frame(0x1005, b"\x5b\x5e")
    data = link_test + bytes(MAX_WIRE_BYTES + 9) + m.frame(0x1005, bytes(700_000)) + link_test
    first, outside, long, last = objects_of(data[at : at + 300_000] for at in range(0, len(data), 300_000))
    assert (outside["length"], len(long["body_hex"])) == (MAX_WIRE_BYTES + 9, 1_400_000)
    assert first["body_hex"] == last["body_hex"] == "5b5e"


def test_the_password_of_an_emergency_access_is_not_told() -> None:
    body = m.vehicle(0x9505, b"S3CRET")
    (told,) = objects(run("decode", "-", "--json", data=m.frame(0x9500, body)))
    assert (told["sub_id"], told["body_length"]) == ("0x9505", len(body))
    assert "body_hex" not in told


def test_explain_prints_the_fields() -> None:
    out = run("explain", m.V4.hex())
    assert "湘M12345" in out
    assert "passed  checksum" in out
