#!/usr/bin/env python3
"""The rules of the house, checked: who may include whom, how long files are, what stands where.

Run from anywhere: `tests/layering.py`. Prints one line a breach and a count; exits 1 on any breach.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A file of the engine includes only files of layers above its own in this list.
ENGINE_LAYERS = [
    ("values", ["buffer", "block", "vectors"]),
    ("words", ["id", "units", "error", "csr", "equity", "random"]),
    ("threads", ["parallel"]),
    ("timetables", ["timetable"]),
    ("profiles", ["departure_profile"]),
    ("data as read", ["road_segments", "graph", "places", "counters", "decay", "group_fit"]),
    ("pieces of road", ["road_chains", "segment_grid"]),
    ("road network", ["road_network"]),
    ("paths", ["boost_graph", "links", "dijkstra", "hierarchy", "label_lines"]),
    ("labels", ["label_key", "label_lines_wide"]),
    ("rides", ["raptor"]),
    ("rides, plainly", ["time_expanded"]),
    ("legs", ["journey_legs"]),
    ("journeys", ["journey"]),
    ("sweeps", ["sweep", "hierarchy_update", "hierarchy_query"]),
    ("lists", ["place_lists", "road_edit"]),
    ("times", ["travel_times", "nearest"]),
    ("straight lines", ["crow"]),
    ("walks", ["walks"]),
    ("transit", ["transit_times"]),
    ("transit there and back", ["transit_trips"]),
    ("transit there and back, plainly", ["transit_trips_exhaustive"]),
    ("a timetable as a mode", ["transit_mode"]),
    ("territory", ["territory"]),
    ("reading and change", ["exposure", "scenario", "ladders", "round_trips"]),
    ("summaries", ["indicators", "delta", "change", "rung_tile"]),
    ("detours", ["detour_tile"]),
    ("tallies", ["closure_tally"]),
    ("closures", ["closures", "uncertainty"]),
    ("batches", ["closure_sets", "scenario_change"]),
]

# (file, what it includes): why it may.
ENGINE_EXCEPTIONS = {
    ("road_network.cpp", "boost_graph"): "components come from Boost, which reads our own arcs",
}

# The engine knows no file, clock, environment or terminal.
ENGINE_FORBIDDEN_HEADERS = {
    "chrono", "cstdio", "ctime", "filesystem", "fstream", "iostream", "print", "random",
    "stdio.h", "time.h", "unistd.h",
}  # fmt: skip
ENGINE_FORBIDDEN_CALLS = re.compile(
    r"\b(?:std::)?(?:getenv|printf|puts|exit|abort|system)\s*\(|std::c(?:out|err|log)\b"
)

# Prefixes of <...> includes that are neither the standard library nor POSIX, by folder.
OTHER_LIBRARIES = {
    "engine": {"boost/", "Eigen/"},
    "geo": {"osmium/", "protozero/", "zlib.h", "expat.h"},
    "bindings/core": {"pybind11/"},
}
TBB_ONLY_IN = "engine/parallel.cpp"
MAY_INCLUDE = {
    "engine": {"engine"},
    "geo": {"engine", "geo"},
    "bindings/core": {"engine", "geo", "bindings/core"},
}

TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "pyproject.toml", "README.md", "CHANGELOG.md",
    "CONTRIBUTING.md", "LICENSE", ".gitignore", ".clang-format", ".clang-tidy",
    "engine", "geo", "bindings", "scenarios", "notebooks", "tests", ".ci", "dev",
}  # fmt: skip

MAX_LINES = 600
VAGUE_NAME = "a name that says nothing (get, compute, process, manager)"
CODE_SUFFIXES = {".h", ".cpp", ".py", ".pyi"}
# names of ours, not members of other libraries
FORBIDDEN_VERBS = re.compile(r"(?<![.>:\w])(?:get|compute|process)_[a-z]\w*\s*\(|\w*[mM]anager\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def find_files() -> list[Path]:
    """Files of the project, relative to its root: what git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        names = done.stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive
        names = [
            str(path.relative_to(ROOT))
            for top in TOP_LEVEL
            for path in ((ROOT / top).rglob("*") if (ROOT / top).is_dir() else [ROOT / top])
            if "__pycache__" not in path.parts
        ]
    return sorted(Path(name) for name in names if (ROOT / name).is_file())


def find_lines(path: Path) -> list[str]:
    return (ROOT / path).read_text(encoding="utf-8").splitlines()


def find_includes(path: Path) -> Iterator[tuple[int, str, bool]]:
    """Line number, included name and whether it is ours (in quotes)."""
    for number, line in enumerate(find_lines(path), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1] or match[2], match[1] is not None


def is_cpp(path: Path) -> bool:
    return path.suffix in {".h", ".cpp"}


def find_folder(path: Path) -> str | None:
    """The part of the house a C++ file belongs to."""
    return next((folder for folder in MAY_INCLUDE if path.is_relative_to(folder)), None)


def check_includes(path: Path, folder: str) -> Iterator[str]:
    """Each part includes only the parts below it and the libraries that are its own."""
    others = tuple(set().union(*OTHER_LIBRARIES.values()))
    for number, name, is_ours in find_includes(path):
        where = f"{path}:{number}"
        if is_ours:
            target = find_folder(Path(name))
            if target not in MAY_INCLUDE[folder]:
                yield f'{where}: {folder} must not include "{name}"'
            elif not (ROOT / name).is_file():
                yield f'{where}: "{name}" does not exist'
        elif name.startswith("tbb/") or name.startswith("oneapi/"):
            if str(path) != TBB_ONLY_IN:
                yield f"{where}: only {TBB_ONLY_IN} knows TBB"
        elif name.startswith(others):
            if not name.startswith(tuple(OTHER_LIBRARIES[folder])):
                yield f"{where}: {folder} must not include <{name}>"
        elif "/" in name and not name.startswith("sys/"):
            yield f"{where}: <{name}> belongs to no library that {folder} may use"
        elif folder == "engine" and name in ENGINE_FORBIDDEN_HEADERS:
            yield f"{where}: the engine knows no file, clock or terminal: <{name}>"


def check_engine_layers(path: Path) -> Iterator[str]:
    """A file of the engine includes itself and files of lower layers."""
    layer_of = {name: number for number, (_, names) in enumerate(ENGINE_LAYERS) for name in names}
    own = path.stem
    if own not in layer_of:
        yield f"{path}: stands in no layer; add it to ENGINE_LAYERS in tests/layering.py"
        return
    for number, name, is_ours in find_includes(path):
        target = Path(name).stem
        if not is_ours or target == own or (path.name, target) in ENGINE_EXCEPTIONS:
            continue
        if layer_of.get(target, -1) >= layer_of[own]:
            here, there = ENGINE_LAYERS[layer_of[own]][0], ENGINE_LAYERS[layer_of[target]][0]
            yield f'{path}:{number}: layer "{here}" must not include "{name}" of layer "{there}"'


def check_engine_is_silent(path: Path) -> Iterator[str]:
    for number, line in enumerate(find_lines(path), 1):
        if ENGINE_FORBIDDEN_CALLS.search(line.split("//")[0]):
            yield f"{path}:{number}: the engine never prints, exits or looks around: {line.strip()}"


def check_header_comment(path: Path) -> Iterator[str]:
    """A header begins with what it is for; so does a source file without a header of its own."""
    if path.suffix == ".cpp" and (ROOT / path.with_suffix(".h")).is_file():
        return
    lines = find_lines(path)
    if not lines or not lines[0].startswith("// "):
        yield f"{path}:1: begins without a comment that says what the file is for"


def check_length(path: Path) -> Iterator[str]:
    n_lines = len(find_lines(path))
    if n_lines > MAX_LINES:
        yield f"{path}: {n_lines} lines, more than {MAX_LINES}; split it"


def check_names(path: Path) -> Iterator[str]:
    """Verbs that say nothing, and work left undone."""
    for number, line in enumerate(find_lines(path), 1):
        if re.search(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b", line):
            yield f"{path}:{number}: work left undone: {line.strip()}"
        if is_cpp(path) and FORBIDDEN_VERBS.search(line.split("//")[0]):
            yield f"{path}:{number}: {VAGUE_NAME}: {line.strip()}"
    if not re.fullmatch(r"[a-z0-9_]+", path.stem):
        yield f"{path}: file names are snake_case"


def find_python_tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def check_python_names(path: Path) -> Iterator[str]:
    for node in ast.walk(find_python_tree(path)):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        if re.match(r"_?(?:get|compute|process)_", node.name) or node.name.endswith("Manager"):
            yield f"{path}:{node.lineno}: {VAGUE_NAME}: {node.name}"


def check_library_is_silent(path: Path) -> Iterator[str]:
    """Below the command line Python never prints."""
    if path.is_relative_to("bindings/maillage/cli"):
        return
    for node in ast.walk(find_python_tree(path)):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                yield f"{path}:{node.lineno}: the library never prints; the command line does"


def check_top_level(files: list[Path]) -> Iterator[str]:
    for name in sorted({path.parts[0] for path in files} - TOP_LEVEL):
        yield f"{name}: no such thing belongs at the top level of the house"


def check_exceptions() -> Iterator[str]:
    """An exception that nothing needs any more is taken out."""
    for file, target in ENGINE_EXCEPTIONS:
        path = Path("engine") / file
        used = (ROOT / path).is_file() and {name for _, name, _ in find_includes(path)}
        if not used or f"engine/{target}.h" not in used:
            yield f"tests/layering.py: {path} does not include {target}; take the exception out"


def check_file(path: Path) -> Iterator[str]:
    folder = find_folder(path)
    if is_cpp(path) and folder:
        yield from check_includes(path, folder)
    if folder == "engine" and is_cpp(path):
        yield from check_engine_layers(path)
        yield from check_engine_is_silent(path)
        yield from check_header_comment(path)
    if path.suffix in CODE_SUFFIXES and path.parts[0] in {"engine", "geo", "bindings", "tests"}:
        yield from check_length(path)
        yield from check_names(path)
    if path.suffix == ".py" and path.is_relative_to("bindings/maillage"):
        yield from check_python_names(path)
        yield from check_library_is_silent(path)


def main() -> int:
    files = find_files()
    breaches = list(check_top_level(files))
    breaches.extend(check_exceptions())
    for path in files:
        breaches.extend(check_file(path))
    for breach in breaches:
        print(breach)
    print(f"layering: {len(files)} files, {len(breaches)} breaches of the rules of the house")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
