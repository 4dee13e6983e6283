{#- Whole metres between two places (degrees) along the great circle, on a sphere of 6 371 008.8 m. -#}
{% macro great_circle_m(latitude, longitude, other_latitude, other_longitude) -%}
    floor(12742017.6 * asin(sqrt(
        power(sin(radians({{ latitude }} - {{ other_latitude }}) / 2), 2)
        + cos(radians({{ other_latitude }})) * cos(radians({{ latitude }}))
        * power(sin(radians({{ longitude }} - {{ other_longitude }}) / 2), 2)
    )) + 0.5)
{%- endmacro %}
