"""Streams of JT/T 809 traffic, whole and damaged, for the property tests."""

import struct

import messages_809 as m
from hypothesis import strategies as st

bytes_of = st.binary
word = st.integers(0, 0xFFFF)
double_word = st.integers(0, 0xFFFF_FFFF)
awkward = st.sampled_from([0x00, 0x01, 0x02, 0x5A, 0x5B, 0x5D, 0x5E, 0xFF])
plates = st.one_of(
    st.sampled_from(["湘M12345", "湘MD12345", "粤A11111", "", "川Z00001"]),
    st.text(alphabet="湘粤AB19 \n\0", max_size=8),
)
dates = st.tuples(
    st.one_of(st.integers(2000, 2026), word),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 24),
    st.integers(0, 60),
    st.integers(0, 60),
)
times_808 = st.one_of(
    st.sampled_from([b"\x22\x06\x15\x08\x30\x00", b"\x24\x02\x29\x23\x59\x59", b"\x00\x00\x00\x00\x00\x00"]),
    bytes_of(min_size=6, max_size=6),
)
seconds = st.one_of(st.sampled_from([0, m.UTC_2024, 4102444800, 946684799, 1 << 32, (1 << 64) - 1]), double_word)

positions_2011 = st.builds(
    m.position_2011,
    encryption=st.sampled_from([0, 1, 2]),
    date=dates,
    longitude=double_word,
    latitude=double_word,
    speed=word,
    recorder_speed=word,
    odometer=double_word,
    direction=word,
    altitude=word,
    status=st.one_of(st.integers(0, 15), double_word),
    alarm=double_word,
)


@st.composite
def items(draw: st.DrawFn) -> bytes:
    """Known items, known ids of another length, unknown ids, doubled ones, and now and then one that runs over."""
    out = b""
    for item, size in draw(
        st.lists(
            st.sampled_from(
                [(0x01, 4), (0x02, 2), (0x03, 2), (0x14, 4), (0x25, 4), (0x30, 1), (0x31, 1), (0x03, 3), (0xE1, 5)]
            ),
            max_size=6,
        )
    ):
        out += bytes([item, size]) + draw(bytes_of(min_size=size, max_size=size))
    return out + draw(st.sampled_from([b"", b"", b"\x30", b"\x01\x09\x00\x5b"]))


locations_808 = st.builds(m.location_808, alarm=double_word, status=st.integers(0, 15), time=times_808, items=items())
tails = st.one_of(st.just(m.platforms()), bytes_of(max_size=50))


@st.composite
def bodies_1200(draw: st.DrawFn, is_2019: bool) -> bytes:
    plate, color = draw(plates), draw(st.sampled_from([0, 1, 2, 93, 0x5B]))
    if is_2019:
        report = st.builds(m.position_2019, locations_808, encryption=st.sampled_from([0, 1, 9]), tail=tails)
        late = st.builds(m.position_2019, locations_808)
    else:
        report = st.builds(bytes.__add__, positions_2011, st.sampled_from([b"", b"", b"\x5d\x01"]))
        late = positions_2011
    if draw(st.booleans()):
        return m.vehicle(0x1202, draw(report), plate=plate, color=color)
    found = draw(st.lists(late, max_size=4))
    count = len(found) if draw(st.integers(0, 5)) else draw(st.integers(0, 6))
    extra = draw(st.sampled_from([b"", b"", b"\x00\x5e"]))
    return m.vehicle(0x1203, bytes([count]) + b"".join(found) + extra, plate=plate, color=color)


texts = st.one_of(st.sampled_from([b"", "超速".encode("gbk"), b"\x81", b"abc\0\0 "]), bytes_of(max_size=12))
alarm_bodies = st.one_of(
    st.tuples(st.just(0x1402), st.builds(m.alarm_2011, texts, source=st.integers(0, 9), kind=word, at=seconds)),
    st.tuples(st.sampled_from([0x1402, 0x1403]), st.builds(m.alarm_2019, texts, kind=word, plate=plates)),
    st.tuples(
        st.sampled_from([0x1401, 0x1403, 0x1411, 0x1412]),
        st.sampled_from([b"", struct.pack(">IB", 7, 1), struct.pack(">HIB", 0x9401, 55, 2), bytes(12)]),
    ),
    st.tuples(st.sampled_from([0x1401, 0x1402, 0x1403, 0x1412, 0x1499]), bytes_of(max_size=90)),
)
supervision_bodies = st.one_of(
    st.builds(m.supervision_2011, level=st.integers(0, 3)),
    st.builds(m.supervision_2019),
    st.builds(bytes.__add__, st.builds(m.supervision_2011), bytes_of(max_size=12)),
    bytes_of(max_size=110),
)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    sent = draw(st.one_of(st.none(), st.just(m.UTC_2024), seconds))
    msg_id = draw(st.sampled_from([0x1200] * 5 + [0x1400] * 3 + [0x9400, 0x1300, 0x1500, 0x1005, 0x1001, 0x9101]))
    has_vehicle = sent is None or draw(st.booleans())
    off = draw(st.sampled_from([0] * 9 + [1]))
    if msg_id == 0x1200:
        body = draw(bodies_1200(is_2019=sent is not None))
    elif msg_id in (0x1400, 0x9400):
        sub_id, sub = draw(alarm_bodies) if msg_id == 0x1400 else (0x9401, draw(supervision_bodies))
        body = m.vehicle(sub_id, sub, plate=draw(plates), length_off=off) if has_vehicle else m.short(sub_id, sub)
    elif msg_id == 0x1300:
        body = m.short(0x1301, draw(bytes_of(max_size=20)))
    elif msg_id == 0x1500:
        body = m.vehicle(0x1501, draw(bytes_of(max_size=20)), length_off=off)
    else:
        body = draw(bytes_of(max_size=20))
    return m.frame(
        msg_id,
        body,
        serial=draw(double_word),
        platform=draw(double_word),
        version=draw(st.sampled_from([b"\x01\x00\x00", b"\x01\x02\x0f"])),
        encryption=draw(st.sampled_from([0] * 15 + [1])),
        sent_s=sent,
        length_off=draw(st.sampled_from([0] * 15 + [1])),
    )


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A few frames and stretches of anything, then a few bytes flipped, lost, added or doubled, or the tail cut off."""
    parts = draw(st.lists(st.one_of(frames(), frames(), frames(), bytes_of(max_size=9)), max_size=6))
    data = bytearray(b"".join(parts))
    for _ in range(draw(st.integers(0, 3))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.integers(0, 4)):
            case 0:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case 1:
                del data[at : at + draw(st.integers(1, 3))]
            case 2:
                data[at:at] = bytes(draw(st.lists(awkward, min_size=1, max_size=3)))
            case 3:
                data[at:at] = data[max(0, at - 100) : at]
            case _:
                del data[at:]
    return bytes(data)
