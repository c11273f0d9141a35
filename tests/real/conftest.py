"""Real data lie beside the checkout in `../shared/data`; without them these tests skip, loudly."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the real data."""
    if not SHARED_DATA.is_dir():
        warnings.warn(f"NO REAL DATA: {SHARED_DATA} is not there", stacklevel=1)
        pytest.skip(f"NO REAL DATA: {SHARED_DATA} is not there, nothing real was tested")
    return SHARED_DATA
