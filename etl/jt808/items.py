"""The additional items of a location that have columns, by id and length (domain table 5.2: JT/T 808-2019, table of
additional information; 0x14 to 0x18 by JT/T 1078-2016). An item of another length has none and stays as bytes."""

from typing import NamedTuple


class Part(NamedTuple):
    """One column of an item: where its value begins, its form on the wire, what to divide by for the column's unit."""

    column: str
    offset: int
    form: str
    divisor: int = 1


ITEMS: dict[tuple[int, int], tuple[Part, ...]] = {
    (0x01, 4): (Part("odometer_km", 0, ">u4", 10),),
    (0x02, 2): (Part("fuel_l", 0, ">u2", 10),),
    (0x03, 2): (Part("recorder_speed_kmh", 0, ">u2", 10),),
    (0x04, 2): (Part("manual_event_id", 0, ">u2"),),
    (0x05, 30): (Part("tyre_pressures", 0, "bytes"),),
    (0x06, 2): (Part("cabin_temperature_c", 0, ">i2"),),
    (0x11, 1): (Part("overspeed_place_type", 0, "u1"),),
    (0x11, 5): (Part("overspeed_place_type", 0, "u1"), Part("overspeed_place_id", 1, ">u4")),
    (0x12, 6): (Part("area_place_type", 0, "u1"), Part("area_place_id", 1, ">u4"), Part("area_direction", 5, "u1")),
    (0x13, 7): (Part("segment_id", 0, ">u4"), Part("segment_seconds", 4, ">u2"), Part("segment_result", 6, "u1")),
    (0x14, 4): (Part("video_alarm_flags", 0, ">u4"),),
    (0x15, 4): (Part("video_loss_channels", 0, ">u4"),),
    (0x16, 4): (Part("video_occlusion_channels", 0, ">u4"),),
    (0x17, 2): (Part("storage_fault_flags", 0, ">u2"),),
    (0x18, 3): (Part("driving_alarm_flags", 0, ">u2"), Part("fatigue_level", 2, "u1")),
    (0x25, 4): (Part("signal_flags", 0, ">u4"),),
    (0x2A, 2): (Part("io_flags", 0, ">u2"),),
    (0x2B, 4): (Part("analog_1", 0, ">u2"), Part("analog_0", 2, ">u2")),
    (0x30, 1): (Part("radio_strength", 0, "u1"),),
    (0x31, 1): (Part("satellite_count", 0, "u1"),),
}
