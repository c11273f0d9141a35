"""Points that have found their place on the roads, to be asked about again and again."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from maillage import _core


class AttachedPoints:
    """Points on a road network: made by `RoadNetwork.attach`, taken wherever it takes a frame.

    Immutable, and of the network that made it alone: a network with other roads or speeds
    attaches the points anew.
    """

    def __init__(
        self, network: _core.RoadNetwork, ids: pd.Index | pd.CategoricalDtype, links: _core.Links
    ) -> None:
        self._network = network
        self._ids = ids
        self._links = links

    @property
    def ids(self) -> pd.Index:
        """The ids of the points, as they were given."""
        return self._ids.categories if isinstance(self._ids, pd.CategoricalDtype) else self._ids

    @property
    def n_off_network(self) -> int:
        """How many stand too far from any road: they reach nothing and nothing reaches them."""
        return int(self._links.is_off_network.sum())

    def __len__(self) -> int:
        return self._links.n_points

    def __repr__(self) -> str:
        return f"<AttachedPoints: {len(self):,}, {self.n_off_network:,} off the network>"

    @cached_property
    def _on_edges(self) -> _core.PointsOnEdges:
        return self._links.find_on_edges()
