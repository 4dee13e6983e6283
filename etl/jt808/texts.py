"""Text fields: GBK on the wire (JT/T 808, data types), read as GB18030, which contains it."""


def text(value: bytes) -> str:
    """What the bytes say; undecodable ones as ``\\xNN``; the padding (NULs, blanks) at the end goes."""
    return value.decode("gb18030", "backslashreplace").rstrip("\0 ")
