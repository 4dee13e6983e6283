{#- The spacing at a place of a list of axle spacings, counted from 1; null where the list ends before it. -#}
{#- Spark says get(spacings, place - 1). -#}
{% macro nth_spacing(spacings, place) -%}
    array_extract({{ spacings }}, {{ place }})
{%- endmacro %}
