"""Streams of terminal traffic for property tests: whole messages, then everything that happens to them on the way."""

from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from etl.jt808 import encode

PHONES = (*("13912345678",) * 4, "1", "0", "017e7d")
DIGIT_TIMES = ("220615083000", "991231235959", "000101000000", "240229120000")
# No instants: month 00, 30 February, hour 24, second 60; the last are no digits.
ODD_TIMES = ("220015083000", "220230083000", "220615240000", "220615083060", "000000000000")
FAULTY_TIMES = ("22061508300a", "f20615083000", "a20615083000", "2206150830a0", "220615a83000", "22061a083000")
times = st.sampled_from(3 * DIGIT_TIMES + ODD_TIMES + FAULTY_TIMES)
words = st.integers(0, 0xFFFF)
# The flag and the escape byte in every place, and the ends of the range.
dwords = st.one_of(st.sampled_from((0, 1, 3, 0x7E, 0x7D7E7D7E, 0xFFFFFFFF)), st.integers(0, 0xFFFFFFFF))
bytes_ = st.one_of(st.sampled_from((0, 1, 0x7D, 0x7E, 0xFF)), st.integers(0, 255))
names = st.text("ABC123湘粤京 \0€𠀀", max_size=5)
makers = st.sampled_from(("70111", "A\0B", "", " x "))
serials = st.one_of(st.integers(0, 3), st.sampled_from((0x7E, 65534, 65535)))
versions = st.sampled_from((2013, 2019))

MESSAGE_IDS = (*(0x0200,) * 6, 0x0201, 0x0704, 0x0704, 0x0100, 0x0102, 0x0702, 0x0002, 0x0003, 0x0900, 0xFFFF)
# Ids with the lengths they have, and lengths they should not have.
KNOWN_ITEMS = {
    0x01: (4,), 0x02: (2,), 0x03: (2,), 0x04: (2,), 0x05: (30,), 0x06: (2,), 0x11: (1, 5), 0x12: (6,), 0x13: (7,),
    0x14: (4,), 0x15: (4,), 0x16: (4,), 0x17: (2,), 0x18: (3,), 0x25: (4,), 0x2A: (2,), 0x2B: (4,), 0x30: (1,),
    0x31: (1,),
}  # fmt: skip
SAFETY_LENGTHS = {
    0x64: (47, 71, 46), 0x65: (47, 71, 48), 0x66: (41, 50, 65, 75, 59), 0x67: (41, 65, 40), 0x70: (47, 71),
}  # fmt: skip


@st.composite
def any_item(draw: st.DrawFn) -> bytes:
    """One item: known, known in a wrong length, a vendor's, or a safety item."""
    kind = draw(st.sampled_from(("known", "known", "known", "alarm", "odd", "vendor", "safety")))
    if kind == "alarm":
        return draw(safety_item())
    if kind == "safety":
        item_id = draw(st.sampled_from(sorted(SAFETY_LENGTHS)))
        length = draw(st.sampled_from(SAFETY_LENGTHS[item_id]))
    elif kind == "known":
        item_id = draw(st.sampled_from(sorted(KNOWN_ITEMS)))
        length = draw(st.sampled_from(KNOWN_ITEMS[item_id]))
    elif kind == "odd":
        item_id, length = draw(st.sampled_from(sorted(KNOWN_ITEMS))), draw(st.integers(0, 9))
    else:
        item_id, length = draw(st.sampled_from((0x00, 0x07, 0x51, 0x7D, 0x7E, 0xE0, 0xFF))), draw(st.integers(0, 12))
    return encode.item(item_id, draw(st.binary(min_size=length, max_size=length)))


@st.composite
def safety_item(draw: st.DrawFn) -> bytes:
    """An item 0x64 to 0x67 or 0x70 as either profile writes it."""
    alarm = encode.SafetyAlarm(
        draw(dwords), 26.434567, 111.613445, draw(times), draw(bytes_), draw(bytes_), draw(bytes_), draw(bytes_),
        draw(words), draw(words), draw(st.sampled_from(("ABC1234", "", "湘M"))), draw(times), draw(bytes_),
        draw(bytes_), draw(st.sampled_from(("su", "su", "yue"))),
    )  # fmt: skip
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return encode.adas_item(alarm, *(draw(bytes_) for _ in range(5)))
    if kind == 1:
        return encode.dsm_item(alarm, draw(bytes_))
    if kind == 2:
        return encode.bsd_item(alarm)
    if kind == 3:
        return encode.aggressive_item(alarm, draw(words), draw(words), draw(words))
    wheel = st.builds(encode.Wheel, bytes_, words, words, words, words)
    return encode.tpms_item(alarm, draw(st.lists(wheel, max_size=3)))


@st.composite
def location(draw: st.DrawFn) -> bytes:
    """A body of 0x0200; items may come twice, and the last may overrun the body."""
    listed = draw(st.lists(any_item(), max_size=6))
    again = draw(st.booleans())
    if listed and again:
        listed.append(draw(st.sampled_from(listed)))
    written = b"".join(listed)
    if draw(st.integers(0, 3)) == 0:
        written = written[: draw(st.integers(0, len(written)))]
    return encode.location(
        draw(dwords) / 1e6,
        draw(dwords) / 1e6,
        draw(times),
        alarm_flags=draw(dwords),
        status_flags=draw(dwords),
        altitude_m=draw(words),
        speed_kmh=draw(words) / 10,
        direction_deg=draw(words),
        items=written[:400],
    )


@st.composite
def bodies(draw: st.DrawFn, version: int) -> tuple[int, bytes]:
    """A message: its id and its body."""
    kind = draw(st.sampled_from(MESSAGE_IDS))
    if kind == 0x0200:
        return kind, draw(location())
    if kind == 0x0201:
        return kind, encode.reply(draw(words), draw(location()))
    if kind == 0x0704:
        return kind, encode.batch(draw(st.lists(location(), max_size=2)), draw(st.integers(0, 2)))
    if kind == 0x0100:
        layout = version if version == 2019 else draw(st.sampled_from((2011, 2013)))
        plate, color = draw(names), draw(st.sampled_from((0, 1, 2, 94)))
        return kind, encode.registration(draw(makers), "m", "T 1", plate, plate_color_code=color, version=layout)
    if kind == 0x0102:
        return kind, encode.authentication(draw(names), "868", draw(st.sampled_from(("", "v1"))), version)
    if kind == 0x0702 and version != 2019 and draw(st.booleans()):
        identity = encode.identity_of_2011(draw(names), "431199", draw(names), draw(names))
        odd = draw(st.integers(0, 3))  # a byte more, a byte less
        return kind, identity + b"\1" if odd == 0 else identity[:-1] if odd == 1 else identity
    if kind == 0x0702:
        return kind, encode.driver_card(
            draw(bytes_),
            draw(times),
            draw(st.sampled_from((None, 0, 0, 0, 1))),
            driver_name=draw(names),
            certificate_no="4311",
            authority=draw(names),
            expires_on=draw(st.sampled_from(("20300101", "00000000", "20230229", "2030010a"))),
            citizen_id=draw(st.sampled_from((None, "431199"))) if version == 2019 else None,
        )
    return kind, draw(st.binary(max_size=9))


@st.composite
def restarts(draw: st.DrawFn) -> list[bytes]:
    """Messages of one kind and length in sub-packages with the same serials, of each but the last some may be lost; the
    terminal may tell that it begins anew."""
    version, phone, serial = draw(versions), draw(st.sampled_from(PHONES)), draw(serials)
    msg_id, body = draw(st.sampled_from(((0x0200, draw(location())), (0x0801, b"picture"), (0x0002, b"beat"))))
    random = Random(draw(st.integers(0, 1 << 32)))
    size = -(-len(body) // draw(st.integers(2, 3)))
    found: list[bytes] = []
    for _ in range(draw(st.integers(1, 2))):
        parts = encode.packages(msg_id, phone, serial, changed(body, random), version, size)
        found += [part for part in parts if random.randrange(2)]
        if random.randrange(2):
            found.append(encode.frame(random.choice((0x0100, 0x0102)), phone, serial, b"code", version))
    return found + encode.packages(msg_id, phone, serial, body, version, size)


@st.composite
def messages(draw: st.DrawFn) -> list[bytes]:
    """One message as the frames it is sent in: one, or several sub-packages; also several with the same serials."""
    if draw(st.integers(0, 9)) == 0:
        return draw(restarts())
    version = draw(versions)
    phone, serial = draw(st.sampled_from(PHONES)), draw(serials)
    msg_id, body = draw(bodies(version))
    shape = draw(st.integers(0, 14))
    if shape == 0 and body:  # too short, too long or contradictory
        body = body[: draw(st.integers(0, len(body)))] + draw(st.binary(max_size=3))
    if shape <= 1 or len(body) > encode.BODY_LIMIT:
        size = max(-(-len(body) // draw(st.integers(1, 4))), 1)
        return encode.packages(msg_id, phone, serial, body, version, min(size, encode.BODY_LIMIT))
    if shape == 2:
        numbers = st.sampled_from((0, 1, 2, 3, 65535))
        odd = [(draw(numbers), draw(numbers)) for _ in range(2)]
        return [
            encode.frame(msg_id, phone, (serial + index) % 65536, body, version, (total, index)) for total, index in odd
        ]
    if shape == 3:  # damaged before the terminal took the checksum
        content = bytearray(encode.header(msg_id, phone, serial, len(body), version) + body)
        for accident in draw(st.lists(accidents, min_size=1, max_size=2)):
            happen(content, accident)
        return [encode.enclose(bytes(content))]
    encryption = 1 + serial % 7 if shape == 4 else 0
    return [encode.frame(msg_id, phone, serial, body, version, encryption=encryption)]


@st.composite
def captures(draw: st.DrawFn) -> list[bytes]:
    """Frames of several messages; sub-packages in any order, doubled, missing and between others."""
    frames = [frame for message in draw(st.lists(messages(), min_size=1, max_size=6)) for frame in message]
    order = draw(st.sampled_from(("as sent", "shuffled", "doubled", "missing")))
    if order == "shuffled":
        return draw(st.permutations(frames))
    if order == "doubled" and frames:
        copies = draw(st.lists(st.sampled_from(frames), max_size=3))
        return draw(st.permutations(frames + copies))
    if order == "missing" and frames:
        frames.pop(draw(st.integers(0, len(frames) - 1)))
    return frames


def changed(body: bytes, random: Random) -> bytes:
    """A body of the same length, some of its bytes others; mostly values, sometimes an item's id or length."""
    written = bytearray(body)
    for _ in range(random.randrange(3)):
        at = random.randrange(len(written))
        for place in range(at, min(at + random.randrange(1, 9), len(written))):
            written[place] = random.choice((0x00, 0x01, 0x7D, 0x7E, 0x99, random.randrange(256)))
    return bytes(written)


@st.composite
def fleets(draw: st.DrawFn) -> bytes:
    """Many locations of a few kinds, the bodies of a kind nearly alike, as terminals of one make send them."""
    kinds: list[bytes] = draw(st.lists(location(), min_size=1, max_size=3))
    random = Random(draw(st.integers(0, 1 << 32)))
    version = draw(versions)
    written = bytearray()
    for serial in range(draw(st.integers(25, 70))):
        body = changed(random.choice(kinds), random)
        msg_id = random.choice((0x0200, 0x0200, 0x0200, 0x0201, 0x0704))
        if msg_id == 0x0201:
            body = encode.reply(serial, body)
        elif msg_id == 0x0704:
            body = encode.batch([body, changed(body, random)], random.randrange(2))
        written += encode.frame(msg_id, random.choice(PHONES), serial, body[: encode.BODY_LIMIT], version)
    for accident in draw(st.lists(accidents, max_size=2)):
        happen(written, accident)
    return bytes(written)


BETWEEN = (
    b"", b"", b"", b"", b"\x24\x24", b"\x28", b"\x7e", b"\x7e\x7e", b"\x7d", b"\x00", b"(1,001)", b"\x7e\x00\x7e",
    b"\x7e" + b"\x00" * 2091,
)  # fmt: skip


@st.composite
def joins(draw: st.DrawFn) -> bytes:
    """A capture as one stream: flags shared, lost or doubled, garbage between the frames, a tail that is cut."""
    written = b""
    for frame in draw(captures()):
        how = draw(st.sampled_from(("whole", "whole", "whole", "shared", "no start", "no end")))
        if how == "shared" and written.endswith(b"\x7e"):
            written += frame[1:]
        else:
            written += draw(st.sampled_from(BETWEEN)) + frame[how == "no start" : len(frame) - (how == "no end")]
    return written + draw(st.sampled_from((b"", b"", b"\x7e", b"\x7e\x02\x00", b"\x24")))


class Accident(NamedTuple):
    """Something that happens to a stream of bytes at ``at`` (counted round and round), over ``length`` bytes."""

    kind: str
    at: int
    length: int
    inserted: bytes


ACCIDENTS = ("flip", "drop", "insert", "cut", "repeat", "swap")
INSERTED = (b"\x7e", b"\x7d", b"\x7d\x01", b"\x7d\x03", b"\x00", b"\x7e\x7e")
accidents = st.builds(
    Accident, st.sampled_from(ACCIDENTS), st.integers(0, 4095), st.integers(1, 60), st.sampled_from(INSERTED)
)


def happen(stream: bytearray, accident: Accident) -> None:
    """One accident, in place."""
    at = accident.at % max(1, len(stream))
    match accident.kind:
        case "flip" if stream:
            stream[at] ^= 1 << accident.length % 8
        case "drop":
            del stream[at : at + accident.length % 5 + 1]
        case "insert":
            stream[at:at] = accident.inserted
        case "cut":
            del stream[at:]
        case "repeat":
            stream[at:at] = stream[at : at + accident.length]
        case "swap" if stream:
            stream[at], stream[-accident.length % len(stream)] = stream[-accident.length % len(stream)], stream[at]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A stream after a few accidents to its bytes."""
    stream = bytearray(draw(joins()))
    for accident in draw(st.lists(accidents, max_size=4)):
        happen(stream, accident)
    return bytes(stream)
