"""Work-safety liability insurance (安责险) of enterprises, as the insurers' pool exports it; amounts in yuan."""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="liability_insurance",
    doc=__doc__,
    title_zh="安全生产责任保险",
    title_en="Liability insurance",
    kind="register",
    grain="one policy",
    owner="registers",
    files=r"liability_insurance_(?P<date>\d{8})[^/]*\.txt",
    format=Csv(delimiter="|"),
    columns={
        "保单号": c.policy_no,
        "投保单位代码": read(c.uscc, check="uscc"),
        "承保机构": c.insurer_name,
        "保险金额": read(c.insured_fen, scale=100),
        "保费": read(c.premium_fen, scale=100),
        "起保日期": c.valid_from,
        "终保日期": c.valid_to,
    },
    key=("policy_no", "valid_from"),
    quarantine=(
        Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),
        Rule("R-AMOUNT", "premium_fen > insured_fen", "a premium above the sum insured"),
    ),
    expected_every_days=31,
)
