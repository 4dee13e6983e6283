"""What commands are told by hand: days and counties."""

from datetime import date

from etl.errors import HengError

_COUNTY = "select 1 from seeds.county where county_code = $code limit 1"


def day_of(text: str, option: str = "") -> date:
    """A day as typed. Raises ``HengError`` for anything but YYYY-MM-DD: other forms of ISO 8601 are taken for typos."""
    try:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise HengError(f"{text!r} is not a date. Write {f'{option} ' if option else ''}YYYY-MM-DD.") from None


def county_of(code: str | None) -> str | None:
    """A county's code as typed. Raises ``HengError`` for one that the published version has not."""
    from warehouse import connection

    if code is not None and connection.snapshot().read(_COUNTY, {"code": code}).empty:
        raise HengError(f'No county has the code {code!r}. See: heng sql "select county_code from seeds.county".')
    return code
