"""What the explanation of a frame says, and that it leaves out no byte and no fault."""

from random import Random
from typing import Any

import pytest
import streams
from hypothesis import given, settings
from hypothesis import strategies as st
from test_reference import BACKFILL, HEARTBEAT, OVERSPEED, PHONE, PHONE_CALL

from etl.errors import HengError
from etl.jt808 import decode, encode, profiles, words
from etl.jt808.explain import explain, explain_command
from etl.jt808.items import ITEMS
from etl.jt808.walk import Explanation

MANY = settings(max_examples=60, deadline=None, derandomize=True, database=None)
# Faults that one frame alone cannot have: they come from the frames around it.
FROM_OTHERS = {"unfinished", "total"}


def said(found: Explanation) -> dict[str, tuple[str, str]]:
    """Value and meaning by field name; of a name that comes twice the first."""
    return {line.name: (line.value, line.meaning) for line in reversed(found.fields)}


def whole(data: bytes) -> Explanation:
    """The explanation, every byte of the data in exactly one field of it."""
    found = explain(data.hex())
    at = 0
    for line in found.fields:
        assert (line.offset, line.length > 0) == (at, True)
        assert line.hex in (data[at : at + line.length].hex(" ").upper(), "**")
        at += line.length
    assert at == len(data)
    return found


def verdict(data: bytes) -> str | None:
    """The decoder's detail word for a single frame."""
    (row,) = decode(data).frames.to_pylist()
    return None if row["detail"] in FROM_OTHERS else row["detail"]


def test_the_overspeed_report_is_explained() -> None:
    found = whole(OVERSPEED)
    fields = said(found)
    assert found.refused is None
    assert fields["message id 消息ID"] == ("0x0200", "location report 位置信息汇报")
    assert fields["phone 终端手机号"] == (PHONE, "")
    assert fields["serial 消息流水号"] == ("126", "")
    assert fields["alarm flags 报警标志"] == ("0x00000002", "bit 1 overspeed 超速报警")
    assert fields["status flags 状态"][1] == "bit 0 ACC on ACC开; bit 1 positioned 已定位; bits 8-9 load empty 空车"
    assert fields["latitude 纬度"] == ("26.434567° N", "")
    assert fields["longitude 经度"] == ("111.613445° E", "")
    assert fields["altitude 高程"] == ("125 m", "")
    assert fields["speed 速度"] == ("65.2 km/h", "")
    assert fields["time 时间"] == ("2022-06-15 08:30:00", "+08:00")
    assert fields["odometer"] == ("123456.7 km", "")
    assert fields["recorder speed"] == ("64.0 km/h", "")
    assert fields["checksum"] == ("0x6D", "computed 6D, sent 6D")


def test_an_escaped_byte_takes_two_places() -> None:
    places = {line.name: (line.offset, line.hex) for line in whole(OVERSPEED).fields}
    assert places["serial 消息流水号"] == (11, "00 7D 02")
    assert places["altitude 高程"] == (30, "00 7D 01")
    assert places["speed 速度"] == (33, "02 8C")


def test_the_phone_call_is_explained() -> None:
    found = whole(PHONE_CALL)
    fields = said(found)
    assert found.refused is None
    assert fields["item"] == ("0x65, 47 bytes", "driver state alarm (DSM) 驾驶员状态监测系统报警")
    assert fields["type (su)"] == ("2", "phone call 接打电话")
    assert fields["own speed"] == ("65 km/h", "")
    assert fields["terminal number 终端ID"] == ("ABC1234", "")
    assert fields["attachment count"] == ("3", "")
    assert fields["vehicle state"][1] == "bit 0 ACC on ACC开; bit 10 positioned 定位"


def test_the_backfill_is_explained() -> None:
    fields = said(whole(BACKFILL))
    assert fields["batch type 位置数据类型"] == ("1", "blind-area backfill 盲区补报")
    assert fields["position 1: longitude 经度"] == ("111.600102° E", "")
    assert fields["position 1: time 时间"] == ("2022-06-15 08:00:30", "+08:00")


def location(**values: Any) -> dict[str, tuple[str, str]]:
    version = values.pop("version", 2013)
    body = encode.location(values.pop("latitude", 1.0), values.pop("longitude", 1.0), "220615083000", **values)
    return said(whole(encode.frame(0x0200, "1", 1, body, version)))


@pytest.mark.parametrize(
    ("values", "name", "meaning"),
    [
        ({"alarm_flags": 1 << 31}, "alarm flags 报警标志", "bit 31 illegal door opening 非法开门报警"),
        (
            {"alarm_flags": 1 << 31, "version": 2019},
            "alarm flags 报警标志",
            "bit 31 illegal door opening 非法开门报警 (until 2013)",
        ),
        ({"alarm_flags": 1 << 16}, "alarm flags 报警标志", "bit 16 tyre pressure warning 胎压预警 (since 2019)"),
        ({"status_flags": 0x300}, "status flags 状态", "bits 8-9 load full 满载"),
        ({"status_flags": 1 << 31}, "status flags 状态", "bit 31 has no meaning; bits 8-9 load empty 空车"),
        ({"direction_deg": 360}, "direction 方向", "beyond 359°"),
        ({"latitude": 116.3}, "latitude 纬度", "beyond 90°"),
        ({"items": encode.item(0x14, b"\0\0\0\x10")}, "video alarm flags", "bit 4 overcrowding 客车超员"),
        ({"items": encode.item(0x15, b"\x80\0\0\1")}, "video loss channels", "channels 1, 32"),
        ({"items": encode.item(0x17, b"\x10\1")}, "storage fault flags", "main 1, backup 1 faulty"),
        ({"items": encode.item(0x11, b"\4\0\0\0\7")}, "overspeed place type", "segment 路段"),
        ({"items": encode.item(0x01, b"\0")}, "item", "odometer 里程; unknown in this length, kept as bytes"),
        ({"items": encode.item(0xE4, b"\0")}, "item", "a maker's own item 厂商自定义"),
        ({"items": encode.item(0x51, b"\0")}, "item", "not in the standard"),
        ({"items": b"\x01\x04\x00"}, "cut item", "item 0x01 declares 4 bytes, 1 are left; the location stays"),
        ({"items": b"\x01"}, "cut item", "item 0x01 has no length; the location stays"),
    ],
)
def test_bits_and_codes_are_spelled_out(values: dict[str, Any], name: str, meaning: str) -> None:
    assert location(**values)[name][1] == meaning


@pytest.mark.parametrize(
    ("items", "name", "value"),
    [
        (encode.item(0x06, b"\xff\xf6"), "cabin temperature", "-10 °C"),
        (encode.item(0x2B, b"\0\1\0\2"), "analog 0", "2"),
        (encode.item(0x2B, b"\0\1\0\2"), "analog 1", "1"),
        (encode.item(0x02, b"\0\x7d"), "fuel", "12.5 L"),
    ],
)
def test_values_have_their_units(items: bytes, name: str, value: str) -> None:
    assert location(items=items)[name][0] == value


def test_south_and_west_come_from_the_status() -> None:
    fields = location(latitude=-12.5, longitude=-70.25)
    assert (fields["latitude 纬度"][0], fields["longitude 经度"][0]) == ("12.500000° S", "70.250000° W")


def test_the_wheels_of_a_tyre_alarm_are_explained() -> None:
    alarm = encode.SafetyAlarm(1, 26.4, 111.6, "220615083000", profile="yue", terminal_no="X" * 30)
    item = encode.tpms_item(alarm, [encode.Wheel(0, 1), encode.Wheel(5, 2, 850, 40, 90)])
    fields = location(items=item)
    assert fields["terminal number 终端ID"][0] == "X" * 30
    assert fields["wheel 1: position"][0] == "5"
    assert fields["wheel 1: type flags"][1] == "bit 1 pressure too high 胎压过高"
    assert fields["wheel 1: pressure"][0] == "850 kPa"


def test_an_alarm_of_aggressive_driving_is_explained() -> None:
    alarm = encode.SafetyAlarm(1, 26.4, 111.6, "220615083000", type=5, speed_kmh=60, terminal_no="ABC1234")
    fields = location(items=encode.aggressive_item(alarm, 7, 30, 900))
    assert fields["item"] == ("0x70, 47 bytes", "aggressive driving alarm 激烈驾驶报警")
    assert fields["type (su)"] == ("5", "stall 异常熄火")
    assert [fields[name][0] for name in ("threshold", "threshold 1", "threshold 2")] == ["7 s", "30", "900"]
    assert fields["own speed"] == ("60 km/h", "")


@pytest.mark.parametrize("version", [2011, 2013, 2019])
def test_a_registration_is_explained_in_each_edition(version: int) -> None:
    body = encode.registration("70111", "HENG-1", "0001234", "湘M12345", version=version)
    fields = said(whole(encode.frame(0x0100, PHONE, 1, body, 2019 if version == 2019 else 2013)))
    assert fields[f"terminal model 终端型号 ({version})"] == ("HENG-1", "")
    assert fields["plate colour 车牌颜色"] == ("2", "yellow 黄色")
    assert fields["plate number 车牌"] == ("湘M12345", "")


def test_a_registration_of_an_unplated_vehicle_of_2011_is_explained() -> None:
    body = encode.registration("70111", "HENG-1", "0001234", "LSVNV2182E2123456", plate_color_code=0, version=2011)
    fields = said(whole(encode.frame(0x0100, PHONE, 1, body)))
    assert (fields["terminal model 终端型号 (2011)"][0], fields["VIN 车辆识别码"][0]) == ("HENG-1", "LSVNV2182E2123456")


@pytest.mark.parametrize("version", [2013, 2019])
def test_an_authentication_code_is_not_shown(version: int) -> None:
    frame = encode.frame(0x0102, PHONE, 1, encode.authentication("S3CRET", "868", "v1", version), version)
    shown = repr(whole(frame))
    assert "SHA-256" in shown
    assert "S3CRET" not in shown
    assert b"S3CRET".hex(" ").upper() not in shown


@pytest.mark.parametrize("msg_id", sorted(words.SECRET_MESSAGES))
def test_no_byte_of_a_body_with_a_secret_is_shown_however_the_frame_is_damaged(msg_id: int) -> None:
    body = b"\x09S3CRETS3CRETS3CRET"
    sound = encode.frame(msg_id, PHONE, 1, body)
    part, *_ = encode.packages(msg_id, PHONE, 1, body, size=12)
    for frame in (
        sound,
        part,
        encode.frame(msg_id, PHONE, 1, body, 2019),
        encode.frame(msg_id, PHONE, 1, body, encryption=1),
        sound[:-2] + bytes([sound[-2] ^ 1]) + sound[-1:],
        sound[:-1],
    ):
        shown = repr(whole(frame))
        assert "S3C" not in shown
        assert b"S3C".hex(" ").upper() not in shown
        assert f"0x{msg_id:04X}" in shown


def test_a_driver_card_is_explained() -> None:
    body = encode.driver_card(
        1, "220615083000", 0, driver_name="王五", certificate_no="43110001", authority="永州", expires_on="20300131"
    )
    fields = said(whole(encode.frame(0x0702, PHONE, 1, body)))
    assert fields["card status 状态"] == ("1", "card inserted 插卡")
    assert fields["driver name 驾驶员姓名"] == ("王五", "")
    assert fields["expiry date 证件有效期"] == ("2030-01-31", "")


def test_the_identity_of_a_driver_in_the_2011_edition_is_explained() -> None:
    body = encode.identity_of_2011("王五", "43119919800101001X", "43110001", "永州")
    fields = said(whole(encode.frame(0x0702, PHONE, 1, body)))
    assert fields["driver name 驾驶员姓名"] == ("王五", "")
    assert fields["certificate number 从业资格证编码 (2011)"] == ("43110001", "")
    assert fields["authority 发证机构"] == ("永州", "")
    assert "card time 时间" not in fields


@pytest.mark.parametrize(
    "written",
    [
        OVERSPEED.hex(),
        OVERSPEED.hex(" ").upper(),
        OVERSPEED.hex("\n"),
        " ".join(f"0x{byte:02X}" for byte in OVERSPEED),
        "0x" + OVERSPEED.hex(),
        OVERSPEED[1:-1].hex(),
    ],
)
def test_a_frame_may_be_written_in_many_ways(written: str) -> None:
    found = explain(written)
    assert found.refused is None
    assert said(found)["latitude 纬度"] == ("26.434567° N", "")


@pytest.mark.parametrize(
    ("written", "message"),
    [("7E 0G 7E", "'G' is no hexadecimal digit"), ("7E 0", "3 digits"), ("", "no byte"), ("0x", "no byte")],
)
def test_what_is_no_hexadecimal_text_is_named(written: str, message: str) -> None:
    with pytest.raises(HengError, match=message):
        explain(written)


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (OVERSPEED[:-1], "cut"),
        (OVERSPEED[:20], "cut"),
        (b"\x7e" + bytes(2091) + b"\x7e", "length"),
        (OVERSPEED.replace(b"\x7d\x02", b"\x7d\x05"), "escape"),
        (b"\x7e\x02\x00\x7e", "short"),
        (OVERSPEED[:-2] + b"\x6c\x7e", "checksum"),
        (encode.enclose(encode.header(0x0200, PHONE, 1, 5)), "length"),
        (encode.frame(0x0002, "01391234567A", 1), "phone"),
        (encode.frame(0x0200, PHONE, 1, bytes(40), encryption=1), "encrypted"),
        (encode.frame(0x0200, PHONE, 1, bytes(40), package=(2, 3)), "index"),
        (encode.frame(0x0200, PHONE, 1, bytes(27)), "body"),
        (encode.frame(0x0704, PHONE, 1, encode.batch([bytes(28)]) + b"\1"), "body"),
        (encode.frame(0x0200, PHONE, 1, encode.location(1, 1, "22061508300A")), "time"),
    ],
)
def test_the_reason_of_a_refusal_is_told(data: bytes, refused: str) -> None:
    assert whole(data).refused == refused
    assert verdict(data) == refused


def test_a_damaged_frame_is_read_as_far_as_it_goes() -> None:
    fields = said(whole(OVERSPEED[:25]))
    assert fields["alarm flags 报警标志"][1] == "bit 1 overspeed 超速报警"
    assert fields["latitude 纬度 (cut)"] == ("3 bytes", "")
    assert "checksum" not in fields


def test_a_frame_that_lacks_only_its_flags_has_its_checksum() -> None:
    for data in (OVERSPEED[:-1], OVERSPEED[1:-1]):
        assert said(whole(data))["checksum"] == ("0x6D", "computed 6D, sent 6D")


def test_bytes_around_a_frame_are_told_from_it() -> None:
    found = whole(b"\x24\x24" + b"\x7e" + HEARTBEAT + OVERSPEED)
    assert found.refused is None
    names = [line.name for line in found.fields]
    assert (names[0], names[1], names[-1]) == ("before the frame", "flag", "behind the frame")
    assert said(found)["message id 消息ID"][0] == "0x0002"


@MANY
@given(
    st.one_of(streams.messages().map(lambda frames: frames[0]), streams.damaged(), st.binary(min_size=1, max_size=80))
)
def test_the_explanation_refuses_what_the_decoder_refuses(data: bytes) -> None:
    if not data:
        return
    found = whole(data)
    enclosed = b"\x7e" in data and data[-1] == 0x7E and data.count(b"\x7e") == 2 and data[0] == 0x7E and len(data) > 2
    if enclosed:
        assert found.refused == verdict(data)


def test_real_frames_are_explained_as_they_are_decoded(real_records: list[dict[str, Any]]) -> None:
    compared = 0
    for record in real_records:
        data = bytes.fromhex(record["hex"])
        found = whole(data)
        if record["kind"] == "frame" and data.count(b"\x7e") == 2:
            assert found.refused == verdict(data), record["id"]
            compared += 1
    assert compared > 300


def test_no_accident_makes_it_fail() -> None:
    draw = Random(808)
    for _ in range(200):
        data = bytearray(draw.choice((OVERSPEED, PHONE_CALL, BACKFILL)))
        for _ in range(draw.randrange(4)):
            kind, inserted = draw.choice(streams.ACCIDENTS), draw.choice(streams.INSERTED)
            streams.happen(data, streams.Accident(kind, draw.randrange(200), draw.randrange(1, 61), inserted))
        if data:
            whole(bytes(data))


def test_it_is_printed_with_its_checks(capsys: pytest.CaptureFixture[str]) -> None:
    explain_command(OVERSPEED.replace(b"\x6d\x7e", b"\x6c\x7e").hex())
    printed = capsys.readouterr().out
    assert "26.434567° N" in printed
    assert "REFUSED checksum: computed 6D, sent 6C" in printed
    assert "quarantines this frame: checksum" in printed


# The tables of words ------------------------------------------------------------------------------------------------


def test_every_item_with_columns_has_a_name_and_its_lengths() -> None:
    lengths: dict[int, set[int]] = {}
    for item_id, length in ITEMS:
        lengths.setdefault(item_id, set()).add(length)
    assert {item_id: set(words.ITEMS[item_id].lengths) for item_id in lengths} == lengths
    assert set(words.ITEMS) == set(lengths) | set(profiles.ITEMS)


def test_every_profile_has_its_type_codes() -> None:
    assert set(profiles.PROFILES) <= set(words.SAFETY_TYPES)
    assert words.safety_type("su", 0x65, 0x0A) is None
    assert words.safety_type("yue", 0x65, 0x0A) == words.Word("seat belt not fastened", "未系安全带")
    assert [words.is_safety_event(code) for code in (0x0F, 0x10)] == [False, True]


@pytest.mark.parametrize("bits", [words.ALARM_BITS, words.STATUS_BITS, words.SIGNAL_BITS, words.WHEEL_BITS])
def test_no_bit_has_two_meanings(bits: tuple[words.Bit, ...]) -> None:
    numbers = [bit.bit for bit in bits]
    assert numbers == sorted(set(numbers))


def test_the_alarms_that_are_events_are_those_the_terminal_clears_after_the_reply() -> None:
    assert [bit.bit for bit in words.ALARM_BITS if bit.is_event] == [0, 20, 21, 22, 27, 28, 31]
