"""What every raw table has beside its source columns."""

from warehouse.columns.entry import column

record_id = column("record_id", "VARCHAR", "Identity of the record: hash of feed and key.", "记录标识")
row_digest = column("row_digest", "VARCHAR", "Hash of the row's content.", "内容摘要")
version_rank = column("version_rank", "VARCHAR", "Orders versions of one record; the greatest is current.", "版本序")
delivery_id = column("delivery_id", "VARCHAR", "SHA-256 of the delivered file.", "交付文件摘要")
source_line = column("source_line", "BIGINT", "Line in the delivered file, the first is 1.", "来源行号")
byte_offset = column("byte_offset", "BIGINT", "Where the line starts in the unpacked file.", "来源字节偏移")
flags = column("flags", "VARCHAR", "Reasons to doubt the row, sorted, comma separated; empty if none.", "存疑标记")
event_date = column("event_date", "DATE", "Day the row belongs to; for registers the day of issue.", "归属日期")

LINEAGE = (
    record_id, row_digest, version_rank, delivery_id, source_line, byte_offset, flags, event_date,
)  # fmt: skip
