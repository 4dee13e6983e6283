"""Where this instance keeps its state: one directory, so that two instances can run side by side."""

import os
import re
import shutil
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The state directory: ``HENG_HOME``, else ``var/`` of the checkout. Created private on first use."""
    path = Path(os.environ.get("HENG_HOME") or REPOSITORY / "var").absolute()
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def is_running(process: int | str) -> bool:
    return Path(f"/proc/{process}").exists()


def temporary(purpose: str) -> Path:
    """A private directory outside the home, named ``heng-<purpose>-<process>-…``; what dead processes left goes."""
    sweep_temporary()
    return Path(tempfile.mkdtemp(prefix=f"heng-{purpose}-{os.getpid()}-"))


def sweep_temporary() -> int:
    """Remove temporary directories of processes that ended without doing it themselves; returns how many."""
    removed = 0
    for path in Path(tempfile.gettempdir()).glob("heng-*"):
        match = re.fullmatch(r"heng-(read|dryrun|known)-(\d+)-\w+", path.name)
        if match and not is_running(match[2]) and not path.is_symlink() and path.stat().st_uid == os.getuid():
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
    return removed


def fsync_directory(path: Path) -> None:
    """Make a rename in ``path`` survive a power cut; without it the new name can be lost."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def settle(temporary: Path, final: Path) -> None:
    """Give a finished file its final name so that it is there, whole, after any crash or power cut."""
    final.parent.mkdir(parents=True, exist_ok=True)
    fsync_file(temporary)
    os.replace(temporary, final)
    fsync_directory(final.parent)
    fsync_directory(final.parent.parent)
