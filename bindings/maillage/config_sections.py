"""What every section of `territory.toml` is made of: checked values, tables, points."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from maillage.geo.table_numbers import DEFAULT_SECRET


def to_problem(text: str) -> PydanticCustomError:
    return PydanticCustomError("territory", "{text}", {"text": text})


def to_list(value: Any) -> Any:
    return [value] if isinstance(value, str | int | float) else value


def to_tables(value: Any) -> Any:
    """`[counters]` is the only one of `[[counters]]`."""
    return [value] if isinstance(value, Mapping) else value


def _to_words(value: Any) -> Any:
    """`where` values as the text that the cell holds: `true`, `7`, `7.5`."""
    values = to_list(value)
    if not isinstance(values, list):
        return value
    return [str(v).lower() if isinstance(v, bool) else str(v) for v in values]


def _find_file(path: Path, info: ValidationInfo) -> Path:
    """The path seen from the folder of the toml file; with a folder it must exist."""
    folder = (info.context or {}).get("folder")
    if folder is None:
        return path
    full = path if path.is_absolute() else Path(folder) / path
    if full.is_dir():
        raise PydanticCustomError("file", "is a directory, expected a file", {})
    if not full.exists():
        raise PydanticCustomError("file", "does not exist, expected a file", {})
    return full


def _find_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        raise to_problem("expected an encoding such as utf-8, latin-1 or cp1252") from None
    return name


def _find_crs(name: str) -> str:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        CRS.from_user_input(name)
    except CRSError:
        raise to_problem("expected a reference system such as EPSG:2154") from None
    return name


def one_to_table(key: str) -> BeforeValidator:
    """A plain text stands for a table with only that key."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


Name = Annotated[str, StringConstraints(min_length=1)]
KeyColumns = Annotated[list[Name], Field(min_length=1), BeforeValidator(to_list)]
File = Annotated[Path, AfterValidator(_find_file)]
Words = Annotated[list[str], BeforeValidator(_to_words)]
Crs = Annotated[str, AfterValidator(_find_crs)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Level = Annotated[int, Field(strict=True, ge=1, le=9)]


class Section(BaseModel):
    """A section of the file: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TableSource(Section):
    """Where a table or layer is and how it is written; all but `file` may be left out."""

    file: File | None = None
    layer: Name | None = None
    encoding: Annotated[str, AfterValidator(_find_encoding)] | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None
    skip_rows: Annotated[int, Field(ge=0, le=1000)] = 0
    secret: list[Name] = list(DEFAULT_SECRET)
    zero: list[Name] = []
    where: dict[Name, Words] = {}
    crs: Crs | None = None  # of x and y, or of a layer that does not say its own


class PointSource(TableSource):
    """A table of points: `lon` and `lat`, or `x`, `y` and `crs`, or the layer's geometry."""

    lon: Name | None = None
    lat: Name | None = None
    x: Name | None = None
    y: Name | None = None
    # keep: rows without coordinates stay, unreachable, with a finding
    missing_coordinates: Literal["error", "keep"] = "error"

    @model_validator(mode="after")
    def _check_coordinates(self) -> PointSource:
        if (self.lon is None) != (self.lat is None):
            raise to_problem("has one of lon and lat, expected both")
        if (self.x is None) != (self.y is None):
            raise to_problem("has one of x and y, expected both")
        if self.x and self.lon:
            raise to_problem("has lon, lat and x, y, expected one pair")
        if self.x and self.crs is None:
            raise to_problem('has x and y, expected their crs such as crs = "EPSG:2154"')
        return self
