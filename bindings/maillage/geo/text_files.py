"""Text files as people have them: compressed or not, in one of the encodings in use.

`read_bytes`      the decompressed content, within a limit of size
`to_utf8`         the content as UTF-8, its encoding declared or found
`find_separator`  `,` `;` tab or `|`

What a table makes of the text is in `csv_text` and `tables`.
"""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import lzma
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from maillage.errors import InputError, IoError

# A file of this size does not fit beside a territory in the memory of a laptop, and a
# small compressed file that grows beyond it is a decompression bomb.
MAX_FILE_BYTES = 4 * 1024**3
SEPARATORS = (",", ";", "\t", "|")

_CHUNK_BYTES = 1 << 24
_COMPRESSIONS = (
    (b"\x1f\x8b", "gzip", ".gz"),
    (b"BZh", "bzip2", ".bz2"),
    (b"\xfd7zXZ\x00", "xz", ".xz"),
)
_SAMPLE_ROWS = 50
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Accented Latin letters, the oe ligature and typographic quotes as UTF-8 writes them. Read
# as Latin-1 they would be an A or I circumflex before a control sign or symbol: no word.
_UTF8_LETTERS = re.compile(rb"\xc3[\x80-\xbf]|\xc5[\x92\x93]|\xe2\x80[\x90-\xaf]")
_C1_BYTES = re.compile(rb"[\x80-\x9f]")
_NOT_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
# In ISO-8859-15 the byte of one half is the oe of `coeur`; between letters it is no fraction.
_LATIN9_OE = re.compile(rb"[A-Za-z\xc0-\xff][\xbc\xbd]|[\xbc\xbd][a-z]{2}")


@dataclass(frozen=True)
class DecodedText:
    """A text as UTF-8 without byte order mark, and where its encoding came from."""

    data: bytes
    encoding: str
    doubt: str | None = None  # why the encoding may be wrong, in words


def check_file(path: Path) -> None:
    """Raise IoError unless the path is a file that can be opened."""
    if path.is_dir():
        raise IoError(f"{path}: is a directory, expected a file")
    if not path.exists():
        raise IoError(f"{path}: does not exist, expected a file")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise IoError(f"{path}: cannot be read: {error.strerror or error}") from error


def find_compression(path: Path) -> str | None:
    """`gzip`, `bzip2`, `xz` or None, from the first bytes and not from the name.

    A name that ends like a compressed file on content that is not is an InputError.
    """
    check_file(path)
    with path.open("rb") as file:
        head = file.read(6)
    for magic, name, suffix in _COMPRESSIONS:
        if head.startswith(magic):
            return name
        if path.suffix.lower() == suffix and head:
            raise InputError(f"{path}: is not {name} data, expected it from the name")
    return None


def read_bytes(path: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The content of a file, decompressed if it is compressed.

    Raises IoError when it cannot be opened and InputError when it is empty, cut off, not
    what its name says or larger than `max_bytes` once decompressed.
    """
    compression = find_compression(path)
    if compression is None and path.stat().st_size > max_bytes:
        raise InputError(f"{path}: has {path.stat().st_size} bytes, expected at most {max_bytes}")
    try:
        with path.open("rb") as raw:
            data = _read_limited(_open_decompressed(raw, compression), path, max_bytes)
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: the compressed data is cut off or damaged: {error}") from error
    except InputError:
        raise
    except OSError as error:
        if compression is not None and error.errno is None:
            raise InputError(f"{path}: the compressed data is damaged: {error}") from error
        raise IoError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not data:
        raise InputError(f"{path}: is empty, expected a table with a header line")
    return data


def _open_decompressed(
    raw: BinaryIO, compression: str | None
) -> BinaryIO | gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile:
    if compression == "gzip":
        return gzip.GzipFile(fileobj=raw)
    if compression == "bzip2":
        return bz2.BZ2File(raw)
    if compression == "xz":
        return lzma.LZMAFile(raw)
    return raw


def _read_limited(
    file: BinaryIO | gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile, path: Path, max_bytes: int
) -> bytes:
    parts: list[bytes] = []
    n_bytes = 0
    while part := file.read(_CHUNK_BYTES):
        n_bytes += len(part)
        if n_bytes > max_bytes:
            raise InputError(f"{path}: has more than {max_bytes} bytes, expected at most as many")
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def line_at(data: bytes, position: int) -> int:
    """The 1-based line of a byte position."""
    return data.count(b"\n", 0, position) + 1


def to_utf8(data: bytes, path: Path, declared: str | None = None) -> DecodedText:
    """The text as UTF-8, its line ends as newlines.

    A declared encoding is believed; what does not fit it is an InputError with the line.
    Otherwise a byte order mark decides, then UTF-8 if all of it is UTF-8, then CP1252 or
    ISO-8859-15, which is a doubt. Lines in UTF-8 beside lines in another encoding are an
    InputError that names one line of each.
    """
    if declared is not None:
        decoded = _decode_declared(data, path, declared)
    else:
        decoded = _decode_found(data, path)
    text = decoded.data
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\x00" in text:
        raise InputError(f"{path}:{line_at(text, text.index(0))}: holds a zero byte, expected text")
    return DecodedText(text, decoded.encoding, decoded.doubt)


def _decode_declared(data: bytes, path: Path, declared: str) -> DecodedText:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark) and encoding.startswith(codecs.lookup(declared).name):
            data = data[len(mark) :]
    if codecs.lookup(declared).name == "utf-8":
        position = _find_invalid_utf8(data)
        if position is not None:
            _raise_not_utf8(data, path, position)
        return DecodedText(data, "utf-8")
    try:
        text = data.decode(declared)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        raise InputError(
            f"{path}:{line_at(data, start)}: byte 0x{data[start]:02x} is not {declared}, "
            f"expected the declared encoding"
        ) from error
    doubt = None
    letters = _UTF8_LETTERS.search(data)
    if letters and _find_invalid_utf8(data) is None:
        doubt = (
            f"{path}:{line_at(data, letters.start())}: declared as {declared} but all of it is "
            f"valid UTF-8, its accents may be read wrongly"
        )
    return DecodedText(text.encode("utf-8"), declared, doubt)


def _decode_found(data: bytes, path: Path) -> DecodedText:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decode_declared(data[len(mark) :], path, encoding)
    position = _find_invalid_utf8(data)
    if position is None:
        return DecodedText(data, "utf-8")
    if _UTF8_LETTERS.search(data) or _is_cut_off(data, position):
        _raise_not_utf8(data, path, position)
    wrong = _NOT_CP1252.search(data)
    if wrong:
        raise InputError(
            f"{path}:{line_at(data, wrong.start())}: byte 0x{data[wrong.start()]:02x} is neither "
            f'UTF-8 nor Latin-1 text, expected a declared encoding such as encoding = "mac-roman"'
        )
    encoding = "cp1252"
    if not _C1_BYTES.search(data) and _LATIN9_OE.search(data):
        encoding = "iso-8859-15"
    doubt = f"{path}:{line_at(data, position)}: is not UTF-8, read as {encoding}"
    return DecodedText(data.decode(encoding).encode("utf-8"), encoding, doubt)


def _raise_not_utf8(data: bytes, path: Path, position: int) -> None:
    line = line_at(data, position)
    if _is_cut_off(data, position):
        raise InputError(f"{path}:{line}: ends inside a character, expected UTF-8: is it cut off?")
    letters = _UTF8_LETTERS.search(data)
    if letters:
        raise InputError(
            f"{path}: has mixed encodings: line {line_at(data, letters.start())} is UTF-8 and "
            f"line {line} is not (byte 0x{data[position]:02x}), expected one encoding"
        )
    raise InputError(
        f"{path}:{line}: byte 0x{data[position]:02x} is not UTF-8, expected the declared encoding"
    )


def _is_cut_off(data: bytes, position: int) -> bool:
    """Whether the file ends in the middle of an accented letter or quote of UTF-8."""
    return data[position:] in (b"\xc3", b"\xc5", b"\xe2", b"\xe2\x80")


def _find_invalid_utf8(data: bytes) -> int | None:
    """Position of the first byte that is not UTF-8, or None."""
    if data.isascii():
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    for start in range(0, len(data), _CHUNK_BYTES):
        part = view[start : start + _CHUNK_BYTES]
        n_held = len(decoder.getstate()[0])  # the beginning of a character cut by the last chunk
        try:
            decoder.decode(part, final=start + len(part) >= len(data))
        except UnicodeDecodeError as error:
            return start - n_held + error.start
    return None


def find_separator(data: bytes, path: Path) -> str:
    """The separator under which most of the first rows have as many cells as the header.

    Of about equally good ones the one with most cells; a single column has `,`.
    """
    sample = data[: 1 << 18].decode("utf-8", errors="replace")
    lines = sample.split("\n")
    if len(data) > 1 << 18:
        lines.pop()  # it may be cut in the middle
    scores = {separator: _score(lines, separator) for separator in SEPARATORS}
    best_share = max(share for share, _ in scores.values())
    # An address with commas must not win over semicolons because one row is ragged.
    likely = [s for s in SEPARATORS if scores[s][0] >= 0.8 * best_share and scores[s][1] > 1]
    if not likely:
        return ","
    if best_share < 0.5:
        raise InputError(
            f"{path}: rows differ in their number of cells whatever the separator, "
            f"expected a table; title lines above the header are left out with skip_rows"
        )
    return max(likely, key=lambda separator: scores[separator][1])


def _score(lines: Sequence[str], separator: str) -> tuple[float, int]:
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    counts: list[int] = []
    try:
        for row in reader:
            if row:
                counts.append(len(row))
            if len(counts) > _SAMPLE_ROWS:
                break
    except csv.Error:
        return (0.0, 0)
    if not counts or counts[0] < 2:
        return (0.0, 0)
    return (Counter(counts)[counts[0]] / len(counts), counts[0])
