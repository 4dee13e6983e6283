"""A few rows of every table that scores and measures read, served as a published version is."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
from landed import Tables

from etl.feeds import raw_tables
from warehouse import kpi, sql, supervision

DAY = timedelta(days=1)
COUNTIES = ("431102", "431103", "431122", "431123", "431124", "431125", "431126", "431127", "431128", "431129",
            "431181")  # fmt: skip


def _clock(
    case_no: str, county: str, due: date, ended: date | None, clock: str = "filing", result: str | None = None
) -> dict[str, Any]:
    by_days = "open" if ended is None else "met" if ended <= due else "late"
    return {
        "case_kind": "over_limit", "case_no": case_no, "county_code": county, "clock": clock,
        "clock_started_on": date(due.year - 1, 1, 1), "clock_due_on": due, "clock_ended_on": ended,
        "clock_result": result or by_days, "is_party_time": False, "is_rolled": False, "has_verified_rule": True,
    }  # fmt: skip


class Rows(Tables):
    """The tables without rows, and ``put`` to fill them; what a row does not tell is null."""

    version = 7

    def __init__(self, until: date) -> None:
        super().__init__(duckdb.connect())
        night = until + timedelta(days=1)  # which brought nothing
        self.manifest: dict[str, Any] = {"business_date": night.isoformat(), "data_until": until.isoformat()}
        models = [name for name in supervision.TABLES if not name.startswith("seeds.")]
        of_league = [name for name in kpi.TABLES if name not in models]
        sql.run_models(self.connection, raw_tables(), names=[*models, *of_league])

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The connection itself, which sees what its transaction wrote."""
        return self.connection

    @contextmanager
    def blank(self) -> Iterator["Rows"]:
        """The tables without rows, for as long as the block lasts: building them again takes seconds."""
        self.connection.execute("begin")
        yield self
        self.connection.execute("rollback")

    def put(self, table: str, *rows: Mapping[str, Any]) -> None:
        types = {name: type for name, type, *_ in self.connection.execute(f"describe {table}").fetchall()}
        told = list(dict.fromkeys(column for row in rows for column in row))
        assert set(told) <= set(types), f"{table} has no columns {sorted(set(told) - set(types))}"
        frame = pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype=object) for name in told})
        self.connection.register("told", frame)
        casts = ", ".join(f"cast({name} as {types[name]}) as {name}" for name in told)
        self.connection.execute(f"insert into {table} by name select {casts} from told")
        self.connection.unregister("told")

    # --- one thing of each kind -------------------------------------------------------------------------------
    def hazard(
        self, no: str, county: str, registered: date, due: date, closed: date | None = None, *, is_major: bool = False,
        uscc: str | None = None, is_listed: bool = False,
    ) -> None:  # fmt: skip
        """A hazard whose steps say when it was closed."""
        self._hazards([(no, closed)], county, registered, due, is_major=is_major, uscc=uscc, is_listed=is_listed)

    def hazards(self, county: str, registered: date, due: date, closed: date, good: int, bad: int) -> None:
        """So many closed on a day and so many left open."""
        told = [(f"{county}-{registered:%m%d}-{at}", closed if at < good else None) for at in range(good + bad)]
        self._hazards(told, county, registered, due)

    def _hazards(
        self, told: list[tuple[str, date | None]], county: str, registered: date, due: date, *, is_major: bool = False,
        uscc: str | None = None, is_listed: bool = False,
    ) -> None:  # fmt: skip
        grade = "major" if is_major else "general"
        self.put("core.hazard_life", *(
            {"record_id": no, "hazard_no": no, "county_code": county, "hazard_category_code": "HWY", "uscc": uscc,
             "hazard_grade": grade, "registered_on": registered, "first_due_on": due, "is_due_changed": False,
             "has_shared_photo": False}
            for no, _ in told
        ))  # fmt: skip
        step = {"due_on": due, "is_listed": is_listed, "extension_count": 0, "reopened_count": 0,
                "late_extension_count": 0, "refused_count": 0, "is_accepted": True}  # fmt: skip
        opened = {"step_no": 1, "step_on": registered, "state_after": "RECTIFYING"}
        steps = [step | opened | {"hazard_no": no} for no, _ in told]
        steps += [
            step | {"hazard_no": no, "step_no": 2, "step_on": closed, "state_after": "CLOSED",
                    "hazard_closed_on": closed, "first_closed_on": closed}
            for no, closed in told if closed
        ]  # fmt: skip
        self.put("core.hazard_state", *steps)

    def clock(
        self, case_no: str, county: str, due: date, ended: date | None, clock: str = "filing", result: str | None = None
    ) -> None:
        """A clock of a case; without a result it was met, late or is open by its days."""
        self.put("mart.case_clock", _clock(case_no, county, due, ended, clock, result))

    def clocks(self, kept: Mapping[str, int], every: int, due: date) -> None:
        """Of each county so many cases, of which ``kept`` kept their deadline and the others were late."""
        self.put("mart.case_clock", *(
            _clock(f"{county}-{due:%m}-{at}", county, due, due if at < good else due + timedelta(days=3))
            for county, good in kept.items()
            for at in range(every)
        ))  # fmt: skip

    def noisy(self, rng: random.Random, worse: Mapping[str, float], month: date) -> None:
        """Deadlines, hazards and site-days of every county, drawn around one rate each in samples of many sizes; of the
        counties in ``worse`` the rates are so much lower."""
        due, closed = month.replace(day=10), month.replace(day=8)
        self.put("mart.case_clock", *(
            _clock(f"{county}-{at}", county, due, due if rng.random() < 0.8 - worse.get(county, 0) else due + DAY)
            for county in COUNTIES for at in range(rng.randrange(30, 150))
        ))  # fmt: skip
        for county in COUNTIES:
            told = [
                (f"{county}-{at}", closed if rng.random() < 0.75 - worse.get(county, 0) else None)
                for at in range(rng.randrange(15, 90))
            ]
            self._hazards(told, county, month, due)
        self.put("mart.site_day", *(
            {"passed_date": month + at * DAY, "site_code": f"{county}-{site}", "county_code": county,
             "state": "reporting" if rng.random() < 0.93 - worse.get(county, 0) else "silent"}
            for county in COUNTIES for site in range(rng.randrange(2, 6)) for at in range(28)
        ))  # fmt: skip

    def alarm(
        self, plate: str, county: str, day: date, handled: datetime | None, within_min: int = 60, **told: Any
    ) -> None:
        due = datetime(day.year, day.month, day.day, 8) + pd.Timedelta(minutes=within_min)
        self.put("mart.alarm_handling", {
            "event_date": day, "plate_no": plate, "plate_color_code": 2, "county_code": county, "is_registered": True,
            "monitored_class": "line_coach", "due_at": due, "handled_at": handled, "told_until": datetime(2027, 1, 1),
            "is_in_time": handled is not None and handled <= due, **told,
        })  # fmt: skip

    def fleet(self, uscc: str, online: Sequence[float], rng: random.Random, day: date, days: int = 20) -> None:
        """Vehicles of an enterprise, each with the chance of being online on a day, and of a valid record."""
        self.put("mart.vehicle_day", *(
            {"event_date": day + at * DAY, "plate_no": f"湘M{uscc[-3:]}{no:02d}", "plate_color_code": 2, "uscc": uscc,
             "county_code": COUNTIES[0], "is_registered": True, "monitored_class": "line_coach",
             "is_online": rng.random() < chance, "received_point_count": 10,
             "valid_point_count": sum(rng.random() < chance for _ in range(10)), "total_m": 10,
             "complete_m": sum(rng.random() < chance for _ in range(10)), "is_dawn_driving": False, "has_drift": False}
            for no, chance in enumerate(online) for at in range(days)
        ))  # fmt: skip

    def vehicle_day(self, plate: str, county: str, day: date, **told: Any) -> None:
        self.put("mart.vehicle_day", {
            "event_date": day, "plate_no": plate, "plate_color_code": 2, "county_code": county, "is_registered": True,
            "monitored_class": "line_coach", "is_online": True, "valid_point_count": 90, "received_point_count": 100,
            "total_m": 1_000, "complete_m": 900, "is_dawn_driving": False, "has_drift": False, **told,
        })  # fmt: skip

    def site_day(self, site: str, county: str, day: date, state: str = "reporting") -> None:
        self.put("mart.site_day", {"passed_date": day, "site_code": site, "county_code": county, "state": state})

    def act(self, case_no: str, plate: str, county: str, filed: date, **told: Any) -> None:
        """A case of a vehicle; ``decided_on``, ``ended_state``, ``ended_on`` as told."""
        self.put("core.violation", {
            "case_no": case_no, "plate_no": plate, "plate_color_code": 2, "county_code": county, "violated_on": filed,
            "violated_at": datetime(filed.year, filed.month, filed.day, 9), "filed_on": filed, "act_code": "over_mass",
            **told,
        })  # fmt: skip

    def repeat(self, plate: str, first: date, count: int) -> None:
        self.put("core.vehicle_violation_span", {
            "plate_no": plate, "plate_color_code": 2, "first_day": first, "case_count": count, "decided_count": 0,
        })  # fmt: skip
