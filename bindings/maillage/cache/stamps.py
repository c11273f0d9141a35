"""What a cache entry was made from: the files of the territory, and the program.

The contents of the files decide. As hashing them at every load would cost more than the load,
a file whose path, size and time of change are as they were is taken to be as it was; when
only the time differs, its contents are compared.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from maillage import _core
from maillage.config import read_config

FORMAT = 1  # of what Python writes; the engine's files have a format of their own
# Formats of several files: what belongs to the one that is named has its name with another suffix.
_WITH_SIDE_FILES = (".shp", ".tab", ".mif")
# A file that changes again within so short a time may keep its time of change.
_SETTLED_AFTER_NS = 2_000_000_000
_CHUNK = 1 << 20


@dataclass
class Stamp:
    """A file as it was: its path, size, time of change and digest.

    `mtime_ns` is None when the file was so fresh that its time says nothing.
    """

    path: str
    size: int
    mtime_ns: int | None
    digest: str = ""


def find_files(territory_file: Path) -> list[Path]:
    """The territory file and every file it names, absolute, sorted, each once."""
    config = read_config(territory_file)
    files = {territory_file.absolute()}
    for path in _find_paths(config):
        files.add(path.absolute())
        if path.suffix.lower() in _WITH_SIDE_FILES:
            siblings = path.absolute().parent.glob(f"{_escape(path.stem)}.*")
            files.update(p for p in siblings if p.is_file())
    return sorted(files)


def take_stamps(files: Iterable[Path]) -> list[Stamp]:
    """Size and time of each file, without its digest."""
    stamps = []
    for file in files:
        about = file.stat()
        stamps.append(Stamp(str(file), about.st_size, about.st_mtime_ns))
    return stamps


def add_digests(stamps: list[Stamp]) -> list[Stamp] | None:
    """The stamps with digests; None when a file has changed since they were taken."""
    out = []
    for stamp in stamps:
        digest = _find_digest(stamp.path)
        about = Path(stamp.path).stat()
        if (about.st_size, about.st_mtime_ns) != (stamp.size, stamp.mtime_ns):
            return None
        settled = time.time_ns() - about.st_mtime_ns > _SETTLED_AFTER_NS
        out.append(Stamp(stamp.path, stamp.size, about.st_mtime_ns if settled else None, digest))
    return out


def find_change(stamps: Iterable[Stamp]) -> str | None:
    """What is no longer as it was, in words; None when nothing has changed.

    Renews the times of files whose contents are the same.
    """
    for stamp in stamps:
        try:
            about = Path(stamp.path).stat()
            if about.st_size != stamp.size:
                return f"{stamp.path} has changed"
            if about.st_mtime_ns == stamp.mtime_ns:
                continue
            if _find_digest(stamp.path) != stamp.digest:
                return f"{stamp.path} has changed"
        except OSError as error:
            return f"{stamp.path}: {error.strerror or error}"
        settled = time.time_ns() - about.st_mtime_ns > _SETTLED_AFTER_NS
        stamp.mtime_ns = about.st_mtime_ns if settled else None
    return None


def find_key(stamps: Iterable[Stamp]) -> str:
    """What names an entry: a digest of the contents of its files and of the program."""
    digest = hashlib.blake2b(digest_size=32)
    digest.update(f"{FORMAT}\n{find_program()}\n".encode())
    for stamp in stamps:
        digest.update(f"{stamp.path}\n{stamp.size}\n{stamp.digest}\n".encode())
    return digest.hexdigest()


@cache
def find_program() -> str:
    """A digest of the package as it is installed: its version, and its files' sizes and times."""
    folder = Path(__file__).resolve().parent.parent
    files = {p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    files.add(Path(_core.__file__).resolve())
    digest = hashlib.blake2b(_core.__version__.encode(), digest_size=16)
    for file in sorted(files):
        about = file.stat()
        digest.update(f"{file.name}\n{about.st_size}\n{about.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def to_stamps(rows: Any) -> list[Stamp]:
    """Stamps as they stand in an entry's JSON."""
    return [Stamp(**row) for row in rows]


def _find_digest(path: str) -> str:
    digest = hashlib.blake2b(digest_size=32)
    with Path(path).open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _find_paths(value: Any) -> Iterator[Path]:
    """Every path in a configuration, however deep."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, BaseModel):
        yield from _find_paths(value.__dict__)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _find_paths(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _find_paths(item)


def _escape(stem: str) -> str:
    """The stem as a pattern that matches only itself."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in stem)
