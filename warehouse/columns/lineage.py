"""What every raw table has beside its source columns."""

from warehouse.columns.entry import column

record_id = column(
    "record_id",
    "VARCHAR",
    "Identity of the record: hash of feed and key.",
    "记录标识",
    zh_doc="记录的唯一标识：数据来源与主键的哈希。",
)
row_digest = column(
    "row_digest", "VARCHAR", "Hash of the row's content.", "内容摘要", zh_doc="行内容的哈希，用于识别重复。"
)
version_rank = column(
    "version_rank",
    "VARCHAR",
    "Orders versions of one record; the greatest is current.",
    "版本序",
    zh_doc="同一记录各版本的先后，最大者为现行版本。",
)
delivery_id = column(
    "delivery_id", "VARCHAR", "SHA-256 of the delivered file.", "交付文件摘要", zh_doc="交付文件的 SHA-256 摘要。"
)
source_line = column(
    "source_line",
    "BIGINT",
    "Line in the delivered file, the first is 1.",
    "来源行号",
    zh_doc="在交付文件中的行号，首行为 1。",
)
byte_offset = column(
    "byte_offset",
    "BIGINT",
    "Where the line starts in the unpacked file.",
    "来源字节偏移",
    zh_doc="该行在解压后文件中的起始字节。",
)
flags = column(
    "flags",
    "VARCHAR",
    "Reasons to doubt the row, sorted, comma separated; empty if none.",
    "存疑标记",
    zh_doc="对该行存疑的原因代码，排序后以逗号分隔；没有则为空。",
)
event_date = column(
    "event_date",
    "DATE",
    "Day the row belongs to; for registers the day of issue.",
    "归属日期",
    zh_doc="该行所属的日期；登记类为签发日。",
)

LINEAGE = (
    record_id, row_digest, version_rank, delivery_id, source_line, byte_offset, flags, event_date,
)  # fmt: skip
