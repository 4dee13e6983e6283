"""The published frames: what their upstreams assert, and where a third decoder differs. See realdata/jt808/README.md.

Every difference is listed with its reason; a listed one that is none any more fails too.
"""

from typing import Any

import numpy as np
import pytest
from reference import reference

from etl.jt808 import decode, encode, framing
from etl.jt808.locations import PADDING
from etl.jt808.objects import Teller

Record = dict[str, Any]
FIELDS = ("alarm", "status", "lat", "lon", "altitude_m", "speed_kmh", "direction_deg", "time")
TWO_COMPLEMENT = (
    "the fixture writes a negative number; on the wire the degrees have no sign, status bits 2 and 3 give it"
)
LENGTH = "a vendor's message on the same port, with another header: the declared length is not the actual one"
HEX_PHONE = "the terminal's number is no BCD, so there is no phone to tell it by"
BAD_ESCAPE = "the terminal left a 7D unescaped; what follows it is not known for sure"

UPSTREAM_DIFFERS = {
    "b34fdecf0382": TWO_COMPLEMENT,
    "fca013defbaf": TWO_COMPLEMENT,
    "28e300b30022": TWO_COMPLEMENT,
    "2bfd58fcea11": TWO_COMPLEMENT,
    "76f7ba704133": TWO_COMPLEMENT,
    "a24c2f824ee2": "cut out of a log: neither checksum nor length holds, upstream skips both checks",
    "b44b502d4fdd": "upstream sets its own phone length for this frame; by its properties it is 2013",
    "cd9cb4ace5c4": "the test of a writer: four times between flags, no message",
    "77c475ddff62": "the test of a reader: zeros between flags, one more than the header declares",
    "a55314986284": LENGTH,
    "c550249fb060": LENGTH,
    "b6f76d008574": LENGTH,
    "70e30586ee8d": LENGTH,
    "1be8486836e1": LENGTH + "; it also has a flag inside",
    "c8e7ad3dbdd3": "the body is shorter than declared: the capture lost bytes",
    "0f170c92f9f0": "neither checksum nor length holds",
    "1f1c2248da09": HEX_PHONE,
    "bccad3a1ad0d": HEX_PHONE,
    "946a44ef83e6": BAD_ESCAPE,
    "273dd4d2fd82": BAD_ESCAPE,
    "32ce533524aa": BAD_ESCAPE,
    "f257f08b1250": "an unescaped 7E inside ends the frame early",
    "1a6b3f4a9dd0": "the checksum is wrong and upstream never looks at it",
}
SUBPACKAGE = "one sub-package of a message: go-jt808 shows its header, here it waits for the others in vain"
GO_REFUSES_BODY = "go-jt808 cannot read this body; its length is what the header declares"
OLD_REGISTRATION = "a registration of 2011 by its length; go-jt808 knows the header's version only"
GO_DIFFERS = {
    **dict.fromkeys(
        (
            "529426509e3b", "2167cf371638", "e90210408481", "0b14a28b59b4", "660d85ead4f9", "5cb5d1e411fa",
            "d0ca0f6dbe1e", "cb66436359dd",
        ),
        SUBPACKAGE,
    ),
    **dict.fromkeys(
        (
            "882b594ce179", "da5ac0f02a07", "f1fb10e71128", "4743c9398bbd", "7f204f40885f", "2440082f9b06",
            "343cb5478e34", "db36b5fc2c3d", "a78636e2ad3c", "9066bfbb04e7", "2879faef90a5", "447cdf82451c",
        ),
        GO_REFUSES_BODY,
    ),
    **dict.fromkeys(("4d83ed741d7c", "a3d1747dbb01"), OLD_REGISTRATION),
    "8409d0a1914f": OLD_REGISTRATION + "; and its terminal number is binary, read as GB18030",
    "33ef62cfc2ce": "several frames in one record: the whole ones are told",
    "fe02b7d97d73": "several frames in one record: the whole ones are told",
    "c2a9260f47c6": "the header says the body is encrypted",
    "0b2e3f99d3ef": HEX_PHONE,
    "1f1c2248da09": HEX_PHONE,
    "bccad3a1ad0d": HEX_PHONE,
    "5413f078d098": "the card's time has digits above 9: the fixture's writer wrote it in binary",
    "f257f08b1250": "go-jt808 looks for the last flag of what it was given, not for the next",
}  # fmt: skip


def objects(data: bytes) -> list[Record]:
    teller = Teller()
    return [*teller.feed(data), *teller.finish()]


def read(record: Record) -> list[Record]:
    """The objects of a record; a bare 0x0200 body gets a frame around it."""
    data = bytes.fromhex(record["hex"])
    return objects(encode.frame(0x0200, "13912345678", 1, data) if record["kind"] == "body_0200" else data)


def same(name: str, ours: Any, theirs: Any) -> bool:
    if ours is None:
        return False
    if name in ("lat", "lon"):
        return bool(abs(ours - theirs) < 1e-9)
    if name == "phone":  # upstreams differ on leading zeros
        return bool(ours.lstrip("0") == theirs.lstrip("0"))
    if name == "time":
        return bool(ours == theirs.replace("T", " "))
    return bool(ours == theirs)


def differences(record: Record) -> list[str]:
    """What of an upstream's canonical assertions is not met."""
    wanted, found = record["expected"] or {}, read(record)
    fine = [one for one in found if "error" not in one]
    if wanted.get("reject"):
        return ["taken"] if fine else []
    if not wanted:
        return []
    if not fine:
        return ["refused"]
    one = fine[0]
    place = one["positions"][0] if "positions" in one else one
    items = place.get("items", {})
    ours = {
        **{name: place.get(name) for name in FIELDS},
        **{name: one.get(name) for name in ("msg_id", "phone", "serial")},
        "body_len": one["body_length"],
        "plate": one.get("plate_no") or one.get("vin"),  # upstream calls the VIN of an unplated vehicle its plate
        "manufacturer": one.get("maker"),
        "mileage_raw_0.1km": items.get("0x01", {}).get("odometer_km", 0) * 10,
        "oil_raw_0.1L": items.get("0x02", {}).get("fuel_l", 0) * 10,
    }
    return [
        f"{name}: {ours[name]!r}, upstream {wanted[name]!r}"
        for name in ours
        if name in wanted and not same(name, ours[name], wanted[name])
    ]


def test_every_upstream_expectation_is_met_or_listed(real_records: list[Record]) -> None:
    found = {one["id"]: differences(one) for one in real_records if one["kind"] in ("frame", "body_0200")}
    different = {key: said for key, said in found.items() if said}
    assert different.keys() == UPSTREAM_DIFFERS.keys(), different


def items_of(place: Record) -> dict[str, str]:
    """Hexadecimal values by id; of an id that comes twice the last, like the other decoder."""
    return {key: (value[-1] if isinstance(value, list) else value)["hex"] for key, value in place["items"].items()}


BODY_NAMES = {
    "provinceId": "province_code", "cityId": "city_code", "manufacturerId": "maker", "terminalModel": "terminal_model",
    "terminalID": "terminal_no", "plateColor": "plate_color_code", "alarmSign": "alarm", "statusSign": "status",
    "altitude": "altitude_m", "direction": "direction_deg", "dateTime": "time",
    "RespondSerialNumber": "answered_serial",
}  # fmt: skip


def go_differences(record: Record) -> list[str]:
    go, found = record["decoder_go_jt808"], read(record)
    fine = [one for one in found if "error" not in one]
    if ("error" in go) == bool(fine):
        return [f"{found}, go-jt808 {go.get('error', 'takes it')}"]
    if not fine:
        return []
    (one,) = fine
    said = [f"go-jt808: {go['body_error']}"] if "body_error" in go else []
    said += [name for name in ("msg_id", "phone", "serial") if not same(name, one[name], go[name])]
    said += ["version"] if str(one["version"]) != go["version"] else []
    ours, theirs = (one.get("positions", []), go["items"]) if "items" in go else ([one], [go] if "lat" in go else [])
    if "items" in go and len(ours) != len(theirs):
        said.append("how many positions")
    for place, other in zip(ours, theirs, strict=False):
        said += [name for name in FIELDS if not same(name, place[name], other[name])]
        theirs_items = {f"0x{key[2:].upper()}": value for key, value in other.get("additions_hex", {}).items()}
        if items_of(place) != theirs_items:
            said.append(f"items {items_of(place)}, go-jt808 {theirs_items}")
    if one["msg_id"] in ("0x0100", "0x0201"):
        body = go["body"]
        said += [theirs for theirs, name in BODY_NAMES.items() if theirs in body and body[theirs] != one[name]]
        if "licensePlateNumber" in body and body["licensePlateNumber"] != (one["plate_no"] or one["vin"]):
            said.append("plate")
    return said


def test_every_difference_from_another_decoder_is_listed(real_records: list[Record]) -> None:
    found = {one["id"]: go_differences(one) for one in real_records if one["decoder_go_jt808"]}
    assert len(found) > 300
    different = {key: said for key, said in found.items() if said}
    assert different.keys() == GO_DIFFERS.keys(), {
        key: different.get(key) for key in different.keys() ^ GO_DIFFERS.keys()
    }


def test_the_tables_of_every_record_are_those_of_the_reference(real_records: list[Record]) -> None:
    for record in real_records:
        data = bytes.fromhex(record["hex"])
        if record["kind"] == "body_0200":
            data = encode.frame(0x0200, "13912345678", 1, data)
        found, wanted = decode(data), reference(data)
        for name, rows in wanted.items():
            assert getattr(found, name).to_pylist() == rows, (record["id"], name)


def test_the_objects_say_what_the_tables_say(real_records: list[Record]) -> None:
    data = b"".join(bytes.fromhex(one["hex"]) for one in real_records if one["kind"] == "frame")
    found, tables = objects(data), decode(data)
    frames = tables.frames.to_pylist()
    assert [one["byte_offset"] for one in found] == [row["byte_offset"] for row in frames]
    assert [("error" in one) for one in found] == [row["outcome"] == "quarantined" for row in frames]
    assert sum(row["length"] for row in frames) == len(data)
    for row in tables.locations.to_pylist():
        one = found[row["number"]]
        place = one["positions"][row["position"]] if "positions" in one else one
        assert (place["lat"], place["lon"], place["speed_kmh"]) == (row["latitude"], row["longitude"], row["speed_kmh"])
        assert place["time"].translate(str.maketrans("", "", "-: "))[2:] == row["time_bcd"]
        assert place.get("cut_items") == (row["cut_items"].hex() if row["cut_items"] else None)
    assert tables.locations.num_rows == sum(
        len(one.get("positions", [one])) for one in found if "error" not in one and one.get("msg_id") in LOCATED
    )


LOCATED = ("0x0200", "0x0201", "0x0704")


def record_of(records: list[Record], key: str) -> Record:
    return next(one for one in records if one["id"] == key)


def test_all_four_safety_items_of_one_fixture(real_records: list[Record]) -> None:
    """yezhihao's fixture has 0x64 to 0x67 in one body; it calls the fields by names of its own."""
    record = record_of(real_records, "b27beb1aae6f")
    wanted = record["expected"]["decoded"]["attributes"]
    names = {
        "id": "alarm_id", "state": "flag", "type": "type", "level": "level", "frontSpeed": "front_speed_kmh",
        "frontDistance": "front_distance_ds", "deviateType": "deviation", "roadSign": "sign_type",
        "roadSignValue": "sign_value", "fatigueDegree": "fatigue_degree", "speed": "own_speed_kmh",
        "altitude": "altitude_m", "statusBit": "vehicle_state", "deviceId": "terminal_no",
        "sequenceNo": "identity_serial", "fileTotal": "attachment_count",
    }  # fmt: skip
    rows = decode(bytes.fromhex(record["hex"])).safety_alarms.to_pylist()
    assert [row["item"] for row in rows] == [int(key) for key in wanted]
    for row, theirs in zip(rows, wanted.values(), strict=True):
        assert {names[key]: theirs[key] for key in theirs if key in names}.items() <= row.items()
        assert (row["latitude"] * 1e6, row["longitude"] * 1e6) == pytest.approx(
            (theirs["latitude"], theirs["longitude"])
        )
        assert row["alarmed_at"].isoformat() == theirs["alarmTime"]
        assert row["identity_at"].isoformat() == theirs["dateTime"]
        assert row["profile"] == "su"


def test_tyre_alarms_of_both_profiles(real_records: list[Record]) -> None:
    """SmallChi's fixtures of the plain profile and of the Guangdong one have the same two wheels."""
    wheels = [
        {"position": 4, "type_flags": 1, "pressure_kpa": 3, "temperature_c": 5, "battery_percent": 2},
        {"position": 9, "type_flags": 6, "pressure_kpa": 8, "temperature_c": 10, "battery_percent": 7},
    ]
    for key, profile in (("2badaf46bf96", "su"), ("229d93a1656a", "yue")):
        body = bytes.fromhex(record_of(real_records, key)["hex"])
        (row,) = decode(encode.frame(0x0200, "1", 1, body)).safety_alarms.to_pylist()
        assert (row["profile"], row["terminal_no"], row["attachment_count"]) == (profile, "4444444", 2)
        assert row["wheels"] == wheels


def test_an_alarm_of_aggressive_driving(real_records: list[Record]) -> None:
    """The speed in the item is the one of its location, in whole km/h: the fields before it take six bytes."""
    decoded = decode(bytes.fromhex(record_of(real_records, "75940481a399")["hex"]))
    (row,), (place,) = decoded.safety_alarms.to_pylist(), decoded.locations.to_pylist()
    assert (row["item"], row["profile"], row["type"], row["alarm_id"]) == (0x70, "su", 2, 31)
    assert (row["threshold_s"], row["threshold_1"], row["threshold_2"]) == (0x0132, 0x3201, 0)
    assert row["own_speed_kmh"] == int(place["speed_kmh"])
    assert row["alarmed_at"].isoformat() == "2024-11-27T15:42:10"
    assert (row["terminal_no"], row["attachment_count"]) == ("id00003", 5)


def test_a_safety_item_of_no_profile_s_length_stays_as_bytes(real_records: list[Record]) -> None:
    """SmallChi's 0x65 declares 32 bytes and sends 47: what is left no longer is a list of items."""
    body = bytes.fromhex(record_of(real_records, "59d2610deef7")["hex"])
    decoded = decode(encode.frame(0x0200, "1", 1, body))
    (row,) = decoded.locations.to_pylist()
    assert decoded.safety_alarms.num_rows == 0
    assert (row["other_items"] or b"") + (row["cut_items"] or b"") == body[28:]


def test_driver_cards_of_both_editions(real_records: list[Record]) -> None:
    for key, citizen in (("fb1150537e59", None), ("84ea4d3d0105", "")):
        record = record_of(real_records, key)
        wanted = record["expected"]["decoded"]
        (row,) = decode(bytes.fromhex(record["hex"])).driver_cards.to_pylist()
        assert (row["driver_name"], row["certificate_no"]) == (wanted["name"], wanted["licenseNo"])
        assert row["authority"] == wanted["institution"]
        assert row["expires_on"].strftime("%Y%m%d") == wanted["licenseValidPeriod"]
        assert row["card_at"].strftime("%y%m%d%H%M%S") == wanted["dateTime"]
        assert (row["status"], row["result"], row["citizen_id"]) == (wanted["status"], wanted["cardStatus"], citizen)


def test_an_auth_code_is_not_told(real_records: list[Record]) -> None:
    record = record_of(real_records, "82dbf043eb23")
    token = record["expected"]["decoded"]["token"]
    data = bytes.fromhex(record["hex"])
    (row,) = decode(data).authentications.to_pylist()
    assert row["auth_code_length"] == len(token)
    assert token not in str(objects(data)) + str(row)


def test_the_escapes_of_a_frame_behind_garbage(real_records: list[Record]) -> None:
    """traccar's fixture: 24 24, then a frame too short to be one. Its un-escaped bytes are what traccar asserts."""
    record = record_of(real_records, "4a31db446c66")
    data = bytes.fromhex(record["hex"])
    assert [(row["byte_offset"], row["length"], row["detail"]) for row in decode(data).frames.to_pylist()] == [
        (0, 2, "cut"),
        (2, 9, "short"),
    ]
    wire = np.zeros(16 + PADDING, np.uint8)
    wire[: len(data)] = np.frombuffer(data, np.uint8)
    found = framing.split(wire, len(data), True)
    assert found
    frames = framing.read(wire, found)
    begin = int(frames.body[1]) - 12  # read as a header of 2013
    wanted = bytes.fromhex(record["expected"]["unescaped"])
    assert frames.data[begin : begin + len(wanted) - 2].tobytes() == wanted[1:-1]


@pytest.mark.parametrize("kind", ["text", "attach_stream_30316364"])
def test_what_is_no_808_at_all_is_one_quarantined_row(real_records: list[Record], kind: str) -> None:
    for record in (one for one in real_records if one["kind"] == kind):
        data = bytes.fromhex(record["hex"])
        rows = decode(data).frames.to_pylist()
        assert [(row["outcome"], row["length"], row["detail"]) for row in rows] == [("quarantined", len(data), "cut")]
