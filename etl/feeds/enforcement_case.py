"""Over-limit cases of the case-handling system: filed, and what has become of them.

The system exports all cases that changed since the last night; a case sent again with other content replaces
the earlier one, whatever field was corrected. The act's own time decides which law applies. Drivers appear as a
hash or by the number of their certificate. What an inspector wrote stays as it was reported. A case of another
prefecture, as one handed over has it, keeps that district's code: it is kept and told, and counts for nothing here.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

STATES = {
    "线索": "clue",
    "证据审核": "evidence_review",
    "作废": "void",
    "已告知违法事实": "notified",
    "已立案": "filed",
    "调查取证": "investigating",
    "处罚告知": "pre_notice",
    "听证": "hearing",
    "法制审核": "legal_review",
    "已决定": "decided",
    "当场决定": "decided_simple",
    "已送达": "served",
    "已缴款": "paid",
    "部分缴款": "part_paid",
    "逾期": "overdue",
    "复议诉讼": "appeal",
    "强制执行": "enforcement",
    "结案": "closed",
    "归档": "archived",
    "不予处罚": "no_penalty",
    "移送司法": "transferred_criminal",
    "移送管辖": "transferred_other",
    "撤案": "withdrawn",
    "变更决定": "amended",
    "复议撤销": "revoked_by_review",
}
ACTS = {
    "车货总质量超限": "over_mass",
    "外廓尺寸超限": "over_dimension",
    "总质量和外廓尺寸超限": "over_mass_and_dimension",
    "逃避超限检测": "evading_weighing",
    "指使强令超限运输": "ordering_overload",
    "货运源头超限装载": "loading_overload",
    "违反超限通行证": "permit_misuse",
}
FILING = "filed_on is null and case_state in ('filed', 'investigating', 'pre_notice', 'hearing', 'legal_review')"
CLOSING = "closed_on is null and case_state in ('closed', 'archived')"

FEED = Feed(
    name="enforcement_case",
    doc=__doc__,
    title_zh="超限处罚案件",
    title_en="Over-limit cases",
    kind="list",
    grain="one case",
    owner="freight-enforcement",
    files=r"enforcement_case_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "案号": c.case_no,
        "案由": read(c.act_code, codes=ACTS),
        "发现方式": read(
            c.detection_mode,
            codes={
                "固定站点": "fixed_station",
                "流动检测": "mobile",
                "非现场": "off_site",
                "举报": "report",
                "移送": "transfer",
            },
        ),
        "检测单号": c.check_no.optional(),
        "车牌号": read(c.plate_no, plate=True),
        "车牌颜色": read(
            c.plate_color_code,
            codes={
                "蓝色": 1,
                "黄色": 2,
                "黑色": 3,
                "白色": 4,
                "绿色": 5,
                "农黄": 91,
                "农绿": 92,
                "黄绿": 93,
                "渐变绿": 94,
                "其他": 9,
            },
        ),
        "驾驶人证件摘要": read(c.driver_id_hash.optional(), pattern=r"[0-9a-f]{32,64}"),
        "从业资格证号": read(c.driver_certificate_no.optional(), missing=("无", "-")),
        "企业信用代码": read(c.uscc.optional(), missing=("无", "个人", "-"), check="uscc"),
        "县区代码": read(c.county_code, pattern=r"\d{6}"),
        "违法时间": c.violated_at,
        "发现日期": c.found_on,
        "立案日期": c.filed_on.optional(),
        "程序": read(c.procedure, codes={"简易程序": "simple", "普通程序": "ordinary"}),
        "状态": read(c.case_state, codes=STATES),
        "结案日期": c.closed_on.optional(),
        "违法事实": c.as_reported.optional(),
    },
    ignore=("备注",),
    key=("case_no",),
    quarantine=(
        Rule("R-ORDER", "found_on < cast(violated_at as date)", "found before the act"),
        Rule("R-ORDER", "filed_on < found_on", "filed before it was found"),
        Rule("R-ORDER", "closed_on < coalesce(filed_on, found_on)", "closed before it was filed"),
        Rule("R-STATE", FILING, "in a state after filing, without a day of filing"),
        Rule("R-STATE", CLOSING, "closed without a day of closing"),
    ),
)
