"""Invented rows of the platform's own passage layout, to be spoiled by tests."""

from collections.abc import Iterable

from etl.feeds import FEEDS

HEADINGS = FEEDS["wim_passage"].headings
DAY = "2026-11-23"
NAME = "wim_passage_20261123.csv"


def row(number: int, **changes: object) -> dict[str, str]:
    """A good row: a two-axle truck of 12 t. ``number`` makes its identity and its second."""
    good = dict.fromkeys(HEADINGS, "") | {
        "check_no": f"YZ19-{number:06d}",
        "site_code": "YZ19",
        "lane_code": "11",
        "direction": "up",
        "passed_at": f"{DAY} {number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}",
        "uploaded_at": f"{DAY} 23:59:59",
        "plate_no": f"湘MA{number % 10_000:04d}",
        "plate_color_code": "2",
        "plate_confidence": "0.97",
        "axle_count": "2",
        "axle_type_code": "12",
        "gross_vehicle_weight_kg": "12000",
        "axle_1_load_kg": "4100",
        "axle_2_load_kg": "7900",
        "axle_1_spacing_m": "4.9",
        "single_tyre_axle_count": "0",
        "speed_kmh": "52.4",
        "vehicle_length_m": "7.6",
        "reported_limit_kg": "18000",
        "reported_is_over_limit": "0",
        "cross_lane": "0",
        "close_following": "0",
    }
    return good | {name: str(value) for name, value in changes.items()}


def line(values: dict[str, str], headings: Iterable[str] = HEADINGS) -> str:
    return ",".join(values[heading] for heading in headings)


def delivery(*lines: str | bytes | dict[str, str], heading: bool = True, end: str = "\n") -> bytes:
    """A file of these lines; bytes stay as they are."""
    parts = [",".join(HEADINGS)] if heading else []
    parts += [line(one) if isinstance(one, dict) else one for one in lines]
    return b"".join((one if isinstance(one, bytes) else one.encode()) + end.encode() for one in parts)


def good(count: int, first: int = 1000) -> list[dict[str, str]]:
    """As many good rows, so that a few bad ones stay below the share at which a delivery stops."""
    return [row(first + number) for number in range(count)]
