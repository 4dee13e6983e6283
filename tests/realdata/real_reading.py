"""How the tests read a file by a declaration: always at the same moment."""

from pathlib import Path

from etl.contract import Feed
from etl.parse import Parsed, parse

FOLDER = Path(__file__).parent / "feeds"
ISSUED_AT = "2026-11-23|2026-11-24T00:40:00.000000"
RECEIVED_AT = "2026-11-24 02:00:00"


def read(feed: Feed, path: Path, work: Path, name: str = "") -> Parsed:
    return parse(feed, path, name or path.name, "0" * 64, ISSUED_AT, RECEIVED_AT, work)
