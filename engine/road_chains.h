// Chains of road segments between crossings: the first step from roads as read to a network.
//
// A raw node inside a chain joins exactly two segments that go on alike: same directions, same
// flags, no delay and no forbidden turn, and neither so short that it takes no time. Everything else
// is a junction.
#pragma once

#include <vector>

#include "engine/csr.h"
#include "engine/id.h"
#include "engine/road_segments.h"

namespace maillage {

struct RoadChains {
  // n_chains; a chain's segments from its `from` end, as segment id * 2 + (1 if against its drawing)
  std::vector<RawNodeId> from, to;
  Ragged<std::uint32_t> segments;
  IdVector<RawNodeId, std::uint8_t> is_junction;  // 1 = an end of some chain
};

// Segments that no direction may use are in no chain. Every other segment is in exactly one.
RoadChains build_road_chains(const RoadSegments& segments);

}  // namespace maillage
