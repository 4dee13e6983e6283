"""What a line and a gateway do to frames of JT/T 808 on the way, in declared ways.

``spoiled`` damages frames of a capture and puts noise between them. What must become of each is known from its kind:
the reason and the detail it is refused with, or that it is read all the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from operator import xor

import numpy as np

from etl.demo.messages import Message
from etl.jt808 import encode

_MESSAGE_ID = 0x0200
_BATCH = 0x0704
_HEADER_BYTES, _PHONE_AT = {2013: 12, 2019: 17}, {2013: 4, 2019: 5}
_TIME_AT, _BODY_CUT = 22, 20
_LONGEST_BYTES = 2_100
"""More than a frame of JT/T 808 can have on the wire."""


def _content(data: bytes) -> bytes:
    """Header and body of a frame, without flags, escapes and checksum."""
    return data[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")[:-1]


def _with_byte(content: bytes, at: int, value: int) -> bytes:
    return content[:at] + bytes([value]) + content[at + 1 :]


def _body_at(message: Message) -> int:
    return _HEADER_BYTES[message.terminal.version]


def _checksum(message: Message) -> bytes:
    """A bit of the latitude turned over."""
    content, at = _content(message.data), _body_at(message) + 9
    spoiled = _with_byte(content, at, content[at] ^ 0x10)
    return b"\x7e" + encode.escape(spoiled + bytes([encode.checksum(content)])) + b"\x7e"


def _cut(message: Message) -> bytes:
    """The second half is lost with its flag: the next frame's flag ends it."""
    end = len(message.data) * 2 // 3
    while message.data[end - 1] == encode.ESCAPE or not reduce(xor, (*_content(message.data[:end] + b"\0\x7e"), 0)):
        end -= 1
    return message.data[:end]


def _escape(message: Message) -> bytes:
    """A stray 7D in the body."""
    at = _body_at(message) + 14
    while message.data[at - 1] == encode.ESCAPE:
        at += 1
    return message.data[:at] + b"\x7d\x55" + message.data[at:]


def _length(message: Message) -> bytes:
    """One byte more declared than is there; the checksum agrees."""
    content = _content(message.data)
    return encode.enclose(_with_byte(content, 3, content[3] + 1))


def _phone(message: Message) -> bytes:
    content, at = _content(message.data), _PHONE_AT[message.terminal.version]
    return encode.enclose(_with_byte(content, at, 0xA0))


def _encrypted(message: Message) -> bytes:
    content = _content(message.data)
    return encode.enclose(_with_byte(content, 2, content[2] | 0x04))


def _time(message: Message) -> bytes:
    """A digit of the month above 9."""
    return encode.enclose(_with_byte(_content(message.data), _body_at(message) + _TIME_AT + 1, 0x1A))


def _body(message: Message) -> bytes:
    """A report of 20 bytes, well formed but for that."""
    body = _content(message.data)[_body_at(message) :][:_BODY_CUT]
    return encode.frame(_MESSAGE_ID, message.terminal.phone, 50_000, body, message.terminal.version)


_REFUSED: dict[str, tuple[Callable[[Message], bytes], str]] = {
    "checksum": (_checksum, "checksum"), "cut_middle": (_cut, "checksum"), "escape": (_escape, "escape"),
    "length": (_length, "length"), "phone": (_phone, "phone"), "encrypted": (_encrypted, "encrypted"),
    "time": (_time, "time"), "body": (_body, "body"),
}  # fmt: skip
"""Kinds of damage to a frame, and the detail of R-FRAME each gets: a frame that is cut has another checksum first."""
_READ: dict[str, Callable[[Message], bytes]] = {
    "flag_lost": lambda message: message.data[:-1], "flags_between": lambda message: message.data + b"\x7e\x7e",
}  # fmt: skip
"""Kinds that cost nothing: the next frame's flag ends this one; flags fill a pause."""
_NOISE = {"noise_short": "short", "noise": "checksum", "noise_long": "length"}
"""Noise behind a frame, and its detail."""


def spoiled(messages: Sequence[Message], rng: np.random.Generator, edges: bool) -> list[Message]:
    """The messages of a capture with each kind of fault on a report of its own that nothing else depends on.

    ``edges``: the capture begins and ends within a frame. A capture with few such reports is left as it is.
    """
    kinds = [*_REFUSED, *_READ, *_NOISE, "packages"]
    able = [at for at, each in enumerate(messages) if each.is_plain and at + 1 < len(messages)]
    out = list(messages)
    if len(able) >= 8 * len(kinds):
        # Every third, so that no two stand beside each other.
        places = sorted(rng.choice(np.array(able[1::3]), len(kinds), replace=False).tolist(), reverse=True)
        for place, kind in zip(places, rng.permutation(kinds).tolist(), strict=True):
            out[place : place + 1] = _at(out[place], kind, rng)
    if edges and out:
        out = [_edge(out[0], out[0].data[9:], "cut_before"), *out, _edge(out[-1], out[-1].data[:-9], "cut_behind")]
    return out


def _at(message: Message, kind: str, rng: np.random.Generator) -> list[Message]:
    """What stands in the place of ``message``."""
    if kind in _REFUSED:
        write, detail = _REFUSED[kind]
        return [_lost(message, kind, detail, write(message))]
    if kind in _READ:
        return [replace(message, fault=kind, data=_READ[kind](message))]
    if kind == "packages":
        return [message, *_strange_packages(message)]
    return [message, replace(_lost(message, kind, _NOISE[kind], _noise(kind, rng)), borrows=1)]


def _lost(message: Message, kind: str, detail: str, data: bytes, reason: str = "R-FRAME") -> Message:
    return replace(message, data=data, fault=kind, reason=reason, detail=detail, points=(), is_plain=False)


def _edge(message: Message, data: bytes, kind: str) -> Message:
    return _lost(replace(message, alarms=()), kind, "cut", data)


def _noise(kind: str, rng: np.random.Generator) -> bytes:
    """Bytes without a flag; the flag of the frame before it begins it."""
    if kind == "noise_short":
        return b"AT+CSQ\r\n"
    if kind == "noise_long":
        return b"\x55" * _LONGEST_BYTES
    drawn = bytes(rng.integers(0x20, 0x70, 39).tolist())
    # The sum is not 0, or it would pass for a frame.
    return drawn + (b"!" if encode.checksum(drawn) != 0x21 else b"?")


def _strange_packages(message: Message) -> list[Message]:
    """Index 0; a first of three packages that stays alone; one that says it is the second of four of the same."""
    phone, version = message.terminal.phone, message.terminal.version
    frames = (
        ("package_index", "index", 60_000, (3, 0)),
        ("package_alone", "unfinished", 60_010, (3, 1)),
        ("package_total", "total", 60_011, (4, 2)),
    )
    return [
        _lost(message, kind, detail, encode.frame(_BATCH, phone, serial, bytes(40), version, package), "R-SUBPACKAGE")
        for kind, detail, serial, package in frames
    ]
