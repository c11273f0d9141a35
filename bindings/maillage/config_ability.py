"""`[small_area]`: abilities that differ from place to place."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from maillage.config_sections import (
    KeyColumns,
    Name,
    NotNegative,
    Section,
    Share,
    TableSource,
    to_problem,
)

DIPLOMAS = ("none", "bepc", "bac", "higher")


class DiplomaColumns(Section):
    """Persons or shares by highest diploma: none or CEP, BEPC CAP BEP, bac, higher."""

    none: Name
    bepc: Name
    bac: Name
    higher: Name

    def by_diploma(self) -> list[str]:
        """The columns in the order of `DIPLOMAS`."""
        return [getattr(self, name) for name in DIPLOMAS]


class DiplomaShares(Section):
    """The population whose abilities the groups' figures are: its shares by diploma."""

    none: Share
    bepc: Share
    bac: Share
    higher: Share

    @model_validator(mode="after")
    def _check_sum(self) -> DiplomaShares:
        total = self.none + self.bepc + self.bac + self.higher
        if abs(total - 1) > 0.005:
            raise to_problem(f"the shares sum to {total:g}, expected 1")
        return self


class SmallAreaConfig(TableSource):
    """What is known of the people of each place, or of each area of a zoning."""

    key: KeyColumns
    zoning: Name | None = None
    diploma: DiplomaColumns | None = None
    income: Name | None = None  # a column of: low, lower_middle, upper_middle, high
    size: Name | None = None  # a column of: rural, 2-20k, 20-100k, 100k+, paris
    fragility: Name | None = None  # a published index, 100 = mean
    fragility_weight: NotNegative = 1.0
    reference: DiplomaShares | None = None
    year: Annotated[int, Field(ge=2000, le=2100)] | None = None

    @model_validator(mode="after")
    def _check_columns(self) -> SmallAreaConfig:
        if self.file is None:
            raise to_problem("has no file, expected the table of the places")
        if not (self.diploma or self.income or self.size or self.fragility):
            raise to_problem("has none of diploma, income, size and fragility, expected one")
        if self.reference is not None and self.diploma is None:
            raise to_problem("has reference, expected also the columns diploma")
        return self
