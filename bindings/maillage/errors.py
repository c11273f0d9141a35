"""The errors that maillage raises about what it was given.

`InputError`     data that cannot be used: a `ValueError` naming file, row, field, value
                 and what was expected.
`IoError`        a file that cannot be opened, read or written: an `OSError`.
`NotFoundError`  a name that does not exist, with the near names: a `KeyError`.

All three are `MaillageError`, so a command line can catch them together and show one
readable line. A bug of ours is never one of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

_N_NEAR_NAMES = 3
_N_LISTED_NAMES = 12
_MAX_LISTED_NAME = 60


class MaillageError(Exception):
    """What went wrong, in a sentence for the person who gave the input."""

    def __str__(self) -> str:
        # KeyError shows its argument quoted; a sentence must stay a sentence.
        return str(self.args[0]) if self.args else ""


class InputError(MaillageError, ValueError):
    """Input that cannot be used.

    `problems` lists every problem found, one sentence each; the message is the only one
    of them, or a heading with all of them below it.
    """

    def __init__(self, message: str, problems: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.problems: list[str] = list(problems) if problems is not None else [message]

    @classmethod
    def of_problems(cls, source: str, problems: Sequence[str]) -> InputError:
        """One error that lists all problems of one source (a file, a scenario)."""
        return cls(to_problem_text(source, problems), problems)


class IoError(MaillageError, OSError):
    """A file that cannot be opened, read or written, with its path and the reason."""


class NotFoundError(MaillageError, KeyError):
    """A name that does not exist; the message offers the near names."""

    @classmethod
    def of_name(cls, what: str, name: str, choices: Iterable[str]) -> NotFoundError:
        """`what` is the kind of thing looked for: `column`, `service`, `counter`."""
        return cls(f"{what} {name!r} does not exist{to_hint(name, choices)}")


def to_problem_text(source: str, problems: Sequence[str]) -> str:
    """One problem as `source: problem`, several as a heading and one line each."""
    if len(problems) == 1:
        return f"{source}: {problems[0]}"
    lines = "".join(f"\n  - {problem}" for problem in problems)
    return f"{source}: {len(problems)} problems:{lines}"


def find_near_names(name: str, choices: Iterable[str]) -> list[str]:
    """At most three of the choices that look like `name`, the likeliest first.

    Upper and lower case count as the same; a choice that begins with the name or is the
    beginning of it counts as near whatever its length.
    """
    folded: dict[str, str] = {}
    for choice in choices:
        folded.setdefault(choice.casefold(), choice)
    wanted = name.casefold()
    near = difflib.get_close_matches(wanted, folded, n=_N_NEAR_NAMES, cutoff=0.6)
    if len(wanted) >= 3:
        near += [c for c in folded if (c.startswith(wanted) or wanted.startswith(c)) and c]
    return [folded[c] for c in dict.fromkeys(near)][:_N_NEAR_NAMES]


def to_hint(name: str, choices: Iterable[str]) -> str:
    """`, did you mean ...?`, or the names there are when none is near; begins with `,`."""
    choices = list(choices)
    near = find_near_names(name, choices)
    if near:
        return f", did you mean {' or '.join(_to_listed(n) for n in near)}?"
    if not choices:
        return ", there are none"
    listed = ", ".join(_to_listed(c) for c in choices[:_N_LISTED_NAMES])
    more = f" and {len(choices) - _N_LISTED_NAMES} more" if len(choices) > _N_LISTED_NAMES else ""
    return f", expected one of {listed}{more}"


def _to_listed(name: str) -> str:
    """A name in quotes, cut where it is too long for a sentence."""
    return repr(name if len(name) <= _MAX_LISTED_NAME else f"{name[: _MAX_LISTED_NAME - 3]}...")
