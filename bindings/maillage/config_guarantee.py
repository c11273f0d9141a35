"""What a file of rules (bouclier territorial, guarantee) says; GUARANTEE.md describes it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from maillage.config import to_problem as to_sentence
from maillage.config_sections import (
    Level,
    Name,
    NotNegative,
    Positive,
    Section,
    Share,
    to_list,
    to_problem,
)
from maillage.errors import InputError, IoError
from maillage.toml_text import read_toml

Names = Annotated[list[Name], Field(min_length=1), BeforeValidator(to_list)]


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
    share: Share = 1.0  # of the persons (of the areas with min_counters)
    per: Name | None = None  # a zoning: the rule must hold in every area
    max_left_out: Share | None = None  # share of the persons
    max_loss_minutes: NotNegative | None = None  # against the baseline
    min_counters: Annotated[int, Field(strict=True, ge=1)] | None = None
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
        asked = [
            key
            for key in ("max_left_out", "max_loss_minutes", "min_counters")
            if getattr(self, key) is not None
        ]
        has_limit = self.minutes is not None or self.km is not None
        if len(asked) > 1:
            raise to_problem(f"has {' and '.join(asked)}, expected one: a rule asks one thing")
        if not asked and not has_limit:
            raise to_problem(
                "has no minutes and no km, expected a limit, or max_left_out, max_loss_minutes or "
                "min_counters"
            )
        if asked == ["max_left_out"] and (self.minutes is None or self.km is not None):
            raise to_problem("has max_left_out, expected minutes with it, and no km")
        if asked and asked != ["max_left_out"] and has_limit:
            raise to_problem(f"has {asked[0]} and a limit, expected one of them")
        if self.weekly_hours is not None and (asked or not has_limit):
            raise to_problem("has weekly_hours, expected a limit in minutes or km with it")
        if asked == ["max_left_out"] and self.person_class != "own":
            raise to_problem("has max_left_out and person_class, expected everybody's own class")
        return self


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
        problems = [to_sentence(raw, d["loc"] or ["rules"], d, GuaranteeConfig) for d in details]
        raise InputError.of_problems(name, problems) from None
