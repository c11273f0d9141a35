"""Writes a file whole or not at all: under a temporary name, then renamed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from maillage.errors import IoError


def write_atomically(path: str | Path, write: Callable[[Path], Any]) -> Path:
    """Lets `write` fill a temporary file beside `path`, then gives it that name.

    The temporary name keeps the suffix, so that writers which choose the format by it
    work. A failure of any kind leaves no file behind and keeps what was there before;
    failures of the file system are raised as IoError, others as they are. Returns the
    path.
    """
    path = Path(path)
    if path.is_dir():
        raise IoError(f"{path}: cannot be written: it is a folder")
    if not path.parent.is_dir():
        raise IoError(f"{path}: cannot be written: the folder {path.parent} does not exist")
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        write(temporary)
        temporary.replace(path)
    except OSError as error:
        raise IoError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        for leftover in path.parent.iterdir():  # the file itself and what a writer put beside it
            if leftover.name.startswith(temporary.name):
                leftover.unlink(missing_ok=True)
    return path
