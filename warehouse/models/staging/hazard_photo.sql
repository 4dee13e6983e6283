-- Grain: one photo of one hazard, as its current version states it.
-- Photos by reference; equal digests are the same picture.
select
    record_id,
    delivery_id,
    source_line,
    flags,
    photo_token,
    hazard_no,
    photo_stage,
    taken_at,
    photo_sha256,
    photo_size_bytes,
    latitude,
    longitude
from {{ source('raw', 'hazard_photo') }}
where row_fate = 'current'
