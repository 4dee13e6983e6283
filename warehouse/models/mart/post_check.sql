-- Grain: one post check of one enterprise, on the day it was sent.
-- Whether it was to be answered yet is left to the reader, as in mart.alarm_handling.
select
    event_date,
    poll_no,
    platform_no,
    uscc,
    polled_at,
    reply_within_min,
    polled_at + reply_within_min * interval 1 minute as due_at,
    replied_at,
    coalesce(replied_at <= polled_at + reply_within_min * interval 1 minute, false) as is_replied_in_time,
    coalesce(replied_at, polled_at) as told_until
from {{ ref('platform_poll') }}
