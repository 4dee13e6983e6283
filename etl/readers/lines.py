"""A delivery as numbered lines: unpacked, decoded strictly, split into fields; nothing is sniffed.

The unit is the physical line, so that every line has exactly one fate and a position a person can
find again. A quoted line end therefore breaks that one record (R-QUOTE) and no other.
"""

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from etl.errors import DeliveryStopped
from etl.readers import archive
from etl.readers.archive import FREE_BYTES, MAX_RATIO, MAX_UNPACKED
from etl.readers.rows import FIELD_BYTES, INVISIBLE, MAX_ROWS, Array, plain, refuse_oversized, too_many_rows

CHUNK_BYTES = 16 << 20
LINE_BYTES = 1 << 20
PIECE_BYTES = 256 << 10
# Eight times the longest field; what is read of one fits the processor's cache.
BLOCK_BYTES = 8 * FIELD_BYTES

_OTHER_FORMATS = {
    b"PK\x03\x04": "a ZIP archive or workbook",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"SQLite format 3": "an SQLite database",
}


@dataclass
class Chunk:
    """Consecutive lines. ``utf8`` are their bytes decoded and written as UTF-8, ``ends`` and ``utf8_ends`` where
    each line ends in ``raw`` and ``utf8``; ``bad`` maps index → reason and detail."""

    source_line: np.ndarray
    byte_offset: np.ndarray
    raw: bytes
    ends: np.ndarray
    utf8: bytes
    utf8_ends: np.ndarray
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)
    lone_return: bool = False
    """A carriage return stands elsewhere than in a line end."""

    @cached_property
    def text(self) -> pa.Array:
        """The lines without their line ends."""
        return pc.ascii_rtrim(_strings(self.utf8, self.utf8_ends), characters="\r\n")

    def __len__(self) -> int:
        return len(self.source_line)

    def without_first(self) -> "Chunk":
        """The chunk without its first line (the headings)."""
        skipped, utf8_skipped = int(self.ends[0]), int(self.utf8_ends[0])
        return Chunk(
            self.source_line[1:],
            self.byte_offset[1:],
            self.raw[skipped:],
            self.ends[1:] - skipped,
            self.utf8[utf8_skipped:],
            self.utf8_ends[1:] - utf8_skipped,
            {index - 1: reason for index, reason in self.bad.items() if index > 0},
            self.lone_return,
        )

    def raw_line(self, index: int) -> bytes:
        """The line's bytes without its line end."""
        start = int(self.byte_offset[index] - self.byte_offset[0])
        return self.raw[start : int(self.ends[index])].rstrip(b"\r\n")

    def raw_lines(self, indices: Sequence[int]) -> list[bytes]:
        return [self.raw_line(index) for index in indices]


class _Bounded(io.RawIOBase):
    """Unpacks gzip or a ZIP's one file with limits on size and ratio, so that a bomb is refused early (D-ARCHIVE)."""

    def __init__(self, path: Path, name: str) -> None:
        self.packed = max(path.stat().st_size, 1)
        self.stream: Any = (
            archive.only_file(path, name) if name.lower().endswith(".zip") else gzip.open(path, "rb")  # noqa: SIM115 - closed in close()
        )
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
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise DeliveryStopped(
                "D-INCOMPLETE",
                f"{self.name}: the packed stream is cut or damaged ({error}). Ask the sender for the file again.",
            ) from error

    def read(self, size: int = -1) -> bytes:
        data = self._unpacked(self.stream.read, size)
        self.count += len(data)
        if self.count > MAX_UNPACKED or (self.count > FREE_BYTES and self.count > MAX_RATIO * self.packed):
            raise DeliveryStopped(
                "D-ARCHIVE",
                f"{self.name}: unpacks to more than {MAX_RATIO} times its size or 2 GiB. "
                "Ask the sender for smaller files.",
            )
        return data

    def close(self) -> None:
        self.stream.close()
        super().close()


def open_delivery(path: Path, name: str, is_text: bool = True) -> IO[bytes]:
    """The unpacked bytes of a delivery; refuses empty files and files that are not what their name says.

    What is no text may begin with any bytes, also those that other formats begin with.
    """
    with path.open("rb") as peek:
        magic = peek.read(16)
    if not magic:
        raise DeliveryStopped("D-EMPTY", f"{name}: the file has 0 bytes. Ask the sender for it again.")
    packed = name.lower().endswith((".gz", ".zip"))
    is_gzip, is_zip = magic.startswith(b"\x1f\x8b"), magic.startswith(b"PK")
    is_other = is_gzip != name.lower().endswith(".gz") and (is_text or packed)
    if is_other or (name.lower().endswith(".zip") and not is_zip):
        what = "gzip" if is_gzip else "not packed as its ending says"
        raise DeliveryStopped(
            "D-FORMAT", f"{name}: the content is {what}, its name says otherwise. Rename it or ask for it again."
        )
    stream: Any = _Bounded(path, name) if packed else path.open("rb")
    try:
        if is_text:
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


def chunks(stream: IO[bytes], name: str, encoding: str) -> Iterator[Chunk]:
    """Cut a stream into chunks of whole lines, decoded strictly.

    A last line without its line end is D-INCOMPLETE: the tail may be cut in the middle of a number.
    """
    rest = b""
    offset = 0
    line = 1
    first = True
    size = max(1, CHUNK_BYTES // 8)  # a short first chunk, because whoever types the rows waits for it
    while True:
        block = stream.read(size)
        if not block:
            break
        size = CHUNK_BYTES
        data = rest + block
        cut = data.rfind(b"\n") + 1
        data, rest = data[:cut], data[cut:]
        if len(rest) > LINE_BYTES:
            raise _too_long(name, line)
        if not data:
            continue
        if first and data.startswith(b"\xef\xbb\xbf") and encoding != "ascii":
            data = data[3:]
            offset = 3
        first = False
        chunk = _decoded(data, offset, line, encoding, name)
        offset += len(data)
        line += len(chunk)
        yield chunk
        if line > MAX_ROWS + 2:
            raise too_many_rows(name)
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
    ends = _where(data, lambda piece: np.frombuffer(piece, np.uint8) == 10) + 1
    starts = np.concatenate(([0], ends[:-1]))
    if int((ends - starts).max()) > LINE_BYTES:
        raise _too_long(name, line)
    bad: dict[int, tuple[str, str]] = {}
    utf8, utf8_ends = data, ends
    try:
        if encoding != "utf-8":
            utf8 = data.decode(encoding).encode()
            utf8_ends = _where(utf8, lambda piece: np.frombuffer(piece, np.uint8) == 10) + 1
        else:
            _strings(data, ends).validate(full=True)
    except (UnicodeDecodeError, pa.ArrowInvalid):
        decoded: list[bytes] = []
        for index, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            try:
                decoded.append(data[start:end].decode(encoding).encode())
            except UnicodeDecodeError:
                bad[index] = ("R-ENCODING", f"not {encoding}")
                decoded.append(b"\n")
        utf8 = b"".join(decoded)
        utf8_ends = np.cumsum([len(one) for one in decoded])
    chunk = Chunk(np.arange(line, line + len(ends)), starts + offset, data, ends, utf8, utf8_ends, bad)
    _refuse_invisible(chunk)
    return chunk


def _where(data: bytes, told: Callable[[memoryview], np.ndarray]) -> np.ndarray:
    """Where bytes are as told; looked for in pieces, because one that fits the processor's cache costs half."""
    view = memoryview(data)
    return np.concatenate(
        [np.flatnonzero(told(view[at : at + PIECE_BYTES])) + at for at in range(0, len(data), PIECE_BYTES)]
    )


def _strings(utf8: bytes, ends: np.ndarray) -> pa.StringArray:
    offsets = np.concatenate(([0], ends)).astype(np.int32)
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(utf8))


# First bytes of the UTF-8 forms of control and invisible characters. Most texts have none of them, Chinese ones
# included, so only lines that do are looked at with the regular expression.
_MAY_BE_INVISIBLE = np.zeros(256, bool)
_MAY_BE_INVISIBLE[[*range(9), *range(11, 13), *range(14, 32), 0x7F]] = True
_MAY_BE_INVISIBLE[[0xC2, 0xD8, 0xD9, 0xDB, 0xDC, 0xE0, 0xE1, 0xE2, 0xEF, 0xF0, 0xF3]] = True
_LOOK_AT = _MAY_BE_INVISIBLE.tobytes()


def _may_be_invisible(piece: memoryview) -> np.ndarray:
    """Which bytes of a piece may begin an invisible character; a few counts show that none does, at half the cost."""
    data = np.frombuffer(piece, np.uint8)
    odd = np.count_nonzero(data < 32) - np.count_nonzero(data == 10)
    if odd:
        odd -= np.count_nonzero(data == 13) + np.count_nonzero(data == 9)
    # First bytes of kana, ideographs and Hangul are none of those in question.
    odd += np.count_nonzero(data >= 0xC0) - np.count_nonzero(data - np.uint8(0xE3) <= 0xEE - 0xE3)
    if not odd + np.count_nonzero(data == 0x7F):
        return np.zeros(0, bool)
    return np.frombuffer(bytes(piece).translate(_LOOK_AT), bool)


def _refuse_invisible(chunk: Chunk) -> None:
    data = np.frombuffer(chunk.utf8, np.uint8)
    at = _where(chunk.utf8, _may_be_invisible)
    if b"\r" in chunk.utf8:
        returns = np.flatnonzero(data == 13)
        lone = returns[data[returns + 1] != 10]  # the last byte is a line end, so there is a next one
        chunk.lone_return = len(lone) > 0
        at = np.concatenate((at, lone))
    if not len(at):
        return
    lines = np.unique(np.searchsorted(chunk.utf8_ends, at, side="right"))
    seen = pc.match_substring_regex(chunk.text.take(pa.array(lines)), INVISIBLE).to_numpy(zero_copy_only=False)
    for index in lines[seen].tolist():
        chunk.bad.setdefault(index, ("R-CONTROL", ""))


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


Columns = list[Array]


def split(chunk: Chunk, delimiter: str, width: int, name: str) -> tuple[np.ndarray, Columns]:
    """Fields of the lines that have exactly ``width`` of them: their indices, and one array per field.

    Lines that do not are noted in ``chunk.bad`` (R-FIELDS, R-QUOTE). Empty lines deliver nothing
    and are left out of both.
    """
    columns = _undisturbed(chunk, delimiter, width)
    if columns is not None:
        return np.arange(len(chunk)), columns
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
            chunk.bad[index] = ("R-QUOTE", "")
        elif len(fields) != width:
            chunk.bad[index] = ("R-FIELDS", f"found {len(fields)} fields, expected {width}")
        else:
            careful.append(fields)
            careful_at.append(index)
    if chunk.bad:
        good[list(chunk.bad)] = False
    wrong = ~good & ~empty
    wrong[careful_at] = False
    for index, found in zip(np.flatnonzero(wrong).tolist(), (delimiters[wrong] + 1).tolist(), strict=True):
        chunk.bad.setdefault(index, ("R-FIELDS", f"found {found} fields, expected {width}"))
    at = np.concatenate((np.flatnonzero(good), careful_at)).astype(np.int64)
    columns = _fields(chunk.text.filter(pa.array(good)), delimiter, width)
    if careful:
        columns = [
            pa.chunked_array([*column.chunks, pa.array([fields[position] for fields in careful], pa.string())])
            for position, column in enumerate(columns)
        ]
    if pc.max(pc.binary_length(chunk.text)).as_py() > FIELD_BYTES:
        refuse_oversized(columns, name, f"lines {chunk.source_line[0]} to {chunk.source_line[-1]}")
    return at, [plain(column) for column in columns]


def _undisturbed(chunk: Chunk, delimiter: str, width: int) -> Columns | None:
    """The fields of a chunk in which every line has ``width`` of them and nothing needs a second look."""
    lengths = np.diff(chunk.utf8_ends, prepend=0)
    if chunk.bad or chunk.lone_return or width < 2 or b'"' in chunk.utf8 or int(lengths.max()) > FIELD_BYTES:
        return None
    # An empty line, which Arrow reads as a record of nulls. Where lines may end with a carriage return, it is no field.
    if int(lengths.min()) < width + (b"\r" in chunk.utf8):
        return None
    try:
        table = _read_fields(pa.py_buffer(chunk.utf8), delimiter, width, BLOCK_BYTES)
    except pa.ArrowInvalid:  # a line has another number of fields
        return None
    if table.num_rows != len(chunk):
        return None
    edges = _blank_edges(chunk.utf8, delimiter)
    return [plain(column, edges) for column in table.columns]


def _blank_edges(utf8: bytes, delimiter: str) -> bool:
    """Whether an ASCII blank stands at the edge of a field, so that fields have to be trimmed."""
    data = np.frombuffer(utf8, np.uint8)
    if data[0] in b" \t":
        return True
    for at in range(0, len(data), PIECE_BYTES):
        piece = data[at : at + PIECE_BYTES + 1]  # the last byte of a chunk is a line end, so no blank is the last one
        blank = (piece == 32) | (piece == 9)
        border = (piece == ord(delimiter)) | (piece == 10) | (piece == 13)
        if (blank[1:] & border[:-1]).any() or (blank[:-1] & border[1:]).any():
            return True
    return False


def _fields(lines: pa.Array, delimiter: str, width: int) -> list[pa.ChunkedArray]:
    """One array of texts per field, of lines known to have ``width`` fields and no quote."""
    if not len(lines):
        return [pa.chunked_array([], pa.string()) for _ in range(width)]
    together = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines), "\n")
    return _read_fields(together[0].as_buffer(), delimiter, width, 2 * LINE_BYTES).columns


def _read_fields(text: pa.Buffer, delimiter: str, width: int, block: int) -> pa.Table:
    """Fields of decoded lines, each shorter than a ``block``."""
    names = [str(position) for position in range(width)]
    return arrow_csv.read_csv(
        pa.BufferReader(text),
        arrow_csv.ReadOptions(column_names=names, block_size=block, use_threads=False),
        arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False, escape_char=False, ignore_empty_lines=False),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
        ),
    )


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
        told = _told_width(int(length[index]), width, chunk.text[index].as_py(), starts_with)
        chunk.bad.setdefault(index, ("R-FIELDS", told))
    lines = chunk.text.filter(pa.array(good))
    columns = [plain(pc.utf8_slice_codeunits(lines, first - 1, last)) for first, last in positions]
    return np.flatnonzero(good).astype(np.int64), columns


def _told_width(found: int, width: int, line: str, starts_with: str) -> str:
    if not line.startswith(starts_with):
        return f"does not start with {starts_with}"
    return f"found {found} characters, expected {width}" + ("" if found > width else "; cut inside a number")
