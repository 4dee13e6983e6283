"""Frames of JT/T 809 a second: the columnar decoder beside a plain loop over the same bytes, in one process.

The plain loop splits at the flags, replaces the escapes, checks the CRC with the C function of the standard library and
unpacks the fields of a position with ``struct`` into a list of tuples: what a careful program without columns does. It
makes no table, keeps no offsets and accounts for no damage. Streams: positions of 2011, positions of 2019 with items,
the first with one frame in a hundred damaged, and the first with many bytes that need an escape.

Run: ``python tests/benchmarks/bench_jt809.py``. ``HENG_BENCH_FRAMES`` makes it shorter. Times are seconds of processor.
"""

import binascii
import os
import random
import struct
import time
from collections.abc import Callable
from typing import Any

from etl.jt809 import decode

FRAMES = int(os.environ.get("HENG_BENCH_FRAMES", "200000"))
BLOCK = 5_000
ROUNDS = 3
ESCAPES = {0x5B: b"\x5a\x01", 0x5A: b"\x5a\x02", 0x5D: b"\x5e\x01", 0x5E: b"\x5e\x02"}
POSITION = struct.Struct(">BBBHBBBIIHHIHHII")
HEADER = struct.Struct(">IIHI3sBI")
VEHICLE = struct.Struct(">21sBHI")


def frame(body: bytes, serial: int, sent_s: int | None = None) -> bytes:
    time_ = b"" if sent_s is None else struct.pack(">Q", sent_s)
    content = HEADER.pack(26 + len(time_) + len(body), serial, 0x1200, 43110001, b"\1\0\0", 0, 0) + time_ + body
    content += binascii.crc_hqx(content, 0xFFFF).to_bytes(2, "big")
    return b"\x5b" + b"".join(ESCAPES.get(byte) or bytes([byte]) for byte in content) + b"\x5d"


def block(make: Callable[[random.Random, int], bytes]) -> bytes:
    """Varied frames, repeated up to the number wanted: what is measured does not remember frames."""
    chance = random.Random(809)
    return b"".join(make(chance, serial) for serial in range(BLOCK)) * max(1, FRAMES // BLOCK)


def vehicle(chance: random.Random, body: bytes) -> bytes:
    plate = f"湘M{chance.randrange(100_000):05d}".encode("gbk")
    return VEHICLE.pack(plate, 2, 0x1202, len(body)) + body


def position_2011(chance: random.Random, serial: int) -> bytes:
    clock = (chance.randrange(1, 29), chance.randrange(1, 13), 2024, chance.randrange(24), chance.randrange(60))
    body = POSITION.pack(
        0, *clock, chance.randrange(60), 111_000_000 + chance.randrange(10**6), 26_000_000 + chance.randrange(10**6),
        chance.randrange(90), chance.randrange(90), chance.randrange(10**6), chance.randrange(360),
        chance.randrange(600), 3, 0,
    )  # fmt: skip
    return frame(vehicle(chance, body), serial)


def position_2019(chance: random.Random, serial: int) -> bytes:
    time_ = bytes(int(f"{part:02d}", 16) for part in (24, chance.randrange(1, 13), chance.randrange(1, 29), 8, 30, 15))
    location = struct.pack(
        ">IIIIHHH6s", 0, 3, 26_000_000 + chance.randrange(10**6), 111_000_000 + chance.randrange(10**6),
        chance.randrange(600), chance.randrange(900), chance.randrange(360), time_,
    )  # fmt: skip
    location += struct.pack(">BBIBBHBBBBBB", 1, 4, chance.randrange(10**7), 3, 2, 600, 0x30, 1, 25, 0x31, 1, 14)
    tail = struct.pack(">11sI", b"43110000001", 0) * 3
    return frame(vehicle(chance, struct.pack(">BI", 0, len(location)) + location + tail), serial, 1_717_200_000)


def escape_heavy(chance: random.Random, serial: int) -> bytes:
    body = bytes(chance.choice((0x5A, 0x5B, 0x5D, 0x5E)) if chance.random() < 0.5 else 1 for _ in range(36))
    return frame(vehicle(chance, body), serial)


def damaged(data: bytes) -> bytes:
    chance = random.Random(1)
    broken = bytearray(data)
    for _ in range(FRAMES // 100):
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
    return bytes(broken)


def plain(data: bytes) -> list[tuple[Any, ...]]:
    found = []
    at = data.find(b"\x5b")
    while at >= 0:
        end = data.find(b"\x5d", at)
        if end < 0:
            break
        content = data[at + 1 : end]
        if b"\x5a" in content or b"\x5e" in content:
            content = content.replace(b"\x5a\x01", b"\x5b").replace(b"\x5e\x01", b"\x5d")
            content = content.replace(b"\x5e\x02", b"\x5e").replace(b"\x5a\x02", b"\x5a")
        at = data.find(b"\x5b", end)
        if len(content) < 24 or binascii.crc_hqx(content, 0xFFFF):
            continue
        _, serial, msg_id, platform, version, _, _ = HEADER.unpack_from(content)
        start = 22 if content[22] else 30
        plate, color, sub_id, _ = VEHICLE.unpack_from(content, start)
        head = (serial, msg_id, platform, version, plate.rstrip(b"\0").decode("gb18030"), color, sub_id)
        if start == 22:
            found.append((*head, *POSITION.unpack_from(content, start + 28)))
        else:
            location = content[start + 33 : -47]
            fixed = struct.unpack_from(">IIIIHHH6s", location)
            items, here = {}, 28
            while here + 2 <= len(location):
                items[location[here]] = location[here + 2 : here + 2 + location[here + 1]]
                here += 2 + location[here + 1]
            found.append((*head, *fixed, items))
    return found


def seconds(work: Callable[[bytes], Any], data: bytes) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        work(data)
        best = min(best, time.process_time() - began)
    return best


def main() -> None:
    of_2011 = block(position_2011)
    streams = {
        "2011": of_2011,
        "2019 with items": block(position_2019),
        "2011, 1 in 100 damaged": damaged(of_2011),
        "2011, half its bytes escaped": block(escape_heavy),
    }
    print(f"{'stream':30} {'MB':>6} {'columnar':>12} {'plain loop':>12} {'ratio':>6}")
    for name, data in streams.items():
        count = data.count(b"\x5b")
        columnar, loop = seconds(decode, data), seconds(plain, data)
        rates = f"{count / columnar:10,.0f}/s {count / loop:10,.0f}/s {loop / columnar:6.1f}"
        print(f"{name:30} {len(data) / 1e6:6.1f} {rates}")


if __name__ == "__main__":
    main()
