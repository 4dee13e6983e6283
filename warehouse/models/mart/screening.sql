-- Grain: one passage on one day of screening: the last look of that day.
-- A passage may be looked at again on another day; which day's look holds is left to the reader.
select
    screened_date,
    check_no,
    screening_result
from (
    select
        screened_date,
        check_no,
        screening_result,
        row_number() over (
            partition by screened_date, check_no order by screened_at desc, record_id
        ) as nth
    from {{ ref('violation_screening') }}
) as look
where nth = 1
