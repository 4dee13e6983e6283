"""The tables a capture of JT/T 809 becomes: their columns, types and what a null means.

Units stand in the names and are those of the tables of JT/T 808 (:mod:`etl.jt808.schemas`): what differs between the
two protocols is converted here and nowhere later. ``number`` counts the rows of ``frames`` from the start of the
stream and ties the tables together.

Times are wall clock +08:00 without a zone. The alarm messages send seconds since 1970 UTC: ``<name>_s`` is what was
sent, ``<name>_at`` the same as wall clock, null for 0 ("not given") and past the year 9999 (a platform that sends
milliseconds is seen in ``_s``).

How ``frames`` shares out the bytes
-----------------------------------
0x5B begins a frame and 0x5D ends it; neither can be inside one. Rows follow each other without a gap:

- from a 5B through the next 5D, if no other 5B comes before: a candidate frame;
- from a 5B to the next 5B, or to the end of the stream: quarantined as ``cut``;
- everything from after a 5D, or from the start of the stream, to the next 5B: quarantined as ``outside``.

Reasons and details
-------------------
The reason is always ``R-FRAME``. The detail is ``cut`` or ``outside`` as above, ``length`` for a row of more than
``MAX_WIRE_BYTES`` after its 5B, else the first of these that fails: ``escape``, ``short`` (no room for a header and a
CRC), ``checksum``, ``length`` (the length in the header is not that of the frame), ``encrypted`` (the header says so),
``body`` (a message of a known id that is too short or contradicts itself), ``time`` (a BCD digit above 9 in the
location that a 2019 position embeds).

Header columns are null where there is no header to read (``cut``, ``outside``, ``escape``, ``short``, over-long), and
filled as read everywhere else, after a wrong checksum too. ``sub_id`` and the plate are filled where the head of the
sub-message fits (see ``etl/jt809/framing.py``); some messages name no vehicle.

A position whose date is no instant is kept with ``positioned_at`` null.
"""

from dataclasses import dataclass

import pyarrow as pa

from etl.jt808.schemas import ITEM_COLUMNS, SAFETY_ALARMS

WORD = pa.dictionary(pa.int8(), pa.string())
SECONDS = pa.timestamp("s")

OUTCOMES = ("decoded", "other", "quarantined")
ORIGINS = ("report", "backfill")

# The standard sets no limit. The largest message is a photo (0x1502), some hundred KiB; escaping may double it.
MAX_WIRE_BYTES = 2 << 20

FRAMES = pa.schema(
    {
        "number": pa.int64(),
        "byte_offset": pa.int64(),
        "length": pa.int64(),  # on the wire, flags included; an ``outside`` row has no limit
        "outcome": WORD,
        "reason": pa.string(),
        "detail": pa.string(),
        "msg_id": pa.uint16(),
        "sub_id": pa.uint16(),
        "platform_code": pa.int64(),  # of the lower platform
        "serial": pa.int64(),
        "protocol_version": pa.int16(),  # 2011 or 2019: see etl/jt809/framing.py
        "version": pa.string(),  # "1.0.0", as the header says
        "sent_s": pa.uint64(),  # 2019
        "sent_at": SECONDS,  # 2019
        "plate_no": pa.string(),
        "plate_color_code": pa.int16(),
        "body_length": pa.int32(),  # after the header, before the CRC
    }
)

_OF_FRAME = {
    "number": pa.int64(),
    "platform_code": pa.int64(),
    "serial": pa.int64(),
    "protocol_version": pa.int16(),
    "plate_no": pa.string(),
    "plate_color_code": pa.int16(),
}

LOCATIONS = pa.schema(
    {
        **_OF_FRAME,
        "position": pa.int32(),  # within its frame, from 0; only a 0x1203 has more than one
        "origin": WORD,  # 0x1202 is a report, 0x1203 backfill
        "is_encrypted": pa.bool_(),  # coordinates shifted by the encryption plug-in: 1 yes, 0 no; any other value: null
        "alarm_flags": pa.uint32(),
        "status_flags": pa.uint32(),
        "latitude": pa.float64(),  # degrees as sent, unbounded; south and west negative by status bits 2 and 3
        "longitude": pa.float64(),
        "altitude_m": pa.int32(),
        "speed_kmh": pa.float64(),
        "direction_deg": pa.int32(),
        "positioned_at": SECONDS,
        "time_bcd": pa.string(),  # 2019: YYMMDDhhmmss as on the wire
        "time_hex": pa.string(),  # 2011: day, month, year WORD, hour, minute, second as on the wire, in hexadecimal
        **ITEM_COLUMNS,  # 2011 fills only odometer_km and recorder_speed_kmh
        "other_items": pa.binary(),  # 2019, as in JT/T 808
        "cut_items": pa.binary(),  # 2019, as in JT/T 808
        "enterprise_platform": pa.string(),  # 2019: the platforms' own alarm words
        "enterprise_alarm_flags": pa.uint32(),
        "city_platform": pa.string(),
        "city_alarm_flags": pa.uint32(),
        "province_platform": pa.string(),
        "province_alarm_flags": pa.uint32(),
        "rest": pa.binary(),  # bytes of the sub-message past what the standard knows, on its last position
    }
)

_OF_ALARM = {**_OF_FRAME, "sub_id": pa.uint16()}
_TIMES = {
    f"{name}_{form}": kind
    for name in ("alarmed", "began", "ended")
    for form, kind in (("s", pa.uint64()), ("at", SECONDS))
}

# 0x1402, and the warnings that 2019 sends as 0x1403.
ALARMS = pa.schema(
    {
        **_OF_ALARM,  # plate and colour: in 2011 from the vehicle head, in 2019 from the body
        "source_code": pa.int16(),  # 2011
        "source_platform": pa.string(),  # 2019
        "type_code": pa.int32(),
        **_TIMES,  # began and ended: 2019
        "target_platform": pa.string(),  # 2019
        "route_id": pa.int64(),  # 2019
        "info_id": pa.int64(),  # 2011
        "info_length": pa.int64(),  # as declared
        "info": pa.string(),  # null where info_length runs past the message; its bytes are then in rest
        "rest": pa.binary(),
    }
)

# 0x1403 of 2011 (by info_id) and 0x1412 of 2019 (by the source's id and serial).
HANDLINGS = pa.schema(
    {
        **_OF_ALARM,
        "info_id": pa.int64(),
        "source_sub_id": pa.int32(),
        "source_serial": pa.int64(),
        "result_code": pa.int16(),
        "rest": pa.binary(),
    }
)

# 0x9401.
SUPERVISIONS = pa.schema(
    {
        **_OF_ALARM,
        "source_code": pa.int16(),  # 2011
        "source_platform": pa.string(),  # 2019
        "type_code": pa.int32(),  # 2011
        "alarmed_s": pa.uint64(),
        "alarmed_at": SECONDS,
        "supervision_id": pa.int64(),  # 2011
        "source_sub_id": pa.int32(),  # 2019
        "source_serial": pa.int64(),  # 2019
        "due_s": pa.uint64(),
        "due_at": SECONDS,
        "level_code": pa.int16(),
        "supervisor": pa.string(),
        "supervisor_phone": pa.string(),
        "supervisor_email": pa.string(),
        "rest": pa.binary(),
    }
)

# 0x1401 of 2011 (by supervision_id) and 0x1411 of 2019 (by the source's id and serial).
REPLIES = pa.schema(
    {
        **_OF_ALARM,
        "supervision_id": pa.int64(),
        "source_sub_id": pa.int32(),
        "source_serial": pa.int64(),
        "result_code": pa.int16(),
        "rest": pa.binary(),
    }
)


@dataclass
class Decoded:
    """What a stretch of the stream became. The pieces of a stream concatenate, table by table."""

    frames: pa.Table
    locations: pa.Table
    safety_alarms: pa.Table  # of the locations that 2019 embeds, as in JT/T 808
    alarms: pa.Table
    handlings: pa.Table
    supervisions: pa.Table
    replies: pa.Table


SCHEMAS = {
    "frames": FRAMES,
    "locations": LOCATIONS,
    "safety_alarms": SAFETY_ALARMS,
    "alarms": ALARMS,
    "handlings": HANDLINGS,
    "supervisions": SUPERVISIONS,
    "replies": REPLIES,
}
EMPTY = Decoded(**{name: schema.empty_table() for name, schema in SCHEMAS.items()})
