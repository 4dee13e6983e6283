"""Publishing: what a build left in private becomes the version every page reads, at one instant.

A version is a manifest that names its files (one per month, and a head) by content. Files settle
first, then the manifest, then the pointer ``snapshots/CURRENT`` is replaced: a reader sees the old
version or the new one, whole. Versions are a counter. One writer at a time holds ``build.lock`` from
the beginning of a build to the end of its publication and counts up the fencing number in it; a writer
that finds a later number has lost its turn and publishes nothing.
"""

import contextlib
import copy
import fcntl
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.digest import file_digest, text_digest
from warehouse.errors import Busy, LostTurn, NoSnapshot, SnapshotDamaged, WarehouseError
from warehouse.failpoint import failpoint
from warehouse.home import fsync_directory, home, settle

if TYPE_CHECKING:
    from warehouse.build import Build


# --- the lock ------------------------------------------------------------------------------------
@dataclass
class Turn:
    """The right to build and publish, while ``descriptor`` is open."""

    number: int
    descriptor: int

    def end(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def take_turn(count: bool = True, wait_seconds: float = 0) -> Turn:
    """Lock out every other writer and, with ``count``, take the next fencing number.

    Raises ``Busy`` if another writer is still at work after ``wait_seconds``.
    """
    path = home() / "build.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() < until:
                time.sleep(0.2)
                continue
            os.close(descriptor)
            raise Busy(
                "Another build or publication is running. Wait for it to end; 'heng status' shows the result."
            ) from None
    number = int(os.pread(descriptor, 32, 0) or b"0")
    if count:
        number += 1
        os.pwrite(descriptor, f"{number:<20}\n".encode(), 0)
        os.fsync(descriptor)
    return Turn(number, descriptor)


# --- what is published ---------------------------------------------------------------------------
def manifest_path(version: int) -> Path:
    return home() / "snapshots" / str(version) / "manifest.json"


def pointer() -> dict[str, Any] | None:
    """``version``, the digest of its manifest, and the ``highest`` version ever published; None at first."""
    try:
        return json.loads((home() / "snapshots" / "CURRENT").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def read_manifest(version: int, sha256: str | None = None) -> dict[str, Any]:
    """A version's manifest; with ``sha256`` it must be that one, to the byte."""
    path = manifest_path(version)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SnapshotDamaged(f"Version {version} has no manifest. Serve another: heng publish <version>.") from None
    if sha256 is not None and text_digest([data.decode("utf-8", "replace")]) != sha256:
        raise SnapshotDamaged(
            f"The manifest of version {version} was changed after it was published. "
            "Serve another version (heng publish <version>) or build again (heng build)."
        )
    return json.loads(data)


def published_manifest() -> dict[str, Any] | None:
    """The manifest of the version that is served; None while nothing is published."""
    found = pointer()
    return None if found is None else read_manifest(found["version"], found["manifest"])


def files_of(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Every file of a version, months first: ``file`` (relative to the home), ``sha256``, ``size``."""
    return [told for holder in [*manifest["parts"].values(), manifest["head"]] for told in _with_keys(holder)]


def _with_keys(holder: dict[str, Any]) -> list[dict[str, Any]]:
    """A month or the head, and the file of its keys beside it (``warehouse.keyed``): older versions have none."""
    return [holder, holder["keyed"]] if "keyed" in holder else [holder]


def is_there(told: dict[str, Any]) -> bool:
    """Whether a file of a version lies in its place with its size (its bytes are ``verify``'s to read)."""
    path = home() / told["file"]
    return path.is_file() and path.stat().st_size == told["size"]


def verify(version: int | None = None) -> list[str]:
    """Names of the files of a version that are missing or changed; the manifest itself comes first."""
    found = pointer()
    if found is None:
        raise NoSnapshot("Nothing is published yet. Run 'heng build'.")
    number = version or found["version"]
    try:
        manifest = read_manifest(number, found["manifest"] if number == found["version"] else None)
    except SnapshotDamaged:
        return [str(manifest_path(number).relative_to(home()))]
    bad = []
    for told in files_of(manifest):
        path = home() / told["file"]
        if not path.is_file() or path.stat().st_size != told["size"] or file_digest(path) != told["sha256"]:
            bad.append(told["file"])
    return bad


# --- publishing ----------------------------------------------------------------------------------
def publish(build: "Build") -> int:
    """Publish a finished build and end its turn; returns the version that is served now.

    A build that changes nothing publishes nothing: the version stays. Raises ``LostTurn`` if another
    build began meanwhile. After a crash at any point the old or the new version is served, and the
    next build starts from it.
    """
    turn = build.turn if build.turn.descriptor >= 0 else take_turn(count=False)
    try:
        current = pointer()
        manifest = build.manifest
        if turn.number != build.turn.number or (current["version"] if current else 0) != build.base_version:
            raise LostTurn(
                f"Build {build.turn.number} is not the last one any more (build {turn.number} began since). "
                "Nothing was published; run 'heng build' again."
            )
        failed = [check["name"] for check in manifest["checks"] if check["severity"] == "stop" and check["rows"]]
        if failed:
            raise WarehouseError(f"Checks {failed} found rows; nothing was published.")
        if current and not build.mended and _is_served_already(current, manifest):
            return current["version"]
        version = (current["highest"] if current else 0) + 1
        return _publish(build, version)
    finally:
        turn.end()
        build.turn.end()
        shutil.rmtree(build.work, ignore_errors=True)


def _is_served_already(current: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether the served version says the same as ``new`` and all its files are there."""
    try:
        old = read_manifest(current["version"], current["manifest"])
    except SnapshotDamaged:
        return False
    same = all(old.get(key) == new.get(key) for key in ("tables", "data_until", "days", "code", "raw", "keys"))
    return same and all(is_there(told) for told in files_of(old))


def _publish(build: "Build", version: int) -> int:
    root = home()
    folder = root / "snapshots" / str(version)
    if folder.exists():  # left by a process that died before its pointer: no reader ever saw it
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    manifest = {**build.manifest, "version": version}
    for told in [told for part in manifest["parts"].values() for told in _with_keys(part)]:
        written = build.work / Path(told["file"]).name
        if written.exists():
            settle(written, root / told["file"])
        elif not (root / told["file"]).is_file():
            raise SnapshotDamaged(f"{told['file']} of an unchanged month is gone. Run 'heng build --full'.")
    manifest["head"] = copy.deepcopy(manifest["head"])
    for told in _with_keys(manifest["head"]):
        written = build.work / Path(told["file"]).name
        told["file"] = f"snapshots/{version}/{written.name}"
        settle(written, root / told["file"])
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    _write(folder / "manifest.json", text)
    failpoint("publish.manifest_written")
    _point_to(version, text_digest([text]), version)
    return version


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, encoding="utf-8")
    settle(temporary, path)


def _point_to(version: int, manifest_sha256: str, highest: int) -> None:
    failpoint("publish.before_pointer")
    told = {"version": version, "manifest": manifest_sha256, "highest": highest}
    _write(home() / "snapshots" / "CURRENT", json.dumps(told) + "\n")
    failpoint("publish.pointer_replaced")


def versions() -> list[dict[str, Any]]:
    """Versions that can be served, newest first: version, current, data_until, business_date, digest."""
    found = pointer()
    if found is None:
        return []
    told = []
    for path in (home() / "snapshots").iterdir():
        if path.name.isdigit() and int(path.name) <= found["highest"] and (path / "manifest.json").is_file():
            try:
                manifest = read_manifest(int(path.name))
            except (SnapshotDamaged, ValueError):
                continue  # a damaged one cannot be served, and keeps no other from being
            told.append(
                {
                    "version": manifest["version"],
                    "current": manifest["version"] == found["version"],
                    "data_until": manifest["data_until"],
                    "business_date": manifest["business_date"],
                    "digest": manifest["digest"],
                }
            )
    return sorted(told, key=lambda row: -row["version"])


def serve_version(version: int) -> None:
    """Point to an earlier version that is still kept, after verifying every file of it."""
    turn = take_turn(count=False)
    try:
        found = pointer()
        if found is None or version not in {row["version"] for row in versions()}:
            raise WarehouseError(f"Version {version} is not kept. 'heng publish' lists the versions there are.")
        bad = verify(version)
        if bad:
            raise SnapshotDamaged(f"Version {version} is damaged: {bad[0]}. Serve another one.")
        text = manifest_path(version).read_text(encoding="utf-8")
        _point_to(version, text_digest([text]), found["highest"])
    finally:
        turn.end()


def prune(keep: int) -> int:
    """Remove versions beyond the ``keep`` newest, and files no kept version names; returns how many versions.

    The served version is always kept. A page that still reads a removed file goes on reading it:
    an open file lives until it is closed. Does nothing while a build runs.
    """
    try:
        turn = take_turn(count=False)
    except Busy:
        return 0
    try:
        kept = [row for number, row in enumerate(versions()) if number < keep or row["current"]]
        if not kept:
            return 0
        named = {told["file"] for row in kept for told in files_of(read_manifest(row["version"]))}
        root, removed = home(), 0
        for folder in (root / "snapshots").iterdir():
            if folder.name.isdigit() and int(folder.name) not in {row["version"] for row in kept}:
                shutil.rmtree(folder)
                removed += 1
        for part in (root / "parts").iterdir() if (root / "parts").is_dir() else ():
            if str(part.relative_to(root)) not in named:
                part.unlink()
        with contextlib.suppress(FileNotFoundError):
            fsync_directory(root / "parts")
        return removed
    finally:
        turn.end()
