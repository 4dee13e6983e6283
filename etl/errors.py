"""The few exceptions an operator can meet. Each message names the feed, the file and the next step."""

from collections.abc import Sequence

Refused = tuple[int, str, str, bytes]
"""A row that cannot be accepted: source line, reason, detail, bytes as delivered."""


class HengError(Exception):
    """Something an operator can act on; the command line prints it without a traceback."""


class DeliveryStopped(HengError):
    """A whole delivery is refused: nothing of it was landed, its bytes are kept in the archive.

    ``reason`` is a D- code of ``warehouse/seeds/reason.csv``. ``examples``: refused rows, only for a dry run that
    shows them; they stand in no message.
    """

    def __init__(self, reason: str, message: str, examples: Sequence[Refused] = ()) -> None:
        super().__init__(f"{message} [{reason}]")
        self.reason = reason
        self.message = message
        self.examples = examples


class UnknownFeed(HengError):
    """No feed of that name is declared."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"No feed is called {name!r}. Declared feeds: {', '.join(known)}.")


class NotWhole(HengError):
    """A file is still arriving; it is left in the inbox."""


class IntakeHeld(HengError):
    """Intake is stopped (low disk); deliveries wait in the inbox."""


class BadMailSetting(HengError):
    """A setting of the mails of alerts that cannot be used. The message says which."""
