"""Many scenarios at once, and every closure alone.

`compare_many` and `single_closures` are the work behind the methods of `Territory` with these
names. What a territory needs to answer is kept for the next question about the same service.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from maillage import _core
from maillage.atomic import write_atomically
from maillage.batch_scenarios import ScenarioBatch, to_batch
from maillage.errors import InputError
from maillage.exposure import STATES
from maillage.progress import Report, report_progress
from maillage.results import take_text, to_keys
from maillage.territory_edits import to_edits

if TYPE_CHECKING:
    from maillage.territory import Territory

SUMS = (*STATES, "exposed", "left_out", "unreachable", "person_minutes")
_CHUNK_ROWS = 1 << 18  # rows of a result that stand in memory beside it
_SAID_ABOUT = "maillage"


@dataclass(frozen=True)
class BatchQuestion:
    """What is asked, with every default filled in."""

    service: str
    index: int
    level: int
    limit: float
    left_out_lambda: float
    by_group: bool
    threads: int
    progress: Any


_kept: WeakKeyDictionary[Territory, tuple[tuple[Any, ...], _core.Closures]] = WeakKeyDictionary()


def find_closures(
    territory: Territory, asked: BatchQuestion, report: Report | None
) -> _core.Closures:
    """What answers a question; made anew unless the last one was about the same."""
    about = (asked.index, asked.level, asked.limit)
    kept = _kept.get(territory)
    if kept is None or kept[0] != about:
        core = territory._core
        made = _core.Closures(core, asked.index, asked.level, asked.limit, asked.threads, report)
        kept = _kept[territory] = (about, made)
    return kept[1]


def single_closures(territory: Territory, asked: BatchQuestion) -> pd.DataFrame:
    """Every closure alone: see `Territory.single_closures`."""
    parts = territory.parts
    offers = parts.levels[:, asked.index] >= asked.level
    rows = np.flatnonzero(parts.counters["open"].to_numpy(dtype=bool) & offers)
    with report_progress(asked.progress) as report:
        closures = find_closures(territory, asked, report)
        deltas = closures.singles(rows.astype(np.uint32), asked.by_group, asked.threads, report)
    groups = _find_groups(territory, asked)
    width = len(groups) or 1
    counters = np.repeat(rows, width)
    columns: dict[str, Any] = {
        "key": to_keys(parts.counters["key"], counters),
        "name": parts.counters["name"].iloc[counters].reset_index(drop=True),
    }
    if asked.by_group:
        columns["group"] = _to_group_column(groups, len(rows))
    columns |= _to_deltas(deltas, asked)
    columns["n_places"] = deltas["n_places"]
    columns |= _to_worst(deltas, territory)
    return pd.DataFrame(columns, copy=False)


def compare_many(
    territory: Territory, scenarios: Any, asked: BatchQuestion, *, exhaustive: bool
) -> pd.DataFrame:
    """All scenarios as one frame: see `Territory.compare_many`."""
    batch = to_batch(scenarios, territory, asked.service)
    groups = _find_groups(territory, asked)
    width = len(groups) or 1
    columns: dict[str, Any] = {}
    start = 0
    for chunk in _find_chunks(territory, batch, asked, exhaustive):
        end = start + len(chunk["persons"])
        for name, values in chunk.items():
            if name not in columns:
                columns[name] = np.empty(len(batch) * width, dtype=values.dtype)
            columns[name][start:end] = values
        start = end
    heads = _to_heads(batch.names, np.arange(len(batch)), groups)
    worst = _to_worst(columns, territory)
    return pd.DataFrame({**heads, **columns, **worst}, copy=False)


def write_many(
    territory: Territory, scenarios: Any, asked: BatchQuestion, *, exhaustive: bool, out: Path
) -> Path:
    """All scenarios as one file, which never stands in memory as a whole."""
    if out.suffix.lower() != ".parquet":
        raise InputError(f"{out}: many scenarios are written as .parquet")
    batch = to_batch(scenarios, territory, asked.service)
    groups = _find_groups(territory, asked)
    width = len(groups) or 1

    def write(target: Path) -> None:
        writer: pq.ParquetWriter | None = None
        start = 0
        try:
            for chunk in _find_chunks(territory, batch, asked, exhaustive):
                numbers = np.arange(start, start + len(chunk["persons"]) // width)
                start += len(numbers)
                heads = _to_heads(batch.names[numbers], np.arange(len(numbers)), groups, True)
                frame = pd.DataFrame(
                    {**heads, **chunk, **_to_worst(chunk, territory, True)}, copy=False
                )
                table = pa.Table.from_pandas(frame, preserve_index=False)
                if writer is None:
                    noted = {_SAID_ABOUT: _to_metadata(territory, asked)}
                    schema = table.schema.with_metadata({**(table.schema.metadata or {}), **noted})
                    writer = pq.ParquetWriter(target, schema, compression="zstd")
                writer.write_table(table.cast(writer.schema))
        finally:
            if writer is not None:
                writer.close()

    return write_atomically(out, write)


def _find_chunks(
    territory: Territory, batch: ScenarioBatch, asked: BatchQuestion, exhaustive: bool
) -> Iterator[dict[str, np.ndarray]]:
    """Figures of some scenarios after the other: n_scenarios x n_groups values a column."""
    width = len(_find_groups(territory, asked)) or 1
    n_chunk = max(1, _CHUNK_ROWS // width)
    with report_progress(asked.progress) as report:
        closures = find_closures(territory, asked, report)
        figures = closures.figures(asked.by_group)
        for start in range(0, max(1, len(batch)), n_chunk):
            numbers = np.arange(start, min(start + n_chunk, len(batch)))
            inner = _shift_report(report, start, len(batch))
            evaluate = _Evaluation(territory, batch, asked, closures, inner)
            deltas = evaluate.find_deltas(numbers, exhaustive)
            yield _to_columns(figures, deltas, len(numbers), asked)
            if report is not None:
                report("evaluating scenarios", start + len(numbers), len(batch))


class _Evaluation:
    """Scenarios of one chunk, each by the way that suits it."""

    def __init__(
        self,
        territory: Territory,
        batch: ScenarioBatch,
        asked: BatchQuestion,
        closures: _core.Closures,
        report: Report | None,
    ) -> None:
        self._territory, self._batch, self._asked = territory, batch, asked
        self._closures, self._report = closures, report

    def find_deltas(self, numbers: np.ndarray, exhaustive: bool) -> dict[str, np.ndarray]:
        """Differences of the scenarios with these numbers, ascending and without gaps."""
        asked, batch = self._asked, self._batch
        how = (asked.threads, self._report)
        edited = [n for n in numbers.tolist() if exhaustive or n in batch.others]
        first, last = (
            int(numbers[0]) if len(numbers) else 0,
            int(numbers[-1]) + 1 if len(numbers) else 0,
        )
        if len(edited) == len(numbers) and edited:
            return self._apply(edited, exhaustive)
        offsets = batch.offsets[first : last + 1]
        counters = batch.counters[offsets[0] : offsets[-1]]
        deltas = self._closures.sets(
            (offsets - offsets[0]).astype(np.uint32), counters, asked.by_group, *how
        )
        if edited:
            width = len(deltas["persons"]) // len(numbers)
            rows = ((np.array(edited) - first)[:, None] * width + np.arange(width)).ravel()
            for name, values in self._apply(edited, exhaustive).items():
                deltas[name][rows] = values
        return deltas

    def _apply(self, numbers: list[int], exhaustive: bool) -> dict[str, np.ndarray]:
        edits = [self._to_edits(number) for number in numbers]
        asked = self._asked
        return self._closures.scenarios(
            edits, asked.by_group, exhaustive, asked.threads, self._report
        )

    def _to_edits(self, number: int) -> _core.Edits:
        batch = self._batch
        if number in batch.others:
            return to_edits(self._territory.parts, batch.others[number])
        edits = _core.Edits()
        for row in batch.counters[batch.offsets[number] : batch.offsets[number + 1]].tolist():
            edits.close(row)
        return edits


def _shift_report(report: Report | None, start: int, total: int) -> Report | None:
    """Tells the progress of a chunk as that of the whole."""
    if report is None:
        return None

    def shifted(step: str, done: int, n: int) -> None:
        if step == "evaluating scenarios":
            report(step, start + done, total)
        else:
            report(step, done, n)

    return shifted


def _find_groups(territory: Territory, asked: BatchQuestion) -> list[str]:
    return [str(name) for name in territory.parts.groups["group"]] if asked.by_group else []


def _to_columns(
    figures: Mapping[str, np.ndarray],
    deltas: Mapping[str, np.ndarray],
    n_scenarios: int,
    asked: BatchQuestion,
) -> dict[str, np.ndarray]:
    """Figures after each scenario and the differences, row by row."""
    base = _add_sums(figures, asked)
    change = _add_sums(deltas, asked)
    columns: dict[str, np.ndarray] = {}
    for name in ("persons", *SUMS):
        columns[name] = np.tile(base[name], n_scenarios) + change[name]
    columns |= _to_deltas(deltas, asked)
    columns |= {name: deltas[name] for name in ("n_places", *WORST)}
    return columns


WORST = ("worst_place", "worst_before", "worst_after")


def _add_sums(states: Mapping[str, np.ndarray], asked: BatchQuestion) -> dict[str, np.ndarray]:
    exposed = states["digital_only"] + states["assisted_only"] + states["stranded"]
    left_out = states["stranded"] + asked.left_out_lambda * states["assisted_only"]
    return {**states, "exposed": exposed, "left_out": left_out}


def _to_deltas(deltas: Mapping[str, np.ndarray], asked: BatchQuestion) -> dict[str, np.ndarray]:
    change = _add_sums(deltas, asked)
    columns = {f"delta_{name}": change[name] for name in ("persons", *SUMS)}
    return {**columns, "persons_changed": deltas["moved"]}


def _to_worst(
    columns: Mapping[str, np.ndarray], territory: Territory, compact: bool = False
) -> dict[str, Any]:
    """The columns of the worst place; of a country's places only those that are named."""
    codes, named = pd.factorize(columns["worst_place"], sort=True)
    n_none = int(np.searchsorted(named, 0))  # nobody's way gets longer: -1
    texts = take_text(territory.parts.places["place"], named[n_none:])
    rows = (codes - n_none).astype(np.int32)
    keys: Any = pd.Categorical.from_codes(rows, texts) if compact else to_keys(texts, rows)
    return {"worst_place": keys, **{name: columns[name] for name in WORST[1:]}}


def _to_heads(
    names: pd.Index, numbers: np.ndarray, groups: list[str], compact: bool = False
) -> dict[str, Any]:
    """The columns that say what a row is about."""
    width = len(groups) or 1
    rows = np.repeat(numbers, width)
    heads: dict[str, Any] = {}
    if pd.api.types.is_numeric_dtype(names.dtype):
        heads["scenario"] = names.to_numpy()[rows]
    elif compact:
        heads["scenario"] = pd.Categorical.from_codes(
            rows.astype(np.int32), categories=names.astype("str")
        )
    else:
        heads["scenario"] = to_keys(names.astype("str"), rows)
    if groups:
        heads["group"] = _to_group_column(groups, len(numbers))
    return heads


def _to_group_column(groups: list[str], n: int) -> pd.Categorical:
    codes = np.tile(np.arange(len(groups), dtype=np.int16), n)
    return pd.Categorical.from_codes(codes, categories=pd.Index(groups, dtype="str"))


def _to_metadata(territory: Territory, asked: BatchQuestion) -> str:
    from maillage._core import __version__

    return json.dumps(
        {
            "program": f"maillage {__version__}",
            "territory": territory.name,
            "question": {
                "service": asked.service,
                "level": asked.level,
                "limit_min": asked.limit,
                "left_out_lambda": asked.left_out_lambda,
            },
        },
        ensure_ascii=False,
    )
