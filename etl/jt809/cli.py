"""``heng jt809``: captures of traffic between platforms, read by people and programs."""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from etl.errors import HengError

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer(help="JT/T 809: captures of traffic between monitoring platforms.", no_args_is_help=True)
_COLUMNS = ("byte_offset", "msg_id", "sub_id", "serial", "plate_no", "time", "lat", "lon", "speed_kmh", "told")


@app.command("decode")
def decode_command(
    file: Annotated[str, typer.Argument(help="A capture; - reads standard input.")],
    is_hex: Annotated[bool, typer.Option("--hex", help="Hexadecimal text, a frame a line.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a frame, a line each.")] = False,
) -> None:
    """Decode a capture: every frame and every stretch that is none, in its order."""
    from etl.jt808.lines import one_a_line

    found = one_a_line(_of_lines(file)) if is_hex else _of_capture(file)
    if as_json:
        for told in found:
            sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        _print_table(found)


@app.command("explain")
def explain_command(
    frame: Annotated[list[str], typer.Argument(help="One frame in hexadecimal; blanks are allowed.")],
) -> None:
    """One frame field by field, and why it is refused if it is."""
    from etl.jt809 import explain

    explain.explain_command(" ".join(frame))


def _of_capture(file: str) -> Iterator[dict[str, Any]]:
    from etl.jt808.cli import pieces
    from etl.jt809.objects import objects

    return objects(pieces(file))


def _of_lines(file: str) -> Iterator[dict[str, Any]]:
    """Each line is a stream of its own; its number goes with every object."""
    from etl.jt808.cli import text_lines
    from etl.jt808.explain import bytes_of
    from etl.jt809.objects import objects

    for number, line in enumerate(text_lines(file), 1):
        if not line.strip():
            continue
        try:
            frame = bytes_of(line)
        except HengError as error:
            yield {"line": number, "error": str(error)}
            continue
        for told in objects([frame]):
            yield {"line": number, **told}


def _print_table(found: Iterator[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console() if sys.stdout.isatty() else Console(width=220)
    table = Table(*_COLUMNS, box=None, pad_edge=False)
    for told in found:
        positions = told.pop("positions", None)
        _add(table, told | ({"told": f"{len(positions)} positions"} if positions is not None else {}))
        for position in positions or []:
            _add(table, position)
    console.print(table)


def _add(table: "Table", told: dict[str, Any]) -> None:
    from rich.text import Text

    from etl.deliveries import shown

    said = told.get("told") or told.get("error") or told.get("sub") or told.get("msg") or ""
    if "type" in told:
        said += f": {told['type']}"
    cells = told | {"told": said}
    table.add_row(*(Text(shown(str(cells.get(name, ""))), overflow="fold") for name in _COLUMNS))
