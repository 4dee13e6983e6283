"""Named places where a test may kill the process.

Every step of the delivery path and of a build calls ``failpoint("<step>")``. It does nothing
unless ``HENG_FAILPOINT`` names that step: then the process dies at once (SIGKILL), or with
``<step>=full`` the disk is full there. Recovery is always a plain rerun.
"""

import errno
import os
import signal

STEPS = (
    "receive.copied",
    "receive.archived",
    "receive.recorded",
    "receive.removed",
    "land.parsed",
    "land.day_written",
    "land.quarantine_written",
    "land.before_commit",
    "land.committed",
    "build.raw_loaded",
    "build.models_run",
    "build.part_written",
    "build.head_written",
    "publish.manifest_written",
    "publish.before_pointer",
    "publish.pointer_replaced",
    "compact.written",
    "compact.committed",
    "restore.before_commit",
    "restore.recorded",
    "audit.inserted",
    "audit.committed",
)


def failpoint(step: str) -> None:
    """Die here if a test asks for it. ``step`` must be one of ``STEPS``."""
    asked, _, mode = os.environ.get("HENG_FAILPOINT", "").partition("=")
    if not asked:
        return
    if step not in STEPS:
        raise KeyError(f"failpoint {step!r} is not declared in warehouse/failpoint.py")
    if asked == step:
        if mode == "full":
            raise OSError(errno.ENOSPC, "No space left on device (failpoint)")
        os.kill(os.getpid(), signal.SIGKILL)
