"""Where 4G is good: polygons, rasters or antennas, for places that no table knows of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from maillage.config_sections import (
    File,
    KeyColumns,
    Name,
    PointSource,
    Positive,
    Section,
    TableSource,
    to_list,
    to_problem,
)

Names = Annotated[list[Name], Field(min_length=1), BeforeValidator(to_list)]
Numbers = Annotated[list[float], Field(min_length=1), BeforeValidator(to_list)]


class PremisesConfig(TableSource):
    """Premises of each place or area in a table of their own; several columns are summed."""

    key: KeyColumns
    columns: Names

    @model_validator(mode="after")
    def _check_file(self) -> PremisesConfig:
        if self.file is None:
            raise to_problem("has no file, expected the table of premises")
        return self


class PolygonsConfig(TableSource):
    """Polygons of good 4G (choose them by `where`); with `operator` any one of them will do."""

    operator: Name | None = None

    @model_validator(mode="after")
    def _check_file(self) -> PolygonsConfig:
        if self.file is None:
            raise to_problem("has no file, expected a layer of polygons")
        return self


class RasterConfig(Section):
    """A GeoTIFF of the quality of 4G: which values of its band are good."""

    file: File
    band: Annotated[int, Field(strict=True, ge=1)] = 1
    good: Numbers | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _check_values(self) -> RasterConfig:
        if (self.good is None) == (self.at_least is None):
            raise to_problem("needs either good (values) or at_least (a value)")
        return self


class SitesConfig(PointSource):
    """Antennas that send 4G (choose them by `where`): good within a radius, a stated proxy."""

    radius_m: Positive = 3000.0

    @model_validator(mode="after")
    def _check_file(self) -> SitesConfig:
        if self.file is None:
            raise to_problem("has no file, expected the table of the sites")
        return self


class WeightsConfig(PointSource):
    """A finer population: a share of a place is then one of its persons, not of its area."""

    persons: Name

    @model_validator(mode="after")
    def _check_file(self) -> WeightsConfig:
        if self.file is None:
            raise to_problem("has no file, expected the points of a finer population")
        return self


class MobileConfig(Section):
    """Sources of good 4G, each for the places that those before it do not know."""

    polygons: PolygonsConfig | None = None
    raster: RasterConfig | None = None
    sites: SitesConfig | None = None
    weights: WeightsConfig | None = None

    @model_validator(mode="after")
    def _check_sources(self) -> MobileConfig:
        if self.polygons is None and self.raster is None and self.sites is None:
            raise to_problem("has no polygons, raster or sites, expected one of them")
        return self
