"""Amounts as people read them; everywhere else they are whole fen."""


def yuan(fen: int) -> str:
    """1,234.50"""
    sign, fen = ("−", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"
