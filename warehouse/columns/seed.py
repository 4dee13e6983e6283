"""Columns of the seeds: limits, codes, calendars."""

from warehouse.columns.entry import column

axle_count_min = column(
    "axle_count_min", "INTEGER", "Fewest axles the row holds for.", "轴数下限", zh_doc="适用轴数下限。"
)
axle_count_max = column(
    "axle_count_max",
    "INTEGER",
    "Most axles the row holds for; empty: any more.",
    "轴数上限",
    zh_doc="适用轴数上限，空为不限。",
)
modifier_id = column("modifier_id", "VARCHAR", "Modifier of a limit.", "调整项", zh_doc="限值的调整项。")
amount_kg = column(
    "amount_kg", "INTEGER", "Added to the limit (per axle), or allowed per metre.", "调整量", unit="kg",
    zh_doc="加到限值上的数（按轴），或每米允许的数。",
)  # fmt: skip
citation_zh = column("citation_zh", "VARCHAR", "Legal basis in Chinese.", "依据", zh_doc="法规依据。")
citation_en = column("citation_en", "VARCHAR", "Legal basis in English.", "依据（英文）", zh_doc="法规依据的英文说明。")
confidence = column(
    "confidence", "VARCHAR", "C1 read in a primary text, C2 in a secondary source, M+ M- P not verified.", "核实程度",
    zh_doc="C1 见于原文，C2 见于二手来源，M+、M-、P 未核实。",
)  # fmt: skip
name_zh = column("name_zh", "VARCHAR", "Name in Chinese.", "中文名", zh_doc="中文名称。")
name_en = column("name_en", "VARCHAR", "Name in English.", "英文名", zh_doc="英文名称。")
tile_col = column("tile_col", "INTEGER", "Column of the county in the tile map.", "格列", zh_doc="格子地图中的列。")
tile_row = column("tile_row", "INTEGER", "Row of the county in the tile map.", "格行", zh_doc="格子地图中的行。")
reason = column("reason", "VARCHAR", "Code of a reason or flag.", "原因代码", zh_doc="原因或标记的代码。")
outcome = column(
    "outcome",
    "VARCHAR",
    "What follows: quarantine, flag, stop, wait, evidence, verdict, unknown, …",
    "结果",
    zh_doc="由此产生的结果。",
)
zh = column("zh", "VARCHAR", "Meaning in Chinese.", "含义", zh_doc="中文含义。")
en = column("en", "VARCHAR", "Meaning in English.", "含义（英文）", zh_doc="英文含义。")
next_step_zh = column("next_step_zh", "VARCHAR", "What to do next, in Chinese.", "下一步", zh_doc="下一步该做什么。")
next_step_en = column(
    "next_step_en", "VARCHAR", "What to do next, in English.", "下一步（英文）", zh_doc="下一步的英文说明。"
)
alert_rule = column("alert_rule", "VARCHAR", "Rule of what needs a hand.", "预警规则", zh_doc="预警规则的名称。")
alert_severity = column(
    "alert_severity",
    "VARCHAR",
    "How urgent: act (now), soon (due soon) or look (look into it).",
    "紧急程度",
    valid="in ('act', 'soon', 'look')",
    zh_doc="act 立即办理，soon 即将到期，look 核查。",
)
acts_zh = column("acts_zh", "VARCHAR", "Who acts, in Chinese.", "办理者", zh_doc="由谁办理。")
acts_en = column("acts_en", "VARCHAR", "Who acts, in English.", "办理者（英文）", zh_doc="由谁办理的英文说明。")
source_table = column(
    "source_table", "VARCHAR", "Table the rule is computed from.", "来源表", zh_doc="规则计算所依据的主要数据表。"
)
