{#- Whether a case in this state has no effect: void, without a penalty, withdrawn, handed over, annulled. -#}
{% macro is_ended(case_state) -%}
    {{ case_state }} in (
        'void', 'no_penalty', 'withdrawn', 'transferred_criminal', 'transferred_other', 'revoked_by_review'
    )
{%- endmacro %}
