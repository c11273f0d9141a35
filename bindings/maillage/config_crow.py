"""`[networks.crow]`: straight lines where no road network is at hand."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from maillage.config_sections import NotNegative, Positive, Section


class CrowConfig(Section):
    """Straight line x detour factor, at a speed: by car, and on foot at each group's own.

    Keys left out take what the book of parameters says (`parameter_defaults.fill_defaults`).
    """

    detour_factor: Annotated[float, Field(ge=1, le=10)] = 1.3
    speed_kmh: Positive = 50.0
    parking_min: NotNegative = 0.0
