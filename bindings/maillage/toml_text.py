"""Reads and writes TOML, the text format of scenario and territory files.

`read_toml(path)` gives the mapping that a file holds; `to_toml(mapping)` gives the
text of a mapping. Reading what was written gives back equal values, to the last bit
of every number.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maillage.errors import InputError, IoError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_LINE_WIDTH = 88
_ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}


def read_toml(path: str | Path) -> dict[str, Any]:
    """The mapping that a TOML file holds.

    Raises IoError when the file cannot be opened and InputError, with line and column,
    when it is not UTF-8 or not TOML.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IoError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{path}:{line}: is not UTF-8, expected a TOML file in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not valid TOML: {error}") from error


def to_toml(content: Mapping[str, Any]) -> str:
    """The TOML text of a mapping, laid out for people.

    Plain values come first, one a line; a list of mappings becomes one `[[name]]` block
    each; a mapping becomes a `[name]` block. Mappings inside a block are written inline.
    Values that are None are left out. Numbers must be finite.
    """
    lines: list[str] = []
    blocks: list[str] = []
    for key, value in content.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            blocks.append("\n".join([f"[{_key(key)}]", *_entries(value)]))
        elif _is_block_list(value):
            blocks += ["\n".join([f"[[{_key(key)}]]", *_entries(item)]) for item in value]
        else:
            lines.append(_entry(key, value))
    return "\n\n".join((["\n".join(lines)] if lines else []) + blocks) + "\n"


def _is_block_list(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and len(value) > 0
        and all(isinstance(item, Mapping) for item in value)
    )


def _entries(block: Mapping[str, Any]) -> list[str]:
    return [_entry(key, value) for key, value in block.items() if value is not None]


def _entry(key: str, value: Any) -> str:
    text = f"{_key(key)} = {_value(value)}"
    if len(text) <= _LINE_WIDTH or not isinstance(value, Sequence) or isinstance(value, str):
        return text
    return f"{_key(key)} = {_long_array(value, '')}"


def _key(key: str) -> str:
    bare = key != "" and all(c.isascii() and (c.isalnum() or c in "-_") for c in key)
    return key if bare else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot be written to TOML, expected a finite number")
        return repr(float(value))
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} cannot be written to TOML")


def _long_array(value: Sequence[Any], indent: str) -> str:
    """An array over several lines: scalars and points share lines, deeper arrays nest."""
    inner = indent + "  "
    if any(_depth(item) > 1 for item in value):
        items = [inner + _long_array(item, inner) + "," for item in value]
        return "\n".join(["[", *items, indent + "]"])
    lines, line = ["["], ""
    for item in value:
        text = _value(item) + ","
        if line and len(inner) + len(line) + len(text) + 1 > _LINE_WIDTH:
            lines.append(inner + line)
            line = ""
        line = f"{line} {text}" if line else text
    return "\n".join([*lines, inner + line, indent + "]"])


def _depth(value: Any) -> int:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return 1 + max((_depth(item) for item in value), default=0)
    return 0


def _text(text: str) -> str:
    out = []
    for char in text:
        if char in _ESCAPES:
            out.append(_ESCAPES[char])
        elif ord(char) < 0x20 or ord(char) == 0x7F:
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'
