"""What was done to a licence: 吊销, 注销, 撤销, 撤回, 暂扣, 限制从业.

Different acts in law with different consequences, so the words are mapped one to one and never merged; the
sender's own wording is kept beside the word, since reports use them loosely. A deregistration (注销) carries its
cause, because it is an act of registration that follows something else (行政许可法 art. 70).
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="licence_action",
    doc=__doc__,
    title_zh="证照处理",
    title_en="Licence actions",
    kind="list",
    grain="one act upon one licence",
    owner="registers",
    files=r"licence_action_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "处理文号": c.action_no,
        "证照种类": read(
            c.licence_kind,
            codes={
                "道路运输证": "operating_permit",
                "从业资格证": "driver_certificate",
                "道路运输经营许可证": "enterprise_licence",
            },
        ),
        "证照编号": c.licence_no,
        "车牌号": read(c.plate_no.optional(), plate=True, may_be_absent=True, missing=("-",)),
        "车牌颜色": c.plate_color_code.optional(),
        "信用代码": read(c.uscc.optional(), missing=("-",), check="uscc"),
        "处理方式": read(
            c.licence_action,
            codes={
                "吊销": "revoked",
                "注销": "deregistered",
                "撤销": "annulled",
                "撤回": "withdrawn",
                "暂扣": "suspended",
                "限制从业": "practice_restricted",
            },
        ),
        "原文表述": c.as_reported,
        "原因": read(
            c.licence_cause.optional(),
            codes={
                "吊销后注销": "after_revocation",
                "撤销后注销": "after_annulment",
                "撤回后注销": "after_withdrawal",
                "有效期满": "expired",
                "车辆报废": "scrapped",
                "主体终止": "holder_ended",
                "本人申请": "on_application",
                "一年内违法超限超过三次": "repeat_over_limit",
                "欺骗取得": "obtained_by_fraud",
                "不符合条件准予": "wrongly_granted",
                "客观情况变化": "changed_circumstances",
                "非法营运": "illegal_operation",
                "其他": "other",
            },
        ),
        "决定日期": c.decided_on,
        "案号": c.case_no.optional(),
        "县区代码": read(c.county_code, pattern=r"4311\d{2}"),
    },
    key=("action_no",),
    quarantine=(
        Rule("R-EMPTY", "licence_action = 'deregistered' and licence_cause is null", "注销 without its cause"),
        Rule("R-EMPTY", "licence_kind = 'operating_permit' and plate_no is null", "道路运输证 without its vehicle"),
    ),
    expected_every_days=None,
)
