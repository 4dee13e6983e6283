"""The rare messages of a terminal, one body at a time: 0x0100, 0x0102, 0x0702. Layouts: domain table 5.1.

Lengths of maker, model and terminal number in a registration are those of 2011, 2013 and 2019. The 2011 and the 2013
edition have the same header, so a body of 37 bytes (2013 without a plate) or more is taken for 2013, but for one of
2011 of an unplated vehicle: where 2011 has colour 0 and a VIN, 2013 has its model and no colour there is. The driver's
identity of 2011 has neither status nor time: name, citizen id (20 bytes), certificate (40), authority. A body is taken
for it where its two lengths fill it exactly and it does not begin as one of 2013 does.
"""

import re
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from etl.jt808 import faults
from etl.jt808.faults import Refused
from etl.jt808.texts import text
from etl.jt808.words import REGISTRATION_WIDTHS, SHORTEST_2013_REGISTRATION

Row = dict[str, Any]
_IMEI_BYTES, _SOFTWARE_BYTES = 15, 20
_UNPLATED_2011 = re.compile(rb".{24}\0[0-9A-Z]{17}\0*", re.DOTALL)
CITIZEN_2011_BYTES, CERTIFICATE_2011_BYTES = 20, 40


class _Reader:
    """Fields from the front of a body; one that is not all there refuses the message."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._body) - self._at

    def bytes(self, length: int) -> bytes:
        if self.left < length:
            raise Refused(faults.BODY)
        self._at += length
        return self._body[self._at - length : self._at]

    def number(self, length: int) -> int:
        return int.from_bytes(self.bytes(length), "big")

    def text(self, length: int) -> str:
        return text(self.bytes(length))


def instant(bcd: bytes) -> datetime | None:
    """The instant that BCD[6] names; None where the digits are none."""
    try:
        year, month, day, hour, minute, second = (int(f"{value:x}") for value in bcd)
        return datetime(2000 + year, month, day, hour, minute, second)
    except ValueError:
        return None


def registration(body: bytes, version: int) -> Row:
    """0x0100. With plate colour 0 the terminal sends the VIN in the plate's place."""
    if version != 2019:
        version = edition_of(body)
    maker, model, terminal = REGISTRATION_WIDTHS[version]
    read = _Reader(body)
    row: Row = {
        "protocol_version": version, "province_code": read.number(2), "city_code": read.number(2),
        "maker": read.text(maker), "terminal_model": read.text(model), "terminal_no": read.text(terminal),
        "plate_color_code": read.number(1),
    }  # fmt: skip
    sign = read.text(read.left)
    return row | {
        "plate_no": sign if row["plate_color_code"] else None,
        "vin": None if row["plate_color_code"] else sign,
    }


def edition_of(registration: bytes) -> int:
    """2011 or 2013: of which a 0x0100 with the header of both is."""
    is_2011 = len(registration) < SHORTEST_2013_REGISTRATION or _UNPLATED_2011.fullmatch(registration)
    return 2011 if is_2011 else 2013


def authentication(body: bytes, version: int) -> Row:
    """0x0102. The code is a secret and does not leave this function: where it is longer than the message of 2019 says,
    what follows is no IMEI and no software but the rest of it."""
    row: Row = {"imei": None, "software": None}
    code = body
    if version == 2019:
        read = _Reader(body)
        code = read.bytes(read.number(1))
        is_rest = read.left > _IMEI_BYTES + _SOFTWARE_BYTES
        imei, software = read.text(_IMEI_BYTES), read.text(_SOFTWARE_BYTES)
        row = row if is_rest else {"imei": imei, "software": software}
    return {"auth_code_length": len(code), "auth_code_digest": sha256(code).hexdigest()[:16], **row}


def driver_card(body: bytes, version: int) -> Row:
    """0x0702. A removed card ends after its time, an unreadable one after the result."""
    if version != 2019 and is_identity_of_2011(body):
        return _identity_of_2011(body)
    read = _Reader(body)
    status, when = read.number(1), read.bytes(6)
    row: Row = dict.fromkeys(("result", "driver_name", "certificate_no", "authority", "expires_on", "citizen_id"))
    if read.left:
        row["result"] = read.number(1)
    if read.left:
        row["driver_name"], row["certificate_no"] = read.text(read.number(1)), read.text(20)
        row["authority"] = read.text(read.number(1))
        row["expires_on"] = _day(read.bytes(4))
        if version == 2019 and read.left >= 20:
            row["citizen_id"] = read.text(20)
    if not when.hex().isdecimal():
        raise Refused(faults.TIME)
    return {"status": status, "card_at": instant(when), **row}


def is_identity_of_2011(body: bytes) -> bool:
    """Whether a 0x0702 is one of the 2011 edition."""
    status, when = body[:1], body[1:7]
    if not body or (status in (b"\x01", b"\x02") and when.hex().isdecimal()):
        return False
    at = 1 + body[0] + CITIZEN_2011_BYTES + CERTIFICATE_2011_BYTES
    return len(body) > at and len(body) == at + 1 + body[at]


def _identity_of_2011(body: bytes) -> Row:
    read = _Reader(body)
    row: Row = dict.fromkeys(("status", "card_at", "result", "expires_on"))
    row["driver_name"] = read.text(read.number(1))
    row["citizen_id"], row["certificate_no"] = read.text(CITIZEN_2011_BYTES), read.text(CERTIFICATE_2011_BYTES)
    return row | {"authority": read.text(read.number(1))}


def _day(bcd: bytes) -> date | None:
    digits = bcd.hex()
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


READERS = {0x0100: registration, 0x0102: authentication, 0x0702: driver_card}
EMPTY = (0x0002, 0x0003)  # heartbeat and log-off: nothing to read in their bodies
