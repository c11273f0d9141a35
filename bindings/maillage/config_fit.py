"""`[population.fit]`: persons by group from marginal tables and a joint table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from maillage.config_sections import (
    KeyColumns,
    Name,
    Section,
    TableSource,
    Words,
    one_to_table,
    to_problem,
)
from maillage.errors import to_hint

RESERVED_PROPERTIES = ("place", "persons")


def _check_words(words: list[str]) -> list[str]:
    if not words:
        raise to_problem("expected at least one category")
    return words


# Categories of properties: a property that is not named stands for all of its categories.
Categories = Annotated[
    dict[Name, Annotated[Words, AfterValidator(_check_words)]], Field(min_length=1)
]


class SeedConfig(TableSource):
    """How groups go together: a row a combination of categories, with persons."""

    persons: Name | None = None  # by default that of `[population.fit]`
    columns: dict[Name, Name] = {}  # of the properties; by default of the same name

    @model_validator(mode="after")
    def _check_file(self) -> SeedConfig:
        if self.file is None:
            raise to_problem("has no file, expected the table")
        return self


class MarginConfig(SeedConfig):
    """Persons of each place by some of the properties: a row a category, or a column a category."""

    key: KeyColumns | None = None  # by default that of `[population.fit]`
    property: Name | None = None  # in the wide form: the property whose categories are columns
    categories: Annotated[dict[Name, Name], Field(min_length=1)] | None = None  # and their columns

    @model_validator(mode="after")
    def _check_form(self) -> MarginConfig:
        if (self.property is None) != (self.categories is None):
            raise to_problem("has one of property and categories, expected both")
        if self.categories is not None and (self.columns or self.persons):
            raise to_problem("has categories beside columns or persons, expected one form")
        return self


class FitConfig(Section):
    """Persons by iterative proportional fitting: the seed's pattern with the sums of margins."""

    properties: Annotated[list[Name], Field(min_length=1)]
    seed: Annotated[SeedConfig, one_to_table("file")]
    margins: Annotated[list[Annotated[MarginConfig, one_to_table("file")]], Field(min_length=1)]
    key: KeyColumns = ["place"]
    persons: Name = "persons"
    car_share: Categories | None = None  # the categories whose persons can go by car

    @model_validator(mode="after")
    def _check_properties(self) -> FitConfig:
        for name in self.properties:
            if name in RESERVED_PROPERTIES:
                raise to_problem(f"has a property {name!r}, expected another name")
            if self.properties.count(name) > 1:
                raise to_problem(f"has the property {name!r} twice")
        used = [(f"margins[{i + 1}]", m) for i, m in enumerate(self.margins)]
        named = [(where, name) for where, m in (("seed", self.seed), *used) for name in m.columns]
        named += [(where, m.property) for where, m in used if m.property is not None]
        named += [("car_share", name) for name in self.car_share or {}]
        for where, name in named:
            if name not in self.properties:
                hint = to_hint(name, self.properties)
                raise to_problem(f"has {name!r} in {where}, which is no property{hint}")
        return self


def find_fit_problems(
    fit: Mapping[str, Any] | None, groups: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """What does not go together between `[population.fit]` and the groups of a territory file."""
    for name, group in groups.items():
        categories = group.get("categories")
        if fit is None:
            if categories is not None:
                yield f"groups.{name} has categories, expected the section population.fit with them"
            continue
        if categories is None:
            yield f"groups.{name} has no categories, expected those of the fit that it takes"
        for key in ("persons", "car_share_column"):
            if key in group:
                yield f"groups.{name} has {key}, expected none: population.fit gives the persons"
        properties = fit.get("properties")
        if isinstance(categories, Mapping) and isinstance(properties, list):
            for key in categories:
                if key not in properties:
                    hint = to_hint(str(key), [str(p) for p in properties])
                    yield f"groups.{name}.categories has {key!r}, which is no property{hint}"
