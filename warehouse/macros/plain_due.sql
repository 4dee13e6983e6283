{#- The last day of a clock that counts days, months or years from a day on; null of one that counts working days. -#}
{% macro plain_due(started_on, rule) -%}
    case {{ rule }}.clock_unit
        when 'calendar_day' then cast({{ started_on }} + interval 1 day * {{ rule }}.clock_amount as date)
        when 'month' then cast({{ started_on }} + interval 1 month * {{ rule }}.clock_amount as date)
        when 'year' then cast({{ started_on }} + interval 1 month * (12 * {{ rule }}.clock_amount) as date)
    end
{%- endmacro %}
