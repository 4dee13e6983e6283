"""The report card: figures that the bureau publishes, parameters they depend on, and what contributes to them."""

from warehouse.columns.entry import column

figure_id = column(
    "figure_id", "VARCHAR", "Figure of seeds.report_figure.", "指标编号", zh_doc="报告指标的编号，见报告指标表。"
)
unit_zh = column("unit_zh", "VARCHAR", "Unit of the figure in Chinese.", "指标单位", zh_doc="指标的中文单位。")
unit_en = column("unit_en", "VARCHAR", "Unit of the figure in English.", "指标单位（英文）", zh_doc="指标的英文单位。")
unit_size = column(
    "unit_size",
    "INTEGER",
    "How much of an amount makes one unit: 1 for counts, 100 fen a yuan, 1,000 m a km.",
    "单位换算",
    zh_doc="一个单位等于多少计量：计数为 1，元为 100 分，公里为 1000 米。",
)
relation = column(
    "relation",
    "VARCHAR",
    "What was claimed: exact, at_least (more than, +), all (of what it is taken from) or none (nothing left).",
    "表述关系",
    valid="in ('exact', 'at_least', 'all', 'none')",
    zh_doc="exact 等于，at_least 不少于（超过、余、+），all 全部，none 清零。",
)
published = column(
    "published",
    "BIGINT",
    "Value of the source report, in the figure's unit; empty where it says all. A reference, never an input.",
    "公布值",
    zh_doc="来源报告公布的数值，按指标单位；表述为全部的为空。仅供参照，不参与计算。",
)
period_kind = column(
    "period_kind",
    "VARCHAR",
    "flow: contributions whose days all lie in the period; state: those that hold on its last day.",
    "期间口径",
    valid="in ('flow', 'state')",
    zh_doc="flow 期间数：起止日均在期间内的计入；state 时点数：期末当日有效的计入。",
)
source_feeds = column(
    "source_feeds",
    "VARCHAR",
    "Feeds the figure is computed from, comma separated.",
    "所用数据来源",
    zh_doc="计算所用的数据来源，以逗号分隔。",
)
parameters = column(
    "parameters",
    "VARCHAR",
    "Parameters of seeds.parameter that the figure or rule depends on, comma separated.",
    "所用参数",
    zh_doc="指标或规则所依据的参数，以逗号分隔，见参数表。",
)
county_codes = column(
    "county_codes",
    "VARCHAR",
    "Districts the figure is limited to, comma separated; empty: all.",
    "限定县区",
    zh_doc="指标限定的县区代码，以逗号分隔；空为全部。",
)
parameter = column("parameter", "VARCHAR", "Parameter.", "参数", zh_doc="参数名。")
parameter_value = column(
    "parameter_value", "DOUBLE", "Value of the parameter, in its unit.", "参数值", zh_doc="参数的取值，单位见单位列。"
)
part = column(
    "part",
    "VARCHAR",
    "value: counts for the figure; of: what the value is taken from, so that 0 differs from no data.",
    "构成",
    valid="in ('value', 'of')",
    zh_doc="value 计入指标值；of 底数，用以区分零和无数据。",
)
subject_no = column(
    "subject_no",
    "VARCHAR",
    "What counts once however often it contributes: an enterprise, a relay point; empty where contributions add up.",
    "计数对象",
    zh_doc="无论出现几次只计一次的对象：企业、接驳点；可直接相加的为空。",
)
first_day = column("first_day", "DATE", "First day of the contribution.", "起始日", zh_doc="该项计入的首日。")
last_day = column(
    "last_day",
    "DATE",
    "Last day of the contribution; that of a flow is its first, an empty one is open.",
    "截止日",
    zh_doc="该项计入的末日；期间数与首日相同（或为办结日），空为仍有效。",
)
amount = column(
    "amount",
    "BIGINT",
    "Amount in the smallest measure: items, fen or metres; below 0 where it takes something away again.",
    "计量",
    zh_doc="以最小计量表示的数量：件数、分或米；冲减的为负。",
)
case_count = column(
    "case_count",
    "BIGINT",
    "Cases of the vehicle that count in the window.",
    "窗口内次数",
    unit="次",
    zh_doc="窗口内计入的案件次数。",
)
decided_count = column(
    "decided_count",
    "BIGINT",
    "Of them, those with an effective decision.",
    "其中已处罚次数",
    unit="次",
    zh_doc="其中已作出有效处罚决定的次数。",
)
