"""Invented plates, identifiers and names: well formed, with valid check digits, drawn at random.

A plate or a credit code may coincide with a real one, of which nothing here knows. Citizen ids lie in area 431199,
which is not given out. Firms are called 示例, people have names drawn from short lists.
"""

from datetime import date

import numpy as np

from etl import identity

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters of a plate's serial: no I and no O."""
FREIGHT_LETTERS = LETTERS[:16]
MONITORED_LETTERS = LETTERS[16:]
"""Trucks and monitored vehicles (coaches, buses, taxis) take their serials from different letters: no plate twice."""
ID_AREA = "431199"
_SURNAMES = "王李张刘陈杨黄吴周徐孙马朱胡林郭何高罗郑"
_GIVEN = "示例样本虚构安宁平远清和明山长春新田永江"


def plates(rng: np.random.Generator, heads: np.ndarray, letters: str = FREIGHT_LETTERS) -> np.ndarray:
    """Plates without two alike: a head (湘M), a letter, four digits. At most ``len(letters) * 10_000``."""
    codes = rng.permutation(len(letters) * 10_000)[: len(heads)]
    if len(codes) < len(heads):
        raise ValueError(f"{len(heads)} plates wanted, {len(codes)} are there")
    pairs = zip(heads.tolist(), codes.tolist(), strict=True)
    return np.array([f"{head}{letters[code // 10_000]}{code % 10_000:04d}" for head, code in pairs])


def uscc(serial: int, area: str = "431100", kind: str = "91") -> str:
    """A unified social credit code (GB 32100) for the ``serial``-th invented firm of an area.

    ``kind``: registrar and type, 91 an enterprise, 92 an individual business, 93 a cooperative.
    """
    return identity.uscc(f"{kind}{area}MAE{serial:05d}")


def citizen_id(born: date, serial: int, area: str = ID_AREA) -> str:
    """A citizen id (GB 11643) of area 431199; ``serial`` below 1000."""
    return identity.citizen_id(f"{area}{born:%Y%m%d}{serial:03d}")


def people(rng: np.random.Generator, count: int) -> list[str]:
    """Names of people, not all different."""
    drawn = zip(
        rng.integers(0, len(_SURNAMES), count).tolist(),
        rng.integers(0, len(_GIVEN), count).tolist(),
        rng.integers(0, len(_GIVEN), count).tolist(),
        strict=True,
    )
    return [_SURNAMES[surname] + _GIVEN[first] + _GIVEN[second] for surname, first, second in drawn]
