"""Writes one band of bytes as a GeoTIFF, without a raster library.

The file is a classic little-endian TIFF (TIFF 6.0) of deflated strips, with the tags of
GeoTIFF 1.1 (OGC 19-008r4) for the place and a projected EPSG code, and GDAL's text tag for
the value that means no data.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from maillage.synth.arrays import Ints

_SHORT, _LONG, _DOUBLE, _ASCII = 3, 4, 12, 2
_SIZE = {_SHORT: 2, _LONG: 4, _DOUBLE: 8, _ASCII: 1}
_FORMAT = {_SHORT: "H", _LONG: "I", _DOUBLE: "d"}
_STRIP_ROWS = 64


@dataclass(frozen=True)
class RasterPlace:
    """Where a raster lies: its north-western corner, its pixel size, its projected CRS."""

    west: float
    north: float
    pixel_m: float
    epsg: int


def write_geotiff(path: Path, pixels: Ints, place: RasterPlace, no_data: int) -> None:
    """Writes rows x columns of bytes, northern row first."""
    n_rows, n_columns = pixels.shape
    starts = range(0, n_rows, _STRIP_ROWS)
    strips = [zlib.compress(pixels[row : row + _STRIP_ROWS].tobytes(), 9) for row in starts]
    offsets = [8]
    for strip in strips[:-1]:
        offsets.append(offsets[-1] + len(strip) + len(strip) % 2)
    body = b"".join(strip + b"\0" * (len(strip) % 2) for strip in strips)
    entries = {
        256: (_LONG, [n_columns]),
        257: (_LONG, [n_rows]),
        258: (_SHORT, [8]),  # bits per sample
        259: (_SHORT, [8]),  # deflate
        262: (_SHORT, [1]),  # zero is black
        273: (_LONG, offsets),
        277: (_SHORT, [1]),  # one band
        278: (_LONG, [_STRIP_ROWS]),
        279: (_LONG, [len(strip) for strip in strips]),
        339: (_SHORT, [1]),  # unsigned
        33550: (_DOUBLE, [place.pixel_m, place.pixel_m, 0.0]),
        33922: (_DOUBLE, [0.0, 0.0, 0.0, place.west, place.north, 0.0]),
        # keys: projected model, pixels are areas, the EPSG code of the CRS
        34735: (_SHORT, [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, place.epsg]),
        42113: (_ASCII, list(f"{no_data}\0".encode())),
    }
    path.write_bytes(_header(8 + len(body)) + body + _directory(entries, 8 + len(body)))


def _header(directory_at: int) -> bytes:
    return struct.pack("<2sHI", b"II", 42, directory_at)


def _directory(entries: dict[int, tuple[int, list]], start: int) -> bytes:
    """The image file directory, with the values that do not fit in it behind it."""
    behind_at = start + 2 + 12 * len(entries) + 4
    table, behind = b"", b""
    for tag in sorted(entries):
        kind, values = entries[tag]
        data = (
            bytes(values)
            if kind == _ASCII
            else struct.pack(f"<{len(values)}{_FORMAT[kind]}", *values)
        )
        if len(data) <= 4:
            value = data.ljust(4, b"\0")
        else:
            value = struct.pack("<I", behind_at + len(behind))
            behind += data + b"\0" * (len(data) % 2)
        table += struct.pack("<HHI", tag, kind, len(data) // _SIZE[kind]) + value
    return struct.pack("<H", len(entries)) + table + struct.pack("<I", 0) + behind
