"""Names for the kinds of arrays that the generator passes around."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint64]
Shapes = npt.NDArray[np.object_]
