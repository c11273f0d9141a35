"""Reads a territory: out of the cache when it is there, else from its files."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from maillage import _core
from maillage.arguments import to_shown
from maillage.cache import CacheEntry, find_cache_folder
from maillage.errors import InputError
from maillage.findings import Findings
from maillage.geo.inputs import read_inputs
from maillage.networks import build_networks
from maillage.territory_build import build_territory
from maillage.territory_parts import TerritoryParts
from maillage.toml_text import read_toml

CacheChoice = bool | str | Path


def read_parts(
    path: Path, cache: CacheChoice, threads: int, report: Any
) -> tuple[TerritoryParts, _core.Territory, _core.ListFolder | None]:
    """The parts of a territory, the engine's copy, and where its lists are kept, if anywhere.

    What was built for a cache is given up for what is then read from it: that looks into the
    file, and takes memory only for what is used.
    """
    entry = None if _has_timetable(path) else _find_entry(cache, path)
    if entry is None:
        return *_build(path, threads, report), None
    doubts = Findings()
    loaded = entry.read(threads, report, doubts)
    if loaded is None:
        entry.begin()
        built = _build(path, threads, report)
        loaded = entry.write(built, threads, report, doubts)
        if loaded is None:
            built[0].findings.merge(doubts)
            return *built, None
        del built
        _core.release_memory()
    loaded.parts.findings.merge(doubts)
    return loaded.parts, loaded.core, loaded.lists


def _build(path: Path, threads: int, report: Any) -> tuple[TerritoryParts, _core.Territory]:
    inputs = read_inputs(path)
    networks = build_networks(inputs, threads, report)
    return build_territory(inputs, networks, threads, report)


def _has_timetable(path: Path) -> bool:
    """Timetables are read anew each time: the cache holds roads, not them."""
    networks = read_toml(path).get("networks")
    return isinstance(networks, Mapping) and "transit" in networks


def _find_entry(cache: CacheChoice, path: Path) -> CacheEntry | None:
    if cache is False:
        return None
    if cache is True:
        return CacheEntry(find_cache_folder(), path)
    if isinstance(cache, str | PathLike) and str(cache):
        return CacheEntry(Path(cache), path)
    raise InputError(f"cache is {to_shown(cache)}, expected True, False or a folder")
