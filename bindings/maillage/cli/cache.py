"""maillage cache: what is kept between sessions, and getting rid of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from maillage.cli.app import app
from maillage.cli.options import Cache, Output, Quiet
from maillage.errors import NotFoundError


@app.command(epilog="Example: maillage cache --clear")
def cache(
    territory_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[TERRITORY]", help="Only what is kept of this file.", show_default=False
        ),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove what is listed.")] = False,
    folder: Cache = None,
    quiet: Quiet = False,
) -> None:
    """Lists the territories that are kept in the cache, with size and age; clears it.

    Nothing in the cache is ever needed: what is removed is made again from the files.
    """
    from maillage import show
    from maillage.cache import find_cache_folder, list_entries

    output = Output(quiet)
    folder = find_cache_folder() if folder is None else folder
    entries = list(list_entries(folder))
    if territory_file is not None:
        if territory_file.is_dir():
            territory_file = territory_file / "territory.toml"
        wanted = str(territory_file.absolute())
        entries = [entry for entry in entries if entry.territory == wanted]
        if not entries:
            raise NotFoundError(f"{territory_file}: nothing of it is kept in {folder}")
    rows = [
        [
            entry.name or "(damaged)",
            entry.territory or str(entry.folder),
            _to_size(entry.n_bytes),
            _to_age(time.time() - entry.written),
        ]
        for entry in entries
    ]
    if rows:
        heads = [("territory", False), ("file", False), ("size", True), ("written", True)]
        output.show(show.build_table(heads, rows), "")
    total = _to_size(sum(entry.n_bytes for entry in entries))
    if not clear:
        output.say(f"{len(entries)} kept, {total}, in {folder}")
        return
    for entry in entries:
        entry.remove()
    output.say(f"removed {len(entries)}, {total}, from {folder}")


def _to_size(n_bytes: int) -> str:
    size = float(n_bytes)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _to_age(seconds: float) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        n = int(seconds // length)
        if n >= 1:
            return f"{n} {unit}{'s' if n > 1 else ''} ago"
    return "just now"
