// A directed graph with travel times: what searches walk on, whoever built it.
#pragma once

#include "engine/csr.h"
#include "engine/id.h"
#include "engine/units.h"

namespace maillage {

struct Arc {
  NodeId head;
  Duration time;
};

// Arcs by the node they leave (or, reversed, by the node they reach; `head` is then the other end).
using ArcLists = Ragged<Arc>;

// A way onto or off the network: search node and the time between it and the point.
struct LinkEnd {
  NodeId node;
  Duration time;
};

}  // namespace maillage
