"""Verification certificates (检定证书) of weighing devices, as the metrology institute's list gives them.

A passage counts as evidence only while the device's certificate is valid (JJG 907: one year).
"""

from etl.contract import Csv, Feed, Rule
from warehouse import columns as c

FEED = Feed(
    name="verification_certificate",
    doc=__doc__,
    title_zh="检定证书",
    title_en="Verification certificates",
    kind="register",
    grain="one certificate of one device",
    owner="registers",
    files=r"verification_certificate_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="gb18030"),
    columns={
        "证书编号": c.certificate_no,
        "设备编号": c.device_no,
        "准确度等级": c.accuracy_class,
        "检定速度下限": c.speed_min_kmh,
        "检定速度上限": c.speed_max_kmh,
        "检定日期": c.verified_on,
        "有效期起": c.valid_from,
        "有效期止": c.valid_to,
        "检定机构": c.issued_by.optional(),
    },
    key=("certificate_no",),
    quarantine=(
        Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),
        Rule("R-ORDER", "speed_max_kmh < speed_min_kmh", "speed range upside down"),
        Rule("R-ORDER", "valid_from < verified_on", "valid before it was verified"),
    ),
    expected_every_days=31,
)
