"""Identity numbers and their check digits: in SQL for landing, in Python for whoever makes one up.

Sources: GB 32100 (unified social credit code), GB 11714 (organisation code within it), GB 11643
(citizen identity number). A spreadsheet keeps 15 digits: a longer number comes back as 4.31E+17 or
ending in 000, and even where the check digit then fits by chance the number is not the person's.
"""

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ORGANISATION_DIGITS = "0X987654321"
CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CITIZEN_DIGITS = "10X98765432"


def uscc(first_sixteen: str) -> str:
    """The whole code of 18 characters: registrar, type, division (6) and organisation (8), with both check digits."""
    total = sum(
        ORGANISATION_ALPHABET.index(character) * weight
        for character, weight in zip(first_sixteen[8:], ORGANISATION_WEIGHTS, strict=True)
    )
    seventeen = first_sixteen + ORGANISATION_DIGITS[total % 11]
    total = sum(
        USCC_ALPHABET.index(character) * weight for character, weight in zip(seventeen, USCC_WEIGHTS, strict=True)
    )
    return seventeen + USCC_ALPHABET[(31 - total % 31) % 31]


def citizen_id(first_seventeen: str) -> str:
    """The whole number of 18 characters: division (6), day of birth (8), sequence (3), check digit."""
    total = sum(int(digit) * weight for digit, weight in zip(first_seventeen, CITIZEN_WEIGHTS, strict=True))
    return first_seventeen + CITIZEN_DIGITS[total % 11]


def _sum(text: str, first: int, alphabet: str, weights: tuple[int, ...]) -> str:
    """SQL for the weighted sum of the characters from position ``first`` (from 1)."""
    return " + ".join(
        f"{weight} * (strpos('{alphabet}', substr({text}, {first + place}, 1)) - 1)"
        for place, weight in enumerate(weights)
    )


def _holds_uscc(text: str) -> str:
    whole = f"(31 - ({_sum(text, 1, USCC_ALPHABET, USCC_WEIGHTS)}) % 31) % 31"
    organisation = f"({_sum(text, 9, ORGANISATION_ALPHABET, ORGANISATION_WEIGHTS)}) % 11"
    return (
        f"regexp_full_match({text}, '[0-9A-HJ-NPQRTUWXY]{{2}}[0-9]{{6}}[0-9A-HJ-NPQRTUWXY]{{10}}')"
        f" and substr('{ORGANISATION_DIGITS}', {organisation} + 1, 1) = substr({text}, 17, 1)"
        f" and substr('{USCC_ALPHABET}', {whole} + 1, 1) = substr({text}, 18, 1)"
    )


def _holds_citizen_id(text: str) -> str:
    check = f"({_sum(text, 1, '0123456789', CITIZEN_WEIGHTS)}) % 11"
    return (
        f"regexp_full_match({text}, '[1-9][0-9]{{16}}[0-9X]') and not ends_with({text}, '000')"
        f" and try_strptime(substr({text}, 7, 8), '%Y%m%d') is not null"
        f" and substr('{CITIZEN_DIGITS}', {check} + 1, 1) = substr({text}, 18, 1)"
    )


HOLDS = {"uscc": _holds_uscc, "citizen_id": _holds_citizen_id}
"""SQL that is true where the text (upper case) is a number of this kind with the right check digits."""


def lost_digits(text: str) -> str:
    """SQL that is true where a spreadsheet has rounded the number."""
    exponent = f"regexp_full_match({text}, '[0-9](\\.[0-9]+)?[Ee]\\+?[0-9]{{2}}')"
    return f"{exponent} or regexp_full_match({text}, '[0-9]{{15}}000')"
