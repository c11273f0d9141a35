"""Arguments and options that several commands share, and what they mean."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer
from rich.console import Console, RenderableType

from maillage.errors import InputError, IoError, NotFoundError

if TYPE_CHECKING:
    from maillage.exposure import Exposure
    from maillage.scenario import Scenario
    from maillage.territory import Territory

WIDTH = 100

TerritoryFile = Annotated[
    Path, typer.Argument(metavar="TERRITORY", help="The file territory.toml.", show_default=False)
]
Service = Annotated[
    str | None,
    typer.Option(
        help="The service people come for; may be left out if the territory has only one.",
        show_default=False,
    ),
]
Level = Annotated[
    int, typer.Option(min=1, max=255, help="Least level: 1 first help, 2 expert desk.")
]
Limit = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="Minutes within which a counter is within reach (inclusive); the territory's own "
        "limit by default.",
        show_default=False,
    ),
]
Decay = Annotated[
    str | None,
    typer.Option(
        help="How reach fades with time instead of ending at the limit: apl_2012, apl_2016, 2sfca, "
        "e2sfca_slow, e2sfca_fast, exponential:HALF_LIFE or logistic:T50,S (minutes).",
        show_default=False,
    ),
]
Phone = Annotated[
    list[str] | None,
    typer.Option(
        "--phone",
        metavar="SHARE",
        help="Share of the exposed whom the phone line helps, in place of the territory's: 0.5, or "
        "reach and resolution 0.8,0.67; OPERATOR=0.5 for those nearest to that operator's "
        "counters, once an operator.",
        show_default=False,
    ),
]
DrawCount = Annotated[
    int | None,
    typer.Option(
        "--draws",
        min=2,
        help="Give figures with the interval that so many draws of the parameters span.",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the draws.")]
Out = Annotated[
    Path | None,
    typer.Option(
        help="Write the table here: .csv, .parquet, .gpkg, .geojson or .json.", show_default=False
    ),
]
Map = Annotated[
    Path | None, typer.Option("--map", help="Draw a map (PNG) here.", show_default=False)
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        envvar="MAILLAGE_THREADS",
        help="Threads to use; all by default. The results do not depend on it.",
        show_default=False,
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        envvar="MAILLAGE_CACHE",
        help="Keep what is slow to make in this folder, and find it there; the user's cache "
        "folder by default.",
        show_default=False,
    ),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Read everything anew and keep nothing.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing but errors; write files only.")
]


def _find_width() -> int:
    columns = shutil.get_terminal_size((WIDTH, 25)).columns if sys.stdout.isatty() else WIDTH
    return max(WIDTH, columns)


@dataclass(frozen=True)
class Question:
    """What is asked of a territory, with every default filled in."""

    service: str
    level: int
    limit_min: float
    decay: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The question in the metadata of a result: what was said, and defaults filled in."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def to_words(self) -> str:
        """The question in a heading."""
        reach = f"within {self.limit_min:g} min" if self.decay is None else f"decay {self.decay}"
        return f"{self.service}, level {self.level} or more, {reach}"


class Output:
    """Where tables and words go: standard output, or nowhere when it should be quiet."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        # Tables fit 100 columns. A narrower terminal wraps them itself: a column that rich
        # would cut off is a figure that nobody sees.
        self._console = Console(width=_find_width(), quiet=quiet, highlight=False)

    @property
    def progress(self) -> bool | None:
        """What to pass on as `progress`: never when quiet, else where a person looks on."""
        return False if self.quiet else None

    def show(self, *parts: RenderableType) -> None:
        """Prints one thing after the other."""
        for part in parts:
            self._console.print(part)

    def say(self, text: str) -> None:
        """Prints a line as it is, whatever signs are in it."""
        self._console.print(text, markup=False, soft_wrap=True)


def read_territory(
    path: Path, threads: int | None, output: Output, cache: bool | Path = True
) -> Territory:
    """Reads the territory; a folder means the territory.toml in it."""
    from maillage.territory import read_territory as read

    if path.is_dir():
        path = path / "territory.toml"
    return read(path, cache=cache, threads=threads or 0, progress=output.progress)


def choose_cache(cache: Path | None, no_cache: bool) -> bool | Path:
    """What `--cache` and `--no-cache` ask for; the latter counts more."""
    if no_cache:
        return False
    return True if cache is None else cache


def find_service(territory: Territory, service: str | None) -> str:
    """The service that is asked for, or the only one there is."""
    services = list(territory.services)
    if service is None:
        if len(services) == 1:
            return services[0]
        raise InputError(f"--service is missing, expected one of {', '.join(services)}")
    if service not in services:
        raise NotFoundError.of_name("service", service, services)
    return service


def to_question(
    territory: Territory,
    service: str | None,
    level: int,
    limit: float | None,
    decay: str | None = None,
) -> Question:
    """What the options ask, with the territory's own service and limit where they say nothing."""
    chosen = territory.parameters["limit_min"] if limit is None else limit
    return Question(find_service(territory, service), level, float(chosen), decay)


def to_source(territory: Territory) -> str:
    """The line under every map of the command line."""
    from importlib.metadata import version

    return f"{territory.name}; maillage {version('maillage')}"


def to_times_note(territory: Territory) -> str:
    """What must be said under a heading about travel times: where they are straight lines."""
    crow = [use.to_words() for use in territory.parts.networks if use.is_crow]
    return "; ".join(dict.fromkeys(crow))


def draw_exposure(exposure: Exposure, territory: Territory, path: Path) -> None:
    """The map of travel times, with the key figure of the exposure under its title."""
    from maillage.terms import to_percent, to_persons

    row = exposure.total().iloc[0]
    subtitle = (
        f"{to_persons(row['exposed'])} of {to_persons(row['persons'])} persons "
        f"({to_percent(row['share_exposed'])} %) have no counter within {exposure.limit:g} min: "
        "only remote channels remain"
    )
    exposure.map(path, subtitle=subtitle, source=to_source(territory))


def to_counter_names(territory: Territory, scenario: Scenario) -> dict[str, Any]:
    """What counters are called, by key, those that the scenario opens included."""
    names = dict(zip(territory.counters["key"], territory.counters["name"], strict=True))
    for edit in scenario.edits:
        if edit.do == "open" and getattr(edit, "name", None):
            names[getattr(edit, "key")] = getattr(edit, "name")  # noqa: B009
    return names


def build_losers(
    losers: pd.DataFrame, territory: Territory, scenario: Scenario, n_rows: int = 15
) -> RenderableType:
    """Who gets farther, by place, or by area where places have no names (cells of a grid)."""
    from maillage.show_losers import build_losers_table, find_losses_by_area
    from maillage.terms import to_title

    names, title = to_counter_names(territory, scenario), "Who gets farther"
    if bool(territory.places["name"].isna().all()) and territory.zonings:
        area, zoning = next(iter(territory.zonings.items()))
        labels = dict(zip(zoning.codes, zoning.labels, strict=True))
        losers = find_losses_by_area(losers, area)
        losers.insert(1, "name", losers[area].map(labels))
        title += f", by {to_title(area)}"
    return build_losers_table(losers, title=title, names=names, n_rows=n_rows)


def to_draws(n: int | None, seed: int) -> Any:
    """What --draws and --seed ask for."""
    from maillage.uncertainty import Draws

    return None if n is None else Draws(n, seed=seed)


def to_phone(given: list[str] | None) -> Any:
    """What --phone asks for: a share, reach and resolution, or either by operator."""
    if not given:
        return None
    named = [text.rpartition("=") for text in given]
    if any(not sign for _, sign, _ in named):
        if len(named) > 1:
            raise InputError("--phone stands several times, expected OPERATOR=SHARE in each")
        return _to_phone_share(given[0])
    found: dict[str, Any] = {}
    for operator, _, share in named:
        if operator in found:
            raise InputError(f"--phone names {operator!r} twice, expected each operator once")
        found[operator] = _to_phone_share(share)
    return found


def _to_phone_share(text: str) -> Any:
    try:
        numbers = [float(number) for number in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2):
        raise InputError(f"--phone is {text!r}, expected SHARE or REACH,RESOLUTION")
    return numbers[0] if len(numbers) == 1 else {"reach": numbers[0], "resolution": numbers[1]}


def check_choice(option: str, value: str, choices: list[str]) -> str:
    """The value of an option that must be one of the choices."""
    if value not in choices:
        raise NotFoundError.of_name(option, value, choices)
    return value


def check_files(table: Path | None, picture: Path | None = None) -> None:
    """Refuses files that cannot be written before anything is read."""
    from maillage.geo.write import check_suffix

    if table is not None:
        check_suffix(table)
    if picture is not None and picture.suffix.lower() != ".png":
        raise InputError(f"{picture}: maps are drawn as .png")
    for path in (table, picture):
        if path is not None and not path.parent.is_dir():
            raise IoError(f"{path}: cannot be written: the folder {path.parent} does not exist")


def write_result(
    frame: pd.DataFrame, path: Path | None, metadata: Mapping[str, Any], output: Output
) -> None:
    """Writes a table where the user asked for it, and says so."""
    if path is None:
        return
    from maillage.geo.write import write_table

    write_table(frame, path, metadata=metadata)
    output.say(f"wrote {path} ({len(frame)} rows)")


def to_metadata(
    territory: Territory, question: Mapping[str, Any], scenario: Scenario | None = None
) -> dict[str, Any]:
    """What a result file says about itself."""
    from importlib.metadata import version

    from maillage.assumptions import find_travel_words

    about: dict[str, Any] = {
        "program": f"maillage {version('maillage')}",
        "territory": territory.name,
        "question": dict(question),
        "findings": dict(zip(territory.findings["kind"], territory.findings["count"], strict=True)),
        "travel_times": find_travel_words(territory.parts),
        "assumption": "inside a place and a group, having a counter within reach and being able "
        "to use the online channel are taken as independent",
    }
    if scenario is not None:
        about["scenario"] = scenario.to_dict()
    return about
