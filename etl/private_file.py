"""Files with plates or people in them that a command writes where it is told."""

import os
from pathlib import Path

from etl.errors import HengError


def write(path: Path, data: bytes) -> None:
    """A file only its owner can read, whole or not at all. Raises ``HengError`` where it cannot be written."""
    if not path.parent.is_dir():
        raise HengError(f"There is no folder {path.parent}. Make it, or say another --out in a folder that exists.")
    if path.is_dir():
        raise HengError(f"{path} is a folder. Say a file, not a folder: --out.")
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise HengError(
            f"{path} could not be written: {error.strerror}. Name a file in a folder that exists."
        ) from None
