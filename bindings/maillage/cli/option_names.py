"""Errors about arguments, told by the names of the options that a person typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from maillage.errors import InputError


@contextmanager
def naming_options(
    options: Mapping[str, str], rephrased: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Errors that begin with the name of an argument begin with its option instead.

    `rephrased` are parts of messages that speak of Python, and what to say in their place.
    """
    try:
        yield
    except InputError as error:
        raise _rename(error, options, rephrased or {}) from error


def _rename(
    error: InputError, options: Mapping[str, str], rephrased: Mapping[str, str]
) -> InputError:
    message = str(error)
    name, sep, rest = message.partition(" is ")
    if not sep or name not in options:
        return error
    for words, others in rephrased.items():
        rest = rest.replace(words, others)
    return InputError(f"{options[name]} is {rest}")
