"""``heng jt809 explain``: every byte in one field, the right values, the decoder's verdict."""

import messages_809 as m
import pytest
from hypothesis import given
from reading_809 import quick
from streams_809 import frames, mutated

from etl.errors import HengError
from etl.jt808.walk import Explanation
from etl.jt809 import decode
from etl.jt809.explain import explain, explain_command


def values(found: Explanation) -> dict[str, str]:
    return {field.name: field.value for field in found.fields}


def assert_every_byte_once(found: Explanation, length: int) -> None:
    at = 0
    for field in found.fields:
        assert field.offset == at
        at += field.length
    assert at == length


def test_the_vector_of_the_domain_notes() -> None:
    found = explain(m.V4.hex())
    assert_every_byte_once(found, len(m.V4))
    assert found.refused is None
    told = values(found)
    assert told["plate no 车牌号"] == "湘M12345"
    assert told["longitude 经度"] == "111.613445° E"
    assert told["latitude 纬度"] == "26.434567° N"
    assert told["speed 速度"] == "65 km/h"
    assert told["odometer 车辆当前总里程数"] == "123456 km"
    assert told["positioned 日月年时分秒"] == "2022-06-15 08:30:00"
    (alarm,) = [field for field in found.fields if field.name.startswith("alarm flags")]
    assert "overspeed 超速报警" in alarm.meaning


@pytest.mark.parametrize("text", [m.V4.hex(" "), "0x" + m.V4.hex().upper(), m.V4[1:-1].hex(), "0x5B " + m.V4[1:].hex()])
def test_any_way_of_writing_it(text: str) -> None:
    assert values(explain(text))["serial 报文序列号"] == "1"


def test_what_is_wrong_with_the_text_is_said() -> None:
    for text, said in (("5b 0", "middle of a byte"), ("5g", "'g'"), ("", "no byte")):
        with pytest.raises(HengError, match=said):
            explain(text)


def test_a_position_of_2019_with_its_location_and_alarm_words() -> None:
    body = m.position_2019(m.location_808(items=b"\x01\x04\x00\x12\xd6\x87"))
    told = values(explain(m.frame(0x1200, m.vehicle(0x1202, body), sent_s=m.UTC_2024).hex()))
    assert told["odometer"] == "123456.7 km"
    assert told["city platform 市级监管平台编码"] == "43110000002"
    assert told["speed 速度"] == "65.2 km/h"


def test_an_alarm_is_told_in_words() -> None:
    found = explain(m.frame(0x1400, m.vehicle(0x1402, m.alarm_2011("超速".encode("gbk")))).hex())
    meanings = {field.name: field.meaning for field in found.fields}
    assert meanings["type 报警类型"] == "overspeed 超速报警"
    assert meanings["source 报警信息来源"] == "terminal 车载终端"
    assert meanings["alarmed 报警时间"] == "2024-06-01 08:00:00 +08:00"
    assert values(found)["text 信息内容"] == "超速"


@pytest.mark.parametrize(
    "data",
    [
        m.frame(0x1001, b"\x02\x91\xce\x71password"),
        m.frame(0x9500, m.vehicle(0x9505, b"user password")),
        m.frame(0x9500, m.vehicle(0x9505, b"user password"))[:-4] + b"\x5d",
    ],
    ids=["login", "emergency access", "cut"],
)
def test_a_password_is_not_shown(data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert_every_byte_once(explain(data.hex()), len(data))
    explain_command(data.hex())
    out = capsys.readouterr().out
    assert b"password".hex(" ") not in out.lower()
    assert "withheld" in out


def test_a_damaged_frame_shows_what_is_left_of_it() -> None:
    found = explain((m.V4[:60] + b"\x00" + m.V4[61:]).hex())
    assert found.refused == "checksum"
    assert values(found)["plate no 车牌号"] == "湘M12345"
    assert explain(m.V4[:50].hex()).refused == "cut"
    alarm = bytearray(m.frame(0x1400, m.short(0x1402, m.alarm_2019(b"text")), sent_s=m.UTC_2024))
    alarm[8] ^= 1
    found = explain(alarm.hex())
    assert found.refused == "checksum"
    assert values(found)["target platform 被报警平台唯一编码"] == "43110000002"


@quick
@given(frames())
def test_the_verdict_is_the_decoders(data: bytes) -> None:
    found = explain(data.hex())
    assert_every_byte_once(found, len(data))
    (frame,) = decode(data).frames.to_pylist()
    assert found.refused == frame["detail"]


@quick
@given(mutated())
def test_every_byte_of_a_damaged_stream_is_in_one_field(data: bytes) -> None:
    if data:
        found = explain(data.hex())
        assert_every_byte_once(found, len(data))
        first = decode(data).frames.to_pylist()[0]
        if data[:1] == b"\x5b":
            assert found.refused == first["detail"]
