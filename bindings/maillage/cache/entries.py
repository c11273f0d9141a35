"""The cache folder: a folder for each territory, with the entry that its files make now.

    <cache>/corse-1f2e3d4c5b6a/entry.json     what it was made from, and which key counts
    <cache>/corse-1f2e3d4c5b6a/<key>/         territory.bin, and lists of nearest counters

An entry is complete before `entry.json` names it, and that file is replaced in one step, so a
process that is killed leaves nothing that counts, and two that write at once leave one of two
good entries. Nothing in the folder is ever needed: it may be removed at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from maillage import _core
from maillage.atomic import write_atomically
from maillage.cache.parts import read_parts, to_arrays
from maillage.cache.stamps import (
    FORMAT,
    Stamp,
    add_digests,
    find_change,
    find_files,
    find_key,
    find_program,
    take_stamps,
    to_stamps,
)
from maillage.errors import MaillageError
from maillage.findings import Findings
from maillage.territory_parts import TerritoryParts

_ENTRY = "entry.json"
_TERRITORY = "territory.bin"
_FOLDER_NAME = re.compile(r".+-[0-9a-f]{12}")
_KEY = re.compile(r"[0-9a-f]{64}")


def find_cache_folder() -> Path:
    """Where entries are kept unless a folder is named: the user's cache folder.

    `$XDG_CACHE_HOME/maillage` or `~/.cache/maillage`; `~/Library/Caches/maillage` on macOS,
    `%LOCALAPPDATA%/maillage/Cache` on Windows.
    """
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "maillage"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData/Local") / "maillage" / "Cache"
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "maillage"


@dataclass
class Loaded:
    """A territory out of the cache, and the folder that keeps its lists."""

    parts: TerritoryParts
    core: _core.Territory
    lists: _core.ListFolder


class CacheEntry:
    """The entry of one territory file. Nothing here raises when the cache cannot be used."""

    def __init__(self, cache: Path, territory_file: Path) -> None:
        self._file = territory_file.absolute()
        place = hashlib.blake2b(str(self._file).encode(), digest_size=6).hexdigest()
        self.folder = cache / f"{_to_slug(self._file)}-{place}"
        self._stamps: list[Stamp] | None = None

    def read(self, threads: int, report: Any, findings: Findings) -> Loaded | None:
        """The territory if its entry is good; what makes it not so is a finding."""
        try:
            about = json.loads((self.folder / _ENTRY).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            findings.add("cache_rebuilt", f"{self.folder / _ENTRY}: {_to_words(error)}")
            return None
        try:
            why = self._find_reason(about)
            if why is None:
                loaded = self._open(about["key"], threads, report)
                self._renew(about)
                return loaded
        except (MaillageError, OSError) as error:
            why = _to_words(error)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            why = f"{self.folder / _ENTRY} is damaged ({type(error).__name__}: {error})"
        findings.add("cache_rebuilt", why)
        return None

    def begin(self) -> None:
        """To be called before the territory's files are read: notes how they are."""
        try:
            self._stamps = take_stamps(find_files(self._file))
        except (MaillageError, OSError):  # reading the territory will tell what is wrong
            self._stamps = None

    def write(
        self,
        built: tuple[TerritoryParts, _core.Territory],
        threads: int,
        report: Any,
        findings: Findings,
    ) -> Loaded | None:
        """Writes an entry and opens it; None and a finding where that is not possible."""
        if self._stamps is None:
            return None
        parts, core = built
        try:
            stamps = add_digests(self._stamps)
            if stamps is None:
                findings.add("cache_not_written", "files of the territory changed during reading")
                return None
            key = find_key(stamps)
            folder = self.folder / key
            folder.mkdir(parents=True, exist_ok=True)
            path = str(folder / _TERRITORY)
            _core.write_cache(path, key, core, to_arrays(parts), threads, report)
            self._write_about(key, parts.name, stamps)
            self._remove_others(key)
            return self._open(key, threads, report)
        except (MaillageError, OSError) as error:
            findings.add("cache_not_written", _to_words(error))
            return None

    def _find_reason(self, about: dict[str, Any]) -> str | None:
        """Why an entry is of no use, as far as that is seen without opening it."""
        if about["format"] != FORMAT or about["program"] != find_program():
            return "it was written by another version of maillage"
        if not _KEY.fullmatch(about["key"]):
            return f"{self.folder / _ENTRY} names no key"
        self._stamps = to_stamps(about["files"])
        return find_change(self._stamps)

    def _open(self, key: str, threads: int, report: Any) -> Loaded:
        folder = self.folder / key
        file = _core.open_cache(str(folder / _TERRITORY), key, threads, report)
        core = file.territory()
        lists = _core.ListFolder(str(folder), key)
        _core.keep_lists(core, lists)
        return Loaded(read_parts(file.array, core), core, lists)

    def _renew(self, about: dict[str, Any]) -> None:
        """Notes new times of change of files whose contents are as they were."""
        assert self._stamps is not None
        files = [asdict(stamp) for stamp in self._stamps]
        if files == about["files"]:
            return
        try:
            self._write_json(about | {"files": files})
        except MaillageError:
            return  # the contents are compared again next time

    def _write_about(self, key: str, name: str, stamps: list[Stamp]) -> None:
        self._write_json(
            {
                "format": FORMAT,
                "program": find_program(),
                "version": _core.__version__,
                "key": key,
                "territory": str(self._file),
                "name": name,
                "written": time.time(),
                "files": [asdict(stamp) for stamp in stamps],
            }
        )

    def _write_json(self, about: dict[str, Any]) -> None:
        text = json.dumps(about, indent=1)
        write_atomically(self.folder / _ENTRY, lambda path: path.write_text(text, encoding="utf-8"))

    def _remove_others(self, key: str) -> None:
        """Entries of former inputs, and what killed processes left."""
        for path in self.folder.iterdir():
            if _KEY.fullmatch(path.name) and path.name != key:
                shutil.rmtree(path, ignore_errors=True)
        for path in (self.folder / key).glob("*.tmp"):
            if not _is_alive(path):
                path.unlink(missing_ok=True)


@dataclass(frozen=True)
class KeptEntry:
    """An entry as `maillage cache` lists it; without `name` and `territory` when damaged."""

    folder: Path
    name: str
    territory: str
    n_bytes: int
    written: float  # seconds since 1970

    def remove(self) -> None:
        """Removes the entry; processes that use it are not disturbed."""
        shutil.rmtree(self.folder, ignore_errors=True)


def list_entries(cache: Path) -> Iterator[KeptEntry]:
    """The entries of a cache folder, by name; anything else in it is left alone."""
    if not cache.is_dir():
        return
    for folder in sorted(cache.iterdir()):
        if not _FOLDER_NAME.fullmatch(folder.name) or not folder.is_dir():
            continue
        files = [path.stat() for path in folder.rglob("*") if path.is_file()]
        try:
            about = json.loads((folder / _ENTRY).read_text(encoding="utf-8"))
            name, territory = str(about["name"]), str(about["territory"])
        except (OSError, ValueError, KeyError, TypeError):
            if not any(_KEY.fullmatch(path.name) for path in folder.iterdir()):
                continue  # a folder of somebody else's
            name, territory = "", ""
        written = max((about.st_mtime for about in files), default=folder.stat().st_mtime)
        yield KeptEntry(folder, name, territory, sum(f.st_size for f in files), written)


def _to_slug(file: Path) -> str:
    """A word for a folder: the file's own name, or its folder's when all are called the same."""
    word = file.parent.name if file.stem == "territory" else file.stem
    return re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")[:40] or "territory"


def _to_words(error: Exception) -> str:
    """A failure of the file system as our own sentences have it: which file, and why."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _is_alive(temporary: Path) -> bool:
    """Whether the process that a temporary file is named after still runs."""
    parts = temporary.name.split(".")
    try:
        os.kill(int(parts[-3]), 0)
    except (ProcessLookupError, ValueError, IndexError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True
