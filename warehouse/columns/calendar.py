"""Working days of mainland China: the week, the holidays taken from it and the days worked instead (调休)."""

from warehouse.columns.entry import column

calendar_year = column("calendar_year", "INTEGER", "Year of the calendar.", "年份", zh_doc="工作日历的年份。")
has_notice = column(
    "has_notice",
    "BOOLEAN",
    "The year's holidays are known from the State Council's notice; if not, Monday to Friday are an assumption.",
    "已有放假通知",
    zh_doc="该年节假日安排是否已知；未知时只按周一至周五计，属假定。",
)
calendar_date = column("calendar_date", "DATE", "A day of the calendar.", "日期", zh_doc="日历日。")
is_working_day = column(
    "is_working_day",
    "BOOLEAN",
    "A working day: Monday to Friday unless a public holiday, or a weekend day worked instead.",
    "工作日",
    zh_doc="是否工作日：周一至周五扣除法定放假，加上调休上班日。",
)
calendar_rule_id = column(
    "calendar_rule_id",
    "VARCHAR",
    "Row of seeds.calendar_year with the notice the day rests on.",
    "日历依据",
    zh_doc="该日所依据的放假通知，见工作日历年份表。",
)
working_day_no = column(
    "working_day_no",
    "INTEGER",
    "Working days from the first day of the calendar up to and including this day.",
    "工作日序号",
    zh_doc="自日历首日起至该日（含）的工作日数。",
)
next_working_date = column(
    "next_working_date",
    "DATE",
    "The day itself if it is a working day, else the first one after it; empty at the calendar's end.",
    "顺延工作日",
    zh_doc="该日为工作日时即为该日，否则为其后第一个工作日；日历末尾为空。",
)
