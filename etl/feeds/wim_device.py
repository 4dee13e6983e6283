"""Weighing devices and where they stand, by span of validity."""

from etl.contract import Csv, Feed, Rule
from warehouse import columns as c

FEED = Feed(
    name="wim_device",
    doc=__doc__,
    title_zh="检测设备",
    title_en="Weighing devices",
    kind="register",
    grain="one device over one span of validity",
    owner="registers",
    files=r"wim_device_(?P<date>\d{8})[^/]*\.csv(\.gz)?",
    format=Csv(encoding="utf-8"),
    columns={
        "设备编号": c.device_no,
        "站点编号": c.site_code,
        "生产厂家": c.manufacturer.optional(),
        "型号": c.model.optional(),
        "准确度等级": c.accuracy_class,
        "启用日期": c.valid_from,
        "停用日期": c.valid_to.optional(),
    },
    key=("device_no", "valid_from"),
    quarantine=(Rule("R-ORDER", "valid_to < valid_from", "ends before it begins"),),
    expected_every_days=31,
)
