"""Random numbers that depend on a seed, a purpose and a key, and on nothing else.

Every draw is a hash of (seed, stream, key), so the same object gets the same number
whatever was drawn before, on any machine and with any version of numpy.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from maillage.synth.arrays import Floats, Ints, Keys

# Multipliers and shifts of the SplitMix64 finaliser (Steele, Lea, Flood 2014).
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def _mix(keys: Keys) -> Keys:
    with np.errstate(over="ignore"):
        z = (keys + np.uint64(1)) * _GAMMA
        z = (z ^ (z >> np.uint64(30))) * _MIX_1
        z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


class Draws:
    """A source of random numbers for one purpose (`stream`) of one generated country."""

    def __init__(self, seed: int, stream: str = "") -> None:
        digest = hashlib.blake2b(f"{seed}/{stream}".encode(), digest_size=8).digest()
        self._seed = seed
        self._stream = stream
        self._salt = np.uint64(int.from_bytes(digest, "little"))

    def fork(self, stream: str) -> Draws:
        """An independent source for a part of the purpose."""
        return Draws(self._seed, f"{self._stream}/{stream}")

    def bits(self, keys: npt.ArrayLike) -> Keys:
        """64 random bits per key; keys are integers, equal keys give equal bits."""
        as_bits = np.asarray(keys).astype(np.int64, copy=False).view(np.uint64)
        return _mix(_mix(as_bits) ^ self._salt)

    def bits2(self, i: npt.ArrayLike, j: npt.ArrayLike) -> Keys:
        """64 random bits per pair of integers (the knots of a lattice, for example)."""
        first = np.asarray(i).astype(np.int64, copy=False).view(np.uint64)
        second = np.asarray(j).astype(np.int64, copy=False).view(np.uint64)
        return _mix(_mix(first ^ self._salt) ^ second)

    def uniform(self, keys: npt.ArrayLike) -> Floats:
        """Numbers in [0, 1), one per key."""
        return to_unit(self.bits(keys))

    def between(self, low: float, high: float, keys: npt.ArrayLike) -> Floats:
        """Numbers in [low, high), one per key."""
        return low + (high - low) * self.uniform(keys)

    def bell(self, keys: npt.ArrayLike) -> Floats:
        """Bell-shaped numbers of mean 0 and standard deviation 1, within -3.47..3.47.

        The sum of four uniform numbers of 16 bits: exact arithmetic, so that no
        mathematics library can change the last bit.
        """
        bits = self.bits(keys)
        mask = np.uint64(0xFFFF)
        total = np.zeros(bits.shape)
        for shift in (0, 16, 32, 48):
            total += ((bits >> np.uint64(shift)) & mask).astype(np.float64)
        return (total / 65536.0 - 2.0 + 2.0 / 65536.0) * 1.7320508075688772

    def choice(self, weights: npt.ArrayLike, keys: npt.ArrayLike) -> Ints:
        """An index into `weights` per key, drawn in proportion to the weights."""
        cumulated = np.cumsum(np.asarray(weights, dtype=np.float64))
        return np.searchsorted(cumulated / cumulated[-1], self.uniform(keys), side="right")


def to_unit(bits: Keys) -> Floats:
    """Random bits as numbers in [0, 1)."""
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
