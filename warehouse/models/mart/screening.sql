-- Grain: one passage on one day of screening: the last look of that day. The passage is known by its site, its check
-- number and its day: a vendor numbers within a site, so the number alone may be another passage's.
-- A passage may be looked at again on another day; which day's look holds is left to the reader.
select
    screened_date,
    site_code,
    check_no,
    passed_date,
    screened_at,
    screening_result,
    void_code
from (
    select
        screened_date,
        site_code,
        check_no,
        cast(passed_at as date) as passed_date,
        screened_at,
        screening_result,
        void_code,
        row_number() over (
            partition by screened_date, site_code, check_no, cast(passed_at as date)
            order by screened_at desc, record_id
        ) as nth
    from {{ ref('violation_screening') }}
) as look
where nth = 1
