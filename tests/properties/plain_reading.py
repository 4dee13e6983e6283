"""An independent reading of the platform's passage layout: plain Python, sharing no code with the product.

It follows the rules as they are written down (docs/feeds/wim_passage.md), one row at a time, and
says for each line that delivers a record which values it has, or that it cannot be accepted.
"""

import re
import unicodedata
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

BEIJING = timezone(timedelta(hours=8))
RECEIVED = datetime(2026, 11, 24, 2, 0)
INTEGERS = {
    "axle_count": (1, 32),
    "gross_vehicle_weight_kg": (100, 500_000),
    "plate_color_code": None,
    "single_tyre_axle_count": (0, 12),
    "reported_limit_kg": (1_000, 300_000),
}
COLORS = {0, 1, 2, 3, 4, 5, 9, 91, 92, 93, 94}
DECIMALS = {"plate_confidence": (0, 1), "speed_kmh": (0, 350), "vehicle_length_m": (0, 60)}
TRUTHS = ("reported_is_over_limit", "cross_lane", "close_following")
REQUIRED = (
    "check_no", "site_code", "lane_code", "passed_at", "uploaded_at", "axle_count", "gross_vehicle_weight_kg",
)  # fmt: skip
TRUE, FALSE = {"1", "true", "TRUE", "是"}, {"0", "false", "FALSE", "否"}
UNREAD = {
    "",
    "-",
    "--",
    "无牌",
    "无车牌",
    "未识别",
    "未知",
    "00000",
    "0000000",
    "车牌",
    "遮挡",
    "无",
    "NULL",
    "UNKNOWN",
}


class Refused(Exception):
    """The line cannot be accepted."""


def read(data: bytes, columns: list[str]) -> dict[int, dict[str, Any] | None]:
    """Line number → values, or None where the line is refused. Lines without content are left out."""
    found: dict[int, dict[str, Any] | None] = {}
    heading = _split(data.split(b"\n")[0].decode().lstrip("\ufeff").rstrip("\r"))
    for number, raw in enumerate(data.split(b"\n")[1:-1], start=2):
        if not raw.rstrip(b"\r"):
            continue
        try:
            found[number] = _row(raw, heading, columns)
        except Refused:
            found[number] = None
    return _without_conflicts(found)


def _without_conflicts(found: dict[int, dict[str, Any] | None]) -> dict[int, dict[str, Any] | None]:
    versions: dict[tuple[Any, Any], set[str]] = {}
    for values in found.values():
        if values:
            versions.setdefault((values["check_no"], values["uploaded_at"]), set()).add(repr(values))
    return {
        number: None if values and len(versions[values["check_no"], values["uploaded_at"]]) > 1 else values
        for number, values in found.items()
    }


def _split(line: str) -> list[str]:
    """Fields by RFC 4180, a character at a time."""
    fields, position = [], 0
    while True:
        if line[position : position + 1] == '"':
            text, position = "", position + 1
            while True:
                end = line.find('"', position)
                if end < 0:
                    raise Refused
                text += line[position:end]
                position = end + 1
                if line[position : position + 1] != '"':
                    break
                text, position = text + '"', position + 1
        else:
            end = line.find(",", position)
            end = len(line) if end < 0 else end
            text, position = line[position:end], end
            if '"' in text:
                raise Refused
        fields.append(text)
        if position == len(line):
            return fields
        if line[position] != ",":
            raise Refused
        position += 1


def _row(raw: bytes, heading: list[str], columns: list[str]) -> dict[str, Any]:
    try:
        line = raw.decode().rstrip("\r")
    except UnicodeDecodeError:
        raise Refused from None
    if any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and character != "\t" for character in line):
        raise Refused
    fields = _split(line)
    if len(fields) != len(heading):
        raise Refused
    texts = {name: unicodedata.normalize("NFKC", text).strip() for name, text in zip(heading, fields, strict=True)}
    if texts["check_no"].startswith(("合计", "总计", "小计", "TOTAL", "Total")):
        raise Refused
    if any(not texts[name] for name in REQUIRED):
        raise Refused
    values: dict[str, Any] = {name: texts[name] or None for name in columns if name in texts}
    for name, bounds in INTEGERS.items():
        values[name] = _integer(texts[name])
        if values[name] is None:
            continue
        if values[name] not in COLORS if bounds is None else not bounds[0] <= values[name] <= bounds[1]:
            raise Refused
    for name, (low, high) in DECIMALS.items():
        values[name] = _decimal(texts[name])
        if values[name] is not None and not low <= values[name] <= high:
            raise Refused
    for name in TRUTHS:
        if texts[name] not in TRUE | FALSE | {""}:
            raise Refused
        values[name] = texts[name] in TRUE if texts[name] else None
    if values["direction"] not in ("up", "down", None):
        raise Refused
    if texts["axle_type_code"] and not re.fullmatch("[1-9]{1,8}", texts["axle_type_code"]):
        raise Refused
    values["passed_at"], values["uploaded_at"] = _instant(texts["passed_at"]), _instant(texts["uploaded_at"])
    if values["uploaded_at"] < values["passed_at"]:
        raise Refused
    values["plate_no"] = _plate(texts["plate_no"])
    loads = _list([_integer(texts[f"axle_{number}_load_kg"]) for number in range(1, 9)], 100_000)
    spacings = _list([_decimal(texts[f"axle_{number}_spacing_m"]) for number in range(1, 8)], 60)
    if (loads and len(loads) != values["axle_count"]) or (spacings and len(spacings) != values["axle_count"] - 1):
        raise Refused
    values["axle_loads_kg"], values["axle_spacings_m"] = loads, spacings
    values["axle_load_sum_kg"] = sum(load for load in loads if load is not None) if loads else None
    values["wheelbase_m"] = float(round(sum(Decimal(str(one)) for one in spacings if one), 3)) if spacings else None
    return values


def _integer(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch("-?[0-9]{1,18}", text) or not -(2**31) <= int(text) < 2**31:
        raise Refused
    return int(text)


def _decimal(text: str) -> float | None:
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", text):
        raise Refused
    return float(text)


def _list(values: list[Any], most: float) -> list[Any]:
    while values and not values[-1]:
        values = values[:-1]
    if any(value is not None and not 0 <= value <= most for value in values):
        raise Refused
    return values


def _instant(text: str) -> datetime:
    match = re.fullmatch(
        r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:?[0-9]{2})?",
        text,
    )
    if not match or (match[4] and not match[3]):
        raise Refused
    day, minute, second, fraction, zone = match.groups()
    if zone not in (None, "Z") and (int(zone[1:3]) > 14 or int(zone[-2:]) > 59):
        raise Refused
    try:
        instant = datetime.strptime(f"{day} {minute}{second or ':00'}", "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise Refused from None
    instant += timedelta(microseconds=int((fraction or ".0")[1:7].ljust(6, "0")))
    if zone:
        minutes = 0 if zone == "Z" else int(zone[1:3]) * 60 + int(zone[-2:])
        offset = timedelta(minutes=-minutes if zone[0] == "-" else minutes)
        instant = instant.replace(tzinfo=timezone(offset)).astimezone(BEIJING).replace(tzinfo=None)
    if (
        instant > RECEIVED + timedelta(minutes=5)
        or instant.year < 1990
        or instant.date() == datetime(2000, 1, 1).date()
    ):
        raise Refused
    return instant


def _plate(text: str) -> str | None:
    plain = "".join(character for character in text if character not in " \t·•・.-").upper()
    return None if text == "" or plain in UNREAD else plain
