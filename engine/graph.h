// A directed graph with travel times: what searches walk on, whoever built it.
#pragma once

#include <cstdint>

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

// Which way trips between points and counters go.
enum class Direction : std::uint8_t {
  to_counters,    // from the point to the counter
  from_counters,  // from the counter to the point
};

// A way onto or off the network: search node and the time between it and the point.
struct LinkEnd {
  NodeId node;
  Duration time;
};

}  // namespace maillage
