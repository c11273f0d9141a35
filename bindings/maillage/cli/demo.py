"""maillage demo: the main job on the demo territory, shown and written as a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
import typer

from maillage.cli.app import app
from maillage.cli.options import (
    Cache,
    Level,
    Limit,
    NoCache,
    Output,
    Question,
    Quiet,
    Service,
    Threads,
    build_losers,
    choose_cache,
    draw_exposure,
    read_territory,
    to_metadata,
    to_question,
    to_source,
)
from maillage.errors import InputError, IoError

if TYPE_CHECKING:
    from maillage.delta import Delta
    from maillage.exposure import Exposure
    from maillage.scenario import Scenario
    from maillage.territory import Territory

_USUAL_PLACE = Path("scenarios/demo/territory.toml")
_USUAL_SCENARIO = "scenario_restructure.toml"


@app.command(epilog="Example: maillage demo --out maillage-demo")
def demo(
    out: Annotated[Path, typer.Option(help="The folder for the results.")] = Path("maillage-demo"),
    territory_file: Annotated[
        Path | None,
        typer.Option(
            "--territory", help="Another territory.toml than the demo's.", show_default=False
        ),
    ] = None,
    scenario_file: Annotated[
        Path | None,
        typer.Option(
            "--scenario",
            help=f"Another scenario than {_USUAL_SCENARIO} beside the territory.",
            show_default=False,
        ),
    ] = None,
    service: Service = None,
    level: Level = 1,
    limit: Limit = None,
    threads: Threads = None,
    cache: Cache = None,
    no_cache: NoCache = False,
    quiet: Quiet = False,
) -> None:
    """The main job from files to maps: who has a human within reach, what a closure changes.

    Shows the exposure of the demo territory to one service, then what a scenario with
    closures, an opening and a conversion changes, and writes tables, layers and maps.
    """
    from maillage.scenario import read_scenario

    output = Output(quiet)
    territory_file = territory_file or _find_demo()
    scenario = read_scenario(scenario_file or territory_file.parent / _USUAL_SCENARIO)
    territory = read_territory(territory_file, threads, output, choose_cache(cache, no_cache))
    asked = to_question(territory, service or territory.services[0], level, limit)
    how: dict[str, Any] = {"threads": threads or 0, "progress": output.progress}
    exposure = territory.exposure(asked.service, asked.limit_min, asked.level, **how)
    delta = territory.compare(scenario, asked.service, asked.limit_min, asked.level, **how)
    run = _Run(territory, scenario, asked, exposure, delta)
    _show(output, run)
    folder = _Folder(out)
    _write_exposure(folder, run)
    _write_delta(folder, run)
    scenario.write(folder.file("scenario.toml", "the scenario, ready to be changed and run again"))
    folder.write_text("summary.json", "the totals, the question and the scenario", _summary(run))
    folder.write_readme(f"{territory.name}: {asked.to_words()}")
    output.say(f"Results are in {out}/; begin with {out / 'README.md'} and the two maps.")


@dataclass(frozen=True)
class _Run:
    """What was asked, and the answers."""

    territory: Territory
    scenario: Scenario
    asked: Question
    exposure: Exposure
    delta: Delta

    def about(self, scenario: Scenario | None = None) -> dict[str, Any]:
        """What the files of this run say about themselves."""
        return to_metadata(self.territory, vars(self.asked), scenario)


def _find_demo() -> Path:
    if _USUAL_PLACE.exists():
        return _USUAL_PLACE
    raise InputError(
        f"the demo territory is not at {_USUAL_PLACE}: run this in the project's folder, "
        "or name a territory with --territory"
    )


def _show(output: Output, run: _Run) -> None:
    from maillage import show
    from maillage.terms import to_title

    territory, delta = run.territory, run.delta
    words = f"{territory.name}: {run.asked.to_words()}"
    output.show(
        show.build_exposure_view(run.exposure.total(), title=words),
        show.build_exposure_table(run.exposure.by_group(), title="By group"),
        show.build_edits_view(run.scenario.to_words(), title=f'Scenario "{run.scenario.name}"'),
        show.build_delta_view(delta.total(), title="What it changes"),
        show.build_delta_table(delta.by_group(), title="By group"),
    )
    for zoning in _zonings_to_show(territory):
        changes = delta.by(zoning)
        size = np.abs(np.asarray(changes["delta_exposed"]))
        largest_first = np.argsort(-size, kind="stable")
        changes = changes.iloc[largest_first[size[largest_first] > 0]]
        title = f"By {to_title(zoning)}, where the number of exposed persons changes"
        output.show(show.build_delta_table(changes, title=title, n_rows=10))
    output.show(build_losers(delta.losers(), territory, run.scenario, n_rows=10))


def _zonings_to_show(territory: Territory) -> list[str]:
    """The finest zoning of the territory that has more than one area."""
    sizes = {name: len(zoning.codes) for name, zoning in territory.zonings.items()}
    several = [name for name, size in sizes.items() if size > 1]
    return sorted(several, key=lambda name: sizes[name])[-1:]


class _Folder:
    """The folder of results: what was written, and what each file is."""

    def __init__(self, path: Path) -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IoError(f"{path}: cannot be made a folder: {error.strerror}") from error
        self.path = path
        self.files: dict[str, str] = {}

    def file(self, name: str, meaning: str) -> Path:
        """The path of a file of the folder; notes what it is."""
        self.files[name] = meaning
        return self.path / name

    def write(self, frame: pd.DataFrame, named: tuple[str, str], about: Mapping[str, Any]) -> None:
        """Writes a table and notes what it is; metadata goes into the formats that hold it."""
        from maillage.geo.write import write_table

        name, meaning = named
        path = self.file(name, meaning)
        write_table(frame, path, metadata=None if path.suffix == ".csv" else about)

    def write_text(self, name: str, meaning: str, text: str) -> None:
        """Writes a text and notes what it is."""
        from maillage.atomic import write_atomically

        path = self.file(name, meaning)
        write_atomically(path, lambda target: target.write_text(text, "utf-8"))

    def write_readme(self, title: str) -> None:
        """What each file of the folder is."""
        lines = [f"# {title}", ""]
        lines += ["Written by `maillage demo`. Times are minutes, shares lie in 0 to 1.", ""]
        lines += ["| file | what |", "|---|---|"]
        lines += [f"| `{name}` | {meaning} |" for name, meaning in self.files.items()]
        self.write_text("README.md", "this list", "\n".join([*lines, ""]))


def _write_exposure(folder: _Folder, run: _Run) -> None:
    exposure, about = run.exposure, run.about()
    places = exposure.by_place()
    what = "persons by state, shares and travel times today"
    folder.write(places, ("exposure_places.csv", f"{what}, a row a place"), about)
    folder.write(places, ("exposure_places.gpkg", "the same as a layer for a GIS"), about)
    folder.write(exposure.by_group(), ("exposure_groups.csv", f"{what}, a row a group"), about)
    for zoning in run.territory.zonings:
        named = (f"exposure_{zoning}.csv", f"{what}, a row an area of {zoning}")
        folder.write(exposure.by(zoning), named, about)
    path = folder.file("exposure.png", "map: minutes to the nearest counter today")
    draw_exposure(exposure, run.territory, path)


def _write_delta(folder: _Folder, run: _Run) -> None:
    delta, about = run.delta, run.about(run.scenario)
    places = delta.by_place()
    what = "before, after and change under the scenario"
    folder.write(places, ("delta_places.csv", f"{what}, a row a place"), about)
    folder.write(places, ("delta_places.gpkg", "the same as a layer for a GIS"), about)
    folder.write(delta.by_group(), ("delta_groups.csv", f"{what}, a row a group"), about)
    for zoning in run.territory.zonings:
        named = (f"delta_{zoning}.csv", f"{what}, a row an area of {zoning}")
        folder.write(delta.by(zoning), named, about)
    losers = "who gets farther: place, minutes and counter before and after"
    folder.write(delta.losers(), ("losers.csv", losers), about)
    folder.write(delta.gainers(), ("gainers.csv", "who gets nearer, likewise"), about)
    changed = "counters that the scenario closes, opens, moves or converts"
    folder.write(delta.changed_counters(), ("counters_changed.csv", changed), about)
    path = folder.file("delta.png", "map: who gets farther")
    delta.map(path, source=to_source(run.territory))


def _summary(run: _Run) -> str:
    """The totals before and after, and what they rest on, as JSON."""
    content = {
        **run.about(run.scenario),
        "before": _to_figures(run.exposure.total()),
        "change": _to_figures(run.delta.total()),
        "n_losers_rows": len(run.delta.losers()),
        "n_gainers_rows": len(run.delta.gainers()),
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _to_figures(total: pd.DataFrame) -> dict[str, float | None]:
    """A table of one row as figures by name; absent ones are null."""
    row = total.iloc[0].to_dict()
    return {str(k): None if pd.isna(v) else float(v) for k, v in row.items()}
