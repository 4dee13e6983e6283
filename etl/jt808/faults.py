"""Why a stretch of a capture is no frame, or a frame no message."""

FRAME = "R-FRAME"
SUBPACKAGE = "R-SUBPACKAGE"

# By code; 0 is none. The codes of the checks ascend in the order in which a stretch is checked.
REASONS: tuple[tuple[str | None, str | None], ...] = (
    (None, None),
    (FRAME, "cut"),
    (FRAME, "length"),  # longer on the wire than any frame
    (FRAME, "escape"),
    (FRAME, "short"),
    (FRAME, "checksum"),
    (FRAME, "length"),  # another length than declared
    (FRAME, "phone"),
    (FRAME, "encrypted"),
    (FRAME, "body"),
    (FRAME, "time"),
    (SUBPACKAGE, "index"),
    (SUBPACKAGE, "total"),
    (SUBPACKAGE, "unfinished"),
)
FINE, CUT, LONG, ESCAPE, SHORT, CHECKSUM, LENGTH, PHONE, ENCRYPTED, BODY, TIME, INDEX, TOTAL, UNFINISHED = range(14)
# Up to this code there is no header to read.
NO_HEADER = SHORT
WHAT = {
    "cut": "a flag 7E is missing before or behind",
    "length": "the declared length is not the actual one, or longer than any frame",
    "escape": "7D is not followed by 01 or 02",
    "short": "shorter than its header",
    "checksum": "the bytes do not XOR to 0",
    "phone": "a digit of the terminal phone is above 9",
    "encrypted": "the body is encrypted",
    "body": "the body does not hold the fields of its message",
    "time": "a digit of the time is above 9",
    "index": "the package index is 0 or above the total",
    "total": "another package total than the message it belongs to",
    "unfinished": "packages of the message are missing",
}


class Refused(Exception):
    """A message that is refused; ``code`` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(REASONS[code])
        self.code = code
