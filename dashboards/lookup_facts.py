"""What the look-up page asks: a plate as typed, checked and found, and the facts of its vehicle.

A plate comes in the body of a request and leaves in the body of the answer to it. It is shown whole there, because who
asks has just typed it; it stands in no address, store, cache, log or file name.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from werkzeug.exceptions import BadRequest

from dashboards import queries, risk_facts
from dashboards.access.vault import vault
from dashboards.as_known import computing, need_all, night_of
from dashboards.selection import plain_date
from warehouse import dossier, masks, plate, repeat
from warehouse.connection import need_whole
from warehouse.known_answers import facts_known_on
from warehouse.risk import Explained

LONGEST = 32
"""Letters of the field; no plate has so many, with all the blanks and points people put in."""


_VEHICLES = """
select distinct plate_no, plate_color_code from core.violation where plate_no is not null
"""


@dataclass(frozen=True)
class Asked:
    """A question of the page: ``text`` as typed, ``province`` as chosen beside it.

    ``known``: the night whose knowledge is asked for; None: what is served.
    """

    text: str
    province: str
    color: int | None
    as_of: date
    window: str
    known: date | None = None


@dataclass(frozen=True)
class Found:
    """``plate_no`` as read; ``colors``: those it is known under; ``facts`` None while it is unknown or has several.

    ``near``: known plates that differ in letters which are taken for each other. ``recent``, ``risk``: its last
    passages and its scores, of what is served only; no score where nothing of it was checked.
    """

    plate_no: str
    is_plate: bool
    is_known: bool
    colors: tuple[int, ...] = ()
    color: int | None = None
    near: tuple[str, ...] = ()
    facts: dict[str, Any] | None = None
    recent: tuple[dict[str, Any], ...] = ()
    risk: Explained | None = None


def is_built(db: queries.Source) -> bool:
    """Whether the snapshot has the acts; one from before an upgrade has not."""
    return "seeds.cited_article" in queries.tables(db) and repeat.is_built(db)


def asked(
    text: Any, province: Any, color: Any, as_of: Any, window: Any, first: date, last: date, known: Any = None
) -> Asked:
    """The question of a request. Raises ``BadRequest`` for what no control of the page sends; the text may be any."""
    if text is not None and (not isinstance(text, str) or len(text) > LONGEST):
        raise BadRequest("not a text of the plate field")
    if not isinstance(province, str) or province not in plate.PROVINCES or len(province) != 1:
        raise BadRequest("not a province")
    if color is not None and (type(color) is not int or not 0 <= color <= 99):
        raise BadRequest("not a plate colour")
    if window not in repeat.WINDOWS:
        raise BadRequest("not a span")
    day = plain_date(as_of[:10]) if isinstance(as_of, str) else None
    if day is None or not first <= day <= last:
        raise BadRequest("not a day of the page")
    bad: list[str] = []
    night = night_of({"known_on": known}, bad)
    if bad:
        raise BadRequest("not a night of the page")
    return Asked(plate.normal(text or ""), province, color, day, window, night)


def token(plate_no: Any, color: Any) -> str:
    """A vehicle in an address, where its plate never stands: a keyed digest, which nobody without the key of this
    instance can look up or try plates against."""
    whole, of_color = masks.whole_of([plate_no, color])
    return vault().keyed("vehicle of an address", f"{whole} {of_color}")[:24]


@queries.once_per_snapshot
def _vehicles(db: queries.Source) -> dict[str, tuple[Any, int | None]]:
    rows = db.rows(_VEHICLES)
    return {token(row["plate_no"], row["plate_color_code"]): (row["plate_no"], row["plate_color_code"]) for row in rows}


def vehicle_of(db: queries.Source, handed: Any) -> tuple[Any, int | None] | None:
    """The vehicle of a token, masked, and its colour: of those with an act in the reader's districts; None: no such."""
    return _vehicles(db).get(handed) if isinstance(handed, str) else None


def spelled(question: Asked) -> list[str]:
    """The plates that a text may mean, the likeliest first: with the province chosen beside it, and as typed."""
    typed = question.text
    is_whole = typed[:1] in plate.PROVINCES or typed.startswith("WJ")
    return [typed] if is_whole else [question.province + typed, typed]


def find(db: queries.Source, question: Asked, city: queries.Source | None = None) -> Found:
    """The vehicle of a question, and its facts if there is one and only one. Each thing is read once. ``city``: a
    reader of what is told of all vehicles together, whose answers are kept; None: ``db``.

    Raises ``as_known.NotComputed``, and ``NotAllowed`` for a masked reader.
    """
    need_whole(db)
    kept = dossier.Kept(db)
    plates = spelled(question)
    plate_no = next((one for one in plates if dossier.is_known(kept, one)), plates[0])
    known = tuple(dossier.colors(kept, plate_no))
    if not known and not dossier.is_known(kept, plate_no):
        return Found(plate_no, plate.is_plate(plate_no), False, near=tuple(dossier.near(kept, plate_no)))
    color = question.color if question.color in known else known[0] if len(known) == 1 else None
    found = Found(plate_no, plate.is_plate(plate_no), True, known, color)
    if len(known) > 1 and color is None:
        return found
    key = {"plate_no": plate_no, "plate_color_code": color}
    if question.known is not None:
        need_all(db, question.known)
        with computing(question.known), facts_known_on(question.known, "vehicle", key) as source:
            facts = dossier.facts(source, "vehicle", key, question.as_of, question.window)
        return Found(plate_no, found.is_plate, True, known, color, (), facts)
    facts = dossier.facts(kept, "vehicle", key, question.as_of, question.window)
    recent = dossier.recent(kept, key, question.as_of)
    risk = risk_facts.of_vehicle(kept, key, question.as_of, city or db)
    return Found(plate_no, found.is_plate, True, known, color, (), facts, tuple(recent), risk)
