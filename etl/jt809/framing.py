"""Candidate frames of a block: un-escaping, CRC, header and the head of the sub-message, all frames at once.

2011 or 2019? The header of 2019 is that of 2011 and eight bytes of time (22 and 30 bytes). Nothing in the first 22
bytes tells them apart: the length field and the CRC cover the whole frame, and platforms of both versions send 1.0.0 as
their version. So the rule is:

1. The head of a sub-message ends with the length of what follows. If that is right to the byte at 22 only, the frame is
   2011; at 30 only, 2019. The head names a vehicle (28 bytes), but not in 0x1300 and 0x9300 (6 bytes: id and length);
   0x1400 and 0x9400 have either in 2019.
2. Else (no sub-message, or both fit) it is 2019 if the eight bytes at 22 are a time of the years 2000 to 2099.
"""

from dataclasses import dataclass

import numpy as np

from etl.jt808.arrays import Array, Bytes, Ints, rows
from etl.jt808.locations import PADDING
from etl.jt809.crc import residues
from etl.jt809.layouts import HEADER_2011, HEADER_2019, SHORT_HEAD, VEHICLE_HEAD, Layout
from etl.jt809.splitting import Rows

CRC_BYTES = 2
# Fields are gathered of every frame, also of one that is too short for them: so many zeros stand behind the last one.
MARGIN = PADDING
FIRST_TIME, LAST_TIME = 946_684_800, 4_102_444_799  # 2000-01-01 to 2099-12-31, UTC

DETAILS = ("escape", "short", "checksum", "length", "encrypted", "body", "time", "cut", "outside")
ESCAPE, SHORT, CHECKSUM, LENGTH, ENCRYPTED, BODY, TIME, CUT_OFF, STRAY = range(1, 10)

VEHICLE_FAMILIES = (0x1200, 0x1400, 0x1500, 0x1600, 0x9200, 0x9400, 0x9500, 0x9600)
PLATFORM_FAMILIES = (0x1300, 0x9300)
EITHER_FAMILIES = (0x1400, 0x9400)
DECODED_FAMILIES = (0x1200, 0x1400, 0x9400)
NO_SUB_MESSAGE = -1


def among(*ids: int) -> Array:
    """A table of all 16-bit ids, true at these: ``table[found]`` is a quicker ``np.isin``."""
    table = np.zeros(1 << 16, np.bool_)
    table[list(ids)] = True
    return table


_NAMES_VEHICLE, _IS_SHORT, _IS_EITHER, _MUST_FIT = (
    among(*families) for families in (VEHICLE_FAMILIES, PLATFORM_FAMILIES, EITHER_FAMILIES, DECODED_FAMILIES)
)


def _head() -> np.dtype[np.void]:
    """The bytes from the start of a frame on in which everything lies that tells its version and length."""
    at_2011, at_2019 = HEADER_2011.size, HEADER_2019.size
    lengths = {
        name: (at + head.offset("sub_length"), ">u4")
        for name, at, head in (
            ("vehicle_2011", at_2011, VEHICLE_HEAD),
            ("vehicle_2019", at_2019, VEHICLE_HEAD),
            ("short_2011", at_2011, SHORT_HEAD),
            ("short_2019", at_2019, SHORT_HEAD),
        )
    }
    forms = {1: "u1", 2: ">u2", 4: ">u4", 8: ">u8"}
    fields = {
        field.name: (HEADER_2019.offset(field.name), forms[field.size])
        for field in HEADER_2019.fields
        if field.size in forms
    } | lengths
    fields["version"] = (HEADER_2011.offset("version"), ">u4")  # and the byte after it
    offsets, formats = [at for at, _ in fields.values()], [form for _, form in fields.values()]
    return np.dtype({"names": list(fields), "formats": formats, "offsets": offsets, "itemsize": HEAD_BYTES})


HEAD_BYTES = 64
_HEAD = _head()


@dataclass
class Frames:
    """Candidate frames, one element each (n,). ``detail``: 0, or 1 + the place of the word in ``DETAILS``.

    ``start`` and ``end`` bound the un-escaped frame without flags in ``content``, the CRC included. Where
    ``has_header`` is False the header means nothing; where ``sub_id`` is ``NO_SUB_MESSAGE`` so do the ``sub_`` and
    ``vehicle_`` values.
    """

    content: Bytes
    start: Ints
    end: Ints
    detail: Array
    has_header: Array
    head: Array  # structured, see _head: the fields of the header by name, and four lengths
    msg_id: Array
    protocol_version: Array
    body_start: Ints
    sub_id: Array
    sub_start: Ints
    sub_length: Ints
    vehicle_start: Ints  # of the plate; -1 where the head names no vehicle

    def number(self, at: Ints, size: int) -> Ints:
        """The big-endian number of ``size`` bytes, 2 or 4, at each of these bytes."""
        return rows(self.content, at, size).view(f">u{size}")[:, 0].astype(np.int64)

    def refuse(self, which: Array, detail: int) -> None:
        """Quarantine these frames, but for those that already are."""
        self.detail[which & (self.detail == 0)] = detail


_FROM_ESCAPE = np.array([[0x5B, 0x5A], [0x5D, 0x5E]], np.uint8)


def read_frames(split: Rows) -> Frames:
    """The candidates among these rows, in their order."""
    content, start, end, is_bad_escape = _unescaped(split)
    size = end - start
    detail = np.zeros(len(start), np.int8)
    detail[size < HEADER_2011.size + CRC_BYTES] = SHORT
    detail[is_bad_escape] = ESCAPE
    has_header = detail == 0
    readable = np.flatnonzero(has_header)
    detail[readable[residues(content, start[readable], end[readable]) != 0]] = CHECKSUM

    head = rows(content, start, HEAD_BYTES).view(_HEAD)[:, 0]
    nothing = np.zeros(len(start), np.int64)
    frames = Frames(
        content,
        start,
        end,
        detail,
        has_header,
        head,
        head["msg_id"].astype(np.uint16),
        np.full(len(start), 2011, np.int16),
        start + HEADER_2011.size,
        np.full(len(start), NO_SUB_MESSAGE, np.int32),
        nothing,
        nothing.copy(),
        np.full(len(start), -1, np.int64),
    )
    frames.refuse(head["frame_length"] != size + 2, LENGTH)
    frames.refuse(head["encryption"] != 0, ENCRYPTED)
    find_sub_messages(frames, end - CRC_BYTES)
    return frames


def _unescaped(split: Rows) -> tuple[Bytes, Ints, Ints, Array]:
    """The content with its margin, the bounds of the frames in it, and which frames have a bad escape."""
    buffer, start, end = split.buffer, split.start, split.end
    content = np.zeros(len(buffer) + MARGIN, np.uint8)
    content[: len(buffer)] = buffer
    is_bad = np.zeros(len(start), np.bool_)
    if not len(split.escapes):
        return content, start, end, is_bad
    lead, second = split.escapes, content[split.escapes + 1]
    before_start, before_end = split.escapes_before_start, split.escapes_before_end
    is_escape = (second == 1) | (second == 2)
    if not is_escape.all():
        bad = lead[~is_escape]
        bad_before_start, bad_before_end = np.searchsorted(bad, start), np.searchsorted(bad, end)
        is_bad = bad_before_end > bad_before_start
        before_start, before_end = before_start - bad_before_start, before_end - bad_before_end
        lead, second = lead[is_escape], second[is_escape]
    content[lead] = _FROM_ESCAPE[(buffer[lead] == 0x5E).astype(np.intp), second - 1]
    is_kept = np.ones(len(content), np.bool_)
    is_kept[lead + 1] = False
    return content[is_kept], start - before_start, end - before_end, is_bad


def find_sub_messages(frames: Frames, end: Ints) -> None:
    """Decide the version of each frame, and find the head of its sub-message unless it is refused already.

    ``end``: of the body. A sub-message of a decoded family whose head fits nowhere refuses its frame.
    """
    family = frames.msg_id.astype(np.intp)
    names_vehicle = _NAMES_VEHICLE[family]
    is_short = _IS_SHORT[family]
    body_2011 = end - frames.start - HEADER_2011.size

    def fits(head: Layout, version: int) -> Array:
        left = body_2011 - head.size - (HEADER_2019.size - HEADER_2011.size if version == 2019 else 0)
        declared = frames.head[f"{'vehicle' if head is VEHICLE_HEAD else 'short'}_{version}"]
        found: Array = (left >= 0) & (declared == left)
        return found

    vehicle, short = VEHICLE_HEAD.size, SHORT_HEAD.size
    fits_2011 = np.where(is_short, fits(SHORT_HEAD, 2011), names_vehicle & fits(VEHICLE_HEAD, 2011))
    vehicle_2019 = names_vehicle & fits(VEHICLE_HEAD, 2019)
    short_2019 = (is_short | _IS_EITHER[family]) & ~vehicle_2019 & fits(SHORT_HEAD, 2019)
    fits_2019 = vehicle_2019 | short_2019
    sent = frames.head["sent_at"].astype(np.uint64)
    has_time = (body_2011 >= HEADER_2019.size - HEADER_2011.size) & (sent >= FIRST_TIME) & (sent <= LAST_TIME)
    is_2019 = np.where(fits_2011 == fits_2019, has_time, fits_2019)
    frames.protocol_version[is_2019] = 2019
    frames.body_start[is_2019] = (frames.start + HEADER_2019.size)[is_2019]

    has_sub = (frames.detail == 0) & np.where(is_2019, fits_2019, fits_2011)
    has_vehicle = has_sub & np.where(is_2019, vehicle_2019, ~is_short)
    sub = np.flatnonzero(has_sub)
    sub_start = frames.body_start[sub] + np.where(has_vehicle[sub], vehicle, short)
    frames.sub_start[sub] = sub_start
    frames.sub_length[sub] = end[sub] - sub_start
    frames.sub_id[sub] = frames.number(sub_start - short, 2)
    frames.vehicle_start[has_vehicle] = frames.body_start[has_vehicle]
    frames.refuse(_MUST_FIT[family] & ~has_sub, BODY)


def layout_of_frame(content: bytes) -> tuple[int, Layout | None]:
    """The version of one un-escaped frame and the head of its sub-message, by the rule for many.

    A frame that is refused has them too; None where no head fits.
    """
    nothing = np.empty(0, np.int64)
    zero, end = np.zeros(1, np.int64), np.array([len(content)])
    frames = read_frames(Rows(zero, end, zero, np.frombuffer(content, np.uint8), zero, end, nothing, zero, zero))
    if not frames.has_header[0]:
        return 2011, None
    frames.detail[0] = 0
    find_sub_messages(frames, end - CRC_BYTES)
    version = int(frames.protocol_version[0])
    if frames.sub_id[0] == NO_SUB_MESSAGE:
        return version, None
    return version, VEHICLE_HEAD if frames.vehicle_start[0] >= 0 else SHORT_HEAD
