"""`[special.NAME]`: people counted where they live, apart from the population of the places."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from maillage.config_sections import (
    KeyColumns,
    Name,
    NotNegative,
    PointSource,
    Positive,
    Share,
    to_problem,
)


class SpecialConfig(PointSource):
    """A special population (care homes, prisons, hostels, ...): a group with places of its own."""

    key: KeyColumns
    name: Name | None = None
    persons: Name
    p_b: Share
    p_c: Share
    n: Positive | None = None
    year: int | None = None
    source: str | None = None
    car_share: Share = 0.0
    walk_speed_kmh: Annotated[float, Field(gt=0, le=15)] = 4.5
    max_walk_min: NotNegative | None = None
    taken_from: Name | None = None  # a group of the places, in which these persons count already

    @model_validator(mode="after")
    def _check(self) -> SpecialConfig:
        if self.file is None:
            raise to_problem("has no file, expected the table of its places")
        if self.p_b + self.p_c > 1 + 1e-9:
            raise to_problem(f"p_b + p_c is {self.p_b + self.p_c:g}, expected at most 1")
        return self
