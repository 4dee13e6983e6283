"""Weighing beside the lane: re-checks, self-tests, loading firms and their scales, oversize permits."""

from warehouse.columns.entry import column

recheck_no = column("recheck_no", "VARCHAR", "Number of the re-weighing.", "复检单号", zh_doc="静态复检的单号。")
recheck_at = column(
    "recheck_at", "TIMESTAMP", "When it was weighed again.", "复检时间", unit="+08:00", zh_doc="静态复检的时间。"
)
recheck_mass_kg = column(
    "recheck_mass_kg",
    "INTEGER",
    "Vehicle and load together on the static scale.",
    "复检总质量",
    unit="kg",
    valid="between 400 and 300000",
    zh_doc="静态秤测得的车货总质量。",
)
unloaded_mass_kg = column(
    "unloaded_mass_kg",
    "INTEGER",
    "Vehicle and load together after the excess was unloaded; empty where nothing was.",
    "卸载后总质量",
    unit="kg",
    valid="between 400 and 300000",
    zh_doc="卸载后的车货总质量，未卸载为空。",
)
scale_no = column("scale_no", "VARCHAR", "Static scale or weighbridge.", "衡器编号", zh_doc="静态秤或地磅的编号。")
tested_at = column(
    "tested_at", "TIMESTAMP", "When the device tested itself.", "自检时间", unit="+08:00", zh_doc="设备自检的时间。"
)
zero_error_kg = column(
    "zero_error_kg",
    "DOUBLE",
    "Reading with nothing on the sensors.",
    "零点误差",
    unit="kg",
    valid="between -5000 and 5000",
    zh_doc="空载时的示值。",
)
reference_deviation_ratio = column(
    "reference_deviation_ratio",
    "DOUBLE",
    "Deviation of the device's reference signal from its nominal value (1 = 100 %).",
    "基准偏差",
    valid="between -1 and 1",
    zh_doc="内部基准信号与标称值的相对偏差，1 即 100%。",
)
camera_ok = column(
    "camera_ok", "BOOLEAN", "The cameras delivered test pictures.", "相机正常", zh_doc="相机测试图像正常。"
)
clock_error_s = column(
    "clock_error_s",
    "DOUBLE",
    "Device clock minus reference clock.",
    "时钟误差",
    unit="s",
    valid="between -86400 and 86400",
    zh_doc="设备时钟减去标准时间。",
)
self_test_result = column(
    "self_test_result",
    "VARCHAR",
    "pass, warn or fail, in the device's words.",
    "自检结论",
    zh_doc="设备自报：合格、预警或不合格。",
)
firm_no = column("firm_no", "VARCHAR", "Loading firm (货运源头单位).", "源头单位编号", zh_doc="货运源头单位的编号。")
firm_name = column("firm_name", "VARCHAR", "Name of the loading firm.", "源头单位名称", zh_doc="货运源头单位的名称。")
firm_kind = column(
    "firm_kind",
    "VARCHAR",
    "mine, quarry, cement, steel, port, station, logistics, concrete or other.",
    "源头类别",
    zh_doc="矿山、砂石场、水泥、钢铁、港口、站场、物流园、混凝土或其他。",
)
annual_tonnage_t = column(
    "annual_tonnage_t",
    "DOUBLE",
    "Goods loaded in a year; from 200 000 t on a firm is to be linked.",
    "年货运量",
    unit="t",
    valid="between 0 and 100000000",
    zh_doc="年装载货运量，达到 20 万吨的应当联网。",
)
has_weighbridge = column(
    "has_weighbridge", "BOOLEAN", "A weighbridge stands at the exit.", "已装地磅", zh_doc="出口装有地磅。"
)
has_video = column(
    "has_video", "BOOLEAN", "Cameras stand at loading and exit.", "已装视频", zh_doc="装载点和出口装有视频。"
)
linked_to_city = column(
    "linked_to_city",
    "BOOLEAN",
    "Weighbridge and video reach the city's platform.",
    "已接入市级",
    zh_doc="地磅和视频已接入市级平台。",
)
linked_to_province = column(
    "linked_to_province", "BOOLEAN", "Weighbridge and video reach the province's platform.", "已接入省级",
    zh_doc="地磅和视频已接入省级平台。",
)  # fmt: skip
linked_on = column("linked_on", "DATE", "First day of the link.", "接入日期", zh_doc="接入平台的日期。")
ticket_no = column("ticket_no", "VARCHAR", "Number of the weighbridge ticket.", "磅单号", zh_doc="出场磅单的编号。")
entered_at = column(
    "entered_at", "TIMESTAMP", "When the vehicle came in empty.", "进场时间", unit="+08:00", zh_doc="空车进场的时间。"
)
left_at = column("left_at", "TIMESTAMP", "When the vehicle left.", "出场时间", unit="+08:00", zh_doc="车辆出场的时间。")
tare_mass_kg = column(
    "tare_mass_kg", "INTEGER", "Empty vehicle on the weighbridge.", "皮重", unit="kg", valid="between 400 and 100000",
    zh_doc="空车过磅的质量。",
)  # fmt: skip
loaded_mass_kg = column(
    "loaded_mass_kg",
    "INTEGER",
    "Vehicle and load on the weighbridge.",
    "毛重",
    unit="kg",
    valid="between 400 and 300000",
    zh_doc="重车过磅的质量。",
)
net_mass_kg = column(
    "net_mass_kg", "INTEGER", "Load by the ticket: gross minus tare.", "净重", unit="kg", valid="between 0 and 250000",
    zh_doc="磅单所载货物质量，毛重减皮重。",
)  # fmt: skip
cargo_kind = column("cargo_kind", "VARCHAR", "What was loaded, in the firm's words.", "货物名称", zh_doc="所装货物。")
channel_no = column("channel_no", "VARCHAR", "Camera channel.", "视频通道", zh_doc="视频通道的编号。")
observed_at = column(
    "observed_at",
    "TIMESTAMP",
    "Start of the hour that was observed.",
    "观测时段",
    unit="+08:00",
    zh_doc="被观测的小时的起点。",
)
online_ratio = column(
    "online_ratio",
    "DOUBLE",
    "Share of the hour with a picture (1 = all of it).",
    "在线率",
    valid="between 0 and 1",
    zh_doc="该小时内有画面的比例。",
)
permit_no = column(
    "permit_no", "VARCHAR", "超限运输车辆通行证 number.", "通行证编号", zh_doc="超限运输车辆通行证的编号。"
)
permitted_mass_kg = column(
    "permitted_mass_kg",
    "INTEGER",
    "Vehicle and load together that the permit allows.",
    "许可总质量",
    unit="kg",
    valid="between 1000 and 1000000",
    zh_doc="通行证允许的车货总质量。",
)
permitted_length_m = column(
    "permitted_length_m", "DOUBLE", "Length that the permit allows.", "许可长度", unit="m", valid="between 1 and 100",
    zh_doc="通行证允许的长度。",
)  # fmt: skip
permitted_width_m = column(
    "permitted_width_m", "DOUBLE", "Width that the permit allows.", "许可宽度", unit="m", valid="between 0.5 and 15",
    zh_doc="通行证允许的宽度。",
)  # fmt: skip
permitted_height_m = column(
    "permitted_height_m", "DOUBLE", "Height that the permit allows.", "许可高度", unit="m", valid="between 0.5 and 15",
    zh_doc="通行证允许的高度。",
)  # fmt: skip
route = column("route", "VARCHAR", "Roads the permit names, in order.", "通行路线", zh_doc="通行证载明的路线，按顺序。")
permit_issued_by = column(
    "permit_issued_by", "VARCHAR", "Authority that issued the permit.", "发证机关", zh_doc="发证机关。"
)
trailer_plate_no = column(
    "trailer_plate_no", "VARCHAR", "Plate of the drawn trailer.", "挂车号牌", personal=True, zh_doc="所挂挂车的号牌。"
)
recheck_date = column(
    "recheck_date", "DATE", "Local day of the re-weighing (+08:00).", "复检日期", zh_doc="复检所在的日期（北京时间）。"
)
tested_date = column(
    "tested_date", "DATE", "Local day of the self-test (+08:00).", "自检日期", zh_doc="自检所在的日期（北京时间）。"
)
left_date = column(
    "left_date",
    "DATE",
    "Local day on which the vehicle left (+08:00).",
    "出场日期",
    zh_doc="出场所在的日期（北京时间）。",
)
observed_date = column(
    "observed_date",
    "DATE",
    "Local day of the observed hour (+08:00).",
    "观测日期",
    zh_doc="观测时段所在的日期（北京时间）。",
)
