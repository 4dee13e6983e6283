"""Daily self-test of each weighing device: zero, reference signal, cameras, clock.

Tab-delimited, one file a night from the vendor's maintenance server. A device that reports nothing is told by the
absence of its row, never filled in.
"""

from etl.contract import Csv, Feed, Rule, read
from warehouse import columns as c

FEED = Feed(
    name="wim_self_test",
    doc=__doc__,
    title_zh="检测设备每日自检",
    title_en="Device self-tests",
    grain="one self-test of one device",
    owner="freight-enforcement",
    files=r"self_test_(?P<date>\d{8})[^/]*\.(tsv|csv)(\.gz)?",
    format=Csv(encoding="utf-8", delimiter="\t"),
    columns={
        "设备编号": c.device_no,
        "站点编号": c.site_code,
        "自检时间": c.tested_at,
        "零点(kg)": c.zero_error_kg,
        "基准偏差(%)": read(c.reference_deviation_ratio.optional(), scale=0.01),
        "相机": read(c.camera_ok, codes={"正常": True, "异常": False, "OK": True, "NG": False}),
        "时钟误差(ms)": read(c.clock_error_s, scale=0.001),
        "结论": read(c.self_test_result, codes={"合格": "pass", "预警": "warn", "不合格": "fail"}),
    },
    event_time="tested_at",
    key=("device_no", "tested_at"),
    quarantine=(
        Rule("R-ORDER", "self_test_result = 'pass' and not camera_ok", "passed with a camera that does not work"),
    ),
)
