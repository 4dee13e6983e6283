"""Scores of counties and enterprises: the parts a score is made of (seeds.score_part)."""

from warehouse.columns.entry import column

score_kind = column(
    "score_kind",
    "VARCHAR",
    "Whom the score is of: county or enterprise.",
    "评分对象",
    valid="in ('county', 'enterprise')",
    zh_doc="评分的对象：county 县市区，enterprise 企业。",
)
score_part = column(
    "score_part",
    "VARCHAR",
    "Part of a score: a rate with numerator and denominator, never a number of cases or an amount.",
    "评分项",
    zh_doc="评分的一项，为有分子、分母的比率，不取案件数和罚没款。",
)
part_weight = column(
    "part_weight",
    "DOUBLE",
    "Most points the part can give.",
    "评分项权重",
    unit="points",
    valid="> 0",
    zh_doc="该项的满分。",
)
better_way = column(
    "better_way",
    "VARCHAR",
    "Which way the rate is better: up or down.",
    "优劣方向",
    valid="in ('up', 'down')",
    zh_doc="比率的优劣方向：up 越高越好，down 越低越好。",
)
source_metric = column(
    "source_metric",
    "VARCHAR",
    "Where the rate comes from: a metric, an indicator of monitoring (kpi.…) or a table.",
    "评分项来源",
    zh_doc="比率的来源：指标、监控指标（kpi.…）或数据表。",
)
sample_min = column(
    "sample_min",
    "INTEGER",
    "Fewest things looked at for the part to be scored; with fewer the county is told to have a small sample.",
    "最小样本",
    valid=">= 1",
    zh_doc="评分所需的最少样本数；少于此数只注明样本少，不给分。",
)
sample_zh = column(
    "sample_zh", "VARCHAR", "What a sample counts, in Chinese.", "样本单位", zh_doc="样本所计的事物（中文）。"
)
sample_en = column(
    "sample_en", "VARCHAR", "What a sample counts, in English.", "样本单位（英文）", zh_doc="样本所计的事物（英文）。"
)
