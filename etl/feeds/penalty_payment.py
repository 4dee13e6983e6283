"""Penalty payments as the collecting bank books them, one file a night.

Principal and surcharge are two amounts. A decision may be paid in instalments: each is a row with the bank's own
number. A reversal is a row of its own with a negative principal.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="penalty_payment",
    doc=__doc__,
    title_zh="罚款缴纳",
    title_en="Penalty payments",
    kind="list",
    grain="one payment booked by the bank",
    owner="freight-enforcement",
    files=r"penalty_payment_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="utf-8"),
    columns={
        "银行流水号": read(c.payment_no, pattern=r"[0-9A-Z]{8,32}"),
        "决定书文号": c.decision_no,
        "入账日期": read(c.paid_on, form="%Y%m%d"),
        "缴款方式": read(
            c.payment_channel,
            codes={"柜面": "counter", "转账": "transfer", "网上": "online", "POS": "pos", "当场收缴": "on_the_spot"},
        ),
        "本金（元）": read(c.paid_fen, scale=100),
        "加处罚款（元）": read(c.surcharge_fen, scale=100),
    },
    key=("payment_no",),
    quarantine=(
        Rule("R-AMOUNT", "paid_fen = 0 and surcharge_fen = 0", "a payment of nothing"),
        Rule("R-AMOUNT", "surcharge_fen < 0 and paid_fen >= 0", "a negative surcharge"),
        Rule("R-AMOUNT", "abs(paid_fen) > 1000000000", "more than ten million yuan in one payment"),
    ),
)
