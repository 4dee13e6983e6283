"""Whom to look at first: published risk scores side by side, and a rate of our own, of every vehicle or enterprise.

A score says where a look is best spent. It is no finding and no ground of a penalty, and nothing of fines, decisions or
payments enters it (行政处罚法 art. 74). The unit is a vehicle (plate and colour as read) or an enterprise (the vehicles
that the register gives it on the day). A *check* is a passage that was weighed and judged, over or within the limit. An
*event* is a check over the limit by more than its scale may err by, which no permit covers and no officer voided by the
day; a check over the limit that is no event is a clear one, in favour of the vehicle. Whether a passage is usable as
evidence is not asked: who looks will see. Passages whose plate was not read belong to nobody.

Everything is as of a day: nothing that passed, was screened or registered after it is read. Ages are counted in months
back from the day; severity is by the excess without the allowance. Each score is of one shape, the weights of its
events over the weights of its checks, so that every clear check lowers it:

- ``sms`` (FMCSA Safety Measurement System): severity times time weight of the events, over the time weights of the
  checks. The groups of peers and percentiles of the original are left out.
- ``ocrs`` (DVSA Operator Compliance Risk Score): points of the events, less with the years, over the number of checks;
  a clear check is a clear event. The original rates operators; for one vehicle it is an analogy.
- ``eu`` (Implementing Regulation (EU) 2022/695, Annex): points of the infringements of each check over its vehicles,
  on average of all checks. One vehicle is checked at a time here (N = 1), with one infringement at most, so that no
  score exceeds the points of the most serious one: all would be in the lowest band of the original (up to 100), so
  that none is told. The factor for smart tachographs is 1, nothing is known of them.
- ``model``: the rate of events per check, shrunk toward the fleet of its kind: a beta-binomial model whose prior is
  fitted by moments to the checks of the last days (``risk_prior_days``), with an interval. ``chance``: of an event
  within the next days (``risk_horizon_days``), if the vehicle is checked as often as in the last six months.

A published mean has a weakness: one more light event, on a check more, lowers it where the events so far were worse. As
long as the checks are the same, and in ``model`` always, one more event never lowers a score.

With fewer checks than ``risk_minimum_checks`` there is too little data: such a subject has no rank. Every weight is a
row of ``seeds.parameter`` with its source and how well it is known. ``warehouse.backtest`` asks what the scores of a
past day were worth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from math import expm1, isnan, lgamma
from typing import Any

import numpy as np

from warehouse import beta, keyed, repeat
from warehouse.dossier import Source
from warehouse.errors import WarehouseError
from warehouse.metrics import tables
from warehouse.parameters import Parameter, numbers

TABLES = (
    "core.passage", "mart.finding", "mart.screening", "seeds.parameter", "staging.enterprise", "staging.vehicle",
)  # fmt: skip
"""What is read here."""
SUBJECTS = ("vehicle", "enterprise")
PUBLISHED = ("sms", "ocrs", "eu")
SCALES = (*PUBLISHED, "model")
RANKINGS = ("chance", "model", *PUBLISHED)
"""By what a list can be ordered."""
BASELINE = "count"
"""Events of the last twelve months: what a back-test holds the rankings against."""
SEVERITIES = ("minor", "serious", "very_serious", "most_serious")
AGES = (6, 12, 24, 36)
"""Ends of the classes of age, in months: where a weight of some formula may change."""
KINDS = ("rigid", "combination", "agricultural", "unknown", "unregistered", "enterprise")
LEFT_OUT = ("void", "permit", "allowance")
"""Why a passage over the limit is no event, in the order in which they are asked."""
BANDS = ("green", "amber", "red")
AGE_COUNT, _CELLS = len(AGES), len(AGES) * len(SEVERITIES)
_NO_COLOR = -1

WORDS = {
    "sms": ("SMS 式分值", "SMS-style score"),
    "ocrs": ("OCRS 式分值", "OCRS-style score"),
    "eu": ("欧盟通用公式", "EU common formula"),
    "model": ("超限率（模型）", "rate of events (model)"),
    "chance": ("再次超限概率", "chance of another event"),
    "count": ("近 12 个月超限次数", "events of 12 months"),
    "random": ("随机", "at random"),
    "rigid": ("货车", "rigid"),
    "combination": ("汽车列车", "combination"),
    "agricultural": ("农用车", "agricultural"),
    "unknown": ("车辆组成未登记", "kind not on record"),
    "unregistered": ("本地未登记", "not in the register"),
    "enterprise": ("企业", "enterprise"),
    "all": ("全部", "all"),
    "vehicle": ("车辆", "vehicle"),
    "minor": ("轻微", "minor"),
    "serious": ("严重", "serious"),
    "very_serious": ("很严重", "very serious"),
    "most_serious": ("最严重", "most serious"),
    "void": ("审核作废", "voided by an officer"),
    "permit": ("有通行证", "covered by a permit"),
    "allowance": ("在允许误差内", "within the instrument's allowance"),
    "green": ("绿", "green"),
    "amber": ("黄", "amber"),
    "red": ("红", "red"),
}

_FOUND = """
with found as (
    select record_id, passed_at, passed_date, site_code, check_no, plate_no, plate_color_code, is_permitted,
        excess_ratio_after_allowance
    from {findings} as finding
    where plate_no is not null and passed_date > $since_3 and passed_date <= $until
        and (cast($county as varchar) is null or county_code = $county)
),
look as (
    select screening.site_code, screening.check_no, screening.passed_date, screening.screening_result
    from {screenings} as screening
    semi join found on found.site_code = screening.site_code and found.check_no = screening.check_no
        and found.passed_date = screening.passed_date
    where screening.screened_date <= $until
    qualify row_number() over (
        partition by screening.site_code, screening.check_no, screening.passed_date
        order by screening.screened_date desc, screening.screened_at desc
    ) = 1
),
judged as (
    select
        found.*,
        case
            when look.screening_result = 'void' then 'void'
            when found.is_permitted then 'permit'
            when found.excess_ratio_after_allowance <= 0 then 'allowance'
        end as left_out,
        case
            when found.passed_date > $since_0 then 0
            when found.passed_date > $since_1 then 1
            when found.passed_date > $since_2 then 2
            else 3
        end as age,
        case
            when found.excess_ratio_after_allowance >= $ratio_3 then 3
            when found.excess_ratio_after_allowance >= $ratio_2 then 2
            when found.excess_ratio_after_allowance >= $ratio_1 then 1
            else 0
        end as severity
    from found
    left join look on look.site_code = found.site_code and look.check_no = found.check_no
        and look.passed_date = found.passed_date
)
"""
_EVENTS = f"""{_FOUND}
select plate_no, coalesce(plate_color_code, {_NO_COLOR}) as color, age * 4 + severity as cell, count(*) as event_count
from judged where left_out is null
group by all
"""
_CHECKS = f"""
select
    plate_no,
    coalesce(plate_color_code, {_NO_COLOR}) as color,
    count(case when passed_date > $since_0 then 1 end) as age_0,
    count(case when passed_date > $since_1 and passed_date <= $since_0 then 1 end) as age_1,
    count(case when passed_date > $since_2 and passed_date <= $since_1 then 1 end) as age_2,
    count(case when passed_date <= $since_2 then 1 end) as age_3
from {{passages}} as passage
where plate_no is not null and passed_date > $since_3 and passed_date <= $until and verdict in ('over', 'within')
    and (cast($county as varchar) is null or county_code = $county)
group by all
order by plate_no, color
"""
_KINDS = """
select plate_no, coalesce(plate_color_code, -1) as color,
    coalesce(min(vehicle_kind), 'unknown') as vehicle_kind
from staging.vehicle
where $as_of between valid_from and coalesce(valid_to, $as_of)
group by all
"""
_TOLD = """
select count(distinct parameter) as parameter_count from seeds.parameter where list_contains($names, parameter)
"""
_FIRST_DAY = """
select max(began) as first_day, count(*) as parameter_count from (
    select min(coalesce(valid_from, date '0001-01-01')) as began
    from seeds.parameter where list_contains($names, parameter) group by parameter
) as of_each
"""
_NAMES = """
select uscc, enterprise_name from staging.enterprise
where $as_of between valid_from and coalesce(valid_to, $as_of)
qualify row_number() over (partition by uscc order by valid_from desc, record_id) = 1
"""
_CHECKED = ("over", "within")
_FINDING_COLUMNS = (
    "record_id, passed_at, passed_date, site_code, check_no, county_code, plate_no, plate_color_code, is_permitted,"
    " excess_ratio_after_allowance"
)
_SCREENING_COLUMNS = "site_code, check_no, passed_date, screened_date, screened_at, screening_result"
_PASSAGE_COLUMNS = "plate_no, plate_color_code, passed_date, verdict, county_code"

Vehicle = tuple[str, int | None]


class Unchecked(WarehouseError):
    """Nothing of a subject was checked in the time that scores look back."""


@dataclass(frozen=True)
class Asked:
    """Whose scores, as of which day. ``county``: by the checks and events of its sites alone; None: of all."""

    as_of: date
    subject: str = "vehicle"
    county: str | None = None

    def __post_init__(self) -> None:
        if self.subject not in SUBJECTS:
            raise WarehouseError(f"{self.subject!r} has no score. Choose one of {', '.join(SUBJECTS)}.")

    @property
    def since(self) -> tuple[date, ...]:
        """The last day before each class of age; up to the last of June six months begin on the first of January."""
        after = self.as_of + timedelta(days=1)
        return tuple(repeat.months_later(after, -months) - timedelta(days=1) for months in AGES)


@dataclass(frozen=True)
class Scale:
    """Weights of a score by class of age and by severity; ``exposure``: of a check, by class of age.

    ``bands``: up to which score it is green, and amber; None: the score has no bands.
    """

    name: str
    time: tuple[float, ...]
    severity: tuple[float, ...]
    exposure: tuple[float, ...]
    bands: tuple[float, float] | None = None

    def weight(self, age: int, severity: int) -> float:
        """Of one event."""
        return self.time[age] * self.severity[severity]

    def sums(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights of the events and of the checks, a row of ``counts`` each."""
        points = np.outer(self.time, self.severity).ravel()
        return counts[:, AGE_COUNT:] @ points, counts[:, :AGE_COUNT] @ np.array(self.exposure)

    def scores(self, counts: np.ndarray) -> np.ndarray:
        """NaN where nothing was checked."""
        events, checks = self.sums(counts)
        return np.divide(events, checks, out=np.full(len(counts), np.nan), where=checks > 0)

    def band(self, score: float | None) -> str | None:
        if self.bands is None or score is None:
            return None
        green, amber = self.bands
        return "green" if score <= green else "amber" if score <= amber else "red"


@dataclass(frozen=True)
class Rules:
    """The scales of the day, and every parameter behind them."""

    told: Mapping[str, Parameter]
    scales: Mapping[str, Scale]

    def value(self, name: str) -> float:
        return self.told[f"risk_{name}"].value

    @property
    def ratios(self) -> tuple[float, ...]:
        """Excess from which an event is of the next severity."""
        return tuple(self.value(f"{name}_ratio") for name in SEVERITIES[1:])

    @property
    def horizon_days(self) -> int:
        return int(self.value("horizon_days"))


@dataclass(frozen=True)
class Prior:
    """What is known of the rate of a kind before a subject's own checks: Beta with this ``mean``, worth ``strength``
    checks.

    ``is_own``: of the kind itself; else of all, as the kind has too few.
    """

    kind: str
    mean: float
    strength: float
    unit_count: int
    check_count: int
    is_own: bool = True


@dataclass(frozen=True)
class Risk:
    """A subject as of the day. ``checks`` by class of age, ``events`` by class of age and severity.

    ``scores``: of every ranking; None where nothing was checked in its time. ``low``, ``high``: where the rate is with
    the confidence of ``risk_interval``. ``clear_counts``: clear checks in the time of each scale, which lower it.
    ``without_clear``: each score if only the events had been checked; None where none counts.
    ``is_scant``: too little data for a rank.
    """

    subject: str
    key: tuple[Any, ...]
    name: str | None
    kind: str
    checks: tuple[int, ...]
    events: tuple[tuple[int, ...], ...]
    scores: Mapping[str, float | None]
    clear_counts: Mapping[str, int]
    without_clear: Mapping[str, float | None]
    bands: Mapping[str, str]
    prior: Prior
    posterior: tuple[float, float]
    confidence: float
    is_scant: bool

    @property
    def check_count(self) -> int:
        return sum(self.checks)

    @property
    def event_count(self) -> int:
        return sum(map(sum, self.events))

    @property
    def low(self) -> float:
        return beta.quantile((1 - self.confidence) / 2, *self.posterior)

    @property
    def high(self) -> float:
        return beta.quantile((1 + self.confidence) / 2, *self.posterior)


@dataclass(frozen=True)
class Reason:
    """A passage over the limit. ``parts``: what it adds to each score; empty where it is ``left_out``."""

    vehicle: Vehicle
    record_id: str
    passed_at: datetime
    site_code: str
    excess_ratio: float
    age: int
    severity: str
    left_out: str | None
    parts: Mapping[str, float]


@dataclass(frozen=True)
class Explained:
    """A subject with what makes its scores, the latest first. A score is the sum of the parts of its reasons; that of
    the model begins with ``prior_part``."""

    risk: Risk
    reasons: tuple[Reason, ...]
    prior_part: float


def shown(name: str, score: float | None) -> str:
    """A score as it is read: rates and chances in per cent."""
    if score is None:
        return "—"
    return f"{score * 100:.1f}%" if name in ("model", "chance") else f"{score:.3f}" if name == "sms" else f"{score:.2f}"


def shown_with_band(name: str, one: Risk, lang: str) -> str:
    """A score of a subject as it is read, with its band where it has one."""
    band = one.bands.get(name)
    return shown(name, one.scores[name]) + (f" {WORDS[band][lang == 'en']}" if band else "")


# --- rules -----------------------------------------------------------------------------------------------
_TIMES = {"sms": (6, 12, 24), "ocrs": (12, 24, 36), "eu": (24,), "model": (24,)}
"""Months up to which each scale has a weight; from the last one on nothing counts."""
_OTHERS = (
    "minimum_checks", "prior_days", "prior_units", "prior_most_checks", "interval", "horizon_days",
)  # fmt: skip
_NAMES_OF_PARAMETERS = tuple(
    f"risk_{name}"
    for name in (
        *(f"{severity}_ratio" for severity in SEVERITIES[1:]),
        *(f"{scale}_{severity}" for scale in PUBLISHED for severity in SEVERITIES),
        *(f"{scale}_time_{months}" for scale, every in _TIMES.items() for months in every),
        *(f"ocrs_{band}_to" for band in BANDS[:-1]),
        *_OTHERS,
    )
)


def parameters_of(scale: str) -> list[str]:
    """Parameters that a ranking rests on, in the order in which they are read."""
    if scale in PUBLISHED:
        own = [name for name in _NAMES_OF_PARAMETERS if name.startswith(f"risk_{scale}_")]
        return [*(f"risk_{severity}_ratio" for severity in SEVERITIES[1:]), *own]
    own = ["risk_model_time_24", *(f"risk_{name}" for name in _OTHERS)]
    return own if scale == "chance" else [name for name in own if name != "risk_horizon_days"]


def rules(source: Source, as_of: date) -> Rules:
    """The weights as of the day. Raises ``WarehouseError`` if the snapshot lacks one or has two."""
    told = numbers(source, _NAMES_OF_PARAMETERS, as_of)

    def times(scale: str) -> tuple[float, ...]:
        found = []
        for end in AGES:
            at = next((months for months in _TIMES[scale] if end <= months), None)
            found.append(0.0 if at is None else told[f"risk_{scale}_time_{at}"].value)
        return tuple(found)

    scales = {}
    for name in SCALES:
        time = times(name)
        severity = tuple(told[f"risk_{name}_{one}"].value if name != "model" else 1.0 for one in SEVERITIES)
        exposure = time if name in ("sms", "model") else tuple(float(weight > 0) for weight in time)
        bands = None
        if f"risk_{name}_green_to" in told:
            bands = (told[f"risk_{name}_green_to"].value, told[f"risk_{name}_amber_to"].value)
        scales[name] = Scale(name, time, severity, exposure, bands)
    return Rules(told, scales)


def is_built(source: Source) -> bool:
    """Whether the version has what the scores are made of; one from before an upgrade has not."""
    if not tables(source) >= set(TABLES):
        return False
    (row,) = source.constant(_TOLD, {"names": list(_NAMES_OF_PARAMETERS)})
    return bool(row["parameter_count"] == len(_NAMES_OF_PARAMETERS))


# --- counting --------------------------------------------------------------------------------------------
def _bound(since: Sequence[date], until: date, county: str | None, of: Rules) -> dict[str, Any]:
    days = {f"since_{at}": day for at, day in enumerate(since)}
    ratios = {f"ratio_{at}": ratio for at, ratio in enumerate(of.ratios, 1)}
    return {**days, **ratios, "until": until, "county": county}


def _tables(source: Source, since: Sequence[date], until: date) -> dict[str, str]:
    months = repeat.months_from(since[-1], until)
    return {
        "findings": source.within("mart.finding", _FINDING_COLUMNS, months),
        "screenings": source.within("mart.screening", _SCREENING_COLUMNS, months),
        "passages": source.within("core.passage", _PASSAGE_COLUMNS, months),
    }


def _vehicle(plate_no: str, color: int) -> Vehicle:
    return plate_no, None if color == _NO_COLOR else color


def counted(
    source: Source, since: Sequence[date], until: date, county: str | None, of: Rules
) -> tuple[list[Vehicle], np.ndarray]:
    """Vehicles by plate, and of each its checks by class of age and its events by class of age and severity."""
    bound, read = _bound(since, until, county, of), _tables(source, since, until)
    used = {name: value for name, value in bound.items() if not name.startswith("ratio_")}
    checked = source.read(_CHECKS.format(**read), used)
    vehicles = [_vehicle(*key) for key in zip(checked["plate_no"].tolist(), checked["color"].tolist(), strict=True)]
    counts = np.zeros((len(vehicles), AGE_COUNT + _CELLS))
    for age in range(AGE_COUNT):
        counts[:, age] = checked[f"age_{age}"].to_numpy()
    place = {vehicle: at for at, vehicle in enumerate(vehicles)}
    for row in source.rows(_EVENTS.format(**read), bound):
        counts[place[_vehicle(row["plate_no"], row["color"])], AGE_COUNT + row["cell"]] = row["event_count"]
    return vehicles, counts


def _checks_of(source: Source, asked: Asked, own: Sequence[Vehicle]) -> np.ndarray:
    """Checks of some vehicles together, by class of age: as ``_CHECKS`` counts them, a vehicle at a time."""
    months = repeat.months_from(asked.since[-1], asked.as_of)
    passed, found = keyed.passed(source, {plate_no for plate_no, _ in own}, months), np.zeros(AGE_COUNT)
    ends = [day.toordinal() for day in (asked.as_of, *asked.since)]
    for plate_no, color in own:
        if (one := passed.get(plate_no)) is None:
            continue
        here = one.of_color(color) & np.isin(one.verdicts, _CHECKED)
        if asked.county is not None:
            here &= one.counties == asked.county
        for age in range(AGE_COUNT):
            found[age] += one.counts[here & (one.days > ends[age + 1]) & (one.days <= ends[age])].sum()
    return found


def _kinds(source: Source, as_of: date) -> dict[Vehicle, str]:
    found = source.rows(_KINDS, {"as_of": as_of})
    return {_vehicle(row["plate_no"], row["color"]): row["vehicle_kind"] for row in found}


def _kind_of(source: Source, vehicle: Vehicle, as_of: date) -> str:
    """The kind of one vehicle, as ``_KINDS`` tells it."""
    columns = ("plate_color_code", "vehicle_kind", "valid_from", "valid_to")
    held = [
        row["vehicle_kind"]
        for row in keyed.rows(source, "staging.vehicle", columns, "plate_no", [vehicle[0]])
        if row["plate_color_code"] == vehicle[1] and row["valid_from"] <= as_of <= (row["valid_to"] or as_of)
    ]
    return min((kind for kind in held if kind is not None), default="unknown") if held else "unregistered"


def fleets(
    source: Source, as_of: date, vehicles: Iterable[Vehicle], counts: np.ndarray
) -> tuple[list[str], np.ndarray]:  # fmt: skip
    """Credit codes in order, and the counts of their vehicles together."""
    place = {vehicle: at for at, vehicle in enumerate(vehicles)}
    owned = [(place[vehicle], uscc) for vehicle, uscc in repeat.owned(source, as_of, None) if vehicle in place]
    units = sorted({uscc for _, uscc in owned})
    at = {uscc: row for row, uscc in enumerate(units)}
    found = np.zeros((len(units), counts.shape[1]))
    for row, uscc in owned:
        found[at[uscc]] += counts[row]
    return units, found


# --- the model -------------------------------------------------------------------------------------------
def fitted(kind: str, events: np.ndarray, checks: np.ndarray, most: float) -> Prior:
    """The prior of a kind by moments, from the events and checks of its units: the mean is that of all checks, the
    spread that of pairs of checks of one unit. Where no spread is seen, the prior weighs ``most``; never more than the
    checks it is fitted to, and never less than one."""
    mean = float((events.sum() + 0.5) / (checks.sum() + 1))
    pairs = float((checks * (checks - 1)).sum())
    both = float((events * (events - 1)).sum()) / pairs if pairs else 0.0
    spread = both - mean * mean
    strength = most if spread <= 0 else min(max((mean - both) / spread, 1.0), most)
    strength = min(strength, max(1.0, float(checks.sum())))
    return Prior(kind, mean, strength, len(checks), int(checks.sum()))


_KEPT = "risk_priors"
"""Under which name a version tells the priors of vehicles on its last day (``keyed.Store.kept``)."""


def priors_to_keep(source: Source, as_of: date) -> dict[str, Any]:
    """The priors of vehicles on a day, as plain values."""
    every = priors(source, Asked(as_of), rules(source, as_of))
    return {"as_of": as_of.isoformat(), "priors": {kind: asdict(one) for kind, one in every.items()}}


def first_day(source: Source) -> date:
    """The first day on which every parameter of the scores is in force."""
    (row,) = source.constant(_FIRST_DAY, {"names": list(_NAMES_OF_PARAMETERS)})
    return date.max if row["parameter_count"] < len(_NAMES_OF_PARAMETERS) else row["first_day"]


def priors(source: Source, asked: Asked, of: Rules) -> dict[str, Prior]:
    """The prior of every kind that has enough units, and of ``all``: of the version's last day as it was told then, of
    others computed from all checks of their days."""
    kept = getattr(source, "kept", {}).get(_KEPT)
    if kept is not None and asked == Asked(date.fromisoformat(kept["as_of"])):
        return {kind: Prior(**one) for kind, one in kept["priors"].items()}
    since = asked.as_of - timedelta(days=int(of.value("prior_days")))
    vehicles, counts = counted(source, (since,) * AGE_COUNT, asked.as_of, asked.county, of)
    if asked.subject == "enterprise":
        units, counts = fleets(source, asked.as_of, vehicles, counts)
        kinds = np.array(["enterprise"] * len(units))
    else:
        known = _kinds(source, asked.as_of)
        kinds = np.array([known.get(vehicle, "unregistered") for vehicle in vehicles])
    checks, events = counts[:, 0], counts[:, AGE_COUNT:].sum(axis=1)
    most = of.value("prior_most_checks")
    found = {"all": fitted("all", events, checks, most)}
    for kind in KINDS:
        own = kinds == kind
        if own.sum() >= of.value("prior_units"):
            found[kind] = fitted(kind, events[own], checks[own], most)
    return found


def prior_of(kind: str, every: Mapping[str, Prior]) -> Prior:
    """That of the kind or, where it has too few, of all."""
    if kind in every:
        return every[kind]
    found = every["all"]
    return Prior("all", found.mean, found.strength, found.unit_count, found.check_count, is_own=False)


@dataclass(frozen=True)
class Everybody:
    """Every subject with a check in the last 36 months, as arrays: a city has more than a hundred thousand."""

    asked: Asked
    rules: Rules
    priors: Mapping[str, Prior]
    keys: Sequence[tuple[Any, ...]]
    kinds: Sequence[str]
    counts: np.ndarray
    names: Mapping[str, str]

    @cached_property
    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        """Events and clear checks of each, with those that its prior is worth."""
        told = {kind: prior_of(kind, self.priors) for kind in set(self.kinds)}
        mean = np.array([told[kind].mean for kind in self.kinds])
        strength = np.array([told[kind].strength for kind in self.kinds])
        events, checks = self.rules.scales["model"].sums(self.counts)
        return mean * strength + events, (1 - mean) * strength + checks - events

    @cached_property
    def scores(self) -> dict[str, np.ndarray]:
        """Of every ranking, and of the baseline."""
        found = {name: self.rules.scales[name].scores(self.counts) for name in PUBLISHED}
        hits, misses = self.posterior
        found["model"] = hits / (hits + misses)
        found["chance"] = self.chances(self.rules.horizon_days)
        year = self.counts[:, AGE_COUNT : AGE_COUNT + 2 * len(SEVERITIES)]
        found[BASELINE] = year.sum(axis=1)
        return found

    def chances(self, days: int) -> np.ndarray:
        """Of at least one event within so many days, if each is checked as often as in the last six months."""
        hits, misses = self.posterior
        expected = self.counts[:, 0] * (days / (self.asked.as_of - self.asked.since[0]).days)
        return np.array([chance(*one) for one in zip(hits, misses, expected, strict=True)])

    @cached_property
    def is_scant(self) -> np.ndarray:
        _, checks = self.rules.scales["model"].sums(self.counts)
        return np.asarray(checks < self.rules.value("minimum_checks"))

    @cached_property
    def ranked_count(self) -> int:
        return int((~self.is_scant).sum())

    def order(self, by: str, of_equals: Callable[[tuple[Any, ...]], Any] | None = None) -> list[int]:
        """Places of those with enough data, the highest score first; equal ones by key or, for a reader who may not
        learn it, by what ``of_equals`` makes of it."""
        if by not in RANKINGS:
            raise WarehouseError(f"There is no ranking {by!r}. Choose one of {', '.join(RANKINGS)}.")
        scores = np.nan_to_num(self.scores[by], nan=-1.0)
        tie = of_equals or _sortable
        return sorted(np.flatnonzero(~self.is_scant).tolist(), key=lambda at: (-scores[at], tie(self.keys[at])))

    def scant(self) -> list[int]:
        """Places of those with too little data, by key."""
        return sorted(np.flatnonzero(self.is_scant).tolist(), key=lambda at: _sortable(self.keys[at]))

    def at(self, place: int) -> Risk:
        counts = self.counts[place]
        scores = {name: _number(self.scores[name][place]) for name in RANKINGS}
        prior = prior_of(self.kinds[place], self.priors)
        events = counts[AGE_COUNT:].reshape(AGE_COUNT, len(SEVERITIES))
        alone = np.concatenate([events.sum(axis=1), counts[AGE_COUNT:]])[None, :]
        without: dict[str, float | None] = {}
        for name in PUBLISHED:
            without[name] = _number(self.rules.scales[name].scores(alone)[0])
        (hits,), (checks,) = self.rules.scales["model"].sums(alone)
        without["model"] = float((prior.mean * prior.strength + hits) / (prior.strength + checks))
        clear_of_age = counts[:AGE_COUNT] - events.sum(axis=1)
        clear = {name: int(clear_of_age[np.array(self.rules.scales[name].exposure) > 0].sum()) for name in SCALES}
        banded = {name: self.rules.scales[name].band(scores[name]) for name in PUBLISHED}
        key = self.keys[place]
        return Risk(
            self.asked.subject, key, self.names.get(str(key[0])), self.kinds[place],
            tuple(int(number) for number in counts[:AGE_COUNT]),
            tuple(tuple(int(number) for number in row) for row in events),
            scores, clear, without, {name: band for name, band in banded.items() if band is not None}, prior,
            (float(self.posterior[0][place]), float(self.posterior[1][place])), self.rules.value("interval"),
            bool(self.is_scant[place]),
        )  # fmt: skip


def _number(score: Any) -> float | None:
    return None if isnan(score) else float(score)


def _sortable(key: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(str(part) for part in key)


def chance(hits: float, misses: float, checks: float) -> float:
    """Of at least one event in so many checks, where the rate is Beta(``hits``, ``misses``)."""
    if not checks:
        return 0.0
    none = lgamma(misses + checks) + lgamma(hits + misses) - lgamma(misses) - lgamma(hits + misses + checks)
    return -expm1(none)


def everybody(source: Source, asked: Asked) -> Everybody:
    """Every subject with a check, as of the day."""
    of = rules(source, asked.as_of)
    vehicles, counts = counted(source, asked.since, asked.as_of, asked.county, of)
    every = priors(source, asked, of)
    if asked.subject == "vehicle":
        known = _kinds(source, asked.as_of)
        kinds = [known.get(vehicle, "unregistered") for vehicle in vehicles]
        return Everybody(asked, of, every, vehicles, kinds, counts, {})
    units, counts = fleets(source, asked.as_of, vehicles, counts)
    names = {row["uscc"]: row["enterprise_name"] for row in source.rows(_NAMES, {"as_of": asked.as_of})}
    return Everybody(asked, of, every, [(uscc,) for uscc in units], ["enterprise"] * len(units), counts, names)


# --- one subject -----------------------------------------------------------------------------------------
def explained(
    source: Source, asked: Asked, key: Mapping[str, Any], every: Mapping[str, Prior] | None = None
) -> Explained:
    """One subject with its reasons. ``key``: plate and colour, or credit code; ``every``: the priors of the day, where
    they are known already. Only the passages of the vehicle, or of those of the enterprise, are read.

    Raises ``Unchecked`` where nothing of it was checked in the last 36 months.
    """
    of = rules(source, asked.as_of)
    every = every or priors(source, asked, of)
    own: list[Vehicle] = (
        [(key["plate_no"], key["plate_color_code"])]
        if asked.subject == "vehicle"
        else sorted(repeat.fleet_of(source, key["uscc"], asked.as_of), key=_sortable)
    )
    counts = np.zeros((1, AGE_COUNT + _CELLS))
    counts[0, :AGE_COUNT] = _checks_of(source, asked, own)
    if not counts.any():
        raise Unchecked(
            f"No passage of it was weighed and judged in the {AGES[-1]} months up to {asked.as_of}, so there is no "
            "score. Ask as of another day, or see 'heng dossier'."
        )
    found = _findings_of(source, asked, of, own)
    for row in found:
        if row["left_out"] is None:
            counts[0, AGE_COUNT + row["age"] * len(SEVERITIES) + row["severity"]] += 1
    names: dict[str, str] = {}
    if asked.subject == "vehicle":
        kind = _kind_of(source, own[0], asked.as_of)
    else:
        kind = "enterprise"
        names = {row["uscc"]: row["enterprise_name"] for row in source.rows(_NAMES, {"as_of": asked.as_of})}
    told = Everybody(asked, of, every, [tuple(key.values())], [kind], counts, names)
    risk = told.at(0)
    below = {name: float(of.scales[name].sums(counts)[1][0]) for name in SCALES}
    below["model"] += risk.prior.strength
    return Explained(
        risk,
        tuple(_reason(row, of, below) for row in found),
        risk.prior.mean * risk.prior.strength / below["model"],
    )


def _findings_of(source: Source, asked: Asked, of: Rules, own: Sequence[Vehicle]) -> list[dict[str, Any]]:
    """Passages of some vehicles over the limit, the latest first: as ``_FOUND`` judges them, a vehicle at a time."""
    months, vehicles = repeat.months_from(asked.since[-1], asked.as_of), set(own)
    plates = sorted({plate_no for plate_no, _ in own})
    found = [
        row
        for row in keyed.rows(source, "mart.finding", _FINDING_COLUMNS.split(", "), "plate_no", plates, months)
        if (row["plate_no"], row["plate_color_code"]) in vehicles
        and asked.since[-1] < row["passed_date"] <= asked.as_of
        and asked.county in (None, row["county_code"])
    ]
    looks = _looks(source, found, asked.as_of)
    judged = []
    for row in found:
        excess = row["excess_ratio_after_allowance"]
        left_out = (
            "void" if looks.get(_look_of(row)) == "void"
            else "permit" if row["is_permitted"]
            else "allowance" if excess is not None and excess <= 0
            else None
        )  # fmt: skip
        age = next((at for at, day in enumerate(asked.since[:-1]) if row["passed_date"] > day), AGE_COUNT - 1)
        severity = 0 if excess is None else sum(excess >= ratio for ratio in of.ratios)
        judged.append({**row, "left_out": left_out, "age": age, "severity": severity})
    return sorted(judged, key=lambda row: (row["passed_at"], row["record_id"]), reverse=True)


_Look = tuple[str | None, str | None, date]


def _look_of(row: Mapping[str, Any]) -> _Look:
    return row["site_code"], row["check_no"], row["passed_date"]


def _looks(source: Source, found: Sequence[Mapping[str, Any]], until: date) -> dict[_Look, str]:
    """What the last look at each passage up to the day found."""
    last: dict[_Look, tuple[Any, ...]] = {}
    results: dict[_Look, str] = {}
    checks = sorted({row["check_no"] for row in found if row["check_no"] is not None})
    # Nobody looked at a passage before it: such a row is not accepted (R-ORDER of the feed).
    first = min((row["passed_date"] for row in found), default=until)
    months = repeat.months_from(first, until)
    for row in keyed.rows(source, "mart.screening", _SCREENING_COLUMNS.split(", "), "check_no", checks, months):
        if row["site_code"] is None or row["screened_date"] is None or row["screened_date"] > until:
            continue
        at = (row["screened_date"], row["screened_at"] is not None, row["screened_at"])
        if _look_of(row) not in last or at > last[_look_of(row)]:
            last[_look_of(row)], results[_look_of(row)] = at, row["screening_result"]
    return results


def _reason(row: Mapping[str, Any], of: Rules, below: Mapping[str, float]) -> Reason:
    age, severity = row["age"], row["severity"]
    parts = {}
    if row["left_out"] is None:
        parts = {name: of.scales[name].weight(age, severity) / below[name] for name in SCALES if below[name]}
    return Reason(
        (row["plate_no"], row["plate_color_code"]), row["record_id"], row["passed_at"], row["site_code"],
        row["excess_ratio_after_allowance"], age, SEVERITIES[severity], row["left_out"], parts,
    )  # fmt: skip
