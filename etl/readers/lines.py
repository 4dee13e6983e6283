"""A delivery as numbered lines: unpacked, decoded strictly, split into fields; nothing is sniffed.

The unit is the physical line, so that every line has exactly one fate and a position a person can
find again. A quoted line end therefore breaks that one record (R-QUOTE) and no other.
"""

import csv
import gzip
import io
import re
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from etl.errors import DeliveryStopped

CHUNK_BYTES = 16 << 20
LINE_BYTES = 1 << 20
FIELD_BYTES = 64 << 10
MAX_ROWS = 10_000_000
MAX_UNPACKED = 2 << 30
MAX_RATIO = 100

# Control characters but the tab, and characters a reader cannot see but a comparison can (zero width,
# direction, BOM). The carriage return of a line end is gone before this is asked.
_INVISIBLE = r"[\x00-\x08\x0a-\x1f\x7f-\x{9f}\p{Cf}\p{Zl}\p{Zp}]"
_OTHER_FORMATS = {
    b"PK\x03\x04": "a ZIP archive or workbook",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"SQLite format 3": "an SQLite database",
}


@dataclass
class Chunk:
    """Consecutive lines. ``text`` is decoded and without line ends; ``bad`` maps index → reason."""

    source_line: np.ndarray
    byte_offset: np.ndarray
    raw: bytes
    ends: np.ndarray
    text: pa.Array
    bad: dict[int, str] = field(default_factory=dict)

    def raw_line(self, index: int) -> bytes:
        start = int(self.byte_offset[index] - self.byte_offset[0])
        return self.raw[start : int(self.ends[index])]


class _Bounded(io.RawIOBase):
    """Unpacks gzip with limits on size and ratio, so that a bomb is refused early (D-ARCHIVE)."""

    def __init__(self, path: Path, name: str) -> None:
        self.packed = max(path.stat().st_size, 1)
        self.stream = gzip.open(path, "rb")  # noqa: SIM115 - closed in close()
        self.name = name
        self.count = 0

    def readable(self) -> bool:
        return True

    def start(self) -> bytes:
        """The first unpacked bytes; they are read again by ``read``."""
        return self._unpacked(self.stream.peek, 16)[:16]

    def _unpacked(self, unpack: Callable[[int], bytes], size: int) -> bytes:
        try:
            return unpack(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DeliveryStopped(
                "D-INCOMPLETE",
                f"{self.name}: the gzip stream is cut or damaged ({error}). Ask the sender for the file again.",
            ) from error

    def read(self, size: int = -1) -> bytes:
        data = self._unpacked(self.stream.read, size)
        self.count += len(data)
        if self.count > MAX_UNPACKED or (self.count > (4 << 20) and self.count > MAX_RATIO * self.packed):
            raise DeliveryStopped(
                "D-ARCHIVE",
                f"{self.name}: unpacks to more than {MAX_RATIO} times its size or 2 GiB. "
                "Ask the sender for smaller files.",
            )
        return data

    def close(self) -> None:
        self.stream.close()
        super().close()


def open_delivery(path: Path, name: str) -> IO[bytes]:
    """The unpacked bytes of a delivery; refuses empty files and files that are not what their name says."""
    with path.open("rb") as peek:
        magic = peek.read(16)
    if not magic:
        raise DeliveryStopped("D-EMPTY", f"{name}: the file has 0 bytes. Ask the sender for it again.")
    packed = magic[:2] == b"\x1f\x8b"
    if packed != name.lower().endswith(".gz"):
        raise DeliveryStopped(
            "D-FORMAT",
            f"{name}: the content is {'' if packed else 'not '}gzip, its name says otherwise. "
            "Rename it or ask for it again.",
        )
    stream: Any = _Bounded(path, name) if packed else path.open("rb")
    try:
        _refuse_other_formats(stream.start() if packed else magic, name, packed)
    except DeliveryStopped:
        stream.close()
        raise
    return stream


def _refuse_other_formats(start: bytes, name: str, packed: bool) -> None:
    if packed and start.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise DeliveryStopped("D-ARCHIVE", f"{name}: an archive inside an archive. Ask for one packed file.")
    for magic, what in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise DeliveryStopped(
                "D-FORMAT", f"{name}: this is {what}, not text. Export it again in the declared format."
            )
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DeliveryStopped("D-ENCODING", f"{name}: this is UTF-16 text. Export it again in the declared encoding.")


def chunks(stream: IO[bytes], name: str, encoding: str, bom_allowed: bool = True) -> Iterator[Chunk]:
    """Cut a stream into chunks of whole lines, decoded strictly.

    A last line without its line end is D-INCOMPLETE: the tail may be cut in the middle of a number.
    """
    rest = b""
    offset = 0
    line = 1
    first = True
    while True:
        block = stream.read(CHUNK_BYTES)
        if not block:
            break
        data = rest + block
        cut = data.rfind(b"\n") + 1
        data, rest = data[:cut], data[cut:]
        if len(rest) > LINE_BYTES:
            raise _too_long(name, line)
        if not data:
            continue
        if first and bom_allowed and data.startswith(b"\xef\xbb\xbf") and encoding != "ascii":
            data = data[3:]
            offset = 3
        first = False
        yield _decoded(data, offset, line, encoding, name)
        offset += len(data)
        line += data.count(b"\n")
        if line > MAX_ROWS + 2:
            raise DeliveryStopped("D-OVERSIZE", f"{name}: more than {MAX_ROWS:,} rows. Ask for one file per day.")
    if rest:
        raise DeliveryStopped(
            "D-INCOMPLETE",
            f"{name}: the last line (line {line}) has no line end, so the file may be cut. "
            "Wait until the sender has finished, or ask for the file again.",
        )


def _too_long(name: str, line: int) -> DeliveryStopped:
    return DeliveryStopped(
        "D-OVERSIZE", f"{name}: a line is longer than 1 MiB (line {line} or after). Ask whether line ends were lost."
    )


def _decoded(data: bytes, offset: int, line: int, encoding: str, name: str) -> Chunk:
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 10) + 1
    starts = np.concatenate(([0], ends[:-1]))
    if int((ends - starts).max()) > LINE_BYTES:
        raise _too_long(name, line)
    bad: dict[int, str] = {}
    try:
        text = data.decode(encoding)
        if encoding == "utf-8":
            utf8, utf8_ends = data, ends
        else:
            utf8 = text.encode()
            utf8_ends = np.flatnonzero(np.frombuffer(utf8, np.uint8) == 10) + 1
        offsets = np.concatenate(([0], utf8_ends)).astype(np.int32)
        lines = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(utf8))
    except UnicodeDecodeError:
        decoded: list[str] = []
        for index, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            try:
                decoded.append(data[start:end].decode(encoding))
            except UnicodeDecodeError:
                bad[index] = "R-ENCODING"
                decoded.append("")
        lines = pa.array(decoded, pa.string())
    lines = pc.utf8_rtrim(lines, characters="\r\n")
    for index in np.flatnonzero(pc.match_substring_regex(lines, _INVISIBLE).to_numpy(zero_copy_only=False)).tolist():
        bad.setdefault(index, "R-CONTROL")
    return Chunk(np.arange(line, line + len(ends)), starts + offset, data, ends, lines, bad)


# A field of up to LINE_BYTES is split, so that an oversized one is told as such (FIELD_BYTES).
csv.field_size_limit(max(csv.field_size_limit(), LINE_BYTES))


def split_line(line: str, delimiter: str) -> list[str] | None:
    """Fields of one line by the CSV rules; None where a quote is stray or unclosed."""
    # The csv module takes a quote inside an unquoted field for text; by RFC 4180 it is stray.
    one = f'(?:"[^"]*(?:""[^"]*)*"|[^"{re.escape(delimiter)}]*)'
    if re.fullmatch(f"{one}(?:{re.escape(delimiter)}{one})*", line) is None:
        return None
    try:
        rows = list(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


Columns = list[pa.Array | pa.ChunkedArray]


def split(chunk: Chunk, delimiter: str, width: int, name: str) -> tuple[np.ndarray, Columns]:
    """Fields of the lines that have exactly ``width`` of them: their indices, and one array per field.

    Lines that do not are noted in ``chunk.bad`` (R-FIELDS, R-QUOTE). Empty lines deliver nothing
    and are left out of both.
    """
    empty = pc.equal(pc.binary_length(chunk.text), 0).to_numpy(zero_copy_only=False)
    quoted = pc.match_substring(chunk.text, '"').to_numpy(zero_copy_only=False)
    delimiters = pc.count_substring(chunk.text, delimiter).to_numpy(zero_copy_only=False)
    good = (delimiters == width - 1) & ~quoted & ~empty
    careful: list[list[str]] = []
    careful_at: list[int] = []
    at_quotes = np.flatnonzero(quoted)
    for index, line in zip(at_quotes.tolist(), chunk.text.take(pa.array(at_quotes)).to_pylist(), strict=True):
        if index in chunk.bad:
            continue
        fields = split_line(line, delimiter)
        if fields is None:
            chunk.bad[index] = "R-QUOTE"
        elif len(fields) != width:
            chunk.bad[index] = "R-FIELDS"
        else:
            careful.append(fields)
            careful_at.append(index)
    if chunk.bad:
        good[list(chunk.bad)] = False
    wrong = ~good & ~empty
    wrong[careful_at] = False
    for index in np.flatnonzero(wrong).tolist():
        chunk.bad.setdefault(index, "R-FIELDS")
    at = np.concatenate((np.flatnonzero(good), careful_at)).astype(np.int64)
    columns = _fields(chunk.text.filter(pa.array(good)), delimiter, width)
    if careful:
        columns = [
            pa.chunked_array([*column.chunks, pa.array([fields[position] for fields in careful], pa.string())])
            for position, column in enumerate(columns)
        ]
    if pc.max(pc.binary_length(chunk.text)).as_py() > FIELD_BYTES:
        longest = max(pc.max(pc.binary_length(column)).as_py() or 0 for column in columns)
        if longest > FIELD_BYTES:
            raise DeliveryStopped(
                "D-OVERSIZE",
                f"{name}: a field is longer than 64 KiB (lines {chunk.source_line[0]} to {chunk.source_line[-1]}). "
                "Ask the sender what it is.",
            )
    return at, [_plain(column) for column in columns]


def _fields(lines: pa.Array, delimiter: str, width: int) -> list[pa.ChunkedArray]:
    """One array of texts per field, of lines known to have ``width`` fields and no quote."""
    names = [str(position) for position in range(width)]
    if not len(lines):
        return [pa.chunked_array([], pa.string()) for _ in names]
    together = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines), "\n")
    table = arrow_csv.read_csv(
        pa.BufferReader(together[0].as_buffer()),
        arrow_csv.ReadOptions(column_names=names, block_size=2 * LINE_BYTES),
        arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False, escape_char=False, ignore_empty_lines=False),
        arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    return table.columns


def slices(
    chunk: Chunk,
    positions: list[tuple[int, int]],
    numbers: list[tuple[int, int]],
    width: int,
    starts_with: str,
) -> tuple[np.ndarray, Columns]:
    """Fields of fixed-width lines by position (first and last, from 1). Trailing blanks may be missing.

    A line that ends inside one of the ``numbers`` was cut: half a weight is not a weight (R-FIELDS).
    """
    empty = pc.equal(pc.binary_length(chunk.text), 0).to_numpy(zero_copy_only=False)
    length = pc.utf8_length(pc.utf8_rtrim_whitespace(chunk.text)).to_numpy(zero_copy_only=False)
    good = (length <= width) & ~empty
    for first, last in numbers:
        good &= (length < first) | (length >= last)
    if starts_with:
        good &= pc.starts_with(chunk.text, starts_with).to_numpy(zero_copy_only=False)
    if chunk.bad:
        good[list(chunk.bad)] = False
    for index in np.flatnonzero(~good & ~empty).tolist():
        chunk.bad.setdefault(index, "R-FIELDS")
    lines = chunk.text.filter(pa.array(good))
    columns = [_plain(pc.utf8_slice_codeunits(lines, first - 1, last)) for first, last in positions]
    return np.flatnonzero(good).astype(np.int64), columns


def _plain(column: pa.Array) -> pa.Array:
    """NFKC where a value is not ASCII (full-width digits, letters, brackets), and no outer blanks."""
    if column.nbytes and not pc.all(pc.string_is_ascii(column)).as_py():
        column = pc.utf8_normalize(column, form="NFKC")
    return pc.utf8_trim_whitespace(column)


def raw_lines(path: Path, name: str, encoding: str, wanted: set[int]) -> dict[int, bytes]:
    """Original bytes of the wanted lines, read again from the archive."""
    found: dict[int, bytes] = {}
    ordered = sorted(wanted)
    with open_delivery(path, name) as stream:
        for chunk in chunks(stream, name, encoding):
            first = int(chunk.source_line[0])
            start, stop = bisect_left(ordered, first), bisect_left(ordered, first + len(chunk.source_line))
            found.update((number, chunk.raw_line(number - first)) for number in ordered[start:stop])
    return found


def heading_key(heading: str) -> str:
    """Headings are compared after NFKC and without blanks: exports mix full- and half-width brackets."""
    import unicodedata

    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", heading))
