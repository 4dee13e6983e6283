-- Severity: stop
-- Two limits hold on the same day for the same axle count, kind and drive axles: the seed contradicts itself.
select
    one.rule_id,
    other.rule_id as other_rule_id
from {{ ref('gross_weight_limit') }} as one
inner join {{ ref('gross_weight_limit') }} as other
    on one.rule_id < other.rule_id
    and one.axle_count_min <= coalesce(other.axle_count_max, one.axle_count_min)
    and other.axle_count_min <= coalesce(one.axle_count_max, other.axle_count_min)
    and coalesce(one.valid_from, date '0001-01-01') <= coalesce(other.valid_to, date '9999-12-31')
    and coalesce(other.valid_from, date '0001-01-01') <= coalesce(one.valid_to, date '9999-12-31')
    and (one.vehicle_kind = other.vehicle_kind or one.vehicle_kind = 'any' or other.vehicle_kind = 'any')
    and (one.drive_axle_kind = other.drive_axle_kind or one.drive_axle_kind = 'any' or other.drive_axle_kind = 'any')
