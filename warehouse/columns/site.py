"""Sites, lanes, devices and their certificates."""

from warehouse.columns.entry import column

site_code = column("site_code", "VARCHAR", "Weigh-in-motion site.", "站点编号", zh_doc="不停车检测站点的编号。")
site_name = column("site_name", "VARCHAR", "Name of the site in Chinese.", "站点名称", zh_doc="站点的中文名称。")
site_name_en = column(
    "site_name_en", "VARCHAR", "Name of the site in English.", "站点英文名称", zh_doc="站点的英文名称。"
)
county_code = column(
    "county_code", "VARCHAR", "County by GB/T 2260 code.", "县区代码", zh_doc="所属县区的 GB/T 2260 代码。"
)
road_code = column("road_code", "VARCHAR", "Road number, such as G207.", "路线编号", zh_doc="公路路线编号，如 G207。")
chainage_km = column(
    "chainage_km",
    "DOUBLE",
    "Chainage on the road.",
    "桩号",
    unit="km",
    valid="between 0 and 6000",
    zh_doc="在路线上的桩号里程。",
)
latitude = column(
    "latitude",
    "DOUBLE",
    "Latitude, CGCS2000/WGS-84.",
    "纬度",
    unit="°",
    valid="between 3 and 54",
    zh_doc="纬度，CGCS2000/WGS-84。",
)
longitude = column(
    "longitude",
    "DOUBLE",
    "Longitude, CGCS2000/WGS-84.",
    "经度",
    unit="°",
    valid="between 73 and 136",
    zh_doc="经度，CGCS2000/WGS-84。",
)
device_no = column("device_no", "VARCHAR", "Weighing device.", "设备编号", zh_doc="称重设备的编号。")
manufacturer = column("manufacturer", "VARCHAR", "Maker of the device.", "生产厂家", zh_doc="设备的生产厂家。")
model = column("model", "VARCHAR", "Model of the device.", "型号", zh_doc="设备的型号。")
accuracy_class = column(
    "accuracy_class",
    "VARCHAR",
    "Accuracy class, JJG 907: for vehicle mass 0.2 to 10, in the rulebook also for axle loads A to F.",
    "准确度等级",
    valid="in ('0.2', '0.5', '1', '2', '5', '10')",
    zh_doc="准确度等级，JJG 907：整车质量 0.2 至 10；规则表中另有轴荷 A 至 F。",
)
certificate_no = column(
    "certificate_no", "VARCHAR", "Verification certificate (检定证书).", "检定证书编号", zh_doc="检定证书的编号。"
)
certificate_valid_to = column(
    "certificate_valid_to",
    "DATE",
    "Last day of the certificate in force at the passage.",
    "检定有效期至",
    zh_doc="过车时有效的检定证书的最后一日。",
)
verified_on = column("verified_on", "DATE", "Day of the verification.", "检定日期", zh_doc="进行检定的日期。")
speed_min_kmh = column(
    "speed_min_kmh",
    "DOUBLE",
    "Lowest verified speed.",
    "检定速度下限",
    unit="km/h",
    valid="between 0 and 350",
    zh_doc="检定的最低车速。",
)
speed_max_kmh = column(
    "speed_max_kmh",
    "DOUBLE",
    "Highest verified speed.",
    "检定速度上限",
    unit="km/h",
    valid="between 0 and 350",
    zh_doc="检定的最高车速。",
)
issued_by = column("issued_by", "VARCHAR", "Institute that issued it.", "检定机构", zh_doc="出具证书的检定机构。")
valid_from = column("valid_from", "DATE", "First day on which the row holds.", "有效期起", zh_doc="该行有效的第一日。")
valid_to = column(
    "valid_to",
    "DATE",
    "Last day on which the row holds; empty while it does.",
    "有效期止",
    zh_doc="该行有效的最后一日；仍有效则为空。",
)
