"""The open prefecture: deliveries of a fictional bureau whose truth is known.

A ``World`` follows from a seed, a scale and a span of days. Topic modules (every module here with a
function ``deliveries``) turn it into tables by the dictionary's column names; ``writer`` gives them the
form of each feed's declaration; ``faults`` does to them what nights do; ``generate`` writes all of it.
What is true, beside what was delivered, goes into a folder ``truth`` that nothing else reads.
"""

from datetime import date
from pathlib import Path


def deliver(home: Path, last_night: date, nights: int = 3, scale: float = 1.0) -> list[date]:
    """Put the sample's deliveries into the inbox, once; see ``etl.demo.sample``."""
    from etl.demo import sample

    return sample.deliver(home, last_night, nights, scale)
