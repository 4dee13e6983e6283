"""What happens to a bad row: its reason, its position, its bytes; and what is normalised or only flagged.

One delivery holds every fault below among good rows, so each case shows that a fault keeps to itself.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from passage_rows import DAY, HEADINGS, NAME, delivery, good, line, row

from etl.deliveries import take
from etl.feeds import FEEDS
from etl.land import land
from warehouse.ledger import Ledger

FEED = FEEDS["wim_passage"]

# Name of the case, what is wrong with the row (values, or the line itself), the reason.
QUARANTINED: list[tuple[str, dict[str, Any] | bytes, str]] = [
    ("undecodable bytes", line(row(1, plate_no="湘MA1234")).encode("gb18030"), "R-ENCODING"),
    ("NUL", {"lane_code": "1\x001"}, "R-CONTROL"),
    ("control character", {"vehicle_class_code": "1\x0b6"}, "R-CONTROL"),
    ("carriage return inside", {"vehicle_class_code": "1\r6"}, "R-CONTROL"),
    ("C1 control character", {"vehicle_class_code": "1\x856"}, "R-CONTROL"),
    ("zero width space", {"plate_no": "湘MA\u200b1234"}, "R-CONTROL"),
    ("direction override", {"plate_no": "湘MA\u202e1234"}, "R-CONTROL"),
    ("byte order mark inside", {"plate_no": "\ufeff湘MA1234"}, "R-CONTROL"),
    ("unclosed quote", {"vehicle_class_code": '"16'}, "R-QUOTE"),
    ("stray quote", {"vehicle_class_code": '1"6'}, "R-QUOTE"),
    ("text after a quote", {"vehicle_class_code": '"16"x'}, "R-QUOTE"),
    ("too few fields", line(row(2)).rsplit(",", 2)[0].encode(), "R-FIELDS"),
    ("too many fields", line(row(3)).encode() + b",1", "R-FIELDS"),
    ("decimal comma", {"speed_kmh": "52,4"}, "R-FIELDS"),
    ("heading again", ",".join(HEADINGS).encode(), "R-FIELDS"),
    ("total row", ("合计" + "," * (len(HEADINGS) - 1)).encode(), "R-FIELDS"),
    ("not a number: NaN", {"gross_vehicle_weight_kg": "NaN"}, "R-NUMBER"),
    ("not a number: infinity", {"speed_kmh": "infinity"}, "R-NUMBER"),
    ("exponent", {"gross_vehicle_weight_kg": "1.2e4"}, "R-NUMBER"),
    ("exponent in a measured value", {"speed_kmh": "5e1"}, "R-NUMBER"),
    ("underscore", {"gross_vehicle_weight_kg": "12_000"}, "R-NUMBER"),
    ("hexadecimal", {"gross_vehicle_weight_kg": "0x2EE0"}, "R-NUMBER"),
    ("thousands separator", {"gross_vehicle_weight_kg": '"12,000"'}, "R-NUMBER"),
    ("full-width thousands separator", {"gross_vehicle_weight_kg": "１２，０００"}, "R-NUMBER"),
    ("unit behind the number", {"gross_vehicle_weight_kg": "12000kg"}, "R-NUMBER"),
    ("plus sign", {"gross_vehicle_weight_kg": "+12000"}, "R-NUMBER"),
    ("fraction in an integer", {"gross_vehicle_weight_kg": "12000.5"}, "R-NUMBER"),
    ("no digit before the point", {"speed_kmh": ".5"}, "R-NUMBER"),
    ("too large for its type", {"gross_vehicle_weight_kg": "99999999999"}, "R-NUMBER"),
    ("inner blank", {"gross_vehicle_weight_kg": "12 000"}, "R-NUMBER"),
    ("an axle load that is no number", {"axle_2_load_kg": "79OO"}, "R-NUMBER"),
    ("required value empty", {"gross_vehicle_weight_kg": ""}, "R-EMPTY"),
    ("required value blank", {"check_no": "  "}, "R-EMPTY"),
    ("weight zero", {"gross_vehicle_weight_kg": "0"}, "R-RANGE"),
    ("weight negative", {"gross_vehicle_weight_kg": "-12000"}, "R-RANGE"),
    ("weight beyond the dictionary", {"gross_vehicle_weight_kg": "500001"}, "R-RANGE"),
    ("speed beyond the dictionary", {"speed_kmh": "350.1"}, "R-RANGE"),
    ("length beyond the dictionary", {"vehicle_length_m": "60.5"}, "R-RANGE"),
    ("axle load negative", {"axle_2_load_kg": "-7900"}, "R-RANGE"),
    ("axle loads whose sum has no type", {"axle_1_load_kg": "2147483647", "axle_2_load_kg": "2147483647"}, "R-RANGE"),
    ("axle spacing negative", {"axle_1_spacing_m": "-4.9"}, "R-RANGE"),
    ("unknown plate colour", {"plate_color_code": "7"}, "R-RANGE"),
    ("confidence in per cent", {"plate_confidence": "97"}, "R-RANGE"),
    ("fewer axle loads than axles", {"axle_count": "3"}, "R-AXLES"),
    ("more spacings than axles", {"axle_2_spacing_m": "1.3"}, "R-AXLES"),
    ("in the future", {"passed_at": "2999-01-01 00:00:00", "uploaded_at": "2999-01-01 00:00:01"}, "R-TIME"),
    ("default of a clock: 1970", {"passed_at": "1970-01-01 08:00:00"}, "R-TIME"),
    ("default of a clock: 2000", {"passed_at": "2000-01-01 00:03:10"}, "R-TIME"),
    ("impossible day", {"passed_at": "2026-02-30 10:00:00"}, "R-TIME"),
    ("impossible hour", {"passed_at": f"{DAY} 24:00:00"}, "R-TIME"),
    ("impossible hour with a zone", {"passed_at": f"{DAY}T25:00:00Z"}, "R-TIME"),
    ("day first", {"passed_at": "23/11/2026 10:00:00"}, "R-DATEFORM"),
    ("two-digit year", {"passed_at": "26-11-23 10:00:00"}, "R-DATEFORM"),
    ("spreadsheet serial", {"passed_at": "46349.417"}, "R-DATEFORM"),
    ("no separators", {"passed_at": "20261123100000"}, "R-DATEFORM"),
    ("day only", {"passed_at": DAY}, "R-DATEFORM"),
    ("a word the engine takes for an instant", {"passed_at": "epoch"}, "R-DATEFORM"),
    ("zone that does not exist", {"passed_at": f"{DAY} 10:00:00+25:00"}, "R-DATEFORM"),
    ("uploaded before the passage", {"passed_at": f"{DAY} 10:00:01", "uploaded_at": f"{DAY} 10:00:00"}, "R-ORDER"),
    ("unknown direction", {"direction": "north"}, "R-CODE"),
    ("unknown truth", {"cross_lane": "2"}, "R-CODE"),
    ("axle type with a zero", {"axle_type_code": "102"}, "R-CODE"),
    ("same key, other content: one", {"check_no": "YZ19-CONFLICT", "speed_kmh": "50"}, "R-CONFLICT"),
    ("same key, other content: two", {"check_no": "YZ19-CONFLICT", "speed_kmh": "51"}, "R-CONFLICT"),
]  # fmt: skip

# Name of the case, the values delivered, the column looked at, its value, the flags.
ACCEPTED: list[tuple[str, dict[str, Any], str, Any, str]] = [
    ("full-width digits", {"gross_vehicle_weight_kg": "１２０００"}, "gross_vehicle_weight_kg", 12000, ""),
    ("ideographic blanks around", {"speed_kmh": "\u300052.4\u3000"}, "speed_kmh", 52.4, ""),
    ("leading zeros", {"gross_vehicle_weight_kg": "0012000"}, "gross_vehicle_weight_kg", 12000, ""),
    ("quoted field", {"vehicle_class_code": '"a,b ""c"""'}, "vehicle_class_code", 'a,b "c"', ""),
    ("formula", {"vehicle_class_code": '"=SUM(A1,A9)"'}, "vehicle_class_code", "=SUM(A1,A9)", ""),
    ("markup", {"vehicle_class_code": "<script>x</script>"}, "vehicle_class_code", "<script>x</script>", ""),
    ("SQL", {"vehicle_class_code": "'; drop table typed --"}, "vehicle_class_code", "'; drop table typed --", ""),
    ("plate in lower case", {"plate_no": "湘ma1234"}, "plate_no", "湘MA1234", ""),
    ("plate spaced and dotted", {"plate_no": "湘M·A1 234"}, "plate_no", "湘MA1234", ""),
    ("plate full-width", {"plate_no": "湘Ｍ－Ａ１２３４"}, "plate_no", "湘MA1234", ""),
    ("plate of a large electric truck", {"plate_no": "湘M12345D"}, "plate_no", "湘M12345D", ""),
    ("plate of a trailer", {"plate_no": "湘MA123挂"}, "plate_no", "湘MA123挂", ""),
    ("plate empty", {"plate_no": ""}, "plate_no", None, "R-UNREAD"),
    ("plate unread: 无牌", {"plate_no": "无牌"}, "plate_no", None, "R-UNREAD"),
    ("plate unread: 未识别", {"plate_no": "未识别"}, "plate_no", None, "R-UNREAD"),
    ("plate unread: dash", {"plate_no": "-"}, "plate_no", None, "R-UNREAD"),
    ("plate unread: zeros", {"plate_no": "00000"}, "plate_no", None, "R-UNREAD"),
    ("plate with the letter O", {"plate_no": "湘MAO123"}, "plate_no", "湘MAO123", "R-PLATE"),
    ("plate without province", {"plate_no": "MA1234"}, "plate_no", "MA1234", "R-PLATE"),
    ("zone given", {"passed_at": f"{DAY}T02:00:00Z"}, "cast(passed_at as varchar)", f"{DAY} 10:00:00", ""),
    ("other zone", {"passed_at": f"{DAY} 11:30:00+0930"}, "cast(passed_at as varchar)", f"{DAY} 10:00:00", ""),
    ("no zone, fraction", {"passed_at": f"{DAY} 10:00:00.25"}, "cast(passed_at as varchar)", f"{DAY} 10:00:00.25", ""),
    ("no seconds", {"passed_at": f"{DAY} 10:00"}, "cast(passed_at as varchar)", f"{DAY} 10:00:00", ""),
    ("axle sum within tolerance", {"gross_vehicle_weight_kg": "12100"}, "axle_load_sum_kg", 12000, ""),
    ("axle sum beyond tolerance", {"gross_vehicle_weight_kg": "12122"}, "axle_load_sum_kg", 12000, "R-AXLES"),
    ("no axle loads", {"axle_1_load_kg": "", "axle_2_load_kg": "0"}, "len(axle_loads_kg)", 0, ""),
    ("truth in words", {"cross_lane": "是"}, "cross_lane", True, ""),
]  # fmt: skip


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """The delivery's bytes, and what became of each of its lines: position, reason, bytes, values."""
    home = tmp_path_factory.mktemp("rows") / "heng"
    lines: list[Any] = []
    for number, (_, fault, _) in enumerate(QUARANTINED):
        lines.append(fault if isinstance(fault, bytes) else row(500 + number, **fault))
    for number, (_, changes, _, _, _) in enumerate(ACCEPTED):
        lines.append(row(700 + number, **changes))
    data = delivery(*lines, *good(400))
    source = tmp_path_factory.mktemp("vendor") / NAME
    source.write_bytes(data)
    before = os.environ.get("HENG_HOME")
    os.environ["HENG_HOME"] = str(home)
    try:
        delivery_id = take(FEED, source, NAME)
        result = land(delivery_id)
        with Ledger(home) as ledger, duckdb.connect() as connection:
            quarantine = connection.execute(
                "select source_line, byte_offset, raw, reason, detail from read_parquet(?)",
                [str(home / str((ledger.delivery(delivery_id) or {})["quarantine_path"]))],
            ).fetchall()
            looked_at = ", ".join(dict.fromkeys(column for _, _, column, _, _ in ACCEPTED))
            cursor = connection.execute(
                f"select source_line, byte_offset, flags, {looked_at} from read_parquet(?)",
                [[str(home / segment.path) for segment in ledger.segments()]],
            )
            names = [description[0] for description in cursor.description]
            accepted = {found[0]: dict(zip(names, found, strict=True)) for found in cursor.fetchall()}
        yield data, {"result": result, "refused": {found[0]: found for found in quarantine}, "accepted": accepted}
    finally:
        os.environ.pop("HENG_HOME")
        if before is not None:
            os.environ["HENG_HOME"] = before


def _line_of(data: bytes, number: int) -> bytes:
    return data.split(b"\n")[number - 1]


@pytest.mark.parametrize(
    ("index", "reason"), [pytest.param(i, case[2], id=case[0]) for i, case in enumerate(QUARANTINED)]
)
def test_a_bad_row_is_quarantined_with_its_reason_and_its_bytes(
    landed: tuple[bytes, dict[str, Any]], index: int, reason: str
) -> None:
    data, found = landed
    number = 2 + index
    assert number in found["refused"], f"accepted: {found['accepted'].get(number)}"
    _, offset, raw, told, detail = found["refused"][number]
    assert told == reason
    assert raw == _line_of(data, number)
    assert data[offset : offset + len(raw)] == raw
    assert data[offset - 1 : offset] == b"\n"
    if reason in ("R-NUMBER", "R-RANGE", "R-TIME", "R-DATEFORM", "R-CODE", "R-EMPTY"):
        assert detail.split("=")[0] in [*HEADINGS, "axle_loads_kg", "axle_spacings_m"]


@pytest.mark.parametrize(
    ("index", "column", "value", "flags"), [pytest.param(i, *case[2:], id=case[0]) for i, case in enumerate(ACCEPTED)]
)
def test_a_row_is_normalised_or_flagged_and_kept(
    landed: tuple[bytes, dict[str, Any]], index: int, column: str, value: Any, flags: str
) -> None:
    data, found = landed
    number = 2 + len(QUARANTINED) + index
    assert number in found["accepted"], f"quarantined: {found['refused'].get(number)}"
    kept = found["accepted"][number]
    shown = next(shown for name, shown in kept.items() if name.lower() == column.lower() or name == column)
    assert (shown, kept["flags"]) == (value, flags)
    assert data[kept["byte_offset"] :].startswith(_line_of(data, number))


def test_nothing_of_the_delivery_is_lost(landed: tuple[bytes, dict[str, Any]]) -> None:
    data, found = landed
    result = found["result"]
    assert result.delivered == data.count(b"\n") - 1
    assert result.delivered == result.accepted + result.quarantined
    assert result.quarantined == len(QUARANTINED) == sum(result.reasons["quarantine"].values())
    assert result.accepted == len(ACCEPTED) + 400


def test_a_quoted_line_end_breaks_that_record_and_no_other(home: Path, put: Any, accepted: Any) -> None:
    broken = row(1, vehicle_class_code='"1\n6"')
    put("wim_passage", NAME, delivery(row(2), broken, row(3), *good(20)))
    result = land(take(FEED, home / "inbox" / "wim_passage" / NAME, NAME))
    assert (result.delivered, result.quarantined) == (24, 2)
    assert result.reasons["quarantine"] == {"R-QUOTE": 2}
    assert {"YZ19-000002", "YZ19-000003"} <= {kept["check_no"] for kept in accepted("wim_passage")}


def test_empty_lines_deliver_nothing(home: Path, put: Any) -> None:
    put("wim_passage", NAME, delivery(row(1), "", row(2), "", ""))
    result = land(take(FEED, home / "inbox" / "wim_passage" / NAME, NAME))
    assert (result.delivered, result.accepted, result.quarantined) == (2, 2, 0)


def test_a_file_holds_its_rows_in_the_order_of_the_delivery(home: Path, put: Any) -> None:
    """Lines with quotes are read apart from the others and have to find their place again."""
    rows = good(60)
    for number in (0, 7, 30):
        rows[number]["vehicle_class_code"] = '"1"'
    put("wim_passage", NAME, delivery(*rows))
    land(take(FEED, home / "inbox" / "wim_passage" / NAME, NAME))
    (file,) = (home / "raw").rglob("*.parquet")
    found = duckdb.execute("select source_line from read_parquet(?)", [str(file)]).fetchall()
    assert [line for (line,) in found] == list(range(2, 62))
