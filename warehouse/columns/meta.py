"""What the ledger and the dictionary tell (``meta.*``)."""

from warehouse.columns.entry import column

name = column("name", "VARCHAR", "Name of the delivered file.", "文件名", zh_doc="交付文件的名称。")
size_bytes = column(
    "size_bytes", "BIGINT", "Size of the delivered file.", "文件大小", unit="B", zh_doc="交付文件的大小。"
)
issued_at = column(
    "issued_at", "TIMESTAMP", "Day of issue: the date in the file's name, else the file's own.", "签发日",
    unit="+08:00", zh_doc="文件名中的日期，没有则为文件日期。",
)  # fmt: skip
received_at = column(
    "received_at",
    "TIMESTAMP",
    "When the delivery was first received.",
    "接收时间",
    unit="+08:00",
    zh_doc="首次接收的时间。",
)
landed_at = column(
    "landed_at",
    "TIMESTAMP",
    "When the delivery was landed or stopped.",
    "入库时间",
    unit="+08:00",
    zh_doc="入库或停止的时间。",
)
message = column(
    "message", "VARCHAR", "Why a delivery was stopped, and the next step.", "说明", zh_doc="停止的原因和下一步。"
)
delivered_rows = column("delivered_rows", "BIGINT", "Rows in the delivery.", "送达行数", zh_doc="送达的行数。")
accepted_rows = column("accepted_rows", "BIGINT", "Rows accepted.", "接受行数", zh_doc="接受的行数。")
quarantined_rows = column(
    "quarantined_rows", "BIGINT", "Rows quarantined with a reason.", "隔离行数", zh_doc="隔离的行数。"
)
flagged_rows = column("flagged_rows", "BIGINT", "Accepted rows with a flag.", "存疑行数", zh_doc="接受但存疑的行数。")
first_event_date = column(
    "first_event_date", "DATE", "First day the rows belong to.", "最早归属日期", zh_doc="行所属的最早一日。"
)
last_event_date = column(
    "last_event_date", "DATE", "Last day the rows belong to.", "最晚归属日期", zh_doc="行所属的最晚一日。"
)
row_count = column(
    "row_count",
    "BIGINT",
    "Rows with this reason, or rows a contribution was computed from.",
    "行数",
    zh_doc="具有该原因的行数；报告指标中为该项计入所依据的行数。",
)
table_name = column("table_name", "VARCHAR", "Table, as layer.thing.", "表", zh_doc="表名。")
position = column("position", "INTEGER", "Place of the column in its table, from 1.", "列序", zh_doc="列在表中的位置。")
column_name = column("column_name", "VARCHAR", "Column.", "列", zh_doc="列名。")
type_ = column("type", "VARCHAR", "Type of the column.", "类型", zh_doc="列的类型。")
unit = column("unit", "VARCHAR", "Unit of the column.", "单位", zh_doc="列的单位。")
label_zh = column("label_zh", "VARCHAR", "Chinese label.", "中文标签", zh_doc="中文标签。")
label_en = column("label_en", "VARCHAR", "English label.", "英文标签", zh_doc="英文标签。")
meaning_zh = column("meaning_zh", "VARCHAR", "Meaning in Chinese.", "中文含义", zh_doc="中文含义。")
meaning_en = column("meaning_en", "VARCHAR", "Meaning in English.", "英文含义", zh_doc="英文含义。")
is_personal = column(
    "is_personal", "BOOLEAN", "Personal data: masked on every page.", "个人信息", zh_doc="个人信息，页面上遮蔽。"
)
kind = column("kind", "VARCHAR", "event, register or list.", "类型", zh_doc="event 事件，register 登记，list 台账。")
owner = column(
    "owner",
    "VARCHAR",
    "Department whose business the feed is.",
    "归口业务",
    zh_doc="该数据来源归口的业务，如 registers 登记。",
)
title_zh = column("title_zh", "VARCHAR", "Name of the feed in Chinese.", "中文名称", zh_doc="数据来源的中文名称。")
title_en = column("title_en", "VARCHAR", "Name of the feed in English.", "英文名称", zh_doc="数据来源的英文名称。")
expected_every_days = column(
    "expected_every_days",
    "INTEGER",
    "Days after which a delivery is late; empty: nobody expects one.",
    "到达周期",
    unit="d",
    zh_doc="超过这些天没有新交付即为迟到；空为不定期。",
)
metric = column("metric", "VARCHAR", "Metric.", "指标", zh_doc="指标名。")
numerator = column("numerator", "VARCHAR", "Counted column above the line.", "分子", zh_doc="分子的计数列。")
denominator = column(
    "denominator",
    "VARCHAR",
    "Counted column below the line; empty for a count.",
    "分母",
    zh_doc="分母的计数列，计数类为空。",
)
good = column(
    "good", "VARCHAR", "Which way is better: up, down or none.", "向好方向", zh_doc="向好的方向：up、down、none。"
)
definition_zh = column("definition_zh", "VARCHAR", "Definition in Chinese.", "中文定义", zh_doc="中文定义。")
definition_en = column("definition_en", "VARCHAR", "Definition in English.", "英文定义", zh_doc="英文定义。")
excludes_zh = column("excludes_zh", "VARCHAR", "What is left out, in Chinese.", "不计入", zh_doc="不计入的内容。")
excludes_en = column(
    "excludes_en", "VARCHAR", "What is left out, in English.", "不计入（英文）", zh_doc="不计入的内容（英文）。"
)
version = column("version", "INTEGER", "Version of the definition.", "定义版本", zh_doc="定义的版本。")

# --- the report of a night (meta.night_report) ---
business_date = column(
    "business_date", "DATE", "Day whose night took the deliveries.", "业务日期", zh_doc="夜间处理所属的日期。"
)
last_issue = column(
    "last_issue", "DATE",
    "Day of the newest issue that had landed by that night, or on which its bytes came again; empty: none yet.",
    "最近一期", zh_doc="截至当夜已入库的最新签发日，或相同内容再次到达之日；空为尚无。",
)  # fmt: skip
freshness = column(
    "freshness", "VARCHAR", "on time, late or missing as of that night; empty: nothing is expected.", "到达情况",
    zh_doc="截至当夜：on time 按时，late 迟到，missing 缺失；空为不定期。",
)  # fmt: skip
received_count = column(
    "received_count", "INTEGER", "Deliveries that arrived.", "到达文件数", unit="份", zh_doc="到达的交付文件数。"
)
repeat_count = column(
    "repeat_count", "INTEGER", "Of them, bytes that had arrived before.", "重复文件数", unit="份",
    zh_doc="其中内容与以前的交付完全相同的文件数。",
)  # fmt: skip
reissue_count = column(
    "reissue_count", "INTEGER", "Of them, other bytes under a name that had arrived before.", "重发文件数", unit="份",
    zh_doc="其中同名而内容不同的文件数。",
)  # fmt: skip
late_count = column(
    "late_count", "INTEGER", "Of them, deliveries with rows of days already reported.", "迟到文件数", unit="份",
    zh_doc="其中含有已出报日期数据的文件数。",
)  # fmt: skip
stopped_count = column(
    "stopped_count", "INTEGER", "Of them, deliveries refused as a whole.", "停止文件数", unit="份",
    zh_doc="其中整份被停止入库的文件数。",
)  # fmt: skip
difference_rows = column(
    "difference_rows", "BIGINT",
    "Rows not accounted for: delivered less accepted and quarantined, accepted less what became of them. Always 0.",
    "差额行数", zh_doc="送达与接受、隔离之差，加上接受与有效、重复、被替代之差；应为 0。",
)  # fmt: skip
reason_counts = column(
    "reason_counts", "VARCHAR", "Quarantined rows by reason code.", "隔离原因", zh_doc="按原因代码统计的隔离行数。"
)
