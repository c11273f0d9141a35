"""The command line: one command a job, errors in one readable line, clear exit codes."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from maillage.errors import MaillageError

EXIT_NO = 1  # the answer of a check is no
EXIT_INPUT = 2  # the command was not understood, or its input is wrong
EXIT_FAULT = 3
EXIT_INTERRUPTED = 130


class _Commands(TyperGroup):
    """The group of commands, which turns every failure into a line on standard error."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        name = prog_name or "maillage"
        try:
            code = super().main(
                args=args,
                prog_name=name,
                complete_var=complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except (KeyboardInterrupt, typer.Abort):
            code = EXIT_INTERRUPTED
        except BrokenPipeError:
            code = _close_output()
        except MaillageError as error:
            code = _fail(str(error), EXIT_INPUT)
        except MemoryError:
            code = _fail("there is not enough memory for this", EXIT_FAULT)
        except Exception as error:  # everything else is usage, or a fault of ours
            code = _explain(error, name)
        if code == EXIT_INTERRUPTED:
            _fail("interrupted", EXIT_INTERRUPTED)
        if not standalone_mode:
            return code
        sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> int:
    """Says what went wrong on standard error; several lines only for a list of problems."""
    print(f"maillage: {message}", file=sys.stderr)
    return code


def _close_output() -> int:
    """The reader of our output went away, as `head` does: stop without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _explain(error: Exception, name: str) -> int:
    """A usage error as a line with a hint to the help; a fault of ours as one to report."""
    said = getattr(error, "format_message", None)
    if said is not None:
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else name
        words = " ".join(str(said()).replace("Value error, ", "").split()).rstrip(".")
        if not words:  # the help was shown already, as the command was called with nothing
            return EXIT_INPUT
        return _fail(f"{words} (see {command} --help)", EXIT_INPUT)
    if os.environ.get("MAILLAGE_TRACEBACK"):
        raise error
    words = " ".join(f"{type(error).__name__}: {error}".split())
    return _fail(
        f"a fault of maillage, please report it: {words} (MAILLAGE_TRACEBACK=1 shows where)",
        EXIT_FAULT,
    )


app = typer.Typer(
    name="maillage",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Who has a human at a counter (guichet) within reach, who has only the internet, and "
    "what changes when counters close, open or move.",
    epilog="Example: maillage demo --out maillage-demo. Exit code of every command: 0 done; 1 a "
    "guarantee does not hold; 2 the command or its input is wrong; 3 a fault of maillage, or not "
    "enough memory; 130 interrupted.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"maillage {version('maillage')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Options of the command itself."""


def main() -> None:
    """Runs the command with the arguments of the process and exits."""
    warnings.simplefilter("ignore")  # what a planner should know stands in the findings
    app(prog_name="maillage")


# Commands register themselves with `app` when they are imported.
from maillage.cli import (  # noqa: E402, F401
    batch,
    cache,
    check,
    demo,
    guarantee,
    load,
    parameters,
    results,
    synth,
    transit,
    transit_times,
)
