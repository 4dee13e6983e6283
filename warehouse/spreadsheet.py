"""Text in a spreadsheet: what a cell would run as a formula begins with an apostrophe."""

FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(text: str) -> str:
    return "'" + text if text.startswith(FORMULA_START) else text
