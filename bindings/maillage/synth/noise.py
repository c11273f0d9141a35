"""Smooth random fields: the hills, coasts and irregularities of a generated country.

Only sums, products, quotients and square roots are used, which are exact to the last
bit on every machine.
"""

from __future__ import annotations

import numpy as np

from maillage.synth.arrays import Floats
from maillage.synth.draws import Draws, to_unit


def value_noise(x: Floats, y: Floats, draws: Draws) -> Floats:
    """A smooth field in [-1, 1] with bumps of about one unit."""
    i, j = np.floor(x), np.floor(y)
    u, v = _fade(x - i), _fade(y - j)
    column, row = i.astype(np.int64), j.astype(np.int64)

    def knot(di: int, dj: int) -> Floats:
        return to_unit(draws.bits2(column + di, row + dj))

    low = knot(0, 0) * (1.0 - u) + knot(1, 0) * u
    high = knot(0, 1) * (1.0 - u) + knot(1, 1) * u
    return 2.0 * (low * (1.0 - v) + high * v) - 1.0


def fractal_noise(x: Floats, y: Floats, draws: Draws, octaves: int = 4) -> Floats:
    """Noise over several scales, each half as wide and half as strong; about [-1, 1]."""
    total = np.zeros(np.shape(x))
    strength, scale = 1.0, 1.0
    for octave in range(octaves):
        layer = draws.fork(f"octave{octave}")
        # turned and shifted, so that the lattices of two octaves never line up
        total += strength * value_noise(
            scale * (0.8 * x - 0.6 * y) + 17.3 * octave,
            scale * (0.6 * x + 0.8 * y) - 9.1 * octave,
            layer,
        )
        strength, scale = 0.5 * strength, 2.0 * scale
    return total / (2.0 - 2.0 * strength)


def ridge_noise(x: Floats, y: Floats, draws: Draws, octaves: int = 3) -> Floats:
    """Sharp crests at 1 and broad valleys near 0."""
    total = np.zeros(np.shape(x))
    strength, scale = 1.0, 1.0
    for octave in range(octaves):
        layer = draws.fork(f"ridge{octave}")
        crest = 1.0 - np.abs(
            value_noise(
                scale * (0.6 * x + 0.8 * y) - 5.7 * octave,
                scale * (-0.8 * x + 0.6 * y) + 3.9 * octave,
                layer,
            )
        )
        total += strength * crest * crest
        strength, scale = 0.45 * strength, 2.1 * scale
    return total / ((1.0 - strength) / 0.55)


class SampledField:
    """A slow field, evaluated once on a lattice and interpolated between its knots."""

    def __init__(self, knots: Floats, origin: tuple[float, float], step: float) -> None:
        self.knots = knots  # rows along y
        self._origin = origin
        self._step = step

    def at(self, xy: Floats) -> Floats:
        """The field at points (n x 2), bilinear; the edge value outside the lattice."""
        n_rows, n_columns = self.knots.shape
        x = np.clip((xy[:, 0] - self._origin[0]) / self._step, 0.0, n_columns - 1.001)
        y = np.clip((xy[:, 1] - self._origin[1]) / self._step, 0.0, n_rows - 1.001)
        column, row = x.astype(np.int64), y.astype(np.int64)
        u, v = x - column, y - row
        flat = self.knots.ravel()
        knot = row * n_columns + column
        low = flat[knot] * (1.0 - u) + flat[knot + 1] * u
        knot += n_columns
        return low * (1.0 - v) + (flat[knot] * (1.0 - u) + flat[knot + 1] * u) * v


def smooth_step(value: Floats, low: float, high: float) -> Floats:
    """0 below `low`, 1 above `high`, a smooth ramp between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def wave(turns: Floats) -> Floats:
    """A smooth periodic curve of period 1 and height 1, like a sine, of exact arithmetic."""
    phase = 2.0 * (turns - np.floor(turns))
    down = phase >= 1.0
    half = phase - down
    arch = 4.0 * half * (1.0 - half)
    return np.where(down, -arch, arch)


def _fade(t: Floats) -> Floats:
    return t * t * t * (t * (6.0 * t - 15.0) + 10.0)
