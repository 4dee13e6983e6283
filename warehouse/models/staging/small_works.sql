-- Grain: one junction, as its current version states it.
-- A junction is done when every component that its plan requires is; core counts.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    county_code,
    works_no,
    place,
    road_code,
    chainage_km,
    is_warning_post_planned,
    is_warning_post_done,
    is_warning_sign_planned,
    is_warning_sign_done,
    is_speed_hump_planned,
    is_speed_hump_done,
    is_convex_mirror_planned,
    is_convex_mirror_done,
    is_flashing_light_planned,
    is_flashing_light_done,
    finished_on,
    investment_fen
from {{ source('raw', 'small_works') }}
where row_fate = 'current'
