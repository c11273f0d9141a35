"""Shows how far long work is, in a terminal or a notebook, without touching short work."""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from maillage.errors import InputError

Report = Callable[[str, int, int], None]
# What users pass: True or False, None (shown where a person is looking), or their own function.
ProgressChoice = bool | None | Report

_SHOW_AFTER_S = 1.0
_REDRAW_AFTER_S = 0.2


class _Bar(Protocol):
    def draw(self, step: str, done: int, total: int) -> None: ...
    def close(self) -> None: ...


class _TerminalBar:
    """A line at the bottom of the terminal, on standard error."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task("", total=1)

    def draw(self, step: str, done: int, total: int) -> None:
        self._bar.update(self._task, description=step, completed=done, total=total)

    def close(self) -> None:
        self._bar.stop()


class _NotebookBar:
    """A bar below the cell, which needs no widgets."""

    def __init__(self) -> None:
        from IPython.display import HTML, display

        self._to_html: Any = HTML
        self._handle: Any = display(HTML(""), display_id=True)

    def draw(self, step: str, done: int, total: int) -> None:
        bar = f'<progress max="{total}" value="{done}"></progress>'
        text = f"<small>{html.escape(step)} {bar} {100 * done / total:.0f} %</small>"
        self._handle.update(self._to_html(text))

    def close(self) -> None:
        self._handle.update(self._to_html(""))


def _is_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and hasattr(shell.get_ipython(), "kernel")


def _is_watched() -> bool:
    """Whether a person looks on: standard error is a terminal, or this is a notebook."""
    return _is_notebook() or (sys.stderr is not None and sys.stderr.isatty())


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
    started = drawn = time.monotonic()
    bar: _Bar | None = None

    def report(step: str, done: int, total: int) -> None:
        nonlocal bar, drawn
        now = time.monotonic()
        if now - started < _SHOW_AFTER_S or (bar and now - drawn < _REDRAW_AFTER_S):
            return
        bar, drawn = bar or (_NotebookBar() if _is_notebook() else _TerminalBar()), now
        bar.draw(step, min(done, max(total, 1)), max(total, 1))

    try:
        yield report
    finally:
        if bar is not None:
            bar.close()
