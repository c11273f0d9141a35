"""Shows how far long work is, in a terminal or a notebook, without touching short work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from maillage.errors import InputError

Report = Callable[[str, int, int], None]
# What users pass: True or False, None (shown where a person is looking), or their own function.
ProgressChoice = bool | None | Report

_SHOW_AFTER_S = 1.0


def _is_watched() -> bool:
    """Whether a person looks on: standard error is a terminal, or this is a notebook."""
    if "ipykernel" in sys.modules:
        return True
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def report_progress(choice: ProgressChoice = None) -> Iterator[Report | None]:
    """A function to call with (step, done, total) while work goes on, or None.

    A bar appears once the work has taken a second, and goes away when it ends.
    """
    if callable(choice):
        yield choice
        return
    if choice is not None and not isinstance(choice, bool):
        raise InputError(
            f"progress is {choice!r}, expected True, False or a function of (step, done, total)"
        )
    if choice is False or (choice is None and not _is_watched()):
        yield None
        return
    started = time.monotonic()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = None

    def report(step: str, done: int, total: int) -> None:
        nonlocal task
        if task is None:
            if time.monotonic() - started < _SHOW_AFTER_S:
                return
            bar.start()
            task = bar.add_task(step, total=total)
        bar.update(task, description=step, completed=done, total=max(total, 1))

    try:
        yield report
    finally:
        if task is not None:
            bar.stop()
