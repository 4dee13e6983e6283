-- Grain: one crash, as its current version states it.
-- The newest version counts: deaths and grades are corrected for weeks. The grade is the sender's.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    crash_no,
    occurred_at,
    county_code,
    road_code,
    chainage_km,
    latitude,
    longitude,
    crash_severity,
    death_count,
    injury_count,
    property_loss_fen,
    crash_cause,
    involves_commercial_vehicle
from {{ source('raw', 'road_crash') }}
where row_fate = 'current'
