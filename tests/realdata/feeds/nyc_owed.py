"""What is owed by plate, two lists of one city: money that went through binary floats.

``totalowed`` is read exactly, in hundredths; ``65556.9699999999`` is no amount (R-NUMBER). Several vehicles may
have one pseudonym within a list only if their rows are the same, so a plate counts once a list.
"""

from etl.contract import Feed, Rule, read

from . import _quantities as q

FEED = Feed(
    name="nyc_owed",
    doc=__doc__,
    title_zh="欠缴金额",
    title_en="Owed by plate",
    grain="one plate on one list",
    owner="tests",
    files=r"nyc_owed[^/]*\.csv(\.gz)?",
    kind="list",
    columns={
        "list": q.text("list_name", "Which list."),
        "tag": q.text("tag", "Kind of plate.").optional(),
        "plate_id": read(q.text("plate_hash", "Keyed hash of the plate."), pattern="[0-9a-f]{16}"),
        "plate_shape": read(q.text("plate_shape", "L letter, D digit."), pattern="[LD]{1,8}"),
        "totalowed": read(q.Column("owed_fen", "BIGINT", "Owed.", "欠缴金额", unit="fen"), scale=100),
    },
    key=("list_name", "plate_hash"),
    quarantine=(Rule("R-AMOUNT", "owed_fen < 0", "less than nothing is owed"),),
    # The lists are sorted by what is owed, and large sums are mostly damaged: the top of a list is half artefacts.
    quarantine_share_stop=0.6,
    schedule=None,
    expected_every_days=None,
)
