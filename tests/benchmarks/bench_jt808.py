"""Location frames a second on one processor, from the bytes of a capture to Arrow tables.

Beside the decoder, in the same run: a plain loop over frames in Python with the same checks and fixed fields, and the
floor: one copy and one XOR pass of numpy over the same bytes. Seconds are seconds of processor, the best of a few
rounds. Streams: as usual (2013, four item layouts, one frame in twenty with a safety alarm), with 2019 headers mixed
in, one frame in a hundred damaged, heavy with escapes, backfill (0x0704), forty kinds of terminal with vendor items of
their own, and vendor items of random ids and lengths.
Run: ``python tests/benchmarks/bench_jt808.py``. ``HENG_BENCH_FRAMES`` sets the size.
"""

import os
import struct
import time
from collections.abc import Callable
from random import Random

import numpy as np

from etl.jt808 import Decoder, encode

FRAMES = int(os.environ.get("HENG_BENCH_FRAMES", "100000"))
ROUNDS = int(os.environ.get("HENG_BENCH_ROUNDS", "15"))
CHUNK_BYTES = int(os.environ.get("HENG_BENCH_CHUNK", str(3 << 19)))
BLOCK = 20_000  # distinct frames; a stream repeats them
VEHICLES = 4_000


def _item(item: int, form: str, value: int) -> bytes:
    packed = struct.pack(f">{form}", value)
    return bytes((item, len(packed))) + packed


def _usual(rng: Random) -> bytes:
    return b"".join(
        (
            _item(0x01, "I", rng.randrange(10_000, 9_000_000)), _item(0x02, "H", rng.randrange(4000)),
            _item(0x03, "H", rng.randrange(1100)), _item(0x25, "I", rng.choice((0, 1, 3, 16))),
            _item(0x2A, "H", rng.randrange(2)), _item(0x2B, "I", rng.randrange(1 << 24)),
            _item(0x30, "B", rng.randrange(10, 32)), _item(0x31, "B", rng.randrange(4, 25)),
        )
    )  # fmt: skip


def _few(rng: Random) -> bytes:
    return b"".join(
        (
            _item(0x01, "I", rng.randrange(10_000, 9_000_000)), _item(0x03, "H", rng.randrange(1100)),
            _item(0x30, "B", rng.randrange(10, 32)), _item(0x31, "B", rng.randrange(4, 25)),
        )
    )  # fmt: skip


def _safety(rng: Random, item: int) -> bytes:
    value = bytes(rng.randrange(0, 90) for _ in range(13))
    value += struct.pack(">HII", 100, 26_400_000 + rng.randrange(100_000), 111_600_000 + rng.randrange(100_000))
    value += bytes.fromhex("260615083000") + b"\x04\x01" + b"T%06d" % rng.randrange(VEHICLES)
    return bytes((item, 47)) + value + bytes.fromhex("260615083000") + b"\x00\x03\x00"


def _vendor(rng: Random) -> bytes:
    return b"".join(
        bytes((item, length)) + rng.randbytes(length)
        for item in rng.sample(range(0xE0, 0xFF), 3)
        for length in (rng.randrange(40),)
    )


def _body(rng: Random, items: bytes, escapes: bool = False) -> bytes:
    head = struct.pack(
        ">IIIIHHH", rng.choice((0, 0, 2, 4)), 3, 26_400_000 + rng.randrange(900_000),
        111_600_000 + rng.randrange(900_000), rng.randrange(600), rng.randrange(1100), rng.randrange(360),
    )  # fmt: skip
    if escapes:
        head = bytes(rng.choice((0x7D, 0x7E)) if rng.random() < 0.3 else byte for byte in head)
    when = rng.randrange(86_400)
    digits = f"260615{when // 3600:02}{when // 60 % 60:02}{when % 60:02}"
    return head + bytes.fromhex(digits) + items


def _frame(rng: Random, number: int, msg_id: int, body: bytes, version: int = 2013) -> bytes:
    return encode.frame(msg_id, f"{13900000000 + rng.randrange(VEHICLES)}", number & 0xFFFF, body, version)


def usual(rng: Random, number: int) -> bytes:
    items = _usual(rng) if rng.random() < 0.8 else _few(rng)
    if number % 20 == 0:
        items += _safety(rng, 0x65 if number % 40 else 0x64)
    return _frame(rng, number, 0x0200, _body(rng, items))


def mixed(rng: Random, number: int) -> bytes:
    return _frame(rng, number, 0x0200, _body(rng, _usual(rng)), 2019 if number % 3 == 0 else 2013)


def damaged(rng: Random, number: int) -> bytes:
    frame = bytearray(usual(rng, number))
    if number % 100 == 0:
        at = rng.randrange(len(frame))
        match number // 100 % 3:
            case 0:
                frame[at] ^= 1 << rng.randrange(8)
            case 1:
                del frame[at]
            case 2:
                frame.insert(at, rng.choice((0x7D, 0x7E, 0x55)))
    return bytes(frame)


def escaped(rng: Random, number: int) -> bytes:
    return _frame(rng, number, 0x0200, _body(rng, _usual(rng), escapes=True))


def backfill(rng: Random, number: int) -> bytes:
    bodies = [_body(rng, _usual(rng)) for _ in range(10)]
    body = b"\x00\x0a\x01" + b"".join(struct.pack(">H", len(one)) + one for one in bodies)
    return _frame(rng, number, 0x0704, body)


def fleet(rng: Random, number: int) -> bytes:
    """Forty kinds of terminal, each with vendor items of its own."""
    kind = Random(rng.randrange(40))
    items = _usual(rng) if kind.random() < 0.7 else _few(rng)
    return _frame(rng, number, 0x0200, _body(rng, items + _vendor(kind)))


def many_layouts(rng: Random, number: int) -> bytes:
    return _frame(rng, number, 0x0200, _body(rng, _usual(rng) + _vendor(rng)))


def stream(make: Callable[[Random, int], bytes], frames: int) -> bytes:
    rng = Random(808)
    block = b"".join(make(rng, number) for number in range(min(BLOCK, frames)))
    return block * max(1, frames // BLOCK)


def plain_loop(data: bytes) -> int:
    """Frame by frame in plain Python: the checks, the fixed fields, the items; lists of values. Locations read."""
    found = []
    for content in data.split(b"\x7e"):
        if not content:
            continue
        if b"\x7d" in content:
            content = content.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
        checksum = 0
        for byte in content:
            checksum ^= byte
        if checksum or len(content) < 13:
            continue
        msg_id, properties = struct.unpack_from(">HH", content)
        at = 17 if properties & 0x4000 else 12
        if properties & 1023 != len(content) - at - 1 or msg_id != 0x0200:
            continue
        alarm, status, latitude, longitude, altitude, speed, direction = struct.unpack_from(">IIIIHHH", content, at)
        row = [
            content[at - 8 : at - 2].hex(), alarm, status, latitude / 1e6, longitude / 1e6, altitude, speed / 10,
            direction, content[at + 22 : at + 28].hex(),
        ]  # fmt: skip
        at += 28
        while at + 2 < len(content):
            length = content[at + 1]
            row.append((content[at], content[at + 2 : at + 2 + length]))
            at += 2 + length
        found.append(row)
    return len(found)


def ours(data: bytes) -> int:
    decoder, locations = Decoder(CHUNK_BYTES), 0
    view = memoryview(data)
    for begin in range(0, len(data), CHUNK_BYTES):
        locations += decoder.feed(view[begin : begin + CHUNK_BYTES]).locations.num_rows
    return int(locations + decoder.finish().locations.num_rows)


def floor(data: bytes) -> int:
    """Copy every byte once and XOR every byte once, in chunks of the same size."""
    wire = np.frombuffer(data, np.uint8)
    room = np.empty(CHUNK_BYTES, np.uint8)
    total = 0
    for begin in range(0, len(wire), CHUNK_BYTES):
        part = wire[begin : begin + CHUNK_BYTES]
        room[: len(part)] = part
        total ^= int(np.bitwise_xor.reduce(room[: len(part)]))
    return total


def seconds(work: Callable[[bytes], int], data: bytes, rounds: int) -> tuple[float, int]:
    best, result = float("inf"), 0
    for _ in range(rounds):
        started = time.process_time()
        result = work(data)
        best = min(best, time.process_time() - started)
    return best, result


def main() -> None:
    first = 0.0
    for make in (usual, mixed, damaged, escaped, backfill, fleet, many_layouts):
        frames = FRAMES // 10 if make is backfill else FRAMES
        data = stream(make, frames)
        sample = stream(make, min(frames, BLOCK))
        ours(sample)
        took, locations = seconds(ours, data, ROUNDS)
        least, _ = seconds(floor, data, ROUNDS)
        loop, looped = seconds(plain_loop, sample, max(2, ROUNDS // 3))
        rate = locations / took / 1e6
        first = first or rate
        against = ""
        if looped:
            against = f"  {rate / (looped / loop / 1e6):5.1f} times the plain loop ({looped / loop / 1e6:.2f} M/s)"
        print(
            f"{make.__name__:13} {locations:9,} locations {len(data) / 2**20:5.0f} MiB {took:6.3f} s {rate:5.2f} M/s"
            f" {rate / first:5.0%} of usual  {took / least:5.1f} times the floor{against}",
            flush=True,
        )


if __name__ == "__main__":
    main()
