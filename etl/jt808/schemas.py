"""The tables a capture of JT/T 808 becomes: their columns, types and what a null means.

Units stand in the names. ``number`` counts the rows of ``frames`` from the start of the stream and ties the tables
together. Times are the terminal's wall clock (+08:00 by the standard) without a zone: ``timestamp[s]``.

How ``frames`` shares out the bytes
-----------------------------------
0x7E is a flag; the non-empty stretch between two flags is a candidate. A row begins **at the flag before its
candidate** and ends where the next row begins; the first row begins at byte 0. So ``7E A 7E 7E B 7E`` is
``[7E A 7E][7E B 7E]``, the shared flag of ``7E A 7E B 7E`` belongs to the frame it begins (``[7E A][7E B 7E]``), and
flags that fill a pause belong to the frame before it. A stretch without a flag before or behind it is quarantined as
``cut``: bytes before the first flag of the stream, a tail without its end flag, a stream of nothing but flags.

Reasons and details
-------------------
``R-FRAME``: the first that fails of ``cut``, ``length`` (the candidate is longer on the wire than 2090 bytes, twice the
longest frame there is), ``escape``, ``short``, ``checksum``, ``length``, ``phone``, ``encrypted``; then by the message
``body`` or ``time``. ``R-SUBPACKAGE``: ``index`` (index 0 or above the total, total 0), ``total`` (another total than
the message it belongs to), ``unfinished`` (dropped for want of room, for another message with its serials, because
the terminal registered or authenticated anew, or at the end). All frames of a message in sub-packages have the outcome
of the whole.

Header columns are null where there is no header to read (``cut``, ``escape``, ``short``, over-long) and filled, as
read, everywhere else: after a wrong checksum too.

A location whose BCD time is decimal but no instant is kept with ``positioned_at`` null. A time inside an item or a
date in a card that is no instant is null and refuses nothing.
"""

from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa

Tables = TypeVar("Tables")
WORD = pa.dictionary(pa.int8(), pa.string())
SECONDS = pa.timestamp("s")

OUTCOMES = ("decoded", "other", "quarantined")
ORIGINS = ("report", "reply", "batch", "backfill")

FRAMES = pa.schema(
    {
        "number": pa.int64(),
        "byte_offset": pa.int64(),
        "length": pa.int32(),
        "outcome": WORD,
        "reason": pa.string(),
        "detail": pa.string(),
        "msg_id": pa.uint16(),
        "protocol_version": pa.int16(),  # 2013 or 2019: header bit 14; 2011 has the header of 2013
        "phone": pa.string(),  # all digits as on the wire; hexadecimal where they are no digits
        "serial": pa.uint16(),
        "package_total": pa.uint16(),
        "package_index": pa.uint16(),
        "body_length": pa.int32(),  # as declared
    }
)

# The columns that come from the items of a location: see etl/jt808/items.py.
ITEM_COLUMNS = {
    "odometer_km": pa.float64(),
    "fuel_l": pa.float64(),
    "recorder_speed_kmh": pa.float64(),
    "manual_event_id": pa.int32(),
    "tyre_pressures": pa.binary(),
    "cabin_temperature_c": pa.int32(),
    "overspeed_place_type": pa.int16(),
    "overspeed_place_id": pa.int64(),
    "area_place_type": pa.int16(),
    "area_place_id": pa.int64(),
    "area_direction": pa.int16(),
    "segment_id": pa.int64(),
    "segment_seconds": pa.int32(),
    "segment_result": pa.int16(),
    "video_alarm_flags": pa.uint32(),
    "video_loss_channels": pa.uint32(),
    "video_occlusion_channels": pa.uint32(),
    "storage_fault_flags": pa.int32(),
    "driving_alarm_flags": pa.int32(),
    "fatigue_level": pa.int16(),
    "signal_flags": pa.uint32(),
    "io_flags": pa.int32(),
    "analog_0": pa.int32(),
    "analog_1": pa.int32(),
    "radio_strength": pa.int16(),
    "satellite_count": pa.int16(),
}

LOCATIONS = pa.schema(
    {
        "number": pa.int64(),
        "position": pa.int32(),  # within its frame, from 0; only a 0x0704 has more than one
        "origin": WORD,  # 0x0200, 0x0201, 0x0704 type 1 is backfill, 0x0704 of any other type is batch
        "phone": pa.string(),
        "protocol_version": pa.int16(),
        "serial": pa.uint16(),
        "alarm_flags": pa.uint32(),
        "status_flags": pa.uint32(),
        "latitude": pa.float64(),  # degrees as sent, unbounded; south and west negative by status bits 2 and 3
        "longitude": pa.float64(),
        "altitude_m": pa.int32(),
        "speed_kmh": pa.float64(),
        "direction_deg": pa.int32(),
        "positioned_at": SECONDS,
        "time_bcd": pa.string(),  # YYMMDDhhmmss as on the wire
        **ITEM_COLUMNS,
        "other_items": pa.binary(),  # id, length and value of each item that has no column, in the order sent
        "cut_items": pa.binary(),  # from the item that runs past the body to the body's end
    }
)

WHEEL = pa.struct(
    {
        "position": pa.int32(),
        "type_flags": pa.int32(),
        "pressure_kpa": pa.int32(),
        "temperature_c": pa.int32(),
        "battery_percent": pa.int32(),
    }
)

SAFETY_ALARMS = pa.schema(
    {
        "number": pa.int64(),
        "position": pa.int32(),
        "item": pa.int16(),  # 0x64, 0x65, 0x66, 0x67, 0x70
        "ordinal": pa.int16(),  # of this item id within its location, from 0
        "profile": WORD,
        "alarm_id": pa.int64(),
        "flag": pa.int16(),  # 0 does not apply, 1 start, 2 end
        "type": pa.int16(),
        "level": pa.int16(),
        "fatigue_degree": pa.int16(),
        "front_speed_kmh": pa.int32(),
        "front_distance_ds": pa.int32(),  # headway in 0.1 s
        "deviation": pa.int16(),
        "sign_type": pa.int16(),
        "sign_value": pa.int32(),
        "threshold_s": pa.int32(),  # 0x70: how long it must last to be an alarm
        "threshold_1": pa.int32(),  # 0x70: 0.01 g for types 1 to 3, km/h for 4 to 7
        "threshold_2": pa.int32(),  # 0x70: nothing for types 1 to 3, engine revolutions a minute for 4 to 7
        "own_speed_kmh": pa.int32(),
        "altitude_m": pa.int32(),
        "latitude": pa.float64(),  # as sent: the item has no sign bits
        "longitude": pa.float64(),
        "alarmed_at": SECONDS,
        "vehicle_state": pa.int32(),
        "terminal_no": pa.string(),
        "identity_at": SECONDS,
        "identity_serial": pa.int16(),
        "attachment_count": pa.int16(),
        "wheels": pa.list_(WHEEL),
        "rest": pa.binary(),  # bytes of the item past what its profile knows
    }
)

REGISTRATIONS = pa.schema(
    {
        "number": pa.int64(),
        "phone": pa.string(),
        "protocol_version": pa.int16(),  # 2011 or 2013 by the body's length, 2019 by the header
        "province_code": pa.int32(),
        "city_code": pa.int32(),
        "maker": pa.string(),
        "terminal_model": pa.string(),
        "terminal_no": pa.string(),
        "plate_color_code": pa.int16(),
        "plate_no": pa.string(),  # null where the colour is 0: the terminal then sends the VIN
        "vin": pa.string(),
    }
)

AUTHENTICATIONS = pa.schema(
    {
        "number": pa.int64(),
        "phone": pa.string(),
        "auth_code_length": pa.int32(),  # the code is a secret: its length in bytes and
        "auth_code_digest": pa.string(),  # the first 16 hexadecimal digits of its SHA-256
        "imei": pa.string(),
        "software": pa.string(),
    }
)

DRIVER_CARDS = pa.schema(
    {
        "number": pa.int64(),
        "phone": pa.string(),
        "status": pa.int16(),  # 1 inserted, 2 removed; null in the 2011 edition, which has no time either
        "card_at": SECONDS,
        "result": pa.int16(),  # null where the message ends before it
        "driver_name": pa.string(),
        "certificate_no": pa.string(),
        "authority": pa.string(),
        "expires_on": pa.date32(),
        "citizen_id": pa.string(),
    }
)


@dataclass
class Decoded:
    """What a stretch of the stream became. The pieces of a stream concatenate, table by table."""

    frames: pa.Table
    locations: pa.Table
    safety_alarms: pa.Table
    registrations: pa.Table
    authentications: pa.Table
    driver_cards: pa.Table


SCHEMAS = {
    "frames": FRAMES,
    "locations": LOCATIONS,
    "safety_alarms": SAFETY_ALARMS,
    "registrations": REGISTRATIONS,
    "authentications": AUTHENTICATIONS,
    "driver_cards": DRIVER_CARDS,
}
EMPTY = Decoded(**{name: schema.empty_table() for name, schema in SCHEMAS.items()})


def joined(pieces: list[Tables]) -> Tables:
    """The pieces of one stream as one, table by table, without copying. At least one piece."""
    if len(pieces) == 1:
        return pieces[0]
    filled = {
        name: [getattr(piece, name) for piece in pieces if getattr(piece, name).num_rows] for name in vars(pieces[0])
    }
    return type(pieces[0])(
        **{name: pa.concat_tables(tables) if tables else getattr(pieces[0], name) for name, tables in filled.items()}
    )
