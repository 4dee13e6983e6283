"""``heng jt808``: captures and single frames of JT/T 808 terminal traffic, read for people and for other programs."""

import json
import sys
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from etl.errors import HengError

app = typer.Typer(help="Frames of JT/T 808 terminals: decode a capture, explain one frame.", no_args_is_help=True)
PIECE_BYTES = 1 << 20
_COLUMNS = (
    "at", "message", "phone", "serial", "time", "latitude", "longitude", "km/h", "alarm", "status", "what else",
)  # fmt: skip
_IN_COLUMNS = {
    "byte_offset", "length", "line", "msg_id", "phone", "serial", "version", "body_length", "time", "lat", "lon",
    "speed_kmh", "alarm", "status", "altitude_m", "direction_deg",
}  # fmt: skip


@app.command("decode")
def decode_command(
    file: Annotated[str, typer.Argument(help="A capture, or - for standard input.")],
    as_hex: Annotated[bool, typer.Option("--hex", help="Hexadecimal text, one frame a line.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a frame.")] = False,
) -> None:
    """Decode every frame of a capture, in order; what is no frame is shown with its reason.

    Behind a part of a message nothing is printed until its other parts have come: it is given up as unfinished when
    more than 10,000 frames follow it, or the input ends.
    """
    from etl.jt808.lines import one_a_line

    found = one_a_line(_of_lines(file)) if as_hex else _of_bytes(file)
    if as_json:
        for one in found:
            sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")
    else:
        _print_table(found)


@app.command("explain")
def explain_command(
    frame: Annotated[list[str], typer.Argument(help="A frame in hexadecimal; blanks and 0x are allowed.")],
) -> None:
    """Print one frame field by field, as far as a damaged one can be read, and why it is refused."""
    from etl.jt808.explain import explain_command

    explain_command(" ".join(frame))


def _of_bytes(file: str) -> Iterator[dict[str, Any]]:
    from etl.jt808.objects import Teller

    teller = Teller()
    for piece in pieces(file):
        yield from teller.feed(piece)
    yield from teller.finish()


def pieces(file: str) -> Iterator[bytes]:
    """A capture, or standard input for ``-``, a piece at a time. Raises ``HengError`` if there is no such file."""
    if file == "-":
        while piece := sys.stdin.buffer.read(PIECE_BYTES):
            yield piece
        return
    with _opened(file) as stream:
        while piece := stream.read(PIECE_BYTES):
            yield piece


def _opened(file: str) -> BinaryIO:
    path = Path(file)
    if not path.exists() or path.is_dir():
        raise HengError(f"There is no file {file}. Name a capture, or - to read standard input.")
    return path.open("rb")


def _of_lines(file: str) -> Iterator[dict[str, Any]]:
    """Objects in the order of the lines; a line that is no hexadecimal has its place among them."""
    from etl.jt808.explain import bytes_of
    from etl.jt808.objects import Teller, is_one_frame

    teller = Teller()
    numbers = count(1)
    for lines in _lines_at_hand(file):
        frames: list[tuple[int, bytes]] = []
        for written, number in zip(lines, numbers, strict=False):
            if not written.strip():
                continue
            try:
                data = bytes_of(written)
            except HengError as error:
                yield from teller.lines(frames)
                frames = []
                yield from teller.note({"line": number, "error": str(error)})
                continue
            if is_one_frame(data):
                frames.append((number, data))
            else:
                yield from teller.lines(frames)
                frames = []
                yield from teller.line(data, number)
        yield from teller.lines(frames)
    yield from teller.finish()


def text_lines(file: str) -> Iterator[str]:
    """The lines of a file, or of standard input for ``-``. Raises ``HengError`` if there is no such file."""
    return chain.from_iterable(_lines_at_hand(file))


def _lines_at_hand(file: str) -> Iterator[list[str]]:
    """The lines that have come, without waiting for more of them."""
    stream: Any = sys.stdin.buffer if file == "-" else _opened(file)
    begun: list[bytes] = []  # the line whose end has not come
    mark = b"\xef\xbb\xbf"  # which some editors put before the first line
    while piece := stream.read1(PIECE_BYTES):
        *ended, rest = piece.split(b"\n")
        if ended:
            ended[0] = b"".join([*begun, ended[0]]).removeprefix(mark)
            begun, mark = [], b""
            yield [_text(line) for line in ended]
        begun.append(rest)
    if any(begun):
        yield [_text(b"".join(begun).removeprefix(mark))]


def _text(line: bytes) -> str:
    # What is no text is no hexadecimal either; it must not stop the lines after it.
    return line.decode("utf-8", "backslashreplace")


def _print_table(found: Iterator[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from etl.deliveries import shown
    from etl.jt808 import words

    table = Table(*_COLUMNS, box=None, pad_edge=False)
    for one in found:
        for at, place in enumerate(one.get("positions") or [one]):
            cells = _cells({**one, **place}, words.MESSAGES) if at == 0 else _cells(place, words.MESSAGES)
            table.add_row(*(Text(shown(cell), overflow="fold") for cell in cells))
    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(table)


def _cells(one: dict[str, Any], names: Any) -> list[str]:
    at = f"line {one['line']}" if "line" in one else str(one.get("byte_offset", ""))
    name = names.get(int(one["msg_id"], 16)) if "msg_id" in one else None
    rest = {key: value for key, value in one.items() if key not in _IN_COLUMNS | {"error", "items", "positions"}}
    said = [one["error"]] if "error" in one else []
    said += [f"{key} {value}" for key, value in rest.items() if value not in (None, "")]
    said += [f"{key} {_item(value)}" for key, value in one.get("items", {}).items()]
    return [
        at, " ".join(part for part in (one.get("msg_id", ""), name.en if name else "") if part), one.get("phone", ""),
        str(one.get("serial", "")), one.get("time", ""), _number(one, "lat", ".6f"), _number(one, "lon", ".6f"),
        _number(one, "speed_kmh", ".1f"), _number(one, "alarm", "08X"), _number(one, "status", "08X"), "; ".join(said),
    ]  # fmt: skip


def _number(one: dict[str, Any], key: str, form: str) -> str:
    return format(one[key], form) if key in one else ""


def _item(value: Any) -> str:
    if isinstance(value, list):
        return " and ".join(_item(one) for one in value)
    named = [f"{key} {part}" for key, part in value.items() if key != "hex"]
    return ", ".join(named) or value["hex"]
