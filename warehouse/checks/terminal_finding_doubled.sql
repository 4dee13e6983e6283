-- Severity: stop
-- A finding of terminals is told twice, or one passage has several: a join doubled rows, or a register row stands twice.
select event_date, finding_kind, plate_no, plate_color_code, passage_record_id
from (
    select
        event_date,
        finding_kind,
        plate_no,
        plate_color_code,
        passage_record_id,
        count(*) over (
            partition by
                event_date, plate_no, plate_color_code,
                coalesce(passage_record_id, concat_ws(',', finding_kind, began_at, other_plate_no, other_began_at)),
                case when passage_record_id is null then other_plate_color_code end
        ) as told_count
    from {{ ref('terminal_finding') }}
) as told
where told_count > 1
