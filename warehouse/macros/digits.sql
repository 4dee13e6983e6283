{#- A table of the ten digits in one column, where engines generate series in different ways. -#}
{% macro digits(column) -%}
    {%- for digit in range(10) -%}
    select {{ digit }} as {{ column }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor %}
{%- endmacro %}
