"""Enterprises, drivers, lines and what the registers know of them.

Who operates is named by ``uscc`` (the unified social credit code); names change, the code does not.
"""

from warehouse.columns.entry import column

uscc = column(
    "uscc",
    "VARCHAR",
    "Unified social credit code of the enterprise, firm or unit (GB 32100); its check digit is right.",
    "统一社会信用代码",
    en="social credit code",
    zh_doc="企业、源头单位或机构的统一社会信用代码（GB 32100），18位，入库时已核对校验码。",
)
enterprise_kind = column(
    "enterprise_kind",
    "VARCHAR",
    "passenger, dangerous_goods, freight, bus, taxi, ride_hailing or station.",
    "企业类别",
    valid="in ('passenger', 'dangerous_goods', 'freight', 'bus', 'taxi', 'ride_hailing', 'station')",
    zh_doc="passenger 道路客运，dangerous_goods 危险货物运输，freight 普通货运，bus 城市公交，taxi 出租汽车，"
    "ride_hailing 网约车平台，station 客运站。",
)
transport_licence_no = column(
    "transport_licence_no",
    "VARCHAR",
    "Number of the enterprise's road transport licence (道路运输经营许可证).",
    "经营许可证号",
    zh_doc="企业道路运输经营许可证的编号。",
)
business_scope = column(
    "business_scope",
    "VARCHAR",
    "What the licence allows, in its own words.",
    "经营范围",
    zh_doc="许可证载明的经营范围，按原文保存。",
)
driver_certificate_no = column(
    "driver_certificate_no",
    "VARCHAR",
    "Number of the professional qualification certificate (从业资格证).",
    "从业资格证号",
    personal=True,
    zh_doc="驾驶员等从业人员的从业资格证编号。",
)
person_name = column("person_name", "VARCHAR", "Name of the person.", "姓名", personal=True, zh_doc="人员姓名。")
citizen_id = column(
    "citizen_id",
    "VARCHAR",
    "Citizen identity number (GB 11643); its check digit is right.",
    "公民身份号码",
    personal=True,
    zh_doc="公民身份号码（GB 11643），入库时已核对校验码。",
)
driver_class = column(
    "driver_class",
    "VARCHAR",
    "What the certificate qualifies for: passenger, freight, dangerous_goods, escort, bus, taxi or ride_hailing.",
    "从业资格类别",
    valid="in ('passenger', 'freight', 'dangerous_goods', 'escort', 'bus', 'taxi', 'ride_hailing')",
    zh_doc="passenger 客运，freight 货运，dangerous_goods 危货驾驶，escort 危货押运，bus 公交，taxi 巡游出租，"
    "ride_hailing 网约车。",
)
district_name = column(
    "district_name", "VARCHAR", "Name of the district in the span.", "区划名称", zh_doc="该有效期内的区划名称。"
)
district_kind = column(
    "district_kind",
    "VARCHAR",
    "county (县级行政区) or zone (statistical zone: 管理区, 经开区, which receives reports but is no county).",
    "区划类别",
    valid="in ('county', 'zone')",
    zh_doc="county 县级行政区，zone 管理区、经开区等统计区划。",
)
successor_code = column(
    "successor_code",
    "VARCHAR",
    "Code that follows when the district's code ends.",
    "变更后代码",
    zh_doc="区划代码停用后接续的代码。",
)
line_no = column("line_no", "VARCHAR", "Coach line.", "班线编号", zh_doc="客运班线的编号。")
line_origin = column("line_origin", "VARCHAR", "Where the line starts.", "起点", zh_doc="班线起点站。")
line_destination = column("line_destination", "VARCHAR", "Where the line ends.", "讫点", zh_doc="班线讫点站。")
line_distance_km = column(
    "line_distance_km",
    "DOUBLE",
    "Length of the line, one way.",
    "班线里程",
    unit="km",
    valid="between 1 and 5000",
    zh_doc="班线单程里程；800公里以上为长途班线。",
)
line_class = column(
    "line_class",
    "INTEGER",
    "Class of the line: 1 between provinces, 2 between cities, 3 between counties of a city, 4 within or to the next "
    "county (道路旅客运输及客运站管理规定, 2020; unverified).",
    "班线类别",
    valid="between 1 and 4",
    zh_doc="1 跨省，2 跨市，3 市内跨县，4 县内或毗邻县（2020年规定，未核对原文）。",
)
seat_count = column(
    "seat_count",
    "INTEGER",
    "Seats by the licence; for a line, of the largest coach admitted to it.",
    "核定座位数",
    valid="between 1 and 120",
    zh_doc="核定座位数；班线则为准许车辆中的最大座位数。",
)
relay_point_no = column(
    "relay_point_no",
    "VARCHAR",
    "Relay point where drivers of long-distance coaches change (接驳点).",
    "接驳点编号",
    zh_doc="长途客运接驳点的编号。",
)
inspected_on = column(
    "inspected_on", "DATE", "Day of the last inspection on site.", "检查日期", zh_doc="最近一次现场检查的日期。"
)
standard_grade = column(
    "standard_grade",
    "INTEGER",
    "Grade of safety standardisation: 1 (highest) to 3.",
    "达标等级",
    valid="between 1 and 3",
    zh_doc="安全生产标准化达标等级，1级最高，3级最低。",
)
standard_score = column(
    "standard_score",
    "DOUBLE",
    "Points of the assessment, of 1,000.",
    "评审得分",
    valid="between 0 and 1000",
    zh_doc="标准化评审得分，满分1000。",
)
standard_certificate_no = column(
    "standard_certificate_no",
    "VARCHAR",
    "Certificate of safety standardisation.",
    "达标证书编号",
    zh_doc="安全生产标准化达标证书的编号。",
)
passed_standard_on = column(
    "passed_standard_on",
    "DATE",
    "Day on which the enterprise passed the assessment.",
    "达标日期",
    zh_doc="企业通过评审的日期。",
)
policy_no = column(
    "policy_no",
    "VARCHAR",
    "Policy of the work-safety liability insurance (安责险).",
    "保单号",
    zh_doc="安全生产责任保险的保单号。",
)
insurer_name = column("insurer_name", "VARCHAR", "Insurer.", "承保机构", zh_doc="承保的保险机构。")
insured_fen = column(
    "insured_fen",
    "BIGINT",
    "Sum insured.",
    "保险金额",
    unit="fen",
    valid="between 1 and 100000000000",
    zh_doc="保险金额，单位分。",
)
premium_fen = column(
    "premium_fen",
    "BIGINT",
    "Premium of the policy's term.",
    "保费",
    unit="fen",
    valid="between 1 and 10000000000",
    zh_doc="保险期内的保费，单位分。",
)
monitored_class = column(
    "monitored_class",
    "VARCHAR",
    "tourist_coach, charter_coach, line_coach, dangerous_goods, bus or taxi; the first four are 两客一危 "
    "(line coaches of class 3 and above).",
    "监控车辆类别",
    valid="in ('tourist_coach', 'charter_coach', 'line_coach', 'dangerous_goods', 'bus', 'taxi')",
    zh_doc="tourist_coach 旅游客车，charter_coach 包车客车，line_coach 三类以上班线客车，dangerous_goods "
    "危货车（以上为两客一危），"
    "bus 公交车，taxi 出租车。",
)
