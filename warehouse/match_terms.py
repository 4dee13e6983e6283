"""The words of matches in both languages: what is matched to a case, how surely, and by what (``core.case_match``)."""

from __future__ import annotations

from warehouse.repeat_terms import Term

KIND_TERMS = {
    "match": Term("过车", "passage"),
    "vehicle": Term("车辆登记", "vehicle"),
    "driver": Term("驾驶人", "driver"),
    "enterprise": Term("企业", "enterprise"),
    "loading": Term("装载单位", "loading firm"),
}
GRADE_TERMS = {
    "exact": Term("确定", "exact"),
    "near": Term("基本相符", "near"),
    "weak": Term("仅供查找", "weak"),
    "none": Term("未匹配", "none"),
}
REASON_TERMS = {
    "match": {
        "check_no": Term("检测单号和车牌一致", "check number and plate agree"),
        "check_no_other_plate": Term(
            "检测单号、县区和时间一致，车牌不同", "check number, county and time agree, the plate read does not"
        ),
        "check_no_only": Term("仅检测单号一致", "by the check number alone"),
        "plate_time_county": Term("车牌颜色、时间和县区一致", "plate, colour, time and county agree"),
        "plate_only": Term("仅车牌一致", "by the plate alone"),
        "ambiguous": Term("有多条同样相符，不作取舍", "several fit as well, none is taken"),
        "contested": Term("另有案件指向同一过车", "another case comes to the same passage"),
        "taken": Term("该过车已由其他案件的单号指明", "another case's number names that passage"),
        "within_limit": Term("前后只有未超限的过车", "only passages within the limit around it"),
        "no_passage": Term("没有相符的过车", "no passage fits"),
    },
    "vehicle": {
        "plate_color": Term("车牌和颜色", "by plate and colour"),
        "other_color": Term("车牌一致，颜色不同", "by the plate, of another colour"),
        "ambiguous": Term("登记有多种颜色", "registered under several colours"),
        "not_registered": Term("未登记", "not registered"),
    },
    "driver": {
        "certificate": Term("从业资格证当日有效", "by the certificate, valid on the day"),
        "certificate_other_day": Term("从业资格证当日无效", "by the certificate, not valid on the day"),
        "certificate_unknown": Term("证号未登记", "the certificate is in no register"),
        "identity_hash": Term("仅有身份证号摘要", "told by the hash of an identity number only"),
        "not_told": Term("案件未载明", "the case names none"),
    },
    "enterprise": {
        "credit_code": Term("案件载明的信用代码，当日有效", "by the credit code of the case, valid on the day"),
        "credit_code_other_day": Term(
            "案件载明的信用代码，当日无效", "by the credit code of the case, not valid on the day"
        ),
        "credit_code_unknown": Term("案件载明的信用代码未登记", "the credit code of the case is in no register"),
        "register_name": Term(
            "仅由车辆登记对应，案件未载明企业", "by the vehicle register only, the case names no enterprise"
        ),
        "ambiguous": Term("登记的名称为多家企业所有", "several enterprises have the registered name"),
        "name_unknown": Term("登记的企业名称未登记", "the registered name is no enterprise's"),
        "not_told": Term("未载明", "not told"),
    },
    "loading": {
        "last_ticket": Term("过车前最近磅单，质量相符", "the last ticket before the passage, mass agrees"),
        "other_mass": Term("过车前最近磅单，质量不符", "the last ticket before the passage, mass differs"),
        "not_weighed": Term("最近磅单，案件没有称重", "the last ticket, the case was not weighed"),
        "color_not_told": Term("最近磅单未载明车牌颜色", "the last ticket does not tell the plate's colour"),
        "unladen_since": Term("磅单之后曾空车通过", "weighed unladen since its last ticket"),
        "ambiguous": Term("同一时刻有多家磅单", "tickets of several firms at one time"),
        "no_ticket": Term("没有相符的磅单", "no ticket fits"),
    },
}  # fmt: skip
BY_REGISTER = "register_name"
"""The reason of an enterprise that only the register of vehicles ties to the act."""


def kind_name(kind: str, lang: str) -> str:
    return KIND_TERMS[kind].name(lang)


def basis(kind: str, grade: str, reason: str, lang: str) -> str:
    """How surely, and by what: 基本相符：仅由车辆登记对应，案件未载明企业."""
    join = "：" if lang == "zh" else ": "
    return f"{GRADE_TERMS[grade].name(lang)}{join}{REASON_TERMS[kind][reason].name(lang)}"
