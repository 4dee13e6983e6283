"""ZIP archives from strangers: what may be in one, and how far it may unpack (D-ARCHIVE)."""

import stat
import struct
import zipfile
from pathlib import Path
from typing import IO

from etl.errors import DeliveryStopped

MAX_UNPACKED = 2 << 30
MAX_RATIO = 100
FREE_BYTES = 4 << 20
"""What a file may unpack to whatever its ratio: small files of blanks are no bombs."""
MAX_ENTRIES = 1000
_DIRECTORY_BYTES = 4 << 20
_HEADER_BYTES = 30
_DAMAGED = (
    zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, ValueError, struct.error, OSError,
)  # fmt: skip
"""What the library raises for archives that contradict themselves (ValueError: names that are no UTF-8)."""
_END = b"PK\x05\x06"
_PACKED = (".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz", ".zst")


def opened(path: Path, name: str) -> zipfile.ZipFile:
    """The archive, once its directory is known to be harmless; nothing is unpacked yet.

    A cut or damaged one is D-INCOMPLETE; too many entries, encryption, links, paths that leave the archive,
    sizes that lie far apart: D-ARCHIVE.
    """
    entries, directory = _end_record(path)
    size = path.stat().st_size
    if entries < 0:
        raise DeliveryStopped("D-INCOMPLETE", f"{name}: the archive has no end, so it is cut. Ask for it again.")
    if entries > MAX_ENTRIES or directory > _DIRECTORY_BYTES:
        raise _refused(name, f"it has more than {MAX_ENTRIES:,} entries")
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED as error:
        raise _damaged(name, type(error).__name__) from error
    try:
        _refuse_harmful(archive, name)
        if not all(0 <= info.header_offset < size - _HEADER_BYTES for info in archive.infolist()):
            raise _damaged(name, "an entry lies outside it")
    except DeliveryStopped:
        archive.close()
        raise
    return archive


def _refuse_harmful(archive: zipfile.ZipFile, name: str) -> None:
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise _refused(name, f"it has more than {MAX_ENTRIES:,} entries")
    if len({info.filename for info in infos}) != len(infos):
        raise _refused(name, "two entries have one name")
    for info in infos:
        # The name as it stands in the archive: the library has already changed separators in the other.
        inside = info.orig_filename.replace("\\", "/")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.flag_bits & 0x41:
            raise _refused(name, "an entry is encrypted")
        if "\0" in inside or inside.startswith("/") or ".." in inside.split("/") or inside[1:2] == ":":
            raise _refused(name, "an entry's name leaves the archive")
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(name, "an entry is a link or a device")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(name, "an entry is packed in an unusual way")
        if inside.lower().endswith(_PACKED):
            raise _refused(name, "it holds another archive")
    unpacked = sum(info.file_size for info in infos)
    packed = max(sum(info.compress_size for info in infos), 1)
    if unpacked > MAX_UNPACKED or (unpacked > FREE_BYTES and unpacked > MAX_RATIO * packed):
        raise _refused(name, f"it unpacks to more than {MAX_RATIO} times its size or 2 GiB")


def _refused(name: str, why: str) -> DeliveryStopped:
    return DeliveryStopped("D-ARCHIVE", f"{name}: {why}. Ask the sender for a plain file.")


def _damaged(name: str, why: str) -> DeliveryStopped:
    return DeliveryStopped("D-INCOMPLETE", f"{name}: the archive is damaged ({why}). Ask the sender for it again.")


def has_end(path: Path) -> bool:
    """Whether a file ends as an archive does; what else is wrong with it is told by ``opened``."""
    return _end_record(path)[0] >= 0


def _end_record(path: Path) -> tuple[int, int]:
    """Entries and size of the directory as the archive's end tells them; -1 where it has no end."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - (22 + 0xFFFF)))
        tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        return -1, 0
    entries, directory = struct.unpack("<HI", tail[at + 10 : at + 16])
    return entries, directory


def only_file(path: Path, name: str) -> IO[bytes]:
    """The one file in a packed delivery. Several are refused: one delivery, one file, one digest."""
    archive = opened(path, name)
    files = [info for info in archive.infolist() if not info.is_dir()]
    if len(files) != 1:
        archive.close()
        raise _refused(name, f"it holds {len(files)} files, expected is one")
    try:
        return archive.open(files[0])
    except _DAMAGED as error:
        archive.close()
        raise _damaged(name, type(error).__name__) from error
