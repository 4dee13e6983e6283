-- Severity: stop
-- A passage counts as evidence although its device, certificate, plate or speed does not allow it, or
-- although something doubts it.
select passage.record_id
from {{ ref('passage') }} as passage
left join {{ ref('lane_evidence') }} as lane
    on lane.site_code = passage.site_code
    and lane.lane_code = passage.lane_code
    and lane.passed_date = passage.passed_date
where passage.evidence_ok is null
    or (
        passage.evidence_ok
        and (
            passage.device_no is null
            or passage.certificate_no is null
            or coalesce(passage.certificate_valid_to < passage.passed_date, true)
            or passage.plate_no is null
            or coalesce(passage.speed_kmh < lane.speed_min_kmh or passage.speed_kmh > lane.speed_max_kmh, true)
            or passage.flags like '%E-%'
            or passage.flags like '%R-%'
        )
    )
