"""What the words of loading firms mean, in both languages: kinds, how a firm stands, what it lacks, how a passage comes
to it."""

from __future__ import annotations

KINDS = {
    "mine": ("矿山", "mine"),
    "quarry": ("砂石场", "quarry"),
    "cement": ("水泥", "cement"),
    "steel": ("钢铁", "steel"),
    "port": ("港口码头", "port"),
    "station": ("站场", "station"),
    "logistics": ("物流园", "logistics park"),
    "concrete": ("混凝土", "concrete"),
    "other": ("其他", "other"),
}
STANDINGS = {
    "above": ("高于总体", "above the rate of all"),
    "alike": ("与总体无法区分", "cannot be told from all"),
    "below": ("低于总体", "below the rate of all"),
    "few": ("样本不足", "too few"),
}
LINKS = {
    "weighbridge": ("地磅", "weighbridge"),
    "video": ("视频", "video"),
    "city": ("接入市级", "link to the city"),
    "province": ("接入省级", "link to the province"),
}
TRACES = {
    "last_ticket": ("最近磅单，车牌、颜色和质量相符", "last ticket; plate, colour and mass agree"),
    "color_not_told": ("最近磅单，磅单未载车牌颜色", "last ticket, which tells no plate colour"),
    "other_mass": ("最近磅单，但质量不符", "last ticket, but of another mass"),
    "unladen_since": ("出场后曾空车过站，不归于该磅单", "weighed unladen since its ticket"),
    "ambiguous": ("同一时刻有多家磅单，不作取舍", "tickets of several firms at one moment"),
    "no_ticket": ("通行前没有在时限内的磅单", "no ticket in time before it"),
    "plate_unread": ("车牌未识别", "plate not read"),
}
