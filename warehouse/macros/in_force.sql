{#- Whether a dated row of the law holds on a day, both its ends included; an empty end is open. -#}
{% macro in_force(rule, day) -%}
    {{ day }} >= coalesce({{ rule }}.valid_from, {{ day }}) and {{ day }} <= coalesce({{ rule }}.valid_to, {{ day }})
{%- endmacro %}
