"""``heng scales``: does each lane's scale still weigh as it was verified to, and what rests on one that does not."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from etl.arguments import LANGUAGES, County, Lang, day_of, day_or_last, known_county, known_site, need, one_of
from etl.output import FORMATS, say, write_csv, write_json
from etl.parameter_lines import parameter_lines

if TYPE_CHECKING:
    from warehouse.dossier import Source
    from warehouse.drift import Lane

_WORDS = {
    "zh": {
        "title": "称重设备漂移，截至 {as_of}，第 {version} 版", "site": "站点", "lane": "车道", "state": "状态",
        "witness": "依据", "since": "自", "trucks": "参照车辆偏移", "detectable": "可辨最小偏移",
        "self_test": "自检偏移", "rechecks": "复检误差（均值，95% 区间）", "allowed": "使用中允许",
        "until": "证书有效至",
        "affected": "{site} 车道 {lane} 自 {since} 起的超限记录 {count} 条，其中 {cases} 条已有案件，待人工复核：",
        "none": "没有偏移的车道，无记录待复核。",
        "how": "偏移为正：设备读数偏重。“自”为估计的起始日；记录和证据认定不因此自动改变，由人复核。",
    },
    "en": {
        "title": "Drift of scales, as of {as_of}, version {version}", "site": "site", "lane": "lane", "state": "state",
        "witness": "by", "since": "since", "trucks": "shift of trucks", "detectable": "least shift seen",
        "self_test": "own test", "rechecks": "re-weighed (mean, 95 % interval)", "allowed": "allowed in service",
        "until": "certificate to",
        "affected": "{site} lane {lane}: {count} passages over the limit since {since}, {cases} of them with a case, "
        "for a person to look at:",
        "none": "No lane has shifted: nothing to look at.",
        "how": "Above 0 the scale reads too much. 'Since' is an estimate; no passage and no reason of evidence is "
        "changed by it, a person looks.",
    },
}  # fmt: skip
HEADS = (
    "site_code", "lane_code", "county_code", "state", "witness", "since", "run_from", "device_no", "certificate_no",
    "certificate_valid_to", "accuracy_class", "max_error_ratio", "baseline_from", "baseline_to", "baseline_trucks",
    "baseline_steering_load_kg", "truck_shift", "truck_until", "detectable_shift", "self_test_shift",
    "self_test_until", "recheck_count", "recheck_mean", "recheck_low", "recheck_high", "rechecks_say",
)  # fmt: skip
"""Columns of a lane in files."""
AFFECTED_HEADS = (
    "site_code", "lane_code", "since", "record_id", "check_no", "passed_at", "plate_no", "gross_vehicle_weight_kg",
    "limit_kg", "excess_kg", "excess_ratio", "case_no",
)  # fmt: skip
"""Columns of a passage that rests on a lane, likewise."""


def scales_command(
    as_of: Annotated[str | None, typer.Option(help="Day, YYYY-MM-DD; without it the last with data.")] = None,
    county: County = None,
    site: Annotated[str | None, typer.Option(help="Code of a site.")] = None,
    lane: Annotated[str | None, typer.Option(help="Code of a lane of the site.")] = None,
    affected: Annotated[
        bool, typer.Option("--affected", help="What rests on lanes that shifted since then, plates masked.")
    ] = False,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
    lang: Lang = "en",
) -> None:
    """Does each lane's scale still weigh as it was verified to? By reference trucks, own tests and re-weighings."""
    one_of("language", lang, LANGUAGES)
    one_of("format", form, FORMATS)
    from warehouse import connection, drift

    source = connection.snapshot()
    need(source, drift.TABLES, "scales were followed")
    known_county(source, county)
    known_site(source, site)
    asked = drift.Asked(day_or_last(source, day_of(as_of) if as_of else None), county, site, lane)
    found = drift.lanes(source, asked)
    told = drift.parameters(source, asked.as_of)
    rows = [(one, drift.affected(source, one, asked.as_of)) for one in found] if affected else []
    if form == "json":
        write_json({
            "as_of": asked.as_of, "version": source.version, "county": county, "site": site, "lane": lane,
            "parameters": [asdict(one) for one in told.values()], "lanes": [asdict(one) for one in found],
            **({"affected": [_lane_key(one) | {"rows": of_lane} for one, of_lane in rows]} if affected else {}),
        })  # fmt: skip
    elif form == "csv":
        if affected:
            flat = [_lane_key(one) | row for one, of_lane in rows for row in of_lane]
            write_csv(AFFECTED_HEADS, [[row[name] for name in AFFECTED_HEADS] for row in flat])
        else:
            write_csv(HEADS, [list(lane_row(one).values()) for one in found])
    else:
        _print(source, asked, found, rows if affected else None, lang, parameter_lines(told.values(), lang))


def _lane_key(one: Lane) -> dict[str, Any]:
    return {name: getattr(one, name) for name in AFFECTED_HEADS[:3]}


def lane_row(one: Lane) -> dict[str, Any]:
    """A lane as one flat row, under ``HEADS``."""
    baseline, trucks, tests = one.baseline, one.trucks[-1:], one.self_tests[-1:]
    values = (
        one.site_code, one.lane_code, one.county_code, one.state, one.witness, one.since, one.run_from, one.device_no,
        one.certificate_no, one.certificate_valid_to, one.accuracy_class, one.max_error_ratio,
        *((baseline.first, baseline.last, baseline.truck_count, baseline.steering_load_kg) if baseline else [None] * 4),
        *((trucks[0].average, trucks[0].last) if trucks else (None, None)), one.detectable,
        *((tests[0].average, tests[0].last) if tests else (None, None)),
        one.rechecks.total, one.rechecks.mean, one.rechecks.low, one.rechecks.high, one.rechecks_say,
    )  # fmt: skip
    return dict(zip(HEADS, values, strict=True))


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:+.2%}"


def _print(
    source: Source, asked: Any, found: list[Lane], rows: list[tuple[Lane, list[dict[str, Any]]]] | None, lang: str,
    rests_on: list[str],
) -> None:  # fmt: skip
    from warehouse.drift import STATE_WORDS, WITNESS_WORDS

    words, at = _WORDS[lang], lang == "en"
    table = Table()
    columns = ("site", "lane", "state", "witness", "since", "trucks", "detectable", "self_test", "rechecks", "allowed")
    for name in (*columns, "until"):
        table.add_column(words[name], overflow="fold")
    for one in found:
        again = one.rechecks
        interval = "" if again.low is None else f" ({_share(again.low)} – {_share(again.high)}, n={again.total})"
        table.add_row(
            one.site_code, one.lane_code, STATE_WORDS[one.state][at],
            WITNESS_WORDS[one.witness][at] if one.witness else "", str(one.since or ""),
            _share(one.trucks[-1].average if one.trucks else None),
            "" if one.detectable is None else f"±{one.detectable:.2%}",
            _share(one.self_tests[-1].average if one.self_tests else None), _share(again.mean) + interval,
            "" if one.max_error_ratio is None else f"±{one.max_error_ratio:.2%}", str(one.certificate_valid_to or ""),
        )  # fmt: skip
    say(words["title"].format(as_of=asked.as_of, version=source.version), table)
    if rows is not None:
        shifted = [(one, of_lane) for one, of_lane in rows if one.since is not None]
        for one, of_lane in shifted:
            cases = sum(row["case_no"] is not None for row in of_lane)
            say(words["affected"].format(
                site=one.site_code, lane=one.lane_code, since=one.since, count=len(of_lane), cases=cases,
            ))  # fmt: skip
            for row in of_lane:
                say(
                    f"  {row['passed_at']}  {row['check_no'] or ''}  {row['plate_no'] or ''}  "
                    f"{row['gross_vehicle_weight_kg']:,} kg  {row['excess_ratio']:.1%}  {row['case_no'] or ''}"
                )
        if not shifted:
            say(words["none"])
    say(words["how"], *rests_on)
