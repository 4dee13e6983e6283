"""What commands are told by hand: days."""

from datetime import date

from etl.errors import HengError


def day_of(text: str, option: str = "") -> date:
    """A day as typed. Raises ``HengError`` for anything but YYYY-MM-DD: other forms of ISO 8601 are taken for typos."""
    try:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise HengError(f"{text!r} is not a date. Write {f'{option} ' if option else ''}YYYY-MM-DD.") from None
