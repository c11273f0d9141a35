"""Abilities by place and group, from what is known of the people of each place.

For a group g at a place p, with shares s_d of people by diploma:

    P[p, g] = sum over d of
        s_d expit(c + age_g + diploma_d + income_p + size_p + f ln(I_p / 100) + k_g)

The coefficients are the weighted logits of CREDOC's Baromètre 2020 (`maillage parameters logit`):
E1 gives those who cannot, E2 those who cannot or need help. I is a published index of digital
fragility. k_g rakes each group to its own figure: over the people of the territory, or over a
reference population given by its diplomas. Places without a row take the figure of the group.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from maillage.config_ability import DIPLOMAS, SmallAreaConfig
from maillage.errors import InputError, to_hint
from maillage.findings import Findings
from maillage.geo.area_rows import find_area_rows, find_zoning
from maillage.geo.places import Places
from maillage.geo.tables import NumberRule, Table, read_table
from maillage.geo.zonings import Zoning
from maillage.parameter_book import ParameterBook

INSEE_YEAR = 2021
_AGES = re.compile(r"(\d{1,3})\s*(?:-|–|à)\s*(\d{1,3})|(\d{1,3})\s*\+")
_RAKING_STEPS = 200


@dataclass(frozen=True)
class SmallAreas:
    """What is known by place: shares by diploma (n_places x 4), shifts of E1 and E2 (n_places)."""

    diplomas: np.ndarray
    shift_e1: np.ndarray
    shift_e2: np.ndarray
    is_known: np.ndarray


def read_abilities(
    config: SmallAreaConfig | None,
    groups: pd.DataFrame,
    persons: np.ndarray,
    known: tuple[Places, dict[str, Zoning]],
    findings: Findings,
    book: ParameterBook,
) -> tuple[np.ndarray, np.ndarray] | None:
    """p_b and p_c, n_places x n_groups each; None where no section asks for them."""
    if config is None:
        return None
    areas = _read_areas(config, known, book, findings)
    scaled = scale_to_year(groups, config.year, book, findings)
    reference = None
    if config.reference is not None:
        reference = np.array([getattr(config.reference, d) for d in DIPLOMAS])
    cannot = _rake(("e1", areas.shift_e1), areas, scaled[1], (groups, persons, reference), book)
    either = _rake(
        ("e2", areas.shift_e2), areas, scaled[0] + scaled[1], (groups, persons, reference), book
    )
    return np.maximum(either - cannot, 0.0), cannot


def _read_areas(
    config: SmallAreaConfig,
    known: tuple[Places, dict[str, Zoning]],
    book: ParameterBook,
    findings: Findings,
) -> SmallAreas:
    places, zonings = known
    diploma_columns = config.diploma.by_diploma() if config.diploma else []
    others = [c for c in (config.income, config.size, config.fragility) if c]
    columns = list(dict.fromkeys([*config.key, *diploma_columns, *others]))
    table = read_table(config, columns, findings)
    zoning = find_zoning(config.zoning, zonings)
    report = (findings, "small_area_of_unknown_place")
    rows = find_area_rows(table, list(config.key), zoning, places, report, joins=False)
    row = rows.of_place
    n_missing = int((row < 0).sum())
    examples = [f"{n_missing} places have no row: they take the abilities of their groups"]
    findings.add_all("small_area_unknown", examples[: bool(n_missing)], n_missing)
    diplomas = _read_diplomas(table, diploma_columns)
    fragility = _read_fragility(config, table)
    shifts = [
        _read_classes(table, config.income, book.under(f"logit.{e}.income"))
        + _read_classes(table, config.size, book.under(f"logit.{e}.size"))
        + fragility
        for e in ("e1", "e2")
    ]
    at = np.maximum(row, 0)
    is_known = (row >= 0) & ~np.isnan(diplomas[at]).any(axis=1)
    is_known &= ~np.isnan(shifts[0][at])
    return SmallAreas(diplomas[at], shifts[0][at], shifts[1][at], is_known)


def _read_diplomas(table: Table, columns: list[str]) -> np.ndarray:
    """Shares by diploma; without columns everybody is in the reference class."""
    if not columns:
        return np.tile([0.0, 0.0, 0.0, 1.0], (table.n_rows, 1))
    rule = NumberRule(0, absent="nan", secret="nan")
    counts = np.stack([table.numbers(column, rule).amounts for column in columns], axis=1)
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def _read_classes(table: Table, column: str | None, known: dict[str, float]) -> np.ndarray:
    if column is None:
        return np.zeros(table.n_rows)
    found = np.full(table.n_rows, np.nan)
    for row, text in enumerate(table.series(column)):
        if pd.isna(text):
            continue
        if text not in known:
            expected = f"one of {', '.join(known)}{to_hint(str(text), known)}"
            raise table.error(row, column, text, expected)
        found[row] = known[str(text)]
    return found


def _read_fragility(config: SmallAreaConfig, table: Table) -> np.ndarray:
    if config.fragility is None:
        return np.zeros(table.n_rows)
    rule = NumberRule(0, absent="nan", secret="nan")
    index = table.numbers(config.fragility, rule).amounts
    if (index == 0).any():
        raise table.rows_error(index == 0, config.fragility, "an index > 0, 100 the mean")
    return config.fragility_weight * np.log(index / 100)


def _rake(
    indicator: tuple[str, np.ndarray],
    areas: SmallAreas,
    target: np.ndarray,
    people: tuple[pd.DataFrame, np.ndarray, np.ndarray | None],
    book: ParameterBook,
) -> np.ndarray:
    """Shares by place and group whose mean over the people of each group is its target."""
    name, shift = indicator
    groups, persons, reference = people
    diplomas = np.array([book.value(f"logit.{name}.diploma.{d}") for d in DIPLOMAS])
    ages = book.under(f"logit.{name}.age")
    const = book.value(f"logit.{name}.const")
    out = np.tile(target, (len(persons), 1))
    known = areas.is_known
    for g, label in enumerate(groups["group"]):
        base = const + ages.get(_find_age_class(str(label)) or "", 0.0)
        if not 0 < target[g] < 1:
            continue
        weight = persons[known, g]
        weight = weight if weight.sum() > 0 else np.ones(int(known.sum()))
        by_place = (areas.diplomas[known], base + shift[known], weight)
        of_reference = (
            by_place if reference is None else (reference[None], np.array([base]), np.ones(1))
        )
        k = _find_shift(of_reference, diplomas, float(target[g]))
        out[known, g] = _find_shares(by_place, diplomas, k)
    return out


def _find_shares(
    people: tuple[np.ndarray, np.ndarray, np.ndarray], diplomas: np.ndarray, k: float
) -> np.ndarray:
    shares, base, _ = people
    odds = base[:, None] + diplomas[None, :] + k
    return (shares / (1 + np.exp(-odds))).sum(axis=1)


def _find_shift(
    people: tuple[np.ndarray, np.ndarray, np.ndarray], diplomas: np.ndarray, target: float
) -> float:
    """The shift for which the weighted mean is the target, by bisection to the last bits."""
    weight = people[2] / people[2].sum()
    low, high = -60.0, 60.0
    for _ in range(_RAKING_STEPS):
        middle = (low + high) / 2
        mean = float(weight @ _find_shares(people, diplomas, middle))
        low, high = (middle, high) if mean < target else (low, middle)
    return (low + high) / 2


def _find_ages(label: str) -> tuple[int, int] | None:
    """The ages a group's name tells: `60-74`, `75+`."""
    found = _AGES.search(label)
    if found is None:
        return None
    if found.group(3):
        return int(found.group(3)), 100
    return int(found.group(1)), int(found.group(2))


def _find_age_class(label: str) -> str | None:
    """The age class of the logit that a group's middle age falls into."""
    ages = _find_ages(label)
    if ages is None:
        return None
    middle = sum(ages) / 2
    for least, name in ((70, "70+"), (60, "60-69"), (40, "40-59"), (25, "25-39")):
        if middle >= least:
            return name
    return "18-24"


def scale_to_year(
    groups: pd.DataFrame, year: int | None, book: ParameterBook, findings: Findings
) -> tuple[np.ndarray, np.ndarray]:
    """p_b and p_c of groups brought to a year by INSEE's series of illectronisme by age.

    Each group's p_c is multiplied by the ratio of the year's figure to that of 2021 for the band
    that holds its ages; p_b keeps its share of the rest. Groups without a band are a finding.
    """
    p_b, p_c = (groups[c].to_numpy(dtype=float).copy() for c in ("p_b", "p_c"))
    if year is None or year == INSEE_YEAR:
        return p_b, p_c
    bands, then = book.under(f"insee.excluded.{year}"), book.under(f"insee.excluded.{INSEE_YEAR}")
    if not bands:
        raise InputError(f"small_area: year is {year}, expected 2019, 2021 or 2025")
    left = []
    for g, label in enumerate(groups["group"]):
        band = _find_band(str(label), [b for b in bands if b in then])
        if band is None:
            left.append(f"{label}: INSEE has no figure of {year} for its ages")
            continue
        scaled = min(1.0, p_c[g] * bands[band] / then[band])
        p_b[g] *= (1 - scaled) / (1 - p_c[g]) if p_c[g] < 1 else 0.0
        p_c[g] = scaled
    findings.add_all("ability_not_scaled", left, len(left))
    return p_b, p_c


def _find_band(label: str, bands: list[str]) -> str | None:
    ages = _find_ages(label)
    if ages is None:
        return None
    middle = min(sum(ages) / 2, 90)
    for band in bands:
        limits = _find_ages(band)
        if limits is not None and limits[0] <= middle < limits[1] + 1:
            return band
    return None
