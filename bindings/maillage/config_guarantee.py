"""What a file of rules (bouclier territorial, guarantee) says; GUARANTEE.md describes it."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from maillage.config import to_problem as to_sentence
from maillage.config_sections import (
    Name,
    Section,
    to_list,
    to_problem,
)
from maillage.errors import InputError, IoError
from maillage.toml_text import read_toml

ASKED = ("max_left_out", "max_loss_minutes", "min_counters")


def _to_number(value: Any) -> Any:
    """A number of Python or numpy; text and true are none."""
    if isinstance(value, str | bytes | bool):
        raise to_problem("expected a number")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise to_problem("expected a number") from None
    if not math.isfinite(number):
        raise to_problem("expected a finite number")
    return number


def _to_count(value: Any) -> Any:
    """A whole number of Python or numpy; true and 1.0 are none."""
    if isinstance(value, bool):
        raise to_problem("expected a whole number")
    try:
        return operator.index(value)
    except TypeError:
        raise to_problem("expected a whole number") from None


Names = Annotated[list[Name], Field(min_length=1), BeforeValidator(to_list)]
Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(_to_number)]
Positive = Annotated[float, Field(gt=0), BeforeValidator(_to_number)]
NotNegative = Annotated[float, Field(ge=0), BeforeValidator(_to_number)]
Level = Annotated[int, Field(ge=1, le=9), BeforeValidator(_to_count)]
Count = Annotated[int, Field(ge=1), BeforeValidator(_to_count)]


class RuleConfig(Section):
    """One rule. What it asks follows from the keys it has."""

    name: Name
    service: Name
    level: Level = 1
    groups: Names | None = None  # whom it is about; everybody by default
    person_class: Literal["own", "car", "no_car"] = "own"
    minutes: NotNegative | None = None
    km: NotNegative | None = None
    combine: Literal["and", "or"] = "and"
    weekly_hours: Positive | None = None
    feasible_days: Annotated[Count, Field(le=7)] | None = None  # of the timetable's week
    dwell_min: Annotated[Positive, Field(le=1440)] = 30.0  # of a visit on such a day
    share: Share = 1.0  # of the persons (of the areas with min_counters)
    per: Name | None = None  # a zoning: the rule must hold in every area
    max_left_out: Share | None = None  # share of the persons
    max_loss_minutes: NotNegative | None = None  # against the baseline
    min_counters: Count | None = None
    source: str | None = None

    @property
    def kind(self) -> str:
        """`coverage`, `left_out`, `no_worse_off` or `counters`."""
        if self.max_left_out is not None:
            return "left_out"
        if self.max_loss_minutes is not None:
            return "no_worse_off"
        return "counters" if self.min_counters is not None else "coverage"

    @model_validator(mode="after")
    def _check_keys(self) -> RuleConfig:
        problem = next(self._find_problems(), None)
        if problem is not None:
            raise to_problem(f"({self.name!r}) {problem}")
        return self

    def _find_problems(self) -> Iterator[str]:
        """What does not go together, the gravest first: no key that is given is without effect."""
        asked = [key for key in ASKED if getattr(self, key) is not None]
        has_limit = self.minutes is not None or self.km is not None
        if len(asked) > 1:
            yield f"has {' and '.join(asked)}, expected one: a rule asks one thing"
        if not asked and not has_limit and self.feasible_days is None:
            yield (
                "has no minutes and no km, expected a limit, or feasible_days, max_left_out, "
                "max_loss_minutes or min_counters"
            )
        if asked == ["max_left_out"] and (self.minutes is None or self.km is not None):
            yield "has max_left_out, expected minutes with it, and no km"
        if asked and asked != ["max_left_out"] and has_limit:
            yield f"has {asked[0]} and a limit, expected one of them"
        if self.weekly_hours is not None and (asked or not has_limit):
            yield "has weekly_hours, expected a limit in minutes or km with it"
        if self.feasible_days is not None and asked:
            yield f"has feasible_days and {asked[0]}, expected one of them"
        if self.feasible_days is not None and self.person_class != "no_car":
            yield 'has feasible_days, expected person_class = "no_car": cars need no timetable'
        if asked == ["max_left_out"] and self.person_class != "own":
            yield "has max_left_out and person_class, expected everybody's own class"
        for key, why in self._find_idle_keys():
            if key in self.model_fields_set and getattr(self, key) is not None:
                yield f"has {key}, which says nothing here: {why}; expected the rule without it"

    def _find_idle_keys(self) -> Iterator[tuple[str, str]]:
        """Keys that would say nothing in a rule of this kind, and why."""
        if self.minutes is None or self.km is None:
            yield "combine", "it joins minutes and km, and the rule has not both"
        if self.feasible_days is None:
            yield "dwell_min", "it is the length of a visit on feasible_days"
        if self.kind == "left_out":
            yield "share", "max_left_out is the share"
        if self.kind == "counters":
            for key in ("groups", "person_class"):
                yield key, "min_counters counts counters, not persons"
            if self.per is None:
                yield "share", "with min_counters it is one of areas, and the rule has no per"


class GuaranteeConfig(Section):
    """A guarantee: a title, where it comes from, its rules."""

    title: Name = "guarantee"
    source: str | None = None
    rules: Annotated[list[RuleConfig], Field(min_length=1)]


def read_guarantee(path: str | Path) -> GuaranteeConfig:
    """The rules of a TOML file. InputError lists everything that is wrong in it."""
    path = Path(path)
    if not path.exists():
        raise IoError(f"{path}: cannot be read: there is no such file")
    return check_guarantee(read_toml(path), str(path))


def check_guarantee(raw: Any, name: str) -> GuaranteeConfig:
    """Rules given as a mapping; `name` begins messages."""
    try:
        return TypeAdapter(GuaranteeConfig).validate_python(raw)
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems = [_to_sentence(raw, d) for d in details]
        raise InputError.of_problems(name, problems) from None


def _to_sentence(raw: Any, detail: Any) -> str:
    if detail["type"] == "missing" and len(detail["loc"]) == 1:
        return f"has no {detail['loc'][0]}, expected it"
    return to_sentence(raw, detail["loc"] or ["rules"], detail, GuaranteeConfig)
