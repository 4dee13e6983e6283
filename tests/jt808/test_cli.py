"""``heng jt808 decode``: files, standard input and hexadecimal lines, as objects and as a table."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from test_decode import BEAT, PARTS, V1, V2, V3
from typer.testing import CliRunner

from etl.cli import app
from etl.jt808 import encode, words
from etl.jt808 import objects as tellers
from etl.jt808.bulk import Decoded, Decoder
from etl.jt808.objects import Teller

Object = dict[str, Any]


def run(*arguments: str, given: bytes = b"") -> str:
    done = CliRunner().invoke(app, ["jt808", "decode", *arguments], input=given)
    assert done.exit_code == 0, done.output
    return done.stdout


def objects(*arguments: str, given: bytes = b"") -> list[Object]:
    return [json.loads(line) for line in run(*arguments, "--json", given=given).splitlines()]


def of_lines(*lines: str | bytes) -> list[Object]:
    written = [line.hex() if isinstance(line, bytes) else line for line in lines]
    return objects("-", "--hex", given="\n".join(written).encode())


def test_a_capture_becomes_one_object_for_each_row_of_it(tmp_path: Path) -> None:
    capture = tmp_path / "capture.bin"
    capture.write_bytes(b"\x24\x24" + V1 + V2 + b"rest")
    garbage, first, second, rest = objects(str(capture))
    assert garbage == {
        "byte_offset": 0,
        "length": 2,
        "error": "R-FRAME: cut (a flag 7E is missing before or behind)",
    }
    assert first == {
        "byte_offset": 2, "length": len(V1), "msg_id": "0x0200", "phone": "013912345678", "serial": 126,
        "version": 2013, "body_length": 44, "alarm": 2, "status": 3, "lat": 26.434567, "lon": 111.613445,
        "altitude_m": 125, "speed_kmh": 65.2, "direction_deg": 90, "time": "2022-06-15 08:30:00",
        "items": {
            "0x01": {"hex": "0012d687", "odometer_km": 123456.7},
            "0x03": {"hex": "0280", "recorder_speed_kmh": 64.0},
            "0x30": {"hex": "1f", "radio_strength": 31},
            "0x31": {"hex": "0c", "satellite_count": 12},
        },
    }  # fmt: skip
    alarm = second["items"]["0x65"]
    assert (second["version"], alarm["profile"], alarm["type"], alarm["own_speed_kmh"]) == (2019, "su", 2, 65)
    assert (alarm["terminal_no"], alarm["attachment_count"], alarm["alarmed_at"]) == (
        "ABC1234",
        3,
        "2022-06-15 08:30:01",
    )
    assert rest["byte_offset"] == 2 + len(V1) + len(V2) - 1
    assert objects("-", given=capture.read_bytes()) == [garbage, first, second, rest]


def test_lines_may_have_blanks_capitals_and_0x_and_are_told_in_order() -> None:
    spaced = " ".join(f"0x{byte:02X}" for byte in V1)
    found = of_lines(spaced, "no hex", V3.hex().upper() + "\r", "", "7e0", V2.hex(" "))
    assert [(one["line"], "error" in one) for one in found] == [
        (1, False),
        (2, True),
        (3, False),
        (5, True),
        (6, False),
    ]
    assert found[0]["lat"] == 26.434567
    assert found[2]["batch_type"] == 1
    assert [place["time"] for place in found[2]["positions"]] == ["2022-06-15 08:00:00", "2022-06-15 08:00:30"]
    assert "odd" in found[3]["error"] or "middle of a byte" in found[3]["error"]


def test_frames_on_lines_are_decoded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[int] = []
    feed = Decoder.feed

    def counted(decoder: Decoder, data: bytes) -> Decoded:
        fed.append(len(data))
        return feed(decoder, data)

    monkeypatch.setattr(Decoder, "feed", counted)
    lines: list[str | bytes] = [*[V1] * 50, "no hex", V2, b"\x24" + V1, *[V3] * 50]
    found = of_lines(*lines)
    assert fed == [len(V1) * 50, len(V2), len(V1) + 1, len(V3) * 49, len(V3)], "the last line has no end"
    assert [one["line"] for one in found] == list(range(1, 104))
    assert [one["line"] for one in found if "error" in one] == [51]
    assert [one["byte_offset"] for one in found if "error" not in one] == [0] * 51 + [1] + [0] * 50
    assert {len(one["positions"]) for one in found[-50:]} == {2}


@pytest.mark.parametrize(("written", "options"), [(V1, ()), (V1.hex().encode(), ("--hex",))])
def test_what_another_program_writes_can_be_read_under_a_name(
    written: bytes, options: tuple[str, ...], tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(written,), daemon=True)
    writer.start()
    (one,) = objects(str(pipe), *options)
    assert (one["phone"], one["lat"]) == ("013912345678", 26.434567)


def test_a_mark_before_the_first_line_is_no_part_of_it() -> None:
    first, second = of_lines("\ufeff" + V1.hex(), "\ufeff" + V1.hex())
    assert (first["phone"], first["length"]) == ("013912345678", len(V1))
    assert "\\ufeff" in second["error"], "elsewhere it is refused, and named"


def test_each_line_is_a_stream_of_its_own_for_framing() -> None:
    half = len(V1) // 2
    *halves, both = of_lines(V1[:half], V1[half:], V1 + V2)
    assert [(one["line"], one["byte_offset"], "error" in one) for one in halves] == [(1, 0, True), (2, 0, True)]
    assert [(one["line"], one["byte_offset"], "error" in one) for one in both["stretches"]] == [
        (3, 0, False),
        (3, len(V1), False),
    ]


def test_sub_packages_are_collected_over_lines_and_the_last_has_the_message() -> None:
    found = of_lines(PARTS[0], PARTS[2], BEAT, "zz", PARTS[3], PARTS[1])
    assert [one["line"] for one in found] == [1, 2, 3, 4, 5, 6]
    assert [one.get("package_index") for one in found] == [1, 3, None, None, 4, 2]
    assert [("lat" in one) for one in found] == [False] * 5 + [True]
    assert (found[5]["lat"], found[5]["items"]["0x01"]["odometer_km"]) == (26.4, 1.0)
    assert "error" not in found[0]


def test_sub_packages_that_never_come_are_told_at_the_end() -> None:
    found = of_lines(PARTS[0], BEAT)
    assert [one.get("error", "").split(" (")[0] for one in found] == ["R-SUBPACKAGE: unfinished", ""]
    assert found[0]["package_total"] == len(PARTS)


def test_behind_a_part_that_waits_everything_is_told_in_its_order() -> None:
    first, second, third = (
        encode.frame(0x0801, "1", 99 + index, part, package=(3, index))
        for index, part in enumerate((b"one", b"+two", b"+three~"), 1)
    )
    lines = [V1, V1, first, *[V1] * 37, second, encode.frame(0x0900, "1", 9, b"\xf7~}"), *[V1] * 10, third]
    given = "\n".join(line.hex() for line in lines).encode()
    found = objects("-", "--hex", given=given)
    assert [one["line"] for one in found] == list(range(1, 54))
    assert found[40]["package_index"] == 2
    assert found[41]["body_hex"] == b"\xf7~}".hex()
    assert bytes.fromhex(found[-1]["body_hex"]) == b"one+two+three~"
    assert not {"body_hex", "error"} & {*found[2], *found[40]}
    raw = objects("-", given=b"".join(lines))
    assert [one["msg_id"] for one in raw] == [one["msg_id"] for one in found]
    assert raw[-1]["body_hex"] == found[-1]["body_hex"]


@pytest.mark.parametrize("by_line", [False, True])
def test_a_part_is_given_up_when_too_many_frames_have_followed(by_line: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tellers, "MOST_BEHIND", 5)
    teller = Teller()
    sent = [V1, PARTS[0], BEAT, PARTS[2], BEAT, BEAT, BEAT, PARTS[1], V1, PARTS[3], BEAT]
    told: list[list[Object]] = []
    for number, data in enumerate(sent, 1):
        told.append(list(teller.line(data, number) if by_line else teller.feed(data)))
    told.append(list(teller.finish()))
    everything = [one for piece in told for one in piece]
    assert [one["msg_id"] for one in everything] == [f"0x{frame[1]:02X}{frame[2]:02X}" for frame in sent]
    unfinished = [at for at, one in enumerate(everything) if "unfinished" in one.get("error", "")]
    assert unfinished == [1, 3, 7, 9], "what comes too late is no message either"
    given_up = next(at for at, piece in enumerate(told) if any("error" in one for one in piece))
    assert given_up == (6 if by_line else 7), "a frame is told when the next has begun, one on a line at once"
    assert not any(told[2:given_up])
    offsets = [0 if by_line else sum(map(len, sent[:at])) for at in range(len(sent))]
    assert [one["byte_offset"] for one in everything] == offsets


def test_a_part_without_end_keeps_no_bytes_of_what_follows() -> None:
    teller = Teller()
    waiting = [*teller.feed(PARTS[0]), *(one for _ in range(300) for one in teller.feed(BEAT))]
    assert waiting == []
    assert (len(teller._bodies), len(teller._decoder._carry)) == (0, len(BEAT))
    told = list(teller.finish())
    assert len(told) == 301
    assert told[0]["error"].startswith("R-SUBPACKAGE: unfinished")


def test_of_an_authentication_code_nothing_is_told_though_its_length_is_wrong() -> None:
    body = b"\x04" + encode.authentication("SECRET-CODE", "868", "v1", 2019)[1:]
    (one,) = of_lines(encode.frame(0x0102, "1", 2, body, 2019))
    assert one["auth_code_length"] == 4
    assert not any(part in json.dumps(one) for part in ("SECR", "ET-CODE"))


@pytest.mark.parametrize("msg_id", sorted(words.SECRET_MESSAGES - {0x0102}))
def test_of_a_message_with_a_secret_only_its_length_is_told(msg_id: int) -> None:
    body = b"\x00\x01\x00S3CRET-PASSWORD"
    parts = encode.packages(msg_id, "1", 7, body, size=9)
    lines = [encode.frame(msg_id, "1", 1, body), *parts, encode.frame(msg_id, "1", 2, body, 2019), V1]
    found = of_lines(*lines)
    assert [one.get("withheld_bytes") for one in found] == [len(body), None, len(body), len(body), None]
    assert (found[0]["msg_id"], found[0]["body_length"]) == (f"0x{msg_id:04X}", len(body))
    shown = run("-", "--hex", given="\n".join(line.hex() for line in lines).encode())
    for part in (b"S3CR", b"PASS", b"WORD"):
        assert part.hex() not in json.dumps(found) + shown
        assert part.decode() not in json.dumps(found) + shown


def test_the_messages_that_are_no_location() -> None:
    registration = encode.registration("70111", "HENG-1", "0001234", "湘M12345", plate_color_code=2, province_code=43)
    card = encode.driver_card(1, "220615083000", 0, driver_name="张三", certificate_no="4311", authority="永州")
    found = of_lines(
        encode.frame(0x0100, "1", 1, registration),
        encode.frame(0x0102, "1", 2, encode.authentication("secret-code")),
        encode.frame(0x0702, "1", 3, card),
        BEAT,
        encode.frame(0x0900, "1", 4, b"\xf7abc"),
        encode.frame(0x0201, "1", 5, encode.reply(7, encode.location(1, 2, "220615083000"))),
        encode.frame(0x0500, "1", 6, encode.reply(8, encode.location(1, 2, "220615083000"))),
    )
    assert (found[0]["plate_no"], found[0]["province_code"], found[0]["plate_color_code"]) == ("湘M12345", 43, 2)
    assert found[1]["auth_code_length"] == len("secret-code")
    assert "secret" not in json.dumps(found[1])
    assert (found[2]["driver_name"], found[2]["card_at"]) == ("张三", "2022-06-15 08:30:00")
    assert "body_hex" not in found[3]
    assert found[4]["body_hex"] == b"\xf7abc".hex()
    assert [(one["answered_serial"], one["lat"]) for one in found[5:]] == [(7, 1.0), (8, 1.0)]


def test_an_item_that_comes_twice_is_a_list_and_a_cut_one_is_kept() -> None:
    items = b"\x30\x01\x05\x30\x01\x06\xe1\x02\x0a\x0b\x31\x09\x01"
    (one,) = of_lines(encode.frame(0x0200, "1", 1, encode.location(1, 2, "220015083000", items=items)))
    assert one["items"] == {
        "0x30": [{"hex": "05", "radio_strength": 5}, {"hex": "06", "radio_strength": 6}],
        "0xE1": {"hex": "0a0b"},
    }
    assert one["cut_items"] == "310901"
    assert one["time"] == "2022-00-15 08:30:00"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data[:-2] + b"\x00\x7e", "checksum"),
        (lambda data: data.replace(b"\x7d\x02", b"\x7d\x7d"), "escape"),
        (lambda data: data[:-1], "cut"),
        (lambda data: b"\x7e" + data[1:9] + b"\x7e", "short"),
    ],
)
def test_a_refused_frame_says_why(change: Any, said: str) -> None:
    (one,) = of_lines(change(V1))
    assert one["error"].startswith(f"R-FRAME: {said} (")


def test_without_json_a_table_a_person_can_read() -> None:
    shown = run("-", "--hex", given="\n".join((V1.hex(), V3.hex(), "zz", BEAT[:-1].hex())).encode())
    for part in ("line 1", "location", "013912345678", "26.434567", "65.2", "odometer_km 123456.7", "R-FRAME: cut"):
        assert part in shown
    assert shown.count("2022-06-15 08:00") == 2


def test_a_file_that_is_no_capture_is_not_kept_in_memory() -> None:
    teller = Teller()
    found = [*teller.feed(V1), *(one for _ in range(40) for one in teller.feed(bytes(1 << 16)))]
    assert len(teller._decoder._carry) <= 1 << 12
    assert not teller._bodies
    found += [*teller.feed(b"\x7e" + V2), *teller.finish()]
    assert [one.get("error", "")[:15] for one in found] == ["", "R-FRAME: length", ""]
    assert (found[0]["lat"], found[2]["lat"]) == (26.434567, 26.4346)


def test_a_missing_file_is_one_line_and_exit_code_1() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "etl.cli", "jt808", "decode", "nothing.bin", "--json"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "There is no file nothing.bin" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_line_starts_without_numpy_and_arrow() -> None:
    probe = (
        "import sys, etl.jt808.cli; print([name for name in ('numpy', 'pyarrow', 'rich.table') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"


def test_a_line_has_one_object_whatever_it_holds() -> None:
    damaged = V1[:-2] + bytes([V1[-2] ^ 1, 0x7E])
    found = of_lines(b"\x24\x24" + V1, V1 + V2, damaged + b"\x24", BEAT)
    assert [one["line"] for one in found] == [1, 2, 3, 4]
    assert found[0]["lat"] == 26.434567
    assert [one["error"].split(" (")[0] for one in found[0]["left_out"]] == ["R-FRAME: cut"]
    assert "of its 2 stretches 2 are frames" in found[1]["error"]
    assert [one["version"] for one in found[1]["stretches"]] == [2013, 2019]
    assert "of its 2 stretches 0 are frames" in found[2]["error"]
    assert "error" not in found[3]
